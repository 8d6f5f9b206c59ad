//! Who read what of whom: written for each read by an officer, shown to the owner.

use super::entity::access_log::{ActiveModel, Column, Entity, Model};
use chrono::{DateTime, Utc};
use contracts::{Actor, DossierId};
use durable::Tx;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, Set,
};
use uuid::Uuid;

/// What was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// The dossier.
    Dossier,
    /// A file of it.
    File,
    /// A statutory form.
    Form,
    /// Its journal.
    Journal,
}

impl What {
    fn as_str(self) -> &'static str {
        match self {
            Self::Dossier => "dossier",
            Self::File => "file",
            Self::Form => "form",
            Self::Journal => "journal",
        }
    }
}

/// Notes a read.
pub(crate) async fn note(
    tx: &Tx,
    id: Uuid,
    at: DateTime<Utc>,
    reader: &Actor,
    dossier: DossierId,
    what: What,
) -> Result<(), DbErr> {
    ActiveModel {
        id: Set(id),
        dossier_id: Set(dossier.0),
        at: Set(at),
        actor_id: Set(reader.subject.0),
        actor_name: Set(reader.name.clone()),
        agency_code: Set(reader.agency.clone()),
        what: Set(what.as_str().to_owned()),
    }
    .insert(&**tx)
    .await
    .map(|_| ())
}

/// The newest reads of one dossier, newest first, at most `limit`, older than `before`.
pub(crate) async fn of(
    db: &impl ConnectionTrait,
    dossier: DossierId,
    before: Option<Uuid>,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    let mut query = Entity::find().filter(Column::DossierId.eq(dossier.0));
    if let Some(before) = before {
        query = query.filter(Column::Id.lt(before));
    }
    query.order_by_desc(Column::Id).limit(limit).all(db).await
}
