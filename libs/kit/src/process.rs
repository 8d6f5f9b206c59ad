//! The life of a process: configuration, telemetry, listener, start, ready, signal, drain, flush. Any failure to start exits
//! with one clear line.

use crate::config::{self, Process};
use crate::lifecycle::Lifecycle;
use crate::runtime::{Directory, Runtime};
use crate::{
    Cache, Client, Clock, Metrics, Sealer, TokenVerifier, admin, auth::StepUp, clock::Ids, skew,
    telemetry::Telemetry, trust,
};
use anyhow::Context as _;
use contracts::Assurance;
use futures_util::future::BoxFuture;
use serde::de::DeserializeOwned;
use std::net::TcpListener;
use std::process::ExitCode;
use std::time::Duration;

/// Builds the runtime of a process from its settings. Must run inside tokio.
///
/// # Errors
/// A setting that cannot work, named.
pub fn runtime(settings: &Process) -> anyhow::Result<Runtime> {
    install_crypto();
    trust::check(config::variable("SSL_CERT_DIR").as_deref())?;
    let directory = Directory::default();
    for (name, url) in &settings.directory {
        directory.set(
            name,
            url.parse()
                .with_context(|| format!("directory.{name} is not a URL"))?,
        );
    }
    let cache = if settings.cache.url.is_empty() {
        Cache::memory()
    } else {
        Cache::redis(settings.cache.url.expose(), &settings.cache.prefix).context("cache.url")?
    };
    let jwks: Option<url::Url> = match settings.tokens.jwks_url.as_str() {
        "" => None,
        given => Some(given.parse().context("tokens.jwks_url is not a URL")?),
    };
    let client = Client::new(directory.clone())?;
    if let Some(url) = &jwks {
        client.trust(url);
    }
    let known = directory.clone();
    let keys = move || {
        jwks.clone()
            .or_else(|| known.get("identity")?.join("/oauth2/jwks").ok())
    };
    let older: Vec<&str> = settings.sealing.older.expose().split_whitespace().collect();
    let data_keys: Vec<&str> = settings.sealing.data_keys.split_whitespace().collect();
    Ok(Runtime {
        clock: Clock::System,
        ids: Ids,
        client,
        directory,
        lifecycle: Lifecycle::new(),
        cache,
        metrics: Metrics::new(),
        tokens: TokenVerifier::remote(&settings.tokens.issuer, keys).with_step_up(StepUp {
            max_age: i64::from(settings.tokens.step_up_seconds),
            assurance: if settings.tokens.step_up_second_factor {
                Assurance::MultiFactor
            } else {
                Assurance::SingleFactor
            },
        }),
        sealer: Sealer::with_data_keys(settings.sealing.secret.expose(), &older, &data_keys)
            .context("sealing.secret")?,
        workers: settings.http.workers,
    })
}

/// Chooses the one cryptographic provider of the process; a second call changes nothing.
pub fn install_crypto() {
    if rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .is_err()
    {
        tracing::trace!("cryptographic provider was installed already");
    }
}

/// A service that is being started. Boxed, here and wherever one crate begins the long work of another: the code of an `async fn` is
/// made where it is awaited, so every program and every test would compile the whole service anew.
pub type Starting = BoxFuture<'static, anyhow::Result<()>>;

/// What a service's own start needs.
#[derive(Debug)]
pub struct Started<C> {
    /// The service's own settings.
    pub config: C,
    /// The settings of the process.
    pub process: Process,
    /// Bound, not yet accepting.
    pub listener: TcpListener,
}

/// The main of a service without a database.
pub fn main<C, F>(name: &'static str, defaults: &'static str, start: F) -> ExitCode
where
    C: DeserializeOwned,
    F: AsyncFnOnce(C, TcpListener, &Runtime) -> anyhow::Result<()>,
{
    run(name, defaults, async |started: Started<C>, rt| {
        let borne = started.process.cache.max_clock_skew_seconds;
        skew::check(rt, borne).await?;
        start(started.config, started.listener, rt).await?;
        skew::watch(name, rt, borne);
        Ok(admin::always())
    })
}

