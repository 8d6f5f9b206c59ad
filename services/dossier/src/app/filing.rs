//! Filing: everything that is given is checked against the local copies, all of it at once, each fault by its pointer.

use super::checks::Checks;
use super::commands::{attach, vn_day};
use super::{App, View};
use crate::domain::dossier::{AgencyRef, Group, Link};
use crate::domain::fee;
use crate::domain::state::filed;
use crate::domain::term::Calendar;
use crate::domain::{By, CommandKind, Details, Dossier, Personal, ProcedureSnapshot, alarm};
use crate::error::{Error, code};
use crate::store::files::{self, Kind};
use crate::store::{dossiers, fees, journal, processes};
use chrono::{DateTime, NaiveDate, SubsecRound as _, Utc};
use contracts::events::{AgencyChanged, ProcedureChanged};
use contracts::problem::shared;
use contracts::{
    Actor, Applicant, Channel, DossierId, DossierStatus, FileId, Language, Permission, ProcedureId,
    ReturnWay,
};
use durable::{Tx, publish};
use kit::{FieldError, Problem};
use serde_json::{Map, Value};

/// What the obligation from a published fee is called.
const FEE_TITLE: &str = "Phí, lệ phí theo thủ tục";
/// Largest set of answers, bytes of JSON.
const ANSWERS: usize = 64 * 1024;
/// Most files of one dossier.
const ATTACHMENTS: usize = 100;

/// What is filed.
#[derive(Clone, Debug)]
pub(crate) struct Filing {
    pub(crate) procedure_id: ProcedureId,
    pub(crate) agency_code: String,
    pub(crate) channel: Channel,
    pub(crate) applicant: Applicant,
    pub(crate) answers: Map<String, Value>,
    pub(crate) attachments: Vec<(String, FileId)>,
    pub(crate) return_way: ReturnWay,
    pub(crate) language: Language,
    pub(crate) came: Came,
}

/// How it came in, beyond the channel.
#[derive(Clone, Debug, Default)]
pub(crate) struct Came {
    /// Number and signing of the minutes of a hand-over by the post office.
    pub(crate) minutes: Option<(String, DateTime<Utc>)>,
    /// The kiosk.
    pub(crate) kiosk: Option<String>,
    /// Agency that helped the applicant to file.
    pub(crate) support_agency: Option<String>,
    /// Who files for the applicant.
    pub(crate) representative: Option<GivenRepresentative>,
    /// At the counter and by post: the scans were compared with the originals.
    pub(crate) compared: bool,
}

/// Who files for the applicant, as given.
#[derive(Clone, Debug)]
pub(crate) struct GivenRepresentative {
    pub(crate) name: String,
    pub(crate) identity_number: String,
    pub(crate) phone: String,
    /// The authorisation, an own upload.
    pub(crate) file: FileId,
    pub(crate) valid_to: Option<NaiveDate>,
}

/// Files a dossier, in the caller's transaction.
///
/// # Errors
/// Every wrong field at once.
pub(crate) async fn file(app: &App, tx: &Tx, actor: &Actor, filing: Filing) -> Result<View, Error> {
    file_linked(app, tx, actor, filing, None).await
}

