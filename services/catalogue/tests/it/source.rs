//! What the source drops and brings back, and what it may only propose.

use super::life_cycle::{FIRST, content, create, step};
use super::{World, events, import, line};
use catalogue::ImportOptions;
use serde_json::{Value, json};
use testkit::actors;

#[tokio::test]
async fn what_the_source_drops_is_marked_and_never_deleted() {
    let world = World::empty().await;
    let db = &world.test.db;
    let lines = |ns: &[u32]| -> Vec<String> {
        ns.iter()
            .map(|n| line(*n, &format!("Thủ tục {n}"), &json!({})))
            .collect()
    };
    let whole = |dry_run| ImportOptions {
        whole: true,
        dry_run,
        ..ImportOptions::default()
    };
    import(db, &lines(&[1, 2, 3]), whole(false)).await;
    // A part of the file says nothing of the rest.
    let part = import(db, &lines(&[1]), ImportOptions::default()).await;
    assert_eq!((part.gone, part.unchanged), (0, 1));
    let dry = import(db, &lines(&[1, 3]), whole(true)).await;
    assert_eq!((dry.gone, dry.changes.len()), (1, 1));
    let admin = actors::admin();
    let marked = async || {
        let page = world
            .app
            .as_(&admin)
            .get("/api/v1/source-withdrawals")
            .await
            .expect(200)
            .json();
        page["items"].as_array().expect("items").clone()
    };
    assert_eq!(marked().await.len(), 0, "a dry run marks nothing");
    let s = import(db, &lines(&[1, 3]), whole(false)).await;
    assert_eq!(
        (s.gone, s.unchanged, s.gone_not_marked.clone()),
        (1, 2, None)
    );
    let items = marked().await;
    assert_eq!(items.len(), 1);
    assert_eq!(
        (items[0]["code"].clone(), items[0]["goneSince"].clone()),
        (json!("1.000002"), json!("2026-11-16"))
    );
    // It is still there until an editor decides.
    let second = "/api/v1/procedures/01990000-0000-7000-8000-000000000002";
    assert_eq!(world.get(second).await["active"], true);
    // A second look at the same file says nothing new.
    assert_eq!(import(db, &lines(&[1, 3]), whole(false)).await.gone, 0);
    // It comes back.
    let s = import(db, &lines(&[1, 2, 3]), whole(false)).await;
    assert_eq!((s.back, s.unchanged), (1, 3));
    assert_eq!(marked().await.len(), 0);
    // It goes again, and the editor withdraws it: nothing is left to decide.
    import(db, &lines(&[1, 3]), whole(false)).await;
    world
        .app
        .as_(&admin)
        .if_match(1)
        .post(
            &format!("{second}/withdraw"),
            &json!({"reason": "cổng quốc gia đã bỏ"}),
        )
        .await
        .expect(200);
    assert_eq!(marked().await.len(), 0);
    // A file with a line that cannot be read marks nothing: the line may have been any procedure.
    let mut broken = lines(&[1]);
    broken.push("{broken".to_owned());
    let s = import(db, &broken, whole(false)).await;
    assert_eq!(s.gone, 0);
    assert!(s.gone_not_marked.is_some());
    let imports = world
        .app
        .as_(&admin)
        .get("/api/v1/imports")
        .await
        .expect(200)
        .json();
    assert!(imports["items"].as_array().expect("items").len() >= 6);
}

#[tokio::test]
async fn a_file_that_lacks_too_much_is_taken_for_a_part() {
    let world = World::empty().await;
    let db = &world.test.db;
    let all: Vec<String> = (1..=100)
        .map(|n| line(n, &format!("Thủ tục {n}"), &json!({})))
        .collect();
    let whole = ImportOptions {
        whole: true,
        ..ImportOptions::default()
    };
    import(db, &all, whole.clone()).await;
    let s = import(db, &all[..40], whole).await;
    assert_eq!(s.gone, 0);
    assert!(s.gone_not_marked.is_some_and(|r| r.contains("60 of 100")));
}

