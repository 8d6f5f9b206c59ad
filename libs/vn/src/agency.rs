//! Mã định danh: electronic identifiers of agencies.
//!
//! QCVN 102:2016/BTTTT writes them from the smallest unit up, `000.00.19.H38`; QĐ 20/2020/QĐ-TTg
//! from the top down, `H38.19`. Both live side by side.

use serde::{Deserialize, Serialize};

use crate::{all_digits, text_type};

/// An agency code in either form, kept as written.
///
/// The number parts have two to four digits (`H26.101` and `H21.2400` exist).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AgencyCode(String);

text_type!(AgencyCode, AgencyCodeError);

/// Which of the two written forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AgencyCodeForm {
    /// `000.00.19.H38` (QCVN 102:2016).
    Long,
    /// `H38.19` (QĐ 20/2020).
    Short,
}

/// Why a text is no agency code, or has no other form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AgencyCodeError {
    /// Neither form.
    #[error("an agency code looks like 000.00.19.H38 or H38.19")]
    Format,
    /// More levels than the long form has.
    #[error("the long form of an agency code has four levels")]
    Levels,
}

impl AgencyCodeError {
    /// A stable name for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Format => "agency.format",
            Self::Levels => "agency.levels",
        }
    }
}

impl AgencyCode {
    /// Reads an agency code in either form. Home-made codes (`UBNDCT`), of which the national data
    /// holds hundreds, are refused: keep those as plain text.
    pub fn parse(input: &str) -> Result<Self, AgencyCodeError> {
        let short = {
            let mut parts = input.split('.');
            parts.next().is_some_and(is_top) && parts.clone().count() <= 6 && parts.all(is_number)
        };
        if short || is_long(input) {
            Ok(Self(input.to_owned()))
        } else {
            Err(AgencyCodeError::Format)
        }
    }

    /// The code as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Which form it is written in.
    pub fn form(&self) -> AgencyCodeForm {
        if self.0.starts_with(|c: char| c.is_ascii_digit()) {
            AgencyCodeForm::Long
        } else {
            AgencyCodeForm::Short
        }
    }

    /// The top unit: a ministry (`G15`) or a province (`H38`).
    pub fn top(&self) -> &str {
        let part = match self.form() {
            AgencyCodeForm::Long => self.0.rsplit('.').next(),
            AgencyCodeForm::Short => self.0.split('.').next(),
        };
        part.unwrap_or_default()
    }

    /// From the top down: `000.00.19.H38` → `H38.19`. Unused (zero) levels at the bottom go.
    pub fn to_short(&self) -> Self {
        if self.form() == AgencyCodeForm::Short {
            return self.clone();
        }
        let mut parts: Vec<&str> = self.0.rsplit('.').collect();
        while parts.len() > 1
            && parts
                .last()
                .is_some_and(|part| part.bytes().all(|b| b == b'0'))
        {
            parts.pop();
        }
        Self(parts.join("."))
    }

    /// From the bottom up with four levels: `H38.19` → `000.00.19.H38`.
    pub fn to_long(&self) -> Result<Self, AgencyCodeError> {
        if self.form() == AgencyCodeForm::Long {
            return Ok(self.clone());
        }
        let mut parts = self.0.split('.');
        let top = parts.next().unwrap_or_default();
        let second = parts.next().unwrap_or("00");
        let third = parts.next().unwrap_or("00");
        let fourth = parts.next().unwrap_or("000");
        if parts.next().is_some() {
            return Err(AgencyCodeError::Levels);
        }
        Ok(Self(format!("{fourth:0>3}.{third}.{second}.{top}")))
    }

    /// Do both codes, in whatever form, name the same agency?
    pub fn same_agency(&self, other: &Self) -> bool {
        self.levels() == other.levels()
    }

    /// Top unit and the numbers below it, without unused levels at the bottom.
    fn levels(&self) -> (String, Vec<u32>) {
        let short = self.to_short();
        let mut numbers: Vec<u32> = short
            .0
            .split('.')
            .skip(1)
            .map(|part| part.parse().unwrap_or_default())
            .collect();
        while numbers.last() == Some(&0) {
            numbers.pop();
        }
        (self.top().to_owned(), numbers)
    }
}

fn is_top(part: &str) -> bool {
    part.len() == 3
        && part.starts_with(|c: char| c.is_ascii_uppercase())
        && part.get(1..).is_some_and(all_digits)
}

fn is_number(part: &str) -> bool {
    (2..=4).contains(&part.len()) && all_digits(part)
}

fn is_long(input: &str) -> bool {
    let mut parts = input.split('.');
    let (first, second, third, top) = (parts.next(), parts.next(), parts.next(), parts.next());
    parts.next().is_none()
        && first.is_some_and(|part| part.len() == 3 && all_digits(part))
        && second.is_some_and(is_number)
        && third.is_some_and(is_number)
        && top.is_some_and(is_top)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> AgencyCode {
        AgencyCode::parse(text).unwrap()
    }

    #[test]
    fn both_forms_are_read() {
        for text in [
            "000.00.19.H38",
            "000.00.00.H20",
            "000.00.001.H05",
            "H38",
            "H38.19",
            "H15.50.05.13",
            "H26.101",
            "H21.2400",
            "G01.108.000.000",
        ] {
            assert_eq!(code(text).as_str(), text);
        }
    }

    #[test]
    fn other_codes_are_refused() {
        for text in [
            "",
            ".",
            "BCA-CAT",
            "UBNDCT",
            "G01s.108.000",
            "000.00.CS.001",
            "0100100079",
            "h38.19",
            "000.00.1.H40",
            "000-00-01-H40",
            "H38.",
            "H38.1",
            "H38.12345",
            "Đ38.19",
            "00.00.01.H40",
            "H1.2.3",
            "H38.19 ",
        ] {
            assert_eq!(
                AgencyCode::parse(text).unwrap_err().code(),
                "agency.format",
                "{text}"
            );
        }
    }

    #[test]
    fn forms_convert_both_ways() {
        for (long, short) in [
            ("000.00.19.H38", "H38.19"),
            ("000.05.50.H15", "H15.50.05"),
            ("113.05.50.H15", "H15.50.05.113"),
            ("000.00.00.H20", "H20"),
            ("000.07.00.H20", "H20.00.07"),
            ("000.00.2400.H21", "H21.2400"),
        ] {
            assert_eq!(code(long).to_short(), code(short));
            assert_eq!(code(short).to_long(), Ok(code(long)));
            assert!(code(long).same_agency(&code(short)));
        }
        assert_eq!(code("H15.50.05.13").to_long(), Ok(code("013.05.50.H15")));
        assert!(code("H15.50.05.13").same_agency(&code("013.05.50.H15")));
        assert!(!code("H15.50").same_agency(&code("H16.50")));
        assert_eq!(
            code("H15.50.05.13.01").to_long(),
            Err(AgencyCodeError::Levels)
        );
    }

    #[test]
    fn top_is_the_ministry_or_province() {
        assert_eq!(
            (code("000.00.19.H38").top(), code("G15.02").top()),
            ("H38", "G15")
        );
    }
}
