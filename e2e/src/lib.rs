//! The harness of the end-to-end tests: the whole suite in one process, or each service as a process of its own against real
//! servers.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test helper that cannot go on fails the test"
)]

pub mod faults;
pub mod fuzz;
pub mod one_process;
pub mod processes;
