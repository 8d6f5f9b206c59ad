//! What is to be paid for a dossier (phí, lệ phí, nghĩa vụ tài chính), one obligation a line: asked, then paid or exempt, and what was
//! paid may be refunded (NĐ 118/2025 art. 24). Amounts are whole VND.

use super::journal::hex;
use aws_lc_rs::digest::{SHA256, digest};
use chrono::{DateTime, Utc};
use contracts::{DossierId, Fee as Tier};
use serde::{Deserialize, Serialize};

/// The largest amount, VND: more is a slip of the finger.
pub(crate) const LARGEST: i64 = 1_000_000_000_000;
/// Most obligations of one dossier.
pub(crate) const MOST: usize = 50;

/// One obligation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Fee {
    /// From 1, within its dossier.
    pub(crate) no: u32,
    /// What it is for.
    pub(crate) title: String,
    /// VND, more than zero.
    pub(crate) amount: i64,
    pub(crate) basis: Basis,
    /// Why it is asked; always said when no published tier stands for it.
    pub(crate) reason: Option<String>,
    /// What a transfer must name: the same nowhere else, letters and digits that every bank takes.
    pub(crate) reference: String,
    pub(crate) asked_at: DateTime<Utc>,
    pub(crate) state: State,
    /// What went back, in order: never more than was paid. Empty for a refund of an earlier release, which was always whole.
    #[serde(default)]
    pub(crate) refunds: Vec<Refund>,
}

/// Money that went back (hoàn trả), all of it or a part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Refund {
    pub(crate) at: DateTime<Utc>,
    /// VND, more than zero.
    pub(crate) amount: i64,
    /// Why.
    pub(crate) reason: String,
    /// Number of the paper that says so (chứng từ hoàn trả).
    pub(crate) voucher: Option<String>,
}

/// Where an amount comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Basis {
    /// A published fee of the procedure, as the dossier was filed under it.
    Catalogue,
    /// An officer, who says why.
    Officer,
}

/// Where an obligation stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "camelCase")]
pub(crate) enum State {
    /// Đã yêu cầu, chưa nộp.
    Asked,
    /// Đã nộp.
    Paid(Paid),
    /// Được miễn.
    Exempt(Exempt),
    /// Đã hoàn trả: all that was paid.
    Refunded {
        /// What was paid.
        paid: Paid,
        /// When the last of it went back.
        at: DateTime<Utc>,
        /// Why, the last time.
        reason: String,
        /// Number of the paper that says so (chứng từ hoàn trả).
        voucher: Option<String>,
    },
}

/// A payment that came in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Paid {
    pub(crate) at: DateTime<Utc>,
    pub(crate) way: Way,
    /// Number of the receipt (biên lai), or the transaction of the bank or payment platform.
    pub(crate) receipt: Option<String>,
}

/// An exemption.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Exempt {
    pub(crate) at: DateTime<Utc>,
    pub(crate) reason: String,
    /// The rule that exempts.
    pub(crate) legal_basis: String,
}

/// How money came in (NĐ 118/2025 art. 24: to the agency, to the postal operator, online).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PaymentWay)]
pub(crate) enum Way {
    /// Tiền mặt tại quầy.
    Cash,
    /// Chuyển khoản, seen by an officer on the account.
    Transfer,
    /// Bưu chính thu hộ.
    Post,
    /// A call-back of the payment platform.
    Platform,
}

/// Why an obligation does not become what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoFee {
    /// There is no such obligation.
    #[error("the dossier has no such fee")]
    Unknown,
    /// It is not in the state that this needs.
    #[error("the fee is {0}")]
    State(&'static str),
    /// The published tier has no amount that may be relied on.
    #[error("the published fee has no certain amount")]
    Unclear,
    /// There are as many as a dossier may have.
    #[error("the dossier has too many fees")]
    TooMany,
    /// Zero, negative or absurd.
    #[error("the amount is not possible")]
    Amount,
    /// More would go back than is left, VND.
    #[error("only {0} VND are left to refund")]
    RefundTooMuch(i64),
}

