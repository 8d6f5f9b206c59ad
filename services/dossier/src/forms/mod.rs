//! The statutory forms as PDF (`TT 03/2025/TT-VPCP`, annex I; before it `TT 01/2018/TT-VPCP` art. 9): 01 receipt and appointment,
//! 02 supplement request, 03 refusal, 04 apology, 05 stop, 06 control slip, 07 book; beside them the receipt of a fee. A5, as art. 10
//! asks for; the control slip and the book are A4.
//!
//! Pure: data in, bytes out. The same data give the same bytes.

mod book;
mod layout;
mod money;
mod slip;

pub use book::{Book, BookLine, book};
pub use money::{FeeReceipt, fee_receipt};
pub use slip::{ControlSlip, HandOver, control_slip, in_words as outcome_in_words};

use chrono::{DateTime, Datelike as _, Timelike as _, Utc};
use layout::{Align, Sheet, Style};

/// A form could not be made: a fault of ours, since every text can be written.
#[derive(Debug, thiserror::Error)]
#[error("the form cannot be made: {0}")]
pub struct FormError(String);

impl From<serde_json::Error> for FormError {
    /// What a form is made from cannot be read.
    fn from(error: serde_json::Error) -> Self {
        Self(error.to_string())
    }
}

/// The head of every form and the person it is for.
#[derive(Clone, Debug)]
pub struct Head {
    /// The body above the unit, first line of the head.
    pub parent_name: String,
    /// The unit that issues the form.
    pub agency_name: String,
    /// Address of the unit.
    pub agency_address: String,
    /// Phone of the unit.
    pub agency_phone: String,
    /// Place in the date line, e.g. `Yên Thế`; left out when empty.
    pub place: String,
    /// Dossier number, once there is one.
    pub number: Option<String>,
    /// What the QR code says: the public look-up. None where it does not answer.
    pub lookup_url: Option<String>,
    /// When the form is issued.
    pub issued_at: DateTime<Utc>,
    /// Who issues it, printed under the signature.
    pub officer: String,
    /// Chủ hồ sơ.
    pub applicant: String,
    /// Address of the applicant, one line.
    pub applicant_address: String,
    /// Phone of the applicant.
    pub applicant_phone: String,
    /// E-mail of the applicant; empty when there is none.
    pub applicant_email: String,
    /// Name of the procedure: what is asked for.
    pub content: String,
}

/// One component of the dossier.
#[derive(Clone, Debug)]
pub struct Paper {
    /// Its name.
    pub name: String,
    /// Originals handed in.
    pub originals: u32,
    /// Copies handed in, electronic ones included.
    pub copies: u32,
}

/// Form 01, Giấy tiếp nhận hồ sơ và hẹn trả kết quả.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// Head and applicant.
    pub head: Head,
    /// What was handed in.
    pub papers: Vec<Paper>,
    /// Processing time in words, e.g. `7 ngày làm việc`.
    pub term: String,
    /// Who filed for the applicant by authorisation; empty when nobody did.
    pub representative: String,
    /// When it was received complete.
    pub received_at: DateTime<Utc>,
    /// When the result is due; `None`: no date by rule.
    pub due_at: Option<DateTime<Utc>>,
    /// How it came in, in words.
    pub channel: String,
    /// Where and how the result is given, in words.
    pub return_way: String,
}

/// One thing to complete.
#[derive(Clone, Debug)]
pub struct Item {
    /// Which component; empty when it is about the dossier as a whole.
    pub component: String,
    /// What is to be completed.
    pub content: String,
    /// How.
    pub guidance: String,
}

/// Form 02, Phiếu yêu cầu bổ sung, hoàn thiện hồ sơ.
#[derive(Clone, Debug)]
pub struct SupplementRequest {
    /// Head and applicant.
    pub head: Head,
    /// Everything to be completed, at once.
    pub items: Vec<Item>,
    /// Why.
    pub reason: String,
    /// Until when.
    pub answer_by: Option<DateTime<Utc>>,
}

/// Form 03, Phiếu từ chối tiếp nhận giải quyết hồ sơ.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// Head and applicant.
    pub head: Head,
    /// The legal reason.
    pub reason: String,
}

/// Form 04, Văn bản xin lỗi và đề nghị gia hạn thời gian giải quyết; without a new date it is a draft.
#[derive(Clone, Debug)]
pub struct Apology {
    /// Head and applicant.
    pub head: Head,
    /// When the dossier was received.
    pub received_at: DateTime<Utc>,
    /// The date that cannot be kept.
    pub old_due_at: DateTime<Utc>,
    /// Why.
    pub reason: Option<String>,
    /// The new date.
    pub new_due_at: Option<DateTime<Utc>>,
}

