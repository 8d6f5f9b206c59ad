//! Papers: versions, preview, originals, results used again, uploads that nobody attached, limits.

use crate::world::{PDF, World, text};
use chrono::Duration;
use serde_json::{Value, json};
use testkit::{Reply, actors, wait_for};

async fn papers(w: &World, actor: &contracts::Actor, d: &Value) -> Value {
    let path = format!("/api/v1/dossiers/{}/papers", text(&d["id"]));
    w.app.as_(actor).get(&path).await.expect(200).json()
}

async fn originals(w: &World, d: &Value, to: &str, body: Value) -> Reply {
    let now = w.get(&actors::officer(), d).await;
    let path = format!("/api/v1/dossiers/{}/{to}", text(&d["id"]));
    w.app
        .as_(&actors::officer())
        .if_match(now["version"].as_i64().expect("version"))
        .post(&path, &body)
        .await
}

#[tokio::test]
async fn a_supplement_makes_a_new_version_and_the_old_one_stays() {
    let w = World::new().await;
    let filed = w.file().await;
    let asked = w
        .go(
            &actors::officer(),
            &filed,
            "request-supplement",
            json!({"reason": "Mờ", "items": [{"componentId": "c1", "content": "Chụp lại"}]}),
        )
        .await;
    let better = w.upload(&actors::citizen(), "ro-hon.pdf").await;
    let body = json!({"attachments": [{"componentId": "c1", "fileId": better}]});
    w.go(&actors::citizen(), &asked, "supplement", body).await;
    let seen = papers(&w, &actors::citizen(), &filed).await;
    let versions = seen["components"][0]["versions"]
        .as_array()
        .expect("versions");
    let told: Vec<_> = versions
        .iter()
        .map(|v| {
            (
                v["version"].clone(),
                v["replaced"].clone(),
                text(&v["name"]),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (json!(1), json!(true), "giay-chung-sinh.pdf".to_owned()),
            (json!(2), json!(false), "ro-hon.pdf".to_owned()),
        ]
    );
    assert_eq!(
        versions[0]["retention"],
        json!({"class": "paper", "years": 10, "until": null, "held": false})
    );
    assert_eq!(versions[0]["preview"], true);
    assert_eq!(versions[0]["at"], "2026-11-16T02:00:00Z");
    let old = format!("/api/v1/files/{}", text(&versions[0]["fileId"]));
    w.app.as_(&actors::officer()).get(&old).await.expect(200);
}

#[tokio::test]
async fn a_paper_may_be_looked_at_and_runs_nothing() {
    let w = World::new().await;
    let file = w.upload(&actors::citizen(), "a.pdf").await;
    let citizen = w.app.as_(&actors::citizen());
    let shown = citizen
        .get(&format!("/api/v1/files/{file}?inline=true"))
        .await
        .expect(200);
    let header = |name| shown.header(name).unwrap_or_default().to_owned();
    assert!(header("content-disposition").starts_with("inline; "));
    let policy = header("content-security-policy");
    for nothing in ["default-src", "base-uri", "form-action", "frame-ancestors"] {
        assert!(policy.contains(&format!("{nothing} 'none'")), "{policy}");
    }
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("cross-origin-resource-policy"), "same-origin");
    assert_eq!(header("cache-control"), "private, no-store");
    let kept = citizen
        .get(&format!("/api/v1/files/{file}"))
        .await
        .expect(200);
    assert!(
        kept.header("content-disposition")
            .is_some_and(|d| d.starts_with("attachment; "))
    );
    citizen
        .get(&format!("/api/v1/files/{file}?inline=maybe"))
        .await
        .expect_problem(422, "query.invalid");
}

