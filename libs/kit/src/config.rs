//! Configuration: one documented file of defaults per service, compiled in; the environment on top; unknown keys refused; each
//! secret also from a file (`<VARIABLE>_FILE`). The one place that reads the environment.

use anyhow::Context as _;
use figment::Figment;
use figment::providers::{Format as _, Serialized, Toml};
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// Settings of a process, the same for every service. `process.default.toml` documents them.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Process {
    /// Where it listens.
    pub http: Http,
    /// Whose tokens it takes.
    pub tokens: Tokens,
    /// Keys for personal data at rest.
    pub sealing: Sealing,
    /// The cache.
    pub cache: CacheConfig,
    /// The message broker.
    pub bus: Bus,
    /// Logs and traces.
    pub telemetry: crate::telemetry::Config,
    /// Base URLs of the services by name.
    pub directory: BTreeMap<String, String>,
}

/// Addresses and threads.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// Address for requests.
    pub bind: SocketAddr,
    /// Address for `/livez`, `/readyz`, `/metrics`.
    pub admin_bind: SocketAddr,
    /// Threads for requests.
    pub workers: usize,
    /// Seconds that a stop may take.
    pub grace_seconds: u64,
}

/// Access tokens.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Tokens {
    /// The issuer: the public URL of the suite.
    pub issuer: String,
    /// Where the keys are; empty: `/oauth2/jwks` of the identity service.
    pub jwks_url: String,
    /// How long ago a sign-in may be for what weighs more, seconds.
    pub step_up_seconds: u32,
    /// Whether it must have had two factors.
    pub step_up_second_factor: bool,
}

/// Keys for personal data at rest.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Sealing {
    /// At least 32 characters.
    pub secret: Secret,
    /// Secrets of before, separated by white space: they open and unwrap, and seal nothing.
    pub older: Secret,
    /// Data keys, wrapped, separated by white space: the first seals, all open.
    pub data_keys: String,
}

/// The cache.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CacheConfig {
    /// `redis://…`, or `rediss://…` for TLS; empty: memory.
    pub url: Secret,
    /// Before every key.
    pub prefix: String,
    /// How far the clock here may be from that of Redis when a service without a database starts, seconds; 0: not looked at.
    pub max_clock_skew_seconds: u32,
}

/// The message broker.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Bus {
    /// `amqp://…`, or `amqps://…` for TLS; empty: in this process only.
    pub url: Secret,
    /// Before exchange and queue names.
    pub prefix: String,
    /// Messages in flight per consumer.
    pub prefetch: u16,
}

/// A text that is never printed. Serialises as `***`.
#[derive(Clone, Default)]
pub struct Secret(SecretString);

impl Secret {
    /// A secret from a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// The text itself.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether none is set.
    pub fn is_empty(&self) -> bool {
        self.expose().is_empty()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.is_empty() { "\"\"" } else { "***" })
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d).map(Self::new)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(if self.is_empty() { "" } else { "***" })
    }
}

/// The documented defaults of [`Process`].
pub const PROCESS_DEFAULTS: &str = include_str!("../process.default.toml");

/// The environment of this process.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the environment"
)]
pub fn environment() -> BTreeMap<String, String> {
    std::env::vars().collect()
}

/// One variable of the environment, for settings that are not part of a service's file (`MOTCUA_DATA`).
pub fn variable(name: &str) -> Option<String> {
    environment().remove(name).filter(|v| !v.is_empty())
}

