//! What people ask about their data: clocks, who may answer, and what a granted request does.

use crate::world::{PASSWORD, World, portal, text};
use serde_json::{Value, json};
use testkit::Reply;

const MINE: &str = "/api/v1/me/data-requests";
const ALL: &str = "/api/v1/data-requests";

async fn file(world: &World, token: &str, right: &str) -> Value {
    let body = json!({"right": right, "text": "Số điện thoại không còn đúng"});
    let caller = world.app.with_token(token);
    caller.post(MINE, &body).await.expect(201).json()
}

async fn step(world: &World, token: &str, request: &Value, body: Value) -> Reply {
    let path = format!("{ALL}/{}", text(request, "id"));
    let version = request["version"].as_i64().expect("a version");
    let caller = world.app.with_token(token).if_match(version);
    caller.patch(&path, &body).await
}

#[tokio::test]
async fn a_request_runs_from_reception_to_answer_under_its_clocks() {
    let world = World::new().await;
    let (citizen, admin) = (world.token("citizen").await, world.token("admin").await);
    let filed = file(&world, &citizen, "correct").await;
    assert_eq!(filed["state"], "received");
    assert!(text(&filed, "acceptBy") < text(&filed, "dueAt"));
    assert!(filed.get("requester").is_none(), "one's own");
    world
        .app
        .with_token(&citizen)
        .post(MINE, &json!({"right": "correct", "text": "x"}))
        .await
        .expect_problem(409, "data-request.already-open");

    let seen = world.app.with_token(&admin).get(ALL).await.expect(200);
    assert_eq!(
        seen.json()["items"][0]["requester"]["name"],
        "Nguyễn Văn An"
    );
    let early = step(
        &world,
        &admin,
        &filed,
        json!({"action": "extend", "text": "x"}),
    )
    .await;
    early.expect_problem(409, "data-request.not-open");
    let accepted = step(&world, &admin, &filed, json!({"action": "accept"})).await;
    let accepted = accepted.expect(200).json();
    let stale = step(&world, &admin, &filed, json!({"action": "accept"})).await;
    stale.expect_problem(412, "precondition.failed");
    let extended = json!({"action": "extend", "text": "Cần xác minh thêm"});
    let extended = step(&world, &admin, &accepted, extended).await;
    let extended = extended.expect(200).json();
    assert!(text(&extended, "dueAt") > text(&accepted, "dueAt"));
    let wordless = step(&world, &admin, &extended, json!({"action": "done"})).await;
    wordless.expect_problem(422, "body.invalid");
    let done = json!({"action": "done", "text": "Đã cập nhật"});
    step(&world, &admin, &extended, done).await.expect(200);

    let mine = world.app.with_token(&citizen).get(MINE).await.expect(200);
    let mine = &mine.json()["items"][0];
    assert_eq!(
        (
            mine["state"].as_str(),
            mine["answer"].as_str(),
            mine["extension"].as_str()
        ),
        (Some("done"), Some("Đã cập nhật"), Some("Cần xác minh thêm"))
    );
    let log = world
        .app
        .with_token(&citizen)
        .get("/api/v1/me/access-log")
        .await;
    let log = log.expect(200).text();
    assert!(
        log.contains("listDataRequests") && log.contains("changeDataRequest"),
        "{log}"
    );
    file(&world, &citizen, "correct").await;
}

