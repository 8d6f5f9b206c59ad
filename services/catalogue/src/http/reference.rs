//! Reference data: the communes of all times by code or name, the official mapping, the days of the calendar, and imports of tables.

use super::imports::{Pieces, pump};
use super::types::{CalendarDay, Commune, CommuneMapping, ReferenceItem};
use crate::App;
use crate::app::reference::{
    Kind, ReferenceOptions, ReferenceSummary, Unreadable, import_reference,
};
use crate::domain::reference::ItemKind;
use crate::error;
use crate::store::drafts::Who;
use crate::store::{reference, units};
use actix_web::{get, post, web};
use chrono::{Datelike as _, NaiveDate};
use contracts::permission::perm;
use contracts::problem::shared;
use kit::http::{Json, Path, Query};
use kit::page::{self, Page};
use kit::{Allowed, Problem, ProblemBody};
use serde::Deserialize;
use std::collections::BTreeMap;
use utoipa::IntoParams;
use vn::worktime::{Calendar, DayKind, DayUse};

/// Parameters of an import of reference data.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportQuery {
    /// Say what would change, change nothing.
    #[param(example = false)]
    dry_run: Option<bool>,
    /// The day from which a changed name holds; today when absent.
    #[param(example = "2026-07-17")]
    dated: Option<NaiveDate>,
}

#[utoipa::path(
    post, path = "/api/v1/reference-imports/{kind}", tag = "imports", operation_id = "importReference",
    summary = "Import reference data",
    description = "Takes a table (CSV with a header): `provinces`, `communes`, `commune-mapping` (after `communes`), `fields`, `subjects` (`subject_code,subject_name,valid_from,valid_to`), `results` (`result_code,result_name,valid_from,valid_to`), `agencies` (both code forms, with the tree), `holidays`, `calendars` (`agency_code,day,shifts,name`). Everything has its period. A row that cannot be true is reported with its line and left out; the rest is taken in one transaction. A second import of the same file changes nothing.",
    params(("kind" = String, Path, description = "Which data", example = "fields"), ImportQuery),
    request_body(content = String, content_type = "text/csv", description = "The table", example = "field_code,field_name\nG15-TP07,Hộ tịch\n"),
    responses(
        (status = 200, description = "What was done", body = ReferenceSummary),
        (status = 400, description = "`import.interrupted`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`import.kind-unknown`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`import.unreadable`, `query.invalid`", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["catalogue.manage"])),
)]
#[post("/api/v1/reference-imports/{kind}")]
pub(crate) async fn import(
    app: web::Data<App>,
    caller: Allowed<perm::CatalogueManage>,
    Path(kind): Path<String>,
    Query(query): Query<ImportQuery>,
    req: actix_web::HttpRequest,
    payload: web::Payload,
) -> Result<Json<ReferenceSummary>, Problem> {
    use actix_web::HttpMessage as _;
    let kind = Kind::parse(&kind).ok_or_else(|| Problem::new(error::IMPORT_KIND_UNKNOWN))?;
    if !matches!(
        req.content_type(),
        "" | "text/csv" | "text/plain" | "application/csv" | "application/octet-stream"
    ) {
        return Err(Problem::new(shared::MEDIA_TYPE));
    }
    let (to, from) = tokio::sync::mpsc::channel(16);
    let options = ReferenceOptions {
        dry_run: query.dry_run.unwrap_or(false),
        dated: query.dated,
        by: Some(Who {
            id: Some(caller.actor().subject),
            name: caller.actor().name.clone(),
        }),
    };
    let import = import_reference(&app.db, &app.rt, kind, Pieces::new(from), options);
    let (pumped, summary) =
        futures_util::future::join(pump(payload, to, app.config.import.max_body_bytes), import)
            .await;
    pumped?;
    let summary = summary.map_err(|e| match e.downcast_ref::<Unreadable>() {
        Some(Unreadable(reason)) => {
            Problem::new(error::IMPORT_UNREADABLE).detail(reason.clone(), reason.clone())
        }
        None => error::failed(e),
    })?;
    app.live.refresh(&app.db).await.map_err(error::failed)?;
    Ok(Json(summary))
}

