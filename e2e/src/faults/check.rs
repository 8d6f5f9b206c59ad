//! What must hold after the faults. Reads databases; asks the services only for what they answered before.
#![expect(
    clippy::indexing_slicing,
    reason = "what is not there ends the harness"
)]

use super::load::Load;
use super::messages::MARK;
use super::probe::Probe;
use super::servers::{execute, query};
use super::until;
use super::world::World;
use anyhow::Context as _;
use durable::sea_orm::sea_query::{Alias, Query};
use durable::sea_orm::{ConnectionTrait as _, DatabaseConnection};
use std::collections::{BTreeMap, BTreeSet};
use std::process::Output;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinSet;
use uuid::Uuid;

/// How long the services may take to come to rest after the faults.
pub(super) const REST: Duration = Duration::from_secs(240);

/// People who ask again side by side.
const ASKING: usize = 8;

/// What was looked at and what does not hold.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    pub(super) counts: BTreeMap<String, usize>,
    pub(super) findings: Vec<String>,
}

impl Verdict {
    fn broken(&mut self, finding: impl Into<String>) {
        self.findings.push(finding.into());
    }
}

/// All checks of a world, one after the other. `loads`: all who have filed, the newest last, whose requests are sent again; `rest`: how
/// long the services may take to come to rest.
pub(super) async fn check(
    world: &World,
    loads: &[Load],
    probe: &Probe,
    poison: &mut usize,
    rest: Duration,
) -> anyhow::Result<Verdict> {
    let mut verdict = Verdict::default();
    let Some(load) = loads.last() else {
        return Ok(verdict);
    };
    people(load, &mut verdict).await;
    explained(world, poison, rest, &mut verdict).await?;
    let wait = rest.as_secs().to_string();
    let out = world.motcua(&["verify", "--json", "--wait", &wait])?;
    verified(&out, &mut verdict)?;
    let db = world.database("dossier").await?;
    filings(&db, loads, &mut verdict).await?;
    db.close().await?;
    let events = events(world).await?;
    verdict
        .counts
        .insert("events of dossiers".to_owned(), events.len());
    // The probe has a table of its own, which verify does not know.
    until(rest.min(Duration::from_secs(60)), || async {
        Ok(probe.wrong(&events).await?.is_empty())
    })
    .await;
    verdict.findings.extend(probe.wrong(&events).await?);
    Ok(verdict)
}

/// What those who filed say; and every request with an idempotency key gets the answer it got.
pub(super) async fn people(load: &Load, verdict: &mut Verdict) {
    let report = load.company.report(load.finished());
    for failure in &report.failures {
        verdict.broken(format!("somebody gave up: {failure}"));
    }
    let counts = [
        ("dossiers begun", report.asked),
        ("dossiers returned", report.returned),
    ];
    for (what, count) in counts {
        verdict.counts.insert(what.to_owned(), count);
    }
    let answered = Arc::new(Mutex::new(load.company.answered()));
    let mut people = JoinSet::new();
    for _ in 0..ASKING {
        let (company, answered) = (load.company.clone(), answered.clone());
        people.spawn(async move {
            let (mut same, mut findings) = (0, Vec::new());
            loop {
                let next = answered
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .pop();
                let Some(asked) = next else {
                    return (same, findings);
                };
                match company.repeat(&asked).await {
                    Ok(None) => same += 1,
                    Ok(Some(difference)) => {
                        findings.push(format!("answered otherwise: {difference}"));
                    }
                    Err(error) => findings.push(format!("{}: refused: {error:#}", asked.path)),
                }
            }
        });
    }
    let mut same = 0;
    for (number, findings) in people.join_all().await {
        same += number;
        verdict.findings.extend(findings);
    }
    verdict
        .counts
        .insert("requests repeated, answered the same".to_owned(), same);
}

/// Each acknowledged filing is there, and nothing else is.
pub(super) async fn filings(
    db: &DatabaseConnection,
    loads: &[Load],
    verdict: &mut Verdict,
) -> anyhow::Result<()> {
    let mut select = Query::select();
    select.column(Alias::new("id")).from(Alias::new("dossier"));
    let mut stored = BTreeSet::new();
    for row in db.query_all(&select).await? {
        stored.insert(row.try_get_by_index::<Uuid>(0)?.to_string());
    }
    let mut acknowledged = BTreeSet::new();
    for asked in loads.iter().flat_map(|load| load.company.answered()) {
        if asked.path == "/api/v1/dossiers"
            && let Some(id) = asked.answer["id"].as_str()
            && !acknowledged.insert(id.to_owned())
        {
            verdict.broken(format!("two filings were answered with dossier {id}"));
        }
    }
    for id in acknowledged.difference(&stored) {
        verdict.broken(format!("lost: dossier {id} was acknowledged"));
    }
    for id in stored.difference(&acknowledged) {
        verdict.broken(format!("doubled: nobody was told of dossier {id}"));
    }
    verdict
        .counts
        .insert("filings acknowledged".to_owned(), acknowledged.len());
    Ok(())
}

/// What was made up is found again, by a person who looks; then it is taken away, so that all else that is dead stands out.
async fn explained(
    world: &World,
    poison: &mut usize,
    rest: Duration,
    verdict: &mut Verdict,
) -> anyhow::Result<()> {
    let sent = std::mem::take(poison);
    if sent == 0 {
        return Ok(());
    }
    let mut databases = Vec::new();
    for service in ["notifications", "postal"] {
        databases.push(world.database(service).await?);
    }
    let all = &databases;
    // Dead with a reason, or waiting for a release that knows the type.
    let count = || async move {
        let mut found = 0;
        for db in all {
            let sql = format!(
                "select id from task where payload like '%{MARK}%' and (state = 'ready' or (state = 'dead' and last_error is not null))"
            );
            found += query(db, &sql).await?.len();
        }
        anyhow::Ok(found)
    };
    until(rest, || async move { Ok(count().await? >= sent) }).await;
    let found = count().await?;
    if found != sent {
        verdict.broken(format!(
            "{sent} messages that cannot be read were sent, {found} are found again"
        ));
    }
    verdict
        .counts
        .insert("unreadable messages found again".to_owned(), found);
    for db in databases {
        execute(
            &db,
            &format!("delete from task where payload like '%{MARK}%'"),
        )
        .await?;
        db.close().await?;
    }
    Ok(())
}

/// What `motcua verify` says, once everything is at rest.
pub(super) fn verified(out: &Output, verdict: &mut Verdict) -> anyhow::Result<()> {
    let report: serde_json::Value = serde_json::from_slice(&out.stdout)
        .with_context(|| String::from_utf8_lossy(&out.stderr).into_owned())?;
    for finding in report["findings"].as_array().into_iter().flatten() {
        verdict.broken(finding.as_str().unwrap_or("?"));
    }
    for (what, count) in report["checked"].as_object().into_iter().flatten() {
        let count = count.as_u64().and_then(|n| usize::try_from(n).ok());
        verdict.counts.insert(what.clone(), count.unwrap_or(0));
    }
    Ok(())
}

async fn events(world: &World) -> anyhow::Result<Vec<Uuid>> {
    let db = world.database("dossier").await?;
    let sql = "select id from outbox where event_type = 'dossier.dossier-changed.v1' and sent_at is not null";
    let mut out = Vec::new();
    for row in query(&db, sql).await? {
        out.push(row.try_get_by_index::<Uuid>(0)?);
    }
    db.close().await?;
    Ok(out)
}
