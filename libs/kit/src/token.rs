//! What a token says, and whether it may be believed: the signature, the issuer, the time, the revocations.

use crate::Problem;
use crate::auth::StepUp;
use crate::runtime::Runtime;
use aws_lc_rs::digest::{SHA256, digest};
use contracts::problem::shared;
use contracts::{
    AccountId, Acting, Actor, ActorKind, Assurance, Ground, Limits, Mandate, Proof, Role,
};
use ipnet::IpNet;
use jsonwebtoken::jwk::{
    AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm, KeyOperations, PublicKeyUse,
};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// The audience of every access token of the suite.
pub const AUDIENCE: &str = "motcua";
/// How far two machines' clocks may differ, seconds.
pub const LEEWAY: i64 = 30;
/// An unknown key id asks for the key set again, at most once in this many seconds.
const REFRESH_SECONDS: i64 = 10;
/// How old the list of revoked rights may be, seconds: so soon does a revocation take effect everywhere.
const REVOKED_SECONDS: i64 = 3;
/// How old an answer with that list may be when it comes, seconds. Older: somebody plays it again.
const REVOKED_FRESH: i64 = 120;
/// What the sealed list is bound to.
const REVOKED_ABOUT: &str = "revocations";
/// Tokens remembered at the most, each about 1 kB.
const SEEN: u64 = 20_000;
/// A little longer than an access token lives.
const SEEN_FOR: Duration = Duration::from_mins(12);
/// How long the list may take.
const REVOKED_DEADLINE: Duration = Duration::from_secs(2);

/// The claims of an access token (RFC 9068), ES256.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Claims {
    /// Issuer: the public URL of the identity service.
    pub iss: String,
    /// Always [`AUDIENCE`].
    pub aud: String,
    /// The account.
    pub sub: AccountId,
    /// The OAuth client the token was given to.
    pub azp: String,
    /// The same by its name of RFC 9068 §2.2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Expiry, unix seconds.
    pub exp: i64,
    /// Issued at, unix seconds.
    pub iat: i64,
    /// Unique id of the token.
    pub jti: String,
    /// What it came of: a code or a device that was let in, or a client's own asking. Revoked, it is in the list of revocations like an
    /// account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<uuid::Uuid>,
    /// The session in which a person signed in; ended, it is in that list, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<uuid::Uuid>,
    /// Scopes of OpenID Connect, space separated: what userinfo tells to who brings the token. Not [`Self::scope`], which limits rights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub openid_scope: Option<String>,
    /// Name to show.
    pub name: String,
    /// Kind of party.
    pub kind: ActorKind,
    /// Roles.
    pub roles: Vec<Role>,
    /// Agency code of an officer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<String>,
    /// Version of the account that the rights were read from; a token older than a revoked version is refused.
    #[serde(default)]
    pub ver: i64,
    /// Permissions that the token is limited to, space separated (RFC 9068); absent: all of the roles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Requests a minute that the gateway lets through; absent: as everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota: Option<u32>,
    /// When the person last proved who they are, unix seconds (RFC 9470 §6).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    /// How surely.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<Assurance>,
    /// Who acts for the subject (RFC 8693 §4.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Act>,
    /// Roles among the above that are held for a time, and in whose name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acting: Vec<Acting>,
    /// Agencies whose dossiers the own one took over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub predecessors: Vec<String>,
    /// Networks that the token may be used from (ADR 75); empty: from anywhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub networks: Vec<IpNet>,
}

/// Who acts, in the claims.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Act {
    /// The account of who acts.
    pub sub: AccountId,
    /// Their name.
    pub name: String,
    /// By what.
    pub ground: Ground,
    /// The mandate; revoked, it is in the list of revocations like an account.
    pub mandate: uuid::Uuid,
    /// Version of their account, as [`Claims::ver`].
    pub ver: i64,
}

/// What was revoked lately: tokens of these accounts with rights older than the version are refused. Travels sealed, since it names
/// people, and since who could forge it could lock them out.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Revocations {
    /// When the list was made, unix seconds.
    pub at: i64,
    /// Account, and the first version whose tokens are good. A mandate, a grant and a session stand here like an account.
    pub accounts: Vec<(AccountId, i64)>,
}

/// [`Revocations`] as answered.
#[derive(Debug, Serialize, Deserialize)]
pub struct SealedRevocations {
    sealed: String,
}

