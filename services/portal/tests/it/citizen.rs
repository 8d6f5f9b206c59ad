//! Following one's dossiers.

use crate::filing::{json_of, uploads_work, world};
use crate::world::{COMPONENT, DOSSIER, FILE, PROCEDURE, dossier, hidden, problem};
use serde_json::json;
use wiremock::matchers::{method, path};
use wiremock::{Mock, ResponseTemplate};

#[tokio::test]
async fn my_dossiers_show_status_step_and_due_date() {
    let (world, browser) = world().await;
    world.answers("/api/v1/dossiers", json!({"items": [{"id": DOSSIER, "number": "H05.21-261116-0001", "version": 2,
        "status": {"code": 4, "key": "inProgress", "name": "Đang xử lý"}, "step": {"id": "handling", "name": "Thẩm định", "role": "specialist"},
        "procedure": {"id": PROCEDURE, "code": "1.001193", "name": "Đăng ký khai sinh"}, "agency": {"code": "H05.21", "name": "Xã Yên Thế"},
        "applicantName": "Nguyễn Văn An", "channel": "online", "returnMethod": "post", "submittedAt": "2026-11-10T01:00:00Z",
        "receivedAt": "2026-11-10T02:00:00Z", "dueAt": "2026-11-14T10:00:00Z", "overdue": true, "assignedTo": null}], "next": "n2"})).await;
    let page = world.get(&browser, "/ho-so").await.expect(200).text();
    for text in [
        "Đang xử lý",
        "Thẩm định",
        "14/11/2026 17:00",
        "Quá hạn 2 ngày",
        "/ho-so?tiep=n2",
    ] {
        assert!(page.contains(text), "{text} is missing in {page}");
    }
}

#[tokio::test]
async fn a_dossier_shows_each_step_its_papers_and_the_shipment() {
    let (world, browser) = world().await;
    let mut done = dossier("done", 6, &[]);
    done["result"] = json!({"fileId": FILE, "name": "ket-qua.pdf", "size": 1000, "mediaType": "application/pdf", "note": null, "at": "2026-11-16T01:50:00Z"});
    done["history"].as_array_mut().expect("history").push(json!({"version": 2, "at": "2026-11-16T01:30:00Z", "command": "receive",
        "status": {"code": 2, "key": "received", "name": "Được tiếp nhận"},
        "step": {"id": "handling", "name": "Thẩm định", "desk": "Xã Yên Thế"}, "actor": "Trung tâm PVHCC", "reason": null}));
    world
        .answers(&format!("/api/v1/dossiers/{DOSSIER}"), done)
        .await;
    let shipment = json!({"id": "s-1", "dossierId": DOSSIER, "dossierNumber": "H05.21-261116-0001", "agencyCode": "H05.21", "agencyName": "x", "operator": "postoffice",
        "receiver": {"name": "Nguyễn Văn An", "phone": "+84912345678", "addressLine": "Số 12, Xã Yên Thế"}, "state": "inTransit", "stateName": "Đang vận chuyển",
        "itemNumber": "RA473124829VN", "attempts": 0, "invitations": 0, "createdAt": "2026-11-16T02:00:00Z", "version": 2,
        "timeline": [{"eventId": "e", "code": "pickedUp", "occurredAt": "2026-11-16T01:55:00Z", "place": "BC Yên Thế", "note": null, "result": "accepted", "receiver": null},
                     {"eventId": "f", "code": "lost", "occurredAt": "2026-11-16T01:56:00Z", "result": "rejected"}]});
    world
        .answers(
            "/api/v1/shipments",
            json!({"items": [shipment], "next": null}),
        )
        .await;
    world.answers("/api/v1/shipments/s-1", shipment).await;
    let page = world
        .get(&browser, &format!("/ho-so/{DOSSIER}"))
        .await
        .expect(200)
        .text();
    for text in [
        "Tiếp nhận hồ sơ",
        "Thẩm định – Xã Yên Thế",
        "16/11/2026 08:30",
        "RA473124829VN",
        "BC Yên Thế",
        "chung-sinh.pdf",
        "bieu-mau/receipt.pdf",
        &format!("/ho-so/{DOSSIER}/tep/{FILE}"),
        "aria-current=\"step\"",
    ] {
        assert!(page.contains(text), "{text} is missing in {page}");
    }
    assert!(
        !page.contains("Thất lạc"),
        "a rejected event is none: {page}"
    );
    assert!(!page.contains("/rut\""), "not open to withdraw: {page}");
}

