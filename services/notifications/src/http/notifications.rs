//! The inbox (hộp thư).

use crate::App;
use crate::domain::plan::{Channel, Recipient};
use crate::error::NOTIFICATION_NOT_FOUND;
use crate::store::entity::notice::Model;
use crate::store::notice::{Filter, Reader};
use crate::store::{delivery, notice};
use actix_web::{get, post, web};
use chrono::{DateTime, Utc};
use contracts::{Actor, ActorKind, Permission, Role};
use kit::auth::perm::NotificationRead;
use kit::http::{Json, Path, Query};
use kit::{Allowed, Page, Problem, ProblemBody};
use sea_orm::DbErr;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Whose inbox an item is in.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Inbox {
    /// One's own.
    Own,
    /// That of everyone with a role at the agency.
    Role,
}

/// One inbox item.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NotificationBody {
    /// Id.
    pub id: Uuid,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// The command or the shipment's state that it is about, e.g. `receive`, `shipment.delivered`.
    #[schema(example = "receive")]
    pub kind: String,
    /// One line.
    #[schema(example = "Hồ sơ H05.21-261116-0001 đã được tiếp nhận")]
    pub title: String,
    /// The message, an empty line, and the facts of the status notice, one a line.
    #[schema(
        example = "Trung tâm Phục vụ hành chính công xã Yên Thế đã tiếp nhận hồ sơ của quý vị lúc 16/11/2026 09:00."
    )]
    pub body: String,
    /// The dossier.
    pub dossier_id: Uuid,
    /// Its number, once received.
    #[schema(example = "H05.21-261116-0001")]
    pub dossier_number: Option<String>,
    /// Whose inbox.
    pub inbox: Inbox,
    /// Whether the caller has read it.
    pub read: bool,
}

/// A letter or text message beside the item: the proof of sending.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryBody {
    /// `email` or `sms`.
    pub channel: Channel,
    /// `queued`, `sent` or `dead` (given up).
    #[schema(example = "sent")]
    pub state: String,
    /// Attempts so far.
    #[schema(example = 1)]
    pub attempts: i64,
    /// When the mail server or gateway took it.
    pub sent_at: Option<DateTime<Utc>>,
    /// Why the last attempt failed.
    #[schema(example = "mail server answered 550")]
    pub error: Option<String>,
}

/// One item with what else was sent.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NotificationDetail {
    /// The item.
    #[serde(flatten)]
    pub notification: NotificationBody,
    /// Letters and text messages about the same event; of one's own items only.
    pub deliveries: Vec<DeliveryBody>,
}

/// One page of the inbox.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NotificationPage {
    /// The items, newest first.
    pub items: Vec<NotificationBody>,
    /// Cursor of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Items of the whole inbox that the caller has not read.
    #[schema(example = 4)]
    pub unread_count: u64,
}

/// Narrowing and paging.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(rename_all = "camelCase", parameter_in = Query)]
pub struct NotificationQuery {
    /// Only what the caller has not read.
    pub unread: Option<bool>,
    /// Only about this dossier.
    pub dossier_id: Option<Uuid>,
    /// Items a page, 1–100; 20 when absent.
    #[param(minimum = 1, maximum = 100, example = 20)]
    pub limit: Option<u32>,
    /// Cursor from the page before.
    pub cursor: Option<String>,
}

/// The inboxes that a caller reads: the own one, and for officers those of their roles at their agency and those it took over.
fn reader(actor: &Actor) -> Reader {
    let mut recipients = vec![Recipient::Account(actor.subject).key()];
    if actor.kind == ActorKind::Officer {
        // What is told to the one is told to the leader, too: not twice to who is both.
        let twice =
            |role: &&Role| **role == Role::RestrictedOfficer && actor.roles.contains(&Role::Leader);
        for agency in actor.agencies() {
            recipients.extend(actor.roles.iter().filter(|role| !twice(role)).map(|role| {
                Recipient::Role {
                    agency: agency.to_owned(),
                    role: *role,
                }
                .key()
            }));
        }
    }
    Reader {
        restricted: actor.can(Permission::DossierRestricted),
        account: actor.subject,
        recipients,
    }
}

/// Lists the inbox.
#[utoipa::path(
    get, path = "/api/v1/notifications", tag = "notifications", operation_id = "listNotifications",
    summary = "List the inbox",
    description = "Notices to the caller, newest first; for officers also those to their roles at their agency. Each event tells each recipient once.",
    params(NotificationQuery),
    responses(
        (status = 200, description = "One page", body = NotificationPage),
        (status = 401, description = "No or no good token", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Permission missing", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A parameter is not valid", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["notification.read"]))
)]
#[get("/api/v1/notifications")]
pub(crate) async fn list_notifications(
    caller: Allowed<NotificationRead>,
    query: Query<NotificationQuery>,
    app: web::Data<Arc<App>>,
) -> Result<Json<NotificationPage>, Problem> {
    let query = query.0;
    let limit = kit::page::limit(query.limit)?;
    let filter = Filter {
        unread: query.unread.unwrap_or(false),
        dossier: query.dossier_id,
        before: query
            .cursor
            .as_deref()
            .map(kit::page::decode_cursor::<(DateTime<Utc>, Uuid)>)
            .transpose()?,
    };
    let page = list(&app, &reader(caller.actor()), &filter, limit)
        .await
        .map_err(crate::error::database)?;
    Ok(Json(page))
}

