//! The end of retentions (thời hạn bảo quản): what is announced, and what holds it back.

use super::asked::Texts;
use super::fees::Doing;
use super::out::{AgencyOut, StatusOut};
use crate::app::{App, retention as ending};
use crate::domain::act::Act;
use crate::error::Error;
use crate::store::access::What;
use crate::store::retention::{self, Hold, Listed, Place};
use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use contracts::DossierId;
use durable::Answer;
use kit::Problem;
use kit::auth::{Allowed, perm};
use kit::http::{Json, Path, Query};
use kit::page::{self, Page, PageQuery};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A notice before something of a dossier ends.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DossierRetentionNoticeOut {
    /// `paper`: papers of the applicant are destroyed; `result`: results are; `dossier`: its persons are made unknowable.
    #[schema(example = "paper")]
    class: &'static str,
    dossier_id: DossierId,
    #[schema(example = "H05.21-261116-0001")]
    number: Option<String>,
    /// Of the dossier, for `If-Match`.
    #[schema(example = 7)]
    version: i64,
    #[schema(example = "Thủ tục đăng ký khai sinh")]
    procedure_name: String,
    agency: AgencyOut,
    status: StatusOut,
    /// Since when it is announced.
    noticed_at: DateTime<Utc>,
    /// Not before then.
    due_at: DateTime<Utc>,
    /// What holds it back.
    hold: Option<HoldOut>,
}

/// What holds a dossier back.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RetentionHoldOut)]
pub(crate) struct HoldOut {
    #[schema(example = "complaint")]
    ground: String,
    #[schema(example = "Khiếu nại số 12/KN ngày 02/11/2036")]
    reason: String,
    #[schema(example = "Lê Thị Cúc")]
    by: String,
    at: DateTime<Utc>,
}

impl From<Hold> for HoldOut {
    fn from(hold: Hold) -> Self {
        Self {
            ground: hold.ground,
            reason: hold.reason,
            by: hold.by_name,
            at: hold.at,
        }
    }
}

/// What of the agency's dossiers will end.
#[utoipa::path(
    get, path = "/api/v1/dossier-retention-notices", tag = "papers", operation_id = "listDossierRetentionNotices",
    summary = "Hồ sơ sắp hết thời hạn bảo quản · What will end",
    description = "What has outlived its term of retention, the earliest first: within the caller's agency and those below it. Whatever nobody \
        holds back ends on its day; a dossier that is opened again leaves the list.",
    params(PageQuery),
    responses(
        (status = 200, description = "A page", body = Page<DossierRetentionNoticeOut>),
    ),
    security(("bearer" = ["retention.manage"])),
)]
#[get("/api/v1/dossier-retention-notices")]
pub(crate) async fn list_notices(
    caller: Allowed<perm::RetentionManage>,
    app: web::Data<App>,
    language: kit::http::Language,
    query: Query<PageQuery>,
) -> Result<Json<Page<DossierRetentionNoticeOut>>, Problem> {
    let actor = caller.actor();
    let limit = page::limit(query.0.limit)?;
    let after = query
        .0
        .cursor
        .as_deref()
        .map(page::decode_cursor::<Place>)
        .transpose()?;
    let rows = retention::list(app.db.read(), &actor.scope(), &app.rt, after, limit + 1)
        .await
        .map_err(Error::from)?;
    let page = Page::cut(rows, limit, |l| {
        let notice = &l.notice;
        (notice.due_at, notice.dossier.0, notice.class.as_str())
    });
    let shown: Vec<Uuid> = page.items.iter().map(|l| l.dossier.id.0).collect();
    app.note_reads(actor, &shown, What::Retention)
        .await
        .map_err(Error::from)?;
    let out = |listed: Listed| {
        let d = listed.dossier;
        DossierRetentionNoticeOut {
            class: listed.notice.class.as_str(),
            agency: super::out::agency(&d),
            status: StatusOut::new(d.status, language.0),
            dossier_id: d.id,
            number: d.number,
            version: d.version,
            procedure_name: d.details.procedure.name,
            noticed_at: listed.notice.noticed_at,
            due_at: listed.notice.due_at,
            hold: listed.hold.map(HoldOut::from),
        }
    };
    Ok(Json(page.map(out)))
}

/// Why a dossier is held back.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RetentionHoldGround)]
pub(crate) enum Ground {
    /// Khiếu nại, tố cáo.
    Complaint,
    /// Tố tụng.
    Lawsuit,
    /// Thanh tra, kiểm tra.
    Inspection,
    /// As the reason says.
    Other,
}

impl Ground {
    fn as_str(self) -> &'static str {
        match self {
            Self::Complaint => "complaint",
            Self::Lawsuit => "lawsuit",
            Self::Inspection => "inspection",
            Self::Other => "other",
        }
    }
}

