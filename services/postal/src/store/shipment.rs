//! Shipments.

use super::entity::shipment::{Column, Entity, Model};
use chrono::{DateTime, Utc};
use contracts::events::ShipmentState;
use contracts::{Restricted, Scope};
use durable::Tx;
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use uuid::Uuid;

/// The only direction so far: the result goes to the applicant.
pub const RESULT: &str = "result";

/// What a list may be narrowed to.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only this state.
    pub state: Option<ShipmentState>,
    /// Only the shipment of this dossier.
    pub dossier: Option<Uuid>,
    /// Only older than this id (keyset).
    pub before: Option<Uuid>,
}

/// The rows that a scope may see. `None`: none at all.
pub(super) fn visible(scope: &Scope) -> Option<Condition> {
    Some(match scope {
        Scope::Owner(account) => Condition::all().add(Column::Owner.eq(account.0)),
        Scope::Agencies(agencies) => {
            let own = Condition::all().add(super::of_agencies(Column::AgencyCode, agencies));
            match agencies.restricted {
                Restricted::All => own,
                // Who handles the dossier is not known here: the dossier says what became of its result.
                Restricted::HandledBy(_) => own.add(Column::Restricted.eq(false)),
            }
        }
        Scope::Operator(client) => Condition::all().add(Column::Operator.eq(client)),
        Scope::Nothing => return None,
    })
}

/// A page of shipments, newest first.
pub async fn list(
    scope: &Scope,
    db: &impl ConnectionTrait,
    filter: &Filter,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    let Some(visible) = visible(scope) else {
        return Ok(Vec::new());
    };
    let mut query = Entity::find().filter(visible);
    if let Some(state) = filter.state {
        query = query.filter(Column::State.eq(state_name(state)));
    }
    if let Some(dossier) = filter.dossier {
        query = query.filter(Column::DossierId.eq(dossier));
    }
    if let Some(before) = filter.before {
        query = query.filter(Column::Id.lt(before));
    }
    query.order_by_desc(Column::Id).limit(limit).all(db).await
}

/// Shipments that wait at the agency, oldest first, and how many there are.
pub async fn ready(
    scope: &Scope,
    db: &impl ConnectionTrait,
    limit: u64,
) -> Result<(Vec<Model>, u64), DbErr> {
    let Some(visible) = visible(scope) else {
        return Ok((Vec::new(), 0));
    };
    let query = Entity::find()
        .filter(visible)
        .filter(Column::State.eq(state_name(ShipmentState::Ready)));
    let count = query.clone().count(db).await?;
    let rows = query.order_by_asc(Column::Id).limit(limit).all(db).await?;
    Ok((rows, count))
}

/// One shipment, if the scope may see it.
pub async fn one(
    scope: &Scope,
    db: &impl ConnectionTrait,
    id: Uuid,
) -> Result<Option<Model>, DbErr> {
    let Some(visible) = visible(scope) else {
        return Ok(None);
    };
    Entity::find_by_id(id).filter(visible).one(db).await
}

/// The ids behind the operator's item numbers.
pub async fn ids_by_item(
    scope: &Scope,
    db: &impl ConnectionTrait,
    items: &[String],
) -> Result<Vec<(String, Uuid)>, DbErr> {
    let Some(visible) = visible(scope) else {
        return Ok(Vec::new());
    };
    let rows: Vec<(Option<String>, Uuid)> = Entity::find()
        .select_only()
        .columns([Column::ItemNumber, Column::Id])
        .filter(visible)
        .filter(Column::ItemNumber.is_in(items))
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows
        .into_iter()
        .filter_map(|(item, id)| Some((item?, id)))
        .collect())
}

/// Locks the visible ones of these shipments until the transaction ends, always in the order of their ids, so that two
/// transactions cannot wait for each other.
pub async fn lock(scope: &Scope, tx: &Tx, ids: &[Uuid]) -> Result<Vec<Model>, DbErr> {
    let Some(visible) = visible(scope) else {
        return Ok(Vec::new());
    };
    Entity::find()
        .filter(visible)
        .filter(Column::Id.is_in(ids.iter().copied()))
        .order_by_asc(Column::Id)
        .lock(LockType::Update)
        .all(&**tx)
        .await
}

/// The shipment of a dossier's result, locked.
pub async fn lock_of_dossier(tx: &Tx, dossier: Uuid) -> Result<Option<Model>, DbErr> {
    Entity::find()
        .filter(Column::DossierId.eq(dossier))
        .filter(Column::Direction.eq(RESULT))
        .lock(LockType::Update)
        .one(&**tx)
        .await
}

