//! Accounts within an administrator's reach (quản trị tài khoản): the list, and a new one.

use super::accounts_password::{Offer, once};
use super::inbox::back;
use super::{dossiers, further};
use crate::api::ApiError;
use crate::api::types::ManagedAccount;
use crate::ctx::Ctx;
use crate::error::PageError;
use crate::form::Fields;
use crate::format;
use crate::i18n::Tr;
use crate::session::Administrator;
use crate::shell::{Page, Section, done, html, ok};
use crate::view::{Errors, Field};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, post, web};
use askama::Template;
use chrono::{DateTime, Utc};
use kit::http::Query;
use serde::Deserialize;
use serde_json::json;

/// Where it is.
pub(super) const PATH: &str = "/quan-tri/tai-khoan";
/// The form for a new one.
const NEW: &str = "/quan-tri/tai-khoan/moi";

/// Roles of people, and whether only administrators of the province give them: what identity allows, so that nothing else is offered.
const ROLES: [(&str, bool); 8] = [
    ("one_stop_officer", false),
    ("specialist", false),
    ("leader", false),
    ("restricted_officer", false),
    ("agency_admin", false),
    ("province_admin", true),
    ("citizen", true),
    ("business", true),
];

/// Roles that this administrator may give.
pub(super) fn offered(admin: &Administrator) -> Vec<&'static str> {
    ROLES
        .iter()
        .filter(|(_, above)| admin.province || !*above)
        .map(|(role, _)| *role)
        .collect()
}

/// Roles among them that a form gives.
pub(super) fn chosen(admin: &Administrator, fields: &Fields) -> Vec<&'static str> {
    let mut roles = offered(admin);
    roles.retain(|role| fields.has(&format!("role.{role}")));
    roles
}

/// How an account stands, in words.
pub(super) fn state(t: Tr, a: &ManagedAccount, now: DateTime<Utc>) -> String {
    match (&a.temporary_password_until, a.active) {
        (_, false) => t.account_closed().to_owned(),
        (Some(until), true) => t.temporary_until(&format::time(until), *until <= now),
        (None, true) => t.account_in_use().to_owned(),
    }
}

/// Names of roles.
pub(super) fn roles(t: Tr, a: &ManagedAccount) -> String {
    let names: Vec<String> = a.roles.iter().map(|role| t.role(role)).collect();
    names.join(", ")
}

#[derive(Template)]
#[template(path = "accounts.html")]
struct Accounts {
    page: Page,
    agency: String,
    state: String,
    states: Vec<(&'static str, &'static str)>,
    rows: Vec<Row>,
    next: Option<String>,
}

struct Row {
    href: String,
    name: String,
    login: String,
    roles: String,
    agency: String,
    state: String,
    active: bool,
}

#[derive(Deserialize)]
struct Asked {
    #[serde(rename = "co-quan")]
    agency: Option<String>,
    #[serde(rename = "trang-thai")]
    state: Option<String>,
    tiep: Option<String>,
}

#[get("/quan-tri/tai-khoan")]
pub(super) async fn list(ctx: Ctx, asked: Query<Asked>) -> Result<HttpResponse, PageError> {
    ctx.administrator()?;
    let t = ctx.t;
    let agency = asked.0.agency.unwrap_or_default().trim().to_owned();
    let state = asked.0.state.unwrap_or_default();
    let active = match state.as_str() {
        "dang-dung" => Some(true),
        "da-khoa" => Some(false),
        _ => None,
    };
    let only = Some(agency.as_str()).filter(|code| !code.is_empty());
    let found = ctx
        .api()
        .accounts(only, active, asked.0.tiep.as_deref())
        .await
        .map_err(|e| ctx.refuse(e))?;
    let same = [("co-quan", agency.as_str()), ("trang-thai", state.as_str())];
    let next = found.next.as_deref().map(|c| further(PATH, &same, c));
    let now = ctx.app.rt.clock.now();
    let rows = found.items.into_iter().map(|a| Row {
        href: format!("{PATH}/{}", a.id),
        roles: roles(t, &a),
        state: self::state(t, &a, now),
        name: a.name,
        login: a.login,
        agency: a.agency.unwrap_or_default(),
        active: a.active,
    });
    ok(&Accounts {
        page: Page::new(&ctx, Section::Admin, t.accounts_title()),
        rows: rows.collect(),
        states: vec![
            ("dang-dung", t.account_in_use()),
            ("da-khoa", t.account_closed()),
        ],
        agency,
        state,
        next,
    })
}

