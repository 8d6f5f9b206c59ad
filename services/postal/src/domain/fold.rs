//! The state of a shipment is a pure fold over everything that was reported about it (domain notes §4.3).
//!
//! Operators send events late, twice and in any order. So nothing is decided at the moment an event arrives: the whole known
//! set is put in order and judged again. The order is (time of occurrence, rank of the code, event id): the time of
//! *arrival* is left out on purpose, since with it two replicas that heard the same facts in another order would
//! disagree. Entries of our own (hand-over, cancellation) come first: they are decided in our transaction, against the
//! state of that moment, and are the basis on which the operator's events stand.

use super::event::{CLOCK_SKEW, EventCode, PostEvent, WorkingDays, civil_day};
use super::receipt::ProofGap;
use chrono::{DateTime, NaiveDate, Utc};
use contracts::events::ShipmentState;
use std::collections::BTreeMap;

/// Invitations that must have been left before an item may go back (TT 17/2017 art. 5(2)(h)).
pub const INVITATIONS_BEFORE_RETURN: u32 = 2;
/// Working days between two invitations (TT 17/2017 art. 5(2)(h)).
pub const WORKING_DAYS_BETWEEN_INVITATIONS: u32 = 2;

/// Why an event does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// The agency has not handed the item over: no signed record.
    NotHandedOver,
    /// It is said to have happened before the hand-over.
    BeforeHandOver,
    /// It is said to happen after we heard of it.
    InFuture,
    /// The shipment has come to its end; only a correction can change it.
    Closed,
    /// Second invitation before two working days have passed.
    InvitationTooEarly {
        /// The first day on which it may be left.
        earliest: NaiveDate,
    },
    /// Sent back before two invitations.
    ReturnTooEarly {
        /// Invitations that count so far.
        invitations: u32,
    },
    /// No name, or neither identity paper nor authorisation.
    ProofMissing,
    /// The identity number is not possible.
    IdentityInvalid,
    /// Taken by another person without authorisation.
    AuthorisationMissing,
    /// A correction that names nothing, itself, another correction or an entry of the agency.
    CorrectionInvalid,
    /// A cancellation after the hand-over.
    AlreadyHandedOver,
}

/// What became of one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It counts.
    Accepted,
    /// It is kept, but does not count.
    Rejected(Refusal),
    /// It is kept, but we do not know what it means.
    UnknownCode,
    /// It was taken back by a later correction.
    Corrected,
}

/// A shipment as its events make it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShipmentView {
    /// Where it stands.
    pub state: ShipmentState,
    /// Since when, as reported; `None` while nothing happened.
    pub since: Option<DateTime<Utc>>,
    /// Signing of the hand-over record.
    pub handed_over_at: Option<DateTime<Utc>>,
    /// Failed delivery attempts.
    pub attempts: u32,
    /// Invitations that count.
    pub invitations: u32,
    /// Day of the last invitation that counts.
    pub last_invitation: Option<NaiveDate>,
    /// When it came to its end.
    pub closed_at: Option<DateTime<Utc>>,
    /// Who took it.
    pub received_by: Option<String>,
    /// Every event in order, with its verdict.
    pub timeline: Vec<(PostEvent, Verdict)>,
}

impl ShipmentView {
    /// The verdict on one event of the operator.
    pub fn verdict(&self, event_id: &str) -> Option<Verdict> {
        self.timeline
            .iter()
            .find(|(e, _)| !e.own && e.event_id == event_id)
            .map(|(_, v)| *v)
    }

    /// Whether others have to be told when `self` follows `before`: another state, or one more invitation to the receiver.
    pub fn news_after(&self, state: ShipmentState, invitations: u32) -> bool {
        self.state != state
            || (self.state == ShipmentState::Invited && self.invitations > invitations)
    }
}

/// Whether no further event of the operator can count.
pub fn terminal(state: ShipmentState) -> bool {
    match state {
        ShipmentState::Delivered
        | ShipmentState::ReturnedToAgency
        | ShipmentState::Lost
        | ShipmentState::Damaged
        | ShipmentState::Cancelled => true,
        ShipmentState::Ready
        | ShipmentState::HandedToPost
        | ShipmentState::InTransit
        | ShipmentState::Invited => false,
    }
}

