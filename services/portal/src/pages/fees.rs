//! What is to be paid for a dossier: for the applicant how, for the officer also who has and who need not.

use super::{dossiers, inbox};
use crate::api::types::{Fees, Owed};
use crate::api::{ApiError, Refusal};
use crate::ctx::Ctx;
use crate::error::PageError;
use crate::form::Fields;
use crate::format;
use crate::i18n::Tr;
use crate::shell::{Page, Section, done, html};
use crate::view::{Errors, Field};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, post, web};
use askama::Template;
use contracts::Language;
use kit::http::Query;
use serde::Deserialize;
use serde_json::{Value, json};
use std::fmt::Write as _;

#[derive(Template)]
#[template(path = "fees.html")]
struct FeesPage {
    page: Page,
    w: Words,
    base: String,
    title: String,
    fees: Vec<Row>,
    open: String,
    version: i64,
    key: String,
    /// The forms of an officer.
    officer: bool,
    new: Vec<Vec<Field>>,
    errors: Vec<(String, String)>,
    problem: String,
}

struct Row {
    no: u32,
    title: String,
    amount: String,
    state: &'static str,
    class: &'static str,
    lines: Vec<String>,
    transfer: Option<Transfer>,
    asked: bool,
    paid: bool,
    pay: Vec<Field>,
    exempt: Vec<Field>,
    refund: Vec<Field>,
    /// There is a receipt to print.
    receipt: bool,
}

struct Transfer {
    facts: Vec<(&'static str, String)>,
    /// The QR code as the path of an SVG, and its size with the quiet zone.
    path: String,
    size: usize,
    text: String,
}

/// The words of this page.
struct Words {
    heading: &'static str,
    back: &'static str,
    none: &'static str,
    scan: &'static str,
    still: &'static str,
    ask: &'static str,
    pay: &'static str,
    exempt: &'static str,
    refund: &'static str,
    receipt: &'static str,
}

fn word(t: Tr, vi: &'static str, en: &'static str) -> &'static str {
    match t.0 {
        Language::Vi => vi,
        Language::En => en,
    }
}

/// The title of the page, and of the link to it.
pub(crate) fn title(t: Tr) -> &'static str {
    word(t, "Phí, lệ phí", "Fees")
}

fn words(t: Tr) -> Words {
    Words {
        heading: title(t),
        back: word(t, "Về hồ sơ", "Back to the dossier"),
        none: word(
            t,
            "Hồ sơ không có khoản phí, lệ phí nào.",
            "Nothing is to be paid for this dossier.",
        ),
        scan: word(
            t,
            "Quét mã bằng ứng dụng ngân hàng. Giữ nguyên nội dung chuyển khoản.",
            "Scan the code with your bank's app. Leave the content of the transfer as it is.",
        ),
        still: word(t, "Còn phải nộp", "Still to be paid"),
        ask: word(t, "Yêu cầu nộp thêm khoản khác", "Ask for another payment"),
        pay: word(t, "Ghi nhận đã nộp", "Note the payment"),
        exempt: word(t, "Miễn khoản này", "Exempt"),
        refund: word(t, "Hoàn trả", "Refund"),
        receipt: word(t, "Biên lai (PDF)", "Receipt (PDF)"),
    }
}

#[derive(Deserialize)]
struct Asked {
    xong: Option<String>,
}

#[get("/ho-so/{id}/phi")]
pub(super) async fn for_citizen(
    ctx: Ctx,
    id: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    ctx.signed_in()?;
    show(
        &ctx,
        StatusCode::OK,
        &id,
        &Fields::default(),
        Errors::default(),
        None,
    )
    .await
}

#[get("/mot-cua/ho-so/{id}/phi")]
pub(super) async fn for_officer(
    ctx: Ctx,
    id: web::Path<String>,
    asked: Query<Asked>,
) -> Result<HttpResponse, PageError> {
    ctx.officer()?;
    let notice = asked
        .0
        .xong
        .map(|_| word(ctx.t, "Đã ghi nhận.", "Noted.").to_owned());
    show(
        &ctx,
        StatusCode::OK,
        &id,
        &Fields::default(),
        Errors::default(),
        notice,
    )
    .await
}