/// Form 05, Thông báo dừng giải quyết hồ sơ.
#[derive(Clone, Debug)]
pub struct StopNotice {
    /// Head and applicant.
    pub head: Head,
    /// Where the dossier was.
    pub stage: String,
    /// Why.
    pub reason: String,
    /// The applicant asked for it.
    pub withdrawn: bool,
    /// What was paid, VND.
    pub paid: Option<i64>,
}

/// Form 01.
///
/// # Errors
/// [`FormError`].
pub fn receipt(form: &Receipt) -> Result<Vec<u8>, FormError> {
    let mut sheet = Sheet::a5("Giấy tiếp nhận hồ sơ và hẹn trả kết quả")?;
    head(&mut sheet, &form.head, "TN");
    title(&mut sheet, "GIẤY TIẾP NHẬN HỒ SƠ VÀ HẸN TRẢ KẾT QUẢ");
    if let Some(number) = &form.head.number {
        sheet.paragraph(&format!("Mã hồ sơ: {number}"), Style::Bold, Align::Centre);
    }
    sheet.gap(4.0);
    sheet.paragraph(
        &format!(
            "Bộ phận tiếp nhận và trả kết quả: {}",
            form.head.agency_name
        ),
        Style::Plain,
        Align::Left,
    );
    applicant(&mut sheet, &form.head, "Tiếp nhận hồ sơ của");
    if !form.representative.is_empty() {
        let text = format!("Người được ủy quyền: {}", form.representative);
        sheet.paragraph(&text, Style::Plain, Align::Left);
    }
    sheet.paragraph(
        &format!("Nội dung yêu cầu giải quyết: {}", form.head.content),
        Style::Plain,
        Align::Left,
    );
    sheet.paragraph("Thành phần hồ sơ nộp gồm:", Style::Plain, Align::Left);
    for (n, paper) in form.papers.iter().enumerate() {
        let count = match (paper.originals, paper.copies) {
            (0, 0) => String::new(),
            (o, 0) => format!(" (bản chính: {o})"),
            (0, c) => format!(" (bản sao: {c})"),
            (o, c) => format!(" (bản chính: {o}, bản sao: {c})"),
        };
        sheet.indented(&format!("{}. {}{count}", n + 1, paper.name));
    }
    if form.papers.is_empty() {
        sheet.indented("Không có giấy tờ kèm theo.");
    }
    sheet.paragraph("Số lượng hồ sơ: 01 (bộ)", Style::Plain, Align::Left);
    sheet.paragraph(
        &format!("Hình thức nộp: {}", form.channel),
        Style::Plain,
        Align::Left,
    );
    sheet.paragraph(
        &format!("Thời gian giải quyết theo quy định: {}", form.term),
        Style::Plain,
        Align::Left,
    );
    sheet.paragraph(
        &format!("Thời gian nhận hồ sơ: {}", at(form.received_at)),
        Style::Plain,
        Align::Left,
    );
    let due = form
        .due_at
        .map_or_else(|| "không hẹn ngày theo quy định".to_owned(), at);
    sheet.paragraph(
        &format!("Thời gian hẹn trả kết quả: {due}"),
        Style::Bold,
        Align::Left,
    );
    sheet.paragraph(
        &format!("Nhận kết quả: {}", form.return_way),
        Style::Plain,
        Align::Left,
    );
    sheet.gap(6.0);
    sheet.signatures(
        ("NGƯỜI NỘP HỒ SƠ", &form.head.applicant),
        ("NGƯỜI TIẾP NHẬN HỒ SƠ", &form.head.officer),
    );
    look_up(&mut sheet, &form.head)?;
    sheet.paragraph(
        &format!(
            "Khi đến nhận kết quả, xin mang theo giấy này và giấy tờ tùy thân; người nhận thay mang thêm giấy ủy quyền. Điện thoại: {}. Địa chỉ: {}.",
            form.head.agency_phone, form.head.agency_address
        ),
        Style::Italic,
        Align::Left,
    );
    sheet.finish()
}

