//! The inbox.

use super::further;
use crate::ctx::Ctx;
use crate::error::{PageError, see_other};
use crate::form::Fields;
use crate::format;
use crate::shell::{Page, Section, ok};
use actix_web::{HttpResponse, get, post, web};
use askama::Template;
use kit::http::Query;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "inbox.html")]
struct Inbox {
    page: Page,
    unread_text: String,
    unread_only: bool,
    items: Vec<Row>,
    next: Option<String>,
}

struct Row {
    id: String,
    title: String,
    time: String,
    lines: Vec<String>,
    read: bool,
    role: bool,
    href: Option<String>,
}

#[derive(Deserialize)]
struct Asked {
    #[serde(rename = "chua-doc")]
    unread: Option<String>,
    tiep: Option<String>,
}

#[get("/hop-thu")]
pub(super) async fn list(ctx: Ctx, asked: Query<Asked>) -> Result<HttpResponse, PageError> {
    let session = ctx.signed_in()?;
    let unread_only = asked.0.unread.is_some();
    let found = ctx
        .api()
        .notifications(unread_only, asked.0.tiep.as_deref())
        .await
        .map_err(|e| ctx.refuse(e))?;
    let base = if session.officer {
        "/mot-cua/ho-so"
    } else {
        "/ho-so"
    };
    let items: Vec<Row> = found
        .items
        .into_iter()
        .map(|n| Row {
            time: format::time(&n.at),
            lines: format::lines(&n.body)
                .into_iter()
                .map(str::to_owned)
                .collect(),
            href: n.dossier_id.map(|id| format!("{base}/{id}")),
            role: n.inbox.as_deref() == Some("role"),
            id: n.id,
            title: n.title,
            read: n.read,
        })
        .collect();
    let unread = u64::try_from(items.iter().filter(|n| !n.read).count()).unwrap_or(u64::MAX);
    let same = [("chua-doc", if unread_only { "1" } else { "" })];
    ok(&Inbox {
        page: Page::new(&ctx, Section::Inbox, ctx.t.nav_inbox()),
        unread_text: ctx.t.unread_count(found.unread_count.unwrap_or(unread)),
        unread_only,
        items,
        next: found
            .next
            .as_deref()
            .map(|cursor| further("/hop-thu", &same, cursor)),
    })
}

#[post("/hop-thu/{id}/da-doc")]
pub(super) async fn mark_read(
    ctx: Ctx,
    id: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, PageError> {
    let fields = Fields::read(payload).await?;
    ctx.check_form(fields.get("csrf"))
        .map_err(|e| back(e, "/hop-thu"))?;
    ctx.api()
        .mark_read(&id)
        .await
        .map_err(|e| PageError::of(e, "/hop-thu"))?;
    Ok(see_other("/hop-thu"))
}

/// Signing in leads back to a page, never to the address of a form's answer.
pub(crate) fn back(error: PageError, page: &str) -> PageError {
    match error {
        PageError::SignIn(_) => PageError::SignIn(page.to_owned()),
        other => other,
    }
}
