//! What the eleven published items say beyond the obvious: flags with three answers, papers that a database replaces, subjects and
//! results with their time, and the source as it came.

use super::life_cycle::{FIRST, content, create, step};
use super::{World, events, import, line};
use catalogue::{Format, ImportOptions, Kind, ReferenceOptions};
use serde_json::{Value, json};
use testkit::actors;

const FLAGS: [&str; 6] = [
    "nonTerritorial",
    "postal",
    "kiosk",
    "immediateResult",
    "financialDuty",
    "restricted",
];

async fn flags(world: &World) -> Vec<Value> {
    let p = world.get(&format!("/api/v1/procedures/{FIRST}")).await;
    FLAGS.iter().map(|f| p[*f].clone()).collect()
}

#[tokio::test]
async fn a_flag_that_nobody_has_set_is_not_a_no() {
    let world = World::empty().await;
    let db = &world.test.db;
    // The portal says of one that any desk takes it, of the other nothing; its ways of filing leave out the post.
    let said = line(1, "Cấp phép", &json!({"isNonTerritorial": true}));
    let silent = line(2, "Cấp lại", &json!({"executionMethods": []}));
    import(db, &[said, silent], ImportOptions::default()).await;
    assert_eq!(
        flags(&world).await,
        [
            json!(true),
            json!(false),
            json!(null),
            json!(null),
            json!(null),
            json!(null)
        ]
    );
    let other = FIRST.replace("000000000001", "000000000002");
    let p = world.get(&format!("/api/v1/procedures/{other}")).await;
    for flag in FLAGS {
        assert_eq!(p[flag], json!(null), "{flag}");
    }
    // A way of filing by post is the word for it.
    let by_post = line(
        1,
        "Cấp phép",
        &json!({"isNonTerritorial": true, "executionMethods": [
            {"submissionMethod": "POSTAL", "processingTime": 3, "processingTimeUnit": "DAY", "fees": []}]}),
    );
    import(db, &[by_post], ImportOptions::default()).await;
    testkit::wait_for("the index to follow", async || {
        (flags(&world).await[1] == json!(true)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn editors_set_flags_and_databases_that_replace_papers_and_both_go_out_and_in() {
    let world = World::empty().await;
    let db = &world.test.db;
    let paper = json!({"executionCases": [{"name": "", "profileComponents": [
        {"profileComponentId": "p", "name": "Giấy xác nhận cư trú", "originalQty": 1, "copyQty": 0, "required": true},
        {"profileComponentId": "q", "name": "Lưu ý", "originalQty": 0, "copyQty": 0, "required": true}]}]});
    import(db, &[line(1, "Cấp phép", &paper)], ImportOptions::default()).await;
    let (writer, publisher) = (actors::agency_admin(), actors::admin());
    let mut c = content(&world, FIRST).await;
    c["kiosk"] = json!(true);
    c["immediateResult"] = json!(false);
    c["financialDuty"] = json!(true);
    c["restricted"] = json!(true);
    c["nonTerritorial"] = json!(null);
    c["components"][0]["components"][0]["replacingDatabase"] =
        json!({"code": "CSDLDC", "name": "Cơ sở dữ liệu quốc gia về dân cư"});
    let draft = create(
        &world,
        &writer,
        &json!({"procedureId": FIRST, "content": c}),
    )
    .await;
    let differs: Vec<&str> = draft["differences"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|d| d["at"].as_str())
        .collect();
    for at in [
        "/kiosk",
        "/immediateResult",
        "/financialDuty",
        "/restricted",
        "/components/0/components/0/replacingDatabase",
        "/components/0/components/0/required",
    ] {
        assert!(differs.contains(&at), "{at}: {differs:?}");
    }
    // The ways of filing say it anyway: it is not said twice, and is no difference.
    assert!(!differs.contains(&"/postal"), "{differs:?}");
    let draft = step(&world, &writer, &draft, "submit", &json!({}))
        .await
        .expect(200)
        .json();
    step(&world, &publisher, &draft, "publish", &json!({}))
        .await
        .expect(200);
    assert_eq!(
        flags(&world).await,
        [
            json!(null),
            json!(false),
            json!(true),
            json!(false),
            json!(true),
            json!(true)
        ]
    );
    let p = world.get(&format!("/api/v1/procedures/{FIRST}")).await;
    let papers = &p["components"][0]["components"];
    assert_eq!(
        (
            papers[0]["replacingDatabase"]["name"].clone(),
            papers[0]["note"].clone(),
            papers[1]["note"].clone()
        ),
        (
            json!("Cơ sở dữ liệu quốc gia về dân cư"),
            json!(false),
            json!(true)
        )
    );
    // What a database says must not be asked for (NĐ 309/2026/NĐ-CP art. 2.1): nobody is refused for want of it.
    assert_eq!(papers[0]["required"], false);
    let told = events(db, "catalogue.procedure-changed.v1").await;
    let last = &told.last().expect("an event")["data"];
    assert_eq!(
        (
            last["components"][0]["required"].clone(),
            last["nonTerritorial"].clone(),
            last["restricted"].clone()
        ),
        (json!(false), json!(false), json!(true))
    );
    let parts = world
        .get(&format!("/api/v1/procedures/{FIRST}/versions"))
        .await;
    let changed = parts["items"][0]["changed"]
        .as_array()
        .expect("parts")
        .clone();
    assert!(changed.contains(&json!("kiosk")) && changed.contains(&json!("components")));

    // Out as JSON and into another catalogue: the same; out as a table: three answers.
    let day = "2026-11-16".parse().expect("a day");
    let mut out = Vec::new();
    catalogue::export(db, day, Format::JsonLines, &mut out)
        .await
        .expect("the database");
    let elsewhere = World::empty().await;
    let lines = [String::from_utf8(out).expect("text").trim().to_owned()];
    import(&elsewhere.test.db, &lines, ImportOptions::default()).await;
    assert_eq!(flags(&elsewhere).await, flags(&world).await);
    let there = elsewhere.get(&format!("/api/v1/procedures/{FIRST}")).await;
    assert_eq!(there["components"], p["components"]);
    let mut table = Vec::new();
    catalogue::export(db, day, Format::Csv, &mut table)
        .await
        .expect("the database");
    let mut reader = csv::Reader::from_reader(table.as_slice());
    let headers = reader.headers().expect("a head").clone();
    let row = reader.records().next().expect("a row").expect("a row");
    let cell = |name: &str| {
        let at = headers.iter().position(|h| h == name).expect("a column");
        row[at].to_owned()
    };
    assert_eq!(
        [
            "non_territorial",
            "postal",
            "kiosk",
            "immediate_result",
            "financial_duty",
            "internal"
        ]
        .map(cell),
        ["", "no", "yes", "no", "yes", "no"]
    );
}

#[tokio::test]
async fn a_draft_may_not_deny_its_own_way_of_filing_nor_name_no_database() {
    let world = World::empty().await;
    let by_post = json!({"executionMethods": [
        {"submissionMethod": "POSTAL", "processingTime": 3, "processingTimeUnit": "DAY", "fees": []}]});
    import(
        &world.test.db,
        &[line(1, "Cấp phép", &by_post)],
        ImportOptions::default(),
    )
    .await;
    let mut c = content(&world, FIRST).await;
    c["postal"] = json!(false);
    c["components"][0]["components"][0]["replacingDatabase"] = json!({"code": "X", "name": " "});
    let problem = world
        .app
        .as_(&actors::agency_admin())
        .post(
            "/api/v1/procedure-drafts",
            &json!({"procedureId": FIRST, "content": c}),
        )
        .await
        .expect_problem(422, "body.invalid");
    let errors: Vec<(Value, Value)> = problem["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|e| (e["pointer"].clone(), e["code"].clone()))
        .collect();
    assert_eq!(
        errors,
        [
            (json!("/content/postal"), json!("procedure.postal-denied")),
            (
                json!("/content/components/0/components/0/replacingDatabase/name"),
                json!("field.required")
            ),
        ]
    );
}

#[tokio::test]
async fn subjects_and_results_have_their_time() {
    let world = World::empty().await;
    let db = &world.test.db;
    let put = async |kind, table: &'static str, dated: &str| {
        let options = ReferenceOptions {
            dated: Some(dated.parse().expect("a day")),
            ..ReferenceOptions::default()
        };
        catalogue::import_reference(db, db.runtime(), kind, table.as_bytes(), options)
            .await
            .expect("a table")
    };
    let first = "subject_code,subject_name,valid_from,valid_to\nĐT1,Công dân Việt Nam,,\nĐT2,Người Việt Nam ở nước ngoài,2020-01-01,2025-12-31\n\
                 ĐT2,Trùng,2025-06-01,\nĐT3,,,\nĐT4,Sai ngày,2026-02-30,\n";
    let s = put(Kind::Subjects, first, "2026-01-01").await;
    assert_eq!(
        (s.kind.as_str(), s.read, s.created, s.skipped),
        ("subjects", 5, 2, 3),
        "{s:?}"
    );
    // The same codes are another thing among results.
    let results = "result_code,result_name\nĐT1,Giấy khai sinh\nKQ2,Thẻ căn cước\nKQ3,Giấy phép\n";
    assert_eq!(put(Kind::Results, results, "2026-01-01").await.created, 3);
    let s = put(
        Kind::Results,
        "result_code,result_name\nKQ2,Căn cước\n",
        "2026-07-01",
    )
    .await;
    assert_eq!((s.created, s.updated), (1, 0), "{s:?}");
    let names = async |path: &str| -> Vec<String> {
        world.get(path).await["items"]
            .as_array()
            .expect("items")
            .iter()
            .map(|i| i["name"].as_str().unwrap_or_default().to_owned())
            .collect()
    };
    assert_eq!(
        names("/api/v1/subjects?on=2025-01-01").await,
        ["Công dân Việt Nam", "Người Việt Nam ở nước ngoài"]
    );
    assert_eq!(names("/api/v1/subjects").await, ["Công dân Việt Nam"]);
    assert_eq!(
        names("/api/v1/results?on=2026-06-30").await,
        ["Thẻ căn cước", "Giấy phép", "Giấy khai sinh"]
    );
    assert_eq!(
        names("/api/v1/results?on=2026-07-01").await,
        ["Căn cước", "Giấy phép", "Giấy khai sinh"]
    );
    let page = world.get("/api/v1/results?limit=1").await;
    let next = page["next"].as_str().expect("more");
    assert_eq!(
        names(&format!("/api/v1/results?limit=100&cursor={next}"))
            .await
            .len(),
        2
    );
    let s = put(Kind::Results, results, "2026-01-01").await;
    assert_eq!(s.skipped, 0);
    // Over HTTP as the others, and a table of subjects is none of results.
    let admin = actors::admin();
    let table = first.as_bytes().to_vec();
    world
        .app
        .as_(&admin)
        .post_bytes(
            "/api/v1/reference-imports/results",
            "text/csv",
            table.clone(),
        )
        .await
        .expect_problem(422, "import.unreadable");
    let again = world
        .app
        .as_(&admin)
        .post_bytes("/api/v1/reference-imports/subjects", "text/csv", table)
        .await
        .expect(200)
        .json();
    assert_eq!(
        (again["created"].clone(), again["updated"].clone()),
        (json!(0), json!(0)),
        "a second time nothing changes"
    );
    world
        .app
        .anonymous()
        .get("/api/v1/subjects?cursor=%21%21")
        .await
        .expect_problem(422, "query.cursor");
}

/// Clean-up loses nothing: what the portal published is there to the letter.
#[tokio::test]
async fn the_source_is_kept_as_it_came() {
    let world = World::empty().await;
    let db = &world.test.db;
    let odd = line(
        1,
        "Ca\u{302}\u{301}p\u{200b}  phe\u{301}p",
        &json!({"note": "\u{f0fc}\tA\u{a0}B</p>", "unknownToUs": [1, null]}),
    );
    import(
        db,
        &[odd.clone(), line(2, "Hai", &json!({}))],
        ImportOptions::default(),
    )
    .await;
    let path = format!("/api/v1/procedures/{FIRST}/versions");
    assert_eq!(
        world.get(&format!("/api/v1/procedures/{FIRST}")).await["name"],
        "Cấp phép"
    );
    let reply = world
        .app
        .anonymous()
        .get(&format!("{path}/1/source"))
        .await
        .expect(200);
    assert_eq!(reply.text(), odd, "to the byte");
    assert!(reply.header("etag").is_some());
    // A version has its own.
    let newer = line(1, "Cấp phe\u{301}p mới", &json!({}));
    import(db, std::slice::from_ref(&newer), ImportOptions::default()).await;
    for (version, text) in [(1, &odd), (2, &newer)] {
        let reply = world
            .app
            .anonymous()
            .get(&format!("{path}/{version}/source"))
            .await
            .expect(200);
        assert_eq!(&reply.text(), text);
    }
    world
        .app
        .anonymous()
        .get(&format!("{path}/3/source"))
        .await
        .expect_problem(404, "procedure.version-unknown");
    // What was written here came from nowhere.
    let (writer, publisher) = (actors::agency_admin(), actors::admin());
    let mut c = content(&world, FIRST).await;
    c["name"] = json!("Cấp phép tại tỉnh");
    let body = json!({"procedureId": FIRST, "content": c});
    let draft = create(&world, &writer, &body).await;
    let draft = step(&world, &writer, &draft, "submit", &json!({}))
        .await
        .expect(200)
        .json();
    step(&world, &publisher, &draft, "publish", &json!({}))
        .await
        .expect(200);
    world
        .app
        .anonymous()
        .get(&format!("{path}/3/source"))
        .await
        .expect_problem(404, "procedure.source-not-kept");
    // What the source proposes then and is accepted has its line again.
    let proposed = line(1, "Cấp phe\u{301}p toàn quốc", &json!({}));
    import(
        db,
        std::slice::from_ref(&proposed),
        ImportOptions::default(),
    )
    .await;
    let page = world
        .app
        .as_(&publisher)
        .get("/api/v1/procedure-drafts?state=inReview")
        .await
        .expect(200)
        .json();
    step(&world, &publisher, &page["items"][0], "publish", &json!({}))
        .await
        .expect(200);
    let reply = world
        .app
        .anonymous()
        .get(&format!("{path}/4/source"))
        .await
        .expect(200);
    assert_eq!(reply.text(), proposed);
}

#[tokio::test]
async fn lines_of_what_came_before_they_were_kept_are_kept_by_the_next_import() {
    use sea_orm::ConnectionTrait as _;
    let world = World::empty().await;
    let db = &world.test.db;
    let one = [line(1, "Cấp phép", &json!({}))];
    import(db, &one, ImportOptions::default()).await;
    let mut forget = sea_orm::sea_query::Query::delete();
    forget.from_table(sea_orm::sea_query::Alias::new("procedure_source"));
    let forget = &forget;
    db.tx(|tx| async move { tx.execute(forget).await.map(|_| ()) })
        .await
        .expect("the database");
    let path = format!("/api/v1/procedures/{FIRST}/versions/1/source");
    let gone = world.app.anonymous().get(&path).await;
    gone.expect_problem(404, "procedure.source-not-kept");
    let s = import(db, &one, ImportOptions::default()).await;
    assert_eq!((s.unchanged, s.updated), (1, 0));
    let back = world.app.anonymous().get(&path).await.expect(200);
    assert_eq!(back.text(), one[0]);
}

/// An agency kept by a release that had no column for the body above it.
#[tokio::test]
async fn the_tree_of_agencies_has_its_branches_after_an_upgrade() {
    use sea_orm::ConnectionTrait as _;
    use sea_orm::sea_query::{Alias, Query};
    let before: fn() -> Vec<Box<dyn sea_orm_migration::MigrationTrait>> =
        || catalogue::migrations().into_iter().take(2).collect();
    let rt = testkit::runtime();
    let test = testkit::TestDb::with(&rt, before).await;
    let mut insert = Query::insert();
    insert
        .into_table(Alias::new("agency"))
        .columns(
            [
                "code",
                "version",
                "content_hash",
                "level",
                "reception",
                "province_code",
                "content",
                "updated_at",
            ]
            .map(Alias::new),
        )
        .values_panic([
            "H05.21".into(),
            1_i64.into(),
            "x".into(),
            "commune".into(),
            true.into(),
            "24".into(),
            json!({"code": "H05.21", "parentCode": "H05"})
                .to_string()
                .into(),
            rt.clock.now().into(),
        ]);
    let insert = &insert;
    test.db
        .tx(|tx| async move { tx.execute(insert).await.map(|_| ()) })
        .await
        .expect("the database");
    durable::migrate(&test.db, catalogue::migrations)
        .await
        .expect("the upgrade");
    let mut select = Query::select();
    select
        .column(Alias::new("parent_code"))
        .from(Alias::new("agency"));
    let row = test.db.read().query_one(&select).await.expect("a query");
    let parent: Option<String> = row
        .expect("a row")
        .try_get("", "parent_code")
        .expect("text");
    assert_eq!(parent.as_deref(), Some("H05"));
}
