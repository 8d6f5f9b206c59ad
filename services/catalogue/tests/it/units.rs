use super::{World, events};
use catalogue::{Kind, ReferenceOptions};
use serde_json::{Value, json};
use testkit::{TestDb, actors, shared_data};

const WARDS: &str = "code,name,type,full_name,province_code\n07210,Bắc Giang,Phường,Phường Bắc Giang,24\n09169,Vũ Ninh,Phường,Phường Vũ Ninh,24\n";
const MAP: &str = "old_code,old_name,old_district_code,old_district,old_province_code,new_code,new_name,new_province_code,relation,note_vi,fixed\n\
07210,Phường Hoàng Văn Thụ,213,Thành phố Bắc Giang,24,07210,Phường Bắc Giang,24,whole,Nhập toàn bộ,\n\
09163,Phường Vũ Ninh,256,Thành phố Bắc Ninh,27,09169,Phường Vũ Ninh,24,whole,Nhập toàn bộ,\n\
09999,Xã Lạc,256,Thành phố Bắc Ninh,27,99999,Xã Không Có,24,whole,Nhập toàn bộ,\n";

fn names(page: &Value) -> Vec<(String, String)> {
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    page["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|c| (text(&c["code"]), text(&c["name"])))
        .collect()
}

#[tokio::test]
async fn a_code_means_another_unit_on_another_day() {
    let world = World::demo().await;
    let now = world.get("/api/v1/provinces/24/communes").await;
    let before = world
        .get("/api/v1/provinces/24/communes?on=2025-06-30")
        .await;
    let has = |page: &Value, code: &str, name: &str| {
        names(page).contains(&(code.to_owned(), name.to_owned()))
    };
    assert!(has(&now, "07210", "Phường Bắc Giang") && has(&now, "07288", "Xã Yên Thế"));
    assert!(has(&before, "07210", "Phường Hoàng Văn Thụ") && has(&before, "07260", "Xã Đồng Tâm"));
    assert!(!names(&now).iter().any(|(c, _)| c == "07260"));
    let provinces = world.get("/api/v1/provinces").await;
    assert_eq!(provinces["items"].as_array().map(Vec::len), Some(34));
    let then = world.get("/api/v1/provinces?on=2025-06-30").await;
    assert_eq!(names(&then).len(), 63);
    assert!(names(&then).contains(&("24".to_owned(), "Tỉnh Bắc Giang".to_owned())));
    let page = world.get("/api/v1/provinces/24/communes?limit=2").await;
    let next = page["next"].as_str().expect("more");
    let second = world
        .get(&format!(
            "/api/v1/provinces/24/communes?limit=2&cursor={next}"
        ))
        .await;
    assert!(names(&second).iter().all(|c| !names(&page).contains(c)));
}

async fn reference(
    db: &durable::Db,
    kind: Kind,
    table: impl std::io::Read + Send + 'static,
) -> catalogue::ReferenceSummary {
    let options = ReferenceOptions::default();
    catalogue::import_reference(db, db.runtime(), kind, table, options)
        .await
        .expect("a table")
}

#[tokio::test]
async fn importing_units_tells_each_province_once_per_change() {
    let world = World::demo().await;
    let db = &world.test.db;
    let told = events(db, "catalogue.units-changed.v1").await.len();
    let s = reference(db, Kind::Communes, WARDS.as_bytes()).await;
    // Both are in the demo data already, as the official list has them.
    assert_eq!(
        (s.read, s.created, s.updated, s.told),
        (2, 0, 0, 0),
        "{s:?}"
    );
    let s = reference(db, Kind::CommuneMapping, MAP.as_bytes()).await;
    assert_eq!(
        (s.read, s.created, s.updated, s.skipped, s.told),
        (3, 2, 0, 1, 0),
        "{s:?}"
    );
    assert!(
        s.broken[0].line == 4 && s.broken[0].reason.contains("09999 → 99999"),
        "{s:?}"
    );
    let more = format!(
        "{WARDS}07444,Lục Nam,Xã,Xã Lục Nam Mới,24\n09193,Yên Phong,Xã,Xã Yên Phong,24\n07450,Đông Phú,Xã,Xã Đông Phú,24\n\
         07451,Lạ,Xã,Xã Lạ,99\nx,Lạ,Xã,Xã Lạ,24\n"
    );
    let s = reference(db, Kind::Communes, std::io::Cursor::new(more)).await;
    assert_eq!(
        (s.created, s.updated, s.skipped, s.told),
        (1, 1, 2, 1),
        "{s:?}"
    );
    let all = events(db, "catalogue.units-changed.v1").await;
    assert_eq!(all.len(), told + 1);
    let last = &all[told];
    assert_eq!(
        (last["subject"].clone(), last["version"].clone()),
        (json!("24"), json!(2))
    );
    let event: contracts::events::UnitsChanged =
        serde_json::from_value(last["data"].clone()).expect("the contract");
    let ended = event
        .communes
        .iter()
        .find(|c| c.code == "09163")
        .expect("an old commune of the merged province");
    assert!(ended.valid_to.is_some() && ended.valid_from.is_none());
    let wrong = catalogue::import_reference(
        db,
        db.runtime(),
        Kind::Communes,
        &b"a,b\n1,2\n"[..],
        ReferenceOptions::default(),
    )
    .await
    .expect_err("no such table");
    assert!(
        wrong.downcast_ref::<catalogue::Unreadable>().is_some(),
        "{wrong}"
    );
}

#[tokio::test]
async fn the_old_name_of_a_commune_leads_to_the_new_one() {
    let world = World::demo().await;
    let db = &world.test.db;
    reference(db, Kind::CommuneMapping, MAP.as_bytes()).await;
    let found = world.get("/api/v1/communes?q=hoang+van+thu").await;
    assert_eq!(
        (
            found["items"][0]["name"].clone(),
            found["items"][0]["successors"].clone()
        ),
        (json!("Phường Hoàng Văn Thụ"), json!(["07210"]))
    );
    let now = world.get("/api/v1/communes?code=07210&on=2026-01-01").await;
    assert_eq!(
        names(&now),
        [("07210".to_owned(), "Phường Bắc Giang".to_owned())]
    );
    assert_eq!(
        names(&world.get("/api/v1/communes?code=07210").await).len(),
        2
    );
    let mapping = world.get("/api/v1/commune-mappings?code=07210").await;
    assert_eq!(
        (
            mapping["items"][0]["oldCode"].clone(),
            mapping["items"][0]["relation"].clone()
        ),
        (json!("07210"), json!("whole"))
    );
    assert_eq!(
        world.get("/api/v1/communes?q=%5B%28.%2A").await["items"],
        json!([])
    );
}

#[tokio::test]
async fn names_of_fields_have_their_time() {
    let world = World::demo().await;
    let db = &world.test.db;
    let put = async |table: &'static str, dated: &str| {
        let options = ReferenceOptions {
            dated: Some(dated.parse().expect("a day")),
            ..ReferenceOptions::default()
        };
        catalogue::import_reference(db, db.runtime(), Kind::Fields, table.as_bytes(), options)
            .await
            .expect("a table")
    };
    let first =
        "field_code,field_name,procedures\nX-1,Đất đai,3\nX-2,Nhà ở,1\nX-2,Nhà ở lần nữa,1\n";
    let s = put(first, "2026-01-01").await;
    assert_eq!((s.read, s.created, s.skipped), (3, 2, 1), "{s:?}");
    let s = put(
        "field_code,field_name\nX-1,Đất đai và môi trường\nX-2,Nhà ở\n",
        "2026-07-01",
    )
    .await;
    assert_eq!((s.created, s.updated), (1, 0), "{s:?}");
    let on = async |day: &str| -> Vec<String> {
        world.get(&format!("/api/v1/fields?on={day}")).await["items"]
            .as_array()
            .expect("items")
            .iter()
            .map(|f| f["name"].as_str().unwrap_or_default().to_owned())
            .collect()
    };
    assert_eq!(on("2026-06-30").await, ["Đất đai", "Nhà ở"]);
    assert_eq!(on("2026-07-01").await, ["Đất đai và môi trường", "Nhà ở"]);
    let s = put(
        "field_code,field_name\nX-1,Đất đai và môi trường\n",
        "2026-08-01",
    )
    .await;
    assert_eq!(
        (s.created, s.updated),
        (0, 0),
        "a second time nothing changes"
    );
}

