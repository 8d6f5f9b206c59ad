//! Devices that wait for somebody to let them in. Both codes come in as hashes.

use super::entity::device_grant::{ActiveModel, Column, Entity, Model};
use super::grant::{Session, known, stored};
use chrono::{DateTime, Utc};
use contracts::AccountId;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _,
    QueryFilter as _, Set,
};
use uuid::Uuid;

/// How far it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Nobody has answered.
    Pending,
    /// Somebody let it in.
    Allowed,
    /// Somebody did not.
    Denied,
    /// Its tokens were fetched.
    Used,
}

impl State {
    fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Allowed => "allowed",
            Self::Denied => "denied",
            Self::Used => "used",
        }
    }
}

/// A device that waits.
#[derive(Clone, Debug)]
pub(crate) struct Device {
    pub(crate) hash: String,
    pub(crate) user_code: String,
    pub(crate) client: String,
    pub(crate) scope: String,
    pub(crate) expires_at: DateTime<Utc>,
    pub(crate) state: State,
    pub(crate) polled_at: Option<DateTime<Utc>>,
    /// Who let it in, and in which sign-in.
    pub(crate) by: Option<By>,
}

/// Whoever let it in.
#[derive(Clone, Debug)]
pub(crate) struct By {
    pub(crate) account: AccountId,
    pub(crate) session: Uuid,
    pub(crate) auth_time: Option<DateTime<Utc>>,
    pub(crate) amr: String,
}

fn domain(row: Model) -> Result<Device, DbErr> {
    let state = match row.state.as_str() {
        "pending" => State::Pending,
        "allowed" => State::Allowed,
        "denied" => State::Denied,
        "used" => State::Used,
        other => return Err(DbErr::Custom(format!("unknown state of a device: {other}"))),
    };
    let by = match (row.account_id, row.session_id, row.auth_time, row.amr) {
        (Some(account), Some(session), Some(auth_time), Some(amr)) => Some(By {
            account: AccountId(account),
            session,
            auth_time: known(auth_time),
            amr,
        }),
        _ => None,
    };
    Ok(Device {
        hash: row.hash,
        user_code: row.user_code,
        client: row.client_id,
        scope: row.scope,
        expires_at: row.expires_at,
        state,
        polled_at: row.polled_at,
        by,
    })
}

/// Stores a device that begins to wait.
pub(crate) async fn add(db: &impl ConnectionTrait, device: &Device) -> Result<(), DbErr> {
    ActiveModel {
        hash: Set(device.hash.clone()),
        user_code: Set(device.user_code.clone()),
        client_id: Set(device.client.clone()),
        scope: Set(device.scope.clone()),
        expires_at: Set(device.expires_at),
        state: Set(device.state.name().to_owned()),
        polled_at: Set(None),
        account_id: Set(None),
        session_id: Set(None),
        auth_time: Set(None),
        amr: Set(None),
    }
    .insert(db)
    .await?;
    Ok(())
}

/// By the code that only the device knows.
pub(crate) async fn find(db: &impl ConnectionTrait, hash: &str) -> Result<Option<Device>, DbErr> {
    let row = Entity::find_by_id(hash.to_owned()).one(db).await?;
    row.map(domain).transpose()
}

/// One that still waits, by the code that it shows.
pub(crate) async fn waiting(
    db: &impl ConnectionTrait,
    user_code: &str,
    now: DateTime<Utc>,
) -> Result<Option<Device>, DbErr> {
    Entity::find()
        .filter(Column::UserCode.eq(user_code))
        .filter(Column::State.eq(State::Pending.name()))
        .filter(Column::ExpiresAt.gt(now))
        .one(db)
        .await?
        .map(domain)
        .transpose()
}

/// The person's answer. False: it was answered before, or waits no longer.
pub(crate) async fn decide(
    db: &impl ConnectionTrait,
    user_code: &str,
    by: Option<&Session>,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let state = by.map_or(State::Denied, |_| State::Allowed);
    let done = Entity::update_many()
        .set(ActiveModel {
            state: Set(state.name().to_owned()),
            account_id: Set(by.map(|s| s.account.0)),
            session_id: Set(by.map(|s| s.id)),
            auth_time: Set(by.map(|s| stored(s.auth_time))),
            amr: Set(by.map(|s| s.amr.clone())),
            ..Default::default()
        })
        .filter(Column::UserCode.eq(user_code))
        .filter(Column::State.eq(State::Pending.name()))
        .filter(Column::ExpiresAt.gt(now))
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Notes that the device asked.
pub(crate) async fn polled(
    db: &impl ConnectionTrait,
    hash: &str,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    Entity::update_many()
        .set(ActiveModel {
            polled_at: Set(Some(now)),
            ..Default::default()
        })
        .filter(Column::Hash.eq(hash))
        .exec(db)
        .await?;
    Ok(())
}

/// Uses an allowed one up. False: it was used before.
pub(crate) async fn take(db: &impl ConnectionTrait, hash: &str) -> Result<bool, DbErr> {
    let done = Entity::update_many()
        .set(ActiveModel {
            state: Set(State::Used.name().to_owned()),
            ..Default::default()
        })
        .filter(Column::Hash.eq(hash))
        .filter(Column::State.eq(State::Allowed.name()))
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Forgets those that waited until before `before`.
pub(crate) async fn clean(db: &impl ConnectionTrait, before: DateTime<Utc>) -> Result<u64, DbErr> {
    Ok(Entity::delete_many()
        .filter(Column::ExpiresAt.lt(before))
        .exec(db)
        .await?
        .rows_affected)
}
