//! Requests of people about their data. Lists take the reach of the asking administrator first.

use crate::domain::account::Reach;
use crate::domain::data_request::{DataRequest, Right, State};
use chrono::{DateTime, Utc};
use contracts::AccountId;
use row::{ActiveModel, Column, Entity, Model};
use sea_orm::sea_query::{Condition, ExprTrait as _};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _,
    PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, Select, Set,
};
use std::collections::BTreeSet;
use uuid::Uuid;

#[expect(unreachable_pub, reason = "the derive writes pub")]
mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "data_request")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub account_id: Uuid,
        pub agency: Option<String>,
        pub right_kind: String,
        #[sea_orm(column_type = "Text")]
        pub text: String,
        pub state: String,
        pub received_at: DateTimeUtc,
        pub accept_by: DateTimeUtc,
        pub accepted_at: Option<DateTimeUtc>,
        pub due_at: DateTimeUtc,
        #[sea_orm(column_type = "Text", nullable)]
        pub extension: Option<String>,
        pub closed_at: Option<DateTimeUtc>,
        #[sea_orm(column_type = "Text", nullable)]
        pub answer: Option<String>,
        pub handler_id: Option<Uuid>,
        pub lifted_at: Option<DateTimeUtc>,
        pub version: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

fn domain(row: Model) -> Result<DataRequest, DbErr> {
    let unknown = |what: &str| DbErr::Custom(format!("data_request.{what} of {}", row.id));
    Ok(DataRequest {
        right: Right::parse(&row.right_kind).ok_or_else(|| unknown("right_kind"))?,
        state: State::parse(&row.state).ok_or_else(|| unknown("state"))?,
        id: row.id,
        account: AccountId(row.account_id),
        agency: row.agency,
        text: row.text,
        received_at: row.received_at,
        accept_by: row.accept_by,
        accepted_at: row.accepted_at,
        due_at: row.due_at,
        extension: row.extension,
        closed_at: row.closed_at,
        answer: row.answer,
        handler: row.handler_id.map(AccountId),
        lifted_at: row.lifted_at,
        version: row.version,
    })
}

fn active(request: &DataRequest) -> ActiveModel {
    ActiveModel {
        id: Set(request.id),
        account_id: Set(request.account.0),
        agency: Set(request.agency.clone()),
        right_kind: Set(request.right.as_str().to_owned()),
        text: Set(request.text.clone()),
        state: Set(request.state.as_str().to_owned()),
        received_at: Set(request.received_at),
        accept_by: Set(request.accept_by),
        accepted_at: Set(request.accepted_at),
        due_at: Set(request.due_at),
        extension: Set(request.extension.clone()),
        closed_at: Set(request.closed_at),
        answer: Set(request.answer.clone()),
        handler_id: Set(request.handler.map(|h| h.0)),
        lifted_at: Set(request.lifted_at),
        version: Set(request.version),
    }
}

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

/// A clock has run out.
fn overdue(now: DateTime<Utc>) -> Condition {
    Condition::any()
        .add(
            Column::State
                .eq(State::Received.as_str())
                .and(Column::AcceptBy.lt(now)),
        )
        .add(open().and(Column::DueAt.lt(now)))
}

fn open() -> sea_orm::sea_query::Expr {
    Column::State.is_in([State::Received.as_str(), State::Accepted.as_str()])
}

/// What a list asks for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) state: Option<State>,
    /// Only those with a clock that ran out before this instant.
    pub(crate) overdue_at: Option<DateTime<Utc>>,
    /// Only older than this one.
    pub(crate) before: Option<Uuid>,
}

/// Requests within reach, newest first.
pub(crate) async fn list(
    db: &impl ConnectionTrait,
    reach: &Reach,
    filter: Filter,
    limit: u64,
) -> Result<Vec<DataRequest>, DbErr> {
    let mut query = within(reach);
    if let Some(state) = filter.state {
        query = query.filter(Column::State.eq(state.as_str()));
    }
    if let Some(now) = filter.overdue_at {
        query = query.filter(overdue(now));
    }
    page(db, query, filter.before, limit).await
}

