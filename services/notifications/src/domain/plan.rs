//! Who is told what, about one event. Pure: the same event always gives the same notices.
//!
//! The kinds a recipient sees (`kind` of an inbox item) are listed in the crate documentation.

use super::template::Template;
use chrono::{DateTime, Utc};
use contracts::events::{AlarmKind, DossierAlarm, DossierChanged, ShipmentChanged, ShipmentState};
use contracts::{AccountId, Contact, DossierId, DossierStatus, Language, ReturnMethod, Role};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vn::worktime::Outcome;

/// How a notice travels.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "camelCase")]
#[schema(as = NoticeChannel)]
pub enum Channel {
    /// The in-app inbox (hộp thư).
    Inbox,
    /// E-mail.
    Email,
    /// Text message.
    Sms,
}

impl Channel {
    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Channel::Inbox => "inbox",
            Channel::Email => "email",
            Channel::Sms => "sms",
        }
    }

    /// The inverse of [`Channel::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        [Channel::Inbox, Channel::Email, Channel::Sms]
            .into_iter()
            .find(|c| c.as_str() == text)
    }
}

/// Who is told.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Recipient {
    /// A person or organisation.
    Account(AccountId),
    /// Who filed at the counter and has no account: reached by mail and text message only.
    Contact(DossierId),
    /// Everyone who holds the role at the agency.
    Role {
        /// Agency code.
        agency: String,
        /// The role.
        role: Role,
    },
}

impl Recipient {
    /// The key in the store.
    pub fn key(&self) -> String {
        match self {
            Recipient::Account(id) => format!("account:{id}"),
            Recipient::Contact(dossier) => format!("contact:{dossier}"),
            Recipient::Role { agency, role } => format!("role:{}:{agency}", role_name(*role)),
        }
    }
}

/// The stable name of a role, as in tokens.
pub fn role_name(role: Role) -> &'static str {
    match role {
        Role::Citizen => "citizen",
        Role::Business => "business",
        Role::OneStopOfficer => "one_stop_officer",
        Role::Specialist => "specialist",
        Role::Leader => "leader",
        Role::RestrictedOfficer => "restricted_officer",
        Role::AgencyAdmin => "agency_admin",
        Role::ProvinceAdmin => "province_admin",
        Role::Integrator => "integrator",
        Role::PostOffice => "post_office",
    }
}

/// What a person chose. The defaults hold for who never chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preferences {
    /// Send e-mail.
    pub email: bool,
    /// Send text messages.
    pub sms: bool,
    /// Language; `None` = that of the dossier's contact.
    pub language: Option<Language>,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            email: true,
            sms: true,
            language: None,
        }
    }
}

/// What a dossier's events tell about it, kept for the events of its shipment, which do not carry it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DossierFacts {
    /// Name of the handling agency.
    pub agency_name: String,
    /// Name of the procedure.
    pub procedure_name: String,
    /// It is of restricted access.
    pub restricted: bool,
}

/// What a message is about; texts and times are formatted per language by [`super::render`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Params {
    /// The dossier.
    pub dossier_id: DossierId,
    /// Its number, once received.
    pub dossier_number: Option<String>,
    /// Procedure name.
    pub procedure_name: String,
    /// Agency name.
    pub agency_name: String,
    /// Where the dossier stands; `None` for news of a shipment.
    pub status: Option<DossierStatus>,
    /// Which desk has it now.
    pub desk: Option<Role>,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// When the result is due; for an alarm, what its clock runs to.
    pub due_at: Option<DateTime<Utc>>,
    /// The date promised before, when it was moved.
    pub earlier_due_at: Option<DateTime<Utc>>,
    /// The result is ready on a day before the promised one.
    pub early: bool,
    /// Reason given.
    pub reason: Option<String>,
    /// The result goes by post.
    pub by_post: bool,
    /// Postal item number.
    pub item_number: Option<String>,
    /// Who took the item.
    pub receiver_name: Option<String>,
    /// Invitations so far.
    pub invitations: u32,
    /// Name to address the person by.
    pub name: String,
}

/// One notice over one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Who.
    pub recipient: Recipient,
    /// How.
    pub channel: Channel,
    /// Where to, for e-mail and text messages.
    pub address: Option<String>,
    /// In which language.
    pub language: Language,
    /// Kind, as in the inbox item.
    pub kind: String,
    /// The message.
    pub template: Template,
    /// What it is about.
    pub params: Params,
}

