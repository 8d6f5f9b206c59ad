//! Rights that were taken away while tokens with them may still be alive.

use super::entity::revocation::{ActiveModel, Column, Entity};
use chrono::{DateTime, Utc};
use contracts::AccountId;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _, Set};
use uuid::Uuid;

/// Refuses tokens of this account with rights older than this version.
pub(crate) async fn put(
    db: &impl ConnectionTrait,
    account: AccountId,
    version: i64,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    Entity::insert(ActiveModel {
        account_id: Set(account.0),
        version: Set(version),
        at: Set(now),
    })
    .on_conflict(
        OnConflict::column(Column::AccountId)
            .update_columns([Column::Version, Column::At])
            .to_owned(),
    )
    .exec_without_returning(db)
    .await?;
    Ok(())
}

/// Refuses the tokens that came of this mandate, grant or session: it stands beside the accounts and has but one version, older than which
/// are all tokens that name it.
pub(crate) async fn end(
    db: &impl ConnectionTrait,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    put(db, AccountId(id), 1, now).await
}

/// Whether tokens that came of this grant or session are refused.
pub(crate) async fn is_ended(db: &impl ConnectionTrait, id: Uuid) -> Result<bool, DbErr> {
    Ok(of(db, AccountId(id)).await?.is_some())
}

/// The first version of this account whose tokens are good, if older ones are not.
pub(crate) async fn of(
    db: &impl ConnectionTrait,
    account: AccountId,
) -> Result<Option<i64>, DbErr> {
    let row = Entity::find_by_id(account.0).one(db).await?;
    Ok(row.map(|row| row.version))
}

/// What was revoked after `since`: accounts, and what stands beside them.
pub(crate) async fn since(
    db: &impl ConnectionTrait,
    since: DateTime<Utc>,
) -> Result<Vec<(AccountId, i64)>, DbErr> {
    let rows = Entity::find().filter(Column::At.gt(since)).all(db).await?;
    Ok(rows
        .into_iter()
        .map(|row| (AccountId(row.account_id), row.version))
        .collect())
}

/// Forgets what was revoked before `before`: no token of then is alive.
pub(crate) async fn clean(db: &impl ConnectionTrait, before: DateTime<Utc>) -> Result<u64, DbErr> {
    Ok(Entity::delete_many()
        .filter(Column::At.lt(before))
        .exec(db)
        .await?
        .rows_affected)
}
