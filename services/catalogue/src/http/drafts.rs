//! Drafts: written by one person, published by another.

use super::types::{Draft, DraftItem, Missing};
use crate::App;
use crate::app::drafts::{self as editing, Command, Written};
use crate::domain::check;
use crate::domain::content::Content;
use crate::domain::difference;
use crate::domain::life_cycle::DraftState;
use crate::error;
use crate::store::{drafts, procedures};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, post, put, web};
use chrono::NaiveDate;
use contracts::permission::perm;
use contracts::problem::shared;
use contracts::{Actor, ProcedureId};
use kit::etag::{IfMatch, with_etag};
use kit::http::{Json, Path, Query};
use kit::page::{self, Page};
use kit::{Allowed, Problem, ProblemBody};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// The longest note or reason, characters.
const MAX_NOTE: usize = 2_000;

/// A draft to be written.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({
    "note": "Giảm thời hạn theo QĐ 1813/QĐ-BTP",
    "content": {
        "code": "1.009001", "name": "Cấp giấy phép mẫu", "field": {"code": "G15-TP07", "name": "Hộ tịch"},
        "steps": [{"name": "Bước 1", "description": "Nộp hồ sơ"}],
        "methods": [{"channel": "online", "term": {"value": 3.0, "unit": "workingDay", "text": "3 ngày làm việc", "source": "method"},
            "description": "", "fees": [{"kind": "charge", "free": false, "amount": 10000, "currency": "VND", "text": "10.000 đồng", "suspicious": false}]}],
        "components": [{"case": "", "components": [{"id": "p1", "code": "", "name": "Tờ khai", "originals": 1, "copies": 0, "note": false,
            "required": true, "electronicForm": false, "forms": []}]}],
        "subjects": [{"code": "CN", "name": "Công dân Việt Nam"}],
        "agencies": {"executing": [{"code": "", "name": "Ủy ban nhân dân cấp xã"}], "authority": [], "authorized": [], "coordinating": [], "receivingPlaces": ""},
        "results": [{"code": "", "name": "Giấy phép"}], "legalBasis": [], "conditions": "",
        "decision": {"number": "1/QĐ-UBND", "date": "2026-07-01", "promulgator": {"code": "H05", "name": "UBND tỉnh Bắc Ninh"}},
        "levels": ["commune"], "serviceLevel": "full", "internal": false, "nonTerritorial": false, "vertical": false,
        "groups": [], "keywords": "", "note": "", "returnMethods": []
    }
}))]
pub(crate) struct DraftIn {
    /// The procedure that it changes; absent for a new one.
    procedure_id: Option<ProcedureId>,
    /// All that the version shall say.
    content: Content,
    /// What changes and why, for the one who reviews.
    #[serde(default)]
    note: String,
}

/// What a draft shall say from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({
    "note": "",
    "content": {
        "code": "1.009001", "name": "Cấp giấy phép mẫu", "field": {"code": "", "name": ""}, "steps": [], "methods": [], "components": [],
        "subjects": [], "agencies": {"executing": [], "authority": [], "authorized": [], "coordinating": [], "receivingPlaces": ""},
        "results": [], "legalBasis": [], "conditions": "", "decision": {"promulgator": {"code": "", "name": ""}}, "levels": [],
        "serviceLevel": "information", "internal": false, "nonTerritorial": false, "vertical": false, "groups": [], "keywords": "",
        "note": "", "returnMethods": []
    }
}))]
pub(crate) struct DraftChange {
    /// All that the version shall say.
    content: Content,
    /// What changes and why.
    #[serde(default)]
    note: String,
}

/// Why a draft goes back, or a procedure is withdrawn.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Thiếu căn cứ pháp lý"}))]
pub(crate) struct EditingReason {
    /// At most 2,000 characters; must not be empty.
    pub(super) reason: String,
}

impl EditingReason {
    /// The reason, when there is one.
    pub(super) fn text(self) -> Result<String, Problem> {
        let text = note(self.reason, "/reason")?;
        if text.is_empty() {
            let code = shared::FIELD_REQUIRED;
            return Err(Problem::new(shared::BODY_INVALID).field("/reason", code, code.vi, code.en));
        }
        Ok(text)
    }
}

/// From when a draft is in force.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"effectiveFrom": "2026-07-01"}))]
pub(crate) struct PublishIn {
    /// First day; today when absent. A day to come: the version waits until then.
    effective_from: Option<NaiveDate>,
}

