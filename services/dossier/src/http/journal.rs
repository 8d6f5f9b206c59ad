//! The journal, for the agency; the access log, for the owner.

use crate::app::App;
use crate::error::Error;
use crate::store::access::What;
use crate::store::dossiers;
use actix_web::{get, web};
use chrono::{DateTime, Utc};
use contracts::problem::shared;
use contracts::{ActorKind, DossierId};
use kit::Problem;
use kit::auth::{Allowed, perm};
use kit::http::{Json, Path, Query};
use kit::page::{self, Page, PageQuery};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// An entry of the journal.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EntryOut {
    /// From 1; the dossier's version after it.
    seq: i64,
    at: DateTime<Utc>,
    actor_name: String,
    #[schema(example = "one_stop_officer")]
    actor_role: String,
    agency: Option<String>,
    #[schema(example = "receive")]
    command: String,
    #[schema(example = "new")]
    from: Option<&'static str>,
    #[schema(example = "received")]
    to: &'static str,
    step: String,
    reason: Option<String>,
    /// For whom it was done, when somebody acted for another by a mandate: account, name, ground, id of the mandate.
    #[schema(value_type = Option<Object>)]
    mandate: Option<serde_json::Value>,
    /// SHA-256 over this entry and the hash of the one before.
    hash: String,
}

/// The journal of a dossier, oldest first, whole.
#[utoipa::path(
    get, path = "/api/v1/dossiers/{id}/journal", tag = "dossiers", operation_id = "getJournal",
    summary = "Nhật ký xử lý · Journal of a dossier",
    description = "For officers of the handling agency: who did what, when, as whom, why; hash-chained.",
    params(("id" = Uuid, Path, description = "Id of the dossier", example = "019a8c1e-0000-7000-8000-000000000001")),
    responses(
        (status = 200, description = "The entries", body = Page<EntryOut>),
    ),
    security(("bearer" = ["dossier.read"])),
)]
#[get("/api/v1/dossiers/{id}/journal")]
pub(crate) async fn get_journal(
    caller: Allowed<perm::DossierRead>,
    app: web::Data<App>,
    id: Path<Uuid>,
) -> Result<Json<Page<EntryOut>>, Problem> {
    if caller.actor().kind != ActorKind::Officer {
        return Err(Problem::new(shared::FORBIDDEN));
    }
    let view = app
        .read(caller.actor(), DossierId(id.0), What::Journal)
        .await?;
    let items = view
        .journal
        .into_iter()
        .map(|e| EntryOut {
            mandate: serde_json::from_str::<serde_json::Value>(&e.data)
                .ok()
                .and_then(|mut facts| facts.get_mut("mandate").map(serde_json::Value::take)),
            seq: e.seq,
            at: e.at,
            actor_name: e.actor_name,
            actor_role: e.actor_role,
            agency: e.agency,
            command: e.command,
            from: e.from.map(contracts::DossierStatus::as_str),
            to: e.to.as_str(),
            step: e.step,
            reason: e.reason,
            hash: e.hash,
        })
        .collect();
    Ok(Json(Page { items, next: None }))
}

/// A read of the dossier by somebody other than its owner.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccessOut {
    at: DateTime<Utc>,
    #[schema(example = "Lê Thị Cúc")]
    who: String,
    #[schema(example = "H05.21")]
    agency: Option<String>,
    /// The system that read it, when it was none of a person.
    #[schema(example = "postoffice")]
    client: Option<String>,
    /// `list`, `dossier`, `file`, `form`, `journal`, `fees`, `papers` or `messages`.
    #[schema(example = "dossier")]
    what: String,
    /// Why: the operation, or the command whose answer showed it.
    #[schema(example = "getDossier")]
    operation: String,
}

/// Who read the dossier, newest first: for its owner.
#[utoipa::path(
    get, path = "/api/v1/dossiers/{id}/access-log", tag = "dossiers", operation_id = "getAccessLog",
    summary = "Ai đã xem hồ sơ · Access log of a dossier",
    description = "For the owner: each read by somebody else, an officer, a system or who acts for the owner (a list that showed it, the dossier, a file, a form, the journal, the answer of a command), newest first.",
    params(("id" = Uuid, Path, description = "Id of the dossier", example = "019a8c1e-0000-7000-8000-000000000001"), PageQuery),
    responses(
        (status = 200, description = "A page", body = Page<AccessOut>),
    ),
    security(("bearer" = ["dossier.own"])),
)]
#[get("/api/v1/dossiers/{id}/access-log")]
pub(crate) async fn get_access_log(
    caller: Allowed<perm::DossierOwn>,
    app: web::Data<App>,
    id: Path<Uuid>,
    query: Query<PageQuery>,
) -> Result<Json<Page<AccessOut>>, Problem> {
    let limit = page::limit(query.0.limit)?;
    let before = query
        .0
        .cursor
        .as_deref()
        .map(page::decode_cursor::<Uuid>)
        .transpose()?;
    let (db, id) = (app.db.read(), DossierId(id.0));
    let scope = caller.actor().scope();
    dossiers::find(db, &scope, &app.rt, id)
        .await
        .map_err(Error::from)?
        .ok_or(Error::NotFound)?;
    let rows = durable::access::of(db, id.0, before, limit + 1)
        .await
        .map_err(Error::from)?;
    let page = Page::cut(rows, limit, |row| row.id).map(|row| AccessOut {
        at: row.at,
        who: row.actor_name,
        agency: row.agency_code,
        client: row.client_id,
        what: row.what,
        operation: row.operation,
    });
    Ok(Json(page))
}
