//! The authorization endpoint and the sign-in page (RFC 6749 §4.1, OpenID Connect Core §3.1.2, RFC 9207).

use super::page::{self, SignIn};
use super::{Cookies, NO_STORE, device};
use crate::App;
use crate::app::mandates;
use crate::app::passkeys;
use crate::app::providers::{self, Vouched};
use crate::app::second_factor::{self, Proof, Refused};
use crate::app::sign_in::{self, Means, NotSignedIn};
use crate::app::throttle::Wait;
use crate::app::tokens::methods;
use crate::domain::client::{Client, Grant};
use crate::domain::params::Params;
use crate::domain::request::{AuthorizationRequest, Prompt};
use crate::domain::second_factor::address;
use crate::domain::secret;
use crate::error::unforeseen;
use crate::store;
use crate::store::grant::Session;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use contracts::{AccountId, Assurance, Language as Lang};
use kit::Problem;
use kit::http::Language;
use serde::{Deserialize, Serialize};
use url::Url;

/// How long a sign-in page stays good, seconds.
const FORM_SECONDS: i64 = 3600;
/// How long after the password the second factor may come, seconds.
const SECOND_FACTOR_SECONDS: i64 = 600;

/// What the sign-in form carries, sealed: nobody can make one, and it is bound to a cookie of the browser that asked.
#[derive(Serialize, Deserialize)]
struct FormToken {
    /// SHA-256 of the form cookie.
    browser: String,
    /// Unix seconds.
    until: i64,
    request: AuthorizationRequest,
    /// Whose password was right, when the second factor is still to come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    passed: Option<AccountId>,
    /// The shared secret of a second factor that is being set up, base32.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    enrol: Option<String>,
    /// What a passkey was asked to prove.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    passkey: Option<String>,
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

pub(super) async fn proceed(
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
        let age = session.age(app.rt.clock.now());
        request.prompt != Prompt::Login
            && request
                .max_age
                .is_none_or(|most| age.is_some_and(|age| age <= most))
            && Assurance::of(&methods(&session.amr)) >= request.assurance
    });
    if let Some(session) = fresh {
        return answer(app, lang, &request, &session).await;
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

/// The code, by redirect; or, for a device that waits, the question whether to let it in.
async fn answer(
    app: &App,
    lang: Lang,
    request: &AuthorizationRequest,
    session: &Session,
) -> Result<HttpResponse, sea_orm::DbErr> {
    if let Some(code) = &request.device {
        return device::question(app, lang, code, session).await;
    }
    if let Some(mandate) = request.acting_for {
        let now = app.rt.clock.now();
        let agent = store::account::find(app.db.read(), session.account).await?;
        let used = match agent {
            Some(agent) => mandates::used(app.db.read(), &app.rt, &agent, mandate, now).await?,
            None => None,
        };
        if used.is_none() {
            let denied = [
                ("error", "access_denied"),
                ("error_description", "this person holds no such mandate"),
            ];
            let state = request.state.as_deref();
            return Ok(redirect(app, &request.redirect_uri, state, &denied));
        }
    }
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
    /// Whose password was right: the second factor is asked for.
    passed: Option<AccountId>,
    /// Or set up: the shared secret, and the login it is for.
    enrol: Option<(String, String)>,
    /// What a passkey is asked to prove.
    passkey: Option<passkeys::Question>,
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
    let seconds = match shown.passed {
        Some(_) => SECOND_FACTOR_SECONDS,
        None => FORM_SECONDS,
    };
    let token = FormToken {
        browser: secret::hash(&browser),
        until: app.rt.clock.now().timestamp() + seconds,
        request,
        passed: shown.passed,
        enrol: shown.enrol.as_ref().map(|(secret, _)| secret.clone()),
        passkey: shown.passkey.as_ref().map(|asked| asked.state.clone()),
    };
    let form = match serde_json::to_string(&token) {
        Ok(json) => app.rt.sealer.seal(app.rt.ids, &json),
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

/// `POST /oauth2/authorize`: login and password, or the second factor.
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
    let Some(token) = opened(&req, &app, params.get("form")) else {
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
    match try_sign_in(&req, &app, lang, token, &params).await {
        Ok(response) => response,
        Err(error) => unforeseen(error).render(lang, None),
    }
}

async fn try_sign_in(
    req: &HttpRequest,
    app: &App,
    lang: Lang,
    token: FormToken,
    params: &Params,
) -> Result<HttpResponse, sea_orm::DbErr> {
    let request = token.request;
    // The client may have been closed, or its redirect taken away, since the page was made.
    let client = store::client::find(app.db.read(), &request.client).await?;
    let may = |c: &Client| match &request.device {
        Some(_) => c.may(Grant::DeviceCode),
        None => c.redirects_to(&request.redirect_uri),
    };
    let Some(client) = client.filter(may) else {
        return Ok(broken(app, lang));
    };
    if let Some(id) = token.passed {
        let before = Before {
            account: id,
            enrol: token.enrol,
            passkey: token.passkey,
        };
        return second_step(req, app, lang, (&client, request), before, params).await;
    }
    if let Some(id) = params.get("provider") {
        let Some(provider) = providers::named(app, id) else {
            return Ok(broken(app, lang));
        };
        return Ok(
            match providers::begin(app, provider, &token.browser, request).await {
                Ok(to) => HttpResponse::SeeOther()
                    .insert_header((header::LOCATION, to))
                    .insert_header(NO_STORE)
                    .finish(),
                Err(error) => unforeseen(error).render(lang, None),
            },
        );
    }
    let login = params.get("login").unwrap_or("");
    let password = params.get("password").unwrap_or("");
    let refused = match sign_in::authenticate(app, login, password, super::address(req)).await {
        Ok(account) if second_factor::is_on(app, account.id).await? => {
            match passkeys::challenge(app, account.id).await {
                Ok(passkey) => Shown {
                    passed: Some(account.id),
                    passkey,
                    ..Shown::default()
                },
                Err(Refused::Database(error)) => return Err(error),
                Err(error) => return Ok(unforeseen(error).render(lang, None)),
            }
        }
        Ok(account)
            if request.assurance > Assurance::SingleFactor
                || second_factor::is_demanded(app, &account).await? =>
        {
            Shown {
                passed: Some(account.id),
                enrol: Some((second_factor::fresh_secret(app), account.login)),
                ..Shown::default()
            }
        }
        Ok(account) => return begin(req, app, lang, &request, account.id, ("pwd", None)).await,
        Err(NotSignedIn::Database(error)) => return Err(error),
        Err(NotSignedIn::Wrong) => Shown {
            error: Some((
                "Tên đăng nhập hoặc mật khẩu không đúng",
                "The login or the password is wrong".to_owned(),
            )),
            status: StatusCode::UNAUTHORIZED,
            ..Shown::default()
        },
        Err(NotSignedIn::TooMany(wait)) => too_many(wait),
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

fn too_many(Wait(seconds): Wait) -> Shown<'static> {
    Shown {
        error: Some((
            "Đăng nhập sai quá nhiều lần. Vui lòng thử lại sau ít phút",
            format!("Too many failed sign-ins. Please try again in {seconds} seconds"),
        )),
        status: StatusCode::TOO_MANY_REQUESTS,
        retry_after: Some(seconds),
        ..Shown::default()
    }
}

/// What came of the password.
struct Before {
    account: AccountId,
    /// The shared secret that is being set up.
    enrol: Option<String>,
    /// What a passkey was asked to prove.
    passkey: Option<String>,
}

/// A passkey, or the code of the authenticator application, after the password was right: of the secret that is stored, or of one being set up.
async fn second_step(
    req: &HttpRequest,
    app: &App,
    lang: Lang,
    (client, request): (&Client, AuthorizationRequest),
    before: Before,
    params: &Params,
) -> Result<HttpResponse, sea_orm::DbErr> {
    let Before {
        account: id,
        enrol,
        passkey,
    } = before;
    let code = params.get("code").unwrap_or("");
    let from = super::address(req);
    // Closed, or changed by an administrator, since the password was given: from the beginning.
    let account = store::account::find(app.db.read(), id).await?;
    let Some(account) = account.filter(|a| a.active) else {
        return Ok(form_page(req, app, lang, client, request, Shown::default()));
    };
    let answer = params.get("answer").filter(|a| !a.is_empty());
    let outcome = match (&enrol, &passkey, answer) {
        (None, Some(state), Some(answer)) => passkeys::prove(app, &account, state, answer, from)
            .await
            .map(|()| (passkeys::AMR, None)),
        (None, ..) => second_factor::prove(app, &account, code, from)
            .await
            .map(|proof| (proof.amr(), None)),
        (Some(secret), ..) => second_factor::enrol(app, &account, secret, code, from)
            .await
            .map(|codes| (Proof::Code.amr(), Some(codes))),
    };
    let refused = match outcome {
        Ok((amr, None)) => return begin(req, app, lang, &request, id, (amr, None)).await,
        Ok((amr, Some(codes))) => {
            let page = page::recovery_codes(app, lang, &codes, &request.again());
            let (_, response) = with_session(req, app, lang, (id, amr, None), page).await?;
            return Ok(response);
        }
        Err(Refused::Database(error)) => return Err(error),
        // Turned off, or set up elsewhere, meanwhile.
        Err(Refused::Off | Refused::On) => {
            return Ok(form_page(req, app, lang, client, request, Shown::default()));
        }
        Err(Refused::TooMany(wait)) => too_many(wait),
        Err(Refused::Other(error)) => return Ok(unforeseen(error).render(lang, None)),
        Err(_) => Shown {
            error: Some((
                "Mã xác thực hoặc khóa truy cập không đúng hoặc đã dùng",
                "The code or the passkey is wrong or was used".to_owned(),
            )),
            status: StatusCode::UNAUTHORIZED,
            ..Shown::default()
        },
    };
    // A new question: the one before is answered.
    let again = match enrol {
        Some(_) => None,
        None => match passkeys::challenge(app, id).await {
            Ok(again) => again,
            Err(error) => return Ok(unforeseen(error).render(lang, None)),
        },
    };
    let shown = Shown {
        passed: Some(id),
        passkey: again,
        enrol: enrol.map(|secret| (secret, account.login)),
        ..refused
    };
    Ok(form_page(req, app, lang, client, request, shown))
}

/// A provider vouched for somebody: the session begins, if that is as sure and as fresh as the client wants.
pub(super) async fn vouched(
    req: &HttpRequest,
    app: &App,
    lang: Lang,
    request: &AuthorizationRequest,
    by: Vouched,
) -> Result<HttpResponse, sea_orm::DbErr> {
    let lacks = if Assurance::of(&methods(by.amr)) < request.assurance {
        Some("the provider is not that sure")
    } else if !by.is_fresh(request.max_age, app.rt.clock.now()) {
        Some("the provider does not vouch that the person was asked just now")
    } else {
        None
    };
    if let Some(lacks) = lacks {
        let denied = [
            ("error", "unmet_authentication_requirements"),
            ("error_description", lacks),
        ];
        let state = request.state.as_deref();
        return Ok(redirect(app, &request.redirect_uri, state, &denied));
    }
    let (account, amr) = (by.account, by.amr);
    begin(req, app, lang, request, account, (amr, Some(by))).await
}

/// Starts the session and sends the browser back with a code.
async fn begin(
    req: &HttpRequest,
    app: &App,
    lang: Lang,
    request: &AuthorizationRequest,
    account: AccountId,
    (amr, vouched): (&'static str, Option<Vouched>),
) -> Result<HttpResponse, sea_orm::DbErr> {
    let nothing = HttpResponse::Ok().finish();
    let (session, kept) = with_session(req, app, lang, (account, amr, vouched), nothing).await?;
    let mut response = answer(app, lang, request, &session).await?;
    for cookie in kept.cookies() {
        if let Err(error) = response.add_cookie(&cookie) {
            return Ok(unforeseen(error).render(lang, None));
        }
    }
    Ok(response)
}

/// Starts a session and puts its cookie into the response.
async fn with_session(
    req: &HttpRequest,
    app: &App,
    lang: Lang,
    (account, amr, vouched): (AccountId, &'static str, Option<Vouched>),
    mut response: HttpResponse,
) -> Result<(Session, HttpResponse), sea_orm::DbErr> {
    let cookies = Cookies::of(app);
    let before = cookies.read(req, Cookies::SESSION);
    let before = sign_in::resume(app, before.as_deref()).await?;
    let before = before.map(|(session, _)| session);
    let how = Means {
        amr,
        device: device_name(req),
        vouched,
    };
    let (session, secret) = sign_in::start_session(app, account, before.as_ref(), how).await?;
    let seconds = i64::from(app.settings.session_seconds);
    let cookie = cookies.make(Cookies::SESSION, secret, seconds);
    if let Err(error) = response.add_cookie(&cookie) {
        return Ok((session, unforeseen(error).render(lang, None)));
    }
    Ok((session, response))
}

/// What the browser calls itself, at most 200 characters.
fn device_name(req: &HttpRequest) -> String {
    let agent = req
        .headers()
        .get(header::USER_AGENT)
        .and_then(|v| v.to_str().ok())
        .unwrap_or("");
    agent.chars().take(200).collect()
}

/// The content of a form that this browser was given, and not too long ago.
fn opened(req: &HttpRequest, app: &App, form: Option<&str>) -> Option<FormToken> {
    let token: FormToken = serde_json::from_str(&app.rt.sealer.open(form?).ok()?).ok()?;
    let browser = Cookies::of(app).read(req, Cookies::FORM)?;
    let good = secret::equal(&token.browser, &secret::hash(&browser))
        && app.rt.clock.now().timestamp() < token.until;
    good.then_some(token)
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
