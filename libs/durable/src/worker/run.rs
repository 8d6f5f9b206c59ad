//! The loops of a worker.

use super::held::{Ended, held, span};
use super::{Handler, Periodic, Worker};
use crate::lease;
use crate::outbox::RelayError;
use crate::task::{Done, Row, Task, TaskError, backoff, bury, give_back, jitter, put_back, renew};
use chrono::{DateTime, Utc};
use futures_util::{FutureExt as _, future::join_all};
use sea_orm::DbErr;
use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tracing::Instrument as _;

/// Handlers that run at the same time.
const CONCURRENCY: usize = 8;
/// A periodic job is cut off after this.
const PERIODIC: Duration = Duration::from_mins(10);
/// Longest wait after a database or a bus did not answer: short, as what they come back to is people who wait.
const AWAY: Duration = Duration::from_secs(3);
/// How often the tables are counted.
const METRICS: Duration = Duration::from_secs(15);

/// Waits that double while something is away.
struct Away(u32);

impl Away {
    fn next(&mut self, rt: &kit::Runtime) -> Duration {
        let wait = Duration::from_millis(250 << self.0.min(8)).min(AWAY);
        self.0 += 1;
        jitter(rt, wait)
    }
}

pub(super) async fn relay<A: Send + Sync + 'static>(worker: Arc<Worker<A>>) {
    let stopping = worker.rt.lifecycle.stopping();
    let mut bell = worker.db.outbox_bell();
    let mut away = Away(0);
    while !stopping.is_cancelled() {
        let wait = match worker.relay.round().await {
            Ok(0) => {
                away = Away(0);
                jitter(&worker.rt, worker.db.poll())
            }
            Ok(_) => continue,
            Err(error) => {
                let wait = away.next(&worker.rt);
                log_relay(&error, wait);
                wait
            }
        };
        let patient = away.0 > 0;
        tokio::select! {
            _ = bell.changed(), if !patient => {}
            () = sleep(wait) => {}
            () = stopping.cancelled() => {}
        }
    }
    worker.relay.release().await;
}

fn log_relay(error: &RelayError, wait: Duration) {
    tracing::warn!(%error, cause = ?std::error::Error::source(error).map(ToString::to_string),
        retry_in_ms = wait.as_millis(), "events are not sent at the moment");
}

pub(super) async fn tasks<A: Send + Sync + 'static>(worker: Arc<Worker<A>>) {
    let stopping = worker.rt.lifecycle.stopping();
    let mut bell = worker.db.tasks_bell();
    let mut away = Away(0);
    let claim = worker.claim();
    // Tasks of their own, not futures of this one: a handler that holds the one writer of a file must go on while this loop
    // waits for it to claim more.
    let mut running = JoinSet::new();
    loop {
        let mut wait = jitter(&worker.rt, worker.db.poll());
        let free = CONCURRENCY - running.len();
        // Half at a time: a claim is a write.
        if free >= CONCURRENCY / 2 && !stopping.is_cancelled() {
            match claim
                .take(&worker.db, &worker.rt, free as u64, span(worker.lease))
                .await
            {
                Ok(rows) => {
                    away = Away(0);
                    for row in rows {
                        let worker = Arc::clone(&worker);
                        running.spawn(async move { run_one(&worker, row).await });
                    }
                }
                Err(error) => {
                    wait = away.next(&worker.rt);
                    tracing::warn!(%error, retry_in_ms = wait.as_millis(), "no tasks can be claimed");
                }
            }
        }
        if stopping.is_cancelled() && running.is_empty() {
            break;
        }
        tokio::select! {
            Some(ended) = running.join_next(), if !running.is_empty() => {
                if let Err(error) = ended {
                    tracing::error!(%error, "a task's run broke off; its lease runs out");
                }
            }
            Ok(()) = bell.changed(), if away.0 == 0 && running.len() <= CONCURRENCY / 2 => {}
            () = sleep(wait), if running.len() <= CONCURRENCY / 2 => {}
            () = stopping.cancelled(), if !stopping.is_cancelled() => {}
        }
    }
}

