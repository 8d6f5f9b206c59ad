//! Acts: what is done to a dossier without moving it. Each is one journal entry and one event, as a transition is, and the state and
//! step stay what they were. Fees, messages, originals, retention, the class of access.

use super::command::By;
use super::dossier::Dossier;
use super::journal::Entry;
use super::state::Transition;
use chrono::{DateTime, Utc};
use contracts::events::DossierChanged;
use contracts::{Actor, DossierStatus as S, Permission};
use serde_json::Value;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// Yêu cầu nộp phí, lệ phí, without stopping the clock.
    AskFee,
    /// Ghi nhận đã nộp.
    PayFee,
    /// Miễn phí, lệ phí.
    ExemptFee,
    /// Hoàn trả phí, lệ phí.
    RefundFee,
    /// Cơ quan nhắn người nộp.
    MessageApplicant,
    /// Người nộp nhắn cơ quan.
    MessageAgency,
    /// Giữ bản chính.
    KeepOriginal,
    /// Trả bản chính.
    ReturnOriginal,
    /// Giữ lại quá thời hạn bảo quản: complaint, lawsuit, inspection.
    HoldRetention,
    /// Thôi giữ lại.
    LiftRetention,
    /// Tiêu hủy giấy tờ hết thời hạn bảo quản.
    RemovePapers,
    /// Tiêu hủy bản điện tử của kết quả hết thời hạn bảo quản.
    RemoveResults,
    /// Ẩn danh hồ sơ hết thời hạn bảo quản.
    Pseudonymise,
    /// Hạn chế tiếp cận hồ sơ.
    Restrict,
    /// Bỏ hạn chế tiếp cận hồ sơ.
    LiftRestriction,
    /// Kết quả hồ sơ liên thông trước thay đổi: taken back, solved anew.
    NotePredecessor,
}

/// Why an act is not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoAct {
    /// The person may not do it to this dossier.
    Person,
    /// The state does not allow it.
    State,
}

impl Act {
    /// Every act.
    pub(crate) const ALL: [Act; 16] = [
        Self::AskFee,
        Self::PayFee,
        Self::ExemptFee,
        Self::RefundFee,
        Self::MessageApplicant,
        Self::MessageAgency,
        Self::KeepOriginal,
        Self::ReturnOriginal,
        Self::HoldRetention,
        Self::LiftRetention,
        Self::RemovePapers,
        Self::RemoveResults,
        Self::Pseudonymise,
        Self::Restrict,
        Self::LiftRestriction,
        Self::NotePredecessor,
    ];

