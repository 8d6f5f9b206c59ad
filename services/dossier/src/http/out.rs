//! How a dossier looks to the one who asks.

use crate::app::{View, commands::open_to};
use crate::domain::act::Act;
use crate::domain::dossier::AgencyRef;
use crate::domain::{Attachment, CommandKind, Dossier, Entry, Process};
use crate::store::dossiers::outcome_name;
use chrono::{DateTime, Duration, Utc};
use contracts::{
    Actor, ActorKind, Applicant, Channel, DossierId, DossierStatus, FileId, Language, Permission,
    ProcedureId, ReturnMethod, ReturnWay, Role,
};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use vn::cccd::Cccd;
use vn::mst::TaxCode;

/// A dossier (hồ sơ).
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DossierOut {
    id: DossierId,
    /// The statutory number (mã số hồ sơ), once received.
    #[schema(example = "H05.21-261116-0001")]
    number: Option<String>,
    /// For `If-Match`.
    #[schema(example = 2)]
    version: i64,
    status: StatusOut,
    step: StepOut,
    procedure: ProcedureOut,
    agency: AgencyOut,
    channel: Channel,
    /// Hạn chế tiếp cận: of the officers only those who handle it and those appointed for it may know of it.
    restricted: bool,
    language: Language,
    /// Numbers, phone, e-mail and street are masked, and the answers left out, for whoever does not handle the dossier.
    applicant: Applicant,
    #[schema(value_type = Object)]
    answers: Map<String, Value>,
    attachments: Vec<AttachmentOut>,
    #[serde(rename = "return")]
    return_way: ReturnWay,
    submitted_at: DateTime<Utc>,
    received_at: Option<DateTime<Utc>>,
    /// Due instant (hẹn trả kết quả); null before reception, while the clock stands, or by rule.
    due_at: Option<DateTime<Utc>>,
    /// The due date in words.
    #[schema(example = "17 giờ 00, ngày 18/11/2026")]
    due_text: Option<String>,
    overdue: bool,
    /// Until when the desk must have checked what was filed; null once it has.
    check_due_at: Option<DateTime<Utc>>,
    /// The date promised first, when the term began; a new date does not touch it.
    first_due_at: Option<DateTime<Utc>>,
    /// Apology and new date (form 04).
    apology: Option<ApologyOut>,
    /// `early`, `onTime` or `late` by calendar date, once solved.
    #[schema(example = "onTime")]
    outcome: Option<&'static str>,
    /// How it came in, beyond its channel.
    intake: IntakeOut,
    /// The dossiers it was filed with (liên thông).
    group: Option<GroupRefOut>,
    supplement: Option<SupplementOut>,
    payment: Option<PaymentOut>,
    /// What is proposed; shown to officers only.
    proposal: Option<ProposalOut>,
    /// The approved result.
    result: Option<ResultOut>,
    history: Vec<HistoryOut>,
    /// Commands open to the caller now, as in the URL.
    #[schema(example = json!(["withdraw"]))]
    actions: Vec<&'static str>,
}

/// A public state.
#[derive(Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StatusOut {
    /// National code, 1–10.
    #[schema(example = 2)]
    code: u8,
    /// Stable name.
    #[schema(example = "received")]
    key: &'static str,
    /// Name in the language of the request.
    #[schema(example = "Được tiếp nhận")]
    name: &'static str,
}

impl StatusOut {
    pub(crate) fn new(status: DossierStatus, language: Language) -> Self {
        Self {
            code: status.code(),
            key: status.as_str(),
            name: status.title(language),
        }
    }
}

/// A step of the internal process.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StepOut {
    /// Stable within the process.
    #[schema(example = "handling")]
    id: String,
    /// Name in the language of the request.
    #[schema(example = "Thẩm định")]
    name: String,
    /// Whose desk.
    role: Option<Role>,
    /// The unit it lies at.
    #[schema(example = "Trung tâm Phục vụ hành chính công xã Yên Thế")]
    desk: String,
}

