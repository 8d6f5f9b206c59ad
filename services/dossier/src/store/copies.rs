//! Local copies of procedures, agencies and communes. Each knows the version it holds; an older or equal one changes nothing.
//! The statement that writes compares, so that two events handled at once cannot put the older one on top.

use super::corrupt;
use super::entity::{agency_copy, commune_copy, procedure_copy, province_copy, shipment_copy};
use chrono::NaiveDate;
use contracts::events::{
    AgencyChanged, CommuneFact, ProcedureChanged, ShipmentChanged, UnitsChanged,
};
use contracts::{Address, ProcedureId};
use durable::Tx;
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, QueryOrder as _, Set,
};
use uuid::Uuid;

/// Communes written in one statement.
const CHUNK: usize = 100;

/// Keeps a procedure version. Every version stays: dossiers were received under it.
pub(crate) async fn keep_procedure(tx: &Tx, event: &ProcedureChanged) -> Result<(), DbErr> {
    let row = procedure_copy::Model {
        procedure_id: event.procedure_id.0,
        version: event.version,
        active: event.active,
        data: serde_json::to_string(event).map_err(corrupt)?,
    };
    procedure_copy::Entity::insert(row.into_active_model())
        .on_conflict(
            OnConflict::columns([
                procedure_copy::Column::ProcedureId,
                procedure_copy::Column::Version,
            ])
            .do_nothing()
            .to_owned(),
        )
        .exec_without_returning(&**tx)
        .await
        .map(|_| ())
}

/// The newest version of a procedure.
pub(crate) async fn procedure(
    db: &impl ConnectionTrait,
    id: ProcedureId,
) -> Result<Option<ProcedureChanged>, DbErr> {
    let row = procedure_copy::Entity::find()
        .filter(procedure_copy::Column::ProcedureId.eq(id.0))
        .order_by_desc(procedure_copy::Column::Version)
        .one(db)
        .await?;
    row.map(|row| serde_json::from_str(&row.data).map_err(corrupt))
        .transpose()
}

/// Keeps an agency, if newer than what is held.
pub(crate) async fn keep_agency(tx: &Tx, event: &AgencyChanged) -> Result<(), DbErr> {
    let row = agency_copy::Model {
        code: event.code.clone(),
        version: event.version,
        active: event.active,
        data: serde_json::to_string(event).map_err(corrupt)?,
    };
    agency_copy::Entity::insert(row.into_active_model())
        .on_conflict(
            OnConflict::column(agency_copy::Column::Code)
                .update_columns([
                    agency_copy::Column::Version,
                    agency_copy::Column::Active,
                    agency_copy::Column::Data,
                ])
                .action_and_where(
                    Expr::col((agency_copy::Entity, agency_copy::Column::Version))
                        .lt(event.version),
                )
                .to_owned(),
        )
        .exec_without_returning(&**tx)
        .await
        .map(|_| ())
}

/// An agency.
pub(crate) async fn agency(
    db: &impl ConnectionTrait,
    code: &str,
) -> Result<Option<AgencyChanged>, DbErr> {
    let row = agency_copy::Entity::find_by_id(code.to_owned())
        .one(db)
        .await?;
    row.map(|row| serde_json::from_str(&row.data).map_err(corrupt))
        .transpose()
}