    /// The name in journal and events.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AskFee => "ask-fee",
            Self::PayFee => "pay-fee",
            Self::ExemptFee => "exempt-fee",
            Self::RefundFee => "refund-fee",
            Self::MessageApplicant => "message-applicant",
            Self::MessageAgency => "message-agency",
            Self::KeepOriginal => "keep-original",
            Self::ReturnOriginal => "return-original",
            Self::HoldRetention => "hold-retention",
            Self::LiftRetention => "lift-retention",
            Self::RemovePapers => "remove-papers",
            Self::RemoveResults => "remove-results",
            Self::Pseudonymise => DossierChanged::PSEUDONYMISE,
            Self::Restrict => "restrict",
            Self::LiftRestriction => "lift-restriction",
            Self::NotePredecessor => "note-predecessor",
        }
    }

    /// What it is called on the timeline that citizens read.
    pub(crate) fn title_vi(self) -> &'static str {
        match self {
            Self::AskFee => "Yêu cầu nộp phí, lệ phí",
            Self::PayFee => "Ghi nhận đã nộp phí, lệ phí",
            Self::ExemptFee => "Miễn phí, lệ phí",
            Self::RefundFee => "Hoàn trả phí, lệ phí",
            Self::MessageApplicant => "Nhắn người nộp",
            Self::MessageAgency => "Nhắn cơ quan",
            Self::KeepOriginal => "Giữ bản chính",
            Self::ReturnOriginal => "Trả bản chính",
            Self::HoldRetention => "Giữ lại quá thời hạn bảo quản",
            Self::LiftRetention => "Thôi giữ lại quá thời hạn bảo quản",
            Self::RemovePapers => "Tiêu hủy giấy tờ hết thời hạn bảo quản",
            Self::RemoveResults => "Tiêu hủy bản điện tử kết quả hết thời hạn bảo quản",
            Self::Pseudonymise => "Ẩn danh hồ sơ hết thời hạn bảo quản",
            Self::Restrict => "Hạn chế tiếp cận hồ sơ",
            Self::LiftRestriction => "Bỏ hạn chế tiếp cận hồ sơ",
            Self::NotePredecessor => "Kết quả hồ sơ liên thông trước thay đổi",
        }
    }

    /// The rights of which one is enough.
    pub(crate) fn rights(self) -> &'static [Permission] {
        use Permission as P;
        match self {
            Self::AskFee => &[P::DossierReceive, P::DossierHandle],
            Self::PayFee | Self::ExemptFee | Self::RefundFee | Self::KeepOriginal => {
                &[P::DossierReceive]
            }
            Self::ReturnOriginal => &[P::DossierHandOver],
            Self::MessageApplicant => &[P::DossierReceive, P::DossierHandle, P::DossierApprove],
            Self::MessageAgency => &[P::DossierOwn],
            Self::HoldRetention | Self::LiftRetention => &[P::RetentionManage],
            // The suite's alone.
            Self::RemovePapers
            | Self::RemoveResults
            | Self::Pseudonymise
            | Self::NotePredecessor => &[],
            Self::Restrict | Self::LiftRestriction => &[P::DossierRestricted],
        }
    }

    /// Whether this party may do it to this dossier as it is.
    ///
    /// # Errors
    /// Why not.
    pub(crate) fn may(self, by: By<'_>, dossier: &Dossier) -> Result<(), NoAct> {
        let allowed = match by {
            // The payment platform's call-back; the end of a term; what became of another one.
            By::System => matches!(
                self,
                Self::PayFee
                    | Self::RemovePapers
                    | Self::RemoveResults
                    | Self::Pseudonymise
                    | Self::NotePredecessor
            ),
            By::Person(actor) => {
                let concerned = match self {
                    Self::MessageAgency => dossier.owner == Some(actor.subject),
                    Self::AskFee
                    | Self::PayFee
                    | Self::ExemptFee
                    | Self::RefundFee
                    | Self::MessageApplicant
                    | Self::KeepOriginal
                    | Self::ReturnOriginal
                    | Self::HoldRetention
                    | Self::LiftRetention
                    | Self::RemovePapers
                    | Self::RemoveResults
                    | Self::Pseudonymise
                    | Self::Restrict
                    | Self::LiftRestriction
                    | Self::NotePredecessor => actor.serves(&dossier.agency.code),
                };
                concerned && self.rights().iter().any(|right| actor.can(*right))
            }
        };
        if !allowed {
            return Err(NoAct::Person);
        }
        let ended = match dossier.status {
            S::NotReceived | S::Withdrawn | S::Stopped | S::Returned => true,
            S::New
            | S::Received
            | S::InProgress
            | S::SupplementRequested
            | S::PaymentRequested
            | S::Done => false,
        };
        match self {
            // Nothing new is asked of who has nothing more to expect.
            Self::AskFee | Self::KeepOriginal if ended => Err(NoAct::State),
            Self::Restrict if dossier.restricted => Err(NoAct::State),
            Self::LiftRestriction if !dossier.restricted => Err(NoAct::State),
            Self::AskFee
            | Self::KeepOriginal
            | Self::PayFee
            | Self::ExemptFee
            | Self::RefundFee
            | Self::MessageApplicant
            | Self::MessageAgency
            | Self::ReturnOriginal
            | Self::HoldRetention
            | Self::LiftRetention
            | Self::Restrict
            | Self::LiftRestriction
            | Self::NotePredecessor => Ok(()),
            // Nothing of what goes on is destroyed.
            Self::RemovePapers | Self::RemoveResults | Self::Pseudonymise if ended => Ok(()),
            Self::RemovePapers | Self::RemoveResults | Self::Pseudonymise => Err(NoAct::State),
        }
    }
}

/// The dossier after an act, and what the journal says. `after` is the dossier with what the act changed.
pub(crate) fn done(
    mut after: Dossier,
    act: Act,
    by: By<'_>,
    now: DateTime<Utc>,
    reason: Option<String>,
    data: &Value,
) -> Transition {
    after.version += 1;
    let from = Some(after.status);
    let entry = Entry::of(
        &after,
        act.name(),
        act.rights(),
        from,
        (by, now),
        (reason, data),
    );
    Transition {
        dossier: after,
        entry,
    }
}

/// Whether one of an act's rights is held; which dossiers it reaches is the query's business.
pub(crate) fn permitted(actor: &Actor, act: Act) -> bool {
    act.rights().iter().any(|right| actor.can(*right))
}
