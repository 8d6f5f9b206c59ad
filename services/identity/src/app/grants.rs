//! Exchanging grants for tokens (RFC 6749 §4–6), with reuse detection (RFC 9700 §4.14).

use crate::App;
use crate::app::mandates;
use crate::app::tokens::{self, SignIn};
use crate::domain::account::Account;
use crate::domain::client::{Client, Grant};
use crate::domain::mandate::Mandate;
use crate::domain::request::{has_scope, known_scopes};
use crate::domain::secret;
use crate::error::OauthError;
use crate::store;
use crate::store::grant::{Code, Refresh, Vouched};
use chrono::{DateTime, Duration, Utc};
use contracts::AccountId;
use kit::token::{Claims, LEEWAY};
use sea_orm::{ConnectionTrait, DbErr};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use vn::worktime::local_date;

/// The answer of the token endpoint (RFC 6749 §5.1).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokenAnswer {
    /// Access token, a JWT signed with ES256.
    #[schema(example = "eyJhbGciOiJFUzI1NiIsImtpZCI6Ii4uLiJ9.e30.c2ln")]
    pub access_token: String,
    /// Always `Bearer`.
    #[schema(example = "Bearer")]
    pub token_type: &'static str,
    /// Seconds until the access token expires.
    #[schema(example = 600)]
    pub expires_in: u32,
    /// Refresh token: good once; the answer to its use brings the next one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// Who signed in, for scope `openid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
    /// The scopes granted; empty: none.
    #[schema(example = "openid profile")]
    pub scope: String,
}

/// What became of a grant inside its transaction. A refusal still commits: the code is burnt, the family revoked.
enum Outcome<T> {
    Good(Box<T>, Box<Party>),
    Refused(OauthError),
}

/// Who signed in, and for whom they act.
pub(crate) struct Party {
    account: Account,
    acting_for: Option<(Mandate, Account)>,
}

/// Reads both, as they are now. `None`: the account is closed, or the mandate holds no longer.
async fn party(
    db: &impl ConnectionTrait,
    app: &App,
    account: AccountId,
    mandate: Option<Uuid>,
) -> Result<Option<Party>, DbErr> {
    let found = store::account::find(db, account).await?;
    let Some(account) = found.filter(|a| a.active) else {
        return Ok(None);
    };
    let Some(id) = mandate else {
        return Ok(Some(Party {
            account,
            acting_for: None,
        }));
    };
    let now = app.rt.clock.now();
    let used = mandates::used(db, &app.rt, &account, id, now).await?;
    Ok(used.map(|acting_for| Party {
        account,
        acting_for: Some(acting_for),
    }))
}

/// Exchanges a code. A code that comes a second time revokes what came of it the first time.
pub(crate) async fn code(
    app: &App,
    client: &Client,
    code: &str,
    verifier: &str,
    redirect_uri: &str,
) -> Result<TokenAnswer, OauthError> {
    let now = app.rt.clock.now();
    let hash = secret::hash(code);
    let next = client.may(Grant::RefreshToken).then(|| app.rt.ids.secret());
    let lifetime = Duration::seconds(i64::from(app.settings.refresh_seconds));
    let outcome = app
        .db
        .tx(|tx| {
            let (hash, next) = (hash.clone(), next.clone());
            let (client, verifier) = (client.id.clone(), verifier.to_owned());
            let redirect_uri = redirect_uri.to_owned();
            async move {
                let refused = |text| {
                    let error = OauthError::invalid_grant(text);
                    Ok::<_, DbErr>(Outcome::<Code>::Refused(error))
                };
                let found = store::grant::code(&*tx, &hash).await?;
                let Some(code) = found.filter(|code| code.client == client) else {
                    return refused("the code is not known");
                };
                if !store::grant::use_code(&*tx, &hash, now).await? {
                    let revoked = store::grant::revoke_family(&*tx, code.family, now).await?;
                    tracing::warn!(account = %code.account, client, revoked, "code used twice");
                    return refused("the code was used before");
                }
                if code.expires_at <= now {
                    return refused("the code has expired");
                }
                if code.redirect_uri != redirect_uri {
                    return refused("redirect_uri is not that of the authorization request");
                }
                if !secret::pkce_proves(&verifier, &code.challenge) {
                    return refused("code_verifier does not prove the code_challenge");
                }
                let party = party(&*tx, app, code.account, code.mandate).await?;
                let Some(party) = party else {
                    return refused("the account is closed, or the mandate holds no longer");
                };
                if let Some(next) = next {
                    let token = Refresh {
                        hash: secret::hash(&next),
                        family: code.family,
                        client: code.client.clone(),
                        account: code.account,
                        session: code.session,
                        scope: code.scope.clone(),
                        auth_time: code.auth_time,
                        created_at: now,
                        expires_at: now + lifetime,
                        used_at: None,
                        revoked_at: None,
                        amr: code.amr.clone(),
                        vouched: code.vouched.clone(),
                        mandate: code.mandate,
                    };
                    store::grant::add_refresh(&*tx, &token).await?;
                }
                Ok(Outcome::Good(Box::new(code), Box::new(party)))
            }
        })
        .await?;
    match outcome {
        Outcome::Refused(error) => Err(error),
        Outcome::Good(code, party) => {
            let about = About {
                client: &client.id,
                family: code.family,
                scope: &code.scope,
                nonce: code.nonce.as_deref(),
                session: code.session,
                auth_time: code.auth_time,
                amr: &code.amr,
                vouched: code.vouched.as_ref(),
            };
            answer(app, &party, &about, next).await
        }
    }
}

