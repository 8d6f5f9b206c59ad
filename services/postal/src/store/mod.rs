//! Queries. The scope of the caller is the first argument of every read on behalf of a person.

pub mod entity;
pub mod event;
pub mod manifest;
pub mod reference;
pub mod shipment;
