//! Filing, listing and reading dossiers.

use super::out::{DossierOut, ItemOut};
use crate::app::{App, View, filing};
use crate::domain::CommandKind;
use crate::error::{Error, permit};
use crate::store::access::What;
use crate::store::dossiers::{self, Assigned, Filter};
use crate::store::processes;
use actix_web::http::header;
use actix_web::{HttpResponse, get, post, web};
use contracts::problem::shared;
use contracts::{
    AccountId, Actor, Applicant, Channel, DossierId, DossierStatus, FileId, Language, ProcedureId,
    ReturnWay,
};
use durable::{Answer, Tx, idempotent};
use kit::auth::{Allowed, SignedIn, perm};
use kit::etag::with_etag;
use kit::http::{IdempotencyKey, Json, Path, Query};
use kit::page::{self, Page};
use kit::{Problem, Sealer};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// A dossier to file.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({
    "procedureId": "019d2bfd-3fe0-70ac-b9d6-5e9e20d6eef7", "agencyCode": "H05.21",
    "applicant": {"kind": "citizen", "name": "Nguyễn Văn An", "identityNumber": "001090000001", "phone": "0912345678",
        "email": "an@example.vn", "address": {"provinceCode": "24", "communeCode": "07288", "street": "Số 12, thôn Trung"}},
    "answers": {"childName": "Nguyễn Thị Mai"},
    "attachments": [{"componentId": "019d2bb8-0000-7000-8000-000000000001", "fileId": "019a8c1e-0000-7000-8000-000000000001"}],
    "return": {"method": "post", "address": {"provinceCode": "24", "communeCode": "07288", "street": "Số 12, thôn Trung"}}
}))]
pub(crate) struct NewDossier {
    /// The procedure.
    procedure_id: ProcedureId,
    /// The one-stop desk to file at.
    #[schema(example = "H05.21")]
    agency_code: String,
    /// `online` for applicants; officers file for `direct` and `postal`.
    #[serde(default = "online")]
    channel: Channel,
    /// Chủ hồ sơ.
    applicant: Applicant,
    /// Answers of the electronic form: any JSON object up to 64 KB.
    #[serde(default)]
    #[schema(value_type = Object)]
    answers: Map<String, Value>,
    /// Uploaded papers; online every required component needs one.
    #[serde(default)]
    attachments: Vec<NewAttachment>,
    /// Way of getting the result back.
    #[serde(rename = "return")]
    return_way: ReturnWay,
    /// Language of notices.
    #[serde(default)]
    language: Language,
    /// By post: the minutes of the hand-over (biên bản giao nhận), whose signing is the filing.
    minutes: Option<NewMinutes>,
    /// Online: the kiosk it is filed at (ki-ốt thông minh).
    #[schema(example = "KIOSK-07")]
    kiosk: Option<String>,
    /// The agency that helps the applicant to file.
    #[schema(example = "H05.22")]
    support_agency_code: Option<String>,
    /// Who files for the applicant, by authorisation.
    representative: Option<NewRepresentative>,
    /// At the counter and by post: the scans were compared with the originals.
    #[serde(default)]
    compared: bool,
}

/// Biên bản giao nhận.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewMinutes {
    /// Number.
    #[schema(example = "BB-0012")]
    number: String,
    /// When both signed, at most 30 days ago.
    #[schema(example = "2026-11-16T01:30:00Z")]
    signed_at: chrono::DateTime<chrono::Utc>,
}

/// Người được ủy quyền.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewRepresentative {
    /// Full name.
    #[schema(example = "Trần Thị Bình")]
    name: String,
    /// Personal identity number.
    #[schema(example = "001190000002")]
    identity_number: String,
    /// Phone.
    #[schema(example = "0912345679")]
    phone: String,
    /// The authorisation (giấy ủy quyền), a file that the caller uploaded.
    file_id: FileId,
    /// Last day on which it holds; absent: until it is taken back.
    #[schema(example = "2026-12-31")]
    valid_to: Option<chrono::NaiveDate>,
}

