//! When a clock of a dossier comes to a point that people must know of. The next point is computed at each transition and stored, so
//! that the job which looks for what is due reads one index and nothing else.

use super::dossier::Dossier;
use super::term::Calendar;
use chrono::{DateTime, Duration, Utc};
use contracts::DossierStatus as S;
use contracts::events::AlarmKind as K;

/// The next point of a dossier's clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Alarm {
    /// When.
    pub(crate) at: DateTime<Utc>,
    /// Which.
    pub(crate) kind: K,
}

/// How long a payment may be open before somebody is told.
const PAYMENT: Duration = Duration::days(7);
/// How long a result may wait to be collected, or a dossier without a date for anything to happen.
const MONTH: Duration = Duration::days(30);
/// How long originals may stay after the end before somebody is told.
const ORIGINALS: Duration = Duration::days(7);
/// "About to expire".
const SOON: Duration = Duration::hours(24);

/// What the alarms of a dossier hang on: as long as it stays the same, so does the next alarm.
type Key = (bool, Option<S>, [Option<DateTime<Utc>>; 4], bool);

fn key(d: &Dossier) -> Key {
    let handled = matches!(d.status, S::Received | S::InProgress);
    let answer = match (d.status, &d.details.supplement) {
        (S::SupplementRequested, Some(supplement)) => Some(supplement.due_at),
        _ => None,
    };
    (
        handled,
        (!handled).then_some(d.status),
        [d.due_at, d.check_due_at, answer, d.acknowledge_by()],
        d.held(),
    )
}

/// It ended without a result, and not all that was paid for it has gone back.
fn owes_back(d: &Dossier) -> bool {
    matches!(d.status, S::NotReceived | S::Withdrawn | S::Stopped)
        && d.details.fees.iter().any(|fee| fee.left() > 0)
}

/// It ended, and the agency has originals of the applicant.
fn keeps_originals(d: &Dossier) -> bool {
    let ended = matches!(
        d.status,
        S::NotReceived | S::Withdrawn | S::Stopped | S::Returned
    );
    // Who they belong to is forgotten then.
    let known = d.details.pseudonymised_at.is_none();
    ended && known && d.details.originals.iter().any(|o| o.returned.is_none())
}

/// Whether what an alarm tells of is still so. Papers go back by acts, which move no clock.
pub(crate) fn stands(d: &Dossier, kind: K) -> bool {
    kind != K::OriginalsKept || keeps_originals(d)
}

/// What hangs on no clock: whoever brings it about has it told, in the same transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AtOnce {
    revoked_at: Option<DateTime<Utc>>,
    owes_back: bool,
}

impl AtOnce {
    /// How it stands.
    pub(crate) fn of(d: &Dossier) -> Self {
        Self {
            revoked_at: d.revoked_at(),
            owes_back: owes_back(d),
        }
    }

    /// What is news since.
    pub(crate) fn news(self, after: &Dossier) -> Vec<K> {
        let is = Self::of(after);
        let mut news = Vec::new();
        if is.revoked_at.is_some() && is.revoked_at != self.revoked_at {
            news.push(K::PredecessorRevoked);
        }
        if is.owes_back && !self.owes_back {
            news.push(K::FeesPaid);
        }
        news
    }
}

/// The next alarm after a transition at `now`.
pub(crate) fn next(
    before: &Dossier,
    after: &Dossier,
    calendar: &Calendar,
    now: DateTime<Utc>,
) -> Option<Alarm> {
    let idle = before.alarm.is_some_and(|a| a.kind == K::Idle);
    if key(before) == key(after) && !idle && before.alarm.is_some() {
        return before.alarm;
    }
    first(after, calendar, now).or_else(|| {
        // Nothing is waited for any more; what was left here is.
        let at = now + ORIGINALS;
        let kind = K::OriginalsKept;
        keeps_originals(after).then_some(Alarm { at, kind })
    })
}

/// The first alarm of a dossier whose clocks were set at `now`.
pub(crate) fn first(d: &Dossier, calendar: &Calendar, now: DateTime<Utc>) -> Option<Alarm> {
    points(d, calendar, now).into_iter().min()
}

