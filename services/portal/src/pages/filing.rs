//! Filing a dossier (nộp hồ sơ): online by the applicant, or at the counter by a one-stop officer for what was brought or sent.
//!
//! The form is sent whole, without a script. When the API refuses it, the form comes back with each error at its field, with
//! everything typed, and with the uploaded files kept by their ids. A hidden key makes a double click one dossier.

use super::procedures::may_file;
use super::{clock, papers, places};
use crate::api::ApiError;
use crate::api::types::{
    Agency, Attach, Component, Named, NewApplicant, NewDossier, NewRepresentative, NewReturn,
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
use futures_util::future::{join, join4};
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
    agencies_empty: bool,
    agency: Field,
    kind: Field,
    name: Field,
    identity_number: Field,
    tax_code: Field,
    phone: Field,
    email: Field,
    province: Field,
    commune: Field,
    street: Field,
    notes: Field,
    form_limits: String,
    groups: Vec<Group>,
    post: bool,
    receiver_name: Field,
    receiver_phone: Field,
    return_province: Field,
    return_commune: Field,
    return_street: Field,
    /// Where the form is sent to.
    action: String,
    /// At the counter: channel, minutes and their signing.
    counter: Option<[Field; 3]>,
    compared: bool,
    /// Name, identity number, phone and last day of who files for the applicant.
    representative: [Field; 4],
    authorisation: FileField,
}

/// The picker of the authorisation.
const AUTHORISATION: &str = "authorisation";

/// The papers of one case.
struct Group {
    title: String,
    notes: Vec<String>,
    files: Vec<FileField>,
}