#[tokio::test]
async fn agencies_come_in_both_code_forms_with_their_tree_and_history() {
    let world = World::demo().await;
    let db = &world.test.db;
    let told = events(db, "catalogue.agency-changed.v1").await.len();
    let table = "code,name,parent_code\nH05.40,Sở Tài chính tỉnh Bắc Ninh,\n000.07.40.H05,Phòng Ngân sách,\nA,Một,B\nB,Hai,A\n";
    let s = reference(db, Kind::Agencies, table.as_bytes()).await;
    assert_eq!((s.created, s.skipped, s.told), (2, 2, 2), "{s:?}");
    assert!(s.broken[0].reason.contains("above itself"));
    for code in ["H05.40.07", "000.07.40.H05"] {
        let a = world.get(&format!("/api/v1/agencies/{code}")).await;
        assert_eq!(
            (
                a["code"].clone(),
                a["parentCode"].clone(),
                a["parentName"].clone(),
                a["provinceCode"].clone()
            ),
            (
                json!("H05.40.07"),
                json!("H05.40"),
                json!("Sở Tài chính tỉnh Bắc Ninh"),
                json!("24")
            )
        );
    }
    let below = world.get("/api/v1/agencies?parentCode=000.00.40.H05").await;
    assert_eq!(below["items"].as_array().map(Vec::len), Some(1));
    // A desk keeps its desk, address and calendar when its name changes.
    let table =
        "code,name,valid_to\nH05.21,Trung tâm Phục vụ hành chính công xã Yên Thế mới,2026-12-31\n";
    let s = reference(db, Kind::Agencies, table.as_bytes()).await;
    assert_eq!((s.created, s.updated), (0, 1));
    let a = world.get("/api/v1/agencies/H05.21").await;
    assert_eq!(
        (a["reception"].clone(), a["version"].clone()),
        (json!(true), json!(2))
    );
    assert_eq!(
        reference(db, Kind::Agencies, table.as_bytes())
            .await
            .updated,
        0
    );
    let history = world.get("/api/v1/agencies/H05.21/history").await;
    let names: Vec<&str> = history["items"]
        .as_array()
        .expect("items")
        .iter()
        .filter_map(|v| v["name"].as_str())
        .collect();
    assert_eq!(
        names,
        [
            "Trung tâm Phục vụ hành chính công xã Yên Thế mới",
            "Trung tâm Phục vụ hành chính công xã Yên Thế"
        ]
    );
    assert_eq!(
        events(db, "catalogue.agency-changed.v1").await.len(),
        told + 3
    );
    // When its last day is over, those who keep copies hear of it, once.
    let rt = &world.app.rt;
    let worker = catalogue::worker(db, &durable::Bus::in_process(), rt);
    rt.clock.advance(chrono::Duration::days(60));
    worker.run_due().await;
    rt.clock.advance(chrono::Duration::days(1));
    worker.run_due().await;
    let all = events(db, "catalogue.agency-changed.v1").await;
    assert_eq!(all.len(), told + 4);
    let last = all.last().expect("an event");
    assert_eq!(
        (last["subject"].clone(), last["data"]["active"].clone()),
        (json!("H05.21"), json!(false))
    );
    let on = async |day: &str| {
        let page = world
            .get(&format!("/api/v1/agencies?on={day}&limit=100"))
            .await;
        page["items"]
            .as_array()
            .expect("items")
            .iter()
            .any(|a| a["code"] == "H05.21")
    };
    assert!(on("2026-12-31").await && !on("2027-01-01").await);
}

