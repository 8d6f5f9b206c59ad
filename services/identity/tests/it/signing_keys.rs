//! Signing keys: how one takes over from another.
#![expect(
    clippy::indexing_slicing,
    reason = "what is not there is null, and the test says so"
)]

use crate::world::World;
use chrono::Duration;
use sea_orm::ConnectionTrait as _;
use sea_orm::sea_query::{Alias, Expr, ExprTrait as _, Query};
use testkit::wait_for;

/// The part of a token that names its key.
fn header(token: &str) -> String {
    token.split('.').next().expect("header").to_owned()
}

async fn published(world: &World) -> usize {
    let keys = world.app.anonymous().get("/oauth2/jwks").await.expect(200);
    keys.json()["keys"].as_array().expect("keys").len()
}

async fn retired(world: &World) -> usize {
    let mut select = Query::select();
    select
        .column(Alias::new("kid"))
        .from(Alias::new("signing_key"))
        .and_where(Expr::col(Alias::new("retired_at")).is_not_null());
    let rows = world.db.db.read().query_all(&select).await;
    rows.expect("the table").len()
}

/// The job of the service itself has run at this hour of the clock.
async fn the_job_ran(world: &World) {
    let mut select = Query::select();
    select
        .column(Alias::new("name"))
        .from(Alias::new("lease"))
        .and_where(Expr::col(Alias::new("name")).eq("every:identity-keys"))
        .and_where(Expr::col(Alias::new("next_at")).gt(world.rt.clock.now()));
    let select = &select;
    wait_for("the job of the signing keys", async || {
        let rows = world.db.db.read().query_all(select).await.expect("leases");
        (!rows.is_empty()).then_some(())
    })
    .await;
}

#[tokio::test]
async fn tokens_of_a_retired_key_verify_until_they_die() {
    let world = World::new().await;
    the_job_ran(&world).await;
    world.rt.clock.advance(Duration::seconds(3600 - 130));
    let before = world.token("citizen").await;
    world.rt.clock.advance(Duration::seconds(1));
    identity::rotate_signing_key(&world.db.db, &world.rt)
        .await
        .expect("rotates");
    // Nobody meets a key that is not published yet: the old one signs for two minutes more.
    world.rt.clock.advance(Duration::seconds(119));
    assert_eq!(header(&world.token("citizen").await), header(&before));
    world.rt.clock.advance(Duration::seconds(1));
    let after = world.token("citizen").await;
    assert_ne!(header(&before), header(&after));
    assert_eq!(retired(&world).await, 0, "not before the job");
    world.rt.clock.advance(Duration::seconds(9));
    the_job_ran(&world).await;
    assert_eq!(retired(&world).await, 1);
    for token in [&before, &after] {
        let caller = world.app.with_token(token);
        caller.get("/api/v1/me").await.expect(200);
    }
    assert_eq!(published(&world).await, 2);
    world.rt.clock.advance(Duration::days(3));
    assert_eq!(published(&world).await, 1);
    assert_eq!(header(&world.token("citizen").await), header(&after));
}

#[tokio::test]
async fn a_new_key_takes_over_by_itself() {
    let world = World::with(&[("signing_key_days", "1".to_owned())]).await;
    the_job_ran(&world).await;
    let old = header(&world.token("citizen").await);
    world.rt.clock.advance(Duration::hours(24));
    the_job_ran(&world).await;
    assert_eq!(published(&world).await, 1, "a day is not over a day");
    world.rt.clock.advance(Duration::hours(1));
    the_job_ran(&world).await;
    assert_eq!(published(&world).await, 2);
    assert_eq!(header(&world.token("citizen").await), old, "not yet");
    assert_eq!(retired(&world).await, 0, "it signs still");
    world.rt.clock.advance(Duration::minutes(2));
    assert_ne!(header(&world.token("citizen").await), old);
    world.rt.clock.advance(Duration::hours(1));
    the_job_ran(&world).await;
    assert_eq!(retired(&world).await, 1);
    assert_eq!(published(&world).await, 2, "one new key, not one an hour");
}

#[tokio::test]
async fn nothing_takes_over_where_people_rotate() {
    let world = World::with(&[("signing_key_days", "0".to_owned())]).await;
    the_job_ran(&world).await;
    let old = header(&world.token("citizen").await);
    world.rt.clock.advance(Duration::days(400));
    the_job_ran(&world).await;
    assert_eq!(published(&world).await, 1);
    assert_eq!(header(&world.token("citizen").await), old);
}

#[tokio::test]
async fn a_key_that_was_taken_away_vouches_for_nothing_even_of_tokens_seen_before() {
    let world = World::new().await;
    the_job_ran(&world).await;
    let before = world.token("citizen").await;
    let ask = async |token: &str| world.app.with_token(token).get("/api/v1/me").await;
    for _ in 0..2 {
        ask(&before).await.expect(200);
    }
    // Somebody else has the key: it goes at once, with all that it signed.
    let mut delete = Query::delete();
    delete.from_table(Alias::new("signing_key"));
    let delete = &delete;
    let gone = world
        .db
        .db
        .tx(|tx| async move { tx.execute(delete).await.map(|_| ()) });
    gone.await.expect("the table");
    identity::rotate_signing_key(&world.db.db, &world.rt)
        .await
        .expect("rotates");
    world.rt.clock.advance(Duration::minutes(3));
    let after = world.token("citizen").await;
    assert_ne!(header(&before), header(&after));
    for _ in 0..2 {
        ask(&after).await.expect(200);
        ask(&before).await.expect_problem(401, "auth.invalid-token");
    }
}

#[tokio::test]
async fn a_token_seen_before_dies_in_time() {
    let world = World::new().await;
    let token = world.token("citizen").await;
    let ask = async || world.app.with_token(&token).get("/api/v1/me").await;
    for _ in 0..2 {
        ask().await.expect(200);
    }
    world.rt.clock.advance(Duration::minutes(11));
    ask().await.expect_problem(401, "auth.expired-token");
}
