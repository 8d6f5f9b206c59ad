//! The notification service over HTTP, its consumers and its ways out, on whichever database the environment asks for.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail the test"
)]

mod broker;
mod inbox;
mod operations;
mod sending;
mod smtp;
mod world;
