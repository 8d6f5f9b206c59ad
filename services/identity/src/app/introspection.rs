//! What a token is worth now (RFC 7662): for clients that cannot check it themselves, or must know of a revocation at once.

use crate::App;
use crate::domain::client::Client;
use crate::domain::secret;
use crate::error::OauthError;
use crate::store;
use contracts::{AccountId, Assurance};
use ipnet::IpNet;
use kit::token::{AUDIENCE, Act, Claims};
use serde::Serialize;
use utoipa::ToSchema;

/// The answer (RFC 7662 §2.2). Of a token that is worth nothing only `active` is told.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct Introspection {
    /// Whether it is good now.
    active: bool,
    /// `access_token` or `refresh_token`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "access_token")]
    token_use: Option<&'static str>,
    /// The account.
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<AccountId>,
    /// The client that it was given to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "portal")]
    client_id: Option<String>,
    /// Scopes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "openid profile")]
    scope: Option<String>,
    /// Issuer.
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<String>,
    /// Audience.
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<String>,
    /// Expiry, unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
    /// Issued at, unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    iat: Option<i64>,
    /// Id of the token.
    #[serde(skip_serializing_if = "Option::is_none")]
    jti: Option<String>,
    /// When the person last proved who they are, unix seconds (RFC 9470 §6.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<i64>,
    /// How surely.
    #[serde(skip_serializing_if = "Option::is_none")]
    acr: Option<Assurance>,
    /// Who acts for the subject.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    act: Option<Act>,
    /// Networks that the token may be used from: whoever takes it compares the address of the caller. Absent: from anywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>, example = json!(["203.0.113.0/24"]))]
    networks: Option<Vec<IpNet>>,
}

/// What the token is worth to this client: an access token of the suite, or a refresh token of the client's own.
pub(crate) async fn introspect(
    app: &App,
    client: &Client,
    token: &str,
) -> Result<Introspection, OauthError> {
    let now = app.rt.clock.now();
    let stored = store::grant::refresh(app.db.read(), &secret::hash(token)).await?;
    if let Some(token) = stored {
        let alive = token.client == client.id
            && token.used_at.is_none()
            && token.revoked_at.is_none()
            && token.expires_at > now;
        if !alive || !is_open(app, token.account, i64::MAX).await? {
            return Ok(Introspection::default());
        }
        return Ok(Introspection {
            active: true,
            token_use: Some("refresh_token"),
            sub: Some(token.account),
            client_id: Some(token.client),
            scope: Some(token.scope),
            iss: Some(app.rt.tokens.issuer().to_owned()),
            exp: Some(token.expires_at.timestamp()),
            iat: Some(token.created_at.timestamp()),
            auth_time: token.auth_time.map(|at| at.timestamp()),
            ..Introspection::default()
        });
    }
    let keys = app.signer.keys(&app.db, &app.rt).await?;
    let Some(claims) = keys.read_access(token, app.rt.tokens.issuer()) else {
        return Ok(Introspection::default());
    };
    if claims.exp <= now.timestamp() || !is_good(app, &claims).await? {
        return Ok(Introspection::default());
    }
    Ok(Introspection {
        active: true,
        token_use: Some("access_token"),
        sub: Some(claims.sub),
        client_id: Some(claims.azp),
        scope: claims.scope,
        iss: Some(claims.iss),
        aud: Some(AUDIENCE.to_owned()),
        exp: Some(claims.exp),
        iat: Some(claims.iat),
        jti: Some(claims.jti),
        auth_time: claims.auth_time,
        acr: claims.acr,
        act: claims.act,
        networks: Some(claims.networks).filter(|all| !all.is_empty()),
    })
}

async fn is_good(app: &App, claims: &Claims) -> Result<bool, OauthError> {
    if !is_open(app, claims.sub, claims.ver).await? {
        return Ok(false);
    }
    for id in [claims.grant, claims.sid].into_iter().flatten() {
        if store::revocation::is_ended(app.db.read(), id).await? {
            return Ok(false);
        }
    }
    // Of a client that is closed, or that we never had, nothing is good.
    if store::client::find(app.db.read(), &claims.azp)
        .await?
        .is_none()
    {
        return Ok(false);
    }
    match &claims.act {
        None => Ok(true),
        Some(act) => {
            let mandate = store::mandate::find(app.db.read(), act.mandate).await?;
            let holds = mandate.is_some_and(|m| m.holds(app.rt.clock.now()));
            Ok(holds && is_open(app, act.sub, act.ver).await?)
        }
    }
}

/// Whether the account is open, and its rights were not taken away since this version.
async fn is_open(app: &App, account: AccountId, version: i64) -> Result<bool, OauthError> {
    let found = store::account::find(app.db.read(), account).await?;
    if !found.is_some_and(|a| a.active) {
        return Ok(false);
    }
    let revoked = store::revocation::of(app.db.read(), account).await?;
    Ok(revoked.is_none_or(|first_good| version >= first_good))
}