/// What a form asks for besides the name.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    pub(super) login: bool,
    /// Roles and agency.
    pub(super) rights: bool,
    /// E-mail and phone.
    pub(super) contact: bool,
}

/// The fields of an account.
#[derive(Template)]
#[template(path = "part/account_form.html")]
pub(super) struct AccountForm {
    t: Tr,
    login: Option<Field>,
    name: Field,
    rights: Option<Rights>,
    contact: Vec<Field>,
}

struct Rights {
    roles: Vec<Choice>,
    error: Option<String>,
    agency: Field,
}

struct Choice {
    role: &'static str,
    name: String,
    on: bool,
}

/// The fields as they were typed.
pub(super) fn form(
    t: Tr,
    admin: &Administrator,
    fields: &Fields,
    errors: &Errors,
    shape: Shape,
) -> AccountForm {
    let text = |name: &str, label: &str| {
        Field::text(t, name, label, fields.get(name))
            .error(errors.at(name))
            .autocomplete("off")
    };
    let rights = || Rights {
        roles: offered(admin)
            .into_iter()
            .map(|role| Choice {
                role,
                name: t.role(role),
                on: fields.has(&format!("role.{role}")),
            })
            .collect(),
        error: errors.at("roles"),
        agency: text("agency", t.account_agency()).hint(t.account_agency_hint()),
    };
    AccountForm {
        t,
        login: shape.login.then(|| {
            text("login", t.account_login())
                .hint(t.account_login_hint())
                .required()
        }),
        name: text("name", t.account_name()).required(),
        rights: shape.rights.then(rights),
        contact: if shape.contact {
            vec![
                text("email", t.account_email()).input("email"),
                text("phone", t.account_phone()).input("tel"),
            ]
        } else {
            Vec::new()
        },
    }
}

/// The field that an error of the API belongs to.
fn field_of(pointer: &str) -> Option<String> {
    let field = pointer.strip_prefix('/')?.split('/').next()?;
    ["login", "name", "roles", "agency", "email", "phone"]
        .contains(&field)
        .then(|| field.to_owned())
}

/// A refusal as a page to show again: status and errors.
pub(super) fn refused(
    ctx: &Ctx,
    error: ApiError,
    page: &str,
) -> Result<(StatusCode, Errors), PageError> {
    let t = ctx.t;
    if let ApiError::Refused(refusal) = &error {
        // Some that are about one field do not say so.
        let known = match refusal.code.as_str() {
            "account.login-taken" => Some(("login", StatusCode::CONFLICT, t.account_twice())),
            "account.role-not-allowed" => Some(("roles", StatusCode::FORBIDDEN, "")),
            "account.agency-not-allowed" => Some(("agency", StatusCode::FORBIDDEN, "")),
            _ => None,
        };
        if let Some((field, status, problem)) = known {
            let mut errors = Errors {
                problem: problem.to_owned(),
                ..Errors::default()
            };
            errors.add(field, refusal.text());
            return Ok((status, errors));
        }
    }
    let (status, mut errors) = dossiers::refused(ctx, error, page, field_of)?;
    if status == StatusCode::PRECONDITION_FAILED {
        errors.problem = t.account_stale().to_owned();
    } else if status == StatusCode::SERVICE_UNAVAILABLE {
        errors.problem = t.account_away().to_owned();
    }
    Ok((status, errors))
}

#[derive(Template)]
#[template(path = "account_new.html")]
struct New {
    page: Page,
    errors: Vec<(String, String)>,
    problem: String,
    key: String,
    form: AccountForm,
}

