//! Logs and traces. Structured logs carry ids, never names, numbers or tokens. Traces go out over OTLP when an address is
//! configured; the trace context is kept through HTTP, outbox and RabbitMQ in any case.

use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::{TraceContextExt as _, TracerProvider as _};
use opentelemetry_otlp::WithExportConfig as _;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use serde::Deserialize;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

/// Logs and traces.
#[derive(Clone, Debug, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Filter, e.g. `info,sqlx=warn`.
    pub log: String,
    /// `text` or `json`.
    pub format: Format,
    /// OTLP over HTTP, e.g. `http://127.0.0.1:4318/v1/traces`; empty: traces are not exported.
    pub otlp_url: String,
}

/// How logs are written.
#[derive(Clone, Copy, Debug, Deserialize, serde::Serialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// Keeps the exporter alive; flush it last.
#[derive(Debug)]
pub struct Telemetry(SdkTracerProvider);

impl Telemetry {
    /// Installs the subscriber of this process. Only binaries call it.
    ///
    /// # Errors
    /// When the filter or the OTLP address cannot be read, or a subscriber is installed already.
    pub fn install(service: &str, config: &Config) -> anyhow::Result<Self> {
        let resource = opentelemetry_sdk::Resource::builder()
            .with_service_name(service.to_owned())
            .build();
        let mut provider = SdkTracerProvider::builder().with_resource(resource);
        if !config.otlp_url.is_empty() {
            let exporter = opentelemetry_otlp::SpanExporter::builder()
                .with_http()
                .with_endpoint(config.otlp_url.clone())
                .build()?;
            provider = provider.with_batch_exporter(exporter);
        }
        let provider = provider.build();
        // What is logged is one question, what is traced another: with quiet logs the trace context must still be kept.
        let traces = tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("motcua"))
            .with_filter(LevelFilter::INFO);
        let filter = EnvFilter::try_new(&config.log)?;
        let logs = match config.format {
            Format::Text => tracing_subscriber::fmt::layer()
                .with_writer(std::io::stderr)
                .with_filter(filter)
                .boxed(),
            Format::Json => tracing_subscriber::fmt::layer()
                .json()
                .with_writer(std::io::stderr)
                .with_filter(filter)
                .boxed(),
        };
        tracing_subscriber::registry()
            .with(logs)
            .with(traces)
            .try_init()?;
        Ok(Self(provider))
    }

    /// Sends what is left. Blocks for some seconds at the most.
    pub fn flush(&self) {
        if let Err(error) = self.0.shutdown() {
            tracing::debug!(%error, "traces not flushed");
        }
    }
}

/// The W3C `traceparent` of the running span, if it has one.
pub fn current_traceparent() -> Option<String> {
    let context = tracing::Span::current().context();
    let span = context.span();
    let span = span.span_context();
    span.is_valid().then(|| {
        format!(
            "00-{}-{}-{:02x}",
            span.trace_id(),
            span.span_id(),
            span.trace_flags().to_u8()
        )
    })
}

/// Makes a span the child of a `traceparent` that came over the wire.
pub fn continue_from(span: &tracing::Span, traceparent: Option<&str>) {
    if let Some(traceparent) = traceparent {
        let context = TraceContextPropagator::new().extract(&One(traceparent));
        if let Err(error) = span.set_parent(context) {
            tracing::trace!(?error, "no trace context");
        }
    }
}

struct One<'a>(&'a str);

impl Extractor for One<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        (key == "traceparent").then_some(self.0)
    }

    fn keys(&self) -> Vec<&str> {
        vec!["traceparent"]
    }
}
