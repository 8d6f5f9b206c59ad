//! The gateway: one door. It takes its routes, rights and limits from the merged OpenAPI document and keeps no second table: what
//! the document does not list is not there.
//!
//! A request passes `serve` (what is it?), `table` (which operation?), the token check, `limit` (not too often?) and `proxy` (to
//! the service and back, streamed; `hangup` counts who does not wait). Every service checks again: nothing trusts that a request came
//! this way.

mod docs;
mod hangup;
mod limit;
mod merge;
mod path;
mod proxy;
mod serve;
mod table;

pub use merge::merge;

use anyhow::Context as _;
use kit::Runtime;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

/// Codes of the gateway.
pub mod codes {
    contracts::codes! {
        UPSTREAM_UNAVAILABLE = "gateway.upstream-unavailable", 503, "Dịch vụ đang tạm ngừng, vui lòng thử lại sau", "The service is away for the moment, please try again later";
        UPSTREAM_TIMEOUT = "gateway.upstream-timeout", 504, "Dịch vụ trả lời quá lâu, vui lòng thử lại sau", "The service took too long to answer, please try again later";
    }
}

/// Settings; `config.default.toml` documents them.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Requests a minute for one account or client that shows a token.
    pub requests_per_minute: u64,
    /// Requests a minute from one address without a token.
    pub public_requests_per_minute: u64,
    /// Largest body of a request, bytes.
    pub max_body_bytes: usize,
    /// Seconds a service may take to begin its answer.
    pub answer_seconds: u64,
    /// Seconds that a whole exchange may take.
    pub exchange_seconds: u64,
    /// Addresses and networks of our own proxies.
    pub trusted_proxies: Vec<Network>,
    /// Origins that may call `/api` from a page elsewhere.
    pub cors_origins: Vec<String>,
}

impl Config {
    /// Whether this is a proxy of ours.
    pub(crate) fn trusts(&self, address: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|known| match known {
            Network::Many(network) => network.contains(&address),
            Network::One(one) => *one == address,
        })
    }
}

/// One address, or a network in CIDR notation (RFC 4632): pods of an ingress controller have no fixed address.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(untagged)]
pub enum Network {
    /// `10.0.0.7`.
    One(IpAddr),
    /// `10.244.0.0/16`.
    Many(ipnet::IpNet),
}

/// The documented defaults of [`Config`].
pub const DEFAULTS: &str = include_str!("../config.default.toml");

/// What every request needs.
pub(crate) struct App {
    pub(crate) rt: Runtime,
    pub(crate) config: Config,
    pub(crate) table: table::Table,
    pub(crate) docs: docs::Docs,
    /// The public URL is HTTPS.
    pub(crate) secure: bool,
    /// Clients that went before they had their answer.
    pub(crate) gone: kit::metrics::Counters,
}

impl App {
    fn answer_time(&self) -> Duration {
        Duration::from_secs(self.config.answer_seconds.max(1))
    }

    fn exchange_time(&self) -> Duration {
        Duration::from_secs(self.config.exchange_seconds.max(1))
    }
}

/// Serves on the runtime's lifecycle. `document` is the merged public document (see [`merge`]).
///
/// # Errors
/// When the document cannot be read, or names a permission or method that does not exist.
pub fn start(
    config: Config,
    listener: TcpListener,
    rt: &Runtime,
    document: &str,
) -> kit::process::Starting {
    let (rt, document) = (rt.clone(), document.to_owned());
    Box::pin(async move {
        let (rt, document) = (&rt, &document);

        let value: serde_json::Value =
            serde_json::from_str(document).context("the public document is not JSON")?;
        let app = Arc::new(App {
            table: table::Table::read(&value).context("the public document")?,
            docs: docs::Docs::new(document),
            secure: rt.tokens.issuer().starts_with("https://"),
            gone: hangup::counter(rt),
            rt: rt.clone(),
            config,
        });
        let max_body = app.config.max_body_bytes;
        let data = actix_web::web::Data::from(app);
        kit::server::serve("gateway", listener, rt, max_body, move |cfg| {
            cfg.app_data(data.clone());
            serve::routes(cfg);
        })?;
        Ok(())
    })
}

/// Gives bytes to every parser here that reads what comes from outside: for the fuzz targets (`e2e::fuzz`). A path that passes has no
/// other reading.
#[doc(hidden)]
pub fn fuzz(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if path::is_plain(&text) {
        assert!(
            !text.contains("/../") && !text.contains("//") && !text.contains('\\'),
            "{text:?} passes"
        );
    }
}
