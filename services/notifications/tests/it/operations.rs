//! What comes over the broker and cannot be worked on: a person finds each of it, with the reason, and the queue goes on.

use crate::world::received;
use contracts::{CloudEvent, Event as _, events::DossierChanged};
use durable::{Bus, RabbitConfig, Worker};
use kit::Runtime;
use lapin::options::{BasicPublishOptions, ExchangeDeclareOptions, QueueBindOptions};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties, ExchangeKind};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use testkit::{TestApp, TestDb, actors, amqp_url, broker_prefix, wait_for};

const TASKS: &str = "/api/v1/operations/notifications/tasks";

/// Sends as whoever has got hold of the broker.
struct Stranger {
    channel: Channel,
    exchange: String,
}

impl Stranger {
    /// Whatever the type is, it goes into the queue of this service.
    async fn come(connection: &Connection, prefix: &str) -> Self {
        let channel = connection.create_channel().await.expect("a channel");
        let exchange = format!("{prefix}stranger");
        channel
            .exchange_declare(
                exchange.as_str().into(),
                ExchangeKind::Topic,
                ExchangeDeclareOptions {
                    auto_delete: true,
                    ..ExchangeDeclareOptions::default()
                },
                FieldTable::default(),
            )
            .await
            .expect("an exchange");
        channel
            .queue_bind(
                format!("{prefix}motcua.notifications").into(),
                exchange.as_str().into(),
                "#".into(),
                QueueBindOptions::default(),
                FieldTable::default(),
            )
            .await
            .expect("bound");
        Self { channel, exchange }
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "sends what durable::publish would not"
    )]
    async fn send(&self, kind: &str, body: &[u8], properties: BasicProperties) {
        self.channel
            .basic_publish(
                self.exchange.as_str().into(),
                kind.into(),
                BasicPublishOptions::default(),
                body,
                properties,
            )
            .await
            .expect("sent");
    }
}

/// A dossier's event as it travels, sealed.
fn message(rt: &Runtime) -> CloudEvent {
    let now = rt.clock.now();
    durable::wrap_message(&received(now), rt.ids.uuid(now), now, None, rt).expect("JSON")
}

fn bytes(message: &CloudEvent) -> Vec<u8> {
    serde_json::to_vec(message).expect("JSON")
}

async fn list(app: &TestApp, query: &str) -> Vec<Value> {
    let path = format!("{TASKS}?limit=100{query}");
    let page = app
        .as_(&actors::admin())
        .get(&path)
        .await
        .expect(200)
        .json();
    page["items"].as_array().expect("items").clone()
}

/// Ids by reason.
async fn dead(app: &TestApp) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    list(app, "")
        .await
        .iter()
        .map(|task| (text(&task["lastError"]), text(&task["id"])))
        .collect()
}

