//! Procedures and their versions.

use super::entity::{counter, procedure, version};
use super::{from_json, to_json};
use crate::domain::content::{Content, Decision, Level, Named, ServiceLevel};
use crate::domain::quality::Warning;
use crate::domain::search::{Entry, NewEntry, UnitIndex};
use chrono::{DateTime, NaiveDate, Utc};
use contracts::Channel;
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, FromQueryResult, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, Set,
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use uuid::Uuid;

/// Where a version came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// Cổng Dịch vụ công quốc gia.
    #[default]
    NationalPortal,
    /// Written by us.
    Own,
    /// Written and published here by two persons.
    Editor,
}

impl Source {
    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Source::NationalPortal => "nationalPortal",
            Source::Own => "own",
            Source::Editor => "editor",
        }
    }
}

/// What is already there of a procedure.
#[derive(Clone, Debug, FromQueryResult)]
pub(crate) struct Existing {
    pub(crate) id: Uuid,
    pub(crate) version: i64,
    pub(crate) content_hash: String,
    pub(crate) source: String,
    pub(crate) active: bool,
    /// What the source said last; none for what has no source.
    pub(crate) source_hash: Option<String>,
    pub(crate) gone_since: Option<NaiveDate>,
}

impl Existing {
    /// Whether the source says what it said before.
    pub(crate) fn says(&self, hash: &str) -> bool {
        self.source_hash.as_deref().unwrap_or(&self.content_hash) == hash
    }

    /// Whether people here have decided otherwise than the source: then the source proposes and does not overwrite.
    pub(crate) fn is_edited(&self) -> bool {
        self.source == Source::Editor.as_str() || !self.active
    }
}

/// A version to be written.
#[derive(Clone, Debug)]
pub(crate) struct NewVersion<'a> {
    pub(crate) id: Uuid,
    pub(crate) version: i64,
    pub(crate) content: &'a Content,
    pub(crate) content_json: &'a str,
    pub(crate) content_hash: &'a str,
    pub(crate) warnings: &'a [Warning],
    pub(crate) changed: Vec<String>,
    pub(crate) source: Source,
    /// False: withdrawn from this version on.
    pub(crate) active: bool,
    /// First day in force; `None`: since ever.
    pub(crate) effective_from: Option<NaiveDate>,
    /// The hash of what the source says, when this comes from one.
    pub(crate) source_hash: Option<&'a str>,
    pub(crate) written_by: Option<&'a str>,
    pub(crate) published_by: Option<&'a str>,
}

/// A version as it is read.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) id: Uuid,
    pub(crate) version: i64,
    pub(crate) active: bool,
    pub(crate) content: Content,
    pub(crate) warnings: Vec<Warning>,
    pub(crate) effective_from: Option<NaiveDate>,
    pub(crate) effective_to: Option<NaiveDate>,
    pub(crate) source: String,
    pub(crate) created_at: DateTime<Utc>,
}

/// A version in the list of versions.
#[derive(Clone, Debug, FromQueryResult)]
pub(crate) struct VersionRow {
    pub(crate) version: i64,
    pub(crate) decision_number: Option<String>,
    pub(crate) decision_date: Option<NaiveDate>,
    pub(crate) promulgator_code: String,
    pub(crate) promulgator_name: String,
    pub(crate) effective_from: Option<NaiveDate>,
    pub(crate) effective_to: Option<NaiveDate>,
    pub(crate) active: bool,
    pub(crate) source: String,
    pub(crate) content_hash: String,
    pub(crate) changed: String,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) written_by: Option<String>,
    pub(crate) published_by: Option<String>,
}

impl VersionRow {
    /// The decision.
    pub(crate) fn decision(&self) -> Decision {
        Decision {
            number: self.decision_number.clone(),
            date: self.decision_date,
            promulgator: Named {
                code: self.promulgator_code.clone(),
                name: self.promulgator_name.clone(),
            },
        }
    }

    /// The parts that differ from the version before.
    pub(crate) fn changed(&self) -> Result<Vec<String>, DbErr> {
        from_json(&self.changed)
    }
}

