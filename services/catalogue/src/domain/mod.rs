//! Pure: what a procedure, an agency and a unit are, how published data is read, how a search is ranked. No I/O, no clock.

pub mod agency;
pub mod check;
pub mod content;
pub mod difference;
pub mod fee;
pub mod life_cycle;
pub mod portal;
pub mod quality;
pub mod reference;
pub mod search;
pub mod term;
pub mod tiers;
pub mod unit;
