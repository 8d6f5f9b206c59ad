//! Commands of the applicant, the specialist and the leader.

use super::asked::{Approve, Asked, Propose, SendBack, StartHandling, Supplement, Texts, Withdraw};
use super::out::DossierOut;
use crate::app::commands::Intent;
use crate::domain::Command;
use actix_web::{HttpResponse, post};
use contracts::FileId;
use contracts::problem::shared;
use kit::http::Json;
use kit::{FieldError, Problem};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::desk::{Empty, Note, Reason};
use super::dossiers::{NewAttachment, named};

/// Most papers in one answer.
const ATTACHMENTS: usize = 100;
/// Largest set of answers, bytes of JSON.
const ANSWERS: usize = 64 * 1024;

/// The applicant's answer to a supplement request.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"attachments": [{"componentId": "019d2bb8-0000-7000-8000-000000000001",
    "fileId": "019a8c1e-0000-7000-8000-000000000001"}], "note": "Xin bổ sung giấy chứng sinh"}))]
pub(crate) struct SupplementAnswer {
    /// Further papers.
    #[serde(default)]
    attachments: Vec<NewAttachment>,
    /// Answers to add or replace.
    #[schema(value_type = Option<Object>)]
    answers: Option<Map<String, Value>>,
    /// A word to the officer.
    note: Option<String>,
}

/// A reason that may be left out.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Tôi sẽ nộp lại sau"}))]
pub(crate) struct MaybeReason {
    /// Why.
    #[schema(example = "Tôi sẽ nộp lại sau")]
    reason: Option<String>,
}

/// A proposed result.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"resultFileId": "019a8c1e-0000-7000-8000-000000000002",
    "note": "Đủ điều kiện, trình ký giấy khai sinh"}))]
pub(crate) struct Proposal {
    /// The result, a file that the caller uploaded.
    result_file_id: FileId,
    /// A note to the leader; the applicant reads it with the result.
    #[schema(example = "Đủ điều kiện, trình ký giấy khai sinh")]
    note: Option<String>,
    /// The result is a refusal after examination (từ chối giải quyết, form 03); the note is then the legal reason and required.
    #[serde(default)]
    refusal: bool,
}

/// Supplement a dossier.
#[utoipa::path(
    post, path = "/api/v1/dossiers/{id}/supplement", tag = "dossier commands", operation_id = "supplementDossier",
    summary = "Bổ sung hồ sơ · Supplement a dossier",
    description = "The applicant answers the supplement request. Asked before reception, the desk checks again; asked after it, the dossier goes back to where it was and its term starts from zero.",
    params(
        ("id" = Uuid, Path, description = "Id of the dossier", example = "019a8c1e-0000-7000-8000-000000000001"),
        ("If-Match" = String, Header, description = "Version that the caller has seen, as in ETag", example = "\"2\""),
        ("Idempotency-Key" = Option<String>, Header, description = "1–128 visible ASCII characters", example = "k-0001"),
    ),
    request_body = SupplementAnswer,
    responses(
        (status = 200, description = "The dossier after it", body = DossierOut, headers(("ETag" = String))),
    ),
    security(("bearer" = ["dossier.own"]), ("bearer" = ["dossier.receive"])),
)]
#[post("/api/v1/dossiers/{id}/supplement")]
pub(crate) async fn supplement(
    asked: Asked<Supplement>,
    body: Json<SupplementAnswer>,
) -> Result<HttpResponse, Problem> {
    let mut texts = Texts::default();
    let note = texts.optional("/note", body.0.note.as_deref());
    if body.0.attachments.len() > ATTACHMENTS {
        texts.refuse(FieldError::of("/attachments", shared::FIELD_TOO_LONG));
    }
    let answers = body.0.answers.clone();
    let size = answers
        .as_ref()
        .and_then(|a| serde_json::to_string(a).ok())
        .map_or(0, |json| json.len());
    if size > ANSWERS {
        texts.refuse(FieldError::of("/answers", shared::FIELD_TOO_LONG));
    }
    if body.0.attachments.is_empty() && answers.as_ref().is_none_or(Map::is_empty) && note.is_none()
    {
        texts.refuse(FieldError::of("/attachments", shared::FIELD_REQUIRED));
    }
    texts.done()?;
    let attachments = named(&body.0.attachments);
    asked
        .run(
            &body.0,
            Intent::Supplement {
                attachments,
                answers,
                note,
            },
        )
        .await
}

/// Withdraw a dossier.
#[utoipa::path(
    post, path = "/api/v1/dossiers/{id}/withdraw", tag = "dossier commands", operation_id = "withdrawDossier",
    summary = "Rút hồ sơ · Withdraw a dossier",
    description = "The applicant takes the dossier back, at any time before the result is ready.",
    params(
        ("id" = Uuid, Path, description = "Id of the dossier", example = "019a8c1e-0000-7000-8000-000000000001"),
        ("If-Match" = String, Header, description = "Version that the caller has seen, as in ETag", example = "\"2\""),
        ("Idempotency-Key" = Option<String>, Header, description = "1–128 visible ASCII characters", example = "k-0001"),
    ),
    request_body = MaybeReason,
    responses(
        (status = 200, description = "The dossier after it", body = DossierOut, headers(("ETag" = String))),
    ),
    security(("bearer" = ["dossier.own"]), ("bearer" = ["dossier.receive"])),
)]
#[post("/api/v1/dossiers/{id}/withdraw")]
pub(crate) async fn withdraw(
    asked: Asked<Withdraw>,
    body: Json<MaybeReason>,
) -> Result<HttpResponse, Problem> {
    let mut texts = Texts::default();
    let reason = texts.optional("/reason", body.0.reason.as_deref());
    texts.done()?;
    asked
        .run(&body.0, Intent::Ready(Command::Withdraw { reason }))
        .await
}

