//! Receiving a file: into the object store while it comes in, then looked at, then noted.

use super::App;
use super::sniff::{Fault, FileType, clean_name, examine, sniff};
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
pub(crate) async fn receive(app: &App, form: Multipart) -> Result<Received, Error> {
    only(form, async |field| one(app, field).await).await
}

/// Takes the one field `file` of a form that has no other.
async fn only<T>(
    mut form: Multipart,
    mut take: impl AsyncFnMut(Field) -> Result<T, Error>,
) -> Result<T, Error> {
    let mut taken = None;
    while let Some(field) = form.try_next().await.map_err(|error| malformed(&error))? {
        if field.name() == Some("file") && taken.is_none() {
            taken = Some(take(field).await?);
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
    taken.ok_or_else(|| Problem::new(code::FILE_MISSING).into())
}

/// What a field says of its file: the name, and the media type if it claims one.
fn said(field: &Field) -> Result<(String, Option<String>), Problem> {
    let name = field
        .content_disposition()
        .and_then(|d| d.get_filename())
        .and_then(clean_name)
        .ok_or_else(|| Problem::new(code::FILE_NAME))?;
    let declared = field.content_type().map(|m| m.essence_str().to_owned());
    Ok((name, declared))
}

/// What the content is, if that is taken and agrees with what was said.
fn known(
    content: &[u8],
    name: &str,
    declared: Option<&str>,
    types: &[String],
) -> Result<FileType, Problem> {
    if content.is_empty() {
        return Err(Problem::new(code::FILE_EMPTY));
    }
    let found = sniff(content)
        .filter(|t| types.iter().any(|allowed| allowed == t.name))
        .ok_or_else(|| Problem::new(code::FILE_TYPE).extra("allowed", types.to_vec()))?;
    if !found.agrees(name, declared) {
        return Err(Problem::new(code::FILE_MISMATCH).extra("detected", found.media_type));
    }
    Ok(found)
}

fn faulty(fault: Fault) -> Problem {
    match fault {
        Fault::Bomb => Problem::new(code::FILE_BOMB),
        Fault::Package => Problem::new(code::FILE_PACKAGE),
        Fault::Lies => Problem::new(code::FILE_MISMATCH),
    }
}

async fn one(app: &App, mut field: Field) -> Result<Received, Error> {
    let (name, declared) = said(&field)?;
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
    let content = incoming.content().await?;
    let types = &app.config.files.types;
    let found = known(&content, &name, declared.as_deref(), types)?;
    // Unfolding takes its time: not on the threads that answer.
    tokio::task::spawn_blocking(move || examine(found, &content))
        .await
        .map_err(std::io::Error::other)?
        .map_err(faulty)?;
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

/// A multipart form as [`receive`] takes it, with memory in place of the store: for the fuzz targets. Whatever is wrong with it is the
/// sender's fault, and what is taken has a name that may be sent in a header.
pub(crate) async fn fuzz(form: Multipart) {
    let types = ["pdf", "png", "jpg", "docx", "xlsx", "doc", "xls"].map(str::to_owned);
    let taken = only(form, async |mut field| {
        let (name, declared) = said(&field)?;
        let mut content = Vec::new();
        while let Some(piece) = field.try_next().await.map_err(|error| malformed(&error))? {
            content.extend_from_slice(&piece);
        }
        let found = known(&content, &name, declared.as_deref(), &types)?;
        examine(found, &content).map_err(faulty)?;
        Ok((name, found))
    })
    .await;
    match taken {
        Ok((name, found)) => {
            assert!(
                !name.contains(['/', '\\', '\r', '\n', '\0']) && found.agrees(&name, None),
                "{name:?} is taken as {found:?}"
            );
        }
        Err(error) => {
            let status = Problem::from(error).code().status;
            assert!((400..500).contains(&status), "{status}");
        }
    }
}
