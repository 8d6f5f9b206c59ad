//! The pages: no script, own style only, Vietnamese first.

use crate::App;
use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use askama::Template;
use contracts::Language;
use kit::Problem;

/// Words of the sign-in page.
struct SignInText {
    title: &'static str,
    to_continue: &'static str,
    login: &'static str,
    password: &'static str,
    submit: &'static str,
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'a> {
    lang: &'static str,
    nonce: &'a str,
    t: SignInText,
    client: &'a str,
    error: Option<&'a str>,
    form: &'a str,
    login: &'a str,
}

/// Words of the page that asks for the second factor.
struct SecondFactorText {
    title: &'static str,
    hint: &'static str,
    code: &'static str,
    submit: &'static str,
}

#[derive(Template)]
#[template(path = "second_factor.html")]
struct SecondFactorPage<'a> {
    lang: &'static str,
    nonce: &'a str,
    t: SecondFactorText,
    error: Option<&'a str>,
    form: &'a str,
}

/// Words of the sign-out page.
struct SignOutText {
    title: &'static str,
    question: &'static str,
    submit: &'static str,
}

#[derive(Template)]
#[template(path = "sign_out.html")]
struct SignOutPage<'a> {
    lang: &'static str,
    nonce: &'a str,
    t: SignOutText,
    form: &'a str,
}

#[derive(Template)]
#[template(path = "message.html")]
struct MessagePage<'a> {
    lang: &'static str,
    nonce: &'a str,
    title: &'a str,
    text: &'a str,
}

/// What the sign-in page shows.
pub(super) struct SignIn<'a> {
    pub(super) client: &'a str,
    pub(super) error: Option<(&'static str, String)>,
    pub(super) form: &'a str,
    pub(super) login: &'a str,
    /// Where the form's answer redirects to: browsers check `form-action` there, too.
    pub(super) redirect_origin: String,
    pub(super) status: StatusCode,
    pub(super) retry_after: Option<u64>,
}

fn code(language: Language) -> &'static str {
    match language {
        Language::Vi => "vi",
        Language::En => "en",
    }
}

fn pick(language: Language, vi: &'static str, en: &'static str) -> &'static str {
    match language {
        Language::Vi => vi,
        Language::En => en,
    }
}

/// The sign-in page.
pub(super) fn sign_in(app: &App, language: Language, page: &SignIn<'_>) -> HttpResponse {
    let nonce = app.rt.ids.secret();
    let error = page.error.as_ref().map(|(vi, en)| match language {
        Language::Vi => *vi,
        Language::En => en.as_str(),
    });
    let html = SignInPage {
        lang: code(language),
        nonce: &nonce,
        t: SignInText {
            title: pick(language, "Đăng nhập", "Sign in"),
            to_continue: pick(language, "để tiếp tục vào", "to continue to"),
            login: pick(language, "Tên đăng nhập", "Login"),
            password: pick(language, "Mật khẩu", "Password"),
            submit: pick(language, "Đăng nhập", "Sign in"),
        },
        client: page.client,
        error,
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

/// The page that asks for the second factor.
pub(super) fn second_factor(app: &App, language: Language, page: &SignIn<'_>) -> HttpResponse {
    let nonce = app.rt.ids.secret();
    let error = page.error.as_ref().map(|(vi, en)| match language {
        Language::Vi => *vi,
        Language::En => en.as_str(),
    });
    let html = SecondFactorPage {
        lang: code(language),
        nonce: &nonce,
        t: SecondFactorText {
            title: pick(language, "Xác thực hai lớp", "Second factor"),
            hint: pick(
                language,
                "Nhập mã 6 chữ số trong ứng dụng xác thực, hoặc một mã khôi phục.",
                "Type the six digits of your authenticator application, or a recovery code.",
            ),
            code: pick(language, "Mã xác thực", "Code"),
            submit: pick(language, "Tiếp tục", "Continue"),
        },
        error,
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

/// "Sign out?" for a request that does not prove that the person wants it.
pub(super) fn sign_out(
    app: &App,
    language: Language,
    form: &str,
    returns_to: &str,
) -> HttpResponse {
    let nonce = app.rt.ids.secret();
    let html = SignOutPage {
        lang: code(language),
        nonce: &nonce,
        t: SignOutText {
            title: pick(language, "Đăng xuất", "Sign out"),
            question: pick(
                language,
                "Bạn có muốn đăng xuất khỏi Một Cửa trên thiết bị này?",
                "Do you want to sign out of Một Cửa on this device?",
            ),
            submit: pick(language, "Đăng xuất", "Sign out"),
        },
        form,
    };
    render(&html, &nonce, StatusCode::OK, language, returns_to, None)
}

/// A page that only says something.
pub(super) fn message(
    app: &App,
    language: Language,
    status: StatusCode,
    title: (&'static str, &'static str),
    text: (&'static str, &'static str),
) -> HttpResponse {
    let nonce = app.rt.ids.secret();
    let html = MessagePage {
        lang: code(language),
        nonce: &nonce,
        title: pick(language, title.0, title.1),
        text: pick(language, text.0, text.1),
    };
    render(&html, &nonce, status, language, "", None)
}

fn render(
    page: &impl Template,
    nonce: &str,
    status: StatusCode,
    language: Language,
    form_action: &str,
    retry_after: Option<u64>,
) -> HttpResponse {
    let html = match page.render() {
        Ok(html) => html,
        Err(error) => return Problem::internal(error).render(language, None),
    };
    let policy = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self' {form_action}; \
         frame-ancestors 'none'; base-uri 'none'"
    );
    let mut response = HttpResponse::build(status);
    if let Some(seconds) = retry_after {
        response.insert_header((header::RETRY_AFTER, seconds.to_string()));
    }
    response
        .insert_header(super::NO_STORE)
        .insert_header((header::CONTENT_SECURITY_POLICY, policy))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::X_FRAME_OPTIONS, "DENY"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header((header::CONTENT_LANGUAGE, code(language)))
        .insert_header((header::VARY, "accept-language, cookie"))
        .content_type("text/html; charset=utf-8")
        .body(html)
}
