//! One's own account.

use super::NO_STORE;
use crate::error::unforeseen;
use crate::{App, store};
use actix_web::{HttpResponse, get, web};
use contracts::problem::shared;
use contracts::{AccountId, ActorKind, Permission, Role};
use kit::auth::SignedIn;
use kit::{Problem, ProblemBody};
use serde::Serialize;
use utoipa::ToSchema;

/// One's own account.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Me {
    /// The account.
    id: AccountId,
    /// Login.
    #[schema(example = "citizen")]
    login: String,
    /// Full name.
    #[schema(example = "Nguyễn Văn An")]
    name: String,
    /// Kind of party.
    kind: ActorKind,
    /// Roles.
    roles: Vec<Role>,
    /// What the roles allow.
    #[schema(example = json!(["dossier.file", "dossier.read"]))]
    permissions: Vec<&'static str>,
    /// Agency code of an officer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "H05.21")]
    agency: Option<String>,
    /// E-mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "an@example.vn")]
    email: Option<String>,
    /// Phone, E.164.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "+84912345678")]
    phone: Option<String>,
    /// Số định danh cá nhân, in full: it is one's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "024090000001")]
    identity_number: Option<String>,
}

/// One's own account
///
/// The account of the access token as it is now, with what its roles allow. To fill forms in advance, too.
#[utoipa::path(
    tag = "accounts",
    operation_id = "getMe",
    responses(
        (status = 200, description = "The account.", body = Me),
        (status = 401, description = "No token, a bad one, or the account is closed.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = []))
)]
#[get("/api/v1/me")]
pub(super) async fn me(who: SignedIn, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    let account = store::account::find(app.db.read(), who.0.subject)
        .await
        .map_err(unforeseen)?
        .filter(|a| a.active)
        .ok_or_else(|| Problem::new(shared::TOKEN_INVALID))?;
    let identity_number = account
        .identity_number
        .as_deref()
        .map(|sealed| app.rt.sealer.open(sealed))
        .transpose()
        .map_err(unforeseen)?;
    let permissions = Permission::ALL
        .iter()
        .filter(|p| account.roles.iter().any(|r| r.permissions().contains(p)))
        .map(|p| p.name())
        .collect();
    Ok(HttpResponse::Ok().insert_header(NO_STORE).json(Me {
        id: account.id,
        login: account.login,
        name: account.name,
        kind: account.kind,
        roles: account.roles,
        permissions,
        agency: account.agency,
        email: account.email,
        phone: account.phone,
        identity_number,
    }))
}
