//! The authorization endpoint and the sign-in page (RFC 6749 §4.1, OpenID Connect Core §3.1.2, RFC 9207).

use super::page::{self, SignIn};
use super::{Cookies, NO_STORE};
use crate::App;
use crate::app::sign_in::{self, NotSignedIn};
use crate::app::throttle::Wait;
use crate::domain::client::Client;
use crate::domain::params::Params;
use crate::domain::request::{AuthorizationRequest, Prompt};
use crate::domain::secret;
use crate::error::unforeseen;
use crate::store;
use crate::store::grant::Session;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use contracts::Language as Lang;
use kit::Problem;
use kit::http::Language;
use serde::{Deserialize, Serialize};
use url::Url;

/// How long a sign-in page stays good, seconds.
const FORM_SECONDS: i64 = 3600;

/// What the sign-in form carries, sealed: nobody can make one, and it is bound to a cookie of the browser that asked.
#[derive(Serialize, Deserialize)]
struct FormToken {
    /// SHA-256 of the form cookie.
    browser: String,
    /// Unix seconds.
    until: i64,
    request: AuthorizationRequest,
}

/// `GET /oauth2/authorize`.
#[get("/oauth2/authorize")]
pub(super) async fn ask(req: HttpRequest, app: web::Data<App>, language: Language) -> HttpResponse {
    let lang = language.0;
    let Ok(params) = Params::parse(req.query_string().as_bytes()) else {
        return broken(&app, lang);
    };
    let client = match params.get("client_id") {
        Some(id) => match store::client::find(app.db.read(), id).await {
            Ok(client) => client,
            Err(error) => return unforeseen(error).render(lang, None),
        },
        None => None,
    };
    // To an address we do not know nobody is ever sent (RFC 6749 §4.1.2.1).
    let (Some(client), Some(redirect_uri)) = (client, params.get("redirect_uri")) else {
        return broken(&app, lang);
    };
    if !client.redirects_to(redirect_uri) {
        return broken(&app, lang);
    }
    let request = match AuthorizationRequest::read(&client, redirect_uri, &params) {
        Ok(request) => request,
        Err(denied) => {
            let answer = [
                ("error", denied.error),
                ("error_description", denied.description),
            ];
            return redirect(&app, redirect_uri, params.get("state"), &answer);
        }
    };
    match proceed(&req, &app, lang, &client, request).await {
        Ok(response) => response,
        Err(error) => unforeseen(error).render(lang, None),
    }
}

async fn proceed(
    req: &HttpRequest,
    app: &App,
    lang: Lang,
    client: &Client,
    request: AuthorizationRequest,
) -> Result<HttpResponse, sea_orm::DbErr> {
    let cookie = Cookies::of(app).read(req, Cookies::SESSION);
    let session = sign_in::resume(app, cookie.as_deref())
        .await?
        .map(|(session, _)| session);
    let fresh = session.filter(|session| {
        let age = (app.rt.clock.now() - session.created_at).num_seconds();
        request.prompt != Prompt::Login && request.max_age.is_none_or(|most| age <= most)
    });
    if let Some(session) = fresh {
        return answer(app, &request, &session).await;
    }
    if request.prompt == Prompt::None {
        let denied = [
            ("error", "login_required"),
            ("error_description", "nobody is signed in"),
        ];
        return Ok(redirect(
            app,
            &request.redirect_uri,
            request.state.as_deref(),
            &denied,
        ));
    }
    Ok(form_page(req, app, lang, client, request, Shown::default()))
}

/// The code, by redirect.
async fn answer(
    app: &App,
    request: &AuthorizationRequest,
    session: &Session,
) -> Result<HttpResponse, sea_orm::DbErr> {
    let code = sign_in::issue_code(app, request, session).await?;
    Ok(redirect(
        app,
        &request.redirect_uri,
        request.state.as_deref(),
        &[("code", &code)],
    ))
}

/// What the page shows beside the empty form.
struct Shown<'a> {
    login: Option<&'a str>,
    error: Option<(&'static str, String)>,
    status: StatusCode,
    retry_after: Option<u64>,
}

impl Default for Shown<'_> {
    fn default() -> Self {
        Self {
            login: None,
            error: None,
            status: StatusCode::OK,
            retry_after: None,
        }
    }
}

/// The sign-in page, with a fresh form and its cookie.
fn form_page(
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
    let token = FormToken {
        browser: secret::hash(&browser),
        until: app.rt.clock.now().timestamp() + FORM_SECONDS,
        request,
    };
    let form = match serde_json::to_string(&token) {
        Ok(json) => app.rt.sealer.seal(app.rt.ids, &json),
        Err(error) => return unforeseen(error).render(lang, None),
    };
    let mut response = page::sign_in(
        app,
        lang,
        &SignIn {
            client: &client.name,
            error: shown.error,
            form: &form,
            login: &login,
            redirect_origin,
            status: shown.status,
            retry_after: shown.retry_after,
        },
    );
    let cookie = cookies.make(Cookies::FORM, browser, FORM_SECONDS);
    if let Err(error) = response.add_cookie(&cookie) {
        return unforeseen(error).render(lang, None);
    }
    response
}

