//! Signing in by a national provider: there and back, what it says checked from server to server, and the account found by the verified
//! number alone. Nothing that the browser brings back is believed but the code and the state, and both are good once.

use crate::App;
use crate::domain::account::Account;
use crate::domain::provider::{self, IdToken, Provider, Verified};
use crate::domain::request::AuthorizationRequest;
use crate::domain::secret;
use crate::store;
use anyhow::Context as _;
use chrono::{DateTime, Utc};
use contracts::{AccountId, ActorKind, Role};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use kit::client::CallError;
use sea_orm::DbErr;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;
use url::Url;

/// How long the person may be away.
const AWAY: Duration = Duration::from_secs(600);
/// How long the provider may take for each question.
const DEADLINE: Duration = Duration::from_secs(8);

/// What a sign-in under way is sealed about.
const ABOUT: &str = "provider sign-in";

/// A sign-in that is under way, kept sealed under its state.
#[derive(Serialize, Deserialize)]
pub(crate) struct Begun {
    provider: String,
    nonce: String,
    verifier: String,
    /// Hash of the form cookie of the browser that began it.
    browser: String,
    pub(crate) request: AuthorizationRequest,
}

/// Somebody whom the provider vouched for.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Vouched {
    pub(crate) account: AccountId,
    pub(crate) provider: String,
    pub(crate) loa: String,
    pub(crate) amr: String,
    /// When the person proved who they are there; `None`: it does not say.
    pub(crate) proved: Option<DateTime<Utc>>,
}

/// How long the way back from the provider may take, seconds, for a client that wants a proof of just now.
const WAY_BACK: i64 = 60;

