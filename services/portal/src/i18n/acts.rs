//! Names of acts.

use super::Tr;
use contracts::Language;

impl Tr {
    /// What is done to a dossier without moving it.
    pub(super) fn act(self, act: &str) -> Option<&'static str> {
        let (vi, en) = match act {
            "ask-fee" => ("Yêu cầu nộp phí, lệ phí", "Asked for a fee"),
            "pay-fee" => ("Ghi nhận đã nộp phí, lệ phí", "Fee paid"),
            "exempt-fee" => ("Miễn phí, lệ phí", "Exempt from a fee"),
            "refund-fee" => ("Hoàn trả phí, lệ phí", "Fee refunded"),
            "message-applicant" => ("Cơ quan nhắn người nộp", "The agency wrote a message"),
            "message-agency" => ("Người nộp nhắn cơ quan", "The applicant wrote a message"),
            "keep-original" => ("Giữ bản chính", "Originals kept"),
            "return-original" => ("Trả bản chính", "Originals given back"),
            "hold-retention" => (
                "Giữ lại quá thời hạn bảo quản",
                "Held back beyond its retention",
            ),
            "lift-retention" => (
                "Thôi giữ lại quá thời hạn bảo quản",
                "Not held back any longer",
            ),
            "remove-papers" => (
                "Tiêu hủy giấy tờ hết thời hạn bảo quản",
                "Papers destroyed at the end of their retention",
            ),
            "remove-results" => (
                "Tiêu hủy bản điện tử kết quả hết thời hạn bảo quản",
                "Digital results destroyed at the end of their retention",
            ),
            "pseudonymise" => (
                "Ẩn danh hồ sơ hết thời hạn bảo quản",
                "Pseudonymised at the end of the retention",
            ),
            "restrict" => ("Hạn chế tiếp cận hồ sơ", "Access restricted"),
            "lift-restriction" => ("Bỏ hạn chế tiếp cận hồ sơ", "Restriction lifted"),
            "note-predecessor" => (
                "Kết quả hồ sơ liên thông trước thay đổi",
                "The result it follows has changed",
            ),
            _ => return None,
        };
        Some(match self.0 {
            Language::Vi => vi,
            Language::En => en,
        })
    }
}
