//! The journal's rows. There is no update and no delete.

use super::corrupt;
use super::entity::journal::{ActiveModel, Column, Entity, Model};
use super::entity::restricted_reader;
use crate::domain::journal::GENESIS;
use crate::domain::{CommandKind, Dossier, Entry};
use chrono::{DateTime, Utc};
use contracts::{AccountId, DossierId, DossierStatus};
use durable::Tx;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, Set,
};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Chains an entry to the one before and writes it. `after`: the dossier after what it tells; whoever handles one of restricted access
/// goes on seeing it.
pub(crate) async fn append(tx: &Tx, after: &Dossier, entry: Entry) -> Result<Entry, DbErr> {
    let prev_hash = if entry.seq == 1 {
        GENESIS.to_owned()
    } else {
        Entity::find_by_id((entry.dossier_id.0, entry.seq - 1))
            .select_only()
            .column(Column::Hash)
            .into_tuple::<String>()
            .one(&**tx)
            .await?
            .ok_or_else(|| {
                corrupt(format!(
                    "journal of {} lacks entry {}",
                    entry.dossier_id,
                    entry.seq - 1
                ))
            })?
    };
    let entry = entry.chained(prev_hash);
    let row = entry.clone();
    let row = ActiveModel {
        dossier_id: Set(row.dossier_id.0),
        seq: Set(row.seq),
        at: Set(row.at),
        actor_id: Set(row.actor_id.map(|id| id.0)),
        actor_name: Set(row.actor_name),
        actor_role: Set(row.actor_role),
        agency_code: Set(row.agency),
        command: Set(row.command),
        from_status: Set(row.from.map(|s| s.as_str().to_owned())),
        to_status: Set(row.to.as_str().to_owned()),
        step: Set(row.step),
        reason: Set(row.reason),
        data: Set(row.data),
        prev_hash: Set(row.prev_hash),
        hash: Set(row.hash),
    };
    Entity::insert(row).exec_without_returning(&**tx).await?;
    if after.restricted {
        note_readers(tx, after.id).await?;
    }
    Ok(entry)
}

/// Notes which officers the journal names.
async fn note_readers(tx: &Tx, dossier: DossierId) -> Result<(), DbErr> {
    let officers: Vec<Uuid> = Entity::find()
        .select_only()
        .column(Column::ActorId)
        .distinct()
        .filter(Column::DossierId.eq(dossier.0))
        .filter(Column::ActorId.is_not_null())
        .filter(Column::AgencyCode.is_not_null())
        .into_tuple()
        .all(&**tx)
        .await?;
    for officer in officers {
        let row = restricted_reader::Model {
            account_id: officer,
            dossier_id: dossier.0,
        };
        restricted_reader::Entity::insert(row.into_active_model())
            .on_conflict(
                OnConflict::columns([
                    restricted_reader::Column::AccountId,
                    restricted_reader::Column::DossierId,
                ])
                .do_nothing()
                .to_owned(),
            )
            .exec_without_returning(&**tx)
            .await?;
    }
    Ok(())
}

/// The whole journal of one dossier, oldest first. The caller has looked the dossier up within its scope.
pub(crate) async fn of(db: &impl ConnectionTrait, dossier: DossierId) -> Result<Vec<Entry>, DbErr> {
    Entity::find()
        .filter(Column::DossierId.eq(dossier.0))
        .order_by_asc(Column::Seq)
        .all(db)
        .await?
        .into_iter()
        .map(entry)
        .collect()
}

/// When the results of these dossiers went to the applicant, at the counter or by post; the last time where it went twice.
pub(crate) async fn returned_at(
    db: &impl ConnectionTrait,
    dossiers: &[Uuid],
) -> Result<BTreeMap<Uuid, DateTime<Utc>>, DbErr> {
    let ways = [CommandKind::HandOver, CommandKind::PostDelivered].map(CommandKind::name);
    let mut out = BTreeMap::new();
    for some in dossiers.chunks(500) {
        let rows: Vec<(Uuid, DateTime<Utc>)> = Entity::find()
            .select_only()
            .columns([Column::DossierId, Column::At])
            .filter(Column::DossierId.is_in(some.iter().copied()))
            .filter(Column::Command.is_in(ways))
            .order_by_asc(Column::Seq)
            .into_tuple()
            .all(db)
            .await?;
        out.extend(rows);
    }
    Ok(out)
}

fn entry(row: Model) -> Result<Entry, DbErr> {
    let status = |s: &str| DossierStatus::parse(s).ok_or_else(|| corrupt(format!("status {s}")));
    Ok(Entry {
        dossier_id: DossierId(row.dossier_id),
        seq: row.seq,
        at: row.at,
        actor_id: row.actor_id.map(AccountId),
        actor_name: row.actor_name,
        actor_role: row.actor_role,
        agency: row.agency_code,
        command: row.command,
        from: row.from_status.as_deref().map(status).transpose()?,
        to: status(&row.to_status)?,
        step: row.step,
        reason: row.reason,
        data: row.data,
        prev_hash: row.prev_hash,
        hash: row.hash,
    })
}
