//! Drafts with two persons, versions with their days, withdrawal.

use super::{BIRTH, World, events, import, line};
use catalogue::ImportOptions;
use chrono::{Duration, NaiveDate};
use contracts::{AccountId, Actor};
use serde_json::{Value, json};
use testkit::actors;
use uuid::Uuid;

const CHANGED: &str = "catalogue.procedure-changed.v1";
pub(super) const FIRST: &str = "01990000-0000-7000-8000-000000000001";

/// Another administrator of the province.
fn admin2() -> Actor {
    Actor {
        subject: AccountId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0900)),
        name: "Hoàng Văn Hai".to_owned(),
        ..actors::admin()
    }
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

/// What `GET /procedures/{id}` shows, as the content of a draft.
pub(super) async fn content(world: &World, id: &str) -> Value {
    let mut p = world.get(&format!("/api/v1/procedures/{id}")).await;
    let p = p.as_object_mut().expect("an object");
    for extra in [
        "id",
        "version",
        "active",
        "channels",
        "effectiveFrom",
        "effectiveTo",
        "source",
        "updatedAt",
        "warnings",
    ] {
        p.remove(extra);
    }
    p.insert("vertical".to_owned(), json!(false));
    p.insert("keywords".to_owned(), json!("sửa"));
    Value::Object(p.clone())
}

pub(super) async fn step(
    world: &World,
    by: &Actor,
    draft: &Value,
    step: &str,
    body: &Value,
) -> testkit::Reply {
    world.app.rt.clock.advance(Duration::seconds(1));
    let id = draft["id"].as_str().expect("an id");
    world
        .app
        .as_(by)
        .if_match(draft["revision"].as_i64().expect("a revision"))
        .post(&format!("/api/v1/procedure-drafts/{id}/{step}"), body)
        .await
}

pub(super) async fn create(world: &World, by: &Actor, body: &Value) -> Value {
    let reply = world
        .app
        .as_(by)
        .post("/api/v1/procedure-drafts", body)
        .await;
    let reply = reply.expect(201);
    assert_eq!(reply.header("etag"), Some("\"1\""));
    reply.json()
}

#[tokio::test]
async fn a_version_is_written_by_one_person_and_published_by_another() {
    let world = World::demo().await;
    let (writer, publisher) = (actors::agency_admin(), actors::admin());
    let told = events(&world.test.db, CHANGED).await.len();
    let mut changed = content(&world, BIRTH).await;
    changed["methods"][0]["term"] = json!({"value": 0.5, "unit": "workingDay", "text": "0,5 ngày làm việc", "source": "method"});
    let body = json!({"procedureId": BIRTH, "content": changed, "note": "Rút ngắn thời hạn"});
    let draft = create(&world, &writer, &body).await;
    assert_eq!(
        (
            draft["state"].clone(),
            draft["baseVersion"].clone(),
            draft["own"].clone()
        ),
        (json!("draft"), json!(1), json!(true))
    );
    let differs: Vec<&str> = draft["differences"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|d| d["at"].as_str())
        .collect();
    assert!(differs.contains(&"/methods/0/term/value"), "{differs:?}");
    // Nobody sees anything of it yet.
    assert_eq!(
        world.get(&format!("/api/v1/procedures/{BIRTH}")).await["version"],
        1
    );
    // Not before it is handed in, and not by who only writes.
    step(&world, &publisher, &draft, "publish", &json!({}))
        .await
        .expect_problem(409, "draft.step-not-open");
    step(&world, &writer, &draft, "publish", &json!({}))
        .await
        .expect_problem(403, "auth.forbidden");
    let draft = step(&world, &writer, &draft, "submit", &json!({}))
        .await
        .expect(200)
        .json();
    let draft = step(
        &world,
        &publisher,
        &draft,
        "send-back",
        &json!({"reason": "Thiếu căn cứ"}),
    )
    .await
    .expect(200)
    .json();
    assert_eq!(draft["state"], "draft");
    let draft = step(&world, &writer, &draft, "submit", &json!({}))
        .await
        .expect(200)
        .json();
    let done = step(&world, &publisher, &draft, "publish", &json!({}))
        .await
        .expect(200)
        .json();
    assert_eq!(
        (done["state"].clone(), done["effectiveFrom"].clone()),
        (json!("published"), json!("2026-11-16"))
    );

    let p = world.get(&format!("/api/v1/procedures/{BIRTH}")).await;
    assert_eq!(
        (
            p["version"].clone(),
            p["source"].clone(),
            p["methods"][0]["term"]["value"].clone()
        ),
        (json!(2), json!("editor"), json!(0.5))
    );
    let versions = world
        .get(&format!("/api/v1/procedures/{BIRTH}/versions"))
        .await;
    let v = &versions["items"];
    assert_eq!(
        (v[0]["state"].clone(), v[1]["state"].clone()),
        (json!("published"), json!("superseded"))
    );
    assert_eq!(v[1]["effectiveTo"], "2026-11-15");
    assert_eq!(
        (v[0]["writtenBy"].clone(), v[0]["publishedBy"].clone()),
        (json!(writer.name), json!(publisher.name))
    );
    assert!(
        v[0]["changed"]
            .as_array()
            .expect("parts")
            .contains(&json!("methods"))
    );
    // Whoever keeps copies is told, once.
    let all = events(&world.test.db, CHANGED).await;
    assert_eq!(all.len(), told + 1);
    assert_eq!(all[told]["version"], 2);
    // Every step is in the journal.
    let journal = world
        .app
        .as_(&publisher)
        .get(&format!("/api/v1/procedure-journal?procedureId={BIRTH}"))
        .await
        .expect(200)
        .json();
    let actions: Vec<&str> = journal["items"]
        .as_array()
        .expect("items")
        .iter()
        .filter_map(|e| e["action"].as_str())
        .collect();
    assert_eq!(
        actions,
        ["publish", "submit", "sendBack", "submit", "create"]
    );
    assert_eq!(journal["items"][2]["note"], "Thiếu căn cứ");
    assert_eq!(journal["items"][0]["version"], 2);
}

