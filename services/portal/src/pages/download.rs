//! Files and statutory forms, passed on with the session's token: the browser never holds one.

use crate::api::ApiError;
use crate::ctx::Ctx;
use crate::error::PageError;
use actix_web::http::header;
use actix_web::{HttpResponse, get, web};
use chrono::NaiveDate;
use kit::client::Answer;
use kit::http::Query;
use serde::Deserialize;

#[get("/ho-so/{id}/bieu-mau/{form}.pdf")]
pub(super) async fn citizen_form(
    ctx: Ctx,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, PageError> {
    form(&ctx, &path).await
}

#[get("/mot-cua/ho-so/{id}/bieu-mau/{form}.pdf")]
pub(super) async fn officer_form(
    ctx: Ctx,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, PageError> {
    form(&ctx, &path).await
}

/// How a file is wanted.
#[derive(Deserialize)]
struct Asked {
    xem: Option<String>,
}

#[get("/ho-so/{id}/tep/{file}")]
pub(super) async fn citizen_file(
    ctx: Ctx,
    path: web::Path<(String, String)>,
    asked: Query<Asked>,
) -> Result<HttpResponse, PageError> {
    file(&ctx, &path, asked.0.xem.is_some()).await
}

#[get("/mot-cua/ho-so/{id}/tep/{file}")]
pub(super) async fn officer_file(
    ctx: Ctx,
    path: web::Path<(String, String)>,
    asked: Query<Asked>,
) -> Result<HttpResponse, PageError> {
    file(&ctx, &path, asked.0.xem.is_some()).await
}

#[get("/ho-so/{id}/phi/{fee}/bien-lai.pdf")]
pub(super) async fn citizen_receipt(
    ctx: Ctx,
    path: web::Path<(String, u32)>,
) -> Result<HttpResponse, PageError> {
    receipt(&ctx, &path).await
}

#[get("/mot-cua/ho-so/{id}/phi/{fee}/bien-lai.pdf")]
pub(super) async fn officer_receipt(
    ctx: Ctx,
    path: web::Path<(String, u32)>,
) -> Result<HttpResponse, PageError> {
    receipt(&ctx, &path).await
}

/// The period of a book.
#[derive(Deserialize)]
struct Period {
    tu: NaiveDate,
    den: NaiveDate,
}

/// Sổ theo dõi hồ sơ.
#[get("/mot-cua/so-theo-doi.pdf")]
pub(super) async fn register(ctx: Ctx, period: Query<Period>) -> Result<HttpResponse, PageError> {
    ctx.officer()?;
    let book = ctx.api().register(period.0.tu, period.0.den).await;
    pass_on(&ctx, book)
}

async fn receipt(ctx: &Ctx, (id, fee): &(String, u32)) -> Result<HttpResponse, PageError> {
    ctx.signed_in()?;
    pass_on(ctx, ctx.api().fee_receipt(id, *fee).await)
}

async fn form(ctx: &Ctx, (id, form): &(String, String)) -> Result<HttpResponse, PageError> {
    ctx.signed_in()?;
    pass_on(ctx, ctx.api().form(id, form).await)
}

async fn file(
    ctx: &Ctx,
    (_, file): &(String, String),
    inline: bool,
) -> Result<HttpResponse, PageError> {
    ctx.signed_in()?;
    pass_on(ctx, ctx.api().file_content(file, inline).await)
}

fn pass_on(ctx: &Ctx, answer: Result<Answer, ApiError>) -> Result<HttpResponse, PageError> {
    let answer = answer.map_err(|e| ctx.refuse(e))?;
    let mut response = HttpResponse::Ok();
    for name in [header::CONTENT_TYPE, header::CONTENT_DISPOSITION] {
        if let Some(value) = answer.header(name.as_str()) {
            response.insert_header((name, value));
        }
    }
    // Whatever a file holds, it runs nothing and asks for nothing in our name. A sandbox would keep the browser's own PDF reader from
    // opening what is only to be looked at.
    let shown = answer
        .header("content-disposition")
        .is_some_and(|d| d.starts_with("inline"))
        && answer.header("content-type") == Some("application/pdf");
    response.insert_header((
        header::CONTENT_SECURITY_POLICY,
        if shown {
            "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        } else {
            "default-src 'none'; frame-ancestors 'none'; sandbox"
        },
    ));
    // Nor does a page of another origin embed it.
    response.insert_header(("cross-origin-resource-policy", "same-origin"));
    Ok(response.streaming(answer.into_stream()))
}