impl State {
    /// The stable name.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Paid(_) => "paid",
            Self::Exempt(_) => "exempt",
            Self::Refunded { .. } => "refunded",
        }
    }
}

/// The amount of a published fee, where it is certain: in VND, more than zero, and not one that contradicts its own text.
pub(crate) fn certain(tier: &Tier) -> Option<i64> {
    tier.amount
        .filter(|amount| !tier.suspicious && tier.currency == "VND" && possible(*amount))
}

fn possible(amount: i64) -> bool {
    (1..=LARGEST).contains(&amount)
}

/// The obligations that follow from the published fees without anybody's judgement: one fee with one certain amount. Where several are
/// published, an officer chooses.
pub(crate) fn published(
    dossier: DossierId,
    tiers: &[Tier],
    title: &str,
    now: DateTime<Utc>,
) -> Vec<Fee> {
    match tiers {
        [tier] => certain(tier)
            .map(|amount| {
                let new = New {
                    title: title.to_owned(),
                    amount,
                    basis: Basis::Catalogue,
                    reason: Some(tier.text.clone()).filter(|t| !t.is_empty()),
                };
                new.asked(dossier, 1, now)
            })
            .into_iter()
            .collect(),
        _ => Vec::new(),
    }
}

/// An obligation to be asked for.
#[derive(Clone, Debug)]
pub(crate) struct New {
    pub(crate) title: String,
    pub(crate) amount: i64,
    pub(crate) basis: Basis,
    pub(crate) reason: Option<String>,
}

impl New {
    fn asked(self, dossier: DossierId, no: u32, now: DateTime<Utc>) -> Fee {
        Fee {
            no,
            title: self.title,
            amount: self.amount,
            basis: self.basis,
            reason: self.reason,
            reference: reference(dossier, no),
            asked_at: now,
            state: State::Asked,
            refunds: Vec::new(),
        }
    }
}

/// Asks for a payment; gives its number.
///
/// # Errors
/// [`NoFee::Amount`], [`NoFee::TooMany`].
pub(crate) fn ask(
    fees: &mut Vec<Fee>,
    dossier: DossierId,
    new: New,
    now: DateTime<Utc>,
) -> Result<u32, NoFee> {
    if !possible(new.amount) {
        return Err(NoFee::Amount);
    }
    if fees.len() >= MOST {
        return Err(NoFee::TooMany);
    }
    let no = fees.iter().map(|f| f.no).max().unwrap_or(0) + 1;
    fees.push(new.asked(dossier, no, now));
    Ok(no)
}

/// A payment came in.
///
/// # Errors
/// Unknown, or not asked.
pub(crate) fn pay(fees: &mut [Fee], no: u32, paid: Paid) -> Result<&Fee, NoFee> {
    let fee = asked(fees, no)?;
    fee.state = State::Paid(paid);
    Ok(fee)
}

/// The applicant need not pay.
///
/// # Errors
/// Unknown, or not asked.
pub(crate) fn exempt(fees: &mut [Fee], no: u32, exempt: Exempt) -> Result<&Fee, NoFee> {
    let fee = asked(fees, no)?;
    fee.state = State::Exempt(exempt);
    Ok(fee)
}

impl Fee {
    /// What was paid and did not go back, VND.
    pub(crate) fn left(&self) -> i64 {
        match self.state {
            State::Paid(_) => {
                let back: i64 = self.refunds.iter().map(|r| r.amount).sum();
                self.amount.saturating_sub(back)
            }
            State::Asked | State::Exempt(_) | State::Refunded { .. } => 0,
        }
    }

    /// The payment, whatever became of it.
    pub(crate) fn paid(&self) -> Option<&Paid> {
        match &self.state {
            State::Paid(paid) | State::Refunded { paid, .. } => Some(paid),
            State::Asked | State::Exempt(_) => None,
        }
    }
}

