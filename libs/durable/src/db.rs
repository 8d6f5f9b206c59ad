//! Opening a database, reading, and the one way to write: [`Db::tx`].

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use kit::Runtime;
use sea_orm::sea_query::{Expr, Query};
use sea_orm::sqlx::{self, Connection as _};
use sea_orm::{
    AccessMode, ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection,
    DatabaseTransaction, DbBackend, DbErr, IsolationLevel, RuntimeErr, SqliteTransactionMode,
    Statement, TransactionOptions, TransactionTrait as _,
};
use serde::{Deserialize, Serialize};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use std::future::Future;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;
use tokio::sync::watch;

/// Times a transaction is run before its serialization failure is the caller's.
const TRIES: u32 = 5;
/// How long a request waits for a free connection.
const ACQUIRE: Duration = Duration::from_secs(15);
/// How long a writer of another process is waited for.
const BUSY: Duration = Duration::from_secs(10);
/// Readers beside the one writer of a `SQLite` file.
const READERS: u32 = 4;

/// Which database.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `sqlite://<path>?mode=rwc` or `postgres://user:password@host:port/database`.
    #[serde(serialize_with = "without_password")]
    pub url: String,
    /// Connections to a server; a file has one writer and four readers whatever is said here.
    #[serde(default = "default_connections")]
    pub max_connections: u32,
    /// How often the table is looked at for work when nothing has rung, milliseconds.
    #[serde(default = "default_poll")]
    pub poll_milliseconds: u64,
    /// Start although a newer release made the schema: only to roll back one release.
    #[serde(default)]
    pub accept_newer_schema: bool,
    /// How far the clock here may be from the server's at the start, seconds; 0: not looked at. Leases and due tasks are instants that
    /// replicas compare. A file has the clock of this machine.
    #[serde(default = "default_clock_skew")]
    pub max_clock_skew_seconds: u32,
    /// How long rows are kept that have served.
    #[serde(default)]
    pub retention: Retention,
}

/// How long rows are kept that have served. Dead tasks are kept until somebody replays or discards them.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// Sent events, for looking at, days.
    pub sent_days: u32,
    /// Finished tasks, days: their key is what makes a late duplicate harmless, so keep them longer than the broker may be away.
    pub finished_days: u32,
    /// Saved answers, days: as long as a client may repeat a request.
    pub answer_days: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            sent_days: 7,
            finished_days: 14,
            answer_days: 7,
        }
    }
}

fn default_connections() -> u32 {
    10
}

fn default_clock_skew() -> u32 {
    30
}

fn default_poll() -> u64 {
    250
}

/// Configurations are shown to people.
fn without_password<S: serde::Serializer>(url: &str, serializer: S) -> Result<S::Ok, S::Error> {
    match url::Url::parse(url) {
        Ok(mut parsed) if parsed.password().is_some() => {
            // Refused only for addresses that cannot have a password.
            let hidden = parsed.set_password(Some("***")).is_ok();
            serializer.serialize_str(if hidden { parsed.as_str() } else { "***" })
        }
        _ => serializer.serialize_str(url),
    }
}

impl std::fmt::Debug for Config {
    /// Without the URL: it may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config")
            .field("max_connections", &self.max_connections)
            .field("poll_milliseconds", &self.poll_milliseconds)
            .finish_non_exhaustive()
    }
}

/// An open database. Cheap to clone.
#[derive(Clone)]
pub struct Db(Arc<Inner>);

struct Inner {
    writer: DatabaseConnection,
    reader: DatabaseConnection,
    runtime: Runtime,
    retention: Retention,
    poll: Duration,
    outbox: Bell,
    tasks: Bell,
    /// How far the database's clock is ahead of ours, microseconds.
    ahead: AtomicI64,
}

/// Wakes loops of this process after a commit. What another process commits is found by polling.
struct Bell(watch::Sender<u64>);

impl Bell {
    fn new() -> Self {
        Self(watch::Sender::new(0))
    }

    fn ring(&self) {
        self.0.send_modify(|rung| *rung = rung.wrapping_add(1));
    }
}

