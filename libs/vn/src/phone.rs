//! Vietnamese telephone numbers (the numbering plan of TT 22/2014/TT-BTTTT and its changes).

use serde::{Deserialize, Serialize};

use crate::{all_digits, provinces, text_type};

/// The eleven-digit mobile prefixes that ended in 2018, and what they became.
const CONVERTED: [(&str, &str); 21] = [
    ("0120", "070"),
    ("0121", "079"),
    ("0122", "077"),
    ("0126", "076"),
    ("0128", "078"),
    ("0123", "083"),
    ("0124", "084"),
    ("0125", "085"),
    ("0127", "081"),
    ("0129", "082"),
    ("0162", "032"),
    ("0163", "033"),
    ("0164", "034"),
    ("0165", "035"),
    ("0166", "036"),
    ("0167", "037"),
    ("0168", "038"),
    ("0169", "039"),
    ("0186", "056"),
    ("0188", "058"),
    ("0199", "059"),
];

/// A telephone number in E.164 form, `+84912345678`.
///
/// Because of number portability (2018) the prefix does not tell the operator.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Phone(String);

text_type!(Phone, PhoneError);

/// What answers at a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PhoneKind {
    /// Can receive an SMS.
    Mobile,
    /// Fixed line.
    Fixed,
    /// 1800: free of charge.
    TollFree,
    /// 1900: charged.
    Premium,
}

/// Why a text is no telephone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    /// Something else than digits, blanks, dots, dashes and a leading plus.
    #[error("a telephone number has digits only")]
    Format,
    /// Too short or too long for its kind.
    #[error("the telephone number is too short or too long")]
    Length,
    /// No such prefix or area code in Vietnam.
    #[error("no such telephone prefix in Vietnam")]
    Prefix,
    /// A mobile prefix that ended in 2018; [`Phone::parse_legacy`] converts it.
    #[error("this eleven-digit mobile prefix ended in 2018")]
    LegacyPrefix,
}

impl PhoneError {
    /// A stable name for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Format => "phone.format",
            Self::Length => "phone.length",
            Self::Prefix => "phone.prefix",
            Self::LegacyPrefix => "phone.legacyPrefix",
        }
    }
}

impl Phone {
    /// Reads a Vietnamese number in any usual spelling (`0912345678`, `+84 912 345 678`,
    /// `84912345678`, `0084912345678`, `(028) 38.224.567`, `19001234`).
    pub fn parse(input: &str) -> Result<Self, PhoneError> {
        let national = national_number(input)?;
        kind_of(&national)?;
        Ok(Self(format!("+84{national}")))
    }

    /// Like [`Phone::parse`], but a dead eleven-digit mobile number becomes its successor.
    pub fn parse_legacy(input: &str) -> Result<Self, PhoneError> {
        match Self::parse(input) {
            Err(PhoneError::LegacyPrefix) => {
                let old = format!("0{}", national_number(input)?);
                convert_legacy(&old).map_or(Err(PhoneError::Prefix), |new| Self::parse(&new))
            }
            other => other,
        }
    }

    /// The E.164 form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number as dialled in Vietnam: `0912345678`, `19001234`.
    pub fn national(&self) -> String {
        let number = self.0.strip_prefix("+84").unwrap_or(&self.0);
        match self.kind() {
            PhoneKind::Mobile | PhoneKind::Fixed => format!("0{number}"),
            PhoneKind::TollFree | PhoneKind::Premium => number.to_owned(),
        }
    }

    /// What answers there.
    pub fn kind(&self) -> PhoneKind {
        let number = self.0.strip_prefix("+84").unwrap_or(&self.0);
        kind_of(number).unwrap_or(PhoneKind::Fixed)
    }

    /// Can it receive an SMS?
    pub fn is_mobile(&self) -> bool {
        self.kind() == PhoneKind::Mobile
    }

    /// The number with its middle hidden, `+84******678`.
    pub fn masked(&self) -> String {
        let last = self.0.chars().count().saturating_sub(3);
        let hide = |(at, c)| if (3..last).contains(&at) { '*' } else { c };
        self.0.chars().enumerate().map(hide).collect()
    }
}

impl std::fmt::Debug for Phone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Phone({})", self.masked())
    }
}

/// The ten-digit successor of an eleven-digit mobile number (`01201234567` → `0701234567`); `None`
/// when `number` is not one of these.
pub fn convert_legacy(number: &str) -> Option<String> {
    if number.len() != 11 || !all_digits(number) {
        return None;
    }
    let (_, new) = CONVERTED.iter().find(|(old, _)| number.starts_with(old))?;
    Some(format!("{new}{}", number.get(4..)?))
}

/// The digits after the country code, without the trunk zero.
fn national_number(input: &str) -> Result<String, PhoneError> {
    let mut compact = String::new();
    for c in input.trim().chars() {
        match c {
            '0'..='9' => compact.push(c),
            '+' if compact.is_empty() => compact.push(c),
            ' ' | '.' | '-' | '(' | ')' | '\u{a0}' => {}
            _ => return Err(PhoneError::Format),
        }
        if compact.len() > 20 {
            return Err(PhoneError::Length);
        }
    }
    let number = match (compact.strip_prefix("+"), compact.strip_prefix("00")) {
        (Some(international), _) | (_, Some(international)) => {
            let number = international.strip_prefix("84").ok_or(PhoneError::Prefix)?;
            // "+84 (0)912…" is a common mistake
            number.strip_prefix('0').unwrap_or(number)
        }
        _ => match compact.strip_prefix('0') {
            Some(number) => number,
            None if compact.starts_with("18") || compact.starts_with("19") => &compact,
            None => match compact.strip_prefix("84") {
                Some(number) => number,
                None if compact.len() < 8 => return Err(PhoneError::Length),
                None => return Err(PhoneError::Prefix),
            },
        },
    };
    if number.is_empty() {
        Err(PhoneError::Length)
    } else {
        Ok(number.to_owned())
    }
}

