//! The page of one's own data: what is kept and why, who read it, and asking about it.

use crate::world::World;
use serde_json::json;
use testkit::actors;

const PATH: &str = "/du-lieu-cua-toi";

async fn world() -> World {
    let w = World::new().await;
    w.says("GET", "/api/v1/data-purposes", 200, json!({"items": [{"code": "account", "title": "Tài khoản",
        "data": "Họ tên", "legalBasis": "legalDuty", "ground": "Nghị định 69/2024/NĐ-CP", "kept": "Khi còn mở"}]}))
        .await;
    w.says("GET", "/api/v1/me/access-log", 200, json!({"items": [{"at": "2026-11-16T02:00:00Z",
        "who": "Dương <Văn> Minh", "agency": "H05.21", "what": "account", "operation": "getAccount"}]}))
        .await;
    w.says(
        "GET",
        "/api/v1/me/data-requests",
        200,
        json!({"items": [{"id": "x", "version": 2, "right": "correct",
        "text": "Sai số", "state": "accepted", "receivedAt": "2026-11-16T02:00:00Z",
        "acceptBy": "2026-11-18T10:00:00Z", "dueAt": "2026-11-26T10:00:00Z", "overdue": false}]}),
    )
    .await;
    w
}

#[tokio::test]
async fn one_sees_what_is_kept_who_read_it_and_how_requests_stand() {
    let w = world().await;
    let begun = w.app.anonymous().get(PATH).await.expect(303);
    assert!(
        begun
            .header("location")
            .expect("a place")
            .contains("dang-nhap")
    );
    let browser = w.sign_in(&actors::citizen()).await;
    let page = w.get(&browser, PATH).await.expect(200).text();
    for shown in [
        "Nghị định 69/2024/NĐ-CP",
        "16/11/2026 09:00",
        "(H05.21)",
        "Chỉnh sửa",
        "Đang xử lý",
        "26/11/2026 17:00",
        "value=\"erase\"",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    assert!(!page.contains("<Văn>"), "escaped");
}

#[tokio::test]
async fn a_request_needs_the_form_of_this_session_and_a_refusal_is_said() {
    let w = world().await;
    let browser = w.sign_in(&actors::citizen()).await;
    let page = w.get(&browser, PATH).await.expect(200).text();
    let (_, rest) = page.split_once("name=\"csrf\" value=\"").expect("a token");
    let token = rest.split('"').next().expect("a value").to_owned();
    let fields = |csrf: &'static str| [("csrf", csrf), ("right", "erase"), ("text", "Xóa đi")];
    let foreign = w.post(&browser, PATH, &fields("nobody's")).await;
    assert!(foreign.status == 403, "{}", foreign.status);
    assert!(w.asked("POST", "/api/v1/me/data-requests").await.is_empty());
    let refusal = json!({"status": 409, "code": "data-request.already-open", "title": "Đang có yêu cầu cùng loại"});
    w.says("POST", "/api/v1/me/data-requests", 409, refusal)
        .await;
    let sent = [
        ("csrf", token.as_str()),
        ("right", "erase"),
        ("text", "Xóa đi"),
    ];
    let again = w.post(&browser, PATH, &sent).await.expect(409).text();
    assert!(
        again.contains("Đang có yêu cầu cùng loại") && again.contains("Xóa đi"),
        "{again}"
    );
    let asked = w.asked("POST", "/api/v1/me/data-requests").await;
    let body: serde_json::Value = asked[0].body_json().expect("JSON");
    assert_eq!(body, json!({"right": "erase", "text": "Xóa đi"}));
}
