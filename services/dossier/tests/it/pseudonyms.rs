//! The end of a dossier itself: it tells of nobody, and still counts.

use crate::retention::{ALMOST, ended, notices, verified, world};
use crate::world::{World, id, text};
use chrono::Duration;
use durable::sea_orm::ConnectionTrait as _;
use durable::sea_orm::sea_query::{Expr, ExprTrait as _, Query};
use serde_json::{Value, json};
use testkit::{actors, wait_for};

/// Everything that rests in the tables about a dossier, opened.
async fn resting(w: &World, d: &Value) -> String {
    let mut all = String::new();
    for (table, key, columns) in [
        (
            "dossier",
            "id",
            &["search", "personal", "details", "identity_hash"][..],
        ),
        (
            "dossier_message",
            "dossier_id",
            &["author_name", "content"][..],
        ),
    ] {
        let query = Query::select()
            .columns(columns.iter().copied())
            .from(table)
            .and_where(Expr::col(key).eq(id(d).0))
            .to_owned();
        for row in w.db().read().query_all(&query).await.expect("query") {
            for column in columns {
                let text: Option<String> = row.try_get("", column).expect("a text");
                let text = text.unwrap_or_default();
                all += &w.rt.sealer.open(&text).unwrap_or(text);
                all.push('\n');
            }
        }
    }
    let ties = Query::select()
        .column("file_id")
        .from("dossier_file")
        .and_where(Expr::col("dossier_id").eq(id(d).0))
        .to_owned();
    let query = Query::select()
        .column("name")
        .from("file")
        .and_where(Expr::col("id").in_subquery(ties))
        .to_owned();
    for row in w.db().read().query_all(&query).await.expect("query") {
        let name: String = row.try_get("", "name").expect("a text");
        all += &w.rt.sealer.open(&name).expect("sealed");
        all.push('\n');
    }
    all
}

#[tokio::test]
async fn a_dossier_whose_term_is_over_tells_of_nobody_and_still_counts() {
    let w = world(&[("files.retention.dossier_years", "11")]).await;
    let (citizen, officer, leader) = (actors::citizen(), actors::officer(), actors::leader());
    let filed = w.file_by_post().await;
    let message = format!("/api/v1/dossiers/{}/messages", text(&filed["id"]));
    let body = json!({"text": "Tôi là Nguyễn Văn An, số máy 0912345678", "fileIds": []});
    w.app.as_(&citizen).post(&message, &body).await.expect(201);
    let seen = w.get(&officer, &filed).await;
    let why = json!({"reason": "Ông Nguyễn Văn An chưa ký", "items": [{"componentId": "c1", "content": "An ký lại"}]});
    let asked = w.go(&officer, &seen, "request-supplement", why).await;
    let better = w.upload(&citizen, "Nguyễn Văn An.pdf").await;
    let body = json!({"attachments": [{"componentId": "c1", "fileId": better}]});
    let again = w.go(&citizen, &asked, "supplement", body).await;
    let received = w.go(&officer, &again, "receive", json!({})).await;
    let stop = json!({"reason": "Ông Nguyễn Văn An đề nghị dừng"});
    let d = w.go(&officer, &received, "stop", stop).await;
    let known = [
        "Nguyễn Văn An",
        "nguyen van an",
        "001090000001",
        "912345678",
        "an@example.vn",
        "thôn Trung",
        "Nguyễn Thị Mai",
        "An ký lại",
    ];
    let before = resting(&w, &d).await;
    for one in known {
        assert!(before.contains(one), "{one}: {before}");
    }
    let report = "/api/v1/reports/dossiers?from=2026-11-01&to=2026-11-30";
    let counts = w.app.as_(&leader).get(report).await.expect(200).json();

    // Ten years for the papers, eleven for the dossier.
    w.rt.clock.advance(Duration::days(ALMOST + 1));
    wait_for("the notice", || async { notices(&w, &leader).await.pop() }).await;
    w.rt.clock.advance(Duration::days(31));
    ended(&w, &d, "remove-papers").await;
    w.rt.clock.advance(Duration::days(340));
    let up = wait_for("the notice", || async { notices(&w, &leader).await.pop() }).await;
    assert_eq!(up["class"], "dossier");
    w.rt.clock.advance(Duration::days(31));
    ended(&w, &d, "pseudonymise").await;

    let after = resting(&w, &d).await;
    for one in known {
        assert!(!after.contains(one), "{one}: {after}");
    }
    let seen = w.get(&officer, &d).await;
    assert_eq!(seen["applicant"]["name"], "(đã ẩn danh)");
    assert_eq!(
        (&seen["number"], &seen["status"], &seen["submittedAt"]),
        (&d["number"], &d["status"], &d["submittedAt"])
    );
    assert_eq!(
        (&seen["answers"], &seen["actions"]),
        (&json!({}), &json!([]))
    );
    for one in known {
        assert!(!seen.to_string().contains(one), "{one}: {seen}");
    }
    let path = format!("/api/v1/dossiers/{}/journal", text(&d["id"]));
    let journal = w.app.as_(&officer).get(&path).await.expect(200).text();
    assert!(!journal.contains("Nguyễn Văn An"), "{journal}");
    assert!(
        journal.contains(&officer.name),
        "who decided stays: {journal}"
    );
    let found = async |q: &str| {
        let path = format!("/api/v1/dossiers?q={q}");
        let list = w.app.as_(&officer).get(&path).await.expect(200).json();
        list["items"].as_array().map(Vec::len)
    };
    assert_eq!(found("001090000001").await, Some(0));
    assert_eq!(found("van%20an").await, Some(0));
    assert_eq!(found(&text(&d["number"])).await, Some(1));
    assert_eq!(
        w.app.as_(&leader).get(report).await.expect(200).json(),
        counts
    );
    for form in [
        "receipt",
        "supplement-request",
        "stop-notice",
        "control-slip",
    ] {
        let path = format!("/api/v1/dossiers/{}/forms/{form}.pdf", text(&d["id"]));
        w.app.as_(&officer).get(&path).await.expect(200);
    }
    let body = json!({"text": "Nguyễn Văn An đây", "fileIds": []});
    w.app
        .as_(&citizen)
        .post(&message, &body)
        .await
        .expect_problem(409, "dossier.pseudonymised");
    let reopen = json!({"reason": "Mở lại", "legalBasis": "Điều 1"});
    w.command(&leader, &seen, "reopen", reopen)
        .await
        .expect_problem(409, "dossier.pseudonymised");
    assert!(notices(&w, &leader).await.is_empty());
    verified(&w).await;
}
