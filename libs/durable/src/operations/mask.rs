//! What an operator sees of a message. By permission, not by prohibition: a text is shown only under a name that is known to
//! hold an id, a code, an instant or a state, so that a field added tomorrow is hidden until somebody decides otherwise.

use serde_json::{Map, Value, json};

/// What stands for a hidden text.
const HIDDEN: &str = "***";
/// Names under which texts are shown; also whatever ends with `Id` or `Code`.
const SHOWN: &[&str] = &[
    "at",
    "channel",
    "code",
    "command",
    "datacontenttype",
    "dossierNumber",
    "dueAt",
    "event",
    "from",
    "id",
    "itemNumber",
    "kind",
    "method",
    "number",
    "owner",
    "source",
    "specversion",
    "state",
    "status",
    "step",
    "subject",
    "time",
    "traceparent",
    "type",
    "validFrom",
    "validTo",
];
/// Longest text that is shown: codes are short.
const LONGEST: usize = 100;
/// A number with so many digits may be of a phone or a person.
const DIGITS: usize = 9;

/// A payload, with everything hidden that may be about a person.
pub(super) fn payload(text: &str) -> Value {
    match serde_json::from_str::<Value>(text) {
        Ok(value) => value_of(None, value),
        Err(_) => json!({ "unreadable": format!("not JSON, {} characters", text.chars().count()) }),
    }
}

fn value_of(name: Option<&str>, value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(if name.is_some_and(|n| is_shown(n, &text)) {
            text
        } else {
            HIDDEN.to_owned()
        }),
        Value::Number(number) if number.to_string().len() >= DIGITS => HIDDEN.into(),
        Value::Array(items) => items.into_iter().map(|v| value_of(name, v)).collect(),
        Value::Object(fields) => {
            let fields: Map<String, Value> = fields
                .into_iter()
                .map(|(name, value)| {
                    let masked = value_of(Some(&name), value);
                    (name, masked)
                })
                .collect();
            Value::Object(fields)
        }
        other => other,
    }
}

/// Names come from outside, too: what is under a known one must still look like a code.
fn is_shown(name: &str, text: &str) -> bool {
    let known = SHOWN.contains(&name) || name.ends_with("Id") || name.ends_with("Code");
    let plain = text.chars().count() <= LONGEST
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_.:/+".contains(c));
    known && plain
}

/// An error text: words that look like an address of mail, or hold a long number, are hidden.
pub(super) fn text(text: &str) -> String {
    text.split(' ')
        .map(|word| {
            let digits = word.chars().filter(char::is_ascii_digit).count();
            // Ids are hexadecimal and safe; they are what one searches for.
            let id = uuid::Uuid::try_parse(word.trim_matches(|c: char| !c.is_ascii_alphanumeric()));
            if word.contains('@') || (digits >= DIGITS && id.is_err()) {
                HIDDEN
            } else {
                word
            }
        })
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_hidden_and_what_one_searches_for_is_not() {
        let message = json!({
            "id": "019d2bfd-3fe0-70ac-b9d6-5e9e20d6eef7", "type": "dossier.dossier-changed.v1", "version": 3,
            "data": {
                "dossierId": "019d2bfd-3fe0-70ac-b9d6-5e9e20d6eef8", "status": "received", "at": "2026-11-16T02:00:00Z",
                "reason": "Thiếu giấy khai sinh của cháu An",
                "contact": { "name": "Nguyễn Văn An", "phone": "+84912345678", "email": "an@example.vn" },
                "nationalId": "Nguyễn Văn B", "kind": ["Trần Thị C"], "cccd": 24_196_001_234_i64,
            },
        });
        let shown = payload(&message.to_string());
        assert_eq!(shown["type"], "dossier.dossier-changed.v1");
        assert_eq!(shown["version"], 3);
        assert_eq!(shown["data"]["status"], "received");
        assert_eq!(shown["data"]["dossierId"], message["data"]["dossierId"]);
        let text = shown.to_string();
        for hidden in ["An", "Nguyễn", "Trần", "912345678", "example", "24196"] {
            assert!(!text.contains(hidden), "{hidden} in {text}");
        }
    }

    #[test]
    fn what_is_no_json_is_not_shown() {
        assert_eq!(
            payload("Nguyễn Văn An"),
            json!({ "unreadable": "not JSON, 13 characters" })
        );
    }

    #[test]
    fn an_error_keeps_its_words() {
        assert_eq!(
            text(
                "550 no such user an@example.vn (task 019d2bfd-3fe0-70ac-b9d6-5e9e20d6eef7) 0912345678"
            ),
            "550 no such user *** (task 019d2bfd-3fe0-70ac-b9d6-5e9e20d6eef7) ***"
        );
    }
}
