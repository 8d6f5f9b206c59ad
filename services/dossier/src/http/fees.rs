//! What is to be paid for a dossier.

use super::asked::Texts;
use super::dossiers::Once;
use crate::app::acts::{self, Said};
use crate::app::{App, payments};
use crate::domain::Dossier;
use crate::domain::act::{Act, permitted};
use crate::domain::fee::{self, Basis, Exempt, Fee, NoFee, Paid, State, Way};
use crate::error::{Error, code};
use crate::store::access::What;
use crate::store::dossiers;
use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use contracts::problem::shared;
use contracts::{Actor, DossierId};
use durable::Answer;
use kit::auth::{Allowed, SignedIn, perm};
use kit::etag::{IfMatch, with_etag};
use kit::http::{IdempotencyKey, Json, Path};
use kit::{FieldError, Problem};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;
use vn::vietqr::VietQr;

/// Longest title of an obligation, characters.
const TITLE: usize = 200;

/// What is to be paid, and what was.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FeesOut {
    /// The obligations, oldest first.
    items: Vec<FeeOut>,
    /// The published fees that an officer may choose from, in the order of the catalogue.
    published: Vec<contracts::Fee>,
    /// VND still to be paid.
    #[schema(example = 10000)]
    open: i64,
}

/// One obligation.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FeeOut {
    #[schema(example = 1)]
    no: u32,
    #[schema(example = "Lệ phí đăng ký khai sinh quá hạn")]
    title: String,
    /// VND.
    #[schema(example = 10000)]
    amount: i64,
    /// `catalogue`: a published fee; `officer`: set by an officer, with a reason.
    #[schema(example = "catalogue")]
    basis: &'static str,
    reason: Option<String>,
    /// `asked`, `paid`, `exempt` or `refunded`.
    #[schema(example = "asked")]
    state: &'static str,
    asked_at: DateTime<Utc>,
    paid: Option<PaidOut>,
    exempt: Option<ExemptOut>,
    /// Once all that was paid has gone back.
    refunded: Option<RefundedOut>,
    /// What went back, in order.
    refunds: Vec<RefundOut>,
    /// VND that were paid and have not gone back.
    #[schema(example = 0)]
    left: i64,
    /// How to pay by transfer, while it is asked.
    transfer: Option<TransferOut>,
}

/// A payment.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PaidOut {
    at: DateTime<Utc>,
    way: Way,
    /// Number of the receipt, or the transaction.
    receipt: Option<String>,
}

/// An exemption.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExemptOut {
    at: DateTime<Utc>,
    reason: String,
    legal_basis: String,
}

/// A refund.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RefundedOut {
    at: DateTime<Utc>,
    reason: String,
    voucher: Option<String>,
}

/// Money that went back.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RefundOut {
    at: DateTime<Utc>,
    /// VND.
    #[schema(example = 4000)]
    amount: i64,
    reason: String,
    voucher: Option<String>,
}

/// A bank transfer that pays the obligation.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TransferOut {
    /// Bank identification number (NAPAS).
    #[schema(example = "970436")]
    bank_bin: String,
    #[schema(example = "113366668888")]
    account: String,
    #[schema(example = "KHO BAC NHA NUOC")]
    account_name: String,
    /// What the transfer must say, and nothing else.
    #[schema(example = "MC0123456789ABCDEF0123")]
    content: String,
    /// Text of the `VietQR` code.
    qr: String,
}

impl FeesOut {
    fn new(app: &App, dossier: &Dossier) -> Self {
        let fees = &dossier.details.fees;
        Self {
            items: fees.iter().map(|fee| out(app, dossier, fee)).collect(),
            published: dossier.details.procedure.fees.clone(),
            open: fees
                .iter()
                .filter(|f| f.state == State::Asked)
                .map(|f| f.amount)
                .sum(),
        }
    }
}

