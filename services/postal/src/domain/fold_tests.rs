use super::*;
use crate::domain::receipt::{IdentityKind, Receipt, Relation};
use chrono::{Datelike, TimeDelta, TimeZone, Weekday};
use proptest::prelude::*;

/// Monday to Friday.
struct Weekdays;
impl WorkingDays for Weekdays {
    fn is_working_day(&self, day: NaiveDate) -> bool {
        !matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
    }
}

/// Monday 2026-11-16, 09:00 in Vietnam.
fn start() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 16, 2, 0, 0).unwrap()
}

fn proof() -> Receipt {
    Receipt {
        name: "Nguyễn Văn An".to_owned(),
        identity_kind: Some(IdentityKind::Cccd),
        identity_number_masked: Some("********0011".to_owned()),
        identity_valid: true,
        relation: Some(Relation::Addressee),
        authorisation: None,
    }
}

fn event(id: &str, code: EventCode, hours: i64) -> PostEvent {
    let at = start() + TimeDelta::hours(hours);
    PostEvent {
        event_id: id.to_owned(),
        own: matches!(code, EventCode::HandedOver | EventCode::Cancelled),
        code,
        operator_code: code.as_str().to_owned(),
        occurred_at: at,
        received_at: at,
        place: None,
        note: None,
        receiver: (code == EventCode::Delivered).then(proof),
        corrects: None,
    }
}

fn correction(id: &str, target: &str, hours: i64) -> PostEvent {
    PostEvent {
        corrects: Some(target.to_owned()),
        ..event(id, EventCode::Corrected, hours)
    }
}

fn handed() -> PostEvent {
    event("hand-over", EventCode::HandedOver, 0)
}

#[test]
fn nothing_reported_means_ready() {
    let view = fold(&[], &Weekdays);
    assert_eq!(view.state, ShipmentState::Ready);
    assert_eq!(view.since, None);
}

#[test]
fn the_usual_way_ends_with_the_receiver() {
    let view = fold(
        &[
            handed(),
            event("1", EventCode::PickedUp, 1),
            event("2", EventCode::InTransit, 2),
            event("3", EventCode::Delivered, 20),
        ],
        &Weekdays,
    );
    assert_eq!(view.state, ShipmentState::Delivered);
    assert_eq!(view.received_by.as_deref(), Some("Nguyễn Văn An"));
    assert_eq!(view.closed_at, Some(start() + TimeDelta::hours(20)));
    assert!(view.timeline.iter().all(|(_, v)| *v == Verdict::Accepted));
}

#[test]
fn an_item_that_nobody_takes_goes_back_after_two_invitations() {
    let events = [
        handed(),
        event("1", EventCode::InTransit, 1),
        event("2", EventCode::AttemptFailed, 24),
        event("3", EventCode::Invited, 25),
        event("4", EventCode::AttemptFailed, 72),
        event("5", EventCode::Invited, 73),
        event("6", EventCode::Returned, 100),
    ];
    let view = fold(&events, &Weekdays);
    assert_eq!(view.state, ShipmentState::ReturnedToAgency);
    assert_eq!((view.attempts, view.invitations), (2, 2));
}

#[test]
fn the_second_invitation_waits_two_working_days() {
    // First on Thursday 19th; Friday is day 1, Monday 23rd day 2.
    let first = event("1", EventCode::Invited, 72);
    for (days, accepted) in [(1, false), (2, false), (3, false), (4, true)] {
        let second = event("2", EventCode::Invited, 72 + 24 * days);
        let view = fold(&[handed(), first.clone(), second], &Weekdays);
        let expected = if accepted {
            Verdict::Accepted
        } else {
            Verdict::Rejected(Refusal::InvitationTooEarly {
                earliest: NaiveDate::from_ymd_opt(2026, 11, 23).unwrap(),
            })
        };
        assert_eq!(view.verdict("2"), Some(expected), "{days} days later");
        assert_eq!(view.invitations, if accepted { 2 } else { 1 });
    }
}

#[test]
fn it_does_not_go_back_before_two_invitations() {
    for invitations in 0..2u32 {
        let mut events = vec![handed()];
        if invitations == 1 {
            events.push(event("i", EventCode::Invited, 24));
        }
        events.push(event("r", EventCode::Returned, 200));
        let view = fold(&events, &Weekdays);
        assert_eq!(
            view.verdict("r"),
            Some(Verdict::Rejected(Refusal::ReturnTooEarly { invitations }))
        );
        assert_ne!(view.state, ShipmentState::ReturnedToAgency);
    }
}

