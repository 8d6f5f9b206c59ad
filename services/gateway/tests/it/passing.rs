//! What goes through, and how.

use crate::world::World;
use bytes::Bytes;
use futures_util::stream;
use reqwest::Method;
use serde_json::json;
use testkit::actors;
use wiremock::matchers::{method, path};
use wiremock::{Mock, ResponseTemplate};

#[tokio::test]
async fn requests_go_to_the_service_of_the_operation() {
    let world = World::new().await;
    let citizen = actors::citizen();
    let reply = world
        .app
        .as_(&citizen)
        .get("/api/v1/dossiers?status=new&q=%C4%91%20x")
        .await
        .expect(200);
    assert_eq!(reply.text(), "dossier");
    let seen = world.seen().await;
    assert_eq!(seen[0].url.path(), "/api/v1/dossiers");
    assert_eq!(seen[0].url.query(), Some("status=new&q=%C4%91%20x"));
    assert!(
        seen[0].headers["authorization"]
            .to_str()
            .expect("text")
            .starts_with("Bearer ")
    );
    for to_identity in [
        "/oauth2/authorize?x=1",
        "/oauth2/jwks",
        "/.well-known/openid-configuration",
    ] {
        assert_eq!(
            world
                .app
                .anonymous()
                .get(to_identity)
                .await
                .expect(200)
                .text(),
            "identity"
        );
    }
    for to_portal in [
        "/",
        "/thu-tuc",
        "/thu-tuc/%C4%91%C4%83ng-k%C3%BD",
        "/nop-ho-so/1",
        "/api-x",
        "/static/a.css",
    ] {
        assert_eq!(
            world
                .app
                .anonymous()
                .get(to_portal)
                .await
                .expect(200)
                .text(),
            "portal",
            "{to_portal}"
        );
    }
    let form = world
        .app
        .anonymous()
        .post_form("/dang-nhap", &[("a", "b")])
        .await
        .expect(200);
    assert_eq!(form.text(), "portal");
}

#[tokio::test]
async fn what_is_not_in_the_document_is_not_there() {
    let world = World::new().await;
    let citizen = actors::citizen();
    for path in [
        "/api",
        "/api/",
        "/api/v1",
        "/api/v1/secrets",
        "/api/v1/dossiers/",
        "/api/v2/dossiers",
        "/api/v1/dossiers/1/journal",
        "/api/v1/dossiers//receive",
    ] {
        world
            .app
            .as_(&citizen)
            .get(path)
            .await
            .expect_problem(404, "not-found");
    }
    let reply = world.app.as_(&citizen).delete("/api/v1/dossiers").await;
    assert_eq!(reply.header("allow"), Some("GET, HEAD, POST"));
    reply.expect_problem(405, "method-not-allowed");
    assert!(world.seen().await.is_empty(), "nothing reached the service");
    assert!(
        world
            .portal
            .received_requests()
            .await
            .expect("recorded")
            .is_empty()
    );
}

#[tokio::test]
async fn paths_that_could_mean_another_are_refused() {
    let world = World::new().await;
    let address = world.app.url.trim_start_matches("http://").to_owned();
    // By hand: client libraries tidy such paths.
    for path in [
        "/api/v1/tracking/../dossiers",
        "/api/v1/tracking/%2e%2e",
        "/api/v1/tracking/..%2fdossiers",
        "/api/v1/tracking/a%2fb",
        "/api/v1/tracking/a%5cb",
        "/api/v1/tracking/%00",
        "/api/v1/tracking/%ff",
        "//api/v1/tracking/1",
    ] {
        let answer = raw(
            &address,
            &format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"),
        )
        .await;
        assert!(answer.starts_with("HTTP/1.1 404"), "{path}: {answer}");
    }
    assert!(world.seen().await.is_empty());
}

async fn raw(address: &str, request: &str) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut stream = tokio::net::TcpStream::connect(address)
        .await
        .expect("connects");
    stream.write_all(request.as_bytes()).await.expect("writes");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("reads");
    answer
}

