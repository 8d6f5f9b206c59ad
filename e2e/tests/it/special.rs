//! What is rare in a dossier's life is verified as what is common: an apology, a correction, a reopening.

use crate::authorization::PDF;
use chrono::{DateTime, Days, NaiveDate, Utc};
use e2e::one_process::OneProcess;
use serde_json::{Value, json};
use std::time::Duration;

struct Stage {
    running: OneProcess,
    http: reqwest::Client,
}

impl Stage {
    async fn token(&self, who: &str) -> String {
        let suite = &self.running.suite;
        identity::demo_token(&suite.databases.identity, &suite.rt, who)
            .await
            .expect("a token")
    }

    async fn get(&self, who: &str, path: &str) -> Value {
        let sent = self.http.get(format!("{}{path}", self.running.suite.url));
        let answer = sent.bearer_auth(self.token(who).await).send().await;
        answer.expect("an answer").json().await.expect("JSON")
    }

    async fn post(
        &self,
        who: &str,
        path: &str,
        version: Option<i64>,
        body: &Value,
    ) -> (u16, Value) {
        let mut sent = self
            .http
            .post(format!("{}{path}", self.running.suite.url))
            .bearer_auth(self.token(who).await)
            .json(body);
        if let Some(version) = version {
            sent = sent.header("if-match", format!("\"{version}\""));
        }
        let answer = sent.send().await.expect("an answer");
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or(Value::Null))
    }

    async fn upload(&self, who: &str) -> Value {
        let part = reqwest::multipart::Part::bytes(PDF)
            .file_name("giay-to.pdf")
            .mime_str("application/pdf")
            .expect("a media type");
        let form = reqwest::multipart::Form::new().part("file", part);
        let sent = self
            .http
            .post(format!("{}/api/v1/files", self.running.suite.url))
            .multipart(form);
        let answer = sent.bearer_auth(self.token(who).await).send().await;
        let file: Value = answer.expect("an answer").json().await.expect("JSON");
        file["id"].clone()
    }

    /// A command that must succeed on the dossier as it is now.
    async fn go(&self, who: &str, id: &str, command: &str, body: Value) -> Value {
        let path = format!("/api/v1/dossiers/{id}");
        let version = self.get(who, &path).await["version"].as_i64();
        let path = format!("{path}/{command}");
        let (status, after) = self.post(who, &path, version, &body).await;
        assert_eq!(status, 200, "{command}: {after}");
        after
    }

    /// Files a procedure with a term of days; its id.
    async fn file(&self) -> String {
        let found = self
            .get("citizen", "/api/v1/procedures?q=thuong%20tru")
            .await;
        let procedure = text(&found["items"][0]["id"]);
        let whole = self
            .get("citizen", &format!("/api/v1/procedures/{procedure}"))
            .await;
        let mut attachments = Vec::new();
        for case in whole["components"].as_array().expect("components") {
            for component in case["components"].as_array().expect("components") {
                if component["required"] == true && component["note"] != true {
                    let file = self.upload("citizen").await;
                    attachments.push(json!({"componentId": component["id"], "fileId": file}));
                }
            }
        }
        let address = json!({"provinceCode": "24", "communeCode": "07288", "street": "Số 1"});
        let body = json!({
            "procedureId": procedure, "agencyCode": "H05.21",
            "applicant": {"kind": "citizen", "name": "Nguyễn Văn An", "identityNumber": "024090000011",
                "phone": "0912345678", "email": "an@example.vn", "address": address},
            "attachments": attachments, "return": {"method": "counter"},
        });
        // The dossier service learns of the catalogue in its first seconds.
        testkit::wait_for("the dossier is filed", || async {
            let (status, filed) = self.post("citizen", "/api/v1/dossiers", None, &body).await;
            assert!(matches!(status, 201 | 422), "{filed}");
            (status == 201).then(|| text(&filed["id"]))
        })
        .await
    }

    async fn solve(&self, id: &str) {
        let result = self.upload("specialist").await;
        let body = json!({"resultFileId": result});
        self.go("specialist", id, "propose", body).await;
        self.go("leader", id, "approve", json!({})).await;
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_apology_a_correction_and_a_reopening_are_verified_as_sound() {
    let stage = Stage {
        running: OneProcess::start().await,
        http: crate::stranger(),
    };
    let id = stage.file().await;
    let received = stage.go("officer", &id, "receive", json!({})).await;
    let due: DateTime<Utc> = text(&received["dueAt"]).parse().expect("an instant");
    stage
        .go("specialist", &id, "start-handling", json!({}))
        .await;
    apologise(&stage, &id, due.date_naive()).await;
    stage.solve(&id).await;
    let over = json!({"receiverName": "Nguyễn Văn An"});
    stage.go("officer", &id, "hand-over", over.clone()).await;
    let reason = json!({"reason": "Ghi sai ngày sinh"});
    stage.go("leader", &id, "correct", reason).await;
    stage.solve(&id).await;
    stage.go("officer", &id, "hand-over", over).await;

    let other = stage.file().await;
    let reason = json!({"reason": "Không thuộc thẩm quyền"});
    stage.go("officer", &other, "refuse", reason).await;
    let again = json!({"reason": "Nhầm thẩm quyền", "legalBasis": "Điều 21"});
    stage.go("leader", &other, "reopen", again.clone()).await;
    stage.go("officer", &other, "receive", json!({})).await;
    let reason = json!({"reason": "Theo đề nghị"});
    stage.go("officer", &other, "stop", reason).await;
    stage.go("leader", &other, "reopen", again).await;

    let databases = &stage.running.suite.databases;
    let patience = Duration::from_secs(60);
    let report = suite::verify::settled(databases, patience)
        .await
        .expect("checked");
    assert!(report.is_sound(), "{}", report.tell());
    for (id, told) in [(&id, "apologise"), (&id, "correct"), (&other, "reopen")] {
        let inbox = format!("/api/v1/notifications?dossierId={id}&limit=100");
        let inbox = stage.get("citizen", &inbox).await;
        let items = inbox["items"].as_array().expect("items");
        assert!(items.iter().any(|i| i["kind"] == told), "{told}: {inbox}");
    }
    assert!(
        stage.running.suite.stop().await,
        "everything ends by itself"
    );
}

/// The first working day after the old date.
async fn apologise(stage: &Stage, id: &str, old: NaiveDate) {
    let path = format!("/api/v1/dossiers/{id}");
    let version = stage.get("leader", &path).await["version"].as_i64();
    for days in 1..20 {
        let day = old + Days::new(days);
        let body = json!({"reason": "Chờ ý kiến cơ quan phối hợp", "dueOn": day});
        let (status, after) = stage
            .post("leader", &format!("{path}/apologise"), version, &body)
            .await;
        if status == 200 {
            return;
        }
        // A day off is no day to promise; three weeks of them there are not.
        assert!(status == 422 && days < 19, "{after}");
    }
}
