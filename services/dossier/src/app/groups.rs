//! Linked dossiers (liên thông): filed together, each with its own number, clocks and agency. What is needed for another is handed on
//! in the transaction in which it is decided; what cannot come any more ends what waits for it.

use super::filing::{self, Filing};
use super::{App, View, commands};
use crate::domain::dossier::{Group, Link};
use crate::domain::{Command, Dossier};
use crate::error::Error;
use crate::store::dossiers;
use contracts::problem::shared;
use contracts::{Actor, DossierId, DossierStatus};
use durable::Tx;
use futures_util::future::BoxFuture;
use kit::{FieldError, Problem};
use uuid::Uuid;

/// Fewest and most dossiers filed together.
const MEMBERS: std::ops::RangeInclusive<usize> = 2..=10;

/// One of the dossiers.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) filing: Filing,
    /// Which of those before it, from 0, it waits for.
    pub(crate) after: Option<u32>,
}

/// Files all of them, or none.
///
/// # Errors
/// Every wrong field of every one.
pub(crate) async fn file(
    app: &App,
    tx: &Tx,
    actor: &Actor,
    members: Vec<Member>,
) -> Result<Vec<View>, Error> {
    let count = members.len();
    if !MEMBERS.contains(&count) {
        let wrong = FieldError::of("/members", shared::FIELD_INVALID);
        return Err(Problem::invalid(vec![wrong]).into());
    }
    let id = app.rt.ids.uuid(app.rt.clock.now());
    let size = u32::try_from(count).unwrap_or(u32::MAX);
    let (mut views, mut wrong) = (Vec::new(), Vec::new());
    for (ordinal, member) in (0_u32..).zip(members) {
        if member.after.is_some_and(|after| after >= ordinal) {
            let pointer = format!("/members/{ordinal}/after");
            wrong.push(FieldError::of(pointer, shared::FIELD_INVALID));
        }
        let link = Link {
            group: id,
            ordinal,
            size,
            after: member.after,
        };
        match filing::file_linked(app, tx, actor, member.filing, Some(link)).await {
            Ok(view) => views.push(view),
            Err(Error::Input(problem)) if !problem.errors().is_empty() => {
                let prefix = format!("/members/{ordinal}/dossier");
                let errors = problem.errors().iter().cloned();
                wrong.extend(errors.map(|e| e.within(&prefix)));
            }
            Err(other) => return Err(other),
        }
    }
    if wrong.is_empty() {
        Ok(views)
    } else {
        // What was written of the others is undone with the transaction.
        Err(Problem::invalid(wrong).into())
    }
}

/// What a transition of one means for those that wait for it.
///
/// # Errors
/// As of a command.
pub(crate) async fn follow(
    app: &App,
    tx: &Tx,
    before: &Dossier,
    after: &Dossier,
) -> Result<(), Error> {
    let Some(Group { link, .. }) = &after.details.group else {
        return Ok(());
    };
    if before.status == after.status {
        return Ok(());
    }
    let refused = after.details.result.as_ref().is_some_and(|r| r.refusal);
    let granted = match after.status {
        DossierStatus::Done => !refused,
        DossierStatus::NotReceived | DossierStatus::Withdrawn | DossierStatus::Stopped => false,
        DossierStatus::New
        | DossierStatus::Received
        | DossierStatus::InProgress
        | DossierStatus::SupplementRequested
        | DossierStatus::PaymentRequested
        | DossierStatus::Returned => return Ok(()),
    };
    for waiting in dossiers::of_group(&**tx, &app.rt, link.group).await? {
        let held = waiting.details.group.as_ref().is_some_and(|g| g.held);
        let follows = waiting.details.group.as_ref().and_then(|g| g.link.after);
        if !held || follows != Some(link.ordinal) {
            continue;
        }
        // Whoever handles the one that waits need not know what the other was about, nor where to find it.
        let name = match &after.number {
            Some(number) => format!(" {number}"),
            None if after.restricted => String::new(),
            None => format!(" {}", after.id),
        };
        let about = if after.restricted {
            String::new()
        } else {
            format!(" ({})", after.details.procedure.name)
        };
        let command = if granted {
            Command::HandOn
        } else {
            Command::StopLinked {
                reason: format!(
                    "Hồ sơ liên thông{name}{about} không có kết quả để giải quyết tiếp."
                ),
            }
        };
        // One after the other: what waits for this one is told in its turn.
        boxed(app, tx, waiting.id, command).await?;
    }
    Ok(())
}

/// [`commands::by_system`] as a type with a size: a transition may lead to others.
fn boxed<'a>(
    app: &'a App,
    tx: &'a Tx,
    id: DossierId,
    command: Command,
) -> BoxFuture<'a, Result<(), Error>> {
    Box::pin(commands::by_system(app, tx, id, command))
}

/// Those of a group within a scope, in their order.
///
/// # Errors
/// [`Error::NotFound`] when none is there for this reader.
pub(crate) async fn view(app: &App, reader: &Actor, group: Uuid) -> Result<Vec<Dossier>, Error> {
    let db = app.db.read();
    let found = dossiers::of_group_within(db, &reader.scope(), &app.rt, group).await?;
    if found.is_empty() {
        return Err(Error::NotFound);
    }
    Ok(found)
}
