//! argon2id, off the async threads and a few at a time, so that a storm of sign-ins does not starve everyone else.

use anyhow::Context as _;
use argon2::{
    Algorithm, Argon2, Params, PasswordHash, PasswordHasher as _, PasswordVerifier as _, Version,
};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// OWASP's second choice for argon2id: 19 MiB, two passes, one lane. Kibibytes.
const MEMORY: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// How long a sign-in waits for its turn.
const PATIENCE: Duration = Duration::from_secs(8);

/// Hashes and verifies. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Hasher {
    turns: Arc<Semaphore>,
    /// What is verified for a login that does not exist, so that both take the same time.
    dummy: Arc<str>,
}

/// Too many are waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Busy;

fn argon() -> anyhow::Result<Argon2<'static>> {
    let params = Params::new(MEMORY, PASSES, LANES, None)
        .map_err(|error| anyhow::anyhow!("argon2 parameters: {error}"))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash_now(password: &str, salt: &[u8]) -> anyhow::Result<String> {
    let hash: PasswordHash = argon()?
        .hash_password_with_salt(password.as_bytes(), salt)
        .map_err(|error| anyhow::anyhow!("argon2: {error}"))?;
    Ok(hash.to_string())
}

fn verify_now(password: &str, stored: &str) -> bool {
    let (Ok(argon), Ok(hash)) = (argon(), PasswordHash::new(stored)) else {
        tracing::error!("a stored password hash cannot be read");
        return false;
    };
    argon.verify_password(password.as_bytes(), &hash).is_ok()
}

impl Hasher {
    /// A hasher with this many turns at a time.
    pub(crate) async fn new(turns: usize, ids: kit::clock::Ids) -> anyhow::Result<Self> {
        let (secret, salt) = (ids.secret(), ids.bytes::<16>());
        let dummy = tokio::task::spawn_blocking(move || hash_now(&secret, &salt)).await??;
        Ok(Self {
            turns: Arc::new(Semaphore::new(turns.max(1))),
            dummy: dummy.into(),
        })
    }

    /// Hashes a new password with a random salt of 16 bytes.
    pub(crate) async fn hash(
        &self,
        password: &str,
        ids: kit::clock::Ids,
    ) -> anyhow::Result<String> {
        let turn = self.turns.acquire().await?;
        let (password, salt) = (password.to_owned(), ids.bytes::<16>());
        let hash = tokio::task::spawn_blocking(move || hash_now(&password, &salt))
            .await
            .context("hashing")??;
        drop(turn);
        Ok(hash)
    }

    /// Whether the password is the stored one. Without a stored one the answer is no, after the same work.
    pub(crate) async fn verify(&self, password: &str, stored: Option<&str>) -> Result<bool, Busy> {
        let turn = match tokio::time::timeout(PATIENCE, self.turns.acquire()).await {
            Ok(Ok(turn)) => turn,
            Ok(Err(_)) | Err(_) => return Err(Busy),
        };
        let password = password.to_owned();
        let known = stored.is_some();
        let stored = stored.unwrap_or(&self.dummy).to_owned();
        let same = tokio::task::spawn_blocking(move || verify_now(&password, &stored)).await;
        drop(turn);
        Ok(same.unwrap_or(false) && known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_of_a_known_login_verifies() {
        let ids = kit::clock::Ids;
        let hasher = Hasher::new(2, ids).await.expect("hasher");
        let hash = hasher.hash("mật khẩu của tôi", ids).await.expect("hash");
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        assert_eq!(
            hasher.verify("mật khẩu của tôi", Some(&hash)).await,
            Ok(true)
        );
        assert_eq!(
            hasher.verify("mat khau cua toi", Some(&hash)).await,
            Ok(false)
        );
        assert_eq!(hasher.verify("mật khẩu của tôi", None).await, Ok(false));
        assert_eq!(hasher.verify("x", Some("not a hash")).await, Ok(false));
        let again = hasher.hash("mật khẩu của tôi", ids).await.expect("hash");
        assert_ne!(hash, again, "salted");
    }
}
