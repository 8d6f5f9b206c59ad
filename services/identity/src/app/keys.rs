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

/// How long a new key is published before it signs, seconds: by then everybody who checks tokens has heard of it.
const AHEAD_SECONDS: i64 = 2 * KEPT_SECONDS;

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

    /// Reads an access token of ours, also an expired one. `None`: it is none.
    pub(crate) fn read_access(&self, token: &str, issuer: &str) -> Option<kit::token::Claims> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        // An id token is signed with the same key and opens nothing (RFC 9068 §4).
        if header.typ.as_deref() != Some("at+jwt") {
            return None;
        }
        self.read_expired::<kit::token::Claims>(token, issuer)
            .filter(|claims| claims.aud == kit::token::AUDIENCE)
    }

    /// Reads an id token of ours, also an expired one, as an `id_token_hint` mostly is. `None`: it is none.
    pub(crate) fn read_id<T: DeserializeOwned>(&self, token: &str, issuer: &str) -> Option<T> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        // An access token says nearly the same, and ends no session.
        if header.typ.as_deref() != Some("JWT") {
            return None;
        }
        self.read_expired(token, issuer)
    }

    fn read_expired<T: DeserializeOwned>(&self, token: &str, issuer: &str) -> Option<T> {
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
    let heard_of = rt.clock.now() - Duration::seconds(AHEAD_SECONDS);
    let mut signer: Option<(String, EncodingKey, bool)> = None;
    let mut set = JwkSet { keys: Vec::new() };
    for stored in store::key::usable(db.read(), since).await? {
        let pkcs8 = rt
            .sealer
            .open(&stored.pkcs8)
            .with_context(|| format!("signing key {}", stored.kid))?;
        let key = EncodingKey::from_ec_der(&B64.decode(pkcs8)?);
        set.keys.push(public(&key)?);
        // The newest that everybody has heard of; while there is none, the oldest.
        let known = stored.created_at <= heard_of;
        if stored.retired_at.is_none() && !signer.as_ref().is_some_and(|(.., known)| *known) {
            signer = Some((stored.kid, key, known));
        }
    }
    let (kid, signing, _) = signer.context("there is no signing key; run migrate")?;
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

/// Makes a new key when the newest is older than `days`, and retires those that another has taken over from. Tells when the newest was
/// made: a time stamp, since only one replica is asked each time, and what another has told before is then merely smaller.
pub(crate) async fn turn(db: &Db, rt: &Runtime, days: u32) -> anyhow::Result<()> {
    let now = rt.clock.now();
    let live = store::key::usable(db.read(), now).await?;
    let mut live = live.iter().filter(|key| key.retired_at.is_none());
    let newest = live.clone().next().map(|key| key.created_at);
    if days > 0 && newest.is_some_and(|made| made < now - Duration::days(i64::from(days))) {
        add(db, rt, false).await?;
        tracing::info!("a new signing key is published");
    } else if let Some(made) = newest {
        rt.metrics
            .gauges(
                "identity_signing_key_made_seconds",
                "When the newest signing key was made, seconds since 1970",
            )
            .get_or_create(&kit::metrics::Labels {
                service: "identity".to_owned(),
                kind: "newest".to_owned(),
            })
            .set(made.timestamp());
    }
    let heard_of = now - Duration::seconds(AHEAD_SECONDS);
    if let Some(signs) = live.find(|key| key.created_at <= heard_of) {
        let made = signs.created_at;
        db.tx(|tx| async move { store::key::retire_before(&*tx, made, now).await })
            .await
            .map_err(|error: sea_orm::DbErr| error)?;
    }
    Ok(())
}

/// Makes a new signing key. It is published at once and signs two minutes later; the ones before then retire: they sign no more and stay
/// published until their tokens are dead.
///
/// # Errors
/// As [`ensure_signing_key`].
pub async fn rotate_signing_key(db: &Db, rt: &Runtime) -> anyhow::Result<()> {
    add(db, rt, false).await
}
