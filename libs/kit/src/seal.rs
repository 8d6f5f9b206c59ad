//! Sealing of personal identifiers at rest: AES-256-GCM for the value, HMAC-SHA-256 for look-up (architecture §3.14).
//!
//! The key that seals is a random data key, given wrapped: only with the secret can it be used (ADR 71). Without one, the key is derived
//! from the secret itself.

use anyhow::Context as _;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use std::sync::Arc;

/// A sealed text could not be opened: another key, or tampered with.
#[derive(Debug, thiserror::Error)]
#[error("sealed value cannot be opened with this key")]
pub struct OpenError;

/// Bytes of a data key.
const DATA_KEY: usize = 32;
/// Stands in a list of data keys for the key that is derived from the secret.
const DERIVED: &str = "derived";
/// What a wrapped key is bound to.
const WRAPPED: &[u8] = b"motcua data key v1";

/// Seals and opens. Cheap to clone; never prints its keys.
///
/// One key seals; keys that were in use before still open, until a rotation has sealed everything again (`motcua seal-again`).
#[derive(Clone)]
pub struct Sealer(Arc<Ring>);

struct Ring {
    current: Key,
    older: Vec<Key>,
    /// Of the secret: wraps data keys, proves, and touches no data.
    present: Wrapping,
    /// Those of the older secrets: they only unwrap and believe.
    before: Vec<Wrapping>,
}

struct Wrapping {
    /// That of the key derived from the same secret.
    id: String,
    key: LessSafeKey,
    /// Proves to other processes of the suite; no data hangs on it.
    origin: hmac::Key,
}

impl Wrapping {
    fn derive(secret: &str) -> anyhow::Result<Self> {
        let root = root(secret)?;
        Ok(Self {
            id: id_of(&root),
            key: aead(&root, b"motcua wrap v1")?,
            origin: hmac::Key::new(
                hmac::HMAC_SHA256,
                hmac::sign(&root, b"motcua origin v1").as_ref(),
            ),
        })
    }

    /// `d1.`, the id of the secret, `.`, base64url of nonce and wrapped key.
    fn wrap(&self, ids: crate::Ids, key: &[u8; DATA_KEY]) -> String {
        let data = shut(&self.key, ids, key, WRAPPED);
        format!("d1.{}.{}", self.id, B64.encode(data))
    }

    fn key_in(&self, wrapped: &str) -> Option<[u8; DATA_KEY]> {
        let (id, data) = wrapped.strip_prefix("d1.")?.split_once('.')?;
        let data = (id == self.id).then(|| B64.decode(data).ok())??;
        opened(&self.key, &data, WRAPPED)?.try_into().ok()
    }
}

fn root(secret: &str) -> anyhow::Result<hmac::Key> {
    anyhow::ensure!(
        secret.len() >= 32,
        "the sealing secret needs at least 32 characters"
    );
    Ok(hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()))
}

/// Eight hex characters that say which key it was, and nothing about it.
fn id_of(root: &hmac::Key) -> String {
    let mut id = hex(hmac::sign(root, b"motcua key id v1").as_ref());
    id.truncate(8);
    id
}

fn aead(root: &hmac::Key, purpose: &[u8]) -> anyhow::Result<LessSafeKey> {
    let derived = hmac::sign(root, purpose);
    let unbound = UnboundKey::new(&AES_256_GCM, derived.as_ref())
        .map_err(|error| anyhow::anyhow!("sealing key: {error}"))?;
    Ok(LessSafeKey::new(unbound))
}

/// A fresh nonce and the ciphertext.
fn shut(key: &LessSafeKey, ids: crate::Ids, plain: &[u8], about: &[u8]) -> Vec<u8> {
    let nonce = ids.bytes::<NONCE_LEN>();
    let mut data = plain.to_vec();
    #[expect(clippy::expect_used, reason = "fails only beyond 64 GiB")]
    key.seal_in_place_append_tag(
        Nonce::assume_unique_for_key(nonce),
        Aad::from(about),
        &mut data,
    )
    .expect("short texts can be sealed");
    let mut out = nonce.to_vec();
    out.append(&mut data);
    out
}

