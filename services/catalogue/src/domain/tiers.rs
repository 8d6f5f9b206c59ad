//! What the prose beside a fee says when it says it plainly: tiers (mức thu) with their condition, amount or percentage, unit and period.
//! A piece of text that holds two figures, or none, is no tier; the original text is kept whatever is read here.

use super::content::FeeTier;
use super::fee::{Amount, amounts_in};
use chrono::NaiveDate;
use vn::text::fold;

/// The smallest figure that is taken for đồng where the word is left out.
const SMALLEST: i64 = 1_000;

/// The tiers of a text; empty when there are none, or when it says one amount and no condition.
pub fn read(text: &str) -> Vec<FeeTier> {
    let money = !amounts_in(text).is_empty();
    if !money && !text.contains('%') {
        return Vec::new();
    }
    let whole = period(text);
    let tiers: Vec<FeeTier> = pieces(text)
        .into_iter()
        .filter_map(|piece| tier(piece, money))
        .map(|mut t| {
            if let (None, None, Some((from, to))) = (t.valid_from, t.valid_to, whole) {
                t.valid_from = from;
                t.valid_to = to;
            }
            t
        })
        .collect();
    match tiers.as_slice() {
        [one] if one.condition.is_empty() && one.percent.is_none() && whole.is_none() => Vec::new(),
        _ => tiers,
    }
}

/// Lines, and parts between semicolons.
fn pieces(text: &str) -> Vec<&str> {
    text.split(['\n', ';', '…'])
        .map(|p| {
            p.trim_matches(|c: char| {
                c.is_whitespace() || matches!(c, '-' | '+' | '*' | '•' | '.' | ',')
            })
        })
        .filter(|p| !p.is_empty())
        .collect()
}

fn tier(piece: &str, money: bool) -> Option<FeeTier> {
    let percents = percents(piece);
    let amounts = figures(piece, money);
    let (amount, percent, (start, end)) = match (amounts.as_slice(), percents.as_slice()) {
        ([(a, place)], []) => (Some(*a), None, *place),
        ([], [(p, place)]) => (None, Some(*p), *place),
        _ => return None,
    };
    let (valid_from, valid_to) = period(piece).unwrap_or((None, None));
    let condition = piece.get(..start)?.trim_matches(|c: char| {
        c.is_whitespace() || matches!(c, ':' | '-' | '–' | ',' | '(' | '.')
    });
    Some(FeeTier {
        condition: condition.to_owned(),
        amount: amount.map(|a| a.value),
        currency: if amount.is_some_and(|a| a.dollars) {
            "USD"
        } else {
            "VND"
        }
        .to_owned(),
        percent,
        per: per(piece.get(end..).unwrap_or_default()),
        valid_from,
        valid_to,
    })
}

type Place = (usize, usize);

/// Figures of money in a piece with where they stand. A grouped number (`1.500.000`) counts without its word when the text is about money.
fn figures(piece: &str, money: bool) -> Vec<(Amount, Place)> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(rest) = piece.get(at..) {
        let Some(offset) = rest.find(|c: char| c.is_ascii_digit()) else {
            break;
        };
        let start = at + offset;
        let number: &str = piece.get(start..).map_or("", |r| {
            r.get(
                ..r.find(|c: char| !c.is_ascii_digit() && c != '.')
                    .unwrap_or(r.len()),
            )
            .unwrap_or_default()
            .trim_end_matches('.')
        });
        let end = start + number.len();
        let grouped = number.contains('.')
            && number.split('.').skip(1).all(|g| g.len() == 3)
            && number.split('.').next().is_some_and(|g| g.len() <= 3);
        let after = fold(piece.get(end..).unwrap_or_default());
        let word: String = after
            .trim_start_matches(|c: char| c.is_whitespace() || c == '(')
            .chars()
            .take_while(|c| c.is_alphabetic())
            .collect();
        let dollars = word == "usd" || after.trim_start().starts_with("do la");
        let named = dollars || matches!(word.as_str(), "dong" | "d" | "vnd");
        let digits: String = number.chars().filter(char::is_ascii_digit).collect();
        let plain = number.chars().all(|c| c.is_ascii_digit());
        if let Ok(value) = digits.parse::<i64>()
            && (named && (grouped || plain) || money && grouped && value >= SMALLEST)
        {
            let taken = if named {
                end + piece
                    .get(end..)
                    .and_then(|r| {
                        let skip = r.find(|c: char| c.is_alphabetic())?;
                        let word = r.get(skip..)?;
                        let length = word
                            .find(|c: char| !c.is_alphabetic())
                            .unwrap_or(word.len());
                        Some(skip + length)
                    })
                    .unwrap_or(0)
            } else {
                end
            };
            out.push((Amount { value, dollars }, (start, taken)));
        }
        at = end.max(start + 1);
    }
    out
}