impl Db {
    /// Opens the database; a missing `SQLite` file and its folder are created when the URL says `mode=rwc`.
    ///
    /// # Errors
    /// When the URL names neither database, or the database does not answer.
    pub fn open<'a>(config: &'a Config, rt: &'a Runtime) -> BoxFuture<'a, anyhow::Result<Self>> {
        Box::pin(async move {
            let (writer, reader) = if config.url.starts_with("sqlite:") {
                open_file(&config.url).await?
            } else if config.url.starts_with("postgres://")
                || config.url.starts_with("postgresql://")
            {
                let pool = open_server(config).await?;
                (pool.clone(), pool)
            } else {
                anyhow::bail!("database.url must begin with sqlite: or postgres:");
            };
            let db = Self(Arc::new(Inner {
                writer,
                reader,
                runtime: rt.clone(),
                retention: config.retention,
                poll: Duration::from_millis(config.poll_milliseconds.max(1)),
                outbox: Bell::new(),
                tasks: Bell::new(),
                ahead: AtomicI64::new(0),
            }));
            db.compare_clocks().await?;
            Ok(db)
        })
    }

    /// Now, by the clock of the database: leases and times of attempts are instants that replicas compare, and one of them may have
    /// a clock that is off. A file has no clock, and a standing one is a test's.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.0.runtime.clock.now() + self.ahead()
    }

    /// How far the database's clock is ahead of ours, as of the last look.
    pub(crate) fn ahead(&self) -> chrono::Duration {
        chrono::Duration::microseconds(self.0.ahead.load(Ordering::Relaxed))
    }

    /// Looks how far the database's clock is from ours.
    pub(crate) async fn compare_clocks(&self) -> Result<(), DbErr> {
        let clock = &self.0.runtime.clock;
        let reader = &self.0.reader;
        if matches!(clock, kit::Clock::Fixed(_))
            || reader.get_database_backend() != DbBackend::Postgres
        {
            return Ok(());
        }
        let mut select = Query::select();
        select.expr_as(Expr::cust("clock_timestamp()"), "theirs");
        let asked = clock.now();
        let row = reader.query_one(&select).await?;
        let took = clock.now() - asked;
        if let Some(row) = row {
            let theirs: DateTime<Utc> = row.try_get("", "theirs")?;
            let ahead = theirs - (asked + took / 2);
            let micros = ahead.num_microseconds().unwrap_or(0);
            self.0.ahead.store(micros, Ordering::Relaxed);
        }
        Ok(())
    }

    /// How far the clock of the runtime is ahead of the server's, up to half of the time that the question took. Zero for a file.
    ///
    /// # Errors
    /// When the server does not answer.
    pub(crate) async fn clock_ahead(&self) -> Result<chrono::Duration, DbErr> {
        let db = &self.0.reader;
        let backend = db.get_database_backend();
        if backend != DbBackend::Postgres {
            return Ok(chrono::Duration::zero());
        }
        let ask = Statement::from_string(backend, "select clock_timestamp() as now");
        let before = self.0.runtime.clock.now();
        let answer = db.query_one_raw(ask).await?;
        let after = self.0.runtime.clock.now();
        let answer = answer.ok_or_else(|| DbErr::RecordNotFound("the time".to_owned()))?;
        let there: chrono::DateTime<chrono::Utc> = answer.try_get("", "now")?;
        Ok(before + (after - before) / 2 - there)
    }

    /// For reads outside a transaction. Writing here is refused on `SQLite` and wrong on `PostgreSQL`.
    pub fn read(&self) -> &DatabaseConnection {
        &self.0.reader
    }

    /// For many reads that must agree with each other while others write: all see the moment of the first. It ends when it is dropped;
    /// until then the server keeps what it sees, so only for what a person starts now and then.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn snapshot(&self) -> Result<DatabaseTransaction, DbErr> {
        let reader = &self.0.reader;
        // A reader of a file has a snapshot from its first read on, in any mode, and no levels to choose from.
        let server = reader.get_database_backend() == DbBackend::Postgres;
        let options = TransactionOptions {
            isolation_level: server.then_some(IsolationLevel::RepeatableRead),
            access_mode: server.then_some(AccessMode::ReadOnly),
            sqlite_transaction_mode: Some(SqliteTransactionMode::Deferred),
        };
        #[expect(clippy::disallowed_methods, reason = "it only reads")]
        let transaction = reader.begin_with_options(options).await?;
        Ok(transaction)
    }

    /// Runs `work` in a write transaction: commits on `Ok`, rolls back on `Err`.
    ///
    /// On a serialization failure or deadlock the whole closure runs again (up to five times), so it must touch nothing but the
    /// transaction. `SQLite` takes the write lock at the beginning (`BEGIN IMMEDIATE`): a transaction that reads first and writes
    /// later would otherwise fail at once, whatever the busy timeout. Never call another service, and never call `tx` again,
    /// inside: a file has one writer.
    ///
    /// # Errors
    /// What `work` returned; or the database's error; or an error when a clone of the handle outlived `work`.
    pub async fn tx<T, E, F, Fut>(&self, mut work: F) -> Result<T, E>
    where
        F: FnMut(Tx) -> Fut,
        Fut: Future<Output = Result<T, E>>,
        E: TxError,
    {
        let mut attempt = 1;
        loop {
            match self.attempt(&mut work).await {
                Err(error)
                    if attempt < TRIES && error.db_err().is_some_and(is_serialization_failure) =>
                {
                    let wait =
                        crate::task::jitter(&self.0.runtime, Duration::from_millis(10 << attempt));
                    tracing::debug!(attempt, "transaction is run again");
                    tokio::time::sleep(wait).await;
                    attempt += 1;
                }
                outcome => return outcome,
            }
        }
    }

    async fn attempt<T, E, F, Fut>(&self, work: &mut F) -> Result<T, E>
    where
        F: FnMut(Tx) -> Fut,
        Fut: Future<Output = Result<T, E>>,
        E: TxError,
    {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        #[expect(
            clippy::disallowed_methods,
            reason = "the one place that begins transactions"
        )]
        let transaction = self.0.writer.begin_with_options(options).await?;
        let tx = Tx(Arc::new(TxInner {
            transaction,
            ahead: self.ahead(),
            outbox: AtomicBool::new(false),
            tasks: AtomicBool::new(false),
        }));
        let outcome = work(tx.clone()).await;
        let Ok(inner) = Arc::try_unwrap(tx.0) else {
            outcome?;
            return Err(DbErr::Custom("a transaction handle outlived its closure".into()).into());
        };
        match outcome {
            Ok(value) => {
                inner.transaction.commit().await?;
                if inner.outbox.into_inner() {
                    self.0.outbox.ring();
                }
                if inner.tasks.into_inner() {
                    self.0.tasks.ring();
                }
                Ok(value)
            }
            Err(error) => {
                if let Err(rollback) = inner.transaction.rollback().await {
                    tracing::debug!(error = %rollback, "rollback failed; the connection is dropped");
                }
                Err(error)
            }
        }
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), DbErr> {
        self.0.reader.ping().await
    }

    /// Closes the connections. Everything that uses the database must have ended.
    ///
    /// # Errors
    /// When the driver reports one.
    pub async fn close(&self) -> Result<(), DbErr> {
        self.0.reader.close_by_ref().await?;
        self.0.writer.close_by_ref().await
    }

    /// The runtime it was opened with.
    pub fn runtime(&self) -> &Runtime {
        &self.0.runtime
    }

    pub(crate) fn retention(&self) -> Retention {
        self.0.retention
    }

    pub(crate) fn poll(&self) -> Duration {
        self.0.poll
    }

    pub(crate) fn outbox_bell(&self) -> watch::Receiver<u64> {
        self.0.outbox.0.subscribe()
    }

    pub(crate) fn tasks_bell(&self) -> watch::Receiver<u64> {
        self.0.tasks.0.subscribe()
    }

    /// Makes concurrent migrations of one database wait for each other. On `SQLite` the write lock does it.
    pub(crate) async fn lock_migrations(tx: &Tx) -> Result<(), DbErr> {
        if tx.get_database_backend() == DbBackend::Postgres {
            // Any constant will do; it must only be the same for all.
            tx.execute_unprepared("SELECT pg_advisory_xact_lock(7366437001)")
                .await?;
        }
        Ok(())
    }
}

