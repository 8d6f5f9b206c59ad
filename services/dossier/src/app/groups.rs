//! Linked dossiers (liên thông): filed together, each with its own number, clocks and agency. What is needed for another is handed on
//! in the transaction in which it is decided; what cannot come any more ends what waits for it.

use super::acts::{self, Said};
use super::filing::{self, Filing};
use super::{App, View, commands};
use crate::domain::act::Act;
use crate::domain::dossier::{Group, Link};
use crate::domain::{By, Command, Dossier};
use crate::error::Error;
use crate::store::dossiers;
use contracts::problem::shared;
use contracts::{Actor, DossierStatus};
use durable::Tx;
use kit::{FieldError, Problem};
use serde_json::json;
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

/// What became of one, for those that were filed with it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Became {
    /// It has the result that another one needs.
    Granted,
    /// It ended without.
    Refused,
    /// It had one, which the agency took back as wrong, or opened again.
    TakenBack,
}

impl Became {
    fn of(before: &Dossier, after: &Dossier) -> Option<Self> {
        use DossierStatus as S;
        if before.status == after.status {
            return None;
        }
        let granted = |d: &Dossier| d.details.result.as_ref().is_some_and(|r| !r.refusal);
        match after.status {
            S::Done if granted(after) => Some(Self::Granted),
            S::Done | S::NotReceived | S::Withdrawn | S::Stopped => Some(Self::Refused),
            S::New | S::Received | S::InProgress | S::SupplementRequested | S::PaymentRequested => {
                let solved = matches!(before.status, S::Done | S::Returned);
                (solved && granted(before)).then_some(Self::TakenBack)
            }
            S::Returned => None,
        }
    }
}

/// What a transition of one means for those that follow it: what waits is handed on or ends, and what was handed on before is told that
/// its ground is gone, or there again. Whoever handles that decides what comes of it.
///
/// # Errors
/// As of a command.
pub(crate) async fn follow(
    app: &App,
    tx: &Tx,
    before: &Dossier,
    after: &Dossier,
) -> Result<(), Error> {
    // One after the other: what ends or is handed on is followed in its turn.
    let mut moved = vec![(before.clone(), after.clone())];
    while let Some((before, after)) = moved.pop() {
        let Some(Group { link, .. }) = &after.details.group else {
            continue;
        };
        let Some(became) = Became::of(&before, &after) else {
            continue;
        };
        for other in dossiers::of_group(&**tx, &app.rt, link.group).await? {
            let Some(group) = &other.details.group else {
                continue;
            };
            if group.link.after != Some(link.ordinal) {
                continue;
            }
            let which = named(&after);
            // One that was withdrawn or stopped while it waited waits no more.
            let waits = group.held && other.status == DossierStatus::New;
            let command = match (waits, became) {
                (true, Became::Granted) => Command::HandOn,
                (true, Became::Refused) => Command::StopLinked {
                    reason: format!("Hồ sơ liên thông{which} không có kết quả để giải quyết tiếp."),
                },
                (true, Became::TakenBack) => continue,
                (false, became) => {
                    Box::pin(note_predecessor(app, tx, &other, became, &which)).await?;
                    continue;
                }
            };
            moved.push(commands::alone(app, tx, other.id, command).await?);
        }
    }
    Ok(())
}

/// Which dossier it is, as far as whoever handles another one need know: not what one of restricted access is about, nor where to find it.
fn named(d: &Dossier) -> String {
    let name = match &d.number {
        Some(number) => format!(" {number}"),
        None if d.restricted => String::new(),
        None => format!(" {}", d.id),
    };
    let about = if d.restricted {
        String::new()
    } else {
        format!(" ({})", d.details.procedure.name)
    };
    format!("{name}{about}")
}

/// Notes on one that was handed on what became of the one before it, where that is news.
async fn note_predecessor(
    app: &App,
    tx: &Tx,
    other: &Dossier,
    became: Became,
    which: &str,
) -> Result<(), Error> {
    let Some(found) = dossiers::find_any_locked(tx, &app.rt, other.id).await? else {
        return Ok(());
    };
    // Of what was never handed on only a result is news: it may be opened again. What has ended is told, too, for the same reason.
    let group = found.details.group.as_ref();
    let (revoked, never) = group.map_or((false, false), |g| (g.revoked_at.is_some(), g.held));
    let reason = match became {
        Became::Granted if !revoked && !never => return Ok(()),
        Became::Refused | Became::TakenBack if never => return Ok(()),
        Became::Granted => format!("Hồ sơ liên thông{which} đã có kết quả mới."),
        Became::Refused => format!("Hồ sơ liên thông{which} được xử lý lại và không có kết quả."),
        Became::TakenBack => {
            format!("Kết quả của hồ sơ liên thông{which} đã được thu hồi để xử lý lại.")
        }
    };
    let granted = became == Became::Granted;
    acts::take(
        app,
        tx,
        found,
        Act::NotePredecessor,
        By::System,
        |d, now| {
            if let Some(group) = &mut d.details.group {
                group.revoked_at = (!granted).then_some(now);
            }
            Ok(Said {
                reason: Some(reason),
                data: json!({"granted": granted}),
            })
        },
    )
    .await?;
    Ok(())
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
