//! Filing and following one's dossiers.

use crate::world::{Browser, COMPONENT, DOSSIER, FILE, PROCEDURE, World, dossier, hidden, problem};
use serde_json::{Value, json};
use testkit::actors;
use wiremock::matchers::{method, path};
use wiremock::{Mock, ResponseTemplate};

const FORM: &str = "/nop-ho-so/019d2bfd-3fe0-70ac-b9d6-5e9e20d6eef7";

async fn world() -> (World, Browser) {
    let world = World::new().await;
    world.with_catalogue().await;
    let browser = world.sign_in(&actors::citizen()).await;
    (world, browser)
}

fn filled<'a>(csrf: &'a str, key: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("csrf", csrf), ("key", key), ("agencyCode", "H05.21"), ("kind", "citizen"), ("name", "Nguyễn Văn An"),
        ("identityNumber", "024090000011"), ("phone", "0912345678"), ("email", "an@example.vn"), ("provinceCode", "24"),
        ("communeCode", "07288"), ("street", "Số 12 <thôn> Trung"), ("notes", "Đăng ký cho con"), ("returnMethod", "post"),
        ("returnProvinceCode", "24"), ("returnCommuneCode", "07210"), ("returnStreet", "Số 7"),
    ]
}

async fn uploads_work(world: &World) {
    world.says("POST", "/api/v1/files", 201,
        json!({"id": FILE, "name": "chung-sinh.pdf", "size": 4, "mediaType": "application/pdf", "sha256": "00"})).await;
}

fn json_of(request: &wiremock::Request) -> Value {
    serde_json::from_slice(&request.body).expect("json")
}

#[tokio::test]
async fn the_form_is_filled_in_with_what_is_known_and_has_a_picker_for_each_paper() {
    let (world, browser) = world().await;
    let html = world.get(&browser, FORM).await.expect(200).text();
    for text in ["value=\"Nguyễn Văn An\"", "value=\"0912345678\"", "value=\"024090000011\"", "Xã Yên Thế", "H05.22"] {
        assert!(html.contains(text), "{text} is missing in {html}");
    }
    assert!(html.contains(&format!("name=\"file.{COMPONENT}\"")), "{html}");
    assert!(!html.contains("name=\"file.note-1\""), "a note is no paper: {html}");
    assert!(html.contains("không quá 20 MB"), "{html}");
    for id in ["agencyCode", "name", "phone", "communeCode", "notes"] {
        assert!(html.contains(&format!("for=\"{id}\"")) && html.contains(&format!("id=\"{id}\"")), "{id}");
    }
}

#[tokio::test]
async fn a_filled_form_is_filed_and_confirmed() {
    let (world, browser) = world().await;
    uploads_work(&world).await;
    world.says("POST", "/api/v1/dossiers", 201, dossier("new", 1, &["withdraw"])).await;
    let html = world.get(&browser, FORM).await.text();
    let (csrf, key) = (hidden(&html, "csrf"), hidden(&html, "key"));
    let slot = format!("file.{COMPONENT}");
    let reply = world.post_files(&browser, FORM, &filled(&csrf, &key), &[(&slot, "chung-sinh.pdf", "%PDF")]).await.expect(303);
    let there = format!("/ho-so/{DOSSIER}?moi=1");
    assert_eq!(reply.header("location"), Some(there.as_str()));
    let filed = world.asked("POST", "/api/v1/dossiers").await;
    let body = json_of(&filed[0]);
    assert_eq!(filed[0].headers["idempotency-key"], key.as_str());
    assert_eq!(body["procedureId"], PROCEDURE);
    assert_eq!(body["attachments"], json!([{"componentId": COMPONENT, "fileId": FILE}]));
    assert_eq!(body["applicant"]["address"], json!({"provinceCode": "24", "communeCode": "07288", "street": "Số 12 <thôn> Trung"}));
    assert_eq!(body["return"]["address"]["communeCode"], "07210");
    assert_eq!(body["answers"]["notes"], "Đăng ký cho con");
    assert!(body["applicant"].get("taxCode").is_none(), "what was left empty is left out: {body}");
    world.answers(&format!("/api/v1/dossiers/{DOSSIER}"), dossier("new", 1, &["withdraw"])).await;
    let page = world.get(&browser, &there).await.expect(200).text();
    assert!(page.contains("Hồ sơ đã được gửi") && page.contains("16/11/2026 08:00"), "{page}");
}

