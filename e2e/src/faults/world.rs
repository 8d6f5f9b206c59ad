//! The services, each as two processes behind one address, and the lines from each to what it needs: every one can be hurt.
#![expect(
    clippy::indexing_slicing,
    reason = "what is not there ends the harness"
)]

use super::servers::{self, Server, Servers};
use super::until;
use anyhow::{Context as _, ensure};
use durable::sea_orm::DatabaseConnection;
use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;
use testkit::proxy::Proxy;
use url::Url;

/// Services with a database.
pub(super) const STORED: [&str; 5] = [
    "catalogue",
    "dossier",
    "notifications",
    "postal",
    "identity",
];
/// All services, in the order they are started.
pub(super) const SERVICES: [&str; 7] = [
    "catalogue",
    "dossier",
    "notifications",
    "postal",
    "identity",
    "portal",
    "gateway",
];
/// A silent broker is noticed after two of these, seconds.
const HEARTBEAT: &str = "heartbeat=3";
/// How long a process may take until it is ready.
const START: Duration = Duration::from_secs(60);

/// What a service is connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Line {
    /// To a server.
    To(Server),
    /// From those who ask it.
    Front,
}

impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::To(server) => server.fmt(f),
            Self::Front => f.write_str("those who ask it"),
        }
    }
}

/// Everything that runs.
pub(super) struct World {
    // Processes end before the servers they use, and both before the folder.
    services: BTreeMap<&'static str, Service>,
    /// What `motcua` and the checks need: addresses past all proxies.
    direct: BTreeMap<String, String>,
    databases: BTreeMap<String, String>,
    pub(super) servers: Servers,
    pub(super) folder: tempfile::TempDir,
    programs: PathBuf,
    pub(super) prefix: String,
    /// The key under which services seal what tells of persons.
    pub(super) sealing: String,
    /// The object store has a file system of its own, which can be filled.
    pub(super) own_disk: bool,
}

struct Service {
    front: Proxy,
    lines: BTreeMap<Server, Proxy>,
    environment: BTreeMap<String, String>,
    replicas: Vec<Replica>,
}

struct Replica {
    http: u16,
    admin: u16,
    log: PathBuf,
    child: Option<Child>,
}

