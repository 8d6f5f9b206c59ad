//! Numbers: one dossier, one number, whatever happens at the same time.

use crate::world::{World, text};
use durable::sea_orm::ConnectionTrait as _;
use durable::sea_orm::sea_query::Query;
use serde_json::json;
use std::collections::BTreeSet;
use testkit::actors;

#[tokio::test]
async fn fifty_receptions_at_the_same_time_give_fifty_numbers() {
    let w = World::new().await;
    let mut filed = Vec::new();
    for _ in 0..50 {
        filed.push(w.file().await);
    }
    let officer = actors::officer();
    let receptions = filed
        .iter()
        .map(|d| w.go(&officer, d, "receive", json!({})));
    let received = futures_util::future::join_all(receptions).await;
    let numbers: BTreeSet<String> = received.iter().map(|d| text(&d["number"])).collect();
    let expected: BTreeSet<String> = (1..=50).map(|n| format!("H05.21-261116-{n:04}")).collect();
    assert_eq!(numbers, expected, "unique and without gaps");
    assert_eq!(dossier::verify(w.db()).await.expect("database"), []);
}

#[tokio::test]
async fn one_dossier_received_twice_at_the_same_time_gets_one_number() {
    let w = World::new().await;
    let filed = w.file().await;
    let officer = actors::officer();
    let both = futures_util::future::join_all(
        (0..4).map(|_| w.command(&officer, &filed, "receive", json!({}))),
    )
    .await;
    let mut statuses: Vec<u16> = both.iter().map(|r| r.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412, 412, 412]);
    let next = w.go(&officer, &w.file().await, "receive", json!({})).await;
    assert_eq!(
        next["number"], "H05.21-261116-0002",
        "what failed took no number"
    );
}

#[tokio::test]
async fn the_ten_thousandth_of_a_day_and_the_first_of_the_next() {
    let w = World::new().await;
    let day = chrono::NaiveDate::from_ymd_opt(2026, 11, 16).expect("day");
    let busy = Query::insert()
        .into_table("dossier_counter")
        .columns(["agency_code", "day", "last"])
        .values_panic(["H05.21".into(), day.into(), 9_998_i64.into()])
        .to_owned();
    let busy = &busy;
    w.db()
        .tx(|tx| async move { tx.execute(busy).await.map(|_| ()) })
        .await
        .expect("a busy day");
    let officer = actors::officer();
    for number in [
        "H05.21-261116-9999",
        "H05.21-261116-10000",
        "H05.21-261116-10001",
    ] {
        let received = w.go(&officer, &w.file().await, "receive", json!({})).await;
        assert_eq!(received["number"], number);
        let path = format!("/api/v1/tracking/{number}");
        w.app.anonymous().get(&path).await.expect(200);
    }
    // Midnight in Việt Nam, not in Greenwich.
    w.rt.clock
        .set("2026-11-16T17:00:00Z".parse().expect("time"));
    let received = w.go(&officer, &w.file().await, "receive", json!({})).await;
    assert_eq!(received["number"], "H05.21-261117-0001");
}
