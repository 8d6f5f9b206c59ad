//! Drafts of procedures, and what is doubtful in published ones.

use chrono::{DateTime, Utc};
use serde::Deserialize;

/// A draft in the list.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DraftItem {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) code: String,
    pub(crate) name: String,
    /// `draft`, `inReview`, `scheduled`, `published`, `discarded`.
    pub(crate) state: String,
    #[serde(default)]
    pub(crate) written_by: String,
    pub(crate) updated_at: DateTime<Utc>,
}

/// A draft.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Draft {
    pub(crate) id: String,
    pub(crate) revision: i64,
    #[serde(default)]
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) state: String,
    #[serde(default)]
    pub(crate) note: String,
    #[serde(default)]
    pub(crate) written_by: String,
    /// The reader wrote it and may not publish it.
    #[serde(default)]
    pub(crate) own: bool,
    pub(crate) updated_at: DateTime<Utc>,
    #[serde(default)]
    pub(crate) differences: Vec<Difference>,
    #[serde(default)]
    pub(crate) missing: Vec<Missing>,
}

/// One place that differs from the version before.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Difference {
    pub(crate) at: String,
    #[serde(default)]
    pub(crate) before: Option<String>,
    #[serde(default)]
    pub(crate) after: Option<String>,
}

/// Something that a draft lacks.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Missing {
    pub(crate) pointer: String,
    pub(crate) code: String,
}

/// A procedure that its source no longer has.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Dropped {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) version: i64,
    #[serde(default)]
    pub(crate) gone_since: Option<String>,
}

/// The quality report.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Doubts {
    #[serde(default)]
    pub(crate) procedures: u64,
    pub(crate) kinds: Vec<DoubtKind>,
}

/// One kind of doubt.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct DoubtKind {
    pub(crate) kind: String,
    pub(crate) procedures: u64,
    pub(crate) count: u64,
    #[serde(default)]
    pub(crate) examples: Vec<DoubtExample>,
}

/// A procedure with such a doubt.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct DoubtExample {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) code: String,
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) example: String,
}
