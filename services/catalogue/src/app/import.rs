//! Import of procedures: one pass over a file of JSON lines, in transactions of a few hundred, so that a crash costs at most one of them
//! and a second run finishes the work. A line whose cleaned content hashes to what is stored changes nothing.

use super::facts;
use super::lines::{Counted, Good, Line, read_all};
use crate::domain::content::Content;
use crate::domain::quality::WarningKind;
use crate::store::procedures::{self, Existing, NewVersion, Source};
use chrono::{DateTime, Utc};
use durable::{Db, Tx};
use kit::Runtime;
use sea_orm::DbErr;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use utoipa::ToSchema;
use uuid::Uuid;

/// Procedures written in one transaction.
const BATCH: usize = 200;
/// Parsed lines on their way from the parser.
const AHEAD: usize = 256;
/// Broken lines that are listed; more are only counted.
const LISTED: usize = 1_000;
/// Bytes of an unpacked file that are read when nothing else is said.
const MAX_BYTES: u64 = 4 << 30;

/// How far an import is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    /// Lines dealt with.
    pub lines: u64,
    /// Bytes taken from the file, compressed if it is.
    pub bytes: u64,
}

/// Called every few lines.
pub type OnProgress = Arc<dyn Fn(Progress) + Send + Sync>;

/// How to import.
#[derive(Clone, Default)]
pub struct ImportOptions {
    /// Count only; change nothing.
    pub dry_run: bool,
    /// Told how far it is.
    pub progress: Option<OnProgress>,
    /// Bytes to read at most, unpacked; 4 GiB when absent.
    pub max_bytes: Option<u64>,
    /// Who wrote the file.
    pub source: Source,
}

/// What an import did. `read` = `created` + `updated` + `unchanged` + `skipped`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportSummary {
    /// Lines that hold anything.
    #[schema(example = 4630)]
    pub read: u64,
    /// New procedures.
    #[schema(example = 4630)]
    pub created: u64,
    /// Procedures with a new version.
    #[schema(example = 0)]
    pub updated: u64,
    /// Procedures that are as they were.
    #[schema(example = 0)]
    pub unchanged: u64,
    /// Lines passed over: broken, or an id met before in the file.
    #[schema(example = 0)]
    pub skipped: u64,
    /// Doubtful things by kind: in how many procedures.
    #[schema(example = json!({"feeZeroBesideTiers": 12}))]
    pub warnings: BTreeMap<String, u64>,
    /// Lines passed over and why, at most a thousand of them.
    pub broken: Vec<BrokenLine>,
    /// Nothing was written.
    pub dry_run: bool,
}

/// A line that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct BrokenLine {
    /// Line number, from 1.
    #[schema(example = 17)]
    pub line: u64,
    /// What is wrong with it.
    #[schema(example = "not JSON: expected value at line 1 column 9")]
    pub reason: String,
}

impl ImportSummary {
    fn broken(&mut self, line: u64, reason: String) {
        self.skipped += 1;
        if self.broken.len() < LISTED {
            self.broken.push(BrokenLine { line, reason });
        }
    }

    fn warn(&mut self, kind: WarningKind) {
        *self.warnings.entry(kind.name()).or_default() += 1;
    }
}

/// Imports a file of the national portal's JSON, one procedure a line, plain or gzip (told by its first bytes).
///
/// Keyed by the portal's `id`. Broken lines, and whatever follows the end of a damaged archive, are in the summary; they never refuse
/// the rest. `ProcedureChanged` is published for each change, in its transaction.
///
/// # Errors
/// Only the database's.
pub async fn import_procedures(
    db: &Db,
    rt: &Runtime,
    reader: impl Read + Send + 'static,
    options: ImportOptions,
) -> anyhow::Result<ImportSummary> {
    let taken = Arc::new(AtomicU64::new(0));
    let counted = Counted::new(reader, Arc::clone(&taken));
    let max_bytes = options.max_bytes.unwrap_or(MAX_BYTES);
    let (to, mut from) = tokio::sync::mpsc::channel(AHEAD);
    let parser = tokio::task::spawn_blocking(move || read_all(counted, max_bytes, &to));
    let mut run = Run::new(db, rt, options);
    while let Some(line) = from.recv().await {
        run.take(line).await?;
        run.tell(taken.load(Ordering::Relaxed));
    }
    parser.await?;
    run.flush().await?;
    run.tell(taken.load(Ordering::Relaxed));
    Ok(run.summary)
}

/// Imports procedures that are at hand; for the demo catalogue.
pub(crate) async fn import_goods(
    db: &Db,
    rt: &Runtime,
    goods: Vec<Good>,
    options: ImportOptions,
) -> anyhow::Result<ImportSummary> {
    let mut run = Run::new(db, rt, options);
    for good in goods {
        run.take(Line::Good(Box::new(good))).await?;
    }
    run.flush().await?;
    Ok(run.summary)
}

