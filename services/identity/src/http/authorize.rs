//! The authorization endpoint and the sign-in page (RFC 6749 §4.1, OpenID Connect Core §3.1.2, RFC 9207).

use super::redirect::{denied, redirect};
use super::session::with_session;
use super::sign_in_form::{FormToken, Passed, Renew, Shown, form_page, opened};
use super::{Cookies, NO_STORE, device, let_in, new_password, page};
use crate::App;
use crate::app::mandates;
use crate::app::passkeys::{self, Question};
use crate::app::providers::{self, Vouched};
use crate::app::second_factor::{self, Proof, Refused};
use crate::app::sign_in::{self, NotSignedIn};
use crate::app::throttle::Wait;
use crate::app::tokens::{IdClaims, methods};
use crate::domain::account::Account;
use crate::domain::client::{Client, Grant};
use crate::domain::params::Params;
use crate::domain::request::{self, AuthorizationRequest, Hint, Prompt};
use crate::error::unforeseen;
use crate::store;
use crate::store::grant::Session;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use chrono::{DateTime, Duration, Utc};
use contracts::{AccountId, Assurance, Language as Lang};
use kit::http::Language;
use serde::{Deserialize, Serialize};

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
    let Ok(params) = Params::parse(req.query_string().as_bytes()) else {
        return broken(&app, language.0);
    };
    let lang = request::language(&params).unwrap_or(language.0);
    asked(&req, &app, lang, &params)
        .await
        .unwrap_or_else(|error| unforeseen(error).render(lang, None))
}

async fn asked(
    req: &HttpRequest,
    app: &App,
    lang: Lang,
    params: &Params,
) -> anyhow::Result<HttpResponse> {
    let client = match params.get("client_id") {
        Some(id) => store::client::find(app.db.read(), id).await?,
        None => None,
    };
    // To an address we do not know nobody is ever sent (RFC 6749 §4.1.2.1).
    let (Some(client), Some(redirect_uri)) = (client, params.get("redirect_uri")) else {
        return Ok(broken(app, lang));
    };
    if !client.redirects_to(redirect_uri) {
        return Ok(broken(app, lang));
    }
    let refused = |error: &str, description: &str| {
        let answer = [("error", error), ("error_description", description)];
        redirect(app, redirect_uri, params.get("state"), &answer)
    };
    let mut request = match AuthorizationRequest::read(&client, redirect_uri, params) {
        Ok(request) => request,
        Err(flaw) => return Ok(refused(flaw.error, flaw.description)),
    };
    if let Some(token) = params.get("id_token_hint") {
        let keys = app.signer.keys(&app.db, &app.rt).await?;
        let claims: Option<IdClaims> = keys.read_id(token, app.rt.tokens.issuer());
        let Some(claims) = claims.filter(|claims| claims.aud == client.id) else {
            let why = "id_token_hint is no id token that this client got";
            return Ok(refused("invalid_request", why));
        };
        request.hint = Some(Hint {
            token: token.to_owned(),
            sub: claims.sub,
        });
    }
    Ok(proceed(req, app, lang, &client, request).await?)
}

pub(super) async fn proceed(
    req: &HttpRequest,
    app: &App,
    lang: Lang,
    client: &Client,
    request: AuthorizationRequest,
) -> Result<HttpResponse, sea_orm::DbErr> {
    let cookie = Cookies::of(app).read(req, Cookies::SESSION);
    let found = sign_in::resume(app, cookie.as_deref()).await?;
    let now = app.rt.clock.now();
    let Some((session, account)) = found.filter(|(session, _)| will_do(&request, session, now))
    else {
        if request.prompt == Prompt::None {
            let why = "nobody is signed in who will do";
            return Ok(denied(app, &request, "login_required", why));
        }
        return Ok(form_page(req, app, lang, client, request, Shown::default()));
    };
    // A device has a question of its own.
    if request.device.is_none() && (client.loopback || request.consent) {
        if request.prompt == Prompt::None {
            let why = "the person must be asked whether to let this client in";
            return Ok(denied(app, &request, "consent_required", why));
        }
        let asked = (client, request);
        return Ok(let_in::question(
            req,
            app,
            lang,
            asked,
            &session,
            &account.login,
        ));
    }
    answer(app, lang, &request, &session).await
}

