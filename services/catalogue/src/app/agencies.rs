//! Agencies: written when they differ, each change told once. What they tell is their own calendar on top of the national days that the
//! product was not built with.

use super::facts;
use super::failed::Failed;
use super::reference::{ReferenceSummary, summary};
use crate::domain::agency::Agency;
use crate::domain::reference::{self, AgencyRow, CalendarRow};
use crate::error;
use crate::store::{self, agencies};
use chrono::{DateTime, Utc};
use durable::{Db, Tx};
use kit::etag::IfMatch;
use kit::{Problem, Runtime};
use sea_orm::{ConnectionTrait, DbErr};
use std::collections::{BTreeMap, HashMap};
use vn::worktime::{Calendar, CalendarSpec, DaySpec, DayUse, local_date};

/// Writes agencies that are new or differ and publishes `AgencyChanged` for each; returns how many.
///
/// # Errors
/// The database's.
pub(crate) async fn put(db: &Db, rt: &Runtime, all: &[Agency]) -> Result<usize, DbErr> {
    db.tx(|tx| async move { put_in(&tx, rt, all).await.map(|(c, u)| c + u) })
        .await
}

/// The same in the caller's transaction; returns how many were new and how many differed.
async fn put_in(tx: &Tx, rt: &Runtime, all: &[Agency]) -> Result<(usize, usize), DbErr> {
    let now = rt.clock.now();
    let have = agencies::hashes(&**tx).await?;
    let days = national_days(&**tx).await?;
    let (mut created, mut updated) = (0, 0);
    for a in all {
        let hash = hash_of(a)?;
        let version = match have.get(&a.code) {
            Some((_, old)) if *old == hash => continue,
            Some((version, _)) => {
                updated += 1;
                version + 1
            }
            None => {
                created += 1;
                1
            }
        };
        keep(tx, rt, a, version, &hash, &days, now).await?;
    }
    Ok((created, updated))
}

fn hash_of(a: &Agency) -> Result<String, DbErr> {
    let body = serde_json::to_vec(a).map_err(|e| DbErr::Json(e.to_string()))?;
    Ok(kit::http::sha256_hex(&body))
}

#[expect(
    clippy::too_many_arguments,
    reason = "one row and its event, from what the caller has at hand"
)]
async fn keep(
    tx: &Tx,
    rt: &Runtime,
    a: &Agency,
    version: i64,
    hash: &str,
    days: &[DaySpec],
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    agencies::put(&**tx, a, version, hash, now).await?;
    let event = facts::agency_changed(a, version, local_date(now), days);
    durable::publish(tx, rt, &event).await
}

/// Imported days on which the calendar that the product was built with says otherwise.
pub(crate) async fn national_days(db: &impl ConnectionTrait) -> Result<Vec<DaySpec>, DbErr> {
    let built_in = Calendar::national();
    let days = store::reference::days(db).await?;
    Ok(days
        .into_iter()
        .filter(|d| built_in.is_working_day(d.day) != (d.day_use == DayUse::Work))
        .map(|d| DaySpec {
            date: d.day,
            r#use: d.day_use,
            name: d.name,
            shifts: None,
        })
        .collect())
}

/// An agency's own calendar with the national days added that it does not speak of.
pub(crate) fn with_days(own: &CalendarSpec, days: &[DaySpec]) -> CalendarSpec {
    let mut spec = own.clone();
    for day in days {
        if !spec.days.iter().any(|d| d.date == day.date) {
            spec.days.push(day.clone());
        }
    }
    spec.days.sort_by_key(|d| d.date);
    spec
}

/// Tells of every agency anew, at its next version.
pub(crate) async fn tell_all(tx: &Tx, rt: &Runtime) -> Result<usize, DbErr> {
    let all = agencies::all(&**tx).await?;
    tell(tx, rt, &all).await
}

async fn tell(tx: &Tx, rt: &Runtime, all: &[(Agency, i64)]) -> Result<usize, DbErr> {
    let now = rt.clock.now();
    let days = national_days(&**tx).await?;
    for (a, version) in all {
        keep(tx, rt, a, version + 1, &hash_of(a)?, &days, now).await?;
    }
    Ok(all.len())
}

