//! The law's clock over a dossier's life: due dates, the cut-off, supplements, payments, what the suite stops by itself.

use super::*;
use vn::worktime::Outcome;

#[test]
fn reception_gives_number_and_due_date() {
    let world = World::new();
    let received = world.done(&world.new_dossier(), Command::Receive);
    assert_eq!(received.number.as_deref(), Some("H05.21-261116-0001"));
    assert_eq!(received.received_at, Some(now()));
    // Two working days from Monday 09:00: Wednesday 17:00.
    assert_eq!(received.due_at, Some(at("2026-11-18T10:00:00Z")));
    let no_term = world.done(&world.filed(None).dossier, Command::Receive);
    assert_eq!(no_term.due_at, None, "no date by rule");
}

#[test]
fn after_the_cut_off_it_counts_from_the_next_working_day() {
    let world = World::new();
    let officer = By::Person(&world.officer);
    // Friday 15:01 counts as Monday; Tuesday 24 November is a public holiday: Thursday.
    let late = world.try_at(
        &world.new_dossier(),
        Command::Receive,
        officer,
        at("2026-11-20T08:01:00Z"),
    );
    assert_eq!(
        late.expect("open").dossier.due_at,
        Some(at("2026-11-26T10:00:00Z"))
    );
}

#[test]
fn the_cut_off_of_the_procedure_wins_over_the_calendars() {
    let world = World::new();
    let mut dossier = world.new_dossier();
    let mut received = |cut_off: &str, when: &str| {
        dossier.details.procedure.cut_off = Some(cut_off.parse().expect("a time"));
        world
            .try_at(
                &dossier,
                Command::Receive,
                By::Person(&world.officer),
                at(when),
            )
            .expect("open")
            .dossier
            .due_at
    };
    // Monday 09:00 is after 08:00: it counts from Tuesday, two working days.
    assert_eq!(
        received("08:00", "2026-11-16T02:00:00Z"),
        Some(at("2026-11-19T10:00:00Z"))
    );
    // Friday 15:01 is before 16:00: it counts as Friday; Tuesday 24 November is a public holiday.
    assert_eq!(
        received("16:00", "2026-11-20T08:01:00Z"),
        Some(at("2026-11-25T10:00:00Z"))
    );
}

#[test]
fn terms_in_sequence_follow_each_other() {
    let world = World::new();
    let mut dossier = world.filed(None).dossier;
    dossier.details.procedure.sequence = vec![
        Term::whole(2, Unit::WorkingDay).expect("a term"),
        Term::whole(30, Unit::Day).expect("a term"),
    ];
    let received = world.done(&dossier, Command::Receive);
    // Two working days end on Wednesday 18 November; thirty days later is Friday 18 December.
    assert_eq!(received.due_at, Some(at("2026-12-18T10:00:00Z")));
    assert_eq!(received.details.first_due_at, received.due_at);
}

#[test]
fn a_supplement_stops_the_clock_and_the_time_restarts_from_zero() {
    let world = World::new();
    let received = world.done(&world.new_dossier(), Command::Receive);
    let handling = world.done(&received, Command::StartHandling);
    let asked = world.done(&handling, ask(None));
    assert_eq!(asked.due_at, None);
    let supplement = asked.details.supplement.as_ref().expect("asked");
    assert_eq!(supplement.suspended_due_at, received.due_at);
    // Seven working days, 24 November being a public holiday: Thursday of the week after, 17:00.
    assert_eq!(supplement.due_at, at("2026-11-26T10:00:00Z"));
    let when = at("2026-11-23T02:00:00Z");
    let answered = world
        .try_at(&asked, answer(), By::Person(&world.citizen), when)
        .expect("open")
        .dossier;
    assert_eq!(
        (answered.status, answered.step.as_str()),
        (DossierStatus::InProgress, "handling")
    );
    assert_eq!(answered.due_at, Some(at("2026-11-26T10:00:00Z")));
    assert_eq!(answered.received_at, Some(now()), "received once");

    let refusal = world
        .try_at(&answered, ask(None), By::Person(&world.specialist), when)
        .expect_err("only once");
    assert_eq!(refusal.why, Why::AskedBefore);
    let again = world.try_at(
        &answered,
        ask(Some("Luật X, điều 1")),
        By::Person(&world.specialist),
        when,
    );
    assert_eq!(
        again
            .expect("with a legal basis")
            .dossier
            .details
            .supplements,
        2
    );
}

