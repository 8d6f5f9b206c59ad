//! Messages between officer and citizen on a dossier.

use super::asked::Texts;
use super::dossiers::Once;
use crate::app::{App, messages as writing};
use crate::domain::Dossier;
use crate::domain::act::{Act, permitted};
use crate::error::Error;
use crate::store::access::What;
use crate::store::{dossiers, messages};
use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use contracts::problem::shared;
use contracts::{Actor, ActorKind, DossierId, FileId};
use durable::Answer;
use kit::auth::{Allowed, SignedIn, perm};
use kit::http::{IdempotencyKey, Json, Path, Query};
use kit::page::{self, Page, PageQuery};
use kit::{FieldError, Problem, ProblemBody};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Most files of one message.
const FILES: usize = 10;

/// A message to write.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"text": "Tôi có cần mang theo sổ hộ khẩu cũ không?", "fileIds": []}))]
pub(crate) struct NewMessage {
    /// At most 4,000 characters.
    #[schema(example = "Tôi có cần mang theo sổ hộ khẩu cũ không?")]
    text: String,
    /// Files that the caller uploaded, at most ten.
    #[serde(default)]
    file_ids: Vec<FileId>,
}

/// A message.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MessageOut {
    id: Uuid,
    at: DateTime<Utc>,
    /// `agency` or `applicant`.
    #[schema(example = "agency")]
    from: &'static str,
    /// The person for officers of the agency; for the applicant the unit.
    #[schema(example = "Trung tâm Phục vụ hành chính công xã Yên Thế")]
    author: String,
    #[schema(example = "Mời ông/bà mang theo bản chính khi nhận kết quả.")]
    text: String,
    files: Vec<MessageFileOut>,
}

/// A file of a message.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MessageFileOut {
    file_id: FileId,
    name: String,
    /// Bytes.
    size: i64,
    media_type: String,
}

impl MessageOut {
    fn new(m: messages::Message, dossier: &Dossier, viewer: &Actor) -> Self {
        let officer = viewer.kind == ActorKind::Officer;
        let author = if m.by_agency && !officer {
            dossier.agency.name.clone()
        } else {
            m.author_name
        };
        Self {
            id: m.id,
            at: m.at,
            from: if m.by_agency { "agency" } else { "applicant" },
            author,
            text: m.content.text,
            files: m
                .content
                .files
                .into_iter()
                .map(|f| MessageFileOut {
                    file_id: f.file_id,
                    name: f.name,
                    size: f.size,
                    media_type: f.media_type,
                })
                .collect(),
        }
    }
}

/// Messages on a dossier.
#[utoipa::path(
    get, path = "/api/v1/dossiers/{id}/messages", tag = "messages", operation_id = "listMessages",
    summary = "Tin nhắn về hồ sơ · Messages on a dossier",
    description = "Between the applicant and the handling agency, newest first.",
    params(("id" = Uuid, Path, description = "Id of the dossier", example = "019a8c1e-0000-7000-8000-000000000001"), PageQuery),
    responses(
        (status = 200, description = "A page", body = Page<MessageOut>),
    ),
    security(("bearer" = ["dossier.read"])),
)]
#[get("/api/v1/dossiers/{id}/messages")]
pub(crate) async fn list_messages(
    caller: Allowed<perm::DossierRead>,
    app: web::Data<App>,
    id: Path<Uuid>,
    query: Query<PageQuery>,
) -> Result<Json<Page<MessageOut>>, Problem> {
    let (actor, id) = (caller.actor(), DossierId(id.0));
    let limit = page::limit(query.0.limit)?;
    let before = query
        .0
        .cursor
        .as_deref()
        .map(page::decode_cursor::<i64>)
        .transpose()?;
    let db = app.db.read();
    let dossier = dossiers::find(db, &actor.scope(), &app.rt, id)
        .await
        .map_err(Error::from)?
        .ok_or(Error::NotFound)?;
    let rows = messages::of(db, &app.rt, id, before, limit + 1)
        .await
        .map_err(Error::from)?;
    app.note_read(actor, id, What::Messages)
        .await
        .map_err(Error::from)?;
    let page = Page::cut(rows, limit, |m| m.seq);
    Ok(Json(page.map(|m| MessageOut::new(m, &dossier, actor))))
}

/// Writes a message.
#[utoipa::path(
    post, path = "/api/v1/dossiers/{id}/messages", tag = "messages", operation_id = "writeMessage",
    summary = "Gửi tin nhắn · Write a message",
    description = "The applicant to the handling agency, an officer of it to the applicant; in any state of the dossier. The journal says that it was written and carries a hash of it; the other side is told. Needs no If-Match: it waits its turn.",
    params(
        ("id" = Uuid, Path, description = "Id of the dossier", example = "019a8c1e-0000-7000-8000-000000000001"),
        ("Idempotency-Key" = Option<String>, Header, description = "1–128 visible ASCII characters", example = "k-0001"),
    ),
    request_body = NewMessage,
    responses(
        (status = 201, description = "Written", body = MessageOut),
        (status = 409, description = "The personal data is gone (`dossier.pseudonymised`)", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["dossier.own"]), ("bearer" = ["dossier.receive"]), ("bearer" = ["dossier.handle"]), ("bearer" = ["dossier.approve"])),
)]
#[post("/api/v1/dossiers/{id}/messages")]
pub(crate) async fn write_message(
    caller: SignedIn,
    app: web::Data<App>,
    key: IdempotencyKey,
    id: Path<Uuid>,
    body: Json<NewMessage>,
) -> Result<HttpResponse, Problem> {
    let (app, actor, id) = (&*app, &caller.0, DossierId(id.0));
    if !permitted(actor, Act::MessageApplicant) && !permitted(actor, Act::MessageAgency) {
        return Err(Problem::new(shared::FORBIDDEN));
    }
    let mut texts = Texts::default();
    let text = texts.required("/text", &body.0.text);
    if body.0.file_ids.len() > FILES {
        texts.refuse(FieldError::of("/fileIds", shared::FIELD_TOO_LONG));
    }
    texts.done()?;
    let once = Once::new(app, actor, key.0, format!("writeMessage:{id}"), &body.0)?;
    once.run(app, async |tx| {
        let message = writing::write(app, &tx, actor, id, &text, &body.0.file_ids).await?;
        let dossier = dossiers::find_any(&*tx, &app.rt, id)
            .await?
            .ok_or(Error::NotFound)?;
        let out = MessageOut::new(message, &dossier, actor);
        Ok(Answer {
            status: 201,
            body: serde_json::to_value(out).map_err(Problem::internal)?,
            etag: None,
            location: None,
        })
    })
    .await
}