#[tokio::test]
async fn nobody_publishes_what_they_wrote() {
    let world = World::demo().await;
    let (admin, other) = (actors::admin(), admin2());
    let body = json!({"procedureId": BIRTH, "content": content(&world, BIRTH).await});
    let draft = create(&world, &admin, &body).await;
    // Who rewrites it is a writer, too.
    let id = draft["id"].as_str().expect("an id");
    let change = json!({"content": body["content"], "note": "thêm"});
    let draft = world
        .app
        .as_(&other)
        .if_match(1)
        .put(&format!("/api/v1/procedure-drafts/{id}"), &change)
        .await
        .expect(200)
        .json();
    let draft = step(&world, &admin, &draft, "submit", &json!({}))
        .await
        .expect(200)
        .json();
    for writer in [&admin, &other] {
        step(&world, writer, &draft, "publish", &json!({}))
            .await
            .expect_problem(409, "draft.own");
    }
    // What is in review is not rewritten under the reviewer's eyes.
    world
        .app
        .as_(&admin)
        .if_match(draft["revision"].as_i64().expect("a number"))
        .put(&format!("/api/v1/procedure-drafts/{id}"), &change)
        .await
        .expect_problem(409, "draft.step-not-open");
    let gone = step(&world, &admin, &draft, "discard", &json!({}))
        .await
        .expect(200)
        .json();
    assert_eq!(gone["state"], "discarded");
    assert_eq!(
        world.get(&format!("/api/v1/procedures/{BIRTH}")).await["version"],
        1
    );
}

#[tokio::test]
async fn drafts_are_of_ones_own_agency() {
    let world = World::demo().await;
    let writer = actors::agency_admin();
    let stranger = Actor {
        agency: Some(actors::AGENCY2.to_owned()),
        ..admin_of_other()
    };
    let body = json!({"procedureId": BIRTH, "content": content(&world, BIRTH).await});
    let draft = create(&world, &writer, &body).await;
    let path = format!(
        "/api/v1/procedure-drafts/{}",
        draft["id"].as_str().expect("an id")
    );
    world
        .app
        .as_(&stranger)
        .get(&path)
        .await
        .expect_problem(404, "draft.unknown");
    world
        .app
        .as_(&stranger)
        .if_match(1)
        .post(&format!("{path}/submit"), &json!({}))
        .await
        .expect_problem(404, "draft.unknown");
    let list = async |by: &Actor| {
        let page = world
            .app
            .as_(by)
            .get("/api/v1/procedure-drafts")
            .await
            .expect(200)
            .json();
        page["items"].as_array().expect("items").len()
    };
    assert_eq!(
        (
            list(&stranger).await,
            list(&writer).await,
            list(&actors::admin()).await
        ),
        (0, 1, 1)
    );
    let journal = format!("/api/v1/procedure-journal?procedureId={BIRTH}");
    let of = async |by: &Actor| world.app.as_(by).get(&journal).await.expect(200).json();
    assert_eq!(of(&stranger).await["items"], json!([]));
    assert_eq!(of(&writer).await["items"][0]["action"], "create");
    for by in [actors::citizen(), actors::officer(), actors::leader()] {
        world
            .app
            .as_(&by)
            .get(&path)
            .await
            .expect_problem(403, "auth.forbidden");
    }
    world
        .app
        .anonymous()
        .get(&path)
        .await
        .expect_problem(401, "auth.missing-token");
}

