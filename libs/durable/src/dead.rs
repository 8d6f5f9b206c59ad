//! Tasks that were given up: seen, run again, or put away.

use crate::db::Db;
use crate::schema::Task as Col;
use crate::task::{DEAD, DONE, READY};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait as _, Order, Query, UpdateStatement};
use sea_orm::{ConnectionTrait as _, DbErr, FromQueryResult};
use serde::Serialize;
use uuid::Uuid;

/// A task that was given up.
#[derive(Clone, Debug, FromQueryResult, Serialize)]
pub struct DeadTask {
    /// The task.
    pub id: Uuid,
    /// The consumer, or `jobs`.
    pub consumer: String,
    /// The event type, or the job's name.
    pub kind: String,
    /// The message id, or the job's key.
    pub key: String,
    /// How often it was tried.
    pub attempts: i64,
    /// Why it was given up.
    pub last_error: Option<String>,
    /// When it came.
    pub created_at: DateTime<Utc>,
    /// When it was given up.
    pub finished_at: Option<DateTime<Utc>>,
}

/// Tasks that were given up, oldest first, up to `limit`.
///
/// # Errors
/// The database's.
pub async fn dead_tasks(db: &Db, limit: u64) -> Result<Vec<DeadTask>, DbErr> {
    let mut select = Query::select();
    select
        .columns([
            Col::Id,
            Col::Consumer,
            Col::Kind,
            Col::Key,
            Col::Attempts,
            Col::LastError,
            Col::CreatedAt,
            Col::FinishedAt,
        ])
        .from(Col::Table)
        .and_where(Expr::col(Col::State).eq(DEAD))
        .order_by(Col::FinishedAt, Order::Asc)
        .order_by(Col::Id, Order::Asc)
        .limit(limit);
    let rows = db.read().query_all(&select).await?;
    rows.iter()
        .map(|row| DeadTask::from_query_result(row, ""))
        .collect()
}

/// Runs a dead task again, as if it had never been tried. False when there is none with this id.
///
/// # Errors
/// The database's.
pub async fn replay(db: &Db, id: Uuid) -> Result<bool, DbErr> {
    let now = db.runtime().clock.now();
    let mut update = dead_update(id);
    update
        .value(Col::State, READY)
        .value(Col::RunAt, now)
        .value(Col::Attempts, 0)
        .value(Col::FinishedAt, None::<DateTime<Utc>>);
    change(db, &update).await
}

/// Puts a dead task away for good; the row stays for 14 days with its last error. False when there is none with this id.
///
/// # Errors
/// The database's.
pub async fn discard(db: &Db, id: Uuid) -> Result<bool, DbErr> {
    let mut update = dead_update(id);
    update
        .value(Col::State, DONE)
        .value(Col::FinishedAt, db.runtime().clock.now());
    change(db, &update).await
}

fn dead_update(id: Uuid) -> UpdateStatement {
    let mut update = Query::update();
    update
        .table(Col::Table)
        .and_where(Expr::col(Col::Id).eq(id))
        .and_where(Expr::col(Col::State).eq(DEAD));
    update
}

async fn change(db: &Db, update: &UpdateStatement) -> Result<bool, DbErr> {
    db.tx(|tx| async move {
        tx.touch_tasks();
        Ok(tx.execute(update).await?.rows_affected() == 1)
    })
    .await
}
