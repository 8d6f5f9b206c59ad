//! What is kept of people and why; what they ask about it; what an administrator answers.

use super::NO_STORE;
use super::accounts::{opened, reach};
use crate::app::data_requests::{self, Step};
use crate::domain::data_request::{DataRequest, Right, State};
use crate::domain::purpose::{Both, LegalBasis, PURPOSES};
use crate::error::{codes, unforeseen};
use crate::store::data_request::{self as stored, Filter};
use crate::{App, store};
use actix_web::http::header;
use actix_web::{HttpResponse, delete, get, patch, post, web};
use chrono::{DateTime, Utc};
use contracts::AccountId;
use contracts::problem::shared;
use durable::access::{self, Shown};
use kit::auth::{Allowed, SignedIn, SignedInLately, perm};
use kit::etag::{IfMatch, with_etag};
use kit::http::{Json, Language, Path, Query};
use kit::page::{self, Page, PageQuery};
use kit::{Problem, ProblemBody};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Longest text, characters.
const LONGEST: usize = 4000;
/// Newest reads in an export.
const EXPORTED_READS: u64 = 1000;

/// One purpose of the register.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PurposeOut {
    /// Stable name.
    #[schema(example = "settle-dossier")]
    code: &'static str,
    /// For what.
    #[schema(example = "Giải quyết thủ tục hành chính")]
    title: &'static str,
    /// What data.
    data: &'static str,
    /// On what ground.
    legal_basis: LegalBasis,
    /// The provision, or how the choice is made and taken back.
    #[schema(example = "Nghị định 118/2025/NĐ-CP")]
    ground: &'static str,
    /// How long it is kept.
    kept: &'static str,
}

/// The register.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PurposesOut {
    /// All purposes.
    items: Vec<PurposeOut>,
}

fn purposes(language: contracts::Language) -> Vec<PurposeOut> {
    let say = |(vi, en): Both| match language {
        contracts::Language::Vi => vi,
        contracts::Language::En => en,
    };
    PURPOSES
        .iter()
        .map(|p| PurposeOut {
            code: p.code,
            title: say(p.title),
            data: say(p.data),
            legal_basis: p.basis,
            ground: say(p.ground),
            kept: say(p.kept),
        })
        .collect()
}

/// What is kept of people, and why
///
/// The register of purposes (mục đích và căn cứ xử lý dữ liệu cá nhân), in the language of the request. Public.
#[utoipa::path(
    tag = "personal-data",
    operation_id = "listDataPurposes",
    responses(
        (status = 200, description = "The register.", body = PurposesOut),
        (status = 429, description = "Too many requests in a minute; see Retry-After.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(())
)]
#[get("/api/v1/data-purposes")]
pub(super) async fn list_purposes(language: Language) -> Json<PurposesOut> {
    Json(PurposesOut {
        items: purposes(language.0),
    })
}

/// Whose request it is; for administrators.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RequesterOut {
    /// The account.
    id: AccountId,
    /// Full name.
    #[schema(example = "Nguyễn Văn An")]
    name: String,
}

/// A request about one's data.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DataRequestOut {
    /// The request.
    id: Uuid,
    /// Version, for `If-Match`.
    #[schema(example = 1)]
    version: i64,
    /// What is asked for.
    right: Right,
    /// The agency it is addressed to; absent: the province.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "H05.21")]
    agency: Option<String>,
    /// In the person's words.
    #[schema(example = "Số điện thoại trong tài khoản không còn đúng")]
    text: String,
    /// Where it stands.
    state: State,
    /// When it came in.
    received_at: DateTime<Utc>,
    /// Until when the reception is to be answered: two working days (NĐ 356/2025/NĐ-CP).
    accept_by: DateTime<Utc>,
    /// When it was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted_at: Option<DateTime<Utc>>,
    /// Until when it is to be done.
    due_at: DateTime<Utc>,
    /// Why the term was extended.
    #[serde(skip_serializing_if = "Option::is_none")]
    extension: Option<String>,
    /// When it was closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    closed_at: Option<DateTime<Utc>>,
    /// What was done, or why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<String>,
    /// When a restriction that was granted was taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    lifted_at: Option<DateTime<Utc>>,
    /// A clock has run out.
    #[schema(example = false)]
    overdue: bool,
    /// Who asks; for administrators only.
    #[serde(skip_serializing_if = "Option::is_none")]
    requester: Option<RequesterOut>,
}

