//! Acting for somebody else: authorising somebody oneself, mandates that an administrator enters on sight of the papers, and revoking them.

use super::NO_STORE;
use super::accounts::reach;
use super::second_factor::own;
use crate::app::mandates::{self, New};
use crate::domain::account::{Account, Reach};
use crate::domain::mandate::{self, Mandate};
use crate::error::{codes, unforeseen};
use crate::{App, store};
use actix_web::http::header;
use actix_web::{HttpResponse, delete, get, post, web};
use chrono::{DateTime, Duration, Utc};
use contracts::problem::shared;
use contracts::{AccountId, ActorKind, Ground};
use kit::auth::{SignedIn, SteppedUp, perm};
use kit::http::{Json, Path};
use kit::{FieldError, Problem, ProblemBody};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Longest description of a paper, characters.
const DOCUMENT: usize = 500;
/// How long a mandate may last, days. A guardian's is renewed by the office.
const LONGEST_DAYS: i64 = 3660;

/// A mandate.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MandateOut {
    /// The mandate: `acting_for` of a sign-in by it.
    id: Uuid,
    /// `given`: others act for me; `held`: I act for others.
    #[schema(example = "held")]
    side: &'static str,
    /// For whom.
    #[schema(example = "Công ty TNHH Hoa Sen")]
    principal: String,
    /// Who may act: their identity number, masked.
    #[schema(example = "0241******02")]
    agent: String,
    /// By what.
    ground: Ground,
    /// What for.
    #[schema(example = json!(["dossier.file", "dossier.read"]))]
    permissions: Vec<String>,
    /// The paper that says so.
    #[schema(example = "Giấy ủy quyền số 12/2026, chứng thực tại UBND xã Yên Thế")]
    document: String,
    /// Since when.
    valid_from: DateTime<Utc>,
    /// Until when; null: until revoked.
    valid_until: Option<DateTime<Utc>>,
    /// Whether it holds now.
    holds: bool,
}

/// One's mandates, newest first, at most 100; revoked ones are left out.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MandatesOut {
    /// The mandates.
    items: Vec<MandateOut>,
}

/// Whom one authorises.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct OwnMandateIn {
    /// Số định danh cá nhân of who may act. Whether they have an account is not told.
    #[schema(example = "024192000002")]
    agent_identity_number: String,
    /// Some of `file.upload`, `file.read`, `dossier.file`, `dossier.read`, `dossier.own`, `shipment.read`; empty: all
    /// of them.
    #[serde(default)]
    #[schema(example = json!(["dossier.file", "dossier.read"]))]
    permissions: Vec<String>,
    /// The paper, or why.
    #[schema(example = "Ủy quyền nộp hồ sơ đất đai")]
    document: String,
    /// Until when, within ten years.
    valid_until: Option<DateTime<Utc>>,
}

/// A mandate that an administrator enters.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct MandateIn {
    /// The account that is acted for: a person, or an organisation.
    #[schema(value_type = Uuid, example = "01932f4c-0000-7000-8000-000000000003")]
    principal: AccountId,
    /// By what.
    ground: Ground,
    /// Số định danh cá nhân of who may act.
    #[schema(example = "024192000002")]
    agent_identity_number: String,
    /// As for one's own.
    #[serde(default)]
    #[schema(example = json!(["dossier.file", "dossier.read"]))]
    permissions: Vec<String>,
    /// The paper that was seen.
    #[schema(example = "Giấy chứng nhận đăng ký doanh nghiệp 2400123456")]
    document: String,
    /// Until when, within ten years.
    valid_until: Option<DateTime<Utc>>,
}

fn out(
    app: &App,
    mandate: Mandate,
    side: &'static str,
    principal: &str,
) -> Result<MandateOut, Problem> {
    let open = |sealed: &str| app.rt.sealer.open(sealed).map_err(unforeseen);
    let number = open(&mandate.agent_number)?;
    let holds = mandate.holds(app.rt.clock.now());
    Ok(MandateOut {
        id: mandate.id,
        side,
        principal: principal.to_owned(),
        agent: vn::cccd::Cccd::parse_any_place(&number)
            .map_or_else(|_odd| String::new(), |n| n.masked()),
        ground: mandate.ground,
        document: open(&mandate.document)?,
        permissions: mandate.permissions,
        valid_from: mandate.valid_from,
        valid_until: mandate.valid_until,
        holds,
    })
}

