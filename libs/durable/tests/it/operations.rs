use crate::{App, Pinged, app, note, noting_worker, ping};
use chrono::Duration;
use durable::operations::{Filter, TaskState, journal, task, tasks};
use durable::sea_orm::ConnectionTrait as _;
use durable::{Bus, By, Task, TaskError, Worker};
use std::sync::Arc;
use testkit::deliver;

fn by() -> By {
    By::command_line("Quản trị", "máy chủ thư đã chạy lại")
}

fn failing(app: &Arc<App>) -> Worker<App> {
    Worker::new(
        "listener",
        &app.db,
        &Bus::in_process(),
        &app.rt,
        Arc::clone(app),
    )
    .on::<Pinged, _, _>(|_, _| async { Err(TaskError::fatal("550 unknown an@example.vn")) })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_people_do_is_written_down_and_stays() {
    let (test, rt, app) = app().await;
    deliver(&test.db, "listener", &ping("s", 1, "Nguyễn Văn An")).await;
    failing(&app).run_due().await;
    let id = durable::dead_tasks(&test.db, 1).await.expect("a list")[0].id;
    let shown = task(&test.db, id)
        .await
        .expect("an answer")
        .expect("a task");
    assert_eq!(shown.task.last_error.as_deref(), Some("550 unknown ***"));
    assert_eq!(shown.payload["type"], "test.pinged.v1");
    assert_eq!(shown.payload["data"]["note"], "***");
    assert!(shown.journal.is_empty());

    assert!(
        durable::replay(&test.db, id, &by())
            .await
            .expect("an answer")
    );
    assert!(
        !durable::discard(&test.db, id, &by())
            .await
            .expect("an answer"),
        "it waits again"
    );
    failing(&app).run_due().await;
    rt.clock.advance(Duration::seconds(1));
    assert!(
        durable::discard(&test.db, id, &by())
            .await
            .expect("an answer")
    );
    assert!(task(&test.db, id).await.expect("an answer").is_none());
    let entries = journal(&test.db, id).await.expect("entries");
    let acts: Vec<&str> = entries.iter().map(|e| e.action.as_str()).collect();
    assert_eq!(
        acts,
        ["replay", "discard"],
        "and nothing of what found nothing to do"
    );
    assert_eq!(entries[0].reason, "máy chủ thư đã chạy lại");
    assert_eq!(entries[0].last_error.as_deref(), Some("550 unknown ***"));

    for statement in ["UPDATE operation SET reason = 'x'", "DELETE FROM operation"] {
        let outcome: Result<(), _> = test
            .db
            .tx(|tx| async move { tx.execute_unprepared(statement).await.map(|_| ()) })
            .await;
        let refused = outcome.expect_err(statement).to_string();
        assert!(refused.contains("only added to"), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_are_listed_by_state_and_kind_in_pages() {
    let (test, rt, app) = app().await;
    for n in 0..5 {
        deliver(&test.db, "listener", &ping("s", n, "x")).await;
        rt.clock.advance(Duration::seconds(i64::from(n % 2 == 0)));
    }
    failing(&app).run_due().await;
    deliver(&test.db, "listener", &ping("s", 9, "waits")).await;
    let mut filter = Filter::default();
    let mut seen = Vec::new();
    loop {
        let page = tasks(&test.db, &filter, 2).await.expect("a page");
        let Some(last) = page.last() else { break };
        filter.after = Some((last.created_at, last.id));
        seen.extend(page.iter().map(|t| t.id));
    }
    let all = durable::dead_tasks(&test.db, 100).await.expect("a list");
    assert_eq!(all.len(), 5);
    assert_eq!(seen, all.iter().map(|t| t.id).collect::<Vec<_>>());
    let of = async |state, kind: Option<&str>| {
        let filter = Filter {
            state,
            kind: kind.map(str::to_owned),
            after: None,
        };
        tasks(&test.db, &filter, 100).await.expect("a list").len()
    };
    assert_eq!(of(TaskState::Ready, None).await, 1);
    assert_eq!(of(TaskState::Dead, Some("test.pinged.v1")).await, 5);
    assert_eq!(of(TaskState::Dead, Some("other")).await, 0);
    assert_eq!(of(TaskState::Leased, None).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_type_that_nobody_handles_is_given_up_after_a_day_for_people_to_see() {
    /// What the next release sends.
    #[derive(serde::Serialize, serde::Deserialize)]
    struct Newer;
    impl contracts::Event for Newer {
        const TYPE: &'static str = "test.pinged.v2";
        const SOURCE: &'static str = "test";
        fn subject(&self) -> String {
            "s".to_owned()
        }
        fn version(&self) -> i64 {
            1
        }
    }
    let (test, rt, app) = app().await;
    deliver(&test.db, "listener", &Newer).await;
    let worker = noting_worker(&app, &Bus::in_process());
    rt.clock.advance(Duration::hours(23));
    worker.run_due().await;
    assert!(
        durable::dead_tasks(&test.db, 1)
            .await
            .expect("a list")
            .is_empty()
    );
    rt.clock.advance(Duration::hours(2));
    worker.run_due().await;
    let dead = durable::dead_tasks(&test.db, 1).await.expect("a list");
    assert_eq!(
        dead[0].last_error.as_deref(),
        Some("nobody here handles this type")
    );
    // The release that knows it comes, and a person lets it go on.
    assert!(
        durable::replay(&test.db, dead[0].id, &by())
            .await
            .expect("an answer")
    );
    let newer = Worker::new("listener", &test.db, &Bus::in_process(), &rt, app).on::<Newer, _, _>(
        |app: Arc<App>, task: Task<Newer>| async move {
            let task = &task;
            app.db
                .tx(|tx| async move {
                    note(&tx, "newer").await?;
                    Ok(task.finish(&tx).await?)
                })
                .await
        },
    );
    newer.run_due().await;
    assert_eq!(crate::notes(&test.db).await, ["newer"]);
}
