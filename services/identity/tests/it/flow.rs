//! Signing in: the whole way of a browser and its client.

use crate::world::{
    CALLBACK, PASSWORD, VERIFIER, World, answer, challenge, claims, hidden, portal, request, text,
};
use serde_json::json;

#[tokio::test]
async fn a_citizen_signs_in_and_the_portal_gets_tokens_that_verify() {
    let world = World::new().await;
    let browser = world.browser();
    let reply = browser
        .try_sign_in(&portal(), "Citizen ", PASSWORD)
        .await
        .expect(303);
    let location = reply.header("location").expect("location").to_owned();
    assert!(
        location.starts_with(&format!("{CALLBACK}?code=")),
        "{location}"
    );
    let back = answer(&reply);
    assert_eq!(back["state"], "the-state");
    assert_eq!(back["iss"], testkit::ISSUER);

    let reply = world.redeem(&back["code"]).await.expect(200);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let tokens = reply.json();
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["expires_in"], 600);
    assert_eq!(tokens["scope"], "openid profile");

    let access = text(&tokens, "access_token");
    let actor = world
        .rt
        .tokens
        .verify(&access, None, &world.rt)
        .await
        .expect("verifies");
    assert_eq!(actor.name, "Nguyễn Văn An");
    assert_eq!(actor.client.as_deref(), Some("portal"));
    assert_eq!(actor.roles, [contracts::Role::Citizen]);

    let id = claims(&text(&tokens, "id_token"));
    assert_eq!(id["aud"], "portal");
    assert_eq!(id["nonce"], "the-nonce");
    assert_eq!(id["sub"], json!(actor.subject));
    assert_eq!(id["preferred_username"], "citizen");
    assert_eq!(id["iss"], testkit::ISSUER);

    let me = world
        .app
        .with_token(&access)
        .get("/api/v1/me")
        .await
        .expect(200)
        .json();
    assert_eq!(me["login"], "citizen");
    assert_eq!(me["identityNumber"], "024090000001");
    assert!(
        me["permissions"]
            .as_array()
            .expect("list")
            .contains(&json!("dossier.file")),
        "{me}"
    );
    let info = world
        .app
        .with_token(&access)
        .get("/oauth2/userinfo")
        .await
        .expect(200)
        .json();
    assert_eq!(info["sub"], me["id"]);
    assert_eq!(info["preferred_username"], "citizen");
}

#[tokio::test]
async fn an_id_token_is_no_access_token() {
    let world = World::new().await;
    let tokens = world.tokens("citizen").await;
    let id = text(&tokens, "id_token");
    world
        .app
        .with_token(&id)
        .get("/api/v1/me")
        .await
        .expect_problem(401, "auth.invalid-token");
}

#[tokio::test]
async fn a_second_client_signs_in_without_a_password() {
    let world = World::new().await;
    let browser = world.browser();
    let loopback = "http://127.0.0.1:51004/callback";
    let cli = request(&[("client_id", "cli"), ("redirect_uri", loopback)]);
    browser.sign_in(&cli, "officer", PASSWORD).await;
    let back = answer(&browser.get(&portal()).await.expect(303));
    let tokens = world.redeem(&back["code"]).await.expect(200).json();
    assert_eq!(claims(&text(&tokens, "access_token"))["azp"], "portal");
    assert_eq!(claims(&text(&tokens, "access_token"))["agency"], "H05.21");
}

#[tokio::test]
async fn prompt_and_max_age_decide_who_is_asked() {
    let world = World::new().await;
    let browser = world.browser();
    let nobody = browser
        .get(&request(&[("prompt", "none")]))
        .await
        .expect(303);
    assert_eq!(answer(&nobody)["error"], "login_required");
    browser.sign_in(&portal(), "citizen", PASSWORD).await;
    let known = browser
        .get(&request(&[("prompt", "none")]))
        .await
        .expect(303);
    assert!(answer(&known).contains_key("code"));
    browser
        .get(&request(&[("prompt", "login")]))
        .await
        .expect(200);
    world.rt.clock.advance(chrono::Duration::seconds(61));
    browser
        .get(&request(&[("max_age", "60")]))
        .await
        .expect(200);
    browser
        .get(&request(&[("max_age", "62")]))
        .await
        .expect(303);
    world.rt.clock.advance(chrono::Duration::hours(8));
    browser.get(&portal()).await.expect(200);
}

