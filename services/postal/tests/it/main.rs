//! The postal service over HTTP and its consumers, on whichever database the environment asks for.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail the test"
)]

mod broker;
mod collect;
mod dossiers;
mod report;
mod rights;
mod world;
