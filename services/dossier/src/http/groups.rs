//! Linked dossiers (liên thông): filed together, seen together.

use super::dossiers::{NewDossier, Once, filing_of};
use super::out::ItemOut;
use crate::app::App;
use crate::app::groups::{self, Member};
use crate::domain::{CommandKind, Dossier, Process};
use crate::error::{Error, permit};
use crate::store::access::What;
use crate::store::processes;
use actix_web::{HttpResponse, get, post, web};
use contracts::{Actor, Language};
use durable::Answer;
use kit::Problem;
use kit::auth::{Allowed, SignedIn, perm};
use kit::http::{IdempotencyKey, Json, Path};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// Dossiers to be filed together.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"members": []}))]
pub(crate) struct NewGroup {
    /// Two to ten dossiers.
    members: Vec<NewMember>,
}

/// One of them.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewMember {
    /// The dossier.
    dossier: NewDossier,
    /// Which of those before it, from 0, it waits for: it is handed on when that one is solved, and ends when that one has no result.
    #[schema(example = 0)]
    after: Option<u32>,
}

/// Linked dossiers.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GroupOut {
    id: Uuid,
    /// How many were filed together.
    #[schema(example = 3)]
    size: u32,
    /// Those that the caller may see, in their order.
    members: Vec<MemberOut>,
}

/// One of them.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MemberOut {
    /// From 0.
    #[schema(example = 1)]
    ordinal: u32,
    /// Which one it waits for.
    after: Option<u32>,
    /// It still waits.
    waiting: bool,
    dossier: ItemOut,
}

/// File dossiers together.
#[utoipa::path(
    post, path = "/api/v1/dossier-groups", tag = "dossiers", operation_id = "fileDossierGroup",
    summary = "Nộp hồ sơ liên thông · File linked dossiers",
    description = "All or none. Each gets its own number, clocks and agency; each agency acknowledges within 2 working hours. What waits for another is handed on in the moment in which that one is solved.",
    params(("Idempotency-Key" = Option<String>, Header, description = "1–128 visible ASCII characters", example = "k-0001")),
    request_body = NewGroup,
    responses(
        (status = 201, description = "Filed", body = GroupOut, headers(("Location" = String))),
    ),
    security(("bearer" = ["dossier.file"]), ("bearer" = ["dossier.receive"])),
)]
#[post("/api/v1/dossier-groups")]
pub(crate) async fn file_group(
    caller: SignedIn,
    app: web::Data<App>,
    key: IdempotencyKey,
    language: kit::http::Language,
    body: Json<NewGroup>,
) -> Result<HttpResponse, Problem> {
    permit(&caller.0, CommandKind::File)?;
    let new = &body.0;
    let once = Once::new(&app, &caller.0, key.0, "fileDossierGroup", new)?;
    let (app, actor) = (&*app, &caller.0);
    once.run(app, async |tx| {
        let members = new.members.iter().map(|m| Member {
            filing: filing_of(&m.dossier),
            after: m.after,
        });
        let views = groups::file(app, &tx, actor, members.collect()).await?;
        let dossiers: Vec<Dossier> = views.into_iter().map(|v| v.dossier).collect();
        let processes = processes::all(&*tx).await?;
        let group = out(app, &dossiers, &processes, actor, language.0);
        Ok(Answer {
            status: 201,
            location: Some(format!("/api/v1/dossier-groups/{}", group.id)),
            body: serde_json::to_value(group).map_err(Problem::internal)?,
            etag: None,
        })
    })
    .await
}

/// Linked dossiers in one view.
#[utoipa::path(
    get, path = "/api/v1/dossier-groups/{id}", tag = "dossiers", operation_id = "getDossierGroup",
    summary = "Xem hồ sơ liên thông · Linked dossiers in one view",
    description = "Those of the group that the caller may see: an applicant all of the own, an officer those of the own agency.",
    params(("id" = Uuid, Path, description = "Id of the group", example = "019a8c1e-0000-7000-8000-000000000001")),
    responses(
        (status = 200, description = "The dossiers", body = GroupOut),
    ),
    security(("bearer" = ["dossier.read"])),
)]
#[get("/api/v1/dossier-groups/{id}")]
pub(crate) async fn get_group(
    caller: Allowed<perm::DossierRead>,
    app: web::Data<App>,
    language: kit::http::Language,
    id: Path<Uuid>,
) -> Result<Json<GroupOut>, Problem> {
    let actor = caller.actor();
    let dossiers = groups::view(&app, actor, id.0).await?;
    let processes = processes::all(app.db.read()).await.map_err(Error::from)?;
    let shown: Vec<Uuid> = dossiers.iter().map(|d| d.id.0).collect();
    app.note_reads(actor, &shown, What::List)
        .await
        .map_err(Error::from)?;
    Ok(Json(out(&app, &dossiers, &processes, actor, language.0)))
}

fn out(
    app: &App,
    dossiers: &[Dossier],
    processes: &BTreeMap<(String, i64), Process>,
    viewer: &Actor,
    language: Language,
) -> GroupOut {
    let now = app.rt.clock.now();
    let first = dossiers.iter().find_map(|d| d.details.group.as_ref());
    GroupOut {
        id: first.map_or_else(Uuid::nil, |g| g.link.group),
        size: first.map_or(0, |g| g.link.size),
        members: dossiers
            .iter()
            .filter_map(|d| {
                let group = d.details.group.as_ref()?;
                let process = processes.get(&(d.process.id.clone(), d.process.version));
                Some(MemberOut {
                    ordinal: group.link.ordinal,
                    after: group.link.after,
                    waiting: group.held,
                    dossier: ItemOut::new(d, process, viewer, now, language),
                })
            })
            .collect(),
    }
}
