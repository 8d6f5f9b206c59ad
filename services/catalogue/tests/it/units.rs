use super::{World, events};
use serde_json::{Value, json};
use testkit::{TestDb, shared_data};

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
    assert_eq!(
        names(&then),
        [
            ("24".to_owned(), "Tỉnh Bắc Giang".to_owned()),
            ("27".to_owned(), "Tỉnh Bắc Ninh".to_owned())
        ]
    );
    let page = world.get("/api/v1/provinces/24/communes?limit=2").await;
    let next = page["next"].as_str().expect("more");
    let second = world
        .get(&format!(
            "/api/v1/provinces/24/communes?limit=2&cursor={next}"
        ))
        .await;
    assert!(names(&second).iter().all(|c| !names(&page).contains(c)));
}

#[tokio::test]
async fn importing_units_tells_each_province_once_per_change() {
    let world = World::demo().await;
    let db = &world.test.db;
    let told = events(db, "catalogue.units-changed.v1").await.len();
    let s = catalogue::import_units(db, db.runtime(), WARDS.as_bytes(), MAP.as_bytes())
        .await
        .expect("CSV");
    // All four are in the demo data already, as the official lists have them.
    assert_eq!((s.read, s.created, s.updated, s.provinces), (4, 0, 0, 0));
    assert_eq!(s.astray, ["09999 → 99999"]);
    let more = format!(
        "{WARDS}07444,Lục Nam,Xã,Xã Lục Nam Mới,24\n09193,Yên Phong,Xã,Xã Yên Phong,24\n07450,Đông Phú,Xã,Xã Đông Phú,24\n"
    );
    let s = catalogue::import_units(db, db.runtime(), more.as_bytes(), MAP.as_bytes())
        .await
        .expect("CSV");
    assert_eq!((s.created, s.updated, s.provinces), (1, 1, 1));
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
    assert!(
        catalogue::import_units(db, db.runtime(), &b"a,b\n1,2\n"[..], MAP.as_bytes())
            .await
            .is_err()
    );
}

#[tokio::test]
async fn the_official_lists_are_taken_whole() {
    let (Some(wards), Some(map)) = (
        shared_data("wards.csv"),
        shared_data("ward_map_old_new.csv"),
    ) else {
        eprintln!("skipped: no shared data");
        return;
    };
    let rt = testkit::runtime();
    let test = TestDb::with(&rt, catalogue::migrations).await;
    catalogue::seed_demo(&test.db, &rt)
        .await
        .expect("demo data");
    let open = |p: &std::path::Path| std::fs::File::open(p).expect("readable");
    let started = std::time::Instant::now();
    let s = catalogue::import_units(&test.db, &rt, open(&wards), open(&map))
        .await
        .expect("CSV");
    eprintln!("units: {s:?} in {:?}", started.elapsed());
    assert_eq!(s.updated, 0, "our own list agrees with the official one");
    assert!(s.created > 10_000 && s.provinces == 34, "{s:?}");
    let again = catalogue::import_units(&test.db, &rt, open(&wards), open(&map))
        .await
        .expect("CSV");
    assert_eq!((again.created, again.updated, again.provinces), (0, 0, 0));
    let world = World::over(rt, test).await;
    let now = world.get("/api/v1/provinces/24/communes").await;
    assert_eq!(now["items"].as_array().map(Vec::len), Some(99));
    let hanoi = world
        .get("/api/v1/provinces/01/communes?on=2025-06-30")
        .await;
    assert!(names(&hanoi).contains(&("00004".to_owned(), "Phường Trúc Bạch".to_owned())));
}
