//! Hand-over records.

use crate::world::{World, id, manifest, unknown};
use contracts::events::ShipmentState;
use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::actors;

const MANIFESTS: &str = "/api/v1/shipments/manifests";

#[tokio::test]
async fn a_record_hands_over_every_item_with_a_valid_number() {
    let world = World::new().await;
    let a = world.shipment(&actors::citizen(), actors::AGENCY).await;
    let b = world.shipment(&actors::citizen2(), actors::AGENCY).await;
    let body = json!({
        "manifestNumber": "BG-0001", "signedBy": "Trần Văn Bưu", "agencySignedBy": "Lê Thị Cúc",
        "items": [{"shipmentId": a["id"], "itemNumber": "ra 473 124 829 vn"}, {"shipmentId": b["id"]}],
    });
    let record = world
        .app
        .as_(&actors::post_office())
        .post(MANIFESTS, &body)
        .await
        .expect(201)
        .json();
    assert_eq!(record["number"], "BG-0001");
    assert_eq!(record["count"], 2);
    assert_eq!(record["items"][0]["itemNumber"], "RA473124829VN");
    let allocated = record["items"][1]["itemNumber"].as_str().unwrap();
    assert!(vn::s10::ItemNumber::parse(allocated).is_ok(), "{allocated}");
    assert!(allocated.starts_with("RV"));
    for shipment in [&a, &b] {
        let now = world.read(shipment).await;
        assert_eq!(now["state"], "handedToPost");
        assert_eq!(now["manifestNumber"], "BG-0001");
        assert_eq!(now["version"], 2);
        // Monday + 4 working days, end of the day in Vietnam.
        assert_eq!(now["expectedBy"], "2026-11-20T16:59:59Z");
        assert_eq!(now["timeline"][0]["code"], "handedOver");
        let told = world.published(shipment).await;
        assert_eq!(told.last().unwrap().state, ShipmentState::HandedToPost);
        assert!(told.last().unwrap().item_number.is_some());
    }
}