fn out(app: &App, request: DataRequest, requester: Option<RequesterOut>) -> DataRequestOut {
    DataRequestOut {
        overdue: request.is_overdue(app.rt.clock.now()),
        id: request.id,
        version: request.version,
        right: request.right,
        agency: request.agency,
        text: opened(app, Some(request.text)).unwrap_or_default(),
        state: request.state,
        received_at: request.received_at,
        accept_by: request.accept_by,
        accepted_at: request.accepted_at,
        due_at: request.due_at,
        extension: opened(app, request.extension),
        closed_at: request.closed_at,
        answer: opened(app, request.answer),
        lifted_at: request.lifted_at,
        requester,
    }
}

/// The same for the administrator who handles it.
async fn managed(app: &App, request: DataRequest) -> Result<DataRequestOut, Problem> {
    let account = store::account::find(app.db.read(), request.account)
        .await
        .map_err(unforeseen)?;
    let requester = account.map(|a| RequesterOut {
        id: a.id,
        name: a.name,
    });
    Ok(out(app, request, requester))
}

/// A new request.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct DataRequestIn {
    /// What is asked for.
    right: Right,
    /// The agency it is addressed to; absent: the province.
    #[schema(example = "H05.21")]
    agency: Option<String>,
    /// What exactly, at most 4000 characters.
    #[schema(
        example = "Số điện thoại trong tài khoản không còn đúng",
        min_length = 1,
        max_length = 4000
    )]
    text: String,
}

/// A text of a body: cleaned, not empty, not too long.
pub(super) fn words(pointer: &'static str, text: &str) -> Result<String, Problem> {
    let clean = vn::text::clean(text).trim().to_owned();
    let wrong = |code| Err(Problem::invalid(vec![kit::FieldError::of(pointer, code)]));
    if clean.is_empty() {
        wrong(shared::FIELD_REQUIRED)
    } else if clean.chars().count() > LONGEST {
        wrong(shared::FIELD_TOO_LONG)
    } else {
        Ok(clean)
    }
}

/// Ask about one's data
///
/// Access, correction, restriction, objection, erasure (Luật 91/2025/QH15 art. 4). One open request of each kind. The answer names both
/// clocks.
#[utoipa::path(
    tag = "personal-data",
    operation_id = "fileDataRequest",
    request_body(content = DataRequestIn, example = json!({"right": "correct", "text": "Số điện thoại trong tài khoản không còn đúng"})),
    responses(
        (status = 201, description = "Received.", body = DataRequestOut, headers(("ETag" = String, description = "The version."))),
        (status = 400, description = "Not JSON.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No token or a bad one.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "A machine client, or acting for somebody.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "A request of this kind is open.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON by its content type.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field is not valid.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = []))
)]
#[post("/api/v1/me/data-requests")]
pub(super) async fn file(
    who: SignedIn,
    body: Json<DataRequestIn>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    super::me::in_person(&who.0)?;
    let text = words("/text", &body.0.text)?;
    let agency = match body.0.agency.as_deref() {
        None => None,
        Some(code) => Some(
            vn::agency::AgencyCode::parse(code)
                .map_err(|_form| {
                    Problem::invalid(vec![kit::FieldError::of("/agency", codes::AGENCY_INVALID)])
                })?
                .as_str()
                .to_owned(),
        ),
    };
    let request = data_requests::file(&app, &who.0, body.0.right, agency, &text).await?;
    Ok(with_etag(&mut HttpResponse::Created(), request.version)
        .insert_header(NO_STORE)
        .json(out(&app, request, None)))
}

