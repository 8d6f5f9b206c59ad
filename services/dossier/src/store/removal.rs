//! The end of a retention in the tables: files that are taken away, contents that go, names that are made unknowable. Rows stay.

use super::corrupt;
use super::entity::{dossier_file, file};
use super::files::Kind;
use super::retention;
use crate::domain::retention::{Class, plain_name};
use chrono::{DateTime, Duration, Utc};
use contracts::{DossierId, FileId};
use durable::Tx;
use kit::Runtime;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, PaginatorTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, Select,
};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// An object that was removed less than this before the same content came again may have taken it along: longer than a call to the
/// object store lasts, clocks of two machines apart.
const APART: Duration = Duration::minutes(5);

/// What of a dossier's files ends with a class.
pub(super) fn kinds(class: Class) -> Vec<&'static str> {
    let kinds: &[Kind] = match class {
        Class::Paper => &[Kind::Attachment, Kind::Message],
        Class::Result => &[Kind::Proposal, Kind::Result, Kind::Refusal, Kind::Withdrawn],
        Class::Dossier => &[],
    };
    kinds.iter().map(|kind| kind.as_str()).collect()
}

/// A file that was taken away from a dossier.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    pub(crate) id: FileId,
    pub(crate) sha256: String,
    /// Bytes.
    pub(crate) size: i64,
}

/// Takes the files of a class away from a dossier; those that were are not named again.
pub(crate) async fn take_away(
    tx: &Tx,
    dossier: DossierId,
    class: Class,
    now: DateTime<Utc>,
) -> Result<Vec<Taken>, DbErr> {
    let ties = || {
        dossier_file::Entity::find()
            .select_only()
            .column(dossier_file::Column::FileId)
            .filter(dossier_file::Column::RemovedAt.is_null())
    };
    let ids: Vec<Uuid> = ties()
        .filter(dossier_file::Column::DossierId.eq(dossier.0))
        .filter(dossier_file::Column::Kind.is_in(kinds(class)))
        .into_tuple()
        .all(&**tx)
        .await?;
    // Held first, in one order: whoever attaches one of them to something else comes before or after all of this.
    let rows = file::Entity::find()
        .filter(file::Column::Id.is_in(ids.iter().copied()))
        .order_by_asc(file::Column::Id)
        .lock_exclusive()
        .all(&**tx)
        .await?;
    dossier_file::Entity::update_many()
        .col_expr(dossier_file::Column::RemovedAt, Expr::value(now))
        .filter(dossier_file::Column::DossierId.eq(dossier.0))
        .filter(dossier_file::Column::FileId.is_in(ids.iter().copied()))
        .exec(&**tx)
        .await?;
    let elsewhere: Vec<Uuid> = ties()
        .filter(dossier_file::Column::FileId.is_in(ids.iter().copied()))
        .into_tuple()
        .all(&**tx)
        .await?;
    let elsewhere: BTreeSet<Uuid> = elsewhere.into_iter().collect();
    let gone = ids.iter().copied().filter(|id| !elsewhere.contains(id));
    file::Entity::update_many()
        .col_expr(file::Column::RemovedAt, Expr::value(now))
        .filter(file::Column::Id.is_in(gone))
        .filter(file::Column::RemovedAt.is_null())
        .exec(&**tx)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| Taken {
            id: FileId(row.id),
            sha256: row.sha256,
            size: row.size,
        })
        .collect())
}

/// Which files of a dossier were taken away, and when.
pub(crate) async fn removed(
    db: &impl ConnectionTrait,
    dossiers: &[Uuid],
) -> Result<BTreeMap<(Uuid, FileId), DateTime<Utc>>, DbErr> {
    let rows = dossier_file::Entity::find()
        .filter(dossier_file::Column::DossierId.is_in(dossiers.iter().copied()))
        .filter(dossier_file::Column::RemovedAt.is_not_null())
        .all(db)
        .await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| Some(((row.dossier_id, FileId(row.file_id)), row.removed_at?)))
        .collect())
}

