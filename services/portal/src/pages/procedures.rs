//! The catalogue: list and search, and one procedure with its eleven published items (TT 32/2017 art. 5).

use super::further;
use crate::api::ProcedureQuery;
use crate::api::types::{Field, Named, Procedure, ProcedureItem};
use crate::ctx::Ctx;
use crate::error::PageError;
use crate::format;
use crate::i18n::Tr;
use crate::shell::{Page, Section, ok};
use actix_web::{HttpResponse, get, web};
use askama::Template;
use futures_util::future::join;
use kit::http::Query;
use serde::Deserialize;

/// Procedures on one page.
const PAGE: u32 = 20;

#[derive(Template)]
#[template(path = "procedures.html")]
struct Procedures {
    page: Page,
    q: String,
    field: String,
    level: String,
    fields: Vec<Field>,
    levels: Vec<(&'static str, &'static str)>,
    found: String,
    items: Vec<ProcedureItem>,
    next: Option<String>,
    first: Option<String>,
}

#[derive(Deserialize)]
struct Search {
    q: Option<String>,
    #[serde(rename = "linh-vuc")]
    field: Option<String>,
    #[serde(rename = "cap")]
    level: Option<String>,
    tiep: Option<String>,
}

#[get("/thu-tuc")]
pub(super) async fn list(ctx: Ctx, search: Query<Search>) -> Result<HttpResponse, PageError> {
    let search = search.0;
    let api = ctx.public_api();
    let q = search.q.as_deref().map(str::trim).filter(|q| !q.is_empty());
    let query = ProcedureQuery {
        q,
        field: search.field.as_deref(),
        level: search.level.as_deref(),
        limit: PAGE,
        cursor: search.tiep.as_deref(),
    };
    let (found, fields) = join(api.procedures(&query), api.fields()).await;
    let found = found.map_err(|e| ctx.refuse(e))?;
    // A filter that is missing for a moment is no reason to hide the list.
    let fields = fields.map(|f| f.items).unwrap_or_default();
    let q = q.unwrap_or_default().to_owned();
    let field = search.field.unwrap_or_default();
    let level = search.level.unwrap_or_default();
    let same = [
        ("q", q.as_str()),
        ("linh-vuc", field.as_str()),
        ("cap", level.as_str()),
    ];
    let t = ctx.t;
    let next = found
        .next
        .as_deref()
        .map(|cursor| further("/thu-tuc", &same, cursor));
    let first = search.tiep.is_some().then(|| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in same.iter().filter(|(_, value)| !value.is_empty()) {
            query.append_pair(name, value);
        }
        format!("/thu-tuc?{}", query.finish())
    });
    ok(&Procedures {
        page: Page::new(&ctx, Section::Procedures, t.procedures_title()),
        found: t.found(found.total, found.items.len()),
        items: found.items,
        fields,
        levels: ["commune", "province", "ministry", "other"]
            .map(|l| (l, t.level_name(l)))
            .to_vec(),
        next,
        first,
        q,
        field,
        level,
    })
}

#[derive(Template)]
#[template(path = "procedure.html")]
struct One {
    page: Page,
    p: Procedure,
    may_file: bool,
    methods: Vec<MethodRow>,
    agencies: Vec<(&'static str, String)>,
    conditions: Vec<String>,
    returns: Vec<String>,
    /// What is said of it, yes or no, and what nobody has said.
    flags: [(&'static str, &'static str); 5],
}

struct MethodRow {
    channel: String,
    case: Option<String>,
    term: String,
    /// The line, and whether to tell the reader to check it.
    fees: Vec<(String, bool)>,
    lines: Vec<String>,
}

#[get("/thu-tuc/{id}")]
pub(super) async fn one(ctx: Ctx, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let p = ctx
        .public_api()
        .procedure(&id)
        .await
        .map_err(|e| ctx.refuse(e))?;
    let t = ctx.t;
    let methods = p
        .methods
        .iter()
        .map(|m| MethodRow {
            channel: t.channel(&m.channel),
            case: m.case.clone().filter(|c| !c.is_empty()),
            term: m
                .term
                .as_ref()
                .map_or_else(|| t.term_none().to_owned(), |term| format::term(t, term)),
            fees: m.fees.iter().map(|f| format::fee(t, f)).collect(),
            lines: owned_lines(m.description.as_deref().unwrap_or_default()),
        })
        .collect();
    ok(&One {
        page: Page::new(&ctx, Section::Procedures, p.name.clone()),
        // An officer files what was brought to the counter, too.
        may_file: may_file(&p) || (p.active && ctx.session.as_ref().is_some_and(|s| s.officer)),
        methods,
        agencies: agencies(t, &p),
        conditions: owned_lines(p.conditions.as_deref().unwrap_or_default()),
        returns: returns(t, &p),
        flags: flags(t, &p),
        p,
    })
}

/// Whether it can be filed here at all.
pub(crate) fn may_file(p: &Procedure) -> bool {
    p.active && p.channels.iter().any(|c| c == "online")
}

fn owned_lines(text: &str) -> Vec<String> {
    format::lines(text).into_iter().map(str::to_owned).collect()
}

fn agencies(t: Tr, p: &Procedure) -> Vec<(&'static str, String)> {
    let names = |named: &[Named]| {
        named
            .iter()
            .map(|a| a.name.as_str())
            .collect::<Vec<_>>()
            .join("; ")
    };
    let a = &p.agencies;
    [
        (t.agency_executing(), names(&a.executing)),
        (t.agency_authority(), names(&a.authority)),
        (t.agency_authorized(), names(&a.authorized)),
        (t.agency_coordinating(), names(&a.coordinating)),
        (
            t.agency_places(),
            a.receiving_places.clone().unwrap_or_default(),
        ),
    ]
    .into_iter()
    .filter(|(_, names)| !names.trim().is_empty())
    .collect()
}

fn returns(t: Tr, p: &Procedure) -> Vec<String> {
    let way = |way: &String| match way.as_str() {
        "atHome" => t.way_home().to_owned(),
        "online" => t.way_online().to_owned(),
        "atSubmissionPlace" => t.way_place().to_owned(),
        other => other.to_owned(),
    };
    p.return_methods
        .iter()
        .filter(|r| !r.ways.is_empty())
        .map(|r| {
            let filed = if r.filed_online {
                t.return_online_filed()
            } else {
                t.return_paper_filed()
            };
            format!(
                "{filed}: {}",
                r.ways.iter().map(way).collect::<Vec<_>>().join(", ")
            )
        })
        .collect()
}

/// The flags with their answers; what nobody has said is not a "no".
fn flags(t: Tr, p: &Procedure) -> [(&'static str, &'static str); 5] {
    let said = |flag: Option<bool>| match flag {
        Some(true) => t.said_yes(),
        Some(false) => t.said_no(),
        None => t.not_published(),
    };
    [
        (t.flag_postal(), said(p.postal)),
        (t.flag_non_territorial(), said(p.non_territorial)),
        (t.flag_kiosk(), said(p.kiosk)),
        (t.flag_immediate(), said(p.immediate_result)),
        (t.flag_duty(), said(p.financial_duty)),
    ]
}
