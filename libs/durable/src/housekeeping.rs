//! Rows that have served: removed by a periodic job. Dead tasks stay until somebody replays or discards them.

use crate::db::Db;
use crate::schema::{Idempotency, Outbox, Task};
use crate::task::{DEAD, DONE, READY};
use chrono::{DateTime, Duration, Utc};
use sea_orm::sea_query::{
    Cond, DeleteStatement, Expr, ExprTrait as _, IntoIden, Query, SimpleExpr,
};
use sea_orm::{ConnectionTrait as _, DbErr};

/// Rows removed in one transaction: those who work meanwhile wait no longer than that takes.
const BATCH: u64 = 1000;
/// A message whose type no handler of this release knows is given up after this: until then a newer replica may come for it.
const UNHANDLED: Duration = Duration::hours(24);

/// Removes what has served; returns how many rows.
pub(crate) async fn clean(db: &Db) -> Result<u64, DbErr> {
    let now = db.now();
    let kept = db.retention();
    let before = |days: u32| now - Duration::days(i64::from(days));
    let sent = Expr::col(Outbox::SentAt).lt(before(kept.sent_days));
    let finished = Expr::col(Task::State)
        .eq(DONE)
        .and(Expr::col(Task::FinishedAt).lt(before(kept.finished_days)));
    let answers = Expr::col(Idempotency::CreatedAt).lt(before(kept.answer_days));
    let mut removed = remove(db, Outbox::Table, [Outbox::Seq], sent).await?;
    removed += remove(db, Task::Table, [Task::Id], finished).await?;
    removed += remove(
        db,
        Idempotency::Table,
        [Idempotency::Actor, Idempotency::Key],
        answers,
    )
    .await?;
    Ok(removed)
}

async fn remove<const N: usize>(
    db: &Db,
    table: impl IntoIden + Copy,
    key: [impl IntoIden + Copy; N],
    old: SimpleExpr,
) -> Result<u64, DbErr> {
    let mut total = 0;
    loop {
        let mut some = Query::select();
        some.columns(key)
            .from(table.into_iden())
            .and_where(old.clone())
            .limit(BATCH);
        let mut delete = Query::delete();
        delete
            .from_table(table.into_iden())
            .and_where(Expr::tuple(key.map(Expr::col)).in_subquery(some));
        let removed = run(db, &delete).await?;
        total += removed;
        if removed < BATCH {
            return Ok(total);
        }
    }
}

/// Gives up received messages of types that nobody here handles, so that a person sees them.
pub(crate) async fn give_up_unhandled(
    db: &Db,
    consumer: &str,
    handled: &[String],
) -> Result<u64, DbErr> {
    let now: DateTime<Utc> = db.now();
    let mut update = Query::update();
    update
        .table(Task::Table)
        .value(Task::State, DEAD)
        .value(Task::FinishedAt, now)
        .value(Task::LastError, "nobody here handles this type")
        .cond_where(
            Cond::all()
                .add(Expr::col(Task::State).eq(READY))
                .add(Expr::col(Task::Consumer).eq(consumer))
                .add(Expr::col(Task::CreatedAt).lt(now - UNHANDLED))
                .add(Expr::col(Task::Kind).is_not_in(handled)),
        );
    let update = &update;
    db.tx(|tx| async move { Ok(tx.execute(update).await?.rows_affected()) })
        .await
}

async fn run(db: &Db, delete: &DeleteStatement) -> Result<u64, DbErr> {
    db.tx(|tx| async move { Ok(tx.execute(delete).await?.rows_affected()) })
        .await
}
