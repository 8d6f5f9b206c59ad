//! Machine clients: made, limited, rotated and closed by administrators.
#![expect(
    clippy::indexing_slicing,
    reason = "what is not there is null, and the test says so"
)]

use crate::world::{World, claims, text};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use testkit::{ISSUER, Reply};

fn wanted(changes: &Value) -> Value {
    let mut body = json!({"name": "Phần mềm hộ tịch", "role": "integrator", "expiresAt": "2027-05-01T00:00:00Z",
        "scopes": ["dossier.read", "file.upload"]});
    for (name, value) in changes.as_object().expect("changes") {
        body[name] = value.clone();
    }
    body
}

async fn create(world: &World, changes: &Value) -> Value {
    let admin = world.token("agencyadmin").await;
    let caller = world.app.with_token(&admin);
    let reply = caller.post("/api/v1/clients", &wanted(changes)).await;
    reply.expect(201).json()
}

async fn ask(world: &World, id: &str, secret: &str) -> Reply {
    world
        .exchange(&[
            ("grant_type", "client_credentials"),
            ("client_id", id),
            ("client_secret", secret),
        ])
        .await
}

#[tokio::test]
async fn a_client_gets_tokens_with_its_scopes_and_no_more() {
    let world = World::new().await;
    let made = create(&world, &json!({"requestsPerMinute": 77})).await;
    assert_eq!(made["agency"], "H05.21");
    let (id, secret) = (text(&made, "id"), text(&made, "secret"));
    let answer = ask(&world, &id, &secret).await.expect(200).json();
    assert_eq!(answer["scope"], "dossier.read file.upload");
    let token = text(&answer, "access_token");
    let said = claims(&token);
    assert_eq!(said["azp"], id);
    assert_eq!(said["quota"], 77);
    let actor = world
        .rt
        .tokens
        .verify(&token, None, &world.rt)
        .await
        .expect("good");
    assert!(actor.can(contracts::Permission::DossierRead));
    assert!(
        !actor.can(contracts::Permission::DossierFile),
        "not asked for"
    );
    let admin = world.token("agencyadmin").await;
    let shown = world
        .app
        .with_token(&admin)
        .get(&format!("/api/v1/clients/{id}"))
        .await;
    let shown = shown.expect(200).text();
    assert!(
        !shown.contains(&secret) && !shown.contains("sha256"),
        "{shown}"
    );
}

#[tokio::test]
async fn a_rotated_secret_overlaps_and_then_ends() {
    let world = World::new().await;
    let made = create(&world, &json!({})).await;
    let (id, old) = (text(&made, "id"), text(&made, "secret"));
    let admin = world.token("agencyadmin").await;
    let path = format!("/api/v1/clients/{id}/rotate-secret");
    let rotated = world
        .app
        .with_token(&admin)
        .post(&path, &json!({"overlapHours": 24}))
        .await;
    let new = text(&rotated.expect(200).json(), "secret");
    for secret in [&old, &new] {
        ask(&world, &id, secret).await.expect(200);
    }
    world.rt.clock.advance(chrono::Duration::hours(25));
    ask(&world, &id, &old).await.expect(401);
    ask(&world, &id, &new).await.expect(200);
    let admin = world.token("agencyadmin").await;
    let at_once = world
        .app
        .with_token(&admin)
        .post(&path, &json!({"overlapHours": 0}))
        .await;
    let newest = text(&at_once.expect(200).json(), "secret");
    ask(&world, &id, &new).await.expect(401);
    ask(&world, &id, &newest).await.expect(200);
    let wrong = world
        .app
        .with_token(&admin)
        .post(&path, &json!({"overlapHours": 9999}))
        .await;
    wrong.expect_problem(422, "body.invalid");
}

#[tokio::test]
async fn a_client_is_limited_to_its_networks_its_time_and_its_instance() {
    let world = World::new().await;
    let elsewhere = create(&world, &json!({"networks": ["203.0.113.0/24"]})).await;
    let (id, secret) = (text(&elsewhere, "id"), text(&elsewhere, "secret"));
    ask(&world, &id, &secret).await.expect(401);
    // It is there when the gateway says so, and not when anybody does.
    let there = "203.0.113.7".parse().expect("an address");
    let proof = kit::origin::prove(&world.rt.sealer, there, world.rt.clock.now().timestamp());
    for (name, value, status) in [
        ("x-forwarded-for", "203.0.113.7", 401),
        (kit::origin::HEADER, "203.0.113.7", 401),
        (kit::origin::HEADER, proof.as_str(), 200),
    ] {
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_id", id.as_str()),
            ("client_secret", secret.as_str()),
        ];
        world
            .app
            .anonymous()
            .header(name, value)
            .post_form("/oauth2/token", &fields)
            .await
            .expect(status);
    }
    let here = create(
        &world,
        &json!({"networks": ["127.0.0.0/8", "::1/128"], "expiresAt": "2026-12-01T00:00:00Z"}),
    )
    .await;
    let (id, secret) = (text(&here, "id"), text(&here, "secret"));
    assert_eq!(here["expiresSoon"], true);
    ask(&world, &id, &secret).await.expect(200);
    world
        .rt
        .clock
        .set("2026-12-01T00:00:00Z".parse().expect("time"));
    ask(&world, &id, &secret).await.expect(401);
    let sandbox = create(&world, &json!({"sandbox": true})).await;
    ask(&world, &text(&sandbox, "id"), &text(&sandbox, "secret"))
        .await
        .expect(400);
}

