//! Alarms of the statutory clocks that were raised at an agency.

use super::out::{AgencyOut, StatusOut};
use crate::app::App;
use crate::error::Error;
use crate::store::access::What;
use crate::store::alarms;
use actix_web::{get, web};
use chrono::{DateTime, Utc};
use contracts::DossierId;
use contracts::events::AlarmKind;
use kit::Problem;
use kit::auth::{Allowed, perm};
use kit::http::{Json, Query};
use kit::page::{self, Page};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// An alarm.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AlarmOut {
    kind: AlarmKind,
    /// When the clock came to the point.
    at: DateTime<Utc>,
    /// When the alarm was raised.
    raised_at: DateTime<Utc>,
    /// What the clock ran to.
    due_at: Option<DateTime<Utc>>,
    dossier_id: DossierId,
    #[schema(example = "H05.21-261116-0001")]
    number: Option<String>,
    #[schema(example = "Thủ tục đăng ký khai sinh")]
    procedure_name: String,
    agency: AgencyOut,
    /// State of the dossier now.
    status: StatusOut,
    /// Who took it up.
    assigned_to: Option<String>,
    /// Whether it is late now.
    overdue: bool,
}

/// Narrows the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AlarmQuery {
    /// Only of this kind.
    #[param(example = "overdue")]
    kind: Option<AlarmKind>,
    /// Items a page, 1–100; 20 when absent.
    #[param(minimum = 1, maximum = 100, example = 20)]
    limit: Option<u32>,
    /// Cursor from the page before.
    cursor: Option<String>,
}

/// The alarms of the caller's agency.
#[utoipa::path(
    get, path = "/api/v1/dossier-alarms", tag = "reports", operation_id = "listAlarms",
    summary = "Cảnh báo thời hạn · Alarms of the statutory clocks",
    description = "Newest first: checks that are late, the last day for an apology, due within 24 hours, due, overdue, and what waits for ever otherwise.",
    params(AlarmQuery),
    responses(
        (status = 200, description = "A page", body = Page<AlarmOut>),
    ),
    security(("bearer" = ["report.read"])),
)]
#[get("/api/v1/dossier-alarms")]
pub(crate) async fn list_alarms(
    caller: Allowed<perm::ReportRead>,
    app: web::Data<App>,
    language: kit::http::Language,
    query: Query<AlarmQuery>,
) -> Result<Json<Page<AlarmOut>>, Problem> {
    let actor = caller.actor();
    let now = app.rt.clock.now();
    let limit = page::limit(query.0.limit)?;
    let before = query
        .0
        .cursor
        .as_deref()
        .map(page::decode_cursor::<(DateTime<Utc>, Uuid)>)
        .transpose()?;
    let (scope, kind) = (actor.scope(), query.0.kind);
    let rows = alarms::raised(app.db.read(), &scope, &app.rt, kind, before, limit)
        .await
        .map_err(Error::from)?;
    let page = Page::cut(rows, limit, |a| (a.raised_at, a.dossier.id.0));
    let shown: Vec<Uuid> = page.items.iter().map(|a| a.dossier.id.0).collect();
    app.note_reads(actor, &shown, What::List)
        .await
        .map_err(Error::from)?;
    Ok(Json(page.map(|a| {
        let d = &a.dossier;
        AlarmOut {
            kind: a.kind,
            at: a.at,
            raised_at: a.raised_at,
            due_at: a.due_at,
            dossier_id: d.id,
            number: d.number.clone(),
            procedure_name: d.details.procedure.name.clone(),
            agency: super::out::agency(d),
            status: StatusOut::new(d.status, language.0),
            assigned_to: d.details.assignee_name.clone(),
            overdue: d.overdue(now),
        }
    })))
}
