//! Editing: one function per use-case, each one transaction with its line of the journal and, where a version comes of it, its event.

use super::facts;
use super::failed::Failed;
use super::lines;
use crate::domain::check;
use crate::domain::content::Content;
use crate::domain::difference;
use crate::domain::life_cycle::{self, DraftState, Refused, Step};
use crate::domain::portal::Parsed;
use crate::domain::quality;
use crate::error;
use crate::store::drafts::{self, Draft, Entry, Reach, Who};
use crate::store::procedures::{self, NewVersion, Source};
use chrono::{DateTime, NaiveDate, Utc};
use contracts::{AccountId, Actor, Role};
use durable::{Db, Tx};
use kit::etag::IfMatch;
use kit::{Problem, Runtime};
use sea_orm::DbErr;
use uuid::Uuid;
use vn::worktime::local_date;

/// Which drafts a person reaches.
pub(crate) fn reach(actor: &Actor) -> Reach {
    if actor.is(Role::ProvinceAdmin) {
        Reach::All
    } else {
        // Nobody has the empty code.
        Reach::Agency(actor.agency.clone().unwrap_or_default())
    }
}

fn who(actor: &Actor) -> Who {
    Who {
        id: Some(actor.subject),
        name: actor.name.clone(),
    }
}

/// A draft as it was written.
pub(crate) struct Written {
    /// The procedure; none for a new one.
    pub(crate) procedure_id: Option<Uuid>,
    pub(crate) content: Content,
    pub(crate) note: String,
}

fn fields(c: &Content) -> Result<String, Failed> {
    serde_json::to_string(c).map_err(|e| Failed::Db(DbErr::Json(e.to_string())))
}

/// Makes a draft: of a new procedure, or upon the newest version of one.
pub(crate) async fn create(
    db: &Db,
    rt: &Runtime,
    by: &Actor,
    written: Written,
) -> Result<Draft, Failed> {
    let now = rt.clock.now();
    let written = &written;
    db.tx(|tx| async move {
        let base_version = match written.procedure_id {
            None => 0,
            Some(id) => procedures::existing(&*tx, &[id])
                .await?
                .get(&id)
                .map(|e| e.version)
                .ok_or_else(|| Problem::new(error::PROCEDURE_UNKNOWN))?,
        };
        let draft = Draft {
            id: rt.ids.uuid(now),
            procedure_id: written.procedure_id.unwrap_or_else(|| rt.ids.uuid(now)),
            base_version,
            revision: 1,
            state: DraftState::Draft,
            code: written.content.code.clone(),
            name: written.content.name.clone(),
            content: fields(&written.content)?,
            note: written.note.clone(),
            source: Source::Editor.as_str().to_owned(),
            agency: by.agency.clone(),
            writers: vec![by.subject],
            written_by: by.name.clone(),
            published_by: None,
            effective_from: None,
            created_at: now,
            updated_at: now,
        };
        drafts::insert(&*tx, &draft).await?;
        journal(&tx, rt, &draft, "create", who(by), "").await?;
        Ok::<_, Failed>(draft)
    })
    .await
}

/// What a person does with a draft.
pub(crate) enum Command {
    /// Replaces what it says; its base moves to the newest version.
    Write(Box<Content>, String),
    /// Hands it in.
    Submit,
    /// Sends it back, saying why.
    SendBack(String),
    /// Publishes it from a day on.
    Publish(NaiveDate),
    /// Gives it up.
    Discard,
}

impl Command {
    fn step(&self) -> Step {
        match self {
            Command::Write(..) => Step::Write,
            Command::Submit => Step::Submit,
            Command::SendBack(_) => Step::SendBack,
            Command::Publish(day) => Step::Publish(*day),
            Command::Discard => Step::Discard,
        }
    }
}

