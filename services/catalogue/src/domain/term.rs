//! Terms as published (thời hạn giải quyết): a number and a unit where the publisher gives them, else the service list where all its
//! entries agree, else a sentence that says one term and nothing else, else "not computable" with the original words.

use super::content::{PublishedTerm, TermPart, TermSource, TermUnit};
use vn::text::fold;

/// What stands for a term that nobody has published.
pub const NOT_PUBLISHED: &str = "Không công bố thời hạn";
/// What is put behind a figure without a unit.
pub const NO_UNIT: &str = " (không rõ đơn vị tính)";

/// A number and a unit as the portal has them. `unit` is `HOUR`, `WORKING_DAY`, `DAY`, `MONTH`, `YEAR` or `OTHER`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RawTerm<'a> {
    /// The figure, if it is one.
    pub number: Option<f64>,
    /// The words in place of a figure, cleaned.
    pub words: &'a str,
    /// The unit.
    pub unit: &'a str,
    /// What the method says beside it, cleaned.
    pub description: &'a str,
}

/// One entry of the service list: a figure and a unit.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedTerm {
    /// The figure.
    pub number: f64,
    /// The portal's unit.
    pub unit: String,
}

/// The portal's word for a unit; hours are working hours (8 make a working day).
pub fn unit(name: &str) -> Option<TermUnit> {
    match name {
        "HOUR" => Some(TermUnit::WorkingHour),
        "WORKING_DAY" => Some(TermUnit::WorkingDay),
        "DAY" => Some(TermUnit::Day),
        "MONTH" => Some(TermUnit::Month),
        "YEAR" => Some(TermUnit::Year),
        _ => None,
    }
}

/// Reads the term of a method.
pub fn read(raw: &RawTerm<'_>, listed: &[ListedTerm]) -> PublishedTerm {
    if let (Some(unit), Some(n)) = (unit(raw.unit), raw.number.filter(|n| *n > 0.0)) {
        return computable(n, unit, TermSource::Method);
    }
    for prose in [raw.words, raw.description] {
        if let Some((n, unit)) = sentence(prose) {
            let mut term = computable(n, unit, TermSource::Prose);
            term.text = prose.to_owned();
            return term;
        }
    }
    if let Some((n, unit)) = agreed(listed).filter(|(n, _)| is_silent(raw, *n)) {
        return computable(n, unit, TermSource::ServiceList);
    }
    PublishedTerm {
        value: None,
        unit: TermUnit::NotComputable,
        text: original(raw),
        source: TermSource::None,
        cut_off: None,
        sequence: sequence(raw.words),
        calendar_day: calendar_day(raw.words),
    }
}

/// The hour in "… sau 15 giờ … ngày làm việc tiếp theo", as `15:00`.
pub fn cut_off(text: &str) -> Option<String> {
    let folded = fold(text);
    if !folded.contains("ngay lam viec tiep theo") {
        return None;
    }
    folded.match_indices("sau ").find_map(|(at, word)| {
        let rest = folded.get(at + word.len()..)?;
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let hour: u32 = rest.get(..digits)?.parse().ok()?;
        let after = rest.get(digits..)?;
        let minute: u32 = if let Some(r) = after.strip_prefix([':', 'h']) {
            let end = r.find(|c: char| !c.is_ascii_digit()).unwrap_or(r.len());
            r.get(..end)?.parse().unwrap_or(0)
        } else if after.trim_start().starts_with("gio") {
            0
        } else {
            return None;
        };
        (hour < 24 && minute < 60).then(|| format!("{hour:02}:{minute:02}"))
    })
}

/// "06 ngày làm việc và 30 ngày", "10 ngày + 05 ngày làm việc": nothing else may be said.
fn sequence(words: &str) -> Vec<TermPart> {
    let folded = fold(words.trim_end_matches('.'));
    let mut rest = folded.as_str();
    while let Some(r) = BEFORE
        .iter()
        .find_map(|b| rest.strip_prefix(b).filter(|r| r.starts_with(' ')))
    {
        rest = r.trim_start();
    }
    let parts: Option<Vec<TermPart>> = rest
        .split(" va ")
        .flat_map(|p| p.split('+'))
        .map(|p| {
            let p = p.trim();
            let digits = p.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ',')))?;
            let value: f64 = p.get(..digits)?.replace(',', ".").parse().ok()?;
            let unit = p.get(digits..)?.trim();
            let (_, unit) = UNITS.iter().find(|(word, _)| *word == unit)?;
            (value > 0.0).then_some(TermPart { value, unit: *unit })
        })
        .collect();
    parts.filter(|p| p.len() > 1).unwrap_or_default()
}

