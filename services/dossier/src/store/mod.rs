//! Queries. Whoever may see which rows is the first argument after the connection; functions that write take `&Tx`.

pub(crate) mod access;
pub(crate) mod alarms;
pub(crate) mod copies;
pub(crate) mod dossiers;
pub(crate) mod entity;
pub(crate) mod fees;
pub(crate) mod files;
pub(crate) mod incidents;
pub(crate) mod journal;
pub(crate) mod messages;
pub(crate) mod numbers;
pub(crate) mod processes;
pub(crate) mod removal;
pub(crate) mod reports;
pub(crate) mod retention;

use sea_orm::DbErr;

/// A row that we wrote ourselves and cannot read back.
pub(super) fn corrupt(what: impl std::fmt::Display) -> DbErr {
    DbErr::Custom(format!("unreadable row: {what}"))
}
