//! What a service is given to run with: clock, ids, addresses, lifecycle, cache, metrics, token check, sealing, client.

use crate::{Cache, Client, Clock, Lifecycle, Metrics, Sealer, TokenVerifier, clock::Ids};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use url::Url;

/// The runtime of a process. Cheap to clone; in one process all services share it.
#[derive(Clone)]
pub struct Runtime {
    /// Now.
    pub clock: Clock,
    /// Ids and secrets.
    pub ids: Ids,
    /// Where the services listen.
    pub directory: Directory,
    /// Background tasks and the stop.
    pub lifecycle: Lifecycle,
    /// What may be lost.
    pub cache: Cache,
    /// Counters and gauges.
    pub metrics: Metrics,
    /// Access tokens.
    pub tokens: TokenVerifier,
    /// Personal identifiers at rest.
    pub sealer: Sealer,
    /// Outgoing calls.
    pub client: Client,
    /// Threads for requests, per service.
    pub workers: usize,
}

/// Addresses of the services by name: from configuration, or from the ports just bound.
#[derive(Clone, Debug, Default)]
pub struct Directory(Arc<RwLock<BTreeMap<String, Url>>>);

impl Directory {
    /// The base URL of a service.
    pub fn get(&self, name: &str) -> Option<Url> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(name)
            .cloned()
    }

    /// Whether an address is one of a service of ours.
    pub(crate) fn knows(&self, url: &Url) -> bool {
        let origin = url.origin();
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .any(|base| base.origin() == origin)
    }

    /// Notes where a service listens.
    pub fn set(&self, name: &str, url: Url) {
        self.0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name.to_owned(), url);
    }
}
