//! Filing a dossier (nộp hồ sơ): online by the applicant, or at the counter by a one-stop officer for what was brought or sent.
//!
//! The form is sent whole, without a script. When the API refuses it, the form comes back with each error at its field, with
//! everything typed, and with the uploaded files kept by their ids. A hidden key makes a double click one dossier.

use super::filing_fields::{PAPERS, field_of, labelled};
use super::filing_parts::{self, AUTHORISATION, Return, Who};
use super::procedures::may_file;
use super::{clock, papers, places};
use crate::api::ApiError;
use crate::api::types::{
    Agency, Attach, Component, Me, NewApplicant, NewDossier, NewRepresentative, NewReturn,
    Procedure,
};
use crate::ctx::Ctx;
use crate::error::{PageError, see_other};
use crate::form::{Fields, Submission};
use crate::i18n::Tr;
use crate::shell::{Page, Section, html};
use crate::view::{ACCEPT, Errors, Field, FileField};
use actix_multipart::Multipart;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, post, web};
use askama::Template;
use contracts::{Address, ReturnMethod, SubjectKind};
use futures_util::future::join;
use kit::http::Query;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use uuid::Uuid;

#[derive(Template)]
#[template(path = "filing.html")]
struct Filing {
    page: Page,
    procedure: Procedure,
    errors: Vec<(String, String)>,
    problem: String,
    key: String,
    /// Why there is no desk to choose; empty when there is one.
    no_desk: &'static str,
    agency: Field,
    /// The agency that helps to file.
    support: Field,
    /// The kiosk that the form is filled in at.
    kiosk: String,
    who: Who,
    form_limits: String,
    groups: Vec<Group>,
    back: Return,
    /// Where the form is sent to.
    action: String,
    /// At the counter: channel, minutes and their signing.
    counter: Option<[Field; 3]>,
    compared: bool,
}

/// The papers of one case.
pub(super) struct Group {
    pub(super) title: String,
    pub(super) notes: Vec<String>,
    pub(super) files: Vec<FileField>,
}

/// Where the form is filled in: a kiosk opens it with its name.
#[derive(Deserialize)]
struct Asked {
    kiosk: Option<String>,
}

#[get("/nop-ho-so/{id}")]
pub(super) async fn blank(
    ctx: Ctx,
    id: web::Path<String>,
    asked: Query<Asked>,
) -> Result<HttpResponse, PageError> {
    if ctx.signed_in()?.officer {
        return at_the_counter(&ctx, &id).await;
    }
    let (procedure, me) = join(ctx.api().procedure_for_form(&id), ctx.api().me()).await;
    let procedure = procedure.map_err(|e| ctx.refuse(e))?;
    if !may_file(&procedure) {
        return Ok(see_other(&format!("/thu-tuc/{}", procedure.id)));
    }
    let mut fields = known(&ctx, me)?;
    if let Some(kiosk) = asked.0.kiosk {
        fields.set("kiosk", kiosk);
    }
    let submission = Submission {
        fields,
        ..Submission::default()
    };
    show(
        &ctx,
        StatusCode::OK,
        procedure,
        &submission,
        Errors::default(),
    )
    .await
}

/// What is known of the person, for a form that is empty yet.
pub(super) fn known(ctx: &Ctx, me: Result<Me, ApiError>) -> Result<Fields, PageError> {
    let mut fields = Fields::default();
    match me {
        Ok(me) => {
            fields.set("name", me.name);
            fields.set("phone", local_phone(&me.phone.unwrap_or_default()));
            fields.set("email", me.email.unwrap_or_default());
            fields.set("identityNumber", me.identity_number.unwrap_or_default());
            let business = me.roles.iter().any(|r| r == "business");
            fields.set("kind", if business { "business" } else { "citizen" });
        }
        Err(ApiError::Refused(refusal)) if refusal.status == 401 => {
            return Err(PageError::SignIn(ctx.path.clone()));
        }
        // The form can be filled in by hand.
        Err(error) => tracing::warn!(%error, "form not filled in advance"),
    }
    Ok(fields)
}

/// The empty form for an officer: nothing is known of who stands there.
async fn at_the_counter(ctx: &Ctx, id: &str) -> Result<HttpResponse, PageError> {
    let procedure = ctx
        .api()
        .procedure_for_form(id)
        .await
        .map_err(|e| ctx.refuse(e))?;
    let form = Submission::default();
    show(ctx, StatusCode::OK, procedure, &form, Errors::default()).await
}

