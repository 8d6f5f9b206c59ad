//! Who may pass.

use crate::world::World;
use serde_json::json;
use testkit::{actors, token_with};

#[tokio::test]
async fn without_a_good_token_a_protected_operation_is_closed() {
    let world = World::new().await;
    let nobody = world.app.anonymous().get("/api/v1/dossiers").await;
    // No error is told to who brought no token (RFC 6750 §3.1).
    assert_eq!(
        nobody.header("www-authenticate"),
        Some("Bearer realm=\"motcua\"")
    );
    nobody.expect_problem(401, "auth.missing-token");
    let citizen = actors::citizen();
    for (token, code) in [
        ("nonsense".to_owned(), "auth.invalid-token"),
        (
            token_with(&world.rt, &citizen, |c| c.exp = c.iat - 60),
            "auth.expired-token",
        ),
        (
            token_with(&world.rt, &citizen, |c| c.iss = "https://other".into()),
            "auth.foreign-issuer",
        ),
        (
            token_with(&world.rt, &citizen, |c| c.aud = "other".into()),
            "auth.invalid-token",
        ),
    ] {
        let reply = world.app.with_token(&token).get("/api/v1/dossiers").await;
        let challenge = reply.header("www-authenticate").expect("a challenge");
        assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
        reply.expect_problem(401, code);
    }
    let basic = world.app.anonymous().header("authorization", "Basic eDp5");
    basic
        .get("/api/v1/dossiers")
        .await
        .expect_problem(401, "auth.invalid-token");
    assert!(world.seen().await.is_empty());
}

#[tokio::test]
async fn a_token_of_a_client_passes_from_its_networks_alone() {
    let world = World::new().await;
    let limited = |world: &World| {
        token_with(&world.rt, &actors::citizen(), |c| {
            c.networks = vec!["203.0.113.0/24".parse().expect("a network")];
        })
    };
    let token = limited(&world);
    // 127.0.0.1 is a proxy of ours by default.
    for (said, good) in [
        ("203.0.113.7", true),
        ("1.1.1.1, ::ffff:203.0.113.7", true),
        ("203.0.113.7, 1.1.1.1", false),
        ("unknown", false),
    ] {
        let caller = world.app.with_token(&token);
        let caller = caller.header("x-forwarded-for", said);
        let reply = caller.get("/api/v1/dossiers").await;
        if good {
            reply.expect(200);
        } else {
            reply.expect_problem(401, "auth.foreign-network");
        }
    }
    assert_eq!(world.seen().await.len(), 2);
    // Where it is not, it may not say so itself.
    let world = World::with(&[("trusted_proxies", "[]".to_owned())]).await;
    let token = limited(&world);
    let caller = world.app.with_token(&token);
    let caller = caller.header("x-forwarded-for", "203.0.113.7");
    let reply = caller.get("/api/v1/dossiers").await;
    reply.expect_problem(401, "auth.foreign-network");
    assert!(world.seen().await.is_empty());
}

#[tokio::test]
async fn without_the_permission_the_service_is_not_asked() {
    let world = World::new().await;
    for actor in [
        actors::citizen(),
        actors::specialist(),
        actors::leader(),
        actors::post_office(),
        actors::admin(),
    ] {
        let reply = world
            .app
            .as_(&actor)
            .post("/api/v1/dossiers/1/receive", &json!({}))
            .await;
        let challenge = reply.header("www-authenticate").expect("a challenge");
        assert!(challenge.contains("insufficient_scope"), "{challenge}");
        let problem = reply.expect_problem(403, "auth.forbidden");
        assert_eq!(problem["permission"], "dossier.receive");
    }
    assert!(world.seen().await.is_empty());
    world
        .app
        .as_(&actors::officer())
        .post("/api/v1/dossiers/1/receive", &json!({}))
        .await
        .expect(200);
}

#[tokio::test]
async fn public_operations_pass_whatever_is_in_authorization() {
    let world = World::new().await;
    world
        .app
        .anonymous()
        .get("/api/v1/tracking/1")
        .await
        .expect(200);
    world
        .app
        .with_token("nonsense")
        .get("/api/v1/tracking/1")
        .await
        .expect(200);
    let basic = world.app.anonymous().header("authorization", "Basic eDp5");
    basic
        .post_form("/oauth2/token", &[("grant_type", "client_credentials")])
        .await
        .expect(200);
    let seen = world.identity.received_requests().await.expect("recorded");
    assert_eq!(
        seen[0].headers["authorization"], "Basic eDp5",
        "clients prove themselves to identity"
    );
    assert_eq!(seen[0].body, b"grant_type=client_credentials");
}

#[tokio::test]
async fn problems_speak_the_callers_language() {
    let world = World::new().await;
    let vi = world
        .app
        .anonymous()
        .get("/api/v1/dossiers")
        .await
        .expect(401);
    assert_eq!(vi.json()["title"], "Cần đăng nhập");
    assert_eq!(vi.header("content-language"), Some("vi"));
    let en = world
        .app
        .anonymous()
        .header("accept-language", "en")
        .get("/api/v1/dossiers")
        .await
        .expect(401);
    assert_eq!(en.json()["title"], "Sign-in required");
    assert_eq!(en.json()["requestId"].as_str(), en.header("x-request-id"));
}

#[tokio::test]
async fn pages_elsewhere_may_call_only_when_they_are_named() {
    let world = World::with(&[("cors_origins", "[\"https://app.example.vn\"]".to_owned())]).await;
    let named = world
        .app
        .anonymous()
        .header("origin", "https://app.example.vn");
    let reply = named.get("/api/v1/tracking/1").await.expect(200);
    assert_eq!(
        reply.header("access-control-allow-origin"),
        Some("https://app.example.vn")
    );
    let preflight = named
        .send(reqwest::Method::OPTIONS, "/api/v1/dossiers", |r| r)
        .await
        .expect(204);
    assert!(
        preflight
            .header("access-control-allow-headers")
            .expect("headers")
            .contains("if-match")
    );
    let refused = named.get("/api/v1/dossiers").await.expect(401);
    assert_eq!(
        refused.header("access-control-allow-origin"),
        Some("https://app.example.vn"),
        "errors can be read, too"
    );
    assert_eq!(
        named
            .get("/")
            .await
            .expect(200)
            .header("access-control-allow-origin"),
        None
    );
    for origin in [
        "https://evil.example",
        "null",
        "https://app.example.vn.evil.example",
    ] {
        let other = world.app.anonymous().header("origin", origin);
        assert_eq!(
            other
                .get("/api/v1/tracking/1")
                .await
                .expect(200)
                .header("access-control-allow-origin"),
            None
        );
        let preflight = other
            .send(reqwest::Method::OPTIONS, "/api/v1/dossiers", |r| r)
            .await
            .expect(405);
        assert_eq!(preflight.header("access-control-allow-origin"), None);
    }
    let closed = World::new().await;
    let reply = closed
        .app
        .anonymous()
        .header("origin", "https://app.example.vn")
        .get("/api/v1/tracking/1")
        .await;
    assert_eq!(
        reply.expect(200).header("access-control-allow-origin"),
        None
    );
}
