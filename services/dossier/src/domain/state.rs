//! The transitions: (dossier, command, who, when) → the dossier after it and its journal entry, or a refusal.
//!
//! The public state is one of ten; where exactly the dossier lies within `inProgress` is the process's business, so a
//! transition asks the process for desks (whose step is this? what comes next?) and never for step names.

use super::alarm;
use super::clocks;
use super::command::{By, Command, CommandKind};
use super::dossier::{Dossier, Place};
use super::effect::{Moment, carry};
use super::journal::Entry;
use super::process::Process;
use super::term::{Calendar, worse};
use chrono::{DateTime, Utc};
use contracts::{DossierStatus as S, Permission, ReturnMethod, Role};
use serde_json::{Value, json};
use vn::worktime::{Outcome, Pause};

/// What a transition needs to know besides the dossier.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'a> {
    /// The process version that the dossier is under.
    pub(crate) process: &'a Process,
    /// The working time of the handling agency.
    pub(crate) calendar: &'a Calendar,
    /// The number to give, for a first reception.
    pub(crate) number: Option<&'a str>,
    /// Announced incidents at the agency whose time the dossier has not been given back: its clocks stand, or stood.
    pub(crate) incidents: &'a [Pause],
}

/// A transition taken: the dossier after it, and what the journal says. The entry is not yet chained to the one before.
#[derive(Clone, Debug)]
pub(crate) struct Transition {
    pub(crate) dossier: Dossier,
    pub(crate) entry: Entry,
}

/// A transition that is not open.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} is not open in state {} at step {step}: {why}", command.name(), state.as_str())]
pub(crate) struct Refusal {
    pub(crate) state: S,
    pub(crate) step: String,
    /// The version that has this state.
    pub(crate) version: i64,
    pub(crate) command: CommandKind,
    pub(crate) why: Why,
}

/// Why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Why {
    /// This state does not know the command.
    #[error("the state does not allow it")]
    State,
    /// The dossier lies at another desk.
    #[error("the dossier is at another desk")]
    Desk,
    /// The person may not give this command to this dossier.
    #[error("the person may not do it")]
    Person,
    /// Who proposed a result may not approve it.
    #[error("who proposed the result may not approve it")]
    SamePerson,
    /// A supplement was asked for before and no rule is named that allows it again.
    #[error("a supplement may be asked for only once")]
    AskedBefore,
    /// A supplement is asked for within the first days after reception.
    #[error("the days for asking for a supplement have passed")]
    AskedLate,
    /// The result travels by post.
    #[error("the result goes by post")]
    ByPost,
    /// The result does not travel by post.
    #[error("the result does not go by post")]
    NotByPost,
    /// The time for an answer still runs.
    #[error("the time for an answer still runs")]
    NotYet,
    /// A linked dossier waits for another one.
    #[error("it waits for another dossier")]
    Held,
    /// There is no date that could be moved.
    #[error("there is no date to move")]
    NoDate,
    /// A new date was given before; there is no second one.
    #[error("a new date is given only once")]
    MovedBefore,
    /// An apology comes at latest one day before expiry.
    #[error("the last day for an apology has passed")]
    TooLate,
    /// The new date is no working day after the old one within a year.
    #[error("the new date is no working day after the old one")]
    NewDate,
    /// A refusal needs its legal reason.
    #[error("a refusal needs a legal reason")]
    NoReason,
    /// The incident's time was given back before.
    #[error("the time of this incident was given back before")]
    GivenBack,
    /// A first reception needs a number; the caller took none.
    #[error("no number was given")]
    Number,
    /// As many payments were asked for as a dossier may have.
    #[error("too many payments were asked for")]
    TooManyFees,
}

/// Whether the command is open to this party now, and where it leads.
///
/// # Errors
/// Why it is not.
pub(crate) fn may(
    dossier: &Dossier,
    kind: CommandKind,
    by: By<'_>,
    process: &Process,
) -> Result<Place, Why> {
    if !by.may(kind, dossier) {
        return Err(Why::Person);
    }
    let waits = match kind {
        CommandKind::Withdraw
        | CommandKind::HandOn
        | CommandKind::StopLinked
        | CommandKind::GiveTimeBack => false,
        CommandKind::File
        | CommandKind::Receive
        | CommandKind::RequestSupplement
        | CommandKind::Supplement
        | CommandKind::Refuse
        | CommandKind::StartHandling
        | CommandKind::Propose
        | CommandKind::SendBack
        | CommandKind::Approve
        | CommandKind::RequestPayment
        | CommandKind::ConfirmPayment
        | CommandKind::Stop
        | CommandKind::HandOver
        | CommandKind::PostDelivered
        | CommandKind::PostReturned
        | CommandKind::Apologise
        | CommandKind::Reopen
        | CommandKind::Correct
        | CommandKind::Acknowledge => dossier.held(),
    };
    if waits && dossier.status == S::New {
        return Err(Why::Held);
    }
    let place = target(dossier, kind, process)?;
    if kind == CommandKind::RequestSupplement
        && dossier.status == S::New
        && !by.can(Permission::DossierReceive)
    {
        // What the desk has not received lies with the desk: nobody else puts it on hold.
        return Err(Why::Desk);
    }
    // The suite stops only what still waits for an answer.
    if kind == CommandKind::Stop
        && matches!(by, By::System)
        && dossier.status != S::SupplementRequested
    {
        return Err(Why::State);
    }
    if kind == CommandKind::Approve && proposed_by(dossier, by) {
        return Err(Why::SamePerson);
    }
    Ok(place)
}

