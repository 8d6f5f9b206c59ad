//! What people do with tasks that did not come to their end: see them, run them again, put them away. Each such act is an entry
//! in a table that the database lets nobody change.

mod http;
mod mask;

pub use http::{ALL, configure, name};

use crate::db::{Db, Tx};
use crate::schema::{Operation, Task as Col};
use crate::task::{DEAD, DONE, LEASED, READY, built};
use chrono::{DateTime, Utc};
use contracts::Actor;
use sea_orm::sea_query::{Cond, Expr, ExprTrait as _, Order, Query, UpdateStatement};
use sea_orm::{ConnectionTrait as _, DbErr, FromQueryResult};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A task that is not done, as a list shows it.
#[derive(Clone, Debug, FromQueryResult, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeadTask {
    /// The task.
    pub id: Uuid,
    /// The service that received it, or `jobs` for the service's own work.
    #[schema(example = "notifications")]
    pub consumer: String,
    /// The event type, or the job's name.
    #[schema(example = "dossier.dossier-changed.v1")]
    pub kind: String,
    /// The message id, or the job's key; `sha256:…` of the bytes for a message that could not be read.
    pub key: String,
    /// `ready` (waits), `leased` (somebody works on it) or `dead` (given up).
    #[schema(example = "dead")]
    pub state: String,
    /// How often it was tried.
    #[schema(example = 12)]
    pub attempts: i64,
    /// Why the last attempt failed, or why it was given up. What looks like a phone number or an address of mail is masked.
    pub last_error: Option<String>,
    /// When it came.
    pub created_at: DateTime<Utc>,
    /// When it is tried next; of one that somebody works on, when the lease ends.
    pub run_at: DateTime<Utc>,
    /// When it was given up.
    pub finished_at: Option<DateTime<Utc>>,
}

/// Which tasks a list shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum TaskState {
    /// Given up.
    #[default]
    Dead,
    /// Waiting to be run, or to be run again.
    Ready,
    /// Being worked on.
    Leased,
}

impl TaskState {
    fn stored(self) -> &'static str {
        match self {
            Self::Dead => DEAD,
            Self::Ready => READY,
            Self::Leased => LEASED,
        }
    }
}

/// A part of the list, in the order in which tasks came.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// State.
    pub state: TaskState,
    /// Only of this kind.
    pub kind: Option<String>,
    /// Only after this one.
    pub after: Option<(DateTime<Utc>, Uuid)>,
}

/// One task with all that is known of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TaskDetail {
    /// What the list shows.
    #[serde(flatten)]
    pub task: DeadTask,
    /// The message or the job's arguments. Ids, codes, instants and states are shown; every other text is `***`, as it may be
    /// about a person.
    #[schema(value_type = Object)]
    pub payload: serde_json::Value,
    /// What people did with it, oldest first.
    pub journal: Vec<JournalEntry>,
}

/// One entry of the journal of operations.
#[derive(Clone, Debug, FromQueryResult, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct JournalEntry {
    /// When.
    pub at: DateTime<Utc>,
    /// `replay` or `discard`.
    #[schema(example = "replay")]
    pub action: String,
    /// The account; none for the command line.
    pub account: Option<Uuid>,
    /// The name at that time.
    #[schema(example = "Quản trị tỉnh")]
    pub name: String,
    /// Why, in the words of who did it.
    #[schema(example = "Máy chủ thư đã hoạt động lại")]
    pub reason: String,
    /// The error that the task had.
    pub last_error: Option<String>,
}

/// Who does something, and why.
#[derive(Clone, Debug)]
pub struct By {
    /// The account; none for the command line.
    pub account: Option<Uuid>,
    /// The name.
    pub name: String,
    /// Why.
    pub reason: String,
}

impl By {
    /// A signed-in person.
    pub fn actor(actor: &Actor, reason: &str) -> Self {
        Self {
            account: Some(actor.subject.0),
            name: actor.name.clone(),
            reason: reason.to_owned(),
        }
    }

    /// Somebody at the command line of the server.
    pub fn command_line(name: &str, reason: &str) -> Self {
        Self {
            account: None,
            name: name.to_owned(),
            reason: reason.to_owned(),
        }
    }
}

/// Tasks that were given up, oldest first, up to `limit`.
///
/// # Errors
/// The database's.
pub async fn dead_tasks(db: &Db, limit: u64) -> Result<Vec<DeadTask>, DbErr> {
    tasks(db, &Filter::default(), limit).await
}

/// Tasks in one state, in the order in which they came, up to `limit`.
///
/// # Errors
/// The database's.
pub async fn tasks(db: &Db, filter: &Filter, limit: u64) -> Result<Vec<DeadTask>, DbErr> {
    let mut select = summary();
    select
        .and_where(Expr::col(Col::State).eq(filter.state.stored()))
        .order_by(Col::CreatedAt, Order::Asc)
        .order_by(Col::Id, Order::Asc)
        .limit(limit);
    if let Some(kind) = &filter.kind {
        select.and_where(Expr::col(Col::Kind).eq(kind));
    }
    if let Some((at, id)) = filter.after {
        select.cond_where(
            Cond::any().add(Expr::col(Col::CreatedAt).gt(at)).add(
                Expr::col(Col::CreatedAt)
                    .eq(at)
                    .and(Expr::col(Col::Id).gt(id)),
            ),
        );
    }
    let rows = db.read().query_all(&select).await?;
    rows.iter().map(shown).collect()
}

