//! Machine clients. Lists take the reach of the asking administrator first.

use super::entity::{client, machine_client as entity};
use super::{from_text, to_text};
use crate::domain::account::Reach;
use crate::domain::machine::Machine;
use chrono::{DateTime, Utc};
use entity::{ActiveModel, Column, Entity, Model};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, ConnectionTrait, DbErr, EntityTrait as _,
    PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, QueryTrait as _,
    Select, Set,
};

fn domain(row: Model) -> Result<Machine, DbErr> {
    Ok(Machine {
        client: row.client_id,
        agency: row.agency,
        scopes: from_text(&row.scopes)?,
        networks: from_text(&row.networks)?,
        expires_at: row.expires_at,
        previous: row.previous_hash.zip(row.previous_until),
        jwks: row.jwks.as_deref().map(from_text).transpose()?,
        quota: row.quota.and_then(|q| u32::try_from(q).ok()),
        sandbox: row.sandbox,
        noticed_at: row.expiry_noticed_at,
        version: row.version,
    })
}

fn row(machine: &Machine, now: DateTime<Utc>) -> Result<ActiveModel, DbErr> {
    let (hash, until) = machine.previous.clone().unzip();
    Ok(ActiveModel {
        client_id: Set(machine.client.clone()),
        agency: Set(machine.agency.clone()),
        scopes: Set(to_text(&machine.scopes)?),
        networks: Set(to_text(&machine.networks)?),
        expires_at: Set(machine.expires_at),
        previous_hash: Set(hash),
        previous_until: Set(until),
        jwks: Set(machine.jwks.as_ref().map(to_text).transpose()?),
        quota: Set(machine.quota.and_then(|q| i32::try_from(q).ok())),
        sandbox: Set(machine.sandbox),
        version: Set(machine.version),
        updated_at: Set(now),
        expiry_noticed_at: Set(machine.noticed_at),
    })
}

fn within(reach: &Reach) -> Select<Entity> {
    match reach {
        Reach::Province => Entity::find(),
        Reach::Agency(code) => Entity::find().filter(Column::Agency.eq(code.clone())),
    }
}

/// The managed part of a client, whoever asks: for the sign-in of the client itself.
pub(crate) async fn find(
    db: &impl ConnectionTrait,
    client: &str,
) -> Result<Option<Machine>, DbErr> {
    let found = Entity::find_by_id(client.to_owned()).one(db).await?;
    found.map(domain).transpose()
}

/// One within reach.
pub(crate) async fn managed(
    db: &impl ConnectionTrait,
    reach: &Reach,
    client: &str,
) -> Result<Option<Machine>, DbErr> {
    let found = within(reach)
        .filter(Column::ClientId.eq(client))
        .one(db)
        .await?;
    found.map(domain).transpose()
}

/// Those within reach by id, after the cursor, at most `limit`; with `before` only those that expire before then.
pub(crate) async fn list(
    db: &impl ConnectionTrait,
    reach: &Reach,
    before: Option<DateTime<Utc>>,
    after: Option<String>,
    limit: u64,
) -> Result<Vec<Machine>, DbErr> {
    let mut query = within(reach);
    if let Some(before) = before {
        query = query.filter(Column::ExpiresAt.lt(before));
    }
    if let Some(after) = after {
        query = query.filter(Column::ClientId.gt(after));
    }
    let rows = query
        .order_by_asc(Column::ClientId)
        .limit(limit)
        .all(db)
        .await?;
    rows.into_iter().map(domain).collect()
}

/// Those that are not closed, expire after `from` and before `until`, and of which no notice was given, at most 1000.
pub(crate) async fn to_notice(
    db: &impl ConnectionTrait,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Vec<Machine>, DbErr> {
    let rows = Entity::find()
        .filter(open())
        .filter(Column::ExpiresAt.gte(from))
        .filter(Column::ExpiresAt.lt(until))
        .filter(Column::ExpiryNoticedAt.is_null())
        .order_by_asc(Column::ExpiresAt)
        .limit(1000)
        .all(db)
        .await?;
    rows.into_iter().map(domain).collect()
}

/// Notes that the notice of this expiry was given. False: another replica gave it, or the client was renewed.
pub(crate) async fn note_notice(
    db: &impl ConnectionTrait,
    machine: &Machine,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let done = Entity::update_many()
        .set(ActiveModel {
            expiry_noticed_at: Set(Some(now)),
            ..Default::default()
        })
        .filter(Column::ClientId.eq(machine.client.clone()))
        .filter(Column::ExpiresAt.eq(machine.expires_at))
        .filter(Column::ExpiryNoticedAt.is_null())
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// How many that are not closed expire after `from` and before `until`.
pub(crate) async fn count_expiring(
    db: &impl ConnectionTrait,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<u64, DbErr> {
    Entity::find()
        .filter(open())
        .filter(Column::ExpiresAt.gte(from))
        .filter(Column::ExpiresAt.lt(until))
        .count(db)
        .await
}

/// Clients that are not closed.
fn open() -> Condition {
    let open = client::Entity::find()
        .select_only()
        .column(client::Column::Id)
        .filter(client::Column::Active.eq(true))
        .into_query();
    Condition::all().add(Column::ClientId.in_subquery(open))
}

/// Inserts one.
pub(crate) async fn insert(
    db: &impl ConnectionTrait,
    machine: &Machine,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    row(machine, now)?.insert(db).await.map(|_| ())
}

/// Saves one whose stored version is `version - 1`. False: somebody else was faster.
pub(crate) async fn save(
    db: &impl ConnectionTrait,
    machine: &Machine,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let mut changed = row(machine, now)?;
    changed.client_id = sea_orm::ActiveValue::NotSet;
    let done = Entity::update_many()
        .set(changed)
        .filter(Column::ClientId.eq(machine.client.clone()))
        .filter(Column::Version.eq(machine.version - 1))
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Name, secret and state of the client itself, also of one that is closed.
pub(crate) async fn client(
    db: &impl ConnectionTrait,
    id: &str,
) -> Result<Option<client::Model>, DbErr> {
    client::Entity::find_by_id(id.to_owned()).one(db).await
}

/// Changes the client itself.
pub(crate) async fn set_client(
    db: &impl ConnectionTrait,
    id: &str,
    name: Option<String>,
    secret_hash: Option<String>,
    active: Option<bool>,
) -> Result<(), DbErr> {
    let mut change = <client::ActiveModel as Default>::default();
    if let Some(name) = name {
        change.name = Set(name);
    }
    if let Some(hash) = secret_hash {
        change.secret_hash = Set(Some(hash));
    }
    if let Some(active) = active {
        change.active = Set(active);
    }
    if !change.is_changed() {
        return Ok(());
    }
    client::Entity::update_many()
        .set(change)
        .filter(client::Column::Id.eq(id))
        .exec(db)
        .await
        .map(|_| ())
}
