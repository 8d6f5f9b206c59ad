//! Limits on failed sign-ins, per login and per address, counted in the cache so that they hold across replicas.

use crate::domain::secret;
use chrono::{DateTime, Utc};
use kit::Runtime;
use std::net::IpAddr;
use std::time::Duration;

/// The limits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Throttle {
    /// Failures of one login in a window.
    pub(crate) per_login: u64,
    /// Failures from one address in a window: larger, since a whole one-stop hall may share an address.
    pub(crate) per_address: u64,
    /// The window, seconds.
    pub(crate) window: u32,
}

/// An attempt that may go on.
#[derive(Debug)]
pub(crate) struct Attempt {
    /// Empty: of nobody known, see [`Throttle::admit_place`].
    login: String,
    address: String,
    slot: i64,
    count: u64,
}

/// Come again in this many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wait(pub(crate) u64);

impl Throttle {
    fn window(self) -> Duration {
        Duration::from_secs(u64::from(self.window.max(1)))
    }

    /// Counts an attempt before it is tried, so that many at once cannot slip through, and says whether it may go on.
    pub(crate) async fn admit(
        self,
        rt: &Runtime,
        login: &str,
        address: Option<IpAddr>,
    ) -> Result<Attempt, Wait> {
        let (slot, wait) = self.slot(rt.clock.now());
        let attempt = self.admit_place(rt, "address", address).await?;
        // Neither logins nor addresses lie in the cache in clear.
        let login = format!("identity:fail:login:{}", secret::hash(login));
        let count = rt.cache.hits(&login, slot, self.window()).await;
        let forgiven = rt
            .cache
            .get(&forgiven(&login, slot))
            .await
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .and_then(|text| text.parse::<u64>().ok())
            .unwrap_or(0);
        if count.saturating_sub(forgiven) > self.per_login {
            return Err(wait);
        }
        Ok(Attempt {
            login,
            slot,
            count,
            ..attempt
        })
    }

    /// As [`Self::admit`] where nobody says who they are, or where what is guessed cannot be: only what failed from the address counts, and
    /// only for this kind of thing, so that nobody keeps others from signing in.
    pub(crate) async fn admit_place(
        self,
        rt: &Runtime,
        kind: &'static str,
        address: Option<IpAddr>,
    ) -> Result<Attempt, Wait> {
        let (slot, wait) = self.slot(rt.clock.now());
        let address = format!("identity:fail:{kind}:{}", secret::hash(&place(address)));
        if rt.cache.get(&blocked(&address, slot)).await.is_some() {
            return Err(wait);
        }
        Ok(Attempt {
            login: String::new(),
            address,
            slot,
            count: 0,
        })
    }

    /// The attempt failed: the address is counted too.
    pub(crate) async fn failed(self, rt: &Runtime, attempt: &Attempt) {
        let hits = rt
            .cache
            .hits(&attempt.address, attempt.slot, self.window())
            .await;
        if hits >= self.per_address {
            let key = blocked(&attempt.address, attempt.slot);
            rt.cache.set(&key, b"1", self.window()).await;
        }
    }

    /// The attempt succeeded: what this login failed before is forgiven.
    pub(crate) async fn succeeded(self, rt: &Runtime, attempt: &Attempt) {
        if attempt.login.is_empty() {
            return;
        }
        let key = forgiven(&attempt.login, attempt.slot);
        rt.cache
            .set(&key, attempt.count.to_string().as_bytes(), self.window())
            .await;
    }

    fn slot(self, now: DateTime<Utc>) -> (i64, Wait) {
        let window = i64::from(self.window.max(1));
        let seconds = now.timestamp();
        let left = window - seconds.rem_euclid(window);
        (
            seconds.div_euclid(window),
            Wait(u64::try_from(left).unwrap_or(1)),
        )
    }
}

fn blocked(address: &str, slot: i64) -> String {
    format!("{address}:blocked:{slot}")
}

fn forgiven(login: &str, slot: i64) -> String {
    format!("{login}:forgiven:{slot}")
}

/// The place an address stands for: one IPv4 address, or a /64 of IPv6, which is one customer.
fn place(address: Option<IpAddr>) -> String {
    match address {
        None => "unknown".to_owned(),
        Some(IpAddr::V4(ip)) => ip.to_string(),
        Some(IpAddr::V6(ip)) => match ip.to_ipv4_mapped() {
            Some(ip) => ip.to_string(),
            None => {
                let [a, b, c, d, ..] = ip.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        },
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_ipv6_customer_is_one_place() {
        let place = |s: &str| super::place(s.parse().ok());
        assert_eq!(place("2001:db8:1:2::1"), place("2001:db8:1:2:ffff::9"));
        assert_ne!(place("2001:db8:1:2::1"), place("2001:db8:1:3::1"));
        assert_eq!(place("::ffff:10.0.0.1"), place("10.0.0.1"));
    }
}
