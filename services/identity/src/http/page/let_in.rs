//! The question whether to let a program in.

use super::{SignIn, code, pick, render};
use crate::App;
use actix_web::HttpResponse;
use askama::Template;
use contracts::Language;

/// Words of the question whether to let a program in.
struct LetInText {
    title: &'static str,
    question: &'static str,
    account: &'static str,
    warning: &'static str,
    allow: &'static str,
    deny: &'static str,
}

#[derive(Template)]
#[template(path = "let_in.html")]
struct LetInPage<'a> {
    lang: &'static str,
    nonce: &'a str,
    t: LetInText,
    client: &'a str,
    login: &'a str,
    form: &'a str,
}

/// The question whether to let a program in, with the account of the session.
pub(in crate::http) fn let_in(app: &App, language: Language, page: &SignIn<'_>) -> HttpResponse {
    let nonce = app.rt.ids.secret();
    let html = LetInPage {
        lang: code(language),
        nonce: &nonce,
        t: LetInText {
            title: pick(
                language,
                "Cho chương trình này vào?",
                "Let this program in?",
            ),
            question: pick(
                language,
                "Chương trình này xin đăng nhập bằng tài khoản của bạn:",
                "This program asks to sign in with your account:",
            ),
            account: pick(language, "Tài khoản", "Account"),
            warning: pick(
                language,
                "Chỉ đồng ý nếu chính bạn vừa bắt đầu việc đăng nhập này.",
                "Agree only if you have just begun this sign-in yourself.",
            ),
            allow: pick(language, "Đồng ý", "Let it in"),
            deny: pick(language, "Từ chối", "Refuse"),
        },
        client: page.client,
        login: page.login,
        form: page.form,
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
