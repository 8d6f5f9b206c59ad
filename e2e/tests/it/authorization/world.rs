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
    pub(super) http: reqwest::Client,
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
    /// A mandate of `citizen` for somebody without an account.
    pub(super) mandate: String,
    /// A sign-in of `citizen`.
    pub(super) session: String,
    /// A draft of a procedure, by the world's agency.
    pub(super) draft: String,
    /// A breach file.
    pub(super) breach: String,
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
    pub(super) secrets: Vec<String>,
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
            mandate: String::new(),
            session: String::new(),
            draft: String::new(),
            breach: String::new(),
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
        let incident = world.announce_an_incident("agencyadmin", "H05.21").await;
        world.incident = text(&incident["id"]);
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
        self.data_request = self.ask_about_data().await;
        self.assignment = self.delegate().await;
        self.succession = self.merge().await;
        self.mandate = self.let_act().await;
        self.session = self.session_of("citizen").await;
        self.draft = self.write_a_draft().await;
        self.breach = text(&self.open_a_breach().await["id"]);
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
            self.mandate.as_str(),
            self.session.as_str(),
            self.draft.as_str(),
            self.breach.as_str(),
        ])
        .map(str::to_owned)
        .collect();
        assert!(self.secrets.len() >= 13 && self.secrets.iter().all(|s| s.len() > 5));
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

    /// Calls an operation at this path, for what is at this version.
    pub(super) async fn at(
        &self,
        operation: &Operation,
        path: &str,
        (token, version): (&str, i64),
        body: &Value,
        direct: bool,
    ) -> Answer {
        let url = format!("{}{path}", self.base(operation, direct));
        let token = Some(token);
        self.send(operation, url, token, version, body).await
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

pub(super) fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}
