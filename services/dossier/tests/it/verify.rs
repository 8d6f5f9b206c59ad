//! Tampering is found.

use crate::world::{World, id, text};
use durable::sea_orm::ConnectionTrait as _;
use durable::sea_orm::sea_query::{Expr, ExprTrait as _, Query};
use serde_json::json;
use testkit::actors;

async fn kinds(w: &World) -> Vec<&'static str> {
    let findings = dossier::verify(w.db()).await.expect("database");
    let mut kinds: Vec<_> = findings.iter().map(|f| f.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

#[tokio::test]
async fn a_changed_journal_entry_is_found() {
    let w = World::new().await;
    let d = w.file().await;
    w.go(
        &actors::officer(),
        &d,
        "refuse",
        json!({"reason": "Sai thẩm quyền"}),
    )
    .await;
    assert!(kinds(&w).await.is_empty());
    let tamper = Query::update()
        .table("dossier_journal")
        .value("reason", "Lý do khác")
        .and_where(Expr::col("dossier_id").eq(id(&d).0))
        .and_where(Expr::col("seq").eq(2))
        .to_owned();
    let tamper = &tamper;
    w.db()
        .tx(|tx| async move { tx.execute(tamper).await.map(|_| ()) })
        .await
        .expect("tamper");
    let findings = dossier::verify(w.db()).await.expect("database");
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0].kind, "journal.chain");
    assert_eq!(findings[0].subject, text(&d["id"]));
}

#[tokio::test]
async fn a_rewritten_row_a_removed_entry_and_a_lost_event_are_found() {
    let w = World::new().await;
    let d = w.file().await;
    let other = w.file().await;
    let third = w.file().await;
    w.go(&actors::officer(), &d, "receive", json!({})).await;
    w.go(&actors::officer(), &other, "receive", json!({})).await;
    assert!(kinds(&w).await.is_empty());
    let row = Query::update()
        .table("dossier")
        .value("status", "done")
        .and_where(Expr::col("id").eq(id(&third).0))
        .to_owned();
    let entry = Query::delete()
        .from_table("dossier_journal")
        .and_where(Expr::col("dossier_id").eq(id(&d).0))
        .and_where(Expr::col("seq").eq(1))
        .to_owned();
    let event = Query::delete()
        .from_table("outbox")
        .and_where(Expr::col("subject").eq(text(&other["id"])))
        .to_owned();
    let (row, entry, event) = (&row, &entry, &event);
    w.db()
        .tx(|tx| async move {
            tx.execute(row).await?;
            tx.execute(entry).await?;
            tx.execute(event).await.map(|_| ())
        })
        .await
        .expect("tamper");
    assert_eq!(
        kinds(&w).await,
        ["event.missing", "journal.gap", "journal.head"]
    );
}
