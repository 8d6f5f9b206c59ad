use super::{World, events, import, line};
use catalogue::{ImportOptions, Source};
use serde_json::json;
use testkit::TestDb;

const CHANGED: &str = "catalogue.procedure-changed.v1";

fn options() -> ImportOptions {
    ImportOptions::default()
}

#[tokio::test]
async fn a_second_import_of_the_same_file_changes_nothing() {
    let test = TestDb::new(catalogue::migrations).await;
    let lines: Vec<String> = (1..=450)
        .map(|n| line(n, &format!("Thủ tục {n}"), &json!({})))
        .collect();
    let first = import(&test.db, &lines, options()).await;
    assert_eq!(
        (
            first.read,
            first.created,
            first.updated,
            first.unchanged,
            first.skipped
        ),
        (450, 450, 0, 0, 0)
    );
    assert_eq!(events(&test.db, CHANGED).await.len(), 450);
    let second = import(&test.db, &lines, options()).await;
    assert_eq!(
        (
            second.read,
            second.created,
            second.updated,
            second.unchanged,
            second.skipped
        ),
        (450, 0, 0, 450, 0)
    );
    assert_eq!(second.warnings, first.warnings);
    assert_eq!(events(&test.db, CHANGED).await.len(), 450);
}

#[tokio::test]
async fn what_the_portal_counts_besides_content_makes_no_version() {
    let test = TestDb::new(catalogue::migrations).await;
    import(
        &test.db,
        &[line(1, "Cấp phép", &json!({"updatedAt": 1}))],
        options(),
    )
    .await;
    // The same text in decomposed form and with an invisible mark is the same text.
    let same = line(
        1,
        "Ca\u{302}\u{301}p\u{200b} phe\u{301}p",
        &json!({"updatedAt": 2}),
    );
    let s = import(&test.db, &[same], options()).await;
    assert_eq!((s.updated, s.unchanged), (0, 1));
}

#[tokio::test]
async fn a_change_is_a_version_that_says_what_changed() {
    let world = World::empty().await;
    let db = &world.test.db;
    import(db, &[line(1, "Cấp phép", &json!({}))], options()).await;
    let changed = line(
        1,
        "Cấp phép",
        &json!({
            "executionMethods": [{"submissionMethod": "ONLINE", "processingTime": 5, "processingTimeUnit": "WORKING_DAY", "fees": []}],
            "procedureProposal": {"proposalNumber": "2/QĐ", "decisionDate": 1_782_666_000_000_i64},
        }),
    );
    let s = import(db, &[changed, line(2, "Cấp lại", &json!({}))], options()).await;
    assert_eq!((s.read, s.created, s.updated, s.unchanged), (2, 1, 1, 0));
    let told = events(db, CHANGED).await;
    let of_first: Vec<_> = told
        .iter()
        .filter(|e| e["subject"].as_str().is_some_and(|s| s.ends_with("0001")))
        .collect();
    assert_eq!(
        of_first
            .iter()
            .map(|e| e["version"].clone())
            .collect::<Vec<_>>(),
        [json!(1), json!(2)]
    );
    assert_eq!(
        of_first[1]["data"]["methods"][0]["term"],
        json!({"value": 5, "unit": "workingDay"})
    );
    let path = "/api/v1/procedures/01990000-0000-7000-8000-000000000001";
    let versions = world.get(&format!("{path}/versions")).await;
    assert_eq!(versions["items"][0]["version"], 2);
    assert_eq!(
        versions["items"][0]["changed"],
        json!(["decision", "methods"])
    );
    assert_eq!(versions["items"][0]["decision"]["number"], "2/QĐ");
    assert_eq!(versions["items"][1]["changed"], json!([]));
    let page = world.get(&format!("{path}/versions?limit=1")).await;
    let next = page["next"].as_str().expect("a second page");
    let page = world
        .get(&format!("{path}/versions?limit=1&cursor={next}"))
        .await;
    assert_eq!(
        (page["items"][0]["version"].clone(), page["next"].clone()),
        (json!(1), json!(null))
    );
    assert_eq!(world.get(path).await["version"], 2);
}

#[tokio::test]
async fn broken_lines_are_named_and_the_rest_is_taken() {
    let test = TestDb::new(catalogue::migrations).await;
    let lines = [
        line(1, "Một", &json!({})),
        "{\"id\": \"not-a-uuid\", \"name\": \"x\", \"detail\": {}}".to_owned(),
        String::new(),
        "{broken".to_owned(),
        line(1, "Một nữa", &json!({})),
        line(2, "Hai", &json!({"code": " 1.000001"})),
    ];
    let s = import(&test.db, &lines, options()).await;
    assert_eq!((s.read, s.created, s.skipped), (5, 2, 3));
    assert_eq!(s.read, s.created + s.updated + s.unchanged + s.skipped);
    assert_eq!(
        s.broken.iter().map(|b| b.line).collect::<Vec<_>>(),
        [2, 4, 5]
    );
    assert_eq!(s.warnings["duplicateId"], 1);
    assert_eq!(s.warnings["duplicateCode"], 1);
    assert_eq!(s.warnings["codeTrimmed"], 1);
    let again = import(&test.db, &lines, options()).await;
    assert_eq!(
        (again.created, again.updated, again.unchanged, again.skipped),
        (0, 0, 2, 3)
    );
}

