//! `motcua import procedures FILE`.

use crate::settings::{Databases, Settings};
use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use std::fs::File;
use std::io::IsTerminal as _;
use std::path::Path;
use std::sync::Arc;

/// Imports procedures into the catalogue's database and returns the summary.
///
/// # Errors
/// When the file cannot be opened or the database refuses. Broken lines are in the summary instead.
pub async fn procedures(
    settings: &Settings,
    file: &Path,
    dry_run: bool,
) -> anyhow::Result<catalogue::ImportSummary> {
    let all = settings.all()?;
    let rt = kit::process::runtime(&all.process)?;
    let databases = Databases::open(&all, &rt).await?;
    durable::migrate(&databases.catalogue, catalogue::migrations)
        .await
        .context("migrating catalogue")?;
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
        dry_run,
        progress: Some(Arc::new(move |progress: catalogue::Progress| {
            shown.set_position(progress.bytes);
            shown.set_message(format!("{} dòng (lines)", progress.lines));
        })),
        ..catalogue::ImportOptions::default()
    };
    let summary = catalogue::import_procedures(&databases.catalogue, &rt, reader, options).await?;
    bar.finish_and_clear();
    Ok(summary)
}

/// The summary for people.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn tell(summary: &catalogue::ImportSummary) -> anyhow::Result<String> {
    let value = serde_json::to_value(summary)?;
    let mut out = String::new();
    for key in ["read", "created", "updated", "unchanged", "skipped"] {
        out.push_str(&format!(
            "  {key:<10} {}\n",
            value.get(key).unwrap_or(&serde_json::Value::Null)
        ));
    }
    for (title, key) in [("warnings", "warnings"), ("broken lines", "broken")] {
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
