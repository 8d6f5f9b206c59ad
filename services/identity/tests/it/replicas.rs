//! Limits on guesses hold for all replicas together: they count in one Redis (`MOTCUA_TEST_REDIS_URL`). While it is away each counts for
//! itself.

use crate::world::{Browser, PASSWORD, World, portal};
use kit::Cache;
use testkit::proxy::Proxy;
use testkit::{TestApp, broker_prefix, one_cache, redis_url};

fn cache(url: &str, prefix: &str) -> Cache {
    Cache::redis(url, prefix).expect("a URL")
}

async fn over(cache: Cache, changes: &[(&str, String)]) -> World {
    let mut rt = testkit::runtime();
    rt.cache = cache;
    World::on(rt, changes).await
}

/// A guess by a browser of its own.
async fn wrong(app: &TestApp, login: &str) -> u16 {
    let browser = Browser::of(app);
    let reply = browser
        .try_sign_in(&portal(), login, "wrong password")
        .await;
    reply.status
}

/// The right password, from a browser of its own.
async fn right(app: &TestApp, login: &str) -> u16 {
    let browser = Browser::of(app);
    let reply = browser.try_sign_in(&portal(), login, PASSWORD).await;
    reply.status
}

#[tokio::test]
async fn guesses_at_one_login_are_counted_over_all_replicas() {
    let Some(url) = redis_url() else { return };
    let prefix = broker_prefix();
    let world = over(cache(&url, &prefix), &[]).await;
    let other = world.replica(cache(&url, &prefix), &[]).await;
    one_cache(&world.rt.cache, &other.rt.cache, "began").await;
    let (one, two) = (&world.app, &other);
    for app in [one, two, one, two, one] {
        assert_eq!(wrong(app, "citizen").await, 401);
    }
    // Five in all, three here and two there: neither lets even the right password through.
    for app in [one, two] {
        assert_eq!(right(app, "citizen").await, 429);
    }
    world.rt.clock.advance(chrono::Duration::seconds(300));
    // What failed before is forgiven everywhere by a success anywhere.
    for _ in 0..2 {
        for app in [one, one, two, two] {
            assert_eq!(wrong(app, "citizen").await, 401);
        }
        assert_eq!(right(two, "citizen").await, 303);
    }
}

#[tokio::test]
async fn guesses_from_one_address_are_counted_over_all_replicas() {
    let Some(url) = redis_url() else { return };
    let prefix = broker_prefix();
    let changes = [("failures_per_address", "4".to_owned())];
    let world = over(cache(&url, &prefix), &changes).await;
    let other = world.replica(cache(&url, &prefix), &changes).await;
    one_cache(&world.rt.cache, &other.rt.cache, "began").await;
    let (one, two) = (&world.app, &other);
    for (app, login) in [(one, "aaa1"), (two, "aaa2"), (one, "aaa3"), (two, "aaa4")] {
        assert_eq!(wrong(app, login).await, 401);
    }
    for app in [one, two] {
        assert_eq!(right(app, "citizen").await, 429);
    }
}

#[tokio::test]
async fn without_redis_each_replica_counts_for_itself() {
    // Nobody listens there.
    let away = || cache("redis://127.0.0.1:1/", "t:");
    let world = over(away(), &[]).await;
    let other = world.replica(away(), &[]).await;
    for app in [&world.app, &other] {
        for _ in 0..5 {
            assert_eq!(wrong(app, "citizen").await, 401);
        }
        assert_eq!(right(app, "citizen").await, 429);
    }
}

#[tokio::test]
async fn while_redis_is_away_guesses_are_counted_anew_and_then_go_on() {
    let Some(url) = redis_url() else { return };
    let prefix = broker_prefix();
    let (line, through) = Proxy::before(&url, 6379).await;
    let world = over(cache(&through, &prefix), &[]).await;
    let straight = cache(&url, &prefix);
    one_cache(&world.rt.cache, &straight, "began").await;
    let app = &world.app;
    for _ in 0..3 {
        assert_eq!(wrong(app, "citizen").await, 401);
    }
    line.cut();
    // People sign in all the same; a guesser has five tries more.
    assert_eq!(right(app, "citizen2").await, 303);
    for _ in 0..5 {
        assert_eq!(wrong(app, "citizen").await, 401);
    }
    assert_eq!(right(app, "citizen").await, 429);
    line.open();
    one_cache(&world.rt.cache, &straight, "is back").await;
    // The three of before are known again.
    for _ in 0..2 {
        assert_eq!(wrong(app, "citizen").await, 401);
    }
    assert_eq!(right(app, "citizen").await, 429);
}
