//! The term of a dossier on the working calendar of its agency. Everything here is computed at a transition and stored; nothing
//! moves a date silently.

use chrono::{DateTime, Duration, NaiveDate, NaiveTime, Utc};
use serde::{Deserialize, Serialize};
use vn::worktime::{self, CalendarSpec, Outcome, Pause, Rules, Term, Unit, local_date};

/// Furthest new date of an apology, days after the old one: more is a slip of the finger.
const FURTHEST: i64 = 365;
/// UTC+7, no summer time.
const OFFSET: Duration = Duration::hours(7);

/// The terms that hold for every procedure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Clocks {
    /// Working hours that the desk has to check what was filed.
    pub check_hours: u16,
    /// Working days that the applicant has for a supplement (NĐ 301/2026 art. 6).
    pub supplement_days: u16,
    /// Working days after reception within which a supplement is asked for, unless another rule is named (NĐ 61/2018 art. 19(4), kept
    /// by NĐ 118/2025).
    pub supplement_request_days: u16,
    /// Working hours that an agency has to acknowledge a linked dossier (NĐ 301/2026 art. 5).
    pub acknowledge_hours: u16,
}

impl Default for Clocks {
    fn default() -> Self {
        Self {
            check_hours: 8,
            supplement_days: 7,
            supplement_request_days: 3,
            acknowledge_hours: 2,
        }
    }
}

/// The working time of an agency on the national calendar.
#[derive(Debug)]
pub(crate) struct Calendar {
    days: worktime::Calendar,
    clocks: Clocks,
}

impl Calendar {
    /// The calendar of an agency. One that cannot be read counts as the national one: a date is owed all the same.
    pub(crate) fn of(spec: &CalendarSpec, clocks: Clocks) -> Self {
        let days = worktime::Calendar::from_spec(spec).unwrap_or_else(|error| {
            tracing::warn!(%error, "the agency's calendar is unfit; the national one is used");
            worktime::Calendar::national()
        });
        Self { days, clocks }
    }

    /// When a term that begins at `from` ends; none beyond what a calendar can say (100 years).
    fn due(&self, term: &Term, from: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.due_by(std::slice::from_ref(term), &Rules::default(), from)
    }

    /// The same of terms that follow each other, by rules; none without terms.
    pub(crate) fn due_by(
        &self,
        terms: &[Term],
        rules: &Rules,
        from: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        worktime::due_at(from, terms, rules, &self.days).ok()
    }

    /// The same, day by day.
    pub(crate) fn explained(
        &self,
        terms: &[Term],
        rules: &Rules,
        from: DateTime<Utc>,
    ) -> Option<worktime::Due> {
        worktime::due_by_rules(from, terms, rules, &self.days).ok()
    }

    /// The days alone.
    pub(crate) fn into_days(self) -> worktime::Calendar {
        self.days
    }

    /// A date that was counted from `from`, later by the times in which the clock stood. What was late before it stood stays as late.
    pub(crate) fn moved(
        &self,
        due: DateTime<Utc>,
        from: DateTime<Utc>,
        unit: Unit,
        pauses: &[Pause],
    ) -> DateTime<Utc> {
        worktime::moved_by_pauses(due, from, unit, pauses, &self.days).unwrap_or(due)
    }

    /// Last instant to ask for a supplement after reception without another rule that allows it.
    pub(crate) fn supplement_request(&self, received: DateTime<Utc>) -> DateTime<Utc> {
        self.working_days(self.clocks.supplement_request_days, received)
    }

    /// Last instant for the answer to a supplement request.
    pub(crate) fn supplement_answer(&self, asked: DateTime<Utc>) -> DateTime<Utc> {
        self.working_days(self.clocks.supplement_days, asked)
    }

    fn working_days(&self, days: u16, from: DateTime<Utc>) -> DateTime<Utc> {
        let days = i64::from(days.max(1));
        Term::whole(days, Unit::WorkingDay)
            .ok()
            .and_then(|term| self.due(&term, from))
            // Only with a calendar that knows no working day; then calendar days, generously.
            .unwrap_or_else(|| from + Duration::days(2 * days))
    }

    /// Last instant for the desk's check of what was filed at `filed`.
    pub(crate) fn check(&self, filed: DateTime<Utc>) -> DateTime<Utc> {
        self.hours(self.clocks.check_hours, filed)
    }

    /// Last instant for the acknowledgement of a linked dossier.
    pub(crate) fn acknowledge(&self, from: DateTime<Utc>) -> DateTime<Utc> {
        self.hours(self.clocks.acknowledge_hours, from)
    }

    fn hours(&self, hours: u16, from: DateTime<Utc>) -> DateTime<Utc> {
        let hours = i64::from(hours.max(1));
        Term::whole(hours, Unit::WorkingHour)
            .ok()
            .and_then(|term| self.due(&term, from))
            // Only with a calendar that knows no working day.
            .unwrap_or_else(|| from + Duration::hours(3 * hours))
    }

    /// The closing time of a working day; none on a day off.
    pub(crate) fn closing(&self, day: NaiveDate) -> Option<DateTime<Utc>> {
        let found = self.days.day(day);
        found
            .is_working()
            .then(|| local_instant(day, found.closing()))
    }

    /// The morning (opening time) of the last working day before the day on which `due` falls.
    pub(crate) fn last_working_morning_before(&self, due: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut day = local_date(due);
        for _ in 0..FURTHEST {
            day = day.pred_opt()?;
            let found = self.days.day(day);
            if let Some(first) = found.shifts.first() {
                return Some(local_instant(day, first.from.minutes()));
            }
        }
        None
    }

    /// The instant of a new date that an apology may promise: a working day after the old one, within a year.
    pub(crate) fn new_date(&self, day: NaiveDate, old: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let ahead = (day - local_date(old)).num_days();
        if !(1..=FURTHEST).contains(&ahead) {
            return None;
        }
        self.closing(day)
    }
}

/// Whether an apology and a new date are still in time: at latest one day before the day of expiry (NĐ 61/2018 art. 19(9), kept by
/// NĐ 118/2025).
pub(crate) fn may_apologise(due: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    local_date(now) < local_date(due)
}

/// The worse of two: what was late once does not become early by a correction.
pub(crate) fn worse(a: Outcome, b: Outcome) -> Outcome {
    match (a, b) {
        (Outcome::Late, _) | (_, Outcome::Late) => Outcome::Late,
        (Outcome::OnTime, _) | (_, Outcome::OnTime) => Outcome::OnTime,
        (Outcome::Early, Outcome::Early) => Outcome::Early,
    }
}

fn local_instant(day: NaiveDate, minutes: u32) -> DateTime<Utc> {
    let midnight = day.and_time(NaiveTime::MIN).and_utc() - OFFSET;
    midnight + Duration::minutes(i64::from(minutes))
}
