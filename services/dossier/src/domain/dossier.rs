//! What a dossier is.

use super::alarm::Alarm;
use super::fee::Fee;
use super::process::ProcessRef;
use chrono::{DateTime, Utc};
use contracts::events::{DossierAlarm, DossierChanged, ProcedureComponent};
use contracts::{
    AccountId, Applicant, Channel, Contact, DossierId, DossierStatus, FileId, Language,
    ProcedureId, ReturnWay,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;
use vn::worktime::{MinuteOfDay, Outcome, Pause, Term};

/// A dossier (hồ sơ thủ tục hành chính).
#[derive(Clone, Debug)]
pub(crate) struct Dossier {
    pub(crate) id: DossierId,
    /// The applicant's account; none when an officer filed it at the counter for someone without one.
    pub(crate) owner: Option<AccountId>,
    /// 1 when filed, one more with each transition: also the length of the journal.
    pub(crate) version: i64,
    /// The statutory number (mã số hồ sơ), from reception on.
    pub(crate) number: Option<String>,
    pub(crate) status: DossierStatus,
    /// Id of the present step in `process`.
    pub(crate) step: String,
    pub(crate) process: ProcessRef,
    pub(crate) agency: AgencyRef,
    pub(crate) channel: Channel,
    pub(crate) submitted_at: DateTime<Utc>,
    /// When it was first received.
    pub(crate) received_at: Option<DateTime<Utc>>,
    /// When the result is due; none before reception, while the clock stands, or by rule.
    pub(crate) due_at: Option<DateTime<Utc>>,
    /// Until when the desk must have checked what was filed; none once it has.
    pub(crate) check_due_at: Option<DateTime<Utc>>,
    /// A check came too late, once at least (tiếp nhận muộn).
    pub(crate) check_late: bool,
    /// When it ended: refused, withdrawn, stopped or solved.
    pub(crate) ended_at: Option<DateTime<Utc>>,
    /// How it was solved, by the date that was promised last.
    pub(crate) outcome: Option<Outcome>,
    /// How it was solved, by the date that was promised first: a new date hides nothing.
    pub(crate) first_outcome: Option<Outcome>,
    /// The next point of its clocks.
    pub(crate) alarm: Option<Alarm>,
    /// The specialist who took it up.
    pub(crate) assignee: Option<AccountId>,
    /// Hạn chế tiếp cận: of the officers only those who handle it and those appointed for it may know of it.
    pub(crate) restricted: bool,
    pub(crate) personal: Personal,
    pub(crate) details: Details,
}

/// The handling agency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AgencyRef {
    pub(crate) code: String,
    pub(crate) name: String,
}

/// What is stored sealed: everything about persons.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Personal {
    pub(crate) applicant: Applicant,
    pub(crate) answers: Map<String, Value>,
    pub(crate) return_way: ReturnWay,
    #[serde(default)]
    pub(crate) hand_over: Option<HandOver>,
    /// Who files for the applicant (người được ủy quyền).
    #[serde(default)]
    pub(crate) representative: Option<Representative>,
}

/// Who files for the applicant, and by what authorisation (giấy ủy quyền).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Representative {
    pub(crate) name: String,
    pub(crate) identity_number: String,
    pub(crate) phone: String,
    /// The paper itself.
    pub(crate) file: Attachment,
    /// Last day on which it holds; none: until it is taken back.
    pub(crate) valid_to: Option<chrono::NaiveDate>,
}

/// How a dossier came in, beyond its channel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Intake {
    /// Biên bản giao nhận: when a dossier came by post, the minutes whose signing is its filing (QĐ 45/2016 art. 7).
    #[serde(default)]
    pub(crate) minutes: Option<Minutes>,
    /// The kiosk at which it was filed (ki-ốt thông minh, NĐ 309/2026 art. 1(2)).
    #[serde(default)]
    pub(crate) kiosk: Option<String>,
    /// Where it was handed in, when that is not the competent agency (phi địa giới).
    #[serde(default)]
    pub(crate) receiving: Option<AgencyRef>,
    /// Where the applicant was helped to file.
    #[serde(default)]
    pub(crate) support: Option<AgencyRef>,
}

