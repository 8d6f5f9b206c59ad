//! What was revoked lately, for the services that check tokens. Not for people: the answer is sealed with the suite's own key.

use crate::error::unforeseen;
use crate::{App, store};
use actix_web::{HttpResponse, get, web};
use chrono::Duration;
use kit::Problem;
use kit::token::Revocations;

/// Longer than the clocks of two machines differ, seconds.
const MARGIN: i64 = 120;

/// Accounts whose older tokens are refused.
#[get("/oauth2/revocations")]
pub(super) async fn revocations(app: web::Data<App>) -> Result<HttpResponse, Problem> {
    let now = app.rt.clock.now();
    let life = i64::from(app.settings.access_token_seconds) + MARGIN;
    let accounts = store::revocation::since(app.db.read(), now - Duration::seconds(life))
        .await
        .map_err(unforeseen)?;
    let list = Revocations {
        at: now.timestamp(),
        accounts,
    };
    Ok(HttpResponse::Ok()
        .insert_header(super::NO_STORE)
        .json(list.seal(&app.rt).map_err(unforeseen)?))
}
