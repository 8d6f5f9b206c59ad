//! Fees, messages and papers of a dossier, for both sides; one's own store of results.

use crate::world::{Browser, COMPONENT, DOSSIER, FILE, World, dossier, hidden, problem, procedure};
use serde_json::{Value, json};
use testkit::actors;

const CITIZEN: &str = "/ho-so/019d2bfd-0000-70ac-b9d6-000000000001";
const OFFICER: &str = "/mot-cua/ho-so/019d2bfd-0000-70ac-b9d6-000000000001";
/// A file whose retention has ended.
const GONE: &str = "019d2bfd-0000-70ac-b9d6-0000000000ff";
const QR: &str = "00020101021238570010A00000072701270006970436011311336666888800208QRIBFTTA53037045405100005802VN62260822MC0123456789ABCDEF01236304A1B2";

fn api(path: &str) -> String {
    format!("/api/v1/dossiers/{DOSSIER}/{path}")
}

fn fees() -> Value {
    json!({"open": 10000, "published": [{"amount": 8000, "currency": "VND", "text": "8.000 đồng/bản", "suspicious": false}],
        "items": [
            {"no": 1, "title": "Lệ phí <b>", "amount": 10000, "basis": "catalogue", "reason": "10.000 đồng/lần", "state": "asked",
             "askedAt": "2026-11-16T01:00:00Z", "transfer": {"bankBin": "970436", "account": "113366668888",
             "accountName": "KHO BAC NHA NUOC", "content": "MC0123456789ABCDEF0123", "qr": QR}},
            {"no": 2, "title": "Phí xác minh", "amount": 5000, "basis": "officer", "reason": "Xác minh", "state": "paid",
             "askedAt": "2026-11-16T01:00:00Z", "paid": {"at": "2026-11-16T02:00:00Z", "way": "cash", "receipt": "BL-7"}}]})
}

async fn world(actor: &contracts::Actor) -> (World, Browser) {
    let world = World::new().await;
    world.with_catalogue().await;
    let seen = dossier("received", 2, &[]);
    world
        .answers(&format!("/api/v1/dossiers/{DOSSIER}"), seen)
        .await;
    world.answers(&api("fees"), fees()).await;
    world.answers(&api("messages"), json!({"items": [
        {"id": "019d2bfd-0000-70ac-b9d6-0000000000a2", "at": "2026-11-16T02:00:00Z", "from": "agency", "author": "Trung tâm", "text": "Mời mang <bản chính>", "files": []},
        {"id": "019d2bfd-0000-70ac-b9d6-0000000000a1", "at": "2026-11-16T01:00:00Z", "from": "applicant", "author": "Nguyễn Văn An", "text": "Cần gì?",
         "files": [{"fileId": FILE, "name": "anh.pdf", "size": 1200, "mediaType": "application/pdf"}]}], "next": null})).await;
    world.answers(&api("papers"), json!({"components": [{"componentId": COMPONENT, "name": "Giấy chứng sinh",
        "versions": [{"version": 1, "replaced": true, "fileId": FILE, "name": "mo.pdf", "size": 1000, "mediaType": "application/pdf",
            "at": "2026-11-16T01:00:00Z", "reused": false, "reusedFrom": null, "preview": true, "retention": {"class": "paper", "years": 10, "until": null}},
            {"version": 2, "replaced": true, "fileId": GONE, "name": "da-huy.pdf", "size": 1000, "mediaType": "application/pdf",
            "at": "2026-11-16T01:00:00Z", "preview": false, "removedAt": "2036-12-16T02:00:00Z",
            "retention": {"class": "paper", "years": 10, "until": "2036-11-16T02:00:00Z", "held": false}},
            {"version": 3, "replaced": false, "fileId": FILE, "name": "giu.pdf", "size": 1000, "mediaType": "application/pdf",
            "at": "2026-11-16T01:00:00Z", "preview": true, "removedAt": null,
            "retention": {"class": "paper", "years": 10, "until": "2036-11-16T02:00:00Z", "held": true}}],
        "originals": [{"no": 1, "count": 2, "note": "Đối chiếu", "keptAt": "2026-11-16T01:00:00Z", "returnedAt": null, "receiverName": null}]}],
        "result": null})).await;
    let browser = world.sign_in(actor).await;
    (world, browser)
}

fn sent(request: &wiremock::Request) -> Value {
    serde_json::from_slice(&request.body).expect("json")
}

