//! Devices without a keyboard of their own, kiosks above all: a person lets one in from another browser (RFC 8628).

use super::grants::{self, TokenAnswer};
use crate::App;
use crate::domain::client::{Client, Grant};
use crate::domain::device as rules;
use crate::domain::request::known_scopes;
use crate::domain::secret;
use crate::error::OauthError;
use crate::store;
use crate::store::device::{Device, State};
use crate::store::grant::{Refresh, Session};
use chrono::Duration;
use sea_orm::DbErr;
use serde::Serialize;
use utoipa::ToSchema;

/// How long a device waits, seconds.
const LIFE: i64 = 600;
/// How long it must wait between two questions, seconds.
const INTERVAL: i64 = 5;

/// The answer to a device (RFC 8628 §3.2).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeviceAnswer {
    /// What the device asks with.
    #[schema(example = "GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS90")]
    device_code: String,
    /// What the person types.
    #[schema(example = "WDJB-MJHT")]
    user_code: String,
    /// Where.
    #[schema(example = "https://motcua.example.vn/oauth2/device")]
    verification_uri: String,
    /// The same with the code in it, for a QR code.
    #[schema(example = "https://motcua.example.vn/oauth2/device?user_code=WDJB-MJHT")]
    verification_uri_complete: String,
    /// Seconds that both codes are good for.
    #[schema(example = 600)]
    expires_in: i64,
    /// Seconds between two questions at the least.
    #[schema(example = 5)]
    interval: i64,
}

/// A device begins to wait.
pub(crate) async fn begin(
    app: &App,
    client: &Client,
    scope: Option<&str>,
) -> Result<DeviceAnswer, OauthError> {
    if !client.may(Grant::DeviceCode) {
        return Err(OauthError::unauthorized_client());
    }
    let device_code = app.rt.ids.secret();
    let user_code = rules::user_code(app.rt.ids.bytes());
    let now = app.rt.clock.now();
    let device = Device {
        hash: secret::hash(&device_code),
        user_code: secret::hash(&user_code),
        client: client.id.clone(),
        scope: known_scopes(scope.unwrap_or("openid profile")),
        expires_at: now + Duration::seconds(LIFE),
        state: State::Pending,
        polled_at: None,
        by: None,
    };
    app.db
        .tx(|tx| {
            let device = device.clone();
            async move { store::device::add(&*tx, &device).await }
        })
        .await?;
    let issuer = app.rt.tokens.issuer().trim_end_matches('/');
    let shown = rules::shown(&user_code);
    let verification_uri = format!("{issuer}/oauth2/device");
    Ok(DeviceAnswer {
        verification_uri_complete: format!("{verification_uri}?user_code={shown}"),
        verification_uri,
        user_code: shown,
        device_code,
        expires_in: LIFE,
        interval: INTERVAL,
    })
}

/// The device that waits and shows this code.
pub(crate) async fn waiting(app: &App, typed: &str) -> Result<Option<Device>, DbErr> {
    let Some(code) = rules::typed(typed) else {
        return Ok(None);
    };
    let now = app.rt.clock.now();
    store::device::waiting(app.db.read(), &secret::hash(&code), now).await
}

/// The person's answer: the session lets it in, `None` does not. False: it waits no longer.
pub(crate) async fn decide(
    app: &App,
    user_code: &str,
    by: Option<&Session>,
) -> Result<bool, DbErr> {
    let now = app.rt.clock.now();
    let (user_code, by) = (user_code.to_owned(), by.cloned());
    let decided = app
        .db
        .tx(|tx| {
            let (user_code, by) = (user_code.clone(), by.clone());
            async move { store::device::decide(&*tx, &user_code, by.as_ref(), now).await }
        })
        .await?;
    if let Some(session) = by.filter(|_| decided) {
        tracing::info!(account = %session.account, "a device was let in");
    }
    Ok(decided)
}

enum Found {
    Refused(OauthError),
    Good(Box<Refresh>),
}

/// The device asks whether it was let in, and gets its tokens once.
pub(crate) async fn exchange(
    app: &App,
    client: &Client,
    device_code: &str,
) -> Result<TokenAnswer, OauthError> {
    let now = app.rt.clock.now();
    let hash = secret::hash(device_code);
    let next = app.rt.ids.secret();
    let family = app.rt.ids.uuid(now);
    let lifetime = Duration::seconds(i64::from(app.settings.refresh_seconds));
    let found = app
        .db
        .tx(|tx| {
            let (hash, next, client) = (hash.clone(), next.clone(), client.id.clone());
            async move {
                let refused = |error| Ok::<_, DbErr>(Found::Refused(error));
                let device = store::device::find(&*tx, &hash).await?;
                let Some(device) = device.filter(|d| d.client == client) else {
                    return refused(OauthError::invalid_grant("the device code is not known"));
                };
                if device.expires_at <= now {
                    return refused(OauthError::expired_token());
                }
                let hasty = device
                    .polled_at
                    .is_some_and(|last| (now - last).num_seconds() < INTERVAL);
                store::device::polled(&*tx, &hash, now).await?;
                if hasty {
                    return refused(OauthError::slow_down());
                }
                let by = match (device.state, device.by) {
                    (State::Pending, _) => return refused(OauthError::authorization_pending()),
                    (State::Denied, _) => return refused(OauthError::access_denied()),
                    (State::Allowed, Some(by)) if store::device::take(&*tx, &hash).await? => by,
                    (State::Allowed | State::Used, _) => {
                        return refused(OauthError::invalid_grant("the device code was used"));
                    }
                };
                let session = store::grant::session_of(&*tx, by.account, by.session).await?;
                let Some(session) = session else {
                    return refused(OauthError::access_denied());
                };
                let token = Refresh {
                    hash: secret::hash(&next),
                    family,
                    client,
                    account: by.account,
                    session: by.session,
                    scope: device.scope,
                    auth_time: by.auth_time,
                    created_at: now,
                    expires_at: now + lifetime,
                    used_at: None,
                    revoked_at: None,
                    amr: by.amr,
                    vouched: session.vouched,
                    mandate: None,
                };
                store::grant::add_refresh(&*tx, &token).await?;
                Ok(Found::Good(Box::new(token)))
            }
        })
        .await?;
    match found {
        Found::Refused(error) => Err(error),
        Found::Good(token) => grants::first(app, &token, next).await,
    }
}
