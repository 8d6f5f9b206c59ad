//! Where one is signed in, and signing out elsewhere.

use super::NO_STORE;
use super::second_factor::own;
use crate::app::assignments;
use crate::error::{codes, unforeseen};
use crate::{App, store};
use actix_web::{HttpResponse, delete, get, web};
use chrono::{DateTime, Utc};
use contracts::problem::shared;
use kit::auth::SignedIn;
use kit::http::Path;
use kit::{Problem, ProblemBody};
use sea_orm::DbErr;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// One sign-in in one browser.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionOut {
    /// The session; the `sid` of its id tokens.
    id: Uuid,
    /// When the password was given.
    since: DateTime<Utc>,
    /// When it ends by itself.
    until: DateTime<Utc>,
    /// What the browser called itself.
    #[schema(example = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")]
    device: String,
    /// By what means (RFC 8176).
    #[schema(example = json!(["pwd", "otp", "mfa"]))]
    methods: Vec<String>,
    /// The national provider that vouched for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "vneid")]
    provider: Option<String>,
    /// How surely, by the provider's own scale.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "LoA2")]
    level_of_assurance: Option<String>,
}

/// One's live sessions, newest first, at most 100.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionsOut {
    /// The sessions.
    items: Vec<SessionOut>,
}

/// Where one is signed in
///
/// The live sessions of the own account, newest first, at most 100.
#[utoipa::path(
    tag = "accounts",
    operation_id = "listMySessions",
    responses(
        (status = 200, description = "The sessions.", body = SessionsOut),
        (status = 401, description = "No token, a bad one, or the account is closed.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "A machine client, or acting for somebody.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = []))
)]
#[get("/api/v1/me/sessions")]
pub(super) async fn list(who: SignedIn, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    let account = own(&app, &who.0).await?;
    let now = app.rt.clock.now();
    let items = store::grant::sessions_of(app.db.read(), account.id, now)
        .await
        .map_err(unforeseen)?
        .into_iter()
        .map(|session| SessionOut {
            id: session.id,
            since: session.created_at,
            until: session.expires_at,
            device: session.device,
            provider: session.vouched.as_ref().map(|v| v.provider.clone()),
            level_of_assurance: session.vouched.map(|v| v.loa),
            methods: session.amr.split_whitespace().map(str::to_owned).collect(),
        })
        .collect();
    Ok(HttpResponse::Ok()
        .insert_header(NO_STORE)
        .json(SessionsOut { items }))
}

/// Sign out of one session
///
/// Its codes and refresh tokens are good no longer. Access tokens that came of it are refused within seconds, this one among them if it did.
#[utoipa::path(
    tag = "accounts",
    operation_id = "endMySession",
    params(("id" = Uuid, Path, description = "The session.", example = "01932f4c-0000-7000-8000-000000000001")),
    responses(
        (status = 204, description = "Signed out there."),
        (status = 401, description = "No token or a bad one.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Acting for somebody.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "Not there, or somebody else's.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = []))
)]
#[delete("/api/v1/me/sessions/{id}")]
pub(super) async fn end(
    who: SignedIn,
    id: Path<Uuid>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    if who.0.mandate.is_some() {
        return Err(Problem::new(shared::FORBIDDEN));
    }
    let account = who.0.subject;
    let (id, now) = (id.0, app.rt.clock.now());
    let ended = app
        .db
        .tx(|tx| async move {
            let own = store::grant::session_of(&*tx, account, id).await?.is_some();
            if own {
                store::grant::sign_out(&*tx, id, now).await?;
            }
            Ok::<_, DbErr>(own)
        })
        .await
        .map_err(unforeseen)?;
    if !ended {
        return Err(Problem::new(codes::SESSION_NOT_FOUND));
    }
    tracing::info!(%account, "signed out of one session");
    Ok(HttpResponse::NoContent().insert_header(NO_STORE).finish())
}

/// Sign out everywhere
///
/// Ends every session of the own account with its codes and refresh tokens. Access tokens already given are refused, too, this one
/// among them: here at once, by other services within seconds.
#[utoipa::path(
    tag = "accounts",
    operation_id = "endMySessions",
    responses(
        (status = 204, description = "Signed out everywhere."),
        (status = 401, description = "No token, a bad one, or the account is closed.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "A machine client.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = []))
)]
#[delete("/api/v1/me/sessions")]
pub(super) async fn end_all(who: SignedIn, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    let account = own(&app, &who.0).await?.id;
    let now = app.rt.clock.now();
    app.db
        .tx(|tx| async move {
            store::grant::end_all(&*tx, account, now).await?;
            assignments::refuse_tokens(&tx, account, now).await
        })
        .await
        .map_err(unforeseen)?;
    tracing::info!(%account, "signed out everywhere");
    Ok(HttpResponse::NoContent().insert_header(NO_STORE).finish())
}
