//! The main of a service with a database: `<service>` serves, `<service> migrate` brings the schema up to date and exits.

use crate::bus::Bus;
use crate::db::{Config, Db};
use crate::migrate::{Migrations, difference, migrate};
use crate::rabbit::RabbitConfig;
use anyhow::Context as _;
use kit::Runtime;
use kit::process::Started;
use serde::de::DeserializeOwned;
use std::net::TcpListener;
use std::process::ExitCode;
use std::sync::Arc;

/// A service's settings that name its database.
pub trait HasDatabase {
    /// The database.
    fn database(&self) -> &Config;
}

/// Runs a service. Never migrates by itself: it refuses to start on a schema that is behind, and says what to run.
pub fn main<C, F>(
    name: &'static str,
    defaults: &'static str,
    migrations: Migrations,
    start: F,
) -> ExitCode
where
    C: HasDatabase + DeserializeOwned,
    F: AsyncFnOnce(C, TcpListener, &Runtime, &Bus) -> anyhow::Result<()>,
{
    match std::env::args().nth(1).as_deref() {
        None => {}
        Some("migrate") => {
            return kit::process::once(name, defaults, async |config: C, rt| {
                let db = open(name, config.database(), rt).await?;
                if !is_ahead(&db, config.database(), migrations).await? {
                    migrate(&db, migrations).await.context("migration")?;
                }
                Ok(())
            });
        }
        Some(other) => {
            let unknown = anyhow::anyhow!("unknown argument `{other}`; there is only `migrate`");
            return kit::process::report(name, Err(unknown));
        }
    }
    kit::process::run(name, defaults, async |started: Started<C>, rt| {
        // For the readiness check; the service opens its own.
        let mut small = started.config.database().clone();
        small.max_connections = 2;
        let db = open(name, &small, rt).await?;
        if !is_ahead(&db, &small, migrations).await? {
            let behind = difference(&db, migrations).await?.behind;
            anyhow::ensure!(
                behind.is_empty(),
                "the schema is behind by {}: run `{name} migrate` first",
                behind.join(", ")
            );
        }
        check_clock(&db, small.max_clock_skew_seconds).await?;
        let bus = bus(&started.process.bus, rt);
        start(started.config, started.listener, rt, &bus).await?;
        let ready: kit::admin::Readiness = Arc::new(move || {
            let db = db.clone();
            Box::pin(async move {
                db.ping()
                    .await
                    .map_err(|_unreachable| "the database does not answer".to_owned())
            })
        });
        Ok(ready)
    })
}

async fn open(name: &str, config: &Config, rt: &Runtime) -> anyhow::Result<Db> {
    Db::open(config, rt).await.with_context(|| {
        format!(
            "the database cannot be used (MOTCUA_{}__DATABASE__URL)",
            name.to_uppercase()
        )
    })
}

/// Replicas whose clocks disagree take each other's work, and tokens are too old or too young: better not to begin.
async fn check_clock(db: &Db, most: u32) -> anyhow::Result<()> {
    if most == 0 {
        return Ok(());
    }
    let ahead = db.clock_ahead().await?.num_seconds();
    let word = if ahead > 0 { "ahead of" } else { "behind" };
    anyhow::ensure!(
        ahead.unsigned_abs() <= u64::from(most),
        "the clock here is {} s {word} the database's: set the clocks of both machines right (NTP); database.max_clock_skew_seconds says what is borne",
        ahead.unsigned_abs()
    );
    Ok(())
}

/// Whether a newer release made the schema, and that is allowed: for rolling back one release, whose successor's steps it can live with
/// (`docs/operations/upgrade.md`).
async fn is_ahead(db: &Db, config: &Config, migrations: Migrations) -> anyhow::Result<bool> {
    let ahead = difference(db, migrations).await?.ahead;
    if ahead.is_empty() {
        return Ok(false);
    }
    let steps = ahead.join(", ");
    anyhow::ensure!(
        config.accept_newer_schema,
        "the schema is newer than this release by {steps}: run the release that made it, or, to roll back one release, set database.accept_newer_schema"
    );
    tracing::warn!(steps, "running on the schema of a newer release");
    Ok(true)
}

/// The bus that the settings ask for.
pub fn bus(settings: &kit::config::Bus, rt: &Runtime) -> Bus {
    if settings.url.is_empty() {
        tracing::warn!("no broker is configured: events do not leave this process");
        return Bus::in_process();
    }
    Bus::rabbit(RabbitConfig::from(settings), rt)
}

impl From<&kit::config::Bus> for RabbitConfig {
    fn from(settings: &kit::config::Bus) -> Self {
        let consumers = contracts::events::CONSUMERS
            .iter()
            .map(|(consumer, types)| {
                let types = types.iter().map(|t| (*t).to_owned()).collect();
                ((*consumer).to_owned(), types)
            })
            .collect();
        Self {
            consumers,
            ..Self::new(settings.url.expose(), &settings.prefix, settings.prefetch)
        }
    }
}
