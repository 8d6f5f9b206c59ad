//! Retention by class, with notice before (thời hạn bảo quản, Luật Lưu trữ 33/2024/QH15): what will outlive its term is put on a list
//! that its agency sees, may be held back, and ends when the notice has run and the ground still holds.
//!
//! Files end in two steps. The transaction marks them, writes the journal and leaves a task for each content that no file has any more;
//! the task removes the object and notes that it is gone. Stopped anywhere, either nothing has happened or the task goes on: what is
//! marked is not given out, whether its object is still there or not.

use super::App;
use super::acts::{self, Said};
use crate::domain::act::Act;
use crate::domain::retention::{self as domain, Class};
use crate::domain::{By, Dossier};
use crate::error::{Error, code};
use crate::store::removal::{self, Taken};
use crate::store::retention::{self as notices, Hold, Notice};
use crate::store::{dossiers, journal, messages};
use chrono::{DateTime, Duration, SubsecRound as _, Utc};
use contracts::{Actor, DossierId};
use durable::{Done, Job, Task, TaskError, Tx, enqueue};
use kit::Problem;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use uuid::Uuid;

/// The kind of the task that removes an object.
pub(crate) const REMOVE_OBJECT: &str = "remove-object";
/// Dossiers looked at in one go.
const BATCH: u64 = 500;

/// An object to remove.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct RemoveObject {
    sha256: String,
}

fn notice_days(app: &App) -> Duration {
    Duration::days(i64::from(app.config.files.retention.notice_days))
}

/// Puts up what is due within the time of notice.
///
/// # Errors
/// The database's.
pub(crate) async fn announce(app: &App, now: DateTime<Utc>) -> Result<(), Error> {
    let kept = &app.config.files.retention;
    let soon = now + notice_days(app);
    for class in Class::ALL {
        let Some(horizon) = class.horizon(kept, soon) else {
            continue;
        };
        let mut after = None;
        loop {
            let db = app.db.read();
            let found = notices::candidates(db, class, horizon, after, BATCH).await?;
            let Some(last) = found.last() else { break };
            after = Some((last.filed, last.id));
            let ids: Vec<Uuid> = found.iter().map(|c| c.id).collect();
            let ended = notices::ended(db, &ids).await?;
            let up = found.into_iter().filter_map(|c| {
                let due = domain::until(*ended.get(&c.id)?, class.years(kept))?;
                (due <= soon).then_some(Notice {
                    class,
                    dossier: DossierId(c.id),
                    agency: c.agency,
                    noticed_at: now,
                    // Never without the whole time of notice, however old it is.
                    due_at: due.max(soon),
                })
            });
            let up: &Vec<Notice> = &up.collect();
            app.db
                .tx(|tx| async move {
                    for notice in up {
                        notices::put(&tx, notice).await?;
                    }
                    Ok::<_, Error>(())
                })
                .await?;
        }
    }
    Ok(())
}

/// Carries a notice out, unless something holds the dossier back; takes it down when its ground is gone.
///
/// # Errors
/// The database's; nothing has changed then.
pub(crate) async fn carry_out(
    app: &App,
    tx: &Tx,
    up: &Notice,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let (class, id) = (up.class, up.dossier);
    let Some(before) = dossiers::find_any_locked(tx, &app.rt, id).await? else {
        return Ok(notices::remove(tx, class, id).await?);
    };
    // With the dossier held: whoever holds it back or lets it go comes before or after.
    let held = !notices::holds(&**tx, &app.rt, &[id.0]).await?.is_empty();
    if held || !notices::is_up(&**tx, class, id, now).await? {
        return Ok(());
    }
    let years = class.years(&app.config.files.retention);
    let entries = journal::of(&**tx, id).await?;
    let ended = domain::ended(&before, &entries).and_then(|at| domain::until(at, years));
    if ended.is_none_or(|at| at > now) {
        return Ok(notices::remove(tx, class, id).await?);
    }
    match class {
        Class::Paper | Class::Result => {
            let taken = removal::take_away(tx, id, class, now).await?;
            if !taken.is_empty() {
                end(app, tx, before, class, &facts(&taken)).await?;
                destroy(app, tx, taken.iter().map(|f| f.sha256.as_str())).await?;
            }
        }
        Class::Dossier => {
            messages::forget(tx, &app.rt, id).await?;
            removal::forget_names(tx, &app.rt, id).await?;
            end(app, tx, before, class, &json!({})).await?;
        }
    }
    notices::carried_out(tx, class, id, now).await?;
    tracing::info!(class = class.as_str(), dossier = %id, "retention: the term has run out");
    Ok(())
}

