//! The operator's API, the same for each service with a database: `/api/v1/operations/<service>/tasks`.

use super::{By, DeadTask, Filter, TaskDetail, TaskState};
use crate::db::{Db, is_unavailable};
use actix_web::{get, post, web};
use chrono::{DateTime, Utc};
use contracts::problem::shared;
use kit::auth::perm::OperationsTasks;
use kit::http::{Json, Path, Query};
use kit::{Allowed, FieldError, Page, Problem, ProblemBody};
use sea_orm::DbErr;
use serde::{Deserialize, Serialize};
use utoipa::openapi::OpenApi;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::scope;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

contracts::codes! {
    /// There is no such task, or it is done.
    TASK_NOT_FOUND = "task.not-found", 404, "Không tìm thấy tác vụ", "Task not found";
    /// Somebody was faster, or it was never given up.
    TASK_NOT_DEAD = "task.not-dead", 409, "Tác vụ không ở trạng thái đã dừng", "The task is not one that was given up";
}

/// Longest reason, characters.
const REASON: usize = 500;

/// Registers the operations of a service's tasks. The service's [`Db`] must be among the application's data.
pub fn configure(config: &mut ServiceConfig<'_>, service: &str) {
    let prefix = format!("/api/v1/operations/{service}");
    config.service(
        scope::scope(prefix.as_str())
            .service(list_tasks)
            .service(show_task)
            .service(replay_task)
            .service(discard_task),
    );
}

/// Gives the operations of a service names of their own: one document holds those of all services.
#[must_use]
pub fn name(mut document: OpenApi, service: &str) -> OpenApi {
    let prefix = format!("/api/v1/operations/{service}/");
    for (path, item) in &mut document.paths.paths {
        if !path.starts_with(&prefix) {
            continue;
        }
        for operation in [&mut item.get, &mut item.post].into_iter().flatten() {
            if let Some(id) = &mut operation.operation_id {
                let mut letters = service.chars();
                let first = letters.next().map(|c| c.to_ascii_uppercase());
                id.extend(first);
                id.push_str(letters.as_str());
            }
        }
    }
    document
}

/// A page of tasks.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TaskPage {
    /// The tasks, in the order in which they came.
    pub items: Vec<DeadTask>,
    /// Cursor of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Narrowing and paging.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(rename_all = "camelCase", parameter_in = Query)]
pub(super) struct TaskQuery {
    /// Given up (the default), waiting, or being worked on.
    #[param(inline)]
    pub state: Option<TaskState>,
    /// Only of this event type, or this job.
    pub kind: Option<String>,
    /// Items a page, 1–100; 20 when absent.
    #[param(minimum = 1, maximum = 100, example = 20)]
    pub limit: Option<u32>,
    /// Cursor from the page before.
    pub cursor: Option<String>,
}

/// Why somebody acts.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct TaskAction {
    /// The reason, for the journal; 1 to 500 characters, no personal data.
    #[schema(
        example = "Máy chủ thư đã hoạt động lại",
        min_length = 1,
        max_length = 500
    )]
    pub reason: String,
}

fn database(error: DbErr) -> Problem {
    if is_unavailable(&error) {
        Problem::new(shared::UNAVAILABLE).retry_after(2)
    } else {
        Problem::internal(error)
    }
}

/// Lists tasks that are not done.
#[utoipa::path(
    get, path = "/tasks", tag = "operations", operation_id = "listTasks",
    summary = "List tasks that were given up",
    description = "Received events and own jobs of this service: given up, waiting or being worked on, in the order in which they came. A message that could not be read is among those given up, with the reason. Needs `operations.tasks`.",
    params(TaskQuery),
    responses(
        (status = 200, description = "One page", body = TaskPage),
        (status = 401, description = "No or no good token", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Permission missing", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A parameter is not valid", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["operations.tasks"]))
)]
#[get("/tasks")]
async fn list_tasks(
    _caller: Allowed<OperationsTasks>,
    query: Query<TaskQuery>,
    db: web::Data<Db>,
) -> Result<Json<TaskPage>, Problem> {
    let query = query.0;
    let limit = kit::page::limit(query.limit)?;
    let filter = Filter {
        state: query.state.unwrap_or_default(),
        kind: query.kind,
        after: query
            .cursor
            .as_deref()
            .map(kit::page::decode_cursor::<(DateTime<Utc>, Uuid)>)
            .transpose()?,
    };
    let rows = super::tasks(&db, &filter, limit + 1)
        .await
        .map_err(database)?;
    let page = Page::cut(rows, limit, |row| (row.created_at, row.id));
    Ok(Json(TaskPage {
        items: page.items,
        next: page.next,
    }))
}

