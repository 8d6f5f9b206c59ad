//! Tests of `vn` from outside: shared vectors, the calendar of ten years, properties.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, where a panic is the failure"
)]

mod due;
mod holidays;
mod oracle;
mod properties;
mod reference;
mod rules;
mod vectors;

use std::path::PathBuf;

/// A file of the shared data folder beside the workspace; `None` where there is none.
fn shared(name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data")
        .join(name);
    path.exists().then_some(path)
}
