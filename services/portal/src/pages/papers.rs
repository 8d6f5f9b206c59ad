//! The papers of a dossier with their versions and originals; one's own store of results.

use super::{dossiers, further, inbox};
use crate::api::ApiError;
use crate::api::types::{Paper, Version};
use crate::ctx::Ctx;
use crate::error::PageError;
use crate::form::Fields;
use crate::format;
use crate::i18n::Tr;
use crate::shell::{Page, Section, done, html, ok};
use crate::view::{Errors, Field};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, post, web};
use askama::Template;
use contracts::Language;
use kit::http::Query;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Template)]
#[template(path = "papers.html")]
struct PapersPage {
    page: Page,
    w: Words,
    base: String,
    title: String,
    papers: Vec<PaperRow>,
    officer: bool,
    version: i64,
    key: String,
    keep: Vec<Field>,
    errors: Vec<(String, String)>,
    problem: String,
}

struct PaperRow {
    name: String,
    versions: Vec<VersionRow>,
    originals: Vec<OriginalRow>,
}

struct VersionRow {
    file: String,
    name: String,
    about: String,
    replaced: bool,
    preview: bool,
    /// Its content is gone: there is nothing to follow a link to.
    removed: bool,
}

struct OriginalRow {
    no: u32,
    text: String,
    kept: bool,
    receiver: Field,
}

struct Words {
    heading: &'static str,
    back: &'static str,
    none: &'static str,
    look: &'static str,
    replaced: &'static str,
    originals: &'static str,
    keep: &'static str,
    give_back: &'static str,
}

fn word(t: Tr, vi: &'static str, en: &'static str) -> &'static str {
    match t.0 {
        Language::Vi => vi,
        Language::En => en,
    }
}

/// The title of the page, and of the link to it.
pub(crate) fn title(t: Tr) -> &'static str {
    word(t, "Giấy tờ và bản chính", "Papers and originals")
}

fn words(t: Tr) -> Words {
    Words {
        heading: title(t),
        back: word(t, "Về hồ sơ", "Back to the dossier"),
        none: word(t, "Hồ sơ chưa có giấy tờ nào.", "There are no papers yet."),
        look: word(t, "Xem", "Look at it"),
        replaced: word(t, "đã thay bằng bản sau", "replaced by a later one"),
        originals: word(t, "Bản chính cơ quan giữ", "Originals with the agency"),
        keep: word(t, "Ghi nhận giữ bản chính", "Note originals that are kept"),
        give_back: word(t, "Trả bản chính", "Give them back"),
    }
}

#[derive(Deserialize)]
struct Asked {
    xong: Option<String>,
}

#[get("/ho-so/{id}/giay-to")]
pub(super) async fn for_citizen(
    ctx: Ctx,
    id: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    ctx.signed_in()?;
    show(
        &ctx,
        StatusCode::OK,
        &id,
        &Fields::default(),
        Errors::default(),
        None,
    )
    .await
}

#[get("/mot-cua/ho-so/{id}/giay-to")]
pub(super) async fn for_officer(
    ctx: Ctx,
    id: web::Path<String>,
    asked: Query<Asked>,
) -> Result<HttpResponse, PageError> {
    ctx.officer()?;
    let notice = asked
        .0
        .xong
        .map(|_| word(ctx.t, "Đã ghi nhận.", "Noted.").to_owned());
    show(
        &ctx,
        StatusCode::OK,
        &id,
        &Fields::default(),
        Errors::default(),
        notice,
    )
    .await
}

async fn show(
    ctx: &Ctx,
    status: StatusCode,
    id: &str,
    form: &Fields,
    errors: Errors,
    notice: Option<String>,
) -> Result<HttpResponse, PageError> {
    let officer = ctx.signed_in()?.officer;
    let d = ctx.api().dossier(id).await.map_err(|e| ctx.refuse(e))?;
    let papers = ctx.api().papers(id).await.map_err(|e| ctx.refuse(e))?;
    let t = ctx.t;
    let (section, base) = if officer {
        (Section::Work, format!("/mot-cua/ho-so/{}", d.id))
    } else {
        (Section::Mine, format!("/ho-so/{}", d.id))
    };
    let keep = if officer {
        let mut components = vec![(String::new(), t.choose().to_owned())];
        components.extend(dossiers::papers(ctx, &d).await);
        keep_fields(t, components, form, &errors)
    } else {
        Vec::new()
    };
    let page = PapersPage {
        page: Page::new(ctx, section, title(t))
            .at(&format!("{base}/giay-to"))
            .notice(notice),
        w: words(t),
        title: d.procedure.name.clone(),
        papers: papers
            .components
            .iter()
            .map(|p| row(t, p, form, &errors))
            .collect(),
        version: d.version,
        key: dossiers::form_key(ctx, form),
        base,
        officer,
        keep,
        errors: errors.fields,
        problem: errors.problem,
    };
    html(status, &page)
}

