//! The second factor that officers must have, and proving again who one is for what weighs more (RFC 9470).
use crate::world::{Browser, PASSWORD, World, answer, claims, hidden, portal, request, text};
use chrono::Duration;
use serde_json::json;
use testkit::Reply;
use totp_rs::{Builder, Secret};

pub(crate) const MULTI: &str = "urn:motcua:acr:multi-factor";

/// What an authenticator application shows for the key on the page.
pub(crate) fn code_of(world: &World, secret: &str) -> String {
    let totp = Builder::new()
        .with_secret(Secret::try_from_base32(secret).expect("base32"))
        .with_account_name("x")
        .build()
        .expect("a TOTP");
    let seconds = u64::try_from(world.rt.clock.now().timestamp()).expect("after 1970");
    totp.generate(seconds).to_string()
}

/// The key that the page shows.
pub(crate) fn shown(page: &Reply) -> String {
    let html = page.text();
    let (_, rest) = html.split_once("id=\"secret\">").expect("a key");
    rest.split_once('<').expect("an end").0.to_owned()
}

async fn send(browser: &Browser<'_>, page: &Reply, code: &str) -> Reply {
    let form = hidden(page);
    browser
        .post("/oauth2/authorize", &[("form", &form), ("code", code)])
        .await
}

/// The address of the link that leads on.
fn link(page: &Reply) -> String {
    let html = page.text();
    let (_, rest) = html.split_once("class=\"button\" href=\"").expect("a link");
    let address = rest.split_once('"').expect("an end").0;
    address.replace("&#38;", "&").replace("&amp;", "&")
}

#[tokio::test]
async fn an_officer_without_a_second_factor_sets_it_up_and_gets_no_token_before() {
    let world = World::with(&[("officers_second_factor", "required".to_owned())]).await;
    let browser = world.browser();
    let page = browser.try_sign_in(&portal(), "officer", PASSWORD).await;
    let page = page.expect(200);
    assert!(browser.cookie("motcua_signin").is_none(), "not signed in");
    assert!(page.text().contains("<svg"), "a QR code");
    let secret = shown(&page);
    let again = send(&browser, &page, "000000").await.expect(401);
    assert_eq!(
        shown(&again),
        secret,
        "the same key, or the telephone would have to scan twice"
    );
    let codes = send(&browser, &again, &code_of(&world, &secret))
        .await
        .expect(200);
    assert_eq!(codes.text().matches("<li>").count(), 10);
    let back = browser.get(&link(&codes)).await.expect(303);
    let mut back = answer(&back);
    assert_eq!(back.remove("state").as_deref(), Some("the-state"));
    let tokens = world.redeem(&back.remove("code").expect("a code")).await;
    let tokens = tokens.expect(200).json();
    for token in ["access_token", "id_token"] {
        let claims = claims(&text(&tokens, token));
        assert_eq!(claims["acr"], MULTI);
        assert_eq!(claims["auth_time"], world.rt.clock.now().timestamp());
    }
    // From now on it is asked for, and not shown again.
    let other = world.browser();
    let asked = other.try_sign_in(&portal(), "officer", PASSWORD).await;
    let asked = asked.expect(200);
    assert!(!asked.text().contains("<svg"));
    world.rt.clock.advance(Duration::seconds(30));
    send(&other, &asked, &code_of(&world, &secret))
        .await
        .expect(303);
    // Citizens may, and need not.
    world
        .browser()
        .sign_in(&portal(), "citizen", PASSWORD)
        .await;
}

#[tokio::test]
async fn a_key_of_another_page_sets_nothing_up() {
    let world = World::with(&[("officers_second_factor", "required".to_owned())]).await;
    let browser = world.browser();
    let first = browser
        .try_sign_in(&portal(), "officer", PASSWORD)
        .await
        .expect(200);
    let second = browser
        .try_sign_in(&portal(), "officer", PASSWORD)
        .await
        .expect(200);
    assert_ne!(shown(&first), shown(&second));
    let code = code_of(&world, &shown(&first));
    send(&browser, &second, &code).await.expect(401);
    send(&browser, &first, &code).await.expect(200);
    // The other page is a form of before: it leads to the beginning, not to a second key.
    world.rt.clock.advance(Duration::seconds(30));
    let late = send(&browser, &second, &code_of(&world, &shown(&second))).await;
    assert!(late.expect(200).text().contains("name=\"password\""));
}

