//! The papers of a dossier: versions of each component, originals, how long they are kept; one's own results, to be used again.

use super::asked::Texts;
use super::fees::Doing;
use crate::app::App;
use crate::app::acts::{self, Said};
use crate::app::sniff;
use crate::domain::act::Act;
use crate::domain::dossier::{Attachment, Original, OriginalReturned};
use crate::domain::retention::{self, Class, until};
use crate::domain::{Dossier, Entry};
use crate::error::{Error, code};
use crate::store::access::What;
use crate::store::{dossiers, journal, removal, retention as notices};
use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use contracts::problem::shared;
use contracts::{Actor, ActorKind, DossierId, DossierStatus, FileId, Scope};
use durable::Answer;
use kit::auth::{Allowed, perm};
use kit::etag::with_etag;
use kit::http::{Json, Path, Query};
use kit::page::{self, Page, PageQuery};
use kit::{FieldError, Problem};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// Most originals of one component.
const ORIGINALS: u32 = 1000;
/// Most entries in the register of originals of one dossier.
const ENTRIES: usize = 200;
/// Longest name, characters.
const NAME: usize = 200;

/// The papers of a dossier.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PapersOut {
    /// Components in the order of the procedure, those with neither file nor original left out.
    components: Vec<ComponentOut>,
    /// The result, once the caller may see it.
    result: Option<VersionOut>,
}

/// One component.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ComponentOut {
    component_id: String,
    #[schema(example = "Giấy chứng sinh")]
    name: String,
    /// What was sent for it, oldest first; the last one counts.
    versions: Vec<VersionOut>,
    /// Originals that were left with the agency.
    originals: Vec<OriginalOut>,
}

/// One file of a component.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VersionOut {
    /// From 1.
    #[schema(example = 1)]
    version: usize,
    /// Whether a later one stands in its place.
    replaced: bool,
    file_id: FileId,
    name: String,
    /// Bytes.
    size: i64,
    media_type: String,
    at: Option<DateTime<Utc>>,
    /// Whether it is the result of an earlier dossier, used again.
    reused: bool,
    /// That dossier; only the applicant is told, since not everybody who sees this one may know of it.
    reused_from: Option<DossierId>,
    /// Whether it may be asked for with `inline=true`.
    preview: bool,
    /// When its content was destroyed, at the end of its retention.
    removed_at: Option<DateTime<Utc>>,
    retention: RetentionOut,
}

/// How long it is kept (thời hạn bảo quản).
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RetentionOut {
    /// `paper` or `result`.
    #[schema(example = "paper")]
    class: &'static str,
    /// Years after the end of the dossier; none: for ever.
    #[schema(example = 10)]
    years: Option<u32>,
    /// Until when, once the dossier has ended; at least so long.
    until: Option<DateTime<Utc>>,
    /// Whether it is held back beyond that (giữ lại): a complaint, a lawsuit, an inspection.
    held: bool,
}

/// Originals with the agency.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OriginalOut {
    #[schema(example = 1)]
    no: u32,
    #[schema(example = 1)]
    count: u32,
    note: Option<String>,
    kept_at: DateTime<Utc>,
    returned_at: Option<DateTime<Utc>>,
    /// Who took them back.
    receiver_name: Option<String>,
}

/// Whether a browser can show it without a program.
pub(crate) fn previewable(media_type: &str) -> bool {
    matches!(media_type, "application/pdf" | "image/png" | "image/jpeg")
}