fn keep_fields(
    t: Tr,
    components: Vec<(String, String)>,
    form: &Fields,
    errors: &Errors,
) -> Vec<Field> {
    let component = Field::select(
        t,
        "keep-componentId",
        word(t, "Giấy tờ", "Paper"),
        form.get("keep-componentId"),
        components,
    )
    .error(errors.at("keep-componentId"));
    let count = Field::text(
        t,
        "keep-count",
        word(t, "Số bản", "How many"),
        form.some("keep-count").unwrap_or_else(|| "1".to_owned()),
    )
    .numeric()
    .error(errors.at("keep-count"));
    let note = Field::text(t, "keep-note", t.note_label(), form.get("keep-note"))
        .error(errors.at("keep-note"));
    vec![component, count, note]
}

fn row(t: Tr, paper: &Paper, form: &Fields, errors: &Errors) -> PaperRow {
    PaperRow {
        name: paper.name.clone(),
        versions: paper.versions.iter().map(|v| version(t, v)).collect(),
        originals: paper
            .originals
            .iter()
            .map(|o| {
                let name = format!("return-{}-receiverName", o.no);
                let back = match (&o.returned_at, &o.receiver_name) {
                    (Some(at), who) => format!(
                        "{} {} ({})",
                        word(t, "đã trả lúc", "given back at"),
                        format::time(at),
                        who.as_deref().unwrap_or("–")
                    ),
                    (None, _) => word(t, "đang giữ", "with the agency").to_owned(),
                };
                let note = o
                    .note
                    .as_deref()
                    .map(|n| format!(" · {n}"))
                    .unwrap_or_default();
                OriginalRow {
                    no: o.no,
                    text: format!("{} × {} · {back}{note}", o.count, format::time(&o.kept_at)),
                    kept: o.returned_at.is_none(),
                    receiver: Field::text(
                        t,
                        name.clone(),
                        t.receiver_name_label(),
                        form.get(&name),
                    )
                    .required()
                    .error(errors.at(&name)),
                }
            })
            .collect(),
    }
}

fn version(t: Tr, v: &Version) -> VersionRow {
    let mut about = vec![
        format!("{} {}", word(t, "Bản", "Version"), v.version),
        format::size(v.size),
    ];
    if let Some(at) = &v.at {
        about.push(format::time(at));
    }
    if v.reused {
        about.push(
            word(
                t,
                "dùng lại từ kết quả trước",
                "used again from an earlier result",
            )
            .to_owned(),
        );
    }
    let held = v.retention.held && v.removed_at.is_none();
    about.push(match (v.retention.years, &v.retention.until) {
        _ if v.removed_at.is_some() => format!(
            "{} {}",
            word(
                t,
                "đã tiêu hủy vì hết thời hạn bảo quản lúc",
                "destroyed at the end of its retention at"
            ),
            v.removed_at.as_ref().map(format::time).unwrap_or_default()
        ),
        (_, Some(until)) => format!(
            "{} {}",
            word(t, "lưu đến", "kept until"),
            format::time(until)
        ),
        (Some(years), None) => match t.0 {
            Language::Vi => format!("lưu {years} năm sau khi kết thúc"),
            Language::En => format!("kept {years} years after the end"),
        },
        (None, None) => word(t, "lưu vĩnh viễn", "kept for ever").to_owned(),
    });
    if held {
        let text = word(
            t,
            "cơ quan giữ lại quá thời hạn",
            "held back beyond that by the agency",
        );
        about.push(text.to_owned());
    }
    VersionRow {
        file: v.file_id.clone(),
        name: v.name.clone(),
        about: about.join(" · "),
        replaced: v.replaced,
        preview: v.preview,
        removed: v.removed_at.is_some(),
    }
}