/// One task with its masked payload and its journal.
///
/// # Errors
/// The database's.
pub async fn task(db: &Db, id: Uuid) -> Result<Option<TaskDetail>, DbErr> {
    let mut select = summary();
    select
        .column(Col::Payload)
        .and_where(Expr::col(Col::Id).eq(id))
        .and_where(Expr::col(Col::State).ne(DONE));
    let Some(row) = db.read().query_one(&select).await? else {
        return Ok(None);
    };
    let payload: String = row.try_get("", "payload")?;
    Ok(Some(TaskDetail {
        task: shown(&row)?,
        payload: mask::payload(&payload),
        journal: journal(db, id).await?,
    }))
}

/// What people did with a task, oldest first; also after it is done and gone.
///
/// # Errors
/// The database's.
pub async fn journal(db: &Db, task: Uuid) -> Result<Vec<JournalEntry>, DbErr> {
    let mut select = Query::select();
    select
        .columns([
            Operation::At,
            Operation::Action,
            Operation::Account,
            Operation::Name,
            Operation::Reason,
            Operation::LastError,
        ])
        .from(Operation::Table)
        .and_where(Expr::col(Operation::TaskId).eq(task))
        .order_by(Operation::Id, Order::Asc);
    let rows = db.read().query_all(&select).await?;
    rows.iter()
        .map(|row| {
            let mut entry = JournalEntry::from_query_result(row, "")?;
            entry.last_error = entry.last_error.as_deref().map(mask::text);
            Ok(entry)
        })
        .collect()
}

/// Runs a dead task again, as if it had never been tried. False when there is none with this id.
///
/// # Errors
/// The database's.
pub async fn replay(db: &Db, id: Uuid, by: &By) -> Result<bool, DbErr> {
    let now = db.now();
    let mut update = dead_update(id);
    update
        .value(Col::State, READY)
        .value(Col::RunAt, now)
        .value(Col::Attempts, 0)
        .value(Col::FinishedAt, None::<DateTime<Utc>>);
    change(db, id, "replay", by, &update).await
}

/// Puts a dead task away for good; the row stays as long as other finished ones. False when there is none with this id.
///
/// # Errors
/// The database's.
pub async fn discard(db: &Db, id: Uuid, by: &By) -> Result<bool, DbErr> {
    let mut update = dead_update(id);
    update
        .value(Col::State, DONE)
        .value(Col::FinishedAt, db.runtime().clock.now());
    change(db, id, "discard", by, &update).await
}

fn summary() -> sea_orm::sea_query::SelectStatement {
    let mut select = Query::select();
    select
        .columns([
            Col::Id,
            Col::Consumer,
            Col::Kind,
            Col::Key,
            Col::State,
            Col::Attempts,
            Col::LastError,
            Col::CreatedAt,
            Col::RunAt,
            Col::FinishedAt,
        ])
        .from(Col::Table);
    select
}

fn shown(row: &sea_orm::QueryResult) -> Result<DeadTask, DbErr> {
    let mut task = DeadTask::from_query_result(row, "")?;
    task.last_error = task.last_error.as_deref().map(mask::text);
    Ok(task)
}

fn dead_update(id: Uuid) -> UpdateStatement {
    let mut update = Query::update();
    update
        .table(Col::Table)
        .and_where(Expr::col(Col::Id).eq(id))
        .and_where(Expr::col(Col::State).eq(DEAD));
    update
}

async fn change(
    db: &Db,
    id: Uuid,
    action: &str,
    by: &By,
    update: &UpdateStatement,
) -> Result<bool, DbErr> {
    db.tx(|tx| async move {
        let mut select = Query::select();
        select
            .columns([Col::Kind, Col::LastError])
            .from(Col::Table)
            .and_where(Expr::col(Col::Id).eq(id))
            .and_where(Expr::col(Col::State).eq(DEAD));
        let Some(row) = tx.query_one(&select).await? else {
            return Ok(false);
        };
        // Of two people at the same time one finds nothing to do, and writes no entry.
        if tx.execute(update).await?.rows_affected() != 1 {
            return Ok(false);
        }
        tx.touch_tasks();
        enter(db, &tx, id, action, by, &row).await?;
        Ok(true)
    })
    .await
}

async fn enter(
    db: &Db,
    tx: &Tx,
    id: Uuid,
    action: &str,
    by: &By,
    row: &sea_orm::QueryResult,
) -> Result<(), DbErr> {
    let rt = db.runtime();
    let now = rt.clock.now();
    let kind: String = row.try_get("", "kind")?;
    let last_error: Option<String> = row.try_get("", "last_error")?;
    tracing::info!(task.id = %id, task.kind = kind, action, by = by.name, "a person acted on a task");
    let mut insert = Query::insert();
    insert
        .into_table(Operation::Table)
        .columns([
            Operation::Id,
            Operation::TaskId,
            Operation::Kind,
            Operation::Action,
            Operation::Account,
            Operation::Name,
            Operation::Reason,
            Operation::LastError,
            Operation::At,
        ])
        .values([
            rt.ids.uuid(now).into(),
            id.into(),
            kind.into(),
            action.into(),
            by.account.into(),
            by.name.as_str().into(),
            by.reason.as_str().into(),
            last_error.into(),
            now.into(),
        ])
        .map_err(built)?;
    tx.execute(&insert).await.map(|_| ())
}
