//! Agencies that took over the dossiers of others.

use super::NO_STORE;
use super::data_requests::words;
use crate::app::successions::{self, New};
use crate::domain::account::Reach;
use crate::domain::succession::Succession;
use crate::error::{codes, unforeseen};
use crate::{App, store};
use actix_web::{HttpResponse, delete, get, post, web};
use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use contracts::problem::shared;
use contracts::{AccountId, Actor};
use kit::auth::{Allowed, SteppedUp, perm};
use kit::http::{Json, Path, Query};
use kit::page::{self, Page, PageQuery};
use kit::{FieldError, Problem, ProblemBody};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use vn::worktime::local_date;

/// An agency whose dossiers another took over.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SuccessionOut {
    /// The succession.
    id: Uuid,
    /// Code of the agency whose dossiers are taken over.
    #[schema(example = "H05.22")]
    predecessor: String,
    /// Code of the agency that takes them over.
    #[schema(example = "H05.21")]
    successor: String,
    /// The first day, in Việt Nam.
    from: NaiveDate,
    /// The decision.
    #[schema(example = "NQ 12/NQ-HĐND")]
    reason: String,
    /// Whether it holds today.
    #[schema(example = true)]
    holds: bool,
    /// Who recorded it.
    created_by: AccountId,
    /// When.
    created_at: DateTime<Utc>,
    /// When it was taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<DateTime<Utc>>,
}

fn out(app: &App, s: Succession) -> SuccessionOut {
    SuccessionOut {
        holds: s.holds_on(local_date(app.rt.clock.now())),
        id: s.id,
        predecessor: s.predecessor,
        successor: s.successor,
        from: s.from,
        reason: s.reason,
        created_by: s.created_by,
        created_at: s.created_at,
        ended_at: s.ended_at,
    }
}

/// An agency whose dossiers another takes over.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SuccessionIn {
    /// Code of the agency whose dossiers are taken over.
    #[schema(example = "H05.22")]
    predecessor: String,
    /// Code of the agency that takes them over.
    #[schema(example = "H05.21")]
    successor: String,
    /// The first day, in Việt Nam.
    from: NaiveDate,
    /// The decision.
    #[schema(example = "NQ 12/NQ-HĐND", min_length = 1, max_length = 4000)]
    reason: String,
}

/// Whoever administers only an agency decides nothing between agencies.
fn province(by: &Actor) -> Result<(), Problem> {
    match Reach::of(by) {
        Some(Reach::Province) => Ok(()),
        _ => Err(Problem::new(shared::FORBIDDEN)),
    }
}

/// The code as it is written, or what is wrong with it.
fn agency(pointer: &'static str, text: &str) -> Result<String, Problem> {
    vn::agency::AgencyCode::parse(text)
        .map(|code| code.as_str().to_owned())
        .map_err(|_malformed| {
            Problem::invalid(vec![FieldError::of(pointer, codes::AGENCY_INVALID)])
        })
}

/// A day that can be meant: no earlier than the oldest dossiers, no later than anybody plans.
fn day(from: NaiveDate) -> Result<NaiveDate, Problem> {
    if (1945..2100).contains(&from.year()) {
        Ok(from)
    } else {
        let wrong = FieldError::of("/from", shared::FIELD_INVALID);
        Err(Problem::invalid(vec![wrong]))
    }
}

/// Record that an agency takes over another's dossiers
///
/// Cơ quan kế thừa: after a merger one agency takes over several, after a split several take over one. From the first day on the officers
/// of the successor have over the predecessor's dossiers, shipments and notices the rights that they have over their own; what an agency
/// had taken over itself comes with it. Dossiers keep the agency and number under which they were received. It is in the next token.
#[utoipa::path(
    tag = "accounts",
    operation_id = "recordSuccession",
    request_body(content = SuccessionIn, example = json!({
        "predecessor": "H05.97", "successor": "H05.98", "from": "2026-07-01", "reason": "NQ 12/NQ-HĐND",
    })),
    responses(
        (status = 201, description = "Recorded.", body = SuccessionOut, headers(("Location" = String, description = "The succession."))),
        (status = 400, description = "Not JSON.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No token, a bad one, or a sign-in that is too old (`auth.step-up-required`).", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Not an administrator of the province.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "It is there, leads in a circle, or is one too many.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON by its content type.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field is not valid.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["account.manage"]))
)]
#[post("/api/v1/agency-successions")]
pub(super) async fn record(
    by: SteppedUp<perm::AccountManage>,
    body: Json<SuccessionIn>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    province(by.actor())?;
    let body = body.0;
    let new = New {
        predecessor: agency("/predecessor", &body.predecessor)?,
        successor: agency("/successor", &body.successor)?,
        from: day(body.from)?,
        reason: words("/reason", &body.reason)?,
    };
    let made = successions::record(&app, by.actor(), &new).await?;
    Ok(HttpResponse::Created()
        .insert_header(NO_STORE)
        .insert_header((
            "location",
            format!("/api/v1/agency-successions/{}", made.id),
        ))
        .json(out(&app, made)))
}

/// List which agency took over which
///
/// Newest first, also what was taken back. An agency administrator sees what concerns the own agency, a province administrator all.
#[utoipa::path(
    tag = "accounts",
    operation_id = "listSuccessions",
    params(PageQuery),
    responses(
        (status = 200, description = "A page.", body = Page<SuccessionOut>),
        (status = 401, description = "No token or a bad one.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Not an administrator.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A parameter is not valid.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["account.manage"]))
)]
#[get("/api/v1/agency-successions")]
pub(super) async fn list(
    by: Allowed<perm::AccountManage>,
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
    let reach = Reach::of(by.actor()).ok_or_else(|| Problem::new(shared::FORBIDDEN))?;
    let rows = store::succession::list(app.db.read(), &reach, before, limit + 1)
        .await
        .map_err(unforeseen)?;
    let page = Page::cut(rows, limit, |s| s.id).map(|s| out(&app, s));
    Ok(HttpResponse::Ok().insert_header(NO_STORE).json(page))
}

/// Take a succession back
///
/// It was a mistake. Tokens that say it are refused within seconds.
#[utoipa::path(
    tag = "accounts",
    operation_id = "endSuccession",
    params(("id" = Uuid, Path, description = "The succession.", example = "01932f4c-0000-7000-8000-000000000001")),
    responses(
        (status = 204, description = "Taken back."),
        (status = 401, description = "No token, a bad one, or a sign-in that is too old (`auth.step-up-required`).", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Not an administrator of the province.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "Not there, or taken back before.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["account.manage"]))
)]
#[delete("/api/v1/agency-successions/{id}")]
pub(super) async fn end(
    by: SteppedUp<perm::AccountManage>,
    id: Path<Uuid>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    province(by.actor())?;
    successions::end(&app, by.actor(), id.0).await?;
    Ok(HttpResponse::NoContent().finish())
}
