//! `RabbitMQ` as transport: one durable topic exchange; per consuming service one quorum queue, and one for what was delivered too
//! often without being stored. Nothing here is kept: what is not confirmed stays in the outbox, what is not stored is not acknowledged.
//!
//! Connections are made when they are needed and made again for ever; lapin's own recovery stays off, so that there is one
//! owner of that decision.

mod line;
mod receiver;

pub(crate) use receiver::Receiver;

use crate::bus::{BusError, Outcome, Outgoing};
use futures_util::future::join_all;
use kit::Runtime;
use kit::metrics::{Counters, Gauges, Labels};
use lapin::options::{
    BasicPublishOptions, ConfirmSelectOptions, ExchangeDeclareOptions, QueueBindOptions,
    QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::uri::AMQPUri;
use lapin::{
    BasicProperties, Channel, Confirmation, Connection, ConnectionProperties, ConnectionStatus,
    ExchangeKind,
};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{sleep, timeout};

/// How long a connection, a declaration or a confirmation may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long a confirmation may take on a line that is alive (a dead one is noticed by its heartbeats): a broker that is slow gets no
/// second copy of what it already has.
const SLOW: Duration = Duration::from_mins(1);
/// How often a blocked connection is looked at.
const LOOK: Duration = Duration::from_millis(200);
/// Deliveries of one message before the broker puts it aside.
const DELIVERIES: i32 = 20;
/// A silent peer is noticed after two of these, seconds.
const HEARTBEAT: u16 = 10;
/// What names of queues begin with, after the prefix.
const OURS: &str = "motcua.";

/// Where the broker is and what the names begin with.
#[derive(Clone)]
pub struct RabbitConfig {
    /// `amqp://user:password@host:5672/%2f`, or `amqps://…:5671/%2f` for TLS: the certificate must be for that host, and of a CA that
    /// the system knows, or `SSL_CERT_FILE` and `SSL_CERT_DIR` name.
    pub url: String,
    /// Put before every exchange and queue: several installations, or tests, on one broker.
    pub prefix: String,
    /// The exchange, without the prefix.
    pub exchange: String,
    /// Messages taken before the first is acknowledged.
    pub prefetch: u16,
    /// Queues to make before anything is published: consumer and event types. Without it, an event that one consumer's queue takes is
    /// lost to another that has never been started.
    pub consumers: Vec<(String, Vec<String>)>,
    /// Unused queues go away after this time, milliseconds; for tests.
    pub expires_milliseconds: Option<u32>,
}

impl RabbitConfig {
    /// The usual exchange; queues that stay.
    pub fn new(url: &str, prefix: &str, prefetch: u16) -> Self {
        Self {
            url: url.to_owned(),
            prefix: prefix.to_owned(),
            exchange: "motcua.events".to_owned(),
            prefetch,
            consumers: Vec::new(),
            expires_milliseconds: None,
        }
    }
}

impl std::fmt::Debug for RabbitConfig {
    /// Without the URL: it may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RabbitConfig")
            .field("prefix", &self.prefix)
            .field("exchange", &self.exchange)
            .field("prefetch", &self.prefetch)
            .finish_non_exhaustive()
    }
}

/// A broker. Cheap to clone.
#[derive(Clone)]
pub struct Rabbit(Arc<Inner>);

struct Inner {
    config: RabbitConfig,
    connections: Counters,
    blocked: Gauges,
    lag: Gauges,
    publisher: Mutex<Option<Link>>,
}

/// An open connection with its one channel; closed when dropped.
struct Link {
    connection: Connection,
    channel: Channel,
}

impl Link {
    fn is_up(&self) -> bool {
        self.connection.status().connected() && self.channel.status().connected()
    }
}

/// Why a message came back.
const UNROUTABLE: &str = "unroutable: no queue is bound to this type";

/// A message was not taken, or nothing can be said about it because the line broke.
enum Refused {
    Message(String),
    Line(String),
}

impl Rabbit {
    pub(crate) fn new(config: RabbitConfig, rt: &Runtime) -> Self {
        Self(Arc::new(Inner {
            config,
            connections: rt.metrics.counters(
                "broker_connections",
                "Connections made to RabbitMQ, by purpose",
            ),
            blocked: rt.metrics.gauges(
                "broker_blocked",
                "1 while RabbitMQ takes nothing because of its memory or disk alarm",
            ),
            lag: rt.metrics.gauges(
                "broker_queue_messages",
                "Messages in the queue that no consumer has taken",
            ),
            publisher: Mutex::new(None),
        }))
    }

