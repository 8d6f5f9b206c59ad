//! Giving, taking away and using mandates.

use crate::App;
use crate::domain::account::Account;
use crate::domain::mandate::Mandate;
use crate::store;
use chrono::{DateTime, Utc};
use contracts::{AccountId, Actor, Ground};
use kit::Runtime;
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

/// A new mandate, checked.
#[derive(Clone)]
pub(crate) struct New {
    pub(crate) principal: AccountId,
    /// Of who may act.
    pub(crate) identity_number: String,
    pub(crate) ground: Ground,
    pub(crate) permissions: Vec<String>,
    pub(crate) document: String,
    pub(crate) valid_until: Option<DateTime<Utc>>,
}

/// Gives a mandate.
pub(crate) async fn give(app: &App, by: &Actor, new: New) -> Result<Mandate, DbErr> {
    let now = app.rt.clock.now();
    let mandate = Mandate {
        id: app.rt.ids.uuid(now),
        principal: new.principal,
        agent_number: app.rt.sealer.seal(app.rt.ids, &new.identity_number),
        agent_hash: app.rt.sealer.lookup_hash(&new.identity_number),
        ground: new.ground,
        permissions: new.permissions,
        document: app.rt.sealer.seal(app.rt.ids, &new.document),
        valid_from: now,
        valid_until: new.valid_until,
        created_by: by.subject,
        created_at: now,
        revoked_at: None,
    };
    app.db
        .tx(|tx| {
            let mandate = mandate.clone();
            async move { store::mandate::add(&*tx, &mandate).await }
        })
        .await?;
    tracing::info!(mandate = %mandate.id, principal = %mandate.principal, by = %by.subject, "mandate given");
    Ok(mandate)
}

/// Takes one away that `may` says one may; tokens by it are refused within seconds. False: there is none such.
pub(crate) async fn revoke(
    app: &App,
    by: AccountId,
    id: Uuid,
    may: impl Fn(&Mandate) -> bool,
) -> Result<bool, DbErr> {
    let now = app.rt.clock.now();
    let may = &may;
    let revoked = app
        .db
        .tx(|tx| async move {
            let found = store::mandate::find(&*tx, id).await?;
            if !found.is_some_and(|mandate| may(&mandate)) {
                return Ok(false);
            }
            if !store::mandate::revoke(&*tx, id, by, now).await? {
                return Ok(false);
            }
            store::grant::end_mandate(&*tx, id, now).await?;
            store::revocation::end(&*tx, id, now).await?;
            Ok::<_, DbErr>(true)
        })
        .await?;
    if revoked {
        tracing::info!(mandate = %id, %by, "mandate revoked");
    }
    Ok(revoked)
}

/// For whom an account acts by a mandate, when it may now.
pub(crate) async fn used(
    db: &impl ConnectionTrait,
    rt: &Runtime,
    agent: &Account,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<Option<(Mandate, Account)>, DbErr> {
    let Some(mandate) = store::mandate::find(db, id).await? else {
        return Ok(None);
    };
    let hashes = hashes(rt, agent)?;
    let principal = store::account::find(db, mandate.principal).await?;
    Ok(principal
        .filter(|principal| mandate.lets((agent, &hashes), principal, now))
        .map(|principal| (mandate, principal)))
}

/// The hashes by which mandates name this account: none without a verified number.
pub(crate) fn hashes(rt: &Runtime, account: &Account) -> Result<Vec<String>, DbErr> {
    let number = account
        .identity_number
        .as_deref()
        .map(|sealed| rt.sealer.open(sealed))
        .transpose()
        .map_err(|error| DbErr::Custom(error.to_string()))?;
    Ok(number.map_or_else(Vec::new, |number| rt.sealer.lookup_hashes(&number)))
}
