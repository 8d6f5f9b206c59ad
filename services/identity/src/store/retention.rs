//! Notices before something is erased: by class of data and subject.

use crate::domain::account::Account;
use chrono::{DateTime, Utc};
use contracts::{AccountId, ActorKind};
use row::{ActiveModel, Column, Entity};
use sea_orm::sea_query::{ExprTrait as _, OnConflict};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, Set,
};
use uuid::Uuid;

#[expect(unreachable_pub, reason = "the derive writes pub")]
mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "retention_notice")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub class: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub subject_id: Uuid,
        pub noticed_at: DateTimeUtc,
        pub due_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// A notice: what will be erased, and not before when.
#[derive(Clone, Debug)]
pub(crate) struct Notice {
    pub(crate) class: String,
    pub(crate) subject: Uuid,
    pub(crate) noticed_at: DateTime<Utc>,
    pub(crate) due_at: DateTime<Utc>,
}

fn domain(row: row::Model) -> Notice {
    Notice {
        class: row.class,
        subject: row.subject_id,
        noticed_at: row.noticed_at,
        due_at: row.due_at,
    }
}

/// Puts a notice up, unless there is one.
pub(crate) async fn put(db: &impl ConnectionTrait, notice: &Notice) -> Result<(), DbErr> {
    Entity::insert(ActiveModel {
        class: Set(notice.class.clone()),
        subject_id: Set(notice.subject),
        noticed_at: Set(notice.noticed_at),
        due_at: Set(notice.due_at),
    })
    .on_conflict(
        OnConflict::columns([Column::Class, Column::SubjectId])
            .do_nothing()
            .to_owned(),
    )
    .exec_without_returning(db)
    .await
    .map(|_| ())
}

/// All notices, the earliest due first; after (due, subject).
pub(crate) async fn list(
    db: &impl ConnectionTrait,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: u64,
) -> Result<Vec<Notice>, DbErr> {
    let mut query = Entity::find();
    if let Some((due, subject)) = after {
        query = query.filter(
            Column::DueAt
                .gt(due)
                .or(Column::DueAt.eq(due).and(Column::SubjectId.gt(subject))),
        );
    }
    let rows = query
        .order_by_asc(Column::DueAt)
        .order_by_asc(Column::SubjectId)
        .limit(limit)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(domain).collect())
}

/// Notices that are due.
pub(crate) async fn due(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<Notice>, DbErr> {
    let rows = Entity::find()
        .filter(Column::DueAt.lte(now))
        .order_by_asc(Column::DueAt)
        .limit(limit)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(domain).collect())
}

/// Takes a notice down: it was carried out, or its ground is gone.
pub(crate) async fn remove(
    db: &impl ConnectionTrait,
    class: &str,
    subject: Uuid,
) -> Result<(), DbErr> {
    Entity::delete_by_id((class.to_owned(), subject))
        .exec(db)
        .await
        .map(|_| ())
}

/// Closed accounts of citizens that nobody has touched since `before` and that still tell of a person: id and since when.
pub(crate) async fn closed_accounts(
    db: &impl ConnectionTrait,
    before: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<(Uuid, DateTime<Utc>)>, DbErr> {
    super::account::closed(db, before, limit).await
}

/// Whether an account may still be erased for its age: a citizen's, closed, untouched since `before`.
pub(crate) async fn still_closed(
    db: &impl ConnectionTrait,
    id: Uuid,
    before: DateTime<Utc>,
) -> Result<Option<Account>, DbErr> {
    let untouched = super::account::untouched_since(db, id, before).await?;
    Ok(super::account::find(db, AccountId(id))
        .await?
        .filter(|a| untouched && !a.active && a.kind == ActorKind::Applicant))
}
