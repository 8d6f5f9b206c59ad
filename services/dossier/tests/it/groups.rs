//! Linked dossiers: filed together, acknowledged, handed on, and what becomes of the others when one is refused.

use crate::world::{PROCEDURE, World, text};
use serde_json::{Value, json};
use testkit::{actors, wait_for};

/// Three: the second waits for the first, at another agency; the third for the second.
async fn file(w: &World) -> Value {
    let citizen = actors::citizen();
    let (first, mut second, third) = (
        w.body(&citizen).await,
        w.body(&citizen).await,
        w.body(&citizen).await,
    );
    second["agencyCode"] = json!("H05.22");
    let body = json!({"members": [
        {"dossier": first}, {"dossier": second, "after": 0}, {"dossier": third, "after": 1},
    ]});
    w.app
        .as_(&citizen)
        .post("/api/v1/dossier-groups", &body)
        .await
        .expect(201)
        .json()
}

async fn one(w: &World, group: &Value, n: usize) -> Value {
    let path = format!(
        "/api/v1/dossiers/{}",
        text(&group["members"][n]["dossier"]["id"])
    );
    w.app
        .as_(&actors::citizen())
        .get(&path)
        .await
        .expect(200)
        .json()
}

#[tokio::test]
async fn one_filing_opens_several_and_each_is_handed_on_when_the_one_before_is_solved() {
    let w = World::new().await;
    let group = file(&w).await;
    assert_eq!(group["size"], 3);
    let waiting = |g: &Value| -> Vec<bool> {
        let members = g["members"].as_array().expect("members");
        members.iter().map(|m| m["waiting"] == true).collect()
    };
    assert_eq!(waiting(&group), [false, true, true]);
    let first = one(&w, &group, 0).await;
    assert_eq!(first["group"]["id"], group["id"]);
    // Two working hours from Monday 09:00.
    assert_eq!(first["group"]["acknowledgeBy"], "2026-11-16T04:00:00Z");
    // What waits is nobody's to receive yet, but the applicant may withdraw it.
    let second = one(&w, &group, 1).await;
    assert_eq!(second["checkDueAt"], Value::Null);
    assert_eq!(second["actions"], json!(["withdraw"]));
    w.command(&actors::officer2(), &second, "receive", json!({}))
        .await
        .expect_problem(409, "dossier.action-not-open");

    // Not acknowledged in time: the heads are told.
    w.rt.clock
        .set("2026-11-16T04:00:01Z".parse().expect("time"));
    wait_for("the alarm", || async {
        (w.alarms(&first).await == ["acknowledgeLate"]).then_some(())
    })
    .await;
    let first = w
        .go(&actors::officer(), &first, "acknowledge", json!({}))
        .await;
    assert_eq!(first["group"]["acknowledgeBy"], Value::Null);
    w.command(&actors::officer(), &first, "acknowledge", json!({}))
        .await
        .expect_problem(409, "dossier.action-not-open");
    let done = w.until_done(&first).await;
    assert_eq!(done["status"]["key"], "done");

    // Handed on in the same moment, with clocks of its own.
    let second = one(&w, &group, 1).await;
    assert_eq!(second["group"]["waiting"], false);
    assert_eq!(second["checkDueAt"], "2026-11-17T04:00:00Z");
    let events = w.events(&second).await;
    assert_eq!(events.last().map(|(c, _)| c.as_str()), Some("hand-on"));
    let received = w
        .go(&actors::officer2(), &second, "receive", json!({}))
        .await;
    assert!(text(&received["number"]).starts_with("H05.22-"));

    // One view for the citizen, for the agency its own part, for others nothing.
    let path = format!("/api/v1/dossier-groups/{}", text(&group["id"]));
    let seen = w
        .app
        .as_(&actors::citizen())
        .get(&path)
        .await
        .expect(200)
        .json();
    assert_eq!(waiting(&seen), [false, false, true]);
    let part = w
        .app
        .as_(&actors::officer2())
        .get(&path)
        .await
        .expect(200)
        .json();
    assert_eq!(part["members"].as_array().map(Vec::len), Some(1));
    w.app
        .as_(&actors::citizen2())
        .get(&path)
        .await
        .expect_problem(404, "dossier.not-found");
    // Counted once each, where it is handled.
    for (who, count) in [(actors::leader(), 1), (actors::leader2(), 1)] {
        let path = "/api/v1/reports/dossiers?from=2026-11-16&to=2026-11-16";
        let report = w.app.as_(&who).get(path).await.expect(200).json();
        assert_eq!(report["received"]["online"], count, "{}", who.name);
    }
    assert_eq!(dossier::verify(w.db()).await.expect("database"), []);
}

