//! PostgreSQL, RabbitMQ and Redis of the harness's own, in a folder of its own.

use anyhow::{Context as _, ensure};
use durable::sea_orm::{
    ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection, QueryResult, Statement,
};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// A server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Server {
    Postgres,
    Broker,
    Redis,
}

impl Server {
    pub(super) const ALL: [Self; 3] = [Self::Postgres, Self::Broker, Self::Redis];

    fn component(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Broker => "amqp",
            Self::Redis => "redis",
        }
    }

    pub(super) fn port(self) -> u16 {
        match self {
            Self::Postgres => 5432,
            Self::Broker => 5672,
            Self::Redis => 6379,
        }
    }
}

impl std::fmt::Display for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Postgres => "PostgreSQL",
            Self::Broker => "RabbitMQ",
            Self::Redis => "Redis",
        })
    }
}

/// The three of them. Gone, with their data, when dropped.
pub(super) struct Servers {
    home: PathBuf,
}

impl Servers {
    /// Starts them below this folder.
    pub(super) async fn start(folder: &Path) -> anyhow::Result<Self> {
        let servers = Self {
            home: folder.join("servers"),
        };
        servers
            .script(&["start", "amqp", "postgres", "redis"])
            .await?;
        Ok(servers)
    }

    pub(super) async fn url(&self, server: Server) -> anyhow::Result<String> {
        self.script(&["url", server.component()]).await
    }

    /// Starts one that was stopped or killed, at the address it had; returns when it answers.
    pub(super) async fn start_again(&self, server: Server) -> anyhow::Result<()> {
        self.script(&["start", server.component()]).await.map(drop)
    }

    pub(super) async fn stop(&self, server: Server) -> anyhow::Result<()> {
        self.script(&["stop", server.component()]).await.map(drop)
    }

    /// Kills the whole server at once, as when the machine goes.
    pub(super) async fn kill(&self, server: Server) -> anyhow::Result<()> {
        self.signal(server, "KILL").await
    }

    /// Sends a signal to a server, with the children it has.
    pub(super) async fn signal(&self, server: Server, name: &str) -> anyhow::Result<()> {
        let pids = self.script(&["pids", server.component()]).await?;
        let signal = format!("-{name}");
        let mut arguments = vec![signal.as_str()];
        arguments.extend(pids.split_whitespace());
        // Children may have ended meanwhile.
        command("kill", &arguments).await.or_else(|error| {
            if error.to_string().contains("No such process") {
                Ok(String::new())
            } else {
                Err(error)
            }
        })?;
        Ok(())
    }

    /// Runs an Erlang expression in the broker.
    pub(super) async fn broker(&self, expression: &str) -> anyhow::Result<String> {
        self.script(&["eval", expression]).await
    }

    async fn script(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let home = self.home.to_string_lossy().into_owned();
        let mut all = vec![home.as_str()];
        all.extend(arguments);
        command(&script().to_string_lossy(), &all).await
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        let ended = Command::new(script())
            .arg(&self.home)
            .arg("forget")
            .output();
        if !ended.is_ok_and(|out| out.status.success()) {
            super::say(
                std::time::Instant::now(),
                "the servers could not be stopped",
            );
        }
    }
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("servers/own.sh")
}

/// Runs a program to its end; its output, or what it complained of.
pub(super) async fn command(program: &str, arguments: &[&str]) -> anyhow::Result<String> {
    let mut run = Command::new(program);
    run.args(arguments).stdin(Stdio::null());
    let out = tokio::task::spawn_blocking(move || run.output())
        .await?
        .with_context(|| program.to_owned())?;
    ensure!(
        out.status.success(),
        "{program} {}: {}",
        arguments.join(" "),
        String::from_utf8_lossy(&out.stderr).trim()
    );
    Ok(String::from_utf8_lossy(&out.stdout).trim().to_owned())
}

/// A connection that goes past all proxies.
pub(super) async fn connect(url: &str) -> anyhow::Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(2)
        .connect_timeout(Duration::from_secs(5))
        .acquire_timeout(Duration::from_secs(5))
        .sqlx_logging(false);
    Ok(Database::connect(options).await?)
}

/// Rows of a statement.
pub(super) async fn query(db: &DatabaseConnection, sql: &str) -> anyhow::Result<Vec<QueryResult>> {
    let statement = Statement::from_string(db.get_database_backend(), sql);
    Ok(db.query_all_raw(statement).await?)
}

/// The one number that a statement gives.
pub(super) async fn number(db: &DatabaseConnection, sql: &str) -> anyhow::Result<i64> {
    let rows = query(db, sql).await?;
    let row = rows.first().context("no row")?;
    Ok(row.try_get_by_index(0)?)
}

/// Runs statements.
pub(super) async fn execute(db: &DatabaseConnection, sql: &str) -> anyhow::Result<()> {
    db.execute_unprepared(sql).await?;
    Ok(())
}
