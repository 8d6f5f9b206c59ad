//! Giving roles for a time and taking them back. What is taken back is refused everywhere within seconds.

use crate::App;
use crate::domain::account::{Account, Reach};
use crate::domain::assignment::{self, Assignment, Kind, Refusal};
use crate::error::{DataError, codes};
use crate::store;
use chrono::{DateTime, Utc};
use contracts::problem::shared;
use contracts::{AccountId, Actor, Role};
use durable::Tx;
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

/// A role to give, checked in form.
#[derive(Clone, Debug)]
pub(crate) struct New {
    pub(crate) kind: Kind,
    /// Login of the one who is to hold it, folded.
    pub(crate) login: String,
    pub(crate) role: Role,
    pub(crate) from: DateTime<Utc>,
    pub(crate) until: DateTime<Utc>,
    pub(crate) reason: String,
}

/// By what right a role is given.
enum Giver<'a> {
    /// It is within the reach.
    Administrator(&'a Reach),
    /// It is a role of one's own.
    Principal(Box<Account>),
}

/// Gives a role for a time.
pub(crate) async fn give(
    app: &App,
    by: &Actor,
    reach: Option<&Reach>,
    new: &New,
) -> Result<Assignment, DataError> {
    let now = app.rt.clock.now();
    assignment::period(new.from, new.until, now)?;
    let given = app
        .db
        .tx(|tx| async move {
            // Who may give none learns nothing of logins: that is asked before anybody is looked up.
            let giver = match new.kind {
                Kind::Acting => {
                    Giver::Administrator(reach.ok_or(DataError::Refused(shared::FORBIDDEN))?)
                }
                Kind::Delegation => {
                    let own = store::account::find(&*tx, by.subject).await?;
                    let own = own.ok_or(Refusal::NotHeld)?;
                    assignment::holds(&own, new.role)?;
                    Giver::Principal(Box::new(own))
                }
            };
            let to = store::account::by_login(&*tx, &new.login)
                .await?
                .ok_or(Refusal::Holder)?;
            let principal = match giver {
                Giver::Administrator(reach) => {
                    assignment::may_appoint(by, reach, &to, new.role)?;
                    None
                }
                Giver::Principal(own) => {
                    assignment::may_delegate(&own, &to, new.role)?;
                    Some((own.id, own.name))
                }
            };
            let given = Assignment {
                id: app.rt.ids.uuid(now),
                holder: to.id,
                holder_name: to.name,
                principal,
                role: new.role,
                agency: to.agency.unwrap_or_default(),
                from: new.from,
                until: new.until,
                reason: new.reason.clone(),
                created_by: by.subject,
                created_at: now,
                ended_at: None,
            };
            store::assignment::insert(&*tx, &given).await?;
            Ok::<_, DataError>(given)
        })
        .await?;
    tracing::info!(assignment = %given.id, holder = %given.holder, by = %by.subject, "role given for a time");
    Ok(given)
}

/// Takes one back that the caller may end.
pub(crate) async fn end(
    app: &App,
    by: &Actor,
    reach: Option<&Reach>,
    id: Uuid,
) -> Result<(), DataError> {
    let now = app.rt.clock.now();
    let not_there = || DataError::NotFound(codes::ASSIGNMENT_NOT_FOUND);
    app.db
        .tx(|tx| async move {
            let found = store::assignment::find(&*tx, by.subject, reach, id)
                .await?
                .filter(|a| a.may_end(by.subject, reach))
                .ok_or_else(not_there)?;
            if store::assignment::end(&*tx, id, by.subject, now).await? {
                refuse_tokens(&tx, found.holder, now).await?;
            }
            Ok::<_, DataError>(())
        })
        .await?;
    tracing::info!(assignment = %id, by = %by.subject, "role taken back");
    Ok(())
}

/// Ends what an account gave and holds, because its own rights were cut: within the transaction of that.
pub(crate) async fn end_all(
    tx: &Tx,
    account: AccountId,
    by: AccountId,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    for holder in store::assignment::end_all(&**tx, account, by, now).await? {
        if holder != account.0 {
            refuse_tokens(tx, AccountId(holder), now).await?;
        }
    }
    Ok(())
}

/// Tokens of this account that were given until now say something that is no longer so.
pub(crate) async fn refuse_tokens(
    tx: &Tx,
    holder: AccountId,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    // Locked first: another change in between would keep the version from being taken, and the revocation with it.
    store::account::touch(&**tx, holder).await?;
    if let Some(mut account) = store::account::find(&**tx, holder).await? {
        account.version += 1;
        if store::account::save(&**tx, &account, now).await? {
            store::revocation::put(&**tx, holder, account.version, now).await?;
        }
    }
    Ok(())
}

/// What an account holds for a time now; delegations only while the one who gave them still holds the role.
pub(crate) async fn held(
    db: &impl ConnectionTrait,
    account: AccountId,
    now: DateTime<Utc>,
) -> Result<Vec<Assignment>, DbErr> {
    let mut held = Vec::new();
    for one in store::assignment::held(db, account, now).await? {
        let good = match &one.principal {
            None => true,
            Some((id, _)) => store::account::find(db, *id)
                .await?
                .is_some_and(|p| p.active && p.roles.contains(&one.role)),
        };
        if good {
            held.push(one);
        }
    }
    Ok(held)
}

impl From<Refusal> for DataError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Holder => Self::NotFound(codes::ACCOUNT_NOT_FOUND),
            Refusal::NotHeld => Self::Refused(codes::ASSIGNMENT_NOT_HELD),
            Refusal::Role => Self::Refused(codes::ASSIGNMENT_ROLE),
            Refusal::Oneself => Self::Refused(codes::ASSIGNMENT_SELF),
            Refusal::HasIt => Self::Refused(codes::ASSIGNMENT_HAS_IT),
            Refusal::Period => Self::Refused(codes::ASSIGNMENT_PERIOD),
        }
    }
}