/// Take a dossier up.
#[utoipa::path(
    post, path = "/api/v1/dossiers/{id}/start-handling", tag = "dossier commands", operation_id = "startHandling",
    summary = "Thụ lý hồ sơ · Take a dossier up",
    description = "A specialist takes the received dossier up.",
    params(
        ("id" = Uuid, Path, description = "Id of the dossier", example = "019a8c1e-0000-7000-8000-000000000001"),
        ("If-Match" = String, Header, description = "Version that the caller has seen, as in ETag", example = "\"2\""),
        ("Idempotency-Key" = Option<String>, Header, description = "1–128 visible ASCII characters", example = "k-0001"),
    ),
    request_body = Empty,
    responses(
        (status = 200, description = "The dossier after it", body = DossierOut, headers(("ETag" = String))),
    ),
    security(("bearer" = ["dossier.handle"])),
)]
#[post("/api/v1/dossiers/{id}/start-handling")]
pub(crate) async fn start_handling(
    asked: Asked<StartHandling>,
    body: Json<Empty>,
) -> Result<HttpResponse, Problem> {
    asked
        .run(&body.0, Intent::Ready(Command::StartHandling))
        .await
}

/// Propose a result.
#[utoipa::path(
    post, path = "/api/v1/dossiers/{id}/propose", tag = "dossier commands", operation_id = "proposeResult",
    summary = "Trình kết quả · Propose a result",
    description = "A specialist hands a result file to the next step.",
    params(
        ("id" = Uuid, Path, description = "Id of the dossier", example = "019a8c1e-0000-7000-8000-000000000001"),
        ("If-Match" = String, Header, description = "Version that the caller has seen, as in ETag", example = "\"2\""),
        ("Idempotency-Key" = Option<String>, Header, description = "1–128 visible ASCII characters", example = "k-0001"),
    ),
    request_body = Proposal,
    responses(
        (status = 200, description = "The dossier after it", body = DossierOut, headers(("ETag" = String))),
    ),
    security(("bearer" = ["dossier.handle"])),
)]
#[post("/api/v1/dossiers/{id}/propose")]
pub(crate) async fn propose(
    asked: Asked<Propose>,
    body: Json<Proposal>,
) -> Result<HttpResponse, Problem> {
    let mut texts = Texts::default();
    let note = texts.optional("/note", body.0.note.as_deref());
    texts.done()?;
    asked
        .run(
            &body.0,
            Intent::Propose {
                file: body.0.result_file_id,
                note,
                refusal: body.0.refusal,
            },
        )
        .await
}

/// Send back to the specialist.
#[utoipa::path(
    post, path = "/api/v1/dossiers/{id}/send-back", tag = "dossier commands", operation_id = "sendBack",
    summary = "Trả lại để xử lý thêm · Send back to the specialist",
    description = "A leader does not approve yet; the proposal is dropped.",
    params(
        ("id" = Uuid, Path, description = "Id of the dossier", example = "019a8c1e-0000-7000-8000-000000000001"),
        ("If-Match" = String, Header, description = "Version that the caller has seen, as in ETag", example = "\"2\""),
        ("Idempotency-Key" = Option<String>, Header, description = "1–128 visible ASCII characters", example = "k-0001"),
    ),
    request_body = Reason,
    responses(
        (status = 200, description = "The dossier after it", body = DossierOut, headers(("ETag" = String))),
    ),
    security(("bearer" = ["dossier.approve"])),
)]
#[post("/api/v1/dossiers/{id}/send-back")]
pub(crate) async fn send_back(
    asked: Asked<SendBack>,
    body: Json<Reason>,
) -> Result<HttpResponse, Problem> {
    let mut texts = Texts::default();
    let reason = texts.required("/reason", &body.0.reason);
    texts.done()?;
    asked
        .run(&body.0, Intent::Ready(Command::SendBack { reason }))
        .await
}

/// Approve the result.
#[utoipa::path(
    post, path = "/api/v1/dossiers/{id}/approve", tag = "dossier commands", operation_id = "approveResult",
    summary = "Phê duyệt kết quả · Approve the result",
    description = "A leader other than the one who proposed it approves; after the last leader the result is ready.",
    params(
        ("id" = Uuid, Path, description = "Id of the dossier", example = "019a8c1e-0000-7000-8000-000000000001"),
        ("If-Match" = String, Header, description = "Version that the caller has seen, as in ETag", example = "\"2\""),
        ("Idempotency-Key" = Option<String>, Header, description = "1–128 visible ASCII characters", example = "k-0001"),
    ),
    request_body = Note,
    responses(
        (status = 200, description = "The dossier after it", body = DossierOut, headers(("ETag" = String))),
    ),
    security(("bearer" = ["dossier.approve"])),
)]
#[post("/api/v1/dossiers/{id}/approve")]
pub(crate) async fn approve(
    asked: Asked<Approve>,
    body: Json<Note>,
) -> Result<HttpResponse, Problem> {
    let mut texts = Texts::default();
    let note = texts.optional("/note", body.0.note.as_deref());
    texts.done()?;
    asked
        .run(&body.0, Intent::Ready(Command::Approve { note }))
        .await
}
