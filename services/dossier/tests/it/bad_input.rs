//! Each wrong input has its code, its pointer and its status, and changes nothing.

use crate::world::{PROCEDURE, World, address, text};
use chrono::Duration;
use serde_json::{Value, json};
use testkit::{actors, token_with};

/// Sets the value at a JSON Pointer, making the last member.
fn set(body: &mut Value, pointer: &str, value: Value) {
    let (parent, last) = pointer.rsplit_once('/').expect("a pointer");
    let parent = body.pointer_mut(parent).expect("the parent");
    match parent {
        Value::Object(map) => {
            map.insert(last.to_owned(), value);
        }
        other => other[last.parse::<usize>().expect("index")] = value,
    }
}

fn remove(body: &mut Value, pointer: &str) {
    let (parent, last) = pointer.rsplit_once('/').expect("a pointer");
    let parent = body
        .pointer_mut(parent)
        .and_then(Value::as_object_mut)
        .expect("the parent");
    parent.remove(last);
}

#[tokio::test]
async fn every_fault_of_a_filing_has_its_code_and_pointer() {
    let w = World::new().await;
    let citizen = actors::citizen();
    let good = w.body(&citizen).await;
    let foreign = w.upload(&actors::citizen2(), "cua-nguoi-khac.pdf").await;
    let missing = json!("019d2bfd-0000-70ac-b9d6-000000000000");
    let long = "x".repeat(201);
    // Where, what instead, where it is reported, code.
    let cases: Vec<(&str, Value, &str, &str)> = vec![
        (
            "/procedureId",
            missing.clone(),
            "/procedureId",
            "procedure.unknown",
        ),
        (
            "/agencyCode",
            json!("H99.99"),
            "/agencyCode",
            "agency.unknown",
        ),
        ("/channel", json!("direct"), "/channel", "field.invalid"),
        (
            "/applicant/name",
            json!("  "),
            "/applicant/name",
            "field.required",
        ),
        (
            "/applicant/name",
            json!(long),
            "/applicant/name",
            "field.too-long",
        ),
        (
            "/applicant/identityNumber",
            json!("00109000000"),
            "/applicant/identityNumber",
            "identity-number.invalid",
        ),
        (
            "/applicant/identityNumber",
            json!("003090000001"),
            "/applicant/identityNumber",
            "identity-number.invalid",
        ),
        (
            "/applicant/identityNumber",
            Value::Null,
            "/applicant/identityNumber",
            "field.required",
        ),
        (
            "/applicant/taxCode",
            json!("0100109107"),
            "/applicant/taxCode",
            "tax-code.invalid",
        ),
        (
            "/applicant/phone",
            json!("01234567890"),
            "/applicant/phone",
            "phone.invalid",
        ),
        (
            "/applicant/phone",
            json!(""),
            "/applicant/phone",
            "field.required",
        ),
        (
            "/applicant/email",
            json!("an@example"),
            "/applicant/email",
            "email.invalid",
        ),
        (
            "/applicant/address/communeCode",
            json!("99999"),
            "/applicant/address/communeCode",
            "commune.unknown",
        ),
        (
            "/applicant/address/communeCode",
            json!("07291"),
            "/applicant/address/communeCode",
            "commune.ended",
        ),
        (
            "/applicant/address/provinceCode",
            json!("01"),
            "/applicant/address/communeCode",
            "commune.unknown",
        ),
        (
            "/applicant/address/street",
            json!(""),
            "/applicant/address/street",
            "field.required",
        ),
        (
            "/return",
            json!({"method": "post"}),
            "/return/address",
            "field.required",
        ),
        (
            "/return",
            json!({"method": "post", "address": address(), "receiverPhone": "12"}),
            "/return/receiverPhone",
            "phone.invalid",
        ),
        (
            "/attachments",
            json!([]),
            "/attachments",
            "component.missing",
        ),
        (
            "/attachments/0/componentId",
            json!("c9"),
            "/attachments/0/componentId",
            "component.unknown",
        ),
        (
            "/attachments/0/componentId",
            json!("n1"),
            "/attachments/0/componentId",
            "component.unknown",
        ),
        (
            "/attachments/0/fileId",
            missing,
            "/attachments/0/fileId",
            "file.unknown",
        ),
        (
            "/attachments/0/fileId",
            json!(foreign),
            "/attachments/0/fileId",
            "file.unknown",
        ),
        (
            "/answers",
            json!({"a": "x".repeat(70_000)}),
            "/answers",
            "field.too-long",
        ),
        // Shapes that are none of ours.
        ("/procedureId", json!("x"), "/procedureId", "field.invalid"),
        (
            "/applicant/kind",
            json!("robot"),
            "/applicant/kind",
            "field.invalid",
        ),
        (
            "/return/method",
            json!("drone"),
            "/return/method",
            "field.invalid",
        ),
        (
            "/applicant/phone",
            json!(912_345_678),
            "/applicant/phone",
            "field.invalid",
        ),
        ("/answers", json!([1]), "/answers", "field.invalid"),
    ];
    for (at, value, pointer, code) in cases {
        let mut body = good.clone();
        set(&mut body, at, value.clone());
        let reply = w.app.as_(&citizen).post("/api/v1/dossiers", &body).await;
        assert_eq!(reply.status, 422, "{at} = {value}: {}", reply.text());
        let problem = reply.expect_problem(422, "body.invalid");
        let errors = problem["errors"].as_array().expect("errors");
        assert!(
            errors
                .iter()
                .any(|e| e["pointer"] == pointer && e["code"] == code),
            "{at} = {value}: {problem}"
        );
    }
    let mut business = good.clone();
    set(&mut business, "/applicant/kind", json!("business"));
    let problem = w
        .app
        .as_(&citizen)
        .post("/api/v1/dossiers", &business)
        .await
        .expect_problem(422, "body.invalid");
    assert_eq!(
        problem["errors"][0],
        json!({"pointer": "/applicant/taxCode", "code": "field.required",
        "detail": "Thiếu thông tin bắt buộc"})
    );
    for needed in [
        "/procedureId",
        "/agencyCode",
        "/applicant",
        "/return",
        "/applicant/address",
    ] {
        let mut body = good.clone();
        remove(&mut body, needed);
        w.app
            .as_(&citizen)
            .post("/api/v1/dossiers", &body)
            .await
            .expect_problem(422, "body.invalid");
    }
    let list = w
        .app
        .as_(&citizen)
        .get("/api/v1/dossiers")
        .await
        .expect(200)
        .json();
    assert_eq!(list["items"], json!([]), "nothing was filed");
    w.app
        .as_(&citizen)
        .post("/api/v1/dossiers", &good)
        .await
        .expect(201);
}