/// The tokens of a fresh family.
pub(crate) async fn first(
    app: &App,
    token: &Refresh,
    refresh_token: String,
) -> Result<TokenAnswer, OauthError> {
    let party = party(app.db.read(), app, token.account, token.mandate)
        .await?
        .ok_or_else(|| OauthError::invalid_grant("the account is closed"))?;
    let about = About {
        client: &token.client,
        family: token.family,
        scope: &token.scope,
        nonce: None,
        session: token.session,
        auth_time: token.auth_time,
        amr: &token.amr,
        vouched: token.vouched.as_ref(),
    };
    answer(app, &party, &about, Some(refresh_token)).await
}

/// Exchanges a refresh token for the next. A token that comes a second time revokes its whole family: one of the two is a thief.
pub(crate) async fn refresh(
    app: &App,
    client: &Client,
    token: &str,
    asked_scope: Option<&str>,
) -> Result<TokenAnswer, OauthError> {
    let now = app.rt.clock.now();
    let hash = secret::hash(token);
    let next = app.rt.ids.secret();
    let lifetime = Duration::seconds(i64::from(app.settings.refresh_seconds));
    let outcome = app
        .db
        .tx(|tx| {
            let (hash, next) = (hash.clone(), next.clone());
            let client = client.id.clone();
            async move {
                let refused = |text| {
                    let error = OauthError::invalid_grant(text);
                    Ok::<_, DbErr>(Outcome::<Refresh>::Refused(error))
                };
                let found = store::grant::refresh(&*tx, &hash).await?;
                let Some(token) = found.filter(|token| token.client == client) else {
                    return refused("the refresh token is not known");
                };
                if token.revoked_at.is_some() || token.expires_at <= now {
                    return refused("the refresh token has expired or was revoked");
                }
                // Before the token is used up: the mistake costs nothing. Of one that was used already the reuse weighs more.
                if token.used_at.is_none()
                    && asked_scope.is_some_and(|asked| !within(&known_scopes(asked), &token.scope))
                {
                    return Ok(Outcome::Refused(OauthError::invalid_scope()));
                }
                if !store::grant::use_refresh(&*tx, &hash, now).await? {
                    let revoked = store::grant::revoke_family(&*tx, token.family, now).await?;
                    tracing::warn!(account = %token.account, client, revoked, "refresh token used twice");
                    return refused("the refresh token was used before");
                }
                let party = party(&*tx, app, token.account, token.mandate).await?;
                let Some(party) = party else {
                    return refused("the account is closed, or the mandate holds no longer");
                };
                let following = Refresh {
                    hash: secret::hash(&next),
                    created_at: now,
                    expires_at: now + lifetime,
                    used_at: None,
                    revoked_at: None,
                    ..token.clone()
                };
                store::grant::add_refresh(&*tx, &following).await?;
                Ok(Outcome::Good(Box::new(token), Box::new(party)))
            }
        })
        .await?;
    match outcome {
        Outcome::Refused(error) => Err(error),
        Outcome::Good(token, party) => {
            // Narrower for this answer and its access token only; the next refresh token keeps the whole (RFC 6749 §6).
            let scope = asked_scope.map_or_else(|| token.scope.clone(), known_scopes);
            let about = About {
                client: &client.id,
                family: token.family,
                scope: &scope,
                nonce: None,
                session: token.session,
                auth_time: token.auth_time,
                amr: &token.amr,
                vouched: token.vouched.as_ref(),
            };
            answer(app, &party, &about, Some(next)).await
        }
    }
}

/// Whether all that is asked for was granted.
fn within(asked: &str, granted: &str) -> bool {
    asked
        .split_whitespace()
        .all(|scope| has_scope(granted, scope))
}

