//! Drafts, the journal of every step, and the imports that were made.

use super::entity::{draft, import_run, journal};
use super::{from_json, to_json};
use crate::domain::life_cycle::DraftState;
use chrono::{DateTime, NaiveDate, Utc};
use contracts::AccountId;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, Set,
};
use uuid::Uuid;

/// Which drafts a person reaches: all, or those of the own agency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The administrators of the province.
    All,
    /// The people of one agency.
    Agency(String),
}

/// A draft.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) id: Uuid,
    pub(crate) procedure_id: Uuid,
    /// The version it was written upon; 0 for a procedure that is new.
    pub(crate) base_version: i64,
    pub(crate) revision: i64,
    pub(crate) state: DraftState,
    pub(crate) code: String,
    pub(crate) name: String,
    /// JSON of a `Content`.
    pub(crate) content: String,
    pub(crate) note: String,
    /// `editor`, or `nationalPortal` for what an import proposes.
    pub(crate) source: String,
    pub(crate) agency: Option<String>,
    pub(crate) writers: Vec<AccountId>,
    pub(crate) written_by: String,
    pub(crate) published_by: Option<String>,
    pub(crate) effective_from: Option<NaiveDate>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

fn of_row(r: draft::Model) -> Result<Draft, DbErr> {
    Ok(Draft {
        id: r.id,
        procedure_id: r.procedure_id,
        base_version: r.base_version,
        revision: r.revision,
        state: DraftState::parse(&r.state)
            .ok_or_else(|| DbErr::Type(format!("draft state {}", r.state)))?,
        code: r.code,
        name: r.name,
        content: r.content,
        note: r.note,
        source: r.source,
        agency: r.agency,
        writers: from_json(&r.writers)?,
        written_by: r.written_by,
        published_by: r.published_by,
        effective_from: r.effective_from,
        created_at: r.created_at,
        updated_at: r.updated_at,
    })
}

/// Writes a new draft.
pub(crate) async fn insert(tx: &impl ConnectionTrait, d: &Draft) -> Result<(), DbErr> {
    let row = draft::ActiveModel {
        id: Set(d.id),
        procedure_id: Set(d.procedure_id),
        base_version: Set(d.base_version),
        revision: Set(d.revision),
        state: Set(d.state.as_str().to_owned()),
        code: Set(d.code.clone()),
        name: Set(d.name.clone()),
        content: Set(d.content.clone()),
        note: Set(d.note.clone()),
        source: Set(d.source.clone()),
        agency: Set(d.agency.clone()),
        writers: Set(to_json(&d.writers)?),
        written_by: Set(d.written_by.clone()),
        published_by: Set(d.published_by.clone()),
        effective_from: Set(d.effective_from),
        created_at: Set(d.created_at),
        updated_at: Set(d.updated_at),
    };
    draft::Entity::insert(row)
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

/// Writes a draft at its next revision, if it is still at the one it was read at; false when another was faster.
pub(crate) async fn update(
    tx: &impl ConnectionTrait,
    d: &Draft,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    use draft::Column as C;
    let done = draft::Entity::update_many()
        .col_expr(C::Revision, Expr::value(d.revision + 1))
        .col_expr(C::BaseVersion, Expr::value(d.base_version))
        .col_expr(C::State, Expr::value(d.state.as_str()))
        .col_expr(C::Code, Expr::value(d.code.as_str()))
        .col_expr(C::Name, Expr::value(d.name.as_str()))
        .col_expr(C::Content, Expr::value(d.content.as_str()))
        .col_expr(C::Note, Expr::value(d.note.as_str()))
        .col_expr(C::Writers, Expr::value(to_json(&d.writers)?))
        .col_expr(C::WrittenBy, Expr::value(d.written_by.as_str()))
        .col_expr(C::PublishedBy, Expr::value(d.published_by.clone()))
        .col_expr(C::EffectiveFrom, Expr::value(d.effective_from))
        .col_expr(C::UpdatedAt, Expr::value(now))
        .filter(C::Id.eq(d.id))
        .filter(C::Revision.eq(d.revision))
        .exec(tx)
        .await?;
    Ok(done.rows_affected == 1)
}

/// A draft within reach.
pub(crate) async fn one(
    db: &impl ConnectionTrait,
    reach: &Reach,
    id: Uuid,
) -> Result<Option<Draft>, DbErr> {
    let mut query = draft::Entity::find_by_id(id);
    if let Reach::Agency(agency) = reach {
        query = query.filter(draft::Column::Agency.eq(agency.as_str()));
    }
    query.one(db).await?.map(of_row).transpose()
}

/// Drafts within reach, newest first, below an id.
pub(crate) async fn list(
    db: &impl ConnectionTrait,
    reach: &Reach,
    state: Option<DraftState>,
    below: Option<Uuid>,
    limit: u64,
) -> Result<Vec<Draft>, DbErr> {
    use draft::Column as C;
    let mut query = draft::Entity::find().order_by_desc(C::Id).limit(limit);
    if let Reach::Agency(agency) = reach {
        query = query.filter(C::Agency.eq(agency.as_str()));
    }
    if let Some(state) = state {
        query = query.filter(C::State.eq(state.as_str()));
    }
    if let Some(below) = below {
        query = query.filter(C::Id.lt(below));
    }
    query.all(db).await?.into_iter().map(of_row).collect()
}

/// Scheduled drafts whose first day has come, oldest first.
pub(crate) async fn due(db: &impl ConnectionTrait, today: NaiveDate) -> Result<Vec<Draft>, DbErr> {
    use draft::Column as C;
    draft::Entity::find()
        .filter(C::State.eq(DraftState::Scheduled.as_str()))
        .filter(C::EffectiveFrom.lte(today))
        .order_by_asc(C::EffectiveFrom)
        .order_by_asc(C::Id)
        .limit(100)
        .all(db)
        .await?
        .into_iter()
        .map(of_row)
        .collect()
}

/// The open draft that an import made of a procedure, if any.
pub(crate) async fn proposed(
    db: &impl ConnectionTrait,
    procedure_id: Uuid,
) -> Result<Option<Draft>, DbErr> {
    use draft::Column as C;
    draft::Entity::find()
        .filter(C::ProcedureId.eq(procedure_id))
        .filter(C::Source.eq("nationalPortal"))
        .filter(C::State.is_in([DraftState::Draft.as_str(), DraftState::InReview.as_str()]))
        .order_by_desc(C::Id)
        .one(db)
        .await?
        .map(of_row)
        .transpose()
}

/// Who does something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    /// The account; none for a command.
    pub id: Option<AccountId>,
    /// Name to show.
    pub name: String,
}