impl PapersOut {
    fn new(app: &App, d: &Dossier, end: &End, reader: Reader) -> Self {
        let kept = &app.config.files.retention;
        let version = |a: &Attachment, n, replaced, class: Class| {
            let years = class.years(kept);
            let retention = RetentionOut {
                class: class.as_str(),
                years: (years > 0).then_some(years),
                until: end.at.and_then(|at| until(at, years)),
                held: end.held,
            };
            let removed_at = end.removed.get(&(d.id.0, a.file_id)).copied();
            version(reader.owner, a, (n, replaced), removed_at, retention)
        };
        let components = d.details.procedure.components.iter().filter_map(|c| {
            let files: Vec<&Attachment> = d
                .details
                .attachments
                .iter()
                .filter(|a| a.component_id.as_ref() == Some(&c.id))
                .collect();
            let originals: Vec<OriginalOut> = d
                .details
                .originals
                .iter()
                .filter(|o| o.component_id == c.id)
                .map(original)
                .collect();
            let last = files.len();
            let versions: Vec<VersionOut> = files
                .iter()
                .zip(1..)
                .map(|(a, n)| version(a, n, n < last, Class::Paper))
                .collect();
            (!versions.is_empty() || !originals.is_empty()).then(|| ComponentOut {
                component_id: c.id.clone(),
                name: c.name.clone(),
                versions,
                originals,
            })
        });
        let components = components.collect();
        let finished = matches!(d.status, DossierStatus::Done | DossierStatus::Returned);
        Self {
            components,
            result: d
                .details
                .result
                .as_ref()
                .filter(|_| reader.officer || finished)
                .map(|r| VersionOut {
                    at: Some(r.at),
                    ..version(&r.file, 1, false, Class::Result)
                }),
        }
    }
}

/// Who looks at the papers.
#[derive(Clone, Copy)]
struct Reader {
    owner: bool,
    officer: bool,
}

impl Reader {
    fn of(actor: &Actor) -> Self {
        Self {
            owner: matches!(actor.scope(), Scope::Owner(_)),
            officer: actor.kind == ActorKind::Officer,
        }
    }
}

/// What is known of the end of what belongs to a dossier.
struct End {
    /// When the dossier ended.
    at: Option<DateTime<Utc>>,
    held: bool,
    /// Files that were destroyed.
    removed: BTreeMap<(Uuid, FileId), DateTime<Utc>>,
}

impl End {
    async fn of(
        db: &impl ConnectionTrait,
        app: &App,
        d: &Dossier,
        journal: &[Entry],
    ) -> Result<Self, Error> {
        let id = d.id.0;
        Ok(Self {
            at: retention::ended(d, journal),
            held: !notices::holds(db, &app.rt, &[id]).await?.is_empty(),
            removed: removal::removed(db, &[id]).await?,
        })
    }
}

fn version(
    owner: bool,
    a: &Attachment,
    (version, replaced): (usize, bool),
    removed_at: Option<DateTime<Utc>>,
    retention: RetentionOut,
) -> VersionOut {
    VersionOut {
        version,
        replaced,
        file_id: a.file_id,
        name: a.name.clone(),
        size: a.size,
        media_type: a.media_type.clone(),
        at: a.at,
        reused: a.reused_from.is_some(),
        reused_from: a.reused_from.filter(|_| owner),
        preview: removed_at.is_none() && previewable(&a.media_type),
        removed_at,
        retention,
    }
}

fn original(o: &Original) -> OriginalOut {
    OriginalOut {
        no: o.no,
        count: o.count,
        note: o.note.clone(),
        kept_at: o.kept_at,
        returned_at: o.returned.as_ref().map(|r| r.at),
        receiver_name: o.returned.as_ref().map(|r| r.receiver_name.clone()),
    }
}

