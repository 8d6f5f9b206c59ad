//! The way back from a national provider.

use super::authorize::{self, Proved};
use super::redirect::denied;
use super::{Cookies, page};
use crate::App;
use crate::app::providers::{self, Failed, Vouched};
use crate::domain::params::Params;
use crate::domain::request::AuthorizationRequest;
use crate::error::unforeseen;
use crate::store;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, web};
use contracts::Language as Lang;
use kit::http::Language;

/// `GET /oauth2/callback/{provider}`: a code, or a refusal.
#[get("/oauth2/callback/{provider}")]
pub(super) async fn callback(
    req: HttpRequest,
    id: web::Path<String>,
    app: web::Data<App>,
    language: Language,
) -> HttpResponse {
    let lang = language.0;
    let Ok(params) = Params::parse(req.query_string().as_bytes()) else {
        return broken(&app, lang);
    };
    let browser = Cookies::of(&app).read(&req, Cookies::FORM);
    let begun = match params.get("state") {
        Some(state) => providers::take(&app, &id, state, browser.as_deref()).await,
        None => None,
    };
    let Some(begun) = begun else {
        return broken(&app, lang);
    };
    let lang = begun.request.language.unwrap_or(lang);
    // A device is not sent anywhere.
    if params.get("error") == Some("access_denied") && begun.request.device.is_none() {
        return cancelled(&app, lang, &begun.request)
            .await
            .unwrap_or_else(|error| unforeseen(error).render(lang, None));
    }
    let Some(code) = params.get("code") else {
        tracing::info!(
            provider = %id,
            error = params.get("error").is_some(),
            "the provider sent nobody back"
        );
        return broken(&app, lang);
    };
    let outcome = providers::finish(&app, &begun, code).await;
    let (status, title, text) = match outcome {
        Ok(vouched) => {
            return signed_in(&req, &app, lang, begun.request, vouched)
                .await
                .unwrap_or_else(|error| unforeseen(error).render(lang, None));
        }
        Err(Failed::Database(error)) => return unforeseen(error).render(lang, None),
        Err(Failed::Other(error)) => return unforeseen(error).render(lang, None),
        Err(Failed::Unbelieved(why)) => {
            tracing::warn!(provider = %id, why, "the provider is not believed");
            return broken(&app, lang);
        }
        Err(Failed::Away(cause)) => {
            tracing::warn!(provider = %id, cause, "the provider is away");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                (
                    "Hệ thống định danh chưa phản hồi",
                    "The identity provider does not answer",
                ),
                (
                    "Vui lòng quay lại ứng dụng và đăng nhập lại sau ít phút.",
                    "Please go back to the application and sign in again in a few minutes.",
                ),
            )
        }
        Err(Failed::NoAccount) => (
            StatusCode::FORBIDDEN,
            ("Không đăng nhập được", "You cannot sign in"),
            (
                "Tài khoản chưa được mở hoặc đã bị khóa. Vui lòng liên hệ bộ phận một cửa.",
                "There is no open account. Please ask at the one-stop desk.",
            ),
        ),
    };
    page::message(&app, lang, status, title, text)
}

/// A provider vouched for somebody.
async fn signed_in(
    req: &HttpRequest,
    app: &App,
    lang: Lang,
    request: AuthorizationRequest,
    by: Vouched,
) -> Result<HttpResponse, sea_orm::DbErr> {
    let client = authorize::client_of(app, &request).await?;
    let account = store::account::find(app.db.read(), by.account).await?;
    let (Some(client), Some(account)) = (client, account) else {
        return Ok(authorize::broken(app, lang));
    };
    // Who only finds a session open over there may not get a password for good.
    let max_age = if request.change_password {
        Some(0)
    } else {
        request.max_age
    };
    if !by.is_fresh(max_age, app.rt.clock.now()) {
        let why = "the provider does not vouch that the person was asked just now";
        return Ok(denied(
            app,
            &request,
            "unmet_authentication_requirements",
            why,
        ));
    }
    let proved = Proved {
        account: by.account,
        amr: by.amr.clone(),
        vouched: Some(by),
    };
    authorize::proved_all(req, app, lang, (&client, request), &account, proved).await
}

/// The person said no at the provider.
async fn cancelled(
    app: &App,
    lang: Lang,
    request: &AuthorizationRequest,
) -> Result<HttpResponse, sea_orm::DbErr> {
    Ok(match authorize::client_of(app, request).await? {
        Some(_) => denied(app, request, "access_denied", "refused at the provider"),
        None => authorize::broken(app, lang),
    })
}

/// Not of a sign-in that this browser began, or not believed: said to the person, sent nowhere.
fn broken(app: &App, lang: Lang) -> HttpResponse {
    page::message(
        app,
        lang,
        StatusCode::BAD_REQUEST,
        ("Đăng nhập không thành công", "The sign-in did not succeed"),
        (
            "Vui lòng quay lại ứng dụng và đăng nhập lại.",
            "Please go back to the application and sign in again.",
        ),
    )
}
