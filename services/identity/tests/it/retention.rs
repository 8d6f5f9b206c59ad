//! What has outlived its term is announced, then erased; what came back to life is left.

use crate::world::{World, text};
use serde_json::{Value, json};

async fn close(world: &World, login: &str) -> String {
    let token = world.token(login).await;
    let me = world.app.with_token(&token).get("/api/v1/me").await;
    let id = text(&me.expect(200).json(), "id");
    set_active(world, &id, 1, false).await;
    id
}

async fn set_active(world: &World, id: &str, version: i64, active: bool) {
    let admin = world.token("admin").await;
    let caller = world.app.with_token(&admin).if_match(version);
    let path = format!("/api/v1/accounts/{id}");
    caller
        .patch(&path, &json!({"active": active}))
        .await
        .expect(200);
}

async fn shown(world: &World, id: &str) -> Value {
    let admin = world.token("admin").await;
    let path = format!("/api/v1/accounts/{id}");
    world
        .app
        .with_token(&admin)
        .get(&path)
        .await
        .expect(200)
        .json()
}

async fn notices(world: &World) -> Vec<String> {
    let admin = world.token("admin").await;
    let caller = world.app.with_token(&admin);
    let page = caller
        .get("/api/v1/retention-notices")
        .await
        .expect(200)
        .json();
    let items = page.get("items").and_then(Value::as_array).expect("items");
    items.iter().map(|n| text(n, "subject")).collect()
}

#[tokio::test]
async fn a_closed_account_is_announced_before_it_is_erased() {
    let world = World::with(&[("closed_account_days", "100".to_owned())]).await;
    let gone = close(&world, "citizen").await;
    let back = close(&world, "citizen2").await;
    let officer = close(&world, "officer2").await;
    world.rt.clock.advance(chrono::Duration::days(71));
    testkit::wait_for("the notices", || async {
        let up = notices(&world).await;
        (up.len() == 2 && up.contains(&gone) && up.contains(&back)).then_some(())
    })
    .await;
    assert_eq!(shown(&world, &gone).await["name"], "Nguyễn Văn An");
    // Somebody saw the notice and opened the account again.
    set_active(&world, &back, 2, true).await;
    let kept = shown(&world, &back).await;
    world.rt.clock.advance(chrono::Duration::days(31));
    testkit::wait_for("the erasure", || async {
        (shown(&world, &gone).await["name"] == "(đã xóa)").then_some(())
    })
    .await;
    testkit::wait_for("the notices are taken down", || async {
        notices(&world).await.is_empty().then_some(())
    })
    .await;
    assert_eq!(shown(&world, &back).await, kept);
    assert_ne!(shown(&world, &officer).await["name"], "(đã xóa)");
}
