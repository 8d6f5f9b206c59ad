//! One public document from the documents of the services.

use anyhow::Context as _;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The parts of a path item that are operations.
const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// What the public is told of the whole.
const DESCRIPTION: &str = "The public interface of Một Cửa, the one-stop public-service suite of a province: procedures, dossiers, \
post, notices, accounts. Every integrator and our own pages use it.\n\n\
**Sign-in**: an access token of the OpenID Provider (`/.well-known/openid-configuration`) in `Authorization: Bearer`. The scopes of \
an operation are the permissions that it needs.\n\n\
**Lists** are `{items, next}`; pass `next` as `cursor`; at most 100 a page. **Changes** of a dossier take `If-Match` with the `ETag` \
read before. **Creating** operations take `Idempotency-Key`: a repeated request gets the saved answer.\n\n\
**Errors** are problem documents (RFC 9457) with a stable `code`, in Vietnamese or English by `Accept-Language`; wrong fields are \
named by JSON Pointer. **Limits**: 429 with `Retry-After`.\n\n\
Text is Vietnamese in Unicode NFC; times are RFC 3339; amounts are whole VND.";

/// Merges the documents of services into the public one: sorted, each operation marked with its service (`x-motcua-service`) and
/// with the gateway's own refusals. Only paths under `/api/`, `/oauth2/` and `/.well-known/` are public.
///
/// # Errors
/// Two operations with one id or on one path and method, an operation without id or with a range of statuses (`4XX`), two different
/// components of one name, a reference to what is not there.
pub fn merge(documents: &[(&str, Value)], server_url: &str) -> anyhow::Result<Value> {
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    let mut components: BTreeMap<String, BTreeMap<String, Value>> = BTreeMap::new();
    let mut tags: BTreeMap<String, Value> = BTreeMap::new();
    let mut ids: BTreeMap<String, String> = BTreeMap::new();
    for (service, document) in documents {
        let items = document.get("paths").and_then(Value::as_object);
        for (path, item) in items.with_context(|| format!("{service} has no paths"))? {
            if !is_public(path) {
                continue;
            }
            let item = item
                .as_object()
                .with_context(|| format!("{service}: {path}"))?;
            let merged = paths.entry(path.clone()).or_default();
            for (key, value) in item {
                if !METHODS.contains(&key.as_str()) {
                    anyhow::bail!("{service}: {path} has {key}; write it into the operations");
                }
                let place = format!("{} {path} of {service}", key.to_uppercase());
                let operation = marked(value, service, &mut tags).context(place.clone())?;
                let id = operation
                    .get("operationId")
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                if let Some(other) = ids.insert(id.to_owned(), place.clone()) {
                    anyhow::bail!("{place} and {other} are both called {id}");
                }
                if merged.insert(key.clone(), operation).is_some() {
                    anyhow::bail!("{place} is served by another service, too");
                }
            }
        }
        let of_service = document.get("components").and_then(Value::as_object);
        for (kind, named) in of_service.into_iter().flatten() {
            let named = named
                .as_object()
                .with_context(|| format!("{service}: components/{kind}"))?;
            let all = components.entry(kind.clone()).or_default();
            for (name, value) in named {
                match all.get(name) {
                    None => {
                        all.insert(name.clone(), value.clone());
                    }
                    Some(same) if same == value => {}
                    Some(_) => anyhow::bail!(
                        "{service}: {kind}/{name} differs from that of another service; rename one"
                    ),
                }
            }
        }
    }
    let document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Một Cửa",
            "description": DESCRIPTION,
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
            "version": "1.0.0",
        },
        "servers": [{ "url": server_url }],
        "tags": tags.into_values().collect::<Vec<_>>(),
        "paths": paths,
        "components": components,
    });
    complete(&document)?;
    Ok(sorted(document))
}

fn is_public(path: &str) -> bool {
    ["/api/", "/oauth2/", "/.well-known/"]
        .iter()
        .any(|prefix| path.starts_with(prefix))
}

/// One operation with its service and what the gateway may answer in its place.
fn marked(
    operation: &Value,
    service: &str,
    tags: &mut BTreeMap<String, Value>,
) -> anyhow::Result<Value> {
    let mut operation = operation.as_object().context("not an object")?.clone();
    let id = operation
        .get("operationId")
        .and_then(Value::as_str)
        .unwrap_or_default();
    anyhow::ensure!(!id.is_empty(), "operationId is missing");
    for tag in operation
        .get("tags")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let tag = tag.as_str().context("a tag is not a text")?;
        tags.entry(tag.to_owned())
            .or_insert_with(|| json!({ "name": tag }));
    }
    operation.insert("x-motcua-service".to_owned(), json!(service));
    let responses = operation
        .entry("responses")
        .or_insert_with(|| json!({}))
        .as_object_mut()
        .context("responses is not an object")?;
    let range = responses.keys().find(|status| status.contains('X'));
    anyhow::ensure!(
        range.is_none(),
        "its refusals are a range, {range:?}: name each status"
    );
    for (status, description) in [
        ("429", "Too many requests in a minute; see Retry-After."),
        (
            "503",
            "The service is away for the moment; see Retry-After.",
        ),
        ("504", "The service took too long to answer."),
    ] {
        responses
            .entry(status)
            .or_insert_with(|| refusal(description, status != "504"));
    }
    Ok(Value::Object(operation))
}

