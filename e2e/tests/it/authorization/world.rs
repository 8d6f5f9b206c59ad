//! A world with dossiers of `citizen` at `H05.21`: one returned by post, one just filed, one restricted, two filed together. Whoever is
//! somebody else must not learn of any.

use super::Operation;
use super::tokens::SigningKey;
use e2e::one_process::OneProcess;
use serde_json::{Value, json};

/// A dossier and the version it is at.
#[derive(Clone, Debug, Default)]
pub(super) struct Thing {
    pub(super) id: String,
    pub(super) version: i64,
}

impl Thing {
    /// What was answered about it.
    pub(super) fn of(answer: &Value) -> Self {
        Self {
            id: text(&answer["id"]),
            version: answer["version"].as_i64().expect("a version"),
        }
    }
}

pub(super) struct World {
    pub(super) running: OneProcess,
    pub(super) key: SigningKey,
    http: reqwest::Client,
    pub(super) dossier: String,
    pub(super) finished: Thing,
    pub(super) fresh: Thing,
    /// Of restricted access: at the desk, and nobody of the agency has had to do with it but the leader.
    pub(super) restricted: Thing,
    /// The first dossier as its owner sees it: others are filed like it.
    like: Value,
    pub(super) procedure: String,
    pub(super) file: String,
    pub(super) shipment: String,
    pub(super) notification: String,
    pub(super) number: String,
    pub(super) account: String,
    /// A request of `citizen` about the own data, addressed to the world's agency.
    pub(super) data_request: String,
    /// A delegation of `leader` to `specialist`.
    pub(super) assignment: String,
    pub(super) succession: String,
    /// A token of an account that was closed since.
    pub(super) closed: String,
    /// Two dossiers of the citizen's that were filed together.
    pub(super) group: String,
    /// They: the first lies at the desk, the second waits for it.
    pub(super) members: Vec<Thing>,
    /// An incident of the world's agency, which lasts.
    pub(super) incident: String,
    /// A machine client of the world's agency.
    pub(super) client: String,
    /// A token of another that was closed since.
    pub(super) closed_client: String,
    /// What must be in no answer to somebody else.
    secrets: Vec<String>,
}

/// What was answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    headers: String,
    pub(super) body: String,
}

impl Answer {
    /// Whether the body names this.
    pub(super) fn tells(&self, what: &str) -> bool {
        self.body.contains(what)
    }

    /// The code of a problem.
    pub(super) fn code(&self) -> &str {
        let after = self.body.split_once("\"code\":\"").map_or("", |(_, r)| r);
        after.split('"').next().unwrap_or("")
    }

    /// The body without what differs from request to request.
    pub(super) fn normal(&self) -> Value {
        let mut body: Value = serde_json::from_str(&self.body).unwrap_or_else(|_| json!(self.body));
        if let Some(object) = body.as_object_mut() {
            object.remove("requestId");
            object.remove("instance");
        }
        body
    }
}

/// A small PDF.
pub(crate) const PDF: &[u8] = b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n";

impl World {
    pub(super) async fn set() -> Self {
        let running = OneProcess::start().await;
        let report = suite::demo::play(&suite::demo::Options {
            gateway: running.suite.url.parse().expect("a URL"),
            count: 1,
            concurrency: 1,
            tell: false,
        })
        .await
        .expect("played");
        assert!(report.is_complete(), "{report:?}");
        let key = SigningKey::of(&running.suite).await;
        let mut world = Self {
            running,
            key,
            http: crate::stranger(),
            dossier: String::new(),
            finished: Thing::default(),
            fresh: Thing::default(),
            restricted: Thing::default(),
            like: Value::Null,
            procedure: String::new(),
            file: String::new(),
            shipment: String::new(),
            notification: String::new(),
            number: String::new(),
            account: String::new(),
            data_request: String::new(),
            assignment: String::new(),
            succession: String::new(),
            closed: String::new(),
            group: String::new(),
            members: Vec::new(),
            incident: String::new(),
            client: String::new(),
            closed_client: String::new(),
            secrets: Vec::new(),
        };
        world.look_around().await;
        (world.client, world.closed_client) = world.make_clients().await;
        world.group = world.file_a_group().await;
        world.incident = world.announce_an_incident().await;
        world.closed = world.close_an_account().await;
        world
    }

