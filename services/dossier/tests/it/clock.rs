//! The statutory clock over HTTP: check, alarms, apology, refusal after examination, reopening, correction, and how it is counted.

use crate::world::{World, text};
use serde_json::{Value, json};
use testkit::{actors, wait_for};

fn at(w: &World, when: &str) {
    w.rt.clock.set(when.parse().expect("time"));
}

async fn wait_alarms(w: &World, d: &Value, wanted: &[&str]) {
    wait_for("alarms", || async {
        let raised = w.alarms(d).await;
        (raised == wanted).then_some(())
    })
    .await;
}

async fn report(w: &World, query: &str) -> Value {
    let path = format!("/api/v1/reports/dossiers{query}");
    w.app
        .as_(&actors::leader())
        .get(&path)
        .await
        .expect(200)
        .json()
}

#[tokio::test]
async fn the_leader_is_warned_before_at_and_after_due_and_nothing_is_told_twice() {
    let w = World::new().await;
    let filed = w.file().await;
    assert_eq!(filed["checkDueAt"], "2026-11-17T02:00:00Z");
    // Not looked at for eight working hours.
    at(&w, "2026-11-17T02:00:01Z");
    wait_alarms(&w, &filed, &["checkLate"]).await;
    let received = w.go(&actors::officer(), &filed, "receive", json!({})).await;
    assert_eq!(received["version"], 2, "an alarm is no transition");
    assert_eq!(received["checkDueAt"], Value::Null);
    assert_eq!(received["dueAt"], "2026-11-19T10:00:00Z");
    at(&w, "2026-11-18T00:30:00Z");
    wait_alarms(&w, &filed, &["checkLate", "apologyDue"]).await;
    at(&w, "2026-11-18T10:00:00Z");
    wait_alarms(&w, &filed, &["checkLate", "apologyDue", "dueSoon"]).await;
    // Taken up in between: the clock is the same, so nothing is told again.
    let handling = w
        .go(
            &actors::specialist(),
            &received,
            "start-handling",
            json!({}),
        )
        .await;
    at(&w, "2026-11-19T10:00:00Z");
    let so_far = ["checkLate", "apologyDue", "dueSoon", "due"];
    wait_alarms(&w, &filed, &so_far).await;
    at(&w, "2026-11-20T10:00:00Z");
    let so_far = [&so_far[..], &["overdue"]].concat();
    wait_alarms(&w, &filed, &so_far).await;
    assert_eq!(w.get(&actors::leader(), &handling).await["version"], 3);

    let page = w
        .app
        .as_(&actors::leader())
        .get("/api/v1/dossier-alarms?limit=2")
        .await
        .expect(200)
        .json();
    assert_eq!(page["items"][0]["kind"], "overdue");
    assert_eq!(page["items"][0]["dossierId"], filed["id"]);
    assert_eq!(page["items"][0]["overdue"], true);
    let next = text(&page["next"]);
    let path = format!("/api/v1/dossier-alarms?limit=2&cursor={next}");
    let page = w
        .app
        .as_(&actors::leader())
        .get(&path)
        .await
        .expect(200)
        .json();
    assert_eq!(page["items"][0]["kind"], "dueSoon");
    let path = "/api/v1/dossier-alarms?kind=checkLate";
    let page = w
        .app
        .as_(&actors::officer())
        .get(path)
        .await
        .expect(200)
        .json();
    assert_eq!(page["items"].as_array().map(Vec::len), Some(1));
    // Another agency's are not there; applicants have none.
    let other = w
        .app
        .as_(&actors::officer2())
        .get("/api/v1/dossier-alarms")
        .await
        .expect(200)
        .json();
    assert_eq!(other["items"], json!([]));
    w.app
        .as_(&actors::citizen())
        .get("/api/v1/dossier-alarms")
        .await
        .expect_problem(403, "auth.forbidden");
    let counted = report(&w, "?from=2026-11-01&to=2026-11-30").await;
    assert_eq!(counted["checkedLate"], 1);
    assert_eq!(counted["open"]["overdue"], 1);
    assert_eq!(dossier::verify(w.db()).await.expect("database"), []);
}

