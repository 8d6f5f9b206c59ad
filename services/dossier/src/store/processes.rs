//! Process definitions.

use super::corrupt;
use super::entity::process::{Column, Entity};
use crate::domain::Process;
use crate::domain::process::ProcessRef;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _, QueryOrder as _,
};
use std::collections::BTreeMap;

/// The name of the process that fits every procedure.
pub(crate) const DEFAULT: &str = "default";

/// One version of a process.
pub(crate) async fn get(
    db: &impl ConnectionTrait,
    reference: &ProcessRef,
) -> Result<Process, DbErr> {
    let row = Entity::find_by_id((reference.id.clone(), reference.version))
        .one(db)
        .await?
        .ok_or_else(|| {
            corrupt(format!(
                "no process {} v{}",
                reference.id, reference.version
            ))
        })?;
    Process::read(&row.id, row.version, &row.definition).map_err(corrupt)
}

/// The newest version of a process: what a new dossier is put under.
pub(crate) async fn newest(db: &impl ConnectionTrait, id: &str) -> Result<Process, DbErr> {
    let row = Entity::find()
        .filter(Column::Id.eq(id))
        .order_by_desc(Column::Version)
        .one(db)
        .await?
        .ok_or_else(|| corrupt(format!("no process {id}")))?;
    Process::read(&row.id, row.version, &row.definition).map_err(corrupt)
}

/// Every version of every process (a handful), for lists.
pub(crate) async fn all(
    db: &impl ConnectionTrait,
) -> Result<BTreeMap<(String, i64), Process>, DbErr> {
    Entity::find()
        .order_by_asc(Column::Id)
        .all(db)
        .await?
        .into_iter()
        .map(|row| {
            let process = Process::read(&row.id, row.version, &row.definition).map_err(corrupt)?;
            Ok(((row.id, row.version), process))
        })
        .collect()
}
