//! The transitions: (dossier, command, who, when) → the dossier after it and its journal entry, or a refusal.
//!
//! The public state is one of ten; where exactly the dossier lies within `inProgress` is the process's business, so a
//! transition asks the process for desks (whose step is this? what comes next?) and never for step names.

use super::command::{By, Command, CommandKind};
use super::dossier::{Dossier, Payment, Place, Proposal, ResultFile, Supplement};
use super::fee;
use super::journal::Entry;
use super::process::Process;
use super::term::Calendar;
use chrono::{DateTime, Utc};
use contracts::{DossierStatus as S, Permission, ReturnMethod, Role};
use serde_json::{Value, json};

/// What a transition needs to know besides the dossier.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'a> {
    /// The process version that the dossier is under.
    pub(crate) process: &'a Process,
    /// The working time of the handling agency.
    pub(crate) calendar: &'a Calendar,
    /// The number to give, for a first reception.
    pub(crate) number: Option<&'a str>,
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
    /// The result travels by post.
    #[error("the result goes by post")]
    ByPost,
    /// The result does not travel by post.
    #[error("the result does not go by post")]
    NotByPost,
    /// The time for an answer still runs.
    #[error("the time for an answer still runs")]
    NotYet,
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
        (Some(proposal), By::Person(actor)) => proposal.by == actor.subject,
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

/// The first transition: a dossier is filed.
pub(crate) fn filed(dossier: Dossier, by: By<'_>, now: DateTime<Utc>) -> Transition {
    let details = &dossier.details;
    let data = json!({
        "procedure": {"id": details.procedure.id, "version": details.procedure.version},
        "process": dossier.process,
        "channel": dossier.channel,
        "files": details.attachments.iter().map(|a| a.file_id).collect::<Vec<_>>(),
    });
    let entry = entry(&dossier, CommandKind::File, None, (by, now), (None, &data));
    Transition { dossier, entry }
}

struct Moment<'a> {
    by: By<'a>,
    now: DateTime<Utc>,
    here: Place,
    context: Context<'a>,
}