async fn show(
    ctx: &Ctx,
    status: StatusCode,
    id: &str,
    form: &Fields,
    errors: Errors,
    notice: Option<String>,
) -> Result<HttpResponse, PageError> {
    let officer = ctx.signed_in()?.officer;
    let d = ctx.api().dossier(id).await.map_err(|e| ctx.refuse(e))?;
    let fees = ctx.api().fees(id).await.map_err(|e| ctx.refuse(e))?;
    let t = ctx.t;
    let (section, base) = if officer {
        (Section::Work, format!("/mot-cua/ho-so/{}", d.id))
    } else {
        (Section::Mine, format!("/ho-so/{}", d.id))
    };
    let page = FeesPage {
        page: Page::new(ctx, section, title(t))
            .at(&format!("{base}/phi"))
            .notice(notice),
        w: words(t),
        title: d.procedure.name.clone(),
        open: if fees.open > 0 {
            format::money(fees.open, None)
        } else {
            String::new()
        },
        new: if officer {
            new_fields(t, &fees, form, &errors)
        } else {
            Vec::new()
        },
        fees: fees
            .items
            .iter()
            .map(|fee| row(t, fee, form, &errors))
            .collect(),
        version: d.version,
        key: dossiers::form_key(ctx, form),
        base,
        officer,
        errors: errors.fields,
        problem: errors.problem,
    };
    html(status, &page)
}

fn row(t: Tr, fee: &Owed, form: &Fields, errors: &Errors) -> Row {
    let mut lines = Vec::new();
    if let Some(reason) = &fee.reason {
        lines.push(reason.clone());
    }
    if let Some(paid) = &fee.paid {
        let receipt = paid.receipt.as_deref().unwrap_or("–");
        lines.push(format!(
            "{} {} · {} {receipt}",
            word(t, "Nộp lúc", "Paid at"),
            format::time(&paid.at),
            word(t, "biên lai", "receipt"),
        ));
    }
    if let Some(e) = &fee.exempt {
        lines.push(format!("{} ({})", e.reason, e.legal_basis));
    }
    for r in &fee.refunds {
        lines.push(format!(
            "{} {}: {} · {}",
            word(t, "Hoàn trả lúc", "Refunded at"),
            format::time(&r.at),
            format::money(r.amount, None),
            r.reason
        ));
    }
    if let Some(r) = fee.refunded.as_ref().filter(|_| fee.refunds.is_empty()) {
        lines.push(format!("{} · {}", format::time(&r.at), r.reason));
    }
    if fee.left > 0 && fee.left < fee.amount {
        lines.push(format!(
            "{}: {}",
            word(t, "Còn thu", "Kept"),
            format::money(fee.left, None)
        ));
    }
    let (state, class) = match fee.state.as_str() {
        "paid" => (word(t, "Đã nộp", "Paid"), "fine"),
        "exempt" => (word(t, "Được miễn", "Exempt"), "fine"),
        "refunded" => (word(t, "Đã hoàn trả", "Refunded"), "fine"),
        _ => (word(t, "Chưa nộp", "To be paid"), "soon"),
    };
    let at = |what: &str, name: &str, label: &str| {
        let name = format!("{what}-{}-{name}", fee.no);
        Field::text(t, name.clone(), label, form.get(&name))
            .error(errors.at(&name))
            .required()
    };
    let reason = word(t, "Lý do", "Reason");
    let ways = [
        ("cash", word(t, "Tiền mặt", "Cash")),
        ("transfer", word(t, "Chuyển khoản", "Bank transfer")),
        ("post", word(t, "Bưu chính thu hộ", "Collected by the post")),
    ];
    let way_name = format!("pay-{}-way", fee.no);
    let way = Field::select(
        t,
        way_name.clone(),
        word(t, "Cách nộp", "How it was paid"),
        form.some(&way_name).unwrap_or_else(|| "cash".to_owned()),
        ways.iter()
            .map(|(value, label)| ((*value).to_owned(), (*label).to_owned()))
            .collect(),
    );
    Row {
        no: fee.no,
        title: fee.title.clone(),
        amount: format::money(fee.amount, None),
        state,
        class,
        lines,
        transfer: fee.transfer.as_ref().and_then(|tr| {
            let (path, size) = qr_path(&tr.qr)?;
            Some(Transfer {
                facts: vec![
                    (
                        word(t, "Ngân hàng (mã)", "Bank (code)"),
                        tr.bank_bin.clone(),
                    ),
                    (word(t, "Số tài khoản", "Account"), tr.account.clone()),
                    (word(t, "Tên tài khoản", "Name"), tr.account_name.clone()),
                    (word(t, "Nội dung", "Content"), tr.content.clone()),
                ],
                path,
                size,
                text: tr.qr.clone(),
            })
        }),
        asked: fee.state == "asked",
        paid: fee.state == "paid",
        pay: vec![
            way,
            at(
                "pay",
                "receipt",
                word(t, "Số biên lai, giao dịch", "Receipt or transaction number"),
            ),
        ],
        exempt: vec![
            at("exempt", "reason", reason),
            at(
                "exempt",
                "legalBasis",
                word(t, "Căn cứ pháp lý", "Legal basis"),
            ),
        ],
        refund: vec![
            {
                let name = format!("refund-{}-amount", fee.no);
                let left = format::money(fee.left, None);
                Field::text(
                    t,
                    name.clone(),
                    word(t, "Số tiền (đồng)", "Amount (VND)"),
                    form.get(&name),
                )
                .numeric()
                .hint(&match t.0 {
                    Language::Vi => format!("Để trống: hoàn trả toàn bộ {left}"),
                    Language::En => format!("Left empty: all of {left}"),
                })
                .error(errors.at(&name))
            },
            at("refund", "reason", reason),
        ],
        receipt: fee.paid.is_some(),
    }
}

