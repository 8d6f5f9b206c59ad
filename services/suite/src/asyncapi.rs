//! `openapi/asyncapi.json`: which events there are, who sends and who takes them, and how they travel (`AsyncAPI` 3.0, `CloudEvents` 1.0).

use contracts::events::{
    AgencyChanged, CONSUMERS, DossierAlarm, DossierChanged, ProcedureChanged, ShipmentChanged,
    UnitsChanged,
};
use contracts::{CloudEvent, Event};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

/// An event as the document names it.
struct Described {
    name: String,
    kind: &'static str,
    source: &'static str,
    personal: bool,
    schema: Value,
    /// Schemas that it refers to.
    others: Vec<(String, Value)>,
}

fn described<E: Event + ToSchema>() -> anyhow::Result<Described> {
    let mut others = Vec::new();
    E::schemas(&mut others);
    Ok(Described {
        name: E::name().into_owned(),
        kind: E::TYPE,
        source: E::SOURCE,
        personal: E::personal(),
        schema: serde_json::to_value(E::schema())?,
        others: others
            .into_iter()
            .map(|(name, schema)| Ok((name, serde_json::to_value(schema)?)))
            .collect::<anyhow::Result<_>>()?,
    })
}

/// The document.
///
/// # Errors
/// When a schema or a sample cannot be written as JSON.
pub fn document() -> anyhow::Result<Value> {
    let events = [
        described::<ProcedureChanged>()?,
        described::<AgencyChanged>()?,
        described::<UnitsChanged>()?,
        described::<DossierChanged>()?,
        described::<DossierAlarm>()?,
        described::<ShipmentChanged>()?,
    ];
    let samples = contracts::samples::all()?;
    let mut schemas = Map::from_iter([
        ("Envelope".to_owned(), envelope()),
        ("Sealed".to_owned(), sealed()),
    ]);
    let (mut channels, mut operations, mut messages) = (Map::new(), Map::new(), Map::new());
    for event in &events {
        let name = &event.name;
        schemas.extend(event.others.iter().cloned());
        schemas.insert(name.clone(), event.schema.clone());
        channels.insert(name.clone(), channel(event));
        let sample = samples.iter().find(|s| s.event_type == event.kind);
        messages.insert(name.clone(), message(event, sample)?);
        let (at, sent) = (
            json!({ "$ref": format!("#/channels/{name}") }),
            json!([{ "$ref": format!("#/channels/{name}/messages/{name}") }]),
        );
        operations.insert(
            format!("{}.send.{name}", event.source),
            json!({ "action": "send", "channel": at, "messages": sent }),
        );
        for (consumer, types) in CONSUMERS {
            if types.contains(&event.kind) {
                let receive = json!({
                    "action": "receive",
                    "channel": at,
                    "messages": sent,
                    "bindings": { "amqp": { "ack": true, "bindingVersion": "0.3.0" } },
                    "description": format!("Through the quorum queue `motcua.{consumer}`."),
                });
                operations.insert(format!("{consumer}.receive.{name}"), receive);
            }
        }
    }
    Ok(json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Một Cửa – sự kiện",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Sự kiện giữa các dịch vụ. / Events between the services: CloudEvents 1.0 in JSON, on one durable topic exchange. Delivery is at least once; consumers are idempotent on `id` and compare `version`. Fields may be added to an event; a new meaning is a new version of its type. Unknown fields are passed over.",
            "license": { "name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0" },
        },
        "defaultContentType": CONTENT,
        "servers": { "broker": {
            "host": "{host}", "protocol": "amqp", "protocolVersion": "0.9.1",
            "description": "RabbitMQ",
            "variables": { "host": { "default": "localhost:5672", "description": "Host and port" } },
        } },
        "channels": channels,
        "operations": operations,
        "components": { "messages": messages, "schemas": schemas },
    }))
}

/// What the messages are.
const CONTENT: &str = "application/cloudevents+json";

fn channel(event: &Described) -> Value {
    json!({
        "address": event.kind,
        "description": "The routing key is the type.",
        "messages": { &event.name: { "$ref": format!("#/components/messages/{}", event.name) } },
        "bindings": { "amqp": {
            "is": "routingKey",
            "exchange": { "name": "motcua.events", "type": "topic", "durable": true, "autoDelete": false, "vhost": "/" },
            "bindingVersion": "0.3.0",
        } },
    })
}

