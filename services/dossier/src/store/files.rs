//! References to stored files. The bytes lie in the object store under their hash.

use super::corrupt;
use super::dossiers::within;
use super::entity::{dossier, dossier_file, file};
use crate::error::code;
use chrono::{DateTime, Utc};
use contracts::problem::Code;
use contracts::{AccountId, Actor, DossierId, FileId, Scope};
use durable::Tx;
use kit::Runtime;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _,
    IntoActiveModel as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    Set,
};
use uuid::Uuid;

/// A stored file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredFile {
    pub(crate) id: FileId,
    pub(crate) uploader: AccountId,
    pub(crate) name: String,
    pub(crate) media_type: String,
    /// Bytes.
    pub(crate) size: i64,
    pub(crate) sha256: String,
    pub(crate) uploaded_at: DateTime<Utc>,
    /// When its retention ended, for whoever asks: the row stays, the content does not.
    pub(crate) removed_at: Option<DateTime<Utc>>,
}

impl StoredFile {
    /// The file, if something may still be made of it.
    ///
    /// # Errors
    /// Why not.
    pub(crate) fn usable(self) -> Result<Self, Code> {
        match self.removed_at {
            None => Ok(self),
            Some(_) => Err(code::FILE_REMOVED),
        }
    }
}

/// What a file is to a dossier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A paper of the applicant.
    Attachment,
    /// A result that is proposed; not the applicant's to see.
    Proposal,
    /// The approved result.
    Result,
    /// An approved refusal: to be read, not to be filed again.
    Refusal,
    /// A result that the agency took back to correct it.
    Withdrawn,
    /// Sent with a message.
    Message,
}

impl Kind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Attachment => "attachment",
            Self::Proposal => "proposal",
            Self::Result => "result",
            Self::Refusal => "refusal",
            Self::Withdrawn => "withdrawn",
            Self::Message => "message",
        }
    }
}

/// Notes an uploaded file.
pub(crate) async fn insert(tx: &Tx, rt: &Runtime, f: &StoredFile) -> Result<(), DbErr> {
    file::Model {
        id: f.id.0,
        uploader: f.uploader.0,
        name: rt.sealer.seal(rt.ids, &f.name),
        media_type: f.media_type.clone(),
        size: f.size,
        sha256: f.sha256.clone(),
        uploaded_at: f.uploaded_at,
        attached_at: None,
        removed_at: None,
        gone_at: None,
    }
    .into_active_model()
    .insert(&**tx)
    .await
    .map(|_| ())
}

/// Those of the files that this person uploaded and still has: what belongs to a dossier that the person sees no more is not there. In no
/// promised order; held until the transaction ends, so that none is cleaned away before it is attached.
pub(crate) async fn own(
    tx: &Tx,
    rt: &Runtime,
    uploader: &Actor,
    ids: &[FileId],
) -> Result<Vec<StoredFile>, DbErr> {
    let mut rows = file::Entity::find()
        .filter(file::Column::Uploader.eq(uploader.subject.0))
        .filter(file::Column::Id.is_in(ids.iter().map(|id| id.0)))
        .order_by_asc(file::Column::Id)
        .lock_exclusive()
        .all(&**tx)
        .await?;
    let ties = dossier_file::Entity::find()
        .filter(dossier_file::Column::FileId.is_in(rows.iter().map(|row| row.id)))
        .all(&**tx)
        .await?;
    if !ties.is_empty() {
        let seen: Vec<Uuid> = dossier::Entity::find()
            .select_only()
            .column(dossier::Column::Id)
            .filter(dossier::Column::Id.is_in(ties.iter().map(|tie| tie.dossier_id)))
            .filter(within(&uploader.scope()))
            .into_tuple()
            .all(&**tx)
            .await?;
        rows.retain(|row| {
            let mut of_row = ties.iter().filter(|tie| tie.file_id == row.id).peekable();
            of_row.peek().is_none() || of_row.any(|tie| seen.contains(&tie.dossier_id))
        });
    }
    rows.into_iter().map(|row| stored(rt, row)).collect()
}

/// Those of the files that are results of finished dossiers of this owner, each with its dossier: what may be filed again instead of
/// being asked for again.
pub(crate) async fn results(
    tx: &Tx,
    rt: &Runtime,
    owner: AccountId,
    ids: &[FileId],
) -> Result<Vec<(StoredFile, DossierId)>, DbErr> {
    // Held before it is looked whether they are still there, so that none is removed before it is attached.
    let rows = file::Entity::find()
        .filter(file::Column::Id.is_in(ids.iter().map(|id| id.0)))
        .order_by_asc(file::Column::Id)
        .lock_shared()
        .all(&**tx)
        .await?;
    let ties = dossier_file::Entity::find()
        .filter(dossier_file::Column::FileId.is_in(rows.iter().map(|row| row.id)))
        .filter(dossier_file::Column::Kind.eq(Kind::Result.as_str()))
        .order_by_asc(dossier_file::Column::DossierId)
        .all(&**tx)
        .await?;
    let mut out = Vec::new();
    for tie in ties {
        let owned = dossier::Entity::find_by_id(tie.dossier_id)
            .filter(within(&Scope::Owner(owner)))
            .one(&**tx)
            .await?;
        if owned.is_some()
            && let Some(row) = rows.iter().find(|row| row.id == tie.file_id)
        {
            let mut found = stored(rt, row.clone())?;
            found.removed_at = found.removed_at.or(tie.removed_at);
            out.push((found, DossierId(tie.dossier_id)));
        }
    }
    Ok(out)
}

