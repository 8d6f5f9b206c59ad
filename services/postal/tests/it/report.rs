//! Events of the post: any order, more than once, guards, corrections.

use crate::world::{World, delivered, event};
use contracts::events::ShipmentState;
use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::actors;

async fn handed() -> (World, Value) {
    let world = World::new().await;
    let shipment = world.shipment(&actors::citizen(), actors::AGENCY).await;
    world.collect(&[&shipment]).await;
    (world, shipment)
}

fn results(answers: &[Value]) -> Vec<&str> {
    answers
        .iter()
        .map(|a| a["result"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_delivery_is_told_once_whatever_the_order_and_however_often() {
    let (world, shipment) = handed().await;
    world.at("2026-11-17T10:00:00Z");
    let story = [
        event("1", &shipment, "pickedUp", "2026-11-16T02:30:00Z"),
        event("2", &shipment, "inTransit", "2026-11-16T05:00:00Z"),
        delivered("3", &shipment, "2026-11-17T03:00:00Z"),
    ];
    // The last comes first, then everything twice, backwards.
    assert_eq!(
        results(&world.report(&[story[2].clone()]).await),
        ["accepted"]
    );
    let backwards: Vec<Value> = story.iter().rev().chain(&story).cloned().collect();
    assert_eq!(
        results(&world.report(&backwards).await),
        [
            "duplicate",
            "accepted",
            "accepted",
            "duplicate",
            "duplicate",
            "duplicate"
        ]
    );
    let now = world.read(&shipment).await;
    assert_eq!(now["state"], "delivered");
    assert_eq!(now["receivedBy"], "Nguyễn Văn An");
    assert_eq!(now["closedAt"], "2026-11-17T03:00:00Z");
    let codes: Vec<_> = now["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["handedOver", "pickedUp", "inTransit", "delivered"]);
    assert_eq!(
        now["timeline"][3]["receiver"]["identityNumberMasked"],
        "********0011"
    );
    assert!(!now.to_string().contains("024090000011"));
    let told = world.published(&shipment).await;
    assert_eq!(
        told.iter()
            .map(|e| (e.version, e.state))
            .collect::<Vec<_>>(),
        [
            (1, ShipmentState::Ready),
            (2, ShipmentState::HandedToPost),
            (3, ShipmentState::Delivered),
        ]
    );
    assert_eq!(told[2].receiver_name.as_deref(), Some("Nguyễn Văn An"));
    assert_eq!(told[2].at.to_rfc3339(), "2026-11-17T03:00:00+00:00");
}

#[tokio::test]
async fn nobody_takes_it_and_it_goes_back_after_two_invitations() {
    let (world, shipment) = handed().await;
    // Monday: first invitation. Tuesday: too early for the second, and for the return.
    world.at("2026-11-17T10:00:00Z");
    let answers = world
        .report(&[
            event("a1", &shipment, "attemptFailed", "2026-11-16T03:00:00Z"),
            event("i1", &shipment, "invited", "2026-11-16T03:10:00Z"),
            event("i2", &shipment, "invited", "2026-11-17T03:00:00Z"),
            event("r", &shipment, "returned", "2026-11-17T04:00:00Z"),
        ])
        .await;
    assert_eq!(
        results(&answers),
        ["accepted", "accepted", "rejected", "rejected"]
    );
    assert_eq!(answers[2]["code"], "shipment.invitation-too-early");
    assert!(
        answers[2]["detail"]
            .as_str()
            .unwrap()
            .contains("18/11/2026")
    );
    assert_eq!(answers[3]["code"], "shipment.return-too-early");
    assert_eq!(answers[3]["state"], "invited");

    world.at("2026-11-18T10:00:00Z");
    let answers = world
        .report(&[
            event("i3", &shipment, "invited", "2026-11-18T03:00:00Z"),
            event("r2", &shipment, "returned", "2026-11-18T09:00:00Z"),
        ])
        .await;
    assert_eq!(results(&answers), ["accepted", "accepted"]);
    let now = world.read(&shipment).await;
    assert_eq!(now["state"], "returnedToAgency");
    assert_eq!(now["invitations"], 2);
    let told = world.published(&shipment).await;
    assert_eq!(
        told.iter()
            .map(|e| (e.version, e.state, e.invitations))
            .collect::<Vec<_>>()[2..],
        [
            (3, ShipmentState::Invited, 1),
            (4, ShipmentState::ReturnedToAgency, 2)
        ]
    );
}

#[tokio::test]
async fn each_invitation_is_told() {
    let (world, shipment) = handed().await;
    world.at("2026-11-16T10:00:00Z");
    world
        .report(&[event("i1", &shipment, "invited", "2026-11-16T03:00:00Z")])
        .await;
    world.at("2026-11-18T10:00:00Z");
    world
        .report(&[event("i2", &shipment, "invited", "2026-11-18T03:00:00Z")])
        .await;
    world
        .report(&[event(
            "a",
            &shipment,
            "attemptFailed",
            "2026-11-18T04:00:00Z",
        )])
        .await;
    let told = world.published(&shipment).await;
    assert_eq!(
        told.iter()
            .map(|e| (e.version, e.state, e.invitations))
            .collect::<Vec<_>>()[2..],
        [
            (3, ShipmentState::Invited, 1),
            (4, ShipmentState::Invited, 2)
        ]
    );
}

#[tokio::test]
async fn an_early_return_counts_by_itself_once_the_missing_invitation_arrives() {
    let (world, shipment) = handed().await;
    world.at("2026-11-19T10:00:00Z");
    let answers = world
        .report(&[
            event("r", &shipment, "returned", "2026-11-19T03:00:00Z"),
            event("i2", &shipment, "invited", "2026-11-18T03:00:00Z"),
        ])
        .await;
    assert_eq!(results(&answers), ["rejected", "accepted"]);
    let answers = world
        .report(&[event("i1", &shipment, "invited", "2026-11-16T03:00:00Z")])
        .await;
    assert_eq!(answers[0]["state"], "returnedToAgency");
    let now = world.read(&shipment).await;
    let r = now["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .find(|e| e["eventId"] == "r")
        .unwrap();
    assert_eq!(r["result"], "accepted");
}

#[tokio::test]
async fn delivery_needs_proof() {
    let (world, shipment) = handed().await;
    let at = "2026-11-16T02:05:00Z";
    let cases = [
        (Value::Null, "shipment.delivery-proof-missing"),
        (json!({"name": "An"}), "shipment.delivery-proof-missing"),
        (
            json!({"name": "", "identityKind": "cccd", "identityNumber": "024090000011"}),
            "shipment.delivery-proof-missing",
        ),
        (
            json!({"name": "An", "identityKind": "cccd", "identityNumber": "02409000001"}),
            "identity-number.invalid",
        ),
        (
            json!({"name": "Bình", "relation": "authorised", "identityKind": "cccd", "identityNumber": "024090000011"}),
            "shipment.authorisation-missing",
        ),
    ];
    for (n, (receiver, code)) in cases.into_iter().enumerate() {
        let mut e = event(&format!("d{n}"), &shipment, "delivered", at);
        if !receiver.is_null() {
            e["receiver"] = receiver;
        }
        let answers = world.report(&[e]).await;
        assert_eq!(
            (answers[0]["result"].as_str(), answers[0]["code"].as_str()),
            (Some("rejected"), Some(code))
        );
    }
    assert_eq!(world.read(&shipment).await["state"], "handedToPost");
    let mut by_paper = event("ok", &shipment, "170", at);
    by_paper["receiver"] = json!({"name": "Trần Thị Bình", "relation": "authorised", "authorisation": "GUQ 12/2026 UBND xã Yên Thế"});
    assert_eq!(results(&world.report(&[by_paper]).await), ["accepted"]);
    let now = world.read(&shipment).await;
    assert_eq!(
        (now["state"].as_str(), now["receivedBy"].as_str()),
        (Some("delivered"), Some("Trần Thị Bình"))
    );
}

#[tokio::test]
async fn unknown_codes_are_kept_and_a_mapping_gives_them_meaning() {
    let world = World::with(&[("codes.P77", "lost".to_owned())]).await;
    let shipment = world.shipment(&actors::citizen(), actors::AGENCY).await;
    world.collect(&[&shipment]).await;
    let at = "2026-11-16T02:05:00Z";
    let answers = world
        .report(&[
            event("1", &shipment, "MYSTERY-9", at),
            event("2", &shipment, "handedOver", at),
            event("3", &shipment, "P77", at),
        ])
        .await;
    assert_eq!(
        results(&answers),
        ["unknownCode", "unknownCode", "accepted"]
    );
    assert_eq!(answers[0]["code"], "shipment.event-code-unknown");
    let now = world.read(&shipment).await;
    assert_eq!(now["state"], "lost");
    let raw: Vec<_> = now["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|e| e["result"] == "unknownCode")
        .map(|e| e["operatorCode"].as_str().unwrap())
        .collect();
    assert_eq!(raw, ["MYSTERY-9", "handedOver"]);
    // The owner sees what counts, not the noise.
    let mine = world
        .app
        .as_(&actors::citizen())
        .get(&format!(
            "/api/v1/shipments/{}",
            crate::world::id(&shipment)
        ))
        .await
        .expect(200)
        .json();
    assert_eq!(mine["timeline"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_wrong_scan_is_taken_back_by_a_correction() {
    let (world, shipment) = handed().await;
    world.at("2026-11-16T05:00:00Z");
    world
        .report(&[delivered("d", &shipment, "2026-11-16T03:00:00Z")])
        .await;
    let late = event("t", &shipment, "inTransit", "2026-11-16T04:00:00Z");
    let answers = world.report(std::slice::from_ref(&late)).await;
    assert_eq!(answers[0]["code"], "shipment.closed");
    let mut correction = event("c", &shipment, "corrected", "2026-11-16T04:30:00Z");
    correction["corrects"] = json!("d");
    let answers = world.report(&[correction]).await;
    assert_eq!(
        (answers[0]["result"].as_str(), answers[0]["state"].as_str()),
        (Some("accepted"), Some("inTransit"))
    );
    let now = world.read(&shipment).await;
    assert!(now["receivedBy"].is_null() && now["closedAt"].is_null());
    let told = world.published(&shipment).await;
    assert_eq!(told.last().unwrap().state, ShipmentState::InTransit);
}

#[tokio::test]
async fn an_event_id_with_another_content_is_refused() {
    let (world, shipment) = handed().await;
    let at = "2026-11-16T02:05:00Z";
    world
        .report(&[event("e", &shipment, "inTransit", at)])
        .await;
    let answers = world
        .report(&[
            event("e", &shipment, "lost", at),
            event("e", &shipment, "inTransit", at),
        ])
        .await;
    assert_eq!(results(&answers), ["rejected", "duplicate"]);
    assert_eq!(answers[0]["code"], "shipment.event-id-reused");
    assert_eq!(world.read(&shipment).await["state"], "inTransit");
}

#[tokio::test]
async fn items_are_found_by_their_number() {
    let (world, shipment) = handed().await;
    let item = world.read(&shipment).await["itemNumber"].clone();
    let at = "2026-11-16T02:05:00Z";
    let by_item = |eid: &str, item: Value| json!({"eventId": eid, "itemNumber": item, "code": "inTransit", "occurredAt": at});
    let spaced = item.as_str().unwrap().to_lowercase();
    let answers = world
        .report(&[
            by_item("1", json!(spaced)),
            by_item("2", json!("RA473124829VN")),
            by_item("3", json!("RA473124828VN")),
        ])
        .await;
    assert_eq!(answers[0]["result"], "accepted");
    assert_eq!(answers[0]["shipmentId"], shipment["id"]);
    assert_eq!(answers[1]["code"], "shipment.not-found");
    assert_eq!(answers[2]["code"], "shipment.item-number-invalid");
}

#[tokio::test]
async fn bad_batches_are_refused_whole_with_pointers() {
    let (world, shipment) = handed().await;
    let good = event("g", &shipment, "inTransit", "2026-11-16T02:05:00Z");
    let with = |field: &str, value: Value| {
        let mut e = event("x", &shipment, "inTransit", "2026-11-16T02:05:00Z");
        e[field] = value;
        json!({"events": [good.clone(), e]})
    };
    let cases: Vec<(Value, &str)> = vec![
        (json!({"events": []}), "/events"),
        (with("eventId", json!("")), "/events/1/eventId"),
        (with("eventId", json!("e".repeat(101))), "/events/1/eventId"),
        (with("code", json!(" ")), "/events/1/code"),
        (with("code", json!(7)), "/events/1/code"),
        (with("place", json!("a\u{0}b")), "/events/1/place"),
        (with("note", json!("n".repeat(1001))), "/events/1/note"),
        (
            with("itemNumber", json!("RA473124829VN")),
            "/events/1/shipmentId",
        ),
        (with("shipmentId", Value::Null), "/events/1/shipmentId"),
        (with("shipmentId", json!("abc")), "/events/1/shipmentId"),
        (
            with("occurredAt", json!("yesterday")),
            "/events/1/occurredAt",
        ),
        (
            with("occurredAt", json!("+262142-12-31T23:59:59Z")),
            "/events/1/occurredAt",
        ),
        (
            with("occurredAt", json!("0001-01-01T00:00:00Z")),
            "/events/1/occurredAt",
        ),
        (with("corrects", json!("e")), "/events/1/corrects"),
        (
            with("receiver", json!({"name": "A", "relation": "friend"})),
            "/events/1/receiver/relation",
        ),
        (
            with(
                "receiver",
                json!({"name": "A", "identityKind": "cccd", "identityNumber": "1".repeat(31)}),
            ),
            "/events/1/receiver/identityNumber",
        ),
        (with("surprise", json!(1)), "/events/1/surprise"),
    ];
    for (body, pointer) in cases {
        let problem = world
            .app
            .as_(&actors::post_office())
            .post("/api/v1/shipments/events", &body)
            .await
            .expect_problem(422, "body.invalid");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    let many: Vec<Value> = (0..501).map(|_| good.clone()).collect();
    world
        .app
        .as_(&actors::post_office())
        .post("/api/v1/shipments/events", &json!({ "events": many }))
        .await
        .expect_problem(422, "body.invalid");
    assert_eq!(
        world.read(&shipment).await["timeline"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

/// The same batch over several connections at once, each in another order.
#[tokio::test]
async fn concurrent_reports_have_one_effect() {
    let (world, shipment) = handed().await;
    world.at("2026-11-17T10:00:00Z");
    let story = [
        event("1", &shipment, "inTransit", "2026-11-16T05:00:00Z"),
        event("2", &shipment, "attemptFailed", "2026-11-16T08:00:00Z"),
        event("3", &shipment, "invited", "2026-11-16T08:10:00Z"),
        delivered("4", &shipment, "2026-11-17T03:00:00Z"),
    ];
    let answers = join_all((0..4).map(|turn| {
        let mut batch = story.to_vec();
        batch.rotate_left(turn);
        let world = &world;
        async move { world.report(&batch).await }
    }))
    .await;
    let accepted = answers
        .iter()
        .flatten()
        .filter(|a| a["result"] == "accepted")
        .count();
    let duplicates = answers
        .iter()
        .flatten()
        .filter(|a| a["result"] == "duplicate")
        .count();
    assert_eq!((accepted, duplicates), (4, 12));
    let now = world.read(&shipment).await;
    assert_eq!(now["state"], "delivered");
    assert_eq!(
        (now["attempts"].as_i64(), now["invitations"].as_i64()),
        (Some(1), Some(1))
    );
    let told = world.published(&shipment).await;
    let versions: Vec<i64> = told.iter().map(|e| e.version).collect();
    let expected: Vec<i64> = (1..).take(versions.len()).collect();
    assert_eq!(versions, expected);
    assert_eq!(
        told.iter()
            .filter(|e| e.state == ShipmentState::Delivered)
            .count(),
        1
    );
}