#[tokio::test]
async fn the_applicant_sees_what_to_pay_with_a_code_to_scan() {
    let (world, browser) = world(&actors::citizen()).await;
    let page = world
        .get(&browser, &format!("{CITIZEN}/phi"))
        .await
        .expect(200)
        .text();
    assert!(
        page.contains("10.000 đồng") && page.contains("MC0123456789ABCDEF0123"),
        "{page}"
    );
    assert!(page.contains("<svg") && page.contains(QR), "{page}");
    assert!(page.contains("Lệ phí &#60;b&#62;"), "{page}");
    assert!(page.contains("BL-7"), "{page}");
    assert!(
        !page.contains("/phi/1/pay"),
        "no forms of an officer: {page}"
    );
    let dossier = world.get(&browser, CITIZEN).await.expect(200).text();
    for link in ["phi", "tin-nhan", "giay-to"] {
        assert!(
            dossier.contains(&format!("{CITIZEN}/{link}")),
            "{link}: {dossier}"
        );
    }
}

#[tokio::test]
async fn an_officer_asks_notes_and_exempts() {
    let (world, browser) = world(&actors::officer()).await;
    let at = format!("{OFFICER}/phi");
    let page = world.get(&browser, &at).await.expect(200).text();
    let csrf = hidden(&page, "csrf");
    let common = [("csrf", csrf.as_str()), ("version", "2"), ("key", "")];
    world.says("POST", &api("fees"), 201, fees()).await;
    let fields = [
        &common[..],
        &[
            ("ask-tier", ""),
            ("ask-amount", "15.000"),
            ("ask-reason", "Xác minh"),
        ],
    ]
    .concat();
    world.post(&browser, &at, &fields).await.expect(303);
    let asked = world.asked("POST", &api("fees")).await;
    assert_eq!(
        sent(&asked[0]),
        json!({"tier": null, "amount": 15000, "reason": "Xác minh"})
    );
    assert_eq!(asked[0].headers["if-match"], "\"2\"");

    world.says("POST", &api("fees/1/pay"), 200, fees()).await;
    let fields = [
        &common[..],
        &[("pay-1-way", "cash"), ("pay-1-receipt", "BL-9")],
    ]
    .concat();
    world
        .post(&browser, &format!("{at}/1/pay"), &fields)
        .await
        .expect(303);
    assert_eq!(
        sent(&world.asked("POST", &api("fees/1/pay")).await[0]),
        json!({"way": "cash", "receipt": "BL-9"})
    );

    // What the API refuses comes back at its field, with what was typed.
    let refusal = problem(
        422,
        "body.invalid",
        "Sai",
        &[("/legalBasis", "field.required", "Phải nêu căn cứ")],
    );
    world
        .says("POST", &api("fees/1/exempt"), 422, refusal)
        .await;
    let fields = [&common[..], &[("exempt-1-reason", "Hộ nghèo")]].concat();
    let page = world
        .post(&browser, &format!("{at}/1/exempt"), &fields)
        .await
        .expect(422)
        .text();
    assert!(
        page.contains("Phải nêu căn cứ") && page.contains("Hộ nghèo"),
        "{page}"
    );

    // A fee that another settled meanwhile is said above the newer state.
    world
        .says(
            "POST",
            &api("fees/2/refund"),
            409,
            problem(409, "fee.wrong-state", "Khoản phí đã hoàn", &[]),
        )
        .await;
    let fields = [&common[..], &[("refund-2-reason", "Thừa")]].concat();
    let page = world
        .post(&browser, &format!("{at}/2/refund"), &fields)
        .await
        .expect(409)
        .text();
    assert!(page.contains("Khoản phí đã hoàn"), "{page}");
    world
        .post(&browser, &format!("{at}/1/steal"), &common)
        .await
        .expect(404);
    world
        .post(&browser, &at, &[("csrf", "foreign")])
        .await
        .expect(403);
}

#[tokio::test]
async fn money_that_paid_nothing_is_on_a_page_of_officers() {
    let (world, browser) = world(&actors::officer()).await;
    world.answers("/api/v1/payments", json!({"items": [{"transactionId": "GD-2", "reference": "MC01", "amount": 9999,
        "reportedAt": "2026-11-16T02:00:00Z", "outcome": "wrongAmount", "dossierId": DOSSIER}], "next": null})).await;
    let page = world
        .get(&browser, "/mot-cua/bao-co?ket-qua=wrongAmount")
        .await
        .expect(200)
        .text();
    assert!(
        page.contains("GD-2")
            && page.contains("Sai số tiền")
            && page.contains(&format!("{OFFICER}/phi")),
        "{page}"
    );
    let asked = world.asked("GET", "/api/v1/payments").await;
    assert_eq!(asked[0].url.query(), Some("outcome=wrongAmount"));
    let (world, citizen) = self::world(&actors::citizen()).await;
    world.get(&citizen, "/mot-cua/bao-co").await.expect(403);
}

