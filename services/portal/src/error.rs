//! What a page answers when it cannot show what was asked. The middleware in [`crate::shell`] draws the page, since only it
//! knows language and session.

use crate::api::{ApiError, Refusal};
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use contracts::problem::shared;
use std::fmt;
use url::form_urlencoded::byte_serialize;

/// Why there is no page.
#[derive(Debug)]
pub(crate) enum PageError {
    /// 404, also where the reader may not know that it exists.
    NotFound,
    /// 403.
    Forbidden,
    /// 403: the form did not come from a page of ours, or from a session that has ended.
    ForeignForm,
    /// 413.
    TooLarge,
    /// 400: a form that no page of ours sends.
    BadForm,
    /// Sign in first, then come back to this path.
    SignIn(String),
    /// Prove again who you are, then come back to this path.
    StepUp(String),
    /// 503: the API, or identity, is away.
    Away,
    /// The API refused for a reason to show.
    Refused(Box<Refusal>),
    /// 400: the sign-in answer does not belong to a sign-in that this browser began.
    SignInBroken,
    /// 500.
    Internal,
}

impl PageError {
    /// An unforeseen error: logged here once, and a constant page.
    pub(crate) fn internal(error: impl fmt::Display) -> Self {
        tracing::error!(%error, "internal error");
        PageError::Internal
    }

    /// What an API error means for a page at `path`.
    pub(crate) fn of(error: ApiError, path: &str) -> Self {
        match error {
            ApiError::Away(cause) => {
                tracing::warn!(cause, "the API gave no answer");
                PageError::Away
            }
            ApiError::Refused(refusal) => match refusal.status {
                401 if refusal.code == shared::STEP_UP.code => PageError::StepUp(path.to_owned()),
                401 => PageError::SignIn(path.to_owned()),
                403 => PageError::Forbidden,
                404 => PageError::NotFound,
                413 => PageError::TooLarge,
                _ => PageError::Refused(refusal),
            },
        }
    }
}

impl fmt::Display for PageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl ResponseError for PageError {
    fn status_code(&self) -> StatusCode {
        match self {
            PageError::NotFound => StatusCode::NOT_FOUND,
            PageError::Forbidden | PageError::ForeignForm => StatusCode::FORBIDDEN,
            PageError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            PageError::BadForm | PageError::SignInBroken => StatusCode::BAD_REQUEST,
            PageError::SignIn(_) | PageError::StepUp(_) => StatusCode::SEE_OTHER,
            PageError::Away => StatusCode::SERVICE_UNAVAILABLE,
            PageError::Refused(refusal) => {
                StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            }
            PageError::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        match self {
            PageError::SignIn(path) => see_other(&sign_in_href(path)),
            PageError::StepUp(path) => see_other(&format!("{}&lai=1", sign_in_href(path))),
            _ => HttpResponse::new(self.status_code()),
        }
    }
}

/// Where to sign in and come back to `path`.
pub(crate) fn sign_in_href(path: &str) -> String {
    format!(
        "/dang-nhap?next={}",
        byte_serialize(path.as_bytes()).collect::<String>()
    )
}

/// 303: the answer to every form that did something.
pub(crate) fn see_other(to: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, to))
        .finish()
}
