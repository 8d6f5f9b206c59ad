//! Not too often.

use crate::world::World;
use testkit::actors;

fn small() -> [(&'static str, String); 2] {
    [
        ("requests_per_minute", "4".to_owned()),
        ("public_requests_per_minute", "2".to_owned()),
    ]
}

#[tokio::test]
async fn one_too_many_waits_until_the_minute_is_over() {
    let world = World::with(&small()).await;
    let citizen = actors::citizen();
    for _ in 0..4 {
        world
            .app
            .as_(&citizen)
            .get("/api/v1/dossiers")
            .await
            .expect(200);
    }
    let reply = world.app.as_(&citizen).get("/api/v1/dossiers").await;
    let wait: i64 = reply
        .header("retry-after")
        .expect("retry-after")
        .parse()
        .expect("seconds");
    assert!((1..=60).contains(&wait), "{wait}");
    reply.expect_problem(429, "rate-limited");
    assert_eq!(world.seen().await.len(), 4);
    // Others have their own count.
    world
        .app
        .as_(&actors::citizen2())
        .get("/api/v1/dossiers")
        .await
        .expect(200);
    world.rt.clock.advance(chrono::Duration::seconds(wait));
    world
        .app
        .as_(&citizen)
        .get("/api/v1/dossiers")
        .await
        .expect(200);
}

#[tokio::test]
async fn a_client_has_the_limit_that_its_administrator_gave_it() {
    let world = World::with(&small()).await;
    let mut client = actors::integrator();
    client.limits.requests_per_minute = Some(6);
    client.limits.scopes = Some(vec!["dossier.read".to_owned()]);
    let caller = world.app.as_(&client);
    for _ in 0..6 {
        caller.get("/api/v1/dossiers").await.expect(200);
    }
    let seventh = caller.get("/api/v1/dossiers").await;
    seventh.expect_problem(429, "rate-limited");
}

#[tokio::test]
async fn a_client_does_nothing_beyond_its_scopes() {
    let world = World::new().await;
    let mut client = actors::integrator();
    client.limits.scopes = Some(vec!["notification.read".to_owned()]);
    let reply = world.app.as_(&client).get("/api/v1/dossiers").await;
    reply.expect_problem(403, "auth.forbidden");
}

#[tokio::test]
async fn without_a_token_the_address_is_counted() {
    let world = World::with(&small()).await;
    let from = |ip: &str| world.app.anonymous().header("x-forwarded-for", ip);
    from("10.0.0.1").get("/api/v1/tracking/1").await.expect(200);
    from("10.0.0.1").get("/oauth2/authorize").await.expect(200);
    from("10.0.0.1")
        .get("/api/v1/tracking/1")
        .await
        .expect_problem(429, "rate-limited");
    from("10.0.0.1")
        .get("/")
        .await
        .expect_problem(429, "rate-limited");
    from("10.0.0.2").get("/api/v1/tracking/1").await.expect(200);
    from("2001:db8::1")
        .get("/api/v1/tracking/1")
        .await
        .expect(200);
    from("2001:db8::2")
        .get("/api/v1/tracking/1")
        .await
        .expect(200);
    from("2001:db8::3")
        .get("/api/v1/tracking/1")
        .await
        .expect_problem(429, "rate-limited");
}

#[tokio::test]
async fn guessing_tokens_is_counted_by_address() {
    let world = World::with(&small()).await;
    for _ in 0..2 {
        world
            .app
            .with_token("nonsense")
            .get("/api/v1/dossiers")
            .await
            .expect_problem(401, "auth.invalid-token");
    }
    world
        .app
        .with_token("nonsense")
        .get("/api/v1/dossiers")
        .await
        .expect_problem(429, "rate-limited");
    // A good token is counted by itself.
    world
        .app
        .as_(&actors::citizen())
        .get("/api/v1/dossiers")
        .await
        .expect(200);
}

#[tokio::test]
async fn refusals_for_want_of_rights_count_too() {
    let world = World::with(&small()).await;
    let citizen = actors::citizen();
    let body = serde_json::json!({});
    for _ in 0..4 {
        world
            .app
            .as_(&citizen)
            .post("/api/v1/dossiers/1/receive", &body)
            .await
            .expect(403);
    }
    world
        .app
        .as_(&citizen)
        .post("/api/v1/dossiers/1/receive", &body)
        .await
        .expect(429);
}
