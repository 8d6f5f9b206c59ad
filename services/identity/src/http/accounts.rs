//! Accounts, for administrators.

use crate::app::accounts::{self, Change, NewAccount, Repeat};
use crate::domain::account::{Account, Reach, fold_login};
use crate::domain::password;
use crate::error::{codes, unforeseen};
use crate::store::account::Filter;
use crate::{App, store};
use actix_web::http::header;
use actix_web::{HttpResponse, get, patch, post, web};
use chrono::{DateTime, Utc};
use contracts::problem::shared;
use contracts::{AccountId, Actor, ActorKind, Role};
use durable::Answer;
use durable::access::{self, Shown};
use kit::auth::{Allowed, SteppedUp, perm};
use kit::etag::{IfMatch, with_etag};
use kit::http::{IdempotencyKey, Json, Path, Query};
use kit::{FieldError, Page, Problem, ProblemBody, page};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeSet;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// An account as administrators see it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccountOut {
    /// The account.
    id: AccountId,
    /// Version, for `If-Match`.
    #[schema(example = 1)]
    version: i64,
    /// Login, lower case.
    #[schema(example = "officer")]
    login: String,
    /// Full name.
    #[schema(example = "Phạm Thị Dung")]
    name: String,
    /// Kind of party; follows from the roles.
    kind: ActorKind,
    /// Roles.
    roles: Vec<Role>,
    /// Agency code of an officer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "H05.21")]
    agency: Option<String>,
    /// E-mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "officer@example.vn")]
    email: Option<String>,
    /// Phone, E.164.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "+84904000001")]
    phone: Option<String>,
    /// Số định danh cá nhân, its middle hidden.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "0240******01")]
    identity_number: Option<String>,
    /// False: closed, cannot sign in.
    #[schema(example = true)]
    active: bool,
    /// A restriction or an objection of the person was granted: contact and number are kept, and shown to nobody else.
    #[schema(example = false)]
    restricted: bool,
    /// The password was set by an administrator (mật khẩu tạm): until when it opens a sign-in, in which the person chooses another. Absent:
    /// it is the person's own, or there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    temporary_password_until: Option<DateTime<Utc>>,
    /// When it was made.
    created_at: DateTime<Utc>,
}

/// A new account.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AccountIn {
    /// 3–64 characters of `a–z 0–9 . _ @ -`; kept in lower case, unique.
    #[schema(example = "dung.pham")]
    login: String,
    /// A temporary password, 10–128 characters: the person chooses another at the first sign-in.
    #[serde(skip_serializing)]
    #[schema(example = "ba con mèo đen", min_length = 10, max_length = 128)]
    password: String,
    /// Full name, at most 200 characters.
    #[schema(example = "Phạm Thị Dung")]
    name: String,
    /// Roles of a citizen or of an officer, not both.
    #[schema(example = json!(["one_stop_officer"]))]
    roles: Vec<Role>,
    /// Agency code; required for officers except province administrators.
    #[schema(example = "H05.21")]
    agency: Option<String>,
    /// E-mail.
    #[schema(example = "dung.pham@example.vn")]
    email: Option<String>,
    /// Phone, any usual spelling.
    #[schema(example = "0904000001")]
    phone: Option<String>,
    /// Số định danh cá nhân, 12 digits.
    #[schema(example = "024192000019")]
    identity_number: Option<String>,
}

/// A change: what is left out stays, `null` empties.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct AccountPatch {
    /// Full name.
    #[schema(example = "Phạm Thị Dung")]
    name: Option<String>,
    /// All roles it shall have. Nobody changes the own.
    #[schema(example = json!(["one_stop_officer", "specialist"]))]
    roles: Option<Vec<Role>>,
    /// Agency code.
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<String>, example = "H05.21")]
    agency: Option<Option<String>>,
    /// E-mail.
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<String>, example = "dung.pham@example.vn")]
    email: Option<Option<String>>,
    /// Phone.
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<String>, example = "0904000001")]
    phone: Option<Option<String>>,
    /// False closes the account and signs it out everywhere.
    #[schema(example = true)]
    active: Option<bool>,
    /// A new temporary password, as in a new account; signs the account out everywhere.
    #[schema(example = "bốn con mèo đen", min_length = 10, max_length = 128)]
    password: Option<String>,
}

