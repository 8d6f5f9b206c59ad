//! The whole service as it runs, with a real broker between it and its neighbours.

use crate::world::received;
use durable::{Bus, RabbitConfig, Worker};
use std::sync::Arc;
use testkit::{TestApp, TestDb, actors, amqp_url, broker_prefix, wait_for};

#[tokio::test]
async fn rabbit_a_transition_becomes_a_notice_and_a_letter() {
    let Some(url) = amqp_url() else { return };
    let rt = testkit::runtime();
    let mut settings = RabbitConfig::new(&url, &broker_prefix(), 16);
    settings.expires_milliseconds = Some(120_000);
    let bus = Bus::rabbit(settings, &rt);

    let db = TestDb::with(&rt, notifications::migrations).await;
    let folder = tempfile::tempdir().expect("a folder");
    let config = testkit::config(
        notifications::DEFAULTS,
        &[
            ("database.url", db.url()),
            ("database.poll_milliseconds", "20".to_owned()),
            ("email.directory", folder.path().display().to_string()),
            ("sms.transport", "off".to_owned()),
        ],
    );
    let app = TestApp::start(&rt, async |listener| {
        notifications::start(config, listener, &rt, &bus).await
    })
    .await;

    let other = TestDb::with(&rt, Vec::new).await;
    Worker::new("dossier", &other.db, &bus, &rt, Arc::new(())).spawn();
    let event = received(rt.clock.now());
    other
        .db
        .tx(|tx| {
            let (rt, event) = (&rt, &event);
            async move { durable::publish(&tx, rt, event).await }
        })
        .await
        .expect("published");

    let me = actors::citizen();
    let item = wait_for("the notice", || async {
        // What nobody could take yet is sent again after a while.
        rt.clock.advance(chrono::TimeDelta::seconds(1));
        let page = app
            .as_(&me)
            .get("/api/v1/notifications")
            .await
            .expect(200)
            .json();
        page["items"].get(0).cloned()
    })
    .await;
    assert_eq!(item["kind"], "receive");
    wait_for("the letter", || async {
        let path = format!("/api/v1/notifications/{}", item["id"].as_str()?);
        let detail = app.as_(&me).get(&path).await.expect(200).json();
        (detail["deliveries"][0]["state"] == "sent").then_some(())
    })
    .await;
    let letters = std::fs::read_dir(folder.path()).expect("folder").count();
    assert_eq!(letters, 1);
    rt.lifecycle
        .shut_down(std::time::Duration::from_secs(10))
        .await;
}
