//! `motcua token <login>`: an access token for a demo account.

use crate::settings::Settings;

/// Signs a token for a demo account or client.
///
/// # Errors
/// When the instance was not started with demo data, or there is no such login.
pub async fn token(settings: &Settings, login: &str) -> anyhow::Result<String> {
    let all = settings.all()?;
    let rt = kit::process::runtime(&all.process)?;
    let db = durable::Db::open(&all.identity.database, &rt).await?;
    identity::demo_token(&db, &rt, login).await
}
