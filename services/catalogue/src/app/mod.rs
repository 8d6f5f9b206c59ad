//! What changes the catalogue: one function per use-case.

pub(crate) mod agencies;
pub(crate) mod facts;
pub(crate) mod import;
pub(crate) mod lines;
pub(crate) mod seed;
pub(crate) mod units;
