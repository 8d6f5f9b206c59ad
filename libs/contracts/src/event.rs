//! The envelope: `CloudEvents` 1.0 in JSON (structured mode), as it crosses RabbitMQ and lies in outbox and inbox.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use uuid::Uuid;

/// A fact that other services may learn. State-carrying: `version` is the aggregate's version, so that a consumer can ignore what
/// is older than what it holds.
pub trait Event: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// `CloudEvents` `type`, also the routing key: `<service>.<noun>-<participle>.v<N>`.
    const TYPE: &'static str;
    /// `CloudEvents` `source`: the publishing service.
    const SOURCE: &'static str;
    /// The aggregate's id (`CloudEvents` `subject`); order is kept within it.
    fn subject(&self) -> String;
    /// The aggregate's version after the change.
    fn version(&self) -> i64;
    /// Whether it may tell of a person. Such an event travels and rests sealed, and a clear one is not believed. Only the
    /// catalogue's facts are public.
    fn personal() -> bool {
        Self::SOURCE != "catalogue"
    }
}

/// One message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CloudEvent {
    /// Always `1.0`.
    pub specversion: String,
    /// Unique message id; consumers are idempotent on it.
    pub id: Uuid,
    /// The publishing service.
    pub source: String,
    /// See [`Event::TYPE`].
    #[serde(rename = "type")]
    pub event_type: String,
    /// See [`Event::subject`].
    pub subject: String,
    /// When the transaction that published it ran.
    pub time: DateTime<Utc>,
    /// Always `application/json`.
    pub datacontenttype: String,
    /// Extension: the aggregate's version.
    pub version: i64,
    /// Extension: W3C trace context of the publishing span.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// The event itself.
    pub data: serde_json::Value,
}

impl CloudEvent {
    /// Wraps an event.
    ///
    /// # Errors
    /// When the event cannot be written as JSON.
    pub fn wrap<E: Event>(
        event: &E,
        id: Uuid,
        time: DateTime<Utc>,
        traceparent: Option<String>,
    ) -> serde_json::Result<Self> {
        Ok(Self {
            specversion: "1.0".to_owned(),
            id,
            source: E::SOURCE.to_owned(),
            event_type: E::TYPE.to_owned(),
            subject: event.subject(),
            time,
            datacontenttype: "application/json".to_owned(),
            version: event.version(),
            traceparent,
            data: serde_json::to_value(event)?,
        })
    }
}
