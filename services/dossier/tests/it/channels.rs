//! How a dossier comes in: by post, at a kiosk, by somebody with an authorisation, at another agency's desk.

use crate::world::{ANYWHERE, World, text};
use serde_json::{Value, json};
use testkit::actors;

/// What an officer of this agency files for the competent one.
async fn body(w: &World, channel: &str) -> Value {
    let mut body = w.body(&actors::officer()).await;
    body["procedureId"] = json!(ANYWHERE);
    body["channel"] = json!(channel);
    body["compared"] = json!(true);
    body
}

async fn file(w: &World, body: &Value) -> Value {
    w.app
        .as_(&actors::officer())
        .post("/api/v1/dossiers", body)
        .await
        .expect(201)
        .json()
}

async fn wrong(w: &World, body: &Value) -> (String, String) {
    let reply = w
        .app
        .as_(&actors::officer())
        .post("/api/v1/dossiers", body)
        .await;
    let problem = reply.expect_problem(422, "body.invalid");
    let first = &problem["errors"][0];
    (text(&first["pointer"]), text(&first["code"]))
}

#[tokio::test]
async fn by_post_the_filing_is_the_signing_of_the_minutes() {
    let w = World::new().await;
    let mut new = body(&w, "postal").await;
    let named = |p: &str, c: &str| (p.to_owned(), c.to_owned());
    assert_eq!(wrong(&w, &new).await, named("/minutes", "field.required"));
    for when in ["2026-11-16T02:00:01Z", "2026-10-01T02:00:00Z"] {
        new["minutes"] = json!({"number": "BB-1", "signedAt": when});
        let expected = named("/minutes/signedAt", "minutes.time-invalid");
        assert_eq!(wrong(&w, &new).await, expected, "{when}");
    }
    // Friday 09:00: four working days are Thursday, where Monday would be Friday.
    new["minutes"] = json!({"number": "BB-0012", "signedAt": "2026-11-13T02:00:00Z"});
    let filed = file(&w, &new).await;
    assert_eq!(filed["submittedAt"], "2026-11-13T02:00:00Z");
    assert_eq!(filed["intake"]["minutesNumber"], "BB-0012");
    let received = w.go(&actors::officer(), &filed, "receive", json!({})).await;
    assert_eq!(received["dueAt"], "2026-11-19T10:00:00Z");
    assert_eq!(received["receivedAt"], "2026-11-16T02:00:00Z");
    let mut direct = body(&w, "direct").await;
    direct["minutes"] = new["minutes"].clone();
    assert_eq!(wrong(&w, &direct).await, named("/minutes", "field.invalid"));
}

#[tokio::test]
async fn scans_at_the_counter_are_compared_with_the_originals() {
    let w = World::new().await;
    let mut new = body(&w, "direct").await;
    new["compared"] = json!(false);
    let expected = ("/compared".to_owned(), "scan.not-compared".to_owned());
    assert_eq!(wrong(&w, &new).await, expected);
    new["attachments"] = json!([]);
    file(&w, &new).await;
}

#[tokio::test]
async fn a_kiosk_is_noted_and_is_an_online_filing() {
    let w = World::new().await;
    let citizen = actors::citizen();
    let mut new = w.body(&citizen).await;
    new["kiosk"] = json!("KIOSK-07");
    new["supportAgencyCode"] = json!("H05.22");
    let filed = w
        .app
        .as_(&citizen)
        .post("/api/v1/dossiers", &new)
        .await
        .expect(201)
        .json();
    assert_eq!(
        (&filed["channel"], &filed["intake"]["kiosk"]),
        (&json!("online"), &json!("KIOSK-07"))
    );
    assert_eq!(filed["intake"]["supportAgency"]["code"], "H05.22");
    new["supportAgencyCode"] = json!("H05.99");
    let reply = w.app.as_(&citizen).post("/api/v1/dossiers", &new).await;
    let problem = reply.expect_problem(422, "body.invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/supportAgencyCode");
}

