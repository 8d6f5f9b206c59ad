//! Creating and changing accounts.

use crate::App;
use crate::domain::account::{Account, Reach, Refusal, may_change, may_create};
use crate::error::AccountError;
use crate::store;
use chrono::{DateTime, Duration, Utc};
use contracts::{AccountId, Actor, Role};
use durable::{Answer, Tx};
use sea_orm::DbErr;
use serde_json::Value;

/// A new account, its fields checked and its password hashed.
#[derive(Clone)]
pub(crate) struct NewAccount {
    pub(crate) login: String,
    pub(crate) password_hash: String,
    pub(crate) name: String,
    pub(crate) roles: Vec<Role>,
    pub(crate) agency: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) identity_number: Option<String>,
}

/// What is to change; `None` stays as it is, `Some(None)` is emptied.
#[derive(Clone, Default)]
pub(crate) struct Change {
    pub(crate) name: Option<String>,
    pub(crate) roles: Option<Vec<Role>>,
    pub(crate) agency: Option<Option<String>>,
    pub(crate) email: Option<Option<String>>,
    pub(crate) phone: Option<Option<String>>,
    pub(crate) active: Option<bool>,
    pub(crate) password_hash: Option<String>,
}

/// The identity of a repeated request.
pub(crate) struct Repeat<'a> {
    pub(crate) key: Option<&'a str>,
    pub(crate) body_hash: &'a str,
}

/// Creates an account within the administrator's reach. `render` makes the answer that is saved for a repeated request.
pub(crate) async fn create(
    app: &App,
    by: &Actor,
    reach: &Reach,
    new: NewAccount,
    repeat: &Repeat<'_>,
    render: fn(&App, &Account) -> Answer,
) -> Result<Answer, AccountError> {
    let kind = may_create(reach, &new.roles, new.agency.as_deref())?;
    let now = app.rt.clock.now();
    let account = Account {
        id: AccountId(app.rt.ids.uuid(now)),
        login: new.login,
        password_hash: Some(new.password_hash),
        temporary_until: Some(temporary_until(app, now)),
        name: new.name,
        kind,
        roles: new.roles,
        agency: new.agency,
        email: new.email.map(|e| app.rt.sealer.seal(app.rt.ids, &e)),
        phone: new.phone.map(|p| app.rt.sealer.seal(app.rt.ids, &p)),
        identity_hash: new
            .identity_number
            .as_deref()
            .map(|n| app.rt.sealer.lookup_hash(n)),
        identity_number: new
            .identity_number
            .map(|n| app.rt.sealer.seal(app.rt.ids, &n)),
        active: true,
        version: 1,
        created_at: now,
    };
    // Kept for a repeated request, and it tells of a person: sealed.
    let mut answer = render(app, &account);
    let text = answer.body.to_string();
    answer.body = Value::String(app.rt.sealer.seal(app.rt.ids, &text));
    let (id, subject) = (account.id, by.subject);
    let done = durable::idempotent(
        &app.db,
        &app.rt,
        subject,
        repeat.key,
        "createAccount",
        repeat.body_hash,
        |tx| {
            let (account, answer) = (account.clone(), answer.clone());
            async move {
                // Asked first: inside a transaction an error of the database ends it.
                if store::account::by_login(&*tx, &account.login)
                    .await?
                    .is_some()
                {
                    return Err(AccountError::LoginTaken);
                }
                store::account::insert(&*tx, &account, now).await?;
                Ok(answer)
            }
        },
    )
    .await?;
    tracing::info!(account = %id, by = %subject, "account created");
    let mut done = done;
    let sealed = done.body.as_str().unwrap_or_default();
    let text = app.rt.sealer.open(sealed).map_err(unreadable)?;
    done.body = serde_json::from_str(&text).map_err(unreadable)?;
    Ok(done)
}

fn unreadable(error: impl std::fmt::Display) -> AccountError {
    AccountError::Database(DbErr::Custom(format!("saved answer: {error}")))
}

/// Until when a password that is set now by somebody else is good.
fn temporary_until(app: &App, now: DateTime<Utc>) -> DateTime<Utc> {
    now + Duration::days(i64::from(app.settings.temporary_password_days))
}

