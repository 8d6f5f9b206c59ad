//! The desk of those who write and publish procedures.

use crate::world::{World, hidden, problem};
use serde_json::{Value, json};
use testkit::actors;

const DRAFT: &str = "019d2bfd-0000-70ac-b9d6-0000000000d1";

fn draft(own: bool) -> Value {
    json!({"id": DRAFT, "procedureId": "p", "baseVersion": 1, "revision": 3, "state": "inReview", "code": "1.001193",
        "name": "Đăng ký <khai sinh>", "note": "Rút ngắn", "source": "editor", "writtenBy": "Hoàng Thị Em", "own": own,
        "createdAt": "2026-11-16T01:00:00Z", "updatedAt": "2026-11-16T02:00:00Z",
        "differences": [{"at": "/methods/0/term/value", "before": "1.0", "after": "0.5"}],
        "missing": [{"pointer": "/content/decision", "code": "procedure.no-decision"}], "content": {}})
}

async fn world() -> World {
    let world = World::new().await;
    world
        .answers(
            "/api/v1/procedure-drafts",
            json!({"items": [draft(false)], "next": "n2"}),
        )
        .await;
    world
        .answers("/api/v1/source-withdrawals", json!({"items": [{"id": "q", "code": "1.000002", "name": "Cấp phép", "version": 4, "goneSince": "2026-07-17"}]}))
        .await;
    world
        .answers(&format!("/api/v1/procedure-drafts/{DRAFT}"), draft(false))
        .await;
    world
}

#[tokio::test]
async fn the_desk_lists_drafts_and_what_the_source_has_dropped() {
    let world = world().await;
    let admin = world.sign_in(&actors::admin()).await;
    let text = world.get(&admin, "/danh-muc").await.expect(200).text();
    for part in [
        "Đăng ký &#60;khai sinh&#62;",
        "Chờ công bố",
        "1.000002",
        "2026-07-17",
        "/danh-muc?tiep=n2",
        "/danh-muc/chat-luong",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let citizen = world.sign_in(&actors::citizen()).await;
    for at in [
        "/danh-muc",
        "/danh-muc/chat-luong",
        &format!("/danh-muc/ban-nhap/{DRAFT}"),
    ] {
        world.get(&citizen, at).await.expect(403);
    }
    let officer = world.sign_in(&actors::officer()).await;
    let text = world.get(&officer, "/hop-thu").await.text();
    assert!(
        !text.contains("href=\"/danh-muc\""),
        "no link for who does not write"
    );
}

#[tokio::test]
async fn a_draft_shows_its_changes_and_is_published_at_the_revision_seen() {
    let world = world().await;
    let admin = world.sign_in(&actors::admin()).await;
    let at = format!("/danh-muc/ban-nhap/{DRAFT}");
    let text = world.get(&admin, &at).await.expect(200).text();
    for part in [
        "/methods/0/term/value",
        "0.5",
        "procedure.no-decision",
        "Công bố",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let csrf = hidden(&text, "csrf");
    let api = format!("/api/v1/procedure-drafts/{DRAFT}/publish");
    world
        .says(
            "POST",
            &api,
            422,
            problem(422, "draft.incomplete", "Bản nháp còn thiếu", &[]),
        )
        .await;
    let fields = [
        ("csrf", csrf.as_str()),
        ("revision", "3"),
        ("effectiveFrom", "2026-12-01"),
    ];
    let refused = world
        .post(&admin, &format!("{at}/publish"), &fields)
        .await
        .expect(200)
        .text();
    assert!(refused.contains("role=\"alert\""), "{refused}");
    world.says("POST", &api, 200, draft(false)).await;
    world
        .post(&admin, &format!("{at}/publish"), &fields)
        .await
        .expect(303);
    let sent = world.asked("POST", &api).await;
    let last = sent.last().expect("a request");
    assert_eq!(
        last.headers.get("if-match").and_then(|v| v.to_str().ok()),
        Some("\"3\"")
    );
    let body: Value = serde_json::from_slice(&last.body).expect("json");
    assert_eq!(body, json!({"effectiveFrom": "2026-12-01"}));
    world
        .post(&admin, &format!("{at}/eat"), &fields)
        .await
        .expect(404);
    world
        .post(
            &admin,
            &format!("{at}/publish"),
            &[("csrf", "x"), ("revision", "3")],
        )
        .await
        .expect(403);
    // Who wrote it is told so instead of being given the button.
    world
        .answers(&format!("/api/v1/procedure-drafts/{DRAFT}"), draft(true))
        .await;
    let text = world.get(&admin, &at).await.expect(200).text();
    assert!(
        text.contains("người khác phải công bố") && !text.contains(&format!("{at}/publish")),
        "{text}"
    );
}

#[tokio::test]
async fn the_quality_report_is_a_page() {
    let world = world().await;
    world
        .answers("/api/v1/quality-report", json!({"procedures": 3, "kinds": [{"kind": "feeZeroBesideTiers", "procedures": 2, "count": 5,
            "examples": [{"id": "p", "code": "1.115755", "name": "Giao đất", "example": "0 đất ở: 150.000 đồng"}]}]}))
        .await;
    let admin = world.sign_in(&actors::admin()).await;
    let text = world
        .get(&admin, "/danh-muc/chat-luong")
        .await
        .expect(200)
        .text();
    for part in ["feeZeroBesideTiers", "1.115755", "150.000", "3 thủ tục"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}
