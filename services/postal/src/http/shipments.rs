//! Shipments as people and systems read them.

use crate::app::App;
use crate::app::order::Receiver;
use crate::domain::event::EventCode;
use crate::domain::fold::{Refusal, ShipmentView, Verdict, fold};
use crate::domain::receipt::{IdentityKind, Receipt, Relation};
use crate::error::{EVENT_CODE_UNKNOWN, SHIPMENT_NOT_FOUND, refusal_code};
use crate::store::entity::shipment::Model;
use crate::store::{event, manifest, reference, shipment};
use actix_web::{HttpResponse, get, web};
use chrono::{DateTime, Utc};
use contracts::events::ShipmentState;
use contracts::{Actor, ActorKind, Address, Code, Language, Permission, Scope};
use kit::auth::perm::ShipmentRead;
use kit::http::{Json, Path, Query};
use kit::{Allowed, Page, Problem, ProblemBody};
use sea_orm::DbErr;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Who gets the result, and where.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReceiverBody {
    /// Name (họ tên người nhận).
    #[schema(example = "Nguyễn Văn An")]
    pub name: String,
    /// E.164 phone.
    #[schema(example = "+84912345678")]
    pub phone: Option<String>,
    /// Two-tier address with codes.
    pub address: Option<Address>,
    /// The address in words, as written on the item.
    #[schema(example = "Số 12, thôn Trung, Xã Yên Thế, Tỉnh Bắc Ninh")]
    pub address_line: Option<String>,
}

/// A postal order for the result of one dossier (đơn trả kết quả qua bưu chính công ích).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShipmentBody {
    /// Id.
    pub id: Uuid,
    /// The dossier whose result is carried.
    pub dossier_id: Uuid,
    /// Its number.
    #[schema(example = "H05.21-261116-0001")]
    pub dossier_number: String,
    /// Code of the sending agency.
    #[schema(example = "H05.21")]
    pub agency_code: String,
    /// Its name.
    #[schema(example = "Trung tâm Phục vụ hành chính công xã Yên Thế")]
    pub agency_name: String,
    /// Client id of the postal operator.
    #[schema(example = "postoffice")]
    pub operator: String,
    /// Who gets it.
    pub receiver: ReceiverBody,
    /// Where it stands.
    pub state: ShipmentState,
    /// The state in the language of the request.
    #[schema(example = "Đang vận chuyển")]
    pub state_name: String,
    /// Item number (số hiệu bưu gửi).
    #[schema(example = "RV000000016VN")]
    pub item_number: Option<String>,
    /// Number of the hand-over record (số biên bản giao nhận).
    #[schema(example = "BG-H05.21-261116-0001")]
    pub manifest_number: Option<String>,
    /// Failed delivery attempts.
    #[schema(example = 0)]
    pub attempts: i64,
    /// Invitations left with the receiver.
    #[schema(example = 0)]
    pub invitations: i64,
    /// When the order was opened.
    pub created_at: DateTime<Utc>,
    /// When the agency handed it over.
    pub handed_to_post_at: Option<DateTime<Utc>>,
    /// By when it should have arrived (J+n).
    pub expected_by: Option<DateTime<Utc>>,
    /// Later than that, and still on the road.
    pub overdue: bool,
    /// When it came to its end.
    pub closed_at: Option<DateTime<Utc>>,
    /// Who took it.
    #[schema(example = "Nguyễn Văn An")]
    pub received_by: Option<String>,
    /// Version of the state; grows with each change that others are told of.
    #[schema(example = 3)]
    pub version: i64,
}

/// What became of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum EntryResult {
    /// It counts.
    Accepted,
    /// It does not count, see `reason`.
    Rejected,
    /// We do not know its code.
    UnknownCode,
    /// Taken back by a correction.
    Corrected,
}

/// Proof of delivery; the identity number is masked.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReceiptBody {
    /// Name of the person.
    #[schema(example = "Nguyễn Văn An")]
    pub name: String,
    /// Paper shown.
    pub identity_kind: Option<IdentityKind>,
    /// Its number but for the last characters.
    #[schema(example = "********0011")]
    pub identity_number_masked: Option<String>,
    /// In what quality.
    pub relation: Option<Relation>,
    /// Authorisation (giấy ủy quyền).
    pub authorisation: Option<String>,
}