/// How many uploads of this account are attached to nothing.
pub(crate) async fn waiting(db: &impl ConnectionTrait, uploader: AccountId) -> Result<u64, DbErr> {
    file::Entity::find()
        .filter(file::Column::Uploader.eq(uploader.0))
        .filter(file::Column::AttachedAt.is_null())
        .count(db)
        .await
}

/// Forgets uploads from before `until` that were never attached, at most `limit`; gives the hashes of their contents.
pub(crate) async fn forget_waiting(
    tx: &Tx,
    until: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<String>, DbErr> {
    let rows: Vec<(uuid::Uuid, String)> = file::Entity::find()
        .select_only()
        .column(file::Column::Id)
        .column(file::Column::Sha256)
        .filter(file::Column::AttachedAt.is_null())
        .filter(file::Column::UploadedAt.lt(until))
        .order_by_asc(file::Column::UploadedAt)
        .limit(limit)
        .lock_exclusive()
        .into_tuple()
        .all(&**tx)
        .await?;
    file::Entity::delete_many()
        .filter(file::Column::Id.is_in(rows.iter().map(|(id, _)| *id)))
        .filter(file::Column::AttachedAt.is_null())
        .exec(&**tx)
        .await?;
    Ok(rows.into_iter().map(|(_, hash)| hash).collect())
}

/// Whether any file still needs the object of this content: to be read, or to be removed by the task that destroys it. Nobody else
/// touches it until then.
pub(crate) async fn has_content(db: &impl ConnectionTrait, sha256: &str) -> Result<bool, DbErr> {
    let found: Option<uuid::Uuid> = file::Entity::find()
        .select_only()
        .column(file::Column::Id)
        .filter(file::Column::Sha256.eq(sha256))
        .filter(file::Column::GoneAt.is_null())
        .limit(1)
        .into_tuple()
        .one(db)
        .await?;
    Ok(found.is_some())
}

/// Ties a file to a dossier, or says anew what it is to it: whoever may read the dossier may read it.
pub(crate) async fn attach(
    tx: &Tx,
    dossier: DossierId,
    file: FileId,
    kind: Kind,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    file::Entity::update_many()
        .col_expr(file::Column::AttachedAt, Expr::value(now))
        .filter(file::Column::Id.eq(file.0))
        .filter(file::Column::AttachedAt.is_null())
        .exec(&**tx)
        .await?;
    let row = dossier_file::ActiveModel {
        file_id: Set(file.0),
        dossier_id: Set(dossier.0),
        kind: Set(kind.as_str().to_owned()),
        removed_at: Set(None),
    };
    dossier_file::Entity::insert(row)
        .on_conflict(
            OnConflict::columns([
                dossier_file::Column::FileId,
                dossier_file::Column::DossierId,
            ])
            // Attached anew it is there again.
            .update_columns([dossier_file::Column::Kind, dossier_file::Column::RemovedAt])
            .to_owned(),
        )
        .exec_without_returning(&**tx)
        .await
        .map(|_| ())
}

/// A file that this account may read: its own upload that belongs to nothing yet, or one of a dossier within the scope. An owner sees a
/// result only once it is approved. Gives the dossier through which it was found, one that still has it before one that has it no more.
pub(crate) async fn readable(
    db: &impl ConnectionTrait,
    rt: &Runtime,
    scope: &Scope,
    reader: AccountId,
    id: FileId,
) -> Result<Option<(StoredFile, Option<DossierId>)>, DbErr> {
    let Some(row) = file::Entity::find_by_id(id.0).one(db).await? else {
        return Ok(None);
    };
    let found = stored(rt, row)?;
    let ties = dossier_file::Entity::find()
        .filter(dossier_file::Column::FileId.eq(id.0))
        .order_by_asc(dossier_file::Column::DossierId)
        .all(db)
        .await?;
    // Once it belongs to a dossier it is that dossier's: an officer who scanned it and works elsewhere now has it no more.
    if ties.is_empty() {
        return Ok((found.uploader == reader).then_some((found, None)));
    }
    let mut removed = None;
    for tie in ties {
        if tie.kind == Kind::Proposal.as_str() && matches!(scope, Scope::Owner(_)) {
            continue;
        }
        let through = dossier::Entity::find_by_id(tie.dossier_id)
            .filter(within(scope))
            .one(db)
            .await?;
        if through.is_some() {
            let dossier = Some(DossierId(tie.dossier_id));
            match tie.removed_at {
                None => return Ok(Some((found, dossier))),
                Some(at) => removed = Some((at, dossier)),
            }
        }
    }
    Ok(removed.map(|(at, dossier)| {
        let removed_at = found.removed_at.or(Some(at));
        (
            StoredFile {
                removed_at,
                ..found
            },
            dossier,
        )
    }))
}

/// People put names into names of files: they rest sealed.
fn stored(rt: &Runtime, row: file::Model) -> Result<StoredFile, DbErr> {
    Ok(StoredFile {
        id: FileId(row.id),
        uploader: AccountId(row.uploader),
        name: rt.sealer.open(&row.name).map_err(corrupt)?,
        media_type: row.media_type,
        size: row.size,
        sha256: row.sha256,
        uploaded_at: row.uploaded_at,
        removed_at: row.removed_at,
    })
}
