//! How the date of a dossier came about: what `motcua due --dossier` prints.

use crate::domain::clocks;
use crate::domain::term::{Calendar, Clocks};
use crate::store::{copies, dossiers};
use chrono::{DateTime, Utc};
use durable::Db;
use sea_orm::DbErr;
use vn::worktime;

/// The date of a dossier beside the same date counted anew from what is noted.
#[derive(Debug)]
pub struct DueOf {
    /// The number; the id before reception.
    pub name: String,
    /// Code of the agency by whose calendar it is counted.
    pub agency: String,
    /// When the running term began; none before reception.
    pub from: Option<DateTime<Utc>>,
    /// The term from there, day by day, with the times in which the clock stood; none before reception, or without a term by rule.
    pub found: Option<worktime::Due>,
    /// When another date was promised with an apology in the running term, and the date.
    pub apology: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// The date that is held against the dossier; none while the clock stands.
    pub due_at: Option<DateTime<Utc>>,
    /// The date that was promised first in the running term.
    pub first_due_at: Option<DateTime<Utc>>,
    /// The agency's working time.
    pub calendar: worktime::Calendar,
}

/// Finds a dossier by its number (mã số hồ sơ) or id, and counts its date anew. None: there is no such dossier. Whoever may read the
/// database may ask: nothing of it names a person.
///
/// # Errors
/// When the database does not answer.
pub async fn due_of(db: &Db, clocks: Clocks, name: &str) -> Result<Option<DueOf>, DbErr> {
    let rt = db.runtime();
    let Some(d) = dossiers::named(db.read(), rt, name).await? else {
        return Ok(None);
    };
    let agency = copies::agency(db.read(), &d.agency.code).await?;
    let spec = agency.map(|a| a.calendar).unwrap_or_default();
    let calendar = Calendar::of(&spec, clocks);
    let from = d.details.term_from;
    let running = d.details.apology.as_ref();
    let running = running.filter(|a| from.is_some_and(|from| a.at >= from));
    Ok(Some(DueOf {
        found: clocks::explained(&d, &calendar),
        apology: running.map(|a| (a.at, a.due_at)),
        due_at: d.due_at,
        first_due_at: d.details.first_due_at,
        name: d.number.unwrap_or_else(|| d.id.to_string()),
        agency: d.agency.code,
        from,
        calendar: calendar.into_days(),
    }))
}
