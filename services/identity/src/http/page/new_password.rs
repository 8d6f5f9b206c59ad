//! The page on which a new password is chosen.

use super::{SignIn, code, pick, render};
use crate::App;
use actix_web::HttpResponse;
use askama::Template;
use contracts::Language;

/// Words of the page on which a new password is chosen.
struct NewPasswordText {
    title: &'static str,
    hint: &'static str,
    login: &'static str,
    password: &'static str,
    again: &'static str,
    submit: &'static str,
}

#[derive(Template)]
#[template(path = "new_password.html")]
struct NewPasswordPage<'a> {
    lang: &'static str,
    nonce: &'a str,
    t: NewPasswordText,
    error: Option<&'a str>,
    form: &'a str,
    login: &'a str,
}

/// The page on which a new password is chosen within a sign-in.
pub(in crate::http) fn new_password(
    app: &App,
    language: Language,
    page: &SignIn<'_>,
) -> HttpResponse {
    let nonce = app.rt.ids.secret();
    let html = NewPasswordPage {
        lang: code(language),
        nonce: &nonce,
        t: NewPasswordText {
            title: pick(language, "Chọn mật khẩu mới", "Choose a new password"),
            hint: pick(
                language,
                "Mật khẩu cần 10–128 ký tự, không quá dễ đoán. Không ai khác biết mật khẩu này. Sau khi đổi, tài khoản được đăng xuất ở mọi thiết bị khác.",
                "A password needs 10–128 characters and is not easily guessed. Nobody else knows it. Afterwards the account is signed out on all other devices.",
            ),
            login: pick(language, "Tên đăng nhập", "Login"),
            password: pick(language, "Mật khẩu mới", "New password"),
            again: pick(language, "Nhập lại mật khẩu mới", "New password again"),
            submit: pick(language, "Đổi mật khẩu", "Change the password"),
        },
        error: page.error_in(language),
        form: page.form,
        login: page.login,
    };
    render(
        &html,
        &nonce,
        page.status,
        language,
        &page.redirect_origin,
        page.retry_after,
    )
}
