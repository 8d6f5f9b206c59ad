//! Incidents: announced, while they last the clocks stand, ended, the time given back.

use crate::world::{World, text};
use serde_json::{Value, json};
use testkit::{actors, wait_for};

async fn announce(w: &World, body: Value) -> Value {
    w.app
        .as_(&actors::agency_admin())
        .post("/api/v1/incidents", &body)
        .await
        .expect(201)
        .json()
}

async fn end(w: &World, incident: &Value, body: Value) -> testkit::Reply {
    let path = format!("/api/v1/incidents/{}/end", text(&incident["id"]));
    w.app
        .as_(&actors::agency_admin())
        .if_match(incident["version"].as_i64().expect("version"))
        .post(&path, &body)
        .await
}

fn at(w: &World, when: &str) {
    w.rt.clock.set(when.parse().expect("time"));
}

#[tokio::test]
async fn the_clocks_stand_while_an_incident_lasts_and_every_dossier_gets_the_time_back() {
    let w = World::new().await;
    let officer = actors::officer();
    let received = w.go(&officer, &w.file().await, "receive", json!({})).await;
    assert_eq!(received["dueAt"], "2026-11-18T10:00:00Z");
    let ask = json!({"items": [{"content": "Bản sao"}], "reason": "Thiếu"});
    let asked = w
        .go(&officer, &w.file().await, "request-supplement", ask)
        .await;
    assert_eq!(asked["supplement"]["dueAt"], "2026-11-26T10:00:00Z");
    let new = w.file().await;
    let ended = w
        .go(&actors::citizen(), &w.file().await, "withdraw", json!({}))
        .await;

    let mut elsewhere = w.body(&actors::citizen()).await;
    elsewhere["agencyCode"] = json!("H05.22");
    let elsewhere = w
        .app
        .as_(&actors::citizen())
        .post("/api/v1/dossiers", &elsewhere)
        .await
        .expect(201)
        .json();

    at(&w, "2026-11-17T01:30:00Z");
    // Its last day for an apology began an hour before the incident: told already.
    let told = ["apologyDue".to_owned()];
    wait_for("the alarm of before", || async {
        (w.alarms(&received).await == told).then_some(())
    })
    .await;
    let body = json!({"agencyCode": "H05.21", "title": "Mất kết nối", "startedAt": "2026-11-17T01:30:00Z",
        "expectedAt": "2026-11-28T01:30:00Z"});
    let incident = announce(&w, body.clone()).await;
    assert_eq!(incident["announcedBy"], "Ngô Văn Khánh");
    // While it lasts nothing is told to be late and nothing expires.
    at(&w, "2026-11-27T02:00:00Z");
    wait_for("the alarm of an agency whose clocks run", || async {
        w.rt.clock.advance(chrono::Duration::seconds(1));
        (!w.alarms(&elsewhere).await.is_empty()).then_some(())
    })
    .await;
    let other = w
        .app
        .as_(&actors::agency_admin())
        .post("/api/v1/incidents", &body)
        .await;
    let problem = other.expect_problem(422, "body.invalid");
    assert_eq!(
        problem["errors"][0]["code"], "incident.time-invalid",
        "too long ago"
    );
    let now = json!({"agencyCode": "H05.21", "title": "Lại", "startedAt": "2026-11-27T01:00:00Z"});
    let other = w
        .app
        .as_(&actors::agency_admin())
        .post("/api/v1/incidents", &now)
        .await;
    other.expect_problem(409, "incident.overlaps");
    assert_eq!(w.alarms(&received).await, told, "nothing since");
    assert_eq!(
        w.get(&officer, &asked).await["status"]["key"],
        "supplementRequested"
    );

    // Over after one working day: Tuesday 08:30 to Wednesday 08:30.
    let over = end(&w, &incident, json!({"endedAt": "2026-11-18T01:30:00Z"})).await;
    let over = over.expect(200).json();
    assert_eq!(over["version"], 2);
    wait_for("the time back", || async {
        // The job runs by this clock.
        w.rt.clock.advance(chrono::Duration::seconds(1));
        let page = w
            .app
            .as_(&actors::agency_admin())
            .get("/api/v1/incidents")
            .await
            .expect(200)
            .json();
        (page["items"][0]["settledAt"] != Value::Null).then_some(page)
    })
    .await;
    let moved = w.get(&officer, &received).await;
    assert_eq!(moved["dueAt"], "2026-11-19T10:00:00Z");
    assert_eq!(moved["firstDueAt"], "2026-11-19T10:00:00Z");
    let last = moved["history"]
        .as_array()
        .and_then(|h| h.last())
        .expect("history");
    assert_eq!(
        (&last["command"], &last["reason"], &last["actor"]),
        (
            &json!("give-time-back"),
            &json!("Mất kết nối"),
            &json!("Hệ thống")
        )
    );
    let moved = w.get(&officer, &asked).await;
    assert_eq!(moved["supplement"]["dueAt"], "2026-11-27T10:00:00Z");
    let moved = w.get(&officer, &new).await;
    assert_eq!(moved["checkDueAt"], "2026-11-18T02:00:00Z");
    assert_eq!(w.get(&officer, &ended).await["version"], ended["version"]);
    // And now what is late is told.
    wait_for("the alarm", || async {
        w.rt.clock.advance(chrono::Duration::seconds(1));
        let raised = w.alarms(&received).await;
        raised.contains(&"overdue".to_owned()).then_some(())
    })
    .await;
    end(&w, &over, json!({}))
        .await
        .expect_problem(409, "incident.ended");
    assert_eq!(dossier::verify(w.db()).await.expect("database"), []);
}

