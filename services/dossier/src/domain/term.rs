//! The term of a dossier on the working calendar of its agency. Everything here is computed at a transition and stored; nothing
//! moves a date silently.

use chrono::{DateTime, Utc};
use vn::worktime::{self, CalendarSpec, Term, Unit};

/// Working days that the applicant has for a supplement (NĐ 301/2026 art. 6).
const SUPPLEMENT_DAYS: i64 = 7;

/// The working time of an agency on the national calendar.
#[derive(Debug)]
pub(crate) struct Calendar(worktime::Calendar);

impl Calendar {
    /// The calendar of an agency. One that cannot be read counts as the national one: a date is owed all the same.
    pub(crate) fn of(spec: &CalendarSpec) -> Self {
        Self(worktime::Calendar::from_spec(spec).unwrap_or_else(|error| {
            tracing::warn!(%error, "the agency's calendar is unfit; the national one is used");
            worktime::Calendar::national()
        }))
    }

    /// When a term that begins at `from` ends; none beyond what a calendar can say (100 years).
    pub(crate) fn due(&self, term: &Term, from: DateTime<Utc>) -> Option<DateTime<Utc>> {
        worktime::due(from, term, &self.0)
            .ok()
            .map(|due| due.due_at)
    }

    /// Last instant for the answer to a supplement request.
    pub(crate) fn supplement_answer(&self, asked: DateTime<Utc>) -> DateTime<Utc> {
        Term::whole(SUPPLEMENT_DAYS, Unit::WorkingDay)
            .ok()
            .and_then(|term| self.due(&term, asked))
            // Only with a calendar that knows no working day; then calendar days, generously.
            .unwrap_or_else(|| asked + chrono::Duration::days(2 * SUPPLEMENT_DAYS))
    }

    /// The due date after a pause: as much working time is left as when the clock stopped. What was late stays as late.
    pub(crate) fn resume(
        &self,
        due: DateTime<Utc>,
        stopped: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> DateTime<Utc> {
        if due <= stopped {
            return due;
        }
        let left = worktime::working_minutes_between(stopped, due, &self.0);
        worktime::add_working_minutes(now, left, &self.0).unwrap_or(due)
    }
}
