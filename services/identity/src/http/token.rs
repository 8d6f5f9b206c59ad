//! The token and revocation endpoints (RFC 6749 §3.2, RFC 7009).

use super::NO_STORE;
use crate::App;
use crate::app::clients::{self, Credentials};
use crate::app::devices;
use crate::app::grants::{self, TokenAnswer};
use crate::app::introspection::{self, Introspection};
use crate::app::machines;
use crate::domain::client::{Client, Grant};
use crate::domain::params::Params;
use crate::error::OauthError;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, ResponseError as _, post, web};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as B64;
use kit::ProblemBody;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `client_assertion_type` of RFC 7523.
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// `grant_type` of RFC 8628.
const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// The form of a token request.
#[derive(Debug, Deserialize, ToSchema)]
#[expect(
    dead_code,
    reason = "documents the form; it is read as parameters, which may not come twice"
)]
pub(crate) struct TokenRequest {
    /// `authorization_code`, `refresh_token`, `client_credentials` or `urn:ietf:params:oauth:grant-type:device_code`.
    #[schema(example = "client_credentials")]
    grant_type: String,
    /// The client; not with HTTP Basic.
    #[schema(example = "integrator")]
    client_id: Option<String>,
    /// Its secret; not with HTTP Basic, not for a public client.
    #[schema(example = "motcua-demo-secret")]
    client_secret: Option<String>,
    /// For a client that signs: `urn:ietf:params:oauth:client-assertion-type:jwt-bearer`.
    client_assertion_type: Option<String>,
    /// For a client that signs: a JWT with `iss` and `sub` its id, `aud` the token endpoint, `exp` within five minutes and a new `jti`.
    client_assertion: Option<String>,
    /// For `authorization_code`: the code.
    code: Option<String>,
    /// For `authorization_code`: the redirect URI of the authorization request.
    redirect_uri: Option<String>,
    /// For `authorization_code`: the PKCE verifier.
    code_verifier: Option<String>,
    /// For a device: its code.
    device_code: Option<String>,
    /// For `refresh_token`: the token.
    refresh_token: Option<String>,
    /// For `refresh_token`: fewer scopes than granted, if wanted; others are refused (`invalid_scope`).
    scope: Option<String>,
}

/// The form of a revocation.
#[derive(Debug, Deserialize, ToSchema)]
#[expect(
    dead_code,
    reason = "documents the form; it is read as parameters, which may not come twice"
)]
pub(crate) struct RevocationRequest {
    /// A refresh token or an access token.
    token: String,
    /// The client; not with HTTP Basic.
    #[schema(example = "portal")]
    client_id: Option<String>,
    /// Its secret; not with HTTP Basic, not for a public client.
    client_secret: Option<String>,
}

/// A refusal of the protocol (RFC 6749 §5.2).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProtocolError {
    /// What a program switches on.
    #[schema(example = "invalid_grant")]
    error: String,
    /// For the developer.
    #[schema(example = "the code has expired")]
    error_description: String,
}

/// Get tokens
///
/// Exchanges an authorization code (PKCE S256 required), a refresh token (good once; used twice, its whole family is revoked) or a
/// client's own credentials for an access token. Errors follow RFC 6749 §5.2.
#[utoipa::path(
    tag = "sign-in",
    operation_id = "issueToken",
    request_body(content = TokenRequest, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "The tokens.", body = TokenAnswer),
        (status = 400, description = "The grant is refused.", body = ProtocolError),
        (status = 401, description = "The client is not who it says.", body = ProtocolError),
        (status = 413, description = "The body is too large.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many failed attempts; see Retry-After.", body = ProtocolError),
        (status = 503, description = "Too many sign-ins at once; see Retry-After.", body = ProtocolError),
    ),
    security(())
)]
#[post("/oauth2/token")]
pub(super) async fn token(req: HttpRequest, app: web::Data<App>, body: web::Bytes) -> HttpResponse {
    match exchange(&req, &app, &body).await {
        Ok(answer) => HttpResponse::Ok()
            .insert_header(NO_STORE)
            .insert_header((header::PRAGMA, "no-cache"))
            .json(answer),
        Err(error) => error.error_response(),
    }
}

