//! Reports of the postal operator.

use super::Check;
use super::manifests::{body_hash, operator, respond};
use super::shipments::{refusal_text, title};
use crate::app::App;
use crate::app::report::{Answered, Outcome, Report, Taker, Target, report};
use crate::domain::event::EventCode;
use crate::domain::receipt::{IdentityKind, Relation};
use crate::error::Error;
use actix_web::{HttpResponse, post, web};
use chrono::{DateTime, Datelike as _, Utc};
use contracts::Language;
use contracts::events::ShipmentState;
use durable::Answer;
use kit::auth::perm::ShipmentReport;
use kit::http::{IdempotencyKey, Json};
use kit::{Allowed, Problem, ProblemBody};
use sea_orm::DbErr;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use uuid::Uuid;

/// Events of one batch at the most.
const MOST_EVENTS: usize = 500;

/// Who took the item. The identity number is checked and then masked; it is never stored.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReceiverIn {
    /// Name.
    #[schema(example = "Nguyễn Văn An")]
    pub name: String,
    /// Paper shown.
    pub identity_kind: Option<IdentityKind>,
    /// Its number.
    #[schema(example = "024090000011")]
    pub identity_number: Option<String>,
    /// `self` (the addressee, also when absent) or `authorised`.
    pub relation: Option<Relation>,
    /// Number or text of the authorisation (giấy ủy quyền); required for `authorised`.
    pub authorisation: Option<String>,
}

/// One event. Name the shipment by its id or by its item number, not both.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EventIn {
    /// The operator's own id of the event; repeats are recognised by it.
    #[schema(example = "e-1")]
    pub event_id: String,
    /// The shipment.
    pub shipment_id: Option<Uuid>,
    /// The item number.
    #[schema(example = "RA473124829VN")]
    pub item_number: Option<String>,
    /// The operator's code; see the mapping table of the installation. Our own names always work: `pickedUp`, `inTransit`,
    /// `attemptFailed`, `invited`, `delivered`, `returned`, `lost`, `damaged`, `corrected`.
    #[schema(example = "delivered")]
    pub code: String,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// Where.
    #[schema(example = "Bưu cục Yên Thế")]
    pub place: Option<String>,
    /// Remark.
    pub note: Option<String>,
    /// Who took it, for `delivered`.
    pub receiver: Option<ReceiverIn>,
    /// For `corrected`: the event that is taken back.
    pub corrects: Option<String>,
}

/// A batch.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EventsIn {
    /// 1–500 events, in any order.
    pub events: Vec<EventIn>,
}

/// What became of an event.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum EventResult {
    /// It counts.
    Accepted,
    /// It was known.
    Duplicate,
    /// It does not count, see `code`.
    Rejected,
    /// Kept, but the code is not in the mapping table.
    UnknownCode,
}

/// The answer to one event.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventOutcome {
    /// The operator's id.
    #[schema(example = "e-1")]
    pub event_id: String,
    /// The shipment, if it was found.
    pub shipment_id: Option<Uuid>,
    /// What became of it.
    pub result: EventResult,
    /// Stable code, for `rejected` and `unknownCode`.
    #[schema(example = "shipment.return-too-early")]
    pub code: Option<String>,
    /// Why, in the language of the request.
    #[schema(example = "Mới có 1 lần mời nhận, cần ít nhất 2")]
    pub detail: Option<String>,
    /// Where the shipment stands after the batch.
    pub state: Option<ShipmentState>,
}

/// The answers, one per event, in the order of the batch.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct EventsOut {
    /// The answers.
    pub results: Vec<EventOutcome>,
}

