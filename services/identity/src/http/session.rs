//! The session that begins with a sign-in.

use super::Cookies;
use super::authorize::Proved;
use crate::App;
use crate::app::sign_in::{self, Means};
use crate::error::unforeseen;
use crate::store::grant::Session;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use contracts::Language as Lang;

/// Starts a session and puts its cookie into the response.
pub(super) async fn with_session(
    req: &HttpRequest,
    app: &App,
    lang: Lang,
    proved: Proved,
    mut response: HttpResponse,
) -> Result<(Session, HttpResponse), sea_orm::DbErr> {
    let cookies = Cookies::of(app);
    let before = cookies.read(req, Cookies::SESSION);
    let before = sign_in::resume(app, before.as_deref()).await?;
    let before = before.map(|(session, _)| session);
    let how = Means {
        amr: proved.amr,
        device: device_name(req),
        vouched: proved.vouched,
    };
    let begun = sign_in::start_session(app, proved.account, before.as_ref(), how);
    let (session, secret) = begun.await?;
    let seconds = i64::from(app.settings.session_seconds);
    let cookie = cookies.make(Cookies::SESSION, secret, seconds);
    if let Err(error) = response.add_cookie(&cookie) {
        return Ok((session, unforeseen(error).render(lang, None)));
    }
    Ok((session, response))
}

/// What the browser calls itself, at most 200 characters.
fn device_name(req: &HttpRequest) -> String {
    let agent = req
        .headers()
        .get(header::USER_AGENT)
        .and_then(|v| v.to_str().ok())
        .unwrap_or("");
    agent.chars().take(200).collect()
}
