//! Linked dossiers on one form; kiosks and agencies that help; what is printed.

use crate::filing::{json_of, uploads_work, world};
use crate::world::{
    Browser, COMPONENT, DOSSIER, FILE, PROCEDURE, World, dossier, hidden, problem, procedure,
};
use serde_json::{Value, json};
use testkit::actors;
use wiremock::matchers::{method, path};
use wiremock::{Mock, ResponseTemplate};

const SECOND: &str = "019d2bfd-3fe0-70ac-b9d6-000000000002";
const OTHER: &str = "019d2bfd-0000-70ac-b9d6-000000000002";
const PAGE: &str = "/nop-lien-thong";

fn both() -> String {
    format!("{PAGE}?tt={PROCEDURE}&tt={SECOND}")
}

async fn linked() -> (World, Browser) {
    let (world, browser) = world().await;
    let mut second = procedure();
    second["id"] = json!(SECOND);
    second["name"] = json!("Đăng ký <thường trú>");
    world
        .answers(&format!("/api/v1/procedures/{SECOND}"), second)
        .await;
    (world, browser)
}

fn filled<'a>(csrf: &'a str, key: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("csrf", csrf),
        ("key", key),
        ("m0.agencyCode", "H05.21"),
        ("m1.agencyCode", "H05.22"),
        ("m1.after", "0"),
        ("kind", "citizen"),
        ("name", "Nguyễn Văn An"),
        ("identityNumber", "024090000011"),
        ("phone", "0912345678"),
        ("provinceCode", "24"),
        ("communeCode", "07288"),
        ("street", "Số 12"),
        ("returnMethod", "counter"),
    ]
}

#[tokio::test]
async fn each_procedure_whose_desks_are_away_says_so() {
    let (world, browser) = linked().await;
    world.get(&browser, "/thu-tuc").await.expect(200);
    let away = json!({"code": "gateway.upstream-unavailable"});
    world.says("GET", "/api/v1/agencies", 503, away).await;
    let page = world.get(&browser, &both()).await.expect(200).text();
    let said = "Chưa lấy được danh sách cơ quan tiếp nhận";
    assert_eq!(page.matches(said).count(), 2, "{page}");
}

#[tokio::test]
async fn procedures_are_chosen_one_after_the_other() {
    let (world, browser) = linked().await;
    let one = world
        .get(&browser, &format!("/thu-tuc/{PROCEDURE}"))
        .await
        .expect(200)
        .text();
    let link = format!("{PAGE}?tt={PROCEDURE}");
    assert!(one.contains(&link), "{one}");
    let page = world.get(&browser, &link).await.expect(200).text();
    assert!(page.contains("Chọn ít nhất hai thủ tục"), "{page}");
    assert!(!page.contains("name=\"csrf\" value=\"\""));
    assert!(!page.contains("m0.agencyCode"), "no form for one: {page}");
    // Found by words; what is chosen is not offered again.
    let items = json!([{"id": PROCEDURE, "code": "1", "name": "Khai sinh"}, {"id": SECOND, "code": "2", "name": "Thường <trú>"}]);
    let mut found = Vec::new();
    for item in items.as_array().expect("items") {
        let mut whole = crate::world::item();
        for key in ["id", "code", "name"] {
            whole[key] = item[key].clone();
        }
        found.push(whole);
    }
    let answer = json!({"items": found, "next": null, "total": 2});
    world.says("GET", "/api/v1/procedures", 200, answer).await;
    let page = world
        .get(&browser, &format!("{link}&q=thuong+tru"))
        .await
        .expect(200)
        .text();
    assert!(
        page.contains(&format!("tt={PROCEDURE}&#38;tt={SECOND}"))
            && page.contains("Thường &#60;trú&#62;"),
        "{page}"
    );
    assert!(!page.contains(">Khai sinh</a>"), "{page}");
    let page = world.get(&browser, &both()).await.expect(200).text();
    for text in [
        "name=\"m0.agencyCode\"",
        "name=\"m1.agencyCode\"",
        "name=\"m1.after\"",
        &format!("name=\"file.m0.{COMPONENT}\""),
        &format!("name=\"file.m1.{COMPONENT}\""),
        "value=\"Nguyễn Văn An\"",
        "Đăng ký &#60;thường trú&#62;",
    ] {
        assert!(page.contains(text), "{text} is missing in {page}");
    }
    assert!(
        !page.contains("name=\"m0.after\""),
        "the first waits for none"
    );
    // Twice the same, what is no id and what is too many are left out.
    let odd = format!("{}&tt={PROCEDURE}&tt=../x", both());
    let page = world.get(&browser, &odd).await.expect(200).text();
    assert!(!page.contains("m2.agencyCode"), "{page}");
}