/// Hạn chế tiếp cận is no word of the source: its files, proposed or taken, open nothing.
#[tokio::test]
async fn the_source_does_not_open_what_people_here_have_restricted() {
    let world = World::empty().await;
    let db = &world.test.db;
    let import = async |name: &str| {
        let s = import(db, &[line(1, name, &json!({}))], ImportOptions::default()).await;
        (s.unchanged, s.proposed, s.updated)
    };
    import("Nuôi con nuôi").await;
    let (writer, publisher) = (actors::agency_admin(), actors::admin());
    let mut c = content(&world, FIRST).await;
    c["restricted"] = json!(true);
    let body = json!({"procedureId": FIRST, "content": c});
    let draft = create(&world, &writer, &body).await;
    let draft = step(&world, &writer, &draft, "submit", &json!({})).await;
    let draft = draft.expect(200).json();
    step(&world, &publisher, &draft, "publish", &json!({}))
        .await
        .expect(200);
    let path = format!("/api/v1/procedures/{FIRST}");
    assert_eq!(world.get(&path).await["restricted"], true);
    assert_eq!(import("Nuôi con nuôi").await, (1, 0, 0));
    assert_eq!(import("Nuôi con nuôi trong nước").await, (0, 1, 0));
    let page = "/api/v1/procedure-drafts?state=inReview";
    let page = world.app.as_(&publisher).get(page).await.expect(200).json();
    let proposal = page["items"][0].clone();
    step(&world, &publisher, &proposal, "publish", &json!({}))
        .await
        .expect(200);
    assert_eq!(world.get(&path).await["restricted"], true, "accepted");
    assert_eq!(import("Nuôi con nuôi trong nước").await, (1, 0, 0));
    assert_eq!(import("Nuôi con nuôi, lần ba").await, (0, 0, 1));
    let told = events(db, "catalogue.procedure-changed.v1").await;
    let told: Vec<&Value> = told.iter().map(|e| &e["data"]["restricted"]).collect();
    assert_eq!(told, [false, true, true, true]);
}

#[tokio::test]
async fn what_people_here_have_edited_the_source_may_only_propose() {
    let world = World::empty().await;
    let db = &world.test.db;
    import(
        db,
        &[line(1, "Cấp phép", &json!({}))],
        ImportOptions::default(),
    )
    .await;
    let (writer, publisher) = (actors::agency_admin(), actors::admin());
    let mut c = content(&world, FIRST).await;
    c["name"] = json!("Cấp phép tại tỉnh");
    let draft = create(
        &world,
        &writer,
        &json!({"procedureId": FIRST, "content": c}),
    )
    .await;
    let draft = step(&world, &writer, &draft, "submit", &json!({}))
        .await
        .expect(200)
        .json();
    step(&world, &publisher, &draft, "publish", &json!({}))
        .await
        .expect(200);
    // The source says what it said: nothing happens.
    let s = import(
        db,
        &[line(1, "Cấp phép", &json!({}))],
        ImportOptions::default(),
    )
    .await;
    assert_eq!((s.unchanged, s.updated, s.proposed), (1, 0, 0));
    // It says something else: a draft waits, once.
    for name in ["Cấp phép toàn quốc", "Cấp phép toàn quốc, sửa"] {
        let s = import(db, &[line(1, name, &json!({}))], ImportOptions::default()).await;
        assert_eq!((s.proposed, s.updated), (1, 0), "{name}");
        assert!(s.changes[0].differences.iter().any(|d| d.at == "/name"));
    }
    let path = format!("/api/v1/procedures/{FIRST}");
    assert_eq!(world.get(&path).await["name"], "Cấp phép tại tỉnh");
    let page = world
        .app
        .as_(&publisher)
        .get("/api/v1/procedure-drafts?state=inReview")
        .await
        .expect(200)
        .json();
    let items = page["items"].as_array().expect("items");
    assert_eq!(items.len(), 1);
    assert_eq!(
        (items[0]["source"].clone(), items[0]["name"].clone()),
        (json!("nationalPortal"), json!("Cấp phép toàn quốc, sửa"))
    );
    // Accepted, the source leads again.
    let proposal = items[0].clone();
    step(&world, &publisher, &proposal, "publish", &json!({}))
        .await
        .expect(200);
    assert_eq!(world.get(&path).await["name"], "Cấp phép toàn quốc, sửa");
    let s = import(
        db,
        &[line(1, "Cấp phép lần ba", &json!({}))],
        ImportOptions::default(),
    )
    .await;
    assert_eq!((s.proposed, s.updated), (0, 1));
}
