//! A kiosk that a person lets in from another browser (RFC 8628), and what a token is worth (RFC 7662).
#![expect(
    clippy::indexing_slicing,
    reason = "what is not there is null, and the test says so"
)]

use crate::world::{Browser, PASSWORD, World, basic, claims, hidden, portal, text};
use chrono::Duration;
use sea_orm::ConnectionTrait as _;
use sea_orm::sea_query::{Alias, Expr, ExprTrait as _, Query};
use serde_json::{Value, json};
use testkit::Reply;

pub(crate) async fn begun(world: &World) -> Value {
    let fields = [("client_id", "kiosk"), ("scope", "openid profile")];
    let caller = world.app.anonymous();
    let reply = caller
        .post_form("/oauth2/device_authorization", &fields)
        .await;
    reply.expect(200).json()
}

pub(crate) async fn poll(world: &World, device_code: &str) -> Reply {
    world.rt.clock.advance(Duration::seconds(5));
    ask(world, device_code).await
}

async fn ask(world: &World, device_code: &str) -> Reply {
    world
        .exchange(&[
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("client_id", "kiosk"),
            ("device_code", device_code),
        ])
        .await
}

fn error(reply: &Reply) -> Value {
    reply.json()["error"].clone()
}

/// Types the code, signs in, and comes to the question.
async fn question(browser: &Browser<'_>, code: &str, login: &str) -> Reply {
    let at = format!("/oauth2/device?user_code={code}");
    let page = browser.get(&at).await.expect(200);
    let form = hidden(&page);
    let fields = [
        ("form", form.as_str()),
        ("login", login),
        ("password", PASSWORD),
    ];
    browser.post("/oauth2/authorize", &fields).await.expect(200)
}

pub(crate) async fn decide(browser: &Browser<'_>, page: &Reply, answer: &str) -> Reply {
    let form = hidden(page);
    browser
        .post("/oauth2/device", &[("form", &form), ("answer", answer)])
        .await
}

#[tokio::test]
async fn a_kiosk_is_let_in_and_gets_its_tokens_once() {
    let world = World::new().await;
    let device = begun(&world).await;
    let (code, shown) = (text(&device, "device_code"), text(&device, "user_code"));
    assert_eq!(device["interval"], 5);
    assert_eq!(
        error(&poll(&world, &code).await.expect(400)),
        "authorization_pending"
    );
    assert_eq!(error(&ask(&world, &code).await.expect(400)), "slow_down");
    let browser = world.browser();
    let page = question(&browser, &shown.to_lowercase(), "citizen").await;
    assert!(page.text().contains(&shown), "{}", page.text());
    assert_eq!(
        error(&poll(&world, &code).await.expect(400)),
        "authorization_pending"
    );
    decide(&browser, &page, "allow").await.expect(200);
    let tokens = poll(&world, &code).await.expect(200).json();
    let said = claims(&text(&tokens, "access_token"));
    assert_eq!(
        (said["azp"].clone(), said["name"].clone()),
        (json!("kiosk"), json!("Nguyễn Văn An"))
    );
    assert_eq!(
        error(&poll(&world, &code).await.expect(400)),
        "invalid_grant"
    );
    // Whoever answered twice changes nothing.
    decide(&browser, &page, "deny").await.expect(404);
    // The kiosk renews its tokens, until the person signs out where the kiosk was let in.
    let renew = |token: String| {
        let world = &world;
        async move {
            let fields = [
                ("grant_type", "refresh_token"),
                ("client_id", "kiosk"),
                ("refresh_token", token.as_str()),
            ];
            world.exchange(&fields).await
        }
    };
    let next = renew(text(&tokens, "refresh_token"))
        .await
        .expect(200)
        .json();
    let token = text(&next, "access_token");
    world
        .app
        .with_token(&token)
        .delete("/api/v1/me/sessions")
        .await
        .expect(204);
    renew(text(&next, "refresh_token")).await.expect(400);
}

#[tokio::test]
async fn refused_expired_and_foreign_codes_give_nothing() {
    let world = World::new().await;
    let device = begun(&world).await;
    let browser = world.browser();
    let page = question(&browser, &text(&device, "user_code"), "citizen").await;
    // Another browser has another session: the form is not its own.
    decide(&world.browser(), &page, "allow").await.expect(400);
    decide(&browser, &page, "deny").await.expect(200);
    let denied = poll(&world, &text(&device, "device_code"))
        .await
        .expect(400);
    assert_eq!(error(&denied), "access_denied");
    let device = begun(&world).await;
    let code = text(&device, "device_code");
    let other = world
        .exchange(&[
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("client_id", "portal"),
            ("device_code", &code),
        ])
        .await;
    assert_eq!(error(&other.expect(400)), "unauthorized_client");
    world.rt.clock.advance(Duration::seconds(601));
    assert_eq!(
        error(&ask(&world, &code).await.expect(400)),
        "expired_token"
    );
    assert_eq!(
        error(&ask(&world, "unknown").await.expect(400)),
        "invalid_grant"
    );
    let at = format!("/oauth2/device?user_code={}", text(&device, "user_code"));
    world.browser().get(&at).await.expect(404);
    for bad in [
        "",
        "user_code=",
        "user_code=%00",
        "user_code=a&user_code=b",
        "user_code=%F0%9F%98%80",
    ] {
        let reply = world.browser().get(&format!("/oauth2/device?{bad}")).await;
        assert!(
            matches!(reply.status, 200 | 400 | 404),
            "{bad}: {}",
            reply.status
        );
    }
    let plain = world.app.anonymous();
    let refused = plain
        .post_form("/oauth2/device_authorization", &[("client_id", "portal")])
        .await;
    assert_eq!(error(&refused.expect(400)), "unauthorized_client");
}

