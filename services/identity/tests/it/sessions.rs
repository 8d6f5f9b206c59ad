//! Where one is signed in, and signing out elsewhere.
#![expect(
    clippy::indexing_slicing,
    reason = "what is not there is null, and the test says so"
)]

use crate::world::{PASSWORD, World, portal, text};
use serde_json::Value;

const PATH: &str = "/api/v1/me/sessions";

async fn sessions(world: &World, login: &str) -> Vec<Value> {
    let token = world.token(login).await;
    let list = world.app.with_token(&token).get(PATH).await.expect(200);
    list.json()["items"].as_array().expect("items").clone()
}

#[tokio::test]
async fn one_session_is_ended_and_the_others_go_on() {
    let world = World::new().await;
    let first = world.tokens("citizen").await;
    let kept = world.browser();
    let code = kept.sign_in(&portal(), "citizen", PASSWORD).await;
    let second = world.redeem(&code).await.expect(200).json();
    let found = sessions(&world, "citizen").await;
    assert_eq!(found.len(), 2);
    let sid = crate::world::claims(&text(&first, "id_token"))["sid"].clone();
    assert!(found.iter().any(|s| s["id"] == sid));
    let token = world.token("citizen").await;
    let path = format!("{PATH}/{}", sid.as_str().expect("an id"));
    // Somebody else's session is not there.
    let other = world.token("officer").await;
    world
        .app
        .with_token(&other)
        .delete(&path)
        .await
        .expect_problem(404, "session.not-found");
    world.app.with_token(&token).delete(&path).await.expect(204);
    assert_eq!(sessions(&world, "citizen").await.len(), 1);
    let refused = world.refresh(&text(&first, "refresh_token")).await;
    assert_eq!(refused.expect(400).json()["error"], "invalid_grant");
    // Nor does its access token open anything; those of the other browser do.
    world.rt.clock.advance(chrono::Duration::seconds(4));
    let me = async |tokens: &Value| {
        let token = text(tokens, "access_token");
        world.app.with_token(&token).get("/api/v1/me").await
    };
    me(&first).await.expect_problem(401, "auth.revoked-token");
    me(&second).await.expect(200);
    // The other browser is still signed in: no page, a code.
    kept.get(&portal()).await.expect(303);
}

#[tokio::test]
async fn signing_out_everywhere_ends_all() {
    let world = World::new().await;
    let tokens = world.tokens("citizen").await;
    let browser = world.browser();
    browser.sign_in(&portal(), "citizen", PASSWORD).await;
    let token = world.token("citizen").await;
    world.app.with_token(&token).delete(PATH).await.expect(204);
    assert!(sessions(&world, "citizen").await.is_empty());
    browser.get(&portal()).await.expect(200);
    world
        .refresh(&text(&tokens, "refresh_token"))
        .await
        .expect(400);
    // Nor do the tokens of before open anything.
    world.rt.clock.advance(chrono::Duration::seconds(4));
    for token in [token, text(&tokens, "access_token")] {
        let me = world.app.with_token(&token).get("/api/v1/me").await;
        me.expect_problem(401, "auth.revoked-token");
    }
}
