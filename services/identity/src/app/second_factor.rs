//! The second factor: proposed, confirmed with a code, asked for at each sign-in, taken away.

use crate::app::passwords::Busy;
use crate::app::throttle::Wait;
use crate::domain::account::{Account, Reach};
use crate::domain::{second_factor as rules, secret};
use crate::store;
use crate::{App, OfficersSecondFactor};
use chrono::{DateTime, Utc};
use contracts::{AccountId, Actor, ActorKind, Role};
use sea_orm::DbErr;
use std::net::IpAddr;

/// By what a second factor was proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    /// A code of the authenticator application.
    Code,
    /// A recovery code, which is used up.
    Recovery,
}

impl Proof {
    /// What the tokens say, after the password (RFC 8176).
    pub(crate) fn amr(self) -> &'static str {
        match self {
            Self::Code => "pwd otp mfa",
            Self::Recovery => "pwd mfa",
        }
    }
}

/// Why it was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    #[error("there is a second factor")]
    On,
    #[error("there is no second factor")]
    Off,
    #[error("the password is wrong")]
    Password,
    #[error("the code is wrong or was used")]
    Code,
    #[error("too many attempts")]
    TooMany(Wait),
    #[error("too many at once")]
    Busy,
    #[error("no such account")]
    NotFound,
    #[error("it has a role that is not one's to give: {0:?}")]
    Rank(Role),
    #[error(transparent)]
    Database(#[from] DbErr),
    #[error(transparent)]
    Other(#[from] anyhow::Error),
}

impl durable::TxError for Refused {
    fn db_err(&self) -> Option<&DbErr> {
        match self {
            Self::Database(error) => Some(error),
            _ => None,
        }
    }
}

/// What a person sees of the own second factor.
pub(crate) struct State {
    /// Since when it is asked for.
    pub(crate) since: Option<DateTime<Utc>>,
    /// Recovery codes not used yet.
    pub(crate) codes_left: u64,
    /// Passkeys, each of which is a second factor as well.
    pub(crate) passkeys: u64,
}

/// The state of an account's second factor.
pub(crate) async fn state(app: &App, account: AccountId) -> Result<State, DbErr> {
    let factor = store::second_factor::find(app.db.read(), account).await?;
    Ok(State {
        since: factor.and_then(|f| f.confirmed_at),
        codes_left: store::second_factor::codes_left(app.db.read(), account).await?,
        passkeys: store::passkey::count(app.db.read(), account).await?,
    })
}

/// A fresh shared secret, in base32. Nothing is asked for until it is confirmed; asking again gives another secret.
pub(crate) async fn propose(
    app: &App,
    account: &Account,
    password: &str,
    from: Option<IpAddr>,
) -> Result<String, Refused> {
    check_password(app, account, password, from).await?;
    let bytes = app.rt.ids.bytes::<{ rules::SECRET_BYTES }>();
    let plain = rules::to_base32(bytes.to_vec());
    let sealed = app.rt.sealer.seal(app.rt.ids, &plain);
    let (id, now) = (account.id, app.rt.clock.now());
    app.db
        .tx(|tx| {
            let sealed = sealed.clone();
            async move {
                let there = store::second_factor::find(&*tx, id).await?;
                if there.is_some_and(|f| f.confirmed_at.is_some()) {
                    return Err(Refused::On);
                }
                store::second_factor::propose(&*tx, id, &sealed, now).await?;
                Ok(())
            }
        })
        .await?;
    Ok(plain)
}

/// Confirms the proposed secret with a code of it, and returns the recovery codes, which are shown once.
pub(crate) async fn confirm(
    app: &App,
    account: &Account,
    code: &str,
    from: Option<IpAddr>,
) -> Result<Vec<String>, Refused> {
    let now = app.rt.clock.now();
    let factor = store::second_factor::find(app.db.read(), account.id)
        .await?
        .ok_or(Refused::Off)?;
    if factor.confirmed_at.is_some() {
        return Err(Refused::On);
    }
    let attempt = admit(app, account.id, from).await?;
    let plain = open(app, &factor.secret)?;
    let Some(step) = rules::step(&plain, &account.login, code, now)? else {
        app.throttle.failed(&app.rt, &attempt).await;
        return Err(Refused::Code);
    };
    app.throttle.succeeded(&app.rt, &attempt).await;
    let (codes, hashes) = new_codes(app);
    let (id, sealed) = (account.id, factor.secret);
    app.db
        .tx(|tx| {
            let (sealed, hashes) = (sealed.clone(), hashes.clone());
            async move {
                if !store::second_factor::confirm(&*tx, id, &sealed, step, now).await? {
                    return Err(Refused::On);
                }
                store::second_factor::replace_codes(&*tx, id, &hashes, now).await?;
                Ok(())
            }
        })
        .await?;
    tracing::info!(account = %id, "second factor on");
    Ok(codes)
}

/// A fresh shared secret for [`enrol`], in base32.
pub(crate) fn fresh_secret(app: &App) -> String {
    rules::to_base32(app.rt.ids.bytes::<{ rules::SECRET_BYTES }>().to_vec())
}

/// Sets up a second factor within a sign-in that wants one: the password was just right, and this is the first code of a secret that
/// the page showed. Returns the recovery codes.
pub(crate) async fn enrol(
    app: &App,
    account: &Account,
    plain: &str,
    code: &str,
    from: Option<IpAddr>,
) -> Result<Vec<String>, Refused> {
    let now = app.rt.clock.now();
    let attempt = admit(app, account.id, from).await?;
    let Some(step) = rules::step(plain, &account.login, code, now)? else {
        app.throttle.failed(&app.rt, &attempt).await;
        return Err(Refused::Code);
    };
    app.throttle.succeeded(&app.rt, &attempt).await;
    let (codes, hashes) = new_codes(app);
    let (id, sealed) = (account.id, app.rt.sealer.seal(app.rt.ids, plain));
    app.db
        .tx(|tx| {
            let (sealed, hashes) = (sealed.clone(), hashes.clone());
            async move {
                store::second_factor::propose(&*tx, id, &sealed, now).await?;
                if !store::second_factor::confirm(&*tx, id, &sealed, step, now).await? {
                    return Err(Refused::On);
                }
                store::second_factor::replace_codes(&*tx, id, &hashes, now).await?;
                Ok(())
            }
        })
        .await?;
    tracing::info!(account = %id, "second factor set up at sign-in");
    Ok(codes)
}

/// Whether this account must sign in with two factors, whatever the client asked for.
pub(crate) async fn is_demanded(app: &App, account: &Account) -> Result<bool, DbErr> {
    if account.kind != ActorKind::Officer {
        return Ok(false);
    }
    match app.settings.officers_second_factor {
        OfficersSecondFactor::Required => Ok(true),
        OfficersSecondFactor::Optional => Ok(false),
        OfficersSecondFactor::UnlessDemo => {
            let demo = store::setting::get(app.db.read(), store::setting::DEMO).await?;
            Ok(demo.is_none())
        }
    }
}

/// New recovery codes in place of the old ones.
pub(crate) async fn renew_codes(
    app: &App,
    account: &Account,
    password: &str,
    code: &str,
    from: Option<IpAddr>,
) -> Result<Vec<String>, Refused> {
    check_password(app, account, password, from).await?;
    prove(app, account, code, from).await?;
    let (codes, hashes) = new_codes(app);
    let (id, now) = (account.id, app.rt.clock.now());
    app.db
        .tx(|tx| {
            let hashes = hashes.clone();
            async move { store::second_factor::replace_codes(&*tx, id, &hashes, now).await }
        })
        .await?;
    tracing::info!(account = %id, "recovery codes renewed");
    Ok(codes)
}

/// Turns it off, with password and code.
pub(crate) async fn turn_off(
    app: &App,
    account: &Account,
    password: &str,
    code: &str,
    from: Option<IpAddr>,
) -> Result<(), Refused> {
    check_password(app, account, password, from).await?;
    prove(app, account, code, from).await?;
    let id = account.id;
    app.db
        .tx(|tx| async move { store::second_factor::remove(&*tx, id).await })
        .await?;
    tracing::info!(account = %id, "second factor off");
    Ok(())
}

/// Takes it, and passkeys, away from somebody who lost the device and the recovery codes, and signs the account out everywhere.
pub(crate) async fn reset(
    app: &App,
    by: &Actor,
    reach: &Reach,
    id: AccountId,
) -> Result<(), Refused> {
    let now = app.rt.clock.now();
    // Whoever could reset the own second factor would need none.
    if by.subject == id {
        return Err(Refused::NotFound);
    }
    app.db
        .tx(|tx| {
            let reach = reach.clone();
            async move {
                let found = store::account::managed(&*tx, &reach, id).await?;
                let found = found.ok_or(Refused::NotFound)?;
                // Who is above one's own rank is not one's to weaken, wherever they sit.
                if let Some(role) = found.roles.iter().find(|r| !reach.may_grant(**r)) {
                    return Err(Refused::Rank(*role));
                }
                let passkeys = store::passkey::remove_all(&*tx, id).await?;
                if !store::second_factor::remove(&*tx, id).await? && passkeys == 0 {
                    return Err(Refused::Off);
                }
                store::grant::end_all(&*tx, id, now).await?;
                super::assignments::refuse_tokens(&tx, id, now).await?;
                Ok(())
            }
        })
        .await?;
    tracing::info!(account = %id, by = %by.subject, "second factor reset");
    Ok(())
}

/// Whether a sign-in of this account asks for a second factor.
pub(crate) async fn is_on(app: &App, account: AccountId) -> Result<bool, DbErr> {
    let factor = store::second_factor::find(app.db.read(), account).await?;
    let codes = factor.is_some_and(|f| f.confirmed_at.is_some());
    Ok(codes || store::passkey::count(app.db.read(), account).await? > 0)
}

/// Checks a code, or a recovery code, and uses it up.
pub(crate) async fn prove(
    app: &App,
    account: &Account,
    code: &str,
    from: Option<IpAddr>,
) -> Result<Proof, Refused> {
    let factor = store::second_factor::find(app.db.read(), account.id)
        .await?
        .filter(|f| f.confirmed_at.is_some())
        .ok_or(Refused::Off)?;
    let attempt = admit(app, account.id, from).await?;
    let now = app.rt.clock.now();
    let id = account.id;
    let plain = open(app, &factor.secret)?;
    let proof = if let Some(step) = rules::step(&plain, &account.login, code, now)? {
        let used = app
            .db
            .tx(|tx| async move { store::second_factor::use_step(&*tx, id, step).await })
            .await?;
        used.then_some(Proof::Code)
    } else if let Some(letters) = rules::recovery_letters(code) {
        let hash = secret::hash(&letters);
        let used = app
            .db
            .tx(|tx| {
                let hash = hash.clone();
                async move { store::second_factor::use_code(&*tx, id, &hash).await }
            })
            .await?;
        used.then_some(Proof::Recovery)
    } else {
        None
    };
    match proof {
        Some(proof) => {
            app.throttle.succeeded(&app.rt, &attempt).await;
            Ok(proof)
        }
        None => {
            app.throttle.failed(&app.rt, &attempt).await;
            Err(Refused::Code)
        }
    }
}

async fn admit(
    app: &App,
    account: AccountId,
    from: Option<IpAddr>,
) -> Result<crate::app::throttle::Attempt, Refused> {
    let name = format!("second-factor:{account}");
    app.throttle
        .admit(&app.rt, &name, from)
        .await
        .map_err(Refused::TooMany)
}

/// The password again: a browser left open must not be enough to change how one signs in.
pub(crate) async fn check_password(
    app: &App,
    account: &Account,
    password: &str,
    from: Option<IpAddr>,
) -> Result<(), Refused> {
    let attempt = app
        .throttle
        .admit(&app.rt, &account.login, from)
        .await
        .map_err(Refused::TooMany)?;
    let password = if password.len() > crate::app::sign_in::LONGEST {
        String::new()
    } else {
        vn::text::nfc(password)
    };
    let good = app
        .hasher
        .verify(&password, account.password_hash.as_deref())
        .await
        .map_err(|Busy| Refused::Busy)?;
    // A temporary one is known to who has set it, and opens a sign-in only.
    if good && account.temporary_until.is_none() {
        app.throttle.succeeded(&app.rt, &attempt).await;
        Ok(())
    } else {
        app.throttle.failed(&app.rt, &attempt).await;
        Err(Refused::Password)
    }
}

fn open(app: &App, sealed: &str) -> anyhow::Result<String> {
    Ok(app.rt.sealer.open(sealed)?)
}

/// Recovery codes as they are shown, and as they are stored.
fn new_codes(app: &App) -> (Vec<String>, Vec<String>) {
    (0..rules::RECOVERY_CODES)
        .map(|_| {
            let bytes = app.rt.ids.bytes::<{ rules::RECOVERY_BYTES }>();
            let code = rules::recovery_code(bytes.to_vec());
            let hash = secret::hash(&code.replace('-', ""));
            (code, hash)
        })
        .unzip()
}
