//! Queries. What a caller may see is the first argument of every read on behalf of a person.

pub mod delivery;
pub mod entity;
pub mod notice;
pub mod person;

use kit::{Runtime, Sealer};
use sea_orm::DbErr;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Seals a value as JSON.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn seal(rt: &Runtime, value: &impl Serialize) -> Result<String, DbErr> {
    let text = serde_json::to_string(value).map_err(|error| DbErr::Json(error.to_string()))?;
    Ok(rt.sealer.seal(rt.ids, &text))
}

/// Opens what [`seal`] made.
///
/// # Errors
/// When it was sealed with another key, or the type has changed.
pub fn unseal<T: DeserializeOwned>(sealer: &Sealer, sealed: &str) -> Result<T, DbErr> {
    let text = sealer
        .open(sealed)
        .map_err(|error| DbErr::Custom(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| DbErr::Json(error.to_string()))
}