/// The procedure as filed under.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProcedureOut {
    id: ProcedureId,
    #[schema(example = "1.001193")]
    code: String,
    #[schema(example = "Thủ tục đăng ký khai sinh")]
    name: String,
    version: i64,
    /// The term as published.
    term_text: String,
}

/// An agency.
#[derive(Serialize, ToSchema)]
pub(crate) struct AgencyOut {
    #[schema(example = "H05.21")]
    code: String,
    name: String,
}

/// An attached paper.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AttachmentOut {
    component_id: Option<String>,
    component_name: Option<String>,
    file_id: FileId,
    name: String,
    size: i64,
    media_type: String,
}

/// One line of a supplement request.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SupplementItemOut {
    component_id: Option<String>,
    content: String,
    guidance: Option<String>,
}

/// A supplement request (form 02).
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SupplementOut {
    items: Vec<SupplementItemOut>,
    reason: String,
    legal_basis: Option<String>,
    requested_at: DateTime<Utc>,
    /// Last instant for the answer: 7 working days.
    due_at: DateTime<Utc>,
    answered_at: Option<DateTime<Utc>>,
}

/// Apology and new date.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ApologyOut {
    reason: String,
    at: DateTime<Utc>,
    /// The date that could not be kept.
    old_due_at: DateTime<Utc>,
    due_at: DateTime<Utc>,
}

/// Where it stands among those it was filed with.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GroupRefOut {
    id: uuid::Uuid,
    /// From 0.
    #[schema(example = 1)]
    ordinal: u32,
    #[schema(example = 3)]
    size: u32,
    /// It waits for another one.
    waiting: bool,
    /// Until when its agency must acknowledge it; null once it has.
    acknowledge_by: Option<DateTime<Utc>>,
    /// When the result that it was handed on for was taken back or became a refusal; null: it stands.
    predecessor_revoked_at: Option<DateTime<Utc>>,
}

/// How a dossier came in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct IntakeOut {
    /// Number of the minutes of the hand-over by the post office; their signing is the filing.
    #[schema(example = "BB-0012")]
    minutes_number: Option<String>,
    minutes_signed_at: Option<DateTime<Utc>>,
    /// The kiosk it was filed at.
    #[schema(example = "KIOSK-07")]
    kiosk: Option<String>,
    /// Where it was handed in for another agency (phi địa giới).
    receiving_agency: Option<AgencyOut>,
    /// Where the applicant was helped.
    support_agency: Option<AgencyOut>,
    /// Name of who filed for the applicant, by authorisation.
    representative: Option<String>,
}

/// A payment request.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PaymentOut {
    /// VND.
    amount: i64,
    #[schema(example = "VND")]
    currency: &'static str,
    reason: String,
    requested_at: DateTime<Utc>,
    confirmed_at: Option<DateTime<Utc>>,
}

/// A proposed result.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProposalOut {
    file_id: FileId,
    name: String,
    note: Option<String>,
    /// It is a refusal; the note is its legal reason.
    refusal: bool,
    by_name: String,
    at: DateTime<Utc>,
}

/// An approved result.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ResultOut {
    file_id: FileId,
    name: String,
    size: i64,
    media_type: String,
    note: Option<String>,
    /// It is a refusal; the note is its legal reason.
    refusal: bool,
    at: DateTime<Utc>,
}

/// One transition.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HistoryOut {
    version: i64,
    at: DateTime<Utc>,
    #[schema(example = "receive")]
    command: String,
    /// State after.
    status: StatusOut,
    step: HistoryStepOut,
    /// The person's name for officers of the agency; the unit for the applicant.
    actor: String,
    reason: Option<String>,
}

/// A step in the history.
#[derive(Serialize, ToSchema)]
pub(crate) struct HistoryStepOut {
    id: String,
    name: String,
}

