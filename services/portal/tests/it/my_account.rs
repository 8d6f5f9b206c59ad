//! The page of one's own account: how one signs in, and where one is signed in.

use crate::world::{World, hidden, query};
use serde_json::json;
use testkit::actors;

const PATH: &str = "/tai-khoan";

async fn world() -> World {
    let w = World::new().await;
    w.answers("/api/v1/me", json!({"id": "x", "login": "citizen", "name": "Nguyễn <Văn> An",
        "kind": "applicant", "roles": ["citizen"], "permissions": [], "acting": [], "email": "an@example.vn"}))
        .await;
    w.answers(
        "/api/v1/me/second-factor",
        json!({"on": true, "recoveryCodesLeft": 9, "passkeys": 2}),
    )
    .await;
    w.answers(
        "/api/v1/me/sessions",
        json!({"items": [{"id": "01932f4c-0000-7000-8000-000000000001", "device": "Firefox <140>",
            "since": "2026-11-16T02:00:00Z", "until": "2026-11-16T10:00:00Z", "methods": ["pwd"]}]}),
    )
    .await;
    w
}

#[tokio::test]
async fn one_sees_how_and_where_one_is_signed_in() {
    let w = world().await;
    let nobody = w.app.anonymous().get(PATH).await.expect(303);
    assert!(
        nobody
            .header("location")
            .expect("a place")
            .contains("dang-nhap")
    );
    for actor in [actors::citizen(), actors::officer()] {
        let browser = w.sign_in(&actor).await;
        let page = w.get(&browser, PATH).await.expect(200).text();
        for shown in [
            "an@example.vn",
            "Xác thực hai lớp: đang bật",
            "16/11/2026 09:00",
            "/dang-nhap?next=/tai-khoan&amp;doi=1",
        ] {
            assert!(page.contains(shown), "{shown}: {page}");
        }
        assert!(
            !page.contains("<Văn>") && !page.contains("<140>"),
            "escaped"
        );
    }
}

#[tokio::test]
async fn changing_the_password_is_a_sign_in_that_says_so() {
    let w = World::new().await;
    let begun = w
        .app
        .anonymous()
        .get("/dang-nhap?next=/tai-khoan&doi=1")
        .await;
    let asked = query(begun.expect(303).header("location").expect("location"));
    assert_eq!(asked["action"], "change_password");
}

#[tokio::test]
async fn one_session_or_all_are_ended_by_the_form_of_this_page_alone() {
    let w = world().await;
    let browser = w.sign_in(&actors::citizen()).await;
    let page = w.get(&browser, PATH).await.expect(200).text();
    let csrf = hidden(&page, "csrf");
    let at = "/tai-khoan/dang-xuat";
    w.post(&browser, at, &[("csrf", "nobody's")])
        .await
        .expect(403);
    let one = "/api/v1/me/sessions/01932f4c-0000-7000-8000-000000000001";
    assert!(w.asked("DELETE", "/api/v1/me/sessions").await.is_empty());
    w.says("DELETE", one, 204, json!({})).await;
    w.says("DELETE", "/api/v1/me/sessions", 204, json!({}))
        .await;
    let id = "01932f4c-0000-7000-8000-000000000001";
    let done = w.post(&browser, at, &[("csrf", &csrf), ("id", id)]).await;
    assert_eq!(
        done.expect(303).header("location"),
        Some("/tai-khoan?xong=dang-xuat")
    );
    assert_eq!(w.asked("DELETE", one).await.len(), 1);
    assert!(w.asked("DELETE", "/api/v1/me/sessions").await.is_empty());
    let out = w.post(&browser, at, &[("csrf", &csrf)]).await.expect(303);
    assert_eq!(out.header("location"), Some("/"));
    assert_eq!(w.asked("DELETE", "/api/v1/me/sessions").await.len(), 1);
    w.get(&browser, PATH).await.expect(303);
}