#[tokio::test]
async fn when_one_has_no_result_what_waits_for_it_ends_and_says_why() {
    let w = World::new().await;
    let group = file(&w).await;
    let first = one(&w, &group, 0).await;
    let reason = json!({"reason": "Không thuộc thẩm quyền"});
    w.go(&actors::officer(), &first, "refuse", reason).await;
    for n in [1, 2] {
        let ended = one(&w, &group, n).await;
        assert_eq!(ended["status"]["key"], "stopped", "{n}");
        let last = ended["history"]
            .as_array()
            .and_then(|h| h.last())
            .expect("history");
        assert_eq!(last["command"], "stop-linked");
        assert!(text(&last["reason"]).contains("liên thông"), "{last}");
    }
    assert_eq!(dossier::verify(w.db()).await.expect("database"), []);
}

#[tokio::test]
async fn when_what_it_follows_is_taken_back_its_desk_is_told_and_decides() {
    let w = World::new().await;
    let group = file(&w).await;
    let first = w.until_done(&one(&w, &group, 0).await).await;
    let second = one(&w, &group, 1).await;
    let second = w
        .go(&actors::officer2(), &second, "receive", json!({}))
        .await;
    assert_eq!(second["group"]["predecessorRevokedAt"], Value::Null);

    let told = async |count: usize| {
        w.rt.clock.advance(chrono::Duration::minutes(1));
        wait_for("the alarm", || async {
            (w.alarms(&second).await == vec!["predecessorRevoked"; count]).then_some(())
        })
        .await;
        let seen = one(&w, &group, 1).await;
        assert_eq!(
            seen["status"]["key"], "received",
            "its desk decides, not the suite"
        );
        seen
    };
    let wrong = json!({"reason": "Sai họ tên"});
    let first = w
        .go(&actors::leader(), &first, "correct", wrong.clone())
        .await;
    let seen = told(1).await;
    assert_eq!(
        seen["group"]["predecessorRevokedAt"],
        "2026-11-16T02:00:00Z"
    );
    assert_eq!(seen["dueAt"], second["dueAt"], "no clock moves");
    let history = seen["history"].as_array().expect("history");
    let last = history.last().expect("an entry");
    assert_eq!(last["command"], "note-predecessor");
    let reason = text(&last["reason"]);
    assert!(
        reason.contains("thu hồi") && reason.contains(&text(&first["number"])),
        "{reason}"
    );

    // Solved anew as a refusal, then taken back again and granted.
    let solve = async |first: &Value, refusal: bool| {
        let file = w.upload(&actors::specialist(), "lai.pdf").await;
        let mut body = json!({"resultFileId": file, "refusal": refusal});
        if refusal {
            body["note"] = json!("Khoản 2 Điều 7: thiếu điều kiện.");
        }
        let d = w.go(&actors::specialist(), first, "propose", body).await;
        w.go(&actors::leader(), &d, "approve", json!({})).await
    };
    let first = solve(&first, true).await;
    let seen = told(2).await;
    assert!(
        text(
            &seen["history"]
                .as_array()
                .expect("history")
                .last()
                .expect("an entry")["reason"]
        )
        .contains("không có kết quả")
    );
    // What was refused is not taken back a second time for those that follow.
    let first = w.go(&actors::leader(), &first, "correct", wrong).await;
    assert_eq!(one(&w, &group, 1).await["version"], seen["version"]);
    solve(&first, false).await;
    let seen = one(&w, &group, 1).await;
    assert_eq!(seen["group"]["predecessorRevokedAt"], Value::Null);
    // Told at once, and never again for the same.
    assert_eq!(w.alarms(&second).await, ["predecessorRevoked"; 2]);
    assert_eq!(
        w.events(&second).await.last().map(|(c, _)| c.clone()),
        Some("note-predecessor".to_owned())
    );
    // The third, which waits for the second, was never told.
    assert_eq!(one(&w, &group, 2).await["version"], 1);
    assert_eq!(dossier::verify(w.db()).await.expect("database"), []);
}

