//! Signing in by a national provider, with the stand-in: there and back, and what does not work.
use crate::devices;
use crate::world::{Browser, PASSWORD, World, answer, claims, hidden, portal, request, text};
use chrono::Duration;
use durable::Bus;
use serde_json::{Value, json};
use std::net::TcpListener;
use testkit::{ISSUER, Reply};

async fn world() -> World {
    World::with(&[("stand_in_provider", "true".to_owned())]).await
}

/// The path that a redirect to our own issuer goes to.
fn path(reply: &Reply) -> String {
    let to = reply.header("location").expect("a location");
    to.strip_prefix(ISSUER).expect("ours").to_owned()
}

/// A world where the stand-in plays further providers: id, how it behaves, settings that are not as usual.
async fn playing(providers: &[(&str, &str, &str)]) -> World {
    let at = "/oauth2/stand-in";
    let all: Vec<String> = providers
        .iter()
        .map(|(id, how, more)| {
            format!(
                r#"{{id="{id}",name_vi="{id}",name_en="{id}",issuer="https://dinh-danh.minh-hoa.example",
                authorization_endpoint="{at}/authorize",token_endpoint="{at}/token",userinfo_endpoint="{at}/userinfo",
                jwks_uri="{at}/jwks",client_id="motcua.{how}"{more}}}"#
            )
        })
        .collect();
    let secrets: Vec<String> = providers
        .iter()
        .map(|(id, ..)| format!("provider_secrets.{id}"))
        .collect();
    let mut changes = vec![
        ("stand_in_provider", "true".to_owned()),
        ("providers", format!("[{}]", all.join(","))),
    ];
    for secret in &secrets {
        changes.push((secret.as_str(), "stand-in-secret".to_owned()));
    }
    World::with(&changes).await
}

/// Presses the button of the provider; the path of its page.
async fn pressed(browser: &Browser<'_>, request: &str) -> String {
    pressed_of(browser, request, "minh-hoa").await
}

async fn pressed_of(browser: &Browser<'_>, request: &str, provider: &str) -> String {
    let page = browser.get(request).await.expect(200);
    assert!(page.text().contains("Định danh điện tử"), "{}", page.text());
    let form = hidden(&page);
    let fields = [("form", form.as_str()), ("provider", provider)];
    path(&browser.post("/oauth2/authorize", &fields).await.expect(303))
}

/// Chooses a person; the path of the way back.
async fn chosen(browser: &Browser<'_>, at: &str, person: usize) -> String {
    let page = browser.get(at).await.expect(200);
    assert!(page.text().contains("Nguyễn Văn An"));
    path(
        &browser
            .get(&format!("{at}&person={person}"))
            .await
            .expect(303),
    )
}

async fn back(browser: &Browser<'_>, request: &str, person: usize) -> Reply {
    back_of(browser, request, "minh-hoa", person).await
}

async fn back_of(browser: &Browser<'_>, request: &str, provider: &str, person: usize) -> Reply {
    let at = pressed_of(browser, request, provider).await;
    let back = chosen(browser, &at, person).await;
    browser.get(&back).await
}

async fn redeemed(world: &World, done: &Reply) -> Value {
    let code = answer(done).remove("code").expect("a code");
    world.redeem(&code).await.expect(200).json()
}

async fn tokens(world: &World, person: usize) -> Value {
    let done = back(&world.browser(), &portal(), person).await.expect(303);
    redeemed(world, &done).await
}

async fn export(world: &World, tokens: &Value) -> Reply {
    let token = text(tokens, "access_token");
    world.app.with_token(&token).get("/api/v1/me/data").await
}

#[tokio::test]
async fn the_account_is_found_by_the_verified_number_and_the_level_is_kept() {
    let world = world().await;
    let tokens = tokens(&world, 0).await;
    let id = claims(&text(&tokens, "id_token"));
    assert_eq!(
        (&id["idp"], &id["loa"]),
        (&json!("minh-hoa"), &json!("LoA2"))
    );
    assert_eq!(id["acr"], "urn:motcua:acr:multi-factor");
    let token = text(&tokens, "access_token");
    let me = world
        .app
        .with_token(&token)
        .get("/api/v1/me")
        .await
        .expect(200)
        .json();
    assert_eq!(
        me["login"], "citizen",
        "the demonstration's citizen has this number"
    );
    let sessions = world
        .app
        .with_token(&token)
        .get("/api/v1/me/sessions")
        .await
        .expect(200)
        .json();
    assert_eq!(sessions["items"][0]["provider"], "minh-hoa");
    assert_eq!(sessions["items"][0]["levelOfAssurance"], "LoA2");
    let next = world
        .refresh(&text(&tokens, "refresh_token"))
        .await
        .expect(200)
        .json();
    assert_eq!(
        claims(&text(&next, "id_token"))["loa"],
        "LoA2",
        "kept when renewed"
    );
}

