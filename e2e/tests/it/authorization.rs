//! The authorization walk: every operation of the public document, called as nobody, with bad tokens, and as the wrong person.
//! A new operation is walked without anybody adding it here; what is open to all is listed, and the list may only shrink.

use contracts::permission::Permission;
use contracts::{Actor, Role};
use e2e::one_process::OneProcess;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Operations that answer without a token.
const PUBLIC: &[&str] = &[
    "GET /.well-known/openid-configuration",
    "GET /api/v1/agencies",
    "GET /api/v1/agencies/{code}",
    "GET /api/v1/fields",
    "GET /api/v1/procedures",
    "GET /api/v1/procedures/{id}",
    "GET /api/v1/procedures/{id}/versions",
    "GET /api/v1/provinces",
    "GET /api/v1/provinces/{code}/communes",
    "GET /api/v1/tracking/{number}",
    "GET /oauth2/jwks",
    "POST /oauth2/revoke",
    "POST /oauth2/token",
];

/// One operation of the document.
struct Operation {
    method: String,
    path: String,
    /// Permissions of which any one is enough; empty: open to all.
    any_of: Vec<String>,
    example: Value,
}

impl Operation {
    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    fn writes(&self) -> bool {
        self.method != "GET"
    }
}

fn operations() -> Vec<Operation> {
    let document = suite::documents::public().expect("the documents merge");
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            if !["get", "post", "put", "patch", "delete"].contains(&method.as_str()) {
                continue;
            }
            let security = operation["security"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            let any_of: Vec<String> = security
                .iter()
                .filter_map(|requirement| requirement.get("bearer"))
                .map(|scopes| scopes[0].as_str().unwrap_or("").to_owned())
                .collect();
            let content = &operation["requestBody"]["content"]["application/json"];
            let example = match &content["example"] {
                Value::Null => json!({}),
                given => given.clone(),
            };
            all.push(Operation {
                method: method.to_uppercase(),
                path: path.clone(),
                any_of,
                example,
            });
        }
    }
    all
}

/// A world with one dossier of `citizen` at the first agency, done and on its way by post.
struct World {
    running: OneProcess,
    http: reqwest::Client,
    dossier: String,
    file: String,
    shipment: String,
    notification: String,
    number: String,
    account: String,
}

impl World {
    async fn set() -> Self {
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
        let http = crate::stranger();
        let mut world = Self {
            running,
            http,
            dossier: String::new(),
            file: String::new(),
            shipment: String::new(),
            notification: String::new(),
            number: String::new(),
            account: String::new(),
        };
        let citizen = world.token("citizen").await;
        let first = |page: &Value| page["items"][0]["id"].as_str().expect("an item").to_owned();
        world.dossier = first(&world.json("/api/v1/dossiers", &citizen).await);
        world.shipment = first(&world.json("/api/v1/shipments", &citizen).await);
        world.notification = first(&world.json("/api/v1/notifications", &citizen).await);
        let whole = world
            .json(&format!("/api/v1/dossiers/{}", world.dossier), &citizen)
            .await;
        world.number = whole["number"].as_str().expect("a number").to_owned();
        world.file = whole["attachments"][0]["fileId"]
            .as_str()
            .expect("a file")
            .to_owned();
        let me = world.json("/api/v1/me", &citizen).await;
        world.account = me["id"]
            .as_str()
            .or(me["sub"].as_str())
            .expect("an account")
            .to_owned();
        world
    }

    async fn token(&self, login: &str) -> String {
        let suite = &self.running.suite;
        identity::demo_token(&suite.databases.identity, &suite.rt, login)
            .await
            .expect("a token")
    }

