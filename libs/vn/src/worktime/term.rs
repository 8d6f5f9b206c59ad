//! Terms: a value and a unit.

use std::fmt;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use super::WorkTimeError;
use crate::{Lang, all_digits};

/// The unit of a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Unit {
    /// Giờ làm việc: an hour inside the shifts; 8 make a normal working day.
    WorkingHour,
    /// Ngày làm việc.
    WorkingDay,
    /// Ngày: of the calendar.
    Day,
    /// Tháng: of the calendar.
    Month,
    /// Năm: of the calendar.
    Year,
}

impl Unit {
    /// Reads the name used in JSON (`workingDay`); also the spelling of the national portal
    /// (`WORKING_DAY`, and `HOUR` for working hours).
    pub fn parse(name: &str) -> Result<Self, WorkTimeError> {
        let plain: String = name
            .trim()
            .chars()
            .filter(|c| !matches!(c, '_' | '-' | ' '))
            .collect();
        match plain.to_ascii_lowercase().as_str() {
            "workinghour" | "hour" => Ok(Self::WorkingHour),
            "workingday" => Ok(Self::WorkingDay),
            "day" => Ok(Self::Day),
            "month" => Ok(Self::Month),
            "year" => Ok(Self::Year),
            _ => Err(WorkTimeError::Unit),
        }
    }

    /// The name used in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WorkingHour => "workingHour",
            Self::WorkingDay => "workingDay",
            Self::Day => "day",
            Self::Month => "month",
            Self::Year => "year",
        }
    }

    /// How many make 100 years.
    fn most(self) -> i64 {
        match self {
            Self::WorkingHour => 36_525 * 8,
            Self::WorkingDay | Self::Day => 36_525,
            Self::Month => 1_200,
            Self::Year => 100,
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A time limit: more than zero, at most 100 years.
///
/// In JSON `{ "value": 1.5, "unit": "workingDay" }`. Kept in thousandths, so that nothing is lost
/// or rounded; hours and working days may have a fraction, calendar units may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Term {
    value_milli: i64,
    unit: Unit,
}

impl Term {
    /// A term of so many thousandths of the unit.
    pub fn new(value_milli: i64, unit: Unit) -> Result<Self, WorkTimeError> {
        let calendar_unit = matches!(unit, Unit::Day | Unit::Month | Unit::Year);
        if value_milli <= 0 {
            Err(WorkTimeError::NotPositive)
        } else if value_milli > unit.most() * 1000 {
            Err(WorkTimeError::TooLong)
        } else if calendar_unit && value_milli % 1000 != 0 {
            Err(WorkTimeError::Fraction)
        } else {
            Ok(Self { value_milli, unit })
        }
    }

    /// A term of whole units.
    pub fn whole(value: i64, unit: Unit) -> Result<Self, WorkTimeError> {
        Self::new(value.checked_mul(1000).ok_or(WorkTimeError::TooLong)?, unit)
    }

    /// Reads a value as it stands in JSON or on a command line (`10`, `1.5`) and a unit.
    pub fn parse(value: &str, unit: &str) -> Result<Self, WorkTimeError> {
        Self::new(parse_milli(value.trim())?, Unit::parse(unit)?)
    }

    /// The value in thousandths of the unit.
    pub fn value_milli(&self) -> i64 {
        self.value_milli
    }

    /// The unit.
    pub fn unit(&self) -> Unit {
        self.unit
    }

    /// The value as a decimal without needless zeros: `7`, `1.5`.
    pub fn value_text(&self) -> String {
        milli_text(self.value_milli)
    }

    /// The term for people: `1,5 ngày làm việc`, `1.5 working days`.
    pub fn text(&self, lang: Lang) -> String {
        let value = self.value_text();
        let one = self.value_milli == 1000;
        match lang {
            Lang::Vi => {
                let unit = match self.unit {
                    Unit::WorkingHour => "giờ làm việc",
                    Unit::WorkingDay => "ngày làm việc",
                    Unit::Day => "ngày",
                    Unit::Month => "tháng",
                    Unit::Year => "năm",
                };
                format!("{} {unit}", value.replace('.', ","))
            }
            Lang::En => {
                let unit = match self.unit {
                    Unit::WorkingHour => "working hour",
                    Unit::WorkingDay => "working day",
                    Unit::Day => "day",
                    Unit::Month => "month",
                    Unit::Year => "year",
                };
                format!("{value} {unit}{}", if one { "" } else { "s" })
            }
        }
    }
}

/// Thousandths as a decimal without needless zeros.
pub(super) fn milli_text(milli: i64) -> String {
    let (whole, rest) = (milli / 1000, milli % 1000);
    if rest == 0 {
        whole.to_string()
    } else {
        format!("{whole}.{rest:03}")
            .trim_end_matches('0')
            .to_owned()
    }
}

fn parse_milli(text: &str) -> Result<i64, WorkTimeError> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    if !all_digits(whole) || !all_digits(fraction) {
        return Err(WorkTimeError::Value);
    }
    let fraction = fraction.trim_end_matches('0');
    if negative {
        return Err(WorkTimeError::NotPositive);
    }
    if fraction.len() > 3 {
        return Err(WorkTimeError::Precision);
    }
    // The text is digits only, so the one thing that can fail is that the number is too big.
    let whole: i64 = whole.parse().or(Err(WorkTimeError::TooLong))?;
    let fraction: i64 = format!("{fraction:0<3}")
        .parse()
        .or(Err(WorkTimeError::Value))?;
    let milli = whole
        .checked_mul(1000)
        .and_then(|whole| whole.checked_add(fraction));
    milli.ok_or(WorkTimeError::TooLong)
}