#[tokio::test]
async fn headers_of_the_connection_and_ours_do_not_pass() {
    let world = World::new().await;
    world
        .app
        .anonymous()
        .header("x-motcua-actor", "admin")
        .header("connection", "x-private")
        .header("x-private", "1")
        .header("te", "trailers")
        .header("proxy-authorization", "Basic eA==")
        .header("forwarded", "for=1.2.3.4")
        .header("x-forwarded-host", "evil.example")
        .header("accept-language", "en")
        .header("if-none-match", "\"7\"")
        .header("idempotency-key", "k")
        .header("x-request-id", "my-request-id-1")
        .get("/api/v1/tracking/1")
        .await
        .expect(200);
    let seen = world.seen().await;
    let header = |name: &str| {
        seen[0]
            .headers
            .get(name)
            .map(|v| v.to_str().expect("text").to_owned())
    };
    for gone in [
        "x-motcua-actor",
        "x-private",
        "te",
        "proxy-authorization",
        "forwarded",
        "connection",
    ] {
        assert_eq!(header(gone), None, "{gone}");
    }
    assert_eq!(header("accept-language").as_deref(), Some("en"));
    assert_eq!(header("if-none-match").as_deref(), Some("\"7\""));
    assert_eq!(header("idempotency-key").as_deref(), Some("k"));
    assert_eq!(header("x-request-id").as_deref(), Some("my-request-id-1"));
    assert_eq!(header("x-forwarded-for").as_deref(), Some("127.0.0.1"));
    assert_eq!(header("x-forwarded-proto").as_deref(), Some("http"));
    // 127.0.0.1 is a proxy of ours by default and may say so.
    assert_eq!(header("x-forwarded-host").as_deref(), Some("evil.example"));
    assert_eq!(
        header("host").as_deref(),
        Some(world.dossier.uri().trim_start_matches("http://"))
    );
}

#[tokio::test]
async fn a_proxy_may_be_known_by_its_network() {
    for (known, seen_as) in [
        ("[\"127.0.0.0/8\"]", "10.9.8.7"),
        ("[\"10.0.0.0/8\"]", "127.0.0.1"),
    ] {
        let world = World::with(&[("trusted_proxies", known.to_owned())]).await;
        let caller = world.app.anonymous().header("x-forwarded-for", "10.9.8.7");
        caller.get("/api/v1/tracking/1").await.expect(200);
        let seen = world.seen().await;
        assert_eq!(seen[0].headers["x-forwarded-for"], seen_as, "{known}");
    }
}

#[tokio::test]
async fn a_stranger_does_not_choose_the_own_address() {
    let world = World::with(&[("trusted_proxies", "[]".to_owned())]).await;
    let caller = world
        .app
        .anonymous()
        .header("x-forwarded-for", "10.9.8.7")
        .header("x-forwarded-proto", "https")
        .header("x-forwarded-host", "evil.example");
    caller.get("/api/v1/tracking/1").await.expect(200);
    let seen = world.seen().await;
    assert_eq!(seen[0].headers["x-forwarded-for"], "127.0.0.1");
    assert_eq!(seen[0].headers["x-forwarded-proto"], "http");
    assert_ne!(seen[0].headers["x-forwarded-host"], "evil.example");
}

#[tokio::test]
async fn behind_our_proxies_the_last_stranger_is_the_caller() {
    let world = World::new().await;
    let caller = world
        .app
        .anonymous()
        .header("x-forwarded-for", "1.1.1.1, 10.9.8.7, 127.0.0.1");
    caller
        .header("x-forwarded-proto", "https")
        .get("/api/v1/tracking/1")
        .await
        .expect(200);
    let seen = world.seen().await;
    assert_eq!(seen[0].headers["x-forwarded-for"], "10.9.8.7");
    assert_eq!(seen[0].headers["x-forwarded-proto"], "https");
}

