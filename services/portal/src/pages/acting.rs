//! Acting for somebody else: for whom one may, and the way there and back. The sign-in itself is identity's.

use crate::ctx::Ctx;
use crate::error::PageError;
use crate::format;
use crate::i18n::Tr;
use crate::shell::{Page, Section, ok};
use actix_web::{HttpResponse, get};
use askama::Template;
use contracts::Language;

#[derive(Template)]
#[template(path = "acting.html")]
struct Acting {
    page: Page,
    title: &'static str,
    lead: &'static str,
    /// For whom one acts at the moment.
    now: Option<String>,
    back: &'static str,
    nobody: &'static str,
    columns: [&'static str; 5],
    start: &'static str,
    rows: Vec<Row>,
}

struct Row {
    id: String,
    principal: String,
    ground: &'static str,
    document: String,
    until: String,
    open: bool,
}

#[get("/thay-mat")]
pub(super) async fn show(ctx: Ctx) -> Result<HttpResponse, PageError> {
    let session = ctx.signed_in()?;
    if session.officer {
        return Err(PageError::Forbidden);
    }
    let t = ctx.t;
    let now = session.acting_for.as_ref().map(|principal| {
        let before = word(t, "Bạn đang làm việc thay mặt", "You act for");
        format!("{before} {principal}.")
    });
    let mut rows = Vec::new();
    if now.is_none() {
        let found = ctx.api().mandates().await.map_err(|e| ctx.refuse(e))?;
        rows.extend(
            found
                .items
                .into_iter()
                .filter(|m| m.side == "held")
                .map(|m| Row {
                    ground: ground(t, &m.ground),
                    until: m.valid_until.map_or_else(
                        || word(t, "Không thời hạn", "Without end").to_owned(),
                        |at| format::time(&at),
                    ),
                    open: m.holds,
                    id: m.id,
                    principal: m.principal,
                    document: m.document,
                }),
        );
    }
    ok(&Acting {
        page: Page::new(&ctx, Section::None, title(t)),
        title: title(t),
        lead: word(
            t,
            "Cha mẹ, người giám hộ, người đại diện của tổ chức và người được ủy quyền nộp và theo dõi hồ sơ thay cho người khác. Nhật ký hồ sơ ghi rõ ai làm, thay mặt ai.",
            "Parents, guardians, representatives of organisations and authorised persons file and follow dossiers for others. The journal says who acted, and for whom.",
        ),
        now,
        back: word(t, "Trở lại tài khoản của tôi", "Back to my own account"),
        nobody: word(
            t,
            "Chưa có ai ủy quyền cho bạn.",
            "Nobody has authorised you.",
        ),
        columns: [
            word(t, "Thay mặt", "For whom"),
            word(t, "Tư cách", "By what"),
            word(t, "Giấy tờ", "Paper"),
            word(t, "Đến", "Until"),
            "",
        ],
        start: word(t, "Làm việc thay mặt", "Act for them"),
        rows,
    })
}

fn title(t: Tr) -> &'static str {
    word(
        t,
        "Làm việc thay mặt người khác",
        "Acting for somebody else",
    )
}

fn word(t: Tr, vi: &'static str, en: &'static str) -> &'static str {
    match t.0 {
        Language::Vi => vi,
        Language::En => en,
    }
}

fn ground(t: Tr, key: &str) -> &'static str {
    match key {
        "guardian" => word(t, "Cha mẹ, người giám hộ", "Parent or guardian"),
        "representative" => word(t, "Người đại diện", "Representative"),
        _ => word(t, "Người được ủy quyền", "Authorised"),
    }
}