async fn exchange(
    req: &HttpRequest,
    app: &App,
    body: &web::Bytes,
) -> Result<TokenAnswer, OauthError> {
    let params = form(req, body)?;
    let needed = |name| {
        params
            .get(name)
            .ok_or_else(|| OauthError::invalid_request("a parameter is missing"))
    };
    let grant = match needed("grant_type")? {
        "authorization_code" => Grant::AuthorizationCode,
        "refresh_token" => Grant::RefreshToken,
        "client_credentials" => Grant::ClientCredentials,
        DEVICE_CODE => Grant::DeviceCode,
        _ => return Err(OauthError::unsupported_grant()),
    };
    let client = client(req, app, &params).await?;
    if !client.may(grant) {
        return Err(OauthError::unauthorized_client());
    }
    match grant {
        Grant::AuthorizationCode => {
            let (code, verifier) = (needed("code")?, needed("code_verifier")?);
            grants::code(app, &client, code, verifier, needed("redirect_uri")?).await
        }
        Grant::RefreshToken => {
            grants::refresh(app, &client, needed("refresh_token")?, params.get("scope")).await
        }
        Grant::ClientCredentials => grants::client_credentials(app, &client).await,
        Grant::DeviceCode => devices::exchange(app, &client, needed("device_code")?).await,
    }
}

/// Revoke a token
///
/// A refresh token or an access token of the client's own: it and all that came of the same grant stop working (RFC 7009), access tokens in
/// all services within seconds. An unknown token is answered alike. An access token that names no grant, of the release before, is refused
/// (`unsupported_token_type`).
#[utoipa::path(
    tag = "sign-in",
    operation_id = "revokeToken",
    request_body(content = RevocationRequest, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "Revoked, or unknown."),
        (status = 400, description = "A parameter is missing, or this access token cannot be revoked.", body = ProtocolError),
        (status = 401, description = "The client is not who it says.", body = ProtocolError),
        (status = 413, description = "The body is too large.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many failed attempts; see Retry-After.", body = ProtocolError),
        (status = 503, description = "Too many sign-ins at once; see Retry-After.", body = ProtocolError),
    ),
    security(())
)]
#[post("/oauth2/revoke")]
pub(super) async fn revoke(
    req: HttpRequest,
    app: web::Data<App>,
    body: web::Bytes,
) -> HttpResponse {
    let outcome = async {
        let params = form(&req, &body)?;
        let client = client(&req, &app, &params).await?;
        let given = params
            .get("token")
            .ok_or_else(|| OauthError::invalid_request("token is missing"))?;
        grants::revoke(&app, &client, given).await
    };
    match outcome.await {
        Ok(()) => HttpResponse::Ok().insert_header(NO_STORE).finish(),
        Err(error) => error.error_response(),
    }
}

/// The form of an introspection.
#[derive(Debug, Deserialize, ToSchema)]
#[expect(
    dead_code,
    reason = "documents the form; it is read as parameters, which may not come twice"
)]
pub(crate) struct IntrospectionRequest {
    /// The token.
    token: String,
    /// The client; not with HTTP Basic.
    #[schema(example = "integrator")]
    client_id: Option<String>,
    /// Its secret; not with HTTP Basic.
    client_secret: Option<String>,
}

/// Ask what a token is worth
///
/// For clients that prove themselves by a secret or a signature (RFC 7662): whether an access token of the suite, or a refresh token of
/// one's own, is good at this moment, revocations included. Of a token that is not, nothing else is told.
#[utoipa::path(
    tag = "sign-in",
    operation_id = "introspectToken",
    request_body(content = IntrospectionRequest, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "What it is worth.", body = Introspection),
        (status = 400, description = "A parameter is missing.", body = ProtocolError),
        (status = 401, description = "The client is not who it says, or is a public one.", body = ProtocolError),
        (status = 413, description = "The body is too large.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many failed attempts; see Retry-After.", body = ProtocolError),
        (status = 503, description = "Too many sign-ins at once; see Retry-After.", body = ProtocolError),
    ),
    security(())
)]
#[post("/oauth2/introspect")]
pub(super) async fn introspect(
    req: HttpRequest,
    app: web::Data<App>,
    body: web::Bytes,
) -> HttpResponse {
    let outcome = async {
        let params = form(&req, &body)?;
        let client = client(&req, &app, &params).await?;
        // A public client proves nothing: anybody could scan for tokens (RFC 7662 §4).
        if client.secret_hash.is_none() {
            return Err(OauthError::invalid_client(false));
        }
        let given = params
            .get("token")
            .ok_or_else(|| OauthError::invalid_request("token is missing"))?;
        introspection::introspect(&app, &client, given).await
    };
    match outcome.await {
        Ok(answer) => HttpResponse::Ok().insert_header(NO_STORE).json(answer),
        Err(error) => error.error_response(),
    }
}