    async fn look_around(&mut self) {
        let citizen = self.token("citizen").await;
        let first = |page: &Value| text(&page["items"][0]["id"]);
        self.dossier = first(&self.json("/api/v1/dossiers", &citizen).await);
        self.shipment = first(&self.json("/api/v1/shipments", &citizen).await);
        self.notification = first(&self.json("/api/v1/notifications", &citizen).await);
        self.account = text(&self.json("/api/v1/me", &citizen).await["id"]);
        let path = format!("/api/v1/dossiers/{}", self.dossier);
        let whole = self.json(&path, &citizen).await;
        self.number = text(&whole["number"]);
        self.procedure = text(&whole["procedure"]["id"]);
        self.file = text(&whole["attachments"][0]["fileId"]);
        self.finished = Thing::of(&whole);
        self.like = whole.clone();
        self.fresh = self.file_another().await;
        self.restricted = self.restrict(self.file_another().await).await;
        self.data_request = self.ask_about_data(&citizen).await;
        self.assignment = self.delegate().await;
        self.succession = self.merge().await;
        let applicant = &whole["applicant"];
        self.secrets = [
            &applicant["name"],
            &applicant["phone"],
            &applicant["email"],
            &applicant["identityNumber"],
            &applicant["address"]["street"],
        ]
        .into_iter()
        .filter_map(Value::as_str)
        .chain([
            self.dossier.as_str(),
            self.fresh.id.as_str(),
            self.restricted.id.as_str(),
            self.shipment.as_str(),
            self.notification.as_str(),
            self.file.as_str(),
            self.data_request.as_str(),
            self.assignment.as_str(),
            self.succession.as_str(),
        ])
        .map(str::to_owned)
        .collect();
        assert!(self.secrets.len() >= 9 && self.secrets.iter().all(|s| s.len() > 5));
    }

