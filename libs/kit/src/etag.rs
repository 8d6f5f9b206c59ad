//! Versions as `ETag` and `If-Match` (RFC 9110 §8.8, §13.1).

use crate::Problem;
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, HttpResponseBuilder};
use contracts::problem::shared;
use std::future::{Ready, ready};

/// The version in `If-Match`, if sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IfMatch(pub Option<i64>);

impl IfMatch {
    /// Demands the header.
    ///
    /// # Errors
    /// `precondition.required` (428) when it is missing.
    pub fn required(self) -> Result<i64, Problem> {
        self.0
            .ok_or_else(|| Problem::new(shared::PRECONDITION_REQUIRED))
    }

    /// Demands the header and that it names this version.
    ///
    /// # Errors
    /// 428 when missing, 412 when stale.
    pub fn check(self, version: i64) -> Result<(), Problem> {
        if self.required()? == version {
            Ok(())
        } else {
            Err(Problem::new(shared::PRECONDITION_FAILED).extra("version", version))
        }
    }
}

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some(value) = req.headers().get(header::IF_MATCH) else {
            return ready(Ok(Self(None)));
        };
        let version = value.to_str().ok().and_then(parse);
        // A tag that is not one of ours can match nothing: the state it names is not the present one.
        ready(
            version
                .map(|v| Self(Some(v)))
                .ok_or_else(|| Problem::new(shared::PRECONDITION_FAILED)),
        )
    }
}

fn parse(tag: &str) -> Option<i64> {
    let tag = tag.trim();
    tag.strip_prefix("W/")
        .unwrap_or(tag)
        .trim_matches('"')
        .parse()
        .ok()
}

/// Adds `ETag: "<version>"`.
pub fn with_etag(response: &mut HttpResponseBuilder, version: i64) -> &mut HttpResponseBuilder {
    response.insert_header((header::ETAG, format!("\"{version}\"")))
}

/// Whether `If-None-Match` names this tag (without quotes), so that 304 is the answer.
pub fn not_modified(req: &HttpRequest, tag: &str) -> bool {
    req.headers()
        .get(header::IF_NONE_MATCH)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|sent| {
            sent.split(',').any(|one| {
                let one = one.trim();
                one == "*" || one.strip_prefix("W/").unwrap_or(one).trim_matches('"') == tag
            })
        })
}
