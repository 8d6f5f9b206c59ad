//! `motcua import …`, `motcua quality`, `motcua export FILE`: the catalogue's data in and out.

use crate::settings::Settings;
use anyhow::Context as _;
use chrono::NaiveDate;
use indicatif::{ProgressBar, ProgressStyle};
use std::fs::File;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Imports procedures into the catalogue's database and returns the summary.
///
/// # Errors
/// When the file cannot be opened or the database refuses. Broken lines are in the summary instead.
pub async fn procedures(
    settings: &Settings,
    file: &Path,
    options: catalogue::ImportOptions,
) -> anyhow::Result<catalogue::ImportSummary> {
    let (db, rt) = open(settings).await?;
    let size = std::fs::metadata(file)
        .with_context(|| format!("cannot read {}", file.display()))?
        .len();
    let bar = if std::io::stderr().is_terminal() {
        ProgressBar::new(size)
    } else {
        ProgressBar::hidden()
    };
    bar.set_style(ProgressStyle::with_template(
        "{bar:40} {percent:>3} %  {msg}",
    )?);
    let reader = File::open(file).with_context(|| format!("cannot open {}", file.display()))?;
    let shown = bar.clone();
    let options = catalogue::ImportOptions {
        progress: Some(Arc::new(move |progress: catalogue::Progress| {
            shown.set_position(progress.bytes);
            shown.set_message(format!("{} dòng (lines)", progress.lines));
        })),
        ..options
    };
    let summary = catalogue::import_procedures(&db, &rt, reader, options).await?;
    bar.finish_and_clear();
    Ok(summary)
}

/// A table to import.
#[derive(Debug, clap::Args)]
pub struct Table {
    /// The file.
    file: PathBuf,
    /// Say what would change, change nothing.
    #[arg(long)]
    dry_run: bool,
    /// The day from which a changed name holds; today when absent.
    #[arg(long, value_name = "DATE")]
    dated: Option<NaiveDate>,
    /// One JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

/// The catalogue's database, up to date: all that its pod can reach.
async fn open(settings: &Settings) -> anyhow::Result<(durable::Db, kit::Runtime)> {
    let all = settings.all()?;
    let rt = kit::process::runtime(&all.process)?;
    let db = durable::Db::open(&all.catalogue.database, &rt)
        .await
        .context("database of catalogue")?;
    durable::migrate(&db, catalogue::migrations)
        .await
        .context("migrating catalogue")?;
    Ok((db, rt))
}

/// Imports a table of reference data.
///
/// # Errors
/// When the file cannot be read as such a table or the database refuses. Broken rows are in the summary instead.
pub async fn reference(
    settings: &Settings,
    kind: catalogue::Kind,
    table: Table,
) -> anyhow::Result<catalogue::ReferenceSummary> {
    let (db, rt) = open(settings).await?;
    let file =
        File::open(&table.file).with_context(|| format!("cannot open {}", table.file.display()))?;
    let options = catalogue::ReferenceOptions {
        dry_run: table.dry_run,
        dated: table.dated,
        by: None,
    };
    catalogue::import_reference(&db, &rt, kind, file, options).await
}

/// What is doubtful in the catalogue.
///
/// # Errors
/// The database's.
pub async fn quality(
    settings: &Settings,
    kind: Option<&str>,
    examples: usize,
) -> anyhow::Result<catalogue::QualityReport> {
    let (db, _) = open(settings).await?;
    Ok(catalogue::quality_report(&db, kind, examples).await?)
}

/// The report for people.
pub fn tell_quality(report: &catalogue::QualityReport) -> String {
    let mut out = format!("  {} thủ tục (procedures)\n", report.procedures);
    for kind in &report.kinds {
        out.push_str(&format!(
            "  {:<28} {:>6} procedures, {:>6} times\n",
            kind.kind, kind.procedures, kind.count
        ));
        for e in &kind.examples {
            let example = e.example.replace('\n', " ");
            out.push_str(&format!("      {:<12} {example}\n", e.code));
        }
    }
    out
}

/// Writes the catalogue to a file; returns how many procedures.
///
/// # Errors
/// The database's, and those of the file.
pub async fn export(
    settings: &Settings,
    file: &Path,
    format: catalogue::Format,
    as_of: Option<NaiveDate>,
) -> anyhow::Result<u64> {
    let (db, rt) = open(settings).await?;
    let day = as_of.unwrap_or_else(|| vn::worktime::local_date(rt.clock.now()));
    let mut to = std::io::BufWriter::new(
        File::create(file).with_context(|| format!("cannot write {}", file.display()))?,
    );
    let n = catalogue::export(&db, day, format, &mut to).await?;
    to.flush()?;
    Ok(n)
}

/// A summary for people.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn tell(summary: &impl serde::Serialize) -> anyhow::Result<String> {
    let value = serde_json::to_value(summary)?;
    let mut out = String::new();
    for key in [
        "read",
        "created",
        "updated",
        "proposed",
        "unchanged",
        "skipped",
        "gone",
        "back",
        "told",
        "goneNotMarked",
    ] {
        if let Some(n) = value.get(key) {
            out.push_str(&format!("  {key:<14} {n}\n"));
        }
    }
    for (title, key) in [
        ("warnings", "warnings"),
        ("changes", "changes"),
        ("broken lines", "broken"),
    ] {
        match value.get(key) {
            Some(serde_json::Value::Object(kinds)) if !kinds.is_empty() => {
                out.push_str(&format!("  {title}\n"));
                for (kind, count) in kinds {
                    out.push_str(&format!("    {kind:<32} {count}\n"));
                }
            }
            Some(serde_json::Value::Array(lines)) if !lines.is_empty() => {
                out.push_str(&format!("  {title}\n"));
                for line in lines {
                    out.push_str(&format!("    {line}\n"));
                }
            }
            _ => {}
        }
    }
    Ok(out)
}
