//! Fields, and what the catalogue holds in figures.

use super::procedures::unchanged;
use super::types::Field;
use crate::App;
use crate::domain::content::{Level, ServiceLevel};
use crate::domain::search::{Facet, FacetValue, Filter, Query as Words};
use crate::error;
use crate::store::{procedures, reference};
use actix_web::http::header::{CACHE_CONTROL, ETAG};
use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::NaiveDate;
use kit::http::Query;
use kit::page::Page;
use kit::{Problem, ProblemBody, etag};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};
use vn::worktime::local_date;

/// Parameters of the list of fields.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FieldsQuery {
    /// The fields of the reference data on this day instead, also those without a procedure.
    #[param(example = "2026-11-16")]
    on: Option<NaiveDate>,
}

#[utoipa::path(
    get, path = "/api/v1/fields", tag = "procedures", operation_id = "listFields",
    summary = "List fields",
    description = "The fields (lĩnh vực) that have procedures, by code, all in one answer; or with `on` those of the reference data on a day, each in its period.",
    params(FieldsQuery),
    responses(
        (status = 200, description = "All fields", body = Page<Field>),
    ),
    security(()),
)]
#[get("/api/v1/fields")]
pub(crate) async fn fields(
    app: web::Data<App>,
    Query(query): Query<FieldsQuery>,
) -> Result<HttpResponse, Problem> {
    let index = app.live.index();
    let items = match query.on {
        None => index
            .fields()
            .map(|(code, name, procedures)| Field {
                code: code.to_owned(),
                name: name.to_owned(),
                procedures,
                valid_from: None,
                valid_to: None,
            })
            .collect(),
        Some(day) => {
            let counts: BTreeMap<&str, u64> =
                index.fields().map(|(code, _, n)| (code, n)).collect();
            reference::fields_on(app.db.read(), day)
                .await
                .map_err(error::failed)?
                .into_iter()
                .map(|f| Field {
                    procedures: counts.get(f.code.as_str()).copied().unwrap_or(0),
                    code: f.code,
                    name: f.name,
                    valid_from: f.valid_from,
                    valid_to: f.valid_to,
                })
                .collect()
        }
    };
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-cache"))
        .json(Page::<Field> { items, next: None }))
}

/// No parameters: a misspelt one is refused, not ignored.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoQuery {}

/// How many procedures a tier has, by service level.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AtLevel {
    /// The tier.
    level: Level,
    /// How far they go online.
    service_level: ServiceLevel,
    /// How many.
    procedures: u64,
}

/// What happened in a month.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InMonth {
    /// The month, in Vietnam.
    #[schema(example = "2026-07")]
    month: String,
    /// New procedures.
    created: u64,
    /// New versions.
    updated: u64,
    /// Withdrawals.
    withdrawn: u64,
}

/// The catalogue in figures.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Statistics {
    /// Procedures in force.
    #[schema(example = 378)]
    procedures: usize,
    /// Fields that have any.
    #[schema(example = 74)]
    fields: usize,
    /// Procedures by service level: `full`, `partial`, `information`.
    service_levels: Vec<FacetValue>,
    /// By tier; a procedure of two tiers counts at both.
    levels: Vec<FacetValue>,
    /// By tier and service level.
    levels_by_service_level: Vec<AtLevel>,
    /// By field.
    by_field: Vec<FacetValue>,
    /// By the body that published them.
    by_agency: Vec<FacetValue>,
    /// By month, the newest first: when it came into the catalogue.
    changes: Vec<InMonth>,
}

#[utoipa::path(
    get, path = "/api/v1/catalogue-statistics", tag = "procedures", operation_id = "catalogueStatistics",
    summary = "The catalogue in figures",
    description = "How many procedures in force there are: by field, tier, service level (toàn trình, một phần, chỉ thông tin) and publishing body; and what changed by month.",
    responses(
        (status = 200, description = "The figures", body = Statistics, headers(("ETag" = String, description = "Of this state of the catalogue"))),
        (status = 304, description = "Not changed"),
        (status = 422, description = "`query.invalid`: it takes no parameter", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(()),
)]
#[get("/api/v1/catalogue-statistics")]
pub(crate) async fn statistics(
    app: web::Data<App>,
    _none: Query<NoQuery>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let index = app.live.index();
    let tag = format!("statistics-{}", index.seq());
    if etag::not_modified(&req, &tag) {
        return Ok(unchanged(&tag));
    }
    let mut months: BTreeMap<String, InMonth> = BTreeMap::new();
    for (at, first, active) in procedures::changes(app.db.read())
        .await
        .map_err(error::failed)?
    {
        let month = local_date(at).format("%Y-%m").to_string();
        let one = months.entry(month.clone()).or_insert(InMonth {
            month,
            created: 0,
            updated: 0,
            withdrawn: 0,
        });
        match (first, active) {
            (true, _) => one.created += 1,
            (false, true) => one.updated += 1,
            (false, false) => one.withdrawn += 1,
        }
    }
    let of = |facet| index.facet(&Words::All, &Filter::default(), facet);
    let by_field = of(Facet::Field);
    let statistics = Statistics {
        procedures: index.len(),
        fields: by_field.len(),
        service_levels: of(Facet::ServiceLevel),
        levels: of(Facet::Level),
        levels_by_service_level: index
            .crossed()
            .into_iter()
            .map(|(level, service_level, procedures)| AtLevel {
                level,
                service_level,
                procedures,
            })
            .collect(),
        by_field,
        by_agency: of(Facet::Agency),
        changes: months.into_values().rev().collect(),
    };
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-cache"))
        .insert_header((ETAG, format!("\"{tag}\"")))
        .json(statistics))
}
