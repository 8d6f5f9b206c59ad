//! The story: filed, received, handled, approved, returned; and its side roads.

use crate::world::{World, text};
use contracts::events::ShipmentState;
use durable::sea_orm::ConnectionTrait as _;
use durable::sea_orm::sea_query::{Expr, ExprTrait as _, Query};
use serde_json::{Value, json};
use testkit::{actors, wait_for};

fn actions(d: &Value) -> Vec<String> {
    d["actions"]
        .as_array()
        .expect("actions")
        .iter()
        .map(text)
        .collect()
}

#[tokio::test]
async fn a_dossier_goes_all_the_way_over_the_counter() {
    let w = World::new().await;
    let filed = w.file().await;
    assert_eq!(
        filed["status"],
        json!({"code": 1, "key": "new", "name": "Mới đăng ký"})
    );
    assert_eq!(filed["number"], Value::Null);
    assert_eq!(filed["submittedAt"], "2026-11-16T02:00:00Z");
    assert_eq!(filed["applicant"]["phone"], "+84912345678");
    assert_eq!(filed["applicant"]["identityNumber"], "001090000001");
    assert_eq!(filed["attachments"][0]["componentName"], "Giấy tờ c1");
    assert_eq!(actions(&filed), ["withdraw"]);

    let seen = w.get(&actors::officer(), &filed).await;
    assert_eq!(
        actions(&seen),
        ["receive", "request-supplement", "refuse", "request-payment"]
    );
    let received = w.go(&actors::officer(), &seen, "receive", json!({})).await;
    assert_eq!(received["number"], "H05.21-261116-0001");
    assert_eq!(received["status"]["key"], "received");
    assert_eq!(received["step"]["id"], "handling");
    assert_eq!(received["dueAt"], "2026-11-18T10:00:00Z");
    assert_eq!(received["dueText"], "17 giờ 00, ngày 18/11/2026");

    let handling = w
        .go(
            &actors::specialist(),
            &received,
            "start-handling",
            json!({}),
        )
        .await;
    assert_eq!(handling["status"]["code"], 4);
    let result = w.upload(&actors::specialist(), "giay-khai-sinh.pdf").await;
    let proposal = json!({"resultFileId": result, "note": "Đủ điều kiện"});
    let proposed = w
        .go(&actors::specialist(), &handling, "propose", proposal)
        .await;
    assert_eq!(proposed["step"]["id"], "approval");
    assert_eq!(
        actions(&w.get(&actors::leader(), &filed).await),
        ["send-back", "approve", "apologise"]
    );

    // The applicant does not see what is only proposed.
    let own = w.get(&actors::citizen(), &filed).await;
    assert_eq!(
        (&own["proposal"], &own["result"]),
        (&Value::Null, &Value::Null)
    );
    let file = format!("/api/v1/files/{result}");
    w.app
        .as_(&actors::citizen())
        .get(&file)
        .await
        .expect_problem(404, "file.not-found");

    let done = w
        .go(&actors::leader(), &proposed, "approve", json!({}))
        .await;
    assert_eq!(done["status"]["key"], "done");
    let own = w.get(&actors::citizen(), &filed).await;
    assert_eq!(own["result"]["name"], "giay-khai-sinh.pdf");
    w.app.as_(&actors::citizen()).get(&file).await.expect(200);

    let receiver =
        json!({"receiverName": "Nguyễn Văn An", "receiverIdentityNumber": "001090000001"});
    let returned = w.go(&actors::officer(), &done, "hand-over", receiver).await;
    assert_eq!(returned["status"]["code"], 10);
    assert_eq!(returned["version"], 6);

    let own = w.get(&actors::citizen(), &filed).await;
    assert!(actions(&own).is_empty());
    let history: Vec<_> = own["history"].as_array().expect("history").iter().collect();
    let commands: Vec<_> = history.iter().map(|h| text(&h["command"])).collect();
    let all = [
        "file",
        "receive",
        "start-handling",
        "propose",
        "approve",
        "hand-over",
    ];
    assert_eq!(commands, all);
    assert_eq!(
        history[1]["actor"], "Trung tâm Phục vụ hành chính công H05.21",
        "the unit, not the person"
    );
    let seen = w.get(&actors::officer(), &filed).await;
    assert_eq!(seen["history"][1]["actor"], "Lê Thị Cúc");

    let events = w.events(&filed).await;
    assert_eq!(
        events,
        all.iter()
            .map(|c| (*c).to_owned())
            .zip(1..)
            .collect::<Vec<_>>()
    );
    assert_eq!(dossier::verify(w.db()).await.expect("database"), []);
}

