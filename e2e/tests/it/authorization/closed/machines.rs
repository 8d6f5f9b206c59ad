//! Tasks that nobody gave up, and the post.

use super::{Case, Checks, Operation, REFUSED, UNCHANGED, unversioned};
use crate::authorization::world::World;
use chrono::{DateTime, Utc};
use durable::operations::{Filter, TaskState, tasks};
use durable::sea_orm::ConnectionTrait as _;
use durable::sea_orm::sea_query::{Expr, ExprTrait as _, Query};
use durable::{Db, Job};
use serde_json::json;

pub(super) async fn cases(world: &World) -> Vec<Case> {
    let databases = &world.running.suite.databases;
    let mut all = vec![collected(world)];
    for (service, db, steps) in [
        (
            "catalogue",
            &databases.catalogue,
            ["replayTaskCatalogue", "discardTaskCatalogue"],
        ),
        (
            "dossier",
            &databases.dossier,
            ["replayTaskDossier", "discardTaskDossier"],
        ),
        (
            "identity",
            &databases.identity,
            ["replayTaskIdentity", "discardTaskIdentity"],
        ),
        (
            "notifications",
            &databases.notifications,
            ["replayTaskNotifications", "discardTaskNotifications"],
        ),
        (
            "postal",
            &databases.postal,
            ["replayTaskPostal", "discardTaskPostal"],
        ),
    ] {
        all.extend(undead(service, db, &steps).await);
    }
    all
}

/// Tasks of a service that wait, are worked on, are done: none was given up.
async fn undead(service: &str, db: &Db, steps: &[&'static str; 2]) -> Vec<Case> {
    let path = format!("/api/v1/operations/{service}/tasks");
    let waits = waiting(db, "walk-waits").await;
    let leased = waiting(db, "walk-leased").await;
    let done = waiting(db, "walk-done").await;
    let now = db.runtime().clock.now();
    let later = now + chrono::Duration::days(30);
    set(db, "walk-leased", "leased", ("lease_until", later)).await;
    set(db, "walk-done", "done", ("finished_at", now)).await;
    let one = |id: &str| format!("{path}/{id}");
    let none = format!("{path}?kind=walk-done");
    let alive = (409, "task.not-dead");
    let gone = (404, "task.not-found");
    [
        ("a task that waits", &waits, one(&waits), alive),
        ("a task that is worked on", &leased, one(&leased), alive),
        ("a task that is done", &done, none, gone),
    ]
    .into_iter()
    .map(|(when, id, seen, refusal)| {
        Case::new(when, unversioned(id), vec![("admin", seen)]).all_closed(steps, "admin", refusal)
    })
    .collect()
}

/// A job of a kind that nobody knows, not to be done before a month has passed; its id.
async fn waiting(db: &Db, kind: &str) -> String {
    let at = db.runtime().clock.now() + chrono::Duration::days(30);
    let queued = db.tx(|tx| {
        let job = Job::new(kind, &json!({})).at(at);
        async move { durable::enqueue(&tx, db.runtime(), job).await }
    });
    assert!(queued.await.expect("a row"));
    let filter = Filter {
        state: TaskState::Ready,
        kind: Some(kind.to_owned()),
        after: None,
    };
    let found = tasks(db, &filter, 1).await.expect("tasks");
    found.first().expect("a task").id.to_string()
}

/// Brings it to another state, as if somebody had.
async fn set(db: &Db, kind: &str, state: &str, (column, at): (&'static str, DateTime<Utc>)) {
    let update = Query::update()
        .table("task")
        .value("state", state)
        .value(column, at)
        .and_where(Expr::col("kind").eq(kind))
        .to_owned();
    let set = db.tx(|tx| {
        let update = update.clone();
        async move { tx.execute(&update).await }
    });
    assert_eq!(set.await.expect("an update").rows_affected(), 1);
}

/// The post has it already, and has brought it.
fn collected(world: &World) -> Case {
    let body = json!({"items": [{"shipmentId": world.shipment}], "signedBy": "Trần Văn Bưu"});
    let seen = vec![
        (
            "postoffice",
            format!("/api/v1/shipments/{}", world.shipment),
        ),
        (
            "postoffice",
            "/api/v1/shipments/manifests?limit=100".to_owned(),
        ),
    ];
    let shipment = unversioned(&world.shipment);
    Case::new("a shipment that was delivered", shipment, seen).closed(
        "createManifest",
        "postoffice",
        body,
        (409, "shipment.not-ready"),
    )
}

/// What is said to have happened after the end is kept and does not count. Each report has an id of its own, or it were known.
pub(super) async fn late_event(world: &World, operations: &[Operation], checks: &mut Checks) {
    let operation = operations.iter().find(|o| o.id == "reportShipmentEvents");
    let operation = operation.expect("an operation");
    let shipment = format!("/api/v1/shipments/{}", world.shipment);
    let citizen = world.token("citizen").await;
    let before = world.json(&shipment, &citizen).await;
    let post = world.token("postoffice").await;
    for direct in [false, true] {
        let body = json!({"events": [{"eventId": format!("late-{direct}"), "shipmentId": world.shipment,
            "code": "inTransit", "occurredAt": world.in_days(0)}]});
        let path = &operation.path;
        let answer = world.at(operation, path, (&post, 1), &body, direct).await;
        checks.count(REFUSED);
        assert_eq!(
            (answer.status, answer.code()),
            (200, "shipment.closed"),
            "{answer:?}"
        );
    }
    checks.count(UNCHANGED);
    assert_eq!(before, world.json(&shipment, &citizen).await);
}