#[test]
fn a_supplement_before_reception_leads_back_to_the_desk_without_a_date() {
    let world = World::new();
    let asked = world.done(&world.new_dossier(), ask(None));
    let answered = world.done(&asked, answer());
    assert_eq!(
        (answered.status, answered.due_at),
        (DossierStatus::New, None)
    );
    assert_eq!(
        world.done(&answered, Command::Receive).due_at,
        Some(at("2026-11-18T10:00:00Z"))
    );
}

#[test]
fn a_payment_pauses_and_the_rest_of_the_time_goes_on() {
    let world = World::new();
    let received = world.done(&world.new_dossier(), Command::Receive);
    let asked = world.done(&received, pay());
    assert_eq!(
        (asked.status, asked.due_at),
        (DossierStatus::PaymentRequested, None)
    );
    let confirm = Command::ConfirmPayment { note: None };
    // A week later at the same hour the same working time is left; 24 November is a public holiday.
    let paid = world
        .try_at(
            &asked,
            confirm,
            By::Person(&world.officer),
            at("2026-11-23T02:00:00Z"),
        )
        .expect("open")
        .dossier;
    assert_eq!(
        (paid.status, paid.due_at),
        (DossierStatus::Received, Some(at("2026-11-26T10:00:00Z")))
    );
}

#[test]
fn the_suite_stops_what_was_not_answered_but_not_before() {
    let world = World::new();
    let asked = world.done(&world.new_dossier(), ask(None));
    let stop = || Command::Stop {
        reason: "hết hạn".to_owned(),
    };
    let due = asked.details.supplement.as_ref().expect("asked").due_at;
    let early = due - chrono::Duration::microseconds(1);
    let refusal = world
        .try_at(&asked, stop(), By::System, early)
        .expect_err("too early");
    assert_eq!(refusal.why, Why::NotYet);
    let stopped = world.try_at(&asked, stop(), By::System, due).expect("due");
    assert_eq!(stopped.dossier.status, DossierStatus::Stopped);
    assert_eq!(stopped.entry.actor_role, "system");
    assert_eq!(stopped.entry.actor_id, None);
}

#[test]
fn the_suite_does_not_stop_what_was_answered_even_late() {
    let world = World::new();
    let received = world.done(&world.new_dossier(), Command::Receive);
    let asked = world.done(&received, ask(None));
    let due = asked.details.supplement.as_ref().expect("asked").due_at;
    let late = due + chrono::Duration::days(1);
    let answered = world
        .try_at(&asked, answer(), By::Person(&world.citizen), late)
        .expect("open")
        .dossier;
    let stop = || Command::Stop {
        reason: "hết hạn".to_owned(),
    };
    let refusal = world
        .try_at(&answered, stop(), By::System, late)
        .expect_err("answered");
    assert_eq!(refusal.why, Why::State);
    let handling = world.done(&answered, Command::StartHandling);
    assert_eq!(handling.status, DossierStatus::InProgress);
    // Nor what was never asked anything, nor what waits for something else.
    for (name, dossier) in world.places() {
        if dossier.status != DossierStatus::SupplementRequested {
            let refusal = world.try_at(&dossier, stop(), By::System, late);
            let why = if dossier.held() {
                Why::Held
            } else {
                Why::State
            };
            assert_eq!(refusal.expect_err("not open").why, why, "{name}");
        }
    }
    let mut unknown = asked;
    unknown.details.supplement = None;
    let refusal = world
        .try_at(&unknown, stop(), By::System, late)
        .expect_err("no due date");
    assert_eq!(refusal.why, Why::NotYet);
    // The desk may still stop it, with its reason.
    let by = By::Person(&world.officer);
    assert!(world.try_at(&answered, stop(), by, late).is_ok());
}

/// A reception at this instant with this term.
fn received_at(world: &World, term: Term, when: &str) -> Dossier {
    let new = world.filed(Some(term)).dossier;
    let by = By::Person(&world.officer);
    let t = world.try_at(&new, Command::Receive, by, at(when));
    t.expect("open").dossier
}

