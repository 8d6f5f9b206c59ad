//! The lines of the source as they came, before anything was cleaned: kept once for each content of a procedure.

use super::entity::{source, version};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _, QuerySelect as _,
    Set,
};
use std::collections::HashSet;
use uuid::Uuid;

/// A line to be kept: of which procedure, the hash of what was read from it, and the line, gzip.
pub(crate) type Line<'a> = (Uuid, &'a str, &'a [u8]);

/// Lines written in one statement.
const CHUNK: usize = 200;

/// Keeps lines. One that is there already stays: the content is the same.
pub(crate) async fn keep(tx: &impl ConnectionTrait, lines: &[Line<'_>]) -> Result<(), DbErr> {
    for chunk in lines.chunks(CHUNK) {
        let rows = chunk.iter().map(|(id, hash, line)| source::ActiveModel {
            procedure_id: Set(*id),
            content_hash: Set((*hash).to_owned()),
            line: Set(line.to_vec()),
        });
        source::Entity::insert_many(rows)
            .on_conflict(
                OnConflict::columns([source::Column::ProcedureId, source::Column::ContentHash])
                    .do_nothing()
                    .to_owned(),
            )
            .exec_without_returning(tx)
            .await?;
    }
    Ok(())
}

/// Of which contents of these procedures the line is kept.
pub(crate) async fn kept(
    db: &impl ConnectionTrait,
    ids: &[Uuid],
) -> Result<HashSet<(Uuid, String)>, DbErr> {
    let rows: Vec<(Uuid, String)> = source::Entity::find()
        .select_only()
        .columns([source::Column::ProcedureId, source::Column::ContentHash])
        .filter(source::Column::ProcedureId.is_in(ids.iter().copied()))
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

/// What is kept of the source of a version.
pub(crate) enum Kept {
    /// There is no such version.
    NoVersion,
    /// Nothing: it was written here, or came before lines were kept.
    Nothing,
    /// The hash of the content, and the line, gzip.
    Line(String, Vec<u8>),
}

/// The line that a version was read from.
pub(crate) async fn of(db: &impl ConnectionTrait, id: Uuid, number: i64) -> Result<Kept, DbErr> {
    let Some(v) = version::Entity::find_by_id((id, number)).one(db).await? else {
        return Ok(Kept::NoVersion);
    };
    let row = source::Entity::find_by_id((id, v.content_hash))
        .one(db)
        .await?;
    Ok(row.map_or(Kept::Nothing, |r| Kept::Line(r.content_hash, r.line)))
}
