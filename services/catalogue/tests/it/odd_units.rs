//! The odd cases of units: codes that mean another unit since 2025-07-01, communes that were split, and the slips of the official tables.
//! With them the files that are broken in every way at once.

use super::{World, line};
use catalogue::{ImportOptions, Kind};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use std::io::Write as _;
use testkit::actors;

const MAP_HEAD: &str = "old_code,old_name,old_district_code,old_district,old_province_code,new_code,new_name,new_province_code,relation,note_vi,fixed";

/// Over HTTP, so that the service knows it at once.
async fn put(world: &World, kind: Kind, table: String) -> Value {
    let path = format!("/api/v1/reference-imports/{}", kind.as_str());
    world
        .app
        .as_(&actors::admin())
        .post_bytes(&path, "text/csv", table.into_bytes())
        .await
        .expect(200)
        .json()
}

/// Communes of Hà Nội, Cao Bằng, Tuyên Quang and Quảng Ninh.
async fn with_wards() -> World {
    let world = World::demo().await;
    let wards = "code,name,type,full_name,province_code\n\
        00004,Ba Đình,Phường,Phường Ba Đình,01\n00622,Xuân Phương,Phường,Phường Xuân Phương,01\n\
        00634,Tây Mỗ,Phường,Phường Tây Mỗ,01\n00637,Đại Mỗ,Phường,Phường Đại Mỗ,01\n09556,Hà Đông,Phường,Phường Hà Đông,01\n\
        09886,Dương Nội,Phường,Phường Dương Nội,01\n01636,Bế Văn Đàn,Xã,Xã Bế Văn Đàn,04\n01648,Phục Hòa,Xã,Xã Phục Hòa,04\n\
        06978,Ba Chẽ,Xã,Xã Ba Chẽ,22\n11948,Bạch Long Vĩ,Đặc khu,Đặc khu Bạch Long Vĩ,31\n";
    let s = put(&world, Kind::Communes, wards.to_owned()).await;
    assert_eq!(s["skipped"], 0, "{s}");
    world
}

fn names(page: &Value) -> Vec<&str> {
    let items = page["items"].as_array().expect("items");
    items.iter().filter_map(|i| i["name"].as_str()).collect()
}

#[tokio::test]
async fn more_ward_code_00004_is_another_ward_on_another_day() {
    let world = with_wards().await;
    let map = format!(
        "{MAP_HEAD}\n00004,Phường Trúc Bạch,001,Quận Ba Đình,01,00004,Phường Ba Đình,01,whole,Nhập toàn bộ,\n"
    );
    put(&world, Kind::CommuneMapping, map).await;
    let on = async |day: &str| {
        let page = world
            .get(&format!("/api/v1/communes?code=00004&on={day}"))
            .await;
        names(&page).join(", ")
    };
    assert_eq!(on("2025-06-30").await, "Phường Trúc Bạch");
    assert_eq!(on("2025-07-01").await, "Phường Ba Đình");
    let both = world.get("/api/v1/communes?code=00004").await;
    assert_eq!(names(&both).len(), 2, "without a day the code is both");
}

#[tokio::test]
async fn more_seven_province_codes_are_other_provinces_since_2025() {
    let world = World::demo().await;
    let name = async |code: &str, day: &str| {
        let page = world.get(&format!("/api/v1/provinces?on={day}")).await;
        let items = page["items"].as_array().expect("items").clone();
        items
            .iter()
            .find(|p| p["code"] == code)
            .and_then(|p| p["name"].as_str())
            .unwrap_or_default()
            .trim_start_matches("Tỉnh ")
            .to_owned()
    };
    for (code, before, since) in [
        ("15", "Yên Bái", "Lào Cai"),
        ("24", "Bắc Giang", "Bắc Ninh"),
        ("44", "Quảng Bình", "Quảng Trị"),
        ("52", "Bình Định", "Gia Lai"),
        ("80", "Long An", "Tây Ninh"),
        ("82", "Tiền Giang", "Đồng Tháp"),
        ("91", "Kiên Giang", "An Giang"),
    ] {
        assert_eq!(name(code, "2025-06-30").await, before, "{code}");
        assert_eq!(name(code, "2025-07-01").await, since, "{code}");
    }
}

