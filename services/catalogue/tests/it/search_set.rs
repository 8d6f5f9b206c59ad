//! The written set of queries: what people type, and what must come first. Over the demo catalogue with the near neighbours that the
//! national one has, and, where the national file is at hand, over all of it.

use super::{World, import, line};
use catalogue::ImportOptions;
use serde_json::json;
use testkit::shared_data;

/// Neighbours: code and title as the ministries publish them.
const NEIGHBOURS: &[(&str, &str, &str)] = &[
    (
        "1.000689",
        "Thủ tục đăng ký khai sinh kết hợp đăng ký nhận cha, mẹ, con",
        "Hộ tịch",
    ),
    ("1.003583", "Thủ tục đăng ký khai sinh lưu động", "Hộ tịch"),
    (
        "1.004772",
        "Thủ tục đăng ký khai sinh cho người đã có hồ sơ, giấy tờ cá nhân",
        "Hộ tịch",
    ),
    (
        "2.000528",
        "Thủ tục đăng ký khai sinh có yếu tố nước ngoài",
        "Hộ tịch",
    ),
    (
        "2.001263",
        "Đăng ký việc nuôi con nuôi trong nước",
        "Nuôi con nuôi",
    ),
    (
        "1.003197",
        "Xóa đăng ký thường trú",
        "Đăng ký, quản lý cư trú",
    ),
    ("1.010028", "Xóa đăng ký tạm trú", "Đăng ký, quản lý cư trú"),
    (
        "1.010386",
        "Trình báo mất hộ chiếu phổ thông (thực hiện tại cấp xã)",
        "Xuất nhập cảnh",
    ),
    (
        "1.014061",
        "Cấp thẻ căn cước cho người từ đủ 14 tuổi trở lên",
        "Căn cước",
    ),
    ("1.014063", "Cấp đổi thẻ căn cước", "Căn cước"),
    ("1.014064", "Cấp lại thẻ căn cước", "Căn cước"),
    (
        "2.001016",
        "Chứng thực văn bản từ chối nhận di sản",
        "Chứng thực",
    ),
    ("2.001019", "Chứng thực di chúc", "Chứng thực"),
    ("1.000593", "Thủ tục đăng ký kết hôn lưu động", "Hộ tịch"),
    ("1.004746", "Thủ tục đăng ký lại kết hôn", "Hộ tịch"),
    (
        "2.000806",
        "Thủ tục đăng ký kết hôn có yếu tố nước ngoài",
        "Hộ tịch",
    ),
    ("1.004837", "Thủ tục đăng ký giám hộ", "Hộ tịch"),
    ("1.004845", "Thủ tục đăng ký chấm dứt giám hộ", "Hộ tịch"),
    ("1.005461", "Đăng ký lại khai tử", "Hộ tịch"),
    (
        "2.002307",
        "Giải quyết chế độ mai táng phí đối với cựu chiến binh",
        "Người có công",
    ),
    (
        "1.014028",
        "Hỗ trợ chi phí mai táng đối với đối tượng hưởng trợ cấp hưu trí xã hội",
        "Bảo trợ xã hội",
    ),
];

/// What is typed, and the code that must come first.
const SET: &[(&str, &str)] = &[
    // Tone marks, case, normal form, abbreviations.
    ("đăng ký khai sinh", "1.001193"),
    ("dang ky khai sinh", "1.001193"),
    ("ĐĂNG KÝ KHAI SINH", "1.001193"),
    ("Đa\u{306}ng ky\u{301} khai sinh", "1.001193"),
    ("DANG KY KHAI SINH", "1.001193"),
    ("dk khai sinh", "1.001193"),
    ("đk ks", "1.001193"),
    ("khai sinh", "1.001193"),
    ("thủ tục đăng ký khai sinh", "1.001193"),
    ("  khai   sinh  ", "1.001193"),
    // Any order, beginnings.
    ("sinh khai", "1.001193"),
    ("khai sinh đăng ký", "1.001193"),
    ("hôn kết ký đăng", "1.000894"),
    ("dang ky khai si", "1.001193"),
    ("trú thường", "1.004222"),
    // One slip: wrong, missing, too many, exchanged, a blank left out.
    ("khai sinj", "1.001193"),
    ("kha sinh", "1.001193"),
    ("khaii sinh", "1.001193"),
    ("khai sihn", "1.001193"),
    ("khaisinh", "1.001193"),
    ("dang ky ket hom", "1.000894"),
    ("dang ky kett hon", "1.000894"),
    ("thuong truu", "1.004222"),
    ("giam hoo", "1.004837"),
    ("ly lich tu phqp", "3.000333"),
    ("di chuc chungthuc", "2.001019"),
    // Codes.
    ("1.001193", "1.001193"),
    (" 1.004222 ", "1.004222"),
    ("2.000635.000.00.00.H05", "2.000635"),
    ("3.000333", "3.000333"),
    // Neighbours are told apart.
    ("đăng ký lại khai sinh", "1.004884"),
    ("khai sinh lưu động", "1.003583"),
    ("khai sinh nước ngoài", "2.000528"),
    ("khai sinh nhận cha mẹ con", "1.000689"),
    ("bản sao khai sinh", "2.000635"),
    ("kết hôn", "1.000894"),
    ("dk ket hon", "1.000894"),
    ("kết hôn lưu động", "1.000593"),
    ("đăng ký lại kết hôn", "1.004746"),
    ("kết hôn có yếu tố nước ngoài", "2.000806"),
    ("khai tử", "1.000656"),
    ("dang ky lai khai tu", "1.005461"),
    ("giám hộ", "1.004837"),
    ("chấm dứt giám hộ", "1.004845"),
    ("thường trú", "1.004222"),
    ("xóa thường trú", "1.003197"),
    ("tạm trú", "1.004194"),
    ("xoa dang ky tam tru", "1.010028"),
    ("cấp đổi thẻ căn cước", "1.014063"),
    ("cap lai the can cuoc", "1.014064"),
    ("mất hộ chiếu", "1.010386"),
    ("nuôi con nuôi", "2.001263"),
    ("di chúc", "2.001019"),
    ("từ chối di sản", "2.001016"),
    ("mai táng phí cựu chiến binh", "2.002307"),
    ("mai tang huu tri", "1.014028"),
    // What people call things.
    ("độc thân", "1.004873"),
    ("tình trạng hôn nhân", "1.004873"),
    ("tthn", "1.004873"),
    ("sao y", "2.000815"),
    ("nhập hộ khẩu", "1.004222"),
    ("thanh lap hkd", "1.001612"),
    ("mở cửa hàng", "1.001612"),
    ("thay đổi hkd", "2.000720"),
    ("chấm dứt hộ kinh doanh", "1.001266"),
    ("gpxd", "1.013225"),
    ("sang tên sổ đỏ", "1.013833"),
    ("trợ cấp xã hội", "1.001776"),
    ("lltp", "3.000333"),
    ("gplx", "3.000347"),
    ("thành lập công ty", "2.001583"),
    ("bằng tốt nghiệp", "1.005092"),
];