/// What the index needs of a procedure.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    field: Named,
    levels: Vec<Level>,
    service_level: ServiceLevel,
    channels: Vec<Channel>,
    internal: bool,
    national: bool,
    keywords: String,
    #[serde(default)]
    promulgator: Named,
    #[serde(default)]
    subjects: Vec<Named>,
    #[serde(default)]
    groups: Vec<String>,
}

impl Summary {
    fn of(c: &Content) -> Self {
        Self {
            field: c.field.clone(),
            levels: c.levels.clone(),
            service_level: c.service_level,
            channels: c.channels(),
            internal: c.internal,
            // Ministries have the roots G01…; provinces H01….
            national: !c.decision.promulgator.code.starts_with('H'),
            keywords: c.keywords.clone(),
            promulgator: c.decision.promulgator.clone(),
            subjects: c.subjects.clone(),
            groups: c.groups.clone(),
        }
    }
}

/// What is there of these procedures.
pub(crate) async fn existing(
    db: &impl ConnectionTrait,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Existing>, DbErr> {
    let rows = procedure::Entity::find()
        .select_only()
        .columns([
            procedure::Column::Id,
            procedure::Column::Version,
            procedure::Column::ContentHash,
            procedure::Column::Source,
            procedure::Column::Active,
            procedure::Column::SourceHash,
            procedure::Column::GoneSince,
        ])
        .filter(procedure::Column::Id.is_in(ids.iter().copied()))
        .into_model::<Existing>()
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|r| (r.id, r)).collect())
}

/// Raises the counter of changes and locks it until the transaction ends: writers take turns, and the order of numbers is the order of
/// commits.
pub(crate) async fn next_seq(tx: &impl ConnectionTrait) -> Result<i64, DbErr> {
    counter::Entity::update_many()
        .col_expr(counter::Column::Seq, Expr::col(counter::Column::Seq).add(1))
        .filter(counter::Column::Id.eq(1_i64))
        .exec(tx)
        .await?;
    seq(tx).await
}

/// The counter of changes.
pub(crate) async fn seq(db: &impl ConnectionTrait) -> Result<i64, DbErr> {
    let row = counter::Entity::find_by_id(1_i64).one(db).await?;
    row.map(|r| r.seq)
        .ok_or_else(|| DbErr::RecordNotFound("change_counter".to_owned()))
}

