//! Hạn chế tiếp cận: of a dossier of restricted access only its applicant, who handles it and who is appointed for it may know.

use super::asked::Texts;
use super::desk::Reason;
use super::dossiers::answer;
use super::fees::Doing;
use super::out::DossierOut;
use crate::app::acts::{self, Said};
use crate::app::view;
use crate::domain::act::Act;
use crate::store::access::What;
use actix_web::{HttpResponse, post};
use contracts::DossierId;
use kit::Problem;
use kit::http::{Json, Language, Path};
use serde_json::json;
use uuid::Uuid;

/// Restricts the access to a dossier.
#[utoipa::path(
    post, path = "/api/v1/dossiers/{id}/restrict", tag = "dossier commands", operation_id = "restrictDossier",
    summary = "Hạn chế tiếp cận hồ sơ · Restrict the access to a dossier",
    description = "From now on it is there only for its applicant, for the officers who take or took part in handling it, and for those of its agency who hold `dossier.restricted`. In any state of the dossier.",
    params(
        ("id" = Uuid, Path, description = "Id of the dossier", example = "019a8c1e-0000-7000-8000-000000000001"),
        ("If-Match" = String, Header, description = "Version that the caller has seen, as in ETag", example = "\"2\""),
        ("Idempotency-Key" = Option<String>, Header, description = "1–128 visible ASCII characters", example = "k-0001"),
    ),
    request_body = Reason,
    responses(
        (status = 200, description = "The dossier after it", body = DossierOut, headers(("ETag" = String))),
    ),
    security(("bearer" = ["dossier.restricted"])),
)]
#[post("/api/v1/dossiers/{id}/restrict")]
pub(crate) async fn restrict(
    doing: Doing,
    language: Language,
    id: Path<Uuid>,
    body: Json<Reason>,
) -> Result<HttpResponse, Problem> {
    run(doing, Act::Restrict, DossierId(id.0), &body.0, language.0).await
}

/// Lifts the restriction of a dossier.
#[utoipa::path(
    post, path = "/api/v1/dossiers/{id}/lift-restriction", tag = "dossier commands", operation_id = "liftDossierRestriction",
    summary = "Bỏ hạn chế tiếp cận hồ sơ · Lift the restriction of a dossier",
    description = "Everybody in whose scope it lies may know of it again, also where its procedure restricts the access to its dossiers.",
    params(
        ("id" = Uuid, Path, description = "Id of the dossier", example = "019a8c1e-0000-7000-8000-000000000001"),
        ("If-Match" = String, Header, description = "Version that the caller has seen, as in ETag", example = "\"2\""),
        ("Idempotency-Key" = Option<String>, Header, description = "1–128 visible ASCII characters", example = "k-0001"),
    ),
    request_body = Reason,
    responses(
        (status = 200, description = "The dossier after it", body = DossierOut, headers(("ETag" = String))),
    ),
    security(("bearer" = ["dossier.restricted"])),
)]
#[post("/api/v1/dossiers/{id}/lift-restriction")]
pub(crate) async fn lift(
    doing: Doing,
    language: Language,
    id: Path<Uuid>,
    body: Json<Reason>,
) -> Result<HttpResponse, Problem> {
    run(
        doing,
        Act::LiftRestriction,
        DossierId(id.0),
        &body.0,
        language.0,
    )
    .await
}

async fn run(
    doing: Doing,
    act: Act,
    id: DossierId,
    body: &Reason,
    language: contracts::Language,
) -> Result<HttpResponse, Problem> {
    doing.permit(act)?;
    let mut texts = Texts::default();
    let reason = texts.required("/reason", &body.reason);
    texts.done()?;
    doing
        .once(act, id, body, async |tx, app, actor, version| {
            let after = acts::by_person(app, &tx, (actor, act), id, Some(version), |d, _| {
                d.restricted = act == Act::Restrict;
                Ok(Said {
                    reason: Some(reason.clone()),
                    data: json!({}),
                })
            })
            .await?;
            let view = view(&*tx, after).await?;
            // The answer shows the dossier.
            let shown = What::Answer(act.name());
            durable::access::note(&tx, &app.rt, actor, shown.of(&[id.0])).await?;
            answer(app, 200, &view, actor, language, None)
        })
        .await
}
