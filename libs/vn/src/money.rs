//! Amounts of đồng as people read them: digits with dots, and words as receipts have them (số tiền viết bằng chữ).

/// `1.250.000`; a minus sign before what is less than zero.
#[must_use]
pub fn dotted(amount: i64) -> String {
    let digits = amount.unsigned_abs().to_string();
    let mut out = String::from(if amount < 0 { "-" } else { "" });
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            out.push('.');
        }
        out.push(digit);
    }
    out
}

const DIGITS: [&str; 10] = [
    "không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín",
];
/// The number in Vietnamese words, the first letter large: `Một triệu hai trăm năm mươi nghìn`. What is less than zero begins with
/// `Âm`.
#[must_use]
pub fn in_words(amount: i64) -> String {
    let mut words: Vec<&str> = Vec::new();
    if amount < 0 {
        words.push("âm");
    }
    match amount.unsigned_abs() {
        0 => words.push("không"),
        more => spoken(more, true, &mut words),
    }
    let text = words.join(" ");
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

const BILLION: u64 = 1_000_000_000;

/// Groups of three digits; above a tỷ the counting begins again. `highest`: nothing was spoken before.
fn spoken(number: u64, highest: bool, words: &mut Vec<&'static str>) {
    let (above, below) = (number / BILLION, number % BILLION);
    if above > 0 {
        spoken(above, highest, words);
        words.push("tỷ");
    }
    for (unit, name) in [(1_000_000, Some("triệu")), (1000, Some("nghìn")), (1, None)] {
        let group = below / unit % 1000;
        if group > 0 {
            three(group, highest && number / unit < 1000, words);
            words.extend(name);
        }
    }
}

fn digit(value: u64) -> &'static str {
    usize::try_from(value)
        .ok()
        .and_then(|value| DIGITS.get(value))
        .copied()
        .unwrap_or_default()
}

/// Three digits; those of the highest group do not name the hundreds that are not there.
fn three(group: u64, highest: bool, words: &mut Vec<&'static str>) {
    let (hundreds, tens, ones) = (group / 100, group / 10 % 10, group % 10);
    if hundreds > 0 || !highest {
        words.extend([digit(hundreds), "trăm"]);
    }
    match (tens, ones) {
        (0, 0) => {}
        (0, _) if hundreds > 0 || !highest => words.extend(["linh", digit(ones)]),
        (0, _) => words.push(digit(ones)),
        _ => {
            match tens {
                1 => words.push("mười"),
                _ => words.extend([digit(tens), "mươi"]),
            }
            match ones {
                0 => {}
                1 if tens > 1 => words.push("mốt"),
                5 => words.push("lăm"),
                _ => words.push(digit(ones)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_dots() {
        for (amount, text) in [
            (0, "0"),
            (5, "5"),
            (1000, "1.000"),
            (1_250_000, "1.250.000"),
            (-1000, "-1.000"),
            (i64::MIN, "-9.223.372.036.854.775.808"),
        ] {
            assert_eq!(dotted(amount), text);
        }
    }

    #[test]
    fn amounts_are_written_as_they_are_spoken() {
        for (amount, text) in [
            (0, "Không"),
            (1, "Một"),
            (10, "Mười"),
            (11, "Mười một"),
            (15, "Mười lăm"),
            (20, "Hai mươi"),
            (21, "Hai mươi mốt"),
            (24, "Hai mươi bốn"),
            (55, "Năm mươi lăm"),
            (101, "Một trăm linh một"),
            (105, "Một trăm linh năm"),
            (110, "Một trăm mười"),
            (115, "Một trăm mười lăm"),
            (1000, "Một nghìn"),
            (1005, "Một nghìn không trăm linh năm"),
            (10_000, "Mười nghìn"),
            (10_500, "Mười nghìn năm trăm"),
            (21_000, "Hai mươi mốt nghìn"),
            (100_000, "Một trăm nghìn"),
            (1_250_000, "Một triệu hai trăm năm mươi nghìn"),
            (1_000_001, "Một triệu không trăm linh một"),
            (1_000_000_000, "Một tỷ"),
            (1_000_000_000_000, "Một nghìn tỷ"),
            (
                1_234_000_000_005,
                "Một nghìn hai trăm ba mươi bốn tỷ không trăm linh năm",
            ),
            (-15, "Âm mười lăm"),
        ] {
            assert_eq!(in_words(amount), text);
        }
        assert!(in_words(i64::MIN).starts_with("Âm chín tỷ hai trăm hai mươi ba triệu"));
    }
}