/// Writes procedures that are new.
pub(crate) async fn insert(
    tx: &impl ConnectionTrait,
    new: &[NewVersion<'_>],
    seq: i64,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    if new.is_empty() {
        return Ok(());
    }
    let rows = new
        .iter()
        .map(|n| {
            Ok(procedure::ActiveModel {
                id: Set(n.id),
                code: Set(n.content.code.clone()),
                name: Set(n.content.name.clone()),
                field_code: Set(n.content.field.code.clone()),
                active: Set(n.active),
                version: Set(n.version),
                content_hash: Set(n.content_hash.to_owned()),
                source: Set(n.source.as_str().to_owned()),
                summary: Set(to_json(&Summary::of(n.content))?),
                updated_seq: Set(seq),
                updated_at: Set(now),
                source_hash: Set(n.source_hash.map(str::to_owned)),
                gone_since: Set(None),
            })
        })
        .collect::<Result<Vec<_>, DbErr>>()?;
    procedure::Entity::insert_many(rows)
        .exec_without_returning(tx)
        .await?;
    insert_versions(tx, new, now).await
}

/// Points procedures to a new version, each only if it is still at the version before.
pub(crate) async fn update(
    tx: &impl ConnectionTrait,
    new: &[NewVersion<'_>],
    seq: i64,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    use procedure::Column as C;
    for n in new {
        close(tx, n).await?;
        let mut update = procedure::Entity::update_many()
            .col_expr(C::Code, Expr::value(n.content.code.clone()))
            .col_expr(C::Name, Expr::value(n.content.name.clone()))
            .col_expr(C::FieldCode, Expr::value(n.content.field.code.clone()))
            .col_expr(C::Active, Expr::value(n.active))
            .col_expr(C::Version, Expr::value(n.version))
            .col_expr(C::ContentHash, Expr::value(n.content_hash.to_owned()))
            .col_expr(C::Source, Expr::value(n.source.as_str()))
            .col_expr(C::Summary, Expr::value(to_json(&Summary::of(n.content))?))
            .col_expr(C::UpdatedSeq, Expr::value(seq))
            .col_expr(C::UpdatedAt, Expr::value(now))
            .filter(C::Id.eq(n.id))
            .filter(C::Version.eq(n.version - 1));
        if let Some(hash) = n.source_hash {
            update = update
                .col_expr(C::SourceHash, Expr::value(hash))
                .col_expr(C::GoneSince, Expr::value(None::<NaiveDate>));
        }
        let done = update.exec(tx).await?;
        if done.rows_affected != 1 {
            return Err(DbErr::RecordNotUpdated);
        }
    }
    insert_versions(tx, new, now).await
}

/// Ends the version before a new one on the day before its first.
async fn close(tx: &impl ConnectionTrait, n: &NewVersion<'_>) -> Result<(), DbErr> {
    use version::Column as C;
    let last = n.effective_from.and_then(|day| day.pred_opt());
    version::Entity::update_many()
        .col_expr(C::EffectiveTo, Expr::value(last))
        .filter(C::ProcedureId.eq(n.id))
        .filter(C::Version.eq(n.version - 1))
        .exec(tx)
        .await?;
    Ok(())
}

async fn insert_versions(
    tx: &impl ConnectionTrait,
    new: &[NewVersion<'_>],
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    if new.is_empty() {
        return Ok(());
    }
    let rows = new
        .iter()
        .map(|n| {
            let d = &n.content.decision;
            Ok(version::ActiveModel {
                procedure_id: Set(n.id),
                version: Set(n.version),
                decision_number: Set(d.number.clone()),
                decision_date: Set(d.date),
                promulgator_code: Set(d.promulgator.code.clone()),
                promulgator_name: Set(d.promulgator.name.clone()),
                effective_from: Set(n.effective_from),
                source: Set(n.source.as_str().to_owned()),
                content_hash: Set(n.content_hash.to_owned()),
                content: Set(n.content_json.to_owned()),
                warnings: Set(to_json(&n.warnings)?),
                changed: Set(to_json(&n.changed)?),
                created_at: Set(now),
                effective_to: Set(None),
                active: Set(n.active),
                written_by: Set(n.written_by.map(str::to_owned)),
                published_by: Set(n.published_by.map(str::to_owned)),
            })
        })
        .collect::<Result<Vec<_>, DbErr>>()?;
    version::Entity::insert_many(rows)
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

/// What a version said: its content as JSON and its first day, to compare with.
#[derive(Clone, Debug)]
pub(crate) struct Before {
    pub(crate) content: serde_json::Value,
    pub(crate) effective_from: Option<NaiveDate>,
}

/// A version to compare with.
pub(crate) async fn before(
    db: &impl ConnectionTrait,
    id: Uuid,
    version: i64,
) -> Result<Option<Before>, DbErr> {
    let row = version::Entity::find_by_id((id, version)).one(db).await?;
    row.map(|r| {
        Ok(Before {
            content: from_json(&r.content)?,
            effective_from: r.effective_from,
        })
    })
    .transpose()
}

/// Which version of a procedure.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Which {
    /// The newest.
    Newest,
    /// The one in force on a day.
    On(NaiveDate),
    /// This one.
    Number(i64),
}

/// A version of a procedure; `None` when there is no such procedure, `Some(None)` when it has no such version.
pub(crate) async fn read(
    db: &impl ConnectionTrait,
    id: Uuid,
    which: Which,
) -> Result<Option<Option<Stored>>, DbErr> {
    use version::Column as C;
    let Some(p) = procedure::Entity::find_by_id(id).one(db).await? else {
        return Ok(None);
    };
    let query = version::Entity::find().filter(C::ProcedureId.eq(id));
    let query = match which {
        Which::Newest => query.filter(C::Version.eq(p.version)),
        Which::Number(n) => query.filter(C::Version.eq(n)),
        Which::On(day) => query
            .filter(super::units::valid(C::EffectiveFrom, C::EffectiveTo, day))
            .order_by_desc(C::Version),
    };
    let Some(v) = query.one(db).await? else {
        return Ok(Some(None));
    };
    Ok(Some(Some(Stored {
        id,
        version: v.version,
        active: v.active,
        content: from_json(&v.content)?,
        warnings: from_json(&v.warnings)?,
        effective_from: v.effective_from,
        effective_to: v.effective_to,
        source: v.source,
        created_at: v.created_at,
    })))
}

/// The newest version of a procedure.
pub(crate) async fn current(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<Stored>, DbErr> {
    Ok(read(db, id, Which::Newest).await?.flatten())
}

/// The number of the present version, without its content.
pub(crate) async fn current_version(
    db: &impl ConnectionTrait,
    id: Uuid,
) -> Result<Option<i64>, DbErr> {
    Ok(existing(db, &[id]).await?.remove(&id).map(|e| e.version))
}

/// Versions of a procedure, newest first, below a version.
pub(crate) async fn versions(
    db: &impl ConnectionTrait,
    id: Uuid,
    below: Option<i64>,
    limit: u64,
) -> Result<Vec<VersionRow>, DbErr> {
    use version::Column as C;
    let mut query = version::Entity::find()
        .select_only()
        .columns([
            C::Version,
            C::DecisionNumber,
            C::DecisionDate,
            C::PromulgatorCode,
            C::PromulgatorName,
            C::EffectiveFrom,
            C::EffectiveTo,
            C::Active,
            C::Source,
            C::ContentHash,
            C::Changed,
            C::CreatedAt,
            C::WrittenBy,
            C::PublishedBy,
        ])
        .filter(C::ProcedureId.eq(id))
        .order_by_desc(C::Version)
        .limit(limit);
    if let Some(below) = below {
        query = query.filter(C::Version.lt(below));
    }
    query.into_model::<VersionRow>().all(db).await
}

/// When each version came into the catalogue, whether it was the first, and whether it is in force.
pub(crate) async fn changes(
    db: &impl ConnectionTrait,
) -> Result<Vec<(DateTime<Utc>, bool, bool)>, DbErr> {
    use version::Column as C;
    let rows: Vec<(DateTime<Utc>, i64, bool)> = version::Entity::find()
        .select_only()
        .columns([C::CreatedAt, C::Version, C::Active])
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows
        .into_iter()
        .map(|(at, version, active)| (at, version == 1, active))
        .collect())
}

/// Procedures changed after a number of the counter: id and, when active, the entry for the index.
pub(crate) async fn changed_since(
    db: &impl ConnectionTrait,
    seq: i64,
    units: &UnitIndex,
) -> Result<Vec<(Uuid, Option<Entry>)>, DbErr> {
    let rows = procedure::Entity::find()
        .filter(procedure::Column::UpdatedSeq.gt(seq))
        .all(db)
        .await?;
    rows.into_iter()
        .map(|r| {
            if !r.active {
                return Ok((r.id, None));
            }
            let mut s: Summary = from_json(&r.summary)?;
            // A province that was merged is still known by its old names.
            for old in units.old_names_of(&s.promulgator.code) {
                s.keywords.push(' ');
                s.keywords.push_str(old);
            }
            let entry = Entry::new(NewEntry {
                id: r.id,
                version: r.version,
                code: r.code,
                name: r.name,
                field: s.field,
                levels: s.levels,
                service_level: s.service_level,
                channels: s.channels,
                internal: s.internal,
                national: s.national,
                promulgator: s.promulgator,
                subjects: s.subjects,
                groups: s.groups,
                keywords: s.keywords,
            });
            Ok((r.id, Some(entry)))
        })
        .collect()
}
