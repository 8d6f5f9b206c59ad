//! `motcua verify`: reads the databases, not the services, and says what does not agree (architecture §5).
//!
//! Each check is a statement about rows, written against the tables themselves, so that a fault in the services' own code cannot
//! hide here.

use crate::settings::Databases;
use durable::Db;
use durable::sea_orm::sea_query::{Alias, Expr, ExprTrait as _, Func, Query, SelectStatement};
use durable::sea_orm::{ConnectionTrait as _, QueryResult};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The event of a transition.
const DOSSIER_CHANGED: &str = "dossier.dossier-changed.v1";

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
            out.push_str(&format!("  {what:<28} {count}\n"));
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
}

/// Runs all checks.
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
    let published = published(&databases.dossier, &mut report).await?;
    effects(databases, &published, &mut report).await?;
    shipments(databases, &mut report).await?;
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

/// A dossier event that left, and what must have come of it.
struct Sent {
    id: uuid::Uuid,
    dossier: uuid::Uuid,
    /// Somebody is told: the applicant, or a desk.
    notice: bool,
    /// The result goes by post.
    shipment: bool,
}

/// The dossier events that left. One per transition is checked by the dossier service's own rows.
async fn published(dossier: &Db, report: &mut Report) -> anyhow::Result<Vec<Sent>> {
    let journal = rows(dossier, &select("dossier_journal", &["dossier_id"])).await?;
    report.checked.insert("dossier transitions", journal.len());
    let mut query = select("outbox", &["id", "payload"]);
    query.and_where(Expr::col(Alias::new("event_type")).eq(DOSSIER_CHANGED));
    query.and_where(Expr::col(Alias::new("sent_at")).is_not_null());
    let mut sent = Vec::new();
    for row in rows(dossier, &query).await? {
        let payload: String = row.try_get("", "payload")?;
        let event = durable::read_message(dossier.runtime(), &payload)
            .map_err(|error| anyhow::anyhow!("an event in the outbox: {error}"))?;
        let text = |pointer: &str| {
            event
                .data
                .pointer(pointer)
                .and_then(|v| v.as_str())
                .unwrap_or("")
        };
        let command = text("/command");
        sent.push(Sent {
            id: row.try_get("", "id")?,
            dossier: text("/dossierId").parse()?,
            notice: ["file", "receive", "approve"].contains(&command),
            shipment: text("/status") == "done" && text("/returnWay/method") == "post",
        });
    }
    report.checked.insert("dossier events sent", sent.len());
    Ok(sent)
}

/// Each event that left is in each consumer once, and what was handled has had its effect.
async fn effects(databases: &Databases, sent: &[Sent], report: &mut Report) -> anyhow::Result<()> {
    let notices = ids(&databases.notifications, "notice", "event_id").await?;
    let shipments = ids(&databases.postal, "shipment", "dossier_id").await?;
    report.checked.insert("events with notices", notices.len());
    for (consumer, db) in [
        ("notifications", &databases.notifications),
        ("postal", &databases.postal),
    ] {
        let mut query = select("task", &["key", "state"]);
        query.and_where(Expr::col(Alias::new("kind")).eq(DOSSIER_CHANGED));
        let mut states: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for row in rows(db, &query).await? {
            let key = row.try_get::<String>("", "key")?;
            states
                .entry(key)
                .or_default()
                .push(row.try_get("", "state")?);
        }
        for event in sent {
            let id = event.id;
            let [state] = states.get(&id.to_string()).map_or(&[][..], Vec::as_slice) else {
                report.broken(format!("{consumer}: event {id} is not there once"));
                continue;
            };
            let missing = match consumer {
                "notifications" => event.notice && !notices.contains(&id),
                _ => event.shipment && !shipments.contains(&event.dossier),
            };
            if state == "done" && missing {
                report.broken(format!("{consumer}: event {id} was handled without effect"));
            }
        }
    }
    Ok(())
}

/// The ids in a column.
async fn ids(db: &Db, table: &str, column: &str) -> anyhow::Result<BTreeSet<uuid::Uuid>> {
    let found = rows(db, &select(table, &[column])).await?;
    Ok(found
        .iter()
        .map(|row| row.try_get("", column))
        .collect::<Result<_, _>>()?)
}

/// At most one result shipment per dossier.
async fn shipments(databases: &Databases, report: &mut Report) -> anyhow::Result<()> {
    let all = rows(&databases.postal, &select("shipment", &["dossier_id"])).await?;
    report.checked.insert("shipments", all.len());
    let mut seen = BTreeSet::new();
    for row in all {
        let dossier: uuid::Uuid = row.try_get("", "dossier_id")?;
        if !seen.insert(dossier) {
            report.broken(format!("postal: dossier {dossier} has two shipments"));
        }
    }
    Ok(())
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