/// Says whether the dossier is of restricted access. Not a change of the shipment: its revision stays.
pub async fn restrict(tx: &Tx, id: Uuid, restricted: bool) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::Restricted, Expr::value(restricted))
        .filter(Column::Id.eq(id))
        .exec(&**tx)
        .await
        .map(|_| ())
}

/// Puts nobody in the place of the persons. Not a change of the shipment: its revision stays.
pub async fn forget_person(
    tx: &Tx,
    id: Uuid,
    receiver_sealed: &str,
    contact_sealed: &str,
) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::ReceiverSealed, Expr::value(receiver_sealed))
        .col_expr(Column::ContactSealed, Expr::value(contact_sealed))
        .col_expr(Column::ReceivedBySealed, Expr::value(None::<String>))
        .filter(Column::Id.eq(id))
        .exec(&**tx)
        .await
        .map(|_| ())
}

/// The shipments of these manifests that the scope may see, in the order of their ids.
pub async fn of_manifests(
    scope: &Scope,
    db: &impl ConnectionTrait,
    manifests: &[Uuid],
) -> Result<Vec<Model>, DbErr> {
    let (Some(visible), false) = (visible(scope), manifests.is_empty()) else {
        return Ok(Vec::new());
    };
    Entity::find()
        .filter(visible)
        .filter(Column::ManifestId.is_in(manifests.iter().copied()))
        .order_by_asc(Column::Id)
        .all(db)
        .await
}

/// Item numbers of these that the operator has used already.
pub async fn items_taken(tx: &Tx, operator: &str, items: &[String]) -> Result<Vec<String>, DbErr> {
    if items.is_empty() {
        return Ok(Vec::new());
    }
    let taken: Vec<Option<String>> = Entity::find()
        .select_only()
        .column(Column::ItemNumber)
        .filter(Column::Operator.eq(operator))
        .filter(Column::ItemNumber.is_in(items))
        .into_tuple()
        .all(&**tx)
        .await?;
    Ok(taken.into_iter().flatten().collect())
}

/// Inserts a shipment.
pub async fn insert(tx: &Tx, row: Model) -> Result<(), DbErr> {
    Entity::insert(row.into_active_model())
        .exec_without_returning(&**tx)
        .await
        .map(|_| ())
}

/// Writes a locked shipment back. The revision guards against a writer that forgot the lock.
///
/// # Errors
/// `DbErr::RecordNotUpdated` when somebody else wrote in between.
pub async fn update(tx: &Tx, row: &Model, read_revision: i64) -> Result<(), DbErr> {
    let mut change = row.clone().into_active_model();
    for column in [
        Column::State,
        Column::ItemNumber,
        Column::ManifestId,
        Column::Attempts,
        Column::Invitations,
        Column::HandedOverAt,
        Column::ExpectedBy,
        Column::ClosedAt,
        Column::ReceivedBySealed,
        Column::Version,
        Column::Revision,
    ] {
        change.reset(column);
    }
    let written = Entity::update_many()
        .set(change)
        .filter(Column::Id.eq(row.id))
        .filter(Column::Revision.eq(read_revision))
        .exec(&**tx)
        .await?;
    if written.rows_affected == 1 {
        Ok(())
    } else {
        Err(DbErr::RecordNotUpdated)
    }
}

/// How many shipments are late: on the road beyond the day they should have arrived.
pub async fn overdue(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<u64, DbErr> {
    Entity::find()
        .filter(Column::ClosedAt.is_null())
        .filter(Column::ExpectedBy.lt(now))
        .count(db)
        .await
}

/// The stored name of a state: as in JSON.
pub fn state_name(state: ShipmentState) -> &'static str {
    match state {
        ShipmentState::Ready => "ready",
        ShipmentState::HandedToPost => "handedToPost",
        ShipmentState::InTransit => "inTransit",
        ShipmentState::Invited => "invited",
        ShipmentState::Delivered => "delivered",
        ShipmentState::ReturnedToAgency => "returnedToAgency",
        ShipmentState::Lost => "lost",
        ShipmentState::Damaged => "damaged",
        ShipmentState::Cancelled => "cancelled",
    }
}

/// Every state.
pub const STATES: &[ShipmentState] = &[
    ShipmentState::Ready,
    ShipmentState::HandedToPost,
    ShipmentState::InTransit,
    ShipmentState::Invited,
    ShipmentState::Delivered,
    ShipmentState::ReturnedToAgency,
    ShipmentState::Lost,
    ShipmentState::Damaged,
    ShipmentState::Cancelled,
];

/// The inverse of [`state_name`].
///
/// # Errors
/// When the table holds a state that this release does not know.
pub fn state_of(name: &str) -> Result<ShipmentState, DbErr> {
    STATES
        .iter()
        .copied()
        .find(|s| state_name(*s) == name)
        .ok_or_else(|| DbErr::Type(format!("shipment state {name}")))
}