#[tokio::test]
async fn a_proposal_that_was_sent_back_stays_inside() {
    let w = World::new().await;
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
    let first = w.upload(&actors::specialist(), "ban-dau.pdf").await;
    let body = json!({"resultFileId": first, "note": "bản đầu"});
    let proposed = w
        .go(&actors::specialist(), &handling, "propose", body)
        .await;
    let reason = json!({"reason": "Sai tên đệm"});
    let back = w
        .go(&actors::leader(), &proposed, "send-back", reason)
        .await;
    assert_eq!(back["step"]["id"], "handling");
    let second = w.upload(&actors::specialist(), "ban-hai.pdf").await;
    let body = json!({"resultFileId": second});
    let proposed = w.go(&actors::specialist(), &back, "propose", body).await;
    w.go(
        &actors::leader(),
        &proposed,
        "approve",
        json!({"note": "Đồng ý"}),
    )
    .await;
    let own = w.get(&actors::citizen(), &back).await;
    assert_eq!(own["result"]["fileId"], second.as_str());
    for inside in ["Sai tên đệm", "bản đầu", "Đồng ý"] {
        assert!(!own.to_string().contains(inside), "{inside}");
    }
    let file = |id: &str| format!("/api/v1/files/{id}");
    w.app
        .as_(&actors::citizen())
        .get(&file(&first))
        .await
        .expect_problem(404, "file.not-found");
    w.app
        .as_(&actors::citizen())
        .get(&file(&second))
        .await
        .expect(200);
    w.app
        .as_(&actors::leader())
        .get(&file(&first))
        .await
        .expect(200);
    let path = format!("/api/v1/dossiers/{}/journal", text(&back["id"]));
    let journal = w
        .app
        .as_(&actors::leader())
        .get(&path)
        .await
        .expect(200)
        .json();
    assert_eq!(journal["items"][4]["reason"], "Sai tên đệm");
    assert_eq!(journal["items"][4]["actorRole"], "leader");
    w.app
        .as_(&actors::citizen())
        .get(&path)
        .await
        .expect_problem(403, "auth.forbidden");
}

#[tokio::test]
async fn the_post_delivers_once_whatever_arrives_twice_or_late() {
    let w = World::new().await;
    let done = w.until_done(&w.file_by_post().await).await;
    assert_eq!(done["return"]["method"], "post");
    w.command(
        &actors::officer(),
        &done,
        "hand-over",
        json!({"receiverName": "An"}),
    )
    .await
    .expect_problem(409, "dossier.action-not-open");

    let delivered = w.shipment(&done, 4, ShipmentState::Delivered);
    w.deliver(&delivered).await;
    w.deliver(&delivered).await;
    w.deliver(&w.shipment(&done, 3, ShipmentState::InTransit))
        .await;
    w.deliver(&w.shipment(&done, 5, ShipmentState::ReturnedToAgency))
        .await;
    let returned = w.get(&actors::citizen(), &done).await;
    assert_eq!(returned["status"]["key"], "returned");
    assert_eq!(returned["version"], 6);
    let events = w.events(&done).await;
    assert_eq!(events.last(), Some(&("post-delivered".to_owned(), 6)));
    assert_eq!(dossier::verify(w.db()).await.expect("database"), []);
}

