//! Queries. The scope of the caller is the first argument of every read on behalf of a person.

pub mod entity;
pub mod event;
pub mod manifest;
pub mod reference;
pub mod shipment;

use contracts::Agencies;
use sea_orm::ColumnTrait;
use sea_orm::sea_query::Condition;

/// The rows whose agency, in this column, is among these.
fn of_agencies(column: impl ColumnTrait, agencies: &Agencies) -> Condition {
    agencies
        .above
        .iter()
        .map(|code| column.starts_with(format!("{code}.")))
        .fold(
            Condition::any().add(column.is_in(&agencies.at)),
            Condition::add,
        )
}