fn kind_of(national: &str) -> Result<PhoneKind, PhoneError> {
    if national.len() == 10 && convert_legacy(&format!("0{national}")).is_some() {
        return Err(PhoneError::LegacyPrefix);
    }
    let head = |length: usize| {
        national
            .get(..length)
            .and_then(|head| head.parse::<u32>().ok())
    };
    let (Some(two), Some(three)) = (head(2), head(3)) else {
        return Err(PhoneError::Length);
    };
    let (kind, good_length) = match (two, three, head(4)) {
        (.., Some(1800)) => (PhoneKind::TollFree, (8..=10).contains(&national.len())),
        (.., Some(1900)) => (PhoneKind::Premium, (8..=10).contains(&national.len())),
        // The two big cities have two-digit area codes; not every first digit of a
        // subscriber number is in use.
        (24, 242..=248, _) | (28, 282..=289, _) => (PhoneKind::Fixed, national.len() == 10),
        (20..=29, _, _) if provinces::is_area_code(three) => {
            (PhoneKind::Fixed, national.len() == 10)
        }
        // Of these only some blocks are given out.
        (52, 520 | 521 | 524..=527 | 529, _) | (89, 890..=895, _) | (99, 992, _) => {
            return Err(PhoneError::Prefix);
        }
        (30..=39 | 51 | 52 | 55 | 56 | 58 | 59 | 70 | 76..=79 | 81..=99, _, _) => {
            (PhoneKind::Mobile, national.len() == 9)
        }
        _ => return Err(PhoneError::Prefix),
    };
    if good_length {
        Ok(kind)
    } else {
        Err(PhoneError::Length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_spellings_are_one_number() {
        for text in [
            "0912345678",
            "+84912345678",
            "84912345678",
            "0084912345678",
            "091 234 56 78",
        ] {
            let phone = Phone::parse(text).unwrap();
            assert_eq!(phone.as_str(), "+84912345678", "{text}");
            assert_eq!(phone.national(), "0912345678");
            assert!(phone.is_mobile());
        }
    }

    #[test]
    fn kinds_are_told_apart() {
        for (text, e164, national, kind) in [
            (
                "(028) 38.224.567",
                "+842838224567",
                "02838224567",
                PhoneKind::Fixed,
            ),
            (
                "02143822456",
                "+842143822456",
                "02143822456",
                PhoneKind::Fixed,
            ),
            (
                "1900545454",
                "+841900545454",
                "1900545454",
                PhoneKind::Premium,
            ),
            ("18001096", "+8418001096", "18001096", PhoneKind::TollFree),
            (
                "0896234567",
                "+84896234567",
                "0896234567",
                PhoneKind::Mobile,
            ),
            (
                "0592345678",
                "+84592345678",
                "0592345678",
                PhoneKind::Mobile,
            ),
            (
                "0871234567",
                "+84871234567",
                "0871234567",
                PhoneKind::Mobile,
            ),
        ] {
            let phone = Phone::parse(text).unwrap();
            assert_eq!(
                (phone.as_str(), phone.national().as_str(), phone.kind()),
                (e164, national, kind)
            );
            assert_eq!(Phone::parse(phone.as_str()), Ok(phone));
        }
    }

    #[test]
    fn each_fault_has_its_code() {
        for (text, code) in [
            ("", "phone.length"),
            ("0", "phone.length"),
            ("113", "phone.length"),
            ("091234567", "phone.length"),
            ("09123456789", "phone.length"),
            ("0912345678901234567890123", "phone.length"),
            ("091234567a", "phone.format"),
            ("０９１２３４５６７８", "phone.format"),
            ("09+12345678", "phone.format"),
            ("0412345678", "phone.prefix"),
            ("02012345678", "phone.prefix"),
            ("02412345678", "phone.prefix"),
            ("0891234567", "phone.prefix"),
            ("0521234567", "phone.prefix"),
            ("+33123456789", "phone.prefix"),
            ("912345678", "phone.prefix"),
            ("01201234567", "phone.legacyPrefix"),
        ] {
            assert_eq!(Phone::parse(text).unwrap_err().code(), code, "{text}");
        }
    }

    #[test]
    fn old_prefixes_convert_to_living_mobile_numbers() {
        for (old, new) in CONVERTED {
            let number = format!("{old}1234567");
            assert_eq!(Phone::parse(&number), Err(PhoneError::LegacyPrefix));
            assert_eq!(convert_legacy(&number), Some(format!("{new}1234567")));
            assert!(Phone::parse_legacy(&number).unwrap().is_mobile());
        }
        assert_eq!(convert_legacy("01301234567"), None);
    }

    #[test]
    fn debug_shows_no_number() {
        assert_eq!(
            format!("{:?}", Phone::parse("0912345678").unwrap()),
            "Phone(+84******678)"
        );
    }
}
