//! Import of procedures over HTTP: the body flows through; nothing of it is kept but one line at a time.

use crate::App;
use crate::app::import::{ImportOptions, ImportRefused, ImportSummary, import_procedures};
use crate::error;
use crate::store::drafts::Who;
use actix_web::{post, web};
use bytes::Bytes;
use chrono::NaiveDate;
use contracts::permission::perm;
use contracts::problem::shared;
use futures_util::StreamExt as _;
use kit::http::{Json, Query};
use kit::{Allowed, Problem, ProblemBody};
use serde::Deserialize;
use std::io::Read;
use tokio::sync::mpsc::{Receiver, Sender};
use utoipa::IntoParams;

/// Pieces of the body on their way to the parser.
const AHEAD: usize = 16;

/// Parameters of an import.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportQuery {
    /// Say what would change, change nothing.
    #[param(example = false)]
    dry_run: Option<bool>,
    /// The file is all that the source has: what is not in it is marked as withdrawn at the source for an editor to decide.
    #[param(example = false)]
    whole: Option<bool>,
    /// The day of which the file tells; today when absent. A file older than one that was taken is refused.
    #[param(example = "2026-07-17")]
    dated: Option<NaiveDate>,
}

#[utoipa::path(
    post, path = "/api/v1/imports/procedures", tag = "imports", operation_id = "importProcedures",
    summary = "Import procedures",
    description = "Takes the national portal's own JSON, one procedure a line, plain or gzip (told by its first bytes). Keyed by the portal's id: a second import of the same file changes nothing, and a later file makes versions only of what changed. What people here have edited or withdrawn is not overwritten: a draft waits for review. Broken lines are reported and passed over; contradictions in the data are counted by kind.",
    params(ImportQuery),
    request_body(content = String, content_type = "application/x-ndjson", description = "JSON lines, plain or gzip", example = "{\"id\":\"019d2bfd-3fe0-70ac-b9d6-5e9e20d6eef7\",\"code\":\"1.001193\",\"name\":\"Thủ tục đăng ký khai sinh\",\"detail\":{}}"),
    responses(
        (status = 200, description = "What was done", body = ImportSummary),
        (status = 400, description = "`import.interrupted`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`import.older`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`import.empty`, `query.invalid`", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["catalogue.manage"])),
)]
#[post("/api/v1/imports/procedures")]
pub(crate) async fn procedures(
    app: web::Data<App>,
    caller: Allowed<perm::CatalogueManage>,
    Query(query): Query<ImportQuery>,
    req: actix_web::HttpRequest,
    payload: web::Payload,
) -> Result<Json<ImportSummary>, Problem> {
    media_type(&req)?;
    let (to, from) = tokio::sync::mpsc::channel(AHEAD);
    let options = ImportOptions {
        dry_run: query.dry_run.unwrap_or(false),
        max_bytes: Some(app.config.import.max_unpacked_bytes),
        whole: query.whole.unwrap_or(false),
        dated: query.dated,
        by: Some(Who {
            id: Some(caller.actor().subject),
            name: caller.actor().name.clone(),
        }),
        ..ImportOptions::default()
    };
    let import = import_procedures(&app.db, &app.rt, Pieces::new(from), options);
    let (pumped, summary) =
        futures_util::future::join(pump(payload, to, app.config.import.max_body_bytes), import)
            .await;
    let summary = summary.map_err(|e| match e.downcast_ref::<ImportRefused>() {
        Some(ImportRefused::Older(dated, newest)) => Problem::new(error::IMPORT_OLDER)
            .extra("dated", dated.to_string())
            .extra("newest", newest.to_string()),
        None => error::failed(e),
    })?;
    pumped?;
    if summary.read == 0 {
        return Err(Problem::new(error::IMPORT_EMPTY));
    }
    app.live.refresh(&app.db).await.map_err(error::failed)?;
    Ok(Json(summary))
}

fn media_type(req: &actix_web::HttpRequest) -> Result<(), Problem> {
    use actix_web::HttpMessage as _;
    match req.content_type() {
        ""
        | "application/x-ndjson"
        | "application/jsonl"
        | "application/json"
        | "application/gzip"
        | "application/x-gzip"
        | "application/octet-stream"
        | "text/plain" => Ok(()),
        _ => Err(Problem::new(shared::MEDIA_TYPE)),
    }
}

/// Hands the body on piece by piece; waits when the parser is behind.
pub(super) async fn pump(
    mut payload: web::Payload,
    to: Sender<std::io::Result<Bytes>>,
    max: u64,
) -> Result<(), Problem> {
    let mut total = 0_u64;
    while let Some(piece) = payload.next().await {
        let stop = |code| {
            Err((
                std::io::Error::other("the upload ended early"),
                Problem::new(code),
            ))
        };
        let piece = match piece {
            Ok(piece) => {
                total = total.saturating_add(piece.len() as u64);
                if total > max {
                    stop(shared::BODY_TOO_LARGE)
                } else {
                    Ok(piece)
                }
            }
            Err(_interrupted) => stop(error::IMPORT_INTERRUPTED),
        };
        match piece {
            // Nobody takes it any more: the parser has reported why.
            Ok(piece) => {
                if to.send(Ok(piece)).await.is_err() {
                    return Ok(());
                }
            }
            Err((cause, problem)) => {
                if to.send(Err(cause)).await.is_err() {
                    tracing::debug!("parser has ended before the body");
                }
                return Err(problem);
            }
        }
    }
    Ok(())
}

/// The pieces of a body as a blocking reader.
pub(super) struct Pieces {
    from: Receiver<std::io::Result<Bytes>>,
    piece: Bytes,
}

impl Pieces {
    pub(super) fn new(from: Receiver<std::io::Result<Bytes>>) -> Self {
        Self {
            from,
            piece: Bytes::new(),
        }
    }
}

impl Read for Pieces {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        while self.piece.is_empty() {
            match self.from.blocking_recv() {
                Some(piece) => self.piece = piece?,
                None => return Ok(0),
            }
        }
        let n = self.piece.len().min(buf.len());
        let taken = self.piece.split_to(n);
        let Some(room) = buf.get_mut(..n) else {
            return Ok(0);
        };
        room.copy_from_slice(&taken);
        Ok(n)
    }
}
