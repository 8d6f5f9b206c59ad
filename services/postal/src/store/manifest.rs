//! Hand-over records and the counters behind their numbers.

use super::entity::manifest::{Column, Entity, Model};
use super::entity::shipment;
use contracts::Scope;
use durable::Tx;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, OnConflict, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect,
};
use uuid::Uuid;

/// A page of records, newest first: of an agency those with a shipment that the scope may see, so that none tells of what it may not.
/// Applicants see none.
pub async fn list(
    scope: &Scope,
    db: &impl ConnectionTrait,
    before: Option<Uuid>,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    let visible = match (scope, super::shipment::visible(scope)) {
        (Scope::Agencies(agencies), Some(seen)) => {
            let items = Query::select()
                .expr(Expr::val(1))
                .from(shipment::Entity)
                .and_where(
                    Expr::col((shipment::Entity, shipment::Column::ManifestId))
                        .equals((Entity, Column::Id)),
                )
                .cond_where(seen)
                .to_owned();
            Condition::all()
                .add(super::of_agencies(Column::AgencyCode, agencies))
                .add(Expr::exists(items))
        }
        (Scope::Operator(client), _) => Condition::all().add(Column::Operator.eq(client)),
        _ => return Ok(Vec::new()),
    };
    let mut query = Entity::find().filter(visible);
    if let Some(before) = before {
        query = query.filter(Column::Id.lt(before));
    }
    query.order_by_desc(Column::Id).limit(limit).all(db).await
}

/// Numbers of these records by their ids.
pub async fn numbers(
    db: &impl ConnectionTrait,
    ids: &[Uuid],
) -> Result<Vec<(Uuid, String)>, DbErr> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Entity::find()
        .select_only()
        .columns([Column::Id, Column::Number])
        .filter(Column::Id.is_in(ids.iter().copied()))
        .into_tuple()
        .all(db)
        .await
}

/// Whether the operator has used this number.
pub async fn number_taken(tx: &Tx, operator: &str, number: &str) -> Result<bool, DbErr> {
    Ok(Entity::find()
        .filter(Column::Operator.eq(operator))
        .filter(Column::Number.eq(number))
        .count(&**tx)
        .await?
        > 0)
}

/// Inserts a record; false when the operator has used the number.
pub async fn insert(tx: &Tx, row: Model) -> Result<bool, DbErr> {
    let rows = Entity::insert(row.into_active_model())
        .on_conflict(
            OnConflict::columns([Column::Operator, Column::Number])
                .do_nothing()
                .to_owned(),
        )
        .exec_without_returning(&**tx)
        .await?;
    Ok(rows == 1)
}

/// Takes `count` numbers from a counter and returns the last one taken. The row stays locked until the transaction ends, so that no
/// number is given twice; a rolled-back transaction gives its numbers back.
pub async fn take(tx: &Tx, counter: &str, count: i64) -> Result<i64, DbErr> {
    let (table, name, value) = (
        Alias::new("counter"),
        Alias::new("name"),
        Alias::new("value"),
    );
    let insert = Query::insert()
        .into_table(table.clone())
        .columns([name.clone(), value.clone()])
        .values([counter.into(), 0_i64.into()])
        .map_err(|error| DbErr::Custom(error.to_string()))?
        .on_conflict(OnConflict::column(name.clone()).do_nothing().to_owned())
        .to_owned();
    tx.execute(&insert).await?;
    let update = Query::update()
        .table(table.clone())
        .value(value.clone(), Expr::col(value.clone()).add(count))
        .and_where(Expr::col(name.clone()).eq(counter))
        .to_owned();
    tx.execute(&update).await?;
    let select = Query::select()
        .column(value)
        .from(table)
        .and_where(Expr::col(name).eq(counter))
        .to_owned();
    tx.query_one(&select)
        .await?
        .ok_or_else(|| DbErr::RecordNotFound(counter.to_owned()))?
        .try_get("", "value")
}
