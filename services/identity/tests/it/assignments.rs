//! Acting positions and delegations: who may give what, what the token says, and how it ends.

use crate::world::{World, claims, text};
use serde_json::{Value, json};

const PATH: &str = "/api/v1/assignments";

fn body(world: &World, kind: &str, login: &str, role: &str) -> Value {
    let until = world.rt.clock.now() + chrono::Duration::days(7);
    json!({"kind": kind, "login": login, "role": role, "until": until, "reason": "Đi công tác"})
}

async fn give(world: &World, by: &str, body: &Value) -> testkit::Reply {
    let token = world.token(by).await;
    world.app.with_token(&token).post(PATH, body).await
}

#[tokio::test]
async fn a_delegated_role_is_in_the_token_with_the_one_in_whose_name_it_is_used() {
    let world = World::new().await;
    let before = claims(&world.token("specialist").await);
    assert_eq!(before["roles"], json!(["specialist"]));
    let wanted = body(&world, "delegation", "specialist", "leader");
    let given = give(&world, "leader", &wanted).await.expect(201).json();
    let token = world.token("specialist").await;
    let said = claims(&token);
    assert_eq!(said["roles"], json!(["specialist", "leader"]));
    assert_eq!(said["acting"][0]["role"], "leader");
    assert_eq!(
        said["acting"][0]["principalName"],
        given["principal"]["name"]
    );
    let me = world
        .app
        .with_token(&token)
        .get("/api/v1/me")
        .await
        .expect(200)
        .json();
    assert_eq!(me["acting"][0]["onBehalfOf"], given["principal"]["name"]);
    let permissions = me["permissions"].as_array().expect("permissions");
    assert!(permissions.contains(&json!("dossier.approve")));
    for login in ["leader", "specialist", "agencyadmin", "admin"] {
        let token = world.token(login).await;
        let seen = world
            .app
            .with_token(&token)
            .get(PATH)
            .await
            .expect(200)
            .json();
        assert_eq!(seen["items"][0]["id"], given["id"], "{login}");
    }
    for login in ["officer", "officer2", "citizen"] {
        let token = world.token(login).await;
        let seen = world
            .app
            .with_token(&token)
            .get(PATH)
            .await
            .expect(200)
            .json();
        assert_eq!(seen["items"], json!([]), "{login}");
    }
}

#[tokio::test]
async fn it_ends_by_itself_and_the_token_with_it() {
    let world = World::new().await;
    let until = world.rt.clock.now() + chrono::Duration::seconds(90);
    let mut wanted = body(&world, "delegation", "specialist", "leader");
    wanted["until"] = json!(until);
    give(&world, "leader", &wanted).await.expect(201);
    let token = world.token("specialist").await;
    assert_eq!(claims(&token)["exp"], until.timestamp());
    world.rt.clock.advance(chrono::Duration::seconds(121));
    let me = world.app.with_token(&token).get("/api/v1/me").await;
    me.expect_problem(401, "auth.expired-token");
    let after = claims(&world.token("specialist").await);
    assert_eq!(after["roles"], json!(["specialist"]));
    assert!(after.get("acting").is_none());
}

#[tokio::test]
async fn it_is_taken_back_within_seconds_by_those_who_may() {
    let world = World::new().await;
    for by in ["leader", "specialist", "agencyadmin", "admin"] {
        let wanted = body(&world, "delegation", "specialist", "leader");
        let given = give(&world, "leader", &wanted).await.expect(201).json();
        let token = world.token("specialist").await;
        let path = format!("{PATH}/{}", text(&given, "id"));
        for stranger in ["officer", "officer2", "leader3", "citizen"] {
            let stranger = world.token(stranger).await;
            let answer = world.app.with_token(&stranger).delete(&path).await;
            answer.expect_problem(404, "assignment.not-found");
        }
        let ender = world.token(by).await;
        let ender = world.app.with_token(&ender);
        ender.delete(&path).await.expect(204);
        ender.delete(&path).await;
        world.rt.clock.advance(chrono::Duration::seconds(4));
        let log = world
            .app
            .with_token(&token)
            .get("/api/v1/me/access-log")
            .await;
        log.expect_problem(401, "auth.revoked-token");
        let after = claims(&world.token("specialist").await);
        assert_eq!(after["roles"], json!(["specialist"]), "{by}");
    }
}

