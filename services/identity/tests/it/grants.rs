//! Grants: reuse, rotation, revocation, client credentials.

use crate::world::{PASSWORD, World, basic, claims, portal, text};

#[tokio::test]
async fn a_code_used_twice_revokes_what_came_of_it() {
    let world = World::new().await;
    let code = world
        .browser()
        .sign_in(&portal(), "citizen", PASSWORD)
        .await;
    let tokens = world.redeem(&code).await.expect(200).json();
    assert_eq!(
        world.redeem(&code).await.expect(400).json()["error"],
        "invalid_grant"
    );
    let refused = world
        .refresh(&text(&tokens, "refresh_token"))
        .await
        .expect(400)
        .json();
    assert_eq!(refused["error"], "invalid_grant");
}

#[tokio::test]
async fn refresh_tokens_rotate_and_a_reuse_revokes_the_family() {
    let world = World::new().await;
    let first = text(&world.tokens("citizen").await, "refresh_token");
    let answer = world.refresh(&first).await.expect(200).json();
    let second = text(&answer, "refresh_token");
    assert_ne!(first, second);
    assert_eq!(
        claims(&text(&answer, "access_token"))["name"],
        "Nguyễn Văn An"
    );
    assert!(claims(&text(&answer, "id_token")).get("nonce").is_none());
    let third = text(
        &world.refresh(&second).await.expect(200).json(),
        "refresh_token",
    );
    // A thief, or the owner after a thief: nobody can tell, so both stop.
    assert_eq!(
        world.refresh(&second).await.expect(400).json()["error"],
        "invalid_grant"
    );
    assert_eq!(
        world.refresh(&third).await.expect(400).json()["error"],
        "invalid_grant"
    );
}

#[tokio::test]
async fn of_many_at_once_one_refresh_wins_and_the_family_is_over() {
    let world = World::new().await;
    let token = text(&world.tokens("citizen").await, "refresh_token");
    let all = futures_util::future::join_all((0..6).map(|_| world.refresh(&token))).await;
    let good: Vec<_> = all.iter().filter(|r| r.status == 200).collect();
    assert_eq!(
        good.len(),
        1,
        "{:?}",
        all.iter().map(|r| r.status).collect::<Vec<_>>()
    );
    let next = text(&good[0].json(), "refresh_token");
    world.refresh(&next).await.expect(400);
}

#[tokio::test]
async fn a_refresh_token_is_its_clients_and_dies_in_time() {
    let world = World::new().await;
    let token = text(&world.tokens("citizen").await, "refresh_token");
    let other = world
        .exchange(&[
            ("grant_type", "refresh_token"),
            ("client_id", "cli"),
            ("refresh_token", &token),
        ])
        .await
        .expect(400);
    assert_eq!(other.json()["error"], "invalid_grant");
    let token = text(
        &world.refresh(&token).await.expect(200).json(),
        "refresh_token",
    );
    world.rt.clock.advance(chrono::Duration::days(15));
    assert_eq!(
        world.refresh(&token).await.expect(400).json()["error"],
        "invalid_grant"
    );
}

#[tokio::test]
async fn a_refresh_may_ask_for_less_never_for_more() {
    let world = World::new().await;
    let token = text(&world.tokens("citizen").await, "refresh_token");
    let asked = async |scope: &str| {
        let fields = [
            ("grant_type", "refresh_token"),
            ("client_id", "portal"),
            ("refresh_token", token.as_str()),
            ("scope", scope),
        ];
        world.exchange(&fields).await
    };
    for more in ["openid email", "phone admin"] {
        let refused = asked(more).await.expect(400).json();
        assert_eq!(refused["error"], "invalid_scope", "{more}");
    }
    // The mistake cost nothing. What nobody knows here is passed over, as when it was asked for first.
    let less = asked("openid offline_access").await.expect(200).json();
    assert_eq!(less["scope"], "openid");
    assert_eq!(
        claims(&text(&less, "access_token"))["openid_scope"],
        "openid"
    );
    let all = world
        .refresh(&text(&less, "refresh_token"))
        .await
        .expect(200)
        .json();
    assert_eq!(all["scope"], "openid profile");
    // Of a token that was used already the reuse weighs more.
    let reused = asked("openid email").await.expect(400).json();
    assert_eq!(reused["error"], "invalid_grant");
    world
        .refresh(&text(&all, "refresh_token"))
        .await
        .expect(400);
}