fn admin_of_other() -> Actor {
    Actor {
        subject: AccountId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0901)),
        ..actors::agency_admin()
    }
}

#[tokio::test]
async fn a_version_of_a_day_to_come_waits_for_it() {
    let world = World::demo().await;
    let (writer, publisher) = (actors::agency_admin(), actors::admin());
    let mut c = content(&world, BIRTH).await;
    c["note"] = json!("từ tháng sau");
    let body = json!({"procedureId": BIRTH, "content": c});
    let draft = create(&world, &writer, &body).await;
    let draft = step(&world, &writer, &draft, "submit", &json!({}))
        .await
        .expect(200)
        .json();
    let draft = step(
        &world,
        &publisher,
        &draft,
        "publish",
        &json!({"effectiveFrom": "2026-12-01"}),
    )
    .await
    .expect(200)
    .json();
    assert_eq!(draft["state"], "scheduled");
    let rt = &world.app.rt;
    let worker = catalogue::worker(&world.test.db, &durable::Bus::in_process(), rt);
    worker.run_due().await;
    assert_eq!(
        world.get(&format!("/api/v1/procedures/{BIRTH}")).await["version"],
        1
    );
    rt.clock.advance(Duration::days(15));
    worker.run_due().await;
    testkit::wait_for("the index to follow", async || {
        let p = world.get(&format!("/api/v1/procedures/{BIRTH}")).await;
        (p["version"] == 2).then_some(())
    })
    .await;
    let on = async |day: &str| {
        world
            .get(&format!("/api/v1/procedures/{BIRTH}?asOf={day}"))
            .await["version"]
            .clone()
    };
    assert_eq!(
        (on("2026-11-30").await, on("2026-12-01").await),
        (json!(1), json!(2))
    );
    // Once is enough.
    rt.clock.advance(Duration::days(1));
    worker.run_due().await;
    assert_eq!(
        world.get(&format!("/api/v1/procedures/{BIRTH}")).await["version"],
        2
    );
}

#[tokio::test]
async fn a_draft_that_was_overtaken_is_not_published() {
    let world = World::empty().await;
    let db = &world.test.db;
    import(
        db,
        &[line(1, "Cấp phép", &json!({}))],
        ImportOptions::default(),
    )
    .await;
    let (writer, publisher) = (actors::agency_admin(), actors::admin());
    let c = content(&world, FIRST).await;
    let draft = create(
        &world,
        &writer,
        &json!({"procedureId": FIRST, "content": c}),
    )
    .await;
    import(
        db,
        &[line(1, "Cấp phép mới", &json!({}))],
        ImportOptions::default(),
    )
    .await;
    let draft = step(&world, &writer, &draft, "submit", &json!({}))
        .await
        .expect(200)
        .json();
    let problem = step(&world, &publisher, &draft, "publish", &json!({}))
        .await
        .expect_problem(409, "draft.outdated");
    assert_eq!(
        (problem["baseVersion"].clone(), problem["version"].clone()),
        (json!(1), json!(2))
    );
    // A stale revision is not taken either.
    let id = draft["id"].as_str().expect("an id");
    world
        .app
        .as_(&writer)
        .if_match(1)
        .post(
            &format!("/api/v1/procedure-drafts/{id}/discard"),
            &json!({}),
        )
        .await
        .expect_problem(412, "precondition.failed");
    world
        .app
        .as_(&writer)
        .post(
            &format!("/api/v1/procedure-drafts/{id}/discard"),
            &json!({}),
        )
        .await
        .expect_problem(428, "precondition.required");
}