/// The notices of a dossier's transition.
pub fn dossier(event: &DossierChanged, preferences: &Preferences) -> Vec<Notice> {
    let kind = event.command.clone();
    let params = Params {
        dossier_id: event.dossier_id,
        dossier_number: event.number.clone(),
        procedure_name: event.procedure_name.clone(),
        agency_name: event.agency_name.clone(),
        status: Some(event.status),
        desk: desk(event),
        at: event.at,
        due_at: event.due_at,
        earlier_due_at: event.earlier_due_at,
        early: event.status == DossierStatus::Done
            && Outcome::of(event.due_at, event.at) == Outcome::Early,
        reason: event.reason.clone(),
        by_post: event.return_way.method == ReturnMethod::Post,
        item_number: None,
        receiver_name: None,
        invitations: 0,
        name: event.contact.name.clone(),
    };
    let mut notices = Vec::new();
    if let Some(template) = applicant_template(event) {
        notices.extend(to_applicant(
            event.owner,
            &event.contact,
            preferences,
            &kind,
            template,
            &params,
        ));
    }
    let desks = officer_templates(event);
    let at = (event.agency_code.as_str(), event.restricted);
    notices.extend(to_desks(at, desks, &kind, &params));
    notices
}

/// The notices of a shipment's change. `known` is what the dossier's own events told before.
pub fn shipment(
    event: &ShipmentChanged,
    known: Option<&DossierFacts>,
    preferences: &Preferences,
) -> Vec<Notice> {
    let (name, applicant, officer) = match event.state {
        ShipmentState::Ready | ShipmentState::InTransit | ShipmentState::Cancelled => {
            return Vec::new();
        }
        ShipmentState::HandedToPost => ("handedToPost", Template::ShipmentHandedOver, None),
        ShipmentState::Invited => ("invited", Template::ShipmentInvited, None),
        ShipmentState::Delivered => ("delivered", Template::ShipmentDelivered, None),
        ShipmentState::ReturnedToAgency => (
            "returnedToAgency",
            Template::ShipmentReturned,
            Some(Template::OfficerShipmentReturned),
        ),
        ShipmentState::Lost => (
            "lost",
            Template::ShipmentLost,
            Some(Template::OfficerShipmentHarmed),
        ),
        ShipmentState::Damaged => (
            "damaged",
            Template::ShipmentDamaged,
            Some(Template::OfficerShipmentHarmed),
        ),
    };
    let kind = format!("shipment.{name}");
    let params = Params {
        dossier_id: event.dossier_id,
        dossier_number: Some(event.dossier_number.clone()),
        procedure_name: known.map_or_else(String::new, |k| k.procedure_name.clone()),
        agency_name: known.map_or_else(|| event.agency_code.clone(), |k| k.agency_name.clone()),
        status: None,
        desk: None,
        at: event.at,
        due_at: None,
        earlier_due_at: None,
        early: false,
        reason: None,
        by_post: true,
        item_number: event.item_number.clone(),
        receiver_name: event.receiver_name.clone(),
        invitations: event.invitations,
        name: event.contact.name.clone(),
    };
    let mut notices = to_applicant(
        event.owner,
        &event.contact,
        preferences,
        &kind,
        applicant,
        &params,
    );
    if let Some(template) = officer {
        let desks = [(Role::OneStopOfficer, template)];
        let restricted = known.is_some_and(|k| k.restricted);
        let at = (event.agency_code.as_str(), restricted);
        notices.extend(to_desks(at, desks, &kind, &params));
    }
    notices
}

