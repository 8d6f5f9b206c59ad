//! One's own account.

use super::NO_STORE;
use crate::domain::account::Account;
use crate::error::unforeseen;
use crate::{App, store};
use actix_web::{HttpResponse, get, web};
use chrono::{DateTime, Utc};
use contracts::problem::shared;
use contracts::{AccountId, Actor, ActorKind, Ground, Permission, Role};
use kit::auth::SignedIn;
use kit::http::{Json, Query};
use kit::page::{self, Page, PageQuery};
use kit::{Problem, ProblemBody};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

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
    /// Roles among the above that are held for a time.
    acting: Vec<ActingOut>,
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
    /// The mandate by which somebody else acts for this account with the token.
    #[serde(skip_serializing_if = "Option::is_none")]
    mandate: Option<MandateHolder>,
}

/// Who acts by a mandate.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MandateHolder {
    /// Their name.
    #[schema(example = "Trần Thị Bình")]
    name: String,
    /// By what.
    ground: Ground,
}

/// A role held for a time.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ActingOut {
    /// The role.
    role: Role,
    /// In whose name; absent for an acting position.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Lê Thị Hoa")]
    on_behalf_of: Option<String>,
    /// Until when, exclusive.
    until: DateTime<Utc>,
}

/// One's own account
///
/// The account of the access token as it is now, with what the token allows. To fill forms in advance, too.
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
    if who.0.mandate.is_some() {
        let shown = durable::access::Shown {
            what: "account",
            operation: "getMe",
            subjects: &[account.id.0],
        };
        durable::access::note_alone(&app.db, &who.0, shown)
            .await
            .map_err(unforeseen)?;
    }
    Ok(HttpResponse::Ok()
        .insert_header(NO_STORE)
        .json(shown(&app, account, &who.0).await?))
}

/// Lets through who acts for himself: a mandate is no key to the account of the other.
///
/// # Errors
/// 403 when somebody acts for another.
pub(super) fn in_person(who: &Actor) -> Result<(), Problem> {
    match who.mandate {
        None => Ok(()),
        Some(_) => Err(Problem::new(shared::FORBIDDEN)),
    }
}

/// An account as its owner, or who acts for the owner, sees it.
pub(super) async fn shown(app: &App, mut account: Account, who: &Actor) -> Result<Me, Problem> {
    let now = app.rt.clock.now();
    let held = crate::app::assignments::held(app.db.read(), account.id, now)
        .await
        .map_err(unforeseen)?;
    let mut acting = Vec::new();
    for one in held {
        if !account.roles.contains(&one.role) {
            account.roles.push(one.role);
            acting.push(ActingOut {
                role: one.role,
                on_behalf_of: one.principal.map(|(_, name)| name),
                until: one.until,
            });
        }
    }
    let identity_number = account
        .identity_number
        .as_deref()
        .map(|sealed| app.rt.sealer.open(sealed))
        .transpose()
        .map_err(unforeseen)?;
    let permissions = Permission::ALL
        .iter()
        .filter(|p| who.can(**p) && account.roles.iter().any(|r| r.permissions().contains(p)))
        .map(|p| p.name())
        .collect();
    Ok(Me {
        id: account.id,
        login: account.login,
        name: account.name,
        kind: account.kind,
        roles: account.roles,
        permissions,
        acting,
        agency: account.agency,
        email: super::accounts::opened(app, account.email),
        phone: super::accounts::opened(app, account.phone),
        identity_number,
        mandate: who.mandate.as_ref().map(|mandate| MandateHolder {
            name: mandate.name.clone(),
            ground: mandate.ground,
        }),
    })
}

/// A read of one's account by somebody else.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccountAccess {
    /// When.
    at: DateTime<Utc>,
    /// Name of the reader.
    #[schema(example = "Lý Thị Nga")]
    who: String,
    /// Agency of the reader.
    #[schema(example = "H05.21")]
    agency: Option<String>,
    /// `list` or `account`.
    #[schema(example = "account")]
    what: String,
    /// Why: the operation.
    #[schema(example = "getAccount")]
    operation: String,
}

/// Who read one's account
///
/// Each read of one's account by an administrator or by who acts for oneself, newest first. Reads of dossiers and shipments are told by their own access logs.
#[utoipa::path(
    tag = "accounts",
    operation_id = "getMyAccessLog",
    params(PageQuery),
    responses(
        (status = 200, description = "A page.", body = Page<AccountAccess>),
        (status = 401, description = "No token or a bad one.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Acting for somebody.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A parameter is not valid.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = []))
)]
#[get("/api/v1/me/access-log")]
pub(super) async fn my_access_log(
    who: SignedIn,
    query: Query<PageQuery>,
    app: web::Data<App>,
) -> Result<Json<Page<AccountAccess>>, Problem> {
    let limit = page::limit(query.0.limit)?;
    let before = query
        .0
        .cursor
        .as_deref()
        .map(page::decode_cursor::<Uuid>)
        .transpose()?;
    in_person(&who.0)?;
    let rows = durable::access::of(app.db.read(), who.0.subject.0, before, limit + 1)
        .await
        .map_err(unforeseen)?;
    let page = Page::cut(rows, limit, |row| row.id).map(|row| AccountAccess {
        at: row.at,
        who: row.actor_name,
        agency: row.agency_code,
        what: row.what,
        operation: row.operation,
    });
    Ok(Json(page))
}
