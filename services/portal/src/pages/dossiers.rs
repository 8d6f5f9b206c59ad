//! One's own dossiers: list, progress, supplement, withdrawal.

use super::{further, inbox, places};
use crate::api::types::{Dossier, Shipment};
use crate::api::{Api, ApiError, DossierQuery};
use crate::ctx::Ctx;
use crate::error::PageError;
use crate::form::{Fields, Submission};
use crate::format;
use crate::i18n::Tr;
use crate::shell::{Page, Section, done, html, ok};
use crate::view::{self, ACCEPT, Entry, Errors, Facts, Field, FileField, FileRow, ShipmentView};
use actix_multipart::Multipart;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, post, web};
use askama::Template;
use contracts::ReturnMethod;
use futures_util::future::join_all;
use kit::http::Query;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

/// Dossiers on one page.
const PAGE: u32 = 20;

#[derive(Template)]
#[template(path = "dossiers.html")]
struct Mine {
    page: Page,
    my_data: &'static str,
    items: Vec<Row>,
    next: Option<String>,
}

struct Row {
    id: String,
    name: String,
    number: String,
    agency: String,
    status: String,
    status_key: String,
    step: String,
    submitted: String,
    due: Option<view::Due>,
}

#[derive(Deserialize)]
struct Paging {
    tiep: Option<String>,
}

#[get("/ho-so")]
pub(super) async fn list(ctx: Ctx, paging: Query<Paging>) -> Result<HttpResponse, PageError> {
    if ctx.signed_in()?.officer {
        return Ok(crate::error::see_other("/mot-cua"));
    }
    let query = DossierQuery {
        limit: PAGE,
        cursor: paging.0.tiep.as_deref(),
        ..DossierQuery::default()
    };
    let found = ctx
        .api()
        .dossiers(&query)
        .await
        .map_err(|e| ctx.refuse(e))?;
    let (t, now) = (ctx.t, ctx.app.rt.clock.now());
    let items = found
        .items
        .into_iter()
        .map(|d| Row {
            due: view::due(t, d.due_at.as_ref(), &d.status.key, d.overdue, now),
            number: view::number(t, d.number.as_deref()),
            submitted: format::time(&d.submitted_at),
            name: d.procedure.name,
            agency: d.agency.name,
            status: d.status.name,
            status_key: d.status.key,
            step: d.step.name,
            id: d.id,
        })
        .collect();
    ok(&Mine {
        my_data: super::my_data::title(ctx.t),
        page: Page::new(&ctx, Section::Mine, t.mine_title()),
        items,
        next: found.next.as_deref().map(|c| further("/ho-so", &[], c)),
    })
}

#[derive(Template)]
#[template(path = "dossier.html")]
struct One {
    page: Page,
    fresh: bool,
    filed_text: String,
    number: String,
    stages: Vec<(&'static str, &'static str, &'static str)>,
    errors: Vec<(String, String)>,
    problem: String,
    supplement: Option<SupplementForm>,
    key: String,
    history: Vec<Entry>,
    shipments: Vec<ShipmentView>,
    result: Option<(String, String)>,
    payment: Option<(String, String, String)>,
    facts: Facts,
    due: Option<view::Due>,
    forms: Vec<(&'static str, &'static str)>,
    attachments: Vec<FileRow>,
    base: String,
    /// Those it was filed with: id, name, number, agency, state, how its date stands.
    group: Vec<[String; 6]>,
    may_withdraw: bool,
    readers: &'static str,
    talk: &'static str,
    fees: &'static str,
    papers: &'static str,
    d: Dossier,
}

struct SupplementForm {
    reason: String,
    when: String,
    items: Vec<crate::api::types::SupplementItem>,
    open: bool,
    files: Vec<FileField>,
    note: Field,
}

#[derive(Deserialize)]
struct Asked {
    moi: Option<String>,
    xong: Option<String>,
}

#[get("/ho-so/{id}")]
pub(super) async fn one(
    ctx: Ctx,
    id: web::Path<String>,
    asked: Query<Asked>,
) -> Result<HttpResponse, PageError> {
    ctx.signed_in()?;
    let d = ctx.api().dossier(&id).await.map_err(|e| ctx.refuse(e))?;
    let said = asked.0.xong.as_deref().and_then(|c| ctx.t.done(c));
    let fresh = asked.0.moi.is_some();
    let form = Submission::default();
    show(
        &ctx,
        StatusCode::OK,
        d,
        Shown {
            form: &form,
            errors: Errors::default(),
            fresh,
            notice: said,
        },
    )
    .await
}

/// How a dossier is shown this time.
struct Shown<'a> {
    form: &'a Submission,
    errors: Errors,
    fresh: bool,
    notice: Option<String>,
}

