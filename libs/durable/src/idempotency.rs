//! Requests that are repeated get the answer they got: key, work and answer are in one transaction.

use crate::db::{Db, Tx, TxError};
use crate::schema::Idempotency as Col;
use crate::task::built;
use chrono::{DateTime, Utc};
use contracts::AccountId;
use kit::Runtime;
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict, Query};
use sea_orm::{ConnectionTrait as _, DbErr, FromQueryResult};
use std::future::Future;

/// An answer that can be given again.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Body.
    pub body: serde_json::Value,
    /// `ETag` header.
    pub etag: Option<String>,
    /// `Location` header.
    pub location: Option<String>,
}

/// The key was used for another request: `idempotency.key-reused`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the idempotency key was used for another request")]
pub struct IdempotencyConflict;

#[derive(FromQueryResult)]
struct Saved {
    operation: String,
    body_hash: String,
    status: i64,
    body: String,
    etag: Option<String>,
    location: Option<String>,
}

/// Does `work` once per actor and key and saves its answer; repeated with the same operation and body, gives the saved answer.
///
/// Without a key it is a plain transaction. An error of `work` is not saved: the same key may then be tried again. Two requests
/// with one key at the same time: the second waits for the first and gets its answer (or does the work, when the first failed).
///
/// # Errors
/// [`IdempotencyConflict`] when the key was used for another operation or body; what `work` returned; the database's.
#[expect(
    clippy::too_many_arguments,
    reason = "all of it is the identity of one request"
)]
pub async fn idempotent<E, F, Fut>(
    db: &Db,
    rt: &Runtime,
    actor: AccountId,
    key: Option<&str>,
    operation: &str,
    body_hash: &str,
    mut work: F,
) -> Result<Answer, E>
where
    F: FnMut(Tx) -> Fut,
    Fut: Future<Output = Result<Answer, E>>,
    E: TxError + From<IdempotencyConflict>,
{
    let Some(key) = key else {
        return db.tx(work).await;
    };
    db.tx(|tx| {
        // Called now, polled later: the work begins only when the key is ours.
        let work = work(tx.clone());
        async move {
            let now = rt.clock.now();
            if !claim(&tx, actor, key, operation, body_hash, now).await? {
                let saved = saved(&tx, actor, key)
                    .await?
                    .ok_or(DbErr::RecordNotInserted)?;
                if saved.operation != operation || saved.body_hash != body_hash {
                    return Err(IdempotencyConflict.into());
                }
                return Ok(answer(saved)?);
            }
            let answer = work.await?;
            save(&tx, actor, key, &answer).await?;
            Ok(answer)
        }
    })
    .await
}

/// Inserts the key; waits for another transaction that is inserting it. False: it is there.
async fn claim(
    tx: &Tx,
    actor: AccountId,
    key: &str,
    operation: &str,
    body_hash: &str,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let mut insert = Query::insert();
    insert
        .into_table(Col::Table)
        .columns([
            Col::Actor,
            Col::Key,
            Col::Operation,
            Col::BodyHash,
            Col::Status,
            Col::Body,
            Col::CreatedAt,
        ])
        .values([
            actor.0.into(),
            key.into(),
            operation.into(),
            body_hash.into(),
            0.into(),
            "".into(),
            now.into(),
        ])
        .map_err(built)?
        .on_conflict(
            OnConflict::columns([Col::Actor, Col::Key])
                .do_nothing()
                .to_owned(),
        );
    Ok(tx.execute(&insert).await?.rows_affected() == 1)
}

async fn saved(tx: &Tx, actor: AccountId, key: &str) -> Result<Option<Saved>, DbErr> {
    let mut select = Query::select();
    select
        .columns([
            Col::Operation,
            Col::BodyHash,
            Col::Status,
            Col::Body,
            Col::Etag,
            Col::Location,
        ])
        .from(Col::Table)
        .and_where(Expr::col(Col::Actor).eq(actor.0))
        .and_where(Expr::col(Col::Key).eq(key));
    let row = tx.query_one(&select).await?;
    row.map(|row| Saved::from_query_result(&row, ""))
        .transpose()
}

fn answer(saved: Saved) -> Result<Answer, DbErr> {
    Ok(Answer {
        status: u16::try_from(saved.status).map_err(|error| DbErr::Type(error.to_string()))?,
        body: serde_json::from_str(&saved.body).map_err(|error| DbErr::Json(error.to_string()))?,
        etag: saved.etag,
        location: saved.location,
    })
}

async fn save(tx: &Tx, actor: AccountId, key: &str, answer: &Answer) -> Result<(), DbErr> {
    let mut update = Query::update();
    update
        .table(Col::Table)
        .value(Col::Status, i64::from(answer.status))
        .value(Col::Body, answer.body.to_string())
        .value(Col::Etag, answer.etag.clone())
        .value(Col::Location, answer.location.clone())
        .and_where(Expr::col(Col::Actor).eq(actor.0))
        .and_where(Expr::col(Col::Key).eq(key));
    tx.execute(&update).await.map(|_| ())
}