/// A paper of the dossier.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewAttachment {
    /// The component of the procedure that it answers.
    pub(crate) component_id: String,
    /// A file that the caller uploaded.
    pub(crate) file_id: FileId,
}

fn online() -> Channel {
    Channel::Online
}

/// Files a dossier: an automatic confirmation with the system's time of receipt is the answer.
#[utoipa::path(
    post, path = "/api/v1/dossiers", tag = "dossiers", operation_id = "fileDossier",
    summary = "Nộp hồ sơ · File a dossier",
    description = "Files a dossier with a one-stop desk. All faults are told at once, each with its JSON Pointer. Applicants file \
        online, at a kiosk too; one-stop officers file what was brought or sent to their own desk, and for another agency what any \
        desk may take (phi địa giới). Repeat with the same Idempotency-Key to be safe.",
    params(("Idempotency-Key" = Option<String>, Header, description = "1–128 visible ASCII characters", example = "k-0001")),
    request_body = NewDossier,
    responses(
        (status = 201, description = "Filed", body = DossierOut, headers(("Location" = String), ("ETag" = String))),
    ),
    security(("bearer" = ["dossier.file"]), ("bearer" = ["dossier.receive"])),
)]
#[post("/api/v1/dossiers")]
pub(crate) async fn file_dossier(
    caller: SignedIn,
    app: web::Data<App>,
    key: IdempotencyKey,
    language: kit::http::Language,
    body: Json<NewDossier>,
) -> Result<HttpResponse, Problem> {
    permit(&caller.0, CommandKind::File)?;
    let new = &body.0;
    let once = Once::new(&app, &caller.0, key.0, "fileDossier", new)?;
    let (app, actor) = (&*app, &caller.0);
    once.run(app, async |tx| {
        let view = filing::file(app, &tx, actor, filing_of(new)).await?;
        let location = format!("/api/v1/dossiers/{}", view.dossier.id);
        answer(app, 201, &view, actor, language.0, Some(location))
    })
    .await
}

/// What is filed.
pub(crate) fn filing_of(new: &NewDossier) -> filing::Filing {
    filing::Filing {
        procedure_id: new.procedure_id,
        agency_code: new.agency_code.clone(),
        channel: new.channel,
        applicant: new.applicant.clone(),
        answers: new.answers.clone(),
        attachments: named(&new.attachments),
        return_way: new.return_way.clone(),
        language: new.language,
        came: came(new),
    }
}

fn came(new: &NewDossier) -> filing::Came {
    filing::Came {
        minutes: new
            .minutes
            .as_ref()
            .map(|m| (m.number.clone(), m.signed_at)),
        kiosk: new.kiosk.clone(),
        support_agency: new.support_agency_code.clone(),
        representative: new
            .representative
            .as_ref()
            .map(|r| filing::GivenRepresentative {
                name: r.name.clone(),
                identity_number: r.identity_number.clone(),
                phone: r.phone.clone(),
                file: r.file_id,
                valid_to: r.valid_to,
            }),
        compared: new.compared,
    }
}

/// Narrows the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// A public state, e.g. `received`.
    #[param(example = "received")]
    status: Option<String>,
    /// Words of number, applicant or procedure, without tone marks too; or a whole identity number or tax code.
    #[param(example = "khai sinh")]
    q: Option<String>,
    /// `me`: taken up by the caller; `none`: by nobody.
    #[param(example = "me")]
    assigned: Option<String>,
    /// `true`: only those that are late.
    #[param(example = true)]
    overdue: Option<bool>,
    /// Items a page, 1–100; 20 when absent.
    #[param(minimum = 1, maximum = 100, example = 20)]
    limit: Option<u32>,
    /// Cursor from the page before.
    cursor: Option<String>,
}

