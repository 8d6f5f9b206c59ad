//! Who sees and does what.

use crate::world::{World, event, id, manifest, unknown};
use serde_json::{Value, json};
use testkit::actors;

#[tokio::test]
async fn everyone_sees_their_own_shipments_only() {
    let world = World::new().await;
    let shipment = world.shipment(&actors::citizen(), actors::AGENCY).await;
    let path = format!("/api/v1/shipments/{}", id(&shipment));
    for actor in [
        actors::citizen(),
        actors::officer(),
        actors::leader(),
        actors::agency_admin(),
        actors::post_office(),
    ] {
        let one = world.app.as_(&actor).get(&path).await.expect(200);
        assert!(one.header("etag").is_some());
        let page = world
            .app
            .as_(&actor)
            .get("/api/v1/shipments")
            .await
            .expect(200)
            .json();
        assert_eq!(page["items"].as_array().unwrap().len(), 1, "{}", actor.name);
    }
    // Of the agency that took this one over.
    let mut successor = actors::officer2();
    successor.predecessors = vec![actors::AGENCY.to_owned()];
    world.app.as_(&successor).get(&path).await.expect(200);
    for actor in [
        actors::citizen2(),
        actors::officer2(),
        actors::post_office2(),
        actors::integrator(),
    ] {
        world
            .app
            .as_(&actor)
            .get(&path)
            .await
            .expect_problem(404, "shipment.not-found");
        let page = world
            .app
            .as_(&actor)
            .get("/api/v1/shipments")
            .await
            .expect(200)
            .json();
        assert!(page["items"].as_array().unwrap().is_empty());
    }
    for actor in [actors::specialist(), actors::admin()] {
        world
            .app
            .as_(&actor)
            .get(&path)
            .await
            .expect_problem(403, "auth.forbidden");
    }
    world
        .app
        .anonymous()
        .get(&path)
        .await
        .expect_problem(401, "auth.missing-token");
}

/// Hạn chế tiếp cận: the shipment of a restricted dossier is there for its owner, the post and those who may see such dossiers.
#[tokio::test]
async fn the_shipment_of_a_restricted_dossier_is_not_there_for_the_desk() {
    let world = World::new().await;
    let mut appointed = actors::officer();
    appointed.roles.push(contracts::Role::RestrictedOfficer);
    let shipment = world.shipment(&actors::citizen(), actors::AGENCY).await;
    world.collect(&[&shipment]).await;
    let (beside, open) = (
        world.shipment(&actors::citizen(), actors::AGENCY).await,
        world.shipment(&actors::citizen2(), actors::AGENCY).await,
    );
    world.rt.clock.advance(chrono::TimeDelta::seconds(5));
    world.collect(&[&beside, &open]).await;
    let path = format!("/api/v1/shipments/{}", id(&shipment));
    let sees = async |who: &contracts::Actor| {
        let one = world.app.as_(who).get(&path).await.status == 200;
        let many = async |path: &str| {
            let page = world.app.as_(who).get(path).await.expect(200);
            page.text().contains(&id(&shipment))
        };
        assert_eq!(many("/api/v1/shipments").await, one, "{}", who.name);
        if who.kind != contracts::ActorKind::Applicant {
            let manifests = "/api/v1/shipments/manifests";
            assert_eq!(many(manifests).await, one, "{}", who.name);
            // A record counts what is seen of it, and one of which nothing is seen is not there.
            let page = world.app.as_(who).get(manifests).await.expect(200).json();
            let counts = page["items"].as_array().unwrap().iter();
            let counts: Vec<_> = counts.map(|m| m["count"].clone()).collect();
            let seen = if one { json!([2, 1]) } else { json!([1]) };
            assert_eq!(json!(counts), seen, "{}", who.name);
        }
        one
    };
    assert!(sees(&actors::officer()).await);
    let dossier = |of: &Value| of["dossierId"].as_str().unwrap().parse().unwrap();
    let changed = |of: &Value, command: &str, later: i64| {
        let mut event = crate::world::done(&actors::citizen(), actors::AGENCY, dossier(of));
        event.version += later;
        event.command = command.to_owned();
        event.restricted = command == "restrict";
        event
    };
    world.hear(&changed(&shipment, "restrict", 1)).await;
    world.hear(&changed(&beside, "restrict", 1)).await;
    for (who, open) in [
        (actors::officer(), false),
        (actors::agency_admin(), false),
        (appointed, true),
        (actors::leader(), true),
        (actors::citizen(), true),
        (actors::post_office(), true),
    ] {
        assert_eq!(sees(&who).await, open, "{}", who.name);
    }
    // An event of before says nothing new.
    world.hear(&changed(&shipment, "approve", -1)).await;
    assert!(!sees(&actors::officer()).await);
    world.hear(&changed(&shipment, "lift-restriction", 2)).await;
    world.hear(&changed(&beside, "lift-restriction", 2)).await;
    assert!(sees(&actors::officer()).await);
}