impl Revocations {
    /// Seals the list for the answer.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn seal(&self, rt: &Runtime) -> serde_json::Result<SealedRevocations> {
        let text = serde_json::to_string(self)?;
        let sealed = rt.sealer.seal_about(rt.ids, &text, REVOKED_ABOUT);
        Ok(SealedRevocations { sealed })
    }

    fn open(answer: &SealedRevocations, rt: &Runtime) -> anyhow::Result<Self> {
        let text = rt.sealer.open_about(&answer.sealed, REVOKED_ABOUT)?;
        let list: Self = serde_json::from_str(&text)?;
        let age = (rt.clock.now().timestamp() - list.at).abs();
        anyhow::ensure!(age <= REVOKED_FRESH, "the list is {age} s old");
        Ok(list)
    }
}

impl Claims {
    fn actor(&self) -> Actor {
        Actor {
            subject: self.sub,
            name: self.name.clone(),
            kind: self.kind,
            roles: self.roles.clone(),
            agency: self.agency.clone(),
            client: Some(self.azp.clone()),
            limits: Limits {
                scopes: self
                    .scope
                    .as_ref()
                    .map(|s| s.split_whitespace().map(str::to_owned).collect()),
                requests_per_minute: self.quota,
            },
            proof: Proof {
                at: self.auth_time,
                assurance: self.acr.unwrap_or_default(),
            },
            mandate: self.act.as_ref().map(|act| Mandate {
                subject: act.sub,
                name: act.name.clone(),
                ground: act.ground,
                id: act.mandate,
            }),
            acting: self.acting.clone(),
            predecessors: self.predecessors.clone(),
        }
    }
}

/// Checks access tokens against the issuer's published keys. Cheap to clone.
#[derive(Clone)]
pub struct TokenVerifier(Arc<Inner>, StepUp);

struct Inner {
    issuer: String,
    source: Source,
    keys: RwLock<Keys>,
    /// Tokens whose signature was found good, by their SHA-256. The signature is nearly all the work of a check, and a token comes with
    /// every request of its ten minutes. Whatever changes with time is looked at each time.
    seen: moka::future::Cache<[u8; 32], Arc<Signed>>,
    refreshing: tokio::sync::Mutex<()>,
    revoked: RwLock<Revoked>,
    asking: tokio::sync::Mutex<()>,
}

struct Revoked {
    versions: HashMap<AccountId, i64>,
    asked: i64,
}

enum Source {
    Fixed,
    Url(Box<KeysUrl>),
}

type KeysUrl = dyn Fn() -> Option<url::Url> + Send + Sync;

/// What a token says, and by which key set its signature was good: a key that is published no more vouches for nothing.
struct Signed {
    claims: Claims,
    set: u64,
}

#[derive(Default)]
struct Keys {
    by_id: HashMap<String, DecodingKey>,
    fetched: i64,
    /// As published, and which one it is: another one begins where it differs, not with each fetch, which anybody can cause.
    published: Option<JwkSet>,
    set: u64,
}

impl TokenVerifier {
    /// A verifier over keys that never change: for tests and tools.
    pub fn fixed(issuer: &str, keys: &JwkSet) -> Self {
        Self::build(issuer, Source::Fixed, index(keys))
    }

    /// A verifier that fetches the key set when it meets a key id it does not know. The URL is asked for each time, since in one
    /// process the address of identity is known only after it was bound.
    pub fn remote(
        issuer: &str,
        jwks_url: impl Fn() -> Option<url::Url> + Send + Sync + 'static,
    ) -> Self {
        Self::build(issuer, Source::Url(Box::new(jwks_url)), HashMap::new())
    }

    fn build(issuer: &str, source: Source, by_id: HashMap<String, DecodingKey>) -> Self {
        Self(
            Arc::new(Inner {
                issuer: issuer.to_owned(),
                source,
                keys: RwLock::new(Keys {
                    by_id,
                    fetched: i64::MIN,
                    published: None,
                    set: 0,
                }),
                seen: moka::future::Cache::builder()
                    .max_capacity(SEEN)
                    .time_to_live(SEEN_FOR)
                    .build(),
                refreshing: tokio::sync::Mutex::new(()),
                revoked: RwLock::new(Revoked {
                    versions: HashMap::new(),
                    asked: i64::MIN,
                }),
                asking: tokio::sync::Mutex::new(()),
            }),
            StepUp::default(),
        )
    }

    /// Demands this of a sign-in where [`SteppedUp`] is asked for.
    #[must_use]
    pub fn with_step_up(self, rule: StepUp) -> Self {
        Self(self.0, rule)
    }

    /// What is demanded where [`SteppedUp`] is asked for.
    pub fn step_up(&self) -> StepUp {
        self.1
    }

