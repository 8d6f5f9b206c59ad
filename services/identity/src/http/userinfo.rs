//! Who signed in (OpenID Connect Core §5.3).

use super::NO_STORE;
use crate::domain::request::{SCOPES, has_scope};
use crate::error::unforeseen;
use crate::{App, store};
use actix_web::{HttpResponse, get, post, web};
use contracts::problem::shared;
use contracts::{AccountId, Role};
use kit::auth::Bearer;
use kit::token::Claims;
use kit::{Problem, ProblemBody};
use serde::Serialize;
use utoipa::ToSchema;

/// Claims about the person of the token, as far as its scopes go.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserInfo {
    /// The account.
    sub: AccountId,
    /// Full name; for scope `profile`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Nguyễn Văn An")]
    name: Option<String>,
    /// Login; for scope `profile`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "citizen")]
    preferred_username: Option<String>,
    /// E-mail; for scope `email`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "an@example.vn")]
    email: Option<String>,
    /// Phone, E.164; for scope `phone`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "+84912345678")]
    phone_number: Option<String>,
    /// Roles; for scope `profile`.
    #[serde(skip_serializing_if = "Option::is_none")]
    roles: Option<Vec<Role>>,
    /// Agency code of an officer; for scope `profile`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "H05.21")]
    agency: Option<String>,
}

/// Who signed in
///
/// Claims about the person whose access token is sent, as they are now: `sub` for scope `openid`, the rest for `profile`, `email` and
/// `phone`.
#[utoipa::path(
    tag = "sign-in",
    operation_id = "getUserInfo",
    responses(
        (status = 200, description = "The claims.", body = UserInfo),
        (status = 401, description = "No token, a bad one, or the account is closed.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The token was given without scope `openid`.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = []))
)]
#[get("/oauth2/userinfo")]
pub(super) async fn userinfo(token: Bearer, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    tell(&token.0, &app).await
}

/// The same by POST, which OpenID Connect asks for.
#[post("/oauth2/userinfo")]
pub(super) async fn userinfo_by_post(
    token: Bearer,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    tell(&token.0, &app).await
}

/// The scopes of a token. A person's without them is of the release before, or made at the command line, and is answered as it was then; a
/// client's own has none.
fn scopes(token: &Claims) -> String {
    match &token.openid_scope {
        Some(scopes) => scopes.clone(),
        None if token.auth_time.is_some() => SCOPES.join(" "),
        None => String::new(),
    }
}

async fn tell(token: &Claims, app: &App) -> Result<HttpResponse, Problem> {
    let scopes = scopes(token);
    let has = |scope: &str| has_scope(&scopes, scope);
    if !has("openid") {
        let lacks = "Bearer realm=\"motcua\", error=\"insufficient_scope\", scope=\"openid\"";
        return Err(Problem::new(shared::FORBIDDEN).challenge(lacks.to_owned()));
    }
    // Who signed in, also when they act for another.
    let person = token.act.as_ref().map_or(token.sub, |act| act.sub);
    let account = store::account::find(app.db.read(), person)
        .await
        .map_err(unforeseen)?
        .filter(|a| a.active)
        .ok_or_else(|| Problem::new(shared::TOKEN_INVALID))?;
    Ok(HttpResponse::Ok().insert_header(NO_STORE).json(UserInfo {
        sub: account.id,
        name: has("profile").then_some(account.name),
        preferred_username: has("profile").then_some(account.login),
        email: super::accounts::opened(app, account.email.filter(|_| has("email"))),
        phone_number: super::accounts::opened(app, account.phone.filter(|_| has("phone"))),
        roles: has("profile").then_some(account.roles),
        agency: account.agency.filter(|_| has("profile")),
    }))
}
