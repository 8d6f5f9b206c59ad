//! The operations of the public document, and which of them a request asks for.

use anyhow::Context as _;
use contracts::Permission;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The methods that an operation can have, as the document writes them and as HTTP does.
const METHODS: [(&str, &str); 6] = [
    ("get", "GET"),
    ("head", "HEAD"),
    ("post", "POST"),
    ("put", "PUT"),
    ("patch", "PATCH"),
    ("delete", "DELETE"),
];

/// All operations, by number of path segments, the more literal paths first.
#[derive(Debug, Default)]
pub(crate) struct Table {
    by_length: BTreeMap<usize, Vec<Entry>>,
}

#[derive(Debug)]
struct Entry {
    segments: Vec<Segment>,
    operations: BTreeMap<&'static str, Operation>,
}

/// One segment of a path template: text, or text around one parameter.
#[derive(Debug, PartialEq, Eq)]
enum Segment {
    Literal(String),
    Parameter { before: String, after: String },
}

/// One operation.
#[derive(Debug)]
pub(crate) struct Operation {
    /// `operationId`.
    pub(crate) id: String,
    /// The service that answers.
    pub(crate) service: String,
    /// Who may call.
    pub(crate) access: Access,
}

/// Who may call, coarsely. The service looks again and more closely.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Anybody; a token is not looked at.
    Public,
    /// Anybody; but a token that is sent must be good.
    Optional,
    /// Whoever holds all permissions of one of these sets.
    Token(Vec<Vec<Permission>>),
}

/// What was found.
#[derive(Debug)]
pub(crate) enum Found<'a> {
    Operation(&'a Operation),
    /// The path is there, with these methods.
    OtherMethods(String),
    Nothing,
}

impl Table {
    /// Reads the document.
    pub(crate) fn read(document: &Value) -> anyhow::Result<Self> {
        let paths = document
            .get("paths")
            .and_then(Value::as_object)
            .context("paths are missing")?;
        let general = document.get("security");
        let mut table = Self::default();
        for (path, item) in paths {
            let item = item
                .as_object()
                .with_context(|| format!("{path} is not an object"))?;
            let segments = template(path).with_context(|| format!("path {path}"))?;
            let mut operations = BTreeMap::new();
            for (name, method) in METHODS {
                if let Some(operation) = item.get(name).and_then(Value::as_object) {
                    let read = Operation::read(operation, general);
                    let read = read.with_context(|| format!("{method} {path}"))?;
                    operations.insert(method, read);
                }
            }
            let same_length = table.by_length.entry(segments.len()).or_default();
            same_length.push(Entry {
                segments,
                operations,
            });
        }
        for entries in table.by_length.values_mut() {
            entries.sort_by_key(|entry| {
                entry
                    .segments
                    .iter()
                    .map(Segment::looseness)
                    .collect::<Vec<_>>()
            });
        }
        Ok(table)
    }

    /// The operation for a method and a raw path. HEAD is GET without the body.
    pub(crate) fn find(&self, method: &str, path: &str) -> Found<'_> {
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let mut allowed: Vec<&str> = Vec::new();
        for entry in self.by_length.get(&parts.len()).into_iter().flatten() {
            let fits = entry
                .segments
                .iter()
                .zip(&parts)
                .all(|(segment, part)| segment.fits(part));
            if !fits {
                continue;
            }
            let operation = entry.operations.get(method);
            let operation =
                operation.or_else(|| entry.operations.get("GET").filter(|_| method == "HEAD"));
            if let Some(operation) = operation {
                return Found::Operation(operation);
            }
            allowed.extend(entry.operations.keys());
        }
        if allowed.is_empty() {
            return Found::Nothing;
        }
        if allowed.contains(&"GET") {
            allowed.push("HEAD");
        }
        allowed.sort_unstable();
        allowed.dedup();
        Found::OtherMethods(allowed.join(", "))
    }
}

impl Operation {
    fn read(operation: &Map<String, Value>, general: Option<&Value>) -> anyhow::Result<Self> {
        let text = |name: &str| {
            operation
                .get(name)
                .and_then(Value::as_str)
                .map(str::to_owned)
                .with_context(|| format!("{name} is missing"))
        };
        Ok(Self {
            id: text("operationId")?,
            service: text("x-motcua-service")?,
            access: Access::read(operation.get("security").or(general))?,
        })
    }
}

impl Access {
    /// Reads a `security` list: alternatives, each of schemes with scopes; an empty alternative asks for nothing.
    fn read(security: Option<&Value>) -> anyhow::Result<Self> {
        let alternatives = match security {
            None => return Ok(Self::Public),
            Some(list) => list.as_array().context("security is not a list")?,
        };
        let mut sets = Vec::new();
        let mut open = alternatives.is_empty();
        for alternative in alternatives {
            let schemes = alternative
                .as_object()
                .context("a security requirement is not an object")?;
            if schemes.is_empty() {
                open = true;
                continue;
            }
            let mut set = Vec::new();
            for (scheme, scopes) in schemes {
                anyhow::ensure!(scheme == "bearer", "unknown security scheme {scheme}");
                for scope in scopes.as_array().context("scopes are not a list")? {
                    let name = scope.as_str().context("a scope is not a text")?;
                    let known = Permission::ALL.iter().find(|p| p.name() == name);
                    set.push(*known.with_context(|| format!("unknown permission {name}"))?);
                }
            }
            sets.push(set);
        }
        Ok(match (open, sets.is_empty()) {
            (true, true) => Self::Public,
            (true, false) => Self::Optional,
            (false, _) => Self::Token(sets),
        })
    }
}