/// The minutes of a hand-over by the post office.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Minutes {
    pub(crate) number: String,
    pub(crate) signed_at: DateTime<Utc>,
}

/// What is stored as one JSON text beside the columns that queries need.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Details {
    pub(crate) procedure: ProcedureSnapshot,
    pub(crate) language: Language,
    #[serde(default)]
    pub(crate) attachments: Vec<Attachment>,
    /// When the running term began: reception, or the completed supplement.
    #[serde(default)]
    pub(crate) term_from: Option<DateTime<Utc>>,
    /// When the desk's check began that runs or ran last; none: with the filing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) check_from: Option<DateTime<Utc>>,
    /// When the clocks stood: payments waited for, incidents whose time was given back.
    #[serde(default)]
    pub(crate) pauses: Vec<Pause>,
    #[serde(default)]
    pub(crate) assignee_name: Option<String>,
    /// How often a supplement was asked for.
    #[serde(default)]
    pub(crate) supplements: u32,
    /// The last supplement request.
    #[serde(default)]
    pub(crate) supplement: Option<Supplement>,
    /// The last payment request.
    #[serde(default)]
    pub(crate) payment: Option<Payment>,
    /// What is to be paid, and what became of it.
    #[serde(default)]
    pub(crate) fees: Vec<Fee>,
    /// Papers of the applicant that the agency keeps or has given back.
    #[serde(default)]
    pub(crate) originals: Vec<Original>,
    #[serde(default)]
    pub(crate) proposal: Option<Proposal>,
    #[serde(default)]
    pub(crate) result: Option<ResultFile>,
    #[serde(default)]
    pub(crate) intake: Intake,
    /// The date that was promised when the running term began; a new date does not touch it.
    #[serde(default)]
    pub(crate) first_due_at: Option<DateTime<Utc>>,
    #[serde(default)]
    pub(crate) apology: Option<Apology>,
    /// Where it was when it ended, to go on from there if it is opened again.
    #[serde(default)]
    pub(crate) ended_in: Option<Place>,
    /// Results that were taken back as wrong.
    #[serde(default)]
    pub(crate) withdrawn_results: Vec<ResultFile>,
    /// Incidents whose time was given back.
    #[serde(default)]
    pub(crate) incidents: Vec<Uuid>,
    /// The dossiers it was filed with (liên thông).
    #[serde(default)]
    pub(crate) group: Option<Group>,
    /// When its retention ended and the personal data was made unknowable (hết thời hạn bảo quản).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) pseudonymised_at: Option<DateTime<Utc>>,
}

/// Where a dossier stands among those it was filed with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Group {
    pub(crate) link: Link,
    /// It waits for another one; no clock runs.
    pub(crate) held: bool,
    /// Until when the agency must have acknowledged it (NĐ 301/2026 art. 5: 2 working hours); none once it has.
    pub(crate) acknowledge_by: Option<DateTime<Utc>>,
    /// When the result that it was handed on for was taken back or became a refusal; none: it stands, or stands again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) revoked_at: Option<DateTime<Utc>>,
}

/// The link itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Link {
    pub(crate) group: Uuid,
    /// From 0.
    pub(crate) ordinal: u32,
    /// How many were filed together.
    pub(crate) size: u32,
    /// Which one it waits for.
    pub(crate) after: Option<u32>,
}

/// Văn bản xin lỗi và đề nghị gia hạn (form 04).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Apology {
    pub(crate) reason: String,
    pub(crate) at: DateTime<Utc>,
    pub(crate) by_name: String,
    /// The date that cannot be kept.
    pub(crate) old_due_at: DateTime<Utc>,
    /// The new one.
    pub(crate) due_at: DateTime<Utc>,
}