/// What [`shut`] made of it.
fn opened(key: &LessSafeKey, data: &[u8], about: &[u8]) -> Option<Vec<u8>> {
    let (nonce, data) = data.split_at_checked(NONCE_LEN)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut data = data.to_vec();
    let plain = key.open_in_place(nonce, Aad::from(about), &mut data).ok()?;
    Some(plain.to_vec())
}

struct Key {
    /// Eight hex characters that say which key it was, and nothing about it.
    id: String,
    seal: LessSafeKey,
    lookup: hmac::Key,
}

impl Key {
    /// Both keys are derived from a secret text of any length, or from a data key, with HMAC-SHA-256.
    fn derive(root: &hmac::Key) -> anyhow::Result<Self> {
        Ok(Self {
            id: id_of(root),
            seal: aead(root, b"motcua seal v1")?,
            lookup: hmac::Key::new(
                hmac::HMAC_SHA256,
                hmac::sign(root, b"motcua lookup v1").as_ref(),
            ),
        })
    }

    fn open(&self, data: &str, about: &[u8]) -> Option<String> {
        let bytes = B64.decode(data).ok()?;
        String::from_utf8(opened(&self.seal, &bytes, about)?).ok()
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
        Self::with_data_keys(secret, older, &[])
    }

    /// A sealer that seals with the first of these data keys, which `secret` or one of `older` has wrapped, or which is the word `derived`:
    /// the key derived from `secret`. What was sealed with another of them, or with a key that is derived from a secret, opens, too.
    ///
    /// # Errors
    /// As [`Sealer::with_older`]; when a data key was wrapped by none of the secrets, or is there twice.
    pub fn with_data_keys(
        secret: &str,
        older: &[&str],
        data_keys: &[&str],
    ) -> anyhow::Result<Self> {
        let present = Wrapping::derive(secret)?;
        let before = older
            .iter()
            .map(|secret| Wrapping::derive(secret))
            .collect::<anyhow::Result<Vec<_>>>()?;
        anyhow::ensure!(
            before.iter().all(|one| one.id != present.id),
            "an older sealing secret is the current one"
        );
        let derived = || Key::derive(&root(secret)?);
        let mut keys: Vec<Key> = Vec::new();
        for (n, given) in (1..).zip(data_keys) {
            let key = if *given == DERIVED {
                derived()?
            } else {
                let data_key = std::iter::once(&present)
                    .chain(&before)
                    .find_map(|one| one.key_in(given))
                    .with_context(|| {
                        format!("the data key {n} of sealing.data_keys is damaged, or was wrapped by another secret")
                    })?;
                Key::derive(&hmac::Key::new(hmac::HMAC_SHA256, &data_key))?
            };
            anyhow::ensure!(
                keys.iter().all(|other| other.id != key.id),
                "the data key {n} of sealing.data_keys is there twice"
            );
            keys.push(key);
        }
        if !data_keys.contains(&DERIVED) {
            keys.push(derived()?);
        }
        for secret in older {
            keys.push(Key::derive(&root(secret)?)?);
        }
        let mut keys = keys.into_iter();
        Ok(Self(Arc::new(Ring {
            current: keys.next().context("no key seals")?,
            older: keys.collect(),
            present,
            before,
        })))
    }

    /// A new data key, wrapped by the present secret.
    pub fn new_data_key(&self, ids: crate::Ids) -> String {
        self.0.present.wrap(ids, &ids.bytes())
    }

    /// A data key that the present secret or an older one has wrapped, wrapped by the present one: what it sealed stays as it is. The word
    /// `derived` stays, too.
    ///
    /// # Errors
    /// When none of them has wrapped it.
    pub fn wrap_again(&self, ids: crate::Ids, wrapped: &str) -> Result<String, OpenError> {
        if wrapped == DERIVED {
            return Ok(wrapped.to_owned());
        }
        let key = std::iter::once(&self.0.present)
            .chain(&self.0.before)
            .find_map(|one| one.key_in(wrapped))
            .ok_or(OpenError)?;
        Ok(self.0.present.wrap(ids, &key))
    }

    /// Seals a text: `v1.`, the id of the key, `.`, base64url of nonce and ciphertext.
    pub fn seal(&self, ids: crate::Ids, plain: &str) -> String {
        self.seal_about(ids, plain, "")
    }

