//! Due dates, with the way they were found.

use chrono::{DateTime, Datelike, Months, NaiveDate, TimeDelta, Timelike, Utc};
use serde::Serialize;

use super::calendar::{Calendar, Day, DayKind};
use super::holidays::{FIRST_KNOWN_YEAR, LAST_DECIDED_YEAR};
use super::term::{Term, Unit};
use super::{WorkTimeError, instant, local, local_date};

/// So many days off in a row mean that the calendar is broken.
const MOST_DAYS_OFF: u32 = 1_500;

/// No due date is further from its start; keeps walks short whatever the calendar.
const MOST_YEARS: i32 = 300;

/// Starts outside these years are a mistake.
const FIRST_YEAR: i32 = 1900;
const LAST_YEAR: i32 = 9000;

/// A due date and how it was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Due {
    /// The last instant in time.
    pub due_at: DateTime<Utc>,
    /// The term.
    pub term: Term,
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

/// The due instant of a term that starts at `start`.
///
/// - **Working days**: the day of reception is not counted (Civil Code 2015 Art. 147). What comes
///   after the cut-off of 15:00, or after the closing time when that is earlier, counts as received
///   on the next working day; what comes on a day off counts as received at the opening of the next
///   working day. N working days end at the closing time of the N-th counted day; a fraction ends
///   when that part of the working minutes of the following counted day is over (1.5 days: at 11:30
///   of the second counted day). Any day with a shift counts as a working day.
/// - **Working hours**: minutes inside the shifts, from the minute of the start; no cut-off.
/// - **Days, months, years** of the calendar: the day of the start is not counted and the cut-off
///   does not matter; months end on the same day of the month or on its last one (Art. 148); a last
///   day that is off moves to the next working day; the end is the closing time of that day.
///
/// # Errors
/// `worktime.outOfRange` and `calendar.noWorkingDay`.
pub fn due(start: DateTime<Utc>, term: &Term, calendar: &Calendar) -> Result<Due, WorkTimeError> {
    let horizon = horizon(start)?;
    let walk = Walk {
        calendar,
        horizon,
        steps: Vec::new(),
    };
    let (due_at, received_on, steps) = match term.unit() {
        Unit::WorkingHour => walk.working_hours(start, term)?,
        Unit::WorkingDay => walk.working_days(start, term)?,
        Unit::Day | Unit::Month | Unit::Year => walk.calendar_units(start, term)?,
    };
    let year = local_date(due_at).year();
    let estimated = !(FIRST_KNOWN_YEAR..=LAST_DECIDED_YEAR).contains(&year);
    Ok(Due {
        due_at,
        term: *term,
        received_on,
        estimated,
        steps,
    })
}

/// The instant at which so many minutes inside the shifts have passed since `start` (whose seconds
/// are dropped). Zero minutes is `start` itself.
pub fn add_working_minutes(
    start: DateTime<Utc>,
    minutes: u64,
    calendar: &Calendar,
) -> Result<DateTime<Utc>, WorkTimeError> {
    let horizon = horizon(start)?;
    let (mut date, mut from) = whole_minute(start);
    if minutes == 0 {
        return instant(date, from);
    }
    let (mut left, mut days_off) = (minutes, 0);
    loop {
        let day = calendar.day(date);
        let (used, end) = use_day(&day, from, left);
        left -= u64::from(used);
        if left == 0 {
            return instant(date, end);
        }
        days_off = if day.is_working() { 0 } else { days_off + 1 };
        if days_off > MOST_DAYS_OFF {
            return Err(WorkTimeError::NoWorkingDay);
        }
        (date, from) = (next(date, horizon)?, 0);
    }
}

