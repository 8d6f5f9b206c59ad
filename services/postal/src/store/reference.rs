//! Small things: what we know of dossiers and of places, and opening sealed columns.

use super::entity::province::{Column, Entity, Model};
use durable::Tx;
use kit::Sealer;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, LockType, OnConflict, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

const SEEN: &str = "dossier_seen";
const DOSSIER_ID: &str = "dossier_id";
const VERSION: &str = "version";

/// The newest version of a dossier that was acted on. The row is made if need be and stays locked until the transaction ends.
pub async fn lock_dossier(tx: &Tx, dossier: Uuid) -> Result<Option<i64>, DbErr> {
    let insert = Query::insert()
        .into_table(Alias::new(SEEN))
        .columns([Alias::new(DOSSIER_ID), Alias::new(VERSION)])
        .values([dossier.into(), 0_i64.into()])
        .map_err(|error| DbErr::Custom(error.to_string()))?
        .on_conflict(
            OnConflict::column(Alias::new(DOSSIER_ID))
                .do_nothing()
                .to_owned(),
        )
        .to_owned();
    tx.execute(&insert).await?;
    let select = Query::select()
        .column(Alias::new(VERSION))
        .from(Alias::new(SEEN))
        .and_where(Expr::col(Alias::new(DOSSIER_ID)).eq(dossier))
        .lock(LockType::Update)
        .to_owned();
    let row = tx.query_one(&select).await?;
    let version: Option<i64> = row.map(|row| row.try_get("", VERSION)).transpose()?;
    Ok(version.filter(|v| *v > 0))
}

/// Notes that a version of a locked dossier was acted on.
pub async fn see_dossier(tx: &Tx, dossier: Uuid, version: i64) -> Result<(), DbErr> {
    let update = Query::update()
        .table(Alias::new(SEEN))
        .value(Alias::new(VERSION), version)
        .and_where(Expr::col(Alias::new(DOSSIER_ID)).eq(dossier))
        .to_owned();
    tx.execute(&update).await.map(|_| ())
}

/// Provinces by code.
pub async fn provinces(db: &impl ConnectionTrait, codes: &[String]) -> Result<Vec<Model>, DbErr> {
    if codes.is_empty() {
        return Ok(Vec::new());
    }
    Entity::find()
        .filter(Column::Code.is_in(codes))
        .all(db)
        .await
}

/// Keeps a province, unless a newer version is there.
pub async fn keep_province(tx: &Tx, row: Model) -> Result<(), DbErr> {
    let version = row.version;
    let insert = Entity::insert(row.into_active_model()).on_conflict(
        OnConflict::column(Column::Code)
            .update_columns([Column::Name, Column::Version, Column::Communes])
            .action_and_where(
                Expr::col((Alias::new("province"), Alias::new("version"))).lt(version),
            )
            .to_owned(),
    );
    // No row is written for an older version, and that is right.
    insert.exec_without_returning(&**tx).await.map(|_| ())
}

/// Seals a value as JSON.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn seal(rt: &kit::Runtime, value: &impl Serialize) -> Result<String, DbErr> {
    let text = serde_json::to_string(value).map_err(|error| DbErr::Json(error.to_string()))?;
    Ok(rt.sealer.seal(rt.ids, &text))
}

/// Opens what [`seal`] made.
///
/// # Errors
/// When it was sealed with another key, or the type has changed.
pub fn unseal<T: DeserializeOwned>(sealer: &Sealer, sealed: &str) -> Result<T, DbErr> {
    let text = sealer
        .open(sealed)
        .map_err(|error| DbErr::Custom(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| DbErr::Json(error.to_string()))
}