async fn show(
    ctx: &Ctx,
    status: StatusCode,
    d: Dossier,
    shown: Shown<'_>,
) -> Result<HttpResponse, PageError> {
    let (t, now) = (ctx.t, ctx.app.rt.clock.now());
    let path = format!("/ho-so/{}", d.id);
    let return_address = match &d.return_way.address {
        Some(address) => Some(places::line(ctx, address).await),
        None => None,
    };
    let shipments = shipments(ctx.api(), &d)
        .await
        .iter()
        .map(|s| view::shipment(t, s))
        .collect();
    let supplement = supplement_form(ctx, &d, &shown).await;
    let page = One {
        page: Page::new(ctx, Section::Mine, d.procedure.name.clone())
            .at(&path)
            .notice(shown.notice),
        fresh: shown.fresh,
        filed_text: t.filed_at(&format::time(&d.submitted_at)),
        number: view::number(t, d.number.as_deref()),
        stages: stages(t, &d.status.key),
        errors: shown.errors.fields,
        problem: shown.errors.problem,
        supplement,
        key: form_key(ctx, &shown.form.fields),
        history: view::history(t, &d.history),
        shipments,
        result: view::result(&d),
        payment: view::payment(t, &d),
        facts: view::dossier_facts(t, &d, return_address.as_deref()),
        due: view::due(t, d.due_at.as_ref(), &d.status.key, false, now),
        forms: view::forms(t, &d, false),
        attachments: view::files(&d.attachments),
        base: path,
        group: group(ctx, &d).await,
        may_withdraw: d.open("withdraw"),
        readers: super::access::title(t),
        talk: super::messages::title(t),
        fees: super::fees::title(t),
        papers: super::papers::title(t),
        d,
    };
    html(status, &page)
}

/// The dossiers that were filed with this one, in one view. What cannot be had is left out: the dossier is the page.
async fn group(ctx: &Ctx, d: &Dossier) -> Vec<[String; 6]> {
    let Some(group) = &d.group else {
        return Vec::new();
    };
    let (t, now) = (ctx.t, ctx.app.rt.clock.now());
    match ctx.api().group(&group.id).await {
        Ok(found) => found
            .members
            .into_iter()
            .map(|m| {
                let d = m.dossier;
                let due = view::due(t, d.due_at.as_ref(), &d.status.key, d.overdue, now);
                let state = if m.waiting {
                    t.group_waiting().to_owned()
                } else {
                    d.status.name
                };
                [
                    d.id,
                    d.procedure.name,
                    view::number(t, d.number.as_deref()),
                    d.agency.name,
                    state,
                    due.map_or_else(String::new, |due| due.to_string()),
                ]
            })
            .collect(),
        Err(error) => {
            tracing::warn!(%error, "linked dossiers not shown");
            Vec::new()
        }
    }
}

/// The key of a form: the one it was sent with, else a new one.
pub(crate) fn form_key(ctx: &Ctx, fields: &Fields) -> String {
    match fields.get("key").parse::<Uuid>() {
        Ok(key) => key.to_string(),
        Err(_none) => ctx.app.rt.ids.uuid(ctx.app.rt.clock.now()).to_string(),
    }
}

