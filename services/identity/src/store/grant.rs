//! Sessions, authorization codes and refresh tokens. Every secret comes in as its hash.

use super::entity::{authorization_code as code, refresh_token as refresh, session};
use chrono::{DateTime, Duration, Utc};
use contracts::AccountId;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, Set,
};
use uuid::Uuid;

/// Which national provider vouched for a sign-in, and how surely by its own scale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Vouched {
    pub(crate) provider: String,
    pub(crate) loa: String,
}

fn vouched(provider: Option<String>, loa: Option<String>) -> Option<Vouched> {
    provider
        .zip(loa)
        .map(|(provider, loa)| Vouched { provider, loa })
}

/// What stands for a proof of which nobody knows when it was: the columns of codes and tokens take no null, and null in a session is one
/// of the release before, whose proof was when it began.
const UNKNOWN: DateTime<Utc> = DateTime::UNIX_EPOCH;

/// When somebody proved who they are, as it is stored.
pub(super) fn stored(proved: Option<DateTime<Utc>>) -> DateTime<Utc> {
    proved.unwrap_or(UNKNOWN)
}

/// The same, read.
pub(super) fn known(stored: DateTime<Utc>) -> Option<DateTime<Utc>> {
    (stored > UNKNOWN).then_some(stored)
}

/// A sign-in in one browser.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    /// SHA-256 of the cookie.
    pub(crate) hash: String,
    /// What grants refer to.
    pub(crate) id: Uuid,
    pub(crate) account: AccountId,
    pub(crate) created_at: DateTime<Utc>,
    /// When the person proved who they are; `None`: a provider vouched for it that does not say when.
    pub(crate) auth_time: Option<DateTime<Utc>>,
    pub(crate) expires_at: DateTime<Utc>,
    /// By what means: values of RFC 8176, with spaces between.
    pub(crate) amr: String,
    /// Who vouched for it, when it was no password of ours.
    pub(crate) vouched: Option<Vouched>,
    /// What the browser calls itself, for the person's own list.
    pub(crate) device: String,
}

impl Session {
    /// How long ago the person proved who they are; `None`: that is not known.
    pub(crate) fn age(&self, now: DateTime<Utc>) -> Option<Duration> {
        self.auth_time.map(|at| now - at)
    }
}

/// What an authorization code stands for.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    pub(crate) hash: String,
    /// The refresh tokens that come of it share this.
    pub(crate) family: Uuid,
    pub(crate) client: String,
    pub(crate) account: AccountId,
    pub(crate) session: Uuid,
    pub(crate) redirect_uri: String,
    pub(crate) scope: String,
    pub(crate) challenge: String,
    pub(crate) nonce: Option<String>,
    pub(crate) auth_time: Option<DateTime<Utc>>,
    pub(crate) expires_at: DateTime<Utc>,
    pub(crate) used_at: Option<DateTime<Utc>>,
    pub(crate) amr: String,
    /// Who vouched for it, when it was no password of ours.
    pub(crate) vouched: Option<Vouched>,
    /// By which mandate for somebody else.
    pub(crate) mandate: Option<Uuid>,
}

/// A refresh token, one of a family.
#[derive(Clone, Debug)]
pub(crate) struct Refresh {
    pub(crate) hash: String,
    pub(crate) family: Uuid,
    pub(crate) client: String,
    pub(crate) account: AccountId,
    pub(crate) session: Uuid,
    pub(crate) scope: String,
    pub(crate) auth_time: Option<DateTime<Utc>>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) expires_at: DateTime<Utc>,
    pub(crate) used_at: Option<DateTime<Utc>>,
    pub(crate) revoked_at: Option<DateTime<Utc>>,
    pub(crate) amr: String,
    /// Who vouched for it, when it was no password of ours.
    pub(crate) vouched: Option<Vouched>,
    /// By which mandate for somebody else.
    pub(crate) mandate: Option<Uuid>,
}

/// Starts a session.
pub(crate) async fn add_session(db: &impl ConnectionTrait, s: &Session) -> Result<(), DbErr> {
    session::ActiveModel {
        hash: Set(s.hash.clone()),
        id: Set(s.id),
        account_id: Set(s.account.0),
        created_at: Set(s.created_at),
        expires_at: Set(s.expires_at),
        amr: Set(s.amr.clone()),
        provider: Set(s.vouched.as_ref().map(|v| v.provider.clone())),
        loa: Set(s.vouched.as_ref().map(|v| v.loa.clone())),
        device: Set(s.device.clone()),
        auth_time: Set(Some(stored(s.auth_time))),
    }
    .insert(db)
    .await?;
    Ok(())
}