fn new_fields(t: Tr, fees: &Fees, form: &Fields, errors: &Errors) -> Vec<Vec<Field>> {
    let mut tiers = vec![(
        String::new(),
        word(t, "– Số tiền khác –", "– Another amount –").to_owned(),
    )];
    tiers.extend(fees.published.iter().enumerate().map(|(n, tier)| {
        let amount = tier
            .amount
            .map(|a| format::money(a, Some(tier.currency.as_str())))
            .unwrap_or_default();
        (
            n.to_string(),
            format!("{amount} {}", tier.text).trim().to_owned(),
        )
    }));
    let tier = Field::select(
        t,
        "ask-tier",
        word(t, "Mức công bố", "Published fee"),
        form.get("ask-tier"),
        tiers,
    )
    .error(errors.at("ask-tier"));
    let amount = Field::text(
        t,
        "ask-amount",
        word(t, "Số tiền (đồng)", "Amount (VND)"),
        form.get("ask-amount"),
    )
    .numeric()
    .error(errors.at("ask-amount"));
    let reason = Field::area(
        t,
        "ask-reason",
        word(t, "Lý do", "Reason"),
        form.get("ask-reason"),
    )
    .hint(word(
        t,
        "Bắt buộc khi không chọn mức công bố",
        "Required unless a published fee is chosen",
    ))
    .error(errors.at("ask-reason"));
    vec![vec![tier, amount], vec![reason]]
}

/// The modules of a QR code as the path of an SVG, with the quiet zone of four modules that scanners want.
fn qr_path(text: &str) -> Option<(String, usize)> {
    const QUIET: usize = 4;
    let code = fast_qr::qr::QRBuilder::new(text).build().ok()?;
    let mut path = String::new();
    for (y, line) in code.data.chunks(code.size).take(code.size).enumerate() {
        for (x, module) in line.iter().enumerate() {
            if module.value() {
                // Writing to a String cannot fail.
                let _written = write!(path, "M{} {}h1v1h-1z", x + QUIET, y + QUIET);
            }
        }
    }
    Some((path, code.size + 2 * QUIET))
}

