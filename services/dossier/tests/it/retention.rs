//! What has outlived its term is announced, may be held back, and ends; what came back to life is left. Nothing is half.

use crate::bucket::{settings, store};
use crate::world::{World, text};
use chrono::Duration;
use contracts::Actor;
use durable::sea_orm::ConnectionTrait as _;
use durable::sea_orm::sea_query::{Alias, Expr, ExprTrait as _, Query};
use serde_json::{Value, json};
use std::path::PathBuf;
use testkit::{Reply, actors, wait_for};

const NOTICES: &str = "/api/v1/dossier-retention-notices";
/// Ten years from the first day of the tests, less the time of notice.
pub(crate) const ALMOST: i64 = 3653 - 30;

pub(crate) async fn world(changes: &[(&str, &str)]) -> World {
    let mut all = vec![("files.retention.check_seconds", "1".to_owned())];
    all.extend(
        changes
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned())),
    );
    World::with(&all).await
}

/// Files, has it done and hands the result over.
async fn returned(w: &World, filed: &Value) -> Value {
    let done = w.until_done(filed).await;
    let receiver = json!({"receiverName": "Nguyễn Văn An", "note": "Con trai nhận thay"});
    w.go(&actors::officer(), &done, "hand-over", receiver).await
}

pub(crate) async fn notices(w: &World, actor: &Actor) -> Vec<Value> {
    let page = w.app.as_(actor).get(NOTICES).await.expect(200).json();
    page["items"].as_array().expect("items").clone()
}

async fn papers(w: &World, actor: &Actor, d: &Value) -> Value {
    let path = format!("/api/v1/dossiers/{}/papers", text(&d["id"]));
    w.app.as_(actor).get(&path).await.expect(200).json()
}

async fn commands(w: &World, d: &Value) -> Vec<String> {
    let path = format!("/api/v1/dossiers/{}/journal", text(&d["id"]));
    let journal = w.app.as_(&actors::officer()).get(&path).await.expect(200);
    let items = journal.json()["items"].as_array().expect("items").clone();
    items.iter().map(|e| text(&e["command"])).collect()
}

/// Waits until the journal says that this was done.
pub(crate) async fn ended(w: &World, d: &Value, command: &str) {
    wait_for(command, || async {
        let last = commands(w, d).await.pop();
        (last.as_deref() == Some(command)).then_some(())
    })
    .await;
}

/// Lets the jobs look around once more, with nothing due.
async fn another_round(w: &World) {
    let looked = async || {
        let query = Query::select()
            .expr(Expr::col("next_at").cast_as(Alias::new("text")))
            .from("lease")
            .and_where(Expr::col("name").eq("every:dossier-retention"))
            .to_owned();
        let row = w.db().read().query_one(&query).await.expect("query");
        row.map(|row| row.try_get_by_index::<String>(0).expect("a time"))
    };
    for _ in 0..2 {
        let before = looked().await;
        w.rt.clock.advance(Duration::seconds(2));
        wait_for("a round", || async {
            (looked().await != before).then_some(())
        })
        .await;
    }
}

async fn read(w: &World, actor: &Actor, file: &Value) -> Reply {
    let path = format!("/api/v1/files/{}", text(file));
    w.app.as_(actor).get(&path).await
}

async fn hold(w: &World, actor: &Actor, d: &Value, to: &str, body: Value) -> Reply {
    let version = w.get(&actors::officer(), d).await["version"].clone();
    let path = format!("/api/v1/dossiers/{}/retention-hold{to}", text(&d["id"]));
    let caller = w
        .app
        .as_(actor)
        .if_match(version.as_i64().expect("version"));
    caller.post(&path, &body).await
}

/// Contents in the folder.
fn objects(w: &World) -> usize {
    fn count(dir: PathBuf) -> usize {
        let entries = std::fs::read_dir(dir).expect("a folder");
        entries
            .map(|e| e.expect("an entry").path())
            .map(|path| if path.is_dir() { count(path) } else { 1 })
            .sum()
    }
    count(w.files.path().to_owned())
}

pub(crate) async fn verified(w: &World) {
    assert_eq!(dossier::verify(w.db()).await.expect("database"), []);
}

