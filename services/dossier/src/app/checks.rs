//! What is filed, looked at piece by piece: each fault is noted by its pointer, and the next piece is looked at all the same.

use super::App;
use super::filing::{Filing, GivenRepresentative, reference};
use super::messages::attachment;
use crate::domain::dossier::{Intake, Minutes, Representative};
use crate::error::{Error, code};
use crate::store::copies::{self, Commune};
use crate::store::files;
use chrono::{DateTime, Duration, NaiveDate, Utc};
use contracts::events::{AgencyChanged, ProcedureChanged};
use contracts::problem::shared;
use contracts::{
    Actor, Address, Applicant, Channel, Code, ProcedureId, ReturnMethod, ReturnWay, SubjectKind,
};
use durable::Tx;
use kit::FieldError;
use vn::cccd::Cccd;
use vn::mst::TaxCode;
use vn::phone::Phone;

/// How long ago the minutes of a hand-over by the post office may have been signed.
const OLDEST_MINUTES: Duration = Duration::days(30);
/// Longest names, streets.
const TEXT: usize = 200;

/// Whether the desk of an agency accepts a procedure. Where either copy does not say (kept by an earlier release), it does: the
/// catalogue has offered it, and the desk still checks.
fn accepts(agency: &AgencyChanged, procedure: &ProcedureChanged) -> bool {
    match (&agency.desk, &procedure.accepted_at) {
        // No desk is the empty tier, which no procedure names.
        (Some(tier), Some(tiers)) => tiers.contains(tier),
        (None, _) | (_, None) => true,
    }
}

/// What was found wrong so far.
pub(super) struct Checks<'a> {
    pub(super) tx: &'a Tx,
    /// In Việt Nam.
    pub(super) today: NaiveDate,
    pub(super) wrong: Vec<FieldError>,
}

impl Checks<'_> {
    pub(super) fn refuse(&mut self, pointer: impl Into<String>, code: Code) {
        self.wrong.push(FieldError::of(pointer, code));
    }

    pub(super) async fn procedure(
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
    pub(super) async fn agency(
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
    pub(super) async fn intake(
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
    pub(super) async fn representative(
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
        let found = files::own(self.tx, &app.rt, actor, &[given.file])
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

    pub(super) async fn applicant(&mut self, given: Applicant) -> Result<Applicant, Error> {
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

    pub(super) async fn return_way(&mut self, given: ReturnWay) -> Result<ReturnWay, Error> {
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
            Commune::Valid(_) => {}
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
