//! Due dates, with the way they were found.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use serde::Serialize;

use super::calendar::Calendar;
use super::holidays::{FIRST_KNOWN_YEAR, LAST_DECIDED_YEAR};
use super::minutes::horizon;
use super::rules::{Pause, PauseReason, Rules, in_order, joined, past_pauses};
use super::term::{Term, Unit};
use super::walk::{Begin, End, Walk};
use super::{WorkTimeError, local_date};

/// A due date and how it was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Due {
    /// The last instant in time.
    pub due_at: DateTime<Utc>,
    /// The term, the first of a sequence.
    pub term: Term,
    /// The further terms of a sequence, and extensions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub then: Vec<Term>,
    /// The day that counts as the day of reception.
    pub received_on: NaiveDate,
    /// True when the due day is in a year whose holidays are not decided yet.
    pub estimated: bool,
    /// Day by day.
    pub steps: Vec<Step>,
}

/// What happened on one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// The day, in Vietnam.
    pub date: NaiveDate,
    /// What happened.
    #[serde(flatten)]
    pub what: What,
    /// What is left of the term at the end of the day.
    pub remaining: Remaining,
}

/// What happened on one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(
    tag = "what",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum What {
    /// The day of reception; it is not counted.
    StartDay,
    /// The day on which the term before ended and the next began; it is not counted.
    NextStage,
    /// The clock stood.
    Suspended {
        /// From when.
        from: DateTime<Utc>,
        /// Until when.
        to: DateTime<Utc>,
        /// Why.
        reason: PauseReason,
        /// By how much the end moved: working minutes or days of the calendar.
        lost: Remaining,
    },
    /// Came after the reception cut-off or the closing time: counts as received on the next
    /// working day.
    AfterCutOff,
    /// Began after the last shift of the day; only for working hours.
    AfterHours,
    /// A counted day; `minutes` of it are used.
    Counted {
        /// Working minutes used.
        minutes: u32,
    },
    /// A counted day that is worked by exception, such as a make-up Saturday.
    MakeUp {
        /// Working minutes used.
        minutes: u32,
        /// Why it is worked.
        name: String,
        /// The same in English.
        name_en: String,
    },
    /// The weekly rest.
    Weekend,
    /// A public holiday or other day off.
    Holiday {
        /// Its name.
        name: String,
        /// The same in English.
        name_en: String,
    },
    /// The last day of a term in calendar days, months or years.
    LastDay,
    /// The first working day after a last day that was off.
    MovedTo,
}

/// What is left of a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Remaining {
    /// Thousandths of a working day.
    WorkingDayThousandths(i64),
    /// Minutes inside the shifts.
    WorkingMinutes(u64),
    /// Days of the calendar.
    CalendarDays(i64),
}

/// The due instant of a term that starts at `start`; the rules are those of the module.
///
/// # Errors
/// `worktime.outOfRange` and `calendar.noWorkingDay`.
pub fn due(start: DateTime<Utc>, term: &Term, calendar: &Calendar) -> Result<Due, WorkTimeError> {
    due_by_rules(start, &[*term], &Rules::default(), calendar)
}

/// The due instant alone, without the days: what a program wants that computes many.
///
/// # Errors
/// As [`due_by_rules`].
pub fn due_at(
    start: DateTime<Utc>,
    terms: &[Term],
    rules: &Rules,
    calendar: &Calendar,
) -> Result<DateTime<Utc>, WorkTimeError> {
    let mut walk = Walk {
        calendar,
        horizon: horizon(start)?,
        steps: None,
    };
    Ok(end_of(&mut walk, start, terms, rules)?.due_at)
}

/// The due instant of a sequence of terms, each of which begins where the one before it ends, with
/// pauses and extensions.
///
/// # Errors
/// As [`due`], and `term.none`, `term.tooLong`, `worktime.pause`; `worktime.suspended` while a
/// pause lasts, since there is no due date then.
pub fn due_by_rules(
    start: DateTime<Utc>,
    terms: &[Term],
    rules: &Rules,
    calendar: &Calendar,
) -> Result<Due, WorkTimeError> {
    let mut walk = Walk {
        calendar,
        horizon: horizon(start)?,
        steps: Some(Vec::new()),
    };
    let end = end_of(&mut walk, start, terms, rules)?;
    let mut terms = terms.iter().chain(&rules.extensions).copied();
    let year = local_date(end.due_at).year();
    Ok(Due {
        due_at: end.due_at,
        term: terms.next().ok_or(WorkTimeError::NoTerm)?,
        then: terms.collect(),
        received_on: end.received_on,
        estimated: !(FIRST_KNOWN_YEAR..=LAST_DECIDED_YEAR).contains(&year),
        steps: walk.steps.unwrap_or_default(),
    })
}

fn end_of(
    walk: &mut Walk<'_>,
    start: DateTime<Utc>,
    terms: &[Term],
    rules: &Rules,
) -> Result<End, WorkTimeError> {
    let stages = joined(terms, &rules.extensions)?;
    let pauses = in_order(&rules.pauses)?;
    let mut begin = Begin::Reception {
        cut_off: rules.cut_off(walk.calendar),
    };
    let (mut from, mut found): (_, Option<End>) = (start, None);
    for stage in &stages {
        let end = walk.term(from, begin, stage)?;
        let end = past_pauses(walk, from, stage.unit(), end, &pauses)?;
        let received_on = found.map_or(end.received_on, |first| first.received_on);
        found = Some(End { received_on, ..end });
        (from, begin) = (end.due_at, Begin::Stage);
    }
    found.ok_or(WorkTimeError::NoTerm)
}

/// A date that was counted from `from` by other means than a term, moved past the pauses since, by the rules of the module: in working
/// time by working minutes, in the calendar's units by days. Time that pauses share counts once; what begins after the date moves nothing.
///
/// # Errors
/// `worktime.pause`, `worktime.suspended` while one lasts that began before the date, `worktime.outOfRange`, `calendar.noWorkingDay`.
pub fn moved_by_pauses(
    due: DateTime<Utc>,
    from: DateTime<Utc>,
    unit: Unit,
    pauses: &[Pause],
    calendar: &Calendar,
) -> Result<DateTime<Utc>, WorkTimeError> {
    let mut walk = Walk {
        calendar,
        horizon: horizon(due)?,
        steps: None,
    };
    let end = End {
        due_at: due,
        received_on: local_date(from),
        last: local_date(due),
    };
    let end = past_pauses(&mut walk, from, unit, end, &in_order(pauses)?)?;
    Ok(end.due_at)
}
