//! Machine clients, for administrators: systems of integrators and post offices that sign in by themselves.

mod check;

use crate::app::machines::{self, Managed};
use crate::domain::account::Reach;
use crate::domain::machine::NOTICE_DAYS;
use crate::error::{AccountError, codes, unforeseen};
use crate::{App, store};
use actix_web::http::header;
use actix_web::{HttpResponse, get, patch, post, web};
use chrono::{DateTime, Duration, Utc};
use contracts::problem::shared;
use contracts::{Actor, Role};
use ipnet::IpNet;
use jsonwebtoken::jwk::JwkSet;
use kit::auth::{Allowed, SteppedUp, perm};
use kit::etag::{IfMatch, with_etag};
use kit::http::{Json, Path, Query};
use kit::{FieldError, Page, Problem, ProblemBody, page};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

/// How long an old secret may live on.
const LONGEST_OVERLAP_HOURS: i64 = 720;

/// A machine client.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClientOut {
    /// The client id; it is in every token (`azp`), in journals and access logs.
    #[schema(example = "c-0193a1c27b7e7d2f8a3b4c5d6e7f8091")]
    id: String,
    /// Version, for `If-Match`.
    #[schema(example = 1)]
    version: i64,
    /// Name, shown in journals and to citizens.
    #[schema(example = "Phần mềm hộ tịch")]
    name: String,
    /// `integrator` or `post_office`.
    role: Option<Role>,
    /// Whose it is; null: the province's.
    #[schema(example = "H05.21")]
    agency: Option<String>,
    /// What it may do, of what its role may.
    #[schema(example = json!(["dossier.file", "dossier.read", "file.upload"]))]
    scopes: Vec<String>,
    /// Where it may ask for tokens from, and use them from; empty: anywhere.
    #[schema(value_type = Vec<String>, example = json!(["203.0.113.0/24"]))]
    networks: Vec<IpNet>,
    /// When it stops working.
    expires_at: DateTime<Utc>,
    /// Within 30 days, or already past.
    expires_soon: bool,
    /// When notice of this expiry was given: once, within the hour in which 30 days are left.
    expiry_noticed_at: Option<DateTime<Utc>>,
    /// Until when the secret before the present one is taken.
    previous_secret_until: Option<DateTime<Utc>>,
    /// It signs (`private_key_jwt`) and has no secret.
    signs: bool,
    /// Its public keys (JWK Set), when it signs.
    #[schema(value_type = Option<Object>)]
    jwks: Option<JwkSet>,
    /// Requests a minute; null: as everybody.
    #[schema(example = 600)]
    requests_per_minute: Option<u32>,
    /// Gets tokens only where the whole instance is for trying out.
    sandbox: bool,
    /// False: closed.
    active: bool,
}

/// A client with its secret, which is shown this once.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClientWithSecret {
    /// The client.
    #[serde(flatten)]
    client: ClientOut,
    /// Its secret; absent when it signs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "vK3n…")]
    secret: Option<String>,
}

/// A new client.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ClientIn {
    /// Name, at most 200 characters.
    #[schema(example = "Phần mềm hộ tịch")]
    name: String,
    /// `integrator`; `post_office` by a province administrator only.
    role: Role,
    /// Whose it is: the own agency of an agency administrator.
    #[schema(example = "H05.21")]
    agency: Option<String>,
    /// Some of the permissions of the role; empty: all.
    #[serde(default)]
    #[schema(example = json!(["dossier.file", "dossier.read", "file.upload"]))]
    scopes: Vec<String>,
    /// Networks in CIDR form, where it may ask for tokens from and use them from; empty: anywhere.
    #[serde(default)]
    #[schema(example = json!(["203.0.113.0/24"]))]
    networks: Vec<String>,
    /// Within two years.
    expires_at: DateTime<Utc>,
    /// Public keys (JWK Set, P-256), at most 20, several with a `kid` each: the client then signs and gets no secret.
    #[schema(value_type = Option<Object>)]
    jwks: Option<Value>,
    /// 1–60,000.
    #[schema(example = 600)]
    requests_per_minute: Option<u32>,
    /// For trying out.
    #[serde(default)]
    sandbox: bool,
}

/// A change: what is left out stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct ClientPatch {
    /// Name.
    #[schema(example = "Phần mềm hộ tịch")]
    name: Option<String>,
    /// Scopes.
    #[schema(example = json!(["dossier.read"]))]
    scopes: Option<Vec<String>>,
    /// Networks.
    #[schema(example = json!(["203.0.113.0/24"]))]
    networks: Option<Vec<String>>,
    /// Expiry.
    expires_at: Option<DateTime<Utc>>,
    /// Requests a minute; `null`: as everybody.
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<u32>, example = 600)]
    requests_per_minute: Option<Option<u32>>,
    /// False closes the client.
    #[schema(example = true)]
    active: Option<bool>,
    /// All its public keys from now on (JWK Set, P-256), of a client that signs: one that is not among them proves nothing any more.
    /// To change a key, send the old one with the new one first.
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<Object>)]
    jwks: Option<Option<Value>>,
}