fn out(app: &App, dossier: &Dossier, fee: &Fee) -> FeeOut {
    let shown = |paid: &Paid| PaidOut {
        at: paid.at,
        way: paid.way,
        receipt: paid.receipt.clone(),
    };
    let (paid, exempt, refunded) = match &fee.state {
        State::Asked => (None, None, None),
        State::Paid(paid) => (Some(shown(paid)), None, None),
        State::Exempt(e) => {
            let e = ExemptOut {
                at: e.at,
                reason: e.reason.clone(),
                legal_basis: e.legal_basis.clone(),
            };
            (None, Some(e), None)
        }
        State::Refunded {
            paid,
            at,
            reason,
            voucher,
        } => {
            let refunded = RefundedOut {
                at: *at,
                reason: reason.clone(),
                voucher: voucher.clone(),
            };
            (Some(shown(paid)), None, Some(refunded))
        }
    };
    FeeOut {
        no: fee.no,
        title: fee.title.clone(),
        amount: fee.amount,
        basis: match fee.basis {
            Basis::Catalogue => "catalogue",
            Basis::Officer => "officer",
        },
        reason: fee.reason.clone(),
        state: fee.state.name(),
        asked_at: fee.asked_at,
        paid,
        exempt,
        refunded,
        refunds: fee
            .refunds
            .iter()
            .map(|r| RefundOut {
                at: r.at,
                amount: r.amount,
                reason: r.reason.clone(),
                voucher: r.voucher.clone(),
            })
            .collect(),
        left: fee.left(),
        transfer: (fee.state == State::Asked)
            .then(|| transfer(app, &dossier.agency.code, fee))
            .flatten(),
    }
}

/// None where the agency has no account to pay into.
fn transfer(app: &App, agency: &str, fee: &Fee) -> Option<TransferOut> {
    let account = app.config.payment.account_of(agency)?;
    let mut qr = VietQr::to_account(
        &account.bank_bin,
        &account.number,
        u64::try_from(fee.amount).ok(),
    );
    qr.purpose = Some(fee.reference.clone());
    let qr = qr
        .build()
        .map_err(|error| tracing::error!(%error, agency, "no VietQR for this account"))
        .ok()?;
    Some(TransferOut {
        bank_bin: account.bank_bin.clone(),
        account: account.number.clone(),
        account_name: account.name.clone(),
        content: fee.reference.clone(),
        qr,
    })
}

/// What is to be paid for a dossier.
#[utoipa::path(
    get, path = "/api/v1/dossiers/{id}/fees", tag = "fees", operation_id = "listFees",
    summary = "Phí, lệ phí của hồ sơ · Fees of a dossier",
    description = "All obligations with their state and receipts. While one is asked it says how to pay by transfer, with the text of a VietQR code.",
    params(("id" = Uuid, Path, description = "Id of the dossier", example = "019a8c1e-0000-7000-8000-000000000001")),
    responses(
        (status = 200, description = "The obligations", body = FeesOut, headers(("ETag" = String))),
    ),
    security(("bearer" = ["dossier.read"])),
)]
#[get("/api/v1/dossiers/{id}/fees")]
pub(crate) async fn list_fees(
    caller: Allowed<perm::DossierRead>,
    app: web::Data<App>,
    id: Path<Uuid>,
) -> Result<HttpResponse, Problem> {
    let (actor, id) = (caller.actor(), DossierId(id.0));
    let dossier = dossiers::find(app.db.read(), &actor.scope(), &app.rt, id)
        .await
        .map_err(Error::from)?
        .ok_or(Error::NotFound)?;
    app.note_read(actor, id, What::Fees)
        .await
        .map_err(Error::from)?;
    let mut response = HttpResponse::Ok();
    Ok(with_etag(&mut response, dossier.version).json(FeesOut::new(&app, &dossier)))
}

/// An obligation to ask for: a published fee, or an amount with a reason.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"title": "Lệ phí cấp bản sao", "amount": 8000, "reason": "Người nộp xin thêm một bản sao"}))]
pub(crate) struct NewFee {
    /// A published fee by its place, from 0; then neither amount nor reason is needed.
    tier: Option<usize>,
    /// VND.
    amount: Option<i64>,
    /// What it is for.
    #[schema(example = "Lệ phí cấp bản sao")]
    title: Option<String>,
    /// Why it is asked.
    #[schema(example = "Người nộp xin thêm một bản sao")]
    reason: Option<String>,
}