/// A line of a list.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ItemOut {
    id: DossierId,
    #[schema(example = "H05.21-261116-0001")]
    number: Option<String>,
    version: i64,
    status: StatusOut,
    step: ItemStepOut,
    procedure: ItemProcedureOut,
    agency: AgencyOut,
    #[schema(example = "Nguyễn Văn An")]
    applicant_name: String,
    channel: Channel,
    return_method: ReturnMethod,
    /// Hạn chế tiếp cận.
    restricted: bool,
    submitted_at: DateTime<Utc>,
    received_at: Option<DateTime<Utc>>,
    due_at: Option<DateTime<Utc>>,
    overdue: bool,
    /// Who took it up; shown to officers only.
    assigned_to: Option<String>,
}

/// A step in a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct ItemStepOut {
    id: String,
    name: String,
    role: Option<Role>,
}

/// A procedure in a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct ItemProcedureOut {
    id: ProcedureId,
    code: String,
    name: String,
}

impl DossierOut {
    /// What this person sees.
    pub(crate) fn new(view: &View, viewer: &Actor, now: DateTime<Utc>, language: Language) -> Self {
        let d = &view.dossier;
        let procedure = &d.details.procedure;
        let officer = viewer.kind == ActorKind::Officer;
        let finished = matches!(d.status, DossierStatus::Done | DossierStatus::Returned);
        let result = d.details.result.as_ref().filter(|_| officer || finished);
        Self {
            id: d.id,
            number: d.number.clone(),
            version: d.version,
            status: StatusOut::new(d.status, language),
            step: StepOut {
                id: d.step.clone(),
                name: step_name(&view.process, &d.step, language),
                role: view.process.step(&d.step).map(|s| s.role),
                desk: d.agency.name.clone(),
            },
            procedure: ProcedureOut {
                id: procedure.id,
                code: procedure.code.clone(),
                name: procedure.name.clone(),
                version: procedure.version,
                term_text: procedure.term_text.clone(),
            },
            agency: agency(d),
            channel: d.channel,
            restricted: d.restricted,
            language: d.details.language,
            applicant: applicant(d, viewer),
            answers: answers(d, viewer),
            attachments: d
                .details
                .attachments
                .iter()
                .map(|a| attachment(a, d))
                .collect(),
            return_way: return_way(d, viewer),
            submitted_at: d.submitted_at,
            received_at: d.received_at,
            due_at: d.due_at,
            due_text: due_text(d, language),
            overdue: d.overdue(now),
            check_due_at: d.check_due_at,
            first_due_at: d.details.first_due_at,
            apology: d.details.apology.as_ref().map(|a| ApologyOut {
                reason: a.reason.clone(),
                at: a.at,
                old_due_at: a.old_due_at,
                due_at: a.due_at,
            }),
            outcome: d.outcome.map(outcome_name),
            intake: intake(d),
            group: d.details.group.as_ref().map(|g| GroupRefOut {
                id: g.link.group,
                ordinal: g.link.ordinal,
                size: g.link.size,
                waiting: g.held,
                acknowledge_by: g.acknowledge_by,
                predecessor_revoked_at: d.revoked_at(),
            }),
            supplement: d.details.supplement.as_ref().map(|s| SupplementOut {
                items: s
                    .items
                    .iter()
                    .map(|i| SupplementItemOut {
                        component_id: i.component_id.clone(),
                        content: i.content.clone(),
                        guidance: i.guidance.clone(),
                    })
                    .collect(),
                reason: s.reason.clone(),
                legal_basis: s.legal_basis.clone(),
                requested_at: s.requested_at,
                due_at: s.due_at,
                answered_at: s.answered_at,
            }),
            payment: d.details.payment.as_ref().map(|p| PaymentOut {
                amount: p.amount,
                currency: "VND",
                reason: p.reason.clone(),
                requested_at: p.requested_at,
                confirmed_at: p.confirmed_at,
            }),
            proposal: d
                .details
                .proposal
                .as_ref()
                .filter(|_| officer)
                .map(|p| ProposalOut {
                    file_id: p.file.file_id,
                    name: p.file.name.clone(),
                    note: p.note.clone(),
                    refusal: p.refusal,
                    by_name: p.by_name.clone(),
                    at: p.at,
                }),
            result: result.map(|r| ResultOut {
                file_id: r.file.file_id,
                name: r.file.name.clone(),
                size: r.file.size,
                media_type: r.file.media_type.clone(),
                note: r.note.clone(),
                refusal: r.refusal,
                at: r.at,
            }),
            history: view
                .journal
                .iter()
                .map(|e| history(e, view, officer, language))
                .collect(),
            actions: open_to(view, viewer),
        }
    }
}