#[tokio::test]
async fn one_form_files_several_dossiers() {
    let (world, browser) = linked().await;
    uploads_work(&world).await;
    let page = world.get(&browser, &both()).await.expect(200).text();
    let (csrf, key) = (hidden(&page, "csrf"), hidden(&page, "key"));
    let member = |id: &str, ordinal: u32| {
        let mut d = dossier("new", 1, &[]);
        d["id"] = json!(id);
        d["applicantName"] = json!("Nguyễn Văn An");
        json!({"ordinal": ordinal, "after": null, "waiting": ordinal > 0, "dossier": d})
    };
    let group = json!({"id": SECOND, "size": 2, "members": [member(DOSSIER, 0), member(OTHER, 1)]});
    world
        .says("POST", "/api/v1/dossier-groups", 201, group)
        .await;
    let slots = [0, 1].map(|n| format!("file.m{n}.{COMPONENT}"));
    let files: Vec<(&str, &str, &str)> = slots
        .iter()
        .map(|slot| (slot.as_str(), "chung-sinh.pdf", "%PDF"))
        .collect();
    let done = world
        .post_files(&browser, &both(), &filled(&csrf, &key), &files)
        .await
        .expect(303);
    let there = format!("/ho-so/{DOSSIER}?moi=1");
    assert_eq!(done.header("location"), Some(there.as_str()));
    let asked = world.asked("POST", "/api/v1/dossier-groups").await;
    assert_eq!(asked[0].headers["idempotency-key"], key.as_str());
    let body = json_of(&asked[0]);
    let of = |n: usize| &body["members"][n];
    assert_eq!(of(0)["dossier"]["procedureId"], PROCEDURE);
    assert_eq!(of(1)["dossier"]["procedureId"], SECOND);
    assert_eq!(of(1)["dossier"]["agencyCode"], "H05.22");
    assert_eq!(of(1)["after"], 0);
    assert!(of(0).get("after").is_none(), "{body}");
    for n in [0, 1] {
        let d = &of(n)["dossier"];
        assert_eq!(
            d["attachments"],
            json!([{"componentId": COMPONENT, "fileId": FILE}])
        );
        assert_eq!(
            (&d["applicant"]["name"], &d["channel"]),
            (&json!("Nguyễn Văn An"), &json!("online"))
        );
    }
}

#[tokio::test]
async fn what_is_refused_comes_back_at_the_field_of_its_dossier() {
    let (world, browser) = linked().await;
    let page = world.get(&browser, &both()).await.expect(200).text();
    let (csrf, key) = (hidden(&page, "csrf"), hidden(&page, "key"));
    let refusal = problem(
        422,
        "body.invalid",
        "Chưa hợp lệ",
        &[
            (
                "/members/0/dossier/applicant/phone",
                "phone.invalid",
                "Số sai",
            ),
            (
                "/members/1/dossier/applicant/phone",
                "phone.invalid",
                "Số sai",
            ),
            (
                "/members/1/dossier/agencyCode",
                "agency.unknown",
                "Không có",
            ),
            (
                "/members/1/dossier/attachments",
                "component.missing",
                "Thiếu",
            ),
            ("/members/1/after", "field.invalid", "Sai thứ tự"),
        ],
    );
    world
        .says("POST", "/api/v1/dossier-groups", 422, refusal)
        .await;
    let page = world
        .post_files(&browser, &both(), &filled(&csrf, &key), &[])
        .await
        .expect(422)
        .text();
    for text in [
        "id=\"m1.agencyCode-error\"",
        "id=\"m1.after-error\"",
        &format!("id=\"file-m1.{COMPONENT}-error\""),
        "id=\"phone-error\"",
        "href=\"#m1.agencyCode\"",
        "value=\"Số 12\"",
    ] {
        assert!(page.contains(text), "{text} is missing in {page}");
    }
    assert!(!page.contains("id=\"m0.agencyCode-error\""), "{page}");
    assert_eq!(
        page.matches("href=\"#phone\"").count(),
        1,
        "said once: {page}"
    );
    assert_eq!(hidden(&page, "key"), key);
    // The gateway is away: nothing typed is lost.
    world
        .says("POST", "/api/v1/dossier-groups", 503, json!({}))
        .await;
    let page = world
        .post_files(&browser, &both(), &filled(&csrf, &key), &[])
        .await
        .text();
    assert!(page.contains("value=\"Số 12\""), "{page}");
    // A form of somebody else's page files nothing.
    let before = world.asked("POST", "/api/v1/dossier-groups").await.len();
    world
        .post_files(&browser, &both(), &filled("foreign", &key), &[])
        .await
        .expect(403);
    let after = world.asked("POST", "/api/v1/dossier-groups").await.len();
    assert_eq!(before, after);
}

