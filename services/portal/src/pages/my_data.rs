//! What is kept of oneself and why, who read it, and what one asks about it (Luật 91/2025/QH15 art. 4).

use super::inbox;
use crate::api::ApiError;
use crate::ctx::Ctx;
use crate::error::PageError;
use crate::form::Fields;
use crate::format;
use crate::i18n::Tr;
use crate::shell::{Page, Section, html, ok};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, post, web};
use askama::Template;
use contracts::Language;
use kit::http::Query;
use serde::Deserialize;

const PATH: &str = "/du-lieu-cua-toi";

/// Kinds of request, as the API names them, with their names here.
const RIGHTS: [(&str, &str, &str); 5] = [
    (
        "access",
        "Xem, được cung cấp dữ liệu",
        "See, be given my data",
    ),
    ("correct", "Chỉnh sửa", "Correct it"),
    ("restrict", "Hạn chế xử lý", "Restrict its use"),
    ("object", "Phản đối xử lý", "Object to its use"),
    ("erase", "Xóa", "Erase it"),
];

/// Texts of the page.
struct Words {
    lead: &'static str,
    register: &'static str,
    ground: &'static str,
    kept: &'static str,
    readers: &'static str,
    nobody: &'static str,
    requests: &'static str,
    none: &'static str,
    due: &'static str,
    ask: &'static str,
    right: &'static str,
    text: &'static str,
    send: &'static str,
}

#[derive(Template)]
#[template(path = "my_data.html")]
struct MyData {
    page: Page,
    w: Words,
    title: &'static str,
    purposes: Vec<crate::api::types::Purpose>,
    reads: Vec<(String, String)>,
    requests: Vec<Row>,
    rights: Vec<(&'static str, &'static str)>,
    chosen: String,
    text: String,
    problem: Option<String>,
}

struct Row {
    what: &'static str,
    state: &'static str,
    received: String,
    due: Option<String>,
    text: String,
    answer: Option<String>,
}

#[derive(Deserialize)]
struct Asked {
    xong: Option<String>,
}

/// The title of the page, and of the link to it.
pub(crate) fn title(t: Tr) -> &'static str {
    word(t, "Dữ liệu cá nhân của tôi", "My personal data")
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
            "Những gì hệ thống giữ về bạn, vì sao, ai đã xem, và bạn có thể yêu cầu gì.",
            "What is kept of you and why, who has read it, and what you may ask.",
        ),
        register: word(t, "Mục đích và căn cứ", "Purposes and grounds"),
        ground: word(t, "Căn cứ", "Ground"),
        kept: word(t, "Thời gian lưu", "Kept"),
        readers: word(t, "Ai đã xem tài khoản của tôi", "Who has read my account"),
        nobody: word(t, "Chưa có ai xem.", "Nobody has read it yet."),
        requests: word(t, "Yêu cầu của tôi", "My requests"),
        none: word(t, "Chưa có yêu cầu nào.", "No requests yet."),
        due: word(t, "Hạn", "Due"),
        ask: word(t, "Gửi yêu cầu", "Make a request"),
        right: word(t, "Tôi muốn", "I want to"),
        text: word(t, "Nội dung cụ thể", "What exactly"),
        send: word(t, "Gửi yêu cầu", "Send"),
    }
}

fn name_of(t: Tr, right: &str) -> &'static str {
    RIGHTS
        .iter()
        .find(|(code, ..)| *code == right)
        .map_or("", |(_, vi, en)| word(t, vi, en))
}

fn state(t: Tr, state: &str, overdue: bool) -> &'static str {
    match (state, overdue) {
        ("done", _) => word(t, "Đã thực hiện", "Done"),
        ("refused", _) => word(t, "Từ chối", "Refused"),
        (_, true) => word(t, "Quá hạn", "Overdue"),
        ("accepted", false) => word(t, "Đang xử lý", "Being handled"),
        (_, false) => word(t, "Đã nhận", "Received"),
    }
}

#[get("/du-lieu-cua-toi")]
pub(super) async fn show(ctx: Ctx, asked: Query<Asked>) -> Result<HttpResponse, PageError> {
    ctx.signed_in()?;
    let said = asked.0.xong.map(|_| {
        word(
            ctx.t,
            "Đã gửi yêu cầu. Cơ quan sẽ phản hồi trong 02 ngày làm việc.",
            "Sent. The agency answers within two working days.",
        )
        .to_owned()
    });
    let mut page = filled(&ctx, "", "").await?;
    page.page = page.page.notice(said);
    ok(&page)
}

async fn filled(ctx: &Ctx, chosen: &str, text: &str) -> Result<MyData, PageError> {
    let t = ctx.t;
    let of = |e: ApiError| PageError::of(e, PATH);
    let purposes = ctx.public_api().purposes().await.map_err(of)?.items;
    let reads = ctx.api().my_readers().await.map_err(of)?.items;
    let requests = ctx.api().my_data_requests().await.map_err(of)?.items;
    Ok(MyData {
        page: Page::new(ctx, Section::None, title(t)).at(PATH),
        w: words(t),
        title: title(t),
        purposes,
        reads: reads
            .into_iter()
            .map(|read| {
                let who = match read.agency {
                    Some(agency) => format!("{} ({agency})", read.who),
                    None => read.who,
                };
                (format::time(&read.at), who)
            })
            .collect(),
        requests: requests
            .into_iter()
            .map(|r| Row {
                what: name_of(t, &r.right),
                state: state(t, &r.state, r.overdue),
                received: format::time(&r.received_at),
                due: r.closed_at.is_none().then(|| format::time(&r.due_at)),
                text: r.text,
                answer: r.answer,
            })
            .collect(),
        rights: RIGHTS
            .iter()
            .map(|(code, vi, en)| (*code, word(t, vi, en)))
            .collect(),
        chosen: chosen.to_owned(),
        text: text.to_owned(),
        problem: None,
    })
}

#[post("/du-lieu-cua-toi")]
pub(super) async fn ask(ctx: Ctx, payload: web::Payload) -> Result<HttpResponse, PageError> {
    let fields = Fields::read(payload).await?;
    ctx.check_form(fields.get("csrf"))
        .map_err(|e| inbox::back(e, PATH))?;
    let (right, text) = (fields.get("right"), fields.get("text"));
    match ctx.api().ask_about_data(right, text).await {
        Ok(()) => Ok(crate::shell::done(PATH, "gui")),
        Err(ApiError::Refused(refusal)) if matches!(refusal.status, 409 | 422) => {
            let mut page = filled(&ctx, right, text).await?;
            page.problem = Some(refusal.text().to_owned());
            let status = if refusal.status == 409 {
                StatusCode::CONFLICT
            } else {
                StatusCode::UNPROCESSABLE_ENTITY
            };
            html(status, &page)
        }
        Err(other) => Err(PageError::of(other, PATH)),
    }
}
