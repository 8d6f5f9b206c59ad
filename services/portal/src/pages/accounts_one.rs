//! One account, as an administrator changes it. Everything names the version that was seen.

use super::accounts::{self, AccountForm, PATH, Shape, chosen, form, offered, read, refused};
use super::accounts_password::{fresh, once};
use crate::api::types::ManagedAccount;
use crate::api::{ApiError, Refusal};
use crate::ctx::Ctx;
use crate::error::PageError;
use crate::form::Fields;
use crate::i18n::Tr;
use crate::session::Administrator;
use crate::shell::{Page, Section, done, html};
use crate::view::{Errors, Facts};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, post, web};
use askama::Template;
use kit::http::Query;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

#[derive(Template)]
#[template(path = "account_one.html")]
struct One {
    page: Page,
    errors: Vec<(String, String)>,
    problem: String,
    href: String,
    facts: Facts,
    /// Version that the typed form is for.
    form_version: i64,
    /// Absent where the account is not this administrator's to change.
    form: Option<AccountForm>,
    acts: Vec<Act>,
    own: bool,
    restricted: bool,
    /// Version that is shown.
    version: i64,
}

/// Something that a button does.
struct Act {
    /// Last part of its address.
    to: &'static str,
    name: &'static str,
    hint: &'static str,
}

#[derive(Deserialize)]
struct Asked {
    xong: Option<String>,
}

#[get("/quan-tri/tai-khoan/{id}")]
pub(super) async fn one(
    ctx: Ctx,
    id: web::Path<Uuid>,
    asked: Query<Asked>,
) -> Result<HttpResponse, PageError> {
    ctx.administrator()?;
    let account = ctx
        .api()
        .account(id.into_inner())
        .await
        .map_err(|e| ctx.refuse(e))?;
    let said = asked.0.xong.as_deref().and_then(|what| said(ctx.t, what));
    draw(&ctx, StatusCode::OK, account, None, Errors::default(), said)
}

/// What was just done.
fn said(t: Tr, what: &str) -> Option<String> {
    let text = match what {
        "luu" => t.account_saved(),
        "khoa" => t.account_was_closed(),
        "mo-lai" => t.account_was_opened(),
        "hai-lop" => t.account_was_reset(),
        "da-tao" => t.account_made_before(),
        _ => return None,
    };
    Some(text.to_owned())
}

/// Whether it is the administrator's own account.
fn is_own(admin: &Administrator, account: &ManagedAccount) -> bool {
    admin.account.0 == account.id
}

#[post("/quan-tri/tai-khoan/{id}")]
pub(super) async fn save(
    ctx: Ctx,
    id: web::Path<Uuid>,
    payload: web::Payload,
) -> Result<HttpResponse, PageError> {
    let id = id.into_inner();
    let page = format!("{PATH}/{id}");
    let fields = read(&ctx, &page, payload).await?;
    let admin = ctx.administrator()?;
    let before = ctx
        .api()
        .account(id)
        .await
        .map_err(|e| PageError::of(e, &page))?;
    let version = version_of(&fields);
    let body = difference(admin, &before, &fields);
    if body.is_empty() && before.version == version {
        return Ok(done(&page, "luu"));
    }
    let body = Value::Object(body);
    match ctx.api().change_account(id, version, &body).await {
        Ok(_) => Ok(done(&page, "luu")),
        Err(error) => again(&ctx, id, error, Some(&fields)).await,
    }
}

fn version_of(fields: &Fields) -> i64 {
    fields.get("version").parse().unwrap_or(0)
}

/// What was typed and is not so already. What the page did not show is not touched: a contact that is kept back would be emptied.
fn difference(
    admin: &Administrator,
    before: &ManagedAccount,
    fields: &Fields,
) -> Map<String, Value> {
    let mut body = Map::new();
    let name = fields.get("name");
    if name != before.name {
        body.insert("name".to_owned(), json!(name));
    }
    let mut optional = |field: &str, was: Option<&str>| {
        // What the form did not have is not emptied: a restriction may have been lifted since.
        let typed = fields.some(field);
        if fields.has(field) && typed.as_deref() != was {
            body.insert(field.to_owned(), json!(typed));
        }
    };
    if !before.restricted {
        optional("email", before.email.as_deref());
        optional("phone", before.phone.as_deref());
    }
    if !is_own(admin, before) {
        optional("agency", before.agency.as_deref());
        let mut roles = chosen(admin, fields);
        let mut had: Vec<&str> = before.roles.iter().map(String::as_str).collect();
        roles.sort_unstable();
        had.sort_unstable();
        if roles != had {
            body.insert("roles".to_owned(), json!(roles));
        }
    }
    body
}

