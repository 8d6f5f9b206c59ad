//! Vietnamese text: normal form, cleaning, search form and sort key.

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// The text in Unicode normal form C. Trims nothing, removes nothing.
pub fn nfc(text: &str) -> String {
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => text.to_owned(),
        _ => text.nfc().collect(),
    }
}

/// Text that came from elsewhere (a form, a crawl, a scanner), made fit to keep:
///
/// - NFC;
/// - invisible and control characters go, except newline and tab (CR LF and CR become LF);
/// - a run of blanks that holds a no-break or other odd space becomes one space;
/// - the bullets of the Symbol and Wingdings fonts (U+F0B7, U+F0FC, …) become `•`, other
///   private-use characters go.
///
/// Ordinary spaces are left as they are and nothing is trimmed.
pub fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' => {
                if chars.peek() == Some(&'\n') {
                    chars.next();
                }
                out.push('\n');
            }
            '\n' | '\t' => out.push(c),
            ' ' => out.push(' '),
            _ if is_odd_space(c) => {
                while out.ends_with(' ') {
                    out.pop();
                }
                while let Some(&next) = chars.peek() {
                    if next == ' ' || is_odd_space(next) || is_invisible(next) {
                        chars.next();
                    } else {
                        break;
                    }
                }
                out.push(' ');
            }
            '\u{f076}' | '\u{f0a7}' | '\u{f0a8}' | '\u{f0b7}' | '\u{f0d8}' | '\u{f0fc}' => {
                out.push('•');
            }
            _ if is_invisible(c) => {}
            _ => out.push(c),
        }
    }
    // After the removal: an invisible character may have stood between a letter and its mark.
    nfc(&out)
}

fn is_odd_space(c: char) -> bool {
    matches!(
        c,
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
    )
}

fn is_invisible(c: char) -> bool {
    c.is_control() && c != '\n' && c != '\t'
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e000}'..='\u{f8ff}' | '\u{fdd0}'..='\u{fdef}'
            | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e007f}'
            | '\u{f0000}'..='\u{10ffff}')
}

/// Whether a name shows something else than it is: characters that are not seen or that turn the direction of reading (`fdp.exe` read
/// as `exe.pdf`), letters of another script among Latin ones (`а` for `a`), more marks on a letter than any language has.
pub fn is_deceptive(name: &str) -> bool {
    let mut marks = 0;
    let (mut latin, mut look_alikes) = (false, false);
    for c in name.nfd() {
        if is_invisible(c) || is_hidden(c) {
            return true;
        }
        if unicode_normalization::char::is_combining_mark(c) {
            marks += 1;
            // Vietnamese has two at most, no language in use more than three.
            if marks > 3 {
                return true;
            }
            continue;
        }
        marks = 0;
        latin |= c.is_ascii_alphabetic();
        look_alikes |= matches!(c,
            '\u{370}'..='\u{3ff}' | '\u{400}'..='\u{52f}' | '\u{530}'..='\u{58f}' | '\u{13a0}'..='\u{13ff}'
            | '\u{1d400}'..='\u{1d7ff}' | '\u{ff21}'..='\u{ff5a}' | '\u{2024}' | '\u{ff0e}');
    }
    latin && look_alikes
}

/// Fillers and variation selectors: no control characters, but nothing to see either.
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{3164}' | '\u{ffa0}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{fff0}'..='\u{fff8}' | '\u{e0080}'..='\u{e0fff}')
}

/// The search form: lower case, no tone or vowel marks, đ → d, compatibility forms opened, blanks
/// collapsed to single spaces, trimmed.
///
/// Cyrillic letters that look like Latin ones are taken for these: published law numbers hold
/// such letters (`NĐ-CР` with a Cyrillic `Р`) and nobody can type them into a search box.
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.nfkd() {
        if c.is_whitespace() {
            if !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
            continue;
        }
        if unicode_normalization::char::is_combining_mark(c) || is_invisible(c) {
            continue;
        }
        if c.is_ascii() {
            out.push(c.to_ascii_lowercase());
            continue;
        }
        for lower in c.to_lowercase() {
            match lower {
                'đ' | 'ð' => out.push('d'),
                'ı' => out.push('i'),
                // lower-casing `İ` gives a letter and a mark
                _ if unicode_normalization::char::is_combining_mark(lower) => {}
                other => out.push(latin_look_alike(other)),
            }
        }
    }
    if out.ends_with(' ') {
        out.pop();
    }
    out
}