/// The live session of a cookie.
pub(crate) async fn session(
    db: &impl ConnectionTrait,
    hash: &str,
    now: DateTime<Utc>,
) -> Result<Option<Session>, DbErr> {
    Ok(session::Entity::find_by_id(hash.to_owned())
        .filter(session::Column::ExpiresAt.gt(now))
        .one(db)
        .await?
        .map(live))
}

fn live(row: session::Model) -> Session {
    Session {
        hash: row.hash,
        id: row.id,
        account: AccountId(row.account_id),
        // Of the release before: what a provider vouched for may have been at any time.
        auth_time: match (row.auth_time, &row.provider) {
            (Some(at), _) => known(at),
            (None, None) => Some(row.created_at),
            (None, Some(_)) => None,
        },
        created_at: row.created_at,
        expires_at: row.expires_at,
        amr: row.amr,
        vouched: vouched(row.provider, row.loa),
        device: row.device,
    }
}

/// The live sessions of an account, newest first, at most 100.
pub(crate) async fn sessions_of(
    db: &impl ConnectionTrait,
    account: AccountId,
    now: DateTime<Utc>,
) -> Result<Vec<Session>, DbErr> {
    Ok(session::Entity::find()
        .filter(session::Column::AccountId.eq(account.0))
        .filter(session::Column::ExpiresAt.gt(now))
        .order_by_desc(session::Column::CreatedAt)
        .order_by_desc(session::Column::Id)
        .limit(100)
        .all(db)
        .await?
        .into_iter()
        .map(live)
        .collect())
}

/// This session, if it is this account's and has not been ended.
pub(crate) async fn session_of(
    db: &impl ConnectionTrait,
    account: AccountId,
    id: Uuid,
) -> Result<Option<Session>, DbErr> {
    Ok(session::Entity::find()
        .filter(session::Column::AccountId.eq(account.0))
        .filter(session::Column::Id.eq(id))
        .one(db)
        .await?
        .map(live))
}

/// Signs out of one session: ends it as [`end_session`] does, and the access tokens that came of it are refused within seconds.
pub(crate) async fn sign_out(
    db: &impl ConnectionTrait,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    end_session(db, id, now).await?;
    super::revocation::end(db, id, now).await
}

/// Ends one session and every code and refresh token that came of it.
pub(crate) async fn end_session(
    db: &impl ConnectionTrait,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    session::Entity::delete_many()
        .filter(session::Column::Id.eq(id))
        .exec(db)
        .await?;
    code::Entity::delete_many()
        .filter(code::Column::SessionId.eq(id))
        .exec(db)
        .await?;
    refresh::Entity::update_many()
        .set(revoked(now))
        .filter(refresh::Column::SessionId.eq(id))
        .filter(refresh::Column::RevokedAt.is_null())
        .exec(db)
        .await?;
    Ok(())
}

/// Signs an account out everywhere: sessions, unused codes and refresh tokens.
pub(crate) async fn end_all(
    db: &impl ConnectionTrait,
    account: AccountId,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    session::Entity::delete_many()
        .filter(session::Column::AccountId.eq(account.0))
        .exec(db)
        .await?;
    code::Entity::delete_many()
        .filter(code::Column::AccountId.eq(account.0))
        .exec(db)
        .await?;
    refresh::Entity::update_many()
        .set(revoked(now))
        .filter(refresh::Column::AccountId.eq(account.0))
        .filter(refresh::Column::RevokedAt.is_null())
        .exec(db)
        .await?;
    Ok(())
}

/// Ends what was granted by a mandate.
pub(crate) async fn end_mandate(
    db: &impl ConnectionTrait,
    mandate: Uuid,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    code::Entity::delete_many()
        .filter(code::Column::MandateId.eq(mandate))
        .exec(db)
        .await?;
    refresh::Entity::update_many()
        .set(revoked(now))
        .filter(refresh::Column::MandateId.eq(mandate))
        .filter(refresh::Column::RevokedAt.is_null())
        .exec(db)
        .await?;
    Ok(())
}

/// Stores a fresh code.
pub(crate) async fn add_code(db: &impl ConnectionTrait, c: &Code) -> Result<(), DbErr> {
    code::ActiveModel {
        hash: Set(c.hash.clone()),
        family: Set(c.family),
        client_id: Set(c.client.clone()),
        account_id: Set(c.account.0),
        session_id: Set(c.session),
        redirect_uri: Set(c.redirect_uri.clone()),
        scope: Set(c.scope.clone()),
        challenge: Set(c.challenge.clone()),
        nonce: Set(c.nonce.clone()),
        auth_time: Set(stored(c.auth_time)),
        expires_at: Set(c.expires_at),
        used_at: Set(c.used_at),
        amr: Set(c.amr.clone()),
        provider: Set(c.vouched.as_ref().map(|v| v.provider.clone())),
        loa: Set(c.vouched.as_ref().map(|v| v.loa.clone())),
        mandate_id: Set(c.mandate),
    }
    .insert(db)
    .await?;
    Ok(())
}