#[post("/quan-tri/tai-khoan/{id}/{act}")]
pub(super) async fn act(
    ctx: Ctx,
    path: web::Path<(Uuid, String)>,
    payload: web::Payload,
) -> Result<HttpResponse, PageError> {
    let (id, act) = path.into_inner();
    let page = format!("{PATH}/{id}");
    let fields = read(&ctx, &page, payload).await?;
    let version = version_of(&fields);
    let outcome = match act.as_str() {
        "mat-khau" => return new_password(&ctx, id, version).await,
        "khoa" => set_active(&ctx, id, version, false).await,
        "mo-lai" => set_active(&ctx, id, version, true).await,
        "hai-lop" => reset(&ctx, id, version).await,
        _ => return Err(PageError::NotFound),
    };
    match outcome {
        Ok(()) => Ok(done(&page, &act)),
        Err(error) => again(&ctx, id, error, None).await,
    }
}

/// A new temporary password, shown if it was set: sent again it meets a newer version, and another one is neither set nor shown.
async fn new_password(ctx: &Ctx, id: Uuid, version: i64) -> Result<HttpResponse, PageError> {
    let password = fresh(ctx);
    let body = json!({"password": password});
    match ctx.api().change_account(id, version, &body).await {
        Ok(account) => once(ctx, account, password),
        Err(error) => again(ctx, id, error, None).await,
    }
}

async fn set_active(ctx: &Ctx, id: Uuid, version: i64, active: bool) -> Result<(), ApiError> {
    let body = json!({"active": active});
    ctx.api().change_account(id, version, &body).await?;
    Ok(())
}

/// The operation takes no version, so it is compared here.
async fn reset(ctx: &Ctx, id: Uuid, version: i64) -> Result<(), ApiError> {
    if ctx.api().account(id).await?.version != version {
        return Err(ApiError::Refused(Box::new(Refusal {
            status: 412,
            ..Refusal::default()
        })));
    }
    ctx.api().reset_second_factor(id).await
}

/// The page once more, as the account is now, with why it was refused. What was typed for an older version is not kept.
async fn again(
    ctx: &Ctx,
    id: Uuid,
    error: ApiError,
    typed: Option<&Fields>,
) -> Result<HttpResponse, PageError> {
    let page = format!("{PATH}/{id}");
    let (status, errors) = refused(ctx, error, &page)?;
    let newest = ctx
        .api()
        .account(id)
        .await
        .map_err(|e| PageError::of(e, &page))?;
    let typed = typed.filter(|_| status != StatusCode::PRECONDITION_FAILED);
    // What the form did not have is drawn as it is stored, or the next one would empty it.
    let typed = typed.map(|typed| {
        let (stored, mut whole) = (as_typed(&newest), typed.clone());
        for field in ["agency", "email", "phone"] {
            if !whole.has(field) {
                whole.set(field, stored.get(field));
            }
        }
        whole
    });
    draw(ctx, status, newest, typed.as_ref(), errors, None)
}

/// An account as its form would be typed.
fn as_typed(a: &ManagedAccount) -> Fields {
    let text = [
        ("name", a.name.clone()),
        ("agency", a.agency.clone().unwrap_or_default()),
        ("email", a.email.clone().unwrap_or_default()),
        ("phone", a.phone.clone().unwrap_or_default()),
    ];
    let roles = a
        .roles
        .iter()
        .map(|role| (format!("role.{role}"), "1".to_owned()));
    text.into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .chain(roles)
        .collect()
}

fn acts(t: Tr, active: bool) -> Vec<Act> {
    let toggle = if active {
        Act {
            to: "khoa",
            name: t.account_close(),
            hint: t.account_close_hint(),
        }
    } else {
        Act {
            to: "mo-lai",
            name: t.account_open(),
            hint: t.account_open_hint(),
        }
    };
    vec![
        Act {
            to: "mat-khau",
            name: t.account_new_password(),
            hint: t.account_new_password_hint(),
        },
        Act {
            to: "hai-lop",
            name: t.account_reset(),
            hint: t.account_reset_hint(),
        },
        toggle,
    ]
}

fn draw(
    ctx: &Ctx,
    status: StatusCode,
    a: ManagedAccount,
    typed: Option<&Fields>,
    errors: Errors,
    notice: Option<String>,
) -> Result<HttpResponse, PageError> {
    let (t, admin) = (ctx.t, ctx.administrator()?);
    let href = format!("{PATH}/{}", a.id);
    let own = is_own(admin, &a);
    let may = offered(admin);
    let mine = a.roles.iter().all(|role| may.contains(&role.as_str()));
    let shape = Shape {
        login: false,
        rights: !own,
        contact: !a.restricted,
    };
    let stored = as_typed(&a);
    let facts = Facts::default()
        .put(t.account_login(), a.login.clone())
        .put(t.account_roles(), accounts::roles(t, &a))
        .maybe(t.account_agency(), a.agency.as_deref())
        .put(t.state(), accounts::state(t, &a, ctx.app.rt.clock.now()));
    html(
        status,
        &One {
            page: Page::new(ctx, Section::Admin, a.name)
                .at(&href)
                .notice(notice),
            href,
            facts,
            form_version: typed.map_or(a.version, version_of),
            form: mine.then(|| form(t, admin, typed.unwrap_or(&stored), &errors, shape)),
            acts: if mine && !own {
                acts(t, a.active)
            } else {
                Vec::new()
            },
            own,
            restricted: a.restricted,
            version: a.version,
            errors: errors.fields,
            problem: errors.problem,
        },
    )
}
