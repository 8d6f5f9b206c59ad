//! Queries. The scope of the caller is the first argument of every read on behalf of a person.

pub mod entity;
pub mod event;
pub mod manifest;
pub mod reference;
pub mod shipment;

use sea_orm::ColumnTrait;
use sea_orm::sea_query::Condition;

/// The rows of these agencies and of the agencies below them.
fn branch(column: impl ColumnTrait, codes: &[String]) -> Condition {
    codes
        .iter()
        .map(|code| column.starts_with(format!("{code}.")))
        .fold(Condition::any().add(column.is_in(codes)), Condition::add)
}