#[tokio::test]
async fn the_same_form_sent_twice_carries_the_same_keys() {
    let (world, browser) = world().await;
    uploads_work(&world).await;
    world.says("POST", "/api/v1/dossiers", 201, dossier("new", 1, &[])).await;
    let html = world.get(&browser, FORM).await.text();
    let (csrf, key) = (hidden(&html, "csrf"), hidden(&html, "key"));
    let slot = format!("file.{COMPONENT}");
    for _ in 0..2 {
        world.post_files(&browser, FORM, &filled(&csrf, &key), &[(&slot, "a.pdf", "%PDF")]).await.expect(303);
    }
    for at in ["/api/v1/dossiers", "/api/v1/files"] {
        let asked = world.asked("POST", at).await;
        assert_eq!(asked.len(), 2);
        assert_eq!(asked[0].headers["idempotency-key"], asked[1].headers["idempotency-key"], "{at}");
        if at.ends_with("dossiers") {
            assert_eq!(asked[0].body, asked[1].body);
        }
    }
    let other = hidden(&world.get(&browser, FORM).await.text(), "key");
    assert_ne!(other, key, "another form is another dossier");
}

#[tokio::test]
async fn errors_come_back_to_their_fields_and_nothing_typed_is_lost() {
    let (world, browser) = world().await;
    uploads_work(&world).await;
    world.says("POST", "/api/v1/dossiers", 422, problem(422, "body.invalid", "Dữ liệu chưa hợp lệ", &[
        ("/applicant/identityNumber", "identity-number.invalid", "Số định danh <sai>"),
        ("/return/address/communeCode", "commune.ended", "Mã xã hết hiệu lực"),
        ("/attachments/0/fileId", "file.unknown", "Tệp không dùng được"),
        ("/somethingNew", "x", "Lỗi lạ"),
    ])).await;
    let html = world.get(&browser, FORM).await.text();
    let (csrf, key) = (hidden(&html, "csrf"), hidden(&html, "key"));
    let slot = format!("file.{COMPONENT}");
    let page = world.post_files(&browser, FORM, &filled(&csrf, &key), &[(&slot, "chung-sinh.pdf", "%PDF")]).await.expect(422).text();
    for (field, text) in [("identityNumber", "Số định danh &#60;sai&#62;"), ("returnCommuneCode", "Mã xã hết hiệu lực")] {
        assert!(page.contains(&format!("id=\"{field}-error\"")), "{field}: {page}");
        assert!(page.contains(&format!("<a href=\"#{field}\">{text}</a>")), "{field}: {page}");
    }
    assert!(page.contains(&format!("id=\"file-{COMPONENT}-error\"")), "{page}");
    assert!(page.contains("<li>Lỗi lạ</li>"), "an unknown pointer is still told: {page}");
    assert!(page.contains("value=\"Số 12 &#60;thôn&#62; Trung\"") && page.contains("Đăng ký cho con</textarea>"), "{page}");
    assert!(page.contains("<option value=\"07210\" selected>"), "{page}");
    assert!(page.contains("value=\"post\" checked"), "{page}");
    assert!(page.contains("đã tải lên") && page.contains(&format!("value=\"{FILE}|chung-sinh.pdf\"")), "{page}");
    assert_eq!(hidden(&page, "key"), key, "the next try is the same dossier");
    assert!(page.contains("role=\"alert\""));

    // Sent again without choosing the file again: it is attached by its id, and not uploaded anew.
    world.says("POST", "/api/v1/dossiers", 201, dossier("new", 1, &[])).await;
    let mut again = filled(&csrf, &key);
    let (kept_name, kept) = (format!("kept.{COMPONENT}"), format!("{FILE}|chung-sinh.pdf"));
    again.push((&kept_name, &kept));
    world.post_files(&browser, FORM, &again, &[(&slot, "", "")]).await.expect(303);
    let filed = world.asked("POST", "/api/v1/dossiers").await;
    assert_eq!(json_of(&filed[1])["attachments"], json!([{"componentId": COMPONENT, "fileId": FILE}]));
    assert_eq!(world.asked("POST", "/api/v1/files").await.len(), 1);
}

