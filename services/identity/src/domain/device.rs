//! The code that a device shows and a person types (RFC 8628 §6.1).

/// Letters without vowels, so that no word comes of it, and none that look alike.
const LETTERS: [char; 20] = [
    'B', 'C', 'D', 'F', 'G', 'H', 'J', 'K', 'L', 'M', 'N', 'P', 'Q', 'R', 'S', 'T', 'V', 'W', 'X',
    'Z',
];
/// Letters of a code: 34 bits, guarded by the limit on guesses and ten minutes of life.
const LENGTH: usize = 8;

/// A code from random bytes. Four bytes a letter leave no letter likelier by more than 2⁻²⁷.
pub(crate) fn user_code(bytes: [u8; 4 * LENGTH]) -> String {
    bytes
        .chunks_exact(4)
        .filter_map(|chunk| {
            let number = u32::from_be_bytes(chunk.try_into().ok()?);
            let index = usize::try_from(number).ok()? % LETTERS.len();
            LETTERS.get(index)
        })
        .collect()
}

/// As it is shown: `WDJB-MJHT`.
pub(crate) fn shown(code: &str) -> String {
    let letters: Vec<char> = code.chars().collect();
    letters
        .chunks(LENGTH / 2)
        .map(|half| half.iter().collect::<String>())
        .collect::<Vec<_>>()
        .join("-")
}

/// The code that somebody typed: case, spaces and dashes do not matter. `None`: it is no code.
pub(crate) fn typed(text: &str) -> Option<String> {
    let code: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .map(|c| c.to_ascii_uppercase())
        .take(LENGTH + 1)
        .collect();
    let good = code.chars().count() == LENGTH && code.chars().all(|c| LETTERS.contains(&c));
    good.then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code = user_code([7; 4 * LENGTH]);
        assert_eq!(code.len(), LENGTH);
        assert_eq!(
            typed(&shown(&code).to_lowercase()).as_deref(),
            Some(code.as_str())
        );
        assert_eq!(typed(" wdjb mjht ").as_deref(), Some("WDJBMJHT"));
        for bad in [
            "",
            "WDJB-MJH",
            "WDJB-MJHTT",
            "WDJB-MJHA",
            "ＷＤＪＢＭＪＨＴ",
            "WDJB-MJH\0",
        ] {
            assert_eq!(typed(bad), None, "{bad:?}");
        }
    }
}
