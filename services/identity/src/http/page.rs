//! The pages: own style only, Vietnamese first; no script, but for those of passkeys.

mod let_in;
mod new_password;
mod passkeys;
mod second_factor;

pub(super) use let_in::let_in;
pub(super) use new_password::new_password;
pub(super) use passkeys::passkeys;
pub(super) use second_factor::second_factor;

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
    /// Id and name of each national provider.
    providers: Vec<(&'a str, &'a str)>,
    or: &'static str,
}

/// What speaks to the authenticator, on the pages of passkeys alone.
const SCRIPT: &str = include_str!("../../templates/passkey.js");

/// A QR code as one path of squares.
struct Qr {
    side: usize,
    path: String,
}

/// Words of the page on which a second factor is set up.
struct EnrolText {
    title: &'static str,
    hint: &'static str,
    picture: &'static str,
    by_hand: &'static str,
    code: &'static str,
    submit: &'static str,
}

#[derive(Template)]
#[template(path = "enrol.html")]
struct EnrolPage<'a> {
    lang: &'static str,
    nonce: &'a str,
    t: EnrolText,
    qr: Qr,
    secret: &'a str,
    error: Option<&'a str>,
    form: &'a str,
}

/// Words of the page that shows recovery codes.
struct RecoveryText {
    title: &'static str,
    hint: &'static str,
    submit: &'static str,
}

#[derive(Template)]
#[template(path = "recovery_codes.html")]
struct RecoveryPage<'a> {
    lang: &'static str,
    nonce: &'a str,
    t: RecoveryText,
    codes: &'a [String],
    next: &'a str,
}

/// Words of the page on which the code of a device is typed.
struct DeviceText {
    title: &'static str,
    hint: &'static str,
    code: &'static str,
    submit: &'static str,
}

#[derive(Template)]
#[template(path = "device.html")]
struct DevicePage<'a> {
    lang: &'static str,
    nonce: &'a str,
    t: DeviceText,
    error: Option<&'static str>,
}

/// Words of the question whether to let a device in.
struct DeviceConfirmText {
    title: &'static str,
    question: &'static str,
    code: &'static str,
    warning: &'static str,
    allow: &'static str,
    deny: &'static str,
}

#[derive(Template)]
#[template(path = "device_confirm.html")]
struct DeviceConfirmPage<'a> {
    lang: &'static str,
    nonce: &'a str,
    t: DeviceConfirmText,
    client: &'a str,
    shown: &'a str,
    form: &'a str,
}

#[derive(Template)]
#[template(path = "stand_in.html")]
struct StandInPage<'a> {
    lang: &'static str,
    nonce: &'a str,
    title: &'static str,
    hint: &'static str,
    people: &'a [(String, String)],
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

impl SignIn<'_> {
    fn error_in(&self, language: Language) -> Option<&str> {
        self.error.as_ref().map(|(vi, en)| match language {
            Language::Vi => *vi,
            Language::En => en.as_str(),
        })
    }
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
        error: page.error_in(language),
        form: page.form,
        login: page.login,
        providers: app
            .settings
            .providers
            .iter()
            .map(|p| {
                let name = match language {
                    Language::Vi => &p.name_vi,
                    Language::En => &p.name_en,
                };
                (p.id.as_str(), name.as_str())
            })
            .collect(),
        or: pick(language, "hoặc", "or"),
    };
    // The form may send the browser on to a provider, too.
    let origins = app.settings.providers.iter().filter_map(|p| {
        let to = url::Url::parse(&p.authorization_endpoint).ok()?;
        Some(to.origin().ascii_serialization())
    });
    let form_action = std::iter::once(page.redirect_origin.clone())
        .chain(origins)
        .collect::<Vec<_>>()
        .join(" ");
    render(
        &html,
        &nonce,
        page.status,
        language,
        &form_action,
        page.retry_after,
    )
}

