//! Who signed in (OpenID Connect Core §5.3).

use super::NO_STORE;
use crate::error::unforeseen;
use crate::{App, store};
use actix_web::{HttpResponse, get, post, web};
use contracts::problem::shared;
use contracts::{AccountId, Role};
use kit::auth::SignedIn;
use kit::{Problem, ProblemBody};
use serde::Serialize;
use utoipa::ToSchema;

/// Claims about the person of the token.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserInfo {
    /// The account.
    sub: AccountId,
    /// Full name.
    #[schema(example = "Nguyễn Văn An")]
    name: String,
    /// Login.
    #[schema(example = "citizen")]
    preferred_username: String,
    /// E-mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "an@example.vn")]
    email: Option<String>,
    /// Phone, E.164.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "+84912345678")]
    phone_number: Option<String>,
    /// Roles.
    roles: Vec<Role>,
    /// Agency code of an officer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "H05.21")]
    agency: Option<String>,
}

/// Who signed in
///
/// Claims about the person whose access token is sent, as they are now.
#[utoipa::path(
    tag = "sign-in",
    operation_id = "getUserInfo",
    responses(
        (status = 200, description = "The claims.", body = UserInfo),
        (status = 401, description = "No token, a bad one, or the account is closed.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = []))
)]
#[get("/oauth2/userinfo")]
pub(super) async fn userinfo(who: SignedIn, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    claims(&who, &app).await
}

/// The same by POST, which OpenID Connect asks for.
#[post("/oauth2/userinfo")]
pub(super) async fn userinfo_by_post(
    who: SignedIn,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    claims(&who, &app).await
}

async fn claims(who: &SignedIn, app: &App) -> Result<HttpResponse, Problem> {
    // Who signed in, also when they act for another.
    let person = who.0.mandate.as_ref().map_or(who.0.subject, |m| m.subject);
    let account = store::account::find(app.db.read(), person)
        .await
        .map_err(unforeseen)?
        .filter(|a| a.active)
        .ok_or_else(|| Problem::new(shared::TOKEN_INVALID))?;
    Ok(HttpResponse::Ok().insert_header(NO_STORE).json(UserInfo {
        sub: account.id,
        name: account.name,
        preferred_username: account.login,
        email: super::accounts::opened(app, account.email),
        phone_number: super::accounts::opened(app, account.phone),
        roles: account.roles,
        agency: account.agency,
    }))
}
