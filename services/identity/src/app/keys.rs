//! Signing keys: made here, sealed at rest, published as a key set. Nobody else signs.

use crate::store;
use anyhow::Context as _;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use chrono::{DateTime, Duration, Utc};
use durable::Db;
use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use kit::Runtime;
use serde::{Serialize, de::DeserializeOwned};
use std::sync::{Arc, PoisonError, RwLock};

/// How long a retired key stays published: longer than any access token lives, and long enough for an `id_token_hint` at sign-out.
const RETIRED_DAYS: i64 = 2;
/// How long the keys are kept in memory, seconds: a rotation elsewhere is seen after this.
const KEPT_SECONDS: i64 = 60;

/// The keys of one moment.
pub(crate) struct Keys {
    kid: String,
    signing: EncodingKey,
    /// What is published.
    pub(crate) set: JwkSet,
}

/// Signs with the newest live key.
#[derive(Default)]
pub(crate) struct Signer(RwLock<Option<(DateTime<Utc>, Arc<Keys>)>>);

impl Signer {
    /// The keys, from memory or from the table.
    pub(crate) async fn keys(&self, db: &Db, rt: &Runtime) -> anyhow::Result<Arc<Keys>> {
        let now = rt.clock.now();
        if let Some((at, keys)) = &*self.0.read().unwrap_or_else(PoisonError::into_inner)
            && (now - *at).num_seconds().abs() < KEPT_SECONDS
        {
            return Ok(Arc::clone(keys));
        }
        let keys = Arc::new(load(db, rt).await?);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some((now, Arc::clone(&keys)));
        Ok(keys)
    }
}

impl Keys {
    /// Signs claims. `kind` is the `typ` of the header.
    pub(crate) fn sign(&self, kind: &str, claims: &impl Serialize) -> anyhow::Result<String> {
        let header = Header {
            typ: Some(kind.to_owned()),
            kid: Some(self.kid.clone()),
            ..Header::new(Algorithm::ES256)
        };
        Ok(jsonwebtoken::encode(&header, claims, &self.signing)?)
    }

    /// Reads a token of ours, also an expired one (an `id_token_hint` mostly is). `None`: not ours.
    pub(crate) fn read_expired<T: DeserializeOwned>(&self, token: &str, issuer: &str) -> Option<T> {
        let kid = jsonwebtoken::decode_header(token).ok()?.kid?;
        let key = DecodingKey::from_jwk(self.set.find(&kid)?).ok()?;
        let mut rules = Validation::new(Algorithm::ES256);
        rules.validate_exp = false;
        rules.validate_aud = false;
        rules.set_issuer(&[issuer]);
        rules.set_required_spec_claims(&["iss", "aud", "sub"]);
        Some(jsonwebtoken::decode::<T>(token, &key, &rules).ok()?.claims)
    }
}

async fn load(db: &Db, rt: &Runtime) -> anyhow::Result<Keys> {
    let since = rt.clock.now() - Duration::days(RETIRED_DAYS);
    let mut signer = None;
    let mut set = JwkSet { keys: Vec::new() };
    for stored in store::key::usable(db.read(), since).await? {
        let pkcs8 = rt
            .sealer
            .open(&stored.pkcs8)
            .with_context(|| format!("signing key {}", stored.kid))?;
        let key = EncodingKey::from_ec_der(&B64.decode(pkcs8)?);
        set.keys.push(public(&key)?);
        if stored.retired_at.is_none() && signer.is_none() {
            signer = Some((stored.kid, key));
        }
    }
    let (kid, signing) = signer.context("there is no signing key; run migrate")?;
    Ok(Keys { kid, signing, set })
}

/// The public half, named by its thumbprint (RFC 7638).
fn public(key: &EncodingKey) -> anyhow::Result<Jwk> {
    let mut jwk = Jwk::from_encoding_key(key, Algorithm::ES256)?;
    jwk.common.key_id = Some(jwk.thumbprint(ThumbprintHash::SHA256)?);
    jwk.common.public_key_use = Some(PublicKeyUse::Signature);
    Ok(jwk)
}

async fn add(db: &Db, rt: &Runtime, only_if_none: bool) -> anyhow::Result<()> {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
        .map_err(|error| anyhow::anyhow!("key generation: {error}"))?;
    let document = pair
        .to_pkcs8v1()
        .map_err(|error| anyhow::anyhow!("key encoding: {error}"))?;
    let kid = public(&EncodingKey::from_ec_der(document.as_ref()))?
        .common
        .key_id
        .context("a key has an id")?;
    let sealed = rt.sealer.seal(rt.ids, &B64.encode(document.as_ref()));
    let now = rt.clock.now();
    db.tx(|tx| {
        let (kid, sealed) = (kid.clone(), sealed.clone());
        async move {
            if only_if_none
                && store::key::usable(&*tx, now)
                    .await?
                    .iter()
                    .any(|key| key.retired_at.is_none())
            {
                return Ok(());
            }
            store::key::add(&*tx, &kid, &sealed, now).await?;
            if !only_if_none {
                store::key::retire_others(&*tx, &kid, now).await?;
            }
            Ok::<_, sea_orm::DbErr>(())
        }
    })
    .await?;
    Ok(())
}

/// Makes the first signing key where there is none.
///
/// # Errors
/// When the database or the sealing key does not play along.
pub async fn ensure_signing_key(db: &Db, rt: &Runtime) -> anyhow::Result<()> {
    let now = rt.clock.now();
    let live = store::key::usable(db.read(), now).await?;
    if live.iter().any(|key| key.retired_at.is_none()) {
        return Ok(());
    }
    add(db, rt, true).await
}

/// Makes a new signing key and retires the others: they sign no more and stay published until their tokens are dead.
///
/// # Errors
/// As [`ensure_signing_key`].
pub async fn rotate_signing_key(db: &Db, rt: &Runtime) -> anyhow::Result<()> {
    add(db, rt, false).await
}