/// The notices of a clock that came to a point: the leader and the one-stop desk before, at and after due (its head is one of its
/// officers: there is no role of the head alone, ADR 70); the applicant when it is the applicant who is waited for.
pub fn alarm(event: &DossierAlarm, preferences: &Preferences) -> Vec<Notice> {
    const HEADS: &[Role] = &[Role::Leader, Role::OneStopOfficer];
    const ALL: &[Role] = &[Role::Leader, Role::OneStopOfficer, Role::Specialist];
    const DESK: &[Role] = &[Role::OneStopOfficer];
    let (applicant, officers) = match event.kind {
        AlarmKind::CheckLate => (None, Some((HEADS, Template::OfficerCheckLate))),
        AlarmKind::AcknowledgeLate => (None, Some((HEADS, Template::OfficerAcknowledgeLate))),
        AlarmKind::ApologyDue => (None, Some((ALL, Template::OfficerApologyDue))),
        AlarmKind::DueSoon => (None, Some((ALL, Template::OfficerDueSoon))),
        AlarmKind::Due => (None, Some((ALL, Template::OfficerDue))),
        AlarmKind::Overdue => (None, Some((ALL, Template::OfficerOverdue))),
        AlarmKind::SupplementDue => (Some(Template::SupplementReminder), None),
        AlarmKind::PaymentOpen => (
            Some(Template::PaymentReminder),
            Some((DESK, Template::OfficerPaymentOpen)),
        ),
        AlarmKind::ResultWaiting => (
            Some(Template::ResultReminder),
            Some((DESK, Template::OfficerResultWaiting)),
        ),
        AlarmKind::PredecessorRevoked => (None, Some((ALL, Template::OfficerPredecessorRevoked))),
        AlarmKind::FeesPaid => (None, Some((HEADS, Template::OfficerFeesPaid))),
        AlarmKind::OriginalsKept => (
            Some(Template::OriginalsReminder),
            Some((DESK, Template::OfficerOriginalsKept)),
        ),
        AlarmKind::Idle => (None, Some((HEADS, Template::OfficerIdle))),
    };
    let kind = format!("alarm.{}", event.kind.as_str());
    let params = Params {
        dossier_id: event.dossier_id,
        dossier_number: event.number.clone(),
        procedure_name: event.procedure_name.clone(),
        agency_name: event.agency_name.clone(),
        status: Some(event.status),
        desk: None,
        at: event.at,
        due_at: event.due_at,
        earlier_due_at: None,
        early: false,
        reason: None,
        by_post: false,
        item_number: None,
        receiver_name: None,
        invitations: 0,
        name: event.contact.name.clone(),
    };
    let mut notices = Vec::new();
    if let Some(template) = applicant {
        notices.extend(to_applicant(
            event.owner,
            &event.contact,
            preferences,
            &kind,
            template,
            &params,
        ));
    }
    if let Some((roles, template)) = officers {
        let desks = roles.iter().map(|role| (*role, template));
        let at = (event.agency_code.as_str(), event.restricted);
        notices.extend(to_desks(at, desks, &kind, &params));
    }
    notices
}

/// Who is told in place of a desk: of a dossier of restricted access those who may see it without having taken part in it, and the leader
/// among them, since nobody need hold the other role. The desk as a whole learns nothing of it.
fn who(role: Role, restricted: bool) -> Vec<Role> {
    match (restricted, role) {
        (true, Role::Leader) | (false, _) => vec![role],
        (true, _) => vec![Role::RestrictedOfficer, Role::Leader],
    }
}

/// What the applicant is told: every change of the public state (NĐ 224/2026 art. 15(1)(g)), and the answer to each command of
/// their own. Internal steps are not news to them.
fn applicant_template(event: &DossierChanged) -> Option<Template> {
    match event.command.as_str() {
        "supplement" => return Some(Template::Supplemented),
        "confirm-payment" | "pay-fee" => return Some(Template::PaymentConfirmed),
        "ask-fee" => return Some(Template::FeeAsked),
        "exempt-fee" => return Some(Template::FeeExempt),
        "refund-fee" => return Some(Template::FeeRefunded),
        "message-applicant" => return Some(Template::Message),
        "apologise" => return Some(Template::Apology),
        // Only a date that the applicant was given is news.
        "give-time-back" => return event.earlier_due_at.map(|_| Template::TimeGivenBack),
        "reopen" => return Some(Template::Reopened),
        "correct" => return Some(Template::Corrected),
        _ => {}
    }
    if event.from == Some(event.status) {
        return None;
    }
    Some(match event.status {
        DossierStatus::New => Template::Filed,
        DossierStatus::Received => Template::Received,
        DossierStatus::NotReceived => Template::NotReceived,
        DossierStatus::InProgress => Template::InProgress,
        DossierStatus::SupplementRequested => Template::SupplementRequested,
        DossierStatus::PaymentRequested => Template::PaymentRequested,
        DossierStatus::Withdrawn => Template::Withdrawn,
        DossierStatus::Stopped => Template::Stopped,
        DossierStatus::Done if event.refusal => Template::Refused,
        DossierStatus::Done => Template::Done,
        DossierStatus::Returned => Template::Returned,
    })
}

