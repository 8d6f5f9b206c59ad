//! Commands on a dossier: look up, check the version, apply, write row, journal and event, in the caller's transaction.

use super::messages::attachment;
use super::{App, View, acts, groups, view};
use crate::domain::alarm::{self, AtOnce};
use crate::domain::term::Calendar;
use crate::domain::{
    Attachment, By, Command, CommandKind, Context, Details, Dossier, Process, Refusal,
    SupplementItem, apply, may,
};
use crate::error::{Error, code};
use crate::store::files::{self, Kind};
use crate::store::{alarms, copies, dossiers, fees, incidents, journal, numbers, processes};
use chrono::SubsecRound as _;
use contracts::{Actor, DossierId, DossierStatus, FileId};
use durable::{Tx, publish};
use kit::{FieldError, Problem};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A command as it was asked for: files are only named yet.
#[derive(Clone, Debug)]
pub(crate) enum Intent {
    /// Needs nothing looked up.
    Ready(Command),
    /// A supplement with named files.
    Supplement {
        /// Component and file.
        attachments: Vec<(String, FileId)>,
        /// Answers to add or replace.
        answers: Option<Map<String, Value>>,
        /// A word to the officer.
        note: Option<String>,
    },
    /// A proposal with a named file.
    Propose {
        /// The result.
        file: FileId,
        /// A note.
        note: Option<String>,
        /// It is a refusal.
        refusal: bool,
    },
    /// A supplement request, whose components must be the procedure's.
    RequestSupplement {
        /// What is missing.
        items: Vec<SupplementItem>,
        /// Why.
        reason: String,
        /// Why again.
        legal_basis: Option<String>,
    },
}

impl Intent {
    /// Which command it is.
    pub(crate) fn kind(&self) -> CommandKind {
        match self {
            Self::Ready(command) => command.kind(),
            Self::Supplement { .. } => CommandKind::Supplement,
            Self::Propose { .. } => CommandKind::Propose,
            Self::RequestSupplement { .. } => CommandKind::RequestSupplement,
        }
    }
}

/// A person's command on a dossier at a version.
///
/// # Errors
/// Not found, stale, not open, or the wrong fields; nothing has changed then.
pub(crate) async fn by_person(
    app: &App,
    tx: &Tx,
    actor: &Actor,
    id: DossierId,
    version: i64,
    intent: Intent,
) -> Result<View, Error> {
    let before = dossiers::find(&**tx, &actor.scope(), &app.rt, id)
        .await?
        .ok_or(Error::NotFound)?;
    if before.version != version {
        return Err(Error::stale(&before));
    }
    if before.details.pseudonymised_at.is_some() {
        return Err(Problem::new(code::PSEUDONYMISED).into());
    }
    let by = By::Person(actor);
    let process = processes::get(&**tx, &before.process).await?;
    open(&before, intent.kind(), by, &process)?;
    let command = resolve(app, tx, actor, &before, intent).await?;
    // On the heap: requests come here through many calls, and a debug build keeps each on the stack.
    let after = Box::pin(take(app, tx, &before, command, by, &process)).await?;
    Box::pin(groups::follow(app, tx, &before, &after)).await?;
    Ok(view(&**tx, after).await?)
}

/// Raises the alarm that a dossier has come to, and puts the next one in its place. False: a transition came between, it was raised
/// before, or what it would tell of is no more.
///
/// # Errors
/// The database's.
pub(crate) async fn raise_alarm(app: &App, tx: &Tx, id: DossierId) -> Result<bool, Error> {
    let now = app.rt.clock.now();
    let Some(d) = dossiers::find_any(&**tx, &app.rt, id).await? else {
        return Ok(false);
    };
    let Some(raised) = d.alarm.filter(|a| a.at <= now) else {
        return Ok(false);
    };
    let agency = copies::agency(&**tx, &d.agency.code).await?;
    let spec = agency.map(|a| a.calendar).unwrap_or_default();
    let calendar = Calendar::of(&spec, app.config.clocks);
    let next = alarm::following(&d, &calendar, raised, now);
    if !alarms::advance(tx, &d, raised, next).await?
        || !alarm::stands(&d, raised.kind)
        || !alarms::note(tx, &d, raised, now).await?
    {
        return Ok(false);
    }
    publish(tx, &app.rt, &d.alarm_event(raised)).await?;
    Ok(true)
}

/// The suite's own command, on whatever version there is.
///
/// # Errors
/// Not found or not open; nothing has changed then.
pub(crate) async fn by_system(
    app: &App,
    tx: &Tx,
    id: DossierId,
    command: Command,
) -> Result<(), Error> {
    let (before, after) = alone(app, tx, id, command).await?;
    Box::pin(groups::follow(app, tx, &before, &after)).await
}