#[tokio::test]
async fn all_faults_are_told_at_once_and_in_the_callers_language() {
    let w = World::new().await;
    let mut body = w.body(&actors::citizen()).await;
    set(&mut body, "/applicant/identityNumber", json!("1"));
    set(&mut body, "/applicant/phone", json!("1"));
    set(&mut body, "/agencyCode", json!("?"));
    let caller = w
        .app
        .as_(&actors::citizen())
        .header("accept-language", "en");
    let problem = caller
        .post("/api/v1/dossiers", &body)
        .await
        .expect_problem(422, "body.invalid");
    let pointers: Vec<_> = problem["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|e| text(&e["pointer"]))
        .collect();
    assert_eq!(
        pointers,
        [
            "/agencyCode",
            "/applicant/identityNumber",
            "/applicant/phone"
        ]
    );
    assert_eq!(
        problem["errors"][2]["detail"],
        "The phone number is not valid"
    );
}

#[tokio::test]
async fn a_code_that_means_something_else_now_is_taken_as_of_today() {
    let w = World::new().await;
    let mut body = w.body(&actors::citizen()).await;
    set(&mut body, "/applicant/address/communeCode", json!("07300"));
    w.app
        .as_(&actors::citizen())
        .post("/api/v1/dossiers", &body)
        .await
        .expect(201);
}

#[tokio::test]
async fn a_withdrawn_procedure_and_a_closed_agency_take_nothing() {
    let w = World::new().await;
    let body = w.body(&actors::citizen()).await;
    let mut gone = crate::world::procedure(PROCEDURE, 2);
    gone.active = false;
    w.deliver(&gone).await;
    let mut closed = crate::world::agency("H05.21", 2);
    closed.active = false;
    w.deliver(&closed).await;
    w.deliver(&crate::world::agency("H05.21", 1)).await;
    let problem = w
        .app
        .as_(&actors::citizen())
        .post("/api/v1/dossiers", &body)
        .await
        .expect_problem(422, "body.invalid");
    let codes: Vec<_> = problem["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|e| text(&e["code"]))
        .collect();
    assert_eq!(codes, ["procedure.unknown", "agency.unknown"]);
}

#[tokio::test]
async fn malformed_bodies_and_wrong_media_types() {
    let w = World::new().await;
    let caller = w.app.as_(&actors::citizen());
    let send = |media: &'static str, body: &'static str| {
        let caller = caller.clone();
        async move {
            caller
                .post_bytes("/api/v1/dossiers", media, body.as_bytes().to_vec())
                .await
        }
    };
    send("application/json", "{")
        .await
        .expect_problem(400, "body.malformed");
    send("application/json", "")
        .await
        .expect_problem(400, "body.malformed");
    send("application/json", "[]")
        .await
        .expect_problem(422, "body.invalid");
    send("application/json", "{\"x\":1}")
        .await
        .expect_problem(422, "body.invalid");
    send("text/plain", "{}")
        .await
        .expect_problem(415, "body.media-type");
    let deep = "[".repeat(5000);
    caller
        .post_bytes("/api/v1/dossiers", "application/json", deep.into_bytes())
        .await
        .expect_problem(400, "body.malformed");
}

#[tokio::test]
async fn commands_need_a_version_and_the_present_one() {
    let w = World::new().await;
    let filed = w.file().await;
    let path = format!("/api/v1/dossiers/{}/receive", text(&filed["id"]));
    let officer = w.app.as_(&actors::officer());
    officer
        .post(&path, &json!({}))
        .await
        .expect_problem(428, "precondition.required");
    let stale = officer.clone().if_match(7).post(&path, &json!({})).await;
    assert_eq!(
        stale.expect_problem(412, "precondition.failed")["version"],
        1
    );
    let strange = officer
        .clone()
        .header("if-match", "\"x\"")
        .post(&path, &json!({}))
        .await;
    strange.expect_problem(412, "precondition.failed");
    assert_eq!(w.get(&actors::officer(), &filed).await["version"], 1);

    let received = w.go(&actors::officer(), &filed, "receive", json!({})).await;
    w.command(&actors::officer(), &filed, "receive", json!({}))
        .await
        .expect_problem(412, "precondition.failed");
    let problem = w
        .command(&actors::officer(), &received, "receive", json!({}))
        .await
        .expect_problem(409, "dossier.action-not-open");
    assert_eq!(
        (&problem["state"], &problem["step"], &problem["command"]),
        (&json!("received"), &json!("handling"), &json!("receive"))
    );
    assert_eq!(problem["version"], 2);
    assert_eq!(w.events(&filed).await.len(), 2);
}

#[tokio::test]
async fn bodies_of_commands_are_checked() {
    let w = World::new().await;
    let filed = w.file().await;
    let received = w
        .go(&actors::officer(), &w.file().await, "receive", json!({}))
        .await;
    let handling = w
        .go(
            &actors::specialist(),
            &received,
            "start-handling",
            json!({}),
        )
        .await;
    let foreign = w.upload(&actors::officer(), "cua-nguoi-khac.pdf").await;
    let (officer, specialist) = (actors::officer(), actors::specialist());
    let cases = [
        (
            &officer,
            &filed,
            "refuse",
            json!({"reason": " "}),
            "/reason",
            "field.required",
        ),
        (
            &officer,
            &filed,
            "refuse",
            json!({"reason": "x".repeat(4001)}),
            "/reason",
            "field.too-long",
        ),
        (
            &officer,
            &filed,
            "receive",
            json!({"x": 1}),
            "",
            "field.invalid",
        ),
        (
            &officer,
            &filed,
            "request-supplement",
            json!({"items": [], "reason": "r"}),
            "/items",
            "field.required",
        ),
        (
            &officer,
            &filed,
            "request-supplement",
            json!({"items": [{"content": ""}], "reason": "r"}),
            "/items/0/content",
            "field.required",
        ),
        (
            &officer,
            &filed,
            "request-supplement",
            json!({"items": [{"content": "c", "componentId": "c9"}], "reason": "r"}),
            "/items/0/componentId",
            "component.unknown",
        ),
        (
            &officer,
            &filed,
            "request-payment",
            json!({"amount": 0, "reason": "r"}),
            "/amount",
            "field.invalid",
        ),
        (
            &officer,
            &filed,
            "request-payment",
            json!({"amount": 1.5, "reason": "r"}),
            "/amount",
            "field.invalid",
        ),
        (
            &specialist,
            &handling,
            "propose",
            json!({"resultFileId": foreign}),
            "/resultFileId",
            "file.unknown",
        ),
    ];
    for (actor, dossier, command, body, pointer, code) in cases {
        let reply = w.command(actor, dossier, command, body.clone()).await;
        let problem = reply.expect_problem(422, "body.invalid");
        let errors = problem["errors"].as_array().expect("errors");
        assert!(
            errors
                .iter()
                .any(|e| (pointer.is_empty() || e["pointer"] == pointer) && e["code"] == code),
            "{command} {body}: {problem}"
        );
    }
    let asked = w
        .go(
            &officer,
            &filed,
            "request-supplement",
            json!({"items": [{"content": "c"}], "reason": "r"}),
        )
        .await;
    let problem = w
        .command(&actors::citizen(), &asked, "supplement", json!({}))
        .await
        .expect_problem(422, "body.invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/attachments");
}

#[tokio::test]
async fn a_repeated_key_gives_the_saved_answer_and_another_body_is_refused() {
    let w = World::new().await;
    let body = w.body(&actors::citizen()).await;
    let citizen = w
        .app
        .as_(&actors::citizen())
        .header("idempotency-key", "k-1");
    let first = citizen.post("/api/v1/dossiers", &body).await.expect(201);
    let second = citizen.post("/api/v1/dossiers", &body).await.expect(201);
    assert_eq!(first.json(), second.json());
    assert_eq!(first.header("location"), second.header("location"));
    assert_eq!(second.header("etag"), Some("\"1\""));
    let mut other = body.clone();
    set(&mut other, "/answers/childName", json!("Khác"));
    citizen
        .post("/api/v1/dossiers", &other)
        .await
        .expect_problem(422, "idempotency.key-reused");
    w.app
        .as_(&actors::citizen())
        .header("idempotency-key", "có dấu")
        .post("/api/v1/dossiers", &body)
        .await
        .expect_problem(422, "idempotency.key-invalid");
    let list = w
        .app
        .as_(&actors::citizen())
        .get("/api/v1/dossiers")
        .await
        .json();
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1));

    let d = first.json();
    let path = format!("/api/v1/dossiers/{}/receive", text(&d["id"]));
    let officer = w
        .app
        .as_(&actors::officer())
        .if_match(1)
        .header("idempotency-key", "r-1");
    let once = officer.post(&path, &json!({})).await.expect(200).json();
    let twice = officer.post(&path, &json!({})).await.expect(200).json();
    assert_eq!(once, twice);
    assert_eq!(w.events(&d).await.len(), 2);
    assert_eq!(dossier::verify(w.db()).await.expect("database"), []);
}

