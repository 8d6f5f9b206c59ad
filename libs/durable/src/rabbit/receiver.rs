//! Reads a consumer's queue into its task table.

use super::{Link, Rabbit, within};
use crate::bus::BusError;
use crate::db::Db;
use crate::outbox::LARGEST;
use crate::task::{jitter, receive};
use crate::unread::Unread;
use contracts::CloudEvent;
use futures_util::StreamExt as _;
use kit::Runtime;
use kit::metrics::Labels;
use lapin::Channel;
use lapin::message::Delivery;
use lapin::options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions, QueueDeclareOptions};
use lapin::types::{FieldTable, ShortString};
use sea_orm::sqlx;
use sea_orm::{DbErr, RuntimeErr};
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, sleep, timeout};

/// Longest wait before the next connection.
const LONGEST: Duration = Duration::from_secs(3);
/// How often the queue's length is asked for.
const LAG: Duration = Duration::from_secs(15);
/// A session that lasted this long was a good one: the waits begin again.
const GOOD: Duration = Duration::from_mins(1);
/// Longest event type that is stored, bytes; the routing key's limit.
const TYPE_LENGTH: usize = 255;

/// Reads one queue until the process stops; connects again for ever.
pub(crate) struct Receiver {
    rabbit: Rabbit,
    db: Db,
    rt: Runtime,
    consumer: String,
    types: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
enum Ended {
    #[error("{0}")]
    Bus(#[from] BusError),
    #[error("{0}")]
    Line(#[from] lapin::Error),
    #[error("the broker ended the consumer")]
    Cancelled,
    #[error("the database does not take messages: {0}")]
    Db(DbErr),
}

impl Receiver {
    pub(crate) fn new(
        rabbit: Rabbit,
        db: Db,
        rt: Runtime,
        consumer: String,
        types: Vec<String>,
    ) -> Self {
        Self {
            rabbit,
            db,
            rt,
            consumer,
            types,
        }
    }

    pub(crate) async fn run(self) {
        let stopping = self.rt.lifecycle.stopping();
        let mut failures: u32 = 0;
        while !stopping.is_cancelled() {
            let started = Instant::now();
            let ended = tokio::select! {
                // A session that runs is told to stop inside, so that it closes properly.
                ended = self.session() => ended,
                () = async { stopping.cancelled().await; sleep(Duration::from_secs(5)).await } => return,
            };
            let Err(error) = ended else { return };
            failures = if started.elapsed() > GOOD {
                0
            } else {
                failures + 1
            };
            let wait = jitter(
                &self.rt,
                Duration::from_millis(250 << failures.min(8)).min(LONGEST),
            );
            tracing::warn!(%error, retry_in_ms = wait.as_millis(), "nothing is received at the moment: RabbitMQ (bus.url) is away, or refuses");
            tokio::select! {
                () = sleep(wait) => {}
                () = stopping.cancelled() => return,
            }
            // Each redelivery counts, and a quorum queue gives up after a number of them: without a database, do not take any.
            while matches!(error, Ended::Db(_)) && !stopping.is_cancelled() {
                if self.db.ping().await.is_ok() {
                    break;
                }
                tokio::select! {
                    () = sleep(wait.max(Duration::from_secs(1))) => {}
                    () = stopping.cancelled() => return,
                }
            }
        }
    }

    /// One connection; `Ok` when the process stops.
    async fn session(&self) -> Result<(), Ended> {
        let link = self.rabbit.connect(&self.consumer).await?;
        let outcome = self.consume(&link).await;
        // What was not acknowledged goes back to the queue at once.
        let close = link.connection.close(200, "done".into());
        if timeout(Duration::from_secs(2), close).await.is_err() {
            tracing::debug!("the broker did not say goodbye");
        }
        outcome
    }

    async fn consume(&self, link: &Link) -> Result<(), Ended> {
        let channel = &link.channel;
        let prefetch = self.rabbit.0.config.prefetch.max(1);
        let queue = self
            .rabbit
            .declare(channel, &self.consumer, &self.types)
            .await?;
        within(
            "basic.qos",
            channel.basic_qos(prefetch, BasicQosOptions::default()),
        )
        .await?;
        let consumer = consumer_of(channel, queue.clone()).await?;
        let put_aside = consumer_of(channel, self.rabbit.dead(&self.consumer)?).await?;
        tracing::info!(consumer = self.consumer, "receiving");
        let stopping = self.rt.lifecycle.stopping();
        // What is here already goes into one transaction.
        let mut deliveries = consumer.ready_chunks(usize::from(prefetch));
        let mut put_aside = put_aside;
        let mut lag = tokio::time::interval(LAG);
        lag.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let chunk = tokio::select! {
                chunk = deliveries.next() => chunk.ok_or(Ended::Cancelled)?,
                delivery = put_aside.next() => {
                    self.keep_put_aside(&delivery.ok_or(Ended::Cancelled)??).await?;
                    continue;
                }
                _ = lag.tick() => {
                    self.count_waiting(channel, &queue).await?;
                    continue;
                }
                () = stopping.cancelled() => return Ok(()),
            };
            let chunk = chunk.into_iter().collect::<Result<Vec<Delivery>, _>>()?;
            self.store(chunk).await?;
        }
    }

    async fn store(&self, chunk: Vec<Delivery>) -> Result<(), Ended> {
        let mut readable = Vec::new();
        let mut messages = Vec::new();
        for delivery in chunk {
            match read(&delivery) {
                Ok(message) => {
                    readable.push(delivery);
                    messages.push(message);
                }
                Err(reason) => self.bury(&delivery, &reason).await?,
            }
        }
        if messages.is_empty() {
            return Ok(());
        }
        match receive(&self.db, &self.consumer, &messages).await {
            Ok(_) => {
                for delivery in &readable {
                    delivery.acker.ack(BasicAckOptions::default()).await?;
                }
                Ok(())
            }
            Err(error) if is_about_data(&error) => self.store_one_by_one(readable, messages).await,
            Err(error) => Err(Ended::Db(error)),
        }
    }

    /// A message that cannot be a task is kept as a dead one; only then is it acknowledged.
    async fn bury(&self, delivery: &Delivery, reason: &str) -> Result<(), Ended> {
        Unread::new(delivery.routing_key.as_str(), &delivery.data, reason)
            .keep(&self.db, &self.consumer)
            .await
            .map_err(Ended::Db)?;
        delivery.acker.ack(BasicAckOptions::default()).await?;
        Ok(())
    }

    /// A message that was delivered again and again and never acknowledged: not looked into, as that may be what ended the process
    /// each time. If it was stored after all, its id is there and nothing happens.
    async fn keep_put_aside(&self, delivery: &Delivery) -> Result<(), Ended> {
        let mut unread = Unread::new(
            delivery.routing_key.as_str(),
            &delivery.data,
            "delivered too often without being stored",
        );
        let id = delivery.properties.message_id().as_ref();
        if let Some(id) = id.and_then(|id| id.as_str().parse().ok()) {
            unread = unread.with_id(id);
        }
        unread
            .keep(&self.db, &self.consumer)
            .await
            .map_err(Ended::Db)?;
        delivery.acker.ack(BasicAckOptions::default()).await?;
        Ok(())
    }

    async fn count_waiting(&self, channel: &Channel, queue: &ShortString) -> Result<(), Ended> {
        let options = QueueDeclareOptions {
            passive: true,
            ..QueueDeclareOptions::default()
        };
        let declared = within(
            "queue.declare",
            channel.queue_declare(queue.clone(), options, FieldTable::default()),
        )
        .await?;
        let labels = Labels {
            service: self.consumer.clone(),
            kind: String::new(),
        };
        let waiting = i64::from(declared.message_count());
        self.rabbit.0.lag.get_or_create(&labels).set(waiting);
        Ok(())
    }

    /// One of them cannot be stored: find it, so that it does not hold up the others.
    async fn store_one_by_one(
        &self,
        deliveries: Vec<Delivery>,
        messages: Vec<CloudEvent>,
    ) -> Result<(), Ended> {
        for (delivery, message) in deliveries.iter().zip(messages) {
            match receive(&self.db, &self.consumer, &[message]).await {
                Ok(_) => {
                    delivery.acker.ack(BasicAckOptions::default()).await?;
                }
                Err(error) if is_about_data(&error) => {
                    self.bury(delivery, &error.to_string()).await?;
                }
                Err(error) => return Err(Ended::Db(error)),
            }
        }
        Ok(())
    }
}

/// Reads an envelope. The error says where, not what.
fn read(delivery: &Delivery) -> Result<CloudEvent, String> {
    let data = &delivery.data;
    if data.len() > LARGEST {
        return Err(format!("larger than {LARGEST} bytes"));
    }
    let message: CloudEvent = serde_json::from_slice(data).map_err(|error| {
        format!(
            "not a CloudEvent: {:?} at line {}",
            error.classify(),
            error.line()
        )
    })?;
    if message.specversion != "1.0" {
        return Err("not CloudEvents 1.0".to_owned());
    }
    let event_type = &message.event_type;
    if event_type.is_empty()
        || event_type.len() > TYPE_LENGTH
        || event_type.chars().any(char::is_control)
    {
        return Err("a type that cannot be stored".to_owned());
    }
    if event_type != delivery.routing_key.as_str() {
        return Err("sent under another type than it names".to_owned());
    }
    let outside = delivery.properties.message_id().as_ref();
    if outside.is_some_and(|id| id.as_str() != message.id.to_string()) {
        return Err("sent under another id than it names".to_owned());
    }
    Ok(message)
}

async fn consumer_of(channel: &Channel, queue: ShortString) -> Result<lapin::Consumer, BusError> {
    within(
        "basic.consume",
        channel.basic_consume(
            queue,
            "".into(),
            BasicConsumeOptions::default(),
            FieldTable::default(),
        ),
    )
    .await
}

/// Whether the database refused a value (class 22 of `PostgreSQL`), which no repetition will cure.
fn is_about_data(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) =
        error
    else {
        return false;
    };
    matches!(&**error, sqlx::Error::Database(error)
        if error.code().is_some_and(|code| code.starts_with("22")))
}