#[tokio::test]
async fn a_new_holiday_reaches_every_calendar() {
    let world = World::demo().await;
    let db = &world.test.db;
    let told = events(db, "catalogue.agency-changed.v1").await.len();
    // What the product knows already changes nothing for anybody.
    let known = "date,name,kind,subkind,certainty,source\n2026-09-02,Quốc khánh,off,statutory,certain,x\n2026-13-02,Lạ,off,,,\n";
    let s = reference(db, Kind::Holidays, known.as_bytes()).await;
    assert_eq!((s.created, s.skipped, s.told), (1, 1, 0), "{s:?}");
    let decreed =
        "date,name,kind\n2026-12-07,Nghỉ đặc biệt,off\n2026-12-12,Làm bù,make-up-workday\n";
    let s = reference(db, Kind::Holidays, decreed.as_bytes()).await;
    assert_eq!((s.created, s.told), (2, 4), "{s:?}");
    let all = events(db, "catalogue.agency-changed.v1").await;
    assert_eq!(all.len(), told + 4);
    let days = &all.last().expect("an event")["data"]["calendar"]["days"];
    assert_eq!(
        (
            days[0]["date"].clone(),
            days[0]["use"].clone(),
            days[1]["use"].clone()
        ),
        (json!("2026-12-07"), json!("off"), json!("work"))
    );
    assert_eq!(
        reference(db, Kind::Holidays, decreed.as_bytes()).await.told,
        0
    );
    let year = world.get("/api/v1/calendar-days?year=2026").await;
    let of = |date: &str| {
        year["items"]
            .as_array()
            .expect("items")
            .iter()
            .find(|d| d["date"] == date)
            .cloned()
            .unwrap_or_default()
    };
    assert_eq!(
        (
            of("2026-12-07")["source"].clone(),
            of("2026-01-01")["use"].clone()
        ),
        (json!("imported"), json!("off"))
    );
    world
        .app
        .anonymous()
        .get("/api/v1/calendar-days?year=1066")
        .await
        .expect_problem(422, "query.invalid");
}

