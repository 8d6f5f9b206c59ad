//! What the world is made of besides dossiers, and how more of it is made.

use super::world::{Thing, World, text};
use serde_json::{Value, json};

/// A draft of a new procedure, as the document's example writes it: with all that must be published.
pub(super) fn draft() -> Value {
    let operations = super::operations();
    let create = operations.iter().find(|o| o.id == "createProcedureDraft");
    create.expect("an operation").example.clone()
}

impl World {
    /// Sends what succeeds, as somebody of the demo world, at a version where one is given; what was answered.
    pub(super) async fn done(
        &self,
        login: &str,
        (method, path): (&str, &str),
        version: Option<i64>,
        body: &Value,
    ) -> Value {
        let method = method.parse().expect("a method");
        let mut sent = self.http.request(method, self.url(path)).json(body);
        if let Some(version) = version {
            sent = sent.header("if-match", format!("\"{version}\""));
        }
        let sent = sent.bearer_auth(self.token(login).await);
        let answer = sent.send().await.expect("an answer");
        let status = answer.status().as_u16();
        let answer = answer.text().await.expect("a body");
        assert!((200..300).contains(&status), "{path}: {status} {answer}");
        // Nothing is said of what is gone.
        serde_json::from_str(&answer).unwrap_or(Value::Null)
    }

    /// Makes something, as somebody of the demo world; what was answered.
    pub(super) async fn made(&self, login: &str, path: &str, body: &Value) -> Value {
        self.done(login, ("POST", path), None, body).await
    }

    /// Takes something away, as somebody of the demo world.
    pub(super) async fn taken_away(&self, login: &str, path: &str) {
        self.done(login, ("DELETE", path), None, &json!({})).await;
    }

    /// So many days from now.
    pub(super) fn in_days(&self, days: i64) -> Value {
        json!(self.running.suite.rt.clock.now() + chrono::Duration::days(days))
    }

    /// The account of somebody of the demo world.
    pub(super) async fn account_of(&self, login: &str) -> String {
        let me = self.json("/api/v1/me", &self.token(login).await).await;
        text(&me["id"])
    }

    /// Asks for access to the own data, at the world's agency.
    pub(super) async fn ask_about_data(&self) -> String {
        let body = json!({"right": "access", "agency": "H05.21", "text": "Cho tôi xem dữ liệu"});
        let asked = self
            .made("citizen", "/api/v1/me/data-requests", &body)
            .await;
        text(&asked["id"])
    }

    /// The leader goes away for a week.
    pub(super) async fn delegate(&self) -> String {
        let body = json!({"kind": "delegation", "login": "specialist", "role": "leader",
            "until": self.in_days(7), "reason": "Đi công tác"});
        let given = self.made("leader", "/api/v1/assignments", &body).await;
        text(&given["id"])
    }

    /// Two agencies that are nobody's here become one.
    pub(super) async fn merge(&self) -> String {
        let body = json!({"predecessor": "H05.95", "successor": "H05.96", "from": "2026-07-01",
            "reason": "NQ 12/NQ-HĐND"});
        let path = "/api/v1/agency-successions";
        text(&self.made("admin", path, &body).await["id"])
    }

    /// The citizen lets somebody act who has no account here.
    pub(super) async fn let_act(&self) -> String {
        let body = json!({"agentIdentityNumber": "024090000099", "permissions": ["dossier.read"],
            "document": "Ủy quyền theo dõi hồ sơ"});
        let given = self.made("citizen", "/api/v1/me/mandates", &body).await;
        text(&given["id"])
    }

    /// Where somebody of the demo world signed in to play.
    pub(super) async fn session_of(&self, login: &str) -> String {
        let token = self.token(login).await;
        let all = self.json("/api/v1/me/sessions", &token).await;
        text(&all["items"][0]["id"])
    }

    /// A draft of the world's agency.
    pub(super) async fn write_a_draft(&self) -> String {
        let (path, body) = ("/api/v1/procedure-drafts", draft());
        text(&self.made("agencyadmin", path, &body).await["id"])
    }

    /// A breach file, as it was opened.
    pub(super) async fn open_a_breach(&self) -> Value {
        let body = json!({"title": "Mất tệp sao lưu", "kinds": [], "discoveredAt": self.in_days(-1),
            "text": "Trong nhật ký"});
        self.made("admin", "/api/v1/breaches", &body).await
    }

