//! One table for what was received and for our own jobs; what a handler is given, and how it says that it is done.

use crate::db::{Db, Tx, TxError};
use crate::schema::Task as Col;
use crate::unread::{self, Unread};
use chrono::{DateTime, Utc};
use contracts::CloudEvent;
use kit::{Clock, Runtime};
use sea_orm::sea_query::{
    Cond, Expr, ExprTrait as _, LockBehavior, LockType, OnConflict, Order, Query, UpdateStatement,
};
use sea_orm::{ConnectionTrait as _, DbErr, FromQueryResult};
use serde::Serialize;
use std::cmp::Reverse;
use std::time::Duration;
use uuid::Uuid;

/// Waits to be claimed, or to be claimed again.
pub(crate) const READY: &str = "ready";
/// Somebody works on it until `lease_until`.
pub(crate) const LEASED: &str = "leased";
/// Finished.
pub(crate) const DONE: &str = "done";
/// Given up; kept for people to look at.
pub(crate) const DEAD: &str = "dead";
/// The consumer of a service's own jobs. A database belongs to one service.
pub(crate) const JOBS: &str = "jobs";
/// Longest error text that is kept, characters.
const ERROR_LENGTH: usize = 1000;
/// Longest wait between two attempts.
const LONGEST_WAIT: Duration = Duration::from_mins(15);

/// One received event or one job of ours, as a handler sees it.
#[derive(Clone, Debug)]
pub struct Task<E> {
    /// The task's id: the same at each attempt, so it serves as idempotency key towards the outside.
    pub id: Uuid,
    /// The message's id; for a job the task's.
    pub message_id: Uuid,
    /// The event, or the job's payload.
    pub event: E,
    /// Version of the aggregate after the event; 0 for a job. Skip what is older than what you hold.
    pub aggregate_version: i64,
    /// The aggregate's id; empty for a job.
    pub subject: String,
    /// When the event was published, or the job enqueued.
    pub published_at: DateTime<Utc>,
    /// Which attempt this is, from 1.
    pub attempt: i64,
    pub(crate) lease_token: Uuid,
    pub(crate) clock: Clock,
}

/// Proof that a task was finished. Only [`Task::finish`] gives one.
#[derive(Debug)]
pub struct Done(());

impl<E> Task<E> {
    /// Marks the task done, in the transaction of its work.
    ///
    /// # Errors
    /// `DbErr::RecordNotUpdated` when the lease was lost to another worker: roll back, the other one does it. Or the database's.
    pub async fn finish(&self, tx: &Tx) -> Result<Done, DbErr> {
        let now = self.clock.now();
        let mut update = leased_update(self.id, self.lease_token);
        update
            .value(Col::State, DONE)
            .value(Col::FinishedAt, now)
            .value(Col::LeaseUntil, None::<DateTime<Utc>>)
            .value(Col::LeaseToken, None::<Uuid>)
            .value(Col::LastError, None::<String>);
        if tx.execute(&update).await?.rows_affected() == 1 {
            Ok(Done(()))
        } else {
            Err(DbErr::RecordNotUpdated)
        }
    }

    /// Finishes a task that asks for no work, e.g. an event older than what is held.
    ///
    /// # Errors
    /// As [`Task::finish`].
    pub async fn skip(&self, db: &Db) -> Result<Done, DbErr> {
        db.tx(|tx| async move { self.finish(&tx).await }).await
    }

    /// Same task, other content.
    pub(crate) fn with<T>(&self, event: T) -> Task<T> {
        Task {
            id: self.id,
            message_id: self.message_id,
            event,
            aggregate_version: self.aggregate_version,
            subject: self.subject.clone(),
            published_at: self.published_at,
            attempt: self.attempt,
            lease_token: self.lease_token,
            clock: self.clock.clone(),
        }
    }
}

/// Why a handler did not finish.
#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    /// May pass: run again later, with growing waits, until the attempts are used up.
    #[error(transparent)]
    Retry(anyhow::Error),
    /// The database's; run again later.
    #[error(transparent)]
    Db(#[from] DbErr),
    /// Will not pass: give up at once, keep it for people.
    #[error("{0}")]
    Fatal(String),
}

impl TaskError {
    /// May pass.
    pub fn retry(error: impl Into<anyhow::Error>) -> Self {
        Self::Retry(error.into())
    }

    /// Will not pass. The reason is shown to operators: no personal data.
    pub fn fatal(reason: impl Into<String>) -> Self {
        Self::Fatal(reason.into())
    }

