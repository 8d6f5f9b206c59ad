//! Signing in: the password, the session, the code.

use crate::App;
use crate::app::passwords::Busy;
use crate::app::providers::Vouched;
use crate::app::throttle::Wait;
use crate::domain::account::{Account, fold_login};
use crate::domain::request::AuthorizationRequest;
use crate::domain::secret;
use crate::store;
use crate::store::grant::{self, Code, Session};
use chrono::Duration;
use contracts::AccountId;
use sea_orm::DbErr;
use std::net::IpAddr;

/// Why a sign-in did not succeed. Which of login and password was wrong is not told, nor whether the account is closed.
#[derive(Debug)]
pub(crate) enum NotSignedIn {
    Wrong,
    /// The password was right, and an administrator set it too long ago.
    Expired,
    TooMany(Wait),
    Busy,
    Database(DbErr),
}

impl From<DbErr> for NotSignedIn {
    fn from(error: DbErr) -> Self {
        Self::Database(error)
    }
}

/// Longer passwords are wrong without being hashed, bytes.
pub(crate) const LONGEST: usize = 1024;

/// Checks login and password, with the same work for a login that does not exist.
pub(crate) async fn authenticate(
    app: &App,
    login: &str,
    password: &str,
    address: Option<IpAddr>,
) -> Result<Account, NotSignedIn> {
    let folded = fold_login(&vn::text::nfc(login));
    let attempt = app
        .throttle
        .admit(&app.rt, folded.as_deref().unwrap_or("?"), address)
        .await
        .map_err(NotSignedIn::TooMany)?;
    let account = match &folded {
        Some(login) => store::account::by_login(app.db.read(), login).await?,
        None => None,
    };
    let usable = account.filter(|a| a.active && a.password_hash.is_some());
    let password = if password.len() > LONGEST {
        String::new()
    } else {
        vn::text::nfc(password)
    };
    let stored = usable.as_ref().and_then(|a| a.password_hash.as_deref());
    let good = app
        .hasher
        .verify(&password, stored)
        .await
        .map_err(|Busy| NotSignedIn::Busy)?;
    match usable {
        Some(account) if good => {
            app.throttle.succeeded(&app.rt, &attempt).await;
            let now = app.rt.clock.now();
            if account.temporary_until.is_some_and(|until| until <= now) {
                tracing::info!(account = %account.id, "a temporary password has expired");
                return Err(NotSignedIn::Expired);
            }
            tracing::info!(account = %account.id, "signed in");
            Ok(account)
        }
        _ => {
            app.throttle.failed(&app.rt, &attempt).await;
            tracing::info!("sign-in refused");
            Err(NotSignedIn::Wrong)
        }
    }
}

/// How somebody signed in.
pub(crate) struct Means {
    /// Values of RFC 8176, with spaces between.
    pub(crate) amr: String,
    /// What the browser calls itself.
    pub(crate) device: String,
    /// Who vouched for it, when it was no password of ours.
    pub(crate) vouched: Option<Vouched>,
}

/// A new session and the secret for its cookie. A session that the browser had before is ended: its cookie is never reused. Who signs in
/// again goes on with the access tokens of before; those of somebody else are refused.
pub(crate) async fn start_session(
    app: &App,
    account: AccountId,
    before: Option<&Session>,
    how: Means,
) -> Result<(Session, String), DbErr> {
    let now = app.rt.clock.now();
    let cookie = app.rt.ids.secret();
    let session = Session {
        hash: secret::hash(&cookie),
        id: app.rt.ids.uuid(now),
        account,
        created_at: now,
        // What we saw ourselves was now.
        auth_time: how.vouched.as_ref().map_or(Some(now), |by| by.proved),
        expires_at: now + Duration::seconds(i64::from(app.settings.session_seconds)),
        amr: how.amr,
        device: how.device,
        vouched: how.vouched.map(|by| grant::Vouched {
            provider: by.provider,
            loa: by.loa,
        }),
    };
    let old = before.map(|s| (s.id, s.account));
    app.db
        .tx(|tx| {
            let session = session.clone();
            async move {
                match old {
                    Some((old, whose)) if whose == account => {
                        store::grant::end_session(&*tx, old, now).await?;
                    }
                    Some((old, _)) => store::grant::sign_out(&*tx, old, now).await?,
                    None => {}
                }
                store::grant::add_session(&*tx, &session).await
            }
        })
        .await?;
    Ok((session, cookie))
}

/// The live session of a cookie, and its account when that is still active.
pub(crate) async fn resume(
    app: &App,
    cookie: Option<&str>,
) -> Result<Option<(Session, Account)>, DbErr> {
    let Some(cookie) = cookie else {
        return Ok(None);
    };
    let now = app.rt.clock.now();
    let Some(session) = store::grant::session(app.db.read(), &secret::hash(cookie), now).await?
    else {
        return Ok(None);
    };
    let account = store::account::find(app.db.read(), session.account).await?;
    Ok(account
        .filter(|a| a.active)
        .map(|account| (session, account)))
}

/// A code for this request, good once and for a minute.
pub(crate) async fn issue_code(
    app: &App,
    request: &AuthorizationRequest,
    session: &Session,
) -> Result<String, DbErr> {
    let now = app.rt.clock.now();
    let secret = app.rt.ids.secret();
    let code = Code {
        hash: secret::hash(&secret),
        family: app.rt.ids.uuid(now),
        client: request.client.clone(),
        account: session.account,
        session: session.id,
        redirect_uri: request.redirect_uri.clone(),
        scope: request.scope.clone(),
        challenge: request.challenge.clone(),
        nonce: request.nonce.clone(),
        auth_time: session.auth_time,
        expires_at: now + Duration::seconds(i64::from(app.settings.code_seconds)),
        used_at: None,
        amr: session.amr.clone(),
        vouched: session.vouched.clone(),
        mandate: request.acting_for,
    };
    app.db
        .tx(|tx| {
            let code = code.clone();
            async move { store::grant::add_code(&*tx, &code).await }
        })
        .await?;
    Ok(secret)
}
