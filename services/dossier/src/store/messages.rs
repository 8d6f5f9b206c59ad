//! What officer and citizen write to each other about a dossier. Sealed, like all that people write freely.

use super::corrupt;
use crate::domain::Attachment;
use crate::domain::retention::{NOBODY, NOTHING, plain_name};
use chrono::{DateTime, Utc};
use contracts::{AccountId, DossierId};
use durable::Tx;
use kit::Runtime;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _,
    IntoActiveModel as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

mod entity {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "dossier_message")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) dossier_id: Uuid,
        /// The journal entry that tells of it.
        pub(crate) seq: i64,
        pub(crate) at: ChronoDateTimeUtc,
        pub(crate) author: Uuid,
        pub(crate) author_name: String,
        pub(crate) by_agency: bool,
        #[sea_orm(column_type = "Text")]
        pub(crate) content: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

use entity::{Column, Entity, Model};

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) id: Uuid,
    pub(crate) dossier: DossierId,
    pub(crate) seq: i64,
    pub(crate) at: DateTime<Utc>,
    pub(crate) author: AccountId,
    pub(crate) author_name: String,
    /// From the agency to the applicant; else the other way.
    pub(crate) by_agency: bool,
    pub(crate) content: Content,
}

/// What it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Content {
    pub(crate) text: String,
    #[serde(default)]
    pub(crate) files: Vec<Attachment>,
}

/// Writes a message.
pub(crate) async fn insert(tx: &Tx, rt: &Runtime, m: &Message) -> Result<(), DbErr> {
    let content = serde_json::to_string(&m.content).map_err(corrupt)?;
    Model {
        id: m.id,
        dossier_id: m.dossier.0,
        seq: m.seq,
        at: m.at,
        author: m.author.0,
        author_name: m.author_name.clone(),
        by_agency: m.by_agency,
        content: rt.sealer.seal(rt.ids, &content),
    }
    .into_active_model()
    .insert(&**tx)
    .await
    .map(|_| ())
}

/// Takes from the messages of a dossier what was said, and who said it where that was the applicant; that there were some stays.
pub(crate) async fn forget(tx: &Tx, rt: &Runtime, dossier: DossierId) -> Result<(), DbErr> {
    let rows = Entity::find()
        .filter(Column::DossierId.eq(dossier.0))
        .all(&**tx)
        .await?;
    for row in rows {
        let opened = rt.sealer.open(&row.content).map_err(corrupt)?;
        let mut content: Content = serde_json::from_str(&opened).map_err(corrupt)?;
        NOTHING.clone_into(&mut content.text);
        for file in &mut content.files {
            file.name = plain_name(&file.name);
        }
        let content = serde_json::to_string(&content).map_err(corrupt)?;
        let author = if row.by_agency {
            row.author_name
        } else {
            NOBODY.to_owned()
        };
        Entity::update_many()
            .col_expr(
                Column::Content,
                Expr::value(rt.sealer.seal(rt.ids, &content)),
            )
            .col_expr(Column::AuthorName, Expr::value(author))
            .filter(Column::Id.eq(row.id))
            .exec(&**tx)
            .await?;
    }
    Ok(())
}

/// How many there are.
pub(crate) async fn count(db: &impl ConnectionTrait, dossier: DossierId) -> Result<u64, DbErr> {
    Entity::find()
        .filter(Column::DossierId.eq(dossier.0))
        .count(db)
        .await
}

/// Messages of a dossier that the caller looked up within its scope, newest first.
pub(crate) async fn of(
    db: &impl ConnectionTrait,
    rt: &Runtime,
    dossier: DossierId,
    before: Option<i64>,
    limit: u64,
) -> Result<Vec<Message>, DbErr> {
    let mut query = Entity::find().filter(Column::DossierId.eq(dossier.0));
    if let Some(before) = before {
        query = query.filter(Column::Seq.lt(before));
    }
    let rows = query
        .order_by_desc(Column::Seq)
        .limit(limit)
        .all(db)
        .await?;
    rows.into_iter()
        .map(|row| {
            let content = rt.sealer.open(&row.content).map_err(corrupt)?;
            Ok(Message {
                id: row.id,
                dossier: DossierId(row.dossier_id),
                seq: row.seq,
                at: row.at,
                author: AccountId(row.author),
                author_name: row.author_name,
                by_agency: row.by_agency,
                content: serde_json::from_str(&content).map_err(corrupt)?,
            })
        })
        .collect()
}
