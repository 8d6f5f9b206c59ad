//! Apology, refusal after examination, reopening, correction, incidents; how it all counts.

use super::*;
use vn::worktime::{Outcome, Pause, PauseReason};

fn at_work(world: &World) -> Dossier {
    let received = world.done(&world.filed(Some(days(5))).dossier, Command::Receive);
    world.done(&received, Command::StartHandling)
}

fn solved(world: &World, d: &Dossier, when: &str) -> Dossier {
    let proposed = world
        .try_at(d, propose(), By::Person(&world.specialist), at(when))
        .expect("open")
        .dossier;
    let approve = Command::Approve { note: None };
    world
        .try_at(&proposed, approve, By::Person(&world.leader), at(when))
        .expect("open")
        .dossier
}

#[test]
fn an_apology_moves_the_date_once_and_in_time() {
    let world = World::new();
    let handling = at_work(&world);
    let due = handling.due_at.expect("a date");
    let leader = By::Person(&world.leader);
    let why = |when: &str, on: &str| {
        let outcome = world.try_at(&handling, apologise(on), leader, at(when));
        outcome.map(|t| t.dossier.due_at).map_err(|r| r.why)
    };
    // Due on Monday 23 November: Sunday is the last day, 23:59.
    assert_eq!(
        why("2026-11-22T16:59:59Z", "2026-11-27"),
        Ok(Some(at("2026-11-27T10:00:00Z")))
    );
    assert_eq!(why("2026-11-22T17:00:00Z", "2026-11-27"), Err(Why::TooLate));
    assert_eq!(why("2026-11-30T02:00:00Z", "2026-12-04"), Err(Why::TooLate));
    for wrong in [
        "2026-11-23", // the old date
        "2026-11-20", // before it
        "2026-11-28", // a Saturday
        "2026-11-24", // a public holiday
        "2027-11-24", // more than a year
        "9999-12-31",
        "0001-01-01",
    ] {
        assert_eq!(
            why("2026-11-19T02:00:00Z", wrong),
            Err(Why::NewDate),
            "{wrong}"
        );
    }
    let moved = world.done(&handling, apologise("2026-11-27"));
    let apology = moved.details.apology.as_ref().expect("an apology");
    assert_eq!(
        (apology.old_due_at, moved.details.first_due_at),
        (due, Some(due))
    );
    let again = world.try_at(&moved, apologise("2026-12-04"), leader, now());
    assert_eq!(again.expect_err("once").why, Why::MovedBefore);
    let no_date = world.done(&world.filed(None).dossier, Command::Receive);
    let outcome = world.try_at(&no_date, apologise("2026-12-04"), leader, now());
    assert_eq!(outcome.expect_err("no date").why, Why::NoDate);
}

#[test]
fn early_on_time_and_late_count_by_the_calendar_date() {
    let world = World::new();
    let handling = at_work(&world);
    for (when, outcome) in [
        ("2026-11-22T16:59:00Z", Outcome::Early),
        ("2026-11-22T17:00:00Z", Outcome::OnTime),
        // After closing time, on the day itself.
        ("2026-11-23T16:59:00Z", Outcome::OnTime),
        ("2026-11-23T17:00:00Z", Outcome::Late),
    ] {
        let done = solved(&world, &handling, when);
        assert_eq!(
            (done.outcome, done.ended_at),
            (Some(outcome), Some(at(when))),
            "{when}"
        );
        assert_eq!(done.first_outcome, Some(outcome));
    }
    let no_date = world.done(&world.filed(None).dossier, Command::Receive);
    let no_date = world.done(&no_date, Command::StartHandling);
    let done = solved(&world, &no_date, "2030-01-02T02:00:00Z");
    assert_eq!(done.outcome, Some(Outcome::OnTime), "no date by rule");
}

#[test]
fn a_new_date_hides_nothing() {
    let world = World::new();
    let moved = world.done(&at_work(&world), apologise("2026-11-27"));
    let done = solved(&world, &moved, "2026-11-26T02:00:00Z");
    assert_eq!(
        (done.outcome, done.first_outcome),
        (Some(Outcome::Early), Some(Outcome::Late))
    );
    let done = solved(&world, &moved, "2026-11-30T02:00:00Z");
    assert_eq!(
        done.outcome,
        Some(Outcome::Late),
        "a second overdue moves no date"
    );
}