/// The papers of a dossier.
#[utoipa::path(
    get, path = "/api/v1/dossiers/{id}/papers", tag = "papers", operation_id = "listPapers",
    summary = "Giấy tờ của hồ sơ · Papers of a dossier",
    description = "Each component with all versions that were sent for it, originals left with the agency, and how long it is kept.",
    params(("id" = Uuid, Path, description = "Id of the dossier", example = "019a8c1e-0000-7000-8000-000000000001")),
    responses(
        (status = 200, description = "The papers", body = PapersOut, headers(("ETag" = String))),
    ),
    security(("bearer" = ["dossier.read"])),
)]
#[get("/api/v1/dossiers/{id}/papers")]
pub(crate) async fn list_papers(
    caller: Allowed<perm::DossierRead>,
    app: web::Data<App>,
    id: Path<Uuid>,
) -> Result<HttpResponse, Problem> {
    let actor = caller.actor();
    let view = app.read(actor, DossierId(id.0), What::Papers).await?;
    let end = End::of(app.db.read(), &app, &view.dossier, &view.journal).await?;
    let out = PapersOut::new(&app, &view.dossier, &end, Reader::of(actor));
    let mut response = HttpResponse::Ok();
    Ok(with_etag(&mut response, view.dossier.version).json(out))
}

/// Originals that are left with the agency.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"componentId": "019d2bb8-0000-7000-8000-000000000001", "count": 1, "note": "Giữ để đối chiếu"}))]
pub(crate) struct KeepOriginal {
    /// The component they belong to.
    component_id: String,
    /// How many.
    count: u32,
    /// Why, or in what state they are.
    #[schema(example = "Giữ để đối chiếu")]
    note: Option<String>,
}

/// Keeps originals.
#[utoipa::path(
    post, path = "/api/v1/dossiers/{id}/originals", tag = "papers", operation_id = "keepOriginals",
    summary = "Giữ bản chính · Keep originals",
    description = "The one-stop officer notes originals that stay with the agency until the result is returned.",
    params(
        ("id" = Uuid, Path, description = "Id of the dossier", example = "019a8c1e-0000-7000-8000-000000000001"),
        ("If-Match" = String, Header, description = "Version that the caller has seen, as in ETag", example = "\"2\""),
        ("Idempotency-Key" = Option<String>, Header, description = "1–128 visible ASCII characters", example = "k-0001"),
    ),
    request_body = KeepOriginal,
    responses(
        (status = 201, description = "The papers after it", body = PapersOut, headers(("ETag" = String))),
    ),
    security(("bearer" = ["dossier.receive"])),
)]
#[post("/api/v1/dossiers/{id}/originals")]
pub(crate) async fn keep_originals(
    doing: Doing,
    id: Path<Uuid>,
    body: Json<KeepOriginal>,
) -> Result<HttpResponse, Problem> {
    doing.permit(Act::KeepOriginal)?;
    let kept = &body.0;
    let mut texts = Texts::default();
    let note = texts.optional("/note", kept.note.as_deref());
    if !(1..=ORIGINALS).contains(&kept.count) {
        texts.refuse(FieldError::of("/count", shared::FIELD_INVALID));
    }
    texts.done()?;
    let change = |d: &mut Dossier, now| {
        let component = d
            .details
            .procedure
            .components
            .iter()
            .find(|c| c.id == kept.component_id && !c.note);
        if component.is_none() {
            return Err(Problem::invalid(vec![FieldError::of(
                "/componentId",
                code::COMPONENT_UNKNOWN,
            )])
            .into());
        }
        if d.details.originals.len() >= ENTRIES {
            return Err(
                Problem::invalid(vec![FieldError::of("/count", shared::FIELD_TOO_LONG)]).into(),
            );
        }
        let no = d.details.originals.iter().map(|o| o.no).max().unwrap_or(0) + 1;
        d.details.originals.push(Original {
            no,
            component_id: kept.component_id.clone(),
            count: kept.count,
            note: note.clone(),
            kept_at: now,
            returned: None,
        });
        Ok(Said {
            reason: note.clone(),
            data: json!({"original": no, "component": kept.component_id, "count": kept.count}),
        })
    };
    run(doing, 201, Act::KeepOriginal, DossierId(id.0), kept, change).await
}

/// Who takes originals back.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"receiverName": "Nguyễn Văn An"}))]
pub(crate) struct ReturnOriginal {
    /// Their name.
    #[schema(example = "Nguyễn Văn An")]
    receiver_name: String,
}