pub(super) async fn periodic<A: Send + Sync + 'static>(worker: Arc<Worker<A>>) {
    let stopping = worker.rt.lifecycle.stopping();
    let mut away = Away(0);
    while !stopping.is_cancelled() {
        let wait = match run_periodic(&worker).await {
            Ok(_) => {
                away = Away(0);
                jitter(&worker.rt, worker.db.poll())
            }
            Err(error) => {
                let wait = away.next(&worker.rt);
                tracing::warn!(%error, retry_in_ms = wait.as_millis(), "periodic jobs do not run");
                wait
            }
        };
        tokio::select! {
            () = sleep(wait) => {}
            () = stopping.cancelled() => {}
        }
    }
}

pub(super) async fn metrics<A: Send + Sync + 'static>(worker: Arc<Worker<A>>) {
    let stopping = worker.rt.lifecycle.stopping();
    let periodic: Vec<String> = worker.periodic.iter().map(|p| p.name.clone()).collect();
    while !stopping.is_cancelled() {
        if let Err(error) = worker.db.compare_clocks().await {
            tracing::debug!(%error, "clocks not compared");
        }
        if let Err(error) = worker.watch.look(&worker.db, &periodic).await {
            tracing::debug!(%error, "tables not counted");
        }
        tokio::select! {
            () = sleep(METRICS) => {}
            () = stopping.cancelled() => {}
        }
    }
}

/// Everything that is due, until nothing is.
pub(super) async fn due<A: Send + Sync + 'static>(worker: &Worker<A>) -> usize {
    let claim = worker.claim();
    let mut ran = 0;
    loop {
        let sent = match worker.relay.round().await {
            Ok(sent) => sent,
            Err(error) => {
                log_relay(&error, Duration::ZERO);
                0
            }
        };
        let rows = match claim
            .take(
                &worker.db,
                &worker.rt,
                CONCURRENCY as u64,
                span(worker.lease),
            )
            .await
        {
            Ok(rows) => rows,
            Err(error) => {
                tracing::error!(%error, "no tasks can be claimed");
                return ran;
            }
        };
        let mut now = rows.len();
        for row in rows {
            run_one(worker, row).await;
        }
        match run_periodic(worker).await {
            Ok(ticks) => now += ticks,
            Err(error) => {
                tracing::error!(%error, "periodic jobs do not run");
                return ran + now;
            }
        }
        ran += now;
        if sent == 0 && now == 0 {
            return ran;
        }
    }
}

/// One attempt at one task. What it leaves behind is in the table.
async fn run_one<A: Send + Sync + 'static>(worker: &Worker<A>, row: Row) {
    let Some(handler) = worker.handler(&row) else {
        return;
    };
    let around = tracing::info_span!("task", task.kind = row.kind, task.id = %row.id, attempt = row.attempts);
    kit::telemetry::continue_from(&around, row.traceparent.as_deref());
    async {
        let noted = match attempt(worker, handler, &row).await {
            Ended::Finished(outcome) => settle(worker, &row, handler.attempts, outcome).await,
            Ended::Lost => {
                tracing::warn!("the lease on a task was lost; whoever has it does the work");
                Ok(())
            }
            Ended::Stopped => {
                tracing::info!("a task is interrupted and given back: the process stops");
                give_back(&worker.db, &row, worker.db.now()).await
            }
        };
        if let Err(error) = noted {
            // The lease runs out and somebody takes it again.
            tracing::warn!(%error, "outcome of a task not noted");
        }
    }
    .instrument(around)
    .await;
}

async fn attempt<A: Send + Sync + 'static>(
    worker: &Worker<A>,
    handler: &Handler<A>,
    row: &Row,
) -> Ended<Result<Done, TaskError>> {
    if row.attempts > handler.attempts {
        // Claimed that often and never put back: it takes the process with it, or hangs.
        return Ended::Finished(Err(TaskError::fatal("the worker was lost at each attempt")));
    }
    let task = Task {
        id: row.id,
        message_id: row.id,
        event: row.clone(),
        aggregate_version: 0,
        subject: String::new(),
        published_at: row.created_at,
        attempt: row.attempts,
        lease_token: row.lease_token,
        clock: worker.rt.clock.clone(),
    };
    held(
        &worker.rt.lifecycle,
        worker.lease,
        || {
            let until = worker.db.now() + span(worker.lease);
            renew(&worker.db, row, until)
        },
        guarded(handler.timeout, || {
            (handler.handle)(Arc::clone(&worker.app), task)
        }),
    )
    .await
}

