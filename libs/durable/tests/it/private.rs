//! Events about persons are sealed wherever they lie, and clear ones are not believed.

use crate::{App, app, note, notes};
use contracts::{CloudEvent, Event};
use durable::sea_orm::ConnectionTrait as _;
use durable::sea_orm::sea_query::Query;
use durable::{Bus, Done, Task, TaskError, Worker};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use testkit::TestDb;

const PHONE: &str = "+84912000777";

/// An event about a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Moved {
    subject: String,
    phone: String,
}

impl Event for Moved {
    const TYPE: &'static str = "test.moved.v1";
    const SOURCE: &'static str = "test";
    fn subject(&self) -> String {
        self.subject.clone()
    }
    fn version(&self) -> i64 {
        1
    }
}

fn moved() -> Moved {
    Moved {
        subject: "s".to_owned(),
        phone: PHONE.to_owned(),
    }
}

async fn calling(app: Arc<App>, task: Task<Moved>) -> Result<Done, TaskError> {
    let (app, task) = (&app, &task);
    app.db
        .tx(|tx| async move {
            note(&tx, &task.event.phone).await?;
            Ok(task.finish(&tx).await?)
        })
        .await
}

async fn payloads(test: &TestDb, table: &'static str) -> Vec<String> {
    let query = Query::select().column("payload").from(table).to_owned();
    let rows = test.db.read().query_all(&query).await.expect("rows");
    rows.iter()
        .map(|row| row.try_get("", "payload").expect("text"))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_about_a_person_is_sealed_in_the_outbox_and_with_the_receiver() {
    let (test, rt, app) = app().await;
    let state = &app;
    test.db
        .tx(|tx| async move { durable::publish(&tx, &state.rt, &moved()).await })
        .await
        .expect("published");
    let bus = Bus::in_process();
    let worker = Worker::new("listener", &test.db, &bus, &rt, Arc::clone(&app)).on(calling);
    durable::drain(&[&worker]).await;
    assert_eq!(notes(&test.db).await, [PHONE], "the handler reads it");
    for table in ["outbox", "task"] {
        let all = payloads(&test, table).await;
        assert_eq!(all.len(), 1, "{table}");
        assert!(!all[0].contains("912000777"), "{table}: {}", all[0]);
        assert!(all[0].contains("test.moved.v1"), "the envelope is readable");
        let open = durable::read_message(&rt, &all[0]).expect("opens");
        assert_eq!(open.data["phone"], PHONE);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_about_a_person_that_comes_clear_or_in_another_envelope_is_given_up() {
    let (test, rt, app) = app().await;
    let now = rt.clock.now();
    let id = || rt.ids.uuid(now);
    let clear = CloudEvent::wrap(&moved(), id(), now, None).expect("JSON");
    let mut other = durable::wrap_message(&moved(), id(), now, None, &rt).expect("JSON");
    other.id = id();
    let mut tampered = durable::wrap_message(&moved(), id(), now, None, &rt).expect("JSON");
    tampered.subject = "another".to_owned();
    let foreign = testkit::runtime();
    let foreign = kit::Runtime {
        sealer: kit::Sealer::new(&"another key ".repeat(4)).expect("a sealer"),
        ..foreign
    };
    let strange = durable::wrap_message(&moved(), id(), now, None, &foreign).expect("JSON");
    durable::receive(&test.db, "listener", &[clear, other, tampered, strange])
        .await
        .expect("stored");
    let worker = Worker::new("listener", &test.db, &Bus::in_process(), &rt, app).on(calling);
    worker.run_due().await;
    assert!(notes(&test.db).await.is_empty());
    let dead = durable::dead_tasks(&test.db, 10).await.expect("a list");
    assert_eq!(dead.len(), 4);
    for task in &dead {
        let reason = task.last_error.as_deref().expect("a reason");
        assert!(reason.starts_with("event not understood"), "{reason}");
        assert!(!reason.contains("912000777"), "{reason}");
    }
}
