//! Procedures: search, the eleven published items, versions, fields.

use super::PUBLIC_SECONDS;
use super::types::{Procedure, ProcedureItem, ProcedureVersion};
use crate::App;
use crate::domain::content::{Level, ServiceLevel};
use crate::domain::life_cycle::version_state;
use crate::domain::search::{
    Entry, Facet, FacetValue, Filter, Index, Position, Query as Words, parse, parse_unfinished,
};
use crate::error;
use crate::store::procedures::{self, Stored, VersionRow, Which};
use actix_web::http::header::{CACHE_CONTROL, ETAG};
use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::NaiveDate;
use contracts::ProcedureId;
use kit::http::{Json, Path, Query};
use kit::page::{self, Page};
use kit::{Problem, ProblemBody, etag};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hasher as _};
use std::time::Duration;
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
    /// Code of who may file it (đối tượng thực hiện).
    #[param(example = "ĐT1")]
    subject: Option<String>,
    /// Life event (sự kiện đời người, vòng đời doanh nghiệp), by its name.
    #[param(example = "Khai sinh")]
    life_event: Option<String>,
    /// Code of the body that published it.
    #[param(example = "G15")]
    agency: Option<String>,
    /// Which counts to add, separated by commas: `field`, `level`, `serviceLevel`, `subject`, `lifeEvent`, `agency`.
    #[param(example = "field,level")]
    facets: Option<String>,
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
    /// By facet: values of what was found, the most frequent first, at most a hundred. A filter does not narrow its own facet.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    facets: BTreeMap<String, Vec<FacetValue>>,
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
        (status = 422, description = "`query.invalid`, `query.cursor`, `procedure.query-too-long`, `procedure.field-unknown`, `procedure.level-unknown`, `procedure.service-level-unknown`, `procedure.subject-unknown`, `procedure.life-event-unknown`, `procedure.agency-unknown`, `procedure.facet-unknown`", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(()),
)]
#[get("/api/v1/procedures")]
pub(crate) async fn list(
    app: web::Data<App>,
    Query(query): Query<ListQuery>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let limit = page::limit(query.limit)?;
    let index = app.live.index();
    let typed = query.q.as_deref().unwrap_or_default();
    let words = words(typed)?;
    let filter = filter(&query, &index)?;
    let facets = facets(query.facets.as_deref())?;
    let h = hash(&(typed, &filter));
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
    let asked = hash(&(h, query.cursor.as_deref(), limit, query.facets.as_deref()));
    let tag = format!("{}-{asked:x}", index.seq());
    if etag::not_modified(&req, &tag) {
        return Ok(unchanged(&tag));
    }
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
        facets: facets
            .into_iter()
            .map(|f| {
                let mut values = index.facet(&words, &filter, f);
                values.truncate(100);
                (f.as_str().to_owned(), values)
            })
            .collect(),
    };
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-cache"))
        .insert_header((ETAG, format!("\"{tag}\"")))
        .json(page))
}

/// Nothing has changed since that answer.
pub(super) fn unchanged(tag: &str) -> HttpResponse {
    HttpResponse::NotModified()
        .insert_header((CACHE_CONTROL, "no-cache"))
        .insert_header((ETAG, format!("\"{tag}\"")))
        .finish()
}

fn hash(of: &impl std::hash::Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

fn facets(asked: Option<&str>) -> Result<Vec<Facet>, Problem> {
    let mut all = asked
        .unwrap_or_default()
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(|name| {
            let code = error::FACET_UNKNOWN;
            Facet::parse(name)
                .ok_or_else(|| Problem::new(code).field("facets", code, code.vi, code.en))
        })
        .collect::<Result<Vec<_>, _>>()?;
    all.sort_unstable();
    all.dedup();
    Ok(all)
}

/// Parameters of the suggestions.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SuggestQuery {
    /// What was typed so far, with or without tone marks; the last word may be a beginning. At most 200 characters.
    #[param(example = "dang ky kh", max_length = 200)]
    q: Option<String>,
    /// At most so many, 1–100; 8 when absent.
    #[param(minimum = 1, maximum = 100, example = 8)]
    limit: Option<u32>,
}

/// A suggestion.
#[derive(Serialize, ToSchema)]
pub(crate) struct Suggestion {
    /// The national portal's id.
    id: ProcedureId,
    /// Code.
    #[schema(example = "1.001193")]
    code: String,
    /// Name.
    #[schema(example = "Thủ tục đăng ký khai sinh")]
    name: String,
}