#[post("/mot-cua/ho-so/{id}/phi")]
pub(super) async fn ask(
    ctx: Ctx,
    id: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, PageError> {
    let fields = read(&ctx, &id, payload).await?;
    let tier: Option<u64> = fields.get("ask-tier").parse().ok();
    let amount: Option<i64> = number(fields.get("ask-amount"));
    let body = json!({"tier": tier, "amount": amount, "reason": fields.some("ask-reason")});
    send(&ctx, &id, "fees", "ask", &fields, &body).await
}

#[post("/mot-cua/ho-so/{id}/phi/{fee}/{what}")]
pub(super) async fn change(
    ctx: Ctx,
    path: web::Path<(String, u32, String)>,
    payload: web::Payload,
) -> Result<HttpResponse, PageError> {
    let (id, fee, what) = path.into_inner();
    let fields = read(&ctx, &id, payload).await?;
    let given = |name: &str| fields.get(&format!("{what}-{fee}-{name}")).to_owned();
    let body = match what.as_str() {
        "pay" => json!({"way": given("way"), "receipt": given("receipt")}),
        "exempt" => json!({"reason": given("reason"), "legalBasis": given("legalBasis")}),
        "refund" => match given("amount").as_str() {
            "" => json!({"reason": given("reason")}),
            // What is no number is none of the API's amounts: zero is refused at the field.
            amount => json!({"reason": given("reason"), "amount": number(amount).unwrap_or(0)}),
        },
        _ => return Err(PageError::NotFound),
    };
    let to = format!("fees/{fee}/{what}");
    send(&ctx, &id, &to, &format!("{what}-{fee}"), &fields, &body).await
}

async fn read(ctx: &Ctx, id: &str, payload: web::Payload) -> Result<Fields, PageError> {
    let page = format!("/mot-cua/ho-so/{id}/phi");
    ctx.officer().map_err(|e| inbox::back(e, &page))?;
    let fields = Fields::read(payload).await?;
    ctx.check_form(fields.get("csrf"))
        .map_err(|e| inbox::back(e, &page))?;
    Ok(fields)
}

async fn send(
    ctx: &Ctx,
    id: &str,
    to: &str,
    form: &str,
    fields: &Fields,
    body: &Value,
) -> Result<HttpResponse, PageError> {
    let page = format!("/mot-cua/ho-so/{id}/phi");
    let version = fields.get("version").parse().unwrap_or(0);
    let key = dossiers::form_key(ctx, fields);
    let (status, errors) = match ctx.api().change_fees(id, to, version, &key, body).await {
        Ok(_) => return Ok(done(&page, "phi")),
        // A fee that is not there any more, or in another state: said above the newer state.
        Err(ApiError::Refused(refusal)) if refusal.status == 409 => {
            (StatusCode::CONFLICT, said(*refusal))
        }
        Err(error) => dossiers::refused(ctx, error, &page, |pointer| {
            pointer
                .strip_prefix('/')
                .map(|name| format!("{form}-{name}"))
        })?,
    };
    show(ctx, status, id, fields, errors, None).await
}

fn said(refusal: Refusal) -> Errors {
    Errors {
        problem: refusal.text().to_owned(),
        ..Errors::default()
    }
}

/// An amount as people write it.
fn number(text: &str) -> Option<i64> {
    text.chars()
        .filter(|c| !matches!(c, '.' | ' ' | ','))
        .collect::<String>()
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_square_with_its_quiet_zone() {
        let (path, size) = qr_path("00020101021238540010A00000072701240006970436").expect("a code");
        assert!(size >= 29 && path.starts_with("M4 4h1v1h-1z"));
        assert_eq!(number("1.250.000"), Some(1_250_000));
        assert_eq!(number("nhiều"), None);
    }
}