/// Does something with a draft within reach that is at this revision.
pub(crate) async fn command(
    db: &Db,
    rt: &Runtime,
    by: &Actor,
    id: Uuid,
    at: IfMatch,
    command: Command,
) -> Result<Draft, Failed> {
    let now = rt.clock.now();
    let today = local_date(now);
    let command = &command;
    db.tx(|tx| async move {
        let mut draft = drafts::one(&*tx, &reach(by), id)
            .await?
            .ok_or_else(|| Problem::new(error::DRAFT_UNKNOWN))?;
        at.check(draft.revision)?;
        let step = command.step();
        draft.state = life_cycle::take(draft.state, step, &draft.writers, by.subject, today)
            .map_err(|refused| match refused {
                Refused::NotOpen => {
                    Problem::new(error::DRAFT_NOT_OPEN).extra("state", draft.state.as_str())
                }
                Refused::OwnDraft => Problem::new(error::OWN_DRAFT),
            })?;
        let mut said = String::new();
        match command {
            Command::Write(content, note) => {
                write(&tx, &mut draft, content, note, by).await?;
            }
            Command::SendBack(reason) => said.clone_from(reason),
            Command::Publish(day) => {
                draft.effective_from = Some(*day);
                draft.published_by = Some(by.name.clone());
                said = day.to_string();
                let content = content_of(&draft)?;
                complete(&content)?;
                is_upon_newest(&tx, &draft).await?;
                if draft.state == DraftState::Published {
                    publish(&tx, rt, &draft, &content, now).await?;
                }
            }
            Command::Submit | Command::Discard => {}
        }
        keep(&tx, &mut draft, now).await?;
        journal(&tx, rt, &draft, step.name(), who(by), &said).await?;
        Ok::<_, Failed>(draft)
    })
    .await
}

async fn write(
    tx: &Tx,
    draft: &mut Draft,
    content: &Content,
    note: &str,
    by: &Actor,
) -> Result<(), Failed> {
    draft.code.clone_from(&content.code);
    draft.name.clone_from(&content.name);
    draft.content = fields(content)?;
    note.clone_into(&mut draft.note);
    draft.written_by.clone_from(&by.name);
    if !draft.writers.contains(&by.subject) {
        draft.writers.push(by.subject);
    }
    let newest = procedures::current_version(&**tx, draft.procedure_id).await?;
    draft.base_version = newest.unwrap_or(0);
    Ok(())
}

async fn keep(tx: &Tx, draft: &mut Draft, now: DateTime<Utc>) -> Result<(), Failed> {
    if !drafts::update(&**tx, draft, now).await? {
        return Err(Problem::new(contracts::problem::shared::CONFLICT).into());
    }
    draft.revision += 1;
    draft.updated_at = now;
    Ok(())
}

async fn journal(
    tx: &Tx,
    rt: &Runtime,
    draft: &Draft,
    action: &str,
    by: Who,
    said: &str,
) -> Result<(), Failed> {
    // It was kept a moment ago.
    let now = draft.updated_at;
    let version = (draft.state == DraftState::Published).then_some(draft.base_version + 1);
    let entry = Entry {
        id: rt.ids.uuid(now),
        procedure_id: draft.procedure_id,
        draft_id: Some(draft.id),
        action: action.to_owned(),
        state: draft.state.as_str().to_owned(),
        version,
        who: by,
        note: said.to_owned(),
        at: now,
    };
    Ok(drafts::note(&**tx, &[entry]).await?)
}

/// What a draft says.
pub(crate) fn content_of(draft: &Draft) -> Result<Content, Failed> {
    serde_json::from_str(&draft.content).map_err(|e| Failed::Db(DbErr::Json(e.to_string())))
}

/// Refuses what lacks a part that must be published.
fn complete(content: &Content) -> Result<(), Problem> {
    let found = check::publishable(content);
    if found.is_empty() {
        return Ok(());
    }
    Err(error::incomplete(&found))
}

/// Refuses a draft whose procedure has got another version since it was written.
async fn is_upon_newest(tx: &Tx, draft: &Draft) -> Result<(), Failed> {
    let newest = procedures::current_version(&**tx, draft.procedure_id)
        .await?
        .unwrap_or(0);
    if newest == draft.base_version {
        Ok(())
    } else {
        Err(Problem::new(error::DRAFT_OUTDATED)
            .extra("baseVersion", draft.base_version)
            .extra("version", newest)
            .into())
    }
}

/// Writes the version that a draft makes.
async fn publish(
    tx: &Tx,
    rt: &Runtime,
    draft: &Draft,
    content: &Content,
    now: DateTime<Utc>,
) -> Result<(), Failed> {
    let seq = procedures::next_seq(&**tx).await?;
    let good = lines::good(
        0,
        Parsed {
            id: draft.procedure_id,
            content: content.clone(),
            warnings: quality::of(content),
        },
    )
    .map_err(|e| DbErr::Json(e.to_string()))?;
    let before = procedures::before(&**tx, draft.procedure_id, draft.base_version).await?;
    let after = serde_json::to_value(content).map_err(|e| DbErr::Json(e.to_string()))?;
    let proposed = draft.source == Source::NationalPortal.as_str();
    let version = NewVersion {
        id: draft.procedure_id,
        version: draft.base_version + 1,
        content,
        content_json: &good.json,
        content_hash: &good.hash,
        warnings: &good.warnings,
        changed: before
            .as_ref()
            .map(|b| difference::parts(&b.content, &after))
            .unwrap_or_default(),
        source: if proposed {
            Source::NationalPortal
        } else {
            Source::Editor
        },
        active: true,
        effective_from: draft.effective_from,
        source_hash: proposed.then_some(good.hash.as_str()),
        written_by: Some(&draft.written_by),
        published_by: draft.published_by.as_deref(),
    };
    let version = std::slice::from_ref(&version);
    if draft.base_version == 0 {
        procedures::insert(&**tx, version, seq, now).await?;
    } else {
        procedures::update(&**tx, version, seq, now).await?;
    }
    let event = facts::procedure_changed(draft.procedure_id, draft.base_version + 1, true, content);
    Ok(durable::publish(tx, rt, &event).await?)
}