/// Tells `null` from left out.
fn present<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

/// What a list asks for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// Only this agency.
    #[param(example = "H05.21")]
    agency: Option<String>,
    /// Only active accounts, or only closed ones.
    #[param(example = true)]
    active: Option<bool>,
    /// Items a page, 1–100; 20 when absent.
    #[param(minimum = 1, maximum = 100, example = 20)]
    limit: Option<u32>,
    /// Cursor from the page before.
    cursor: Option<String>,
}

pub(super) fn reach(by: &Actor) -> Result<Reach, Problem> {
    Reach::of(by).ok_or_else(|| Problem::new(shared::FORBIDDEN))
}

/// Opens what is sealed in an account. What cannot be opened is not shown; a list must not break for it.
pub(super) fn opened(app: &App, sealed: Option<String>) -> Option<String> {
    let opened = app.rt.sealer.open(&sealed?);
    opened
        .inspect_err(|error| tracing::error!(%error, "a sealed field of an account"))
        .ok()
}

/// Notes for the person what an administrator was shown.
async fn note(
    app: &App,
    by: &Actor,
    what: &str,
    operation: &str,
    shown: &[Uuid],
) -> Result<(), Problem> {
    let others: Vec<Uuid> = shown
        .iter()
        .copied()
        .filter(|id| *id != by.subject.0)
        .collect();
    if others.is_empty() {
        return Ok(());
    }
    let shown = Shown {
        what,
        operation,
        subjects: &others,
    };
    app.db
        .tx(|tx| async move { access::write(&tx, &app.rt, by, shown).await })
        .await
        .map_err(|error: sea_orm::DbErr| unforeseen(error))
}

/// Of these accounts those that are restricted.
async fn restricted(app: &App, ids: &[AccountId]) -> Result<BTreeSet<Uuid>, Problem> {
    store::data_request::restricted(app.db.read(), ids)
        .await
        .map_err(unforeseen)
}

async fn out_one(app: &App, account: Account) -> Result<AccountOut, Problem> {
    let hidden = !restricted(app, &[account.id]).await?.is_empty();
    Ok(out(app, account, hidden))
}

fn out(app: &App, mut account: Account, restricted: bool) -> AccountOut {
    if restricted {
        account.email = None;
        account.phone = None;
        account.identity_number = None;
    }
    // A number that cannot be opened is not shown; the list must not break for it.
    let identity_number = account
        .identity_number
        .and_then(|sealed| app.rt.sealer.open(&sealed).ok())
        .and_then(|number| vn::cccd::Cccd::parse_any_place(&number).ok())
        .map(|number| number.masked());
    AccountOut {
        id: account.id,
        version: account.version,
        login: account.login,
        name: account.name,
        kind: account.kind,
        roles: account.roles,
        agency: account.agency,
        email: opened(app, account.email),
        phone: opened(app, account.phone),
        identity_number,
        active: account.active,
        restricted,
        temporary_password_until: account.temporary_until,
        created_at: account.created_at,
    }
}

/// List accounts
///
/// By login. An agency administrator sees the accounts of the own agency, a province administrator all.
#[utoipa::path(
    tag = "accounts",
    operation_id = "listAccounts",
    params(ListQuery),
    responses(
        (status = 200, description = "A page of accounts.", body = Page<AccountOut>),
        (status = 401, description = "No token or a bad one.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Not an administrator.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A parameter is not valid.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["account.manage"]))
)]
#[get("/api/v1/accounts")]
pub(super) async fn list(
    by: Allowed<perm::AccountManage>,
    query: Query<ListQuery>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let query = query.0;
    let limit = page::limit(query.limit)?;
    let filter = Filter {
        agency: query.agency,
        active: query.active,
        after: query
            .cursor
            .as_deref()
            .map(page::decode_cursor)
            .transpose()?,
    };
    let rows = store::account::list(app.db.read(), &reach(by.actor())?, &filter, limit + 1)
        .await
        .map_err(unforeseen)?;
    let page = Page::cut(rows, limit, |account| account.login.clone());
    let shown: Vec<Uuid> = page.items.iter().map(|a| a.id.0).collect();
    note(&app, by.actor(), "list", "listAccounts", &shown).await?;
    let ids: Vec<AccountId> = page.items.iter().map(|a| a.id).collect();
    let hidden = restricted(&app, &ids).await?;
    Ok(HttpResponse::Ok()
        .insert_header(super::NO_STORE)
        .json(page.map(|a| {
            let restricted = hidden.contains(&a.id.0);
            out(&app, a, restricted)
        })))
}