/// Form 02.
///
/// # Errors
/// [`FormError`].
pub fn supplement_request(form: &SupplementRequest) -> Result<Vec<u8>, FormError> {
    let mut sheet = Sheet::a5("Phiếu yêu cầu bổ sung, hoàn thiện hồ sơ")?;
    head(&mut sheet, &form.head, "HDHS");
    title(&mut sheet, "PHIẾU YÊU CẦU BỔ SUNG, HOÀN THIỆN HỒ SƠ");
    applicant(&mut sheet, &form.head, "Hồ sơ của");
    sheet.paragraph(
        &format!("Nội dung yêu cầu giải quyết: {}", form.head.content),
        Style::Plain,
        Align::Left,
    );
    sheet.paragraph(
        "Yêu cầu hoàn thiện hồ sơ gồm những nội dung sau:",
        Style::Plain,
        Align::Left,
    );
    for (n, item) in form.items.iter().enumerate() {
        let component = if item.component.is_empty() {
            String::new()
        } else {
            format!("{}: ", item.component)
        };
        sheet.indented(&format!("{}. {component}{}", n + 1, item.content));
        if !item.guidance.is_empty() {
            sheet.indented(&format!("Hướng dẫn: {}", item.guidance));
        }
    }
    sheet.paragraph(
        &format!("Lý do: {}", form.reason),
        Style::Plain,
        Align::Left,
    );
    if let Some(until) = form.answer_by {
        sheet.paragraph(
            &format!("Xin bổ sung trước: {}", at(until)),
            Style::Bold,
            Align::Left,
        );
    }
    sheet.paragraph(
        &format!(
            "Trong quá trình hoàn thiện hồ sơ nếu có vướng mắc, xin liên hệ {} để được hướng dẫn.",
            form.head.agency_phone
        ),
        Style::Plain,
        Align::Left,
    );
    sheet.gap(6.0);
    sheet.signatures(("", ""), ("NGƯỜI HƯỚNG DẪN", &form.head.officer));
    look_up(&mut sheet, &form.head)?;
    sheet.finish()
}

/// Form 03.
///
/// # Errors
/// [`FormError`].
pub fn refusal(form: &Refusal) -> Result<Vec<u8>, FormError> {
    let mut sheet = Sheet::a5("Phiếu từ chối tiếp nhận giải quyết hồ sơ")?;
    head(&mut sheet, &form.head, "TCHS");
    title(&mut sheet, "PHIẾU TỪ CHỐI TIẾP NHẬN GIẢI QUYẾT HỒ SƠ");
    applicant(&mut sheet, &form.head, "Hồ sơ của");
    sheet.paragraph(
        &format!("Nội dung yêu cầu giải quyết: {}", form.head.content),
        Style::Plain,
        Align::Left,
    );
    sheet.paragraph(
        &format!("Qua xem xét, {} thông báo không tiếp nhận, giải quyết hồ sơ này với lý do cụ thể như sau:", form.head.agency_name),
        Style::Plain,
        Align::Left,
    );
    sheet.indented(&form.reason);
    sheet.paragraph(
        "Xin thông báo để Ông/Bà được biết và thực hiện.",
        Style::Plain,
        Align::Left,
    );
    sheet.gap(6.0);
    sheet.signatures(
        ("NGƯỜI NỘP HỒ SƠ", &form.head.applicant),
        ("NGƯỜI TIẾP NHẬN HỒ SƠ", &form.head.officer),
    );
    sheet.finish()
}

/// Form 04.
///
/// # Errors
/// [`FormError`].
pub fn apology(form: &Apology) -> Result<Vec<u8>, FormError> {
    let mut sheet = Sheet::a5("Văn bản xin lỗi và đề nghị gia hạn thời gian giải quyết")?;
    head(&mut sheet, &form.head, "XLHS");
    if form.new_due_at.is_none() {
        sheet.paragraph("DỰ THẢO", Style::Bold, Align::Centre);
    }
    title(&mut sheet, "XIN LỖI VÀ HẸN LẠI NGÀY TRẢ KẾT QUẢ");
    applicant(&mut sheet, &form.head, "Kính gửi");
    let number = form.head.number.as_deref().unwrap_or("……");
    let blank = || "……".to_owned();
    for text in [
        format!(
            "Ngày {}, {} đã tiếp nhận giải quyết hồ sơ đề nghị: {}; mã số: {number}.",
            at(form.received_at),
            form.head.agency_name,
            form.head.content
        ),
        format!("Thời gian hẹn trả kết quả: {}.", at(form.old_due_at)),
        format!(
            "Đến nay hồ sơ chưa thể giải quyết đúng hẹn. Lý do: {}",
            form.reason.clone().unwrap_or_else(blank)
        ),
        format!(
            "{} xin lỗi Ông/Bà về sự chậm trễ này và hẹn trả kết quả vào: {}.",
            form.head.agency_name,
            form.new_due_at.map_or_else(blank, at)
        ),
        "Sự chậm trễ này không làm phát sinh thêm thủ tục hay chi phí cho Ông/Bà.".to_owned(),
    ] {
        sheet.paragraph(&text, Style::Plain, Align::Left);
    }
    sheet.gap(6.0);
    sheet.signatures(("", ""), ("THỦ TRƯỞNG CƠ QUAN", &form.head.officer));
    look_up(&mut sheet, &form.head)?;
    sheet.finish()
}