/// `0912345678` for `+84912345678`: as people write it.
pub(super) fn local_phone(phone: &str) -> String {
    phone
        .strip_prefix("+84")
        .map_or_else(|| phone.to_owned(), |rest| format!("0{rest}"))
}

#[post("/nop-ho-so/{id}")]
pub(super) async fn send(
    ctx: Ctx,
    id: web::Path<String>,
    parts: Multipart,
) -> Result<HttpResponse, PageError> {
    let page = format!("/nop-ho-so/{id}");
    let mut form = Submission::read(&ctx, parts)
        .await
        .map_err(|e| super::inbox::back(e, &page))?;
    let procedure = ctx
        .api()
        .procedure_for_form(&id)
        .await
        .map_err(|e| PageError::of(e, &page))?;
    let key = match form.fields.get("key").parse::<Uuid>() {
        Ok(key) => key.to_string(),
        Err(_not_ours) => new_key(&ctx),
    };
    form.fields.set("key", key.clone());
    let t = ctx.t;
    if form.away {
        return away(&ctx, procedure, &form).await;
    }
    if form.fields.has("refresh") {
        let note = Errors {
            problem: t.communes_changed().to_owned(),
            ..upload_errors(&form)
        };
        return show(&ctx, StatusCode::OK, procedure, &form, note).await;
    }
    if form.any_refused() {
        return show(
            &ctx,
            StatusCode::UNPROCESSABLE_ENTITY,
            procedure,
            &form,
            upload_errors(&form),
        )
        .await;
    }
    let slots: Vec<String> = papers(&procedure)
        .into_iter()
        .map(|(slot, _)| slot)
        .collect();
    let attached: Vec<(String, String)> = slots
        .iter()
        .filter_map(|slot| Some((slot.clone(), form.file(slot)?.id)))
        .collect();
    let officer = ctx.signed_in()?.officer;
    if officer && form.fields.get("channel") == "postal" && clock::minutes(&form.fields).is_none() {
        let mut errors = upload_errors(&form);
        errors.add("minutesSignedAt", t.time_invalid());
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return show(&ctx, status, procedure, &form, errors).await;
    }
    let dossier = dossier(&ctx, &procedure, &form, &attached, officer);
    match ctx.api().file(&dossier, &key).await {
        Ok(filed) if officer => Ok(see_other(&format!("/mot-cua/ho-so/{}", filed.id))),
        Ok(filed) => Ok(see_other(&format!("/ho-so/{}?moi=1", filed.id))),
        Err(ApiError::Away(cause)) => {
            tracing::warn!(cause, "dossier not filed");
            away(&ctx, procedure, &form).await
        }
        Err(ApiError::Refused(refusal)) if refusal.code == "idempotency.key-reused" => {
            // The same form with other contents: only on purpose, so under a new key and after a warning.
            form.fields.set("key", new_key(&ctx));
            let errors = Errors {
                problem: t.already_filed().to_owned(),
                ..Errors::default()
            };
            show(&ctx, StatusCode::CONFLICT, procedure, &form, errors).await
        }
        Err(ApiError::Refused(refusal)) if !matches!(refusal.status, 401 | 403 | 404) => {
            let mut errors = Errors::of(&refusal, |pointer| field_of(pointer, &attached));
            if refusal.errors.iter().any(|e| e.code == "component.missing") {
                name_missing_papers(&ctx, &procedure, &form, &mut errors);
            }
            let status =
                StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
            show(&ctx, status, procedure, &form, errors).await
        }
        Err(refused) => Err(PageError::of(refused, &page)),
    }
}

pub(super) fn new_key(ctx: &Ctx) -> String {
    ctx.app.rt.ids.uuid(ctx.app.rt.clock.now()).to_string()
}

async fn away(
    ctx: &Ctx,
    procedure: Procedure,
    form: &Submission,
) -> Result<HttpResponse, PageError> {
    let errors = Errors {
        problem: ctx.t.away_kept().to_owned(),
        ..upload_errors(form)
    };
    show(
        ctx,
        StatusCode::SERVICE_UNAVAILABLE,
        procedure,
        form,
        errors,
    )
    .await
}

pub(super) fn upload_errors(form: &Submission) -> Errors {
    let mut errors = Errors::default();
    for (slot, upload) in &form.uploads {
        if let Err(refusal) = upload {
            errors.add(&format!("file-{slot}"), refusal.text());
        }
    }
    errors
}

/// Each required paper without a file gets its own error, in place of the one for the whole list.
fn name_missing_papers(ctx: &Ctx, procedure: &Procedure, form: &Submission, errors: &mut Errors) {
    errors.fields.retain(|(field, _)| field != PAPERS);
    for (slot, paper) in papers(procedure) {
        if paper.required && form.file(&slot).is_none() {
            errors.add(
                &format!("file-{slot}"),
                format!("{}: {}", ctx.t.field_missing(), paper.name),
            );
        }
    }
}