/// Gives originals back.
#[utoipa::path(
    post, path = "/api/v1/dossiers/{id}/originals/{original}/return", tag = "papers", operation_id = "returnOriginals",
    summary = "Trả bản chính · Give originals back",
    description = "Originals go back to the applicant, with the result or before it; in any state of the dossier.",
    params(
        ("id" = Uuid, Path, description = "Id of the dossier", example = "019a8c1e-0000-7000-8000-000000000001"),
        ("original" = u32, Path, description = "Number of the entry", example = 1),
        ("If-Match" = String, Header, description = "Version that the caller has seen, as in ETag", example = "\"2\""),
        ("Idempotency-Key" = Option<String>, Header, description = "1–128 visible ASCII characters", example = "k-0001"),
    ),
    request_body = ReturnOriginal,
    responses(
        (status = 200, description = "The papers after it", body = PapersOut, headers(("ETag" = String))),
    ),
    security(("bearer" = ["dossier.hand-over"])),
)]
#[post("/api/v1/dossiers/{id}/originals/{original}/return")]
pub(crate) async fn return_originals(
    doing: Doing,
    path: Path<(Uuid, u32)>,
    body: Json<ReturnOriginal>,
) -> Result<HttpResponse, Problem> {
    doing.permit(Act::ReturnOriginal)?;
    let (id, no) = path.0;
    let mut texts = Texts::default();
    let receiver_name = texts.required("/receiverName", &body.0.receiver_name);
    if receiver_name.chars().count() > NAME {
        texts.refuse(FieldError::of("/receiverName", shared::FIELD_TOO_LONG));
    }
    texts.done()?;
    let change = |d: &mut Dossier, now| {
        let kept = d
            .details
            .originals
            .iter_mut()
            .find(|o| o.no == no && o.returned.is_none())
            .ok_or_else(|| Problem::new(code::ORIGINAL_NOT_KEPT))?;
        kept.returned = Some(OriginalReturned {
            at: now,
            receiver_name: receiver_name.clone(),
        });
        Ok(Said {
            reason: None,
            data: json!({"original": no, "count": kept.count}),
        })
    };
    run(
        doing,
        200,
        Act::ReturnOriginal,
        DossierId(id),
        &(no, &body.0),
        change,
    )
    .await
}

async fn run(
    doing: Doing,
    status: u16,
    act: Act,
    id: DossierId,
    body: &impl Serialize,
    change: impl Fn(&mut Dossier, DateTime<Utc>) -> Result<Said, Error>,
) -> Result<HttpResponse, Problem> {
    doing
        .once(act, id, body, async |tx, app, actor, version| {
            let after = acts::by_person(app, &tx, (actor, act), id, Some(version), &change).await?;
            let entries = journal::of(&*tx, id).await?;
            let end = End::of(&*tx, app, &after, &entries).await?;
            let out = PapersOut::new(app, &after, &end, Reader::of(actor));
            let shown = What::Answer(act.name());
            durable::access::note(&tx, &app.rt, actor, shown.of(&[id.0])).await?;
            Ok(Answer {
                status,
                body: serde_json::to_value(out).map_err(Problem::internal)?,
                etag: Some(format!("\"{}\"", after.version)),
                location: None,
            })
        })
        .await
}

/// A result of an earlier dossier of one's own.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DocumentOut {
    file_id: FileId,
    #[schema(example = "giay-khai-sinh.pdf")]
    name: String,
    /// Bytes.
    size: i64,
    media_type: String,
    /// When it was approved.
    at: DateTime<Utc>,
    dossier_id: DossierId,
    #[schema(example = "H05.21-261116-0001")]
    number: Option<String>,
    #[schema(example = "Thủ tục đăng ký khai sinh")]
    procedure: String,
    #[schema(example = "Trung tâm Phục vụ hành chính công xã Yên Thế")]
    agency: String,
}

