//! Passkeys as a second factor (WebAuthn level 2): made on a page of ours with a fresh sign-in and the password, asked for after the
//! password. They cannot be given to a false page, so what they prove is phishing-resistant.

use crate::App;
use crate::app::second_factor::{self, Refused};
use crate::domain::account::Account;
use crate::domain::secret;
use crate::store;
use crate::store::passkey::Passkey as Stored;
use anyhow::Context as _;
use contracts::AccountId;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::net::IpAddr;
use std::time::Duration;
use url::Url;
use uuid::Uuid;
use webauthn_rs::prelude::{
    Credential, Passkey, PasskeyAuthentication, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential,
};
use webauthn_rs::{Webauthn, WebauthnBuilder};

/// Passkeys of one account at the most.
const MOST: u64 = 10;
/// How long an answer may take.
const WAIT: Duration = Duration::from_secs(600);
/// Longest answer of a browser, bytes.
const LONGEST: usize = 32 << 10;

/// What the tokens say, after the password (RFC 8176).
pub(crate) const AMR: &str = "pwd hwk user mfa";

/// The relying party: our own host. `None`: the issuer is an address and no name, for which browsers make no passkeys.
fn party(app: &App) -> anyhow::Result<Option<Webauthn>> {
    party_of(app.rt.tokens.issuer())
}

/// The same for an issuer.
pub(crate) fn party_of(issuer: &str) -> anyhow::Result<Option<Webauthn>> {
    let origin = Url::parse(issuer)?;
    let Some(host) = origin.domain() else {
        return Ok(None);
    };
    let party = WebauthnBuilder::new(host, &origin)
        .and_then(|builder| builder.rp_name("Một Cửa").build())
        .context("relying party")?;
    Ok(Some(party))
}

fn open<T: DeserializeOwned>(app: &App, sealed: &str) -> anyhow::Result<T> {
    Ok(serde_json::from_str(&app.rt.sealer.open(sealed)?)?)
}

fn seal(app: &App, value: &impl Serialize) -> anyhow::Result<String> {
    let text = serde_json::to_string(value)?;
    Ok(app.rt.sealer.seal(app.rt.ids, &text))
}

async fn credentials(app: &App, account: AccountId) -> Result<Vec<(Stored, Passkey)>, Refused> {
    let mut found = Vec::new();
    for stored in store::passkey::of(app.db.read(), account).await? {
        let passkey = open(app, &stored.credential)?;
        found.push((stored, passkey));
    }
    Ok(found)
}

fn pending(session: Uuid) -> String {
    format!("identity:passkey:{session}")
}

/// What the browser is asked to make a passkey with, as JSON.
pub(crate) async fn begin(app: &App, account: &Account, session: Uuid) -> Result<String, Refused> {
    let party = party(app)?.ok_or(Refused::Off)?;
    let known = credentials(app, account.id).await?;
    if u64::try_from(known.len()).unwrap_or(MOST) >= MOST {
        return Err(Refused::On);
    }
    let known = known.iter().map(|(_, p)| p.cred_id().clone()).collect();
    let (options, state) = party
        .start_passkey_registration(account.id.0, &account.login, &account.name, Some(known))
        .context("registration")?;
    // Kept on our side: it is good once, and for this session.
    let state = seal(app, &state)?;
    let cache = &app.rt.cache;
    cache.set(&pending(session), state.as_bytes(), WAIT).await;
    Ok(serde_json::to_string(&options).map_err(anyhow::Error::from)?)
}

/// What the browser sent with a passkey that it made.
pub(crate) struct Made<'a> {
    /// What the person calls it.
    pub(crate) name: &'a str,
    pub(crate) password: &'a str,
    /// The credential as JSON.
    pub(crate) answer: &'a str,
}

/// The passkey that the browser made.
pub(crate) async fn finish(
    app: &App,
    account: &Account,
    session: Uuid,
    made: &Made<'_>,
    from: Option<IpAddr>,
) -> Result<(), Refused> {
    second_factor::check_password(app, account, made.password, from).await?;
    let party = party(app)?.ok_or(Refused::Off)?;
    let key = pending(session);
    let state = app.rt.cache.get(&key).await.ok_or(Refused::Code)?;
    app.rt.cache.delete(&key).await;
    let state = String::from_utf8(state).map_err(anyhow::Error::from)?;
    let state: PasskeyRegistration = open(app, &state)?;
    let answer: RegisterPublicKeyCredential = read(made.answer).ok_or(Refused::Code)?;
    let passkey = party
        .finish_passkey_registration(&answer, &state)
        .map_err(|error| {
            tracing::info!(account = %account.id, %error, "passkey refused");
            Refused::Code
        })?;
    // Whatever the browser made of the list of those to leave out.
    let known = credentials(app, account.id).await?;
    if known.iter().any(|(_, p)| p.cred_id() == passkey.cred_id()) {
        return Err(Refused::Code);
    }
    let now = app.rt.clock.now();
    let name: String = vn::text::clean(made.name).chars().take(60).collect();
    let stored = Stored {
        id: app.rt.ids.uuid(now),
        name,
        credential: seal(app, &passkey)?,
        created_at: now,
        used_at: None,
    };
    let id = account.id;
    app.db
        .tx(|tx| {
            let stored = stored.clone();
            async move { store::passkey::add(&*tx, id, &stored).await }
        })
        .await?;
    tracing::info!(account = %id, "passkey made");
    Ok(())
}

