//! What will be erased soon, for province administrators.

use super::NO_STORE;
use crate::error::unforeseen;
use crate::{App, store};
use actix_web::{HttpResponse, get, web};
use chrono::{DateTime, Utc};
use kit::auth::{Allowed, perm};
use kit::http::Query;
use kit::page::{self, Page, PageQuery};
use kit::{Problem, ProblemBody};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A notice before an erasure.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RetentionNoticeOut {
    /// Class: `closed-account` is made a pseudonym, `data-request` is removed.
    #[schema(example = "closed-account")]
    class: String,
    /// The account or request.
    subject: Uuid,
    /// Since when it is announced.
    noticed_at: DateTime<Utc>,
    /// Not before then.
    due_at: DateTime<Utc>,
}

/// List what will be erased
///
/// What has outlived its term, the earliest first. To keep an account, open it again or change it; what is not due any more is left.
#[utoipa::path(
    tag = "personal-data",
    operation_id = "listRetentionNotices",
    params(PageQuery),
    responses(
        (status = 200, description = "A page.", body = Page<RetentionNoticeOut>),
        (status = 401, description = "No token or a bad one.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Not a province administrator.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A parameter is not valid.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["breach.manage"]))
)]
#[get("/api/v1/retention-notices")]
pub(super) async fn list(
    _by: Allowed<perm::BreachManage>,
    query: Query<PageQuery>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let limit = page::limit(query.0.limit)?;
    let after = query
        .0
        .cursor
        .as_deref()
        .map(page::decode_cursor::<(DateTime<Utc>, Uuid)>)
        .transpose()?;
    let rows = store::retention::list(app.db.read(), after, limit + 1)
        .await
        .map_err(unforeseen)?;
    let page = Page::cut(rows, limit, |n| (n.due_at, n.subject)).map(|n| RetentionNoticeOut {
        class: n.class,
        subject: n.subject,
        noticed_at: n.noticed_at,
        due_at: n.due_at,
    });
    Ok(HttpResponse::Ok().insert_header(NO_STORE).json(page))
}
