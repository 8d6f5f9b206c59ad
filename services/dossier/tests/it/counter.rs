//! Filing at the counter by an officer, for someone without an account.

use crate::world::World;
use serde_json::json;
use testkit::actors;

#[tokio::test]
async fn an_officer_files_for_someone_without_an_account() {
    let w = World::new().await;
    let officer = actors::officer();
    let mut body = w.body(&officer).await;
    body["channel"] = json!("direct");
    body["attachments"] = json!([]);
    let filed = w
        .app
        .as_(&officer)
        .post("/api/v1/dossiers", &body)
        .await
        .expect(201)
        .json();
    assert_eq!(filed["channel"], "direct");
    let open: Vec<_> = filed["actions"].as_array().expect("actions").clone();
    assert!(
        open.contains(&json!("receive")) && open.contains(&json!("withdraw")),
        "{open:?}"
    );
    let received = w.go(&officer, &filed, "receive", json!({})).await;
    // Three working days of the direct channel.
    assert_eq!(received["dueAt"], "2026-11-19T10:00:00Z");
    let withdrawn = w
        .go(
            &officer,
            &received,
            "withdraw",
            json!({"reason": "Người nộp xin rút"}),
        )
        .await;
    assert_eq!(withdrawn["status"]["key"], "withdrawn");
    w.app
        .as_(&actors::citizen())
        .get(&format!(
            "/api/v1/dossiers/{}",
            filed["id"].as_str().expect("id")
        ))
        .await
        .expect_problem(404, "dossier.not-found");
}

#[tokio::test]
async fn an_officer_files_only_for_the_own_desk_and_not_online() {
    let w = World::new().await;
    let officer = actors::officer();
    let mut body = w.body(&officer).await;
    let problem = w
        .app
        .as_(&officer)
        .post("/api/v1/dossiers", &body)
        .await
        .expect_problem(422, "body.invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/channel");
    body["channel"] = json!("direct");
    body["agencyCode"] = json!("H05.22");
    let problem = w
        .app
        .as_(&officer)
        .post("/api/v1/dossiers", &body)
        .await
        .expect_problem(422, "body.invalid");
    let codes: Vec<_> = problem["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|e| e["code"].clone())
        .collect();
    assert!(
        codes.contains(&json!("procedure.not-anywhere")),
        "{codes:?}"
    );
    body["agencyCode"] = json!("H05.21");
    body["channel"] = json!("postal");
    let problem = w
        .app
        .as_(&officer)
        .post("/api/v1/dossiers", &body)
        .await
        .expect_problem(422, "body.invalid");
    assert_eq!(
        problem["errors"][0]["code"],
        "procedure.channel-not-offered"
    );
    w.app
        .as_(&actors::specialist())
        .post("/api/v1/dossiers", &body)
        .await
        .expect_problem(403, "auth.forbidden");
}
