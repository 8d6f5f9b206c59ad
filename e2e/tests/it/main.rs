//! The suite from outside: one binary, so that it is linked once.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "tests")]

mod authorization;
mod bad_input;
mod documents;
mod fuzz;
mod marked;
mod pdf;
mod rotation;
mod special;
mod story;
mod tasks;

/// A client of somebody else, not of ours: no redirects, no token.
fn stranger() -> reqwest::Client {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a client")
}
