//! The worker of a service: sends its events, receives what it listens to, runs handlers, jobs and periodic jobs.

pub(crate) mod held;
mod run;

use crate::bus::Bus;
use crate::db::Db;
use crate::outbox::Relay;
use crate::task::{Claim, Done, Row, Task, TaskError};
use crate::watch::Watch;
use crate::{housekeeping, rabbit};
use contracts::events::CONSUMERS;
use contracts::{CloudEvent, Event};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use kit::Runtime;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use uuid::Uuid;

/// Attempts before a task is given up, where nothing else is said.
const ATTEMPTS: i64 = 12;
/// How long one attempt may take, where nothing else is said.
const TIMEOUT: Duration = Duration::from_mins(1);
/// How long a claim holds without a sign of life; a third of it is the heartbeat. What a killed process had claimed is taken up
/// by another after this.
const LEASE: Duration = Duration::from_secs(5);
/// How often finished rows are removed.
const HOUSEKEEPING: Duration = Duration::from_hours(1);

type Handle<A> =
    Arc<dyn Fn(Arc<A>, Task<Row>) -> BoxFuture<'static, Result<Done, TaskError>> + Send + Sync>;
type Tick<A> = Arc<dyn Fn(Arc<A>) -> BoxFuture<'static, anyhow::Result<()>> + Send + Sync>;

struct Handler<A> {
    handle: Handle<A>,
    attempts: i64,
    timeout: Duration,
}

impl<A> Handler<A> {
    fn new(handle: Handle<A>) -> Self {
        Self {
            handle,
            attempts: ATTEMPTS,
            timeout: TIMEOUT,
        }
    }
}

struct Periodic<A> {
    name: String,
    period: Duration,
    tick: Tick<A>,
}

/// The worker of a service. `A` is the service's own state, given to each handler.
pub struct Worker<A> {
    consumer: String,
    db: Db,
    bus: Bus,
    rt: Runtime,
    app: Arc<A>,
    relay: Relay,
    watch: Watch,
    holder: Uuid,
    lease: Duration,
    /// The keys of `events`, for the housekeeping.
    handled: Arc<Mutex<Vec<String>>>,
    events: BTreeMap<String, Handler<A>>,
    jobs: BTreeMap<String, Handler<A>>,
    periodic: Vec<Periodic<A>>,
}

