//! Officer and citizen write to each other on the dossier.

use crate::world::{World, text};
use serde_json::{Value, json};
use testkit::{Reply, actors};

async fn write(w: &World, actor: &contracts::Actor, d: &Value, body: Value) -> Reply {
    let path = format!("/api/v1/dossiers/{}/messages", text(&d["id"]));
    w.app.as_(actor).post(&path, &body).await
}

async fn read(w: &World, actor: &contracts::Actor, d: &Value, query: &str) -> Value {
    let path = format!("/api/v1/dossiers/{}/messages{query}", text(&d["id"]));
    w.app.as_(actor).get(&path).await.expect(200).json()
}

#[tokio::test]
async fn both_sides_write_and_the_journal_knows() {
    let w = World::new().await;
    let filed = w.file().await;
    let photo = w.upload(&actors::citizen(), "anh.pdf").await;
    let question = json!({"text": "Tôi có cần mang bản chính không?", "fileIds": [photo]});
    let sent = write(&w, &actors::citizen(), &filed, question)
        .await
        .expect(201)
        .json();
    assert_eq!(
        (&sent["from"], &sent["author"]),
        (&json!("applicant"), &json!("Nguyễn Văn An"))
    );
    let reply = json!({"text": "Có. Mời ông/bà mang theo."});
    write(&w, &actors::specialist(), &filed, reply)
        .await
        .expect(201);

    let seen = read(&w, &actors::citizen(), &filed, "").await;
    let items = seen["items"].as_array().expect("items");
    assert_eq!(items.len(), 2);
    assert_eq!(items[0]["text"], "Có. Mời ông/bà mang theo.");
    assert_eq!(
        items[0]["author"], "Trung tâm Phục vụ hành chính công H05.21",
        "the unit, not the person"
    );
    assert_eq!(items[1]["files"][0]["name"], "anh.pdf");
    let officers = read(&w, &actors::officer(), &filed, "").await;
    assert_ne!(officers["items"][0]["author"], items[0]["author"]);
    // The file of a message is read by both sides and by nobody else.
    let file = format!("/api/v1/files/{photo}");
    w.app.as_(&actors::officer()).get(&file).await.expect(200);
    w.app
        .as_(&actors::citizen2())
        .get(&file)
        .await
        .expect_problem(404, "file.not-found");

    let d = w.get(&actors::officer(), &filed).await;
    assert_eq!(d["version"], 3);
    assert_eq!(d["status"]["key"], "new", "nothing has moved");
    assert_eq!(
        w.events(&filed).await,
        [
            ("file".to_owned(), 1),
            ("message-agency".to_owned(), 2),
            ("message-applicant".to_owned(), 3)
        ]
    );
    // The journal has a hash of the words and not the words.
    let journal = w
        .app
        .as_(&actors::officer())
        .get(&format!("/api/v1/dossiers/{}/journal", text(&filed["id"])))
        .await
        .expect(200)
        .text();
    assert!(
        journal.contains("message-agency") && !journal.contains("bản chính"),
        "{journal}"
    );
    assert_eq!(dossier::verify(w.db()).await.expect("database"), []);

    // Who read is in the access log.
    let log = format!("/api/v1/dossiers/{}/access-log", text(&filed["id"]));
    let log = w
        .app
        .as_(&actors::citizen())
        .get(&log)
        .await
        .expect(200)
        .text();
    assert!(log.contains("listMessages"), "{log}");
}

#[tokio::test]
async fn a_message_is_refused_with_its_field_or_not_found() {
    let w = World::new().await;
    let filed = w.file().await;
    let strangers = w.upload(&actors::citizen2(), "cua-toi.pdf").await;
    let cases = [
        (json!({"text": "  "}), "/text", "field.required"),
        (json!({"text": "x".repeat(4001)}), "/text", "field.too-long"),
        (
            json!({"text": "x", "fileIds": [strangers]}),
            "/fileIds/0",
            "file.unknown",
        ),
        (
            json!({"text": "x", "fileIds": vec![strangers.clone(); 11]}),
            "/fileIds",
            "field.too-long",
        ),
    ];
    for (body, pointer, code) in cases {
        let problem = write(&w, &actors::citizen(), &filed, body)
            .await
            .expect_problem(422, "body.invalid");
        assert_eq!(
            (
                &problem["errors"][0]["pointer"],
                &problem["errors"][0]["code"]
            ),
            (&json!(pointer), &json!(code))
        );
    }
    let hello = json!({"text": "xin chào"});
    for stranger in [actors::citizen2(), actors::officer2()] {
        write(&w, &stranger, &filed, hello.clone())
            .await
            .expect_problem(404, "dossier.not-found");
    }
    write(&w, &actors::agency_admin(), &filed, hello)
        .await
        .expect_problem(403, "auth.forbidden");
    assert_eq!(w.get(&actors::citizen(), &filed).await["version"], 1);
}

#[tokio::test]
async fn messages_come_in_pages_and_at_once_from_both_sides() {
    let w = World::new().await;
    let filed = w.file().await;
    let (citizen, officer) = (actors::citizen(), actors::officer());
    let at_once = futures_util::future::join_all((0..10).map(|n| {
        let who = if n % 2 == 0 { &citizen } else { &officer };
        write(&w, who, &filed, json!({"text": format!("tin {n}")}))
    }))
    .await;
    // Each waits its turn: none is refused because another came first.
    for reply in at_once {
        reply.expect(201);
    }
    let mut seen = Vec::new();
    let mut query = "?limit=4".to_owned();
    loop {
        let page = read(&w, &citizen, &filed, &query).await;
        seen.extend(
            page["items"]
                .as_array()
                .expect("items")
                .iter()
                .map(|m| text(&m["text"])),
        );
        match page["next"].as_str() {
            Some(next) => query = format!("?limit=4&cursor={next}"),
            None => break,
        }
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 10);
    assert_eq!(w.get(&citizen, &filed).await["version"], 11);
    assert_eq!(dossier::verify(w.db()).await.expect("database"), []);
}

#[tokio::test]
async fn a_repeated_message_with_a_key_is_one() {
    let w = World::new().await;
    let filed = w.file().await;
    let path = format!("/api/v1/dossiers/{}/messages", text(&filed["id"]));
    let citizen = w
        .app
        .as_(&actors::citizen())
        .header("idempotency-key", "m-1");
    let body = json!({"text": "một lần"});
    let first = citizen.clone().post(&path, &body).await.expect(201).json();
    assert_eq!(
        citizen.clone().post(&path, &body).await.expect(201).json(),
        first
    );
    citizen
        .post(&path, &json!({"text": "khác"}))
        .await
        .expect_problem(422, "idempotency.key-reused");
    assert_eq!(
        read(&w, &actors::citizen(), &filed, "").await["items"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );
}
