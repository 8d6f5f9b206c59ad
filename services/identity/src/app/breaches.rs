//! The breach file: opening, minutes, and the clock that somebody must see.

use crate::App;
use crate::domain::breach::{Breach, EntryKind, NotOpen, notify_by};
use crate::error::{DataError, codes};
use crate::store;
use crate::store::breach::Entry;
use chrono::{DateTime, Utc};
use contracts::Actor;
use durable::Answer;
use uuid::Uuid;

/// A new file, checked.
#[derive(Clone, Debug)]
pub(crate) struct New {
    pub(crate) title: String,
    pub(crate) kinds: Vec<String>,
    pub(crate) people: Option<i64>,
    pub(crate) discovered_at: DateTime<Utc>,
    /// How it was discovered: the first entry.
    pub(crate) text: String,
}

/// Opens a file; the clock has run since the discovery. `render` makes the answer that is saved for a repeated request.
pub(crate) async fn open(
    app: &App,
    by: &Actor,
    new: &New,
    key: Option<&str>,
    render: fn(&App, &Breach) -> Answer,
) -> Result<Answer, DataError> {
    let now = app.rt.clock.now();
    let seal = |text: &str| app.rt.sealer.seal(app.rt.ids, text);
    let breach = Breach {
        id: app.rt.ids.uuid(now),
        title: seal(&new.title),
        kinds: new.kinds.clone(),
        people: new.people,
        discovered_at: new.discovered_at,
        notify_by: notify_by(new.discovered_at),
        notifiable: true,
        notified_at: None,
        people_told_at: None,
        closed_at: None,
        created_at: now,
        version: 1,
    };
    let said = format!(
        "{}\n{}\n{:?}\n{:?}\n{}",
        new.title, new.text, new.kinds, new.people, new.discovered_at
    );
    let body_hash = app.rt.sealer.lookup_hash(&said);
    // Kept for a repeated request: sealed, as in the file itself.
    let mut answer = render(app, &breach);
    answer.body = seal(&answer.body.to_string()).into();
    let entry = Entry {
        at: now,
        by_name: by.name.clone(),
        kind: EntryKind::Opened,
        text: seal(&new.text),
    };
    let mut done = durable::idempotent(
        &app.db,
        &app.rt,
        by.subject,
        key,
        "openBreach",
        &body_hash,
        |tx| {
            let (breach, entry, answer) = (breach.clone(), entry.clone(), answer.clone());
            let by = by.clone();
            async move {
                store::breach::insert(&*tx, &breach).await?;
                let id = app.rt.ids.uuid(now);
                store::breach::add(&*tx, id, &breach, &by, entry).await?;
                Ok::<_, DataError>(answer)
            }
        },
    )
    .await?;
    let sealed = done.body.as_str().unwrap_or_default();
    let text = app.rt.sealer.open(sealed).map_err(DataError::unreadable)?;
    done.body = serde_json::from_str(&text).map_err(DataError::unreadable)?;
    tracing::warn!(by = %by.subject, "a breach file was opened: 72 hours from the discovery to notify");
    Ok(done)
}

/// Takes an entry into the minutes.
pub(crate) async fn enter(
    app: &App,
    by: &Actor,
    id: Uuid,
    version: i64,
    kind: EntryKind,
    text: &str,
) -> Result<Breach, DataError> {
    let now = app.rt.clock.now();
    let breach = app
        .db
        .tx(|tx| async move {
            let mut breach = store::breach::find(&*tx, id)
                .await?
                .ok_or(DataError::NotFound(codes::BREACH_NOT_FOUND))?;
            if breach.version != version {
                return Err(DataError::Stale(breach.version));
            }
            breach.enter(kind, now)?;
            if !store::breach::save(&*tx, &breach).await? {
                return Err(DataError::Stale(breach.version));
            }
            let entry = Entry {
                at: now,
                by_name: by.name.clone(),
                kind,
                text: app.rt.sealer.seal(app.rt.ids, text),
            };
            store::breach::add(&*tx, app.rt.ids.uuid(now), &breach, by, entry).await?;
            Ok::<_, DataError>(breach)
        })
        .await?;
    tracing::info!(breach = %id, by = %by.subject, kind = kind.as_str(), "breach file");
    Ok(breach)
}

impl From<NotOpen> for DataError {
    fn from(_: NotOpen) -> Self {
        Self::Refused(codes::BREACH_STATE)
    }
}
