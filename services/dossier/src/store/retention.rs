//! Notices before the end of a retention, by class and dossier; what holds a dossier back.

use super::corrupt;
use super::dossiers::{of_agencies, read, within};
use super::entity::dossier::{Column as D, Entity as Dossiers};
use super::entity::retention_notice::{ActiveModel, Column, Entity, Model};
use super::entity::{dossier_file, journal, retention_hold};
use super::removal::kinds;
use crate::domain::Dossier;
use crate::domain::retention::{Class, OVER};
use chrono::{DateTime, Utc};
use contracts::{AccountId, DossierId, DossierStatus, Scope};
use durable::Tx;
use kit::Runtime;
use sea_orm::sea_query::{Condition, Expr, ExprTrait as _, OnConflict, Query, SelectStatement};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, Set,
};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// A notice: what will end, and not before when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) class: Class,
    pub(crate) dossier: DossierId,
    /// The agency that handles the dossier.
    pub(crate) agency: String,
    pub(crate) noticed_at: DateTime<Utc>,
    pub(crate) due_at: DateTime<Utc>,
}

fn notice(row: Model) -> Result<Notice, DbErr> {
    Ok(Notice {
        class: Class::parse(&row.class).ok_or_else(|| corrupt(format!("class {}", row.class)))?,
        dossier: DossierId(row.dossier_id),
        agency: row.agency_code,
        noticed_at: row.noticed_at,
        due_at: row.due_at,
    })
}

/// Puts a notice up, unless there is one. One that was carried out makes room: the dossier was opened again since.
pub(crate) async fn put(tx: &Tx, notice: &Notice) -> Result<(), DbErr> {
    Entity::insert(ActiveModel {
        class: Set(notice.class.as_str().to_owned()),
        dossier_id: Set(notice.dossier.0),
        agency_code: Set(notice.agency.clone()),
        noticed_at: Set(notice.noticed_at),
        due_at: Set(notice.due_at),
        carried_out_at: Set(None),
    })
    .on_conflict(
        OnConflict::columns([Column::Class, Column::DossierId])
            .update_columns([Column::NoticedAt, Column::DueAt, Column::CarriedOutAt])
            .action_and_where(Expr::col((Entity, Column::CarriedOutAt)).is_not_null())
            .to_owned(),
    )
    .exec_without_returning(&**tx)
    .await
    .map(|_| ())
}

/// What holds a dossier back (giữ lại).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hold {
    pub(crate) dossier: DossierId,
    pub(crate) ground: String,
    pub(crate) reason: String,
    pub(crate) by: AccountId,
    pub(crate) by_name: String,
    pub(crate) at: DateTime<Utc>,
}

/// Holds a dossier back; the caller has seen that nothing does.
pub(crate) async fn hold(tx: &Tx, rt: &Runtime, hold: &Hold) -> Result<(), DbErr> {
    let row = retention_hold::Model {
        dossier_id: hold.dossier.0,
        ground: hold.ground.clone(),
        reason: rt.sealer.seal(rt.ids, &hold.reason),
        held_by: hold.by.0,
        held_by_name: hold.by_name.clone(),
        held_at: hold.at,
    };
    retention_hold::Entity::insert(row.into_active_model())
        .exec_without_returning(&**tx)
        .await
        .map(|_| ())
}

/// Lets a dossier go; its notices run at least until `until`.
pub(crate) async fn lift(tx: &Tx, dossier: DossierId, until: DateTime<Utc>) -> Result<(), DbErr> {
    retention_hold::Entity::delete_by_id(dossier.0)
        .exec(&**tx)
        .await?;
    Entity::update_many()
        .col_expr(Column::DueAt, Expr::value(until))
        .filter(Column::DossierId.eq(dossier.0))
        .filter(Column::CarriedOutAt.is_null())
        .filter(Column::DueAt.lt(until))
        .exec(&**tx)
        .await
        .map(|_| ())
}

/// What holds these dossiers back. The caller has looked them up within its scope.
pub(crate) async fn holds(
    db: &impl ConnectionTrait,
    rt: &Runtime,
    dossiers: &[Uuid],
) -> Result<BTreeMap<Uuid, Hold>, DbErr> {
    let rows = retention_hold::Entity::find()
        .filter(retention_hold::Column::DossierId.is_in(dossiers.iter().copied()))
        .all(db)
        .await?;
    rows.into_iter()
        .map(|row| {
            let reason = rt.sealer.open(&row.reason).map_err(corrupt)?;
            let hold = Hold {
                dossier: DossierId(row.dossier_id),
                ground: row.ground,
                reason,
                by: AccountId(row.held_by),
                by_name: row.held_by_name,
                at: row.held_at,
            };
            Ok((row.dossier_id, hold))
        })
        .collect()
}

