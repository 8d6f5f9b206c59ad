//! Who read a shipment: the access log, written by the reads and shown to the owner.

use crate::app::App;
use crate::error::{SHIPMENT_NOT_FOUND, database};
use crate::store::shipment;
use actix_web::{get, web};
use chrono::{DateTime, Utc};
use contracts::{Actor, Scope};
use durable::access::{self, Shown};
use kit::auth::perm::ShipmentRead;
use kit::http::{Json, Path, Query};
use kit::{Allowed, Page, PageQuery, Problem, ProblemBody, page};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;
use uuid::Uuid;

/// Notes what an answer shows to somebody other than the owner.
pub(crate) async fn note(
    app: &App,
    reader: &Actor,
    what: &str,
    operation: &str,
    shown: &[Uuid],
) -> Result<(), Problem> {
    let shown = Shown {
        what,
        operation,
        subjects: shown,
    };
    access::note_alone(&app.db, reader, shown)
        .await
        .map_err(database)
}

/// A read of the shipment by somebody other than its owner.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ShipmentAccess {
    /// When.
    at: DateTime<Utc>,
    /// Name of the reader.
    #[schema(example = "Bưu điện")]
    who: String,
    /// Agency of an officer.
    #[schema(example = "H05.21")]
    agency: Option<String>,
    /// The system that read it, when it was none of a person.
    #[schema(example = "postoffice")]
    client: Option<String>,
    /// `list` or `shipment`.
    #[schema(example = "shipment")]
    what: String,
    /// Why: the operation.
    #[schema(example = "getShipment")]
    operation: String,
}

/// Who read the shipment, newest first: for its owner.
#[utoipa::path(
    get, path = "/api/v1/shipments/{id}/access-log", tag = "shipments", operation_id = "getShipmentAccessLog",
    summary = "Access log of a shipment",
    description = "For the owner: each read by somebody else, an officer, the post or who acts for the owner, newest first. Others find nothing.",
    params(("id" = Uuid, Path, description = "Id of the shipment"), PageQuery),
    responses(
        (status = 200, description = "A page", body = Page<ShipmentAccess>),
        (status = 401, description = "No or no good token", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Permission missing", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`shipment.not-found`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A parameter is not valid", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["shipment.read"]))
)]
#[get("/api/v1/shipments/{id}/access-log")]
pub(crate) async fn get_shipment_access_log(
    caller: Allowed<ShipmentRead>,
    id: Path<Uuid>,
    query: Query<PageQuery>,
    app: web::Data<Arc<App>>,
) -> Result<Json<Page<ShipmentAccess>>, Problem> {
    let limit = page::limit(query.0.limit)?;
    let before = query
        .0
        .cursor
        .as_deref()
        .map(page::decode_cursor::<Uuid>)
        .transpose()?;
    let owner = match caller.actor().scope() {
        Scope::Owner(owner) => Scope::Owner(owner),
        Scope::Agencies(_) | Scope::Operator(_) | Scope::Nothing => Scope::Nothing,
    };
    shipment::one(&owner, app.db.read(), id.0)
        .await
        .map_err(database)?
        .ok_or_else(|| Problem::new(SHIPMENT_NOT_FOUND))?;
    let rows = access::of(app.db.read(), id.0, before, limit + 1)
        .await
        .map_err(database)?;
    let page = Page::cut(rows, limit, |row| row.id).map(|row| ShipmentAccess {
        at: row.at,
        who: row.actor_name,
        agency: row.agency_code,
        client: row.client_id,
        what: row.what,
        operation: row.operation,
    });
    Ok(Json(page))
}