#[tokio::test]
async fn a_token_is_of_no_use_outside_the_networks_of_its_client() {
    let world = World::new().await;
    let networks = json!({"networks": ["127.0.0.0/8", "::ffff:203.0.113.0/120"]});
    let made = create(&world, &networks).await;
    let kept = json!(["127.0.0.0/8", "203.0.113.0/24"]);
    assert_eq!(made["networks"], kept);
    let (id, secret) = (text(&made, "id"), text(&made, "secret"));
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", id.as_str()),
        ("client_secret", secret.as_str()),
    ];
    let proof = |address: &str| {
        let address = address.parse().expect("an address");
        kit::origin::prove(&world.rt.sealer, address, world.rt.clock.now().timestamp())
    };
    let answer = ask(&world, &id, &secret).await.expect(200).json();
    let token = text(&answer, "access_token");
    assert_eq!(claims(&token)["networks"], kept);
    let used = async |token: &str, from: &str| {
        let caller = world.app.with_token(token);
        let caller = caller.header(kit::origin::HEADER, &proof(from));
        caller.get("/api/v1/me/access-log").await
    };
    for from in ["127.0.0.1", "203.0.113.7", "::ffff:203.0.113.7"] {
        assert_ne!(used(&token, from).await.status, 401, "{from}");
    }
    let reply = used(&token, "203.0.114.7").await;
    reply.expect_problem(401, "auth.foreign-network");
    // Who asks what it is worth learns where.
    let mut asked = form[1..].to_vec();
    asked.push(("token", token.as_str()));
    let caller = world.app.anonymous();
    let worth = caller.post_form("/oauth2/introspect", &asked).await;
    let worth = worth.expect(200).json();
    assert_eq!(
        (&worth["active"], &worth["networks"]),
        (&json!(true), &kept)
    );
    // Other networks: the tokens of before are refused, and the next one says the new ones.
    let admin = world.token("agencyadmin").await;
    let caller = world.app.with_token(&admin).if_match(1);
    let there = json!({"networks": ["203.0.113.0/24"]});
    let path = format!("/api/v1/clients/{id}");
    caller.patch(&path, &there).await.expect(200);
    world.rt.clock.advance(chrono::Duration::seconds(4));
    let reply = used(&token, "203.0.113.7").await;
    reply.expect_problem(401, "auth.revoked-token");
    ask(&world, &id, &secret).await.expect(401);
    let caller = world.app.anonymous();
    let caller = caller.header(kit::origin::HEADER, &proof("203.0.113.7"));
    let answer = caller.post_form("/oauth2/token", &form).await;
    let token = text(&answer.expect(200).json(), "access_token");
    assert_ne!(used(&token, "203.0.113.7").await.status, 401);
    let reply = used(&token, "127.0.0.1").await;
    reply.expect_problem(401, "auth.foreign-network");
}

#[tokio::test]
async fn a_token_dies_with_its_client_and_says_so() {
    let world = World::new().await;
    let made = create(&world, &json!({"expiresAt": "2026-12-01T00:00:00Z"})).await;
    let (id, secret) = (text(&made, "id"), text(&made, "secret"));
    let until: chrono::DateTime<chrono::Utc> = "2026-12-01T00:00:00Z".parse().expect("time");
    world.rt.clock.set(until - chrono::Duration::seconds(60));
    let answer = ask(&world, &id, &secret).await.expect(200).json();
    assert_eq!(answer["expires_in"], 60);
    let token = text(&answer, "access_token");
    assert_eq!(claims(&token)["exp"], until.timestamp());
    let log = async || {
        let caller = world.app.with_token(&token);
        caller.get("/api/v1/me/access-log").await
    };
    world.rt.clock.advance(chrono::Duration::seconds(59));
    assert_ne!(log().await.status, 401);
    // Half a minute is for clocks that differ.
    world.rt.clock.advance(chrono::Duration::seconds(32));
    log().await.expect_problem(401, "auth.expired-token");
}

