//! With a real broker: `MOTCUA_TEST_AMQP_URL`.

use crate::{App, Pinged, app, migrations, notes, noting_worker, ping, publish, unsent};
use contracts::{CloudEvent, Event as _};
use durable::{Bus, Db, RabbitConfig, Worker};
use kit::Runtime;
use lapin::options::{
    BasicGetOptions, BasicPublishOptions, QueueDeclareOptions, QueueDeleteOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties};
use std::sync::Arc;
use testkit::proxy::Proxy;
use testkit::{TestDb, amqp_url, broker_prefix, wait_for};

fn config(url: &str, prefix: &str) -> RabbitConfig {
    let mut config = RabbitConfig::new(url, prefix, 16);
    // Leftovers vanish by themselves.
    config.expires_milliseconds = Some(120_000);
    config
}

/// A connection of the test's own, to look and to send what no service would.
async fn side_door(url: &str) -> (Connection, Channel) {
    let connection = Connection::connect(url, ConnectionProperties::default())
        .await
        .expect("the broker answers");
    let channel = connection.create_channel().await.expect("a channel");
    (connection, channel)
}

#[expect(
    clippy::disallowed_methods,
    reason = "sends what durable::publish would not"
)]
async fn send_raw(channel: &Channel, prefix: &str, body: &[u8]) {
    channel
        .basic_publish(
            format!("{prefix}motcua.events").into(),
            Pinged::TYPE.into(),
            BasicPublishOptions::default(),
            body,
            BasicProperties::default(),
        )
        .await
        .expect("sent");
}

/// Waits until the consumer's queue is there with a reader.
async fn wait_for_reader(channel: &Channel, prefix: &str, consumer: &str) {
    let queue = format!("{prefix}motcua.{consumer}");
    wait_for("a reader of the queue", || async {
        let mut arguments = FieldTable::default();
        arguments.insert(
            "x-queue-type".into(),
            AMQPValue::LongString("quorum".into()),
        );
        arguments.insert("x-expires".into(), AMQPValue::LongUInt(120_000));
        arguments.insert(
            "x-dead-letter-exchange".into(),
            AMQPValue::LongString(format!("{prefix}motcua.dead").into()),
        );
        let declared = channel
            .queue_declare(
                queue.as_str().into(),
                QueueDeclareOptions::durable(),
                arguments,
            )
            .await
            .expect("the same queue as the service declares");
        (declared.consumer_count() > 0).then_some(())
    })
    .await;
}

async fn wait_for_notes(db: &Db, wanted: &[&str]) {
    wait_for("the effects", || async {
        let mut seen = notes(db).await;
        seen.sort();
        (seen == wanted).then_some(())
    })
    .await;
}