/// Which inboxes of the agency are told.
fn officer_templates(event: &DossierChanged) -> Vec<(Role, Template)> {
    let mut out = match event.command.as_str() {
        "file" => vec![(Role::OneStopOfficer, Template::OfficerNew)],
        "supplement" => vec![(
            if event.status == DossierStatus::InProgress {
                Role::Specialist
            } else {
                Role::OneStopOfficer
            },
            Template::OfficerSupplemented,
        )],
        "withdraw" => vec![(Role::OneStopOfficer, Template::OfficerWithdrawn)],
        "message-agency" => vec![(
            if event.status == DossierStatus::InProgress {
                Role::Specialist
            } else {
                Role::OneStopOfficer
            },
            Template::OfficerMessage,
        )],
        "hand-on" => vec![(Role::OneStopOfficer, Template::OfficerNew)],
        "receive" => vec![(Role::Specialist, Template::OfficerHandle)],
        "send-back" => vec![(Role::Specialist, Template::OfficerSentBack)],
        "confirm-payment" => vec![(Role::Specialist, Template::OfficerPaid)],
        "propose" => vec![(Role::Leader, Template::OfficerApprove)],
        // Opened again before it was received it lies at the desk, else with the specialist.
        "reopen" if event.status == DossierStatus::New => {
            vec![(Role::OneStopOfficer, Template::OfficerNew)]
        }
        "reopen" | "correct" => vec![(Role::Specialist, Template::OfficerHandle)],
        _ => Vec::new(),
    };
    let desk_told = out.iter().any(|(role, _)| *role == Role::OneStopOfficer);
    if event.status == DossierStatus::Done && event.from != Some(DossierStatus::Done) && !desk_told
    {
        out.push((
            Role::OneStopOfficer,
            match event.return_way.method {
                ReturnMethod::Post => Template::OfficerDonePost,
                ReturnMethod::Counter => Template::OfficerDoneCounter,
            },
        ));
    }
    out
}

/// Who has the dossier after the transition, as the law's notice must say.
fn desk(event: &DossierChanged) -> Option<Role> {
    match event.status {
        DossierStatus::New
        | DossierStatus::NotReceived
        | DossierStatus::SupplementRequested
        | DossierStatus::Done
        | DossierStatus::Returned => Some(Role::OneStopOfficer),
        DossierStatus::Received | DossierStatus::PaymentRequested => Some(Role::Specialist),
        DossierStatus::InProgress => Some(if event.command == "propose" {
            Role::Leader
        } else {
            Role::Specialist
        }),
        DossierStatus::Withdrawn | DossierStatus::Stopped => None,
    }
}

fn to_applicant(
    owner: AccountId,
    contact: &Contact,
    preferences: &Preferences,
    kind: &str,
    template: Template,
    params: &Params,
) -> Vec<Notice> {
    let recipient = if owner.0.is_nil() {
        Recipient::Contact(params.dossier_id)
    } else {
        Recipient::Account(owner)
    };
    let notice = |channel, address| Notice {
        recipient: recipient.clone(),
        channel,
        address,
        language: preferences.language.unwrap_or(contact.language),
        kind: kind.to_owned(),
        template,
        params: params.clone(),
    };
    let mut out = Vec::new();
    if matches!(recipient, Recipient::Account(_)) {
        out.push(notice(Channel::Inbox, None));
    }
    if let Some(email) = contact.email.as_ref().filter(|_| preferences.email) {
        out.push(notice(Channel::Email, Some(email.clone())));
    }
    if let Some(phone) = contact
        .phone
        .as_ref()
        .filter(|_| preferences.sms && template.has_sms())
    {
        out.push(notice(Channel::Sms, Some(phone.clone())));
    }
    out
}

/// The inboxes of desks of an agency, each told once; of a dossier that is of restricted access or not.
fn to_desks(
    (agency, restricted): (&str, bool),
    desks: impl IntoIterator<Item = (Role, Template)>,
    kind: &str,
    params: &Params,
) -> Vec<Notice> {
    let mut told = Vec::new();
    let mut out = Vec::new();
    for (desk, template) in desks {
        for role in who(desk, restricted) {
            if !told.contains(&role) {
                told.push(role);
                out.push(to_role(agency, role, kind, template, params));
            }
        }
    }
    out
}

fn to_role(agency: &str, role: Role, kind: &str, template: Template, params: &Params) -> Notice {
    Notice {
        recipient: Recipient::Role {
            agency: agency.to_owned(),
            role,
        },
        channel: Channel::Inbox,
        address: None,
        // Officers work in Vietnamese.
        language: Language::Vi,
        kind: kind.to_owned(),
        template,
        params: params.clone(),
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
