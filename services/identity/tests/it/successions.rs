//! Agencies that took over the dossiers of others: in whose tokens it is, from when, and who records it.
#![expect(
    clippy::indexing_slicing,
    reason = "what is not there is null, and the test says so"
)]

use crate::world::{World, claims, text};
use serde_json::{Value, json};
use testkit::Reply;

const PATH: &str = "/api/v1/agency-successions";

async fn record(world: &World, by: &str, predecessor: &str, successor: &str, day: i64) -> Reply {
    let token = world.token(by).await;
    let from = (world.rt.clock.now() + chrono::Duration::days(day)).date_naive();
    let body = json!({"predecessor": predecessor, "successor": successor, "from": from, "reason": "NQ 12/NQ-HĐND"});
    world.app.with_token(&token).post(PATH, &body).await
}

async fn taken_over(world: &World, login: &str) -> Value {
    claims(&world.token(login).await)["predecessors"].clone()
}

#[tokio::test]
async fn from_the_day_on_it_is_in_the_tokens_of_the_successors_officers() {
    let world = World::new().await;
    let made = record(&world, "admin", "H05.22", "H05.21", 3).await;
    let made = made.expect(201).json();
    assert_eq!(made["holds"], false);
    record(&world, "admin", "H05.23", "H05.22", -300)
        .await
        .expect(201);
    for login in ["officer", "leader", "agencyadmin", "citizen", "admin"] {
        assert!(
            taken_over(&world, login).await.is_null(),
            "{login}: too early"
        );
    }
    assert_eq!(taken_over(&world, "officer2").await, json!(["H05.23"]));
    world.rt.clock.advance(chrono::Duration::days(3));
    for login in ["officer", "leader", "agencyadmin"] {
        let both = json!(["H05.22", "H05.23"]);
        assert_eq!(taken_over(&world, login).await, both, "{login}");
    }
    for login in ["citizen", "admin", "integrator"] {
        assert!(taken_over(&world, login).await.is_null(), "{login}");
    }
    let token = world.token("officer").await;
    let actor = world.rt.tokens.verify(&token, None, &world.rt).await;
    assert!(actor.expect("good").serves("H05.23"));
    // A sign-in in a browser says the same as the short way of the tests.
    let signed_in = claims(&text(&world.tokens("officer").await, "access_token"));
    assert_eq!(signed_in["predecessors"], json!(["H05.22", "H05.23"]));
    let admin = world.token("admin").await;
    let one = format!("{PATH}/{}", text(&made, "id"));
    let admin = || world.app.with_token(&admin);
    let asked = async || {
        let caller = world.app.with_token(&token);
        caller.get("/api/v1/me/access-log").await
    };
    asked().await.expect(200);
    admin().delete(&one).await.expect(204);
    // The token says what is no longer so.
    world.rt.clock.advance(chrono::Duration::seconds(4));
    asked().await.expect_problem(401, "auth.revoked-token");
    let other = world.token("officer2").await;
    assert_eq!(claims(&other)["predecessors"], json!(["H05.23"]), "stays");
    admin()
        .delete(&one)
        .await
        .expect_problem(404, "succession.not-found");
    assert!(taken_over(&world, "officer").await.is_null(), "a mistake");
    let all = admin().get(PATH).await.expect(200).json();
    assert_eq!(all["items"].as_array().map(Vec::len), Some(2));
    // Both were recorded in the same millisecond: neither is the later one.
    let ended = all["items"]
        .as_array()
        .and_then(|items| items.iter().find(|i| i["predecessor"] == "H05.22"));
    assert!(
        ended.is_some_and(|i| i["endedAt"].is_string()),
        "it stays: {all}"
    );
}

#[tokio::test]
async fn the_province_alone_records_it_and_no_circles() {
    let world = World::new().await;
    for login in ["agencyadmin", "leader", "officer", "citizen"] {
        record(&world, login, "H05.22", "H05.21", 0)
            .await
            .expect_problem(403, "auth.forbidden");
    }
    record(&world, "admin", "H05.22", "H05.21", 0)
        .await
        .expect(201);
    record(&world, "admin", "H05.22", "H05.21", 9)
        .await
        .expect_problem(409, "succession.there");
    record(&world, "admin", "H05.21", "H05.22", 900)
        .await
        .expect_problem(409, "succession.circle");
    let late = record(&world, "admin", "H05.21", "H05.23", 90_000).await;
    let late = late.expect_problem(422, "body.invalid");
    assert_eq!(late["errors"][0]["pointer"], "/from");
    let wrong = record(&world, "admin", "somewhere", "H05.22", 0).await;
    let wrong = wrong.expect_problem(422, "body.invalid");
    assert_eq!(wrong["errors"][0]["pointer"], "/predecessor");
    record(&world, "admin", "H05.97", "H05.98", 0)
        .await
        .expect(201);
    let token = world.token("agencyadmin").await;
    let seen = world.app.with_token(&token).get(PATH).await;
    let seen = seen.expect(200).json();
    let seen: Vec<&Value> = seen["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|s| &s["successor"])
        .collect();
    assert_eq!(seen, ["H05.21"], "what concerns the own agency");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_opposite_ones_at_once_one_is_recorded() {
    let world = World::new().await;
    for n in 30..40 {
        let (one, other) = (format!("H05.{n}"), format!("H05.{}", n + 20));
        let (there, back) = tokio::join!(
            record(&world, "admin", &one, &other, 3),
            record(&world, "admin", &other, &one, 3)
        );
        let mut answers = [there.status, back.status];
        answers.sort_unstable();
        assert_eq!(answers[0], 201, "{}", there.text());
        assert!((400..500).contains(&answers[1]), "{}", back.text());
    }
}