#[test]
fn a_refusal_after_examination_is_a_result_with_its_legal_reason() {
    let world = World::new();
    let handling = at_work(&world);
    let refusal = |text: Option<&str>| {
        let mut command = propose();
        if let Command::Propose { note, refusal, .. } = &mut command {
            *note = text.map(str::to_owned);
            *refusal = true;
        }
        command
    };
    let by = By::Person(&world.specialist);
    let without = world.try_at(&handling, refusal(None), by, now());
    assert_eq!(without.expect_err("no reason").why, Why::NoReason);
    let reason = "Không đủ điều kiện theo Điều 8 Luật Hộ tịch";
    let proposed = world.done(&handling, refusal(Some(reason)));
    let approve = Command::Approve {
        note: Some("đồng ý".to_owned()),
    };
    let approved = world
        .try_at(&proposed, approve, By::Person(&world.leader), now())
        .expect("open");
    assert_eq!(approved.dossier.status, DossierStatus::Done);
    let event = approved.dossier.event(&approved.entry, None);
    assert!(event.refusal);
    assert_eq!(event.reason.as_deref(), Some(reason));
    assert_eq!(
        approved.dossier.outcome,
        Some(Outcome::Early),
        "within the term"
    );
}

#[test]
fn what_was_ended_goes_on_where_it_was_with_the_term_from_zero() {
    let world = World::new();
    let reopen = || Command::Reopen {
        reason: "Dừng nhầm".to_owned(),
        legal_basis: "Điều 19".to_owned(),
    };
    let later = at("2026-11-25T02:00:00Z");
    let leader = By::Person(&world.leader);
    let handling = at_work(&world);
    let stopped = world.done(
        &handling,
        Command::Stop {
            reason: "r".to_owned(),
        },
    );
    assert_eq!((stopped.ended_at, stopped.alarm), (Some(now()), None));
    let t = world
        .try_at(&stopped, reopen(), leader, later)
        .expect("open");
    assert!(t.entry.data.contains("Điều 19"), "{}", t.entry.data);
    let again = t.dossier;
    assert_eq!(
        (again.status, again.step.as_str(), again.ended_at),
        (DossierStatus::InProgress, "handling", None)
    );
    assert_eq!(again.due_at, Some(at("2026-12-02T10:00:00Z")));
    assert!(again.alarm.is_some_and(|a| a.at > later));
    // What was stopped for want of an answer goes back to where it was asked for.
    let asked = world.done(&handling, ask(None));
    let stopped = world.done(
        &asked,
        Command::Stop {
            reason: "r".to_owned(),
        },
    );
    let again = world
        .try_at(&stopped, reopen(), leader, later)
        .expect("open")
        .dossier;
    assert_eq!(again.status, DossierStatus::InProgress);
    // Refused at the desk: the desk checks again, in its hours.
    let refused = world.done(
        &world.new_dossier(),
        Command::Refuse {
            reason: "r".to_owned(),
        },
    );
    let again = world
        .try_at(&refused, reopen(), leader, later)
        .expect("open")
        .dossier;
    assert_eq!((again.status, again.due_at), (DossierStatus::New, None));
    assert!(again.check_due_at.is_some_and(|due| due > later));
    // A right of the leader's alone.
    let officer = world.try_at(&refused, reopen(), By::Person(&world.officer), later);
    assert_eq!(officer.expect_err("special").why, Why::Person);
    // One of an earlier release, which does not say where it was.
    let mut old = refused;
    old.details.ended_in = None;
    let old = world.try_at(&old, reopen(), leader, later);
    assert_eq!(old.expect_err("unknown").why, Why::State);
}

#[test]
fn a_correction_takes_the_result_back_and_late_stays_late() {
    let world = World::new();
    let mut done = solved(&world, &at_work(&world), "2026-11-25T02:00:00Z");
    assert_eq!(done.outcome, Some(Outcome::Late));
    done.personal.return_way.method = ReturnMethod::Post;
    let correct = Command::Correct {
        reason: "Sai tên đệm".to_owned(),
    };
    let leader = By::Person(&world.leader);
    let again = world
        .try_at(&done, correct, leader, at("2026-11-26T02:00:00Z"))
        .expect("open")
        .dossier;
    assert_eq!(
        (again.status, again.step.as_str()),
        (DossierStatus::InProgress, "handling")
    );
    assert!(again.details.result.is_none());
    assert_eq!(again.personal.return_way.method, ReturnMethod::Counter);
    assert_eq!(again.details.withdrawn_results.len(), 1);
    assert_eq!(again.due_at, Some(at("2026-12-03T10:00:00Z")));
    let again = solved(&world, &again, "2026-11-27T02:00:00Z");
    assert_eq!(again.outcome, Some(Outcome::Late), "what was late once");
}

