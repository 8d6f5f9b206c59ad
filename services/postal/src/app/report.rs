//! The post reports what happened: batches of events, in any order and more than once.

use super::{App, change};
use crate::domain::event::EventCode;
use crate::domain::fold::{Refusal, Verdict};
use crate::domain::item;
use crate::domain::receipt::{IdentityKind, Receipt, Relation, identity_valid, mask};
use crate::error::{
    EVENT_CODE_UNKNOWN, EVENT_ID_REUSED, ITEM_NUMBER_INVALID, SHIPMENT_NOT_FOUND, refusal_code,
};
use crate::store::entity::{post_event, shipment as entity};
use crate::store::{event, reference, shipment};
use chrono::{DateTime, Utc};
use contracts::events::ShipmentState;
use contracts::{Code, Scope};
use durable::Tx;
use sea_orm::DbErr;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// A checked event.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The operator's id of the event.
    pub event_id: String,
    /// Which shipment.
    #[serde(skip)]
    pub target: Target,
    /// The operator's code.
    pub operator_code: String,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// Where.
    pub place: Option<String>,
    /// Remark.
    pub note: Option<String>,
    /// Who took it.
    pub receiver: Option<Taker>,
    /// The event taken back.
    pub corrects: Option<String>,
}

/// How the operator names a shipment.
#[derive(Clone, Debug)]
pub enum Target {
    /// By our id.
    Shipment(Uuid),
    /// By its item number.
    Item(String),
}

/// Who took the item, as reported: with the whole identity number, which is never stored.
#[derive(Clone, Serialize)]
pub struct Taker {
    /// Name.
    pub name: String,
    /// Paper shown.
    pub identity_kind: Option<IdentityKind>,
    /// Its number.
    pub identity_number: Option<String>,
    /// In what quality.
    pub relation: Option<Relation>,
    /// Number or text of the authorisation.
    pub authorisation: Option<String>,
}

impl std::fmt::Debug for Taker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Taker")
    }
}

impl Taker {
    fn receipt(&self) -> Receipt {
        Receipt {
            name: self.name.clone(),
            identity_kind: self.identity_kind,
            identity_number_masked: self.identity_number.as_deref().map(mask),
            identity_valid: match (self.identity_kind, self.identity_number.as_deref()) {
                (Some(kind), Some(number)) => identity_valid(kind, number),
                (None, _) | (_, None) => false,
            },
            relation: self.relation,
            authorisation: self.authorisation.clone(),
        }
    }
}

/// What became of one event of the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It counts.
    Accepted,
    /// It was known.
    Duplicate,
    /// It does not count. Guards keep the event, so that it may count once others have come; the rest is not stored.
    Rejected(Code, Option<Refusal>),
    /// Kept, not understood.
    UnknownCode(Code),
}

/// The answer to one event.
#[derive(Clone, Debug)]
pub struct Answered {
    /// The operator's id.
    pub event_id: String,
    /// The shipment, when it was found.
    pub shipment: Option<(Uuid, ShipmentState)>,
    /// What became of it.
    pub outcome: Outcome,
}

/// Stores a batch and folds every shipment it touches once.
pub async fn report(
    app: &App,
    tx: &Tx,
    operator: &str,
    batch: &[Report],
) -> Result<Vec<Answered>, DbErr> {
    let scope = Scope::Operator(operator.to_owned());
    let targets = resolve(&scope, tx, batch).await?;
    let ids: Vec<Uuid> = targets
        .iter()
        .filter_map(|t| t.as_ref().ok().copied())
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let mut rows: BTreeMap<Uuid, entity::Model> = shipment::lock(&scope, tx, &ids)
        .await?
        .into_iter()
        .map(|row| (row.id, row))
        .collect();

    let mut stored: Vec<Result<(Uuid, bool), Code>> = Vec::with_capacity(batch.len());
    let mut touched = BTreeSet::new();
    for (one, target) in batch.iter().zip(targets) {
        stored.push(match target {
            Err(code) => Err(code),
            Ok(id) if !rows.contains_key(&id) => Err(SHIPMENT_NOT_FOUND),
            Ok(id) => keep(app, tx, operator, one, id).await?.map(|new| {
                if new {
                    touched.insert(id);
                }
                (id, new)
            }),
        });
    }
    let mut views = BTreeMap::new();
    for id in touched {
        if let Some(row) = rows.remove(&id) {
            let (row, view) = change::refold(app, tx, row).await?;
            rows.insert(id, row);
            views.insert(id, view);
        }
    }
    batch
        .iter()
        .zip(stored)
        .map(|(one, stored)| {
            let (shipment, outcome) = match stored {
                Err(code) => (None, Outcome::Rejected(code, None)),
                Ok((id, new)) => {
                    let state = rows
                        .get(&id)
                        .map(|row| shipment::state_of(&row.state))
                        .transpose()?;
                    let verdict = views.get(&id).and_then(|v| v.verdict(&one.event_id));
                    (
                        state.map(|state| (id, state)),
                        if new {
                            outcome(verdict)
                        } else {
                            Outcome::Duplicate
                        },
                    )
                }
            };
            Ok(Answered {
                event_id: one.event_id.clone(),
                shipment,
                outcome,
            })
        })
        .collect()
}

