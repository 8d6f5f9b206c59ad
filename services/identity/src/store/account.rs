//! Accounts. Lists take the reach of the asking administrator first, so that it cannot be forgotten.

use super::entity::account::{ActiveModel, Column, Entity, Model};
use super::{from_text, to_text};
use crate::domain::account::{Account, Reach};
use chrono::{DateTime, Utc};
use contracts::{AccountId, ActorKind};
use sea_orm::sea_query::Condition;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, Select, Set,
};

fn domain(row: Model) -> Result<Account, DbErr> {
    Ok(Account {
        id: AccountId(row.id),
        login: row.login,
        password_hash: row.password_hash,
        temporary_until: row.temporary_until,
        name: row.name,
        kind: match row.kind.as_str() {
            "applicant" => ActorKind::Applicant,
            "officer" => ActorKind::Officer,
            "client" => ActorKind::Client,
            other => return Err(DbErr::Custom(format!("unknown account kind {other}"))),
        },
        roles: from_text(&row.roles)?,
        agency: row.agency,
        email: row.email,
        phone: row.phone,
        identity_number: row.identity_number,
        identity_hash: row.identity_hash,
        active: row.active,
        version: row.version,
        created_at: row.created_at,
    })
}

fn kind_name(kind: ActorKind) -> &'static str {
    match kind {
        ActorKind::Applicant => "applicant",
        ActorKind::Officer => "officer",
        ActorKind::Client => "client",
    }
}

fn row(account: &Account, now: DateTime<Utc>) -> Result<ActiveModel, DbErr> {
    Ok(ActiveModel {
        id: Set(account.id.0),
        login: Set(account.login.clone()),
        password_hash: Set(account.password_hash.clone()),
        temporary_until: Set(account.temporary_until),
        name: Set(account.name.clone()),
        kind: Set(kind_name(account.kind).to_owned()),
        roles: Set(to_text(&account.roles)?),
        agency: Set(account.agency.clone()),
        email: Set(account.email.clone()),
        phone: Set(account.phone.clone()),
        identity_number: Set(account.identity_number.clone()),
        identity_hash: Set(account.identity_hash.clone()),
        active: Set(account.active),
        version: Set(account.version),
        created_at: Set(account.created_at),
        updated_at: Set(now),
    })
}

/// The rows an administrator reaches.
fn within(reach: &Reach) -> Select<Entity> {
    match reach {
        Reach::Province => Entity::find(),
        Reach::Agency(code) => Entity::find().filter(
            Condition::any()
                .add(Column::Agency.eq(code.clone()))
                .add(Column::Agency.starts_with(format!("{code}."))),
        ),
    }
}

/// One account, whoever asks: for the sign-in itself.
pub(crate) async fn find(
    db: &impl ConnectionTrait,
    id: AccountId,
) -> Result<Option<Account>, DbErr> {
    Entity::find_by_id(id.0)
        .one(db)
        .await?
        .map(domain)
        .transpose()
}

/// One account by its folded login.
pub(crate) async fn by_login(
    db: &impl ConnectionTrait,
    login: &str,
) -> Result<Option<Account>, DbErr> {
    Entity::find()
        .filter(Column::Login.eq(login))
        .one(db)
        .await?
        .map(domain)
        .transpose()
}

/// Accounts of applicants with this verified number, oldest first. It comes in as its hashes.
pub(crate) async fn by_identity(
    db: &impl ConnectionTrait,
    hashes: &[String],
) -> Result<Vec<Account>, DbErr> {
    Entity::find()
        .filter(Column::IdentityHash.is_in(hashes.iter().cloned()))
        .filter(Column::Kind.eq(kind_name(ActorKind::Applicant)))
        .order_by_asc(Column::CreatedAt)
        .order_by_asc(Column::Id)
        .all(db)
        .await?
        .into_iter()
        .map(domain)
        .collect()
}

