//! The form of a sign-in, from its first page to its last: what it carries, sealed, and which page it is on.

use super::Cookies;
use super::authorize::Proved;
use super::page::{self, SignIn};
use crate::App;
use crate::app::passkeys;
use crate::domain::account::Account;
use crate::domain::client::Client;
use crate::domain::request::AuthorizationRequest;
use crate::domain::second_factor::address;
use crate::domain::secret;
use crate::error::unforeseen;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use contracts::{AccountId, Language as Lang};
use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

/// How long a sign-in page stays good, seconds.
const FORM_SECONDS: i64 = 3600;
/// How long after the password the second factor or the new password may come, and the answer to a question, seconds.
const SECOND_FACTOR_SECONDS: i64 = 600;

/// What its form is sealed about: no other text that we seal opens as one.
const ABOUT: &str = "sign-in form";

/// What the sign-in form carries, sealed: nobody can make one, and it is bound to a cookie of the browser that asked.
#[derive(Serialize, Deserialize)]
pub(super) struct FormToken {
    /// SHA-256 of the form cookie.
    pub(super) browser: String,
    /// Unix seconds.
    pub(super) until: i64,
    pub(super) request: AuthorizationRequest,
    /// Whose password was right, when the second factor is still to come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) passed: Option<Passed>,
    /// The shared secret of a second factor that is being set up, base32.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) enrol: Option<String>,
    /// What a passkey was asked to prove.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) passkey: Option<String>,
    /// Who has proved all, when a new password is still to come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) renew: Option<Renew>,
    /// The session that is asked whether to let the client in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) let_in: Option<Uuid>,
}

/// A sign-in in which a new password is asked for.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Renew {
    pub(super) proved: Proved,
    /// Version of the account that was proved: what was changed since is not overwritten.
    pub(super) version: i64,
    /// Unix seconds: a page that is shown again has no more time.
    pub(super) until: i64,
}

/// Whose password was right.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) struct Passed {
    pub(super) account: AccountId,
    /// As in [`Renew`]: with another password the one before opens nothing.
    pub(super) version: i64,
    /// As in [`Renew`].
    pub(super) until: i64,
}

/// Until when a step that follows the password may come, unix seconds.
fn soon(app: &App) -> i64 {
    app.rt.clock.now().timestamp() + SECOND_FACTOR_SECONDS
}

impl Passed {
    pub(super) fn now(app: &App, account: &Account) -> Self {
        Self {
            account: account.id,
            version: account.version,
            until: soon(app),
        }
    }
}

impl Renew {
    pub(super) fn now(app: &App, account: &Account, proved: Proved) -> Self {
        Self {
            proved,
            version: account.version,
            until: soon(app),
        }
    }
}

/// What the page shows beside the empty form.
pub(super) struct Shown<'a> {
    pub(super) login: Option<&'a str>,
    pub(super) error: Option<(&'static str, String)>,
    pub(super) status: StatusCode,
    pub(super) retry_after: Option<u64>,
    /// Whose password was right: the second factor is asked for.
    pub(super) passed: Option<Passed>,
    /// Or set up: the shared secret, and the login it is for.
    pub(super) enrol: Option<(String, String)>,
    /// What a passkey is asked to prove.
    pub(super) passkey: Option<passkeys::Question>,
    /// A new password is asked for.
    pub(super) renew: Option<Renew>,
    /// The session that is asked whether to let the client in.
    pub(super) let_in: Option<Uuid>,
}

impl Default for Shown<'_> {
    fn default() -> Self {
        Self {
            login: None,
            error: None,
            status: StatusCode::OK,
            retry_after: None,
            passed: None,
            enrol: None,
            passkey: None,
            renew: None,
            let_in: None,
        }
    }
}

/// The sign-in page, with a fresh form and its cookie.
pub(super) fn form_page(
    req: &HttpRequest,
    app: &App,
    lang: Lang,
    client: &Client,
    request: AuthorizationRequest,
    shown: Shown<'_>,
) -> HttpResponse {
    let cookies = Cookies::of(app);
    // Several tabs of one browser share the cookie.
    let browser = cookies
        .read(req, Cookies::FORM)
        .filter(|value| value.len() == 43)
        .unwrap_or_else(|| app.rt.ids.secret());
    let login = shown
        .login
        .or(request.login_hint.as_deref())
        .unwrap_or("")
        .to_owned();
    let redirect_origin = origin(&request.redirect_uri);
    let (renew, let_in) = (shown.renew.is_some(), shown.let_in.is_some());
    let until = match (&shown.passed, &shown.renew) {
        (Some(passed), _) => passed.until,
        (None, Some(renew)) => renew.until,
        (None, None) if let_in => soon(app),
        (None, None) => app.rt.clock.now().timestamp() + FORM_SECONDS,
    };
    let token = FormToken {
        browser: secret::hash(&browser),
        until,
        request,
        passed: shown.passed,
        enrol: shown.enrol.as_ref().map(|(secret, _)| secret.clone()),
        passkey: shown.passkey.as_ref().map(|asked| asked.state.clone()),
        renew: shown.renew,
        let_in: shown.let_in,
    };
    let form = match serde_json::to_string(&token) {
        Ok(json) => app.rt.sealer.seal_about(app.rt.ids, &json, ABOUT),
        Err(error) => return unforeseen(error).render(lang, None),
    };
    let content = SignIn {
        client: &client.name,
        error: shown.error,
        form: &form,
        login: &login,
        redirect_origin,
        status: shown.status,
        retry_after: shown.retry_after,
    };
    let mut response = match (shown.passed, &shown.enrol) {
        _ if let_in => page::let_in(app, lang, &content),
        _ if renew => page::new_password(app, lang, &content),
        (_, Some((secret, login))) => match address(secret, login) {
            Ok(address) => page::enrol(app, lang, &content, secret, &address),
            Err(error) => return unforeseen(error).render(lang, None),
        },
        (Some(_), None) => page::second_factor(app, lang, &content, shown.passkey.as_ref()),
        (None, None) => page::sign_in(app, lang, &content),
    };
    let cookie = cookies.make(Cookies::FORM, browser, FORM_SECONDS);
    if let Err(error) = response.add_cookie(&cookie) {
        return unforeseen(error).render(lang, None);
    }
    response
}

/// The content of a form that this browser was given, and not too long ago.
pub(super) fn opened(req: &HttpRequest, app: &App, form: Option<&str>) -> Option<FormToken> {
    let token: FormToken =
        serde_json::from_str(&app.rt.sealer.open_about(form?, ABOUT).ok()?).ok()?;
    let browser = Cookies::of(app).read(req, Cookies::FORM)?;
    let good = secret::equal(&token.browser, &secret::hash(&browser))
        && app.rt.clock.now().timestamp() < token.until;
    good.then_some(token)
}

/// Scheme, host and port of a redirect URI, for the page's policy.
fn origin(uri: &str) -> String {
    Url::parse(uri).map_or_else(
        |_not_a_url| String::new(),
        |u| u.origin().ascii_serialization(),
    )
}