#[tokio::test]
async fn papers_are_announced_then_destroyed_and_what_they_were_stays() {
    let w = world(&[]).await;
    let d = returned(&w, &w.file().await).await;
    let (citizen, officer) = (actors::citizen(), actors::officer());
    let paper = d["attachments"][0]["fileId"].clone();
    let result = d["result"]["fileId"].clone();
    let shown = papers(&w, &citizen, &d).await;
    let version = &shown["components"][0]["versions"][0];
    assert_eq!(version["retention"]["until"], "2036-11-16T02:00:00Z");
    assert_eq!(
        (&version["retention"]["held"], &version["removedAt"]),
        (&json!(false), &Value::Null)
    );
    assert_eq!(
        shown["result"]["retention"]["years"],
        Value::Null,
        "for ever"
    );
    w.rt.clock.advance(Duration::days(ALMOST - 1));
    another_round(&w).await;
    assert!(notices(&w, &actors::leader()).await.is_empty());

    w.rt.clock.advance(Duration::days(1));
    let up = wait_for("the notice", || async {
        notices(&w, &actors::leader()).await.pop()
    })
    .await;
    assert_eq!(
        (&up["class"], &up["dossierId"], &up["number"], &up["hold"]),
        (&json!("paper"), &d["id"], &d["number"], &Value::Null)
    );
    let due = text(&up["dueAt"]).parse::<chrono::DateTime<chrono::Utc>>();
    assert!(due.is_ok_and(|due| due >= w.rt.clock.now() + Duration::days(29)));
    assert_eq!(notices(&w, &actors::agency_admin()).await.len(), 1);
    assert!(notices(&w, &actors::leader2()).await.is_empty());
    for other in [&officer, &actors::specialist(), &citizen] {
        w.app.as_(other).get(NOTICES).await.expect(403);
    }
    read(&w, &citizen, &paper).await.expect(200);
    let there = objects(&w);

    w.rt.clock.advance(Duration::days(31));
    ended(&w, &d, "remove-papers").await;
    for actor in [&citizen, &officer] {
        let gone = read(&w, actor, &paper).await;
        let gone = gone.expect_problem(410, "file.removed");
        assert!(gone["removedAt"].is_string(), "{gone}");
        read(&w, actor, &result).await.expect(200);
    }
    read(&w, &actors::citizen2(), &paper).await.expect(404);
    w.tasks_done().await;
    assert_eq!(objects(&w), there - 1, "the content is gone, and no other");
    let shown = papers(&w, &citizen, &d).await;
    let version = &shown["components"][0]["versions"][0];
    assert!(version["removedAt"].is_string() && version["preview"] == false);
    assert_eq!(version["name"], "giay-chung-sinh.pdf");
    assert_eq!(shown["result"]["removedAt"], Value::Null);
    assert!(notices(&w, &actors::leader()).await.is_empty());

    // Not used again, and not done again.
    w.rt.clock.advance(Duration::minutes(6));
    let mut body = w.body(&citizen).await;
    body["attachments"] = json!([{"componentId": "c1", "fileId": paper}]);
    let refused = w.app.as_(&citizen).post("/api/v1/dossiers", &body).await;
    let refused = refused.expect_problem(422, "body.invalid");
    assert_eq!(refused["errors"][0]["code"], "file.removed");
    let message = format!("/api/v1/dossiers/{}/messages", text(&d["id"]));
    let body = json!({"text": "Gửi lại", "fileIds": [paper]});
    let refused = w.app.as_(&citizen).post(&message, &body).await;
    let refused = refused.expect_problem(422, "body.invalid");
    assert_eq!(refused["errors"][0]["code"], "file.removed");
    let before = commands(&w, &d).await;
    another_round(&w).await;
    assert_eq!(commands(&w, &d).await, before);
    let events = w.events(&d).await;
    assert_eq!(events.last().map(|e| e.0.as_str()), Some("remove-papers"));
    for form in ["receipt", "control-slip"] {
        let path = format!("/api/v1/dossiers/{}/forms/{form}.pdf", text(&d["id"]));
        w.app.as_(&officer).get(&path).await.expect(200);
    }
    verified(&w).await;
}

