//! What a command writes into the dossier, and what the journal says of it.

use super::clocks::{keep_late, restart, stood};
use super::command::{By, Command};
use super::dossier::{Apology, Dossier, Payment, Place, Proposal, ResultFile, Supplement};
use super::fee;
use super::state::{Context, Why};
use super::term::may_apologise;
use chrono::{DateTime, Utc};
use contracts::{Channel, ReturnMethod};
use serde_json::{Value, json};
use vn::worktime::{Pause, PauseReason};

/// By whom, when and where a command is given.
pub(super) struct Moment<'a> {
    pub(super) by: By<'a>,
    pub(super) now: DateTime<Utc>,
    pub(super) here: Place,
    pub(super) context: Context<'a>,
}

/// Writes what the command carries into the dossier; gives the reason and the facts for the journal.
pub(super) fn carry(
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
            let check_due_at = d.check_due_at;
            d.number.get_or_insert_with(|| number.to_owned());
            d.received_at = Some(now);
            // By post the filing is the signing of the minutes, unless it was completed since (QĐ 45/2016 art. 7). What another agency
            // took in counts from its arrival at the competent one (NĐ 118/2025 art. 17(3)).
            let by_post = d.channel == Channel::Postal
                && d.details.supplements == 0
                && d.details.intake.receiving.is_none();
            restart(d, if by_post { d.submitted_at } else { now }, calendar);
            let data = json!({"number": d.number, "checkDueAt": check_due_at, "dueAt": d.due_at});
            (None, data)
        }
        Command::RequestSupplement {
            items,
            reason,
            legal_basis,
        } => {
            if d.details.supplements > 0 && legal_basis.is_none() {
                return Err(Why::AskedBefore);
            }
            let in_time = |at| now <= calendar.supplement_request(at);
            if legal_basis.is_none() && !d.received_at.is_none_or(in_time) {
                return Err(Why::AskedLate);
            }
            keep_late(d, context.incidents, now, calendar);
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
            let files: Vec<_> = attachments.iter().map(|a| a.file_id).collect();
            let named = answers
                .as_ref()
                .map(|a| a.keys().cloned().collect::<Vec<_>>());
            d.details.attachments.extend(attachments);
            d.personal.answers.extend(answers.unwrap_or_default());
            if let Some(supplement) = &mut d.details.supplement {
                supplement.answered_at = Some(now);
            }
            // Asked for after reception: the time restarts from zero once complete (NĐ 61/2018 art. 19(4)).
            if d.received_at.is_some() {
                restart(d, now, calendar);
            }
            let data = json!({"files": files, "answers": named, "dueAt": d.due_at});
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
        Command::Propose {
            file,
            note,
            refusal,
        } => {
            if refusal && note.is_none() {
                return Err(Why::NoReason);
            }
            let data = json!({"file": file.file_id, "refusal": refusal});
            if let By::Person(actor) = by {
                d.details.proposal = Some(Proposal {
                    file,
                    note: note.clone(),
                    refusal,
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
                refusal: p.refusal,
                at: now,
            });
            let refusal = result.as_ref().is_some_and(|r| r.refusal);
            let data = json!({"file": result.as_ref().map(|r| r.file.file_id), "refusal": refusal});
            // The legal reason of a refusal is the specialist's; the applicant must read it.
            let reason = result
                .as_ref()
                .filter(|r| r.refusal)
                .and_then(|r| r.note.clone());
            d.details.result = result;
            (reason.or(note), data)
        }
        Command::RequestPayment { amount, reason } => {
            keep_late(d, context.incidents, now, calendar);
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
                d.due_at = payment.suspended_due_at;
                let pause = Pause {
                    from: payment.requested_at,
                    to: Some(now),
                    reason: PauseReason::Applicant,
                };
                stood(d, pause, calendar);
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
        Command::Apologise { reason, due_on } => {
            let old_due_at = d.due_at.ok_or(Why::NoDate)?;
            if d.details.apology.is_some() {
                return Err(Why::MovedBefore);
            }
            if !may_apologise(old_due_at, now) {
                return Err(Why::TooLate);
            }
            let due_at = calendar.new_date(due_on, old_due_at).ok_or(Why::NewDate)?;
            d.due_at = Some(due_at);
            d.details.apology = Some(Apology {
                reason: reason.clone(),
                at: now,
                by_name: match by {
                    By::Person(actor) => actor.name.clone(),
                    By::System => String::new(),
                },
                old_due_at,
                due_at,
            });
            (
                Some(reason),
                json!({"oldDueAt": old_due_at, "dueAt": due_at}),
            )
        }
        Command::Reopen {
            reason,
            legal_basis,
        } => {
            keep_late(d, context.incidents, d.ended_at.unwrap_or(now), calendar);
            d.details.proposal = None;
            if let Some(group) = &mut d.details.group {
                group.held = false;
            }
            if let Some(supplement) = &mut d.details.supplement {
                // Nobody waits for it any more.
                supplement.answered_at.get_or_insert(now);
            }
            if d.received_at.is_some() {
                restart(d, now, calendar);
            }
            let data = json!({"legalBasis": legal_basis, "dueAt": d.due_at});
            (Some(reason), data)
        }
        Command::Correct { reason } => {
            let file = d.details.result.as_ref().map(|r| r.file.file_id);
            d.details.withdrawn_results.extend(d.details.result.take());
            d.details.proposal = None;
            // The post carries the result of a dossier once: what is made again is handed over at the counter.
            d.personal.return_way.method = ReturnMethod::Counter;
            restart(d, now, calendar);
            let data = json!({"file": file, "dueAt": d.due_at, "way": "counter"});
            (Some(reason), data)
        }
        Command::Acknowledge => {
            let by = d.acknowledge_by();
            if let Some(group) = &mut d.details.group {
                group.acknowledge_by = None;
            }
            let late = by.is_some_and(|by| by < now);
            (None, json!({"acknowledgeBy": by, "late": late}))
        }
        Command::HandOn => {
            let by = calendar.acknowledge(now);
            if let Some(group) = &mut d.details.group {
                group.held = false;
                group.acknowledge_by = Some(by);
            }
            d.details.check_from = Some(now);
            d.check_due_at = Some(calendar.check(now));
            (None, json!({"acknowledgeBy": by}))
        }
        Command::StopLinked { reason } => (Some(reason), json!({})),
        Command::GiveTimeBack {
            incident,
            title,
            from,
            to,
        } => {
            if d.details.incidents.contains(&incident) {
                return Err(Why::GivenBack);
            }
            d.details.incidents.push(incident);
            let before = d.due_at;
            let pause = Pause {
                from,
                to: Some(to),
                reason: PauseReason::Incident,
            };
            stood(d, pause, calendar);
            let data = json!({"incident": incident, "from": from, "to": to, "oldDueAt": before,
                "dueAt": d.due_at});
            (Some(title), data)
        }
    })
}