impl ItemOut {
    /// A line for this person.
    pub(crate) fn new(
        d: &Dossier,
        process: Option<&Process>,
        viewer: &Actor,
        now: DateTime<Utc>,
        language: Language,
    ) -> Self {
        let procedure = &d.details.procedure;
        let officer = viewer.kind == ActorKind::Officer;
        Self {
            id: d.id,
            number: d.number.clone(),
            version: d.version,
            status: StatusOut::new(d.status, language),
            step: ItemStepOut {
                id: d.step.clone(),
                name: process.map_or_else(|| d.step.clone(), |p| step_name(p, &d.step, language)),
                role: process.and_then(|p| p.step(&d.step)).map(|s| s.role),
            },
            procedure: ItemProcedureOut {
                id: procedure.id,
                code: procedure.code.clone(),
                name: procedure.name.clone(),
            },
            agency: agency(d),
            applicant_name: d.personal.applicant.name.clone(),
            channel: d.channel,
            return_method: d.personal.return_way.method,
            restricted: d.restricted,
            submitted_at: d.submitted_at,
            received_at: d.received_at,
            due_at: d.due_at,
            overdue: d.overdue(now),
            assigned_to: d.details.assignee_name.clone().filter(|_| officer),
        }
    }
}

pub(crate) fn agency(d: &Dossier) -> AgencyOut {
    AgencyOut {
        code: d.agency.code.clone(),
        name: d.agency.name.clone(),
    }
}

fn intake(d: &Dossier) -> IntakeOut {
    let intake = &d.details.intake;
    let agency = |a: &AgencyRef| AgencyOut {
        code: a.code.clone(),
        name: a.name.clone(),
    };
    IntakeOut {
        minutes_number: intake.minutes.as_ref().map(|m| m.number.clone()),
        minutes_signed_at: intake.minutes.as_ref().map(|m| m.signed_at),
        kiosk: intake.kiosk.clone(),
        receiving_agency: intake.receiving.as_ref().map(agency),
        support_agency: intake.support.as_ref().map(agency),
        representative: d.personal.representative.as_ref().map(|r| r.name.clone()),
    }
}

fn attachment(a: &Attachment, d: &Dossier) -> AttachmentOut {
    let component = d
        .details
        .procedure
        .components
        .iter()
        .find(|c| a.component_id.as_ref().is_some_and(|id| id == &c.id));
    AttachmentOut {
        component_id: a.component_id.clone(),
        component_name: component.map(|c| c.name.clone()),
        file_id: a.file_id,
        name: a.name.clone(),
        size: a.size,
        media_type: a.media_type.clone(),
    }
}

/// Whether this person reads personal data in full: the owner, and those who handle the dossier. An administrator does not.
fn reads_in_full(d: &Dossier, viewer: &Actor) -> bool {
    let handles = [
        Permission::DossierReceive,
        Permission::DossierHandle,
        Permission::DossierApprove,
        Permission::DossierHandOver,
    ];
    d.owner == Some(viewer.subject) || handles.iter().any(|p| viewer.can(*p))
}

/// Numbers, phone, address and answers of others than those who need them are masked.
fn applicant(d: &Dossier, viewer: &Actor) -> Applicant {
    let mut applicant = d.personal.applicant.clone();
    if reads_in_full(d, viewer) {
        return applicant;
    }
    applicant.phone = masked_phone(&applicant.phone);
    applicant.email = applicant.email.map(|_| "***".to_owned());
    applicant.address.street = "***".to_owned();
    let hidden = || "************".to_owned();
    applicant.identity_number = applicant
        .identity_number
        .map(|n| Cccd::parse_any_place(&n).map_or_else(|_| hidden(), |n| n.masked()));
    applicant.tax_code = applicant
        .tax_code
        .map(|n| TaxCode::parse(&n).map_or_else(|_| hidden(), |n| n.masked()));
    applicant
}

