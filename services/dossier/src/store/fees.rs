//! Which dossier a payment is for, and what the payment platform reported.

use super::corrupt;
use super::dossiers::{of_agencies, within};
use super::entity::dossier;
use crate::domain::fee::Fee;
use chrono::{DateTime, Utc};
use contracts::{DossierId, Scope};
use durable::Tx;
use sea_orm::sea_query::{Condition, Expr, ExprTrait as _, OnConflict, Query};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, Set,
};

pub(crate) mod reference {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "fee_reference")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) reference: String,
        pub(crate) dossier_id: Uuid,
        pub(crate) fee: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod report {
    use sea_orm::entity::prelude::*;

    /// What the payment platform said of one transaction.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "payment_report")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) partner: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) transaction_id: String,
        pub(crate) body_hash: String,
        pub(crate) reference: String,
        /// VND.
        pub(crate) amount: i64,
        pub(crate) reported_at: ChronoDateTimeUtc,
        pub(crate) outcome: String,
        pub(crate) dossier_id: Option<Uuid>,
        pub(crate) agency_code: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Notes the references of obligations that are new.
pub(crate) async fn note_references(
    tx: &Tx,
    dossier: DossierId,
    before: &[Fee],
    after: &[Fee],
) -> Result<(), DbErr> {
    let new = after
        .iter()
        .filter(|fee| !before.iter().any(|known| known.no == fee.no));
    for fee in new {
        reference::ActiveModel {
            reference: Set(fee.reference.clone()),
            dossier_id: Set(dossier.0),
            fee: Set(i64::from(fee.no)),
        }
        .insert(&**tx)
        .await?;
    }
    Ok(())
}

/// The obligation that a reference stands for.
pub(crate) async fn find(
    db: &impl ConnectionTrait,
    reference: &str,
) -> Result<Option<(DossierId, u32)>, DbErr> {
    let row = reference::Entity::find_by_id(reference.to_owned())
        .one(db)
        .await?;
    row.map(|row| {
        let no = u32::try_from(row.fee).map_err(corrupt)?;
        Ok((DossierId(row.dossier_id), no))
    })
    .transpose()
}

/// Takes a report, unless the transaction was reported before: then that report.
pub(crate) async fn take_report(
    tx: &Tx,
    row: report::Model,
) -> Result<Option<report::Model>, DbErr> {
    let key = (row.partner.clone(), row.transaction_id.clone());
    let written = report::Entity::insert(row.into_active_model())
        .on_conflict(
            OnConflict::columns([report::Column::Partner, report::Column::TransactionId])
                .do_nothing()
                .to_owned(),
        )
        .exec_without_returning(&**tx)
        .await?;
    if written == 1 {
        return Ok(None);
    }
    report::Entity::find_by_id(key)
        .one(&**tx)
        .await?
        .map(Some)
        .ok_or_else(|| corrupt("a payment report that is there is not there"))
}

/// What became of a report.
pub(crate) async fn settle(
    tx: &Tx,
    (partner, transaction): (&str, &str),
    outcome: &str,
    dossier: Option<(DossierId, &str)>,
) -> Result<(), DbErr> {
    report::Entity::update_many()
        .col_expr(report::Column::Outcome, Expr::value(outcome))
        .col_expr(
            report::Column::DossierId,
            Expr::value(dossier.map(|(id, _)| id.0)),
        )
        .col_expr(
            report::Column::AgencyCode,
            Expr::value(dossier.map(|(_, agency)| agency.to_owned())),
        )
        .filter(report::Column::Partner.eq(partner))
        .filter(report::Column::TransactionId.eq(transaction))
        .exec(&**tx)
        .await
        .map(|_| ())
}

/// Reports, newest first, of the scope's agency; of everything, and also of what belongs to nobody, for `all`.
pub(crate) async fn reports(
    db: &impl ConnectionTrait,
    scope: &Scope,
    all: bool,
    outcome: Option<&str>,
    before: Option<(DateTime<Utc>, String)>,
    limit: u64,
) -> Result<Vec<report::Model>, DbErr> {
    let mut query = report::Entity::find();
    query = match scope {
        _ if all => query,
        scope => {
            // Of a dossier that the caller may not know of there is no payment either.
            let visible = Query::select()
                .column(dossier::Column::Id)
                .from(dossier::Entity)
                .cond_where(within(scope))
                .and_where(
                    Expr::col((dossier::Entity, dossier::Column::Id))
                        .equals((report::Entity, report::Column::DossierId)),
                )
                .to_owned();
            query
                .filter(of_agencies(report::Column::AgencyCode, scope))
                .filter(
                    Condition::any()
                        .add(report::Column::DossierId.is_null())
                        .add(Expr::exists(visible)),
                )
        }
    };
    if let Some(outcome) = outcome {
        query = query.filter(report::Column::Outcome.eq(outcome));
    }
    if let Some((at, transaction)) = before {
        query = query.filter(
            report::Column::ReportedAt
                .lt(at)
                .or(report::Column::ReportedAt
                    .eq(at)
                    .and(report::Column::TransactionId.lt(transaction))),
        );
    }
    query
        .order_by_desc(report::Column::ReportedAt)
        .order_by_desc(report::Column::TransactionId)
        .limit(limit)
        .all(db)
        .await
}