/// One entry of the timeline.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TimelineEntry {
    /// The operator's id of the event.
    #[schema(example = "e-1")]
    pub event_id: String,
    /// The meaning.
    pub code: EventCode,
    /// The code as the operator sent it.
    #[schema(example = "170")]
    pub operator_code: String,
    /// When it happened, as reported.
    pub occurred_at: DateTime<Utc>,
    /// When it was reported.
    pub received_at: DateTime<Utc>,
    /// Where.
    #[schema(example = "Bưu cục Yên Thế")]
    pub place: Option<String>,
    /// Remark.
    pub note: Option<String>,
    /// What became of it.
    pub result: EntryResult,
    /// Stable code of why it does not count.
    #[schema(example = "shipment.return-too-early")]
    pub reason: Option<String>,
    /// Proof of delivery.
    pub receiver: Option<ReceiptBody>,
}

/// A shipment with everything reported about it, in order of occurrence.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShipmentDetail {
    /// The shipment.
    #[serde(flatten)]
    pub shipment: ShipmentBody,
    /// The timeline. Reports that do not count are shown to the post and to officers only.
    pub timeline: Vec<TimelineEntry>,
}

/// Narrowing and paging.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(rename_all = "camelCase", parameter_in = Query)]
pub struct ShipmentQuery {
    /// Only shipments in this state.
    pub state: Option<ShipmentState>,
    /// Only the shipment of this dossier.
    pub dossier_id: Option<Uuid>,
    /// Items a page, 1–100; 20 when absent.
    #[param(minimum = 1, maximum = 100, example = 20)]
    pub limit: Option<u32>,
    /// Cursor from the page before.
    pub cursor: Option<String>,
}

/// Lists shipments: one's own as an applicant, those of the own agency as an officer, those given to it as a postal operator.
#[utoipa::path(
    get, path = "/api/v1/shipments", tag = "shipments", operation_id = "listShipments",
    summary = "List shipments",
    description = "Shipments within the caller's scope, newest first: an applicant's own, an officer's agency's, a postal operator's own. \
        A shipment appears a moment after the dossier is done, when the applicant chose to get the result by post.",
    params(ShipmentQuery),
    responses(
        (status = 200, description = "One page", body = Page<ShipmentBody>),
        (status = 401, description = "No or no good token", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Permission missing", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A parameter is not valid", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["shipment.read"]))
)]
#[get("/api/v1/shipments")]
pub(crate) async fn list_shipments(
    caller: Allowed<ShipmentRead>,
    language: kit::http::Language,
    query: Query<ShipmentQuery>,
    app: web::Data<Arc<App>>,
) -> Result<Json<Page<ShipmentBody>>, Problem> {
    let query = query.0;
    let limit = kit::page::limit(query.limit)?;
    let filter = shipment::Filter {
        state: query.state,
        dossier: query.dossier_id,
        before: query
            .cursor
            .as_deref()
            .map(kit::page::decode_cursor::<Uuid>)
            .transpose()?,
    };
    let rows = shipment::list(&caller.actor().scope(), app.db.read(), &filter, limit + 1)
        .await
        .map_err(crate::error::database)?;
    let page = Page::cut(rows, limit, |row| row.id);
    let items = bodies(&app, &page.items, language.0, reads_in_full(caller.actor()))
        .await
        .map_err(crate::error::database)?;
    let shown: Vec<Uuid> = page.items.iter().map(|row| row.id).collect();
    super::access::note(&app, caller.actor(), "list", "listShipments", &shown).await?;
    Ok(Json(Page {
        items,
        next: page.next,
    }))
}

/// One shipment with its timeline.
#[utoipa::path(
    get, path = "/api/v1/shipments/{id}", tag = "shipments", operation_id = "getShipment",
    summary = "Read a shipment",
    description = "The shipment with everything that was reported about it, in order of occurrence. Another's shipment is not found.",
    params(("id" = Uuid, Path, description = "Id of the shipment")),
    responses(
        (status = 200, description = "The shipment; `ETag` changes with every report", body = ShipmentDetail),
        (status = 401, description = "No or no good token", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Permission missing", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`shipment.not-found`", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["shipment.read"]))
)]
#[get("/api/v1/shipments/{id}")]
pub(crate) async fn get_shipment(
    caller: Allowed<ShipmentRead>,
    language: kit::http::Language,
    id: Path<Uuid>,
    app: web::Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let scope = caller.actor().scope();
    let row = shipment::one(&scope, app.db.read(), id.0)
        .await
        .map_err(crate::error::database)?
        .ok_or_else(|| Problem::new(SHIPMENT_NOT_FOUND))?;
    let events = event::of_shipment(app.db.read(), &app.rt.sealer, row.id)
        .await
        .map_err(crate::error::database)?;
    let view = fold(&events, &app.calendar);
    let revision = row.revision;
    let full = reads_in_full(caller.actor());
    let shipment = bodies(&app, std::slice::from_ref(&row), language.0, full)
        .await
        .map_err(crate::error::database)?
        .pop()
        .ok_or_else(|| Problem::new(SHIPMENT_NOT_FOUND))?;
    let timeline = timeline(view, matches!(scope, Scope::Owner(_)));
    super::access::note(&app, caller.actor(), "shipment", "getShipment", &[row.id]).await?;
    let mut response = HttpResponse::Ok();
    kit::etag::with_etag(&mut response, revision);
    Ok(response.json(ShipmentDetail { shipment, timeline }))
}

