//! Procedures and their versions.

use super::entity::{counter, procedure, version};
use super::{from_json, to_json};
use crate::domain::content::{Content, Decision, Level, Named, ServiceLevel};
use crate::domain::quality::Warning;
use crate::domain::search::{Entry, NewEntry};
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
}

impl Source {
    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Source::NationalPortal => "nationalPortal",
            Source::Own => "own",
        }
    }
}

/// What is already there of a procedure.
#[derive(Clone, Debug, FromQueryResult)]
pub(crate) struct Existing {
    pub(crate) id: Uuid,
    pub(crate) version: i64,
    pub(crate) content_hash: String,
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
    pub(crate) source: String,
    pub(crate) content_hash: String,
    pub(crate) changed: String,
    pub(crate) created_at: DateTime<Utc>,
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
            keywords: [c.keywords.as_str()]
                .into_iter()
                .chain(c.groups.iter().map(String::as_str))
                .collect::<Vec<_>>()
                .join(" "),
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
                active: Set(true),
                version: Set(n.version),
                content_hash: Set(n.content_hash.to_owned()),
                source: Set(n.source.as_str().to_owned()),
                summary: Set(to_json(&Summary::of(n.content))?),
                updated_seq: Set(seq),
                updated_at: Set(now),
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
        let done = procedure::Entity::update_many()
            .col_expr(C::Code, Expr::value(n.content.code.clone()))
            .col_expr(C::Name, Expr::value(n.content.name.clone()))
            .col_expr(C::FieldCode, Expr::value(n.content.field.code.clone()))
            .col_expr(C::Active, Expr::value(true))
            .col_expr(C::Version, Expr::value(n.version))
            .col_expr(C::ContentHash, Expr::value(n.content_hash.to_owned()))
            .col_expr(C::Source, Expr::value(n.source.as_str()))
            .col_expr(C::Summary, Expr::value(to_json(&Summary::of(n.content))?))
            .col_expr(C::UpdatedSeq, Expr::value(seq))
            .col_expr(C::UpdatedAt, Expr::value(now))
            .filter(C::Id.eq(n.id))
            .filter(C::Version.eq(n.version - 1))
            .exec(tx)
            .await?;
        if done.rows_affected != 1 {
            return Err(DbErr::RecordNotUpdated);
        }
    }
    insert_versions(tx, new, now).await
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
                effective_from: Set(d.date),
                source: Set(n.source.as_str().to_owned()),
                content_hash: Set(n.content_hash.to_owned()),
                content: Set(n.content_json.to_owned()),
                warnings: Set(to_json(&n.warnings)?),
                changed: Set(to_json(&n.changed)?),
                created_at: Set(now),
            })
        })
        .collect::<Result<Vec<_>, DbErr>>()?;
    version::Entity::insert_many(rows)
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

/// The content of a version as JSON, to compare with.
pub(crate) async fn content_json(
    db: &impl ConnectionTrait,
    id: Uuid,
    version: i64,
) -> Result<Option<serde_json::Value>, DbErr> {
    let row = version::Entity::find_by_id((id, version)).one(db).await?;
    row.map(|r| from_json(&r.content)).transpose()
}

/// The present version of a procedure.
pub(crate) async fn current(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<Stored>, DbErr> {
    let Some(p) = procedure::Entity::find_by_id(id).one(db).await? else {
        return Ok(None);
    };
    let Some(v) = version::Entity::find_by_id((id, p.version)).one(db).await? else {
        return Ok(None);
    };
    Ok(Some(Stored {
        id,
        version: v.version,
        active: p.active,
        content: from_json(&v.content)?,
        warnings: from_json(&v.warnings)?,
        effective_from: v.effective_from,
        source: v.source,
        created_at: v.created_at,
    }))
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
            C::Source,
            C::ContentHash,
            C::Changed,
            C::CreatedAt,
        ])
        .filter(C::ProcedureId.eq(id))
        .order_by_desc(C::Version)
        .limit(limit);
    if let Some(below) = below {
        query = query.filter(C::Version.lt(below));
    }
    query.into_model::<VersionRow>().all(db).await
}

/// Procedures changed after a number of the counter: id and, when active, the entry for the index.
pub(crate) async fn changed_since(
    db: &impl ConnectionTrait,
    seq: i64,
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
            let s: Summary = from_json(&r.summary)?;
            let entry = Entry::new(NewEntry {
                id: r.id,
                code: r.code,
                name: r.name,
                field: s.field,
                levels: s.levels,
                service_level: s.service_level,
                channels: s.channels,
                internal: s.internal,
                national: s.national,
                keywords: s.keywords,
            });
            Ok((r.id, Some(entry)))
        })
        .collect()
}