impl<A: Send + Sync + 'static> Worker<A> {
    /// A worker that knows no handlers yet. `consumer` is the service's name: of its queue, and of its rows. Every service with an
    /// outbox needs one worker, as the worker sends, too.
    pub fn new(consumer: &str, db: &Db, bus: &Bus, rt: &Runtime, app: Arc<A>) -> Self {
        let house = db.clone();
        let name = consumer.to_owned();
        let handled = Arc::<Mutex<Vec<String>>>::default();
        let known = Arc::clone(&handled);
        let watch = Watch::new(consumer, rt);
        Self {
            consumer: consumer.to_owned(),
            db: db.clone(),
            bus: bus.clone(),
            rt: rt.clone(),
            app,
            relay: Relay::new(db.clone(), rt.clone(), bus.clone(), watch.clone()),
            watch,
            holder: rt.ids.uuid(rt.clock.now()),
            lease: LEASE,
            handled,
            events: BTreeMap::new(),
            jobs: BTreeMap::new(),
            periodic: Vec::new(),
        }
        .every("durable-housekeeping", HOUSEKEEPING, move |_| {
            let (db, name) = (house.clone(), name.clone());
            let known = known.lock().unwrap_or_else(PoisonError::into_inner).clone();
            async move {
                let removed = housekeeping::clean(&db).await?;
                let unhandled = housekeeping::give_up_unhandled(&db, &name, &known).await?;
                tracing::debug!(removed, unhandled, "finished rows removed");
                Ok(())
            }
        })
    }

    /// Handles an event. Delivery is at least once and in no order: finish in the transaction of the work, skip what is older than
    /// what is held.
    #[must_use]
    pub fn on<E, H, F>(mut self, handler: H) -> Self
    where
        E: Event,
        H: Fn(Arc<A>, Task<E>) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Done, TaskError>> + Send + 'static,
    {
        let sealer = self.rt.sealer.clone();
        let handle: Handle<A> = Arc::new(move |app, raw| match event_of::<E>(&raw, &sealer) {
            Ok(task) => handler(app, task).boxed(),
            Err(error) => std::future::ready(Err(error)).boxed(),
        });
        self.handled
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(E::TYPE.to_owned());
        self.events.insert(E::TYPE.to_owned(), Handler::new(handle));
        self
    }

    /// Runs jobs of a kind. A kind that is no longer enqueued stays registered until its rows are gone.
    #[must_use]
    pub fn job<P, H, F>(mut self, kind: &str, handler: H) -> Self
    where
        P: DeserializeOwned + Send + 'static,
        H: Fn(Arc<A>, Task<P>) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Done, TaskError>> + Send + 'static,
    {
        let handle: Handle<A> =
            Arc::new(
                move |app, raw| match serde_json::from_str::<P>(&raw.event.payload) {
                    Ok(payload) => handler(app, raw.with(payload)).boxed(),
                    Err(error) => {
                        let error = TaskError::fatal(format!("payload not understood: {error}"));
                        std::future::ready(Err(error)).boxed()
                    }
                },
            );
        self.jobs.insert(kind.to_owned(), Handler::new(handle));
        self
    }

    /// Runs something again and again, on one replica at a time: at once after the first start, then a period after each end.
    /// For "make the world match the table". A failure is logged and tried again after a minute, or the period if that is shorter.
    #[must_use]
    pub fn every<H, F>(mut self, name: &str, period: Duration, tick: H) -> Self
    where
        H: Fn(Arc<A>) -> F + Send + Sync + 'static,
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        self.periodic.push(Periodic {
            name: format!("every:{name}"),
            period,
            tick: Arc::new(move |app| tick(app).boxed()),
        });
        self
    }

    /// Another number of attempts than twelve, for an event type or a kind of job that is registered already.
    #[must_use]
    pub fn attempts(mut self, kind: &str, attempts: i64) -> Self {
        for handler in self.handlers(kind) {
            handler.attempts = attempts.max(1);
        }
        self
    }

    /// Another limit than a minute on one attempt, for an event type or a kind of job that is registered already. Work may take
    /// longer than the lease: it is renewed as long as the handler runs.
    #[must_use]
    pub fn timeout(mut self, kind: &str, timeout: Duration) -> Self {
        for handler in self.handlers(kind) {
            handler.timeout = timeout;
        }
        self
    }

    /// Another lease than five seconds on what is claimed; renewed when a third of it has passed.
    #[must_use]
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease.max(Duration::from_millis(30));
        self
    }

    fn handlers(&mut self, kind: &str) -> impl Iterator<Item = &mut Handler<A>> {
        [self.events.get_mut(kind), self.jobs.get_mut(kind)]
            .into_iter()
            .flatten()
    }

    /// Says so when the list that publishers make queues from is not what is handled here.
    fn check_subscriptions(&self) {
        let listed = CONSUMERS.iter().find(|(name, _)| *name == self.consumer);
        let Some((_, types)) = listed else { return };
        let mut types: Vec<&str> = types.to_vec();
        types.sort_unstable();
        if !types
            .iter()
            .copied()
            .eq(self.events.keys().map(String::as_str))
        {
            tracing::error!(
                consumer = self.consumer,
                "contracts::events::CONSUMERS is not in step"
            );
        }
    }

    /// Starts everything on the runtime's lifecycle: relay, receiver, tasks, periodic jobs, metrics. Stops with it: nothing
    /// new is begun, running handlers end, leases are given back.
    pub fn spawn(self) {
        self.check_subscriptions();
        self.listen();
        let lifecycle = self.rt.lifecycle.clone();
        let worker = Arc::new(self);
        if let Bus::Rabbit(rabbit) = &worker.bus
            && !worker.events.is_empty()
        {
            let receiver = rabbit::Receiver::new(
                rabbit.clone(),
                worker.db.clone(),
                worker.rt.clone(),
                worker.consumer.clone(),
                worker.events.keys().cloned().collect(),
            );
            lifecycle.spawn("durable-receive", receiver.run());
        }
        lifecycle.spawn("durable-relay", run::relay(Arc::clone(&worker)));
        lifecycle.spawn("durable-tasks", run::tasks(Arc::clone(&worker)));
        lifecycle.spawn("durable-periodic", run::periodic(Arc::clone(&worker)));
        lifecycle.spawn("durable-metrics", run::metrics(worker));
    }

    /// Runs everything that is due now, one after the other, until nothing is: events are sent, tasks and periodic jobs run. Returns
    /// how many tasks and periodic jobs ran, failed ones too. For tests, instead of [`Worker::spawn`]; a `RabbitMQ` queue is not read.
    ///
    /// A database error is logged and ends it.
    pub async fn run_due(&self) -> usize {
        self.listen();
        run::due(self).await
    }

    fn listen(&self) {
        if let Bus::InProcess(local) = &self.bus {
            let types: Vec<String> = self.events.keys().cloned().collect();
            local.listen(&self.consumer, &types, &self.db);
        }
    }

    fn claim(&self) -> Claim {
        Claim {
            consumer: self.consumer.clone(),
            events: self.events.keys().cloned().collect(),
            jobs: self.jobs.keys().cloned().collect(),
        }
    }

    fn handler(&self, row: &Row) -> Option<&Handler<A>> {
        if row.consumer == self.consumer {
            self.events.get(&row.kind)
        } else {
            self.jobs.get(&row.kind)
        }
    }
}

/// A worker of whatever service, for [`drain`].
pub trait Drain: Sync {
    /// See [`Worker::run_due`].
    fn run_due(&self) -> BoxFuture<'_, usize>;
    /// Makes it known to an in-process bus.
    fn listen(&self);
}

impl<A: Send + Sync + 'static> Drain for Worker<A> {
    fn run_due(&self) -> BoxFuture<'_, usize> {
        Worker::run_due(self).boxed()
    }

    fn listen(&self) {
        Worker::listen(self);
    }
}

/// Runs several workers until none has anything due, so that chains of events come to their end. Returns how much ran.
pub async fn drain(workers: &[&dyn Drain]) -> usize {
    for worker in workers {
        worker.listen();
    }
    let mut total = 0;
    loop {
        let mut ran = 0;
        for worker in workers {
            ran += worker.run_due().await;
        }
        // The last one's events may have gone to the first one.
        if ran == 0 {
            return total;
        }
        total += ran;
    }
}

fn event_of<E: Event>(raw: &Task<Row>, sealer: &kit::Sealer) -> Result<Task<E>, TaskError> {
    let message: CloudEvent = serde_json::from_str(&raw.event.payload)
        .map_err(|error| TaskError::fatal(format!("envelope not understood: {error}")))?;
    let event: E = crate::private::event(sealer, &message)
        .map_err(|error| TaskError::fatal(format!("event not understood: {error}")))?;
    let mut task = raw.with(event);
    task.message_id = message.id;
    task.aggregate_version = message.version;
    task.subject = message.subject;
    task.published_at = message.time;
    Ok(task)
}
