//! A portal, and a gateway that answers from samples in the shape of the public API.

use contracts::Actor;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use testkit::{Reply, TestApp};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

pub(crate) const PROCEDURE: &str = "019d2bfd-3fe0-70ac-b9d6-5e9e20d6eef7";
pub(crate) const DOSSIER: &str = "019d2bfd-0000-70ac-b9d6-000000000001";
pub(crate) const COMPONENT: &str = "019d2bb8-71b8-7770-805f-b33080834c5d";
pub(crate) const FILE: &str = "019d2bfd-0000-70ac-b9d6-0000000000f1";
pub(crate) const BOUNDARY: &str = "motcua-test";

pub(crate) struct World {
    pub(crate) app: TestApp,
    pub(crate) gateway: MockServer,
}

/// A signed-in browser: its cookies and the token for its forms.
pub(crate) struct Browser {
    pub(crate) cookies: String,
}

impl World {
    /// A portal over HTTP.
    pub(crate) async fn new() -> Self {
        Self::with(&[]).await
    }

    /// A portal with changed settings.
    pub(crate) async fn with(changes: &[(&str, String)]) -> Self {
        let gateway = MockServer::start().await;
        let rt = testkit::runtime();
        rt.directory
            .set("gateway", gateway.uri().parse().expect("url"));
        let mut all = vec![("public_url", "http://portal.test".to_owned())];
        all.extend_from_slice(changes);
        let config: portal::Config = testkit::config(portal::DEFAULTS, &all);
        let app = TestApp::start(&rt, async |listener| {
            portal::start(config, listener, &rt).await
        })
        .await;
        Self { app, gateway }
    }

    /// The gateway answers a GET of this path with this.
    pub(crate) async fn answers(&self, at: &str, body: Value) {
        self.says("GET", at, 200, body).await;
    }

    /// The gateway answers so from now on, in place of what it said before.
    pub(crate) async fn says(&self, verb: &str, at: &str, status: u16, body: Value) {
        let answer = if status >= 400 {
            ResponseTemplate::new(status).set_body_raw(body.to_string(), "application/problem+json")
        } else {
            ResponseTemplate::new(status).set_body_json(body)
        };
        // Of two that match, the first mounted wins unless the later has priority.
        let before = self
            .gateway
            .received_requests()
            .await
            .map_or(0, |r| r.len());
        let priority = u8::try_from(250_usize.saturating_sub(before.min(240))).expect("small");
        Mock::given(method(verb))
            .and(path(at))
            .respond_with(answer)
            .with_priority(priority)
            .mount(&self.gateway)
            .await;
    }

    /// The catalogue, places and desks that forms ask for.
    pub(crate) async fn with_catalogue(&self) {
        self.answers(
            "/api/v1/procedures",
            json!({"items": [item()], "next": null, "total": 1}),
        )
        .await;
        self.answers(&format!("/api/v1/procedures/{PROCEDURE}"), procedure())
            .await;
        self.answers("/api/v1/fields", json!({"items": [{"code": "G15-TP07", "name": "Hộ tịch", "procedures": 12}], "next": null})).await;
        self.answers("/api/v1/agencies", json!({"items": [
            {"code": "H05.21", "name": "Trung tâm Phục vụ hành chính công xã Yên Thế", "address": "Xã Yên Thế", "reception": true},
            {"code": "H05.22", "name": "Trung tâm Phục vụ hành chính công phường Bắc Giang", "address": "Phường Bắc Giang", "reception": true}], "next": null})).await;
        self.answers("/api/v1/provinces", json!({"items": [{"code": "01", "name": "Thành phố Hà Nội"}, {"code": "24", "name": "Tỉnh Bắc Ninh"}], "next": null})).await;
        self.answers("/api/v1/provinces/24/communes", json!({"items": [{"code": "07288", "name": "Xã Yên Thế"}, {"code": "07210", "name": "Phường Bắc Giang"}], "next": null})).await;
        self.answers(
            "/api/v1/provinces/01/communes",
            json!({"items": [{"code": "00004", "name": "Phường Ba Đình"}], "next": null}),
        )
        .await;
        self.answers(
            "/api/v1/me",
            json!({"id": "x", "name": "Nguyễn Văn An", "kind": "applicant", "roles": ["citizen"],
            "email": "an@example.vn", "phone": "+84912345678", "identityNumber": "024090000011"}),
        )
        .await;
    }

    /// Signs a person in, all the way.
    pub(crate) async fn sign_in(&self, actor: &Actor) -> Browser {
        let begun = self
            .app
            .anonymous()
            .get("/dang-nhap?next=/thu-tuc")
            .await
            .expect(303);
        let asked = query(begun.header("location").expect("location"));
        self.gives_tokens(actor, &asked["nonce"], 3600).await;
        let cookies = cookies(&begun);
        let back = format!("/dang-nhap/callback?code=c0de&state={}", asked["state"]);
        let done = self
            .app
            .anonymous()
            .header("cookie", &cookies)
            .get(&back)
            .await
            .expect(303);
        assert_eq!(done.header("location"), Some("/thu-tuc"));
        Browser {
            cookies: self::cookies(&done),
        }
    }

