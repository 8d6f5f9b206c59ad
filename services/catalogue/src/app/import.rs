//! Import of procedures: one pass over a file of JSON lines, in transactions of a few hundred, so that a crash costs at most one of them
//! and a second run finishes the work. A line whose cleaned content hashes to what is stored changes nothing.

use super::lines::{Counted, Good, Line, read_all};
use super::write::{self, Written};
use crate::domain::difference::Difference;
use crate::domain::quality::WarningKind;
use crate::store::drafts::{self, ImportRun, Who};
use crate::store::procedures::{self, Source};
use crate::store::source;
use chrono::NaiveDate;
use durable::Db;
use kit::Runtime;
use sea_orm::DbErr;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use utoipa::ToSchema;
use uuid::Uuid;
use vn::worktime::local_date;

/// Procedures written in one transaction.
const BATCH: usize = 200;
/// Parsed lines on their way from the parser.
const AHEAD: usize = 256;
/// Broken lines that are listed; more are only counted.
const LISTED: usize = 1_000;
/// Bytes of an unpacked file that are read when nothing else is said.
const MAX_BYTES: u64 = 4 << 30;
/// A file that lacks more than this share of what is known, in percent, is taken for a part: nothing is marked as gone.
const MOST_GONE_PERCENT: usize = 20;
/// …unless no more than so many are missing.
const FEW_GONE: usize = 50;
/// How imports of procedures are called in the table of imports.
pub(crate) const KIND: &str = "procedures";

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
    /// The day of which the file tells; today when absent. A file older than one that was taken is refused.
    pub dated: Option<NaiveDate>,
    /// The file is all that the source has: what is not in it is marked as withdrawn at the source.
    pub whole: bool,
    /// Who imports; the command when absent.
    pub by: Option<Who>,
}

/// Why a file is not taken at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportRefused {
    /// A newer file was taken before.
    #[error("the file is of {0}, and one of {1} was imported before")]
    Older(NaiveDate, NaiveDate),
}

/// What an import did. `read` = `created` + `updated` + `proposed` + `unchanged` + `skipped`.
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
    /// Procedures that people here have edited or withdrawn and that the source has changed: a draft waits for review.
    #[schema(example = 0)]
    pub proposed: u64,
    /// Procedures that are as they were.
    #[schema(example = 0)]
    pub unchanged: u64,
    /// Of a whole file: procedures that are no longer in it, marked as withdrawn at the source for an editor to decide.
    #[schema(example = 0)]
    pub gone: u64,
    /// Marked before, and in this file again.
    #[schema(example = 0)]
    pub back: u64,
    /// Why nothing was marked as gone though the file was said to be whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gone_not_marked: Option<String>,
    /// What changes, procedure by procedure: updated, proposed, gone and back ones, and for a dry run the new ones; at most a thousand.
    pub changes: Vec<Changed>,
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

/// What becomes of a procedure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ChangeKind {
    /// New.
    Created,
    /// A new version.
    Updated,
    /// A draft for review.
    Proposed,
    /// Marked as withdrawn at the source.
    Gone,
    /// No longer so marked.
    Back,
}

/// One change of an import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Changed {
    /// What becomes of it.
    pub kind: ChangeKind,
    /// The procedure.
    pub id: Uuid,
    /// Its code.
    #[schema(example = "1.001193")]
    pub code: String,
    /// Its name.
    pub name: String,
    /// The version that is or would be made; that which is there, for `gone` and `back`.
    pub version: i64,
    /// Where it differs from the version before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
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

    fn change(&mut self, changed: Changed) {
        match changed.kind {
            ChangeKind::Created => self.created += 1,
            ChangeKind::Updated => self.updated += 1,
            ChangeKind::Proposed => self.proposed += 1,
            ChangeKind::Gone => self.gone += 1,
            ChangeKind::Back => self.back += 1,
        }
        let told = self.dry_run || changed.kind != ChangeKind::Created;
        if told && self.changes.len() < LISTED {
            self.changes.push(changed);
        }
    }
}

/// Imports a file of the national portal's JSON, one procedure a line, plain or gzip (told by its first bytes).
///
/// Keyed by the portal's `id`. Broken lines, and whatever follows the end of a damaged archive, are in the summary; they never refuse
/// the rest. `ProcedureChanged` is published for each change, in its transaction.
///
/// # Errors
/// [`ImportRefused`], and the database's.
pub async fn import_procedures(
    db: &Db,
    rt: &Runtime,
    reader: impl Read + Send + 'static,
    options: ImportOptions,
) -> anyhow::Result<ImportSummary> {
    let taken = Arc::new(AtomicU64::new(0));
    let counted = Counted::new(reader, Arc::clone(&taken));
    let max_bytes = options.max_bytes.unwrap_or(MAX_BYTES);
    let dated = options.dated.unwrap_or_else(|| local_date(rt.clock.now()));
    if let Some(newest) = drafts::newest_file(db.read(), KIND).await?
        && dated < newest
    {
        return Err(ImportRefused::Older(dated, newest).into());
    }
    let (to, mut from) = tokio::sync::mpsc::channel(AHEAD);
    let parser = tokio::task::spawn_blocking(move || read_all(counted, max_bytes, &to));
    let mut run = Run::new(db, rt, options);
    while let Some(line) = from.recv().await {
        run.take(line).await?;
        run.tell(taken.load(Ordering::Relaxed));
    }
    parser.await?;
    run.flush().await?;
    run.missing().await?;
    run.note(dated).await?;
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
    who: Who,
    dated: NaiveDate,
    /// A line that was not read may have been any procedure.
    unread: Option<String>,
}

