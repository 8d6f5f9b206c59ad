//! Acting positions and delegations.

use super::NO_STORE;
use super::data_requests::words;
use crate::app::assignments::{self, New};
use crate::domain::account::{Reach, fold_login};
use crate::domain::assignment::{Assignment, Kind};
use crate::error::{codes, unforeseen};
use crate::{App, store};
use actix_web::{HttpResponse, delete, get, post, web};
use chrono::{DateTime, Utc};
use contracts::problem::shared;
use contracts::{AccountId, Actor, ActorKind, Permission, Role};
use kit::auth::{SignedIn, SignedInLately};
use kit::http::{Json, Path, Query};
use kit::page::{self, Page, PageQuery};
use kit::{FieldError, Problem, ProblemBody};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A party to an assignment.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PartyOut {
    /// The account.
    id: AccountId,
    /// Full name.
    #[schema(example = "Hoàng Văn Giang")]
    name: String,
}

/// A role held for a time.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AssignmentOut {
    /// The assignment.
    id: Uuid,
    /// How it came to be.
    kind: Kind,
    /// Who holds the role.
    holder: PartyOut,
    /// In whose name; absent for an acting position.
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<PartyOut>,
    /// The role.
    role: Role,
    /// Agency code.
    #[schema(example = "H05.21")]
    agency: String,
    /// From when.
    from: DateTime<Utc>,
    /// Until when, exclusive.
    until: DateTime<Utc>,
    /// The document and the reason.
    #[schema(example = "QĐ 12/QĐ-UBND; đi công tác")]
    reason: String,
    /// Whether it holds now.
    #[schema(example = true)]
    holds: bool,
    /// When it was ended early.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<DateTime<Utc>>,
}

fn out(app: &App, a: Assignment) -> AssignmentOut {
    AssignmentOut {
        kind: a.kind(),
        holds: a.holds_at(app.rt.clock.now()),
        id: a.id,
        holder: PartyOut {
            id: a.holder,
            name: a.holder_name,
        },
        principal: a.principal.map(|(id, name)| PartyOut { id, name }),
        role: a.role,
        agency: a.agency,
        from: a.from,
        until: a.until,
        reason: a.reason,
        ended_at: a.ended_at,
    }
}

/// The reach of an administrator; everybody else has none.
fn reach(by: &Actor) -> Option<Reach> {
    by.can(Permission::AccountManage)
        .then(|| Reach::of(by))
        .flatten()
}

/// A role to give for a time.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AssignmentIn {
    /// `delegation`: a role of one's own; `acting`: by an administrator.
    kind: Kind,
    /// Login of the officer who is to hold it, in the same agency.
    #[schema(example = "specialist")]
    login: String,
    /// Officer, specialist or leader.
    role: Role,
    /// From when; absent: now.
    from: Option<DateTime<Utc>>,
    /// Until when, exclusive; at most a year after `from`.
    until: DateTime<Utc>,
    /// The document and the reason.
    #[schema(
        example = "QĐ 12/QĐ-UBND; đi công tác",
        min_length = 1,
        max_length = 4000
    )]
    reason: String,
}

/// Give a role for a time
///
/// Ủy quyền: an officer delegates a role of his own to a colleague, who uses it in his name; it goes no further. Quyền, phụ trách: an
/// administrator lets an officer act in a vacant position, never himself. It holds from the next token on and ends by itself; what was
/// done with it is in the journal as that.
#[utoipa::path(
    tag = "accounts",
    operation_id = "giveAssignment",
    request_body(content = AssignmentIn, example = json!({
        "kind": "delegation", "login": "specialist", "role": "leader",
        "until": "2026-12-01T00:00:00Z", "reason": "QĐ 12/QĐ-UBND; đi công tác",
    })),
    responses(
        (status = 201, description = "Given.", body = AssignmentOut, headers(("Location" = String, description = "The assignment."))),
        (status = 400, description = "Not JSON.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No token, a bad one, or a sign-in that is too old (`auth.step-up-required`).", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Not an officer, not one's role, or not an administrator.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such officer in the agency.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "To oneself, or to one who has the role.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON by its content type.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field is not valid.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = []))
)]
#[post("/api/v1/assignments")]
pub(super) async fn give(
    by: SignedInLately,
    body: Json<AssignmentIn>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    if by.0.kind != ActorKind::Officer {
        return Err(Problem::new(shared::FORBIDDEN));
    }
    let body = body.0;
    let new = New {
        kind: body.kind,
        login: fold_login(&body.login).ok_or_else(|| {
            Problem::invalid(vec![FieldError::of("/login", codes::LOGIN_INVALID)])
        })?,
        role: body.role,
        from: body.from.unwrap_or_else(|| app.rt.clock.now()),
        until: body.until,
        reason: words("/reason", &body.reason)?,
    };
    let given = assignments::give(&app, &by.0, reach(&by.0).as_ref(), &new).await?;
    Ok(HttpResponse::Created()
        .insert_header(NO_STORE)
        .insert_header(("location", format!("/api/v1/assignments/{}", given.id)))
        .json(out(&app, given)))
}

/// List roles held for a time
///
/// Those one gave or holds, newest first; for an administrator those within reach, too. They stay when they are over.
#[utoipa::path(
    tag = "accounts",
    operation_id = "listAssignments",
    params(PageQuery),
    responses(
        (status = 200, description = "A page.", body = Page<AssignmentOut>),
        (status = 401, description = "No token or a bad one.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A parameter is not valid.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = []))
)]
#[get("/api/v1/assignments")]
pub(super) async fn list(
    by: SignedIn,
    query: Query<PageQuery>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let limit = page::limit(query.0.limit)?;
    let before = query
        .0
        .cursor
        .as_deref()
        .map(page::decode_cursor::<Uuid>)
        .transpose()?;
    let reach = reach(&by.0);
    let rows = store::assignment::list(
        app.db.read(),
        by.0.subject,
        reach.as_ref(),
        before,
        limit + 1,
    )
    .await
    .map_err(unforeseen)?;
    let page = Page::cut(rows, limit, |a| a.id).map(|a| out(&app, a));
    Ok(HttpResponse::Ok().insert_header(NO_STORE).json(page))
}

/// Take a role back
///
/// By who gave it, who holds it, or an administrator. Tokens with it are refused within seconds. Ending it twice changes nothing.
#[utoipa::path(
    tag = "accounts",
    operation_id = "endAssignment",
    params(("id" = Uuid, Path, description = "The assignment.", example = "01932f4c-0000-7000-8000-000000000001")),
    responses(
        (status = 204, description = "Ended."),
        (status = 401, description = "No token, a bad one, or a sign-in that is too old (`auth.step-up-required`).", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "Not there, or not within reach.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = []))
)]
#[delete("/api/v1/assignments/{id}")]
pub(super) async fn end(
    by: SignedInLately,
    id: Path<Uuid>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    assignments::end(&app, &by.0, reach(&by.0).as_ref(), id.0).await?;
    Ok(HttpResponse::NoContent().finish())
}