#[tokio::test]
async fn a_kiosk_that_such_a_person_lets_in_keeps_the_level() {
    let world = world().await;
    let browser = world.browser();
    back(&browser, &portal(), 0).await.expect(303);
    let device = devices::begun(&world).await;
    let at = format!("/oauth2/device?user_code={}", text(&device, "user_code"));
    let page = browser.get(&at).await.expect(200);
    devices::decide(&browser, &page, "allow").await.expect(200);
    let tokens = devices::poll(&world, &text(&device, "device_code")).await;
    let id = claims(&text(&tokens.expect(200).json(), "id_token"));
    let kept = (&id["idp"], &id["loa"]);
    assert_eq!(kept, (&json!("minh-hoa"), &json!("LoA2")));
}

#[tokio::test]
async fn who_comes_first_gets_an_account_and_the_same_one_again() {
    let world = world().await;
    for (person, name, role) in [
        (2, "Lê Thị Mơ", "citizen"),
        (3, "Công ty TNHH Hoa Sen Minh Họa", "business"),
    ] {
        let first = claims(&text(&tokens(&world, person).await, "access_token"));
        let again = claims(&text(&tokens(&world, person).await, "access_token"));
        assert_eq!(
            (&first["name"], &first["roles"]),
            (&json!(name), &json!([role]))
        );
        assert_eq!(first["sub"], again["sub"]);
    }
    // Nobody signs in to it with a password.
    let token = text(&tokens(&world, 2).await, "access_token");
    let me = world
        .app
        .with_token(&token)
        .get("/api/v1/me")
        .await
        .expect(200)
        .json();
    assert_eq!(me["identityNumber"], "024195000004");
    let browser = world.browser();
    browser
        .try_sign_in(&portal(), &text(&me, "login"), PASSWORD)
        .await
        .expect(401);
    // A closed account stays closed.
    let admin = world.token("admin").await;
    let account = format!("/api/v1/accounts/{}", text(&me, "id"));
    let caller = world.app.with_token(&admin).if_match(1);
    caller
        .patch(&account, &json!({"active": false}))
        .await
        .expect(200);
    back(&world.browser(), &portal(), 2).await.expect(403);
}

#[tokio::test]
async fn what_the_browser_brings_back_is_not_believed() {
    let world = world().await;
    let browser = world.browser();
    let at = pressed(&browser, &portal()).await;
    let good = chosen(&browser, &at, 0).await;
    // Somebody else's browser with this answer: a forged sign-in.
    world.browser().get(&good).await.expect(400);
    let other = world.browser();
    pressed(&other, &portal()).await;
    other.get(&good).await.expect(400);
    for bad in [
        good.replace("state=", "state=x"),
        good.replace("minh-hoa?", "vneid?"),
        "/oauth2/callback/minh-hoa?SoDinhDanh=024090000001".to_owned(),
        "/oauth2/callback/minh-hoa?code=a&state=b&state=c".to_owned(),
    ] {
        browser.get(&bad).await.expect(400);
    }
    // Good once.
    let done = browser.get(&good).await.expect(303);
    assert!(answer(&done).contains_key("code"));
    browser.get(&good).await.expect(400);
    // A code of another sign-in of one's own: the nonce and the verifier are not its.
    let browser = world.browser();
    let (first, second) = (
        pressed(&browser, &portal()).await,
        pressed(&browser, &portal()).await,
    );
    let first = chosen(&browser, &first, 0).await;
    let second = chosen(&browser, &second, 2).await;
    let code = |path: &str| {
        let url = url::Url::parse(ISSUER)
            .and_then(|u| u.join(path))
            .expect("a URL");
        url.query_pairs()
            .find(|(n, _)| n == "code")
            .expect("a code")
            .1
            .into_owned()
    };
    let encoded =
        |code: String| url::form_urlencoded::byte_serialize(code.as_bytes()).collect::<String>();
    let (own, others) = (encoded(code(&first)), encoded(code(&second)));
    let swapped = first.replace(&own, &others);
    assert_ne!(swapped, first);
    browser.get(&swapped).await.expect(400);
}