impl Serialize for Term {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct as _;
        let mut term = serializer.serialize_struct("Term", 2)?;
        if self.value_milli % 1000 == 0 {
            term.serialize_field("value", &(self.value_milli / 1000))?;
        } else {
            // Reading the decimal text gives the nearest float, which prints as that text again.
            let value: f64 = self
                .value_text()
                .parse()
                .map_err(serde::ser::Error::custom)?;
            term.serialize_field("value", &value)?;
        }
        term.serialize_field("unit", &self.unit)?;
        term.end()
    }
}

impl<'de> Deserialize<'de> for Term {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Plain {
            value: Milli,
            unit: Unit,
        }
        let plain = Plain::deserialize(deserializer)?;
        Self::new(plain.value.0, plain.unit).map_err(de::Error::custom)
    }
}

/// A JSON number in thousandths.
struct Milli(i64);

impl<'de> Deserialize<'de> for Milli {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Number;

        impl Visitor<'_> for Number {
            type Value = Milli;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number with at most three decimals")
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Milli, E> {
                parse_milli(&value.to_string())
                    .map(Milli)
                    .map_err(E::custom)
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Milli, E> {
                parse_milli(&value.to_string())
                    .map(Milli)
                    .map_err(E::custom)
            }

            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Milli, E> {
                // The shortest text that gives this float: "1.5" for 1.5.
                parse_milli(&value.to_string())
                    .map(Milli)
                    .map_err(E::custom)
            }
        }