#[tokio::test]
async fn a_missing_required_paper_is_named_at_its_picker() {
    let (world, browser) = world().await;
    world.says("POST", "/api/v1/dossiers", 422, problem(422, "body.invalid", "Dữ liệu chưa hợp lệ",
        &[("/attachments", "component.missing", "Thiếu giấy tờ")])).await;
    let html = world.get(&browser, FORM).await.text();
    let (csrf, key) = (hidden(&html, "csrf"), hidden(&html, "key"));
    let page = world.post_files(&browser, FORM, &filled(&csrf, &key), &[]).await.expect(422).text();
    assert!(page.contains(&format!("<a href=\"#file-{COMPONENT}\">Chưa điền: Giấy chứng sinh</a>")), "{page}");
}

#[tokio::test]
async fn a_refused_file_is_told_at_its_picker_and_nothing_is_filed() {
    let (world, browser) = world().await;
    world.says("POST", "/api/v1/files", 422, problem(422, "file.type-mismatch", "Tệp không đúng loại", &[])).await;
    let html = world.get(&browser, FORM).await.text();
    let (csrf, key) = (hidden(&html, "csrf"), hidden(&html, "key"));
    let slot = format!("file.{COMPONENT}");
    let page = world.post_files(&browser, FORM, &filled(&csrf, &key), &[(&slot, "a.pdf", "MZ")]).await.expect(422).text();
    assert!(page.contains("Tệp không đúng loại") && page.contains(&format!("id=\"file-{COMPONENT}-error\"")), "{page}");
    assert!(world.asked("POST", "/api/v1/dossiers").await.is_empty());
}

#[tokio::test]
async fn a_file_beyond_the_limit_does_not_leave_us() {
    let world = World::with(&[("max_file_megabytes", "1".to_owned())]).await;
    world.with_catalogue().await;
    let browser = world.sign_in(&actors::citizen()).await;
    let html = world.get(&browser, FORM).await.text();
    let (csrf, key) = (hidden(&html, "csrf"), hidden(&html, "key"));
    let slot = format!("file.{COMPONENT}");
    let large = "x".repeat((1 << 20) + 1);
    let page = world.post_files(&browser, FORM, &filled(&csrf, &key), &[(&slot, "a.pdf", &large)]).await.expect(422).text();
    assert!(page.contains("Tệp lớn hơn 1 MB"), "{page}");
    assert!(world.asked("POST", "/api/v1/files").await.is_empty());
}

#[tokio::test]
async fn forms_without_the_sessions_token_do_nothing() {
    let (world, browser) = world().await;
    uploads_work(&world).await;
    let key = hidden(&world.get(&browser, FORM).await.text(), "key");
    let slot = format!("file.{COMPONENT}");
    let other = world.sign_in(&actors::citizen2()).await;
    let foreign = hidden(&world.get(&other, FORM).await.text(), "csrf");
    for token in ["", "guessed", foreign.as_str()] {
        let reply = world.post_files(&browser, FORM, &filled(token, &key), &[(&slot, "a.pdf", "%PDF")]).await;
        assert_eq!(reply.status, 403, "{}", reply.text());
        assert!(reply.text().contains("Biểu mẫu đã hết hạn"));
    }
    let rut = format!("/ho-so/{DOSSIER}/rut");
    world.post(&browser, &rut, &[("version", "1")]).await.expect(403);
    world.post(&browser, "/hop-thu/x/da-doc", &[]).await.expect(403);
    let nobody = world.app.anonymous().post_form(&rut, &[("csrf", "x")]).await.expect(303);
    assert_eq!(nobody.header("location"), Some(format!("/dang-nhap?next=%2Fho-so%2F{DOSSIER}").as_str()));
    for at in ["/api/v1/files", "/api/v1/dossiers"] {
        assert!(world.asked("POST", at).await.is_empty());
    }
}

