//! How an agency keeps its dates: the counts of a period (form 06b, TT 01/2018 art. 13; by calendar date).

use crate::app::App;
use crate::app::commands::vn_day;
use crate::error::Error;
use crate::store::reports::{self, Period};
use actix_web::{get, web};
use chrono::{DateTime, Days, Duration, NaiveDate, NaiveTime, Utc};
use contracts::problem::shared;
use kit::Problem;
use kit::auth::{Allowed, perm};
use kit::http::{Json, Query};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Longest period, days.
const LONGEST: i64 = 366;

/// Counts of a period.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReportOut {
    /// First day.
    #[schema(example = "2026-11-01")]
    from: NaiveDate,
    /// Last day.
    #[schema(example = "2026-11-30")]
    to: NaiveDate,
    /// The agency that the counts are of.
    #[schema(example = "H05.21")]
    agency_code: String,
    /// Received before the period and not ended before it (kỳ trước chuyển sang).
    carried_over: i64,
    /// Received in the period (tiếp nhận trong kỳ).
    received: ReceivedOut,
    /// Solved in the period, against the date promised last (đã giải quyết).
    solved: OutcomesOut,
    /// Solved in the period, against the date promised first: a new date hides nothing.
    solved_by_first_date: OutcomesOut,
    /// Refused at the desk in the period.
    not_received: i64,
    /// Withdrawn in the period.
    withdrawn: i64,
    /// Stopped in the period.
    stopped: i64,
    /// Being handled now (đang giải quyết).
    open: OpenOut,
    /// Filed in the period and not checked by the desk in time (tiếp nhận muộn).
    checked_late: i64,
}

/// By channel.
#[derive(Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReceivedOut {
    /// Trực tuyến.
    online: i64,
    /// Trực tiếp.
    direct: i64,
    /// Bưu chính.
    postal: i64,
}

/// By outcome.
#[derive(Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OutcomesOut {
    /// Trước hạn.
    early: i64,
    /// Đúng hạn, or without a date by rule.
    on_time: i64,
    /// Quá hạn.
    late: i64,
}

/// What is being handled now.
#[derive(Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OpenOut {
    /// Trong hạn.
    in_term: i64,
    /// Quá hạn.
    overdue: i64,
    /// Chờ bổ sung.
    supplement_requested: i64,
    /// Chờ nghĩa vụ tài chính.
    payment_requested: i64,
}

/// The period.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReportQuery {
    /// First day; the first of the present month when absent.
    #[param(example = "2026-11-01")]
    from: Option<NaiveDate>,
    /// Last day; today when absent.
    #[param(example = "2026-11-30")]
    to: Option<NaiveDate>,
}

impl ReportQuery {
    /// First and last day, and the instants between: at most a year.
    pub(super) fn period(
        &self,
        today: NaiveDate,
    ) -> Result<(NaiveDate, NaiveDate, Period), Problem> {
        let to = self.to.unwrap_or(today);
        let from = self
            .from
            .unwrap_or_else(|| chrono::Datelike::with_day(&to, 1).unwrap_or(to));
        let length = (to - from).num_days();
        if !(0..LONGEST).contains(&length) {
            return Err(wrong("from"));
        }
        let end = to
            .checked_add_days(Days::new(1))
            .ok_or_else(|| wrong("to"))?;
        let period = Period {
            from: midnight(from),
            until: midnight(end),
        };
        Ok((from, to, period))
    }
}

/// A parameter that cannot be.
pub(super) fn wrong(name: &'static str) -> Problem {
    let code = shared::FIELD_INVALID;
    Problem::new(shared::QUERY_INVALID).field(name, code, code.vi, code.en)
}

/// Early, on time, late.
#[utoipa::path(
    get, path = "/api/v1/reports/dossiers", tag = "reports", operation_id = "dossierReport",
    summary = "Tình hình giải quyết hồ sơ · How dates are kept",
    description = "Counts of the caller's agency: received by channel, solved early, on time or late by calendar date, being handled in term or overdue, checked too late. At most 366 days.",
    params(ReportQuery),
    responses(
        (status = 200, description = "The counts", body = ReportOut),
    ),
    security(("bearer" = ["report.read"])),
)]
#[get("/api/v1/reports/dossiers")]
pub(crate) async fn dossier_report(
    caller: Allowed<perm::ReportRead>,
    app: web::Data<App>,
    query: Query<ReportQuery>,
) -> Result<Json<ReportOut>, Problem> {
    let actor = caller.actor();
    let now = app.rt.clock.now();
    let today = vn_day(now);
    let (from, to, period) = query.0.period(today)?;
    let counts = reports::counts(app.db.read(), &actor.scope(), period, now, midnight(today))
        .await
        .map_err(Error::from)?;
    let outcomes = |rows: &[(String, i64)]| OutcomesOut {
        early: of(rows, "early"),
        on_time: of(rows, "onTime"),
        late: of(rows, "late"),
    };
    Ok(Json(ReportOut {
        from,
        to,
        agency_code: actor.agency.clone().unwrap_or_default(),
        carried_over: counts.carried_over,
        received: ReceivedOut {
            online: of(&counts.received, "online"),
            direct: of(&counts.received, "direct"),
            postal: of(&counts.received, "postal"),
        },
        solved: outcomes(&counts.solved),
        solved_by_first_date: outcomes(&counts.solved_by_first_date),
        not_received: of(&counts.ended, "notReceived"),
        withdrawn: of(&counts.ended, "withdrawn"),
        stopped: of(&counts.ended, "stopped"),
        open: OpenOut {
            in_term: counts.in_term,
            overdue: counts.overdue,
            supplement_requested: of(&counts.waiting, "supplementRequested"),
            payment_requested: of(&counts.waiting, "paymentRequested"),
        },
        checked_late: counts.checked_late,
    }))
}

fn of(rows: &[(String, i64)], name: &str) -> i64 {
    rows.iter().find(|(n, _)| n == name).map_or(0, |(_, c)| *c)
}

/// The first instant of a day in Việt Nam.
fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc() - Duration::hours(7)
}