        deserializer.deserialize_any(Number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_exact() {
        for (value, milli, text) in [
            ("1", 1000, "1"),
            ("1.5", 1500, "1.5"),
            ("6.25", 6250, "6.25"),
            ("0.1", 100, "0.1"),
            ("0.001", 1, "0.001"),
            ("10.500000", 10_500, "10.5"),
            ("007", 7000, "7"),
        ] {
            let term = Term::parse(value, "workingDay").unwrap();
            assert_eq!(
                (term.value_milli(), term.value_text().as_str()),
                (milli, text)
            );
        }
    }

    #[test]
    fn bad_terms_are_refused() {
        for (value, unit, code) in [
            ("", "day", "term.value"),
            ("-", "day", "term.value"),
            ("Tùy", "day", "term.value"),
            ("1,5", "workingDay", "term.value"),
            ("1e3", "day", "term.value"),
            ("+1", "day", "term.value"),
            ("1.", "day", "term.value"),
            (".5", "workingDay", "term.value"),
            ("NaN", "day", "term.value"),
            ("0", "day", "term.notPositive"),
            ("0.000", "workingHour", "term.notPositive"),
            ("-1", "day", "term.notPositive"),
            ("1.2345", "workingDay", "term.precision"),
            ("1.5", "month", "term.fraction"),
            ("0.5", "day", "term.fraction"),
            ("101", "year", "term.tooLong"),
            ("1201", "month", "term.tooLong"),
            ("36526", "day", "term.tooLong"),
            ("292201", "workingHour", "term.tooLong"),
            ("99999999999999999999999", "day", "term.tooLong"),
            ("9223372036854775807", "day", "term.tooLong"),
            ("1", "fortnight", "term.unit"),
        ] {
            assert_eq!(
                Term::parse(value, unit).unwrap_err().code(),
                code,
                "{value} {unit}"
            );
        }
    }

    #[test]
    fn units_of_the_portal_are_known() {
        for (name, unit) in [
            ("WORKING_DAY", Unit::WorkingDay),
            ("HOUR", Unit::WorkingHour),
            ("DAY", Unit::Day),
            ("working-hour", Unit::WorkingHour),
        ] {
            assert_eq!(Unit::parse(name), Ok(unit));
            assert_eq!(Unit::parse(unit.as_str()), Ok(unit));
        }
    }

    #[test]
    fn json_is_a_number_and_a_unit() {
        for (json, value) in [
            ("7", "7"),
            ("1.5", "1.5"),
            ("6.25", "6.25"),
            ("0.001", "0.001"),
        ] {
            let json = format!(r#"{{"value":{json},"unit":"workingDay"}}"#);
            let term: Term = serde_json::from_str(&json).unwrap();
            assert_eq!(term, Term::parse(value, "workingDay").unwrap());
            assert_eq!(serde_json::to_string(&term).unwrap(), json);
        }
        let same: Term = serde_json::from_str(r#"{"unit":"day","value":7.0}"#).unwrap();
        assert_eq!(same, Term::whole(7, Unit::Day).unwrap());
    }

    #[test]
    fn every_thousandth_survives_json() {
        for milli in (1..3_000_000).step_by(997) {
            let term = Term::new(milli, Unit::WorkingDay).unwrap();
            let json = serde_json::to_string(&term).unwrap();
            assert_eq!(serde_json::from_str::<Term>(&json).unwrap(), term, "{json}");
            let tree = serde_json::to_value(term).unwrap();
            assert_eq!(serde_json::from_value::<Term>(tree).unwrap(), term);
        }
    }

    #[test]
    fn bad_json_is_refused() {
        for json in [
            r#"{"value":0,"unit":"day"}"#,
            r#"{"value":-1,"unit":"day"}"#,
            r#"{"value":"1","unit":"day"}"#,
            r#"{"value":1.5,"unit":"year"}"#,
            r#"{"value":1e300,"unit":"day"}"#,
            r#"{"value":1e-9,"unit":"workingDay"}"#,
            r#"{"value":1,"unit":"notComputable"}"#,
            r#"{"value":1,"unit":"day","x":1}"#,
            r#"{"value":null,"unit":"day"}"#,
            r#"{"unit":"day"}"#,
        ] {
            assert!(serde_json::from_str::<Term>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn people_read_their_language() {
        let term = Term::parse("1.5", "workingDay").unwrap();
        assert_eq!(term.text(Lang::Vi), "1,5 ngày làm việc");
        assert_eq!(term.text(Lang::En), "1.5 working days");
        assert_eq!(
            Term::whole(1, Unit::Month).unwrap().text(Lang::En),
            "1 month"
        );
    }
}