/// Puts everything that is known about one shipment together. Repeated events (same id) count once; the order of the input does not matter.
pub fn fold(events: &[PostEvent], calendar: &impl WorkingDays) -> ShipmentView {
    let ordered = order(events);
    let rules = Rules {
        calendar,
        corrections: corrections(&ordered),
    };
    let mut view = ShipmentView {
        state: ShipmentState::Ready,
        since: None,
        handed_over_at: None,
        attempts: 0,
        invitations: 0,
        last_invitation: None,
        closed_at: None,
        received_by: None,
        timeline: Vec::with_capacity(ordered.len()),
    };
    for event in ordered {
        let verdict = if !event.own && rules.takes_back(&event.event_id) {
            Verdict::Corrected
        } else {
            rules.judge(&mut view, event)
        };
        view.timeline.push((event.clone(), verdict));
    }
    // Told as it happened: our own entries were judged first, but may lie between the operator's.
    view.timeline.sort_by(|(a, _), (b, _)| {
        (a.occurred_at, rank(a.code), &a.event_id).cmp(&(b.occurred_at, rank(b.code), &b.event_id))
    });
    view
}

/// Own entries first, then by occurrence; one entry per id.
fn order(events: &[PostEvent]) -> Vec<&PostEvent> {
    let mut first: BTreeMap<(bool, &str), &PostEvent> = BTreeMap::new();
    for event in events {
        first
            .entry((!event.own, event.event_id.as_str()))
            .and_modify(|known| {
                if event.received_at < known.received_at {
                    *known = event;
                }
            })
            .or_insert(event);
    }
    let mut ordered: Vec<&PostEvent> = first.into_values().collect();
    ordered.sort_by(|a, b| {
        (!a.own, a.occurred_at, rank(a.code), &a.event_id).cmp(&(
            !b.own,
            b.occurred_at,
            rank(b.code),
            &b.event_id,
        ))
    });
    ordered
}

/// The natural order of codes that carry the same time.
fn rank(code: EventCode) -> u8 {
    match code {
        EventCode::HandedOver => 0,
        EventCode::Cancelled => 1,
        EventCode::PickedUp => 2,
        EventCode::InTransit => 3,
        EventCode::AttemptFailed => 4,
        EventCode::Invited => 5,
        EventCode::Delivered => 6,
        EventCode::Returned => 7,
        EventCode::Lost => 8,
        EventCode::Damaged => 9,
        EventCode::Corrected => 10,
        EventCode::Unknown => 11,
    }
}

/// The corrections that are valid: id of the correction → id that it takes back. A correction can take back neither another
/// correction nor an entry of the agency, so this needs no second look at its own result.
fn corrections<'a>(ordered: &[&'a PostEvent]) -> BTreeMap<&'a str, &'a str> {
    ordered
        .iter()
        .filter(|e| e.code == EventCode::Corrected && !in_future(e))
        .filter_map(|e| Some((e.event_id.as_str(), e.corrects.as_deref()?)))
        .filter(|(id, target)| {
            id != target
                && !ordered
                    .iter()
                    .any(|o| o.event_id == *target && o.code == EventCode::Corrected)
        })
        .collect()
}

fn in_future(event: &PostEvent) -> bool {
    event.occurred_at > event.received_at + CLOCK_SKEW
}

/// What a verdict depends on besides the events before.
struct Rules<'a, C> {
    calendar: &'a C,
    corrections: BTreeMap<&'a str, &'a str>,
}