#[tokio::test]
async fn services_get_a_proof_of_the_address_and_the_portal_hands_it_back() {
    let world = World::with(&[("trusted_proxies", "[\"127.0.0.0/8\"]".to_owned())]).await;
    let caller = world.app.anonymous().header("x-forwarded-for", "10.9.8.7");
    caller
        .header("x-motcua-origin", "10.1.1.1 0 forged")
        .get("/api/v1/tracking/1")
        .await
        .expect(200);
    let now = world.rt.clock.now().timestamp();
    let address = "10.9.8.7".parse().expect("an address");
    let proof = kit::origin::prove(&world.rt.sealer, address, now);
    assert_eq!(world.seen().await[0].headers["x-motcua-origin"], proof);
    // The portal is no proxy that we know, and still asks for somebody.
    let world = World::with(&[("trusted_proxies", "[]".to_owned())]).await;
    for (header, seen_as) in [
        (proof.as_str(), "10.9.8.7"),
        ("10.9.8.7 0 forged", "127.0.0.1"),
    ] {
        let portal = world.app.anonymous().header("x-motcua-origin", header);
        portal.get("/api/v1/tracking/1").await.expect(200);
        let seen = world.seen().await;
        let last = &seen.last().expect("a request").headers;
        assert_eq!(last["x-forwarded-for"], seen_as, "{header}");
        let said = last["x-motcua-origin"].to_str().expect("text");
        assert!(said.starts_with(&format!("{seen_as} {now} ")), "{said}");
    }
}

#[tokio::test]
async fn the_answer_comes_back_as_it_is() {
    let world = World::new().await;
    let answer = ResponseTemplate::new(409)
        .insert_header("content-type", "application/problem+json")
        .insert_header("etag", "\"3\"")
        .insert_header("location", "/api/v1/dossiers/1")
        .insert_header("server", "secret/1.0")
        .insert_header("x-motcua-internal", "1")
        .append_header("set-cookie", "a=1")
        .append_header("set-cookie", "b=2")
        .set_body_raw("{\"code\":\"conflict\"}", "application/problem+json");
    Mock::given(path("/api/v1/dossiers/1/receive"))
        .respond_with(answer)
        .mount(&world.dossier)
        .await;
    let officer = actors::officer();
    let reply = world
        .app
        .as_(&officer)
        .post("/api/v1/dossiers/1/receive", &json!({}))
        .await
        .expect(409);
    assert_eq!(reply.text(), "{\"code\":\"conflict\"}");
    assert_eq!(reply.header("etag"), Some("\"3\""));
    assert_eq!(reply.header("location"), Some("/api/v1/dossiers/1"));
    assert_eq!(reply.header("server"), None);
    assert_eq!(reply.header("x-motcua-internal"), None);
    assert!(reply.header("x-request-id").is_some());
    let cookies: Vec<_> = reply
        .headers
        .iter()
        .filter(|(n, _)| n == "set-cookie")
        .map(|(_, v)| v.as_str())
        .collect();
    assert_eq!(cookies, ["a=1", "b=2"]);
    let redirect = ResponseTemplate::new(303).insert_header("location", "/elsewhere");
    Mock::given(path("/dang-nhap"))
        .respond_with(redirect)
        .mount(&world.portal)
        .await;
    let reply = world.app.anonymous().get("/dang-nhap").await.expect(303);
    assert_eq!(
        reply.header("location"),
        Some("/elsewhere"),
        "not followed by the gateway"
    );
}

#[tokio::test]
async fn head_and_bodiless_answers_stay_without_body() {
    let world = World::new().await;
    Mock::given(method("GET"))
        .and(path("/api/v1/tracking/1"))
        .respond_with(
            ResponseTemplate::new(200)
                .insert_header("etag", "\"1\"")
                .set_body_string("a body that HEAD leaves out"),
        )
        .mount(&world.dossier)
        .await;
    let reply = world
        .app
        .anonymous()
        .send(Method::HEAD, "/api/v1/tracking/1", |r| r)
        .await
        .expect(200);
    assert_eq!(reply.header("etag"), Some("\"1\""));
    assert!(reply.body.is_empty());
    Mock::given(path("/api/v1/tracking/304"))
        .respond_with(ResponseTemplate::new(304))
        .mount(&world.dossier)
        .await;
    assert!(
        world
            .app
            .anonymous()
            .get("/api/v1/tracking/304")
            .await
            .expect(304)
            .body
            .is_empty()
    );
}