    /// Asks for access to the own data, at the world's agency.
    async fn ask_about_data(&self, token: &str) -> String {
        let sent = self.http.post(self.url("/api/v1/me/data-requests"));
        let body = json!({"right": "access", "agency": "H05.21", "text": "Cho tôi xem dữ liệu"});
        let answer = sent.bearer_auth(token).json(&body).send().await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.status().as_u16(), 201);
        let request: Value = answer.json().await.expect("JSON");
        text(&request["id"])
    }

    /// The leader goes away for a week.
    async fn delegate(&self) -> String {
        let until = self.running.suite.rt.clock.now() + chrono::Duration::days(7);
        let body = json!({"kind": "delegation", "login": "specialist", "role": "leader",
            "until": until, "reason": "Đi công tác"});
        let sent = self.http.post(self.url("/api/v1/assignments")).json(&body);
        let leader = self.token("leader").await;
        let answer = sent.bearer_auth(leader).send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), 201);
        let given: Value = answer.json().await.expect("JSON");
        text(&given["id"])
    }

    /// Two agencies that are nobody's here become one.
    async fn merge(&self) -> String {
        let body = json!({"predecessor": "H05.95", "successor": "H05.96", "from": "2026-07-01",
            "reason": "NQ 12/NQ-HĐND"});
        let sent = self.http.post(self.url("/api/v1/agency-successions"));
        let admin = self.token("admin").await;
        let answer = sent.json(&body).bearer_auth(admin).send().await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.status().as_u16(), 201);
        let made: Value = answer.json().await.expect("JSON");
        text(&made["id"])
    }

    /// The leader restricts the access to a dossier.
    async fn restrict(&self, dossier: Thing) -> Thing {
        let reason = json!({"reason": "Bảo vệ nhân chứng"});
        self.go("leader", dossier, "restrict", &reason).await
    }

    /// A file of somebody's; its id.
    pub(super) async fn upload(&self, login: &str) -> String {
        let part = reqwest::multipart::Part::bytes(PDF)
            .file_name("giay-to.pdf")
            .mime_str("application/pdf")
            .expect("a media type");
        let form = reqwest::multipart::Form::new().part("file", part);
        let sent = self.http.post(self.url("/api/v1/files")).multipart(form);
        let sent = sent.bearer_auth(self.token(login).await);
        let answer = sent.send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), 201);
        let file: Value = answer.json().await.expect("JSON");
        text(&file["id"])
    }

    /// What is filed to have a dossier like the first, with these files; to be fetched at the counter.
    pub(super) fn filing(&self, files: &[String]) -> Value {
        let like = &self.like;
        let papers = like["attachments"].as_array().expect("attachments").iter();
        let attachments: Vec<Value> = papers
            .zip(files)
            .map(|(paper, file)| json!({"componentId": paper["componentId"], "fileId": file}))
            .collect();
        json!({
            "procedureId": like["procedure"]["id"], "agencyCode": like["agency"]["code"],
            "applicant": like["applicant"], "answers": like["answers"],
            "attachments": attachments, "return": {"method": "counter"},
        })
    }

    /// The ids of the files of the first dossier.
    pub(super) fn files(&self) -> Vec<String> {
        let papers = self.like["attachments"].as_array().expect("attachments");
        papers.iter().map(|p| text(&p["fileId"])).collect()
    }

    /// A further one of the citizen's, left at the desk.
    pub(super) async fn file_another(&self) -> Thing {
        let mut files = Vec::new();
        for _ in self.files() {
            files.push(self.upload("citizen").await);
        }
        let body = self.filing(&files);
        let (status, filed) = self.post("citizen", "/api/v1/dossiers", None, &body).await;
        assert_eq!(status, 201, "{filed}");
        Thing::of(&filed)
    }

    /// Sends a body as somebody of the demo world, at a version where one is given.
    pub(super) async fn post(
        &self,
        login: &str,
        path: &str,
        version: Option<i64>,
        body: &Value,
    ) -> (u16, Value) {
        let mut sent = self.http.post(self.url(path)).json(body);
        if let Some(version) = version {
            sent = sent.header("if-match", format!("\"{version}\""));
        }
        let sent = sent.bearer_auth(self.token(login).await);
        let answer = sent.send().await.expect("an answer");
        let status = answer.status().as_u16();
        (status, answer.json().await.expect("JSON"))
    }

    /// A command that succeeds; the dossier after it.
    pub(super) async fn go(
        &self,
        login: &str,
        dossier: Thing,
        command: &str,
        body: &Value,
    ) -> Thing {
        let path = format!("/api/v1/dossiers/{}/{command}", dossier.id);
        let version = Some(dossier.version);
        let (status, after) = self.post(login, &path, version, body).await;
        assert_eq!(status, 200, "{command}: {after}");
        Thing::of(&after)
    }

    /// Makes two clients; one stays, of the other a token that it had before it was closed.
    async fn make_clients(&self) -> (String, String) {
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
    async fn file_a_group(&mut self) -> String {
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

    async fn announce_an_incident(&self) -> String {
        let admin = self.token("agencyadmin").await;
        let since = self.running.suite.rt.clock.now() - chrono::Duration::minutes(1);
        let body = json!({"agencyCode": "H05.21", "title": "Mất kết nối", "startedAt": since});
        let sent = self.http.post(self.url("/api/v1/incidents")).json(&body);
        let answer = sent.bearer_auth(&admin).send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), 201);
        let incident: Value = answer.json().await.expect("JSON");
        text(&incident["id"])
    }

    /// Closes the account of an officer and returns the token it had, once nobody takes it any more.
    async fn close_an_account(&self) -> String {
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

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.running.suite.url)
    }

    pub(super) async fn token(&self, login: &str) -> String {
        let suite = &self.running.suite;
        identity::demo_token(&suite.databases.identity, &suite.rt, login)
            .await
            .expect("a token")
    }

    pub(super) async fn json(&self, path: &str, token: &str) -> Value {
        let request = self.http.get(self.url(path)).bearer_auth(token);
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), 200, "{path}");
        answer.json().await.expect("JSON")
    }

    /// An id that nothing has.
    pub(super) fn no_such_id(&self) -> String {
        let rt = &self.running.suite.rt;
        rt.ids.uuid(rt.clock.now()).to_string()
    }

    /// Where an operation is called: at the gateway, or past it at its service.
    fn base(&self, operation: &Operation, direct: bool) -> String {
        if !direct {
            return self.running.suite.url.clone();
        }
        let directory = &self.running.suite.rt.directory;
        let base = directory.get(&operation.service).expect("an address");
        base.as_str().trim_end_matches('/').to_owned()
    }

    /// Calls an operation for the world's own thing, or for `id`; `direct`: past the gateway.
    pub(super) async fn call(
        &self,
        operation: &Operation,
        token: Option<&str>,
        id: Option<&str>,
        direct: bool,
    ) -> Answer {
        let path = match (operation.id.as_str(), id) {
            ("downloadFile", None) => operation.path(self, Some(&self.file)),
            (_, id) => operation.path(self, id),
        };
        let base = self.base(operation, direct);
        let shipment = id.unwrap_or(&self.shipment);
        let body = named(operation.example.clone(), shipment);
        let mut answer = self
            .send(operation, format!("{base}{path}"), token, 1, &body)
            .await;
        // The answer may name what it was asked about: that is no news to the one who asked.
        for asked in [id.unwrap_or(""), &path, shipment] {
            if !asked.is_empty() && asked.len() > 8 {
                answer.body = answer.body.replace(asked, "(asked)");
            }
        }
        answer
    }

    /// Gives a command on a dossier at its version.
    pub(super) async fn command(
        &self,
        operation: &Operation,
        token: &str,
        dossier: &Thing,
        direct: bool,
    ) -> Answer {
        let path = operation.path(self, Some(&dossier.id));
        let url = format!("{}{path}", self.base(operation, direct));
        let body = &operation.example;
        self.send(operation, url, Some(token), dossier.version, body)
            .await
    }

    /// Sends a body of the test's own.
    pub(super) async fn ask(
        &self,
        operation: &Operation,
        token: Option<&str>,
        body: &Value,
        direct: bool,
    ) -> Answer {
        let path = operation.path(self, None);
        let url = format!("{}{path}", self.base(operation, direct));
        self.send(operation, url, token, 1, body).await
    }

    /// A GET with a query.
    pub(super) async fn query(
        &self,
        operation: &Operation,
        token: &str,
        query: &str,
        direct: bool,
    ) -> Answer {
        let path = operation.path(self, None);
        let url = format!("{}{path}{query}", self.base(operation, direct));
        self.send(operation, url, Some(token), 1, &Value::Null)
            .await
    }

    /// The text of a PDF that a GET answers with.
    pub(super) async fn pdf(&self, path: &str, token: &str) -> String {
        let sent = self.http.get(self.url(path)).bearer_auth(token);
        let answer = sent.send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), 200, "{path}");
        crate::pdf::text(&answer.bytes().await.expect("a body"))
    }

    async fn send(
        &self,
        operation: &Operation,
        url: String,
        token: Option<&str>,
        version: i64,
        body: &Value,
    ) -> Answer {
        let method = operation.method.parse().expect("a method");
        let mut request = self.http.request(method, url);
        if operation.method != "GET" {
            let etag = format!("\"{version}\"");
            request = request.header("if-match", etag).json(body);
        }
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        answer(request).await
    }

    /// A page of the portal, without a session.
    pub(super) async fn page(&self, path: &str) -> Answer {
        let mut answer = answer(self.http.get(self.url(path))).await;
        // The way back after sign-in names what was asked for.
        let encoded: String = url::form_urlencoded::byte_serialize(path.as_bytes()).collect();
        for asked in [encoded.as_str(), path] {
            answer.headers = answer.headers.replace(asked, "(asked)");
            answer.body = answer.body.replace(asked, "(asked)");
        }
        answer
    }

    /// Nothing of the world's is in an answer, neither body nor headers.
    pub(super) fn tells_of_nobody(&self, name: &str, answer: &Answer) {
        for secret in &self.secrets {
            assert!(
                !answer.body.contains(secret.as_str()) && !answer.headers.contains(secret.as_str()),
                "{name} tells {secret}: {answer:?}"
            );
        }
    }
}

async fn answer(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.expect("an answer");
    Answer {
        status: response.status().as_u16(),
        headers: format!("{:?}", response.headers()),
        body: response.text().await.expect("a body"),
    }
}

/// The example with this shipment wherever it names one.
fn named(mut body: Value, shipment: &str) -> Value {
    match &mut body {
        Value::Object(members) => {
            for (name, value) in members {
                *value = if name == "shipmentId" {
                    json!(shipment)
                } else {
                    named(value.take(), shipment)
                };
            }
        }
        Value::Array(items) => {
            for item in items {
                *item = named(item.take(), shipment);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    body
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}
