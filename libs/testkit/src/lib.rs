//! For tests only: a clean database per test, a standing clock, tokens of invented people, a real server on port 0, and
//! waiting for a condition instead of sleeping.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test helper that cannot go on fails the test"
)]

pub mod actors;
mod app;
mod db;
mod keys;
pub mod proxy;
mod wait;

pub use app::{Reply, TestApp};
pub use db::{
    OnServer, TestDb, amqp_url, broker_prefix, deliver, deliver_as, on_postgres, redis_url,
};
pub use keys::{ISSUER, runtime, token, token_with, verifier};
pub use wait::{one_cache, wait_for};

use kit::config;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// A service's configuration from its defaults, with the test's own database and other changes (dotted key, value).
pub fn config<C: DeserializeOwned>(defaults: &str, changes: &[(&str, String)]) -> C {
    config::load("test", defaults, changes, &BTreeMap::new()).expect("the defaults fit")
}

/// Where the suite's design data lies, when it does: `../shared/data/<name>` beside the workspace.
pub fn shared_data(name: &str) -> Option<std::path::PathBuf> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data")
        .join(name);
    path.exists().then_some(path)
}
