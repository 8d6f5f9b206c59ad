//! The desk of those who write and publish procedures (soạn thảo, công bố): drafts with what they change, what the source has dropped,
//! and what is doubtful in the published data.

use super::further;
use super::inbox::back;
use crate::api::ApiError;
use crate::api::types::{Doubts, Draft, DraftItem, Dropped};
use crate::ctx::Ctx;
use crate::error::{PageError, see_other};
use crate::form::Fields;
use crate::format;
use crate::i18n::Tr;
use crate::shell::{Page, Section, ok};
use actix_web::{HttpResponse, get, post, web};
use askama::Template;
use contracts::Language;
use futures_util::future::join;
use kit::http::Query;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Template)]
#[template(path = "drafts.html")]
struct Drafts {
    page: Page,
    states: Vec<(&'static str, &'static str)>,
    state: String,
    rows: Vec<Row>,
    dropped: Vec<Dropped>,
    next: Option<String>,
}

struct Row {
    id: String,
    name: String,
    code: String,
    state: String,
    by: String,
    at: String,
}

#[derive(Deserialize)]
struct Asked {
    #[serde(rename = "trang-thai")]
    state: Option<String>,
    tiep: Option<String>,
}

#[get("/danh-muc")]
pub(super) async fn list(ctx: Ctx, asked: Query<Asked>) -> Result<HttpResponse, PageError> {
    ctx.officer()?;
    let (t, api) = (ctx.t, ctx.api());
    let state = asked.0.state.unwrap_or_default();
    let (drafts, dropped) = join(api.drafts(&state, asked.0.tiep.as_deref()), api.dropped()).await;
    let drafts = drafts.map_err(|e| ctx.refuse(e))?;
    // Only the administrators of the province decide on these.
    let dropped = match dropped {
        Ok(list) => list.items,
        Err(ApiError::Refused(_)) => Vec::new(),
        Err(away) => return Err(ctx.refuse(away)),
    };
    let rows = drafts
        .items
        .into_iter()
        .map(|d: DraftItem| Row {
            state: t.draft_state(&d.state),
            by: d.written_by,
            at: format::time(&d.updated_at),
            id: d.id,
            name: d.name,
            code: d.code,
        })
        .collect();
    ok(&Drafts {
        page: Page::new(&ctx, Section::Catalogue, t.drafts_title()),
        states: ["draft", "inReview", "scheduled", "published", "discarded"]
            .map(|s| (s, t.draft_state_name(s)))
            .to_vec(),
        next: drafts
            .next
            .as_deref()
            .map(|c| further("/danh-muc", &[("trang-thai", &state)], c)),
        state,
        rows,
        dropped,
    })
}

#[derive(Template)]
#[template(path = "quality.html")]
struct Quality {
    page: Page,
    lead: String,
    report: Doubts,
}

#[get("/danh-muc/chat-luong")]
pub(super) async fn quality(ctx: Ctx) -> Result<HttpResponse, PageError> {
    ctx.officer()?;
    let report = ctx.api().quality().await.map_err(|e| ctx.refuse(e))?;
    ok(&Quality {
        page: Page::new(&ctx, Section::Catalogue, ctx.t.quality_title()),
        lead: ctx.t.quality_lead(report.procedures),
        report,
    })
}

#[derive(Template)]
#[template(path = "draft.html")]
struct One {
    page: Page,
    d: Draft,
    state: String,
    when: String,
    may_publish: bool,
    problem: Option<String>,
}

async fn draw(ctx: &Ctx, id: &str, problem: Option<String>) -> Result<HttpResponse, PageError> {
    let d = ctx.api().draft(id).await.map_err(|e| ctx.refuse(e))?;
    let page =
        Page::new(ctx, Section::Catalogue, d.name.clone()).at(&format!("/danh-muc/ban-nhap/{id}"));
    ok(&One {
        page,
        state: ctx.t.draft_state(&d.state),
        when: format::time(&d.updated_at),
        may_publish: d.state == "inReview" && !d.own,
        d,
        problem,
    })
}

#[get("/danh-muc/ban-nhap/{id}")]
pub(super) async fn one(ctx: Ctx, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    ctx.officer()?;
    draw(&ctx, &id, None).await
}

#[post("/danh-muc/ban-nhap/{id}/{step}")]
pub(super) async fn step(
    ctx: Ctx,
    path: web::Path<(String, String)>,
    payload: web::Payload,
) -> Result<HttpResponse, PageError> {
    let (id, step) = path.into_inner();
    let page = format!("/danh-muc/ban-nhap/{id}");
    let fields = Fields::read(payload).await?;
    ctx.check_form(fields.get("csrf"))
        .map_err(|e| back(e, &page))?;
    let body: Value = match step.as_str() {
        "submit" | "discard" => json!({}),
        "send-back" => json!({"reason": fields.get("reason")}),
        "publish" => match fields.some("effectiveFrom") {
            Some(day) => json!({"effectiveFrom": day}),
            None => json!({}),
        },
        _ => return Err(PageError::NotFound),
    };
    let revision = fields.get("revision").parse().unwrap_or(0);
    match ctx.api().draft_step(&id, &step, revision, &body).await {
        Ok(()) => Ok(see_other(&page)),
        Err(ApiError::Refused(refusal)) if refusal.status != 401 && refusal.status != 404 => {
            let mut text = refusal.text().to_owned();
            for e in &refusal.errors {
                text = format!("{text}; {}", e.detail);
            }
            draw(&ctx, &id, Some(text)).await
        }
        Err(error) => Err(PageError::of(error, &page)),
    }
}

#[post("/danh-muc/thu-tuc/{id}/bai-bo")]
pub(super) async fn withdraw(
    ctx: Ctx,
    id: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, PageError> {
    let fields = Fields::read(payload).await?;
    ctx.check_form(fields.get("csrf"))
        .map_err(|e| back(e, "/danh-muc"))?;
    let version = fields.get("version").parse().unwrap_or(0);
    ctx.api()
        .withdraw(&id, version, fields.get("reason"))
        .await
        .map_err(|e| PageError::of(e, "/danh-muc"))?;
    Ok(see_other("/danh-muc"))
}

impl Tr {
    /// The state of a draft.
    pub(crate) fn draft_state_name(self, state: &str) -> &'static str {
        match state {
            "draft" => self.state_draft(),
            "inReview" => self.state_in_review(),
            "scheduled" => self.state_scheduled(),
            "published" => self.state_published(),
            _ => self.state_discarded(),
        }
    }

    /// The same, for a row.
    pub(crate) fn draft_state(self, state: &str) -> String {
        self.draft_state_name(state).to_owned()
    }

    /// How much of the catalogue is doubtful.
    pub(crate) fn quality_lead(self, procedures: u64) -> String {
        match self.0 {
            Language::Vi => format!(
                "{procedures} thủ tục có nội dung nghi vấn hoặc mâu thuẫn. Dữ liệu được giữ như đã công bố."
            ),
            Language::En => format!(
                "{procedures} procedures hold something doubtful or contradictory. Data is kept as published."
            ),
        }
    }
}