/// Show an account
///
/// With its version as `ETag`.
#[utoipa::path(
    tag = "accounts",
    operation_id = "getAccount",
    params(("id" = Uuid, Path, description = "The account.", example = "01932f4c-0000-7000-8000-000000000001")),
    responses(
        (status = 200, description = "The account.", body = AccountOut, headers(("ETag" = String, description = "The version."))),
        (status = 401, description = "No token or a bad one.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Not an administrator.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "Not there, or not within reach.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["account.manage"]))
)]
#[get("/api/v1/accounts/{id}")]
pub(super) async fn show(
    by: Allowed<perm::AccountManage>,
    id: Path<Uuid>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let account = accounts::show(&app, &reach(by.actor())?, AccountId(id.0)).await?;
    note(&app, by.actor(), "account", "getAccount", &[account.id.0]).await?;
    Ok(with_etag(&mut HttpResponse::Ok(), account.version)
        .insert_header(super::NO_STORE)
        .json(out_one(&app, account).await?))
}

/// Create an account
///
/// An agency administrator creates officers of the own agency; a province administrator any person's account. The password is
/// temporary: the person chooses another at the first sign-in, within seven days unless configured otherwise. Takes `Idempotency-Key`.
#[utoipa::path(
    tag = "accounts",
    operation_id = "createAccount",
    request_body(content = AccountIn, example = json!({
        "login": "dung.pham", "password": "ba con mèo đen", "name": "Phạm Thị Dung",
        "roles": ["one_stop_officer"], "agency": "H05.21", "phone": "0904000001",
    })),
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request safe: 1–128 visible ASCII characters.", example = "a2c1f0e8-create-1")),
    responses(
        (status = 201, description = "Created.", body = AccountOut, headers(("Location" = String, description = "The account."), ("ETag" = String, description = "The version."))),
        (status = 400, description = "Not JSON.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No token or a bad one.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Not an administrator, or beyond one's reach.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The login is taken.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON by its content type.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field is not valid, or the key was used with another body.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["account.manage"]))
)]
#[post("/api/v1/accounts")]
pub(super) async fn create(
    by: SteppedUp<perm::AccountManage>,
    key: IdempotencyKey,
    body: Json<AccountIn>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let reach = reach(by.actor())?;
    // Keyed, and with the password left out: a plain hash of it must lie nowhere.
    let canonical = serde_json::to_string(&body.0).map_err(unforeseen)?;
    let body_hash = app.rt.sealer.lookup_hash(&canonical);
    let new = checked(&app, body.0).await?;
    let repeat = Repeat {
        key: key.0.as_deref(),
        body_hash: &body_hash,
    };
    let answer = accounts::create(&app, by.actor(), &reach, new, &repeat, created).await?;
    let mut response = HttpResponse::Created();
    if let Some(location) = &answer.location {
        response.insert_header((header::LOCATION, location.as_str()));
    }
    if let Some(etag) = &answer.etag {
        response.insert_header((header::ETAG, etag.as_str()));
    }
    Ok(response.insert_header(super::NO_STORE).json(answer.body))
}

fn created(app: &App, account: &Account) -> Answer {
    Answer {
        status: 201,
        location: Some(format!("/api/v1/accounts/{}", account.id)),
        etag: Some(format!("\"{}\"", account.version)),
        body: serde_json::to_value(out(app, account.clone(), false)).unwrap_or_default(),
    }
}

