//! The inbox over HTTP.

use crate::world::{DOSSIER, World, dossier, received, shipment};
use contracts::DossierStatus as S;
use contracts::events::ShipmentState;
use serde_json::{Value, json};
use testkit::actors;

/// The main story, told out of order and twice: one item for each change, in the order of the events.
#[tokio::test]
async fn the_story_is_in_the_inbox_once() {
    let world = World::new().await;
    let at = |hours| world.rt.clock.now() + chrono::TimeDelta::hours(hours);
    let story = [
        dossier("file", None, S::New, at(0)),
        received(at(1)),
        dossier("start-handling", Some(S::Received), S::InProgress, at(2)),
        dossier("propose", Some(S::InProgress), S::InProgress, at(3)),
        dossier("approve", Some(S::InProgress), S::Done, at(4)),
        dossier("post-delivered", Some(S::Done), S::Returned, at(8)),
    ];
    let post = [
        shipment(ShipmentState::Ready, 1, at(5)),
        shipment(ShipmentState::HandedToPost, 2, at(6)),
        shipment(ShipmentState::InTransit, 3, at(7)),
        shipment(ShipmentState::Delivered, 4, at(8)),
    ];
    for event in story.iter().rev() {
        let id = world.hear(event).await;
        assert!(
            !testkit::deliver_as(&world.state.db, "notifications", event, id).await,
            "the same message is received once"
        );
    }
    for event in &post {
        world.hear(event).await;
    }
    world.settle().await;
    let mut kinds = world.kinds(&actors::citizen()).await;
    // Two of them carry the same time.
    kinds[5..].sort();
    assert_eq!(
        kinds,
        [
            "file",
            "receive",
            "start-handling",
            "approve",
            "shipment.handedToPost",
            "post-delivered",
            "shipment.delivered"
        ]
    );
    assert_eq!(world.kinds(&actors::officer()).await, ["file", "approve"]);
    assert_eq!(world.kinds(&actors::specialist()).await, ["receive"]);
    assert_eq!(world.kinds(&actors::leader()).await, ["propose"]);
    // Of the agency that took this one over.
    let mut successor = actors::officer2();
    successor.predecessors = vec![actors::AGENCY.to_owned()];
    assert_eq!(world.kinds(&successor).await, ["file", "approve"]);
    for other in [
        actors::citizen2(),
        actors::officer2(),
        actors::specialist2(),
        actors::leader2(),
        actors::integrator(),
        actors::admin(),
    ] {
        assert!(world.kinds(&other).await.is_empty(), "{}", other.name);
    }
}

/// Hạn chế tiếp cận: what a desk was told before is hidden from then on, also from whom it was meant for.
#[tokio::test]
async fn of_a_restricted_dossier_the_desk_learns_nothing_more_and_forgets() {
    let world = World::new().await;
    let at = |hours| world.rt.clock.now() + chrono::TimeDelta::hours(hours);
    let mut appointed = actors::officer();
    appointed.roles.push(contracts::Role::RestrictedOfficer);
    world.hear(&dossier("file", None, S::New, at(0))).await;
    assert_eq!(world.kinds(&actors::officer()).await, ["file"]);
    let one = world.first(&actors::officer()).await;
    let mut restricted = dossier("restrict", Some(S::New), S::New, at(1));
    restricted.restricted = true;
    world.hear(&restricted).await;
    let mut received = received(at(2));
    received.restricted = true;
    world.hear(&received).await;
    for who in [actors::officer(), actors::specialist()] {
        assert!(world.kinds(&who).await.is_empty(), "{}", who.name);
        assert_eq!(world.inbox(&who, "").await["unreadCount"], 0);
    }
    let path = format!("/api/v1/notifications/{}", one["id"].as_str().unwrap());
    let hidden = world.app.as_(&actors::officer()).get(&path).await;
    assert_eq!(hidden.status, 404);
    assert_eq!(world.kinds(&appointed).await, ["file", "receive"]);
    assert_eq!(world.kinds(&actors::leader()).await, ["receive"]);
    assert_eq!(world.kinds(&actors::citizen()).await, ["file", "receive"]);
    world
        .hear(&dossier(
            "lift-restriction",
            Some(S::Received),
            S::Received,
            at(3),
        ))
        .await;
    assert_eq!(world.kinds(&actors::officer()).await, ["file"]);
}

#[tokio::test]
async fn a_task_that_runs_twice_tells_once() {
    let world = World::new().await;
    let event = received(world.rt.clock.now());
    // The work commits, then the process dies before it notes so: the same task comes again.
    let id = testkit::deliver(&world.state.db, "notifications", &event).await;
    world.settle().await;
    let notices = notifications::domain::plan::dossier(&event, &Default::default());
    world
        .state
        .db
        .tx(|tx| {
            let (state, notices) = (&world.state, &notices);
            async move { notifications::deliver::deliver(state, &tx, id, notices).await }
        })
        .await
        .unwrap();
    world.settle().await;
    assert_eq!(world.kinds(&actors::citizen()).await, ["receive"]);
    assert_eq!(world.sent("email").len(), 1);
    assert_eq!(world.sent("sms").len(), 1);
}