#[tokio::test]
async fn receipts_and_files_come_through_with_the_sessions_token() {
    let (world, browser) = world().await;
    let pdf = ResponseTemplate::new(200)
        .set_body_raw("%PDF-1.7", "application/pdf")
        .insert_header("content-disposition", "inline; filename=\"receipt.pdf\"");
    Mock::given(method("GET"))
        .and(path(format!(
            "/api/v1/dossiers/{DOSSIER}/forms/receipt.pdf"
        )))
        .respond_with(pdf)
        .mount(&world.gateway)
        .await;
    let reply = world
        .get(&browser, &format!("/ho-so/{DOSSIER}/bieu-mau/receipt.pdf"))
        .await
        .expect(200);
    assert_eq!(reply.body, b"%PDF-1.7");
    assert_eq!(reply.header("content-type"), Some("application/pdf"));
    assert_eq!(
        reply.header("content-disposition"),
        Some("inline; filename=\"receipt.pdf\"")
    );
    // A sandbox would keep the browser's own PDF reader from showing it.
    assert_eq!(
        reply.header("content-security-policy"),
        Some("default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
    );
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    let asked = world
        .asked(
            "GET",
            &format!("/api/v1/dossiers/{DOSSIER}/forms/receipt.pdf"),
        )
        .await;
    assert!(
        asked[0].headers["authorization"]
            .to_str()
            .is_ok_and(|v| v.starts_with("Bearer "))
    );
    world
        .says(
            "GET",
            &format!("/api/v1/files/{FILE}"),
            404,
            problem(404, "file.not-found", "Không có", &[]),
        )
        .await;
    world
        .get(&browser, &format!("/ho-so/{DOSSIER}/tep/{FILE}"))
        .await
        .expect(404);
    world
        .app
        .anonymous()
        .get(&format!("/ho-so/{DOSSIER}/tep/{FILE}"))
        .await
        .expect(303);
}

#[tokio::test]
async fn a_supplement_is_sent_with_its_files_on_the_version_seen() {
    let (world, browser) = world().await;
    uploads_work(&world).await;
    let mut asked = dossier("supplementRequested", 3, &["supplement", "withdraw"]);
    asked["supplement"] = json!({"items": [{"componentId": COMPONENT, "content": "Bản rõ hơn", "guidance": "Chụp lại"}],
        "reason": "Ảnh mờ", "legalBasis": null, "requestedAt": "2026-11-16T01:40:00Z", "dueAt": "2026-11-25T10:00:00Z", "answeredAt": null});
    world
        .answers(&format!("/api/v1/dossiers/{DOSSIER}"), asked)
        .await;
    let at = format!("/ho-so/{DOSSIER}");
    let page = world.get(&browser, &at).await.expect(200).text();
    assert!(
        page.contains("Ảnh mờ") && page.contains("Chụp lại") && page.contains("25/11/2026 17:00"),
        "{page}"
    );
    let csrf = hidden(&page, "csrf");
    let slot = format!("file.{COMPONENT}");
    let send = format!("{at}/bo-sung");
    let fields = [
        ("csrf", csrf.as_str()),
        ("version", "3"),
        ("note", "Đã chụp lại"),
    ];
    let command = format!("/api/v1/dossiers/{DOSSIER}/supplement");
    world
        .says(
            "POST",
            &command,
            412,
            problem(412, "precondition.failed", "Đã đổi", &[]),
        )
        .await;
    let stale = world
        .post_files(&browser, &send, &fields, &[(&slot, "a.pdf", "%PDF")])
        .await
        .expect(412)
        .text();
    assert!(
        stale.contains("Đã chụp lại</textarea>") && stale.contains(&format!("{FILE}|")),
        "{stale}"
    );
    world
        .says("POST", &command, 200, dossier("new", 4, &[]))
        .await;
    let reply = world
        .post_files(&browser, &send, &fields, &[(&slot, "a.pdf", "%PDF")])
        .await
        .expect(303);
    assert_eq!(
        reply.header("location"),
        Some(format!("{at}?xong=supplement").as_str())
    );
    let sent = world.asked("POST", &command).await;
    assert_eq!(sent[1].headers["if-match"], "\"3\"");
    assert_eq!(
        json_of(&sent[1]),
        json!({"attachments": [{"componentId": COMPONENT, "fileId": FILE}], "note": "Đã chụp lại"})
    );
}

#[tokio::test]
async fn withdrawing_asks_first() {
    let (world, browser) = world().await;
    world
        .answers(
            &format!("/api/v1/dossiers/{DOSSIER}"),
            dossier("new", 1, &["withdraw"]),
        )
        .await;
    let at = format!("/ho-so/{DOSSIER}/rut");
    let page = world.get(&browser, &at).await.expect(200).text();
    let csrf = hidden(&page, "csrf");
    assert_eq!(hidden(&page, "version"), "1");
    let command = format!("/api/v1/dossiers/{DOSSIER}/withdraw");
    world
        .says("POST", &command, 200, dossier("withdrawn", 2, &[]))
        .await;
    world
        .post(
            &browser,
            &at,
            &[("csrf", &csrf), ("version", "1"), ("reason", "")],
        )
        .await
        .expect(303);
    let sent = world.asked("POST", &command).await;
    assert_eq!(sent[0].headers["if-match"], "\"1\"");
    assert_eq!(json_of(&sent[0]), json!({"reason": null}));
}

#[tokio::test]
async fn the_inbox_marks_what_was_read() {
    let (world, browser) = world().await;
    world.answers("/api/v1/notifications", json!({"items": [{"id": "n-1", "at": "2026-11-16T01:30:00Z", "kind": "receive",
        "title": "Hồ sơ đã được tiếp nhận", "body": "Dòng một\nDòng hai", "dossierId": DOSSIER, "dossierNumber": "x", "inbox": "own", "read": false}],
        "next": null, "unreadCount": 4})).await;
    let page = world.get(&browser, "/hop-thu").await.expect(200).text();
    for text in [
        "4 thư chưa đọc",
        "Dòng hai",
        &format!("href=\"/ho-so/{DOSSIER}\""),
        "Chưa đọc",
    ] {
        assert!(page.contains(text), "{text} is missing in {page}");
    }
    world
        .says("POST", "/api/v1/notifications/n-1/read", 200, json!({}))
        .await;
    let csrf = hidden(&page, "csrf");
    let reply = world
        .post(&browser, "/hop-thu/n-1/da-doc", &[("csrf", &csrf)])
        .await
        .expect(303);
    assert_eq!(reply.header("location"), Some("/hop-thu"));
    assert_eq!(
        world
            .asked("POST", "/api/v1/notifications/n-1/read")
            .await
            .len(),
        1
    );
}

#[tokio::test]
async fn the_owner_sees_who_has_read_the_dossier_and_the_shipment() {
    let (world, browser) = world().await;
    let read = |who: &str,
                agency: Option<&str>,
                client: Option<&str>,
                what: &str,
                operation: &str| {
        json!({"at": "2026-11-16T01:30:00Z", "who": who, "agency": agency, "client": client, "what": what, "operation": operation})
    };
    let log = format!("/api/v1/dossiers/{DOSSIER}/access-log");
    let officer = read("Lê Thị Cúc", Some("H05.21"), None, "dossier", "receive");
    let agent = read("Trần Thị Bình", None, None, "papers", "listPapers");
    world
        .answers(&log, json!({"items": [officer, agent], "next": "n2"}))
        .await;
    let items = json!({"items": [{"id": "s-1", "state": "inTransit", "stateName": "x", "createdAt": "2026-11-16T02:00:00Z"}]});
    world.answers("/api/v1/shipments", items).await;
    let post = read(
        "Bưu điện",
        None,
        Some("postoffice"),
        "shipment",
        "getShipment",
    );
    world
        .answers("/api/v1/shipments/s-1/access-log", json!({"items": [post]}))
        .await;
    let at = format!("/ho-so/{DOSSIER}/ai-da-xem");
    let page = world.get(&browser, &at).await.expect(200).text();
    for text in [
        "16/11/2026 08:30",
        "Lê Thị Cúc (H05.21)",
        "Hồ sơ – tiếp nhận",
        "Trần Thị Bình (thay mặt bạn)",
        "Bưu điện (postoffice)",
        "Bưu gửi – xem chi tiết",
        &format!("{at}?tiep=n2"),
    ] {
        assert!(page.contains(text), "{text} is missing in {page}");
    }
}