#[tokio::test]
async fn who_loses_the_role_has_delegated_nothing() {
    let world = World::new().await;
    let wanted = body(&world, "delegation", "specialist", "leader");
    give(&world, "leader", &wanted).await.expect(201);
    let token = world.token("specialist").await;
    let leader = world.token("leader").await;
    let me = world.app.with_token(&leader).get("/api/v1/me").await;
    let path = format!("/api/v1/accounts/{}", text(&me.expect(200).json(), "id"));
    let admin = world.token("admin").await;
    let caller = world.app.with_token(&admin).if_match(1);
    caller
        .patch(&path, &json!({"active": false}))
        .await
        .expect(200);
    world.rt.clock.advance(chrono::Duration::seconds(4));
    let log = world
        .app
        .with_token(&token)
        .get("/api/v1/me/access-log")
        .await;
    log.expect_problem(401, "auth.revoked-token");
    let after = claims(&world.token("specialist").await);
    assert_eq!(after["roles"], json!(["specialist"]));
}

#[tokio::test]
async fn nobody_gives_what_is_not_his_or_takes_it_for_himself() {
    let world = World::new().await;
    let w = &world;
    for (by, kind, login, role, status, code) in [
        (
            "specialist",
            "delegation",
            "leader",
            "leader",
            403,
            "assignment.not-held",
        ),
        // Nor does who has not got the role learn whether somebody of this login is there.
        (
            "specialist",
            "delegation",
            "nobody.here",
            "leader",
            403,
            "assignment.not-held",
        ),
        (
            "leader",
            "delegation",
            "leader",
            "leader",
            409,
            "assignment.self",
        ),
        (
            "leader",
            "delegation",
            "nobody.here",
            "leader",
            404,
            "account.not-found",
        ),
        (
            "leader",
            "delegation",
            "citizen",
            "leader",
            404,
            "account.not-found",
        ),
        (
            "leader",
            "acting",
            "specialist",
            "leader",
            403,
            "auth.forbidden",
        ),
        // Whether somebody of this login is there is no answer to who may give nothing.
        (
            "leader",
            "acting",
            "nobody.here",
            "leader",
            403,
            "auth.forbidden",
        ),
        // An administrator learns of nobody elsewhere.
        (
            "agencyadmin",
            "acting",
            "officer2",
            "leader",
            404,
            "account.not-found",
        ),
        (
            "citizen",
            "delegation",
            "specialist",
            "citizen",
            403,
            "auth.forbidden",
        ),
        (
            "agencyadmin",
            "acting",
            "specialist",
            "agency_admin",
            422,
            "assignment.role",
        ),
        (
            "agencyadmin",
            "acting",
            "agencyadmin",
            "leader",
            409,
            "assignment.self",
        ),
        (
            "agencyadmin",
            "acting",
            "leader",
            "leader",
            409,
            "assignment.has-role",
        ),
    ] {
        let answer = give(w, by, &body(w, kind, login, role)).await;
        answer.expect_problem(status, code);
    }
    // What was delegated goes no further.
    give(w, "leader", &body(w, "delegation", "specialist", "leader"))
        .await
        .expect(201);
    let on = give(w, "specialist", &body(w, "delegation", "officer", "leader")).await;
    on.expect_problem(403, "assignment.not-held");
    let mut long = body(w, "delegation", "officer", "leader");
    long["until"] = json!(w.rt.clock.now() + chrono::Duration::days(367));
    give(w, "leader", &long)
        .await
        .expect_problem(422, "assignment.period");
    let acting = give(
        w,
        "agencyadmin",
        &body(w, "acting", "officer", "specialist"),
    )
    .await;
    assert_eq!(acting.expect(201).json()["kind"], "acting");
    let said = claims(&w.token("officer").await);
    assert_eq!(said["acting"], json!([{"role": "specialist"}]));
}