#[tokio::test]
async fn an_item_says_what_the_law_asks_for() {
    let world = World::new().await;
    world.hear(&received(world.rt.clock.now())).await;
    let item = world.first(&actors::citizen()).await;
    assert_eq!(item["kind"], "receive");
    assert_eq!(item["title"], "Hồ sơ H05.21-261116-0001 đã được tiếp nhận");
    assert_eq!(item["dossierId"], json!(DOSSIER));
    assert_eq!(item["dossierNumber"], "H05.21-261116-0001");
    assert_eq!(item["inbox"], "own");
    assert_eq!(item["read"], false);
    let body = item["body"].as_str().unwrap();
    for part in [
        "Cơ quan: Trung tâm Phục vụ hành chính công xã Yên Thế",
        "Bộ phận xử lý: Chuyên viên thẩm định",
        "Thời điểm: 16/11/2026 09:00",
        "Hẹn trả kết quả: 19/11/2026 09:00",
    ] {
        assert!(body.contains(part), "{part} in {body}");
    }
    let role = world.first(&actors::specialist()).await;
    assert_eq!(role["inbox"], "role");
    assert!(role["deliveries"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn shipments_are_told_with_the_agency_and_procedure_of_the_dossier() {
    let world = World::new().await;
    let now = world.rt.clock.now();
    world.hear(&received(now)).await;
    world
        .hear(&shipment(
            ShipmentState::HandedToPost,
            2,
            now + chrono::TimeDelta::hours(1),
        ))
        .await;
    let item = world.first(&actors::citizen()).await;
    let body = item["body"].as_str().unwrap();
    assert!(
        body.contains("RV000000016VN") && body.contains("Thủ tục: Đăng ký khai sinh"),
        "{body}"
    );
    assert!(body.contains("Cơ quan: Trung tâm"), "{body}");
}

#[tokio::test]
async fn reading_is_personal_also_in_a_shared_inbox() {
    let world = World::new().await;
    let now = world.rt.clock.now();
    world.hear(&dossier("file", None, S::New, now)).await;
    let colleague = contracts::Actor {
        subject: actors::officer2().subject,
        ..actors::officer()
    };
    let item = world.first(&actors::officer()).await;
    let path = format!(
        "/api/v1/notifications/{}/read",
        item["id"].as_str().unwrap()
    );
    for _ in 0..2 {
        let read = world
            .app
            .as_(&actors::officer())
            .post(&path, &json!({}))
            .await
            .expect(200)
            .json();
        assert_eq!(read["read"], true);
    }
    let mine = world.inbox(&actors::officer(), "?unread=true").await;
    assert_eq!(mine["unreadCount"], 0);
    assert!(mine["items"].as_array().unwrap().is_empty());
    let theirs = world.inbox(&colleague, "?unread=true").await;
    assert_eq!(theirs["unreadCount"], 1);
    assert_eq!(theirs["items"][0]["read"], false);
    // The applicant's own copy is another item.
    assert_eq!(world.inbox(&actors::citizen(), "").await["unreadCount"], 1);
}

#[tokio::test]
async fn anothers_notice_is_not_found() {
    let world = World::new().await;
    world.hear(&received(world.rt.clock.now())).await;
    let item = world.first(&actors::citizen()).await;
    let path = format!("/api/v1/notifications/{}", item["id"].as_str().unwrap());
    for other in [
        actors::citizen2(),
        actors::officer(),
        actors::specialist(),
        actors::integrator(),
    ] {
        world
            .app
            .as_(&other)
            .get(&path)
            .await
            .expect_problem(404, "notification.not-found");
        world
            .app
            .as_(&other)
            .post(&format!("{path}/read"), &json!({}))
            .await
            .expect_problem(404, "notification.not-found");
    }
    for path in [
        path.as_str(),
        "/api/v1/notifications",
        "/api/v1/notification-preferences",
    ] {
        world
            .app
            .anonymous()
            .get(path)
            .await
            .expect_problem(401, "auth.missing-token");
        world
            .app
            .as_(&actors::post_office())
            .get(path)
            .await
            .expect_problem(403, "auth.forbidden");
    }
    assert_eq!(world.first(&actors::citizen()).await["read"], false);
}

#[tokio::test]
async fn the_list_pages_from_the_newest_event_and_refuses_what_it_does_not_know() {
    let world = World::new().await;
    let now = world.rt.clock.now();
    for hours in [2, 0, 1, 1, 3] {
        let mut event = received(now + chrono::TimeDelta::hours(hours));
        event.version = hours + 1;
        world.hear(&event).await;
    }
    let me = actors::citizen();
    let mut times = Vec::new();
    let mut query = "?limit=2".to_owned();
    loop {
        let page = world.inbox(&me, &query).await;
        assert_eq!(page["unreadCount"], 5);
        for item in page["items"].as_array().unwrap() {
            times.push(item["at"].as_str().unwrap().to_owned());
        }
        match page["next"].as_str() {
            Some(next) => query = format!("?limit=2&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(times.len(), 5);
    let mut sorted = times.clone();
    sorted.sort_by(|a, b| b.cmp(a));
    assert_eq!(times, sorted);
    let other = world
        .inbox(&me, "?dossierId=01900000-0000-7000-8000-00000000ffff")
        .await;
    assert!(other["items"].as_array().unwrap().is_empty());
    for (query, code) in [
        ("limit=0", "query.invalid"),
        ("unread=maybe", "query.invalid"),
        ("dossierId=x", "query.invalid"),
        ("color=red", "query.invalid"),
        ("cursor=abc", "query.cursor"),
    ] {
        world
            .app
            .as_(&me)
            .get(&format!("/api/v1/notifications?{query}"))
            .await
            .expect_problem(422, code);
    }
    world
        .app
        .as_(&me)
        .get("/api/v1/notifications/not-an-id")
        .await
        .expect_problem(404, "not-found");
}

#[tokio::test]
async fn preferences_hold_for_later_events() {
    let world = World::new().await;
    let me = actors::citizen();
    let path = "/api/v1/notification-preferences";
    let before = world.app.as_(&me).get(path).await.expect(200).json();
    assert_eq!(
        before,
        json!({"email": true, "sms": true, "language": null})
    );
    for (body, pointer) in [
        (json!({"email": "yes", "sms": true}), "/email"),
        (
            json!({"email": true, "sms": true, "language": "fr"}),
            "/language",
        ),
        (json!({"email": true, "sms": true, "fax": true}), "/fax"),
    ] {
        let problem = world
            .app
            .as_(&me)
            .put(path, &body)
            .await
            .expect_problem(422, "body.invalid");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    let chosen = json!({"email": false, "sms": true, "language": "en"});
    for _ in 0..2 {
        world.app.as_(&me).put(path, &chosen).await.expect(200);
    }
    assert_eq!(
        world.app.as_(&me).get(path).await.expect(200).json(),
        chosen
    );
    world.hear(&received(world.rt.clock.now())).await;
    let item = world.first(&me).await;
    assert_eq!(item["title"], "Dossier H05.21-261116-0001 was received");
    assert!(world.sent("email").is_empty());
    assert_eq!(world.sent("sms").len(), 1);
    // Another's choice is untouched.
    let other = world
        .app
        .as_(&actors::citizen2())
        .get(path)
        .await
        .expect(200)
        .json();
    assert_eq!(other, before);
}

#[test]
fn every_operation_is_documented() {
    let document = serde_json::to_value(notifications::openapi()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    assert_eq!(paths.len(), 9);
    for (path, operations) in paths {
        for (method, operation) in operations.as_object().unwrap() {
            for field in ["summary", "description", "operationId", "security"] {
                assert!(!operation[field].is_null(), "{method} {path}: {field}");
            }
            assert!(
                operation["responses"].as_object().unwrap().len() >= 3,
                "{method} {path}"
            );
        }
    }
}

#[tokio::test]
async fn every_choice_of_a_channel_is_kept_as_it_was_made() {
    let world = World::new().await;
    let citizen = actors::citizen();
    let path = "/api/v1/notification-preferences";
    let history = async || {
        let caller = world.app.as_(&citizen);
        let page = caller.get(&format!("{path}/history")).await.expect(200);
        let page = page.json();
        let items = page["items"].as_array().expect("items");
        let said = |i: &Value| format!("{} {}", i["channel"], i["granted"]);
        items.iter().map(said).collect::<Vec<_>>()
    };
    assert!(history().await.is_empty(), "silence is no consent");
    for (email, sms) in [(true, false), (true, false), (true, true), (false, true)] {
        let body = json!({"email": email, "sms": sms, "language": null});
        world.app.as_(&citizen).put(path, &body).await.expect(200);
        world.rt.clock.advance(chrono::TimeDelta::seconds(1));
    }
    let mut said = history().await;
    // The oldest two were said in one request: neither is the newer one.
    said[2..].sort();
    assert_eq!(
        said,
        [
            "\"email\" false",
            "\"sms\" true",
            "\"email\" true",
            "\"sms\" false"
        ],
        "only what changed, newest first"
    );
}

/// Hết thời hạn bảo quản: that something was said stays, what was said goes.
#[tokio::test]
async fn what_was_said_of_a_dossier_goes_with_its_persons() {
    let world = World::new().await;
    let at = |hours| world.rt.clock.now() + chrono::TimeDelta::hours(hours);
    world.hear(&dossier("file", None, S::New, at(0))).await;
    let body = async || world.first(&actors::citizen()).await["body"].clone();
    assert_ne!(body().await, "");
    let end = dossier("pseudonymise", Some(S::New), S::New, at(1));
    world.hear(&end).await;
    assert_eq!(body().await, "");
    assert_eq!(world.kinds(&actors::citizen()).await, ["file"]);
}
