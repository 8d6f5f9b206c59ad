//! The public look-up: number and state, nothing else (TT 01/2018 art. 16).

use crate::api::ApiError;
use crate::api::types::Tracking;
use crate::ctx::Ctx;
use crate::error::PageError;
use crate::shell::{Page, Section, html};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get};
use askama::Template;
use kit::http::Query;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "tracking.html")]
struct LookUp {
    page: Page,
    number: String,
    error: Option<String>,
    found: Option<Tracking>,
}

#[derive(Deserialize)]
struct Asked {
    so: Option<String>,
}

#[get("/tra-cuu")]
pub(super) async fn look_up(ctx: Ctx, asked: Query<Asked>) -> Result<HttpResponse, PageError> {
    let t = ctx.t;
    let number = asked
        .0
        .so
        .as_deref()
        .unwrap_or_default()
        .trim()
        .to_uppercase();
    let mut status = StatusCode::OK;
    let (mut error, mut found) = (None, None);
    if !number.is_empty() {
        match ctx.public_api().tracking(&number).await {
            Ok(tracking) => found = Some(tracking),
            Err(ApiError::Refused(refusal)) if matches!(refusal.status, 404 | 422) => {
                status = StatusCode::NOT_FOUND;
                error = Some(t.tracking_none().to_owned());
            }
            Err(other) => return Err(ctx.refuse(other)),
        }
    }
    html(
        status,
        &LookUp {
            page: Page::new(&ctx, Section::Tracking, t.tracking_title()),
            number,
            error,
            found,
        },
    )
}
