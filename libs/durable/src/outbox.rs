//! Publishing is an INSERT; the relay sends what was committed.

use crate::bus::{Bus, BusError, Outgoing};
use crate::db::{Db, Tx};
use crate::lease;
use crate::schema::Outbox as Col;
use crate::task::{backoff, built, shortened};
use chrono::{DateTime, Utc};
use contracts::Event;
use kit::Runtime;
use sea_orm::sea_query::{Alias, Expr, ExprTrait as _, Order, Query};
use sea_orm::{ConnectionTrait as _, DbErr, FromQueryResult};
use std::collections::BTreeMap;
use tokio::sync::Mutex;
use uuid::Uuid;

/// Rows sent in one go.
const BATCH: u64 = 100;
/// Largest message, bytes: half of what RabbitMQ takes by default. One that is larger would close the channel each time it is sent,
/// and hold up all others.
pub const LARGEST: usize = 8 * 1024 * 1024;
/// The lease row of the relay, and for how long it is held.
const LEASE: &str = "relay";
const HELD: chrono::Duration = chrono::Duration::seconds(30);

/// Publishes an event: it is sent if, and only if, the caller's transaction commits.
///
/// # Errors
/// The database's; or when the event cannot be written as JSON, or is larger than [`LARGEST`].
pub async fn publish<E: Event>(tx: &Tx, rt: &Runtime, event: &E) -> Result<(), DbErr> {
    let now = rt.clock.now();
    let id = rt.ids.uuid(now);
    let message = crate::private::wrap(event, id, now, kit::telemetry::current_traceparent(), rt)
        .and_then(|message| serde_json::to_string(&message))
        .map_err(|error| DbErr::Json(error.to_string()))?;
    if message.len() > LARGEST {
        let (length, name) = (message.len(), E::TYPE);
        return Err(DbErr::Custom(format!(
            "an event of type {name} with {length} bytes is too large to be sent"
        )));
    }
    let mut insert = Query::insert();
    insert
        .into_table(Col::Table)
        .columns([
            Col::Id,
            Col::EventType,
            Col::Subject,
            Col::Payload,
            Col::CreatedAt,
            Col::NextAttemptAt,
        ])
        .values([
            id.into(),
            E::TYPE.into(),
            event.subject().into(),
            message.into(),
            now.into(),
            now.into(),
        ])
        .map_err(built)?;
    tx.execute(&insert).await?;
    tx.touch_outbox();
    Ok(())
}

#[derive(FromQueryResult)]
struct Row {
    seq: i64,
    id: Uuid,
    event_type: String,
    subject: String,
    payload: String,
    attempts: i64,
}

