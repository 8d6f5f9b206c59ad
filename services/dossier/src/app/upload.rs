//! Receiving a file: into the object store while it comes in, then looked at, then noted.

use super::App;
use super::sniff::{Fault, clean_name, examine, sniff};
use crate::error::{Error, code};
use crate::objects::Object;
use crate::store::files::{self, StoredFile};
use crate::store::removal;
use actix_multipart::{Field, Multipart, MultipartError};
use chrono::{DateTime, Utc};
use contracts::problem::shared;
use contracts::{Actor, FileId};
use durable::Tx;
use futures_util::TryStreamExt as _;
use kit::Problem;

/// A file that came in and is on disk, not yet noted.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) name: String,
    pub(crate) media_type: &'static str,
    pub(crate) object: Object,
    /// The object was put where it is after this.
    pub(crate) since: DateTime<Utc>,
}

/// Takes the field `file` of a multipart body and stores its content.
///
/// # Errors
/// The body is no multipart form, or has no such field; or the file is empty, too large, of a type that is not taken or not the
/// one claimed.
pub(crate) async fn receive(app: &App, mut form: Multipart) -> Result<Received, Error> {
    let mut received = None;
    while let Some(field) = form.try_next().await.map_err(|error| malformed(&error))? {
        if field.name() == Some("file") && received.is_none() {
            received = Some(one(app, field).await?);
        } else {
            return Err(Problem::new(shared::BODY_INVALID)
                .field(
                    "/file",
                    shared::FIELD_INVALID,
                    "Chỉ nhận một tệp trong trường \"file\"",
                    "Exactly one file in the field \"file\" is taken",
                )
                .into());
        }
    }
    received.ok_or_else(|| Problem::new(code::FILE_MISSING).into())
}

async fn one(app: &App, mut field: Field) -> Result<Received, Error> {
    let given = field
        .content_disposition()
        .and_then(|d| d.get_filename())
        .map(str::to_owned);
    let name = given
        .as_deref()
        .and_then(clean_name)
        .ok_or_else(|| Problem::new(code::FILE_NAME))?;
    let declared = field.content_type().map(|m| m.essence_str().to_owned());
    let unique = app.rt.ids.uuid(app.rt.clock.now()).simple().to_string();
    let limit = app.config.files.max_bytes;
    let mut incoming = app.objects.receive(&unique).await?;
    while let Some(piece) = field.try_next().await.map_err(|error| malformed(&error))? {
        if incoming.size().saturating_add(piece.len()) > limit {
            return Err(Problem::new(code::FILE_TOO_LARGE)
                .detail(
                    format!("Tệp không được lớn hơn {} MB", limit / 1_048_576),
                    format!("A file may have at most {} MB", limit / 1_048_576),
                )
                .extra("maxBytes", limit)
                .into());
        }
        incoming.write(&piece).await?;
    }
    if incoming.size() == 0 {
        return Err(Problem::new(code::FILE_EMPTY).into());
    }
    let content = incoming.content().await?;
    let found = sniff(&content)
        .filter(|t| {
            app.config
                .files
                .types
                .iter()
                .any(|allowed| allowed == t.name)
        })
        .ok_or_else(|| {
            Problem::new(code::FILE_TYPE).extra("allowed", app.config.files.types.clone())
        })?;
    if !found.agrees(&name, declared.as_deref()) {
        return Err(Problem::new(code::FILE_MISMATCH)
            .extra("detected", found.media_type)
            .into());
    }
    // Unfolding takes its time: not on the threads that answer.
    tokio::task::spawn_blocking(move || examine(found, &content))
        .await
        .map_err(std::io::Error::other)?
        .map_err(|fault| match fault {
            Fault::Bomb => Problem::new(code::FILE_BOMB),
            Fault::Package => Problem::new(code::FILE_PACKAGE),
            Fault::Lies => Problem::new(code::FILE_MISMATCH),
        })?;
    let since = app.rt.clock.now();
    // Looked at before it is put there: what is refused afterwards leaves its content behind.
    if !removal::settled(app.db.read(), &incoming.sha256(), since).await? {
        return Err(leaving().into());
    }
    let object = app.objects.keep(incoming).await?;
    Ok(Received {
        name,
        media_type: found.media_type,
        object,
        since,
    })
}

/// The same content is being destroyed at this moment: sent again later, it is put there again.
fn leaving() -> Problem {
    Problem::new(shared::UNAVAILABLE).retry_after(60)
}

fn malformed(error: &MultipartError) -> Problem {
    tracing::debug!(%error, "multipart body not read");
    Problem::new(shared::BODY_MALFORMED)
}

/// Notes a received file as this actor's upload.
///
/// # Errors
/// Too many uploads of this account belong to nothing yet; the same content is being destroyed; or the database's.
pub(crate) async fn note(
    app: &App,
    tx: &Tx,
    actor: &Actor,
    received: &Received,
) -> Result<StoredFile, Error> {
    if files::waiting(&**tx, actor.subject).await? >= app.config.files.max_waiting {
        return Err(Problem::new(code::FILE_TOO_MANY)
            .extra("maxWaiting", app.config.files.max_waiting)
            .into());
    }
    if !removal::safe(tx, &received.object.sha256, received.since).await? {
        return Err(leaving().into());
    }
    let now = app.rt.clock.now();
    let file = StoredFile {
        id: FileId(app.rt.ids.uuid(now)),
        uploader: actor.subject,
        name: received.name.clone(),
        media_type: received.media_type.to_owned(),
        size: i64::try_from(received.object.size).map_err(std::io::Error::other)?,
        sha256: received.object.sha256.clone(),
        uploaded_at: now,
        removed_at: None,
    };
    files::insert(tx, &app.rt, &file).await?;
    Ok(file)
}