/// Parameters of the list of drafts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// Only in this state: `draft`, `inReview`, `scheduled`, `published`, `discarded`.
    #[param(example = "inReview")]
    state: Option<String>,
    /// Items a page, 1–100; 20 when absent.
    #[param(minimum = 1, maximum = 100, example = 20)]
    limit: Option<u32>,
    /// Cursor from the page before.
    cursor: Option<String>,
}

/// Clean text of at most [`MAX_NOTE`] characters, without markup.
fn note(text: String, at: &str) -> Result<String, Problem> {
    let text = text.trim().to_owned();
    let fault = if text.chars().count() > MAX_NOTE {
        Some(check::Fault::TooLong)
    } else if check::has_markup(&text) {
        Some(check::Fault::Markup)
    } else {
        None
    };
    match fault {
        None => Ok(text),
        Some(fault) => Err(error::wrong("", &[(at.to_owned(), fault)])),
    }
}

/// A content as it may be kept: cleaned, without faults, its fees read as those of the portal are.
fn checked(content: Content) -> Result<Content, Problem> {
    let mut value = serde_json::to_value(content).map_err(Problem::internal)?;
    let mut found = check::clean(&mut value);
    let content: Content = serde_json::from_value(value).map_err(Problem::internal)?;
    found.extend(check::draft(&content));
    if found.is_empty() {
        Ok(check::settle(content))
    } else {
        Err(error::wrong("/content", &found))
    }
}

fn item(d: &drafts::Draft, by: &Actor) -> DraftItem {
    DraftItem {
        id: d.id,
        procedure_id: d.procedure_id.into(),
        base_version: d.base_version,
        revision: d.revision,
        state: d.state,
        code: d.code.clone(),
        name: d.name.clone(),
        note: d.note.clone(),
        source: d.source.clone(),
        agency: d.agency.clone(),
        written_by: d.written_by.clone(),
        own: editing::is_writer(d, by.subject),
        published_by: d.published_by.clone(),
        effective_from: d.effective_from,
        created_at: d.created_at,
        updated_at: d.updated_at,
    }
}

/// A draft with what it says, where it differs from the version it was written upon, and what it lacks.
async fn whole(app: &App, d: drafts::Draft, by: &Actor) -> Result<Draft, Problem> {
    let content = editing::content_of(&d)?;
    let after = serde_json::to_value(&content).map_err(Problem::internal)?;
    let before = procedures::before(app.db.read(), d.procedure_id, d.base_version)
        .await
        .map_err(error::failed)?;
    Ok(Draft {
        item: item(&d, by),
        differences: before
            .map(|b| difference::between(&b.content, &after))
            .unwrap_or_default(),
        missing: error::incomplete(&check::publishable(&content))
            .errors()
            .iter()
            .map(|e| Missing {
                pointer: e.pointer.clone(),
                code: e.code.to_owned(),
            })
            .collect(),
        content,
    })
}

async fn answer(
    app: &App,
    d: drafts::Draft,
    by: &Actor,
    status: StatusCode,
) -> Result<HttpResponse, Problem> {
    let revision = d.revision;
    let mut answer = HttpResponse::build(status);
    with_etag(&mut answer, revision);
    Ok(answer.json(whole(app, d, by).await?))
}

#[utoipa::path(
    post, path = "/api/v1/procedure-drafts", tag = "drafts", operation_id = "createProcedureDraft",
    summary = "Write a draft",
    description = "A draft of a new procedure, or of the next version of one. Texts are cleaned (NFC, blanks, invisible characters); HTML is refused. It changes nothing until another person publishes it.",
    request_body = DraftIn,
    responses(
        (status = 201, description = "The draft", body = Draft, headers(("ETag" = String, description = "Its revision, in quotes"))),
        (status = 404, description = "`procedure.unknown`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`body.invalid`, `text.markup`", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["catalogue.write"])),
)]
#[post("/api/v1/procedure-drafts")]
pub(crate) async fn create(
    app: web::Data<App>,
    caller: Allowed<perm::CatalogueWrite>,
    Json(body): Json<DraftIn>,
) -> Result<HttpResponse, Problem> {
    let written = Written {
        procedure_id: body.procedure_id.map(|id| id.0),
        content: checked(body.content)?,
        note: note(body.note, "/note")?,
    };
    let draft = editing::create(&app.db, &app.rt, caller.actor(), written).await?;
    answer(&app, draft, caller.actor(), StatusCode::CREATED).await
}