#[test]
fn an_agency_may_close_earlier_for_a_channel() {
    let mut world = World::new();
    let spec = r#"{"cutOffs": {"kiosk": "08:00", "direct": "09:30"}}"#;
    let spec: CalendarSpec = serde_json::from_str(spec).expect("a calendar");
    world.calendar = Calendar::of(&spec, Clocks::default());
    let due = |channel, kiosk: Option<&str>| {
        let mut new = world.new_dossier();
        new.channel = channel;
        new.details.intake.kiosk = kiosk.map(str::to_owned);
        world.done(&new, Command::Receive).due_at
    };
    // Monday 09:00.
    assert_eq!(due(Channel::Online, None), Some(at("2026-11-18T10:00:00Z")));
    assert_eq!(due(Channel::Direct, None), Some(at("2026-11-18T10:00:00Z")));
    let kiosk = due(Channel::Online, Some("KIOSK-01"));
    assert_eq!(kiosk, Some(at("2026-11-19T10:00:00Z")));
}

#[test]
fn pauses_are_counted_from_the_beginning_not_from_a_moved_date() {
    let world = World::new();
    let officer = By::Person(&world.officer);
    let paid = |d: &Dossier, from: &str, to: &str| {
        let asked = world.try_at(d, pay(), officer, at(from)).expect("open");
        let confirm = Command::ConfirmPayment { note: None };
        let t = world.try_at(&asked.dossier, confirm, officer, at(to));
        t.expect("open").dossier
    };
    // 13 days from Monday 1 June end on Sunday 14, so on Monday 15. Three days more are Wednesday 17, not a day after a moved Monday.
    let days = |n| Term::whole(n, Unit::Day).expect("a term");
    let d = received_at(&world, days(13), "2026-06-01T02:00:00Z");
    assert_eq!(d.due_at, Some(at("2026-06-15T10:00:00Z")));
    let d = paid(&d, "2026-06-03T02:00:00Z", "2026-06-06T02:00:00Z");
    assert_eq!(d.due_at, Some(at("2026-06-17T10:00:00Z")));
    assert_eq!(d.details.first_due_at, d.due_at);

    // A pause in the first of two terms is counted in its unit: one working day and the week-end between.
    let mut new = world.filed(None).dossier;
    let first = Term::whole(2, Unit::WorkingDay).expect("a term");
    new.details.procedure.sequence = vec![first, days(10)];
    let receive = world.try_at(&new, Command::Receive, officer, at("2026-06-05T02:00:00Z"));
    let d = receive.expect("open").dossier;
    // Friday 5, two working days: Tuesday 9; ten days: Friday 19.
    assert_eq!(d.due_at, Some(at("2026-06-19T10:00:00Z")));
    let d = paid(&d, "2026-06-05T03:00:00Z", "2026-06-08T03:00:00Z");
    // A working day later, Wednesday 10, and ten days: Saturday 20, so Monday 22.
    assert_eq!(d.due_at, Some(at("2026-06-22T10:00:00Z")));
}

#[test]
fn time_that_an_incident_and_a_payment_share_counts_once() {
    let world = World::new();
    let officer = By::Person(&world.officer);
    let incident = |d: &Dossier, from: &str, to: &str| {
        let command = Command::GiveTimeBack {
            incident: Uuid::from_u128(1),
            title: "Mất kết nối".to_owned(),
            from: at(from),
            to: at(to),
        };
        let t = world.try_at(d, command, By::System, at("2026-11-20T02:00:00Z"));
        t.expect("open").dossier
    };
    let received = world.done(&world.new_dossier(), Command::Receive);
    let asked = world.try_at(&received, pay(), officer, at("2026-11-17T02:00:00Z"));
    let confirm = Command::ConfirmPayment { note: None };
    let paid = |d: &Dossier| {
        let t = world.try_at(d, confirm.clone(), officer, at("2026-11-18T02:00:00Z"));
        t.expect("open").dossier
    };
    // Tuesday to Wednesday 09:00 is one working day; the incident of the same time gives no other.
    let asked = asked.expect("open").dossier;
    let (from, to) = ("2026-11-17T02:00:00Z", "2026-11-18T02:00:00Z");
    let later = incident(&paid(&asked), from, to);
    assert_eq!(later.due_at, Some(at("2026-11-19T10:00:00Z")));
    // Nor when it is given back while the payment is waited for.
    let meanwhile = incident(&asked, "2026-11-17T02:00:00Z", "2026-11-17T04:00:00Z");
    assert_eq!(paid(&meanwhile).due_at, Some(at("2026-11-19T10:00:00Z")));
    // What came before the request does count, once.
    let before = incident(&asked, "2026-11-16T03:00:00Z", "2026-11-17T03:00:00Z");
    let left = before
        .details
        .payment
        .as_ref()
        .and_then(|p| p.suspended_due_at);
    assert_eq!(left, Some(at("2026-11-19T09:00:00Z")));
}

