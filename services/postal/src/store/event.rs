//! Reports, kept as they came.

use super::entity::post_event::{Column, Entity, Model};
use crate::domain::event::{EventCode, OWN_SOURCE, PostEvent};
use durable::Tx;
use kit::Sealer;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};
use uuid::Uuid;

/// Everything reported about one shipment.
pub async fn of_shipment(
    db: &impl ConnectionTrait,
    sealer: &Sealer,
    shipment: Uuid,
) -> Result<Vec<PostEvent>, DbErr> {
    Entity::find()
        .filter(Column::ShipmentId.eq(shipment))
        .order_by_asc(Column::OccurredAt)
        .order_by_asc(Column::Id)
        .all(db)
        .await?
        .into_iter()
        .map(|row| open(sealer, row))
        .collect()
}

/// The hash of what an operator sent under this event id, if it is known.
pub async fn hash_of(tx: &Tx, source: &str, event_id: &str) -> Result<Option<String>, DbErr> {
    Ok(Entity::find()
        .filter(Column::Source.eq(source))
        .filter(Column::EventId.eq(event_id))
        .one(&**tx)
        .await?
        .map(|row| row.content_hash))
}

/// Inserts a report; false when (source, event id) is there already.
pub async fn insert(tx: &Tx, row: Model) -> Result<bool, DbErr> {
    let rows = Entity::insert(row.into_active_model())
        .on_conflict(
            OnConflict::columns([Column::Source, Column::EventId])
                .do_nothing()
                .to_owned(),
        )
        .exec_without_returning(&**tx)
        .await?;
    Ok(rows == 1)
}

/// Takes out who received a shipment.
pub async fn forget_receivers(tx: &Tx, shipment: Uuid) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::ReceiverSealed, Expr::value(None::<String>))
        .filter(Column::ShipmentId.eq(shipment))
        .exec(&**tx)
        .await
        .map(|_| ())
}

fn open(sealer: &Sealer, row: Model) -> Result<PostEvent, DbErr> {
    let receiver = row
        .receiver_sealed
        .map(|sealed| super::reference::unseal(sealer, &sealed))
        .transpose()?;
    Ok(PostEvent {
        event_id: row.event_id,
        own: row.source == OWN_SOURCE,
        code: EventCode::parse(&row.code)
            .ok_or_else(|| DbErr::Type(format!("event code {}", row.code)))?,
        operator_code: row.operator_code,
        occurred_at: row.occurred_at,
        received_at: row.received_at,
        place: row.place,
        note: row.note,
        receiver,
        corrects: row.corrects,
    })
}
