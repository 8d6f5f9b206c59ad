//! Problem details (RFC 9457): what every refusal looks like.
//!
//! A handler returns `Result<_, Problem>`. The language is not known there; the server's middleware renders the body in the
//! language of the request and adds the request id. A 500 has a constant body; its cause is logged once, here.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use contracts::problem::shared;
use contracts::{Code, Language};
use serde::Serialize;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::fmt;
use utoipa::ToSchema;

/// A text in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    vi: Cow<'static, str>,
    en: Cow<'static, str>,
}

impl Text {
    /// A text in Vietnamese and English.
    pub fn new(vi: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Self {
        Self {
            vi: vi.into(),
            en: en.into(),
        }
    }

    fn get(&self, language: Language) -> &str {
        match language {
            Language::Vi => &self.vi,
            Language::En => &self.en,
        }
    }
}

/// One wrong field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// JSON Pointer (RFC 6901) into the request body, or the name of a query parameter.
    pub pointer: String,
    /// Stable code.
    pub code: &'static str,
    /// What is wrong.
    pub detail: Text,
}

/// A refusal.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    code: Code,
    detail: Option<Text>,
    errors: Vec<FieldError>,
    extra: Map<String, Value>,
    retry_after: Option<u64>,
    challenge: Option<String>,
}

/// The body of a problem document.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProblemBody {
    /// A URI reference that names the code: `urn:motcua:problem:<code>`.
    #[serde(rename = "type")]
    #[schema(example = "urn:motcua:problem:body.invalid")]
    pub kind: String,
    /// Short and the same for each problem of this code, in the language of the request.
    #[schema(example = "Dữ liệu gửi lên chưa hợp lệ")]
    pub title: String,
    /// The HTTP status.
    #[schema(example = 422)]
    pub status: u16,
    /// The stable code to switch on.
    #[schema(example = "body.invalid")]
    pub code: String,
    /// What happened this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The wrong fields.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldErrorBody>,
    /// To quote when asking for help.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Further members of this code.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extra: Map<String, Value>,
}

/// One wrong field.
#[derive(Debug, Serialize, ToSchema)]
pub struct FieldErrorBody {
    /// JSON Pointer into the request body, or the name of a query parameter.
    #[schema(example = "/applicant/identityNumber")]
    pub pointer: String,
    /// Stable code.
    #[schema(example = "identity-number.invalid")]
    pub code: String,
    /// What is wrong, in the language of the request.
    #[schema(example = "Số định danh cá nhân phải có 12 chữ số")]
    pub detail: String,
}

impl Problem {
    /// A problem of this code.
    pub fn new(code: Code) -> Self {
        Self {
            code,
            detail: None,
            errors: Vec::new(),
            extra: Map::new(),
            retry_after: None,
            challenge: None,
        }
    }

