//! Pure rules of the public postal service (dịch vụ bưu chính công ích): no database, no clock, no HTTP.

pub mod event;
pub mod fold;
pub mod item;
pub mod order;
pub mod receipt;
