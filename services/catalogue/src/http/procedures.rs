//! Procedures: search, the eleven published items, versions, fields.

use super::PUBLIC_SECONDS;
use super::types::{Field, Procedure, ProcedureItem, ProcedureVersion};
use crate::App;
use crate::domain::content::{Level, ServiceLevel};
use crate::domain::search::{Entry, Filter, Position, Query as Words, parse};
use crate::error;
use crate::store::procedures::{self, Stored, VersionRow};
use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpRequest, HttpResponse, get, web};
use contracts::ProcedureId;
use kit::http::{Json, Path, Query};
use kit::page::{self, Page};
use kit::{Problem, ProblemBody, etag};
use serde::{Deserialize, Serialize};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// The longest search text, characters.
const MAX_QUERY: usize = 200;

/// Parameters of the search.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// Words in any order, with or without tone marks, abbreviations (`dk`, `gcn`, `hkd`), or a code or its beginning. At most 200 characters.
    #[param(example = "dang ky khai sinh", max_length = 200)]
    q: Option<String>,
    /// Field code, as `GET /api/v1/fields` gives it.
    #[param(example = "G15-TP07")]
    field: Option<String>,
    /// Tier that executes it: `commune`, `province`, `ministry` or `other`.
    #[param(example = "commune")]
    level: Option<String>,
    /// `full`, `partial` or `information`.
    #[param(example = "full")]
    service_level: Option<String>,
    /// Items a page, 1–100; 20 when absent.
    #[param(minimum = 1, maximum = 100, example = 20)]
    limit: Option<u32>,
    /// Cursor from the page before.
    cursor: Option<String>,
}

/// A page of procedures.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProcedurePage {
    /// The best first; without `q` in Vietnamese alphabetical order.
    items: Vec<ProcedureItem>,
    /// Cursor of the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    /// How many match in all.
    #[schema(example = 12)]
    total: usize,
}

/// Where a list ended, and of which query.
#[derive(Serialize, Deserialize)]
struct ListCursor {
    /// Of which query and filter.
    h: u64,
    #[serde(flatten)]
    at: Position,
}

#[utoipa::path(
    get, path = "/api/v1/procedures", tag = "procedures", operation_id = "listProcedures",
    summary = "Search procedures",
    description = "Searches the catalogue of administrative procedures (thủ tục hành chính) by words without tone marks, in any order, or by code. Exact names come first, then names that hold the words side by side.",
    params(ListQuery),
    responses(
        (status = 200, description = "One page", body = ProcedurePage),
        (status = "4XX", description = "query.invalid, query.cursor, procedure.query-too-long, procedure.field-unknown, procedure.level-unknown, procedure.service-level-unknown", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(()),
)]
#[get("/api/v1/procedures")]
pub(crate) async fn list(
    app: web::Data<App>,
    Query(query): Query<ListQuery>,
) -> Result<HttpResponse, Problem> {
    let limit = page::limit(query.limit)?;
    let index = app.live.index();
    let typed = query.q.as_deref().unwrap_or_default();
    let words = words(typed)?;
    let filter = filter(&query, |code| index.has_field(code))?;
    let mut hasher = DefaultHasher::new();
    (typed, &filter).hash(&mut hasher);
    let h = hasher.finish();
    let after = query
        .cursor
        .as_deref()
        .map(|c| {
            page::decode_cursor::<ListCursor>(c).and_then(|cursor| {
                // A cursor of another query would skip at random.
                if cursor.h == h {
                    Ok(cursor.at)
                } else {
                    Err(Problem::new(contracts::problem::shared::CURSOR_INVALID))
                }
            })
        })
        .transpose()?;
    let found = index.search(
        &words,
        &filter,
        after.as_ref(),
        usize::try_from(limit).unwrap_or(100),
    );
    let page = ProcedurePage {
        items: found.entries.iter().map(|e| item(e)).collect(),
        next: found
            .next
            .map(|at| page::encode_cursor(&ListCursor { h, at })),
        total: found.total,
    };
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-cache"))
        .json(page))
}

fn words(typed: &str) -> Result<Words, Problem> {
    if typed.chars().count() > MAX_QUERY {
        return Err(Problem::new(error::QUERY_TOO_LONG).field(
            "q",
            error::QUERY_TOO_LONG,
            format!("Tối đa {MAX_QUERY} ký tự"),
            format!("At most {MAX_QUERY} characters"),
        ));
    }
    Ok(parse(typed))
}

fn filter(query: &ListQuery, has_field: impl Fn(&str) -> bool) -> Result<Filter, Problem> {
    let unknown =
        |code: contracts::Code, name: &str| Problem::new(code).field(name, code, code.vi, code.en);
    if let Some(field) = &query.field
        && !has_field(field)
    {
        return Err(unknown(error::FIELD_UNKNOWN, "field"));
    }
    let level = query
        .level
        .as_deref()
        .map(|l| Level::parse(l).ok_or_else(|| unknown(error::LEVEL_UNKNOWN, "level")))
        .transpose()?;
    let service_level = query
        .service_level
        .as_deref()
        .map(|l| {
            ServiceLevel::parse(l)
                .ok_or_else(|| unknown(error::SERVICE_LEVEL_UNKNOWN, "serviceLevel"))
        })
        .transpose()?;
    Ok(Filter {
        field: query.field.clone(),
        level,
        service_level,
    })
}

fn item(e: &Entry) -> ProcedureItem {
    ProcedureItem {
        id: e.id.into(),
        code: e.code.clone(),
        name: e.name.clone(),
        field: e.field.clone(),
        levels: e.levels.clone(),
        service_level: e.service_level,
        channels: e.channels.clone(),
        internal: e.internal,
    }
}

