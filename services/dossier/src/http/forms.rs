//! The statutory forms of a dossier as PDF.

use crate::app::commands::vn_day;
use crate::app::{App, View};
use crate::domain::act::Act;
use crate::domain::term::may_apologise;
use crate::domain::{CommandKind, Entry};
use crate::error::{Error, code};
use crate::forms;
use crate::store::access::What;
use crate::store::copies;
use actix_web::http::header;
use actix_web::{HttpResponse, get, web};
use chrono::{DateTime, Utc};
use contracts::events::AgencyChanged;
use contracts::{ActorKind, Address, Channel, DossierId, DossierStatus, Language, ReturnMethod};
use kit::Problem;
use kit::auth::{Allowed, perm};
use kit::http::Path;
use serde_json::Value;
use uuid::Uuid;
use vn::worktime::Outcome;

/// A form of a dossier.
#[utoipa::path(
    get, path = "/api/v1/dossiers/{id}/forms/{form}.pdf", tag = "dossiers", operation_id = "getForm",
    summary = "Biểu mẫu hồ sơ · A statutory form",
    description = "`receipt` (01 Giấy tiếp nhận hồ sơ và hẹn trả kết quả), `supplement-request` (02), `refusal` (03), \
        `apology` (04 Văn bản xin lỗi và đề nghị gia hạn), `stop-notice` (05 Thông báo dừng giải quyết hồ sơ), and for officers \
        `apology-draft` (04, while it may still be sent) and `control-slip` (06 Phiếu kiểm soát quá trình giải quyết).",
    params(
        ("id" = Uuid, Path, description = "Id of the dossier", example = "019a8c1e-0000-7000-8000-000000000001"),
        ("form" = String, Path, description = "Name of the form", example = "receipt"),
    ),
    responses(
        (status = 200, description = "The form", body = Vec<u8>, content_type = "application/pdf"),
    ),
    security(("bearer" = ["dossier.read"])),
)]
#[get("/api/v1/dossiers/{id}/forms/{form}.pdf")]
pub(crate) async fn get_form(
    caller: Allowed<perm::DossierRead>,
    app: web::Data<App>,
    path: Path<(Uuid, String)>,
) -> Result<HttpResponse, Problem> {
    let (id, form) = path.0;
    let actor = caller.actor();
    let view = app.read(actor, DossierId(id), What::Form).await?;
    let number = view.dossier.number.clone();
    let name = number.unwrap_or_else(|| view.dossier.id.to_string());
    let paper = Paper::load(&app, view).await?;
    let officer = actor.kind == ActorKind::Officer;
    let wanted = form.clone();
    let now = app.rt.clock.now();
    // Setting type is work for the processor: not on the thread that answers requests.
    let pdf = web::block(move || match wanted.as_str() {
        "receipt" => paper.receipt(),
        "supplement-request" => paper.supplement_request(),
        "refusal" => paper.refusal(),
        "apology" => paper.apology(),
        "stop-notice" => paper.stop_notice(),
        "apology-draft" if officer => paper.apology_draft(now),
        "control-slip" if officer => paper.control_slip(),
        _ => None,
    })
    .await
    .map_err(Problem::internal)?
    .ok_or_else(|| Problem::new(code::FORM_NOT_AVAILABLE))?
    .map_err(Problem::internal)?;
    Ok(pdf_named(&format!("{name}-{form}"), pdf))
}

/// What a PDF may do that the browser shows: nothing. A sandbox would keep the browser's own PDF reader from opening; the reader runs apart
/// from the page and its origin. Where it were taken for a page all the same, nothing is loaded, run, sent or framed.
pub(super) const SHOWN_PDF: &str =
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// No page of another origin embeds it.
pub(super) const SAME_ORIGIN: (&str, &str) = ("cross-origin-resource-policy", "same-origin");

/// A PDF of this name, shown by the browser and kept by nobody.
pub(super) fn pdf_named(name: &str, pdf: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/pdf")
        .insert_header((
            header::CONTENT_DISPOSITION,
            format!("inline; filename=\"{name}.pdf\""),
        ))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CONTENT_SECURITY_POLICY, SHOWN_PDF))
        .insert_header(SAME_ORIGIN)
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .body(pdf)
}

/// What the forms of one dossier are made from.
pub(super) struct Paper {
    view: View,
    agency: Option<AgencyChanged>,
    address: String,
    lookup_url: Option<String>,
}

type Made = Option<Result<Vec<u8>, forms::FormError>>;

