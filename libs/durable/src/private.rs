//! Events that tell of persons, sealed from the publisher's transaction to the consumer's handler: in the outbox, on the broker, in
//! the task table, in dead messages and backups of all of these. Only the envelope (ids, type, version, time) is readable.

use contracts::{CloudEvent, Event};
use kit::{Runtime, Sealer};
use serde_json::{Value, json};

/// The one member of a sealed `data`.
const SEALED: &str = "sealed";

/// Wraps an event as it may travel.
///
/// # Errors
/// When the event cannot be written as JSON.
pub fn wrap<E: Event>(
    event: &E,
    id: uuid::Uuid,
    time: chrono::DateTime<chrono::Utc>,
    traceparent: Option<String>,
    rt: &Runtime,
) -> serde_json::Result<CloudEvent> {
    let mut message = CloudEvent::wrap(event, id, time, traceparent)?;
    if E::personal() {
        let about = about(&message);
        let sealed = rt
            .sealer
            .seal_about(rt.ids, &message.data.to_string(), &about);
        message.data = json!({ SEALED: sealed });
    }
    Ok(message)
}

/// The event inside a message. One that tells of persons must be sealed: whoever writes to the broker cannot make one up.
pub(crate) fn event<E: Event>(sealer: &Sealer, message: &CloudEvent) -> Result<E, String> {
    let data = if E::personal() {
        opened(sealer, message)?.ok_or("an event about persons came unsealed")?
    } else {
        message.data.clone()
    };
    // Says where, never what: the text lands in the dead letters.
    contracts::tolerant::from_value(data)
        .map_err(|error| format!("{:?} in the event", error.classify()))
}

/// A stored message with its data open, for tools and tests that read tables.
///
/// # Errors
/// When it is no message, or sealed with another key.
pub fn read(rt: &Runtime, payload: &str) -> Result<CloudEvent, String> {
    let mut message: CloudEvent =
        serde_json::from_str(payload).map_err(|error| error.to_string())?;
    if let Some(data) = opened(&rt.sealer, &message)? {
        message.data = data;
    }
    Ok(message)
}

/// The data of a sealed message; `None` when it is not sealed.
fn opened(sealer: &Sealer, message: &CloudEvent) -> Result<Option<Value>, String> {
    let Some(sealed) = message.data.get(SEALED).and_then(Value::as_str) else {
        return Ok(None);
    };
    let text = sealer
        .open_about(sealed, &about(message))
        .map_err(|error| error.to_string())?;
    serde_json::from_str(&text)
        .map(Some)
        .map_err(|error| error.to_string())
}

/// What the seal is bound to: a sealed part cannot be put into another envelope.
fn about(message: &CloudEvent) -> String {
    format!(
        "{} {} {} {}",
        message.event_type, message.id, message.subject, message.version
    )
}
