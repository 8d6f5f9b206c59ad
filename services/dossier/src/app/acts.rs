//! Acts on a dossier: look up, check, change, write row, journal and event, in the caller's transaction.

use super::App;
use crate::domain::act::{Act, NoAct, done};
use crate::domain::alarm::{Alarm, AtOnce};
use crate::domain::{By, Dossier};
use crate::error::{Error, code};
use crate::store::{alarms, dossiers, fees, journal};
use chrono::{DateTime, SubsecRound as _, Utc};
use contracts::{Actor, DossierId};
use durable::{Tx, publish};
use kit::Problem;
use serde_json::Value;

/// What an act says in the journal.
#[derive(Clone, Debug, Default)]
pub(crate) struct Said {
    /// Why, in words: colleagues, the applicant and their notices read it.
    pub(crate) reason: Option<String>,
    /// Facts; nothing that names a person.
    pub(crate) data: Value,
}

/// A person's act on a dossier, at a version where one is given.
///
/// # Errors
/// Not found, stale, not open, or whatever the change refuses; nothing has changed then.
pub(crate) async fn by_person(
    app: &App,
    tx: &Tx,
    (actor, act): (&Actor, Act),
    id: DossierId,
    version: Option<i64>,
    change: impl FnOnce(&mut Dossier, DateTime<Utc>) -> Result<Said, Error>,
) -> Result<Dossier, Error> {
    let before = dossiers::find_locked(tx, &actor.scope(), &app.rt, id)
        .await?
        .ok_or(Error::NotFound)?;
    if version.is_some_and(|version| version != before.version) {
        return Err(Error::stale(&before));
    }
    // On the heap: requests come here through many calls, and a debug build keeps each on the stack.
    Box::pin(take(app, tx, before, act, By::Person(actor), change)).await
}

/// Does it to a dossier that was looked up.
///
/// # Errors
/// As [`by_person`].
pub(crate) async fn take(
    app: &App,
    tx: &Tx,
    before: Dossier,
    act: Act,
    by: By<'_>,
    change: impl FnOnce(&mut Dossier, DateTime<Utc>) -> Result<Said, Error>,
) -> Result<Dossier, Error> {
    // Who may know of it, and how long it stays, is still somebody's to decide.
    let after_the_end = matches!(
        act,
        Act::HoldRetention | Act::LiftRetention | Act::Restrict | Act::LiftRestriction
    );
    if matches!(by, By::Person(_)) && before.details.pseudonymised_at.is_some() && !after_the_end {
        return Err(Problem::new(code::PSEUDONYMISED).into());
    }
    act.may(by, &before).map_err(|no| match no {
        NoAct::Person => Error::ActPerson(act),
        NoAct::State => Error::ActState(act, before.status, before.version),
    })?;
    // As the databases keep it.
    let now = app.rt.clock.now().trunc_subsecs(6);
    let owed = before.details.fees.clone();
    let was = AtOnce::of(&before);
    let mut after = before;
    let said = change(&mut after, now)?;
    let transition = done(after, act, by, now, said.reason, &said.data);
    let after = transition.dossier;
    if !dossiers::update(tx, &app.rt, &after).await? {
        // Somebody else was faster between our look and our write.
        let newer = dossiers::find_any(&**tx, &app.rt, after.id).await?;
        return Err(newer.map_or(Error::NotFound, |d| Error::stale(&d)));
    }
    fees::note_references(tx, after.id, &owed, &after.details.fees).await?;
    let entry = journal::append(tx, &after, transition.entry).await?;
    publish(tx, &app.rt, &after.event(&entry, None)).await?;
    Box::pin(tell_at_once(app, tx, was, &after, now)).await?;
    Ok(after)
}

/// Raises the alarms that hang on no clock, where a transition or an act has brought them about; `was`: before it.
///
/// # Errors
/// The database's.
pub(crate) async fn tell_at_once(
    app: &App,
    tx: &Tx,
    was: AtOnce,
    after: &Dossier,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    for kind in was.news(after) {
        let alarm = Alarm { at: now, kind };
        if alarms::note(tx, after, alarm, now).await? {
            publish(tx, &app.rt, &after.alarm_event(alarm)).await?;
        }
    }
    Ok(())
}
