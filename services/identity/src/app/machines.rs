//! Making and changing machine clients, and their proof by a signed assertion (RFC 7523).

use crate::App;
use crate::domain::account::{Account, Reach};
use crate::domain::client::{Client, Grant};
use crate::domain::client_keys;
use crate::domain::machine::{Machine, NOTICE_DAYS};
use crate::domain::secret;
use crate::error::{AccountError, OauthError};
use crate::store;
use chrono::{DateTime, Duration, Utc};
use contracts::{AccountId, Actor, ActorKind, Role};
use ipnet::IpNet;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, Validation};
use sea_orm::DbErr;
use serde::Deserialize;
use std::net::IpAddr;
use std::time::Duration as StdDuration;

/// What stands in place of the hash of a secret for a client that signs: no secret fits it, and it is not a public client.
pub(crate) const SIGNS: &str = "signs";
/// How long an assertion may live, and how far clocks may differ, seconds.
const ASSERTION_LIFE: i64 = 300;
const LEEWAY: i64 = 30;

/// A new client, checked.
#[derive(Clone)]
pub(crate) struct New {
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) agency: Option<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) networks: Vec<IpNet>,
    pub(crate) expires_at: DateTime<Utc>,
    pub(crate) jwks: Option<JwkSet>,
    pub(crate) quota: Option<u32>,
    pub(crate) sandbox: bool,
}

/// A change, checked; `None` stays.
#[derive(Clone, Default)]
pub(crate) struct Change {
    pub(crate) name: Option<String>,
    pub(crate) scopes: Option<Vec<String>>,
    pub(crate) networks: Option<Vec<IpNet>>,
    pub(crate) expires_at: Option<DateTime<Utc>>,
    pub(crate) quota: Option<Option<u32>>,
    pub(crate) active: Option<bool>,
    /// All the keys from now on.
    pub(crate) jwks: Option<JwkSet>,
}

impl Change {
    /// Whether tokens of before say what is no longer so, or were got by a key that is gone: not when keys were added and nothing else.
    fn undoes(&self, machine: &Machine) -> bool {
        let Self {
            name,
            scopes,
            networks,
            expires_at,
            quota,
            active,
            jwks,
        } = self;
        let more_keys = jwks.as_ref().zip(machine.jwks.as_ref());
        let more_keys = more_keys.is_some_and(|(new, old)| client_keys::are_kept(old, new));
        !more_keys
            || name.is_some()
            || scopes.is_some()
            || networks.is_some()
            || expires_at.is_some()
            || quota.is_some()
            || active.is_some()
    }
}

/// A client as it is managed.
pub(crate) struct Managed {
    pub(crate) machine: Machine,
    pub(crate) name: String,
    pub(crate) role: Option<Role>,
    pub(crate) active: bool,
}

fn new_secret(app: &App) -> (String, String) {
    let secret = app.rt.ids.secret();
    let hash = format!("sha256:{}", secret::hash(&secret));
    (secret, hash)
}

/// Makes a client with the account it acts as. Returns its secret, once; none for a client that signs.
pub(crate) async fn create(
    app: &App,
    by: &Actor,
    new: New,
) -> Result<(Managed, Option<String>), AccountError> {
    let now = app.rt.clock.now();
    let id = format!("c-{}", app.rt.ids.uuid(now).simple());
    let (secret, hash) = new_secret(app);
    let signs = new.jwks.is_some();
    let account = Account {
        id: AccountId(app.rt.ids.uuid(now)),
        login: id.clone(),
        password_hash: None,
        temporary_until: None,
        name: new.name.clone(),
        kind: ActorKind::Client,
        roles: vec![new.role],
        agency: None,
        email: None,
        phone: None,
        identity_number: None,
        identity_hash: None,
        active: true,
        version: 1,
        created_at: now,
    };
    let client = Client {
        id: id.clone(),
        name: new.name.clone(),
        secret_hash: Some(if signs { SIGNS.to_owned() } else { hash }),
        redirect_uris: Vec::new(),
        post_logout_uris: Vec::new(),
        loopback: false,
        grants: vec![Grant::ClientCredentials],
        account: Some(account.id),
    };
    let machine = Machine {
        client: id.clone(),
        agency: new.agency,
        scopes: new.scopes,
        networks: new.networks,
        expires_at: new.expires_at,
        previous: None,
        jwks: new.jwks,
        quota: new.quota,
        sandbox: new.sandbox,
        noticed_at: None,
        version: 1,
    };
    app.db
        .tx(|tx| {
            let (account, client, machine) = (account.clone(), client.clone(), machine.clone());
            async move {
                store::account::insert(&*tx, &account, now).await?;
                store::client::put(&*tx, &client, now).await?;
                store::machine::insert(&*tx, &machine, now).await
            }
        })
        .await
        .map_err(AccountError::Database)?;
    tracing::info!(client = id, by = %by.subject, "client created");
    let managed = Managed {
        machine,
        name: new.name,
        role: Some(new.role),
        active: true,
    };
    Ok((managed, (!signs).then_some(secret)))
}

