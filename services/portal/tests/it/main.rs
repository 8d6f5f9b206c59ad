//! The pages over a real server; the gateway is played by a mock that records what it was asked.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests: what cannot go on fails the test"
)]

mod account;
mod accounts;
mod citizen;
mod editing;
mod filing;
mod linked;
mod my_account;
mod my_data;
mod officer;
mod public;
mod talk;
mod world;
