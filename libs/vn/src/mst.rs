//! Mã số thuế (MST), the tax code: TT 86/2024/TT-BTC.

use serde::{Deserialize, Serialize};

use crate::cccd::Cccd;
use crate::{all_digits, digit, text_type};

const WEIGHTS: [u32; 9] = [31, 29, 23, 19, 17, 13, 7, 5, 3];

/// A tax code, kept in its written form: `0100150619`, `0100150619-001` (dependent unit) or, since
/// 2025-07-01, the 12-digit personal identity number of a person or household.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TaxCode(String);

text_type!(TaxCode, TaxCodeError);

/// Whose tax code it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TaxCodeKind {
    /// 10 digits: an enterprise or organisation (before 2025-07 also a person).
    Entity,
    /// 10 digits, dash, 3 digits: đơn vị phụ thuộc.
    DependentUnit,
    /// 12 digits: a person or household.
    Person,
}

/// Why a text is no tax code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TaxCodeError {
    /// Not 10 or 13 characters (dashes, dots and blanks do not count), and no personal number.
    #[error("a tax code has 10 or 13 digits, or is a personal identity number of 12")]
    Length,
    /// Something else than digits.
    #[error("a tax code has digits only")]
    Format,
    /// A part that is never given: an all-zero serial, or unit 000.
    #[error("a part of the tax code is never given")]
    Component,
    /// The tenth digit is wrong, or none exists for these nine.
    #[error("the check digit of the tax code is wrong")]
    Checksum,
}

impl TaxCodeError {
    /// A stable name for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Length => "mst.length",
            Self::Format => "mst.format",
            Self::Component => "mst.component",
            Self::Checksum => "mst.checksum",
        }
    }
}

impl TaxCode {
    /// Reads a tax code, with or without the dash, checking the check digit.
    pub fn parse(input: &str) -> Result<Self, TaxCodeError> {
        let compact: String = input
            .chars()
            .filter(|c| !matches!(c, ' ' | '-' | '.'))
            .take(14)
            .collect();
        let length = compact.chars().count();
        if !matches!(length, 10 | 12 | 13) {
            return Err(TaxCodeError::Length);
        }
        if !all_digits(&compact) {
            return Err(TaxCodeError::Format);
        }
        if length == 12 {
            return match Cccd::parse(&compact) {
                Ok(number) if !input.contains('-') => Ok(Self(number.into())),
                _ => Err(TaxCodeError::Length),
            };
        }
        let (head, unit) = compact.split_at_checked(10).unwrap_or((&compact, ""));
        if unit == "000" || head.get(2..9) == Some("0000000") {
            return Err(TaxCodeError::Component);
        }
        let sum: u32 = head
            .bytes()
            .zip(WEIGHTS)
            .map(|(byte, weight)| digit(byte) * weight)
            .sum();
        if head.as_bytes().get(9).copied().map(digit) != Some(10 - sum % 11) {
            return Err(TaxCodeError::Checksum);
        }
        Ok(Self(if unit.is_empty() {
            compact
        } else {
            format!("{head}-{unit}")
        }))
    }

    /// The written form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whose code it is.
    pub fn kind(&self) -> TaxCodeKind {
        match self.0.len() {
            10 => TaxCodeKind::Entity,
            12 => TaxCodeKind::Person,
            _ => TaxCodeKind::DependentUnit,
        }
    }

    /// The code for a log or a list: a personal number is masked, others are public.
    pub fn masked(&self) -> String {
        match (self.kind(), Cccd::parse(&self.0)) {
            (TaxCodeKind::Person, Ok(number)) => number.masked(),
            _ => self.0.clone(),
        }
    }
}

impl std::fmt::Debug for TaxCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TaxCode({})", self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_codes_are_kept_in_written_form() {
        for (text, kept, kind) in [
            ("0100233488", "0100233488", TaxCodeKind::Entity),
            ("0100100079", "0100100079", TaxCodeKind::Entity),
            ("0100112437", "0100112437", TaxCodeKind::Entity),
            ("0301452948", "0301452948", TaxCodeKind::Entity),
            (
                "0100150619-001",
                "0100150619-001",
                TaxCodeKind::DependentUnit,
            ),
            (
                "0314409058002",
                "0314409058-002",
                TaxCodeKind::DependentUnit,
            ),
            ("001090000001", "001090000001", TaxCodeKind::Person),
        ] {
            let code = TaxCode::parse(text).unwrap();
            assert_eq!((code.as_str(), code.kind()), (kept, kind));
        }
    }

    #[test]
    fn each_fault_has_its_code() {
        for (text, code) in [
            ("", "mst.length"),
            ("010023348", "mst.length"),
            ("01002334881", "mst.length"),
            ("O100233488", "mst.format"),
            ("0000000000", "mst.component"),
            ("0100150619-000", "mst.component"),
            ("0100233480", "mst.checksum"),
            ("0100109107", "mst.checksum"),
            ("999090000001", "mst.length"),
            ("0010900000-01", "mst.length"),
        ] {
            assert_eq!(TaxCode::parse(text).unwrap_err().code(), code, "{text}");
        }
    }

    #[test]
    fn a_prefix_without_check_digit_has_no_code_at_all() {
        for last in 0..10 {
            assert_eq!(
                TaxCode::parse(&format!("100000021{last}")),
                Err(TaxCodeError::Checksum)
            );
        }
    }

    #[test]
    fn exactly_one_check_digit_fits() {
        for serial in (10_000_000..20_000_000_u32).step_by(99_991) {
            let fitting = (0..10).filter(|d| TaxCode::parse(&format!("{serial:09}{d}")).is_ok());
            assert!(fitting.count() <= 1);
        }
    }
}
