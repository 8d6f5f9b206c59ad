//! The fuzz targets as plain tests: each on its seeds and some thousand changes of them, the same ones each time; and whole requests,
//! changed, on a real connection.

use e2e::fuzz::{Changes, TARGETS};
use e2e::one_process::OneProcess;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Changed inputs of each target.
const INPUTS: usize = 3000;
/// Changed requests.
const REQUESTS: usize = 600;

#[test]
fn no_parser_of_outside_bytes_breaks() {
    let names: BTreeSet<&str> = TARGETS.iter().map(|t| t.name).collect();
    assert_eq!(names.len(), TARGETS.len(), "names are unique");
    for target in TARGETS {
        for seed in target.seeds {
            (target.run)(seed);
        }
        for input in Changes::of(target.seeds, 6).take(INPUTS) {
            (target.run)(&input);
        }
        (target.run)(b"");
    }
    println!(
        "{} targets, {} inputs",
        TARGETS.len(),
        TARGETS.len() * INPUTS
    );
}

const BOUNDARY: &str = "multipart/form-data; boundary=xYz";

/// Requests that are good but for the changes: JSON, forms, multipart, queries, headers.
fn seeds(token: &str) -> Vec<Vec<u8>> {
    let request = |head: &str, headers: &str, body: &str| {
        format!(
            "{head} HTTP/1.1\r\nhost: motcua.test\r\nauthorization: Bearer {token}\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    };
    let json = "content-type: application/json\r\n";
    let form = "content-type: application/x-www-form-urlencoded\r\n";
    let multipart = format!("content-type: {BOUNDARY}\r\n");
    vec![
        request(
            "GET /api/v1/procedures?q=%C4%91%C4%83ng&limit=5",
            "accept-language: en;q=0.5\r\n",
            "",
        ),
        request(
            "GET /api/v1/tracking/H05.21-261116-0001",
            "accept-encoding: gzip\r\n",
            "",
        ),
        request(
            "GET /api/v1/dossiers?limit=100&cursor=WyJhIl0",
            "if-none-match: \"1\"\r\n",
            "",
        ),
        request(
            "POST /api/v1/dossiers",
            json,
            r#"{"procedureId":"019d2bfd-3fe0-70ac-b9d6-5e9e20d6eef7","agencyCode":"H05.21","applicant":{"kind":"citizen","name":"An"},"return":{"method":"counter"}}"#,
        ),
        request(
            "PUT /api/v1/notification-preferences",
            json,
            r#"{"email":true,"sms":false,"language":"vi"}"#,
        ),
        request(
            "POST /api/v1/me/data-requests",
            json,
            r#"{"right":"access","text":"x"}"#,
        ),
        request(
            "POST /api/v1/files",
            &multipart,
            "--xYz\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\ncontent-type: application/pdf\r\n\r\n%PDF-1.7\n%%EOF\r\n--xYz--\r\n",
        ),
        request(
            "POST /oauth2/token",
            form,
            "grant_type=refresh_token&client_id=portal&refresh_token=a",
        ),
        request(
            "POST /nop-ho-so/019d2bfd-3fe0-70ac-b9d6-5e9e20d6eef7",
            &multipart,
            "--xYz\r\ncontent-disposition: form-data; name=\"form\"\r\n\r\nx\r\n--xYz--\r\n",
        ),
        request("POST /dang-xuat", form, "form=x"),
    ]
}

/// The status of the answer; none when the server closed without one.
async fn status(address: &str, request: &[u8]) -> Option<u16> {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    // The server may close before it has read everything.
    drop(stream.write_all(request).await);
    drop(stream.shutdown().await);
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut answer));
    drop(read.await.expect("an answer or the end in time"));
    let text = String::from_utf8_lossy(&answer);
    text.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_gives_a_500() {
    let running = OneProcess::start().await;
    let suite = &running.suite;
    let citizen = identity::demo_token(&suite.databases.identity, &suite.rt, "citizen")
        .await
        .expect("a token");
    let mut addresses = vec![suite.url.clone()];
    // Past the gateway, too: nothing behind it may count on it.
    for service in [
        "dossier",
        "identity",
        "catalogue",
        "portal",
        "notifications",
    ] {
        let base = suite.rt.directory.get(service).expect("an address");
        addresses.push(base.to_string());
    }
    let addresses: Vec<String> = addresses
        .iter()
        .map(|url| {
            let url: url::Url = url.parse().expect("a URL");
            let port = url.port().expect("a port");
            format!("127.0.0.1:{port}")
        })
        .collect();
    let seeds = seeds(&citizen);
    let seeds: Vec<&[u8]> = seeds.iter().map(Vec::as_slice).collect();
    let mut answered = 0;
    for (n, request) in Changes::of(&seeds, 9).take(REQUESTS).enumerate() {
        let address = &addresses[n % addresses.len()];
        if let Some(status) = status(address, &request).await {
            answered += 1;
            let text = String::from_utf8_lossy(&request);
            // 503 and 504 would say that a service went away: it must not.
            assert!(
                status < 500 || status == 501 || status == 505,
                "{status} for {text:?}"
            );
        }
    }
    println!("{REQUESTS} requests, {answered} answered");
    assert!(answered > REQUESTS / 2);
    assert!(running.suite.stop().await);
}