#[test]
fn a_rejected_event_counts_once_the_missing_one_arrives() {
    let early = [
        handed(),
        event("i1", EventCode::Invited, 24),
        event("r", EventCode::Returned, 100),
    ];
    assert_eq!(fold(&early, &Weekdays).state, ShipmentState::Invited);
    let mut all = early.to_vec();
    all.push(event("i2", EventCode::Invited, 72));
    let view = fold(&all, &Weekdays);
    assert_eq!(view.state, ShipmentState::ReturnedToAgency);
    assert_eq!(view.verdict("r"), Some(Verdict::Accepted));
}

#[test]
fn delivery_without_proof_does_not_count() {
    let cases = [
        (None, Refusal::ProofMissing),
        (
            Some(Receipt {
                identity_number_masked: None,
                ..proof()
            }),
            Refusal::ProofMissing,
        ),
        (
            Some(Receipt {
                identity_valid: false,
                ..proof()
            }),
            Refusal::IdentityInvalid,
        ),
        (
            Some(Receipt {
                relation: Some(Relation::Authorised),
                ..proof()
            }),
            Refusal::AuthorisationMissing,
        ),
    ];
    for (receiver, refusal) in cases {
        let delivered = PostEvent {
            receiver,
            ..event("d", EventCode::Delivered, 5)
        };
        let view = fold(&[handed(), delivered], &Weekdays);
        assert_eq!(view.verdict("d"), Some(Verdict::Rejected(refusal)));
        assert_eq!(view.state, ShipmentState::HandedToPost);
        assert_eq!(view.received_by, None);
    }
}

#[test]
fn nothing_counts_before_the_hand_over() {
    for code in EventCode::ALL
        .iter()
        .copied()
        .filter(|c| c.reportable() && *c != EventCode::Corrected)
    {
        let view = fold(&[event("e", code, 3)], &Weekdays);
        assert_eq!(
            view.verdict("e"),
            Some(Verdict::Rejected(Refusal::NotHandedOver)),
            "{code:?}"
        );
        assert_eq!(view.state, ShipmentState::Ready);
    }
    let before = fold(&[handed(), event("e", EventCode::InTransit, -1)], &Weekdays);
    assert_eq!(
        before.verdict("e"),
        Some(Verdict::Rejected(Refusal::BeforeHandOver))
    );
    let scan = PostEvent {
        occurred_at: start() - TimeDelta::minutes(14),
        ..event("e", EventCode::PickedUp, 0)
    };
    assert_eq!(
        fold(&[handed(), scan], &Weekdays).verdict("e"),
        Some(Verdict::Accepted)
    );
}

#[test]
fn an_event_from_the_future_does_not_count() {
    let mut e = event("e", EventCode::InTransit, 5);
    e.received_at = e.occurred_at - TimeDelta::minutes(16);
    assert_eq!(
        fold(&[handed(), e.clone()], &Weekdays).verdict("e"),
        Some(Verdict::Rejected(Refusal::InFuture))
    );
    e.received_at = e.occurred_at - TimeDelta::minutes(15);
    assert_eq!(
        fold(&[handed(), e], &Weekdays).verdict("e"),
        Some(Verdict::Accepted)
    );
}

#[test]
fn an_end_is_an_end_unless_it_is_corrected() {
    for end in [EventCode::Delivered, EventCode::Lost, EventCode::Damaged] {
        let base = [
            handed(),
            event("end", end, 10),
            event("late", EventCode::InTransit, 11),
            event("other", EventCode::Delivered, 12),
        ];
        let view = fold(&base, &Weekdays);
        assert_eq!(
            view.verdict("late"),
            Some(Verdict::Rejected(Refusal::Closed))
        );
        assert_eq!(
            view.verdict("other"),
            Some(Verdict::Rejected(Refusal::Closed))
        );
        let mut corrected = base.to_vec();
        corrected.push(correction("c", "end", 30));
        let view = fold(&corrected, &Weekdays);
        assert_eq!(view.verdict("end"), Some(Verdict::Corrected));
        assert_eq!(view.state, ShipmentState::Delivered);
        assert_eq!(view.closed_at, Some(start() + TimeDelta::hours(12)));
    }
}

#[test]
fn a_correction_must_name_an_event_of_the_operator() {
    let delivered = event("d", EventCode::Delivered, 10);
    let invalid = [
        event("c", EventCode::Corrected, 11),
        correction("c", "c", 11),
    ];
    for c in invalid {
        let view = fold(&[handed(), delivered.clone(), c], &Weekdays);
        assert_eq!(
            view.verdict("c"),
            Some(Verdict::Rejected(Refusal::CorrectionInvalid))
        );
        assert_eq!(view.state, ShipmentState::Delivered);
    }
    // Not the agency's own entry, and not another correction.
    let view = fold(
        &[
            handed(),
            correction("c1", "hand-over", 11),
            correction("c2", "c1", 12),
        ],
        &Weekdays,
    );
    assert_eq!(view.state, ShipmentState::HandedToPost);
    assert_eq!(
        view.verdict("c2"),
        Some(Verdict::Rejected(Refusal::CorrectionInvalid))
    );
}