#[post("/mot-cua/ho-so/{id}/giay-to")]
pub(super) async fn keep_originals(
    ctx: Ctx,
    id: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, PageError> {
    let fields = read(&ctx, &id, payload).await?;
    let count: u32 = fields.get("keep-count").parse().unwrap_or(0);
    let body = json!({
        "componentId": fields.get("keep-componentId"), "count": count, "note": fields.some("keep-note"),
    });
    send(&ctx, &id, ("originals", "keep"), &fields, &body).await
}

#[post("/mot-cua/ho-so/{id}/giay-to/{original}/tra")]
pub(super) async fn give_back(
    ctx: Ctx,
    path: web::Path<(String, u32)>,
    payload: web::Payload,
) -> Result<HttpResponse, PageError> {
    let (id, no) = path.into_inner();
    let fields = read(&ctx, &id, payload).await?;
    let form = format!("return-{no}");
    let body = json!({"receiverName": fields.get(&format!("{form}-receiverName"))});
    let to = format!("originals/{no}/return");
    send(&ctx, &id, (&to, &form), &fields, &body).await
}

async fn read(ctx: &Ctx, id: &str, payload: web::Payload) -> Result<Fields, PageError> {
    let page = format!("/mot-cua/ho-so/{id}/giay-to");
    ctx.officer().map_err(|e| inbox::back(e, &page))?;
    let fields = Fields::read(payload).await?;
    ctx.check_form(fields.get("csrf"))
        .map_err(|e| inbox::back(e, &page))?;
    Ok(fields)
}

async fn send(
    ctx: &Ctx,
    id: &str,
    (to, form): (&str, &str),
    fields: &Fields,
    body: &Value,
) -> Result<HttpResponse, PageError> {
    let page = format!("/mot-cua/ho-so/{id}/giay-to");
    let version = fields.get("version").parse().unwrap_or(0);
    let key = dossiers::form_key(ctx, fields);
    match ctx.api().change_papers(id, to, version, &key, body).await {
        Ok(_) => Ok(done(&page, "giay-to")),
        Err(error) => {
            let (status, errors) = dossiers::refused(ctx, error, &page, |pointer| {
                pointer
                    .strip_prefix('/')
                    .map(|name| format!("{form}-{name}"))
            })?;
            show(ctx, status, id, fields, errors, None).await
        }
    }
}

#[derive(Template)]
#[template(path = "documents.html")]
struct DocumentsPage {
    page: Page,
    heading: &'static str,
    lead: &'static str,
    none: &'static str,
    documents: Vec<Document>,
    next: Option<String>,
}

struct Document {
    href: String,
    name: String,
    procedure: String,
    about: String,
    dossier: String,
}

#[derive(Deserialize)]
struct Paging {
    tiep: Option<String>,
}

/// The title of the store, and of the link to it.
pub(crate) fn store_title(t: Tr) -> &'static str {
    word(t, "Kho giấy tờ của tôi", "My documents")
}

#[get("/kho-giay-to")]
pub(super) async fn documents(ctx: Ctx, paging: Query<Paging>) -> Result<HttpResponse, PageError> {
    if ctx.signed_in()?.officer {
        return Err(PageError::Forbidden);
    }
    let found = ctx
        .api()
        .documents(paging.0.tiep.as_deref())
        .await
        .map_err(|e| ctx.refuse(e))?;
    let t = ctx.t;
    ok(&DocumentsPage {
        page: Page::new(&ctx, Section::Mine, store_title(t)),
        heading: store_title(t),
        lead: word(
            t,
            "Kết quả đã có của bạn. Khi nộp hồ sơ mới, bạn có thể dùng lại mà không phải tải lên.",
            "Results that you have. You may use them in a new dossier without sending them again.",
        ),
        none: word(t, "Chưa có kết quả nào.", "There are no results yet."),
        next: found
            .next
            .as_deref()
            .map(|c| further("/kho-giay-to", &[], c)),
        documents: found
            .items
            .into_iter()
            .map(|d| Document {
                href: format!("/ho-so/{}/tep/{}", d.dossier_id, d.file_id),
                about: format!(
                    "{} · {} · {}",
                    d.agency,
                    format::time(&d.at),
                    format::size(d.size)
                ),
                name: d.name,
                procedure: d.procedure,
                dossier: d.dossier_id,
            })
            .collect(),
    })
}

/// Results to choose from in a form. Without them the form works all the same.
pub(crate) async fn store(ctx: &Ctx) -> Vec<(String, String)> {
    match ctx.api().documents(None).await {
        Ok(found) => found
            .items
            .into_iter()
            .map(|d| {
                let label = format!("{} – {}", d.procedure, d.name);
                (format!("{}|{}", d.file_id, d.name), label)
            })
            .collect(),
        Err(ApiError::Refused(refusal)) => {
            tracing::debug!(
                status = refusal.status,
                "form shown without earlier results"
            );
            Vec::new()
        }
        Err(ApiError::Away(cause)) => {
            tracing::warn!(cause, "form shown without earlier results");
            Vec::new()
        }
    }
}