/// Parameters of the search for communes.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CommunesQuery {
    /// Words of a name, with or without tone marks, also of a name that has ended. At most 200 characters.
    #[param(example = "truc bach", max_length = 200)]
    q: Option<String>,
    /// Five digits: every commune that has or had this code.
    #[param(example = "00004")]
    code: Option<String>,
    /// Only those that existed on this day.
    #[param(example = "2025-06-30")]
    on: Option<NaiveDate>,
    /// At most so many, 1–100; 20 when absent.
    #[param(minimum = 1, maximum = 100, example = 20)]
    limit: Option<u32>,
}

#[utoipa::path(
    get, path = "/api/v1/communes", tag = "units", operation_id = "findCommunes",
    summary = "Find communes of any time",
    description = "Communes by code or by words of their name, those in force first: who knows the old name finds the commune that it went into by `successors`. A code means nothing without a date: without `on` all periods are shown.",
    params(CommunesQuery),
    responses(
        (status = 200, description = "What was found", body = Page<Commune>),
        (status = 422, description = "`query.invalid`, `procedure.query-too-long`", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(()),
)]
#[get("/api/v1/communes")]
pub(crate) async fn communes(
    app: web::Data<App>,
    Query(query): Query<CommunesQuery>,
) -> Result<Json<Page<Commune>>, Problem> {
    let limit = page::limit(query.limit)?;
    let words = query.q.as_deref().unwrap_or_default();
    super::procedures::short_enough(words)?;
    let units = app.live.units();
    let items = units
        .find(
            words,
            query.code.as_deref(),
            query.on,
            app.today(),
            usize::try_from(limit).unwrap_or(100),
        )
        .into_iter()
        .map(|c| Commune {
            code: c.code.clone(),
            name: c.name.clone(),
            province_code: c.province_code.clone(),
            valid_from: c.valid_from,
            valid_to: c.valid_to,
            successors: c.successors.clone(),
        })
        .collect();
    Ok(Json(Page { items, next: None }))
}

/// A code of one side of the mapping.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MappingQuery {
    /// Five digits: a commune until 2025-06-30 or since 2025-07-01.
    #[param(example = "00004")]
    code: String,
}

#[utoipa::path(
    get, path = "/api/v1/commune-mappings", tag = "units", operation_id = "listCommuneMappings",
    summary = "What communes went into",
    description = "The official mapping of 2025-07-01: what the commune of a code went into and what the commune of that code was made of, wholly or in part, renamed or unchanged.",
    params(MappingQuery),
    responses(
        (status = 200, description = "The lines of the mapping", body = Page<CommuneMapping>),
    ),
    security(()),
)]
#[get("/api/v1/commune-mappings")]
pub(crate) async fn mappings(
    app: web::Data<App>,
    Query(query): Query<MappingQuery>,
) -> Result<Json<Page<CommuneMapping>>, Problem> {
    let rows = units::mapping_of(app.db.read(), &query.code)
        .await
        .map_err(error::failed)?;
    let items = rows
        .into_iter()
        .map(|m| CommuneMapping {
            old_code: m.old_code,
            new_code: m.new_code,
            relation: m.relation,
            note: m.note,
            old_district: m.district,
        })
        .collect();
    Ok(Json(Page { items, next: None }))
}

/// Which subjects or results.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ItemsQuery {
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
    get, path = "/api/v1/subjects", tag = "procedures", operation_id = "listSubjects",
    summary = "List subjects",
    description = "Who may file procedures (đối tượng thực hiện), as the reference data has them on a day, by code.",
    params(ItemsQuery),
    responses(
        (status = 200, description = "One page", body = Page<ReferenceItem>),
    ),
    security(()),
)]
#[get("/api/v1/subjects")]
pub(crate) async fn subjects(
    app: web::Data<App>,
    Query(query): Query<ItemsQuery>,
) -> Result<Json<Page<ReferenceItem>>, Problem> {
    items(&app, ItemKind::Subject, &query).await
}