/// What shall hold a dossier back.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"ground": "complaint", "reason": "Khiếu nại số 12/KN ngày 02/11/2036"}))]
pub(crate) struct NewRetentionHold {
    ground: Ground,
    /// The paper that says so; the journal keeps it.
    #[schema(example = "Khiếu nại số 12/KN ngày 02/11/2036")]
    reason: String,
}

/// Why it need not be held back any longer.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"reason": "Đã giải quyết khiếu nại"}))]
pub(crate) struct LiftRetentionHold {
    #[schema(example = "Đã giải quyết khiếu nại")]
    reason: Option<String>,
}

/// Whether a dossier is held back.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RetentionHeldOut {
    dossier_id: DossierId,
    /// Of the dossier, after it.
    #[schema(example = 8)]
    version: i64,
    hold: Option<HoldOut>,
}

/// Holds a dossier back.
#[utoipa::path(
    post, path = "/api/v1/dossiers/{id}/retention-hold", tag = "papers", operation_id = "holdDossierRetention",
    summary = "Giữ lại hồ sơ quá thời hạn bảo quản · Hold a dossier back",
    description = "While it is held nothing of it ends: a complaint, a lawsuit, an inspection. In any state, before anything is announced too. By \
        whoever leads or administers the handling agency; in the journal.",
    params(
        ("id" = Uuid, Path, description = "Id of the dossier", example = "019a8c1e-0000-7000-8000-000000000001"),
        ("If-Match" = String, Header, description = "Version that the caller has seen, as in ETag", example = "\"2\""),
        ("Idempotency-Key" = Option<String>, Header, description = "1–128 visible ASCII characters", example = "k-0001"),
    ),
    request_body = NewRetentionHold,
    responses(
        (status = 201, description = "Held back", body = RetentionHeldOut, headers(("ETag" = String))),
    ),
    security(("bearer" = ["retention.manage"])),
)]
#[post("/api/v1/dossiers/{id}/retention-hold")]
pub(crate) async fn hold_back(
    doing: Doing,
    id: Path<Uuid>,
    body: Json<NewRetentionHold>,
) -> Result<HttpResponse, Problem> {
    doing.permit(Act::HoldRetention)?;
    let mut texts = Texts::default();
    let reason = texts.required("/reason", &body.0.reason);
    texts.done()?;
    let (id, ground) = (DossierId(id.0), body.0.ground.as_str());
    doing
        .once(
            Act::HoldRetention,
            id,
            &body.0,
            async |tx, app, actor, version| {
                let (after, hold) =
                    ending::hold(app, &tx, actor, (id, version), (ground, &reason)).await?;
                answer(201, id, after.version, Some(hold))
            },
        )
        .await
}

/// Lets a dossier go.
#[utoipa::path(
    post, path = "/api/v1/dossiers/{id}/retention-hold/lift", tag = "papers", operation_id = "liftDossierRetention",
    summary = "Thôi giữ lại hồ sơ · Let a dossier go",
    description = "What was announced of it runs for the whole time of notice again.",
    params(
        ("id" = Uuid, Path, description = "Id of the dossier", example = "019a8c1e-0000-7000-8000-000000000001"),
        ("If-Match" = String, Header, description = "Version that the caller has seen, as in ETag", example = "\"2\""),
        ("Idempotency-Key" = Option<String>, Header, description = "1–128 visible ASCII characters", example = "k-0001"),
    ),
    request_body = LiftRetentionHold,
    responses(
        (status = 200, description = "Not held back any more", body = RetentionHeldOut, headers(("ETag" = String))),
    ),
    security(("bearer" = ["retention.manage"])),
)]
#[post("/api/v1/dossiers/{id}/retention-hold/lift")]
pub(crate) async fn let_go(
    doing: Doing,
    id: Path<Uuid>,
    body: Json<LiftRetentionHold>,
) -> Result<HttpResponse, Problem> {
    doing.permit(Act::LiftRetention)?;
    let mut texts = Texts::default();
    let reason = texts.optional("/reason", body.0.reason.as_deref());
    texts.done()?;
    let id = DossierId(id.0);
    doing
        .once(
            Act::LiftRetention,
            id,
            &body.0,
            async |tx, app, actor, version| {
                let after = ending::lift(app, &tx, actor, (id, version), reason.as_deref()).await?;
                answer(200, id, after.version, None)
            },
        )
        .await
}

fn answer(status: u16, id: DossierId, version: i64, hold: Option<Hold>) -> Result<Answer, Error> {
    let out = RetentionHeldOut {
        dossier_id: id,
        version,
        hold: hold.map(HoldOut::from),
    };
    Ok(Answer {
        status,
        body: serde_json::to_value(out).map_err(Problem::internal)?,
        etag: Some(format!("\"{version}\"")),
        location: None,
    })
}
