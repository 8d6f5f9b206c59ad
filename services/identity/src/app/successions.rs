//! Recording that an agency took over another's dossiers. It is in the next token of each officer of the successor.

use crate::App;
use crate::domain::succession::{self, Refusal, Succession};
use crate::error::{DataError, codes};
use crate::store;
use chrono::NaiveDate;
use contracts::Actor;
use kit::auth::Claims;
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

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
            store::succession::insert(&*tx, &made).await?;
            Ok::<_, DataError>(made)
        })
        .await?;
    tracing::info!(succession = %made.id, by = %by.subject, predecessor = made.predecessor, successor = made.successor, "agency taken over");
    Ok(made)
}

/// Takes one back that was a mistake.
pub(crate) async fn end(app: &App, by: &Actor, id: Uuid) -> Result<(), DataError> {
    let now = app.rt.clock.now();
    let ended = app
        .db
        .tx(|tx| async move { store::succession::end(&*tx, id, by.subject, now).await })
        .await?;
    if !ended {
        return Err(DataError::NotFound(codes::SUCCESSION_NOT_FOUND));
    }
    tracing::info!(succession = %id, by = %by.subject, "succession taken back");
    Ok(())
}

/// Writes into the claims of an officer whose dossiers the agency took over.
pub(crate) async fn claim(
    db: &impl ConnectionTrait,
    claims: &mut Claims,
    today: NaiveDate,
) -> Result<(), DbErr> {
    if let Some(agency) = &claims.agency {
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