#[tokio::test]
async fn both_sides_read_and_write_messages() {
    for (actor, base) in [(actors::citizen(), CITIZEN), (actors::officer(), OFFICER)] {
        let (world, browser) = world(&actor).await;
        let at = format!("{base}/tin-nhan");
        let page = world.get(&browser, &at).await.expect(200).text();
        assert!(page.contains("Mời mang &#60;bản chính&#62;"), "{page}");
        assert!(page.contains(&format!("{base}/tep/{FILE}")), "{page}");
        world.says("POST", &api("messages"), 201, json!({"at": "2026-11-16T03:00:00Z", "from": "applicant", "author": "x", "text": "y", "files": []})).await;
        world
            .says(
                "POST",
                "/api/v1/files",
                201,
                json!({"id": FILE, "name": "a.pdf"}),
            )
            .await;
        let csrf = hidden(&page, "csrf");
        let fields = [("csrf", csrf.as_str()), ("key", ""), ("text", "Xin hỏi")];
        world
            .post_files(&browser, &at, &fields, &[("file.m1", "a.pdf", "%PDF-1.7")])
            .await
            .expect(303);
        let asked = world.asked("POST", &api("messages")).await;
        assert_eq!(
            sent(&asked[0]),
            json!({"text": "Xin hỏi", "fileIds": [FILE]})
        );
        assert!(asked[0].headers.contains_key("idempotency-key"));
    }
}

#[tokio::test]
async fn papers_show_versions_and_originals_go_back() {
    let (world, browser) = world(&actors::officer()).await;
    let at = format!("{OFFICER}/giay-to");
    let page = world.get(&browser, &at).await.expect(200).text();
    assert!(
        page.contains("mo.pdf") && page.contains(&format!("{OFFICER}/tep/{FILE}?xem=1")),
        "{page}"
    );
    assert!(page.contains("lưu 10 năm"), "{page}");
    let csrf = hidden(&page, "csrf");
    let common = [("csrf", csrf.as_str()), ("version", "2"), ("key", "")];
    let papers = json!({"components": []});
    world
        .says("POST", &api("originals"), 201, papers.clone())
        .await;
    let fields = [
        &common[..],
        &[
            ("keep-componentId", COMPONENT),
            ("keep-count", "2"),
            ("keep-note", ""),
        ],
    ]
    .concat();
    world.post(&browser, &at, &fields).await.expect(303);
    assert_eq!(
        sent(&world.asked("POST", &api("originals")).await[0]),
        json!({"componentId": COMPONENT, "count": 2, "note": null})
    );
    world
        .says("POST", &api("originals/1/return"), 200, papers)
        .await;
    let fields = [&common[..], &[("return-1-receiverName", "Nguyễn Văn An")]].concat();
    world
        .post(&browser, &format!("{at}/1/tra"), &fields)
        .await
        .expect(303);
    assert_eq!(
        sent(&world.asked("POST", &api("originals/1/return")).await[0]),
        json!({"receiverName": "Nguyễn Văn An"})
    );
    let (world, browser) = self::world(&actors::citizen()).await;
    let page = world
        .get(&browser, &format!("{CITIZEN}/giay-to"))
        .await
        .expect(200)
        .text();
    assert!(
        page.contains("mo.pdf") && !page.contains("/giay-to/1/tra"),
        "{page}"
    );
    // When it ends, what holds it back, and what is left of it.
    assert!(page.contains("lưu đến"), "{page}");
    assert!(page.contains("cơ quan giữ lại quá thời hạn"), "{page}");
    assert!(
        page.contains("da-huy.pdf") && page.contains("đã tiêu hủy vì hết thời hạn bảo quản lúc"),
        "{page}"
    );
    assert!(!page.contains(&format!("/tep/{GONE}")), "{page}");
}