#[tokio::test]
async fn what_the_post_brings_back_waits_at_the_counter() {
    let w = World::new().await;
    let done = w.until_done(&w.file_by_post().await).await;
    w.deliver(&w.shipment(&done, 2, ShipmentState::HandedToPost))
        .await;
    w.deliver(&w.shipment(&done, 5, ShipmentState::ReturnedToAgency))
        .await;
    let back = w.get(&actors::officer(), &done).await;
    assert_eq!(
        (&back["status"]["key"], &back["return"]["method"]),
        (&json!("done"), &json!("counter"))
    );
    assert_eq!(actions(&back), ["hand-over"]);
    let returned = w
        .go(
            &actors::officer(),
            &back,
            "hand-over",
            json!({"receiverName": "An"}),
        )
        .await;
    assert_eq!(returned["status"]["key"], "returned");
}

#[tokio::test]
async fn a_supplement_before_reception_goes_back_to_the_desk() {
    let w = World::new().await;
    let filed = w.file().await;
    let request = json!({"items": [{"componentId": "c2", "content": "Bản chụp rõ hơn", "guidance": "Cả hai mặt"}],
        "reason": "Ảnh mờ"});
    let asked = w
        .go(&actors::officer(), &filed, "request-supplement", request)
        .await;
    assert_eq!(asked["status"]["code"], 5);
    assert_eq!(asked["supplement"]["dueAt"], "2026-11-26T10:00:00Z");
    let own = w.get(&actors::citizen(), &filed).await;
    assert_eq!(actions(&own), ["supplement", "withdraw"]);
    let file = w.upload(&actors::citizen(), "ro-hon.pdf").await;
    let answer =
        json!({"attachments": [{"componentId": "c2", "fileId": file}], "answers": {"x": 1}});
    let answered = w.go(&actors::citizen(), &own, "supplement", answer).await;
    assert_eq!(answered["status"]["key"], "new");
    assert_eq!(answered["attachments"].as_array().map(Vec::len), Some(2));
    assert_eq!(
        answered["answers"],
        json!({"childName": "Nguyễn Thị Mai", "x": 1})
    );
    assert_eq!(answered["supplement"]["answeredAt"], "2026-11-16T02:00:00Z");

    let again = json!({"items": [{"content": "Nữa"}], "reason": "Còn thiếu"});
    let seen = w.get(&actors::officer(), &filed).await;
    assert!(!actions(&seen).contains(&"request-supplement".to_owned()));
    let problem = w
        .command(&actors::officer(), &seen, "request-supplement", again)
        .await
        .expect_problem(422, "supplement.already-requested");
    assert_eq!(problem["errors"][0]["pointer"], "/legalBasis");
    let received = w.go(&actors::officer(), &seen, "receive", json!({})).await;
    assert_eq!(received["dueAt"], "2026-11-18T10:00:00Z");
}

#[tokio::test]
async fn a_supplement_after_reception_stops_the_clock_and_restarts_the_term() {
    let w = World::new().await;
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
    let request = json!({"items": [{"content": "Giấy tờ tùy thân"}], "reason": "Thiếu"});
    let asked = w
        .go(
            &actors::specialist(),
            &handling,
            "request-supplement",
            request,
        )
        .await;
    assert_eq!(asked["dueAt"], Value::Null);
    assert_eq!(
        asked["dueText"],
        "Tạm dừng tính thời gian, chờ bổ sung hồ sơ"
    );
    w.rt.clock
        .set("2026-11-19T02:00:00Z".parse().expect("time"));
    let answered = w
        .go(
            &actors::citizen(),
            &asked,
            "supplement",
            json!({"note": "Gửi tại quầy"}),
        )
        .await;
    assert_eq!(answered["status"]["key"], "inProgress");
    assert_eq!(answered["step"]["id"], "handling");
    assert_eq!(answered["receivedAt"], "2026-11-16T02:00:00Z");
    // Two working days from Thursday: Monday.
    assert_eq!(answered["dueAt"], "2026-11-23T10:00:00Z");
}