async fn notices(app: &TestApp) -> usize {
    let path = "/api/v1/notifications?limit=100";
    let page = app
        .as_(&actors::citizen())
        .get(path)
        .await
        .expect(200)
        .json();
    page["items"].as_array().expect("items").len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rabbit_whatever_cannot_be_worked_on_is_found_by_an_operator() {
    let Some(url) = amqp_url() else { return };
    let rt = testkit::runtime();
    let prefix = broker_prefix();
    let mut settings = RabbitConfig::new(&url, &prefix, 16);
    settings.expires_milliseconds = Some(120_000);
    let bus = Bus::rabbit(settings, &rt);
    let db = TestDb::with(&rt, notifications::migrations).await;
    let config = testkit::config(
        notifications::DEFAULTS,
        &[
            ("database.url", db.url()),
            ("database.poll_milliseconds", "20".to_owned()),
            ("email.transport", "off".to_owned()),
            ("sms.transport", "off".to_owned()),
        ],
    );
    let app = TestApp::start(&rt, async |listener| {
        notifications::start(config, listener, &rt, &bus).await
    })
    .await;
    let other = TestDb::with(&rt, Vec::new).await;
    Worker::new("dossier", &other.db, &bus, &rt, Arc::new(())).spawn();
    let event = &received(rt.clock.now());
    let sender = &rt;
    other
        .db
        .tx(|tx| async move { durable::publish(&tx, sender, event).await })
        .await
        .expect("published");
    wait_for("the first notice", || async {
        rt.clock.advance(chrono::TimeDelta::seconds(1));
        (notices(&app).await == 1).then_some(())
    })
    .await;

    let connection = Connection::connect(&url, ConnectionProperties::default())
        .await
        .expect("the broker answers");
    let stranger = Stranger::come(&connection, &prefix).await;
    let kind = DossierChanged::TYPE;
    let none = BasicProperties::default;
    let good = message(&rt);
    let changed = |change: fn(&mut Value)| {
        let mut value = serde_json::to_value(message(&rt)).expect("JSON");
        change(&mut value);
        value.to_string().into_bytes()
    };
    let cases: [(Vec<u8>, &str); 6] = [
        (
            b"{\"specversion\": \"1.0\", Nguyen}".to_vec(),
            "not a CloudEvent: Syntax at line 1",
        ),
        (
            changed(|m| drop(m.as_object_mut().expect("fields").remove("id"))),
            "not a CloudEvent: Data at line 1",
        ),
        (
            vec![b'x'; durable::LARGEST + 1],
            "larger than 8388608 bytes; the first 65536 of 8388609 bytes are kept",
        ),
        (
            changed(|m| m["specversion"] = "0.3".into()),
            "not CloudEvents 1.0",
        ),
        (
            changed(|m| m["data"] = json!({ "status": "done" })),
            "event not understood: an event about persons came unsealed",
        ),
        (
            changed(|m| m["type"] = "postal.shipment-changed.v1".into()),
            "sent under another type than it names",
        ),
    ];
    for (body, _) in &cases {
        stranger.send(kind, body, none()).await;
    }
    // Forged ids: not one at all, another than the broker was told, and one that another message has.
    stranger
        .send(kind, &changed(|m| m["id"] = "1 or 1=1\u{7}".into()), none())
        .await;
    let outside = none().with_message_id(rt.ids.uuid(rt.clock.now()).to_string().into());
    stranger.send(kind, &bytes(&message(&rt)), outside).await;
    stranger.send(kind, &bytes(&good), none()).await;
    let mut forged = message(&rt);
    forged.id = good.id;
    stranger.send(kind, &bytes(&forged), none()).await;
    // An older and a newer version of a type, and a type that nobody knows.
    let unknown = [
        "dossier.dossier-changed.v0",
        "dossier.dossier-changed.v2",
        "nobody.knows-this.v1",
    ];
    for kind in unknown {
        let mut message = message(&rt);
        message.event_type = kind.to_owned();
        stranger.send(kind, &bytes(&message), none()).await;
    }
    stranger.send(kind, &bytes(&message(&rt)), none()).await;
    wait_for("what came last", || async {
        (notices(&app).await == 3).then_some(())
    })
    .await;

    let reasons = [
        "sent under another id than it names",
        "another message has come with this id before",
    ];
    let expected: Vec<&str> = cases.iter().map(|(_, r)| *r).chain(reasons).collect();
    let found = wait_for("all of it", || async {
        let found = dead(&app).await;
        (list(&app, "").await.len() == expected.len() + 1).then_some(found)
    })
    .await;
    for reason in &expected {
        let id = found
            .get(*reason)
            .unwrap_or_else(|| panic!("{reason}: {found:?}"));
        let path = format!("{TASKS}/{id}");
        let shown = app
            .as_(&actors::admin())
            .get(&path)
            .await
            .expect(200)
            .json();
        assert_eq!(shown["lastError"], *reason);
        assert_eq!(shown["kind"], kind);
    }
    // What waits for a release that knows it is seen at once, and among those given up after a day.
    for kind in unknown {
        let waits = list(&app, &format!("&state=ready&kind={kind}")).await;
        assert_eq!(waits.len(), 1, "{kind}");
    }
    rt.clock.advance(chrono::TimeDelta::hours(25));
    let given_up = wait_for("a day to pass", || async {
        let all = list(&app, "").await;
        let given_up: Vec<Value> = all
            .into_iter()
            .filter(|task| task["lastError"] == "nobody here handles this type")
            .collect();
        (given_up.len() == unknown.len()).then_some(given_up)
    })
    .await;

    // Only for the administrators of the province; each act has a reason and is written down.
    let id = given_up[0]["id"].as_str().expect("an id");
    let why = json!({ "reason": "bản mới đã chạy" });
    app.as_(&actors::officer()).get(TASKS).await.expect(403);
    app.anonymous().get(TASKS).await.expect(401);
    let replay = format!("{TASKS}/{id}/replay");
    app.as_(&actors::agency_admin())
        .post(&replay, &why)
        .await
        .expect(403);
    let admin = actors::admin();
    let problem = app
        .as_(&admin)
        .post(&replay, &json!({ "reason": " " }))
        .await
        .expect_problem(422, "body.invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/reason");
    let task = app.as_(&admin).post(&replay, &why).await.expect(200).json();
    assert_eq!(task["state"], "ready");
    assert_eq!(task["journal"][0]["action"], "replay");
    assert_eq!(task["journal"][0]["reason"], "bản mới đã chạy");
    assert_eq!(task["journal"][0]["account"], json!(admin.subject));
    app.as_(&admin)
        .post(&replay, &why)
        .await
        .expect_problem(409, "task.not-dead");
    let id = &found["not a CloudEvent: Syntax at line 1"];
    let discard = format!("{TASKS}/{id}/discard");
    app.as_(&admin).post(&discard, &why).await.expect(200);
    app.as_(&admin)
        .post(&discard, &why)
        .await
        .expect_problem(404, "task.not-found");
    assert_eq!(notices(&app).await, 3);
    connection.close(200, "done".into()).await.expect("closed");
    assert!(
        rt.lifecycle
            .shut_down(std::time::Duration::from_secs(10))
            .await
    );
}
