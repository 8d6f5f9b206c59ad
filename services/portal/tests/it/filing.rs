//! Filing a dossier.

use crate::world::{Browser, COMPONENT, DOSSIER, FILE, PROCEDURE, World, dossier, hidden, problem};
use serde_json::{Value, json};
use testkit::actors;
use wiremock::matchers::{method, path};
use wiremock::{Mock, ResponseTemplate};

const FORM: &str = "/nop-ho-so/019d2bfd-3fe0-70ac-b9d6-5e9e20d6eef7";

pub(crate) async fn world() -> (World, Browser) {
    let world = World::new().await;
    world.with_catalogue().await;
    let browser = world.sign_in(&actors::citizen()).await;
    (world, browser)
}

fn filled<'a>(csrf: &'a str, key: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("csrf", csrf),
        ("key", key),
        ("agencyCode", "H05.21"),
        ("kind", "citizen"),
        ("name", "Nguyễn Văn An"),
        ("identityNumber", "024090000011"),
        ("phone", "0912345678"),
        ("email", "an@example.vn"),
        ("provinceCode", "24"),
        ("communeCode", "07288"),
        ("street", "Số 12 <thôn> Trung"),
        ("notes", "Đăng ký cho con"),
        ("returnMethod", "post"),
        ("returnProvinceCode", "24"),
        ("returnCommuneCode", "07210"),
        ("returnStreet", "Số 7"),
    ]
}

pub(crate) async fn uploads_work(world: &World) {
    world.says("POST", "/api/v1/files", 201,
        json!({"id": FILE, "name": "chung-sinh.pdf", "size": 4, "mediaType": "application/pdf", "sha256": "00"})).await;
}

pub(crate) fn json_of(request: &wiremock::Request) -> Value {
    serde_json::from_slice(&request.body).expect("json")
}

#[tokio::test]
async fn the_form_is_filled_in_with_what_is_known_and_has_a_picker_for_each_paper() {
    let (world, browser) = world().await;
    let html = world.get(&browser, FORM).await.expect(200).text();
    for text in [
        "value=\"Nguyễn Văn An\"",
        "value=\"0912345678\"",
        "value=\"024090000011\"",
        "Xã Yên Thế",
        "H05.22",
    ] {
        assert!(html.contains(text), "{text} is missing in {html}");
    }
    assert!(
        html.contains(&format!("name=\"file.{COMPONENT}\"")),
        "{html}"
    );
    assert!(
        !html.contains("name=\"file.note-1\""),
        "a note is no paper: {html}"
    );
    assert!(html.contains("không quá 20 MB"), "{html}");
    for id in ["agencyCode", "name", "phone", "communeCode", "notes"] {
        assert!(
            html.contains(&format!("for=\"{id}\"")) && html.contains(&format!("id=\"{id}\"")),
            "{id}"
        );
    }
}

#[tokio::test]
async fn a_filled_form_is_filed_and_confirmed() {
    let (world, browser) = world().await;
    uploads_work(&world).await;
    world
        .says(
            "POST",
            "/api/v1/dossiers",
            201,
            dossier("new", 1, &["withdraw"]),
        )
        .await;
    let html = world.get(&browser, FORM).await.text();
    let (csrf, key) = (hidden(&html, "csrf"), hidden(&html, "key"));
    let slot = format!("file.{COMPONENT}");
    let reply = world
        .post_files(
            &browser,
            FORM,
            &filled(&csrf, &key),
            &[(&slot, "chung-sinh.pdf", "%PDF")],
        )
        .await
        .expect(303);
    let there = format!("/ho-so/{DOSSIER}?moi=1");
    assert_eq!(reply.header("location"), Some(there.as_str()));
    let filed = world.asked("POST", "/api/v1/dossiers").await;
    let body = json_of(&filed[0]);
    assert_eq!(filed[0].headers["idempotency-key"], key.as_str());
    assert_eq!(body["procedureId"], PROCEDURE);
    assert_eq!(
        body["attachments"],
        json!([{"componentId": COMPONENT, "fileId": FILE}])
    );
    assert_eq!(
        body["applicant"]["address"],
        json!({"provinceCode": "24", "communeCode": "07288", "street": "Số 12 <thôn> Trung"})
    );
    assert_eq!(body["return"]["address"]["communeCode"], "07210");
    assert_eq!(body["answers"]["notes"], "Đăng ký cho con");
    assert!(
        body["applicant"].get("taxCode").is_none(),
        "what was left empty is left out: {body}"
    );
    world
        .answers(
            &format!("/api/v1/dossiers/{DOSSIER}"),
            dossier("new", 1, &["withdraw"]),
        )
        .await;
    let page = world.get(&browser, &there).await.expect(200).text();
    assert!(
        page.contains("Hồ sơ đã được gửi") && page.contains("16/11/2026 08:00"),
        "{page}"
    );
}