#[get("/nop-ho-so/{id}")]
pub(super) async fn blank(ctx: Ctx, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    if ctx.signed_in()?.officer {
        return at_the_counter(&ctx, &id).await;
    }
    let (procedure, me) = join(ctx.api().procedure_for_form(&id), ctx.api().me()).await;
    let procedure = procedure.map_err(|e| ctx.refuse(e))?;
    if !may_file(&procedure) {
        return Ok(see_other(&format!("/thu-tuc/{}", procedure.id)));
    }
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
fn local_phone(phone: &str) -> String {
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

fn new_key(ctx: &Ctx) -> String {
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

fn upload_errors(form: &Submission) -> Errors {
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

/// The section of papers, for an error that no single picker stands for.
const PAPERS: &str = "s4";
/// The section of the way of return.
const RETURN: &str = "s5";

/// Which field of the form a JSON Pointer into the request stands for.
fn field_of(pointer: &str, attached: &[(String, String)]) -> Option<String> {
    let known = match pointer {
        "/agencyCode" => "agencyCode",
        "/applicant/kind" => "kind",
        "/applicant/name" => "name",
        "/applicant/identityNumber" => "identityNumber",
        "/applicant/taxCode" => "taxCode",
        "/applicant/phone" => "phone",
        "/applicant/email" => "email",
        "/applicant/address/provinceCode" => "provinceCode",
        "/applicant/address/communeCode" | "/applicant/address" => "communeCode",
        "/applicant/address/street" => "street",
        "/return/receiverName" => "returnReceiverName",
        "/return/receiverPhone" => "returnReceiverPhone",
        "/return/address/provinceCode" => "returnProvinceCode",
        "/return/address/communeCode" | "/return/address" => "returnCommuneCode",
        "/return/address/street" => "returnStreet",
        "/channel" => "channel",
        "/minutes" | "/minutes/number" => "minutesNumber",
        "/minutes/signedAt" => "minutesSignedAt",
        "/compared" => "compared",
        "/representative/name" => "representativeName",
        "/representative/identityNumber" => "representativeIdentityNumber",
        "/representative/phone" => "representativePhone",
        "/representative/validTo" => "representativeValidTo",
        "/representative/fileId" => "file-authorisation",
        "/attachments" => PAPERS,
        _ if pointer.starts_with("/return") => RETURN,
        _ if pointer.starts_with("/answers") => "notes",
        _ => {
            let n: usize = pointer
                .strip_prefix("/attachments/")?
                .split('/')
                .next()?
                .parse()
                .ok()?;
            return attached.get(n).map(|(slot, _)| format!("file-{slot}"));
        }
    };
    Some(known.to_owned())
}

/// The papers to attach, each once, with the name of its picker.
fn papers(procedure: &Procedure) -> Vec<(String, &Component)> {
    let mut seen = BTreeSet::new();
    procedure
        .components
        .iter()
        .flat_map(|case| &case.components)
        .filter(|c| !c.note && seen.insert(c.id.clone()))
        .map(|c| (c.id.clone(), c))
        .collect()
}

fn dossier(
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
    let default = |name: &str| match fields.get(name) {
        "" if !fields.has(name) => ctx.app.settings.province_code.as_str(),
        chosen => chosen,
    };
    let (own, other) = (default("provinceCode"), default("returnProvinceCode"));
    let (agencies, provinces, communes, return_communes) = join4(
        ctx.api().agencies(&procedure.id),
        places::provinces(ctx),
        places::communes(ctx, own),
        places::communes(ctx, other),
    )
    .await;
    if agencies.is_err() || provinces.is_empty() {
        let problem = &mut errors.problem;
        *problem = if problem.is_empty() {
            t.lists_away().to_owned()
        } else {
            format!("{problem} {}", t.lists_away())
        };
    }
    let agencies_empty = agencies.as_ref().is_ok_and(|a| a.items.is_empty());
    let agencies: Vec<Agency> = agencies.map(|a| a.items).unwrap_or_default();
    let at = |field: &str| errors.at(field);
    let input =
        |name: &str, label: &str| Field::text(t, name, label, fields.get(name)).error(at(name));
    let select = |name: &str, label: &str, value: &str, list: &[Named]| {
        Field::select(t, name, label, value, places::options(ctx, list)).error(at(name))
    };
    let kinds = [
        ("citizen", t.kind_citizen()),
        ("business", t.kind_business()),
        ("organisation", t.kind_organisation()),
    ]
    .map(|(value, label)| (value.to_owned(), label.to_owned()));
    let store = papers::store(ctx).await;
    let groups = groups(ctx, &procedure, form, (&errors, &store));
    let page = Filing {
        key: match fields.get("key") {
            "" => new_key(ctx),
            key => key.to_owned(),
        },
        agencies_empty,
        agency: Field::select(
            t,
            "agencyCode",
            t.agency_label(),
            fields.get("agencyCode"),
            places::agencies(ctx, &agencies),
        )
        .required()
        .error(at("agencyCode")),
        kind: Field::select(
            t,
            "kind",
            t.kind_label(),
            fields.get("kind"),
            kinds.to_vec(),
        )
        .error(at("kind")),
        name: input("name", t.name_label())
            .required()
            .autocomplete("name"),
        identity_number: input("identityNumber", t.identity_label())
            .hint(t.identity_hint())
            .numeric(),
        tax_code: input("taxCode", t.tax_label()).hint(t.tax_hint()),
        phone: input("phone", t.phone_label())
            .required()
            .input("tel")
            .autocomplete("tel"),
        email: input("email", t.email_label())
            .input("email")
            .hint(t.email_hint())
            .autocomplete("email"),
        province: select("provinceCode", t.province_label(), own, &provinces).required(),
        commune: select(
            "communeCode",
            t.commune_label(),
            fields.get("communeCode"),
            &communes,
        )
        .required(),
        street: input("street", t.street_label())
            .required()
            .autocomplete("street-address"),
        notes: Field::area(t, "notes", t.notes_label(), fields.get("notes"))
            .hint(t.notes_hint())
            .error(at("notes")),
        form_limits: t.form_limits(ctx.app.settings.max_form_bytes),
        groups,
        post: fields.get("returnMethod") == "post",
        receiver_name: input("returnReceiverName", t.receiver_name_label()),
        receiver_phone: input("returnReceiverPhone", t.receiver_phone_label()).input("tel"),
        return_province: select(
            "returnProvinceCode",
            t.return_province_label(),
            other,
            &provinces,
        ),
        return_commune: select(
            "returnCommuneCode",
            t.return_commune_label(),
            fields.get("returnCommuneCode"),
            &return_communes,
        ),
        return_street: input("returnStreet", t.return_street_label()),
        action: format!("/nop-ho-so/{}", procedure.id),
        counter: ctx.signed_in()?.officer.then(|| {
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
        representative: [
            input("representativeName", t.representative_name_label()),
            input("representativeIdentityNumber", t.identity_label()).numeric(),
            input("representativePhone", t.phone_label()).input("tel"),
            input("representativeValidTo", t.authorisation_valid_label()).input("date"),
        ],
        authorisation: FileField {
            t,
            slot: AUTHORISATION.to_owned(),
            label: t.authorisation_label().to_owned(),
            hint: None,
            limits: t.file_limits(ctx.app.settings.max_file_bytes),
            required: false,
            error: errors
                .at("file-authorisation")
                .or_else(|| form.file_error(AUTHORISATION)),
            kept: form.file(AUTHORISATION),
            accept: ACCEPT,
            store: Vec::new(),
        },
        page: Page::new(ctx, Section::Procedures, t.filing_title())
            .at(&format!("/nop-ho-so/{}", procedure.id)),
        procedure,
        errors: labelled(t, errors.fields),
        problem: errors.problem,
    };
    html(status, &page)
}

/// Says of which field each error is, for those whose text does not.
fn labelled(t: Tr, errors: Vec<(String, String)>) -> Vec<(String, String)> {
    errors
        .into_iter()
        .map(|(field, text)| {
            let label = match field.as_str() {
                "agencyCode" => t.agency_label(),
                "kind" => t.kind_label(),
                "name" => t.name_label(),
                "identityNumber" => t.identity_label(),
                "taxCode" => t.tax_label(),
                "phone" => t.phone_label(),
                "email" => t.email_label(),
                "provinceCode" => t.province_label(),
                "communeCode" => t.commune_label(),
                "street" => t.street_label(),
                "notes" => t.notes_label(),
                "channel" => t.channel_label(),
                "minutesNumber" => t.minutes_number_label(),
                "minutesSignedAt" => t.minutes_signed_label(),
                "representativeName" => t.representative_name_label(),
                "representativeIdentityNumber" | "representativePhone" => t.representative_label(),
                "representativeValidTo" => t.authorisation_valid_label(),
                "file-authorisation" => t.authorisation_label(),
                "returnReceiverName" => t.receiver_name_label(),
                "returnReceiverPhone" => t.receiver_phone_label(),
                "returnProvinceCode" => t.return_province_label(),
                "returnCommuneCode" => t.return_commune_label(),
                "returnStreet" => t.return_street_label(),
                _ => return (field, text),
            };
            let text = format!("{label}: {text}");
            (field, text)
        })
        .collect()
}

fn groups(
    ctx: &Ctx,
    procedure: &Procedure,
    form: &Submission,
    (errors, store): (&Errors, &[(String, String)]),
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
                .map(|c| FileField {
                    t,
                    slot: c.id.clone(),
                    label: if c.name.is_empty() {
                        t.paper_unnamed().to_owned()
                    } else {
                        c.name.clone()
                    },
                    hint: Some(t.quantities(&c.originals, &c.copies)),
                    limits: t.file_limits(ctx.app.settings.max_file_bytes),
                    required: c.required,
                    error: errors
                        .at(&format!("file-{}", c.id))
                        .or_else(|| form.file_error(&c.id)),
                    kept: form.file(&c.id),
                    accept: ACCEPT,
                    store: store.to_vec(),
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
    fn pointers_lead_to_fields() {
        let attached = [
            ("c-1".to_owned(), "f-1".to_owned()),
            ("c-2".to_owned(), "f-2".to_owned()),
        ];
        let field = |pointer| field_of(pointer, &attached);
        assert_eq!(
            field("/applicant/identityNumber").as_deref(),
            Some("identityNumber")
        );
        assert_eq!(field("/attachments/1/fileId").as_deref(), Some("file-c-2"));
        assert_eq!(field("/attachments").as_deref(), Some(PAPERS));
        assert_eq!(field("/answers/x").as_deref(), Some("notes"));
        assert_eq!(
            field("/return/address").as_deref(),
            Some("returnCommuneCode")
        );
        assert_eq!(field("/attachments/9/fileId"), None);
        assert_eq!(field("/somethingNew"), None);
    }

    #[test]
    fn phones_are_shown_as_people_write_them() {
        assert_eq!(local_phone("+84912345678"), "0912345678");
        assert_eq!(local_phone("0912"), "0912");
        assert_eq!(local_phone("+1 555"), "+1 555");
    }
}
