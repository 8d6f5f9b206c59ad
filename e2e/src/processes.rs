//! Each service as a process of its own: one database and one role per service on a real PostgreSQL, events over a real RabbitMQ,
//! Redis as the cache. The binaries are those that the same build made.

use kit::config::variable;
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use testkit::OnServer;

/// Services with a database, in the order they are started.
pub const STORED: [&str; 5] = [
    "catalogue",
    "dossier",
    "notifications",
    "postal",
    "identity",
];
/// All services.
pub const SERVICES: [&str; 7] = [
    "catalogue",
    "dossier",
    "notifications",
    "postal",
    "identity",
    "portal",
    "gateway",
];

/// All services, running.
pub struct Processes {
    /// Base URL of the gateway.
    pub url: String,
    environment: BTreeMap<String, String>,
    children: BTreeMap<&'static str, Child>,
    admin: BTreeMap<&'static str, u16>,
    databases: BTreeMap<&'static str, OnServer>,
    folder: TempDir,
}

/// Whether the servers are there; says so when not.
#[expect(clippy::print_stderr, reason = "a test that cannot run says so")]
pub fn servers() -> Option<(String, String)> {
    let found = (
        variable("MOTCUA_TEST_POSTGRES_URL"),
        variable("MOTCUA_TEST_AMQP_URL"),
        variable("MOTCUA_TEST_REDIS_URL"),
    );
    if let (Some(_), Some(amqp), Some(redis)) = found {
        return Some((amqp, redis));
    }
    eprintln!("skipped: no PostgreSQL, RabbitMQ and Redis are named (run `make test`)");
    None
}

impl Processes {
    /// Makes databases, migrates, puts the demo world in and starts everything.
    ///
    /// # Panics
    /// When a step fails, with its output.
    pub async fn start(amqp: &str, redis: &str) -> Self {
        Self::start_with(amqp, redis, &[]).await
    }

    /// The same with further settings, which go before those made here.
    ///
    /// # Panics
    /// When a step fails, with its output.
    pub async fn start_with(amqp: &str, redis: &str, more: &[(&str, String)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let prefix = testkit::broker_prefix();
        let ports = free_ports(SERVICES.len() * 2);
        let (http, admin) = ports.split_at(SERVICES.len());
        let gateway = http.last().copied().expect("a port");
        let url = format!("http://127.0.0.1:{gateway}");
        let mut environment = BTreeMap::from([
            (
                "MOTCUA_PROCESS__SEALING__SECRET".to_owned(),
                kit::Ids.secret(),
            ),
            ("MOTCUA_PROCESS__TOKENS__ISSUER".to_owned(), url.clone()),
            ("MOTCUA_PROCESS__BUS__URL".to_owned(), amqp.to_owned()),
            ("MOTCUA_PROCESS__BUS__PREFIX".to_owned(), prefix.clone()),
            ("MOTCUA_PROCESS__CACHE__URL".to_owned(), redis.to_owned()),
            ("MOTCUA_PROCESS__CACHE__PREFIX".to_owned(), prefix.clone()),
            (
                "MOTCUA_PROCESS__TELEMETRY__LOG".to_owned(),
                "warn".to_owned(),
            ),
            (
                "MOTCUA_DATA".to_owned(),
                folder.path().to_string_lossy().into_owned(),
            ),
        ]);
        for (service, port) in SERVICES.iter().zip(http) {
            let key = format!("MOTCUA_PROCESS__DIRECTORY__{}", service.to_uppercase());
            environment.insert(key, format!("http://127.0.0.1:{port}"));
        }
        let folder_of = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
        environment.insert("MOTCUA_DOSSIER__FILES__DIR".to_owned(), folder_of("files"));
        environment.insert(
            "MOTCUA_NOTIFICATIONS__EMAIL__DIRECTORY".to_owned(),
            folder_of("mail"),
        );
        environment.insert(
            "MOTCUA_NOTIFICATIONS__SMS__DIRECTORY".to_owned(),
            folder_of("sms"),
        );
        let more = more
            .iter()
            .map(|(key, value)| ((*key).to_owned(), value.clone()));
        environment.extend(more);
        let mut databases = BTreeMap::new();
        for service in STORED {
            let database = OnServer::create().await;
            let key = format!("MOTCUA_{}__DATABASE__URL", service.to_uppercase());
            environment.insert(key, database.url.clone());
            databases.insert(service, database);
        }
        let mut all = Self {
            url,
            environment,
            children: BTreeMap::new(),
            admin: SERVICES.into_iter().zip(admin.iter().copied()).collect(),
            databases,
            folder,
        };
        let out = all.motcua(&["migrate", "--demo"]);
        assert!(
            out.status.success(),
            "{}",
            String::from_utf8_lossy(&out.stderr)
        );
        for (service, port) in SERVICES.into_iter().zip(http) {
            all.spawn(service, *port);
        }
        for service in SERVICES {
            all.ready(service).await;
        }
        all
    }

    /// Runs a command of `motcua` with the settings of these services.
    ///
    /// # Panics
    /// When the binary cannot be run.
    pub fn motcua(&self, arguments: &[&str]) -> std::process::Output {
        Command::new(binary("motcua"))
            .args(arguments)
            .envs(&self.environment)
            .output()
            .expect("motcua runs")
    }

    fn spawn(&mut self, service: &'static str, port: u16) {
        let log = std::fs::File::create(self.folder.path().join(format!("{service}.log")))
            .expect("a log");
        let admin = self.admin.get(service).copied().expect("an admin port");
        let child = Command::new(binary(service))
            .envs(&self.environment)
            .env("MOTCUA_PROCESS__HTTP__BIND", format!("127.0.0.1:{port}"))
            .env(
                "MOTCUA_PROCESS__HTTP__ADMIN_BIND",
                format!("127.0.0.1:{admin}"),
            )
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log)
            .spawn()
            .unwrap_or_else(|e| panic!("{service} does not start: {e}"));
        self.children.insert(service, child);
    }