/// How a secret is rotated.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Rotation {
    /// Hours for which the old secret is taken, too: 0–720.
    #[schema(example = 24)]
    overlap_hours: i64,
}

fn present<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

fn reach(by: &Actor) -> Result<Reach, Problem> {
    Reach::of(by).ok_or_else(|| Problem::new(shared::FORBIDDEN))
}

fn out(app: &App, managed: Managed) -> ClientOut {
    let Managed {
        machine,
        name,
        role,
        active,
    } = managed;
    let now = app.rt.clock.now();
    ClientOut {
        expires_soon: machine.expires_soon(now),
        expiry_noticed_at: machine.noticed_at,
        version: machine.version,
        name,
        role,
        agency: machine.agency,
        scopes: machine.scopes,
        networks: machine.networks,
        expires_at: machine.expires_at,
        previous_secret_until: machine
            .previous
            .map(|(_, until)| until)
            .filter(|u| *u > now),
        signs: machine.jwks.is_some(),
        jwks: machine.jwks,
        requests_per_minute: machine.quota,
        sandbox: machine.sandbox,
        active,
        id: machine.client,
    }
}

/// The error of a use-case, about clients.
fn refused(error: AccountError) -> Problem {
    match error {
        AccountError::NotFound => Problem::new(codes::CLIENT_NOT_FOUND),
        other => other.into(),
    }
}

/// What a list asks for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ClientsQuery {
    /// Only those that expire within 30 days, or have expired.
    #[param(example = true)]
    expires_soon: Option<bool>,
    /// Items a page, 1–100; 20 when absent.
    #[param(minimum = 1, maximum = 100, example = 20)]
    limit: Option<u32>,
    /// Cursor from the page before.
    cursor: Option<String>,
}

/// List machine clients
///
/// By id. An agency administrator sees those of the own agency, a province administrator all. Those that expire soon say so, and since when
/// notice is given; `motcua_identity_clients_expiring` counts them.
#[utoipa::path(
    tag = "clients",
    operation_id = "listClients",
    params(ClientsQuery),
    responses(
        (status = 200, description = "A page.", body = Page<ClientOut>),
        (status = 401, description = "No token or a bad one.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Not an administrator.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A parameter is not valid.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["client.manage"]))
)]
#[get("/api/v1/clients")]
pub(super) async fn list(
    by: Allowed<perm::ClientManage>,
    query: Query<ClientsQuery>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let limit = page::limit(query.0.limit)?;
    let after = query
        .0
        .cursor
        .as_deref()
        .map(page::decode_cursor::<String>)
        .transpose()?;
    let before = query
        .0
        .expires_soon
        .unwrap_or(false)
        .then(|| app.rt.clock.now() + Duration::days(NOTICE_DAYS));
    let rows = store::machine::list(app.db.read(), &reach(by.actor())?, before, after, limit + 1)
        .await
        .map_err(unforeseen)?;
    let page = Page::cut(rows, limit, |machine| machine.client.clone());
    let mut items = Vec::new();
    for machine in page.items {
        let managed = machines::complete(&app, machine).await.map_err(refused)?;
        items.push(out(&app, managed));
    }
    Ok(HttpResponse::Ok()
        .insert_header(super::NO_STORE)
        .json(Page {
            items,
            next: page.next,
        }))
}

/// Show a machine client
///
/// With its version as `ETag`. Its secret is shown when it is made, never again.
#[utoipa::path(
    tag = "clients",
    operation_id = "getClient",
    params(("id" = String, Path, description = "The client.", example = "c-0193a1c27b7e7d2f8a3b4c5d6e7f8091")),
    responses(
        (status = 200, description = "The client.", body = ClientOut, headers(("ETag" = String, description = "The version."))),
        (status = 401, description = "No token or a bad one.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Not an administrator.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "Not there, or not within reach.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["client.manage"]))
)]
#[get("/api/v1/clients/{id}")]
pub(super) async fn show(
    by: Allowed<perm::ClientManage>,
    id: Path<String>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let managed = machines::show(&app, &reach(by.actor())?, &id.0)
        .await
        .map_err(refused)?;
    Ok(answer(&app, managed))
}

fn answer(app: &App, managed: Managed) -> HttpResponse {
    with_etag(&mut HttpResponse::Ok(), managed.machine.version)
        .insert_header(super::NO_STORE)
        .json(out(app, managed))
}

