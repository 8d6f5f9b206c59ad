//! Provinces and communes: written when they differ, told once per province and change.

use super::facts;
use crate::domain::unit::{self, Commune, CurrentRow, MapRow, Province};
use crate::store::units;
use anyhow::Context as _;
use chrono::{DateTime, Utc};
use durable::{Db, Tx};
use kit::Runtime;
use sea_orm::DbErr;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::Read;
use vn::worktime::local_date;

/// What an import of units did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UnitsSummary {
    /// Communes in the files, one per period.
    pub read: usize,
    /// New ones.
    pub created: usize,
    /// Ones that differ from before.
    pub updated: usize,
    /// Ones that are as they were.
    pub unchanged: usize,
    /// Provinces whose list changed.
    pub provinces: usize,
    /// Lines of the mapping that lead to no commune.
    pub astray: Vec<String>,
}

/// Imports current communes (`wards.csv`: `code,name,type,full_name,province_code`) and the official mapping of old ones
/// (`ward_map_old_new.csv`: `old_code,old_name,…,new_code,new_name,new_province_code,…`). `UnitsChanged` is published for each province
/// whose list changed. A second run changes nothing.
///
/// # Errors
/// When a file is not such a CSV, or the database fails; then nothing has changed.
pub async fn import_units(
    db: &Db,
    rt: &Runtime,
    wards: impl Read,
    map: impl Read,
) -> anyhow::Result<UnitsSummary> {
    let current: Vec<CurrentRow> = rows(wards).context("current communes")?;
    let mapping: Vec<MapRow> = rows(map).context("mapping of old communes")?;
    let (communes, astray) = unit::join(&current, &mapping);
    let mut summary = put(db, rt, &[], &communes).await?;
    summary.astray = astray;
    Ok(summary)
}

fn rows<T: DeserializeOwned>(from: impl Read) -> anyhow::Result<Vec<T>> {
    let mut reader = csv::Reader::from_reader(from);
    let rows = reader
        .deserialize()
        .collect::<Result<Vec<T>, csv::Error>>()?;
    Ok(rows)
}

/// Writes provinces and communes in one transaction and publishes what changed.
pub(crate) async fn put(
    db: &Db,
    rt: &Runtime,
    provinces: &[Province],
    communes: &[Commune],
) -> anyhow::Result<UnitsSummary> {
    let now = rt.clock.now();
    let summary = db
        .tx(|tx| async move {
            let changed = units::put_provinces(&*tx, provinces).await?;
            let (created, updated) = units::put_communes(&*tx, communes).await?;
            let told = if changed + created + updated > 0 {
                publish(&tx, rt, now).await?
            } else {
                0
            };
            Ok::<_, DbErr>(UnitsSummary {
                read: communes.len(),
                created,
                updated,
                unchanged: communes.len() - created - updated,
                provinces: told,
                astray: Vec::new(),
            })
        })
        .await?;
    Ok(summary)
}

/// Publishes the list of each present province when it differs from what was published last; returns how many did.
async fn publish(tx: &Tx, rt: &Runtime, now: DateTime<Utc>) -> Result<usize, DbErr> {
    let published = units::published(&**tx).await?;
    let today = local_date(now);
    let mut told = 0;
    for province in units::provinces_on(&**tx, today).await? {
        let communes = units::communes_of_home(&**tx, &province.code).await?;
        let event = facts::units_changed(&province.code, &province.name, 0, &communes);
        let body = serde_json::to_vec(&event).map_err(|e| DbErr::Json(e.to_string()))?;
        let hash = kit::http::sha256_hex(&body);
        let version = match published.get(&province.code) {
            Some((_, old)) if *old == hash => continue,
            Some((version, _)) => version + 1,
            None => 1,
        };
        let event = facts::units_changed(&province.code, &province.name, version, &communes);
        durable::publish(tx, rt, &event).await?;
        units::set_published(&**tx, &province.code, version, &hash, now).await?;
        told += 1;
    }
    Ok(told)
}
