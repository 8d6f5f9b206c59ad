//! Working time in minutes: adding it, and measuring it both ways.

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};

use super::calendar::{Calendar, Day};
use super::{WorkTimeError, instant, local, local_date};

/// So many days off in a row mean that the calendar is broken.
pub(super) const MOST_DAYS_OFF: u32 = 1_500;

/// No due date is further from its start; keeps walks short whatever the calendar.
const MOST_YEARS: i32 = 300;

/// Starts outside these years are a mistake.
const FIRST_YEAR: i32 = 1900;
const LAST_YEAR: i32 = 9000;

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

/// Working minutes left at `now` until `due_at`; negative: late by so many. Seconds are dropped.
pub fn remaining(now: DateTime<Utc>, due_at: DateTime<Utc>, calendar: &Calendar) -> i64 {
    let signed = |minutes: u64| i64::try_from(minutes).unwrap_or(i64::MAX);
    if now <= due_at {
        signed(working_minutes_between(now, due_at, calendar))
    } else {
        -signed(working_minutes_between(due_at, now, calendar))
    }
}

/// Working days after `from` up to and with `to`; negative, counted from `to`, when `to` is earlier.
/// The inverse of a term of whole working days: from the day of reception to the due day it gives
/// the term back.
pub fn working_days_between(from: NaiveDate, to: NaiveDate, calendar: &Calendar) -> i64 {
    if to < from {
        return -working_days_between(to, from, calendar);
    }
    let known = |date: NaiveDate| (FIRST_YEAR..=LAST_YEAR).contains(&date.year());
    let days = from.iter_days().skip(1).take_while(|date| *date <= to);
    let worked = days
        .skip_while(|date| !known(*date) && date.year() < FIRST_YEAR)
        .take_while(|date| known(*date))
        .filter(|date| calendar.is_working_day(*date))
        .count();
    i64::try_from(worked).unwrap_or(i64::MAX)
}

/// The last year that a walk from `start` may reach.
pub(super) fn horizon(start: DateTime<Utc>) -> Result<i32, WorkTimeError> {
    let year = local_date(start).year();
    let known = (FIRST_YEAR..=LAST_YEAR).contains(&year);
    if known {
        Ok(year + MOST_YEARS)
    } else {
        Err(WorkTimeError::OutOfRange)
    }
}

pub(super) fn next(date: NaiveDate, horizon: i32) -> Result<NaiveDate, WorkTimeError> {
    let next = date.succ_opt().filter(|next| next.year() <= horizon);
    next.ok_or(WorkTimeError::OutOfRange)
}

/// Date and minute of the day in Vietnam; seconds are dropped, as on the receipt.
pub(super) fn whole_minute(at: DateTime<Utc>) -> (NaiveDate, u32) {
    let at = local(at);
    (at.date_naive(), at.hour() * 60 + at.minute())
}

/// How many of `left` minutes the day gives from minute `from` on, and the minute of the last.
pub(super) fn use_day(day: &Day<'_>, from: u32, left: u64) -> (u32, u32) {
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
