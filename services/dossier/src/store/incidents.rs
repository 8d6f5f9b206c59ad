//! Announced incidents (sự cố hệ thống): while one lasts the clocks of its agencies stand.

use super::entity::dossier;
use super::entity::incident::{ActiveModel, Column, Entity, Model};
use chrono::{DateTime, Duration, Utc};
use contracts::{DossierId, DossierStatus};
use durable::Tx;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, ConnectionTrait, DbErr, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use uuid::Uuid;
use vn::worktime::{Pause, PauseReason};

/// Where clocks stand now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Everything runs.
    Nowhere,
    /// At these agencies.
    At(Vec<String>),
    /// At every agency.
    Everywhere,
}

/// Within what time an incident is repaired that was announced without an expected end (NĐ 301/2026 art. 6).
const REPAIR: Duration = Duration::hours(24);

/// Where clocks stand: an incident that lasts, or one whose time is not yet given back everywhere.
pub(crate) async fn standing(db: &impl ConnectionTrait) -> Result<Standing, DbErr> {
    Ok(at(unsettled_ones(db).await?))
}

/// Where nobody is told of dates, since an incident lasts that may last, or its time is being given back. One that outlasts its time
/// silences nobody: then the alarms of the dossiers tell that nothing moves.
pub(crate) async fn silent(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
) -> Result<Standing, DbErr> {
    let mut open = unsettled_ones(db).await?;
    open.retain(|incident| {
        let expected = incident.expected_at.unwrap_or(incident.started_at + REPAIR);
        incident.ended_at.is_some() || expected > now
    });
    Ok(at(open))
}

async fn unsettled_ones(db: &impl ConnectionTrait) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::SettledAt.is_null())
        .all(db)
        .await
}

fn at(open: Vec<Model>) -> Standing {
    if open.is_empty() {
        return Standing::Nowhere;
    }
    let agencies: Option<Vec<String>> = open.into_iter().map(|i| i.agency_code).collect();
    agencies.map_or(Standing::Everywhere, Standing::At)
}

/// When incidents lasted, or last, at an agency whose time a dossier was not given back yet; `given`: those whose it was.
pub(crate) async fn not_given_back(
    db: &impl ConnectionTrait,
    agency: &str,
    given: &[Uuid],
) -> Result<Vec<Pause>, DbErr> {
    let unsettled = Entity::find()
        .filter(Column::SettledAt.is_null())
        .filter(concerns(agency))
        .all(db)
        .await?;
    let missing = unsettled.into_iter().filter(|i| !given.contains(&i.id));
    let pauses = missing.map(|incident| Pause {
        from: incident.started_at,
        to: incident.ended_at,
        reason: PauseReason::Incident,
    });
    Ok(pauses.collect())
}

fn concerns(agency: &str) -> Condition {
    Condition::any()
        .add(Column::AgencyCode.is_null())
        .add(Column::AgencyCode.eq(agency))
}

/// The incidents that an administrator may see: those of an agency with those of all, or every one.
pub(crate) async fn list(
    db: &impl ConnectionTrait,
    agency: Option<&str>,
    before: Option<Uuid>,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    let mut query = Entity::find();
    if let Some(agency) = agency {
        query = query.filter(concerns(agency));
    }
    if let Some(before) = before {
        query = query.filter(Column::Id.lt(before));
    }
    query
        .order_by_desc(Column::Id)
        .limit(limit + 1)
        .all(db)
        .await
}

/// One that an administrator may change: of the own agency, or any.
pub(crate) async fn find(
    db: &impl ConnectionTrait,
    agency: Option<&str>,
    id: Uuid,
) -> Result<Option<Model>, DbErr> {
    let mut query = Entity::find_by_id(id);
    if let Some(agency) = agency {
        query = query.filter(Column::AgencyCode.eq(agency));
    }
    query.one(db).await
}

/// An incident of the same reach that shares time with this one.
pub(crate) async fn overlapping(
    db: &impl ConnectionTrait,
    agency: Option<&str>,
    from: DateTime<Utc>,
) -> Result<Option<Model>, DbErr> {
    let mut query = Entity::find().filter(
        Condition::any()
            .add(Column::EndedAt.is_null())
            .add(Column::EndedAt.gt(from)),
    );
    if let Some(agency) = agency {
        query = query.filter(concerns(agency));
    }
    query.one(db).await
}

/// Writes a new one.
pub(crate) async fn insert(tx: &Tx, row: Model) -> Result<(), DbErr> {
    row.into_active_model().insert(&**tx).await.map(|_| ())
}

/// Writes a change, if nobody was faster. False: the row had another version.
pub(crate) async fn update(tx: &Tx, after: Model) -> Result<bool, DbErr> {
    let (id, version) = (after.id, after.version);
    let active: ActiveModel = after.into_active_model().reset_all();
    let done = Entity::update_many()
        .set(active)
        .filter(Column::Id.eq(id))
        .filter(Column::Version.eq(version - 1))
        .exec(&**tx)
        .await?;
    Ok(done.rows_affected == 1)
}

/// The oldest that has ended and whose time is not given back everywhere.
pub(crate) async fn unsettled(db: &impl ConnectionTrait) -> Result<Option<Model>, DbErr> {
    Entity::find()
        .filter(Column::SettledAt.is_null())
        .filter(Column::EndedAt.is_not_null())
        .order_by_asc(Column::EndedAt)
        .one(db)
        .await
}

/// Notes how far it was given back.
pub(crate) async fn moved(
    tx: &Tx,
    id: Uuid,
    dossier: Option<DossierId>,
    moved: i64,
    settled_at: Option<DateTime<Utc>>,
) -> Result<(), DbErr> {
    let mut update = Entity::update_many()
        .col_expr(
            Column::Moved,
            sea_orm::sea_query::ExprTrait::add(Expr::col(Column::Moved), moved),
        )
        .col_expr(Column::SettledAt, Expr::val(settled_at))
        .filter(Column::Id.eq(id));
    if let Some(dossier) = dossier {
        update = update.col_expr(Column::MovedTo, Expr::val(dossier.0));
    }
    update.exec(&**tx).await.map(|_| ())
}

/// Dossiers whose clocks an incident held up, in the order of their ids, after the last that was moved.
pub(crate) async fn held_up(
    db: &impl ConnectionTrait,
    incident: &Model,
    limit: u64,
) -> Result<Vec<DossierId>, DbErr> {
    let open = [
        DossierStatus::New,
        DossierStatus::Received,
        DossierStatus::InProgress,
        DossierStatus::SupplementRequested,
        DossierStatus::PaymentRequested,
    ]
    .map(DossierStatus::as_str);
    let mut query = dossier::Entity::find()
        .select_only()
        .column(dossier::Column::Id)
        .filter(dossier::Column::Status.is_in(open));
    if let Some(agency) = &incident.agency_code {
        query = query.filter(dossier::Column::AgencyCode.eq(agency.as_str()));
    }
    if let Some(ended) = incident.ended_at {
        query = query.filter(dossier::Column::SubmittedAt.lt(ended));
    }
    if let Some(after) = incident.moved_to {
        query = query.filter(dossier::Column::Id.gt(after));
    }
    let ids: Vec<Uuid> = query
        .order_by_asc(dossier::Column::Id)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await?;
    Ok(ids.into_iter().map(DossierId).collect())
}