/// "15/12", "trước ngày 15/12": a day of every year.
fn calendar_day(words: &str) -> Option<String> {
    let folded = fold(words.trim_end_matches('.'));
    let rest = ["truoc ngay ", "cham nhat ngay ", "ngay "]
        .iter()
        .find_map(|p| folded.strip_prefix(p))
        .unwrap_or(&folded);
    let (day, month) = rest.split_once('/')?;
    let (day, month): (u32, u32) = (day.trim().parse().ok()?, month.trim().parse().ok()?);
    chrono::NaiveDate::from_ymd_opt(2024, month, day).map(|d| d.format("%m-%d").to_string())
}

fn computable(value: f64, unit: TermUnit, source: TermSource) -> PublishedTerm {
    PublishedTerm {
        value: Some(value),
        unit,
        text: text(value, unit),
        source,
        cut_off: None,
        sequence: Vec::new(),
        calendar_day: None,
    }
}

/// `1.5 workingDay` as `1,5 ngày làm việc`.
pub fn text(value: f64, unit: TermUnit) -> String {
    let unit = match unit {
        TermUnit::WorkingHour => "giờ làm việc",
        TermUnit::WorkingDay => "ngày làm việc",
        TermUnit::Day => "ngày",
        TermUnit::Month => "tháng",
        TermUnit::Year => "năm",
        TermUnit::NotComputable => return String::new(),
    };
    format!("{} {unit}", value.to_string().replace('.', ","))
}

/// The publisher's own words, where no term can be computed.
fn original(raw: &RawTerm<'_>) -> String {
    let pointer = fold(raw.words).contains("mo ta");
    match (raw.words, raw.description, raw.number) {
        (words, "", _) if !words.is_empty() => words.to_owned(),
        (words, _, _) if !words.is_empty() && !pointer => words.to_owned(),
        (_, description, _) if !description.is_empty() => description.to_owned(),
        (_, _, Some(n)) if n > 1.0 => {
            format!("{}{NO_UNIT}", n.to_string().replace('.', ","))
        }
        _ => NOT_PUBLISHED.to_owned(),
    }
}

/// The method says nothing that could contradict the service list: its figure is the form's default (1 or 0 OTHER) or the listed
/// figure without its unit, and there is no word about time.
fn is_silent(raw: &RawTerm<'_>, listed: f64) -> bool {
    let default = raw.number.is_none_or(|n| n <= 1.0 || n == listed);
    let empty_words = raw.words.is_empty() || raw.words == "-";
    let about_time = |text: &str| {
        let folded = fold(text);
        folded.chars().any(|c| c.is_ascii_digit())
            || ["thoi han", "thoi gian", "khong quy dinh", "ngay", "gio"]
                .iter()
                .any(|w| folded.contains(w))
    };
    default && empty_words && !about_time(raw.description)
}

/// The one term that the whole service list agrees on.
fn agreed(listed: &[ListedTerm]) -> Option<(f64, TermUnit)> {
    let first = listed.first()?;
    let unit = unit(&first.unit)?;
    (first.number > 0.0 && listed.iter().all(|l| l == first)).then_some((first.number, unit))
}

const BEFORE: &[&str] = &[
    "thoi han giai quyet",
    "thoi gian giai quyet",
    "thoi han",
    "trong thoi han",
    "trong vong",
    "trong",
    "khong qua",
    "toi da",
    "cham nhat",
    "la",
];

const UNITS: &[(&str, TermUnit)] = &[
    ("ngay lam viec", TermUnit::WorkingDay),
    ("gio lam viec", TermUnit::WorkingHour),
    ("ngay", TermUnit::Day),
    ("gio", TermUnit::WorkingHour),
    ("thang", TermUnit::Month),
    ("nam", TermUnit::Year),
];

const AFTER: &[&str] = &[
    "ke tu ngay nhan du ho so hop le",
    "ke tu ngay nhan duoc ho so hop le",
    "ke tu ngay nhan duoc du ho so hop le",
    "ke tu ngay nhan ho so hop le",
    "ke tu ngay nhan du ho so",
    "ke tu ngay nhan duoc ho so",
    "ke tu khi nhan du ho so hop le",
    "ke tu ngay nhan duoc ho so day du hop le",
    "theo quy dinh",
];

