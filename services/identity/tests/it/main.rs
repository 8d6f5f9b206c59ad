//! The identity service over HTTP, on the database that the environment asks for.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a helper of a test that cannot go on fails the test"
)]

mod accounts;
mod assignments;
mod breaches;
mod client_keys;
mod clients;
mod conformance;
mod data_requests;
mod demo;
mod devices;
mod flow;
mod grants;
mod libraries;
mod limits;
mod mandates;
mod pages;
mod passkeys;
mod passwords;
mod providers;
mod replicas;
mod retention;
mod revocation;
mod second_factor;
mod sessions;
mod signing_keys;
mod step_up;
mod successions;
mod tokens;
mod world;
