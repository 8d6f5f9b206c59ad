//! What tokens say, what they open at userinfo, and how they end before their time.
#![expect(
    clippy::indexing_slicing,
    reason = "what is not there is null, and the test says so"
)]

use crate::world::{Browser, PASSWORD, World, answer, basic, claims, portal, request, text};
use chrono::Duration;
use serde_json::{Value, json};
use testkit::Reply;

const SECRET: &str = "motcua-demo-secret";

/// Signs a citizen in with these scopes.
async fn with_scope(world: &World, scope: &str) -> Value {
    let asked = request(&[("scope", scope)]);
    let code = world.browser().sign_in(&asked, "citizen", PASSWORD).await;
    world.redeem(&code).await.expect(200).json()
}

/// The tokens of one more code of a browser that is signed in.
async fn once_more(world: &World, browser: &Browser<'_>) -> Value {
    let back = browser.get(&portal()).await.expect(303);
    let code = answer(&back).remove("code").expect("a code");
    world.redeem(&code).await.expect(200).json()
}

async fn at(world: &World, path: &str, tokens: &Value) -> Reply {
    let token = text(tokens, "access_token");
    world.app.with_token(&token).get(path).await
}

/// It opens what a token opens.
async fn opens(world: &World, tokens: &Value) {
    at(world, "/api/v1/me", tokens).await.expect(200);
}

async fn is_refused(world: &World, tokens: &Value) {
    at(world, "/api/v1/me", tokens)
        .await
        .expect_problem(401, "auth.revoked-token");
}

async fn userinfo(world: &World, tokens: &Value) -> Value {
    at(world, "/oauth2/userinfo", tokens)
        .await
        .expect(200)
        .json()
}

async fn client_token(world: &World) -> Value {
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_id", "integrator"),
        ("client_secret", SECRET),
    ];
    world.exchange(&fields).await.expect(200).json()
}

/// As the integrator: what it is worth, or that it be revoked.
async fn as_integrator(world: &World, path: &str, tokens: &Value) -> Reply {
    let token = text(tokens, "access_token");
    let caller = world.app.anonymous();
    let caller = caller.header("authorization", &basic("integrator", SECRET));
    caller.post_form(path, &[("token", &token)]).await
}

async fn is_active(world: &World, tokens: &Value) -> bool {
    let said = as_integrator(world, "/oauth2/introspect", tokens).await;
    said.expect(200).json()["active"] == true
}

async fn revoke(world: &World, client: &str, token: &str) -> Reply {
    let fields = [("client_id", client), ("token", token)];
    let caller = world.app.anonymous();
    caller.post_form("/oauth2/revoke", &fields).await
}

#[tokio::test]
async fn an_access_token_names_its_client_its_grant_and_its_session() {
    let world = World::new().await;
    let tokens = world.tokens("citizen").await;
    let said = claims(&text(&tokens, "access_token"));
    assert_eq!(
        (&said["client_id"], &said["azp"]),
        (&json!("portal"), &json!("portal"))
    );
    assert_eq!(said["openid_scope"], "openid profile");
    assert!(said["scope"].is_null(), "no limit of rights");
    assert_eq!(said["sid"], claims(&text(&tokens, "id_token"))["sid"]);
    let next = world.refresh(&text(&tokens, "refresh_token")).await;
    let next = claims(&text(&next.expect(200).json(), "access_token"));
    assert!(said["grant"].is_string());
    assert_eq!(said["grant"], next["grant"]);
    let client = claims(&text(&client_token(&world).await, "access_token"));
    assert_eq!(client["client_id"], "integrator");
    assert!(client["sid"].is_null() && client["openid_scope"].is_null());
    // A token of the release before says none of it.
    let rt = testkit::runtime();
    let before = testkit::token_with(&rt, &testkit::actors::citizen(), |c| c.client_id = None);
    rt.tokens.verify(&before, None, &rt).await.expect("good");
}