/// Form 05.
///
/// # Errors
/// [`FormError`].
pub fn stop_notice(form: &StopNotice) -> Result<Vec<u8>, FormError> {
    let mut sheet = Sheet::a5("Thông báo dừng giải quyết hồ sơ")?;
    head(&mut sheet, &form.head, "DHS");
    title(&mut sheet, "THÔNG BÁO DỪNG GIẢI QUYẾT HỒ SƠ");
    applicant(&mut sheet, &form.head, "Kính gửi");
    for text in [
        format!("Nội dung yêu cầu giải quyết: {}", form.head.content),
        format!("Giai đoạn xử lý khi dừng: {}", form.stage),
        if form.withdrawn {
            "Căn cứ đề nghị rút hồ sơ của Ông/Bà, cơ quan dừng giải quyết hồ sơ này.".to_owned()
        } else {
            "Cơ quan thông báo dừng giải quyết hồ sơ này.".to_owned()
        },
        format!("Lý do: {}", form.reason),
        match form.paid {
            Some(amount) => format!(
                "Nghĩa vụ tài chính: đã nộp {} đồng; việc hoàn trả theo quy định về phí, lệ phí.",
                vn::money::dotted(amount)
            ),
            None => "Nghĩa vụ tài chính: không phát sinh.".to_owned(),
        },
    ] {
        sheet.paragraph(&text, Style::Plain, Align::Left);
    }
    sheet.gap(6.0);
    sheet.signatures(("", ""), ("NGƯỜI THÔNG BÁO", &form.head.officer));
    look_up(&mut sheet, &form.head)?;
    sheet.finish()
}

fn head(sheet: &mut Sheet, head: &Head, kind: &str) {
    let number = head
        .number
        .as_deref()
        .map_or_else(|| format!("Số: ……/{kind}"), |n| format!("Số: {n}/{kind}"));
    let date = vn::worktime::local(head.issued_at);
    let place = if head.place.is_empty() { "N" } else { "n" };
    let place = if head.place.is_empty() {
        place.to_owned()
    } else {
        format!("{}, {place}", head.place)
    };
    sheet.head(
        &[
            head.parent_name.to_uppercase(),
            head.agency_name.to_uppercase(),
            number,
        ],
        &[
            "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM".to_owned(),
            "Độc lập - Tự do - Hạnh phúc".to_owned(),
            format!(
                "{place}gày {:02} tháng {:02} năm {}",
                date.day(),
                date.month(),
                date.year()
            ),
        ],
    );
}

/// Where the applicant looks the dossier up, if anybody can.
fn look_up(sheet: &mut Sheet, head: &Head) -> Result<(), FormError> {
    match &head.lookup_url {
        Some(url) => sheet.qr(url, "Quét mã để tra cứu tình trạng hồ sơ"),
        None => Ok(()),
    }
}

fn title(sheet: &mut Sheet, text: &str) {
    sheet.gap(8.0);
    sheet.paragraph(text, Style::Title, Align::Centre);
}

fn applicant(sheet: &mut Sheet, head: &Head, label: &str) {
    sheet.paragraph(
        &format!("{label}: {}", head.applicant),
        Style::Plain,
        Align::Left,
    );
    sheet.paragraph(
        &format!("Địa chỉ: {}", head.applicant_address),
        Style::Plain,
        Align::Left,
    );
    let email = if head.applicant_email.is_empty() {
        String::new()
    } else {
        format!("   Email: {}", head.applicant_email)
    };
    sheet.paragraph(
        &format!("Số điện thoại: {}{email}", head.applicant_phone),
        Style::Plain,
        Align::Left,
    );
}

/// `09 giờ 00 phút, ngày 16 tháng 11 năm 2026`, in Việt Nam.
fn at(instant: DateTime<Utc>) -> String {
    let t = vn::worktime::local(instant);
    format!(
        "{:02} giờ {:02} phút, ngày {:02} tháng {:02} năm {}",
        t.hour(),
        t.minute(),
        t.day(),
        t.month(),
        t.year()
    )
}

/// `16/11/2026`, in Việt Nam.
fn day(instant: DateTime<Utc>) -> String {
    vn::worktime::local(instant).format("%d/%m/%Y").to_string()
}

