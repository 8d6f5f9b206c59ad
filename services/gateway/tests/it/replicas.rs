//! Limits hold for all replicas together: they count in one Redis (`MOTCUA_TEST_REDIS_URL`). While it is away each counts for itself.

use crate::world::World;
use kit::Cache;
use testkit::{actors, broker_prefix, one_cache, redis_url};

async fn replica(url: &str, prefix: &str) -> World {
    let mut rt = testkit::runtime();
    rt.cache = Cache::redis(url, prefix).expect("a URL");
    let limits = [
        ("requests_per_minute", "10".to_owned()),
        ("public_requests_per_minute", "6".to_owned()),
    ];
    World::on(rt, &limits).await
}

/// What so many requests at once are answered, every other one by the other replica.
async fn answers(worlds: [&World; 2], citizen: bool, requests: usize) -> Vec<u16> {
    let asked = worlds
        .iter()
        .cycle()
        .take(requests)
        .map(|world| async move {
            if citizen {
                let caller = world.app.as_(&actors::citizen());
                caller.get("/api/v1/dossiers").await.status
            } else {
                let caller = world.app.anonymous();
                caller.get("/api/v1/tracking/1").await.status
            }
        });
    futures_util::future::join_all(asked).await
}

fn count(answers: &[u16], status: u16) -> usize {
    answers.iter().filter(|one| **one == status).count()
}

#[tokio::test]
async fn an_account_and_an_address_have_one_allowance_for_all_replicas() {
    let Some(url) = redis_url() else { return };
    let prefix = broker_prefix();
    let (one, two) = (replica(&url, &prefix).await, replica(&url, &prefix).await);
    one_cache(&one.rt.cache, &two.rt.cache, "began").await;
    for (citizen, most) in [(true, 10), (false, 6)] {
        let all = answers([&one, &two], citizen, 24).await;
        assert_eq!(
            (count(&all, 200), count(&all, 429)),
            (most, 24 - most),
            "{all:?}"
        );
    }
}

#[tokio::test]
async fn without_redis_each_replica_has_an_allowance_of_its_own() {
    // Nobody listens there.
    let away = "redis://127.0.0.1:1/";
    let (one, two) = (replica(away, "t:").await, replica(away, "t:").await);
    let all = answers([&one, &two], true, 24).await;
    assert_eq!((count(&all, 200), count(&all, 429)), (20, 4), "{all:?}");
}
