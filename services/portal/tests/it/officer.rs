//! The desks of the officers.

use crate::world::{Browser, COMPONENT, DOSSIER, FILE, World, dossier, hidden, problem, query};
use serde_json::{Value, json};
use testkit::actors;

const PAGE: &str = "/mot-cua/ho-so/019d2bfd-0000-70ac-b9d6-000000000001";

async fn world(actions: &[&str]) -> (World, Browser) {
    let world = World::new().await;
    world.with_catalogue().await;
    world
        .answers(
            &format!("/api/v1/dossiers/{DOSSIER}"),
            dossier("received", 2, actions),
        )
        .await;
    let browser = world.sign_in(&actors::officer()).await;
    (world, browser)
}

fn command(name: &str) -> String {
    format!("/api/v1/dossiers/{DOSSIER}/{name}")
}

fn json_of(request: &wiremock::Request) -> Value {
    serde_json::from_slice(&request.body).expect("json")
}

#[tokio::test]
async fn officers_pages_are_closed_to_citizens() {
    let world = World::new().await;
    let citizen = world.sign_in(&actors::citizen()).await;
    for at in ["/mot-cua", "/mot-cua/buu-chinh", PAGE] {
        let page = world.get(&citizen, at).await.expect(403);
        assert!(page.text().contains("Không có quyền"), "{}", page.text());
    }
    let csrf = hidden(&world.get(&citizen, "/khong-co").await.text(), "csrf");
    world
        .post(
            &citizen,
            &format!("{PAGE}/receive"),
            &[("csrf", &csrf), ("version", "1")],
        )
        .await
        .expect(403);
}

#[tokio::test]
async fn the_worklist_filters_and_says_in_words_what_is_late() {
    let (world, browser) = world(&[]).await;
    world.answers("/api/v1/dossiers", json!({"items": [{"id": DOSSIER, "number": null, "version": 1,
        "status": {"code": 1, "key": "new", "name": "Mới đăng ký"}, "step": {"id": "intake", "name": "Tiếp nhận", "role": "one_stop_officer"},
        "procedure": {"id": "p", "code": "c", "name": "Đăng ký khai sinh"}, "agency": {"code": "H05.21", "name": "x"},
        "applicantName": "Trần <b>", "channel": "online", "returnMethod": "post", "submittedAt": "2026-11-10T01:00:00Z",
        "receivedAt": null, "dueAt": "2026-11-14T10:00:00Z", "overdue": true, "restricted": true, "assignedTo": "Hoàng Thị Em"}], "next": "n2"})).await;
    let page = world
        .get(&browser, "/mot-cua?q=An&trang-thai=new&qua-han=1")
        .await
        .expect(200)
        .text();
    for text in [
        "Quá hạn 2 ngày",
        "Hạn chế tiếp cận",
        "Trần &#60;b&#62;",
        "Hoàng Thị Em",
        "<option value=\"new\" selected>",
        "value=\"1\" checked",
        "/mot-cua?q=An&#38;trang-thai=new&#38;qua-han=1&#38;tiep=n2",
        "scope=\"col\"",
    ] {
        assert!(page.contains(text), "{text} is missing in {page}");
    }
    let asked = world.asked("GET", "/api/v1/dossiers").await;
    let query: Vec<(String, String)> = asked[0].url.query_pairs().into_owned().collect();
    for (name, value) in [("q", "An"), ("status", "new"), ("overdue", "true")] {
        assert!(
            query.contains(&(name.to_owned(), value.to_owned())),
            "{query:?}"
        );
    }
    // A filter that nobody offers is none, not an error.
    world
        .get(&browser, "/mot-cua?trang-thai=odd")
        .await
        .expect(200);
}

#[tokio::test]
async fn only_the_commands_open_now_have_forms() {
    let (world, browser) = world(&[
        "receive",
        "request-supplement",
        "refuse",
        "withdraw",
        "something-new",
    ])
    .await;
    let page = world.get(&browser, PAGE).await.expect(200).text();
    for open in ["receive", "request-supplement", "refuse"] {
        assert!(
            page.contains(&format!("action=\"{PAGE}/{open}\"")),
            "{open}: {page}"
        );
    }
    for shut in [
        "approve",
        "propose",
        "stop",
        "hand-over",
        "withdraw",
        "something-new",
    ] {
        assert!(
            !page.contains(&format!("action=\"{PAGE}/{shut}\"")),
            "{shut}: {page}"
        );
    }
    for text in [
        "024090000011",
        "Số 12, thôn Trung, Xã Yên Thế, Tỉnh Bắc Ninh",
        "Đăng ký cho con",
        "chung-sinh.pdf",
        "control-slip.pdf",
    ] {
        assert!(page.contains(text), "{text} is missing in {page}");
    }
}

