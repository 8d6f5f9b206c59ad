//! Terms, the working calendar and due dates.
//!
//! Everything counts in the civil time of Vietnam (UTC+7, no summer time) and in whole numbers: a
//! term is kept in thousandths of its unit, times of day in minutes.

mod calendar;
mod due;
mod explain;
mod holidays;
mod term;

pub use calendar::{
    Calendar, CalendarSpec, Day, DayKind, DaySpec, DayUse, MinuteOfDay, Shift, WeekSpec,
};
pub use due::{Due, Remaining, Step, What, add_working_minutes, due, working_minutes_between};
pub use holidays::{FIRST_KNOWN_YEAR, LAST_DECIDED_YEAR, LAST_KNOWN_YEAR};
pub use term::{Term, Unit};

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, Offset as _, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// Seconds of UTC+7.
const OFFSET_SECONDS: i32 = 7 * 3600;

/// Why a term, a calendar or a due date cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WorkTimeError {
    /// The value is no decimal number.
    #[error("the value of the term is no number")]
    Value,
    /// More than three decimals.
    #[error("the value of the term has more than three decimals")]
    Precision,
    /// Zero or negative.
    #[error("a term is more than zero")]
    NotPositive,
    /// More than 100 years.
    #[error("a term is at most 100 years")]
    TooLong,
    /// Part of a calendar day, month or year.
    #[error("days, months and years of the calendar are whole numbers")]
    Fraction,
    /// The unit is unknown.
    #[error("a term is in workingHour, workingDay, day, month or year")]
    Unit,
    /// The start or the due date is too far from our time (years 1900 to 9000).
    #[error("the time is out of the range of the calendar")]
    OutOfRange,
    /// The calendar has no working day, or none for several years.
    #[error("the calendar has no working day")]
    NoWorkingDay,
    /// A time of day is not HH:MM.
    #[error("a time of day is written HH:MM")]
    Time,
    /// A shift ends before it begins, overlaps another, or they are not in order.
    #[error("shifts must be in order, not empty and not overlap")]
    Shift,
    /// A date is there twice, or a day off has shifts.
    #[error("a special day is given twice or is off and has shifts")]
    Day,
}

impl WorkTimeError {
    /// A stable name for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Value => "term.value",
            Self::Precision => "term.precision",
            Self::NotPositive => "term.notPositive",
            Self::TooLong => "term.tooLong",
            Self::Fraction => "term.fraction",
            Self::Unit => "term.unit",
            Self::OutOfRange => "worktime.outOfRange",
            Self::NoWorkingDay => "calendar.noWorkingDay",
            Self::Time => "calendar.time",
            Self::Shift => "calendar.shift",
            Self::Day => "calendar.day",
        }
    }
}

/// Sớm, đúng hạn, trễ: how a dossier was solved, by calendar date and not by the hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// Solved on a day before the due day.
    Early,
    /// Solved on the due day, or there is no due date.
    OnTime,
    /// Solved on a later day.
    Late,
}

impl Outcome {
    /// Compares the civil dates of the end and of the due instant.
    pub fn of(due_at: Option<DateTime<Utc>>, ended_at: DateTime<Utc>) -> Self {
        match due_at.map(|due_at| local_date(ended_at).cmp(&local_date(due_at))) {
            Some(std::cmp::Ordering::Less) => Self::Early,
            Some(std::cmp::Ordering::Greater) => Self::Late,
            Some(std::cmp::Ordering::Equal) | None => Self::OnTime,
        }
    }
}

/// The instant in the civil time of Vietnam, for showing and formatting.
pub fn local(at: DateTime<Utc>) -> DateTime<FixedOffset> {
    // At the ends of chrono's range there is no local time.
    let day = TimeDelta::days(1);
    let at = at.clamp(
        DateTime::<Utc>::MIN_UTC + day,
        DateTime::<Utc>::MAX_UTC - day,
    );
    at.with_timezone(&FixedOffset::east_opt(OFFSET_SECONDS).unwrap_or_else(|| Utc.fix()))
}

/// The date in Vietnam at that instant.
pub fn local_date(at: DateTime<Utc>) -> NaiveDate {
    local(at).date_naive()
}

/// The instant of a minute of a day in Vietnam; 1440 is the midnight that ends the day.
pub(crate) fn instant(date: NaiveDate, minute: u32) -> Result<DateTime<Utc>, WorkTimeError> {
    let seconds = i64::from(minute) * 60 - i64::from(OFFSET_SECONDS);
    let midnight = NaiveDateTime::from(date);
    let at = midnight.checked_add_signed(TimeDelta::seconds(seconds));
    at.map(|at| at.and_utc()).ok_or(WorkTimeError::OutOfRange)
}
