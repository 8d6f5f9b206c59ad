//! The post collects: a hand-over record (biên bản giao nhận) over shipments of one agency (QĐ 45/2016 art. 9).
//!
//! All or nothing: what both sides signed and what is recorded must be the same list.

use super::order::own_entry;
use super::{App, change};
use crate::domain::event::{CLOCK_SKEW, EventCode, civil_day};
use crate::domain::item;
use crate::error::{
    Error, ITEM_NUMBER_TAKEN, MANIFEST_MIXED_AGENCIES, MANIFEST_NUMBER_TAKEN,
    MANIFEST_UNKNOWN_SHIPMENT, SHIPMENT_NOT_READY,
};
use crate::store::entity::{manifest as entity, shipment as shipment_entity};
use crate::store::{event, manifest, shipment};
use chrono::{DateTime, Utc};
use contracts::events::ShipmentState;
use contracts::problem::shared;
use contracts::{Code, Scope};
use durable::Tx;
use sea_orm::{DbErr, SqlErr};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// A checked request.
#[derive(Clone, Debug)]
pub struct Collect {
    /// Number on the paper; allocated when absent.
    pub number: Option<String>,
    /// The postman.
    pub signed_by: String,
    /// The officer.
    pub agency_signed_by: Option<String>,
    /// When both signed; now when absent.
    pub signed_at: Option<DateTime<Utc>>,
    /// Shipment and item number, if the operator has one already.
    pub items: Vec<(Uuid, Option<String>)>,
}

/// Hands the listed shipments over to the operator.
///
/// # Errors
/// [`Error::Fields`] naming each item that cannot be handed over; nothing has changed then.
pub async fn collect(
    app: &App,
    tx: &Tx,
    operator: &str,
    input: &Collect,
) -> Result<(entity::Model, Vec<shipment_entity::Model>), Error> {
    let scope = Scope::Operator(operator.to_owned());
    let ids: Vec<Uuid> = input.items.iter().map(|(id, _)| *id).collect();
    let rows = shipment::lock(&scope, tx, &ids).await?;
    let by_id: BTreeMap<Uuid, &shipment_entity::Model> =
        rows.iter().map(|row| (row.id, row)).collect();
    check_items(&by_id, input)?;
    let Some(first) = input.items.first().and_then(|(id, _)| by_id.get(id)) else {
        return Err(Error::Fields(vec![(
            "/items".to_owned(),
            shared::FIELD_REQUIRED,
        )]));
    };

    let now = app.rt.clock.now();
    let signed_at = input.signed_at.unwrap_or(now);
    let created = rows.iter().map(|row| row.created_at).max().unwrap_or(now);
    if signed_at > now + CLOCK_SKEW || signed_at < created - CLOCK_SKEW {
        return Err(Error::Fields(vec![(
            "/signedAt".to_owned(),
            shared::FIELD_INVALID,
        )]));
    }
    let record = entity::Model {
        id: app.rt.ids.uuid(now),
        operator: operator.to_owned(),
        number: number(tx, operator, &first.agency_code, input, signed_at).await?,
        agency_code: first.agency_code.clone(),
        agency_name: first.agency_name.clone(),
        signed_by: input.signed_by.clone(),
        agency_signed_by: input.agency_signed_by.clone(),
        signed_at,
        created_at: now,
        item_count: i64::try_from(input.items.len()).unwrap_or(i64::MAX),
    };
    if !manifest::insert(tx, record.clone()).await? {
        return Err(Error::Fields(vec![(
            "/manifestNumber".to_owned(),
            MANIFEST_NUMBER_TAKEN,
        )]));
    }
    let numbers = item_numbers(app, tx, operator, input).await?;
    let mut collected = Vec::with_capacity(rows.len());
    for (index, ((id, _), item)) in input.items.iter().zip(numbers).enumerate() {
        let Some(row) = by_id.get(id) else { continue };
        let mut row = (*row).clone();
        let mut entry = own_entry(app, &row, EventCode::HandedOver);
        entry.occurred_at = signed_at;
        entry.note = Some(record.number.clone());
        event::insert(tx, entry).await?;
        row.item_number = Some(item);
        row.manifest_id = Some(record.id);
        let (row, _) = change::refold(app, tx, row)
            .await
            .map_err(|error| taken(error, index))?;
        collected.push(row);
    }
    Ok((record, collected))
}