/// The page on which a second factor is set up, because the sign-in wants one and there is none.
pub(super) fn enrol(
    app: &App,
    language: Language,
    page: &SignIn<'_>,
    secret: &str,
    address: &str,
) -> HttpResponse {
    let nonce = app.rt.ids.secret();
    let qr = match qr(address) {
        Ok(qr) => qr,
        Err(error) => return Problem::internal(error).render(language, None),
    };
    let html = EnrolPage {
        lang: code(language),
        nonce: &nonce,
        t: EnrolText {
            title: pick(
                language,
                "Thiết lập xác thực hai lớp",
                "Set up a second factor",
            ),
            hint: pick(
                language,
                "Tài khoản này phải dùng xác thực hai lớp. Quét mã QR bằng ứng dụng xác thực, rồi nhập mã 6 chữ số mà ứng dụng hiển thị.",
                "This account needs a second factor. Scan the QR code with an authenticator application, then type the six digits it shows.",
            ),
            picture: pick(language, "Mã QR", "QR code"),
            by_hand: pick(language, "Hoặc nhập tay khóa:", "Or type this key by hand:"),
            code: pick(language, "Mã xác thực", "Code"),
            submit: pick(language, "Xác nhận", "Confirm"),
        },
        qr,
        secret,
        error: page.error_in(language),
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

fn qr(text: &str) -> anyhow::Result<Qr> {
    use std::fmt::Write as _;
    /// White around it, squares.
    const QUIET: usize = 4;
    let code = fast_qr::qr::QRBuilder::new(text)
        .build()
        .map_err(|error| anyhow::anyhow!("QR code: {error:?}"))?;
    let mut path = String::new();
    for y in 0..code.size {
        for x in 0..code.size {
            let module = code.data.get(y * code.size + x);
            if module.is_some_and(|module| module.value()) {
                write!(path, "M{} {}h1v1h-1z", x + QUIET, y + QUIET)?;
            }
        }
    }
    Ok(Qr {
        side: code.size + 2 * QUIET,
        path,
    })
}

/// The recovery codes, once, and the way on.
pub(super) fn recovery_codes(
    app: &App,
    language: Language,
    codes: &[String],
    next: &str,
) -> HttpResponse {
    let nonce = app.rt.ids.secret();
    let html = RecoveryPage {
        lang: code(language),
        nonce: &nonce,
        t: RecoveryText {
            title: pick(language, "Mã khôi phục", "Recovery codes"),
            hint: pick(
                language,
                "Hãy ghi lại các mã này ở nơi an toàn. Mỗi mã dùng được một lần khi không có điện thoại. Mã không hiển thị lại.",
                "Keep these codes in a safe place. Each is good for one sign-in without the telephone. They are not shown again.",
            ),
            submit: pick(
                language,
                "Tôi đã ghi lại, tiếp tục",
                "I have kept them, go on",
            ),
        },
        codes,
        next,
    };
    render(&html, &nonce, StatusCode::OK, language, "", None)
}

/// The page on which the code of a device is typed.
pub(super) fn device(
    app: &App,
    language: Language,
    status: StatusCode,
    error: Option<(&'static str, &'static str)>,
) -> HttpResponse {
    let nonce = app.rt.ids.secret();
    let html = DevicePage {
        lang: code(language),
        nonce: &nonce,
        t: DeviceText {
            title: pick(language, "Đăng nhập cho thiết bị", "Sign a device in"),
            hint: pick(
                language,
                "Nhập mã đang hiển thị trên thiết bị.",
                "Type the code that the device shows.",
            ),
            code: pick(language, "Mã thiết bị", "Code of the device"),
            submit: pick(language, "Tiếp tục", "Continue"),
        },
        error: error.map(|(vi, en)| pick(language, vi, en)),
    };
    render(&html, &nonce, status, language, "", None)
}

/// Whether to let a device in.
pub(super) fn device_confirm(
    app: &App,
    language: Language,
    client: &str,
    shown: &str,
    form: &str,
) -> HttpResponse {
    let nonce = app.rt.ids.secret();
    let html = DeviceConfirmPage {
        lang: code(language),
        nonce: &nonce,
        t: DeviceConfirmText {
            title: pick(language, "Cho thiết bị đăng nhập?", "Let the device in?"),
            question: pick(
                language,
                "Thiết bị này xin đăng nhập bằng tài khoản của bạn:",
                "This device asks to sign in with your account:",
            ),
            code: pick(language, "Mã trên thiết bị phải là", "The device must show"),
            warning: pick(
                language,
                "Chỉ đồng ý nếu bạn đang đứng trước thiết bị và tự mình nhập mã này.",
                "Agree only if you stand in front of the device and typed this code yourself.",
            ),
            allow: pick(language, "Đồng ý", "Let it in"),
            deny: pick(language, "Từ chối", "Refuse"),
        },
        client,
        shown,
        form,
    };
    render(&html, &nonce, StatusCode::OK, language, "", None)
}

/// The stand-in for a national provider asks whom one wants to be.
pub(super) fn stand_in(app: &App, language: Language, people: &[(String, String)]) -> HttpResponse {
    let nonce = app.rt.ids.secret();
    let html = StandInPage {
        lang: code(language),
        nonce: &nonce,
        title: pick(
            language,
            "Định danh điện tử (minh họa)",
            "Electronic identity (stand-in)",
        ),
        hint: pick(
            language,
            "Trang này thay cho hệ thống định danh quốc gia. Chọn một người hư cấu:",
            "This page stands in for the national provider. Choose a fictitious person:",
        ),
        people,
    };
    render(&html, &nonce, StatusCode::OK, language, "", None)
}

/// Lets the one script of this page run, and nothing else.
fn with_script(mut response: HttpResponse, nonce: &str, form_action: &str) -> HttpResponse {
    let policy = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; \
         form-action 'self' {form_action}; frame-ancestors 'none'; base-uri 'none'"
    );
    if let Ok(policy) = header::HeaderValue::from_str(&policy) {
        response
            .headers_mut()
            .insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
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
