//! What runs by time. Reconcilers: each looks at the table by an index of what is due, so nothing is lost when it did not run for a
//! while, and what is not due costs nothing. One dossier that fails does not keep the others; the last error is given at the end, so
//! that the round counts as failed.

use crate::app::{App, commands, incidents, retention as ending};
use crate::domain::Command;
use crate::error::Error;
use crate::store::{self, files};
use chrono::SubsecRound as _;
use contracts::DossierId;
use std::sync::Arc;

/// Dossiers of one round.
const ROUND: u64 = 200;
/// Uploads forgotten in one transaction.
const FORGET: u64 = 200;
/// An object younger than this may belong to an upload that is not noted yet.
const FRESH: std::time::Duration = std::time::Duration::from_secs(3600);

/// Forgets uploads that were never attached to anything, and their contents where no other file has the same.
pub(crate) async fn clean_uploads(app: Arc<App>) -> anyhow::Result<()> {
    let hours = chrono::Duration::hours(i64::from(app.config.files.waiting_hours));
    let until = app.rt.clock.now() - hours;
    let app = &*app;
    loop {
        let hashes = app
            .db
            .tx(|tx| async move {
                let hashes = files::forget_waiting(&tx, until, FORGET).await?;
                // The last that kept a content whose other files were taken away: it goes as theirs.
                ending::destroy(app, &tx, hashes.iter().map(String::as_str)).await?;
                Ok::<_, Error>(hashes)
            })
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

/// Stops dossiers whose supplement was not answered in time (NĐ 301/2026 art. 6). A dossier that was answered meanwhile refuses, and
/// stays.
pub(crate) async fn expire_supplements(app: Arc<App>) -> anyhow::Result<()> {
    let now = app.rt.clock.now();
    let db = app.db.read();
    let standing = store::incidents::standing(db).await?;
    let ids = store::dossiers::supplements_expired(db, &standing, now, ROUND).await?;
    let mut round = Round::default();
    for id in ids {
        let app = &app;
        let outcome = app
            .db
            .tx(|tx| async move {
                let command = Command::Stop {
                    reason: format!(
                        "Quá {:02} ngày làm việc kể từ ngày yêu cầu, hồ sơ không được bổ sung, hoàn thiện.",
                        app.config.clocks.supplement_days
                    ),
                };
                commands::by_system(app, &tx, id, command).await
            })
            .await;
        round.note(id, "stopped: supplement not answered", outcome)?;
    }
    round.end()
}

/// Raises the alarms whose point has come.
pub(crate) async fn raise_alarms(app: Arc<App>) -> anyhow::Result<()> {
    let now = app.rt.clock.now();
    let db = app.db.read();
    let standing = store::incidents::silent(db, now).await?;
    let mut round = Round::default();
    for id in store::alarms::due(db, &standing, now, ROUND).await? {
        let app = &app;
        let outcome = app
            .db
            .tx(|tx| async move { commands::raise_alarm(app, &tx, id).await.map(|_| ()) })
            .await;
        round.note(id, "alarm raised", outcome)?;
    }
    round.end()
}

/// Gives the time of ended incidents back.
pub(crate) async fn settle_incidents(app: Arc<App>) -> anyhow::Result<()> {
    let mut round = Round::default();
    while let Some(incident) = store::incidents::unsettled(app.db.read()).await? {
        let ids = store::incidents::held_up(app.db.read(), &incident, ROUND).await?;
        let last = ids.is_empty();
        for id in ids {
            let (app, incident) = (&app, &incident);
            let outcome = app
                .db
                .tx(|tx| async move { incidents::give_back(app, &tx, incident, id).await })
                .await;
            let done = outcome.is_ok();
            round.note(id, "time of an incident given back", outcome)?;
            if !done {
                // Its turn comes again with the next round; one after it would pass it over.
                return round.end();
            }
        }
        if last {
            let (app, id) = (&app, incident.id);
            app.db
                .tx(|tx| async move {
                    let now = app.rt.clock.now();
                    store::incidents::moved(&tx, id, None, 0, Some(now)).await
                })
                .await?;
            tracing::info!(incident = %id, "time given back everywhere");
        }
    }
    round.end()
}

/// Announces what retention will end, and ends what is due.
pub(crate) async fn retention(app: Arc<App>) -> anyhow::Result<()> {
    let now = app.rt.clock.now().trunc_subsecs(6);
    ending::announce(&app, now).await?;
    let mut round = Round::default();
    loop {
        let due = store::retention::due(app.db.read(), now, ROUND).await?;
        let (mut done, full) = (true, u64::try_from(due.len())? >= ROUND);
        for notice in due {
            let (app, up) = (&app, &notice);
            let outcome = app
                .db
                .tx(|tx| async move { ending::carry_out(app, &tx, up, now).await })
                .await;
            done &= outcome.is_ok();
            round.note(notice.dossier, "the end of a retention", outcome)?;
        }
        // What failed would come again at once.
        if !full || !done {
            return round.end();
        }
    }
}

/// What a round has met.
#[derive(Default)]
struct Round {
    failed: Option<Error>,
}

impl Round {
    fn note(
        &mut self,
        id: DossierId,
        what: &'static str,
        outcome: Result<(), Error>,
    ) -> anyhow::Result<()> {
        match outcome {
            Ok(()) => tracing::info!(dossier = %id, "{what}"),
            Err(Error::Refused(refusal)) => {
                tracing::info!(dossier = %id, %refusal, "not done: {what}");
            }
            Err(Error::Stale { .. }) => {
                tracing::info!(dossier = %id, "another command came between: {what}");
            }
            // The others would only wait for the same database.
            Err(Error::Db(error)) if durable::is_unavailable(&error) => return Err(error.into()),
            Err(error) => {
                tracing::error!(dossier = %id, error = &error as &dyn std::error::Error, "failed: {what}");
                self.failed = Some(error);
            }
        }
        Ok(())
    }

    fn end(self) -> anyhow::Result<()> {
        self.failed.map_or(Ok(()), |error| Err(error.into()))
    }
}
