//! Passkeys. The public half is no secret, but with its account it is about a person: it rests sealed.

use super::entity::passkey::{ActiveModel, Column, Entity};
use chrono::{DateTime, Utc};
use contracts::AccountId;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _,
    PaginatorTrait as _, QueryFilter as _, QueryOrder as _, Set,
};
use uuid::Uuid;

/// One passkey.
#[derive(Clone, Debug)]
pub(crate) struct Passkey {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    /// The credential as JSON, sealed.
    pub(crate) credential: String,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) used_at: Option<DateTime<Utc>>,
}

/// Those of an account, oldest first.
pub(crate) async fn of(
    db: &impl ConnectionTrait,
    account: AccountId,
) -> Result<Vec<Passkey>, DbErr> {
    let rows = Entity::find()
        .filter(Column::AccountId.eq(account.0))
        .order_by_asc(Column::CreatedAt)
        .order_by_asc(Column::Id)
        .all(db)
        .await?;
    let found = rows.into_iter().map(|row| Passkey {
        id: row.id,
        name: row.name,
        credential: row.credential,
        created_at: row.created_at,
        used_at: row.used_at,
    });
    Ok(found.collect())
}

/// How many an account has.
pub(crate) async fn count(db: &impl ConnectionTrait, account: AccountId) -> Result<u64, DbErr> {
    Entity::find()
        .filter(Column::AccountId.eq(account.0))
        .count(db)
        .await
}

/// Stores a new one.
pub(crate) async fn add(
    db: &impl ConnectionTrait,
    account: AccountId,
    passkey: &Passkey,
) -> Result<(), DbErr> {
    ActiveModel {
        id: Set(passkey.id),
        account_id: Set(account.0),
        name: Set(passkey.name.clone()),
        credential: Set(passkey.credential.clone()),
        created_at: Set(passkey.created_at),
        used_at: Set(None),
    }
    .insert(db)
    .await?;
    Ok(())
}

/// Notes a use, with the counter that the credential has now. False: it is no longer what it was `before`.
pub(crate) async fn used(
    db: &impl ConnectionTrait,
    id: Uuid,
    (before, after): (&str, &str),
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let done = Entity::update_many()
        .set(ActiveModel {
            credential: Set(after.to_owned()),
            used_at: Set(Some(now)),
            ..Default::default()
        })
        .filter(Column::Id.eq(id))
        .filter(Column::Credential.eq(before))
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Takes one away from its account. False: there is none such.
pub(crate) async fn remove(
    db: &impl ConnectionTrait,
    account: AccountId,
    id: Uuid,
) -> Result<bool, DbErr> {
    let done = Entity::delete_many()
        .filter(Column::AccountId.eq(account.0))
        .filter(Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Takes all away from an account. Returns how many there were.
pub(crate) async fn remove_all(
    db: &impl ConnectionTrait,
    account: AccountId,
) -> Result<u64, DbErr> {
    let done = Entity::delete_many()
        .filter(Column::AccountId.eq(account.0))
        .exec(db)
        .await?;
    Ok(done.rows_affected)
}
