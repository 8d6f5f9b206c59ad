//! What editors decide and see besides drafts: withdrawal, what the source has dropped, the journal, the imports.

use super::drafts::EditingReason;
use super::types::{ImportItem, ProcedureJournalEntry, SourceWithdrawal};
use crate::App;
use crate::app::drafts::{self as editing};
use crate::error;
use crate::store::{drafts, gone};
use actix_web::{HttpResponse, get, post, web};
use contracts::permission::perm;
use kit::etag::{IfMatch, with_etag};
use kit::http::{Json, Path, Query};
use kit::page::{self, Page};
use kit::{Allowed, Problem, ProblemBody};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// How a procedure stands after a decision.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Standing {
    /// The version that says so.
    #[schema(example = 3)]
    version: i64,
    /// False: withdrawn.
    active: bool,
}

async fn set_active(
    app: &App,
    by: &contracts::Actor,
    id: Uuid,
    at: IfMatch,
    active: bool,
    reason: EditingReason,
) -> Result<HttpResponse, Problem> {
    let reason = reason.text()?;
    let version = editing::set_active(&app.db, &app.rt, by, id, at, (active, &reason)).await?;
    app.live.refresh(&app.db).await.map_err(error::failed)?;
    let mut answer = HttpResponse::Ok();
    Ok(with_etag(&mut answer, version).json(Standing { version, active }))
}

#[utoipa::path(
    post, path = "/api/v1/procedures/{id}/withdraw", tag = "drafts", operation_id = "withdrawProcedure",
    summary = "Withdraw a procedure",
    description = "Puts a procedure out of force from today on (bãi bỏ), with the reason; nothing is deleted. New dossiers are no longer taken; running ones keep their version.",
    params(("id" = Uuid, Path, description = "The procedure"), ("If-Match" = String, Header, description = "Its version, in quotes")),
    request_body = EditingReason,
    responses(
        (status = 200, description = "It is withdrawn", body = Standing),
        (status = 404, description = "`procedure.unknown`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`procedure.withdrawn`", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["catalogue.publish"])),
)]
#[post("/api/v1/procedures/{id}/withdraw")]
pub(crate) async fn withdraw(
    app: web::Data<App>,
    caller: Allowed<perm::CataloguePublish>,
    Path(id): Path<Uuid>,
    at: IfMatch,
    Json(body): Json<EditingReason>,
) -> Result<HttpResponse, Problem> {
    set_active(&app, caller.actor(), id, at, false, body).await
}

#[utoipa::path(
    post, path = "/api/v1/procedures/{id}/restore", tag = "drafts", operation_id = "restoreProcedure",
    summary = "Restore a procedure",
    description = "Puts a withdrawn procedure in force again from today on, as it was, with the reason.",
    params(("id" = Uuid, Path, description = "The procedure"), ("If-Match" = String, Header, description = "Its version, in quotes")),
    request_body = EditingReason,
    responses(
        (status = 200, description = "It is in force", body = Standing),
        (status = 404, description = "`procedure.unknown`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`procedure.in-force`", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["catalogue.publish"])),
)]
#[post("/api/v1/procedures/{id}/restore")]
pub(crate) async fn restore(
    app: web::Data<App>,
    caller: Allowed<perm::CataloguePublish>,
    Path(id): Path<Uuid>,
    at: IfMatch,
    Json(body): Json<EditingReason>,
) -> Result<HttpResponse, Problem> {
    set_active(&app, caller.actor(), id, at, true, body).await
}

/// Parameters of the journal.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct JournalQuery {
    /// The procedure.
    #[param(example = "019d2bfd-3fe0-70ac-b9d6-5e9e20d6eef7")]
    procedure_id: Uuid,
    /// Items a page, 1–100; 20 when absent.
    #[param(minimum = 1, maximum = 100, example = 20)]
    limit: Option<u32>,
    /// Cursor from the page before.
    cursor: Option<String>,
}