    /// The token endpoint gives tokens for this person, once.
    pub(crate) async fn gives_tokens(&self, actor: &Actor, nonce: &str, seconds: i64) {
        let access = token(&self.app.rt, actor);
        let answer = json!({"access_token": access, "token_type": "Bearer", "expires_in": seconds,
            "refresh_token": "refresh-1", "id_token": id_token(nonce, &json!({}))});
        Mock::given(method("POST"))
            .and(path("/oauth2/token"))
            .respond_with(ResponseTemplate::new(200).set_body_json(answer))
            .up_to_n_times(1)
            .mount(&self.gateway)
            .await;
    }

    pub(crate) async fn get(&self, browser: &Browser, at: &str) -> Reply {
        self.app
            .anonymous()
            .header("cookie", &browser.cookies)
            .get(at)
            .await
    }

    pub(crate) async fn post(&self, browser: &Browser, at: &str, fields: &[(&str, &str)]) -> Reply {
        self.app
            .anonymous()
            .header("cookie", &browser.cookies)
            .post_form(at, fields)
            .await
    }

    /// Posts a form with files: (field, file name, content).
    pub(crate) async fn post_files(
        &self,
        browser: &Browser,
        at: &str,
        fields: &[(&str, &str)],
        files: &[(&str, &str, &str)],
    ) -> Reply {
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        let caller = self.app.anonymous().header("cookie", &browser.cookies);
        caller
            .post_bytes(at, &kind, multipart(fields, files).into_bytes())
            .await
    }

    /// What the gateway was asked at this path.
    pub(crate) async fn asked(&self, verb: &str, at: &str) -> Vec<wiremock::Request> {
        let all = self.gateway.received_requests().await.expect("recorded");
        all.into_iter()
            .filter(|r| r.method.as_str() == verb && r.url.path() == at)
            .collect()
    }
}

pub(crate) fn multipart(fields: &[(&str, &str)], files: &[(&str, &str, &str)]) -> String {
    let mut out = String::new();
    for (name, value) in fields {
        out += &format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        );
    }
    for (name, file, content) in files {
        out += &format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\nContent-Type: application/pdf\r\n\r\n{content}\r\n"
        );
    }
    out + &format!("--{BOUNDARY}--\r\n")
}

/// An ID token whose signature nobody looks at.
pub(crate) fn id_token(nonce: &str, changes: &Value) -> String {
    let mut claims = json!({"iss": testkit::ISSUER, "aud": "portal", "azp": "portal", "exp": 4_102_444_800_i64, "nonce": nonce});
    for (name, value) in changes.as_object().expect("changes") {
        claims[name] = value.clone();
    }
    format!("h.{}.s", base64url(claims.to_string().as_bytes()))
}

/// An access token that was given to the portal.
pub(crate) fn token(rt: &kit::Runtime, actor: &Actor) -> String {
    testkit::token_with(rt, actor, |claims| claims.azp = "portal".to_owned())
}