#[tokio::test]
async fn a_kiosk_and_who_helps_are_noted() {
    let (world, browser) = world().await;
    world
        .says("POST", "/api/v1/dossiers", 201, dossier("new", 1, &[]))
        .await;
    let form = format!("/nop-ho-so/{PROCEDURE}");
    let page = world
        .get(&browser, &format!("{form}?kiosk=KIOSK-07"))
        .await
        .expect(200)
        .text();
    assert_eq!(hidden(&page, "kiosk"), "KIOSK-07");
    assert!(page.contains("name=\"supportAgencyCode\""), "{page}");
    let (csrf, key) = (hidden(&page, "csrf"), hidden(&page, "key"));
    let mut fields = filled(&csrf, &key);
    fields.extend([
        ("agencyCode", "H05.21"),
        ("kiosk", "KIOSK-07"),
        ("supportAgencyCode", "H05.22"),
    ]);
    world
        .post_files(&browser, &form, &fields, &[])
        .await
        .expect(303);
    let body = json_of(&world.asked("POST", "/api/v1/dossiers").await[0]);
    assert_eq!(
        (&body["kiosk"], &body["supportAgencyCode"]),
        (&json!("KIOSK-07"), &json!("H05.22"))
    );
    // Without either neither is sent.
    let page = world.get(&browser, &form).await.expect(200).text();
    assert!(!page.contains("name=\"kiosk\""), "{page}");
}

#[tokio::test]
async fn an_officer_takes_a_dossier_for_another_agency() {
    let world = World::new().await;
    world.with_catalogue().await;
    let browser = world.sign_in(&actors::officer()).await;
    let form = format!("/nop-ho-so/{PROCEDURE}");
    let page = world.get(&browser, &form).await.expect(200).text();
    assert!(page.contains("Phi địa giới"), "{page}");
    let mut taken = dossier("new", 1, &[]);
    taken["intake"] = json!({"receivingAgency": {"code": "H05.21", "name": "Nơi <nhận>"},
        "supportAgency": {"code": "H05.23", "name": "Nơi hỗ trợ"}, "kiosk": "KIOSK-07"});
    taken["agency"] = json!({"code": "H05.22", "name": "Nơi có thẩm quyền"});
    world
        .says("POST", "/api/v1/dossiers", 201, taken.clone())
        .await;
    let (csrf, key) = (hidden(&page, "csrf"), hidden(&page, "key"));
    let mut fields = filled(&csrf, &key);
    fields.extend([
        ("agencyCode", "H05.22"),
        ("channel", "direct"),
        ("compared", "1"),
        ("supportAgencyCode", "H05.22"),
        // No kiosk stands at a counter.
        ("kiosk", "KIOSK-07"),
    ]);
    world
        .post_files(&browser, &form, &fields, &[])
        .await
        .expect(303);
    let body = json_of(&world.asked("POST", "/api/v1/dossiers").await[0]);
    assert_eq!(
        (
            &body["agencyCode"],
            &body["channel"],
            &body["supportAgencyCode"]
        ),
        (&json!("H05.22"), &json!("direct"), &json!("H05.22"))
    );
    assert!(body.get("kiosk").is_none(), "{body}");
    // All three organisations are on the dossier's page.
    world
        .answers(&format!("/api/v1/dossiers/{DOSSIER}"), taken)
        .await;
    let page = world
        .get(&browser, &format!("/mot-cua/ho-so/{DOSSIER}"))
        .await
        .expect(200)
        .text();
    for text in [
        "Nơi &#60;nhận&#62;",
        "Nơi hỗ trợ",
        "Nơi có thẩm quyền",
        "KIOSK-07",
    ] {
        assert!(page.contains(text), "{text} is missing in {page}");
    }
    // One form for several is the applicant's.
    let away = world.get(&browser, &both()).await.expect(303);
    assert_eq!(away.header("location"), Some("/thu-tuc"));
}

