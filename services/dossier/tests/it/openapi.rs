//! The document says of each operation what a stranger needs.

use serde_json::Value;

#[test]
fn every_operation_is_described_secured_and_refuses_by_problem() {
    let document = serde_json::to_value(dossier::openapi()).expect("JSON");
    let mut operations = 0;
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("item") {
            // Of the machinery, the same in each service; the walk over all documents looks at them.
            if path.starts_with("/api/v1/operations/") {
                continue;
            }
            operations += 1;
            let name = format!("{method} {path}");
            for text in ["summary", "description", "operationId"] {
                assert!(
                    operation[text].as_str().is_some_and(|t| !t.is_empty()),
                    "{name}: {text}"
                );
            }
            let security = operation["security"].as_array().expect("security");
            let public = security
                .iter()
                .any(|s| s.as_object().is_some_and(|s| s.is_empty()));
            let open =
                path.starts_with("/api/v1/tracking/") || path == "/api/v1/payments/notifications";
            assert_eq!(public, open, "{name}");
            let responses = operation["responses"].as_object().expect("responses");
            for (status, response) in responses {
                let status: u16 = status.parse().expect("one status, no range");
                let refusal = &response["content"]["application/problem+json"];
                assert_eq!(status >= 400, refusal["schema"].is_object(), "{name}");
            }
            for (status, when) in [("401", !open), ("403", !open), ("404", path.contains('{'))] {
                assert!(!when || responses.contains_key(status), "{name}: {status}");
            }
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let shown =
                    !parameter["example"].is_null() || !parameter["schema"]["example"].is_null();
                let cursor = parameter["name"] == "cursor";
                assert!(shown || cursor, "{name}: parameter {}", parameter["name"]);
            }
            if let Value::Object(content) = &operation["requestBody"]["content"]
                && let Some(json) = content.get("application/json")
            {
                let reference = json["schema"]["$ref"].as_str().expect("a named schema");
                let pointer = reference.trim_start_matches('#');
                let schema = document.pointer(pointer).expect("the schema");
                assert!(
                    !schema["example"].is_null(),
                    "{name}: no example of {reference}"
                );
            }
        }
    }
    assert_eq!(operations, 54);
}
