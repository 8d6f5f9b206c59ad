//! Mã số hồ sơ, the dossier number: TT 01/2018/TT-VPCP Art. 19.
//!
//! `unit code-YYMMDD-XXXX`. The rule is being replaced (TT 03/2025, then one of Bộ Công an), so
//! the rest of the suite keeps numbers as opaque text and makes them with a [`NumberFormat`] that
//! an agency can change.

use std::fmt::Write as _;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::agency::AgencyCode;
use crate::{all_digits, text_type};

/// A dossier number of the statutory form, `H38.19-261122-0001`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DossierNumber {
    text: String,
    agency: AgencyCode,
    date: NaiveDate,
    sequence: u64,
}

text_type!(DossierNumber, DossierNumberError);

/// Why a text is no dossier number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DossierNumberError {
    /// Not three parts divided by dashes, or longer than 50 characters.
    #[error("a dossier number is unit code, date and number of the day, divided by dashes")]
    Format,
    /// The unit code is none.
    #[error("the unit code in the dossier number is none")]
    Agency,
    /// Not YYMMDD, or no such day.
    #[error("the date in the dossier number is no YYMMDD date")]
    Date,
    /// Fewer than four digits, or too many.
    #[error("the number of the day in the dossier number has at least four digits")]
    Sequence,
}

impl DossierNumberError {
    /// A stable name for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Format => "dossierNumber.format",
            Self::Agency => "dossierNumber.agency",
            Self::Date => "dossierNumber.date",
            Self::Sequence => "dossierNumber.sequence",
        }
    }
}

impl DossierNumber {
    /// Reads a number of the statutory form with a unit code in either form. Four digits of
    /// sequence are usual; ministries use six or seven, and a busy day may need five.
    pub fn parse(input: &str) -> Result<Self, DossierNumberError> {
        let mut parts = input.split('-');
        let (Some(agency), Some(date), Some(sequence), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(DossierNumberError::Format);
        };
        if input.len() > 50 {
            return Err(DossierNumberError::Format);
        }
        let Ok(agency) = AgencyCode::parse(agency) else {
            return Err(DossierNumberError::Agency);
        };
        let date = short_date(date).ok_or(DossierNumberError::Date)?;
        if !(4..=12).contains(&sequence.len()) || !all_digits(sequence) {
            return Err(DossierNumberError::Sequence);
        }
        let Ok(sequence) = sequence.parse() else {
            return Err(DossierNumberError::Sequence);
        };
        Ok(Self {
            text: input.to_owned(),
            agency,
            date,
            sequence,
        })
    }

    /// The number as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The receiving unit.
    pub fn agency(&self) -> &AgencyCode {
        &self.agency
    }

    /// The day of reception.
    pub fn date(&self) -> NaiveDate {
        self.date
    }

    /// The number within the day.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }
}

/// YYMMDD of this century.
fn short_date(text: &str) -> Option<NaiveDate> {
    if text.len() != 6 || !all_digits(text) {
        return None;
    }
    let year: i32 = text.get(..2)?.parse().ok()?;
    NaiveDate::from_ymd_opt(
        2000 + year,
        text.get(2..4)?.parse().ok()?,
        text.get(4..)?.parse().ok()?,
    )
}

/// How numbers are made: text with `{agency}`, `{date}` (YYMMDD) and `{seq:N}` (at least N digits).
///
/// All three must occur, once each: the sequence is counted per agency and day, so a template
/// without one of them would give a number twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NumberFormat {
    template: String,
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Agency,
    Date,
    Sequence(usize),
}

/// Why a template is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberFormatError {
    /// A brace without its partner, or an unknown name in braces.
    #[error("a number template knows {{agency}}, {{date}} and {{seq:4}} only")]
    Placeholder,
    /// One of the three is missing or there twice.
    #[error("a number template needs {{agency}}, {{date}} and {{seq:4}}, once each")]
    Missing,
    /// Other characters than printable ASCII, or more than 50.
    #[error("a number template has at most 50 printable ASCII characters")]
    Text,
}

