//! What tokens say.

use crate::domain::account::Account;
use crate::domain::assignment::Assignment;
use crate::domain::mandate::Mandate;
use crate::domain::request::has_scope;
use crate::domain::secret;
use crate::store::grant::Vouched;
use chrono::{DateTime, Utc};
use contracts::{AccountId, Assurance};
use kit::Runtime;
use kit::token::{AUDIENCE, Act, Claims};
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
    /// When the person proved who they are, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) auth_time: Option<i64>,
    /// How surely.
    #[serde(default)]
    pub(crate) acr: Assurance,
    /// By what means the person signed in (RFC 8176).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) amr: Vec<String>,
    /// The national provider that vouched for the person, and how surely by its own scale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) idp: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) loa: Option<String>,
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

/// The methods of a sign-in, as they are stored.
pub(crate) fn methods(amr: &str) -> Vec<String> {
    amr.split_whitespace().map(str::to_owned).collect()
}

/// The claims of an access token for an account, given to a client. `person`: when, if that is known, and by what means the person
/// proved who they are.
pub(crate) fn access(
    rt: &Runtime,
    account: &Account,
    client: &str,
    seconds: u32,
    person: Option<(Option<DateTime<Utc>>, &str)>,
) -> Claims {
    let now = rt.clock.now();
    Claims {
        iss: rt.tokens.issuer().to_owned(),
        aud: AUDIENCE.to_owned(),
        sub: account.id,
        azp: client.to_owned(),
        client_id: Some(client.to_owned()),
        exp: now.timestamp() + i64::from(seconds),
        iat: now.timestamp(),
        jti: rt.ids.uuid(now).to_string(),
        grant: None,
        sid: None,
        openid_scope: None,
        name: account.name.clone(),
        kind: account.kind,
        roles: account.roles.clone(),
        agency: account.agency.clone(),
        ver: account.version,
        scope: None,
        quota: None,
        auth_time: person.and_then(|(at, _)| at).map(|at| at.timestamp()),
        acr: person.map(|(_, amr)| Assurance::of(&methods(amr))),
        act: None,
        acting: Vec::new(),
        predecessors: Vec::new(),
        networks: Vec::new(),
    }
}

/// The claims of somebody who acts for another: the subject is the other, with the rights that the mandate lends. The token dies with it.
pub(crate) fn on_behalf(claims: Claims, mandate: &Mandate, principal: &Account) -> Claims {
    let until = mandate.valid_until.map_or(i64::MAX, |u| u.timestamp());
    Claims {
        exp: claims.exp.min(until),
        sub: principal.id,
        name: principal.name.clone(),
        kind: principal.kind,
        roles: principal.roles.clone(),
        agency: None,
        ver: principal.version,
        scope: Some(mandate.permissions.join(" ")),
        act: Some(Act {
            sub: claims.sub,
            name: claims.name,
            ground: mandate.ground,
            mandate: mandate.id,
            ver: claims.ver,
        }),
        acting: Vec::new(),
        predecessors: Vec::new(),
        ..claims
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

/// How long a token lives from its making, seconds: what shortened it counts.
pub(crate) fn life(claims: &Claims) -> u32 {
    u32::try_from(claims.exp - claims.iat).unwrap_or(0)
}

/// What an `id_token` is about.
pub(crate) struct SignIn<'a> {
    pub(crate) client: &'a str,
    pub(crate) scope: &'a str,
    pub(crate) nonce: Option<&'a str>,
    pub(crate) session: uuid::Uuid,
    pub(crate) auth_time: Option<DateTime<Utc>>,
    pub(crate) amr: &'a str,
    pub(crate) vouched: Option<&'a Vouched>,
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
        auth_time: about.auth_time.map(|at| at.timestamp()),
        acr: Assurance::of(&methods(about.amr)),
        amr: methods(about.amr),
        idp: about.vouched.map(|v| v.provider.clone()),
        loa: about.vouched.map(|v| v.loa.clone()),
        sid: about.session.to_string(),
        nonce: about.nonce.map(str::to_owned),
        at_hash: Some(secret::at_hash(about.access_token)),
        name: profile.then(|| account.name.clone()),
        preferred_username: profile.then(|| account.login.clone()),
    }
}
