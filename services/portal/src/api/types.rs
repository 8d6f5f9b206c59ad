//! What the public API answers, as far as the pages show it.
//!
//! Readers are liberal: members that a later release adds are ignored, and one that is left out counts as absent. Texts that
//! follow `Accept-Language` (`status.name`, `stateName`, …) are shown as they come.

use chrono::{DateTime, Utc};
use contracts::{Address, ReturnMethod, SubjectKind};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A list answer.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct List<T> {
    /// The items, in the order that the operation states.
    pub(crate) items: Vec<T>,
    /// Cursor of the next page.
    #[serde(default)]
    pub(crate) next: Option<String>,
    /// How many match, where the operation counts.
    #[serde(default)]
    pub(crate) total: Option<u64>,
    /// Unread notices in all (`GET /api/v1/notifications`).
    #[serde(default, rename = "unreadCount")]
    pub(crate) unread_count: Option<u64>,
}

/// A code with its name.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Named {
    /// The code.
    #[serde(default)]
    pub(crate) code: String,
    /// The name.
    #[serde(default)]
    pub(crate) name: String,
}

/// One of the ten public states.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Status {
    /// The stable name, e.g. `received`.
    pub(crate) key: String,
    /// The statutory name in the language asked for.
    pub(crate) name: String,
}

/// An internal step.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Step {
    /// The name.
    #[serde(default)]
    pub(crate) name: String,
    /// The desk (bộ phận) it lies at.
    #[serde(default)]
    pub(crate) desk: Option<String>,
}

/// A procedure in a list.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProcedureItem {
    /// The portal's id.
    pub(crate) id: String,
    /// Code, not unique.
    #[serde(default)]
    pub(crate) code: String,
    /// Name (tên thủ tục).
    pub(crate) name: String,
    /// Field (lĩnh vực).
    #[serde(default)]
    pub(crate) field: Option<Named>,
    /// `commune`, `province`, `ministry`, `other`.
    #[serde(default)]
    pub(crate) levels: Vec<String>,
    /// `full`, `partial`, `information`.
    #[serde(default)]
    pub(crate) service_level: Option<String>,
    /// `online`, `direct`, `postal`.
    #[serde(default)]
    pub(crate) channels: Vec<String>,
}

/// A procedure with its published items.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Procedure {
    /// The portal's id.
    pub(crate) id: String,
    /// Code, not unique.
    #[serde(default)]
    pub(crate) code: String,
    /// False when withdrawn.
    #[serde(default = "yes")]
    pub(crate) active: bool,
    /// Name.
    pub(crate) name: String,
    /// Field (lĩnh vực).
    #[serde(default)]
    pub(crate) field: Option<Named>,
    /// Levels that carry it out.
    #[serde(default)]
    pub(crate) levels: Vec<String>,
    /// Level of the online service.
    #[serde(default)]
    pub(crate) service_level: Option<String>,
    /// Channels offered.
    #[serde(default)]
    pub(crate) channels: Vec<String>,
    /// Order (trình tự thực hiện).
    #[serde(default)]
    pub(crate) steps: Vec<ProcedureStep>,
    /// Ways, terms and fees.
    #[serde(default)]
    pub(crate) methods: Vec<Method>,
    /// Papers by case.
    #[serde(default)]
    pub(crate) components: Vec<ComponentCase>,
    /// Who may apply.
    #[serde(default)]
    pub(crate) subjects: Vec<Named>,
    /// Agencies by part played.
    #[serde(default)]
    pub(crate) agencies: Agencies,
    /// Results.
    #[serde(default)]
    pub(crate) results: Vec<Named>,
    /// Conditions (yêu cầu, điều kiện).
    #[serde(default)]
    pub(crate) conditions: Option<String>,
    /// Legal basis.
    #[serde(default)]
    pub(crate) legal_basis: Vec<Named>,
    /// Publishing decision.
    #[serde(default)]
    pub(crate) decision: Option<Decision>,
    /// Ways of getting the result.
    #[serde(default)]
    pub(crate) return_methods: Vec<ReturnMethods>,
    /// Whether any desk of the country takes it (phi địa giới).
    #[serde(default)]
    pub(crate) non_territorial: bool,
}

