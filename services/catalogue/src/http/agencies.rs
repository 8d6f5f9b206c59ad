//! Agencies and their desks.

use super::types::{Agency, AgencyVersion};
use crate::App;
use crate::app::agencies::set_calendar as set;
use crate::domain::agency as domain;
use crate::domain::content::Level;
use crate::error;
use crate::store::agencies::{self, Wanted};
use crate::store::procedures;
use actix_web::{HttpResponse, get, put, web};
use chrono::NaiveDate;
use contracts::permission::perm;
use contracts::problem::shared;
use kit::etag::{IfMatch, with_etag};
use kit::http::{Json, Path, Query};
use kit::page::{self, Page};
use kit::{Allowed, Problem, ProblemBody};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;
use vn::agency::AgencyCode;
use vn::worktime::{Calendar, CalendarSpec, WorkTimeError};

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
    /// Only agencies right below this body, by its code: the tree, branch by branch.
    #[param(example = "H05")]
    parent_code: Option<String>,
    /// As of this day; today when absent.
    #[param(example = "2026-11-16")]
    on: Option<NaiveDate>,
    /// Items a page, 1–100; 20 when absent.
    #[param(minimum = 1, maximum = 100, example = 20)]
    limit: Option<u32>,
    /// Cursor from the page before.
    cursor: Option<String>,
}

#[utoipa::path(
    get, path = "/api/v1/agencies", tag = "agencies", operation_id = "listAgencies",
    summary = "List agencies",
    description = "Agencies that exist on a day, by code. With `procedureId` only the one-stop desks (bộ phận một cửa) that accept the procedure.",
    params(ListQuery),
    responses(
        (status = 200, description = "One page", body = Page<Agency>),
        (status = 404, description = "`procedure.unknown`", body = ProblemBody, content_type = "application/problem+json"),
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
        parent_code: query.parent_code.map(|c| short(&c)),
    };
    let rows = agencies::list(
        app.db.read(),
        &wanted,
        query.on.unwrap_or_else(|| app.today()),
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
    description = "One agency by its code (mã định danh) in either form, also one that has ended.",
    params(("code" = String, Path, description = "Code by QĐ 20/2020/QĐ-TTg, or by QCVN 102:2016/BTTTT", example = "H05.21")),
    responses(
        (status = 200, description = "The agency", body = Agency),
        (status = 404, description = "`agency.unknown`", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(()),
)]
#[get("/api/v1/agencies/{code}")]
pub(crate) async fn read(
    app: web::Data<App>,
    Path(code): Path<String>,
) -> Result<Json<Agency>, Problem> {
    let code = super::known_shape(code, error::AGENCY_UNKNOWN)?;
    let (a, version) = agencies::one(app.db.read(), &short(&code))
        .await
        .map_err(error::failed)?
        .ok_or_else(|| Problem::new(error::AGENCY_UNKNOWN))?;
    Ok(Json(agency(a, version)))
}

/// A code in the short form, when it follows either rule; else as it is.
fn short(code: &str) -> String {
    AgencyCode::parse(code).map_or_else(
        |_home_made| code.to_owned(),
        |c| c.to_short().as_str().to_owned(),
    )
}

#[utoipa::path(
    get, path = "/api/v1/agencies/{code}/history", tag = "agencies", operation_id = "listAgencyHistory",
    summary = "What an agency was",
    description = "Each version of an agency, newest first: names, body above, calendar, validity.",
    params(("code" = String, Path, description = "Code in either form", example = "H05.21"), page::PageQuery),
    responses(
        (status = 200, description = "One page", body = Page<AgencyVersion>),
        (status = 404, description = "`agency.unknown`", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(()),
)]
#[get("/api/v1/agencies/{code}/history")]
pub(crate) async fn history(
    app: web::Data<App>,
    Path(code): Path<String>,
    Query(query): Query<page::PageQuery>,
) -> Result<Json<Page<AgencyVersion>>, Problem> {
    let code = short(&super::known_shape(code, error::AGENCY_UNKNOWN)?);
    let limit = page::limit(query.limit)?;
    let below = query
        .cursor
        .as_deref()
        .map(page::decode_cursor::<i64>)
        .transpose()?;
    let rows = agencies::history(app.db.read(), &code, below, limit + 1)
        .await
        .map_err(error::failed)?;
    if rows.is_empty() && below.is_none() {
        return Err(Problem::new(error::AGENCY_UNKNOWN));
    }
    let items = rows
        .into_iter()
        .map(|(a, version, at)| AgencyVersion {
            at,
            agency: agency(a, version),
        })
        .collect();
    Ok(Json(Page::cut(items, limit, |v: &AgencyVersion| {
        v.agency.version
    })))
}

#[utoipa::path(
    put, path = "/api/v1/agencies/{code}/calendar", tag = "agencies", operation_id = "setAgencyCalendar",
    summary = "Set an agency's calendar",
    description = "The office calendar of an agency: shifts by weekday (also Saturday and half days), single days, the cut-off hour. What it does not say is as in the national calendar. Due dates computed from now on go by it.",
    params(("code" = String, Path, description = "Code in either form", example = "H05.21"), ("If-Match" = String, Header, description = "The agency's version, in quotes")),
    request_body(content = Object, content_type = "application/json", description = "The calendar", example = json!({"cutOff": "15:30", "week": {"saturday": [{"from": "07:30", "to": "11:30"}]}})),
    responses(
        (status = 200, description = "The agency", body = Agency),
        (status = 404, description = "`agency.unknown`", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["catalogue.manage"])),
)]
#[put("/api/v1/agencies/{code}/calendar")]
pub(crate) async fn set_calendar(
    app: web::Data<App>,
    _caller: Allowed<perm::CatalogueManage>,
    Path(code): Path<String>,
    at: IfMatch,
    Json(calendar): Json<CalendarSpec>,
) -> Result<HttpResponse, Problem> {
    let code = short(&super::known_shape(code, error::AGENCY_UNKNOWN)?);
    if let Err(wrong) = Calendar::from_spec(&calendar) {
        let problem = Problem::new(shared::BODY_INVALID);
        let no_work = error::CALENDAR_NO_WORKING_DAY;
        return Err(match wrong {
            WorkTimeError::NoWorkingDay => problem.field("/week", no_work, no_work.vi, no_work.en),
            other => problem.field(
                "",
                shared::FIELD_INVALID,
                other.to_string(),
                other.to_string(),
            ),
        });
    }
    let (a, version) = set(&app.db, &app.rt, &code, at, &calendar).await?;
    let mut answer = HttpResponse::Ok();
    Ok(with_etag(&mut answer, version).json(agency(a, version)))
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