#[utoipa::path(
    get, path = "/api/v1/procedure-journal", tag = "drafts", operation_id = "listProcedureJournal",
    summary = "Read the journal of a procedure",
    description = "Every step of a person or an import, newest first. Of the people of one agency: those of their own drafts.",
    params(JournalQuery),
    responses(
        (status = 200, description = "One page", body = Page<ProcedureJournalEntry>),
    ),
    security(("bearer" = ["catalogue.write"])),
)]
#[get("/api/v1/procedure-journal")]
pub(crate) async fn journal(
    app: web::Data<App>,
    caller: Allowed<perm::CatalogueWrite>,
    Query(query): Query<JournalQuery>,
) -> Result<Json<Page<ProcedureJournalEntry>>, Problem> {
    let limit = page::limit(query.limit)?;
    let below = cursor(query.cursor.as_deref())?;
    let reach = editing::reach(caller.actor());
    let rows = drafts::journal(app.db.read(), &reach, query.procedure_id, below, limit + 1)
        .await
        .map_err(error::failed)?;
    let items = rows
        .into_iter()
        .map(|e| ProcedureJournalEntry {
            id: e.id,
            draft_id: e.draft_id,
            action: e.action,
            state: e.state,
            version: e.version,
            by: e.who.name,
            note: e.note,
            at: e.at,
        })
        .collect();
    Ok(Json(Page::cut(
        items,
        limit,
        |e: &ProcedureJournalEntry| e.id,
    )))
}

fn cursor(cursor: Option<&str>) -> Result<Option<Uuid>, Problem> {
    cursor.map(page::decode_cursor::<Uuid>).transpose()
}

#[utoipa::path(
    get, path = "/api/v1/source-withdrawals", tag = "drafts", operation_id = "listSourceWithdrawals",
    summary = "List what the source has dropped",
    description = "Procedures in force that the newest whole file of their source no longer has, by id. An editor withdraws them or leaves them; a file that has them again takes the mark away.",
    params(kit::page::PageQuery),
    responses(
        (status = 200, description = "One page", body = Page<SourceWithdrawal>),
    ),
    security(("bearer" = ["catalogue.manage"])),
)]
#[get("/api/v1/source-withdrawals")]
pub(crate) async fn source_withdrawals(
    app: web::Data<App>,
    _caller: Allowed<perm::CatalogueManage>,
    Query(query): Query<page::PageQuery>,
) -> Result<Json<Page<SourceWithdrawal>>, Problem> {
    let limit = page::limit(query.limit)?;
    let after = cursor(query.cursor.as_deref())?;
    let rows = gone::undecided(app.db.read(), after, limit + 1)
        .await
        .map_err(error::failed)?;
    let items = rows
        .into_iter()
        .map(|s| SourceWithdrawal {
            id: s.id.into(),
            code: s.code,
            name: s.name,
            version: s.version,
            gone_since: s.gone_since,
        })
        .collect();
    Ok(Json(Page::cut(items, limit, |s: &SourceWithdrawal| s.id)))
}

#[utoipa::path(
    get, path = "/api/v1/imports", tag = "imports", operation_id = "listImports",
    summary = "List imports",
    description = "The imports that were made, newest first, each with its summary (of long lists the first hundred).",
    params(kit::page::PageQuery),
    responses(
        (status = 200, description = "One page", body = Page<ImportItem>),
    ),
    security(("bearer" = ["catalogue.manage"])),
)]
#[get("/api/v1/imports")]
pub(crate) async fn imports(
    app: web::Data<App>,
    _caller: Allowed<perm::CatalogueManage>,
    Query(query): Query<page::PageQuery>,
) -> Result<Json<Page<ImportItem>>, Problem> {
    let limit = page::limit(query.limit)?;
    let below = cursor(query.cursor.as_deref())?;
    let rows = drafts::imports(app.db.read(), below, limit + 1)
        .await
        .map_err(error::failed)?;
    let items = rows
        .into_iter()
        .map(|r| {
            Ok(ImportItem {
                id: r.id,
                kind: r.kind,
                file_date: r.file_date,
                by: r.by_name,
                at: r.at,
                summary: serde_json::from_str(&r.summary).map_err(Problem::internal)?,
            })
        })
        .collect::<Result<Vec<_>, Problem>>()?;
    Ok(Json(Page::cut(items, limit, |i: &ImportItem| i.id)))
}