#[tokio::test]
async fn office_calendars_come_by_table_and_by_hand() {
    let world = World::demo().await;
    let db = &world.test.db;
    let table = "agency_code,day,shifts,name\nH05.21,saturday,07:30-11:30,\nH05.21,cutOff,15:30,\nH05.99,monday,off,\nH05.22,monday,later,\n";
    let s = reference(db, Kind::Calendars, table.as_bytes()).await;
    assert_eq!((s.updated, s.skipped), (1, 2), "{s:?}");
    let a = world.get("/api/v1/agencies/H05.21").await;
    assert_eq!(
        a["calendar"]["week"]["saturday"],
        json!([{"from": "07:30", "to": "11:30"}])
    );
    let admin = actors::admin();
    let put = async |code: &str, version: i64, body: &Value| {
        world
            .app
            .as_(&admin)
            .if_match(version)
            .put(&format!("/api/v1/agencies/{code}/calendar"), body)
            .await
    };
    let half = json!({"week": {"friday": [{"from": "07:30", "to": "11:30"}]}});
    put("H05.21", 1, &half)
        .await
        .expect_problem(412, "precondition.failed");
    let done = put("000.00.21.H05", 2, &half).await.expect(200).json();
    assert_eq!(
        (done["version"].clone(), done["calendar"].clone()),
        (json!(3), half.clone())
    );
    put("H05.99", 1, &half)
        .await
        .expect_problem(404, "agency.unknown");
    put(
        "H05.21",
        3,
        &json!({"week": {"friday": [{"from": "11:30", "to": "07:30"}]}}),
    )
    .await
    .expect_problem(422, "body.invalid");
    put(
        "H05.21",
        3,
        &json!({"days": [{"date": "2026-02-30", "use": "off", "name": ""}]}),
    )
    .await
    .expect_problem(422, "body.invalid");
    let never = json!({"week": {"monday": [], "tuesday": [], "wednesday": [], "thursday": [], "friday": []}});
    let refused = put("H05.21", 3, &never).await;
    let refused = refused.expect_problem(422, "body.invalid");
    assert_eq!(refused["errors"][0]["code"], "calendar.no-working-day");
    world
        .app
        .as_(&actors::agency_admin())
        .if_match(3)
        .put("/api/v1/agencies/H05.21/calendar", &half)
        .await
        .expect_problem(403, "auth.forbidden");
}