impl NumberFormatError {
    /// A stable name for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Placeholder => "numberFormat.placeholder",
            Self::Missing => "numberFormat.missing",
            Self::Text => "numberFormat.text",
        }
    }
}

impl NumberFormat {
    /// The statutory form.
    pub const DEFAULT_TEMPLATE: &'static str = "{agency}-{date}-{seq:4}";

    /// Reads a template.
    pub fn new(template: &str) -> Result<Self, NumberFormatError> {
        if template.len() > 50 || !template.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(NumberFormatError::Text);
        }
        let mut pieces = Vec::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            push_text(&mut pieces, before)?;
            let (name, after) = after
                .split_once('}')
                .ok_or(NumberFormatError::Placeholder)?;
            pieces.push(match name.split_once(':').unwrap_or((name, "")) {
                ("agency", "") => Piece::Agency,
                ("date", "") => Piece::Date,
                ("seq", "") => Piece::Sequence(1),
                ("seq", width) => match width.parse() {
                    Ok(digits @ 1..=12) if all_digits(width) => Piece::Sequence(digits),
                    _ => return Err(NumberFormatError::Placeholder),
                },
                _ => return Err(NumberFormatError::Placeholder),
            });
            rest = after;
        }
        push_text(&mut pieces, rest)?;
        let count =
            |wanted: fn(&Piece) -> bool| pieces.iter().filter(|piece| wanted(piece)).count();
        let once = count(|piece| matches!(piece, Piece::Agency)) == 1
            && count(|piece| matches!(piece, Piece::Date)) == 1
            && count(|piece| matches!(piece, Piece::Sequence(_))) == 1;
        if !once {
            return Err(NumberFormatError::Missing);
        }
        Ok(Self {
            template: template.to_owned(),
            pieces,
        })
    }

    /// The template.
    pub fn template(&self) -> &str {
        &self.template
    }

    /// The number of the `sequence`-th dossier of that agency on that day. A sequence that needs
    /// more digits than the template asks for gets them: 10000 is never cut to 0000.
    pub fn format(&self, agency: &str, date: NaiveDate, sequence: u64) -> String {
        let mut out = String::with_capacity(self.template.len() + agency.len());
        for piece in &self.pieces {
            // Writing into a String cannot fail.
            let _written = match piece {
                Piece::Text(text) => out.write_str(text),
                Piece::Agency => out.write_str(agency),
                Piece::Date => {
                    let year = date.year().rem_euclid(100);
                    write!(out, "{year:02}{:02}{:02}", date.month(), date.day())
                }
                Piece::Sequence(width) => write!(out, "{sequence:0width$}"),
            };
        }
        out
    }
}

fn push_text(pieces: &mut Vec<Piece>, text: &str) -> Result<(), NumberFormatError> {
    if text.contains('}') {
        return Err(NumberFormatError::Placeholder);
    }
    if !text.is_empty() {
        pieces.push(Piece::Text(text.to_owned()));
    }
    Ok(())
}

impl Default for NumberFormat {
    fn default() -> Self {
        Self {
            template: Self::DEFAULT_TEMPLATE.to_owned(),
            pieces: vec![
                Piece::Agency,
                Piece::Text("-".to_owned()),
                Piece::Date,
                Piece::Text("-".to_owned()),
                Piece::Sequence(4),
            ],
        }
    }
}

impl TryFrom<String> for NumberFormat {
    type Error = NumberFormatError;

    fn try_from(template: String) -> Result<Self, Self::Error> {
        Self::new(&template)
    }
}

