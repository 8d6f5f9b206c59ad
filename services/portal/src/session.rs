//! Sessions are kept on our side, in the cache: the browser holds a random id and nothing else.
//!
//! The cache key is a keyed hash of the id and the value is sealed, so that whoever reads the cache can neither take over a
//! session nor read its tokens.

use crate::App;
use crate::api::{Api, ApiError, Tokens};
use actix_web::HttpRequest;
use actix_web::cookie::time::Duration as CookieAge;
use actix_web::cookie::{Cookie, SameSite};
use contracts::permission::Permission;
use contracts::{AccountId, Actor, ActorKind, Language, Role};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A token is renewed when it has this long to live, seconds.
const RENEW_BEFORE: i64 = 60;
/// How long a renewal of one token is remembered: a rotated refresh token must not be shown twice.
const RENEW_WINDOW: Duration = Duration::from_secs(900);
/// Life of an access token whose answer did not say, seconds.
const DEFAULT_LIFE: i64 = 300;
/// How long another request may take to renew the token.
const RENEW_WAIT: Duration = Duration::from_secs(5);
/// How long a sign-in may take.
const SIGN_IN_TTL: Duration = Duration::from_secs(600);

/// Who is signed in.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Session {
    #[serde(skip)]
    key: String,
    /// Access token.
    pub(crate) access: String,
    /// Refresh token.
    pub(crate) refresh: Option<String>,
    /// ID token, to sign out at identity.
    pub(crate) id_token: Option<String>,
    /// Unix seconds.
    expires_at: i64,
    /// Goes into every form of this session.
    pub(crate) csrf: String,
    /// Name to show.
    pub(crate) name: String,
    /// For whom the person acts: name of the other.
    #[serde(default)]
    pub(crate) acting_for: Option<String>,
    /// A civil servant.
    pub(crate) officer: bool,
    /// Writes procedures.
    #[serde(default)]
    pub(crate) editor: bool,
    /// Manages accounts.
    #[serde(default)]
    pub(crate) admin: Option<Administrator>,
}

/// Who manages accounts, as far as pages must know to offer what is allowed. The API decides.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Administrator {
    /// The own account.
    pub(crate) account: AccountId,
    /// Of the whole province, not of one agency.
    pub(crate) province: bool,
    /// Code of the own agency.
    pub(crate) agency: Option<String>,
}

impl Administrator {
    fn of(actor: &Actor) -> Option<Self> {
        let manages = actor.can(Permission::AccountManage) && actor.mandate.is_none();
        manages.then(|| Self {
            account: actor.subject,
            province: actor.is(Role::ProvinceAdmin),
            agency: actor.agency.clone(),
        })
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Session")
    }
}

impl Session {
    /// Compares in constant time.
    pub(crate) fn csrf_is(&self, token: &str) -> bool {
        aws_lc_rs::constant_time::verify_slices_are_equal(self.csrf.as_bytes(), token.as_bytes())
            .is_ok()
    }
}

/// A sign-in under way, kept under its `state`.
#[derive(Serialize, Deserialize)]
pub(crate) struct SignIn {
    /// Must come back in the ID token.
    pub(crate) nonce: String,
    /// PKCE verifier.
    pub(crate) verifier: String,
    /// Path to go on to.
    pub(crate) next: String,
    /// The browser that began it.
    pub(crate) browser: String,
}

fn session_key(app: &App, id: &str) -> String {
    format!("portal:session:{}", app.rt.sealer.lookup_hash(id))
}

fn sign_in_key(app: &App, state: &str) -> String {
    format!("portal:sign-in:{}", app.rt.sealer.lookup_hash(state))
}

async fn keep(
    app: &App,
    key: &str,
    value: &impl Serialize,
    ttl: Duration,
) -> serde_json::Result<()> {
    let plain = serde_json::to_string(value)?;
    app.rt
        .cache
        .set(key, app.rt.sealer.seal(app.rt.ids, &plain).as_bytes(), ttl)
        .await;
    Ok(())
}

async fn kept<T: DeserializeOwned>(app: &App, key: &str) -> Option<T> {
    let sealed = String::from_utf8(app.rt.cache.get(key).await?).ok()?;
    serde_json::from_str(&app.rt.sealer.open(&sealed).ok()?).ok()
}

/// Remembers a sign-in under way.
pub(crate) async fn keep_sign_in(
    app: &App,
    state: &str,
    sign_in: &SignIn,
) -> serde_json::Result<()> {
    keep(app, &sign_in_key(app, state), sign_in, SIGN_IN_TTL).await
}

/// Takes a sign-in under way: it can be taken once.
pub(crate) async fn take_sign_in(app: &App, state: &str) -> Option<SignIn> {
    let key = sign_in_key(app, state);
    let found = kept(app, &key).await;
    app.rt.cache.delete(&key).await;
    found
}