    /// The leader restricts the access to a dossier.
    pub(super) async fn restrict(&self, dossier: Thing) -> Thing {
        let reason = json!({"reason": "Bảo vệ nhân chứng"});
        self.go("leader", dossier, "restrict", &reason).await
    }

    /// An incident of an agency, which lasts; as it was announced.
    pub(super) async fn announce_an_incident(&self, login: &str, agency: &str) -> Value {
        let since = self.running.suite.rt.clock.now() - chrono::Duration::minutes(1);
        let body = json!({"agencyCode": agency, "title": "Mất kết nối", "startedAt": since});
        self.made(login, "/api/v1/incidents", &body).await
    }

    /// Makes two clients; one stays, of the other a token that it had before it was closed.
    pub(super) async fn make_clients(&self) -> (String, String) {
        let admin = self.token("agencyadmin").await;
        let body = json!({"name": "Hệ thống", "role": "integrator",
            "expiresAt": self.running.suite.rt.clock.now() + chrono::Duration::days(90)});
        let mut made = Vec::new();
        for _ in 0..2 {
            let sent = self.http.post(self.url("/api/v1/clients")).json(&body);
            let answer = sent.bearer_auth(&admin).send().await.expect("an answer");
            let client: Value = answer.json().await.expect("JSON");
            made.push((text(&client["id"]), text(&client["secret"])));
        }
        let (stays, (id, secret)) = (made[0].0.clone(), &made[1]);
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", id),
            ("client_secret", secret),
        ];
        let sent = self.http.post(self.url("/oauth2/token")).form(&form);
        let answer: Value = sent
            .send()
            .await
            .expect("an answer")
            .json()
            .await
            .expect("JSON");
        let token = text(&answer["access_token"]);
        let path = format!("/api/v1/clients/{id}");
        let sent = self.http.patch(self.url(&path)).bearer_auth(admin);
        let sent = sent
            .header("if-match", "\"1\"")
            .json(&json!({"active": false}));
        let answer = sent.send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), 200);
        (stays, token)
    }

    /// Two dossiers like the first, filed together.
    pub(super) async fn file_a_group(&mut self) -> String {
        let dossier = self.filing(&self.files());
        let body = json!({"members": [{"dossier": dossier}, {"dossier": dossier, "after": 0}]});
        let (status, group) = self
            .post("citizen", "/api/v1/dossier-groups", None, &body)
            .await;
        assert_eq!(status, 201, "{group}");
        let members = group["members"].as_array().expect("members").iter();
        self.members = members.map(|m| Thing::of(&m["dossier"])).collect();
        let ids = self.members.iter().map(|m| m.id.clone());
        self.secrets.extend(ids);
        text(&group["id"])
    }

    /// Closes the account of an officer and returns the token it had, once nobody takes it any more.
    pub(super) async fn close_an_account(&self) -> String {
        let token = self.token("leader3").await;
        let me = self.json("/api/v1/me", &token).await;
        let path = format!("/api/v1/accounts/{}", text(&me["id"]));
        let admin = self.token("admin").await;
        let sent = self.http.patch(self.url(&path)).bearer_auth(admin);
        let answer = sent
            .header("if-match", "\"1\"")
            .json(&json!({"active": false}))
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status().as_u16(), 200);
        testkit::wait_for("the closed account is refused everywhere", || async {
            let services = [
                "catalogue",
                "dossier",
                "postal",
                "notifications",
                "identity",
            ];
            let directory = &self.running.suite.rt.directory;
            let mut all = vec![self.url("/api/v1/me")];
            for service in services {
                let path = match service {
                    "catalogue" => "/api/v1/imports/procedures",
                    "dossier" => "/api/v1/dossiers",
                    "postal" => "/api/v1/shipments",
                    "notifications" => "/api/v1/notifications",
                    _ => "/api/v1/me",
                };
                let base = directory.get(service).expect("an address");
                all.push(base.join(path).expect("a URL").to_string());
            }
            for url in all {
                let request = if url.contains("imports") {
                    self.http.post(url).body("")
                } else {
                    self.http.get(url)
                };
                let answer = request.bearer_auth(&token).send().await.expect("an answer");
                if answer.status().as_u16() != 401 {
                    return None;
                }
            }
            Some(())
        })
        .await;
        token
    }
}
