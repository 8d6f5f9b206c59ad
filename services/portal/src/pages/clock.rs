//! How the agency keeps its dates: the counts of a period and the alarms of the statutory clocks; incidents.

use super::further;
use crate::api::ApiError;
use crate::api::types::{Incident, NewMinutes, Report};
use crate::ctx::Ctx;
use crate::error::PageError;
use crate::form::Fields;
use crate::format;
use crate::shell::{Page, Section, html, ok};
use crate::view::{Errors, Field};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, post, web};
use askama::Template;
use chrono::{DateTime, Duration, NaiveDate, NaiveDateTime, Utc};
use kit::http::Query;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Template)]
#[template(path = "clock.html")]
struct Clock {
    page: Page,
    from: String,
    to: String,
    groups: Vec<(&'static str, Counts)>,
    alarms: Vec<AlarmRow>,
    next: Option<String>,
}

/// What is counted, how many, and whether it is a bad sign.
type Counts = Vec<(&'static str, i64, bool)>;

struct AlarmRow {
    id: String,
    number: String,
    name: String,
    what: &'static str,
    at: String,
    due: String,
    status: String,
    assigned: String,
}

#[derive(Deserialize)]
struct Asked {
    tu: Option<String>,
    den: Option<String>,
    tiep: Option<String>,
}

#[get("/mot-cua/thoi-han")]
pub(super) async fn clock(ctx: Ctx, asked: Query<Asked>) -> Result<HttpResponse, PageError> {
    ctx.officer()?;
    let t = ctx.t;
    // A date that nobody offers is none, not an error.
    let day = |text: Option<&str>| text.and_then(|d| d.parse::<NaiveDate>().ok());
    let (from, to) = (day(asked.0.tu.as_deref()), day(asked.0.den.as_deref()));
    let api = ctx.api();
    let report = api.report(from, to).await.map_err(|e| ctx.refuse(e))?;
    let alarms = api
        .alarms(asked.0.tiep.as_deref())
        .await
        .map_err(|e| ctx.refuse(e))?;
    let (from, to) = (report.from.to_string(), report.to.to_string());
    let same = [("tu", from.as_str()), ("den", to.as_str())];
    let next = alarms
        .next
        .as_deref()
        .map(|c| further("/mot-cua/thoi-han", &same, c));
    let rows = alarms
        .items
        .into_iter()
        .map(|a| AlarmRow {
            what: t.alarm(&a.kind),
            at: format::time(&a.at),
            due: a.due_at.as_ref().map(format::time).unwrap_or_default(),
            number: crate::view::number(t, a.number.as_deref()),
            name: a.procedure_name,
            status: a.status.name,
            assigned: a.assigned_to.unwrap_or_default(),
            id: a.dossier_id,
        })
        .collect();
    ok(&Clock {
        page: Page::new(&ctx, Section::Work, t.clock_title()),
        groups: groups(&ctx, &report),
        from: from.clone(),
        to: to.clone(),
        alarms: rows,
        next,
    })
}

fn groups(ctx: &Ctx, r: &Report) -> Vec<(&'static str, Counts)> {
    let t = ctx.t;
    vec![
        (
            t.clock_by_last(),
            vec![
                (t.outcome_early(), r.solved.early, false),
                (t.outcome_on_time(), r.solved.on_time, false),
                (t.outcome_late(), r.solved.late, true),
            ],
        ),
        (
            t.clock_by_first(),
            vec![
                (t.outcome_early(), r.solved_by_first_date.early, false),
                (t.outcome_on_time(), r.solved_by_first_date.on_time, false),
                (t.outcome_late(), r.solved_by_first_date.late, true),
            ],
        ),
        (
            t.clock_received(),
            vec![
                (t.clock_carried(), r.carried_over, false),
                (t.clock_online(), r.received.online, false),
                (t.clock_direct(), r.received.direct, false),
                (t.clock_postal(), r.received.postal, false),
                (t.clock_checked_late(), r.checked_late, true),
            ],
        ),
        (
            t.clock_open(),
            vec![
                (t.clock_in_term(), r.open.in_term, false),
                (t.clock_overdue(), r.open.overdue, true),
                (
                    t.clock_waiting_supplement(),
                    r.open.supplement_requested,
                    false,
                ),
                (t.clock_waiting_payment(), r.open.payment_requested, false),
                (t.clock_not_received(), r.not_received, false),
                (t.clock_withdrawn(), r.withdrawn, false),
                (t.clock_stopped(), r.stopped, false),
            ],
        ),
    ]
}

#[derive(Template)]
#[template(path = "incidents.html")]
struct Incidents {
    page: Page,
    errors: Vec<(String, String)>,
    problem: String,
    key: String,
    title: Field,
    started: Field,
    agency: Field,
    items: Vec<IncidentRow>,
    next: Option<String>,
}

struct IncidentRow {
    id: String,
    version: i64,
    title: String,
    agency: String,
    started: String,
    ended: Option<String>,
    moved: String,
}

#[derive(Deserialize)]
struct Paging {
    tiep: Option<String>,
    xong: Option<String>,
}

const INCIDENTS: &str = "/mot-cua/su-co";

#[get("/mot-cua/su-co")]
pub(super) async fn incidents(ctx: Ctx, paging: Query<Paging>) -> Result<HttpResponse, PageError> {
    ctx.officer()?;
    let notice = match paging.0.xong.as_deref() {
        Some("cong-bo") => Some(ctx.t.incident_done().to_owned()),
        Some("ket-thuc") => Some(ctx.t.incident_over().to_owned()),
        _ => None,
    };
    show(
        &ctx,
        StatusCode::OK,
        &Fields::default(),
        Errors::default(),
        (notice, paging.0.tiep.as_deref()),
    )
    .await
}

#[post("/mot-cua/su-co")]
pub(super) async fn announce(ctx: Ctx, payload: web::Payload) -> Result<HttpResponse, PageError> {
    ctx.officer()
        .map_err(|e| super::inbox::back(e, INCIDENTS))?;
    let fields = Fields::read(payload).await?;
    ctx.check_form(fields.get("csrf"))?;
    let Some(started) = instant(fields.get("startedAt")) else {
        let mut errors = Errors::default();
        errors.add("startedAt", ctx.t.time_invalid());
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return show(&ctx, status, &fields, errors, (None, None)).await;
    };
    let body = json!({
        "agencyCode": fields.some("agencyCode"),
        "title": fields.get("title"),
        "startedAt": started,
    });
    let key = super::dossiers::form_key(&ctx, &fields);
    let outcome = ctx.api().announce_incident(&key, &body).await;
    answered(&ctx, outcome, &fields, "cong-bo").await
}

#[post("/mot-cua/su-co/{id}/ket-thuc")]
pub(super) async fn end(
    ctx: Ctx,
    id: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, PageError> {
    ctx.officer()
        .map_err(|e| super::inbox::back(e, INCIDENTS))?;
    let fields = Fields::read(payload).await?;
    ctx.check_form(fields.get("csrf"))?;
    let version: i64 = fields.get("version").parse().unwrap_or(0);
    let outcome = ctx.api().end_incident(&id, version).await;
    answered(&ctx, outcome, &fields, "ket-thuc").await
}

async fn answered(
    ctx: &Ctx,
    outcome: Result<Value, ApiError>,
    fields: &Fields,
    done: &str,
) -> Result<HttpResponse, PageError> {
    match outcome {
        Ok(_) => Ok(crate::error::see_other(&format!("{INCIDENTS}?xong={done}"))),
        Err(error) => {
            let (status, errors) = super::dossiers::refused(ctx, error, INCIDENTS, |pointer| {
                let field = pointer.strip_prefix('/')?;
                ["title", "startedAt", "agencyCode"]
                    .contains(&field)
                    .then(|| field.to_owned())
            })?;
            show(ctx, status, fields, errors, (None, None)).await
        }
    }
}

async fn show(
    ctx: &Ctx,
    status: StatusCode,
    fields: &Fields,
    errors: Errors,
    (notice, cursor): (Option<String>, Option<&str>),
) -> Result<HttpResponse, PageError> {
    let t = ctx.t;
    let found = ctx
        .api()
        .incidents(cursor)
        .await
        .map_err(|e| PageError::of(e, INCIDENTS))?;
    let input = |name: &str, label: &str| {
        Field::text(t, name, label, fields.get(name)).error(errors.at(name))
    };
    let page = Incidents {
        key: super::dossiers::form_key(ctx, fields),
        title: input("title", t.incident_what()).required(),
        started: input("startedAt", t.incident_started())
            .input("datetime-local")
            .required(),
        agency: input("agencyCode", t.incident_agency()),
        next: found.next.as_deref().map(|c| further(INCIDENTS, &[], c)),
        items: found.items.into_iter().map(|i| row(ctx, i)).collect(),
        page: Page::new(ctx, Section::Work, t.incidents_title())
            .at(INCIDENTS)
            .notice(notice),
        errors: errors.fields,
        problem: errors.problem,
    };
    html(status, &page)
}

fn row(ctx: &Ctx, i: Incident) -> IncidentRow {
    IncidentRow {
        agency: i
            .agency_code
            .unwrap_or_else(|| ctx.t.incident_all().to_owned()),
        started: format::time(&i.started_at),
        ended: i.ended_at.as_ref().map(format::time),
        moved: i.moved.to_string(),
        id: i.id,
        version: i.version,
        title: i.title,
    }
}

/// What a `datetime-local` field holds, in Việt Nam.
fn instant(text: &str) -> Option<DateTime<Utc>> {
    ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        .and_then(|local| local.and_utc().checked_sub_signed(Duration::hours(7)))
}

/// Number and signing of the minutes, if the time can be read.
pub(super) fn minutes(fields: &Fields) -> Option<NewMinutes> {
    if fields.get("channel") != "postal" {
        return None;
    }
    Some(NewMinutes {
        number: fields.get("minutesNumber").to_owned(),
        signed_at: instant(fields.get("minutesSignedAt"))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_times_are_those_of_viet_nam() {
        let at = instant("2026-11-16T09:00").expect("a time");
        assert_eq!(at.to_rfc3339(), "2026-11-16T02:00:00+00:00");
        assert!(instant("16/11/2026").is_none() && instant("").is_none());
    }
}
