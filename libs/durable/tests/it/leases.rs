//! Who holds a task, and for how long.

use crate::{App, Pinged, app, count, note, notes, noting, noting_worker, ping, publish, unsent};
use durable::{Bus, Db, Task, TaskError, Worker};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use testkit::{deliver, wait_for};
use tokio::sync::Notify;
use uuid::Uuid;

const SHORT: Duration = Duration::from_millis(300);

fn worker(app: &Arc<App>) -> Worker<App> {
    Worker::new(
        "listener",
        &app.db,
        &Bus::in_process(),
        &app.rt,
        Arc::clone(app),
    )
    .lease(SHORT)
}

/// The tests' clock stands still; here it goes on as fast as that of the machine.
#[expect(
    clippy::disallowed_methods,
    reason = "no service, no lifecycle to spawn on"
)]
fn let_time_pass(rt: &kit::Runtime) -> tokio::task::JoinHandle<()> {
    let clock = rt.clock.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_millis(10)).await;
            clock.advance(chrono::Duration::milliseconds(10));
        }
    })
}

async fn leases(db: &Db) -> i64 {
    count(db, "task", "state", "leased").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_longer_than_its_lease_keeps_it() {
    let (test, rt, app) = app().await;
    deliver(&test.db, "listener", &ping("s", 1, "long")).await;
    let (begun, go_on) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let replica = || {
        let (begun, go_on) = (Arc::clone(&begun), Arc::clone(&go_on));
        worker(&app).on::<Pinged, _, _>(move |app, task| {
            begun.fetch_add(1, Ordering::SeqCst);
            let go_on = Arc::clone(&go_on);
            async move {
                go_on.notified().await;
                noting(app, task).await
            }
        })
    };
    replica().spawn();
    wait_for("the handler", || async {
        (begun.load(Ordering::SeqCst) == 1).then_some(())
    })
    .await;
    // Another replica looks for work all the while, for five times the lease.
    let clock = let_time_pass(&rt);
    let until = rt.clock.now() + chrono::Duration::milliseconds(1500);
    let other = replica();
    while rt.clock.now() < until {
        other.run_due().await;
        tokio::task::yield_now().await;
    }
    assert_eq!(begun.load(Ordering::SeqCst), 1);
    go_on.notify_one();
    wait_for("the effect", || async {
        (notes(&test.db).await == ["long"]).then_some(())
    })
    .await;
    clock.abort();
    assert!(rt.lifecycle.shut_down(Duration::from_secs(10)).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_whose_lease_is_lost_is_dropped_where_it_stands() {
    let (test, rt, app) = app().await;
    deliver(&test.db, "listener", &ping("s", 1, "once")).await;
    struct Dropped(Arc<AtomicUsize>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    let dropped = Arc::new(AtomicUsize::new(0));
    let gone = Arc::clone(&dropped);
    let slow = worker(&app).on::<Pinged, _, _>(move |app: Arc<App>, _| {
        let guard = Dropped(Arc::clone(&gone));
        async move {
            let _guard = guard;
            // Its replica was stopped for so long that another has taken and done the work.
            app.rt.clock.advance(chrono::Duration::minutes(5));
            noting_worker(&app, &Bus::in_process()).run_due().await;
            std::future::pending().await
        }
    });
    slow.run_due().await;
    assert_eq!(dropped.load(Ordering::SeqCst), 1);
    assert_eq!(notes(&test.db).await, ["once"]);
    assert_eq!(count(&test.db, "task", "state", "done").await, 1);
    drop(rt);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_that_takes_too_long_is_cut_off_and_its_work_rolled_back() {
    let (test, rt, app) = app().await;
    deliver(&test.db, "listener", &ping("s", 1, "x")).await;
    let worker = worker(&app)
        .on::<Pinged, _, _>(|app: Arc<App>, _| async move {
            app.db
                .tx(|tx| async move {
                    note(&tx, "half").await?;
                    std::future::pending::<Result<_, TaskError>>().await
                })
                .await
        })
        .timeout("test.pinged.v1", Duration::from_millis(100))
        .attempts("test.pinged.v1", 2);
    worker.run_due().await;
    assert_eq!(count(&test.db, "task", "state", "ready").await, 1);
    rt.clock.advance(chrono::Duration::minutes(1));
    worker.run_due().await;
    let dead = durable::dead_tasks(&test.db, 1).await.expect("a list");
    assert_eq!(dead[0].last_error.as_deref(), Some("cut off after 100ms"));
    assert!(notes(&test.db).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_stopping_process_cannot_end_is_another_ones_at_once() {
    let (test, rt, app) = app().await;
    deliver(&test.db, "listener", &ping("s", 1, "after all")).await;
    worker(&app)
        .lease(Duration::from_mins(30))
        .on::<Pinged, _, _>(|_, _| std::future::pending())
        .spawn();
    wait_for("the claim", || async {
        (leases(&test.db).await == 1).then_some(())
    })
    .await;
    assert!(
        rt.lifecycle.shut_down(Duration::from_secs(20)).await,
        "by itself"
    );
    assert_eq!(leases(&test.db).await, 0);
    // No instant has passed on the clock, and the attempt does not count.
    noting_worker(&app, &Bus::in_process())
        .attempts("test.pinged.v1", 1)
        .run_due()
        .await;
    assert_eq!(notes(&test.db).await, ["after all"]);
}

/// People wait as long as what a process that was killed had in its hands stays there: not longer than five seconds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_process_held_is_another_ones_within_five_seconds() {
    let (test, rt, app) = app().await;
    let bus = Bus::in_process();
    let listener = noting_worker(&app, &bus);
    durable::Drain::listen(&listener);
    let relay = || Worker::new("sender", &app.db, &bus, &app.rt, Arc::clone(&app));
    // The relay's lease is in the hands of one that does nothing more.
    publish(&app, &ping("s", 1, "first")).await;
    relay().run_due().await;
    publish(&app, &ping("s", 2, "second")).await;
    let other = relay();
    other.run_due().await;
    assert_eq!(unsent(&test.db).await, 1, "held");
    rt.clock.advance(chrono::Duration::seconds(5));
    other.run_due().await;
    assert_eq!(unsent(&test.db).await, 0);

    // So is a task.
    listener.run_due().await;
    assert_eq!(notes(&test.db).await, ["first", "second"]);
    deliver(&test.db, "listener", &ping("s", 3, "third")).await;
    let killed = Worker::new("listener", &app.db, &bus, &app.rt, Arc::clone(&app))
        .on::<Pinged, _, _>(|_, _| std::future::pending());
    let cut = tokio::time::timeout(Duration::from_millis(500), killed.run_due()).await;
    assert!(cut.is_err(), "it was at work");
    assert_eq!(leases(&test.db).await, 1);
    listener.run_due().await;
    assert_eq!(notes(&test.db).await, ["first", "second"], "held");
    rt.clock.advance(chrono::Duration::seconds(5));
    listener.run_due().await;
    assert_eq!(notes(&test.db).await, ["first", "second", "third"]);
}

/// Four replicas with short leases over a hundred tasks that fail, panic and dawdle as their id says.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_task_runs_twice_at_a_time_and_each_has_one_effect() {
    let (test, rt, _app) = app().await;
    for n in 0..100 {
        deliver(
            &test.db,
            "listener",
            &ping(&n.to_string(), 1, &format!("{n:03}")),
        )
        .await;
    }
    let at_work = Arc::new(Mutex::new(BTreeMap::<Uuid, usize>::new()));
    let most = Arc::new(AtomicUsize::new(0));
    struct AtWork(Arc<Mutex<BTreeMap<Uuid, usize>>>, Uuid);
    impl Drop for AtWork {
        fn drop(&mut self) {
            if let Some(number) = self.0.lock().expect("a lock").get_mut(&self.1) {
                *number -= 1;
            }
        }
    }
    for _ in 0..4 {
        let db = Db::open(&test.config(), &rt).await.expect("opens");
        let replica = Arc::new(App { db, rt: rt.clone() });
        let (at_work, most) = (Arc::clone(&at_work), Arc::clone(&most));
        // Long against what the machine may need for one renewal, short against the whole.
        worker(&replica)
            .lease(Duration::from_secs(10))
            .on::<Pinged, _, _>(move |app, task: Task<Pinged>| {
                let number = {
                    let mut at_work = at_work.lock().expect("a lock");
                    let number = at_work.entry(task.id).or_default();
                    *number += 1;
                    *number
                };
                most.fetch_max(number, Ordering::SeqCst);
                let guard = AtWork(Arc::clone(&at_work), task.id);
                async move {
                    let _guard = guard;
                    let dice = task.id.as_bytes()[15];
                    for _ in 0..dice % 16 {
                        tokio::task::yield_now().await;
                    }
                    match dice % 5 {
                        0 if task.attempt == 1 => panic!("of itself"),
                        1 if task.attempt < 3 => Err(TaskError::retry(anyhow::anyhow!("not yet"))),
                        _ => noting(app, task).await,
                    }
                }
            })
            .spawn();
    }
    // Never faster than the machine's: a lease is renewed on that.
    let clock = let_time_pass(&rt);
    wait_for("all effects", || async {
        (notes(&test.db).await.len() >= 100).then_some(())
    })
    .await;
    assert!(rt.lifecycle.shut_down(Duration::from_secs(20)).await);
    clock.abort();
    let mut seen = notes(&test.db).await;
    seen.sort();
    let all: Vec<String> = (0..100).map(|n| format!("{n:03}")).collect();
    assert_eq!(seen, all);
    assert_eq!(most.load(Ordering::SeqCst), 1, "one at a time");
}
