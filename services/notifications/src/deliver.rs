//! From planned notices to rows and jobs, in the transaction of the event.

use crate::App;
use crate::channel::mail::Letter;
use crate::channel::sms::Text;
use crate::domain::plan::{Channel, Notice};
use crate::jobs::{SEND, SendDelivery};
use crate::store::entity;
use crate::store::{delivery, notice, seal};
use durable::{Job, TaskError, Tx};
use uuid::Uuid;

/// Puts notices into inboxes and queues the rest. Repeated for the same event it changes nothing.
pub async fn deliver(app: &App, tx: &Tx, event: Uuid, notices: &[Notice]) -> Result<(), TaskError> {
    for one in notices {
        match one.channel {
            Channel::Inbox => inbox(app, tx, event, one).await?,
            Channel::Email => email(app, tx, event, one).await?,
            Channel::Sms => sms(app, tx, event, one).await?,
        }
    }
    Ok(())
}

async fn inbox(app: &App, tx: &Tx, event: Uuid, one: &Notice) -> Result<(), TaskError> {
    let message = app
        .renderer
        .inbox(one)
        .map_err(|error| TaskError::fatal(error.to_string()))?;
    let now = app.rt.clock.now();
    let row = entity::notice::Model {
        id: app.rt.ids.uuid(now),
        event_id: event,
        recipient: one.recipient.key(),
        kind: one.kind.clone(),
        dossier_id: one.params.dossier_id.0,
        dossier_number: one.params.dossier_number.clone(),
        title: message.title,
        body: message.body,
        at: one.params.at,
        created_at: now,
    };
    notice::insert(tx, row).await?;
    Ok(())
}

async fn email(app: &App, tx: &Tx, event: Uuid, one: &Notice) -> Result<(), TaskError> {
    let Some(to) = one.address.clone().filter(|_| app.mailer.is_on()) else {
        return Ok(());
    };
    let mail = app
        .renderer
        .mail(one)
        .map_err(|error| TaskError::fatal(error.to_string()))?;
    let letter = Letter {
        to,
        name: one.params.name.clone(),
        subject: mail.subject,
        text: mail.text,
        html: mail.html,
    };
    queue(app, tx, event, one, seal(&app.rt, &letter)?).await
}

async fn sms(app: &App, tx: &Tx, event: Uuid, one: &Notice) -> Result<(), TaskError> {
    let Some(to) = one.address.clone().filter(|_| app.texter.is_on()) else {
        return Ok(());
    };
    let text = app
        .renderer
        .sms(one)
        .map_err(|error| TaskError::fatal(error.to_string()))?;
    match text {
        Some(text) => queue(app, tx, event, one, seal(&app.rt, &Text { to, text })?).await,
        None => Ok(()),
    }
}

async fn queue(
    app: &App,
    tx: &Tx,
    event: Uuid,
    one: &Notice,
    content_sealed: String,
) -> Result<(), TaskError> {
    let now = app.rt.clock.now();
    let id = app.rt.ids.uuid(now);
    let row = entity::delivery::Model {
        id,
        event_id: event,
        recipient: one.recipient.key(),
        channel: one.channel.as_str().to_owned(),
        kind: one.kind.clone(),
        content_sealed,
        state: delivery::QUEUED.to_owned(),
        attempts: 0,
        created_at: now,
        sent_at: None,
        error: None,
    };
    if delivery::insert(tx, row).await? {
        let job = Job::new(SEND, &SendDelivery { delivery: id }).key(id.to_string());
        durable::enqueue(tx, &app.rt, job).await?;
    }
    Ok(())
}