#[tokio::test]
async fn an_apology_is_sent_once_and_in_time_and_the_first_date_is_kept() {
    let w = World::new().await;
    let officer = actors::officer();
    let d = w.go(&officer, &w.file().await, "receive", json!({})).await;
    assert_eq!(d["dueAt"], "2026-11-18T10:00:00Z");
    let draft = format!(
        "/api/v1/dossiers/{}/forms/apology-draft.pdf",
        text(&d["id"])
    );
    let letter = format!("/api/v1/dossiers/{}/forms/apology.pdf", text(&d["id"]));
    w.app.as_(&officer).get(&draft).await.expect(200);
    let citizen = actors::citizen();
    w.app
        .as_(&citizen)
        .get(&draft)
        .await
        .expect_problem(404, "form.not-available");
    w.app
        .as_(&citizen)
        .get(&letter)
        .await
        .expect_problem(404, "form.not-available");

    for wrong in ["2026-11-18", "2026-11-21", "2026-11-24", "2029-01-02"] {
        let body = json!({"reason": "Chờ ý kiến", "dueOn": wrong});
        let problem = w
            .command(&officer, &d, "apologise", body)
            .await
            .expect_problem(422, "body.invalid");
        assert_eq!(
            problem["errors"][0],
            json!({"pointer": "/dueOn", "code": "apology.date-invalid", "detail": problem["errors"][0]["detail"]}),
            "{wrong}"
        );
    }
    let body = json!({"reason": "Chờ ý kiến của cơ quan phối hợp", "dueOn": "2026-11-20"});
    let moved = w.go(&officer, &d, "apologise", body.clone()).await;
    assert_eq!(moved["dueAt"], "2026-11-20T10:00:00Z");
    assert_eq!(moved["firstDueAt"], "2026-11-18T10:00:00Z");
    assert_eq!(moved["apology"]["oldDueAt"], "2026-11-18T10:00:00Z");
    w.app.as_(&citizen).get(&letter).await.expect(200);
    let again = json!({"reason": "Vẫn chờ", "dueOn": "2026-11-27"});
    let problem = w
        .command(&officer, &moved, "apologise", again)
        .await
        .expect_problem(409, "apology.already-given");
    assert_eq!(
        (&problem["state"], &problem["command"]),
        (&json!("received"), &json!("apologise"))
    );
    let same = w.get(&officer, &moved).await;
    assert_eq!(
        (&same["version"], &same["dueAt"]),
        (&moved["version"], &moved["dueAt"])
    );
    let event = w
        .published(&d, "dossier.dossier-changed.v1")
        .await
        .pop()
        .expect("an event");
    assert_eq!(event.data["earlierDueAt"], "2026-11-18T10:00:00Z");
    assert_eq!(event.data["dueAt"], "2026-11-20T10:00:00Z");

    // Too late: on the day of expiry.
    let late = w.go(&officer, &w.file().await, "receive", json!({})).await;
    at(&w, "2026-11-17T17:00:00Z");
    w.command(&officer, &late, "apologise", body)
        .await
        .expect_problem(409, "apology.too-late");
}

#[tokio::test]
async fn the_date_of_a_dossier_is_explained_from_what_is_noted_of_it() {
    let w = World::new().await;
    let filed = w.file().await;
    let of = async |name: &str| {
        let found = dossier::due_of(w.db(), dossier::Clocks::default(), name).await;
        found.expect("database")
    };
    let waits = of(&text(&filed["id"])).await.expect("a dossier");
    assert!(waits.from.is_none() && waits.found.is_none() && waits.due_at.is_none());
    let d = w.go(&actors::officer(), &filed, "receive", json!({})).await;
    // What was waited for the payment does not count: a day and a half from Monday to Wednesday morning.
    let asked = json!({"amount": 10_000, "reason": "Lệ phí"});
    let d = w.go(&actors::officer(), &d, "request-payment", asked).await;
    let name = text(&d["number"]);
    assert_eq!(of(&name).await.expect("a dossier").due_at, None);
    at(&w, "2026-11-18T02:00:00Z");
    let d = w
        .go(&actors::officer(), &d, "confirm-payment", json!({}))
        .await;
    let stands = of(&name).await.expect("a dossier");
    let found = stands.found.expect("a date");
    assert_eq!(stands.due_at, Some(found.due_at));
    assert_eq!(json!(found.due_at), d["dueAt"]);
    assert_eq!(
        (stands.name, stands.agency),
        (name.clone(), "H05.21".to_owned())
    );
    let said = found.explain(vn::Lang::Vi);
    assert!(said.contains("18/11/2026"), "{said}");
    // A new date is promised, not counted: both are said.
    let body = json!({"reason": "Chờ ý kiến", "dueOn": "2026-11-26"});
    let d = w.go(&actors::leader(), &d, "apologise", body).await;
    let moved = of(&name).await.expect("a dossier");
    assert_eq!(moved.found.expect("a date").due_at, found.due_at);
    assert_eq!(json!(moved.apology.expect("one").1), d["dueAt"]);
    assert_eq!(
        (moved.first_due_at, json!(moved.due_at)),
        (Some(found.due_at), d["dueAt"].clone())
    );
    for name in [
        "H05.21-260101-9999",
        "01a1e215-2900-7eb3-92a6-054eb5eca252",
        "''",
    ] {
        assert!(of(name).await.is_none(), "{name}");
    }
}