#[tokio::test]
async fn while_the_api_is_away_the_form_comes_back_with_everything_in_it() {
    let (world, browser) = world().await;
    uploads_work(&world).await;
    let html = world.get(&browser, FORM).await.text();
    let (csrf, key) = (hidden(&html, "csrf"), hidden(&html, "key"));
    // From now on nothing answers, also no reference data.
    world.app.rt.clock.advance(chrono::Duration::seconds(600));
    world.gateway.reset().await;
    Mock::given(method("POST")).and(path("/api/v1/dossiers")).respond_with(ResponseTemplate::new(503)).mount(&world.gateway).await;
    Mock::given(method("GET")).respond_with(ResponseTemplate::new(503)).mount(&world.gateway).await;
    let mut fields = filled(&csrf, &key);
    let (kept_name, kept) = (format!("kept.{COMPONENT}"), format!("{FILE}|chung-sinh.pdf"));
    fields.push((&kept_name, &kept));
    let page = world.post_files(&browser, FORM, &fields, &[]).await.expect(503).text();
    assert!(page.contains("hồ sơ chưa được gửi"), "{page}");
    assert!(page.contains("Đăng ký cho con</textarea>") && page.contains(&kept), "{page}");
    assert!(page.contains("<option value=\"H05.21\" selected>"), "{page}");
    assert_eq!(hidden(&page, "key"), key);
}

#[tokio::test]
async fn another_province_loads_its_communes_and_keeps_the_rest() {
    let (world, browser) = world().await;
    let html = world.get(&browser, FORM).await.text();
    let (csrf, key) = (hidden(&html, "csrf"), hidden(&html, "key"));
    let mut fields: Vec<(&str, &str)> = filled(&csrf, &key).into_iter().filter(|(n, _)| *n != "provinceCode").collect();
    fields.extend([("provinceCode", "01"), ("refresh", "1")]);
    let page = world.post_files(&browser, FORM, &fields, &[]).await.expect(200).text();
    assert!(page.contains("Phường Ba Đình") && page.contains("Đăng ký cho con</textarea>"), "{page}");
    assert!(world.asked("POST", "/api/v1/dossiers").await.is_empty());
}

#[tokio::test]
async fn a_key_used_for_something_else_warns_and_gets_a_new_one() {
    let (world, browser) = world().await;
    world.says("POST", "/api/v1/dossiers", 422, problem(422, "idempotency.key-reused", "Khóa đã dùng", &[])).await;
    let html = world.get(&browser, FORM).await.text();
    let (csrf, key) = (hidden(&html, "csrf"), hidden(&html, "key"));
    let page = world.post_files(&browser, FORM, &filled(&csrf, &key), &[]).await.expect(409).text();
    assert!(page.contains("đã được nộp một lần"), "{page}");
    assert_ne!(hidden(&page, "key"), key);
}