#[tokio::test]
async fn a_closed_client_is_refused_with_the_tokens_it_has() {
    let world = World::new().await;
    let made = create(&world, &json!({})).await;
    let (id, secret) = (text(&made, "id"), text(&made, "secret"));
    let token = text(
        &ask(&world, &id, &secret).await.expect(200).json(),
        "access_token",
    );
    let admin = world.token("agencyadmin").await;
    let path = format!("/api/v1/clients/{id}");
    let caller = world.app.with_token(&admin).if_match(1);
    caller
        .patch(&path, &json!({"active": false}))
        .await
        .expect(200);
    ask(&world, &id, &secret).await.expect(401);
    world.rt.clock.advance(chrono::Duration::seconds(4));
    let me = world
        .app
        .with_token(&token)
        .get("/api/v1/me/access-log")
        .await;
    me.expect_problem(401, "auth.revoked-token");
    let stale = world
        .app
        .with_token(&admin)
        .if_match(1)
        .patch(&path, &json!({"active": true}))
        .await;
    stale.expect_problem(412, "precondition.failed");
}

#[tokio::test]
async fn administrators_reach_their_own_clients_only() {
    let world = World::new().await;
    let made = create(&world, &json!({})).await;
    let path = format!("/api/v1/clients/{}", text(&made, "id"));
    let province = world.token("admin").await;
    let other = json!({"agency": "H05.22"});
    let caller = world.app.with_token(&province);
    let theirs = caller
        .post("/api/v1/clients", &wanted(&other))
        .await
        .expect(201)
        .json();
    let admin = world.token("agencyadmin").await;
    let mine = world.app.with_token(&admin);
    let their_path = format!("/api/v1/clients/{}", text(&theirs, "id"));
    mine.get(&their_path)
        .await
        .expect_problem(404, "client.not-found");
    let rotate = format!("{their_path}/rotate-secret");
    mine.post(&rotate, &json!({"overlapHours": 1}))
        .await
        .expect_problem(404, "client.not-found");
    caller.get(&path).await.expect(200);
    let listed = mine.get("/api/v1/clients").await.expect(200).json();
    assert_eq!(listed["items"].as_array().expect("items").len(), 1);
    for (changes, status) in [
        (json!({"agency": "H05.22"}), 403),
        (json!({"role": "post_office", "scopes": []}), 403),
        (json!({"role": "agency_admin"}), 422),
        (json!({"scopes": ["account.manage"]}), 422),
        (json!({"networks": ["anywhere"]}), 422),
        (json!({"expiresAt": "2020-01-01T00:00:00Z"}), 422),
        (json!({"expiresAt": "2036-01-01T00:00:00Z"}), 422),
        (json!({"requestsPerMinute": 0}), 422),
        (json!({"jwks": {"keys": []}}), 422),
        (json!({"name": " "}), 422),
    ] {
        let reply = mine.post("/api/v1/clients", &wanted(&changes)).await;
        assert_eq!(reply.status, status, "{changes}: {}", reply.text());
    }
    let officer = world.token("officer").await;
    let refused = world.app.with_token(&officer).get(&path).await;
    refused.expect_problem(403, "auth.forbidden");
}

#[tokio::test]
async fn a_client_that_signs_proves_itself_once_with_each_assertion() {
    let world = World::with(&[("failures_per_login", "100".to_owned())]).await;
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a pair");
    let key = EncodingKey::from_ec_der(pair.to_pkcs8v1().expect("pkcs8").as_ref());
    let jwk = Jwk::from_encoding_key(&key, Algorithm::ES256).expect("a key");
    let made = create(&world, &json!({"jwks": {"keys": [jwk]}})).await;
    assert!(made.get("secret").is_none() && made["signs"] == true);
    let id = text(&made, "id");
    let now = world.rt.clock.now().timestamp();
    let sign = |claims: &Value| {
        jsonwebtoken::encode(&Header::new(Algorithm::ES256), claims, &key).expect("signed")
    };
    let good = |jti: &str| json!({"iss": id, "sub": id, "aud": format!("{ISSUER}/oauth2/token"), "exp": now + 60, "jti": jti});
    let send = |assertion: String| {
        let world = &world;
        async move {
            world
                .exchange(&[
                    ("grant_type", "client_credentials"),
                    (
                        "client_assertion_type",
                        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                    ),
                    ("client_assertion", &assertion),
                ])
                .await
        }
    };
    let once = sign(&good("a"));
    send(once.clone()).await.expect(200);
    send(once).await.expect(401);
    for (n, (name, value)) in [
        ("aud", json!("https://another.example")),
        ("exp", json!(now - 60)),
        ("exp", json!(now + 86_400)),
        ("iss", json!("another")),
        ("jti", json!("")),
    ]
    .into_iter()
    .enumerate()
    {
        let mut claims = good(&format!("bad-{n}"));
        claims[name] = value;
        send(sign(&claims)).await.expect(401);
    }
    let hmac = EncodingKey::from_secret(b"0123456789abcdef0123456789abcdef");
    let confused = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &good("h"), &hmac);
    send(confused.expect("signed")).await.expect(401);
    send(sign(&good("b"))).await.expect(200);
    ask(&world, &id, "signs").await.expect(401);
    let nothing = [
        ("grant_type", "client_credentials"),
        ("client_id", id.as_str()),
    ];
    world.exchange(&nothing).await.expect(401);
    let admin = world.token("agencyadmin").await;
    let path = format!("/api/v1/clients/{id}/rotate-secret");
    let reply = world
        .app
        .with_token(&admin)
        .post(&path, &json!({"overlapHours": 1}))
        .await;
    reply.expect_problem(404, "client.not-found");
}

