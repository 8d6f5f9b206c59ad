//! What the payment platform reported, for officers: above all money that paid nothing.

use super::further;
use crate::ctx::Ctx;
use crate::error::PageError;
use crate::format;
use crate::i18n::Tr;
use crate::shell::{Page, Section, ok};
use actix_web::{HttpResponse, get};
use askama::Template;
use contracts::Language;
use kit::http::Query;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "payments.html")]
struct Payments {
    page: Page,
    heading: &'static str,
    lead: &'static str,
    none: &'static str,
    columns: [&'static str; 5],
    outcomes: Vec<(&'static str, &'static str)>,
    chosen: String,
    rows: Vec<Row>,
    next: Option<String>,
}

struct Row {
    at: String,
    transaction: String,
    amount: String,
    reference: String,
    outcome: &'static str,
    dossier: Option<String>,
}

#[derive(Deserialize)]
struct Asked {
    #[serde(rename = "ket-qua")]
    outcome: Option<String>,
    tiep: Option<String>,
}

fn word(t: Tr, vi: &'static str, en: &'static str) -> &'static str {
    match t.0 {
        Language::Vi => vi,
        Language::En => en,
    }
}

fn outcomes(t: Tr) -> Vec<(&'static str, &'static str)> {
    vec![
        ("wrongAmount", word(t, "Sai số tiền", "Wrong amount")),
        (
            "notAsked",
            word(t, "Nộp thừa, trùng", "Paid twice, or not asked"),
        ),
        ("failed", word(t, "Không thành công", "Failed")),
        ("applied", word(t, "Đã ghi nhận", "Noted as paid")),
    ]
}

#[get("/mot-cua/bao-co")]
pub(super) async fn list(ctx: Ctx, asked: Query<Asked>) -> Result<HttpResponse, PageError> {
    ctx.officer()?;
    let t = ctx.t;
    let chosen = asked.0.outcome.unwrap_or_default();
    let outcomes = outcomes(t);
    let known = outcomes.iter().any(|(name, _)| *name == chosen);
    let found = ctx
        .api()
        .payments(known.then_some(chosen.as_str()), asked.0.tiep.as_deref())
        .await
        .map_err(|e| ctx.refuse(e))?;
    let rows = found
        .items
        .into_iter()
        .map(|r| Row {
            at: format::time(&r.reported_at),
            transaction: r.transaction_id,
            amount: format::money(r.amount, None),
            reference: r.reference,
            outcome: outcomes.iter().find(|(name, _)| *name == r.outcome).map_or(
                word(t, "Không rõ khoản nào", "For nothing known"),
                |(_, label)| *label,
            ),
            dossier: r.dossier_id,
        })
        .collect();
    let same = [("ket-qua", chosen.as_str())];
    ok(&Payments {
        page: Page::new(&ctx, Section::Work, word(t, "Báo có", "Payments reported")),
        heading: word(
            t,
            "Báo có từ nền tảng thanh toán",
            "Payments reported by the platform",
        ),
        lead: word(
            t,
            "Khoản sai số tiền hoặc nộp thừa cần người xử lý: liên hệ người nộp và hoàn trả.",
            "A wrong amount or a second payment needs a person: reach the payer and give it back.",
        ),
        none: word(t, "Chưa có báo có nào.", "Nothing was reported."),
        columns: [
            word(t, "Thời điểm", "When"),
            word(t, "Giao dịch", "Transaction"),
            word(t, "Số tiền", "Amount"),
            word(t, "Nội dung", "Content"),
            word(t, "Kết quả", "Outcome"),
        ],
        next: found
            .next
            .as_deref()
            .map(|c| further("/mot-cua/bao-co", &same, c)),
        outcomes,
        chosen,
        rows,
    })
}
