//! One's own second factor, and its reset by an administrator.

use super::NO_STORE;
use super::accounts::reach;
use crate::app::second_factor::{self, Refused};
use crate::app::throttle::Wait;
use crate::domain::account::Account;
use crate::domain::second_factor::address;
use crate::error::{codes, unforeseen};
use crate::{App, store};
use actix_web::{HttpRequest, HttpResponse, delete, get, post, put, web};
use chrono::{DateTime, Utc};
use contracts::problem::shared;
use contracts::{AccountId, Actor, ActorKind};
use kit::auth::{SignedIn, SteppedUp, perm};
use kit::http::{Json, Path};
use kit::{Problem, ProblemBody};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// The state of one's second factor.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SecondFactorOut {
    /// Whether a sign-in asks for a code.
    on: bool,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<DateTime<Utc>>,
    /// Recovery codes that are not used yet.
    #[schema(example = 10)]
    recovery_codes_left: u64,
    /// Passkeys, each of which may be used in place of a code. They are made and removed on the page `/oauth2/passkeys`.
    #[schema(example = 1)]
    passkeys: u64,
}

/// A shared secret that waits to be confirmed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SecondFactorProposal {
    /// The secret, base32, to type into the authenticator application.
    #[schema(example = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")]
    secret: String,
    /// The same as an address, to show as a QR code.
    #[schema(
        example = "otpauth://totp/dung.pham?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=M%E1%BB%99t%20C%E1%BB%ADa"
    )]
    address: String,
}

/// Recovery codes, shown once. Each is good for one sign-in.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RecoveryCodesOut {
    /// The codes.
    #[schema(example = json!(["JBSW-Y3DP-EHPK-3PXP"]))]
    recovery_codes: Vec<String>,
}

/// The password, again.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PasswordIn {
    /// One's password.
    #[schema(example = "ba con mèo đen")]
    password: String,
}

/// A code.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CodeIn {
    /// Six digits of the authenticator application.
    #[schema(example = "287082")]
    code: String,
}

/// The password and a code.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PasswordAndCodeIn {
    /// One's password.
    #[schema(example = "ba con mèo đen")]
    password: String,
    /// Six digits of the authenticator application, or a recovery code.
    #[schema(example = "287082")]
    code: String,
}

/// The own account; people only, and nobody who acts for another: a mandate is no key to the other's account.
pub(super) async fn own(app: &App, who: &Actor) -> Result<Account, Problem> {
    if who.kind == ActorKind::Client || who.mandate.is_some() {
        return Err(Problem::new(shared::FORBIDDEN));
    }
    store::account::find(app.db.read(), who.subject)
        .await
        .map_err(unforeseen)?
        .filter(|a| a.active)
        .ok_or_else(|| Problem::new(shared::TOKEN_INVALID))
}

fn problem(refused: Refused) -> Problem {
    let field = |pointer: &str, code: contracts::problem::Code| {
        Problem::new(shared::BODY_INVALID).field(pointer, code, code.vi, code.en)
    };
    match refused {
        Refused::On => Problem::new(codes::SECOND_FACTOR_ON),
        Refused::Off => Problem::new(codes::SECOND_FACTOR_OFF),
        Refused::NotFound => Problem::new(codes::ACCOUNT_NOT_FOUND),
        Refused::Rank(role) => crate::domain::account::Refusal::Role(role).into(),
        Refused::Password => field("/password", codes::PASSWORD_WRONG),
        Refused::Code => field("/code", codes::CODE_WRONG),
        Refused::TooMany(Wait(seconds)) => Problem::new(shared::RATE_LIMITED).retry_after(seconds),
        Refused::Busy => Problem::new(shared::UNAVAILABLE).retry_after(3),
        Refused::Database(error) => unforeseen(error),
        Refused::Other(error) => unforeseen(error),
    }
}

/// One's own second factor
///
/// Whether a sign-in asks for a code of an authenticator application, and how many recovery codes are left.
#[utoipa::path(
    tag = "accounts",
    operation_id = "getSecondFactor",
    responses(
        (status = 200, description = "The state.", body = SecondFactorOut),
        (status = 401, description = "No token, a bad one, or the account is closed.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "A machine client.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = []))
)]
#[get("/api/v1/me/second-factor")]
pub(super) async fn show(who: SignedIn, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    let account = own(&app, &who.0).await?;
    let state = second_factor::state(&app, account.id)
        .await
        .map_err(unforeseen)?;
    Ok(HttpResponse::Ok()
        .insert_header(NO_STORE)
        .json(SecondFactorOut {
            on: state.since.is_some(),
            since: state.since,
            recovery_codes_left: state.codes_left,
            passkeys: state.passkeys,
        }))
}