/// The same without what it means for those that follow: the dossier before it and after.
///
/// # Errors
/// As [`by_system`].
pub(crate) async fn alone(
    app: &App,
    tx: &Tx,
    id: DossierId,
    command: Command,
) -> Result<(Dossier, Dossier), Error> {
    let before = dossiers::find_any(&**tx, &app.rt, id)
        .await?
        .ok_or(Error::NotFound)?;
    let process = processes::get(&**tx, &before.process).await?;
    open(&before, command.kind(), By::System, &process)?;
    let after = Box::pin(take(app, tx, &before, command, By::System, &process)).await?;
    Ok((before, after))
}

/// Refuses early, before files are looked up or a number is taken.
fn open(
    before: &Dossier,
    command: CommandKind,
    by: By<'_>,
    process: &Process,
) -> Result<(), Refusal> {
    may(before, command, by, process)
        .map(|_| ())
        .map_err(|why| Refusal {
            state: before.status,
            step: before.step.clone(),
            version: before.version,
            command,
            why,
        })
}

async fn take(
    app: &App,
    tx: &Tx,
    before: &Dossier,
    command: Command,
    by: By<'_>,
    process: &Process,
) -> Result<Dossier, Error> {
    let now = app.rt.clock.now();
    // Closed or not: what it has begun it finishes by its own calendar.
    let agency = copies::agency(&**tx, &before.agency.code).await?;
    let spec = agency.map(|a| a.calendar).unwrap_or_default();
    let calendar = Calendar::of(&spec, app.config.clocks);
    let number = match (command.kind(), &before.number) {
        (CommandKind::Receive, None) => {
            let day = vn_day(now);
            let next = numbers::next(tx, &before.agency.code, day).await?;
            let next =
                u64::try_from(next).map_err(|error| sea_orm::DbErr::Custom(error.to_string()))?;
            Some(
                app.config
                    .number
                    .template
                    .format(&before.agency.code, day, next),
            )
        }
        (_, number) => number.clone(),
    };
    let incidents = match command.kind() {
        CommandKind::Approve
        | CommandKind::RequestSupplement
        | CommandKind::RequestPayment
        | CommandKind::Reopen => {
            incidents::not_given_back(&**tx, &before.agency.code, &before.details.incidents).await?
        }
        _ => Vec::new(),
    };
    let context = Context {
        process,
        calendar: &calendar,
        number: number.as_deref(),
        incidents: &incidents,
    };
    let transition = apply(before, command, by, now, context)?;
    let after = transition.dossier;
    if !dossiers::update(tx, &app.rt, &after).await? {
        // Somebody else was faster between our look and our write.
        let newer = dossiers::find_any(&**tx, &app.rt, before.id).await?;
        return Err(newer.map_or(Error::NotFound, |d| Error::stale(&d)));
    }
    for (file, kind) in new_ties(before, &after) {
        files::attach(tx, after.id, file, kind, now).await?;
    }
    fees::note_references(tx, after.id, &before.details.fees, &after.details.fees).await?;
    let entry = journal::append(tx, &after, transition.entry).await?;
    let moved = before
        .due_at
        .filter(|old| after.status == before.status && after.due_at.is_some_and(|new| new != *old));
    publish(tx, &app.rt, &after.event(&entry, moved)).await?;
    let now = now.trunc_subsecs(6);
    Box::pin(acts::tell_at_once(app, tx, AtOnce::of(before), &after, now)).await?;
    Ok(after)
}

/// What the transition made of which file.
fn new_ties(before: &Dossier, after: &Dossier) -> Vec<(FileId, Kind)> {
    let (was, is) = (&before.details, &after.details);
    let attached = is.attachments.iter().skip(was.attachments.len());
    let mut ties: Vec<_> = attached.map(|a| (a.file_id, Kind::Attachment)).collect();
    let proposed = |d: &Details| d.proposal.as_ref().map(|p| p.file.file_id);
    if let Some(file) = proposed(is).filter(|file| proposed(was) != Some(*file)) {
        ties.push((file, Kind::Proposal));
    }
    if after.status == DossierStatus::Done
        && before.status != DossierStatus::Done
        && let Some(result) = &is.result
    {
        let kind = if result.refusal {
            Kind::Refusal
        } else {
            Kind::Result
        };
        ties.push((result.file.file_id, kind));
    }
    let withdrawn = is.withdrawn_results.iter();
    let withdrawn = withdrawn.skip(was.withdrawn_results.len());
    ties.extend(withdrawn.map(|r| (r.file.file_id, Kind::Withdrawn)));
    ties
}

/// The civil day in Việt Nam (UTC+7, no summer time).
pub(crate) fn vn_day(at: chrono::DateTime<chrono::Utc>) -> chrono::NaiveDate {
    (at + chrono::Duration::hours(7)).date_naive()
}