#[tokio::test]
async fn what_is_held_back_stays_and_is_announced_anew_when_it_is_let_go() {
    let w = world(&[]).await;
    let d = returned(&w, &w.file().await).await;
    let (leader, admin) = (actors::leader(), actors::agency_admin());
    let why = json!({"ground": "complaint", "reason": "Khiếu nại số 12/KN"});
    for (actor, status) in [
        (actors::leader2(), 404),
        (actors::officer(), 403),
        (actors::specialist(), 403),
        (actors::citizen(), 403),
    ] {
        for to in ["", "/lift"] {
            let body = if to.is_empty() {
                why.clone()
            } else {
                json!({})
            };
            hold(&w, &actor, &d, to, body).await.expect(status);
        }
    }
    hold(&w, &leader, &d, "/lift", json!({}))
        .await
        .expect_problem(409, "retention.not-held");
    let empty = json!({"ground": "lawsuit", "reason": " "});
    hold(&w, &leader, &d, "", empty).await.expect(422);
    let held = hold(&w, &leader, &d, "", why.clone()).await.expect(201);
    let held = held.json();
    assert_eq!(held["hold"]["by"], "Vũ Văn Giang");
    hold(&w, &admin, &d, "", why)
        .await
        .expect_problem(409, "retention.held");
    assert_eq!(
        w.get(&actors::citizen(), &d).await["history"]
            .as_array()
            .and_then(|h| h.last().cloned())
            .map(|e| (e["command"].clone(), e["reason"].clone())),
        Some((json!("hold-retention"), Value::Null)),
        "that it is held, not why"
    );

    w.rt.clock.advance(Duration::days(ALMOST + 1));
    let up = wait_for("the notice", || async { notices(&w, &admin).await.pop() }).await;
    assert_eq!(up["hold"]["ground"], "complaint");
    assert_eq!(up["hold"]["reason"], "Khiếu nại số 12/KN");
    w.rt.clock.advance(Duration::days(400));
    another_round(&w).await;
    let shown = papers(&w, &actors::citizen(), &d).await;
    let version = &shown["components"][0]["versions"][0];
    assert_eq!(
        (&version["retention"]["held"], &version["removedAt"]),
        (&json!(true), &Value::Null)
    );

    let done = json!({"reason": "Đã giải quyết khiếu nại"});
    let free = hold(&w, &admin, &d, "/lift", done).await.expect(200);
    assert_eq!(free.json()["hold"], Value::Null);
    another_round(&w).await;
    let up = notices(&w, &leader).await.pop().expect("the notice");
    let due = text(&up["dueAt"]).parse::<chrono::DateTime<chrono::Utc>>();
    assert!(due.is_ok_and(|due| due >= w.rt.clock.now() + Duration::days(29)));
    w.rt.clock.advance(Duration::days(31));
    ended(&w, &d, "remove-papers").await;
    assert!(
        commands(&w, &d)
            .await
            .contains(&"lift-retention".to_owned())
    );
    verified(&w).await;
}

#[tokio::test]
async fn a_dossier_that_goes_on_again_leaves_the_list() {
    let w = world(&[]).await;
    let d = returned(&w, &w.file().await).await;
    w.rt.clock.advance(Duration::days(ALMOST + 1));
    wait_for("the notice", || async {
        notices(&w, &actors::leader()).await.pop()
    })
    .await;
    let wrong = json!({"reason": "Sai tên đệm"});
    let seen = w.get(&actors::leader(), &d).await;
    w.go(&actors::leader(), &seen, "correct", wrong).await;
    w.rt.clock.advance(Duration::days(31));
    wait_for("the notice is taken down", || async {
        notices(&w, &actors::leader())
            .await
            .is_empty()
            .then_some(())
    })
    .await;
    another_round(&w).await;
    read(&w, &actors::officer(), &d["attachments"][0]["fileId"])
        .await
        .expect(200);
    assert!(!commands(&w, &d).await.contains(&"remove-papers".to_owned()));
}