async fn settle<A: Send + Sync + 'static>(
    worker: &Worker<A>,
    row: &Row,
    attempts: i64,
    outcome: Result<Done, TaskError>,
) -> Result<(), DbErr> {
    let now = worker.db.now();
    match outcome {
        Ok(_) => {
            worker.watch.done(&row.kind);
            Ok(())
        }
        Err(error) if matches!(error, TaskError::Fatal(_)) || row.attempts >= attempts => {
            let reason = error.text();
            tracing::error!(reason, "task given up");
            worker.watch.buried(&row.kind);
            bury(&worker.db, row, now, &reason).await
        }
        Err(error) => {
            let wait = backoff(&worker.rt, row.attempts);
            let reason = error.text();
            tracing::warn!(
                reason,
                retry_in_ms = wait.as_millis(),
                "task failed; tried again"
            );
            worker.watch.retried(&row.kind);
            put_back(&worker.db, row, now + wait, &reason).await
        }
    }
}

/// Periodic jobs that are due, side by side; returns how many ran.
async fn run_periodic<A: Send + Sync + 'static>(worker: &Worker<A>) -> Result<usize, DbErr> {
    let names: Vec<String> = worker.periodic.iter().map(|p| p.name.clone()).collect();
    let now = worker.db.now();
    if lease::known(&worker.db, &names).await? < names.len() {
        lease::prepare(&worker.db, &names, now).await?;
    }
    let due = lease::due(&worker.db, &names, now).await?;
    let runs = worker
        .periodic
        .iter()
        .filter(|periodic| due.contains(&periodic.name))
        .map(|periodic| run_tick(worker, periodic, now));
    let mut ran = 0;
    for outcome in join_all(runs).await {
        ran += usize::from(outcome?);
    }
    Ok(ran)
}

async fn run_tick<A: Send + Sync + 'static>(
    worker: &Worker<A>,
    periodic: &Periodic<A>,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let (db, name) = (&worker.db, &periodic.name);
    let length = span(worker.lease);
    if !lease::begin(db, name, worker.holder, now, length).await? {
        return Ok(false);
    }
    let work = guarded(PERIODIC, || {
        (periodic.tick)(Arc::clone(&worker.app))
            .map(|done| done.map_err(TaskError::from))
            .boxed()
    });
    let renew = || lease::take(db, name, worker.holder, worker.db.now(), length);
    let ended = held(&worker.rt.lifecycle, worker.lease, renew, work)
        .instrument(tracing::info_span!("periodic", task.kind = name))
        .await;
    let outcome = match ended {
        Ended::Finished(outcome) => outcome,
        Ended::Lost => {
            tracing::warn!(name, "the lease on a periodic job was lost");
            return Ok(true);
        }
        Ended::Stopped => {
            // Due as before: another replica does it now.
            lease::release(db, name, worker.holder, worker.db.now()).await?;
            return Ok(true);
        }
    };
    let mut wait = periodic.period;
    if let Err(error) = outcome {
        tracing::warn!(name, error = error.text(), "periodic job failed");
        worker.watch.periodic_failed(name);
        wait = wait.min(Duration::from_mins(1));
    }
    // A period is from beginning to beginning: what comes up while a run looks is looked for by the next.
    lease::end(db, name, worker.holder, worker.db.now(), now + wait).await?;
    Ok(true)
}

/// Runs a handler with a deadline; a panic is a failed attempt, also one while the future is made.
async fn guarded<T>(
    deadline: Duration,
    make: impl FnOnce() -> futures_util::future::BoxFuture<'static, Result<T, TaskError>>,
) -> Result<T, TaskError> {
    let run = AssertUnwindSafe(async move { make().await }).catch_unwind();
    match timeout(deadline, run).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(panic)) => Err(TaskError::retry(anyhow::anyhow!(
            "panicked: {}",
            panic_text(&*panic)
        ))),
        Err(_) => Err(TaskError::retry(anyhow::anyhow!(
            "cut off after {deadline:?}"
        ))),
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a message")
}