impl World {
    /// Starts servers and services, with the demo world.
    pub(super) async fn start(programs: &Path, replicas: usize) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("motcua-faults-")
            .tempdir()?;
        let servers = Servers::start(folder.path()).await?;
        let postgres = servers.url(Server::Postgres).await?;
        let admin = servers::connect(&postgres).await?;
        let mut databases = BTreeMap::new();
        for name in STORED.into_iter().chain(["probe"]) {
            servers::execute(&admin, &format!("create database {name}")).await?;
            let mut url: Url = postgres.parse()?;
            url.set_path(name);
            databases.insert(name.to_owned(), url.to_string());
        }
        admin.close().await?;
        let mut world = Self {
            services: BTreeMap::new(),
            direct: BTreeMap::new(),
            databases,
            servers,
            folder,
            programs: programs.to_owned(),
            prefix: "faults.".to_owned(),
            sealing: kit::Ids.secret(),
            own_disk: false,
        };
        world.own_disk = world.mount().await;
        world.wire(replicas).await?;
        let out = world.motcua(&["migrate", "--demo"])?;
        ensure!(
            out.status.success(),
            "motcua migrate: {}",
            String::from_utf8_lossy(&out.stderr)
        );
        for service in SERVICES {
            for n in 0..replicas {
                world.spawn(service, n, &[])?;
            }
        }
        for service in SERVICES {
            world.ready(service).await?;
        }
        Ok(world)
    }

    /// Gives the object store a file system of its own. Only root may, and only in a mount namespace is it left to the harness.
    async fn mount(&self) -> bool {
        let files = self.files();
        let files = files.to_string_lossy();
        std::fs::create_dir_all(&*files).is_ok()
            && servers::command(
                "mount",
                &["-t", "tmpfs", "-o", "size=512m", "motcua-faults", &files],
            )
            .await
            .is_ok()
    }

    /// The folder of the object store.
    pub(super) fn files(&self) -> PathBuf {
        self.folder.path().join("files")
    }

    async fn wire(&mut self, replicas: usize) -> anyhow::Result<()> {
        let path = |name: &str| {
            let path = self.folder.path().join(name);
            path.to_string_lossy().into_owned()
        };
        let mut common = BTreeMap::from(
            [
                ("MOTCUA_PROCESS__SEALING__SECRET", self.sealing.clone()),
                ("MOTCUA_PROCESS__BUS__PREFIX", self.prefix.clone()),
                ("MOTCUA_PROCESS__CACHE__PREFIX", self.prefix.clone()),
                ("MOTCUA_PROCESS__TELEMETRY__LOG", "warn".to_owned()),
                ("MOTCUA_DATA", path("data")),
                ("MOTCUA_DOSSIER__FILES__DIR", path("files")),
                ("MOTCUA_NOTIFICATIONS__EMAIL__DIRECTORY", path("mail")),
                ("MOTCUA_NOTIFICATIONS__SMS__DIRECTORY", path("sms")),
                (
                    "MOTCUA_DOSSIER__TRACKING__NUMBERS_PER_HOUR",
                    "60000".to_owned(),
                ),
                ("MOTCUA_GATEWAY__REQUESTS_PER_MINUTE", "60000".to_owned()),
                (
                    "MOTCUA_GATEWAY__PUBLIC_REQUESTS_PER_MINUTE",
                    "60000".to_owned(),
                ),
            ]
            .map(|(key, value)| (key.to_owned(), value)),
        );
        let mut urls = BTreeMap::new();
        for server in Server::ALL {
            let mut url: Url = self.servers.url(server).await?.parse()?;
            if server == Server::Broker {
                url.set_query(Some(HEARTBEAT));
            }
            urls.insert(server, url);
        }
        let mut taken = Vec::new();
        for name in SERVICES {
            let mut all = Vec::new();
            for n in 0..replicas {
                all.push(Replica {
                    http: free_port(&mut taken)?,
                    admin: free_port(&mut taken)?,
                    log: self.folder.path().join(format!("{name}-{n}.log")),
                    child: None,
                });
            }
            let targets = all
                .iter()
                .map(|r| format!("127.0.0.1:{}", r.http))
                .collect();
            let front = Proxy::among(targets).await;
            let key = format!("MOTCUA_PROCESS__DIRECTORY__{}", name.to_uppercase());
            common.insert(key, format!("http://{}", front.address()));
            let mut lines = BTreeMap::new();
            for (server, url) in &urls {
                let target = format!("127.0.0.1:{}", url.port().unwrap_or(server.port()));
                lines.insert(*server, Proxy::start(&target).await);
            }
            let service = Service {
                front,
                lines,
                environment: BTreeMap::new(),
                replicas: all,
            };
            self.services.insert(name, service);
        }
        common.insert(
            "MOTCUA_PROCESS__TOKENS__ISSUER".to_owned(),
            self.gateway()?.to_string(),
        );
        self.direct = common.clone();
        for (server, key) in [
            (Server::Broker, "MOTCUA_PROCESS__BUS__URL"),
            (Server::Redis, "MOTCUA_PROCESS__CACHE__URL"),
        ] {
            self.direct
                .insert(key.to_owned(), urls[&server].to_string());
        }
        for name in STORED {
            let key = format!("MOTCUA_{}__DATABASE__URL", name.to_uppercase());
            self.direct.insert(key, self.database_url(name)?.to_owned());
        }
        for (name, service) in &mut self.services {
            let through = |server: Server, url: &str| -> anyhow::Result<String> {
                let mut url: Url = url.parse()?;
                let line = service.lines.get(&server).context("a line")?;
                if url.set_port(Some(line.address().port())).is_err() {
                    anyhow::bail!("no port in the address of {server}");
                }
                Ok(url.to_string())
            };
            let mut own = common.clone();
            own.insert(
                "MOTCUA_PROCESS__BUS__URL".to_owned(),
                through(Server::Broker, urls[&Server::Broker].as_str())?,
            );
            own.insert(
                "MOTCUA_PROCESS__CACHE__URL".to_owned(),
                through(Server::Redis, urls[&Server::Redis].as_str())?,
            );
            if let Some(url) = self.databases.get(*name) {
                own.insert(
                    format!("MOTCUA_{}__DATABASE__URL", name.to_uppercase()),
                    through(Server::Postgres, url)?,
                );
            }
            service.environment = own;
        }
        Ok(())
    }

    /// Where people reach the suite.
    pub(super) fn gateway(&self) -> anyhow::Result<Url> {
        let gateway = self.services.get("gateway").context("the gateway")?;
        Ok(format!("http://{}", gateway.front.address()).parse()?)
    }

    /// Address of a service's database, past the proxy.
    pub(super) fn database_url(&self, name: &str) -> anyhow::Result<&str> {
        let url = self.databases.get(name);
        Ok(url.with_context(|| format!("no database {name}"))?)
    }

    /// A service's database, past the proxy.
    pub(super) async fn database(&self, name: &str) -> anyhow::Result<DatabaseConnection> {
        servers::connect(self.database_url(name)?).await
    }

    /// Runs a command of `motcua`, past all proxies.
    pub(super) fn motcua(&self, arguments: &[&str]) -> anyhow::Result<Output> {
        Ok(Command::new(self.programs.join("motcua"))
            .args(arguments)
            .envs(&self.direct)
            .output()?)
    }

    /// A line of a service.
    pub(super) fn line(&self, service: &str, line: Line) -> anyhow::Result<&Proxy> {
        let service = self.services.get(service).context("a service")?;
        Ok(match line {
            Line::Front => &service.front,
            Line::To(server) => service.lines.get(&server).context("a line")?,
        })
    }

    /// How many processes a service has.
    pub(super) fn replicas(&self, service: &str) -> usize {
        self.services.get(service).map_or(0, |s| s.replicas.len())
    }

    fn replica(&mut self, service: &str, n: usize) -> anyhow::Result<&mut Replica> {
        let service = self.services.get_mut(service).context("a service")?;
        service.replicas.get_mut(n).context("a replica")
    }

    /// Starts one process of a service, with further settings.
    pub(super) fn spawn(
        &mut self,
        service: &'static str,
        n: usize,
        more: &[(&str, String)],
    ) -> anyhow::Result<()> {
        let program = self.programs.join(service);
        ensure!(program.exists(), "{} is not built", program.display());
        let environment = self
            .services
            .get(service)
            .context("a service")?
            .environment
            .clone();
        let replica = self.replica(service, n)?;
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&replica.log)?;
        let child = Command::new(program)
            .envs(environment)
            .envs(more.iter().map(|(key, value)| (*key, value)))
            .env("NO_COLOR", "1")
            .env(
                "MOTCUA_PROCESS__HTTP__BIND",
                format!("127.0.0.1:{}", replica.http),
            )
            .env(
                "MOTCUA_PROCESS__HTTP__ADMIN_BIND",
                format!("127.0.0.1:{}", replica.admin),
            )
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()?;
        replica.child = Some(child);
        Ok(())
    }

    /// Kills one process at once.
    pub(super) fn kill(&mut self, service: &str, n: usize) -> anyhow::Result<()> {
        if let Some(mut child) = self.replica(service, n)?.child.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// Stops one process softly; an error when it does not end with 0.
    pub(super) async fn terminate(&mut self, service: &str, n: usize) -> anyhow::Result<()> {
        if let Some(mut child) = self.replica(service, n)?.child.take() {
            servers::command("kill", &["-TERM", &child.id().to_string()]).await?;
            let status = tokio::task::spawn_blocking(move || child.wait()).await??;
            ensure!(
                status.success(),
                "{service} ended with {status} after SIGTERM"
            );
        }
        Ok(())
    }

    /// Waits until each process of a service that runs is ready.
    pub(super) async fn ready(&self, service: &'static str) -> anyhow::Result<()> {
        for replica in &self.services.get(service).context("a service")?.replicas {
            if replica.child.is_none() {
                continue;
            }
            let url: Url = format!("http://127.0.0.1:{}/readyz", replica.admin).parse()?;
            let client = kit::Client::new(kit::Directory::default())?;
            client.trust(&url);
            let (client, url) = (&client, &url);
            let ready = until(START, || async move {
                Ok(client.get_url(url.clone()).send().await?.status() == 200)
            })
            .await;
            ensure!(
                ready,
                "{service} is not ready: {}",
                std::fs::read_to_string(&replica.log).unwrap_or_default()
            );
        }
        Ok(())
    }

    /// Memory of each service's processes together, KiB.
    pub(super) fn memory(&self) -> BTreeMap<&'static str, u64> {
        let resident = |child: &Child| {
            let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
            let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
            line.split_whitespace().nth(1)?.parse::<u64>().ok()
        };
        let sum = |service: &Service| {
            let children = service.replicas.iter().filter_map(|r| r.child.as_ref());
            children.filter_map(resident).sum()
        };
        self.services
            .iter()
            .map(|(name, service)| (*name, sum(service)))
            .collect()
    }

    /// Processes that are not there though nobody ended them.
    pub(super) fn fallen(&mut self) -> Vec<String> {
        let mut out = Vec::new();
        for (name, service) in &mut self.services {
            for (n, replica) in service.replicas.iter_mut().enumerate() {
                if let Some(child) = &mut replica.child
                    && let Ok(Some(status)) = child.try_wait()
                {
                    let log = std::fs::read_to_string(&replica.log).unwrap_or_default();
                    let last: Vec<&str> = log.lines().rev().take(5).collect();
                    out.push(format!(
                        "{name} {n} ended by itself with {status}: {last:?}"
                    ));
                }
            }
        }
        out
    }

    /// Copies what the services logged somewhere that stays.
    pub(super) fn keep_logs(&self, to: &Path) -> anyhow::Result<()> {
        std::fs::create_dir_all(to)?;
        for service in self.services.values() {
            for replica in &service.replicas {
                if let Some(name) = replica.log.file_name() {
                    std::fs::copy(&replica.log, to.join(name))?;
                }
            }
        }
        Ok(())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        for replica in &mut self.replicas {
            if let Some(mut child) = replica.child.take()
                && child.kill().is_ok()
            {
                drop(child.wait());
            }
        }
    }
}

/// A free port below the range from which the kernel takes outgoing ones: a process that comes back must find it free.
pub(super) fn free_port(taken: &mut Vec<u16>) -> anyhow::Result<u16> {
    for _ in 0..500 {
        let [a, b] = kit::Ids.bytes::<2>();
        let port = 20_000 + u16::from_be_bytes([a, b]) % 12_000;
        if !taken.contains(&port) && TcpListener::bind(("127.0.0.1", port)).is_ok() {
            taken.push(port);
            return Ok(port);
        }
    }
    anyhow::bail!("no free port between 20000 and 32000")
}