#[get("/quan-tri/tai-khoan/moi")]
pub(super) async fn blank(ctx: Ctx) -> Result<HttpResponse, PageError> {
    let admin = ctx.administrator()?;
    let mut fields = Fields::default();
    fields.set("agency", admin.agency.clone().unwrap_or_default());
    let offer = Offer::new(&ctx);
    show(&ctx, StatusCode::OK, &fields, Errors::default(), &offer)
}

#[post("/quan-tri/tai-khoan/moi")]
pub(super) async fn create(ctx: Ctx, payload: web::Payload) -> Result<HttpResponse, PageError> {
    let fields = read(&ctx, NEW, payload).await?;
    let admin = ctx.administrator()?;
    let offer = Offer::of(&ctx, &fields);
    if let Some(id) = offer.made(&ctx).await {
        return Ok(done(&format!("{PATH}/{id}"), "da-tao"));
    }
    let body = json!({
        "login": fields.get("login"),
        "password": offer.password,
        "name": fields.get("name"),
        "roles": chosen(admin, &fields),
        "agency": fields.some("agency"),
        "email": fields.some("email"),
        "phone": fields.some("phone"),
    });
    let key = offer.key.to_string();
    match ctx.api().create_account(&key, &body).await {
        Ok(account) => {
            offer.remember(&ctx, account.id).await;
            once(&ctx, account, offer.password)
        }
        Err(error) => {
            let (status, errors) = refused(&ctx, error, NEW)?;
            show(&ctx, status, &fields, errors, &offer)
        }
    }
}

/// The fields of a form that an administrator sent from a page of this session.
pub(super) async fn read(
    ctx: &Ctx,
    page: &str,
    payload: web::Payload,
) -> Result<Fields, PageError> {
    ctx.administrator().map_err(|e| back(e, page))?;
    let fields = Fields::read(payload).await?;
    ctx.check_form(fields.get("csrf"))
        .map_err(|e| back(e, page))?;
    Ok(fields)
}

fn show(
    ctx: &Ctx,
    status: StatusCode,
    fields: &Fields,
    errors: Errors,
    offer: &Offer,
) -> Result<HttpResponse, PageError> {
    let (t, admin) = (ctx.t, ctx.administrator()?);
    let shape = Shape {
        login: true,
        rights: true,
        contact: true,
    };
    html(
        status,
        &New {
            page: Page::new(ctx, Section::Admin, t.accounts_new()).at(NEW),
            form: form(t, admin, fields, &errors, shape),
            key: offer.sealed(ctx),
            errors: errors.fields,
            problem: errors.problem,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use contracts::{AccountId, Language, Role};
    use std::collections::BTreeSet;
    use uuid::Uuid;

    fn admin(province: bool) -> Administrator {
        Administrator {
            account: AccountId(Uuid::nil()),
            province,
            agency: None,
        }
    }

    /// Names of roles in tokens.
    fn names(of: impl Fn(Role) -> bool) -> BTreeSet<String> {
        Role::ALL
            .iter()
            .filter(|role| of(**role))
            .map(|role| {
                let name = serde_json::to_value(role).expect("a name");
                name.as_str().expect("text").to_owned()
            })
            .collect()
    }

    #[test]
    fn every_role_of_people_is_offered_and_those_of_the_province_to_the_province_only() {
        let offers = |province: bool| -> BTreeSet<String> {
            let roles = offered(&admin(province)).into_iter();
            roles.map(str::to_owned).collect()
        };
        let machine = |role: Role| matches!(role, Role::Integrator | Role::PostOffice);
        assert_eq!(offers(true), names(|role| !machine(role)));
        let above =
            |role: Role| matches!(role, Role::Citizen | Role::Business | Role::ProvinceAdmin);
        assert_eq!(offers(false), names(|role| !machine(role) && !above(role)));
        for (role, _) in ROLES {
            for t in [Tr(Language::Vi), Tr(Language::En)] {
                assert_ne!(t.role(role), role, "a role without a name");
            }
        }
    }
}