fn latin_look_alike(c: char) -> char {
    match c {
        'а' => 'a',
        'в' => 'b',
        'с' => 'c',
        'е' => 'e',
        'н' => 'h',
        'і' => 'i',
        'к' => 'k',
        'м' => 'm',
        'о' => 'o',
        'р' => 'p',
        'т' => 't',
        'х' => 'x',
        'у' => 'y',
        other => other,
    }
}

/// A key whose byte order is Vietnamese alphabetical order (the order of CLDR for `vi`).
///
/// First the letters of the whole text (a ă â b c d đ e ê … o ô ơ … u ư … y; blanks before
/// punctuation before digits before letters), then the tones (ngang, huyền, hỏi, ngã, sắc, nặng),
/// then small before capital letters.
pub fn collation_key(text: &str) -> Vec<u8> {
    let mut primary = Vec::with_capacity(text.len() * 2);
    let mut tones: Vec<u8> = Vec::with_capacity(text.len());
    let mut cases: Vec<u8> = Vec::with_capacity(text.len());
    let mut letter = None;
    for c in text.nfd() {
        if unicode_normalization::char::is_combining_mark(c) {
            mark(c, letter, &mut primary, &mut tones);
            continue;
        }
        if is_invisible(c) {
            continue;
        }
        letter = None;
        let lower = c.to_lowercase().next().unwrap_or(c);
        tones.push(1);
        cases.push(if lower == c { 1 } else { 2 });
        if c.is_whitespace() {
            primary.push(2);
        } else if lower.is_ascii_lowercase() {
            let weight = 0x40 + (lower as u8 - b'a') * 4;
            primary.push(weight);
            letter = Some((lower, primary.len() - 1));
        } else if lower == 'đ' {
            primary.push(0x40 + (b'd' - b'a') * 4 + 1);
        } else if c.is_ascii_digit() {
            primary.extend([0x20, c as u8]);
        } else {
            // Punctuation sorts before digits, other scripts after z; by code point inside.
            primary.push(if c.is_alphanumeric() { 0xF0 } else { 0x10 });
            let [_, high, middle, low] = u32::from(lower).to_be_bytes();
            primary.extend([high, middle, low]);
        }
    }
    // Trailing default weights add nothing, and 0 is below every weight, so "an" < "an x".
    primary.push(0);
    primary.append(&mut tones);
    primary.push(0);
    primary.append(&mut cases);
    primary
}