#[tokio::test]
async fn a_command_goes_out_on_the_version_seen() {
    let (world, browser) = world(&["receive"]).await;
    let page = world.get(&browser, PAGE).await.text();
    let (csrf, key) = (hidden(&page, "csrf"), hidden(&page, "key"));
    assert_eq!(hidden(&page, "version"), "2");
    world
        .says(
            "POST",
            &command("receive"),
            200,
            dossier("received", 3, &[]),
        )
        .await;
    let fields = [
        ("csrf", csrf.as_str()),
        ("version", "2"),
        ("key", key.as_str()),
    ];
    let reply = world
        .post(&browser, &format!("{PAGE}/receive"), &fields)
        .await
        .expect(303);
    assert_eq!(
        reply.header("location"),
        Some(format!("{PAGE}?xong=receive").as_str())
    );
    let sent = world.asked("POST", &command("receive")).await;
    assert_eq!(sent[0].headers["if-match"], "\"2\"");
    assert_eq!(sent[0].headers["idempotency-key"], key.as_str());
    assert_eq!(json_of(&sent[0]), json!({}));
    let after = world
        .get(&browser, &format!("{PAGE}?xong=receive"))
        .await
        .text();
    assert!(after.contains("Đã thực hiện: Tiếp nhận hồ sơ."), "{after}");
    world
        .get(&browser, &format!("{PAGE}?xong=%3Cscript%3E"))
        .await
        .expect(200);
    world
        .post(&browser, &format!("{PAGE}/no-such"), &fields)
        .await
        .expect(404);
    world
        .post(&browser, &format!("{PAGE}/receive"), &[("version", "2")])
        .await
        .expect(403);
}

#[tokio::test]
async fn a_dossier_that_changed_meanwhile_is_shown_anew_with_what_was_typed() {
    let (world, browser) = world(&["refuse"]).await;
    let csrf = hidden(&world.get(&browser, PAGE).await.text(), "csrf");
    world
        .says(
            "POST",
            &command("refuse"),
            412,
            problem(412, "precondition.failed", "Đã đổi", &[]),
        )
        .await;
    world
        .answers(
            &format!("/api/v1/dossiers/{DOSSIER}"),
            dossier("inProgress", 5, &["refuse"]),
        )
        .await;
    let fields = [
        ("csrf", csrf.as_str()),
        ("version", "2"),
        ("refuse-reason", "Sai thẩm quyền"),
    ];
    let page = world
        .post(&browser, &format!("{PAGE}/refuse"), &fields)
        .await
        .expect(412)
        .text();
    for text in [
        "Hồ sơ vừa thay đổi",
        "Đang xử lý",
        "Sai thẩm quyền</textarea>",
        "<details open>",
    ] {
        assert!(page.contains(text), "{text} is missing in {page}");
    }
    assert_eq!(
        hidden(&page, "version"),
        "5",
        "the next try acts on what is shown now"
    );
}

#[tokio::test]
async fn a_supplement_request_carries_its_items_and_its_errors_come_back() {
    let (world, browser) = world(&["request-supplement"]).await;
    let csrf = hidden(&world.get(&browser, PAGE).await.text(), "csrf");
    world
        .says(
            "POST",
            &command("request-supplement"),
            422,
            problem(
                422,
                "body.invalid",
                "Chưa hợp lệ",
                &[
                    ("/items/1/content", "field.too-long", "Quá dài"),
                    ("/reason", "field.required", "Thiếu lý do"),
                ],
            ),
        )
        .await;
    let component = format!("request-supplement-component-{}", 1);
    let fields = [
        ("csrf", csrf.as_str()),
        ("version", "2"),
        ("request-supplement-reason", ""),
        ("request-supplement-content-1", "Giấy chứng sinh"),
        ("request-supplement-guidance-1", "Chụp rõ"),
        (component.as_str(), COMPONENT),
        ("request-supplement-content-3", "Ảnh"),
    ];
    let page = world
        .post(&browser, &format!("{PAGE}/request-supplement"), &fields)
        .await
        .expect(422)
        .text();
    assert!(
        page.contains("id=\"request-supplement-content-3-error\""),
        "{page}"
    );
    assert!(
        page.contains("id=\"request-supplement-reason-error\"")
            && page.contains("value=\"Chụp rõ\""),
        "{page}"
    );
    let sent = json_of(&world.asked("POST", &command("request-supplement")).await[0]);
    assert_eq!(
        sent["items"],
        json!([{"componentId": COMPONENT, "content": "Giấy chứng sinh", "guidance": "Chụp rõ"},
        {"componentId": null, "content": "Ảnh", "guidance": null}])
    );
}