/// Writes what the command carries into the dossier; gives the reason and the facts for the journal.
fn carry(
    d: &mut Dossier,
    command: Command,
    Moment {
        by,
        now,
        here,
        context,
    }: Moment<'_>,
) -> Result<(Option<String>, Value), Why> {
    let calendar = context.calendar;
    Ok(match command {
        Command::Receive => {
            let number = context.number.ok_or(Why::Number)?;
            d.number.get_or_insert_with(|| number.to_owned());
            d.received_at = Some(now);
            restart(d, now, calendar);
            (None, json!({"number": d.number, "dueAt": d.due_at}))
        }
        Command::RequestSupplement {
            items,
            reason,
            legal_basis,
        } => {
            if d.details.supplements > 0 && legal_basis.is_none() {
                return Err(Why::AskedBefore);
            }
            let due_at = calendar.supplement_answer(now);
            let data = json!({"items": items, "legalBasis": legal_basis, "dueAt": due_at,
                "suspendedDueAt": d.due_at});
            d.details.supplements += 1;
            d.details.supplement = Some(Supplement {
                items,
                reason: reason.clone(),
                legal_basis,
                requested_at: now,
                due_at,
                answered_at: None,
                asked_in: here,
                suspended_due_at: d.due_at.take(),
            });
            (Some(reason), data)
        }
        Command::Supplement {
            attachments,
            answers,
            note,
        } => {
            let data = json!({
                "files": attachments.iter().map(|a| a.file_id).collect::<Vec<_>>(),
                "answers": answers.as_ref().map(|a| a.keys().cloned().collect::<Vec<_>>()),
            });
            d.details.attachments.extend(attachments);
            d.personal.answers.extend(answers.unwrap_or_default());
            if let Some(supplement) = &mut d.details.supplement {
                supplement.answered_at = Some(now);
            }
            // Asked for after reception: the time restarts from zero once complete (NĐ 61/2018 art. 19(4)).
            if d.received_at.is_some() {
                restart(d, now, calendar);
            }
            (note, data)
        }
        Command::Refuse { reason } => (Some(reason), json!({})),
        Command::Withdraw { reason } => (reason, json!({})),
        Command::StartHandling => {
            if let By::Person(actor) = by {
                d.assignee = Some(actor.subject);
                d.details.assignee_name = Some(actor.name.clone());
            }
            (None, json!({}))
        }
        Command::Propose { file, note } => {
            let data = json!({"file": file.file_id});
            if let By::Person(actor) = by {
                d.details.proposal = Some(Proposal {
                    file,
                    note: note.clone(),
                    by: actor.subject,
                    by_name: actor.name.clone(),
                    at: now,
                });
            }
            (note, data)
        }
        Command::SendBack { reason } => {
            let file = d.details.proposal.take().map(|p| p.file.file_id);
            (Some(reason), json!({"file": file}))
        }
        Command::Approve { note } => {
            let result = d.details.proposal.as_ref().map(|p| ResultFile {
                file: p.file.clone(),
                note: p.note.clone(),
                at: now,
            });
            let data = json!({"file": result.as_ref().map(|r| r.file.file_id)});
            d.details.result = result;
            (note, data)
        }
        Command::RequestPayment { amount, reason } => {
            let new = fee::New {
                title: reason.clone(),
                amount,
                basis: fee::Basis::Officer,
                reason: Some(reason.clone()),
            };
            let no =
                fee::ask(&mut d.details.fees, d.id, new, now).map_err(|_full| Why::TooManyFees)?;
            let data =
                json!({"fee": no, "amount": amount, "currency": "VND", "suspendedDueAt": d.due_at});
            d.details.payment = Some(Payment {
                fee: Some(no),
                amount,
                reason: reason.clone(),
                requested_at: now,
                confirmed_at: None,
                asked_in: here,
                suspended_due_at: d.due_at.take(),
            });
            (Some(reason), data)
        }
        Command::ConfirmPayment { note } => {
            let fee = d.details.payment.as_ref().and_then(|p| p.fee);
            let fee = d.details.fees.iter_mut().find(|f| Some(f.no) == fee);
            if let Some(fee) = fee.filter(|fee| fee.state == fee::State::Asked) {
                // The suite goes on when the money is there; that it is there on the account is what an officer sees.
                if matches!(by, By::System) {
                    return Err(Why::NotYet);
                }
                fee.state = fee::State::Paid(fee::Paid {
                    at: now,
                    way: fee::Way::Transfer,
                    receipt: note.clone(),
                });
            }
            if let Some(payment) = &mut d.details.payment {
                payment.confirmed_at = Some(now);
                d.due_at = payment
                    .suspended_due_at
                    .map(|due| calendar.resume(due, payment.requested_at, now));
            }
            (note, json!({"dueAt": d.due_at}))
        }
        Command::Stop { reason } => {
            let over = d
                .details
                .supplement
                .as_ref()
                .is_some_and(|s| s.due_at <= now);
            if matches!(by, By::System) && !over {
                return Err(Why::NotYet);
            }
            (Some(reason), json!({}))
        }
        Command::HandOver { receiver } => {
            d.personal.hand_over = Some(receiver);
            (None, json!({"way": "counter"}))
        }
        Command::PostDelivered => (None, json!({"way": "post"})),
        Command::PostReturned => {
            d.personal.return_way.method = ReturnMethod::Counter;
            (None, json!({"way": "counter"}))
        }
    })
}

/// The term runs from `now`, from zero.
fn restart(d: &mut Dossier, now: DateTime<Utc>, calendar: &Calendar) {
    d.details.term_from = Some(now);
    d.due_at = d
        .details
        .procedure
        .term
        .as_ref()
        .and_then(|term| calendar.due(term, now));
}

fn entry(
    after: &Dossier,
    kind: CommandKind,
    from: Option<S>,
    (by, now): (By<'_>, DateTime<Utc>),
    (reason, data): (Option<String>, &Value),
) -> Entry {
    let role = by.role(kind);
    Entry::of(after, kind.name(), role, from, (by, now), (reason, data))
}