/// One within reach.
pub(crate) async fn show(app: &App, reach: &Reach, id: &str) -> Result<Managed, AccountError> {
    let machine = store::machine::managed(app.db.read(), reach, id)
        .await?
        .ok_or(AccountError::NotFound)?;
    complete(app, machine).await
}

/// Adds what the client and its account say.
pub(crate) async fn complete(app: &App, machine: Machine) -> Result<Managed, AccountError> {
    let db = app.db.read();
    let client = store::machine::client(db, &machine.client)
        .await?
        .ok_or(AccountError::NotFound)?;
    let account = store::account::by_login(db, &machine.client).await?;
    Ok(Managed {
        machine,
        name: client.name,
        role: account.and_then(|a| a.roles.first().copied()),
        active: client.active,
    })
}

/// Changes a client within reach. Tokens it has are refused within seconds.
pub(crate) async fn change(
    app: &App,
    by: &Actor,
    reach: &Reach,
    id: &str,
    version: i64,
    change: Change,
) -> Result<Managed, AccountError> {
    write(app, reach, id, Some(version), |machine| {
        let change = change.clone();
        let revoke = change.undoes(machine);
        machine.scopes = change.scopes.unwrap_or(std::mem::take(&mut machine.scopes));
        machine.networks = change
            .networks
            .unwrap_or(std::mem::take(&mut machine.networks));
        if let Some(at) = change.expires_at {
            machine.expires_at = at;
            // Of the new date there is a notice of its own.
            machine.noticed_at = None;
        }
        machine.quota = change.quota.unwrap_or(machine.quota);
        machine.jwks = change.jwks.or_else(|| machine.jwks.take());
        Written {
            name: change.name,
            active: change.active,
            secret_hash: None,
            revoke,
        }
    })
    .await?;
    tracing::info!(client = id, by = %by.subject, keys = change.jwks.is_some(), "client changed");
    show(app, reach, id).await
}

/// Gives a client a new secret; the one before is taken for as long as `overlap`.
pub(crate) async fn rotate(
    app: &App,
    by: &Actor,
    reach: &Reach,
    id: &str,
    overlap: Duration,
) -> Result<(Managed, String), AccountError> {
    let now = app.rt.clock.now();
    let before = store::machine::client(app.db.read(), id)
        .await?
        .and_then(|c| c.secret_hash)
        .filter(|hash| hash != SIGNS)
        .ok_or(AccountError::NotFound)?;
    let (secret, hash) = new_secret(app);
    write(app, reach, id, None, |machine| {
        machine.previous = (overlap > Duration::zero()).then(|| (before.clone(), now + overlap));
        Written {
            name: None,
            active: None,
            secret_hash: Some(hash.clone()),
            revoke: false,
        }
    })
    .await?;
    tracing::info!(client = id, by = %by.subject, "secret of a client rotated");
    Ok((show(app, reach, id).await?, secret))
}

struct Written {
    name: Option<String>,
    active: Option<bool>,
    secret_hash: Option<String>,
    /// Whether tokens of before say what is no longer so.
    revoke: bool,
}

async fn write(
    app: &App,
    reach: &Reach,
    id: &str,
    version: Option<i64>,
    change: impl Fn(&mut Machine) -> Written,
) -> Result<(), AccountError> {
    let now = app.rt.clock.now();
    let change = &change;
    app.db
        .tx(|tx| async move {
            let mut machine = store::machine::managed(&*tx, reach, id)
                .await?
                .ok_or(AccountError::NotFound)?;
            if let Some(version) = version
                && version != machine.version
            {
                return Err(AccountError::Stale(machine.version));
            }
            let written = change(&mut machine);
            machine.version += 1;
            if !store::machine::save(&*tx, &machine, now).await? {
                return Err(AccountError::Stale(machine.version));
            }
            let Written {
                name,
                active,
                secret_hash,
                revoke,
            } = written;
            let known = name.clone();
            store::machine::set_client(&*tx, id, name, secret_hash, active).await?;
            if revoke && let Some(mut account) = store::account::by_login(&*tx, id).await? {
                account.version += 1;
                account.name = known.unwrap_or(account.name);
                account.active = active.unwrap_or(account.active);
                if !store::account::save(&*tx, &account, now).await? {
                    return Err(AccountError::Stale(machine.version));
                }
                store::revocation::put(&*tx, account.id, account.version, now).await?;
            }
            Ok(())
        })
        .await
}