/// Tells of the agencies that have begun or ended since they were told of last.
pub(crate) async fn tell_begun_and_ended(db: &Db, rt: &Runtime) -> Result<usize, DbErr> {
    let today = local_date(rt.clock.now());
    if agencies::turned(db.read(), today).await?.is_empty() {
        return Ok(0);
    }
    db.tx(|tx| async move {
        let turned = agencies::turned(&*tx, today).await?;
        tell(&tx, rt, &turned).await
    })
    .await
}

/// Imports agencies in both code forms.
pub(crate) async fn import(
    tx: &Tx,
    rt: &Runtime,
    rows: impl Iterator<Item = (u64, AgencyRow)>,
) -> Result<ReferenceSummary, DbErr> {
    let have: BTreeMap<String, Agency> = agencies::all(&**tx)
        .await?
        .into_iter()
        .map(|(a, _)| (a.code.clone(), a))
        .collect();
    let known = have
        .iter()
        .map(|(code, a)| (code.clone(), a.parent_code.clone()))
        .collect();
    let (listed, broken) = reference::agencies(rows, &known);
    let names: HashMap<&str, &str> = have
        .values()
        .map(|a| (a.code.as_str(), a.name.as_str()))
        .chain(listed.iter().map(|a| (a.code.as_str(), a.name.as_str())))
        .collect();
    let today = local_date(rt.clock.now());
    let provinces = store::units::all_provinces(&**tx).await?;
    let province_of = |root: &str| -> String {
        let of_root = || {
            provinces
                .iter()
                .filter(|p| p.agency_code.as_deref() == Some(root))
        };
        of_root()
            .find(|p| p.is_valid_on(today))
            .map(|p| p.code.clone())
            .or_else(|| of_root().find_map(|p| p.successor.clone()))
            .unwrap_or_default()
    };
    let all: Vec<Agency> = listed
        .iter()
        .map(|l| {
            let parent_name = l
                .parent_code
                .as_deref()
                .and_then(|p| names.get(p))
                .map(|n| (*n).to_owned())
                .unwrap_or_default();
            reference::join_agency(l, have.get(&l.code), parent_name, province_of(l.root()))
        })
        .collect();
    let (created, updated) = put_in(tx, rt, &all).await?;
    Ok(ReferenceSummary {
        created,
        updated,
        told: created + updated,
        ..summary(broken)
    })
}

/// Imports office calendars of agencies that are known.
pub(crate) async fn import_calendars(
    tx: &Tx,
    rt: &Runtime,
    rows: impl Iterator<Item = (u64, CalendarRow)>,
) -> Result<ReferenceSummary, DbErr> {
    let (specs, mut broken) = reference::calendars(rows);
    let mut all = Vec::new();
    for (code, spec) in specs {
        match agencies::one(&**tx, &code).await? {
            Some((mut agency, _)) => {
                if let Err(error) = Calendar::from_spec(&spec) {
                    broken.push((0, format!("calendar of `{code}`: {}", error.code())));
                    continue;
                }
                agency.calendar = spec;
                all.push(agency);
            }
            None => broken.push((0, format!("there is no agency `{code}`"))),
        }
    }
    let (created, updated) = put_in(tx, rt, &all).await?;
    Ok(ReferenceSummary {
        created,
        updated,
        told: created + updated,
        ..summary(broken)
    })
}

/// Sets the office calendar of an agency that is at this version; returns the agency and its version.
pub(crate) async fn set_calendar(
    db: &Db,
    rt: &Runtime,
    code: &str,
    at: IfMatch,
    calendar: &CalendarSpec,
) -> Result<(Agency, i64), Failed> {
    db.tx(|tx| async move {
        let (mut agency, version) = agencies::one(&*tx, code)
            .await?
            .ok_or_else(|| Problem::new(error::AGENCY_UNKNOWN))?;
        at.check(version)?;
        agency.calendar = calendar.clone();
        let changed = put_in(&tx, rt, std::slice::from_ref(&agency)).await?;
        Ok::<_, Failed>((agency, version + i64::from(changed != (0, 0))))
    })
    .await
}
