//! How far the clock here is from that of Redis: for services without a database, which have nobody else to ask.

use crate::Runtime;
use crate::metrics::Labels;
use chrono::TimeDelta;
use std::time::Duration;

/// Between two looks; as often as the others ask their databases.
const EVERY: Duration = Duration::from_secs(15);

/// How often a Redis is asked at the start: the first time has to connect as well, and each has a deadline of its own.
const TRIES: u32 = 3;

/// Refuses to begin with a clock that is wrong: tokens would be too old or too young. A Redis that does not answer yet is no reason.
///
/// `most`: what is borne, seconds; 0: not asked.
///
/// # Errors
/// Says in one line how far off it is.
pub(crate) async fn check(rt: &Runtime, most: u32) -> anyhow::Result<()> {
    if most == 0 {
        return Ok(());
    }
    for _ in 0..TRIES {
        if let Some(off) = rt.cache.clock_off(&rt.clock).await {
            return within(off, most);
        }
    }
    Ok(())
}

fn within(off: TimeDelta, most: u32) -> anyhow::Result<()> {
    let seconds = off.num_seconds();
    let word = if seconds < 0 { "ahead of" } else { "behind" };
    anyhow::ensure!(
        seconds.unsigned_abs() <= u64::from(most),
        "the clock here is {} s {word} that of Redis: set the clocks of both machines right (NTP); cache.max_clock_skew_seconds says what is borne",
        seconds.unsigned_abs()
    );
    Ok(())
}

/// Tells the difference as a metric while the process runs, and says so when it is more than is borne.
pub(crate) fn watch(service: &str, rt: &Runtime, most: u32) {
    let labels = Labels {
        service: service.to_owned(),
        kind: String::new(),
    };
    let gauges = rt.metrics.gauges(
        "clock_off_seconds",
        "How far the clock of Redis is ahead of this process's, seconds",
    );
    let (cache, clock) = (rt.cache.clone(), rt.clock.clone());
    let stopping = rt.lifecycle.stopping();
    rt.lifecycle.spawn("clock", async move {
        loop {
            if let Some(off) = cache.clock_off(&clock).await {
                gauges.get_or_create(&labels).set(off.num_seconds());
                if most > 0
                    && let Err(wrong) = within(off, most)
                {
                    tracing::error!("{wrong}");
                }
            }
            tokio::select! {
                () = stopping.cancelled() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_minute_is_borne_and_the_line_says_which_way() {
        assert!(within(TimeDelta::seconds(30), 30).is_ok());
        assert!(within(TimeDelta::seconds(-30), 30).is_ok());
        let line = |off| {
            within(TimeDelta::seconds(off), 30)
                .expect_err("too far")
                .to_string()
        };
        assert!(line(31).starts_with("the clock here is 31 s behind that of Redis"));
        assert!(line(-300).starts_with("the clock here is 300 s ahead of that of Redis"));
    }
}
