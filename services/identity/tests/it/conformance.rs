//! What OpenID Connect Core and the RFCs of OAuth want of the authorization endpoint.

use crate::world::{
    Browser, PASSWORD, VERIFIER, World, answer, claims, hidden, portal, request, text,
};
use chrono::Duration;
use serde_json::json;
use testkit::{ISSUER, Reply};

/// Where a program on the person's own computer listens.
const LOOPBACK: &str = "http://127.0.0.1:51004/callback";

/// The request of a program on the person's own computer.
fn program(changes: &[(&str, &str)]) -> String {
    let mut all = vec![("client_id", "cli"), ("redirect_uri", LOOPBACK)];
    all.extend_from_slice(changes);
    request(&all)
}

async fn program_tokens(world: &World, code: &str) -> serde_json::Value {
    let reply = world
        .exchange(&[
            ("grant_type", "authorization_code"),
            ("client_id", "cli"),
            ("code", code),
            ("redirect_uri", LOOPBACK),
            ("code_verifier", VERIFIER),
        ])
        .await;
    reply.expect(200).json()
}

/// Answers the question whether to let a program in.
async fn press(browser: &Browser<'_>, page: &Reply, what: &str) -> Reply {
    let form = hidden(page);
    let fields = [("form", form.as_str()), ("answer", what)];
    browser.post("/oauth2/authorize", &fields).await
}

fn code(reply: &Reply) -> String {
    answer(reply).remove("code").expect("a code")
}

fn error(reply: &Reply) -> String {
    answer(reply).remove("error").expect("an error")
}

#[tokio::test]
async fn a_session_lets_no_program_in_without_a_question() {
    let world = World::new().await;
    let browser = world.browser();
    browser.sign_in(&portal(), "officer", PASSWORD).await;
    let silent = browser.get(&program(&[("prompt", "none")])).await;
    assert_eq!(error(&silent.expect(303)), "consent_required");
    let page = browser.get(&program(&[])).await.expect(200);
    let html = page.text();
    assert!(
        html.contains("Một Cửa trên dòng lệnh") && html.contains("<strong>officer</strong>"),
        "{html}"
    );
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(
        policy.contains("form-action 'self' http://127.0.0.1:51004"),
        "{policy}"
    );
    // Another browser, and one that sends no cookies.
    let other = world.browser();
    other.sign_in(&portal(), "officer", PASSWORD).await;
    press(&other, &page, "allow").await.expect(400);
    press(&world.browser(), &page, "allow").await.expect(400);
    let back = answer(&press(&browser, &page, "deny").await.expect(303));
    assert_eq!(
        (&*back["error"], &*back["state"], &*back["iss"]),
        ("access_denied", "the-state", ISSUER)
    );
    let done = press(&browser, &page, "allow").await.expect(303);
    let location = done.header("location").expect("a location");
    assert!(
        location.starts_with(&format!("{LOOPBACK}?code=")),
        "{location}"
    );
    let tokens = program_tokens(&world, &code(&done)).await;
    let said = claims(&text(&tokens, "access_token"));
    assert_eq!(
        (&said["azp"], &said["agency"]),
        (&json!("cli"), &json!("H05.21"))
    );
    // Somebody else is signed in by now: the question is put to them.
    let next = request(&[("prompt", "login")]);
    browser.sign_in(&next, "citizen", PASSWORD).await;
    let again = press(&browser, &page, "allow").await.expect(200);
    assert!(again.text().contains("<strong>citizen</strong>"));
    press(&browser, &again, "allow").await.expect(303);
    // It stays good for minutes.
    world.rt.clock.advance(Duration::seconds(601));
    press(&browser, &again, "allow").await.expect(400);
}

#[tokio::test]
async fn who_signs_in_for_a_program_has_let_it_in() {
    let world = World::new().await;
    let browser = world.browser();
    let code = browser.sign_in(&program(&[]), "citizen", PASSWORD).await;
    program_tokens(&world, &code).await;
}

#[tokio::test]
async fn nobody_but_whom_the_hint_is_about_will_do() {
    let world = World::new().await;
    let mine = text(&world.tokens("citizen").await, "id_token");
    let theirs = text(&world.tokens("citizen2").await, "id_token");
    let browser = world.browser();
    browser.sign_in(&portal(), "citizen", PASSWORD).await;
    // A hint is mostly expired.
    world.rt.clock.advance(Duration::hours(1));
    let silent = |hint: &str| request(&[("id_token_hint", hint), ("prompt", "none")]);
    code(&browser.get(&silent(&mine)).await.expect(303));
    let refused = browser.get(&silent(&theirs)).await.expect(303);
    assert_eq!(error(&refused), "login_required");
    let meant = request(&[("id_token_hint", theirs.as_str())]);
    let before = browser.cookie("motcua_signin");
    let refused = browser.try_sign_in(&meant, "citizen", PASSWORD).await;
    assert_eq!(error(&refused.expect(303)), "login_required");
    assert_eq!(browser.cookie("motcua_signin"), before, "no new session");
    browser.sign_in(&meant, "citizen2", PASSWORD).await;
}

#[tokio::test]
async fn a_hint_that_the_client_did_not_get_is_refused() {
    let world = World::new().await;
    let browser = world.browser();
    let given = browser.sign_in(&program(&[]), "citizen", PASSWORD).await;
    let of_another = program_tokens(&world, &given).await;
    let tokens = world.tokens("citizen").await;
    for hint in [
        text(&of_another, "id_token"),
        text(&tokens, "access_token"),
        text(&tokens, "refresh_token"),
        format!("{}x", text(&tokens, "id_token")),
        "ẩn danh".to_owned(),
    ] {
        let asked = request(&[("id_token_hint", hint.as_str())]);
        let back = answer(&browser.get(&asked).await.expect(303));
        assert_eq!(
            (&*back["error"], &*back["state"]),
            ("invalid_request", "the-state"),
            "{hint}"
        );
    }
}