#[tokio::test]
async fn an_administrator_announces_for_the_own_agency_and_the_province_for_all() {
    let w = World::new().await;
    let start = "2026-11-16T01:30:00Z";
    for agency in [json!("H05.22"), json!("H05.99"), Value::Null] {
        let body = json!({"agencyCode": agency, "title": "Sự cố", "startedAt": start});
        let reply = w
            .app
            .as_(&actors::agency_admin())
            .post("/api/v1/incidents", &body)
            .await;
        let problem = reply.expect_problem(422, "body.invalid");
        assert_eq!(problem["errors"][0]["pointer"], "/agencyCode", "{agency}");
    }
    for actor in [actors::citizen(), actors::officer(), actors::leader()] {
        let body = json!({"agencyCode": "H05.21", "title": "Sự cố", "startedAt": start});
        w.app
            .as_(&actor)
            .post("/api/v1/incidents", &body)
            .await
            .expect_problem(403, "auth.forbidden");
    }
    for (field, body) in [
        (
            "/startedAt",
            json!({"title": "x", "startedAt": "2026-11-16T03:00:00Z"}),
        ),
        (
            "/startedAt",
            json!({"title": "x", "startedAt": "2026-11-01T03:00:00Z"}),
        ),
        ("/title", json!({"title": " ", "startedAt": start})),
        (
            "/expectedAt",
            json!({"title": "x", "startedAt": start, "expectedAt": start}),
        ),
    ] {
        let reply = w
            .app
            .as_(&actors::admin())
            .post("/api/v1/incidents", &body)
            .await;
        let problem = reply.expect_problem(422, "body.invalid");
        assert_eq!(problem["errors"][0]["pointer"], field);
    }
    let body = json!({"title": "Mất điện toàn tỉnh", "startedAt": start});
    let all = w
        .app
        .as_(&actors::admin())
        .post("/api/v1/incidents", &body)
        .await
        .expect(201)
        .json();
    assert_eq!(all["agencyCode"], Value::Null);
    // It stands in the agency's list, and is the province's to end.
    let page = w
        .app
        .as_(&actors::agency_admin())
        .get("/api/v1/incidents")
        .await
        .expect(200)
        .json();
    assert_eq!(page["items"][0]["id"], all["id"]);
    end(&w, &all, json!({}))
        .await
        .expect_problem(404, "incident.not-found");
    let path = format!("/api/v1/incidents/{}/end", text(&all["id"]));
    let admin = actors::admin();
    let stale = w.app.as_(&admin).if_match(7).post(&path, &json!({})).await;
    stale.expect_problem(412, "precondition.failed");
    for wrong in ["2026-11-16T01:30:00Z", "2026-11-16T05:00:00Z"] {
        let body = json!({"endedAt": wrong});
        let reply = w.app.as_(&admin).if_match(1).post(&path, &body).await;
        let problem = reply.expect_problem(422, "body.invalid");
        assert_eq!(problem["errors"][0]["pointer"], "/endedAt", "{wrong}");
    }
    w.app
        .as_(&admin)
        .if_match(1)
        .post(&path, &json!({}))
        .await
        .expect(200);
}

/// NĐ 301/2026 art. 6: repair within 24 hours. An incident that nobody ends hides nothing for longer.
#[tokio::test]
async fn one_that_outlasts_its_time_silences_nobody() {
    let w = World::new().await;
    let new = w.file().await;
    let received = w.go(&actors::officer(), &new, "receive", json!({})).await;
    at(&w, "2026-11-17T01:30:00Z");
    let body = json!({"agencyCode": "H05.21", "title": "Mất kết nối", "startedAt": "2026-11-17T01:30:00Z"});
    announce(&w, body).await;
    at(&w, "2026-11-20T02:00:00Z");
    wait_for("the alarm of what is overdue", || async {
        w.rt.clock.advance(chrono::Duration::seconds(1));
        let raised = w.alarms(&received).await;
        raised.contains(&"overdue".to_owned()).then_some(())
    })
    .await;
}
