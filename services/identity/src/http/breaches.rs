//! The breach file, for province administrators.

use super::NO_STORE;
use super::accounts::opened;
use super::data_requests::words;
use crate::App;
use crate::app::breaches::{self, New};
use crate::domain::breach::{Breach, EntryKind};
use crate::error::{codes, unforeseen};
use crate::store::breach as stored;
use actix_web::http::header;
use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use contracts::problem::shared;
use durable::Answer;
use kit::auth::{Allowed, perm};
use kit::etag::{IfMatch, with_etag};
use kit::http::{IdempotencyKey, Json, Path, Query};
use kit::page::{self, Page, PageQuery};
use kit::{Problem, ProblemBody};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Kinds of data that one file names at most.
const KINDS: usize = 30;

/// A breach file.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BreachOut {
    /// The file.
    id: Uuid,
    /// Version, for `If-Match`.
    #[schema(example = 1)]
    version: i64,
    /// What happened, in a line.
    #[schema(example = "Tệp sao lưu bị tải trái phép")]
    title: String,
    /// Kinds of data.
    #[schema(example = json!(["Số định danh", "Điện thoại"]))]
    kinds: Vec<String>,
    /// How many people, as far as is known.
    #[schema(example = 120)]
    people: Option<i64>,
    /// When it was discovered: the clock runs from here.
    discovered_at: DateTime<Utc>,
    /// 72 hours later.
    notify_by: DateTime<Utc>,
    /// Whether the authority is still to be notified.
    clock_runs: bool,
    /// The notification was, or is, too late.
    late: bool,
    /// When the authority was notified.
    notified_at: Option<DateTime<Utc>>,
    /// When the people were told.
    people_told_at: Option<DateTime<Utc>>,
    /// When the file was closed.
    closed_at: Option<DateTime<Utc>>,
    /// A closed file is kept until then at least.
    keep_until: Option<DateTime<Utc>>,
    /// The minutes, oldest first; absent in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    entries: Option<Vec<BreachEntryOut>>,
}

/// An entry of the minutes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BreachEntryOut {
    /// When.
    at: DateTime<Utc>,
    /// By whom.
    #[schema(example = "Dương Văn Minh")]
    by: String,
    /// What it is.
    kind: EntryKind,
    /// What it says.
    text: String,
}

fn out(app: &App, breach: Breach) -> BreachOut {
    let now = app.rt.clock.now();
    BreachOut {
        clock_runs: breach.clock_runs(),
        late: breach.is_late(now),
        keep_until: breach.keep_until(),
        id: breach.id,
        version: breach.version,
        title: opened(app, Some(breach.title)).unwrap_or_default(),
        kinds: breach.kinds,
        people: breach.people,
        discovered_at: breach.discovered_at,
        notify_by: breach.notify_by,
        notified_at: breach.notified_at,
        people_told_at: breach.people_told_at,
        closed_at: breach.closed_at,
        entries: None,
    }
}

async fn whole(app: &App, breach: Breach) -> Result<HttpResponse, Problem> {
    let entries = stored::entries(app.db.read(), breach.id)
        .await
        .map_err(unforeseen)?
        .into_iter()
        .map(|e| BreachEntryOut {
            at: e.at,
            by: e.by_name,
            kind: e.kind,
            text: opened(app, Some(e.text)).unwrap_or_default(),
        })
        .collect();
    let version = breach.version;
    let body = BreachOut {
        entries: Some(entries),
        ..out(app, breach)
    };
    Ok(with_etag(&mut HttpResponse::Ok(), version)
        .insert_header(NO_STORE)
        .json(body))
}

/// List breach files
///
/// Newest first, without their minutes.
#[utoipa::path(
    tag = "personal-data",
    operation_id = "listBreaches",
    params(PageQuery),
    responses(
        (status = 200, description = "A page.", body = Page<BreachOut>),
        (status = 401, description = "No token or a bad one.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Not a province administrator.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A parameter is not valid.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["breach.manage"]))
)]
#[get("/api/v1/breaches")]
pub(super) async fn list(
    _by: Allowed<perm::BreachManage>,
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
    let rows = stored::list(app.db.read(), before, limit + 1)
        .await
        .map_err(unforeseen)?;
    let page = Page::cut(rows, limit, |b| b.id).map(|b| out(&app, b));
    Ok(HttpResponse::Ok().insert_header(NO_STORE).json(page))
}

/// A new file.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct BreachIn {
    /// What happened, in a line.
    #[schema(
        example = "Tệp sao lưu bị tải trái phép",
        min_length = 1,
        max_length = 4000
    )]
    title: String,
    /// Kinds of data, at most 30.
    #[serde(default)]
    #[schema(example = json!(["Số định danh", "Điện thoại"]))]
    kinds: Vec<String>,
    /// How many people, as far as is known.
    #[schema(example = 120, minimum = 0)]
    people: Option<i64>,
    /// When it was discovered; not in the future, at most a year ago.
    discovered_at: DateTime<Utc>,
    /// How and by whom it was discovered: the first entry of the minutes.
    #[schema(
        example = "Quản trị hệ thống thấy trong nhật ký truy cập",
        min_length = 1,
        max_length = 4000
    )]
    text: String,
}

