//! Whether to let a client in, asked of a person who is signed in: any program of the person's computer can be a loopback client and open
//! the browser, so a session alone answers none (RFC 8252 §8.6); and a client may want it asked (`prompt=consent`).

use super::redirect::denied;
use super::sign_in_form::{Shown, form_page};
use super::{Cookies, authorize};
use crate::App;
use crate::app::sign_in;
use crate::domain::client::Client;
use crate::domain::params::Params;
use crate::domain::request::AuthorizationRequest;
use crate::store::grant::Session;
use actix_web::{HttpRequest, HttpResponse};
use contracts::Language as Lang;
use uuid::Uuid;

/// The question, bound to this browser and to its session. `login`: of the account of the session.
pub(super) fn question(
    req: &HttpRequest,
    app: &App,
    lang: Lang,
    (client, request): (&Client, AuthorizationRequest),
    session: &Session,
    login: &str,
) -> HttpResponse {
    let shown = Shown {
        login: Some(login),
        let_in: Some(session.id),
        ..Shown::default()
    };
    form_page(req, app, lang, client, request, shown)
}

/// Yes or no, of the session that was asked.
pub(super) async fn decided(
    req: &HttpRequest,
    app: &App,
    lang: Lang,
    (client, request): (&Client, AuthorizationRequest),
    asked: Uuid,
    params: &Params,
) -> Result<HttpResponse, sea_orm::DbErr> {
    let cookie = Cookies::of(app).read(req, Cookies::SESSION);
    let found = sign_in::resume(app, cookie.as_deref()).await?;
    let Some((session, _)) = found.filter(|(session, _)| session.id == asked) else {
        // Signed out since, or in as somebody else: from the beginning.
        return authorize::proceed(req, app, lang, client, request).await;
    };
    if params.get("answer") == Some("allow") {
        authorize::answer(app, lang, &request, &session).await
    } else {
        Ok(denied(
            app,
            &request,
            "access_denied",
            "the person let nobody in",
        ))
    }
}
