//! What is around every page: the frame of the document, security headers, error pages.

use crate::App;
use crate::ctx::{self, Ctx, LANGUAGE_COOKIE};
use crate::error::{PageError, see_other};
use crate::i18n::Tr;
use crate::session;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::cookie::time::Duration as CookieAge;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{HttpResponse, web};
use askama::Template;
use contracts::Language;

/// Everything from ourselves, nothing inline, nobody may frame us.
const CSP: &str = "default-src 'self'; script-src 'none'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// The frame of a page.
pub(crate) struct Page {
    pub(crate) t: Tr,
    pub(crate) title: String,
    /// Which entry of the navigation is the present one.
    pub(crate) section: Section,
    pub(crate) css: String,
    pub(crate) other_language: String,
    pub(crate) user: Option<User>,
    pub(crate) sign_in: String,
    /// A short message of what was just done.
    pub(crate) notice: Option<String>,
}

/// Who is signed in, for the head of the page and its forms.
pub(crate) struct User {
    pub(crate) name: String,
    /// Somebody acts for this person.
    pub(crate) acting: bool,
    pub(crate) officer: bool,
    pub(crate) editor: bool,
    pub(crate) admin: bool,
    pub(crate) csrf: String,
}

/// Entries of the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    None,
    Procedures,
    Tracking,
    Mine,
    Inbox,
    Work,
    Post,
    Catalogue,
    Admin,
}

impl Page {
    /// The frame for a request.
    pub(crate) fn new(ctx: &Ctx, section: Section, title: impl Into<String>) -> Self {
        Self {
            t: ctx.t,
            title: title.into(),
            section,
            css: ctx.app.css_href.clone(),
            other_language: ctx.other_language.clone(),
            user: ctx.session.as_ref().map(|s| User {
                name: s.name.clone(),
                acting: s.acting_for.is_some(),
                officer: s.officer,
                editor: s.editor,
                admin: s.admin.is_some(),
                csrf: s.csrf.clone(),
            }),
            sign_in: crate::error::sign_in_href(&ctx.path),
            notice: None,
        }
    }

    /// Shown again after a form that was not accepted: the address of the form's answer is none to come back to.
    pub(crate) fn at(mut self, path: &str) -> Self {
        let other = match self.t.0 {
            Language::Vi => "en",
            Language::En => "vi",
        };
        self.other_language = format!("{path}?lang={other}");
        self.sign_in = crate::error::sign_in_href(path);
        self
    }

    /// With a message of what was just done.
    pub(crate) fn notice(mut self, notice: Option<String>) -> Self {
        self.notice = notice;
        self
    }

    /// The token for forms; empty when nobody is signed in, and then there are no forms.
    pub(crate) fn csrf(&self) -> &str {
        self.user.as_ref().map_or("", |u| u.csrf.as_str())
    }

    /// Whether the reader is an officer.
    pub(crate) fn officer(&self) -> bool {
        self.user.as_ref().is_some_and(|u| u.officer)
    }

    /// Whether the reader writes procedures.
    pub(crate) fn editor(&self) -> bool {
        self.user.as_ref().is_some_and(|u| u.editor)
    }

    /// Whether the reader manages accounts.
    pub(crate) fn admin(&self) -> bool {
        self.user.as_ref().is_some_and(|u| u.admin)
    }

    /// `aria-current` of a navigation entry.
    pub(crate) fn current(&self, section: Section) -> &'static str {
        if self.section == section {
            "page"
        } else {
            "false"
        }
    }
}

/// Draws a page.
pub(crate) fn html(
    status: StatusCode,
    template: &impl Template,
) -> Result<HttpResponse, PageError> {
    let body = template.render().map_err(PageError::internal)?;
    Ok(HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .body(body))
}

/// Draws a page with 200.
pub(crate) fn ok(template: &impl Template) -> Result<HttpResponse, PageError> {
    html(StatusCode::OK, template)
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    page: Page,
    text: String,
    /// Where to go on, with what the link says.
    link: Option<(String, String)>,
}