#[tokio::test]
async fn the_request_may_come_by_post() {
    let world = World::new().await;
    let browser = world.browser();
    browser.sign_in(&portal(), "citizen", PASSWORD).await;
    let asked = request(&[("ui_locales", "en")]);
    let (path, query) = asked.split_once('?').expect("a query");
    let fields: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    let mut fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (&**n, &**v)).collect();
    // Whoever posts a password here finds it in no address.
    fields.push(("password", PASSWORD));
    // Of another site: no cookies come with it.
    let sent = world.app.anonymous().post_form(path, &fields).await;
    let sent = sent.expect(303);
    let to = sent.header("location").expect("a location");
    assert!(
        to.starts_with("/oauth2/authorize?") && !to.contains(PASSWORD),
        "{to}"
    );
    let back = browser.get(to).await.expect(303);
    assert_eq!(answer(&back)["state"], "the-state");
    code(&back);
    let page = world.app.anonymous().get(to).await.expect(200);
    assert!(page.text().contains("Password"));
}

#[tokio::test]
async fn prompt_is_a_list_and_every_value_of_it_works() {
    let world = World::new().await;
    let browser = world.browser();
    browser.sign_in(&portal(), "citizen", PASSWORD).await;
    for both in ["none login", "consent none", "login what"] {
        let flawed = browser.get(&request(&[("prompt", both)])).await;
        assert_eq!(error(&flawed.expect(303)), "invalid_request", "{both}");
    }
    let asked = browser.get(&request(&[("prompt", "consent")])).await;
    let asked = asked.expect(200);
    assert!(!asked.text().contains("name=\"password\""));
    code(&press(&browser, &asked, "allow").await.expect(303));
    for fresh in ["login", "select_account", "login select_account"] {
        let page = browser.get(&request(&[("prompt", fresh)])).await;
        let html = page.expect(200).text();
        assert!(html.contains("name=\"password\""), "{fresh}: {html}");
    }
    // One after the other.
    let both = request(&[("prompt", "login consent")]);
    let asked = browser.try_sign_in(&both, "citizen2", PASSWORD).await;
    let done = press(&browser, &asked.expect(200), "allow").await;
    let tokens = world.redeem(&code(&done.expect(303))).await;
    let said = claims(&text(&tokens.expect(200).json(), "access_token"));
    assert_eq!(said["name"], "Trần Thị Bình");
    let found = world.app.anonymous();
    let found = found.get("/.well-known/openid-configuration").await;
    assert_eq!(
        found.expect(200).json()["prompt_values_supported"],
        json!(["none", "login", "consent", "select_account"])
    );
}

#[tokio::test]
async fn the_client_says_in_which_language() {
    let world = World::new().await;
    let browser = world.browser();
    let english = request(&[("ui_locales", "fr en-GB vi")]);
    let page = browser.get(&english).await.expect(200).text();
    assert!(
        page.contains("<html lang=\"en\">") && page.contains("Password"),
        "{page}"
    );
    let wrong = browser.try_sign_in(&english, "citizen", "wrong password");
    let wrong = wrong.await.expect(401).text();
    assert!(
        wrong.contains("The login or the password is wrong"),
        "{wrong}"
    );
    let unknown = request(&[("client_id", "nobody"), ("ui_locales", "en")]);
    let broken = browser.get(&unknown).await.expect(400).text();
    assert!(
        broken.contains("This sign-in request is not valid"),
        "{broken}"
    );
    // None that we speak: what the browser prefers.
    let other = request(&[("ui_locales", "fr")]);
    let caller = world.app.anonymous().header("accept-language", "en");
    let page = caller.get(&other).await.expect(200);
    assert!(page.text().contains("Password"));
    let caller = world.app.anonymous().header("accept-language", "en");
    let vietnamese = request(&[("ui_locales", "vi")]);
    let page = caller.get(&vietnamese).await.expect(200);
    assert!(page.text().contains("Mật khẩu"));
}

#[tokio::test]
async fn max_age_is_not_rounded_and_zero_means_now() {
    let world = World::new().await;
    let browser = world.browser();
    browser.sign_in(&portal(), "citizen", PASSWORD).await;
    let now = request(&[("max_age", "0")]);
    browser.get(&now).await.expect(200);
    let silent = browser
        .get(&request(&[("max_age", "0"), ("prompt", "none")]))
        .await;
    assert_eq!(error(&silent.expect(303)), "login_required");
    world.rt.clock.advance(Duration::milliseconds(60_500));
    let minute = request(&[("max_age", "60")]);
    browser.get(&minute).await.expect(200);
    let more = request(&[("max_age", "61")]);
    code(&browser.get(&more).await.expect(303));
    browser.sign_in(&now, "citizen", PASSWORD).await;
}

#[tokio::test]
async fn an_access_token_is_no_hint_and_ends_no_session() {
    let world = World::new().await;
    let tokens = world.tokens("citizen").await;
    let access = text(&tokens, "access_token");
    let out = format!("/oauth2/logout?id_token_hint={access}");
    world.browser().get(&out).await.expect(400);
    let asked = request(&[("id_token_hint", &access)]);
    let refused = world.browser().get(&asked).await.expect(303);
    assert_eq!(error(&refused), "invalid_request");
    let next = world.refresh(&text(&tokens, "refresh_token")).await;
    next.expect(200);
}
