//! Hand-over records (biên bản giao nhận).

use super::Check;
use super::shipments::{ShipmentBody, bodies, reads_in_full};
use crate::app::App;
use crate::app::collect::{Collect, collect};
use crate::domain::item;
use crate::error::{Error, ITEM_NUMBER_INVALID};
use crate::store::entity::{manifest as entity, shipment as shipment_entity};
use crate::store::{manifest, shipment};
use actix_web::{HttpResponse, get, http::header, post, web};
use chrono::{DateTime, Utc};
use contracts::Scope;
use contracts::events::ShipmentState;
use contracts::problem::shared;
use durable::Answer;
use kit::auth::perm::{ShipmentRead, ShipmentReport};
use kit::http::{IdempotencyKey, Json, Query};
use kit::{Allowed, PageQuery, Problem, ProblemBody, Sealer};
use sea_orm::DbErr;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;
use uuid::Uuid;

/// Items of one record at the most.
const MOST_ITEMS: usize = 500;
/// Ready shipments shown beside the records.
const READY_SHOWN: u64 = 100;

/// One item to collect.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ManifestItemIn {
    /// The shipment.
    pub shipment_id: Uuid,
    /// The operator's item number: UPU S10, or 5–30 letters and digits. We allocate one when absent.
    #[schema(example = "RA473124829VN")]
    pub item_number: Option<String>,
}

/// What both sides signed.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ManifestIn {
    /// Number on the paper, unique per operator; allocated when absent.
    #[schema(example = "BG-0001")]
    pub manifest_number: Option<String>,
    /// The postman (bưu tá).
    #[schema(example = "Trần Văn Bưu")]
    pub signed_by: String,
    /// The officer.
    #[schema(example = "Lê Thị Cúc")]
    pub agency_signed_by: Option<String>,
    /// When both signed; now when absent.
    pub signed_at: Option<DateTime<Utc>>,
    /// 1–500 shipments of one agency.
    pub items: Vec<ManifestItemIn>,
}

/// One item of a record.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ManifestItem {
    /// The shipment.
    pub shipment_id: Uuid,
    /// Number of the dossier.
    #[schema(example = "H05.21-261116-0001")]
    pub dossier_number: String,
    /// Item number.
    #[schema(example = "RV000000016VN")]
    pub item_number: Option<String>,
    /// Where it stands now.
    pub state: ShipmentState,
}

/// A hand-over record.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// Number.
    #[schema(example = "BG-H05.21-261116-0001")]
    pub number: String,
    /// Client id of the operator.
    #[schema(example = "postoffice")]
    pub operator: String,
    /// Code of the agency.
    #[schema(example = "H05.21")]
    pub agency_code: String,
    /// Its name.
    #[schema(example = "Trung tâm Phục vụ hành chính công xã Yên Thế")]
    pub agency_name: String,
    /// The postman.
    #[schema(example = "Trần Văn Bưu")]
    pub signed_by: String,
    /// The officer.
    pub agency_signed_by: Option<String>,
    /// When both signed.
    pub signed_at: DateTime<Utc>,
    /// How many items, of those that the caller may see.
    #[schema(example = 1)]
    pub count: usize,
    /// The items.
    pub items: Vec<ManifestItem>,
}

/// The hand-over list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HandOverList {
    /// Shipments that wait to be handed over, oldest first, at most 100; on the first page only.
    pub ready: Vec<ShipmentBody>,
    /// How many wait.
    #[schema(example = 3)]
    pub ready_count: u64,
    /// Records, newest first.
    pub items: Vec<Manifest>,
    /// Cursor of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The hand-over list of an agency or of the post.
