use crate::{App, app, notes, noting_worker, ping, publish, unsent};
use chrono::Duration;
use contracts::Event as _;
use durable::{Bus, Worker};
use std::sync::Arc;
use testkit::{TestDb, deliver_as, wait_for};
use uuid::Uuid;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_is_not_published_when_its_transaction_fails() {
    let (test, _, app) = app().await;
    let worker = noting_worker(&app, &Bus::in_process());
    let (state, event) = (&app, &ping("s", 1, "never"));
    let outcome: anyhow::Result<()> = test
        .db
        .tx(|tx| async move {
            durable::publish(&tx, &state.rt, event).await?;
            anyhow::bail!("rolled back")
        })
        .await;
    assert!(outcome.is_err());
    assert_eq!(unsent(&test.db).await, 0);
    assert_eq!(worker.run_due().await, 1, "housekeeping only");
    assert!(notes(&test.db).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_crosses_from_one_database_to_another() {
    let (sender_db, rt, sender) = app().await;
    let listener_db = TestDb::with(&rt, crate::migrations).await;
    let listener = Arc::new(App {
        db: listener_db.db.clone(),
        rt: rt.clone(),
    });
    let bus = Bus::in_process();
    let sends = Worker::new("sender", &sender_db.db, &bus, &rt, Arc::clone(&sender));
    let listens = noting_worker(&listener, &bus);

    publish(&sender, &ping("s", 1, "one")).await;
    publish(&sender, &ping("s", 2, "two")).await;
    assert_eq!(unsent(&sender_db.db).await, 2);
    durable::drain(&[&sends, &listens]).await;

    assert_eq!(unsent(&sender_db.db).await, 0);
    let mut seen = notes(&listener_db.db).await;
    seen.sort();
    assert_eq!(seen, ["one", "two"]);
    assert!(notes(&sender_db.db).await.is_empty());
    assert_eq!(
        durable::drain(&[&sends, &listens]).await,
        0,
        "nothing is left"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_received_twice_has_one_effect() {
    let (test, rt, app) = app().await;
    let worker = noting_worker(&app, &Bus::in_process());
    let id = rt.ids.uuid(rt.clock.now());
    let event = ping("s", 1, "once");
    assert!(deliver_as(&test.db, "listener", &event, id).await);
    assert!(!deliver_as(&test.db, "listener", &event, id).await);
    worker.run_due().await;
    assert!(
        !deliver_as(&test.db, "listener", &event, id).await,
        "also when it is done"
    );
    worker.run_due().await;
    assert_eq!(notes(&test.db).await, ["once"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_sees_the_envelope() {
    let (test, rt, app) = app().await;
    let id = Uuid::from_u128(42);
    deliver_as(&test.db, "listener", &ping("subject", 7, "note"), id).await;
    let now = rt.clock.now();
    let worker = Worker::new("listener", &test.db, &Bus::in_process(), &rt, app)
        .on::<crate::Pinged, _, _>(move |app, task| async move {
            assert_eq!(task.message_id, id);
            assert_eq!(task.aggregate_version, 7);
            assert_eq!(task.subject, "subject");
            assert_eq!(task.published_at, now);
            assert_eq!(task.attempt, 1);
            assert_eq!(task.event.note, "note");
            Ok(task.skip(&app.db).await?)
        });
    worker.run_due().await;
    assert_eq!(crate::count(&test.db, "task", "state", "done").await, 1);
    assert!(
        durable::dead_tasks(&test.db, 10)
            .await
            .expect("a list")
            .is_empty()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_listens_to_waits_and_holds_up_nobody_else() {
    let (test, rt, app) = app().await;
    let bus = Bus::in_process();
    let sends = Worker::new("sender", &test.db, &bus, &rt, Arc::clone(&app));
    publish(&app, &ping("s", 1, "early")).await;
    sends.run_due().await;
    assert_eq!(unsent(&test.db).await, 1);

    let listens = noting_worker(&app, &bus);
    // Another subject goes out at once; the same subject waits behind the first message.
    publish(&app, &ping("s", 2, "behind")).await;
    publish(&app, &ping("other", 1, "other")).await;
    durable::drain(&[&sends, &listens]).await;
    assert_eq!(notes(&test.db).await, ["other"]);
    assert_eq!(unsent(&test.db).await, 2);

    rt.clock.advance(Duration::seconds(5));
    durable::drain(&[&sends, &listens]).await;
    assert_eq!(unsent(&test.db).await, 0);
    let mut seen = notes(&test.db).await;
    seen.sort();
    assert_eq!(seen, ["behind", "early", "other"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_held_bus_sends_nothing_until_it_is_released() {
    let (test, _, app) = app().await;
    let bus = Bus::in_process();
    bus.hold();
    let worker = noting_worker(&app, &bus);
    publish(&app, &ping("s", 1, "held")).await;
    worker.run_due().await;
    assert_eq!(unsent(&test.db).await, 1);
    bus.release();
    worker.run_due().await;
    assert_eq!(notes(&test.db).await, ["held"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_events_than_a_batch_all_arrive_in_order_of_their_subject() {
    let (test, _, app) = app().await;
    let worker = noting_worker(&app, &Bus::in_process());
    let state = &app;
    test.db
        .tx(|tx| async move {
            for n in 0..250 {
                durable::publish(&tx, &state.rt, &ping(&format!("s{}", n % 7), n, "x")).await?;
            }
            Ok::<_, durable::sea_orm::DbErr>(())
        })
        .await
        .expect("published");
    worker.run_due().await;
    assert_eq!(unsent(&test.db).await, 0);
    assert_eq!(crate::count(&test.db, "task", "state", "done").await, 250);
}

/// Three replicas send, two of which stop on the way; the messages come in the order in which they were committed.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_relays_keep_the_order_of_each_subject_and_lose_nothing() {
    let (test, rt, app) = app().await;
    let bus = Bus::in_process();
    // Listens, but works on nothing: what comes in stays to be looked at.
    let listener = noting_worker(&app, &bus);
    durable::Drain::listen(&listener);
    let replica = |rt: &kit::Runtime| {
        let config = test.config();
        let (bus, rt) = (bus.clone(), rt.clone());
        async move {
            let db = durable::Db::open(&config, &rt).await.expect("opens");
            let app = Arc::new(App {
                db: db.clone(),
                rt: rt.clone(),
            });
            Worker::new("sender", &db, &bus, &rt, app).spawn();
        }
    };
    let (first, second) = (rt.clone(), testkit::runtime());
    let third = testkit::runtime();
    replica(&first).await;
    replica(&second).await;
    replica(&third).await;
    for n in 0..90 {
        publish(&app, &ping(&format!("s{}", n % 3), n, "x")).await;
        if n == 30 || n == 60 {
            let stops = if n == 30 { &first } else { &second };
            let ended = stops
                .lifecycle
                .shut_down(std::time::Duration::from_secs(20));
            assert!(ended.await, "by itself");
        }
    }
    wait_for("all sent", || async {
        (unsent(&test.db).await == 0).then_some(())
    })
    .await;
    assert!(
        third
            .lifecycle
            .shut_down(std::time::Duration::from_secs(20))
            .await
    );
    let received = crate::received(&test.db).await;
    assert_eq!(received.len(), 90, "each once");
    for subject in ["s0", "s1", "s2"] {
        let versions: Vec<i64> = received
            .iter()
            .filter(|message| message.subject == subject)
            .map(|message| message.version)
            .collect();
        assert!(versions.is_sorted(), "{subject}: {versions:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_spawned_worker_delivers_counts_and_stops() {
    let (test, rt, app) = app().await;
    let bus = Bus::in_process();
    noting_worker(&app, &bus).spawn();
    for n in 0..20 {
        publish(&app, &ping("s", n, "x")).await;
    }
    wait_for("twenty effects", || async {
        (notes(&test.db).await.len() == 20).then_some(())
    })
    .await;
    let metrics = rt.metrics.render();
    assert!(metrics.contains("motcua_outbox_waiting"), "{metrics}");
    assert!(
        metrics.contains(&format!(
            "motcua_tasks_done_total{{service=\"listener\",kind=\"{}\"}} 20",
            crate::Pinged::TYPE
        )),
        "{metrics}"
    );
    assert!(
        rt.lifecycle
            .shut_down(std::time::Duration::from_secs(10))
            .await
    );

    // The lease was given back: another replica sends at once.
    let again = testkit::runtime();
    let next = noting_worker(
        &Arc::new(App {
            db: test.db.clone(),
            rt: again,
        }),
        &bus,
    );
    publish(&app, &ping("s", 99, "next")).await;
    next.run_due().await;
    assert_eq!(notes(&test.db).await.len(), 21);
}