/// Middleware: error pages, security headers, the language cookie.
pub(crate) async fn around(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let (req, mut response) = next.call(req).await?.map_into_boxed_body().into_parts();
    let drawn = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|t| t.as_bytes().starts_with(b"text/html"));
    if response.status().is_client_error() || response.status().is_server_error() {
        if !drawn {
            response = error_page(&req, &response).await;
        }
    } else if response.error().is_some() {
        // An error that leads elsewhere. Without its cause, which the server would take for a failure.
        let to = response
            .headers()
            .get(header::LOCATION)
            .and_then(|to| to.to_str().ok())
            .unwrap_or("/");
        response = see_other(to);
    } else if let Some(language) = ctx::asked_language(&req)
        && let Some(app) = req.app_data::<web::Data<App>>()
    {
        let tag = match language {
            Language::Vi => "vi",
            Language::En => "en",
        };
        let cookie = session::cookie(app, LANGUAGE_COOKIE, tag.to_owned())
            .max_age(CookieAge::days(365))
            .finish();
        if let Err(error) = response.add_cookie(&cookie) {
            tracing::debug!(%error, "language cookie not set");
        }
    }
    secure(response.headers_mut());
    Ok(ServiceResponse::new(req, response))
}

fn secure(headers: &mut HeaderMap) {
    let mut set = |name: HeaderName, value: &'static str| {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    };
    set(header::CONTENT_SECURITY_POLICY, CSP);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(header::REFERRER_POLICY, "same-origin");
    set(
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=()",
    );
    set(
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    );
    // A page may show a person's data: no shared machine keeps it.
    set(header::CACHE_CONTROL, "no-store");
}

async fn error_page(req: &actix_web::HttpRequest, response: &HttpResponse) -> HttpResponse {
    let status = response.status();
    let Ok(ctx) = Ctx::of(req).await else {
        return HttpResponse::new(status);
    };
    let known = response
        .error()
        .and_then(|error| error.as_error::<PageError>());
    let t = ctx.t;
    let home = Some(("/".to_owned(), t.go_home().to_owned()));
    let (title, text, link) = match (known, status.as_u16()) {
        (Some(PageError::Forbidden), _) => (
            t.error_forbidden(),
            t.error_forbidden_text().to_owned(),
            home,
        ),
        (Some(PageError::ForeignForm), _) => (
            t.error_form(),
            t.error_form_text().to_owned(),
            Some((form_home(&ctx), t.go_back().to_owned())),
        ),
        (Some(PageError::SignInBroken), _) => (
            t.error_sign_in(),
            t.error_sign_in_text().to_owned(),
            Some(("/dang-nhap".to_owned(), t.sign_in().to_owned())),
        ),
        (Some(PageError::Refused(refusal)), _) => {
            let title = if refusal.title.is_empty() {
                t.error_other()
            } else {
                refusal.title.as_str()
            };
            (title, refusal.detail.clone().unwrap_or_default(), home)
        }
        (_, 404 | 405) => (
            t.error_not_found(),
            t.error_not_found_text().to_owned(),
            home,
        ),
        (_, 413) => (
            t.error_too_large(),
            t.error_too_large_text().to_owned(),
            home,
        ),
        (_, 502..=504) => (
            t.error_away(),
            t.error_away_text().to_owned(),
            Some((ctx.path.clone(), t.try_again().to_owned())),
        ),
        (_, 500..) => (t.error_internal(), t.error_internal_text().to_owned(), home),
        _ => (t.error_other(), t.error_other_text().to_owned(), home),
    };
    let page = ErrorPage {
        page: Page::new(&ctx, Section::None, title),
        text,
        link,
    };
    match html(status, &page) {
        Ok(mut drawn) => {
            if status == StatusCode::SERVICE_UNAVAILABLE {
                drawn
                    .headers_mut()
                    .insert(header::RETRY_AFTER, HeaderValue::from_static("10"));
            }
            drawn
        }
        Err(_logged) => HttpResponse::new(status),
    }
}

/// A page that is certainly one: the form's own address may answer only to POST.
fn form_home(ctx: &Ctx) -> String {
    match ctx.session.as_ref() {
        Some(session) if session.officer => "/mot-cua".to_owned(),
        Some(_) => "/ho-so".to_owned(),
        None => "/".to_owned(),
    }
}

/// 303 back to a page, saying what was done.
pub(crate) fn done(path: &str, what: &str) -> HttpResponse {
    see_other(&format!("{path}?xong={what}"))
}