/// One task.
#[utoipa::path(
    get, path = "/tasks/{id}", tag = "operations", operation_id = "showTask",
    summary = "Read a task",
    description = "The task, its payload with everything hidden that may be about a person, and what people did with it. Needs `operations.tasks`.",
    params(("id" = Uuid, Path, description = "Id of the task")),
    responses(
        (status = 200, description = "The task", body = TaskDetail),
        (status = 401, description = "No or no good token", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Permission missing", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`task.not-found`", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["operations.tasks"]))
)]
#[get("/tasks/{id}")]
async fn show_task(
    _caller: Allowed<OperationsTasks>,
    id: Path<Uuid>,
    db: web::Data<Db>,
) -> Result<Json<TaskDetail>, Problem> {
    super::task(&db, id.0)
        .await
        .map_err(database)?
        .map(Json)
        .ok_or_else(|| Problem::new(TASK_NOT_FOUND))
}

/// Runs a task again.
#[utoipa::path(
    post, path = "/tasks/{id}/replay", tag = "operations", operation_id = "replayTask",
    summary = "Run a task again",
    description = "A task that was given up is run as if it had never been tried; its effects are still made once. Written to the journal with the caller and the reason. Needs `operations.tasks`.",
    params(("id" = Uuid, Path, description = "Id of the task")),
    request_body(content = TaskAction, content_type = "application/json", example = json!({ "reason": "Máy chủ thư đã hoạt động lại" })),
    responses(
        (status = 200, description = "The task, waiting; or, if it is done already, as it was", body = TaskDetail),
        (status = 401, description = "No or no good token", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Permission missing", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`task.not-found`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`task.not-dead`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The reason is missing or too long", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["operations.tasks"]))
)]
#[post("/tasks/{id}/replay")]
async fn replay_task(
    caller: Allowed<OperationsTasks>,
    id: Path<Uuid>,
    body: Json<TaskAction>,
    db: web::Data<Db>,
) -> Result<Json<TaskDetail>, Problem> {
    act(&db, id.0, &caller, &body.0, true).await
}

/// Puts a task away.
#[utoipa::path(
    post, path = "/tasks/{id}/discard", tag = "operations", operation_id = "discardTask",
    summary = "Put a task away for good",
    description = "A task that was given up will never be run: what it stood for does not happen. Written to the journal with the caller and the reason. Needs `operations.tasks`.",
    params(("id" = Uuid, Path, description = "Id of the task")),
    request_body(content = TaskAction, content_type = "application/json", example = json!({ "reason": "Thông báo đã gửi bằng cách khác" })),
    responses(
        (status = 200, description = "The task as it was, with its journal", body = TaskDetail),
        (status = 401, description = "No or no good token", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Permission missing", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "`task.not-found`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`task.not-dead`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The reason is missing or too long", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["operations.tasks"]))
)]
#[post("/tasks/{id}/discard")]
async fn discard_task(
    caller: Allowed<OperationsTasks>,
    id: Path<Uuid>,
    body: Json<TaskAction>,
    db: web::Data<Db>,
) -> Result<Json<TaskDetail>, Problem> {
    act(&db, id.0, &caller, &body.0, false).await
}

async fn act(
    db: &Db,
    id: Uuid,
    caller: &Allowed<OperationsTasks>,
    body: &TaskAction,
    replay: bool,
) -> Result<Json<TaskDetail>, Problem> {
    let by = By::actor(caller.actor(), &reason(&body.reason)?);
    let mut before = super::task(db, id)
        .await
        .map_err(database)?
        .ok_or_else(|| Problem::new(TASK_NOT_FOUND))?;
    let done = if replay {
        super::replay(db, id, &by).await
    } else {
        super::discard(db, id, &by).await
    };
    if !done.map_err(database)? {
        return Err(Problem::new(TASK_NOT_DEAD));
    }
    if let Some(after) = super::task(db, id).await.map_err(database)? {
        return Ok(Json(after));
    }
    // Put away, or done in the meantime: not among the tasks any more, but its journal is.
    before.journal = super::journal(db, id).await.map_err(database)?;
    Ok(Json(before))
}

fn reason(text: &str) -> Result<String, Problem> {
    let text = text.trim();
    let code = if text.is_empty() {
        shared::FIELD_REQUIRED
    } else if text.chars().count() > REASON {
        shared::FIELD_TOO_LONG
    } else {
        return Ok(text.to_owned());
    };
    Err(Problem::invalid(vec![FieldError::of("/reason", code)]))
}
