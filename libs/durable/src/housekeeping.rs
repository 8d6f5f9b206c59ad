//! Rows that have served: removed by a periodic job. Dead tasks stay until somebody replays or discards them.

use crate::db::Db;
use crate::schema::{Idempotency, Outbox, Task};
use crate::task::DONE;
use chrono::Duration;
use sea_orm::sea_query::{DeleteStatement, Expr, ExprTrait as _, Query};
use sea_orm::{ConnectionTrait as _, DbErr};

/// Sent events are kept for looking at.
const SENT: Duration = Duration::days(7);
/// Finished tasks are kept: their key is what makes a late duplicate harmless.
const FINISHED: Duration = Duration::days(14);
/// Saved answers are kept as long as a client may repeat a request.
const ANSWERS: Duration = Duration::days(7);

pub(crate) async fn clean(db: &Db) -> Result<u64, DbErr> {
    let now = db.runtime().clock.now();
    let mut sent = Query::delete();
    sent.from_table(Outbox::Table)
        .and_where(Expr::col(Outbox::SentAt).lt(now - SENT));
    let mut finished = Query::delete();
    finished
        .from_table(Task::Table)
        .and_where(Expr::col(Task::State).eq(DONE))
        .and_where(Expr::col(Task::FinishedAt).lt(now - FINISHED));
    let mut answers = Query::delete();
    answers
        .from_table(Idempotency::Table)
        .and_where(Expr::col(Idempotency::CreatedAt).lt(now - ANSWERS));
    let mut removed = 0;
    for delete in [sent, finished, answers] {
        removed += run(db, &delete).await?;
    }
    Ok(removed)
}

async fn run(db: &Db, delete: &DeleteStatement) -> Result<u64, DbErr> {
    db.tx(|tx| async move { Ok(tx.execute(delete).await?.rows_affected()) })
        .await
}