/// A transaction handle; pass `&*tx` to sea-orm. Clones belong to the same transaction and must not outlive the closure.
#[derive(Clone)]
pub struct Tx(Arc<TxInner>);

struct TxInner {
    transaction: DatabaseTransaction,
    ahead: chrono::Duration,
    outbox: AtomicBool,
    tasks: AtomicBool,
}

impl Tx {
    /// Waits for every other transaction that called this with the same name, until it has ended: for what must hold of several rows
    /// together, also of rows that are not there yet. On `SQLite` the write lock does it.
    ///
    /// # Errors
    /// The database's.
    pub async fn alone(&self, name: &str) -> Result<(), DbErr> {
        if self.get_database_backend() == DbBackend::Postgres {
            let sql = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";
            self.execute_raw(Statement::from_sql_and_values(
                DbBackend::Postgres,
                sql,
                [name.into()],
            ))
            .await?;
        }
        Ok(())
    }

    pub(crate) fn touch_outbox(&self) {
        self.0.outbox.store(true, Ordering::Relaxed);
    }

    /// See [`Db::now`].
    pub(crate) fn now(&self, rt: &Runtime) -> DateTime<Utc> {
        rt.clock.now() + self.0.ahead
    }

    pub(crate) fn touch_tasks(&self) {
        self.0.tasks.store(true, Ordering::Relaxed);
    }
}

