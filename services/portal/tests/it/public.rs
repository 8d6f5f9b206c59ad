//! What anybody sees.

use crate::world::{PROCEDURE, World, item, problem, procedure};
use serde_json::json;

#[tokio::test]
async fn the_first_page_searches_and_lists_what_is_used_most() {
    let world = World::new().await;
    world.with_catalogue().await;
    let page = world.app.anonymous().get("/").await.expect(200);
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    let html = page.text();
    assert!(html.contains("<html lang=\"vi\">"), "{html}");
    assert!(html.contains("action=\"/thu-tuc\""), "{html}");
    assert!(
        html.contains(&format!("href=\"/thu-tuc/{PROCEDURE}\"")),
        "{html}"
    );
    assert!(
        html.contains("name=\"viewport\"") && html.contains("class=\"skip\""),
        "{html}"
    );
    assert!(!html.contains("<script"), "{html}");
}

#[tokio::test]
async fn pages_forbid_scripts_frames_and_sniffing() {
    let world = World::new().await;
    world.with_catalogue().await;
    for at in ["/", "/khong-co"] {
        let page = world.app.anonymous().get(at).await;
        let csp = page.header("content-security-policy").expect("csp");
        assert!(
            csp.contains("default-src 'self'") && csp.contains("frame-ancestors 'none'"),
            "{csp}"
        );
        assert!(!csp.contains("unsafe-inline"), "{csp}");
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(page.header("referrer-policy"), Some("same-origin"));
        assert_eq!(page.header("cache-control"), Some("no-store"));
    }
}

#[tokio::test]
async fn the_style_sheet_is_ours_and_may_be_kept() {
    let world = World::new().await;
    world.with_catalogue().await;
    let html = world.app.anonymous().get("/").await.text();
    let href = html
        .split("rel=\"stylesheet\" href=\"")
        .nth(1)
        .and_then(|r| r.split('"').next())
        .expect("a style sheet");
    let css = world.app.anonymous().get(href).await.expect(200);
    assert_eq!(css.header("content-type"), Some("text/css; charset=utf-8"));
    assert!(
        css.header("cache-control")
            .is_some_and(|c| c.contains("immutable"))
    );
    world
        .app
        .anonymous()
        .get("/portal-0000.css")
        .await
        .expect(404);
}

#[tokio::test]
async fn search_passes_words_and_filters_on_and_keeps_them_while_paging() {
    let world = World::new().await;
    world.with_catalogue().await;
    world.gateway.reset().await;
    world
        .answers(
            "/api/v1/procedures",
            json!({"items": [item()], "next": "c2", "total": 41}),
        )
        .await;
    let at = "/thu-tuc?q=dang%20ky%20khai%20sinh&linh-vuc=G15-TP07&cap=commune";
    let html = world.app.anonymous().get(at).await.expect(200).text();
    assert!(html.contains("41"), "{html}");
    assert!(html.contains("value=\"dang ky khai sinh\""), "{html}");
    assert!(
        html.contains(
            "/thu-tuc?q=dang+ky+khai+sinh&#38;linh-vuc=G15-TP07&#38;cap=commune&#38;tiep=c2"
        ),
        "{html}"
    );
    let asked = world.asked("GET", "/api/v1/procedures").await;
    let query: Vec<(String, String)> = asked[0].url.query_pairs().into_owned().collect();
    for (name, value) in [
        ("q", "dang ky khai sinh"),
        ("field", "G15-TP07"),
        ("level", "commune"),
        ("limit", "20"),
    ] {
        assert!(
            query.contains(&(name.to_owned(), value.to_owned())),
            "{query:?}"
        );
    }
}

#[tokio::test]
async fn a_procedure_shows_its_eleven_items_terms_and_fees() {
    let world = World::new().await;
    world.with_catalogue().await;
    let html = world
        .app
        .anonymous()
        .get(&format!("/thu-tuc/{PROCEDURE}"))
        .await
        .expect(200)
        .text();
    assert_eq!(
        html.matches("<section aria-labelledby=\"i").count(),
        11,
        "{html}"
    );
    for text in [
        "1 ngày làm việc",
        "1,5 ngày làm việc",
        "1.250.000 đ",
        "Giấy chứng sinh",
        "60/2014/QH13",
        "25/06/2025",
    ] {
        assert!(html.contains(text), "{text} is missing in {html}");
    }
    assert!(
        html.contains(&format!("href=\"/nop-ho-so/{PROCEDURE}\"")),
        "{html}"
    );
    // One fee is free; the doubtful zero beside it is not.
    assert_eq!(html.matches("Miễn phí").count(), 1, "{html}");
    assert!(html.contains("đất ở 150.000 đồng/hồ sơ"), "{html}");
}