#[tokio::test]
async fn a_reuse_ends_the_access_tokens_of_its_grant_and_of_no_other() {
    let world = World::new().await;
    let browser = world.browser();
    let code = browser.sign_in(&portal(), "citizen", PASSWORD).await;
    let by_code = world.redeem(&code).await.expect(200).json();
    let kept = once_more(&world, &browser).await;
    let first = world.tokens("citizen2").await;
    let used = text(&first, "refresh_token");
    let second = world.refresh(&used).await.expect(200).json();
    for tokens in [&by_code, &kept, &first, &second] {
        opens(&world, tokens).await;
    }
    world.redeem(&code).await.expect(400);
    world.refresh(&used).await.expect(400);
    for tokens in [&by_code, &first, &second] {
        assert!(!is_active(&world, tokens).await, "at once where one asks");
    }
    world.rt.clock.advance(Duration::seconds(4));
    for tokens in [&by_code, &first, &second] {
        is_refused(&world, tokens).await;
    }
    // The same person, session and client, and another code.
    opens(&world, &kept).await;
    assert!(is_active(&world, &kept).await);
}

#[tokio::test]
async fn a_revoked_token_takes_all_of_its_grant_with_it() {
    let world = World::new().await;
    for revoked in ["refresh_token", "access_token"] {
        let tokens = world.tokens("citizen").await;
        let token = text(&tokens, revoked);
        // Another client's try is answered alike and changes nothing.
        revoke(&world, "cli", &token).await.expect(200);
        world.rt.clock.advance(Duration::seconds(4));
        opens(&world, &tokens).await;
        revoke(&world, "portal", &token).await.expect(200);
        assert!(!is_active(&world, &tokens).await);
        world
            .refresh(&text(&tokens, "refresh_token"))
            .await
            .expect(400);
        world.rt.clock.advance(Duration::seconds(4));
        is_refused(&world, &tokens).await;
    }
    // A client's own, and its other one goes on.
    let (one, other) = (client_token(&world).await, client_token(&world).await);
    let done = as_integrator(&world, "/oauth2/revoke", &one).await;
    done.expect(200);
    assert!(!is_active(&world, &one).await);
    assert!(is_active(&world, &other).await);
    // One that names no grant, while it lives.
    let old = world.token("citizen").await;
    let refused = revoke(&world, "cli", &old).await.expect(400).json();
    assert_eq!(refused["error"], "unsupported_token_type");
    revoke(&world, "portal", &old).await.expect(200);
    world.rt.clock.advance(Duration::seconds(631));
    revoke(&world, "cli", &old).await.expect(200);
}

#[tokio::test]
async fn a_sign_out_ends_the_access_tokens_of_the_session() {
    let world = World::new().await;
    let browser = world.browser();
    let code = browser.sign_in(&portal(), "citizen", PASSWORD).await;
    let first = world.redeem(&code).await.expect(200).json();
    let second = once_more(&world, &browser).await;
    let elsewhere = world.tokens("citizen").await;
    for tokens in [&first, &second, &elsewhere] {
        opens(&world, tokens).await;
    }
    let out = format!("/oauth2/logout?id_token_hint={}", text(&first, "id_token"));
    browser.get(&out).await.expect(200);
    world.rt.clock.advance(Duration::seconds(4));
    is_refused(&world, &first).await;
    is_refused(&world, &second).await;
    opens(&world, &elsewhere).await;
}

#[tokio::test]
async fn who_signs_in_again_goes_on_and_who_comes_after_another_ends_the_others_tokens() {
    let world = World::new().await;
    let browser = world.browser();
    let again = request(&[("prompt", "login")]);
    let code = browser.sign_in(&portal(), "citizen", PASSWORD).await;
    let first = world.redeem(&code).await.expect(200).json();
    let code = browser.sign_in(&again, "citizen", PASSWORD).await;
    let second = world.redeem(&code).await.expect(200).json();
    world.rt.clock.advance(Duration::seconds(4));
    opens(&world, &first).await;
    let code = browser.sign_in(&again, "citizen2", PASSWORD).await;
    let third = world.redeem(&code).await.expect(200).json();
    world.rt.clock.advance(Duration::seconds(4));
    is_refused(&world, &second).await;
    opens(&world, &third).await;
}

