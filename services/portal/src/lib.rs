//! The web pages (cổng dịch vụ công): drawn on the server, without a script, for citizens and for officers.
//!
//! A client of the public API through the gateway like any other: it has no database and no rights of its own. What a person may
//! do is what the API answers to that person's token. Signing in is OIDC with our identity service (authorization code, PKCE,
//! state, nonce); the session lies in the cache and the browser holds only its random id.
//!
//! `api` is the typed client, `session` and `pages::account` the signing-in, `shell` the frame of every page with its security
//! headers and error pages, `form` reads what browsers send, `view` holds the parts that pages share, `i18n` every text.

mod api;
mod ctx;
mod error;
mod form;
mod format;
#[doc(hidden)]
pub mod fuzz;
mod i18n;
mod pages;
mod session;
mod shell;
mod view;

use actix_web::middleware::from_fn;
use actix_web::web;
use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use std::net::TcpListener;
use std::time::Duration;
use url::Url;

/// The documented defaults of [`Config`].
pub const DEFAULTS: &str = include_str!("../config.default.toml");

/// Settings of the web pages; `config.default.toml` documents them.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Base URL of the public API; empty: the gateway of the directory.
    pub api_url: String,
    /// What people type; empty: the issuer of tokens.
    pub public_url: String,
    /// Our OIDC client.
    pub client_id: String,
    /// Hours that an idle session lasts.
    pub session_hours: u64,
    /// Province that address forms begin with.
    pub province_code: String,
    /// Largest file, MB.
    pub max_file_megabytes: usize,
    /// Largest form with its files, MB.
    pub max_form_megabytes: usize,
    /// Codes of the procedures on the first page.
    pub featured: Vec<String>,
}

/// The style sheet; its address holds its hash, so that browsers may keep it for ever.
const CSS: &str = include_str!("../static/portal.css");

/// What every handler has.
struct App {
    rt: kit::Runtime,
    settings: Settings,
    css_href: String,
}

/// Settings in the form that handlers use.
struct Settings {
    api_url: Option<Url>,
    public_url: Url,
    client_id: String,
    session: Duration,
    province_code: String,
    max_file_bytes: usize,
    max_form_bytes: usize,
    featured: Vec<String>,
    /// Whether people come over HTTPS.
    secure: bool,
}

impl App {
    fn new(config: Config, rt: &kit::Runtime) -> anyhow::Result<Self> {
        let public = if config.public_url.is_empty() {
            rt.tokens.issuer()
        } else {
            &config.public_url
        };
        let public_url: Url = public.parse().context("public_url is not a URL")?;
        let api_url = match config.api_url.as_str() {
            "" => None,
            given => {
                let url: Url = given.parse().context("api_url is not a URL")?;
                rt.client.trust(&url);
                Some(url)
            }
        };
        anyhow::ensure!(config.session_hours > 0, "session_hours must be at least 1");
        let hash: String = kit::http::sha256_hex(CSS.as_bytes())
            .chars()
            .take(16)
            .collect();
        Ok(Self {
            rt: rt.clone(),
            css_href: format!("/portal-{hash}.css"),
            settings: Settings {
                api_url,
                secure: public_url.scheme() == "https",
                public_url,
                client_id: config.client_id,
                session: Duration::from_secs(config.session_hours.saturating_mul(3600)),
                province_code: config.province_code,
                max_file_bytes: config.max_file_megabytes << 20,
                max_form_bytes: config.max_form_megabytes << 20,
                featured: config.featured,
            },
        })
    }

    /// Where the public API is.
    fn api_url(&self) -> Option<Url> {
        self.settings
            .api_url
            .clone()
            .or_else(|| self.rt.directory.get("gateway"))
    }

    /// The session cookie. `__Host-` binds it to this host over HTTPS; browsers refuse the prefix without.
    fn session_cookie(&self) -> &'static str {
        if self.settings.secure {
            "__Host-motcua"
        } else {
            "motcua"
        }
    }

    /// Binds a sign-in under way to the browser that began it.
    fn browser_cookie(&self) -> &'static str {
        if self.settings.secure {
            "__Host-motcua-signin"
        } else {
            "motcua-signin"
        }
    }
}

/// Serves the pages; returns once it does.
///
/// # Errors
/// A setting that cannot work, or a listener that cannot be used.
pub fn start(config: Config, listener: TcpListener, rt: &kit::Runtime) -> kit::process::Starting {
    let rt = rt.clone();
    Box::pin(async move {
        let rt = &rt;

        let largest = config.max_form_megabytes << 20;
        let app = web::Data::new(App::new(config, rt)?);
        kit::server::serve("portal", listener, rt, largest, move |cfg| {
            let app = app.clone();
            cfg.map(|cfg| {
                cfg.app_data(app).service(
                    web::scope("")
                        .wrap(from_fn(shell::around))
                        .configure(pages::routes)
                        .default_service(web::to(pages::nowhere)),
                )
            });
        })?;
        Ok(())
    })
}
