//! Messages put into the broker past the services: again, in another order, or such as no service would send.

use super::servers;
use super::world::World;
use anyhow::ensure;
use lapin::options::{
    BasicPublishOptions, ConfirmSelectOptions, ExchangeDeclareOptions, QueueBindOptions,
};
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

/// In everything that is made up, so that it is found again.
pub(super) const MARK: &str = "faults-poison";

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

    /// An exchange that leads everything, of whatever type, into the queue of one consumer.
    async fn into(&self, consumer: &str) -> anyhow::Result<String> {
        let exchange = format!("{}{MARK}.{consumer}", self.prefix);
        let queue = format!("{}motcua.{consumer}", self.prefix);
        self.channel
            .exchange_declare(
                exchange.as_str().into(),
                lapin::ExchangeKind::Topic,
                ExchangeDeclareOptions::default(),
                FieldTable::default(),
            )
            .await?;
        self.channel
            .queue_bind(
                queue.as_str().into(),
                exchange.as_str().into(),
                "#".into(),
                QueueBindOptions::default(),
                FieldTable::default(),
            )
            .await?;
        Ok(exchange)
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

/// Sends a consumer what no service would send; returns how many messages.
pub(super) async fn poison(messages: &Messages, consumer: &str) -> anyhow::Result<usize> {
    let exchange = messages.into(consumer).await?;
    let kind = "dossier.dossier-changed.v1";
    let envelope = |kind: &str, id: serde_json::Value, data: serde_json::Value| {
        let message = json!({
            "specversion": "1.0", "id": id, "source": "faults", "type": kind, "subject": "none",
            "time": "2026-11-24T00:00:00Z", "datacontenttype": "application/json", "data": data, "version": 1,
        });
        message.to_string().into_bytes()
    };
    let id = || json!(Uuid::from_bytes(kit::Ids.bytes::<16>()));
    // Each is another message each time it is sent.
    let mark = format!("{MARK} {}", id());
    let data = json!({ "note": mark });
    let broken = format!("{{\"specversion\": \"1.0\", {mark:?}");
    let all = [
        // Not JSON; not even text.
        (kind, broken.into_bytes()),
        (kind, [b"\xff\xfe".as_slice(), mark.as_bytes()].concat()),
        // A forged id, and none.
        (kind, envelope(kind, json!("1 or 1=1"), data.clone())),
        (kind, envelope(kind, json!(null), data.clone())),
        // The right type without its content; larger than anything that is sent.
        (kind, envelope(kind, id(), data.clone())),
        (
            kind,
            envelope(kind, id(), json!({ "a": mark, "note": "x".repeat(HUGE) })),
        ),
        // An older and a newer version, and a type that nobody knows.
        (
            "dossier.dossier-changed.v0",
            envelope("dossier.dossier-changed.v0", id(), data.clone()),
        ),
        (
            "dossier.dossier-changed.v2",
            envelope("dossier.dossier-changed.v2", id(), data.clone()),
        ),
        (
            "nobody.knows-this.v1",
            envelope("nobody.knows-this.v1", id(), data),
        ),
    ];
    for (kind, body) in &all {
        messages.publish(&exchange, kind, body).await?;
    }
    Ok(all.len())
}
