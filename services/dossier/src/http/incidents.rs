//! Incidents (sự cố hệ thống): announced and ended by administrators; while one lasts the statutory clocks stand.

use super::asked::Texts;
use super::dossiers::Once;
use crate::app::App;
use crate::app::incidents::{self as work, Announcement};
use crate::error::Error;
use crate::store::entity::incident::Model;
use crate::store::incidents;
use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use durable::Answer;
use kit::auth::{Allowed, perm};
use kit::etag::IfMatch;
use kit::http::{IdempotencyKey, Json, Path, Query};
use kit::page::{self, Page};
use kit::{Problem, ProblemBody};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// An incident.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct IncidentOut {
    id: Uuid,
    /// For `If-Match`.
    #[schema(example = 1)]
    version: i64,
    /// The agency whose clocks stand; null: every agency.
    #[schema(example = "H05.21")]
    agency_code: Option<String>,
    #[schema(example = "Mất kết nối với Cơ sở dữ liệu quốc gia về dân cư")]
    title: String,
    started_at: DateTime<Utc>,
    announced_at: DateTime<Utc>,
    announced_by: String,
    /// When it is expected to be over.
    expected_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
    ended_by: Option<String>,
    /// Dossiers whose time was given back so far.
    moved: i64,
    /// When all had it back.
    settled_at: Option<DateTime<Utc>>,
}

impl From<Model> for IncidentOut {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            version: row.version,
            agency_code: row.agency_code,
            title: row.title,
            started_at: row.started_at,
            announced_at: row.announced_at,
            announced_by: row.announced_by_name,
            expected_at: row.expected_at,
            ended_at: row.ended_at,
            ended_by: row.ended_by_name,
            moved: row.moved,
            settled_at: row.settled_at,
        }
    }
}

/// An incident to announce.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"agencyCode": "H05.21", "title": "Mất kết nối với Cơ sở dữ liệu quốc gia về dân cư",
    "startedAt": "2026-11-16T02:00:00Z"}))]
pub(crate) struct NewIncident {
    /// The agency; null for every agency, which only the province may announce.
    #[schema(example = "H05.21")]
    agency_code: Option<String>,
    /// What has happened; applicants read it.
    #[schema(example = "Mất kết nối với Cơ sở dữ liệu quốc gia về dân cư")]
    title: String,
    /// Since when, at most seven days ago.
    started_at: DateTime<Utc>,
    /// When it is expected to be over.
    expected_at: Option<DateTime<Utc>>,
}

/// When it was over.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"endedAt": "2026-11-16T09:00:00Z"}))]
pub(crate) struct IncidentEnd {
    /// Now when absent.
    ended_at: Option<DateTime<Utc>>,
}

/// Announce an incident.
#[utoipa::path(
    post, path = "/api/v1/incidents", tag = "incidents", operation_id = "announceIncident",
    summary = "Công bố sự cố · Announce an incident",
    description = "From its start until its end the statutory clocks of the agency stand (NĐ 301/2026 art. 6): no alarm is raised and nothing expires.",
    params(("Idempotency-Key" = Option<String>, Header, description = "1–128 visible ASCII characters", example = "k-0001")),
    request_body = NewIncident,
    responses(
        (status = 201, description = "Announced", body = IncidentOut, headers(("ETag" = String))),
        (status = 409, description = "Another incident covers this time (`incident.overlaps`)", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["incident.manage"])),
)]
#[post("/api/v1/incidents")]
pub(crate) async fn announce(
    caller: Allowed<perm::IncidentManage>,
    app: web::Data<App>,
    key: IdempotencyKey,
    body: Json<NewIncident>,
) -> Result<HttpResponse, Problem> {
    let mut texts = Texts::default();
    let title = texts.required("/title", &body.0.title);
    texts.done()?;
    let actor = caller.actor();
    let new = Announcement {
        agency: body.0.agency_code.clone(),
        title,
        started_at: body.0.started_at,
        expected_at: body.0.expected_at,
    };
    let once = Once::new(&app, actor, key.0, "announceIncident", &body.0)?;
    let app = &*app;
    once.run(app, async |tx| {
        let row = work::announce(app, &tx, actor, new.clone()).await?;
        answer(201, row)
    })
    .await
}

/// End an incident.
#[utoipa::path(
    post, path = "/api/v1/incidents/{id}/end", tag = "incidents", operation_id = "endIncident",
    summary = "Kết thúc sự cố · End an incident",
    description = "The clocks go on; each dossier gets the time back as an entry of its journal, and its applicant the new date.",
    params(
        ("id" = Uuid, Path, description = "Id of the incident", example = "019a8c1e-0000-7000-8000-000000000001"),
        ("If-Match" = String, Header, description = "Version that the caller has seen, as in ETag", example = "\"1\""),
        ("Idempotency-Key" = Option<String>, Header, description = "1–128 visible ASCII characters", example = "k-0001"),
    ),
    request_body = IncidentEnd,
    responses(
        (status = 200, description = "Ended", body = IncidentOut, headers(("ETag" = String))),
    ),
    security(("bearer" = ["incident.manage"])),
)]
#[post("/api/v1/incidents/{id}/end")]
pub(crate) async fn end(
    caller: Allowed<perm::IncidentManage>,
    app: web::Data<App>,
    id: Path<Uuid>,
    if_match: IfMatch,
    key: IdempotencyKey,
    body: Json<IncidentEnd>,
) -> Result<HttpResponse, Problem> {
    let actor = caller.actor();
    let version = if_match.required()?;
    let once = Once::new(&app, actor, key.0, format!("endIncident:{}", id.0), &body.0)?;
    let app = &*app;
    once.run(app, async |tx| {
        let row = work::end(app, &tx, actor, id.0, version, body.0.ended_at).await?;
        answer(200, row)
    })
    .await
}

/// Narrows the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct IncidentQuery {
    /// Items a page, 1–100; 20 when absent.
    #[param(minimum = 1, maximum = 100, example = 20)]
    limit: Option<u32>,
    /// Cursor from the page before.
    cursor: Option<String>,
}

/// Incidents within the caller's reach.
#[utoipa::path(
    get, path = "/api/v1/incidents", tag = "incidents", operation_id = "listIncidents",
    summary = "Danh sách sự cố · Incidents",
    description = "Newest first: those of the caller's agency and of all agencies; for the province every one.",
    params(IncidentQuery),
    responses(
        (status = 200, description = "A page", body = Page<IncidentOut>),
    ),
    security(("bearer" = ["incident.manage"])),
)]
#[get("/api/v1/incidents")]
pub(crate) async fn list_incidents(
    caller: Allowed<perm::IncidentManage>,
    app: web::Data<App>,
    query: Query<IncidentQuery>,
) -> Result<Json<Page<IncidentOut>>, Problem> {
    let limit = page::limit(query.0.limit)?;
    let before = query
        .0
        .cursor
        .as_deref()
        .map(page::decode_cursor::<Uuid>)
        .transpose()?;
    let reach = work::reach(caller.actor())?;
    let rows = incidents::list(app.db.read(), reach, before, limit)
        .await
        .map_err(Error::from)?;
    Ok(Json(
        Page::cut(rows, limit, |row| row.id).map(IncidentOut::from),
    ))
}

fn answer(status: u16, row: Model) -> Result<Answer, Error> {
    let etag = Some(format!("\"{}\"", row.version));
    let body = serde_json::to_value(IncidentOut::from(row)).map_err(Problem::internal)?;
    Ok(Answer {
        status,
        body,
        etag,
        location: None,
    })
}