pub(super) fn form(req: &HttpRequest, body: &web::Bytes) -> Result<Params, OauthError> {
    super::form(req, body).map_err(|_unreadable| {
        OauthError::invalid_request(
            "the body must be application/x-www-form-urlencoded, without a parameter twice",
        )
    })
}

/// The client by HTTP Basic or by form, never both.
pub(super) async fn client(
    req: &HttpRequest,
    app: &App,
    params: &Params,
) -> Result<Client, OauthError> {
    let basic = match req.headers().get(header::AUTHORIZATION) {
        None => None,
        Some(value) => Some(basic(value).ok_or_else(|| OauthError::invalid_client(true))?),
    };
    if let Some(kind) = params.get("client_assertion_type") {
        if kind != JWT_BEARER || basic.is_some() || params.get("client_secret").is_some() {
            return Err(OauthError::invalid_request(
                "use one way of client authentication",
            ));
        }
        let assertion = params
            .get("client_assertion")
            .ok_or_else(|| OauthError::invalid_request("client_assertion is missing"))?;
        let address = super::address(req);
        return machines::prove(app, params.get("client_id"), assertion, address).await;
    }
    let credentials = match (basic, params.get("client_id"), params.get("client_secret")) {
        (Some(_), _, Some(_)) => {
            return Err(OauthError::invalid_request(
                "use one way of client authentication",
            ));
        }
        (Some((id, _)), Some(other), None) if id != other => {
            return Err(OauthError::invalid_request(
                "client_id and Authorization disagree",
            ));
        }
        (Some((id, secret)), _, None) => Credentials {
            id,
            secret: Some(secret),
            basic: true,
        },
        (None, Some(id), secret) => Credentials {
            id: id.to_owned(),
            secret: secret.map(str::to_owned),
            basic: false,
        },
        (None, None, _) => return Err(OauthError::invalid_client(false)),
    };
    clients::authenticate(app, &credentials, super::address(req)).await
}

/// `client_secret_basic`: both parts are form-encoded before they are joined (RFC 6749 §2.3.1).
pub(super) fn basic(value: &header::HeaderValue) -> Option<(String, String)> {
    let (scheme, encoded) = value.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(B64.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    let (id, secret) = (form_decoded(id), form_decoded(secret));
    // No client has such a name, and PostgreSQL takes no text with it.
    (!id.contains('\0') && !secret.contains('\0')).then_some((id, secret))
}

fn form_decoded(text: &str) -> String {
    // A single value without `=` is parsed as a name.
    url::form_urlencoded::parse(text.replace('&', "%26").replace('=', "%3D").as_bytes())
        .next()
        .map_or_else(String::new, |(name, _)| name.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_credentials_are_form_decoded() {
        let header = |text: &str| {
            header::HeaderValue::from_str(&format!("Basic {}", B64.encode(text))).expect("header")
        };
        assert_eq!(basic(&header("a:b")), Some(("a".into(), "b".into())));
        assert_eq!(
            basic(&header("a:b%3Ac+d%25")),
            Some(("a".into(), "b:c d%".into()))
        );
        assert_eq!(
            basic(&header("a:b=c&d")),
            Some(("a".into(), "b=c&d".into()))
        );
        assert_eq!(basic(&header("no colon")), None);
        assert_eq!(basic(&header("a%00b:x")), None);
        assert_eq!(basic(&header::HeaderValue::from_static("Bearer x")), None);
    }
}