/// The procedure as it was when the dossier was filed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProcedureSnapshot {
    pub(crate) id: ProcedureId,
    pub(crate) version: i64,
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) field: String,
    /// The term of the dossier's channel; none: no date by rule, unless there is a sequence.
    pub(crate) term: Option<Term>,
    /// Terms that follow each other in place of one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) sequence: Vec<Term>,
    /// The hour after which a reception counts from the next working day, where the procedure itself says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cut_off: Option<MinuteOfDay>,
    pub(crate) term_text: String,
    pub(crate) components: Vec<ProcedureComponent>,
    /// The published fees of the dossier's channel.
    #[serde(default)]
    pub(crate) fees: Vec<contracts::Fee>,
}

impl ProcedureSnapshot {
    /// The terms that make the due date, in order; none: no date by rule.
    pub(crate) fn terms(&self) -> &[Term] {
        match &self.term {
            Some(term) => std::slice::from_ref(term),
            None => &self.sequence,
        }
    }
}

/// An attached paper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Attachment {
    /// The component it answers; none for a result file.
    pub(crate) component_id: Option<String>,
    pub(crate) file_id: FileId,
    pub(crate) name: String,
    /// Bytes.
    pub(crate) size: i64,
    pub(crate) media_type: String,
    /// When it was attached; none for what an earlier release attached.
    #[serde(default)]
    pub(crate) at: Option<DateTime<Utc>>,
    /// The dossier whose result it is, when it was reused and not sent again (tái sử dụng kết quả số hóa).
    #[serde(default)]
    pub(crate) reused_from: Option<DossierId>,
}

/// Originals (bản chính) that the agency keeps while it handles the dossier (NĐ 118/2025 art. 22: they go back with the result).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Original {
    /// From 1, within its dossier.
    pub(crate) no: u32,
    pub(crate) component_id: String,
    /// How many.
    pub(crate) count: u32,
    pub(crate) note: Option<String>,
    pub(crate) kept_at: DateTime<Utc>,
    pub(crate) returned: Option<OriginalReturned>,
}

/// Originals that went back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OriginalReturned {
    pub(crate) at: DateTime<Utc>,
    /// Who took them.
    pub(crate) receiver_name: String,
}

/// A place to come back to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Place {
    pub(crate) status: DossierStatus,
    pub(crate) step: String,
}

/// One line of form 02 (Phiếu yêu cầu bổ sung, hoàn thiện hồ sơ).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SupplementItem {
    /// The component concerned, if one is.
    pub(crate) component_id: Option<String>,
    /// What must be completed.
    pub(crate) content: String,
    /// How.
    pub(crate) guidance: Option<String>,
}

/// A supplement request and its answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Supplement {
    pub(crate) items: Vec<SupplementItem>,
    pub(crate) reason: String,
    pub(crate) legal_basis: Option<String>,
    pub(crate) requested_at: DateTime<Utc>,
    /// Last instant for the answer (7 working days, NĐ 301/2026 art. 6).
    pub(crate) due_at: DateTime<Utc>,
    pub(crate) answered_at: Option<DateTime<Utc>>,
    /// Where the dossier was.
    pub(crate) asked_in: Place,
    /// The due date that the request suspended.
    pub(crate) suspended_due_at: Option<DateTime<Utc>>,
}

/// A payment request and its confirmation.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Payment {
    /// The obligation that the dossier waits for; none for a request of an earlier release.
    #[serde(default)]
    pub(crate) fee: Option<u32>,
    /// VND.
    pub(crate) amount: i64,
    pub(crate) reason: String,
    pub(crate) requested_at: DateTime<Utc>,
    pub(crate) confirmed_at: Option<DateTime<Utc>>,
    /// Where the dossier was.
    pub(crate) asked_in: Place,
    /// The due date that the request suspended.
    pub(crate) suspended_due_at: Option<DateTime<Utc>>,
}

/// What a specialist proposes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Proposal {
    pub(crate) file: Attachment,
    pub(crate) note: Option<String>,
    /// The result is a refusal (từ chối giải quyết); the note is its legal reason.
    #[serde(default)]
    pub(crate) refusal: bool,
    pub(crate) by: AccountId,
    pub(crate) by_name: String,
    pub(crate) at: DateTime<Utc>,
}

