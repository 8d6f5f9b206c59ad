//! Recording that an agency took over another's dossiers. It is in the next token of each officer of the successor.

use crate::App;
use crate::domain::succession::{self, Refusal, Succession};
use crate::error::{DataError, codes};
use crate::store;
use chrono::NaiveDate;
use contracts::{Actor, ActorKind};
use kit::token::Claims;
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;
use vn::worktime::local_date;

/// A succession to record, checked in form.
#[derive(Clone, Debug)]
pub(crate) struct New {
    pub(crate) predecessor: String,
    pub(crate) successor: String,
    pub(crate) from: NaiveDate,
    pub(crate) reason: String,
}

/// Records one.
pub(crate) async fn record(app: &App, by: &Actor, new: &New) -> Result<Succession, DataError> {
    let now = app.rt.clock.now();
    let made = app
        .db
        .tx(|tx| async move {
            // Two opposite ones at once would each see no circle.
            tx.alone("successions").await?;
            let all = store::succession::standing(&*tx).await?;
            succession::may_succeed(&all, &new.predecessor, &new.successor)?;
            let made = Succession {
                id: app.rt.ids.uuid(now),
                predecessor: new.predecessor.clone(),
                successor: new.successor.clone(),
                from: new.from,
                reason: new.reason.clone(),
                created_by: by.subject,
                created_at: now,
                ended_at: None,
            };
            if store::succession::insert(&*tx, &made).await? {
                Ok(made)
            } else {
                // Somebody else recorded it between our look and our write.
                Err(DataError::from(Refusal::There))
            }
        })
        .await?;
    tracing::info!(succession = %made.id, by = %by.subject, predecessor = made.predecessor, successor = made.successor, "agency taken over");
    Ok(made)
}

/// Takes one back that was a mistake: tokens that say it are refused from now on, like those of a role that was taken back.
pub(crate) async fn end(app: &App, by: &Actor, id: Uuid) -> Result<(), DataError> {
    let now = app.rt.clock.now();
    let refused = app
        .db
        .tx(|tx| async move {
            let all = store::succession::standing(&*tx).await?;
            let ended = all.iter().find(|s| s.id == id);
            let there = store::succession::end(&*tx, id, by.subject, now).await?;
            let (Some(ended), true) = (ended, there) else {
                return Err(DataError::NotFound(codes::SUCCESSION_NOT_FOUND));
            };
            let reached = succession::successors(&all, ended, local_date(now));
            let officers = store::account::officers_of(&*tx, &reached).await?;
            for officer in &officers {
                super::assignments::refuse_tokens(&tx, *officer, now).await?;
            }
            Ok(officers.len())
        })
        .await?;
    tracing::info!(succession = %id, by = %by.subject, refused, "succession taken back");
    Ok(())
}

/// Writes into the claims of an officer whose dossiers the agency took over.
pub(crate) async fn claim(
    db: &impl ConnectionTrait,
    claims: &mut Claims,
    today: NaiveDate,
) -> Result<(), DbErr> {
    if let (ActorKind::Officer, Some(agency)) = (claims.kind, &claims.agency) {
        let standing = store::succession::standing(db).await?;
        claims.predecessors = succession::predecessors(&standing, agency, today);
    }
    Ok(())
}

impl From<Refusal> for DataError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(match refusal {
            Refusal::Circle => codes::SUCCESSION_CIRCLE,
            Refusal::There => codes::SUCCESSION_THERE,
            Refusal::TooMany => codes::SUCCESSION_TOO_MANY,
        })
    }
}