/// Asks for a payment without stopping the clock.
#[utoipa::path(
    post, path = "/api/v1/dossiers/{id}/fees", tag = "fees", operation_id = "askFee",
    summary = "Yêu cầu nộp phí, lệ phí · Ask for a fee",
    description = "From a published fee of the procedure (`tier`), or an amount with a reason. The clock goes on; to wait for the money use `request-payment`.",
    params(
        ("id" = Uuid, Path, description = "Id of the dossier", example = "019a8c1e-0000-7000-8000-000000000001"),
        ("If-Match" = String, Header, description = "Version that the caller has seen, as in ETag", example = "\"2\""),
        ("Idempotency-Key" = Option<String>, Header, description = "1–128 visible ASCII characters", example = "k-0001"),
    ),
    request_body = NewFee,
    responses(
        (status = 201, description = "The obligations after it", body = FeesOut, headers(("ETag" = String))),
    ),
    security(("bearer" = ["dossier.receive"]), ("bearer" = ["dossier.handle"])),
)]
#[post("/api/v1/dossiers/{id}/fees")]
pub(crate) async fn ask_fee(
    doing: Doing,
    id: Path<Uuid>,
    body: Json<NewFee>,
) -> Result<HttpResponse, Problem> {
    doing.permit(Act::AskFee)?;
    let new = &body.0;
    let mut texts = Texts::default();
    let title = texts.optional("/title", new.title.as_deref());
    if title.as_ref().is_some_and(|t| t.chars().count() > TITLE) {
        texts.refuse(FieldError::of("/title", shared::FIELD_TOO_LONG));
    }
    let reason = match new.tier {
        Some(_) => texts.optional("/reason", new.reason.as_deref()),
        None => Some(texts.required("/reason", new.reason.as_deref().unwrap_or_default())),
    };
    match (new.tier, new.amount) {
        (None, None) => texts.refuse(FieldError::of("/amount", shared::FIELD_REQUIRED)),
        (Some(_), Some(_)) => texts.refuse(FieldError::new(
            "/amount",
            shared::FIELD_INVALID,
            "Mức phí công bố đã có số tiền; chỉ chọn một trong hai",
            "A published fee has its amount; give one of the two",
        )),
        (None, Some(_)) | (Some(_), None) => {}
    }
    texts.done()?;
    let change = move |d: &mut Dossier, now| {
        let (amount, basis, published) = match new.tier {
            Some(n) => {
                let tier = d.details.procedure.fees.get(n).ok_or_else(|| {
                    Problem::invalid(vec![FieldError::of("/tier", code::FEE_TIER_UNKNOWN)])
                })?;
                let amount = fee::certain(tier).ok_or(NoFee::Unclear)?;
                (amount, Basis::Catalogue, Some(tier.text.clone()))
            }
            None => (new.amount.unwrap_or_default(), Basis::Officer, None),
        };
        let reason = reason.clone().or(published).filter(|r| !r.is_empty());
        let title = title
            .clone()
            .or_else(|| reason.clone())
            .unwrap_or_else(|| "Phí, lệ phí".to_owned());
        let new = fee::New {
            title,
            amount,
            basis,
            reason: reason.clone(),
        };
        let no = fee::ask(&mut d.details.fees, d.id, new, now)?;
        Ok(Said {
            reason,
            data: json!({"fee": no, "amount": amount, "currency": "VND", "basis": basis}),
        })
    };
    doing
        .run(201, Act::AskFee, DossierId(id.0), new, change)
        .await
}

/// A payment that an officer saw.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"way": "cash", "receipt": "BL-2026-000123"}))]
pub(crate) struct PayFee {
    /// `cash`, `transfer` or `post`.
    way: Way,
    /// Number of the receipt (biên lai) that was given, or of the transfer.
    #[schema(example = "BL-2026-000123")]
    receipt: String,
}

/// Notes that an obligation was paid.
#[utoipa::path(
    post, path = "/api/v1/dossiers/{id}/fees/{fee}/pay", tag = "fees", operation_id = "payFee",
    summary = "Ghi nhận đã nộp · Note a payment",
    description = "An officer notes cash, a transfer seen on the account, or money that the post office collected. A dossier that waited for it goes on.",
    params(
        ("id" = Uuid, Path, description = "Id of the dossier", example = "019a8c1e-0000-7000-8000-000000000001"),
        ("fee" = u32, Path, description = "Number of the obligation", example = 1),
        ("If-Match" = String, Header, description = "Version that the caller has seen, as in ETag", example = "\"2\""),
        ("Idempotency-Key" = Option<String>, Header, description = "1–128 visible ASCII characters", example = "k-0001"),
    ),
    request_body = PayFee,
    responses(
        (status = 200, description = "The obligations after it", body = FeesOut, headers(("ETag" = String))),
    ),
    security(("bearer" = ["dossier.receive"])),
)]
#[post("/api/v1/dossiers/{id}/fees/{fee}/pay")]
pub(crate) async fn pay_fee(
    doing: Doing,
    path: Path<(Uuid, u32)>,
    body: Json<PayFee>,
) -> Result<HttpResponse, Problem> {
    doing.permit(Act::PayFee)?;
    let ((id, no), way) = (path.0, body.0.way);
    let mut texts = Texts::default();
    let receipt = texts.required("/receipt", &body.0.receipt);
    if receipt.chars().count() > TITLE {
        texts.refuse(FieldError::of("/receipt", shared::FIELD_TOO_LONG));
    }
    if way == Way::Platform {
        texts.refuse(FieldError::new(
            "/way",
            shared::FIELD_INVALID,
            "Thanh toán qua nền tảng do nền tảng báo",
            "The payment platform reports its payments itself",
        ));
    }
    texts.done()?;
    let change = move |d: &mut Dossier, now| {
        let paid = Paid {
            at: now,
            way,
            receipt: Some(receipt.clone()),
        };
        let fee = fee::pay(&mut d.details.fees, no, paid)?;
        Ok(Said {
            reason: None,
            data: json!({"fee": no, "amount": fee.amount, "way": way, "receipt": receipt}),
        })
    };
    doing
        .run(200, Act::PayFee, DossierId(id), &(no, &body.0), change)
        .await
}

