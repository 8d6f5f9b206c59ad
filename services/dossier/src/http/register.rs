//! Sổ theo dõi hồ sơ (form 07): the book of a desk, made from what is there and never kept beside it.

use super::forms::{one_line, pdf_named};
use super::reports::{ReportQuery, wrong};
use crate::app::App;
use crate::app::commands::vn_day;
use crate::domain::Dossier;
use crate::error::Error;
use crate::forms;
use crate::store::access::What;
use crate::store::{copies, journal, reports};
use actix_web::{HttpResponse, get, web};
use chrono::{DateTime, Utc};
use contracts::{Language, ReturnMethod};
use kit::Problem;
use kit::auth::{SteppedUp, perm};
use kit::http::Query;
use sea_orm::DbErr;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Most lines of one book: more is a shorter period's.
const MOST: u64 = 1000;

/// The book of a desk.
#[utoipa::path(
    get, path = "/api/v1/reports/register.pdf", tag = "reports", operation_id = "dossierRegister",
    summary = "Sổ theo dõi hồ sơ · The book of dossiers",
    description = "Form 07 as PDF: what the caller's desk received in the period, for itself and for other agencies, in the order of reception. \
        At most 1,000 dossiers: of a busy desk ask for shorter periods. Names, numbers and addresses of many people leave in one file, so it wants \
        a sign-in of the last 15 minutes (401 `auth.step-up-required`), and each dossier in it notes the export.",
    params(ReportQuery),
    responses(
        (status = 200, description = "The book", body = Vec<u8>, content_type = "application/pdf"),
    ),
    security(("bearer" = ["report.read"])),
)]
#[get("/api/v1/reports/register.pdf")]
pub(crate) async fn dossier_register(
    caller: SteppedUp<perm::ReportRead>,
    app: web::Data<App>,
    query: Query<ReportQuery>,
) -> Result<HttpResponse, Problem> {
    let actor = caller.actor();
    let now = app.rt.clock.now();
    let (from, to, period) = query.0.period(vn_day(now))?;
    let db = app.db.read();
    let found = reports::received(db, &actor.scope(), &app.rt, period, MOST + 1)
        .await
        .map_err(Error::from)?;
    if found.len() as u64 > MOST {
        return Err(wrong("from").detail(
            "Có hơn 1.000 hồ sơ trong kỳ; hãy chọn kỳ ngắn hơn",
            "There are more than 1,000 dossiers; choose a shorter period",
        ));
    }
    let agency = match actor.agency.as_deref() {
        Some(code) => copies::agency(db, code).await.map_err(Error::from)?,
        None => None,
    };
    let lines = lines(&app, &found).await.map_err(Error::from)?;
    let ids: Vec<Uuid> = found.iter().map(|d| d.id.0).collect();
    app.note_reads(actor, &ids, What::Register)
        .await
        .map_err(Error::from)?;
    let (parent_name, agency_name) = agency.map(|a| (a.parent_name, a.name)).unwrap_or_default();
    let form = forms::Book {
        parent_name,
        agency_name,
        from,
        to,
        printed_at: now,
        officer: actor.name.clone(),
        lines,
    };
    // Setting type is work for the processor: not on the thread that answers requests.
    let pdf = web::block(move || forms::book(&form))
        .await
        .map_err(Problem::internal)?
        .map_err(Problem::internal)?;
    Ok(pdf_named(&format!("so-theo-doi-{from}-{to}"), pdf))
}

async fn lines(app: &App, found: &[Dossier]) -> Result<Vec<forms::BookLine>, DbErr> {
    let db = app.db.read();
    let ids: Vec<Uuid> = found.iter().map(|d| d.id.0).collect();
    let returned = journal::returned_at(db, &ids).await?;
    // A desk's dossiers come from few communes.
    let mut places = BTreeMap::new();
    let mut out = Vec::with_capacity(found.len());
    for d in found {
        let Some(received_at) = d.received_at else {
            continue;
        };
        let address = &d.personal.applicant.address;
        let on = vn_day(d.submitted_at);
        let key = (&address.province_code, &address.commune_code, on);
        let place = match places.get(&key) {
            Some(place) => place,
            None => {
                let place = copies::place(db, address, on).await?;
                places.entry(key).or_insert(place)
            }
        };
        let returned = returned.get(&d.id.0).copied();
        out.push(line(
            d,
            received_at,
            one_line(address, place.as_deref()),
            returned,
        ));
    }
    Ok(out)
}

fn line(
    d: &Dossier,
    received_at: DateTime<Utc>,
    address: String,
    returned_at: Option<DateTime<Utc>>,
) -> forms::BookLine {
    let applicant = &d.personal.applicant;
    let mut remark = d.status.title(Language::Vi).to_owned();
    // A new date hides nothing.
    if let Some(first) = d
        .details
        .first_due_at
        .filter(|first| d.due_at.is_some_and(|due| due != *first))
    {
        remark.push_str(&format!(
            "; hẹn lần đầu {}",
            vn_day(first).format("%d/%m/%Y")
        ));
    }
    let hand_over = d.personal.hand_over.as_ref();
    forms::BookLine {
        number: d.number.clone().unwrap_or_default(),
        procedure: d.details.procedure.name.clone(),
        applicant: [&applicant.name, &address, &applicant.phone]
            .map(String::as_str)
            .join("\n"),
        agency: d.agency.name.clone(),
        received_at,
        due_at: d.due_at,
        returned_at,
        way: match d.personal.return_way.method {
            ReturnMethod::Counter => "Trực tiếp",
            ReturnMethod::Post => "Bưu chính",
        },
        receiver: hand_over
            .map(|h| h.receiver_name.clone())
            .unwrap_or_default(),
        remark,
    }
}
