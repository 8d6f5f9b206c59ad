//! Acting for somebody else: authorised by them, or entered by an administrator on sight of the papers.
use crate::world::{PASSWORD, World, answer, claims, portal, request, text};
use chrono::Duration;
use serde_json::{Value, json};
use testkit::Reply;

/// The number of the demonstration's second citizen.
const BINH: &str = "024192000002";

pub(crate) async fn authorised(world: &World, body: &Value) -> Value {
    let token = world.token("citizen").await;
    let reply = world
        .app
        .with_token(&token)
        .post("/api/v1/me/mandates", body)
        .await;
    reply.expect(201).json()
}

pub(crate) fn usual() -> Value {
    json!({"agentIdentityNumber": BINH, "document": "Ủy quyền nộp hồ sơ đất đai"})
}

/// Signs in by a mandate, and returns where the browser is sent.
async fn sent(world: &World, login: &str, mandate: &str) -> Reply {
    let asked = request(&[("acting_for", mandate)]);
    let browser = world.browser();
    browser
        .try_sign_in(&asked, login, PASSWORD)
        .await
        .expect(303)
}

async fn acting(world: &World, login: &str, mandate: &str) -> Value {
    let code = answer(&sent(world, login, mandate).await)
        .remove("code")
        .expect("a code");
    world.redeem(&code).await.expect(200).json()
}

#[tokio::test]
async fn the_token_names_both_and_lends_no_more_than_was_given() {
    let world = World::new().await;
    let mut body = usual();
    body["permissions"] = json!(["dossier.file", "dossier.read", "file.upload"]);
    let given = authorised(&world, &body).await;
    assert_eq!(given["agent"], "0241******02");
    let mandate = text(&given, "id");
    let tokens = acting(&world, "citizen2", &mandate).await;
    let said = claims(&text(&tokens, "access_token"));
    assert_eq!(said["name"], "Nguyễn Văn An");
    assert_eq!(said["act"]["name"], "Trần Thị Bình");
    assert_eq!(said["act"]["ground"], "authorised");
    assert_eq!(said["act"]["mandate"], mandate);
    assert_eq!(said["scope"], "dossier.file dossier.read file.upload");
    // Who signed in is who signed in.
    let id = claims(&text(&tokens, "id_token"));
    assert_eq!(id["sub"], said["act"]["sub"]);
    let token = text(&tokens, "access_token");
    let actor = world
        .rt
        .tokens
        .verify(&token, None, &world.rt)
        .await
        .expect("good");
    assert!(actor.can(contracts::Permission::DossierFile));
    assert!(!actor.can(contracts::Permission::DossierOwn), "not lent");
    assert_eq!(actor.mandate.expect("a mandate").name, "Trần Thị Bình");
    // Renewed, it says the same.
    let next = world
        .refresh(&text(&tokens, "refresh_token"))
        .await
        .expect(200)
        .json();
    assert_eq!(claims(&text(&next, "access_token"))["act"], said["act"]);
    // It is no key to the other's account.
    let caller = || world.app.with_token(&token);
    let me = caller().get("/api/v1/me").await.expect(200).json();
    assert_eq!(me["mandate"]["name"], "Trần Thị Bình");
    // The other sees that it was read.
    let owner = world.token("citizen").await;
    let owner = world.app.with_token(&owner);
    let log = owner.get("/api/v1/me/access-log").await.expect(200).json();
    assert_eq!(log["items"][0]["who"], "Trần Thị Bình");
    assert_eq!(log["items"][0]["operation"], "getMe");
    for path in [
        "/api/v1/me/sessions",
        "/api/v1/me/second-factor",
        "/api/v1/me/mandates",
        "/api/v1/me/access-log",
        "/api/v1/me/data-requests",
        "/api/v1/me/data",
    ] {
        caller()
            .get(path)
            .await
            .expect_problem(403, "auth.forbidden");
    }
    caller().delete("/api/v1/me/sessions").await.expect(403);
    caller()
        .post("/api/v1/me/mandates", &usual())
        .await
        .expect(403);
    let info = caller().get("/oauth2/userinfo").await.expect(200).json();
    assert_eq!(info["name"], "Trần Thị Bình");
}

#[tokio::test]
async fn nobody_else_acts_by_it_and_nobody_after_its_time() {
    let world = World::new().await;
    let mut body = usual();
    body["validUntil"] = json!(world.rt.clock.now() + Duration::days(1));
    let mandate = text(&authorised(&world, &body).await, "id");
    for login in ["household", "citizen", "officer"] {
        let back = answer(&sent(&world, login, &mandate).await);
        assert_eq!(back["error"], "access_denied", "{login}");
    }
    let unknown = answer(&sent(&world, "citizen2", "01932f4c-0000-7000-8000-000000000009").await);
    assert_eq!(unknown["error"], "access_denied");
    let tokens = acting(&world, "citizen2", &mandate).await;
    world.rt.clock.advance(Duration::hours(25));
    let late = world
        .refresh(&text(&tokens, "refresh_token"))
        .await
        .expect(400);
    assert_eq!(late.json()["error"], "invalid_grant");
    let back = answer(&sent(&world, "citizen2", &mandate).await);
    assert_eq!(back["error"], "access_denied");
}