#[tokio::test]
async fn tables_come_over_http_too() {
    let world = World::demo().await;
    let admin = actors::admin();
    let post = async |kind: &str, media: &str, body: &[u8]| {
        world
            .app
            .as_(&admin)
            .post_bytes(
                &format!("/api/v1/reference-imports/{kind}"),
                media,
                body.to_vec(),
            )
            .await
    };
    let table = "field_code,field_name\nX-9,Thử\n".as_bytes();
    let dry = post("fields?dryRun=true", "text/csv", table)
        .await
        .expect(200)
        .json();
    assert_eq!(
        (dry["created"].clone(), dry["dryRun"].clone()),
        (json!(1), json!(true))
    );
    let done = post("fields", "text/csv", table).await.expect(200).json();
    assert_eq!(done["created"], 1, "the dry run wrote nothing");
    post("planets", "text/csv", table)
        .await
        .expect_problem(404, "import.kind-unknown");
    post("fields", "image/png", table)
        .await
        .expect_problem(415, "body.media-type");
    post("fields", "text/csv", b"")
        .await
        .expect_problem(422, "import.unreadable");
    post("fields", "text/csv", b"a,b\n1,2\n")
        .await
        .expect_problem(422, "import.unreadable");
    // A row that is not UTF-8 is passed over.
    let mixed = post(
        "fields",
        "text/csv",
        b"field_code,field_name\nX-7,\xff\xfe\nX-8,T\xe1\xbb\x91t\n",
    )
    .await
    .expect(200)
    .json();
    assert_eq!(
        (
            mixed["created"].clone(),
            mixed["skipped"].clone(),
            mixed["broken"][0]["line"].clone()
        ),
        (json!(1), json!(1), json!(2))
    );
    world
        .app
        .as_(&actors::officer())
        .post_bytes(
            "/api/v1/reference-imports/fields",
            "text/csv",
            table.to_vec(),
        )
        .await
        .expect_problem(403, "auth.forbidden");
}

#[tokio::test]
async fn the_official_lists_are_taken_whole() {
    let files = [
        (Kind::Provinces, "provinces.csv"),
        (Kind::Communes, "wards.csv"),
        (Kind::CommuneMapping, "ward_map_old_new.csv"),
        (Kind::Fields, "fields.csv"),
        (Kind::Agencies, "agency_level1.csv"),
        (Kind::Agencies, "agency_codes.csv"),
        (Kind::Holidays, "holidays.csv"),
    ];
    if shared_data("wards.csv").is_none() {
        eprintln!("skipped: no shared data");
        return;
    }
    let rt = testkit::runtime();
    let test = TestDb::with(&rt, catalogue::migrations).await;
    catalogue::seed_demo(&test.db, &rt)
        .await
        .expect("demo data");
    let take = async |kind, name: &str| {
        let path = shared_data(name).expect(name);
        reference(&test.db, kind, std::fs::File::open(path).expect("readable")).await
    };
    for (kind, name) in files {
        let s = take(kind, name).await;
        eprintln!(
            "{name}: read {} created {} updated {} skipped {} told {} {:?}",
            s.read,
            s.created,
            s.updated,
            s.skipped,
            s.told,
            s.broken.iter().take(3).collect::<Vec<_>>()
        );
        assert!(
            kind == Kind::Provinces || s.created > 0,
            "{name}: {:?}",
            s.broken
        );
        match kind {
            Kind::Provinces => assert_eq!(
                (s.created, s.updated, s.skipped),
                // The statistics office writes "Hoá" where the resolution has "Hóa": Thanh Hóa and Khánh Hòa.
                (0, 2, 0),
                "our own list agrees with the official one"
            ),
            Kind::Communes | Kind::CommuneMapping | Kind::Fields => {
                assert_eq!(s.skipped, 0, "{name}: {:?}", s.broken)
            }
            _ => {}
        }
    }
    for (kind, name) in files {
        // The two lists of agencies name some of them differently.
        if kind != Kind::Agencies {
            let again = take(kind, name).await;
            assert_eq!(
                (again.created, again.updated, again.told),
                (0, 0, 0),
                "{name}"
            );
        }
    }
    let world = World::over(rt, test).await;
    let now = world.get("/api/v1/provinces/24/communes").await;
    assert_eq!(now["items"].as_array().map(Vec::len), Some(99));
    let hanoi = world
        .get("/api/v1/provinces/01/communes?on=2025-06-30")
        .await;
    assert!(names(&hanoi).contains(&("00004".to_owned(), "Phường Trúc Bạch".to_owned())));
    assert_eq!(
        world.get("/api/v1/provinces?on=2025-06-30").await["items"]
            .as_array()
            .map(Vec::len),
        Some(63)
    );
    // Đại Mỗ went into five.
    let mapping = world.get("/api/v1/commune-mappings?code=00634").await;
    let five = mapping["items"]
        .as_array()
        .expect("items")
        .iter()
        .filter(|m| m["oldCode"] == "00634")
        .count();
    assert_eq!(five, 5);
    let a = world.get("/api/v1/agencies/G01.306").await;
    assert_eq!(a["parentCode"], "G01");
}
