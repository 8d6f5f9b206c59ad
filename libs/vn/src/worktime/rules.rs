//! What bears on a due date besides the term and the calendar.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::calendar::{Calendar, Intake, MinuteOfDay};
use super::due::{Remaining, What};
use super::minutes::{add_working_minutes, working_minutes_between};
use super::term::{Term, Unit};
use super::walk::{End, Walk};
use super::{WorkTimeError, local_date};

/// How a due date is counted, beyond a term and a calendar. The default: no pauses, no extension,
/// the cut-off of the calendar.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// How the dossier came in: a calendar may have a cut-off of its own for it.
    pub intake: Option<Intake>,
    /// The cut-off of this term, which wins over the calendar's; `24:00` means none.
    pub cut_off: Option<MinuteOfDay>,
    /// When the clock stood.
    pub pauses: Vec<Pause>,
    /// Gia hạn: terms granted on top, each from the end of what was before it.
    pub extensions: Vec<Term>,
}

/// A time in which the clock stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Pause {
    /// From when.
    pub from: DateTime<Utc>,
    /// Until when; none while it lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<DateTime<Utc>>,
    /// Why.
    pub reason: PauseReason,
}

/// Why the clock stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PauseReason {
    /// Sự cố hệ thống: an announced incident; the clock goes on when the system is back
    /// (NĐ 301/2026 Art. 6).
    Incident,
    /// Chờ người dân: the applicant completes or confirms something; that time does not count
    /// (NĐ 301/2026 Art. 6).
    Applicant,
    /// Another ground in law.
    Other,
}

/// Moves the end of a term past the pauses that fall into it, in the order in which they began.
/// Time that two pauses share counts once. An end in working time moves by the working minutes of
/// the pause, an end in days of the calendar by its days (the day it began is not counted).
pub(super) fn past_pauses(
    walk: &mut Walk<'_>,
    begin: DateTime<Utc>,
    unit: Unit,
    mut end: End,
    pauses: &[Pause],
) -> Result<End, WorkTimeError> {
    let mut counted_to = begin;
    for pause in pauses {
        if pause.from >= end.due_at {
            break;
        }
        let Some(to) = pause.to else {
            return Err(WorkTimeError::Suspended);
        };
        let from = pause.from.max(counted_to);
        if to <= from {
            continue;
        }
        counted_to = to;
        let (lost, remaining) = if matches!(unit, Unit::WorkingHour | Unit::WorkingDay) {
            let lost = working_minutes_between(from, to, walk.calendar);
            if lost > 0 {
                end.due_at = add_working_minutes(end.due_at, lost, walk.calendar)?;
            }
            (
                Remaining::WorkingMinutes(lost),
                Remaining::WorkingMinutes(0),
            )
        } else {
            let days = (local_date(to) - local_date(from)).num_days();
            (Remaining::CalendarDays(days), Remaining::CalendarDays(0))
        };
        let date = local_date(from);
        let reason = pause.reason;
        walk.push(
            date,
            || What::Suspended {
                from,
                to,
                reason,
                lost,
            },
            remaining,
        );
        if let Remaining::CalendarDays(days @ 1..) = lost {
            end.last = later(end.last, days)?;
            end.due_at = walk.end_of(end.last)?;
        }
    }
    Ok(end)
}

/// The pauses in the order of their beginnings.
///
/// # Errors
/// `worktime.pause`: one ends before it begins.
pub(super) fn in_order(pauses: &[Pause]) -> Result<Vec<Pause>, WorkTimeError> {
    if pauses
        .iter()
        .any(|pause| pause.to.is_some_and(|to| to < pause.from))
    {
        return Err(WorkTimeError::Pause);
    }
    let mut pauses = pauses.to_vec();
    pauses.sort_by_key(|pause| (pause.from, pause.to));
    Ok(pauses)
}

/// The terms to walk: terms of one unit that follow each other are one.
///
/// # Errors
/// `term.none` without any, `term.tooLong` when they are more than 100 years together.
pub(super) fn joined(terms: &[Term], extensions: &[Term]) -> Result<Vec<Term>, WorkTimeError> {
    let mut joined: Vec<Term> = Vec::new();
    let all = terms.iter().map(|term| (term, false));
    for (term, extension) in all.chain(extensions.iter().map(|term| (term, true))) {
        let working = matches!(term.unit(), Unit::WorkingHour | Unit::WorkingDay);
        match joined.last_mut() {
            // An extension in the calendar's units runs from the day that was due.
            Some(last) if last.unit() == term.unit() && (working || !extension) => {
                let sum = last.value_milli().checked_add(term.value_milli());
                *last = Term::new(sum.ok_or(WorkTimeError::TooLong)?, term.unit())?;
            }
            _ => joined.push(*term),
        }
    }
    if terms.is_empty() {
        return Err(WorkTimeError::NoTerm);
    }
    Ok(joined)
}

impl Rules {
    /// The cut-off that counts, in minutes since midnight.
    pub(super) fn cut_off(&self, calendar: &Calendar) -> u32 {
        self.cut_off
            .unwrap_or_else(|| calendar.cut_off_of(self.intake))
            .minutes()
    }
}

fn later(date: NaiveDate, days: i64) -> Result<NaiveDate, WorkTimeError> {
    TimeDelta::try_days(days)
        .and_then(|days| date.checked_add_signed(days))
        .ok_or(WorkTimeError::OutOfRange)
}