async fn prints(world: &World, at: &str) {
    Mock::given(method("GET"))
        .and(path(at))
        .respond_with(
            ResponseTemplate::new(200)
                .set_body_raw(b"%PDF-1.7".to_vec(), "application/pdf")
                .insert_header("content-disposition", "inline; filename=\"x.pdf\""),
        )
        .mount(&world.gateway)
        .await;
}

fn fee(state: &str, left: i64, refunds: &Value) -> Value {
    json!({"items": [{"no": 1, "title": "Lệ phí", "amount": 10000, "basis": "officer", "reason": null, "state": state,
        "askedAt": "2026-11-16T01:00:00Z", "paid": {"at": "2026-11-16T02:00:00Z", "way": "cash", "receipt": "BL-7"},
        "exempt": null, "refunded": null, "refunds": refunds, "left": left, "transfer": null}], "published": [], "open": 0})
}

#[tokio::test]
async fn receipts_and_the_book_are_printed_and_a_part_goes_back() {
    let world = World::new().await;
    let browser = world.sign_in(&actors::officer()).await;
    world
        .answers(
            &format!("/api/v1/dossiers/{DOSSIER}"),
            dossier("received", 2, &[]),
        )
        .await;
    let fees = format!("/api/v1/dossiers/{DOSSIER}/fees");
    let refunds = json!([{"at": "2026-11-16T03:00:00Z", "amount": 4000, "reason": "Thu <thừa>", "voucher": null}]);
    world.answers(&fees, fee("paid", 6000, &refunds)).await;
    let at = format!("/mot-cua/ho-so/{DOSSIER}/phi");
    let page = world.get(&browser, &at).await.expect(200).text();
    for text in [
        "Thu &#60;thừa&#62;",
        "4.000 đ",
        "Còn thu: 6.000 đ",
        "hoàn trả toàn bộ 6.000 đ",
        &format!("{at}/1/bien-lai.pdf"),
    ] {
        assert!(page.contains(text), "{text} is missing in {page}");
    }
    let csrf = hidden(&page, "csrf");
    let refund = format!("{fees}/1/refund");
    world
        .says("POST", &refund, 200, fee("paid", 5000, &refunds))
        .await;
    for (typed, sent) in [("1.000", Some(1000)), ("", None), ("nhiều", Some(0))] {
        let fields = [
            ("csrf", csrf.as_str()),
            ("version", "2"),
            ("key", ""),
            ("refund-1-amount", typed),
            ("refund-1-reason", "Thu thừa"),
        ];
        world
            .post(&browser, &format!("{at}/1/refund"), &fields)
            .await
            .expect(303);
        let asked = world.asked("POST", &refund).await;
        let body = json_of(asked.last().expect("a request"));
        assert_eq!(body["amount"].as_i64(), sent, "{typed:?}");
    }
    prints(&world, &format!("{fees}/1/receipt.pdf")).await;
    prints(&world, "/api/v1/reports/register.pdf").await;
    let citizen = world.sign_in(&actors::citizen()).await;
    for (who, at) in [
        (&browser, format!("{at}/1/bien-lai.pdf")),
        (&citizen, format!("/ho-so/{DOSSIER}/phi/1/bien-lai.pdf")),
        (
            &browser,
            "/mot-cua/so-theo-doi.pdf?tu=2026-11-01&den=2026-11-30".to_owned(),
        ),
    ] {
        let pdf = world.get(who, &at).await.expect(200);
        assert_eq!(pdf.header("content-type"), Some("application/pdf"), "{at}");
    }
    let asked = world.asked("GET", "/api/v1/reports/register.pdf").await;
    assert_eq!(asked[0].url.query(), Some("from=2026-11-01&to=2026-11-30"));
    let closed = "/mot-cua/so-theo-doi.pdf?tu=2026-11-01&den=2026-11-30";
    assert_ne!(world.get(&citizen, closed).await.status, 200);
}