/// A token for the client itself. It dies with the client.
pub(crate) async fn client_credentials(
    app: &App,
    client: &Client,
) -> Result<TokenAnswer, OauthError> {
    if client.secret_hash.is_none() || !client.may(Grant::ClientCredentials) {
        return Err(OauthError::unauthorized_client());
    }
    let account = match client.account {
        Some(id) => store::account::find(app.db.read(), id)
            .await?
            .filter(|a| a.active),
        None => None,
    };
    let account = account.ok_or_else(OauthError::unauthorized_client)?;
    let machine = store::machine::find(app.db.read(), &client.id).await?;
    if machine.as_ref().is_some_and(|m| m.sandbox) && !app.settings.sandbox {
        return Err(OauthError::unauthorized_client());
    }
    let scope = machine.as_ref().map(|m| m.scopes.join(" "));
    let keys = app.signer.keys(&app.db, &app.rt).await?;
    let seconds = app.settings.access_token_seconds;
    let mut claims = tokens::access(&app.rt, &account, &client.id, seconds, None);
    if let Some(machine) = &machine {
        claims.exp = claims.exp.min(machine.expires_at.timestamp());
    }
    claims.grant = Some(app.rt.ids.uuid(app.rt.clock.now()));
    claims.scope = scope.clone();
    if let Some(machine) = machine {
        claims.quota = machine.quota;
        claims.networks = machine.networks;
    }
    Ok(TokenAnswer {
        access_token: keys.sign("at+jwt", &claims)?,
        token_type: "Bearer",
        expires_in: tokens::life(&claims),
        refresh_token: None,
        id_token: None,
        scope: scope.unwrap_or_default(),
    })
}

/// Revokes a token of the client's with all that came of the same grant (RFC 7009). Unknown tokens, and those of others, are fine.
pub(crate) async fn revoke(app: &App, client: &Client, token: &str) -> Result<(), OauthError> {
    let now = app.rt.clock.now();
    let stored = store::grant::refresh(app.db.read(), &secret::hash(token)).await?;
    let family = match stored {
        Some(token) => (token.client == client.id).then_some(token.family),
        None => of_access(app, client, token, now).await?,
    };
    if let Some(family) = family {
        app.db
            .tx(|tx| async move { store::grant::revoke_family(&*tx, family, now).await })
            .await?;
    }
    Ok(())
}

/// The grant of an access token that the client holds.
async fn of_access(
    app: &App,
    client: &Client,
    token: &str,
    now: DateTime<Utc>,
) -> Result<Option<Uuid>, OauthError> {
    let keys = app.signer.keys(&app.db, &app.rt).await?;
    let alive = |claims: &Claims| claims.exp.saturating_add(LEEWAY) >= now.timestamp();
    let claims = keys
        .read_access(token, app.rt.tokens.issuer())
        .filter(|claims| claims.azp == client.id && alive(claims));
    match claims {
        None => Ok(None),
        // Of the release before, or made at the command line: nothing in it could be refused alone.
        Some(Claims { grant: None, .. }) => Err(OauthError::unsupported_token()),
        Some(claims) => Ok(claims.grant),
    }
}

struct About<'a> {
    client: &'a str,
    /// What the tokens are revoked by.
    family: Uuid,
    scope: &'a str,
    nonce: Option<&'a str>,
    session: uuid::Uuid,
    auth_time: Option<chrono::DateTime<chrono::Utc>>,
    amr: &'a str,
    vouched: Option<&'a Vouched>,
}

async fn answer(
    app: &App,
    party: &Party,
    about: &About<'_>,
    refresh_token: Option<String>,
) -> Result<TokenAnswer, OauthError> {
    let keys = app.signer.keys(&app.db, &app.rt).await?;
    let seconds = app.settings.access_token_seconds;
    let now = app.rt.clock.now();
    let person = Some((about.auth_time, about.amr));
    let account = &party.account;
    let mut claims = tokens::access(&app.rt, account, about.client, seconds, person);
    if let Some((mandate, principal)) = &party.acting_for {
        claims = tokens::on_behalf(claims, mandate, principal);
    } else {
        let held = super::assignments::held(app.db.read(), account.id, now).await?;
        tokens::assign(&mut claims, &held);
        super::successions::claim(app.db.read(), &mut claims, local_date(now)).await?;
    }
    claims.grant = Some(about.family);
    claims.sid = Some(about.session);
    claims.openid_scope = Some(about.scope.to_owned());
    let access_token = keys.sign("at+jwt", &claims)?;
    let id_token = if has_scope(about.scope, "openid") {
        let sign_in = SignIn {
            client: about.client,
            scope: about.scope,
            nonce: about.nonce,
            session: about.session,
            auth_time: about.auth_time,
            amr: about.amr,
            vouched: about.vouched,
            access_token: &access_token,
        };
        Some(keys.sign("JWT", &tokens::id(&app.rt, account, &sign_in, seconds))?)
    } else {
        None
    };
    Ok(TokenAnswer {
        access_token,
        token_type: "Bearer",
        expires_in: tokens::life(&claims),
        refresh_token,
        id_token,
        scope: about.scope.to_owned(),
    })
}
