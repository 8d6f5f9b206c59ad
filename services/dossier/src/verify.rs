//! Journals, numbers and events, checked against each other: what `motcua verify` prints.

use crate::domain::Entry;
use crate::domain::journal::GENESIS;
use crate::store::dossiers::{self, Head};
use crate::store::journal;
use contracts::events::DossierChanged;
use contracts::{CloudEvent, Event as _};
use durable::Db;
use sea_orm::sea_query::{Expr, ExprTrait as _, Order, Query};
use sea_orm::{ConnectionTrait, DbErr};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Rows read in one go.
const BATCH: u64 = 500;
/// Sent events are kept for seven days; younger ones than this must be there.
const KEPT_DAYS: i64 = 6;

/// Something that must not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which rule is broken: `journal.chain`, `journal.gap`, `journal.head`, `number.twice`, `number.missing`, `event.missing`,
    /// `event.twice`.
    pub kind: &'static str,
    /// The dossier.
    pub subject: String,
    /// What is wrong.
    pub detail: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: dossier {}: {}",
            self.kind, self.subject, self.detail
        )
    }
}

/// Checks every dossier, as all are at one moment, so that it may run beside everything else: its journal is an unbroken chain of as many entries as its version says, ends in its state and step, each
/// transition published one event, and no number was given twice.
///
/// # Errors
/// When the database does not answer.
pub async fn verify(db: &Db) -> Result<Vec<Finding>, DbErr> {
    let rt = db.runtime();
    let oldest = rt.clock.now() - chrono::Duration::days(KEPT_DAYS);
    // What is written meanwhile would look like a gap.
    let seen = db.snapshot().await?;
    let mut findings = Vec::new();
    let mut numbers = BTreeSet::new();
    let mut events = events(&seen).await?;
    let mut after = None;
    loop {
        let heads = dossiers::heads(&seen, after, BATCH).await?;
        let Some(last) = heads.last() else { break };
        after = Some(last.id);
        for head in heads {
            let mut report = |kind, detail: String| {
                findings.push(Finding {
                    kind,
                    subject: head.id.to_string(),
                    detail,
                });
            };
            let journal = journal::of(&seen, head.id).await?;
            check_journal(&head, &journal, &mut report);
            if let Some(number) = &head.number
                && !numbers.insert(number.clone())
            {
                report("number.twice", format!("{number} was given before"));
            }
            if head.number.is_none() && journal.iter().any(|e| e.command == "receive") {
                report("number.missing", "received without a number".to_owned());
            }
            for entry in &journal {
                let sent = events
                    .remove(&(head.id.to_string(), entry.seq))
                    .unwrap_or(0);
                if sent > 1 {
                    report(
                        "event.twice",
                        format!("transition {} published {sent} events", entry.seq),
                    );
                } else if sent == 0 && entry.at > oldest {
                    report(
                        "event.missing",
                        format!("transition {} published no event", entry.seq),
                    );
                }
            }
        }
    }
    for (subject, version) in events.into_keys() {
        let detail = format!("an event tells of transition {version}, the journal does not");
        findings.push(Finding {
            kind: "journal.gap",
            subject,
            detail,
        });
    }
    Ok(findings)
}

fn check_journal(head: &Head, journal: &[Entry], report: &mut impl FnMut(&'static str, String)) {
    let mut prev = GENESIS;
    for (entry, seq) in journal.iter().zip(1_i64..) {
        if entry.seq != seq {
            report(
                "journal.gap",
                format!("entry {seq} is missing, {} follows", entry.seq),
            );
            break;
        }
        if entry.prev_hash != prev {
            report(
                "journal.chain",
                format!("entry {seq} does not follow the one before"),
            );
        }
        if entry.hash != entry.computed_hash() {
            report(
                "journal.chain",
                format!("entry {seq} was changed after it was written"),
            );
        }
        prev = &entry.hash;
    }
    let length = i64::try_from(journal.len()).unwrap_or(i64::MAX);
    if length != head.version {
        report(
            "journal.gap",
            format!(
                "version is {}, the journal has {length} entries",
                head.version
            ),
        );
    }
    match journal.last() {
        Some(last) if last.to.as_str() == head.status && last.step == head.step => {}
        Some(last) => report(
            "journal.head",
            format!(
                "row says {} at {}, journal says {} at {}",
                head.status,
                head.step,
                last.to.as_str(),
                last.step
            ),
        ),
        None => {}
    }
}

/// How many events of each transition the outbox holds.
async fn events(db: &impl ConnectionTrait) -> Result<BTreeMap<(String, i64), u32>, DbErr> {
    let mut out: BTreeMap<(String, i64), u32> = BTreeMap::new();
    let mut after = 0_i64;
    loop {
        let query = Query::select()
            .columns(["seq", "payload"])
            .from("outbox")
            .and_where(Expr::col("event_type").eq(DossierChanged::TYPE))
            .and_where(Expr::col("seq").gt(after))
            .order_by("seq", Order::Asc)
            .limit(BATCH)
            .to_owned();
        let rows = db.query_all(&query).await?;
        if rows.is_empty() {
            return Ok(out);
        }
        for row in rows {
            after = row.try_get("", "seq")?;
            let payload: String = row.try_get("", "payload")?;
            let event: CloudEvent =
                serde_json::from_str(&payload).map_err(|error| DbErr::Json(error.to_string()))?;
            *out.entry((event.subject, event.version)).or_default() += 1;
        }
    }
}
