//! Roles held for a time. Lists take who asks first.

use super::{from_text, to_text};
use crate::domain::account::Reach;
use crate::domain::assignment::Assignment;
use chrono::{DateTime, Utc};
use contracts::AccountId;
use row::{ActiveModel, Column, Entity, Model};
use sea_orm::sea_query::Condition;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, Set,
};
use std::collections::BTreeSet;
use uuid::Uuid;

#[expect(unreachable_pub, reason = "the derive writes pub")]
mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "assignment")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub holder_id: Uuid,
        pub holder_name: String,
        pub principal_id: Option<Uuid>,
        pub principal_name: Option<String>,
        pub role: String,
        pub agency: String,
        pub valid_from: DateTimeUtc,
        pub valid_until: DateTimeUtc,
        #[sea_orm(column_type = "Text")]
        pub reason: String,
        pub created_by: Uuid,
        pub created_at: DateTimeUtc,
        pub ended_at: Option<DateTimeUtc>,
        pub ended_by: Option<Uuid>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

fn domain(row: Model) -> Result<Assignment, DbErr> {
    Ok(Assignment {
        id: row.id,
        holder: AccountId(row.holder_id),
        holder_name: row.holder_name,
        principal: row
            .principal_id
            .map(|id| (AccountId(id), row.principal_name.unwrap_or_default())),
        role: from_text(&row.role)?,
        agency: row.agency,
        from: row.valid_from,
        until: row.valid_until,
        reason: row.reason,
        created_by: AccountId(row.created_by),
        created_at: row.created_at,
        ended_at: row.ended_at,
    })
}

/// Writes a new one.
pub(crate) async fn insert(db: &impl ConnectionTrait, a: &Assignment) -> Result<(), DbErr> {
    Entity::insert(ActiveModel {
        id: Set(a.id),
        holder_id: Set(a.holder.0),
        holder_name: Set(a.holder_name.clone()),
        principal_id: Set(a.principal.as_ref().map(|(id, _)| id.0)),
        principal_name: Set(a.principal.as_ref().map(|(_, name)| name.clone())),
        role: Set(to_text(&a.role)?),
        agency: Set(a.agency.clone()),
        valid_from: Set(a.from),
        valid_until: Set(a.until),
        reason: Set(a.reason.clone()),
        created_by: Set(a.created_by.0),
        created_at: Set(a.created_at),
        ended_at: Set(None),
        ended_by: Set(None),
    })
    .exec_without_returning(db)
    .await
    .map(|_| ())
}

/// The rows that an asker may see: given by or to the account, and those within the reach of an administrator.
fn within(account: AccountId, reach: Option<&Reach>) -> Condition {
    let own = Condition::any()
        .add(Column::HolderId.eq(account.0))
        .add(Column::PrincipalId.eq(account.0));
    match reach {
        None => own,
        Some(Reach::Province) => Condition::all(),
        Some(Reach::Agency(code)) => own
            .add(Column::Agency.eq(code.clone()))
            .add(Column::Agency.starts_with(format!("{code}."))),
    }
}

/// Those an asker may see, newest first.
pub(crate) async fn list(
    db: &impl ConnectionTrait,
    account: AccountId,
    reach: Option<&Reach>,
    before: Option<Uuid>,
    limit: u64,
) -> Result<Vec<Assignment>, DbErr> {
    let mut query = Entity::find().filter(within(account, reach));
    if let Some(before) = before {
        query = query.filter(Column::Id.lt(before));
    }
    query
        .order_by_desc(Column::Id)
        .limit(limit)
        .all(db)
        .await?
        .into_iter()
        .map(domain)
        .collect()
}

/// One that an asker may see.
pub(crate) async fn find(
    db: &impl ConnectionTrait,
    account: AccountId,
    reach: Option<&Reach>,
    id: Uuid,
) -> Result<Option<Assignment>, DbErr> {
    let row = Entity::find_by_id(id)
        .filter(within(account, reach))
        .one(db)
        .await?;
    row.map(domain).transpose()
}

/// What an account holds now.
pub(crate) async fn held(
    db: &impl ConnectionTrait,
    account: AccountId,
    now: DateTime<Utc>,
) -> Result<Vec<Assignment>, DbErr> {
    Entity::find()
        .filter(Column::HolderId.eq(account.0))
        .filter(Column::EndedAt.is_null())
        .filter(Column::ValidFrom.lte(now))
        .filter(Column::ValidUntil.gt(now))
        .order_by_asc(Column::Id)
        .all(db)
        .await?
        .into_iter()
        .map(domain)
        .collect()
}

/// Ends one early. False: it was ended before.
pub(crate) async fn end(
    db: &impl ConnectionTrait,
    id: Uuid,
    by: AccountId,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let done = Entity::update_many()
        .set(ActiveModel {
            ended_at: Set(Some(now)),
            ended_by: Set(Some(by.0)),
            ..Default::default()
        })
        .filter(Column::Id.eq(id))
        .filter(Column::EndedAt.is_null())
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Ends all that an account has given or holds; returns who held what it gave.
pub(crate) async fn end_all(
    db: &impl ConnectionTrait,
    account: AccountId,
    by: AccountId,
    now: DateTime<Utc>,
) -> Result<BTreeSet<Uuid>, DbErr> {
    let live = || {
        Entity::find()
            .filter(Column::EndedAt.is_null())
            .filter(Column::ValidUntil.gt(now))
    };
    let given = live()
        .filter(Column::PrincipalId.eq(account.0))
        .all(db)
        .await?;
    let held = live()
        .filter(Column::HolderId.eq(account.0))
        .all(db)
        .await?;
    for row in given.iter().chain(&held) {
        end(db, row.id, by, now).await?;
    }
    Ok(given.into_iter().map(|row| row.holder_id).collect())
}
