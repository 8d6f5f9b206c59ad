//! With a real broker: `MOTCUA_TEST_AMQP_URL`.

use crate::{App, Pinged, app, migrations, notes, noting_worker, ping, publish, unsent};
use contracts::{CloudEvent, Event as _};
use durable::{Bus, Db, RabbitConfig, Worker};
use kit::Runtime;
use lapin::options::{
    BasicGetOptions, BasicNackOptions, BasicPublishOptions, QueueDeclareOptions, QueueDeleteOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties};
use std::process::Command;
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

async fn send_raw(channel: &Channel, prefix: &str, body: &[u8]) {
    send_as(channel, prefix, body, BasicProperties::default()).await;
}

#[expect(
    clippy::disallowed_methods,
    reason = "sends what durable::publish would not"
)]
async fn send_as(channel: &Channel, prefix: &str, body: &[u8], properties: BasicProperties) {
    channel
        .basic_publish(
            format!("{prefix}motcua.events").into(),
            Pinged::TYPE.into(),
            BasicPublishOptions::default(),
            body,
            properties,
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
        for (name, value) in [
            (
                "x-dead-letter-exchange",
                format!("{prefix}motcua.{consumer}.dead"),
            ),
            ("x-dead-letter-strategy", "at-least-once".to_owned()),
            ("x-overflow", "reject-publish".to_owned()),
        ] {
            arguments.insert(name.into(), AMQPValue::LongString(value.into()));
        }
        arguments.insert("x-delivery-limit".into(), AMQPValue::LongInt(20));
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
async fn rabbit_messages_that_cannot_be_stored_are_kept_as_dead_with_the_reason() {
    let Some(url) = amqp_url() else { return };
    let (test, rt, app) = app().await;
    let prefix = broker_prefix();
    let (_side, channel) = side_door(&url).await;
    noting_worker(&app, &Bus::rabbit(config(&url, &prefix), &rt)).spawn();
    wait_for_reader(&channel, &prefix, "listener").await;
    let now = rt.clock.now();
    let good = CloudEvent::wrap(&ping("s", 1, "good"), rt.ids.uuid(now), now, None).expect("JSON");
    let json = |message: &CloudEvent| serde_json::to_vec(message).expect("JSON");
    let changed = |change: fn(&mut CloudEvent)| {
        let mut message = good.clone();
        message.id = rt.ids.uuid(now);
        change(&mut message);
        json(&message)
    };
    let mut nameless: serde_json::Value = serde_json::to_value(&good).expect("JSON");
    nameless.as_object_mut().expect("an object").remove("id");
    let large = vec![b'x'; durable::LARGEST + 1];
    let bad = [
        (b"no JSON".to_vec(), "not a CloudEvent: Syntax at line 1"),
        (b"\xff\xfe".to_vec(), "not a CloudEvent: Syntax at line 1"),
        (
            b"{\"specversion\":".to_vec(),
            "not a CloudEvent: Eof at line 1",
        ),
        (
            nameless.to_string().into_bytes(),
            "not a CloudEvent: Data at line 1",
        ),
        (
            large,
            "larger than 8388608 bytes; the first 65536 of 8388609 bytes are kept",
        ),
        (
            changed(|m| m.event_type = "bad\0type".to_owned()),
            "a type that cannot be stored",
        ),
        (
            changed(|m| m.event_type = "test.other.v1".to_owned()),
            "sent under another type than it names",
        ),
        (
            changed(|m| m.specversion = "9".to_owned()),
            "not CloudEvents 1.0",
        ),
    ];
    for (body, _) in &bad {
        // Twice: after a lost acknowledgement the broker brings it again.
        send_raw(&channel, &prefix, body).await;
        send_raw(&channel, &prefix, body).await;
    }
    let properties =
        BasicProperties::default().with_message_id(rt.ids.uuid(now).to_string().into());
    send_as(&channel, &prefix, &changed(|_| {}), properties).await;
    send_raw(&channel, &prefix, &json(&good)).await;
    // The id of another, under which it says something else.
    let mut forged = good.clone();
    forged.data = serde_json::to_value(ping("s", 1, "forged")).expect("JSON");
    send_raw(&channel, &prefix, &json(&forged)).await;
    let last = changed(|m| m.data["note"] = "last".into());
    send_raw(&channel, &prefix, &last).await;
    wait_for_notes(&test.db, &["good", "last"]).await;

    let mut expected: Vec<&str> = bad.iter().map(|(_, reason)| *reason).collect();
    expected.extend([
        "sent under another id than it names",
        "another message has come with this id before",
    ]);
    expected.sort_unstable();
    let dead = durable::dead_tasks(&test.db, 50).await.expect("a list");
    let mut found: Vec<&str> = dead
        .iter()
        .filter_map(|t| t.last_error.as_deref())
        .collect();
    found.sort_unstable();
    assert_eq!(found, expected);
    for task in &dead {
        assert_eq!(task.kind, Pinged::TYPE);
        // Somebody looks, and tries again: it fails with the place named, and is there again.
        assert!(
            durable::operations::task(&test.db, task.id)
                .await
                .expect("an answer")
                .is_some()
        );
    }
    stop(&rt).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rabbit_messages_delivered_too_often_are_kept_as_dead() {
    let Some(url) = amqp_url() else { return };
    let (test, rt, app) = app().await;
    let prefix = broker_prefix();
    let (_side, channel) = side_door(&url).await;
    // Makes the queues, then stops: a stand-in takes the message and gives it back until the broker has enough.
    noting_worker(&app, &Bus::rabbit(config(&url, &prefix), &rt)).spawn();
    wait_for_reader(&channel, &prefix, "listener").await;
    let message = CloudEvent::wrap(
        &ping("s", 1, "heavy"),
        rt.ids.uuid(rt.clock.now()),
        rt.clock.now(),
        None,
    )
    .expect("JSON");
    publish(&app, &ping("s", 1, "light")).await;
    wait_for_notes(&test.db, &["light"]).await;
    stop(&rt).await;

    let properties = BasicProperties::default().with_message_id(message.id.to_string().into());
    let body = serde_json::to_vec(&message).expect("JSON");
    send_as(&channel, &prefix, &body, properties).await;
    let queue = format!("{prefix}motcua.listener");
    wait_for("the broker to put it aside", || async {
        let got = channel
            .basic_get(queue.as_str().into(), BasicGetOptions { no_ack: false })
            .await
            .expect("the queue");
        if let Some(got) = got {
            got.acker
                .nack(BasicNackOptions {
                    requeue: true,
                    ..BasicNackOptions::default()
                })
                .await
                .expect("given back");
        }
        let aside = channel
            .queue_declare(
                format!("{prefix}motcua.listener.dead").as_str().into(),
                QueueDeclareOptions {
                    passive: true,
                    ..QueueDeclareOptions::default()
                },
                FieldTable::default(),
            )
            .await
            .expect("the queue of the dead");
        (aside.message_count() > 0).then_some(())
    })
    .await;

    let rt = testkit::runtime();
    let app = Arc::new(App {
        db: test.db.clone(),
        rt: rt.clone(),
    });
    let worker = Worker::new(
        "listener",
        &app.db,
        &Bus::rabbit(config(&url, &prefix), &rt),
        &rt,
        Arc::clone(&app),
    )
    .on::<Pinged, _, _>(crate::noting);
    worker.spawn();
    let dead = wait_for("the dead task", || async {
        let dead = durable::dead_tasks(&test.db, 5).await.expect("a list");
        dead.into_iter().next()
    })
    .await;
    assert_eq!(dead.key, message.id.to_string());
    assert_eq!(
        dead.last_error.as_deref(),
        Some("delivered too often without being stored")
    );
    let by = durable::By::command_line("tester", "the cause is gone");
    assert!(
        durable::replay(&test.db, dead.id, &by)
            .await
            .expect("an answer")
    );
    wait_for_notes(&test.db, &["heavy", "light"]).await;
    stop(&rt).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rabbit_lines_that_are_cut_lose_nothing() {
    let Some(url) = amqp_url() else { return };
    lines_are_cut(&url, &url).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rabbit_lines_with_tls_that_are_cut_lose_nothing() {
    let (Some(plain), Some(url), Some(ca)) = (
        amqp_url(),
        kit::config::variable("MOTCUA_TEST_AMQPS_URL"),
        kit::config::variable("MOTCUA_TEST_CA"),
    ) else {
        return;
    };
    // Whom we believe is said in the environment of a process: the test is run again, in one that believes the broker's CA.
    if kit::config::variable("SSL_CERT_FILE").as_ref() == Some(&ca) {
        lines_are_cut(&plain, &url).await;
        return;
    }
    nothing_goes_to_whom_nobody_vouches_for(&url).await;
    let mut again = Command::new(std::env::current_exe().expect("this program"));
    again
        .args([
            "--exact",
            "rabbit::rabbit_lines_with_tls_that_are_cut_lose_nothing",
        ])
        .env("SSL_CERT_FILE", &ca);
    let again = tokio::task::block_in_place(|| again.status());
    assert!(again.expect("it runs").success());
}

async fn nothing_goes_to_whom_nobody_vouches_for(url: &str) {
    let (test, rt, app) = app().await;
    let bus = Bus::rabbit(config(url, &broker_prefix()), &rt);
    let sends = Worker::new("sender", &test.db, &bus, &rt, Arc::clone(&app));
    publish(&app, &ping("s", 1, "secret")).await;
    sends.run_due().await;
    assert_eq!(unsent(&test.db).await, 1);
    stop(&rt).await;
}

/// `plain`: another way to the same broker, to look.
async fn lines_are_cut(plain: &str, url: &str) {
    let (test, rt, app) = app().await;
    let prefix = broker_prefix();
    let (proxy, through) = Proxy::before(url, 5672).await;
    let (_side, channel) = side_door(plain).await;
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

/// A broker that takes its time gets no second copy of what it already has.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rabbit_that_is_slow_is_waited_for() {
    let Some(url) = amqp_url() else { return };
    let (test, rt, app) = app().await;
    let prefix = broker_prefix();
    let (proxy, through) = Proxy::before(&url, 5672).await;
    let (_side, channel) = side_door(&url).await;
    let mut config = config(&through, &prefix);
    config.consumers = vec![("listener".to_owned(), vec![Pinged::TYPE.to_owned()])];
    Worker::new(
        "sender",
        &test.db,
        &Bus::rabbit(config, &rt),
        &rt,
        Arc::clone(&app),
    )
    .spawn();
    publish(&app, &ping("s", 1, "first")).await;
    wait_for("the first", || async {
        (unsent(&test.db).await == 0).then_some(())
    })
    .await;
    proxy.delay(std::time::Duration::from_millis(800));
    for n in 2..6 {
        publish(&app, &ping(&format!("s{n}"), n, "slow")).await;
    }
    wait_for("all confirmed", || async {
        (unsent(&test.db).await == 0).then_some(())
    })
    .await;
    assert_eq!(waiting(&channel, &prefix).await, 5);
    stop(&rt).await;
}

/// What is taken and not yet stored is bounded by the setting, however long the queue.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rabbit_gives_no_more_than_the_prefetch_before_it_is_stored() {
    let Some(url) = amqp_url() else { return };
    if !testkit::on_postgres() {
        return; // The line to a file cannot be held up.
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
    let settings: kit::config::Process = testkit::config(
        kit::config::PROCESS_DEFAULTS,
        &[
            ("bus.url", url.clone()),
            ("bus.prefix", prefix.clone()),
            ("bus.prefetch", "3".to_owned()),
        ],
    );
    let mut config = RabbitConfig::from(&settings.bus);
    config.consumers = Vec::new();
    config.expires_milliseconds = Some(120_000);
    noting_worker(&app, &Bus::rabbit(config, &rt)).spawn();
    wait_for_reader(&channel, &prefix, "listener").await;

    proxy.pause();
    let now = rt.clock.now();
    for n in 0..10 {
        let event = ping("s", n, &format!("{n}"));
        let message = CloudEvent::wrap(&event, rt.ids.uuid(now), now, None).expect("JSON");
        let body = serde_json::to_vec(&message).expect("JSON");
        send_raw(&channel, &prefix, &body).await;
    }
    wait_for("three to be taken", || async {
        (waiting(&channel, &prefix).await == 7).then_some(())
    })
    .await;
    proxy.open();
    let all: Vec<String> = (0..10).map(|n| n.to_string()).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    wait_for_notes(&test.db, &all).await;
    stop(&rt).await;
}

/// Messages of the consumer's queue that nobody has taken.
async fn waiting(channel: &Channel, prefix: &str) -> u32 {
    let options = QueueDeclareOptions {
        passive: true,
        ..QueueDeclareOptions::default()
    };
    channel
        .queue_declare(
            format!("{prefix}motcua.listener").into(),
            options,
            FieldTable::default(),
        )
        .await
        .expect("the queue")
        .message_count()
}