fn yes() -> bool {
    true
}

/// One step of the order.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct ProcedureStep {
    /// Heading, may be empty.
    #[serde(default)]
    pub(crate) name: String,
    /// Text with line breaks.
    #[serde(default)]
    pub(crate) description: String,
}

/// One way of filing with its own term and fees.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Method {
    /// `online`, `direct`, `postal`.
    pub(crate) channel: String,
    /// Case, where a channel has several.
    #[serde(default)]
    pub(crate) case: Option<String>,
    /// Term.
    #[serde(default)]
    pub(crate) term: Option<Term>,
    /// Text with line breaks.
    #[serde(default)]
    pub(crate) description: Option<String>,
    /// Fees; empty = not published.
    #[serde(default)]
    pub(crate) fees: Vec<Fee>,
}

/// A term as published.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Term {
    /// Amount; absent where it cannot be computed.
    #[serde(default)]
    pub(crate) value: Option<f64>,
    /// Unit, e.g. `workingDay`.
    #[serde(default)]
    pub(crate) unit: String,
    /// What the publisher wrote.
    #[serde(default)]
    pub(crate) text: String,
}

/// A fee as published. `free` is the only ground for writing "Miễn phí".
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Fee {
    /// Amount in units of the currency.
    #[serde(default)]
    pub(crate) amount: Option<i64>,
    /// ISO 4217.
    #[serde(default)]
    pub(crate) currency: Option<String>,
    /// What the publisher wrote.
    #[serde(default)]
    pub(crate) text: String,
    /// The figure contradicts its text.
    #[serde(default)]
    pub(crate) suspicious: bool,
    /// Truly free of charge.
    #[serde(default)]
    pub(crate) free: bool,
}

/// The papers of one case.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ComponentCase {
    /// Heading, may be empty.
    #[serde(default)]
    pub(crate) case: String,
    /// The papers.
    #[serde(default)]
    pub(crate) components: Vec<Component>,
}

/// One paper (thành phần hồ sơ).
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Component {
    /// Stable within the procedure.
    pub(crate) id: String,
    /// Name.
    #[serde(default)]
    pub(crate) name: String,
    /// Originals asked for.
    #[serde(default)]
    pub(crate) originals: u32,
    /// Copies asked for.
    #[serde(default)]
    pub(crate) copies: u32,
    /// A note, not a paper.
    #[serde(default)]
    pub(crate) note: bool,
    /// Must be attached online.
    #[serde(default)]
    pub(crate) required: bool,
    /// Blank forms.
    #[serde(default)]
    pub(crate) forms: Vec<BlankForm>,
}

/// A blank form of a paper.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct BlankForm {
    /// File name as published.
    #[serde(default)]
    pub(crate) name: String,
}

/// Agencies of a procedure.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Agencies {
    /// Cơ quan thực hiện.
    #[serde(default)]
    pub(crate) executing: Vec<Named>,
    /// Cơ quan có thẩm quyền.
    #[serde(default)]
    pub(crate) authority: Vec<Named>,
    /// Cơ quan được ủy quyền.
    #[serde(default)]
    pub(crate) authorized: Vec<Named>,
    /// Cơ quan phối hợp.
    #[serde(default)]
    pub(crate) coordinating: Vec<Named>,
    /// Địa chỉ tiếp nhận.
    #[serde(default)]
    pub(crate) receiving_places: Option<String>,
}

/// A publishing decision (quyết định công bố).
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Decision {
    /// Number.
    #[serde(default)]
    pub(crate) number: String,
    /// Date, ISO 8601.
    #[serde(default)]
    pub(crate) date: Option<String>,
    /// Who published it.
    #[serde(default)]
    pub(crate) promulgator: Option<Named>,
}