#[tokio::test]
async fn a_dry_run_counts_and_writes_nothing() {
    let test = TestDb::new(catalogue::migrations).await;
    import(&test.db, &[line(1, "Một", &json!({}))], options()).await;
    let lines = [line(1, "Một đổi", &json!({})), line(2, "Hai", &json!({}))];
    let dry = ImportOptions {
        dry_run: true,
        ..options()
    };
    for _ in 0..2 {
        let s = import(&test.db, &lines, dry.clone()).await;
        assert_eq!((s.created, s.updated, s.dry_run), (1, 1, true));
    }
    assert_eq!(events(&test.db, CHANGED).await.len(), 1);
}

#[tokio::test]
async fn the_event_carries_what_a_dossier_needs() {
    let test = TestDb::new(catalogue::migrations).await;
    let odd = line(
        1,
        "Cấp phép",
        &json!({
            "executionMethods": [
                {"submissionMethod": "ONLINE", "processingTime": 1.5, "processingTimeUnit": "WORKING_DAY",
                 "fees": [{"type": "FEE", "value": 0, "description": "Dự án dưới 02 ha: 1.500.000 đồng/hồ sơ"}]},
                {"submissionMethod": "DIRECT", "processingTime": 110, "processingTimeUnit": "HOUR", "fees": []},
                {"submissionMethod": "POSTAL", "processingTime": "Theo mô tả", "processingTimeUnit": "OTHER", "fees": []},
            ],
            "executionCases": [
                {"name": "A", "profileComponents": [{"profileComponentId": "p", "name": "Đơn", "originalQty": 1, "required": true}]},
                {"name": "B", "profileComponents": [{"profileComponentId": "p", "name": "Đơn", "originalQty": 1, "required": true},
                                                    {"profileComponentId": "q", "name": "Lưu ý", "originalQty": 0}]},
            ],
        }),
    );
    import(&test.db, &[odd], options()).await;
    let data = &events(&test.db, CHANGED).await[0]["data"];
    assert_eq!(
        data["methods"][0]["term"],
        json!({"value": 1.5, "unit": "workingDay"})
    );
    assert_eq!(data["methods"][0]["fees"][0]["suspicious"], true);
    assert_eq!(
        data["methods"][1]["term"],
        json!({"value": 110, "unit": "workingHour"})
    );
    assert_eq!(
        (
            data["methods"][2]["term"].clone(),
            data["methods"][2]["termText"].clone()
        ),
        (json!(null), json!("Theo mô tả"))
    );
    let components = data["components"].as_array().expect("a list");
    assert_eq!(components.len(), 2);
    assert_eq!(
        (
            components[0]["required"].clone(),
            components[1]["note"].clone()
        ),
        (json!(true), json!(true))
    );
    let event: contracts::events::ProcedureChanged =
        serde_json::from_value(data.clone()).expect("the contract");
    assert!(event.active);
}

#[tokio::test]
async fn seeding_twice_changes_nothing_and_tells_everyone_once() {
    let test = TestDb::new(catalogue::migrations).await;
    let rt = test.db.runtime().clone();
    catalogue::seed_demo(&test.db, &rt).await.expect("first");
    let types = [
        CHANGED,
        "catalogue.agency-changed.v1",
        "catalogue.units-changed.v1",
    ];
    let mut counts = Vec::new();
    for t in types {
        counts.push(events(&test.db, t).await.len());
    }
    assert_eq!(counts[1..], [4, 34]);
    assert!(counts[0] >= 20, "{counts:?}");
    catalogue::seed_demo(&test.db, &rt).await.expect("second");
    for (t, n) in types.iter().zip(&counts) {
        assert_eq!(events(&test.db, t).await.len(), *n, "{t}");
    }
    for e in events(&test.db, CHANGED).await {
        let e: contracts::events::ProcedureChanged =
            serde_json::from_value(e["data"].clone()).expect("the contract");
        assert!(
            e.methods.iter().all(|m| m.term.is_some()),
            "{}: every demo method has a term",
            e.code
        );
        assert!(
            e.components
                .iter()
                .any(|c| c.required || c.originals + c.copies > 0),
            "{}",
            e.code
        );
    }
}

#[tokio::test]
async fn own_and_national_sources_are_told_apart() {
    let world = World::demo().await;
    import(
        &world.test.db,
        &[line(1, "Của cổng", &json!({}))],
        ImportOptions {
            source: Source::NationalPortal,
            ..options()
        },
    )
    .await;
    assert_eq!(
        world
            .get(&format!("/api/v1/procedures/{}", super::BIRTH))
            .await["source"],
        "own"
    );
    let national = world
        .get("/api/v1/procedures/01990000-0000-7000-8000-000000000001")
        .await;
    assert_eq!(national["source"], "nationalPortal");
}