#[tokio::test]
async fn a_procedure_shows_its_flags_and_what_nobody_has_said_is_no_no() {
    let world = World::new().await;
    let mut p = procedure();
    p["postal"] = json!(false);
    p["kiosk"] = json!(true);
    p["financialDuty"] = json!(null);
    p["source"] = json!("nationalPortal");
    p["version"] = json!(3);
    p["components"][0]["components"][0]["replacingDatabase"] =
        json!({"code": "CSDLDC", "name": "CSDL quốc gia về dân cư"});
    world
        .answers(&format!("/api/v1/procedures/{PROCEDURE}"), p)
        .await;
    let html = world
        .app
        .anonymous()
        .get(&format!("/thu-tuc/{PROCEDURE}"))
        .await
        .expect(200)
        .text();
    for (flag, said) in [
        ("Nộp hồ sơ qua bưu chính công ích", "Không"),
        ("Phi địa giới hành chính", "Có"),
        ("Tại ki-ốt thông minh", "Có"),
        ("Trả kết quả ngay", "Chưa công bố."),
        (
            "Có nghĩa vụ tài chính (thuế, tiền sử dụng đất …)",
            "Chưa công bố.",
        ),
    ] {
        assert!(
            html.contains(&format!("<dt>{flag}</dt><dd>{said}</dd>")),
            "{flag}: {html}"
        );
    }
    assert!(html.contains("CSDL quốc gia về dân cư"), "{html}");
    let original = format!("/api/v1/procedures/{PROCEDURE}/versions/3/source");
    assert!(html.contains(&original), "{html}");
}

#[tokio::test]
async fn a_procedure_without_the_online_channel_cannot_be_filed() {
    let world = World::new().await;
    let mut paper = procedure();
    paper["channels"] = json!(["direct"]);
    world
        .answers(&format!("/api/v1/procedures/{PROCEDURE}"), paper)
        .await;
    let html = world
        .app
        .anonymous()
        .get(&format!("/thu-tuc/{PROCEDURE}"))
        .await
        .expect(200)
        .text();
    assert!(!html.contains("/nop-ho-so/"), "{html}");
}

#[tokio::test]
async fn a_hostile_name_is_only_text() {
    let world = World::new().await;
    let name = "<script>alert(1)</script>\" onmouseover=\"x 'y' &amp; {{ page }}";
    let mut hostile = procedure();
    hostile["name"] = json!(name);
    hostile["field"] = json!({"code": "\"><img src=x>", "name": "<b>"});
    hostile["components"][0]["case"] = json!("<i>");
    let mut row = item();
    row["name"] = json!(name);
    world
        .answers(&format!("/api/v1/procedures/{PROCEDURE}"), hostile)
        .await;
    world
        .answers(
            "/api/v1/procedures",
            json!({"items": [row], "next": null, "total": 1}),
        )
        .await;
    for at in [
        "/".to_owned(),
        "/thu-tuc?q=%22%3E%3Cscript%3E".to_owned(),
        format!("/thu-tuc/{PROCEDURE}"),
    ] {
        let html = world.app.anonymous().get(&at).await.expect(200).text();
        for bad in ["<script", "<img", "<i>", "\" onmouseover"] {
            assert!(!html.contains(bad), "{bad} in {html}");
        }
    }
}