/// Propose a second factor
///
/// Makes a fresh secret for an authenticator application (TOTP, RFC 6238: SHA-1, six digits, 30 seconds). Nothing is asked for until
/// a code confirms it; asking again gives another secret.
#[utoipa::path(
    tag = "accounts",
    operation_id = "proposeSecondFactor",
    request_body(content = PasswordIn, example = json!({ "password": "ba con mèo đen" })),
    responses(
        (status = 200, description = "The secret, shown once.", body = SecondFactorProposal),
        (status = 400, description = "Not JSON.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No token, a bad one, or the account is closed.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "A machine client.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "There is a second factor already.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON by its content type.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The password is wrong.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many wrong passwords.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = []))
)]
#[put("/api/v1/me/second-factor")]
pub(super) async fn propose(
    req: HttpRequest,
    who: SignedIn,
    body: Json<PasswordIn>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let account = own(&app, &who.0).await?;
    let from = super::address(&req);
    let secret = second_factor::propose(&app, &account, &body.0.password, from)
        .await
        .map_err(problem)?;
    let address = address(&secret, &account.login).map_err(unforeseen)?;
    Ok(HttpResponse::Ok()
        .insert_header(NO_STORE)
        .json(SecondFactorProposal { secret, address }))
}

/// Confirm the second factor
///
/// From now on a sign-in asks for a code. The answer carries ten recovery codes, shown once.
#[utoipa::path(
    tag = "accounts",
    operation_id = "confirmSecondFactor",
    request_body(content = CodeIn, example = json!({ "code": "287082" })),
    responses(
        (status = 200, description = "It is on.", body = RecoveryCodesOut),
        (status = 400, description = "Not JSON.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No token, a bad one, or the account is closed.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "A machine client.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Nothing was proposed, or it is on already.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON by its content type.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The code is wrong.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many wrong codes.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = []))
)]
#[post("/api/v1/me/second-factor/confirm")]
pub(super) async fn confirm(
    req: HttpRequest,
    who: SignedIn,
    body: Json<CodeIn>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let account = own(&app, &who.0).await?;
    let recovery_codes = second_factor::confirm(&app, &account, &body.0.code, super::address(&req))
        .await
        .map_err(problem)?;
    Ok(HttpResponse::Ok()
        .insert_header(NO_STORE)
        .json(RecoveryCodesOut { recovery_codes }))
}

/// Renew the recovery codes
///
/// The old ones are good no longer.
#[utoipa::path(
    tag = "accounts",
    operation_id = "renewRecoveryCodes",
    request_body(content = PasswordAndCodeIn, example = json!({ "password": "ba con mèo đen", "code": "287082" })),
    responses(
        (status = 200, description = "The new codes, shown once.", body = RecoveryCodesOut),
        (status = 400, description = "Not JSON.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No token, a bad one, or the account is closed.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "A machine client.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "There is no second factor.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON by its content type.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "Password or code is wrong.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many attempts.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = []))
)]
#[post("/api/v1/me/second-factor/recovery-codes")]
pub(super) async fn renew_codes(
    req: HttpRequest,
    who: SignedIn,
    body: Json<PasswordAndCodeIn>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let account = own(&app, &who.0).await?;
    let PasswordAndCodeIn { password, code } = body.0;
    let from = super::address(&req);
    let recovery_codes = second_factor::renew_codes(&app, &account, &password, &code, from)
        .await
        .map_err(problem)?;
    Ok(HttpResponse::Ok()
        .insert_header(NO_STORE)
        .json(RecoveryCodesOut { recovery_codes }))
}

/// Turn the second factor off
///
/// With password and code, so that a browser left open is not enough.
#[utoipa::path(
    tag = "accounts",
    operation_id = "turnOffSecondFactor",
    request_body(content = PasswordAndCodeIn, example = json!({ "password": "ba con mèo đen", "code": "287082" })),
    responses(
        (status = 204, description = "It is off."),
        (status = 400, description = "Not JSON.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No token, a bad one, or the account is closed.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "A machine client.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "There is no second factor.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON by its content type.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "Password or code is wrong.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many attempts.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = []))
)]
#[post("/api/v1/me/second-factor/turn-off")]
pub(super) async fn turn_off(
    req: HttpRequest,
    who: SignedIn,
    body: Json<PasswordAndCodeIn>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let account = own(&app, &who.0).await?;
    let PasswordAndCodeIn { password, code } = body.0;
    second_factor::turn_off(&app, &account, &password, &code, super::address(&req))
        .await
        .map_err(problem)?;
    Ok(HttpResponse::NoContent().insert_header(NO_STORE).finish())
}

/// Reset somebody's second factor
///
/// For an officer who lost the device and the recovery codes. Takes the passkeys away, too. Signs the account out everywhere. Nobody resets the own.
#[utoipa::path(
    tag = "accounts",
    operation_id = "resetSecondFactor",
    params(("id" = Uuid, Path, description = "The account.", example = "01932f4c-0000-7000-8000-000000000001")),
    responses(
        (status = 204, description = "It is off."),
        (status = 401, description = "No token or a bad one.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Not an administrator, or not one above that account (`account.role-not-allowed`).", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "Not there, not within reach, or the own.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "There is no second factor.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["account.manage"]))
)]
#[delete("/api/v1/accounts/{id}/second-factor")]
pub(super) async fn reset(
    by: SteppedUp<perm::AccountManage>,
    id: Path<Uuid>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let reach = reach(by.actor())?;
    second_factor::reset(&app, by.actor(), &reach, AccountId(id.0))
        .await
        .map_err(problem)?;
    Ok(HttpResponse::NoContent().insert_header(NO_STORE).finish())
}