#[tokio::test]
async fn an_unanswered_supplement_is_stopped_by_the_suite() {
    let w = World::new().await;
    let request = json!({"items": [{"content": "Giấy chứng sinh"}], "reason": "Thiếu"});
    let asked = w
        .go(
            &actors::officer(),
            &w.file().await,
            "request-supplement",
            request,
        )
        .await;
    w.rt.clock
        .set("2026-11-26T10:00:01Z".parse().expect("time"));
    let stopped = wait_for("the stop", || async {
        let d = w.get(&actors::citizen(), &asked).await;
        (d["status"]["key"] == "stopped").then_some(d)
    })
    .await;
    let last = stopped["history"]
        .as_array()
        .and_then(|h| h.last())
        .expect("history")
        .clone();
    assert_eq!(
        (&last["command"], &last["actor"]),
        (&json!("stop"), &json!("Hệ thống"))
    );
    assert!(text(&last["reason"]).contains("07 ngày làm việc"));
    assert_eq!(dossier::verify(w.db()).await.expect("database"), []);
}

#[tokio::test]
async fn one_unreadable_dossier_does_not_keep_the_others_from_being_stopped() {
    let w = World::new().await;
    let ask = async || {
        let request = json!({"items": [{"content": "Giấy chứng sinh"}], "reason": "Thiếu"});
        w.go(
            &actors::officer(),
            &w.file().await,
            "request-supplement",
            request,
        )
        .await
    };
    let broken = ask().await;
    w.rt.clock.advance(chrono::Duration::hours(1));
    let other = ask().await;
    let update = Query::update()
        .table("dossier")
        .value("personal", "not sealed")
        .and_where(Expr::col("id").eq(crate::world::id(&broken).0))
        .to_owned();
    w.db()
        .tx(|tx| {
            let update = &update;
            async move { tx.execute(update).await.map(|_| ()) }
        })
        .await
        .expect("changed");
    w.rt.clock
        .set("2026-11-30T10:00:01Z".parse().expect("time"));
    wait_for("the stop", || async {
        let d = w.get(&actors::citizen(), &other).await;
        (d["status"]["key"] == "stopped").then_some(())
    })
    .await;
}

#[tokio::test]
async fn refusal_withdrawal_and_stop_end_a_dossier() {
    let w = World::new().await;
    let reason = json!({"reason": "Không thuộc thẩm quyền"});
    let refused = w
        .go(
            &actors::officer(),
            &w.file().await,
            "refuse",
            reason.clone(),
        )
        .await;
    assert_eq!(refused["status"]["code"], 3);
    assert_eq!(refused["history"][1]["reason"], "Không thuộc thẩm quyền");
    let withdrawn = w
        .go(&actors::citizen(), &w.file().await, "withdraw", json!({}))
        .await;
    assert_eq!(withdrawn["status"]["code"], 7);
    let received = w
        .go(&actors::officer(), &w.file().await, "receive", json!({}))
        .await;
    let stopped = w.go(&actors::officer(), &received, "stop", reason).await;
    assert_eq!(stopped["status"]["code"], 8);
    for ended in [&refused, &withdrawn, &stopped] {
        assert!(actions(&w.get(&actors::citizen(), ended).await).is_empty());
        assert!(actions(&w.get(&actors::officer(), ended).await).is_empty());
    }
}

#[tokio::test]
async fn a_payment_pauses_the_clock() {
    let w = World::new().await;
    let received = w
        .go(&actors::officer(), &w.file().await, "receive", json!({}))
        .await;
    let request = json!({"amount": 10000, "reason": "Lệ phí"});
    let asked = w
        .go(&actors::officer(), &received, "request-payment", request)
        .await;
    assert_eq!(
        (&asked["status"]["code"], &asked["dueAt"]),
        (&json!(6), &Value::Null)
    );
    w.rt.clock
        .set("2026-11-17T02:00:00Z".parse().expect("time"));
    let paid = w
        .go(
            &actors::officer(),
            &asked,
            "confirm-payment",
            json!({"note": "BL 1"}),
        )
        .await;
    assert_eq!(
        (&paid["status"]["key"], &paid["dueAt"]),
        (&json!("received"), &json!("2026-11-19T10:00:00Z"))
    );
}

