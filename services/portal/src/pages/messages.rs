//! Messages between the applicant and the agency, on one dossier.

use super::{dossiers, further, inbox};
use crate::ctx::Ctx;
use crate::error::PageError;
use crate::form::Submission;
use crate::format;
use crate::i18n::Tr;
use crate::shell::{Page, Section, done, html};
use crate::view::{ACCEPT, Errors, Field, FileField};
use actix_multipart::Multipart;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, post, web};
use askama::Template;
use contracts::Language;
use kit::http::Query;
use serde::Deserialize;
use serde_json::json;

/// Pickers on the page; the API takes more.
const FILES: [&str; 2] = ["m1", "m2"];

#[derive(Template)]
#[template(path = "messages.html")]
struct MessagesPage {
    page: Page,
    heading: &'static str,
    lead: &'static str,
    back: &'static str,
    none: &'static str,
    send: &'static str,
    base: String,
    title: String,
    messages: Vec<Row>,
    next: Option<String>,
    key: String,
    text: Field,
    files: Vec<FileField>,
    errors: Vec<(String, String)>,
    problem: String,
}

struct Row {
    time: String,
    author: String,
    own: bool,
    text: String,
    /// Id, name, size.
    files: Vec<(String, String, String)>,
}

fn word(t: Tr, vi: &'static str, en: &'static str) -> &'static str {
    match t.0 {
        Language::Vi => vi,
        Language::En => en,
    }
}

/// The title of the page, and of the link to it.
pub(crate) fn title(t: Tr) -> &'static str {
    word(t, "Tin nhắn", "Messages")
}

#[derive(Deserialize)]
struct Asked {
    xong: Option<String>,
    tiep: Option<String>,
}

#[get("/ho-so/{id}/tin-nhan")]
pub(super) async fn for_citizen(
    ctx: Ctx,
    id: web::Path<String>,
    asked: Query<Asked>,
) -> Result<HttpResponse, PageError> {
    ctx.signed_in()?;
    show(
        &ctx,
        StatusCode::OK,
        &id,
        asked.0,
        &Submission::default(),
        Errors::default(),
    )
    .await
}

#[get("/mot-cua/ho-so/{id}/tin-nhan")]
pub(super) async fn for_officer(
    ctx: Ctx,
    id: web::Path<String>,
    asked: Query<Asked>,
) -> Result<HttpResponse, PageError> {
    ctx.officer()?;
    show(
        &ctx,
        StatusCode::OK,
        &id,
        asked.0,
        &Submission::default(),
        Errors::default(),
    )
    .await
}

fn base_of(ctx: &Ctx, id: &str) -> Result<(Section, String), PageError> {
    Ok(if ctx.signed_in()?.officer {
        (Section::Work, format!("/mot-cua/ho-so/{id}"))
    } else {
        (Section::Mine, format!("/ho-so/{id}"))
    })
}

async fn show(
    ctx: &Ctx,
    status: StatusCode,
    id: &str,
    asked: Asked,
    form: &Submission,
    errors: Errors,
) -> Result<HttpResponse, PageError> {
    let d = ctx.api().dossier(id).await.map_err(|e| ctx.refuse(e))?;
    let found = ctx
        .api()
        .messages(id, asked.tiep.as_deref())
        .await
        .map_err(|e| ctx.refuse(e))?;
    let t = ctx.t;
    let (section, base) = base_of(ctx, &d.id)?;
    let officer = section == Section::Work;
    let here = format!("{base}/tin-nhan");
    let label = word(t, "Tệp kèm theo", "Attached file");
    let files = FILES
        .iter()
        .enumerate()
        .map(|(n, slot)| FileField {
            t,
            slot: (*slot).to_owned(),
            label: t.numbered(label, n + 1),
            hint: None,
            limits: t.file_limits(ctx.app.settings.max_file_bytes),
            required: false,
            error: form.file_error(slot),
            kept: form.file(slot),
            accept: ACCEPT,
            store: Vec::new(),
        })
        .collect();
    let page = MessagesPage {
        page: Page::new(ctx, section, title(t)).at(&here).notice(
            asked
                .xong
                .map(|_| word(t, "Đã gửi tin nhắn.", "The message was sent.").to_owned()),
        ),
        heading: title(t),
        lead: word(
            t,
            "Tin nhắn được ghi vào nhật ký hồ sơ; bên kia được báo ngay.",
            "Messages are noted in the journal of the dossier; the other side is told at once.",
        ),
        back: word(t, "Về hồ sơ", "Back to the dossier"),
        none: word(t, "Chưa có tin nhắn.", "No messages yet."),
        send: word(t, "Gửi tin nhắn", "Send"),
        title: d.procedure.name,
        next: found.next.as_deref().map(|c| further(&here, &[], c)),
        messages: found
            .items
            .into_iter()
            .map(|m| Row {
                time: format::time(&m.at),
                own: (m.from == "agency") == officer,
                author: m.author,
                text: m.text,
                files: m
                    .files
                    .into_iter()
                    .map(|f| (f.file_id, f.name, format::size(f.size)))
                    .collect(),
            })
            .collect(),
        key: dossiers::form_key(ctx, &form.fields),
        text: Field::area(
            t,
            "text",
            word(t, "Nội dung", "Your message"),
            form.fields.get("text"),
        )
        .required()
        .error(errors.at("text")),
        files,
        base,
        errors: errors.fields,
        problem: errors.problem,
    };
    html(status, &page)
}

#[post("/ho-so/{id}/tin-nhan")]
pub(super) async fn citizen_writes(
    ctx: Ctx,
    id: web::Path<String>,
    parts: Multipart,
) -> Result<HttpResponse, PageError> {
    write(&ctx, &id, &format!("/ho-so/{id}/tin-nhan"), parts).await
}

#[post("/mot-cua/ho-so/{id}/tin-nhan")]
pub(super) async fn officer_writes(
    ctx: Ctx,
    id: web::Path<String>,
    parts: Multipart,
) -> Result<HttpResponse, PageError> {
    write(&ctx, &id, &format!("/mot-cua/ho-so/{id}/tin-nhan"), parts).await
}

async fn write(
    ctx: &Ctx,
    id: &str,
    page: &str,
    parts: Multipart,
) -> Result<HttpResponse, PageError> {
    let form = Submission::read(ctx, parts)
        .await
        .map_err(|e| inbox::back(e, page))?;
    let mut errors = Errors::default();
    for slot in FILES {
        if let Some(text) = form.file_error(slot) {
            errors.add(&format!("file-{slot}"), text);
        }
    }
    if form.away {
        errors.problem = ctx.t.away_kept().to_owned();
    }
    let status = if errors.is_empty() {
        let files: Vec<String> = FILES
            .iter()
            .filter_map(|slot| form.file(slot).map(|f| f.id))
            .collect();
        let body = json!({"text": form.fields.get("text"), "fileIds": files});
        let key = dossiers::form_key(ctx, &form.fields);
        match ctx.api().write_message(id, &key, &body).await {
            Ok(_) => return Ok(done(page, "tin-nhan")),
            Err(error) => {
                let (status, refused) = dossiers::refused(ctx, error, page, |pointer| {
                    (pointer == "/text").then(|| "text".to_owned())
                })?;
                errors = refused;
                status
            }
        }
    } else if form.away {
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let asked = Asked {
        xong: None,
        tiep: None,
    };
    show(ctx, status, id, asked, &form, errors).await
}
