//! What makes a new password too easy: not which signs it has, but whether it is among those that are tried first (NIST SP 800-63B
//! §5.1.1.2). Lists of leaked passwords are words with a year, a digit or an exclamation mark at an end and letters written as digits;
//! undone, hundreds of millions of them come down to some hundred words, Vietnamese ones among them.

use std::collections::HashSet;

/// Shortest and longest, characters.
const LENGTHS: std::ops::RangeInclusive<usize> = 10..=128;
/// What passwords are made of, without marks and spaces.
const COMMON: &str = include_str!("common_passwords.txt");
/// What lies side by side on a keyboard, in the alphabet, among the digits.
const ROWS: [&str; 5] = [
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
];

/// Whether a new password will do.
pub(crate) fn is_good(password: &str, login: &str) -> bool {
    if !LENGTHS.contains(&password.chars().count()) {
        return false;
    }
    let plain: String = vn::text::fold(password)
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect();
    let mut different: Vec<char> = plain.chars().collect();
    different.sort_unstable();
    different.dedup();
    different.len() >= 4 && !is_walk(&plain) && !is_repeated(&plain) && !is_common(&plain, login)
}

/// Keys side by side, one way or the other.
fn is_walk(plain: &str) -> bool {
    let backward: String = plain.chars().rev().collect();
    ROWS.iter().any(|row| {
        let twice = format!("{row}{row}");
        twice.contains(plain) || twice.contains(&backward)
    })
}

/// The same few letters again and again.
fn is_repeated(plain: &str) -> bool {
    let letters: Vec<char> = plain.chars().collect();
    (1..=letters.len() / 2).any(|size| {
        let mut chunks = letters.chunks(size);
        let first = chunks.next().unwrap_or_default();
        // The last may be cut short.
        chunks.all(|chunk| first.starts_with(chunk))
    })
}

/// A common word, or the login, once what people add is taken away: alone, twice, or two such words.
fn is_common(plain: &str, login: &str) -> bool {
    let mut words: HashSet<&str> = COMMON.split_whitespace().collect();
    let login = letters_of(login);
    if login.chars().count() >= 3 {
        words.insert(&login);
    }
    let known = |text: &str| text.is_empty() || words.contains(text);
    [letters_of(plain), letters_of(&unleeted(plain))]
        .iter()
        .any(|core| {
            let cuts = core.char_indices().map(|(at, _)| at);
            cuts.chain(std::iter::once(core.len())).any(|at| {
                core.split_at_checked(at)
                    .is_some_and(|(head, tail)| known(head) && known(tail))
            })
        })
}

/// Letters alone: years, digits and signs are what people add.
fn letters_of(text: &str) -> String {
    text.chars().filter(|c| c.is_alphabetic()).collect()
}

/// Letters that were written as digits and signs inside the word; what stands at the end was added.
fn unleeted(plain: &str) -> String {
    plain
        .trim_end_matches(|c: char| !c.is_alphabetic())
        .chars()
        .map(|c| match c {
            '0' => 'o',
            '1' | '!' => 'i',
            '3' => 'e',
            '4' | '@' => 'a',
            '5' | '$' => 's',
            '7' => 't',
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_tried_first_is_refused() {
        for weak in [
            "short",
            "aaaaaaaaaaaa",
            "Password123",
            "P@ssw0rd2026!",
            "nguyenvana2024",
            "1234567890",
            "0987654321",
            "qwertyuiop",
            "poiuytrewq",
            "Mật khẩu 123",
            "MatKhau@2025",
            "vietnam2026",
            "Việt Nam 1945",
            "anhyeuem1990",
            "Anh yêu em 99",
            "iloveyou12345",
            "abcabcabcabc",
            "12121212121212",
            "adminadmin",
            "Admin@123456",
            "quantri@2026",
            "qwerty12345",
            "bacninh bacgiang",
            "29081990290819",
            "lananh.vu2026",
            "motcua-demo",
        ] {
            assert!(!is_good(weak, "lananh.vu"), "{weak}");
        }
    }

    #[test]
    fn what_a_person_thinks_up_is_taken() {
        for good in [
            "ba con mèo đen",
            "tre ngà đổ bóng",
            "correct horse battery",
            "Xe đạp 3 bánh màu tím",
            "kT9#vq!2Lm",
        ] {
            assert!(is_good(good, "citizen"), "{good}");
        }
        assert!(is_good("秘密の長い言葉です今日", "citizen"));
    }
}
