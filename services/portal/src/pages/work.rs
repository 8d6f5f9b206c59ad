//! Officers: the worklist, and a dossier with what is open to this person now.

use super::work_actions::{Action, actions};
use super::{dossiers, further, places};
use crate::api::DossierQuery;
use crate::api::types::Dossier;
use crate::ctx::Ctx;
use crate::error::PageError;
use crate::form::Submission;
use crate::format;
use crate::shell::{Page, Section, html, ok};
use crate::view::{self, Entry, Errors, Facts, FileRow, ShipmentView, SupplementView};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, web};
use askama::Template;
use contracts::DossierStatus;
use futures_util::future::join;
use kit::http::Query;
use serde::Deserialize;

/// Dossiers on one page.
const PAGE: u32 = 30;

#[derive(Template)]
#[template(path = "work.html")]
struct Work {
    page: Page,
    q: String,
    status: String,
    overdue: bool,
    states: Vec<(&'static str, &'static str)>,
    items: Vec<Row>,
    next: Option<String>,
}

struct Row {
    id: String,
    number: String,
    name: String,
    applicant: String,
    status: String,
    status_key: String,
    step: String,
    assigned: String,
    submitted: String,
    restricted: bool,
    due: Option<view::Due>,
}

#[derive(Deserialize)]
struct Filter {
    q: Option<String>,
    #[serde(rename = "trang-thai")]
    status: Option<String>,
    #[serde(rename = "qua-han")]
    overdue: Option<String>,
    tiep: Option<String>,
}

#[get("/mot-cua")]
pub(super) async fn list(ctx: Ctx, filter: Query<Filter>) -> Result<HttpResponse, PageError> {
    ctx.officer()?;
    let filter = filter.0;
    let (t, now) = (ctx.t, ctx.app.rt.clock.now());
    let status = filter
        .status
        .as_deref()
        .filter(|s| DossierStatus::parse(s).is_some());
    let overdue = filter.overdue.is_some();
    let q = filter.q.as_deref().map(str::trim).filter(|q| !q.is_empty());
    let query = DossierQuery {
        status,
        q,
        overdue: overdue.then_some(true),
        limit: PAGE,
        cursor: filter.tiep.as_deref(),
    };
    let found = ctx
        .api()
        .dossiers(&query)
        .await
        .map_err(|e| ctx.refuse(e))?;
    let (q, status) = (
        q.unwrap_or_default().to_owned(),
        status.unwrap_or_default().to_owned(),
    );
    let same = [
        ("q", q.as_str()),
        ("trang-thai", status.as_str()),
        ("qua-han", if overdue { "1" } else { "" }),
    ];
    let next = found.next.as_deref().map(|c| further("/mot-cua", &same, c));
    let items = found
        .items
        .into_iter()
        .map(|d| Row {
            due: view::due(t, d.due_at.as_ref(), &d.status.key, d.overdue, now),
            number: view::number(t, d.number.as_deref()),
            submitted: format::time(&d.submitted_at),
            assigned: d.assigned_to.unwrap_or_default(),
            name: d.procedure.name,
            applicant: d.applicant_name,
            status: d.status.name,
            status_key: d.status.key,
            step: d.step.name,
            restricted: d.restricted,
            id: d.id,
        })
        .collect();
    ok(&Work {
        page: Page::new(&ctx, Section::Work, t.work_title()),
        states: t.states(),
        q,
        status,
        overdue,
        items,
        next,
    })
}

#[derive(Template)]
#[template(path = "work_dossier.html")]
struct One {
    page: Page,
    number: String,
    due: Option<view::Due>,
    stale: bool,
    errors: Vec<(String, String)>,
    problem: String,
    key: String,
    actions: Vec<Action>,
    supplement: Option<SupplementView>,
    proposal: Option<(String, String, String)>,
    applicant: Facts,
    answers: Vec<(String, String)>,
    attachments: Vec<FileRow>,
    result: Option<(String, String)>,
    payment: Option<(String, String, String)>,
    facts: Facts,
    forms: Vec<(&'static str, &'static str)>,
    history: Vec<Entry>,
    shipments: Vec<ShipmentView>,
    base: String,
    talk: &'static str,
    fees: &'static str,
    papers: &'static str,
    d: Dossier,
}

#[derive(Deserialize)]
struct Asked {
    xong: Option<String>,
}

