use super::{World, import, line};
use catalogue::ImportOptions;
use serde_json::{Value, json};
use testkit::wait_for;

fn encode(q: &str) -> String {
    q.bytes().map(|b| format!("%{b:02X}")).collect()
}

#[tokio::test]
async fn the_demo_catalogue_is_found_as_people_type() {
    let world = World::demo().await;
    for (typed, code) in [
        ("dang ky khai sinh", "1.001193"),
        ("khai sinh", "1.001193"),
        ("dk khai sinh", "1.001193"),
        ("ĐĂNG KÝ KHAI SINH", "1.001193"),
        ("Đa\u{306}ng ky\u{301} khai sinh", "1.001193"),
        ("thủ tục đăng ký khai sinh", "1.001193"),
        ("1.001193", "1.001193"),
        ("lai khai sinh", "1.004884"),
        ("ban sao khai sinh", "2.000635"),
        ("ket hon", "1.000894"),
        ("khai tử", "1.000656"),
        ("doc than", "1.004873"),
        ("tình trạng hôn nhân", "1.004873"),
        ("sao y", "2.000815"),
        ("chung thuc", "2.000815"),
        ("thuong tru", "1.004222"),
        ("nhap ho khau", "1.004222"),
        ("tam tru", "1.004194"),
        ("thanh lap hkd", "1.001612"),
        ("mo cua hang", "1.001612"),
        ("thay doi ho kinh doanh", "2.000720"),
        ("cham dut hkd", "1.001266"),
        ("giay phep xay dung", "1.013225"),
        ("gpxd", "1.013225"),
        ("sang ten so do", "1.013833"),
        ("tro cap xa hoi", "1.001776"),
        ("mai tang phi", "1.001731"),
        ("nguoi co cong", "1.010833"),
        ("lltp", "3.000333"),
        ("gplx", "3.000347"),
        ("thanh lap cong ty", "2.001583"),
        ("van bang", "1.005092"),
    ] {
        let page = world
            .get(&format!("/api/v1/procedures?limit=3&q={}", encode(typed)))
            .await;
        assert_eq!(
            page["items"][0]["code"].as_str(),
            Some(code),
            "{typed}: {page}"
        );
    }
}

#[tokio::test]
async fn pages_of_a_search_join_without_repeats() {
    let world = World::demo().await;
    for query in ["", "q=dang+ky&", "level=commune&", "field=G15-TP07&"] {
        let whole = world
            .get(&format!("/api/v1/procedures?{query}limit=100"))
            .await;
        let ids = |page: &Value| -> Vec<String> {
            page["items"]
                .as_array()
                .expect("items")
                .iter()
                .map(|i| i["id"].to_string())
                .collect()
        };
        let (mut joined, mut next) = (Vec::new(), String::new());
        loop {
            let page = world
                .get(&format!("/api/v1/procedures?{query}limit=2{next}"))
                .await;
            joined.extend(ids(&page));
            match page["next"].as_str() {
                Some(cursor) => next = format!("&cursor={cursor}"),
                None => break,
            }
        }
        assert_eq!(joined, ids(&whole), "{query}");
        assert_eq!(whole["total"], joined.len());
        assert!(joined.len() > 2, "{query}");
    }
}

#[tokio::test]
async fn a_cursor_belongs_to_its_query() {
    let world = World::demo().await;
    let page = world.get("/api/v1/procedures?q=dang+ky&limit=1").await;
    let cursor = page["next"].as_str().expect("more");
    world
        .app
        .anonymous()
        .get(&format!(
            "/api/v1/procedures?q=khai+sinh&limit=1&cursor={cursor}"
        ))
        .await
        .expect_problem(422, "query.cursor");
}

#[tokio::test]
async fn fields_count_what_the_filter_finds() {
    let world = World::demo().await;
    let fields = world.get("/api/v1/fields").await;
    let fields = fields["items"].as_array().expect("items");
    assert!(fields.len() > 5);
    for f in fields {
        let code = f["code"].as_str().expect("code");
        let page = world
            .get(&format!("/api/v1/procedures?field={}", encode(code)))
            .await;
        assert_eq!(page["total"], f["procedures"], "{code}");
    }
}

#[tokio::test]
async fn an_import_by_another_process_is_noticed() {
    let world = World::demo().await;
    let before = world.get("/api/v1/procedures").await["total"]
        .as_u64()
        .expect("a number");
    // Straight into the database, behind the back of the running service.
    import(
        &world.test.db,
        &[line(1, "Cấp phép bay đèn trời", &json!({}))],
        ImportOptions::default(),
    )
    .await;
    wait_for("the index to follow", async || {
        let page = world.get("/api/v1/procedures?q=den+troi").await;
        (page["total"] == 1).then_some(())
    })
    .await;
    assert_eq!(world.get("/api/v1/procedures").await["total"], before + 1);
    import(
        &world.test.db,
        &[line(1, "Cấp phép thả khinh khí cầu", &json!({}))],
        ImportOptions::default(),
    )
    .await;
    wait_for("the index to follow", async || {
        let page = world.get("/api/v1/procedures?q=khinh+khi+cau").await;
        (page["total"] == 1).then_some(())
    })
    .await;
    assert_eq!(world.get("/api/v1/procedures?q=den+troi").await["total"], 0);
}