/// Takes what the post reports.
#[utoipa::path(
    post, path = "/api/v1/shipments/events", tag = "shipments", operation_id = "reportShipmentEvents",
    summary = "Report postal events",
    description = "A batch of events in any order; repeats are welcome and change nothing. Each event is stored, and the state of its shipment is worked out \
        again from everything known, in order of occurrence. An event that breaks a rule (second invitation before two working days, return before two \
        invitations, delivery without proof) is kept and answered `rejected`; it counts by itself as soon as the missing events have come.",
    request_body(content = EventsIn, example = json!({"events": [{
        "eventId": "e-1", "itemNumber": "RA473124829VN", "code": "delivered", "occurredAt": "2026-11-17T03:00:00Z", "place": "Bưu cục Yên Thế",
        "receiver": {"name": "Nguyễn Văn An", "identityKind": "cccd", "identityNumber": "024090000011", "relation": "self"}
    }]})),
    params(("Idempotency-Key" = Option<String>, Header, description = "Optional: events are recognised by their ids anyway")),
    responses(
        (status = 200, description = "One answer per event", body = EventsOut),
        (status = 400, description = "The body is not JSON", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No or no good token", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Permission missing", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON by its content type", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field is not valid; nothing of the batch was stored", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["shipment.report"]))
)]
#[post("/api/v1/shipments/events")]
pub(crate) async fn report_events(
    caller: Allowed<ShipmentReport>,
    language: kit::http::Language,
    key: IdempotencyKey,
    input: Json<EventsIn>,
    app: web::Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let operator = operator(caller.actor())?;
    let hash = body_hash(&app.rt.sealer, &input.0)?;
    let batch = checked(&app, &input.0)?;
    let answer = durable::idempotent(
        &app.db,
        &app.rt,
        caller.actor().subject,
        key.0.as_deref(),
        "reportShipmentEvents",
        &hash,
        |tx| {
            let (app, operator, batch) = (&app, &operator, &batch);
            async move {
                let answers = report(app, &tx, operator, batch).await?;
                let results = answers.into_iter().map(|a| body(a, language.0)).collect();
                let body = serde_json::to_value(EventsOut { results })
                    .map_err(|error| DbErr::Json(error.to_string()))?;
                Ok::<_, Error>(Answer {
                    status: 200,
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

fn checked(app: &App, input: &EventsIn) -> Result<Vec<Report>, Problem> {
    let mut check = Check::default();
    check.count("/events", input.events.len(), MOST_EVENTS);
    let batch = input
        .events
        .iter()
        .take(MOST_EVENTS)
        .enumerate()
        .map(|(index, one)| event(app, &mut check, &format!("/events/{index}"), one))
        .collect();
    check.done()?;
    Ok(batch)
}

fn event(app: &App, check: &mut Check, at: &str, one: &EventIn) -> Report {
    let code = check.text(&format!("{at}/code"), &one.code, 50);
    if !(2000..=2100).contains(&one.occurred_at.year()) {
        check.wrong(&format!("{at}/occurredAt"));
    }
    let target = match (one.shipment_id, one.item_number.as_deref()) {
        (Some(id), None) => Target::Shipment(id),
        (None, Some(item)) => Target::Item(check.text(&format!("{at}/itemNumber"), item, 60)),
        (None, None) | (Some(_), Some(_)) => {
            check.wrong(&format!("{at}/shipmentId"));
            Target::Shipment(Uuid::nil())
        }
    };
    let corrects = check.optional(&format!("{at}/corrects"), one.corrects.as_deref(), 100);
    // Only a correction corrects: whether another event counts must not depend on what it takes back.
    if corrects.is_some() && app.code(&code) != EventCode::Corrected {
        check.wrong(&format!("{at}/corrects"));
    }
    Report {
        event_id: check.text(&format!("{at}/eventId"), &one.event_id, 100),
        target,
        operator_code: code,
        occurred_at: one.occurred_at,
        place: check.optional(&format!("{at}/place"), one.place.as_deref(), 200),
        note: check.optional(&format!("{at}/note"), one.note.as_deref(), 1000),
        receiver: one
            .receiver
            .as_ref()
            .map(|r| taker(check, &format!("{at}/receiver"), r)),
        corrects,
    }
}

fn taker(check: &mut Check, at: &str, receiver: &ReceiverIn) -> Taker {
    Taker {
        name: check
            .optional(&format!("{at}/name"), Some(&receiver.name), 200)
            .unwrap_or_default(),
        identity_kind: receiver.identity_kind,
        identity_number: check.optional(
            &format!("{at}/identityNumber"),
            receiver.identity_number.as_deref(),
            30,
        ),
        relation: receiver.relation,
        authorisation: check.optional(
            &format!("{at}/authorisation"),
            receiver.authorisation.as_deref(),
            200,
        ),
    }
}

fn body(answered: Answered, language: Language) -> EventOutcome {
    let (result, code, detail) = match answered.outcome {
        Outcome::Accepted => (EventResult::Accepted, None, None),
        Outcome::Duplicate => (EventResult::Duplicate, None, None),
        Outcome::Rejected(code, refusal) => {
            let detail = match refusal {
                Some(refusal) => refusal_text(refusal, code, language),
                None => title(code, language).to_owned(),
            };
            (EventResult::Rejected, Some(code), Some(detail))
        }
        Outcome::UnknownCode(code) => (
            EventResult::UnknownCode,
            Some(code),
            Some(title(code, language).to_owned()),
        ),
    };
    EventOutcome {
        event_id: answered.event_id,
        shipment_id: answered.shipment.map(|(id, _)| id),
        result,
        code: code.map(|c| c.code.to_owned()),
        detail,
        state: answered.shipment.map(|(_, state)| state),
    }
}