/// What both ways of giving a mandate check.
fn checked(
    app: &App,
    (principal, ground): (AccountId, Ground),
    number: &str,
    permissions: &[String],
    document: &str,
    valid_until: Option<DateTime<Utc>>,
) -> Result<New, Problem> {
    let mut wrong = Vec::new();
    let number = vn::cccd::Cccd::parse_any_place(number).map(|n| n.as_str().to_owned());
    if number.is_err() {
        let at = "/agentIdentityNumber";
        wrong.push(FieldError::of(at, shared::CCCD_INVALID));
    }
    let permissions = mandate::permissions(permissions);
    if permissions.is_none() {
        wrong.push(FieldError::of("/permissions", codes::PERMISSION_NOT_LENT));
    }
    let document = vn::text::nfc(document.trim());
    match document.chars().count() {
        0 => wrong.push(FieldError::of("/document", shared::FIELD_REQUIRED)),
        n if n > DOCUMENT => wrong.push(FieldError::of("/document", shared::FIELD_TOO_LONG)),
        _ => {}
    }
    let now = app.rt.clock.now();
    if valid_until.is_some_and(|until| until <= now || until > now + Duration::days(LONGEST_DAYS)) {
        wrong.push(FieldError::of("/validUntil", codes::PERIOD_INVALID));
    }
    match (number, permissions) {
        (Ok(identity_number), Some(permissions)) if wrong.is_empty() => Ok(New {
            principal,
            identity_number,
            ground,
            permissions,
            document,
            valid_until,
        }),
        _ => Err(Problem::invalid(wrong)),
    }
}

/// The own account of an applicant, who acts for nobody else at the moment.
async fn applicant(app: &App, who: &contracts::Actor) -> Result<Account, Problem> {
    own(app, who).await.and_then(|account| {
        if account.kind == ActorKind::Applicant {
            Ok(account)
        } else {
            Err(Problem::new(shared::FORBIDDEN))
        }
    })
}

/// Who acts for me, and for whom I act
///
/// Mandates given and held, newest first, at most 100. To act by one that is held, sign in with `acting_for` at the authorization endpoint;
/// the tokens then name both (`sub` and `act`).
#[utoipa::path(
    tag = "accounts",
    operation_id = "listMyMandates",
    responses(
        (status = 200, description = "The mandates.", body = MandatesOut),
        (status = 401, description = "No token, a bad one, or the account is closed.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Not an applicant, or acting for somebody.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = []))
)]
#[get("/api/v1/me/mandates")]
pub(super) async fn list(who: SignedIn, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    let account = applicant(&app, &who.0).await?;
    let hashes = mandates::hashes(&app.rt, &account).map_err(unforeseen)?;
    let db = app.db.read();
    let mut items = Vec::new();
    for mandate in store::mandate::of(db, account.id, &hashes)
        .await
        .map_err(unforeseen)?
    {
        let (side, principal) = if mandate.principal == account.id {
            ("given", Some(account.name.clone()))
        } else {
            let found = store::account::find(db, mandate.principal).await;
            ("held", found.map_err(unforeseen)?.map(|a| a.name))
        };
        items.push(out(&app, mandate, side, &principal.unwrap_or_default())?);
    }
    Ok(HttpResponse::Ok()
        .insert_header(NO_STORE)
        .json(MandatesOut { items }))
}

/// Authorise somebody
///
/// Ủy quyền: who holds this identity number, verified by the national sign-in or an office, may act for me within these permissions. Wants a
/// fresh sign-in.
#[utoipa::path(
    tag = "accounts",
    operation_id = "giveMandate",
    request_body(content = OwnMandateIn, example = json!({
        "agentIdentityNumber": "024192000002", "permissions": ["dossier.file", "dossier.read"],
        "document": "Ủy quyền nộp hồ sơ đất đai", "validUntil": "2027-05-01T00:00:00Z",
    })),
    responses(
        (status = 201, description = "Given.", body = MandateOut, headers(("Location" = String, description = "The mandate."))),
        (status = 400, description = "Not JSON.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No token, a bad one, or an old sign-in.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Not an applicant, or acting for somebody.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON by its content type.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field is not valid.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["dossier.file"]))
)]
#[post("/api/v1/me/mandates")]
pub(super) async fn give(
    who: SteppedUp<perm::DossierFile>,
    body: Json<OwnMandateIn>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let account = applicant(&app, who.actor()).await?;
    let OwnMandateIn {
        agent_identity_number,
        permissions,
        document,
        valid_until,
    } = body.0;
    let parties = (account.id, Ground::Authorised);
    let new = checked(
        &app,
        parties,
        &agent_identity_number,
        &permissions,
        &document,
        valid_until,
    )?;
    let mandate = mandates::give(&app, who.actor(), new)
        .await
        .map_err(unforeseen)?;
    created(&app, mandate, &account)
}