/// Percentages in a piece with where they stand.
fn percents(piece: &str) -> Vec<(f64, Place)> {
    piece
        .match_indices('%')
        .filter_map(|(at, _)| {
            let before = piece.get(..at)?.trim_end();
            let start = before
                .rfind(|c: char| !(c.is_ascii_digit() || matches!(c, ',' | '.')))
                .map_or(0, |i| {
                    i + before
                        .get(i..)
                        .and_then(|r| r.chars().next())
                        .map_or(1, char::len_utf8)
                });
            let number: f64 = before.get(start..)?.replace(',', ".").parse().ok()?;
            (number > 0.0 && number <= 1_000.0).then_some((number, (start, at + 1)))
        })
        .collect()
}

/// What one pays per: `/hồ sơ`, `/giấy phép`.
fn per(after: &str) -> String {
    after
        .trim_start()
        .strip_prefix('/')
        .map(|r| {
            r.split([',', ';', '.', '(', ')', '\n', ':'])
                .next()
                .unwrap_or_default()
                .trim()
                .chars()
                .take(60)
                .collect()
        })
        .unwrap_or_default()
}

type Period = (Option<NaiveDate>, Option<NaiveDate>);

/// A period in words: "từ ngày 01/7/2025 đến hết ngày 31/12/2026", or one end of it.
pub fn period(text: &str) -> Option<Period> {
    let folded = fold(text);
    let date_after = |words: &[&str]| -> Option<NaiveDate> {
        words.iter().find_map(|w| {
            let at = folded.find(w)?;
            let rest = folded.get(at + w.len()..)?.trim_start();
            let end = rest
                .find(|c: char| !c.is_ascii_digit() && !matches!(c, '/' | '-'))
                .unwrap_or(rest.len());
            let parts: Vec<u32> = rest
                .get(..end)?
                .split(['/', '-'])
                .filter_map(|p| p.parse().ok())
                .collect();
            match parts.as_slice() {
                [d, m, y] if *y >= 1_945 => {
                    NaiveDate::from_ymd_opt(i32::try_from(*y).ok()?, *m, *d)
                }
                _ => None,
            }
        })
    };
    let from = date_after(&["ke tu ngay ", "tu ngay ", "tu "]);
    let to = date_after(&["den het ngay ", "den ngay ", "den het ", "den "]);
    (from.is_some() || to.is_some()).then_some((from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiers_of_land_fees_are_read_one_by_one() {
        // 1.115755, whose figure is 0.
        let tiers = read(
            "Hộ gia đình, cá nhân: đất ở 150.000 đồng/hồ sơ; SXKD 200.000… dự án dưới 02 ha 1.500.000; 02–05 ha 2.500.000; từ 05 ha 5.000.000",
        );
        let of: Vec<(Option<i64>, &str)> = tiers
            .iter()
            .map(|t| (t.amount, t.condition.as_str()))
            .collect();
        assert_eq!(
            of,
            [
                (Some(150_000), "Hộ gia đình, cá nhân: đất ở"),
                (Some(200_000), "SXKD"),
                (Some(1_500_000), "dự án dưới 02 ha"),
                (Some(2_500_000), "02–05 ha"),
                (Some(5_000_000), "từ 05 ha"),
            ]
        );
        assert_eq!(
            (tiers[0].per.as_str(), tiers[0].currency.as_str()),
            ("hồ sơ", "VND")
        );
    }

    #[test]
    fn percentages_and_periods_are_tiers() {
        let tiers = read(
            "Nộp trực tuyến: bằng 50% mức thu phí\nNộp trực tiếp: 75.000 đồng/giấy, từ ngày 01/7/2025 đến hết ngày 31/12/2026",
        );
        assert_eq!(tiers.len(), 2);
        assert_eq!((tiers[0].percent, tiers[0].amount), (Some(50.0), None));
        assert_eq!(tiers[0].condition, "Nộp trực tuyến: bằng");
        let day = |y, m, d| NaiveDate::from_ymd_opt(y, m, d);
        assert_eq!(
            (tiers[1].valid_from, tiers[1].valid_to),
            (day(2025, 7, 1), day(2026, 12, 31))
        );
        assert_eq!(tiers[1].per, "giấy");
    }

    #[test]
    fn dollars_are_dollars_and_laws_are_no_money() {
        let tiers = read("Loại có giá trị một lần: 25 USD/thẻ; loại nhiều lần: 50 USD/thẻ");
        assert_eq!(
            tiers
                .iter()
                .map(|t| t.currency.as_str())
                .collect::<Vec<_>>(),
            ["USD", "USD"]
        );
        for text in [
            "Theo Nghị quyết 31/2024/NQ-HĐND ngày 18/01/2024",
            "Không",
            "20.000 đồng",
            "Mức 10.000 đồng hoặc 20.000 đồng tùy loại",
            "bằng 150% của 200% mức thu",
            "",
        ] {
            assert!(read(text).is_empty(), "{text}: {:?}", read(text));
        }
    }

    #[test]
    fn impossible_periods_are_none() {
        assert_eq!(period("từ ngày 31/02/2026"), None);
        assert_eq!(
            period("đến hết ngày 31/12/2026"),
            Some((None, NaiveDate::from_ymd_opt(2026, 12, 31)))
        );
        assert_eq!(period("từ trên 02 năm đến 05 năm"), None);
    }
}