#[tokio::test]
async fn overdue_requests_are_found_and_counted() {
    let world = World::new().await;
    let (citizen, admin) = (world.token("citizen").await, world.token("admin").await);
    file(&world, &citizen, "access").await;
    let overdue = || async {
        let admin = world.token("admin").await;
        let path = format!("{ALL}?overdue=true");
        let page = world.app.with_token(&admin).get(&path).await;
        page.expect(200).json()["items"]
            .as_array()
            .expect("items")
            .len()
    };
    assert_eq!(overdue().await, 0);
    drop(admin);
    world.rt.clock.advance(chrono::Duration::days(9));
    assert_eq!(overdue().await, 1, "nobody has answered the reception");
    testkit::wait_for("the gauge", || async {
        let text = world.rt.metrics.render();
        let line = "motcua_personal_data_clocks{service=\"identity\",kind=\"request-overdue\"} 1";
        text.contains(line).then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_agency_answers_what_is_addressed_to_it_and_nothing_else() {
    let world = World::new().await;
    let citizen = world.token("citizen").await;
    let caller = world.app.with_token(&citizen);
    let to = |agency: &str, right: &str| json!({"right": right, "text": "x", "agency": agency});
    caller.post(MINE, &to("H05.22", "access")).await.expect(201);
    let here = caller.post(MINE, &to("H05.21", "object")).await.expect(201);
    caller
        .post(MINE, &to("nowhere", "erase"))
        .await
        .expect_problem(422, "body.invalid");
    file(&world, &citizen, "correct").await;
    let agency = world.token("agencyadmin").await;
    let seen = world.app.with_token(&agency).get(ALL).await.expect(200);
    let seen = seen.json();
    let items = seen["items"].as_array().expect("items");
    assert_eq!(items.len(), 1);
    assert_eq!(items[0]["id"], here.json()["id"]);
    for login in ["citizen", "officer", "leader", "integrator", "postoffice"] {
        let token = world.token(login).await;
        let caller = world.app.with_token(&token);
        caller.get(ALL).await.expect_problem(403, "auth.forbidden");
    }
    let machine = world.token("integrator").await;
    let machine = world.app.with_token(&machine);
    machine
        .post(MINE, &to("H05.21", "erase"))
        .await
        .expect_problem(403, "data-request.person-only");
}

#[tokio::test]
async fn nobody_decides_the_own_request() {
    let world = World::new().await;
    let admin = world.token("admin").await;
    let filed = file(&world, &admin, "access").await;
    for action in ["accept", "done", "refuse"] {
        let body = json!({"action": action, "text": "x"});
        let answer = step(&world, &admin, &filed, body).await;
        answer.expect_problem(409, "data-request.own");
    }
}

#[tokio::test]
async fn an_erased_account_tells_of_nobody_and_signs_in_no_more() {
    let world = World::new().await;
    let (citizen, admin) = (world.token("citizen").await, world.token("admin").await);
    let filed = file(&world, &citizen, "erase").await;
    let done = json!({"action": "done", "text": "Đã xóa"});
    step(&world, &admin, &filed, done).await.expect(200);
    world.rt.clock.advance(chrono::Duration::seconds(4));
    let me = world.app.with_token(&citizen).get("/api/v1/me").await;
    me.expect_problem(401, "auth.revoked-token");
    let browser = world.browser();
    let page = browser.try_sign_in(&portal(), "citizen", PASSWORD).await;
    assert!(page.header("location").is_none(), "no code is given");
    let page = world
        .app
        .with_token(&admin)
        .get("/api/v1/accounts?limit=100")
        .await;
    let page = page.expect(200).text();
    for gone in ["Nguyễn Văn An", "\"citizen\",\"name\"", "+84912345678"] {
        assert!(!page.contains(gone), "{gone}");
    }
    assert!(page.contains("(đã xóa)"));
}

#[tokio::test]
async fn the_account_of_an_officer_is_closed_not_erased() {
    let world = World::new().await;
    let (officer, admin) = (world.token("officer").await, world.token("admin").await);
    let filed = file(&world, &officer, "erase").await;
    let done = json!({"action": "done", "text": "x"});
    let answer = step(&world, &admin, &filed, done).await;
    answer.expect_problem(409, "data-request.officer-account");
    world
        .app
        .with_token(&officer)
        .get("/api/v1/me")
        .await
        .expect(200);
    let again = world.app.with_token(&officer).get(MINE).await.expect(200);
    assert_eq!(
        again.json()["items"][0]["state"],
        "received",
        "nothing was half done"
    );
}

#[tokio::test]
async fn a_granted_restriction_hides_contact_until_it_is_taken_back() {
    let world = World::new().await;
    let (citizen, admin) = (world.token("citizen").await, world.token("admin").await);
    let me = world.app.with_token(&citizen).get("/api/v1/me").await;
    let me = me.expect(200).json();
    let shown = |restricted: bool| {
        let (world, id, admin) = (&world, text(&me, "id"), admin.clone());
        async move {
            let path = format!("/api/v1/accounts/{id}");
            let caller = world.app.with_token(&admin);
            let one = caller.get(&path).await.expect(200).json();
            assert_eq!(one["restricted"], restricted);
            assert_eq!(one.get("phone").is_none(), restricted);
            assert_eq!(one.get("identityNumber").is_none(), restricted);
            let all = caller.get("/api/v1/accounts?limit=100").await.expect(200);
            assert_eq!(!all.text().contains("+84912345678"), restricted);
        }
    };
    shown(false).await;
    let filed = file(&world, &citizen, "restrict").await;
    shown(false).await;
    let done = json!({"action": "done", "text": "Đã hạn chế"});
    step(&world, &admin, &filed, done).await.expect(200);
    shown(true).await;
    let own = world.app.with_token(&citizen).get("/api/v1/me").await;
    assert_eq!(own.expect(200).json()["phone"], me["phone"], "one's own");
    let path = format!("{MINE}/{}/restriction", text(&filed, "id"));
    let stranger = world.token("citizen2").await;
    let other = world.app.with_token(&stranger).delete(&path).await;
    other.expect_problem(404, "data-request.not-found");
    let caller = world.app.with_token(&citizen);
    caller.delete(&path).await.expect(200);
    shown(false).await;
    caller
        .delete(&path)
        .await
        .expect_problem(409, "data-request.not-open");
}

#[tokio::test]
async fn an_export_holds_what_is_the_callers_own_and_is_noted() {
    let world = World::new().await;
    let citizen = world.token("citizen").await;
    file(&world, &citizen, "access").await;
    let caller = world.app.with_token(&citizen);
    let first = caller.get("/api/v1/me/data").await.expect(200);
    let disposition = first.header("content-disposition").expect("a header");
    assert!(disposition.starts_with("attachment"), "{disposition}");
    assert_eq!(first.header("cache-control"), Some("no-store"));
    let first = first.json();
    assert_eq!(first["account"]["login"], "citizen");
    assert_eq!(first["dataRequests"].as_array().expect("items").len(), 1);
    world.rt.clock.advance(chrono::Duration::seconds(1));
    let second = caller.get("/api/v1/me/data").await.expect(200).json();
    assert_eq!(second["readBy"][0]["operation"], "exportMyData");
}

#[tokio::test]
async fn the_register_of_purposes_is_public_and_in_both_languages() {
    let world = World::new().await;
    let vi = world.app.anonymous().get("/api/v1/data-purposes").await;
    let en = world.app.anonymous().header("accept-language", "en");
    let en = en.get("/api/v1/data-purposes").await.expect(200).json();
    let vi = vi.expect(200).json();
    let items = vi["items"].as_array().expect("items");
    assert!(items.len() >= 5);
    for (n, item) in items.iter().enumerate() {
        assert_ne!(item["title"], en["items"][n]["title"]);
        assert!(["legalDuty", "consent"].contains(&item["legalBasis"].as_str().expect("a basis")));
    }
}