/// The same for one of several that are filed together.
///
/// # Errors
/// Every wrong field at once.
pub(crate) async fn file_linked(
    app: &App,
    tx: &Tx,
    actor: &Actor,
    filing: Filing,
    link: Option<Link>,
) -> Result<View, Error> {
    let owns = actor.can(Permission::DossierFile);
    channel_is_open(actor, &filing)?;
    let now = app.rt.clock.now().trunc_subsecs(6);
    let mut checks = Checks {
        tx,
        today: vn_day(now),
        wrong: Vec::new(),
    };
    let procedure = checks
        .procedure(filing.procedure_id, filing.channel)
        .await?;
    let agency = checks
        .agency(&filing.agency_code, procedure.as_ref())
        .await?;
    let calendar = agency.as_ref().map(|a| a.calendar.clone());
    let agency = agency.map(reference);
    let (intake, submitted_at) = checks
        .intake(actor, &filing, procedure.as_ref(), now)
        .await?;
    let representative = checks
        .representative(app, actor, filing.came.representative.as_ref())
        .await?;
    let applicant = checks.applicant(filing.applicant).await?;
    let return_way = checks.return_way(filing.return_way).await?;
    let answers = serde_json::to_string(&filing.answers).map_or(usize::MAX, |json| json.len());
    if answers > ANSWERS {
        checks.refuse("/answers", shared::FIELD_TOO_LONG);
    }
    if filing.attachments.len() > ATTACHMENTS {
        checks.refuse("/attachments", shared::FIELD_TOO_LONG);
    }
    let components = procedure
        .as_ref()
        .map(|p| p.components.clone())
        .unwrap_or_default();
    let mut wrong = checks.wrong;
    // Without a procedure nothing can be said of its components.
    let attachments = if procedure.is_some() && filing.attachments.len() <= ATTACHMENTS {
        let attachments =
            attach(app, tx, actor, &components, &filing.attachments, &mut wrong).await?;
        // At the counter the papers themselves are there.
        if filing.channel == Channel::Online {
            let missing = components.iter().filter(|c| {
                c.required && !c.note && !filing.attachments.iter().any(|(id, _)| id == &c.id)
            });
            for component in missing {
                wrong.push(FieldError::new(
                    "/attachments",
                    code::COMPONENT_MISSING,
                    format!("Thiếu: {}", component.name),
                    format!("Missing: {}", component.name),
                ));
            }
        }
        attachments
    } else {
        Vec::new()
    };
    let (Some(procedure), Some(agency), Some(calendar), true) =
        (procedure, agency, calendar, wrong.is_empty())
    else {
        return Err(Problem::invalid(wrong).into());
    };
    let restricted = procedure.restricted;
    let procedure = snapshot(procedure, filing.channel);
    let id = DossierId(app.rt.ids.uuid(now));
    let owed = fee::published(id, &procedure.fees, FEE_TITLE, now.trunc_subsecs(6));
    let process = processes::newest(&**tx, processes::DEFAULT).await?;
    let step = process.first().map(|s| s.id.clone()).unwrap_or_default();
    let dossier = Dossier {
        id,
        owner: owns.then_some(actor.subject),
        version: 1,
        number: None,
        status: DossierStatus::New,
        step,
        process: process.reference.clone(),
        agency,
        channel: filing.channel,
        submitted_at,
        received_at: None,
        due_at: None,
        check_due_at: None,
        check_late: false,
        ended_at: None,
        outcome: None,
        first_outcome: None,
        alarm: None,
        assignee: None,
        restricted,
        personal: Personal {
            applicant,
            answers: filing.answers,
            return_way,
            hand_over: None,
            representative,
        },
        details: Details {
            procedure,
            language: filing.language,
            attachments,
            term_from: None,
            check_from: None,
            pauses: Vec::new(),
            assignee_name: None,
            supplements: 0,
            supplement: None,
            payment: None,
            fees: owed,
            originals: Vec::new(),
            proposal: None,
            result: None,
            intake,
            first_due_at: None,
            apology: None,
            ended_in: None,
            withdrawn_results: Vec::new(),
            incidents: Vec::new(),
            group: link.map(|link| Group {
                link,
                held: link.after.is_some(),
                acknowledge_by: None,
                revoked_at: None,
            }),
            pseudonymised_at: None,
        },
    };
    let mut dossier = dossier;
    let calendar = Calendar::of(&calendar, app.config.clocks);
    // What waits for another one has no clock yet.
    if !dossier.held() {
        dossier.details.check_from = Some(now);
        dossier.check_due_at = Some(calendar.check(now));
        if let Some(group) = &mut dossier.details.group {
            group.acknowledge_by = Some(calendar.acknowledge(now));
        }
    }
    dossier.alarm = alarm::first(&dossier, &calendar, now);
    let transition = filed(dossier, By::Person(actor), now);
    let dossier = transition.dossier;
    dossiers::insert(tx, &app.rt, &dossier).await?;
    if let Some(representative) = &dossier.personal.representative {
        files::attach(
            tx,
            dossier.id,
            representative.file.file_id,
            Kind::Attachment,
            now,
        )
        .await?;
    }
    for attachment in &dossier.details.attachments {
        files::attach(tx, dossier.id, attachment.file_id, Kind::Attachment, now).await?;
    }
    fees::note_references(tx, dossier.id, &[], &dossier.details.fees).await?;
    let entry = journal::append(tx, &dossier, transition.entry).await?;
    publish(tx, &app.rt, &dossier.event(&entry, None)).await?;
    Ok(View {
        dossier,
        process,
        journal: vec![entry],
    })
}

/// Applicants file online; an officer files what was brought or sent to the own desk.
fn channel_is_open(actor: &Actor, filing: &Filing) -> Result<(), Problem> {
    if actor.can(Permission::DossierFile) {
        if filing.channel == Channel::Online {
            return Ok(());
        }
        return Err(Problem::invalid(vec![FieldError::new(
            "/channel",
            shared::FIELD_INVALID,
            "Người nộp chỉ nộp trực tuyến; kênh khác do cán bộ một cửa lập",
            "Applicants file online; a one-stop officer files for the other channels",
        )]));
    }
    if filing.channel == Channel::Online {
        return Err(Problem::invalid(vec![FieldError::new(
            "/channel",
            shared::FIELD_INVALID,
            "Cán bộ một cửa lập hồ sơ nộp trực tiếp hoặc qua bưu chính",
            "A one-stop officer files for the counter or the post",
        )]));
    }
    // For another agency only what any desk may take, which the procedure says: see [`Checks::intake`].
    if actor.agency.is_some() {
        Ok(())
    } else {
        Err(Problem::new(shared::FORBIDDEN).extra("command", CommandKind::File.name()))
    }
}

pub(super) fn reference(agency: AgencyChanged) -> AgencyRef {
    AgencyRef {
        code: agency.code,
        name: agency.name,
    }
}

fn snapshot(procedure: ProcedureChanged, channel: Channel) -> ProcedureSnapshot {
    // Several cases may differ in term; the first that can be computed is the one that is promised.
    let mut methods: Vec<_> = procedure
        .methods
        .into_iter()
        .filter(|m| m.channel == channel)
        .collect();
    methods.sort_by_key(|m| m.term.is_none() && m.sequence.is_empty());
    let method = methods.into_iter().next();
    ProcedureSnapshot {
        id: procedure.procedure_id,
        version: procedure.version,
        code: procedure.code,
        name: procedure.name,
        field: procedure.field,
        term: method.as_ref().and_then(|m| m.term),
        sequence: method
            .as_ref()
            .map(|m| m.sequence.clone())
            .unwrap_or_default(),
        cut_off: method.as_ref().and_then(|m| m.cut_off),
        term_text: method
            .as_ref()
            .map(|m| m.term_text.clone())
            .unwrap_or_default(),
        components: procedure.components,
        fees: method.map(|m| m.fees).unwrap_or_default(),
    }
}
