//! Access tokens against what the world may send: the test vectors of Project Wycheproof, and arbitrary bytes.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "tests; a member that is not there is null"
)]

use jsonwebtoken::Algorithm;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use kit::TokenVerifier;
use proptest::prelude::*;
use serde_json::Value;
use std::path::PathBuf;
use std::sync::LazyLock;
use testkit::{actors, runtime, token, token_with};

/// Where the vectors are: `MOTCUA_WYCHEPROOF`, or beside the repository. <https://github.com/C2SP/wycheproof>, `testvectors_v1`.
fn vectors(name: &str) -> Option<Value> {
    let folder = kit::config::variable("MOTCUA_WYCHEPROOF").map_or_else(
        || {
            PathBuf::from(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../../../shared/data/wycheproof"
            ))
        },
        PathBuf::from,
    );
    let path = folder.join(name);
    let Ok(text) = std::fs::read_to_string(&path) else {
        #[expect(clippy::print_stderr, reason = "a skipped test must be seen")]
        {
            eprintln!(
                "skipped: {} is not there; set MOTCUA_WYCHEPROOF",
                path.display()
            );
        }
        return None;
    };
    Some(serde_json::from_str(&text).expect("JSON"))
}

/// Whether a JWS would be taken as signed by one of these keys, by the rules and the library of [`TokenVerifier`]: ES256 alone, the key
/// found by its id.
fn is_signed(jws: &str, keys: &[Value]) -> bool {
    let Ok(header) = jsonwebtoken::decode_header(jws) else {
        return false;
    };
    if header.alg != Algorithm::ES256 {
        return false;
    }
    let Some(key) = keys.iter().find_map(|key| {
        let jwk: Jwk = serde_json::from_value(key.clone()).ok()?;
        (jwk.common.key_id == header.kid)
            .then(|| kit::token::signing_key(&jwk))
            .flatten()
    }) else {
        return false;
    };
    let Some((message, signature)) = jws.rsplit_once('.') else {
        return false;
    };
    message.split('.').count() == 2
        && jsonwebtoken::crypto::verify(signature, message.as_bytes(), &key, Algorithm::ES256)
            .unwrap_or(false)
}

/// How many of the signatures in a file are taken and refused, each as its vector says; `None`: the file is not there.
async fn judged(name: &str) -> Option<(usize, usize)> {
    let file = vectors(name)?;
    let rt = runtime();
    let (mut taken, mut refused) = (0, 0);
    for group in file["testGroups"].as_array().expect("groups") {
        let public = [&group["public"], &group["private"]]
            .into_iter()
            .find(|key| key.is_object())
            .expect("a key");
        let keys = public["keys"]
            .as_array()
            .cloned()
            .unwrap_or_else(|| vec![public.clone()]);
        let set = JwkSet {
            keys: keys
                .iter()
                .filter_map(|key| serde_json::from_value(key.clone()).ok())
                .collect(),
        };
        let verifier = TokenVerifier::fixed(testkit::ISSUER, &set);
        for test in group["tests"].as_array().expect("tests") {
            let name = format!("{name}: {} {}", test["tcId"], test["comment"]);
            // What is encrypted, and the other form of a JWS (RFC 7515 §7.2), an object: never taken.
            if let Some(jwe) = test["jwe"].as_str() {
                assert!(verifier.verify(jwe, None, &rt).await.is_err(), "{name}");
            }
            let Some(jws) = test["jws"].as_str() else {
                continue;
            };
            let signed = is_signed(jws, &keys);
            if test["result"] == "invalid" {
                assert!(!signed, "{name} is taken");
            }
            let ours = keys
                .iter()
                .any(|k| k["alg"] == "ES256" && k["use"] != "enc");
            if test["result"] == "valid" && ours && jws.starts_with("eyJhbGciOiJFUzI1NiI") {
                assert!(signed, "{name} is refused");
            }
            if signed {
                taken += 1
            } else {
                refused += 1
            }
            // None of them is a token of ours, whoever signed it.
            assert!(verifier.verify(jws, None, &rt).await.is_err(), "{name}");
        }
    }
    println!("{name}: {taken} signatures taken, {refused} refused");
    Some((taken, refused))
}

