//! A code of an authenticator application after the password.
#![expect(
    clippy::indexing_slicing,
    reason = "what is not there is null, and the test says so"
)]

use crate::world::{Browser, PASSWORD, World, answer, claims, hidden, portal, text};
use chrono::Duration;
use serde_json::{Value, json};
use testkit::Reply;
use totp_rs::{Builder, Secret};

const PATH: &str = "/api/v1/me/second-factor";

/// The person's telephone.
pub(crate) struct Telephone<'a> {
    world: &'a World,
    secret: String,
}

impl Telephone<'_> {
    /// The code that it shows now.
    fn code(&self) -> String {
        let secret = Secret::try_from_base32(&self.secret).expect("base32");
        let totp = Builder::new()
            .with_secret(secret)
            .with_account_name("x")
            .build()
            .expect("a TOTP");
        let seconds = u64::try_from(self.world.rt.clock.now().timestamp()).expect("after 1970");
        totp.generate(seconds).to_string()
    }

    /// The next code: each is good once.
    pub(crate) fn next_code(&self) -> String {
        self.world.rt.clock.advance(Duration::seconds(30));
        self.code()
    }
}

/// Turns it on for a demonstration account.
pub(crate) async fn turned_on<'a>(world: &'a World, login: &str) -> (Telephone<'a>, Vec<String>) {
    let token = world.token(login).await;
    let caller = || world.app.with_token(&token);
    let proposal = caller()
        .put(PATH, &json!({ "password": PASSWORD }))
        .await
        .expect(200)
        .json();
    assert_eq!(caller().get(PATH).await.expect(200).json()["on"], false);
    let secret = text(&proposal, "secret");
    assert!(text(&proposal, "address").contains(&secret));
    let telephone = Telephone { world, secret };
    let reply = caller()
        .post(
            &format!("{PATH}/confirm"),
            &json!({ "code": telephone.code() }),
        )
        .await
        .expect(200)
        .json();
    let codes: Vec<String> = reply["recoveryCodes"]
        .as_array()
        .expect("codes")
        .iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    assert_eq!(codes.len(), 10);
    (telephone, codes)
}

/// Gives the password and returns the page that asks for the code.
async fn asked(browser: &Browser<'_>, login: &str) -> Reply {
    let page = browser.try_sign_in(&portal(), login, PASSWORD).await;
    let page = page.expect(200);
    assert!(page.text().contains("one-time-code"), "{}", page.text());
    assert!(page.header("location").is_none());
    page
}

async fn send(browser: &Browser<'_>, page: &Reply, code: &str) -> Reply {
    let form = hidden(page);
    browser
        .post("/oauth2/authorize", &[("form", &form), ("code", code)])
        .await
}

#[tokio::test]
async fn a_sign_in_asks_for_the_code_and_the_tokens_say_so() {
    let world = World::new().await;
    let before = claims(&text(&world.tokens("officer").await, "id_token"));
    assert_eq!(before["amr"], json!(["pwd"]));
    let (telephone, _) = turned_on(&world, "officer").await;
    let browser = world.browser();
    let page = asked(&browser, "officer").await;
    assert!(
        browser.cookie("motcua_signin").is_none(),
        "not signed in yet"
    );
    let wrong = send(&browser, &page, "000000").await.expect(401);
    assert!(wrong.text().contains("one-time-code"), "asked again");
    let done = send(&browser, &wrong, &telephone.next_code())
        .await
        .expect(303);
    let code = answer(&done).remove("code").expect("a code");
    let tokens = world.redeem(&code).await.expect(200).json();
    let amr = json!(["pwd", "otp", "mfa"]);
    assert_eq!(claims(&text(&tokens, "id_token"))["amr"], amr);
    let next = world.refresh(&text(&tokens, "refresh_token")).await;
    let next = next.expect(200).json();
    assert_eq!(claims(&text(&next, "id_token"))["amr"], amr, "kept");
}

#[tokio::test]
async fn a_code_is_good_once() {
    let world = World::new().await;
    let (telephone, _) = turned_on(&world, "officer").await;
    let code = telephone.code();
    let browser = world.browser();
    let page = asked(&browser, "officer").await;
    // It confirmed the secret, and cannot sign in, too.
    let again = send(&browser, &page, &code).await.expect(401);
    let next = telephone.next_code();
    send(&browser, &again, &next).await.expect(303);
    let other = world.browser();
    let page = asked(&other, "officer").await;
    send(&other, &page, &next).await.expect(401);
}

