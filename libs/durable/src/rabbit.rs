//! `RabbitMQ` as transport.

use crate::bus::{BusError, Outcome, Outgoing};
use kit::Runtime;
use serde::{Deserialize, Serialize};

/// Where the broker is and what the names begin with.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RabbitConfig {
    /// `amqp://user:password@host:5672/%2f`.
    pub url: String,
    /// Put before every exchange and queue: several installations, or tests, on one broker.
    #[serde(default)]
    pub prefix: String,
    /// The exchange, without the prefix.
    #[serde(default = "default_exchange")]
    pub exchange: String,
    /// Messages taken before the first is acknowledged.
    #[serde(default = "default_prefetch")]
    pub prefetch: u16,
    /// Unused queues go away after this time, milliseconds; for tests.
    #[serde(default)]
    pub expires_milliseconds: Option<u32>,
}

fn default_exchange() -> String {
    "motcua.events".to_owned()
}

fn default_prefetch() -> u16 {
    64
}

/// A broker.
#[derive(Clone)]
pub struct Rabbit {
    _config: RabbitConfig,
}

impl Rabbit {
    pub(crate) fn new(config: RabbitConfig, _rt: &Runtime) -> Self {
        Self { _config: config }
    }

    pub(crate) async fn send(&self, _lanes: Vec<Vec<Outgoing>>) -> Result<Vec<Outcome>, BusError> {
        std::future::ready(()).await;
        Err(BusError("not connected".into()))
    }
}

/// Reads a consumer's queue.
pub(crate) struct Receiver;

impl Receiver {
    pub(crate) fn new(
        _rabbit: Rabbit,
        _db: crate::Db,
        _rt: Runtime,
        _consumer: String,
        _types: Vec<String>,
    ) -> Self {
        Self
    }

    pub(crate) async fn run(self) {
        std::future::ready(()).await;
    }
}
