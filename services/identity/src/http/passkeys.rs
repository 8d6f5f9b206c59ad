//! The page on which somebody makes and removes passkeys. It speaks for the session of this browser, and only a fresh one.

use super::{Cookies, page};
use crate::App;
use crate::app::passkeys::{self, Made};
use crate::app::second_factor::Refused;
use crate::app::sign_in;
use crate::domain::account::Account;
use crate::domain::params::Params;
use crate::error::unforeseen;
use crate::store;
use crate::store::grant::Session;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use contracts::Language as Lang;
use kit::http::Language;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How long the page stays good, seconds.
const FORM_SECONDS: i64 = 600;

/// Why none can be made.
const ENOUGH: (&str, &str) = (
    "Đã có đủ số khóa truy cập. Hãy xóa một khóa không dùng nữa trước khi tạo khóa mới.",
    "There are as many passkeys as may be. Remove one that is not used before a new one is made.",
);
const NO_NAME: (&str, &str) = (
    "Chỉ tạo được khóa truy cập khi mở hệ thống bằng tên miền, không phải bằng địa chỉ số.",
    "A passkey can only be made where this site is opened by a domain name, not by a numeric address.",
);

/// What its form is sealed about.
const ABOUT: &str = "passkeys form";

/// What the forms of the page carry, sealed.
#[derive(Serialize, Deserialize)]
struct FormToken {
    passkeys_of: Uuid,
    until: i64,
}

/// The session of this browser, if it is fresh.
async fn fresh(req: &HttpRequest, app: &App) -> Result<Option<(Session, Account)>, sea_orm::DbErr> {
    let cookie = Cookies::of(app).read(req, Cookies::SESSION);
    let found = sign_in::resume(app, cookie.as_deref()).await?;
    let most = app.rt.tokens.step_up().max_age;
    let now = app.rt.clock.now();
    Ok(found.filter(|(session, _)| {
        session
            .age(now)
            .is_some_and(|age| age <= chrono::Duration::seconds(most))
    }))
}

/// `GET /oauth2/passkeys`.
#[get("/oauth2/passkeys")]
pub(super) async fn show(
    req: HttpRequest,
    app: web::Data<App>,
    language: Language,
) -> HttpResponse {
    let lang = language.0;
    match fresh(&req, &app).await {
        Ok(Some((session, account))) => draw(&app, lang, &session, &account, None).await,
        Ok(None) => stale(&app, lang),
        Err(error) => unforeseen(error).render(lang, None),
    }
}

async fn draw(
    app: &App,
    lang: Lang,
    session: &Session,
    account: &Account,
    error: Option<(&'static str, &'static str)>,
) -> HttpResponse {
    let made = async {
        let (options, why) = match passkeys::begin(app, account, session.id).await {
            Ok(options) => (Some(options), None),
            Err(Refused::On) => (None, Some(ENOUGH)),
            Err(Refused::Off) => (None, Some(NO_NAME)),
            Err(other) => return Err(anyhow::Error::from(other)),
        };
        let rows = store::passkey::of(app.db.read(), account.id).await?;
        let token = FormToken {
            passkeys_of: session.id,
            until: app.rt.clock.now().timestamp() + FORM_SECONDS,
        };
        let form = app
            .rt
            .sealer
            .seal_about(app.rt.ids, &serde_json::to_string(&token)?, ABOUT);
        Ok((options, rows, form, error.or(why)))
    };
    match made.await {
        Ok((options, rows, form, error)) => page::passkeys(app, lang, options, &rows, &form, error),
        Err(error) => unforeseen(error).render(lang, None),
    }
}

/// `POST /oauth2/passkeys`: a new one, or one to remove.
#[post("/oauth2/passkeys")]
pub(super) async fn change(
    req: HttpRequest,
    app: web::Data<App>,
    language: Language,
    body: web::Bytes,
) -> HttpResponse {
    let lang = language.0;
    let Ok(params) = super::form(&req, &body) else {
        return stale(&app, lang);
    };
    match changed(&req, &app, lang, &params).await {
        Ok(response) => response,
        Err(error) => unforeseen(error).render(lang, None),
    }
}

async fn changed(
    req: &HttpRequest,
    app: &App,
    lang: Lang,
    params: &Params,
) -> anyhow::Result<HttpResponse> {
    let token: Option<FormToken> = params
        .get("form")
        .and_then(|form| app.rt.sealer.open_about(form, ABOUT).ok())
        .and_then(|json| serde_json::from_str(&json).ok());
    let now = app.rt.clock.now().timestamp();
    let mine = token
        .zip(fresh(req, app).await?)
        .filter(|(token, (session, _))| token.passkeys_of == session.id && now < token.until);
    let Some((_, (session, account))) = mine else {
        return Ok(stale(app, lang));
    };
    let (from, password) = (super::address(req), params.get("password").unwrap_or(""));
    let done = if let Some(id) = params.get("remove") {
        let id = id.parse::<Uuid>().unwrap_or_default();
        match passkeys::remove(app, &account, id, password, from).await {
            Ok(false) => Err(Refused::NotFound),
            Ok(true) => Ok(()),
            Err(refused) => Err(refused),
        }
    } else {
        let made = Made {
            name: params.get("name").unwrap_or(""),
            password,
            answer: params.get("answer").unwrap_or(""),
        };
        passkeys::finish(app, &account, session.id, &made, from).await
    };
    let error = match done {
        Ok(()) => None,
        Err(Refused::NotFound) => {
            Some(("Không tìm thấy khóa truy cập", "There is no such passkey"))
        }
        Err(Refused::Password) => Some(("Mật khẩu không đúng", "The password is wrong")),
        Err(Refused::TooMany(_) | Refused::Busy) => Some((
            "Quá nhiều lần thử. Vui lòng thử lại sau ít phút",
            "Too many attempts. Please try again in a few minutes",
        )),
        Err(Refused::Code | Refused::Off) => Some((
            "Chưa tạo được khóa truy cập. Vui lòng thử lại",
            "The passkey was not made. Please try again",
        )),
        Err(other) => return Err(other.into()),
    };
    Ok(draw(app, lang, &session, &account, error).await)
}

fn stale(app: &App, lang: Lang) -> HttpResponse {
    page::message(
        app,
        lang,
        StatusCode::UNAUTHORIZED,
        ("Cần đăng nhập lại", "Please sign in again"),
        (
            "Để quản lý khóa truy cập, hãy đăng nhập lại rồi mở trang này trong vòng 15 phút.",
            "To manage passkeys, sign in again and open this page within 15 minutes.",
        ),
    )
}