#[tokio::test]
async fn a_client_may_ask_for_two_factors_and_gets_no_less() {
    let world = World::new().await;
    let browser = world.browser();
    browser.sign_in(&portal(), "citizen", PASSWORD).await;
    // Signed in, but not surely enough.
    let silent = request(&[("acr_values", MULTI), ("prompt", "none")]);
    let refused = browser.get(&silent).await.expect(303);
    assert_eq!(answer(&refused)["error"], "login_required");
    let sure = request(&[("acr_values", &format!("unknown {MULTI}"))]);
    let page = browser
        .try_sign_in(&sure, "citizen", PASSWORD)
        .await
        .expect(200);
    let code = code_of(&world, &shown(&page));
    send(&browser, &page, &code).await.expect(200);
    let done = browser.get(&silent).await.expect(303);
    assert!(answer(&done).contains_key("code"));
}

#[tokio::test]
async fn setting_up_a_second_factor_loses_nothing_that_was_asked_for() {
    let world = World::new().await;
    let hint = text(&world.tokens("citizen").await, "id_token");
    let browser = world.browser();
    let asked = request(&[
        ("acr_values", MULTI),
        ("ui_locales", "fr en"),
        ("id_token_hint", hint.as_str()),
        ("prompt", "consent"),
    ]);
    let page = browser.try_sign_in(&asked, "citizen", PASSWORD).await;
    let page = page.expect(200);
    assert!(page.text().contains("Set up a second factor"));
    let code = code_of(&world, &shown(&page));
    let codes = send(&browser, &page, &code).await.expect(200);
    assert!(codes.text().contains("Recovery codes"));
    let on = link(&codes);
    assert!(
        on.contains("acr_values=") && on.contains("id_token_hint="),
        "{on}"
    );
    let question = browser.get(&on).await.expect(200);
    assert!(question.text().contains("Let this program in?"));
    let form = hidden(&question);
    let yes = [("form", form.as_str()), ("answer", "allow")];
    let done = browser.post("/oauth2/authorize", &yes).await.expect(303);
    assert!(answer(&done).contains_key("code"));
}

#[tokio::test]
async fn who_has_no_passkey_gets_no_code_where_nothing_less_will_do() {
    let world = World::with(&[("officers_second_factor", "required".to_owned())]).await;
    let less = async |browser: &Browser<'_>, login: &str| {
        let asked = request(&[("acr_values", "phr")]);
        let reply = browser.try_sign_in(&asked, login, PASSWORD).await;
        let told = answer(&reply.expect(303));
        assert_eq!(told["error"], "unmet_authentication_requirements");
        assert_eq!(told["state"], "the-state");
    };
    // A code would not do, so nobody is asked to set one up.
    for login in ["citizen", "officer"] {
        let browser = world.browser();
        less(&browser, login).await;
        assert!(browser.cookie("motcua_signin").is_none(), "not signed in");
    }
    // Nor is one asked for where there is one.
    let browser = world.browser();
    let page = browser.try_sign_in(&portal(), "officer", PASSWORD).await;
    let page = page.expect(200);
    let code = code_of(&world, &shown(&page));
    send(&browser, &page, &code).await.expect(200);
    less(&browser, "officer").await;
}

