//! Inbox items.

use super::entity::notice::{Column, Entity, Model};
use super::entity::{dossier, reading};
use crate::domain::plan::Recipient;
use chrono::{DateTime, Utc};
use contracts::AccountId;
use durable::Tx;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, Select,
};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Whose inbox: the keys of the recipients one reads for, and who reads.
#[derive(Clone, Debug)]
pub struct Reader {
    /// The account.
    pub account: AccountId,
    /// Keys of `recipient`: the own account, and the roles held at the agency.
    pub recipients: Vec<String>,
    /// Whether what desks were told of dossiers that are of restricted access now is shown, too.
    pub restricted: bool,
}

/// What a list may be narrowed to.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only what this reader has not read.
    pub unread: bool,
    /// Only about this dossier.
    pub dossier: Option<Uuid>,
    /// Only older than this (keyset).
    pub before: Option<(DateTime<Utc>, Uuid)>,
}

/// Empties what was said of a dossier: that something was said, when and to whom, stays.
pub async fn forget(tx: &Tx, dossier: Uuid) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::Body, Expr::value(""))
        .filter(Column::DossierId.eq(dossier))
        .exec(&**tx)
        .await
        .map(|_| ())
}

fn visible(reader: &Reader) -> Select<Entity> {
    let all = Entity::find().filter(Column::Recipient.is_in(&reader.recipients));
    if reader.restricted {
        return all;
    }
    let restricted = Query::select()
        .expr(Expr::val(1))
        .from(dossier::Entity)
        .and_where(
            Expr::col((dossier::Entity, dossier::Column::Id)).equals((Entity, Column::DossierId)),
        )
        .and_where(Expr::col((dossier::Entity, dossier::Column::Restricted)).eq(true))
        .to_owned();
    // What a person was told is the person's.
    let own = Recipient::Account(reader.account).key();
    all.filter(
        Condition::any()
            .add(Column::Recipient.eq(own))
            .add(Expr::exists(restricted).not()),
    )
}

fn unread(reader: &Reader) -> Condition {
    let read = Query::select()
        .expr(Expr::val(1))
        .from(reading::Entity)
        .and_where(
            Expr::col((reading::Entity, reading::Column::NoticeId)).equals((Entity, Column::Id)),
        )
        .and_where(Expr::col((reading::Entity, reading::Column::Account)).eq(reader.account.0))
        .to_owned();
    Condition::all().add(Expr::exists(read).not())
}

/// A page of items, newest event first.
pub async fn list(
    reader: &Reader,
    db: &impl ConnectionTrait,
    filter: &Filter,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    let mut query = visible(reader);
    if filter.unread {
        query = query.filter(unread(reader));
    }
    if let Some(dossier) = filter.dossier {
        query = query.filter(Column::DossierId.eq(dossier));
    }
    if let Some((at, id)) = filter.before {
        query = query.filter(
            Column::At
                .lt(at)
                .or(Column::At.eq(at).and(Column::Id.lt(id))),
        );
    }
    query
        .order_by_desc(Column::At)
        .order_by_desc(Column::Id)
        .limit(limit)
        .all(db)
        .await
}

/// How many items the reader has not read.
pub async fn unread_count(reader: &Reader, db: &impl ConnectionTrait) -> Result<u64, DbErr> {
    visible(reader).filter(unread(reader)).count(db).await
}

/// One item, if the reader may see it.
pub async fn one(
    reader: &Reader,
    db: &impl ConnectionTrait,
    id: Uuid,
) -> Result<Option<Model>, DbErr> {
    visible(reader).filter(Column::Id.eq(id)).one(db).await
}

/// Which of these items the reader has read.
pub async fn read_of(
    reader: &Reader,
    db: &impl ConnectionTrait,
    ids: &[Uuid],
) -> Result<BTreeSet<Uuid>, DbErr> {
    if ids.is_empty() {
        return Ok(BTreeSet::new());
    }
    let rows: Vec<Uuid> = reading::Entity::find()
        .select_only()
        .column(reading::Column::NoticeId)
        .filter(reading::Column::Account.eq(reader.account.0))
        .filter(reading::Column::NoticeId.is_in(ids.iter().copied()))
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

/// Notes that the reader has read an item. Repeating it changes nothing.
pub async fn mark_read(
    reader: &Reader,
    tx: &Tx,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let row = reading::Model {
        notice_id: id,
        account: reader.account.0,
        at: now,
    };
    reading::Entity::insert(row.into_active_model())
        .on_conflict(
            OnConflict::columns([reading::Column::NoticeId, reading::Column::Account])
                .do_nothing()
                .to_owned(),
        )
        .exec_without_returning(&**tx)
        .await
        .map(|_| ())
}

/// Inserts an item; false when this event has told this recipient already.
pub async fn insert(tx: &Tx, row: Model) -> Result<bool, DbErr> {
    let rows = Entity::insert(row.into_active_model())
        .on_conflict(
            OnConflict::columns([Column::EventId, Column::Recipient])
                .do_nothing()
                .to_owned(),
        )
        .exec_without_returning(&**tx)
        .await?;
    Ok(rows == 1)
}
