//! Where each service's settings come from in this binary: its own defaults, then what one process on one machine needs
//! (files below the data directory), then the environment. The same for `serve` and for the tools that open a database.

use anyhow::Context as _;
use durable::Db;
use kit::Runtime;
use kit::config::{self, Process};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// The data directory and the environment.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where databases, files, outgoing mail and the sealing secret lie.
    pub data: PathBuf,
    /// Public URL, e.g. `http://127.0.0.1:8080`.
    pub public_url: String,
    /// One person plays hundreds of dossiers: the gateway's limits are raised to 60,000 requests a minute.
    pub demo: bool,
    environment: BTreeMap<String, String>,
}

/// The settings of every service.
#[derive(Clone, Debug, Serialize)]
pub struct All {
    /// Of the process.
    pub process: Process,
    /// Catalogue.
    pub catalogue: catalogue::Config,
    /// Dossier workflow.
    pub dossier: dossier::Config,
    /// Notifications.
    pub notifications: notifications::Config,
    /// Postal return of results.
    pub postal: postal::Config,
    /// Identity.
    pub identity: identity::Config,
    /// Gateway.
    pub gateway: gateway::Config,
    /// Web pages.
    pub portal: portal::Config,
}

/// The open databases of the services that have one.
#[derive(Clone)]
pub struct Databases {
    /// Catalogue.
    pub catalogue: Db,
    /// Dossier workflow.
    pub dossier: Db,
    /// Notifications.
    pub notifications: Db,
    /// Postal return of results.
    pub postal: Db,
    /// Identity.
    pub identity: Db,
}

impl Settings {
    /// Settings for a data directory; `None`: `MOTCUA_DATA`, or `./data`.
    pub fn new(data: Option<PathBuf>, public_url: Option<String>) -> Self {
        let environment = config::environment();
        let data = data
            .or_else(|| config::variable("MOTCUA_DATA").map(PathBuf::from))
            .unwrap_or_else(|| PathBuf::from("data"));
        let public_url = public_url
            .or_else(|| environment.get("MOTCUA_PROCESS__TOKENS__ISSUER").cloned())
            .unwrap_or_else(|| "http://127.0.0.1:8080".to_owned());
        Self {
            data,
            public_url,
            demo: false,
            environment,
        }
    }

    /// Settings for a test: nothing of the environment counts.
    pub fn isolated(data: PathBuf, public_url: &str) -> Self {
        Self {
            data,
            public_url: public_url.to_owned(),
            demo: false,
            environment: BTreeMap::new(),
        }
    }

    /// Limits of the gateway that differ from its defaults.
    fn limits(&self) -> Vec<(&'static str, String)> {
        if !self.demo {
            return Vec::new();
        }
        ["requests_per_minute", "public_requests_per_minute"]
            .map(|key| (key, "60000".to_owned()))
            .to_vec()
    }

    /// The limit of the public look-up that differs from its default: one machine plays all the people of the demo.
    fn look_ups(&self) -> Option<(&'static str, String)> {
        self.demo
            .then(|| ("tracking.numbers_per_hour", "60000".to_owned()))
    }

    fn load<C: DeserializeOwned>(
        &self,
        name: &str,
        defaults: &str,
        mine: &[(&str, String)],
    ) -> anyhow::Result<C> {
        config::load(name, defaults, mine, &self.environment)
    }

    fn path(&self, name: &str) -> String {
        self.data.join(name).to_string_lossy().into_owned()
    }

    fn database(&self, service: &str) -> (&'static str, String) {
        (
            "database.url",
            format!("sqlite://{}?mode=rwc", self.path(&format!("{service}.db"))),
        )
    }

    /// The settings of every service.
    ///
    /// # Errors
    /// A wrong or unknown setting, named; a data directory that cannot be written.
    pub fn all(&self) -> anyhow::Result<All> {
        let (secret, data_keys) = if self
            .environment
            .contains_key("MOTCUA_PROCESS__SEALING__SECRET")
            || self
                .environment
                .contains_key("MOTCUA_PROCESS__SEALING__SECRET_FILE")
        {
            (String::new(), String::new())
        } else {
            self.keys()?
        };
        let process: Process = self.load(
            "process",
            config::PROCESS_DEFAULTS,
            &[
                ("sealing.secret", secret),
                ("sealing.data_keys", data_keys),
                ("tokens.issuer", self.public_url.clone()),
                ("telemetry.log", "warn,suite=info".to_owned()),
            ],
        )?;
        Ok(All {
            process,
            catalogue: self.load(
                "catalogue",
                catalogue::DEFAULTS,
                &[self.database("catalogue")],
            )?,
            dossier: self.load(
                "dossier",
                dossier::DEFAULTS,
                &[
                    self.database("dossier"),
                    ("files.dir", self.path("files")),
                    (
                        "links.tracking",
                        format!("{}/tra-cuu?so={{number}}", self.public_url),
                    ),
                ]
                .into_iter()
                .chain(self.look_ups())
                .collect::<Vec<_>>(),
            )?,
            notifications: self.load(
                "notifications",
                notifications::DEFAULTS,
                &[
                    self.database("notifications"),
                    ("email.directory", self.path("outbox/email")),
                    ("sms.directory", self.path("outbox/sms")),
                    ("public_url", self.public_url.clone()),
                ],
            )?,
            postal: self.load("postal", postal::DEFAULTS, &[self.database("postal")])?,
            identity: self.load(
                "identity",
                identity::DEFAULTS,
                &[
                    self.database("identity"),
                    ("stand_in_provider", self.demo.to_string()),
                ],
            )?,
            gateway: self.load("gateway", gateway::DEFAULTS, &self.limits())?,
            portal: self.load("portal", portal::DEFAULTS, &[])?,
        })
    }