#[tokio::test]
async fn a_result_is_proposed_with_its_file() {
    let (world, browser) = world(&["propose"]).await;
    let csrf = hidden(&world.get(&browser, PAGE).await.text(), "csrf");
    let at = format!("{PAGE}/propose");
    let fields = [
        ("csrf", csrf.as_str()),
        ("version", "2"),
        ("propose-note", "Đủ điều kiện"),
    ];
    let missing = world
        .post_files(&browser, &at, &fields, &[("file.result", "", "")])
        .await
        .expect(422)
        .text();
    assert!(
        missing.contains("id=\"file-result-error\"") && missing.contains("Đủ điều kiện</textarea>"),
        "{missing}"
    );
    world.says("POST", "/api/v1/files", 201, json!({"id": FILE, "name": "kq.pdf", "size": 4, "mediaType": "application/pdf", "sha256": "0"})).await;
    world
        .says(
            "POST",
            &command("propose"),
            409,
            problem(
                409,
                "dossier.same-person",
                "Một người không làm cả hai việc",
                &[],
            ),
        )
        .await;
    let refused = world
        .post_files(&browser, &at, &fields, &[("file.result", "kq.pdf", "%PDF")])
        .await
        .expect(409)
        .text();
    assert!(
        refused.contains("Một người không làm cả hai việc")
            && refused.contains(&format!("{FILE}|kq.pdf")),
        "{refused}"
    );
    world
        .says(
            "POST",
            &command("propose"),
            200,
            dossier("inProgress", 3, &[]),
        )
        .await;
    world
        .post_files(&browser, &at, &fields, &[("file.result", "kq.pdf", "%PDF")])
        .await
        .expect(303);
    let sent = world.asked("POST", &command("propose")).await;
    assert_eq!(
        json_of(&sent[1]),
        json!({"resultFileId": FILE, "note": "Đủ điều kiện"})
    );
}

#[tokio::test]
async fn another_agencys_dossier_is_not_there() {
    let (world, browser) = world(&[]).await;
    world
        .says(
            "GET",
            "/api/v1/dossiers/other",
            404,
            problem(404, "dossier.not-found", "Không có", &[]),
        )
        .await;
    world
        .get(&browser, "/mot-cua/ho-so/other")
        .await
        .expect(404);
}

#[tokio::test]
async fn the_hand_over_list_shows_what_waits_and_what_was_taken() {
    let (world, browser) = world(&[]).await;
    world.answers("/api/v1/shipments/manifests", json!({
        "ready": [{"id": "s-1", "dossierId": DOSSIER, "dossierNumber": "H05.21-261116-0001", "state": "ready", "stateName": "Sẵn sàng bàn giao",
            "receiver": {"name": "Nguyễn Văn An", "phone": "+84912345678", "address": {}, "addressLine": "Số 12, Xã Yên Thế"}, "createdAt": "2026-11-16T01:00:00Z"}],
        "readyCount": 1,
        "items": [{"number": "BG-0001", "operator": "postoffice", "agencyCode": "H05.21", "agencyName": "x", "signedBy": "Trần Văn Bưu", "agencySignedBy": null,
            "signedAt": "2026-11-15T01:00:00Z", "count": 1, "items": [{"shipmentId": "s-0", "dossierNumber": "H05.21-261115-0001", "itemNumber": "RV000000016VN", "state": "handedToPost"}]}],
        "next": null})).await;
    let page = world
        .get(&browser, "/mot-cua/buu-chinh")
        .await
        .expect(200)
        .text();
    for text in [
        "Chờ bàn giao (1)",
        "Số 12, Xã Yên Thế",
        "BG-0001",
        "Trần Văn Bưu",
        "RV000000016VN",
        "Đã bàn giao bưu chính",
    ] {
        assert!(page.contains(text), "{text} is missing in {page}");
    }
}