fn created(app: &App, mandate: Mandate, principal: &Account) -> Result<HttpResponse, Problem> {
    let location = format!("/api/v1/mandates/{}", mandate.id);
    Ok(HttpResponse::Created()
        .insert_header((header::LOCATION, location))
        .insert_header(NO_STORE)
        .json(out(app, mandate, "given", &principal.name)?))
}

/// Give back or take away a mandate of one's own
///
/// By who gave it or by who holds it. Tokens by it are refused within seconds.
#[utoipa::path(
    tag = "accounts",
    operation_id = "revokeMyMandate",
    params(("id" = Uuid, Path, description = "The mandate.", example = "01932f4c-0000-7000-8000-000000000009")),
    responses(
        (status = 204, description = "It holds no longer."),
        (status = 401, description = "No token or a bad one.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Not an applicant, or acting for somebody.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "Not there, or not one's own.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = []))
)]
#[delete("/api/v1/me/mandates/{id}")]
pub(super) async fn renounce(
    who: SignedIn,
    id: Path<Uuid>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    if who.0.kind != ActorKind::Applicant || who.0.mandate.is_some() {
        return Err(Problem::new(shared::FORBIDDEN));
    }
    let account = store::account::find(app.db.read(), who.0.subject)
        .await
        .map_err(unforeseen)?
        .ok_or_else(|| Problem::new(codes::MANDATE_NOT_FOUND))?;
    let hashes = mandates::hashes(&app.rt, &account).map_err(unforeseen)?;
    let mine = |m: &Mandate| m.principal == account.id || hashes.contains(&m.agent_hash);
    revoked(mandates::revoke(&app, account.id, id.0, mine).await)
}

fn revoked(outcome: Result<bool, sea_orm::DbErr>) -> Result<HttpResponse, Problem> {
    if outcome.map_err(unforeseen)? {
        Ok(HttpResponse::NoContent().insert_header(NO_STORE).finish())
    } else {
        Err(Problem::new(codes::MANDATE_NOT_FOUND))
    }
}

fn province_only(by: &contracts::Actor) -> Result<(), Problem> {
    match reach(by)? {
        Reach::Province => Ok(()),
        Reach::Agency(_) => Err(Problem::new(shared::FORBIDDEN)),
    }
}

/// Enter a mandate
///
/// For guardians and for representatives of organisations, on sight of the papers. By a province administrator, with a fresh sign-in.
#[utoipa::path(
    tag = "accounts",
    operation_id = "createMandate",
    request_body(content = MandateIn, example = json!({
        "principal": "01932f4c-0000-7000-8000-000000000003", "ground": "representative", "agentIdentityNumber": "024192000002",
        "document": "Giấy chứng nhận đăng ký doanh nghiệp 2400123456",
    })),
    responses(
        (status = 201, description = "Entered.", body = MandateOut, headers(("Location" = String, description = "The mandate."))),
        (status = 400, description = "Not JSON.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No token, a bad one, or an old sign-in.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Not a province administrator.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such account of an applicant.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON by its content type.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field is not valid.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["account.manage"]))
)]
#[post("/api/v1/mandates")]
pub(super) async fn enter(
    by: SteppedUp<perm::AccountManage>,
    body: Json<MandateIn>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    province_only(by.actor())?;
    let MandateIn {
        principal,
        ground,
        agent_identity_number,
        permissions,
        document,
        valid_until,
    } = body.0;
    let new = checked(
        &app,
        (principal, ground),
        &agent_identity_number,
        &permissions,
        &document,
        valid_until,
    )?;
    let account = store::account::find(app.db.read(), principal)
        .await
        .map_err(unforeseen)?
        .filter(|a| a.active && a.kind == ActorKind::Applicant)
        .ok_or_else(|| Problem::new(codes::ACCOUNT_NOT_FOUND))?;
    let mandate = mandates::give(&app, by.actor(), new)
        .await
        .map_err(unforeseen)?;
    created(&app, mandate, &account)
}

/// Revoke a mandate
///
/// By a province administrator: the guardianship ended, the representative changed. Tokens by it are refused within seconds.
#[utoipa::path(
    tag = "accounts",
    operation_id = "revokeMandate",
    params(("id" = Uuid, Path, description = "The mandate.", example = "01932f4c-0000-7000-8000-000000000009")),
    responses(
        (status = 204, description = "It holds no longer."),
        (status = 401, description = "No token, a bad one, or an old sign-in.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Not a province administrator.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "Not there.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["account.manage"]))
)]
#[delete("/api/v1/mandates/{id}")]
pub(super) async fn revoke(
    by: SteppedUp<perm::AccountManage>,
    id: Path<Uuid>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    province_only(by.actor())?;
    revoked(mandates::revoke(&app, by.actor().subject, id.0, |_any| true).await)
}