pub(crate) fn base64url(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

/// The query of an address.
pub(crate) fn query(address: &str) -> BTreeMap<String, String> {
    let url: url::Url = address.parse().expect("url");
    url.query_pairs().into_owned().collect()
}

/// The cookies set by an answer, as a browser sends them back.
pub(crate) fn cookies(reply: &Reply) -> String {
    let set = reply.headers.iter().filter(|(n, _)| n == "set-cookie");
    set.filter_map(|(_, v)| v.split(';').next())
        .collect::<Vec<_>>()
        .join("; ")
}

/// The value of a hidden field.
#[track_caller]
pub(crate) fn hidden(html: &str, name: &str) -> String {
    let mark = format!("name=\"{name}\" value=\"");
    let rest = html
        .split(&mark)
        .nth(1)
        .unwrap_or_else(|| panic!("no field {name} in {html}"));
    rest.split('"').next().expect("a value").to_owned()
}

pub(crate) fn item() -> Value {
    json!({"id": PROCEDURE, "code": "1.001193", "name": "Thủ tục đăng ký khai sinh",
        "field": {"code": "G15-TP07", "name": "Hộ tịch"}, "levels": ["commune"], "serviceLevel": "full",
        "channels": ["online", "direct", "postal"], "internal": false})
}

pub(crate) fn procedure() -> Value {
    json!({"id": PROCEDURE, "code": "1.001193", "version": 1, "active": true, "name": "Thủ tục đăng ký khai sinh",
        "field": {"code": "G15-TP07", "name": "Hộ tịch"}, "levels": ["commune"], "serviceLevel": "full",
        "channels": ["online", "direct"],
        "steps": [{"name": "Bước 1", "description": "Nộp hồ sơ\nNhận giấy hẹn"}],
        "methods": [
            {"channel": "online", "term": {"value": 1.0, "unit": "workingDay", "text": "1 ngày làm việc"}, "description": "Ngay trong ngày",
             "fees": [{"kind": "fee", "amount": 0, "currency": "VND", "text": "", "suspicious": false, "free": true}]},
            {"channel": "direct", "term": {"value": 1.5, "unit": "workingDay", "text": ""},
             "fees": [{"kind": "fee", "amount": 0, "currency": "VND", "text": "đất ở 150.000 đồng/hồ sơ", "suspicious": true, "free": false},
                      {"kind": "charge", "amount": 1250000, "currency": "VND", "text": "", "suspicious": false, "free": false}]}],
        "components": [{"case": "Giấy tờ phải nộp", "components": [
            {"id": COMPONENT, "name": "Giấy chứng sinh", "originals": 1, "copies": 0, "note": false, "required": true, "electronicForm": false, "forms": [{"name": "Mẫu số 01.docx", "path": "x"}]},
            {"id": "note-1", "name": "Lưu ý: xuất trình giấy tờ tùy thân", "originals": 0, "copies": 0, "note": true, "required": false, "forms": []}]}],
        "subjects": [{"code": "1", "name": "Công dân Việt Nam"}],
        "agencies": {"executing": [{"code": "a", "name": "Ủy ban nhân dân cấp xã"}], "authority": [], "authorized": [], "coordinating": [], "receivingPlaces": ""},
        "results": [{"code": "KQ", "name": "Giấy khai sinh"}], "conditions": "Không",
        "legalBasis": [{"code": "60/2014/QH13", "name": "Luật Hộ tịch"}],
        "decision": {"number": "1813/QĐ-BTP", "date": "2025-06-25", "promulgator": {"code": "G15", "name": "Bộ Tư pháp"}},
        "returnMethods": [{"filedOnline": true, "ways": ["atHome", "atSubmissionPlace"]}],
        "internal": false, "nonTerritorial": true, "groups": [], "warnings": []})
}

/// A dossier in this state with these commands open.
pub(crate) fn dossier(status: &str, version: i64, actions: &[&str]) -> Value {
    let name = contracts::DossierStatus::parse(status)
        .expect("a status")
        .title(contracts::Language::Vi);
    let received = status != "new";
    json!({"id": DOSSIER, "number": if received { json!("H05.21-261116-0001") } else { Value::Null }, "version": version,
        "status": {"code": 1, "key": status, "name": name},
        "step": {"id": "intake", "name": "Tiếp nhận", "role": "one_stop_officer", "desk": "Trung tâm Phục vụ hành chính công xã Yên Thế"},
        "procedure": {"id": PROCEDURE, "code": "1.001193", "name": "Thủ tục đăng ký khai sinh", "version": 1, "termText": "1 ngày làm việc"},
        "agency": {"code": "H05.21", "name": "Trung tâm Phục vụ hành chính công xã Yên Thế"}, "channel": "online", "language": "vi",
        "applicant": {"kind": "citizen", "name": "Nguyễn Văn An", "identityNumber": "024090000011", "phone": "+84912345678",
            "address": {"provinceCode": "24", "communeCode": "07288", "street": "Số 12, thôn Trung"}},
        "answers": {"notes": "Đăng ký cho con"},
        "attachments": [{"componentId": COMPONENT, "componentName": "Giấy chứng sinh", "fileId": FILE, "name": "chung-sinh.pdf", "size": 320000, "mediaType": "application/pdf"}],
        "return": {"method": "post", "address": {"provinceCode": "24", "communeCode": "07288", "street": "Số 12"}},
        "submittedAt": "2026-11-16T01:00:00Z", "receivedAt": if received { json!("2026-11-16T01:30:00Z") } else { Value::Null },
        "dueAt": if received { json!("2026-11-18T10:00:00Z") } else { Value::Null }, "dueText": "17 giờ 00 ngày 18/11/2026",
        "supplement": null, "payment": null, "proposal": null, "result": null,
        "history": [{"version": 1, "at": "2026-11-16T01:00:00Z", "command": "file", "status": {"code": 1, "key": "new", "name": "Mới đăng ký"},
            "step": {"id": "intake", "name": "Tiếp nhận"}, "actor": "Nguyễn Văn An", "reason": null}],
        "actions": actions})
}

/// A problem document.
pub(crate) fn problem(
    status: u16,
    code: &str,
    title: &str,
    errors: &[(&str, &str, &str)],
) -> Value {
    let errors: Vec<Value> = errors
        .iter()
        .map(|(p, c, d)| json!({"pointer": p, "code": c, "detail": d}))
        .collect();
    json!({"type": format!("urn:motcua:problem:{code}"), "title": title, "status": status, "code": code, "errors": errors})
}