impl From<NumberFormat> for String {
    fn from(format: NumberFormat) -> Self {
        format.template
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    #[test]
    fn good_numbers_are_taken_apart() {
        for (text, agency, date, sequence) in [
            (
                "000.00.01.H40-181225-0001",
                "000.00.01.H40",
                day(2018, 12, 25),
                1,
            ),
            (
                "000.00.19.H38-240229-0007",
                "000.00.19.H38",
                day(2024, 2, 29),
                7,
            ),
            (
                "H15.50.05.13-261008-0975",
                "H15.50.05.13",
                day(2026, 10, 8),
                975,
            ),
            ("H38.19-261122-0001", "H38.19", day(2026, 11, 22), 1),
            ("G15.02-260102-150123", "G15.02", day(2026, 1, 2), 150_123),
        ] {
            let number = DossierNumber::parse(text).unwrap();
            assert_eq!(
                (number.agency().as_str(), number.date(), number.sequence()),
                (agency, date, sequence)
            );
            assert_eq!(number.to_string(), text);
        }
    }

    #[test]
    fn each_fault_has_its_code() {
        for (text, code) in [
            ("", "dossierNumber.format"),
            ("H38.19-261122", "dossierNumber.format"),
            ("000-00-01-H40-181225-0001", "dossierNumber.format"),
            ("000.00.1.H40-181225-0001", "dossierNumber.agency"),
            ("000.00.01.h40-181225-0001", "dossierNumber.agency"),
            ("000.00.19.H38-230229-0007", "dossierNumber.date"),
            ("H15.50.05.13-261308-0975", "dossierNumber.date"),
            ("000.00.01.H40-18122-0001", "dossierNumber.date"),
            ("000.00.01.H40-181225-1", "dossierNumber.sequence"),
            ("000.00.01.H40-181225-00O1", "dossierNumber.sequence"),
            (
                "000.00.01.H40-181225-0000000000001",
                "dossierNumber.sequence",
            ),
        ] {
            assert_eq!(
                DossierNumber::parse(text).unwrap_err().code(),
                code,
                "{text}"
            );
        }
    }

    #[test]
    fn default_format_makes_statutory_numbers_and_never_cuts() {
        let format = NumberFormat::default();
        assert_eq!(
            Ok(&format),
            NumberFormat::new(NumberFormat::DEFAULT_TEMPLATE).as_ref()
        );
        let date = day(2026, 11, 2);
        for (sequence, text) in [
            (1, "H05.21-261102-0001"),
            (9_999, "H05.21-261102-9999"),
            (10_000, "H05.21-261102-10000"),
        ] {
            let made = format.format("H05.21", date, sequence);
            assert_eq!(made, text);
            assert_eq!(DossierNumber::parse(&made).unwrap().sequence(), sequence);
        }
    }

    #[test]
    fn other_templates_work() {
        let format = NumberFormat::new("HS/{seq:6}/{date}/{agency}").unwrap();
        assert_eq!(
            format.format("H38", day(2005, 1, 9), 12),
            "HS/000012/050109/H38"
        );
    }

    #[test]
    fn templates_that_would_repeat_a_number_are_refused() {
        for (template, code) in [
            ("{agency}-{seq:4}", "numberFormat.missing"),
            ("{date}-{seq:4}", "numberFormat.missing"),
            ("{agency}-{date}", "numberFormat.missing"),
            ("{agency}-{date}-{seq:4}-{seq:4}", "numberFormat.missing"),
            ("{agency}-{date}-{seq:0}", "numberFormat.placeholder"),
            ("{agency}-{date}-{seq:+4}", "numberFormat.placeholder"),
            ("{agency}-{day}-{seq:4}", "numberFormat.placeholder"),
            ("{agency}-{date}-{seq:4", "numberFormat.placeholder"),
            ("{agency}-{date}-{seq:4}}", "numberFormat.placeholder"),
            ("{agency} {date}-{seq:4}", "numberFormat.text"),
            ("{agency}–{date}-{seq:4}", "numberFormat.text"),
        ] {
            assert_eq!(
                NumberFormat::new(template).unwrap_err().code(),
                code,
                "{template}"
            );
        }
    }
}