/// Of these the national catalogue has another that is meant as well, or none at all.
const ONLY_HERE: &[&str] = &[
    "khai sinh nhận cha mẹ con",
    "độc thân",
    "sao y",
    "nhập hộ khẩu",
    "mở cửa hàng",
    "chấm dứt hộ kinh doanh",
    "gpxd",
    "sang tên sổ đỏ",
    "trợ cấp xã hội",
    "lltp",
    "3.000333",
    "ly lich tu phqp",
    "gplx",
    "thành lập công ty",
    "bằng tốt nghiệp",
    "thanh lap hkd",
    "mai tang huu tri",
    "mai táng phí cựu chiến binh",
    "từ chối di sản",
    "khai tử",
];

/// Of these the national catalogue has two of one name, or of one for each tier.
const AS_WELL: &[(&str, &str)] = &[
    ("đăng ký lại kết hôn", "2.000507"),
    ("mất hộ chiếu", "1.001445"),
];

fn encode(q: &str) -> String {
    q.bytes().map(|b| format!("%{b:02X}")).collect()
}

async fn misses(
    world: &World,
    set: impl Iterator<Item = &(&'static str, &'static str)>,
) -> Vec<String> {
    let mut out = Vec::new();
    for (typed, code) in set {
        let page = world
            .get(&format!("/api/v1/procedures?limit=3&q={}", encode(typed)))
            .await;
        let first = page["items"][0]["code"].as_str().unwrap_or("nothing");
        if first != *code && !AS_WELL.contains(&(typed, first)) {
            out.push(format!(
                "{typed}: {first} instead of {code} ({})",
                page["items"][0]["name"]
            ));
        }
    }
    out
}

#[tokio::test]
async fn the_written_set_finds_what_is_meant() {
    assert!(SET.len() >= 60, "{}", SET.len());
    let world = World::demo().await;
    let lines: Vec<String> = NEIGHBOURS
        .iter()
        .zip(1..)
        .map(|((code, name, field), n)| {
            line(
                n,
                name,
                &json!({"code": code, "categoriesDetails": [{"code": field, "name": field}],
                "departmentPromulgateCode": "G15", "departmentPromulgateName": "Bộ Tư pháp"}),
            )
        })
        .collect();
    import(&world.test.db, &lines, ImportOptions::default()).await;
    testkit::wait_for("the index to follow", async || {
        let page = world.get("/api/v1/procedures?q=1.014028").await;
        (page["total"] == 1).then_some(())
    })
    .await;
    let misses = misses(&world, SET.iter()).await;
    assert!(misses.is_empty(), "{misses:#?}");
}

#[tokio::test]
async fn the_written_set_holds_over_the_national_catalogue() {
    let Some(path) = shared_data("procedures-national.jsonl.gz") else {
        eprintln!("skipped: no shared data");
        return;
    };
    let world = World::empty().await;
    let db = &world.test.db;
    let file = std::fs::File::open(path).expect("readable");
    catalogue::import_procedures(db, db.runtime(), file, ImportOptions::default())
        .await
        .expect("the database answers");
    testkit::wait_for("the index to follow", async || {
        let page = world.get("/api/v1/procedures?limit=1").await;
        (page["total"] == 4_630).then_some(())
    })
    .await;
    let set = SET.iter().filter(|(typed, _)| !ONLY_HERE.contains(typed));
    let misses = misses(&world, set).await;
    assert!(misses.is_empty(), "{misses:#?}");
    // Figures of the whole, to compare with what the ministries say of it.
    let s = world.get("/api/v1/catalogue-statistics").await;
    assert_eq!(s["procedures"], 4_630);
    eprintln!("{} fields; {}", s["fields"], s["serviceLevels"]);
}

#[tokio::test]
async fn a_merged_province_is_found_by_its_old_name() {
    let world = World::demo().await;
    let own = json!({"departmentPromulgateCode": "H05", "departmentPromulgateName": "UBND tỉnh Bắc Ninh"});
    import(
        &world.test.db,
        &[line(1, "Hỗ trợ trồng vải thiều", &own)],
        ImportOptions::default(),
    )
    .await;
    for typed in ["vai thieu bac giang", "vải thiều bắc ninh"] {
        testkit::wait_for("the index to follow", async || {
            let page = world
                .get(&format!("/api/v1/procedures?q={}", encode(typed)))
                .await;
            (page["items"][0]["code"] == "1.000001").then_some(())
        })
        .await;
    }
}