/// One account within reach.
pub(crate) async fn managed(
    db: &impl ConnectionTrait,
    reach: &Reach,
    id: AccountId,
) -> Result<Option<Account>, DbErr> {
    within(reach)
        .filter(Column::Id.eq(id.0))
        .one(db)
        .await?
        .map(domain)
        .transpose()
}

/// What a list asks for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// Only this agency.
    pub(crate) agency: Option<String>,
    /// Only active ones, or only the others.
    pub(crate) active: Option<bool>,
    /// Only logins after this one.
    pub(crate) after: Option<String>,
}

/// Accounts within reach by login, at most `limit`.
pub(crate) async fn list(
    db: &impl ConnectionTrait,
    reach: &Reach,
    filter: &Filter,
    limit: u64,
) -> Result<Vec<Account>, DbErr> {
    let mut query = within(reach);
    if let Some(agency) = &filter.agency {
        query = query.filter(Column::Agency.eq(agency.clone()));
    }
    if let Some(active) = filter.active {
        query = query.filter(Column::Active.eq(active));
    }
    if let Some(after) = &filter.after {
        query = query.filter(Column::Login.gt(after.clone()));
    }
    query
        .order_by_asc(Column::Login)
        .limit(limit)
        .all(db)
        .await?
        .into_iter()
        .map(domain)
        .collect()
}

/// Inserts an account. A taken login is a unique violation.
pub(crate) async fn insert(
    db: &impl ConnectionTrait,
    account: &Account,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    row(account, now)?.insert(db).await?;
    Ok(())
}

/// Ids of the active officers of these agencies.
pub(crate) async fn officers_of(
    db: &impl ConnectionTrait,
    agencies: &[String],
) -> Result<Vec<AccountId>, DbErr> {
    let ids: Vec<uuid::Uuid> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Active.eq(true))
        .filter(Column::Kind.eq(kind_name(ActorKind::Officer)))
        .filter(Column::Agency.is_in(agencies))
        .order_by_asc(Column::Id)
        .into_tuple()
        .all(db)
        .await?;
    Ok(ids.into_iter().map(AccountId).collect())
}

/// What the login of an erased account begins with.
pub(crate) const ERASED: &str = "erased-";

/// Closed accounts of citizens that were last changed before `before` and still tell of a person.
pub(crate) async fn closed(
    db: &impl ConnectionTrait,
    before: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<(uuid::Uuid, DateTime<Utc>)>, DbErr> {
    let rows = Entity::find()
        .filter(Column::Active.eq(false))
        .filter(Column::Kind.eq(kind_name(ActorKind::Applicant)))
        .filter(Column::UpdatedAt.lt(before))
        .filter(Column::Login.not_like(format!("{ERASED}%")))
        .order_by_asc(Column::UpdatedAt)
        .limit(limit)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|r| (r.id, r.updated_at)).collect())
}

/// Whether nobody has changed an account since `before`.
pub(crate) async fn untouched_since(
    db: &impl ConnectionTrait,
    id: uuid::Uuid,
    before: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let row = Entity::find_by_id(id).one(db).await?;
    Ok(row.is_some_and(|r| r.updated_at <= before))
}

/// Locks the account's row until the transaction ends.
pub(crate) async fn touch(db: &impl ConnectionTrait, id: AccountId) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(
            Column::Active,
            sea_orm::sea_query::Expr::col(Column::Active),
        )
        .filter(Column::Id.eq(id.0))
        .exec(db)
        .await
        .map(|_| ())
}

/// Saves an account whose stored version is `version - 1`. False: somebody else was faster.
pub(crate) async fn save(
    db: &impl ConnectionTrait,
    account: &Account,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let mut changed = row(account, now)?;
    changed.id = sea_orm::ActiveValue::NotSet;
    let done = Entity::update_many()
        .set(changed)
        .filter(Column::Id.eq(account.id.0))
        .filter(Column::Version.eq(account.version - 1))
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}