/// Whether this reader sees phone and address: the owner, the post, and officers of the desk. An administrator does not.
pub(crate) fn reads_in_full(reader: &Actor) -> bool {
    reader.kind != ActorKind::Officer
        || [
            Permission::DossierReceive,
            Permission::DossierHandOver,
            Permission::DossierApprove,
        ]
        .iter()
        .any(|p| reader.can(*p))
}

/// Rows as answered: opened, with addresses in words and the number of their record; phone and street masked unless `full`.
pub(crate) async fn bodies(
    app: &App,
    rows: &[Model],
    language: Language,
    full: bool,
) -> Result<Vec<ShipmentBody>, DbErr> {
    let manifests: Vec<Uuid> = rows.iter().filter_map(|r| r.manifest_id).collect();
    let numbers: BTreeMap<Uuid, String> = manifest::numbers(app.db.read(), &manifests)
        .await?
        .into_iter()
        .collect();
    let receivers = rows
        .iter()
        .map(|row| {
            let receiver = reference::unseal::<Receiver>(&app.rt.sealer, &row.receiver_sealed)?;
            Ok(if full { receiver } else { masked(receiver) })
        })
        .collect::<Result<Vec<_>, DbErr>>()?;
    let places = Places::load(app, &receivers).await?;
    let now = app.rt.clock.now();
    rows.iter()
        .zip(receivers)
        .map(|(row, receiver)| {
            let state = shipment::state_of(&row.state)?;
            Ok(ShipmentBody {
                id: row.id,
                dossier_id: row.dossier_id,
                dossier_number: row.dossier_number.clone(),
                agency_code: row.agency_code.clone(),
                agency_name: row.agency_name.clone(),
                operator: row.operator.clone(),
                receiver: ReceiverBody {
                    address_line: receiver.address.as_ref().map(|a| places.line(a)),
                    name: receiver.name,
                    phone: receiver.phone,
                    address: receiver.address,
                },
                state,
                state_name: state_name(state, language).to_owned(),
                item_number: row.item_number.clone(),
                manifest_number: row.manifest_id.and_then(|id| numbers.get(&id).cloned()),
                attempts: row.attempts,
                invitations: row.invitations,
                created_at: row.created_at,
                handed_to_post_at: row.handed_over_at,
                expected_by: row.expected_by,
                overdue: row.closed_at.is_none() && row.expected_by.is_some_and(|by| by < now),
                closed_at: row.closed_at,
                received_by: row
                    .received_by_sealed
                    .as_deref()
                    .map(|sealed| reference::unseal(&app.rt.sealer, sealed))
                    .transpose()?,
                version: row.version,
            })
        })
        .collect()
}

fn masked(receiver: Receiver) -> Receiver {
    Receiver {
        name: receiver.name,
        phone: receiver
            .phone
            .map(|p| vn::phone::Phone::parse(&p).map_or_else(|_| "***".to_owned(), |p| p.masked())),
        address: receiver.address.map(|a| Address {
            street: "***".to_owned(),
            ..a
        }),
    }
}

/// Names of places, for the addresses of one answer.
struct Places(BTreeMap<String, (String, BTreeMap<String, String>)>);

impl Places {
    async fn load(app: &App, receivers: &[Receiver]) -> Result<Self, DbErr> {
        let codes: BTreeSet<String> = receivers
            .iter()
            .filter_map(|r| r.address.as_ref())
            .map(|a| a.province_code.clone())
            .collect();
        let codes: Vec<String> = codes.into_iter().collect();
        reference::provinces(app.db.read(), &codes)
            .await?
            .into_iter()
            .map(|row| {
                let communes = serde_json::from_str(&row.communes)
                    .map_err(|error| DbErr::Json(error.to_string()))?;
                Ok((row.code, (row.name, communes)))
            })
            .collect::<Result<_, DbErr>>()
            .map(Self)
    }

