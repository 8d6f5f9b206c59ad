//! Agencies: written when they differ, each change told once.

use super::facts;
use crate::domain::agency::Agency;
use crate::store::agencies;
use durable::Db;
use kit::Runtime;
use sea_orm::DbErr;
use vn::worktime::local_date;

/// Writes agencies that are new or differ and publishes `AgencyChanged` for each; returns how many.
///
/// # Errors
/// The database's.
pub(crate) async fn put(db: &Db, rt: &Runtime, all: &[Agency]) -> anyhow::Result<usize> {
    let now = rt.clock.now();
    let today = local_date(now);
    let n = db
        .tx(|tx| async move {
            let have = agencies::hashes(&*tx).await?;
            let mut changed = 0;
            for a in all {
                let body = serde_json::to_vec(a).map_err(|e| DbErr::Json(e.to_string()))?;
                let hash = kit::http::sha256_hex(&body);
                let version = match have.get(&a.code) {
                    Some((_, old)) if *old == hash => continue,
                    Some((version, _)) => version + 1,
                    None => 1,
                };
                agencies::put(&*tx, a, version, &hash, now).await?;
                durable::publish(&tx, rt, &facts::agency_changed(a, version, today)).await?;
                changed += 1;
            }
            Ok::<_, DbErr>(changed)
        })
        .await?;
    Ok(n)
}
