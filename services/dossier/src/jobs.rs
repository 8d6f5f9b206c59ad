//! What runs by time.

use crate::app::{App, commands};
use crate::domain::Command;
use crate::error::Error;
use crate::store::dossiers;
use std::sync::Arc;

/// Dossiers stopped in one round.
const ROUND: u64 = 200;
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
