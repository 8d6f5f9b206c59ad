//! Time, ids and randomness: the only place that asks the machine for them. Everything below takes them as arguments.

use base64::Engine as _;
use chrono::{DateTime, Duration, SubsecRound as _, Utc};
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

/// Where "now" comes from.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// A clock that stands still until it is moved: for tests.
    Fixed(Arc<Mutex<DateTime<Utc>>>),
}

impl Clock {
    /// A standing clock.
    pub fn fixed(at: DateTime<Utc>) -> Self {
        Self::Fixed(Arc::new(Mutex::new(at)))
    }

    /// The present instant at the databases' precision, microseconds.
    pub fn now(&self) -> DateTime<Utc> {
        match self {
            #[expect(clippy::disallowed_methods, reason = "the clock itself")]
            Clock::System => Utc::now().trunc_subsecs(6),
            Clock::Fixed(at) => *at.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Moves a standing clock to an instant. Without effect on the system clock.
    pub fn set(&self, to: DateTime<Utc>) {
        if let Clock::Fixed(at) = self {
            *at.lock().unwrap_or_else(PoisonError::into_inner) = to.trunc_subsecs(6);
        }
    }

    /// Moves a standing clock forward.
    pub fn advance(&self, by: Duration) {
        self.set(self.now() + by);
    }
}

/// Where ids and secrets come from: the operating system's generator.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ids;

impl Ids {
    /// A `UUIDv7` (RFC 9562) for the given instant.
    pub fn uuid(self, now: DateTime<Utc>) -> Uuid {
        let millis = u64::try_from(now.timestamp_millis()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &self.bytes::<10>()).into_uuid()
    }

    /// `N` random bytes.
    pub fn bytes<const N: usize>(self) -> [u8; N] {
        let mut out = [0_u8; N];
        #[expect(
            clippy::expect_used,
            reason = "a machine without randomness must not go on"
        )]
        aws_lc_rs::rand::fill(&mut out).expect("the operating system gives random bytes");
        out
    }

    /// A secret of 32 random bytes (256 bits) in unpadded base64url.
    pub fn secret(self) -> String {
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(self.bytes::<32>())
    }
}
