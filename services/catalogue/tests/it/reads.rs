//! Reads: filters and facets, suggestions, figures, the export, the quality report, copies that need not be sent again.

use super::{BIRTH, World, import, line};
use catalogue::{Format, ImportOptions};
use serde_json::{Value, json};
use testkit::{actors, shared_data};

fn encode(q: &str) -> String {
    q.bytes().map(|b| format!("%{b:02X}")).collect()
}

#[tokio::test]
async fn facets_count_what_each_filter_would_leave() {
    let world = World::demo().await;
    let all = "field,level,serviceLevel,subject,lifeEvent,agency";
    let page = world
        .get(&format!("/api/v1/procedures?limit=1&facets={all}"))
        .await;
    for facet in ["field", "level", "serviceLevel", "subject", "agency"] {
        let values = page["facets"][facet].as_array().expect(facet);
        assert!(!values.is_empty(), "{facet}");
        for v in values {
            let value = v["value"].as_str().expect("a value");
            let narrowed = world
                .get(&format!(
                    "/api/v1/procedures?limit=1&{facet}={}",
                    encode(value)
                ))
                .await;
            assert_eq!(narrowed["total"], v["count"], "{facet}={value}");
        }
    }
    // A filter leaves its own facet open and narrows the others.
    let narrowed = world
        .get("/api/v1/procedures?limit=1&level=commune&facets=level,field")
        .await;
    assert_eq!(narrowed["facets"]["level"], page["facets"]["level"]);
    let sum = |v: &Value| -> u64 {
        v.as_array()
            .expect("values")
            .iter()
            .filter_map(|x| x["count"].as_u64())
            .sum()
    };
    assert_eq!(
        sum(&narrowed["facets"]["field"]),
        narrowed["total"].as_u64().expect("a number")
    );
    for (query, code) in [
        ("facets=colour", "procedure.facet-unknown"),
        ("subject=nobody", "procedure.subject-unknown"),
        ("lifeEvent=nothing", "procedure.life-event-unknown"),
        ("agency=Z99", "procedure.agency-unknown"),
    ] {
        world
            .app
            .anonymous()
            .get(&format!("/api/v1/procedures?{query}"))
            .await
            .expect_problem(422, code);
    }
}

#[tokio::test]
async fn suggestions_come_while_typing() {
    let world = World::demo().await;
    for typed in ["đăng ký kh", "dang ky khai s", "khai sinh"] {
        let page = world
            .get(&format!(
                "/api/v1/procedure-suggestions?q={}",
                encode(typed)
            ))
            .await;
        let items = page["items"].as_array().expect("items");
        assert!(!items.is_empty() && items.len() <= 8, "{typed}");
        assert!(
            items[0]["name"]
                .as_str()
                .is_some_and(|n| n.contains("khai")),
            "{typed}: {page}"
        );
    }
    assert_eq!(
        world.get("/api/v1/procedure-suggestions").await["items"],
        json!([])
    );
    let ask = async |q: &str| {
        world
            .app
            .anonymous()
            .get(&format!("/api/v1/procedure-suggestions?{q}"))
            .await
    };
    ask(&format!("q={}", "a".repeat(10_000)))
        .await
        .expect_problem(422, "procedure.query-too-long");
    ask("limit=0").await.expect_problem(422, "query.invalid");
    ask("q=%5B%28.%2A").await.expect(200);
}

