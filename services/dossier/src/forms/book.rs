//! Form 07 (TT 03/2025; before it 06 of TT 01/2018), Sổ theo dõi hồ sơ: what a desk received in a period, one line a dossier, in the
//! order of reception. A4, lying.

use super::layout::{Align, Sheet, Style};
use super::{FormError, day, short};
use chrono::{DateTime, NaiveDate, Utc};

/// Form 07.
#[derive(Clone, Debug)]
pub struct Book {
    /// The body above the unit.
    pub parent_name: String,
    /// The unit that keeps the book.
    pub agency_name: String,
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
    /// When it was printed.
    pub printed_at: DateTime<Utc>,
    /// Who printed it.
    pub officer: String,
    /// The lines.
    pub lines: Vec<BookLine>,
}

/// One dossier.
#[derive(Clone, Debug)]
pub struct BookLine {
    /// Its number.
    pub number: String,
    /// Name of the procedure.
    pub procedure: String,
    /// Applicant, address and phone, a line each.
    pub applicant: String,
    /// The competent agency.
    pub agency: String,
    /// When it was received.
    pub received_at: DateTime<Utc>,
    /// When the result is due; `None`: no date by rule, or the clock stands.
    pub due_at: Option<DateTime<Utc>>,
    /// When the result went to the applicant.
    pub returned_at: Option<DateTime<Utc>>,
    /// How the result goes to the applicant.
    pub way: &'static str,
    /// Who took it.
    pub receiver: String,
    /// State, and the date that was promised first where another one holds.
    pub remark: String,
}

/// Form 07.
///
/// # Errors
/// [`FormError`].
pub fn book(form: &Book) -> Result<Vec<u8>, FormError> {
    let mut sheet = Sheet::a4_wide("Sổ theo dõi hồ sơ")?;
    sheet.head(
        &[
            form.parent_name.to_uppercase(),
            form.agency_name.to_uppercase(),
            String::new(),
        ],
        &[
            "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM".to_owned(),
            "Độc lập - Tự do - Hạnh phúc".to_owned(),
            format!("In lúc {}", short(form.printed_at)),
        ],
    );
    sheet.gap(8.0);
    sheet.paragraph("SỔ THEO DÕI HỒ SƠ", Style::Title, Align::Centre);
    let date = |d: NaiveDate| d.format("%d/%m/%Y").to_string();
    let period = format!(
        "Hồ sơ tiếp nhận từ ngày {} đến ngày {}: {} hồ sơ",
        date(form.from),
        date(form.to),
        form.lines.len()
    );
    sheet.paragraph(&period, Style::Italic, Align::Centre);
    sheet.gap(4.0);
    sheet.table(
        &[
            "TT",
            "Mã hồ sơ",
            "Tên thủ tục hành chính",
            "Số bộ",
            "Tên, địa chỉ, số điện thoại",
            "Cơ quan giải quyết",
            "Nhận hồ sơ",
            "Hẹn trả kết quả",
            "Trả kết quả",
            "Phương thức nhận kết quả",
            "Ký nhận",
            "Ghi chú",
        ],
        &[4, 11, 14, 4, 15, 12, 7, 7, 7, 6, 6, 7],
    );
    let date = |at: Option<DateTime<Utc>>| at.map(day).unwrap_or_default();
    for (line, no) in form.lines.iter().zip(1_u32..) {
        sheet.row(&[
            &no.to_string(),
            &line.number,
            &line.procedure,
            "01",
            &line.applicant,
            &line.agency,
            &short(line.received_at),
            &line.due_at.map(short).unwrap_or_default(),
            &date(line.returned_at),
            line.way,
            &line.receiver,
            &line.remark,
        ]);
    }
    sheet.gap(6.0);
    sheet.signatures(("", ""), ("NGƯỜI LẬP SỔ", &form.officer));
    sheet.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_book_of_many_pages_and_an_empty_one_can_be_made() {
        let line = BookLine {
            number: "H05.21-261116-0001".into(),
            procedure: "Thủ tục đăng ký khai sinh".into(),
            applicant: "Nguyễn Văn An\nSố 12, thôn Trung, Xã Yên Thế, Tỉnh Bắc Ninh\n0912345678"
                .into(),
            agency: "Trung tâm Phục vụ hành chính công xã Yên Thế".into(),
            received_at: "2026-11-16T02:00:00Z".parse().expect("an instant"),
            due_at: Some("2026-11-18T10:00:00Z".parse().expect("an instant")),
            returned_at: Some("2026-11-18T03:00:00Z".parse().expect("an instant")),
            way: "Bưu chính",
            receiver: "Nguyễn Văn An".into(),
            remark: "Đã trả kết quả; hẹn lần đầu 17/11/2026".into(),
        };
        let mut form = Book {
            parent_name: "Ủy ban nhân dân xã Yên Thế".into(),
            agency_name: "Trung tâm Phục vụ hành chính công xã Yên Thế".into(),
            from: NaiveDate::from_ymd_opt(2026, 11, 1).expect("a day"),
            to: NaiveDate::from_ymd_opt(2026, 11, 30).expect("a day"),
            printed_at: "2026-11-30T10:00:00Z".parse().expect("an instant"),
            officer: "Lê Thị Cúc".into(),
            lines: Vec::new(),
        };
        let empty = book(&form).expect("a form");
        form.lines = vec![line; 60];
        form.lines[7].procedure = "Đ".repeat(5000);
        let full = book(&form).expect("a form");
        assert!(full.len() > empty.len() + 1000);
    }
}