#[tokio::test]
async fn notice_of_an_expiry_is_given_once_and_anew_for_a_new_date() {
    let world = World::new().await;
    let now = world.rt.clock.now();
    let day = |n: i64| json!({"expiresAt": now + chrono::Duration::days(n)});
    let (near, far) = (
        create(&world, &day(20)).await,
        create(&world, &day(200)).await,
    );
    let closed = create(&world, &day(20)).await;
    let (near, far, closed) = (text(&near, "id"), text(&far, "id"), text(&closed, "id"));
    let listed = async |query: &str, login: &str| {
        let token = world.token(login).await;
        let path = format!("/api/v1/clients{query}");
        let page = world.app.with_token(&token).get(&path).await;
        let page = page.expect(200).json();
        let items = page["items"].as_array().expect("items").clone();
        items
            .into_iter()
            .map(|c| (text(&c, "id"), c))
            .collect::<std::collections::BTreeMap<_, _>>()
    };
    let change = async |id: &str, version: i64, change: &Value| {
        let token = world.token("agencyadmin").await;
        let caller = world.app.with_token(&token).if_match(version);
        let path = format!("/api/v1/clients/{id}");
        caller.patch(&path, change).await.expect(200);
    };
    change(&closed, 1, &json!({"active": false})).await;
    world.rt.clock.advance(chrono::Duration::hours(2));
    let noticed = async |id: &str| listed("", "agencyadmin").await[id]["expiryNoticedAt"].clone();
    let first = testkit::wait_for("the notice", || async {
        Some(noticed(&near).await).filter(|at| !at.is_null())
    })
    .await;
    assert!(noticed(&far).await.is_null() && noticed(&closed).await.is_null());
    let soon = listed("?expiresSoon=true", "agencyadmin").await;
    assert!(soon.contains_key(&near) && !soon.contains_key(&far));
    let metric = |kind: &str| {
        let text = world.rt.metrics.render();
        let line = text.lines().find(|l| {
            l.starts_with("motcua_identity_clients_expiring{") && l.contains(&format!("\"{kind}\""))
        });
        line.and_then(|l| l.rsplit(' ').next().map(str::to_owned))
    };
    testkit::wait_for("the count", || async {
        (metric("within-30-days").as_deref() == Some("1")).then_some(())
    })
    .await;
    assert_eq!(metric("within-7-days").as_deref(), Some("0"));
    // The next rounds say nothing new.
    world.rt.clock.advance(chrono::Duration::days(14));
    testkit::wait_for("the next round", || async {
        (metric("within-7-days").as_deref() == Some("1")).then_some(())
    })
    .await;
    assert_eq!(noticed(&near).await, first);
    change(&near, 1, &day(60)).await;
    assert!(noticed(&near).await.is_null(), "of the new date");
    world.rt.clock.advance(chrono::Duration::days(20));
    let second = testkit::wait_for("the second notice", || async {
        Some(noticed(&near).await).filter(|at| !at.is_null())
    })
    .await;
    assert_ne!(first, second);
}

#[tokio::test]
async fn strangers_do_not_shut_a_client_out() {
    let world = World::new().await;
    let made = create(&world, &json!({})).await;
    let (id, secret) = (text(&made, "id"), text(&made, "secret"));
    for _ in 0..8 {
        ask(&world, &id, "a guess").await.expect(401);
    }
    ask(&world, &id, &secret).await.expect(200);
    // Where they guess from is counted, but for a client that nobody knows, too.
    for n in 8..30 {
        ask(&world, &format!("nobody-{n}"), "a guess")
            .await
            .expect(401);
    }
    ask(&world, &id, &secret).await.expect(429);
}
