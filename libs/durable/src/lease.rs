//! One row per thing that only one replica may do at a time; also the clock of periodic jobs.

use crate::db::Db;
use crate::schema::Lease as Col;
use crate::task::built;
use chrono::{DateTime, Duration, Utc};
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict, Query};
use sea_orm::{ConnectionTrait as _, DbErr};
use uuid::Uuid;

/// Takes or renews a lease; false when somebody else has it.
pub(crate) async fn take(
    db: &Db,
    name: &str,
    holder: Uuid,
    now: DateTime<Utc>,
    held: Duration,
) -> Result<bool, DbErr> {
    let insert = &insert(name, now)?;
    let mut update = Query::update();
    update
        .table(Col::Table)
        .value(Col::Holder, holder)
        .value(Col::Until, now + held)
        .and_where(Expr::col(Col::Name).eq(name))
        .and_where(
            Expr::col(Col::Until)
                .lte(now)
                .or(Expr::col(Col::Holder).eq(holder)),
        );
    let update = &update;
    db.tx(|tx| async move {
        if tx.execute(update).await?.rows_affected() == 1 {
            return Ok(true);
        }
        // No row yet, or somebody holds it; a second update tells which.
        tx.execute(insert).await?;
        Ok(tx.execute(update).await?.rows_affected() == 1)
    })
    .await
}

/// Gives a lease back.
pub(crate) async fn release(
    db: &Db,
    name: &str,
    holder: Uuid,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let mut update = Query::update();
    update
        .table(Col::Table)
        .value(Col::Until, now)
        .and_where(Expr::col(Col::Name).eq(name))
        .and_where(Expr::col(Col::Holder).eq(holder));
    let update = &update;
    db.tx(|tx| async move { tx.execute(update).await.map(|_| ()) })
        .await
}

/// How many of these rows there are.
pub(crate) async fn known(db: &Db, names: &[String]) -> Result<usize, DbErr> {
    let mut select = Query::select();
    select
        .column(Col::Name)
        .from(Col::Table)
        .and_where(Expr::col(Col::Name).is_in(names));
    Ok(db.read().query_all(&select).await?.len())
}

/// Makes the rows of periodic jobs, due at once, where there are none.
pub(crate) async fn prepare(db: &Db, names: &[String], now: DateTime<Utc>) -> Result<(), DbErr> {
    db.tx(|tx| async move {
        for name in names {
            tx.execute(&insert(name, now)?).await?;
        }
        Ok(())
    })
    .await
}

/// Names of periodic jobs that are due and run nowhere.
pub(crate) async fn due(
    db: &Db,
    names: &[String],
    now: DateTime<Utc>,
) -> Result<Vec<String>, DbErr> {
    let mut select = Query::select();
    select
        .column(Col::Name)
        .from(Col::Table)
        .and_where(Expr::col(Col::Name).is_in(names))
        .and_where(Expr::col(Col::NextAt).lte(now))
        .and_where(Expr::col(Col::Until).lte(now));
    db.read()
        .query_all(&select)
        .await?
        .iter()
        .map(|row| row.try_get("", "name"))
        .collect()
}

/// For how long each of these jobs has been due, in seconds: none when it is not, or when it runs now.
pub(crate) async fn late(
    db: &Db,
    names: &[String],
    now: DateTime<Utc>,
) -> Result<Vec<(String, i64)>, DbErr> {
    let mut select = Query::select();
    select
        .columns([Col::Name, Col::NextAt, Col::Until])
        .from(Col::Table)
        .and_where(Expr::col(Col::Name).is_in(names));
    let mut late = Vec::new();
    for row in db.read().query_all(&select).await? {
        let next: DateTime<Utc> = row.try_get("", "next_at")?;
        let until: DateTime<Utc> = row.try_get("", "until")?;
        let runs = until > now;
        let seconds = if runs { 0 } else { (now - next).num_seconds() };
        late.push((row.try_get("", "name")?, Ord::max(seconds, 0)));
    }
    Ok(late)
}

/// Takes a periodic job that is due; false when another replica was faster.
pub(crate) async fn begin(
    db: &Db,
    name: &str,
    holder: Uuid,
    now: DateTime<Utc>,
    held: Duration,
) -> Result<bool, DbErr> {
    let mut update = Query::update();
    update
        .table(Col::Table)
        .value(Col::Holder, holder)
        .value(Col::Until, now + held)
        .and_where(Expr::col(Col::Name).eq(name))
        .and_where(Expr::col(Col::NextAt).lte(now))
        .and_where(Expr::col(Col::Until).lte(now));
    let update = &update;
    db.tx(|tx| async move { Ok(tx.execute(update).await?.rows_affected() == 1) })
        .await
}

/// Ends a run of a periodic job and says when the next is due.
pub(crate) async fn end(
    db: &Db,
    name: &str,
    holder: Uuid,
    now: DateTime<Utc>,
    next: DateTime<Utc>,
) -> Result<(), DbErr> {
    let mut update = Query::update();
    update
        .table(Col::Table)
        .value(Col::Until, now)
        .value(Col::NextAt, next)
        .and_where(Expr::col(Col::Name).eq(name))
        .and_where(Expr::col(Col::Holder).eq(holder));
    let update = &update;
    db.tx(|tx| async move { tx.execute(update).await.map(|_| ()) })
        .await
}

fn insert(name: &str, now: DateTime<Utc>) -> Result<sea_orm::sea_query::InsertStatement, DbErr> {
    let mut insert = Query::insert();
    insert
        .into_table(Col::Table)
        .columns([Col::Name, Col::Until, Col::NextAt])
        .values([name.into(), now.into(), now.into()])
        .map_err(built)?
        .on_conflict(OnConflict::column(Col::Name).do_nothing().to_owned());
    Ok(insert)
}
