//! Accounts as administrators see them.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use uuid::Uuid;

/// An account within an administrator's reach.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ManagedAccount {
    pub(crate) id: Uuid,
    pub(crate) version: i64,
    pub(crate) login: String,
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) roles: Vec<String>,
    #[serde(default)]
    pub(crate) agency: Option<String>,
    #[serde(default)]
    pub(crate) email: Option<String>,
    #[serde(default)]
    pub(crate) phone: Option<String>,
    pub(crate) active: bool,
    /// Contact data are kept and not shown.
    #[serde(default)]
    pub(crate) restricted: bool,
    /// The password was set by an administrator: until when it is good.
    #[serde(default)]
    pub(crate) temporary_password_until: Option<DateTime<Utc>>,
}