impl<C: WorkingDays> Rules<'_, C> {
    fn takes_back(&self, event_id: &str) -> bool {
        self.corrections.values().any(|target| *target == event_id)
    }

    fn judge(&self, view: &mut ShipmentView, event: &PostEvent) -> Verdict {
        match self.check(view, event) {
            Ok(()) if event.code == EventCode::Unknown => Verdict::UnknownCode,
            Ok(()) => {
                apply(view, event);
                Verdict::Accepted
            }
            Err(refusal) => Verdict::Rejected(refusal),
        }
    }

    /// Every guard, in one place.
    fn check(&self, view: &ShipmentView, event: &PostEvent) -> Result<(), Refusal> {
        match event.code {
            EventCode::HandedOver | EventCode::Cancelled => {
                return match view.state {
                    ShipmentState::Ready => Ok(()),
                    ShipmentState::HandedToPost
                    | ShipmentState::InTransit
                    | ShipmentState::Invited => Err(Refusal::AlreadyHandedOver),
                    ShipmentState::Delivered
                    | ShipmentState::ReturnedToAgency
                    | ShipmentState::Lost
                    | ShipmentState::Damaged
                    | ShipmentState::Cancelled => Err(Refusal::Closed),
                };
            }
            EventCode::Unknown => return Ok(()),
            EventCode::Corrected => {
                if in_future(event) {
                    return Err(Refusal::InFuture);
                }
                return if self.corrections.contains_key(event.event_id.as_str()) {
                    Ok(())
                } else {
                    Err(Refusal::CorrectionInvalid)
                };
            }
            EventCode::PickedUp
            | EventCode::InTransit
            | EventCode::AttemptFailed
            | EventCode::Invited
            | EventCode::Delivered
            | EventCode::Returned
            | EventCode::Lost
            | EventCode::Damaged => {}
        }
        if in_future(event) {
            return Err(Refusal::InFuture);
        }
        if terminal(view.state) {
            return Err(Refusal::Closed);
        }
        let Some(handed_over_at) = view.handed_over_at else {
            return Err(Refusal::NotHandedOver);
        };
        // An operator scans an item a moment before the record is signed; anything earlier is about another item.
        if event.occurred_at < handed_over_at - CLOCK_SKEW {
            return Err(Refusal::BeforeHandOver);
        }
        match event.code {
            EventCode::Invited => match view.last_invitation {
                None => Ok(()),
                Some(last) => {
                    let earliest = self.calendar.after(last, WORKING_DAYS_BETWEEN_INVITATIONS);
                    if civil_day(event.occurred_at) < earliest {
                        Err(Refusal::InvitationTooEarly { earliest })
                    } else {
                        Ok(())
                    }
                }
            },
            EventCode::Returned if view.invitations < INVITATIONS_BEFORE_RETURN => {
                Err(Refusal::ReturnTooEarly {
                    invitations: view.invitations,
                })
            }
            EventCode::Delivered => match event.receiver.as_ref().map(|r| r.check()) {
                Some(Ok(())) => Ok(()),
                None | Some(Err(ProofGap::Missing)) => Err(Refusal::ProofMissing),
                Some(Err(ProofGap::Identity)) => Err(Refusal::IdentityInvalid),
                Some(Err(ProofGap::Authorisation)) => Err(Refusal::AuthorisationMissing),
            },
            EventCode::HandedOver
            | EventCode::Cancelled
            | EventCode::PickedUp
            | EventCode::InTransit
            | EventCode::AttemptFailed
            | EventCode::Returned
            | EventCode::Lost
            | EventCode::Damaged
            | EventCode::Corrected
            | EventCode::Unknown => Ok(()),
        }
    }
}

fn apply(view: &mut ShipmentView, event: &PostEvent) {
    let state = match event.code {
        EventCode::HandedOver => {
            view.handed_over_at = Some(event.occurred_at);
            ShipmentState::HandedToPost
        }
        EventCode::Cancelled => ShipmentState::Cancelled,
        // A confirmation, a correction and what we do not understand leave the item where it is.
        EventCode::PickedUp | EventCode::Corrected | EventCode::Unknown => view.state,
        EventCode::InTransit => moving(view.state),
        EventCode::AttemptFailed => {
            view.attempts += 1;
            moving(view.state)
        }
        EventCode::Invited => {
            view.invitations += 1;
            view.last_invitation = Some(civil_day(event.occurred_at));
            ShipmentState::Invited
        }
        EventCode::Delivered => {
            view.received_by = event.receiver.as_ref().map(|r| r.name.clone());
            ShipmentState::Delivered
        }
        EventCode::Returned => ShipmentState::ReturnedToAgency,
        EventCode::Lost => ShipmentState::Lost,
        EventCode::Damaged => ShipmentState::Damaged,
    };
    if state != view.state {
        view.state = state;
        view.since = Some(event.occurred_at);
        if terminal(state) {
            view.closed_at = Some(event.occurred_at);
        }
    } else if event.code == EventCode::Invited {
        view.since = Some(event.occurred_at);
    }
}

/// An item on the road is in transit; an invitation that was left stands until the item is taken or goes back.
fn moving(state: ShipmentState) -> ShipmentState {
    if state == ShipmentState::HandedToPost {
        ShipmentState::InTransit
    } else {
        state
    }
}

#[cfg(test)]
#[path = "fold_tests.rs"]
mod tests;