#[tokio::test]
async fn a_content_that_another_dossier_needs_stays() {
    let w = world(&[("files.retention.result_years", "1")]).await;
    let citizen = actors::citizen();
    let first = returned(&w, &w.file().await).await;
    let result = first["result"]["fileId"].clone();
    let reuse = async || {
        let mut body = w.body(&citizen).await;
        body["attachments"] = json!([{"componentId": "c1", "fileId": result}]);
        w.app.as_(&citizen).post("/api/v1/dossiers", &body).await
    };
    let second = reuse().await.expect(201).json();
    w.rt.clock.advance(Duration::days(340));
    wait_for("the notice", || async {
        notices(&w, &actors::leader()).await.pop()
    })
    .await;
    w.rt.clock.advance(Duration::days(31));
    ended(&w, &first, "remove-results").await;
    // The first dossier has it no more, the second still does.
    let shown = papers(&w, &citizen, &first).await;
    assert!(shown["result"]["removedAt"].is_string(), "{shown}");
    let store = w
        .app
        .as_(&citizen)
        .get("/api/v1/documents")
        .await
        .expect(200);
    assert_eq!(store.json()["items"], json!([]));
    let refused = reuse().await.expect_problem(422, "body.invalid");
    assert_eq!(refused["errors"][0]["code"], "file.removed");
    w.tasks_done().await;
    read(&w, &citizen, &result).await.expect(200);
    let shown = papers(&w, &citizen, &second).await;
    let version = &shown["components"][0]["versions"][0];
    assert_eq!(version["removedAt"], Value::Null);
    verified(&w).await;

    // Until that one ends, too.
    let seen = w.get(&citizen, &second).await;
    let second = w.go(&citizen, &seen, "withdraw", json!({})).await;
    w.rt.clock.advance(Duration::days(3653));
    wait_for("the notice", || async {
        let up = notices(&w, &actors::leader()).await;
        up.iter()
            .any(|n| n["dossierId"] == second["id"])
            .then_some(())
    })
    .await;
    w.rt.clock.advance(Duration::days(31));
    ended(&w, &second, "remove-papers").await;
    read(&w, &citizen, &result)
        .await
        .expect_problem(410, "file.removed");
    w.tasks_done().await;
    verified(&w).await;
}

#[tokio::test]
async fn a_content_that_only_an_upload_kept_goes_with_it() {
    let w = world(&[("files.clean_seconds", "1")]).await;
    let citizen = actors::citizen();
    let d = returned(&w, &w.file().await).await;
    w.rt.clock.advance(Duration::days(ALMOST + 1));
    wait_for("the notice", || async {
        notices(&w, &actors::leader()).await.pop()
    })
    .await;
    w.rt.clock.advance(Duration::days(29));
    let again = json!(w.upload(&citizen, "giay-chung-sinh.pdf").await);
    let there = objects(&w);
    w.rt.clock.advance(Duration::days(2));
    ended(&w, &d, "remove-papers").await;
    w.tasks_done().await;
    read(&w, &citizen, &again).await.expect(200);
    assert_eq!(objects(&w), there);
    w.rt.clock.advance(Duration::days(2));
    wait_for("the upload is forgotten, and its content", || async {
        let forgotten = read(&w, &citizen, &again).await.status == 404;
        (forgotten && objects(&w) == there - 1).then_some(())
    })
    .await;
    w.tasks_done().await;
    w.rt.clock.advance(Duration::minutes(6));
    let anew = json!(w.upload(&citizen, "giay-chung-sinh.pdf").await);
    read(&w, &citizen, &anew).await.expect(200);
}