#[tokio::test]
async fn what_ends_with_its_retention_is_held_back_and_let_go() {
    let (world, browser) = world(&actors::leader()).await;
    let at = "/mot-cua/bao-quan";
    let free = json!({"class": "paper", "dossierId": DOSSIER, "number": "H05.21-261116-0001", "version": 7,
        "procedureName": "Khai <sinh>", "noticedAt": "2036-10-17T02:00:00Z", "dueAt": "2036-11-16T02:00:00Z", "hold": null});
    let mut held = free.clone();
    held["dossierId"] = json!(GONE);
    held["hold"] = json!({"ground": "lawsuit", "reason": "Vụ án <3>", "by": "Vũ Văn Giang", "at": "2036-10-18T02:00:00Z"});
    let items = json!({"items": [free, held], "next": "n2"});
    world
        .answers("/api/v1/dossier-retention-notices", items)
        .await;
    let page = world.get(&browser, at).await.expect(200).text();
    for text in [
        "Khai &#60;sinh&#62;",
        "Tiêu hủy giấy tờ của người nộp",
        "Tố tụng: Vụ án &#60;3&#62; (Vũ Văn Giang",
        "tiep=n2",
    ] {
        assert!(page.contains(text), "{text} is missing in {page}");
    }
    let csrf = hidden(&page, "csrf");
    let (ground, reason) = (format!("{DOSSIER}-ground"), format!("{DOSSIER}-reason"));
    let fields = [
        ("csrf", csrf.as_str()),
        ("version", "7"),
        ("key", ""),
        (ground.as_str(), "complaint"),
        (reason.as_str(), "Số 12/KN"),
    ];
    world
        .says("POST", &api("retention-hold"), 201, json!({"version": 8}))
        .await;
    world
        .post(&browser, &format!("{at}/{DOSSIER}/giu"), &fields)
        .await
        .expect(303);
    let asked = world.asked("POST", &api("retention-hold")).await;
    assert_eq!(
        sent(&asked[0]),
        json!({"ground": "complaint", "reason": "Số 12/KN"})
    );
    assert_eq!(asked[0].headers["if-match"], "\"7\"");
    world
        .says(
            "POST",
            &api("retention-hold/lift"),
            409,
            problem(409, "retention.not-held", "Không đang được giữ lại", &[]),
        )
        .await;
    let page = world
        .post(&browser, &format!("{at}/{DOSSIER}/thoi-giu"), &fields)
        .await
        .expect(409)
        .text();
    assert!(page.contains("Không đang được giữ lại"), "{page}");
    world
        .post(&browser, &format!("{at}/{DOSSIER}/giu"), &[("csrf", "x")])
        .await
        .expect(403);
    let (world, citizen) = self::world(&actors::citizen()).await;
    world.get(&citizen, at).await.expect(403);
}

#[tokio::test]
async fn an_earlier_result_may_be_chosen_in_place_of_a_file() {
    let (world, browser) = world(&actors::citizen()).await;
    world.answers("/api/v1/documents", json!({"items": [{"fileId": FILE, "name": "khai-sinh.pdf", "size": 9, "mediaType": "application/pdf",
        "at": "2026-11-10T01:00:00Z", "dossierId": DOSSIER, "number": "H05.21-261110-0001", "procedure": "Đăng ký khai sinh", "agency": "Trung tâm"}], "next": null})).await;
    let store = world.get(&browser, "/kho-giay-to").await.expect(200).text();
    assert!(
        store.contains("khai-sinh.pdf") && store.contains(&format!("{CITIZEN}/tep/{FILE}")),
        "{store}"
    );
    let form = format!("/nop-ho-so/{}", crate::world::PROCEDURE);
    let page = world.get(&browser, &form).await.expect(200).text();
    assert!(
        page.contains(&format!("value=\"{FILE}|khai-sinh.pdf\"")),
        "{page}"
    );
    world
        .says("POST", "/api/v1/dossiers", 201, dossier("new", 1, &[]))
        .await;
    let (csrf, key) = (hidden(&page, "csrf"), hidden(&page, "key"));
    let chosen = format!("{FILE}|khai-sinh.pdf");
    let slot = format!("store.{COMPONENT}");
    let fields = [
        ("csrf", csrf.as_str()),
        ("key", key.as_str()),
        ("agencyCode", "H05.21"),
        ("kind", "citizen"),
        ("name", "Nguyễn Văn An"),
        ("identityNumber", "024090000011"),
        ("phone", "0912345678"),
        ("provinceCode", "24"),
        ("communeCode", "07288"),
        ("street", "Số 1"),
        ("returnMethod", "counter"),
        ("promise", "1"),
        (slot.as_str(), chosen.as_str()),
    ];
    let reply = world.post_files(&browser, &form, &fields, &[]).await;
    assert_eq!(reply.status, 303, "{}", reply.text());
    let filed = sent(&world.asked("POST", "/api/v1/dossiers").await[0]);
    assert_eq!(
        filed["attachments"],
        json!([{"componentId": COMPONENT, "fileId": FILE}])
    );
    assert!(procedure()["components"].is_array());
}