/// A code by its hash, used ones too.
pub(crate) async fn code(db: &impl ConnectionTrait, hash: &str) -> Result<Option<Code>, DbErr> {
    Ok(code::Entity::find_by_id(hash.to_owned())
        .one(db)
        .await?
        .map(|row| Code {
            hash: row.hash,
            family: row.family,
            client: row.client_id,
            account: AccountId(row.account_id),
            session: row.session_id,
            redirect_uri: row.redirect_uri,
            scope: row.scope,
            challenge: row.challenge,
            nonce: row.nonce,
            auth_time: known(row.auth_time),
            expires_at: row.expires_at,
            used_at: row.used_at,
            amr: row.amr,
            vouched: vouched(row.provider, row.loa),
            mandate: row.mandate_id,
        }))
}

/// Marks a code as used. False: it was used already.
pub(crate) async fn use_code(
    db: &impl ConnectionTrait,
    hash: &str,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let done = code::Entity::update_many()
        .set(code::ActiveModel {
            used_at: Set(Some(now)),
            ..Default::default()
        })
        .filter(code::Column::Hash.eq(hash))
        .filter(code::Column::UsedAt.is_null())
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Stores a fresh refresh token.
pub(crate) async fn add_refresh(db: &impl ConnectionTrait, r: &Refresh) -> Result<(), DbErr> {
    refresh::ActiveModel {
        hash: Set(r.hash.clone()),
        family: Set(r.family),
        client_id: Set(r.client.clone()),
        account_id: Set(r.account.0),
        session_id: Set(r.session),
        scope: Set(r.scope.clone()),
        auth_time: Set(stored(r.auth_time)),
        created_at: Set(r.created_at),
        expires_at: Set(r.expires_at),
        used_at: Set(r.used_at),
        revoked_at: Set(r.revoked_at),
        amr: Set(r.amr.clone()),
        provider: Set(r.vouched.as_ref().map(|v| v.provider.clone())),
        loa: Set(r.vouched.as_ref().map(|v| v.loa.clone())),
        mandate_id: Set(r.mandate),
    }
    .insert(db)
    .await?;
    Ok(())
}

/// A refresh token by its hash, dead ones too.
pub(crate) async fn refresh(
    db: &impl ConnectionTrait,
    hash: &str,
) -> Result<Option<Refresh>, DbErr> {
    Ok(refresh::Entity::find_by_id(hash.to_owned())
        .one(db)
        .await?
        .map(|row| Refresh {
            hash: row.hash,
            family: row.family,
            client: row.client_id,
            account: AccountId(row.account_id),
            session: row.session_id,
            scope: row.scope,
            auth_time: known(row.auth_time),
            created_at: row.created_at,
            expires_at: row.expires_at,
            used_at: row.used_at,
            revoked_at: row.revoked_at,
            amr: row.amr,
            vouched: vouched(row.provider, row.loa),
            mandate: row.mandate_id,
        }))
}

/// Marks a refresh token as used. False: it was used already.
pub(crate) async fn use_refresh(
    db: &impl ConnectionTrait,
    hash: &str,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let done = refresh::Entity::update_many()
        .set(refresh::ActiveModel {
            used_at: Set(Some(now)),
            ..Default::default()
        })
        .filter(refresh::Column::Hash.eq(hash))
        .filter(refresh::Column::UsedAt.is_null())
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Revokes a whole family; its access tokens are refused within seconds. Returns how many refresh tokens were still alive.
pub(crate) async fn revoke_family(
    db: &impl ConnectionTrait,
    family: Uuid,
    now: DateTime<Utc>,
) -> Result<u64, DbErr> {
    super::revocation::end(db, family, now).await?;
    Ok(refresh::Entity::update_many()
        .set(revoked(now))
        .filter(refresh::Column::Family.eq(family))
        .filter(refresh::Column::RevokedAt.is_null())
        .exec(db)
        .await?
        .rows_affected)
}

/// Forgets what expired before `before`.
pub(crate) async fn clean(db: &impl ConnectionTrait, before: DateTime<Utc>) -> Result<u64, DbErr> {
    let sessions = session::Entity::delete_many()
        .filter(session::Column::ExpiresAt.lt(before))
        .exec(db)
        .await?;
    let codes = code::Entity::delete_many()
        .filter(code::Column::ExpiresAt.lt(before))
        .exec(db)
        .await?;
    let tokens = refresh::Entity::delete_many()
        .filter(refresh::Column::ExpiresAt.lt(before))
        .exec(db)
        .await?;
    Ok(sessions.rows_affected + codes.rows_affected + tokens.rows_affected)
}

fn revoked(now: DateTime<Utc>) -> refresh::ActiveModel {
    refresh::ActiveModel {
        revoked_at: Set(Some(now)),
        ..Default::default()
    }
}