    /// Sends lanes side by side on one channel; within a lane a message waits for the confirmation of the one before.
    pub(crate) async fn send(&self, lanes: Vec<Vec<Outgoing>>) -> Result<Vec<Outcome>, BusError> {
        let (channel, up) = self.publisher().await?;
        let (channel, exchange, up) = (&channel, &self.exchange()?, &up);
        let lanes = lanes.into_iter().map(|lane| async move {
            let mut outcomes = Vec::new();
            for message in lane {
                match self.publish(channel, up, exchange, &message).await {
                    Ok(()) => outcomes.push(Outcome {
                        seq: message.seq,
                        result: Ok(()),
                    }),
                    Err(Refused::Message(reason)) => {
                        outcomes.push(Outcome {
                            seq: message.seq,
                            result: Err(reason),
                        });
                        return (outcomes, None);
                    }
                    Err(Refused::Line(reason)) => return (outcomes, Some(reason)),
                }
            }
            (outcomes, None)
        });
        let mut outcomes: Vec<Outcome> = Vec::new();
        let mut broken = None;
        for (lane, reason) in join_all(lanes).await {
            outcomes.extend(lane);
            broken = broken.or(reason);
        }
        match broken {
            // What was confirmed before the line broke is noted; the next round connects again.
            Some(reason) => {
                self.0.publisher.lock().await.take();
                if outcomes.is_empty() {
                    Err(BusError(reason))
                } else {
                    Ok(outcomes)
                }
            }
            None => {
                // A queue that somebody deleted is made again with the next connection.
                let returned =
                    |o: &Outcome| matches!(&o.result, Err(reason) if reason == UNROUTABLE);
                if outcomes.iter().any(returned) {
                    self.0.publisher.lock().await.take();
                }
                Ok(outcomes)
            }
        }
    }

    async fn publisher(&self) -> Result<(Channel, ConnectionStatus), BusError> {
        let mut publisher = self.0.publisher.lock().await;
        if let Some(link) = publisher.as_ref().filter(|link| link.is_up()) {
            return Ok((link.channel.clone(), link.connection.status().clone()));
        }
        let link = self.connect("publisher").await?;
        within(
            "confirm.select",
            link.channel.confirm_select(ConfirmSelectOptions::default()),
        )
        .await?;
        self.declare_exchange(&link.channel).await?;
        for (consumer, types) in &self.0.config.consumers {
            self.declare(&link.channel, consumer, types).await?;
        }
        let up = (link.channel.clone(), link.connection.status().clone());
        *publisher = Some(link);
        Ok(up)
    }

    async fn connect(&self, purpose: &str) -> Result<Link, BusError> {
        let config = &self.0.config;
        let mut uri: AMQPUri = config
            .url
            .parse()
            .map_err(|_error: String| BusError("the broker's URL cannot be read".to_owned()))?;
        uri.query.heartbeat.get_or_insert(HEARTBEAT);
        let properties = ConnectionProperties::default()
            .with_connection_name(format!("{}{OURS}{purpose}", config.prefix).into());
        let connection = within("connect", line::connect(uri, properties)).await?;
        let channel = within("channel.open", connection.create_channel()).await?;
        let labels = Labels {
            service: "bus".to_owned(),
            kind: purpose.to_owned(),
        };
        self.0.connections.get_or_create(&labels).inc();
        tracing::info!(purpose, "connected to RabbitMQ");
        Ok(Link {
            connection,
            channel,
        })
    }

    fn exchange(&self) -> Result<ShortString, BusError> {
        self.name(&self.0.config.exchange)
    }

    fn dead(&self, consumer: &str) -> Result<ShortString, BusError> {
        self.name(&format!("{OURS}{consumer}.dead"))
    }

    fn queue(&self, consumer: &str) -> Result<ShortString, BusError> {
        self.name(&format!("{OURS}{consumer}"))
    }

    fn name(&self, name: &str) -> Result<ShortString, BusError> {
        short(format!("{}{name}", self.0.config.prefix))
    }

    async fn declare_exchange(&self, channel: &Channel) -> Result<(), BusError> {
        let options = ExchangeDeclareOptions {
            durable: true,
            ..ExchangeDeclareOptions::default()
        };
        within(
            "exchange.declare",
            channel.exchange_declare(
                self.exchange()?,
                ExchangeKind::Topic,
                options,
                FieldTable::default(),
            ),
        )
        .await
    }