#[tokio::test]
async fn more_a_commune_that_went_into_five() {
    let world = with_wards().await;
    let mut map = format!("{MAP_HEAD}\n");
    for (code, name) in [
        ("00622", "Phường Xuân Phương"),
        ("00634", "Phường Tây Mỗ"),
        ("00637", "Phường Đại Mỗ"),
        ("09556", "Phường Hà Đông"),
        ("09886", "Phường Dương Nội"),
    ] {
        map.push_str(&format!(
            "00634,Phường Đại Mỗ,019,Quận Nam Từ Liêm,01,{code},{name},01,part,Nhập một phần,\n"
        ));
    }
    let s = put(&world, Kind::CommuneMapping, map).await;
    assert_eq!(
        (s["created"].clone(), s["skipped"].clone()),
        (json!(5), json!(0)),
        "{s}"
    );
    let page = world.get("/api/v1/communes?code=00634&on=2025-06-30").await;
    assert_eq!(names(&page), ["Phường Đại Mỗ"]);
    assert_eq!(
        page["items"][0]["successors"],
        json!(["00622", "00634", "00637", "09556", "09886"])
    );
}

#[tokio::test]
async fn more_slips_of_the_official_tables_are_said_and_never_guessed() {
    let world = with_wards().await;
    let map = format!(
        "{MAP_HEAD}\n\
        01615,Xã Hồng Quang,049,Huyện Quảng Hòa,04,01636,Xã Bế Văn Đàn,04,whole,Nhập toàn bộ,\n\
        01615,Xã Mỹ Hưng,049,Huyện Quảng Hòa,04,01648,Xã Phục Hòa,04,whole,Nhập toàn bộ,\n\
        06970,Thị trấn Ba Chẽ,202,Huyện Ba Chẽ,22,06970,Xã Ba Chẽ,22,whole,Nhập toàn bộ,\n\
        152213,Xã Lạ,202,Huyện Ba Chẽ,22,06978,Xã Ba Chẽ,22,whole,Nhập toàn bộ,\n\
        06973,#VALUE!,202,Huyện Ba Chẽ,22,06978,Xã Ba Chẽ,22,whole,Nhập toàn bộ,\n\
        06982,Xã Nam Sơn,202,Huyện Ba Chẽ,22,06978,Xã Ba Chẽ,22,whole,Nhập toàn bộ,\n\
        01642,Xã Cách Linh,049,Huyện Quảng Hòa,04,01636,Xã Bế Văn Đàn,04,part,Nhập một phần,\n\
        01642,Xã Cách Linh,049,Huyện Quảng Hòa,04,01648,Xã Phục Hòa,04,part,Nhập một phần,\n\
        01642,Xã Đại Sơn,049,Huyện Quảng Hòa,04,01648,Xã Phục Hòa,04,part,Nhập một phần,\n\
        01645,Xã Đại Sơn,049,Huyện Quảng Hòa,04,01636,Xã Bế Văn Đàn,04,part,Nhập một phần,\n\
        ,,318,Huyện Bạch Long Vĩ,31,11948,Đặc khu Bạch Long Vĩ,31,whole,Sắp xếp toàn bộ,\n"
    );
    let s = put(&world, Kind::CommuneMapping, map).await;
    let broken = s["broken"].as_array().expect("a list");
    let lines: Vec<u64> = broken.iter().filter_map(|b| b["line"].as_u64()).collect();
    // One of them the table mends by itself: Đại Sơn has its own code two lines further down.
    assert_eq!(
        (s["read"].clone(), s["skipped"].clone()),
        (json!(11), json!(4)),
        "{s}"
    );
    assert_eq!(lines, [3, 4, 5, 6, 10], "{s}");
    let reason = |i: usize| broken[i]["reason"].as_str().unwrap_or_default();
    assert!(reason(0).contains("`01615` is not Xã Mỹ Hưng"), "{s}");
    assert!(reason(4).ends_with("taken as `01645`"), "{s}");
    let successors = async |code: &str| {
        let path = format!("/api/v1/communes?code={code}&on=2025-06-30");
        world.get(&path).await["items"][0]["successors"].clone()
    };
    assert_eq!(successors("01615").await, json!(["01636"]));
    assert_eq!(successors("01645").await, json!(["01648", "01636"]));
    // A district without communes that became a special zone has no commune to come from.
    let none = world.get("/api/v1/communes?code=").await;
    assert_eq!(names(&none).len(), 0, "{none}");
}

