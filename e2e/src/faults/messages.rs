//! Messages put into the broker past the services: again, in another order, or such as no service would send.

use super::servers;
use super::world::World;
use anyhow::{Context as _, ensure};
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties};
use serde_json::json;
use std::collections::VecDeque;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How many of the newest messages come again.
const AGAIN: usize = 40;
/// Larger than anything that a service sends.
const HUGE: usize = 2 * 1024 * 1024;

/// A connection that goes past all proxies.
pub(super) struct Messages {
    connection: Connection,
    channel: Channel,
    prefix: String,
}

/// Messages that were made up, and what must have become of them.
#[derive(Debug, Default)]
pub(super) struct Poison {
    /// Put aside by the receiver: not a message at all.
    pub(super) unreadable: usize,
    /// Stored, and then given up or waiting for somebody who knows the type.
    pub(super) stored: Vec<Uuid>,
}

impl Messages {
    pub(super) async fn open(url: &str, prefix: &str) -> anyhow::Result<Self> {
        let connection = Connection::connect(url, ConnectionProperties::default()).await?;
        let channel = connection.create_channel().await?;
        channel
            .confirm_select(ConfirmSelectOptions::default())
            .await?;
        Ok(Self {
            connection,
            channel,
            prefix: prefix.to_owned(),
        })
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the harness is the one who forges messages"
    )]
    pub(super) async fn publish(
        &self,
        exchange: &str,
        key: &str,
        body: &[u8],
    ) -> anyhow::Result<()> {
        let confirmed = self
            .channel
            .basic_publish(
                exchange.into(),
                key.into(),
                BasicPublishOptions::default(),
                body,
                BasicProperties::default().with_delivery_mode(2),
            )
            .await?
            .await?;
        ensure!(confirmed.is_ack(), "{key} was not taken: {confirmed:?}");
        Ok(())
    }

    /// Sends `count` messages with `window` of them unconfirmed at a time, as a publisher would that does nothing else.
    #[expect(
        clippy::disallowed_methods,
        reason = "what the relay is measured against"
    )]
    pub(super) async fn throughput(
        &self,
        body: &[u8],
        count: usize,
        window: usize,
    ) -> anyhow::Result<Duration> {
        let exchange = self.exchange();
        let mut open = VecDeque::new();
        let began = Instant::now();
        for n in 0..count + window {
            if n >= window
                && let Some(confirm) = open.pop_front()
            {
                let confirmed: lapin::Confirmation = confirm.await?;
                ensure!(confirmed.is_ack(), "not taken: {confirmed:?}");
            }
            if n < count {
                let sent = self
                    .channel
                    .basic_publish(
                        exchange.as_str().into(),
                        "dossier.dossier-changed.v1".into(),
                        BasicPublishOptions {
                            mandatory: true,
                            ..BasicPublishOptions::default()
                        },
                        body,
                        BasicProperties::default().with_delivery_mode(2),
                    )
                    .await?;
                open.push_back(sent);
            }
        }
        Ok(began.elapsed())
    }

    fn exchange(&self) -> String {
        format!("{}motcua.events", self.prefix)
    }

    fn queue(&self, consumer: &str) -> String {
        format!("{}motcua.{consumer}", self.prefix)
    }

    /// Messages that were put aside because nobody can read them.
    pub(super) async fn put_aside(&self) -> anyhow::Result<u32> {
        let options = QueueDeclareOptions {
            passive: true,
            ..QueueDeclareOptions::default()
        };
        let queue = self
            .channel
            .queue_declare(self.queue("dead").into(), options, FieldTable::default())
            .await?;
        Ok(queue.message_count())
    }

    pub(super) async fn close(self) {
        drop(self.connection.close(200, "done".into()).await);
    }
}

/// Sends the newest messages of dossiers and shipments once more, twice each, or in the reverse order.
pub(super) async fn again(
    world: &World,
    messages: &Messages,
    reverse: bool,
) -> anyhow::Result<usize> {
    let mut sent = 0;
    for service in ["dossier", "postal"] {
        let db = world.database(service).await?;
        let sql = format!(
            "select event_type, payload from outbox where sent_at is not null order by seq desc limit {AGAIN}"
        );
        let mut rows = servers::query(&db, &sql).await?;
        if !reverse {
            rows.reverse();
        }
        for row in &rows {
            let (kind, payload): (String, String) =
                (row.try_get("", "event_type")?, row.try_get("", "payload")?);
            for _ in 0..if reverse { 1 } else { 2 } {
                messages
                    .publish(&messages.exchange(), &kind, payload.as_bytes())
                    .await?;
                sent += 1;
            }
        }
        db.close().await?;
    }
    Ok(sent)
}

/// Sends what no service would send, straight into the queue of a consumer.
pub(super) async fn poison(messages: &Messages, consumer: &str) -> anyhow::Result<Poison> {
    let queue = messages.queue(consumer);
    let mut poison = Poison::default();
    let kind = "dossier.dossier-changed.v1";
    let envelope = |kind: &str, id: serde_json::Value, data: serde_json::Value| {
        let message = json!({
            "specversion": "1.0", "id": id, "source": "faults", "type": kind, "subject": "none",
            "time": "2026-11-24T00:00:00Z", "datacontenttype": "application/json", "data": data,
            "version": 1, "aggregateversion": 1,
        });
        message.to_string().into_bytes()
    };
    let unreadable: [Vec<u8>; 4] = [
        b"{\"specversion\": \"1.0\", ".to_vec(),
        b"\xff\xfe\x00".to_vec(),
        // A forged id, and none.
        envelope(kind, json!("1 or 1=1"), json!({})),
        envelope(kind, json!(null), json!({})),
    ];
    for body in unreadable {
        messages.publish("", &queue, &body).await?;
        poison.unreadable += 1;
    }
    let known = [
        // The right type without its content; larger than anything; an older and a newer version, and one that nobody knows.
        (kind, json!({ "command": "receive" })),
        (kind, json!({ "note": "x".repeat(HUGE) })),
        ("dossier.dossier-changed.v0", json!({})),
        ("dossier.dossier-changed.v2", json!({})),
        ("nobody.knows-this.v1", json!({})),
    ];
    for (kind, data) in known {
        let id = Uuid::from_bytes(kit::Ids.bytes::<16>());
        messages
            .publish("", &queue, &envelope(kind, json!(id), data))
            .await
            .context("a message that is not understood")?;
        poison.stored.push(id);
    }
    Ok(poison)
}