#[tokio::test]
async fn tokens_that_are_missing_expired_or_foreign() {
    let w = World::new().await;
    let path = "/api/v1/dossiers";
    w.app
        .anonymous()
        .get(path)
        .await
        .expect_problem(401, "auth.missing-token");
    w.app
        .with_token("x.y.z")
        .get(path)
        .await
        .expect_problem(401, "auth.invalid-token");
    let citizen = actors::citizen();
    let foreign = token_with(&w.rt, &citizen, |c| {
        "https://elsewhere.example".clone_into(&mut c.iss)
    });
    w.app
        .with_token(&foreign)
        .get(path)
        .await
        .expect_problem(401, "auth.foreign-issuer");
    let token = token_with(&w.rt, &citizen, |_| {});
    w.rt.clock.advance(Duration::hours(2));
    w.app
        .with_token(&token)
        .get(path)
        .await
        .expect_problem(401, "auth.expired-token");
}

#[tokio::test]
async fn queries_are_checked() {
    let w = World::new().await;
    let citizen = w.app.as_(&actors::citizen());
    for (query, code) in [
        ("status=open", "query.invalid"),
        ("assigned=you", "query.invalid"),
        ("overdue=maybe", "query.invalid"),
        ("limit=0", "query.invalid"),
        ("limit=101", "query.invalid"),
        ("color=red", "query.invalid"),
        ("cursor=x", "query.cursor"),
    ] {
        citizen
            .get(&format!("/api/v1/dossiers?{query}"))
            .await
            .expect_problem(422, code);
    }
    citizen
        .get("/api/v1/dossiers/not-an-id")
        .await
        .expect_problem(404, "not-found");
    citizen
        .get("/api/v1/dossiers?q=%25%27%22&status=")
        .await
        .expect(200);
}
