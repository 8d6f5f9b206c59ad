//! Rights that were taken away are refused within seconds; what administrators read is told to the person.

use crate::world::{World, text};
use durable::sea_orm::ConnectionTrait as _;
use durable::sea_orm::sea_query::Query;
use serde_json::{Value, json};

async fn id_of(world: &World, token: &str) -> String {
    let me = world.app.with_token(token).get("/api/v1/me").await;
    text(&me.expect(200).json(), "id")
}

async fn change(world: &World, id: &str, version: i64, change: Value) {
    let admin = world.token("admin").await;
    let path = format!("/api/v1/accounts/{id}");
    let caller = world.app.with_token(&admin).if_match(version);
    caller.patch(&path, &change).await.expect(200);
}

#[tokio::test]
async fn a_change_of_rights_ends_the_tokens_of_before_and_no_others() {
    let world = World::new().await;
    for (login, what) in [
        ("officer", json!({"active": false})),
        ("specialist", json!({"roles": ["one_stop_officer"]})),
        ("leader", json!({"agency": "H05.22"})),
        ("citizen", json!({"password": "bốn con mèo đen"})),
    ] {
        let before = world.token(login).await;
        let other = world.token("officer2").await;
        let id = id_of(&world, &before).await;
        change(&world, &id, 1, what).await;
        world.rt.clock.advance(chrono::Duration::seconds(4));
        let log = "/api/v1/me/access-log";
        world
            .app
            .with_token(&before)
            .get(log)
            .await
            .expect_problem(401, "auth.revoked-token");
        world.app.with_token(&other).get(log).await.expect(200);
        if login != "officer" {
            let after = world.token(login).await;
            world.app.with_token(&after).get(log).await.expect(200);
        }
    }
}

#[tokio::test]
async fn a_change_of_name_or_contact_ends_nothing() {
    let world = World::new().await;
    let before = world.token("officer").await;
    let id = id_of(&world, &before).await;
    change(
        &world,
        &id,
        1,
        json!({"name": "Tên Mới", "phone": "0904000222"}),
    )
    .await;
    world.rt.clock.advance(chrono::Duration::seconds(4));
    let me = world.app.with_token(&before).get("/api/v1/me").await;
    assert_eq!(me.expect(200).json()["phone"], "+84904000222");
}

#[tokio::test]
async fn the_list_of_revocations_names_nobody_to_those_who_have_not_the_key() {
    let world = World::new().await;
    let token = world.token("officer").await;
    let id = id_of(&world, &token).await;
    change(&world, &id, 1, json!({"active": false})).await;
    let list = world.app.anonymous().get("/oauth2/revocations").await;
    let list = list.expect(200).text();
    assert!(list.contains("sealed") && !list.contains(&id), "{list}");
}

#[tokio::test]
async fn people_see_which_administrator_read_their_account() {
    let world = World::new().await;
    let officer = world.token("officer").await;
    let id = id_of(&world, &officer).await;
    let admin = world.token("agencyadmin").await;
    let caller = world.app.with_token(&admin);
    caller.get("/api/v1/accounts?limit=100").await.expect(200);
    world.rt.clock.advance(chrono::Duration::seconds(1));
    caller
        .get(&format!("/api/v1/accounts/{id}"))
        .await
        .expect(200);
    let log = |token: &str| {
        let caller = world.app.with_token(token);
        async move { caller.get("/api/v1/me/access-log").await.expect(200).json() }
    };
    let seen: Vec<String> = log(&officer).await["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|e| format!("{} {}", text(e, "who"), text(e, "operation")))
        .collect();
    assert_eq!(
        seen,
        ["Dương Văn Minh getAccount", "Dương Văn Minh listAccounts"]
    );
    assert_eq!(log(&admin).await["items"], json!([]), "one's own reads");
}

#[tokio::test]
async fn contact_and_numbers_rest_sealed() {
    let world = World::new().await;
    let admin = world.token("agencyadmin").await;
    let body = json!({"login": "moi.moi", "password": "ba con mèo đen", "name": "Phạm Thị Mới",
        "roles": ["one_stop_officer"], "agency": "H05.21", "phone": "0904 000 777",
        "email": "marked@example.vn", "identityNumber": "024192000019"});
    let caller = world
        .app
        .with_token(&admin)
        .header("idempotency-key", "k-1");
    let first = caller.post("/api/v1/accounts", &body).await.expect(201);
    let again = caller.post("/api/v1/accounts", &body).await.expect(201);
    assert_eq!(first.json(), again.json(), "opened for the repeat");
    for (table, columns) in [
        ("account", &["email", "phone", "identity_number"][..]),
        ("idempotency", &["body"][..]),
    ] {
        for column in columns {
            let query = Query::select().column(*column).from(table).to_owned();
            let rows = world.db.db.read().query_all(&query).await.expect("rows");
            assert!(!rows.is_empty(), "{table}");
            for row in rows {
                let value: Option<String> = row.try_get("", column).expect("text");
                let value = value.unwrap_or_default();
                for secret in ["904000777", "marked@", "024192000019"] {
                    assert!(!value.contains(secret), "{table}.{column}: {value}");
                }
            }
        }
    }
}