/// Filed, received, solved at these times.
async fn solved(w: &World, from: &str, to: &str, apology: Option<&str>) -> Value {
    at(w, from);
    let mut d = w
        .go(&actors::officer(), &w.file().await, "receive", json!({}))
        .await;
    if let Some(day) = apology {
        let body = json!({"reason": "Chờ ý kiến", "dueOn": day});
        d = w.go(&actors::leader(), &d, "apologise", body).await;
    }
    at(w, to);
    let d = w
        .go(&actors::specialist(), &d, "start-handling", json!({}))
        .await;
    let file = w.upload(&actors::specialist(), "ket-qua.pdf").await;
    let body = json!({"resultFileId": file});
    let d = w.go(&actors::specialist(), &d, "propose", body).await;
    w.go(&actors::leader(), &d, "approve", json!({})).await
}

#[tokio::test]
async fn early_on_time_and_late_are_counted_by_the_calendar_date() {
    let w = World::new().await;
    let monday = "2026-11-16T02:00:00Z";
    let early = solved(&w, monday, "2026-11-17T16:59:00Z", None).await;
    assert_eq!(early["outcome"], "early");
    let on_time = solved(&w, monday, "2026-11-18T16:59:00Z", None).await;
    assert_eq!(on_time["outcome"], "onTime", "after hours, on the day");
    let late = solved(&w, monday, "2026-11-18T17:00:00Z", None).await;
    assert_eq!(late["outcome"], "late");
    let moved = solved(&w, monday, "2026-11-19T02:00:00Z", Some("2026-11-20")).await;
    assert_eq!(moved["outcome"], "early");
    let ended = json!({"reason": "Không thuộc thẩm quyền"});
    w.go(&actors::officer(), &w.file().await, "refuse", ended.clone())
        .await;
    w.go(&actors::citizen(), &w.file().await, "withdraw", json!({}))
        .await;
    let counted = report(&w, "?from=2026-11-16&to=2026-11-19").await;
    assert_eq!(counted["agencyCode"], "H05.21");
    assert_eq!(
        counted["received"],
        json!({"online": 4, "direct": 0, "postal": 0})
    );
    assert_eq!(
        counted["solved"],
        json!({"early": 2, "onTime": 1, "late": 1})
    );
    assert_eq!(
        counted["solvedByFirstDate"],
        json!({"early": 1, "onTime": 1, "late": 2}),
        "a new date hides nothing"
    );
    assert_eq!(
        (
            &counted["notReceived"],
            &counted["withdrawn"],
            &counted["stopped"]
        ),
        (&json!(1), &json!(1), &json!(0))
    );
    assert_eq!(counted["carriedOver"], 0);
    let later = report(&w, "?from=2026-11-19&to=2026-11-19").await;
    assert_eq!(later["carriedOver"], 2, "{later}");
    assert_eq!(later["solved"]["late"], 1);
    // Another agency's counts are its own; who handles no desk has none.
    let other = w
        .app
        .as_(&actors::leader2())
        .get("/api/v1/reports/dossiers?from=2026-11-16&to=2026-11-19")
        .await
        .expect(200)
        .json();
    assert_eq!(other["solved"], json!({"early": 0, "onTime": 0, "late": 0}));
    for wrong in [
        "?from=2026-11-20&to=2026-11-19",
        "?from=2024-01-01&to=2026-11-19",
        "?from=yesterday",
        "?to=9999-99-99",
    ] {
        let path = format!("/api/v1/reports/dossiers{wrong}");
        let reply = w.app.as_(&actors::leader()).get(&path).await;
        assert!(
            matches!(reply.status, 400 | 422),
            "{wrong}: {}",
            reply.status
        );
    }
}