fn proposed_by(dossier: &Dossier, by: By<'_>) -> bool {
    match (&dossier.details.proposal, by) {
        (Some(proposal), By::Person(actor)) => actor.is_or_acts_for(proposal.by),
        (None, By::Person(_)) | (_, By::System) => false,
    }
}

/// Where a command leads from here, whoever gives it. The whole state machine.
fn target(dossier: &Dossier, kind: CommandKind, process: &Process) -> Result<Place, Why> {
    use CommandKind as C;
    let here = |status| {
        Ok(Place {
            status,
            step: dossier.step.clone(),
        })
    };
    let at = |status, step: Option<&super::process::Step>| {
        step.map(|s| Place {
            status,
            step: s.id.clone(),
        })
        .ok_or(Why::Desk)
    };
    let role = process.step(&dossier.step).map(|s| s.role);
    let next = process.after(&dossier.step);
    match kind {
        C::File => Err(Why::State),
        C::Receive => match dossier.status {
            S::New => at(S::Received, next),
            S::Received
            | S::NotReceived
            | S::InProgress
            | S::SupplementRequested
            | S::PaymentRequested
            | S::Withdrawn
            | S::Stopped
            | S::Done
            | S::Returned => Err(Why::State),
        },
        C::Refuse => match dossier.status {
            S::New => here(S::NotReceived),
            S::Received
            | S::NotReceived
            | S::InProgress
            | S::SupplementRequested
            | S::PaymentRequested
            | S::Withdrawn
            | S::Stopped
            | S::Done
            | S::Returned => Err(Why::State),
        },
        C::RequestSupplement => match dossier.status {
            S::New | S::Received => here(S::SupplementRequested),
            S::InProgress if role == Some(Role::Specialist) => here(S::SupplementRequested),
            S::InProgress => Err(Why::Desk),
            S::NotReceived
            | S::SupplementRequested
            | S::PaymentRequested
            | S::Withdrawn
            | S::Stopped
            | S::Done
            | S::Returned => Err(Why::State),
        },
        C::Supplement => match dossier.status {
            S::SupplementRequested => dossier
                .details
                .supplement
                .as_ref()
                .map(|s| s.asked_in.clone())
                .ok_or(Why::State),
            S::New
            | S::Received
            | S::NotReceived
            | S::InProgress
            | S::PaymentRequested
            | S::Withdrawn
            | S::Stopped
            | S::Done
            | S::Returned => Err(Why::State),
        },
        C::Withdraw => match dossier.status {
            S::New | S::Received | S::InProgress | S::SupplementRequested | S::PaymentRequested => {
                here(S::Withdrawn)
            }
            S::NotReceived | S::Withdrawn | S::Stopped | S::Done | S::Returned => Err(Why::State),
        },
        C::StartHandling => match dossier.status {
            S::Received => here(S::InProgress),
            S::New
            | S::NotReceived
            | S::InProgress
            | S::SupplementRequested
            | S::PaymentRequested
            | S::Withdrawn
            | S::Stopped
            | S::Done
            | S::Returned => Err(Why::State),
        },
        C::Propose => match dossier.status {
            S::InProgress if role == Some(Role::Specialist) => at(S::InProgress, next),
            S::InProgress => Err(Why::Desk),
            S::New
            | S::Received
            | S::NotReceived
            | S::SupplementRequested
            | S::PaymentRequested
            | S::Withdrawn
            | S::Stopped
            | S::Done
            | S::Returned => Err(Why::State),
        },
        C::SendBack => match dossier.status {
            S::InProgress if role == Some(Role::Leader) => {
                at(S::InProgress, process.last_specialist())
            }
            S::InProgress => Err(Why::Desk),
            S::New
            | S::Received
            | S::NotReceived
            | S::SupplementRequested
            | S::PaymentRequested
            | S::Withdrawn
            | S::Stopped
            | S::Done
            | S::Returned => Err(Why::State),
        },
        C::Approve => match dossier.status {
            S::InProgress if role == Some(Role::Leader) => {
                // More than one leader may have to sign.
                let last = next.is_none_or(|s| s.role != Role::Leader);
                at(if last { S::Done } else { S::InProgress }, next)
            }
            S::InProgress => Err(Why::Desk),
            S::New
            | S::Received
            | S::NotReceived
            | S::SupplementRequested
            | S::PaymentRequested
            | S::Withdrawn
            | S::Stopped
            | S::Done
            | S::Returned => Err(Why::State),
        },
        C::RequestPayment => match dossier.status {
            S::New | S::Received | S::InProgress => here(S::PaymentRequested),
            S::NotReceived
            | S::SupplementRequested
            | S::PaymentRequested
            | S::Withdrawn
            | S::Stopped
            | S::Done
            | S::Returned => Err(Why::State),
        },
        C::ConfirmPayment => match dossier.status {
            S::PaymentRequested => dossier
                .details
                .payment
                .as_ref()
                .map(|p| p.asked_in.clone())
                .ok_or(Why::State),
            S::New
            | S::Received
            | S::NotReceived
            | S::InProgress
            | S::SupplementRequested
            | S::Withdrawn
            | S::Stopped
            | S::Done
            | S::Returned => Err(Why::State),
        },
        C::Stop => match dossier.status {
            S::Received | S::InProgress | S::SupplementRequested | S::PaymentRequested => {
                here(S::Stopped)
            }
            S::New | S::NotReceived | S::Withdrawn | S::Stopped | S::Done | S::Returned => {
                Err(Why::State)
            }
        },
        C::HandOver => match dossier.status {
            S::Done => match dossier.personal.return_way.method {
                ReturnMethod::Counter => here(S::Returned),
                ReturnMethod::Post => Err(Why::ByPost),
            },
            S::New
            | S::Received
            | S::NotReceived
            | S::InProgress
            | S::SupplementRequested
            | S::PaymentRequested
            | S::Withdrawn
            | S::Stopped
            | S::Returned => Err(Why::State),
        },
        C::PostDelivered => match dossier.status {
            // Also after a return to the counter: the post office says that it is in the applicant's hands.
            S::Done => here(S::Returned),
            S::New
            | S::Received
            | S::NotReceived
            | S::InProgress
            | S::SupplementRequested
            | S::PaymentRequested
            | S::Withdrawn
            | S::Stopped
            | S::Returned => Err(Why::State),
        },
        C::PostReturned => match dossier.status {
            S::Done => match dossier.personal.return_way.method {
                ReturnMethod::Post => here(S::Done),
                ReturnMethod::Counter => Err(Why::NotByPost),
            },
            S::New
            | S::Received
            | S::NotReceived
            | S::InProgress
            | S::SupplementRequested
            | S::PaymentRequested
            | S::Withdrawn
            | S::Stopped
            | S::Returned => Err(Why::State),
        },
        C::Apologise => match dossier.status {
            S::Received | S::InProgress => here(dossier.status),
            S::New
            | S::NotReceived
            | S::SupplementRequested
            | S::PaymentRequested
            | S::Withdrawn
            | S::Stopped
            | S::Done
            | S::Returned => Err(Why::State),
        },
        C::Reopen => match dossier.status {
            S::NotReceived | S::Withdrawn | S::Stopped => resumed(dossier).ok_or(Why::State),
            S::New
            | S::Received
            | S::InProgress
            | S::SupplementRequested
            | S::PaymentRequested
            | S::Done
            | S::Returned => Err(Why::State),
        },
        C::Correct => match dossier.status {
            S::Done | S::Returned => at(S::InProgress, process.last_specialist()),
            S::New
            | S::Received
            | S::NotReceived
            | S::InProgress
            | S::SupplementRequested
            | S::PaymentRequested
            | S::Withdrawn
            | S::Stopped => Err(Why::State),
        },
        C::Acknowledge => match dossier.status {
            S::New if dossier.acknowledge_by().is_some() => here(S::New),
            S::New
            | S::Received
            | S::NotReceived
            | S::InProgress
            | S::SupplementRequested
            | S::PaymentRequested
            | S::Withdrawn
            | S::Stopped
            | S::Done
            | S::Returned => Err(Why::State),
        },
        C::HandOn | C::StopLinked => match dossier.status {
            S::New if dossier.held() => here(if kind == C::HandOn {
                S::New
            } else {
                S::Stopped
            }),
            S::New
            | S::Received
            | S::NotReceived
            | S::InProgress
            | S::SupplementRequested
            | S::PaymentRequested
            | S::Withdrawn
            | S::Stopped
            | S::Done
            | S::Returned => Err(Why::State),
        },
        C::GiveTimeBack => match dossier.status {
            S::New | S::Received | S::InProgress | S::SupplementRequested | S::PaymentRequested => {
                here(dossier.status)
            }
            S::NotReceived | S::Withdrawn | S::Stopped | S::Done | S::Returned => Err(Why::State),
        },
    }
}