/// `POST /oauth2/authorize`: login and password.
#[post("/oauth2/authorize")]
pub(super) async fn submit(
    req: HttpRequest,
    app: web::Data<App>,
    language: Language,
    body: web::Bytes,
) -> HttpResponse {
    let lang = language.0;
    let Ok(params) = super::form(&req, &body) else {
        return broken(&app, lang);
    };
    let Some(request) = opened(&req, &app, params.get("form")) else {
        return page::message(
            &app,
            lang,
            StatusCode::BAD_REQUEST,
            ("Trang đăng nhập đã cũ", "This sign-in page is too old"),
            (
                "Vui lòng quay lại ứng dụng và đăng nhập lại. Trình duyệt cần cho phép cookie.",
                "Please go back to the application and sign in again. The browser must allow cookies.",
            ),
        );
    };
    match try_sign_in(&req, &app, lang, request, &params).await {
        Ok(response) => response,
        Err(error) => unforeseen(error).render(lang, None),
    }
}

async fn try_sign_in(
    req: &HttpRequest,
    app: &App,
    lang: Lang,
    request: AuthorizationRequest,
    params: &Params,
) -> Result<HttpResponse, sea_orm::DbErr> {
    // The client may have been closed, or its redirect taken away, since the page was made.
    let client = store::client::find(app.db.read(), &request.client).await?;
    let Some(client) = client.filter(|c| c.redirects_to(&request.redirect_uri)) else {
        return Ok(broken(app, lang));
    };
    let login = params.get("login").unwrap_or("");
    let password = params.get("password").unwrap_or("");
    let refused = match sign_in::authenticate(app, login, password, super::address(req)).await {
        Ok(account) => {
            let cookies = Cookies::of(app);
            let before = cookies.read(req, Cookies::SESSION);
            let before = sign_in::resume(app, before.as_deref()).await?;
            let before = before.map(|(session, _)| session);
            let (session, secret) =
                sign_in::start_session(app, account.id, before.as_ref()).await?;
            let mut response = answer(app, &request, &session).await?;
            let seconds = i64::from(app.settings.session_seconds);
            let cookie = cookies.make(Cookies::SESSION, secret, seconds);
            if let Err(error) = response.add_cookie(&cookie) {
                return Ok(unforeseen(error).render(lang, None));
            }
            return Ok(response);
        }
        Err(NotSignedIn::Database(error)) => return Err(error),
        Err(NotSignedIn::Wrong) => Shown {
            error: Some((
                "Tên đăng nhập hoặc mật khẩu không đúng",
                "The login or the password is wrong".to_owned(),
            )),
            status: StatusCode::UNAUTHORIZED,
            ..Shown::default()
        },
        Err(NotSignedIn::TooMany(Wait(seconds))) => Shown {
            error: Some((
                "Đăng nhập sai quá nhiều lần. Vui lòng thử lại sau ít phút",
                format!("Too many failed sign-ins. Please try again in {seconds} seconds"),
            )),
            status: StatusCode::TOO_MANY_REQUESTS,
            retry_after: Some(seconds),
            ..Shown::default()
        },
        Err(NotSignedIn::Busy) => Shown {
            error: Some((
                "Hệ thống đang bận. Vui lòng thử lại",
                "The system is busy. Please try again".to_owned(),
            )),
            status: StatusCode::SERVICE_UNAVAILABLE,
            retry_after: Some(3),
            ..Shown::default()
        },
    };
    let login: String = login.chars().take(64).collect();
    let shown = Shown {
        login: Some(&login),
        ..refused
    };
    Ok(form_page(req, app, lang, &client, request, shown))
}

/// The request inside a form that this browser was given, and not too long ago.
fn opened(req: &HttpRequest, app: &App, form: Option<&str>) -> Option<AuthorizationRequest> {
    let token: FormToken = serde_json::from_str(&app.rt.sealer.open(form?).ok()?).ok()?;
    let browser = Cookies::of(app).read(req, Cookies::FORM)?;
    let good = secret::equal(&token.browser, &secret::hash(&browser))
        && app.rt.clock.now().timestamp() < token.until;
    good.then_some(token.request)
}

/// Sends the browser back to the client.
fn redirect(
    app: &App,
    redirect_uri: &str,
    state: Option<&str>,
    answer: &[(&str, &str)],
) -> HttpResponse {
    let Ok(mut url) = Url::parse(redirect_uri) else {
        return Problem::internal(anyhow::anyhow!("a registered redirect URI is no URL"))
            .render(Lang::Vi, None);
    };
    {
        let mut query = url.query_pairs_mut();
        query.extend_pairs(answer);
        if let Some(state) = state {
            query.append_pair("state", state);
        }
        query.append_pair("iss", app.rt.tokens.issuer());
    }
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, url.as_str()))
        .insert_header(NO_STORE)
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .finish()
}

/// A request that names no client we know, or an address that is not the client's: said to the person, sent nowhere.
fn broken(app: &App, lang: Lang) -> HttpResponse {
    page::message(
        app,
        lang,
        StatusCode::BAD_REQUEST,
        (
            "Yêu cầu đăng nhập không hợp lệ",
            "This sign-in request is not valid",
        ),
        (
            "Ứng dụng gọi trang này chưa được đăng ký hoặc gửi thiếu thông tin. Vui lòng báo cho đơn vị quản lý ứng dụng.",
            "The application that called this page is not registered or left something out. Please tell those who run it.",
        ),
    )
}

/// Scheme, host and port of a redirect URI, for the page's policy.
fn origin(uri: &str) -> String {
    Url::parse(uri).map_or_else(
        |_not_a_url| String::new(),
        |u| u.origin().ascii_serialization(),
    )
}
