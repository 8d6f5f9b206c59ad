//! The document and its pages.

use crate::world::{World, document};
use kit::TokenVerifier;

#[tokio::test]
async fn the_document_is_served_with_a_tag() {
    let world = World::new().await;
    let reply = world.app.anonymous().get("/openapi.json").await.expect(200);
    assert_eq!(reply.json(), document());
    let tag = reply.header("etag").expect("etag").to_owned();
    world
        .app
        .anonymous()
        .header("if-none-match", &tag)
        .get("/openapi.json")
        .await
        .expect(304);
}

#[tokio::test]
async fn the_documentation_works_offline() {
    let world = World::new().await;
    let redirect = world.app.anonymous().get("/docs").await.expect(308);
    assert_eq!(redirect.header("location"), Some("/docs/"));
    let page = world.app.anonymous().get("/docs/").await.expect(200);
    assert!(
        page.header("content-type")
            .expect("type")
            .starts_with("text/html")
    );
    let html = page.text();
    assert!(
        !html.contains("https://") && !html.contains("//cdn"),
        "{html}"
    );
    assert!(
        page.header("content-security-policy")
            .expect("policy")
            .contains("default-src 'self'")
    );
    let start = world
        .app
        .anonymous()
        .get("/docs/swagger-initializer.js")
        .await
        .expect(200)
        .text();
    assert!(start.contains("/openapi.json"), "{start}");
    for asset in ["swagger-ui.css", "swagger-ui-bundle.js"] {
        let file = world
            .app
            .anonymous()
            .get(&format!("/docs/{asset}"))
            .await
            .expect(200);
        assert!(file.body.len() > 1000, "{asset}");
    }
    world
        .app
        .anonymous()
        .get("/docs/nothing.js")
        .await
        .expect_problem(404, "not-found");
    world
        .app
        .anonymous()
        .get("/docs/../openapi.json")
        .await
        .expect(200);
}

#[tokio::test]
async fn https_is_insisted_on_where_the_public_url_has_it() {
    let plain = World::new().await;
    assert_eq!(
        plain
            .app
            .anonymous()
            .get("/")
            .await
            .header("strict-transport-security"),
        None
    );
    let mut rt = testkit::runtime();
    rt.tokens = TokenVerifier::remote("https://motcua.test", || None);
    let secure = World::on(rt, &[]).await;
    for path in ["/", "/api/v1/dossiers", "/docs/", "/api/nothing"] {
        let reply = secure.app.anonymous().get(path).await;
        assert_eq!(
            reply.header("strict-transport-security"),
            Some("max-age=31536000"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_document_that_cannot_be_kept_stops_the_start() {
    let rt = testkit::runtime();
    for document in [
        "",
        "{}",
        "{\"paths\":{\"/x\":{\"get\":{\"operationId\":\"x\"}}}}",
    ] {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("port");
        let config = testkit::config(gateway::DEFAULTS, &[]);
        assert!(
            gateway::start(config, listener, &rt, document)
                .await
                .is_err(),
            "{document}"
        );
    }
}

#[tokio::test]
async fn the_checked_in_document_is_one_that_the_gateway_takes() {
    let rt = testkit::runtime();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("port");
    let config = testkit::config(gateway::DEFAULTS, &[]);
    let document = include_str!("../../../../openapi/public.json");
    gateway::start(config, listener, &rt, document)
        .await
        .expect("starts");
}