fn incident(n: u128, from: &str, to: &str) -> Command {
    Command::GiveTimeBack {
        incident: Uuid::from_u128(n),
        title: "Mất kết nối".to_owned(),
        from: at(from),
        to: at(to),
    }
}

#[test]
fn an_incident_gives_its_working_time_back_once() {
    let world = World::new();
    let handling = at_work(&world);
    let give = |d: &Dossier, n, from: &str, to: &str| {
        world.try_at(
            d,
            incident(n, from, to),
            By::System,
            at("2026-11-20T02:00:00Z"),
        )
    };
    // Wednesday 08:30 to Thursday 08:30 is one working day: Monday becomes Wednesday, Tuesday being a holiday.
    let t = give(&handling, 1, "2026-11-18T01:30:00Z", "2026-11-19T01:30:00Z").expect("open");
    assert_eq!(t.dossier.due_at, Some(at("2026-11-25T10:00:00Z")));
    assert_eq!(
        t.dossier.details.first_due_at, t.dossier.due_at,
        "nobody's fault"
    );
    assert_eq!(t.entry.reason.as_deref(), Some("Mất kết nối"));
    let twice = give(
        &t.dossier,
        1,
        "2026-11-18T01:30:00Z",
        "2026-11-19T01:30:00Z",
    );
    assert_eq!(twice.expect_err("once").why, Why::GivenBack);
    // Over the week-end it gives nothing; nor before the dossier was received.
    for (from, to) in [
        ("2026-11-21T01:00:00Z", "2026-11-22T10:00:00Z"),
        ("2026-11-09T01:00:00Z", "2026-11-16T02:00:00Z"),
    ] {
        let t = give(&handling, 2, from, to).expect("open");
        assert_eq!(t.dossier.due_at, handling.due_at, "{from}");
    }
    // The desk's check and the applicant's answer, too.
    let new = world.new_dossier();
    let t = give(&new, 1, "2026-11-16T03:00:00Z", "2026-11-16T04:00:00Z").expect("open");
    assert_eq!(t.dossier.check_due_at, Some(at("2026-11-17T03:00:00Z")));
    let asked = world.done(&new, ask(None));
    let t = give(&asked, 1, "2026-11-18T01:30:00Z", "2026-11-19T01:30:00Z").expect("open");
    let answer_by = |d: &Dossier| d.details.supplement.as_ref().expect("asked").due_at;
    assert_eq!(answer_by(&asked), at("2026-11-26T10:00:00Z"));
    assert_eq!(answer_by(&t.dossier), at("2026-11-27T10:00:00Z"));
}

#[test]
fn solved_while_an_incident_lasts_counts_by_the_clock_that_stands() {
    let world = World::new();
    let handling = at_work(&world);
    let proposed = world.done(&handling, propose());
    // The same when it has ended just now and its time is not given back yet; a shorter one excuses less.
    for (ended, outcome) in [
        (None, Outcome::OnTime),
        (Some("2026-11-26T01:00:00Z"), Outcome::OnTime),
        (Some("2026-11-23T03:00:00Z"), Outcome::Late),
    ] {
        let lasts = [Pause {
            from: at("2026-11-23T02:00:00Z"),
            to: ended.map(at),
            reason: PauseReason::Incident,
        }];
        let context = Context {
            process: &world.process,
            calendar: &world.calendar,
            number: None,
            incidents: &lasts,
        };
        let approve = Command::Approve { note: None };
        let by = By::Person(&world.leader);
        let now = at("2026-11-26T02:00:00Z");
        let done = apply(&proposed, approve, by, now, context).expect("open");
        assert_eq!(done.dossier.outcome, Some(outcome), "{ended:?}");
    }
}

#[test]
fn what_comes_by_post_was_filed_when_its_minutes_were_signed() {
    let world = World::new();
    let mut new = world.new_dossier();
    new.channel = Channel::Postal;
    new.submitted_at = at("2026-11-13T02:00:00Z");
    // Two working days from Friday 13 November.
    let received = world.done(&new, Command::Receive);
    assert_eq!(received.due_at, Some(at("2026-11-17T10:00:00Z")));
    assert_eq!(received.received_at, Some(now()));
    // Completed later, that is when it was complete.
    let answered = world.done(&world.done(&new, ask(None)), answer());
    let received = world.done(&answered, Command::Receive);
    assert_eq!(received.due_at, Some(at("2026-11-18T10:00:00Z")));
}
