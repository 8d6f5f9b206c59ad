//! Letting a device in (RFC 8628): its question, the page on which a person types its code, and the answer.

use super::{Cookies, authorize, page, token};
use crate::App;
use crate::app::devices::{self, DeviceAnswer};
use crate::app::sign_in;
use crate::domain::client::Client;
use crate::domain::device as rules;
use crate::domain::params::Params;
use crate::domain::request::AuthorizationRequest;
use crate::error::unforeseen;
use crate::store;
use crate::store::grant::Session;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, ResponseError as _, get, post, web};
use contracts::Language as Lang;
use kit::ProblemBody;
use kit::http::Language;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// How long the question stays good, seconds.
const FORM_SECONDS: i64 = 600;

/// The form of a device.
#[derive(Debug, Deserialize, ToSchema)]
#[expect(
    dead_code,
    reason = "documents the form; it is read as parameters, which may not come twice"
)]
pub(crate) struct DeviceRequest {
    /// The client of the device.
    #[schema(example = "kiosk")]
    client_id: String,
    /// Scopes.
    #[schema(example = "openid profile")]
    scope: Option<String>,
}

/// Let a device ask
///
/// A kiosk gets a code to show; a person types it into another browser and lets the kiosk in. Meanwhile the kiosk asks the token endpoint
/// every few seconds (RFC 8628).
#[utoipa::path(
    tag = "sign-in",
    operation_id = "authorizeDevice",
    request_body(content = DeviceRequest, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "The codes.", body = DeviceAnswer),
        (status = 400, description = "Refused.", body = token::ProtocolError),
        (status = 401, description = "The client is not who it says.", body = token::ProtocolError),
        (status = 413, description = "The body is too large.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many failed attempts; see Retry-After.", body = token::ProtocolError),
        (status = 503, description = "Too many sign-ins at once; see Retry-After.", body = token::ProtocolError),
    ),
    security(())
)]
#[post("/oauth2/device_authorization")]
pub(super) async fn authorization(
    req: HttpRequest,
    app: web::Data<App>,
    body: web::Bytes,
) -> HttpResponse {
    let outcome = async {
        let params = token::form(&req, &body)?;
        let client = token::client(&req, &app, &params).await?;
        devices::begin(&app, &client, params.get("scope")).await
    };
    match outcome.await {
        Ok(codes) => HttpResponse::Ok()
            .insert_header(super::NO_STORE)
            .json(codes),
        Err(error) => error.error_response(),
    }
}

/// What its form is sealed about.
const ABOUT: &str = "device form";

/// What the question carries, sealed; bound to the session that answers.
#[derive(Serialize, Deserialize)]
struct FormToken {
    session: Uuid,
    until: i64,
    /// Hash of the code.
    device: String,
}

/// `GET /oauth2/device`: the code is typed, or comes with the address that the device showed as a QR code.
#[get("/oauth2/device")]
pub(super) async fn ask(req: HttpRequest, app: web::Data<App>, language: Language) -> HttpResponse {
    let lang = language.0;
    let Ok(params) = Params::parse(req.query_string().as_bytes()) else {
        return page::device(&app, lang, StatusCode::BAD_REQUEST, None);
    };
    match params.get("user_code") {
        None => page::device(&app, lang, StatusCode::OK, None),
        Some(typed) => look_up(&req, &app, lang, typed)
            .await
            .unwrap_or_else(|error| unforeseen(error).render(lang, None)),
    }
}

async fn look_up(
    req: &HttpRequest,
    app: &App,
    lang: Lang,
    typed: &str,
) -> Result<HttpResponse, sea_orm::DbErr> {
    // A code is short, and guessing must not pay. Who guesses has not said who they are: the place is counted, which may be a whole hall.
    let address = super::address(req);
    let attempt = match app.throttle.admit_place(&app.rt, "device", address).await {
        Ok(attempt) => attempt,
        Err(wait) => {
            let text = (
                "Nhập sai quá nhiều lần. Vui lòng thử lại sau ít phút",
                "Too many wrong codes. Please try again in a few minutes",
            );
            let mut page = page::device(app, lang, StatusCode::TOO_MANY_REQUESTS, Some(text));
            page.headers_mut().insert(
                actix_web::http::header::RETRY_AFTER,
                actix_web::http::header::HeaderValue::from(wait.0),
            );
            return Ok(page);
        }
    };
    let device = devices::waiting(app, typed).await?;
    let client = match &device {
        Some(device) => store::client::find(app.db.read(), &device.client).await?,
        None => None,
    };
    let (Some(device), Some(client)) = (device, client) else {
        app.throttle.failed(&app.rt, &attempt).await;
        return Ok(unknown(app, lang));
    };
    let request = AuthorizationRequest::of_device(&client, &device.scope, typed);
    authorize::proceed(req, app, lang, &client, request).await
}

