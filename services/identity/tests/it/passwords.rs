//! Passwords that somebody else has set, and choosing one's own.

use crate::step_up::{MULTI, code_of, shown};
use crate::world::{Browser, PASSWORD, World, answer, claims, hidden, portal, request, text};
use chrono::Duration;
use identity::{Administrator, create_admin};
use serde_json::{Value, json};
use testkit::Reply;

const GIVEN: &str = "một mật khẩu tạm để thử";
const OWN: &str = "hoa sen nở giữa hồ thu";

/// An officer whom an administrator has just created.
async fn officer(world: &World) -> String {
    let admin = world.token("agencyadmin").await;
    let body = json!({"login": "moi.moi", "password": GIVEN, "name": "Phạm Thị Mới",
        "roles": ["one_stop_officer"], "agency": "H05.21"});
    let made = world.app.with_token(&admin);
    let made = made.post("/api/v1/accounts", &body).await.expect(201);
    text(&made.json(), "id")
}

async fn account(world: &World, id: &str) -> Value {
    let admin = world.token("agencyadmin").await;
    let path = format!("/api/v1/accounts/{id}");
    let found = world.app.with_token(&admin).get(&path).await;
    found.expect(200).json()
}

fn asks_for_a_new_one(page: &Reply) -> bool {
    page.text().contains("name=\"new_password\"")
}

async fn choose(browser: &Browser<'_>, page: &Reply, password: &str, again: &str) -> Reply {
    let form = hidden(page);
    let fields = [
        ("form", form.as_str()),
        ("new_password", password),
        ("again", again),
    ];
    browser.post("/oauth2/authorize", &fields).await
}

#[tokio::test]
async fn a_password_of_an_administrator_opens_one_sign_in_in_which_another_is_chosen() {
    let world = World::new().await;
    let id = officer(&world).await;
    assert!(account(&world, &id).await["temporaryPasswordUntil"].is_string());
    let browser = world.browser();
    let mut page = browser.try_sign_in(&portal(), "moi.moi", GIVEN).await;
    page = page.expect(200);
    assert!(asks_for_a_new_one(&page), "{}", page.text());
    assert!(browser.cookie("motcua_signin").is_none(), "not signed in");
    for (password, again, said) in [
        (OWN, "khác hẳn rồi đấy", "không giống nhau"),
        ("ngắn", "ngắn", "10–128 ký tự"),
        ("moi.moi2026", "moi.moi2026", "không giống tên đăng nhập"),
        (GIVEN, GIVEN, "khác với mật khẩu hiện tại"),
        ("", "", "10–128 ký tự"),
    ] {
        page = choose(&browser, &page, password, again).await.expect(422);
        assert!(page.text().contains(said), "{password}: {}", page.text());
        assert!(browser.cookie("motcua_signin").is_none(), "{password}");
    }
    let done = choose(&browser, &page, OWN, OWN).await.expect(303);
    let code = answer(&done).remove("code").expect("a code");
    let tokens = world.redeem(&code).await.expect(200).json();
    assert_eq!(claims(&text(&tokens, "id_token"))["amr"], json!(["pwd"]));
    let me = world.app.with_token(&text(&tokens, "access_token"));
    assert_eq!(
        me.get("/api/v1/me").await.expect(200).json()["login"],
        "moi.moi"
    );
    assert!(account(&world, &id).await["temporaryPasswordUntil"].is_null());
    // Whoever gave it cannot use it any more, and the page is used up.
    let administrator = world.browser();
    let refused = administrator.try_sign_in(&portal(), "moi.moi", GIVEN).await;
    refused.expect(401);
    let other = "một mật khẩu khác nữa đây";
    let again = choose(&browser, &page, other, other).await.expect(200);
    assert!(!asks_for_a_new_one(&again), "from the beginning");
    world.browser().sign_in(&portal(), "moi.moi", OWN).await;
}

#[tokio::test]
async fn a_temporary_password_ends_after_a_week() {
    let world = World::new().await;
    officer(&world).await;
    world.rt.clock.advance(Duration::days(7));
    let late = world
        .browser()
        .try_sign_in(&portal(), "moi.moi", GIVEN)
        .await;
    let late = late.expect(401).text();
    assert!(late.contains("đã hết hạn"), "{late}");
    let wrong = world
        .browser()
        .try_sign_in(&portal(), "moi.moi", "a wrong one")
        .await;
    let wrong = wrong.expect(401).text();
    assert!(!wrong.contains("hết hạn"), "only who has it is told");
}

#[tokio::test]
async fn what_an_administrator_changes_meanwhile_is_not_overwritten() {
    let world = World::new().await;
    let id = officer(&world).await;
    let browser = world.browser();
    let page = browser.try_sign_in(&portal(), "moi.moi", GIVEN).await;
    let page = page.expect(200);
    let admin = world.token("agencyadmin").await;
    let closed = world.app.with_token(&admin).if_match(1);
    let path = format!("/api/v1/accounts/{id}");
    let patch = json!({"password": "một mật khẩu tạm thứ hai"});
    closed.patch(&path, &patch).await.expect(200);
    let back = choose(&browser, &page, OWN, OWN).await.expect(200);
    assert!(!asks_for_a_new_one(&back));
    assert!(browser.cookie("motcua_signin").is_none());
    let old = world.browser().try_sign_in(&portal(), "moi.moi", OWN).await;
    old.expect(401);
}

