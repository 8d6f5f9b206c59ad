//! Queries: plain functions over a connection or a transaction. Entities stay in here.

pub(crate) mod account;
pub(crate) mod assignment;
pub(crate) mod breach;
pub(crate) mod client;
pub(crate) mod data_request;
pub(crate) mod device;
mod entity;
pub(crate) mod grant;
pub(crate) mod key;
pub(crate) mod machine;
pub(crate) mod mandate;
pub(crate) mod passkey;
pub(crate) mod retention;
pub(crate) mod revocation;
pub(crate) mod second_factor;
pub(crate) mod setting;
pub(crate) mod succession;

use sea_orm::DbErr;
use serde::{Serialize, de::DeserializeOwned};

/// Lists are JSON in a text column, for both databases alike.
fn to_text(value: &impl Serialize) -> Result<String, DbErr> {
    serde_json::to_string(value).map_err(|error| DbErr::Custom(error.to_string()))
}

fn from_text<T: DeserializeOwned>(text: &str) -> Result<T, DbErr> {
    serde_json::from_str(text).map_err(|error| DbErr::Custom(error.to_string()))
}