    /// The issuer whose tokens are taken.
    pub fn issuer(&self) -> &str {
        &self.0.issuer
    }

    /// Checks a token that was shown `from` an address ([`crate::origin::address`]) and says who it is.
    ///
    /// # Errors
    /// `auth.invalid-token`, `auth.expired-token`, `auth.revoked-token`, `auth.foreign-issuer`, `auth.foreign-network`; `unavailable`
    /// when the key set cannot be had.
    pub async fn verify(
        &self,
        token: &str,
        from: Option<IpAddr>,
        rt: &Runtime,
    ) -> Result<Actor, Problem> {
        Ok(self.good(token, from, rt).await?.claims.actor())
    }

    /// Checks a token and says all that it says.
    ///
    /// # Errors
    /// As [`Self::verify`].
    pub async fn claims(
        &self,
        token: &str,
        from: Option<IpAddr>,
        rt: &Runtime,
    ) -> Result<Claims, Problem> {
        Ok(self.good(token, from, rt).await?.claims.clone())
    }

    async fn good(
        &self,
        token: &str,
        from: Option<IpAddr>,
        rt: &Runtime,
    ) -> Result<Arc<Signed>, Problem> {
        let invalid = || Problem::new(shared::TOKEN_INVALID);
        let now = rt.clock.now().timestamp();
        let digest: [u8; 32] = digest(&SHA256, token.as_bytes())
            .as_ref()
            .try_into()
            .map_err(|_length| invalid())?;
        let seen = self.0.seen.get(&digest).await;
        let signed = match seen.filter(|seen| seen.set == self.set()) {
            Some(seen) => seen,
            None => {
                let signed = Arc::new(self.signed(token, rt, now).await?);
                self.0.seen.insert(digest, Arc::clone(&signed)).await;
                signed
            }
        };
        let claims = &signed.claims;
        if claims.iss != self.0.issuer {
            return Err(Problem::new(shared::TOKEN_ISSUER));
        }
        if claims.exp.saturating_add(LEEWAY) < now {
            return Err(Problem::new(shared::TOKEN_EXPIRED));
        }
        if claims.iat.saturating_sub(LEEWAY) > now {
            return Err(invalid());
        }
        if self.is_revoked(claims, rt, now).await {
            return Err(Problem::new(shared::TOKEN_REVOKED));
        }
        if !claims.networks.is_empty() && !crate::origin::is_within(&claims.networks, from) {
            tracing::info!(
                client = claims.azp,
                "a token was shown from outside the networks of its client"
            );
            return Err(Problem::new(shared::TOKEN_NETWORK));
        }
        Ok(signed)
    }

    /// What a token for us says, once its signature is found good.
    async fn signed(&self, token: &str, rt: &Runtime, now: i64) -> Result<Signed, Problem> {
        let invalid = || Problem::new(shared::TOKEN_INVALID);
        let header = jsonwebtoken::decode_header(token).map_err(|_malformed| invalid())?;
        // The algorithm is ours to choose, not the token's: no `none`, no HMAC with a public key.
        if header.alg != Algorithm::ES256 {
            return Err(invalid());
        }
        // An access token, nothing else that identity signs (RFC 9068 section 4).
        if header.typ.as_deref() != Some("at+jwt") {
            return Err(invalid());
        }
        let kid = header.kid.ok_or_else(invalid)?;
        let (key, set) = match self.key(&kid) {
            Some(found) => found,
            None => {
                self.refresh(&rt.client, now).await?;
                self.key(&kid).ok_or_else(invalid)?
            }
        };
        let mut rules = Validation::new(Algorithm::ES256);
        rules.set_audience(&[AUDIENCE]);
        // Expiry is checked against our own clock; the issuer too, to tell it apart.
        rules.validate_exp = false;
        rules.validate_nbf = false;
        rules.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
        let claims = jsonwebtoken::decode::<Claims>(token, &key, &rules)
            .map_err(|_any| invalid())?
            .claims;
        Ok(Signed { claims, set })
    }