/// Whether the object of a content has to go: no file has it any more, and it is not gone yet.
pub(crate) async fn pending(db: &impl ConnectionTrait, sha256: &str) -> Result<bool, DbErr> {
    let there = file::Entity::find()
        .filter(file::Column::Sha256.eq(sha256))
        .filter(file::Column::RemovedAt.is_null())
        .count(db)
        .await?;
    let waiting = file::Entity::find()
        .filter(file::Column::Sha256.eq(sha256))
        .filter(file::Column::RemovedAt.is_not_null())
        .filter(file::Column::GoneAt.is_null())
        .count(db)
        .await?;
    Ok(there == 0 && waiting > 0)
}

/// Notes that the object of a content is gone.
pub(crate) async fn gone(tx: &Tx, sha256: &str, now: DateTime<Utc>) -> Result<(), DbErr> {
    file::Entity::update_many()
        .col_expr(file::Column::GoneAt, Expr::value(now))
        .filter(file::Column::Sha256.eq(sha256))
        .filter(file::Column::RemovedAt.is_not_null())
        .exec(&**tx)
        .await
        .map(|_| ())
}

/// Whether an object that was put in its place after `since` stays there, so that a file may be noted that has this content. A file
/// that has it already is held until the transaction ends: as long as one is there, nobody removes the object.
pub(crate) async fn safe(tx: &Tx, sha256: &str, since: DateTime<Utc>) -> Result<bool, DbErr> {
    let held: Option<Uuid> = there(sha256).lock_shared().into_tuple().one(&**tx).await?;
    Ok(held.is_some() || settled(&**tx, sha256, since).await?)
}

/// The same as far as can be said without holding anything.
pub(crate) async fn settled(
    db: &impl ConnectionTrait,
    sha256: &str,
    since: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let found: Option<Uuid> = there(sha256).into_tuple().one(db).await?;
    if found.is_some() {
        return Ok(true);
    }
    let removed: Vec<Option<DateTime<Utc>>> = file::Entity::find()
        .select_only()
        .column(file::Column::GoneAt)
        .distinct()
        .filter(file::Column::Sha256.eq(sha256))
        .filter(file::Column::RemovedAt.is_not_null())
        .into_tuple()
        .all(db)
        .await?;
    Ok(removed
        .into_iter()
        .all(|gone| gone.is_some_and(|at| at + APART < since)))
}

/// A file that has this content and is still there.
fn there(sha256: &str) -> Select<file::Entity> {
    file::Entity::find()
        .select_only()
        .column(file::Column::Id)
        .filter(file::Column::Sha256.eq(sha256))
        .filter(file::Column::RemovedAt.is_null())
        .limit(1)
}

/// Makes the names of a dossier's files tell of nobody, but of those that another dossier has, too, whose persons are still known.
pub(crate) async fn forget_names(tx: &Tx, rt: &Runtime, dossier: DossierId) -> Result<(), DbErr> {
    let ties: Vec<Uuid> = dossier_file::Entity::find()
        .select_only()
        .column(dossier_file::Column::FileId)
        .filter(dossier_file::Column::DossierId.eq(dossier.0))
        .into_tuple()
        .all(&**tx)
        .await?;
    for id in ties {
        let others: Vec<Uuid> = dossier_file::Entity::find()
            .select_only()
            .column(dossier_file::Column::DossierId)
            .filter(dossier_file::Column::FileId.eq(id))
            .filter(dossier_file::Column::DossierId.ne(dossier.0))
            .into_tuple()
            .all(&**tx)
            .await?;
        let forgotten = retention::pseudonymised(&**tx, &others).await?;
        if others.iter().any(|other| !forgotten.contains(other)) {
            continue;
        }
        let Some(row) = file::Entity::find_by_id(id).one(&**tx).await? else {
            continue;
        };
        let name = plain_name(&rt.sealer.open(&row.name).map_err(corrupt)?);
        file::Entity::update_many()
            .col_expr(
                file::Column::Name,
                Expr::value(rt.sealer.seal(rt.ids, &name)),
            )
            .filter(file::Column::Id.eq(id))
            .exec(&**tx)
            .await?;
    }
    Ok(())
}
