//! Which agency took over the dossiers of which.

use crate::domain::account::Reach;
use crate::domain::succession::Succession;
use chrono::{DateTime, Utc};
use contracts::AccountId;
use row::{ActiveModel, Column, Entity, Model};
use sea_orm::sea_query::{Condition, OnConflict};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, Set,
};
use uuid::Uuid;

#[expect(unreachable_pub, reason = "the derive writes pub")]
mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "agency_succession")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub predecessor: String,
        pub successor: String,
        pub from_day: Date,
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

fn domain(row: Model) -> Succession {
    Succession {
        id: row.id,
        predecessor: row.predecessor,
        successor: row.successor,
        from: row.from_day,
        reason: row.reason,
        created_by: AccountId(row.created_by),
        created_at: row.created_at,
        ended_at: row.ended_at,
    }
}

/// Writes a new one. False: the same stands already.
pub(crate) async fn insert(db: &impl ConnectionTrait, s: &Succession) -> Result<bool, DbErr> {
    Entity::insert(ActiveModel {
        id: Set(s.id),
        predecessor: Set(s.predecessor.clone()),
        successor: Set(s.successor.clone()),
        from_day: Set(s.from),
        reason: Set(s.reason.clone()),
        created_by: Set(s.created_by.0),
        created_at: Set(s.created_at),
        ended_at: Set(None),
        ended_by: Set(None),
    })
    .on_conflict(OnConflict::new().do_nothing().to_owned())
    .exec_without_returning(db)
    .await
    .map(|written| written == 1)
}

/// All that were not taken back: some hundreds in a province.
pub(crate) async fn standing(db: &impl ConnectionTrait) -> Result<Vec<Succession>, DbErr> {
    let rows = Entity::find()
        .filter(Column::EndedAt.is_null())
        .all(db)
        .await?;
    Ok(rows.into_iter().map(domain).collect())
}

fn within(reach: &Reach) -> Condition {
    match reach {
        Reach::Province => Condition::all(),
        Reach::Agency(code) => Condition::any()
            .add(Column::Predecessor.eq(code.clone()))
            .add(Column::Successor.eq(code.clone())),
    }
}

/// Those that concern the reach of an administrator, newest first; also what was taken back.
pub(crate) async fn list(
    db: &impl ConnectionTrait,
    reach: &Reach,
    before: Option<Uuid>,
    limit: u64,
) -> Result<Vec<Succession>, DbErr> {
    let mut query = Entity::find().filter(within(reach));
    if let Some(before) = before {
        query = query.filter(Column::Id.lt(before));
    }
    let rows = query.order_by_desc(Column::Id).limit(limit).all(db).await?;
    Ok(rows.into_iter().map(domain).collect())
}

/// Takes one back. False: there is none such, or it was taken back before.
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
