//! Identity: who people are, and the tokens that say so. An OpenID Provider for our front ends and integrators, and the accounts
//! behind it. The only crate that signs.
//!
//! `http/` speaks the protocol and the API, `app/` holds the use-cases, `domain/` the pure rules (redirects, PKCE, who may manage
//! whom), `store/` the tables. Secrets are stored as hashes: argon2id for passwords, SHA-256 for what we made ourselves from 256
//! random bits; signing keys and identity numbers are sealed.

mod app;
mod demo;
mod domain;
mod error;
#[doc(hidden)]
pub mod fuzz;
mod http;
mod jobs;
mod migrations;
mod store;

pub use app::first_admin::{Administrator, create_admin};
pub use app::keys::{ensure_signing_key, rotate_signing_key};
pub use demo::{demo_token, seed_demo};
pub use domain::provider::{Names, Provider};
pub use error::codes;

use anyhow::Context as _;
use app::breached::Breached;
use app::keys::Signer;
use app::passwords::Hasher;
use app::throttle::Throttle;
use durable::{Bus, Db, Worker};
use http::StandIn;
use kit::Runtime;
use kit::config::Secret;
use sea_orm_migration::MigrationTrait;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

/// Settings; `config.default.toml` documents them.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Life of an access token, seconds.
    pub access_token_seconds: u32,
    /// Life of a refresh token, seconds.
    pub refresh_seconds: u32,
    /// Life of a sign-in in one browser, seconds.
    pub session_seconds: u32,
    /// Life of an authorization code, seconds.
    pub code_seconds: u32,
    /// Failed sign-ins of one login within the window.
    pub failures_per_login: u64,
    /// Failed sign-ins of one address within the window.
    pub failures_per_address: u64,
    /// The window, seconds.
    pub failure_window_seconds: u32,
    /// Whether officers must have a second factor.
    pub officers_second_factor: OfficersSecondFactor,
    /// Days that a password is good which an administrator has set.
    pub temporary_password_days: u32,
    /// A file with the hashes of leaked passwords; empty: none.
    pub breached_passwords: String,
    /// Passwords hashed at the same time.
    pub hashing_turns: usize,
    /// Days until a new signing key takes over; 0: never by itself.
    pub signing_key_days: u32,
    /// Working days to answer the reception of a request about personal data.
    pub data_accept_working_days: u32,
    /// Days to give access or to correct.
    pub data_access_days: u32,
    /// Days to restrict, or to heed an objection.
    pub data_restrict_days: u32,
    /// Days to erase.
    pub data_erase_days: u32,
    /// Days after which a closed account of a citizen is erased.
    pub closed_account_days: u32,
    /// Days after which a closed request about personal data is removed.
    pub data_request_days: u32,
    /// Days between the notice of an erasure and the erasure.
    pub retention_notice_days: u32,
    /// Whether this whole instance is for trying out: only then do sandbox clients get tokens.
    pub sandbox: bool,
    /// Redirect URIs of the portal; empty: derived from the issuer.
    pub portal_redirect_uris: Vec<String>,
    /// Where the portal may return after sign-out; empty: derived from the issuer.
    pub portal_post_logout_uris: Vec<String>,
    /// National identity providers.
    pub providers: Vec<Provider>,
    /// The secret that each gave us, by its id.
    pub provider_secrets: BTreeMap<String, Secret>,
    /// Whether the stand-in for such a provider is there.
    pub stand_in_provider: bool,
    /// The database.
    pub database: durable::Config,
}

/// Whether a sign-in of an officer without a second factor leads to setting one up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OfficersSecondFactor {
    /// Always.
    Required,
    /// Unless the instance has demonstration accounts, whose passwords everybody knows anyway.
    UnlessDemo,
    /// Never; each officer may.
    Optional,
}

/// The documented defaults of [`Config`].
pub const DEFAULTS: &str = include_str!("../config.default.toml");

/// Largest body of a request, bytes.
const MAX_BODY: usize = 256 << 10;
/// How often clients that expire soon are looked for.
const EXPIRY_EVERY: Duration = Duration::from_secs(3600);
/// How often the clocks of personal data are looked at.
const CLOCKS_EVERY: Duration = Duration::from_secs(600);
/// How often expired grants are removed.
const CLEAN_EVERY: Duration = Duration::from_secs(3600);

