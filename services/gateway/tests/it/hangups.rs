//! Clients that do not wait for their answer are counted; all others are not.

use crate::world::World;
use reqwest::Method;
use std::time::Duration;
use testkit::{actors, wait_for};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use wiremock::matchers::path;
use wiremock::{Mock, ResponseTemplate};

async fn connected(world: &World) -> TcpStream {
    let address = world.app.url.trim_start_matches("http://");
    TcpStream::connect(address).await.expect("connects")
}

/// Waits until something that ends so has come, and leaves it unread: a connection that is closed over unread bytes is reset.
async fn has_come(client: &TcpStream, end: &str) {
    wait_for("an answer", async || {
        let mut seen = [0_u8; 4096];
        let length = client.peek(&mut seen).await.expect("looks");
        String::from_utf8_lossy(seen.get(..length)?)
            .ends_with(end)
            .then_some(())
    })
    .await;
}

async fn counted(world: &World, service: &str) {
    let wanted =
        format!("motcua_client_disconnects_total{{service=\"gateway\",kind=\"{service}\"}} 1");
    wait_for("the count", async || {
        let text = world.rt.metrics.render();
        text.lines().any(|line| line == wanted).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_client_that_goes_while_the_service_works_is_counted() {
    let world = World::new().await;
    let late = ResponseTemplate::new(200).set_delay(Duration::from_secs(20));
    Mock::given(path("/api/v1/tracking/late"))
        .respond_with(late)
        .mount(&world.dossier)
        .await;
    let mut client = connected(&world).await;
    let request =
        |number: &str| format!("GET /api/v1/tracking/{number} HTTP/1.1\r\nhost: x\r\n\r\n");
    client
        .write_all(request("1").as_bytes())
        .await
        .expect("written");
    has_come(&client, "dossier").await;
    client
        .write_all(request("late").as_bytes())
        .await
        .expect("written");
    wait_for("the second request", async || {
        (world.seen().await.len() == 2).then_some(())
    })
    .await;
    drop(client);
    counted(&world, "dossier").await;
}

/// A service that says a part of its answer, and the rest never.
fn slow(until: std::sync::mpsc::Receiver<()>) -> url::Url {
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
        let part = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nfirst";
        stream.write_all(part).expect("written");
        // Until the test lets go of the other end.
        until.recv().ok();
    });
    url.parse().expect("a url")
}

#[tokio::test]
async fn a_client_that_goes_before_the_end_of_its_answer_is_counted() {
    let world = World::new().await;
    let (hold, until) = std::sync::mpsc::channel();
    world.rt.directory.set("portal", slow(until));
    let mut client = connected(&world).await;
    let request = "GET /thu-tuc HTTP/1.1\r\nhost: x\r\n\r\n";
    client.write_all(request.as_bytes()).await.expect("written");
    has_come(&client, "first").await;
    drop(client);
    counted(&world, "portal").await;
    drop(hold);
}

#[tokio::test]
async fn whoever_has_an_answer_is_not_counted() {
    let world = World::with(&[("max_body_bytes", "1000".to_owned())]).await;
    world
        .rt
        .directory
        .set("postal", "http://127.0.0.1:1".parse().expect("url"));
    Mock::given(path("/api/v1/tracking/304"))
        .respond_with(ResponseTemplate::new(304))
        .mount(&world.dossier)
        .await;
    let anonymous = world.app.anonymous();
    anonymous.get("/api/v1/tracking/1").await.expect(200);
    anonymous.get("/api/v1/tracking/304").await.expect(304);
    anonymous
        .send(Method::HEAD, "/api/v1/tracking/1", |r| r)
        .await
        .expect(200);
    anonymous.get("/api/v1/away").await.expect(503);
    let citizen = world.app.as_(&actors::citizen());
    citizen
        .post_bytes("/api/v1/files", "application/pdf", vec![0; 1001])
        .await
        .expect(413);
    citizen
        .post_bytes("/api/v1/files", "application/pdf", vec![0; 10])
        .await
        .expect(200);
    // One that goes as soon as it has all that was announced, without a word.
    let mut client = connected(&world).await;
    let request = "GET /thu-tuc HTTP/1.1\r\nhost: x\r\n\r\n";
    client.write_all(request.as_bytes()).await.expect("written");
    has_come(&client, "portal").await;
    drop(client);
    // Whatever was dropped before this answer has been counted.
    anonymous.get("/api/v1/tracking/1").await.expect(200);
    let text = world.rt.metrics.render();
    assert!(!text.contains("motcua_client_disconnects_total{"), "{text}");
}