/// Publishes the scheduled drafts whose first day has come. One that is no longer upon the newest version goes back to its writers, with
/// a line of the journal that says so.
pub(crate) async fn publish_due(db: &Db, rt: &Runtime) -> Result<usize, DbErr> {
    let now = rt.clock.now();
    let mut done = 0;
    for draft in drafts::due(db.read(), local_date(now)).await? {
        let draft = &draft;
        let result = db
            .tx(|tx| {
                let mut draft = draft.clone();
                async move {
                    let by = Who {
                        id: None,
                        name: draft.published_by.clone().unwrap_or_default(),
                    };
                    let said = if is_upon_newest(&tx, &draft).await.is_ok() {
                        draft.state = DraftState::Published;
                        let content = content_of(&draft)?;
                        publish(&tx, rt, &draft, &content, now).await?;
                        ("takeEffect", "")
                    } else {
                        draft.state = DraftState::Draft;
                        draft.published_by = None;
                        ("sendBack", "another version came first")
                    };
                    keep(&tx, &mut draft, now).await?;
                    journal(&tx, rt, &draft, said.0, by, said.1).await
                }
            })
            .await;
        match result {
            Ok(()) => done += 1,
            Err(Failed::Db(error)) => return Err(error),
            // Another replica was faster.
            Err(Failed::Problem(_)) => {}
        }
    }
    Ok(done)
}

/// Withdraws a procedure from a day on (bãi bỏ), or puts a withdrawn one in force again: a version of its own, so that whoever keeps copies
/// hears of it.
pub(crate) async fn set_active(
    db: &Db,
    rt: &Runtime,
    by: &Actor,
    id: Uuid,
    at: IfMatch,
    (active, reason): (bool, &str),
) -> Result<i64, Failed> {
    let now = rt.clock.now();
    db.tx(|tx| async move {
        let stored = procedures::current(&*tx, id)
            .await?
            .ok_or_else(|| Problem::new(error::PROCEDURE_UNKNOWN))?;
        at.check(stored.version)?;
        if stored.active == active {
            return Err(Problem::new(if active {
                error::PROCEDURE_IN_FORCE
            } else {
                error::PROCEDURE_WITHDRAWN
            })
            .into());
        }
        let seq = procedures::next_seq(&*tx).await?;
        let good = lines::good(
            0,
            Parsed {
                id,
                content: stored.content,
                warnings: stored.warnings,
            },
        )
        .map_err(|e| DbErr::Json(e.to_string()))?;
        let version = stored.version + 1;
        let new = NewVersion {
            id,
            version,
            content: &good.content,
            content_json: &good.json,
            content_hash: &good.hash,
            warnings: &good.warnings,
            changed: vec!["active".to_owned()],
            source: Source::Editor,
            active,
            effective_from: Some(
                local_date(now).max(stored.effective_from.unwrap_or(NaiveDate::MIN)),
            ),
            source_hash: None,
            written_by: Some(&by.name),
            published_by: Some(&by.name),
        };
        procedures::update(&*tx, &[new], seq, now).await?;
        let event = facts::procedure_changed(id, version, active, &good.content);
        durable::publish(&tx, rt, &event).await?;
        let entry = Entry {
            id: rt.ids.uuid(now),
            procedure_id: id,
            draft_id: None,
            action: if active { "restore" } else { "withdraw" }.to_owned(),
            state: if active { "published" } else { "withdrawn" }.to_owned(),
            version: Some(version),
            who: who(by),
            note: reason.to_owned(),
            at: now,
        };
        drafts::note(&*tx, &[entry]).await?;
        Ok::<_, Failed>(version)
    })
    .await
}

/// Whose draft it is.
pub(crate) fn is_writer(draft: &Draft, account: AccountId) -> bool {
    draft.writers.contains(&account)
}