/// One's requests
///
/// Newest first, with their clocks and answers.
#[utoipa::path(
    tag = "personal-data",
    operation_id = "listMyDataRequests",
    params(PageQuery),
    responses(
        (status = 200, description = "A page.", body = Page<DataRequestOut>),
        (status = 401, description = "No token or a bad one.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Acting for somebody.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A parameter is not valid.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = []))
)]
#[get("/api/v1/me/data-requests")]
pub(super) async fn list_mine(
    who: SignedIn,
    query: Query<PageQuery>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    super::me::in_person(&who.0)?;
    let limit = page::limit(query.0.limit)?;
    let before = cursor(query.0.cursor.as_deref())?;
    let rows = stored::of(app.db.read(), who.0.subject, before, limit + 1)
        .await
        .map_err(unforeseen)?;
    let page = Page::cut(rows, limit, |r| r.id).map(|r| out(&app, r, None));
    Ok(HttpResponse::Ok().insert_header(NO_STORE).json(page))
}

fn cursor(text: Option<&str>) -> Result<Option<Uuid>, Problem> {
    text.map(page::decode_cursor).transpose()
}

/// Take a restriction back
///
/// Ends a restriction or an objection of one's own that was granted.
#[utoipa::path(
    tag = "personal-data",
    operation_id = "liftMyRestriction",
    params(("id" = Uuid, Path, description = "The request.", example = "01932f4c-0000-7000-8000-000000000001")),
    responses(
        (status = 200, description = "Taken back.", body = DataRequestOut),
        (status = 401, description = "No token or a bad one.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Acting for somebody.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "Not there, or another's.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Nothing that could be taken back.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = []))
)]
#[delete("/api/v1/me/data-requests/{id}/restriction")]
pub(super) async fn lift(
    who: SignedIn,
    id: Path<Uuid>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    super::me::in_person(&who.0)?;
    let request = data_requests::lift(&app, who.0.subject, id.0).await?;
    Ok(HttpResponse::Ok()
        .insert_header(NO_STORE)
        .json(out(&app, request, None)))
}

/// What an export says of a sign-in.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExportedSession {
    /// Since when.
    since: DateTime<Utc>,
    /// Until when.
    until: DateTime<Utc>,
    /// What the browser called itself.
    device: String,
}

/// What an export says of a passkey: nothing of its key.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExportedPasskey {
    /// As its owner calls it.
    #[schema(example = "Điện thoại")]
    name: String,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it was last used.
    #[serde(skip_serializing_if = "Option::is_none")]
    used_at: Option<DateTime<Utc>>,
}

/// What an export says of a read.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExportedRead {
    /// When.
    at: DateTime<Utc>,
    /// By whom.
    who: String,
    /// Of which agency.
    agency: Option<String>,
    /// In what operation: why.
    operation: String,
}

/// Everything the account holds of a person.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExportOut {
    /// When it was made.
    made_at: DateTime<Utc>,
    /// The account.
    account: super::me::Me,
    /// Live sign-ins.
    sessions: Vec<ExportedSession>,
    /// Passkeys, oldest first.
    passkeys: Vec<ExportedPasskey>,
    /// Requests about the data, newest 100.
    data_requests: Vec<DataRequestOut>,
    /// Who read the account, newest 1000.
    read_by: Vec<ExportedRead>,
    /// The register of purposes.
    purposes: Vec<PurposeOut>,
}