/// Loads a configuration: defaults, then `overrides` (dotted key, value), then `MOTCUA_<NAME>__…` of the environment.
///
/// # Errors
/// An unknown key, a wrong value or an unreadable secret file, named in one line.
pub fn load<C: DeserializeOwned>(
    name: &str,
    defaults: &str,
    overrides: &[(&str, String)],
    environment: &BTreeMap<String, String>,
) -> anyhow::Result<C> {
    let mut figment = Figment::from(Toml::string(defaults));
    for (key, value) in overrides {
        figment = figment.merge(Serialized::default(key, scalar(value)));
    }
    let prefix = format!("MOTCUA_{}__", name.to_uppercase());
    for (variable, value) in environment {
        let Some(rest) = variable.strip_prefix(&prefix) else {
            continue;
        };
        let (key, value) = match rest.strip_suffix("_FILE") {
            Some(key) => {
                let text = std::fs::read_to_string(value).with_context(|| {
                    format!(
                        "{variable}: cannot read the file it names, {value} (in Kubernetes: the Secret, or the key in it, is missing)"
                    )
                })?;
                let text = text.trim_end_matches(['\r', '\n']);
                // Nobody names a file to say nothing: an empty address would mean memory instead of a server.
                anyhow::ensure!(
                    !text.trim().is_empty(),
                    "{variable}: the file it names, {value}, is empty"
                );
                (key, figment::value::Value::from(text))
            }
            None => (rest, scalar(value)),
        };
        figment = figment.merge(Serialized::default(
            &key.to_lowercase().replace("__", "."),
            value,
        ));
    }
    figment
        .extract()
        .map_err(|error| anyhow::anyhow!("configuration of {name}: {}", explain(&prefix, &error)))
}

/// What is wrong with which setting, and how the variable is called that sets it.
fn explain(prefix: &str, error: &figment::Error) -> String {
    let key = error.path.join(".");
    let variable = format!("{prefix}{}", key.to_uppercase().replace('.', "__"));
    format!("{} ({key}, set by {variable})", error.kind)
}

/// A value as TOML would read it: number, boolean, list; anything else is text.
fn scalar(text: &str) -> figment::value::Value {
    text.parse()
        .unwrap_or_else(|_never: std::convert::Infallible| figment::value::Value::from(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize, Serialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        database: Database,
        size: u32,
    }

    #[derive(Debug, Deserialize, Serialize)]
    #[serde(deny_unknown_fields)]
    struct Database {
        url: Secret,
    }

    const DEFAULTS: &str = "size = 1\n[database]\nurl = \"a\"\n";

    fn env(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect()
    }

    #[test]
    fn the_environment_wins_over_overrides_over_defaults() {
        let o = [("database.url", "b".to_owned()), ("size", "2".to_owned())];
        let c: Sample = load("x", DEFAULTS, &o, &env(&[("MOTCUA_X__SIZE", "3")])).expect("loads");
        assert_eq!((c.database.url.expose(), c.size), ("b", 3));
    }

    #[test]
    fn unknown_keys_are_refused() {
        let e =
            load::<Sample>("x", DEFAULTS, &[], &env(&[("MOTCUA_X__SIZ", "3")])).expect_err("typo");
        assert!(e.to_string().contains("siz"), "{e}");
    }

    #[test]
    fn secrets_come_from_files_and_are_never_printed() {
        let file = std::env::temp_dir().join(format!("motcua-secret-{}", std::process::id()));
        std::fs::write(&file, "s3cret\n").expect("write");
        let path = file.to_string_lossy().into_owned();
        let c: Sample = load(
            "x",
            DEFAULTS,
            &[],
            &env(&[("MOTCUA_X__DATABASE__URL_FILE", &path)]),
        )
        .expect("loads");
        std::fs::remove_file(&file).expect("remove");
        assert_eq!(c.database.url.expose(), "s3cret");
        assert!(!format!("{c:?}{}", serde_json::to_string(&c).expect("json")).contains("s3cret"));
    }

    #[test]
    fn a_secret_file_that_is_missing_or_empty_is_named() {
        let file = std::env::temp_dir().join(format!("motcua-empty-{}", std::process::id()));
        let path = file.to_string_lossy().into_owned();
        let loaded = || {
            let given = env(&[("MOTCUA_PROCESS__BUS__URL_FILE", &path)]);
            load::<Process>("process", PROCESS_DEFAULTS, &[], &given).map_err(|e| format!("{e:#}"))
        };
        let missing = loaded().expect_err("there is no file");
        std::fs::write(&file, "\n").expect("write");
        let empty = loaded();
        std::fs::remove_file(&file).expect("remove");
        assert!(
            missing.starts_with("MOTCUA_PROCESS__BUS__URL_FILE: cannot read the file it names"),
            "{missing}"
        );
        let empty = empty.expect_err("nothing is no address");
        assert!(empty.ends_with("is empty"), "{empty}");
    }

    #[test]
    fn the_process_defaults_are_complete() {
        load::<Process>("process", PROCESS_DEFAULTS, &[], &BTreeMap::new()).expect("defaults fit");
    }
}
