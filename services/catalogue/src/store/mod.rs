//! Queries. Plain functions over a connection; rows stay in here.

pub(crate) mod agencies;
pub(crate) mod drafts;
mod entity;
pub(crate) mod gone;
pub(crate) mod procedures;
pub(crate) mod quality;
pub(crate) mod reference;
pub(crate) mod source;
pub(crate) mod units;

use sea_orm::DbErr;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Values a statement may carry on every database we run on, with room to spare.
const VALUES_PER_STATEMENT: usize = 10_000;

fn to_json(value: &impl Serialize) -> Result<String, DbErr> {
    serde_json::to_string(value).map_err(|e| DbErr::Json(e.to_string()))
}

fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, DbErr> {
    serde_json::from_str(text).map_err(|e| DbErr::Json(e.to_string()))
}
