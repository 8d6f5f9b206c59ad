//! The dossier service over HTTP, on a clean database, on the backend that the environment chooses.
//!
//! Time stands still unless a test moves it; events are put where the consumer finds them.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper of a test that cannot go on fails the test"
)]

mod bad_input;
mod books;
mod bucket;
mod channels;
mod clock;
mod copies;
mod counter;
mod fees;
mod files;
mod groups;
mod incidents;
mod limits;
mod messages;
mod model;
mod numbers;
mod openapi;
mod papers;
mod pseudonyms;
mod restricted;
mod retention;
mod rights;
mod story;
mod tracking;
mod verify;
mod world;