/// The approved result.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ResultFile {
    pub(crate) file: Attachment,
    pub(crate) note: Option<String>,
    /// It is a refusal.
    #[serde(default)]
    pub(crate) refusal: bool,
    pub(crate) at: DateTime<Utc>,
}

/// Who took the result at the counter. Sealed with the rest of [`Personal`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HandOver {
    pub(crate) receiver_name: String,
    pub(crate) receiver_identity_number: Option<String>,
    pub(crate) note: Option<String>,
}

impl Dossier {
    /// The account that events name; nil for a dossier without one.
    pub(crate) fn owner_or_nil(&self) -> AccountId {
        self.owner.unwrap_or(AccountId(Uuid::nil()))
    }

    /// Whether it waits for another one that it was filed with.
    pub(crate) fn held(&self) -> bool {
        self.details.group.as_ref().is_some_and(|g| g.held)
    }

    /// Until when it must be acknowledged, if it still must.
    pub(crate) fn acknowledge_by(&self) -> Option<DateTime<Utc>> {
        self.details.group.as_ref()?.acknowledge_by
    }

    /// When what it was handed on for was taken back; none for what ended without a result itself.
    pub(crate) fn revoked_at(&self) -> Option<DateTime<Utc>> {
        let goes_on = !matches!(
            self.status,
            DossierStatus::NotReceived | DossierStatus::Withdrawn | DossierStatus::Stopped
        );
        self.details.group.as_ref()?.revoked_at.filter(|_| goes_on)
    }

    /// Whether the result is late: still being handled after it was due.
    pub(crate) fn overdue(&self, now: DateTime<Utc>) -> bool {
        matches!(
            self.status,
            DossierStatus::Received | DossierStatus::InProgress
        ) && self.due_at.is_some_and(|due| due < now)
    }

    /// The fact that other services learn of a transition of this dossier, which is the one *after* it; `moved_from`: the date that it
    /// moved.
    pub(crate) fn event(
        &self,
        entry: &super::Entry,
        moved_from: Option<DateTime<Utc>>,
    ) -> DossierChanged {
        DossierChanged {
            dossier_id: self.id,
            version: self.version,
            number: self.number.clone(),
            command: entry.command.clone(),
            from: entry.from,
            status: self.status,
            step: self.step.clone(),
            at: entry.at,
            due_at: self.due_at,
            reason: entry.reason.clone(),
            owner: self.owner_or_nil(),
            contact: self.contact(),
            agency_code: self.agency.code.clone(),
            agency_name: self.agency.name.clone(),
            procedure_code: self.details.procedure.code.clone(),
            procedure_name: self.details.procedure.name.clone(),
            return_way: self.personal.return_way.clone(),
            earlier_due_at: moved_from,
            refusal: self.status == DossierStatus::Done
                && self.details.result.as_ref().is_some_and(|r| r.refusal),
            restricted: self.restricted,
        }
    }

    /// How the applicant is reached.
    pub(crate) fn contact(&self) -> Contact {
        let applicant = &self.personal.applicant;
        Contact {
            name: applicant.name.clone(),
            phone: Some(applicant.phone.clone()).filter(|phone| !phone.is_empty()),
            email: applicant.email.clone(),
            language: self.details.language,
        }
    }

    /// The fact that a clock has come to a point.
    pub(crate) fn alarm_event(&self, alarm: Alarm) -> DossierAlarm {
        DossierAlarm {
            dossier_id: self.id,
            version: self.version,
            number: self.number.clone(),
            kind: alarm.kind,
            at: alarm.at,
            status: self.status,
            due_at: super::alarm::end_of(self, alarm.kind),
            owner: self.owner_or_nil(),
            contact: self.contact(),
            agency_code: self.agency.code.clone(),
            agency_name: self.agency.name.clone(),
            procedure_name: self.details.procedure.name.clone(),
            restricted: self.restricted,
        }
    }
}
