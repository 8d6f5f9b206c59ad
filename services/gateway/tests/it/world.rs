//! A gateway with a small document, and stand-ins for dossier, identity and portal.

use gateway::Config;
use kit::Runtime;
use serde_json::{Value, json};
use testkit::TestApp;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

pub(crate) struct World {
    pub(crate) app: TestApp,
    pub(crate) rt: Runtime,
    pub(crate) dossier: MockServer,
    pub(crate) identity: MockServer,
    pub(crate) portal: MockServer,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(&[]).await
    }

    /// Stand-ins that answer 200 with their name, unless a test says otherwise first.
    pub(crate) async fn with(changes: &[(&str, String)]) -> Self {
        let rt = testkit::runtime();
        Self::on(rt, changes).await
    }

    pub(crate) async fn on(rt: Runtime, changes: &[(&str, String)]) -> Self {
        let (dossier, identity, portal) = (
            stand_in("dossier").await,
            stand_in("identity").await,
            stand_in("portal").await,
        );
        for (name, server) in [
            ("dossier", &dossier),
            ("identity", &identity),
            ("portal", &portal),
        ] {
            rt.directory.set(name, server.uri().parse().expect("url"));
        }
        let config: Config = testkit::config(gateway::DEFAULTS, changes);
        let app = TestApp::start(&rt, async |listener| {
            gateway::start(config, listener, &rt, &document().to_string()).await
        })
        .await;
        Self {
            app,
            rt,
            dossier,
            identity,
            portal,
        }
    }

    /// Requests that the dossier service saw.
    pub(crate) async fn seen(&self) -> Vec<wiremock::Request> {
        self.dossier.received_requests().await.expect("recorded")
    }
}

async fn stand_in(name: &'static str) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200).set_body_string(name))
        .with_priority(200)
        .mount(&server)
        .await;
    server
}

fn operation(service: &str, id: &str, security: &Value) -> Value {
    json!({ "operationId": id, "x-motcua-service": service, "security": security })
}

/// A public document as `merge` makes it.
pub(crate) fn document() -> Value {
    let read = json!([{"bearer": ["dossier.read"]}]);
    let receive = json!([{"bearer": ["dossier.receive"]}]);
    let public = json!([{}]);
    json!({
        "openapi": "3.1.0",
        "info": {"title": "test", "version": "1.0.0"},
        "paths": {
            "/api/v1/dossiers": {
                "get": operation("dossier", "listDossiers", &read),
                "post": operation("dossier", "fileDossier", &json!([{"bearer": ["dossier.file"]}])),
            },
            "/api/v1/dossiers/{id}": { "get": operation("dossier", "getDossier", &read) },
            "/api/v1/dossiers/{id}/receive": { "post": operation("dossier", "receive", &receive) },
            "/api/v1/dossiers/{id}/forms/{form}.pdf": { "get": operation("dossier", "getForm", &read) },
            "/api/v1/files": { "post": operation("dossier", "uploadFile", &json!([{"bearer": ["file.upload"]}])) },
            "/api/v1/tracking/{number}": { "get": operation("dossier", "track", &public) },
            "/api/v1/away": { "get": operation("postal", "away", &public) },
            "/oauth2/token": { "post": operation("identity", "issueToken", &public) },
        },
    })
}