/// What was paid goes back: the given amount, or all that is left. The obligation stays paid until all has gone back. Gives what went
/// back.
///
/// # Errors
/// Unknown, not paid, no amount, or more than is left.
pub(crate) fn refund(
    fees: &mut [Fee],
    no: u32,
    amount: Option<i64>,
    reason: String,
    voucher: Option<String>,
    now: DateTime<Utc>,
) -> Result<i64, NoFee> {
    let fee = find(fees, no)?;
    let State::Paid(paid) = &fee.state else {
        return Err(NoFee::State(fee.state.name()));
    };
    let paid = paid.clone();
    let left = fee.left();
    let amount = amount.unwrap_or(left);
    if amount <= 0 {
        return Err(NoFee::Amount);
    }
    if amount > left {
        return Err(NoFee::RefundTooMuch(left));
    }
    fee.refunds.push(Refund {
        at: now,
        amount,
        reason: reason.clone(),
        voucher: voucher.clone(),
    });
    if amount == left {
        fee.state = State::Refunded {
            paid,
            at: now,
            reason,
            voucher,
        };
    }
    Ok(amount)
}

fn find(fees: &mut [Fee], no: u32) -> Result<&mut Fee, NoFee> {
    fees.iter_mut()
        .find(|fee| fee.no == no)
        .ok_or(NoFee::Unknown)
}

fn asked(fees: &mut [Fee], no: u32) -> Result<&mut Fee, NoFee> {
    let fee = find(fees, no)?;
    match fee.state {
        State::Asked => Ok(fee),
        State::Paid(_) | State::Exempt(_) | State::Refunded { .. } => {
            Err(NoFee::State(fee.state.name()))
        }
    }
}

