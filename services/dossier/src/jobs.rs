//! What runs by time.

use crate::app::{App, commands};
use crate::domain::Command;
use crate::error::Error;
use crate::store::{dossiers, files};
use std::sync::Arc;

/// Dossiers stopped in one round.
const ROUND: u64 = 200;
/// Uploads forgotten in one transaction.
const FORGET: u64 = 200;
/// An object younger than this may belong to an upload that is not noted yet.
const FRESH: std::time::Duration = std::time::Duration::from_secs(3600);

/// Forgets uploads that were never attached to anything, and their contents where no other file has the same.
pub(crate) async fn clean_uploads(app: Arc<App>) -> anyhow::Result<()> {
    let hours = chrono::Duration::hours(i64::from(app.config.files.waiting_hours));
    let until = app.rt.clock.now() - hours;
    loop {
        let hashes = app
            .db
            .tx(|tx| async move { files::forget_waiting(&tx, until, FORGET).await })
            .await?;
        let forgotten = hashes.len();
        for hash in hashes {
            if !files::has_content(app.db.read(), &hash).await? {
                app.objects.discard(&hash, FRESH).await?;
            }
        }
        if forgotten > 0 {
            tracing::info!(forgotten, "uploads that belonged to nothing were forgotten");
        }
        if u64::try_from(forgotten).unwrap_or(u64::MAX) < FORGET {
            return Ok(());
        }
    }
}

/// What the applicant reads (NĐ 301/2026 art. 6: stopped when not completed within 7 working days).
const REASON: &str =
    "Quá 07 ngày làm việc kể từ ngày yêu cầu, hồ sơ không được bổ sung, hoàn thiện.";

/// Stops dossiers whose supplement was not answered in time. A reconciler: it looks at the table, so nothing is lost when it did
/// not run for a while. A dossier that was answered meanwhile refuses, and stays. One that fails does not keep the others; the last
/// error is given at the end, so that the round counts as failed.
pub(crate) async fn expire_supplements(app: Arc<App>) -> anyhow::Result<()> {
    let now = app.rt.clock.now();
    let mut failed = None;
    for id in dossiers::supplements_expired(app.db.read(), now, ROUND).await? {
        let app = &app;
        let outcome = app
            .db
            .tx(|tx| async move {
                let command = Command::Stop {
                    reason: REASON.to_owned(),
                };
                commands::by_system(app, &tx, id, command).await
            })
            .await;
        match outcome {
            Ok(()) => tracing::info!(dossier = %id, "stopped: supplement not answered"),
            Err(Error::Refused(refusal)) => {
                tracing::info!(dossier = %id, %refusal, "not stopped");
            }
            Err(Error::Stale(_)) => {
                tracing::info!(dossier = %id, "not stopped: another command came between");
            }
            // The others would only wait for the same database.
            Err(Error::Db(error)) if durable::is_unavailable(&error) => return Err(error.into()),
            Err(error) => {
                tracing::error!(dossier = %id, error = &error as &dyn std::error::Error, "not stopped");
                failed = Some(error);
            }
        }
    }
    failed.map_or(Ok(()), |error| Err(error.into()))
}