fn return_way(d: &Dossier, viewer: &Actor) -> ReturnWay {
    let mut way = d.personal.return_way.clone();
    if !reads_in_full(d, viewer) {
        way.receiver_phone = way.receiver_phone.map(|p| masked_phone(&p));
        if let Some(address) = &mut way.address {
            address.street = "***".to_owned();
        }
    }
    way
}

fn answers(d: &Dossier, viewer: &Actor) -> Map<String, Value> {
    if reads_in_full(d, viewer) {
        d.personal.answers.clone()
    } else {
        Map::new()
    }
}

fn masked_phone(phone: &str) -> String {
    vn::phone::Phone::parse(phone).map_or_else(|_| "***".to_owned(), |p| p.masked())
}

fn step_name(process: &Process, step: &str, language: Language) -> String {
    process
        .step(step)
        .map_or_else(|| step.to_owned(), |s| s.name(language).to_owned())
}

fn history(entry: &Entry, view: &View, officer: bool, language: Language) -> HistoryOut {
    let d = &view.dossier;
    let actor = if officer || entry.agency.is_none() {
        entry.actor_name.clone()
    } else {
        d.agency.name.clone()
    };
    // What the house says to itself is not the applicant's: a leader's reason to send back, notes on a proposal, whom a restriction protects.
    let kind = CommandKind::parse(&entry.command);
    let internal = matches!(
        kind,
        Some(CommandKind::SendBack | CommandKind::Propose | CommandKind::Approve)
    ) || [
        Act::HoldRetention,
        Act::LiftRetention,
        Act::Restrict,
        Act::LiftRestriction,
    ]
    .iter()
    .any(|act| act.name() == entry.command);
    HistoryOut {
        version: entry.seq,
        at: entry.at,
        command: entry.command.clone(),
        status: StatusOut::new(entry.to, language),
        step: HistoryStepOut {
            id: entry.step.clone(),
            name: step_name(&view.process, &entry.step, language),
        },
        actor,
        reason: entry.reason.clone().filter(|_| officer || !internal),
    }
}

/// The due date in words: a date, or why there is none.
pub(crate) fn due_text(d: &Dossier, language: Language) -> Option<String> {
    let (vi, en) = match (d.due_at, d.status) {
        (Some(due), _) => (when(due, Language::Vi), when(due, Language::En)),
        (None, DossierStatus::SupplementRequested) => (
            "Tạm dừng tính thời gian, chờ bổ sung hồ sơ".to_owned(),
            "The clock stands until the dossier is supplemented".to_owned(),
        ),
        (None, DossierStatus::PaymentRequested) => (
            "Tạm dừng tính thời gian, chờ nộp phí, lệ phí".to_owned(),
            "The clock stands until the payment is made".to_owned(),
        ),
        (None, DossierStatus::Received | DossierStatus::InProgress) => (
            "Không hẹn ngày theo quy định".to_owned(),
            "No date by rule".to_owned(),
        ),
        (
            None,
            DossierStatus::New
            | DossierStatus::NotReceived
            | DossierStatus::Withdrawn
            | DossierStatus::Stopped
            | DossierStatus::Done
            | DossierStatus::Returned,
        ) => return None,
    };
    Some(match language {
        Language::Vi => vi,
        Language::En => en,
    })
}

/// An instant in Vietnamese civil time.
pub(crate) fn when(at: DateTime<Utc>, language: Language) -> String {
    let local = at + Duration::hours(7);
    match language {
        Language::Vi => local.format("%H giờ %M, ngày %d/%m/%Y").to_string(),
        Language::En => local.format("%H:%M on %d %B %Y").to_string(),
    }
}
