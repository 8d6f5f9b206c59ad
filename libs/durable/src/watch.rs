//! What operators see: depth and age of the outbox, tasks that wait or were given up, attempts that failed, periodic jobs that fail or
//! are late.

use crate::db::Db;
use crate::lease;
use crate::schema::{Outbox, Task};
use crate::task::{DEAD, LEASED, READY};
use kit::Runtime;
use kit::metrics::{Counters, Gauges, Labels};
use sea_orm::sea_query::{Expr, ExprTrait as _, Query};
use sea_orm::{ConnectionTrait as _, DbErr};

/// The metrics of one worker.
#[derive(Clone)]
pub(crate) struct Watch {
    service: String,
    outbox: Gauges,
    outbox_age: Gauges,
    refused: Counters,
    clock: Gauges,
    tasks: Gauges,
    task_age: Gauges,
    done: Counters,
    retried: Counters,
    buried: Counters,
    periodic_failed: Counters,
    periodic_late: Gauges,
}

impl Watch {
    pub(crate) fn new(service: &str, rt: &Runtime) -> Self {
        Self {
            service: service.to_owned(),
            outbox: rt
                .metrics
                .gauges("outbox_waiting", "Events that wait to be sent"),
            outbox_age: rt.metrics.gauges(
                "outbox_oldest_seconds",
                "Age of the oldest event that waits, seconds",
            ),
            refused: rt.metrics.counters(
                "outbox_refused",
                "Events that the broker returned or refused; they are sent again",
            ),
            clock: rt.metrics.gauges(
                "clock_off_seconds",
                "How far the database's clock is ahead of this process's, seconds",
            ),
            tasks: rt
                .metrics
                .gauges("tasks", "Tasks that are not done, by state"),
            task_age: rt.metrics.gauges(
                "tasks_oldest_seconds",
                "For how long the oldest task that is due has waited to be run, seconds",
            ),
            done: rt.metrics.counters("tasks_done", "Tasks finished, by kind"),
            retried: rt
                .metrics
                .counters("tasks_retried", "Attempts that failed, by kind"),
            buried: rt.metrics.counters("tasks_dead", "Tasks given up, by kind"),
            periodic_failed: rt.metrics.counters(
                "periodic_failed",
                "Runs of a periodic job that failed, by job",
            ),
            periodic_late: rt.metrics.gauges(
                "periodic_late_seconds",
                "How long a periodic job has been due and not been run, seconds, by job",
            ),
        }
    }

    fn labels(&self, kind: &str) -> Labels {
        Labels {
            service: self.service.clone(),
            kind: kind.to_owned(),
        }
    }

    pub(crate) fn done(&self, kind: &str) {
        self.done.get_or_create(&self.labels(kind)).inc();
    }

    pub(crate) fn refused(&self) {
        self.refused.get_or_create(&self.labels("")).inc();
    }

    pub(crate) fn retried(&self, kind: &str) {
        self.retried.get_or_create(&self.labels(kind)).inc();
    }

    pub(crate) fn buried(&self, kind: &str) {
        self.buried.get_or_create(&self.labels(kind)).inc();
    }

    pub(crate) fn periodic_failed(&self, name: &str) {
        self.periodic_failed.get_or_create(&self.labels(name)).inc();
    }

    /// Counts the tables. `periodic`: the names of this service's periodic jobs.
    pub(crate) async fn look(&self, db: &Db, periodic: &[String]) -> Result<(), DbErr> {
        let now = db.now();
        let off = db.ahead().num_seconds();
        self.clock.get_or_create(&self.labels("")).set(off);
        let mut waiting = Query::select();
        waiting
            .expr_as(Expr::col(Outbox::Seq).count(), "number")
            .expr_as(Expr::col(Outbox::CreatedAt).min(), "oldest")
            .from(Outbox::Table)
            .and_where(Expr::col(Outbox::SentAt).is_null());
        if let Some(row) = db.read().query_one(&waiting).await? {
            let oldest: Option<chrono::DateTime<chrono::Utc>> = row.try_get("", "oldest")?;
            let age = oldest.map_or(0, |oldest| (now - oldest).num_seconds());
            self.outbox
                .get_or_create(&self.labels(""))
                .set(row.try_get("", "number")?);
            self.outbox_age.get_or_create(&self.labels("")).set(age);
        }
        let mut due = Query::select();
        due.expr_as(Expr::col(Task::RunAt).min(), "oldest")
            .from(Task::Table)
            .and_where(Expr::col(Task::FinishedAt).is_null())
            .and_where(Expr::col(Task::RunAt).lte(now));
        if let Some(row) = db.read().query_one(&due).await? {
            let oldest: Option<chrono::DateTime<chrono::Utc>> = row.try_get("", "oldest")?;
            let age = oldest.map_or(0, |oldest| (now - oldest).num_seconds());
            self.task_age.get_or_create(&self.labels("")).set(age);
        }
        // Ready are those for later, too; only what is due is a reason for another replica.
        for (kind, state) in [
            (READY, READY),
            ("due", READY),
            (LEASED, LEASED),
            (DEAD, DEAD),
        ] {
            let mut count = Query::select();
            count
                .expr_as(Expr::col(Task::Id).count(), "number")
                .from(Task::Table)
                .and_where(Expr::col(Task::State).eq(state));
            if kind == "due" {
                count.and_where(Expr::col(Task::RunAt).lte(now));
            }
            if let Some(row) = db.read().query_one(&count).await? {
                self.tasks
                    .get_or_create(&self.labels(kind))
                    .set(row.try_get("", "number")?);
            }
        }
        for (name, late) in lease::late(db, periodic, now).await? {
            self.periodic_late
                .get_or_create(&self.labels(&name))
                .set(late);
        }
        Ok(())
    }
}