impl Paper {
    pub(super) async fn load(app: &App, view: View) -> Result<Self, Error> {
        let d = &view.dossier;
        let db = app.db.read();
        let agency = copies::agency(db, &d.agency.code).await?;
        let address = &d.personal.applicant.address;
        let place = copies::place(db, address, vn_day(d.submitted_at)).await?;
        let address = one_line(address, place.as_deref());
        // The public look-up does not answer for a dossier of restricted access.
        let lookup_url = (!d.restricted).then(|| {
            let number = d.number.as_deref().unwrap_or_default();
            app.config.links.tracking.replace("{number}", number)
        });
        Ok(Self {
            view,
            agency,
            address,
            lookup_url,
        })
    }

    /// The last entry of a command.
    fn last(&self, kind: CommandKind) -> Option<&Entry> {
        self.view.journal.iter().rfind(|e| e.command == kind.name())
    }

    pub(super) fn view(&self) -> &View {
        &self.view
    }

    pub(super) fn head(&self, entry: &Entry) -> forms::Head {
        let d = &self.view.dossier;
        let applicant = &d.personal.applicant;
        let agency = self.agency.as_ref();
        let text =
            |get: fn(&AgencyChanged) -> &String| agency.map(|a| get(a).clone()).unwrap_or_default();
        forms::Head {
            parent_name: text(|a| &a.parent_name),
            agency_name: d.agency.name.clone(),
            agency_address: text(|a| &a.address),
            agency_phone: text(|a| &a.phone),
            place: String::new(),
            number: d.number.clone(),
            lookup_url: self.lookup_url.clone(),
            issued_at: entry.at,
            officer: entry.actor_name.clone(),
            applicant: applicant.name.clone(),
            applicant_address: self.address.clone(),
            applicant_phone: applicant.phone.clone(),
            applicant_email: applicant.email.clone().unwrap_or_default(),
            content: d.details.procedure.name.clone(),
        }
    }

    fn receipt(&self) -> Made {
        let d = &self.view.dossier;
        let entry = self.last(CommandKind::Receive)?;
        let details = &d.details;
        let counter = d.channel != Channel::Online;
        let papers = details
            .procedure
            .components
            .iter()
            .filter(|c| !c.note)
            .filter_map(|c| {
                let files = details
                    .attachments
                    .iter()
                    .filter(|a| a.component_id.as_ref() == Some(&c.id))
                    .count();
                let copies = u32::try_from(files).unwrap_or(u32::MAX);
                match (files, counter) {
                    (0, false) => None,
                    // At the counter the papers themselves were counted against the published list.
                    (0, true) => Some(forms::Paper {
                        name: c.name.clone(),
                        originals: c.originals,
                        copies: c.copies,
                    }),
                    _ => Some(forms::Paper {
                        name: c.name.clone(),
                        originals: 0,
                        copies,
                    }),
                }
            })
            .collect();
        // A clock that stands has not taken the promised date back.
        let suspended = || {
            let supplement = details
                .supplement
                .as_ref()
                .filter(|s| s.answered_at.is_none());
            let payment = details
                .payment
                .as_ref()
                .filter(|p| p.confirmed_at.is_none());
            supplement
                .and_then(|s| s.suspended_due_at)
                .or_else(|| payment.and_then(|p| p.suspended_due_at))
        };
        let channel = match d.channel {
            Channel::Online if details.intake.kiosk.is_some() => "Trực tuyến tại ki-ốt",
            Channel::Online => "Trực tuyến",
            Channel::Direct => "Trực tiếp",
            Channel::Postal => "Bưu chính công ích",
        };
        let return_way = match d.personal.return_way.method {
            ReturnMethod::Counter => {
                // Where it was handed in, for another agency too (phi địa giới).
                let place = details.intake.receiving.as_ref().unwrap_or(&d.agency);
                format!("Trực tiếp tại {}", place.name)
            }
            ReturnMethod::Post => "Qua dịch vụ bưu chính công ích".to_owned(),
        };
        let form = forms::Receipt {
            head: self.head(entry),
            papers,
            term: details.procedure.term.map_or_else(
                || details.procedure.term_text.clone(),
                |term| term.text(vn::Lang::Vi),
            ),
            representative: d
                .personal
                .representative
                .as_ref()
                .map(|r| r.name.clone())
                .unwrap_or_default(),
            received_at: details.term_from.or(d.received_at).unwrap_or(entry.at),
            due_at: d.due_at.or_else(suspended),
            channel: channel.to_owned(),
            return_way,
        };
        Some(forms::receipt(&form))
    }

