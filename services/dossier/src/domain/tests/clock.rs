//! The law's clock over a dossier's life: due dates, the cut-off, supplements, payments, what the suite stops by itself.

use super::*;

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
