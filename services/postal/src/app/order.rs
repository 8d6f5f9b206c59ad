//! Dossiers open and cancel postal orders.

use super::{App, change};
use crate::domain::event::{EventCode, OWN_SOURCE};
use crate::domain::fold::fold;
use crate::domain::order::{Decision, decide};
use crate::store::entity::{post_event, shipment as entity};
use crate::store::{event, reference, shipment};
use contracts::Address;
use contracts::events::{DossierChanged, ShipmentState};
use durable::{TaskError, Tx};
use serde::{Deserialize, Serialize};

/// Where the result goes, as kept (sealed).
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Receiver {
    /// Name.
    pub name: String,
    /// E.164 phone.
    pub phone: Option<String>,
    /// Two-tier address.
    pub address: Option<Address>,
}

/// Acts on one transition of a dossier.
pub async fn on_dossier(app: &App, tx: &Tx, changed: &DossierChanged) -> Result<(), TaskError> {
    let dossier = changed.dossier_id.0;
    // The lock makes two transitions of one dossier wait for each other.
    let seen = reference::lock_dossier(tx, dossier).await?;
    let known = shipment::lock_of_dossier(tx, dossier).await?;
    let state = known
        .as_ref()
        .map(|row| shipment::state_of(&row.state))
        .transpose()?;
    let newer = seen.is_none_or(|seen| seen < changed.version);
    if let Some(row) = &known
        && newer
        && row.restricted != changed.restricted
    {
        shipment::restrict(tx, row.id, changed.restricted).await?;
    }
    if let Some(row) = &known
        && newer
        && changed.command == DossierChanged::PSEUDONYMISE
    {
        // The event says nobody's name any more; what we knew goes with it.
        let nobody = receiver(changed);
        shipment::forget_person(
            tx,
            row.id,
            &reference::seal(&app.rt, &nobody)?,
            &reference::seal(&app.rt, &changed.contact)?,
        )
        .await?;
        event::forget_receivers(tx, row.id).await?;
    }
    match decide(changed, seen, state) {
        Decision::Open => open(app, tx, changed).await?,
        Decision::Cancel => {
            if let Some(row) = known {
                cancel(app, tx, changed, row).await?;
            }
        }
        Decision::Nothing => {}
    }
    if newer {
        reference::see_dossier(tx, dossier, changed.version).await?;
    }
    Ok(())
}

async fn open(app: &App, tx: &Tx, changed: &DossierChanged) -> Result<(), TaskError> {
    let Some(number) = changed.number.clone() else {
        return Err(TaskError::fatal("a finished dossier has no number"));
    };
    let now = app.rt.clock.now();
    let row = entity::Model {
        id: app.rt.ids.uuid(now),
        dossier_id: changed.dossier_id.0,
        direction: shipment::RESULT.to_owned(),
        dossier_number: number,
        agency_code: changed.agency_code.clone(),
        agency_name: changed.agency_name.clone(),
        operator: app.config.operator_of(&changed.agency_code).to_owned(),
        owner: changed.owner.0,
        receiver_sealed: reference::seal(&app.rt, &receiver(changed))?,
        contact_sealed: reference::seal(&app.rt, &changed.contact)?,
        restricted: changed.restricted,
        state: shipment::state_name(ShipmentState::Ready).to_owned(),
        item_number: None,
        manifest_id: None,
        attempts: 0,
        invitations: 0,
        created_at: now,
        handed_over_at: None,
        expected_by: None,
        closed_at: None,
        received_by_sealed: None,
        version: 1,
        revision: 1,
    };
    shipment::insert(tx, row.clone()).await?;
    change::publish(app, tx, &row, &fold(&[], &app.calendar)).await?;
    Ok(())
}

fn receiver(changed: &DossierChanged) -> Receiver {
    let (way, contact) = (&changed.return_way, &changed.contact);
    Receiver {
        name: way
            .receiver_name
            .clone()
            .unwrap_or_else(|| contact.name.clone()),
        phone: way.receiver_phone.clone().or_else(|| contact.phone.clone()),
        address: way.address.clone(),
    }
}

async fn cancel(
    app: &App,
    tx: &Tx,
    changed: &DossierChanged,
    row: entity::Model,
) -> Result<(), TaskError> {
    let mut entry = own_entry(app, &row, EventCode::Cancelled);
    entry.note = Some(changed.status.as_str().to_owned());
    event::insert(tx, entry).await?;
    change::refold(app, tx, row).await?;
    Ok(())
}

/// An entry of ours in the timeline of a shipment, happening now. One of each kind at the most.
pub fn own_entry(app: &App, row: &entity::Model, code: EventCode) -> post_event::Model {
    let now = app.rt.clock.now();
    post_event::Model {
        id: app.rt.ids.uuid(now),
        source: OWN_SOURCE.to_owned(),
        event_id: format!("{}:{}", code.as_str(), row.id),
        shipment_id: row.id,
        code: code.as_str().to_owned(),
        operator_code: code.as_str().to_owned(),
        occurred_at: now,
        received_at: now,
        place: Some(row.agency_name.clone()),
        note: None,
        receiver_sealed: None,
        corrects: None,
        content_hash: String::new(),
    }
}
