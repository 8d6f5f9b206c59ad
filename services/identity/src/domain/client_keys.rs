//! The public keys of a client that signs (`private_key_jwt`): which are taken.

use jsonwebtoken::jwk::{Jwk, JwkSet};
use serde_json::Value;

/// Keys of one client at the most.
const MOST: usize = 20;

/// Members of a private or a shared key (RFC 7518 §6.2.2, §6.3.2, §6.4.1).
const SECRET: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// What is wrong with one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// No JWK Set.
    NotASet,
    /// No key in it, or no `kid` where several keys are told apart by it.
    Missing,
    TooMany,
    /// The secret half is there: it was shown, and is good for nothing.
    Secret,
    /// Not P-256, or not meant for signatures.
    Unsupported,
    /// The `kid` of another one.
    SameId,
}

/// A key set as it is given. Else what is wrong, and where in it (RFC 6901).
pub(crate) fn read(given: &Value) -> Result<JwkSet, Vec<(String, Flaw)>> {
    let whole = |at: &str, flaw| Err(vec![(at.to_owned(), flaw)]);
    let Some(all) = given.get("keys").and_then(Value::as_array) else {
        return whole("", Flaw::NotASet);
    };
    if all.is_empty() {
        return whole("/keys", Flaw::Missing);
    }
    if all.len() > MOST {
        return whole("/keys", Flaw::TooMany);
    }
    let (mut keys, mut flaws) = (Vec::<Jwk>::new(), Vec::new());
    for (n, one) in all.iter().enumerate() {
        let key = match public(one) {
            Ok(key) => key,
            Err(flaw) => {
                flaws.push((format!("/keys/{n}"), flaw));
                continue;
            }
        };
        let id = key.common.key_id.as_deref().unwrap_or("");
        if id.is_empty() && all.len() > 1 {
            flaws.push((format!("/keys/{n}/kid"), Flaw::Missing));
        } else if keys.iter().any(|k| k.common.key_id.as_deref() == Some(id)) {
            flaws.push((format!("/keys/{n}/kid"), Flaw::SameId));
        }
        keys.push(key);
    }
    if flaws.is_empty() {
        Ok(JwkSet { keys })
    } else {
        Err(flaws)
    }
}

fn public(one: &Value) -> Result<Jwk, Flaw> {
    if SECRET.iter().any(|name| one.get(name).is_some()) {
        return Err(Flaw::Secret);
    }
    serde_json::from_value::<Jwk>(one.clone())
        .ok()
        .filter(|key| kit::token::signing_key(key).is_some())
        .ok_or(Flaw::Unsupported)
}

/// Whether every key of the one set is in the other.
pub(crate) fn are_kept(old: &JwkSet, new: &JwkSet) -> bool {
    old.keys.iter().all(|key| new.keys.contains(key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn key(kid: &str) -> Value {
        json!({"kty": "EC", "crv": "P-256", "kid": kid, "x": "6MxsPFqXUpyyst4fnvqBVWug-kWXhUXNLMwSnOh57yw",
            "y": "WNpt1DRg5C-vqXL-wDGVCkZQhnfvc5ZHzVaYRPJ5Z_0"})
    }

    fn with(name: &str, value: Value) -> Value {
        let mut key = key("a");
        key[name] = value;
        key
    }

    fn without_id() -> Value {
        let mut key = key("a");
        key.as_object_mut().expect("a key").remove("kid");
        key
    }

    #[test]
    fn several_keys_are_taken_when_they_are_told_apart() {
        for keys in [
            json!([key("a")]),
            json!([without_id()]),
            json!([key("a"), key("b")]),
            json!([with("use", json!("sig")), with("kid", json!("b"))]),
            json!([with("alg", json!("ES256"))]),
        ] {
            let read = read(&json!({"keys": keys}));
            assert!(read.is_ok(), "{keys}: {read:?}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_key_is_said_with_its_place() {
        let many: Vec<Value> = (0..21).map(|n| key(&n.to_string())).collect();
        for (given, at, flaw) in [
            (json!("keys"), "", Flaw::NotASet),
            (json!({"keys": {}}), "", Flaw::NotASet),
            (json!({"keys": []}), "/keys", Flaw::Missing),
            (json!({"keys": many}), "/keys", Flaw::TooMany),
            (
                json!({"keys": [key("a"), key("a")]}),
                "/keys/1/kid",
                Flaw::SameId,
            ),
            (
                json!({"keys": [without_id(), key("a")]}),
                "/keys/0/kid",
                Flaw::Missing,
            ),
            (
                json!({"keys": [key("b"), with("d", json!("AA"))]}),
                "/keys/1",
                Flaw::Secret,
            ),
            (
                json!({"keys": [{"kty": "oct", "k": "AA"}]}),
                "/keys/0",
                Flaw::Secret,
            ),
            (
                json!({"keys": [with("crv", json!("P-384"))]}),
                "/keys/0",
                Flaw::Unsupported,
            ),
            (
                json!({"keys": [with("use", json!("enc"))]}),
                "/keys/0",
                Flaw::Unsupported,
            ),
            (
                json!({"keys": [with("alg", json!("RS256"))]}),
                "/keys/0",
                Flaw::Unsupported,
            ),
            (
                json!({"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}]}),
                "/keys/0",
                Flaw::Unsupported,
            ),
            (json!({"keys": ["a"]}), "/keys/0", Flaw::Unsupported),
        ] {
            let said = read(&given).expect_err("something is wrong");
            assert_eq!(said, [(at.to_owned(), flaw)], "{given}");
        }
    }
}
