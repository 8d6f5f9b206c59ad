//! The page on which passkeys are made and removed.

use super::{SCRIPT, code, pick, render, with_script};
use crate::App;
use crate::store::passkey::Passkey;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use chrono::{DateTime, Utc};
use contracts::Language;

/// Words of the page of passkeys.
struct PasskeysText {
    title: &'static str,
    hint: &'static str,
    name: &'static str,
    usual: &'static str,
    password: &'static str,
    used: &'static str,
    make: &'static str,
    remove: &'static str,
    trouble: &'static str,
    script: &'static str,
}

#[derive(Template)]
#[template(path = "passkeys.html")]
struct PasskeysPage<'a> {
    lang: &'static str,
    nonce: &'a str,
    t: PasskeysText,
    error: Option<&'static str>,
    rows: Vec<PasskeyRow<'a>>,
    form: &'a str,
    options: Option<String>,
    script: &'static str,
}

struct PasskeyRow<'a> {
    id: uuid::Uuid,
    name: &'a str,
    since: String,
    /// When it was last used.
    used: Option<String>,
}

/// The day in Việt Nam.
fn day(at: DateTime<Utc>) -> String {
    vn::worktime::local_date(at).format("%d/%m/%Y").to_string()
}

/// The page on which passkeys are made and removed.
pub(in crate::http) fn passkeys(
    app: &App,
    language: Language,
    options: Option<String>,
    rows: &[Passkey],
    form: &str,
    error: Option<(&'static str, &'static str)>,
) -> HttpResponse {
    let nonce = app.rt.ids.secret();
    let html = PasskeysPage {
        lang: code(language),
        nonce: &nonce,
        t: PasskeysText {
            title: pick(language, "Khóa truy cập", "Passkeys"),
            hint: pick(
                language,
                "Khóa truy cập (passkey) dùng vân tay, khuôn mặt hoặc mã PIN của thiết bị thay cho mã xác thực.",
                "A passkey uses the fingerprint, face or PIN of your device in place of a code.",
            ),
            name: pick(language, "Tên khóa", "Name of the passkey"),
            usual: pick(language, "Thiết bị này", "This device"),
            password: pick(language, "Mật khẩu", "Password"),
            used: pick(language, "dùng lần cuối", "last used"),
            make: pick(language, "Tạo khóa truy cập", "Make a passkey"),
            remove: pick(language, "Gỡ bỏ", "Remove"),
            trouble: pick(
                language,
                "Thiết bị chưa tạo được khóa. Vui lòng thử lại",
                "The device made no passkey. Please try again",
            ),
            script: pick(
                language,
                "Cần bật JavaScript để tạo khóa truy cập.",
                "Making a passkey needs JavaScript.",
            ),
        },
        error: error.map(|(vi, en)| pick(language, vi, en)),
        rows: rows
            .iter()
            .map(|row| PasskeyRow {
                id: row.id,
                name: &row.name,
                since: day(row.created_at),
                used: row.used_at.map(day),
            })
            .collect(),
        form,
        options,
        script: SCRIPT,
    };
    let status = if error.is_some() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    with_script(
        render(&html, &nonce, status, language, "", None),
        &nonce,
        "",
    )
}
