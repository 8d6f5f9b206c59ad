//! Import of reference data from tables (CSV): provinces, communes and the official mapping, fields, subjects, results, agencies, holidays, office calendars.
//! A row that cannot be true is reported with its line and left out; the rest is taken in one transaction and told to whoever keeps
//! copies. A second run of the same file changes nothing.

use super::agencies;
use super::import::BrokenLine;
use super::units;
use crate::domain::reference::{self, CalendarDay, FieldRow, ItemKind};
use crate::domain::unit::{self, CurrentRow, MapRow, TWO_TIER};
use crate::store;
use crate::store::drafts::{self, ImportRun, Who};
use chrono::NaiveDate;
use durable::{Db, Tx};
use kit::Runtime;
use sea_orm::DbErr;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::io::Read;
use utoipa::ToSchema;
use vn::worktime::local_date;

/// Bytes of a table that are read.
const MAX_BYTES: u64 = 64 << 20;
/// Rows of a table that are read.
const MAX_ROWS: usize = 200_000;
/// Broken rows that are listed; more are only counted.
const LISTED: usize = 1_000;

/// A kind of reference data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `provinces.csv`.
    Provinces,
    /// `wards.csv`: the communes since 2025-07-01.
    Communes,
    /// `ward_map_old_new.csv`: the communes until 2025-06-30 and what they went into. After [`Kind::Communes`].
    CommuneMapping,
    /// `fields.csv`.
    Fields,
    /// Đối tượng thực hiện: `subject_code,subject_name,valid_from,valid_to`.
    Subjects,
    /// Kết quả thực hiện: `result_code,result_name,valid_from,valid_to`.
    Results,
    /// `agency_level1.csv`, `agency_codes.csv`.
    Agencies,
    /// `holidays.csv`.
    Holidays,
    /// Office calendars: `agency_code,day,shifts,name`.
    Calendars,
}

impl Kind {
    /// All, in an order in which they can be imported.
    pub const ALL: &'static [Kind] = &[
        Kind::Provinces,
        Kind::Communes,
        Kind::CommuneMapping,
        Kind::Fields,
        Kind::Subjects,
        Kind::Results,
        Kind::Agencies,
        Kind::Holidays,
        Kind::Calendars,
    ];

    /// The stable name, as in paths and commands.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Provinces => "provinces",
            Kind::Communes => "communes",
            Kind::CommuneMapping => "commune-mapping",
            Kind::Fields => "fields",
            Kind::Subjects => "subjects",
            Kind::Results => "results",
            Kind::Agencies => "agencies",
            Kind::Holidays => "holidays",
            Kind::Calendars => "calendars",
        }
    }

    /// The inverse of [`Kind::as_str`].
    pub fn parse(s: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|k| k.as_str() == s)
    }
}

/// How to import a table.
#[derive(Clone, Debug, Default)]
pub struct ReferenceOptions {
    /// Say what would change, change nothing.
    pub dry_run: bool,
    /// The day from which a changed name holds; today when absent.
    pub dated: Option<NaiveDate>,
    /// Who imports; the command when absent.
    pub by: Option<Who>,
}

/// What an import of reference data did. `read` = `created` + `updated` + `unchanged` + `skipped`, each a row or a period.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReferenceSummary {
    /// The kind.
    #[schema(example = "fields")]
    pub kind: String,
    /// Rows of the file.
    #[schema(example = 297)]
    pub read: usize,
    /// New things, or new periods of known ones.
    #[schema(example = 297)]
    pub created: usize,
    /// Things that differ from before.
    pub updated: usize,
    /// Rows passed over.
    pub skipped: usize,
    /// Events that were published: provinces whose list changed, agencies.
    pub told: usize,
    /// Rows passed over and why, and rows that the table itself mends, at most a thousand of them.
    pub broken: Vec<BrokenLine>,
    /// Nothing was written.
    pub dry_run: bool,
}

/// Why a table is not taken at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a table of this kind: {0}")]
pub struct Unreadable(pub String);

/// Ends a transaction that shall leave nothing behind.
enum Ended {
    DryRun(ReferenceSummary),
    Db(DbErr),
}