/// Ends every sign-in of an account and refuses the tokens that were given before this version.
pub(super) async fn sign_out(
    tx: &Tx,
    id: AccountId,
    version: i64,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    store::grant::end_all(&**tx, id, now).await?;
    store::revocation::put(&**tx, id, version, now).await
}

/// Takes the password that the person has chosen, and signs the account out everywhere. `version` is the account that proved who it is: if
/// it was changed since, nothing happens.
pub(crate) async fn choose_password(
    app: &App,
    id: AccountId,
    version: i64,
    password_hash: String,
) -> Result<Account, AccountError> {
    let now = app.rt.clock.now();
    let saved = app
        .db
        .tx(|tx| {
            let password_hash = password_hash.clone();
            async move {
                let found = store::account::find(&*tx, id).await?;
                let mut account = found.filter(|a| a.active).ok_or(AccountError::NotFound)?;
                if account.version != version {
                    return Err(AccountError::Stale(account.version));
                }
                account.password_hash = Some(password_hash);
                account.temporary_until = None;
                account.version = version + 1;
                if !store::account::save(&*tx, &account, now).await? {
                    return Err(AccountError::Stale(version + 1));
                }
                sign_out(&tx, id, account.version, now).await?;
                Ok(account)
            }
        })
        .await?;
    tracing::info!(account = %id, "password chosen");
    Ok(saved)
}

/// Changes an account within reach. Closing it, or a new password, which is a temporary one, signs it out everywhere.
pub(crate) async fn change(
    app: &App,
    by: &Actor,
    reach: &Reach,
    id: AccountId,
    version: i64,
    change: Change,
) -> Result<Account, AccountError> {
    let now = app.rt.clock.now();
    let seal = |text: Option<String>| text.map(|t| app.rt.sealer.seal(app.rt.ids, &t));
    let temporary_until = temporary_until(app, now);
    let change = Change {
        email: change.email.map(seal),
        phone: change.phone.map(seal),
        ..change
    };
    let saved = app
        .db
        .tx(|tx| {
            let (by, reach, change) = (by.clone(), reach.clone(), change.clone());
            async move {
                let before = store::account::managed(&*tx, &reach, id)
                    .await?
                    .ok_or(AccountError::NotFound)?;
                if before.version != version {
                    return Err(AccountError::Stale(before.version));
                }
                let mut after = before.clone();
                after.name = change.name.unwrap_or(after.name);
                after.roles = change.roles.unwrap_or(after.roles);
                after.agency = change.agency.unwrap_or(after.agency);
                after.email = change.email.unwrap_or(after.email);
                after.phone = change.phone.unwrap_or(after.phone);
                after.active = change.active.unwrap_or(after.active);
                let new_password = change.password_hash.is_some();
                // One's own is changed by a sign-in with all factors.
                if new_password && by.subject == id {
                    return Err(AccountError::Refused(Refusal::Own));
                }
                if new_password {
                    after.password_hash = change.password_hash;
                    after.temporary_until = Some(temporary_until);
                }
                after.kind = may_change(&by, &reach, &before, &after)?;
                after.version = before.version + 1;
                if !store::account::save(&*tx, &after, now).await? {
                    return Err(AccountError::Stale(before.version + 1));
                }
                if new_password || (before.active && !after.active) {
                    store::grant::end_all(&*tx, id, now).await?;
                }
                if weaker(&before, &after) {
                    super::assignments::end_all(&tx, id, by.subject, now).await?;
                }
                if new_password || weaker(&before, &after) {
                    store::revocation::put(&*tx, id, after.version, now).await?;
                }
                Ok(after)
            }
        })
        .await?;
    tracing::info!(account = %id, by = %by.subject, "account changed");
    Ok(saved)
}

/// Whether tokens given before this change say something that is no longer so.
fn weaker(before: &Account, after: &Account) -> bool {
    before.roles != after.roles || before.agency != after.agency || (before.active && !after.active)
}

/// One account within reach.
pub(crate) async fn show(app: &App, reach: &Reach, id: AccountId) -> Result<Account, AccountError> {
    store::account::managed(app.db.read(), reach, id)
        .await
        .map_err(|error: DbErr| AccountError::from(error))?
        .ok_or(AccountError::NotFound)
}