/// An answer of a browser, if it is one.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Option<T> {
    (text.len() <= LONGEST).then(|| serde_json::from_str(text).ok())?
}

/// Takes one away, with the password. False: there is none such.
pub(crate) async fn remove(
    app: &App,
    account: &Account,
    id: Uuid,
    password: &str,
    from: Option<IpAddr>,
) -> Result<bool, Refused> {
    second_factor::check_password(app, account, password, from).await?;
    let account = account.id;
    let removed = app
        .db
        .tx(|tx| async move { store::passkey::remove(&*tx, account, id).await })
        .await?;
    if removed {
        tracing::info!(%account, "passkey removed");
    }
    Ok(removed)
}

/// What a passkey is asked to prove.
pub(crate) struct Question {
    /// For the browser, as JSON.
    pub(crate) options: String,
    /// To remember until the answer.
    pub(crate) state: String,
    /// Whether there are no codes to type in its place.
    pub(crate) alone: bool,
}

/// Asks for one of the account's passkeys. `None`: there is none.
pub(crate) async fn challenge(app: &App, account: AccountId) -> Result<Option<Question>, Refused> {
    let Some(party) = party(app)? else {
        return Ok(None);
    };
    let known: Vec<Passkey> = credentials(app, account)
        .await?
        .into_iter()
        .map(|(_, passkey)| passkey)
        .collect();
    if known.is_empty() {
        return Ok(None);
    }
    let (options, state) = party
        .start_passkey_authentication(&known)
        .context("authentication")?;
    let options = serde_json::to_string(&options).map_err(anyhow::Error::from)?;
    let state = serde_json::to_string(&state).map_err(anyhow::Error::from)?;
    let codes = second_factor::state(app, account).await?.since;
    Ok(Some(Question {
        options,
        state,
        alone: codes.is_none(),
    }))
}

/// Checks what the browser answered to a challenge; each challenge is good once.
pub(crate) async fn prove(
    app: &App,
    account: &Account,
    state: &str,
    answer: &str,
    from: Option<IpAddr>,
) -> Result<(), Refused> {
    let attempt = app
        .throttle
        .admit(&app.rt, &format!("second-factor:{}", account.id), from)
        .await
        .map_err(Refused::TooMany)?;
    match proved(app, account, state, answer).await {
        Ok(()) => {
            app.throttle.succeeded(&app.rt, &attempt).await;
            Ok(())
        }
        Err(Refused::Code) => {
            app.throttle.failed(&app.rt, &attempt).await;
            Err(Refused::Code)
        }
        Err(other) => Err(other),
    }
}

async fn proved(app: &App, account: &Account, state: &str, answer: &str) -> Result<(), Refused> {
    let party = party(app)?.ok_or(Refused::Off)?;
    let answer: PublicKeyCredential = read(answer).ok_or(Refused::Code)?;
    let spent = format!("identity:passkey:spent:{}", secret::hash(state));
    let state: PasskeyAuthentication = serde_json::from_str(state).map_err(anyhow::Error::from)?;
    let result = party
        .finish_passkey_authentication(&answer, &state)
        .map_err(|error| {
            tracing::info!(account = %account.id, %error, "passkey refused");
            Refused::Code
        })?;
    if app.rt.cache.hits(&spent, 0, WAIT).await > 1 {
        return Err(Refused::Code);
    }
    let known = credentials(app, account.id).await?;
    let found = known
        .into_iter()
        .find(|(_, passkey)| passkey.cred_id() == result.cred_id());
    // Removed since the question was asked.
    let (stored, mut passkey) = found.ok_or(Refused::Code)?;
    // The library compared with the counter of when the question was asked; another question may have been answered since.
    let before = Credential::from(passkey.clone()).counter;
    if (before > 0 || result.counter() > 0) && result.counter() <= before {
        tracing::warn!(account = %account.id, "a passkey whose counter goes back: it may have been copied");
        return Err(Refused::Code);
    }
    passkey.update_credential(&result);
    let (after, now) = (seal(app, &passkey)?, app.rt.clock.now());
    let used = app
        .db
        .tx(|tx| {
            let (id, before, after) = (stored.id, stored.credential.clone(), after.clone());
            async move { store::passkey::used(&*tx, id, (&before, &after), now).await }
        })
        .await?;
    // Used, or removed, at the same moment.
    if used { Ok(()) } else { Err(Refused::Code) }
}