    async fn ready(&self, service: &'static str) {
        let port = self.admin.get(service).copied().expect("an admin port");
        let client = kit::Client::new(kit::Directory::default()).expect("a client");
        let url: url::Url = format!("http://127.0.0.1:{port}/readyz")
            .parse()
            .expect("a URL");
        client.trust(&url);
        for _ in 0..200 {
            if let Ok(answer) = client.get_url(url.clone()).send().await
                && answer.status() == 200
            {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{service} is not ready: {}", self.log(service));
    }

    /// What a service has written to its outputs.
    pub fn log(&self, service: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(format!("{service}.log")))
            .unwrap_or_default()
    }

    /// What the names of exchanges, queues and keys of the cache begin with.
    pub fn prefix(&self) -> &str {
        let prefix = self.environment.get("MOTCUA_PROCESS__BUS__PREFIX");
        prefix.map_or("", String::as_str)
    }

    /// Where `/metrics` of a service is.
    ///
    /// # Panics
    /// When there is no such service.
    pub fn admin_url(&self, service: &str) -> String {
        let port = self.admin.get(service).expect("an admin port");
        format!("http://127.0.0.1:{port}")
    }

    /// Every row of every table of a service as JSON, each with the name of its table.
    ///
    /// # Panics
    /// When they cannot be read.
    pub async fn rows(&self, service: &str) -> Vec<(String, String)> {
        use durable::sea_orm::{ConnectionTrait as _, Database, Statement};
        let database = self.databases.get(service);
        let url = &database.expect("a service with a database").url;
        let db = Database::connect(url).await.expect("the database");
        let query = async |sql: String| {
            let statement = Statement::from_string(db.get_database_backend(), sql);
            let rows = db.query_all_raw(statement).await.expect("rows");
            let text = |row: &durable::sea_orm::QueryResult| row.try_get_by_index(0);
            let texts: Result<Vec<String>, _> = rows.iter().map(text).collect();
            texts.expect("text")
        };
        let tables = "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'";
        let mut all = Vec::new();
        for table in query(tables.to_owned()).await {
            for row in query(format!("SELECT row_to_json(t)::text FROM \"{table}\" t")).await {
                all.push((table.clone(), row));
            }
        }
        db.close().await.expect("closed");
        all
    }

    /// A text column of a service's table, as the database has it.
    ///
    /// # Panics
    /// When it cannot be read.
    pub async fn column(
        &self,
        service: &str,
        table: &'static str,
        column: &'static str,
    ) -> Vec<String> {
        use durable::sea_orm::sea_query::{Alias, Query};
        use durable::sea_orm::{ConnectionTrait as _, Database};
        let url = &self
            .databases
            .get(service)
            .expect("a service with a database")
            .url;
        let db = Database::connect(url).await.expect("the database");
        let query = Query::select()
            .column(Alias::new(column))
            .from(Alias::new(table))
            .to_owned();
        let rows = db.query_all(&query).await.expect("rows");
        let values = rows
            .iter()
            .map(|r| r.try_get::<String>("", column).expect("text"))
            .collect();
        db.close().await.expect("closed");
        values
    }

    /// Stops all with SIGTERM and says which did not exit with 0.
    pub fn stop(&mut self) -> Vec<String> {
        let mut bad = Vec::new();
        for child in self.children.values() {
            signal(child, "TERM");
        }
        for (service, mut child) in std::mem::take(&mut self.children) {
            match child.wait() {
                Ok(status) if status.success() => {}
                other => bad.push(format!("{service}: {other:?}")),
            }
        }
        bad
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        for child in self.children.values_mut() {
            if let Err(error) = child.kill().and_then(|()| child.wait().map(drop)) {
                tracing_line(&format!("a service was gone already: {error}"));
            }
        }
    }
}

#[expect(clippy::print_stderr, reason = "a note in a test's output")]
fn tracing_line(text: &str) {
    eprintln!("{text}");
}

/// Sends a signal by name.
///
/// # Panics
/// Where there is no `kill`.
pub fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill")
        .args([&format!("-{name}"), &child.id().to_string()])
        .status();
    assert!(sent.expect("kill runs").success(), "signal {name}");
}

/// The folder that this test's build put the binaries in.
///
/// # Panics
/// When it is not built.
pub fn binary(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("the path of this test");
    let folder = test
        .parent()
        .and_then(|deps| deps.parent())
        .expect("target folder");
    let path = folder.join(name);
    assert!(
        path.exists(),
        "{} is not built; run the tests of the whole workspace",
        path.display()
    );
    path
}

/// Ports that were free a moment ago.
///
/// # Panics
/// When there are none.
pub fn free_ports(count: usize) -> Vec<u16> {
    let held: Vec<TcpListener> = (0..count)
        .map(|_| TcpListener::bind("127.0.0.1:0").expect("a free port"))
        .collect();
    held.iter()
        .map(|l| l.local_addr().expect("an address").port())
        .collect()
}
