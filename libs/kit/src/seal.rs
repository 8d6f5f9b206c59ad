//! Sealing of personal identifiers at rest: AES-256-GCM for the value, HMAC-SHA-256 for look-up (architecture §3.14).

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use std::sync::Arc;

/// A sealed text could not be opened: another key, or tampered with.
#[derive(Debug, thiserror::Error)]
#[error("sealed value cannot be opened with this key")]
pub struct OpenError;

/// Seals and opens. Cheap to clone; never prints its keys.
///
/// One key seals; keys that were in use before still open, until a rotation has sealed everything again (`motcua seal-again`).
#[derive(Clone)]
pub struct Sealer(Arc<Ring>);

struct Ring {
    current: Key,
    older: Vec<Key>,
}

struct Key {
    /// Eight hex characters that say which key it was, and nothing about it.
    id: String,
    seal: LessSafeKey,
    lookup: hmac::Key,
    origin: hmac::Key,
}

impl Key {
    /// All keys are derived from a secret text of any length with HMAC-SHA-256.
    fn derive(secret: &str) -> anyhow::Result<Self> {
        anyhow::ensure!(
            secret.len() >= 32,
            "the sealing secret needs at least 32 characters"
        );
        let root = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let derived = hmac::sign(&root, b"motcua seal v1");
        let unbound = UnboundKey::new(&AES_256_GCM, derived.as_ref())
            .map_err(|error| anyhow::anyhow!("sealing key: {error}"))?;
        let lookup = hmac::Key::new(
            hmac::HMAC_SHA256,
            hmac::sign(&root, b"motcua lookup v1").as_ref(),
        );
        let origin = hmac::Key::new(
            hmac::HMAC_SHA256,
            hmac::sign(&root, b"motcua origin v1").as_ref(),
        );
        let mut id = hex(hmac::sign(&root, b"motcua key id v1").as_ref());
        id.truncate(8);
        Ok(Self {
            id,
            seal: LessSafeKey::new(unbound),
            lookup,
            origin,
        })
    }

    fn open(&self, data: &str, about: &[u8]) -> Option<String> {
        let bytes = B64.decode(data).ok()?;
        let (nonce, data) = bytes.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut data = data.to_vec();
        let plain = self
            .seal
            .open_in_place(nonce, Aad::from(about), &mut data)
            .ok()?;
        String::from_utf8(plain.to_vec()).ok()
    }

    fn lookup_hash(&self, plain: &str) -> String {
        hex(hmac::sign(&self.lookup, plain.as_bytes()).as_ref())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

impl Sealer {
    /// A sealer with one key, from a secret text.
    ///
    /// # Errors
    /// When the secret has fewer than 32 characters.
    pub fn new(secret: &str) -> anyhow::Result<Self> {
        Self::with_older(secret, &[])
    }

    /// A sealer that seals with `secret` and also opens what was sealed with one of `older`.
    ///
    /// # Errors
    /// When a secret has fewer than 32 characters, or an older one is the current one.
    pub fn with_older(secret: &str, older: &[&str]) -> anyhow::Result<Self> {
        let current = Key::derive(secret)?;
        let older = older
            .iter()
            .map(|secret| Key::derive(secret))
            .collect::<anyhow::Result<Vec<_>>>()?;
        anyhow::ensure!(
            older.iter().all(|key| key.id != current.id),
            "an older sealing secret is the current one"
        );
        Ok(Self(Arc::new(Ring { current, older })))
    }

    /// Seals a text: `v1.`, the id of the key, `.`, base64url of nonce and ciphertext.
    pub fn seal(&self, ids: crate::Ids, plain: &str) -> String {
        self.seal_about(ids, plain, "")
    }

    /// Seals a text that belongs to something: it opens only for the same `about`, so that it cannot be moved elsewhere.
    pub fn seal_about(&self, ids: crate::Ids, plain: &str, about: &str) -> String {
        let nonce = ids.bytes::<NONCE_LEN>();
        let mut data = plain.as_bytes().to_vec();
        let key = &self.0.current;
        let about = Aad::from(about.as_bytes());
        #[expect(clippy::expect_used, reason = "fails only beyond 64 GiB")]
        key.seal
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), about, &mut data)
            .expect("short texts can be sealed");
        let mut out = nonce.to_vec();
        out.append(&mut data);
        format!("v1.{}.{}", key.id, B64.encode(out))
    }

    /// Opens a sealed text.
    ///
    /// # Errors
    /// When it was sealed with another key or changed since.
    pub fn open(&self, sealed: &str) -> Result<String, OpenError> {
        self.open_about(sealed, "")
    }

