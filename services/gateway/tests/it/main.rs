//! The gateway before stand-ins for the services.
#![expect(
    clippy::expect_used,
    reason = "a helper of a test that cannot go on fails the test"
)]

mod away;
mod hangups;
mod limits;
mod pages;
mod passing;
mod replicas;
mod rights;
mod world;