async fn stop(rt: &Runtime) {
    assert!(
        rt.lifecycle
            .shut_down(std::time::Duration::from_secs(10))
            .await,
        "stops in time"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rabbit_carries_an_event_from_one_database_to_another() {
    let Some(url) = amqp_url() else { return };
    let (sender_db, rt, sender) = app().await;
    let listener_db = TestDb::with(&rt, migrations).await;
    let listener = Arc::new(App {
        db: listener_db.db.clone(),
        rt: rt.clone(),
    });
    let prefix = broker_prefix();
    let (_side, channel) = side_door(&url).await;
    // Each service has a bus of its own, as in processes of their own.
    noting_worker(&listener, &Bus::rabbit(config(&url, &prefix), &rt)).spawn();
    wait_for_reader(&channel, &prefix, "listener").await;
    Worker::new(
        "sender",
        &sender_db.db,
        &Bus::rabbit(config(&url, &prefix), &rt),
        &rt,
        Arc::clone(&sender),
    )
    .spawn();
    for (version, text) in [(1, "a"), (2, "b"), (3, "c")] {
        publish(&sender, &ping("s", version, text)).await;
    }
    wait_for_notes(&listener_db.db, &["a", "b", "c"]).await;
    wait_for("all sent", || async {
        (unsent(&sender_db.db).await == 0).then_some(())
    })
    .await;
    stop(&rt).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rabbit_may_bring_a_message_twice_and_it_has_one_effect() {
    let Some(url) = amqp_url() else { return };
    let (test, rt, app) = app().await;
    let prefix = broker_prefix();
    let (_side, channel) = side_door(&url).await;
    noting_worker(&app, &Bus::rabbit(config(&url, &prefix), &rt)).spawn();
    wait_for_reader(&channel, &prefix, "listener").await;
    let now = rt.clock.now();
    let message = |text: &str| {
        let event = ping("s", 1, text);
        let message = CloudEvent::wrap(&event, rt.ids.uuid(now), now, None).expect("JSON");
        serde_json::to_vec(&message).expect("JSON")
    };
    let once = message("once");
    send_raw(&channel, &prefix, &once).await;
    send_raw(&channel, &prefix, &once).await;
    // Behind them in the same queue: when it is here, they are.
    send_raw(&channel, &prefix, &message("the last")).await;
    wait_for_notes(&test.db, &["once", "the last"]).await;
    stop(&rt).await;
    assert_eq!(notes(&test.db).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rabbit_messages_that_cannot_be_read_go_to_the_dead_and_hold_up_nobody() {
    let Some(url) = amqp_url() else { return };
    let (test, rt, app) = app().await;
    let prefix = broker_prefix();
    let (_side, channel) = side_door(&url).await;
    noting_worker(&app, &Bus::rabbit(config(&url, &prefix), &rt)).spawn();
    wait_for_reader(&channel, &prefix, "listener").await;
    let now = rt.clock.now();
    let mut message =
        CloudEvent::wrap(&ping("s", 1, "good"), rt.ids.uuid(now), now, None).expect("JSON");
    let good = serde_json::to_vec(&message).expect("JSON");
    message.event_type = "bad\0type".to_owned();
    let odd = serde_json::to_vec(&message).expect("JSON");
    message.event_type = Pinged::TYPE.to_owned();
    message.specversion = "9".to_owned();
    let other = serde_json::to_vec(&message).expect("JSON");
    let bad: [&[u8]; 5] = [b"no JSON", b"{}", b"\xff\xfe", &odd, &other];
    for body in bad {
        send_raw(&channel, &prefix, body).await;
    }
    send_raw(&channel, &prefix, &good).await;
    wait_for_notes(&test.db, &["good"]).await;

    let dead = format!("{prefix}motcua.dead");
    let mut found = Vec::new();
    while found.len() < bad.len() {
        let message = wait_for("a dead message", || async {
            let options = BasicGetOptions { no_ack: true };
            channel
                .basic_get(dead.as_str().into(), options)
                .await
                .expect("the queue of the dead")
        })
        .await;
        found.push(message.delivery.data);
    }
    found.sort();
    let mut expected: Vec<Vec<u8>> = bad.iter().map(|body| body.to_vec()).collect();
    expected.sort();
    assert_eq!(found, expected);
    stop(&rt).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rabbit_lines_that_are_cut_lose_nothing() {
    let Some(url) = amqp_url() else { return };
    let (test, rt, app) = app().await;
    let prefix = broker_prefix();
    let (proxy, through) = Proxy::before(&url, 5672).await;
    let (_side, channel) = side_door(&url).await;
    noting_worker(&app, &Bus::rabbit(config(&through, &prefix), &rt)).spawn();
    wait_for_reader(&channel, &prefix, "listener").await;
    publish(&app, &ping("s", 1, "a before")).await;
    wait_for_notes(&test.db, &["a before"]).await;

    proxy.cut();
    publish(&app, &ping("s", 2, "b while")).await;
    publish(&app, &ping("t", 1, "c while")).await;
    proxy.open();
    wait_for_notes(&test.db, &["a before", "b while", "c while"]).await;

    // In the middle of a stream, again and again.
    for n in 0..30 {
        publish(&app, &ping("u", n, &format!("d {n:02}"))).await;
        if n % 10 == 5 {
            proxy.drop_connections();
        }
    }
    wait_for("all of it", || async {
        (notes(&test.db).await.len() == 33).then_some(())
    })
    .await;
    wait_for("all sent", || async {
        (unsent(&test.db).await == 0).then_some(())
    })
    .await;
    stop(&rt).await;
    assert_eq!(notes(&test.db).await.len(), 33, "each once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rabbit_queue_that_was_deleted_is_made_again() {
    let Some(url) = amqp_url() else { return };
    let (test, rt, app) = app().await;
    let prefix = broker_prefix();
    let (_side, channel) = side_door(&url).await;
    noting_worker(&app, &Bus::rabbit(config(&url, &prefix), &rt)).spawn();
    wait_for_reader(&channel, &prefix, "listener").await;
    channel
        .queue_delete(
            format!("{prefix}motcua.listener").into(),
            QueueDeleteOptions::default(),
        )
        .await
        .expect("deleted");
    publish(&app, &ping("s", 1, "after")).await;
    wait_for("the effect", || async {
        // The event may have been returned while there was no queue.
        rt.clock.advance(chrono::Duration::seconds(1));
        (notes(&test.db).await == ["after"]).then_some(())
    })
    .await;
    stop(&rt).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rabbit_that_is_away_at_the_start_stops_nothing() {
    let Some(url) = amqp_url() else { return };
    let (test, rt, app) = app().await;
    let prefix = broker_prefix();
    let (proxy, through) = Proxy::before(&url, 5672).await;
    proxy.cut();
    noting_worker(&app, &Bus::rabbit(config(&through, &prefix), &rt)).spawn();
    publish(&app, &ping("s", 1, "patience")).await;
    testkit::deliver(&test.db, "listener", &ping("t", 1, "own work")).await;
    wait_for_notes(&test.db, &["own work"]).await;
    assert_eq!(unsent(&test.db).await, 1);

    proxy.open();
    let (_side, channel) = side_door(&url).await;
    // The relay may connect before there is a queue: then the event waits for its next attempt.
    wait_for_reader(&channel, &prefix, "listener").await;
    rt.clock.advance(chrono::Duration::seconds(5));
    wait_for_notes(&test.db, &["own work", "patience"]).await;
    stop(&rt).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rabbit_events_without_a_queue_wait_for_one() {
    let Some(url) = amqp_url() else { return };
    let (test, rt, app) = app().await;
    let prefix = broker_prefix();
    let sends = Worker::new(
        "sender",
        &test.db,
        &Bus::rabbit(config(&url, &prefix), &rt),
        &rt,
        Arc::clone(&app),
    );
    publish(&app, &ping("s", 1, "early")).await;
    sends.run_due().await;
    assert_eq!(
        unsent(&test.db).await,
        1,
        "a returned message is not a sent one"
    );

    let (_side, channel) = side_door(&url).await;
    noting_worker(&app, &Bus::rabbit(config(&url, &prefix), &rt)).spawn();
    wait_for_reader(&channel, &prefix, "listener").await;
    rt.clock.advance(chrono::Duration::seconds(5));
    sends.run_due().await;
    wait_for_notes(&test.db, &["early"]).await;
    stop(&rt).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rabbit_keeps_messages_while_the_database_is_away() {
    let Some(url) = amqp_url() else { return };
    if !testkit::on_postgres() {
        return; // A file is not away.
    }
    let rt = testkit::runtime();
    let test = TestDb::with(&rt, migrations).await;
    let prefix = broker_prefix();
    let (proxy, through) = Proxy::before(&test.url(), 5432).await;
    let mut through_proxy = test.config();
    through_proxy.url = through;
    let db = Db::open(&through_proxy, &rt)
        .await
        .expect("through the proxy");
    let app = Arc::new(App { db, rt: rt.clone() });
    let (_side, channel) = side_door(&url).await;
    noting_worker(&app, &Bus::rabbit(config(&url, &prefix), &rt)).spawn();
    wait_for_reader(&channel, &prefix, "listener").await;

    proxy.cut();
    let now = rt.clock.now();
    for n in 0..5 {
        let event = ping("s", n, &format!("{n}"));
        let message = CloudEvent::wrap(&event, rt.ids.uuid(now), now, None).expect("JSON");
        send_raw(
            &channel,
            &prefix,
            &serde_json::to_vec(&message).expect("JSON"),
        )
        .await;
    }
    wait_for("the reader to give up", || async {
        let declared = channel
            .queue_declare(
                format!("{prefix}motcua.listener").as_str().into(),
                QueueDeclareOptions {
                    passive: true,
                    ..QueueDeclareOptions::default()
                },
                FieldTable::default(),
            )
            .await
            .expect("the queue");
        (declared.consumer_count() == 0).then_some(())
    })
    .await;
    assert!(notes(&test.db).await.is_empty());
    proxy.open();
    wait_for_notes(&test.db, &["0", "1", "2", "3", "4"]).await;
    stop(&rt).await;
}