impl From<DbErr> for Ended {
    fn from(error: DbErr) -> Self {
        Self::Db(error)
    }
}

impl durable::TxError for Ended {
    fn db_err(&self) -> Option<&DbErr> {
        match self {
            Ended::Db(error) => Some(error),
            Ended::DryRun(_) => None,
        }
    }
}

/// Imports a table.
///
/// # Errors
/// [`Unreadable`] when it is no table of this kind; the database's. Nothing has changed then.
pub async fn import_reference(
    db: &Db,
    rt: &Runtime,
    kind: Kind,
    reader: impl Read + Send + 'static,
    options: ReferenceOptions,
) -> anyhow::Result<ReferenceSummary> {
    let now = rt.clock.now();
    let dated = options.dated.unwrap_or_else(|| local_date(now));
    let (table, unread) = tokio::task::spawn_blocking(move || Table::read(kind, reader)).await??;
    let (table, unread, options) = (&table, &unread, &options);
    let done = db
        .tx(|tx| async move {
            let mut summary = table.write(&tx, rt, dated).await?;
            kind.as_str().clone_into(&mut summary.kind);
            summary.read = table.len() + unread.len();
            summary.skipped += unread.len();
            for (line, reason) in unread {
                summary.broken.push(BrokenLine {
                    line: *line,
                    reason: reason.clone(),
                });
            }
            summary.broken.sort_by_key(|b| b.line);
            summary.broken.truncate(LISTED);
            if options.dry_run {
                summary.dry_run = true;
                return Err(Ended::DryRun(summary));
            }
            let run = ImportRun {
                id: rt.ids.uuid(now),
                kind: kind.as_str().to_owned(),
                file_date: options.dated,
                by_name: options
                    .by
                    .as_ref()
                    .map_or_else(|| "motcua import".to_owned(), |w| w.name.clone()),
                summary: serde_json::to_string(&summary).map_err(|e| DbErr::Json(e.to_string()))?,
                at: now,
            };
            drafts::note_import(&*tx, &run).await?;
            Ok(summary)
        })
        .await;
    match done {
        Ok(summary) | Err(Ended::DryRun(summary)) => Ok(summary),
        Err(Ended::Db(error)) => Err(error.into()),
    }
}

type Rows<R> = Vec<(u64, R)>;

/// The rows of a file.
enum Table {
    Provinces(Rows<reference::ProvinceRow>),
    Communes(Rows<CurrentRow>),
    CommuneMapping(Rows<MapRow>),
    Fields(Rows<FieldRow>),
    Subjects(Rows<reference::SubjectRow>),
    Results(Rows<reference::ResultRow>),
    Agencies(Rows<reference::AgencyRow>),
    Holidays(Rows<reference::HolidayRow>),
    Calendars(Rows<reference::CalendarRow>),
}

impl Table {
    fn read(kind: Kind, reader: impl Read) -> Result<(Self, Vec<reference::Broken>), Unreadable> {
        Ok(match kind {
            Kind::Provinces => rows(reader).map(|(r, b)| (Self::Provinces(r), b))?,
            Kind::Communes => rows(reader).map(|(r, b)| (Self::Communes(r), b))?,
            Kind::CommuneMapping => rows(reader).map(|(r, b)| (Self::CommuneMapping(r), b))?,
            Kind::Fields => rows(reader).map(|(r, b)| (Self::Fields(r), b))?,
            Kind::Subjects => rows(reader).map(|(r, b)| (Self::Subjects(r), b))?,
            Kind::Results => rows(reader).map(|(r, b)| (Self::Results(r), b))?,
            Kind::Agencies => rows(reader).map(|(r, b)| (Self::Agencies(r), b))?,
            Kind::Holidays => rows(reader).map(|(r, b)| (Self::Holidays(r), b))?,
            Kind::Calendars => rows(reader).map(|(r, b)| (Self::Calendars(r), b))?,
        })
    }

