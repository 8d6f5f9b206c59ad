//! What every page needs to know of its request: language, session, address.

use crate::App;
use crate::api::{Api, ApiError};
use crate::error::PageError;
use crate::i18n::Tr;
use crate::session::{self, Administrator, Session};
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, web};
use contracts::Language;
use kit::origin;
use std::future::Future;
use std::pin::Pin;
use url::form_urlencoded;

/// The cookie that keeps the language chosen.
pub(crate) const LANGUAGE_COOKIE: &str = "lang";

/// One request.
#[derive(Clone)]
pub(crate) struct Ctx {
    pub(crate) app: web::Data<App>,
    /// Texts in the language of the reader.
    pub(crate) t: Tr,
    /// Who is signed in.
    pub(crate) session: Option<Session>,
    /// Path and query, to come back to after signing in.
    pub(crate) path: String,
    /// The same page in the other language.
    pub(crate) other_language: String,
    /// Where the browser is, as the gateway proved it.
    origin: Option<String>,
}

impl Ctx {
    /// Reads language and session of a request, once per request.
    pub(crate) async fn of(req: &HttpRequest) -> Result<Self, PageError> {
        if let Some(ctx) = req.extensions().get::<Ctx>() {
            return Ok(ctx.clone());
        }
        let app = req
            .app_data::<web::Data<App>>()
            .cloned()
            .ok_or_else(|| PageError::internal("no application data"))?;
        let language = language(req);
        let session = session::load(&app, req).await;
        let ctx = Self {
            t: Tr(language),
            session,
            path: without_language(req, None),
            other_language: without_language(
                req,
                Some(match language {
                    Language::Vi => "en",
                    Language::En => "vi",
                }),
            ),
            origin: req
                .headers()
                .get(origin::HEADER)
                .and_then(|v| v.to_str().ok())
                .map(str::to_owned),
            app,
        };
        req.extensions_mut().insert(ctx.clone());
        Ok(ctx)
    }

    /// The API with the session's token, or without one.
    pub(crate) fn api(&self) -> Api<'_> {
        Api {
            app: &self.app,
            token: self.session.as_ref().map(|s| s.access.as_str()),
            language: self.t.0,
            origin: self.origin.as_deref(),
        }
    }

    /// The API as anybody sees it.
    pub(crate) fn public_api(&self) -> Api<'_> {
        Api {
            token: None,
            ..self.api()
        }
    }

    /// The session, or the way to sign in and come back here.
    pub(crate) fn signed_in(&self) -> Result<&Session, PageError> {
        self.session
            .as_ref()
            .ok_or_else(|| PageError::SignIn(self.path.clone()))
    }

    /// The session of an officer.
    pub(crate) fn officer(&self) -> Result<&Session, PageError> {
        let session = self.signed_in()?;
        if session.officer {
            Ok(session)
        } else {
            Err(PageError::Forbidden)
        }
    }

    /// The session of who manages accounts.
    pub(crate) fn administrator(&self) -> Result<&Administrator, PageError> {
        let session = self.signed_in()?;
        session.admin.as_ref().ok_or(PageError::Forbidden)
    }

    /// Checks that a form was made for this session.
    pub(crate) fn check_form(&self, token: &str) -> Result<(), PageError> {
        let session = self.signed_in()?;
        if session.csrf_is(token) {
            Ok(())
        } else {
            Err(PageError::ForeignForm)
        }
    }

    /// What an API error means here.
    pub(crate) fn refuse(&self, error: ApiError) -> PageError {
        PageError::of(error, &self.path)
    }
}

impl FromRequest for Ctx {
    type Error = PageError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, PageError>>>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        Box::pin(async move { Ctx::of(&req).await })
    }
}

/// The language asked for in the address, if any.
pub(crate) fn asked_language(req: &HttpRequest) -> Option<Language> {
    form_urlencoded::parse(req.query_string().as_bytes())
        .filter(|(name, _)| name == "lang")
        .find_map(|(_, value)| parse(&value))
}

fn parse(tag: &str) -> Option<Language> {
    match tag {
        "vi" => Some(Language::Vi),
        "en" => Some(Language::En),
        _ => None,
    }
}

/// By address, else by cookie, else by `Accept-Language`.
fn language(req: &HttpRequest) -> Language {
    asked_language(req)
        .or_else(|| req.cookie(LANGUAGE_COOKIE).and_then(|c| parse(c.value())))
        .unwrap_or_else(|| kit::http::Language::of(req))
}

/// Path and query without `lang`, or with another one.
fn without_language(req: &HttpRequest, set: Option<&str>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in form_urlencoded::parse(req.query_string().as_bytes()) {
        if name != "lang" {
            query.append_pair(&name, &value);
        }
    }
    if let Some(language) = set {
        query.append_pair("lang", language);
    }
    let query = query.finish();
    if query.is_empty() {
        req.path().to_owned()
    } else {
        format!("{}?{query}", req.path())
    }
}
