//! Keys of clients that sign: changed with an overlap, and what is no key.
use crate::world::{World, text};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use testkit::{ISSUER, Reply};

/// A key, and its public half.
fn pair(kid: &str) -> (EncodingKey, Value) {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a pair");
    let key = EncodingKey::from_ec_der(pair.to_pkcs8v1().expect("pkcs8").as_ref());
    let mut jwk = Jwk::from_encoding_key(&key, Algorithm::ES256).expect("a key");
    jwk.common.key_id = Some(kid.to_owned());
    (key, serde_json::to_value(jwk).expect("JSON"))
}

async fn create(world: &World, login: &str, changes: &Value) -> Value {
    let mut body = json!({"name": "Phần mềm hộ tịch", "role": "integrator", "expiresAt": "2027-05-01T00:00:00Z"});
    let members = body.as_object_mut().expect("an object");
    members.extend(changes.as_object().expect("changes").clone());
    let token = world.token(login).await;
    let caller = world.app.with_token(&token);
    caller
        .post("/api/v1/clients", &body)
        .await
        .expect(201)
        .json()
}

async fn change(world: &World, id: &str, version: i64, jwks: &Value) -> Reply {
    let token = world.token("agencyadmin").await;
    let caller = world.app.with_token(&token).if_match(version);
    let path = format!("/api/v1/clients/{id}");
    caller.patch(&path, &json!({"jwks": jwks})).await
}

/// Asks for a token with an assertion that names this key and is signed by that one.
async fn ask(world: &World, id: &str, kid: &str, key: &EncodingKey) -> Reply {
    let now = world.rt.clock.now();
    let claims = json!({"iss": id, "sub": id, "aud": format!("{ISSUER}/oauth2/token"),
        "exp": now.timestamp() + 60, "jti": world.rt.ids.uuid(now)});
    let mut header = Header::new(Algorithm::ES256);
    header.kid = Some(kid.to_owned());
    let assertion = jsonwebtoken::encode(&header, &claims, key).expect("signed");
    let fields = [
        ("grant_type", "client_credentials"),
        (
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        ),
        ("client_assertion", assertion.as_str()),
    ];
    world.exchange(&fields).await
}

async fn used(world: &World, token: &str) -> Reply {
    let caller = world.app.with_token(token);
    caller.get("/api/v1/me/access-log").await
}

#[tokio::test]
async fn keys_overlap_and_one_that_was_taken_away_proves_nothing() {
    let world = World::with(&[("failures_per_login", "100".to_owned())]).await;
    let (old, new) = (pair("2026"), pair("2027"));
    let made = create(&world, "agencyadmin", &json!({"jwks": {"keys": [old.1]}})).await;
    assert_eq!(made["jwks"]["keys"][0]["kid"], "2026");
    let id = text(&made, "id");
    let answer = ask(&world, &id, "2026", &old.0).await.expect(200).json();
    let token = text(&answer, "access_token");
    ask(&world, &id, "2027", &new.0).await.expect(401);

    let both = json!({"keys": [old.1, new.1]});
    let changed = change(&world, &id, 1, &both).await.expect(200);
    assert_eq!(changed.header("etag"), Some("\"2\""));
    let changed = changed.json();
    assert_eq!(changed["jwks"]["keys"].as_array().map(Vec::len), Some(2));
    for (kid, key) in [("2026", &old.0), ("2027", &new.0)] {
        ask(&world, &id, kid, key).await.expect(200);
    }
    for (kid, key) in [("2027", &old.0), ("2028", &new.0)] {
        ask(&world, &id, kid, key).await.expect(401);
    }
    world.rt.clock.advance(chrono::Duration::seconds(4));
    assert_ne!(used(&world, &token).await.status, 401, "nothing was undone");
    let stale = change(&world, &id, 1, &both).await;
    stale.expect_problem(412, "precondition.failed");

    change(&world, &id, 2, &json!({"keys": [new.1]}))
        .await
        .expect(200);
    for kid in ["2026", "2027"] {
        ask(&world, &id, kid, &old.0).await.expect(401);
    }
    ask(&world, &id, "2027", &new.0).await.expect(200);
    world.rt.clock.advance(chrono::Duration::seconds(4));
    let reply = used(&world, &token).await;
    reply.expect_problem(401, "auth.revoked-token");
}

#[tokio::test]
async fn what_is_no_public_key_of_ours_is_refused_with_its_place() {
    let world = World::new().await;
    let (key, public) = pair("a");
    let jwks = json!({"jwks": {"keys": [public]}});
    let made = create(&world, "agencyadmin", &jwks).await;
    let id = text(&made, "id");
    let with = |name: &str, value: Value| {
        let mut one = public.clone();
        let members = one.as_object_mut().expect("a key");
        members.insert(name.to_owned(), value);
        json!({"keys": [one]})
    };
    for (given, pointer, code) in [
        (Value::Null, "/jwks", "field.required"),
        (json!({"keys": []}), "/jwks/keys", "field.required"),
        (json!({}), "/jwks", "field.invalid"),
        (
            json!({"keys": [public, public]}),
            "/jwks/keys/1/kid",
            "client.key-id-taken",
        ),
        (with("d", json!("AA")), "/jwks/keys/0", "client.key-secret"),
        (
            with("use", json!("enc")),
            "/jwks/keys/0",
            "client.key-unsupported",
        ),
    ] {
        let reply = change(&world, &id, 1, &given).await;
        let problem = reply.expect_problem(422, "body.invalid");
        let said = &problem["errors"][0];
        assert_eq!(
            (&said["pointer"], &said["code"]),
            (&json!(pointer), &json!(code))
        );
    }
    // Made with such a key, it is refused alike.
    let admin = world.token("agencyadmin").await;
    let body = json!({"name": "Phần mềm", "role": "integrator", "expiresAt": "2027-05-01T00:00:00Z", "jwks": with("d", json!("AA"))});
    let caller = world.app.with_token(&admin);
    let reply = caller.post("/api/v1/clients", &body).await;
    reply.expect_problem(422, "body.invalid");
    ask(&world, &id, "a", &key).await.expect(200);
}

#[tokio::test]
async fn keys_are_of_clients_that_sign_and_changed_by_whom_they_are() {
    let world = World::new().await;
    let (_, public) = pair("a");
    let keys = json!({"keys": [public]});
    let with_secret = create(&world, "agencyadmin", &json!({})).await;
    assert!(with_secret["jwks"].is_null());
    let reply = change(&world, &text(&with_secret, "id"), 1, &keys).await;
    let problem = reply.expect_problem(422, "body.invalid");
    assert_eq!(problem["errors"][0]["code"], "client.has-secret");
    let theirs = json!({"agency": "H05.22", "jwks": keys});
    let theirs = create(&world, "admin", &theirs).await;
    let reply = change(&world, &text(&theirs, "id"), 1, &keys).await;
    reply.expect_problem(404, "client.not-found");
    let path = format!("/api/v1/clients/{}", text(&theirs, "id"));
    for (login, status) in [("officer", 403), ("admin", 200)] {
        let token = world.token(login).await;
        let caller = world.app.with_token(&token).if_match(1);
        let body = json!({"jwks": keys});
        caller.patch(&path, &body).await.expect(status);
    }
}
