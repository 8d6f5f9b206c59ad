//! Fees as published (phí, lệ phí, giá): kept as they are, flagged where they cannot be right, and never free by accident.
//!
//! Amounts are whole units of their currency (đồng, dollars), as the publisher writes them.

use super::content::{FeeDoubt, FeeKind, MethodFee};
use super::tiers;
use contracts::Fee;
use vn::text::fold;

/// A fee row as the portal has it, text already cleaned.
#[derive(Clone, Debug)]
pub struct RawFee<'a> {
    /// What it is in law.
    pub kind: FeeKind,
    /// The figure.
    pub value: Option<i64>,
    /// The currency's name or code, if any.
    pub currency: Option<&'a str>,
    /// The text beside it.
    pub text: &'a str,
}

/// Below this many đồng a fee is not believed: the smallest note in use is 1,000.
const SMALLEST_VND: i64 = 1_000;

/// Whole texts that say "nothing to pay", folded.
const FREE: &[&str] = &[
    "mien phi",
    "mien le phi",
    "mien phi le phi",
    "khong",
    "khong co",
    "khong co phi",
    "khong phi",
    "khong le phi",
    "khong thu",
    "khong thu phi",
    "khong thu le phi",
    "khong thu phi le phi",
    "khong mat phi",
    "khong dong",
    "0 dong",
    "0d",
    "0",
];

/// Reads one fee. The second value is true when the currency was taken from the text.
pub fn read(raw: &RawFee<'_>) -> (MethodFee, bool) {
    let amounts = amounts_in(raw.text);
    let named = raw.currency.and_then(currency_of);
    let text_says_dollars = mentions_dollars(raw.text) && amounts.iter().all(|a| a.dollars);
    let (currency, from_text) = match named {
        Some(c) => (c, false),
        None if text_says_dollars => ("USD", true),
        None => ("VND", false),
    };
    let doubt = doubt(raw, currency, named.is_some(), &amounts);
    let free = raw.value == Some(0) && doubt.is_none();
    let text = if raw.text.is_empty() {
        match raw.value {
            Some(0) if free => "Không thu phí".to_owned(),
            Some(n) if doubt.is_none() => {
                format!(
                    "{} {}",
                    group(n),
                    if currency == "VND" {
                        "đồng"
                    } else {
                        currency
                    }
                )
            }
            _ => String::new(),
        }
    } else {
        raw.text.to_owned()
    };
    let fee = MethodFee {
        kind: raw.kind,
        free,
        fee: Fee {
            amount: raw.value,
            currency: currency.to_owned(),
            text,
            suspicious: doubt.is_some(),
        },
        doubt,
        tiers: tiers::read(raw.text),
    };
    (fee, from_text)
}

fn doubt(
    raw: &RawFee<'_>,
    currency: &str,
    currency_named: bool,
    amounts: &[Amount],
) -> Option<FeeDoubt> {
    match raw.value {
        None => Some(FeeDoubt::NoAmount),
        Some(n) if n < 0 => Some(FeeDoubt::Negative),
        Some(0) if amounts.iter().any(|a| a.value > 0) || raw.text.contains('%') => {
            Some(FeeDoubt::ZeroBesideTiers)
        }
        Some(0) if says_free(raw.text) => None,
        Some(0) if !raw.text.is_empty() => Some(FeeDoubt::ZeroBesideText),
        // The form's default: nobody chose a currency, nobody wrote a word.
        Some(0) if !currency_named => Some(FeeDoubt::ZeroWithoutText),
        Some(0) => None,
        Some(n) if currency == "VND" && n < SMALLEST_VND => Some(FeeDoubt::TooSmall),
        Some(n)
            if !amounts.is_empty()
                && amounts.iter().all(|a| a.value != n)
                && amounts.iter().any(|a| {
                    a.value == n.saturating_mul(1_000) || a.value.saturating_mul(1_000) == n
                }) =>
        {
            Some(FeeDoubt::OtherAmountInText)
        }
        Some(_) => None,
    }
}

/// Whether the whole text says that nothing is to be paid.
pub fn says_free(text: &str) -> bool {
    let folded = fold(text);
    let words: Vec<&str> = folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .collect();
    let plain = words.join(" ");
    let stripped = ["phi le phi ", "le phi ", "phi "]
        .iter()
        .find_map(|p| plain.strip_prefix(p))
        .unwrap_or(&plain);
    FREE.contains(&plain.as_str()) || FREE.contains(&stripped)
}

fn currency_of(name: &str) -> Option<&'static str> {
    match fold(name).trim() {
        "viet nam dong" | "vnd" | "dong" | "đ" | "d" => Some("VND"),
        "usd" | "do la my" | "us dollar" => Some("USD"),
        "eur" | "euro" => Some("EUR"),
        _ => None,
    }
}

fn mentions_dollars(text: &str) -> bool {
    let folded = fold(text);
    folded.contains("usd") || folded.contains("do la") || folded.contains("us$")
}

/// An amount of money written in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amount {
    /// Whole units.
    pub value: i64,
    /// Dollars rather than đồng.
    pub dollars: bool,
}

/// Amounts of money in a text: a number (dots, commas or spaces between groups of three) followed by đồng, đ, VND or USD.
pub fn amounts_in(text: &str) -> Vec<Amount> {
    let folded = fold(text);
    let chars: Vec<char> = folded.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = chars.get(at) {
        if !c.is_ascii_digit() {
            at += 1;
            continue;
        }
        let (value, end) = number_at(&chars, at);
        let rest: String = chars
            .iter()
            .skip(end)
            .skip_while(|c| c.is_whitespace() || **c == '(')
            .take(8)
            .collect();
        if let Some(dollars) = money_word(&rest) {
            found.push(Amount { value, dollars });
        }
        at = end.max(at + 1);
    }
    found
}

