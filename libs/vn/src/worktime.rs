//! Terms, the working calendar and due dates.
//!
//! Everything counts in the civil time of Vietnam (UTC+7, no summer time) and in whole numbers: a
//! term is kept in thousandths of its unit, times of day in minutes. Pure: no clock, no global, no
//! panic; each walk is bounded, and a calendar without work is an error.
//!
//! The rules, and where each comes from:
//!
//! 1. **Working days** (ngày làm việc). The day of reception is not counted (Civil Code 2015
//!    Art. 147(2)). N of them end at the closing time of the N-th counted day. Any day with a shift
//!    counts as one, a Saturday morning too (design choice; no text says otherwise).
//! 2. **Fractions** (1.5 working days). The part of the working minutes of the next counted day, a
//!    begun minute whole (design choice; the national catalogue has 1.5 and 6.25).
//! 3. **Cut-off** (sau 15 giờ). What comes after 15:00, or after closing when that is earlier,
//!    counts as received on the next working day (NĐ 118/2025 Art. 18(2), NĐ 301/2026 Art. 5);
//!    what comes on a day off, too. It can differ by agency, by channel ([`Intake`]) and by term
//!    ([`Rules::cut_off`]); 24:00 is none. Only terms in working days know it (design choice: of the
//!    calendar's units the day of reception is not counted at whatever hour, and the texts speak of
//!    working days).
//! 4. **Working hours** (giờ làm việc). Minutes inside the shifts from the minute of the start, no
//!    cut-off: the 8 hours of the online check and the 2 of an acknowledgement (NĐ 301/2026 Art. 6).
//! 5. **Days, months, years** (ngày, tháng, năm) of the calendar. The day of the start is not
//!    counted; months end on the same day of the month or on its last one (Civil Code Art. 146,
//!    148); a last day that is off moves to the next working day (Art. 148(5)); the end is the
//!    closing time of that day.
//! 6. **Sequences** (5 working days, then 10 days). Each term begins where the one before ends; the
//!    cut-off is for the first only, and the day on which one ends is not counted again. Terms of
//!    one unit that follow each other are added first, so that 1.5 and 1.5 days are 3.
//! 7. **Holidays, nghỉ bù, hoán đổi**: Labour Code 2019 Art. 111, 112 and the yearly decisions
//!    (the table in `holidays.rs`). A make-up Saturday has the shifts of the first worked weekday
//!    unless the calendar gives it its own.
//! 8. **Own working time of an agency**: shifts, half days, Saturday mornings, days off
//!    ([`CalendarSpec`]); they win over the national ones.
//! 9. **Pauses** ([`Pause`]): an announced incident or the applicant's own time does not count
//!    (NĐ 301/2026 Art. 6). The end moves by the working minutes of the pause, for terms of the
//!    calendar by its days; shared time counts once; a pause after the end moves nothing. While one
//!    lasts there is no due date.
//! 10. **Extension** (gia hạn): a term on top, from the end of what was before it; the first date
//!     stays known to the caller, nothing is overwritten here.
//! 11. **Early, on time, late** ([`Outcome`]) by calendar date, not by the hour (TT 01/2018 Art. 13
//!     and the practice of provincial systems).

mod calendar;
mod due;
mod explain;
mod holidays;
mod minutes;
mod rules;
mod term;
mod walk;

pub use calendar::{
    Calendar, CalendarSpec, Day, DayKind, DaySpec, DayUse, Intake, MinuteOfDay, Shift, WeekSpec,
};
pub use due::{Due, Remaining, Step, What, due, due_at, due_by_rules, moved_by_pauses};
pub use holidays::{FIRST_KNOWN_YEAR, LAST_DECIDED_YEAR, LAST_KNOWN_YEAR};
pub use minutes::{add_working_minutes, remaining, working_days_between, working_minutes_between};
pub use rules::{Pause, PauseReason, Rules};
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
    /// No term was given.
    #[error("at least one term is needed")]
    NoTerm,
    /// A pause ends before it begins.
    #[error("a pause ends before it begins")]
    Pause,
    /// A pause lasts.
    #[error("the clock stands; there is no due date until it goes on")]
    Suspended,
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
            Self::NoTerm => "term.none",
            Self::Pause => "worktime.pause",
            Self::Suspended => "worktime.suspended",
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
