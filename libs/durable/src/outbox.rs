//! Publishing is an INSERT; the relay sends what was committed.

use crate::bus::{Bus, BusError, Outgoing};
use crate::db::{Db, Tx};
use crate::lease;
use crate::schema::Outbox as Col;
use crate::task::{backoff, built, shortened};
use crate::watch::Watch;
use crate::worker::held::{Ended, held, span};
use chrono::{DateTime, Utc};
use contracts::Event;
use kit::Runtime;
use sea_orm::sea_query::{Alias, Expr, ExprTrait as _, Order, Query};
use sea_orm::{ConnectionTrait as _, DbErr, FromQueryResult};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::Mutex;
use uuid::Uuid;

/// Rows sent in one go.
const BATCH: u64 = 100;
/// Largest message, bytes: half of what RabbitMQ takes by default. One that is larger would close the channel each time it is sent,
/// and hold up all others.
pub const LARGEST: usize = 8 * 1024 * 1024;
/// The lease row of the relay, and for how long it is held: so long nothing is sent when the one who has it is killed.
const LEASE: &str = "relay";
const HELD: Duration = Duration::from_secs(3);

/// Publishes an event: it is sent if, and only if, the caller's transaction commits.
///
/// # Errors
/// The database's; or when the event cannot be written as JSON, or is larger than [`LARGEST`].
pub async fn publish<E: Event>(tx: &Tx, rt: &Runtime, event: &E) -> Result<(), DbErr> {
    let now = rt.clock.now();
    let id = rt.ids.uuid(now);
    let waits_from = tx.now(rt);
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
            waits_from.into(),
            waits_from.into(),
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
    watch: Watch,
    holder: Uuid,
    held_until: Mutex<Option<DateTime<Utc>>>,
}

impl Relay {
    pub(crate) fn new(db: Db, rt: Runtime, bus: Bus, watch: Watch) -> Self {
        let holder = rt.ids.uuid(rt.clock.now());
        Self {
            db,
            rt,
            bus,
            watch,
            holder,
            held_until: Mutex::new(None),
        }
    }

    /// Sends one batch; returns how many were sent. Zero also when another relay holds the lease. It is renewed while the batch is on
    /// its way, for as long as a blocked broker may take; when it is lost all the same, or the process stops, what is not confirmed
    /// is left to the next one.
    pub(crate) async fn round(&self) -> Result<usize, RelayError> {
        let mut held_until = self.held_until.lock().await;
        if self.bus.is_held() {
            return Ok(0);
        }
        let now = self.db.now();
        let is_held = held_until.is_some_and(|until| until > now);
        // A look before the lease: an idle relay writes nothing.
        let mut rows = self.due(now, &[]).await?;
        if rows.is_empty() {
            return Ok(0);
        }
        if held_until.is_none_or(|until| until - now < span(HELD) * 2 / 3) {
            *held_until = self.take(now).await?.then(|| now + span(HELD));
        }
        if held_until.is_none() {
            return Ok(0);
        }
        if !is_held {
            // Looked at again: the one who held the lease before may have sent them.
            rows = self.due(now, &[]).await?;
        }
        let renew = || async { self.take(self.db.now()).await };
        match held(&self.rt.lifecycle, HELD, renew, self.send(rows)).await {
            Ended::Finished(outcome) => outcome,
            Ended::Lost => {
                tracing::warn!("the relay's lease was lost; whoever has it sends");
                *held_until = None;
                Ok(0)
            }
            Ended::Stopped => Ok(0),
        }
    }

    async fn take(&self, now: DateTime<Utc>) -> Result<bool, DbErr> {
        lease::take(&self.db, LEASE, self.holder, now, span(HELD)).await
    }

    /// Gives the lease back, so that another replica takes over at once.
    pub(crate) async fn release(&self) {
        if self.held_until.lock().await.take().is_some()
            && let Err(error) = lease::release(&self.db, LEASE, self.holder, self.db.now()).await
        {
            tracing::debug!(%error, "relay lease not given back; it runs out");
        }
    }

    /// Sends these, and what follows them for as long as all goes well. While one batch is on its way the one before is noted as sent
    /// and the next is read.
    async fn send(&self, mut rows: Vec<Row>) -> Result<usize, RelayError> {
        let stopping = self.rt.lifecycle.stopping();
        let (mut total, mut confirmed) = (0, Vec::new());
        loop {
            let busy: Vec<i64> = rows
                .iter()
                .map(|row| row.seq)
                .chain(confirmed.iter().copied())
                .collect();
            let attempts: BTreeMap<i64, i64> =
                rows.iter().map(|row| (row.seq, row.attempts)).collect();
            let (outcomes, noted, next) = tokio::join!(
                self.bus.send(lanes(rows)),
                self.note(&confirmed, &[]),
                self.due(self.db.now(), &busy),
            );
            noted?;
            let mut failed = Vec::new();
            confirmed.clear();
            for outcome in outcomes? {
                match outcome.result {
                    Ok(()) => confirmed.push(outcome.seq),
                    Err(reason) => {
                        let attempt = attempts.get(&outcome.seq).copied().unwrap_or(0) + 1;
                        failed.push((outcome.seq, attempt, reason));
                    }
                }
            }
            total += confirmed.len();
            // What was read ahead may follow one that was not taken: read again.
            let all = confirmed.len() == attempts.len();
            match next {
                Ok(next) if all && !next.is_empty() && !stopping.is_cancelled() => rows = next,
                _ => {
                    self.note(&confirmed, &failed).await?;
                    return Ok(total);
                }
            }
        }
    }

    /// Writes down what became of messages: sent; or not taken, at which attempt and why.
    async fn note(&self, sent: &[i64], failed: &[(i64, i64, String)]) -> Result<(), DbErr> {
        if sent.is_empty() && failed.is_empty() {
            return Ok(());
        }
        let now = self.db.now();
        for (seq, _, reason) in failed {
            self.watch.refused();
            tracing::warn!(seq, reason, "event not taken by the bus; its subject waits");
        }
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
                for (seq, attempt, reason) in failed {
                    let mut update = Query::update();
                    update
                        .table(Col::Table)
                        .value(Col::Attempts, *attempt)
                        .value(Col::LastError, shortened(reason))
                        .value(Col::NextAttemptAt, now + backoff(&self.rt, *attempt))
                        .and_where(Expr::col(Col::Seq).eq(*seq))
                        // Unless another relay has sent it meanwhile.
                        .and_where(Expr::col(Col::SentAt).is_null());
                    tx.execute(&update).await?;
                }
                Ok::<_, DbErr>(())
            })
            .await
    }

    /// What waits, oldest first, without subjects of which an older message backs off, and without those that are `busy`.
    async fn due(&self, now: DateTime<Utc>, busy: &[i64]) -> Result<Vec<Row>, DbErr> {
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
            // Those that were tried are few, and have an index of their own.
            .and_where(Expr::col((waiting.clone(), Col::Attempts)).gt(0))
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
            .and_where_option(
                (!busy.is_empty())
                    .then(|| Expr::col((Col::Table, Col::Seq)).is_not_in(busy.iter().copied())),
            )
            .order_by(Col::Seq, Order::Asc)
            .limit(BATCH);
        let rows = self.db.read().query_all(&select).await?;
        rows.iter()
            .map(|row| Row::from_query_result(row, ""))
            .collect()
    }
}

/// Order is kept within a subject: its next message goes out when the one before is confirmed.
fn lanes(rows: Vec<Row>) -> Vec<Vec<Outgoing>> {
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
    lanes
}