    /// Street, commune, province; codes where the names have not reached us yet.
    fn line(&self, address: &Address) -> String {
        let province = self.0.get(&address.province_code);
        let commune = province
            .and_then(|(_, communes)| communes.get(&address.commune_code))
            .map_or(address.commune_code.as_str(), String::as_str);
        let name = province.map_or(address.province_code.as_str(), |(name, _)| name.as_str());
        [address.street.trim(), commune, name]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(", ")
    }
}

fn timeline(view: ShipmentView, for_owner: bool) -> Vec<TimelineEntry> {
    view.timeline
        .into_iter()
        .map(|(event, verdict)| {
            let (result, reason) = verdict_body(verdict);
            TimelineEntry {
                event_id: event.event_id,
                code: event.code,
                operator_code: event.operator_code,
                occurred_at: event.occurred_at,
                received_at: event.received_at,
                place: event.place,
                note: event.note,
                result,
                reason: reason.map(|code| code.code.to_owned()),
                receiver: event.receiver.map(ReceiptBody::from),
            }
        })
        .filter(|entry| {
            !for_owner || matches!(entry.result, EntryResult::Accepted | EntryResult::Corrected)
        })
        .collect()
}

fn verdict_body(verdict: Verdict) -> (EntryResult, Option<Code>) {
    match verdict {
        Verdict::Accepted => (EntryResult::Accepted, None),
        Verdict::Rejected(refusal) => (EntryResult::Rejected, Some(refusal_code(refusal))),
        Verdict::UnknownCode => (EntryResult::UnknownCode, Some(EVENT_CODE_UNKNOWN)),
        Verdict::Corrected => (EntryResult::Corrected, None),
    }
}

impl From<Receipt> for ReceiptBody {
    fn from(receipt: Receipt) -> Self {
        Self {
            name: receipt.name,
            identity_kind: receipt.identity_kind,
            identity_number_masked: receipt.identity_number_masked,
            relation: receipt.relation,
            authorisation: receipt.authorisation,
        }
    }
}

/// The state in words.
pub(crate) fn state_name(state: ShipmentState, language: Language) -> &'static str {
    let (vi, en) = match state {
        ShipmentState::Ready => ("Sẵn sàng bàn giao", "Ready to be handed over"),
        ShipmentState::HandedToPost => ("Đã bàn giao cho bưu điện", "Handed to the post"),
        ShipmentState::InTransit => ("Đang vận chuyển", "In transit"),
        ShipmentState::Invited => ("Đã mời nhận", "Receiver invited"),
        ShipmentState::Delivered => ("Đã phát", "Delivered"),
        ShipmentState::ReturnedToAgency => ("Chuyển hoàn về cơ quan", "Returned to the agency"),
        ShipmentState::Lost => ("Thất lạc", "Lost"),
        ShipmentState::Damaged => ("Hư hỏng", "Damaged"),
        ShipmentState::Cancelled => ("Đã hủy", "Cancelled"),
    };
    match language {
        Language::Vi => vi,
        Language::En => en,
    }
}

/// What a refusal means this time.
pub(crate) fn refusal_text(refusal: Refusal, code: Code, language: Language) -> String {
    match (refusal, language) {
        (Refusal::InvitationTooEarly { earliest }, Language::Vi) => {
            format!(
                "Lần mời tiếp theo sớm nhất ngày {}",
                earliest.format("%d/%m/%Y")
            )
        }
        (Refusal::InvitationTooEarly { earliest }, Language::En) => {
            format!("The next invitation may be left from {earliest}")
        }
        (Refusal::ReturnTooEarly { invitations }, Language::Vi) => {
            format!("Mới có {invitations} lần mời nhận, cần ít nhất 2")
        }
        (Refusal::ReturnTooEarly { invitations }, Language::En) => {
            format!("{invitations} invitation(s) so far, at least 2 are needed")
        }
        (
            Refusal::NotHandedOver
            | Refusal::BeforeHandOver
            | Refusal::InFuture
            | Refusal::Closed
            | Refusal::ProofMissing
            | Refusal::IdentityInvalid
            | Refusal::AuthorisationMissing
            | Refusal::CorrectionInvalid
            | Refusal::AlreadyHandedOver,
            language,
        ) => title(code, language).to_owned(),
    }
}

/// The title of a code.
pub(crate) fn title(code: Code, language: Language) -> &'static str {
    match language {
        Language::Vi => code.vi,
        Language::En => code.en,
    }
}
