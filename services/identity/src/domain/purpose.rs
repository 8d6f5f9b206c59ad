//! The register of what is kept of people, why and on what ground (danh mục mục đích và căn cứ xử lý dữ liệu cá nhân). A state body acts
//! mostly on its legal duty; consent is asked only for what is optional. `docs/security/personal-data.md` says the same for operators,
//! by tables.

use serde::Serialize;
use utoipa::ToSchema;

/// On what ground data is processed (Luật 91/2025/QH15).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum LegalBasis {
    /// A duty or task that the law gives to the agency.
    LegalDuty,
    /// The person's choice, which can be taken back at any time.
    Consent,
}

/// A text in both languages: Vietnamese, English.
pub(crate) type Both = (&'static str, &'static str);

/// One purpose.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Purpose {
    /// Stable name.
    pub(crate) code: &'static str,
    pub(crate) title: Both,
    /// What data.
    pub(crate) data: Both,
    pub(crate) basis: LegalBasis,
    /// The provision, or how the choice is made and taken back.
    pub(crate) ground: Both,
    /// How long it is kept.
    pub(crate) kept: Both,
}

/// All purposes.
pub(crate) const PURPOSES: &[Purpose] = &[
    Purpose {
        code: "settle-dossier",
        title: (
            "Giải quyết thủ tục hành chính",
            "To settle administrative procedures",
        ),
        data: (
            "Họ tên, số định danh hoặc mã số thuế, điện thoại, thư điện tử, địa chỉ, nội dung tờ khai, giấy tờ, kết quả",
            "Name, identity number or tax code, phone, e-mail, address, answers, papers, results",
        ),
        basis: LegalBasis::LegalDuty,
        ground: ("Nghị định 118/2025/NĐ-CP", "Decree 118/2025/NĐ-CP"),
        kept: (
            "Theo thời hạn lưu trữ của hồ sơ (Luật Lưu trữ)",
            "As the dossier, by the archives law",
        ),
    },
    Purpose {
        code: "progress-notices",
        title: (
            "Thông báo tiến độ giải quyết hồ sơ",
            "Notices on the progress of a dossier",
        ),
        data: (
            "Điện thoại, thư điện tử, ngôn ngữ, nội dung thông báo",
            "Phone, e-mail, language, the text of the notice",
        ),
        basis: LegalBasis::LegalDuty,
        ground: (
            "Nghị định 224/2026/NĐ-CP Điều 15; hộp thư luôn bật",
            "Decree 224/2026/NĐ-CP art. 15; the inbox is always on",
        ),
        kept: ("Cùng thông báo", "With the notice"),
    },
    Purpose {
        code: "notice-channels",
        title: (
            "Gửi thêm thư điện tử, tin nhắn SMS",
            "E-mail and text messages beside the inbox",
        ),
        data: ("Điện thoại, thư điện tử", "Phone, e-mail"),
        basis: LegalBasis::LegalDuty,
        ground: (
            "Thông báo tiến độ, xin lỗi, hẹn lại là nghĩa vụ của cơ quan (NĐ 61/2018 Điều 19, NĐ 224/2026 Điều 15); có thể tắt từng kênh",
            "Notices of progress, apologies and new dates are the agency's duty (NĐ 61/2018 art. 19, NĐ 224/2026 art. 15); each channel can be switched off",
        ),
        kept: (
            "Đến khi tắt; nhật ký lựa chọn được giữ làm bằng chứng",
            "Until switched off; the record of choices is kept as proof",
        ),
    },
    Purpose {
        code: "return-by-post",
        title: (
            "Trả kết quả qua bưu chính công ích",
            "Return of the result by post",
        ),
        data: (
            "Tên, điện thoại, địa chỉ người nhận; xác nhận phát",
            "Receiver's name, phone, address; proof of delivery",
        ),
        basis: LegalBasis::Consent,
        ground: (
            "Tự chọn khi nộp hồ sơ (Quyết định 45/2016/QĐ-TTg); có thể nhận tại quầy",
            "One's choice on filing (Decision 45/2016/QĐ-TTg); the counter is always open",
        ),
        kept: (
            "Theo hồ sơ; xác nhận phát là chứng cứ",
            "With the dossier; the proof of delivery is evidence",
        ),
    },
    Purpose {
        code: "account",
        title: ("Tài khoản và đăng nhập", "Account and sign-in"),
        data: (
            "Tên đăng nhập, họ tên, vai trò, điện thoại, thư điện tử, số định danh, phiên đăng nhập",
            "Login, name, roles, phone, e-mail, identity number, sign-ins",
        ),
        basis: LegalBasis::LegalDuty,
        ground: (
            "Nghị định 69/2024/NĐ-CP; Nghị định 118/2025/NĐ-CP",
            "Decree 69/2024/NĐ-CP; Decree 118/2025/NĐ-CP",
        ),
        kept: (
            "Khi tài khoản còn mở, rồi theo thời hạn xóa đã báo trước",
            "While the account is open, then until the announced erasure",
        ),
    },
    Purpose {
        code: "access-log",
        title: (
            "Cho người dân biết ai đã xem dữ liệu của mình",
            "To tell people who read their data",
        ),
        data: (
            "Người xem, cơ quan, thời điểm, thao tác",
            "Reader, agency, time, operation",
        ),
        basis: LegalBasis::LegalDuty,
        ground: ("Luật 91/2025/QH15 Điều 4", "Law 91/2025/QH15 art. 4"),
        kept: ("Như dữ liệu đã được xem", "As the data that was read"),
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_every_text_is_in_both_languages() {
        let mut codes: Vec<_> = PURPOSES.iter().map(|p| p.code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), PURPOSES.len());
        for p in PURPOSES {
            for (vi, en) in [p.title, p.data, p.ground, p.kept] {
                assert!(!vi.is_empty() && !en.is_empty() && vi != en, "{}", p.code);
            }
        }
    }
}
