//! The page that asks for the second factor.

use super::{SCRIPT, SignIn, code, pick, render, with_script};
use crate::App;
use crate::app::passkeys::Question;
use actix_web::HttpResponse;
use askama::Template;
use contracts::Language;

/// Words of the page that asks for the second factor.
struct SecondFactorText {
    title: &'static str,
    hint: &'static str,
    /// In the place of the hint, where no code will do.
    only: &'static str,
    code: &'static str,
    submit: &'static str,
    passkey: &'static str,
    needed: &'static str,
    trouble: &'static str,
}

#[derive(Template)]
#[template(path = "second_factor.html")]
struct SecondFactorPage<'a> {
    lang: &'static str,
    nonce: &'a str,
    t: SecondFactorText,
    error: Option<&'a str>,
    form: &'a str,
    passkey: Option<&'a str>,
    /// Whether a code may be typed.
    codes: bool,
    script: &'static str,
}

/// The page that asks for the second factor.
pub(in crate::http) fn second_factor(
    app: &App,
    language: Language,
    page: &SignIn<'_>,
    passkey: Option<&Question>,
) -> HttpResponse {
    let nonce = app.rt.ids.secret();
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
            only: pick(
                language,
                "Cần khóa truy cập (passkey) của bạn để tiếp tục.",
                "Your passkey is needed to go on.",
            ),
            code: pick(language, "Mã xác thực", "Code"),
            submit: pick(language, "Tiếp tục", "Continue"),
            passkey: pick(language, "Dùng khóa truy cập", "Use a passkey"),
            needed: pick(
                language,
                "Cần bật JavaScript để dùng khóa truy cập.",
                "Using a passkey needs JavaScript.",
            ),
            trouble: pick(
                language,
                "Khóa truy cập không dùng được. Hãy thử lại hoặc nhập mã",
                "The passkey did not work. Try again, or type a code",
            ),
        },
        error: page.error_in(language),
        form: page.form,
        passkey: passkey.map(|asked| asked.options.as_str()),
        codes: passkey.is_none_or(|asked| !asked.alone),
        script: SCRIPT,
    };
    let response = render(
        &html,
        &nonce,
        page.status,
        language,
        &page.redirect_origin,
        page.retry_after,
    );
    if passkey.is_some() {
        with_script(response, &nonce, &page.redirect_origin)
    } else {
        response
    }
}