/// One's own store of results.
#[utoipa::path(
    get, path = "/api/v1/documents", tag = "papers", operation_id = "listDocuments",
    summary = "Kho giấy tờ điện tử của tôi · My documents",
    description = "Results of the caller's own dossiers, newest first. Their files may be named as attachments of a new dossier instead of being sent again.",
    params(PageQuery),
    responses(
        (status = 200, description = "A page", body = Page<DocumentOut>),
    ),
    security(("bearer" = ["dossier.own"])),
)]
#[get("/api/v1/documents")]
pub(crate) async fn list_documents(
    caller: Allowed<perm::DossierOwn>,
    app: web::Data<App>,
    query: Query<PageQuery>,
) -> Result<Json<Page<DocumentOut>>, Problem> {
    let limit = page::limit(query.0.limit)?;
    let after = query
        .0
        .cursor
        .as_deref()
        .map(page::decode_cursor::<Uuid>)
        .transpose()?;
    let owner = caller.actor().subject;
    let rows = dossiers::with_result(app.db.read(), &app.rt, owner, after, limit + 1)
        .await
        .map_err(Error::from)?;
    let page = Page::cut(rows, limit, |d| d.id.0);
    let ids: Vec<Uuid> = page.items.iter().map(|d| d.id.0).collect();
    app.note_reads(caller.actor(), &ids, What::Documents)
        .await
        .map_err(Error::from)?;
    let removed = removal::removed(app.db.read(), &ids)
        .await
        .map_err(Error::from)?;
    let items = page.items.into_iter().filter_map(|d| {
        // A refusal is nothing to file again, nor is what was destroyed.
        let result = d.details.result.filter(|r| !r.refusal)?;
        if removed.contains_key(&(d.id.0, result.file.file_id)) {
            return None;
        }
        Some(DocumentOut {
            file_id: result.file.file_id,
            name: result.file.name,
            size: result.file.size,
            media_type: result.file.media_type,
            at: result.at,
            dossier_id: d.id,
            number: d.number,
            procedure: d.details.procedure.name,
            agency: d.agency.name,
        })
    });
    Ok(Json(Page {
        items: items.collect(),
        next: page.next,
    }))
}

/// What may be uploaded.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LimitsOut {
    /// Largest file, bytes.
    #[schema(example = 20_971_520)]
    max_bytes: usize,
    /// Types taken.
    types: Vec<TypeOut>,
    /// Most uploads that belong to nothing yet.
    #[schema(example = 200)]
    max_waiting: u64,
    /// Such uploads are forgotten after so many hours.
    #[schema(example = 72)]
    waiting_hours: u32,
}

/// A type of file.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TypeOut {
    #[schema(example = "application/pdf")]
    media_type: &'static str,
    extensions: Vec<&'static str>,
}

/// Limits of uploads.
#[utoipa::path(
    get, path = "/api/v1/files/limits", tag = "files", operation_id = "getFileLimits",
    summary = "Giới hạn tệp tải lên · Limits of uploads",
    description = "To be shown at the file picker (TT 32/2017/TT-BTTTT art. 7): size and types.",
    responses(
        (status = 200, description = "The limits", body = LimitsOut),
    ),
    security(("bearer" = ["file.upload"])),
)]
#[get("/api/v1/files/limits")]
pub(crate) async fn limits(
    _caller: Allowed<perm::FileUpload>,
    app: web::Data<App>,
) -> Json<LimitsOut> {
    let files = &app.config.files;
    let taken = sniff::known()
        .into_iter()
        .filter(|t| files.types.iter().any(|name| name == t.name));
    Json(LimitsOut {
        max_bytes: files.max_bytes,
        types: taken
            .map(|t| TypeOut {
                media_type: t.media_type,
                extensions: t.extensions.to_vec(),
            })
            .collect(),
        max_waiting: files.max_waiting,
        waiting_hours: files.waiting_hours,
    })
}