/// A number with grouping from `at`; value and the position after it.
fn number_at(chars: &[char], at: usize) -> (i64, usize) {
    let mut value: i64 = 0;
    let mut end = at;
    let digit = |i: usize| chars.get(i).and_then(|c| c.to_digit(10));
    while let Some(c) = chars.get(end) {
        if let Some(d) = c.to_digit(10) {
            value = value.saturating_mul(10).saturating_add(i64::from(d));
            end += 1;
        } else if matches!(c, '.' | ',' | ' ' | '\u{a0}')
            && (1..=3).all(|i| digit(end + i).is_some())
            && digit(end + 4).is_none()
        {
            end += 1;
        } else {
            break;
        }
    }
    (value, end)
}

fn money_word(rest: &str) -> Option<bool> {
    let word: String = rest.chars().take_while(|c| c.is_alphanumeric()).collect();
    match word.as_str() {
        "dong" | "d" | "vnd" | "vn" => Some(false),
        "usd" => Some(true),
        "do" if rest.starts_with("do la") => Some(true),
        _ => None,
    }
}

/// `4500000` as `4.500.000`.
pub fn group(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3 + 1);
    if n < 0 {
        out.push('-');
    }
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push('.');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fee(value: Option<i64>, currency: Option<&str>, text: &str) -> MethodFee {
        read(&RawFee {
            kind: FeeKind::Fee,
            value,
            currency,
            text,
        })
        .0
    }

    #[test]
    fn plain_amounts_are_believed() {
        let f = fee(Some(20_000), Some("Việt Nam Đồng"), "");
        assert_eq!(
            (f.fee.amount, f.free, f.fee.suspicious),
            (Some(20_000), false, false)
        );
        assert_eq!(f.fee.text, "20.000 đồng");
        let f = fee(
            Some(4_500_000),
            None,
            "4.500.000 (bốn triệu năm trăm nghìn) đồng/trường hợp",
        );
        assert!(!f.fee.suspicious);
    }

    #[test]
    fn zero_beside_tiers_is_never_free() {
        let text = "Hộ gia đình, cá nhân: đất ở 150.000 đồng/hồ sơ; SXKD 200.000… dự án dưới 02 ha 1.500.000 đồng";
        let f = fee(Some(0), None, text);
        assert_eq!(f.doubt, Some(FeeDoubt::ZeroBesideTiers));
        assert!(f.fee.suspicious && !f.free && f.fee.amount == Some(0));
        let f = fee(Some(0), Some("VND"), "Theo quy định của Bộ Tài chính");
        assert_eq!(f.doubt, Some(FeeDoubt::ZeroBesideText));
        let f = fee(Some(0), None, "bằng 50% mức thu quy định");
        assert_eq!(f.doubt, Some(FeeDoubt::ZeroBesideTiers));
        let f = fee(Some(0), None, "");
        assert_eq!((f.doubt, f.free), (Some(FeeDoubt::ZeroWithoutText), false));
        let f = fee(Some(0), None, "Không quy định");
        assert!(!f.free);
    }

    #[test]
    fn free_needs_the_word() {
        for text in [
            "Miễn phí",
            "Không",
            "không có.",
            "Lệ phí: Không",
            "0 đồng",
            "Phí : Không Đồng",
            "Không thu lệ phí",
        ] {
            let f = fee(Some(0), None, text);
            assert!(f.free && !f.fee.suspicious, "{text}");
        }
        assert!(fee(Some(0), Some("Việt Nam Đồng"), "").free);
    }

    #[test]
    fn a_few_dong_are_a_slip_and_dollars_are_not() {
        assert_eq!(
            fee(Some(20), Some("Việt Nam Đồng"), "").doubt,
            Some(FeeDoubt::TooSmall)
        );
        assert_eq!(
            fee(Some(25), None, "25.000.000đ/giấy thông hành").doubt,
            Some(FeeDoubt::TooSmall)
        );
        // 1.001121: 200 with no currency at all.
        assert_eq!(fee(Some(200), None, "").doubt, Some(FeeDoubt::TooSmall));
        let f = fee(
            Some(155),
            None,
            "Thẻ tạm trú có thời hạn từ trên 02 năm đến 05 năm: 155 USD/thẻ.",
        );
        assert_eq!((f.fee.currency.as_str(), f.doubt), ("USD", None));
        assert_eq!(fee(Some(10), Some("USD"), "").fee.text, "10 USD");
        assert_eq!(
            fee(Some(50_000_000), None, "50.000đ/giấy").doubt,
            Some(FeeDoubt::OtherAmountInText)
        );
        assert_eq!(
            fee(None, None, "Nghị quyết số 09/2025/NQ-HĐND").doubt,
            Some(FeeDoubt::NoAmount)
        );
        assert_eq!(fee(Some(-5), None, "").doubt, Some(FeeDoubt::Negative));
    }

    #[test]
    fn amounts_are_found_in_prose() {
        let values: Vec<i64> =
            amounts_in("150.000 đồng; 2.500.000đ; 10 USD, 02 ha, ngày 18/01/2024")
                .iter()
                .map(|a| a.value)
                .collect();
        assert_eq!(values, [150_000, 2_500_000, 10]);
        assert!(amounts_in("31/2024/QH15 khoản 3").is_empty());
    }
}
