//! The way back to the client (RFC 6749 §4.1.2, RFC 9207).

use super::NO_STORE;
use crate::App;
use crate::domain::request::AuthorizationRequest;
use actix_web::HttpResponse;
use actix_web::http::header;
use contracts::Language;
use kit::Problem;
use url::Url;

/// Sends the browser back to the client.
pub(super) fn redirect(
    app: &App,
    redirect_uri: &str,
    state: Option<&str>,
    answer: &[(&str, &str)],
) -> HttpResponse {
    let Ok(mut url) = Url::parse(redirect_uri) else {
        return Problem::internal(anyhow::anyhow!("a registered redirect URI is no URL"))
            .render(Language::Vi, None);
    };
    {
        let mut query = url.query_pairs_mut();
        query.extend_pairs(answer);
        if let Some(state) = state {
            query.append_pair("state", state);
        }
        query.append_pair("iss", app.rt.tokens.issuer());
    }
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, url.as_str()))
        .insert_header(NO_STORE)
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .finish()
}

/// Sends it back without a code: `error` of RFC 6749 §4.1.2.1 and OpenID Connect Core §3.1.2.6, and a description for the developer.
pub(super) fn denied(
    app: &App,
    request: &AuthorizationRequest,
    error: &str,
    description: &str,
) -> HttpResponse {
    let answer = [("error", error), ("error_description", description)];
    let state = request.state.as_deref();
    redirect(app, &request.redirect_uri, state, &answer)
}
