//! Provinces and communes.

use super::types::{Commune, Province};
use crate::App;
use crate::error;
use crate::store::units;
use actix_web::{get, web};
use chrono::NaiveDate;
use kit::http::{Json, Path, Query};
use kit::page::{self, Page};
use kit::{Problem, ProblemBody};
use serde::Deserialize;
use utoipa::IntoParams;

/// A day.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OnDay {
    /// As of this day; today in Vietnam when absent. Before 2025-07-01 the units are those of three tiers.
    #[param(example = "2026-11-16")]
    on: Option<NaiveDate>,
}

#[utoipa::path(
    get, path = "/api/v1/provinces", tag = "units", operation_id = "listProvinces",
    summary = "List provinces",
    description = "Provinces and cities (tỉnh, thành phố) that exist on a day, by code, all in one answer.",
    params(OnDay),
    responses(
        (status = 200, description = "All provinces", body = Page<Province>),
    ),
    security(()),
)]
#[get("/api/v1/provinces")]
pub(crate) async fn provinces(
    app: web::Data<App>,
    Query(query): Query<OnDay>,
) -> Result<Json<Page<Province>>, Problem> {
    let day = query.on.unwrap_or_else(|| app.today());
    let rows = units::provinces_on(app.db.read(), day)
        .await
        .map_err(error::failed)?;
    let items = rows
        .into_iter()
        .map(|p| Province {
            code: p.code,
            name: p.name,
            agency_code: p.agency_code,
            valid_from: p.valid_from,
            valid_to: p.valid_to,
            successor: p.successor,
        })
        .collect();
    Ok(Json(Page { items, next: None }))
}

/// Parameters of the list of communes.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CommunesQuery {
    /// As of this day; today in Vietnam when absent. Before 2025-07-01 the units are those of three tiers.
    #[param(example = "2026-11-16")]
    on: Option<NaiveDate>,
    /// Items a page, 1–100. When absent, all communes in one answer.
    #[param(minimum = 1, maximum = 100, example = 100)]
    limit: Option<u32>,
    /// Cursor from the page before.
    cursor: Option<String>,
}

/// More communes than any province ever had.
const ALL: u64 = 2_000;

#[utoipa::path(
    get, path = "/api/v1/provinces/{code}/communes", tag = "units", operation_id = "listCommunes",
    summary = "List a province's communes",
    description = "Communes (xã, phường, đặc khu) that a province has on a day, by code. The same code may be another commune on another day.",
    params(("code" = String, Path, description = "Province code", example = "24"), CommunesQuery),
    responses(
        (status = 200, description = "The communes", body = Page<Commune>),
        (status = 404, description = "`province.unknown`", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(()),
)]
#[get("/api/v1/provinces/{code}/communes")]
pub(crate) async fn communes(
    app: web::Data<App>,
    Path(code): Path<String>,
    Query(query): Query<CommunesQuery>,
) -> Result<Json<Page<Commune>>, Problem> {
    let code = super::known_shape(code, error::PROVINCE_UNKNOWN)?;
    let limit = match query.limit {
        None => ALL,
        some => page::limit(some)?,
    };
    let after = super::after_code(query.cursor.as_deref())?;
    let day = query.on.unwrap_or_else(|| app.today());
    if !units::is_province(app.db.read(), &code)
        .await
        .map_err(error::failed)?
    {
        return Err(Problem::new(error::PROVINCE_UNKNOWN));
    }
    let rows = units::communes_on(app.db.read(), &code, day, after.as_deref(), limit + 1)
        .await
        .map_err(error::failed)?;
    let items = rows
        .into_iter()
        .map(|c| Commune {
            code: c.code,
            name: c.name,
            province_code: c.province_code,
            valid_from: c.valid_from,
            valid_to: c.valid_to,
            successors: c.successors,
        })
        .collect();
    Ok(Json(Page::cut(items, limit, |c: &Commune| c.code.clone())))
}
