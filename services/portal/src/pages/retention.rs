//! What of the agency's dossiers ends with its retention (thời hạn bảo quản), and what holds it back.

use super::dossiers::{form_key, refused};
use super::{further, inbox};
use crate::api::types::RetentionNotice;
use crate::ctx::Ctx;
use crate::error::PageError;
use crate::form::Fields;
use crate::format;
use crate::i18n::Tr;
use crate::shell::{Page, Section, done, html};
use crate::view::{Errors, Field};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, post, web};
use askama::Template;
use contracts::Language;
use kit::http::Query;
use serde::Deserialize;
use serde_json::json;

/// Where it is.
const AT: &str = "/mot-cua/bao-quan";

#[derive(Template)]
#[template(path = "retention.html")]
struct Retention {
    page: Page,
    w: Words,
    errors: Vec<(String, String)>,
    problem: String,
    key: String,
    items: Vec<Row>,
    next: Option<String>,
}

struct Row {
    id: String,
    version: i64,
    number: String,
    name: String,
    what: &'static str,
    due: String,
    /// What holds it back, in words.
    hold: Option<String>,
    ground: Field,
    reason: Field,
}

struct Words {
    lead: &'static str,
    none: &'static str,
    what: &'static str,
    due: &'static str,
    held: &'static str,
    hold: &'static str,
    lift: &'static str,
}

fn word(t: Tr, vi: &'static str, en: &'static str) -> &'static str {
    match t.0 {
        Language::Vi => vi,
        Language::En => en,
    }
}

fn words(t: Tr) -> Words {
    Words {
        lead: word(
            t,
            "Giấy tờ, kết quả và hồ sơ sắp được tiêu hủy hoặc ẩn danh vì hết thời hạn bảo quản. Có khiếu nại, tố tụng, thanh tra thì giữ lại.",
            "Papers, results and dossiers that will be destroyed or pseudonymised at the end of their retention. A complaint, a lawsuit or an inspection holds them back.",
        ),
        none: word(
            t,
            "Chưa có gì sắp hết thời hạn bảo quản.",
            "Nothing ends soon.",
        ),
        what: word(t, "Nội dung", "What ends"),
        due: word(t, "Không trước", "Not before"),
        held: word(t, "Đang giữ lại", "Held back"),
        hold: word(t, "Giữ lại", "Hold back"),
        lift: word(t, "Thôi giữ lại", "Let go"),
    }
}

fn what(t: Tr, class: &str) -> &'static str {
    match class {
        "paper" => word(
            t,
            "Tiêu hủy giấy tờ của người nộp",
            "The applicant's papers are destroyed",
        ),
        "result" => word(
            t,
            "Tiêu hủy bản điện tử của kết quả",
            "Digital results are destroyed",
        ),
        _ => word(t, "Ẩn danh hồ sơ", "The dossier is pseudonymised"),
    }
}

fn grounds(t: Tr) -> [(&'static str, &'static str); 4] {
    [
        ("complaint", word(t, "Khiếu nại, tố cáo", "Complaint")),
        ("lawsuit", word(t, "Tố tụng", "Lawsuit")),
        ("inspection", word(t, "Thanh tra, kiểm tra", "Inspection")),
        ("other", word(t, "Lý do khác", "Other")),
    ]
}

#[derive(Deserialize)]
struct Asked {
    tiep: Option<String>,
    xong: Option<String>,
}

#[get("/mot-cua/bao-quan")]
pub(super) async fn notices(ctx: Ctx, asked: Query<Asked>) -> Result<HttpResponse, PageError> {
    ctx.officer()?;
    let noted = word(ctx.t, "Đã ghi nhận.", "Noted.").to_owned();
    let notice = asked.0.xong.map(|_| noted);
    let more = (notice, asked.0.tiep.as_deref());
    let (form, errors) = (Fields::default(), Errors::default());
    show(&ctx, StatusCode::OK, &form, errors, more).await
}