#[utoipa::path(
    get, path = "/api/v1/shipments/manifests", tag = "shipments", operation_id = "listManifests",
    summary = "Hand-over list",
    description = "What waits to be handed over (oldest first) and the hand-over records so far (newest first), of the officer's agency or of the \
        postal operator. Applicants get empty lists.",
    params(PageQuery),
    responses(
        (status = 200, description = "One page", body = HandOverList),
        (status = 401, description = "No or no good token", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Permission missing", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A parameter is not valid", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["shipment.read"]))
)]
#[get("/api/v1/shipments/manifests")]
pub(crate) async fn list_manifests(
    caller: Allowed<ShipmentRead>,
    language: kit::http::Language,
    query: Query<PageQuery>,
    app: web::Data<Arc<App>>,
) -> Result<Json<HandOverList>, Problem> {
    let limit = kit::page::limit(query.0.limit)?;
    let before = query
        .0
        .cursor
        .as_deref()
        .map(kit::page::decode_cursor::<Uuid>)
        .transpose()?;
    // What waits is for who hands over and who collects; an applicant sees the own shipment in the list of shipments.
    let scope = match caller.actor().scope() {
        Scope::Owner(_) => Scope::Nothing,
        scope => scope,
    };
    let full = reads_in_full(caller.actor());
    let list = hand_over_list(&app, &scope, before, limit, (language.0, full))
        .await
        .map_err(crate::error::database)?;
    let shown: Vec<Uuid> = list.ready.iter().map(|s| s.id).collect();
    super::access::note(&app, caller.actor(), "list", "listManifests", &shown).await?;
    Ok(Json(list))
}

async fn hand_over_list(
    app: &App,
    scope: &Scope,
    before: Option<Uuid>,
    limit: u64,
    (language, full): (contracts::Language, bool),
) -> Result<HandOverList, DbErr> {
    let db = app.db.read();
    let shown = if before.is_none() { READY_SHOWN } else { 0 };
    let (ready, ready_count) = shipment::ready(scope, db, shown).await?;
    let rows = manifest::list(scope, db, before, limit + 1).await?;
    let page = kit::Page::cut(rows, limit, |row| row.id);
    let ids: Vec<Uuid> = page.items.iter().map(|m| m.id).collect();
    let mut items: BTreeMap<Uuid, Vec<shipment_entity::Model>> = BTreeMap::new();
    for row in shipment::of_manifests(scope, db, &ids).await? {
        if let Some(id) = row.manifest_id {
            items.entry(id).or_default().push(row);
        }
    }
    Ok(HandOverList {
        ready: bodies(app, &ready, language, full).await?,
        ready_count,
        items: page
            .items
            .iter()
            .map(|row| body(row, items.get(&row.id).map_or(&[][..], Vec::as_slice)))
            .collect::<Result<_, _>>()?,
        next: page.next,
    })
}

/// Collects shipments with a signed record.
#[utoipa::path(
    post, path = "/api/v1/shipments/manifests", tag = "shipments", operation_id = "createManifest",
    summary = "Collect shipments by a hand-over record",
    description = "The postal operator takes over the listed shipments of one agency (QĐ 45/2016 art. 9). All or nothing: every item that cannot be \
        handed over is named in `errors`, and nothing changes. Item numbers are checked (UPU S10) or allocated.",
    request_body(content = ManifestIn, example = json!({
        "manifestNumber": "BG-0001", "signedBy": "Trần Văn Bưu",
        "items": [{"shipmentId": "01985f2e-7c1a-7e57-8000-0000000000aa", "itemNumber": "RA473124829VN"}]
    })),
    params(("Idempotency-Key" = Option<String>, Header, description = "Repeats with the same key and body get the same answer")),
    responses(
        (status = 201, description = "Handed over", body = Manifest),
        (status = 400, description = "The body is not JSON", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No or no good token", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Permission missing", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`shipment.not-ready`, `shipment.item-number-taken`, `manifest.number-taken`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON by its content type", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`manifest.unknown-shipment`, `manifest.mixed-agencies`, a wrong field, or a reused key", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["shipment.report"]))
)]
#[post("/api/v1/shipments/manifests")]
pub(crate) async fn create_manifest(
    caller: Allowed<ShipmentReport>,
    key: IdempotencyKey,
    input: Json<ManifestIn>,
    app: web::Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let operator = operator(caller.actor())?;
    let hash = body_hash(&app.rt.sealer, &input.0)?;
    let input = checked(&input.0)?;
    let answer = durable::idempotent(
        &app.db,
        &app.rt,
        caller.actor().subject,
        key.0.as_deref(),
        "createManifest",
        &hash,
        |tx| {
            let (app, operator, input) = (&app, &operator, &input);
            async move {
                let (record, rows) = collect(app, &tx, operator, input).await?;
                let body = serde_json::to_value(body(&record, &rows)?)
                    .map_err(|error| DbErr::Json(error.to_string()))?;
                Ok::<_, Error>(Answer {
                    status: 201,
                    body,
                    etag: None,
                    location: None,
                })
            }
        },
    )
    .await?;
    Ok(respond(answer))
}

