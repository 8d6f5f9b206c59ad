//! Who has read one's dossier and its shipment: when, and in what operation.

use super::further;
use crate::ctx::Ctx;
use crate::error::PageError;
use crate::format;
use crate::i18n::Tr;
use crate::shell::{Page, Section, ok};
use actix_web::{HttpResponse, get, web};
use askama::Template;
use contracts::Language;
use kit::http::Query;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "access.html")]
struct Readers {
    page: Page,
    title: &'static str,
    lead: &'static str,
    nobody: &'static str,
    columns: [&'static str; 3],
    post: &'static str,
    back: &'static str,
    id: String,
    my_data: &'static str,
    rows: Vec<Row>,
    next: Option<String>,
    shipments: Vec<Row>,
}

struct Row {
    at: String,
    who: String,
    what: String,
}

#[derive(Deserialize)]
struct Paging {
    tiep: Option<String>,
}

#[get("/ho-so/{id}/ai-da-xem")]
pub(super) async fn readers(
    ctx: Ctx,
    id: web::Path<String>,
    paging: Query<Paging>,
) -> Result<HttpResponse, PageError> {
    ctx.signed_in()?;
    let t = ctx.t;
    let path = format!("/ho-so/{id}/ai-da-xem");
    let found = ctx
        .api()
        .readers("dossiers", &id, paging.0.tiep.as_deref())
        .await
        .map_err(|e| ctx.refuse(e))?;
    let mut shipments = Vec::new();
    if paging.0.tiep.is_none() {
        let carried = ctx.api().shipments_of(&id).await;
        for shipment in carried.map_err(|e| ctx.refuse(e))?.items {
            let read = ctx.api().readers("shipments", &shipment.id, None).await;
            shipments.extend(read.map_err(|e| ctx.refuse(e))?.items);
        }
    }
    let row = |access: crate::api::types::Access| Row {
        at: format::time(&access.at),
        what: what(t, &access.what, &access.operation),
        // Officers have an agency and systems a client: what is left is who acts for the reader of this page.
        who: match access.agency.or(access.client) {
            Some(place) => format!("{} ({place})", access.who),
            None => format!("{} ({})", access.who, word(t, "thay mặt bạn", "for you")),
        },
    };
    ok(&Readers {
        page: Page::new(&ctx, Section::Mine, title(t)),
        title: title(t),
        lead: word(
            t,
            "Mỗi lần cán bộ, bưu chính, hệ thống khác hoặc người thay mặt bạn xem dữ liệu của bạn đều được ghi lại tại đây.",
            "Each time an officer, the post, another system or who acts for you reads your data it is noted here.",
        ),
        nobody: word(t, "Chưa có ai xem.", "Nobody has read it yet."),
        columns: [
            word(t, "Thời điểm", "When"),
            word(t, "Người xem", "Who"),
            word(t, "Xem gì, để làm gì", "What, and why"),
        ],
        post: word(t, "Việc trả kết quả qua bưu chính", "The return by post"),
        back: word(t, "Về hồ sơ", "Back to the dossier"),
        my_data: super::my_data::title(t),
        rows: found.items.into_iter().map(row).collect(),
        next: found.next.as_deref().map(|c| further(&path, &[], c)),
        shipments: shipments.into_iter().map(row).collect(),
        id: id.into_inner(),
    })
}

/// The title of the page, and of the link to it.
pub(crate) fn title(t: Tr) -> &'static str {
    word(t, "Ai đã xem hồ sơ của tôi", "Who has read my dossier")
}

fn word(t: Tr, vi: &'static str, en: &'static str) -> &'static str {
    match t.0 {
        Language::Vi => vi,
        Language::En => en,
    }
}

/// What was shown and in what operation. A command that this page does not know is named as the API names it.
fn what(t: Tr, what: &str, operation: &str) -> String {
    let thing = match what {
        "list" => word(t, "Danh sách có hồ sơ này", "A list with this dossier"),
        "export" => word(t, "Tệp xuất có hồ sơ này", "An export with this dossier"),
        "dossier" => word(t, "Hồ sơ", "The dossier"),
        "file" => word(t, "Một tệp đính kèm", "An attached file"),
        "form" => word(t, "Một biểu mẫu", "A form"),
        "journal" => word(t, "Nhật ký xử lý", "The journal"),
        "fees" => word(t, "Phí, lệ phí", "The fees"),
        "papers" => word(t, "Giấy tờ của hồ sơ", "The papers"),
        "messages" => word(t, "Tin nhắn", "The messages"),
        "shipment" => word(t, "Bưu gửi", "The shipment"),
        other => other,
    };
    let why = match operation {
        "listDossiers" | "listShipments" | "listManifests" => {
            word(t, "xem việc cần làm", "looking for work to do")
        }
        "getDossier" | "getShipment" => word(t, "xem chi tiết", "reading it"),
        "listDocuments" => word(t, "xem kho giấy tờ", "reading the store of documents"),
        "listPapers" => word(t, "xem giấy tờ", "reading the papers"),
        "listMessages" => word(t, "đọc tin nhắn", "reading the messages"),
        "ask-fee" => word(t, "yêu cầu nộp phí, lệ phí", "asking for a fee"),
        "pay-fee" => word(t, "ghi nhận đã nộp phí, lệ phí", "noting a payment"),
        "exempt-fee" => word(t, "miễn phí, lệ phí", "exempting from a fee"),
        "refund-fee" => word(t, "hoàn trả phí, lệ phí", "refunding a fee"),
        "keep-original" => word(t, "giữ bản chính", "keeping an original"),
        "return-original" => word(t, "trả bản chính", "returning an original"),
        "downloadFile" => word(t, "kiểm tra giấy tờ", "checking the papers"),
        "getForm" => word(t, "in biểu mẫu", "printing a form"),
        "listFees" => word(t, "xem phí, lệ phí", "reading the fees"),
        "getFeeReceipt" => word(t, "in biên lai", "printing a receipt"),
        "dossierRegister" => word(t, "in sổ theo dõi hồ sơ", "printing the book of dossiers"),
        "getJournal" => word(t, "kiểm tra quá trình", "checking the process"),
        "receive" => word(t, "tiếp nhận", "receiving it"),
        "request-supplement" => word(t, "yêu cầu bổ sung", "asking for a supplement"),
        "refuse" => word(t, "từ chối tiếp nhận", "refusing it"),
        "start-handling" => word(t, "thụ lý", "taking it up"),
        "propose" => word(t, "trình kết quả", "proposing the result"),
        "approve" => word(t, "phê duyệt", "approving"),
        "send-back" => word(t, "trả lại để xử lý thêm", "sending it back"),
        "hand-over" => word(t, "trả kết quả", "handing the result over"),
        other => other,
    };
    format!("{thing} – {why}")
}