#[tokio::test]
async fn what_weighs_more_wants_a_fresh_sign_in() {
    let world = World::new().await;
    let browser = world.browser();
    let code = browser.sign_in(&portal(), "agencyadmin", PASSWORD).await;
    let tokens = world.redeem(&code).await.expect(200).json();
    let signed_in = world.rt.clock.now();
    world.rt.clock.advance(Duration::seconds(1000));
    let tokens = world
        .refresh(&text(&tokens, "refresh_token"))
        .await
        .expect(200)
        .json();
    let old = text(&tokens, "access_token");
    assert_eq!(
        claims(&old)["auth_time"],
        signed_in.timestamp(),
        "a renewal proves nobody"
    );
    let client = json!({
        "name": "Phần mềm hộ tịch", "role": "integrator", "agency": "H05.21",
        "expiresAt": world.rt.clock.now() + Duration::days(30),
    });
    let reply = world
        .app
        .with_token(&old)
        .post("/api/v1/clients", &client)
        .await;
    let challenge = reply
        .header("www-authenticate")
        .expect("a challenge")
        .to_owned();
    assert!(
        challenge.contains("insufficient_user_authentication"),
        "{challenge}"
    );
    reply.expect_problem(401, "auth.step-up-required");
    // Reading goes on.
    world
        .app
        .with_token(&old)
        .get("/api/v1/clients")
        .await
        .expect(200);
    // The session is there, and too old for this request.
    let again = request(&[("max_age", "900")]);
    let code = browser.sign_in(&again, "agencyadmin", PASSWORD).await;
    let fresh = text(
        &world.redeem(&code).await.expect(200).json(),
        "access_token",
    );
    world
        .app
        .with_token(&fresh)
        .post("/api/v1/clients", &client)
        .await
        .expect(201);
    // A machine client proves itself for each token.
    assert!(claims(&world.token("integrator").await)["auth_time"].is_null());
}

#[tokio::test]
async fn roles_given_and_taken_and_exports_want_a_fresh_sign_in_too() {
    let world = World::new().await;
    let until = world.rt.clock.now() + Duration::days(7);
    let wanted = json!({"kind": "delegation", "login": "specialist", "role": "leader", "until": until,
        "reason": "Đi công tác"});
    let fresh = world.token("leader").await;
    let given = world.app.with_token(&fresh);
    let given = given.post("/api/v1/assignments", &wanted).await;
    let given = format!(
        "/api/v1/assignments/{}",
        text(&given.expect(201).json(), "id")
    );
    let (leader, citizen) = (world.browser(), world.browser());
    let mut renewable = Vec::new();
    for (browser, login) in [(&leader, "leader"), (&citizen, "citizen")] {
        let code = browser.sign_in(&portal(), login, PASSWORD).await;
        let tokens = world.redeem(&code).await.expect(200).json();
        renewable.push(text(&tokens, "refresh_token"));
    }
    world.rt.clock.advance(Duration::seconds(1000));
    let mut old = Vec::new();
    for token in renewable {
        let tokens = world.refresh(&token).await.expect(200).json();
        old.push(text(&tokens, "access_token"));
    }
    let [old_leader, old_citizen] = old.as_slice() else {
        panic!("two tokens");
    };
    let refused = |reply: Reply| {
        let challenge = reply.header("www-authenticate").expect("a challenge");
        assert!(challenge.contains("max_age=\"900\""), "{challenge}");
        reply.expect_problem(401, "auth.step-up-required");
    };
    let old = || world.app.with_token(old_leader);
    refused(old().post("/api/v1/assignments", &wanted).await);
    refused(old().delete(&given).await);
    let old = || world.app.with_token(old_citizen);
    refused(old().get("/api/v1/me/data").await);
    // Looking goes on.
    old().get("/api/v1/me").await.expect(200);
    let listed = world.app.with_token(old_leader);
    let listed = listed.get("/api/v1/assignments").await.expect(200).json();
    assert_eq!(listed["items"][0]["holds"], true, "{listed}");
    let again = request(&[("max_age", "900")]);
    let renewed = async |browser: &Browser<'_>, login: &str| {
        let code = browser.sign_in(&again, login, PASSWORD).await;
        text(
            &world.redeem(&code).await.expect(200).json(),
            "access_token",
        )
    };
    let fresh = renewed(&citizen, "citizen").await;
    let export = world.app.with_token(&fresh).get("/api/v1/me/data").await;
    export.expect(200);
    let fresh = renewed(&leader, "leader").await;
    world
        .app
        .with_token(&fresh)
        .delete(&given)
        .await
        .expect(204);
}