#[tokio::test]
async fn pages_speak_english_by_address_cookie_or_browser() {
    let world = World::new().await;
    world.with_catalogue().await;
    let by_address = world.app.anonymous().get("/?lang=en").await.expect(200);
    assert!(by_address.text().contains("<html lang=\"en\">"));
    assert!(by_address.text().contains("What do you need to do?"));
    let cookie = by_address
        .header("set-cookie")
        .expect("a cookie")
        .to_owned();
    assert!(
        cookie.starts_with("lang=en") && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );
    let by_cookie = world
        .app
        .anonymous()
        .header("cookie", "lang=en")
        .get("/")
        .await
        .text();
    assert!(by_cookie.contains("<html lang=\"en\">"));
    let by_browser = world
        .app
        .anonymous()
        .header("accept-language", "en-GB")
        .get("/")
        .await
        .text();
    assert!(by_browser.contains("<html lang=\"en\">"));
    let back = world
        .app
        .anonymous()
        .header("cookie", "lang=en")
        .get("/thu-tuc?q=x&lang=vi")
        .await
        .text();
    assert!(
        back.contains("<html lang=\"vi\">") && back.contains("/thu-tuc?q=x&#38;lang=en"),
        "{back}"
    );
    let asked = world.asked("GET", "/api/v1/procedures").await;
    assert!(
        asked
            .iter()
            .any(|r| r.headers.get("accept-language").is_some_and(|v| v == "en"))
    );
}

#[tokio::test]
async fn looking_up_a_number_shows_number_and_state_only() {
    let world = World::new().await;
    let number = "H05.21-261116-0001";
    world.answers(&format!("/api/v1/tracking/{number}"),
        json!({"number": number, "status": {"code": 4, "key": "inProgress", "name": "Đang xử lý"}})).await;
    let html = world
        .app
        .anonymous()
        .get(&format!("/tra-cuu?so=%20{}", number.to_lowercase()))
        .await
        .expect(200)
        .text();
    assert!(
        html.contains(number) && html.contains("Đang xử lý"),
        "{html}"
    );
    world
        .says(
            "GET",
            "/api/v1/tracking/X",
            404,
            problem(404, "tracking.not-found", "Không có", &[]),
        )
        .await;
    let none = world
        .app
        .anonymous()
        .get("/tra-cuu?so=X")
        .await
        .expect(404)
        .text();
    assert!(none.contains("role=\"alert\""), "{none}");
    // A number with a slash asks for that number, not for another address.
    let odd = world
        .app
        .anonymous()
        .get("/tra-cuu?so=..%2F..%2Fme%3Fa%3D1")
        .await;
    assert_eq!(odd.status, 404);
    assert!(world.asked("GET", "/api/v1/me").await.is_empty());
}

#[tokio::test]
async fn unknown_addresses_and_a_missing_procedure_are_friendly_404s() {
    let world = World::new().await;
    world
        .says(
            "GET",
            "/api/v1/procedures/x",
            404,
            problem(404, "procedure.unknown", "Không có", &[]),
        )
        .await;
    for at in ["/khong-co", "/thu-tuc/x", "/api/v1/me"] {
        let page = world.app.anonymous().get(at).await.expect(404);
        assert_eq!(
            page.header("content-type"),
            Some("text/html; charset=utf-8")
        );
        assert!(
            page.text().contains("Không tìm thấy trang"),
            "{}",
            page.text()
        );
    }
}

#[tokio::test]
async fn while_the_api_is_away_pages_say_so_and_the_first_page_still_opens() {
    let world = World::with(&[("api_url", "http://127.0.0.1:1".to_owned())]).await;
    let page = world.app.anonymous().get("/thu-tuc").await.expect(503);
    assert!(
        page.text().contains("Hệ thống tạm thời chưa sẵn sàng"),
        "{}",
        page.text()
    );
    assert!(page.header("retry-after").is_some());
    let first = world.app.anonymous().get("/").await.expect(200);
    assert!(first.text().contains("action=\"/thu-tuc\""));
}

#[tokio::test]
async fn where_the_browser_is_goes_on_to_the_gateway_as_the_gateway_proved_it() {
    let world = World::new().await;
    world.with_catalogue().await;
    let visitor = world
        .app
        .anonymous()
        .header("x-forwarded-for", "203.0.113.8")
        .header("x-motcua-origin", "203.0.113.7 1 proof");
    visitor.get("/thu-tuc?q=khai").await.expect(200);
    let asked = world.asked("GET", "/api/v1/procedures").await;
    let headers = &asked.last().expect("a request").headers;
    assert_eq!(headers["x-motcua-origin"], "203.0.113.7 1 proof");
    assert!(!headers.contains_key("x-forwarded-for"), "{headers:?}");
}