    fn len(&self) -> usize {
        match self {
            Self::Provinces(r) => r.len(),
            Self::Communes(r) => r.len(),
            Self::CommuneMapping(r) => r.len(),
            Self::Fields(r) => r.len(),
            Self::Subjects(r) => r.len(),
            Self::Results(r) => r.len(),
            Self::Agencies(r) => r.len(),
            Self::Holidays(r) => r.len(),
            Self::Calendars(r) => r.len(),
        }
    }

    async fn write(
        &self,
        tx: &Tx,
        rt: &Runtime,
        dated: NaiveDate,
    ) -> Result<ReferenceSummary, DbErr> {
        match self {
            Self::Provinces(r) => {
                let (provinces, broken) = reference::provinces(each(r));
                Ok(of_units(
                    units::put_in(tx, rt, &provinces, &[]).await?,
                    broken,
                ))
            }
            Self::Communes(r) => communes(tx, rt, r).await,
            Self::CommuneMapping(r) => mapping(tx, rt, r).await,
            Self::Fields(r) => fields(tx, r, dated).await,
            Self::Subjects(r) => items(tx, ItemKind::Subject, each(r), dated).await,
            Self::Results(r) => items(tx, ItemKind::Result, each(r), dated).await,
            Self::Agencies(r) => agencies::import(tx, rt, each(r)).await,
            Self::Holidays(r) => holidays(tx, rt, r).await,
            Self::Calendars(r) => agencies::import_calendars(tx, rt, each(r)).await,
        }
    }
}

/// Rows again, for a transaction that may be run again.
fn each<R: Clone>(rows: &[(u64, R)]) -> impl Iterator<Item = (u64, R)> + '_ {
    rows.iter().cloned()
}

/// Reads a table: rows that do not fit are reported with their line; a table of which no row fits is none of this kind.
fn rows<R: DeserializeOwned>(
    reader: impl Read,
) -> Result<(Rows<R>, Vec<reference::Broken>), Unreadable> {
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(reader.take(MAX_BYTES));
    let headers = reader
        .headers()
        .map_err(|e| Unreadable(e.to_string()))?
        .iter()
        .map(|h| h.trim_start_matches('\u{feff}').trim().to_owned())
        .collect::<csv::StringRecord>();
    let (mut good, mut broken) = (Vec::new(), Vec::new());
    for (record, n) in reader.records().zip(2_u64..) {
        if good.len() >= MAX_ROWS {
            broken.push((n, format!("only {MAX_ROWS} rows are read")));
            break;
        }
        let line = match &record {
            Ok(r) => r.position().map_or(n, csv::Position::line),
            Err(e) => e.position().map_or(n, csv::Position::line),
        };
        match record.and_then(|r| r.deserialize::<R>(Some(&headers))) {
            Ok(row) => good.push((line, row)),
            Err(error) if error.is_io_error() => {
                broken.push((line, format!("the file cannot be read further: {error}")));
                break;
            }
            Err(error) => broken.push((line, error.to_string())),
        }
    }
    if good.is_empty() {
        let reason = broken
            .first()
            .map_or_else(|| "it has no rows".to_owned(), |(_, reason)| reason.clone());
        return Err(Unreadable(reason));
    }
    Ok((good, broken))
}

/// A summary with the rows that were left out.
pub(super) fn summary(broken: Vec<reference::Broken>) -> ReferenceSummary {
    ReferenceSummary {
        skipped: broken.len(),
        broken: broken
            .into_iter()
            .map(|(line, reason)| BrokenLine { line, reason })
            .collect(),
        ..ReferenceSummary::default()
    }
}

fn of_units(put: units::Put, broken: Vec<reference::Broken>) -> ReferenceSummary {
    ReferenceSummary {
        created: put.created,
        updated: put.updated,
        told: put.told,
        ..summary(broken)
    }
}