impl durable::service::HasDatabase for Config {
    fn database(&self) -> &durable::Config {
        &self.database
    }
}

/// What handlers and jobs work with.
pub(crate) struct App {
    pub(crate) db: Db,
    pub(crate) rt: Runtime,
    pub(crate) settings: Config,
    pub(crate) signer: Signer,
    pub(crate) hasher: Hasher,
    pub(crate) breached: Breached,
    pub(crate) throttle: Throttle,
    /// There for tests and the demonstration.
    pub(crate) stand_in: Option<StandIn>,
}

/// The schema, oldest step first.
pub fn migrations() -> Vec<Box<dyn MigrationTrait>> {
    migrations::all()
}

/// The OpenAPI document of this service.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let document = kit::server::openapi(
        "Identity",
        "Accounts, and the OpenID Provider of the suite: discovery, tokens, keys. The authorization endpoint and the \
         sign-in page are for browsers and found through discovery.",
        http::routes,
    );
    durable::operations::name(document, "identity")
}

/// Whether all is there that a sign-in by a provider needs.
fn check(providers: &[Provider]) -> anyhow::Result<()> {
    let mut known = BTreeSet::new();
    for provider in providers {
        let id = provider.id.as_str();
        if let Err(lack) = provider.check() {
            anyhow::bail!("providers: {id:?}: {lack}");
        }
        anyhow::ensure!(known.insert(id), "providers: {id:?} is there twice");
    }
    Ok(())
}

/// Serves on the runtime's lifecycle. Makes the first signing key and the clients of the suite's own front ends.
///
/// # Errors
/// When the database or the file of leaked passwords cannot be used, or the settings of a provider lack something.
pub fn start(
    mut config: Config,
    listener: TcpListener,
    rt: &Runtime,
    bus: &Bus,
) -> kit::process::Starting {
    let (rt, bus) = (rt.clone(), bus.clone());
    Box::pin(async move {
        let (rt, bus) = (&rt, &bus);

        // Before anything else: a wrong file is to be known at once.
        let breached = Breached::open(&config.breached_passwords)
            .await
            .with_context(|| format!("breached_passwords: {}", config.breached_passwords))?;
        let mut stand_in = None;
        if config.stand_in_provider {
            stand_in = Some(StandIn::new().context("stand-in provider")?);
            let (provider, secret) = StandIn::provider();
            config.provider_secrets.insert(provider.id.clone(), secret);
            config.providers.push(provider);
        }
        check(&config.providers)?;
        let db = Db::open(&config.database, rt).await?;
        ensure_signing_key(&db, rt).await.context("signing key")?;
        demo::own_clients(&db, rt, &config)
            .await
            .context("clients")?;
        // Where providers are is the operator's, be it inside our network.
        for provider in &config.providers {
            for url in provider.endpoints() {
                rt.client.trust(&url);
            }
        }
        let app = Arc::new(App {
            stand_in,
            breached,
            hasher: Hasher::new(config.hashing_turns, rt.ids).await?,
            throttle: Throttle {
                per_login: config.failures_per_login.max(1),
                per_address: config.failures_per_address.max(1),
                window: config.failure_window_seconds.max(1),
            },
            signer: Signer::default(),
            settings: config,
            db: db.clone(),
            rt: rt.clone(),
        });
        Worker::new("identity", &db, bus, rt, Arc::clone(&app))
            .every("identity-clean", CLEAN_EVERY, jobs::clean)
            .every("identity-expiry", EXPIRY_EVERY, jobs::expiry)
            .every("identity-keys", CLEAN_EVERY, jobs::keys)
            .every("identity-data-clocks", CLOCKS_EVERY, jobs::clocks)
            .every("identity-retention", CLEAN_EVERY, jobs::retention)
            .spawn();
        let data = actix_web::web::Data::from(app);
        let db = actix_web::web::Data::new(db);
        kit::server::serve("identity", listener, rt, MAX_BODY, move |cfg| {
            cfg.app_data(data.clone()).app_data(db.clone());
            http::routes(cfg);
        })?;
        Ok(())
    })
}