    /// Opens what [`Sealer::seal_about`] sealed.
    ///
    /// # Errors
    /// When it was sealed with another key or about something else, or changed since.
    pub fn open_about(&self, sealed: &str, about: &str) -> Result<String, OpenError> {
        let (id, data) = sealed
            .strip_prefix("v1.")
            .and_then(|rest| rest.split_once('.'))
            .ok_or(OpenError)?;
        self.keys()
            .find(|key| key.id == id)
            .and_then(|key| key.open(data, about.as_bytes()))
            .ok_or(OpenError)
    }

    /// What begins every text sealed with the key in use.
    pub fn prefix(&self) -> String {
        format!("v1.{}.", self.0.current.id)
    }

    /// Whether this was sealed with the key in use. What was not is to be sealed again.
    pub fn is_current(&self, sealed: &str) -> bool {
        sealed
            .strip_prefix("v1.")
            .and_then(|rest| rest.split_once('.'))
            .is_some_and(|(id, _)| id == self.0.current.id)
    }

    /// The same text sealed with the key in use; `None` when it is already.
    ///
    /// # Errors
    /// As [`Sealer::open`].
    pub fn seal_again(&self, ids: crate::Ids, sealed: &str) -> Result<Option<String>, OpenError> {
        if self.is_current(sealed) {
            return Ok(None);
        }
        let plain = self.open(sealed)?;
        Ok(Some(self.seal(ids, &plain)))
    }

    /// A keyed hash to find a value without opening all of them; hex, 64 characters. This is the one to write.
    pub fn lookup_hash(&self, plain: &str) -> String {
        self.0.current.lookup_hash(plain)
    }

    /// The hashes to look for: while a rotation runs, rows still hold those of the older keys.
    pub fn lookup_hashes(&self, plain: &str) -> Vec<String> {
        self.keys().map(|key| key.lookup_hash(plain)).collect()
    }

    /// Proves what the gateway says of where a request comes from ([`crate::origin`]).
    pub(crate) fn origin_proof(&self, said: &str) -> String {
        B64.encode(hmac::sign(&self.0.current.origin, said.as_bytes()))
    }

    /// Whether the proof is of this text; in constant time.
    pub(crate) fn is_origin_proof(&self, said: &str, proof: &str) -> bool {
        let Ok(proof) = B64.decode(proof) else {
            return false;
        };
        self.keys()
            .any(|key| hmac::verify(&key.origin, said.as_bytes(), &proof).is_ok())
    }

    fn keys(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.0.current).chain(&self.0.older)
    }
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_what_it_sealed_and_nothing_else() {
        let a = Sealer::new(&"a".repeat(32)).expect("sealer");
        let b = Sealer::new(&"b".repeat(32)).expect("sealer");
        let sealed = a.seal(crate::Ids, "024090000011");
        assert!(!sealed.contains("024090000011"));
        assert_eq!(a.open(&sealed).expect("opens"), "024090000011");
        assert!(b.open(&sealed).is_err());
        assert!(a.open(&format!("{sealed}A")).is_err());
        assert!(a.open("024090000011").is_err());
        assert_ne!(sealed, a.seal(crate::Ids, "024090000011"), "nonces differ");
        assert_eq!(a.lookup_hash("x"), a.lookup_hash("x"));
        assert_ne!(a.lookup_hash("x"), b.lookup_hash("x"));
    }

    #[test]
    fn a_rotated_key_opens_until_it_is_taken_away() {
        let (old, new) = ("a".repeat(32), "b".repeat(32));
        let before = Sealer::new(&old).expect("sealer");
        let during = Sealer::with_older(&new, &[&old]).expect("sealer");
        let after = Sealer::new(&new).expect("sealer");
        let sealed = before.seal(crate::Ids, "024090000011");
        assert_eq!(during.open(&sealed).expect("opens"), "024090000011");
        assert!(!during.is_current(&sealed));
        assert!(during.lookup_hashes("x").contains(&before.lookup_hash("x")));
        let again = during
            .seal_again(crate::Ids, &sealed)
            .expect("opens")
            .expect("another key");
        assert!(during.is_current(&again));
        assert_eq!(during.seal_again(crate::Ids, &again).expect("opens"), None);
        assert_eq!(after.open(&again).expect("opens"), "024090000011");
        assert!(after.open(&sealed).is_err());
        assert!(Sealer::with_older(&new, &[&new]).is_err());
        assert!(Sealer::with_older(&new, &["short"]).is_err());
    }

    #[test]
    fn what_is_sealed_about_one_thing_does_not_open_about_another() {
        let a = Sealer::new(&"a".repeat(32)).expect("sealer");
        let sealed = a.seal_about(crate::Ids, "phone", "event 1");
        assert_eq!(a.open_about(&sealed, "event 1").expect("opens"), "phone");
        assert!(a.open_about(&sealed, "event 2").is_err());
        assert!(a.open(&sealed).is_err());
    }
}