#[tokio::test]
async fn uploads_are_streamed_whole() {
    let world = World::new().await;
    let citizen = actors::citizen();
    let chunk = Bytes::from(vec![7_u8; 64 << 10]);
    let chunks: Vec<Result<Bytes, std::io::Error>> = (0..64).map(|_| Ok(chunk.clone())).collect();
    let body = reqwest::Body::wrap_stream(stream::iter(chunks));
    let caller = world.app.as_(&citizen);
    let reply = caller
        .send(Method::POST, "/api/v1/files", |r| {
            r.header("content-type", "application/pdf").body(body)
        })
        .await;
    reply.expect(200);
    let seen = world.seen().await;
    assert_eq!(seen[0].body.len(), 64 * (64 << 10));
    assert!(seen[0].body.iter().all(|b| *b == 7));
    assert_eq!(seen[0].headers["content-type"], "application/pdf");
    caller
        .upload(
            "/api/v1/files",
            "a.pdf",
            "application/pdf",
            b"%PDF-1.7".to_vec(),
        )
        .await
        .expect(200);
    let seen = world.seen().await;
    assert!(
        seen[1].headers.contains_key("content-length"),
        "a known length stays known"
    );
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused_declared_or_not() {
    let world = World::with(&[("max_body_bytes", "1000".to_owned())]).await;
    let citizen = actors::citizen();
    let caller = world.app.as_(&citizen);
    let declared = caller
        .post_bytes("/api/v1/files", "application/pdf", vec![0; 1001])
        .await;
    declared.expect_problem(413, "body.too-large");
    let chunks: Vec<Result<Bytes, std::io::Error>> =
        (0..3).map(|_| Ok(Bytes::from(vec![0_u8; 500]))).collect();
    let body = reqwest::Body::wrap_stream(stream::iter(chunks));
    let streamed = caller
        .send(Method::POST, "/api/v1/files", |r| r.body(body))
        .await;
    streamed.expect_problem(413, "body.too-large");
    caller
        .post_bytes("/api/v1/files", "application/pdf", vec![0; 1000])
        .await
        .expect(200);
    assert_eq!(world.seen().await.len(), 1);
}

#[tokio::test]
async fn large_answers_are_streamed_whole() {
    let world = World::new().await;
    let big = vec![3_u8; 3 << 20];
    Mock::given(path("/api/v1/dossiers/1/forms/receipt.pdf"))
        .respond_with(ResponseTemplate::new(200).set_body_raw(big.clone(), "application/pdf"))
        .mount(&world.dossier)
        .await;
    let citizen = actors::citizen();
    let reply = world
        .app
        .as_(&citizen)
        .get("/api/v1/dossiers/1/forms/receipt.pdf")
        .await
        .expect(200);
    assert_eq!(reply.header("content-type"), Some("application/pdf"));
    assert_eq!(reply.body, big);
    assert_eq!(
        reply.header("content-length"),
        Some((3 << 20).to_string().as_str())
    );
}

/// A service that refuses before it has read the body, and says the second half of its answer when told.
fn hasty(told: std::sync::mpsc::Receiver<()>) -> url::Url {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let (mut head, mut byte) = (Vec::new(), [0]);
        while !head.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte).expect("a byte");
            head.extend(byte);
        }
        let first = b"HTTP/1.1 404 Not Found\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n5\r\nfirst\r\n";
        stream.write_all(first).expect("written");
        told.recv().expect("told");
        let second = b"6\r\nsecond\r\n0\r\n\r\n";
        stream.write_all(second).expect("written");
    });
    url.parse().expect("a url")
}

#[tokio::test]
async fn an_early_answer_comes_whole_though_the_body_was_not_read() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let world = World::new().await;
    let (tell, told) = std::sync::mpsc::channel();
    world.rt.directory.set("portal", hasty(told));
    let address = world.app.url.trim_start_matches("http://").to_owned();
    let mut client = tokio::net::TcpStream::connect(&address)
        .await
        .expect("a connection");
    // The body is announced, and does not come.
    let request = "POST /thu-tuc HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\n";
    client.write_all(request.as_bytes()).await.expect("written");
    let mut answer = Vec::new();
    while !answer.ends_with(b"first\r\n") {
        answer.push(client.read_u8().await.expect("a byte of the first half"));
    }
    tell.send(()).expect("somebody waits");
    while !answer.ends_with(b"0\r\n\r\n") {
        answer.push(client.read_u8().await.expect("a byte of the second half"));
    }
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    assert!(answer.contains("second"), "{answer}");
}
