//! What clients find out by themselves (OpenID Connect Discovery 1.0, RFC 8414, RFC 7517).

use crate::App;
use crate::domain::request::SCOPES;
use crate::error::unforeseen;
use actix_web::http::header;
use actix_web::{HttpResponse, get, web};
use contracts::Assurance;
use kit::{Problem, ProblemBody};
use serde::Serialize;
use utoipa::ToSchema;

/// Metadata of the OpenID Provider.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProviderMetadata {
    /// The issuer: `iss` of every token.
    #[schema(example = "https://motcua.example.vn")]
    issuer: String,
    /// Where browsers sign in.
    #[schema(example = "https://motcua.example.vn/oauth2/authorize")]
    authorization_endpoint: String,
    /// Where grants become tokens.
    #[schema(example = "https://motcua.example.vn/oauth2/token")]
    token_endpoint: String,
    /// Who signed in.
    #[schema(example = "https://motcua.example.vn/oauth2/userinfo")]
    userinfo_endpoint: String,
    /// Where tokens are revoked.
    #[schema(example = "https://motcua.example.vn/oauth2/revoke")]
    revocation_endpoint: String,
    /// What a token is worth.
    #[schema(example = "https://motcua.example.vn/oauth2/introspect")]
    introspection_endpoint: String,
    /// Where devices ask.
    #[schema(example = "https://motcua.example.vn/oauth2/device_authorization")]
    device_authorization_endpoint: String,
    /// Where browsers sign out.
    #[schema(example = "https://motcua.example.vn/oauth2/logout")]
    end_session_endpoint: String,
    /// The public keys.
    #[schema(example = "https://motcua.example.vn/oauth2/jwks")]
    jwks_uri: String,
    /// Only `code`.
    response_types_supported: Vec<&'static str>,
    /// Only `query`.
    response_modes_supported: Vec<&'static str>,
    /// The grants.
    grant_types_supported: Vec<&'static str>,
    /// Only `public`.
    subject_types_supported: Vec<&'static str>,
    /// Only `ES256`.
    id_token_signing_alg_values_supported: Vec<&'static str>,
    /// The scopes.
    scopes_supported: Vec<&'static str>,
    /// Only `S256`; every client must use it.
    code_challenge_methods_supported: Vec<&'static str>,
    /// How clients prove themselves at the token endpoint.
    token_endpoint_auth_methods_supported: Vec<&'static str>,
    /// How clients sign that sign.
    token_endpoint_auth_signing_alg_values_supported: Vec<&'static str>,
    /// How clients prove themselves at the revocation endpoint.
    revocation_endpoint_auth_methods_supported: Vec<&'static str>,
    /// How clients sign that sign there.
    revocation_endpoint_auth_signing_alg_values_supported: Vec<&'static str>,
    /// How clients prove themselves at the introspection endpoint.
    introspection_endpoint_auth_methods_supported: Vec<&'static str>,
    /// How clients sign that sign there.
    introspection_endpoint_auth_signing_alg_values_supported: Vec<&'static str>,
    /// How surely somebody can have signed in: the values of `acr`.
    acr_values_supported: Vec<&'static str>,
    /// Claims of id token and userinfo.
    claims_supported: Vec<&'static str>,
    /// Languages of the pages.
    ui_locales_supported: Vec<&'static str>,
    /// The values of `prompt`.
    prompt_values_supported: Vec<&'static str>,
    /// `iss` is in every authorization response (RFC 9207).
    authorization_response_iss_parameter_supported: bool,
    /// Request objects are not supported.
    request_uri_parameter_supported: bool,
}

