//! Incidents: announced, ended, and their time given back to each dossier as a transition of its own.

use super::{App, commands};
use crate::domain::Command;
use crate::error::{Error, code};
use crate::store::entity::incident::Model;
use crate::store::{copies, incidents};
use chrono::{DateTime, Duration, Utc};
use contracts::{Actor, DossierId, Permission, Role};
use durable::Tx;
use kit::{FieldError, Problem};

/// How long ago an incident may have begun that is announced now: the notice must not rewrite the past.
const LATEST: Duration = Duration::days(7);

/// What is announced.
#[derive(Clone, Debug)]
pub(crate) struct Announcement {
    /// None: every agency.
    pub(crate) agency: Option<String>,
    pub(crate) title: String,
    pub(crate) started_at: DateTime<Utc>,
    pub(crate) expected_at: Option<DateTime<Utc>>,
}

/// The agency whose incidents this administrator manages; none: all.
///
/// # Errors
/// `auth.forbidden` for one who manages none.
pub(crate) fn reach(actor: &Actor) -> Result<Option<&str>, Problem> {
    if actor.can(Permission::IncidentManage) {
        if actor.is(Role::ProvinceAdmin) {
            return Ok(None);
        }
        if let Some(agency) = actor.agency.as_deref() {
            return Ok(Some(agency));
        }
    }
    Err(Problem::new(contracts::problem::shared::FORBIDDEN)
        .extra("permission", Permission::IncidentManage.name()))
}

/// Announces an incident: the clocks of its agencies stand from its start.
///
/// # Errors
/// Wrong fields, or another incident that covers the same time.
pub(crate) async fn announce(
    app: &App,
    tx: &Tx,
    actor: &Actor,
    new: Announcement,
) -> Result<Model, Error> {
    let now = app.rt.clock.now();
    let own = reach(actor)?;
    let mut wrong = Vec::new();
    match (own, new.agency.as_deref()) {
        // Another agency's is not theirs to announce, nor that of all.
        (Some(own), asked) if asked != Some(own) => {
            wrong.push(FieldError::of("/agencyCode", code::AGENCY_UNKNOWN));
        }
        (_, Some(asked)) if copies::agency(&**tx, asked).await?.is_none() => {
            wrong.push(FieldError::of("/agencyCode", code::AGENCY_UNKNOWN));
        }
        _ => {}
    }
    if new.started_at > now || new.started_at < now - LATEST {
        wrong.push(FieldError::of("/startedAt", code::INCIDENT_TIME));
    }
    if new.expected_at.is_some_and(|at| at <= new.started_at) {
        wrong.push(FieldError::of("/expectedAt", code::INCIDENT_TIME));
    }
    if !wrong.is_empty() {
        return Err(Problem::invalid(wrong).into());
    }
    let other = incidents::overlapping(&**tx, new.agency.as_deref(), new.started_at).await?;
    if let Some(other) = other {
        return Err(Problem::new(code::INCIDENT_OVERLAPS)
            .extra("incident", other.id.to_string())
            .into());
    }
    let row = Model {
        id: app.rt.ids.uuid(now),
        version: 1,
        agency_code: new.agency,
        title: new.title,
        started_at: new.started_at,
        announced_at: now,
        announced_by: actor.subject.0,
        announced_by_name: actor.name.clone(),
        expected_at: new.expected_at,
        ended_at: None,
        ended_by: None,
        ended_by_name: None,
        moved_to: None,
        moved: 0,
        settled_at: None,
    };
    incidents::insert(tx, row.clone()).await?;
    Ok(row)
}

/// Ends an incident: the clocks go on, and a job gives each dossier its time back.
///
/// # Errors
/// Not found, stale, ended before, or an end that cannot be.
pub(crate) async fn end(
    app: &App,
    tx: &Tx,
    actor: &Actor,
    id: uuid::Uuid,
    version: i64,
    ended_at: Option<DateTime<Utc>>,
) -> Result<Model, Error> {
    let now = app.rt.clock.now();
    let own = reach(actor)?;
    let before = incidents::find(&**tx, own, id)
        .await?
        .ok_or_else(|| Problem::new(code::INCIDENT_NOT_FOUND))?;
    let stale = |version| Error::Stale {
        version,
        state: None,
        step: String::new(),
    };
    if before.version != version {
        return Err(stale(before.version));
    }
    if before.ended_at.is_some() {
        return Err(Problem::new(code::INCIDENT_ENDED).into());
    }
    let ended_at = ended_at.unwrap_or(now);
    if ended_at > now || ended_at <= before.started_at {
        let wrong = FieldError::of("/endedAt", code::INCIDENT_TIME);
        return Err(Problem::invalid(vec![wrong]).into());
    }
    let after = Model {
        version: before.version + 1,
        ended_at: Some(ended_at),
        ended_by: Some(actor.subject.0),
        ended_by_name: Some(actor.name.clone()),
        ..before
    };
    if incidents::update(tx, after.clone()).await? {
        Ok(after)
    } else {
        Err(stale(after.version))
    }
}

/// Gives one dossier its time back, and notes how far the incident has come.
///
/// # Errors
/// The database's, or another command that came between.
pub(crate) async fn give_back(
    app: &App,
    tx: &Tx,
    incident: &Model,
    id: DossierId,
) -> Result<(), Error> {
    let Some(to) = incident.ended_at else {
        return Ok(());
    };
    let command = Command::GiveTimeBack {
        incident: incident.id,
        title: incident.title.clone(),
        from: incident.started_at,
        to,
    };
    let moved = match commands::by_system(app, tx, id, command).await {
        Ok(()) => 1,
        // Ended meanwhile.
        Err(Error::Refused(_)) => 0,
        Err(other) => return Err(other),
    };
    incidents::moved(tx, incident.id, Some(id), moved, None).await?;
    Ok(())
}