#[tokio::test]
async fn guessing_codes_is_counted() {
    let world = World::with(&[("failures_per_address", "3".to_owned())]).await;
    let device = begun(&world).await;
    let browser = world.browser();
    wrong(&browser, 3).await;
    let right = format!("/oauth2/device?user_code={}", text(&device, "user_code"));
    let blocked = browser.get(&right).await.expect(429);
    assert!(blocked.header("retry-after").is_some());
    // Any page can make a browser ask for codes: that keeps nobody from signing in.
    let other = world.browser();
    other.sign_in(&portal(), "citizen", PASSWORD).await;
}

/// Types wrong codes.
async fn wrong(browser: &Browser<'_>, times: usize) {
    for _ in 0..times {
        let guess = browser.get("/oauth2/device?user_code=BBBB-BBBB").await;
        guess.expect(404);
    }
}

#[tokio::test]
async fn a_hall_that_shares_an_address_may_mistype_more_often_than_one_person() {
    let world = World::with(&[("failures_per_login", "3".to_owned())]).await;
    let device = begun(&world).await;
    let browser = world.browser();
    wrong(&browser, 10).await;
    let right = format!("/oauth2/device?user_code={}", text(&device, "user_code"));
    browser.get(&right).await.expect(200);
}

async fn introspect(world: &World, token: &str) -> Value {
    let caller = world.app.anonymous();
    let caller = caller.header("authorization", &basic("integrator", "motcua-demo-secret"));
    let reply = caller
        .post_form("/oauth2/introspect", &[("token", token)])
        .await;
    reply.expect(200).json()
}

#[tokio::test]
async fn a_token_is_worth_what_it_is_worth_now() {
    let world = World::new().await;
    let tokens = world.tokens("officer").await;
    let access = text(&tokens, "access_token");
    let said = introspect(&world, &access).await;
    assert_eq!(said["active"], true);
    assert_eq!(said["client_id"], "portal");
    assert_eq!(said["token_use"], "access_token");
    assert_eq!(said["acr"], "urn:motcua:acr:single-factor");
    // Another client's refresh token, an id token, and what is none.
    let nothing = json!({ "active": false });
    for other in [
        text(&tokens, "refresh_token"),
        text(&tokens, "id_token"),
        "x.y.z".to_owned(),
        "ẩn danh".to_owned(),
    ] {
        assert_eq!(introspect(&world, &other).await, nothing);
    }
    // Closed: at once, whatever the token says.
    let admin = world.token("agencyadmin").await;
    let account = format!("/api/v1/accounts/{}", said["sub"].as_str().expect("sub"));
    let caller = world.app.with_token(&admin).if_match(1);
    caller
        .patch(&account, &json!({"active": false}))
        .await
        .expect(200);
    assert_eq!(introspect(&world, &access).await, nothing);
    // By itself.
    let fresh = world.token("citizen").await;
    assert_eq!(introspect(&world, &fresh).await["active"], true);
    world.rt.clock.advance(Duration::seconds(601));
    assert_eq!(introspect(&world, &fresh).await, nothing);
    // A public client, and nobody.
    let plain = world.app.anonymous();
    let fields = [("client_id", "portal"), ("token", access.as_str())];
    plain
        .post_form("/oauth2/introspect", &fields)
        .await
        .expect(401);
    let plain = world.app.anonymous();
    plain
        .post_form("/oauth2/introspect", &[("token", &access)])
        .await
        .expect(401);
    let plain = world.app.anonymous();
    let caller = plain.header("authorization", &basic("integrator", "motcua-demo-secret"));
    caller
        .post_form("/oauth2/introspect", &[])
        .await
        .expect(400);
}

#[tokio::test]
async fn a_token_of_a_client_that_is_closed_is_worth_nothing() {
    let world = World::new().await;
    let token = world.token("citizen").await;
    let said = introspect(&world, &token).await;
    assert_eq!(
        (&said["active"], &said["client_id"]),
        (&json!(true), &json!("cli"))
    );
    let mut close = Query::update();
    close
        .table(Alias::new("client"))
        .value(Alias::new("active"), false)
        .and_where(Expr::col("id").eq("cli"));
    let close = &close;
    let closed = world
        .db
        .db
        .tx(|tx| async move { tx.execute(close).await.map(|_| ()) });
    closed.await.expect("the table");
    assert_eq!(introspect(&world, &token).await, json!({ "active": false }));
}
