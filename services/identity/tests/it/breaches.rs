//! The breach file over HTTP.

use crate::world::{World, text};
use durable::sea_orm::ConnectionTrait as _;
use durable::sea_orm::sea_query::Query;
use serde_json::{Value, json};

const PATH: &str = "/api/v1/breaches";

async fn enter(world: &World, file: &Value, kind: &str) -> testkit::Reply {
    let admin = world.token("admin").await;
    let path = format!("{PATH}/{}/entries", text(file, "id"));
    let version = file["version"].as_i64().expect("a version");
    let caller = world.app.with_token(&admin).if_match(version);
    caller
        .post(
            &path,
            &json!({"kind": kind, "text": format!("bí mật: {kind}")}),
        )
        .await
}

#[tokio::test]
async fn a_file_runs_from_discovery_to_closing_and_its_minutes_stay() {
    let world = World::new().await;
    let admin = world.token("admin").await;
    let now = world.rt.clock.now();
    let discovered = now - chrono::Duration::hours(50);
    let body = json!({"title": "Tệp bí mật bị lộ", "kinds": ["Số định danh"], "people": 3,
        "discoveredAt": discovered, "text": "Thấy trong nhật ký"});
    let caller = world
        .app
        .with_token(&admin)
        .header("idempotency-key", "b-1");
    let first = caller.post(PATH, &body).await.expect(201);
    let again = caller.post(PATH, &body).await.expect(201);
    assert_eq!(first.json(), again.json(), "opened once");
    let file = first.json();
    assert_eq!(
        (&file["clockRuns"], &file["late"]),
        (&json!(true), &json!(false))
    );
    world.rt.clock.advance(chrono::Duration::minutes(11));
    testkit::wait_for("the gauge", || async {
        let text = world.rt.metrics.render();
        let line = "kind=\"breach-within-a-day\"} 1";
        text.contains(line).then_some(())
    })
    .await;

    let early = enter(&world, &file, "closed").await;
    early.expect_problem(409, "breach.not-open");
    let file = enter(&world, &file, "measure").await.expect(200).json();
    world.rt.clock.advance(chrono::Duration::hours(23));
    let file = enter(&world, &file, "authorityNotified")
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&file["clockRuns"], &file["late"]),
        (&json!(false), &json!(true))
    );
    let file = enter(&world, &file, "peopleTold").await.expect(200).json();
    let file = enter(&world, &file, "closed").await.expect(200).json();
    assert!(text(&file, "keepUntil").starts_with("2031"), "{file}");
    let again = enter(&world, &file, "closed").await;
    again.expect_problem(409, "breach.not-open");
    let kinds: Vec<&str> = file["entries"]
        .as_array()
        .expect("entries")
        .iter()
        .map(|e| e["kind"].as_str().expect("a kind"))
        .collect();
    assert_eq!(
        kinds,
        [
            "opened",
            "measure",
            "authorityNotified",
            "peopleTold",
            "closed"
        ]
    );

    for (table, column) in [
        ("breach", "title"),
        ("breach_entry", "text"),
        ("idempotency", "body"),
    ] {
        let query = Query::select().column(column).from(table).to_owned();
        for row in world.db.db.read().query_all(&query).await.expect("rows") {
            let value: String = row.try_get("", column).expect("text");
            assert!(!value.contains("bí mật"), "{table}.{column} rests in clear");
        }
    }
}

#[tokio::test]
async fn only_a_province_administrator_keeps_the_file() {
    let world = World::new().await;
    for login in ["agencyadmin", "officer", "leader", "citizen", "postoffice"] {
        let token = world.token(login).await;
        let caller = world.app.with_token(&token);
        for path in [PATH, "/api/v1/retention-notices"] {
            caller.get(path).await.expect_problem(403, "auth.forbidden");
        }
    }
    let admin = world.token("admin").await;
    let caller = world.app.with_token(&admin);
    let future = world.rt.clock.now() + chrono::Duration::hours(1);
    let body = json!({"title": "x", "discoveredAt": future, "text": "x"});
    caller
        .post(PATH, &body)
        .await
        .expect_problem(422, "body.invalid");
    let none = format!("{PATH}/{}", uuid::Uuid::nil());
    caller
        .get(&none)
        .await
        .expect_problem(404, "breach.not-found");
}
