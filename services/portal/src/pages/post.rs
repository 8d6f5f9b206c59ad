//! The hand-over list of the post office (phiếu gửi, bảng kê; QĐ 45/2016 art. 9): to print and to check.

use super::further;
use crate::ctx::Ctx;
use crate::error::PageError;
use crate::format;
use crate::shell::{Page, Section, ok};
use actix_web::{HttpResponse, get};
use askama::Template;
use kit::http::Query;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "post.html")]
struct HandOver {
    page: Page,
    ready_title: Option<String>,
    ready: Vec<Ready>,
    manifests: Vec<ManifestRow>,
    next: Option<String>,
}

struct Ready {
    dossier: String,
    number: String,
    receiver: String,
    address: String,
    since: String,
}

struct ManifestRow {
    number: String,
    at: String,
    count: String,
    signed: String,
    /// Dossier number, item number, state.
    items: Vec<(String, String, String)>,
}

#[derive(Deserialize)]
struct Asked {
    tiep: Option<String>,
}

#[get("/mot-cua/buu-chinh")]
pub(super) async fn list(ctx: Ctx, asked: Query<Asked>) -> Result<HttpResponse, PageError> {
    ctx.officer()?;
    let t = ctx.t;
    let cursor = asked.0.tiep.as_deref();
    let found = ctx
        .api()
        .manifests(cursor)
        .await
        .map_err(|e| ctx.refuse(e))?;
    let ready = found
        .ready
        .into_iter()
        .map(|s| {
            let (receiver, address) = s.receiver.map_or_else(Default::default, |r| {
                let phone = r
                    .phone
                    .filter(|p| !p.is_empty())
                    .map(|p| format!(", {p}"))
                    .unwrap_or_default();
                (
                    format!("{}{phone}", r.name),
                    r.address_line.unwrap_or_default(),
                )
            });
            Ready {
                dossier: s.dossier_id,
                number: s.dossier_number.unwrap_or_default(),
                receiver,
                address,
                since: s.created_at.as_ref().map(format::time).unwrap_or_default(),
            }
        })
        .collect();
    let manifests = found
        .items
        .into_iter()
        .map(|m| {
            let mut signed = format!(
                "{}: {} ({})",
                t.signed_by(),
                m.signed_by.unwrap_or_default(),
                m.operator
            );
            if let Some(agency) = m.agency_signed_by.filter(|a| !a.is_empty()) {
                signed = format!("{signed}. {}: {agency}", t.agency_signed_by());
            }
            ManifestRow {
                number: m.number,
                at: format::time(&m.signed_at),
                count: t.item_count(m.items.len()),
                signed,
                items: m
                    .items
                    .into_iter()
                    .map(|i| {
                        (
                            i.dossier_number.unwrap_or_default(),
                            i.item_number.unwrap_or_default(),
                            t.shipment(&i.state),
                        )
                    })
                    .collect(),
            }
        })
        .collect();
    ok(&HandOver {
        page: Page::new(&ctx, Section::Post, t.post_title()),
        ready_title: cursor.is_none().then(|| t.ready_title(found.ready_count)),
        ready,
        manifests,
        next: found
            .next
            .as_deref()
            .map(|c| further("/mot-cua/buu-chinh", &[], c)),
    })
}