/// Keeps the communes of a province, all of them, if newer than what is held.
pub(crate) async fn keep_units(tx: &Tx, event: &UnitsChanged) -> Result<(), DbErr> {
    let province = province_copy::Model {
        code: event.province_code.clone(),
        version: event.version,
        name: event.province_name.clone(),
    };
    let written = province_copy::Entity::insert(province.into_active_model())
        .on_conflict(
            OnConflict::column(province_copy::Column::Code)
                .update_columns([province_copy::Column::Version, province_copy::Column::Name])
                .action_and_where(
                    Expr::col((province_copy::Entity, province_copy::Column::Version))
                        .lt(event.version),
                )
                .to_owned(),
        )
        .exec_without_returning(&**tx)
        .await?;
    if written == 0 {
        return Ok(());
    }
    commune_copy::Entity::delete_many()
        .filter(commune_copy::Column::ProvinceCode.eq(event.province_code.as_str()))
        .exec(&**tx)
        .await?;
    let rows: Vec<commune_copy::ActiveModel> = event
        .communes
        .iter()
        .zip(1_i64..)
        .map(|(c, period)| commune_copy::ActiveModel {
            province_code: Set(event.province_code.clone()),
            code: Set(c.code.clone()),
            period: Set(period),
            name: Set(c.name.clone()),
            valid_from: Set(c.valid_from),
            valid_to: Set(c.valid_to),
        })
        .collect();
    for chunk in rows.chunks(CHUNK) {
        commune_copy::Entity::insert_many(chunk.to_vec())
            .exec_without_returning(&**tx)
            .await?;
    }
    Ok(())
}

/// What a commune code means on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Commune {
    /// It is in force; its full name.
    Valid(String),
    /// It was, but ended.
    Ended(NaiveDate),
    /// No such code in this province.
    Unknown,
}

/// Looks a commune code up.
pub(crate) async fn commune(
    db: &impl ConnectionTrait,
    province_code: &str,
    code: &str,
    on: NaiveDate,
) -> Result<Commune, DbErr> {
    // A code that ended is told apart whichever province it belonged to before 2025-07-01.
    let rows = commune_copy::Entity::find()
        .filter(commune_copy::Column::Code.eq(code))
        .order_by_asc(commune_copy::Column::Period)
        .all(db)
        .await?;
    let facts = rows.iter().map(|row| {
        let fact = CommuneFact {
            code: row.code.clone(),
            name: row.name.clone(),
            valid_from: row.valid_from,
            valid_to: row.valid_to,
        };
        (row.province_code.as_str(), fact)
    });
    let mut ended = None;
    for (province, fact) in facts {
        let begun = fact.valid_from.is_none_or(|from| from <= on);
        match fact.valid_to {
            Some(to) if to < on => ended = Ord::max(ended, Some(to)),
            _ if begun && province == province_code => {
                return Ok(Commune::Valid(fact.name));
            }
            _ => {}
        }
    }
    Ok(ended.map_or(Commune::Unknown, Commune::Ended))
}

/// Commune and province of an address in words, when its code was in force on that day.
pub(crate) async fn place(
    db: &impl ConnectionTrait,
    address: &Address,
    on: NaiveDate,
) -> Result<Option<String>, DbErr> {
    let Commune::Valid(commune) =
        commune(db, &address.province_code, &address.commune_code, on).await?
    else {
        return Ok(None);
    };
    let province = province_copy::Entity::find_by_id(address.province_code.clone())
        .one(db)
        .await?
        .map(|province| province.name);
    Ok(Some([commune, province.unwrap_or_default()].join(", ")))
}

/// Notes a shipment's state. False: what is held is as new or newer, so the event brings nothing.
pub(crate) async fn keep_shipment(tx: &Tx, event: &ShipmentChanged) -> Result<bool, DbErr> {
    let id: Uuid = event.shipment_id.0;
    let state = serde_json::to_value(event.state).map_err(corrupt)?;
    let row = shipment_copy::Model {
        shipment_id: id,
        dossier_id: event.dossier_id.0,
        version: event.version,
        state: state.as_str().unwrap_or_default().to_owned(),
    };
    let written = shipment_copy::Entity::insert(row.into_active_model())
        .on_conflict(
            OnConflict::column(shipment_copy::Column::ShipmentId)
                .update_columns([shipment_copy::Column::Version, shipment_copy::Column::State])
                .action_and_where(
                    Expr::col((shipment_copy::Entity, shipment_copy::Column::Version))
                        .lt(event.version),
                )
                .to_owned(),
        )
        .exec_without_returning(&**tx)
        .await?;
    Ok(written > 0)
}
