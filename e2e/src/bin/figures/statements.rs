//! The statements of one filing, from the server's log, as a script for `pgbench`.

use super::load::World;
use anyhow::{Context as _, bail, ensure};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use testkit::TestDb;

const RELOAD: &str = "select pg_reload_conf()";
/// How long a filing may be missing in the log.
const PATIENCE: Duration = Duration::from_secs(10);

/// A script, and the values of its variables.
pub(crate) struct Script {
    path: PathBuf,
    variables: Vec<String>,
    copy: TestDb,
    _folder: tempfile::TempDir,
    pub(crate) statements: usize,
}

/// Files one dossier while the server logs every statement, and makes a script of its transaction.
pub(crate) async fn of_one_filing(world: &World, log: &Path) -> anyhow::Result<Script> {
    // Everything once before, so that no statement is prepared under the eyes of the log.
    world.file_one().await?;
    for set in ["log_line_prefix = '%p|'", "log_statement = 'all'"] {
        world.execute(&format!("alter system set {set}")).await?;
    }
    world.execute(RELOAD).await?;
    let before = std::fs::metadata(log)
        .with_context(|| log.display().to_string())?
        .len();
    // Each connection takes note of the setting when it next waits for a command, so the first filings may not be in the log.
    let began = std::time::Instant::now();
    let transaction = loop {
        let id = world.file_one().await?;
        let text = std::fs::read(log)?;
        let text = text.get(usize::try_from(before)?..).unwrap_or_default();
        match transaction(&String::from_utf8_lossy(text), &id) {
            Err(missing) if began.elapsed() > PATIENCE => return Err(missing),
            Err(_not_yet) => {}
            Ok(found) => break found,
        }
    };
    world.execute("alter system reset all").await?;
    world.execute(RELOAD).await?;
    let (script, variables) = script(&transaction)?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("filing.sql");
    std::fs::write(&path, &script)?;
    Ok(Script {
        path,
        variables,
        copy: copy(world).await?,
        _folder: folder,
        statements: transaction.len(),
    })
}

/// The database as it is now, once more on the same server.
async fn copy(world: &World) -> anyhow::Result<TestDb> {
    let copy = TestDb::empty(&world.app.rt).await;
    let mut dump = Command::new("pg_dump")
        .arg(world.url())
        .stdout(Stdio::piped())
        .spawn()
        .context("pg_dump")?;
    let from = dump.stdout.take().context("what pg_dump says")?;
    let read = Command::new("psql")
        .args(["--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1"])
        .arg(copy.url())
        .stdin(from)
        .stdout(Stdio::null())
        .status()
        .context("psql")?;
    ensure!(
        dump.wait()?.success() && read.success(),
        "the database is not copied"
    );
    Ok(copy)
}

/// A statement and the texts of its parameters.
struct Logged {
    sql: String,
    parameters: Vec<Option<String>>,
}

/// What the process that inserted this dossier did, from its BEGIN to its COMMIT.
fn transaction(log: &str, id: &str) -> anyhow::Result<Vec<Logged>> {
    let mut open: BTreeMap<&str, Vec<Logged>> = BTreeMap::new();
    for line in log.lines() {
        let Some((pid, rest)) = line.split_once('|') else {
            continue;
        };
        if let Some(parameters) = rest.strip_prefix("DETAIL:  parameters: ") {
            if let Some(last) = open.get_mut(pid).and_then(|all| all.last_mut()) {
                last.parameters = parse(parameters)?;
            }
            continue;
        }
        let Some(rest) = rest.strip_prefix("LOG:  ") else {
            continue;
        };
        let sql = if let Some(sql) = rest.strip_prefix("statement: ") {
            sql
        } else if let Some(sql) = rest
            .strip_prefix("execute ")
            .and_then(|r| r.split_once(": "))
        {
            sql.1
        } else {
            continue;
        };
        let word = sql
            .split_whitespace()
            .next()
            .unwrap_or_default()
            .to_ascii_uppercase();
        if word == "BEGIN" {
            open.insert(pid, Vec::new());
        } else if let Some(all) = open.get_mut(pid) {
            let ours = |l: &Logged| {
                l.sql.starts_with("INSERT INTO \"dossier\" ")
                    && l.parameters.iter().flatten().any(|p| p == id)
            };
            if word == "COMMIT" && all.iter().any(ours) {
                return Ok(open.remove(pid).unwrap_or_default());
            }
            all.push(Logged {
                sql: sql.to_owned(),
                parameters: Vec::new(),
            });
        }
    }
    bail!("the log has no transaction that inserts dossier {id}")
}

