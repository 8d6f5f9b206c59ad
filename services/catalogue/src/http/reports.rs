//! Open data, the source as it came, and what is doubtful in it.

use crate::App;
use crate::app::export::{Format, stream};
use crate::app::lines::unpacked;
use crate::app::quality::{QualityReport, quality_report};
use crate::error;
use crate::store::source::{self as kept, Kept};
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, ETAG};
use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::NaiveDate;
use contracts::permission::perm;
use contracts::problem::shared;
use futures_util::StreamExt as _;
use kit::http::{Json, Path, Query};
use kit::{Allowed, Problem, ProblemBody, etag};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

/// Parameters of the export.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportQuery {
    /// `jsonl` (the portal's JSON, one procedure a line; can be imported again) or `csv`; `jsonl` when absent.
    #[param(example = "csv")]
    format: Option<String>,
    /// The versions in force on this day; today when absent.
    #[param(example = "2026-07-01")]
    as_of: Option<NaiveDate>,
}

#[utoipa::path(
    get, path = "/api/v1/procedures-export", tag = "procedures", operation_id = "exportProcedures",
    summary = "Export the catalogue",
    description = "Every procedure in force on a day, by id, as open data: in the national portal's own JSON, or as a table. Streams; ask for gzip.",
    params(ExportQuery),
    responses(
        (status = 200, description = "The catalogue", content((String = "application/x-ndjson"), (String = "text/csv"))),
    ),
    security(()),
)]
#[get("/api/v1/procedures-export")]
pub(crate) async fn export(
    app: web::Data<App>,
    Query(query): Query<ExportQuery>,
) -> Result<HttpResponse, Problem> {
    let format = match query.format.as_deref() {
        None => Format::JsonLines,
        Some(name) => Format::parse(name).ok_or_else(|| {
            let code = shared::FIELD_INVALID;
            Problem::new(shared::QUERY_INVALID).field("format", code, "jsonl, csv", "jsonl, csv")
        })?,
    };
    let (media, name) = match format {
        Format::JsonLines => ("application/x-ndjson", "procedures.jsonl"),
        Format::Csv => ("text/csv; charset=utf-8", "procedures.csv"),
    };
    let day = query.as_of.unwrap_or_else(|| app.today());
    let body = stream(app.db.clone(), day, format).map(|piece| {
        piece.map_err(|error| {
            tracing::warn!(%error, "an export was cut short");
            std::io::Error::other("the export was cut short")
        })
    });
    Ok(HttpResponse::Ok()
        .content_type(media)
        .insert_header((CACHE_CONTROL, "no-cache"))
        .insert_header((
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ))
        .streaming(Box::pin(body)))
}

#[utoipa::path(
    get, path = "/api/v1/procedures/{id}/versions/{version}/source", tag = "procedures", operation_id = "getProcedureSource",
    summary = "Read the source of a version",
    description = "The line of the national portal's file that a version was read from, exactly as it came: with its decomposed letters, invisible and private-use characters, blanks and markup. The version itself shows the text cleaned. There is none for what was written here.",
    params(("id" = Uuid, Path, description = "The national portal's id", example = "019d2bfd-3fe0-70ac-b9d6-5e9e20d6eef7"), ("version" = i64, Path, description = "From 1", example = 1)),
    responses(
        (status = 200, description = "The line, in the portal's JSON", body = Object, headers(("ETag" = String, description = "Hash of what was read from it, in quotes"))),
        (status = 304, description = "Not changed"),
        (status = 404, description = "`procedure.version-unknown`, `procedure.source-not-kept`", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(()),
)]
#[get("/api/v1/procedures/{id}/versions/{version}/source")]
pub(crate) async fn source(
    app: web::Data<App>,
    Path((id, version)): Path<(Uuid, i64)>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let line = kept::of(app.db.read(), id, version)
        .await
        .map_err(error::failed)?;
    let (tag, line) = match line {
        Kept::NoVersion => return Err(Problem::new(error::VERSION_UNKNOWN)),
        Kept::Nothing => return Err(Problem::new(error::SOURCE_NOT_KEPT)),
        Kept::Line(tag, line) => (tag, line),
    };
    let (etag_header, keep) = (format!("\"{tag}\""), super::PUBLIC_SECONDS);
    if etag::not_modified(&req, &tag) {
        return Ok(HttpResponse::NotModified()
            .insert_header((ETAG, etag_header))
            .insert_header((CACHE_CONTROL, keep))
            .finish());
    }
    let line = unpacked(&line).map_err(Problem::internal)?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag_header))
        .insert_header((CACHE_CONTROL, keep))
        .content_type("application/json")
        .body(line))
}

/// Parameters of the quality report.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct QualityQuery {
    /// Only this kind.
    #[param(example = "feeZeroBesideTiers")]
    kind: Option<String>,
    /// Examples of each kind, 1–100; 5 when absent.
    #[param(minimum = 1, maximum = 100, example = 5)]
    examples: Option<u32>,
}

#[utoipa::path(
    get, path = "/api/v1/quality-report", tag = "drafts", operation_id = "qualityReport",
    summary = "What is doubtful in the catalogue",
    description = "Contradictions and doubts in what is in force, by kind, with counts and examples: for editors to work off. Data is kept as published whatever is doubtful in it.",
    params(QualityQuery),
    responses(
        (status = 200, description = "The report", body = QualityReport),
    ),
    security(("bearer" = ["catalogue.write"])),
)]
#[get("/api/v1/quality-report")]
pub(crate) async fn quality(
    app: web::Data<App>,
    _caller: Allowed<perm::CatalogueWrite>,
    Query(query): Query<QualityQuery>,
) -> Result<Json<QualityReport>, Problem> {
    let examples = kit::page::limit(query.examples.or(Some(5)))?;
    let report = quality_report(
        &app.db,
        query.kind.as_deref(),
        usize::try_from(examples).unwrap_or(5),
    )
    .await
    .map_err(error::failed)?;
    Ok(Json(report))
}