/// Whether the request may be answered without a new sign-in.
fn will_do(request: &AuthorizationRequest, session: &Session, now: DateTime<Utc>) -> bool {
    request.prompt != Prompt::Login
        && !request.change_password
        && request.max_age.is_none_or(|most| {
            let age = session.age(now);
            most > 0 && age.is_some_and(|age| age <= Duration::seconds(most))
        })
        && is_wanted(request, session.account)
        && is_sure(request, &session.amr)
}

/// Whether this is the person that the client means.
fn is_wanted(request: &AuthorizationRequest, account: AccountId) -> bool {
    request.hint.as_ref().is_none_or(|hint| hint.sub == account)
}

/// Whether these methods prove as much as the client wants.
fn is_sure(request: &AuthorizationRequest, amr: &str) -> bool {
    Assurance::of(&methods(amr)) >= request.assurance
}

fn not_sure(app: &App, request: &AuthorizationRequest) -> HttpResponse {
    denied(
        app,
        request,
        "unmet_authentication_requirements",
        "the person did not prove as much as acr_values asks for",
    )
}

/// The code, by redirect; or, for a device that waits, the question whether to let it in.
pub(super) async fn answer(
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
            let why = "this person holds no such mandate";
            return Ok(denied(app, request, "access_denied", why));
        }
    }
    if !is_sure(request, &session.amr) {
        return Ok(not_sure(app, request));
    }
    let code = sign_in::issue_code(app, request, session).await?;
    Ok(redirect(
        app,
        &request.redirect_uri,
        request.state.as_deref(),
        &[("code", &code)],
    ))
}