#[tokio::test]
async fn my_dossiers_show_status_step_and_due_date() {
    let (world, browser) = world().await;
    world.answers("/api/v1/dossiers", json!({"items": [{"id": DOSSIER, "number": "H05.21-261116-0001", "version": 2,
        "status": {"code": 4, "key": "inProgress", "name": "Đang xử lý"}, "step": {"id": "handling", "name": "Thẩm định", "role": "specialist"},
        "procedure": {"id": PROCEDURE, "code": "1.001193", "name": "Đăng ký khai sinh"}, "agency": {"code": "H05.21", "name": "Xã Yên Thế"},
        "applicantName": "Nguyễn Văn An", "channel": "online", "returnMethod": "post", "submittedAt": "2026-11-10T01:00:00Z",
        "receivedAt": "2026-11-10T02:00:00Z", "dueAt": "2026-11-14T10:00:00Z", "overdue": true, "assignedTo": null}], "next": "n2"})).await;
    let page = world.get(&browser, "/ho-so").await.expect(200).text();
    for text in ["Đang xử lý", "Thẩm định", "14/11/2026 17:00", "Quá hạn 2 ngày", "/ho-so?tiep=n2"] {
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
    world.answers(&format!("/api/v1/dossiers/{DOSSIER}"), done).await;
    let shipment = json!({"id": "s-1", "dossierId": DOSSIER, "dossierNumber": "H05.21-261116-0001", "agencyCode": "H05.21", "agencyName": "x", "operator": "postoffice",
        "receiver": {"name": "Nguyễn Văn An", "phone": "+84912345678", "addressLine": "Số 12, Xã Yên Thế"}, "state": "inTransit", "stateName": "Đang vận chuyển",
        "itemNumber": "RA473124829VN", "attempts": 0, "invitations": 0, "createdAt": "2026-11-16T02:00:00Z", "version": 2,
        "timeline": [{"eventId": "e", "code": "pickedUp", "occurredAt": "2026-11-16T01:55:00Z", "place": "BC Yên Thế", "note": null, "result": "accepted", "receiver": null},
                     {"eventId": "f", "code": "lost", "occurredAt": "2026-11-16T01:56:00Z", "result": "rejected"}]});
    world.answers("/api/v1/shipments", json!({"items": [shipment], "next": null})).await;
    world.answers("/api/v1/shipments/s-1", shipment).await;
    let page = world.get(&browser, &format!("/ho-so/{DOSSIER}")).await.expect(200).text();
    for text in ["Tiếp nhận hồ sơ", "Thẩm định – Xã Yên Thế", "16/11/2026 08:30", "RA473124829VN", "BC Yên Thế", "chung-sinh.pdf",
        "bieu-mau/receipt.pdf", &format!("/ho-so/{DOSSIER}/tep/{FILE}"), "aria-current=\"step\""] {
        assert!(page.contains(text), "{text} is missing in {page}");
    }
    assert!(!page.contains("Thất lạc"), "a rejected event is none: {page}");
    assert!(!page.contains("/rut\""), "not open to withdraw: {page}");
}

#[tokio::test]
async fn receipts_and_files_come_through_with_the_sessions_token() {
    let (world, browser) = world().await;
    let pdf = ResponseTemplate::new(200)
        .set_body_raw("%PDF-1.7", "application/pdf")
        .insert_header("content-disposition", "inline; filename=\"receipt.pdf\"");
    Mock::given(method("GET")).and(path(format!("/api/v1/dossiers/{DOSSIER}/forms/receipt.pdf"))).respond_with(pdf).mount(&world.gateway).await;
    let reply = world.get(&browser, &format!("/ho-so/{DOSSIER}/bieu-mau/receipt.pdf")).await.expect(200);
    assert_eq!(reply.body, b"%PDF-1.7");
    assert_eq!(reply.header("content-type"), Some("application/pdf"));
    assert_eq!(reply.header("content-disposition"), Some("inline; filename=\"receipt.pdf\""));
    assert!(reply.header("content-security-policy").is_some_and(|c| c.contains("sandbox")));
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    let asked = world.asked("GET", &format!("/api/v1/dossiers/{DOSSIER}/forms/receipt.pdf")).await;
    assert!(asked[0].headers["authorization"].to_str().is_ok_and(|v| v.starts_with("Bearer ")));
    world.says("GET", &format!("/api/v1/files/{FILE}"), 404, problem(404, "file.not-found", "Không có", &[])).await;
    world.get(&browser, &format!("/ho-so/{DOSSIER}/tep/{FILE}")).await.expect(404);
    world.app.anonymous().get(&format!("/ho-so/{DOSSIER}/tep/{FILE}")).await.expect(303);
}

#[tokio::test]
async fn a_supplement_is_sent_with_its_files_on_the_version_seen() {
    let (world, browser) = world().await;
    uploads_work(&world).await;
    let mut asked = dossier("supplementRequested", 3, &["supplement", "withdraw"]);
    asked["supplement"] = json!({"items": [{"componentId": COMPONENT, "content": "Bản rõ hơn", "guidance": "Chụp lại"}],
        "reason": "Ảnh mờ", "legalBasis": null, "requestedAt": "2026-11-16T01:40:00Z", "dueAt": "2026-11-25T10:00:00Z", "answeredAt": null});
    world.answers(&format!("/api/v1/dossiers/{DOSSIER}"), asked).await;
    let at = format!("/ho-so/{DOSSIER}");
    let page = world.get(&browser, &at).await.expect(200).text();
    assert!(page.contains("Ảnh mờ") && page.contains("Chụp lại") && page.contains("25/11/2026 17:00"), "{page}");
    let csrf = hidden(&page, "csrf");
    let slot = format!("file.{COMPONENT}");
    let send = format!("{at}/bo-sung");
    let fields = [("csrf", csrf.as_str()), ("version", "3"), ("note", "Đã chụp lại")];
    let command = format!("/api/v1/dossiers/{DOSSIER}/supplement");
    world.says("POST", &command, 412, problem(412, "precondition.failed", "Đã đổi", &[])).await;
    let stale = world.post_files(&browser, &send, &fields, &[(&slot, "a.pdf", "%PDF")]).await.expect(412).text();
    assert!(stale.contains("Đã chụp lại</textarea>") && stale.contains(&format!("{FILE}|")), "{stale}");
    world.says("POST", &command, 200, dossier("new", 4, &[])).await;
    let reply = world.post_files(&browser, &send, &fields, &[(&slot, "a.pdf", "%PDF")]).await.expect(303);
    assert_eq!(reply.header("location"), Some(format!("{at}?xong=supplement").as_str()));
    let sent = world.asked("POST", &command).await;
    assert_eq!(sent[1].headers["if-match"], "\"3\"");
    assert_eq!(json_of(&sent[1]), json!({"attachments": [{"componentId": COMPONENT, "fileId": FILE}], "note": "Đã chụp lại"}));
}

#[tokio::test]
async fn withdrawing_asks_first() {
    let (world, browser) = world().await;
    world.answers(&format!("/api/v1/dossiers/{DOSSIER}"), dossier("new", 1, &["withdraw"])).await;
    let at = format!("/ho-so/{DOSSIER}/rut");
    let page = world.get(&browser, &at).await.expect(200).text();
    let csrf = hidden(&page, "csrf");
    assert_eq!(hidden(&page, "version"), "1");
    let command = format!("/api/v1/dossiers/{DOSSIER}/withdraw");
    world.says("POST", &command, 200, dossier("withdrawn", 2, &[])).await;
    world.post(&browser, &at, &[("csrf", &csrf), ("version", "1"), ("reason", "")]).await.expect(303);
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
    for text in ["4 thư chưa đọc", "Dòng hai", &format!("href=\"/ho-so/{DOSSIER}\""), "Chưa đọc"] {
        assert!(page.contains(text), "{text} is missing in {page}");
    }
    world.says("POST", "/api/v1/notifications/n-1/read", 200, json!({})).await;
    let csrf = hidden(&page, "csrf");
    let reply = world.post(&browser, "/hop-thu/n-1/da-doc", &[("csrf", &csrf)]).await.expect(303);
    assert_eq!(reply.header("location"), Some("/hop-thu"));
    assert_eq!(world.asked("POST", "/api/v1/notifications/n-1/read").await.len(), 1);
}