#[utoipa::path(
    get, path = "/api/v1/procedures/{id}", tag = "procedures", operation_id = "getProcedure",
    summary = "Read a procedure",
    description = "The present version of a procedure with its eleven published items (TT 32/2017/TT-BTTTT art. 5.1). Answers 304 to If-None-Match with the present version.",
    params(("id" = Uuid, Path, description = "The national portal's id", example = "019d2bfd-3fe0-70ac-b9d6-5e9e20d6eef7")),
    responses(
        (status = 200, description = "The procedure", body = Procedure, headers(("ETag" = String, description = "Its version, in quotes"))),
        (status = 304, description = "Not changed since that version"),
        (status = "4XX", description = "procedure.unknown", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(()),
)]
#[get("/api/v1/procedures/{id}")]
pub(crate) async fn read(
    app: web::Data<App>,
    Path(id): Path<Uuid>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let unknown = || Problem::new(error::PROCEDURE_UNKNOWN);
    if req.headers().contains_key("if-none-match") {
        let version = procedures::current_version(app.db.read(), id)
            .await
            .map_err(error::failed)?
            .ok_or_else(unknown)?;
        if etag::not_modified(&req, &version.to_string()) {
            let mut answer = HttpResponse::NotModified();
            return Ok(etag::with_etag(&mut answer, version)
                .insert_header((CACHE_CONTROL, PUBLIC_SECONDS))
                .finish());
        }
    }
    let stored = procedures::current(app.db.read(), id)
        .await
        .map_err(error::failed)?
        .ok_or_else(unknown)?;
    let mut answer = HttpResponse::Ok();
    Ok(etag::with_etag(&mut answer, stored.version)
        .insert_header((CACHE_CONTROL, PUBLIC_SECONDS))
        .json(procedure(stored)))
}

fn procedure(s: Stored) -> Procedure {
    let c = s.content;
    Procedure {
        id: s.id.into(),
        version: s.version,
        active: s.active,
        channels: c.channels(),
        code: c.code,
        name: c.name,
        field: c.field,
        levels: c.levels,
        service_level: c.service_level,
        steps: c.steps,
        methods: c.methods,
        components: c.components,
        subjects: c.subjects,
        agencies: c.agencies,
        results: c.results,
        conditions: c.conditions,
        legal_basis: c.legal_basis,
        decision: c.decision,
        return_methods: c.return_methods,
        internal: c.internal,
        non_territorial: c.non_territorial,
        groups: c.groups,
        note: c.note,
        effective_from: s.effective_from,
        source: s.source,
        updated_at: s.created_at,
        warnings: s.warnings,
    }
}

/// Parameters of a plain list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageOnly {
    /// Items a page, 1–100; 20 when absent.
    #[param(minimum = 1, maximum = 100, example = 20)]
    limit: Option<u32>,
    /// Cursor from the page before.
    cursor: Option<String>,
}

#[utoipa::path(
    get, path = "/api/v1/procedures/{id}/versions", tag = "procedures", operation_id = "listProcedureVersions",
    summary = "List a procedure's versions",
    description = "The versions of a procedure, newest first, each with its publishing decision (quyết định công bố) and the parts that changed.",
    params(("id" = Uuid, Path, description = "The national portal's id"), PageOnly),
    responses(
        (status = 200, description = "One page", body = Page<ProcedureVersion>),
        (status = "4XX", description = "procedure.unknown, query.invalid, query.cursor", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(()),
)]
#[get("/api/v1/procedures/{id}/versions")]
pub(crate) async fn versions(
    app: web::Data<App>,
    Path(id): Path<ProcedureId>,
    Query(query): Query<PageOnly>,
) -> Result<Json<Page<ProcedureVersion>>, Problem> {
    let limit = page::limit(query.limit)?;
    let below = query
        .cursor
        .as_deref()
        .map(page::decode_cursor::<i64>)
        .transpose()?;
    let rows = procedures::versions(app.db.read(), id.0, below, limit + 1)
        .await
        .map_err(error::failed)?;
    if rows.is_empty()
        && procedures::current_version(app.db.read(), id.0)
            .await
            .map_err(error::failed)?
            .is_none()
    {
        return Err(Problem::new(error::PROCEDURE_UNKNOWN));
    }
    let items = rows
        .into_iter()
        .map(version)
        .collect::<Result<Vec<_>, Problem>>()?;
    Ok(Json(Page::cut(items, limit, |v| v.version)))
}

fn version(r: VersionRow) -> Result<ProcedureVersion, Problem> {
    Ok(ProcedureVersion {
        version: r.version,
        decision: r.decision(),
        effective_from: r.effective_from,
        changed: r.changed().map_err(error::failed)?,
        source: r.source,
        content_hash: r.content_hash,
        created_at: r.created_at,
    })
}

/// No parameters: a misspelt one is refused, not ignored.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoQuery {}

#[utoipa::path(
    get, path = "/api/v1/fields", tag = "procedures", operation_id = "listFields",
    summary = "List fields",
    description = "The fields (lĩnh vực) that have procedures, by code, all in one answer.",
    responses(
        (status = 200, description = "All fields", body = Page<Field>),
        (status = "4XX", description = "query.invalid", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(()),
)]
#[get("/api/v1/fields")]
pub(crate) async fn fields(app: web::Data<App>, _none: Query<NoQuery>) -> HttpResponse {
    let index = app.live.index();
    let items = index
        .fields()
        .map(|(code, name, procedures)| Field {
            code: code.to_owned(),
            name: name.to_owned(),
            procedures,
        })
        .collect();
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-cache"))
        .json(Page::<Field> { items, next: None })
}
