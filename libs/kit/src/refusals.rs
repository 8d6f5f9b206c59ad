//! The refusals that every operation of a shape can give, written into the document: what the extractors answer is the same everywhere,
//! so it is said once, here, and only what the operation itself refuses is said at the operation.

use crate::ProblemBody;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn, PathItem};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, ResponseBuilder, Schema};
use utoipa::{PartialSchema as _, ToSchema as _};

/// Status and what it means, with the codes.
type Refusal = (&'static str, &'static str);

const MALFORMED: Refusal = (
    "400",
    "The body cannot be read (`body.malformed`), or broke off.",
);
const NO_TOKEN: Refusal = (
    "401",
    "No token, or one that is not good, not ours, expired, revoked, or shown from outside the networks of its client \
     (`auth.missing-token`, `auth.invalid-token`, `auth.foreign-issuer`, `auth.expired-token`, `auth.revoked-token`, \
     `auth.foreign-network`); where it is asked for, a sign-in that is too old (`auth.step-up-required`).",
);
const FORBIDDEN: Refusal = ("403", "Not permitted to the caller (`auth.forbidden`).");
const NOT_FOUND: Refusal = (
    "404",
    "It does not exist, or the caller may not know that it does.",
);
const CONFLICT: Refusal = (
    "409",
    "Not open in the present state, or just changed by someone else; `code` says which.",
);
const CHANGED: Refusal = (
    "412",
    "It has changed since it was read (`precondition.failed`).",
);
const TOO_LARGE: Refusal = ("413", "The body is too large (`body.too-large`).");
const MEDIA_TYPE: Refusal = (
    "415",
    "The body is of another media type (`body.media-type`).",
);
const INVALID: Refusal = (
    "422",
    "A field, a parameter or a header is not valid (`body.invalid`, `query.invalid`, `query.cursor`, `idempotency.key-invalid`, \
     `idempotency.key-reused`); `errors` names each.",
);
const NO_CONDITION: Refusal = ("428", "`If-Match` is missing (`precondition.required`).");

/// Adds to each operation the refusals of its shape; what it says itself stays.
pub(crate) fn write(document: &mut OpenApi) {
    for (path, item) in &mut document.paths.paths {
        for operation in operations(item) {
            for (status, description) in of(path, operation) {
                let responses = &mut operation.responses.responses;
                responses
                    .entry(status.to_owned())
                    .or_insert_with(|| RefOr::T(problem(description)));
            }
        }
    }
    let mut schemas: Vec<(String, RefOr<Schema>)> =
        vec![(ProblemBody::name().into_owned(), ProblemBody::schema())];
    ProblemBody::schemas(&mut schemas);
    let known = &mut document.components.get_or_insert_default().schemas;
    for (name, schema) in schemas {
        known.entry(name).or_insert(schema);
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [
        &mut item.get,
        &mut item.put,
        &mut item.post,
        &mut item.delete,
        &mut item.patch,
    ]
    .into_iter()
    .flatten()
}

/// What an operation of this shape may answer.
fn of(path: &str, operation: &Operation) -> Vec<Refusal> {
    let mut out = Vec::new();
    let parameters: Vec<&Parameter> = operation
        .parameters
        .iter()
        .flatten()
        .filter_map(|parameter| match parameter {
            RefOr::T(parameter) => Some(parameter),
            RefOr::Ref(_) => None,
        })
        .collect();
    let has_header = |name: &str| {
        parameters.iter().any(|p| {
            matches!(p.parameter_in, ParameterIn::Header) && p.name.eq_ignore_ascii_case(name)
        })
    };
    match asks(operation) {
        Asks::Nothing => {}
        Asks::Token => out.push(NO_TOKEN),
        Asks::Permission => out.extend([NO_TOKEN, FORBIDDEN]),
    }
    if path.contains('{') {
        out.push(NOT_FOUND);
    }
    if parameters
        .iter()
        .any(|p| matches!(p.parameter_in, ParameterIn::Query))
        || has_header("idempotency-key")
    {
        out.push(INVALID);
    }
    if has_header("if-match") {
        out.extend([CONFLICT, CHANGED, NO_CONDITION]);
    }
    if let Some(RefOr::T(body)) = &operation.request_body {
        // Forms are of OAuth, which has errors of its own (RFC 6749 §5.2).
        let form = "application/x-www-form-urlencoded";
        if !body.content.contains_key(form) {
            out.extend([MALFORMED, TOO_LARGE, INVALID]);
            // What is no multipart body is one that cannot be read.
            if !body.content.contains_key("multipart/form-data") {
                out.push(MEDIA_TYPE);
            }
        }
    }
    out
}

enum Asks {
    Nothing,
    Token,
    Permission,
}

/// What the security of an operation asks for. Where a token may be left out, a bad one is refused all the same.
fn asks(operation: &Operation) -> Asks {
    let sets = serde_json::to_value(&operation.security).unwrap_or_default();
    let scopes: Vec<usize> = sets
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|set| Some(set.get("bearer")?.as_array()?.len()))
        .collect();
    if scopes.is_empty() {
        Asks::Nothing
    } else if scopes.contains(&0) {
        Asks::Token
    } else {
        Asks::Permission
    }
}

