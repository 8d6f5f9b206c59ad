//! Signing keys, sealed.

use super::entity::signing_key::{ActiveModel, Column, Entity};
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, ConnectionTrait, DbErr, EntityTrait as _,
    QueryFilter as _, QueryOrder as _, Set,
};

/// One key. `pkcs8` is the sealed base64url text of the PKCS#8 document.
#[derive(Clone)]
pub(crate) struct StoredKey {
    pub(crate) kid: String,
    pub(crate) pkcs8: String,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) retired_at: Option<DateTime<Utc>>,
}

/// Live keys and those retired after `since` (their tokens may still be alive), newest first.
pub(crate) async fn usable(
    db: &impl ConnectionTrait,
    since: DateTime<Utc>,
) -> Result<Vec<StoredKey>, DbErr> {
    Ok(Entity::find()
        .filter(
            Condition::any()
                .add(Column::RetiredAt.is_null())
                .add(Column::RetiredAt.gt(since)),
        )
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::Kid)
        .all(db)
        .await?
        .into_iter()
        .map(|row| StoredKey {
            kid: row.kid,
            pkcs8: row.pkcs8,
            created_at: row.created_at,
            retired_at: row.retired_at,
        })
        .collect())
}

/// Adds a live key.
pub(crate) async fn add(
    db: &impl ConnectionTrait,
    kid: &str,
    pkcs8: &str,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    ActiveModel {
        kid: Set(kid.to_owned()),
        pkcs8: Set(pkcs8.to_owned()),
        created_at: Set(now),
        retired_at: Set(None),
    }
    .insert(db)
    .await?;
    Ok(())
}

/// Retires the live keys that were made before another: they sign no more, and are published until their tokens are dead.
pub(crate) async fn retire_before(
    db: &impl ConnectionTrait,
    made: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<u64, DbErr> {
    Ok(Entity::update_many()
        .set(ActiveModel {
            retired_at: Set(Some(now)),
            ..Default::default()
        })
        .filter(Column::CreatedAt.lt(made))
        .filter(Column::RetiredAt.is_null())
        .exec(db)
        .await?
        .rows_affected)
}