    /// Seals a text that belongs to something: it opens only for the same `about`, so that it cannot be moved elsewhere.
    pub fn seal_about(&self, ids: crate::Ids, plain: &str, about: &str) -> String {
        let key = &self.0.current;
        let data = shut(&key.seal, ids, plain.as_bytes(), about.as_bytes());
        format!("v1.{}.{}", key.id, B64.encode(data))
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
        B64.encode(hmac::sign(&self.0.present.origin, said.as_bytes()))
    }

    /// Whether the proof is of this text; in constant time.
    pub(crate) fn is_origin_proof(&self, said: &str, proof: &str) -> bool {
        let Ok(proof) = B64.decode(proof) else {
            return false;
        };
        std::iter::once(&self.0.present)
            .chain(&self.0.before)
            .any(|one| hmac::verify(&one.origin, said.as_bytes(), &proof).is_ok())
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

    #[test]
    fn a_data_key_stays_when_the_secret_changes() {
        let (old, new) = ("a".repeat(32), "b".repeat(32));
        let bare = Sealer::new(&old).expect("sealer");
        let wrapped = bare.new_data_key(crate::Ids);
        let before = Sealer::with_data_keys(&old, &[], &[&wrapped]).expect("sealer");
        let sealed = before.seal(crate::Ids, "024090000011");
        assert!(
            bare.open(&sealed).is_err(),
            "the secret alone opens nothing"
        );
        // A data key that is known and does not seal yet.
        let known = Sealer::with_data_keys(&old, &[], &["derived", &wrapped]).expect("sealer");
        assert!(known.is_current(&bare.seal(crate::Ids, "x")));
        assert_eq!(known.open(&sealed).expect("opens"), "024090000011");
        // Sealed before there were data keys.
        let derived = bare.seal(crate::Ids, "x");
        assert_eq!(before.open(&derived).expect("opens"), "x");
        assert!(!before.is_current(&derived));
        assert!(before.lookup_hashes("x").contains(&bare.lookup_hash("x")));
        // The secret changes: only the wrapping does.
        assert!(Sealer::with_data_keys(&new, &[], &[&wrapped]).is_err());
        let during = Sealer::with_data_keys(&new, &[&old], &[&wrapped]).expect("sealer");
        let again = during.wrap_again(crate::Ids, &wrapped).expect("unwrapped");
        assert_ne!(again, wrapped);
        let after = Sealer::with_data_keys(&new, &[], &[&again]).expect("sealer");
        assert_eq!(after.open(&sealed).expect("opens"), "024090000011");
        assert!(after.is_current(&sealed), "there is nothing to seal again");
        assert_eq!(after.lookup_hash("x"), before.lookup_hash("x"));
        assert!(after.wrap_again(crate::Ids, &wrapped).is_err());
        assert!(after.open(&derived).is_err(), "the old secret is gone");
    }

    #[test]
    fn a_new_data_key_seals_and_the_one_before_opens() {
        let secret = "a".repeat(32);
        let make = |keys: &[&str]| Sealer::with_data_keys(&secret, &[], keys);
        let bare = make(&[]).expect("sealer");
        let (first, second) = (bare.new_data_key(crate::Ids), bare.new_data_key(crate::Ids));
        let sealed = make(&[&first]).expect("sealer").seal(crate::Ids, "x");
        let both = make(&[&second, &first]).expect("sealer");
        let again = both.seal_again(crate::Ids, &sealed).expect("opens");
        let again = again.expect("another key");
        let alone = make(&[&second]).expect("sealer");
        assert_eq!(alone.open(&again).expect("opens"), "x");
        assert!(alone.open(&sealed).is_err());
        // The same key is none, however it is wrapped; nor is one that was changed, or that is no key.
        let twice = bare.wrap_again(crate::Ids, &first).expect("unwrapped");
        assert!(make(&[&first, &twice]).is_err());
        let (head, data) = first.rsplit_once('.').expect("data");
        let changed = format!("{head}.{}", data.chars().rev().collect::<String>());
        for bad in [changed, sealed, String::new()] {
            assert!(make(&[&bad]).is_err(), "{bad}");
        }
    }
}
