//! Counts, alarms, incidents.

use super::Status;
use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Alarm {
    pub(crate) kind: String,
    pub(crate) at: DateTime<Utc>,
    #[serde(default)]
    pub(crate) due_at: Option<DateTime<Utc>>,
    pub(crate) dossier_id: String,
    #[serde(default)]
    pub(crate) number: Option<String>,
    #[serde(default)]
    pub(crate) procedure_name: String,
    pub(crate) status: Status,
    #[serde(default)]
    pub(crate) assigned_to: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    pub(crate) from: NaiveDate,
    pub(crate) to: NaiveDate,
    #[serde(default)]
    pub(crate) carried_over: i64,
    #[serde(default)]
    pub(crate) received: Received,
    #[serde(default)]
    pub(crate) solved: Outcomes,
    #[serde(default)]
    pub(crate) solved_by_first_date: Outcomes,
    #[serde(default)]
    pub(crate) not_received: i64,
    #[serde(default)]
    pub(crate) withdrawn: i64,
    #[serde(default)]
    pub(crate) stopped: i64,
    #[serde(default)]
    pub(crate) open: Open,
    #[serde(default)]
    pub(crate) checked_late: i64,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Received {
    #[serde(default)]
    pub(crate) online: i64,
    #[serde(default)]
    pub(crate) direct: i64,
    #[serde(default)]
    pub(crate) postal: i64,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Outcomes {
    #[serde(default)]
    pub(crate) early: i64,
    #[serde(default)]
    pub(crate) on_time: i64,
    #[serde(default)]
    pub(crate) late: i64,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Open {
    #[serde(default)]
    pub(crate) in_term: i64,
    #[serde(default)]
    pub(crate) overdue: i64,
    #[serde(default)]
    pub(crate) supplement_requested: i64,
    #[serde(default)]
    pub(crate) payment_requested: i64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Incident {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) version: i64,
    #[serde(default)]
    pub(crate) agency_code: Option<String>,
    #[serde(default)]
    pub(crate) title: String,
    pub(crate) started_at: DateTime<Utc>,
    #[serde(default)]
    pub(crate) ended_at: Option<DateTime<Utc>>,
    #[serde(default)]
    pub(crate) moved: i64,
}