impl Deref for Tx {
    type Target = DatabaseTransaction;

    fn deref(&self) -> &Self::Target {
        &self.0.transaction
    }
}

/// An error that may carry the database's, so that [`Db::tx`] can see whether to run again.
pub trait TxError: From<DbErr> {
    /// The database's error inside, if that is what it is.
    fn db_err(&self) -> Option<&DbErr>;
}

impl TxError for DbErr {
    fn db_err(&self) -> Option<&DbErr> {
        Some(self)
    }
}

impl TxError for anyhow::Error {
    fn db_err(&self) -> Option<&DbErr> {
        self.downcast_ref()
    }
}

/// `serialization_failure` and `deadlock_detected` of `PostgreSQL`.
fn is_serialization_failure(error: &DbErr) -> bool {
    let (DbErr::Conn(RuntimeErr::SqlxError(error))
    | DbErr::Exec(RuntimeErr::SqlxError(error))
    | DbErr::Query(RuntimeErr::SqlxError(error))) = error
    else {
        return false;
    };
    matches!(&**error, sqlx::Error::Database(error)
        if matches!(error.code().as_deref(), Some("40001" | "40P01")))
}

/// Whether the database is away (not reached, shutting down, no free connection), rather than that it refused something: answer
/// 503, try again later.
pub fn is_unavailable(error: &DbErr) -> bool {
    match error {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => true,
        DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => {
            match &**error {
                sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::Protocol(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed => true,
                // Classes of PostgreSQL: connection exception, insufficient resources (a full disk), operator intervention; of SQLite:
                // full.
                sqlx::Error::Database(error) => error.code().is_some_and(|code| {
                    code == "13"
                        || code.len() == 5
                            && ["08", "53", "57"]
                                .iter()
                                .any(|class| code.starts_with(class))
                }),
                _ => false,
            }
        }
        _ => false,
    }
}

async fn open_server(config: &Config) -> anyhow::Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(&config.url);
    options
        .max_connections(config.max_connections.max(2))
        .min_connections(1)
        .acquire_timeout(ACQUIRE)
        // After a restart of the server the pool's connections are dead; a request must not find out.
        .test_before_acquire_if_idle_for(Duration::from_secs(1))
        .sqlx_logging(false);
    match Database::connect(options).await {
        Ok(pool) => Ok(pool),
        Err(error) => {
            // A pool only says that it waited in vain; one connection says why.
            let url: sqlx::postgres::PgConnectOptions = config.url.parse()?;
            let one = sqlx::postgres::PgConnection::connect_with(&url);
            match tokio::time::timeout(ACQUIRE, one).await {
                Ok(Err(why)) => Err(why.into()),
                Ok(Ok(_)) | Err(_) => Err(error.into()),
            }
        }
    }
}

/// One connection that writes and a few that read. `synchronous=FULL`: with WAL, `NORMAL` may forget the last commits when
/// the power goes, and an acknowledged dossier must not be forgotten; it costs one fsync a commit.
async fn open_file(url: &str) -> anyhow::Result<(DatabaseConnection, DatabaseConnection)> {
    anyhow::ensure!(
        !url.contains(":memory:") && !url.contains("mode=memory"),
        "database.url: a database in memory cannot be shared by a writer and readers; name a file"
    );
    let parsed: SqliteConnectOptions = url.parse()?;
    if url.contains("mode=rwc")
        && let Some(folder) = parsed.get_filename().parent()
        && !folder.as_os_str().is_empty()
    {
        tokio::fs::create_dir_all(folder).await?;
    }
    let common = |options: SqliteConnectOptions| {
        options
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY)
    };
    let mut writer = ConnectOptions::new(url);
    writer
        .max_connections(1)
        .min_connections(1)
        .acquire_timeout(ACQUIRE)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(common);
    let writer = Database::connect(writer).await?;
    let mut reader = ConnectOptions::new(url);
    reader
        .max_connections(READERS)
        .min_connections(1)
        .acquire_timeout(ACQUIRE)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(move |options| common(options).pragma("query_only", "ON"));
    Ok((writer, Database::connect(reader).await?))
}
