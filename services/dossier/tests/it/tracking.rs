//! The public look-up: what it shows, and that nobody counts through the numbers.

use crate::world::World;
use serde_json::json;
use testkit::actors;

#[tokio::test]
async fn numbers_cannot_be_walked() {
    let w = World::with(&[("tracking.numbers_per_hour", "3".to_owned())]).await;
    let citizen = actors::citizen();
    let body = w.body(&citizen).await;
    let filed = w.app.as_(&citizen).post("/api/v1/dossiers", &body).await;
    let filed = filed.expect(201).json();
    let received = w.go(&actors::officer(), &filed, "receive", json!({})).await;
    let number = received["number"].as_str().expect("a number");
    let path = |number: &str| format!("/api/v1/tracking/{number}");
    // As the gateway says it.
    let from = |ip: &str| {
        let ip = ip.parse().expect("an address");
        let now = w.rt.clock.now().timestamp();
        let proof = kit::origin::prove(&w.rt.sealer, ip, now);
        w.app.anonymous().header(kit::origin::HEADER, &proof)
    };
    let walker = from("203.0.113.7");
    // The same number again and again is a person who waits.
    for _ in 0..9 {
        let seen = walker.get(&path(number)).await.expect(200).json();
        let members: Vec<&String> = seen.as_object().expect("an object").keys().collect();
        assert_eq!(members, ["number", "status"]);
    }
    for n in 2..4 {
        let other = format!("H05.21-261116-{n:04}");
        walker
            .get(&path(&other))
            .await
            .expect_problem(404, "tracking.not-found");
    }
    // One more different number is one too many, whether it exists or not.
    let limited = walker.get(&path("H05.21-261116-0004")).await;
    assert!(limited.header("retry-after").is_some());
    limited.expect_problem(429, "rate-limited");
    let again = walker.get(&path("H05.21-261116-0004")).await;
    again.expect_problem(429, "rate-limited");
    walker.get(&path(number)).await.expect(200);
    let other = from("203.0.113.8");
    other
        .get(&path("H05.21-261116-0004"))
        .await
        .expect_problem(404, "tracking.not-found");
    w.rt.clock.advance(chrono::Duration::hours(1));
    from("203.0.113.7")
        .get(&path("H05.21-261116-0004"))
        .await
        .expect_problem(404, "tracking.not-found");
}

#[tokio::test]
async fn who_goes_past_the_gateway_does_not_choose_the_own_address() {
    let w = World::with(&[("tracking.numbers_per_hour", "3".to_owned())]).await;
    let proof = {
        let others = kit::Sealer::new(&"x".repeat(32)).expect("a sealer");
        let ip = "203.0.113.9".parse().expect("an address");
        kit::origin::prove(&others, ip, w.rt.clock.now().timestamp())
    };
    for n in 1..=4 {
        let reply = w
            .app
            .anonymous()
            .header("x-forwarded-for", &format!("203.0.113.{n}"))
            .header(kit::origin::HEADER, &proof)
            .get(&format!("/api/v1/tracking/H05.21-261116-{n:04}"))
            .await;
        if n <= 3 {
            reply.expect_problem(404, "tracking.not-found");
        } else {
            reply.expect_problem(429, "rate-limited");
        }
    }
}