fn unknown(app: &App, lang: Lang) -> HttpResponse {
    let text = (
        "Mã không đúng, đã dùng hoặc đã hết hạn",
        "The code is wrong, was used or has expired",
    );
    page::device(app, lang, StatusCode::NOT_FOUND, Some(text))
}

/// Somebody is signed in: do they want to let the device in?
pub(super) async fn question(
    app: &App,
    lang: Lang,
    typed: &str,
    session: &Session,
) -> Result<HttpResponse, sea_orm::DbErr> {
    let device = devices::waiting(app, typed).await?;
    let client: Option<Client> = match &device {
        Some(device) => store::client::find(app.db.read(), &device.client).await?,
        None => None,
    };
    let (Some(device), Some(client)) = (device, client) else {
        return Ok(unknown(app, lang));
    };
    let token = FormToken {
        session: session.id,
        until: app.rt.clock.now().timestamp() + FORM_SECONDS,
        device: device.user_code,
    };
    let form = match serde_json::to_string(&token) {
        Ok(json) => app.rt.sealer.seal_about(app.rt.ids, &json, ABOUT),
        Err(error) => return Ok(unforeseen(error).render(lang, None)),
    };
    let shown = rules::typed(typed).map(|code| rules::shown(&code));
    Ok(page::device_confirm(
        app,
        lang,
        &client.name,
        &shown.unwrap_or_default(),
        &form,
    ))
}

/// `POST /oauth2/device`: yes or no.
#[post("/oauth2/device")]
pub(super) async fn answer(
    req: HttpRequest,
    app: web::Data<App>,
    language: Language,
    body: web::Bytes,
) -> HttpResponse {
    let lang = language.0;
    let Ok(params) = super::form(&req, &body) else {
        return page::device(&app, lang, StatusCode::BAD_REQUEST, None);
    };
    decided(&req, &app, lang, &params)
        .await
        .unwrap_or_else(|error| unforeseen(error).render(lang, None))
}

async fn decided(
    req: &HttpRequest,
    app: &App,
    lang: Lang,
    params: &Params,
) -> Result<HttpResponse, sea_orm::DbErr> {
    let token: Option<FormToken> = params
        .get("form")
        .and_then(|form| app.rt.sealer.open_about(form, ABOUT).ok())
        .and_then(|json| serde_json::from_str(&json).ok());
    let cookie = Cookies::of(app).read(req, Cookies::SESSION);
    let session = sign_in::resume(app, cookie.as_deref()).await?;
    let now = app.rt.clock.now().timestamp();
    let mine = token
        .zip(session)
        .filter(|(token, (session, _))| token.session == session.id && now < token.until);
    let Some((token, (session, _))) = mine else {
        return Ok(page::device(app, lang, StatusCode::BAD_REQUEST, None));
    };
    let allow = params.get("answer") == Some("allow");
    let by = allow.then_some(&session);
    if !devices::decide(app, &token.device, by).await? {
        return Ok(unknown(app, lang));
    }
    let (title, text) = if allow {
        (
            ("Thiết bị đã được đăng nhập", "The device is signed in"),
            (
                "Bạn có thể quay lại thiết bị. Đăng xuất ở đây thì thiết bị cũng bị đăng xuất.",
                "You may go back to the device. Signing out here signs the device out, too.",
            ),
        )
    } else {
        (
            ("Đã từ chối", "Refused"),
            (
                "Thiết bị không được đăng nhập bằng tài khoản của bạn.",
                "The device was not signed in with your account.",
            ),
        )
    };
    Ok(page::message(app, lang, StatusCode::OK, title, text))
}
