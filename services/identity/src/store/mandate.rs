//! Mandates. Lists take the account that asks first.

use super::entity::mandate::{ActiveModel, Column, Entity, Model};
use super::{from_text, to_text};
use crate::domain::mandate::Mandate;
use chrono::{DateTime, Utc};
use contracts::{AccountId, Ground};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, ConnectionTrait, DbErr, EntityTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, Set,
};
use uuid::Uuid;

fn domain(row: Model) -> Result<Mandate, DbErr> {
    let ground = [Ground::Representative, Ground::Guardian, Ground::Authorised]
        .into_iter()
        .find(|ground| ground.name() == row.ground)
        .ok_or_else(|| DbErr::Custom(format!("unknown ground {}", row.ground)))?;
    Ok(Mandate {
        id: row.id,
        principal: AccountId(row.principal_id),
        agent_number: row.agent_number,
        agent_hash: row.agent_hash,
        ground,
        permissions: from_text(&row.permissions)?,
        document: row.document,
        valid_from: row.valid_from,
        valid_until: row.valid_until,
        created_by: AccountId(row.created_by),
        created_at: row.created_at,
        revoked_at: row.revoked_at,
    })
}

/// Stores a new one.
pub(crate) async fn add(db: &impl ConnectionTrait, mandate: &Mandate) -> Result<(), DbErr> {
    ActiveModel {
        id: Set(mandate.id),
        principal_id: Set(mandate.principal.0),
        agent_number: Set(mandate.agent_number.clone()),
        agent_hash: Set(mandate.agent_hash.clone()),
        ground: Set(mandate.ground.name().to_owned()),
        permissions: Set(to_text(&mandate.permissions)?),
        document: Set(mandate.document.clone()),
        valid_from: Set(mandate.valid_from),
        valid_until: Set(mandate.valid_until),
        created_by: Set(mandate.created_by.0),
        created_at: Set(mandate.created_at),
        revoked_at: Set(None),
        revoked_by: Set(None),
    }
    .insert(db)
    .await?;
    Ok(())
}

/// One, whoever asks: for the sign-in itself.
pub(crate) async fn find(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<Mandate>, DbErr> {
    let row = Entity::find_by_id(id).one(db).await?;
    row.map(domain).transpose()
}

/// Those that somebody gave or holds and that were not revoked, newest first, at most 100.
pub(crate) async fn of(
    db: &impl ConnectionTrait,
    account: AccountId,
    identity_hashes: &[String],
) -> Result<Vec<Mandate>, DbErr> {
    Entity::find()
        .filter(
            Condition::any()
                .add(Column::PrincipalId.eq(account.0))
                .add(Column::AgentHash.is_in(identity_hashes.iter().cloned())),
        )
        .filter(Column::RevokedAt.is_null())
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::Id)
        .limit(100)
        .all(db)
        .await?
        .into_iter()
        .map(domain)
        .collect()
}

/// Removes all that an account gave: who gave them is erased.
pub(crate) async fn forget(db: &impl ConnectionTrait, principal: AccountId) -> Result<(), DbErr> {
    Entity::delete_many()
        .filter(Column::PrincipalId.eq(principal.0))
        .exec(db)
        .await?;
    Ok(())
}

/// Revokes one. False: it was revoked before.
pub(crate) async fn revoke(
    db: &impl ConnectionTrait,
    id: Uuid,
    by: AccountId,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let done = Entity::update_many()
        .set(ActiveModel {
            revoked_at: Set(Some(now)),
            revoked_by: Set(Some(by.0)),
            ..Default::default()
        })
        .filter(Column::Id.eq(id))
        .filter(Column::RevokedAt.is_null())
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}