/// Minutes inside the shifts between two instants (seconds are dropped); 0 when `to` is not after
/// `from`.
pub fn working_minutes_between(from: DateTime<Utc>, to: DateTime<Utc>, calendar: &Calendar) -> u64 {
    let ((first, start), (last, end)) = (whole_minute(from), whole_minute(to));
    let mut minutes = 0;
    // Nothing real lies outside these years, and a walk through chrono's whole range takes long.
    let mut date = first.max(NaiveDate::from_ymd_opt(FIRST_YEAR, 1, 1).unwrap_or(first));
    while date <= last && date.year() <= LAST_YEAR {
        let opening = if date == first { start } else { 0 };
        let closing = if date == last { end } else { 1440 };
        for shift in calendar.day(date).shifts {
            let begin = shift.from.minutes().max(opening);
            minutes += u64::from(shift.to.minutes().min(closing).saturating_sub(begin));
        }
        let Some(following) = date.succ_opt() else {
            break;
        };
        date = following;
    }
    minutes
}

type Found = (DateTime<Utc>, NaiveDate, Vec<Step>);

struct Walk<'a> {
    calendar: &'a Calendar,
    horizon: i32,
    steps: Vec<Step>,
}

impl Walk<'_> {
    fn working_days(mut self, start: DateTime<Utc>, term: &Term) -> Result<Found, WorkTimeError> {
        let mut left = term.value_milli();
        let remaining = Remaining::WorkingDayThousandths;
        let (mut date, _) = whole_minute(start);
        if let Some(why) = self.not_received_on(date, start) {
            self.push(date, why, remaining(left));
            date = self.next_working_day(date, remaining(left))?;
        }
        let received_on = date;
        self.push(date, What::StartDay, remaining(left));
        loop {
            date = self.next_working_day(date, remaining(left))?;
            let day = self.calendar.day(date);
            let part = left.min(1000);
            left -= part;
            let minutes = part_of(day.minutes(), part);
            self.push(date, counted(&day, minutes), remaining(left));
            if left == 0 {
                let due_at = instant(date, day.minute_after(minutes))?;
                return Ok((due_at, received_on, self.steps));
            }
        }
    }

    fn working_hours(mut self, start: DateTime<Utc>, term: &Term) -> Result<Found, WorkTimeError> {
        let minutes = u64::try_from(term.value_milli()).unwrap_or_default() * 60;
        let mut left = minutes.div_ceil(1000);
        let (received_on, mut from) = whole_minute(start);
        let (mut date, mut days_off) = (received_on, 0);
        loop {
            let day = self.calendar.day(date);
            let (used, end) = use_day(&day, from, left);
            left -= u64::from(used);
            let what = match day_off(&day) {
                Some(off) => off,
                None if used == 0 => What::AfterHours,
                None => counted(&day, used),
            };
            self.push(date, what, Remaining::WorkingMinutes(left));
            if left == 0 {
                return Ok((instant(date, end)?, received_on, self.steps));
            }
            days_off = if day.is_working() { 0 } else { days_off + 1 };
            if days_off > MOST_DAYS_OFF {
                return Err(WorkTimeError::NoWorkingDay);
            }
            (date, from) = (next(date, self.horizon)?, 0);
        }
    }

    fn calendar_units(mut self, start: DateTime<Utc>, term: &Term) -> Result<Found, WorkTimeError> {
        let (received_on, _) = whole_minute(start);
        let value = u32::try_from(term.value_milli() / 1000).or(Err(WorkTimeError::TooLong))?;
        let last = match term.unit() {
            Unit::Month => received_on.checked_add_months(Months::new(value)),
            Unit::Year => received_on.checked_add_months(Months::new(value * 12)),
            _ => received_on.checked_add_signed(TimeDelta::days(i64::from(value))),
        }
        .ok_or(WorkTimeError::OutOfRange)?;
        let days = (last - received_on).num_days();
        self.push(received_on, What::StartDay, Remaining::CalendarDays(days));
        let day = self.calendar.day(last);
        let none = Remaining::CalendarDays(0);
        let due_on = match day_off(&day) {
            None => {
                self.push(last, What::LastDay, none);
                last
            }
            Some(off) => {
                self.push(last, off, none);
                let moved = self.next_working_day(last, none)?;
                self.push(moved, What::MovedTo, none);
                moved
            }
        };
        let due_at = instant(due_on, self.calendar.day(due_on).closing())?;
        Ok((due_at, received_on, self.steps))
    }

    /// Why a dossier that came then does not count as received on that day.
    fn not_received_on(&self, date: NaiveDate, start: DateTime<Utc>) -> Option<What> {
        let day = self.calendar.day(date);
        if let Some(off) = day_off(&day) {
            return Some(off);
        }
        let latest = self.calendar.cut_off().minutes().min(day.closing());
        let time = local(start);
        let (seconds, fraction) = (time.num_seconds_from_midnight(), time.nanosecond());
        let after = seconds > latest * 60 || (seconds == latest * 60 && fraction > 0);
        if after { Some(What::AfterCutOff) } else { None }
    }

    /// The first working day after `date`; the days off between are noted.
    fn next_working_day(
        &mut self,
        date: NaiveDate,
        remaining: Remaining,
    ) -> Result<NaiveDate, WorkTimeError> {
        let mut date = date;
        for _ in 0..MOST_DAYS_OFF {
            date = next(date, self.horizon)?;
            match day_off(&self.calendar.day(date)) {
                None => return Ok(date),
                Some(off) => self.push(date, off, remaining),
            }
        }
        Err(WorkTimeError::NoWorkingDay)
    }

    fn push(&mut self, date: NaiveDate, what: What, remaining: Remaining) {
        self.steps.push(Step {
            date,
            what,
            remaining,
        });
    }
}