#[tokio::test]
async fn a_refusal_after_examination_needs_its_legal_reason_and_is_a_result() {
    let w = World::new().await;
    let d = w
        .go(&actors::officer(), &w.file().await, "receive", json!({}))
        .await;
    let specialist = actors::specialist();
    let d = w.go(&specialist, &d, "start-handling", json!({})).await;
    let file = w.upload(&specialist, "phieu-tu-choi.pdf").await;
    let without = json!({"resultFileId": file, "refusal": true});
    let problem = w
        .command(&specialist, &d, "propose", without)
        .await
        .expect_problem(422, "body.invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/note");
    assert_eq!(problem["errors"][0]["code"], "refusal.reason-missing");
    let note = "Không đủ điều kiện theo Điều 8 Luật Hộ tịch";
    let body = json!({"resultFileId": file, "refusal": true, "note": note});
    let d = w.go(&specialist, &d, "propose", body).await;
    assert_eq!(d["proposal"]["refusal"], true);
    let d = w.go(&actors::leader(), &d, "approve", json!({})).await;
    assert_eq!(
        (&d["status"]["key"], &d["outcome"]),
        (&json!("done"), &json!("early"))
    );
    let own = w.get(&actors::citizen(), &d).await;
    assert_eq!(
        (&own["result"]["refusal"], &own["result"]["note"]),
        (&json!(true), &json!(note))
    );
    let form = format!("/api/v1/dossiers/{}/forms/refusal.pdf", text(&d["id"]));
    w.app.as_(&actors::citizen()).get(&form).await.expect(200);
    let event = w
        .published(&d, "dossier.dossier-changed.v1")
        .await
        .pop()
        .expect("an event");
    assert_eq!(
        (&event.data["refusal"], &event.data["reason"]),
        (&json!(true), &json!(note))
    );
}

#[tokio::test]
async fn what_was_ended_is_opened_again_by_special_right_only() {
    let w = World::new().await;
    let officer = actors::officer();
    let d = w.go(&officer, &w.file().await, "receive", json!({})).await;
    let d = w
        .go(&officer, &d, "stop", json!({"reason": "Nhầm hồ sơ"}))
        .await;
    let form = format!("/api/v1/dossiers/{}/forms/stop-notice.pdf", text(&d["id"]));
    w.app.as_(&actors::citizen()).get(&form).await.expect(200);
    let body = json!({"reason": "Dừng nhầm", "legalBasis": "Điều 21 NĐ 61/2018/NĐ-CP"});
    w.command(&officer, &d, "reopen", body.clone())
        .await
        .expect_problem(403, "auth.forbidden");
    let without = json!({"reason": "Dừng nhầm", "legalBasis": " "});
    let problem = w
        .command(&actors::leader(), &d, "reopen", without)
        .await
        .expect_problem(422, "body.invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/legalBasis");
    at(&w, "2026-11-19T02:00:00Z");
    let again = w.go(&actors::leader(), &d, "reopen", body.clone()).await;
    assert_eq!(again["status"]["key"], "received");
    assert_eq!(again["dueAt"], "2026-11-23T10:00:00Z");
    assert_eq!(again["number"], d["number"], "the same dossier");
    w.command(&actors::leader(), &again, "reopen", body)
        .await
        .expect_problem(409, "dossier.action-not-open");
    let problem = w
        .command(
            &actors::leader(),
            &d,
            "reopen",
            json!({"reason": "x", "legalBasis": "y"}),
        )
        .await
        .expect_problem(412, "precondition.failed");
    assert_eq!(
        (&problem["version"], &problem["state"]),
        (&again["version"], &json!("received")),
        "the newer state"
    );
    assert_eq!(dossier::verify(w.db()).await.expect("database"), []);
}

#[tokio::test]
async fn the_agency_corrects_its_own_error() {
    let w = World::new().await;
    let done = w.until_done(&w.file().await).await;
    let receiver = json!({"receiverName": "Nguyễn Văn An"});
    let d = w.go(&actors::officer(), &done, "hand-over", receiver).await;
    let body = json!({"reason": "Sai tên đệm"});
    let again = w.go(&actors::leader(), &d, "correct", body).await;
    assert_eq!(
        (
            &again["status"]["key"],
            &again["step"]["id"],
            &again["result"]
        ),
        (&json!("inProgress"), &json!("handling"), &Value::Null)
    );
    let file = w.upload(&actors::specialist(), "ket-qua-moi.pdf").await;
    let body = json!({"resultFileId": file});
    let d = w.go(&actors::specialist(), &again, "propose", body).await;
    let d = w.go(&actors::leader(), &d, "approve", json!({})).await;
    assert_eq!(d["result"]["name"], "ket-qua-moi.pdf");
    assert_eq!(dossier::verify(w.db()).await.expect("database"), []);
}
