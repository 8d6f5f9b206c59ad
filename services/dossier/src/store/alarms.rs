//! Alarms: which dossier's clock has come to its next point, and which were raised.

use super::corrupt;
use super::dossiers::{of_agencies, read, running, within};
use super::entity::alarm;
use super::entity::dossier::{Column, Entity};
use super::incidents::Standing;
use crate::domain::Dossier;
use crate::domain::alarm::{Alarm, end_of};
use chrono::{DateTime, Utc};
use contracts::events::AlarmKind;
use contracts::{DossierId, Scope};
use durable::Tx;
use kit::Runtime;
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict, Query};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use uuid::Uuid;

/// Dossiers whose next point has come, the longest ago first. One range of one index: what is not due costs nothing.
pub(crate) async fn due(
    db: &impl ConnectionTrait,
    standing: &Standing,
    now: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<DossierId>, DbErr> {
    let ids: Vec<Uuid> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::AlarmAt.lte(now))
        .filter(running(standing))
        .order_by_asc(Column::AlarmAt)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await?;
    Ok(ids.into_iter().map(DossierId).collect())
}

/// Puts the next point in place of the one that is raised, unless a transition came between. The version stays: nothing has happened
/// to the dossier.
pub(crate) async fn advance(
    tx: &Tx,
    d: &Dossier,
    raised: Alarm,
    next: Option<Alarm>,
) -> Result<bool, DbErr> {
    let done = Entity::update_many()
        .col_expr(Column::AlarmAt, Expr::val(next.map(|a| a.at)))
        .col_expr(
            Column::AlarmKind,
            Expr::val(next.map(|a| a.kind.as_str().to_owned())),
        )
        .filter(Column::Id.eq(d.id.0))
        .filter(Column::Version.eq(d.version))
        .filter(Column::AlarmAt.eq(raised.at))
        .filter(Column::AlarmKind.eq(raised.kind.as_str()))
        .exec(&**tx)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Notes that an alarm was raised. False: it was before.
pub(crate) async fn note(
    tx: &Tx,
    d: &Dossier,
    raised: Alarm,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let row = alarm::Model {
        dossier_id: d.id.0,
        kind: raised.kind.as_str().to_owned(),
        at: raised.at,
        raised_at: now,
        due_at: end_of(d, raised.kind),
        agency_code: d.agency.code.clone(),
    };
    let written = alarm::Entity::insert(row.into_active_model())
        .on_conflict(
            OnConflict::columns([
                alarm::Column::DossierId,
                alarm::Column::Kind,
                alarm::Column::At,
            ])
            .do_nothing()
            .to_owned(),
        )
        .exec_without_returning(&**tx)
        .await?;
    Ok(written > 0)
}

/// An alarm that was raised.
#[derive(Clone, Debug)]
pub(crate) struct Raised {
    pub(crate) kind: AlarmKind,
    pub(crate) at: DateTime<Utc>,
    pub(crate) raised_at: DateTime<Utc>,
    pub(crate) due_at: Option<DateTime<Utc>>,
    pub(crate) dossier: Dossier,
}

/// Alarms about dossiers within a scope, newest first, those raised before the cursor; `limit + 1` rows.
pub(crate) async fn raised(
    db: &impl ConnectionTrait,
    scope: &Scope,
    rt: &Runtime,
    kind: Option<AlarmKind>,
    before: Option<(DateTime<Utc>, Uuid)>,
    limit: u64,
) -> Result<Vec<Raised>, DbErr> {
    // By the agency first, for its index; the scope decides.
    let agency = match scope {
        Scope::Agencies(_) => of_agencies(alarm::Column::AgencyCode, scope),
        Scope::Owner(_) | Scope::Operator(_) | Scope::Nothing => return Ok(Vec::new()),
    };
    let visible = Query::select()
        .column(Column::Id)
        .from(Entity)
        .cond_where(within(scope))
        .and_where(
            Expr::col((Entity, Column::Id)).equals((alarm::Entity, alarm::Column::DossierId)),
        )
        .to_owned();
    let mut query = alarm::Entity::find()
        .filter(agency)
        .filter(Expr::exists(visible));
    if let Some(kind) = kind {
        query = query.filter(alarm::Column::Kind.eq(kind.as_str()));
    }
    if let Some((at, id)) = before {
        query = query.filter(
            alarm::Column::RaisedAt.lt(at).or(alarm::Column::RaisedAt
                .eq(at)
                .and(alarm::Column::DossierId.lt(id))),
        );
    }
    let rows = query
        .order_by_desc(alarm::Column::RaisedAt)
        .order_by_desc(alarm::Column::DossierId)
        .limit(limit + 1)
        .all(db)
        .await?;
    let ids = rows.iter().map(|row| row.dossier_id);
    let dossiers = Entity::find()
        .filter(Column::Id.is_in(ids))
        .filter(within(scope))
        .all(db)
        .await?;
    let mut out = Vec::new();
    for row in rows {
        let Some(dossier) = dossiers.iter().find(|d| d.id == row.dossier_id) else {
            continue;
        };
        out.push(Raised {
            kind: AlarmKind::parse(&row.kind)
                .ok_or_else(|| corrupt(format!("alarm {}", row.kind)))?,
            at: row.at,
            raised_at: row.raised_at,
            due_at: row.due_at,
            dossier: read(rt, dossier.clone())?,
        });
    }
    Ok(out)
}