/// The life of a process around `start`, which returns the readiness check once it serves.
pub fn run<C, F>(name: &'static str, defaults: &'static str, start: F) -> ExitCode
where
    C: DeserializeOwned,
    F: AsyncFnOnce(Started<C>, &Runtime) -> anyhow::Result<admin::Readiness>,
{
    report(name, try_run(name, defaults, start))
}

/// Runs something once with a service's settings, e.g. its migrations, and exits.
pub fn once<C, F>(name: &'static str, defaults: &'static str, work: F) -> ExitCode
where
    C: DeserializeOwned,
    F: AsyncFnOnce(C, &Runtime) -> anyhow::Result<()>,
{
    report(name, try_once(name, defaults, work))
}

fn try_once<C, F>(name: &'static str, defaults: &'static str, work: F) -> anyhow::Result<()>
where
    C: DeserializeOwned,
    F: AsyncFnOnce(C, &Runtime) -> anyhow::Result<()>,
{
    let environment = config::environment();
    let process: Process = config::load("process", config::PROCESS_DEFAULTS, &[], &environment)?;
    let config: C = config::load(name, defaults, &[], &environment)?;
    let tokio = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    tokio.block_on(async {
        let telemetry = Telemetry::install(name, &process.telemetry)?;
        let rt = runtime(&process)?;
        work(config, &rt).await?;
        rt.lifecycle
            .shut_down(Duration::from_secs(process.http.grace_seconds))
            .await;
        drop(telemetry);
        Ok(())
    })
}

/// Prints the one line that says why a process could not run.
pub fn report(name: &str, outcome: anyhow::Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "logging may not be up yet")]
            {
                eprintln!("{name}: {}", one_line(&error));
            }
            ExitCode::FAILURE
        }
    }
}

/// The error and its causes on one line; a cause that the text before it repeats is left out.
fn one_line(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if !line.contains(&cause) {
            if !line.is_empty() {
                line.push_str(": ");
            }
            line.push_str(&cause);
        }
    }
    line.replace(['\r', '\n'], " ")
}

fn try_run<C, F>(name: &'static str, defaults: &'static str, start: F) -> anyhow::Result<()>
where
    C: DeserializeOwned,
    F: AsyncFnOnce(Started<C>, &Runtime) -> anyhow::Result<admin::Readiness>,
{
    let environment = config::environment();
    let process: Process = config::load("process", config::PROCESS_DEFAULTS, &[], &environment)?;
    let config: C = config::load(name, defaults, &[], &environment)?;
    let tokio = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    tokio.block_on(async {
        let telemetry = Telemetry::install(name, &process.telemetry)?;
        let rt = runtime(&process)?;
        trust::watch(name, &rt);
        let listener = bind(process.http.bind)?;
        let admin_listener = bind(process.http.admin_bind)?;
        let grace = Duration::from_secs(process.http.grace_seconds);
        let address = listener.local_addr()?;
        let readiness = start(
            Started {
                config,
                process,
                listener,
            },
            &rt,
        )
        .await?;
        admin::serve(admin_listener, &rt, readiness)?;
        rt.lifecycle.set_ready();
        tracing::info!(service = name, %address, "serving");
        rt.lifecycle.signalled().await;
        tracing::info!(service = name, "stopping");
        rt.lifecycle.shut_down(grace).await;
        if tokio::task::spawn_blocking(move || telemetry.flush())
            .await
            .is_err()
        {
            tracing::debug!("telemetry not flushed");
        }
        Ok(())
    })
}

/// Binds a listener.
///
/// # Errors
/// Says which address and why.
pub fn bind(address: std::net::SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).with_context(|| format!("cannot listen on {address}"))
}