    /// A `body.invalid` that lists wrong fields.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        Self {
            errors,
            ..Self::new(shared::BODY_INVALID)
        }
    }

    /// An unforeseen error: logs the whole chain once and answers a constant 500.
    pub fn internal(error: impl Into<anyhow::Error>) -> Self {
        let error: anyhow::Error = error.into();
        tracing::error!(error = format!("{error:#}"), "internal error");
        Self::new(shared::INTERNAL)
    }

    /// Says what happened this time.
    #[must_use]
    pub fn detail(
        mut self,
        vi: impl Into<Cow<'static, str>>,
        en: impl Into<Cow<'static, str>>,
    ) -> Self {
        self.detail = Some(Text::new(vi, en));
        self
    }

    /// Adds a wrong field.
    #[must_use]
    pub fn field(
        mut self,
        pointer: impl Into<String>,
        code: Code,
        vi: impl Into<Cow<'static, str>>,
        en: impl Into<Cow<'static, str>>,
    ) -> Self {
        self.errors.push(FieldError::new(pointer, code, vi, en));
        self
    }

    /// Adds a further member to the body.
    #[must_use]
    pub fn extra(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.extra.insert(key.to_owned(), value.into());
        self
    }

    /// Tells the client when to come again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// What a 401 or 403 asks for, as the value of `WWW-Authenticate`.
    #[must_use]
    pub fn challenge(mut self, value: String) -> Self {
        self.challenge = Some(value);
        self
    }

    /// The code.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The wrong fields.
    pub fn errors(&self) -> &[FieldError] {
        &self.errors
    }

    /// The body in one language.
    pub fn body(&self, language: Language, request_id: Option<String>) -> ProblemBody {
        ProblemBody {
            kind: format!("urn:motcua:problem:{}", self.code.code),
            title: match language {
                Language::Vi => self.code.vi.to_owned(),
                Language::En => self.code.en.to_owned(),
            },
            status: self.code.status,
            code: self.code.code.to_owned(),
            detail: self.detail.as_ref().map(|d| d.get(language).to_owned()),
            errors: self
                .errors
                .iter()
                .map(|e| FieldErrorBody {
                    pointer: e.pointer.clone(),
                    code: e.code.to_owned(),
                    detail: e.detail.get(language).to_owned(),
                })
                .collect(),
            request_id,
            extra: self.extra.clone(),
        }
    }

    /// The response in one language.
    pub fn render(&self, language: Language, request_id: Option<String>) -> HttpResponse {
        let status =
            StatusCode::from_u16(self.code.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = HttpResponse::build(status);
        response.insert_header(("content-type", "application/problem+json; charset=utf-8"));
        response.insert_header((
            "content-language",
            if language == Language::En { "en" } else { "vi" },
        ));
        response.insert_header(("cache-control", "no-store"));
        response.insert_header(("vary", "accept-language"));
        if let Some(seconds) = self.retry_after {
            response.insert_header(("retry-after", seconds.to_string()));
        }
        if let Some(challenge) = self.challenge.as_deref().or_else(|| self.usual_challenge()) {
            response.insert_header(("www-authenticate", challenge));
        }
        response.json(self.body(language, request_id))
    }

    /// The challenge of RFC 6750 §3: who brought no token is told of no error (§3.1).
    fn usual_challenge(&self) -> Option<&'static str> {
        if self.code == shared::TOKEN_MISSING {
            Some("Bearer realm=\"motcua\"")
        } else if self.code == shared::FORBIDDEN {
            Some("Bearer realm=\"motcua\", error=\"insufficient_scope\"")
        } else if self.code.status == 401 {
            Some("Bearer realm=\"motcua\", error=\"invalid_token\"")
        } else {
            None
        }
    }
}

impl FieldError {
    /// A wrong field.
    pub fn new(
        pointer: impl Into<String>,
        code: Code,
        vi: impl Into<Cow<'static, str>>,
        en: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            pointer: pointer.into(),
            code: code.code,
            detail: Text::new(vi, en),
        }
    }

    /// The same of a part of the body that stands at `prefix`.
    #[must_use]
    pub fn within(mut self, prefix: &str) -> Self {
        self.pointer.insert_str(0, prefix);
        self
    }

    /// A wrong field whose text is the code's title.
    pub fn of(pointer: impl Into<String>, code: Code) -> Self {
        Self::new(pointer, code, code.vi, code.en)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.code.code, self.code.status)
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.code.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        self.render(Language::Vi, None)
    }
}

impl From<Code> for Problem {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_says_what_the_token_lacks_and_nothing_of_one_that_is_not_there() {
        let said = |problem: &Problem| {
            let response = problem.render(Language::En, None);
            let value = response.headers().get("www-authenticate");
            value.map(|v| v.to_str().expect("text").to_owned())
        };
        let of = |code| said(&Problem::new(code));
        let bare = "Bearer realm=\"motcua\"";
        assert_eq!(of(shared::TOKEN_MISSING).as_deref(), Some(bare));
        for code in [shared::TOKEN_INVALID, shared::TOKEN_REVOKED] {
            assert_eq!(of(code), Some(format!("{bare}, error=\"invalid_token\"")));
        }
        let lacks = format!("{bare}, error=\"insufficient_scope\"");
        assert_eq!(of(shared::FORBIDDEN), Some(lacks));
        assert_eq!(of(shared::NOT_FOUND), None);
        let own = Problem::new(shared::FORBIDDEN).challenge("Bearer scope=\"openid\"".to_owned());
        assert_eq!(said(&own).as_deref(), Some("Bearer scope=\"openid\""));
    }
}