/// The postal deliveries of a dossier with their timelines. What cannot be had is left out: the dossier is the page.
pub(crate) async fn shipments(api: Api<'_>, d: &Dossier) -> Vec<Shipment> {
    let may_have = d.return_way.method == ReturnMethod::Post
        || d.history.iter().any(|h| h.command.starts_with("post-"));
    if !may_have || !matches!(d.status.key.as_str(), "done" | "returned") {
        return Vec::new();
    }
    let found = match api.shipments_of(&d.id).await {
        Ok(found) => found.items,
        Err(error) => {
            tracing::debug!(%error, "dossier shown without its shipments");
            return Vec::new();
        }
    };
    join_all(
        found
            .into_iter()
            .map(|s| async move { api.shipment(&s.id).await.unwrap_or(s) }),
    )
    .await
}

/// Five stages: class, name, word.
fn stages(t: Tr, status: &str) -> Vec<(&'static str, &'static str, &'static str)> {
    let names = [
        t.stage_filed(),
        t.stage_received(),
        t.stage_handling(),
        t.stage_result(),
        t.stage_returned(),
    ];
    let (at, ended) = match status {
        "new" => (0, false),
        "notReceived" => (0, true),
        "received" => (1, false),
        "withdrawn" | "stopped" => (2, true),
        "done" => (3, false),
        "returned" => (5, false),
        _ => (2, false),
    };
    names
        .into_iter()
        .enumerate()
        .map(|(n, name)| match n.cmp(&at) {
            std::cmp::Ordering::Less => ("past", name, t.stage_past()),
            std::cmp::Ordering::Equal if ended => ("now", name, t.stage_ended()),
            std::cmp::Ordering::Equal => ("now", name, t.stage_now()),
            std::cmp::Ordering::Greater => ("", name, t.stage_ahead()),
        })
        .collect()
}

async fn supplement_form(ctx: &Ctx, d: &Dossier, shown: &Shown<'_>) -> Option<SupplementForm> {
    let s = d.supplement.as_ref()?;
    let t = ctx.t;
    let open = d.open("supplement");
    let view = view::supplement(t, s);
    let files = if open {
        supplement_files(ctx, d, shown).await
    } else {
        Vec::new()
    };
    let note = Field::area(
        t,
        "note",
        t.supplement_note(),
        shown.form.fields.get("note"),
    )
    .error(shown.errors.at("note"));
    Some(SupplementForm {
        reason: view.reason,
        when: view.when,
        items: view.items,
        open,
        files,
        note,
    })
}

/// One picker for each paper of the procedure, those asked for first.
async fn supplement_files(ctx: &Ctx, d: &Dossier, shown: &Shown<'_>) -> Vec<FileField> {
    let t = ctx.t;
    let mut files: Vec<(bool, FileField)> = papers(ctx, d)
        .await
        .into_iter()
        .map(|(slot, label)| {
            let items = d.supplement.iter().flat_map(|s| &s.items);
            let asked: Vec<&str> = items
                .filter(|i| i.component_id.as_deref() == Some(&slot))
                .map(|i| i.content.as_str())
                .collect();
            let field = FileField {
                t,
                hint: (!asked.is_empty())
                    .then(|| format!("{}: {}", t.supplement_paper(), asked.join("; "))),
                limits: t.file_limits(ctx.app.settings.max_file_bytes),
                required: false,
                error: shown
                    .errors
                    .at(&format!("file-{slot}"))
                    .or_else(|| shown.form.file_error(&slot)),
                kept: shown.form.file(&slot),
                accept: ACCEPT,
                store: Vec::new(),
                label,
                slot,
            };
            (asked.is_empty(), field)
        })
        .collect();
    files.sort_by_key(|(not_asked, _)| *not_asked);
    files.into_iter().map(|(_, field)| field).collect()
}

