//! What a person wants to be sent.

use crate::App;
use crate::domain::plan::Preferences;
use crate::store::person;
use actix_web::{get, put, web};
use contracts::Language;
use kit::auth::perm::NotificationRead;
use kit::http::Json;
use kit::{Allowed, Problem, ProblemBody};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// Preferences. The inbox cannot be switched off.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PreferencesBody {
    /// Send e-mail.
    #[schema(example = true)]
    pub email: bool,
    /// Send text messages.
    #[schema(example = true)]
    pub sms: bool,
    /// Language of notices; null = as given with the dossier.
    pub language: Option<Language>,
}

/// The caller's preferences.
#[utoipa::path(
    get, path = "/api/v1/notification-preferences", tag = "notifications", operation_id = "getNotificationPreferences",
    summary = "Read one's preferences",
    description = "Which channels are used besides the inbox. Everything is on for who never chose.",
    responses(
        (status = 200, description = "The preferences", body = PreferencesBody),
        (status = 401, description = "No or no good token", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Permission missing", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["notification.read"]))
)]
#[get("/api/v1/notification-preferences")]
pub(crate) async fn get_preferences(
    caller: Allowed<NotificationRead>,
    app: web::Data<Arc<App>>,
) -> Result<Json<PreferencesBody>, Problem> {
    let chosen = person::preferences(caller.actor().subject, app.db.read())
        .await
        .map_err(crate::error::database)?;
    Ok(Json(PreferencesBody {
        email: chosen.email,
        sms: chosen.sms,
        language: chosen.language,
    }))
}

/// Changes the caller's preferences.
#[utoipa::path(
    put, path = "/api/v1/notification-preferences", tag = "notifications", operation_id = "setNotificationPreferences",
    summary = "Change one's preferences",
    description = "Holds for notices of later events.",
    request_body(content = PreferencesBody, example = json!({"email": true, "sms": false, "language": "vi"})),
    responses(
        (status = 200, description = "The preferences as kept", body = PreferencesBody),
        (status = 400, description = "The body is not JSON", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No or no good token", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Permission missing", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON by its content type", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field is not valid", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["notification.read"]))
)]
#[put("/api/v1/notification-preferences")]
pub(crate) async fn set_preferences(
    caller: Allowed<NotificationRead>,
    input: Json<PreferencesBody>,
    app: web::Data<Arc<App>>,
) -> Result<Json<PreferencesBody>, Problem> {
    let account = caller.actor().subject;
    let now = app.rt.clock.now();
    let chosen = Preferences {
        email: input.0.email,
        sms: input.0.sms,
        language: input.0.language,
    };
    let chosen = &chosen;
    app.db
        .tx(|tx| async move { person::set_preferences(account, &tx, chosen, now).await })
        .await
        .map_err(crate::error::database)?;
    Ok(Json(input.0))
}