#[tokio::test]
async fn refused_late_and_not_sure_enough() {
    let world = world().await;
    let browser = world.browser();
    let at = pressed(&browser, &portal()).await;
    let good = chosen(&browser, &at, 0).await;
    world.rt.clock.advance(Duration::seconds(301));
    browser.get(&good).await.expect(400);
    // The person said no there.
    let at = pressed(&browser, &portal()).await;
    let state = at
        .split("state=")
        .nth(1)
        .and_then(|s| s.split('&').next())
        .expect("a state");
    let no = format!("/oauth2/callback/minh-hoa?error=access_denied&state={state}");
    let told = answer(&browser.get(&no).await.expect(303));
    assert_eq!(told["error"], "access_denied");
    assert_eq!((&*told["state"], &*told["iss"]), ("the-state", ISSUER));
    // Once, and in the browser that began it.
    browser.get(&no).await.expect(400);
    // LoA1 is one factor.
    let sure = request(&[("acr_values", "urn:motcua:acr:multi-factor")]);
    let done = answer(&back(&world.browser(), &sure, 1).await.expect(303));
    assert_eq!(done["error"], "unmet_authentication_requirements");
    let done = answer(&back(&world.browser(), &sure, 0).await.expect(303));
    assert!(done.contains_key("code"));
}

#[tokio::test]
async fn a_proof_is_of_when_the_provider_says_it_was() {
    let world = world().await;
    let browser = world.browser();
    let at = pressed(&browser, &portal()).await;
    let proved = world.rt.clock.now().timestamp();
    let way = chosen(&browser, &at, 0).await;
    world.rt.clock.advance(Duration::seconds(100));
    let done = browser.get(&way).await.expect(303);
    let tokens = redeemed(&world, &done).await;
    for token in ["access_token", "id_token"] {
        assert_eq!(claims(&text(&tokens, token))["auth_time"], proved);
    }
    export(&world, &tokens).await.expect(200);
    // Who wants a fresher one is told that this is none.
    let fresh = request(&[("max_age", "30")]);
    let way = chosen(&browser, &pressed(&browser, &fresh).await, 0).await;
    world.rt.clock.advance(Duration::seconds(100));
    let done = answer(&browser.get(&way).await.expect(303));
    assert_eq!(done["error"], "unmet_authentication_requirements");
}

#[tokio::test]
async fn a_provider_that_does_not_say_when_lets_in_and_proves_nothing_fresh() {
    let knows = ",fresh_by_prompt=true";
    let world = playing(&[("silent", "no-time", ""), ("heeds", "no-time.known", knows)]).await;
    let browser = world.browser();
    let done = back_of(&browser, &portal(), "silent", 0).await.expect(303);
    let tokens = redeemed(&world, &done).await;
    let next = world.refresh(&text(&tokens, "refresh_token")).await;
    let next = next.expect(200).json();
    for tokens in [&tokens, &next] {
        for token in ["access_token", "id_token"] {
            assert!(claims(&text(tokens, token))["auth_time"].is_null());
        }
        let reply = export(&world, tokens).await;
        reply.expect_problem(401, "auth.step-up-required");
    }
    let me = text(&next, "access_token");
    let me = world.app.with_token(&me);
    me.get("/api/v1/me").await.expect(200);
    // Its session lets in again, but not where a proof of lately is asked for; and going there once more proves no more.
    let silent = browser.get(&request(&[("prompt", "none")])).await;
    assert!(answer(&silent.expect(303)).contains_key("code"));
    let lately = request(&[("prompt", "none"), ("max_age", "900")]);
    let refused = browser.get(&lately).await.expect(303);
    assert_eq!(answer(&refused)["error"], "login_required");
    let lately = request(&[("max_age", "900")]);
    let refused = back_of(&browser, &lately, "silent", 0).await.expect(303);
    let refused = answer(&refused);
    assert_eq!(refused["error"], "unmet_authentication_requirements");
    // A kiosk that is let in by it has no better proof.
    let device = devices::begun(&world).await;
    let at = format!("/oauth2/device?user_code={}", text(&device, "user_code"));
    let page = browser.get(&at).await.expect(200);
    devices::decide(&browser, &page, "allow").await.expect(200);
    let kiosk = devices::poll(&world, &text(&device, "device_code")).await;
    let kiosk = claims(&text(&kiosk.expect(200).json(), "access_token"));
    assert!(kiosk["auth_time"].is_null());
    // Of one that is known to ask each time the sign-in itself is the proof.
    let done = back_of(&browser, &lately, "heeds", 0).await.expect(303);
    let tokens = redeemed(&world, &done).await;
    let now = world.rt.clock.now().timestamp();
    assert_eq!(claims(&text(&tokens, "id_token"))["auth_time"], now);
    export(&world, &tokens).await.expect(200);
}

