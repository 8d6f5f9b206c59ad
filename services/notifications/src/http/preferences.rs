//! What a person wants to be sent.

use crate::App;
use crate::domain::plan::Preferences;
use crate::store::person;
use actix_web::{get, put, web};
use chrono::{DateTime, Utc};
use contracts::Language;
use kit::auth::perm::NotificationRead;
use kit::http::{Json, Query};
use kit::page::{self, Page, PageQuery};
use kit::{Allowed, Problem, ProblemBody};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use uuid::Uuid;

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
    let by = person::Chooser {
        account,
        client: caller.actor().client.as_deref(),
        at: now,
    };
    let rt = &app.rt;
    app.db
        .tx(|tx| async move {
            person::set_preferences(account, &tx, chosen, now).await?;
            person::note_choices(by, &tx, chosen, || rt.ids.uuid(now)).await
        })
        .await
        .map_err(crate::error::database)?;
    Ok(Json(input.0))
}

/// One choice, as it was made.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChoiceOut {
    /// `email` or `sms`.
    #[schema(example = "sms")]
    pub channel: String,
    /// True: allowed; false: taken back.
    #[schema(example = false)]
    pub granted: bool,
    /// When.
    pub at: DateTime<Utc>,
    /// The program that it was made in.
    #[schema(example = "portal")]
    pub client: Option<String>,
}

/// The caller's choices.
#[utoipa::path(
    get, path = "/api/v1/notification-preferences/history", tag = "notifications", operation_id = "listNotificationChoices",
    summary = "Read one's choices",
    description = "Every time a channel was allowed or switched off, newest first: the proof of a consent and of its withdrawal (Luật 91/2025/QH15 art. 9, 10). Nothing is there for who never chose.",
    params(PageQuery),
    responses(
        (status = 200, description = "A page", body = Page<ChoiceOut>),
        (status = 401, description = "No or no good token", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Permission missing", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A parameter is not valid", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["notification.read"]))
)]
#[get("/api/v1/notification-preferences/history")]
pub(crate) async fn list_choices(
    caller: Allowed<NotificationRead>,
    query: Query<PageQuery>,
    app: web::Data<Arc<App>>,
) -> Result<Json<Page<ChoiceOut>>, Problem> {
    let limit = page::limit(query.0.limit)?;
    let before = query
        .0
        .cursor
        .as_deref()
        .map(page::decode_cursor::<Uuid>)
        .transpose()?;
    let account = caller.actor().subject;
    let rows = person::choices(account, app.db.read(), before, limit + 1)
        .await
        .map_err(crate::error::database)?;
    Ok(Json(Page::cut(rows, limit, |c| c.id).map(|c| ChoiceOut {
        channel: c.channel,
        granted: c.granted,
        at: c.at,
        client: c.client,
    })))
}
