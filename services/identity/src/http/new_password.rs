//! A new password within a sign-in: in the place of one that an administrator has set, or because the person wants another.

use super::authorize::go_on;
use super::sign_in_form::{Renew, Shown, form_page};
use crate::App;
use crate::app::accounts;
use crate::app::passwords::Busy;
use crate::domain::account::Account;
use crate::domain::client::Client;
use crate::domain::params::Params;
use crate::domain::password;
use crate::domain::request::AuthorizationRequest;
use crate::error::{AccountError, unforeseen};
use crate::store;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use contracts::Language as Lang;

/// Why a password is not taken, in Vietnamese and English.
type Refusal = (&'static str, &'static str);

/// Too many are hashed at once.
const BUSY: Refusal = (
    "Hệ thống đang bận. Vui lòng thử lại",
    "The system is busy. Please try again",
);

/// Takes the password that was chosen, and goes on with the sign-in.
pub(super) async fn take(
    req: &HttpRequest,
    app: &App,
    lang: Lang,
    (client, request): (&Client, AuthorizationRequest),
    renew: Renew,
    params: &Params,
) -> Result<HttpResponse, sea_orm::DbErr> {
    let account = store::account::find(app.db.read(), renew.proved.account).await?;
    // Closed, or changed by an administrator, since it was proved: from the beginning.
    let Some(account) = account.filter(|a| a.active && a.version == renew.version) else {
        return Ok(form_page(req, app, lang, client, request, Shown::default()));
    };
    let typed = (
        params.get("new_password").unwrap_or(""),
        params.get("again").unwrap_or(""),
    );
    let chosen = match refusal(app, &account, typed).await {
        Ok(None) => app.hasher.hash(&vn::text::nfc(typed.0), app.rt.ids).await,
        Ok(Some(refusal)) => {
            let (status, retry_after) = if refusal == BUSY {
                (StatusCode::SERVICE_UNAVAILABLE, Some(3))
            } else {
                (StatusCode::UNPROCESSABLE_ENTITY, None)
            };
            let shown = Shown {
                login: Some(&account.login),
                error: Some((refusal.0, refusal.1.to_owned())),
                status,
                retry_after,
                renew: Some(renew),
                ..Shown::default()
            };
            return Ok(form_page(req, app, lang, client, request, shown));
        }
        Err(error) => Err(error),
    };
    let hash = match chosen {
        Ok(hash) => hash,
        Err(error) => return Ok(unforeseen(error).render(lang, None)),
    };
    match accounts::choose_password(app, account.id, renew.version, hash).await {
        Ok(account) => go_on(req, app, lang, (client, request), &account, renew.proved).await,
        Err(AccountError::NotFound | AccountError::Stale(_)) => {
            Ok(form_page(req, app, lang, client, request, Shown::default()))
        }
        Err(error) => Ok(unforeseen(error).render(lang, None)),
    }
}

/// What is wrong with it. The cheapest is asked first.
async fn refusal(
    app: &App,
    account: &Account,
    (password, again): (&str, &str),
) -> anyhow::Result<Option<Refusal>> {
    if password != again {
        return Ok(Some((
            "Hai lần nhập mật khẩu không giống nhau",
            "The two passwords are not the same",
        )));
    }
    if !password::is_good(password, &account.login) {
        return Ok(Some((
            "Mật khẩu cần 10–128 ký tự, không quá dễ đoán và không giống tên đăng nhập",
            "A password needs 10–128 characters, not easily guessed and unlike the login",
        )));
    }
    let plain = vn::text::nfc(password);
    if app.breached.holds(&plain).await? {
        return Ok(Some((
            "Mật khẩu này đã bị lộ ở nơi khác; hãy chọn mật khẩu khác",
            "This password was leaked elsewhere; choose another",
        )));
    }
    let stored = account.password_hash.as_deref();
    match app.hasher.verify(&plain, stored).await {
        Ok(false) => Ok(None),
        Ok(true) => Ok(Some((
            "Hãy chọn mật khẩu khác với mật khẩu hiện tại",
            "Choose another password than the present one",
        ))),
        Err(Busy) => Ok(Some(BUSY)),
    }
}