#[tokio::test]
async fn a_procedure_without_a_term_gives_no_date() {
    let w = World::new().await;
    let mut body = w.body(&actors::citizen()).await;
    body["procedureId"] = json!(crate::world::NO_TERM);
    let filed = w
        .app
        .as_(&actors::citizen())
        .post("/api/v1/dossiers", &body)
        .await
        .expect(201)
        .json();
    let received = w.go(&actors::officer(), &filed, "receive", json!({})).await;
    assert_eq!(received["dueAt"], Value::Null);
    assert_eq!(received["dueText"], "Không hẹn ngày theo quy định");
}

#[tokio::test]
async fn a_dossier_stays_under_the_version_it_was_filed_under() {
    let w = World::new().await;
    let filed = w.file().await;
    let mut second = crate::world::procedure(crate::world::PROCEDURE, 2);
    "Tên mới".clone_into(&mut second.name);
    w.deliver(&second).await;
    w.deliver(&crate::world::procedure(crate::world::PROCEDURE, 1))
        .await;
    let seen = w.get(&actors::citizen(), &filed).await;
    assert_eq!(
        (&seen["procedure"]["version"], &seen["procedure"]["name"]),
        (&json!(1), &json!("Thủ tục đăng ký khai sinh"))
    );
    let next = w.file().await;
    assert_eq!(
        (&next["procedure"]["version"], &next["procedure"]["name"]),
        (&json!(2), &json!("Tên mới"))
    );
}

#[tokio::test]
async fn the_public_sees_code_and_state_only() {
    let w = World::new().await;
    let received = w
        .go(&actors::officer(), &w.file().await, "receive", json!({}))
        .await;
    let path = format!("/api/v1/tracking/{}", text(&received["number"]));
    let seen = w.app.anonymous().get(&path).await.expect(200).json();
    assert_eq!(
        seen,
        json!({"number": "H05.21-261116-0001",
            "status": {"code": 2, "key": "received", "name": "Được tiếp nhận"}})
    );
    let english = w
        .app
        .anonymous()
        .header("accept-language", "en")
        .get(&path)
        .await
        .json();
    assert_eq!(english["status"]["name"], "Received");
    for unknown in ["H05.21-261116-9999", "x", "%20", "H05.21%2F..%2F1"] {
        w.app
            .anonymous()
            .get(&format!("/api/v1/tracking/{unknown}"))
            .await
            .expect_problem(404, "tracking.not-found");
    }
}

#[tokio::test]
async fn statutory_forms_are_there_when_their_step_was_taken() {
    let w = World::new().await;
    let filed = w.file().await;
    let form = |name: &str| format!("/api/v1/dossiers/{}/forms/{name}.pdf", text(&filed["id"]));
    for name in [
        "receipt",
        "supplement-request",
        "refusal",
        "control-slip",
        "nothing",
    ] {
        w.app
            .as_(&actors::officer())
            .get(&form(name))
            .await
            .expect_problem(404, "form.not-available");
    }
    let request =
        json!({"items": [{"componentId": "c2", "content": "Bổ sung"}], "reason": "Thiếu"});
    let asked = w
        .go(&actors::officer(), &filed, "request-supplement", request)
        .await;
    let answered = w
        .go(
            &actors::citizen(),
            &asked,
            "supplement",
            json!({"note": "xong"}),
        )
        .await;
    w.go(&actors::officer(), &answered, "receive", json!({}))
        .await;
    for name in ["receipt", "supplement-request", "control-slip"] {
        let reply = w
            .app
            .as_(&actors::officer())
            .get(&form(name))
            .await
            .expect(200);
        assert_eq!(reply.header("content-type"), Some("application/pdf"));
        assert!(reply.body.starts_with(b"%PDF-"), "{name}");
    }
    w.app
        .as_(&actors::citizen())
        .get(&form("receipt"))
        .await
        .expect(200);
    w.app
        .as_(&actors::citizen())
        .get(&form("control-slip"))
        .await
        .expect_problem(404, "form.not-available");
    let refused = w
        .go(
            &actors::officer(),
            &w.file().await,
            "refuse",
            json!({"reason": "Sai nơi nộp"}),
        )
        .await;
    let path = format!(
        "/api/v1/dossiers/{}/forms/refusal.pdf",
        text(&refused["id"])
    );
    w.app.as_(&actors::citizen()).get(&path).await.expect(200);
}
