//! Postal item numbers: UPU S10 where the shape is S10's, else whatever the operator prints.

use vn::s10::{ItemNumber, ItemNumberError};

/// Shortest and longest own number of an operator, characters.
pub const OWN_LENGTH: std::ops::RangeInclusive<usize> = 5..=30;

/// Why a text is no item number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemRefusal {
    /// S10's shape with a wrong check digit: a misread label.
    CheckDigit,
    /// Neither S10 nor 5–30 letters and digits.
    Shape,
}

/// Reads an item number as typed or scanned: blanks go, letters become capitals.
///
/// # Errors
/// See [`ItemRefusal`].
pub fn parse(text: &str) -> Result<String, ItemRefusal> {
    let text: String = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .take(OWN_LENGTH.end() + 1)
        .map(|c| c.to_ascii_uppercase())
        .collect();
    match ItemNumber::parse(&text) {
        Ok(item) => Ok(item.as_str().to_owned()),
        Err(ItemNumberError::Checksum) => Err(ItemRefusal::CheckDigit),
        Err(ItemNumberError::Length | ItemNumberError::Format | ItemNumberError::Serial) => {
            let own =
                OWN_LENGTH.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric());
            if own {
                Ok(text)
            } else {
                Err(ItemRefusal::Shape)
            }
        }
    }
}

/// The number made from our own counter; `None` when the counter has left the eight digits of S10.
pub fn allocate(prefix: &str, serial: i64) -> Option<String> {
    let serial = u32::try_from(serial).ok()?;
    ItemNumber::from_serial(prefix, serial)
        .ok()
        .map(|item| item.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s10_numbers_are_checked_and_others_are_taken_as_they_are() {
        assert_eq!(parse("ra 473 124 829 vn").as_deref(), Ok("RA473124829VN"));
        assert_eq!(parse("RA473124828VN"), Err(ItemRefusal::CheckDigit));
        assert_eq!(parse("vtp0001234567").as_deref(), Ok("VTP0001234567"));
        for wrong in ["", "1234", "AB-12345", "Đ12345", &"1".repeat(31)] {
            assert_eq!(parse(wrong), Err(ItemRefusal::Shape), "{wrong}");
        }
    }

    #[test]
    fn our_own_numbers_are_valid_and_end_at_eight_digits() {
        let made = allocate("RV", 1).unwrap();
        assert_eq!(parse(&made).as_deref(), Ok(made.as_str()));
        assert!(allocate("RV", 99_999_999).is_some());
        assert_eq!(allocate("RV", 100_000_000), None);
        assert_eq!(allocate("RV", -1), None);
    }
}
