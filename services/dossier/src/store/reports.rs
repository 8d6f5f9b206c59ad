//! Counts of an agency (sổ theo dõi, báo cáo tình hình giải quyết): the queries of one report.

use super::dossiers::{of_agencies, read, within};
use super::entity::dossier::{Column, Entity};
use crate::domain::Dossier;
use chrono::{DateTime, Utc};
use contracts::{DossierStatus, Scope};
use kit::Runtime;
use sea_orm::sea_query::{Condition, Expr, ExprTrait as _};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, PaginatorTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, Select,
};

/// A period: from its first instant to the first after it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Period {
    pub(crate) from: DateTime<Utc>,
    pub(crate) until: DateTime<Utc>,
}

/// States of what was received and is not ended.
const OPEN: [DossierStatus; 4] = [
    DossierStatus::Received,
    DossierStatus::InProgress,
    DossierStatus::SupplementRequested,
    DossierStatus::PaymentRequested,
];

/// What is counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Received before the period and not ended before it.
    pub(crate) carried_over: i64,
    /// Received in the period, by channel.
    pub(crate) received: Vec<(String, i64)>,
    /// Solved in the period, by outcome.
    pub(crate) solved: Vec<(String, i64)>,
    /// Solved in the period, by outcome against the date first promised.
    pub(crate) solved_by_first_date: Vec<(String, i64)>,
    /// Ended otherwise in the period, by state.
    pub(crate) ended: Vec<(String, i64)>,
    /// Being handled now and not late.
    pub(crate) in_term: i64,
    /// Being handled now and late by the calendar date.
    pub(crate) overdue: i64,
    /// Waiting for the applicant now, by state.
    pub(crate) waiting: Vec<(String, i64)>,
    /// Filed in the period and checked too late, or still unchecked after the time for it.
    pub(crate) checked_late: i64,
}

/// Rows of the competent agency only: what was handed in here for another one is counted there, once.
fn own(scope: &Scope) -> Option<Select<Entity>> {
    match scope {
        Scope::Agencies(_) => Some(Entity::find().filter(of_agencies(Column::AgencyCode, scope))),
        Scope::Owner(_) | Scope::Operator(_) | Scope::Nothing => None,
    }
}

/// What was received in a period within a scope, in the order of reception: an agency's own, and what was handed in there for another
/// one. Nothing for whoever is no agency.
pub(crate) async fn received(
    db: &impl ConnectionTrait,
    scope: &Scope,
    rt: &Runtime,
    period: Period,
    limit: u64,
) -> Result<Vec<Dossier>, DbErr> {
    if own(scope).is_none() {
        return Ok(Vec::new());
    }
    let rows = Entity::find()
        .filter(within(scope))
        .filter(Column::ReceivedAt.gte(period.from))
        .filter(Column::ReceivedAt.lt(period.until))
        .order_by_asc(Column::ReceivedAt)
        .order_by_asc(Column::Id)
        .limit(limit)
        .all(db)
        .await?;
    rows.into_iter().map(|row| read(rt, row)).collect()
}

/// Counts of an agency. `today` is the first instant of the present day in Việt Nam: what was due before it is late.
pub(crate) async fn counts(
    db: &impl ConnectionTrait,
    scope: &Scope,
    period: Period,
    now: DateTime<Utc>,
    today: DateTime<Utc>,
) -> Result<Counts, DbErr> {
    let Some(own) = own(scope) else {
        return Ok(Counts::default());
    };
    let Period { from, until } = period;
    let received = Condition::all()
        .add(Column::ReceivedAt.gte(from))
        .add(Column::ReceivedAt.lt(until));
    let ended = Condition::all()
        .add(Column::EndedAt.gte(from))
        .add(Column::EndedAt.lt(until));
    let by = async |column: Column, which: Condition| -> Result<Vec<(String, i64)>, DbErr> {
        own.clone()
            .select_only()
            .column(column)
            .column_as(Column::Id.count(), "n")
            .filter(which)
            .group_by(column)
            .into_tuple()
            .all(db)
            .await
    };
    let count = async |which: Condition| -> Result<i64, DbErr> {
        let n = own.clone().filter(which).count(db).await?;
        Ok(i64::try_from(n).unwrap_or(i64::MAX))
    };
    let solved = ended.clone().add(Column::Outcome.is_not_null());
    let other = [
        DossierStatus::NotReceived,
        DossierStatus::Withdrawn,
        DossierStatus::Stopped,
    ]
    .map(DossierStatus::as_str);
    let handled = Condition::all()
        .add(Column::Status.is_in(
            [DossierStatus::Received, DossierStatus::InProgress].map(DossierStatus::as_str),
        ));
    let not_late = Condition::any()
        .add(Column::DueAt.is_null())
        .add(Column::DueAt.gte(today));
    let waiting = [
        DossierStatus::SupplementRequested,
        DossierStatus::PaymentRequested,
    ]
    .map(DossierStatus::as_str);
    let late_check = Condition::any().add(Column::CheckLate.eq(true)).add(
        Condition::all()
            .add(Column::CheckDueAt.lt(now))
            .add(Column::Status.eq(DossierStatus::New.as_str())),
    );
    Ok(Counts {
        carried_over: count(
            Condition::all().add(Column::ReceivedAt.lt(from)).add(
                Condition::any()
                    .add(Column::Status.is_in(OPEN.map(DossierStatus::as_str)))
                    .add(Column::EndedAt.gte(from)),
            ),
        )
        .await?,
        received: by(Column::Channel, received).await?,
        solved: by(Column::Outcome, solved.clone()).await?,
        solved_by_first_date: by(Column::FirstOutcome, solved).await?,
        ended: by(Column::Status, ended.add(Column::Status.is_in(other))).await?,
        in_term: count(handled.clone().add(not_late)).await?,
        overdue: count(handled.add(Column::DueAt.lt(today))).await?,
        waiting: by(
            Column::Status,
            Condition::all().add(Expr::col(Column::Status).is_in(waiting)),
        )
        .await?,
        checked_late: count(
            Condition::all()
                .add(Column::SubmittedAt.gte(from))
                .add(Column::SubmittedAt.lt(until))
                .add(late_check),
        )
        .await?,
    })
}
