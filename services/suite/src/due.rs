//! `motcua due`: a due instant, explained day by day. For officers, and for anyone who checks us.

use crate::settings::Settings;
use anyhow::Context as _;
use chrono::{DateTime, FixedOffset, Utc};
use clap::{Args, ValueEnum};
use durable::Db;
use serde_json::json;
use vn::worktime::{Calendar, Term, due, local};

/// What to compute.
#[derive(Debug, Args)]
pub struct Arguments {
    /// When the dossier was received complete, RFC 3339, e.g. `2026-01-30T09:00:00+07:00`.
    start: DateTime<FixedOffset>,
    /// How long, e.g. `10` or `1.5`.
    term: String,
    /// workingHour, workingDay, day, month or year.
    unit: String,
    /// How it came in. The rules are the same for all channels; the term of a procedure may differ.
    #[arg(long, value_enum, default_value_t = Channel::Online)]
    channel: Channel,
    /// Code of an agency of this installation, e.g. `H05.21`: its own working time counts.
    #[arg(long, value_name = "CODE")]
    agency: Option<String>,
    /// One JSON object with `dueAt` and `steps`.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Channel {
    Online,
    Direct,
    Postal,
}

/// Computes and explains.
///
/// # Errors
/// A term, unit or calendar that cannot be, named; an agency that the catalogue does not have.
pub async fn run(settings: &Settings, arguments: &Arguments) -> anyhow::Result<String> {
    let term = Term::parse(&arguments.term, &arguments.unit)
        .with_context(|| format!("{} {}", arguments.term, arguments.unit))?;
    let calendar = match &arguments.agency {
        None => Calendar::national(),
        Some(code) => {
            let all = settings.all()?;
            let rt = kit::process::runtime(&all.process)?;
            let db = Db::open(&all.catalogue.database, &rt).await?;
            let found = catalogue::agency_calendar(&db, code)
                .await
                .context("the catalogue cannot be read")?;
            Calendar::from_spec(
                &found.with_context(|| format!("the catalogue has no agency {code}"))?,
            )?
        }
    };
    let start = arguments.start.with_timezone(&Utc);
    let found = due(start, &term, &calendar)?;
    if arguments.json {
        let answer = json!({
            "startAt": local(start).to_rfc3339(),
            "term": term,
            "channel": format!("{:?}", arguments.channel).to_lowercase(),
            "dueAt": local(found.due_at).to_rfc3339(),
            "steps": found.steps,
        });
        return Ok(serde_json::to_string(&answer)?);
    }
    Ok(found.explain(vn::Lang::Vi))
}