/// Metadata of the OpenID Provider
///
/// Where each endpoint is and what it supports (OpenID Connect Discovery 1.0).
#[utoipa::path(
    tag = "sign-in",
    operation_id = "getProviderMetadata",
    responses(
        (status = 200, description = "The metadata.", body = ProviderMetadata),
        (status = 429, description = "Too many requests in a minute; see Retry-After.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 500, description = "Internal error.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(())
)]
#[get("/.well-known/openid-configuration")]
pub(super) async fn configuration(app: web::Data<App>) -> HttpResponse {
    let issuer = app.rt.tokens.issuer();
    let at = |path: &str| format!("{}{path}", issuer.trim_end_matches('/'));
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"))
        .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
        .json(ProviderMetadata {
            issuer: issuer.to_owned(),
            authorization_endpoint: at("/oauth2/authorize"),
            token_endpoint: at("/oauth2/token"),
            userinfo_endpoint: at("/oauth2/userinfo"),
            revocation_endpoint: at("/oauth2/revoke"),
            introspection_endpoint: at("/oauth2/introspect"),
            device_authorization_endpoint: at("/oauth2/device_authorization"),
            end_session_endpoint: at("/oauth2/logout"),
            jwks_uri: at("/oauth2/jwks"),
            response_types_supported: vec!["code"],
            response_modes_supported: vec!["query"],
            grant_types_supported: vec![
                "authorization_code",
                "refresh_token",
                "client_credentials",
                "urn:ietf:params:oauth:grant-type:device_code",
            ],
            subject_types_supported: vec!["public"],
            id_token_signing_alg_values_supported: vec!["ES256"],
            scopes_supported: SCOPES.to_vec(),
            code_challenge_methods_supported: vec!["S256"],
            token_endpoint_auth_methods_supported: vec![
                "none",
                "client_secret_basic",
                "client_secret_post",
                "private_key_jwt",
            ],
            token_endpoint_auth_signing_alg_values_supported: vec!["ES256"],
            revocation_endpoint_auth_methods_supported: vec![
                "none",
                "client_secret_basic",
                "client_secret_post",
                "private_key_jwt",
            ],
            revocation_endpoint_auth_signing_alg_values_supported: vec!["ES256"],
            introspection_endpoint_auth_methods_supported: vec![
                "client_secret_basic",
                "client_secret_post",
                "private_key_jwt",
            ],
            introspection_endpoint_auth_signing_alg_values_supported: vec!["ES256"],
            acr_values_supported: Assurance::ALL.map(Assurance::name).to_vec(),
            claims_supported: vec![
                "iss",
                "sub",
                "aud",
                "azp",
                "exp",
                "iat",
                "auth_time",
                "acr",
                "amr",
                "idp",
                "loa",
                "sid",
                "nonce",
                "at_hash",
                "name",
                "preferred_username",
                "email",
                "phone_number",
                "roles",
                "agency",
            ],
            ui_locales_supported: vec!["vi", "en"],
            prompt_values_supported: vec!["none", "login", "consent", "select_account"],
            authorization_response_iss_parameter_supported: true,
            request_uri_parameter_supported: false,
        })
}

/// A set of public keys.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeySet {
    /// The keys that sign now, and those whose tokens may still be alive.
    keys: Vec<Key>,
}

/// One public key, P-256.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Key {
    /// Key id: the thumbprint of RFC 7638.
    #[schema(example = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")]
    kid: String,
    /// Always `EC`.
    #[schema(example = "EC")]
    kty: String,
    /// Always `P-256`.
    #[schema(example = "P-256")]
    crv: String,
    /// Always `ES256`.
    #[schema(example = "ES256")]
    alg: String,
    /// Always `sig`.
    #[serde(rename = "use")]
    #[schema(example = "sig")]
    usage: String,
    /// X coordinate.
    #[schema(example = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU")]
    x: String,
    /// Y coordinate.
    #[schema(example = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")]
    y: String,
}

/// Public keys
///
/// The keys that access and id tokens are verified with (RFC 7517). Fetch again when a token names an unknown key.
#[utoipa::path(
    tag = "sign-in",
    operation_id = "getKeySet",
    responses(
        (status = 200, description = "The key set.", body = KeySet),
        (status = 429, description = "Too many requests in a minute; see Retry-After.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 500, description = "Internal error.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(())
)]
#[get("/oauth2/jwks")]
pub(super) async fn jwks(app: web::Data<App>) -> Result<HttpResponse, Problem> {
    let keys = app
        .signer
        .keys(&app.db, &app.rt)
        .await
        .map_err(unforeseen)?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "public, max-age=60"))
        .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
        .json(&keys.set))
}
