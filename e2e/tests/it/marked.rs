//! Redaction: personal data with marks is planted wherever it can come in, well and badly formed, and then everything that the suite
//! writes is searched for the marks: logs at their most talkative, traces, metrics, databases with outbox, tasks and dead messages; with
//! servers also what goes through RabbitMQ, dead letters included, and what Redis is told.
//!
//! Not searched, because they are there to hold them: the uploaded files and the letters handed to the mail server. Not marked, because
//! they are kept in clear (docs/security/personal-data.md): names of people and logins, reasons that officers give for a command, kinds
//! of data in a breach file. Everything else that is planted is sealed where it rests, so it may be found nowhere.

mod plant;
mod servers;

use e2e::processes::{binary, free_ports};
use plant::plant;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

const PHONE: &str = "0987 650 321";
const RECEIVER_PHONE: &str = "0987650322";
const NUMBER: &str = "024090765432";
const COUNTER_NUMBER: &str = "024090765499";
const AGENT_NUMBER: &str = "024192765431";
const AGENT_PHONE: &str = "0987650323";
const STREET: &str = "Ngõ zq77zq phố Đánh Dấu";
const EMAIL: &str = "danhdau-zq77zq@example.vn";
const ANSWER: &str = "Bí mật zq77zq của cháu";
const PASSWORD: &str = "mật khẩu zq77zq đánh dấu";
const FILE: &str = "giay-to-zq77zq.pdf";

/// What must be found nowhere. `zq77zq` is in most of them.
const MARKS: &[&str] = &[
    "zq77zq",
    "987650321",
    "987650322",
    "987650323",
    "987 650 321",
    NUMBER,
    COUNTER_NUMBER,
    AGENT_NUMBER,
];

struct Running {
    child: Child,
    url: String,
    admin: String,
    folder: tempfile::TempDir,
    http: reqwest::Client,
}

impl Running {
    async fn start(traces: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let ports = free_ports(2);
        let url = format!("http://127.0.0.1:{}", ports[0]);
        let admin = format!("http://127.0.0.1:{}", ports[1]);
        let log = std::fs::File::create(folder.path().join("suite.log")).expect("a log");
        let nowhere = folder.path().join("suite.log").join("no-folder");
        let child = Command::new(binary("motcua"))
            .args(["serve", "--demo"])
            .args(["--bind", url.trim_start_matches("http://")])
            .args(["--admin-bind", admin.trim_start_matches("http://")])
            .env("MOTCUA_DATA", folder.path().join("data"))
            .env("MOTCUA_PROCESS__TELEMETRY__LOG", "debug")
            .env(
                "MOTCUA_PROCESS__TELEMETRY__OTLP_URL",
                format!("{traces}/v1/traces"),
            )
            // Letters cannot be handed out: they fail, are tried again, and their faults are written down.
            .env("MOTCUA_NOTIFICATIONS__EMAIL__DIRECTORY", nowhere)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log)
            .spawn()
            .expect("motcua starts");
        let running = Self {
            child,
            url,
            admin,
            folder,
            http: crate::stranger(),
        };
        testkit::wait_for("the suite is ready", || async {
            let asked = running.http.get(format!("{}/readyz", running.admin));
            let answer = asked.send().await.ok()?;
            (answer.status().as_u16() == 200).then_some(())
        })
        .await;
        running
    }

    fn token(&self, login: &str) -> String {
        let out = Command::new(binary("motcua"))
            .args(["token", login])
            .env("MOTCUA_DATA", self.folder.path().join("data"))
            .env("MOTCUA_PROCESS__TOKENS__ISSUER", &self.url)
            .output()
            .expect("motcua runs");
        assert!(
            out.status.success(),
            "{}",
            String::from_utf8_lossy(&out.stderr)
        );
        String::from_utf8_lossy(&out.stdout).trim().to_owned()
    }

    fn door(&self) -> Door<'_> {
        Door {
            url: &self.url,
            http: crate::stranger(),
            token: Box::new(|login| self.token(login)),
        }
    }
}

/// A suite from outside.
struct Door<'a> {
    url: &'a str,
    http: reqwest::Client,
    /// A token for a login of the demo world.
    token: Box<dyn Fn(&str) -> String + 'a>,
}