/// A line of the journal.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) id: Uuid,
    pub(crate) procedure_id: Uuid,
    pub(crate) draft_id: Option<Uuid>,
    pub(crate) action: String,
    pub(crate) state: String,
    pub(crate) version: Option<i64>,
    pub(crate) who: Who,
    pub(crate) note: String,
    pub(crate) at: DateTime<Utc>,
}

/// Writes lines of the journal.
pub(crate) async fn note(tx: &impl ConnectionTrait, entries: &[Entry]) -> Result<(), DbErr> {
    for chunk in entries.chunks(500) {
        let rows = chunk.iter().map(|e| journal::ActiveModel {
            id: Set(e.id),
            procedure_id: Set(e.procedure_id),
            draft_id: Set(e.draft_id),
            action: Set(e.action.clone()),
            state: Set(e.state.clone()),
            version: Set(e.version),
            actor_id: Set(e.who.id.map(|a| a.to_string())),
            actor_name: Set(e.who.name.clone()),
            note: Set(e.note.clone()),
            at: Set(e.at),
        });
        journal::Entity::insert_many(rows)
            .exec_without_returning(tx)
            .await?;
    }
    Ok(())
}

/// The journal of a procedure within reach, newest first, below an id. Of the people of one agency: the lines of their own drafts.
pub(crate) async fn journal(
    db: &impl ConnectionTrait,
    reach: &Reach,
    procedure_id: Uuid,
    below: Option<Uuid>,
    limit: u64,
) -> Result<Vec<Entry>, DbErr> {
    use journal::Column as C;
    let mut query = journal::Entity::find()
        .filter(C::ProcedureId.eq(procedure_id))
        .order_by_desc(C::Id)
        .limit(limit);
    if let Some(below) = below {
        query = query.filter(C::Id.lt(below));
    }
    if let Reach::Agency(agency) = reach {
        let own = draft::Entity::find()
            .select_only()
            .column(draft::Column::Id)
            .filter(draft::Column::Agency.eq(agency.as_str()));
        query = query.filter(C::DraftId.in_subquery(sea_orm::QueryTrait::into_query(own)));
    }
    let rows = query.all(db).await?;
    Ok(rows
        .into_iter()
        .map(|r| Entry {
            id: r.id,
            procedure_id: r.procedure_id,
            draft_id: r.draft_id,
            action: r.action,
            state: r.state,
            version: r.version,
            who: Who {
                id: r.actor_id.and_then(|a| a.parse().ok()),
                name: r.actor_name,
            },
            note: r.note,
            at: r.at,
        })
        .collect())
}

/// A finished import.
#[derive(Clone, Debug)]
pub(crate) struct ImportRun {
    pub(crate) id: Uuid,
    pub(crate) kind: String,
    pub(crate) file_date: Option<NaiveDate>,
    pub(crate) by_name: String,
    /// JSON.
    pub(crate) summary: String,
    pub(crate) at: DateTime<Utc>,
}

/// Notes an import.
pub(crate) async fn note_import(tx: &impl ConnectionTrait, run: &ImportRun) -> Result<(), DbErr> {
    let row = import_run::ActiveModel {
        id: Set(run.id),
        kind: Set(run.kind.clone()),
        file_date: Set(run.file_date),
        by_name: Set(run.by_name.clone()),
        summary: Set(run.summary.clone()),
        at: Set(run.at),
    };
    import_run::Entity::insert(row)
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

/// Imports, newest first, below an id.
pub(crate) async fn imports(
    db: &impl ConnectionTrait,
    below: Option<Uuid>,
    limit: u64,
) -> Result<Vec<ImportRun>, DbErr> {
    let mut query = import_run::Entity::find()
        .order_by_desc(import_run::Column::Id)
        .limit(limit);
    if let Some(below) = below {
        query = query.filter(import_run::Column::Id.lt(below));
    }
    let rows = query.all(db).await?;
    Ok(rows
        .into_iter()
        .map(|r| ImportRun {
            id: r.id,
            kind: r.kind,
            file_date: r.file_date,
            by_name: r.by_name,
            summary: r.summary,
            at: r.at,
        })
        .collect())
}

/// The date of the newest file of a kind.
pub(crate) async fn newest_file(
    db: &impl ConnectionTrait,
    kind: &str,
) -> Result<Option<NaiveDate>, DbErr> {
    let row = import_run::Entity::find()
        .filter(import_run::Column::Kind.eq(kind))
        .filter(import_run::Column::FileDate.is_not_null())
        .order_by_desc(import_run::Column::FileDate)
        .one(db)
        .await?;
    Ok(row.and_then(|r| r.file_date))
}
