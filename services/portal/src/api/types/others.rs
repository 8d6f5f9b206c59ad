//! Post, notices, one's own account.

use chrono::{DateTime, Utc};
use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Shipment {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) dossier_id: String,
    #[serde(default)]
    pub(crate) dossier_number: Option<String>,
    #[serde(default)]
    pub(crate) receiver: Option<Receiver>,
    pub(crate) state: String,
    #[serde(default)]
    pub(crate) state_name: String,
    #[serde(default)]
    pub(crate) item_number: Option<String>,
    #[serde(default)]
    pub(crate) created_at: Option<DateTime<Utc>>,
    #[serde(default)]
    pub(crate) expected_by: Option<DateTime<Utc>>,
    #[serde(default)]
    pub(crate) received_by: Option<ReceivedBy>,
    #[serde(default)]
    pub(crate) timeline: Vec<ShipmentEvent>,
}

/// Who took a shipment: a name, or an object with one.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum ReceivedBy {
    Name(String),
    Person { name: String },
}

impl ReceivedBy {
    /// The name.
    pub(crate) fn name(&self) -> &str {
        match self {
            ReceivedBy::Name(name) | ReceivedBy::Person { name } => name,
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Receiver {
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) phone: Option<String>,
    #[serde(default)]
    pub(crate) address_line: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ShipmentEvent {
    #[serde(default)]
    pub(crate) code: String,
    pub(crate) occurred_at: DateTime<Utc>,
    #[serde(default)]
    pub(crate) place: Option<String>,
    #[serde(default)]
    pub(crate) note: Option<String>,
    #[serde(default)]
    pub(crate) result: Option<String>,
}

/// What waits for the post office, and what it signed for.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Manifests {
    #[serde(default)]
    pub(crate) ready: Vec<Shipment>,
    #[serde(default)]
    pub(crate) ready_count: u64,
    #[serde(default)]
    pub(crate) items: Vec<Manifest>,
    #[serde(default)]
    pub(crate) next: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Manifest {
    pub(crate) number: String,
    #[serde(default)]
    pub(crate) operator: String,
    #[serde(default)]
    pub(crate) signed_by: Option<String>,
    #[serde(default)]
    pub(crate) agency_signed_by: Option<String>,
    pub(crate) signed_at: DateTime<Utc>,
    #[serde(default)]
    pub(crate) items: Vec<ManifestItem>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ManifestItem {
    #[serde(default)]
    pub(crate) dossier_number: Option<String>,
    #[serde(default)]
    pub(crate) item_number: Option<String>,
    #[serde(default)]
    pub(crate) state: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Notification {
    pub(crate) id: String,
    pub(crate) at: DateTime<Utc>,
    pub(crate) title: String,
    #[serde(default)]
    pub(crate) body: String,
    #[serde(default)]
    pub(crate) dossier_id: Option<String>,
    #[serde(default)]
    pub(crate) inbox: Option<String>,
    #[serde(default)]
    pub(crate) read: bool,
}

/// A mandate given or held.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Mandate {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) side: String,
    #[serde(default)]
    pub(crate) principal: String,
    #[serde(default)]
    pub(crate) ground: String,
    #[serde(default)]
    pub(crate) document: String,
    #[serde(default)]
    pub(crate) valid_until: Option<DateTime<Utc>>,
    #[serde(default)]
    pub(crate) holds: bool,
}

/// A read of one's data by somebody else.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Access {
    pub(crate) at: DateTime<Utc>,
    #[serde(default)]
    pub(crate) who: String,
    #[serde(default)]
    pub(crate) agency: Option<String>,
    #[serde(default)]
    pub(crate) client: Option<String>,
    #[serde(default)]
    pub(crate) what: String,
    #[serde(default)]
    pub(crate) operation: String,
}

/// One's own account, to fill forms in advance.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Me {
    #[serde(default)]
    pub(crate) login: String,
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) roles: Vec<String>,
    #[serde(default)]
    pub(crate) email: Option<String>,
    #[serde(default)]
    pub(crate) phone: Option<String>,
    #[serde(default)]
    pub(crate) identity_number: Option<String>,
}

/// One's second factor.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SecondFactor {
    #[serde(default)]
    pub(crate) on: bool,
    #[serde(default)]
    pub(crate) passkeys: u64,
}

/// A sign-in in one browser.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct SignedIn {
    pub(crate) id: String,
    pub(crate) since: DateTime<Utc>,
    pub(crate) until: DateTime<Utc>,
    #[serde(default)]
    pub(crate) device: String,
}

/// What is kept of people for one purpose.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Purpose {
    #[serde(default)]
    pub(crate) title: String,
    #[serde(default)]
    pub(crate) data: String,
    #[serde(default)]
    pub(crate) ground: String,
    #[serde(default)]
    pub(crate) kept: String,
}

/// A request about one's data.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DataRequest {
    pub(crate) right: String,
    #[serde(default)]
    pub(crate) text: String,
    pub(crate) state: String,
    pub(crate) received_at: DateTime<Utc>,
    pub(crate) due_at: DateTime<Utc>,
    #[serde(default)]
    pub(crate) closed_at: Option<DateTime<Utc>>,
    #[serde(default)]
    pub(crate) answer: Option<String>,
    #[serde(default)]
    pub(crate) overdue: bool,
}