/// The caller's dossiers: an applicant's own, an officer's agency's.
#[utoipa::path(
    get, path = "/api/v1/dossiers", tag = "dossiers", operation_id = "listDossiers",
    summary = "Danh sách hồ sơ · List dossiers",
    description = "Newest first. An applicant sees the own dossiers, an officer those of the own agency (the worklist).",
    params(ListQuery),
    responses(
        (status = 200, description = "A page", body = Page<ItemOut>),
    ),
    security(("bearer" = ["dossier.read"])),
)]
#[get("/api/v1/dossiers")]
pub(crate) async fn list_dossiers(
    caller: Allowed<perm::DossierRead>,
    app: web::Data<App>,
    language: kit::http::Language,
    query: Query<ListQuery>,
) -> Result<Json<Page<ItemOut>>, Problem> {
    let actor = caller.actor();
    let now = app.rt.clock.now();
    let limit = page::limit(query.0.limit)?;
    let after = query
        .0
        .cursor
        .as_deref()
        .map(page::decode_cursor::<Uuid>)
        .transpose()?;
    let filter = filter(&query.0, actor, now)?;
    let db = app.db.read();
    let rows = dossiers::list(db, &actor.scope(), &app.rt, &filter, after, limit)
        .await
        .map_err(Error::from)?;
    let processes = processes::all(db).await.map_err(Error::from)?;
    let page = Page::cut(rows, limit, |d| d.id.0);
    let shown: Vec<Uuid> = page.items.iter().map(|d| d.id.0).collect();
    app.note_reads(actor, &shown, What::List)
        .await
        .map_err(Error::from)?;
    let page = page.map(|d| {
        let process = processes.get(&(d.process.id.clone(), d.process.version));
        ItemOut::new(&d, process, actor, now, language.0)
    });
    Ok(Json(page))
}

fn filter(
    query: &ListQuery,
    actor: &Actor,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Filter, Problem> {
    let wrong = |name: &'static str| {
        Problem::new(shared::QUERY_INVALID).field(
            name,
            shared::FIELD_INVALID,
            shared::FIELD_INVALID.vi,
            shared::FIELD_INVALID.en,
        )
    };
    let status = match query.status.as_deref() {
        None => None,
        Some(name) => Some(DossierStatus::parse(name).ok_or_else(|| wrong("status"))?),
    };
    let assigned = match query.assigned.as_deref() {
        None => None,
        Some("me") => Some(Assigned::To(actor.subject)),
        Some("none") => Some(Assigned::Nobody),
        Some(_) => return Err(wrong("assigned")),
    };
    let q = query.q.as_deref().map(str::trim).filter(|q| !q.is_empty());
    if q.is_some_and(|q| q.chars().count() > 200) {
        return Err(wrong("q"));
    }
    Ok(Filter {
        status,
        q: q.map(str::to_owned),
        assigned,
        overdue_at: query.overdue.unwrap_or(false).then_some(now),
    })
}

/// One dossier. An officer's read is noted in the access log, which the applicant can see.
#[utoipa::path(
    get, path = "/api/v1/dossiers/{id}", tag = "dossiers", operation_id = "getDossier",
    summary = "Xem hồ sơ · Read a dossier",
    description = "The dossier with its history and the commands that are open to the caller now. Another's dossier is not found.",
    params(("id" = Uuid, Path, description = "Id of the dossier", example = "019a8c1e-0000-7000-8000-000000000001")),
    responses(
        (status = 200, description = "The dossier", body = DossierOut, headers(("ETag" = String))),
    ),
    security(("bearer" = ["dossier.read"])),
)]
#[get("/api/v1/dossiers/{id}")]
pub(crate) async fn get_dossier(
    caller: Allowed<perm::DossierRead>,
    app: web::Data<App>,
    language: kit::http::Language,
    id: Path<Uuid>,
) -> Result<HttpResponse, Problem> {
    let view = app
        .read(caller.actor(), DossierId(id.0), What::Dossier)
        .await?;
    let body = DossierOut::new(&view, caller.actor(), app.rt.clock.now(), language.0);
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CACHE_CONTROL, "private, no-cache"));
    Ok(with_etag(&mut response, view.dossier.version).json(body))
}