impl Segment {
    fn fits(&self, part: &str) -> bool {
        match self {
            Segment::Literal(text) => text == part,
            Segment::Parameter { before, after } => part
                .strip_prefix(before.as_str())
                .and_then(|rest| rest.strip_suffix(after.as_str()))
                .is_some_and(|value| !value.is_empty()),
        }
    }

    /// 0 for text; parameters with text around them come before those without.
    fn looseness(&self) -> u8 {
        match self {
            Segment::Literal(_) => 0,
            Segment::Parameter { before, after } if before.is_empty() && after.is_empty() => 2,
            Segment::Parameter { .. } => 1,
        }
    }
}

fn template(path: &str) -> anyhow::Result<Vec<Segment>> {
    let rest = path.strip_prefix('/').context("it does not begin with /")?;
    rest.split('/')
        .map(|part| {
            let Some((before, rest)) = part.split_once('{') else {
                return Ok(Segment::Literal(part.to_owned()));
            };
            let (_name, after) = rest.split_once('}').context("a brace is not closed")?;
            anyhow::ensure!(!after.contains('{'), "two parameters in one segment");
            Ok(Segment::Parameter {
                before: before.to_owned(),
                after: after.to_owned(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn operation(id: &str, security: &Value) -> Value {
        json!({"operationId": id, "x-motcua-service": "dossier", "security": security})
    }

    fn table() -> Table {
        let token = json!([{"bearer": ["dossier.read"]}]);
        Table::read(&json!({"paths": {
            "/api/v1/dossiers": {"get": operation("list", &token), "post": operation("file", &json!([{"bearer": ["dossier.file"]}]))},
            "/api/v1/dossiers/{id}": {"get": operation("get", &token)},
            "/api/v1/dossiers/{id}/journal": {"get": operation("journal", &token)},
            "/api/v1/dossiers/{id}/{command}": {"post": operation("command", &token)},
            "/api/v1/dossiers/{id}/forms/{form}.pdf": {"get": operation("form", &token)},
            "/api/v1/dossiers/statistics": {"get": operation("statistics", &token)},
            "/api/v1/tracking/{number}": {"get": operation("track", &json!([{}]))},
            "/api/v1/either": {"get": operation("either", &json!([{}, {"bearer": []}]))},
        }}))
        .expect("the document fits")
    }

    fn find(method: &str, path: &str) -> String {
        match table().find(method, path) {
            Found::Operation(operation) => operation.id.clone(),
            Found::OtherMethods(allow) => format!("405 {allow}"),
            Found::Nothing => "404".to_owned(),
        }
    }

    #[test]
    fn requests_find_the_most_literal_operation() {
        assert_eq!(find("GET", "/api/v1/dossiers"), "list");
        assert_eq!(find("GET", "/api/v1/dossiers/1"), "get");
        assert_eq!(find("GET", "/api/v1/dossiers/statistics"), "statistics");
        assert_eq!(find("GET", "/api/v1/dossiers/1/journal"), "journal");
        assert_eq!(find("POST", "/api/v1/dossiers/1/receive"), "command");
        assert_eq!(find("GET", "/api/v1/dossiers/1/forms/receipt.pdf"), "form");
        assert_eq!(find("HEAD", "/api/v1/dossiers/1"), "get");
    }

    #[test]
    fn what_the_document_does_not_list_is_not_there() {
        assert_eq!(find("GET", "/api/v1/dossiers/1/forms/.pdf"), "404");
        assert_eq!(find("GET", "/api/v1/dossiers/1/forms/receipt"), "404");
        assert_eq!(find("GET", "/api/v1/dossiers/"), "404");
        assert_eq!(find("GET", "/api/v1/other"), "404");
        assert_eq!(find("DELETE", "/api/v1/dossiers"), "405 GET, HEAD, POST");
        assert_eq!(find("GET", "/api/v1/dossiers/1/receive"), "405 POST");
    }

    #[test]
    fn access_is_read_from_security() {
        let access = |path: &str| match table().find("GET", path) {
            Found::Operation(operation) => format!("{:?}", operation.access),
            Found::OtherMethods(_) | Found::Nothing => String::new(),
        };
        assert_eq!(access("/api/v1/tracking/1"), "Public");
        assert_eq!(access("/api/v1/either"), "Optional");
        assert_eq!(access("/api/v1/dossiers"), "Token([[DossierRead]])");
    }

    #[test]
    fn a_document_with_an_unknown_permission_or_no_service_is_refused() {
        for operation in [
            json!({"operationId": "x", "x-motcua-service": "dossier", "security": [{"bearer": ["dossier.everything"]}]}),
            json!({"operationId": "x", "x-motcua-service": "dossier", "security": [{"basic": []}]}),
            json!({"operationId": "x", "security": [{}]}),
            json!({"x-motcua-service": "dossier"}),
        ] {
            assert!(
                Table::read(&json!({"paths": {"/x": {"get": operation}}})).is_err(),
                "{operation}"
            );
        }
    }
}