/// Change an account
///
/// Name, contact, roles, agency; `active: false` closes it; `password` sets a temporary one. The last two sign it out everywhere.
/// Access tokens given before a change of roles, agency, password or a closing are refused within seconds. Requires `If-Match` with the version.
#[utoipa::path(
    tag = "accounts",
    operation_id = "changeAccount",
    request_body(content = AccountPatch, example = json!({ "phone": "0912345678", "active": true })),
    params(
        ("id" = Uuid, Path, description = "The account.", example = "01932f4c-0000-7000-8000-000000000001"),
        ("If-Match" = String, Header, description = "The version that is changed.", example = "\"1\""),
    ),
    responses(
        (status = 200, description = "Changed.", body = AccountOut, headers(("ETag" = String, description = "The new version."))),
        (status = 400, description = "Not JSON.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No token or a bad one.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Not an administrator, or beyond one's reach.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "Not there, or not within reach.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Nobody changes the own rights.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "Changed by somebody else since.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON by its content type.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A field is not valid.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 428, description = "If-Match is missing.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["account.manage"]))
)]
#[patch("/api/v1/accounts/{id}")]
pub(super) async fn change(
    by: SteppedUp<perm::AccountManage>,
    id: Path<Uuid>,
    version: IfMatch,
    body: Json<AccountPatch>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let reach = reach(by.actor())?;
    let id = AccountId(id.0);
    let version = version.required()?;
    // Also the login is needed to judge a password.
    let login = accounts::show(&app, &reach, id).await?.login;
    let change = checked_change(&app, body.0, &login).await?;
    let account = accounts::change(&app, by.actor(), &reach, id, version, change).await?;
    note(
        &app,
        by.actor(),
        "account",
        "changeAccount",
        &[account.id.0],
    )
    .await?;
    Ok(with_etag(&mut HttpResponse::Ok(), account.version)
        .insert_header(super::NO_STORE)
        .json(out_one(&app, account).await?))
}

/// Fields of one account, each checked; every error is told at once.
#[derive(Default)]
struct Check(Vec<FieldError>);

impl Check {
    fn wrong<T>(
        &mut self,
        pointer: &str,
        code: contracts::Code,
        vi: &'static str,
        en: &'static str,
    ) -> Option<T> {
        self.0.push(FieldError::new(pointer, code, vi, en));
        None
    }

    fn login(&mut self, text: &str) -> Option<String> {
        fold_login(text).or_else(|| {
            self.wrong(
                "/login",
                codes::LOGIN_INVALID,
                "Tên đăng nhập gồm 3–64 ký tự a–z, 0–9, chấm, gạch dưới, @, gạch nối",
                "A login has 3–64 characters of a–z, 0–9, dot, underscore, @, hyphen",
            )
        })
    }

    fn password(&mut self, text: &str, login: &str) {
        if !password::is_good(text, login) {
            self.wrong::<()>(
                "/password",
                codes::PASSWORD_WEAK,
                "Mật khẩu cần 10–128 ký tự, không quá dễ đoán và không giống tên đăng nhập",
                "A password needs 10–128 characters, not easily guessed and unlike the login",
            );
        }
    }

    /// Only what is good otherwise is looked for in the list: a word that all lists have is refused for what it is.
    async fn not_breached(&mut self, app: &App, text: &str) -> Result<(), Problem> {
        let named = self.0.iter().any(|error| error.pointer == "/password");
        let password = vn::text::nfc(text);
        if !named && app.breached.holds(&password).await.map_err(unforeseen)? {
            self.wrong::<()>(
                "/password",
                codes::PASSWORD_BREACHED,
                "Mật khẩu này đã bị lộ ở nơi khác; hãy chọn mật khẩu khác",
                "This password was leaked elsewhere; choose another",
            );
        }
        Ok(())
    }

    fn name(&mut self, text: &str) -> Option<String> {
        let clean = vn::text::clean(text);
        let clean = clean.split_whitespace().collect::<Vec<_>>().join(" ");
        if clean.is_empty() {
            self.wrong(
                "/name",
                shared::FIELD_REQUIRED,
                "Thiếu họ và tên",
                "The name is missing",
            )
        } else if clean.chars().count() > 200 {
            self.wrong(
                "/name",
                shared::FIELD_TOO_LONG,
                "Họ và tên quá 200 ký tự",
                "The name is longer than 200 characters",
            )
        } else {
            Some(clean)
        }
    }

