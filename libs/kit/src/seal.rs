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
#[derive(Clone)]
pub struct Sealer(Arc<Keys>);

struct Keys {
    seal: LessSafeKey,
    lookup: hmac::Key,
}

impl Sealer {
    /// A sealer from a secret text of any length; both keys are derived from it with HMAC-SHA-256.
    ///
    /// # Errors
    /// When the secret has fewer than 32 characters.
    pub fn new(secret: &str) -> anyhow::Result<Self> {
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
        Ok(Self(Arc::new(Keys {
            seal: LessSafeKey::new(unbound),
            lookup,
        })))
    }

    /// Seals a text: `v1.` + base64url of nonce and ciphertext.
    pub fn seal(&self, ids: crate::Ids, plain: &str) -> String {
        let nonce = ids.bytes::<NONCE_LEN>();
        let mut data = plain.as_bytes().to_vec();
        #[expect(clippy::expect_used, reason = "fails only beyond 64 GiB")]
        self.0
            .seal
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut data)
            .expect("short texts can be sealed");
        let mut out = nonce.to_vec();
        out.append(&mut data);
        format!("v1.{}", B64.encode(out))
    }

    /// Opens a sealed text.
    ///
    /// # Errors
    /// When it was sealed with another key or changed since.
    pub fn open(&self, sealed: &str) -> Result<String, OpenError> {
        let bytes = sealed
            .strip_prefix("v1.")
            .and_then(|s| B64.decode(s).ok())
            .ok_or(OpenError)?;
        let (nonce, data) = bytes.split_at_checked(NONCE_LEN).ok_or(OpenError)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_unspecified| OpenError)?;
        let mut data = data.to_vec();
        let plain = self
            .0
            .seal
            .open_in_place(nonce, Aad::empty(), &mut data)
            .map_err(|_unspecified| OpenError)?;
        String::from_utf8(plain.to_vec()).map_err(|_not_text| OpenError)
    }

    /// A keyed hash to find a value without opening all of them; hex, 64 characters.
    pub fn lookup_hash(&self, plain: &str) -> String {
        hmac::sign(&self.0.lookup, plain.as_bytes())
            .as_ref()
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect()
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
}