#[tokio::test]
async fn revoking_ends_the_family_and_unknown_tokens_are_answered_alike() {
    let world = World::new().await;
    let token = text(&world.tokens("citizen").await, "refresh_token");
    let revoke = async |client: &str, token: &str| {
        let fields = [("client_id", client), ("token", token)];
        world
            .app
            .anonymous()
            .post_form("/oauth2/revoke", &fields)
            .await
    };
    revoke("portal", "unknown").await.expect(200);
    revoke("cli", &token).await.expect(200);
    let token = text(
        &world.refresh(&token).await.expect(200).json(),
        "refresh_token",
    );
    revoke("portal", &token).await.expect(200);
    world.refresh(&token).await.expect(400);
    assert_eq!(
        revoke("nobody", &token).await.expect(401).json()["error"],
        "invalid_client"
    );
}

#[tokio::test]
async fn machine_clients_get_tokens_for_themselves() {
    let world = World::new().await;
    for (id, role) in [("postoffice", "post_office"), ("integrator", "integrator")] {
        let by_form = world
            .exchange(&[
                ("grant_type", "client_credentials"),
                ("client_id", id),
                ("client_secret", "motcua-demo-secret"),
            ])
            .await
            .expect(200)
            .json();
        assert!(by_form.get("refresh_token").is_none() && by_form.get("id_token").is_none());
        let said = claims(&text(&by_form, "access_token"));
        assert_eq!(said["azp"], id);
        assert_eq!(said["kind"], "client");
        assert_eq!(said["roles"][0], role);
        let basic = basic(id, "motcua-demo-secret");
        let by_header = world.app.anonymous().header("authorization", &basic);
        let by_header = by_header
            .post_form("/oauth2/token", &[("grant_type", "client_credentials")])
            .await
            .expect(200)
            .json();
        assert_eq!(
            claims(&text(&by_header, "access_token"))["sub"],
            said["sub"]
        );
    }
}

#[tokio::test]
async fn a_wrong_or_missing_secret_is_refused_alike_for_every_client() {
    let world = World::new().await;
    let mut bodies = Vec::new();
    for (id, secret) in [
        ("postoffice", "wrong"),
        ("nobody", "wrong"),
        ("postoffice", ""),
        ("portal", "any"),
    ] {
        let reply = world
            .exchange(&[
                ("grant_type", "client_credentials"),
                ("client_id", id),
                ("client_secret", secret),
            ])
            .await
            .expect(401);
        assert_eq!(reply.header("www-authenticate"), None);
        bodies.push(reply.text());
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    let reply = world
        .app
        .anonymous()
        .header("authorization", &basic("postoffice", "wrong"))
        .post_form("/oauth2/token", &[("grant_type", "client_credentials")])
        .await
        .expect(401);
    assert_eq!(
        reply.header("www-authenticate"),
        Some("Basic realm=\"motcua\"")
    );
}

#[tokio::test]
async fn malformed_token_requests_have_their_errors() {
    let world = World::new().await;
    let secret = ("client_secret", "motcua-demo-secret");
    for (fields, status, error) in [
        (vec![("client_id", "portal")], 400, "invalid_request"),
        (
            vec![("grant_type", "password"), ("client_id", "portal")],
            400,
            "unsupported_grant_type",
        ),
        (
            vec![
                ("grant_type", "client_credentials"),
                ("client_id", "portal"),
            ],
            400,
            "unauthorized_client",
        ),
        (
            vec![
                ("grant_type", "authorization_code"),
                ("client_id", "postoffice"),
                secret,
            ],
            400,
            "unauthorized_client",
        ),
        (
            vec![("grant_type", "refresh_token"), ("client_id", "portal")],
            400,
            "invalid_request",
        ),
        (vec![("grant_type", "refresh_token")], 401, "invalid_client"),
        (
            vec![("grant_type", "a"), ("grant_type", "b")],
            400,
            "invalid_request",
        ),
    ] {
        let reply = world.exchange(&fields).await.expect(status);
        assert_eq!(reply.json()["error"], error, "{fields:?}");
    }
    let json = world
        .app
        .anonymous()
        .post("/oauth2/token", &serde_json::json!({"grant_type": "x"}))
        .await;
    assert_eq!(json.expect(400).json()["error"], "invalid_request");
    let both = world
        .app
        .anonymous()
        .header("authorization", &basic("postoffice", "motcua-demo-secret"));
    let both = both
        .post_form(
            "/oauth2/token",
            &[("grant_type", "client_credentials"), secret],
        )
        .await;
    assert_eq!(both.expect(400).json()["error"], "invalid_request");
}
