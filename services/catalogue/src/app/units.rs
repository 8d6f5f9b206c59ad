//! Provinces and communes: written when they differ, told once per province and change.

use super::facts;
use crate::domain::unit::{Commune, Province};
use crate::store::{procedures, units};
use chrono::{DateTime, Utc};
use durable::{Db, Tx};
use kit::Runtime;
use sea_orm::DbErr;
use vn::worktime::local_date;

/// What was written of provinces and communes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Put {
    pub(crate) created: usize,
    pub(crate) updated: usize,
    /// Provinces whose list changed.
    pub(crate) told: usize,
}

/// Writes provinces and communes in one transaction and publishes what changed.
pub(crate) async fn put(
    db: &Db,
    rt: &Runtime,
    provinces: &[Province],
    communes: &[Commune],
) -> Result<Put, DbErr> {
    db.tx(|tx| async move { put_in(&tx, rt, provinces, communes).await })
        .await
}

/// The same in the caller's transaction.
pub(crate) async fn put_in(
    tx: &Tx,
    rt: &Runtime,
    provinces: &[Province],
    communes: &[Commune],
) -> Result<Put, DbErr> {
    let now = rt.clock.now();
    let provinces = units::put_provinces(&**tx, provinces).await?;
    let communes = units::put_communes(&**tx, communes).await?;
    let mut put = Put {
        created: provinces.0 + communes.0,
        updated: provinces.1 + communes.1,
        told: 0,
    };
    if put.created + put.updated > 0 {
        put.told = publish(tx, rt, now).await?;
        // The running service looks at this counter.
        procedures::next_seq(&**tx).await?;
    }
    Ok(put)
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