#[utoipa::path(
    get, path = "/api/v1/procedure-suggestions", tag = "procedures", operation_id = "suggestProcedures",
    summary = "Suggest procedures while typing",
    description = "Names that begin or go on with what was typed so far, each once, the best first; nothing for an empty text.",
    params(SuggestQuery),
    responses(
        (status = 200, description = "Suggestions", body = Page<Suggestion>),
        (status = 422, description = "`query.invalid`, `procedure.query-too-long`", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(()),
)]
#[get("/api/v1/procedure-suggestions")]
pub(crate) async fn suggest(
    app: web::Data<App>,
    Query(query): Query<SuggestQuery>,
) -> Result<HttpResponse, Problem> {
    let limit = page::limit(query.limit.or(Some(8)))?;
    let typed = query.q.as_deref().unwrap_or_default();
    short_enough(typed)?;
    let (index, limit) = (app.live.index(), usize::try_from(limit).unwrap_or(8));
    let mut found = index.suggest(&parse_unfinished(typed), limit);
    if found.is_empty() {
        found = index.suggest(&parse(typed), limit);
    }
    let items = found
        .iter()
        .map(|e| Suggestion {
            id: e.id.into(),
            code: e.code.clone(),
            name: e.name.clone(),
        })
        .collect();
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, PUBLIC_SECONDS))
        .json(Page::<Suggestion> { items, next: None }))
}

/// Refuses a search text that is too long.
pub(super) fn short_enough(typed: &str) -> Result<(), Problem> {
    if typed.chars().count() > MAX_QUERY {
        return Err(Problem::new(error::QUERY_TOO_LONG).field(
            "q",
            error::QUERY_TOO_LONG,
            format!("Tối đa {MAX_QUERY} ký tự"),
            format!("At most {MAX_QUERY} characters"),
        ));
    }
    Ok(())
}

fn words(typed: &str) -> Result<Words, Problem> {
    short_enough(typed)?;
    Ok(parse(typed))
}

fn filter(query: &ListQuery, index: &Index) -> Result<Filter, Problem> {
    let unknown =
        |code: contracts::Code, name: &str| Problem::new(code).field(name, code, code.vi, code.en);
    let known = |facet: Facet, value: &Option<String>, code: contracts::Code| match value {
        Some(v) if !index.has(facet, v) => Err(unknown(code, facet.as_str())),
        _ => Ok(value.clone()),
    };
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
        field: known(Facet::Field, &query.field, error::FIELD_UNKNOWN)?,
        level,
        service_level,
        subject: known(Facet::Subject, &query.subject, error::SUBJECT_UNKNOWN)?,
        life_event: known(
            Facet::LifeEvent,
            &query.life_event,
            error::LIFE_EVENT_UNKNOWN,
        )?,
        agency: known(Facet::Agency, &query.agency, error::PUBLISHER_UNKNOWN)?,
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

/// As of which day.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AsOf {
    /// The version in force on this day; the newest when absent.
    #[param(example = "2026-11-16")]
    as_of: Option<NaiveDate>,
}

#[utoipa::path(
    get, path = "/api/v1/procedures/{id}", tag = "procedures", operation_id = "getProcedure",
    summary = "Read a procedure",
    description = "The newest version of a procedure, or the one in force on a day, with its eleven published items (TT 32/2017/TT-BTTTT art. 5.1). Answers 304 to If-None-Match with that version.",
    params(("id" = Uuid, Path, description = "The national portal's id", example = "019d2bfd-3fe0-70ac-b9d6-5e9e20d6eef7"), AsOf),
    responses(
        (status = 200, description = "The procedure", body = Procedure, headers(("ETag" = String, description = "Its version, in quotes"))),
        (status = 304, description = "Not changed since that version"),
        (status = 404, description = "`procedure.unknown`, `procedure.not-in-force`", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(()),
)]
#[get("/api/v1/procedures/{id}")]
pub(crate) async fn read(
    app: web::Data<App>,
    Path(id): Path<Uuid>,
    Query(query): Query<AsOf>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    if let Some(day) = query.as_of {
        return answer(&app, &req, id, Which::On(day), error::NOT_IN_FORCE).await;
    }
    // The index knows the newest version of what is in force: a copy that is still good costs no query.
    if let Some(version) = app.live.index().version(id) {
        let tag = version.to_string();
        if etag::not_modified(&req, &tag) {
            return Ok(not_modified(&tag));
        }
        if let Some(body) = app.rt.cache.get(&kept_as(id, version)).await {
            return Ok(whole(&tag, body));
        }
    }
    answer(&app, &req, id, Which::Newest, error::PROCEDURE_UNKNOWN).await
}

