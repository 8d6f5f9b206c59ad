//! What runs by time.

use crate::app::App;
use crate::store::shipment;
use kit::metrics::{Gauges, Labels};
use std::sync::Arc;
use std::time::Duration;

/// How often late shipments are counted.
pub const OVERDUE_PERIOD: Duration = Duration::from_secs(300);

/// Counts shipments that should have arrived, so that somebody is told: the law wants 100 % in time (TT 17/2017 art. 7).
pub async fn count_overdue(app: Arc<App>, gauge: Gauges) -> anyhow::Result<()> {
    let late = shipment::overdue(app.db.read(), app.rt.clock.now()).await?;
    gauge
        .get_or_create(&Labels {
            service: "postal".to_owned(),
            kind: "overdue".to_owned(),
        })
        .set(i64::try_from(late)?);
    Ok(())
}