impl Vouched {
    /// Whether that was within `max_age` seconds, when that is asked for (OpenID Connect Core §3.1.2.1).
    pub(crate) fn is_fresh(&self, max_age: Option<i64>, now: DateTime<Utc>) -> bool {
        max_age.is_none_or(|most| {
            let age = self.proved.map(|at| (now - at).num_seconds());
            age.is_some_and(|age| age <= most.saturating_add(WAY_BACK))
        })
    }
}

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failed {
    /// What it says is not believed.
    #[error("{0}")]
    Unbelieved(&'static str),
    /// It cannot be asked.
    #[error("the provider is away: {0}")]
    Away(String),
    /// No account, and none is made; or it is closed.
    #[error("no account")]
    NoAccount,
    #[error(transparent)]
    Database(#[from] DbErr),
    #[error(transparent)]
    Other(#[from] anyhow::Error),
}

impl From<CallError> for Failed {
    fn from(error: CallError) -> Self {
        if error.is_transient() {
            Self::Away(error.to_string())
        } else {
            tracing::warn!(%error, "the provider refused");
            Self::Unbelieved("the provider refused the code")
        }
    }
}

fn key(app: &App, state: &str) -> String {
    format!("identity:provider:{}", app.rt.sealer.lookup_hash(state))
}

/// The configured provider of this name.
pub(crate) fn named<'a>(app: &'a App, id: &str) -> Option<&'a Provider> {
    app.settings.providers.iter().find(|p| p.id == id)
}

/// Where a provider's endpoint is for us: a path is one of our own.
fn endpoint(app: &App, address: &str) -> anyhow::Result<Url> {
    if address.starts_with('/') {
        let own = app.rt.directory.get("identity");
        let own = own.context("the address of identity is not known")?;
        return Ok(own.join(address)?);
    }
    Ok(Url::parse(address)?)
}

/// Where it sends people back to.
pub(crate) fn redirect_uri(app: &App, provider: &Provider) -> String {
    let issuer = app.rt.tokens.issuer().trim_end_matches('/');
    format!("{issuer}/oauth2/callback/{}", provider.id)
}

/// Where the browser goes.
pub(crate) async fn begin(
    app: &App,
    provider: &Provider,
    browser: &str,
    request: AuthorizationRequest,
) -> anyhow::Result<String> {
    let (state, nonce, verifier) = (
        app.rt.ids.secret(),
        app.rt.ids.secret(),
        app.rt.ids.secret(),
    );
    let issuer = app.rt.tokens.issuer();
    let mut to = Url::parse(issuer)?.join(&provider.authorization_endpoint)?;
    to.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", &provider.client_id)
        .append_pair("redirect_uri", &redirect_uri(app, provider))
        .append_pair("scope", &provider.scope)
        .append_pair("state", &state)
        .append_pair("nonce", &nonce);
    if provider.pkce {
        to.query_pairs_mut()
            .append_pair("code_challenge", &secret::hash(&verifier))
            .append_pair("code_challenge_method", "S256");
    }
    // A session of theirs will not do: somebody else may sit at the browser now. Whether it was heeded `auth_time` tells.
    to.query_pairs_mut().append_pair("prompt", "login");
    if !provider.acr_values.is_empty() {
        to.query_pairs_mut()
            .append_pair("acr_values", &provider.acr_values);
    }
    let begun = Begun {
        provider: provider.id.clone(),
        nonce,
        verifier,
        browser: browser.to_owned(),
        request,
    };
    let sealed = app
        .rt
        .sealer
        .seal_about(app.rt.ids, &serde_json::to_string(&begun)?, ABOUT);
    let cache = &app.rt.cache;
    cache.set(&key(app, &state), sealed.as_bytes(), AWAY).await;
    Ok(to.into())
}

/// The sign-in of this state, begun by this browser at this provider; it is taken once.
pub(crate) async fn take(app: &App, id: &str, state: &str, browser: Option<&str>) -> Option<Begun> {
    let key = key(app, state);
    let sealed = String::from_utf8(app.rt.cache.get(&key).await?).ok()?;
    let begun: Begun =
        serde_json::from_str(&app.rt.sealer.open_about(&sealed, ABOUT).ok()?).ok()?;
    // Another browser's answer does not use it up.
    let mine = browser.is_some_and(|b| secret::equal(&begun.browser, &secret::hash(b)));
    if !mine || begun.provider != id {
        return None;
    }
    app.rt.cache.delete(&key).await;
    Some(begun)
}

#[derive(Deserialize)]
struct Tokens {
    access_token: String,
    id_token: String,
}

/// Turns the code into somebody.
pub(crate) async fn finish(app: &App, begun: &Begun, code: &str) -> Result<Vouched, Failed> {
    let provider = named(app, &begun.provider).ok_or(Failed::Unbelieved(
        "the provider is not configured any more",
    ))?;
    let tokens = exchange(app, provider, begun, code).await?;
    let claims = verified(app, provider, &tokens.id_token).await?;
    let now = app.rt.clock.now().timestamp();
    claims
        .check(provider, &begun.nonce, now)
        .map_err(Failed::Unbelieved)?;
    let info: Value = app
        .rt
        .client
        .get_url(endpoint(app, &provider.userinfo_endpoint)?)
        .bearer(&tokens.access_token)
        .deadline(DEADLINE)
        .send_json()
        .await?;
    if !provider.claims.is_about(&info, &claims.sub) {
        return Err(Failed::Unbelieved(
            "userinfo is about somebody else, or does not say about whom (claims.subject)",
        ));
    }
    // Where userinfo names nobody, the access token is all that ties it to the id token.
    let tied = claims.at_hash.as_ref();
    if provider.claims.subject.is_empty()
        && tied.is_some_and(|hash| *hash != secret::at_hash(&tokens.access_token))
    {
        return Err(Failed::Unbelieved(
            "the access token is not that of the id token",
        ));
    }
    let who =
        provider::read(&provider.claims, &info).ok_or(Failed::Unbelieved("no verified number"))?;
    let account = account(app, provider, &who).await?;
    let sure = provider.multi_factor.contains(&who.loa);
    tracing::info!(account = %account.id, provider = provider.id, loa = who.loa, "signed in by a provider");
    Ok(Vouched {
        account: account.id,
        provider: provider.id.clone(),
        loa: who.loa,
        amr: if sure { "fed mfa" } else { "fed" }.to_owned(),
        proved: claims
            .proved(provider, now)
            .and_then(|at| DateTime::from_timestamp(at, 0)),
    })
}

async fn exchange(
    app: &App,
    provider: &Provider,
    begun: &Begun,
    code: &str,
) -> Result<Tokens, Failed> {
    use base64::Engine as _;
    let client_secret = app.settings.provider_secrets.get(&provider.id);
    let client_secret = client_secret.map(kit::config::Secret::expose).unwrap_or("");
    let redirect_uri = redirect_uri(app, provider);
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", redirect_uri.as_str()),
    ];
    if provider.pkce {
        form.push(("code_verifier", &begun.verifier));
    }
    let mut call = app
        .rt
        .client
        .post_url(endpoint(app, &provider.token_endpoint)?)
        .deadline(DEADLINE);
    if provider.secret_in_form {
        form.push(("client_id", &provider.client_id));
        form.push(("client_secret", client_secret));
    } else {
        // Both parts form-encoded (RFC 6749 §2.3.1).
        let encoded =
            |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let pair = format!(
            "{}:{}",
            encoded(&provider.client_id),
            encoded(client_secret)
        );
        let basic = base64::engine::general_purpose::STANDARD.encode(pair);
        call = call.header("authorization", &format!("Basic {basic}"));
    }
    Ok(call.form(&form).send_json().await?)
}