#[tokio::test]
async fn approving_with_an_old_sign_in_leads_to_the_password_and_back() {
    let (world, browser) = world(&["approve"]).await;
    let page = world.get(&browser, PAGE).await.text();
    let (csrf, key) = (hidden(&page, "csrf"), hidden(&page, "key"));
    let said = problem(401, "auth.step-up-required", "Cần xác thực lại", &[]);
    let at = format!("/api/v1/dossiers/{DOSSIER}/approve");
    world.says("POST", &at, 401, said).await;
    let fields = [
        ("csrf", csrf.as_str()),
        ("key", key.as_str()),
        ("version", "2"),
    ];
    let sent = world
        .post(&browser, &format!("{PAGE}/approve"), &fields)
        .await;
    let to = sent
        .expect(303)
        .header("location")
        .expect("location")
        .to_owned();
    assert!(to.ends_with("&lai=1"), "{to}");
    let begun = world.get(&browser, &to).await.expect(303);
    let asked = query(begun.header("location").expect("location"));
    assert_eq!(asked["max_age"], "900");
    assert_eq!(asked["acr_values"], "urn:motcua:acr:single-factor");
    // An ordinary sign-in asks for neither.
    let begun = world.get(&browser, "/dang-nhap").await.expect(303);
    let asked = query(begun.header("location").expect("location"));
    assert!(!asked.contains_key("max_age") && !asked.contains_key("acr_values"));
}

#[tokio::test]
async fn the_book_of_dossiers_with_an_old_sign_in_leads_to_the_password_and_back_to_it() {
    let (world, browser) = world(&[]).await;
    let said = problem(401, "auth.step-up-required", "Cần xác thực lại", &[]);
    let book = "/api/v1/reports/register.pdf";
    world.says("GET", book, 401, said).await;
    let at = "/mot-cua/so-theo-doi.pdf?tu=2026-11-01&den=2026-11-16";
    let sent = world.get(&browser, at).await.expect(303);
    let to = sent.header("location").expect("location").to_owned();
    assert!(to.ends_with("&lai=1"), "{to}");
    let back = query(&format!("http://portal.test{to}"));
    assert_eq!(back["next"], at);
    let begun = world.get(&browser, &to).await.expect(303);
    let asked = query(begun.header("location").expect("location"));
    assert_eq!(asked["max_age"], "900");
}

#[tokio::test]
async fn dates_kept_and_alarms_are_on_one_page() {
    let (world, browser) = world(&[]).await;
    let outcomes = |early: i64, late: i64| json!({"early": early, "onTime": 5, "late": late});
    world
        .answers(
            "/api/v1/reports/dossiers",
            json!({"from": "2026-11-01", "to": "2026-11-16", "agencyCode": "H05.21", "carriedOver": 3,
                "received": {"online": 9, "direct": 2, "postal": 1}, "solved": outcomes(4, 0),
                "solvedByFirstDate": outcomes(3, 17), "notReceived": 0, "withdrawn": 0, "stopped": 0,
                "open": {"inTerm": 6, "overdue": 21, "supplementRequested": 0, "paymentRequested": 0}, "checkedLate": 0}),
        )
        .await;
    world
        .answers(
            "/api/v1/dossier-alarms",
            json!({"items": [{"kind": "apologyDue", "at": "2026-11-16T00:30:00Z", "raisedAt": "2026-11-16T00:31:00Z",
                "dueAt": "2026-11-17T10:00:00Z", "dossierId": DOSSIER, "number": "H05.21-261116-0001",
                "procedureName": "Đăng ký <khai sinh>", "agency": {"code": "H05.21", "name": "x"},
                "status": {"code": 4, "key": "inProgress", "name": "Đang xử lý"}, "assignedTo": null, "overdue": false}],
                "next": "n2"}),
        )
        .await;
    let page = world
        .get(&browser, "/mot-cua/thoi-han?tu=2026-11-01&den=xyz")
        .await
        .expect(200)
        .text();
    for text in [
        "<strong>⚠ 17</strong>",
        "<strong>⚠ 21</strong>",
        "Ngày cuối để xin lỗi, hẹn lại",
        "Đăng ký &#60;khai sinh&#62;",
        "tu=2026-11-01&#38;den=2026-11-16&#38;tiep=n2",
    ] {
        assert!(page.contains(text), "{text} is missing in {page}");
    }
    let asked = world.asked("GET", "/api/v1/reports/dossiers").await;
    assert_eq!(
        asked[0].url.query(),
        Some("from=2026-11-01"),
        "a date that is none is left out"
    );
}