impl Door<'_> {
    fn token(&self, login: &str) -> String {
        (self.token)(login)
    }

    /// The same as the first version of whatever it is about.
    async fn send(&self, method: &str, path: &str, token: &str, body: &Value) -> (u16, Value) {
        self.send_at(1, method, path, token, body).await
    }

    async fn send_at(
        &self,
        version: i64,
        method: &str,
        path: &str,
        token: &str,
        body: &Value,
    ) -> (u16, Value) {
        let method = method.parse().expect("a method");
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.url))
            .header("if-match", format!("\"{version}\""))
            .bearer_auth(token);
        if !body.is_null() {
            request = request.json(body);
        }
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or(Value::Null))
    }

    async fn get(&self, path: &str, token: &str) -> Value {
        let (status, body) = self.send("GET", path, token, &Value::Null).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// Something that is made.
    async fn make(&self, path: &str, token: &str, body: &Value) -> Value {
        let (status, made) = self.send("POST", path, token, body).await;
        assert_eq!(status, 201, "{path}: {made}");
        made
    }

    async fn upload(&self, token: &str) -> String {
        let part = reqwest::multipart::Part::bytes(crate::authorization::PDF)
            .file_name(FILE)
            .mime_str("application/pdf")
            .expect("a media type");
        let form = reqwest::multipart::Form::new().part("file", part);
        let sent = self.http.post(format!("{}/api/v1/files", self.url));
        let answer = sent.bearer_auth(token).multipart(form).send().await;
        let file: Value = answer.expect("an answer").json().await.expect("JSON");
        file["id"].as_str().expect("an id").to_owned()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Only if the test failed before it stopped it.
        drop(self.child.kill());
    }
}

/// Every file under a folder, but for those that hold what they are there for.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            if !["files", "outbox"].iter().any(|kept| path.ends_with(kept)) {
                files(&path, found);
            }
        } else {
            found.push(path);
        }
    }
}

fn marks_in(what: &str, bytes: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for mark in MARKS {
        if let Some(at) = bytes
            .windows(mark.len())
            .position(|window| window == mark.as_bytes())
        {
            let around = &bytes[at.saturating_sub(120)..(at + 120).min(bytes.len())];
            found.push(format!(
                "{mark} in {what}: …{}…",
                String::from_utf8_lossy(around)
            ));
        }
    }
    found
}

/// Takes traces.
async fn collector() -> MockServer {
    let collector = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200))
        .mount(&collector)
        .await;
    collector
}

/// One dossier to its end. Its letters are not handed out.
async fn play(url: &str) {
    let report = suite::demo::play(&suite::demo::Options {
        gateway: url.parse().expect("a URL"),
        count: 1,
        concurrency: 1,
        tell: false,
    })
    .await
    .expect("played");
    drop(report);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_written_tells_what_people_told_us() {
    let collector = collector().await;
    let mut running = Running::start(&collector.uri()).await;
    play(&running.url).await;
    let door = running.door();
    plant(&door).await;
    let officer = door.get("/api/v1/me", &door.token("officer")).await;
    drop(door);
    let metrics = running.http.get(format!("{}/metrics", running.admin));
    let metrics = metrics.send().await.expect("metrics");
    let metrics = metrics.bytes().await.expect("metrics");
    e2e::processes::signal(&running.child, "TERM");
    let ended = testkit::wait_for("the suite ends", || {
        let ended = running.child.try_wait().expect("a child");
        async move { ended }
    })
    .await;
    assert!(ended.success(), "{ended}");

    let mut all = Vec::new();
    files(running.folder.path(), &mut all);
    let mut found = marks_in("metrics", &metrics);
    let mut bytes_searched = metrics.len();
    for path in &all {
        let bytes = std::fs::read(path).expect("a file");
        bytes_searched += bytes.len();
        found.extend(marks_in(&path.to_string_lossy(), &bytes));
    }
    let traces = collector.received_requests().await.expect("traces");
    assert!(!traces.is_empty(), "the collector was sent no traces");
    for request in &traces {
        bytes_searched += request.body.len();
        found.extend(marks_in("traces", &request.body));
    }
    assert!(all.iter().any(|p| p.ends_with("dossier.db")), "{all:?}");
    let log = std::fs::read(running.folder.path().join("suite.log")).expect("a log");
    assert!(log.len() > 10_000, "the log is talkative");
    // Who asked for what can be found again, by account, route and time.
    let officer = officer["id"].as_str().expect("an id");
    let log = String::from_utf8_lossy(&log);
    let told = |l: &str| l.contains("answered") && l.contains("getMe") && l.contains(officer);
    assert!(log.lines().any(told), "the access log has no {officer}");
    println!(
        "{} files, {} traces, {bytes_searched} bytes searched for {} marks",
        all.len(),
        traces.len(),
        MARKS.len()
    );
    assert!(found.is_empty(), "{found:#?}");
}
