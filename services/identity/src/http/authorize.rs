//! The authorization endpoint and the sign-in page (RFC 6749 §4.1, OpenID Connect Core §3.1.2, RFC 9207).

use super::new_password;
use super::page;
use super::sign_in_form::{FormToken, Renew, Shown, form_page, opened};
use super::{Cookies, NO_STORE, device};
use crate::App;
use crate::app::mandates;
use crate::app::passkeys;
use crate::app::providers::{self, Vouched};
use crate::app::second_factor::{self, Proof, Refused};
use crate::app::sign_in::{self, Means, NotSignedIn};
use crate::app::throttle::Wait;
use crate::app::tokens::methods;
use crate::domain::account::Account;
use crate::domain::client::{Client, Grant};
use crate::domain::params::Params;
use crate::domain::request::{AuthorizationRequest, Prompt};
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

/// What a password alone proves (RFC 8176).
const PASSWORD: &str = "pwd";

/// Who signs in, and by what that is known.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Proved {
    pub(super) account: AccountId,
    /// Values of RFC 8176, with spaces between.
    pub(super) amr: String,
    /// The national provider that vouched.
    pub(super) vouched: Option<Vouched>,
}

impl Proved {
    fn by(account: AccountId, amr: &str) -> Self {
        Self {
            account,
            amr: amr.to_owned(),
            vouched: None,
        }
    }
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
            && !request.change_password
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
    if let Some(renew) = token.renew {
        return new_password::take(req, app, lang, (&client, request), renew, params).await;
    }
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
        Ok(account) => {
            let proved = Proved::by(account.id, PASSWORD);
            return proved_all(req, app, lang, (&client, request), &account, proved).await;
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
        Err(NotSignedIn::Expired) => Shown {
            error: Some((
                "Mật khẩu tạm đã hết hạn. Vui lòng đề nghị quản trị viên cấp mật khẩu mới",
                "The temporary password has expired. Please ask an administrator for another"
                    .to_owned(),
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

/// All that this account has to prove is proved. A password that somebody else knows is changed before anything else; so is one that the
/// person wants to change.
async fn proved_all(
    req: &HttpRequest,
    app: &App,
    lang: Lang,
    (client, request): (&Client, AuthorizationRequest),
    account: &Account,
    proved: Proved,
) -> Result<HttpResponse, sea_orm::DbErr> {
    let temporary = proved.vouched.is_none() && account.temporary_until.is_some();
    if account.password_hash.is_some() && (temporary || request.change_password) {
        let shown = Shown {
            login: Some(&account.login),
            renew: Some(Renew {
                proved,
                version: account.version,
            }),
            ..Shown::default()
        };
        return Ok(form_page(req, app, lang, client, request, shown));
    }
    go_on(req, app, lang, (client, request), account, proved).await
}

/// Lets the person in; who gave a password alone where two factors are wanted sets up the second one first.
pub(super) async fn go_on(
    req: &HttpRequest,
    app: &App,
    lang: Lang,
    (client, request): (&Client, AuthorizationRequest),
    account: &Account,
    proved: Proved,
) -> Result<HttpResponse, sea_orm::DbErr> {
    let alone = proved.amr == PASSWORD;
    if alone
        && (request.assurance > Assurance::SingleFactor
            || second_factor::is_demanded(app, account).await?)
    {
        let shown = Shown {
            passed: Some(account.id),
            enrol: Some((second_factor::fresh_secret(app), account.login.clone())),
            ..Shown::default()
        };
        return Ok(form_page(req, app, lang, client, request, shown));
    }
    begin(req, app, lang, &request, proved).await
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
        Ok((amr, None)) => {
            let proved = Proved::by(id, amr);
            return proved_all(req, app, lang, (client, request), &account, proved).await;
        }
        Ok((amr, Some(codes))) => {
            let page = page::recovery_codes(app, lang, &codes, &request.again());
            let (_, response) = with_session(req, app, lang, Proved::by(id, amr), page).await?;
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
    // Who only finds a session open over there may not get a password for good.
    let max_age = request.max_age.or(request.change_password.then_some(0));
    let lacks = if Assurance::of(&methods(&by.amr)) < request.assurance {
        Some("the provider is not that sure")
    } else if !by.is_fresh(max_age, app.rt.clock.now()) {
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
    let proved = Proved {
        account: by.account,
        amr: by.amr.clone(),
        vouched: Some(by),
    };
    // Whom the provider knows may have forgotten the password here.
    if request.change_password {
        let client = store::client::find(app.db.read(), &request.client).await?;
        let account = store::account::find(app.db.read(), proved.account).await?;
        if let (Some(client), Some(account)) = (client, account) {
            let asked = (&client, request.clone());
            return proved_all(req, app, lang, asked, &account, proved).await;
        }
    }
    begin(req, app, lang, request, proved).await
}

/// Starts the session and sends the browser back with a code.
async fn begin(
    req: &HttpRequest,
    app: &App,
    lang: Lang,
    request: &AuthorizationRequest,
    proved: Proved,
) -> Result<HttpResponse, sea_orm::DbErr> {
    let nothing = HttpResponse::Ok().finish();
    let (session, kept) = with_session(req, app, lang, proved, nothing).await?;
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
    proved: Proved,
    mut response: HttpResponse,
) -> Result<(Session, HttpResponse), sea_orm::DbErr> {
    let cookies = Cookies::of(app);
    let before = cookies.read(req, Cookies::SESSION);
    let before = sign_in::resume(app, before.as_deref()).await?;
    let before = before.map(|(session, _)| session);
    let how = Means {
        amr: proved.amr,
        device: device_name(req),
        vouched: proved.vouched,
    };
    let begun = sign_in::start_session(app, proved.account, before.as_ref(), how);
    let (session, secret) = begun.await?;
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
