//! A cache that may be lost at any time: Redis, or memory where there is none or while it is away.
//!
//! Nothing is kept here that we may not lose: rate counters, sessions of the portal, cached pages.

use crate::Clock;
use chrono::{DateTime, TimeDelta};
use redis::AsyncCommands as _;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The cache. Cheap to clone.
#[derive(Clone)]
pub struct Cache {
    memory: Memory,
    redis: Option<Arc<Redis>>,
}

struct Redis {
    client: redis::Client,
    manager: tokio::sync::OnceCell<ConnectionManager>,
    prefix: String,
}

#[derive(Clone)]
struct Memory {
    values: moka::future::Cache<String, Entry>,
    counters: moka::future::Cache<String, Arc<AtomicU64>>,
}

#[derive(Clone)]
struct Entry {
    bytes: Arc<Vec<u8>>,
    ttl: Duration,
}

struct PerEntry;

impl moka::Expiry<String, Entry> for PerEntry {
    fn expire_after_create(
        &self,
        _: &String,
        entry: &Entry,
        _: std::time::Instant,
    ) -> Option<Duration> {
        Some(entry.ttl)
    }
}

/// How long one call to Redis may take before memory answers instead.
const DEADLINE: Duration = Duration::from_millis(250);
/// How long a rate counter lives in memory at the most.
const COUNTER_TTL: Duration = Duration::from_secs(3600);
/// Entries in memory at the most, so that a flood of clients cannot fill it.
const CAPACITY: u64 = 200_000;

impl Cache {
    /// A cache in this process's memory.
    pub fn memory() -> Self {
        Self {
            memory: Memory {
                values: moka::future::Cache::builder()
                    .max_capacity(CAPACITY)
                    .expire_after(PerEntry)
                    .build(),
                counters: moka::future::Cache::builder()
                    .max_capacity(CAPACITY)
                    .time_to_live(COUNTER_TTL)
                    .build(),
            },
            redis: None,
        }
    }

    /// A cache in Redis. Does not connect yet: Redis may be away at start and come later.
    ///
    /// # Errors
    /// When the URL cannot be read.
    pub fn redis(url: &str, prefix: &str) -> anyhow::Result<Self> {
        let client = redis::Client::open(url)?;
        let redis = Redis {
            client,
            manager: tokio::sync::OnceCell::new(),
            prefix: prefix.to_owned(),
        };
        Ok(Self {
            redis: Some(Arc::new(redis)),
            ..Self::memory()
        })
    }

    /// Reads a value.
    pub async fn get(&self, key: &str) -> Option<Vec<u8>> {
        if let Some(redis) = &self.redis {
            let answer = redis
                .call(
                    async |mut c, key| c.get::<_, Option<Vec<u8>>>(key).await,
                    key,
                )
                .await;
            if let Some(value) = answer {
                return value;
            }
        }
        self.memory.values.get(key).await.map(|e| e.bytes.to_vec())
    }

    /// Writes a value for `ttl`. Lost when Redis is away; memory then serves this process only.
    pub async fn set(&self, key: &str, value: &[u8], ttl: Duration) {
        if let Some(redis) = &self.redis {
            let seconds = ttl.as_secs().max(1);
            let done = redis
                .call(
                    async |mut c, key| c.set_ex::<_, _, ()>(key, value, seconds).await,
                    key,
                )
                .await;
            if done.is_some() {
                return;
            }
        }
        let entry = Entry {
            bytes: Arc::new(value.to_vec()),
            ttl,
        };
        self.memory.values.insert(key.to_owned(), entry).await;
    }

    /// Forgets a value.
    pub async fn delete(&self, key: &str) {
        if let Some(redis) = &self.redis {
            redis
                .call(async |mut c, key| c.del::<_, ()>(key).await, key)
                .await;
        }
        self.memory.values.invalidate(key).await;
    }

    /// How far the clock of Redis is ahead of ours, up to half of the time that the question took. `None` when there is no Redis, or it
    /// did not answer.
    pub async fn clock_off(&self, clock: &Clock) -> Option<TimeDelta> {
        let redis = self.redis.as_ref()?;
        let asked = clock.now();
        let time = async |mut c: ConnectionManager, _key: String| {
            redis::cmd("TIME").query_async::<(i64, u32)>(&mut c).await
        };
        let (seconds, micros) = redis.call(time, "").await?;
        let took = clock.now() - asked;
        let theirs = DateTime::from_timestamp(seconds, micros.saturating_mul(1000))?;
        Some(theirs - (asked + took / 2))
    }

    /// Counts one hit of `key` in the running window and returns the hits so far, this one included.
    ///
    /// `slot` names the window (for instance unix seconds / 60), so that the count starts anew with it.
    pub async fn hits(&self, key: &str, slot: i64, window: Duration) -> u64 {
        let key = format!("{key}:{slot}");
        if let Some(redis) = &self.redis {
            let seconds = i64::try_from(window.as_secs().max(1))
                .unwrap_or(60)
                .saturating_mul(2);
            let counted = redis
                .call(
                    async |mut c, key| {
                        let mut pipe = redis::pipe();
                        pipe.atomic()
                            .incr(&key, 1_u64)
                            .expire(&key, seconds)
                            .ignore();
                        pipe.query_async::<(u64,)>(&mut c).await
                    },
                    &key,
                )
                .await;
            if let Some((count,)) = counted {
                return count;
            }
        }
        let counter = self
            .memory
            .counters
            .get_with(key, async { Arc::new(AtomicU64::new(0)) })
            .await;
        counter.fetch_add(1, Ordering::Relaxed) + 1
    }
}

impl Redis {
    /// One bounded call; `None` when Redis did not answer in time.
    async fn call<T>(
        &self,
        f: impl AsyncFnOnce(ConnectionManager, String) -> redis::RedisResult<T>,
        key: &str,
    ) -> Option<T> {
        let key = format!("{}{key}", self.prefix);
        let work = async {
            let manager = self
                .manager
                .get_or_try_init(|| {
                    // The next call is the next attempt; more of them within one would only hide why from the log.
                    let config = ConnectionManagerConfig::new().set_number_of_retries(0);
                    ConnectionManager::new_with_config(self.client.clone(), config)
                })
                .await?;
            f(manager.clone(), key).await
        };
        match tokio::time::timeout(DEADLINE, work).await {
            Ok(Ok(value)) => Some(value),
            Ok(Err(error)) => {
                tracing::warn!(%error, "Redis (cache.url) is away, or refuses: memory serves");
                None
            }
            Err(_) => {
                tracing::warn!("Redis (cache.url) is slow: memory serves");
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn memory_counts_per_slot() {
        let cache = Cache::memory();
        assert_eq!(cache.hits("a", 1, Duration::from_secs(60)).await, 1);
        assert_eq!(cache.hits("a", 1, Duration::from_secs(60)).await, 2);
        assert_eq!(cache.hits("a", 2, Duration::from_secs(60)).await, 1);
    }

    #[tokio::test]
    async fn nobody_is_asked_for_the_time_where_there_is_no_redis() {
        assert_eq!(Cache::memory().clock_off(&Clock::System).await, None);
        let away = Cache::redis("redis://127.0.0.1:1/", "t:").expect("url");
        assert_eq!(away.clock_off(&Clock::System).await, None);
    }

    #[tokio::test]
    async fn an_unreachable_redis_falls_back_to_memory() {
        let cache = Cache::redis("redis://127.0.0.1:1/", "t:").expect("url");
        cache.set("k", b"v", Duration::from_secs(5)).await;
        assert_eq!(cache.get("k").await.as_deref(), Some(b"v".as_slice()));
    }
}