#[tokio::test]
async fn only_the_post_collects_and_reports_and_only_its_own() {
    let world = World::new().await;
    let shipment = world.shipment(&actors::citizen(), actors::AGENCY).await;
    let events = json!({"events": [event("e", &shipment, "inTransit", "2026-11-16T02:05:00Z")]});
    for actor in [
        actors::citizen(),
        actors::officer(),
        actors::leader(),
        actors::integrator(),
        actors::admin(),
    ] {
        for (path, body) in [
            ("/api/v1/shipments/manifests", &manifest(&[&shipment])),
            ("/api/v1/shipments/events", &events),
        ] {
            world
                .app
                .as_(&actor)
                .post(path, body)
                .await
                .expect_problem(403, "auth.forbidden");
            world
                .app
                .anonymous()
                .post(path, body)
                .await
                .expect_problem(401, "auth.missing-token");
        }
    }
    let other = actors::post_office2();
    world
        .app
        .as_(&other)
        .post("/api/v1/shipments/manifests", &manifest(&[&shipment]))
        .await
        .expect_problem(422, "manifest.unknown-shipment");
    world.collect(&[&shipment]).await;
    let reply = world
        .app
        .as_(&other)
        .post("/api/v1/shipments/events", &events)
        .await
        .expect(200)
        .json();
    assert_eq!(reply["results"][0]["code"], "shipment.not-found");
    assert_eq!(world.read(&shipment).await["state"], "handedToPost");
}

#[tokio::test]
async fn the_post_learns_where_to_deliver_and_nothing_of_the_dossier() {
    let world = World::new().await;
    let shipment = world.shipment(&actors::citizen(), actors::AGENCY).await;
    let text = world.read(&shipment).await.to_string();
    assert!(text.contains("Nguyễn Thị Mai") && text.contains("Số 12, thôn Trung"));
    for secret in ["Đăng ký khai sinh", "1.001193", "an@example.vn"] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn the_owner_sees_who_read_the_shipment_and_administrators_read_it_masked() {
    let world = World::new().await;
    let shipment = world.shipment(&actors::citizen(), actors::AGENCY).await;
    let path = format!("/api/v1/shipments/{}", id(&shipment));
    world.rt.clock.advance(chrono::Duration::seconds(1));
    let full = world
        .app
        .as_(&actors::officer())
        .get(&path)
        .await
        .expect(200)
        .text();
    assert!(full.contains("Số 12, thôn Trung"));
    world.rt.clock.advance(chrono::Duration::seconds(1));
    for path in [
        path.as_str(),
        "/api/v1/shipments",
        "/api/v1/shipments/manifests",
    ] {
        let masked = world
            .app
            .as_(&actors::agency_admin())
            .get(path)
            .await
            .expect(200)
            .text();
        assert!(!masked.contains("thôn Trung"), "{path} {masked}");
        world.rt.clock.advance(chrono::Duration::seconds(1));
    }
    world
        .app
        .as_(&actors::post_office())
        .get(&path)
        .await
        .expect(200);
    world
        .app
        .as_(&actors::citizen())
        .get(&path)
        .await
        .expect(200);
    let log = format!("{path}/access-log");
    let page = world
        .app
        .as_(&actors::citizen())
        .get(&log)
        .await
        .expect(200)
        .json();
    let seen: Vec<_> = page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| {
            let text = |name: &str| e[name].as_str().unwrap_or("").to_owned();
            (text("who"), text("client"), text("operation"))
        })
        .collect();
    let entry = |who: &str, client: &str, operation: &str| {
        (who.to_owned(), client.to_owned(), operation.to_owned())
    };
    assert_eq!(
        seen,
        [
            entry("Bưu điện", "postoffice", "getShipment"),
            entry("Ngô Văn Khánh", "", "listManifests"),
            entry("Ngô Văn Khánh", "", "listShipments"),
            entry("Ngô Văn Khánh", "", "getShipment"),
            entry("Lê Thị Cúc", "", "getShipment"),
            // The shipment came into the world so.
            entry("Bưu điện", "postoffice", "listShipments"),
        ]
    );
    for other in [actors::citizen2(), actors::officer(), actors::post_office()] {
        let reply = world.app.as_(&other).get(&log).await;
        reply.expect_problem(404, "shipment.not-found");
    }
}