#[tokio::test]
async fn an_object_store_that_is_away_leaves_nothing_half() {
    let (url, store) = store();
    let mut changes = settings(&url);
    changes.push(("files.retention.check_seconds", "1".to_owned()));
    let w = World::with(&changes).await;
    let citizen = actors::citizen();
    let d = returned(&w, &w.file().await).await;
    w.rt.clock.advance(Duration::days(ALMOST + 1));
    wait_for("the notice", || async {
        notices(&w, &actors::leader()).await.pop()
    })
    .await;
    store.lock().expect("a store").moods = vec![503];
    w.rt.clock.advance(Duration::days(31));
    ended(&w, &d, "remove-papers").await;
    wait_for("the store is asked", || async {
        store
            .lock()
            .expect("a store")
            .moods
            .is_empty()
            .then_some(())
    })
    .await;
    // Marked and still there: it is not given out.
    let paper = &d["attachments"][0]["fileId"];
    read(&w, &citizen, paper)
        .await
        .expect_problem(410, "file.removed");
    assert_eq!(store.lock().expect("a store").objects.len(), 2);
    // The same content comes again just now: it would be taken along.
    let again = async || {
        let name = "giay-chung-sinh.pdf";
        let content = [crate::world::PDF, name.as_bytes()].concat();
        let caller = w.app.as_(&citizen);
        let reply = caller.upload("/api/v1/files", name, "application/pdf", content);
        reply.await
    };
    let refused = again().await.expect(503);
    assert!(refused.header("retry-after").is_some());
    w.rt.clock.advance(Duration::hours(1));
    w.tasks_done().await;
    assert_eq!(store.lock().expect("a store").objects.len(), 1);
    again().await.expect(503);
    assert_eq!(store.lock().expect("a store").objects.len(), 1);
    w.rt.clock.advance(Duration::minutes(6));
    let file = again().await.expect(201).json();
    read(&w, &citizen, &file["id"]).await.expect(200);
    read(&w, &citizen, paper)
        .await
        .expect_problem(410, "file.removed");
    verified(&w).await;
}

#[tokio::test]
async fn an_object_that_was_gone_before_it_was_noted_is_no_fault() {
    let w = world(&[]).await;
    let d = returned(&w, &w.file().await).await;
    let sent = w.upload(&actors::citizen(), "thu-hai.pdf").await;
    let there = objects(&w);
    w.rt.clock.advance(Duration::days(ALMOST + 1));
    wait_for("the notice", || async {
        notices(&w, &actors::leader()).await.pop()
    })
    .await;
    // As a process leaves it that was killed between the two.
    let hash = Query::select()
        .column("sha256")
        .from("file")
        .and_where(
            Expr::col("id").eq(text(&d["attachments"][0]["fileId"])
                .parse::<uuid::Uuid>()
                .expect("id")),
        )
        .to_owned();
    let row = w.db().read().query_one(&hash).await.expect("query");
    let hash: String = row.expect("the file").try_get("", "sha256").expect("hash");
    let part = |range: std::ops::Range<usize>| hash.get(range).expect("a hash").to_owned();
    let path = w.files.path().join(part(0..2)).join(part(2..4)).join(&hash);
    std::fs::remove_file(path).expect("removed");
    w.rt.clock.advance(Duration::days(31));
    ended(&w, &d, "remove-papers").await;
    w.tasks_done().await;
    let gone = Query::select()
        .expr(Expr::col("sha256").count())
        .from("file")
        .and_where(Expr::col("sha256").eq(hash.as_str()))
        .and_where(Expr::col("gone_at").is_not_null())
        .to_owned();
    let row = w.db().read().query_one(&gone).await.expect("query");
    let count: i64 = row.expect("a row").try_get_by_index(0).expect("a count");
    assert_eq!((count, objects(&w) < there), (1, true), "{sent}");
    verified(&w).await;
}

#[tokio::test]
async fn terms_that_contradict_each_other_are_named_at_the_start() {
    for (paper_years, dossier_years, good) in
        [("10", "9", false), ("0", "70", false), ("10", "10", true)]
    {
        let rt = testkit::runtime();
        let test = testkit::TestDb::with(&rt, dossier::migrations).await;
        let folder = tempfile::tempdir().expect("a folder");
        let config: dossier::Config = testkit::config(
            dossier::DEFAULTS,
            &[
                ("database.url", test.url()),
                ("files.dir", folder.path().display().to_string()),
                ("files.retention.paper_years", paper_years.to_owned()),
                ("files.retention.dossier_years", dossier_years.to_owned()),
            ],
        );
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("port 0");
        let bus = durable::Bus::in_process();
        let started = dossier::start(config, listener, &rt, &bus).await;
        let said = started.err().map(|error| format!("{error:#}"));
        assert_eq!(
            said.is_none(),
            good,
            "{paper_years} {dossier_years}: {said:?}"
        );
        assert!(said.is_none_or(|said| said.contains("files.retention.dossier_years")));
    }
}