/// Applies a combining mark: a vowel mark makes another letter, a tone mark another tone.
fn mark(c: char, letter: Option<(char, usize)>, primary: &mut [u8], tones: &mut [u8]) {
    let tone = match c {
        '\u{300}' => 2,
        '\u{309}' => 3,
        '\u{303}' => 4,
        '\u{301}' => 5,
        '\u{323}' => 6,
        _ => 0,
    };
    if tone > 0 {
        if let Some(last) = tones.last_mut() {
            *last = tone;
        }
        return;
    }
    let step = match (c, letter) {
        ('\u{306}', Some(('a', at))) => Some((at, 1)),
        ('\u{302}', Some(('a', at))) => Some((at, 2)),
        ('\u{302}', Some(('e' | 'o', at))) => Some((at, 1)),
        ('\u{31b}', Some(('o', at))) => Some((at, 2)),
        ('\u{31b}', Some(('u', at))) => Some((at, 1)),
        _ => None,
    };
    match step {
        Some((at, step)) => {
            if let (Some(weight), Some((base, _))) = (primary.get_mut(at), letter)
                && let Ok(base) = u8::try_from(base)
            {
                *weight = 0x40 + (base - b'a') * 4 + step;
            }
        }
        None => {
            if let Some(last) = tones.last_mut() {
                *last = 7;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_deceive() {
        for honest in [
            "Tờ khai đăng ký khai sinh.pdf",
            "TỜ KHAI (bản sao) số 1–2.pdf",
            "to-khai_01.pdf",
            "Giấy chứng sinh & hộ khẩu.jpg",
            "документ.pdf".trim_end_matches(".pdf"),
            "文件",
        ] {
            assert!(!is_deceptive(honest), "{honest:?}");
            assert!(
                !is_deceptive(&honest.nfd().collect::<String>()),
                "{honest:?}"
            );
        }
        for trick in [
            "to\u{202e}fdp.exe",
            "a\u{200b}b.pdf",
            "a\u{2066}b.pdf",
            "a\u{ad}b.pdf",
            "a\u{feff}.pdf",
            "tờ kh\u{430}i.pdf",
            "a\u{3164}.pdf",
            "a\u{fe0f}.pdf",
            "a\u{2024}pdf.exe",
            "a\u{ff0e}pdf.exe",
            "\u{ff21}b.pdf",
            "e\u{300}\u{301}\u{302}\u{303}.pdf",
            "a\u{e0041}.pdf",
        ] {
            assert!(is_deceptive(trick), "{trick:?}");
        }
    }

    #[test]
    fn nfd_and_nfc_become_equal() {
        let nfd = "Nguye\u{302}\u{303}n Va\u{306}n A";
        assert_eq!(nfc(nfd), "Nguyễn Văn A");
        assert_eq!(nfc(" Nguyễn Văn A\u{a0}"), " Nguyễn Văn A\u{a0}");
    }

    #[test]
    fn cleaning_removes_what_nobody_sees() {
        assert_eq!(clean("a\u{ad}b\u{200e}c\u{feff}\u{0}d"), "abcd");
        assert_eq!(clean("một\r\nhai\rba\tbốn"), "một\nhai\nba\tbốn");
        assert_eq!(clean("a \u{a0}\u{200b} \u{a0}b  c"), "a b  c");
        assert_eq!(clean("\u{f0fc} mục"), "• mục");
        assert_eq!(clean("e\u{200b}\u{302}"), "ê");
        assert_eq!(clean("  để nguyên  "), "  để nguyên  ");
    }

    #[test]
    fn folding_makes_search_easy() {
        assert_eq!(fold("Đăng ký  KHAI\u{a0}sinh\n"), "dang ky khai sinh");
        assert_eq!(fold("D\u{31b}o\u{31b}\u{323}i Đỗ ưỡn"), "doi do uon");
        assert_eq!(fold("45/2020/NĐ-CР"), "45/2020/nd-cp");
        assert_eq!(fold("ﬁ Ａ１"), "fi a1");
        assert_eq!(fold(" \u{200b} "), "");
    }

    #[test]
    fn folding_twice_changes_nothing() {
        for text in ["Đà Nẵng", "İstanbul", "ǅ", "  x  y ", "ß", "Ω"] {
            assert_eq!(fold(&fold(text)), fold(text));
        }
    }

    #[test]
    fn sorting_is_vietnamese() {
        let sorted = [
            "", "an", "An", "àn", "ản", "ãn", "án", "ạn", "an x", "ăn", "ân", "ấn", "ba", "ca",
            "da", "đa", "đà", "e", "ê", "g", "o", "ô", "ơ", "u", "ư", "y",
        ];
        let mut again = sorted.to_vec();
        again.reverse();
        again.sort_by_cached_key(|s| collation_key(s));
        assert_eq!(again, sorted);
    }

    #[test]
    fn blanks_punctuation_digits_letters() {
        let sorted = ["a b", "a-b", "a1", "a9", "ab", "aб"];
        let mut again = sorted.to_vec();
        again.sort_by_cached_key(|s| std::cmp::Reverse(collation_key(s)));
        again.reverse();
        assert_eq!(again, sorted);
    }

    #[test]
    fn provinces_sort_as_in_the_gazette() {
        let sorted = [
            "An Giang",
            "Bắc Ninh",
            "Cà Mau",
            "Cao Bằng",
            "Cần Thơ",
            "Đà Nẵng",
            "Đắk Lắk",
            "Điện Biên",
            "Đồng Nai",
            "Gia Lai",
            "Hà Nội",
            "Huế",
            "Lai Châu",
            "Lào Cai",
            "Lâm Đồng",
        ];
        let mut again = sorted.to_vec();
        again.reverse();
        again.sort_by_cached_key(|s| collation_key(s));
        assert_eq!(again, sorted);
    }

    #[test]
    fn equal_text_in_other_form_has_the_same_key() {
        assert_eq!(
            collation_key("Điện Biên"),
            collation_key("Đie\u{323}\u{302}n Bie\u{302}n")
        );
    }
}