/// Export one's account
///
/// Everything that the account holds of the caller, as one JSON file. Dossiers, shipments and notices are exported by their own lists.
/// Each export is noted in the access log.
#[utoipa::path(
    tag = "personal-data",
    operation_id = "exportMyData",
    responses(
        (status = 200, description = "The file.", body = ExportOut, headers(("Content-Disposition" = String, description = "Always `attachment`."))),
        (status = 401, description = "No token, a bad one, the account is closed, or a sign-in that is too old (`auth.step-up-required`).", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Acting for somebody.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = []))
)]
#[get("/api/v1/me/data")]
pub(super) async fn export(
    who: SignedInLately,
    language: Language,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    super::me::in_person(&who.0)?;
    let id = who.0.subject;
    let now = app.rt.clock.now();
    let account = store::account::find(app.db.read(), id)
        .await
        .map_err(unforeseen)?
        .filter(|a| a.active)
        .ok_or_else(|| Problem::new(shared::TOKEN_INVALID))?;
    let sessions = store::grant::sessions_of(app.db.read(), id, now)
        .await
        .map_err(unforeseen)?;
    let passkeys = store::passkey::of(app.db.read(), id)
        .await
        .map_err(unforeseen)?;
    let requests = stored::of(app.db.read(), id, None, 100)
        .await
        .map_err(unforeseen)?;
    let reads = access::of(app.db.read(), id.0, None, EXPORTED_READS)
        .await
        .map_err(unforeseen)?;
    note(&app, &who.0, "export", "exportMyData", &[id.0]).await?;
    let body = ExportOut {
        made_at: now,
        account: super::me::shown(&app, account, &who.0).await?,
        sessions: sessions
            .into_iter()
            .map(|s| ExportedSession {
                since: s.created_at,
                until: s.expires_at,
                device: s.device,
            })
            .collect(),
        passkeys: passkeys
            .into_iter()
            .map(|p| ExportedPasskey {
                name: p.name,
                created_at: p.created_at,
                used_at: p.used_at,
            })
            .collect(),
        data_requests: requests.into_iter().map(|r| out(&app, r, None)).collect(),
        read_by: reads
            .into_iter()
            .map(|r| ExportedRead {
                at: r.at,
                who: r.actor_name,
                agency: r.agency_code,
                operation: r.operation,
            })
            .collect(),
        purposes: purposes(language.0),
    };
    let name = "attachment; filename=\"motcua-account.json\"";
    Ok(HttpResponse::Ok()
        .insert_header(NO_STORE)
        .insert_header((header::CONTENT_DISPOSITION, name))
        .json(body))
}

async fn note(
    app: &App,
    by: &contracts::Actor,
    what: &str,
    operation: &str,
    subjects: &[Uuid],
) -> Result<(), Problem> {
    let shown = Shown {
        what,
        operation,
        subjects,
    };
    app.db
        .tx(|tx| async move { access::write(&tx, &app.rt, by, shown).await })
        .await
        .map_err(|error: sea_orm::DbErr| unforeseen(error))
}

/// What a list asks for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// Only those in this state.
    #[param(inline)]
    state: Option<State>,
    /// Only those with a clock that has run out.
    #[param(example = true)]
    overdue: Option<bool>,
    /// Items a page, 1–100; 20 when absent.
    #[param(minimum = 1, maximum = 100, example = 20)]
    limit: Option<u32>,
    /// Cursor from the page before.
    cursor: Option<String>,
}

/// List requests of people about their data
///
/// Newest first: those addressed to the own agency, or all for a province administrator. Reading them is told to the person.
#[utoipa::path(
    tag = "personal-data",
    operation_id = "listDataRequests",
    params(ListQuery),
    responses(
        (status = 200, description = "A page.", body = Page<DataRequestOut>),
        (status = 401, description = "No token or a bad one.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Not an administrator.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A parameter is not valid.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["data-request.manage"]))
)]
#[get("/api/v1/data-requests")]
pub(super) async fn list(
    by: Allowed<perm::DataRequestManage>,
    query: Query<ListQuery>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let query = query.0;
    let limit = page::limit(query.limit)?;
    let filter = Filter {
        state: query.state,
        overdue_at: query.overdue.unwrap_or(false).then(|| app.rt.clock.now()),
        before: cursor(query.cursor.as_deref())?,
    };
    let rows = stored::list(app.db.read(), &reach(by.actor())?, filter, limit + 1)
        .await
        .map_err(unforeseen)?;
    let page = Page::cut(rows, limit, |r| r.id);
    let subjects: Vec<Uuid> = page.items.iter().map(|r| r.account.0).collect();
    note(
        &app,
        by.actor(),
        "data-request",
        "listDataRequests",
        &subjects,
    )
    .await?;
    let mut items = Vec::with_capacity(page.items.len());
    for request in page.items {
        items.push(managed(&app, request).await?);
    }
    Ok(HttpResponse::Ok().insert_header(NO_STORE).json(Page {
        items,
        next: page.next,
    }))
}