async fn list(
    app: &App,
    reader: &Reader,
    filter: &Filter,
    limit: u64,
) -> Result<NotificationPage, DbErr> {
    let db = app.db.read();
    let rows = notice::list(reader, db, filter, limit + 1).await?;
    let page = Page::cut(rows, limit, |row| (row.at, row.id));
    let ids: Vec<Uuid> = page.items.iter().map(|row| row.id).collect();
    let read = notice::read_of(reader, db, &ids).await?;
    Ok(NotificationPage {
        unread_count: notice::unread_count(reader, db).await?,
        items: page
            .items
            .into_iter()
            .map(|row| {
                let read = read.contains(&row.id);
                body(reader, row, read)
            })
            .collect(),
        next: page.next,
    })
}

/// One item.
#[utoipa::path(
    get, path = "/api/v1/notifications/{id}", tag = "notifications", operation_id = "getNotification",
    summary = "Read a notice",
    description = "One item with the letters and text messages about the same event and what became of them. Reading does not mark it as read.",
    params(("id" = Uuid, Path, description = "Id of the notice")),
    responses(
        (status = 200, description = "The notice", body = NotificationDetail),
        (status = 401, description = "No or no good token", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Permission missing", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`notification.not-found`", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["notification.read"]))
)]
#[get("/api/v1/notifications/{id}")]
pub(crate) async fn get_notification(
    caller: Allowed<NotificationRead>,
    id: Path<Uuid>,
    app: web::Data<Arc<App>>,
) -> Result<Json<NotificationDetail>, Problem> {
    let reader = reader(caller.actor());
    detail(&app, &reader, id.0)
        .await
        .map_err(crate::error::database)?
        .map(Json)
        .ok_or_else(|| Problem::new(NOTIFICATION_NOT_FOUND))
}

async fn detail(app: &App, reader: &Reader, id: Uuid) -> Result<Option<NotificationDetail>, DbErr> {
    let db = app.db.read();
    let Some(row) = notice::one(reader, db, id).await? else {
        return Ok(None);
    };
    let read = !notice::read_of(reader, db, &[id]).await?.is_empty();
    let deliveries = if is_own(reader, &row) {
        delivery::beside(db, row.event_id, &row.recipient).await?
    } else {
        Vec::new()
    };
    Ok(Some(NotificationDetail {
        notification: body(reader, row, read),
        deliveries: deliveries
            .into_iter()
            .filter_map(|d| {
                Some(DeliveryBody {
                    channel: Channel::parse(&d.channel)?,
                    state: d.state,
                    attempts: d.attempts,
                    sent_at: d.sent_at,
                    error: d.error,
                })
            })
            .collect(),
    }))
}

/// Marks an item as read.
#[utoipa::path(
    post, path = "/api/v1/notifications/{id}/read", tag = "notifications", operation_id = "readNotification",
    summary = "Mark a notice as read",
    description = "For the caller only: in a role's inbox each officer reads for themselves. Repeating it changes nothing.",
    params(("id" = Uuid, Path, description = "Id of the notice")),
    responses(
        (status = 200, description = "The notice, read", body = NotificationBody),
        (status = 401, description = "No or no good token", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Permission missing", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`notification.not-found`", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["notification.read"]))
)]
#[post("/api/v1/notifications/{id}/read")]
pub(crate) async fn read_notification(
    caller: Allowed<NotificationRead>,
    id: Path<Uuid>,
    app: web::Data<Arc<App>>,
) -> Result<Json<NotificationBody>, Problem> {
    let reader = reader(caller.actor());
    let row = notice::one(&reader, app.db.read(), id.0)
        .await
        .map_err(crate::error::database)?
        .ok_or_else(|| Problem::new(NOTIFICATION_NOT_FOUND))?;
    let now = app.rt.clock.now();
    let (reading, id) = (&reader, row.id);
    app.db
        .tx(|tx| async move { notice::mark_read(reading, &tx, id, now).await })
        .await
        .map_err(crate::error::database)?;
    Ok(Json(body(&reader, row, true)))
}

fn is_own(reader: &Reader, row: &Model) -> bool {
    row.recipient == Recipient::Account(reader.account).key()
}

fn body(reader: &Reader, row: Model, read: bool) -> NotificationBody {
    NotificationBody {
        inbox: if is_own(reader, &row) {
            Inbox::Own
        } else {
            Inbox::Role
        },
        id: row.id,
        at: row.at,
        kind: row.kind,
        title: row.title,
        body: row.body,
        dossier_id: row.dossier_id,
        dossier_number: row.dossier_number,
        read,
    }
}