#[tokio::test]
async fn originals_are_kept_and_go_back_once() {
    let w = World::new().await;
    let filed = w.file().await;
    let keep = json!({"componentId": "c1", "count": 2, "note": "Đối chiếu"});
    originals(&w, &filed, "originals", keep).await.expect(201);
    for (body, pointer) in [
        (json!({"componentId": "nope", "count": 1}), "/componentId"),
        (json!({"componentId": "n1", "count": 1}), "/componentId"),
        (json!({"componentId": "c1", "count": 0}), "/count"),
        (json!({"componentId": "c1", "count": 1001}), "/count"),
    ] {
        let problem = originals(&w, &filed, "originals", body)
            .await
            .expect_problem(422, "body.invalid");
        assert_eq!(problem["errors"][0]["pointer"], pointer);
    }
    let back = json!({"receiverName": "Nguyễn Văn An"});
    let seen = originals(&w, &filed, "originals/1/return", back.clone())
        .await
        .expect(200)
        .json();
    let entry = &seen["components"][0]["originals"][0];
    assert_eq!(
        (&entry["count"], &entry["receiverName"]),
        (&json!(2), &json!("Nguyễn Văn An"))
    );
    for to in ["originals/1/return", "originals/9/return"] {
        originals(&w, &filed, to, back.clone())
            .await
            .expect_problem(409, "original.not-kept");
    }
    // The journal outlives the names.
    let journal = w
        .app
        .as_(&actors::officer())
        .get(&format!("/api/v1/dossiers/{}/journal", text(&filed["id"])))
        .await
        .expect(200)
        .json();
    let commands: Vec<_> = journal["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|e| text(&e["command"]))
        .collect();
    assert_eq!(commands, ["file", "keep-original", "return-original"]);
    assert_eq!(dossier::verify(w.db()).await.expect("database"), []);
}

#[tokio::test]
async fn originals_that_stay_after_the_end_are_told_of_until_they_go_back() {
    let w = World::new().await;
    let ended = async |moment: i64| {
        w.rt.clock.advance(Duration::seconds(moment));
        let filed = w.file().await;
        let keep = json!({"componentId": "c1", "count": 1});
        originals(&w, &filed, "originals", keep).await.expect(201);
        let seen = w.get(&actors::citizen(), &filed).await;
        w.go(&actors::citizen(), &seen, "withdraw", json!({})).await
    };
    // In this order, so that whoever comes to the last has been past the others.
    let (back, at_once, kept) = (ended(1).await, ended(1).await, ended(1).await);
    let took = json!({"receiverName": "Nguyễn Văn An"});
    originals(&w, &at_once, "originals/1/return", took.clone())
        .await
        .expect(200);
    let told = async |d: &Value| w.alarms(d).await.len();
    let last = async |count: usize| {
        wait_for("the alarm", || async {
            (told(&kept).await == count).then_some(())
        })
        .await;
    };
    w.rt.clock.advance(Duration::days(7));
    last(1).await;
    assert_eq!(w.alarms(&back).await, ["originalsKept"]);
    assert_eq!(told(&at_once).await, 0);
    originals(&w, &back, "originals/1/return", took)
        .await
        .expect(200);
    for month in 2..4 {
        w.rt.clock.advance(Duration::days(30));
        last(month).await;
        assert_eq!((told(&back).await, told(&at_once).await), (1, 0));
    }
}

#[tokio::test]
async fn a_result_is_used_again_and_not_asked_for_again() {
    let w = World::new().await;
    let done = w.until_done(&w.file().await).await;
    let citizen = w.app.as_(&actors::citizen());
    let store = citizen.get("/api/v1/documents").await.expect(200).json();
    let result = &store["items"][0];
    assert_eq!(
        (&result["name"], &result["dossierId"]),
        (&json!("ket-qua.pdf"), &done["id"])
    );
    assert!(
        w.app
            .as_(&actors::citizen2())
            .get("/api/v1/documents")
            .await
            .expect(200)
            .json()["items"]
            .as_array()
            .is_some_and(Vec::is_empty)
    );
    let mut body = w.body(&actors::citizen()).await;
    body["attachments"] = json!([{"componentId": "c1", "fileId": result["fileId"]}]);
    let second = citizen
        .post("/api/v1/dossiers", &body)
        .await
        .expect(201)
        .json();
    let of = async |actor: &contracts::Actor| {
        let shown = papers(&w, actor, &second).await;
        let version = &shown["components"][0]["versions"][0];
        (version["reused"].clone(), version["reusedFrom"].clone())
    };
    assert_eq!(
        of(&actors::citizen()).await,
        (json!(true), done["id"].clone())
    );
    assert_eq!(of(&actors::officer()).await, (json!(true), Value::Null));
    // Somebody else's result is no file of theirs.
    let mut theirs = body.clone();
    theirs["attachments"] = json!([{"componentId": "c1", "fileId": result["fileId"]}]);
    let problem = w
        .app
        .as_(&actors::citizen2())
        .post("/api/v1/dossiers", &theirs)
        .await
        .expect_problem(422, "body.invalid");
    assert_eq!(problem["errors"][0]["code"], "file.unknown");
    // What is only proposed is not there yet.
    let received = w
        .go(&actors::officer(), &second, "receive", json!({}))
        .await;
    let handling = w
        .go(
            &actors::specialist(),
            &received,
            "start-handling",
            json!({}),
        )
        .await;
    let draft = w.upload(&actors::specialist(), "du-thao.pdf").await;
    w.go(
        &actors::specialist(),
        &handling,
        "propose",
        json!({"resultFileId": draft}),
    )
    .await;
    let store = citizen.get("/api/v1/documents").await.expect(200).json();
    assert_eq!(store["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        papers(&w, &actors::citizen(), &second).await["result"],
        Value::Null
    );
}

#[tokio::test]
async fn a_result_that_was_taken_back_is_not_used_again() {
    let w = World::new().await;
    let done = w.until_done(&w.file().await).await;
    let citizen = w.app.as_(&actors::citizen());
    let store = citizen.get("/api/v1/documents").await.expect(200).json();
    let mut body = w.body(&actors::citizen()).await;
    body["attachments"] = json!([{"componentId": "c1", "fileId": store["items"][0]["fileId"]}]);
    let reason = json!({"reason": "Ghi sai ngày sinh"});
    w.go(&actors::leader(), &done, "correct", reason).await;
    let store = citizen.get("/api/v1/documents").await.expect(200).json();
    assert_eq!(store["items"], json!([]));
    let problem = citizen
        .post("/api/v1/dossiers", &body)
        .await
        .expect_problem(422, "body.invalid");
    assert_eq!(problem["errors"][0]["code"], "file.unknown");
}

#[tokio::test]
async fn uploads_that_belong_to_nothing_are_forgotten_and_attached_ones_never() {
    let w = World::with(&[("files.clean_seconds", "1".to_owned())]).await;
    let filed = w.file().await;
    let attached = format!("/api/v1/files/{}", text(&filed["attachments"][0]["fileId"]));
    let alone = format!(
        "/api/v1/files/{}",
        w.upload(&actors::citizen(), "thua.pdf").await
    );
    let read = async |path: &str| w.app.as_(&actors::citizen()).get(path).await.status;
    assert_eq!(read(&alone).await, 200);
    w.rt.clock.advance(Duration::hours(73));
    wait_for("the upload is forgotten", || async {
        (read(&alone).await == 404).then_some(())
    })
    .await;
    assert_eq!(read(&attached).await, 200);
}

#[tokio::test]
async fn uploads_do_not_pile_up() {
    let w = World::with(&[("files.max_waiting", "3".to_owned())]).await;
    let citizen = w.app.as_(&actors::citizen());
    for n in 0..3 {
        w.upload(&actors::citizen(), &format!("{n}.pdf")).await;
    }
    let problem = citizen
        .upload("/api/v1/files", "4.pdf", "application/pdf", PDF.to_vec())
        .await
        .expect_problem(429, "file.too-many");
    assert_eq!(problem["maxWaiting"], 3);
    // Another's are not counted, and what is attached does not wait.
    w.upload(&actors::citizen2(), "a.pdf").await;
}

#[tokio::test]
async fn ten_thousand_files_are_refused_whole() {
    let w = World::new().await;
    let mut body = w.body(&actors::citizen()).await;
    let file = body["attachments"][0]["fileId"].clone();
    body["attachments"] = (0..10_000)
        .map(|_| json!({"componentId": "c1", "fileId": file}))
        .collect();
    let reply = w
        .app
        .as_(&actors::citizen())
        .post("/api/v1/dossiers", &body)
        .await;
    let problem = reply.expect_problem(422, "body.invalid");
    assert_eq!(
        (
            &problem["errors"][0]["pointer"],
            &problem["errors"][0]["code"]
        ),
        (&json!("/attachments"), &json!("field.too-long"))
    );
}

#[tokio::test]
async fn what_deceives_is_refused_with_its_code() {
    let w = World::new().await;
    let citizen = w.app.as_(&actors::citizen());
    for name in [
        "to\u{202e}fdp.pdf",
        "t\u{430}x.pdf",
        "a\u{200b}b.pdf",
        "a\u{feff}.pdf",
    ] {
        citizen
            .upload("/api/v1/files", name, "application/pdf", PDF.to_vec())
            .await
            .expect_problem(422, "file.name-invalid");
    }
    // A package by its bytes, not by its parts.
    let mut lie = b"PK\x03\x04".to_vec();
    lie.extend(b"[Content_Types].xml word/document.xml");
    citizen
        .upload("/api/v1/files", "a.docx", "application/octet-stream", lie)
        .await
        .expect_problem(422, "file.package-invalid");
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    png.extend([
        0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60, 8, 6, 0, 0, 0, 0, 0, 0, 0,
    ]);
    citizen
        .upload("/api/v1/files", "a.png", "image/png", png)
        .await
        .expect_problem(422, "file.bomb");
    let limits = citizen.get("/api/v1/files/limits").await.expect(200).json();
    assert_eq!(
        (&limits["maxBytes"], &limits["maxWaiting"]),
        (&json!(20_971_520), &json!(200))
    );
    assert_eq!(limits["types"].as_array().map(Vec::len), Some(7));
}