fn outcome(verdict: Option<Verdict>) -> Outcome {
    match verdict {
        // Taken back by a correction that came first: nothing was wrong with it when it was sent.
        None | Some(Verdict::Accepted | Verdict::Corrected) => Outcome::Accepted,
        Some(Verdict::Rejected(refusal)) => Outcome::Rejected(refusal_code(refusal), Some(refusal)),
        Some(Verdict::UnknownCode) => Outcome::UnknownCode(EVENT_CODE_UNKNOWN),
    }
}

/// The shipment ids that the events name.
async fn resolve(
    scope: &Scope,
    tx: &Tx,
    batch: &[Report],
) -> Result<Vec<Result<Uuid, Code>>, DbErr> {
    let items: Vec<String> = batch
        .iter()
        .filter_map(|one| match &one.target {
            Target::Item(text) => item::parse(text).ok(),
            Target::Shipment(_) => None,
        })
        .collect();
    let known: BTreeMap<String, Uuid> = if items.is_empty() {
        BTreeMap::new()
    } else {
        shipment::ids_by_item(scope, &**tx, &items)
            .await?
            .into_iter()
            .collect()
    };
    Ok(batch
        .iter()
        .map(|one| match &one.target {
            Target::Shipment(id) => Ok(*id),
            Target::Item(text) => match item::parse(text) {
                Ok(item) => known.get(&item).copied().ok_or(SHIPMENT_NOT_FOUND),
                Err(_) => Err(ITEM_NUMBER_INVALID),
            },
        })
        .collect())
}

/// Stores one event: `Ok(true)` new, `Ok(false)` known, `Err` when its id was used for something else.
async fn keep(
    app: &App,
    tx: &Tx,
    operator: &str,
    one: &Report,
    shipment: Uuid,
) -> Result<Result<bool, Code>, DbErr> {
    let content =
        serde_json::to_string(&(shipment, one)).map_err(|error| DbErr::Json(error.to_string()))?;
    // Keyed, because the content holds an identity number.
    let content_hash = app.rt.sealer.lookup_hash(&content);
    let now = app.rt.clock.now();
    let code: EventCode = app.code(&one.operator_code);
    let row = post_event::Model {
        id: app.rt.ids.uuid(now),
        source: operator.to_owned(),
        event_id: one.event_id.clone(),
        shipment_id: shipment,
        code: code.as_str().to_owned(),
        operator_code: one.operator_code.clone(),
        occurred_at: one.occurred_at,
        received_at: now,
        place: one.place.clone(),
        note: one.note.clone(),
        receiver_sealed: one
            .receiver
            .as_ref()
            .map(|taker| reference::seal(&app.rt, &taker.receipt()))
            .transpose()?,
        corrects: one.corrects.clone(),
        content_hash: content_hash.clone(),
    };
    if event::insert(tx, row).await? {
        return Ok(Ok(true));
    }
    let same = event::hash_of(tx, operator, &one.event_id)
        .await?
        .is_some_and(|known| known == content_hash);
    Ok(if same {
        Ok(false)
    } else {
        Err(EVENT_ID_REUSED)
    })
}
