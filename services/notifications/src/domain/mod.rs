//! Pure rules: who is told what, and how it reads. No database, no clock, no HTTP.

pub mod plan;
pub mod render;
pub mod template;
pub mod text;