#[post("/mot-cua/bao-quan/{id}/giu")]
pub(super) async fn hold_back(
    ctx: Ctx,
    id: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, PageError> {
    send(&ctx, &id, payload, true).await
}

#[post("/mot-cua/bao-quan/{id}/thoi-giu")]
pub(super) async fn let_go(
    ctx: Ctx,
    id: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, PageError> {
    send(&ctx, &id, payload, false).await
}

async fn send(
    ctx: &Ctx,
    id: &str,
    payload: web::Payload,
    hold: bool,
) -> Result<HttpResponse, PageError> {
    ctx.officer().map_err(|e| inbox::back(e, AT))?;
    let fields = Fields::read(payload).await?;
    ctx.check_form(fields.get("csrf"))
        .map_err(|e| inbox::back(e, AT))?;
    let named = |field: &str| format!("{id}-{field}");
    let reason = fields.some(&named("reason"));
    let (to, body) = if hold {
        let ground = fields.get(&named("ground"));
        let reason = reason.unwrap_or_default();
        (
            "retention-hold",
            json!({"ground": ground, "reason": reason}),
        )
    } else {
        ("retention-hold/lift", json!({"reason": reason}))
    };
    let version = fields.get("version").parse().unwrap_or(0);
    let key = form_key(ctx, &fields);
    match ctx.api().retention_hold(id, to, version, &key, &body).await {
        Ok(_) => Ok(done(AT, "giu")),
        Err(error) => {
            let (status, errors) = refused(ctx, error, AT, |pointer| {
                pointer.strip_prefix('/').map(named)
            })?;
            show(ctx, status, &fields, errors, (None, None)).await
        }
    }
}

async fn show(
    ctx: &Ctx,
    status: StatusCode,
    form: &Fields,
    errors: Errors,
    (notice, cursor): (Option<String>, Option<&str>),
) -> Result<HttpResponse, PageError> {
    let t = ctx.t;
    let found = ctx
        .api()
        .retention_notices(cursor)
        .await
        .map_err(|e| PageError::of(e, AT))?;
    let items = found.items.into_iter();
    let page = Retention {
        page: Page::new(ctx, Section::Work, t.retention_title())
            .at(AT)
            .notice(notice),
        w: words(t),
        key: form_key(ctx, form),
        next: found.next.as_deref().map(|c| further(AT, &[], c)),
        items: items.map(|n| row(t, n, form, &errors)).collect(),
        errors: errors.fields,
        problem: errors.problem,
    };
    html(status, &page)
}

fn row(t: Tr, n: RetentionNotice, form: &Fields, errors: &Errors) -> Row {
    let named = |field: &str| format!("{}-{field}", n.dossier_id);
    let (ground, reason) = (named("ground"), named("reason"));
    let options = grounds(t).map(|(value, label)| (value.to_owned(), label.to_owned()));
    let said = |key: &str| {
        grounds(t)
            .into_iter()
            .find(|(value, _)| *value == key)
            .map_or("", |(_, label)| label)
    };
    let label = word(t, "Lý do", "Reason");
    let field = Field::text(t, reason.clone(), label, form.get(&reason)).error(errors.at(&reason));
    Row {
        what: what(t, &n.class),
        due: format::time(&n.due_at),
        number: crate::view::number(t, n.number.as_deref()),
        name: n.procedure_name,
        version: n.version,
        ground: Field::select(
            t,
            ground.clone(),
            word(t, "Căn cứ", "Ground"),
            form.get(&ground),
            options.to_vec(),
        )
        .error(errors.at(&ground)),
        reason: match &n.hold {
            None => field.required(),
            Some(_) => field,
        },
        hold: n.hold.map(|h| {
            let since = format::time(&h.at);
            format!("{}: {} ({}, {since})", said(&h.ground), h.reason, h.by)
        }),
        id: n.dossier_id,
    }
}
