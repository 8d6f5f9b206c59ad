//! What a person types: tone marks or none, any order, abbreviations, a code.

use vn::text::fold;

/// Usual abbreviations, folded, with what they stand for.
const ABBREVIATIONS: &[(&str, &str)] = &[
    ("dk", "dang ky"),
    ("dki", "dang ky"),
    ("dky", "dang ky"),
    ("gcn", "giay chung nhan"),
    ("gp", "giay phep"),
    ("gpxd", "giay phep xay dung"),
    ("gplx", "giay phep lai xe"),
    ("hkd", "ho kinh doanh"),
    ("dn", "doanh nghiep"),
    ("qsdd", "quyen su dung dat"),
    ("gcnqsdd", "giay chung nhan quyen su dung dat"),
    ("lltp", "ly lich tu phap"),
    ("ubnd", "uy ban nhan dan"),
    ("bhxh", "bao hiem xa hoi"),
    ("bhyt", "bao hiem y te"),
    ("cccd", "can cuoc"),
    ("htkt", "ho tro ky thuat"),
    ("nvqs", "nghia vu quan su"),
    ("tthn", "tinh trang hon nhan"),
    ("ks", "khai sinh"),
    ("kh", "ket hon"),
    ("kt", "khai tu"),
    ("atvstp", "an toan thuc pham"),
    ("attp", "an toan thuc pham"),
    ("pccc", "phong chay chua chay"),
    ("dkkd", "dang ky kinh doanh"),
    ("tnmt", "tai nguyen moi truong"),
    ("ncc", "nguoi co cong"),
    ("btxh", "bao tro xa hoi"),
];

/// A query ready to be matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// Everything, in order of name.
    All,
    /// A procedure code or its beginning.
    Code(String),
    /// Words, folded.
    Words(Vec<String>),
    /// Typed something that has neither letters nor digits.
    Nothing,
}

/// Reads what was typed.
pub fn parse(typed: &str) -> Query {
    read(typed, true)
}

/// Reads what was typed so far: the last word may be the beginning of any word, not an abbreviation.
pub fn parse_unfinished(typed: &str) -> Query {
    read(typed, false)
}

fn read(typed: &str, finished: bool) -> Query {
    let typed = typed.trim();
    if typed.is_empty() {
        return Query::All;
    }
    if let Some(code) = code(typed) {
        return Query::Code(code);
    }
    let folded = fold(typed);
    let mut words: Vec<String> = Vec::new();
    let last = words_of(&folded).count();
    for (n, word) in (1..).zip(words_of(&folded)) {
        let long = ABBREVIATIONS
            .iter()
            .find(|(short, _)| *short == word && (finished || n < last));
        match long {
            Some((_, long)) => words.extend(long.split(' ').map(str::to_owned)),
            None => words.push(word.to_owned()),
        }
    }
    let rest = without_preamble(&words);
    if rest.len() < words.len() {
        words = rest.to_vec();
    }
    if words.is_empty() {
        Query::Nothing
    } else {
        Query::Words(words)
    }
}

/// `1.001193`, `1.0011`: a digit, a dot, digits (and what old portals append).
fn code(typed: &str) -> Option<String> {
    let mut chars = typed.chars();
    let starts = chars.next().is_some_and(|c| c.is_ascii_digit()) && chars.next() == Some('.');
    let shaped = typed
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
        && typed.chars().nth(2).is_none_or(|c| c.is_ascii_digit());
    // `1.001193.000.00.00.H35`: the form of the old provincial portals.
    (starts && shaped).then(|| {
        typed
            .split('.')
            .take(2)
            .collect::<Vec<_>>()
            .join(".")
            .to_lowercase()
    })
}

/// The words of folded text.
pub(super) fn words_of(folded: &str) -> impl Iterator<Item = &str> {
    folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
}

/// Without "thủ tục" in front, which says nothing; kept when it is all there is.
pub(super) fn without_preamble(words: &[String]) -> &[String] {
    match words {
        [a, b, rest @ ..] if a == "thu" && b == "tuc" && !rest.is_empty() => rest,
        all => all,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(typed: &str) -> Vec<String> {
        match parse(typed) {
            Query::Words(w) => w,
            other => panic!("{typed}: {other:?}"),
        }
    }

    #[test]
    fn every_spelling_folds_to_the_same_words() {
        let plain = ["dang", "ky", "khai", "sinh"];
        for typed in [
            "dang ky khai sinh",
            "ĐĂNG KÝ KHAI SINH",
            "dk khai sinh",
            "ĐK ks",
            "thủ tục đăng ký khai sinh",
            "  Đa\u{306}ng   ky\u{301} - khai sinh! ",
        ] {
            assert_eq!(words(typed), plain, "{typed}");
        }
        assert_eq!(words("thủ tục"), ["thu", "tuc"]);
    }

    #[test]
    fn codes_are_told_from_words() {
        assert_eq!(parse("1.001193"), Query::Code("1.001193".to_owned()));
        assert_eq!(parse(" 1.0011 "), Query::Code("1.0011".to_owned()));
        assert_eq!(
            parse("1.001193.000.00.00.H35"),
            Query::Code("1.001193".to_owned())
        );
        assert_eq!(
            parse("1.014955-Xoa"),
            Query::Code("1.014955-xoa".to_owned())
        );
        assert_eq!(words("hạng 1 sao"), ["hang", "1", "sao"]);
        assert_eq!(parse("   "), Query::All);
        assert_eq!(parse(".*+?^${}()|[]\\"), Query::Nothing);
    }
}