/// Create a machine client
///
/// Answers with the secret, this once, or without one when public keys are given. An agency administrator makes integrators of the own
/// agency, a province administrator also post offices.
#[utoipa::path(
    tag = "clients",
    operation_id = "createClient",
    request_body(content = ClientIn, example = json!({
        "name": "Phần mềm hộ tịch", "role": "integrator", "agency": "H05.21",
        "scopes": ["dossier.file", "dossier.read", "file.upload"], "networks": ["203.0.113.0/24"],
        "expiresAt": "2027-11-16T00:00:00Z", "requestsPerMinute": 600,
    })),
    responses(
        (status = 201, description = "Created.", body = ClientWithSecret, headers(("Location" = String, description = "The client."), ("ETag" = String, description = "The version."))),
        (status = 400, description = "Not JSON.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No token or a bad one.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Not an administrator, or beyond one's reach.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON by its content type.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field is not valid.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["client.manage"]))
)]
#[post("/api/v1/clients")]
pub(super) async fn create(
    by: SteppedUp<perm::ClientManage>,
    body: Json<ClientIn>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let new = check::checked(body.0, &reach(by.actor())?, app.rt.clock.now())?;
    let (managed, secret) = machines::create(&app, by.actor(), new)
        .await
        .map_err(refused)?;
    let location = format!("/api/v1/clients/{}", managed.machine.client);
    Ok(
        with_etag(&mut HttpResponse::Created(), managed.machine.version)
            .insert_header((header::LOCATION, location))
            .insert_header(super::NO_STORE)
            .json(ClientWithSecret {
                client: out(&app, managed),
                secret,
            }),
    )
}

/// Change a machine client
///
/// Tokens it was given before are refused within seconds, unless keys were added and nothing else changed. Requires `If-Match` with the
/// version.
#[utoipa::path(
    tag = "clients",
    operation_id = "changeClient",
    request_body(content = ClientPatch, example = json!({ "scopes": ["dossier.read"], "active": true })),
    params(
        ("id" = String, Path, description = "The client.", example = "c-0193a1c27b7e7d2f8a3b4c5d6e7f8091"),
        ("If-Match" = String, Header, description = "The version that is changed.", example = "\"1\""),
    ),
    responses(
        (status = 200, description = "Changed.", body = ClientOut, headers(("ETag" = String, description = "The new version."))),
        (status = 400, description = "Not JSON.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No token or a bad one.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Not an administrator.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "Not there, or not within reach.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "Changed by somebody else since.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON by its content type.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field is not valid.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 428, description = "If-Match is missing.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["client.manage"]))
)]
#[patch("/api/v1/clients/{id}")]
pub(super) async fn change(
    by: SteppedUp<perm::ClientManage>,
    id: Path<String>,
    version: IfMatch,
    body: Json<ClientPatch>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let reach = reach(by.actor())?;
    let version = version.required()?;
    let known = machines::show(&app, &reach, &id.0).await.map_err(refused)?;
    let kind = (known.role, known.machine.jwks.is_some());
    let change = check::checked_change(body.0, kind, app.rt.clock.now())?;
    let managed = machines::change(&app, by.actor(), &reach, &id.0, version, change)
        .await
        .map_err(refused)?;
    Ok(answer(&app, managed))
}

/// Rotate the secret of a machine client
///
/// Answers with the new secret, this once. The old one is taken for `overlapHours` more, so that no call fails meanwhile. A client that
/// signs has no secret and is not found here.
#[utoipa::path(
    tag = "clients",
    operation_id = "rotateClientSecret",
    request_body(content = Rotation, example = json!({ "overlapHours": 24 })),
    params(("id" = String, Path, description = "The client.", example = "c-0193a1c27b7e7d2f8a3b4c5d6e7f8091")),
    responses(
        (status = 200, description = "Rotated.", body = ClientWithSecret, headers(("ETag" = String, description = "The new version."))),
        (status = 400, description = "Not JSON.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No token or a bad one.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Not an administrator.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "Not there, not within reach, or it signs.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "Changed by somebody else meanwhile.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON by its content type.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field is not valid.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["client.manage"]))
)]
#[post("/api/v1/clients/{id}/rotate-secret")]
pub(super) async fn rotate(
    by: SteppedUp<perm::ClientManage>,
    id: Path<String>,
    body: Json<Rotation>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let hours = body.0.overlap_hours;
    if !(0..=LONGEST_OVERLAP_HOURS).contains(&hours) {
        let wrong = FieldError::of("/overlapHours", shared::FIELD_INVALID);
        return Err(Problem::invalid(vec![wrong]));
    }
    let reach = reach(by.actor())?;
    let (managed, secret) =
        machines::rotate(&app, by.actor(), &reach, &id.0, Duration::hours(hours))
            .await
            .map_err(refused)?;
    Ok(with_etag(&mut HttpResponse::Ok(), managed.machine.version)
        .insert_header(super::NO_STORE)
        .json(ClientWithSecret {
            client: out(&app, managed),
            secret: Some(secret),
        }))
}