#[tokio::test]
async fn one_that_ended_while_it_waited_keeps_nobody_from_ending_the_one_before() {
    let w = World::new().await;
    let citizen = actors::citizen();
    // Withdrawn while it waits.
    let group = file(&w).await;
    w.go(&citizen, &one(&w, &group, 1).await, "withdraw", json!({}))
        .await;
    let first = w.until_done(&one(&w, &group, 0).await).await;
    assert_eq!(first["status"]["key"], "done");
    assert_eq!(one(&w, &group, 1).await["status"]["key"], "withdrawn");
    assert_eq!(one(&w, &group, 2).await["status"]["key"], "stopped");

    // Stopped with the one before; what is refused, opened again and granted finds it stopped, and says so to whoever opens that again.
    let group = file(&w).await;
    let reason = json!({"reason": "Không thuộc thẩm quyền"});
    let first = one(&w, &group, 0).await;
    let first = w
        .go(&actors::officer(), &first, "refuse", reason.clone())
        .await;
    let again = json!({"reason": "Từ chối nhầm", "legalBasis": "Điều 17 NĐ 61/2018"});
    let first = w.go(&actors::leader(), &first, "reopen", again).await;
    w.until_done(&first).await;
    let second = one(&w, &group, 1).await;
    assert_eq!(second["status"]["key"], "stopped");
    let last = second["history"].as_array().and_then(|h| h.last());
    let last = last.expect("an entry");
    assert_eq!(last["command"], "note-predecessor");
    assert!(text(&last["reason"]).contains("kết quả mới"), "{last}");
    assert_eq!(dossier::verify(w.db()).await.expect("database"), []);
}

#[tokio::test]
async fn what_became_of_the_one_before_is_known_to_who_opens_the_one_after_again() {
    let w = World::new().await;
    let group = file(&w).await;
    let first = w.until_done(&one(&w, &group, 0).await).await;
    let second = one(&w, &group, 1).await;
    let second = w
        .go(&actors::officer2(), &second, "receive", json!({}))
        .await;
    let reason = json!({"reason": "Người nộp yêu cầu"});
    let second = w.go(&actors::officer2(), &second, "stop", reason).await;
    let wrong = json!({"reason": "Sai họ tên"});
    w.go(&actors::leader(), &first, "correct", wrong).await;
    // It has ended: nobody is told of what is of no use.
    assert!(w.alarms(&second).await.is_empty());
    let seen = one(&w, &group, 1).await;
    assert_eq!(seen["group"]["predecessorRevokedAt"], Value::Null);
    let again = json!({"reason": "Giải quyết tiếp", "legalBasis": "Điều 17 NĐ 61/2018"});
    let seen = w.get(&actors::leader2(), &seen).await;
    let seen = w.go(&actors::leader2(), &seen, "reopen", again).await;
    assert_ne!(seen["group"]["predecessorRevokedAt"], Value::Null);
    assert_eq!(w.alarms(&second).await, ["predecessorRevoked"]);
}

#[tokio::test]
async fn all_or_none_and_every_fault_by_its_pointer() {
    let w = World::new().await;
    let citizen = actors::citizen();
    let good = w.body(&citizen).await;
    let mut bad = w.body(&citizen).await;
    bad["applicant"]["phone"] = json!("12");
    let body = json!({"members": [
        {"dossier": good}, {"dossier": bad, "after": 1}, {"dossier": {"procedureId": PROCEDURE, "agencyCode": "H05.99",
            "applicant": bad["applicant"], "return": {"method": "counter"}}},
    ]});
    let problem = w
        .app
        .as_(&citizen)
        .post("/api/v1/dossier-groups", &body)
        .await
        .expect_problem(422, "body.invalid");
    let pointers: Vec<String> = problem["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|e| text(&e["pointer"]))
        .collect();
    for pointer in [
        "/members/1/after",
        "/members/1/dossier/applicant/phone",
        "/members/2/dossier/agencyCode",
        "/members/2/dossier/attachments",
    ] {
        assert!(
            pointers.contains(&pointer.to_owned()),
            "{pointer}: {pointers:?}"
        );
    }
    for members in [json!([]), json!([{"dossier": good}])] {
        let problem = w
            .app
            .as_(&citizen)
            .post("/api/v1/dossier-groups", &json!({"members": members}))
            .await
            .expect_problem(422, "body.invalid");
        assert_eq!(problem["errors"][0]["pointer"], "/members");
    }
    let mine = w
        .app
        .as_(&citizen)
        .get("/api/v1/dossiers")
        .await
        .expect(200)
        .json();
    assert_eq!(mine["items"], json!([]), "nothing was filed");
}
