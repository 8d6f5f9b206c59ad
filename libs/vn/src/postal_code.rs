//! Mã bưu chính: five digits (QĐ 2475/QĐ-BTTTT of 2017; communes anew by QĐ 2334/QĐ-BKHCN of 2025).

use serde::{Deserialize, Serialize};

use crate::{all_digits, provinces, text_type};

/// A postal code, text with leading zeros: `05127`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PostalCode(String);

text_type!(PostalCode, PostalCodeError);

/// Why a text is no postal code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PostalCodeError {
    /// Not five digits (six were the codes before 2018).
    #[error("a postal code has five digits")]
    Length,
    /// Something else than digits.
    #[error("a postal code has digits only")]
    Digits,
    /// The first two digits belong to no province.
    #[error("the first two digits of the postal code belong to no province")]
    Prefix,
}

impl PostalCodeError {
    /// A stable name for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Length => "postalCode.length",
            Self::Digits => "postalCode.digits",
            Self::Prefix => "postalCode.prefix",
        }
    }
}

impl PostalCode {
    /// Reads a postal code; blanks around it are ignored.
    pub fn parse(input: &str) -> Result<Self, PostalCodeError> {
        let code = input.trim();
        if code.chars().count() != 5 {
            return Err(PostalCodeError::Length);
        }
        if !all_digits(code) {
            return Err(PostalCodeError::Digits);
        }
        let code = Self(code.to_owned());
        if code.province_code().is_empty() {
            Err(PostalCodeError::Prefix)
        } else {
            Ok(code)
        }
    }

    /// The five digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The two-digit code of the province since 2025-07-01.
    pub fn province_code(&self) -> &'static str {
        let prefix = self.0.get(..2).and_then(|prefix| prefix.parse().ok());
        prefix
            .and_then(provinces::province_of_postal_prefix)
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefix_tells_the_province() {
        for (text, province) in [
            ("10000", "01"),
            ("31000", "15"),
            ("05127", "31"),
            ("16000", "24"),
        ] {
            assert_eq!(PostalCode::parse(text).unwrap().province_code(), province);
        }
    }

    #[test]
    fn each_fault_has_its_code() {
        for (text, code) in [
            ("5127", "postalCode.length"),
            ("100000", "postalCode.length"),
            ("1000O", "postalCode.digits"),
            ("00123", "postalCode.prefix"),
            ("99000", "postalCode.prefix"),
        ] {
            assert_eq!(PostalCode::parse(text).unwrap_err().code(), code, "{text}");
        }
    }
}