/// Why a round of the relay did not come to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RelayError {
    #[error("the bus is away")]
    Bus(#[from] BusError),
    #[error("the database is away")]
    Db(#[from] DbErr),
}

/// Sends committed events in order; one relay per database is active, by a lease.
pub(crate) struct Relay {
    db: Db,
    rt: Runtime,
    bus: Bus,
    holder: Uuid,
    held_until: Mutex<Option<DateTime<Utc>>>,
}

impl Relay {
    pub(crate) fn new(db: Db, rt: Runtime, bus: Bus) -> Self {
        let holder = rt.ids.uuid(rt.clock.now());
        Self {
            db,
            rt,
            bus,
            holder,
            held_until: Mutex::new(None),
        }
    }

    /// Sends one batch; returns how many were sent. Zero also when another relay holds the lease.
    pub(crate) async fn round(&self) -> Result<usize, RelayError> {
        let mut held_until = self.held_until.lock().await;
        if self.bus.is_held() {
            return Ok(0);
        }
        let now = self.rt.clock.now();
        // A look before the lease: an idle relay writes nothing.
        if self.due(now).await?.is_empty() {
            return Ok(0);
        }
        // Renewed when a third of it is gone, so that a slow batch does not lose it half way.
        if held_until.is_none_or(|until| until - now < HELD * 2 / 3) {
            *held_until = lease::take(&self.db, LEASE, self.holder, now, HELD)
                .await?
                .then(|| now + HELD);
        }
        if held_until.is_none() {
            return Ok(0);
        }
        // Looked at again: the one who held the lease before may have sent them.
        let rows = self.due(now).await?;
        self.send(rows, now).await
    }

    /// Gives the lease back, so that another replica takes over at once.
    pub(crate) async fn release(&self) {
        if self.held_until.lock().await.take().is_some()
            && let Err(error) =
                lease::release(&self.db, LEASE, self.holder, self.rt.clock.now()).await
        {
            tracing::debug!(%error, "relay lease not given back; it runs out");
        }
    }

    async fn send(&self, rows: Vec<Row>, now: DateTime<Utc>) -> Result<usize, RelayError> {
        let attempts: BTreeMap<i64, i64> = rows.iter().map(|row| (row.seq, row.attempts)).collect();
        // Order is kept within a subject: its next message goes out when the one before is confirmed.
        let mut lanes: BTreeMap<(String, String), Vec<Outgoing>> = BTreeMap::new();
        for row in rows {
            let out = Outgoing {
                seq: row.seq,
                id: row.id,
                event_type: row.event_type.clone(),
                payload: row.payload,
            };
            lanes
                .entry((row.event_type, row.subject))
                .or_default()
                .push(out);
        }
        let mut lanes: Vec<Vec<Outgoing>> = lanes.into_values().collect();
        lanes.sort_by_key(|lane| lane.first().map(|out| out.seq));
        let outcomes = self.bus.send(lanes).await?;

        let mut sent = Vec::new();
        let mut failed = Vec::new();
        for outcome in outcomes {
            match outcome.result {
                Ok(()) => sent.push(outcome.seq),
                Err(reason) => failed.push((outcome.seq, reason)),
            }
        }
        for (seq, reason) in &failed {
            tracing::warn!(seq, reason, "event not taken by the bus; its subject waits");
        }
        let (sent, failed, attempts) = (&sent, &failed, &attempts);
        self.db
            .tx(|tx| async move {
                if !sent.is_empty() {
                    let mut update = Query::update();
                    update
                        .table(Col::Table)
                        .value(Col::SentAt, now)
                        .value(Col::LastError, None::<String>)
                        .and_where(Expr::col(Col::Seq).is_in(sent.iter().copied()));
                    tx.execute(&update).await?;
                }
                for (seq, reason) in failed {
                    let attempt = attempts.get(seq).copied().unwrap_or(0) + 1;
                    let wait = backoff(&self.rt, attempt);
                    let mut update = Query::update();
                    update
                        .table(Col::Table)
                        .value(Col::Attempts, attempt)
                        .value(Col::LastError, shortened(reason))
                        .value(Col::NextAttemptAt, now + wait)
                        .and_where(Expr::col(Col::Seq).eq(*seq));
                    tx.execute(&update).await?;
                }
                Ok::<_, DbErr>(())
            })
            .await?;
        Ok(sent.len())
    }

    /// What waits, oldest first, without subjects of which an older message backs off.
    async fn due(&self, now: DateTime<Utc>) -> Result<Vec<Row>, DbErr> {
        let waiting = Alias::new("waiting");
        let mut behind = Query::select();
        behind
            .expr(Expr::val(1))
            .from_as(Col::Table, waiting.clone())
            .and_where(
                Expr::col((waiting.clone(), Col::EventType)).equals((Col::Table, Col::EventType)),
            )
            .and_where(
                Expr::col((waiting.clone(), Col::Subject)).equals((Col::Table, Col::Subject)),
            )
            .and_where(Expr::col((waiting.clone(), Col::SentAt)).is_null())
            .and_where(Expr::col((waiting, Col::NextAttemptAt)).gt(now));
        let mut select = Query::select();
        select
            .columns([
                Col::Seq,
                Col::Id,
                Col::EventType,
                Col::Subject,
                Col::Payload,
                Col::Attempts,
            ])
            .from(Col::Table)
            .and_where(Expr::col((Col::Table, Col::SentAt)).is_null())
            .and_where(Expr::not_exists(behind))
            .order_by(Col::Seq, Order::Asc)
            .limit(BATCH);
        let rows = self.db.read().query_all(&select).await?;
        rows.iter()
            .map(|row| Row::from_query_result(row, ""))
            .collect()
    }
}
