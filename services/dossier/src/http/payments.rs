//! What the payment platform reports, and what of it needs a person.

use crate::app::{App, payments};
use crate::domain::payment::{Outcome, PaymentReport};
use crate::error::{Error, code};
use crate::store::fees;
use actix_web::{get, post, web};
use chrono::{DateTime, Utc};
use contracts::problem::shared;
use contracts::{DossierId, Permission};
use kit::auth::SignedIn;
use kit::http::{Json, Query};
use kit::page::{self, Page};
use kit::{Problem, ProblemBody};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The answer to a report, as the platform wants it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ReportTaken {
    /// `00`: taken; there is no need to send it again.
    #[schema(example = "00")]
    ma_loi: &'static str,
    /// What became of it.
    #[schema(example = "applied")]
    ket_qua: &'static str,
}

/// A call-back of the payment platform.
#[utoipa::path(
    post, path = "/api/v1/payments/notifications", tag = "fees", operation_id = "reportPayment",
    summary = "Nền tảng thanh toán báo kết quả · Payment platform's call-back",
    description = "For the payment platform: signed by `MaXacThuc` with the secret that was agreed, in place of a token. May be sent again as often as needed: a transaction has one effect. What pays nothing is kept for a person.",
    request_body = PaymentReport,
    responses(
        (status = 200, description = "Taken", body = ReportTaken),
        (status = 403, description = "Not signed as agreed (`payment.signature-invalid`)", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The transaction was reported with another content (`payment.transaction-reused`)", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(()),
)]
#[post("/api/v1/payments/notifications")]
pub(crate) async fn report_payment(
    app: web::Data<App>,
    body: Json<PaymentReport>,
) -> Result<Json<ReportTaken>, Problem> {
    let (app, report) = (&*app, &body.0);
    let settings = &app.config.payment;
    if !report.is_signed(&settings.partner, settings.secret.expose()) {
        return Err(Problem::new(code::PAYMENT_SIGNATURE));
    }
    payments::check(report)?;
    let outcome: Result<Outcome, Error> = app
        .db
        .tx(|tx| async move { payments::take(app, &tx, report).await })
        .await;
    Ok(Json(ReportTaken {
        ma_loi: "00",
        ket_qua: outcome?.name(),
    }))
}

/// A report as it was taken.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReportOut {
    #[schema(example = "GD-0001")]
    transaction_id: String,
    #[schema(example = "MC0123456789ABCDEF0123")]
    reference: String,
    /// VND.
    #[schema(example = 10000)]
    amount: i64,
    reported_at: DateTime<Utc>,
    /// `applied`, `failed`, `unknownReference`, `wrongAmount` or `notAsked`.
    #[schema(example = "wrongAmount")]
    outcome: String,
    dossier_id: Option<DossierId>,
}

/// Narrows the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReportsQuery {
    /// One of the outcomes.
    #[param(example = "wrongAmount")]
    outcome: Option<String>,
    /// Items a page, 1–100; 20 when absent.
    #[param(minimum = 1, maximum = 100, example = 20)]
    limit: Option<u32>,
    /// Cursor from the page before.
    cursor: Option<String>,
}

/// Reports of the payment platform.
#[utoipa::path(
    get, path = "/api/v1/payments", tag = "fees", operation_id = "listPayments",
    summary = "Báo có từ nền tảng thanh toán · Payments reported",
    description = "Newest first: those for dossiers of the caller's agency; for the operators of the suite all, also those whose reference nobody knows. Money that paid nothing (`wrongAmount`, `notAsked`, `unknownReference`) waits here for a person.",
    params(ReportsQuery),
    responses(
        (status = 200, description = "A page", body = Page<ReportOut>),
    ),
    security(("bearer" = ["dossier.receive"]), ("bearer" = ["operations.tasks"])),
)]
#[get("/api/v1/payments")]
pub(crate) async fn list_payments(
    caller: SignedIn,
    app: web::Data<App>,
    query: Query<ReportsQuery>,
) -> Result<Json<Page<ReportOut>>, Problem> {
    let actor = &caller.0;
    let all = actor.can(Permission::OperationsTasks);
    if !all && !actor.can(Permission::DossierReceive) {
        return Err(
            Problem::new(shared::FORBIDDEN).extra("permission", Permission::DossierReceive.name())
        );
    }
    let limit = page::limit(query.0.limit)?;
    let outcome = match query.0.outcome.as_deref() {
        None => None,
        Some(name) => Some(Outcome::parse(name).ok_or_else(|| {
            Problem::new(shared::QUERY_INVALID).field(
                "outcome",
                shared::FIELD_INVALID,
                shared::FIELD_INVALID.vi,
                shared::FIELD_INVALID.en,
            )
        })?),
    };
    let before = query
        .0
        .cursor
        .as_deref()
        .map(page::decode_cursor::<(DateTime<Utc>, String)>)
        .transpose()?;
    let rows = fees::reports(
        app.db.read(),
        &actor.scope(),
        all,
        outcome.map(Outcome::name),
        before,
        limit + 1,
    )
    .await
    .map_err(Error::from)?;
    let page = Page::cut(rows, limit, |r| (r.reported_at, r.transaction_id.clone()));
    Ok(Json(page.map(|r| ReportOut {
        transaction_id: r.transaction_id,
        reference: r.reference,
        amount: r.amount,
        reported_at: r.reported_at,
        outcome: r.outcome,
        dossier_id: r.dossier_id.map(DossierId),
    })))
}
