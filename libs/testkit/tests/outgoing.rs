//! Where the outgoing client goes, and where it never does.
#![expect(clippy::expect_used, reason = "tests")]

use kit::{CallError, Client, Directory};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use url::Url;

/// A server on this machine that counts who connects.
fn inside() -> (Url, u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let seen = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&seen);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            counter.fetch_add(1, Ordering::SeqCst);
            let Ok(mut stream) = stream else { return };
            let mut request = [0_u8; 1024];
            if stream.read(&mut request).is_ok() {
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";
                drop(stream.write_all(answer));
            }
        }
    });
    let url = format!("http://127.0.0.1:{port}/").parse().expect("a URL");
    (url, port, seen)
}

#[tokio::test]
async fn an_address_that_nobody_configured_is_never_connected_to_inside() {
    kit::process::install_crypto();
    let (url, port, seen) = inside();
    let client = Client::new(Directory::default()).expect("a client");
    let refused = |error: CallError| match error {
        CallError::Unreachable(why) => why,
        CallError::Refused { .. } => String::new(),
    };
    for (address, why) in [
        (url.to_string(), "not called"),
        (format!("https://127.0.0.1:{port}/"), "not called"),
        (format!("https://[::ffff:127.0.0.1]:{port}/"), "not called"),
        // A name that leads inside: found out when it is resolved.
        (format!("https://localhost:{port}/"), "cannot connect"),
    ] {
        let to: Url = address.parse().expect("a URL");
        let got = client.get_url(to.clone()).send().await.map(|a| a.status());
        let got = refused(got.expect_err("refused"));
        assert!(got.contains(why), "{address}: {got}");
        let got = client.post_url(to).send().await.map(|a| a.status());
        assert!(got.is_err(), "{address}");
    }
    assert_eq!(seen.load(Ordering::SeqCst), 0, "nobody connected");

    client.trust(&url);
    let answer = client.get_url(url.clone()).send().await.expect("an answer");
    assert_eq!(
        answer.status(),
        200,
        "what an operator configured is called"
    );
    let other = url.as_str().replace(&port.to_string(), "1");
    let other = client.get_url(other.parse().expect("a URL")).send().await;
    let why = refused(other.map(|a| a.status()).expect_err("refused"));
    assert!(
        why.contains("not called"),
        "another port is another address: {why}"
    );
}

#[tokio::test]
async fn services_in_the_directory_are_called_wherever_they_are() {
    kit::process::install_crypto();
    let (url, _, seen) = inside();
    let directory = Directory::default();
    let client = Client::new(directory.clone()).expect("a client");
    assert!(client.get_url(url.clone()).send().await.is_err());
    directory.set("postal", url.clone());
    let answer = client.to("postal").get("/x").send().await;
    assert_eq!(answer.expect("an answer").status(), 200);
    let answer = client.get_url(url).send().await;
    assert_eq!(answer.expect("an answer").status(), 200);
    assert_eq!(seen.load(Ordering::SeqCst), 2);
}
