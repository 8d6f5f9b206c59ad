//! What changes the catalogue: one function per use-case.

pub(crate) mod agencies;
pub(crate) mod drafts;
pub(crate) mod export;
pub(crate) mod facts;
pub(crate) mod failed;
pub(crate) mod import;
pub(crate) mod lines;
pub(crate) mod quality;
pub(crate) mod reference;
pub(crate) mod seed;
pub(crate) mod units;
pub(crate) mod write;
