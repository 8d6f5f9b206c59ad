//! Writes what an import found to differ: new procedures, new versions, proposals where people here have decided otherwise, and marks.

use super::facts;
use super::import::{ChangeKind, Changed};
use super::lines::{self, Good};
use crate::domain::difference;
use crate::domain::life_cycle::{self, DraftState};
use crate::domain::portal::Parsed;
use crate::store::drafts::{self, Draft, Entry, Who};
use crate::store::gone::{self, Sourced};
use crate::store::procedures::{self, Existing, NewVersion, Source};
use crate::store::source;
use chrono::{DateTime, NaiveDate, Utc};
use durable::Tx;
use kit::Runtime;
use sea_orm::{ConnectionTrait, DbErr};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// What was written, or would be.
pub(crate) type Written = Vec<Changed>;

/// How an import writes.
pub(crate) struct How<'a> {
    pub(crate) rt: &'a Runtime,
    pub(crate) source: Source,
    pub(crate) who: &'a Who,
    /// The day of which the file tells.
    pub(crate) learned: NaiveDate,
    pub(crate) now: DateTime<Utc>,
}

/// What writing would do.
pub(crate) async fn plan(
    db: &impl ConnectionTrait,
    goods: &[&Good],
    back: &[Uuid],
) -> Result<Written, DbErr> {
    let ids: Vec<Uuid> = goods
        .iter()
        .map(|g| g.id)
        .chain(back.iter().copied())
        .collect();
    let have = procedures::existing(db, &ids).await?;
    let kept = restricted(db, goods, &have).await?;
    let mut out = Vec::with_capacity(goods.len());
    for good in goods.iter().copied() {
        let good = kept.get(&good.id).unwrap_or(good);
        out.push(match have.get(&good.id) {
            None => changed(good, ChangeKind::Created, 1),
            Some(old) if kept.contains_key(&good.id) && old.says(&good.hash) => continue,
            Some(old) => {
                let before = procedures::before(db, old.id, old.version).await?;
                let mut one = changed(good, kind_of(old), old.version + 1);
                if let Some(before) = before {
                    one.differences = difference::between(&before.content, &value_of(good)?);
                }
                one
            }
        });
    }
    out.extend(returned(&have, back));
    Ok(out)
}

/// Writes, in the caller's transaction.
pub(crate) async fn write(
    tx: &Tx,
    how: &How<'_>,
    goods: &[&Good],
    back: &[Uuid],
) -> Result<Written, DbErr> {
    // Takes the lock that makes importers take turns, then looks again: another may have been faster.
    let seq = procedures::next_seq(&**tx).await?;
    let ids: Vec<Uuid> = goods
        .iter()
        .map(|g| g.id)
        .chain(back.iter().copied())
        .collect();
    let have = procedures::existing(&**tx, &ids).await?;
    let kept = restricted(&**tx, goods, &have).await?;
    let source_hash = |good: &Good| -> Option<String> {
        (how.source == Source::NationalPortal).then(|| good.hash.clone())
    };
    let (mut new, mut next, mut out) = (Vec::new(), Vec::new(), Vec::new());
    for good in goods.iter().copied() {
        let good = kept.get(&good.id).unwrap_or(good);
        let mut version = NewVersion {
            id: good.id,
            version: 1,
            content: &good.content,
            content_json: &good.json,
            content_hash: &good.hash,
            warnings: &good.warnings,
            changed: Vec::new(),
            source: how.source,
            active: true,
            effective_from: good.content.decision.date,
            source_hash: None,
            written_by: None,
            published_by: None,
        };
        if how.source == Source::NationalPortal {
            version.source_hash = Some(&good.hash);
        }
        match have.get(&good.id) {
            None => {
                out.push(changed(good, ChangeKind::Created, 1));
                new.push(version);
            }
            Some(old) if old.says(&good.hash) => {}
            Some(old) => {
                let before = procedures::before(&**tx, old.id, old.version).await?;
                let after = value_of(good)?;
                let mut one = changed(good, kind_of(old), old.version + 1);
                if let Some(before) = &before {
                    one.differences = difference::between(&before.content, &after);
                    version.changed = difference::parts(&before.content, &after);
                }
                out.push(one);
                if old.is_edited() {
                    propose(tx, how, good, old).await?;
                    if let Some(hash) = source_hash(good) {
                        gone::heard(&**tx, good.id, &hash).await?;
                    }
                } else {
                    version.version = old.version + 1;
                    version.effective_from = Some(life_cycle::first_day(
                        good.content.decision.date,
                        before.and_then(|b| b.effective_from),
                        how.learned,
                    ));
                    next.push(version);
                }
            }
        }
    }
    // By the hash of what is written of it, by which its version finds it.
    let lines: Vec<source::Line<'_>> = goods
        .iter()
        .copied()
        .map(|g| (g, kept.get(&g.id).unwrap_or(g)))
        .filter(|(g, good)| have.get(&g.id).is_none_or(|old| !old.says(&good.hash)))
        .filter_map(|(g, good)| Some((g.id, good.hash.as_str(), g.source.as_deref()?)))
        .collect();
    source::keep(&**tx, &lines).await?;
    procedures::insert(&**tx, &new, seq, how.now).await?;
    procedures::update(&**tx, &next, seq, how.now).await?;
    let entries: Vec<Entry> = next
        .iter()
        .map(|v| entry(how, v.id, "import", "published", Some(v.version)))
        .chain(back.iter().filter_map(|id| {
            let old = have.get(id)?;
            Some(entry(
                how,
                *id,
                "backAtSource",
                "published",
                Some(old.version),
            ))
        }))
        .collect();
    drafts::note(&**tx, &entries).await?;
    gone::mark(&**tx, back, None).await?;
    for v in new.iter().chain(&next) {
        let event = facts::procedure_changed(v.id, v.version, true, v.content);
        durable::publish(tx, how.rt, &event).await?;
    }
    out.extend(returned(&have, back));
    Ok(out)
}