#[tokio::test]
async fn a_record_with_a_wrong_item_changes_nothing_and_names_it() {
    let world = World::new().await;
    let post = actors::post_office();
    let good = world.shipment(&actors::citizen(), actors::AGENCY).await;
    let gone = world.shipment(&actors::citizen(), actors::AGENCY).await;
    let elsewhere = world.shipment(&actors::citizen(), actors::AGENCY2).await;
    world.collect(&[&gone]).await;
    let cases: Vec<(Value, u16, &str, &str)> = vec![
        (
            manifest(&[&good, &gone]),
            409,
            "shipment.not-ready",
            "/items/1/shipmentId",
        ),
        (
            manifest(&[&good, &elsewhere]),
            422,
            "manifest.mixed-agencies",
            "/items/1/shipmentId",
        ),
        (
            manifest(&[&good, &json!({"id": unknown()})]),
            422,
            "manifest.unknown-shipment",
            "/items/1/shipmentId",
        ),
        (
            manifest(&[&good, &good]),
            422,
            "field.invalid",
            "/items/1/shipmentId",
        ),
        (
            json!({"signedBy": "B", "items": [{"shipmentId": good["id"], "itemNumber": "RA473124828VN"}]}),
            422,
            "body.invalid",
            "/items/0/itemNumber",
        ),
        (
            json!({"signedBy": " ", "items": [{"shipmentId": good["id"]}]}),
            422,
            "body.invalid",
            "/signedBy",
        ),
        (
            json!({"signedBy": "B", "items": []}),
            422,
            "body.invalid",
            "/items",
        ),
        (
            json!({"signedBy": "B", "signedAt": "2026-11-16T02:16:00Z", "items": [{"shipmentId": good["id"]}]}),
            422,
            "field.invalid",
            "/signedAt",
        ),
        (
            json!({"signedBy": "B", "signedAt": "2026-11-10T02:00:00Z", "items": [{"shipmentId": good["id"]}]}),
            422,
            "field.invalid",
            "/signedAt",
        ),
        (
            json!({"signedBy": "B\u{0}", "items": [{"shipmentId": good["id"]}]}),
            422,
            "body.invalid",
            "/signedBy",
        ),
        (
            json!({"signedBy": "B", "extra": 1, "items": []}),
            422,
            "body.invalid",
            "/extra",
        ),
    ];
    for (body, status, code, pointer) in cases {
        let problem = world
            .app
            .as_(&post)
            .post(MANIFESTS, &body)
            .await
            .expect_problem(status, code);
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    assert_eq!(world.read(&good).await["state"], "ready");
    assert_eq!(world.read(&elsewhere).await["state"], "ready");
    assert_eq!(world.published(&good).await.len(), 1);
}

#[tokio::test]
async fn numbers_are_used_once() {
    let world = World::new().await;
    let post = actors::post_office();
    let a = world.shipment(&actors::citizen(), actors::AGENCY).await;
    let b = world.shipment(&actors::citizen(), actors::AGENCY).await;
    let with = |shipment: &Value, number: &str, item: &str| json!({"manifestNumber": number, "signedBy": "B", "items": [{"shipmentId": shipment["id"], "itemNumber": item}]});
    world
        .app
        .as_(&post)
        .post(MANIFESTS, &with(&a, "N1", "RA473124829VN"))
        .await
        .expect(201);
    world
        .app
        .as_(&post)
        .post(MANIFESTS, &with(&b, "N1", "VTP000111"))
        .await
        .expect_problem(409, "manifest.number-taken");
    let problem = world
        .app
        .as_(&post)
        .post(MANIFESTS, &with(&b, "N2", "RA473124829VN"))
        .await
        .expect_problem(409, "shipment.item-number-taken");
    assert_eq!(problem["errors"][0]["pointer"], "/items/0/itemNumber");
    world
        .app
        .as_(&post)
        .post(MANIFESTS, &with(&b, "N2", "VTP000111"))
        .await
        .expect(201);
}

#[tokio::test]
async fn a_repeated_record_gets_the_same_answer() {
    let world = World::new().await;
    let post = actors::post_office();
    let a = world.shipment(&actors::citizen(), actors::AGENCY).await;
    let b = world.shipment(&actors::citizen(), actors::AGENCY).await;
    let once = |body: Value| {
        let (world, post) = (&world, &post);
        async move {
            world
                .app
                .as_(post)
                .header("Idempotency-Key", "k-1")
                .post(MANIFESTS, &body)
                .await
        }
    };
    let first = once(manifest(&[&a])).await.expect(201).json();
    let again = once(manifest(&[&a])).await.expect(201).json();
    assert_eq!(first, again);
    once(manifest(&[&b]))
        .await
        .expect_problem(422, "idempotency.key-reused");
    assert_eq!(world.read(&b).await["state"], "ready");
    assert_eq!(world.published(&a).await.len(), 2);
}

/// Many carts at the same door: every shipment is handed over once, and no number is given twice.
#[tokio::test]
async fn competing_records_hand_over_each_shipment_once() {
    let world = World::new().await;
    let post = actors::post_office();
    let mut shipments = Vec::new();
    for _ in 0..6 {
        shipments.push(world.shipment(&actors::citizen(), actors::AGENCY).await);
    }
    let replies = join_all((0..6).map(|n| {
        // Each wants two, its neighbour wants one of them, in the other order.
        let (a, b) = (&shipments[n], &shipments[(n + 1) % 6]);
        let body = if n % 2 == 0 {
            manifest(&[a, b])
        } else {
            manifest(&[b, a])
        };
        let (app, post) = (&world.app, &post);
        async move { app.as_(post).post(MANIFESTS, &body).await }
    }))
    .await;
    let mut items = Vec::new();
    let mut handed = Vec::new();
    for reply in replies {
        match reply.status {
            201 => {
                for item in reply.json()["items"].as_array().unwrap() {
                    items.push(item["itemNumber"].as_str().unwrap().to_owned());
                    handed.push(item["shipmentId"].as_str().unwrap().to_owned());
                }
            }
            _ => {
                reply.expect_problem(409, "shipment.not-ready");
            }
        }
    }
    assert!(!handed.is_empty());
    for list in [&mut items, &mut handed] {
        let all = list.len();
        list.sort();
        list.dedup();
        assert_eq!(list.len(), all);
    }
    for shipment in &shipments {
        let now = world.read(shipment).await;
        let expected = handed.contains(&id(shipment));
        assert_eq!(now["state"] == "handedToPost", expected);
        let told = world.published(shipment).await;
        assert_eq!(told.len(), if expected { 2 } else { 1 });
    }
}

#[tokio::test]
async fn when_our_numbers_run_out_the_operator_is_told() {
    let world = World::new().await;
    let a = world.shipment(&actors::citizen(), actors::AGENCY).await;
    let insert = durable::sea_orm::sea_query::Query::insert()
        .into_table(durable::sea_orm::sea_query::Alias::new("counter"))
        .columns(["name", "value"].map(durable::sea_orm::sea_query::Alias::new))
        .values_panic(["item:postoffice:RV".into(), 99_999_999_i64.into()])
        .to_owned();
    world
        .state
        .db
        .tx(|tx| {
            let insert = insert.clone();
            async move {
                use durable::sea_orm::ConnectionTrait as _;
                tx.execute(&insert).await
            }
        })
        .await
        .unwrap();
    world
        .app
        .as_(&actors::post_office())
        .post(MANIFESTS, &manifest(&[&a]))
        .await
        .expect_problem(409, "shipment.item-numbers-exhausted");
    assert_eq!(world.read(&a).await["state"], "ready");
}

#[tokio::test]
async fn the_hand_over_list_shows_what_waits_and_what_went() {
    let world = World::new().await;
    let a = world.shipment(&actors::citizen(), actors::AGENCY).await;
    let b = world.shipment(&actors::citizen(), actors::AGENCY).await;
    let c = world.shipment(&actors::citizen(), actors::AGENCY2).await;
    world.collect(&[&a]).await;
    world.rt.clock.advance(chrono::TimeDelta::seconds(5));
    world.collect(&[&c]).await;
    let list = async |actor, query: &str| {
        world
            .app
            .as_(&actor)
            .get(&format!("{MANIFESTS}{query}"))
            .await
            .expect(200)
            .json()
    };
    let own = list(actors::officer(), "").await;
    assert_eq!(own["readyCount"], 1);
    assert_eq!(own["ready"][0]["id"], b["id"]);
    assert_eq!(own["items"].as_array().unwrap().len(), 1);
    assert_eq!(own["items"][0]["items"][0]["shipmentId"], a["id"]);
    assert_eq!(
        own["items"][0]["number"],
        format!("BG-{}-261116-0001", actors::AGENCY)
    );
    let post = list(actors::post_office(), "?limit=1").await;
    assert_eq!(post["items"][0]["items"][0]["shipmentId"], c["id"]);
    let next = post["next"].as_str().unwrap();
    let rest = list(actors::post_office(), &format!("?limit=1&cursor={next}")).await;
    assert_eq!(rest["items"][0]["items"][0]["shipmentId"], a["id"]);
    assert!(rest["next"].is_null() && rest["ready"].as_array().unwrap().is_empty());
    let mine = list(actors::citizen(), "").await;
    assert_eq!(
        (
            mine["readyCount"].as_i64(),
            mine["items"].as_array().map(Vec::len)
        ),
        (Some(0), Some(0))
    );
}
