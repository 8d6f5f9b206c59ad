//! Dossiers: what is filed, and what is answered.

use super::{Named, Status, Step};
use chrono::{DateTime, Utc};
use contracts::{Address, ReturnMethod, SubjectKind};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// An uploaded file.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct UploadedFile {
    /// Its id.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
}

/// A dossier to be filed.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewDossier {
    /// Which procedure.
    pub(crate) procedure_id: String,
    /// Which desk.
    pub(crate) agency_code: String,
    /// `online` for applicants; `direct` or `postal` for an officer at the counter.
    pub(crate) channel: &'static str,
    /// For whom.
    pub(crate) applicant: NewApplicant,
    /// Free answers; the form schema of a procedure comes later.
    pub(crate) answers: Map<String, Value>,
    /// Files by paper.
    pub(crate) attachments: Vec<Attach>,
    /// Way of return.
    #[serde(rename = "return")]
    pub(crate) return_way: NewReturn,
    /// Language of the notices.
    pub(crate) language: contracts::Language,
    /// The kiosk it is filed at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kiosk: Option<String>,
    /// The agency that helps to file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) support_agency_code: Option<String>,
    /// Minutes of the post office, for `postal`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) minutes: Option<NewMinutes>,
    /// Who files for the applicant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) representative: Option<NewRepresentative>,
    /// At the counter: scans were compared with the originals.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) compared: bool,
}

/// Dossiers to be filed together.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct NewGroup {
    pub(crate) members: Vec<NewMember>,
}

/// One of them.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct NewMember {
    pub(crate) dossier: NewDossier,
    /// Which of those before it, from 0, it waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) after: Option<u32>,
}

/// Minutes of the hand-over by the post office, as typed.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewMinutes {
    pub(crate) number: String,
    pub(crate) signed_at: DateTime<Utc>,
}

/// Who files for the applicant, as typed.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewRepresentative {
    pub(crate) name: String,
    pub(crate) identity_number: String,
    pub(crate) phone: String,
    pub(crate) file_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) valid_to: Option<chrono::NaiveDate>,
}

/// The applicant as typed. Not [`contracts::Applicant`]: what is missing is for the API to name.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewApplicant {
    pub(crate) kind: SubjectKind,
    pub(crate) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) identity_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tax_code: Option<String>,
    pub(crate) phone: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) email: Option<String>,
    pub(crate) address: Address,
}

/// The way of return as chosen.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewReturn {
    pub(crate) method: ReturnMethod,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) receiver_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) receiver_phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) address: Option<Address>,
}

/// A file for a paper.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Attach {
    /// The paper.
    pub(crate) component_id: String,
    /// The uploaded file.
    pub(crate) file_id: String,
}

/// A dossier in a list.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DossierItem {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) number: Option<String>,
    pub(crate) status: Status,
    #[serde(default)]
    pub(crate) step: Step,
    pub(crate) procedure: Named,
    pub(crate) agency: Named,
    #[serde(default)]
    pub(crate) applicant_name: String,
    pub(crate) submitted_at: DateTime<Utc>,
    #[serde(default)]
    pub(crate) due_at: Option<DateTime<Utc>>,
    #[serde(default)]
    pub(crate) overdue: bool,
    /// Hạn chế tiếp cận.
    #[serde(default)]
    pub(crate) restricted: bool,
    #[serde(default)]
    pub(crate) assigned_to: Option<String>,
}

/// A dossier as its reader may see it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Dossier {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) number: Option<String>,
    pub(crate) version: i64,
    pub(crate) status: Status,
    #[serde(default)]
    pub(crate) step: Step,
    pub(crate) procedure: DossierProcedure,
    pub(crate) agency: Named,
    #[serde(default)]
    pub(crate) channel: String,
    /// Hạn chế tiếp cận.
    #[serde(default)]
    pub(crate) restricted: bool,
    pub(crate) applicant: DossierApplicant,
    #[serde(default)]
    pub(crate) answers: Map<String, Value>,
    #[serde(default)]
    pub(crate) attachments: Vec<Attachment>,
    #[serde(rename = "return")]
    pub(crate) return_way: DossierReturn,
    pub(crate) submitted_at: DateTime<Utc>,
    #[serde(default)]
    pub(crate) received_at: Option<DateTime<Utc>>,
    #[serde(default)]
    pub(crate) due_at: Option<DateTime<Utc>>,
    #[serde(default)]
    pub(crate) due_text: Option<String>,
    #[serde(default)]
    pub(crate) check_due_at: Option<DateTime<Utc>>,
    #[serde(default)]
    pub(crate) first_due_at: Option<DateTime<Utc>>,
    #[serde(default)]
    pub(crate) apology: Option<Apology>,
    #[serde(default)]
    pub(crate) outcome: Option<String>,
    #[serde(default)]
    pub(crate) intake: Intake,
    #[serde(default)]
    pub(crate) group: Option<GroupRef>,
    #[serde(default)]
    pub(crate) supplement: Option<Supplement>,
    #[serde(default)]
    pub(crate) payment: Option<Payment>,
    #[serde(default)]
    pub(crate) proposal: Option<Proposal>,
    #[serde(default)]
    pub(crate) result: Option<ResultFile>,
    #[serde(default)]
    pub(crate) history: Vec<HistoryEntry>,
    #[serde(default)]
    pub(crate) actions: Vec<String>,
}

