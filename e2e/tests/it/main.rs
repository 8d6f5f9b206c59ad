//! The suite from outside: one binary, so that it is linked once.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "tests")]

mod authorization;
mod bad_input;
mod documents;
mod story;