/// The files as they were in 2026-08; newer ones have no less.
#[tokio::test]
async fn the_vectors_of_wycheproof() {
    for (name, good, bad) in [
        ("json_web_signature_test.json", 2, 399),
        ("json_web_key_test.json", 0, 26),
        ("json_web_crypto_test.json", 1, 47),
    ] {
        if let Some((taken, refused)) = judged(name).await {
            assert!(
                taken >= good && refused >= bad,
                "{name}: {taken} taken, {refused} refused"
            );
        }
    }
}

/// The network is looked at each time, though the signature is remembered.
#[tokio::test]
async fn a_token_with_networks_is_good_from_there_alone() {
    let rt = runtime();
    let networks = ["203.0.113.0/24", "2001:db8::/32"];
    let token = token_with(&rt, &actors::admin(), |claims| {
        let read = networks.iter().map(|n| n.parse().expect("a network"));
        claims.networks = read.collect();
    });
    for (from, good) in [
        (Some("203.0.113.7"), true),
        (Some("203.0.114.7"), false),
        (Some("::ffff:203.0.113.7"), true),
        (None, false),
        (Some("2001:db8::7"), true),
        (Some("::1"), false),
    ] {
        let address = from.map(|text| text.parse().expect("an address"));
        let said = rt.tokens.verify(&token, address, &rt).await;
        let refused = said.err().map(|problem| problem.code());
        let expected = (!good).then_some(contracts::problem::shared::TOKEN_NETWORK);
        assert_eq!(refused, expected, "{from:?}");
    }
    let anywhere = testkit::token(&rt, &actors::admin());
    assert!(rt.tokens.verify(&anywhere, None, &rt).await.is_ok());
}

/// One runtime for all the cases of a test: making one is what costs.
static WORLD: LazyLock<(tokio::runtime::Runtime, kit::Runtime)> = LazyLock::new(|| {
    let tokio = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let rt = tokio.block_on(async { runtime() });
    (tokio, rt)
});

fn verify(text: &str) -> Result<contracts::Actor, kit::Problem> {
    let (tokio, rt) = &*WORLD;
    tokio.block_on(rt.tokens.verify(text, None, rt))
}

/// Refused with a 401 that has a code.
fn refused(text: &str) -> bool {
    match verify(text) {
        Ok(actor) => panic!("{text:?} is {actor:?}"),
        Err(problem) => problem.code().status == 401,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_text_is_no_token(text in ".*") {
        prop_assert!(refused(&text));
    }

    #[test]
    fn arbitrary_parts_are_no_token(
        header in "[A-Za-z0-9_-]{0,80}", payload in "[A-Za-z0-9_-]{0,200}", signature in "[A-Za-z0-9_-]{0,90}",
    ) {
        let token = format!("{header}.{payload}.{signature}");
        prop_assert!(refused(&token));
    }

    #[test]
    fn arbitrary_json_in_the_parts_is_no_token(alg in "[A-Za-z0-9]{0,8}", kid in ".*", extra in ".*") {
        use base64::Engine as _;
        let part = |value: Value| {
            base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string())
        };
        let header = part(serde_json::json!({"alg": alg, "kid": kid, "crit": [extra]}));
        let payload = part(serde_json::json!({"sub": extra, "roles": [extra], "exp": extra}));
        let token = format!("{header}.{payload}.");
        prop_assert!(refused(&token));
    }

    /// A good token is good as it is, and no longer when one character of it is another.
    #[test]
    fn a_token_with_one_character_changed_is_no_token(at in any::<prop::sample::Index>(), with in "[A-Za-z0-9_.=-]") {
        let good = token(&WORLD.1, &actors::admin());
        prop_assert!(verify(&good).is_ok());
        let at = at.index(good.len());
        let mut changed: Vec<char> = good.chars().collect();
        let with = with.chars().next().expect("a character");
        if let Some(c) = changed.get_mut(at).filter(|c| **c != with) {
            *c = with;
            prop_assert!(refused(&changed.into_iter().collect::<String>()));
        }
    }
}
