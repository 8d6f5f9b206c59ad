//! Parameters of an OAuth request, from a query or a form.

use std::collections::BTreeMap;

/// Longer requests are not read, bytes.
pub(crate) const LIMIT: usize = 16 << 10;

/// Parameters by name; empty ones count as left out (RFC 6749 §3.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Params(BTreeMap<String, String>);

/// A parameter came twice (RFC 6749 §3.1 forbids it), holds U+0000, or the request is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable;

impl Params {
    /// Reads `application/x-www-form-urlencoded` text.
    ///
    /// # Errors
    /// See [`Unreadable`].
    pub(crate) fn parse(encoded: &[u8]) -> Result<Self, Unreadable> {
        if encoded.len() > LIMIT {
            return Err(Unreadable);
        }
        let mut out = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(encoded) {
            if value.is_empty() {
                continue;
            }
            // No database takes it as text, and no client means it.
            if value.contains('\0') {
                return Err(Unreadable);
            }
            if out.insert(name.into_owned(), value.into_owned()).is_some() {
                return Err(Unreadable);
            }
        }
        Ok(Self(out))
    }

    /// One parameter.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_is_absent_and_twice_is_wrong() {
        let p = Params::parse(b"a=1&b=&c=x+y%20z").expect("params");
        assert_eq!(
            (p.get("a"), p.get("b"), p.get("c")),
            (Some("1"), None, Some("x y z"))
        );
        assert_eq!(Params::parse(b"a=1&a=1"), Err(Unreadable));
        assert_eq!(Params::parse(b"a=1%00"), Err(Unreadable));
        assert_eq!(Params::parse(&vec![b'a'; LIMIT + 1]), Err(Unreadable));
    }
}
