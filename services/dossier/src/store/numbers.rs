//! The running number of the day of an agency.

use chrono::NaiveDate;
use durable::Tx;
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict, Query};
use sea_orm::{ConnectionTrait as _, DbErr};

/// Takes the next number, from 1. The counter's row stays locked until the transaction ends, so numbers are given in the order of
/// commits and a transaction that fails leaves no gap.
pub(crate) async fn next(tx: &Tx, agency_code: &str, day: NaiveDate) -> Result<i64, DbErr> {
    let insert = Query::insert()
        .into_table("dossier_counter")
        .columns(["agency_code", "day", "last"])
        .values_panic([agency_code.into(), day.into(), 1_i64.into()])
        .on_conflict(
            OnConflict::columns(["agency_code", "day"])
                .value("last", Expr::col(("dossier_counter", "last")).add(1_i64))
                .to_owned(),
        )
        .returning_col("last")
        .to_owned();
    let row = tx
        .query_one(&insert)
        .await?
        .ok_or_else(|| super::corrupt("the counter gave no number"))?;
    row.try_get("", "last")
}
