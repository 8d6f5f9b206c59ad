//! What was played: counts, failures, latencies.

use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The outcome of a run.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Dossiers asked for.
    pub asked: usize,
    /// Filed.
    pub filed: usize,
    /// Received, with number and receipt.
    pub received: usize,
    /// Delivered by the post.
    pub delivered: usize,
    /// Returned (status 10).
    pub returned: usize,
    /// Notices seen in the applicants' inboxes.
    pub notifications: usize,
    /// What went wrong, by dossier.
    pub failures: Vec<String>,
    /// Milliseconds per step.
    pub latencies: BTreeMap<&'static str, Latency>,
}

/// Milliseconds of one step.
#[derive(Clone, Debug, Serialize)]
pub struct Latency {
    /// How many were measured.
    pub count: usize,
    /// Median.
    pub p50: u64,
    /// 95th percentile.
    pub p95: u64,
    /// 99th percentile.
    pub p99: u64,
}

impl Report {
    /// Every dossier was delivered and returned and every expected notice was seen.
    pub fn is_complete(&self) -> bool {
        self.failures.is_empty() && self.delivered == self.asked && self.returned == self.asked
    }

    /// The report for people.
    pub fn tell(&self) -> String {
        let mut out = format!(
            "\n  Hồ sơ (dossiers): {} nộp (filed), {} tiếp nhận (received), {} phát (delivered), {} đã trả (returned); {} thông báo (notices)\n",
            self.filed, self.received, self.delivered, self.returned, self.notifications
        );
        for (step, l) in &self.latencies {
            out.push_str(&format!(
                "    {step:<18} p50 {:>5} ms  p95 {:>5} ms  p99 {:>5} ms\n",
                l.p50, l.p95, l.p99
            ));
        }
        for failure in &self.failures {
            out.push_str(&format!("  ✗ {failure}\n"));
        }
        out
    }
}

/// Gathers while the dossiers are played.
pub(super) struct Collector {
    tell: bool,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    filed: usize,
    received: usize,
    delivered: usize,
    returned: usize,
    notifications: usize,
    failures: Vec<String>,
    times: BTreeMap<&'static str, Vec<Duration>>,
}

impl Collector {
    pub(super) fn new(tell: bool) -> Self {
        Self {
            tell,
            inner: Mutex::default(),
        }
    }

    fn with(&self, f: impl FnOnce(&mut Inner)) {
        f(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub(super) fn say(&self, line: impl FnOnce() -> String) {
        if self.tell {
            #[expect(
                clippy::print_stdout,
                reason = "telling the story is what the command is for"
            )]
            {
                println!("  {}", line());
            }
        }
    }

    /// Runs a step and notes how long it took.
    pub(super) async fn timed<T>(&self, step: &'static str, work: impl Future<Output = T>) -> T {
        let started = std::time::Instant::now();
        let out = work.await;
        let took = started.elapsed();
        self.with(|i| i.times.entry(step).or_default().push(took));
        out
    }

    pub(super) fn filed(&self) {
        self.with(|i| i.filed += 1);
    }

    pub(super) fn received(&self) {
        self.with(|i| i.received += 1);
    }

    pub(super) fn delivered(&self) {
        self.with(|i| i.delivered += 1);
    }

    pub(super) fn returned(&self, notices: usize) {
        self.with(|i| {
            i.returned += 1;
            i.notifications += notices;
        });
    }

    pub(super) fn failed(&self, n: usize, error: &anyhow::Error) {
        self.with(|i| i.failures.push(format!("#{n}: {error:#}")));
    }

    pub(super) fn report(&self, asked: usize) -> Report {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let latencies = inner
            .times
            .iter()
            .map(|(step, times)| {
                let mut millis: Vec<u64> = times
                    .iter()
                    .map(|t| u64::try_from(t.as_millis()).unwrap_or(u64::MAX))
                    .collect();
                millis.sort_unstable();
                let at = |percent: usize| {
                    let rank = (millis.len() * percent).div_ceil(100).max(1) - 1;
                    millis.get(rank).copied().unwrap_or(0)
                };
                (
                    *step,
                    Latency {
                        count: millis.len(),
                        p50: at(50),
                        p95: at(95),
                        p99: at(99),
                    },
                )
            })
            .collect();
        Report {
            asked,
            filed: inner.filed,
            received: inner.received,
            delivered: inner.delivered,
            returned: inner.returned,
            notifications: inner.notifications,
            failures: inner.failures.clone(),
            latencies,
        }
    }
}
