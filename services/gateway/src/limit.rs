//! Not too often: requests a minute by account, client or address, counted in the cache so that it holds across replicas.

use crate::App;
use contracts::problem::shared;
use kit::Problem;
use kit::http::place;
use std::net::IpAddr;
use std::time::Duration;

/// Whose requests are counted.
#[derive(Clone, Debug)]
pub(crate) enum Caller {
    /// Whoever shows a token, by subject, with the limit of its own if it has one.
    Account(contracts::AccountId, Option<u32>),
    /// Anybody else, by address.
    Address(Option<IpAddr>),
}

const WINDOW: i64 = 60;

/// Counts this request.
///
/// # Errors
/// 429 with `Retry-After` when it is one too many.
pub(crate) async fn count(app: &App, caller: &Caller) -> Result<(), Problem> {
    let (key, most) = match caller {
        Caller::Account(id, own) => (
            format!("gateway:rate:{id}"),
            own.map_or(app.config.requests_per_minute, u64::from),
        ),
        Caller::Address(ip) => (
            format!("gateway:rate:{}", place(*ip)),
            app.config.public_requests_per_minute,
        ),
    };
    let seconds = app.rt.clock.now().timestamp();
    let slot = seconds.div_euclid(WINDOW);
    let hits = app.rt.cache.hits(&key, slot, Duration::from_secs(60)).await;
    if hits <= most {
        return Ok(());
    }
    let left = u64::try_from(WINDOW - seconds.rem_euclid(WINDOW)).unwrap_or(1);
    Err(Problem::new(shared::RATE_LIMITED)
        .detail(
            format!("Tối đa {most} yêu cầu mỗi phút. Vui lòng thử lại sau {left} giây"),
            format!("At most {most} requests a minute. Please try again in {left} seconds"),
        )
        .retry_after(left))
}