    pub(crate) fn text(&self) -> String {
        match self {
            Self::Retry(error) => format!("{error:#}"),
            Self::Db(error) => error.to_string(),
            Self::Fatal(reason) => reason.clone(),
        }
    }
}

impl From<anyhow::Error> for TaskError {
    fn from(error: anyhow::Error) -> Self {
        Self::Retry(error)
    }
}

impl TxError for TaskError {
    fn db_err(&self) -> Option<&DbErr> {
        match self {
            Self::Db(error) => Some(error),
            Self::Retry(error) => error.downcast_ref(),
            Self::Fatal(_) => None,
        }
    }
}

/// A job of our own, to be enqueued in the transaction that wants it.
#[derive(Debug)]
pub struct Job {
    kind: String,
    payload: serde_json::Result<String>,
    key: Option<String>,
    at: Option<DateTime<Utc>>,
    priority: i64,
}

impl Job {
    /// A job of a kind that the service's worker knows.
    pub fn new(kind: impl Into<String>, payload: &impl Serialize) -> Self {
        Self {
            kind: kind.into(),
            payload: serde_json::to_string(payload),
            key: None,
            at: None,
            priority: 0,
        }
    }

    /// At most one job of this kind with this key, also after it is done (finished jobs are kept 14 days).
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Not before.
    #[must_use]
    pub fn at(mut self, at: DateTime<Utc>) -> Self {
        self.at = Some(at);
        self
    }

    /// Higher goes first; 0 where nothing is said, which is also what received events have.
    #[must_use]
    pub fn priority(mut self, priority: i64) -> Self {
        self.priority = priority;
        self
    }
}

/// Enqueues a job in the caller's transaction. `false`: there is one with this key already, nothing was done.
///
/// # Errors
/// The database's; or when the payload cannot be written as JSON.
pub async fn enqueue(tx: &Tx, rt: &Runtime, job: Job) -> Result<bool, DbErr> {
    let now = tx.now(rt);
    let id = rt.ids.uuid(now);
    let payload = job
        .payload
        .map_err(|error| DbErr::Json(error.to_string()))?;
    let new = NewTask {
        id,
        consumer: JOBS,
        kind: &job.kind,
        key: &job.key.unwrap_or_else(|| id.to_string()),
        payload: &payload,
        traceparent: kit::telemetry::current_traceparent(),
        priority: job.priority,
        run_at: job.at.unwrap_or(now),
        created_at: now,
        dead: None,
    };
    new.insert(tx).await
}

/// Stores received messages for a consumer; returns how many of them were new. Only then may they be acknowledged.
///
/// A message that says something else under the id of an earlier one is kept beside it as a dead task: whoever sent it, nobody
/// should take it for a repetition.
///
/// # Errors
/// The database's; nothing is stored then.
pub async fn receive(db: &Db, consumer: &str, messages: &[CloudEvent]) -> Result<usize, DbErr> {
    let rt = db.runtime();
    db.tx(|tx| async move {
        let now = tx.now(rt);
        let mut stored = 0;
        for message in messages {
            let payload =
                serde_json::to_string(message).map_err(|error| DbErr::Json(error.to_string()))?;
            let new = NewTask {
                id: rt.ids.uuid(now),
                consumer,
                kind: &message.event_type,
                key: &message.id.to_string(),
                payload: &payload,
                traceparent: message.traceparent.clone(),
                priority: 0,
                run_at: now,
                created_at: now,
                dead: None,
            };
            if new.insert(&tx).await? {
                stored += 1;
            } else if unread::contradicts(&tx, consumer, message).await? {
                let unread = Unread::new(
                    &message.event_type,
                    payload.as_bytes(),
                    "another message has come with this id before",
                );
                unread.keep_in(&tx, rt, consumer).await?;
            }
        }
        Ok(stored)
    })
    .await
}

pub(crate) struct NewTask<'a> {
    pub(crate) id: Uuid,
    pub(crate) consumer: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) key: &'a str,
    pub(crate) payload: &'a str,
    pub(crate) traceparent: Option<String>,
    pub(crate) priority: i64,
    pub(crate) run_at: DateTime<Utc>,
    pub(crate) created_at: DateTime<Utc>,
    /// Why it is given up before it was tried.
    pub(crate) dead: Option<&'a str>,
}

