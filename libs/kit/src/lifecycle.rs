//! One owner of every background task. SIGTERM: unready, drain, finish or give back leases, flush. A second signal or the
//! deadline turns the soft stop into a hard one.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

/// Spawns, tracks and stops. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Lifecycle {
    handle: tokio::runtime::Handle,
    soft: CancellationToken,
    hard: CancellationToken,
    tracker: TaskTracker,
    ready: Arc<AtomicBool>,
}

impl Lifecycle {
    /// A lifecycle on the runtime of the caller; background work stays there whatever thread asks for it.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn new() -> Self {
        Self {
            handle: tokio::runtime::Handle::current(),
            soft: CancellationToken::new(),
            hard: CancellationToken::new(),
            tracker: TaskTracker::new(),
            ready: Arc::new(AtomicBool::new(false)),
        }
    }

    /// Runs a task to its end or to the hard stop. A task that wants to leave early watches [`Lifecycle::stopping`].
    pub fn spawn<F>(&self, name: &'static str, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let hard = self.hard.clone();
        let span = tracing::info_span!("task", task.name = name);
        self.tracker.spawn_on(
            async move {
                tokio::select! {
                    () = task => tracing::debug!("task ended"),
                    () = hard.cancelled() => tracing::warn!("task cut off by the hard stop"),
                }
            }
            .instrument(span),
            &self.handle,
        );
    }

    /// Cancelled when the process begins to stop.
    pub fn stopping(&self) -> CancellationToken {
        self.soft.clone()
    }

    /// Says that the process can take requests.
    pub fn set_ready(&self) {
        self.ready.store(true, Ordering::Release);
    }

    /// Whether the process can take requests: started and not stopping.
    pub fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Acquire) && !self.soft.is_cancelled()
    }

    /// Begins the soft stop.
    pub fn stop(&self) {
        self.soft.cancel();
    }

    /// Waits for SIGTERM or Ctrl-C, or for somebody to call [`Lifecycle::stop`].
    pub async fn signalled(&self) {
        tokio::select! {
            () = signal() => {}
            () = self.soft.cancelled() => {}
        }
        self.soft.cancel();
    }

    /// Stops softly and waits for all tasks; after `grace`, or at a second signal, cuts off what is left.
    ///
    /// Returns whether everything ended by itself.
    pub async fn shut_down(&self, grace: Duration) -> bool {
        self.soft.cancel();
        self.tracker.close();
        let ended = tokio::select! {
            () = self.tracker.wait() => true,
            () = tokio::time::sleep(grace) => false,
            () = signal() => false,
        };
        if !ended {
            self.hard.cancel();
            let last = tokio::time::timeout(Duration::from_secs(2), self.tracker.wait()).await;
            tracing::warn!(all_ended = last.is_ok(), "hard stop");
        }
        ended
    }
}

impl Default for Lifecycle {
    fn default() -> Self {
        Self::new()
    }
}

/// Completes at SIGTERM or Ctrl-C.
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut term), Ok(mut int)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    ) else {
        tracing::error!("no signal handlers: only a hard kill stops this process");
        return std::future::pending().await;
    };
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
}
