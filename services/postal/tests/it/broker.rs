//! The whole service as it runs, with a real broker between it and its neighbours.

use crate::world::done;
use contracts::events::{DossierChanged, ShipmentChanged, ShipmentState};
use contracts::{Actor, DossierId};
use durable::{Bus, Done, RabbitConfig, Task, TaskError, Worker};
use std::sync::{Arc, Mutex};
use testkit::{TestApp, TestDb, actors, amqp_url, broker_prefix, wait_for};

/// What a neighbour has heard.
#[derive(Default)]
struct Heard(Mutex<Vec<(i64, ShipmentState)>>);

#[tokio::test]
async fn rabbit_a_dossier_becomes_a_shipment_and_the_neighbours_hear_of_it() {
    let Some(url) = amqp_url() else { return };
    let rt = testkit::runtime();
    let mut settings = RabbitConfig::new(&url, &broker_prefix(), 16);
    settings.expires_milliseconds = Some(120_000);
    let bus = Bus::rabbit(settings, &rt);

    let db = TestDb::with(&rt, postal::migrations).await;
    let config = testkit::config(
        postal::DEFAULTS,
        &[
            ("database.url", db.url()),
            ("database.poll_milliseconds", "20".to_owned()),
        ],
    );
    let app = TestApp::start(&rt, async |listener| {
        postal::start(config, listener, &rt, &bus).await
    })
    .await;

    // A neighbour that publishes dossiers and listens to shipments, in a database of its own.
    let other = TestDb::with(&rt, Vec::new).await;
    let heard = Arc::new(Heard::default());
    let listening = other.db.clone();
    Worker::new("dossier", &other.db, &bus, &rt, Arc::clone(&heard))
        .on::<ShipmentChanged, _, _>(move |heard, task: Task<ShipmentChanged>| {
            let db = listening.clone();
            async move {
                heard
                    .0
                    .lock()
                    .expect("lock")
                    .push((task.event.version, task.event.state));
                let done: Result<Done, TaskError> = Ok(task.skip(&db).await?);
                done
            }
        })
        .spawn();

    let me: Actor = actors::citizen();
    let event: DossierChanged = done(&me, actors::AGENCY, DossierId(rt.ids.uuid(rt.clock.now())));
    other
        .db
        .tx(|tx| {
            let (rt, event) = (&rt, &event);
            async move { durable::publish(&tx, rt, event).await }
        })
        .await
        .expect("published");
    let shipment = wait_for("the shipment", || async {
        // What nobody could take yet is sent again after a while.
        rt.clock.advance(chrono::TimeDelta::seconds(1));
        let page = app
            .as_(&me)
            .get("/api/v1/shipments")
            .await
            .expect(200)
            .json();
        page["items"].get(0).cloned()
    })
    .await;
    app.as_(&actors::post_office())
        .post(
            "/api/v1/shipments/manifests",
            &crate::world::manifest(&[&shipment]),
        )
        .await
        .expect(201);
    wait_for("the hand-over", || async {
        rt.clock.advance(chrono::TimeDelta::seconds(1));
        let mut seen = heard.0.lock().expect("lock").clone();
        seen.sort_by_key(|(version, _)| *version);
        (seen == [(1, ShipmentState::Ready), (2, ShipmentState::HandedToPost)]).then_some(())
    })
    .await;
    rt.lifecycle
        .shut_down(std::time::Duration::from_secs(10))
        .await;
}