    /// Exchanges and queues of a consumer. Bindings are added, never removed: while releases overlap, the older one still
    /// listens, and what nobody handles any more is seen among the tasks that wait.
    async fn declare(
        &self,
        channel: &Channel,
        consumer: &str,
        types: &[String],
    ) -> Result<ShortString, BusError> {
        self.declare_exchange(channel).await?;
        let (queue, dead) = (self.queue(consumer)?, self.dead(consumer)?);
        let options = ExchangeDeclareOptions {
            durable: true,
            ..ExchangeDeclareOptions::default()
        };
        within(
            "exchange.declare",
            channel.exchange_declare(
                dead.clone(),
                ExchangeKind::Fanout,
                options,
                FieldTable::default(),
            ),
        )
        .await?;
        let mut arguments = FieldTable::default();
        arguments.insert(
            "x-queue-type".into(),
            AMQPValue::LongString("quorum".into()),
        );
        if let Some(expires) = self.0.config.expires_milliseconds {
            arguments.insert("x-expires".into(), AMQPValue::LongUInt(expires));
        }
        within(
            "queue.declare",
            channel.queue_declare(
                dead.clone(),
                QueueDeclareOptions::durable(),
                arguments.clone(),
            ),
        )
        .await?;
        bind(channel, &dead, &dead, "").await?;
        for (name, value) in [
            ("x-dead-letter-exchange", dead.as_str()),
            // Confirmed inside the broker, too; that needs the other setting, which without a limit of length refuses nothing.
            ("x-dead-letter-strategy", "at-least-once"),
            ("x-overflow", "reject-publish"),
        ] {
            arguments.insert(name.into(), AMQPValue::LongString(value.to_owned().into()));
        }
        arguments.insert("x-delivery-limit".into(), AMQPValue::LongInt(DELIVERIES));
        within(
            "queue.declare",
            channel.queue_declare(queue.clone(), QueueDeclareOptions::durable(), arguments),
        )
        .await?;
        for event_type in types {
            bind(channel, &queue, &self.exchange()?, event_type).await?;
        }
        Ok(queue)
    }
}

impl Rabbit {
    async fn publish(
        &self,
        channel: &Channel,
        up: &ConnectionStatus,
        exchange: &ShortString,
        message: &Outgoing,
    ) -> Result<(), Refused> {
        let routing_key = short(message.event_type.clone()).map_err(|e| Refused::Message(e.0))?;
        let properties = BasicProperties::default()
            .with_content_type("application/cloudevents+json".into())
            .with_message_id(message.id.to_string().into())
            // Persistent.
            .with_delivery_mode(2);
        let options = BasicPublishOptions {
            mandatory: true,
            ..BasicPublishOptions::default()
        };
        #[expect(
            clippy::disallowed_methods,
            reason = "the relay: the one place that publishes"
        )]
        let confirmed = async {
            channel
                .basic_publish(
                    exchange.clone(),
                    routing_key,
                    options,
                    message.payload.as_bytes(),
                    properties,
                )
                .await?
                .await
        };
        match self.confirmation(up, confirmed).await? {
            Confirmation::Ack(None) => Ok(()),
            Confirmation::Ack(Some(_)) | Confirmation::Nack(Some(_)) => {
                Err(Refused::Message(UNROUTABLE.to_owned()))
            }
            Confirmation::Nack(None) => Err(Refused::Message("refused by the broker".to_owned())),
            Confirmation::NotRequested => Err(Refused::Line("confirms are off".to_owned())),
        }
    }

    /// Waits for a confirmation; the time in which the broker's alarm blocks the connection does not count. What is on its way
    /// meanwhile is one batch, whatever waits in the outbox.
    async fn confirmation(
        &self,
        up: &ConnectionStatus,
        confirmed: impl Future<Output = lapin::Result<Confirmation>>,
    ) -> Result<Confirmation, Refused> {
        let labels = Labels {
            service: "bus".to_owned(),
            kind: "publisher".to_owned(),
        };
        let patient = async {
            let mut waited = Duration::ZERO;
            while waited < SLOW {
                sleep(LOOK).await;
                let is_blocked = up.blocked();
                self.0
                    .blocked
                    .get_or_create(&labels)
                    .set(i64::from(is_blocked));
                if !is_blocked {
                    waited += LOOK;
                }
                if !up.connected() {
                    return "the line broke".to_owned();
                }
            }
            format!("no confirmation within {SLOW:?}")
        };
        tokio::select! {
            biased;
            outcome = confirmed => outcome.map_err(|error| Refused::Line(format!("basic.publish: {error}"))),
            reason = patient => Err(Refused::Line(format!("basic.publish: {reason}"))),
        }
    }
}

async fn bind(
    channel: &Channel,
    queue: &ShortString,
    exchange: &ShortString,
    key: &str,
) -> Result<(), BusError> {
    within(
        "queue.bind",
        channel.queue_bind(
            queue.clone(),
            exchange.clone(),
            short(key.to_owned())?,
            QueueBindOptions::default(),
            FieldTable::default(),
        ),
    )
    .await
}

/// Runs one exchange with the broker; a broker that says nothing is away.
async fn within<T>(
    what: &str,
    exchange: impl Future<Output = lapin::Result<T>>,
) -> Result<T, BusError> {
    match timeout(PATIENCE, exchange).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(BusError(format!("{what}: {error}"))),
        Err(_) => Err(BusError(format!("{what}: no answer within {PATIENCE:?}"))),
    }
}

fn short(name: String) -> Result<ShortString, BusError> {
    ShortString::try_new(name).map_err(|error| BusError(error.to_string()))
}
