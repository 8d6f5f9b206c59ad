//! The main story, in one process and as separate processes.

use e2e::one_process::OneProcess;
use e2e::processes::{Processes, servers};
use suite::demo::{self, Options};

fn options(url: &str, count: usize) -> Options {
    Options {
        gateway: url.parse().expect("a URL"),
        count,
        concurrency: 4,
        tell: false,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dossiers_go_all_the_way_in_one_process_and_survive_a_restart() {
    let running = OneProcess::start().await;
    let report = demo::play(&options(&running.suite.url, 6))
        .await
        .expect("the story is played");
    assert!(report.is_complete(), "{report:?}");
    let running = running.restart().await;
    let report = demo::play(&options(&running.suite.url, 2))
        .await
        .expect("played again");
    assert!(report.is_complete(), "{report:?}");
    let verified = suite::verify::verify(&running.suite.databases)
        .await
        .expect("checked");
    assert!(verified.is_sound(), "{verified:?}");
    assert_eq!(verified.checked["shipments"], 8);
    // The checker can fail: an effect that is taken away is missed.
    for (file, table) in [("notifications.db", "notice"), ("postal.db", "shipment")] {
        lose_all(&running.data.path().join(file), table).await;
    }
    let robbed = suite::verify::verify(&running.suite.databases)
        .await
        .expect("checked");
    let missed = |consumer: &str| {
        robbed
            .findings
            .iter()
            .filter(|f| f.starts_with(consumer))
            .count()
    };
    assert_eq!(
        missed("notifications"),
        88,
        "eleven notices in the inboxes of applicant and desks, eight times: {robbed:?}"
    );
    assert_eq!(missed("postal"), 8, "{robbed:?}");
    assert!(running.suite.stop().await, "everything ends by itself");
}

#[tokio::test(flavor = "multi_thread")]
async fn dossiers_go_all_the_way_over_rabbit_and_postgres() {
    let Some((amqp, redis)) = servers() else {
        return;
    };
    let mut running = Processes::start(&amqp, &redis).await;
    let report = demo::play(&options(&running.url, 6))
        .await
        .expect("the story is played");
    assert!(
        report.is_complete(),
        "{report:?}\n{}",
        running.log("notifications")
    );
    let verified = running.motcua(&["verify"]);
    assert!(
        verified.status.success(),
        "{}",
        String::from_utf8_lossy(&verified.stdout)
    );
    let dossier = traces(&running.column("dossier", "outbox", "payload").await);
    let postal = traces(&running.column("postal", "outbox", "payload").await);
    assert!(!postal.is_empty());
    let followed = postal.iter().filter(|t| dossier.contains(t)).count();
    assert!(
        followed >= 6,
        "each shipment is opened in the trace of the approval: {followed}"
    );
    let token = running.motcua(&["token", "citizen"]);
    assert!(
        token.status.success(),
        "{}",
        String::from_utf8_lossy(&token.stderr)
    );
    assert_eq!(
        running.stop(),
        Vec::<String>::new(),
        "SIGTERM ends each with 0"
    );
}

/// The trace ids of events, out of their `traceparent`.
fn traces(payloads: &[String]) -> Vec<String> {
    let id = |payload: &String| {
        let event: serde_json::Value = serde_json::from_str(payload).expect("an event");
        let traceparent = event["traceparent"]
            .as_str()
            .expect("each event carries its trace");
        traceparent
            .split('-')
            .nth(1)
            .expect("a trace id")
            .to_owned()
    };
    payloads.iter().map(id).collect()
}

/// Empties a table behind the service's back.
async fn lose_all(file: &std::path::Path, table: &'static str) {
    use durable::sea_orm::{ConnectionTrait as _, Database};
    let db = Database::connect(format!("sqlite://{}", file.display()))
        .await
        .expect("the file");
    let sql = format!("PRAGMA foreign_keys = OFF; DELETE FROM {table}");
    db.execute_unprepared(&sql).await.expect("deleted");
    db.close().await.expect("closed");
}