/// Read a request
///
/// One request within one's reach. Reading it is told to the person.
#[utoipa::path(
    tag = "personal-data",
    operation_id = "getDataRequest",
    params(("id" = Uuid, Path, description = "The request.", example = "01932f4c-0000-7000-8000-000000000001")),
    responses(
        (status = 200, description = "The request.", body = DataRequestOut, headers(("ETag" = String, description = "The version."))),
        (status = 401, description = "No token or a bad one.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Not an administrator.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "Not there, or not within reach.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["data-request.manage"]))
)]
#[get("/api/v1/data-requests/{id}")]
pub(super) async fn show(
    by: Allowed<perm::DataRequestManage>,
    id: Path<Uuid>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let request = stored::managed(app.db.read(), &reach(by.actor())?, id.0)
        .await
        .map_err(unforeseen)?
        .ok_or_else(|| Problem::new(codes::DATA_REQUEST_NOT_FOUND))?;
    let subject = [request.account.0];
    note(&app, by.actor(), "data-request", "getDataRequest", &subject).await?;
    Ok(with_etag(&mut HttpResponse::Ok(), request.version)
        .insert_header(NO_STORE)
        .json(managed(&app, request).await?))
}

/// What is done with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum DataRequestAction {
    /// Answer the reception (phản hồi tiếp nhận).
    Accept,
    /// Extend the term once; `text` says why.
    Extend,
    /// It is done; `text` says what. An erasure is carried out by this.
    Done,
    /// It is refused; `text` says why.
    Refuse,
}

/// A step with a request.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct DataRequestChange {
    /// What is done.
    action: DataRequestAction,
    /// The words for the person; required except to accept.
    #[schema(example = "Đã cập nhật số điện thoại", max_length = 4000)]
    text: Option<String>,
}

/// Handle a request
///
/// Answers the reception, extends the term, closes. Granting an erasure empties the account of a citizen: nobody signs in to it again.
/// Granting a restriction or an objection hides contact and numbers from administrators until the person takes it back. Nobody decides
/// the own request. Requires `If-Match`.
#[utoipa::path(
    tag = "personal-data",
    operation_id = "changeDataRequest",
    request_body(content = DataRequestChange, example = json!({"action": "refuse", "text": "Không phải dữ liệu của cơ quan này"})),
    params(
        ("id" = Uuid, Path, description = "The request.", example = "01932f4c-0000-7000-8000-000000000001"),
        ("If-Match" = String, Header, description = "The version that is changed.", example = "\"1\""),
    ),
    responses(
        (status = 200, description = "Changed.", body = DataRequestOut, headers(("ETag" = String, description = "The new version."))),
        (status = 400, description = "Not JSON.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No token or a bad one.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Not an administrator.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "Not there, or not within reach.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Not at this step, one's own, or an officer's account to be erased.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "Changed by somebody else since.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON by its content type.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field is not valid.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 428, description = "If-Match is missing.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["data-request.manage"]))
)]
#[patch("/api/v1/data-requests/{id}")]
pub(super) async fn change(
    by: Allowed<perm::DataRequestManage>,
    id: Path<Uuid>,
    version: IfMatch,
    body: Json<DataRequestChange>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let reach = reach(by.actor())?;
    let version = version.required()?;
    let text = || words("/text", body.0.text.as_deref().unwrap_or_default());
    let step = match body.0.action {
        DataRequestAction::Accept => Step::Accept,
        DataRequestAction::Extend => Step::Extend(text()?),
        DataRequestAction::Done => Step::Done(text()?),
        DataRequestAction::Refuse => Step::Refused(text()?),
    };
    let request = data_requests::change(&app, by.actor(), &reach, id.0, version, &step).await?;
    Ok(with_etag(&mut HttpResponse::Ok(), request.version)
        .insert_header(NO_STORE)
        .json(managed(&app, request).await?))
}