/// Where a dossier goes on that is opened again: what it waited for is not waited for any more.
fn resumed(dossier: &Dossier) -> Option<Place> {
    let ended_in = dossier.details.ended_in.clone()?;
    match ended_in.status {
        S::SupplementRequested => dossier
            .details
            .supplement
            .as_ref()
            .map(|s| s.asked_in.clone()),
        S::PaymentRequested => dossier.details.payment.as_ref().map(|p| p.asked_in.clone()),
        S::New
        | S::Received
        | S::NotReceived
        | S::InProgress
        | S::Withdrawn
        | S::Stopped
        | S::Done
        | S::Returned => Some(ended_in),
    }
}

/// Takes a transition.
///
/// # Errors
/// [`Refusal`], which names state, step and command; nothing has changed then.
pub(crate) fn apply(
    before: &Dossier,
    command: Command,
    by: By<'_>,
    now: DateTime<Utc>,
    context: Context<'_>,
) -> Result<Transition, Refusal> {
    let kind = command.kind();
    let refuse = |why| Refusal {
        state: before.status,
        step: before.step.clone(),
        version: before.version,
        command: kind,
        why,
    };
    let place = may(before, kind, by, context.process).map_err(refuse)?;
    let mut after = before.clone();
    let here = Place {
        status: before.status,
        step: before.step.clone(),
    };
    let (reason, data) = carry(
        &mut after,
        command,
        Moment {
            by,
            now,
            here,
            context,
        },
    )
    .map_err(refuse)?;
    after.status = place.status;
    after.step = place.step;
    after.version += 1;
    set_clocks(before, &mut after, kind, now, context);
    let entry = entry(
        &after,
        kind,
        Some(before.status),
        (by, now),
        (reason, &data),
    );
    Ok(Transition {
        dossier: after,
        entry,
    })
}

