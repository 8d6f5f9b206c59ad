//! Slips of the finger: one letter wrong, missing, too many, or two exchanged; a blank left out.

/// Words shorter than this are too close to everything.
pub(super) const SHORTEST: usize = 3;

/// Whether two different words are one slip apart (Damerau's distance 1). Folded words are ASCII nearly always; others compare by character.
pub(super) fn is_near(typed: &str, word: &str) -> bool {
    if typed.len().abs_diff(word.len()) > 1 || typed == word {
        return false;
    }
    if typed.is_ascii() && word.is_ascii() {
        return one_slip(typed.as_bytes(), word.as_bytes());
    }
    let (a, b): (Vec<char>, Vec<char>) = (typed.chars().collect(), word.chars().collect());
    one_slip(&a, &b)
}

/// Whether two different sequences of letters are one slip apart.
fn one_slip<T: PartialEq>(a: &[T], b: &[T]) -> bool {
    let front = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (
        a.get(front..).unwrap_or_default(),
        b.get(front..).unwrap_or_default(),
    );
    match (a, b) {
        // One wrong, or two exchanged.
        ([_, x @ ..], [_, y @ ..]) if x == y => true,
        ([p, q, x @ ..], [r, s, y @ ..]) if p == s && q == r && x == y => true,
        // One too many, or one missing.
        ([_, x @ ..], y) if x == y => true,
        (x, [_, y @ ..]) if x == y => true,
        _ => false,
    }
}

/// Two known words that were typed without their blank, the first as long as possible.
pub(super) fn split(typed: &str, known: impl Fn(&str) -> bool) -> Option<(String, String)> {
    let mut cuts: Vec<usize> = typed.char_indices().map(|(at, _)| at).collect();
    cuts.reverse();
    cuts.into_iter()
        .filter_map(|at| typed.split_at_checked(at))
        .filter(|(a, b)| a.chars().count() >= 2 && b.chars().count() >= 2)
        .find(|(a, b)| known(a) && known(b))
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slip_is_near_and_two_are_not() {
        for (typed, word) in [
            ("sinj", "sinh"),
            ("sin", "sinh"),
            ("sinhh", "sinh"),
            ("sihn", "sinh"),
            ("xinh", "sinh"),
            ("hai", "khai"),
            ("kahi", "khai"),
        ] {
            assert!(is_near(typed, word), "{typed} {word}");
            assert!(is_near(word, typed), "{word} {typed}");
        }
        for (typed, word) in [
            ("sinh", "sinh"),
            ("snih", "sanh"),
            ("si", "sinh"),
            ("abcd", "bcde"),
            ("", "ab"),
        ] {
            assert!(!is_near(typed, word), "{typed} {word}");
        }
    }

    #[test]
    fn a_missing_blank_is_put_back() {
        let known = |w: &str| ["khai", "sinh", "hon"].contains(&w);
        assert_eq!(
            split("khaisinh", known),
            Some(("khai".to_owned(), "sinh".to_owned()))
        );
        assert_eq!(split("khai", known), None);
        assert_eq!(split("khaixyz", known), None);
    }
}