    fn supplement_request(&self) -> Made {
        let details = &self.view.dossier.details;
        let supplement = details.supplement.as_ref()?;
        let entry = self.last(CommandKind::RequestSupplement)?;
        let component = |id: &Option<String>| {
            let found = details
                .procedure
                .components
                .iter()
                .find(|c| Some(&c.id) == id.as_ref());
            found.map(|c| c.name.clone()).unwrap_or_default()
        };
        let items = supplement
            .items
            .iter()
            .map(|i| forms::Item {
                component: component(&i.component_id),
                content: i.content.clone(),
                guidance: i.guidance.clone().unwrap_or_default(),
            })
            .collect();
        let form = forms::SupplementRequest {
            head: self.head(entry),
            items,
            reason: supplement.reason.clone(),
            answer_by: Some(supplement.due_at),
        };
        Some(forms::supplement_request(&form))
    }

    /// The letter as it was sent.
    fn apology(&self) -> Made {
        let entry = self.last(CommandKind::Apologise)?;
        let apology = self.view.dossier.details.apology.as_ref()?;
        Some(forms::apology(&forms::Apology {
            head: self.head(entry),
            received_at: self.view.dossier.received_at?,
            old_due_at: apology.old_due_at,
            reason: Some(apology.reason.clone()),
            new_due_at: Some(apology.due_at),
        }))
    }

    /// The letter to be filled in and signed, while it may still be sent.
    fn apology_draft(&self, now: DateTime<Utc>) -> Made {
        let d = &self.view.dossier;
        let old_due_at = d.due_at.filter(|due| may_apologise(*due, now))?;
        let open = matches!(
            d.status,
            DossierStatus::Received | DossierStatus::InProgress
        );
        if !open || d.details.apology.is_some() {
            return None;
        }
        let mut head = self.head(self.last(CommandKind::Receive)?);
        head.officer = String::new();
        head.issued_at = now;
        Some(forms::apology(&forms::Apology {
            head,
            received_at: d.received_at?,
            old_due_at,
            reason: None,
            new_due_at: None,
        }))
    }

    fn stop_notice(&self) -> Made {
        let d = &self.view.dossier;
        let withdrawn = match d.status {
            DossierStatus::Withdrawn => true,
            DossierStatus::Stopped => false,
            _ => return None,
        };
        let entry = self.last(if withdrawn {
            CommandKind::Withdraw
        } else {
            CommandKind::Stop
        })?;
        let step = self.view.process.step(&d.step);
        let payment = d.details.payment.as_ref();
        Some(forms::stop_notice(&forms::StopNotice {
            head: self.head(entry),
            stage: step.map_or_else(|| d.step.clone(), |s| s.name(Language::Vi).to_owned()),
            reason: entry.reason.clone().unwrap_or_default(),
            withdrawn,
            paid: payment
                .filter(|p| p.confirmed_at.is_some())
                .map(|p| p.amount),
        }))
    }

    fn refusal(&self) -> Made {
        let d = &self.view.dossier;
        let after_examination = d.details.result.as_ref().is_some_and(|r| r.refusal)
            && matches!(d.status, DossierStatus::Done | DossierStatus::Returned);
        let entry = self.last(if after_examination {
            CommandKind::Approve
        } else {
            CommandKind::Refuse
        })?;
        let reason = entry.reason.clone().unwrap_or_default();
        Some(forms::refusal(&forms::Refusal {
            head: self.head(entry),
            reason,
        }))
    }

    fn control_slip(&self) -> Made {
        let received = self.last(CommandKind::Receive)?;
        let process = &self.view.process;
        let journal = &self.view.journal;
        let outcomes = match outcomes(journal, self.view.dossier.outcome) {
            Ok(outcomes) => outcomes,
            Err(error) => return Some(Err(error.into())),
        };
        let hand_overs = journal
            .iter()
            .zip(outcomes)
            .map(|(e, outcome)| forms::HandOver {
                at: e.at,
                giver: e.actor_name.clone(),
                receiver: process
                    .step(&e.step)
                    .map_or_else(|| e.step.clone(), |s| s.name(Language::Vi).to_owned()),
                done: title(&e.command),
                outcome: outcome.map(forms::outcome_in_words).unwrap_or_default(),
                remark: e.reason.clone().unwrap_or_default(),
            })
            .collect();
        Some(forms::control_slip(&forms::ControlSlip {
            head: self.head(received),
            hand_overs,
        }))
    }
}

/// What a command or act is called.
fn title(command: &str) -> String {
    let acts = || Act::ALL.into_iter().find(|act| act.name() == command);
    CommandKind::parse(command)
        .map(CommandKind::title_vi)
        .or_else(|| acts().map(Act::title_vi))
        .unwrap_or(command)
        .to_owned()
}

