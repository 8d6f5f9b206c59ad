//! Breach files and their minutes.

use super::{from_text, to_text};
use crate::domain::breach::{Breach, EntryKind};
use chrono::{DateTime, Utc};
use contracts::Actor;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _,
    PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, Set,
};
use uuid::Uuid;

#[expect(unreachable_pub, reason = "the derive writes pub")]
mod file {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "breach")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        #[sea_orm(column_type = "Text")]
        pub title: String,
        #[sea_orm(column_type = "Text")]
        pub kinds: String,
        pub people: Option<i64>,
        pub discovered_at: DateTimeUtc,
        pub notify_by: DateTimeUtc,
        pub notifiable: bool,
        pub notified_at: Option<DateTimeUtc>,
        pub people_told_at: Option<DateTimeUtc>,
        pub closed_at: Option<DateTimeUtc>,
        pub created_at: DateTimeUtc,
        pub version: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

#[expect(unreachable_pub, reason = "the derive writes pub")]
mod entry {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "breach_entry")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub breach_id: Uuid,
        pub seq: i64,
        pub at: DateTimeUtc,
        pub by_id: Uuid,
        pub by_name: String,
        pub kind: String,
        #[sea_orm(column_type = "Text")]
        pub text: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// One entry of the minutes. The text is sealed.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) at: DateTime<Utc>,
    pub(crate) by_name: String,
    pub(crate) kind: EntryKind,
    pub(crate) text: String,
}

fn domain(row: file::Model) -> Result<Breach, DbErr> {
    Ok(Breach {
        id: row.id,
        title: row.title,
        kinds: from_text(&row.kinds)?,
        people: row.people,
        discovered_at: row.discovered_at,
        notify_by: row.notify_by,
        notifiable: row.notifiable,
        notified_at: row.notified_at,
        people_told_at: row.people_told_at,
        closed_at: row.closed_at,
        created_at: row.created_at,
        version: row.version,
    })
}

fn active(breach: &Breach) -> Result<file::ActiveModel, DbErr> {
    Ok(file::ActiveModel {
        id: Set(breach.id),
        title: Set(breach.title.clone()),
        kinds: Set(to_text(&breach.kinds)?),
        people: Set(breach.people),
        discovered_at: Set(breach.discovered_at),
        notify_by: Set(breach.notify_by),
        notifiable: Set(breach.notifiable),
        notified_at: Set(breach.notified_at),
        people_told_at: Set(breach.people_told_at),
        closed_at: Set(breach.closed_at),
        created_at: Set(breach.created_at),
        version: Set(breach.version),
    })
}

/// All files, newest first.
pub(crate) async fn list(
    db: &impl ConnectionTrait,
    before: Option<Uuid>,
    limit: u64,
) -> Result<Vec<Breach>, DbErr> {
    let mut query = file::Entity::find();
    if let Some(before) = before {
        query = query.filter(file::Column::Id.lt(before));
    }
    query
        .order_by_desc(file::Column::Id)
        .limit(limit)
        .all(db)
        .await?
        .into_iter()
        .map(domain)
        .collect()
}

/// One file.
pub(crate) async fn find(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<Breach>, DbErr> {
    file::Entity::find_by_id(id)
        .one(db)
        .await?
        .map(domain)
        .transpose()
}

/// Its minutes, oldest first.
pub(crate) async fn entries(db: &impl ConnectionTrait, id: Uuid) -> Result<Vec<Entry>, DbErr> {
    entry::Entity::find()
        .filter(entry::Column::BreachId.eq(id))
        .order_by_asc(entry::Column::Seq)
        .all(db)
        .await?
        .into_iter()
        .map(|row| {
            Ok(Entry {
                at: row.at,
                by_name: row.by_name,
                kind: EntryKind::parse(&row.kind)
                    .ok_or_else(|| DbErr::Custom(format!("breach_entry.kind of {}", row.id)))?,
                text: row.text,
            })
        })
        .collect()
}

/// Files whose authority is still to be notified before `before`.
pub(crate) async fn count_to_notify(
    db: &impl ConnectionTrait,
    before: DateTime<Utc>,
) -> Result<u64, DbErr> {
    file::Entity::find()
        .filter(file::Column::Notifiable.eq(true))
        .filter(file::Column::NotifiedAt.is_null())
        .filter(file::Column::NotifyBy.lt(before))
        .count(db)
        .await
}

/// Writes a new file.
pub(crate) async fn insert(db: &impl ConnectionTrait, breach: &Breach) -> Result<(), DbErr> {
    file::Entity::insert(active(breach)?)
        .exec_without_returning(db)
        .await
        .map(|_| ())
}

/// Saves a file whose stored version is `version - 1`. False: somebody else was faster.
pub(crate) async fn save(db: &impl ConnectionTrait, breach: &Breach) -> Result<bool, DbErr> {
    let mut changed = active(breach)?;
    changed.not_set(file::Column::Id);
    let done = file::Entity::update_many()
        .set(changed)
        .filter(file::Column::Id.eq(breach.id))
        .filter(file::Column::Version.eq(breach.version - 1))
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Adds an entry to the minutes. Its number is the version of the file that it made.
pub(crate) async fn add(
    db: &impl ConnectionTrait,
    id: Uuid,
    breach: &Breach,
    by: &Actor,
    new: Entry,
) -> Result<(), DbErr> {
    entry::Entity::insert(entry::ActiveModel {
        id: Set(id),
        breach_id: Set(breach.id),
        seq: Set(breach.version),
        at: Set(new.at),
        by_id: Set(by.subject.0),
        by_name: Set(new.by_name),
        kind: Set(new.kind.as_str().to_owned()),
        text: Set(new.text),
    })
    .exec_without_returning(db)
    .await
    .map(|_| ())
}