    /// Whether the rights in the token were taken away since. The list is asked for when it is too old; while identity is away, what
    /// is known holds, and tokens die by themselves within minutes.
    async fn is_revoked(&self, claims: &Claims, rt: &Runtime, now: i64) -> bool {
        if let Source::Url(keys) = &self.0.source {
            let asked = self.read_revoked(|r| r.asked);
            if now.abs_diff(asked) >= REVOKED_SECONDS.unsigned_abs() {
                // Only the first request of all waits for another one's answer; later ones go on with what is known.
                let turn = if asked == i64::MIN {
                    Some(self.0.asking.lock().await)
                } else {
                    self.0.asking.try_lock().ok()
                };
                if turn.is_some() && self.read_revoked(|r| r.asked) == asked {
                    self.ask_revoked(keys, rt, now).await;
                }
            }
        }
        self.read_revoked(|r| {
            let older = |id: &AccountId, ver: i64| r.versions.get(id).is_some_and(|v| ver < *v);
            older(&claims.sub, claims.ver)
                || claims.act.as_ref().is_some_and(|act| {
                    // A mandate has no versions: in the list it is revoked.
                    older(&act.sub, act.ver) || older(&AccountId(act.mandate), 0)
                })
                // Nor have grants and sessions.
                || [claims.grant, claims.sid]
                    .into_iter()
                    .flatten()
                    .any(|id| older(&AccountId(id), 0))
        })
    }

    async fn ask_revoked(&self, keys: &KeysUrl, rt: &Runtime, now: i64) {
        let url = keys().and_then(|url| url.join("revocations").ok());
        let found = match url {
            None => Err(anyhow::anyhow!("the address of identity is not known")),
            Some(url) => rt
                .client
                .get_url(url)
                .deadline(REVOKED_DEADLINE)
                .send_json::<SealedRevocations>()
                .await
                .map_err(anyhow::Error::from)
                .and_then(|answer| Revocations::open(&answer, rt)),
        };
        let mut revoked = self
            .0
            .revoked
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        revoked.asked = now;
        match found {
            Ok(list) => revoked.versions = list.accounts.into_iter().collect(),
            Err(error) => {
                tracing::warn!(%error, "revocations cannot be fetched; what is known holds");
            }
        }
    }

    fn read_revoked<T>(&self, read: impl FnOnce(&Revoked) -> T) -> T {
        read(
            &self
                .0
                .revoked
                .read()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    /// A key, and which set it is of.
    fn key(&self, kid: &str) -> Option<(DecodingKey, u64)> {
        let keys = self.0.keys.read().unwrap_or_else(PoisonError::into_inner);
        Some((keys.by_id.get(kid)?.clone(), keys.set))
    }

    async fn refresh(&self, client: &crate::Client, now: i64) -> Result<(), Problem> {
        let Source::Url(url) = &self.0.source else {
            return Ok(());
        };
        let asked = self.fetched();
        let _one_at_a_time = self.0.refreshing.lock().await;
        // Somebody else fetched while we waited, or a flood of unknown key ids: do not hammer identity.
        let fetched = self.fetched();
        if fetched != asked || now.saturating_sub(fetched) < REFRESH_SECONDS {
            return Ok(());
        }
        let unavailable = || Problem::new(shared::UNAVAILABLE).retry_after(2);
        let url = url().ok_or_else(unavailable)?;
        let set: JwkSet = client.get_url(url).send_json().await.map_err(|error| {
            tracing::warn!(%error, "key set cannot be fetched");
            unavailable()
        })?;
        let mut keys = self.0.keys.write().unwrap_or_else(PoisonError::into_inner);
        keys.fetched = now;
        if keys.published.as_ref() != Some(&set) {
            keys.by_id = index(&set);
            keys.set += 1;
            keys.published = Some(set);
        }
        Ok(())
    }

    fn set(&self) -> u64 {
        self.0
            .keys
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .set
    }

    fn fetched(&self) -> i64 {
        self.0
            .keys
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .fetched
    }
}

fn index(set: &JwkSet) -> HashMap<String, DecodingKey> {
    set.keys
        .iter()
        .filter_map(|jwk| Some((jwk.common.key_id.clone()?, signing_key(jwk)?)))
        .collect()
}

/// The key that checks ES256 signatures, if this is one: on P-256, and meant for nothing else by its own word.
pub fn signing_key(jwk: &Jwk) -> Option<DecodingKey> {
    let common = &jwk.common;
    let on_p256 = matches!(&jwk.algorithm,
        AlgorithmParameters::EllipticCurve(ec) if ec.curve == EllipticCurve::P256);
    let signs = common
        .public_key_use
        .as_ref()
        .is_none_or(|what| *what == PublicKeyUse::Signature);
    let es256 = common
        .key_algorithm
        .is_none_or(|alg| alg == KeyAlgorithm::ES256);
    let verifies = common
        .key_operations
        .as_ref()
        .is_none_or(|ops| ops.contains(&KeyOperations::Verify));
    (on_p256 && signs && es256 && verifies)
        .then(|| DecodingKey::from_jwk(jwk).ok())
        .flatten()
}