#[utoipa::path(
    get, path = "/api/v1/procedure-drafts", tag = "drafts", operation_id = "listProcedureDrafts",
    summary = "List drafts",
    description = "Drafts within one's reach, newest first: of the own agency, or all for administrators of the province. What an import proposes is among these.",
    params(ListQuery),
    responses(
        (status = 200, description = "One page", body = Page<DraftItem>),
        (status = 422, description = "`draft.state-unknown`, `query.invalid`, `query.cursor`", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["catalogue.write"])),
)]
#[get("/api/v1/procedure-drafts")]
pub(crate) async fn list(
    app: web::Data<App>,
    caller: Allowed<perm::CatalogueWrite>,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<DraftItem>>, Problem> {
    let limit = page::limit(query.limit)?;
    let below = query
        .cursor
        .as_deref()
        .map(page::decode_cursor::<Uuid>)
        .transpose()?;
    let state = query
        .state
        .as_deref()
        .map(|s| {
            let code = error::DRAFT_STATE_UNKNOWN;
            DraftState::parse(s)
                .ok_or_else(|| Problem::new(code).field("state", code, code.vi, code.en))
        })
        .transpose()?;
    let reach = editing::reach(caller.actor());
    let rows = drafts::list(app.db.read(), &reach, state, below, limit + 1)
        .await
        .map_err(error::failed)?;
    let items = rows.iter().map(|d| item(d, caller.actor())).collect();
    Ok(Json(Page::cut(items, limit, |d: &DraftItem| d.id)))
}

#[utoipa::path(
    get, path = "/api/v1/procedure-drafts/{id}", tag = "drafts", operation_id = "getProcedureDraft",
    summary = "Read a draft",
    description = "A draft with what it says, where it differs from the version it was written upon, and what it lacks to be published.",
    params(("id" = Uuid, Path, description = "The draft")),
    responses(
        (status = 200, description = "The draft", body = Draft, headers(("ETag" = String, description = "Its revision, in quotes"))),
        (status = 404, description = "`draft.unknown`", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["catalogue.write"])),
)]
#[get("/api/v1/procedure-drafts/{id}")]
pub(crate) async fn read(
    app: web::Data<App>,
    caller: Allowed<perm::CatalogueWrite>,
    Path(id): Path<Uuid>,
) -> Result<HttpResponse, Problem> {
    let draft = drafts::one(app.db.read(), &editing::reach(caller.actor()), id)
        .await
        .map_err(error::failed)?
        .ok_or_else(|| Problem::new(error::DRAFT_UNKNOWN))?;
    answer(&app, draft, caller.actor(), StatusCode::OK).await
}

async fn command(
    app: &App,
    by: &Actor,
    id: Uuid,
    at: IfMatch,
    command: Command,
) -> Result<HttpResponse, Problem> {
    let draft = editing::command(&app.db, &app.rt, by, id, at, command).await?;
    if draft.state == DraftState::Published {
        app.live.refresh(&app.db).await.map_err(error::failed)?;
    }
    answer(app, draft, by, StatusCode::OK).await
}

#[utoipa::path(
    put, path = "/api/v1/procedure-drafts/{id}", tag = "drafts", operation_id = "writeProcedureDraft",
    summary = "Rewrite a draft",
    description = "Replaces what a draft says while it is in state `draft`; it is then upon the newest version of its procedure. Whoever writes counts as a writer and may not publish it.",
    params(("id" = Uuid, Path, description = "The draft"), ("If-Match" = String, Header, description = "Its revision, in quotes")),
    request_body = DraftChange,
    responses(
        (status = 200, description = "The draft", body = Draft),
        (status = 404, description = "`draft.unknown`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`draft.step-not-open`, `conflict`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`body.invalid`, `text.markup`", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["catalogue.write"])),
)]
#[put("/api/v1/procedure-drafts/{id}")]
pub(crate) async fn write(
    app: web::Data<App>,
    caller: Allowed<perm::CatalogueWrite>,
    Path(id): Path<Uuid>,
    at: IfMatch,
    Json(body): Json<DraftChange>,
) -> Result<HttpResponse, Problem> {
    let write = Command::Write(Box::new(checked(body.content)?), note(body.note, "/note")?);
    command(&app, caller.actor(), id, at, write).await
}