pub(crate) fn named(attachments: &[NewAttachment]) -> Vec<(String, FileId)> {
    attachments
        .iter()
        .map(|a| (a.component_id.clone(), a.file_id))
        .collect()
}

/// The identity of a request's body: the parsed form, so that spacing and the order of members do not matter.
/// Keyed: a body holds numbers of persons, which could be guessed from a plain hash.
fn hash(sealer: &Sealer, body: &impl Serialize) -> Result<String, Problem> {
    let json = serde_json::to_string(body).map_err(Problem::internal)?;
    Ok(sealer.lookup_hash(&json))
}

/// One request that may be repeated.
pub(crate) struct Once {
    pub(crate) actor: AccountId,
    pub(crate) key: Option<String>,
    pub(crate) operation: String,
    pub(crate) body: String,
}

impl Once {
    /// A request of this person with this body. Only with a key does anybody look at what the body was.
    pub(crate) fn new(
        app: &App,
        actor: &Actor,
        key: Option<String>,
        operation: impl Into<String>,
        body: &impl Serialize,
    ) -> Result<Self, Problem> {
        let body = match &key {
            Some(_) => hash(&app.rt.sealer, body)?,
            None => String::new(),
        };
        Ok(Self {
            actor: actor.subject,
            key,
            operation: operation.into(),
            body,
        })
    }

    /// Does the work once, or gives the saved answer. Answers hold personal data, so what is saved is sealed.
    pub(crate) async fn run<F>(&self, app: &App, work: F) -> Result<HttpResponse, Problem>
    where
        F: AsyncFn(Tx) -> Result<Answer, Error>,
    {
        let (work, saved) = (&work, self.key.is_some());
        let answer: Result<Answer, Error> = idempotent(
            &app.db,
            &app.rt,
            self.actor,
            self.key.as_deref(),
            &self.operation,
            &self.body,
            |tx| async move {
                let mut answer = work(tx).await?;
                if saved {
                    let body = answer.body.to_string();
                    answer.body = Value::String(app.rt.sealer.seal(app.rt.ids, &body));
                }
                Ok(answer)
            },
        )
        .await;
        let answer = answer?;
        let body = match answer.body.as_str() {
            Some(sealed) => app.rt.sealer.open(sealed).map_err(Problem::internal)?,
            None => answer.body.to_string(),
        };
        let status =
            actix_web::http::StatusCode::from_u16(answer.status).map_err(Problem::internal)?;
        let mut response = HttpResponse::build(status);
        if let Some(etag) = answer.etag {
            response.insert_header((header::ETAG, etag));
        }
        if let Some(location) = answer.location {
            response.insert_header((header::LOCATION, location));
        }
        response.insert_header((header::CACHE_CONTROL, "private, no-cache"));
        Ok(response.content_type("application/json").body(body))
    }
}

/// An answer that shows a dossier.
pub(crate) fn answer(
    app: &App,
    status: u16,
    view: &View,
    viewer: &Actor,
    language: Language,
    location: Option<String>,
) -> Result<Answer, Error> {
    let body = DossierOut::new(view, viewer, app.rt.clock.now(), language);
    Ok(Answer {
        status,
        body: serde_json::to_value(body).map_err(Problem::internal)?,
        etag: Some(format!("\"{}\"", view.dossier.version)),
        location,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_identity_of_a_body_is_keyed() {
        let sealer = |key: &str| Sealer::new(&key.repeat(32)).expect("a sealer");
        let body = serde_json::json!({"identityNumber": "001090000001"});
        let hash = |key| hash(&sealer(key), &body).expect("a hash");
        assert_eq!(hash("a"), hash("a"));
        assert_ne!(hash("a"), hash("b"));
    }
}
