//! Biên lai thu phí, lệ phí: the receipt of a paid obligation (NĐ 118/2025 art. 24: whoever takes the money gives one). Not one of the
//! numbered forms, and not the tax authority's electronic receipt: it shows what the dossier knows, with the number of the receipt
//! that was given.

use super::layout::{Align, Sheet, Style};
use super::{FormError, Head, applicant, at, head, look_up, title};
use chrono::{DateTime, Utc};
use vn::money::{dotted, in_words};

/// The receipt of one obligation.
#[derive(Clone, Debug)]
pub struct FeeReceipt {
    /// Head and payer; `issued_at` is when it was paid.
    pub head: Head,
    /// Its number within the dossier.
    pub no: u32,
    /// What it is for.
    pub title: String,
    /// VND.
    pub amount: i64,
    /// Number of the receipt or the transaction.
    pub receipt: String,
    /// What a transfer names.
    pub reference: String,
    /// How it was paid, in words.
    pub way: &'static str,
    /// What went back since: when, VND, why.
    pub refunds: Vec<(DateTime<Utc>, i64, String)>,
}

/// The receipt.
///
/// # Errors
/// [`FormError`].
pub fn fee_receipt(form: &FeeReceipt) -> Result<Vec<u8>, FormError> {
    let mut sheet = Sheet::a5("Biên lai thu phí, lệ phí")?;
    head(&mut sheet, &form.head, &format!("BLPL-{}", form.no));
    title(&mut sheet, "BIÊN LAI THU PHÍ, LỆ PHÍ");
    if !form.receipt.is_empty() {
        let text = format!("Số biên lai (giao dịch): {}", form.receipt);
        sheet.paragraph(&text, Style::Bold, Align::Centre);
    }
    sheet.gap(4.0);
    applicant(&mut sheet, &form.head, "Người nộp");
    for (text, style) in [
        (
            format!("Đơn vị thu: {}", form.head.agency_name),
            Style::Plain,
        ),
        (format!("Thủ tục: {}", form.head.content), Style::Plain),
        (
            format!(
                "Mã hồ sơ: {}",
                form.head.number.as_deref().unwrap_or("chưa cấp")
            ),
            Style::Plain,
        ),
        (format!("Khoản thu: {}", form.title), Style::Plain),
        (
            format!("Số tiền: {} đồng", dotted(form.amount)),
            Style::Bold,
        ),
        (
            format!("Bằng chữ: {} đồng", in_words(form.amount)),
            Style::Italic,
        ),
        (format!("Hình thức nộp: {}", form.way), Style::Plain),
        (
            format!("Thời gian nộp: {}", at(form.head.issued_at)),
            Style::Plain,
        ),
        (format!("Mã tra soát: {}", form.reference), Style::Plain),
    ] {
        sheet.paragraph(&text, style, Align::Left);
    }
    if !form.refunds.is_empty() {
        sheet.gap(4.0);
        sheet.paragraph("Đã hoàn trả:", Style::Bold, Align::Left);
        for (when, amount, reason) in &form.refunds {
            let amount = dotted(*amount);
            sheet.indented(&format!("{}: {amount} đồng. Lý do: {reason}", at(*when)));
        }
        let back: i64 = form.refunds.iter().map(|(_, amount, _)| amount).sum();
        let left = form.amount.saturating_sub(back);
        let text = format!("Số tiền còn thu: {} đồng", dotted(left));
        sheet.paragraph(&text, Style::Bold, Align::Left);
    }
    sheet.gap(6.0);
    sheet.signatures(
        ("NGƯỜI NỘP TIỀN", &form.head.applicant),
        ("NGƯỜI THU TIỀN", &form.head.officer),
    );
    if form.head.number.is_some() {
        look_up(&mut sheet, &form.head)?;
    }
    sheet.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_can_be_made_with_and_without_refunds() {
        let mut form = FeeReceipt {
            head: super::super::tests::a_head(),
            no: 1,
            title: "Lệ phí đăng ký khai sinh quá hạn".into(),
            amount: 1_250_000,
            receipt: "BL-2026-000123".into(),
            reference: "MC0123456789ABCDEF0123".into(),
            way: "Tiền mặt tại quầy",
            refunds: Vec::new(),
        };
        let whole = fee_receipt(&form).expect("a form");
        assert_eq!(whole, fee_receipt(&form).expect("a form"));
        form.refunds
            .push((form.head.issued_at, 250_000, "Thu nhầm mức phí".to_owned()));
        let part = fee_receipt(&form).expect("a form");
        assert!(part.len() > whole.len());
    }
}