#[utoipa::path(
    get, path = "/api/v1/results", tag = "procedures", operation_id = "listResults",
    summary = "List results",
    description = "What procedures end in (kết quả thực hiện), as the reference data has them on a day, by code.",
    params(ItemsQuery),
    responses(
        (status = 200, description = "One page", body = Page<ReferenceItem>),
    ),
    security(()),
)]
#[get("/api/v1/results")]
pub(crate) async fn results(
    app: web::Data<App>,
    Query(query): Query<ItemsQuery>,
) -> Result<Json<Page<ReferenceItem>>, Problem> {
    items(&app, ItemKind::Result, &query).await
}

async fn items(
    app: &App,
    kind: ItemKind,
    query: &ItemsQuery,
) -> Result<Json<Page<ReferenceItem>>, Problem> {
    let limit = page::limit(query.limit)?;
    let after = super::after_code(query.cursor.as_deref())?;
    let day = query.on.unwrap_or_else(|| app.today());
    let rows = reference::items_on(app.db.read(), kind, day, after.as_deref(), limit + 1)
        .await
        .map_err(error::failed)?;
    let items = rows
        .into_iter()
        .map(|f| ReferenceItem {
            code: f.code,
            name: f.name,
            valid_from: f.valid_from,
            valid_to: f.valid_to,
        })
        .collect();
    Ok(Json(Page::cut(items, limit, |i: &ReferenceItem| {
        i.code.clone()
    })))
}

/// A year.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct YearQuery {
    /// This year when absent; 2018 to 2100.
    #[param(example = 2026, minimum = 2018, maximum = 2100)]
    year: Option<i32>,
}

#[utoipa::path(
    get, path = "/api/v1/calendar-days", tag = "units", operation_id = "listCalendarDays",
    summary = "List holidays and swapped days",
    description = "The days of a year that are not like their weekday for the whole country: public holidays (ngày nghỉ lễ), days off instead of others and days worked instead (hoán đổi, làm bù). What was imported wins over what the product knows by itself. An agency's own days are in its calendar.",
    params(YearQuery),
    responses(
        (status = 200, description = "The days", body = Page<CalendarDay>),
    ),
    security(()),
)]
#[get("/api/v1/calendar-days")]
pub(crate) async fn calendar_days(
    app: web::Data<App>,
    Query(query): Query<YearQuery>,
) -> Result<Json<Page<CalendarDay>>, Problem> {
    let year = query.year.unwrap_or_else(|| app.today().year());
    let first = NaiveDate::from_ymd_opt(year, 1, 1)
        .filter(|_| (2018..=2100).contains(&year))
        .ok_or_else(|| {
            let code = shared::FIELD_INVALID;
            Problem::new(shared::QUERY_INVALID).field("year", code, "2018–2100", "2018–2100")
        })?;
    let built_in = Calendar::national();
    let mut days: BTreeMap<NaiveDate, CalendarDay> = first
        .iter_days()
        .take_while(|d| d.year() == year)
        .filter_map(|date| {
            let (name, day_use) = match built_in.day(date).kind {
                DayKind::Holiday(vi, _) => (vi, DayUse::Off),
                DayKind::Special(vi, _) => (vi, DayUse::Work),
                DayKind::Working | DayKind::Weekend => return None,
            };
            Some((date, known(date, day_use, name)))
        })
        .collect();
    let imported = reference::days(app.db.read())
        .await
        .map_err(error::failed)?;
    for d in imported.into_iter().filter(|d| d.day.year() == year) {
        let mut day = known(d.day, d.day_use, &d.name);
        day.kind = d.kind;
        day.certainty = d.certainty;
        "imported".clone_into(&mut day.source);
        days.insert(d.day, day);
    }
    Ok(Json(Page {
        items: days.into_values().collect(),
        next: None,
    }))
}

fn known(date: NaiveDate, day_use: DayUse, name: &str) -> CalendarDay {
    CalendarDay {
        date,
        day_use: match day_use {
            DayUse::Off => "off",
            DayUse::Work => "work",
        }
        .to_owned(),
        name: name.to_owned(),
        kind: String::new(),
        certainty: String::new(),
        source: "product".to_owned(),
    }
}