#[tokio::test]
async fn the_wrong_verifier_gets_nothing_and_burns_the_code() {
    let world = World::new().await;
    let code = world
        .browser()
        .sign_in(&portal(), "citizen", PASSWORD)
        .await;
    let other = "a".repeat(43);
    let wrong = world
        .exchange(&[
            ("grant_type", "authorization_code"),
            ("client_id", "portal"),
            ("code", &code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", &other),
        ])
        .await
        .expect(400)
        .json();
    assert_eq!(wrong["error"], "invalid_grant");
    assert_eq!(
        world.redeem(&code).await.expect(400).json()["error"],
        "invalid_grant"
    );
}

#[tokio::test]
async fn a_code_of_another_client_redirect_or_time_is_refused() {
    let world = World::new().await;
    let browser = world.browser();
    let code = browser.sign_in(&portal(), "citizen", PASSWORD).await;
    let as_cli = world
        .exchange(&[
            ("grant_type", "authorization_code"),
            ("client_id", "cli"),
            ("code", &code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ])
        .await
        .expect(400);
    assert_eq!(as_cli.json()["error"], "invalid_grant");
    // Somebody else's try does not burn it.
    world.redeem(&code).await.expect(200);

    let code = answer(&browser.get(&portal()).await.expect(303))
        .remove("code")
        .expect("code");
    let elsewhere = world
        .exchange(&[
            ("grant_type", "authorization_code"),
            ("client_id", "portal"),
            ("code", &code),
            ("redirect_uri", "http://issuer.test/dang-nhap/callback2"),
            ("code_verifier", VERIFIER),
        ])
        .await
        .expect(400);
    assert_eq!(elsewhere.json()["error"], "invalid_grant");

    let code = answer(&browser.get(&portal()).await.expect(303))
        .remove("code")
        .expect("code");
    world.rt.clock.advance(chrono::Duration::seconds(61));
    assert_eq!(
        world.redeem(&code).await.expect(400).json()["error"],
        "invalid_grant"
    );
}

#[tokio::test]
async fn an_unknown_client_or_redirect_is_told_to_the_person_and_sent_nowhere() {
    let world = World::new().await;
    for request in [
        request(&[("client_id", "nobody")]),
        request(&[("client_id", "")]),
        request(&[("redirect_uri", "https://evil.example/callback")]),
        request(&[("redirect_uri", "http://issuer.test/dang-nhap/callback/")]),
        request(&[("redirect_uri", "")]),
        request(&[("client_id", "postoffice")]),
        format!("{}&client_id=portal", portal()),
    ] {
        let reply = world.app.anonymous().get(&request).await.expect(400);
        assert_eq!(reply.header("location"), None, "{request}");
        assert!(
            reply.text().contains("Yêu cầu đăng nhập không hợp lệ"),
            "{request}"
        );
    }
}

#[tokio::test]
async fn every_other_flaw_goes_back_to_the_client_with_its_state() {
    let world = World::new().await;
    for (changes, error) in [
        ([("response_type", "token")], "unsupported_response_type"),
        ([("code_challenge", "")], "invalid_request"),
        ([("code_challenge_method", "plain")], "invalid_request"),
        ([("response_mode", "fragment")], "invalid_request"),
        (
            [("request_uri", "https://x.example/r")],
            "request_uri_not_supported",
        ),
    ] {
        let reply = world
            .app
            .anonymous()
            .get(&request(&changes))
            .await
            .expect(303);
        let back = answer(&reply);
        assert_eq!(back["error"], error, "{changes:?}");
        assert_eq!(back["state"], "the-state");
        assert!(!back.contains_key("code"));
    }
}

#[tokio::test]
async fn a_form_of_another_browser_or_of_yesterday_is_refused() {
    let world = World::new().await;
    let (mine, theirs) = (world.browser(), world.browser());
    let form = hidden(&theirs.get(&portal()).await.expect(200));
    mine.get(&portal()).await.expect(200);
    let fields = [
        ("form", form.as_str()),
        ("login", "citizen"),
        ("password", PASSWORD),
    ];
    let forged = mine.post("/oauth2/authorize", &fields).await.expect(400);
    assert_eq!(forged.header("location"), None);
    let bare = world
        .app
        .anonymous()
        .post_form("/oauth2/authorize", &fields)
        .await
        .expect(400);
    assert_eq!(bare.header("set-cookie"), None);
    theirs
        .post(
            "/oauth2/authorize",
            &[("login", "citizen"), ("password", PASSWORD)],
        )
        .await
        .expect(400);
    world.rt.clock.advance(chrono::Duration::hours(2));
    theirs.post("/oauth2/authorize", &fields).await.expect(400);
}

#[tokio::test]
async fn the_sign_in_gives_a_new_session_each_time() {
    let world = World::new().await;
    let browser = world.browser();
    browser.sign_in(&portal(), "citizen", PASSWORD).await;
    let first = browser.cookie("motcua_signin").expect("cookie");
    let code = browser
        .sign_in(&request(&[("prompt", "login")]), "citizen2", PASSWORD)
        .await;
    let second = browser.cookie("motcua_signin").expect("cookie");
    assert_ne!(first, second);
    let tokens = world.redeem(&code).await.expect(200).json();
    assert_eq!(
        claims(&text(&tokens, "access_token"))["name"],
        "Trần Thị Bình"
    );
    // The first is over.
    let caller = world
        .app
        .anonymous()
        .header("cookie", &format!("motcua_signin={first}"));
    caller.get(&portal()).await.expect(200);
}

#[tokio::test]
async fn discovery_and_keys_are_what_clients_expect() {
    let world = World::new().await;
    let found = world
        .app
        .anonymous()
        .get("/.well-known/openid-configuration")
        .await
        .expect(200)
        .json();
    assert_eq!(found["issuer"], testkit::ISSUER);
    assert_eq!(
        found["token_endpoint"],
        format!("{}/oauth2/token", testkit::ISSUER)
    );
    assert_eq!(found["code_challenge_methods_supported"], json!(["S256"]));
    let keys = world
        .app
        .anonymous()
        .get("/oauth2/jwks")
        .await
        .expect(200)
        .json();
    let keys = keys["keys"].as_array().expect("keys").clone();
    assert_eq!(keys.len(), 1);
    assert_eq!(keys[0]["alg"], "ES256");
    assert_eq!(keys[0]["use"], "sig");
    assert!(keys[0].get("d").is_none(), "the private half stays");
    assert_eq!(challenge(VERIFIER).len(), 43);
}

#[tokio::test]
async fn a_null_character_breaks_nothing() {
    let world = World::new().await;
    let anonymous = world.app.anonymous();
    anonymous
        .get(&request(&[("client_id", "a\0")]))
        .await
        .expect(400);
    anonymous
        .get(&request(&[("state", "a\0")]))
        .await
        .expect(400);
    world
        .exchange(&[("grant_type", "client_credentials"), ("client_id", "a\0")])
        .await
        .expect(400);
    let browser = world.browser();
    browser.get(&portal()).await.expect(200);
    let fields = [("form", "a\0"), ("login", "citizen\0"), ("password", "x\0")];
    browser.post("/oauth2/authorize", &fields).await.expect(400);
    let admin = world.token("admin").await;
    let admin = world.app.with_token(&admin);
    admin
        .get("/api/v1/accounts?agency=%00")
        .await
        .expect_problem(422, "query.invalid");
    // A cursor of our shape with the character inside: base64url of "a\u0000" in JSON.
    admin
        .get("/api/v1/accounts?cursor=ImFcdTAwMDAi")
        .await
        .expect_problem(422, "query.cursor");
    let body = json!({"login": "abc", "password": "ba con mèo đen\0", "name": "A\0", "roles": ["citizen"]});
    admin
        .post("/api/v1/accounts", &body)
        .await
        .expect_problem(422, "body.invalid");
}