/// Ways of return for one way of filing.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReturnMethods {
    /// When filed online.
    #[serde(default)]
    pub(crate) filed_online: bool,
    /// `atHome`, `online`, `atSubmissionPlace`.
    #[serde(default)]
    pub(crate) ways: Vec<String>,
}

/// A field of procedures.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Field {
    /// Code.
    pub(crate) code: String,
    /// Name.
    pub(crate) name: String,
    /// How many procedures.
    #[serde(default)]
    pub(crate) procedures: u64,
}

/// A desk that receives.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Agency {
    /// Code, e.g. `H05.21`.
    pub(crate) code: String,
    /// Name.
    pub(crate) name: String,
    /// Address in one line.
    #[serde(default)]
    pub(crate) address: Option<String>,
    /// Whether it receives dossiers.
    #[serde(default = "yes")]
    pub(crate) reception: bool,
}

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
    /// Always `online` here.
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

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Shipment {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) dossier_id: String,
    #[serde(default)]
    pub(crate) dossier_number: Option<String>,
    #[serde(default)]
    pub(crate) receiver: Option<Receiver>,
    pub(crate) state: String,
    #[serde(default)]
    pub(crate) state_name: String,
    #[serde(default)]
    pub(crate) item_number: Option<String>,
    #[serde(default)]
    pub(crate) created_at: Option<DateTime<Utc>>,
    #[serde(default)]
    pub(crate) expected_by: Option<DateTime<Utc>>,
    #[serde(default)]
    pub(crate) received_by: Option<ReceivedBy>,
    #[serde(default)]
    pub(crate) timeline: Vec<ShipmentEvent>,
}

/// Who took a shipment: a name, or an object with one.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum ReceivedBy {
    Name(String),
    Person { name: String },
}

impl ReceivedBy {
    /// The name.
    pub(crate) fn name(&self) -> &str {
        match self {
            ReceivedBy::Name(name) | ReceivedBy::Person { name } => name,
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Receiver {
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) phone: Option<String>,
    #[serde(default)]
    pub(crate) address_line: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ShipmentEvent {
    #[serde(default)]
    pub(crate) code: String,
    pub(crate) occurred_at: DateTime<Utc>,
    #[serde(default)]
    pub(crate) place: Option<String>,
    #[serde(default)]
    pub(crate) note: Option<String>,
    #[serde(default)]
    pub(crate) result: Option<String>,
}

/// What waits for the post office, and what it signed for.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Manifests {
    #[serde(default)]
    pub(crate) ready: Vec<Shipment>,
    #[serde(default)]
    pub(crate) ready_count: u64,
    #[serde(default)]
    pub(crate) items: Vec<Manifest>,
    #[serde(default)]
    pub(crate) next: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Manifest {
    pub(crate) number: String,
    #[serde(default)]
    pub(crate) operator: String,
    #[serde(default)]
    pub(crate) signed_by: Option<String>,
    #[serde(default)]
    pub(crate) agency_signed_by: Option<String>,
    pub(crate) signed_at: DateTime<Utc>,
    #[serde(default)]
    pub(crate) items: Vec<ManifestItem>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ManifestItem {
    #[serde(default)]
    pub(crate) dossier_number: Option<String>,
    #[serde(default)]
    pub(crate) item_number: Option<String>,
    #[serde(default)]
    pub(crate) state: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Notification {
    pub(crate) id: String,
    pub(crate) at: DateTime<Utc>,
    pub(crate) title: String,
    #[serde(default)]
    pub(crate) body: String,
    #[serde(default)]
    pub(crate) dossier_id: Option<String>,
    #[serde(default)]
    pub(crate) inbox: Option<String>,
    #[serde(default)]
    pub(crate) read: bool,
}

/// One's own account, to fill forms in advance.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Me {
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) roles: Vec<String>,
    #[serde(default)]
    pub(crate) email: Option<String>,
    #[serde(default)]
    pub(crate) phone: Option<String>,
    #[serde(default)]
    pub(crate) identity_number: Option<String>,
}