#[tokio::test]
async fn any_day_shows_what_was_in_force_on_it() {
    let world = World::empty().await;
    let db = &world.test.db;
    let of = |millis: i64, days: i64| {
        line(
            1,
            "Cấp phép",
            &json!({
                "executionMethods": [{"submissionMethod": "ONLINE", "processingTime": days, "processingTimeUnit": "DAY", "fees": []}],
                "procedureProposal": {"decisionNumber": format!("{days}/QĐ"), "decisionDate": millis},
            }),
        )
    };
    // 2026-05-22, then 2026-06-28 with a decision of its own, then a correction without one, learned on 2026-07-17.
    let dated = |text: &str| ImportOptions {
        dated: Some(day(text)),
        ..ImportOptions::default()
    };
    import(db, &[of(1_779_382_800_000, 3)], dated("2026-06-10")).await;
    import(db, &[of(1_782_579_600_000, 5)], dated("2026-07-01")).await;
    import(db, &[of(1_782_579_600_000, 7)], dated("2026-07-17")).await;
    let on = async |day: &str| -> Value {
        let p = world
            .get(&format!("/api/v1/procedures/{FIRST}?asOf={day}"))
            .await;
        p["methods"][0]["term"]["value"].clone()
    };
    assert_eq!(on("2026-05-22").await, 3.0);
    assert_eq!(on("2026-06-27").await, 3.0);
    assert_eq!(on("2026-06-28").await, 5.0);
    assert_eq!(on("2026-07-16").await, 5.0);
    assert_eq!(on("2026-07-17").await, 7.0);
    let ask = async |path: &str| {
        world
            .app
            .anonymous()
            .get(&format!("/api/v1/procedures/{FIRST}{path}"))
            .await
    };
    ask("?asOf=2026-05-21")
        .await
        .expect_problem(404, "procedure.not-in-force");
    ask("?asOf=2026-02-30")
        .await
        .expect_problem(422, "query.invalid");
    // A version by its number says what it said, and is not sent again.
    let first = ask("/versions/1").await.expect(200);
    assert_eq!(first.json()["methods"][0]["term"]["value"], 3.0);
    let tag = first.header("etag").expect("a tag").to_owned();
    world
        .app
        .anonymous()
        .header("if-none-match", &tag)
        .get(&format!("/api/v1/procedures/{FIRST}/versions/1"))
        .await
        .expect(304);
    ask("/versions/9")
        .await
        .expect_problem(404, "procedure.version-unknown");
    // An older file would turn time back.
    let older = catalogue::import_procedures(
        db,
        db.runtime(),
        std::io::Cursor::new(of(1, 1).into_bytes()),
        dated("2026-07-16"),
    )
    .await
    .expect_err("an older file");
    assert!(
        older.downcast_ref::<catalogue::ImportRefused>().is_some(),
        "{older}"
    );
    let body = of(1, 1).into_bytes();
    world
        .app
        .as_(&actors::admin())
        .post_bytes(
            "/api/v1/imports/procedures?dated=2026-01-01",
            "application/x-ndjson",
            body,
        )
        .await
        .expect_problem(409, "import.older");
}

#[tokio::test]
async fn a_withdrawn_procedure_is_told_and_comes_back() {
    let world = World::demo().await;
    let admin = actors::admin();
    let path = format!("/api/v1/procedures/{BIRTH}");
    let post = async |what: &str, version: i64, body: &Value| {
        world.app.rt.clock.advance(Duration::seconds(1));
        world
            .app
            .as_(&admin)
            .if_match(version)
            .post(&format!("{path}/{what}"), body)
            .await
    };
    let reason = json!({"reason": "Bãi bỏ theo QĐ 9/QĐ-UBND"});
    post("withdraw", 7, &reason)
        .await
        .expect_problem(412, "precondition.failed");
    post("withdraw", 1, &json!({"reason": " "}))
        .await
        .expect_problem(422, "body.invalid");
    let done = post("withdraw", 1, &reason).await.expect(200).json();
    assert_eq!(done, json!({"version": 2, "active": false}));
    post("withdraw", 2, &reason)
        .await
        .expect_problem(409, "procedure.withdrawn");
    let p = world.get(&path).await;
    assert_eq!(
        (p["active"].clone(), p["effectiveFrom"].clone()),
        (json!(false), json!("2026-11-16"))
    );
    assert_ne!(
        world
            .get("/api/v1/procedures?q=dang+ky+khai+sinh&limit=1")
            .await["items"][0]["code"],
        "1.001193"
    );
    let versions = world.get(&format!("{path}/versions")).await;
    assert_eq!(versions["items"][0]["state"], "withdrawn");
    let last = events(&world.test.db, CHANGED)
        .await
        .pop()
        .expect("an event");
    assert_eq!(
        (last["data"]["active"].clone(), last["version"].clone()),
        (json!(false), json!(2))
    );
    post("restore", 2, &json!({"reason": "nhầm"}))
        .await
        .expect(200);
    assert_eq!(world.get(&path).await["active"], true);
    post("restore", 3, &json!({"reason": "lần nữa"}))
        .await
        .expect_problem(409, "procedure.in-force");
}