/// The alarm after `raised`; what has passed by since tells of the same, so only the last of it is raised.
pub(crate) fn following(
    d: &Dossier,
    calendar: &Calendar,
    raised: Alarm,
    now: DateTime<Utc>,
) -> Option<Alarm> {
    // A point that had passed when the clock was set counts from then, and so does what comes after it.
    let mut later: Vec<Alarm> = points(d, calendar, raised.at)
        .into_iter()
        .filter(|a| *a > raised)
        .collect();
    later.sort_unstable();
    let last_passed = later.iter().rposition(|a| a.at <= now).unwrap_or(0);
    later.get(last_passed).copied().or_else(|| {
        let period = repeats(raised.kind).filter(|_| stands(d, raised.kind))?;
        let mut at = raised.at + period;
        if at <= now {
            // Missed while the service was away: told once, not once a period.
            at = now + period;
        }
        Some(Alarm {
            at,
            kind: raised.kind,
        })
    })
}

/// How often an alarm is raised again while nothing changes.
fn repeats(kind: K) -> Option<Duration> {
    match kind {
        K::CheckLate | K::AcknowledgeLate => Some(Duration::days(1)),
        K::Overdue | K::PaymentOpen => Some(Duration::days(7)),
        K::ResultWaiting | K::OriginalsKept | K::Idle => Some(MONTH),
        K::PredecessorRevoked | K::FeesPaid => None,
        K::ApologyDue | K::DueSoon | K::Due | K::SupplementDue => None,
    }
}

/// Every point of the running clocks, from `from` on; one that was before it and is still of use is moved to it.
fn points(d: &Dossier, calendar: &Calendar, from: DateTime<Utc>) -> Vec<Alarm> {
    let mut out = Vec::new();
    let mut put = |kind, at| out.push(Alarm { at, kind });
    match d.status {
        S::New if d.held() => put(K::Idle, from + MONTH),
        S::New => {
            if let Some(by) = d.acknowledge_by() {
                put(K::AcknowledgeLate, by.max(from));
            }
            let at = d.check_due_at.unwrap_or_else(|| calendar.check(from));
            put(K::CheckLate, at.max(from));
        }
        S::Received | S::InProgress => match d.due_at {
            Some(due) => {
                let last_day = calendar.last_working_morning_before(due);
                if d.details.apology.is_none() && super::term::may_apologise(due, from) {
                    put(K::ApologyDue, last_day.unwrap_or(from).max(from));
                }
                if due - SOON >= from {
                    put(K::DueSoon, due - SOON);
                }
                put(K::Due, due.max(from));
                put(K::Overdue, (due + SOON).max(from));
            }
            None => put(K::Idle, from + MONTH),
        },
        S::SupplementRequested => {
            if let Some(supplement) = &d.details.supplement {
                put(K::SupplementDue, (supplement.due_at - SOON).max(from));
            }
        }
        S::PaymentRequested => {
            let asked = d.details.payment.as_ref().map(|p| p.requested_at);
            put(K::PaymentOpen, asked.unwrap_or(from) + PAYMENT);
        }
        S::Done => put(K::ResultWaiting, d.ended_at.unwrap_or(from) + MONTH),
        S::NotReceived | S::Withdrawn | S::Stopped | S::Returned => {}
    }
    out
}

/// What the clock of an alarm runs to.
pub(crate) fn end_of(d: &Dossier, kind: K) -> Option<DateTime<Utc>> {
    match kind {
        K::CheckLate => d.check_due_at,
        K::AcknowledgeLate => d.acknowledge_by(),
        K::SupplementDue => d.details.supplement.as_ref().map(|s| s.due_at),
        K::FeesPaid | K::OriginalsKept => None,
        K::PredecessorRevoked
        | K::ApologyDue
        | K::DueSoon
        | K::Due
        | K::Overdue
        | K::PaymentOpen
        | K::ResultWaiting
        | K::Idle => d.due_at,
    }
}