#[test]
fn the_check_that_began_anew_gets_back_what_it_lost_itself() {
    let world = World::new();
    let asked = world.done(&world.new_dossier(), ask(None));
    let when = at("2026-11-17T03:00:00Z");
    let answered = world.try_at(&asked, answer(), By::Person(&world.citizen), when);
    let answered = answered.expect("open").dossier;
    assert_eq!(answered.check_due_at, Some(at("2026-11-18T03:00:00Z")));
    let command = Command::GiveTimeBack {
        incident: Uuid::from_u128(1),
        title: "Mất kết nối".to_owned(),
        from: at("2026-11-17T01:00:00Z"),
        to: at("2026-11-17T04:00:00Z"),
    };
    let t = world.try_at(&answered, command, By::System, at("2026-11-17T06:00:00Z"));
    // One hour of the three fell into it.
    assert_eq!(
        t.expect("open").dossier.check_due_at,
        Some(at("2026-11-18T04:00:00Z"))
    );
}

#[test]
fn by_post_to_another_agency_it_counts_from_its_arrival_at_the_competent_one() {
    let world = World::new();
    let mut new = world.new_dossier();
    new.channel = Channel::Postal;
    new.submitted_at = at("2026-11-13T02:00:00Z");
    new.details.intake.receiving = Some(AgencyRef {
        code: "H05.22".to_owned(),
        name: "Trung tâm khác".to_owned(),
    });
    let received = world.done(&new, Command::Receive);
    assert_eq!(received.details.term_from, Some(now()));
    assert_eq!(received.due_at, Some(at("2026-11-18T10:00:00Z")));
}

#[test]
fn a_supplement_is_asked_for_within_three_working_days_of_reception() {
    let world = World::new();
    let received = world.done(&world.new_dossier(), Command::Receive);
    let officer = By::Person(&world.officer);
    // Monday: Thursday 17:00.
    let last = at("2026-11-19T10:00:00Z");
    let late = last + chrono::Duration::microseconds(1);
    assert!(world.try_at(&received, ask(None), officer, last).is_ok());
    let refusal = world.try_at(&received, ask(None), officer, late);
    assert_eq!(refusal.expect_err("too late").why, Why::AskedLate);
    let basis = ask(Some("Luật X, điều 1"));
    assert!(world.try_at(&received, basis, officer, late).is_ok());
    // What the desk has not received has no such days.
    let new = world.new_dossier();
    assert!(world.try_at(&new, ask(None), officer, late).is_ok());
}

#[test]
fn overdue_stays_late_whatever_sets_the_clock_anew() {
    let world = World::new();
    let received = world.done(&world.new_dossier(), Command::Receive);
    assert_eq!(received.due_at, Some(at("2026-11-18T10:00:00Z")));
    let (officer, leader) = (By::Person(&world.officer), By::Person(&world.leader));
    let (on_the_day, after) = (at("2026-11-18T16:00:00Z"), at("2026-11-20T02:00:00Z"));
    let stop = Command::Stop {
        reason: "Không thuộc thẩm quyền".to_owned(),
    };
    let reopen = Command::Reopen {
        reason: "Theo kết luận".to_owned(),
        legal_basis: "Luật X".to_owned(),
    };
    let both = |d: &Dossier| (d.outcome, d.first_outcome);
    let late = (Some(Outcome::Late), Some(Outcome::Late));
    for (when, expected) in [(on_the_day, (None, None)), (after, late)] {
        let basis = ask(Some("Luật X, điều 1"));
        let asked = world.try_at(&received, basis, officer, when).expect("open");
        assert_eq!(both(&asked.dossier), expected, "asked {when}");
        let stopped = world.try_at(&received, stop.clone(), officer, when);
        let stopped = stopped.expect("open").dossier;
        let t = world.try_at(&stopped, reopen.clone(), leader, after);
        assert_eq!(both(&t.expect("open").dossier), expected, "stopped {when}");
        // A payment that is waited for takes the date away, and hides nothing.
        let owing = world.try_at(&received, pay(), officer, when).expect("open");
        assert_eq!(both(&owing.dossier), expected, "owing {when}");
        let stopped = world.try_at(&owing.dossier, stop.clone(), officer, after);
        let stopped = stopped.expect("open").dossier;
        let t = world.try_at(&stopped, reopen.clone(), leader, after);
        assert_eq!(both(&t.expect("open").dossier), expected, "owed {when}");
    }
}