/// A sentence that is one term and nothing else: `Không quá 10 ngày làm việc kể từ ngày nhận đủ hồ sơ hợp lệ.` What follows may only be
/// words without figures, cases or extensions.
fn sentence(prose: &str) -> Option<(f64, TermUnit)> {
    let folded: String = fold(prose)
        .chars()
        .map(|c| {
            if matches!(c, ':' | '-' | '*' | '(' | ')' | '\n' | '\t') {
                ' '
            } else {
                c
            }
        })
        .collect();
    let mut rest = folded.trim_start();
    while let Some(r) = BEFORE
        .iter()
        .find_map(|b| rest.strip_prefix(b).filter(|r| r.starts_with(' ')))
    {
        rest = r.trim_start();
    }
    let digits: String = rest
        .chars()
        .take_while(|c| c.is_ascii_digit() || matches!(c, '.' | ','))
        .collect();
    let number: f64 = digits.replace(',', ".").parse().ok().filter(|n| *n > 0.0)?;
    rest = rest.strip_prefix(digits.as_str())?.trim_start();
    let (unit, after) = UNITS
        .iter()
        .find_map(|(word, unit)| Some((*unit, rest.strip_prefix(word)?)))?;
    let mut after = after.trim_start();
    if let Some(r) = AFTER
        .iter()
        .filter_map(|a| after.strip_prefix(a))
        .min_by_key(|r| r.len())
    {
        after = r.trim_start();
    }
    if after.is_empty() {
        return Some((number, unit));
    }
    // A second sentence is harmless only when it cannot change the term.
    let tail = after.strip_prefix(['.', ';'])?;
    let harmless = !tail.chars().any(|c| c.is_ascii_digit())
        && ![
            "truong hop",
            "doi voi",
            "gia han",
            "keo dai",
            "ngay lam viec",
            "thang",
            "gio",
        ]
        .iter()
        .any(|w| tail.contains(w));
    harmless.then_some((number, unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn method(number: Option<f64>, words: &str, unit: &str, description: &str) -> PublishedTerm {
        read(
            &RawTerm {
                number,
                words,
                unit,
                description,
            },
            &[ListedTerm {
                number: 1.0,
                unit: "WORKING_DAY".to_owned(),
            }],
        )
    }

    #[test]
    fn sequences_and_days_of_the_year_are_kept_as_such() {
        let part = |value, unit| TermPart { value, unit };
        let t = method(None, "06 ngày làm việc và 30 ngày", "OTHER", "");
        assert_eq!((t.value, t.unit), (None, TermUnit::NotComputable));
        assert_eq!(
            t.sequence,
            [part(6.0, TermUnit::WorkingDay), part(30.0, TermUnit::Day)]
        );
        let t = method(None, "Không quá 10 ngày + 2,5 ngày làm việc.", "OTHER", "");
        assert_eq!(
            t.sequence,
            [part(10.0, TermUnit::Day), part(2.5, TermUnit::WorkingDay)]
        );
        for words in [
            "10 ngày và gia hạn 5 ngày",
            "12.5 ngày làm việc + thời gian thực hiện",
            "Trong ngày",
            "và",
            "10 ngày",
        ] {
            assert!(
                method(None, words, "OTHER", "").sequence.is_empty(),
                "{words}"
            );
        }
        assert_eq!(
            method(None, "15/12", "OTHER", "").calendar_day.as_deref(),
            Some("12-15")
        );
        assert_eq!(
            method(None, "Trước ngày 31/3.", "OTHER", "")
                .calendar_day
                .as_deref(),
            Some("03-31")
        );
        assert_eq!(method(None, "31/02", "OTHER", "").calendar_day, None);
        assert_eq!(method(None, "31/2024/QH15", "OTHER", "").calendar_day, None);
    }

    #[test]
    fn the_hour_after_which_the_next_day_counts_is_found() {
        // 1.001193 says it in its steps, 1.001590 beside the method.
        for (text, hour) in [
            (
                "ngay trong ngày cơ quan tiếp nhận hoặc trong ngày làm việc tiếp theo, nếu tiếp nhận sau 15 giờ",
                Some("15:00"),
            ),
            (
                "tiếp nhận hồ sơ sau 15 giờ mà không giải quyết được ngay thì trả kết quả trong ngày làm việc tiếp theo",
                Some("15:00"),
            ),
            (
                "nhận sau 15h30 thì tính từ ngày làm việc tiếp theo",
                Some("15:30"),
            ),
            ("sau 15 ngày làm việc, ngày làm việc tiếp theo", None),
            ("sau 15 giờ", None),
            ("sau 99 giờ, ngày làm việc tiếp theo", None),
        ] {
            assert_eq!(cut_off(text).as_deref(), hour, "{text}");
        }
    }

    #[test]
    fn figures_with_units_are_taken_as_they_are() {
        let t = method(Some(7.0), "", "WORKING_DAY", "");
        assert_eq!(
            (t.value, t.unit, t.source),
            (Some(7.0), TermUnit::WorkingDay, TermSource::Method)
        );
        assert_eq!(
            method(Some(1.5), "", "WORKING_DAY", "").text,
            "1,5 ngày làm việc"
        );
        // 110 hours are working hours, more than a day.
        assert_eq!(
            method(Some(110.0), "", "HOUR", "").unit,
            TermUnit::WorkingHour
        );
        assert_eq!(method(Some(3.0), "", "YEAR", "").text, "3 năm");
        assert_eq!(method(Some(420.0), "", "DAY", "").value, Some(420.0));
    }

    #[test]
    fn the_service_list_fills_the_default_when_it_agrees() {
        let t = method(Some(1.0), "", "OTHER", "");
        assert_eq!((t.value, t.source), (Some(1.0), TermSource::ServiceList));
        let raw = RawTerm {
            number: Some(1.0),
            unit: "OTHER",
            ..RawTerm::default()
        };
        let two = [
            ListedTerm {
                number: 1.0,
                unit: "WORKING_DAY".to_owned(),
            },
            ListedTerm {
                number: 15.0,
                unit: "WORKING_DAY".to_owned(),
            },
        ];
        assert_eq!(read(&raw, &two).unit, TermUnit::NotComputable);
        assert_eq!(read(&raw, &[]).unit, TermUnit::NotComputable);
        // The figure stands without its unit in one place and with it in the other.
        let three = [ListedTerm {
            number: 3.0,
            unit: "WORKING_DAY".to_owned(),
        }];
        let raw_three = RawTerm {
            number: Some(3.0),
            unit: "OTHER",
            ..RawTerm::default()
        };
        assert_eq!(read(&raw_three, &three).source, TermSource::ServiceList);
        let raw_five = RawTerm {
            number: Some(5.0),
            unit: "OTHER",
            ..RawTerm::default()
        };
        assert_eq!(read(&raw_five, &three).unit, TermUnit::NotComputable);
        let other = [ListedTerm {
            number: 1.0,
            unit: "OTHER".to_owned(),
        }];
        assert_eq!(read(&raw, &other).unit, TermUnit::NotComputable);
    }

    #[test]
    fn four_ways_to_say_nothing() {
        for words in ["-", "Không", "Theo mô tả", "Tùy theo từng trường hợp"] {
            let t = read(
                &RawTerm {
                    number: None,
                    words,
                    unit: "OTHER",
                    description: "",
                },
                &[],
            );
            assert_eq!(
                (t.value, t.unit),
                (None, TermUnit::NotComputable),
                "{words}"
            );
            assert_eq!(t.text, words);
        }
        // A figure whose unit was lost is not a term.
        let t = method(Some(5.0), "", "OTHER", "");
        assert_eq!(t.unit, TermUnit::NotComputable);
        assert!(t.text.contains('5'));
        // The description says that there is none: the service list may not overrule it.
        assert_eq!(
            method(Some(0.0), "", "OTHER", "Không quy định").unit,
            TermUnit::NotComputable
        );
        assert_eq!(
            method(Some(0.0), "", "OTHER", "Không quy định").text,
            "Không quy định"
        );
    }

    #[test]
    fn a_plain_sentence_is_a_term_and_a_tangled_one_is_not() {
        let t = method(
            None,
            "Không quá 15 ngày kể từ ngày nhận đủ hồ sơ hợp lệ.",
            "OTHER",
            "",
        );
        assert_eq!(
            (t.value, t.unit, t.source),
            (Some(15.0), TermUnit::Day, TermSource::Prose)
        );
        assert_eq!(
            method(None, "Không quá 03 ngày làm việc", "OTHER", "").unit,
            TermUnit::WorkingDay
        );
        assert_eq!(
            method(None, "12,5 ngày làm việc", "OTHER", "").value,
            Some(12.5)
        );
        for words in [
            "Không quá 10 ngày làm việc. Đối với các xã miền núi không quá 20 ngày làm việc",
            "12.5 ngày làm việc + thời gian thực hiện cấp lại Giấy chứng nhận",
            "Thời gian giải quyết 06 ngày làm việc và 30 ngày.",
            "Trong ngày",
            "15/12",
        ] {
            assert_eq!(
                method(None, words, "OTHER", "").unit,
                TermUnit::NotComputable,
                "{words}"
            );
        }
    }
}
