//! The dossier service over HTTP, on a clean database, on the backend that the environment chooses.
//!
//! Time stands still unless a test moves it; events are put where the consumer finds them.

mod bad_input;
mod counter;
mod files;
mod numbers;
mod rights;
mod story;
mod verify;
mod world;