async fn communes(
    tx: &Tx,
    rt: &Runtime,
    rows: &[(u64, CurrentRow)],
) -> Result<ReferenceSummary, DbErr> {
    let provinces: std::collections::BTreeSet<String> = store::units::provinces_on(&**tx, TWO_TIER)
        .await?
        .into_iter()
        .map(|p| p.code)
        .collect();
    let have: BTreeMap<String, unit::Commune> = store::units::all_communes(&**tx)
        .await?
        .into_iter()
        .filter(|c| c.valid_to.is_none())
        .map(|c| (c.code.clone(), c))
        .collect();
    let (mut good, mut broken) = (BTreeMap::new(), Vec::new());
    for (line, r) in rows {
        if !unit::is_commune_code(&r.code) {
            broken.push((*line, format!("`{}` is no commune code", r.code)));
        } else if !provinces.contains(&r.province_code) {
            broken.push((*line, format!("there is no province `{}`", r.province_code)));
        } else {
            let name = vn::text::clean(&r.full_name);
            // What is known to have been so before the change of 2025-07-01 keeps its period.
            let since = have
                .get(&r.code)
                .filter(|c| c.name == name && c.province_code == r.province_code)
                .map_or(Some(TWO_TIER), |c| c.valid_from);
            let commune = unit::Commune {
                code: r.code.clone(),
                name,
                province_code: r.province_code.clone(),
                home_province_code: r.province_code.clone(),
                valid_from: since,
                valid_to: None,
                successors: Vec::new(),
            };
            if good.insert(r.code.clone(), commune).is_some() {
                broken.push((*line, format!("`{}` was met before in this file", r.code)));
            }
        }
    }
    let good: Vec<unit::Commune> = good.into_values().collect();
    Ok(of_units(units::put_in(tx, rt, &[], &good).await?, broken))
}

async fn mapping(tx: &Tx, rt: &Runtime, rows: &[(u64, MapRow)]) -> Result<ReferenceSummary, DbErr> {
    let current: Vec<CurrentRow> = store::units::all_communes(&**tx)
        .await?
        .into_iter()
        .filter(|c| c.valid_to.is_none())
        .map(|c| CurrentRow {
            code: c.code,
            full_name: c.name,
            province_code: c.province_code,
        })
        .collect();
    let known: std::collections::BTreeSet<&str> = current.iter().map(|c| c.code.as_str()).collect();
    let unit::Mapping {
        good: map,
        mended,
        broken,
    } = unit::believable(rows, &known);
    let (communes, _astray) = unit::join(&current, &map);
    // Only communes that the mapping tells of: it says nothing of the others.
    let told: std::collections::BTreeSet<&str> = map
        .iter()
        .flat_map(|r| [r.old_code.as_str(), r.new_code.as_str()])
        .collect();
    let communes: Vec<unit::Commune> = communes
        .into_iter()
        .filter(|c| told.contains(c.code.as_str()))
        .collect();
    let (created, updated) = store::units::put_mapping(&**tx, &map).await?;
    let put = units::put_in(tx, rt, &[], &communes).await?;
    let mut done = ReferenceSummary {
        created,
        updated,
        told: put.told,
        ..summary(broken)
    };
    let mended = mended
        .into_iter()
        .map(|(line, reason)| BrokenLine { line, reason });
    done.broken.extend(mended);
    Ok(done)
}

async fn fields(
    tx: &Tx,
    rows: &[(u64, FieldRow)],
    dated: NaiveDate,
) -> Result<ReferenceSummary, DbErr> {
    let (listed, broken) = reference::fields(each(rows));
    let have = store::reference::fields(&**tx).await?;
    let change = reference::periods(listed, &have, dated);
    store::reference::put_fields(&**tx, &change.write).await?;
    Ok(of_periods(&change, broken))
}

async fn items<R: Into<FieldRow>>(
    tx: &Tx,
    kind: ItemKind,
    rows: impl Iterator<Item = (u64, R)>,
    dated: NaiveDate,
) -> Result<ReferenceSummary, DbErr> {
    let (listed, broken) = reference::fields(rows.map(|(line, r)| (line, r.into())));
    let have = store::reference::items(&**tx, kind).await?;
    let change = reference::periods(listed, &have, dated);
    store::reference::put_items(&**tx, kind, &change.write).await?;
    Ok(of_periods(&change, broken))
}

