//! The OpenAPI documents say all that a stranger needs: summary, description, errors, security, examples, and references that lead
//! somewhere.

use serde_json::Value;
use std::collections::BTreeSet;

#[test]
fn every_operation_is_described() {
    let mut wrong = Vec::new();
    let mut ids = BTreeSet::new();
    for (service, document) in suite::documents::services() {
        let document = serde_json::to_value(document).expect("JSON");
        assert!(
            document["openapi"]
                .as_str()
                .is_some_and(|v| v.starts_with("3.1")),
            "{service}"
        );
        for (path, item) in document["paths"].as_object().expect("paths") {
            for (method, operation) in item.as_object().expect("operations") {
                let name = format!("{service}: {} {path}", method.to_uppercase());
                let text = |key: &str| {
                    operation[key]
                        .as_str()
                        .is_some_and(|t| !t.trim().is_empty())
                };
                if !text("summary") || !text("description") {
                    wrong.push(format!("{name}: no summary or description"));
                }
                match operation["operationId"].as_str() {
                    Some(id) if ids.insert(id.to_owned()) => {}
                    other => wrong.push(format!(
                        "{name}: operation id {other:?} is missing or twice"
                    )),
                }
                if operation["security"].as_array().is_none() {
                    wrong.push(format!("{name}: says nothing of security"));
                }
                let answers = operation["responses"]
                    .as_object()
                    .cloned()
                    .unwrap_or_default();
                if !answers.keys().any(|s| s.starts_with('4')) {
                    wrong.push(format!("{name}: no error is documented"));
                }
                for (status, answer) in &answers {
                    let problem = answer["content"]
                        .as_object()
                        .is_some_and(|c| c.contains_key("application/problem+json"));
                    if status.starts_with('4') && !problem && path.starts_with("/api/") {
                        wrong.push(format!("{name}: {status} is not a problem document"));
                    }
                }
            }
        }
        dangling(&document, &document, service, &mut wrong);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// References that lead nowhere.
fn dangling(document: &Value, part: &Value, service: &str, wrong: &mut Vec<String>) {
    match part {
        Value::Object(map) => {
            if let Some(Value::String(target)) = map.get("$ref") {
                let found = target.strip_prefix('#').and_then(|p| document.pointer(p));
                if found.is_none() {
                    wrong.push(format!("{service}: {target} leads nowhere"));
                }
            }
            map.values()
                .for_each(|v| dangling(document, v, service, wrong));
        }
        Value::Array(items) => items
            .iter()
            .for_each(|v| dangling(document, v, service, wrong)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn what_is_checked_in_is_what_the_code_says() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi");
    let drifted = suite::documents::drift(&folder).expect("documents");
    assert!(drifted.is_empty(), "run `make openapi`: {drifted:?}");
}
