//! People who file without pause, and take every dossier to its end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use suite::demo::Company;
use tokio::task::JoinSet;
use url::Url;

/// How long somebody tries before giving up: longer than any fault lasts.
pub(super) const PATIENCE: Duration = Duration::from_secs(150);

/// The load. Ends with [`Load::finish`].
pub(super) struct Load {
    pub(super) company: Arc<Company>,
    counts: Arc<Counts>,
    people: JoinSet<()>,
}

#[derive(Default)]
struct Counts {
    begun: AtomicUsize,
    finished: AtomicUsize,
    enough: AtomicBool,
}

impl Load {
    /// Starts `people` who file side by side: at least `count` dossiers together, and on until they are told that it is enough.
    pub(super) async fn start(
        gateway: &Url,
        count: usize,
        people: usize,
        patience: Duration,
    ) -> anyhow::Result<Self> {
        let company = Company::gather(gateway, patience, false, true).await?;
        Ok(Self::of(Arc::new(company), count, people, false))
    }

    /// People who file and offices that handle, up to the approval: nothing that waits for an event.
    pub(super) async fn offices(gateway: &Url, people: usize) -> anyhow::Result<Self> {
        let company = Company::gather(gateway, PATIENCE, false, false).await?;
        Ok(Self::of(Arc::new(company), 0, people, true))
    }

    fn of(company: Arc<Company>, count: usize, people: usize, offices: bool) -> Self {
        let counts = Arc::new(Counts::default());
        let mut all = JoinSet::new();
        for _ in 0..people.max(1) {
            let (company, counts) = (company.clone(), counts.clone());
            all.spawn(async move {
                loop {
                    let n = counts.begun.fetch_add(1, Ordering::Relaxed);
                    if n >= count && counts.enough.load(Ordering::Acquire) {
                        counts.begun.fetch_sub(1, Ordering::Relaxed);
                        return;
                    }
                    if offices {
                        company.handle(n).await;
                    } else {
                        company.play(n).await;
                    }
                    counts.finished.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        Self {
            company,
            counts,
            people: all,
        }
    }

    /// Dossiers taken to their end so far.
    pub(super) fn finished(&self) -> usize {
        self.counts.finished.load(Ordering::Relaxed)
    }

    /// Lets everybody finish what they have begun, and the agreed number; returns how many were begun.
    pub(super) async fn finish(&mut self) -> usize {
        self.counts.enough.store(true, Ordering::Release);
        while self.people.join_next().await.is_some() {}
        self.counts.begun.load(Ordering::Relaxed)
    }
}
