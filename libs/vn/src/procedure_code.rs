//! Mã thủ tục hành chính as the national portal writes it, and as it really occurs.
//!
//! Real records break the shape (nine digits, a `-Xoa` suffix, blanks), so a code is classified,
//! never refused, and is no key.

use serde::{Deserialize, Serialize};

use crate::all_digits;

/// The shape of a procedure code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Shape {
    /// `1.001193`.
    National,
    /// `1.001193.01`: an online service (case) of a procedure.
    OnlineService,
    /// `1.001193.000.00.00.H35`: localised by an old provincial portal.
    Localised,
    /// Anything else, with what is wrong.
    Irregular(Irregularity),
}

/// What is wrong with an irregular code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Irregularity {
    /// Nothing there.
    Empty,
    /// Blanks around it; without them it may be the code of another procedure.
    Blanks,
    /// Not six digits after the first dot.
    DigitCount,
    /// The first dot is missing.
    MissingDot,
    /// A `-Xoa` ("deleted") suffix.
    DeletedSuffix,
    /// Some other tail or text.
    Other,
}

impl Irregularity {
    /// A stable name for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "procedureCode.empty",
            Self::Blanks => "procedureCode.blanks",
            Self::DigitCount => "procedureCode.digitCount",
            Self::MissingDot => "procedureCode.missingDot",
            Self::DeletedSuffix => "procedureCode.deletedSuffix",
            Self::Other => "procedureCode.other",
        }
    }
}

impl Shape {
    /// Is it one of the known good shapes?
    pub fn is_regular(self) -> bool {
        !matches!(self, Self::Irregular(_))
    }
}

/// Looks at a code; never fails.
pub fn classify(code: &str) -> Shape {
    use Irregularity as I;
    if code.trim().is_empty() {
        return Shape::Irregular(I::Empty);
    }
    if code.trim() != code {
        return Shape::Irregular(I::Blanks);
    }
    if crate::text::fold(code).ends_with("-xoa") {
        return Shape::Irregular(I::DeletedSuffix);
    }
    let mut parts = code.split('.');
    let (first, second) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    let tail: Vec<&str> = parts.collect();
    if first.len() == 7 && all_digits(first) {
        return Shape::Irregular(I::MissingDot);
    }
    if first.len() != 1 || !all_digits(first) || first == "0" || !all_digits(second) {
        return Shape::Irregular(I::Other);
    }
    if second.len() != 6 {
        return Shape::Irregular(I::DigitCount);
    }
    match tail.as_slice() {
        [] => Shape::National,
        [case] if case.len() == 2 && all_digits(case) => Shape::OnlineService,
        [_, _, _, _] if crate::agency::AgencyCode::parse(&tail.join(".")).is_ok() => {
            Shape::Localised
        }
        _ => Shape::Irregular(I::Other),
    }
}

/// The national part of a code of any good shape: `1.001193.01` → `1.001193`. `None` for an
/// irregular one.
pub fn national_part(code: &str) -> Option<&str> {
    if classify(code).is_regular() {
        code.get(..8)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_told_apart() {
        use Irregularity as I;
        for (code, shape) in [
            ("1.001193", Shape::National),
            ("6.003813", Shape::National),
            ("1.001193.01", Shape::OnlineService),
            ("1.001193.000.00.00.H35", Shape::Localised),
            ("", Shape::Irregular(I::Empty)),
            (" \n", Shape::Irregular(I::Empty)),
            (" 1.014325", Shape::Irregular(I::Blanks)),
            ("2.009182739", Shape::Irregular(I::DigitCount)),
            ("1.0133611", Shape::Irregular(I::DigitCount)),
            ("1.014955-Xoa", Shape::Irregular(I::DeletedSuffix)),
            ("1009525.02", Shape::Irregular(I::MissingDot)),
            ("1.001193.H38", Shape::Irregular(I::Other)),
            ("1.00119Đ", Shape::Irregular(I::Other)),
            ("BCA-CAT", Shape::Irregular(I::Other)),
        ] {
            assert_eq!(classify(code), shape, "{code:?}");
        }
    }

    #[test]
    fn national_part_of_good_codes() {
        assert_eq!(national_part("1.001193.01"), Some("1.001193"));
        assert_eq!(national_part("1.001193.000.00.00.H35"), Some("1.001193"));
        assert_eq!(national_part("1.0133611"), None);
    }
}
