//! `motcua verify`: reads the databases, not the services, and says what does not agree (docs/ARCHITECTURE.md).
//!
//! Each check is a statement about rows, written against the tables themselves, so that a fault in the services' own code cannot
//! hide here. What is sent is kept for seven days (`durable::housekeeping`); effects are checked for what is still there.

mod counters;
mod effects;
mod expected;

use crate::settings::Databases;
use durable::Db;
use durable::sea_orm::sea_query::{Alias, Expr, ExprTrait as _, Func, Query, SelectStatement};
use durable::sea_orm::{ConnectionTrait as _, QueryResult};
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

/// The event of a dossier's transition.
const DOSSIER_CHANGED: &str = "dossier.dossier-changed.v1";
/// The event of a clock that came to a point.
const DOSSIER_ALARM: &str = "dossier.dossier-alarm.v1";
/// The event of a shipment's transition.
const SHIPMENT_CHANGED: &str = "postal.shipment-changed.v1";
/// How often a system that works is looked at again.
const PAUSE: Duration = Duration::from_millis(500);

/// What was checked and what is broken.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Rows looked at, by what they are.
    pub checked: BTreeMap<&'static str, usize>,
    /// Broken statements.
    pub findings: Vec<String>,
}

impl Report {
    /// Nothing is broken.
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }

    /// The report for people.
    pub fn tell(&self) -> String {
        let mut out = String::new();
        for (what, count) in &self.checked {
            out.push_str(&format!("  {what:<32} {count}\n"));
        }
        if self.findings.is_empty() {
            out.push_str("  ✓ mọi kiểm tra đều đúng (all checks hold)\n");
        }
        for finding in &self.findings {
            out.push_str(&format!("  ✗ {finding}\n"));
        }
        out
    }

    fn broken(&mut self, what: String) {
        self.findings.push(what);
    }

    fn count(&mut self, what: &'static str, count: usize) {
        *self.checked.entry(what).or_default() += count;
    }
}

/// Runs all checks on a system that is quiet: what is on its way between a database and the next looks lost. See [`settled`].
///
/// # Errors
/// When a database cannot be read.
pub async fn verify(databases: &Databases) -> anyhow::Result<Report> {
    let mut report = Report {
        checked: BTreeMap::new(),
        findings: Vec::new(),
    };
    for finding in dossier::verify(&databases.dossier).await? {
        report.broken(finding.to_string());
    }
    effects::check(databases, &mut report).await?;
    counters::check(databases, &mut report).await?;
    for (service, db) in databases.named() {
        let dead = count(db, "task", Expr::col(Alias::new("state")).eq("dead")).await?;
        if dead > 0 {
            report.broken(format!("{service}: {dead} dead tasks, see `task`"));
        }
        let waiting = count(db, "outbox", Expr::col(Alias::new("sent_at")).is_null()).await?;
        report.checked.insert(waiting_name(service), waiting);
    }
    Ok(report)
}

/// Runs all checks, again and again while something waits or does not agree, until all holds and nothing waits, or `patience` is over.
/// What still waits then is a finding, too.
///
/// # Errors
/// When a database cannot be read.
pub async fn settled(databases: &Databases, patience: Duration) -> anyhow::Result<Report> {
    let started = Instant::now();
    loop {
        let over = started.elapsed() >= patience;
        let waiting = waiting(databases).await?;
        if waiting == 0 || over {
            let mut report = verify(databases).await?;
            if waiting > 0 {
                report.broken(format!(
                    "{waiting} events and tasks still wait after {patience:?}"
                ));
            }
            if report.is_sound() || over {
                return Ok(report);
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Events and tasks that are not done yet, in all services; dead ones do not count.
///
/// # Errors
/// When a database cannot be read.
pub async fn waiting(databases: &Databases) -> anyhow::Result<usize> {
    let mut sum = 0;
    for (_, db) in databases.named() {
        sum += count(db, "outbox", Expr::col(Alias::new("sent_at")).is_null()).await?;
        sum += count(db, "task", Expr::col(Alias::new("finished_at")).is_null()).await?;
    }
    Ok(sum)
}

fn waiting_name(service: &str) -> &'static str {
    match service {
        "catalogue" => "events waiting: catalogue",
        "dossier" => "events waiting: dossier",
        "notifications" => "events waiting: notifications",
        "postal" => "events waiting: postal",
        _ => "events waiting: identity",
    }
}

fn select(table: &str, columns: &[&str]) -> SelectStatement {
    let mut query = Query::select();
    query.from(Alias::new(table));
    for column in columns {
        query.column(Alias::new(*column));
    }
    query
}

async fn rows(db: &Db, query: &SelectStatement) -> anyhow::Result<Vec<QueryResult>> {
    Ok(db.read().query_all(query).await?)
}

async fn count(db: &Db, table: &str, which: Expr) -> anyhow::Result<usize> {
    let mut query = Query::select();
    query
        .from(Alias::new(table))
        .expr_as(Func::count(Expr::cust("*")), Alias::new("n"))
        .and_where(which);
    let row = db.read().query_one(&query).await?;
    let n: i64 = row.map(|r| r.try_get("", "n")).transpose()?.unwrap_or(0);
    Ok(usize::try_from(n).unwrap_or(0))
}
