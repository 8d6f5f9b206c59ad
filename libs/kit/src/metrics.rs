//! Metrics in Prometheus text. One registry per runtime; every service registers what it counts under its own name.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The registry and the metrics that every service has. Cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Mutex<Registry>>,
    requests: Family<RequestLabels, Counter>,
    seconds: Family<ServiceLabels, Histogram, fn() -> Histogram>,
    gauges: Arc<Mutex<BTreeMap<String, Gauges>>>,
    counters: Arc<Mutex<BTreeMap<String, Counters>>>,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    service: String,
    method: String,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ServiceLabels {
    service: String,
}

/// Labels of a metric: the service and one more word.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct Labels {
    /// The service.
    pub service: String,
    /// What is counted, e.g. a task kind.
    pub kind: String,
}

/// A family of gauges by service and kind.
pub type Gauges = Family<Labels, Gauge>;
/// A family of counters by service and kind.
pub type Counters = Family<Labels, Counter>;

/// Upper bounds of the latency buckets, seconds.
const BUCKETS: [f64; 11] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0,
];

impl Metrics {
    /// An empty registry with the HTTP metrics.
    pub fn new() -> Self {
        let requests = Family::<RequestLabels, Counter>::default();
        let make: fn() -> Histogram = || Histogram::new(BUCKETS);
        let seconds =
            Family::<ServiceLabels, Histogram, fn() -> Histogram>::new_with_constructor(make);
        let mut registry = Registry::with_prefix("motcua");
        registry.register("http_requests", "HTTP requests answered", requests.clone());
        registry.register(
            "http_request_seconds",
            "Time to answer, seconds",
            seconds.clone(),
        );
        Self {
            registry: Arc::new(Mutex::new(registry)),
            requests,
            seconds,
            gauges: Arc::default(),
            counters: Arc::default(),
        }
    }

    /// The family of gauges of this name; in one process several services ask for the same one.
    pub fn gauges(&self, name: &str, help: &str) -> Gauges {
        let mut known = self.gauges.lock().unwrap_or_else(PoisonError::into_inner);
        known
            .entry(name.to_owned())
            .or_insert_with(|| {
                let family = Gauges::default();
                self.lock().register(name, help, family.clone());
                family
            })
            .clone()
    }

    /// The family of counters of this name; in one process several services ask for the same one.
    pub fn counters(&self, name: &str, help: &str) -> Counters {
        let mut known = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        known
            .entry(name.to_owned())
            .or_insert_with(|| {
                let family = Counters::default();
                self.lock().register(name, help, family.clone());
                family
            })
            .clone()
    }

    /// Notes one answered request.
    pub(crate) fn request(
        &self,
        service: &str,
        method: &str,
        route: &str,
        status: u16,
        took: Duration,
    ) {
        // Anybody may send any word as a method; a label for each would fill the memory.
        let method = match method {
            "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" => method,
            _ => "other",
        };
        let labels = RequestLabels {
            service: service.to_owned(),
            method: method.to_owned(),
            route: route.to_owned(),
            status,
        };
        self.requests.get_or_create(&labels).inc();
        self.seconds
            .get_or_create(&ServiceLabels {
                service: service.to_owned(),
            })
            .observe(took.as_secs_f64());
    }

    /// All metrics as text.
    pub fn render(&self) -> String {
        let mut out = String::new();
        match prometheus_client::encoding::text::encode(&mut out, &self.lock()) {
            Ok(()) => out,
            Err(error) => {
                tracing::error!(%error, "metrics cannot be written");
                String::new()
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}