/// An exemption with its rule.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"reason": "Người thuộc hộ nghèo", "legalBasis": "Luật Phí và lệ phí số 97/2015/QH13, Điều 10"}))]
pub(crate) struct ExemptFee {
    /// Why this applicant need not pay.
    #[schema(example = "Người thuộc hộ nghèo")]
    reason: String,
    /// The rule that says so.
    #[schema(example = "Luật Phí và lệ phí số 97/2015/QH13, Điều 10")]
    legal_basis: String,
}

/// Exempts from an obligation.
#[utoipa::path(
    post, path = "/api/v1/dossiers/{id}/fees/{fee}/exempt", tag = "fees", operation_id = "exemptFee",
    summary = "Miễn phí, lệ phí · Exempt from a fee",
    description = "What was asked need not be paid; reason and legal basis are kept. A dossier that waited for it goes on.",
    params(
        ("id" = Uuid, Path, description = "Id of the dossier", example = "019a8c1e-0000-7000-8000-000000000001"),
        ("fee" = u32, Path, description = "Number of the obligation", example = 1),
        ("If-Match" = String, Header, description = "Version that the caller has seen, as in ETag", example = "\"2\""),
        ("Idempotency-Key" = Option<String>, Header, description = "1–128 visible ASCII characters", example = "k-0001"),
    ),
    request_body = ExemptFee,
    responses(
        (status = 200, description = "The obligations after it", body = FeesOut, headers(("ETag" = String))),
    ),
    security(("bearer" = ["dossier.receive"])),
)]
#[post("/api/v1/dossiers/{id}/fees/{fee}/exempt")]
pub(crate) async fn exempt_fee(
    doing: Doing,
    path: Path<(Uuid, u32)>,
    body: Json<ExemptFee>,
) -> Result<HttpResponse, Problem> {
    doing.permit(Act::ExemptFee)?;
    let (id, no) = path.0;
    let mut texts = Texts::default();
    let reason = texts.required("/reason", &body.0.reason);
    let legal_basis = texts.required("/legalBasis", &body.0.legal_basis);
    texts.done()?;
    let change = move |d: &mut Dossier, now| {
        let exempt = Exempt {
            at: now,
            reason: reason.clone(),
            legal_basis: legal_basis.clone(),
        };
        let fee = fee::exempt(&mut d.details.fees, no, exempt)?;
        Ok(Said {
            reason: Some(reason.clone()),
            data: json!({"fee": no, "amount": fee.amount, "legalBasis": legal_basis}),
        })
    };
    doing
        .run(200, Act::ExemptFee, DossierId(id), &(no, &body.0), change)
        .await
}

/// A refund.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"reason": "Hồ sơ bị từ chối", "voucher": "PC-2026-0007"}))]
pub(crate) struct RefundFee {
    /// VND; all that is left when absent.
    #[schema(example = 4000)]
    amount: Option<i64>,
    /// Why the money goes back.
    #[schema(example = "Hồ sơ bị từ chối")]
    reason: String,
    /// Number of the payment voucher.
    #[schema(example = "PC-2026-0007")]
    voucher: Option<String>,
}

