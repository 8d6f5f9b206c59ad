//! The public document and its pages, all from inside the binary: nothing is fetched from elsewhere.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use contracts::problem::shared;
use kit::Problem;
use std::sync::Arc;
use utoipa_swagger_ui::Config;

/// The document and the settings of its pages.
pub(crate) struct Docs {
    document: Bytes,
    tag: String,
    pages: Arc<Config<'static>>,
}

/// What the pages may load: themselves. The bundle sets style attributes.
const POLICY: &str = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; \
                      frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

impl Docs {
    pub(crate) fn new(document: &str) -> Self {
        Self {
            document: Bytes::copy_from_slice(document.as_bytes()),
            tag: kit::http::sha256_hex(document.as_bytes())
                .chars()
                .take(32)
                .collect(),
            // "none": the badge of an outside validator is not loaded.
            pages: Arc::new(
                Config::from("/openapi.json")
                    .validator_url("none")
                    .filter(true),
            ),
        }
    }

    /// `/openapi.json`.
    pub(crate) fn document(&self, req: &HttpRequest) -> HttpResponse {
        let unchanged = kit::etag::not_modified(req, &self.tag);
        let status = if unchanged {
            StatusCode::NOT_MODIFIED
        } else {
            StatusCode::OK
        };
        let mut response = HttpResponse::build(status);
        response
            .insert_header((header::ETAG, format!("\"{}\"", self.tag)))
            .insert_header((header::CACHE_CONTROL, "public, max-age=60"))
            .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"));
        if unchanged {
            return response.finish();
        }
        response
            .content_type("application/json")
            .body(self.document.clone())
    }

    /// `/docs` and below.
    pub(crate) fn page(&self, path: &str) -> Result<HttpResponse, Problem> {
        // Relative links in the page need the slash.
        let Some(file) = path.strip_prefix("/docs/") else {
            return Ok(HttpResponse::PermanentRedirect()
                .insert_header((header::LOCATION, "/docs/"))
                .finish());
        };
        let file = utoipa_swagger_ui::serve(file, Arc::clone(&self.pages))
            .map_err(|error| Problem::internal(anyhow::anyhow!("documentation page: {error}")))?
            .ok_or_else(|| Problem::new(shared::NOT_FOUND))?;
        let mut response = HttpResponse::Ok();
        response
            .content_type(file.content_type)
            .insert_header((header::CACHE_CONTROL, "public, max-age=3600"))
            .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .insert_header((header::CONTENT_SECURITY_POLICY, POLICY));
        if file.gzpipped {
            response.insert_header((header::CONTENT_ENCODING, "gzip"));
        }
        Ok(response.body(file.bytes.into_owned()))
    }
}