#[utoipa::path(
    get, path = "/api/v1/procedures/{id}/versions/{version}", tag = "procedures", operation_id = "getProcedureVersion",
    summary = "Read a version of a procedure",
    description = "One version of a procedure, also one that was superseded: what a dossier received under it goes by. A version never changes.",
    params(("id" = Uuid, Path, description = "The national portal's id", example = "019d2bfd-3fe0-70ac-b9d6-5e9e20d6eef7"), ("version" = i64, Path, description = "From 1", example = 1)),
    responses(
        (status = 200, description = "The procedure as that version has it", body = Procedure, headers(("ETag" = String, description = "The version, in quotes"))),
        (status = 304, description = "Not changed"),
        (status = 404, description = "`procedure.unknown`, `procedure.version-unknown`", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(()),
)]
#[get("/api/v1/procedures/{id}/versions/{version}")]
pub(crate) async fn version_of(
    app: web::Data<App>,
    Path((id, version)): Path<(Uuid, i64)>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    answer(
        &app,
        &req,
        id,
        Which::Number(version),
        error::VERSION_UNKNOWN,
    )
    .await
}

/// A version, or that the caller has it already.
async fn answer(
    app: &App,
    req: &HttpRequest,
    id: Uuid,
    which: Which,
    none: contracts::Code,
) -> Result<HttpResponse, Problem> {
    let stored = procedures::read(app.db.read(), id, which)
        .await
        .map_err(error::failed)?
        .ok_or_else(|| Problem::new(error::PROCEDURE_UNKNOWN))?
        .ok_or_else(|| Problem::new(none))?;
    let version = stored.version;
    // A version changes once: when it is superseded it gets its last day.
    let tag = match stored.effective_to {
        None => version.to_string(),
        Some(last) => format!("{version}-{last}"),
    };
    if etag::not_modified(req, &tag) {
        return Ok(not_modified(&tag));
    }
    let body = serde_json::to_vec(&procedure(stored)).map_err(Problem::internal)?;
    if matches!(which, Which::Newest) {
        app.rt.cache.set(&kept_as(id, version), &body, KEPT).await;
    }
    Ok(whole(&tag, body))
}

/// How long a body is kept in the cache. Its key holds the version, and the index says which one is the newest: a change needs no
/// invalidation but its own event.
const KEPT: Duration = Duration::from_secs(600);

fn kept_as(id: Uuid, version: i64) -> String {
    format!("catalogue:procedure:{id}:{version}")
}

fn not_modified(tag: &str) -> HttpResponse {
    HttpResponse::NotModified()
        .insert_header((ETAG, format!("\"{tag}\"")))
        .insert_header((CACHE_CONTROL, PUBLIC_SECONDS))
        .finish()
}

fn whole(tag: &str, body: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((ETAG, format!("\"{tag}\"")))
        .insert_header((CACHE_CONTROL, PUBLIC_SECONDS))
        .content_type("application/json")
        .body(body)
}

fn procedure(s: Stored) -> Procedure {
    let c = s.content;
    Procedure {
        id: s.id.into(),
        version: s.version,
        active: s.active,
        channels: c.channels(),
        postal: c.by_post(),
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
        kiosk: c.kiosk,
        immediate_result: c.immediate_result,
        financial_duty: c.financial_duty,
        restricted: c.restricted,
        groups: c.groups,
        note: c.note,
        effective_from: s.effective_from,
        effective_to: s.effective_to,
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
        (status = 404, description = "`procedure.unknown`", body = ProblemBody, content_type = "application/problem+json"),
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
    let newest = procedures::current_version(app.db.read(), id.0)
        .await
        .map_err(error::failed)?
        .ok_or_else(|| Problem::new(error::PROCEDURE_UNKNOWN))?;
    let items = rows
        .into_iter()
        .map(|row| version(row, newest))
        .collect::<Result<Vec<_>, Problem>>()?;
    Ok(Json(Page::cut(items, limit, |v| v.version)))
}

fn version(r: VersionRow, newest: i64) -> Result<ProcedureVersion, Problem> {
    Ok(ProcedureVersion {
        version: r.version,
        decision: r.decision(),
        state: version_state(r.version, newest, r.active),
        effective_from: r.effective_from,
        effective_to: r.effective_to,
        changed: r.changed().map_err(error::failed)?,
        source: r.source,
        written_by: r.written_by,
        published_by: r.published_by,
        content_hash: r.content_hash,
        created_at: r.created_at,
    })
}
