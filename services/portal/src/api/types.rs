//! What the public API answers, as far as the pages show it.
//!
//! Readers are liberal: members that a later release adds are ignored, and one that is left out counts as absent. Texts that
//! follow `Accept-Language` (`status.name`, `stateName`, …) are shown as they come.

mod accounts;
mod catalogue;
mod clock;
mod dossier;
mod editing;
mod others;
mod talk;

pub(crate) use accounts::*;
pub(crate) use catalogue::*;
pub(crate) use clock::*;
pub(crate) use dossier::*;
pub(crate) use editing::*;
pub(crate) use others::*;
pub(crate) use talk::*;

use serde::{Deserialize, Serialize};

/// A list answer.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct List<T> {
    /// The items, in the order that the operation states.
    pub(crate) items: Vec<T>,
    /// Cursor of the next page.
    #[serde(default)]
    pub(crate) next: Option<String>,
    /// How many match, where the operation counts.
    #[serde(default)]
    pub(crate) total: Option<u64>,
    /// Unread notices in all (`GET /api/v1/notifications`).
    #[serde(default, rename = "unreadCount")]
    pub(crate) unread_count: Option<u64>,
}

/// A code with its name.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Named {
    /// The code.
    #[serde(default)]
    pub(crate) code: String,
    /// The name.
    #[serde(default)]
    pub(crate) name: String,
}

/// One of the ten public states.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Status {
    /// The stable name, e.g. `received`.
    pub(crate) key: String,
    /// The statutory name in the language asked for.
    pub(crate) name: String,
}

/// An internal step.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Step {
    /// The name.
    #[serde(default)]
    pub(crate) name: String,
    /// The desk (bộ phận) it lies at.
    #[serde(default)]
    pub(crate) desk: Option<String>,
}