fn refusal(description: &str, retry: bool) -> Value {
    let mut response = json!({
        "description": description,
        "content": {
            "application/problem+json": {
                "schema": { "$ref": "#/components/schemas/ProblemBody" }
            }
        }
    });
    if retry && let Some(response) = response.as_object_mut() {
        response.insert(
            "headers".to_owned(),
            json!({
                "Retry-After": {
                    "description": "Seconds to wait.",
                    "schema": { "type": "integer", "minimum": 1 }
                }
            }),
        );
    }
    response
}

/// Every reference leads somewhere.
fn complete(document: &Value) -> anyhow::Result<()> {
    let mut wanted = BTreeSet::new();
    references(document, &mut wanted);
    for reference in wanted {
        let pointer = reference
            .strip_prefix('#')
            .with_context(|| format!("{reference} is elsewhere"))?;
        anyhow::ensure!(
            document.pointer(pointer).is_some(),
            "{reference} is not there"
        );
    }
    Ok(())
}

fn references<'a>(value: &'a Value, into: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(map) => {
            if let Some(reference) = map.get("$ref").and_then(Value::as_str) {
                into.insert(reference);
            }
            map.values().for_each(|value| references(value, into));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, into)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The same with all keys in order, however the map of the library keeps them.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let ordered: BTreeMap<String, Value> = map
                .into_iter()
                .map(|(key, value)| (key, sorted(value)))
                .collect();
            Value::Object(ordered.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(path: &str, id: &str, schema: &Value) -> Value {
        json!({
            "paths": {
                path: {"get": {"operationId": id, "tags": ["x"], "responses": {"200": {"description": "ok"}}}},
                "/internal/x": {"get": {"operationId": "hidden"}},
            },
            "components": {"schemas": {"ProblemBody": {"type": "object"}, "Shared": schema}},
        })
    }

    #[test]
    fn operations_are_marked_and_internal_ones_left_out() {
        let string = json!({"type": "string"});
        let merged = merge(
            &[
                ("b", document("/api/v1/b", "b", &string)),
                ("a", document("/api/v1/a", "a", &string)),
            ],
            "http://127.0.0.1:8080",
        )
        .expect("merges");
        let paths: Vec<_> = merged["paths"].as_object().expect("paths").keys().collect();
        assert_eq!(paths, ["/api/v1/a", "/api/v1/b"]);
        let operation = &merged["paths"]["/api/v1/b"]["get"];
        assert_eq!(operation["x-motcua-service"], "b");
        assert!(operation["responses"]["429"]["headers"]["Retry-After"].is_object());
        assert_eq!(merged["tags"], json!([{"name": "x"}]));
        crate::table::Table::read(&merged).expect("the gateway reads what it merged");
    }

    #[test]
    fn contradictions_are_refused() {
        let (string, number) = (json!({"type": "string"}), json!({"type": "number"}));
        let a = || ("a", document("/api/v1/a", "a", &string));
        let mut vague = document("/api/v1/b", "b", &string);
        vague["paths"]["/api/v1/b"]["get"]["responses"]["4XX"] = json!({"description": "Refused"});
        for (other, why) in [
            (document("/api/v1/b", "a", &string), "both called a"),
            (document("/api/v1/a", "b", &string), "another service"),
            (
                document("/api/v1/b", "b", &number),
                "schemas/Shared differs",
            ),
            (
                document(
                    "/api/v1/b",
                    "b",
                    &json!({"$ref": "#/components/schemas/Gone"}),
                ),
                "differs",
            ),
            (document("/api/v1/b", "", &string), "operationId is missing"),
            (vague, "name each status"),
        ] {
            let error = merge(&[a(), ("b", other)], "x").expect_err(why);
            assert!(format!("{error:#}").contains(why), "{error:#}");
        }
        let dangling = document(
            "/api/v1/a",
            "a",
            &json!({"$ref": "#/components/schemas/Gone"}),
        );
        let error = merge(&[("a", dangling)], "x").expect_err("dangling");
        assert!(format!("{error:#}").contains("is not there"), "{error:#}");
    }
}
