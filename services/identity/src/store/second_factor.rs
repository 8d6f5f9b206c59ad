//! Second factors and their recovery codes.

use super::entity::{recovery_code as code, second_factor as factor};
use chrono::{DateTime, Utc};
use contracts::AccountId;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, PaginatorTrait as _,
    QueryFilter as _, Set,
};

/// A second factor as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct SecondFactor {
    /// The shared secret, base32, sealed.
    pub(crate) secret: String,
    /// Since when it is asked for; `None`: not confirmed yet.
    pub(crate) confirmed_at: Option<DateTime<Utc>>,
}

/// The second factor of an account.
pub(crate) async fn find(
    db: &impl ConnectionTrait,
    account: AccountId,
) -> Result<Option<SecondFactor>, DbErr> {
    Ok(factor::Entity::find_by_id(account.0)
        .one(db)
        .await?
        .map(|row| SecondFactor {
            secret: row.secret,
            confirmed_at: row.confirmed_at,
        }))
}

/// Stores a secret that is not confirmed yet, in place of one that is not either.
pub(crate) async fn propose(
    db: &impl ConnectionTrait,
    account: AccountId,
    sealed: &str,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let row = factor::ActiveModel {
        account_id: Set(account.0),
        secret: Set(sealed.to_owned()),
        created_at: Set(now),
        confirmed_at: Set(None),
        last_step: Set(0),
    };
    factor::Entity::insert(row)
        .on_conflict(
            OnConflict::column(factor::Column::AccountId)
                .update_columns([factor::Column::Secret, factor::Column::CreatedAt])
                .action_and_where(factor::Column::ConfirmedAt.is_null())
                .to_owned(),
        )
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// Confirms the proposed secret with the step of its first code. False: it was confirmed already, or is another one by now.
pub(crate) async fn confirm(
    db: &impl ConnectionTrait,
    account: AccountId,
    sealed: &str,
    step: i64,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let done = factor::Entity::update_many()
        .set(factor::ActiveModel {
            confirmed_at: Set(Some(now)),
            last_step: Set(step),
            ..Default::default()
        })
        .filter(factor::Column::AccountId.eq(account.0))
        .filter(factor::Column::Secret.eq(sealed))
        .filter(factor::Column::ConfirmedAt.is_null())
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Uses up a step, so that no code is good twice (RFC 6238 §5.2). False: it, or a later one, was used before.
pub(crate) async fn use_step(
    db: &impl ConnectionTrait,
    account: AccountId,
    step: i64,
) -> Result<bool, DbErr> {
    let done = factor::Entity::update_many()
        .set(factor::ActiveModel {
            last_step: Set(step),
            ..Default::default()
        })
        .filter(factor::Column::AccountId.eq(account.0))
        .filter(factor::Column::ConfirmedAt.is_not_null())
        .filter(factor::Column::LastStep.lt(step))
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Takes the second factor and its recovery codes away. False: there was none.
pub(crate) async fn remove(db: &impl ConnectionTrait, account: AccountId) -> Result<bool, DbErr> {
    code::Entity::delete_many()
        .filter(code::Column::AccountId.eq(account.0))
        .exec(db)
        .await?;
    let done = factor::Entity::delete_by_id(account.0).exec(db).await?;
    Ok(done.rows_affected == 1)
}

/// Puts new recovery codes in place of the old ones. They come in as hashes.
pub(crate) async fn replace_codes(
    db: &impl ConnectionTrait,
    account: AccountId,
    hashes: &[String],
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    code::Entity::delete_many()
        .filter(code::Column::AccountId.eq(account.0))
        .exec(db)
        .await?;
    let rows = hashes.iter().map(|hash| code::ActiveModel {
        hash: Set(hash.clone()),
        account_id: Set(account.0),
        created_at: Set(now),
    });
    code::Entity::insert_many(rows)
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// Uses up a recovery code. False: there is none with this hash.
pub(crate) async fn use_code(
    db: &impl ConnectionTrait,
    account: AccountId,
    hash: &str,
) -> Result<bool, DbErr> {
    let done = code::Entity::delete_many()
        .filter(code::Column::AccountId.eq(account.0))
        .filter(code::Column::Hash.eq(hash))
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// How many recovery codes are left.
pub(crate) async fn codes_left(
    db: &impl ConnectionTrait,
    account: AccountId,
) -> Result<u64, DbErr> {
    code::Entity::find()
        .filter(code::Column::AccountId.eq(account.0))
        .count(db)
        .await
}