impl NewTask<'_> {
    pub(crate) async fn insert(self, tx: &Tx) -> Result<bool, DbErr> {
        let state = if self.dead.is_some() { DEAD } else { READY };
        let mut insert = Query::insert();
        insert
            .into_table(Col::Table)
            .columns([
                Col::Id,
                Col::Consumer,
                Col::Kind,
                Col::Key,
                Col::Payload,
                Col::Traceparent,
                Col::Priority,
                Col::RunAt,
                Col::State,
                Col::CreatedAt,
                Col::LastError,
                Col::FinishedAt,
            ])
            .values([
                self.id.into(),
                self.consumer.into(),
                self.kind.into(),
                self.key.into(),
                self.payload.into(),
                self.traceparent.into(),
                self.priority.into(),
                self.run_at.into(),
                state.into(),
                self.created_at.into(),
                self.dead.map(shortened).into(),
                self.dead.map(|_| self.created_at).into(),
            ])
            .map_err(built)?
            .on_conflict(
                OnConflict::columns([Col::Consumer, Col::Kind, Col::Key])
                    .do_nothing()
                    .to_owned(),
            );
        let inserted = tx.execute(&insert).await?.rows_affected() == 1;
        if inserted {
            tx.touch_tasks();
        }
        Ok(inserted)
    }
}

/// A claimed row.
#[derive(Clone, Debug, FromQueryResult)]
pub(crate) struct Row {
    pub(crate) id: Uuid,
    pub(crate) consumer: String,
    pub(crate) kind: String,
    pub(crate) payload: String,
    pub(crate) traceparent: Option<String>,
    pub(crate) priority: i64,
    pub(crate) attempts: i64,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) lease_token: Uuid,
}

const ROW: [Col; 9] = [
    Col::Id,
    Col::Consumer,
    Col::Kind,
    Col::Payload,
    Col::Traceparent,
    Col::Priority,
    Col::Attempts,
    Col::CreatedAt,
    Col::LeaseToken,
];

/// What a worker may claim.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    pub(crate) consumer: String,
    pub(crate) events: Vec<String>,
    pub(crate) jobs: Vec<String>,
}

impl Claim {
    fn due(&self, now: DateTime<Utc>) -> Cond {
        let of = |consumer: &str, kinds: &[String]| {
            Expr::col(Col::Consumer)
                .eq(consumer)
                .and(Expr::col(Col::Kind).is_in(kinds))
        };
        Cond::all()
            .add(Expr::col(Col::FinishedAt).is_null())
            // A lease that ran out looks like any other row that is due: claiming sets run_at to the end of the lease.
            .add(Expr::col(Col::RunAt).lte(now))
            .add(of(&self.consumer, &self.events).or(of(JOBS, &self.jobs)))
    }

    /// Takes up to `limit` due tasks for `lease`. One statement; rows that another claims at the moment are left out.
    pub(crate) async fn take(
        &self,
        db: &Db,
        rt: &Runtime,
        limit: u64,
        lease: chrono::Duration,
    ) -> Result<Vec<Row>, DbErr> {
        let now = db.now();
        let mut look = Query::select();
        look.column(Col::Id)
            .from(Col::Table)
            .cond_where(self.due(now))
            .limit(1);
        // Spares a file its write lock once a second.
        if db.read().query_one(&look).await?.is_none() {
            return Ok(Vec::new());
        }
        let mut pick = Query::select();
        pick.column(Col::Id)
            .from(Col::Table)
            .cond_where(self.due(now))
            .order_by(Col::Priority, Order::Desc)
            .order_by(Col::RunAt, Order::Asc)
            .order_by(Col::Id, Order::Asc)
            .limit(limit)
            .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
        let token = rt.ids.uuid(now);
        let until = now + lease;
        let mut update = Query::update();
        update
            .table(Col::Table)
            .value(Col::State, LEASED)
            .value(Col::LeaseUntil, until)
            .value(Col::RunAt, until)
            .value(Col::LeaseToken, token)
            .value(Col::Attempts, Expr::col(Col::Attempts).add(1))
            .and_where(Expr::col(Col::Id).in_subquery(pick))
            .returning(Query::returning().columns(ROW));
        let update = &update;
        let rows = db
            .tx(|tx| async move { tx.query_all(update).await })
            .await?;
        let mut rows = rows
            .iter()
            .map(|row| Row::from_query_result(row, ""))
            .collect::<Result<Vec<_>, _>>()?;
        rows.sort_by_key(|row| (Reverse(row.priority), row.id));
        Ok(rows)
    }
}

/// Holds a task longer; false when the lease is lost, or the task finished.
pub(crate) async fn renew(db: &Db, row: &Row, until: DateTime<Utc>) -> Result<bool, DbErr> {
    let mut update = leased_update(row.id, row.lease_token);
    update
        .value(Col::LeaseUntil, until)
        .value(Col::RunAt, until);
    let update = &update;
    db.tx(|tx| async move { Ok(tx.execute(update).await?.rows_affected() == 1) })
        .await
}

