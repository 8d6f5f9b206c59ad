//! What the payment platform reports.

use super::acts::{self, Said};
use super::{App, commands};
use crate::domain::act::Act;
use crate::domain::fee::{self, Paid, State, Way};
use crate::domain::payment::{Outcome, PaymentReport};
use crate::domain::{By, Command, Dossier};
use crate::error::{Error, code};
use crate::store::{dossiers, fees};
use chrono::SubsecRound as _;
use contracts::{DossierStatus, problem::shared};
use durable::Tx;
use kit::{FieldError, Problem};
use serde_json::json;

/// Takes a report whose signature was checked. The same report again has the same outcome and no further effect; every report that
/// pays nothing is kept for a person to see.
///
/// # Errors
/// The transaction was reported before with another content; or the database's.
pub(crate) async fn take(app: &App, tx: &Tx, report: &PaymentReport) -> Result<Outcome, Error> {
    let now = app.rt.clock.now().trunc_subsecs(6);
    let transaction = report.ma_giao_dich.trim();
    let row = fees::report::Model {
        partner: report.ma_doi_tac.clone(),
        transaction_id: transaction.to_owned(),
        body_hash: report.identity(),
        reference: report.ma_tham_chieu.clone(),
        amount: report.so_tien,
        reported_at: now,
        outcome: Outcome::Failed.name().to_owned(),
        dossier_id: None,
        agency_code: None,
    };
    let identity = row.body_hash.clone();
    if let Some(known) = fees::take_report(tx, row).await? {
        return match Outcome::parse(&known.outcome) {
            Some(outcome) if known.body_hash == identity => Ok(outcome),
            _ => Err(Problem::new(code::PAYMENT_REUSED).into()),
        };
    }
    let found = match fees::find(&**tx, &report.ma_tham_chieu).await? {
        Some((id, no)) => dossiers::find_any_locked(tx, &app.rt, id)
            .await?
            .map(|d| (d, no)),
        None => None,
    };
    let about = found.as_ref().map(|(d, _)| (d.id, d.agency.code.clone()));
    let outcome = match found {
        _ if !report.succeeded() => Outcome::Failed,
        None => Outcome::UnknownReference,
        Some((dossier, no)) => apply(app, tx, dossier, no, report).await?,
    };
    let key = (report.ma_doi_tac.as_str(), transaction);
    let about = about.as_ref().map(|(id, agency)| (*id, agency.as_str()));
    fees::settle(tx, key, outcome.name(), about).await?;
    if outcome != Outcome::Applied {
        tracing::warn!(
            transaction,
            outcome = outcome.name(),
            "a payment was reported that pays nothing"
        );
    }
    Ok(outcome)
}

async fn apply(
    app: &App,
    tx: &Tx,
    dossier: Dossier,
    no: u32,
    report: &PaymentReport,
) -> Result<Outcome, Error> {
    let Some(owed) = dossier.details.fees.iter().find(|f| f.no == no) else {
        return Ok(Outcome::UnknownReference);
    };
    if owed.state != State::Asked {
        return Ok(Outcome::NotAsked);
    }
    if owed.amount != report.so_tien || report.ma_tien_te != "VND" {
        return Ok(Outcome::WrongAmount);
    }
    let transaction = report.ma_giao_dich.trim().to_owned();
    let after = acts::take(app, tx, dossier, Act::PayFee, By::System, |d, now| {
        let paid = Paid {
            at: now,
            way: Way::Platform,
            receipt: Some(transaction.clone()),
        };
        let fee = fee::pay(&mut d.details.fees, no, paid)?;
        Ok(Said {
            reason: None,
            data: json!({"fee": no, "amount": fee.amount, "way": "platform", "receipt": transaction}),
        })
    })
    .await?;
    go_on(app, tx, &after).await?;
    Ok(Outcome::Applied)
}

/// A dossier that waited for an obligation which has been met goes on by itself.
///
/// # Errors
/// The database's.
pub(crate) async fn go_on(app: &App, tx: &Tx, dossier: &Dossier) -> Result<bool, Error> {
    let waits_for = dossier.details.payment.as_ref().and_then(|p| p.fee);
    let met = dossier
        .details
        .fees
        .iter()
        .any(|f| Some(f.no) == waits_for && f.state != State::Asked);
    if dossier.status != DossierStatus::PaymentRequested || !met {
        return Ok(false);
    }
    let command = Command::ConfirmPayment { note: None };
    commands::by_system(app, tx, dossier.id, command).await?;
    Ok(true)
}

/// What cannot be a report, field by field.
///
/// # Errors
/// `body.invalid`.
pub(crate) fn check(report: &PaymentReport) -> Result<(), Problem> {
    let mut wrong = Vec::new();
    let transaction = report.ma_giao_dich.trim();
    if transaction.is_empty() || transaction.len() > 100 {
        wrong.push(FieldError::of("/MaGiaoDich", shared::FIELD_INVALID));
    }
    if report.ma_tham_chieu.len() > 100 {
        wrong.push(FieldError::of("/MaThamChieu", shared::FIELD_TOO_LONG));
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(Problem::invalid(wrong))
    }
}
