//! When a service is away or slow.

use crate::world::World;
use std::time::Duration;
use wiremock::matchers::path;
use wiremock::{Mock, ResponseTemplate};

#[tokio::test]
async fn a_service_that_is_away_is_a_problem_with_retry_after() {
    let world = World::new().await;
    // Not in the directory.
    let reply = world.app.anonymous().get("/api/v1/away").await;
    assert_eq!(reply.header("retry-after"), Some("3"));
    reply.expect_problem(503, "gateway.upstream-unavailable");
    // In the directory, but nobody listens.
    world
        .rt
        .directory
        .set("postal", "http://127.0.0.1:1".parse().expect("url"));
    let reply = world
        .app
        .anonymous()
        .header("accept-language", "en")
        .get("/api/v1/away")
        .await;
    let problem = reply.expect_problem(503, "gateway.upstream-unavailable");
    assert!(
        !problem.to_string().contains("127.0.0.1"),
        "no addresses outside: {problem}"
    );
    let body = serde_json::json!({});
    world
        .rt
        .directory
        .set("dossier", "http://127.0.0.1:1".parse().expect("url"));
    let reply = world
        .app
        .as_(&testkit::actors::citizen())
        .post("/api/v1/dossiers", &body)
        .await;
    reply.expect_problem(503, "gateway.upstream-unavailable");
    // What the alert MotcuaFilingsRefused counts: a filing that nobody was there to take.
    let text = world.rt.metrics.render();
    let counted = text.lines().any(|line| {
        line.starts_with("motcua_http_requests_total{")
            && line.contains(
                "service=\"gateway\",method=\"POST\",route=\"fileDossier\",status=\"503\"",
            )
            && line.ends_with("} 1")
    });
    assert!(counted, "{text}");
}

#[tokio::test]
async fn a_person_in_a_browser_gets_a_page() {
    let world = World::new().await;
    world
        .rt
        .directory
        .set("portal", "http://127.0.0.1:1".parse().expect("url"));
    let reply = world
        .app
        .anonymous()
        .header("accept", "text/html,*/*")
        .get("/thu-tuc")
        .await
        .expect(503);
    assert_eq!(
        reply.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert!(
        reply.text().contains("Dịch vụ đang tạm ngừng"),
        "{}",
        reply.text()
    );
    assert_eq!(reply.header("retry-after"), Some("3"));
}

#[tokio::test]
async fn a_form_that_is_too_large_gets_a_page_in_a_browser_only() {
    let world = World::with(&[("max_body_bytes", "1000".to_owned())]).await;
    let body = serde_json::json!({ "text": "x".repeat(2000) });
    let page = world
        .app
        .anonymous()
        .header("accept", "text/html,*/*")
        .header("accept-language", "en")
        .post("/nop-ho-so", &body)
        .await
        .expect(413);
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert!(page.text().contains("lang=\"en\""), "{}", page.text());
    assert_eq!(page.header("retry-after"), None);
    let problem = world.app.anonymous().post("/nop-ho-so", &body).await;
    problem.expect_problem(413, "body.too-large");
}

#[tokio::test]
async fn metrics_name_the_operation() {
    let world = World::new().await;
    Mock::given(path("/api/v1/tracking/1"))
        .respond_with(ResponseTemplate::new(200))
        .mount(&world.dossier)
        .await;
    world
        .app
        .anonymous()
        .get("/api/v1/tracking/1")
        .await
        .expect(200);
    let text = world.rt.metrics.render();
    assert!(
        text.lines()
            .any(|line| line.starts_with("motcua_http_requests_total")
                && line.contains("route=\"track\"")),
        "{text}"
    );
}

#[tokio::test]
async fn a_service_that_does_not_answer_in_time_is_given_up() {
    let world = World::with(&[("answer_seconds", "1".to_owned())]).await;
    let late = ResponseTemplate::new(200).set_delay(Duration::from_secs(20));
    Mock::given(path("/api/v1/tracking/1"))
        .respond_with(late)
        .mount(&world.dossier)
        .await;
    world
        .app
        .anonymous()
        .get("/api/v1/tracking/1")
        .await
        .expect_problem(504, "gateway.upstream-timeout");
}

#[tokio::test]
async fn refusals_of_a_service_are_passed_on_and_not_tried_again() {
    let world = World::new().await;
    let busy = ResponseTemplate::new(503)
        .insert_header("retry-after", "9")
        .set_body_string("busy");
    Mock::given(path("/api/v1/tracking/1"))
        .respond_with(busy)
        .expect(1)
        .mount(&world.dossier)
        .await;
    let reply = world
        .app
        .anonymous()
        .get("/api/v1/tracking/1")
        .await
        .expect(503);
    assert_eq!(reply.header("retry-after"), Some("9"));
    assert_eq!(reply.text(), "busy");
}

#[tokio::test]
async fn an_early_refusal_of_an_upload_is_passed_on() {
    let world = World::new().await;
    let refusal = ResponseTemplate::new(415).set_body_string("no");
    Mock::given(path("/api/v1/files"))
        .respond_with(refusal)
        .mount(&world.dossier)
        .await;
    let caller = world.app.as_(&testkit::actors::citizen()).clone();
    caller
        .post_bytes("/api/v1/files", "text/x", vec![1; 2 << 20])
        .await
        .expect(415);
}
