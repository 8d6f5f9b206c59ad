//! Retention by class, with notice before: what has outlived its term is put on a list that administrators see, and erased when the
//! notice has run and the ground still holds.

use crate::App;
use crate::error::DataError;
use crate::store::{self, retention::Notice};
use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

/// A citizen's account that was closed: erased as by request, the row stays as a pseudonym.
pub(crate) const CLOSED_ACCOUNT: &str = "closed-account";
/// A request about one's data that was closed: removed.
pub(crate) const DATA_REQUEST: &str = "data-request";

/// Rows of one run and class.
const BATCH: u64 = 500;

/// Puts up what is due within the time of notice, then carries out what is due now.
pub(crate) async fn run(app: &App) -> Result<(), DataError> {
    let now = app.rt.clock.now();
    let notice = Duration::days(i64::from(app.settings.retention_notice_days));
    for class in [CLOSED_ACCOUNT, DATA_REQUEST] {
        let horizon = now + notice - term(app, class);
        let found = match class {
            CLOSED_ACCOUNT => {
                store::retention::closed_accounts(app.db.read(), horizon, BATCH).await
            }
            _ => store::data_request::closed_before(app.db.read(), horizon, BATCH).await,
        }?;
        for (subject, since) in found {
            let up = Notice {
                class: class.to_owned(),
                subject,
                noticed_at: now,
                // Never without the whole time of notice, however old it is.
                due_at: (since + term(app, class)).max(now + notice),
            };
            store::retention::put(app.db.read(), &up).await?;
        }
    }
    for due in store::retention::due(app.db.read(), now, BATCH).await? {
        carry_out(app, &due, now).await?;
    }
    Ok(())
}

fn term(app: &App, class: &str) -> Duration {
    let days = match class {
        CLOSED_ACCOUNT => app.settings.closed_account_days,
        _ => app.settings.data_request_days,
    };
    Duration::days(i64::from(days))
}

async fn carry_out(app: &App, due: &Notice, now: DateTime<Utc>) -> Result<(), DataError> {
    let (class, id): (&str, Uuid) = (&due.class, due.subject);
    let before = now - term(app, class);
    app.db
        .tx(|tx| async move {
            if class == CLOSED_ACCOUNT {
                if let Some(account) = store::retention::still_closed(&*tx, id, before).await? {
                    crate::app::data_requests::erase(&tx, app, account).await?;
                }
            } else {
                store::data_request::remove(&*tx, id).await?;
            }
            store::retention::remove(&*tx, class, id).await?;
            Ok::<_, DataError>(())
        })
        .await?;
    tracing::info!(class, subject = %id, "retention: the term has run out");
    Ok(())
}

/// Sets the gauges of the clocks that somebody must see.
pub(crate) async fn measure(app: &App) -> Result<(), DataError> {
    let now = app.rt.clock.now();
    let overdue = store::data_request::count_overdue(app.db.read(), now).await?;
    let late = store::breach::count_to_notify(app.db.read(), now).await?;
    let soon = store::breach::count_to_notify(app.db.read(), now + Duration::hours(24)).await?;
    let gauges = app.rt.metrics.gauges(
        "personal_data_clocks",
        "Clocks of personal data: requests overdue, breaches to notify within a day, breaches notified too late",
    );
    for (kind, count) in [
        ("request-overdue", overdue),
        ("breach-within-a-day", soon),
        ("breach-late", late),
    ] {
        let labels = kit::metrics::Labels {
            service: "identity".to_owned(),
            kind: kind.to_owned(),
        };
        gauges
            .get_or_create(&labels)
            .set(i64::try_from(count).unwrap_or(i64::MAX));
        if count > 0 {
            tracing::warn!(kind, count, "a clock of personal data");
        }
    }
    Ok(())
}