/// The claims of an assertion.
#[derive(Deserialize)]
pub(crate) struct Assertion {
    iss: String,
    sub: String,
    aud: Audience,
    pub(crate) exp: i64,
    #[serde(default)]
    nbf: Option<i64>,
    jti: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Audience {
    fn names(&self, wanted: &str) -> bool {
        match self {
            Self::One(one) => one == wanted,
            Self::Many(many) => many.iter().any(|one| one == wanted),
        }
    }
}

/// Proves a client by `private_key_jwt`: signed with one of its keys, for us, short, and never seen before.
pub(crate) async fn prove(
    app: &App,
    client_id: Option<&str>,
    assertion: &str,
    address: Option<IpAddr>,
) -> Result<Client, OauthError> {
    let refused = || OauthError::invalid_client(false);
    let claimed: Assertion = unverified(assertion).ok_or_else(refused)?;
    if claimed.iss != claimed.sub || client_id.is_some_and(|id| id != claimed.sub) {
        return Err(refused());
    }
    // Not by its name: nobody guesses a signature, and strangers would shut the client out.
    let attempt = app
        .throttle
        .admit_place(&app.rt, "client", address)
        .await
        .map_err(|wait| OauthError::too_many(wait.0))?;
    let now = app.rt.clock.now();
    let client = store::client::find(app.db.read(), &claimed.sub).await?;
    let machine = store::machine::find(app.db.read(), &claimed.sub).await?;
    let proved = match (&client, &machine) {
        (Some(_), Some(machine)) => {
            machine.admits(address, now)
                && machine
                    .jwks
                    .as_ref()
                    .is_some_and(|keys| is_signed(assertion, keys))
                && is_for_us(app.rt.tokens.issuer(), &claimed, now.timestamp())
                && is_first(app, &claimed).await
        }
        _ => false,
    };
    match client {
        Some(client) if proved => {
            app.throttle.succeeded(&app.rt, &attempt).await;
            Ok(client)
        }
        _ => {
            app.throttle.failed(&app.rt, &attempt).await;
            Err(refused())
        }
    }
}

/// What an assertion says, before anything is believed.
pub(crate) fn unverified(assertion: &str) -> Option<Assertion> {
    use base64::Engine as _;
    let payload = assertion.split('.').nth(1)?;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(payload)
        .ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// Whether one of these keys has signed it.
pub(crate) fn is_signed(assertion: &str, keys: &JwkSet) -> bool {
    let Ok(header) = jsonwebtoken::decode_header(assertion) else {
        return false;
    };
    // Ours to choose, not the assertion's; and what it says must be understood we do not (RFC 7515 §4.1.11).
    if header.alg != Algorithm::ES256 || header.crit.is_some() {
        return false;
    }
    let key = match &header.kid {
        Some(kid) => keys.find(kid),
        None => keys.keys.first().filter(|_| keys.keys.len() == 1),
    };
    let Some(key) = key.and_then(kit::token::signing_key) else {
        return false;
    };
    let mut rules = Validation::new(Algorithm::ES256);
    rules.validate_exp = false;
    rules.validate_nbf = false;
    rules.validate_aud = false;
    rules.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
    jsonwebtoken::decode::<Assertion>(assertion, &key, &rules).is_ok()
}

/// Whether it is meant for this issuer, alive and short, at this moment (unix seconds).
pub(crate) fn is_for_us(issuer: &str, claims: &Assertion, now: i64) -> bool {
    let endpoint = format!("{}/oauth2/token", issuer.trim_end_matches('/'));
    // Any number may stand there.
    let begun = claims
        .nbf
        .is_none_or(|nbf| nbf <= now.saturating_add(LEEWAY));
    let alive = begun
        && claims.exp.saturating_add(LEEWAY) > now
        && claims.exp <= now.saturating_add(ASSERTION_LIFE + LEEWAY);
    alive && (claims.aud.names(issuer) || claims.aud.names(&endpoint))
}

async fn is_first(app: &App, claims: &Assertion) -> bool {
    if claims.jti.is_empty() || claims.jti.len() > 256 {
        return false;
    }
    let id = secret::hash(&format!("{}\n{}", claims.sub, claims.jti));
    let life = StdDuration::from_secs(ASSERTION_LIFE.unsigned_abs() * 2);
    let key = format!("identity:assertion:{id}");
    app.rt.cache.hits(&key, 0, life).await == 1
}

/// Gives notice of each client that expires soon, once for each date: by its entry in the list of its administrators, and in the log; and
/// sets the gauges that alarm whoever runs the suite.
pub(crate) async fn notice_expiry(app: &App) -> Result<(), DbErr> {
    let now = app.rt.clock.now();
    let soon = now + Duration::days(NOTICE_DAYS);
    for machine in store::machine::to_notice(app.db.read(), now, soon).await? {
        let one = &machine;
        let given = app
            .db
            .tx(|tx| async move { store::machine::note_notice(&*tx, one, now).await })
            .await?;
        if given {
            tracing::warn!(
                client = machine.client,
                agency = machine.agency,
                days = (machine.expires_at - now).num_days(),
                "a client expires soon"
            );
        }
    }
    let gauges = app.rt.metrics.gauges(
        "identity_clients_expiring",
        "Machine clients in use that expire within 30 days, within 7, and that expired in the last 7 days",
    );
    let week = Duration::days(7);
    for (kind, from, until) in [
        ("within-30-days", now, soon),
        ("within-7-days", now, now + week),
        ("expired", now - week, now),
    ] {
        let count = store::machine::count_expiring(app.db.read(), from, until).await?;
        let labels = kit::metrics::Labels {
            service: "identity".to_owned(),
            kind: kind.to_owned(),
        };
        gauges
            .get_or_create(&labels)
            .set(i64::try_from(count).unwrap_or(i64::MAX));
    }
    Ok(())
}
