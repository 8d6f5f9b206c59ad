//! The whole catalogue as open data: the portal's own JSON, one procedure a line, or one table (CSV), as it was in force on a day.

use crate::domain::content::{Content, Method};
use crate::domain::portal::to_line;
use crate::store::quality::{self, InForce};
use bytes::Bytes;
use chrono::NaiveDate;
use contracts::Channel;
use durable::Db;
use futures_util::Stream;
use sea_orm::DbErr;
use std::io::Write;
use uuid::Uuid;

/// Procedures read at a time.
const BATCH: u64 = 200;

/// The form of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The portal's JSON, one procedure a line: can be imported again.
    JsonLines,
    /// One row a procedure.
    Csv,
}

impl Format {
    /// `jsonl` or `csv`.
    pub fn parse(s: &str) -> Option<Self> {
        match s {
            "jsonl" => Some(Self::JsonLines),
            "csv" => Some(Self::Csv),
            _ => None,
        }
    }
}

const HEADER: [&str; 25] = [
    "id",
    "version",
    "code",
    "name",
    "field_code",
    "field_name",
    "levels",
    "service_level",
    "channels",
    "terms",
    "fees",
    "subjects",
    "executing_agencies",
    "decision_number",
    "decision_date",
    "promulgator",
    "effective_from",
    "effective_to",
    "source",
    "postal",
    "non_territorial",
    "kiosk",
    "immediate_result",
    "financial_duty",
    "internal",
];

/// The catalogue as in force on a day, piece by piece; memory is bounded by one batch.
pub(crate) fn stream(
    db: Db,
    day: NaiveDate,
    format: Format,
) -> impl Stream<Item = Result<Bytes, DbErr>> {
    enum At {
        Start,
        After(Uuid),
        End,
    }
    futures_util::stream::unfold(At::Start, move |at| {
        let db = db.clone();
        async move {
            let (after, mut piece) = match at {
                At::Start => (None, head(format)),
                At::After(id) => (Some(id), Vec::new()),
                At::End => return None,
            };
            match quality::in_force(db.read(), day, after, BATCH).await {
                Ok((rows, last)) => {
                    let written = rows
                        .iter()
                        .try_for_each(|row| write(&mut piece, row, format))
                        .map_err(|e| DbErr::Custom(e.to_string()))
                        .map(|()| Bytes::from(piece));
                    let next = last.map_or(At::End, At::After);
                    Some((written, next))
                }
                Err(error) => Some((Err(error), At::End)),
            }
        }
    })
}

/// Writes the catalogue as in force on a day; returns how many procedures.
///
/// # Errors
/// The database's, and those of writing.
pub async fn export(
    db: &Db,
    day: NaiveDate,
    format: Format,
    to: &mut (impl Write + Send),
) -> anyhow::Result<u64> {
    to.write_all(&head(format))?;
    let (mut n, mut after) = (0, None);
    loop {
        let (rows, last) = quality::in_force(db.read(), day, after, BATCH).await?;
        let mut piece = Vec::new();
        for row in &rows {
            write(&mut piece, row, format)?;
            n += 1;
        }
        to.write_all(&piece)?;
        if last.is_none() {
            return Ok(n);
        }
        after = last;
    }
}

fn head(format: Format) -> Vec<u8> {
    match format {
        Format::JsonLines => Vec::new(),
        Format::Csv => {
            let mut line = HEADER.join(",").into_bytes();
            line.push(b'\n');
            line
        }
    }
}

fn write(to: &mut Vec<u8>, row: &InForce, format: Format) -> anyhow::Result<()> {
    match format {
        Format::JsonLines => {
            serde_json::to_writer(&mut *to, &to_line(row.id, &row.content))?;
            to.push(b'\n');
        }
        Format::Csv => {
            let mut csv = csv::Writer::from_writer(&mut *to);
            csv.write_record(cells(row))?;
            csv.flush()?;
        }
    }
    Ok(())
}

fn cells(row: &InForce) -> [String; 25] {
    let c: &Content = &row.content;
    let join = |all: Vec<&str>| all.join("; ");
    let date = |d: Option<NaiveDate>| d.map(|d| d.to_string()).unwrap_or_default();
    let by_channel = |what: fn(&Method) -> String| {
        c.methods
            .iter()
            .map(|m| format!("{}: {}", channel(m.channel), what(m)))
            .collect::<Vec<_>>()
            .join(" | ")
    };
    [
        row.id.to_string(),
        row.version.to_string(),
        safe(&c.code),
        safe(&c.name),
        safe(&c.field.code),
        safe(&c.field.name),
        join(c.levels.iter().map(|l| l.as_str()).collect()),
        c.service_level.as_str().to_owned(),
        join(c.channels().iter().map(|ch| channel(*ch)).collect()),
        safe(&by_channel(|m| m.term.text.clone())),
        safe(&by_channel(|m| {
            let fees = m.fees.iter().map(|f| f.fee.text.as_str());
            fees.collect::<Vec<_>>().join("; ")
        })),
        safe(&join(c.subjects.iter().map(|s| s.name.as_str()).collect())),
        safe(&join(
            c.agencies
                .executing
                .iter()
                .map(|a| a.name.as_str())
                .collect(),
        )),
        safe(c.decision.number.as_deref().unwrap_or_default()),
        date(c.decision.date),
        safe(&c.decision.promulgator.name),
        date(row.effective_from),
        date(row.effective_to),
        row.source.clone(),
        said(c.by_post()),
        said(c.non_territorial),
        said(c.kiosk),
        said(c.immediate_result),
        said(c.financial_duty),
        said(Some(c.internal)),
    ]
}

fn channel(channel: Channel) -> &'static str {
    match channel {
        Channel::Online => "online",
        Channel::Direct => "direct",
        Channel::Postal => "postal",
    }
}

/// Yes or no; empty for what nobody has said.
fn said(flag: Option<bool>) -> String {
    flag.map(|yes| if yes { "yes" } else { "no" }.to_owned())
        .unwrap_or_default()
}

/// A cell that a spreadsheet does not take for a formula.
fn safe(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}
