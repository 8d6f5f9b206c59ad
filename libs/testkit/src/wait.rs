//! Waiting for a condition.

use kit::Cache;
use std::time::Duration;

/// Asks again until there is an answer; fails the test after 20 s.
///
/// # Panics
/// When the condition does not come true in time.
pub async fn wait_for<T, F: Future<Output = Option<T>>>(
    what: &str,
    mut ask: impl FnMut() -> F,
) -> T {
    let started = tokio::time::Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(
            started.elapsed() < Duration::from_secs(20),
            "waited in vain for {what}"
        );
        tokio::time::sleep(Duration::from_millis(15)).await;
    }
}

/// Waits until both caches are one in Redis: what either writes the other reads. `name`: a key that this test has not used so before.
///
/// # Panics
/// When they do not find each other in time.
pub async fn one_cache(one: &Cache, other: &Cache, name: &str) {
    for (from, to, way) in [(one, other, "there"), (other, one, "back")] {
        let key = &format!("test:{name}:{way}");
        wait_for("one Redis for both", || async move {
            from.set(key, b"1", Duration::from_secs(60)).await;
            to.get(key).await
        })
        .await;
    }
}
