//! Form 06 (TT 03/2025), Phiếu kiểm soát quá trình giải quyết hồ sơ.

use super::layout::{Align, Sheet, Style};
use super::{FormError, Head, at, head, title};
use chrono::{DateTime, Utc};
use vn::worktime::Outcome;

/// One hand-over.
#[derive(Clone, Debug)]
pub struct HandOver {
    /// When.
    pub at: DateTime<Utc>,
    /// Who gave it.
    pub giver: String,
    /// Who took it: the step it went to.
    pub receiver: String,
    /// What was done, in words.
    pub done: String,
    /// Trước hạn, đúng hạn, quá hạn: against the date that held then; empty where no clock of the agency ran.
    pub outcome: &'static str,
    /// Remark or reason.
    pub remark: String,
}

/// Form 06.
#[derive(Clone, Debug)]
pub struct ControlSlip {
    /// Head and applicant.
    pub head: Head,
    /// Each hand-over, in order.
    pub hand_overs: Vec<HandOver>,
}

/// How a step was done, as the form says it.
pub fn in_words(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Early => "Trước hạn",
        Outcome::OnTime => "Đúng hạn",
        Outcome::Late => "Quá hạn",
    }
}

/// Form 06.
///
/// # Errors
/// [`FormError`].
pub fn control_slip(form: &ControlSlip) -> Result<Vec<u8>, FormError> {
    let mut sheet = Sheet::a4("Phiếu kiểm soát quá trình giải quyết hồ sơ")?;
    head(&mut sheet, &form.head, "KSHS");
    title(&mut sheet, "PHIẾU KIỂM SOÁT QUÁ TRÌNH GIẢI QUYẾT HỒ SƠ");
    if let Some(number) = &form.head.number {
        sheet.paragraph(&format!("Mã hồ sơ: {number}"), Style::Bold, Align::Centre);
    }
    for text in [
        format!("Thủ tục: {}", form.head.content),
        format!(
            "Cơ quan (bộ phận) giải quyết hồ sơ: {}",
            form.head.agency_name
        ),
    ] {
        sheet.paragraph(&text, Style::Plain, Align::Left);
    }
    sheet.gap(4.0);
    sheet.table(
        &[
            "Thời gian giao, nhận",
            "Người giao",
            "Người nhận",
            "Việc đã làm",
            "Kết quả (trước hạn, đúng hạn, quá hạn)",
            "Ghi chú",
        ],
        &[16, 19, 18, 18, 12, 17],
    );
    for step in &form.hand_overs {
        let when = at(step.at);
        sheet.row(&[
            &when,
            &step.giver,
            &step.receiver,
            &step.done,
            step.outcome,
            &step.remark,
        ]);
    }
    sheet.finish()
}
