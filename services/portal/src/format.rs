//! How dates, money, sizes and terms are written for people: `dd/mm/yyyy HH:MM` in Vietnam's time, VND with dots.

use crate::api::types::{Fee, PlainAddress, Term};
use crate::i18n::Tr;
use chrono::{DateTime, FixedOffset, NaiveDate, Utc};

/// Indochina time has had no daylight saving since 1975, seconds east of UTC.
const VIETNAM: i32 = 7 * 3600;

fn local(at: &DateTime<Utc>) -> Option<DateTime<FixedOffset>> {
    FixedOffset::east_opt(VIETNAM).map(|zone| at.with_timezone(&zone))
}

/// `16/11/2026 09:00`.
pub(crate) fn time(at: &DateTime<Utc>) -> String {
    local(at)
        .map(|t| t.format("%d/%m/%Y %H:%M").to_string())
        .unwrap_or_default()
}

/// `2026-11-16T09:00:00+07:00`, for the `datetime` attribute.
pub(crate) fn machine_time(at: &DateTime<Utc>) -> String {
    local(at)
        .map(|t| t.to_rfc3339_opts(chrono::SecondsFormat::Secs, false))
        .unwrap_or_default()
}

/// `25/06/2025` from an ISO date; anything else as it is.
pub(crate) fn day(iso: &str) -> String {
    iso.parse::<NaiveDate>().map_or_else(
        |_not_a_date| iso.to_owned(),
        |d| d.format("%d/%m/%Y").to_string(),
    )
}

/// Calendar days in Vietnam from `a` to `b`.
pub(crate) fn days_between(a: &DateTime<Utc>, b: &DateTime<Utc>) -> i64 {
    match (local(a), local(b)) {
        (Some(a), Some(b)) => b
            .date_naive()
            .signed_duration_since(a.date_naive())
            .num_days(),
        _ => 0,
    }
}

/// `1.250.000`: Vietnamese grouping.
pub(crate) fn grouped(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push('.');
        }
        out.push(digit);
    }
    if n < 0 { format!("-{out}") } else { out }
}

/// `10.000 đ`, `30 USD`.
pub(crate) fn money(amount: i64, currency: Option<&str>) -> String {
    match currency {
        None | Some("VND" | "") => format!("{} đ", grouped(amount)),
        Some(other) => format!("{} {other}", grouped(amount)),
    }
}

/// `1,5 MB`, `320 KB`.
pub(crate) fn size(bytes: i64) -> String {
    if bytes >= 1 << 20 {
        let tenths = bytes.saturating_mul(10) / (1 << 20);
        match tenths % 10 {
            0 => format!("{} MB", tenths / 10),
            rest => format!("{},{rest} MB", tenths / 10),
        }
    } else {
        format!("{} KB", (bytes.max(1) + 1023) / 1024)
    }
}

/// A published fee: the line to print, and whether the reader must be told to check it. "Miễn phí" is written only when the
/// catalogue says that the fee is truly nil; a zero beside tiers in prose is not.
pub(crate) fn fee(t: Tr, fee: &Fee) -> (String, bool) {
    let text = fee.text.trim();
    if fee.suspicious {
        let line = if text.is_empty() {
            match fee.amount {
                Some(amount) if amount > 0 => money(amount, fee.currency.as_deref()),
                _ => t.fee_unclear().to_owned(),
            }
        } else {
            text.to_owned()
        };
        return (line, true);
    }
    if fee.free {
        return (t.fee_free().to_owned(), false);
    }
    match fee.amount {
        Some(amount) if amount > 0 => {
            let sum = money(amount, fee.currency.as_deref());
            if text.is_empty() {
                (sum, false)
            } else {
                (format!("{sum} ({text})"), false)
            }
        }
        _ if text.is_empty() => (t.fee_unclear().to_owned(), true),
        _ => (text.to_owned(), false),
    }
}