/// The operator behind a client's token.
pub(crate) fn operator(actor: &contracts::Actor) -> Result<String, Problem> {
    match actor.scope() {
        Scope::Operator(client) => Ok(client),
        Scope::Owner(_) | Scope::Agencies(_) | Scope::Nothing => {
            Err(Problem::new(shared::FORBIDDEN))
        }
    }
}

/// The hash that tells a repeated request from another one with the same key. Keyed: a body may hold numbers of persons, which
/// could be guessed from a plain hash.
pub(crate) fn body_hash(sealer: &Sealer, body: &impl Serialize) -> Result<String, Problem> {
    serde_json::to_string(body)
        .map(|json| sealer.lookup_hash(&json))
        .map_err(Problem::internal)
}

/// A saved or fresh answer as a response.
pub(crate) fn respond(answer: Answer) -> HttpResponse {
    let status = actix_web::http::StatusCode::from_u16(answer.status)
        .unwrap_or(actix_web::http::StatusCode::OK);
    HttpResponse::build(status)
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(answer.body)
}

fn checked(input: &ManifestIn) -> Result<Collect, Problem> {
    let mut check = Check::default();
    check.count("/items", input.items.len(), MOST_ITEMS);
    let number = check.optional("/manifestNumber", input.manifest_number.as_deref(), 50);
    let signed_by = check.text("/signedBy", &input.signed_by, 200);
    let agency_signed_by =
        check.optional("/agencySignedBy", input.agency_signed_by.as_deref(), 200);
    let items = input
        .items
        .iter()
        .take(MOST_ITEMS)
        .enumerate()
        .map(|(index, one)| {
            let number = one
                .item_number
                .as_deref()
                .filter(|n| !n.trim().is_empty())
                .map(item::parse)
                .transpose()
                .unwrap_or_else(|_refused| {
                    check.refuse(&format!("/items/{index}/itemNumber"), ITEM_NUMBER_INVALID);
                    None
                });
            (one.shipment_id, number)
        })
        .collect();
    check.done()?;
    Ok(Collect {
        number,
        signed_by,
        agency_signed_by,
        signed_at: input.signed_at,
        items,
    })
}

fn body(record: &entity::Model, rows: &[shipment_entity::Model]) -> Result<Manifest, DbErr> {
    Ok(Manifest {
        number: record.number.clone(),
        operator: record.operator.clone(),
        agency_code: record.agency_code.clone(),
        agency_name: record.agency_name.clone(),
        signed_by: record.signed_by.clone(),
        agency_signed_by: record.agency_signed_by.clone(),
        signed_at: record.signed_at,
        count: rows.len(),
        items: rows
            .iter()
            .map(|row| {
                Ok(ManifestItem {
                    shipment_id: row.id,
                    dossier_number: row.dossier_number.clone(),
                    item_number: row.item_number.clone(),
                    state: shipment::state_of(&row.state)?,
                })
            })
            .collect::<Result<_, DbErr>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_a_body_is_keyed() {
        let sealer = |key: &str| Sealer::new(&key.repeat(32)).expect("a sealer");
        let body = serde_json::json!({"identityNumber": "001090000001"});
        let hash = |key| body_hash(&sealer(key), &body).expect("a hash");
        assert_eq!(hash("a"), hash("a"));
        assert_ne!(hash("a"), hash("b"));
    }
}