#[get("/mot-cua/ho-so/{id}")]
pub(super) async fn one(
    ctx: Ctx,
    id: web::Path<String>,
    asked: Query<Asked>,
) -> Result<HttpResponse, PageError> {
    ctx.officer()?;
    let d = ctx.api().dossier(&id).await.map_err(|e| ctx.refuse(e))?;
    let notice = asked.0.xong.as_deref().and_then(|c| ctx.t.done(c));
    let shown = Shown {
        command: "",
        form: &Submission::default(),
        errors: Errors::default(),
        stale: false,
        notice,
    };
    show(&ctx, StatusCode::OK, d, shown).await
}

/// How a dossier is shown this time: after a command that was not accepted, with its form open and filled in.
pub(crate) struct Shown<'a> {
    pub(crate) command: &'a str,
    pub(crate) form: &'a Submission,
    pub(crate) errors: Errors,
    pub(crate) stale: bool,
    pub(crate) notice: Option<String>,
}

pub(crate) async fn show(
    ctx: &Ctx,
    status: StatusCode,
    d: Dossier,
    shown: Shown<'_>,
) -> Result<HttpResponse, PageError> {
    let (t, now) = (ctx.t, ctx.app.rt.clock.now());
    let path = format!("/mot-cua/ho-so/{}", d.id);
    let line = async |address: Option<&crate::api::types::PlainAddress>| match address {
        Some(address) => places::line(ctx, address).await,
        None => String::new(),
    };
    let (home, return_address) = join(
        line(d.applicant.address.as_ref()),
        line(d.return_way.address.as_ref()),
    )
    .await;
    let shipments = dossiers::shipments(ctx.api(), &d)
        .await
        .iter()
        .map(|s| view::shipment(t, s))
        .collect();
    let page = One {
        page: Page::new(ctx, Section::Work, d.procedure.name.clone())
            .at(&path)
            .notice(shown.notice.clone()),
        number: view::number(t, d.number.as_deref()),
        due: view::due(t, d.due_at.as_ref(), &d.status.key, false, now),
        stale: shown.stale,
        key: dossiers::form_key(ctx, &shown.form.fields),
        actions: actions(ctx, &d, &shown).await,
        supplement: d.supplement.as_ref().map(|s| view::supplement(t, s)),
        proposal: d.proposal.as_ref().map(|p| {
            let by = t.proposed(
                p.by_name.as_deref().unwrap_or_default(),
                &format::time(&p.at),
            );
            (p.file_id.clone(), by, p.note.clone().unwrap_or_default())
        }),
        applicant: applicant(ctx, &d, home),
        answers: answers(ctx, &d),
        attachments: view::files(&d.attachments),
        result: view::result(&d),
        payment: view::payment(t, &d),
        facts: view::dossier_facts(t, &d, Some(return_address.as_str())),
        forms: view::forms(t, &d, true),
        history: view::history(t, &d.history),
        shipments,
        base: path,
        talk: super::messages::title(t),
        fees: super::fees::title(t),
        papers: super::papers::title(t),
        errors: shown.errors.fields,
        problem: shown.errors.problem,
        d,
    };
    html(status, &page)
}

fn applicant(ctx: &Ctx, d: &Dossier, address: String) -> Facts {
    let t = ctx.t;
    let a = &d.applicant;
    let kind = match a.kind.as_str() {
        "business" => t.kind_business(),
        "organisation" => t.kind_organisation(),
        _ => t.kind_citizen(),
    };
    Facts::default()
        .put(t.name_label(), a.name.clone())
        .put(t.kind_label(), kind)
        .maybe(t.identity_label(), a.identity_number.as_deref())
        .maybe(t.tax_label(), a.tax_code.as_deref())
        .maybe(t.phone_label(), a.phone.as_deref())
        .maybe(t.email_label(), a.email.as_deref())
        .put(t.address(), address)
}

/// Answers as they were given. Until a procedure has a form of its own there is one, `notes`; others come from other clients.
fn answers(ctx: &Ctx, d: &Dossier) -> Vec<(String, String)> {
    d.answers
        .iter()
        .map(|(name, value)| {
            let label = if name == "notes" {
                ctx.t.notes_label().to_owned()
            } else {
                name.clone()
            };
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            (label, text)
        })
        .collect()
}
