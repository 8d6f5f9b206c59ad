//! Commands of the one-stop desk (bộ phận một cửa).

use super::asked::{
    Asked, ConfirmPayment, HandOver, Receive, Refuse, RequestPayment, RequestSupplement, Stop,
    Texts,
};
use super::out::DossierOut;
use crate::app::commands::Intent;
use crate::domain::{Command, SupplementItem, dossier};
use actix_web::{HttpResponse, post};
use contracts::problem::shared;
use kit::http::Json;
use kit::{FieldError, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Most items of a supplement request.
const ITEMS: usize = 50;
/// The largest amount, VND: more is a slip of the finger.
const AMOUNT: i64 = 100_000_000_000;

/// Nothing more is asked for.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({}))]
pub(crate) struct Empty {}

/// A reason.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Hồ sơ không thuộc thẩm quyền giải quyết."}))]
pub(crate) struct Reason {
    /// A legal reason that the applicant reads (at most 4,000 characters).
    #[schema(example = "Hồ sơ không thuộc thẩm quyền giải quyết.")]
    pub(super) reason: String,
}

/// A note.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"note": "Biên lai số 0001234"}))]
pub(crate) struct Note {
    /// A note for the journal.
    #[schema(example = "Biên lai số 0001234")]
    pub(super) note: Option<String>,
}

/// What is missing (Phiếu yêu cầu bổ sung, hoàn thiện hồ sơ).
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"items": [{"content": "Bản sao giấy chứng sinh", "guidance": "Chụp rõ cả hai mặt"}],
    "reason": "Thành phần hồ sơ chưa đầy đủ theo quy định."}))]
pub(crate) struct SupplementRequest {
    /// Everything that is missing, once and completely (1–50).
    items: Vec<SupplementLine>,
    /// Why.
    #[schema(example = "Thành phần hồ sơ chưa đầy đủ theo quy định.")]
    pub(super) reason: String,
    /// The rule that allows a second request.
    legal_basis: Option<String>,
}

/// One line of it.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SupplementLine {
    /// The component concerned, if one is.
    component_id: Option<String>,
    /// What must be completed.
    #[schema(example = "Bản sao giấy chứng sinh")]
    content: String,
    /// How.
    #[schema(example = "Chụp rõ cả hai mặt")]
    guidance: Option<String>,
}

/// A fee or tax to be paid (nghĩa vụ tài chính).
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"amount": 10000, "reason": "Lệ phí đăng ký khai sinh quá hạn"}))]
pub(crate) struct PaymentRequest {
    /// VND, more than 0.
    #[schema(example = 10000)]
    amount: i64,
    /// For what.
    #[schema(example = "Lệ phí đăng ký khai sinh quá hạn")]
    pub(super) reason: String,
}

/// Who takes the result at the counter.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"receiverName": "Nguyễn Văn An", "receiverIdentityNumber": "001090000001"}))]
pub(crate) struct HandOverBody {
    /// Name.
    #[schema(example = "Nguyễn Văn An")]
    receiver_name: String,
    /// Identity number seen at the counter; kept sealed.
    #[schema(example = "001090000001")]
    receiver_identity_number: Option<String>,
    /// E.g. the authorisation that was shown.
    pub(super) note: Option<String>,
}

/// Receive a dossier.
#[utoipa::path(
    post, path = "/api/v1/dossiers/{id}/receive", tag = "dossier commands", operation_id = "receiveDossier",
    summary = "Tiếp nhận hồ sơ · Receive a dossier",
    description = "Gives the dossier its number, its receipt (form 01) and its due date by the working calendar of the agency.",
    params(
        ("id" = Uuid, Path, description = "Id of the dossier", example = "019a8c1e-0000-7000-8000-000000000001"),
        ("If-Match" = String, Header, description = "Version that the caller has seen, as in ETag", example = "\"2\""),
        ("Idempotency-Key" = Option<String>, Header, description = "1–128 visible ASCII characters", example = "k-0001"),
    ),
    request_body = Empty,
    responses(
        (status = 200, description = "The dossier after it", body = DossierOut, headers(("ETag" = String))),
    ),
    security(("bearer" = ["dossier.receive"])),
)]
#[post("/api/v1/dossiers/{id}/receive")]
pub(crate) async fn receive(
    asked: Asked<Receive>,
    body: Json<Empty>,
) -> Result<HttpResponse, Problem> {
    asked.run(&body.0, Intent::Ready(Command::Receive)).await
}

