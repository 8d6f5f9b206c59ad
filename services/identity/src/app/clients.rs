//! Which client asks, and is it that client? (RFC 6749 §2.3)

use crate::App;
use crate::app::machines::SIGNS;
use crate::app::passwords::Busy;
use crate::app::throttle::Wait;
use crate::domain::client::Client;
use crate::domain::secret;
use crate::error::OauthError;
use crate::store;
use std::net::IpAddr;

/// What a client presented.
#[derive(Debug)]
pub(crate) struct Credentials {
    pub(crate) id: String,
    pub(crate) secret: Option<String>,
    /// By HTTP Basic: the refusal then names that scheme.
    pub(crate) basic: bool,
}

/// Finds the client and checks its secret; a public client has none and must not send one.
pub(crate) async fn authenticate(
    app: &App,
    given: &Credentials,
    address: Option<IpAddr>,
) -> Result<Client, OauthError> {
    let refused = || OauthError::invalid_client(given.basic);
    let client = store::client::find(app.db.read(), &given.id).await?;
    match (client, &given.secret) {
        (Some(client), None) if client.secret_hash.is_none() => Ok(client),
        (_, None) => Err(refused()),
        (client, Some(secret)) => {
            let stored = client.as_ref().and_then(|c| c.secret_hash.as_deref());
            let guessable = stored.is_some_and(|s| s != SIGNS && !s.starts_with("sha256:"));
            // Who guesses at 256 random bits gets nowhere; a limit by name would only let strangers shut the client out.
            let attempt = if guessable {
                let name = format!("client:{}", given.id);
                app.throttle.admit(&app.rt, &name, address).await
            } else {
                let place = app.throttle.admit_place(&app.rt, "client", address);
                place.await
            };
            let attempt = attempt.map_err(|Wait(seconds)| OauthError::too_many(seconds))?;
            let machine = store::machine::find(app.db.read(), &given.id).await?;
            let now = app.rt.clock.now();
            let fits = |hash: &str| {
                hash.strip_prefix("sha256:")
                    .is_some_and(|hash| secret::equal(hash, &secret::hash(secret)))
            };
            let good = match stored.filter(|s| *s == SIGNS || s.starts_with("sha256:")) {
                Some(current) => {
                    // The secret before is taken for a while after a rotation.
                    let before = machine.as_ref().and_then(|m| m.previous.as_ref());
                    fits(current) || before.is_some_and(|(hash, until)| now < *until && fits(hash))
                }
                None => app
                    .hasher
                    .verify(secret, stored)
                    .await
                    .map_err(|Busy| OauthError::busy())?,
            };
            let admitted = machine.as_ref().is_none_or(|m| m.admits(address, now));
            match client {
                Some(client) if good && admitted => {
                    app.throttle.succeeded(&app.rt, &attempt).await;
                    Ok(client)
                }
                _ => {
                    app.throttle.failed(&app.rt, &attempt).await;
                    Err(refused())
                }
            }
        }
    }
}
