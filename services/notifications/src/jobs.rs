//! Jobs of our own: sending one letter or text message.

use crate::App;
use crate::channel::SendError;
use crate::domain::plan::Channel;
use crate::store::entity::delivery::Model;
use crate::store::{delivery, unseal};
use durable::{Done, Task, TaskError};
use kit::metrics::Labels;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use uuid::Uuid;

/// The kind of the job.
pub const SEND: &str = "send-delivery";

/// Which delivery to send.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub struct SendDelivery {
    /// Its id.
    pub delivery: Uuid,
}

/// Sends one delivery: the call first, with the delivery's id, then one transaction that notes it. A crash in between repeats the same
/// letter with the same id.
pub async fn send(app: Arc<App>, task: Task<SendDelivery>) -> Result<Done, TaskError> {
    let id = task.event.delivery;
    let Some(row) = delivery::one(app.db.read(), id).await? else {
        return Err(TaskError::fatal("the delivery does not exist"));
    };
    if row.state == delivery::SENT {
        return Ok(task.skip(&app.db).await?);
    }
    let (app, task, row) = (&app, &task, &row);
    let attempts = row.attempts + 1;
    match hand_out(app, row).await {
        Ok(()) => {
            count(app, row, delivery::SENT);
            app.db
                .tx(|tx| async move {
                    delivery::sent(&tx, id, attempts, app.rt.clock.now()).await?;
                    Ok(task.finish(&tx).await?)
                })
                .await
        }
        Err(error) => {
            let dead = match &error {
                SendError::Never(_) => true,
                SendError::Later(_) => task.attempt >= app.config.max_attempts,
            };
            let text = error.to_string();
            let (text, error) = (&text, error.clone());
            app.db
                .tx(|tx| async move { delivery::failed(&tx, id, attempts, dead, text).await })
                .await?;
            if dead {
                count(app, row, delivery::DEAD);
            }
            Err(match error {
                SendError::Never(reason) => TaskError::fatal(reason),
                SendError::Later(_) => TaskError::retry(error),
            })
        }
    }
}

async fn hand_out(app: &App, row: &Model) -> Result<(), SendError> {
    let sealed = |_not_ours: sea_orm::DbErr| {
        SendError::Never("the content cannot be opened with this key".to_owned())
    };
    match Channel::parse(&row.channel) {
        Some(Channel::Email) => {
            let letter = unseal(&app.rt.sealer, &row.content_sealed).map_err(sealed)?;
            app.mailer.send(row.id, row.created_at, &letter).await
        }
        Some(Channel::Sms) => {
            let text = unseal(&app.rt.sealer, &row.content_sealed).map_err(sealed)?;
            app.texter.send(row.id, row.created_at, &text).await
        }
        Some(Channel::Inbox) | None => Err(SendError::Never(
            "not a channel that is sent over".to_owned(),
        )),
    }
}

fn count(app: &App, row: &Model, outcome: &str) {
    app.deliveries
        .get_or_create(&Labels {
            service: "notifications".to_owned(),
            kind: format!("{}.{outcome}", row.channel),
        })
        .inc();
}
