//! Which point of its clocks a dossier comes to next, and that none waits without one.

use super::*;
use crate::domain::alarm::{Alarm, first, following};
use contracts::events::AlarmKind as K;

/// The alarms of a dossier that nobody touches, as the job raises them, until `until`.
fn raised(world: &World, d: &Dossier, until: &str) -> Vec<(K, String)> {
    let until = at(until);
    let mut out = Vec::new();
    let mut next = d.alarm;
    while let Some(alarm) = next.filter(|a| a.at <= until) {
        let local = alarm.at + chrono::Duration::hours(7);
        out.push((alarm.kind, local.format("%d/%m %H:%M").to_string()));
        next = following(d, &world.calendar, alarm, alarm.at);
    }
    out
}

fn list(alarms: &[(K, &str)]) -> Vec<(K, String)> {
    alarms.iter().map(|(k, t)| (*k, (*t).to_owned())).collect()
}

#[test]
fn a_term_warns_before_at_and_after_its_end() {
    let world = World::new();
    // Five working days from Monday 16 November: 24 November is a public holiday, so Tuesday is off and it ends on Monday 23.
    let received = world.done(&world.filed(Some(days(5))).dossier, Command::Receive);
    assert_eq!(received.due_at, Some(at("2026-11-23T10:00:00Z")));
    assert_eq!(
        raised(&world, &received, "2026-12-10T00:00:00Z"),
        list(&[
            // Friday morning: the last working day on which an apology is in time.
            (K::ApologyDue, "20/11 07:30"),
            (K::DueSoon, "22/11 17:00"),
            (K::Due, "23/11 17:00"),
            (K::Overdue, "24/11 17:00"),
            (K::Overdue, "01/12 17:00"),
            (K::Overdue, "08/12 17:00"),
        ])
    );
    // Taking it up changes no clock, so it changes no alarm.
    let handling = world.done(&received, Command::StartHandling);
    assert_eq!(handling.alarm, received.alarm);
    // A new date is a new clock, and there is no second apology.
    let moved = world.done(&handling, apologise("2026-11-27"));
    assert_eq!(
        raised(&world, &moved, "2026-11-27T12:00:00Z"),
        list(&[(K::DueSoon, "26/11 17:00"), (K::Due, "27/11 17:00")])
    );
}

#[test]
fn a_short_term_warns_at_once_of_what_is_still_possible() {
    let world = World::new();
    let received = world.done(&world.filed(Some(days(1))).dossier, Command::Receive);
    assert_eq!(received.due_at, Some(at("2026-11-17T10:00:00Z")));
    assert_eq!(
        raised(&world, &received, "2026-11-17T12:00:00Z"),
        list(&[
            (K::ApologyDue, "16/11 09:00"),
            (K::DueSoon, "16/11 17:00"),
            (K::Due, "17/11 17:00"),
        ])
    );
}

#[test]
fn the_check_is_due_after_eight_working_hours() {
    let world = World::new();
    let new = world.new_dossier();
    // Monday 09:00 to Tuesday: 2.5 + 4 hours on Monday are 07:30–11:30 and 13:30–17:00 of the national calendar.
    let due = new.check_due_at.expect("a check");
    assert_eq!(due, at("2026-11-17T02:00:00Z"), "eight working hours");
    assert_eq!(
        new.alarm,
        Some(Alarm {
            at: due,
            kind: K::CheckLate
        })
    );
    let in_time = world.try_at(&new, Command::Receive, By::Person(&world.officer), due);
    let in_time = in_time.expect("open").dossier;
    assert!(!in_time.check_late && in_time.check_due_at.is_none());
    let late = due + chrono::Duration::microseconds(1);
    let late = world.try_at(&new, ask(None), By::Person(&world.officer), late);
    let late = late.expect("open").dossier;
    assert!(
        late.check_late,
        "a supplement request is the answer of the desk, too"
    );
    // Completed, the desk has its eight hours again; that it was late once stays.
    let again = world.try_at(&late, answer(), By::Person(&world.citizen), due);
    let again = again.expect("open").dossier;
    assert_eq!(again.check_due_at, Some(at("2026-11-18T02:00:00Z")));
    assert!(again.check_late);
}

#[test]
fn nothing_waits_without_a_person_knowing() {
    let world = World::new();
    for (name, dossier) in world.places() {
        let waits = !matches!(
            dossier.status,
            DossierStatus::NotReceived
                | DossierStatus::Withdrawn
                | DossierStatus::Stopped
                | DossierStatus::Returned
        );
        assert_eq!(dossier.alarm.is_some(), waits, "{name}");
        // Again and again, for as long as it waits; what waits for an answer the suite itself stops.
        let mut next = dossier.alarm;
        for _ in 0..20 {
            let Some(alarm) = next else { break };
            next = following(&dossier, &world.calendar, alarm, alarm.at);
        }
        let stopped_by_the_suite = dossier.status == DossierStatus::SupplementRequested;
        assert_eq!(next.is_some(), waits && !stopped_by_the_suite, "{name}");
    }
    // Without a date by rule: a month without news.
    let no_term = world.done(&world.filed(None).dossier, Command::Receive);
    let idle = Alarm {
        at: now() + chrono::Duration::days(30),
        kind: K::Idle,
    };
    assert_eq!(no_term.alarm, Some(idle));
}

#[test]
fn what_was_missed_is_told_once() {
    let world = World::new();
    let received = world.done(&world.filed(Some(days(5))).dossier, Command::Receive);
    let apology = received.alarm.expect("an alarm");
    // The service was away for a month: of the points that passed by, the last tells it all.
    let now = at("2026-12-24T00:00:00Z");
    let next = following(&received, &world.calendar, apology, now).expect("an alarm");
    assert_eq!(
        (next.kind, next.at),
        (K::Overdue, at("2026-11-24T10:00:00Z"))
    );
    let after = following(&received, &world.calendar, next, now).expect("an alarm");
    assert_eq!(
        (after.kind, after.at),
        (K::Overdue, now + chrono::Duration::days(7))
    );
}

#[test]
fn what_is_late_when_its_clock_is_set_is_told_again_and_again() {
    let world = World::new();
    let received = world.done(&world.filed(Some(days(5))).dossier, Command::Receive);
    // The clock is set anew long after the due date, as by an incident that is settled.
    let now = at("2026-12-24T00:00:00Z");
    let due = first(&received, &world.calendar, now).expect("an alarm");
    assert_eq!((due.kind, due.at), (K::Due, now));
    let overdue = following(&received, &world.calendar, due, now).expect("an alarm");
    assert_eq!((overdue.kind, overdue.at), (K::Overdue, now));
    let again = following(&received, &world.calendar, overdue, now).expect("an alarm");
    assert_eq!(
        (again.kind, again.at),
        (K::Overdue, now + chrono::Duration::days(7))
    );
}

#[test]
fn an_alarm_names_what_it_is_about() {
    let world = World::new();
    let received = world.done(&world.new_dossier(), Command::Receive);
    let alarm = first(&received, &world.calendar, now()).expect("an alarm");
    let event = received.alarm_event(alarm);
    assert_eq!((event.version, event.kind), (2, K::ApologyDue));
    assert_eq!(event.due_at, received.due_at);
    let new = world.new_dossier();
    let event = new.alarm_event(new.alarm.expect("an alarm"));
    assert_eq!(event.due_at, new.check_due_at);
}
