//! Tests of the durable parts, each on a database of its own. The same tests run on `SQLite` and `PostgreSQL`.
#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

mod events;
mod idempotency;
mod leases;
mod operations;
mod private;
mod rabbit;
mod tasks;
mod tx;

use contracts::Event;
use durable::sea_orm::sea_query::{
    ColumnDef, Expr, ExprTrait as _, Order, Query, SelectStatement, Table,
};
use durable::sea_orm::{ConnectionTrait as _, DbErr, DeriveIden};
use durable::sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait};
use durable::{Bus, Db, Done, Task, TaskError, Tx, Worker};
use kit::Runtime;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use testkit::TestDb;

/// An event of these tests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Pinged {
    subject: String,
    version: i64,
    note: String,
}

impl Event for Pinged {
    const TYPE: &'static str = "test.pinged.v1";
    const SOURCE: &'static str = "test";
    fn personal() -> bool {
        false
    }
    fn subject(&self) -> String {
        self.subject.clone()
    }
    fn version(&self) -> i64 {
        self.version
    }
}

fn ping(subject: &str, version: i64, note: &str) -> Pinged {
    Pinged {
        subject: subject.to_owned(),
        version,
        note: note.to_owned(),
    }
}

/// What handlers leave behind.
#[derive(Clone, Copy, DeriveIden)]
enum Effect {
    Table,
    Seq,
    Note,
    At,
}

struct Effects;

impl MigrationName for Effects {
    fn name(&self) -> &'static str {
        "test_0001_effects"
    }
}

#[expect(
    elided_lifetimes_in_paths,
    reason = "async_trait wants the trait's own signature"
)]
#[async_trait::async_trait]
impl MigrationTrait for Effects {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create();
        table
            .table(Effect::Table)
            .col(
                ColumnDef::new(Effect::Seq)
                    .big_integer()
                    .not_null()
                    .auto_increment()
                    .primary_key(),
            )
            .col(ColumnDef::new(Effect::Note).text().not_null())
            .col(ColumnDef::new(Effect::At).timestamp_with_time_zone());
        manager.create_table(table).await
    }
}

fn migrations() -> Vec<Box<dyn MigrationTrait>> {
    vec![Box::new(Effects)]
}

/// The state of the tests' service.
struct App {
    db: Db,
    rt: Runtime,
}

/// A migrated database, its runtime and the service's state.
async fn app() -> (TestDb, Runtime, Arc<App>) {
    let rt = testkit::runtime();
    let test = TestDb::with(&rt, migrations).await;
    let app = Arc::new(App {
        db: test.db.clone(),
        rt: rt.clone(),
    });
    (test, rt, app)
}

async fn note(tx: &Tx, text: &str) -> Result<(), DbErr> {
    let mut insert = Query::insert();
    insert
        .into_table(Effect::Table)
        .columns([Effect::Note])
        .values([text.into()])
        .expect("one value for one column");
    tx.execute(&insert).await.map(|_| ())
}

async fn notes(db: &Db) -> Vec<String> {
    let mut select = Query::select();
    select
        .column(Effect::Note)
        .from(Effect::Table)
        .order_by(Effect::Seq, Order::Asc);
    let rows = db.read().query_all(&select).await.expect("rows");
    rows.iter()
        .map(|row| row.try_get("", "note").expect("text"))
        .collect()
}

/// Counts rows of a table for which a text column has a value.
async fn count(db: &Db, table: &'static str, column: &'static str, value: &str) -> i64 {
    let mut select = SelectStatement::new();
    select
        .expr_as(Expr::cust("count(*)"), "number")
        .from(table)
        .and_where(Expr::col(column).eq(value));
    let row = db
        .read()
        .query_one(&select)
        .await
        .expect("a count")
        .expect("a row");
    row.try_get("", "number").expect("a number")
}

/// Messages in the task table in the order in which they were stored.
async fn received(db: &Db) -> Vec<contracts::CloudEvent> {
    let mut select = SelectStatement::new();
    // Ids of rows begin with the instant, which stands still; the order of storing is that of transactions and their commands (where
    // a row lies says nothing once a place was used again).
    let order = if testkit::on_postgres() {
        "xmin::text::bigint, cmin::text::bigint"
    } else {
        "rowid"
    };
    select
        .column("payload")
        .from("task")
        .order_by_expr(Expr::cust(order), Order::Asc);
    let rows = db.read().query_all(&select).await.expect("rows");
    rows.iter()
        .map(|row| {
            let payload: String = row.try_get("", "payload").expect("text");
            serde_json::from_str(&payload).expect("a message")
        })
        .collect()
}

/// Rows of a table.
async fn rows(db: &Db, table: &'static str) -> i64 {
    let mut select = SelectStatement::new();
    select.expr_as(Expr::cust("count(*)"), "number").from(table);
    let row = db.read().query_one(&select).await.expect("a count");
    row.expect("a row").try_get("", "number").expect("a number")
}

/// Events that wait in the outbox.
async fn unsent(db: &Db) -> i64 {
    let mut select = SelectStatement::new();
    select
        .expr_as(Expr::cust("count(*)"), "number")
        .from("outbox")
        .and_where(Expr::col("sent_at").is_null());
    let row = db
        .read()
        .query_one(&select)
        .await
        .expect("a count")
        .expect("a row");
    row.try_get("", "number").expect("a number")
}

async fn publish(app: &App, event: &Pinged) {
    app.db
        .tx(|tx| async move { durable::publish(&tx, &app.rt, event).await })
        .await
        .expect("published");
}

/// Notes the event's text.
async fn noting(app: Arc<App>, task: Task<Pinged>) -> Result<Done, TaskError> {
    let (app, task) = (&app, &task);
    app.db
        .tx(|tx| async move {
            note(&tx, &task.event.note).await?;
            Ok(task.finish(&tx).await?)
        })
        .await
}

fn noting_worker(app: &Arc<App>, bus: &Bus) -> Worker<App> {
    Worker::new("listener", &app.db, bus, &app.rt, Arc::clone(app)).on::<Pinged, _, _>(noting)
}