#[tokio::test]
async fn userinfo_without_subject_or_name_is_read_where_that_is_configured() {
    let world = playing(&[
        ("usual", "no-sub", ""),
        (
            "bare",
            "no-sub.no-name",
            r#",creates_accounts=false,claims={subject="",name=""}"#,
        ),
        ("nameless", "no-name", ""),
        ("tech", "no-sub.tech", r#",claims={subject="TechID"}"#),
        ("other", "other-sub", r#",claims={subject=""}"#),
    ])
    .await;
    let to = async |provider: &str, person: usize| {
        let browser = world.browser();
        back_of(&browser, &portal(), provider, person).await
    };
    // Without `sub` where it is expected, or about somebody else: not believed.
    to("usual", 0).await.expect(400);
    to("other", 0).await.expect(400);
    // As VNConnect publishes its fields: who has an account is let in, a new one would have no name.
    for provider in ["bare", "nameless", "tech"] {
        let done = to(provider, 0).await.expect(303);
        let token = redeemed(&world, &done).await;
        let said = claims(&text(&token, "access_token"));
        assert_eq!(said["name"], "Nguyễn Văn An", "{provider}");
    }
    for provider in ["bare", "nameless"] {
        to(provider, 2).await.expect(403);
    }
    let done = to("tech", 2).await.expect(303);
    let token = redeemed(&world, &done).await;
    let said = claims(&text(&token, "access_token"));
    assert_eq!(said["name"], "Lê Thị Mơ");
}

#[tokio::test]
async fn a_provider_that_lacks_something_keeps_the_service_from_starting() {
    let one = |more: &str| {
        format!(
            r#"{{id="vnconnect",name_vi="VNConnect",name_en="VNConnect",issuer="https://id.example",
            authorization_endpoint="https://id.example/a",token_endpoint="https://id.example/t",
            userinfo_endpoint="https://id.example/u",jwks_uri="https://id.example/k",client_id="motcua"{more}}}"#
        )
    };
    let nameless = one(r#",claims={name=""}"#);
    for (providers, said) in [
        (
            format!("[{nameless}]"),
            "providers: \"vnconnect\": claims.name is empty",
        ),
        (
            format!("[{0},{0}]", one("")),
            "providers: \"vnconnect\" is there twice",
        ),
    ] {
        let rt = testkit::runtime();
        let config: identity::Config =
            testkit::config(identity::DEFAULTS, &[("providers", providers)]);
        let listener = TcpListener::bind("127.0.0.1:0").expect("port 0");
        let started = identity::start(config, listener, &rt, &Bus::in_process()).await;
        let error = started.expect_err("it does not start").to_string();
        assert!(error.starts_with(said), "{error}");
    }
}

#[tokio::test]
async fn without_the_setting_there_is_no_stand_in() {
    let world = World::new().await;
    let page = world.browser().get(&portal()).await.expect(200);
    assert!(!page.text().contains("name=\"provider\""));
    let browser = world.browser();
    let form = hidden(&browser.get(&portal()).await);
    let fields = [("form", form.as_str()), ("provider", "minh-hoa")];
    browser.post("/oauth2/authorize", &fields).await.expect(400);
    for path in [
        "/oauth2/stand-in/jwks",
        "/oauth2/stand-in/authorize",
        "/oauth2/stand-in/userinfo",
    ] {
        let status = world.app.anonymous().get(path).await.status;
        assert!(matches!(status, 400 | 401 | 404), "{path}: {status}");
    }
}