async fn resolve(
    app: &App,
    tx: &Tx,
    actor: &Actor,
    before: &Dossier,
    intent: Intent,
) -> Result<Command, Error> {
    let mut wrong = Vec::new();
    let command = match intent {
        Intent::Ready(command) => command,
        Intent::RequestSupplement {
            items,
            reason,
            legal_basis,
        } => {
            for (n, item) in items.iter().enumerate() {
                if let Some(id) = &item.component_id
                    && !before
                        .details
                        .procedure
                        .components
                        .iter()
                        .any(|c| &c.id == id)
                {
                    wrong.push(FieldError::of(
                        format!("/items/{n}/componentId"),
                        code::COMPONENT_UNKNOWN,
                    ));
                }
            }
            Command::RequestSupplement {
                items,
                reason,
                legal_basis,
            }
        }
        Intent::Supplement {
            attachments,
            answers,
            note,
        } => {
            let attachments = attach(
                app,
                tx,
                actor,
                &before.details.procedure.components,
                &attachments,
                &mut wrong,
            )
            .await?;
            Command::Supplement {
                attachments,
                answers,
                note,
            }
        }
        Intent::Propose {
            file,
            note,
            refusal,
        } => {
            let found = files::own(tx, &app.rt, actor, &[file]).await?.pop();
            let known = found.ok_or(code::FILE_UNKNOWN);
            let found = known
                .and_then(files::StoredFile::usable)
                .map_err(|why| Problem::invalid(vec![FieldError::of("/resultFileId", why)]))?;
            let file = attachment(found);
            Command::Propose {
                file,
                note,
                refusal,
            }
        }
    };
    if wrong.is_empty() {
        Ok(command)
    } else {
        Err(Problem::invalid(wrong).into())
    }
}

/// Turns named files into attachments: each must be the actor's own upload and answer a component that is a paper. What is wrong
/// goes to `wrong`, by pointer.
pub(crate) async fn attach(
    app: &App,
    tx: &Tx,
    actor: &Actor,
    components: &[contracts::events::ProcedureComponent],
    named: &[(String, FileId)],
    wrong: &mut Vec<FieldError>,
) -> Result<Vec<Attachment>, Error> {
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<FileId> = named.iter().map(|(_, file)| *file).collect();
    let own: BTreeMap<FileId, files::StoredFile> = files::own(tx, &app.rt, actor, &ids)
        .await?
        .into_iter()
        .map(|f| (f.id, f))
        .collect();
    // Not sent again: results of one's own earlier dossiers (once-only, NĐ 309/2026 art. 2(1)).
    let rest: Vec<FileId> = ids
        .iter()
        .copied()
        .filter(|id| !own.contains_key(id))
        .collect();
    let results = if rest.is_empty() {
        Vec::new()
    } else {
        files::results(tx, &app.rt, actor.subject, &rest).await?
    };
    // As the databases keep it.
    let now = app.rt.clock.now().trunc_subsecs(6);
    let mut out: Vec<Attachment> = Vec::new();
    for (n, (component, file)) in named.iter().enumerate() {
        if !components.iter().any(|c| &c.id == component && !c.note) {
            wrong.push(FieldError::of(
                format!("/attachments/{n}/componentId"),
                code::COMPONENT_UNKNOWN,
            ));
        }
        let twice = out
            .iter()
            .any(|a| a.file_id == *file && a.component_id.as_ref() == Some(component));
        let reused = results.iter().find(|(f, _)| f.id == *file);
        let known = own.get(file).or(reused.map(|(f, _)| f)).cloned();
        let usable = known
            .ok_or(code::FILE_UNKNOWN)
            .and_then(files::StoredFile::usable);
        match usable {
            Err(why) => wrong.push(FieldError::of(format!("/attachments/{n}/fileId"), why)),
            Ok(_) if twice => {}
            Ok(found) => out.push(Attachment {
                component_id: Some(component.clone()),
                file_id: found.id,
                name: found.name,
                size: found.size,
                media_type: found.media_type,
                at: Some(now),
                reused_from: reused.map(|(_, dossier)| *dossier),
            }),
        }
    }
    Ok(out)
}

/// Which commands are open to this person now, by name.
pub(crate) fn open_to(view: &View, actor: &Actor) -> Vec<&'static str> {
    let over = view.dossier.details.pseudonymised_at.is_some();
    CommandKind::ALL
        .iter()
        .filter(|_| !over)
        .filter(|kind| {
            let again =
                **kind == CommandKind::RequestSupplement && view.dossier.details.supplements > 0;
            !again && may(&view.dossier, **kind, By::Person(actor), &view.process).is_ok()
        })
        .map(|kind| kind.name())
        .collect()
}