#[tokio::test]
async fn lists_page_and_refuse_what_they_do_not_know() {
    let world = World::new().await;
    for _ in 0..3 {
        world.rt.clock.advance(chrono::TimeDelta::milliseconds(5));
        world.shipment(&actors::citizen(), actors::AGENCY).await;
    }
    let me = actors::citizen();
    let mut seen = Vec::new();
    let mut path = "/api/v1/shipments?limit=2".to_owned();
    loop {
        let page = world.app.as_(&me).get(&path).await.expect(200).json();
        for item in page["items"].as_array().unwrap() {
            seen.push(id(item));
        }
        match page["next"].as_str() {
            Some(next) => path = format!("/api/v1/shipments?limit=2&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen.len(), 3);
    let mut sorted = seen.clone();
    sorted.sort_by(|a, b| b.cmp(a));
    assert_eq!(seen, sorted, "newest first");
    let ready = world
        .app
        .as_(&me)
        .header("accept-language", "en")
        .get("/api/v1/shipments?state=ready")
        .await
        .expect(200)
        .json();
    assert_eq!(ready["items"][0]["stateName"], "Ready to be handed over");
    let none = world
        .app
        .as_(&me)
        .get("/api/v1/shipments?state=delivered")
        .await
        .expect(200)
        .json();
    assert!(none["items"].as_array().unwrap().is_empty());
    for query in [
        "limit=0",
        "limit=101",
        "limit=x",
        "state=flying",
        "dossierId=1",
        "color=red",
    ] {
        world
            .app
            .as_(&me)
            .get(&format!("/api/v1/shipments?{query}"))
            .await
            .expect_problem(422, "query.invalid");
    }
    world
        .app
        .as_(&me)
        .get("/api/v1/shipments?cursor=abc")
        .await
        .expect_problem(422, "query.cursor");
    world
        .app
        .as_(&me)
        .get("/api/v1/shipments/not-an-id")
        .await
        .expect_problem(404, "not-found");
    world
        .app
        .as_(&me)
        .get(&format!("/api/v1/shipments/{}", unknown()))
        .await
        .expect_problem(404, "shipment.not-found");
}

#[tokio::test]
async fn a_late_item_is_marked_overdue() {
    let world = World::new().await;
    let shipment = world.shipment(&actors::citizen(), actors::AGENCY).await;
    world.collect(&[&shipment]).await;
    world.at("2026-11-20T16:59:58Z");
    assert_eq!(world.read(&shipment).await["overdue"], false);
    world.at("2026-11-20T17:00:00Z");
    assert_eq!(world.read(&shipment).await["overdue"], true);
    world.settle().await;
    assert!(
        world
            .rt
            .metrics
            .render()
            .lines()
            .any(|l| l.starts_with("motcua_postal_shipments")
                && l.contains("overdue")
                && l.ends_with(" 1")),
        "{}",
        world.rt.metrics.render()
    );
}

#[test]
fn every_operation_is_documented() {
    let document = serde_json::to_value(postal::openapi()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    assert_eq!(paths.len(), 9);
    for (path, operations) in paths {
        for (method, operation) in operations.as_object().unwrap() {
            for field in ["summary", "description", "operationId", "security"] {
                assert!(!operation[field].is_null(), "{method} {path}: {field}");
            }
            assert!(
                operation["responses"].as_object().unwrap().len() >= 4,
                "{method} {path}"
            );
        }
    }
}

#[test]
fn wrong_settings_are_refused() {
    for (key, value) in [
        ("codes.X1", "handedOver"),
        ("codes.X1", "no such"),
        ("item_prefix", "R"),
    ] {
        let config: postal::Config = testkit::config(postal::DEFAULTS, &[(key, value.to_owned())]);
        assert!(config.checked_codes().is_err(), "{key} = {value}");
    }
}

/// Hết thời hạn bảo quản: the shipment stays, its persons go.
#[tokio::test]
async fn persons_go_when_those_of_the_dossier_go() {
    let world = World::new().await;
    let shipment = world.shipment(&actors::citizen(), actors::AGENCY).await;
    world.collect(&[&shipment]).await;
    let delivered = crate::world::delivered("e-1", &shipment, "2026-11-17T02:00:00Z");
    world.report(&[delivered]).await;
    let before = world.read(&shipment).await;
    assert!(before.to_string().contains("Nguyễn"), "{before}");
    let dossier = shipment["dossierId"].as_str().unwrap().parse().unwrap();
    let mut end = crate::world::done(&actors::citizen(), actors::AGENCY, dossier);
    end.version += 1;
    end.command = "pseudonymise".to_owned();
    end.contact.name = "(ẩn danh)".to_owned();
    (end.contact.phone, end.contact.email) = (None, None);
    end.return_way.receiver_name = None;
    end.return_way.address = None;
    world.hear(&end).await;
    let after = world.read(&shipment).await;
    let said = after.to_string();
    for gone in [
        "Nguyễn Thị Mai",
        "Nguyễn Văn An",
        "Số 12, thôn Trung",
        "+84912345678",
    ] {
        assert!(!said.contains(gone), "{gone}: {said}");
    }
    assert_eq!(after["state"], before["state"]);
    assert_eq!(after["itemNumber"], before["itemNumber"]);
}