#[tokio::test]
async fn userinfo_tells_what_the_scopes_of_the_token_ask_for() {
    let world = World::new().await;
    let plain = with_scope(&world, "openid").await;
    let sub = userinfo(&world, &plain).await["sub"].clone();
    let account = format!("/api/v1/accounts/{}", sub.as_str().expect("an id"));
    let admin = world.token("admin").await;
    let caller = world.app.with_token(&admin).if_match(1);
    let email = json!({"email": "an@example.vn"});
    caller.patch(&account, &email).await.expect(200);
    let phone = "+84912345678";
    for (scope, told) in [
        ("openid", json!({"sub": sub})),
        (
            "openid email",
            json!({"sub": sub, "email": "an@example.vn"}),
        ),
        ("openid phone", json!({"sub": sub, "phone_number": phone})),
        (
            "openid profile",
            json!({"sub": sub, "name": "Nguyễn Văn An", "preferred_username": "citizen", "roles": ["citizen"]}),
        ),
    ] {
        let tokens = with_scope(&world, scope).await;
        assert_eq!(tokens["scope"], scope);
        assert_eq!(userinfo(&world, &tokens).await, told, "{scope}");
    }
    // A renewal for less tells less, and the next one all again.
    let tokens = with_scope(&world, "openid profile").await;
    let less = world
        .exchange(&[
            ("grant_type", "refresh_token"),
            ("client_id", "portal"),
            ("refresh_token", &text(&tokens, "refresh_token")),
            ("scope", "openid"),
        ])
        .await
        .expect(200)
        .json();
    assert_eq!(userinfo(&world, &less).await, json!({"sub": sub}));
    let all = world.refresh(&text(&less, "refresh_token")).await;
    let all = userinfo(&world, &all.expect(200).json()).await;
    assert_eq!(all["name"], "Nguyễn Văn An");
    // One of the release before is answered as before.
    let before = json!({ "access_token": world.token("citizen").await });
    assert_eq!(userinfo(&world, &before).await["phone_number"], phone);
}

#[tokio::test]
async fn userinfo_is_closed_to_tokens_without_openid() {
    let world = World::new().await;
    let bare = with_scope(&world, "").await;
    assert_eq!(bare["scope"], "", "that none was granted is said");
    assert!(bare.get("id_token").is_none());
    let phone = with_scope(&world, "phone").await;
    assert_eq!(phone["scope"], "phone");
    for tokens in [bare, phone, client_token(&world).await] {
        assert!(tokens["scope"].is_string());
        let reply = at(&world, "/oauth2/userinfo", &tokens).await;
        assert_eq!(
            reply.header("www-authenticate"),
            Some("Bearer realm=\"motcua\", error=\"insufficient_scope\", scope=\"openid\"")
        );
        reply.expect_problem(403, "auth.forbidden");
    }
    let nobody = world.app.anonymous().get("/oauth2/userinfo").await;
    assert_eq!(
        nobody.header("www-authenticate"),
        Some("Bearer realm=\"motcua\"")
    );
    nobody.expect_problem(401, "auth.missing-token");
}

#[tokio::test]
async fn the_metadata_name_the_algorithms_and_the_claims() {
    let world = World::new().await;
    let found = world.app.anonymous();
    let found = found.get("/.well-known/openid-configuration").await;
    let found = found.expect(200).json();
    for endpoint in ["token", "revocation", "introspection"] {
        let name = format!("{endpoint}_endpoint_auth_signing_alg_values_supported");
        assert_eq!(found[&name], json!(["ES256"]), "{name}");
    }
    let named = found["claims_supported"].as_array().expect("claims");
    let tokens = world.tokens("citizen").await;
    let said = claims(&text(&tokens, "id_token"));
    let said = said.as_object().expect("claims").keys().map(String::as_str);
    for claim in said.chain(["idp", "loa"]) {
        assert!(named.contains(&json!(claim)), "{claim}");
    }
}