#[tokio::test]
async fn the_same_form_sent_twice_carries_the_same_keys() {
    let (world, browser) = world().await;
    uploads_work(&world).await;
    world
        .says("POST", "/api/v1/dossiers", 201, dossier("new", 1, &[]))
        .await;
    let html = world.get(&browser, FORM).await.text();
    let (csrf, key) = (hidden(&html, "csrf"), hidden(&html, "key"));
    let slot = format!("file.{COMPONENT}");
    for _ in 0..2 {
        world
            .post_files(
                &browser,
                FORM,
                &filled(&csrf, &key),
                &[(&slot, "a.pdf", "%PDF")],
            )
            .await
            .expect(303);
    }
    for at in ["/api/v1/dossiers", "/api/v1/files"] {
        let asked = world.asked("POST", at).await;
        assert_eq!(asked.len(), 2);
        assert_eq!(
            asked[0].headers["idempotency-key"], asked[1].headers["idempotency-key"],
            "{at}"
        );
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
    world
        .says(
            "POST",
            "/api/v1/dossiers",
            422,
            problem(
                422,
                "body.invalid",
                "Dữ liệu chưa hợp lệ",
                &[
                    (
                        "/applicant/identityNumber",
                        "identity-number.invalid",
                        "Số định danh <sai>",
                    ),
                    (
                        "/return/address/communeCode",
                        "commune.ended",
                        "Mã xã hết hiệu lực",
                    ),
                    (
                        "/attachments/0/fileId",
                        "file.unknown",
                        "Tệp không dùng được",
                    ),
                    ("/somethingNew", "x", "Lỗi lạ"),
                ],
            ),
        )
        .await;
    let html = world.get(&browser, FORM).await.text();
    let (csrf, key) = (hidden(&html, "csrf"), hidden(&html, "key"));
    let slot = format!("file.{COMPONENT}");
    let page = world
        .post_files(
            &browser,
            FORM,
            &filled(&csrf, &key),
            &[(&slot, "chung-sinh.pdf", "%PDF")],
        )
        .await
        .expect(422)
        .text();
    for (field, text) in [
        ("identityNumber", "Số định danh &#60;sai&#62;"),
        ("returnCommuneCode", "Mã xã hết hiệu lực"),
    ] {
        assert!(
            page.contains(&format!("id=\"{field}-error\"")),
            "{field}: {page}"
        );
        assert!(
            page.contains(&format!("<a href=\"#{field}\">"))
                && page.contains(&format!(": {text}</a>")),
            "{field}: {page}"
        );
    }
    assert!(
        page.contains(&format!("id=\"file-{COMPONENT}-error\"")),
        "{page}"
    );
    assert!(
        page.contains("<li>Lỗi lạ</li>"),
        "an unknown pointer is still told: {page}"
    );
    assert!(
        page.contains("value=\"Số 12 &#60;thôn&#62; Trung\"")
            && page.contains("Đăng ký cho con</textarea>"),
        "{page}"
    );
    assert!(page.contains("<option value=\"07210\" selected>"), "{page}");
    assert!(page.contains("value=\"post\" checked"), "{page}");
    assert!(
        page.contains("đã tải lên") && page.contains(&format!("value=\"{FILE}|chung-sinh.pdf\"")),
        "{page}"
    );
    assert_eq!(
        hidden(&page, "key"),
        key,
        "the next try is the same dossier"
    );
    assert!(page.contains("role=\"alert\""));

    // Sent again without choosing the file again: it is attached by its id, and not uploaded anew.
    world
        .says("POST", "/api/v1/dossiers", 201, dossier("new", 1, &[]))
        .await;
    let mut again = filled(&csrf, &key);
    let (kept_name, kept) = (
        format!("kept.{COMPONENT}"),
        format!("{FILE}|chung-sinh.pdf"),
    );
    again.push((&kept_name, &kept));
    world
        .post_files(&browser, FORM, &again, &[(&slot, "", "")])
        .await
        .expect(303);
    let filed = world.asked("POST", "/api/v1/dossiers").await;
    assert_eq!(
        json_of(&filed[1])["attachments"],
        json!([{"componentId": COMPONENT, "fileId": FILE}])
    );
    assert_eq!(world.asked("POST", "/api/v1/files").await.len(), 1);
}

#[tokio::test]
async fn a_missing_required_paper_is_named_at_its_picker() {
    let (world, browser) = world().await;
    world
        .says(
            "POST",
            "/api/v1/dossiers",
            422,
            problem(
                422,
                "body.invalid",
                "Dữ liệu chưa hợp lệ",
                &[("/attachments", "component.missing", "Thiếu giấy tờ")],
            ),
        )
        .await;
    let html = world.get(&browser, FORM).await.text();
    let (csrf, key) = (hidden(&html, "csrf"), hidden(&html, "key"));
    let page = world
        .post_files(&browser, FORM, &filled(&csrf, &key), &[])
        .await
        .expect(422)
        .text();
    assert!(
        page.contains(&format!(
            "<a href=\"#file-{COMPONENT}\">Chưa điền: Giấy chứng sinh</a>"
        )),
        "{page}"
    );
}

#[tokio::test]
async fn a_refused_file_is_told_at_its_picker_and_nothing_is_filed() {
    let (world, browser) = world().await;
    world
        .says(
            "POST",
            "/api/v1/files",
            422,
            problem(422, "file.type-mismatch", "Tệp không đúng loại", &[]),
        )
        .await;
    let html = world.get(&browser, FORM).await.text();
    let (csrf, key) = (hidden(&html, "csrf"), hidden(&html, "key"));
    let slot = format!("file.{COMPONENT}");
    let page = world
        .post_files(
            &browser,
            FORM,
            &filled(&csrf, &key),
            &[(&slot, "a.pdf", "MZ")],
        )
        .await
        .expect(422)
        .text();
    assert!(
        page.contains("Tệp không đúng loại")
            && page.contains(&format!("id=\"file-{COMPONENT}-error\"")),
        "{page}"
    );
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
    let page = world
        .post_files(
            &browser,
            FORM,
            &filled(&csrf, &key),
            &[(&slot, "a.pdf", &large)],
        )
        .await
        .expect(422)
        .text();
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
        let reply = world
            .post_files(
                &browser,
                FORM,
                &filled(token, &key),
                &[(&slot, "a.pdf", "%PDF")],
            )
            .await;
        assert_eq!(reply.status, 403, "{}", reply.text());
        assert!(reply.text().contains("Biểu mẫu đã hết hạn"));
    }
    let rut = format!("/ho-so/{DOSSIER}/rut");
    world
        .post(&browser, &rut, &[("version", "1")])
        .await
        .expect(403);
    world
        .post(&browser, "/hop-thu/x/da-doc", &[])
        .await
        .expect(403);
    let nobody = world
        .app
        .anonymous()
        .post_form(&rut, &[("csrf", "x")])
        .await
        .expect(303);
    assert_eq!(
        nobody.header("location"),
        Some(format!("/dang-nhap?next=%2Fho-so%2F{DOSSIER}").as_str())
    );
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
    Mock::given(method("POST"))
        .and(path("/api/v1/dossiers"))
        .respond_with(ResponseTemplate::new(503))
        .mount(&world.gateway)
        .await;
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(503))
        .mount(&world.gateway)
        .await;
    let mut fields = filled(&csrf, &key);
    let (kept_name, kept) = (
        format!("kept.{COMPONENT}"),
        format!("{FILE}|chung-sinh.pdf"),
    );
    fields.push((&kept_name, &kept));
    let page = world
        .post_files(&browser, FORM, &fields, &[])
        .await
        .expect(503)
        .text();
    assert!(page.contains("hồ sơ chưa được gửi"), "{page}");
    assert!(
        page.contains("Đăng ký cho con</textarea>") && page.contains(&kept),
        "{page}"
    );
    assert!(
        page.contains("<option value=\"H05.21\" selected>"),
        "{page}"
    );
    assert_eq!(hidden(&page, "key"), key);
}

