//! Text as people and mobile networks want it.

use chrono::{DateTime, TimeDelta, Utc};
use unicode_normalization::UnicodeNormalization as _;

/// Characters of one text message in the 7-bit alphabet (3GPP TS 23.038).
pub const SMS_LENGTH: usize = 160;

/// `dd/mm/yyyy HH:MM` in Vietnam (UTC+7, no daylight saving).
pub fn local_time(at: DateTime<Utc>) -> String {
    (at + TimeDelta::hours(7))
        .format("%d/%m/%Y %H:%M")
        .to_string()
}

/// Vietnamese without marks, capitals kept: what every phone shows and what fits 160 to a message. Dashes and quotes become
/// their plain forms; anything else outside ASCII becomes `?`.
pub fn ascii(text: &str) -> String {
    text.nfd()
        .filter_map(|c| match c {
            'đ' => Some('d'),
            'Đ' => Some('D'),
            '\u{300}'..='\u{36f}' => None,
            '–' | '—' | '‑' => Some('-'),
            '“' | '”' | '«' | '»' => Some('"'),
            '‘' | '’' => Some('\''),
            '\u{a0}' | '\n' | '\r' | '\t' => Some(' '),
            c if c.is_ascii() && !c.is_ascii_control() => Some(c),
            _ => Some('?'),
        })
        .collect()
}

/// One line, without repeated blanks.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// At most `limit` characters; what is cut ends in `...`.
pub fn shorten(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let kept: String = text.chars().take(limit.saturating_sub(3)).collect();
    format!("{}...", kept.trim_end())
}

/// Hides runs of nine or more digits but for the last three: identity numbers that somebody typed into a reason must not
/// travel by mail or text message. Phone numbers of ten digits are hidden too, which harms nobody.
pub fn hide_numbers(text: &str) -> String {
    fn flush(run: &mut String, out: &mut String) {
        let digits = run.chars().count();
        if digits >= 9 {
            out.extend(
                run.chars()
                    .enumerate()
                    .map(|(i, c)| if i + 3 < digits { '*' } else { c }),
            );
        } else {
            out.push_str(run);
        }
        run.clear();
    }
    let mut out = String::with_capacity(text.len());
    let mut run = String::new();
    for c in text.chars() {
        if c.is_ascii_digit() {
            run.push(c);
        } else {
            flush(&mut run, &mut out);
            out.push(c);
        }
    }
    flush(&mut run, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;

    #[test]
    fn times_are_vietnamese() {
        let at = Utc.with_ymd_and_hms(2026, 11, 15, 18, 5, 59).unwrap();
        assert_eq!(local_time(at), "16/11/2026 01:05");
    }

    #[test]
    fn ascii_keeps_capitals() {
        assert_eq!(
            ascii("Đặng Thị Ửng – “hồ sơ”\u{a0}số 5 ₫"),
            "Dang Thi Ung - \"ho so\" so 5 ?"
        );
        assert!(ascii("Trung tâm Phục vụ hành chính công xã Yên Thế").is_ascii());
    }

    #[test]
    fn long_texts_are_cut_at_a_character() {
        assert_eq!(shorten("hồ sơ", 5), "hồ sơ");
        assert_eq!(shorten("hồ sơ mới", 8), "hồ sơ...");
        assert_eq!(shorten("ộộộộộộ", 5).chars().count(), 5);
    }

    #[test]
    fn identity_numbers_are_hidden_wherever_they_stand() {
        assert_eq!(
            hide_numbers("CCCD 024090000011 không khớp, ngày 16/11/2026"),
            "CCCD *********011 không khớp, ngày 16/11/2026"
        );
        assert_eq!(hide_numbers("H05.21-261116-0001"), "H05.21-261116-0001");
        assert_eq!(hide_numbers("123456789"), "******789");
    }
}