/// `09:00 16/11/2026`, in Việt Nam.
fn short(instant: DateTime<Utc>) -> String {
    vn::worktime::local(instant)
        .format("%H:%M %d/%m/%Y")
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn a_head() -> Head {
        Head {
            parent_name: "Ủy ban nhân dân xã Yên Thế".into(),
            agency_name: "Trung tâm Phục vụ hành chính công xã Yên Thế".into(),
            agency_address: "Xã Yên Thế, tỉnh Bắc Ninh".into(),
            agency_phone: "0204 3876 543".into(),
            place: "Yên Thế".into(),
            number: Some("H05.21-261116-0001".into()),
            lookup_url: Some("http://127.0.0.1:8080/tra-cuu?so=H05.21-261116-0001".to_owned()),
            issued_at: "2026-11-16T02:00:00Z".parse().expect("an instant"),
            officer: "Lê Thị Cúc".into(),
            applicant: "Nguyễn Văn An".into(),
            applicant_address: "Số 12, thôn Trung, Xã Yên Thế, Tỉnh Bắc Ninh".into(),
            applicant_phone: "+84912345678".into(),
            applicant_email: "an@example.vn".into(),
            content: "Thủ tục đăng ký khai sinh".into(),
        }
    }

    fn a_receipt(papers: usize) -> Receipt {
        let paper = |n: usize| Paper {
            name: format!("Giấy chứng sinh thứ {n}, bản do cơ sở y tế cấp"),
            originals: 1,
            copies: 1,
        };
        Receipt {
            head: a_head(),
            papers: (0..papers).map(paper).collect(),
            term: "01 ngày làm việc".into(),
            representative: "Trần Thị Bình".into(),
            received_at: "2026-11-16T02:00:00Z".parse().expect("an instant"),
            due_at: None,
            channel: "Trực tuyến".into(),
            return_way: "Qua dịch vụ bưu chính công ích".into(),
        }
    }

    #[test]
    fn the_same_data_give_the_same_bytes() {
        let one = receipt(&a_receipt(2)).expect("a form");
        assert!(one.starts_with(b"%PDF-"));
        assert_eq!(one, receipt(&a_receipt(2)).expect("a form"));
        assert!(
            one.len() < 200_000,
            "fonts are cut down to what is used: {}",
            one.len()
        );
    }

    #[test]
    fn long_and_hostile_texts_break_nothing() {
        let mut form = a_receipt(60);
        form.papers[0].name = "Đ".repeat(7632);
        form.head.content = "dòng một\ndòng hai\u{202e}\t💥 العربية".into();
        assert!(receipt(&form).expect("a form").len() > 1000);
        let mut slip = ControlSlip {
            head: a_head(),
            hand_overs: Vec::new(),
        };
        for _ in 0..80 {
            slip.hand_overs.push(HandOver {
                at: form.received_at,
                giver: "Lê Thị Cúc".into(),
                receiver: "Bộ phận chuyên môn".into(),
                done: "Tiếp nhận hồ sơ và chuyển xử lý".into(),
                outcome: "Đúng hạn",
                remark: "x".repeat(300),
            });
        }
        assert!(control_slip(&slip).expect("a form").len() > 1000);
    }

    #[test]
    fn apology_and_stop_notice_can_be_made() {
        let mut form = Apology {
            head: a_head(),
            received_at: "2026-11-16T02:00:00Z".parse().expect("an instant"),
            old_due_at: "2026-11-18T10:00:00Z".parse().expect("an instant"),
            reason: None,
            new_due_at: None,
        };
        let draft = apology(&form).expect("a form");
        form.reason = Some("Chờ ý kiến".into());
        form.new_due_at = Some("2026-11-20T10:00:00Z".parse().expect("an instant"));
        assert_ne!(apology(&form).expect("a form"), draft);
        for withdrawn in [false, true] {
            let form = StopNotice {
                head: a_head(),
                stage: "Thẩm định".into(),
                reason: "Không bổ sung".into(),
                withdrawn,
                paid: withdrawn.then_some(10_000),
            };
            assert!(stop_notice(&form).is_ok());
        }
    }

    #[test]
    fn every_form_can_be_made() {
        let request = SupplementRequest {
            head: Head {
                number: None,
                place: String::new(),
                ..a_head()
            },
            items: vec![Item {
                component: "Giấy chứng sinh".into(),
                content: "bản chụp mờ".into(),
                guidance: "chụp lại".into(),
            }],
            reason: "Không đọc được số".into(),
            answer_by: Some("2026-11-25T10:00:00Z".parse().expect("an instant")),
        };
        assert!(supplement_request(&request).is_ok());
        assert!(
            refusal(&Refusal {
                head: a_head(),
                reason: "Không thuộc thẩm quyền".into()
            })
            .is_ok()
        );
    }
}