    async fn json(&self, path: &str, token: &str) -> Value {
        let request = self
            .http
            .get(format!("{}{path}", self.running.suite.url))
            .bearer_auth(token);
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), 200, "{path}");
        answer.json().await.expect("JSON")
    }

    /// The path with the ids of this world in it.
    fn path(&self, operation: &Operation) -> String {
        let of = |id: &str| operation.path.replace("{id}", id);
        let path = match operation.path.split('/').nth(3) {
            Some("dossiers") => of(&self.dossier),
            Some("files") => of(&self.file),
            Some("shipments") => of(&self.shipment),
            Some("notifications") => of(&self.notification),
            Some("accounts") => of(&self.account),
            _ => of("00000000-0000-7000-8000-000000000000"),
        };
        path.replace("{number}", &self.number)
            .replace("{code}", "24")
            .replace("{form}", "receipt")
    }

    async fn call(&self, operation: &Operation, token: Option<&str>) -> (u16, String) {
        let method = operation.method.parse().expect("a method");
        let mut request = self.http.request(
            method,
            format!("{}{}", self.running.suite.url, self.path(operation)),
        );
        if operation.writes() {
            request = request.header("if-match", "\"1\"").json(&operation.example);
        }
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await.expect("an answer");
        (
            answer.status().as_u16(),
            answer.text().await.expect("a body"),
        )
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_operation_answers_without_the_right_to_it() {
    let world = World::set().await;
    let operations = operations();
    assert!(
        operations.len() > 40,
        "only {} operations in the document",
        operations.len()
    );
    let mut checks = 0;

    // Nobody.
    let mut open = BTreeSet::new();
    for operation in &operations {
        let (status, body) = world.call(operation, None).await;
        checks += 1;
        assert!(status < 500, "{}: {status} {body}", operation.name());
        if operation.any_of.is_empty() {
            assert_ne!(status, 401, "{} says it is open", operation.name());
            open.insert(operation.name());
        } else {
            assert_eq!(status, 401, "{}: {body}", operation.name());
        }
    }
    let listed: BTreeSet<String> = PUBLIC.iter().map(|s| (*s).to_owned()).collect();
    let unlisted: Vec<_> = open.difference(&listed).collect();
    assert!(
        unlisted.is_empty(),
        "open to all and not on the list: {unlisted:?}"
    );

    // Tokens of others.
    let rt = testkit::runtime();
    rt.clock.set(world.running.suite.rt.clock.now());
    let forged = testkit::token(&rt, &testkit::actors::admin());
    for operation in operations.iter().filter(|o| !o.any_of.is_empty()) {
        for bad in [forged.as_str(), "eyJhbGciOiJub25lIn0.e30.", "x"] {
            let (status, body) = world.call(operation, Some(bad)).await;
            checks += 1;
            assert_eq!(status, 401, "{}: {body}", operation.name());
        }
    }

    // Each role without the right.
    let logins = [
        "citizen2",
        "officer2",
        "specialist3",
        "leader3",
        "agencyadmin",
        "admin",
        "postoffice",
    ];
    for login in logins {
        let token = world.token(login).await;
        let me = actor(&token);
        for operation in operations.iter().filter(|o| !o.any_of.is_empty()) {
            let may = operation
                .any_of
                .iter()
                .any(|p| p.is_empty() || holds(&me, p));
            let (status, body) = world.call(operation, Some(&token)).await;
            checks += 1;
            assert!(
                status < 500,
                "{login} {}: {status} {body}",
                operation.name()
            );
            if !may {
                assert_eq!(status, 403, "{login} {}: {body}", operation.name());
            }
            // The world is another's: nobody here owns or handles its dossier, but the post office carries its result and the
            // agency admin sits in its agency.
            if ["postoffice", "agencyadmin", "admin"].contains(&login) {
                continue;
            }
            assert!(
                !body.contains(&world.number),
                "{login} {} shows another's dossier",
                operation.name()
            );
            let one = ["dossiers", "files", "shipments", "notifications"]
                .iter()
                .any(|r| operation.path.starts_with(&format!("/api/v1/{r}/{{id}}")));
            if one && may {
                assert!(
                    matches!(status, 404 | 403 | 422),
                    "{login} {}: {status} {body}",
                    operation.name()
                );
                assert!(
                    status != 422 || body.contains("body."),
                    "{login} {}: {body}",
                    operation.name()
                );
            }
        }
    }
    assert!(checks > 400, "only {checks} checks");
    println!("{} operations, {checks} checks", operations.len());
    assert!(world.running.suite.stop().await);
}

fn holds(actor: &Actor, permission: &str) -> bool {
    Permission::ALL
        .iter()
        .any(|p| p.name() == permission && actor.can(*p))
}

/// The roles of a token, as its claims say.
fn actor(token: &str) -> Actor {
    #[derive(serde::Deserialize)]
    struct Claims {
        roles: Vec<Role>,
    }
    use base64::Engine as _;
    let payload = token.split('.').nth(1).expect("a JWT");
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(payload)
        .expect("base64url");
    let claims: Claims = serde_json::from_slice(&bytes).expect("claims");
    Actor {
        roles: claims.roles,
        ..testkit::actors::citizen()
    }
}
