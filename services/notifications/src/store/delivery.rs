//! Letters and text messages.

use super::entity::delivery::{Column, Entity, Model};
use chrono::{DateTime, Utc};
use durable::Tx;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};
use uuid::Uuid;

/// Waits to be sent, or to be tried again.
pub const QUEUED: &str = "queued";
/// Handed to the mail server or gateway.
pub const SENT: &str = "sent";
/// Given up; kept for people to look at.
pub const DEAD: &str = "dead";

/// Inserts a delivery; false when this event has told this recipient over this channel already.
pub async fn insert(tx: &Tx, row: Model) -> Result<bool, DbErr> {
    let rows = Entity::insert(row.into_active_model())
        .on_conflict(
            OnConflict::columns([Column::EventId, Column::Recipient, Column::Channel])
                .do_nothing()
                .to_owned(),
        )
        .exec_without_returning(&**tx)
        .await?;
    Ok(rows == 1)
}

/// One delivery.
pub async fn one(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(id).one(db).await
}

/// The deliveries beside an inbox item.
pub async fn beside(
    db: &impl ConnectionTrait,
    event: Uuid,
    recipient: &str,
) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::EventId.eq(event))
        .filter(Column::Recipient.eq(recipient))
        .order_by_asc(Column::Channel)
        .all(db)
        .await
}

/// Notes that an attempt succeeded. What was said and to whom is not needed any more, and goes.
pub async fn sent(tx: &Tx, id: Uuid, attempts: i64, now: DateTime<Utc>) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::State, Expr::value(SENT))
        .col_expr(Column::Attempts, Expr::value(attempts))
        .col_expr(Column::SentAt, Expr::value(now))
        .col_expr(Column::ContentSealed, Expr::value(""))
        .col_expr(Column::Error, Expr::value(None::<String>))
        .filter(Column::Id.eq(id))
        .exec(&**tx)
        .await
        .map(|_| ())
}

/// Notes that an attempt failed, for the time being or for good. A sent one stays sent.
pub async fn failed(
    tx: &Tx,
    id: Uuid,
    attempts: i64,
    dead: bool,
    error: &str,
) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::State, Expr::value(if dead { DEAD } else { QUEUED }))
        .col_expr(Column::Attempts, Expr::value(attempts))
        .col_expr(Column::Error, Expr::value(error))
        .filter(Column::Id.eq(id))
        .filter(Column::State.ne(SENT))
        .exec(&**tx)
        .await
        .map(|_| ())
}