    fn agency(&mut self, text: &str) -> Option<String> {
        vn::agency::AgencyCode::parse(text)
            .ok()
            .map(|code| code.as_str().to_owned())
            .or_else(|| {
                self.wrong(
                    "/agency",
                    codes::AGENCY_INVALID,
                    "Mã cơ quan có dạng H05 hoặc H05.21",
                    "An agency code looks like H05 or H05.21",
                )
            })
    }

    fn email(&mut self, text: &str) -> Option<String> {
        let text = text.trim();
        let good = text.len() <= 254
            && text.split_once('@').is_some_and(|(local, domain)| {
                !local.is_empty()
                    && local.len() <= 64
                    && domain.contains('.')
                    && !domain.starts_with('.')
                    && !domain.ends_with('.')
                    && !domain.contains("..")
                    && text
                        .chars()
                        .all(|c| c.is_ascii_graphic() && !"()<>[]:;,\\\" ".contains(c))
                    && !domain.contains('@')
            });
        if good {
            Some(text.to_owned())
        } else {
            self.0.push(FieldError::of("/email", shared::EMAIL_INVALID));
            None
        }
    }

    fn phone(&mut self, text: &str) -> Option<String> {
        let phone = vn::phone::Phone::parse(text)
            .ok()
            .map(|p| p.as_str().to_owned());
        if phone.is_none() {
            self.0.push(FieldError::of("/phone", shared::PHONE_INVALID));
        }
        phone
    }

    fn identity_number(&mut self, text: &str) -> Option<String> {
        let number = vn::cccd::Cccd::parse_any_place(text)
            .ok()
            .map(|n| n.as_str().to_owned());
        if number.is_none() {
            self.0
                .push(FieldError::of("/identityNumber", shared::CCCD_INVALID));
        }
        number
    }

    fn done(self) -> Result<(), Problem> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Problem::invalid(self.0))
        }
    }
}

fn unique(mut roles: Vec<Role>) -> Vec<Role> {
    roles.sort_unstable();
    roles.dedup();
    roles
}

async fn hashed(app: &App, password: &str) -> Result<String, Problem> {
    app.hasher
        .hash(&vn::text::nfc(password), app.rt.ids)
        .await
        .map_err(unforeseen)
}

async fn checked(app: &App, body: AccountIn) -> Result<NewAccount, Problem> {
    let mut check = Check::default();
    let login = check.login(&body.login).unwrap_or_default();
    check.password(&body.password, &login);
    check.not_breached(app, &body.password).await?;
    let name = check.name(&body.name).unwrap_or_default();
    let agency = body.agency.as_deref().and_then(|a| check.agency(a));
    let email = body.email.as_deref().and_then(|e| check.email(e));
    let phone = body.phone.as_deref().and_then(|p| check.phone(p));
    let identity_number = body
        .identity_number
        .as_deref()
        .and_then(|n| check.identity_number(n));
    check.done()?;
    Ok(NewAccount {
        login,
        password_hash: hashed(app, &body.password).await?,
        name,
        roles: unique(body.roles),
        agency,
        email,
        phone,
        identity_number,
    })
}

async fn checked_change(app: &App, body: AccountPatch, login: &str) -> Result<Change, Problem> {
    let mut check = Check::default();
    let name = body
        .name
        .as_deref()
        .map(|n| check.name(n).unwrap_or_default());
    let agency = body.agency.map(|a| a.and_then(|a| check.agency(&a)));
    let email = body.email.map(|e| e.and_then(|e| check.email(&e)));
    let phone = body.phone.map(|p| p.and_then(|p| check.phone(&p)));
    if let Some(password) = &body.password {
        check.password(password, login);
        check.not_breached(app, password).await?;
    }
    check.done()?;
    let password_hash = match &body.password {
        Some(password) => Some(hashed(app, password).await?),
        None => None,
    };
    Ok(Change {
        name,
        roles: body.roles.map(unique),
        agency,
        email,
        phone,
        active: body.active,
        password_hash,
    })
}