/// The claims of an id token that the provider signed.
async fn verified(app: &App, provider: &Provider, token: &str) -> Result<IdToken, Failed> {
    let bad = || Failed::Unbelieved("the id token is not signed by the provider");
    let header = jsonwebtoken::decode_header(token).map_err(|_malformed| bad())?;
    // Ours to choose: no `none`, no HMAC with a public key.
    if header.crit.is_some() {
        return Err(bad());
    }
    if !matches!(
        header.alg,
        Algorithm::ES256 | Algorithm::RS256 | Algorithm::PS256
    ) {
        return Err(bad());
    }
    let keys: JwkSet = app
        .rt
        .client
        .get_url(endpoint(app, &provider.jwks_uri)?)
        .deadline(DEADLINE)
        .send_json()
        .await?;
    let key = match &header.kid {
        Some(kid) => keys.find(kid),
        None => keys.keys.first().filter(|_| keys.keys.len() == 1),
    };
    let key = key
        .and_then(|jwk| DecodingKey::from_jwk(jwk).ok())
        .ok_or_else(bad)?;
    let mut rules = Validation::new(header.alg);
    rules.validate_exp = false;
    rules.validate_nbf = false;
    rules.validate_aud = false;
    rules.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
    let data = jsonwebtoken::decode::<IdToken>(token, &key, &rules);
    Ok(data.map_err(|_any| bad())?.claims)
}

/// The account of this number, or a new one.
async fn account(app: &App, provider: &Provider, who: &Verified) -> Result<Account, Failed> {
    let now = app.rt.clock.now();
    let hashes = app.rt.sealer.lookup_hashes(&who.number);
    let hash = app.rt.sealer.lookup_hash(&who.number);
    let role = if who.person {
        Role::Citizen
    } else {
        Role::Business
    };
    // The same for each first sign-in of this number, so that two at once make one account.
    let login: String = format!("vn-{hash}").chars().take(43).collect();
    let fresh = who.name.clone().map(|name| Account {
        id: AccountId(app.rt.ids.uuid(now)),
        login,
        password_hash: None,
        temporary_until: None,
        name,
        kind: ActorKind::Applicant,
        roles: vec![role],
        agency: None,
        email: None,
        phone: None,
        identity_number: Some(app.rt.sealer.seal(app.rt.ids, &who.number)),
        identity_hash: Some(hash),
        active: true,
        version: 1,
        created_at: now,
    });
    let fresh = fresh.filter(|_| provider.creates_accounts);
    let found = app
        .db
        .tx(|tx| {
            let (hashes, fresh) = (hashes.clone(), fresh.clone());
            async move {
                let found = store::account::by_identity(&*tx, &hashes).await?;
                let found = found.into_iter().find(|a| a.roles.contains(&role));
                match (found, fresh) {
                    (None, Some(fresh)) => {
                        store::account::insert(&*tx, &fresh, now).await?;
                        Ok::<_, DbErr>(Some(fresh))
                    }
                    (found, _) => Ok(found),
                }
            }
        })
        .await?;
    if found.is_none() && provider.creates_accounts {
        tracing::warn!(
            provider = provider.id,
            "no account is made: the provider tells no name (claims.name)"
        );
    }
    found.filter(|a| a.active).ok_or(Failed::NoAccount)
}
