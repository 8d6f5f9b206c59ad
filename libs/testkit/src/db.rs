//! A clean database for each test, on the backend that the environment asks for, and messages put where a consumer finds them.

use contracts::Event;
use durable::sea_orm_migration::MigrationTrait;
use durable::{Config, Db};
use kit::Runtime;
use kit::config::variable;
use sea_orm::{ConnectOptions, ConnectionTrait as _, Database};
use url::Url;
use uuid::Uuid;

/// What `MOTCUA_TEST_POSTGRES_URL` is called.
const POSTGRES: &str = "MOTCUA_TEST_POSTGRES_URL";
/// What `MOTCUA_TEST_AMQP_URL` is called.
const AMQP: &str = "MOTCUA_TEST_AMQP_URL";

/// What `MOTCUA_TEST_REDIS_URL` is called.
const REDIS: &str = "MOTCUA_TEST_REDIS_URL";

/// How long a test waits for its database to be dropped.
const DROPPING: std::time::Duration = std::time::Duration::from_secs(2);

/// A migrated database of this test's own; gone when the test ends.
pub struct TestDb {
    /// Opened with the test's runtime.
    pub db: Db,
    config: Config,
    _place: Place,
}

enum Place {
    File { _folder: tempfile::TempDir },
    Server { _database: Box<OnServer> },
}

/// A database of a test's own on the server of `MOTCUA_TEST_POSTGRES_URL`; dropped with it.
pub struct OnServer {
    /// Its address.
    pub url: String,
    admin: Url,
    name: String,
}

impl TestDb {
    /// A database with a runtime of its own (see [`crate::runtime`]).
    pub async fn new(migrations: fn() -> Vec<Box<dyn MigrationTrait>>) -> Self {
        Self::with(&crate::runtime(), migrations).await
    }

    /// A database for this runtime: the backend is that of `MOTCUA_TEST_BACKEND`, `sqlite` (default) or `postgres` (then on the server
    /// of `MOTCUA_TEST_POSTGRES_URL`).
    pub async fn with(rt: &Runtime, migrations: fn() -> Vec<Box<dyn MigrationTrait>>) -> Self {
        let test = Self::empty(rt).await;
        durable::migrate(&test.db, migrations)
            .await
            .expect("the migrations run");
        test
    }

    /// A database without tables.
    pub async fn empty(rt: &Runtime) -> Self {
        let (url, place) = if on_postgres() {
            on_server().await
        } else {
            in_file()
        };
        let config = Config {
            url,
            max_connections: 5,
            poll_milliseconds: 20,
            accept_newer_schema: false,
            max_clock_skew_seconds: 0,
            retention: durable::Retention::default(),
        };
        let db = Db::open(&config, rt).await.expect("the database opens");
        Self {
            db,
            config,
            _place: place,
        }
    }

    /// For a service's `database` section.
    pub fn config(&self) -> Config {
        self.config.clone()
    }

    /// The address.
    pub fn url(&self) -> String {
        self.config.url.clone()
    }
}

/// Whether the tests run on `PostgreSQL` this time.
pub fn on_postgres() -> bool {
    match variable("MOTCUA_TEST_BACKEND").as_deref() {
        None | Some("sqlite") => false,
        Some("postgres") => true,
        Some(other) => panic!("MOTCUA_TEST_BACKEND is {other:?}; sqlite or postgres"),
    }
}

fn in_file() -> (String, Place) {
    let folder = tempfile::Builder::new()
        .prefix("motcua-test-")
        .tempdir()
        .expect("a folder");
    let path = folder.path().join("test.sqlite");
    (
        format!("sqlite://{}?mode=rwc", path.display()),
        Place::File { _folder: folder },
    )
}

async fn on_server() -> (String, Place) {
    let database = OnServer::create().await;
    (
        database.url.clone(),
        Place::Server {
            _database: Box::new(database),
        },
    )
}

impl OnServer {
    /// Makes an empty one.
    pub async fn create() -> Self {
        let admin: Url = variable(POSTGRES)
            .unwrap_or_else(|| panic!("{POSTGRES} is not set"))
            .parse()
            .expect("a URL");
        let name = format!("motcua_test_{}", random().simple());
        execute(&admin, &format!("CREATE DATABASE \"{name}\""))
            .await
            .expect("CREATE DATABASE");
        let mut url = admin.clone();
        url.set_path(&name);
        Self {
            url: url.into(),
            admin,
            name,
        }
    }
}

async fn execute(admin: &Url, sql: &str) -> Result<(), sea_orm::DbErr> {
    let mut options = ConnectOptions::new(admin.as_str());
    options.max_connections(1).sqlx_logging(false);
    let db = Database::connect(options).await?;
    db.execute_unprepared(sql).await?;
    db.close().await
}

impl Drop for OnServer {
    /// Best effort, on a thread of its own: the test's runtime may be going away.
    ///
    /// Waits for it only so long: the server drops a database when every backend has taken note, and one that shakes hands with
    /// a pool of this test cannot while the test's thread waits here. Once asked, the server also does it without us.
    fn drop(&mut self) {
        let (admin, sql) = (
            self.admin.clone(),
            format!("DROP DATABASE IF EXISTS \"{}\" WITH (FORCE)", self.name),
        );
        let (done, answer) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .ok()?;
            done.send(runtime.block_on(execute(&admin, &sql)).is_ok())
                .ok()
        });
        if matches!(
            answer.recv_timeout(DROPPING),
            Ok(false) | Err(std::sync::mpsc::RecvTimeoutError::Disconnected)
        ) {
            eprintln_left_over(&self.name);
        }
    }
}

#[expect(clippy::print_stderr, reason = "shown with a failing test")]
fn eprintln_left_over(name: &str) {
    eprintln!("database {name} could not be dropped");
}

/// Puts an event where `consumer` finds it, as if it had been received; returns its message id.
pub async fn deliver<E: Event>(db: &Db, consumer: &str, event: &E) -> Uuid {
    let id = random();
    deliver_as(db, consumer, event, id).await;
    id
}

/// Same with a given message id: twice the same is a duplicate. Returns whether it was new.
pub async fn deliver_as<E: Event>(db: &Db, consumer: &str, event: &E, id: Uuid) -> bool {
    let now = db.runtime().clock.now();
    let message = durable::wrap_message(event, id, now, None, db.runtime()).expect("JSON");
    durable::receive(db, consumer, &[message])
        .await
        .expect("stored")
        == 1
}

/// The broker for tests. `None`: there is none, and the test says so and ends.
///
/// # Panics
/// With `MOTCUA_TEST_BACKEND=postgres`, where the broker belongs to the set.
pub fn amqp_url() -> Option<String> {
    server(AMQP)
}

/// Redis for tests. `None`: there is none, and the test says so and ends.
///
/// # Panics
/// With `MOTCUA_TEST_BACKEND=postgres`, where Redis belongs to the set.
pub fn redis_url() -> Option<String> {
    server(REDIS)
}

fn server(name: &str) -> Option<String> {
    let url = variable(name);
    if url.is_none() {
        assert!(!on_postgres(), "MOTCUA_TEST_BACKEND=postgres needs {name}");
        #[expect(clippy::print_stderr, reason = "a skipped test must be seen")]
        {
            eprintln!("skipped: {name} is not set");
        }
    }
    url
}

/// A prefix for exchanges, queues and keys that no other test has.
pub fn broker_prefix() -> String {
    format!("test-{}.", random().simple())
}

#[expect(clippy::disallowed_methods, reason = "names of a test's own things")]
fn random() -> Uuid {
    kit::Ids.uuid(chrono::Utc::now())
}
