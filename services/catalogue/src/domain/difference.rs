//! What differs between two contents, leaf by leaf: `/methods/0/term/value`: 3 → 5.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// Differences that are listed of one procedure; more are left out.
const LISTED: usize = 40;
/// Characters of a value that are shown.
const SHOWN: usize = 200;

/// One place that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// JSON Pointer within the content.
    #[schema(example = "/methods/0/term/value")]
    pub at: String,
    /// What was there, shortened; absent when it is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "3.0")]
    pub before: Option<String>,
    /// What is there now, shortened; absent when it is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "5.0")]
    pub after: Option<String>,
}

/// The first places that differ.
pub fn between(before: &Value, after: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(Some(before), Some(after), &mut String::new(), &mut found);
    found
}

/// The parts (first members) that differ, each once, in order.
pub fn parts(before: &Value, after: &Value) -> Vec<String> {
    let (Some(before), Some(after)) = (before.as_object(), after.as_object()) else {
        return Vec::new();
    };
    let mut parts: Vec<String> = after
        .iter()
        .filter(|(part, value)| before.get(*part) != Some(value))
        .map(|(part, _)| part.clone())
        .chain(before.keys().filter(|k| !after.contains_key(*k)).cloned())
        .collect();
    parts.sort_unstable();
    parts
}

fn compare(
    before: Option<&Value>,
    after: Option<&Value>,
    at: &mut String,
    found: &mut Vec<Difference>,
) {
    if before == after || found.len() >= LISTED {
        return;
    }
    let mut inside = |key: &str, b: Option<&Value>, a: Option<&Value>, found: &mut Vec<_>| {
        let length = at.len();
        at.push('/');
        at.push_str(&key.replace('~', "~0").replace('/', "~1"));
        compare(b, a, at, found);
        at.truncate(length);
    };
    match (before, after) {
        (Some(Value::Object(b)), Some(Value::Object(a))) => {
            for (key, value) in b {
                inside(key, Some(value), a.get(key), found);
            }
            for (key, value) in a.iter().filter(|(key, _)| !b.contains_key(*key)) {
                inside(key, None, Some(value), found);
            }
        }
        (Some(Value::Array(b)), Some(Value::Array(a))) => {
            for i in 0..b.len().max(a.len()) {
                inside(&i.to_string(), b.get(i), a.get(i), found);
            }
        }
        _ => found.push(Difference {
            at: at.clone(),
            before: before.map(shown),
            after: after.map(shown),
        }),
    }
}

fn shown(value: &Value) -> String {
    let text = match value {
        Value::String(s) => s.clone(),
        other => other.to_string(),
    };
    if text.chars().count() <= SHOWN {
        return text;
    }
    let mut short: String = text.chars().take(SHOWN).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_leaf_that_differs_is_named_once() {
        let before =
            json!({"name": "A", "methods": [{"term": {"value": 3.0}}], "x": 1, "list": [1, 2]});
        let after =
            json!({"name": "A", "methods": [{"term": {"value": 5.0}}], "y": 2, "list": [1]});
        let found = between(&before, &after);
        let at: Vec<_> = found.iter().map(|d| d.at.as_str()).collect();
        assert_eq!(at, ["/list/1", "/methods/0/term/value", "/x", "/y"]);
        assert_eq!(
            (found[1].before.as_deref(), found[1].after.as_deref()),
            (Some("3.0"), Some("5.0"))
        );
        assert_eq!(
            (found[0].after.clone(), found[3].before.clone()),
            (None, None)
        );
        assert_eq!(parts(&before, &after), ["list", "methods", "x", "y"]);
        assert!(between(&before, &before).is_empty());
    }

    #[test]
    fn long_texts_and_long_lists_are_cut() {
        let long = |c: &str| json!({"t": c.repeat(500)});
        let found = between(&long("ă"), &long("â"));
        assert_eq!(
            found[0].before.as_deref().map(|t| t.chars().count()),
            Some(201)
        );
        let many = |n: i64| json!((0..100).map(|i| i + n).collect::<Vec<_>>());
        assert_eq!(between(&many(0), &many(1000)).len(), LISTED);
    }
}