#[utoipa::path(
    post, path = "/api/v1/procedure-drafts/{id}/submit", tag = "drafts", operation_id = "submitProcedureDraft",
    summary = "Hand a draft in",
    description = "Hands a draft in for review (trình công bố).",
    params(("id" = Uuid, Path, description = "The draft"), ("If-Match" = String, Header, description = "Its revision, in quotes")),
    responses(
        (status = 200, description = "The draft", body = Draft),
        (status = 404, description = "`draft.unknown`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`draft.step-not-open`, `conflict`", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["catalogue.write"])),
)]
#[post("/api/v1/procedure-drafts/{id}/submit")]
pub(crate) async fn submit(
    app: web::Data<App>,
    caller: Allowed<perm::CatalogueWrite>,
    Path(id): Path<Uuid>,
    at: IfMatch,
) -> Result<HttpResponse, Problem> {
    command(&app, caller.actor(), id, at, Command::Submit).await
}

#[utoipa::path(
    post, path = "/api/v1/procedure-drafts/{id}/send-back", tag = "drafts", operation_id = "sendBackProcedureDraft",
    summary = "Send a draft back",
    description = "Sends a draft in review back to its writers, with the reason (trả lại).",
    params(("id" = Uuid, Path, description = "The draft"), ("If-Match" = String, Header, description = "Its revision, in quotes")),
    request_body = EditingReason,
    responses(
        (status = 200, description = "The draft", body = Draft),
        (status = 404, description = "`draft.unknown`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`draft.step-not-open`, `conflict`", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["catalogue.publish"])),
)]
#[post("/api/v1/procedure-drafts/{id}/send-back")]
pub(crate) async fn send_back(
    app: web::Data<App>,
    caller: Allowed<perm::CataloguePublish>,
    Path(id): Path<Uuid>,
    at: IfMatch,
    Json(body): Json<EditingReason>,
) -> Result<HttpResponse, Problem> {
    let back = Command::SendBack(body.text()?);
    command(&app, caller.actor(), id, at, back).await
}

#[utoipa::path(
    post, path = "/api/v1/procedure-drafts/{id}/publish", tag = "drafts", operation_id = "publishProcedureDraft",
    summary = "Publish a draft",
    description = "Makes a draft in review the version in force from a day on (công bố). Refused to whoever wrote it, when a published item is missing, and when the procedure has got another version since. With a day to come the draft is `scheduled` and takes effect then.",
    params(("id" = Uuid, Path, description = "The draft"), ("If-Match" = String, Header, description = "Its revision, in quotes")),
    request_body = PublishIn,
    responses(
        (status = 200, description = "The draft", body = Draft),
        (status = 404, description = "`draft.unknown`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`draft.own`, `draft.step-not-open`, `draft.outdated`, `conflict`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`draft.incomplete`, `date.impossible`, `body.invalid`", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["catalogue.publish"])),
)]
#[post("/api/v1/procedure-drafts/{id}/publish")]
pub(crate) async fn publish(
    app: web::Data<App>,
    caller: Allowed<perm::CataloguePublish>,
    Path(id): Path<Uuid>,
    at: IfMatch,
    Json(body): Json<PublishIn>,
) -> Result<HttpResponse, Problem> {
    let day = body.effective_from.unwrap_or_else(|| app.today());
    if !check::is_plausible(day) {
        return Err(error::wrong(
            "",
            &[("/effectiveFrom".to_owned(), check::Fault::Date)],
        ));
    }
    command(&app, caller.actor(), id, at, Command::Publish(day)).await
}

#[utoipa::path(
    post, path = "/api/v1/procedure-drafts/{id}/discard", tag = "drafts", operation_id = "discardProcedureDraft",
    summary = "Give a draft up",
    description = "Gives up a draft that is not published. It stays in the journal.",
    params(("id" = Uuid, Path, description = "The draft"), ("If-Match" = String, Header, description = "Its revision, in quotes")),
    responses(
        (status = 200, description = "The draft", body = Draft),
        (status = 404, description = "`draft.unknown`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`draft.step-not-open`, `conflict`", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["catalogue.write"])),
)]
#[post("/api/v1/procedure-drafts/{id}/discard")]
pub(crate) async fn discard(
    app: web::Data<App>,
    caller: Allowed<perm::CatalogueWrite>,
    Path(id): Path<Uuid>,
    at: IfMatch,
) -> Result<HttpResponse, Problem> {
    command(&app, caller.actor(), id, at, Command::Discard).await
}