/// Refunds what was paid.
#[utoipa::path(
    post, path = "/api/v1/dossiers/{id}/fees/{fee}/refund", tag = "fees", operation_id = "refundFee",
    summary = "Hoàn trả phí, lệ phí · Refund a fee",
    description = "What was paid goes back with a reason, whole or in parts, never more than was paid; in any state of the dossier.",
    params(
        ("id" = Uuid, Path, description = "Id of the dossier", example = "019a8c1e-0000-7000-8000-000000000001"),
        ("fee" = u32, Path, description = "Number of the obligation", example = 1),
        ("If-Match" = String, Header, description = "Version that the caller has seen, as in ETag", example = "\"2\""),
        ("Idempotency-Key" = Option<String>, Header, description = "1–128 visible ASCII characters", example = "k-0001"),
    ),
    request_body = RefundFee,
    responses(
        (status = 200, description = "The obligations after it", body = FeesOut, headers(("ETag" = String))),
    ),
    security(("bearer" = ["dossier.receive"])),
)]
#[post("/api/v1/dossiers/{id}/fees/{fee}/refund")]
pub(crate) async fn refund_fee(
    doing: Doing,
    path: Path<(Uuid, u32)>,
    body: Json<RefundFee>,
) -> Result<HttpResponse, Problem> {
    doing.permit(Act::RefundFee)?;
    let ((id, no), amount) = (path.0, body.0.amount);
    let mut texts = Texts::default();
    let reason = texts.required("/reason", &body.0.reason);
    let voucher = texts.optional("/voucher", body.0.voucher.as_deref());
    texts.done()?;
    let change = move |d: &mut Dossier, now| {
        let fees = &mut d.details.fees;
        let back = fee::refund(fees, no, amount, reason.clone(), voucher.clone(), now)?;
        let left = fees.iter().find(|f| f.no == no).map(Fee::left);
        Ok(Said {
            reason: Some(reason.clone()),
            data: json!({"fee": no, "amount": back, "left": left, "voucher": voucher}),
        })
    };
    doing
        .run(200, Act::RefundFee, DossierId(id), &(no, &body.0), change)
        .await
}

/// Who does something to which version, once.
pub(crate) struct Doing {
    app: web::Data<App>,
    actor: Actor,
    if_match: IfMatch,
    key: IdempotencyKey,
}

impl actix_web::FromRequest for Doing {
    type Error = Problem;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(
        req: &actix_web::HttpRequest,
        payload: &mut actix_web::dev::Payload,
    ) -> Self::Future {
        let signed_in = SignedIn::from_request(req, payload);
        let if_match = IfMatch::from_request(req, payload);
        let key = IdempotencyKey::from_request(req, payload);
        let app = req.app_data::<web::Data<App>>().cloned();
        Box::pin(async move {
            let SignedIn(actor) = signed_in.await?;
            let app = app.ok_or_else(|| Problem::internal(anyhow::anyhow!("no app data")))?;
            Ok(Self {
                app,
                actor,
                if_match: if_match.await?,
                key: key.await?,
            })
        })
    }
}

impl Doing {
    /// Demands one of the act's rights.
    pub(crate) fn permit(&self, act: Act) -> Result<(), Problem> {
        if permitted(&self.actor, act) {
            Ok(())
        } else {
            Err(Problem::new(shared::FORBIDDEN).extra(
                "permission",
                act.rights().first().map_or("", |right| right.name()),
            ))
        }
    }

    /// Does it once; answers with the obligations after it.
    async fn run(
        self,
        status: u16,
        act: Act,
        id: DossierId,
        body: &impl Serialize,
        change: impl Fn(&mut Dossier, DateTime<Utc>) -> Result<Said, Error>,
    ) -> Result<HttpResponse, Problem> {
        self.once(act, id, body, async |tx, app, actor, version| {
            let done = acts::by_person(app, &tx, (actor, act), id, Some(version), &change).await?;
            let met = matches!(act, Act::PayFee | Act::ExemptFee);
            let after = if met && payments::go_on(app, &tx, &done).await? {
                dossiers::find_any(&*tx, &app.rt, id)
                    .await?
                    .ok_or(Error::NotFound)?
            } else {
                done
            };
            let shown = What::Answer(act.name());
            durable::access::note(&tx, &app.rt, actor, shown.of(&[id.0])).await?;
            Ok(Answer {
                status,
                body: serde_json::to_value(FeesOut::new(app, &after)).map_err(Problem::internal)?,
                etag: Some(format!("\"{}\"", after.version)),
                location: None,
            })
        })
        .await
    }

    /// Does something to a version of a dossier, once.
    pub(crate) async fn once(
        self,
        act: Act,
        id: DossierId,
        body: &impl Serialize,
        work: impl AsyncFn(durable::Tx, &App, &Actor, i64) -> Result<Answer, Error>,
    ) -> Result<HttpResponse, Problem> {
        let version = self.if_match.required()?;
        let (app, actor) = (&*self.app, &self.actor);
        let once = Once::new(app, actor, self.key.0, format!("{}:{id}", act.name()), body)?;
        once.run(app, async |tx| work(tx, app, actor, version).await)
            .await
    }
}
