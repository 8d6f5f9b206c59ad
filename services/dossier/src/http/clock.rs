//! Commands on the statutory clock: apology with a new date, and the special right over what was ended.

use super::asked::{Acknowledge, Apologise, Asked, Correct, Reopen, Texts};
use super::desk::{Empty, Reason};
use super::out::DossierOut;
use crate::app::commands::Intent;
use crate::domain::Command;
use actix_web::{HttpResponse, post};
use chrono::NaiveDate;
use kit::Problem;
use kit::http::Json;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Apology and new date (Văn bản xin lỗi và đề nghị gia hạn thời gian giải quyết, form 04).
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"reason": "Cơ quan phối hợp chưa có ý kiến xác minh.", "dueOn": "2026-12-04"}))]
pub(crate) struct ApologyBody {
    /// Why the date cannot be kept; the applicant reads it.
    #[schema(example = "Cơ quan phối hợp chưa có ý kiến xác minh.")]
    reason: String,
    /// The new day: a working day of the agency after the old one, within a year. The result is due at its closing time.
    #[schema(example = "2026-12-04")]
    due_on: NaiveDate,
}

/// Why, and by what rule.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"reason": "Dừng do nhầm hồ sơ.", "legalBasis": "Khoản 2 Điều 19 Nghị định 118/2025/NĐ-CP"}))]
pub(crate) struct ReopenBody {
    /// Why.
    #[schema(example = "Dừng do nhầm hồ sơ.")]
    reason: String,
    /// The rule that allows it.
    #[schema(example = "Khoản 2 Điều 19 Nghị định 118/2025/NĐ-CP")]
    legal_basis: String,
}

/// Apologise and give a new date.
#[utoipa::path(
    post, path = "/api/v1/dossiers/{id}/apologise", tag = "dossier commands", operation_id = "apologise",
    summary = "Xin lỗi, hẹn lại · Apologise and give a new date",
    description = "At latest one day before the day of expiry, and once. Without it, or after it, the date stays and the dossier counts as late.",
    params(
        ("id" = Uuid, Path, description = "Id of the dossier", example = "019a8c1e-0000-7000-8000-000000000001"),
        ("If-Match" = String, Header, description = "Version that the caller has seen, as in ETag", example = "\"2\""),
        ("Idempotency-Key" = Option<String>, Header, description = "1–128 visible ASCII characters", example = "k-0001"),
    ),
    request_body = ApologyBody,
    responses(
        (status = 200, description = "The dossier after it", body = DossierOut, headers(("ETag" = String))),
    ),
    security(("bearer" = ["dossier.receive"]), ("bearer" = ["dossier.approve"])),
)]
#[post("/api/v1/dossiers/{id}/apologise")]
pub(crate) async fn apologise(
    asked: Asked<Apologise>,
    body: Json<ApologyBody>,
) -> Result<HttpResponse, Problem> {
    let mut texts = Texts::default();
    let reason = texts.required("/reason", &body.0.reason);
    texts.done()?;
    let command = Command::Apologise {
        reason,
        due_on: body.0.due_on,
    };
    asked.run(&body.0, Intent::Ready(command)).await
}

/// Acknowledge a linked dossier.
#[utoipa::path(
    post, path = "/api/v1/dossiers/{id}/acknowledge", tag = "dossier commands", operation_id = "acknowledgeDossier",
    summary = "Xác nhận nhận hồ sơ liên thông · Acknowledge a linked dossier",
    description = "The agency has seen it; due within 2 working hours of the hand-on.",
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
#[post("/api/v1/dossiers/{id}/acknowledge")]
pub(crate) async fn acknowledge(
    asked: Asked<Acknowledge>,
    body: Json<Empty>,
) -> Result<HttpResponse, Problem> {
    asked
        .run(&body.0, Intent::Ready(Command::Acknowledge))
        .await
}

/// Open again what was ended.
#[utoipa::path(
    post, path = "/api/v1/dossiers/{id}/reopen", tag = "dossier commands", operation_id = "reopenDossier",
    summary = "Mở lại hồ sơ · Open a dossier again",
    description = "A special right: what was refused at the desk, withdrawn or stopped goes on where it was, with the rule that allows it in the journal. A term that ran starts from zero.",
    params(
        ("id" = Uuid, Path, description = "Id of the dossier", example = "019a8c1e-0000-7000-8000-000000000001"),
        ("If-Match" = String, Header, description = "Version that the caller has seen, as in ETag", example = "\"2\""),
        ("Idempotency-Key" = Option<String>, Header, description = "1–128 visible ASCII characters", example = "k-0001"),
    ),
    request_body = ReopenBody,
    responses(
        (status = 200, description = "The dossier after it", body = DossierOut, headers(("ETag" = String))),
    ),
    security(("bearer" = ["dossier.reopen"])),
)]
#[post("/api/v1/dossiers/{id}/reopen")]
pub(crate) async fn reopen(
    asked: Asked<Reopen>,
    body: Json<ReopenBody>,
) -> Result<HttpResponse, Problem> {
    let mut texts = Texts::default();
    let reason = texts.required("/reason", &body.0.reason);
    let legal_basis = texts.required("/legalBasis", &body.0.legal_basis);
    texts.done()?;
    let command = Command::Reopen {
        reason,
        legal_basis,
    };
    asked.run(&body.0, Intent::Ready(command)).await
}

/// Correct the agency's own error.
#[utoipa::path(
    post, path = "/api/v1/dossiers/{id}/correct", tag = "dossier commands", operation_id = "correctResult",
    summary = "Đính chính sai sót của cơ quan · Correct the agency's error",
    description = "The result is taken back and made again at the agency's cost, with the term from zero, and handed over at the counter. What was late stays late.",
    params(
        ("id" = Uuid, Path, description = "Id of the dossier", example = "019a8c1e-0000-7000-8000-000000000001"),
        ("If-Match" = String, Header, description = "Version that the caller has seen, as in ETag", example = "\"2\""),
        ("Idempotency-Key" = Option<String>, Header, description = "1–128 visible ASCII characters", example = "k-0001"),
    ),
    request_body = Reason,
    responses(
        (status = 200, description = "The dossier after it", body = DossierOut, headers(("ETag" = String))),
    ),
    security(("bearer" = ["dossier.reopen"])),
)]
#[post("/api/v1/dossiers/{id}/correct")]
pub(crate) async fn correct(
    asked: Asked<Correct>,
    body: Json<Reason>,
) -> Result<HttpResponse, Problem> {
    let mut texts = Texts::default();
    let reason = texts.required("/reason", &body.0.reason);
    texts.done()?;
    asked
        .run(&body.0, Intent::Ready(Command::Correct { reason }))
        .await
}
