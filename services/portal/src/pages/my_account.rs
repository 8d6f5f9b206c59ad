//! One's own account: how one signs in, and where one is signed in.

use super::inbox;
use crate::api::ApiError;
use crate::ctx::Ctx;
use crate::error::{PageError, see_other};
use crate::form::Fields;
use crate::format;
use crate::i18n::Tr;
use crate::session;
use crate::shell::{Page, Section, done, ok};
use actix_web::{HttpResponse, get, post, web};
use askama::Template;
use contracts::Language;
use kit::http::Query;
use serde::Deserialize;

const PATH: &str = "/tai-khoan";

/// Texts of the page.
struct Words {
    title: &'static str,
    login: &'static str,
    email: &'static str,
    phone: &'static str,
    sign_in: &'static str,
    change_password: &'static str,
    passkeys: &'static str,
    data: &'static str,
    acting: &'static str,
    sessions: &'static str,
    since: &'static str,
    until: &'static str,
    end: &'static str,
    end_all: &'static str,
}

#[derive(Template)]
#[template(path = "my_account.html")]
struct MyAccount {
    page: Page,
    w: Words,
    me: crate::api::types::Me,
    /// How the second factor stands, in words.
    second_factor: String,
    sessions: Vec<Row>,
}

struct Row {
    id: String,
    device: String,
    since: String,
    until: String,
}

#[derive(Deserialize)]
struct Asked {
    xong: Option<String>,
}

fn word(t: Tr, vi: &'static str, en: &'static str) -> &'static str {
    match t.0 {
        Language::Vi => vi,
        Language::En => en,
    }
}

fn words(t: Tr) -> Words {
    Words {
        title: t.account(),
        login: word(t, "Tên đăng nhập", "Login"),
        email: word(t, "Thư điện tử", "E-mail"),
        phone: word(t, "Điện thoại", "Phone"),
        sign_in: word(t, "Đăng nhập và bảo mật", "Sign-in and security"),
        change_password: word(t, "Đổi mật khẩu", "Change the password"),
        passkeys: t.passkeys(),
        data: super::my_data::title(t),
        acting: t.acting(),
        sessions: word(t, "Các thiết bị đang đăng nhập", "Where you are signed in"),
        since: word(t, "Từ", "Since"),
        until: word(t, "đến", "until"),
        end: word(t, "Đăng xuất thiết bị này", "Sign out there"),
        end_all: word(t, "Đăng xuất mọi nơi", "Sign out everywhere"),
    }
}

#[get("/tai-khoan")]
pub(super) async fn show(ctx: Ctx, asked: Query<Asked>) -> Result<HttpResponse, PageError> {
    in_person(&ctx)?;
    let (t, api) = (ctx.t, ctx.api());
    let me = api.me().await.map_err(|e| ctx.refuse(e))?;
    let factor = api.second_factor().await.map_err(|e| ctx.refuse(e))?;
    let sessions = api.my_sessions().await.map_err(|e| ctx.refuse(e))?.items;
    let said = asked
        .0
        .xong
        .map(|_| word(t, "Đã đăng xuất thiết bị đó.", "Signed out there.").to_owned());
    let state = if factor.on {
        word(t, "Xác thực hai lớp: đang bật", "Second factor: on")
    } else {
        word(t, "Xác thực hai lớp: chưa bật", "Second factor: off")
    };
    let keys = word(t, "khóa truy cập", "passkeys");
    let w = words(t);
    ok(&MyAccount {
        page: Page::new(&ctx, Section::None, w.title).notice(said),
        w,
        me,
        second_factor: format!("{state} · {keys}: {}", factor.passkeys),
        sessions: sessions
            .into_iter()
            .map(|s| Row {
                id: s.id,
                device: s.device,
                since: format::time(&s.since),
                until: format::time(&s.until),
            })
            .collect(),
    })
}

/// Ends one session, or all of them.
#[post("/tai-khoan/dang-xuat")]
pub(super) async fn end(ctx: Ctx, payload: web::Payload) -> Result<HttpResponse, PageError> {
    let session = in_person(&ctx)?;
    let fields = Fields::read(payload).await?;
    ctx.check_form(fields.get("csrf"))
        .map_err(|e| inbox::back(e, PATH))?;
    let id = fields.get("id");
    if !id.is_empty() {
        match ctx.api().end_my_session(id).await {
            Ok(()) => {}
            // It has ended meanwhile.
            Err(ApiError::Refused(refusal)) if refusal.status == 404 => {}
            Err(other) => return Err(PageError::of(other, PATH)),
        }
        return Ok(done(PATH, "dang-xuat"));
    }
    let ended = ctx.api().end_my_sessions().await;
    ended.map_err(|e| PageError::of(e, PATH))?;
    session::end(&ctx.app, session).await;
    let mut response = see_other("/");
    response
        .add_cookie(&session::gone(&ctx.app, ctx.app.session_cookie()))
        .map_err(PageError::internal)?;
    Ok(response)
}

/// Who acts for somebody has no account page of the other.
fn in_person(ctx: &Ctx) -> Result<&crate::session::Session, PageError> {
    let session = ctx.signed_in()?;
    match session.acting_for {
        None => Ok(session),
        Some(_) => Err(PageError::Forbidden),
    }
}
