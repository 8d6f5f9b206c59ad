//! The walk from a start through the days to the end of one term.

use chrono::{DateTime, Months, NaiveDate, TimeDelta, Timelike, Utc};

use super::calendar::{Calendar, Day, DayKind};
use super::due::{Remaining, Step, What};
use super::minutes::{MOST_DAYS_OFF, next, use_day, whole_minute};
use super::term::{Term, Unit};
use super::{WorkTimeError, instant, local};

/// Where a term begins.
#[derive(Clone, Copy)]
pub(super) enum Begin {
    /// With the reception of a dossier: what comes later in the day counts as received on the next
    /// working day.
    Reception {
        /// The cut-off in minutes since midnight.
        cut_off: u32,
    },
    /// With the end of the term before it.
    Stage,
}

/// Where a term ends.
#[derive(Clone, Copy)]
pub(super) struct End {
    pub(super) due_at: DateTime<Utc>,
    /// The day that counts as the first, and is not counted.
    pub(super) received_on: NaiveDate,
    /// The last day of the calendar, before it moves off a day off.
    pub(super) last: NaiveDate,
}

/// A walk, which notes what it passes if somebody wants to know.
pub(super) struct Walk<'a> {
    pub(super) calendar: &'a Calendar,
    pub(super) horizon: i32,
    pub(super) steps: Option<Vec<Step>>,
}

impl Walk<'_> {
    /// The end of one term.
    pub(super) fn term(
        &mut self,
        start: DateTime<Utc>,
        begin: Begin,
        term: &Term,
    ) -> Result<End, WorkTimeError> {
        match term.unit() {
            Unit::WorkingHour => self.working_hours(start, term),
            Unit::WorkingDay => self.working_days(start, begin, term),
            Unit::Day | Unit::Month | Unit::Year => self.calendar_units(start, begin, term),
        }
    }

    fn working_days(
        &mut self,
        start: DateTime<Utc>,
        begin: Begin,
        term: &Term,
    ) -> Result<End, WorkTimeError> {
        let mut left = term.value_milli();
        let remaining = Remaining::WorkingDayThousandths;
        let (mut date, _) = whole_minute(start);
        let first = match begin {
            Begin::Stage => What::NextStage,
            Begin::Reception { cut_off } => {
                let day = self.calendar.day(date);
                if !day.is_working() {
                    self.push_off(date, &day, remaining(left));
                    date = self.next_working_day(date, remaining(left))?;
                } else if after(start, cut_off.min(day.closing())) {
                    self.push(date, || What::AfterCutOff, remaining(left));
                    date = self.next_working_day(date, remaining(left))?;
                }
                What::StartDay
            }
        };
        let received_on = date;
        self.push(date, || first, remaining(left));
        loop {
            date = self.next_working_day(date, remaining(left))?;
            let day = self.calendar.day(date);
            let part = left.min(1000);
            left -= part;
            let minutes = part_of(day.minutes(), part);
            self.push(date, || counted(&day, minutes), remaining(left));
            if left == 0 {
                return Ok(End {
                    due_at: instant(date, day.minute_after(minutes))?,
                    received_on,
                    last: date,
                });
            }
        }
    }

    fn working_hours(&mut self, start: DateTime<Utc>, term: &Term) -> Result<End, WorkTimeError> {
        let minutes = u64::try_from(term.value_milli()).unwrap_or_default() * 60;
        let mut left = minutes.div_ceil(1000);
        let (received_on, mut from) = whole_minute(start);
        let (mut date, mut days_off) = (received_on, 0);
        loop {
            let day = self.calendar.day(date);
            let (used, end) = use_day(&day, from, left);
            left -= u64::from(used);
            let remaining = Remaining::WorkingMinutes(left);
            if !day.is_working() {
                self.push_off(date, &day, remaining);
            } else if used == 0 {
                self.push(date, || What::AfterHours, remaining);
            } else {
                self.push(date, || counted(&day, used), remaining);
            }
            if left == 0 {
                return Ok(End {
                    due_at: instant(date, end)?,
                    received_on,
                    last: date,
                });
            }
            days_off = if day.is_working() { 0 } else { days_off + 1 };
            if days_off > MOST_DAYS_OFF {
                return Err(WorkTimeError::NoWorkingDay);
            }
            (date, from) = (next(date, self.horizon)?, 0);
        }
    }

    fn calendar_units(
        &mut self,
        start: DateTime<Utc>,
        begin: Begin,
        term: &Term,
    ) -> Result<End, WorkTimeError> {
        let (received_on, _) = whole_minute(start);
        let value = u32::try_from(term.value_milli() / 1000).or(Err(WorkTimeError::TooLong))?;
        let last = match term.unit() {
            Unit::Month => received_on.checked_add_months(Months::new(value)),
            Unit::Year => received_on.checked_add_months(Months::new(value * 12)),
            _ => received_on.checked_add_signed(TimeDelta::days(i64::from(value))),
        }
        .ok_or(WorkTimeError::OutOfRange)?;
        let days = (last - received_on).num_days();
        let first = match begin {
            Begin::Stage => What::NextStage,
            Begin::Reception { .. } => What::StartDay,
        };
        self.push(received_on, || first, Remaining::CalendarDays(days));
        Ok(End {
            due_at: self.end_of(last)?,
            received_on,
            last,
        })
    }

    /// The closing time of a last day of the calendar, or of the next working day if it is off.
    pub(super) fn end_of(&mut self, last: NaiveDate) -> Result<DateTime<Utc>, WorkTimeError> {
        let day = self.calendar.day(last);
        let none = Remaining::CalendarDays(0);
        let due_on = if day.is_working() {
            self.push(last, || What::LastDay, none);
            last
        } else {
            self.push_off(last, &day, none);
            let moved = self.next_working_day(last, none)?;
            self.push(moved, || What::MovedTo, none);
            moved
        };
        instant(due_on, self.calendar.day(due_on).closing())
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
            let day = self.calendar.day(date);
            if day.is_working() {
                return Ok(date);
            }
            self.push_off(date, &day, remaining);
        }
        Err(WorkTimeError::NoWorkingDay)
    }

    fn push_off(&mut self, date: NaiveDate, day: &Day<'_>, remaining: Remaining) {
        let what = || match day.kind {
            DayKind::Holiday(vi, en) => What::Holiday {
                name: vi.to_owned(),
                name_en: en.to_owned(),
            },
            _ => What::Weekend,
        };
        self.push(date, what, remaining);
    }

    pub(super) fn push(
        &mut self,
        date: NaiveDate,
        what: impl FnOnce() -> What,
        remaining: Remaining,
    ) {
        if let Some(steps) = &mut self.steps {
            steps.push(Step {
                date,
                what: what(),
                remaining,
            });
        }
    }
}

/// Is the instant after that minute of its day, be it by a second?
fn after(start: DateTime<Utc>, minute: u32) -> bool {
    let time = local(start);
    let (seconds, fraction) = (time.num_seconds_from_midnight(), time.nanosecond());
    seconds > minute * 60 || (seconds == minute * 60 && fraction > 0)
}

/// That part (in thousandths) of so many minutes; a begun minute counts whole.
fn part_of(minutes: u32, milli: i64) -> u32 {
    let part = u64::from(minutes) * u64::try_from(milli).unwrap_or_default();
    u32::try_from(part.div_ceil(1000)).unwrap_or(minutes)
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
