//! Filing: everything that is given is checked against the local copies, all of it at once, each fault by its pointer.

use super::commands::{attach, vn_day};
use super::messages::attachment;
use super::{App, View, view};
use crate::domain::dossier::{AgencyRef, Group, Intake, Link, Minutes, Representative};
use crate::domain::fee;
use crate::domain::state::filed;
use crate::domain::term::Calendar;
use crate::domain::{By, CommandKind, Details, Dossier, Personal, ProcedureSnapshot, alarm};
use crate::error::{Error, code};
use crate::store::copies::{self, Commune};
use crate::store::files::{self, Kind};
use crate::store::{dossiers, fees, journal, processes};
use chrono::{DateTime, Duration, NaiveDate, SubsecRound as _, Utc};
use contracts::events::{AgencyChanged, ProcedureChanged};
use contracts::problem::shared;
use contracts::{
    Actor, Address, Applicant, Channel, Code, DossierId, DossierStatus, FileId, Language,
    Permission, ProcedureId, ReturnMethod, ReturnWay, SubjectKind,
};
use durable::{Tx, publish};
use kit::{FieldError, Problem};
use serde_json::{Map, Value};
use vn::cccd::Cccd;
use vn::mst::TaxCode;
use vn::phone::Phone;

/// What the obligation from a published fee is called.
const FEE_TITLE: &str = "Phí, lệ phí theo thủ tục";
/// How long ago the minutes of a hand-over by the post office may have been signed.
const OLDEST_MINUTES: Duration = Duration::days(30);
/// Longest names, streets.
const TEXT: usize = 200;
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
        process: process.reference,
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
            }),
            pseudonymised_at: None,
        },
    };
    let mut dossier = dossier;
    let calendar = Calendar::of(&calendar, app.config.clocks);
    // What waits for another one has no clock yet.
    if !dossier.held() {
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
    Ok(view(&**tx, dossier).await?)
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

fn reference(agency: AgencyChanged) -> AgencyRef {
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

/// Whether the desk of an agency accepts a procedure. Where either copy does not say (kept by an earlier release), it does: the
/// catalogue has offered it, and the desk still checks.
fn accepts(agency: &AgencyChanged, procedure: &ProcedureChanged) -> bool {
    match (&agency.desk, &procedure.accepted_at) {
        // No desk is the empty tier, which no procedure names.
        (Some(tier), Some(tiers)) => tiers.contains(tier),
        (None, _) | (_, None) => true,
    }
}

struct Checks<'a> {
    tx: &'a Tx,
    today: NaiveDate,
    wrong: Vec<FieldError>,
}

impl Checks<'_> {
    fn refuse(&mut self, pointer: impl Into<String>, code: Code) {
        self.wrong.push(FieldError::of(pointer, code));
    }

    async fn procedure(
        &mut self,
        id: ProcedureId,
        channel: Channel,
    ) -> Result<Option<ProcedureChanged>, Error> {
        let found = copies::procedure(&**self.tx, id)
            .await?
            .filter(|p| p.active);
        match &found {
            None => self.refuse("/procedureId", code::PROCEDURE_UNKNOWN),
            Some(p) if !p.methods.iter().any(|m| m.channel == channel) => {
                self.refuse("/channel", code::CHANNEL_NOT_OFFERED);
            }
            Some(_) => {}
        }
        Ok(found)
    }

    /// The agency exists, and its desk accepts the procedure (when that is known): the tier that executes it.
    async fn agency(
        &mut self,
        agency_code: &str,
        procedure: Option<&ProcedureChanged>,
    ) -> Result<Option<AgencyChanged>, Error> {
        let found = copies::agency(&**self.tx, agency_code)
            .await?
            .filter(|a| a.active);
        match (&found, procedure) {
            (None, _) => self.refuse("/agencyCode", code::AGENCY_UNKNOWN),
            (Some(agency), Some(procedure)) if !accepts(agency, procedure) => {
                self.refuse("/agencyCode", code::AGENCY_NOT_COMPETENT);
            }
            (Some(_), _) => {}
        }
        Ok(found)
    }

    /// How it came in, and when: what comes by post was filed when its minutes were signed (QĐ 45/2016 art. 7).
    async fn intake(
        &mut self,
        actor: &Actor,
        filing: &Filing,
        procedure: Option<&ProcedureChanged>,
        now: DateTime<Utc>,
    ) -> Result<(Intake, DateTime<Utc>), Error> {
        let came = &filing.came;
        let mut intake = Intake::default();
        let mut submitted_at = now;
        match (&came.minutes, filing.channel) {
            (Some((number, signed_at)), Channel::Postal) => {
                let number = self.text("/minutes/number", number);
                if *signed_at > now || *signed_at < now - OLDEST_MINUTES {
                    self.refuse("/minutes/signedAt", code::MINUTES_TIME);
                }
                submitted_at = *signed_at;
                intake.minutes = Some(Minutes {
                    number,
                    signed_at: *signed_at,
                });
            }
            (None, Channel::Postal) => self.refuse("/minutes", shared::FIELD_REQUIRED),
            (Some(_), Channel::Online | Channel::Direct) => {
                self.refuse("/minutes", shared::FIELD_INVALID);
            }
            (None, Channel::Online | Channel::Direct) => {}
        }
        if let Some(kiosk) = &came.kiosk {
            if filing.channel == Channel::Online {
                intake.kiosk = Some(self.text("/kiosk", kiosk));
            } else {
                self.refuse("/kiosk", shared::FIELD_INVALID);
            }
        }
        let scanned = !filing.attachments.is_empty() && filing.channel != Channel::Online;
        if scanned && !came.compared {
            // NĐ 118/2025 art. 17(1): scanned and compared with what was brought.
            self.refuse("/compared", code::NOT_COMPARED);
        }
        if let Some(code) = &came.support_agency {
            match copies::agency(&**self.tx, code).await? {
                Some(agency) => intake.support = Some(reference(agency)),
                None => self.refuse("/supportAgencyCode", code::AGENCY_UNKNOWN),
            }
        }
        let own = actor.agency.as_deref();
        if filing.channel != Channel::Online && own != Some(filing.agency_code.as_str()) {
            if procedure.is_some_and(|p| !p.non_territorial) {
                self.refuse("/agencyCode", code::NOT_ANYWHERE);
            }
            match copies::agency(&**self.tx, own.unwrap_or_default()).await? {
                Some(agency) => intake.receiving = Some(reference(agency)),
                None => self.refuse("/agencyCode", code::AGENCY_UNKNOWN),
            }
        }
        Ok((intake, submitted_at))
    }

    /// Who files for the applicant, with an authorisation that holds today.
    async fn representative(
        &mut self,
        app: &App,
        actor: &Actor,
        given: Option<&GivenRepresentative>,
    ) -> Result<Option<Representative>, Error> {
        let Some(given) = given else {
            return Ok(None);
        };
        let name = self.name("/representative/name", &given.name);
        let identity_number = match Cccd::parse(given.identity_number.trim()) {
            Ok(number) => number.as_str().to_owned(),
            Err(_) => {
                self.refuse("/representative/identityNumber", shared::CCCD_INVALID);
                String::new()
            }
        };
        let phone = self.phone("/representative/phone", &given.phone);
        if given.valid_to.is_some_and(|last| last < self.today) {
            self.refuse("/representative/validTo", code::AUTHORISATION_ENDED);
        }
        let found = files::own(self.tx, &app.rt, actor.subject, &[given.file])
            .await?
            .pop();
        let usable = found
            .ok_or(code::FILE_UNKNOWN)
            .and_then(files::StoredFile::usable);
        let file = match usable {
            Ok(file) => file,
            Err(why) => {
                self.refuse("/representative/fileId", why);
                return Ok(None);
            }
        };
        Ok(Some(Representative {
            name,
            identity_number,
            phone,
            file: attachment(file),
            valid_to: given.valid_to,
        }))
    }

    async fn applicant(&mut self, given: Applicant) -> Result<Applicant, Error> {
        let name = self.name("/applicant/name", &given.name);
        let person = match given.kind {
            SubjectKind::Citizen => true,
            SubjectKind::Business | SubjectKind::Organisation => false,
        };
        let identity_number = match given.identity_number.as_deref().map(str::trim) {
            None | Some("") => {
                if person {
                    self.refuse("/applicant/identityNumber", shared::FIELD_REQUIRED);
                }
                None
            }
            Some(number) => match Cccd::parse(number) {
                Ok(number) => Some(number.as_str().to_owned()),
                Err(_) => {
                    self.refuse("/applicant/identityNumber", shared::CCCD_INVALID);
                    None
                }
            },
        };
        let tax_code = match given.tax_code.as_deref().map(str::trim) {
            None | Some("") => {
                if !person {
                    self.refuse("/applicant/taxCode", shared::FIELD_REQUIRED);
                }
                None
            }
            Some(number) => match TaxCode::parse(number) {
                Ok(number) => Some(number.as_str().to_owned()),
                Err(_) => {
                    self.refuse("/applicant/taxCode", shared::TAX_CODE_INVALID);
                    None
                }
            },
        };
        let phone = self.phone("/applicant/phone", &given.phone);
        let email = match given.email.as_deref().map(str::trim) {
            None | Some("") => None,
            Some(email) if is_email(email) => Some(email.to_owned()),
            Some(_) => {
                self.refuse("/applicant/email", shared::EMAIL_INVALID);
                None
            }
        };
        let address = self.address("/applicant/address", given.address).await?;
        Ok(Applicant {
            kind: given.kind,
            name,
            identity_number,
            tax_code,
            phone,
            email,
            address,
        })
    }

    async fn return_way(&mut self, given: ReturnWay) -> Result<ReturnWay, Error> {
        match given.method {
            // Nothing else is of use at the counter, so nothing else is kept.
            ReturnMethod::Counter => Ok(ReturnWay {
                method: ReturnMethod::Counter,
                receiver_name: None,
                receiver_phone: None,
                address: None,
            }),
            ReturnMethod::Post => {
                let receiver_name = given
                    .receiver_name
                    .filter(|n| !n.trim().is_empty())
                    .map(|n| self.name("/return/receiverName", &n));
                let receiver_phone = given
                    .receiver_phone
                    .filter(|p| !p.trim().is_empty())
                    .map(|p| self.phone("/return/receiverPhone", &p));
                let address = match given.address {
                    Some(address) => Some(self.address("/return/address", address).await?),
                    None => {
                        self.refuse("/return/address", shared::FIELD_REQUIRED);
                        None
                    }
                };
                Ok(ReturnWay {
                    method: ReturnMethod::Post,
                    receiver_name,
                    receiver_phone,
                    address,
                })
            }
        }
    }

    /// A one-line text that must say something.
    fn text(&mut self, pointer: &str, given: &str) -> String {
        let text = vn::text::clean(given)
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        if text.is_empty() {
            self.refuse(pointer, shared::FIELD_REQUIRED);
        } else if text.chars().count() > TEXT {
            self.refuse(pointer, shared::FIELD_TOO_LONG);
        }
        text
    }

    /// A name of a person or body: what nobody sees is taken out, what shows something else than it is, is refused.
    fn name(&mut self, pointer: &str, given: &str) -> String {
        let name = self.text(pointer, given);
        if vn::text::is_deceptive(&name) {
            self.refuse(pointer, code::NAME_DECEPTIVE);
        }
        name
    }

    fn phone(&mut self, pointer: &str, given: &str) -> String {
        if let Ok(phone) = Phone::parse(given) {
            return phone.as_str().to_owned();
        }
        let empty = given.trim().is_empty();
        self.refuse(
            pointer,
            if empty {
                shared::FIELD_REQUIRED
            } else {
                shared::PHONE_INVALID
            },
        );
        String::new()
    }

    async fn address(&mut self, pointer: &str, given: Address) -> Result<Address, Error> {
        let street = self.text(&format!("{pointer}/street"), &given.street);
        let (province, commune) = (&given.province_code, &given.commune_code);
        match copies::commune(&**self.tx, province, commune, self.today).await? {
            Commune::Valid { .. } => {}
            Commune::Ended(on) => self.wrong.push(FieldError::new(
                format!("{pointer}/communeCode"),
                shared::COMMUNE_ENDED,
                format!(
                    "Mã cấp xã này hết hiệu lực sau ngày {}",
                    on.format("%d/%m/%Y")
                ),
                format!("This commune code ended on {on}"),
            )),
            Commune::Unknown => {
                self.refuse(format!("{pointer}/communeCode"), shared::COMMUNE_UNKNOWN);
            }
        }
        Ok(Address { street, ..given })
    }
}

/// The shape of an address that mail can go to; whether it arrives is for the mail to find out.
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let label = |l: &str| {
        !l.is_empty()
            && l.len() <= 63
            && !l.starts_with('-')
            && !l.ends_with('-')
            && l.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    text.len() <= 254
        && !local.is_empty()
        && local.len() <= 64
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && local
            .chars()
            .all(|c| c.is_alphanumeric() || "!#$%&'*+/=?^_`{|}~.-".contains(c))
        && domain.contains('.')
        && domain.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::is_email;

    #[test]
    fn mail_addresses() {
        for good in ["an@example.vn", "a.b+c@sub.example.com", "x@a-b.vn"] {
            assert!(is_email(good), "{good}");
        }
        for bad in [
            "",
            "an",
            "an@",
            "@example.vn",
            "an@example",
            "a b@example.vn",
            "an@-x.vn",
            "an@x..vn",
            ".an@x.vn",
            "a..n@x.vn",
            "an@x.vn\r\nBcc: y@z.vn",
            "an@@x.vn",
        ] {
            assert!(!is_email(bad), "{bad}");
        }
    }
}