/// Begins a session; the answer is the cookie to set.
pub(crate) async fn begin(
    app: &App,
    tokens: Tokens,
    actor: Actor,
) -> serde_json::Result<Cookie<'static>> {
    let id = app.rt.ids.secret();
    let editor = actor.can(Permission::CatalogueWrite);
    let admin = Administrator::of(&actor);
    let session = Session {
        key: String::new(),
        editor,
        admin,
        expires_at: expiry(app, &tokens),
        access: tokens.access_token,
        refresh: tokens.refresh_token,
        id_token: tokens.id_token,
        csrf: app.rt.ids.secret(),
        // Who acts is who is greeted; for whom stands beside it.
        name: match &actor.mandate {
            Some(mandate) => format!("{} (thay mặt {})", mandate.name, actor.name),
            None => actor.name.clone(),
        },
        acting_for: actor.mandate.is_some().then_some(actor.name),
        officer: actor.kind == ActorKind::Officer,
    };
    keep(app, &session_key(app, &id), &session, app.settings.session).await?;
    Ok(cookie(app, app.session_cookie(), id).finish())
}

fn expiry(app: &App, tokens: &Tokens) -> i64 {
    app.rt
        .clock
        .now()
        .timestamp()
        .saturating_add(tokens.expires_in.unwrap_or(DEFAULT_LIFE))
}

/// A cookie of ours: not for scripts, not for other sites' forms, and over HTTPS only where there is HTTPS.
pub(crate) fn cookie(
    app: &App,
    name: &'static str,
    value: String,
) -> actix_web::cookie::CookieBuilder<'static> {
    Cookie::build(name, value)
        .path("/")
        .http_only(true)
        .secure(app.settings.secure)
        .same_site(SameSite::Lax)
}

/// The cookie that ends another.
pub(crate) fn gone(app: &App, name: &'static str) -> Cookie<'static> {
    cookie(app, name, String::new())
        .max_age(CookieAge::ZERO)
        .finish()
}

/// The session of a request, its token renewed when it is about to expire.
pub(crate) async fn load(app: &App, req: &HttpRequest) -> Option<Session> {
    let id = req.cookie(app.session_cookie())?;
    let key = session_key(app, id.value());
    let session = Session {
        key: key.clone(),
        ..kept::<Session>(app, &key).await?
    };
    let now = app.rt.clock.now().timestamp();
    if session.expires_at.saturating_sub(now) > RENEW_BEFORE {
        return Some(session);
    }
    renew(app, session).await
}

/// Ends a session here.
pub(crate) async fn end(app: &App, session: &Session) {
    app.rt.cache.delete(&session.key).await;
}

async fn renew(app: &App, session: Session) -> Option<Session> {
    let now = app.rt.clock.now().timestamp();
    let Some(refresh) = session.refresh.clone() else {
        return (session.expires_at > now).then_some(session);
    };
    let turn = format!("portal:renew:{}", app.rt.sealer.lookup_hash(&refresh));
    // One turn per token, whenever it is asked for: the token is good once, and used twice it ends the session. Only when identity
    // was away is there another turn.
    let failed = format!("{turn}:failed");
    let failures: i64 = kept(app, &failed).await.unwrap_or(0);
    if app.rt.cache.hits(&turn, failures, RENEW_WINDOW).await > 1 {
        return wait_for_renewal(app, session).await;
    }
    // Somebody may have renewed it between our read and our turn.
    if let Some(newer) = kept::<Session>(app, &session.key).await
        && newer.access != session.access
    {
        return Some(Session {
            key: session.key,
            ..newer
        });
    }
    let api = Api {
        app,
        token: None,
        language: Language::Vi,
        origin: None,
    };
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", &refresh),
        ("client_id", &app.settings.client_id),
    ];
    match api.token(&form).await {
        Ok(tokens) => {
            // A role that was given or taken since.
            let said = app.rt.tokens.verify(&tokens.access_token, None, &app.rt);
            let (editor, admin) = match said.await {
                Ok(actor) => (
                    actor.can(Permission::CatalogueWrite),
                    Administrator::of(&actor),
                ),
                // What is not believed here the API does not believe either, and says so.
                Err(_) => (session.editor, session.admin.clone()),
            };
            let renewed = Session {
                editor,
                admin,
                expires_at: expiry(app, &tokens),
                access: tokens.access_token,
                refresh: tokens.refresh_token.or(Some(refresh)),
                id_token: tokens.id_token.or(session.id_token),
                ..session
            };
            if let Err(error) = keep(app, &renewed.key, &renewed, app.settings.session).await {
                tracing::error!(%error, "session not kept");
            }
            Some(renewed)
        }
        Err(ApiError::Refused(refusal)) => {
            tracing::info!(
                code = refusal.code,
                "session ended: its token was not renewed"
            );
            end(app, &session).await;
            None
        }
        // Identity is away: the token may still be good for a while, and the API says so if not.
        Err(ApiError::Away(cause)) => {
            tracing::warn!(cause, "token not renewed");
            if let Err(error) = keep(app, &failed, &(failures + 1), RENEW_WINDOW).await {
                tracing::error!(%error, "failed renewal not kept");
            }
            Some(session)
        }
    }
}

async fn wait_for_renewal(app: &App, session: Session) -> Option<Session> {
    let changed = async {
        loop {
            match kept::<Session>(app, &session.key).await {
                Some(newer) if newer.access == session.access => {}
                other => return other,
            }
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
    };
    match tokio::time::timeout(RENEW_WAIT, changed).await {
        Ok(newer) => newer.map(|newer| Session {
            key: session.key.clone(),
            ..newer
        }),
        Err(_elapsed) => Some(session),
    }
}
