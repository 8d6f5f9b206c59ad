//! What runs by time.

use crate::{App, store};
use chrono::Duration;
use sea_orm::DbErr;
use std::sync::Arc;

/// Removes sessions, codes and refresh tokens a day after they expired. Until then a reuse is still seen.
pub(crate) async fn clean(app: Arc<App>) -> anyhow::Result<()> {
    let before = app.rt.clock.now() - Duration::days(1);
    let removed = app
        .db
        .tx(|tx| async move {
            let revocations = store::revocation::clean(&*tx, before).await?
                + store::device::clean(&*tx, before).await?;
            Ok(store::grant::clean(&*tx, before).await? + revocations)
        })
        .await
        .map_err(|error: DbErr| error)?;
    tracing::debug!(removed, "expired grants removed");
    Ok(())
}

/// Gives notice of machine clients that expire soon.
pub(crate) async fn expiry(app: Arc<App>) -> anyhow::Result<()> {
    Ok(crate::app::machines::notice_expiry(&app).await?)
}

/// Sets the gauges of the clocks of personal data.
pub(crate) async fn clocks(app: Arc<App>) -> anyhow::Result<()> {
    Ok(crate::app::retention::measure(&app).await?)
}

/// Announces and carries out what retention asks for.
pub(crate) async fn retention(app: Arc<App>) -> anyhow::Result<()> {
    Ok(crate::app::retention::run(&app).await?)
}

/// Lets a new signing key take over in time.
pub(crate) async fn keys(app: Arc<App>) -> anyhow::Result<()> {
    crate::app::keys::turn(&app.db, &app.rt, app.settings.signing_key_days).await
}