impl Dossier {
    /// Whether this command is open to the reader now.
    pub(crate) fn open(&self, command: &str) -> bool {
        self.actions.iter().any(|a| a == command)
    }
}

/// Apology and new date (form 04).
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Apology {
    #[serde(default)]
    pub(crate) reason: String,
    pub(crate) due_at: DateTime<Utc>,
}

impl Apology {
    /// The new date, in Việt Nam.
    pub(crate) fn due(&self) -> String {
        crate::format::time(&self.due_at)
    }
}

/// Where it stands among those it was filed with.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct GroupRef {
    pub(crate) id: String,
}

/// Dossiers that were filed together.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Group {
    #[serde(default)]
    pub(crate) members: Vec<GroupMember>,
}

/// One of them.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct GroupMember {
    #[serde(default)]
    pub(crate) waiting: bool,
    pub(crate) dossier: DossierItem,
}

/// How it came in, beyond its channel.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Intake {
    #[serde(default)]
    pub(crate) minutes_number: Option<String>,
    #[serde(default)]
    pub(crate) kiosk: Option<String>,
    #[serde(default)]
    pub(crate) receiving_agency: Option<Named>,
    #[serde(default)]
    pub(crate) support_agency: Option<Named>,
    #[serde(default)]
    pub(crate) representative: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DossierProcedure {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) code: String,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) term_text: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DossierApplicant {
    #[serde(default)]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) identity_number: Option<String>,
    #[serde(default)]
    pub(crate) tax_code: Option<String>,
    #[serde(default)]
    pub(crate) phone: Option<String>,
    #[serde(default)]
    pub(crate) email: Option<String>,
    #[serde(default)]
    pub(crate) address: Option<PlainAddress>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PlainAddress {
    #[serde(default)]
    pub(crate) province_code: String,
    #[serde(default)]
    pub(crate) commune_code: String,
    #[serde(default)]
    pub(crate) street: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Attachment {
    #[serde(default)]
    pub(crate) component_id: Option<String>,
    #[serde(default)]
    pub(crate) component_name: Option<String>,
    pub(crate) file_id: String,
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) size: i64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DossierReturn {
    pub(crate) method: ReturnMethod,
    #[serde(default)]
    pub(crate) receiver_name: Option<String>,
    #[serde(default)]
    pub(crate) receiver_phone: Option<String>,
    #[serde(default)]
    pub(crate) address: Option<PlainAddress>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Supplement {
    #[serde(default)]
    pub(crate) items: Vec<SupplementItem>,
    #[serde(default)]
    pub(crate) reason: String,
    #[serde(default)]
    pub(crate) legal_basis: Option<String>,
    pub(crate) requested_at: DateTime<Utc>,
    #[serde(default)]
    pub(crate) due_at: Option<DateTime<Utc>>,
    #[serde(default)]
    pub(crate) answered_at: Option<DateTime<Utc>>,
}

/// One thing to supply (nội dung cần bổ sung).
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SupplementItem {
    #[serde(default)]
    pub(crate) component_id: Option<String>,
    #[serde(default)]
    pub(crate) content: String,
    #[serde(default)]
    pub(crate) guidance: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Payment {
    #[serde(default)]
    pub(crate) amount: i64,
    #[serde(default)]
    pub(crate) currency: Option<String>,
    #[serde(default)]
    pub(crate) reason: Option<String>,
    #[serde(default)]
    pub(crate) confirmed_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Proposal {
    pub(crate) file_id: String,
    #[serde(default)]
    pub(crate) note: Option<String>,
    #[serde(default)]
    pub(crate) by_name: Option<String>,
    pub(crate) at: DateTime<Utc>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ResultFile {
    pub(crate) file_id: String,
    #[serde(default)]
    pub(crate) name: Option<String>,
    #[serde(default)]
    pub(crate) size: Option<i64>,
    #[serde(default)]
    pub(crate) note: Option<String>,
    #[serde(default)]
    pub(crate) refusal: bool,
    pub(crate) at: DateTime<Utc>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct HistoryEntry {
    pub(crate) at: DateTime<Utc>,
    #[serde(default)]
    pub(crate) command: String,
    pub(crate) status: Status,
    #[serde(default)]
    pub(crate) step: Step,
    #[serde(default)]
    pub(crate) actor: Option<String>,
    #[serde(default)]
    pub(crate) reason: Option<String>,
}

/// The public look-up: code and state, nothing else.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Tracking {
    pub(crate) number: String,
    pub(crate) status: Status,
}