/// How each hand-over kept the date that held when it was made, by the calendar date: the check against its eight working hours, the
/// steps after it against the promised date. None where no clock of the agency ran or an entry of an earlier release does not say.
/// How the last approval is counted is known: it knows of incidents.
///
/// # Errors
/// When the data of an entry cannot be read.
fn outcomes(
    journal: &[Entry],
    counted: Option<Outcome>,
) -> serde_json::Result<Vec<Option<Outcome>>> {
    use CommandKind as C;
    let last = journal.iter().rposition(|e| e.command == C::Approve.name());
    let mut due: Option<DateTime<Utc>> = None;
    let mut out = Vec::with_capacity(journal.len());
    for (n, entry) in journal.iter().enumerate() {
        let data: Value = serde_json::from_str(&entry.data)?;
        let instant = |name: &str| -> Option<DateTime<Utc>> {
            data.get(name).and_then(Value::as_str)?.parse().ok()
        };
        let kind = C::parse(&entry.command);
        out.push(match kind {
            Some(C::Receive) => instant("checkDueAt").map(|by| {
                if entry.at <= by {
                    Outcome::OnTime
                } else {
                    Outcome::Late
                }
            }),
            Some(C::Approve) if last == Some(n) && counted.is_some() => counted,
            Some(C::StartHandling | C::Propose | C::SendBack | C::Approve) => {
                due.map(|due| Outcome::of(Some(due), entry.at))
            }
            _ => None,
        });
        match kind {
            Some(
                C::Receive
                | C::Supplement
                | C::ConfirmPayment
                | C::Apologise
                | C::Reopen
                | C::Correct
                | C::GiveTimeBack,
            ) => due = instant("dueAt"),
            Some(C::RequestSupplement | C::RequestPayment) => due = None,
            _ => {}
        }
    }
    Ok(out)
}

/// Street and place; `place`: commune and province in words, where they are known.
pub(super) fn one_line(address: &Address, place: Option<&str>) -> String {
    place.map_or_else(
        || address.street.clone(),
        |place| [address.street.as_str(), place].join(", "),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use Outcome::{Early, Late, OnTime};
    use serde_json::json;

    fn entry(command: &str, at: &str, data: &Value) -> Entry {
        Entry {
            dossier_id: DossierId(Uuid::nil()),
            seq: 1,
            at: at.parse().expect("an instant"),
            actor_id: None,
            actor_name: "Lê Thị Cúc".to_owned(),
            actor_role: "one_stop_officer".to_owned(),
            agency: None,
            command: command.to_owned(),
            from: None,
            to: DossierStatus::InProgress,
            step: "handling".to_owned(),
            reason: None,
            data: data.to_string(),
            prev_hash: String::new(),
            hash: String::new(),
        }
    }

    #[test]
    fn each_hand_over_is_held_against_the_date_that_held_then() {
        let due = |day: u32| json!({"dueAt": format!("2026-11-{day}T10:00:00Z")});
        let received =
            json!({"checkDueAt": "2026-11-17T02:00:00Z", "dueAt": "2026-11-18T10:00:00Z"});
        let nothing = json!({});
        let journal = [
            entry("file", "2026-11-16T02:00:00Z", &nothing),
            entry("receive", "2026-11-17T02:00:01Z", &received),
            entry("ask-fee", "2026-11-17T03:00:00Z", &nothing),
            entry("start-handling", "2026-11-17T03:00:00Z", &nothing),
            entry("apologise", "2026-11-17T04:00:00Z", &due(20)),
            entry("propose", "2026-11-20T04:00:00Z", &nothing),
            entry("send-back", "2026-11-21T04:00:00Z", &nothing),
            entry("request-payment", "2026-11-21T05:00:00Z", &nothing),
            entry("propose", "2026-11-21T06:00:00Z", &nothing),
            entry("confirm-payment", "2026-11-22T05:00:00Z", &due(25)),
            entry("approve", "2026-11-23T05:00:00Z", &nothing),
        ];
        let told = outcomes(&journal, Some(Late)).expect("JSON");
        assert_eq!(
            told,
            [
                None,
                Some(Late),
                None,
                Some(Early),
                None,
                Some(OnTime),
                Some(Late),
                None,
                // The clock stands.
                None,
                None,
                // As it is counted, not as the last date alone would have it.
                Some(Late),
            ]
        );
        // What an earlier release wrote says less, and nothing false.
        let old = [entry("receive", "2026-11-17T02:00:01Z", &due(18))];
        assert_eq!(outcomes(&old, None).expect("JSON"), [None]);
        // What cannot be read is no empty column.
        let mut broken = entry("receive", "2026-11-17T02:00:01Z", &nothing);
        broken.data = "{".to_owned();
        assert!(outcomes(&[broken], None).is_err());
        assert_eq!(title("pay-fee"), "Ghi nhận đã nộp phí, lệ phí");
        assert_eq!(title("approve"), "Phê duyệt kết quả");
        assert_eq!(title("what-comes-later"), "what-comes-later");
    }
}
