//! What tokens say.

use crate::domain::account::Account;
use crate::domain::assignment::Assignment;
use crate::domain::request::has_scope;
use crate::domain::secret;
use chrono::{DateTime, Utc};
use contracts::AccountId;
use kit::Runtime;
use kit::auth::{AUDIENCE, Claims};
use serde::{Deserialize, Serialize};

/// The claims of an `id_token` (OpenID Connect Core §2).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct IdClaims {
    pub(crate) iss: String,
    pub(crate) sub: AccountId,
    /// The client.
    pub(crate) aud: String,
    pub(crate) azp: String,
    pub(crate) exp: i64,
    pub(crate) iat: i64,
    pub(crate) auth_time: i64,
    /// By what means the person signed in (RFC 8176).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) amr: Vec<String>,
    /// The session, for sign-out.
    pub(crate) sid: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) nonce: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) at_hash: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) preferred_username: Option<String>,
}

/// The claims of an access token for an account, given to a client.
pub(crate) fn access(rt: &Runtime, account: &Account, client: &str, seconds: u32) -> Claims {
    let now = rt.clock.now();
    Claims {
        iss: rt.tokens.issuer().to_owned(),
        aud: AUDIENCE.to_owned(),
        sub: account.id,
        azp: client.to_owned(),
        exp: now.timestamp() + i64::from(seconds),
        iat: now.timestamp(),
        jti: rt.ids.uuid(now).to_string(),
        name: account.name.clone(),
        kind: account.kind,
        roles: account.roles.clone(),
        agency: account.agency.clone(),
        ver: account.version,
        scope: None,
        quota: None,
        acting: Vec::new(),
    }
}

/// Adds roles that are held for a time. The token dies with the first of them that ends.
pub(crate) fn assign(claims: &mut Claims, held: &[Assignment]) {
    for one in held {
        if !claims.roles.contains(&one.role) {
            claims.roles.push(one.role);
            claims.acting.push(one.acting());
            claims.exp = claims.exp.min(one.until.timestamp());
        }
    }
}

/// What an `id_token` is about.
pub(crate) struct SignIn<'a> {
    pub(crate) client: &'a str,
    pub(crate) scope: &'a str,
    pub(crate) nonce: Option<&'a str>,
    pub(crate) session: uuid::Uuid,
    pub(crate) auth_time: DateTime<Utc>,
    pub(crate) amr: &'a str,
    pub(crate) access_token: &'a str,
}

/// The claims of an `id_token`.
pub(crate) fn id(rt: &Runtime, account: &Account, about: &SignIn<'_>, seconds: u32) -> IdClaims {
    let now = rt.clock.now().timestamp();
    let profile = has_scope(about.scope, "profile");
    IdClaims {
        iss: rt.tokens.issuer().to_owned(),
        sub: account.id,
        aud: about.client.to_owned(),
        azp: about.client.to_owned(),
        exp: now + i64::from(seconds),
        iat: now,
        auth_time: about.auth_time.timestamp(),
        amr: about.amr.split_whitespace().map(str::to_owned).collect(),
        sid: about.session.to_string(),
        nonce: about.nonce.map(str::to_owned),
        at_hash: Some(secret::at_hash(about.access_token)),
        name: profile.then(|| account.name.clone()),
        preferred_username: profile.then(|| account.login.clone()),
    }
}