fn message(event: &Described, sample: Option<&CloudEvent>) -> anyhow::Result<Value> {
    let content = json!({ "$ref": format!("#/components/schemas/{}", event.name) });
    let description = event
        .schema
        .get("description")
        .cloned()
        .unwrap_or(Value::Null);
    let data = if event.personal {
        json!({ "$ref": "#/components/schemas/Sealed" })
    } else {
        content.clone()
    };
    let mut message = json!({
        "name": event.kind,
        "title": event.name,
        "description": description,
        "contentType": CONTENT,
        "payload": { "allOf": [
            { "$ref": "#/components/schemas/Envelope" },
            { "type": "object", "properties": {
                "type": { "const": event.kind },
                "source": { "const": event.source },
                "data": data,
            } },
        ] },
        "bindings": { "amqp": { "contentEncoding": "utf-8", "messageType": event.kind, "bindingVersion": "0.3.0" } },
    });
    if let (Some(sample), Some(members)) = (sample, message.as_object_mut()) {
        if event.personal {
            // Tells of a person: what is inside the seal.
            members.insert("x-sealed-content".to_owned(), content);
            members.insert("x-sealed-content-example".to_owned(), sample.data.clone());
        } else {
            let example = json!([{ "payload": serde_json::to_value(sample)? }]);
            members.insert("examples".to_owned(), example);
        }
    }
    Ok(message)
}

fn envelope() -> Value {
    let text = |description: &str| json!({ "type": "string", "description": description });
    json!({
        "type": "object",
        "description": "CloudEvents 1.0, structured mode. At most 8 MiB.",
        "required": ["specversion", "id", "source", "type", "subject", "time", "datacontenttype", "version", "data"],
        "properties": {
            "specversion": { "const": "1.0" },
            "id": { "type": "string", "format": "uuid", "description": "Of this message; also the property `message_id`. A message with an id that was there before is a repetition." },
            "source": text("The service that sent it."),
            "type": text("`<service>.<noun>-<participle>.v<N>`; also the routing key."),
            "subject": text("Id of the aggregate. Order is kept within it."),
            "time": { "type": "string", "format": "date-time", "description": "When the transaction ran." },
            "datacontenttype": { "const": "application/json" },
            "version": { "type": "integer", "format": "int64", "description": "Extension: version of the aggregate after the change, from 1. What is older than what a consumer holds changes nothing." },
            "traceparent": text("Extension: W3C trace context."),
            "data": { "type": "object" },
        },
    })
}

fn sealed() -> Value {
    json!({
        "type": "object",
        "description": "An event that tells of a person is sealed (AES-256-GCM) with the installation's key, bound to type, id, subject and version of its envelope; one that comes unsealed is not believed.",
        "required": ["sealed"],
        "properties": { "sealed": { "type": "string" } },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn refs(value: &Value, out: &mut BTreeSet<String>) {
        match value {
            Value::Object(all) => {
                if let Some(Value::String(to)) = all.get("$ref") {
                    out.insert(to.clone());
                }
                all.values().for_each(|inner| refs(inner, out));
            }
            Value::Array(all) => all.iter().for_each(|inner| refs(inner, out)),
            _ => {}
        }
    }

    #[test]
    fn every_event_is_there_with_who_sends_and_who_takes_it() {
        let document = document().expect("a document");
        let mut found = BTreeSet::new();
        refs(&document, &mut found);
        assert!(found.len() > 20, "{found:?}");
        for to in &found {
            let pointer = to.strip_prefix('#').expect("a place in this document");
            assert!(document.pointer(pointer).is_some(), "{to}");
        }
        let addresses: BTreeSet<&str> = document["channels"]
            .as_object()
            .expect("channels")
            .values()
            .filter_map(|channel| channel["address"].as_str())
            .collect();
        assert_eq!(
            addresses,
            contracts::events::TYPES
                .iter()
                .copied()
                .collect::<BTreeSet<_>>()
        );
        let received = CONSUMERS
            .iter()
            .map(|(_, types)| types.len())
            .sum::<usize>();
        assert_eq!(
            document["operations"]
                .as_object()
                .expect("operations")
                .len(),
            contracts::events::TYPES.len() + received
        );
    }

    #[test]
    fn the_schemas_say_what_the_samples_have() {
        let document = document().expect("a document");
        for sample in contracts::samples::all().expect("samples") {
            let messages = document["components"]["messages"]
                .as_object()
                .expect("messages");
            let (name, _) = messages
                .iter()
                .find(|(_, message)| message["name"] == sample.event_type.as_str())
                .expect("its message");
            let schema = &document["components"]["schemas"][name];
            let keys = |value: &Value| {
                let object = value.as_object().expect("an object");
                object.keys().cloned().collect::<BTreeSet<String>>()
            };
            assert_eq!(keys(&schema["properties"]), keys(&sample.data), "{name}");
        }
    }
}