#[tokio::test]
async fn an_apology_a_reopening_and_a_refusal_go_out_as_typed() {
    let (world, browser) = world(&["apologise", "reopen", "correct"]).await;
    let page = world.get(&browser, PAGE).await.text();
    let (csrf, key) = (hidden(&page, "csrf"), hidden(&page, "key"));
    assert!(page.contains("apology-draft.pdf"), "{page}");
    assert!(
        page.contains("type=\"date\" id=\"apologise-dueOn\""),
        "{page}"
    );
    let base = [
        ("csrf", csrf.as_str()),
        ("version", "2"),
        ("key", key.as_str()),
    ];
    // Without a date nobody is asked.
    let fields = [&base[..], &[("apologise-reason", "Chờ ý kiến")]].concat();
    let reply = world
        .post(&browser, &format!("{PAGE}/apologise"), &fields)
        .await;
    assert!(reply.expect(422).text().contains("Ngày hẹn mới"));
    world
        .says(
            "POST",
            &command("apologise"),
            422,
            problem(
                422,
                "body.invalid",
                "Dữ liệu gửi lên chưa hợp lệ",
                &[("/dueOn", "apology.date-invalid", "Phải là ngày làm việc")],
            ),
        )
        .await;
    let fields = [
        &base[..],
        &[
            ("apologise-reason", "Chờ ý kiến"),
            ("apologise-dueOn", "2026-11-21"),
        ],
    ]
    .concat();
    let reply = world
        .post(&browser, &format!("{PAGE}/apologise"), &fields)
        .await;
    let page = reply.expect(422).text();
    assert!(
        page.contains("Phải là ngày làm việc") && page.contains("value=\"2026-11-21\""),
        "{page}"
    );
    let sent = world.asked("POST", &command("apologise")).await;
    assert_eq!(
        json_of(&sent[0]),
        json!({"reason": "Chờ ý kiến", "dueOn": "2026-11-21"})
    );
    world
        .says("POST", &command("reopen"), 200, dossier("received", 3, &[]))
        .await;
    let fields = [
        &base[..],
        &[
            ("reopen-reason", "Dừng nhầm"),
            ("reopen-legalBasis", "Điều 21"),
        ],
    ]
    .concat();
    world
        .post(&browser, &format!("{PAGE}/reopen"), &fields)
        .await
        .expect(303);
    let sent = world.asked("POST", &command("reopen")).await;
    assert_eq!(
        json_of(&sent[0]),
        json!({"reason": "Dừng nhầm", "legalBasis": "Điều 21"})
    );
}

#[tokio::test]
async fn an_incident_is_announced_and_ended() {
    let (world, browser) = world(&[]).await;
    let incident = |version: i64, ended: Value| {
        json!({"id": DOSSIER, "version": version, "agencyCode": "H05.21", "title": "Mất <kết nối>",
            "startedAt": "2026-11-16T01:30:00Z", "announcedAt": "2026-11-16T01:31:00Z", "announcedBy": "Khánh",
            "expectedAt": null, "endedAt": ended, "endedBy": null, "moved": 0, "settledAt": null})
    };
    world
        .answers(
            "/api/v1/incidents",
            json!({"items": [incident(1, Value::Null)], "next": null}),
        )
        .await;
    let page = world
        .get(&browser, "/mot-cua/su-co")
        .await
        .expect(200)
        .text();
    assert!(
        page.contains("Mất &#60;kết nối&#62;") && page.contains("Đang diễn ra"),
        "{page}"
    );
    let csrf = hidden(&page, "csrf");
    let fields = [
        ("csrf", csrf.as_str()),
        ("title", "Sự cố"),
        ("startedAt", "hôm qua"),
    ];
    world
        .post(&browser, "/mot-cua/su-co", &fields)
        .await
        .expect(422);
    world
        .says("POST", "/api/v1/incidents", 201, incident(1, Value::Null))
        .await;
    let fields = [
        ("csrf", csrf.as_str()),
        ("title", "Sự cố"),
        ("startedAt", "2026-11-16T08:30"),
        ("agencyCode", "H05.21"),
    ];
    world
        .post(&browser, "/mot-cua/su-co", &fields)
        .await
        .expect(303);
    let sent = world.asked("POST", "/api/v1/incidents").await;
    assert_eq!(
        json_of(&sent[0]),
        json!({"agencyCode": "H05.21", "title": "Sự cố", "startedAt": "2026-11-16T01:30:00Z"})
    );
    let path = format!("/api/v1/incidents/{DOSSIER}/end");
    world
        .says(
            "POST",
            &path,
            200,
            incident(2, json!("2026-11-16T02:00:00Z")),
        )
        .await;
    let fields = [("csrf", csrf.as_str()), ("version", "1")];
    world
        .post(
            &browser,
            &format!("/mot-cua/su-co/{DOSSIER}/ket-thuc"),
            &fields,
        )
        .await
        .expect(303);
    let sent = world.asked("POST", &path).await;
    assert_eq!(sent[0].headers["if-match"], "\"1\"");
    // Not without a form of this session.
    world
        .post(
            &browser,
            "/mot-cua/su-co",
            &[
                ("csrf", "x"),
                ("title", "a"),
                ("startedAt", "2026-11-16T08:30"),
            ],
        )
        .await
        .expect(403);
}