impl<'a> Run<'a> {
    fn new(db: &'a Db, rt: &'a Runtime, options: ImportOptions) -> Self {
        let summary = ImportSummary {
            dry_run: options.dry_run,
            ..ImportSummary::default()
        };
        let who = options.by.clone().unwrap_or_else(|| Who {
            id: None,
            name: "motcua import".to_owned(),
        });
        Self {
            who,
            dated: options.dated.unwrap_or_else(|| local_date(rt.clock.now())),
            unread: None,
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
                self.unread
                    .get_or_insert_with(|| format!("line {line} could not be read"));
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
        let differing: Vec<&Good> = batch
            .iter()
            .filter(|g| have.get(&g.id).is_none_or(|e| !e.says(&g.hash)))
            .collect();
        let back: Vec<Uuid> = have
            .values()
            .filter(|e| e.gone_since.is_some())
            .map(|e| e.id)
            .collect();
        let how = write::How {
            rt: self.rt,
            source: self.options.source,
            who: &self.who,
            learned: self.dated,
            now: self.rt.clock.now(),
        };
        let written: Written = if differing.is_empty() && back.is_empty() {
            Written::default()
        } else if self.options.dry_run {
            write::plan(self.db.read(), &differing, &back).await?
        } else {
            let (how, differing, back) = (&how, &differing, &back);
            self.db
                .tx(|tx| async move { write::write(&tx, how, differing, back).await })
                .await?
        };
        if !self.options.dry_run {
            self.keep_sources(&batch, &have).await?;
        }
        let new = written
            .iter()
            .filter(|c| c.kind != ChangeKind::Back)
            .count() as u64;
        self.summary.unchanged += batch.len() as u64 - new;
        for changed in written {
            self.summary.change(changed);
        }
        Ok(())
    }

    /// Keeps the lines of what has not changed and came before lines were kept.
    async fn keep_sources(
        &self,
        batch: &[Good],
        have: &HashMap<Uuid, procedures::Existing>,
    ) -> Result<(), DbErr> {
        let unchanged: Vec<source::Line<'_>> = batch
            .iter()
            .filter(|g| have.get(&g.id).is_some_and(|e| e.content_hash == g.hash))
            .filter_map(|g| Some((g.id, g.hash.as_str(), g.source.as_deref()?)))
            .collect();
        if unchanged.is_empty() {
            return Ok(());
        }
        let ids: Vec<Uuid> = unchanged.iter().map(|(id, ..)| *id).collect();
        let kept = source::kept(self.db.read(), &ids).await?;
        let lacking: Vec<source::Line<'_>> = unchanged
            .into_iter()
            .filter(|(id, hash, _)| !kept.contains(&(*id, (*hash).to_owned())))
            .collect();
        if lacking.is_empty() {
            return Ok(());
        }
        let lacking = &lacking;
        self.db
            .tx(|tx| async move { source::keep(&*tx, lacking).await })
            .await
    }

    /// Marks what a whole file no longer has.
    async fn missing(&mut self) -> anyhow::Result<()> {
        if !self.options.whole {
            return Ok(());
        }
        let sourced = crate::store::gone::sourced(self.db.read()).await?;
        let known = sourced.len();
        let gone: Vec<_> = sourced
            .into_iter()
            .filter(|s| s.gone_since.is_none() && !self.ids.contains(&s.id))
            .collect();
        let reason = if gone.is_empty() {
            return Ok(());
        } else if let Some(unread) = &self.unread {
            Some(unread.clone())
        } else if gone.len() > FEW_GONE
            && gone.len().saturating_mul(100) > known.saturating_mul(MOST_GONE_PERCENT)
        {
            Some(format!(
                "{} of {known} procedures are not in the file: it is taken for a part",
                gone.len()
            ))
        } else {
            None
        };
        if let Some(reason) = reason {
            self.summary.gone_not_marked = Some(reason);
            return Ok(());
        }
        if !self.options.dry_run {
            let (rt, who, dated, gone) = (self.rt, &self.who, self.dated, &gone);
            self.db
                .tx(|tx| async move { write::mark_gone(&tx, rt, who, dated, gone).await })
                .await?;
        }
        for s in gone {
            self.summary.change(Changed {
                kind: ChangeKind::Gone,
                id: s.id,
                code: s.code,
                name: s.name,
                version: s.version,
                differences: Vec::new(),
            });
        }
        Ok(())
    }

    /// Notes that a file was taken.
    async fn note(&self, dated: NaiveDate) -> anyhow::Result<()> {
        if self.options.dry_run || self.summary.read == 0 {
            return Ok(());
        }
        let now = self.rt.clock.now();
        let mut summary = self.summary.clone();
        summary.changes.truncate(100);
        summary.broken.truncate(100);
        let run = &ImportRun {
            id: self.rt.ids.uuid(now),
            kind: KIND.to_owned(),
            // The demo catalogue is no file, and a damaged one may be sent again.
            file_date: (self.options.source == Source::NationalPortal).then_some(dated),
            by_name: self.who.name.clone(),
            summary: serde_json::to_string(&summary)?,
            at: now,
        };
        self.db
            .tx(|tx| async move { drafts::note_import(&*tx, run).await })
            .await
            .map_err(|e: DbErr| e.into())
    }
}