/// Ask for a supplement.
#[utoipa::path(
    post, path = "/api/v1/dossiers/{id}/request-supplement", tag = "dossier commands", operation_id = "requestSupplement",
    summary = "Yêu cầu bổ sung hồ sơ · Ask for a supplement",
    description = "Form 02, once and completely; a second time needs its legal basis. The clock stands until the applicant answers, at most 7 working days.",
    params(
        ("id" = Uuid, Path, description = "Id of the dossier", example = "019a8c1e-0000-7000-8000-000000000001"),
        ("If-Match" = String, Header, description = "Version that the caller has seen, as in ETag", example = "\"2\""),
        ("Idempotency-Key" = Option<String>, Header, description = "1–128 visible ASCII characters", example = "k-0001"),
    ),
    request_body = SupplementRequest,
    responses(
        (status = 200, description = "The dossier after it", body = DossierOut, headers(("ETag" = String))),
    ),
    security(("bearer" = ["dossier.receive"]), ("bearer" = ["dossier.handle"])),
)]
#[post("/api/v1/dossiers/{id}/request-supplement")]
pub(crate) async fn request_supplement(
    asked: Asked<RequestSupplement>,
    body: Json<SupplementRequest>,
) -> Result<HttpResponse, Problem> {
    let mut texts = Texts::default();
    if body.0.items.is_empty() {
        texts.refuse(FieldError::of("/items", shared::FIELD_REQUIRED));
    } else if body.0.items.len() > ITEMS {
        texts.refuse(FieldError::of("/items", shared::FIELD_TOO_LONG));
    }
    let items = body.0.items.iter().take(ITEMS).enumerate();
    let items = items
        .map(|(n, item)| SupplementItem {
            component_id: item.component_id.clone(),
            content: texts.required(format!("/items/{n}/content"), &item.content),
            guidance: texts.optional(format!("/items/{n}/guidance"), item.guidance.as_deref()),
        })
        .collect();
    let reason = texts.required("/reason", &body.0.reason);
    let legal_basis = texts.optional("/legalBasis", body.0.legal_basis.as_deref());
    texts.done()?;
    asked
        .run(
            &body.0,
            Intent::RequestSupplement {
                items,
                reason,
                legal_basis,
            },
        )
        .await
}

/// Refuse reception.
#[utoipa::path(
    post, path = "/api/v1/dossiers/{id}/refuse", tag = "dossier commands", operation_id = "refuseDossier",
    summary = "Từ chối tiếp nhận · Refuse reception",
    description = "Form 03, with a legal reason, before reception.",
    params(
        ("id" = Uuid, Path, description = "Id of the dossier", example = "019a8c1e-0000-7000-8000-000000000001"),
        ("If-Match" = String, Header, description = "Version that the caller has seen, as in ETag", example = "\"2\""),
        ("Idempotency-Key" = Option<String>, Header, description = "1–128 visible ASCII characters", example = "k-0001"),
    ),
    request_body = Reason,
    responses(
        (status = 200, description = "The dossier after it", body = DossierOut, headers(("ETag" = String))),
    ),
    security(("bearer" = ["dossier.receive"])),
)]
#[post("/api/v1/dossiers/{id}/refuse")]
pub(crate) async fn refuse(
    asked: Asked<Refuse>,
    body: Json<Reason>,
) -> Result<HttpResponse, Problem> {
    let mut texts = Texts::default();
    let reason = texts.required("/reason", &body.0.reason);
    texts.done()?;
    asked
        .run(&body.0, Intent::Ready(Command::Refuse { reason }))
        .await
}

/// Stop handling.
#[utoipa::path(
    post, path = "/api/v1/dossiers/{id}/stop", tag = "dossier commands", operation_id = "stopDossier",
    summary = "Dừng xử lý · Stop handling",
    description = "Form 05: handling ends without a result.",
    params(
        ("id" = Uuid, Path, description = "Id of the dossier", example = "019a8c1e-0000-7000-8000-000000000001"),
        ("If-Match" = String, Header, description = "Version that the caller has seen, as in ETag", example = "\"2\""),
        ("Idempotency-Key" = Option<String>, Header, description = "1–128 visible ASCII characters", example = "k-0001"),
    ),
    request_body = Reason,
    responses(
        (status = 200, description = "The dossier after it", body = DossierOut, headers(("ETag" = String))),
    ),
    security(("bearer" = ["dossier.receive"])),
)]
#[post("/api/v1/dossiers/{id}/stop")]
pub(crate) async fn stop(asked: Asked<Stop>, body: Json<Reason>) -> Result<HttpResponse, Problem> {
    let mut texts = Texts::default();
    let reason = texts.required("/reason", &body.0.reason);
    texts.done()?;
    asked
        .run(&body.0, Intent::Ready(Command::Stop { reason }))
        .await
}