/// Gives a task back that was interrupted: another worker takes it at once, and the attempt does not count. Without effect when
/// the lease is lost.
pub(crate) async fn give_back(db: &Db, row: &Row, now: DateTime<Utc>) -> Result<(), DbErr> {
    let mut update = leased_update(row.id, row.lease_token);
    update
        .value(Col::State, READY)
        .value(Col::RunAt, now)
        .value(Col::Attempts, Expr::col(Col::Attempts).sub(1))
        .value(Col::LeaseUntil, None::<DateTime<Utc>>)
        .value(Col::LeaseToken, None::<Uuid>);
    run(db, &update).await
}

/// Puts a task back for a later attempt. Without effect when the lease is lost.
pub(crate) async fn put_back(
    db: &Db,
    row: &Row,
    run_at: DateTime<Utc>,
    error: &str,
) -> Result<(), DbErr> {
    let mut update = leased_update(row.id, row.lease_token);
    update
        .value(Col::State, READY)
        .value(Col::RunAt, run_at)
        .value(Col::LeaseUntil, None::<DateTime<Utc>>)
        .value(Col::LeaseToken, None::<Uuid>)
        .value(Col::LastError, shortened(error));
    run(db, &update).await
}

/// Gives a task up. Without effect when the lease is lost.
pub(crate) async fn bury(
    db: &Db,
    row: &Row,
    now: DateTime<Utc>,
    reason: &str,
) -> Result<(), DbErr> {
    let mut update = leased_update(row.id, row.lease_token);
    update
        .value(Col::State, DEAD)
        .value(Col::FinishedAt, now)
        .value(Col::LeaseUntil, None::<DateTime<Utc>>)
        .value(Col::LeaseToken, None::<Uuid>)
        .value(Col::LastError, shortened(reason));
    run(db, &update).await
}

async fn run(db: &Db, update: &UpdateStatement) -> Result<(), DbErr> {
    db.tx(|tx| async move { tx.execute(update).await.map(|_| ()) })
        .await
}

/// An update of one task that the caller holds.
fn leased_update(id: Uuid, token: Uuid) -> UpdateStatement {
    let mut update = Query::update();
    update
        .table(Col::Table)
        .and_where(Expr::col(Col::Id).eq(id))
        .and_where(Expr::col(Col::LeaseToken).eq(token))
        .and_where(Expr::col(Col::State).eq(LEASED));
    update
}

/// Wait before attempt `attempt + 1`: 1 s, 3 s, 9 s … 15 min, each ± 20 %.
pub(crate) fn backoff(rt: &Runtime, attempt: i64) -> Duration {
    let exponent = u32::try_from(attempt.saturating_sub(1).clamp(0, 10)).unwrap_or(0);
    let wait = Duration::from_secs(3_u64.pow(exponent)).min(LONGEST_WAIT);
    jitter(rt, wait)
}

/// `wait` ± 20 %, so that those who failed together do not come back together.
pub(crate) fn jitter(rt: &Runtime, wait: Duration) -> Duration {
    let [byte] = rt.ids.bytes::<1>();
    let millis = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
    let spread = millis.saturating_mul(2) / 5;
    Duration::from_millis((millis - millis / 5) + spread.saturating_mul(u64::from(byte)) / 255)
}

/// Keeps an error text to a length.
pub(crate) fn shortened(text: &str) -> String {
    text.chars().take(ERROR_LENGTH).collect()
}

/// A statement that the builder refused: a mistake of ours, not of the caller.
pub(crate) fn built(error: sea_orm::sea_query::error::Error) -> DbErr {
    DbErr::Custom(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn waits_grow_to_a_quarter_of_an_hour_and_never_agree() {
        let rt = testkit::runtime();
        for (attempt, seconds) in [
            (1, 1),
            (2, 3),
            (3, 9),
            (6, 243),
            (7, 729),
            (8, 900),
            (60, 900),
        ] {
            let waits: Vec<Duration> = (0..200).map(|_| backoff(&rt, attempt)).collect();
            let (least, most) = (
                Duration::from_millis(seconds * 800),
                Duration::from_millis(seconds * 1200),
            );
            assert!(
                waits.iter().all(|wait| (least..=most).contains(wait)),
                "attempt {attempt}: {waits:?}"
            );
            let middle = Duration::from_secs(seconds);
            assert!(
                waits.iter().any(|wait| *wait < middle) && waits.iter().any(|wait| *wait > middle),
                "attempt {attempt} does not spread"
            );
        }
    }
}