/// Marks what a whole file no longer has.
pub(crate) async fn mark_gone(
    tx: &Tx,
    rt: &Runtime,
    who: &Who,
    dated: NaiveDate,
    gone: &[Sourced],
) -> Result<(), DbErr> {
    let now = rt.clock.now();
    let ids: Vec<Uuid> = gone.iter().map(|s| s.id).collect();
    gone::mark(&**tx, &ids, Some(dated)).await?;
    let entries: Vec<Entry> = gone
        .iter()
        .map(|s| Entry {
            id: rt.ids.uuid(now),
            procedure_id: s.id,
            draft_id: None,
            action: "goneAtSource".to_owned(),
            state: if s.active { "published" } else { "withdrawn" }.to_owned(),
            version: Some(s.version),
            who: who.clone(),
            note: format!("not in the file of {dated}"),
            at: now,
        })
        .collect();
    drafts::note(&**tx, &entries).await
}

/// A draft for review of what the source says of a procedure that people here have edited or withdrawn. A proposal that still waits is
/// replaced, so that there is one of each procedure.
async fn propose(tx: &Tx, how: &How<'_>, good: &Good, old: &Existing) -> Result<(), DbErr> {
    let waiting = drafts::proposed(&**tx, good.id).await?;
    let mut draft = Draft {
        id: how.rt.ids.uuid(how.now),
        procedure_id: good.id,
        base_version: old.version,
        revision: 1,
        state: DraftState::InReview,
        code: good.content.code.clone(),
        name: good.content.name.clone(),
        content: good.json.clone(),
        note: format!("the source has changed it, file of {}", how.learned),
        source: how.source.as_str().to_owned(),
        agency: None,
        writers: Vec::new(),
        written_by: how.who.name.clone(),
        published_by: None,
        effective_from: good.content.decision.date,
        created_at: how.now,
        updated_at: how.now,
    };
    if let Some(waiting) = waiting {
        draft.id = waiting.id;
        draft.revision = waiting.revision;
        if !drafts::update(&**tx, &draft, how.now).await? {
            return Err(DbErr::RecordNotUpdated);
        }
    } else {
        drafts::insert(&**tx, &draft).await?;
    }
    let mut line = entry(how, good.id, "propose", DraftState::InReview.as_str(), None);
    line.draft_id = Some(draft.id);
    drafts::note(&**tx, &[line]).await
}

fn entry(how: &How<'_>, id: Uuid, action: &str, state: &str, version: Option<i64>) -> Entry {
    Entry {
        id: how.rt.ids.uuid(how.now),
        procedure_id: id,
        draft_id: None,
        action: action.to_owned(),
        state: state.to_owned(),
        version,
        who: how.who.clone(),
        note: String::new(),
        at: how.now,
    }
}

fn kind_of(old: &Existing) -> ChangeKind {
    if old.is_edited() {
        ChangeKind::Proposed
    } else {
        ChangeKind::Updated
    }
}

fn changed(good: &Good, kind: ChangeKind, version: i64) -> Changed {
    Changed {
        kind,
        id: good.id,
        code: good.content.code.clone(),
        name: good.content.name.clone(),
        version,
        differences: Vec::new(),
    }
}

fn returned(have: &HashMap<Uuid, Existing>, back: &[Uuid]) -> Vec<Changed> {
    let mut ids = back.to_vec();
    ids.sort_unstable();
    ids.into_iter()
        .filter_map(|id| have.get(&id))
        .map(|e| Changed {
            kind: ChangeKind::Back,
            id: e.id,
            code: String::new(),
            name: String::new(),
            version: e.version,
            differences: Vec::new(),
        })
        .collect()
}

/// Changed lines of procedures of which people here have said who may know of their dossiers, with that word: a source that has none for it
/// opens nothing.
async fn restricted(
    db: &impl ConnectionTrait,
    goods: &[&Good],
    have: &HashMap<Uuid, Existing>,
) -> Result<BTreeMap<Uuid, Good>, DbErr> {
    let mut kept = BTreeMap::new();
    for good in goods {
        let old = have.get(&good.id).filter(|old| !old.says(&good.hash));
        let (Some(old), None) = (old, good.content.restricted) else {
            continue;
        };
        let before = procedures::before(db, old.id, old.version).await?;
        let said = before.and_then(|b| b.content.get("restricted")?.as_bool());
        if said.is_none() {
            continue;
        }
        let mut content = good.content.clone();
        content.restricted = said;
        let parsed = Parsed {
            id: good.id,
            content,
            warnings: good.warnings.clone(),
        };
        let merged =
            lines::good(good.line, parsed).map_err(|error| DbErr::Json(error.to_string()))?;
        kept.insert(good.id, merged);
    }
    Ok(kept)
}

fn value_of(good: &Good) -> Result<serde_json::Value, DbErr> {
    serde_json::from_str(&good.json).map_err(|e| DbErr::Json(e.to_string()))
}