#[tokio::test]
async fn somebody_else_files_with_an_authorisation_that_holds() {
    let w = World::new().await;
    let citizen = actors::citizen();
    let paper = w.upload(&citizen, "giay-uy-quyen.pdf").await;
    let foreign = w.upload(&actors::citizen2(), "cua-nguoi-khac.pdf").await;
    let representative = |file: &str, until: &str| {
        json!({"name": "Trần Thị Bình", "identityNumber": "001190000002", "phone": "0912345679",
            "fileId": file, "validTo": until})
    };
    let mut new = w.body(&citizen).await;
    for (given, pointer, code) in [
        (
            representative(&paper, "2026-11-15"),
            "/representative/validTo",
            "authorisation.ended",
        ),
        (
            representative(&foreign, "2026-12-31"),
            "/representative/fileId",
            "file.unknown",
        ),
    ] {
        new["representative"] = given;
        let reply = w.app.as_(&citizen).post("/api/v1/dossiers", &new).await;
        let problem = reply.expect_problem(422, "body.invalid");
        assert_eq!(
            (
                &problem["errors"][0]["pointer"],
                &problem["errors"][0]["code"]
            ),
            (&json!(pointer), &json!(code))
        );
    }
    new["representative"] = representative(&paper, "2026-11-16");
    let filed = w
        .app
        .as_(&citizen)
        .post("/api/v1/dossiers", &new)
        .await
        .expect(201)
        .json();
    assert_eq!(filed["intake"]["representative"], "Trần Thị Bình");
    // The officer can read the authorisation itself.
    let path = format!("/api/v1/files/{paper}");
    w.app.as_(&actors::officer()).get(&path).await.expect(200);
    w.app
        .as_(&actors::officer2())
        .get(&path)
        .await
        .expect_problem(404, "file.not-found");
}

#[tokio::test]
async fn any_desk_takes_what_is_not_bound_to_a_place_and_the_clock_runs_at_the_competent_one() {
    let w = World::new().await;
    let mut new = body(&w, "direct").await;
    new["agencyCode"] = json!("H05.22");
    let mut bound = new.clone();
    bound["procedureId"] = json!(crate::world::PROCEDURE);
    let expected = (
        "/agencyCode".to_owned(),
        "procedure.not-anywhere".to_owned(),
    );
    assert_eq!(wrong(&w, &bound).await, expected);
    let filed = file(&w, &new).await;
    assert_eq!(filed["agency"]["code"], "H05.22");
    assert_eq!(filed["intake"]["receivingAgency"]["code"], "H05.21");
    // Where it was handed in it can be seen, not handled: the competent agency receives, and the clock begins there.
    let here = actors::officer();
    assert_eq!(w.get(&here, &filed).await["actions"], json!([]));
    w.command(&here, &filed, "receive", json!({}))
        .await
        .expect_problem(403, "auth.forbidden");
    w.rt.clock
        .set("2026-11-17T02:00:00Z".parse().expect("time"));
    let received = w
        .go(&actors::officer2(), &filed, "receive", json!({}))
        .await;
    assert_eq!(received["dueAt"], "2026-11-20T10:00:00Z");
    assert!(text(&received["number"]).starts_with("H05.22-"));
    // The report counts it once, at the competent agency.
    for (who, count) in [(actors::leader(), 0), (actors::leader2(), 1)] {
        let path = "/api/v1/reports/dossiers?from=2026-11-16&to=2026-11-17";
        let report = w.app.as_(&who).get(path).await.expect(200).json();
        assert_eq!(report["received"]["direct"], count, "{}", who.name);
    }
    // The result is handed over where it was handed in.
    let d = w
        .go(
            &actors::specialist2(),
            &received,
            "start-handling",
            json!({}),
        )
        .await;
    let result = w.upload(&actors::specialist2(), "ket-qua.pdf").await;
    let d = w
        .go(
            &actors::specialist2(),
            &d,
            "propose",
            json!({"resultFileId": result}),
        )
        .await;
    let d = w.go(&actors::leader2(), &d, "approve", json!({})).await;
    assert_eq!(w.get(&here, &d).await["actions"], json!(["hand-over"]));
    let receiver = json!({"receiverName": "Nguyễn Văn An"});
    let returned = w.go(&here, &d, "hand-over", receiver).await;
    assert_eq!(returned["status"]["key"], "returned");
}