/// A published term: its own text, else figure and unit.
pub(crate) fn term(t: Tr, term: &Term) -> String {
    let text = term.text.trim();
    if !text.is_empty() {
        return text.to_owned();
    }
    match term.value {
        Some(value) => {
            let figure = value.to_string().replace('.', ",");
            let unit = match term.unit.as_str() {
                "workingHour" => t.unit_working_hour(),
                "workingDay" => t.unit_working_day(),
                "day" => t.unit_day(),
                "month" => t.unit_month(),
                "year" => t.unit_year(),
                _ => return t.term_none().to_owned(),
            };
            format!("{figure} {unit}")
        }
        None => t.term_none().to_owned(),
    }
}

/// Street, commune, province in one line; codes where a name is not known.
pub(crate) fn address(
    address: &PlainAddress,
    commune: Option<&str>,
    province: Option<&str>,
) -> String {
    [
        address.street.as_str(),
        commune.unwrap_or(&address.commune_code),
        province.unwrap_or(&address.province_code),
    ]
    .into_iter()
    .filter(|part| !part.is_empty())
    .collect::<Vec<_>>()
    .join(", ")
}

/// The paragraphs of a text with line breaks, empty ones left out.
pub(crate) fn lines(text: &str) -> Vec<&str> {
    text.lines()
        .map(str::trim)
        .filter(|l| !l.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use contracts::Language;

    fn a_fee(amount: Option<i64>, text: &str, suspicious: bool, free: bool) -> Fee {
        Fee {
            amount,
            currency: Some("VND".to_owned()),
            text: text.to_owned(),
            suspicious,
            free,
        }
    }

    #[test]
    fn times_are_vietnamese() {
        let at: DateTime<Utc> = "2026-12-31T17:05:00Z".parse().expect("time");
        assert_eq!(time(&at), "01/01/2027 00:05");
        assert_eq!(machine_time(&at), "2027-01-01T00:05:00+07:00");
        let later: DateTime<Utc> = "2027-01-01T16:59:00Z".parse().expect("time");
        assert_eq!(days_between(&at, &later), 0, "the same day in Vietnam");
        assert_eq!(day("2025-06-25"), "25/06/2025");
        assert_eq!(day("chưa rõ"), "chưa rõ");
    }

    #[test]
    fn money_has_dots() {
        assert_eq!(money(35_000_000, Some("VND")), "35.000.000 đ");
        assert_eq!(money(999, None), "999 đ");
        assert_eq!(money(1000, Some("USD")), "1.000 USD");
        assert_eq!(grouped(-1234), "-1.234");
        assert_eq!(size(1), "1 KB");
        assert_eq!(size(10 << 20), "10 MB");
        assert_eq!(size(1_572_864), "1,5 MB");
    }

    #[test]
    fn a_doubtful_zero_is_never_called_free() {
        for language in [Language::Vi, Language::En] {
            let t = Tr(language);
            for text in ["", "đất ở 150.000 đồng/hồ sơ; SXKD 200.000"] {
                for free in [false, true] {
                    let (line, doubt) = fee(t, &a_fee(Some(0), text, true, free));
                    assert!(doubt);
                    assert!(!line.contains(t.fee_free()), "{line}");
                }
            }
            assert_ne!(fee(t, &a_fee(Some(0), "", false, false)).0, t.fee_free());
            assert_eq!(
                fee(t, &a_fee(Some(0), "", false, true)),
                (t.fee_free().to_owned(), false)
            );
        }
    }

    #[test]
    fn fees_show_figure_and_text() {
        let t = Tr(Language::Vi);
        assert_eq!(
            fee(t, &a_fee(Some(10_000), "10.000 đồng/lần", false, false)).0,
            "10.000 đ (10.000 đồng/lần)"
        );
        assert_eq!(
            fee(t, &a_fee(None, "Theo quy định", false, false)),
            ("Theo quy định".to_owned(), false)
        );
    }

    #[test]
    fn terms_fall_back_to_figure_and_unit() {
        let t = Tr(Language::Vi);
        let bare = |value, unit: &str| Term {
            value,
            unit: unit.to_owned(),
            text: String::new(),
        };
        assert_eq!(term(t, &bare(Some(1.5), "workingDay")), "1,5 ngày làm việc");
        assert_eq!(term(t, &bare(Some(7.0), "day")), "7 ngày");
        assert_eq!(term(t, &bare(None, "notComputable")), t.term_none());
    }
}
