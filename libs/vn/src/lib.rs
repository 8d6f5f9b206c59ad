//! Pure facts of Vietnam: identifiers, text, working calendar and working-time arithmetic.
//!
//! Nothing here reads a file, a clock or the network; every function gives the same answer for
//! the same arguments. Each error enum has `code()`, a stable string such as `cccd.length` that
//! callers put into their problem documents.

pub mod agency;
pub mod cccd;
pub mod dossier_number;
pub mod money;
pub mod mst;
pub mod phone;
pub mod postal_code;
pub mod procedure_code;
mod provinces;
pub mod s10;
pub mod text;
pub mod vietqr;
pub mod worktime;

/// The language of a text made for people.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// Tiếng Việt.
    #[default]
    Vi,
    /// English.
    En,
}

/// `Display`, `FromStr` and serde as text for a newtype that keeps its text in `self.as_str()`.
macro_rules! text_type {
    ($name:ident, $error:ident) => {
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $error;

            fn from_str(input: &str) -> Result<Self, Self::Err> {
                Self::parse(input)
            }
        }

        impl TryFrom<String> for $name {
            type Error = $error;

            fn try_from(input: String) -> Result<Self, Self::Error> {
                Self::parse(&input)
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.as_str().to_owned()
            }
        }
    };
}
pub(crate) use text_type;

/// True when `text` is not empty and has ASCII digits only.
fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// The value of an ASCII digit; 0 for anything else (callers have checked).
fn digit(byte: u8) -> u32 {
    u32::from(byte.wrapping_sub(b'0'))
}
