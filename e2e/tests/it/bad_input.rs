//! Bad input through the gateway: a clear problem, in the caller's language, and never a 500.

use e2e::one_process::OneProcess;
use serde_json::{Value, json};

struct Client {
    http: reqwest::Client,
    url: String,
}

impl Client {
    async fn send(&self, request: reqwest::RequestBuilder) -> (u16, Value) {
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or(Value::Null))
    }

    fn post(&self, path: &str, token: &str) -> reqwest::RequestBuilder {
        self.http
            .post(format!("{}{path}", self.url))
            .bearer_auth(token)
    }

    fn get(&self, path: &str) -> reqwest::RequestBuilder {
        self.http.get(format!("{}{path}", self.url))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_bad_input_has_its_own_code() {
    let running = OneProcess::start().await;
    let suite = &running.suite;
    let client = Client {
        http: crate::stranger(),
        url: suite.url.clone(),
    };
    let citizen = identity::demo_token(&suite.databases.identity, &suite.rt, "citizen")
        .await
        .expect("a token");

    let (_, found) = client
        .send(client.get("/api/v1/procedures?q=thuong%20tru"))
        .await;
    let procedure = found["items"][0]["id"]
        .as_str()
        .expect("a procedure")
        .to_owned();
    let address = json!({ "provinceCode": "24", "communeCode": "07288", "street": "Số 1" });
    let filing = json!({
        "procedureId": procedure, "agencyCode": "H05.21",
        "applicant": { "kind": "citizen", "name": "Nguyễn Văn An", "identityNumber": "024090000011",
                       "phone": "0912345678", "address": address },
        "return": { "method": "counter" },
    });
    let change = |pointer: &str, value: Value| {
        let mut body = filing.clone();
        *body.pointer_mut(pointer).expect("a place") = value;
        body
    };
    let unknown = json!("00000000-0000-7000-8000-000000000000");
    let cases = [
        (
            change("/applicant/identityNumber", json!("123")),
            "/applicant/identityNumber",
            "identity-number.invalid",
        ),
        (
            change("/applicant/phone", json!("0412345678")),
            "/applicant/phone",
            "phone.invalid",
        ),
        (
            change("/procedureId", unknown),
            "/procedureId",
            "procedure.unknown",
        ),
        (
            change("/applicant/address/communeCode", json!("99999")),
            "/applicant/address/communeCode",
            "commune.unknown",
        ),
        (
            change("/return/method", json!("post")),
            "/return/address",
            "field.required",
        ),
        (
            change("/agencyCode", json!("H99.99")),
            "/agencyCode",
            "agency.unknown",
        ),
        (
            change("/agencyCode", json!("H05.01")),
            "/agencyCode",
            "agency.not-competent",
        ),
        (filing.clone(), "/attachments", "component.missing"),
    ];
    for (body, pointer, code) in cases {
        let (status, problem) = client
            .send(client.post("/api/v1/dossiers", &citizen).json(&body))
            .await;
        assert_eq!(status, 422, "{code}: {problem}");
        let errors = problem["errors"].as_array().cloned().unwrap_or_default();
        let named = errors
            .iter()
            .any(|e| e["code"] == code && e["pointer"].as_str() == Some(pointer));
        assert!(named, "{pointer} {code}: {problem}");
    }

    let malformed = client
        .post("/api/v1/dossiers", &citizen)
        .header("content-type", "application/json")
        .body("{");
    let (status, problem) = client.send(malformed.header("accept-language", "en")).await;
    assert_eq!(
        (status, problem["code"].as_str()),
        (400, Some("body.malformed")),
        "{problem}"
    );
    assert_eq!(problem["title"], "The request body cannot be read");
    assert!(
        problem["requestId"]
            .as_str()
            .is_some_and(|id| id.len() >= 8),
        "{problem}"
    );

    for path in [
        "/api/v1/procedures?limit=0",
        "/api/v1/procedures?cursor=%00%ff",
        "/api/v1/procedures?nonsense=1",
        "/api/v1/procedures/not-a-uuid",
        "/api/v1/tracking/%F0%9F%92%A5",
        "/api/v1/nowhere",
        "/api/v1/provinces/24/communes?on=2025-02-30",
    ] {
        let (status, problem) = client.send(client.get(path)).await;
        assert!(matches!(status, 404 | 422), "{path}: {status} {problem}");
        assert!(problem["code"].as_str().is_some(), "{path}: {problem}");
    }
    assert!(suite.stop().await);
}