/// The papers to attach, each once, with the name of its picker.
pub(super) fn papers(procedure: &Procedure) -> Vec<(String, &Component)> {
    let mut seen = BTreeSet::new();
    procedure
        .components
        .iter()
        .flat_map(|case| &case.components)
        .filter(|c| !c.note && seen.insert(c.id.clone()))
        .map(|c| (c.id.clone(), c))
        .collect()
}

pub(super) fn dossier(
    ctx: &Ctx,
    procedure: &Procedure,
    form: &Submission,
    attached: &[(String, String)],
    officer: bool,
) -> NewDossier {
    let fields = &form.fields;
    let text = |name: &str| fields.get(name).to_owned();
    let address = |province: &str, commune: &str, street: &str| Address {
        province_code: text(province),
        commune_code: text(commune),
        street: text(street),
    };
    let post = fields.get("returnMethod") == "post";
    let mut answers = Map::new();
    if let Some(notes) = fields.some("notes") {
        answers.insert("notes".to_owned(), Value::String(notes));
    }
    NewDossier {
        procedure_id: procedure.id.clone(),
        agency_code: text("agencyCode"),
        channel: match (officer, fields.get("channel")) {
            (false, _) => "online",
            (true, "postal") => "postal",
            (true, _) => "direct",
        },
        applicant: NewApplicant {
            kind: match fields.get("kind") {
                "business" => SubjectKind::Business,
                "organisation" => SubjectKind::Organisation,
                _ => SubjectKind::Citizen,
            },
            name: text("name"),
            identity_number: fields.some("identityNumber"),
            tax_code: fields.some("taxCode"),
            phone: text("phone"),
            email: fields.some("email"),
            address: address("provinceCode", "communeCode", "street"),
        },
        answers,
        attachments: attached
            .iter()
            .map(|(slot, file)| Attach {
                component_id: slot.clone(),
                file_id: file.clone(),
            })
            .collect(),
        return_way: if post {
            NewReturn {
                method: ReturnMethod::Post,
                receiver_name: fields.some("returnReceiverName"),
                receiver_phone: fields.some("returnReceiverPhone"),
                address: Some(address(
                    "returnProvinceCode",
                    "returnCommuneCode",
                    "returnStreet",
                )),
            }
        } else {
            NewReturn {
                method: ReturnMethod::Counter,
                receiver_name: None,
                receiver_phone: None,
                address: None,
            }
        },
        language: ctx.t.0,
        kiosk: fields.some("kiosk").filter(|_| !officer),
        support_agency_code: fields.some("supportAgencyCode"),
        minutes: if officer {
            clock::minutes(fields)
        } else {
            None
        },
        representative: fields
            .some("representativeName")
            .map(|name| NewRepresentative {
                name,
                identity_number: text("representativeIdentityNumber"),
                phone: text("representativePhone"),
                // Without one the API names the field.
                file_id: form
                    .file(AUTHORISATION)
                    .map_or_else(|| Uuid::nil().to_string(), |file| file.id),
                valid_to: fields.get("representativeValidTo").parse().ok(),
            }),
        compared: officer && fields.has("compared"),
    }
}