#[tokio::test]
async fn a_list_of_desks_that_is_away_or_empty_says_so_where_it_would_be() {
    for (status, body, vi, en) in [
        (
            503,
            json!({"code": "gateway.upstream-unavailable"}),
            "Chưa lấy được danh sách cơ quan tiếp nhận",
            "The list of receiving desks could not be loaded",
        ),
        (
            200,
            json!({"items": [{"code": "H05", "name": "Sở", "reception": false}], "next": null}),
            "Hiện chưa có nơi nào tiếp nhận",
            "No desk accepts this procedure online",
        ),
    ] {
        let (world, browser) = world().await;
        world.get(&browser, "/thu-tuc").await.expect(200);
        world.says("GET", "/api/v1/agencies", status, body).await;
        for (at, said) in [(FORM.to_owned(), vi), (format!("{FORM}?lang=en"), en)] {
            let page = world.get(&browser, &at).await.expect(200).text();
            assert!(page.contains(said), "{said}: {page}");
        }
    }
    let (world, browser) = world().await;
    let page = world.get(&browser, FORM).await.expect(200).text();
    assert!(!page.contains("class=\"note warn\""), "{page}");
}

#[tokio::test]
async fn another_province_loads_its_communes_and_keeps_the_rest() {
    let (world, browser) = world().await;
    let html = world.get(&browser, FORM).await.text();
    let (csrf, key) = (hidden(&html, "csrf"), hidden(&html, "key"));
    let mut fields: Vec<(&str, &str)> = filled(&csrf, &key)
        .into_iter()
        .filter(|(n, _)| *n != "provinceCode")
        .collect();
    fields.extend([("provinceCode", "01"), ("refresh", "1")]);
    let page = world
        .post_files(&browser, FORM, &fields, &[])
        .await
        .expect(200)
        .text();
    assert!(
        page.contains("Phường Ba Đình") && page.contains("Đăng ký cho con</textarea>"),
        "{page}"
    );
    assert!(world.asked("POST", "/api/v1/dossiers").await.is_empty());
}