/// Everything that can be wrong with a file, in one: the rest is taken, and each fault has its line.
#[tokio::test]
async fn a_file_that_is_broken_in_every_way_leaves_the_catalogue_consistent() {
    let world = World::empty().await;
    let mut file: Vec<u8> = Vec::new();
    let mut add = |bytes: &[u8]| {
        file.extend(bytes);
        file.push(b'\n');
    };
    add(line(1, "Một", &json!({})).as_bytes());
    // Not UTF-8.
    add(b"{\"id\": \"\xff\xfe\"}");
    // The same id again.
    add(line(1, "Một nữa", &json!({})).as_bytes());
    // Fifty megabytes of one line: gzip makes little of it.
    add(&vec![b' '; 50 << 20]);
    // An impossible date and HTML in texts are no reason to refuse a procedure: kept, cleaned or flagged.
    let odd = json!({
        "procedureProposal": {"proposalNumber": "1/QĐ", "decisionDate": 99_999_999_999_999_999_i64},
        "executionSteps": [{"name": "<b>Bước 1</b>", "description": "<script>alert(1)</script>Nộp hồ sơ</p>"}],
    });
    add(line(2, "Hai", &odd).as_bytes());
    add(line(3, "Ba", &json!({})).as_bytes());
    add(line(4, "Bốn", &json!({})).as_bytes());
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&file).expect("memory");
    let whole = encoder.finish().expect("memory");
    // Cut off in the middle of the last lines.
    let cut = whole[..whole.len() - 40].to_vec();
    let take = async |bytes: Vec<u8>| {
        let (db, rt) = (&world.test.db, world.test.db.runtime());
        let options = ImportOptions {
            whole: true,
            ..ImportOptions::default()
        };
        catalogue::import_procedures(db, rt, std::io::Cursor::new(bytes), options)
            .await
            .expect("the database answers")
    };
    let s = take(cut).await;
    let said: Vec<(u64, String)> = s
        .broken
        .iter()
        .map(|b| (b.line, b.reason.clone()))
        .collect();
    let of = |n: u64| {
        said.iter()
            .find(|(line, _)| *line == n)
            .map(|(_, reason)| reason.as_str())
            .unwrap_or_default()
    };
    assert!(of(2).starts_with("not UTF-8"), "{said:?}");
    assert!(of(3).contains("was met before"), "{said:?}");
    assert!(of(4).starts_with("line of 52428801 bytes"), "{said:?}");
    assert!(
        said.last()
            .is_some_and(|(_, r)| r.contains("ends too early")),
        "{said:?}"
    );
    assert!(s.gone_not_marked.is_none() && s.gone == 0, "{s:?}");
    assert_eq!(s.read, s.created + s.skipped);
    // The whole file finishes what the cut one began.
    let s = take(whole).await;
    assert_eq!(s.skipped, 3, "{s:?}");
    testkit::wait_for("the index to follow", async || {
        let page = world.get("/api/v1/procedures?limit=1").await;
        (page["total"] == 4).then_some(())
    })
    .await;
    let two = world
        .get("/api/v1/procedures/01990000-0000-7000-8000-000000000002")
        .await;
    assert_eq!(two["decision"]["date"], json!(null), "{two}");
    let kinds: Vec<&str> = two["warnings"]
        .as_array()
        .expect("warnings")
        .iter()
        .filter_map(|w| w["kind"].as_str())
        .collect();
    assert!(
        kinds.contains(&"impossibleDate") && kinds.contains(&"textMarkup"),
        "{kinds:?}"
    );
}
