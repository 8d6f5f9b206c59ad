//! Waiting for a condition.

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