/// Every item must be known, ready and of the same agency as the first.
fn check_items(
    by_id: &BTreeMap<Uuid, &shipment_entity::Model>,
    input: &Collect,
) -> Result<(), Error> {
    let ready = shipment::state_name(ShipmentState::Ready);
    let agency = input
        .items
        .iter()
        .find_map(|(id, _)| by_id.get(id))
        .map(|row| row.agency_code.as_str());
    let mut twice = BTreeSet::new();
    let refused: Vec<(String, Code)> = input
        .items
        .iter()
        .enumerate()
        .filter_map(|(index, (id, _))| {
            let code = match by_id.get(id) {
                None => MANIFEST_UNKNOWN_SHIPMENT,
                Some(_) if !twice.insert(*id) => shared::FIELD_INVALID,
                Some(row) if row.state != ready => SHIPMENT_NOT_READY,
                Some(row) if Some(row.agency_code.as_str()) != agency => MANIFEST_MIXED_AGENCIES,
                Some(_) => return None,
            };
            Some((format!("/items/{index}/shipmentId"), code))
        })
        .collect();
    if refused.is_empty() {
        Ok(())
    } else {
        Err(Error::Fields(refused))
    }
}

/// The number on the paper, or the next of `BG-<agency>-<yymmdd>-<n>`.
async fn number(
    tx: &Tx,
    operator: &str,
    agency: &str,
    input: &Collect,
    signed_at: DateTime<Utc>,
) -> Result<String, DbErr> {
    if let Some(number) = &input.number {
        return Ok(number.clone());
    }
    let day = civil_day(signed_at).format("%y%m%d");
    let counter = format!("manifest:{operator}:{agency}:{day}");
    loop {
        let n = manifest::take(tx, &counter, 1).await?;
        let number = format!("BG-{agency}-{day}-{n:04}");
        // The operator may have used the same words itself.
        if !manifest::number_taken(tx, operator, &number).await? {
            return Ok(number);
        }
    }
}

/// The operator's item numbers, and ours for the rest; none twice.
async fn item_numbers(
    app: &App,
    tx: &Tx,
    operator: &str,
    input: &Collect,
) -> Result<Vec<String>, Error> {
    let given: Vec<String> = input
        .items
        .iter()
        .filter_map(|(_, item)| item.clone())
        .collect();
    let mut used: BTreeSet<String> = shipment::items_taken(tx, operator, &given)
        .await?
        .into_iter()
        .collect();
    let mut refused = Vec::new();
    for (index, (_, item)) in input.items.iter().enumerate() {
        if let Some(item) = item
            && !used.insert(item.clone())
        {
            refused.push((format!("/items/{index}/itemNumber"), ITEM_NUMBER_TAKEN));
        }
    }
    if !refused.is_empty() {
        return Err(Error::Fields(refused));
    }
    let mut numbers = Vec::with_capacity(input.items.len());
    for (_, item) in &input.items {
        numbers.push(match item {
            Some(item) => item.clone(),
            None => next_item(app, tx, operator, &used).await?,
        });
    }
    Ok(numbers)
}

/// The next own number that the operator has not used by itself.
async fn next_item(
    app: &App,
    tx: &Tx,
    operator: &str,
    used: &BTreeSet<String>,
) -> Result<String, Error> {
    let prefix = &app.config.item_prefix;
    let counter = format!("item:{operator}:{prefix}");
    loop {
        let serial = manifest::take(tx, &counter, 1).await?;
        let item = item::allocate(prefix, serial).ok_or(Error::NumbersExhausted)?;
        let free = shipment::items_taken(tx, operator, std::slice::from_ref(&item))
            .await?
            .is_empty();
        if free && !used.contains(&item) {
            return Ok(item);
        }
    }
}

/// Two manifests at the same moment may bring the same item number: the unique index has the last word.
fn taken(error: DbErr, index: usize) -> Error {
    match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(_)) => Error::Fields(vec![(
            format!("/items/{index}/itemNumber"),
            ITEM_NUMBER_TAKEN,
        )]),
        Some(_) | None => Error::Db(error),
    }
}
