//! Uploading and downloading files.

use super::dossiers::Once;
use super::forms::{SAME_ORIGIN, SHOWN_PDF};
use crate::app::{App, upload as receiving};
use crate::error::{Error, code};
use crate::store::access::What;
use crate::store::files;
use actix_multipart::Multipart;
use actix_web::http::header::{
    self, Charset, ContentDisposition, DispositionParam, DispositionType, ExtendedValue,
};
use actix_web::{HttpResponse, get, post, web};
use chrono::SecondsFormat;
use contracts::FileId;
use durable::Answer;
use kit::auth::{Allowed, perm};
use kit::http::{IdempotencyKey, Path, Query, sha256_hex};
use kit::{Problem, ProblemBody};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// An uploaded file.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FileOut {
    id: FileId,
    #[schema(example = "to-khai.pdf")]
    name: String,
    /// Bytes.
    #[schema(example = 12345)]
    size: i64,
    /// By content.
    #[schema(example = "application/pdf")]
    media_type: String,
    #[schema(example = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    sha256: String,
}

/// A multipart form with one file.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body; the handler reads the stream")]
pub(crate) struct FileForm {
    /// PDF, PNG, JPEG, DOCX, XLSX, DOC or XLS with a name of that kind.
    #[schema(value_type = String, format = Binary, content_media_type = "application/octet-stream")]
    file: Vec<u8>,
}

/// Uploads a file, to be attached to a dossier by the same account.
#[utoipa::path(
    post, path = "/api/v1/files", tag = "files", operation_id = "uploadFile",
    summary = "Tải tệp lên · Upload a file",
    description = "One file in the multipart field `file`. Its type is told by its content and must agree with name and declared type.",
    params(("Idempotency-Key" = Option<String>, Header, description = "1–128 visible ASCII characters", example = "k-0001")),
    request_body(content = FileForm, content_type = "multipart/form-data"),
    responses(
        (status = 201, description = "Stored", body = FileOut, headers(("Location" = String))),
        (status = 429, description = "Too many uploads that belong to no dossier yet (`file.too-many`), or too many requests; see Retry-After", body = ProblemBody, content_type = "application/problem+json", headers(("Retry-After" = i64, description = "Seconds to wait"))),
    ),
    security(("bearer" = ["file.upload"])),
)]
#[post("/api/v1/files")]
pub(crate) async fn upload(
    caller: Allowed<perm::FileUpload>,
    app: web::Data<App>,
    key: IdempotencyKey,
    form: Multipart,
) -> Result<HttpResponse, Problem> {
    let (app, actor) = (&*app, caller.actor());
    let received = receiving::receive(app, form).await?;
    let identity = format!("{}\n{}", received.name, received.object.sha256);
    let once = Once {
        actor: actor.subject,
        key: key.0,
        operation: "uploadFile".to_owned(),
        body: sha256_hex(identity.as_bytes()),
    };
    once.run(app, async |tx| {
        let file = receiving::note(app, &tx, actor, &received).await?;
        let location = format!("/api/v1/files/{}", file.id);
        let body = FileOut {
            id: file.id,
            name: file.name,
            size: file.size,
            media_type: file.media_type,
            sha256: file.sha256,
        };
        let body = serde_json::to_value(body).map_err(Problem::internal)?;
        Ok(Answer {
            status: 201,
            body,
            etag: None,
            location: Some(location),
        })
    })
    .await
}

/// How the content is wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DownloadQuery {
    /// `true`: to be shown by the browser, for PDF, PNG and JPEG; other types come as attachments all the same.
    #[param(example = true)]
    inline: Option<bool>,
}

/// The content of a file: as an attachment, or to be looked at.
#[utoipa::path(
    get, path = "/api/v1/files/{id}", tag = "files", operation_id = "downloadFile",
    summary = "Tải tệp về · Download a file",
    description = "For the owner of a dossier it belongs to (a result once it is approved), the handling agency, and while it belongs to none its uploader. What was destroyed when its retention ended is 410 `file.removed`.",
    params(("id" = Uuid, Path, description = "Id of the file", example = "019a8c1e-0000-7000-8000-000000000001"), DownloadQuery),
    responses(
        (status = 200, description = "The content", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 410, description = "It was removed when its dossier was pseudonymised (`file.removed`)", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["file.read"])),
)]
#[get("/api/v1/files/{id}")]
pub(crate) async fn download(
    caller: Allowed<perm::FileRead>,
    app: web::Data<App>,
    id: Path<Uuid>,
    query: Query<DownloadQuery>,
) -> Result<HttpResponse, Problem> {
    let actor = caller.actor();
    let (file, dossier) = files::readable(
        app.db.read(),
        &app.rt,
        &actor.scope(),
        actor.subject,
        FileId(id.0),
    )
    .await
    .map_err(Error::from)?
    .ok_or_else(|| Problem::new(code::FILE_NOT_FOUND))?;
    if let Some(at) = file.removed_at {
        return Err(Problem::new(code::FILE_REMOVED)
            .extra("removedAt", at.to_rfc3339_opts(SecondsFormat::AutoSi, true)));
    }
    if let Some(dossier) = dossier {
        app.note_read(actor, dossier, What::File)
            .await
            .map_err(Error::from)?;
    }
    let content = app.objects.read(&file.sha256).await.map_err(Error::from)?;
    let size = u64::try_from(file.size).map_err(Problem::internal)?;
    let mut disposition = attachment(&file.name);
    let shown = query.0.inline.unwrap_or(false) && super::papers::previewable(&file.media_type);
    if shown {
        disposition.disposition = DispositionType::Inline;
    }
    let policy = if shown && file.media_type == "application/pdf" {
        SHOWN_PDF
    } else {
        "default-src 'none'; frame-ancestors 'none'; sandbox"
    };
    Ok(HttpResponse::Ok()
        .content_type(file.media_type)
        .insert_header(disposition)
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CONTENT_SECURITY_POLICY, policy))
        .insert_header(SAME_ORIGIN)
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .body(actix_web::body::SizedStream::new(size, content)))
}

/// The name in plain ASCII for old clients, and in full (RFC 6266).
fn attachment(name: &str) -> ContentDisposition {
    let plain: String = vn::text::fold(name)
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || ".-_ ".contains(c) {
                c
            } else {
                '_'
            }
        })
        .collect();
    ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![
            DispositionParam::Filename(plain),
            DispositionParam::FilenameExt(ExtendedValue {
                charset: Charset::Ext("UTF-8".to_owned()),
                language_tag: None,
                value: name.as_bytes().to_vec(),
            }),
        ],
    }
}