#[test]
fn an_unknown_code_is_kept_and_changes_nothing() {
    let view = fold(&[handed(), event("u", EventCode::Unknown, 2)], &Weekdays);
    assert_eq!(view.verdict("u"), Some(Verdict::UnknownCode));
    assert_eq!(view.state, ShipmentState::HandedToPost);
}

#[test]
fn a_cancelled_order_takes_no_events() {
    let view = fold(
        &[
            event("x", EventCode::Cancelled, 0),
            event("1", EventCode::PickedUp, 1),
        ],
        &Weekdays,
    );
    assert_eq!(view.state, ShipmentState::Cancelled);
    assert_eq!(view.verdict("1"), Some(Verdict::Rejected(Refusal::Closed)));
}

/// The whole grid: which code moves which state where.
#[test]
fn the_grid_of_states_and_codes() {
    let ways: &[(&str, &[EventCode])] = &[
        ("ready", &[]),
        ("handedToPost", &[EventCode::HandedOver]),
        ("inTransit", &[EventCode::HandedOver, EventCode::InTransit]),
        ("invited", &[EventCode::HandedOver, EventCode::Invited]),
        ("delivered", &[EventCode::HandedOver, EventCode::Delivered]),
        ("lost", &[EventCode::HandedOver, EventCode::Lost]),
        ("damaged", &[EventCode::HandedOver, EventCode::Damaged]),
        ("cancelled", &[EventCode::Cancelled]),
    ];
    let mut grid = String::new();
    for (from, way) in ways {
        for code in EventCode::ALL.iter().copied() {
            let mut events: Vec<PostEvent> = way
                .iter()
                .zip(0i64..)
                .map(|(c, i)| event(&format!("way-{i}"), *c, i))
                .collect();
            let mut last = event("last", code, 24 * 7);
            last.corrects = (code == EventCode::Corrected).then(|| "elsewhere".to_owned());
            events.push(last);
            let view = fold(&events, &Weekdays);
            let (_, verdict) = view
                .timeline
                .iter()
                .find(|(e, _)| e.event_id == "last")
                .unwrap();
            let outcome = match verdict {
                Verdict::Accepted => serde_json::to_value(view.state)
                    .unwrap()
                    .as_str()
                    .unwrap()
                    .to_owned(),
                Verdict::Rejected(Refusal::InvitationTooEarly { .. }) => "✗ too early".to_owned(),
                Verdict::Rejected(refusal) => format!("✗ {refusal:?}"),
                Verdict::UnknownCode => "kept".to_owned(),
                Verdict::Corrected => "taken back".to_owned(),
            };
            grid.push_str(&format!("{from:13} {:14} {outcome}\n", code.as_str()));
        }
    }
    insta::assert_snapshot!("grid", grid);
}

fn any_event() -> impl Strategy<Value = PostEvent> {
    // Few ids, so that corrections hit; the content of an event is a function of its id, as the store guarantees.
    (0usize..24).prop_map(|n| {
        let id = format!("e{n}");
        let hours = i64::try_from(n * 7 % 160).unwrap();
        match n % 9 {
            0 => event(&id, EventCode::InTransit, hours),
            1 => event(&id, EventCode::AttemptFailed, hours),
            2 => event(&id, EventCode::Invited, hours),
            3 => event(&id, EventCode::Returned, hours),
            4 => event(&id, EventCode::Delivered, hours),
            5 => event(&id, EventCode::Lost, hours),
            6 => correction(&id, &format!("e{}", (n + 7) % 24), hours),
            7 => event(&id, EventCode::PickedUp, hours),
            _ => event(&id, EventCode::Unknown, hours),
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Any order of arrival, with any repeats, gives the same shipment.
    #[test]
    fn order_and_repeats_do_not_matter(
        (events, shuffled) in proptest::collection::vec(any_event(), 0..14).prop_flat_map(|events| {
            let mut twice = events.clone();
            twice.extend(events.iter().step_by(2).cloned());
            twice.push(handed());
            (Just(events), Just(twice).prop_shuffle())
        })
    ) {
        let mut plain = events;
        plain.push(handed());
        prop_assert_eq!(fold(&plain, &Weekdays), fold(&shuffled, &Weekdays));
    }

    /// A return is never believed without two invitations that count.
    #[test]
    fn nothing_goes_back_early(events in proptest::collection::vec(any_event(), 0..14)) {
        let mut all = events;
        all.push(handed());
        let view = fold(&all, &Weekdays);
        if view.state == ShipmentState::ReturnedToAgency {
            prop_assert!(view.invitations >= INVITATIONS_BEFORE_RETURN);
        }
        if view.state == ShipmentState::Delivered {
            prop_assert!(view.received_by.is_some());
        }
    }
}