/// `POST /oauth2/authorize`: login and password, the second factor, or the answer to a question. Or else the request itself.
#[post("/oauth2/authorize")]
pub(super) async fn submit(
    req: HttpRequest,
    app: web::Data<App>,
    language: Language,
    body: web::Bytes,
) -> HttpResponse {
    let Ok(params) = super::form(&req, &body) else {
        return broken(&app, language.0);
    };
    if params.get("form").is_none() && params.get("client_id").is_some() {
        // Another site's POST comes without our cookies; the GET that follows it has them.
        return HttpResponse::SeeOther()
            .insert_header((header::LOCATION, request::by_get(&params)))
            .insert_header(NO_STORE)
            .finish();
    }
    let lang = language.0;
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
    let lang = token.request.language.unwrap_or(lang);
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
    let Some(client) = client_of(app, &request).await? else {
        return Ok(broken(app, lang));
    };
    if let Some(session) = token.let_in {
        return let_in::decided(req, app, lang, (&client, request), session, params).await;
    }
    if let Some(renew) = token.renew {
        return new_password::take(req, app, lang, (&client, request), renew, params).await;
    }
    if let Some(passed) = token.passed {
        let before = Before {
            passed,
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
            match passkey_asked(app, &request, account.id).await {
                Ok(None) if passkey_alone(&request) => return Ok(not_sure(app, &request)),
                Ok(passkey) => Shown {
                    passed: Some(Passed::now(app, &account)),
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

/// The client of a request, if it still is one: it may have been closed, or its redirect taken away, since the page was made.
pub(super) async fn client_of(
    app: &App,
    request: &AuthorizationRequest,
) -> Result<Option<Client>, sea_orm::DbErr> {
    let client = store::client::find(app.db.read(), &request.client).await?;
    Ok(client.filter(|client| match &request.device {
        Some(_) => client.may(Grant::DeviceCode),
        None => client.redirects_to(&request.redirect_uri),
    }))
}

/// Whether no code will do in the place of a passkey.
fn passkey_alone(request: &AuthorizationRequest) -> bool {
    request.assurance == Assurance::PhishingResistant
}

/// What a passkey is asked to prove.
async fn passkey_asked(
    app: &App,
    request: &AuthorizationRequest,
    account: AccountId,
) -> Result<Option<Question>, Refused> {
    let asked = passkeys::challenge(app, account).await?;
    Ok(asked.map(|asked| Question {
        alone: asked.alone || passkey_alone(request),
        ..asked
    }))
}

/// All that this account has to prove is proved. A password that somebody else knows is changed before anything else; so is one that the
/// person wants to change.
pub(super) async fn proved_all(
    req: &HttpRequest,
    app: &App,
    lang: Lang,
    (client, request): (&Client, AuthorizationRequest),
    account: &Account,
    proved: Proved,
) -> Result<HttpResponse, sea_orm::DbErr> {
    if !is_wanted(&request, account.id) {
        let why = "somebody else signed in than id_token_hint is about";
        return Ok(denied(app, &request, "login_required", why));
    }
    // A second factor that is set up now is a code.
    let can_enrol = proved.amr == PASSWORD && !passkey_alone(&request);
    if !is_sure(&request, &proved.amr) && !can_enrol {
        return Ok(not_sure(app, &request));
    }
    // A provider that proves one factor gives nobody a password beside the second factor here.
    if request.change_password
        && proved.vouched.is_some()
        && Assurance::of(&methods(&proved.amr)) < Assurance::MultiFactor
        && second_factor::is_on(app, account.id).await?
    {
        return Ok(not_sure(app, &request));
    }
    let temporary = proved.vouched.is_none() && account.temporary_until.is_some();
    if account.password_hash.is_some() && (temporary || request.change_password) {
        let shown = Shown {
            login: Some(&account.login),
            renew: Some(Renew::now(app, account, proved)),
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
            passed: Some(Passed::now(app, account)),
            enrol: Some((second_factor::fresh_secret(app), account.login.clone())),
            ..Shown::default()
        };
        return Ok(form_page(req, app, lang, client, request, shown));
    }
    begin(req, app, lang, (client, request), account, proved).await
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
    passed: Passed,
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
        passed,
        enrol,
        passkey,
    } = before;
    let id = passed.account;
    let code = params.get("code").unwrap_or("");
    let from = super::address(req);
    // Closed or changed since the password was given, which may be another by now: from the beginning.
    let account = store::account::find(app.db.read(), id).await?;
    let Some(account) = account.filter(|a| a.active && a.version == passed.version) else {
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
        None => match passkey_asked(app, &request, id).await {
            Ok(None) if passkey_alone(&request) => return Ok(not_sure(app, &request)),
            Ok(again) => again,
            Err(error) => return Ok(unforeseen(error).render(lang, None)),
        },
    };
    let shown = Shown {
        passed: Some(passed),
        passkey: again,
        enrol: enrol.map(|secret| (secret, account.login)),
        ..refused
    };
    Ok(form_page(req, app, lang, client, request, shown))
}

/// Starts the session and sends the browser back with a code.
async fn begin(
    req: &HttpRequest,
    app: &App,
    lang: Lang,
    (client, request): (&Client, AuthorizationRequest),
    account: &Account,
    proved: Proved,
) -> Result<HttpResponse, sea_orm::DbErr> {
    let nothing = HttpResponse::Ok().finish();
    let (session, kept) = with_session(req, app, lang, proved, nothing).await?;
    // Whoever signs in for a client lets it in, but where the client wants the question.
    let mut response = if request.consent {
        let asked = (client, request);
        let_in::question(req, app, lang, asked, &session, &account.login)
    } else {
        answer(app, lang, &request, &session).await?
    };
    for cookie in kept.cookies() {
        if let Err(error) = response.add_cookie(&cookie) {
            return Ok(unforeseen(error).render(lang, None));
        }
    }
    Ok(response)
}

/// A request that names no client we know, or an address that is not the client's: said to the person, sent nowhere.
pub(super) fn broken(app: &App, lang: Lang) -> HttpResponse {
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