/// Id and name of the papers a supplement may add to; what was filed already, where the catalogue cannot be asked.
pub(crate) async fn papers(ctx: &Ctx, d: &Dossier) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = Vec::new();
    let mut add = |id: String, name: String| {
        if !out.iter().any(|(known, _)| *known == id) {
            let name = if name.is_empty() {
                ctx.t.paper_unnamed().to_owned()
            } else {
                name
            };
            out.push((id, name));
        }
    };
    match ctx.api().procedure_for_form(&d.procedure.id).await {
        Ok(procedure) => {
            for c in procedure
                .components
                .into_iter()
                .flat_map(|case| case.components)
                .filter(|c| !c.note)
            {
                add(c.id, c.name);
            }
        }
        Err(error) => {
            tracing::warn!(%error, "papers of the procedure not known");
            for a in &d.attachments {
                if let Some(id) = &a.component_id {
                    add(id.clone(), a.component_name.clone().unwrap_or_default());
                }
            }
        }
    }
    out
}

#[post("/ho-so/{id}/bo-sung")]
pub(super) async fn send_supplement(
    ctx: Ctx,
    id: web::Path<String>,
    parts: Multipart,
) -> Result<HttpResponse, PageError> {
    let path = format!("/ho-so/{id}");
    let form = Submission::read(&ctx, parts)
        .await
        .map_err(|e| inbox::back(e, &path))?;
    let d = ctx
        .api()
        .dossier(&id)
        .await
        .map_err(|e| PageError::of(e, &path))?;
    let mut errors = Errors::default();
    for (slot, upload) in &form.uploads {
        if let Err(refusal) = upload {
            errors.add(&format!("file-{slot}"), refusal.text());
        }
    }
    if form.away {
        errors.problem = ctx.t.away_kept().to_owned();
    }
    if !errors.is_empty() {
        let status = if form.away {
            StatusCode::SERVICE_UNAVAILABLE
        } else {
            StatusCode::UNPROCESSABLE_ENTITY
        };
        return show(
            &ctx,
            status,
            d,
            Shown {
                form: &form,
                errors,
                fresh: false,
                notice: None,
            },
        )
        .await;
    }
    let slots = papers(&ctx, &d).await;
    let attached: Vec<(String, String)> = slots
        .into_iter()
        .filter_map(|(slot, _)| form.file(&slot).map(|file| (slot, file.id)))
        .collect();
    let attachments: Vec<_> = attached
        .iter()
        .map(|(slot, file)| json!({ "componentId": slot, "fileId": file }))
        .collect();
    let mut body = json!({ "attachments": attachments });
    if let (Some(note), Some(body)) = (form.fields.some("note"), body.as_object_mut()) {
        body.insert("note".to_owned(), note.into());
    }
    let version = form.fields.get("version").parse().unwrap_or(0);
    let key = form_key(&ctx, &form.fields);
    match ctx
        .api()
        .command(&id, "supplement", version, Some(&key), &body)
        .await
    {
        Ok(_) => Ok(done(&path, "supplement")),
        Err(error) => {
            let (status, errors) = refused(&ctx, error, &path, |pointer| {
                let n: Option<usize> = pointer
                    .strip_prefix("/attachments/")
                    .and_then(|p| p.split('/').next())
                    .and_then(|n| n.parse().ok());
                match (pointer, n) {
                    ("/note", _) => Some("note".to_owned()),
                    (_, Some(n)) => attached.get(n).map(|(slot, _)| format!("file-{slot}")),
                    _ => None,
                }
            })?;
            show(
                &ctx,
                status,
                newest(&ctx, d).await,
                Shown {
                    form: &form,
                    errors,
                    fresh: false,
                    notice: None,
                },
            )
            .await
        }
    }
}

/// The dossier as it is now; as it was, if it cannot be asked for again.
async fn newest(ctx: &Ctx, d: Dossier) -> Dossier {
    ctx.api().dossier(&d.id).await.unwrap_or(d)
}

