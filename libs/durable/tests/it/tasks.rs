use crate::{App, Pinged, app, count, note, notes, noting, noting_worker, ping};
use chrono::Duration;
use durable::sea_orm::ConnectionTrait as _;
use durable::sea_orm::sea_query::Query;
use durable::{Bus, Done, Job, Task, TaskError, Worker};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use testkit::deliver;

/// Beyond the longest wait between two attempts.
const LONG: Duration = Duration::minutes(20);

fn tester() -> durable::By {
    durable::By::command_line("tester", "the cause is gone")
}

async fn enqueue(app: &App, make: impl Fn() -> Job) -> bool {
    let make = &make;
    app.db
        .tx(|tx| async move { durable::enqueue(&tx, &app.rt, make()).await })
        .await
        .expect("enqueued")
}

async fn note_job(app: Arc<App>, task: Task<String>) -> Result<Done, TaskError> {
    let (app, task) = (&app, &task);
    app.db
        .tx(|tx| async move {
            note(&tx, &task.event).await?;
            Ok(task.finish(&tx).await?)
        })
        .await
}

fn job_worker(app: &Arc<App>) -> Worker<App> {
    Worker::new(
        "listener",
        &app.db,
        &Bus::in_process(),
        &app.rt,
        Arc::clone(app),
    )
    .job::<String, _, _>("note", note_job)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_that_fails_is_run_again_later_and_leaves_one_effect() {
    let (test, rt, app) = app().await;
    deliver(&test.db, "listener", &ping("s", 1, "third time")).await;
    let worker = Worker::new("listener", &test.db, &Bus::in_process(), &rt, app)
        .on::<Pinged, _, _>(|app: Arc<App>, task: Task<Pinged>| async move {
            let (app, task) = (&app, &task);
            app.db
                .tx(|tx| async move {
                    note(&tx, &task.event.note).await?;
                    if task.attempt < 3 {
                        return Err(TaskError::retry(anyhow::anyhow!("not yet")));
                    }
                    Ok(task.finish(&tx).await?)
                })
                .await
        });
    worker.run_due().await;
    assert!(
        notes(&test.db).await.is_empty(),
        "the first attempt was rolled back"
    );
    assert_eq!(worker.run_due().await, 0, "not before its time");
    rt.clock.advance(Duration::seconds(2));
    assert_eq!(worker.run_due().await, 1);
    rt.clock.advance(Duration::seconds(4));
    assert_eq!(worker.run_due().await, 1);
    assert_eq!(notes(&test.db).await, ["third time"]);
    rt.clock.advance(LONG);
    assert_eq!(worker.run_due().await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_that_panics_is_given_up_after_its_attempts_and_can_be_replayed() {
    let (test, rt, app) = app().await;
    let id = deliver(&test.db, "listener", &ping("s", 1, "late")).await;
    let broken = Worker::new(
        "listener",
        &test.db,
        &Bus::in_process(),
        &rt,
        Arc::clone(&app),
    )
    .on::<Pinged, _, _>(|_, _| async { panic!("of itself") })
    .attempts("test.pinged.v1", 3);
    for _ in 0..5 {
        broken.run_due().await;
        rt.clock.advance(LONG);
    }
    let dead = durable::dead_tasks(&test.db, 10).await.expect("a list");
    assert_eq!(dead.len(), 1);
    assert_eq!(dead[0].attempts, 3);
    assert_eq!(dead[0].key, id.to_string());
    assert_eq!(dead[0].last_error.as_deref(), Some("panicked: of itself"));

    assert!(
        durable::replay(&test.db, dead[0].id, &tester())
            .await
            .expect("an answer")
    );
    assert!(
        !durable::replay(&test.db, dead[0].id, &tester())
            .await
            .expect("an answer"),
        "not dead any more"
    );
    noting_worker(&app, &Bus::in_process()).run_due().await;
    assert_eq!(notes(&test.db).await, ["late"]);
    assert!(
        durable::dead_tasks(&test.db, 10)
            .await
            .expect("a list")
            .is_empty()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_will_never_pass_is_given_up_at_once_and_can_be_discarded() {
    let (test, rt, app) = app().await;
    deliver(&test.db, "listener", &ping("s", 1, "x")).await;
    let worker = Worker::new("listener", &test.db, &Bus::in_process(), &rt, app)
        .on::<Pinged, _, _>(|_, _| async { Err(TaskError::fatal("unheard of")) });
    worker.run_due().await;
    let dead = durable::dead_tasks(&test.db, 10).await.expect("a list");
    assert_eq!(dead[0].last_error.as_deref(), Some("unheard of"));
    assert_eq!(dead[0].attempts, 1);
    assert!(
        durable::discard(&test.db, dead[0].id, &tester())
            .await
            .expect("an answer")
    );
    assert!(
        durable::dead_tasks(&test.db, 10)
            .await
            .expect("a list")
            .is_empty()
    );
    assert!(
        !durable::replay(&test.db, dead[0].id, &tester())
            .await
            .expect("an answer")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_of_another_shape_is_given_up_with_the_place_named() {
    let (test, _, app) = app().await;
    deliver(&test.db, "listener", &Odd { subject: 1 }).await;
    noting_worker(&app, &Bus::in_process()).run_due().await;
    let dead = durable::dead_tasks(&test.db, 10).await.expect("a list");
    let reason = dead[0].last_error.as_deref().expect("a reason");
    assert!(reason.starts_with("event not understood"), "{reason}");
}

/// Calls itself what [`Pinged`] is called.
#[derive(serde::Serialize, serde::Deserialize)]
struct Odd {
    subject: i64,
}

impl contracts::Event for Odd {
    const TYPE: &'static str = <Pinged as contracts::Event>::TYPE;
    const SOURCE: &'static str = "test";
    fn subject(&self) -> String {
        String::new()
    }
    fn version(&self) -> i64 {
        1
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_lost_its_lease_rolls_back() {
    let (test, rt, app) = app().await;
    deliver(&test.db, "listener", &ping("s", 1, "once")).await;
    let slow = Worker::new(
        "listener",
        &test.db,
        &Bus::in_process(),
        &rt,
        Arc::clone(&app),
    )
    .on::<Pinged, _, _>(|app: Arc<App>, task: Task<Pinged>| async move {
        // While this one dawdles its lease runs out, and another worker does the work.
        app.rt.clock.advance(Duration::minutes(5));
        noting_worker(&app, &Bus::in_process()).run_due().await;
        noting(app, task).await
    });
    slow.run_due().await;
    assert_eq!(notes(&test.db).await, ["once"]);
    assert_eq!(count(&test.db, "task", "state", "done").await, 1);
    rt.clock.advance(LONG);
    slow.run_due().await;
    assert_eq!(notes(&test.db).await, ["once"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_takes_its_worker_with_it_every_time_is_given_up() {
    let (test, rt, app) = app().await;
    deliver(&test.db, "listener", &ping("s", 1, "x")).await;
    for _ in 0..3 {
        // The run is dropped half way, as in a killed process; the claim stays.
        let worker = Worker::new(
            "listener",
            &test.db,
            &Bus::in_process(),
            &rt,
            Arc::clone(&app),
        )
        .on::<Pinged, _, _>(|_, _| std::future::pending())
        .attempts("test.pinged.v1", 2);
        let run = tokio::time::timeout(std::time::Duration::from_millis(300), worker.run_due());
        let _ended: Result<usize, _> = run.await;
        rt.clock.advance(Duration::minutes(2));
    }
    let dead = durable::dead_tasks(&test.db, 10).await.expect("a list");
    assert_eq!(
        dead[0].last_error.as_deref(),
        Some("the worker was lost at each attempt")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_runs_once_per_key_not_before_its_time_and_by_priority() {
    let (test, rt, app) = app().await;
    let worker = job_worker(&app);
    let later = rt.clock.now() + Duration::hours(1);
    assert!(enqueue(&app, || Job::new("note", &"later").at(later)).await);
    assert!(enqueue(&app, || Job::new("note", &"low").key("k").priority(-1)).await);
    assert!(enqueue(&app, || Job::new("note", &"usual")).await);
    assert!(enqueue(&app, || Job::new("note", &"high").priority(5)).await);
    assert!(!enqueue(&app, || Job::new("note", &"again").key("k")).await);
    worker.run_due().await;
    assert_eq!(
        notes(&test.db).await,
        ["high", "usual", "low"],
        "whatever came first"
    );
    assert!(
        !enqueue(&app, || Job::new("note", &"again").key("k")).await,
        "also when it is done"
    );

    rt.clock.set(later);
    worker.run_due().await;
    assert_eq!(notes(&test.db).await.len(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_is_not_enqueued_when_its_transaction_fails() {
    let (test, _, app) = app().await;
    let state = &app;
    let outcome: anyhow::Result<()> = test
        .db
        .tx(|tx| async move {
            durable::enqueue(&tx, &state.rt, Job::new("note", &"never")).await?;
            anyhow::bail!("rolled back")
        })
        .await;
    assert!(outcome.is_err());
    job_worker(&app).run_due().await;
    assert!(notes(&test.db).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_of_a_kind_nobody_knows_waits() {
    let (test, _, app) = app().await;
    assert!(enqueue(&app, || Job::new("of the next release", &"x")).await);
    job_worker(&app).run_due().await;
    assert_eq!(count(&test.db, "task", "state", "ready").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_workers_share_the_tasks_and_do_each_once() {
    let (test, _, app) = app().await;
    for n in 0..40 {
        deliver(&test.db, "listener", &ping("s", n, &n.to_string())).await;
    }
    let (one, two) = (
        noting_worker(&app, &Bus::in_process()),
        noting_worker(&app, &Bus::in_process()),
    );
    tokio::join!(one.run_due(), two.run_due());
    let mut seen: Vec<i64> = notes(&test.db)
        .await
        .iter()
        .map(|n| n.parse().expect("a number"))
        .collect();
    seen.sort_unstable();
    assert_eq!(seen, (0..40).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_periodic_job_runs_on_one_replica_at_a_time_and_once_a_period() {
    let (_test, rt, app) = app().await;
    let runs = Arc::new(AtomicUsize::new(0));
    let replica = || {
        let runs = Arc::clone(&runs);
        Worker::new(
            "listener",
            &app.db,
            &Bus::in_process(),
            &rt,
            Arc::clone(&app),
        )
        .every(
            "reconcile",
            std::time::Duration::from_secs(600),
            move |_| {
                let run = runs.fetch_add(1, Ordering::SeqCst);
                async move {
                    anyhow::ensure!(run != 1, "the second run fails");
                    Ok(())
                }
            },
        )
    };
    let (one, two) = (replica(), replica());
    tokio::join!(one.run_due(), two.run_due());
    assert_eq!(runs.load(Ordering::SeqCst), 1, "at once, by one of them");
    rt.clock.advance(Duration::seconds(599));
    tokio::join!(one.run_due(), two.run_due());
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    rt.clock.advance(Duration::seconds(1));
    tokio::join!(one.run_due(), two.run_due());
    assert_eq!(runs.load(Ordering::SeqCst), 2, "and this one failed");
    let counted = "motcua_periodic_failed_total{service=\"listener\",kind=\"every:reconcile\"} 1";
    let told = rt.metrics.render();
    assert!(told.contains(counted), "{told}");
    rt.clock.advance(Duration::minutes(1));
    tokio::join!(one.run_due(), two.run_due());
    assert_eq!(runs.load(Ordering::SeqCst), 3, "so it is tried again soon");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn finished_rows_are_removed_and_dead_ones_kept() {
    let (test, rt, app) = app().await;
    let worker = noting_worker(&app, &Bus::in_process());
    crate::publish(&app, &ping("s", 1, "x")).await;
    worker.run_due().await;
    deliver(&test.db, "listener", &Odd { subject: 1 }).await;
    worker.run_due().await;
    rt.clock.advance(Duration::days(13));
    worker.run_due().await;
    assert_eq!(
        count(&test.db, "outbox", "event_type", "test.pinged.v1").await,
        0,
        "sent, a week ago"
    );
    assert_eq!(
        count(&test.db, "task", "state", "done").await,
        1,
        "its key still guards"
    );
    rt.clock.advance(Duration::days(2));
    worker.run_due().await;
    assert_eq!(count(&test.db, "task", "state", "done").await, 0);
    assert_eq!(count(&test.db, "task", "state", "dead").await, 1);
}

/// More than one transaction removes, of each table.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_are_small_again_after_a_long_time_of_much_work() {
    let (test, rt, app) = app().await;
    let worker = noting_worker(&app, &Bus::in_process());
    let state = &app;
    const MANY: i64 = 2300;
    test.db
        .tx(|tx| async move {
            for n in 0..MANY {
                durable::publish(&tx, &state.rt, &ping("s", n, "x")).await?;
            }
            Ok::<_, durable::sea_orm::DbErr>(())
        })
        .await
        .expect("published");
    // Not for the relay, which sends them one after the other: they were sent and done a moment ago.
    let now = rt.clock.now();
    test.db
        .tx(|tx| async move {
            let mut sent = Query::update();
            sent.table("outbox").value("sent_at", now);
            tx.execute(&sent).await?;
            for statement in [
                "INSERT INTO task (id, consumer, kind, key, payload, run_at, state, created_at, finished_at) \
                 SELECT id, 'listener', 'test.pinged.v1', CAST(seq AS text), payload, sent_at, 'done', sent_at, sent_at FROM outbox",
                "INSERT INTO idempotency (actor, key, operation, body_hash, status, body, created_at) \
                 SELECT id, CAST(seq AS text), 'o', 'h', 200, '{}', sent_at FROM outbox",
            ] {
                tx.execute_unprepared(statement).await?;
            }
            Ok::<_, durable::sea_orm::DbErr>(())
        })
        .await
        .expect("filled");
    let rows = async |table| crate::rows(&test.db, table).await;
    assert_eq!(rows("outbox").await, MANY);
    rt.clock.advance(Duration::days(15));
    worker.run_due().await;
    assert_eq!(
        (
            rows("outbox").await,
            rows("task").await,
            rows("idempotency").await
        ),
        (0, 0, 0)
    );
}