#[tokio::test]
async fn an_answer_that_is_known_is_not_sent_again() {
    let world = World::demo().await;
    for path in [
        "/api/v1/procedures?q=khai+sinh&facets=field",
        "/api/v1/catalogue-statistics",
        &format!("/api/v1/procedures/{BIRTH}"),
    ] {
        let first = world.app.anonymous().get(path).await.expect(200);
        let tag = first.header("etag").expect("a tag").to_owned();
        let again = world
            .app
            .anonymous()
            .header("if-none-match", &tag)
            .get(path)
            .await
            .expect(304);
        assert!(again.body.is_empty(), "{path}");
        // Twice: from the cache it is the same.
        assert_eq!(
            world.app.anonymous().get(path).await.expect(200).body,
            first.body,
            "{path}"
        );
    }
    let path = "/api/v1/procedures?q=khai+sinh&facets=field";
    let tag = world
        .app
        .anonymous()
        .get(path)
        .await
        .header("etag")
        .expect("a tag")
        .to_owned();
    import(
        &world.test.db,
        &[line(1, "Cấp khai sinh mới", &json!({}))],
        ImportOptions::default(),
    )
    .await;
    testkit::wait_for("the index to follow", async || {
        let reply = world
            .app
            .anonymous()
            .header("if-none-match", &tag)
            .get(path)
            .await;
        (reply.status == 200).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_changed_procedure_is_never_served_from_the_cache() {
    let world = World::demo().await;
    let path = format!("/api/v1/procedures/{BIRTH}");
    world.get(&path).await;
    let admin = actors::admin();
    world
        .app
        .as_(&admin)
        .if_match(1)
        .post(&format!("{path}/withdraw"), &json!({"reason": "thử"}))
        .await
        .expect(200);
    assert_eq!(world.get(&path).await["active"], false);
    world
        .app
        .anonymous()
        .header("if-none-match", "\"1\"")
        .get(&path)
        .await
        .expect(200);
}

#[tokio::test]
async fn long_answers_are_compressed() {
    let world = World::demo().await;
    let reply = world
        .app
        .anonymous()
        .header("accept-encoding", "gzip")
        .get(&format!("/api/v1/procedures/{BIRTH}"))
        .await
        .expect(200);
    assert_eq!(reply.header("content-encoding"), Some("gzip"));
    assert_eq!(reply.header("etag"), Some("\"1\""));
}

#[tokio::test]
async fn the_figures_add_up() {
    let world = World::demo().await;
    let s = world.get("/api/v1/catalogue-statistics").await;
    let total = world.get("/api/v1/procedures?limit=1").await["total"].clone();
    assert_eq!(s["procedures"], total);
    let sum = |list: &str, of: &str| -> u64 {
        s[list]
            .as_array()
            .expect(list)
            .iter()
            .filter_map(|v| v[of].as_u64())
            .sum()
    };
    assert_eq!(json!(sum("serviceLevels", "count")), total);
    assert_eq!(json!(sum("byField", "count")), total);
    assert_eq!(
        s["fields"],
        world.get("/api/v1/fields").await["items"]
            .as_array()
            .map_or(0, Vec::len)
    );
    assert_eq!(
        sum("levels", "count"),
        sum("levelsByServiceLevel", "procedures")
    );
    let month = &s["changes"][0];
    assert_eq!(
        (month["month"].clone(), json!(month["created"])),
        (json!("2026-11"), total)
    );
}

#[tokio::test]
async fn the_export_can_be_imported_again_and_says_the_same() {
    let world = World::demo().await;
    let odd = line(
        1,
        "=HYPERLINK(\"x\")",
        &json!({"executionMethods": [
            {"submissionMethod": "ONLINE", "processingTime": 1, "processingTimeUnit": "OTHER", "fees": [{"type": "FEE", "value": 0}]},
            {"submissionMethod": "DIRECT", "processingTime": "Theo mô tả", "processingTimeUnit": "OTHER", "description": "Không quy định",
             "fees": [{"type": "SERVICE_FEE", "value": 0, "description": "Đất ở: 150.000 đồng/hồ sơ"}]},
        ]}),
    );
    import(&world.test.db, &[odd], ImportOptions::default()).await;
    let reply = world
        .app
        .anonymous()
        .get("/api/v1/procedures-export")
        .await
        .expect(200);
    assert_eq!(reply.header("content-type"), Some("application/x-ndjson"));
    let lines: Vec<String> = reply.text().lines().map(str::to_owned).collect();
    let total = lines.len() as u64;
    assert!(total > 20, "the demo catalogue and one more");
    let s = import(&world.test.db, &lines, ImportOptions::default()).await;
    assert_eq!(
        (s.unchanged, s.updated, s.created),
        (total, 0, 0),
        "{:?}",
        s.changes
    );
    let table = world
        .app
        .anonymous()
        .get("/api/v1/procedures-export?format=csv")
        .await
        .expect(200)
        .text();
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let names: Vec<String> = reader
        .records()
        .map(|r| r.expect("a row")[3].to_owned())
        .collect();
    assert_eq!(names.len() as u64, total);
    assert!(
        names.contains(&"'=HYPERLINK(\"x\")".to_owned()),
        "no formula in a table"
    );
    let before = world
        .app
        .anonymous()
        .get("/api/v1/procedures-export?asOf=1990-01-01")
        .await
        .expect(200);
    assert!(before.text().is_empty(), "nothing was in force then");
    world
        .app
        .anonymous()
        .get("/api/v1/procedures-export?format=xls")
        .await
        .expect_problem(422, "query.invalid");
}

#[tokio::test]
async fn the_whole_national_file_goes_out_as_it_came_in() {
    let Some(path) = shared_data("procedures-national.jsonl.gz") else {
        eprintln!("skipped: no shared data");
        return;
    };
    let test = testkit::TestDb::new(catalogue::migrations).await;
    let (db, rt) = (&test.db, test.db.runtime());
    let file = std::fs::File::open(path).expect("readable");
    catalogue::import_procedures(db, rt, file, ImportOptions::default())
        .await
        .expect("the database");
    let mut out = Vec::new();
    let day = "2026-11-16".parse().expect("a day");
    let n = catalogue::export(db, day, Format::JsonLines, &mut out)
        .await
        .expect("the database");
    assert_eq!(n, 4_630);
    let s = catalogue::import_procedures(
        db,
        rt,
        std::io::Cursor::new(out),
        ImportOptions {
            dry_run: true,
            ..ImportOptions::default()
        },
    )
    .await
    .expect("the database");
    for c in s.changes.iter().take(10) {
        eprintln!("{} {:?}", c.code, c.differences);
    }
    assert_eq!((s.unchanged, s.updated), (4_630, 0));
}

#[tokio::test]
async fn editors_see_what_is_doubtful() {
    let world = World::empty().await;
    let tiers = json!({"executionMethods": [{"submissionMethod": "ONLINE", "processingTime": 3, "processingTimeUnit": "DAY",
        "fees": [{"type": "FEE", "value": 0, "description": "Đất ở: 150.000 đồng/hồ sơ"}, {"type": "FEE", "value": 20}]}]});
    let lines = [
        line(1, "Một", &tiers),
        line(2, "Hai", &tiers),
        line(3, "Ba", &json!({"departmentsExecuting": []})),
    ];
    import(&world.test.db, &lines, ImportOptions::default()).await;
    let admin = actors::admin();
    let report = world
        .app
        .as_(&admin)
        .get("/api/v1/quality-report?examples=1")
        .await
        .expect(200)
        .json();
    let kind = |name: &str| -> Value {
        report["kinds"]
            .as_array()
            .expect("kinds")
            .iter()
            .find(|k| k["kind"] == name)
            .cloned()
            .unwrap_or_default()
    };
    assert_eq!(report["procedures"], 3);
    assert_eq!(
        (
            kind("feeZeroBesideTiers")["procedures"].clone(),
            kind("feeTooSmall")["count"].clone()
        ),
        (json!(2), json!(2))
    );
    assert_eq!(
        kind("feeZeroBesideTiers")["examples"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );
    assert_eq!(kind("noExecutingAgency")["examples"][0]["code"], "1.000003");
    let one = world
        .app
        .as_(&admin)
        .get("/api/v1/quality-report?kind=noExecutingAgency")
        .await
        .expect(200)
        .json();
    assert_eq!(
        (
            one["procedures"].clone(),
            one["kinds"].as_array().map(Vec::len)
        ),
        (json!(1), Some(1))
    );
    world
        .app
        .as_(&actors::citizen())
        .get("/api/v1/quality-report")
        .await
        .expect_problem(403, "auth.forbidden");
}
