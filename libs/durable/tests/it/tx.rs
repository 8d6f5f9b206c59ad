use crate::{app, migrations, note, notes};
use durable::Db;
use durable::sea_orm::sea_query::{Expr, ExprTrait as _, Order, Query};
use durable::sea_orm::{ConnectionTrait as _, DatabaseTransaction, DbErr, SqlErr};
use std::sync::Arc;
use testkit::TestDb;
use testkit::proxy::Proxy;
use tokio::sync::Barrier;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fails_leaves_nothing() {
    let (test, _, _) = app().await;
    let outcome: Result<(), anyhow::Error> = test
        .db
        .tx(|tx| async move {
            note(&tx, "never").await?;
            anyhow::bail!("no")
        })
        .await;
    assert_eq!(outcome.unwrap_err().to_string(), "no");
    assert!(notes(&test.db).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_writers_of_two_pools_wait_for_each_other() {
    let (test, rt, _) = app().await;
    let other = Db::open(&test.config(), &rt).await.expect("a second pool");
    let writers = (0..12).map(|n| {
        let db = if n % 2 == 0 {
            test.db.clone()
        } else {
            other.clone()
        };
        async move {
            for round in 0..10 {
                // A read before the write is what makes a deferred transaction of SQLite fail.
                db.tx(|tx| async move {
                    let mut look = Query::select();
                    look.expr_as(Expr::cust("count(*)"), "number")
                        .from("effect");
                    tx.query_one(&look).await?;
                    note(&tx, &format!("{n}-{round}")).await
                })
                .await
                .expect("written");
            }
        }
    });
    futures_util::future::join_all(writers).await;
    assert_eq!(notes(&test.db).await.len(), 120);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_sees_one_moment_and_keeps_nobody_from_writing() {
    let (test, _, _) = app().await;
    let write = async |name: &str| {
        let written = test.db.tx(|tx| async move { note(&tx, name).await }).await;
        written.expect("written");
    };
    let count = async |db: &DatabaseTransaction| {
        let mut query = Query::select();
        query
            .expr_as(Expr::cust("count(*)"), "number")
            .from("effect");
        let row = db.query_one(&query).await.expect("database");
        let row = row.expect("a row");
        row.try_get::<i64>("", "number").expect("a number")
    };
    write("before").await;
    let seen = test.db.snapshot().await.expect("a snapshot");
    assert_eq!(count(&seen).await, 1);
    write("after").await;
    assert_eq!(count(&seen).await, 1);
    drop(seen);
    let later = test.db.snapshot().await.expect("a snapshot");
    assert_eq!(count(&later).await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handle_that_outlives_its_closure_is_an_error_and_commits_nothing() {
    let (test, _, _) = app().await;
    let mut kept = None;
    let outcome: Result<(), DbErr> = test
        .db
        .tx(|tx| {
            kept = Some(tx.clone());
            async move { note(&tx, "never").await }
        })
        .await;
    assert!(outcome.is_err());
    drop(kept);
    test.db
        .tx(|tx| async move { note(&tx, "after").await })
        .await
        .expect("the writer is free again");
    assert_eq!(notes(&test.db).await, ["after"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_deadlock_is_run_again() {
    if !testkit::on_postgres() {
        return; // A file has one writer: there is nothing to lock against each other.
    }
    let (test, _, _) = app().await;
    test.db
        .tx(|tx| async move {
            note(&tx, "a").await?;
            note(&tx, "b").await
        })
        .await
        .expect("two rows");
    let meet = Arc::new(Barrier::new(2));
    let change = |first: &'static str, second: &'static str| {
        let (db, meet) = (test.db.clone(), Arc::clone(&meet));
        async move {
            let mut runs = 0;
            db.tx(|tx| {
                runs += 1;
                let meet = (runs == 1).then(|| Arc::clone(&meet));
                async move {
                    for (n, note) in [first, second].into_iter().enumerate() {
                        let mut update = Query::update();
                        update
                            .table("effect")
                            .value("at", chrono::DateTime::UNIX_EPOCH)
                            .and_where(Expr::col("note").eq(note));
                        tx.execute(&update).await?;
                        if let (0, Some(meet)) = (n, &meet) {
                            meet.wait().await;
                        }
                    }
                    Ok::<_, DbErr>(())
                }
            })
            .await
            .expect("both get through");
            runs
        }
    };
    let (one, two) = tokio::join!(change("a", "b"), change("b", "a"));
    assert_eq!(one + two, 3, "one of them ran twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reading_connections_refuse_to_write() {
    if testkit::on_postgres() {
        return; // One pool there.
    }
    let (test, _, _) = app().await;
    let mut delete = Query::delete();
    delete.from_table("effect");
    assert!(test.db.read().execute(&delete).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_unique_violation_is_recognised() {
    let (test, _, _) = app().await;
    let outcome = test
        .db
        .tx(|tx| async move {
            for _ in 0..2 {
                let mut insert = Query::insert();
                insert
                    .into_table("effect")
                    .columns(["seq", "note"])
                    .values([7.into(), "x".into()])
                    .expect("two");
                tx.execute(&insert).await?;
            }
            Ok::<_, DbErr>(())
        })
        .await;
    assert!(matches!(
        outcome.unwrap_err().sql_err(),
        Some(SqlErr::UniqueConstraintViolation(_))
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn migrations_run_once_though_two_start_them() {
    let rt = testkit::runtime();
    let test = TestDb::empty(&rt).await;
    assert_eq!(
        durable::pending(&test.db, migrations)
            .await
            .expect("an answer"),
        [
            "durable_0001_tables",
            "durable_0002_backlog",
            "test_0001_effects"
        ]
    );
    let other = Db::open(&test.config(), &rt).await.expect("a second pool");
    let (one, two) = tokio::join!(
        durable::migrate(&test.db, migrations),
        durable::migrate(&other, migrations)
    );
    one.expect("the first");
    two.expect("the second");
    assert!(
        durable::pending(&test.db, migrations)
            .await
            .expect("an answer")
            .is_empty()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn instants_sort_alike_on_both_databases() {
    let (test, _, _) = app().await;
    let instants = [
        "2026-11-16T01:59:59.999999Z",
        "2026-11-16T02:00:00Z",
        "2026-11-16T02:00:00.000001Z",
        "2026-11-16T02:00:00.100Z",
        "2026-11-16T02:00:00.100001Z",
        "2026-11-16T02:00:01Z",
    ];
    for text in instants.iter().rev() {
        let at: chrono::DateTime<chrono::Utc> = text.parse().expect("an instant");
        test.db
            .tx(|tx| async move {
                let mut insert = Query::insert();
                insert
                    .into_table("effect")
                    .columns(["note", "at"])
                    .values([(*text).into(), at.into()])
                    .expect("two values");
                tx.execute(&insert).await
            })
            .await
            .expect("inserted");
    }
    let mut select = Query::select();
    select
        .columns(["note", "at"])
        .from("effect")
        .order_by("at", Order::Asc);
    let rows = test.db.read().query_all(&select).await.expect("rows");
    for (row, text) in rows.iter().zip(instants) {
        assert_eq!(row.try_get::<String>("", "note").expect("text"), text);
        let at: chrono::DateTime<chrono::Utc> = row.try_get("", "at").expect("an instant");
        assert_eq!(
            at,
            text.parse::<chrono::DateTime<chrono::Utc>>()
                .expect("an instant")
        );
    }
    let border: chrono::DateTime<chrono::Utc> = instants[2].parse().expect("an instant");
    let mut before = Query::select();
    before
        .column("note")
        .from("effect")
        .and_where(Expr::col("at").lt(border));
    assert_eq!(
        test.db.read().query_all(&before).await.expect("rows").len(),
        2
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_away_is_told_from_one_that_refuses_and_is_found_again() {
    if !testkit::on_postgres() {
        return; // A file is not away.
    }
    let (test, rt, _) = app().await;
    let (proxy, through) = Proxy::before(&test.url(), 5432).await;
    let mut config = test.config();
    config.url = through;
    let db = Db::open(&config, &rt).await.expect("through the proxy");
    db.tx(|tx| async move { note(&tx, "before").await })
        .await
        .expect("written");

    proxy.cut();
    let away = db
        .tx(|tx| async move { note(&tx, "never").await })
        .await
        .unwrap_err();
    assert!(durable::is_unavailable(&away), "{away:?}");
    proxy.open();
    testkit::wait_for("the database", || async { db.ping().await.ok() }).await;
    db.tx(|tx| async move { note(&tx, "after").await })
        .await
        .expect("written");

    let mut wrong = Query::select();
    wrong.column("no_such_column").from("effect");
    let refused = db.read().query_all(&wrong).await.unwrap_err();
    assert!(!durable::is_unavailable(&refused), "{refused:?}");
    assert_eq!(notes(&test.db).await, ["before", "after"]);
}