/// What a transition does to the clocks beside the term: the desk's check, the end and how it is counted, the next alarm.
fn set_clocks(
    before: &Dossier,
    after: &mut Dossier,
    kind: CommandKind,
    now: DateTime<Utc>,
    context: Context<'_>,
) {
    let calendar = context.calendar;
    if after.status != S::New
        && let Some(group) = &mut after.details.group
    {
        // Whatever the desk did, it has seen it.
        group.acknowledge_by = None;
    }
    if after.status != S::New {
        // The applicant's own withdrawal is no check.
        let checked = before.status == S::New && kind != CommandKind::Withdraw;
        after.check_late |= checked && before.check_due_at.is_some_and(|due| due < now);
        after.check_due_at = None;
    } else if before.status != S::New {
        after.details.check_from = Some(now);
        after.check_due_at = Some(calendar.check(now));
    }
    if ended(after.status) && !ended(before.status) {
        after.ended_at = Some(now);
        after.details.ended_in = Some(Place {
            status: before.status,
            step: before.step.clone(),
        });
        if after.status == S::Done {
            let (due, first) = clocks::due_while(before, context.incidents, now, calendar);
            let was = before.outcome.unwrap_or(Outcome::Early);
            let outcome = worse(was, Outcome::of(due, now));
            let was = before.first_outcome.unwrap_or(Outcome::Early);
            let first = worse(was, Outcome::of(first, now));
            (after.outcome, after.first_outcome) = (Some(outcome), Some(first));
        }
    } else if !ended(after.status) {
        after.ended_at = None;
    }
    after.alarm = alarm::next(before, after, calendar, now);
}

/// Whether nothing more is decided in this state.
fn ended(status: S) -> bool {
    match status {
        S::NotReceived | S::Withdrawn | S::Stopped | S::Done | S::Returned => true,
        S::New | S::Received | S::InProgress | S::SupplementRequested | S::PaymentRequested => {
            false
        }
    }
}

/// The first transition: a dossier is filed.
pub(crate) fn filed(dossier: Dossier, by: By<'_>, now: DateTime<Utc>) -> Transition {
    let details = &dossier.details;
    let intake = &details.intake;
    let data = json!({
        "procedure": {"id": details.procedure.id, "version": details.procedure.version},
        "process": dossier.process,
        "channel": dossier.channel,
        "intake": intake,
        "represented": dossier.personal.representative.is_some(),
        "files": details.attachments.iter().map(|a| a.file_id).collect::<Vec<_>>(),
    });
    let entry = entry(&dossier, CommandKind::File, None, (by, now), (None, &data));
    Transition { dossier, entry }
}

fn entry(
    after: &Dossier,
    kind: CommandKind,
    from: Option<S>,
    (by, now): (By<'_>, DateTime<Utc>),
    (reason, data): (Option<String>, &Value),
) -> Entry {
    Entry::of(
        after,
        kind.name(),
        kind.rights(),
        from,
        (by, now),
        (reason, data),
    )
}