/// The own requests, newest first.
pub(crate) async fn of(
    db: &impl ConnectionTrait,
    account: AccountId,
    before: Option<Uuid>,
    limit: u64,
) -> Result<Vec<DataRequest>, DbErr> {
    let query = Entity::find().filter(Column::AccountId.eq(account.0));
    page(db, query, before, limit).await
}

async fn page(
    db: &impl ConnectionTrait,
    mut query: Select<Entity>,
    before: Option<Uuid>,
    limit: u64,
) -> Result<Vec<DataRequest>, DbErr> {
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

/// One within reach.
pub(crate) async fn managed(
    db: &impl ConnectionTrait,
    reach: &Reach,
    id: Uuid,
) -> Result<Option<DataRequest>, DbErr> {
    let row = within(reach).filter(Column::Id.eq(id)).one(db).await?;
    row.map(domain).transpose()
}

/// One of the own.
pub(crate) async fn own(
    db: &impl ConnectionTrait,
    account: AccountId,
    id: Uuid,
) -> Result<Option<DataRequest>, DbErr> {
    let row = Entity::find_by_id(id)
        .filter(Column::AccountId.eq(account.0))
        .one(db)
        .await?;
    row.map(domain).transpose()
}

/// Whether a request of this kind is open.
pub(crate) async fn is_open(
    db: &impl ConnectionTrait,
    account: AccountId,
    right: Right,
) -> Result<bool, DbErr> {
    let found = Entity::find()
        .filter(Column::AccountId.eq(account.0))
        .filter(Column::RightKind.eq(right.as_str()))
        .filter(open())
        .one(db)
        .await?;
    Ok(found.is_some())
}

/// Of these accounts those whose data may not be used beyond keeping it: a restriction or an objection was granted.
pub(crate) async fn restricted(
    db: &impl ConnectionTrait,
    accounts: &[AccountId],
) -> Result<BTreeSet<Uuid>, DbErr> {
    let rows = Entity::find()
        .filter(Column::AccountId.is_in(accounts.iter().map(|a| a.0)))
        .filter(Column::RightKind.is_in([Right::Restrict.as_str(), Right::Object.as_str()]))
        .filter(Column::State.eq(State::Done.as_str()))
        .filter(Column::LiftedAt.is_null())
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| row.account_id).collect())
}

/// How many clocks have run out.
pub(crate) async fn count_overdue(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
) -> Result<u64, DbErr> {
    Entity::find().filter(overdue(now)).count(db).await
}

/// Those closed before `before`, at most `limit`.
pub(crate) async fn closed_before(
    db: &impl ConnectionTrait,
    before: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<(Uuid, DateTime<Utc>)>, DbErr> {
    let rows = Entity::find()
        .filter(Column::ClosedAt.lt(before))
        .order_by_asc(Column::ClosedAt)
        .limit(limit)
        .all(db)
        .await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| Some((row.id, row.closed_at?)))
        .collect())
}

/// Removes one.
pub(crate) async fn remove(db: &impl ConnectionTrait, id: Uuid) -> Result<(), DbErr> {
    Entity::delete_by_id(id).exec(db).await.map(|_| ())
}

/// Writes a new one.
pub(crate) async fn insert(db: &impl ConnectionTrait, request: &DataRequest) -> Result<(), DbErr> {
    Entity::insert(active(request))
        .exec_without_returning(db)
        .await
        .map(|_| ())
}

/// Saves one whose stored version is `version - 1`. False: somebody else was faster.
pub(crate) async fn save(db: &impl ConnectionTrait, request: &DataRequest) -> Result<bool, DbErr> {
    let mut changed = active(request);
    changed.not_set(Column::Id);
    let done = Entity::update_many()
        .set(changed)
        .filter(Column::Id.eq(request.id))
        .filter(Column::Version.eq(request.version - 1))
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}
