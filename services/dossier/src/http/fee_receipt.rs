//! Biên lai thu phí, lệ phí of a paid obligation, as PDF.

use super::forms::{Paper, pdf_named};
use crate::app::App;
use crate::domain::act::Act;
use crate::domain::fee::Way;
use crate::domain::{CommandKind, Entry};
use crate::error::code;
use crate::forms;
use crate::store::access::What;
use actix_web::{HttpResponse, get, web};
use chrono::TimeDelta;
use contracts::DossierId;
use kit::Problem;
use kit::auth::{Allowed, perm};
use kit::http::Path;
use uuid::Uuid;

/// The receipt of a paid obligation.
#[utoipa::path(
    get, path = "/api/v1/dossiers/{id}/fees/{fee}/receipt.pdf", tag = "fees", operation_id = "getFeeReceipt",
    summary = "Biên lai thu phí, lệ phí · The receipt of a fee",
    description = "Once it is paid: what for, how much in digits and words, how and when, under which number, and what went back since.",
    params(
        ("id" = Uuid, Path, description = "Id of the dossier", example = "019a8c1e-0000-7000-8000-000000000001"),
        ("fee" = u32, Path, description = "Number of the obligation", example = 1),
    ),
    responses(
        (status = 200, description = "The receipt", body = Vec<u8>, content_type = "application/pdf"),
    ),
    security(("bearer" = ["dossier.read"])),
)]
#[get("/api/v1/dossiers/{id}/fees/{fee}/receipt.pdf")]
pub(crate) async fn get_fee_receipt(
    caller: Allowed<perm::DossierRead>,
    app: web::Data<App>,
    path: Path<(Uuid, u32)>,
) -> Result<HttpResponse, Problem> {
    let (id, no) = path.0;
    let view = app
        .read(caller.actor(), DossierId(id), What::FeeReceipt)
        .await?;
    let number = view.dossier.number.clone();
    let name = number.unwrap_or_else(|| view.dossier.id.to_string());
    let paper = Paper::load(&app, view).await?;
    // Setting type is work for the processor: not on the thread that answers requests.
    let pdf = web::block(move || receipt(&paper, no).map(|form| forms::fee_receipt(&form)))
        .await
        .map_err(Problem::internal)?
        .ok_or_else(|| Problem::new(code::FORM_NOT_AVAILABLE))?
        .map_err(Problem::internal)?;
    Ok(pdf_named(&format!("{name}-bien-lai-{no}"), pdf))
}

/// None while it is not paid.
fn receipt(paper: &Paper, no: u32) -> Option<forms::FeeReceipt> {
    let view = paper.view();
    let fee = view.dossier.details.fees.iter().find(|f| f.no == no)?;
    let paid = fee.paid()?;
    let noted = |e: &&Entry| {
        let kinds = [Act::PayFee.name(), CommandKind::ConfirmPayment.name()];
        // The journal has microseconds, the payment what the clock gave.
        let apart = (e.at - paid.at).abs();
        apart < TimeDelta::milliseconds(1) && kinds.contains(&e.command.as_str())
    };
    let entry = view.journal.iter().find(noted)?;
    let mut head = paper.head(entry);
    if entry.actor_id.is_none() {
        // The platform took it, no person did.
        head.officer = String::new();
    }
    Some(forms::FeeReceipt {
        head,
        no,
        title: fee.title.clone(),
        amount: fee.amount,
        receipt: paid.receipt.clone().unwrap_or_default(),
        reference: fee.reference.clone(),
        way: match paid.way {
            Way::Cash => "Tiền mặt tại quầy",
            Way::Transfer => "Chuyển khoản",
            Way::Post => "Bưu chính thu hộ",
            Way::Platform => "Nền tảng thanh toán trực tuyến",
        },
        refunds: fee
            .refunds
            .iter()
            .map(|r| (r.at, r.amount, r.reason.clone()))
            .collect(),
    })
}