/// A notice as it is shown.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub(crate) notice: Notice,
    pub(crate) dossier: Dossier,
    pub(crate) hold: Option<Hold>,
}

/// Where a page of notices ends: due, dossier, class.
pub(crate) type Place = (DateTime<Utc>, Uuid, String);

/// Notices about dossiers within a scope that are not carried out, the earliest due first; after a place.
pub(crate) async fn list(
    db: &impl ConnectionTrait,
    scope: &Scope,
    rt: &Runtime,
    after: Option<Place>,
    limit: u64,
) -> Result<Vec<Listed>, DbErr> {
    // By the agency first, for its index; the scope decides.
    let agency = of_agencies(Column::AgencyCode, scope);
    let visible = Query::select()
        .column(D::Id)
        .from(Dossiers)
        .cond_where(within(scope))
        .and_where(Expr::col((Dossiers, D::Id)).equals((Entity, Column::DossierId)))
        .to_owned();
    let mut query = Entity::find()
        .filter(agency)
        .filter(Column::CarriedOutAt.is_null())
        .filter(Expr::exists(visible));
    if let Some((due, dossier, class)) = after {
        let later = Column::DossierId
            .gt(dossier)
            .or(Column::DossierId.eq(dossier).and(Column::Class.gt(class)));
        query = query.filter(Column::DueAt.gt(due).or(Column::DueAt.eq(due).and(later)));
    }
    let rows = query
        .order_by_asc(Column::DueAt)
        .order_by_asc(Column::DossierId)
        .order_by_asc(Column::Class)
        .limit(limit)
        .all(db)
        .await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.dossier_id).collect();
    let holds = holds(db, rt, &ids).await?;
    let dossiers = Dossiers::find()
        .filter(D::Id.is_in(ids))
        .filter(within(scope))
        .all(db)
        .await?;
    let mut out = Vec::new();
    for row in rows {
        if let Some(dossier) = dossiers.iter().find(|d| d.id == row.dossier_id) {
            out.push(Listed {
                hold: holds.get(&row.dossier_id).cloned(),
                notice: notice(row)?,
                dossier: read(rt, dossier.clone())?,
            });
        }
    }
    Ok(out)
}

/// Notices that are due and held back by nothing, the longest ago first.
pub(crate) async fn due(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<Notice>, DbErr> {
    let held = Query::select()
        .column(retention_hold::Column::DossierId)
        .from(retention_hold::Entity)
        .and_where(
            Expr::col((retention_hold::Entity, retention_hold::Column::DossierId))
                .equals((Entity, Column::DossierId)),
        )
        .to_owned();
    let rows = Entity::find()
        .filter(Column::CarriedOutAt.is_null())
        .filter(Column::DueAt.lte(now))
        .filter(Expr::exists(held).not())
        .order_by_asc(Column::DueAt)
        .limit(limit)
        .all(db)
        .await?;
    rows.into_iter().map(notice).collect()
}

/// Whether a notice is up and not carried out.
pub(crate) async fn is_up(
    db: &impl ConnectionTrait,
    class: Class,
    dossier: DossierId,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let row = Entity::find_by_id((class.as_str().to_owned(), dossier.0))
        .one(db)
        .await?;
    Ok(row.is_some_and(|row| row.carried_out_at.is_none() && row.due_at <= now))
}

/// Notes that a notice was carried out: the row stays, so that it is not put up again.
pub(crate) async fn carried_out(
    tx: &Tx,
    class: Class,
    dossier: DossierId,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::CarriedOutAt, Expr::value(now))
        .filter(Column::Class.eq(class.as_str()))
        .filter(Column::DossierId.eq(dossier.0))
        .exec(&**tx)
        .await
        .map(|_| ())
}

/// Takes a notice down: its ground is gone.
pub(crate) async fn remove(tx: &Tx, class: Class, dossier: DossierId) -> Result<(), DbErr> {
    Entity::delete_by_id((class.as_str().to_owned(), dossier.0))
        .exec(&**tx)
        .await
        .map(|_| ())
}