fn of_periods(change: &reference::Periods, broken: Vec<reference::Broken>) -> ReferenceSummary {
    ReferenceSummary {
        created: change.created,
        updated: change.updated,
        ..summary(broken)
    }
}

async fn holidays(
    tx: &Tx,
    rt: &Runtime,
    rows: &[(u64, reference::HolidayRow)],
) -> Result<ReferenceSummary, DbErr> {
    let (listed, broken) = reference::holidays(each(rows));
    let have: BTreeMap<NaiveDate, CalendarDay> = store::reference::days(&**tx)
        .await?
        .into_iter()
        .map(|d| (d.day, d))
        .collect();
    let before = agencies::national_days(&**tx).await?;
    let created = listed.iter().filter(|d| !have.contains_key(&d.day)).count();
    let write: Vec<CalendarDay> = listed
        .into_iter()
        .filter(|d| have.get(&d.day) != Some(d))
        .collect();
    store::reference::put_days(&**tx, &write).await?;
    // What the product did not know bears on due dates: every agency's calendar says it from now on.
    let told = if agencies::national_days(&**tx).await? == before {
        0
    } else {
        agencies::tell_all(tx, rt).await?
    };
    Ok(ReferenceSummary {
        created,
        updated: write.len() - created,
        told,
        ..summary(broken)
    })
}

/// Bytes as a table of each kind, as far as it goes without a database: for the fuzz targets. Every row is taken or refused with its line.
pub(crate) fn fuzz(bytes: &[u8]) {
    for kind in Kind::ALL {
        let Ok((table, _unread)) = Table::read(*kind, bytes) else {
            continue;
        };
        assert!(table.len() > 0, "a table of no rows is none");
        let told = match &table {
            Table::Provinces(r) => {
                let (good, broken) = reference::provinces(each(r));
                good.len() + broken.len()
            }
            Table::Communes(r) => r.len(),
            Table::CommuneMapping(r) => mapped(r),
            Table::Fields(r) => named(each(r)),
            Table::Subjects(r) => named(each(r).map(|(line, r)| (line, r.into()))),
            Table::Results(r) => named(each(r).map(|(line, r)| (line, r.into()))),
            Table::Agencies(r) => {
                let (good, broken) = reference::agencies(each(r), &BTreeMap::new());
                good.len() + broken.len()
            }
            Table::Holidays(r) => {
                let (good, broken) = reference::holidays(each(r));
                // Two holidays may meet on a day.
                let days: std::collections::BTreeSet<NaiveDate> =
                    good.iter().map(|d| d.day).collect();
                assert_eq!(days.len(), good.len(), "a day is there twice");
                assert!(good.len() + broken.len() <= r.len());
                r.len()
            }
            Table::Calendars(r) => {
                let (specs, broken) = reference::calendars(each(r));
                for spec in specs.values() {
                    drop(vn::worktime::Calendar::from_spec(spec));
                }
                assert!(broken.len() <= r.len());
                r.len()
            }
        };
        assert_eq!(told, table.len(), "rows of {} are lost", kind.as_str());
    }
}

/// Rows of the mapping that are taken or refused; what is taken leads somewhere.
fn mapped(rows: &[(u64, MapRow)]) -> usize {
    let current: Vec<CurrentRow> = rows
        .iter()
        .map(|(_, r)| CurrentRow {
            code: r.new_code.clone(),
            full_name: r.new_name.clone(),
            province_code: r.new_province_code.clone(),
        })
        .collect();
    let known = current.iter().map(|c| c.code.as_str()).collect();
    let map = unit::believable(rows, &known);
    let (_, astray) = unit::join(&current, &map.good);
    assert!(astray.is_empty(), "{astray:?} lead nowhere");
    map.good.len() + map.broken.len()
}

/// Rows of named things that are taken or refused; where nothing was known, all that are taken are new.
fn named(rows: impl Iterator<Item = (u64, FieldRow)>) -> usize {
    let (good, broken) = reference::fields(rows);
    let told = good.len() + broken.len();
    let listed = good.len();
    let change = reference::periods(good, &[], TWO_TIER);
    assert_eq!(change.created, listed, "nothing was known before");
    told
}
