//! The access log (nhật ký truy cập dữ liệu cá nhân): who read whose data, when, and in what operation. Each service that keeps
//! personal data has the table and writes it for every read by somebody other than the owner; the owner reads it.

use crate::db::{Db, Tx};
use chrono::{DateTime, Utc};
use contracts::{Actor, Scope};
use kit::Runtime;
use sea_orm::sea_query::{Expr, ExprTrait as _, Order, Query};
use sea_orm::{ConnectionTrait, DbErr, DeriveIden, FromQueryResult};
use sea_orm_migration::prelude::{Index, SchemaManager, Table};
use sea_orm_migration::schema::{string_len, string_len_null, timestamp_with_time_zone, uuid};
use uuid::Uuid;

#[derive(Clone, Copy, DeriveIden)]
enum AccessLog {
    Table,
    Id,
    SubjectId,
    At,
    ActorId,
    ActorName,
    AgencyCode,
    ClientId,
    What,
    Operation,
}

/// What was read by whom.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Access {
    /// Id of the entry; later ones are greater.
    pub id: Uuid,
    /// When.
    pub at: DateTime<Utc>,
    /// Name of the reader.
    pub actor_name: String,
    /// Agency of an officer.
    pub agency_code: Option<String>,
    /// The system that read, for a machine client.
    pub client_id: Option<String>,
    /// What was shown: `list`, `dossier`, `file` …
    pub what: String,
    /// In what operation of the API: why it was read.
    pub operation: String,
}

/// What is shown of whom.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// `list`, `dossier`, `file` …
    pub what: &'a str,
    /// The operation, as in the API's document.
    pub operation: &'a str,
    /// Ids of the dossiers, shipments or accounts that the answer shows.
    pub subjects: &'a [Uuid],
}

/// Rows of one statement.
const BATCH: usize = 100;

/// Whether reads by this actor are noted: everybody's but the owner's own, who sees nothing but what is his. Who acts for the owner is
/// somebody else.
fn is_noted(reader: &Actor) -> bool {
    reader.mandate.is_some() || !matches!(reader.scope(), Scope::Owner(_) | Scope::Nothing)
}

/// Notes what an answer shows, in the transaction of the caller.
///
/// # Errors
/// The database's.
pub async fn note(tx: &Tx, rt: &Runtime, reader: &Actor, shown: Shown<'_>) -> Result<(), DbErr> {
    if is_noted(reader) {
        write(tx, rt, reader, shown).await
    } else {
        Ok(())
    }
}

/// As [`note`], in a transaction of its own, which nobody opens for an owner.
///
/// # Errors
/// The database's.
pub async fn note_alone(db: &Db, reader: &Actor, shown: Shown<'_>) -> Result<(), DbErr> {
    if !is_noted(reader) || shown.subjects.is_empty() {
        return Ok(());
    }
    db.tx(|tx| async move { write(&tx, db.runtime(), reader, shown).await })
        .await
}

/// As [`note`], for readers without a scope of rows: an administrator of accounts.
///
/// # Errors
/// The database's.
pub async fn write(tx: &Tx, rt: &Runtime, reader: &Actor, shown: Shown<'_>) -> Result<(), DbErr> {
    let now = rt.clock.now();
    let (actor, name) = match &reader.mandate {
        Some(mandate) => (mandate.subject.0, mandate.name.as_str()),
        None => (reader.subject.0, reader.name.as_str()),
    };
    for subjects in shown.subjects.chunks(BATCH) {
        let mut insert = Query::insert();
        insert.into_table(AccessLog::Table).columns([
            AccessLog::Id,
            AccessLog::SubjectId,
            AccessLog::At,
            AccessLog::ActorId,
            AccessLog::ActorName,
            AccessLog::AgencyCode,
            AccessLog::ClientId,
            AccessLog::What,
            AccessLog::Operation,
        ]);
        let client = reader
            .client
            .clone()
            .filter(|_| reader.kind == contracts::ActorKind::Client);
        for subject in subjects {
            insert
                .values([
                    rt.ids.uuid(now).into(),
                    (*subject).into(),
                    now.into(),
                    actor.into(),
                    name.into(),
                    reader.agency.clone().into(),
                    client.clone().into(),
                    shown.what.into(),
                    shown.operation.into(),
                ])
                .map_err(crate::task::built)?;
        }
        tx.execute(&insert).await?;
    }
    Ok(())
}

/// The newest reads of one subject, newest first, at most `limit`, older than `before`.
///
/// # Errors
/// The database's.
pub async fn of(
    db: &impl ConnectionTrait,
    subject: Uuid,
    before: Option<Uuid>,
    limit: u64,
) -> Result<Vec<Access>, DbErr> {
    let mut select = Query::select();
    select
        .columns([
            AccessLog::Id,
            AccessLog::At,
            AccessLog::ActorName,
            AccessLog::AgencyCode,
            AccessLog::ClientId,
            AccessLog::What,
            AccessLog::Operation,
        ])
        .from(AccessLog::Table)
        .and_where(Expr::col(AccessLog::SubjectId).eq(subject))
        .order_by(AccessLog::Id, Order::Desc)
        .limit(limit);
    if let Some(before) = before {
        select.and_where(Expr::col(AccessLog::Id).lt(before));
    }
    let rows = db.query_all(&select).await?;
    rows.iter()
        .map(|row| Access::from_query_result(row, ""))
        .collect()
}

/// Makes the table; for the migration of a service that keeps personal data.
///
/// # Errors
/// The database's.
pub async fn create_table(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(AccessLog::Table)
                .col(uuid(AccessLog::Id).primary_key())
                .col(uuid(AccessLog::SubjectId))
                .col(timestamp_with_time_zone(AccessLog::At))
                .col(uuid(AccessLog::ActorId))
                .col(string_len(AccessLog::ActorName, 200))
                .col(string_len_null(AccessLog::AgencyCode, 50))
                .col(string_len_null(AccessLog::ClientId, 64))
                .col(string_len(AccessLog::What, 20))
                .col(string_len(AccessLog::Operation, 64))
                .to_owned(),
        )
        .await?;
    manager
        .create_index(
            Index::create()
                .name("access_log_subject")
                .table(AccessLog::Table)
                .col(AccessLog::SubjectId)
                .col(AccessLog::Id)
                .to_owned(),
        )
        .await
}