/// Which of these dossiers are pseudonymised.
pub(crate) async fn pseudonymised(
    db: &impl ConnectionTrait,
    dossiers: &[Uuid],
) -> Result<BTreeSet<Uuid>, DbErr> {
    let rows: Vec<Uuid> = Entity::find()
        .select_only()
        .column(Column::DossierId)
        .filter(Column::Class.eq(Class::Dossier.as_str()))
        .filter(Column::DossierId.is_in(dossiers.iter().copied()))
        .filter(Column::CarriedOutAt.is_not_null())
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

/// A dossier whose retention may end.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) id: Uuid,
    pub(crate) agency: String,
    pub(crate) filed: DateTime<Utc>,
}

/// Dossiers that are over, were filed before the horizon, have something of the class left and no notice of it; the oldest first, after
/// a place.
pub(crate) async fn candidates(
    db: &impl ConnectionTrait,
    class: Class,
    horizon: DateTime<Utc>,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: u64,
) -> Result<Vec<Candidate>, DbErr> {
    let left = match class {
        Class::Paper | Class::Result => Condition::all().add(Expr::exists(files_of(class))),
        // A dossier is one but once.
        Class::Dossier => Condition::all().add(Expr::exists(notices_of(class, false)).not()),
    };
    let mut query = Dossiers::find()
        .select_only()
        .columns([D::Id, D::AgencyCode, D::SubmittedAt])
        .filter(D::SubmittedAt.lte(horizon))
        .filter(D::Status.is_in(OVER.map(DossierStatus::as_str)))
        .filter(left)
        .filter(Expr::exists(notices_of(class, true)).not());
    if let Some((filed, id)) = after {
        query = query.filter(
            D::SubmittedAt
                .gt(filed)
                .or(D::SubmittedAt.eq(filed).and(D::Id.gt(id))),
        );
    }
    let rows: Vec<(Uuid, String, DateTime<Utc>)> = query
        .order_by_asc(D::SubmittedAt)
        .order_by_asc(D::Id)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows
        .into_iter()
        .map(|(id, agency, filed)| Candidate { id, agency, filed })
        .collect())
}

/// Files of the class that the dossier of the outer query still has.
fn files_of(class: Class) -> SelectStatement {
    use dossier_file::{Column as F, Entity as Files};
    Query::select()
        .column(F::FileId)
        .from(Files)
        .and_where(Expr::col((Files, F::DossierId)).equals((Dossiers, D::Id)))
        .and_where(Expr::col((Files, F::Kind)).is_in(kinds(class)))
        .and_where(Expr::col((Files, F::RemovedAt)).is_null())
        .to_owned()
}

/// Notices of the class about the dossier of the outer query, those that are up or all.
fn notices_of(class: Class, up: bool) -> SelectStatement {
    let mut query = Query::select();
    query
        .column(Column::DossierId)
        .from(Entity)
        .and_where(Expr::col((Entity, Column::DossierId)).equals((Dossiers, D::Id)))
        .and_where(Expr::col((Entity, Column::Class)).eq(class.as_str()));
    if up {
        query.and_where(Expr::col((Entity, Column::CarriedOutAt)).is_null());
    }
    query
}

/// When these dossiers came to the state they are in, by their journals: the same as `domain::retention::ended`, for many.
pub(crate) async fn ended(
    db: &impl ConnectionTrait,
    dossiers: &[Uuid],
) -> Result<BTreeMap<Uuid, DateTime<Utc>>, DbErr> {
    let rows: Vec<(Uuid, Option<String>, String, DateTime<Utc>)> = journal::Entity::find()
        .select_only()
        .columns([
            journal::Column::DossierId,
            journal::Column::FromStatus,
            journal::Column::ToStatus,
            journal::Column::At,
        ])
        .filter(journal::Column::DossierId.is_in(dossiers.iter().copied()))
        .filter(journal::Column::ToStatus.is_in(OVER.map(DossierStatus::as_str)))
        .order_by_asc(journal::Column::DossierId)
        .order_by_asc(journal::Column::Seq)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows
        .into_iter()
        .filter(|(_, from, to, _)| from.as_deref() != Some(to.as_str()))
        .map(|(id, _, _, at)| (id, at))
        .collect())
}