#[tokio::test]
async fn one_changes_the_own_password_by_a_sign_in_and_is_signed_out_elsewhere() {
    let world = World::new().await;
    let before = world.tokens("citizen").await;
    let browser = world.browser();
    browser.sign_in(&portal(), "citizen", PASSWORD).await;
    let asked = request(&[("action", "change_password")]);
    // A session is not enough: whoever finds the browser open must not be able to.
    let silent = request(&[("action", "change_password"), ("prompt", "none")]);
    let refused = browser.get(&silent).await.expect(303);
    assert_eq!(answer(&refused)["error"], "login_required");
    let page = browser.try_sign_in(&asked, "citizen", PASSWORD).await;
    let page = page.expect(200);
    assert!(asks_for_a_new_one(&page), "{}", page.text());
    let done = choose(&browser, &page, OWN, OWN).await.expect(303);
    let code = answer(&done).remove("code").expect("a code");
    let tokens = world.redeem(&code).await.expect(200).json();
    world
        .refresh(&text(&before, "refresh_token"))
        .await
        .expect(400);
    let elsewhere = world.app.with_token(&text(&before, "access_token"));
    elsewhere.get("/api/v1/me").await.expect(401);
    let here = world.app.with_token(&text(&tokens, "access_token"));
    here.get("/api/v1/me").await.expect(200);
    let old = world.browser();
    let old = old.try_sign_in(&portal(), "citizen", PASSWORD).await;
    old.expect(401);
    world.browser().sign_in(&portal(), "citizen", OWN).await;
}

#[tokio::test]
async fn the_first_administrator_comes_from_the_command_line() {
    let world = World::without_demo(&[]).await;
    let config: identity::Config = testkit::config(identity::DEFAULTS, &[]);
    let who = |reset| Administrator {
        login: "Quan.Tri".to_owned(),
        name: Some("Nguyễn  Thị Quản".to_owned()),
        reset,
    };
    let db = &world.db.db;
    let none = create_admin(&config, db, &world.rt, who(true)).await;
    let none = none.expect_err("nobody to reset").to_string();
    assert!(none.contains("no province administrator"), "{none}");
    let given = create_admin(&config, db, &world.rt, who(false)).await;
    let given = given.expect("created");
    let taken = create_admin(&config, db, &world.rt, who(false)).await;
    let taken = taken.expect_err("taken").to_string();
    assert!(taken.contains("--reset"), "{taken}");
    let browser = world.browser();
    let page = browser.try_sign_in(&portal(), "quan.tri", &given).await;
    let page = page.expect(200);
    assert!(asks_for_a_new_one(&page));
    // Where real people file, an officer sets up a second factor before anything else.
    let page = choose(&browser, &page, OWN, OWN).await.expect(200);
    assert!(page.text().contains("id=\"secret\""), "{}", page.text());
    assert!(browser.cookie("motcua_signin").is_none());
    let again = create_admin(&config, db, &world.rt, who(true)).await;
    let again = again.expect("let in again");
    assert_ne!(again, given);
    let gone = world
        .browser()
        .try_sign_in(&portal(), "quan.tri", OWN)
        .await;
    gone.expect(401);
    let page = world
        .browser()
        .try_sign_in(&portal(), "quan.tri", &again)
        .await;
    assert!(asks_for_a_new_one(&page.expect(200)));
}

#[tokio::test]
async fn a_form_of_before_opens_nothing_once_the_password_is_another() {
    let world = World::new().await;
    let wish = request(&[("acr_values", MULTI)]);
    // Who knows the password keeps the page on which a second factor is set up.
    let thief = world.browser();
    let kept = thief.try_sign_in(&wish, "citizen", PASSWORD).await;
    let kept = kept.expect(200);
    let secret = shown(&kept);
    let send = async |page: &Reply, code: &str| {
        let form = hidden(page);
        let fields = [("form", form.as_str()), ("code", code)];
        thief.post("/oauth2/authorize", &fields).await
    };
    // A wrong code gives it no more time.
    world.rt.clock.advance(Duration::seconds(540));
    let again = send(&kept, "000000").await.expect(401);
    let browser = world.browser();
    let asked = request(&[("action", "change_password")]);
    let page = browser.try_sign_in(&asked, "citizen", PASSWORD).await;
    choose(&browser, &page.expect(200), OWN, OWN)
        .await
        .expect(303);
    let back = send(&again, &code_of(&world, &secret)).await.expect(200);
    assert!(back.text().contains("name=\"login\""), "{}", back.text());
    assert!(thief.cookie("motcua_signin").is_none());
    world.rt.clock.advance(Duration::seconds(60));
    send(&again, &code_of(&world, &secret)).await.expect(400);
    world.browser().sign_in(&portal(), "citizen", OWN).await;
}

#[tokio::test]
async fn nobody_gives_himself_a_temporary_password() {
    let world = World::new().await;
    let admin = world.token("agencyadmin").await;
    let caller = world.app.with_token(&admin);
    let me = caller.get("/api/v1/me").await.expect(200).json();
    let path = format!("/api/v1/accounts/{}", text(&me, "id"));
    let body = json!({ "password": GIVEN });
    let refused = caller.if_match(1).patch(&path, &body).await;
    refused.expect_problem(409, "account.own-rights");
}

#[tokio::test]
async fn a_temporary_password_does_nothing_but_sign_in() {
    let world = World::new().await;
    let id = officer(&world).await;
    let browser = world.browser();
    let page = browser.try_sign_in(&portal(), "moi.moi", GIVEN).await;
    let done = choose(&browser, &page.expect(200), OWN, OWN).await;
    let code = answer(&done.expect(303)).remove("code").expect("a code");
    let token = text(
        &world.redeem(&code).await.expect(200).json(),
        "access_token",
    );
    let second = async |password: &str| {
        let caller = world.app.with_token(&token);
        let body = json!({ "password": password });
        caller.put("/api/v1/me/second-factor", &body).await.status
    };
    assert_eq!(second(OWN).await, 200);
    assert_eq!(second(GIVEN).await, 422);
    assert!(account(&world, &id).await["temporaryPasswordUntil"].is_null());
}
