//! Dossiers open and cancel postal orders.

use crate::world::{World, done, units};
use contracts::events::ShipmentState;
use contracts::{DossierStatus, ReturnMethod};
use testkit::actors;

#[tokio::test]
async fn a_result_by_post_opens_one_order_however_often_it_is_told() {
    let world = World::new().await;
    let event = done(&actors::citizen(), actors::AGENCY, world.dossier());
    for _ in 0..3 {
        world.hear(&event).await;
    }
    // A message with another id about the same version: the consumer's key does not catch it, the dossier's version does.
    let mut later = event.clone();
    later.version = 8;
    world.hear(&later).await;
    let shipment = world.of_dossier(event.dossier_id).await;
    assert_eq!(shipment["state"], "ready");
    assert_eq!(shipment["operator"], "postoffice");
    assert_eq!(shipment["receiver"]["name"], "Nguyễn Thị Mai");
    assert_eq!(shipment["receiver"]["phone"], "+84912345678");
    let told = world.published(&shipment).await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].state, ShipmentState::Ready);
    assert_eq!(told[0].version, 1);
    assert_eq!(told[0].dossier_id, event.dossier_id);
    assert_eq!(told[0].contact, event.contact);
}

#[tokio::test]
async fn a_result_at_the_counter_opens_none() {
    let world = World::new().await;
    let mut event = done(&actors::citizen(), actors::AGENCY, world.dossier());
    event.return_way.method = ReturnMethod::Counter;
    world.hear(&event).await;
    assert!(world.of_dossier(event.dossier_id).await.is_null());
}

#[tokio::test]
async fn a_waiting_order_is_cancelled_when_the_result_goes_another_way() {
    let world = World::new().await;
    let event = done(&actors::citizen(), actors::AGENCY, world.dossier());
    world.hear(&event).await;
    let mut returned = event.clone();
    returned.version = 8;
    returned.command = "hand-over".to_owned();
    returned.from = Some(DossierStatus::Done);
    returned.status = DossierStatus::Returned;
    world.hear(&returned).await;
    world.hear(&returned).await;
    let shipment = world.of_dossier(event.dossier_id).await;
    assert_eq!(shipment["state"], "cancelled");
    let told = world.published(&shipment).await;
    assert_eq!(
        told.iter()
            .map(|e| (e.version, e.state))
            .collect::<Vec<_>>(),
        [(1, ShipmentState::Ready), (2, ShipmentState::Cancelled)]
    );
    // And it cannot be collected any more.
    world
        .app
        .as_(&actors::post_office())
        .post(
            "/api/v1/shipments/manifests",
            &crate::world::manifest(&[&shipment]),
        )
        .await
        .expect_problem(409, "shipment.not-ready");
}

#[tokio::test]
async fn an_item_on_the_road_is_not_cancelled() {
    let world = World::new().await;
    let event = done(&actors::citizen(), actors::AGENCY, world.dossier());
    world.hear(&event).await;
    let shipment = world.of_dossier(event.dossier_id).await;
    world.collect(&[&shipment]).await;
    let mut stopped = event.clone();
    stopped.version = 8;
    stopped.status = DossierStatus::Stopped;
    world.hear(&stopped).await;
    assert_eq!(
        world.of_dossier(event.dossier_id).await["state"],
        "handedToPost"
    );
}

#[tokio::test]
async fn events_in_the_wrong_order_open_nothing_for_a_withdrawn_dossier() {
    let world = World::new().await;
    let event = done(&actors::citizen(), actors::AGENCY, world.dossier());
    let mut withdrawn = event.clone();
    withdrawn.version = 8;
    withdrawn.status = DossierStatus::Withdrawn;
    world.hear(&withdrawn).await;
    world.hear(&event).await;
    assert!(world.of_dossier(event.dossier_id).await.is_null());
}

#[tokio::test]
async fn addresses_are_written_in_words_once_the_names_are_known() {
    let world = World::new().await;
    let shipment = world.shipment(&actors::citizen(), actors::AGENCY).await;
    assert_eq!(
        shipment["receiver"]["addressLine"],
        "Số 12, thôn Trung, 07288, 24"
    );
    testkit::deliver(&world.state.db, "postal", &units(2, "Xã Yên Thế")).await;
    world.settle().await;
    testkit::deliver(&world.state.db, "postal", &units(1, "Tên cũ")).await;
    world.settle().await;
    assert_eq!(
        world.read(&shipment).await["receiver"]["addressLine"],
        "Số 12, thôn Trung, Xã Yên Thế, Tỉnh Bắc Ninh"
    );
}

#[tokio::test]
async fn personal_data_is_sealed_at_rest() {
    use durable::sea_orm::ConnectionTrait as _;
    use durable::sea_orm::sea_query::{Alias, Query};
    let world = World::new().await;
    let shipment = world.shipment(&actors::citizen(), actors::AGENCY).await;
    world.collect(&[&shipment]).await;
    let event = crate::world::delivered("e", &shipment, "2026-11-16T02:00:00Z");
    world.report(&[event]).await;
    for (table, columns) in [
        (
            "shipment",
            &["receiver_sealed", "contact_sealed", "received_by_sealed"][..],
        ),
        ("post_event", &["receiver_sealed"][..]),
    ] {
        for column in columns {
            let select = Query::select()
                .column(Alias::new(*column))
                .from(Alias::new(table))
                .to_owned();
            let rows = world.state.db.read().query_all(&select).await.unwrap();
            for row in rows {
                let text: Option<String> = row.try_get("", column).unwrap();
                if let Some(text) = text {
                    assert!(text.starts_with("v1."), "{table}.{column}");
                    let open = world.rt.sealer.open(&text).unwrap();
                    assert!(!open.contains("024090000011"), "not even sealed: {open}");
                }
            }
        }
    }
}
