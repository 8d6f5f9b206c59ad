//! Postal item numbers of the UPU standard S10: `AA NNNNNNNN C CC`.

use serde::{Deserialize, Serialize};

use crate::{digit, text_type};

const WEIGHTS: [u32; 8] = [8, 6, 4, 2, 3, 5, 9, 7];

/// An item number, `RA473124829VN`: service indicator, serial, check digit, country.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ItemNumber(String);

text_type!(ItemNumber, ItemNumberError);

/// Why a text is no item number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ItemNumberError {
    /// Not 13 characters.
    #[error("a postal item number has 13 characters")]
    Length,
    /// Not two capital letters, nine digits, two capital letters.
    #[error("a postal item number is two capital letters, nine digits, two capital letters")]
    Format,
    /// The check digit is wrong.
    #[error("the check digit of the postal item number is wrong")]
    Checksum,
    /// The serial has more than eight digits.
    #[error("the serial of a postal item number has at most eight digits")]
    Serial,
}

impl ItemNumberError {
    /// A stable name for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Length => "s10.length",
            Self::Format => "s10.format",
            Self::Checksum => "s10.checksum",
            Self::Serial => "s10.serial",
        }
    }
}

impl ItemNumber {
    /// Reads an item number exactly as printed: capital letters, no blanks, any country.
    pub fn parse(input: &str) -> Result<Self, ItemNumberError> {
        if input.chars().count() != 13 {
            return Err(ItemNumberError::Length);
        }
        let shape = input.bytes().enumerate().all(|(at, byte)| match at {
            0 | 1 | 11 | 12 => byte.is_ascii_uppercase(),
            _ => byte.is_ascii_digit(),
        });
        if !shape {
            return Err(ItemNumberError::Format);
        }
        let serial = input.get(2..10).unwrap_or_default();
        if input.as_bytes().get(10).copied().map(digit) != Some(check_digit(serial)) {
            return Err(ItemNumberError::Checksum);
        }
        Ok(Self(input.to_owned()))
    }

    /// Reads what a person typed or a scanner sent: small letters and blanks are taken care of.
    pub fn parse_typed(input: &str) -> Result<Self, ItemNumberError> {
        let kept = input.chars().filter(|c| !c.is_whitespace()).take(14);
        Self::parse(&kept.map(|c| c.to_ascii_uppercase()).collect::<String>())
    }

    /// The Vietnamese item number of a service indicator (two capital letters) and a serial of at
    /// most eight digits.
    pub fn from_serial(prefix: &str, serial: u32) -> Result<Self, ItemNumberError> {
        if prefix.len() != 2 || !prefix.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(ItemNumberError::Format);
        }
        if serial > 99_999_999 {
            return Err(ItemNumberError::Serial);
        }
        let serial = format!("{serial:08}");
        Ok(Self(format!("{prefix}{serial}{}VN", check_digit(&serial))))
    }

    /// The 13 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The service indicator, two letters.
    pub fn service(&self) -> &str {
        self.0.get(..2).unwrap_or_default()
    }

    /// The check digit.
    pub fn check_digit(&self) -> u32 {
        self.0.as_bytes().get(10).copied().map_or(0, digit)
    }

    /// ISO 3166 code of the country.
    pub fn country(&self) -> &str {
        self.0.get(11..).unwrap_or_default()
    }
}

fn check_digit(serial: &str) -> u32 {
    let sum: u32 = serial
        .bytes()
        .zip(WEIGHTS)
        .map(|(byte, weight)| digit(byte) * weight)
        .sum();
    match 11 - sum % 11 {
        10 => 0,
        11 => 5,
        digit => digit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_numbers_pass() {
        for text in [
            "RA473124829VN",
            "EE123456785VN",
            "RR000000014VN",
            "CP000000005VN",
            "EA999999995VN",
            "RA000000080VN",
            "RA000000155VN",
            "RA473124829FI",
        ] {
            assert_eq!(ItemNumber::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn each_fault_has_its_code() {
        for (text, code) in [
            ("", "s10.length"),
            ("RA47312482VN", "s10.length"),
            ("RA473124829V", "s10.length"),
            ("R1473124829VN", "s10.format"),
            ("ra473124829vn", "s10.format"),
            ("RA47312482ẠVN", "s10.format"),
            ("RA473124828VN", "s10.checksum"),
        ] {
            assert_eq!(ItemNumber::parse(text).unwrap_err().code(), code, "{text}");
        }
    }

    #[test]
    fn typing_is_forgiven() {
        assert_eq!(
            ItemNumber::parse_typed("ra 473 124 829 vn")
                .unwrap()
                .as_str(),
            "RA473124829VN"
        );
    }

    #[test]
    fn made_numbers_are_good() {
        assert_eq!(
            ItemNumber::from_serial("RA", 47_312_482).unwrap().as_str(),
            "RA473124829VN"
        );
        for serial in (0..100_000_000).step_by(999_983) {
            let made = ItemNumber::from_serial("RV", serial).unwrap();
            assert_eq!(ItemNumber::parse(made.as_str()), Ok(made));
        }
        assert_eq!(
            ItemNumber::from_serial("RA", 100_000_000),
            Err(ItemNumberError::Serial)
        );
        assert_eq!(
            ItemNumber::from_serial("Đ", 1),
            Err(ItemNumberError::Format)
        );
    }
}