/// Ask for a payment.
#[utoipa::path(
    post, path = "/api/v1/dossiers/{id}/request-payment", tag = "dossier commands", operation_id = "requestPayment",
    summary = "Yêu cầu thực hiện nghĩa vụ tài chính · Ask for a payment",
    description = "A fee or tax must be paid first; the clock stands meanwhile.",
    params(
        ("id" = Uuid, Path, description = "Id of the dossier", example = "019a8c1e-0000-7000-8000-000000000001"),
        ("If-Match" = String, Header, description = "Version that the caller has seen, as in ETag", example = "\"2\""),
        ("Idempotency-Key" = Option<String>, Header, description = "1–128 visible ASCII characters", example = "k-0001"),
    ),
    request_body = PaymentRequest,
    responses(
        (status = 200, description = "The dossier after it", body = DossierOut, headers(("ETag" = String))),
    ),
    security(("bearer" = ["dossier.receive"])),
)]
#[post("/api/v1/dossiers/{id}/request-payment")]
pub(crate) async fn request_payment(
    asked: Asked<RequestPayment>,
    body: Json<PaymentRequest>,
) -> Result<HttpResponse, Problem> {
    let mut texts = Texts::default();
    let reason = texts.required("/reason", &body.0.reason);
    let amount = body.0.amount;
    if !(1..=AMOUNT).contains(&amount) {
        texts.refuse(FieldError::of("/amount", shared::FIELD_INVALID));
    }
    texts.done()?;
    asked
        .run(
            &body.0,
            Intent::Ready(Command::RequestPayment { amount, reason }),
        )
        .await
}

/// Confirm a payment.
#[utoipa::path(
    post, path = "/api/v1/dossiers/{id}/confirm-payment", tag = "dossier commands", operation_id = "confirmPayment",
    summary = "Xác nhận đã nộp · Confirm a payment",
    description = "The clock goes on with the working time that was left.",
    params(
        ("id" = Uuid, Path, description = "Id of the dossier", example = "019a8c1e-0000-7000-8000-000000000001"),
        ("If-Match" = String, Header, description = "Version that the caller has seen, as in ETag", example = "\"2\""),
        ("Idempotency-Key" = Option<String>, Header, description = "1–128 visible ASCII characters", example = "k-0001"),
    ),
    request_body = Note,
    responses(
        (status = 200, description = "The dossier after it", body = DossierOut, headers(("ETag" = String))),
    ),
    security(("bearer" = ["dossier.receive"])),
)]
#[post("/api/v1/dossiers/{id}/confirm-payment")]
pub(crate) async fn confirm_payment(
    asked: Asked<ConfirmPayment>,
    body: Json<Note>,
) -> Result<HttpResponse, Problem> {
    let mut texts = Texts::default();
    let note = texts.optional("/note", body.0.note.as_deref());
    texts.done()?;
    asked
        .run(&body.0, Intent::Ready(Command::ConfirmPayment { note }))
        .await
}

/// Hand the result over.
#[utoipa::path(
    post, path = "/api/v1/dossiers/{id}/hand-over", tag = "dossier commands", operation_id = "handOverResult",
    summary = "Trả kết quả tại quầy · Hand the result over",
    description = "Only for returns at the counter; what goes by post is returned when the post office has delivered it.",
    params(
        ("id" = Uuid, Path, description = "Id of the dossier", example = "019a8c1e-0000-7000-8000-000000000001"),
        ("If-Match" = String, Header, description = "Version that the caller has seen, as in ETag", example = "\"2\""),
        ("Idempotency-Key" = Option<String>, Header, description = "1–128 visible ASCII characters", example = "k-0001"),
    ),
    request_body = HandOverBody,
    responses(
        (status = 200, description = "The dossier after it", body = DossierOut, headers(("ETag" = String))),
    ),
    security(("bearer" = ["dossier.hand-over"])),
)]
#[post("/api/v1/dossiers/{id}/hand-over")]
pub(crate) async fn hand_over(
    asked: Asked<HandOver>,
    body: Json<HandOverBody>,
) -> Result<HttpResponse, Problem> {
    let mut texts = Texts::default();
    let receiver_name = texts.required("/receiverName", &body.0.receiver_name);
    let seen = body
        .0
        .receiver_identity_number
        .as_deref()
        .filter(|n| !n.trim().is_empty());
    let receiver_identity_number = match seen.map(vn::cccd::Cccd::parse_any_place) {
        None => None,
        Some(Ok(number)) => Some(number.as_str().to_owned()),
        Some(Err(_)) => {
            texts.refuse(FieldError::of(
                "/receiverIdentityNumber",
                shared::CCCD_INVALID,
            ));
            None
        }
    };
    let note = texts.optional("/note", body.0.note.as_deref());
    texts.done()?;
    let receiver = dossier::HandOver {
        receiver_name,
        receiver_identity_number,
        note,
    };
    asked
        .run(&body.0, Intent::Ready(Command::HandOver { receiver }))
        .await
}
