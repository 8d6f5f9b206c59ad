//! Work under a lease: the heartbeat that keeps it, and the three ways in which it ends.

use kit::lifecycle::Lifecycle;
use sea_orm::DbErr;
use std::future::Future;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};

/// What runs when the process is told to stop has this long to end by itself.
const LAST: Duration = Duration::from_secs(5);

/// How work under a lease ended.
pub(crate) enum Ended<T> {
    /// By itself.
    Finished(T),
    /// Another may have the lease by now: the work was dropped where it stood, and what it had not committed is rolled back.
    Lost,
    /// The process stops: dropped in the same way, to be given back at once.
    Stopped,
}

/// Runs `work` while `renew` keeps the lease. `renew` says false when somebody else has it; while it fails the work goes on for as long
/// as the lease would have held.
pub(crate) async fn held<T, R>(
    lifecycle: &Lifecycle,
    lease: Duration,
    renew: impl Fn() -> R,
    work: impl Future<Output = T>,
) -> Ended<T>
where
    R: Future<Output = Result<bool, DbErr>>,
{
    let lost = async {
        let mut until = Instant::now() + lease;
        loop {
            sleep(lease / 3).await;
            let asked = Instant::now();
            match timeout_at(until, renew()).await {
                Ok(Ok(true)) => until = asked + lease,
                Ok(Ok(false)) => return,
                Ok(Err(error)) => {
                    tracing::warn!(%error, "a lease was not renewed");
                    if Instant::now() + lease / 3 >= until {
                        return;
                    }
                }
                Err(_) => return,
            }
        }
    };
    let stopping = lifecycle.stopping();
    let stopped = async {
        stopping.cancelled().await;
        sleep(LAST).await;
    };
    tokio::select! {
        biased;
        outcome = work => Ended::Finished(outcome),
        () = lost => Ended::Lost,
        () = stopped => Ended::Stopped,
    }
}

/// The same length on the clock of the tables.
pub(crate) fn span(length: Duration) -> chrono::Duration {
    chrono::Duration::from_std(length).unwrap_or(chrono::Duration::MAX)
}
