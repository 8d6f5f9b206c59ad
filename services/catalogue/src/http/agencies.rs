//! Agencies and their desks.

use super::types::Agency;
use crate::App;
use crate::domain::agency as domain;
use crate::domain::content::Level;
use crate::error;
use crate::store::agencies::{self, Wanted};
use crate::store::procedures;
use actix_web::{get, web};
use kit::http::{Json, Path, Query};
use kit::page::{self, Page};
use kit::{Problem, ProblemBody};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

/// Parameters of the list of agencies.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// Only the desks that accept this procedure: at the tier that executes it.
    #[param(example = "019d2bfd-3fe0-70ac-b9d6-5e9e20d6eef7")]
    procedure_id: Option<Uuid>,
    /// Only agencies of this province.
    #[param(example = "24")]
    province_code: Option<String>,
    /// Items a page, 1–100; 20 when absent.
    #[param(minimum = 1, maximum = 100, example = 20)]
    limit: Option<u32>,
    /// Cursor from the page before.
    cursor: Option<String>,
}

#[utoipa::path(
    get, path = "/api/v1/agencies", tag = "agencies", operation_id = "listAgencies",
    summary = "List agencies",
    description = "Agencies that exist today, by code. With `procedureId` only the one-stop desks (bộ phận một cửa) that accept the procedure.",
    params(ListQuery),
    responses(
        (status = 200, description = "One page", body = Page<Agency>),
        (status = "4XX", description = "procedure.unknown, query.invalid, query.cursor", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(()),
)]
#[get("/api/v1/agencies")]
pub(crate) async fn list(
    app: web::Data<App>,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<Agency>>, Problem> {
    let limit = page::limit(query.limit)?;
    let after = super::after_code(query.cursor.as_deref())?;
    let desks_of = match query.procedure_id {
        None => None,
        Some(id) => Some(accepting_levels(&app, id).await?),
    };
    let wanted = Wanted {
        desks_of,
        province_code: query.province_code,
    };
    let rows = agencies::list(
        app.db.read(),
        &wanted,
        app.today(),
        after.as_deref(),
        limit + 1,
    )
    .await
    .map_err(error::failed)?;
    let items = rows
        .into_iter()
        .map(|(a, version)| agency(a, version))
        .collect();
    Ok(Json(Page::cut(items, limit, |a: &Agency| a.code.clone())))
}

/// The tiers whose desks accept a procedure; none for a procedure between agencies.
async fn accepting_levels(app: &App, id: Uuid) -> Result<Vec<Level>, Problem> {
    let stored = procedures::current(app.db.read(), id)
        .await
        .map_err(error::failed)?
        .ok_or_else(|| Problem::new(error::PROCEDURE_UNKNOWN))?;
    Ok(if stored.content.internal || !stored.active {
        Vec::new()
    } else {
        stored.content.levels
    })
}

#[utoipa::path(
    get, path = "/api/v1/agencies/{code}", tag = "agencies", operation_id = "getAgency",
    summary = "Read an agency",
    description = "One agency by its code (mã định danh), also one that has ended.",
    params(("code" = String, Path, description = "Code by QĐ 20/2020/QĐ-TTg", example = "H05.21")),
    responses(
        (status = 200, description = "The agency", body = Agency),
        (status = "4XX", description = "agency.unknown", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(()),
)]
#[get("/api/v1/agencies/{code}")]
pub(crate) async fn read(
    app: web::Data<App>,
    Path(code): Path<String>,
) -> Result<Json<Agency>, Problem> {
    let code = super::known_shape(code, error::AGENCY_UNKNOWN)?;
    let (a, version) = agencies::one(app.db.read(), &code)
        .await
        .map_err(error::failed)?
        .ok_or_else(|| Problem::new(error::AGENCY_UNKNOWN))?;
    Ok(Json(agency(a, version)))
}

fn agency(a: domain::Agency, version: i64) -> Agency {
    Agency {
        code: a.code,
        long_code: a.long_code,
        name: a.name,
        level: a.level,
        reception: a.reception,
        parent_code: a.parent_code,
        parent_name: a.parent_name,
        province_code: a.province_code,
        commune_code: a.commune_code,
        address: a.address,
        phone: a.phone,
        calendar: a.calendar,
        valid_from: a.valid_from,
        valid_to: a.valid_to,
        version,
    }
}
