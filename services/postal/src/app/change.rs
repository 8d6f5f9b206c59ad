//! The one way in which a shipment changes: its reports are folded again.

use super::App;
use crate::domain::event::{WorkingDays, civil_day};
use crate::domain::fold::{ShipmentView, fold};
use crate::store::entity::shipment::Model;
use crate::store::{event, reference, shipment};
use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use contracts::events::ShipmentChanged;
use contracts::{AccountId, DossierId, ShipmentId};
use durable::Tx;
use sea_orm::DbErr;

/// Folds all reports of a locked shipment again, writes what came out, and publishes it when it is news.
pub async fn refold(app: &App, tx: &Tx, mut row: Model) -> Result<(Model, ShipmentView), DbErr> {
    let events = event::of_shipment(&**tx, &app.rt.sealer, row.id).await?;
    let view = fold(&events, &app.calendar);
    let before = shipment::state_of(&row.state)?;
    let invitations = u32::try_from(row.invitations).unwrap_or(u32::MAX);
    let news = view.news_after(before, invitations);
    let read = row.revision;

    row.state = shipment::state_name(view.state).to_owned();
    row.attempts = i64::from(view.attempts);
    row.invitations = i64::from(view.invitations);
    row.handed_over_at = view.handed_over_at;
    row.closed_at = view.closed_at;
    // Computed once, at the hand-over, and kept: a later change of the calendar moves no promise.
    if row.expected_by.is_none() {
        row.expected_by = view.handed_over_at.map(|at| expected_by(app, at));
    }
    row.received_by_sealed = view
        .received_by
        .as_ref()
        .map(|name| reference::seal(&app.rt, name))
        .transpose()?;
    row.revision += 1;
    row.version += i64::from(news);
    shipment::update(tx, &row, read).await?;
    if news {
        publish(app, tx, &row, &view).await?;
    }
    Ok((row, view))
}

/// Publishes the present state of a shipment.
pub async fn publish(app: &App, tx: &Tx, row: &Model, view: &ShipmentView) -> Result<(), DbErr> {
    let changed = ShipmentChanged {
        shipment_id: ShipmentId(row.id),
        version: row.version,
        dossier_id: DossierId(row.dossier_id),
        dossier_number: row.dossier_number.clone(),
        state: view.state,
        at: view.since.unwrap_or(row.created_at),
        item_number: row.item_number.clone(),
        receiver_name: view.received_by.clone(),
        owner: AccountId(row.owner),
        contact: reference::unseal(&app.rt.sealer, &row.contact_sealed)?,
        agency_code: row.agency_code.clone(),
        invitations: view.invitations,
    };
    durable::publish(tx, &app.rt, &changed).await
}

/// The end of the `n`-th working day after the hand-over (J+n, TT 17/2017 art. 7).
fn expected_by(app: &App, handed_over_at: DateTime<Utc>) -> DateTime<Utc> {
    let day = app
        .calendar
        .after(civil_day(handed_over_at), app.config.delivery_working_days);
    day.and_time(NaiveTime::MIN).and_utc() + TimeDelta::days(1)
        - TimeDelta::hours(7)
        - TimeDelta::seconds(1)
}