    /// The sealing secret of this data directory and the data keys that it wraps, made at first use and readable by their owner only. A
    /// directory of before there were data keys has none until somebody gives it some.
    fn keys(&self) -> anyhow::Result<(String, String)> {
        fs::create_dir_all(&self.data)
            .with_context(|| format!("cannot make {}", self.data.display()))?;
        let (secret, data_keys) = (
            self.data.join("sealing-secret"),
            self.data.join("data-keys"),
        );
        if let Some(secret) = kept(&secret)? {
            return Ok((secret, kept(&data_keys)?.unwrap_or_default()));
        }
        let made = kit::Ids.secret();
        let wrapped = kit::Sealer::new(&made)?.new_data_key(kit::Ids);
        // Whoever made the secret gives the keys.
        keep(&secret, &made)?;
        keep(&data_keys, &wrapped)?;
        Ok((made, wrapped))
    }
}

/// What a file holds; `None`: it is not there.
fn kept(path: &Path) -> anyhow::Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text.trim().to_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// Writes a new file that only its owner reads.
fn keep(path: &Path, text: &str) -> anyhow::Result<()> {
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("cannot make {}", path.display()))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(())
}

impl Databases {
    /// Opens all databases.
    ///
    /// # Errors
    /// Which one cannot be opened and why.
    pub async fn open(all: &All, rt: &Runtime) -> anyhow::Result<Self> {
        Ok(Self {
            catalogue: Db::open(&all.catalogue.database, rt)
                .await
                .context("database of catalogue")?,
            dossier: Db::open(&all.dossier.database, rt)
                .await
                .context("database of dossier")?,
            notifications: Db::open(&all.notifications.database, rt)
                .await
                .context("database of notifications")?,
            postal: Db::open(&all.postal.database, rt)
                .await
                .context("database of postal")?,
            identity: Db::open(&all.identity.database, rt)
                .await
                .context("database of identity")?,
        })
    }

    /// Brings all schemas up to date.
    ///
    /// # Errors
    /// Which one failed and why.
    pub async fn migrate(&self) -> anyhow::Result<()> {
        durable::migrate(&self.catalogue, catalogue::migrations)
            .await
            .context("migrating catalogue")?;
        durable::migrate(&self.dossier, dossier::migrations)
            .await
            .context("migrating dossier")?;
        durable::migrate(&self.notifications, notifications::migrations)
            .await
            .context("migrating notifications")?;
        durable::migrate(&self.postal, postal::migrations)
            .await
            .context("migrating postal")?;
        durable::migrate(&self.identity, identity::migrations)
            .await
            .context("migrating identity")?;
        Ok(())
    }

    /// Puts the demo world in; again and again without harm.
    ///
    /// # Errors
    /// When a database refuses.
    pub async fn seed_demo(&self, rt: &Runtime) -> anyhow::Result<()> {
        catalogue::seed_demo(&self.catalogue, rt)
            .await
            .context("demo catalogue")?;
        identity::seed_demo(&self.identity, rt)
            .await
            .context("demo accounts")?;
        Ok(())
    }
}

/// The settings with secrets masked, as JSON: also passwords inside URLs.
///
/// # Errors
/// When a setting cannot be written as JSON.
pub fn masked(all: &All) -> anyhow::Result<serde_json::Value> {
    let mut value = serde_json::to_value(all)?;
    mask(&mut value);
    Ok(value)
}

fn mask(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::String(text) => {
            if let Ok(mut url) = url::Url::parse(text)
                && url.password().is_some()
                && url.set_password(Some("***")).is_ok()
            {
                *text = url.to_string();
            }
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(mask),
        serde_json::Value::Object(map) => map.values_mut().for_each(mask),
        serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => {}
    }
}

/// Whether a data directory was used before.
pub fn is_used(data: &Path) -> bool {
    data.join("identity.db").exists()
}