/// The last year that a walk from `start` may reach.
fn horizon(start: DateTime<Utc>) -> Result<i32, WorkTimeError> {
    let year = local_date(start).year();
    let known = (FIRST_YEAR..=LAST_YEAR).contains(&year);
    if known {
        Ok(year + MOST_YEARS)
    } else {
        Err(WorkTimeError::OutOfRange)
    }
}

fn next(date: NaiveDate, horizon: i32) -> Result<NaiveDate, WorkTimeError> {
    let next = date.succ_opt().filter(|next| next.year() <= horizon);
    next.ok_or(WorkTimeError::OutOfRange)
}

/// Date and minute of the day in Vietnam; seconds are dropped, as on the receipt.
fn whole_minute(at: DateTime<Utc>) -> (NaiveDate, u32) {
    let at = local(at);
    (at.date_naive(), at.hour() * 60 + at.minute())
}

/// How many of `left` minutes the day gives from minute `from` on, and the minute of the last.
fn use_day(day: &Day<'_>, from: u32, left: u64) -> (u32, u32) {
    let (mut used, mut end) = (0, from);
    let mut left = u32::try_from(left).unwrap_or(u32::MAX);
    for shift in day.shifts {
        let begin = shift.from.minutes().max(from);
        let taken = shift.to.minutes().saturating_sub(begin).min(left);
        if taken > 0 {
            (used, left, end) = (used + taken, left - taken, begin + taken);
        }
    }
    (used, end)
}

/// That part (in thousandths) of so many minutes; a begun minute counts whole.
fn part_of(minutes: u32, milli: i64) -> u32 {
    let part = u64::from(minutes) * u64::try_from(milli).unwrap_or_default();
    u32::try_from(part.div_ceil(1000)).unwrap_or(minutes)
}

fn day_off(day: &Day<'_>) -> Option<What> {
    match day.kind {
        DayKind::Holiday(vi, en) => Some(What::Holiday {
            name: vi.to_owned(),
            name_en: en.to_owned(),
        }),
        _ if !day.is_working() => Some(What::Weekend),
        _ => None,
    }
}

fn counted(day: &Day<'_>, minutes: u32) -> What {
    match day.kind {
        DayKind::Special(vi, en) => What::MakeUp {
            minutes,
            name: vi.to_owned(),
            name_en: en.to_owned(),
        },
        _ => What::Counted { minutes },
    }
}
