//! The first page, the style sheet.

use crate::CSS;
use crate::api::ApiError;
use crate::api::ProcedureQuery;
use crate::api::types::ProcedureItem;
use crate::ctx::Ctx;
use crate::error::PageError;
use crate::shell::{Page, Section, ok};
use actix_web::http::header;
use actix_web::{HttpResponse, get, web};
use askama::Template;
use futures_util::future::join_all;
use std::time::Duration;

/// The first page is asked for often; what is used most changes seldom.
const FEATURED_TTL: Duration = Duration::from_secs(300);
/// Procedures on the first page, filled up from the catalogue's list where the settings name fewer.
const SHOWN: usize = 8;
const FEATURED_KEY: &str = "portal:featured";

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    page: Page,
    featured: Vec<ProcedureItem>,
    away: bool,
}

#[get("/")]
pub(super) async fn home(ctx: Ctx) -> Result<HttpResponse, PageError> {
    let (featured, away) = match featured(&ctx).await {
        Ok(items) => (items, false),
        Err(error) => {
            tracing::warn!(%error, "first page without its list");
            (Vec::new(), true)
        }
    };
    ok(&Home {
        page: Page::new(&ctx, Section::None, ctx.t.home_title()),
        featured,
        away,
    })
}

/// The procedures named in the settings, filled up from the catalogue's list.
async fn featured(ctx: &Ctx) -> Result<Vec<ProcedureItem>, ApiError> {
    let cache = &ctx.app.rt.cache;
    if let Some(bytes) = cache.get(FEATURED_KEY).await
        && let Ok(items) = serde_json::from_slice(&bytes)
    {
        return Ok(items);
    }
    let api = ctx.public_api();
    let asked = ctx.app.settings.featured.iter().map(|code| async move {
        let query = ProcedureQuery {
            q: Some(code),
            limit: 5,
            ..ProcedureQuery::default()
        };
        let found = api.procedures(&query).await?;
        Ok::<_, ApiError>(found.items.into_iter().find(|p| p.code == *code))
    });
    let mut items = Vec::new();
    for found in join_all(asked).await {
        items.extend(found?);
    }
    if items.len() < SHOWN {
        let query = ProcedureQuery {
            limit: 20,
            ..ProcedureQuery::default()
        };
        for more in api.procedures(&query).await?.items {
            if items.len() < SHOWN && !items.iter().any(|p| p.id == more.id) {
                items.push(more);
            }
        }
    }
    if !items.is_empty()
        && let Ok(bytes) = serde_json::to_vec(&items)
    {
        cache.set(FEATURED_KEY, &bytes, FEATURED_TTL).await;
    }
    Ok(items)
}

#[get("/portal-{hash}.css")]
pub(super) async fn css(ctx: Ctx, hash: web::Path<String>) -> Result<HttpResponse, PageError> {
    if ctx.app.css_href != format!("/portal-{hash}.css") {
        return Err(PageError::NotFound);
    }
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/css; charset=utf-8"))
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .body(CSS))
}

/// Search engines may read procedures, and nothing of a person.
#[get("/robots.txt")]
pub(super) async fn robots() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(
        "User-agent: *\nDisallow: /ho-so\nDisallow: /nop-ho-so\nDisallow: /hop-thu\nDisallow: /mot-cua\nDisallow: /dang-\nDisallow: /tra-cuu?\n",
    )
}