#[tokio::test]
async fn a_recovery_code_signs_in_once() {
    let world = World::new().await;
    let (_, codes) = turned_on(&world, "officer").await;
    let first = codes.first().expect("a code");
    let browser = world.browser();
    let page = asked(&browser, "officer").await;
    let typed = first.to_lowercase().replace('-', " ");
    let done = send(&browser, &page, &typed).await.expect(303);
    let code = answer(&done).remove("code").expect("a code");
    let tokens = world.redeem(&code).await.expect(200).json();
    assert_eq!(
        claims(&text(&tokens, "id_token"))["amr"],
        json!(["pwd", "mfa"])
    );
    let other = world.browser();
    let page = asked(&other, "officer").await;
    send(&other, &page, first).await.expect(401);
    let token = world.token("officer").await;
    let state = world.app.with_token(&token).get(PATH).await.expect(200);
    assert_eq!(state.json()["recoveryCodesLeft"], 9);
}

#[tokio::test]
async fn guessing_is_counted() {
    let world = World::with(&[("failures_per_login", "3".to_owned())]).await;
    let (telephone, _) = turned_on(&world, "officer").await;
    let browser = world.browser();
    let mut page = asked(&browser, "officer").await;
    for guess in ["000001", "000002", "000003"] {
        page = send(&browser, &page, guess).await.expect(401);
    }
    page = send(&browser, &page, &telephone.code()).await.expect(429);
    assert!(page.header("retry-after").is_some());
}

#[tokio::test]
async fn changes_want_password_and_code() {
    let world = World::new().await;
    let token = world.token("officer").await;
    let caller = || world.app.with_token(&token);
    let problem = caller().put(PATH, &json!({ "password": "wrong" })).await;
    let problem = problem.expect_problem(422, "body.invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/password");
    assert_eq!(problem["errors"][0]["code"], "account.password-wrong");
    caller()
        .post(&format!("{PATH}/confirm"), &json!({ "code": "123456" }))
        .await
        .expect_problem(409, "second-factor.off");
    let (telephone, old) = turned_on(&world, "officer").await;
    caller()
        .put(PATH, &json!({ "password": PASSWORD }))
        .await
        .expect_problem(409, "second-factor.on");
    let both = |code: &str| json!({ "password": PASSWORD, "code": code });
    let renewed = caller()
        .post(
            &format!("{PATH}/recovery-codes"),
            &both(&telephone.next_code()),
        )
        .await
        .expect(200)
        .json();
    assert_ne!(renewed["recoveryCodes"], json!(old));
    let off = format!("{PATH}/turn-off");
    let old = both(old.first().expect("a code"));
    let problem = caller().post(&off, &old).await;
    let problem = problem.expect_problem(422, "body.invalid");
    assert_eq!(problem["errors"][0]["code"], "second-factor.code-wrong");
    caller()
        .post(&off, &both(&telephone.next_code()))
        .await
        .expect(204);
    world
        .browser()
        .sign_in(&portal(), "officer", PASSWORD)
        .await;
}

#[tokio::test]
async fn an_administrator_resets_within_reach_and_never_the_own() {
    let world = World::new().await;
    turned_on(&world, "officer").await;
    turned_on(&world, "agencyadmin").await;
    let token = world.token("agencyadmin").await;
    let me = |login: &'static str| {
        let world = &world;
        async move {
            let token = world.token(login).await;
            let me = world.app.with_token(&token).get("/api/v1/me").await;
            format!(
                "/api/v1/accounts/{}/second-factor",
                text(&me.expect(200).json(), "id")
            )
        }
    };
    let admin = || world.app.with_token(&token);
    admin().delete(&me("agencyadmin").await).await.expect(404);
    // Another agency's officer, who has none anyway: not even that is told.
    admin().delete(&me("officer2").await).await.expect(404);
    admin().delete(&me("officer").await).await.expect(204);
    admin()
        .delete(&me("officer").await)
        .await
        .expect_problem(409, "second-factor.off");
    world
        .browser()
        .sign_in(&portal(), "officer", PASSWORD)
        .await;

    // Who administers the province may sit in his agency, and is above him all the same.
    let province = world.token("admin").await;
    let chief = json!({"login": "chief", "name": "Lê Văn Chính", "password": "một mật khẩu đủ dài để thử",
        "roles": ["province_admin"], "agency": "H05.21"});
    let made = world.app.with_token(&province);
    let made = made.post("/api/v1/accounts", &chief).await.expect(201);
    let path = format!(
        "/api/v1/accounts/{}/second-factor",
        text(&made.json(), "id")
    );
    let refused = admin().delete(&path).await;
    refused.expect_problem(403, "account.role-not-allowed");
}

#[tokio::test]
async fn machine_clients_have_none() {
    let world = World::new().await;
    let token = world
        .app
        .as_(&testkit::actors::post_office())
        .get(PATH)
        .await;
    assert!(matches!(token.status, 401 | 403), "{}", token.status);
}
