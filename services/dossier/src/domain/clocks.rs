//! Every clock of a dossier, counted from where it began and the times in which it stood. No date is moved from a date that was moved
//! before: what happened is noted, and the clocks are counted anew, by the rules of [`vn::worktime`].

use super::dossier::Dossier;
use super::term::Calendar;
use chrono::{DateTime, Utc};
use contracts::{Channel, DossierStatus};
use vn::worktime::{Due, Intake, Outcome, Pause, PauseReason, Rules, Unit};

/// The term runs from `from`, from zero.
pub(super) fn restart(d: &mut Dossier, from: DateTime<Utc>, calendar: &Calendar) {
    d.details.term_from = Some(from);
    d.due_at = by_term(d, &d.details.pauses, calendar);
    d.details.first_due_at = d.due_at;
}

/// The clocks stood for a time; they are counted anew.
pub(super) fn stood(d: &mut Dossier, pause: Pause, calendar: &Calendar) {
    d.details.pauses.push(pause);
    let pauses = &d.details.pauses;
    let (due, first) = (promised(d, pauses, calendar), by_term(d, pauses, calendar));
    // A payment that is waited for holds the term: what is left is counted as it was when it was asked for.
    if d.status == DossierStatus::PaymentRequested
        && d.due_at.is_none()
        && let Some(payment) = &d.details.payment
        && payment.suspended_due_at.is_some()
    {
        let asked = payment.requested_at;
        let earlier: Vec<Pause> = pauses
            .iter()
            .filter(|pause| pause.from < asked)
            .map(|pause| Pause {
                to: pause.to.map(|to| to.min(asked)),
                ..pause.clone()
            })
            .collect();
        let left = promised(d, &earlier, calendar);
        if let Some(payment) = &mut d.details.payment {
            payment.suspended_due_at = left.or(payment.suspended_due_at);
        }
    }
    d.due_at = d.due_at.map(|old| due.unwrap_or(old));
    d.details.first_due_at = d.details.first_due_at.map(|old| first.unwrap_or(old));

    // The applicant's own time stops the term; an incident stops the desk and the applicant, too.
    let incidents: Vec<Pause> = d
        .details
        .pauses
        .iter()
        .filter(|pause| pause.reason == PauseReason::Incident)
        .cloned()
        .collect();
    let from = d.details.check_from.unwrap_or(d.submitted_at);
    let hours = |due| calendar.moved(due, from, Unit::WorkingHour, &incidents);
    d.check_due_at = d.check_due_at.map(|_| hours(calendar.check(from)));
    if let Some(group) = &mut d.details.group {
        group.acknowledge_by = group
            .acknowledge_by
            .map(|_| hours(calendar.acknowledge(from)));
    }
    if d.status == DossierStatus::SupplementRequested
        && let Some(supplement) = &mut d.details.supplement
    {
        let asked = supplement.requested_at;
        let due = calendar.supplement_answer(asked);
        supplement.due_at = calendar.moved(due, asked, Unit::WorkingDay, &incidents);
    }
}

/// The due date and the first due date as they are at `now`, with incidents whose time is not given back yet: one that lasts has stopped the
/// clock where it began.
pub(super) fn due_while(
    d: &Dossier,
    incidents: &[Pause],
    now: DateTime<Utc>,
    calendar: &Calendar,
) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
    let mut counted = d.clone();
    for incident in incidents.iter().filter(|incident| incident.from < now) {
        let pause = Pause {
            to: Some(incident.to.map_or(now, |to| to.min(now))),
            ..incident.clone()
        };
        stood(&mut counted, pause, calendar);
    }
    let first = counted.details.first_due_at.or(counted.due_at);
    (counted.due_at, first)
}

/// Notes that it was late at `at`, before the clock is set anew: overdue is never hidden by another date.
pub(super) fn keep_late(
    d: &mut Dossier,
    incidents: &[Pause],
    at: DateTime<Utc>,
    calendar: &Calendar,
) {
    if d.due_at.is_none() {
        // The clock stands, or there is none.
        return;
    }
    let (due, first) = due_while(d, incidents, at, calendar);
    let late = |due| Outcome::of(due, at) == Outcome::Late;
    if late(due) {
        d.outcome = Some(Outcome::Late);
    }
    if late(first) {
        d.first_outcome = Some(Outcome::Late);
    }
}

/// What the applicant was promised: the new date of an apology in the running term, or the term's.
fn promised(d: &Dossier, pauses: &[Pause], calendar: &Calendar) -> Option<DateTime<Utc>> {
    let from = d.details.term_from?;
    match d.details.apology.as_ref().filter(|a| a.at >= from) {
        Some(apology) => {
            let term = d.details.procedure.terms().last();
            let unit = term.map_or(Unit::WorkingDay, |term| term.unit());
            Some(calendar.moved(apology.due_at, apology.at, unit, pauses))
        }
        None => by_term(d, pauses, calendar),
    }
}

/// The end of the running term; none before it runs, or without a term by rule.
fn by_term(d: &Dossier, pauses: &[Pause], calendar: &Calendar) -> Option<DateTime<Utc>> {
    let from = d.details.term_from?;
    calendar.due_by(d.details.procedure.terms(), &rules(d, pauses), from)
}

/// The same with the pauses that are noted, day by day.
pub(crate) fn explained(d: &Dossier, calendar: &Calendar) -> Option<Due> {
    let from = d.details.term_from?;
    let rules = rules(d, &d.details.pauses);
    calendar.explained(d.details.procedure.terms(), &rules, from)
}

fn rules(d: &Dossier, pauses: &[Pause]) -> Rules {
    Rules {
        intake: Some(intake(d)),
        cut_off: d.details.procedure.cut_off,
        pauses: pauses.to_vec(),
        extensions: Vec::new(),
    }
}

/// How it came in, as far as the hours of reception are concerned.
fn intake(d: &Dossier) -> Intake {
    match d.channel {
        _ if d.details.intake.kiosk.is_some() => Intake::Kiosk,
        Channel::Online => Intake::Online,
        Channel::Direct => Intake::Direct,
        Channel::Postal => Intake::Postal,
    }
}