/// Row, journal and event of the end of a term.
async fn end(
    app: &App,
    tx: &Tx,
    before: Dossier,
    class: Class,
    facts: &Value,
) -> Result<(), Error> {
    let years = class.years(&app.config.files.retention);
    acts::take(app, tx, before, class.act(), By::System, |d, now| {
        if class == Class::Dossier {
            domain::pseudonymise(d, now);
        }
        let mut data = facts.clone();
        if let Value::Object(members) = &mut data {
            members.insert("years".to_owned(), json!(years));
        }
        Ok(Said {
            reason: Some(format!(
                "Hết thời hạn bảo quản {years:02} năm kể từ khi hồ sơ kết thúc"
            )),
            data,
        })
    })
    .await
    .map(|_| ())
}

/// What was destroyed, for the journal: enough to tell a copy that turns up elsewhere from a forgery.
fn facts(taken: &[Taken]) -> Value {
    let files = taken
        .iter()
        .map(|f| json!({"file": f.id, "sha256": f.sha256, "size": f.size}));
    json!({"files": files.collect::<Vec<_>>()})
}

/// Leaves a task for each of these contents that was taken away from all of its files.
///
/// # Errors
/// The database's.
pub(crate) async fn destroy(
    app: &App,
    tx: &Tx,
    contents: impl Iterator<Item = &str>,
) -> Result<(), Error> {
    for sha256 in contents.collect::<BTreeSet<&str>>() {
        if removal::pending(&**tx, sha256).await? {
            let payload = RemoveObject {
                sha256: sha256.to_owned(),
            };
            enqueue(tx, &app.rt, Job::new(REMOVE_OBJECT, &payload)).await?;
        }
    }
    Ok(())
}

/// Removes an object, unless a file has its content. Again when it was stopped: that it is gone already is no fault.
///
/// # Errors
/// The object store's or the database's; it is tried again then.
pub(crate) async fn remove_object(
    app: Arc<App>,
    task: Task<RemoveObject>,
) -> Result<Done, TaskError> {
    let sha256 = task.event.sha256.as_str();
    // On the writer: what it does not see has not happened.
    let pending = app
        .db
        .tx(|tx| async move { removal::pending(&*tx, sha256).await })
        .await?;
    if !pending {
        return Ok(task.skip(&app.db).await?);
    }
    // From here until it is noted no upload of this content is taken (`removal::safe`).
    app.objects.remove(sha256).await.map_err(TaskError::retry)?;
    let (app, task) = (&app, &task);
    app.db
        .tx(|tx| async move {
            removal::gone(&tx, sha256, app.rt.clock.now()).await?;
            Ok(task.finish(&tx).await?)
        })
        .await
}

/// Holds a dossier back beyond its terms.
///
/// # Errors
/// Not found, stale, not this person's to do, or held already.
pub(crate) async fn hold(
    app: &App,
    tx: &Tx,
    actor: &Actor,
    (id, version): (DossierId, i64),
    (ground, reason): (&str, &str),
) -> Result<(Dossier, Hold), Error> {
    let said = Said {
        reason: Some(reason.to_owned()),
        data: json!({"ground": ground}),
    };
    let act = (actor, Act::HoldRetention);
    let after = acts::by_person(app, tx, act, id, Some(version), |_, _| Ok(said)).await?;
    if !notices::holds(&**tx, &app.rt, &[id.0]).await?.is_empty() {
        return Err(Problem::new(code::HELD).into());
    }
    let hold = Hold {
        dossier: id,
        ground: ground.to_owned(),
        reason: reason.to_owned(),
        by: actor.subject,
        by_name: actor.name.clone(),
        at: app.rt.clock.now().trunc_subsecs(6),
    };
    notices::hold(tx, &app.rt, &hold).await?;
    Ok((after, hold))
}

/// Lets it go. What was announced runs for the whole time of notice again: nobody has looked at it meanwhile.
///
/// # Errors
/// Not found, stale, not this person's to do, or not held.
pub(crate) async fn lift(
    app: &App,
    tx: &Tx,
    actor: &Actor,
    (id, version): (DossierId, i64),
    reason: Option<&str>,
) -> Result<Dossier, Error> {
    let said = Said {
        reason: reason.map(str::to_owned),
        data: json!({}),
    };
    let act = (actor, Act::LiftRetention);
    let after = acts::by_person(app, tx, act, id, Some(version), |_, _| Ok(said)).await?;
    if notices::holds(&**tx, &app.rt, &[id.0]).await?.is_empty() {
        return Err(Problem::new(code::NOT_HELD).into());
    }
    notices::lift(
        tx,
        id,
        app.rt.clock.now().trunc_subsecs(6) + notice_days(app),
    )
    .await?;
    Ok(after)
}