/// A refused command as a page to show again: status and errors; what no form can mend is an error page.
pub(crate) fn refused(
    ctx: &Ctx,
    error: ApiError,
    page: &str,
    field_of: impl Fn(&str) -> Option<String>,
) -> Result<(StatusCode, Errors), PageError> {
    match error {
        ApiError::Away(cause) => {
            tracing::warn!(cause, "command not given");
            let errors = Errors {
                problem: ctx.t.away_kept().to_owned(),
                ..Errors::default()
            };
            Ok((StatusCode::SERVICE_UNAVAILABLE, errors))
        }
        ApiError::Refused(refusal) if matches!(refusal.status, 401 | 403 | 404) => {
            Err(PageError::of(ApiError::Refused(refusal), page))
        }
        ApiError::Refused(refusal) => {
            let status =
                StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
            let mut errors = Errors::of(&refusal, field_of);
            if refusal.status == 412 {
                errors.problem = ctx.t.stale_text().to_owned();
            }
            Ok((status, errors))
        }
    }
}

#[derive(Template)]
#[template(path = "withdraw.html")]
struct Withdraw {
    page: Page,
    number: String,
    reason: Field,
    errors: Vec<(String, String)>,
    problem: String,
    d: Dossier,
}

#[get("/ho-so/{id}/rut")]
pub(super) async fn withdraw_form(
    ctx: Ctx,
    id: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    ctx.signed_in()?;
    let d = ctx.api().dossier(&id).await.map_err(|e| ctx.refuse(e))?;
    if !d.open("withdraw") {
        return Ok(crate::error::see_other(&format!("/ho-so/{}", d.id)));
    }
    show_withdraw(&ctx, StatusCode::OK, d, "", Errors::default())
}

fn show_withdraw(
    ctx: &Ctx,
    status: StatusCode,
    d: Dossier,
    reason: &str,
    errors: Errors,
) -> Result<HttpResponse, PageError> {
    let t = ctx.t;
    let page = Withdraw {
        page: Page::new(ctx, Section::Mine, t.withdraw_title()).at(&format!("/ho-so/{}/rut", d.id)),
        number: view::number(t, d.number.as_deref()),
        reason: Field::area(t, "reason", t.withdraw_reason(), reason).error(errors.at("reason")),
        errors: errors.fields,
        problem: errors.problem,
        d,
    };
    html(status, &page)
}

#[post("/ho-so/{id}/rut")]
pub(super) async fn do_withdraw(
    ctx: Ctx,
    id: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, PageError> {
    let path = format!("/ho-so/{id}");
    let fields = Fields::read(payload).await?;
    ctx.check_form(fields.get("csrf"))
        .map_err(|e| inbox::back(e, &path))?;
    let reason = fields.some("reason");
    let version = fields.get("version").parse().unwrap_or(0);
    match ctx
        .api()
        .command(&id, "withdraw", version, None, &json!({ "reason": reason }))
        .await
    {
        Ok(_) => Ok(done(&path, "withdraw")),
        Err(error) => {
            let (status, errors) = refused(&ctx, error, &path, |pointer| {
                (pointer == "/reason").then(|| "reason".to_owned())
            })?;
            let d = ctx
                .api()
                .dossier(&id)
                .await
                .map_err(|e| PageError::of(e, &path))?;
            show_withdraw(&ctx, status, d, fields.get("reason"), errors)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contracts::{DossierStatus, Language};

    #[test]
    fn every_status_has_its_stage() {
        let t = Tr(Language::Vi);
        for status in DossierStatus::ALL {
            let stages = stages(t, status.as_str());
            let now = stages.iter().filter(|s| s.0 == "now").count();
            assert_eq!(
                now,
                usize::from(*status != DossierStatus::Returned),
                "{status:?}"
            );
        }
        assert_eq!(
            stages(t, "returned")
                .iter()
                .filter(|s| s.0 == "past")
                .count(),
            5
        );
        assert_eq!(
            stages(t, "stopped")
                .iter()
                .find(|s| s.0 == "now")
                .map(|s| s.2),
            Some(t.stage_ended())
        );
    }
}