#[tokio::test]
async fn a_key_used_for_something_else_warns_and_gets_a_new_one() {
    let (world, browser) = world().await;
    world
        .says(
            "POST",
            "/api/v1/dossiers",
            422,
            problem(422, "idempotency.key-reused", "Khóa đã dùng", &[]),
        )
        .await;
    let html = world.get(&browser, FORM).await.text();
    let (csrf, key) = (hidden(&html, "csrf"), hidden(&html, "key"));
    let page = world
        .post_files(&browser, FORM, &filled(&csrf, &key), &[])
        .await
        .expect(409)
        .text();
    assert!(page.contains("đã được nộp một lần"), "{page}");
    assert_ne!(hidden(&page, "key"), key);
}

#[tokio::test]
async fn an_officer_files_at_the_counter_what_came_by_post() {
    let world = World::new().await;
    world.with_catalogue().await;
    uploads_work(&world).await;
    let browser = world.sign_in(&actors::officer()).await;
    let html = world.get(&browser, FORM).await.expect(200).text();
    assert!(html.contains("Hồ sơ tiếp nhận tại quầy"), "{html}");
    assert!(
        !html.contains("value=\"Nguyễn Văn An\""),
        "nobody is known yet"
    );
    let (csrf, key) = (hidden(&html, "csrf"), hidden(&html, "key"));
    let slot = format!("file.{COMPONENT}");
    let files = [(slot.as_str(), "chung-sinh.pdf", "%PDF")];
    let mut fields = filled(&csrf, &key);
    fields.extend([
        ("channel", "postal"),
        ("minutesNumber", "BB-0012"),
        ("minutesSignedAt", "hôm qua"),
    ]);
    // A time that cannot be read is named before anybody is asked.
    world
        .post_files(&browser, FORM, &fields, &files)
        .await
        .expect(422);
    assert!(world.asked("POST", "/api/v1/dossiers").await.is_empty());
    fields.pop();
    fields.extend([
        ("minutesSignedAt", "2026-11-16T08:30"),
        ("compared", "1"),
        ("representativeName", "Trần Thị Bình"),
        ("representativeIdentityNumber", "001190000002"),
        ("representativePhone", "0912345679"),
        ("representativeValidTo", "2026-12-31"),
    ]);
    world
        .says("POST", "/api/v1/dossiers", 201, dossier("new", 1, &[]))
        .await;
    let paper = ("file.authorisation", "giay-uy-quyen.pdf", "%PDF");
    let reply = world
        .post_files(&browser, FORM, &fields, &[files[0], paper])
        .await
        .expect(303);
    let there = format!("/mot-cua/ho-so/{DOSSIER}");
    assert_eq!(reply.header("location"), Some(there.as_str()));
    let filed = world.asked("POST", "/api/v1/dossiers").await;
    let body = json_of(&filed[0]);
    assert_eq!(
        (&body["channel"], &body["compared"]),
        (&json!("postal"), &json!(true))
    );
    assert_eq!(
        body["minutes"],
        json!({"number": "BB-0012", "signedAt": "2026-11-16T01:30:00Z"})
    );
    assert_eq!(
        body["representative"],
        json!({"name": "Trần Thị Bình", "identityNumber": "001190000002", "phone": "0912345679",
            "fileId": FILE, "validTo": "2026-12-31"})
    );
}