#[tokio::test]
async fn a_token_dies_with_its_mandate_and_says_so() {
    let world = World::new().await;
    let until = world.rt.clock.now() + Duration::seconds(90);
    let mut body = usual();
    body["validUntil"] = json!(until);
    let mandate = text(&authorised(&world, &body).await, "id");
    world.rt.clock.advance(Duration::seconds(30));
    let tokens = acting(&world, "citizen2", &mandate).await;
    let token = text(&tokens, "access_token");
    assert_eq!(claims(&token)["exp"], until.timestamp());
    assert_eq!(tokens["expires_in"], 60);
    let me = async || world.app.with_token(&token).get("/api/v1/me").await;
    world.rt.clock.advance(Duration::seconds(59));
    me().await.expect(200);
    // Half a minute is for clocks that differ.
    world.rt.clock.advance(Duration::seconds(32));
    me().await.expect_problem(401, "auth.expired-token");
}

#[tokio::test]
async fn a_revoked_mandate_is_refused_at_once() {
    let world = World::new().await;
    for (who, path) in [
        ("citizen", "me/mandates"),
        ("citizen2", "me/mandates"),
        ("admin", "mandates"),
    ] {
        let mandate = text(&authorised(&world, &usual()).await, "id");
        let tokens = acting(&world, "citizen2", &mandate).await;
        let token = text(&tokens, "access_token");
        world
            .app
            .with_token(&token)
            .get("/api/v1/me")
            .await
            .expect(200);
        let stranger = world.token("household").await;
        let at = format!("/api/v1/me/mandates/{mandate}");
        world
            .app
            .with_token(&stranger)
            .delete(&at)
            .await
            .expect_problem(404, "mandate.not-found");
        let revoker = world.token(who).await;
        let at = format!("/api/v1/{path}/{mandate}");
        world.app.with_token(&revoker).delete(&at).await.expect(204);
        world.app.with_token(&revoker).delete(&at).await.expect(404);
        world.rt.clock.advance(Duration::seconds(4));
        world
            .app
            .with_token(&token)
            .get("/api/v1/me")
            .await
            .expect_problem(401, "auth.revoked-token");
        world
            .refresh(&text(&tokens, "refresh_token"))
            .await
            .expect(400);
    }
}

#[tokio::test]
async fn an_administrator_enters_what_papers_say() {
    let world = World::new().await;
    let token = world.token("household").await;
    let me = world
        .app
        .with_token(&token)
        .get("/api/v1/me")
        .await
        .expect(200)
        .json();
    let body = json!({
        "principal": me["id"], "ground": "representative", "agentIdentityNumber": BINH,
        "document": "Giấy chứng nhận đăng ký hộ kinh doanh số 20A8001234",
    });
    for (login, status) in [
        ("agencyadmin", 403),
        ("officer", 403),
        ("citizen", 403),
        ("admin", 201),
    ] {
        let token = world.token(login).await;
        world
            .app
            .with_token(&token)
            .post("/api/v1/mandates", &body)
            .await
            .expect(status);
    }
    let token = world.token("citizen2").await;
    let held = world
        .app
        .with_token(&token)
        .get("/api/v1/me/mandates")
        .await
        .expect(200)
        .json();
    assert_eq!(held["items"][0]["side"], "held");
    assert_eq!(held["items"][0]["principal"], me["name"]);
    let tokens = acting(&world, "citizen2", &text(&held["items"][0], "id")).await;
    let said = claims(&text(&tokens, "access_token"));
    assert_eq!(
        (&said["roles"], &said["act"]["ground"]),
        (&json!(["business"]), &json!("representative"))
    );
    let mut officer = body.clone();
    let admin = world.token("admin").await;
    let token = world.token("officer").await;
    let me = world
        .app
        .with_token(&token)
        .get("/api/v1/me")
        .await
        .expect(200)
        .json();
    officer["principal"] = me["id"].clone();
    let reply = world
        .app
        .with_token(&admin)
        .post("/api/v1/mandates", &officer)
        .await;
    reply.expect_problem(404, "account.not-found");
}

#[tokio::test]
async fn bad_mandates_are_refused_field_by_field() {
    let world = World::new().await;
    let token = world.token("citizen").await;
    let too_late = world.rt.clock.now() + Duration::days(4000);
    for (change, pointer, code) in [
        (
            json!({"agentIdentityNumber": "123"}),
            "/agentIdentityNumber",
            "identity-number.invalid",
        ),
        (
            json!({"permissions": ["dossier.approve"]}),
            "/permissions",
            "mandate.permission",
        ),
        (json!({"document": "  "}), "/document", "field.required"),
        (
            json!({"document": "ă".repeat(501)}),
            "/document",
            "field.too-long",
        ),
        (
            json!({"validUntil": "2020-01-01T00:00:00Z"}),
            "/validUntil",
            "mandate.period",
        ),
        (
            json!({"validUntil": too_late}),
            "/validUntil",
            "mandate.period",
        ),
    ] {
        let mut body = usual();
        for (name, value) in change.as_object().expect("changes") {
            body[name] = value.clone();
        }
        let reply = world
            .app
            .with_token(&token)
            .post("/api/v1/me/mandates", &body)
            .await;
        let problem = reply.expect_problem(422, "body.invalid");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
        assert_eq!(problem["errors"][0]["code"], code, "{problem}");
    }
    // An old sign-in lends nothing.
    let browser = world.browser();
    let code = browser.sign_in(&portal(), "citizen", PASSWORD).await;
    let tokens = world.redeem(&code).await.expect(200).json();
    world.rt.clock.advance(Duration::seconds(1000));
    let tokens = world
        .refresh(&text(&tokens, "refresh_token"))
        .await
        .expect(200)
        .json();
    let old = text(&tokens, "access_token");
    let reply = world
        .app
        .with_token(&old)
        .post("/api/v1/me/mandates", &usual())
        .await;
    reply.expect_problem(401, "auth.step-up-required");
}
