//! Pure: what a procedure, an agency and a unit are, how published data is read, how a search is ranked. No I/O, no clock.

pub mod agency;
pub mod content;
pub mod fee;
pub mod portal;
pub mod quality;
pub mod search;
pub mod term;
pub mod unit;
