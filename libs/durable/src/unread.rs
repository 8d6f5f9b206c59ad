//! Messages that cannot be tasks: kept as dead ones with the reason, so that the queue goes on and people find them.

use crate::db::{Db, Tx};
use crate::schema::Task as Col;
use crate::task::NewTask;
use contracts::CloudEvent;
use kit::Runtime;
use kit::http::sha256_hex;
use sea_orm::sea_query::{Expr, ExprTrait as _, Query};
use sea_orm::{ConnectionTrait as _, DbErr};
use uuid::Uuid;

/// Longest text that is kept of such a message, bytes; enough to see what it was, too little to fill a disk.
const KEPT: usize = 64 * 1024;
/// Longest kind that is kept, characters; a routing key is not longer.
const KIND: usize = 255;

/// A message that is not run.
pub(crate) struct Unread {
    kind: String,
    key: String,
    payload: String,
    reason: String,
}

impl Unread {
    /// A message of which the id is unknown or not to be trusted: its bytes are its key, so that a repetition is seen.
    pub(crate) fn new(kind: &str, data: &[u8], reason: &str) -> Self {
        let cut = data.get(..KEPT).unwrap_or(data);
        let reason = if cut.len() < data.len() {
            format!(
                "{reason}; the first {KEPT} of {} bytes are kept",
                data.len()
            )
        } else {
            reason.to_owned()
        };
        Self {
            kind: storable(kind).chars().take(KIND).collect(),
            key: format!("sha256:{}", sha256_hex(data)),
            payload: storable(&String::from_utf8_lossy(cut)),
            reason,
        }
    }

    /// A message with an id: if that was stored already, it has come to its end.
    pub(crate) fn with_id(self, id: Uuid) -> Self {
        Self {
            key: id.to_string(),
            ..self
        }
    }

    /// Stores it; false when it is there already.
    pub(crate) async fn keep(&self, db: &Db, consumer: &str) -> Result<bool, DbErr> {
        let rt = db.runtime();
        db.tx(|tx| async move { self.keep_in(&tx, rt, consumer).await })
            .await
    }

    pub(crate) async fn keep_in(
        &self,
        tx: &Tx,
        rt: &Runtime,
        consumer: &str,
    ) -> Result<bool, DbErr> {
        let now = tx.now(rt);
        let new = NewTask {
            id: rt.ids.uuid(now),
            consumer,
            kind: &self.kind,
            key: &self.key,
            payload: &self.payload,
            traceparent: None,
            priority: 0,
            run_at: now,
            created_at: now,
            dead: Some(&self.reason),
        };
        let kept = new.insert(tx).await?;
        if kept {
            // The content is not logged: it may be about a person.
            tracing::error!(
                consumer,
                reason = self.reason,
                kind = self.kind,
                "a message is kept as dead"
            );
        }
        Ok(kept)
    }
}

/// Whether what is stored under the message's id says something else.
pub(crate) async fn contradicts(
    tx: &Tx,
    consumer: &str,
    message: &CloudEvent,
) -> Result<bool, DbErr> {
    let mut select = Query::select();
    select
        .column(Col::Payload)
        .from(Col::Table)
        .and_where(Expr::col(Col::Consumer).eq(consumer))
        .and_where(Expr::col(Col::Kind).eq(&message.event_type))
        .and_where(Expr::col(Col::Key).eq(message.id.to_string()));
    let Some(row) = tx.query_one(&select).await? else {
        return Ok(false);
    };
    let payload: String = row.try_get("", "payload")?;
    // One that was given up unread is no witness.
    let Ok(stored) = serde_json::from_str::<CloudEvent>(&payload) else {
        return Ok(false);
    };
    // Not the text: another release may write the envelope in another way.
    Ok(stored.data != message.data
        || stored.subject != message.subject
        || stored.version != message.version
        || stored.source != message.source)
}

/// `PostgreSQL` keeps every character but this one.
fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}
