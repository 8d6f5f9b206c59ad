//! Signing out at the front end's request (OpenID Connect RP-Initiated Logout 1.0).

use super::{Cookies, NO_STORE, page};
use crate::App;
use crate::app::sign_in;
use crate::app::tokens::IdClaims;
use crate::domain::params::Params;
use crate::domain::secret;
use crate::error::unforeseen;
use crate::store;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use contracts::Language as Lang;
use kit::http::Language;
use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

/// How long the question stays good, seconds.
const FORM_SECONDS: i64 = 600;

/// What its form is sealed about.
const ABOUT: &str = "sign-out form";

/// What the sign-out form carries, sealed; bound to the session that is to end.
#[derive(Serialize, Deserialize)]
struct FormToken {
    session: Uuid,
    until: i64,
    next: Option<String>,
}

/// `GET /oauth2/logout`. With an `id_token_hint` of the present session it ends at once; else the person is asked, since anybody's
/// page can send a browser here.
#[get("/oauth2/logout")]
pub(super) async fn ask(req: HttpRequest, app: web::Data<App>, language: Language) -> HttpResponse {
    let Ok(params) = Params::parse(req.query_string().as_bytes()) else {
        return refused(&app, language.0);
    };
    proceed(&req, &app, language.0, &params)
        .await
        .unwrap_or_else(|error| unforeseen(error).render(language.0, None))
}

async fn proceed(
    req: &HttpRequest,
    app: &App,
    lang: Lang,
    params: &Params,
) -> anyhow::Result<HttpResponse> {
    let keys = app.signer.keys(&app.db, &app.rt).await?;
    let hint: Option<IdClaims> = match params.get("id_token_hint") {
        Some(token) => match keys.read_id(token, app.rt.tokens.issuer()) {
            Some(claims) => Some(claims),
            None => return Ok(refused(app, lang)),
        },
        None => None,
    };
    let named = params.get("client_id");
    let client = named.or(hint.as_ref().map(|h| h.aud.as_str()));
    if let (Some(named), Some(hint)) = (named, &hint)
        && named != hint.aud
    {
        return Ok(refused(app, lang));
    }
    let client = match client {
        Some(id) => store::client::find(app.db.read(), id).await?,
        None => None,
    };
    let next = match params.get("post_logout_redirect_uri") {
        None => None,
        Some(uri) => match client.filter(|c| c.returns_to(uri)) {
            Some(_) => Some(with_state(uri, params.get("state"))?),
            None => return Ok(refused(app, lang)),
        },
    };
    let cookie = Cookies::of(app).read(req, Cookies::SESSION);
    let Some((session, _)) = sign_in::resume(app, cookie.as_deref()).await? else {
        // Signed out already. The front end's own grant may still live.
        if let Some(session) = hint.and_then(|h| h.sid.parse().ok()) {
            end(app, session).await?;
        }
        return Ok(done(app, lang, next));
    };
    if hint.is_some_and(|h| h.sid == session.id.to_string()) {
        end(app, session.id).await?;
        return Ok(done(app, lang, next));
    }
    let returns_to = next
        .as_deref()
        .and_then(|uri| Url::parse(uri).ok())
        .map_or_else(String::new, |u| u.origin().ascii_serialization());
    let token = FormToken {
        session: session.id,
        until: app.rt.clock.now().timestamp() + FORM_SECONDS,
        next,
    };
    let form = app
        .rt
        .sealer
        .seal_about(app.rt.ids, &serde_json::to_string(&token)?, ABOUT);
    Ok(page::sign_out(app, lang, &form, &returns_to))
}

/// `POST /oauth2/logout`: the person confirmed.
#[post("/oauth2/logout")]
pub(super) async fn confirm(
    req: HttpRequest,
    app: web::Data<App>,
    language: Language,
    body: web::Bytes,
) -> HttpResponse {
    let Ok(params) = super::form(&req, &body) else {
        return refused(&app, language.0);
    };
    let outcome = if params.get("form").is_some() {
        confirmed(&req, &app, language.0, &params).await
    } else {
        // The protocol allows the request itself by POST, too.
        proceed(&req, &app, language.0, &params).await
    };
    outcome.unwrap_or_else(|error| unforeseen(error).render(language.0, None))
}

async fn confirmed(
    req: &HttpRequest,
    app: &App,
    lang: Lang,
    params: &Params,
) -> anyhow::Result<HttpResponse> {
    let token: Option<FormToken> = params
        .get("form")
        .and_then(|form| app.rt.sealer.open_about(form, ABOUT).ok())
        .and_then(|json| serde_json::from_str(&json).ok());
    let Some(token) = token.filter(|t| app.rt.clock.now().timestamp() < t.until) else {
        return Ok(refused(app, lang));
    };
    let cookie = Cookies::of(app).read(req, Cookies::SESSION);
    let mine = match cookie {
        Some(cookie) => {
            let now = app.rt.clock.now();
            store::grant::session(app.db.read(), &secret::hash(&cookie), now).await?
        }
        None => None,
    };
    if mine.is_some_and(|session| session.id == token.session) {
        end(app, token.session).await?;
        Ok(done(app, lang, token.next))
    } else {
        Ok(refused(app, lang))
    }
}

async fn end(app: &App, session: Uuid) -> Result<(), sea_orm::DbErr> {
    let now = app.rt.clock.now();
    app.db
        .tx(|tx| async move { store::grant::sign_out(&*tx, session, now).await })
        .await
}

fn with_state(uri: &str, state: Option<&str>) -> anyhow::Result<String> {
    let mut url = Url::parse(uri)?;
    if let Some(state) = state {
        url.query_pairs_mut().append_pair("state", state);
    }
    Ok(url.into())
}

/// Signed out: the cookie goes, and the browser with it where it should.
fn done(app: &App, lang: Lang, next: Option<String>) -> HttpResponse {
    let mut response = match next {
        Some(uri) => HttpResponse::SeeOther()
            .insert_header((header::LOCATION, uri))
            .insert_header(NO_STORE)
            .finish(),
        None => page::message(
            app,
            lang,
            StatusCode::OK,
            ("Đã đăng xuất", "Signed out"),
            (
                "Bạn đã đăng xuất khỏi Một Cửa.",
                "You are signed out of Một Cửa.",
            ),
        ),
    };
    let gone = Cookies::of(app).make(Cookies::SESSION, String::new(), 0);
    if let Err(error) = response.add_cookie(&gone) {
        return unforeseen(error).render(lang, None);
    }
    response
}

fn refused(app: &App, lang: Lang) -> HttpResponse {
    page::message(
        app,
        lang,
        StatusCode::BAD_REQUEST,
        (
            "Yêu cầu đăng xuất không hợp lệ",
            "This sign-out request is not valid",
        ),
        (
            "Ứng dụng gửi thông tin không hợp lệ. Bạn vẫn đang đăng nhập.",
            "The application sent something that is not valid. You are still signed in.",
        ),
    )
}