/// Shows the form, empty or again.
async fn show(
    ctx: &Ctx,
    status: StatusCode,
    procedure: Procedure,
    form: &Submission,
    mut errors: Errors,
) -> Result<HttpResponse, PageError> {
    let t = ctx.t;
    let fields = &form.fields;
    let (agencies, parts) = join(
        ctx.api().agencies(&procedure.id),
        filing_parts::build(ctx, form, &errors),
    )
    .await;
    if agencies.is_err() || parts.away {
        let problem = &mut errors.problem;
        *problem = if problem.is_empty() {
            t.lists_away().to_owned()
        } else {
            format!("{problem} {}", t.lists_away())
        };
    }
    let agencies = agencies.map(|a| a.items);
    let no_desk = no_desk(t, agencies.as_deref().ok());
    let agencies: Vec<Agency> = agencies.unwrap_or_default();
    let at = |field: &str| errors.at(field);
    let input =
        |name: &str, label: &str| Field::text(t, name, label, fields.get(name)).error(at(name));
    let store = papers::store(ctx).await;
    let groups = groups(ctx, &procedure, form, (&errors, &store), "");
    let officer = ctx.signed_in()?.officer;
    let page = Filing {
        key: match fields.get("key") {
            "" => new_key(ctx),
            key => key.to_owned(),
        },
        no_desk,
        agency: agency_field(ctx, "agencyCode", &agencies, form, &errors),
        support: support_field(ctx, &agencies, form, &errors),
        kiosk: fields.get("kiosk").to_owned(),
        form_limits: t.form_limits(ctx.app.settings.max_form_bytes),
        groups,
        who: parts.who,
        back: parts.back,
        action: format!("/nop-ho-so/{}", procedure.id),
        counter: officer.then(|| {
            let channels = [("direct", t.clock_direct()), ("postal", t.clock_postal())]
                .map(|(value, label)| (value.to_owned(), label.to_owned()));
            [
                Field::select(
                    t,
                    "channel",
                    t.channel_label(),
                    fields.get("channel"),
                    channels.to_vec(),
                )
                .error(at("channel")),
                input("minutesNumber", t.minutes_number_label()),
                input("minutesSignedAt", t.minutes_signed_label()).input("datetime-local"),
            ]
        }),
        compared: fields.has("compared"),
        page: Page::new(ctx, Section::Procedures, t.filing_title())
            .at(&format!("/nop-ho-so/{}", procedure.id)),
        procedure,
        errors: labelled(t, errors.fields),
        problem: errors.problem,
    };
    html(status, &page)
}

/// What to say where there is no desk to choose: the list is away, or nobody on it takes dossiers. Empty where there is one.
pub(super) fn no_desk(t: Tr, agencies: Option<&[Agency]>) -> &'static str {
    match agencies {
        None => t.agencies_away(),
        Some(list) if !list.iter().any(|a| a.reception) => t.no_agency(),
        Some(_) => "",
    }
}

/// The desk to file at: the competent one, wherever the form is filled in.
pub(super) fn agency_field(
    ctx: &Ctx,
    name: &str,
    agencies: &[Agency],
    form: &Submission,
    errors: &Errors,
) -> Field {
    let options = places::agencies(ctx, agencies);
    let chosen = form.fields.get(name);
    Field::select(ctx.t, name, ctx.t.agency_label(), chosen, options)
        .required()
        .error(errors.at(name))
}

/// Who helps to file (nơi hỗ trợ, phi địa giới): no one, unless one is chosen.
pub(super) fn support_field(
    ctx: &Ctx,
    agencies: &[Agency],
    form: &Submission,
    errors: &Errors,
) -> Field {
    let (t, name) = (ctx.t, "supportAgencyCode");
    let none = (String::new(), t.support_none().to_owned());
    let desks = agencies.iter().map(|a| (a.code.clone(), a.name.clone()));
    let options = std::iter::once(none).chain(desks).collect();
    Field::select(t, name, t.support_label(), form.fields.get(name), options)
        .hint(t.support_hint())
        .error(errors.at(name))
}

/// The pickers of a procedure's papers; `prefix` keeps those of several procedures on one form apart.
pub(super) fn groups(
    ctx: &Ctx,
    procedure: &Procedure,
    form: &Submission,
    (errors, store): (&Errors, &[(String, String)]),
    prefix: &str,
) -> Vec<Group> {
    let t = ctx.t;
    let mut shown = BTreeSet::new();
    procedure
        .components
        .iter()
        .map(|case| Group {
            title: case.case.clone(),
            notes: case
                .components
                .iter()
                .filter(|c| c.note)
                .map(|c| c.name.clone())
                .collect(),
            files: case
                .components
                .iter()
                .filter(|c| !c.note && shown.insert(c.id.clone()))
                .map(|c| (format!("{prefix}{}", c.id), c))
                .map(|(slot, c)| FileField {
                    t,
                    label: if c.name.is_empty() {
                        t.paper_unnamed().to_owned()
                    } else {
                        c.name.clone()
                    },
                    hint: Some(t.quantities(&c.originals, &c.copies)),
                    limits: t.file_limits(ctx.app.settings.max_file_bytes),
                    required: c.required,
                    error: errors
                        .at(&format!("file-{slot}"))
                        .or_else(|| form.file_error(&slot)),
                    kept: form.file(&slot),
                    accept: ACCEPT,
                    store: store.to_vec(),
                    slot,
                })
                .collect(),
        })
        .filter(|g| !(g.files.is_empty() && g.notes.is_empty()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_are_shown_as_people_write_them() {
        assert_eq!(local_phone("+84912345678"), "0912345678");
        assert_eq!(local_phone("0912"), "0912");
        assert_eq!(local_phone("+1 555"), "+1 555");
    }
}