/// Reads `$1 = 'text', $2 = NULL`.
fn parse(text: &str) -> anyhow::Result<Vec<Option<String>>> {
    let mut out = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (_, value) = rest.split_once(" = ").context("a parameter")?;
        if let Some(after) = value.strip_prefix("NULL") {
            out.push(None);
            rest = after.strip_prefix(", ").unwrap_or(after);
            continue;
        }
        let mut parameter = String::new();
        let mut chars = value
            .strip_prefix('\'')
            .context("a quoted parameter")?
            .chars();
        loop {
            match chars.next().context("the end of a parameter")? {
                '\'' if chars.as_str().starts_with('\'') => {
                    chars.next();
                    parameter.push('\'');
                }
                '\'' => break,
                c => parameter.push(c),
            }
        }
        out.push(Some(parameter));
        let after = chars.as_str();
        rest = after.strip_prefix(", ").unwrap_or(after);
    }
    Ok(out)
}

/// The transaction, and its values as variables `v0`, `v1` …: pgbench sends them with each run, as the service does. Ids that it makes
/// are made anew each time, in the order of time as those of the service.
fn script(transaction: &[Logged]) -> anyhow::Result<(String, Vec<String>)> {
    let mut made: Vec<String> = Vec::new();
    for statement in transaction {
        if let Some(Some(first)) = statement.parameters.first()
            && statement.sql.starts_with("INSERT INTO ")
            && is_uuid(first)
            && !made.contains(first)
        {
            made.push(first.clone());
        }
    }
    ensure!(!made.is_empty(), "the transaction makes no id");
    let mut out = String::new();
    for n in 0..made.len() {
        out.push_str(&format!("\\set r{n} random(0, 281474976710655)\n"));
    }
    out.push_str("BEGIN;\n");
    let mut variables = Vec::new();
    for statement in transaction {
        let values: Vec<String> = statement
            .parameters
            .iter()
            .map(|p| value(p.as_deref(), &made, &mut variables))
            .collect();
        out.push_str(&fill(&statement.sql, &values)?);
        out.push_str(";\n");
    }
    out.push_str("COMMIT;\n");
    Ok((out, variables))
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::parse_str(text).is_ok()
}

fn value(parameter: Option<&str>, made: &[String], variables: &mut Vec<String>) -> String {
    let Some(text) = parameter else {
        return "NULL".to_owned();
    };
    if let Some(n) = made.iter().position(|id| id == text) {
        return format!(
            "(lpad(to_hex((extract(epoch from now()) * 1000)::bigint), 12, '0') || '70008000' || lpad(to_hex(:r{n}::bigint), 12, '0'))::uuid"
        );
    }
    // pgbench takes no empty value.
    if text.is_empty() {
        return "''".to_owned();
    }
    variables.push(text.to_owned());
    format!(":v{}", variables.len() - 1)
}

/// Puts values in place of `$1`, `$2` …
fn fill(sql: &str, values: &[String]) -> anyhow::Result<String> {
    let mut pieces = sql.split('$');
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let digits: String = piece.chars().take_while(char::is_ascii_digit).collect();
        let n: usize = digits.parse().context("a place")?;
        out.push_str(values.get(n.saturating_sub(1)).context("a value")?);
        out.push_str(piece.strip_prefix(digits.as_str()).unwrap_or_default());
    }
    Ok(out)
}

impl Script {
    /// Runs it; transactions a second.
    pub(crate) fn run(&self, clients: usize, time: Duration) -> anyhow::Result<u64> {
        let out = Command::new("pgbench")
            .args(["--no-vacuum", "--protocol=prepared", "--jobs=2"])
            .arg(format!("--client={clients}"))
            .arg(format!("--time={}", time.as_secs().max(1)))
            .arg("--file")
            .arg(&self.path)
            .args(
                self.variables
                    .iter()
                    .enumerate()
                    .map(|(n, value)| format!("--define=v{n}={value}")),
            )
            .arg(self.copy.url())
            .output()
            .context("pgbench")?;
        let said = String::from_utf8_lossy(&out.stdout);
        ensure!(
            out.status.success() && said.contains("number of failed transactions: 0"),
            "pgbench: {said}{}",
            String::from_utf8_lossy(&out.stderr)
        );
        let rate = said
            .lines()
            .find_map(|line| line.strip_prefix("tps = "))
            .and_then(|rest| rest.split(['.', ' ']).next())
            .context("pgbench tells no rate")?;
        Ok(rate.parse()?)
    }
}