fn problem(description: &str) -> utoipa::openapi::Response {
    let schema = Ref::from_schema_name(ProblemBody::name());
    ResponseBuilder::new()
        .description(description)
        .content(
            "application/problem+json",
            ContentBuilder::new().schema(Some(schema)).build(),
        )
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// The statuses of an operation of a document that says only 200.
    fn statuses(path: &str, method: &str, operation: Value) -> Vec<String> {
        let mut operation = operation;
        operation["responses"] = json!({"200": {"description": "Done"}});
        let mut document: OpenApi = serde_json::from_value(json!({
            "openapi": "3.1.0", "info": {"title": "t", "version": "1"},
            "paths": {path: {method: operation}},
        }))
        .expect("a document");
        write(&mut document);
        let written = serde_json::to_value(&document).expect("JSON");
        let responses = &written["paths"][path][method]["responses"];
        let all = responses.as_object().expect("responses");
        for (status, response) in all.iter().filter(|(status, _)| *status != "200") {
            let schema = &response["content"]["application/problem+json"]["schema"]["$ref"];
            assert_eq!(schema, "#/components/schemas/ProblemBody", "{status}");
        }
        let known = &written["components"]["schemas"];
        assert!(known["ProblemBody"].is_object() && known["FieldErrorBody"].is_object());
        all.keys().cloned().collect()
    }

    #[test]
    fn each_shape_has_its_refusals() {
        let header = |name: &str| json!({"name": name, "in": "header", "required": false, "schema": {"type": "string"}});
        let body = |media: &str| json!({"content": {media: {"schema": {"type": "object"}}}});
        for (path, method, operation, expected) in [
            ("/open", "get", json!({"security": [{}]}), vec!["200"]),
            (
                "/mine",
                "get",
                json!({"security": [{"bearer": []}]}),
                vec!["200", "401"],
            ),
            (
                "/either",
                "get",
                json!({"security": [{}, {"bearer": []}]}),
                vec!["200", "401"],
            ),
            (
                "/list",
                "get",
                json!({"security": [{"bearer": ["dossier.read"]}], "parameters": [
                    {"name": "limit", "in": "query", "required": false, "schema": {"type": "integer"}}]}),
                vec!["200", "401", "403", "422"],
            ),
            (
                "/one/{id}",
                "get",
                json!({"security": [{"bearer": ["dossier.read"]}, {"bearer": ["dossier.own"]}], "parameters": [
                    {"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}]}),
                vec!["200", "401", "403", "404"],
            ),
            (
                "/new",
                "post",
                json!({"security": [{"bearer": ["dossier.file"]}], "parameters": [header("Idempotency-Key")],
                    "requestBody": body("application/json")}),
                vec!["200", "400", "401", "403", "413", "415", "422"],
            ),
            (
                "/one/{id}/do",
                "post",
                json!({"security": [{"bearer": ["dossier.file"]}], "parameters": [header("If-Match")]}),
                vec!["200", "401", "403", "404", "409", "412", "428"],
            ),
            (
                "/oauth",
                "post",
                json!({"security": [{}], "requestBody": body("application/x-www-form-urlencoded")}),
                vec!["200"],
            ),
        ] {
            assert_eq!(statuses(path, method, operation), expected, "{path}");
        }
    }

    #[test]
    fn what_an_operation_says_itself_stays() {
        let mut document: OpenApi = serde_json::from_value(json!({
            "openapi": "3.1.0", "info": {"title": "t", "version": "1"},
            "paths": {"/one/{id}": {"get": {"security": [{}], "responses": {"404": {"description": "No such tree."}}}}},
        }))
        .expect("a document");
        write(&mut document);
        let written = serde_json::to_value(&document).expect("JSON");
        let said = &written["paths"]["/one/{id}"]["get"]["responses"]["404"];
        assert_eq!(said, &json!({"description": "No such tree."}));
    }
}