/// Open a breach file
///
/// Hồ sơ vi phạm (Luật 91/2025/QH15 art. 23). The clock of 72 hours runs from the discovery. Takes `Idempotency-Key`.
#[utoipa::path(
    tag = "personal-data",
    operation_id = "openBreach",
    request_body(content = BreachIn, example = json!({
        "title": "Tệp sao lưu bị tải trái phép", "kinds": ["Số định danh"], "people": 120,
        "discoveredAt": "2026-11-16T02:00:00Z", "text": "Quản trị hệ thống thấy trong nhật ký truy cập",
    })),
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request safe: 1–128 visible ASCII characters.", example = "a2c1f0e8-breach-1")),
    responses(
        (status = 201, description = "Opened.", body = BreachOut, headers(("Location" = String, description = "The file."), ("ETag" = String, description = "The version."))),
        (status = 400, description = "Not JSON.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No token or a bad one.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Not a province administrator.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON by its content type.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field is not valid, or the key was used with another body.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["breach.manage"]))
)]
#[post("/api/v1/breaches")]
pub(super) async fn open(
    by: Allowed<perm::BreachManage>,
    key: IdempotencyKey,
    body: Json<BreachIn>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let new = checked(body.0, app.rt.clock.now())?;
    let answer = breaches::open(&app, by.actor(), &new, key.0.as_deref(), opened_file).await?;
    let mut response = HttpResponse::Created();
    if let Some(location) = &answer.location {
        response.insert_header((header::LOCATION, location.as_str()));
    }
    if let Some(etag) = &answer.etag {
        response.insert_header((header::ETAG, etag.as_str()));
    }
    Ok(response.insert_header(NO_STORE).json(answer.body))
}

fn opened_file(app: &App, breach: &Breach) -> Answer {
    Answer {
        status: 201,
        location: Some(format!("/api/v1/breaches/{}", breach.id)),
        etag: Some(format!("\"{}\"", breach.version)),
        body: serde_json::to_value(out(app, breach.clone())).unwrap_or_default(),
    }
}

fn checked(body: BreachIn, now: DateTime<Utc>) -> Result<New, Problem> {
    let wrong =
        |pointer| Problem::invalid(vec![kit::FieldError::of(pointer, shared::FIELD_INVALID)]);
    // A clock that is a little ahead is no future.
    let future = body.discovered_at > now + chrono::Duration::minutes(5);
    if future || body.discovered_at < now - chrono::Duration::days(366) {
        return Err(wrong("/discoveredAt"));
    }
    if body.kinds.len() > KINDS {
        return Err(wrong("/kinds"));
    }
    if body
        .people
        .is_some_and(|n| !(0..=1_000_000_000).contains(&n))
    {
        return Err(wrong("/people"));
    }
    Ok(New {
        title: words("/title", &body.title)?,
        kinds: body
            .kinds
            .iter()
            .map(|kind| words("/kinds", kind))
            .collect::<Result<_, _>>()?,
        people: body.people,
        discovered_at: body.discovered_at,
        text: words("/text", &body.text)?,
    })
}

/// Read a breach file
///
/// With its minutes.
#[utoipa::path(
    tag = "personal-data",
    operation_id = "getBreach",
    params(("id" = Uuid, Path, description = "The file.", example = "01932f4c-0000-7000-8000-000000000001")),
    responses(
        (status = 200, description = "The file.", body = BreachOut, headers(("ETag" = String, description = "The version."))),
        (status = 401, description = "No token or a bad one.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Not a province administrator.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "Not there.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["breach.manage"]))
)]
#[get("/api/v1/breaches/{id}")]
pub(super) async fn show(
    _by: Allowed<perm::BreachManage>,
    id: Path<Uuid>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let breach = stored::find(app.db.read(), id.0)
        .await
        .map_err(unforeseen)?
        .ok_or_else(|| Problem::new(codes::BREACH_NOT_FOUND))?;
    whole(&app, breach).await
}

/// A new entry.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct BreachEntryIn {
    /// What it is; not `opened`.
    kind: EntryKind,
    /// What it says.
    #[schema(
        example = "Đã khóa tài khoản, đổi khóa niêm phong",
        min_length = 1,
        max_length = 4000
    )]
    text: String,
}

/// Add to the minutes of a breach file
///
/// Notes, measures, the notification of the authority, that the people were told, the closing. Nothing that was entered is changed. A
/// file is closed only after the notification, or after it was minuted why there is none. Requires `If-Match`.
#[utoipa::path(
    tag = "personal-data",
    operation_id = "addBreachEntry",
    request_body(content = BreachEntryIn, example = json!({"kind": "measure", "text": "Đã khóa tài khoản"})),
    params(
        ("id" = Uuid, Path, description = "The file.", example = "01932f4c-0000-7000-8000-000000000001"),
        ("If-Match" = String, Header, description = "The version that is changed.", example = "\"1\""),
    ),
    responses(
        (status = 200, description = "The file with the entry.", body = BreachOut, headers(("ETag" = String, description = "The new version."))),
        (status = 400, description = "Not JSON.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No token or a bad one.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Not a province administrator.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "Not there.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Not at this step.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "Changed by somebody else since.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON by its content type.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field is not valid.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 428, description = "If-Match is missing.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["breach.manage"]))
)]
#[post("/api/v1/breaches/{id}/entries")]
pub(super) async fn enter(
    by: Allowed<perm::BreachManage>,
    id: Path<Uuid>,
    version: IfMatch,
    body: Json<BreachEntryIn>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let version = version.required()?;
    let text = words("/text", &body.0.text)?;
    let breach = breaches::enter(&app, by.actor(), id.0, version, body.0.kind, &text).await?;
    whole(&app, breach).await
}