/// The reference of an obligation: `MC` and 20 hexadecimal digits of a hash, so 22 of the 25 characters that a VietQR purpose may have.
/// Says nothing of the dossier to whoever reads a bank statement.
fn reference(dossier: DossierId, no: u32) -> String {
    let hash = digest(&SHA256, format!("fee:{dossier}:{no}").as_bytes());
    let digits: String = hex(hash.as_ref()).chars().take(20).collect();
    format!("MC{}", digits.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp_micros(1_795_000_000_000_000).expect("time")
    }

    fn tier(amount: Option<i64>, currency: &str, suspicious: bool) -> Tier {
        Tier {
            amount,
            currency: currency.to_owned(),
            text: "10.000 đồng".to_owned(),
            suspicious,
        }
    }

    fn new(amount: i64) -> New {
        New {
            title: "Lệ phí".to_owned(),
            amount,
            basis: Basis::Officer,
            reason: None,
        }
    }

    fn paid() -> Paid {
        Paid {
            at: now(),
            way: Way::Cash,
            receipt: Some("BL-1".to_owned()),
        }
    }

    #[test]
    fn only_one_certain_published_fee_is_asked_without_an_officer() {
        let id = DossierId(Uuid::nil());
        let asked = |tiers: &[Tier]| published(id, tiers, "Lệ phí", now()).len();
        assert_eq!(asked(&[tier(Some(10_000), "VND", false)]), 1);
        for tiers in [
            vec![],
            vec![tier(Some(0), "VND", false)],
            vec![tier(None, "VND", false)],
            vec![tier(Some(10_000), "VND", true)],
            vec![tier(Some(20), "USD", false)],
            vec![
                tier(Some(10_000), "VND", false),
                tier(Some(20_000), "VND", false),
            ],
        ] {
            assert_eq!(asked(&tiers), 0, "{tiers:?}");
        }
    }

    fn open(fees: &[Fee]) -> bool {
        fees.iter().any(|fee| fee.state == State::Asked)
    }

    #[test]
    fn an_obligation_goes_only_forward() {
        let id = DossierId(Uuid::nil());
        let mut fees = Vec::new();
        let no = ask(&mut fees, id, new(10_000), now()).expect("asked");
        assert!(open(&fees));
        let back =
            |fees: &mut Vec<Fee>| refund(fees, no, None, "x".to_owned(), None, now()).map(|_| ());
        assert_eq!(back(&mut fees), Err(NoFee::State("asked")));
        pay(&mut fees, no, paid()).expect("paid");
        assert!(!open(&fees));
        assert_eq!(
            pay(&mut fees, no, paid()).map(|_| ()),
            Err(NoFee::State("paid"))
        );
        let free = Exempt {
            at: now(),
            reason: "hộ nghèo".to_owned(),
            legal_basis: "x".to_owned(),
        };
        assert_eq!(
            exempt(&mut fees, no, free.clone()).map(|_| ()),
            Err(NoFee::State("paid"))
        );
        back(&mut fees).expect("refunded");
        assert_eq!(back(&mut fees), Err(NoFee::State("refunded")));
        let second = ask(&mut fees, id, new(1), now()).expect("asked");
        exempt(&mut fees, second, free).expect("exempt");
        assert_eq!(
            pay(&mut fees, second, paid()).map(|_| ()),
            Err(NoFee::State("exempt"))
        );
        assert_eq!(pay(&mut fees, 9, paid()).map(|_| ()), Err(NoFee::Unknown));
    }

    #[test]
    fn never_more_goes_back_than_was_paid() {
        let id = DossierId(Uuid::nil());
        let mut fees = Vec::new();
        let no = ask(&mut fees, id, new(10_000), now()).expect("asked");
        pay(&mut fees, no, paid()).expect("paid");
        let back = |fees: &mut Vec<Fee>, amount| {
            refund(fees, no, amount, "thu thừa".to_owned(), None, now())
        };
        for wrong in [0, -1, i64::MIN] {
            assert_eq!(back(&mut fees, Some(wrong)), Err(NoFee::Amount));
        }
        for wrong in [10_001, i64::MAX] {
            let refused = back(&mut fees, Some(wrong));
            assert_eq!(refused, Err(NoFee::RefundTooMuch(10_000)));
        }
        assert_eq!(back(&mut fees, Some(4_000)), Ok(4_000));
        assert_eq!((fees[0].state.name(), fees[0].left()), ("paid", 6_000));
        let refused = back(&mut fees, Some(6_001));
        assert_eq!(refused, Err(NoFee::RefundTooMuch(6_000)));
        assert_eq!(back(&mut fees, None), Ok(6_000));
        assert_eq!((fees[0].state.name(), fees[0].left()), ("refunded", 0));
        assert_eq!(back(&mut fees, Some(1)), Err(NoFee::State("refunded")));
        let sum: i64 = fees[0].refunds.iter().map(|r| r.amount).sum();
        assert_eq!(sum, 10_000);
    }

    #[test]
    fn a_refund_of_an_earlier_release_can_be_read() {
        let old = serde_json::json!({
            "no": 1, "title": "x", "amount": 5, "basis": "officer", "reason": null, "reference": "MC1",
            "askedAt": "2026-11-16T02:00:00Z",
            "state": {"is": "refunded", "paid": {"at": "2026-11-16T02:00:00Z", "way": "cash", "receipt": null},
                "at": "2026-11-16T03:00:00Z", "reason": "y", "voucher": null},
        });
        let fee: Fee = serde_json::from_value(old).expect("a fee");
        assert_eq!((fee.refunds.len(), fee.left()), (0, 0));
        assert!(fee.paid().is_some());
    }

    #[test]
    fn amounts_and_counts_have_bounds() {
        let id = DossierId(Uuid::nil());
        let mut fees = Vec::new();
        for wrong in [0, -1, i64::MIN, i64::MAX, LARGEST + 1] {
            assert_eq!(ask(&mut fees, id, new(wrong), now()), Err(NoFee::Amount));
        }
        for no in 1..=MOST {
            assert_eq!(
                ask(&mut fees, id, new(LARGEST), now()).map(|n| n as usize),
                Ok(no)
            );
        }
        assert_eq!(ask(&mut fees, id, new(1), now()), Err(NoFee::TooMany));
    }

    #[test]
    fn a_reference_fits_a_qr_code_and_is_nobody_elses() {
        let mut seen = std::collections::BTreeSet::new();
        for n in 0..200_u128 {
            for no in 1..5 {
                let reference = reference(DossierId(Uuid::from_u128(n)), no);
                assert!(reference.len() <= 25);
                assert!(reference.bytes().all(|b| b.is_ascii_alphanumeric()));
                assert!(seen.insert(reference));
            }
        }
    }
}