struct Run<'a> {
    db: &'a Db,
    rt: &'a Runtime,
    options: ImportOptions,
    summary: ImportSummary,
    batch: Vec<Good>,
    ids: HashSet<Uuid>,
    codes: HashSet<String>,
}

impl<'a> Run<'a> {
    fn new(db: &'a Db, rt: &'a Runtime, options: ImportOptions) -> Self {
        let summary = ImportSummary {
            dry_run: options.dry_run,
            ..ImportSummary::default()
        };
        Self {
            db,
            rt,
            options,
            summary,
            batch: Vec::with_capacity(BATCH),
            ids: HashSet::new(),
            codes: HashSet::new(),
        }
    }

    fn tell(&self, bytes: u64) {
        if let Some(progress) = &self.options.progress {
            progress(Progress {
                lines: self.summary.read,
                bytes,
            });
        }
    }

    async fn take(&mut self, line: Line) -> anyhow::Result<()> {
        self.summary.read += 1;
        let good = match line {
            Line::Good(good) => *good,
            Line::Broken { line, reason } | Line::Cut { line, reason } => {
                self.summary.broken(line, reason);
                return Ok(());
            }
        };
        if !self.ids.insert(good.id) {
            let reason = format!("the id {} was met before in this file", good.id);
            self.summary.broken(good.line, reason);
            self.summary.warn(WarningKind::DuplicateId);
            return Ok(());
        }
        for warning in &good.warnings {
            self.summary.warn(warning.kind);
        }
        if !self.codes.insert(good.content.code.clone()) {
            self.summary.warn(WarningKind::DuplicateCode);
        }
        self.batch.push(good);
        if self.batch.len() >= BATCH {
            self.flush().await?;
        }
        Ok(())
    }

    async fn flush(&mut self) -> anyhow::Result<()> {
        let batch = std::mem::take(&mut self.batch);
        if batch.is_empty() {
            return Ok(());
        }
        let ids: Vec<Uuid> = batch.iter().map(|g| g.id).collect();
        let have = procedures::existing(self.db.read(), &ids).await?;
        let differing: Vec<&Good> = batch.iter().filter(|g| differs(g, &have)).collect();
        let (created, updated) = if self.options.dry_run || differing.is_empty() {
            let created = differing
                .iter()
                .filter(|g| !have.contains_key(&g.id))
                .count();
            (created, differing.len() - created)
        } else {
            let now = self.rt.clock.now();
            let (rt, source, differing) = (self.rt, self.options.source, &differing);
            self.db
                .tx(|tx| async move { write(&tx, rt, differing, source, now).await })
                .await?
        };
        let (created, updated) = (created as u64, updated as u64);
        self.summary.created += created;
        self.summary.updated += updated;
        self.summary.unchanged += batch.len() as u64 - created - updated;
        Ok(())
    }
}

fn differs(good: &Good, have: &HashMap<Uuid, Existing>) -> bool {
    have.get(&good.id)
        .is_none_or(|e| e.content_hash != good.hash)
}

/// Writes what differs, in the caller's transaction; returns how many are new and how many have a new version.
async fn write(
    tx: &Tx,
    rt: &Runtime,
    goods: &[&Good],
    source: Source,
    now: DateTime<Utc>,
) -> Result<(usize, usize), DbErr> {
    // Takes the lock that makes importers take turns, then looks again: another may have been faster.
    let seq = procedures::next_seq(&**tx).await?;
    let ids: Vec<Uuid> = goods.iter().map(|g| g.id).collect();
    let have = procedures::existing(&**tx, &ids).await?;
    let (mut new, mut next) = (Vec::new(), Vec::new());
    for good in goods.iter().copied().filter(|g| differs(g, &have)) {
        let mut version = NewVersion {
            id: good.id,
            version: 1,
            content: &good.content,
            content_json: &good.json,
            content_hash: &good.hash,
            warnings: &good.warnings,
            changed: Vec::new(),
            source,
        };
        match have.get(&good.id) {
            None => new.push(version),
            Some(old) => {
                version.version = old.version + 1;
                let before = procedures::content_json(&**tx, old.id, old.version).await?;
                version.changed = changed_parts(before.as_ref(), &good.content)?;
                next.push(version);
            }
        }
    }
    procedures::insert(&**tx, &new, seq, now).await?;
    procedures::update(&**tx, &next, seq, now).await?;
    for v in new.iter().chain(&next) {
        let event = facts::procedure_changed(v.id, v.version, true, v.content);
        durable::publish(tx, rt, &event).await?;
    }
    Ok((new.len(), next.len()))
}

/// The names of the parts that differ.
fn changed_parts(before: Option<&serde_json::Value>, now: &Content) -> Result<Vec<String>, DbErr> {
    let now = serde_json::to_value(now).map_err(|e| DbErr::Json(e.to_string()))?;
    let (Some(before), Some(now)) = (before.and_then(|b| b.as_object()), now.as_object()) else {
        return Ok(Vec::new());
    };
    Ok(now
        .iter()
        .filter(|(part, value)| before.get(*part) != Some(value))
        .map(|(part, _)| part.clone())
        .collect())
}
