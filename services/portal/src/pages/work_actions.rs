//! The commands of officers: a form for each that is open now, and what becomes of it.

use super::work::{Shown, show};
use super::{dossiers, inbox};
use crate::api::types::Dossier;
use crate::ctx::Ctx;
use crate::error::PageError;
use crate::form::{Fields, Submission};
use crate::i18n::Tr;
use crate::shell::done;
use crate::view::{ACCEPT, Errors, Field, FileField};
use actix_multipart::Multipart;
use actix_web::http::StatusCode;
use actix_web::{FromRequest as _, HttpMessage as _, HttpRequest, HttpResponse, post, web};
use serde_json::{Map, Value, json};

/// Things that one supplement request may ask for here.
const ITEMS: usize = 5;
/// The picker of the result file.
const RESULT: &str = "result";

/// One form.
pub(crate) struct Action {
    pub(crate) command: &'static str,
    pub(crate) label: &'static str,
    pub(crate) hint: &'static str,
    /// Rows of fields; those of a row belong together.
    pub(crate) fields: Vec<Vec<Field>>,
    pub(crate) files: Vec<FileField>,
    pub(crate) open: bool,
}

/// In the order that the work goes.
const COMMANDS: [&str; 15] = [
    "acknowledge",
    "receive",
    "start-handling",
    "approve",
    "propose",
    "hand-over",
    "confirm-payment",
    "request-supplement",
    "request-payment",
    "send-back",
    "refuse",
    "stop",
    "apologise",
    "reopen",
    "correct",
];

/// The forms of the commands open to this person now.
pub(crate) async fn actions(ctx: &Ctx, d: &Dossier, shown: &Shown<'_>) -> Vec<Action> {
    // A supplement may be asked for any paper of the procedure, above all for one that is not there.
    let papers = if d.open("request-supplement") {
        dossiers::papers(ctx, d).await
    } else {
        Vec::new()
    };
    COMMANDS
        .into_iter()
        .filter(|command| d.open(command))
        .filter_map(|command| {
            let (label, hint) = ctx.t.action(command)?;
            let mine = shown.command == command;
            let maker = Maker {
                ctx,
                command,
                form: shown.form,
                errors: &shown.errors,
                papers: &papers,
                mine,
            };
            let (fields, files) = maker.parts();
            Some(Action {
                command,
                label,
                hint,
                fields,
                files,
                open: mine,
            })
        })
        .collect()
}

/// Makes the fields of one form. Names carry the command, since several forms are on the page.
struct Maker<'a> {
    ctx: &'a Ctx,
    command: &'static str,
    form: &'a Submission,
    errors: &'a Errors,
    /// Id and name of the procedure's papers.
    papers: &'a [(String, String)],
    /// This form was sent and is shown again.
    mine: bool,
}

impl Maker<'_> {
    fn parts(&self) -> (Vec<Vec<Field>>, Vec<FileField>) {
        let t = self.ctx.t;
        let reason = || self.area("reason", t.reason_label()).required();
        let note = || self.area("note", t.note_label());
        let fields = match self.command {
            "request-supplement" => self.supplement(),
            "refuse" | "send-back" | "stop" | "correct" => vec![vec![reason()]],
            "apologise" => {
                let day = self.text("dueOn", t.new_date_label()).input("date");
                vec![vec![day.required()], vec![reason()]]
            }
            "reopen" => {
                let basis = self.text("legalBasis", t.legal_basis_required());
                vec![vec![reason()], vec![basis.required()]]
            }
            "propose" => {
                let kinds = [
                    (String::new(), t.decision_grant().to_owned()),
                    ("refuse".to_owned(), t.decision_refuse().to_owned()),
                ];
                let decision = Field::select(
                    t,
                    self.name("decision"),
                    t.decision_label(),
                    self.value("decision"),
                    kinds.to_vec(),
                );
                return (vec![vec![decision], vec![note()]], vec![self.result_file()]);
            }
            "approve" | "confirm-payment" => vec![vec![note()]],
            "request-payment" => {
                let amount = self.text("amount", t.amount_label());
                vec![vec![amount.required().numeric()], vec![reason()]]
            }
            "hand-over" => {
                let name = self.text("receiverName", t.receiver_name_label());
                let number = self.text("receiverIdentityNumber", t.receiver_identity_label());
                vec![vec![name.required(), number.numeric()], vec![note()]]
            }
            _ => Vec::new(),
        };
        (fields, Vec::new())
    }

    fn name(&self, field: &str) -> String {
        format!("{}-{field}", self.command)
    }

    fn value(&self, field: &str) -> &str {
        self.form.fields.get(&self.name(field))
    }

    fn text(&self, field: &str, label: &str) -> Field {
        let name = self.name(field);
        Field::text(self.ctx.t, name.clone(), label, self.value(field)).error(self.errors.at(&name))
    }

    fn area(&self, field: &str, label: &str) -> Field {
        let name = self.name(field);
        Field::area(self.ctx.t, name.clone(), label, self.value(field)).error(self.errors.at(&name))
    }

    fn supplement(&self) -> Vec<Vec<Field>> {
        let t = self.ctx.t;
        let first = (String::new(), t.choose().to_owned());
        let options: Vec<(String, String)> = std::iter::once(first)
            .chain(self.papers.iter().cloned())
            .collect();
        let mut rows = vec![vec![self.area("reason", t.reason_label()).required()]];
        for n in 1..=ITEMS {
            let content = self.text(&format!("content-{n}"), &t.numbered(t.item_content(), n));
            let guidance = self.text(&format!("guidance-{n}"), &t.numbered(t.item_guidance(), n));
            let name = self.name(&format!("component-{n}"));
            let value = self.form.fields.get(&name).to_owned();
            let label = t.numbered(t.item_component(), n);
            let component = Field::select(t, name.clone(), label, value, options.clone())
                .error(self.errors.at(&name));
            let content = if n == 1 { content.required() } else { content };
            rows.push(vec![content, guidance, component]);
        }
        rows.push(vec![self.text("legalBasis", t.legal_basis_label())]);
        rows
    }

    fn result_file(&self) -> FileField {
        let t = self.ctx.t;
        FileField {
            t,
            slot: RESULT.to_owned(),
            label: t.result_file().to_owned(),
            hint: None,
            limits: t.file_limits(self.ctx.app.settings.max_file_bytes),
            required: true,
            error: self.errors.at(&format!("file-{RESULT}")),
            kept: if self.mine {
                self.form.file(RESULT)
            } else {
                None
            },
            accept: ACCEPT,
            store: Vec::new(),
        }
    }
}

#[post("/mot-cua/ho-so/{id}/{command}")]
pub(super) async fn act(
    ctx: Ctx,
    req: HttpRequest,
    path: web::Path<(String, String)>,
    payload: web::Payload,
) -> Result<HttpResponse, PageError> {
    let (id, command) = path.into_inner();
    let page = format!("/mot-cua/ho-so/{id}");
    let Some(command) = COMMANDS.into_iter().find(|c| *c == command) else {
        return Err(PageError::NotFound);
    };
    ctx.officer().map_err(|e| inbox::back(e, &page))?;
    let form = read(&ctx, &req, payload)
        .await
        .map_err(|e| inbox::back(e, &page))?;
    let t = ctx.t;
    let version: i64 = form.fields.get("version").parse().unwrap_or(0);
    let built = body(t, command, &form);
    let outcome = match built {
        Ok(body) => {
            let key = dossiers::form_key(&ctx, &form.fields);
            match ctx
                .api()
                .command(&id, command, version, Some(&key), &body)
                .await
            {
                Ok(_) => return Ok(done(&page, command)),
                Err(error) => dossiers::refused(&ctx, error, &page, |pointer| {
                    field_of(command, &form.fields, pointer)
                })?,
            }
        }
        Err(errors) => {
            let status = if form.away {
                StatusCode::SERVICE_UNAVAILABLE
            } else {
                StatusCode::UNPROCESSABLE_ENTITY
            };
            (status, errors)
        }
    };
    let (status, mut errors) = outcome;
    let stale = status == StatusCode::PRECONDITION_FAILED;
    if stale {
        // Said on its own, with the newer state.
        errors = Errors::default();
    }
    let d = ctx
        .api()
        .dossier(&id)
        .await
        .map_err(|e| PageError::of(e, &page))?;
    // The next try acts on what is shown now, so it is another one.
    show(
        &ctx,
        status,
        d,
        Shown {
            command,
            form: &form,
            errors,
            stale,
            notice: None,
        },
    )
    .await
}

async fn read(
    ctx: &Ctx,
    req: &HttpRequest,
    payload: web::Payload,
) -> Result<Submission, PageError> {
    if req.content_type() == "multipart/form-data" {
        let parts = Multipart::from_request(req, &mut payload.into_inner())
            .await
            .map_err(|_odd| PageError::BadForm)?;
        return Submission::read(ctx, parts).await;
    }
    let fields = Fields::read(payload).await?;
    ctx.check_form(fields.get("csrf"))?;
    Ok(Submission {
        fields,
        ..Submission::default()
    })
}

/// The body of a command, or what the form lacks before anybody need be asked.
fn body(t: Tr, command: &str, form: &Submission) -> Result<Value, Errors> {
    let text = |field: &str| form.fields.some(&format!("{command}-{field}"));
    let mut out = Map::new();
    let mut put = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            out.insert(name.to_owned(), Value::String(value));
        }
    };
    match command {
        "refuse" | "send-back" | "stop" | "correct" => {
            put("reason", Some(text("reason").unwrap_or_default()));
        }
        "apologise" => {
            let day = text("dueOn").unwrap_or_default();
            if day.parse::<chrono::NaiveDate>().is_err() {
                let missing = format!("{}: {}", t.field_missing(), t.new_date_label());
                return Err(one_error("apologise-dueOn", &missing));
            }
            put("dueOn", Some(day));
            put("reason", Some(text("reason").unwrap_or_default()));
        }
        "reopen" => {
            put("reason", Some(text("reason").unwrap_or_default()));
            put("legalBasis", Some(text("legalBasis").unwrap_or_default()));
        }
        "approve" | "confirm-payment" => put("note", text("note")),
        "hand-over" => {
            put(
                "receiverName",
                Some(text("receiverName").unwrap_or_default()),
            );
            put("receiverIdentityNumber", text("receiverIdentityNumber"));
            put("note", text("note"));
        }
        "request-supplement" => {
            put("reason", Some(text("reason").unwrap_or_default()));
            put("legalBasis", text("legalBasis"));
            let items: Vec<Value> = rows(&form.fields)
                .into_iter()
                .map(|n| {
                    json!({
                        "componentId": text(&format!("component-{n}")),
                        "content": text(&format!("content-{n}")).unwrap_or_default(),
                        "guidance": text(&format!("guidance-{n}")),
                    })
                })
                .collect();
            out.insert("items".to_owned(), Value::Array(items));
        }
        "request-payment" => {
            put("reason", Some(text("reason").unwrap_or_default()));
            let typed: String = text("amount")
                .unwrap_or_default()
                .chars()
                .filter(|c| !matches!(c, '.' | ' ' | ','))
                .collect();
            match typed.parse::<i64>() {
                Ok(amount) => out.insert("amount".to_owned(), amount.into()),
                Err(_not_a_number) => {
                    return Err(one_error("request-payment-amount", t.amount_invalid()));
                }
            };
        }
        "propose" => {
            if form.away {
                return Err(Errors {
                    problem: t.away_kept().to_owned(),
                    ..Errors::default()
                });
            }
            let slot = format!("file-{RESULT}");
            if let Some(error) = form.file_error(RESULT) {
                return Err(one_error(&slot, &error));
            }
            let Some(file) = form.file(RESULT) else {
                return Err(one_error(
                    &slot,
                    &format!("{}: {}", t.field_missing(), t.result_file()),
                ));
            };
            put("resultFileId", Some(file.id));
            put("note", text("note"));
            if text("decision").as_deref() == Some("refuse") {
                out.insert("refusal".to_owned(), Value::Bool(true));
            }
        }
        _ => {}
    }
    Ok(Value::Object(out))
}

fn one_error(field: &str, text: &str) -> Errors {
    let mut errors = Errors::default();
    errors.add(field, text);
    errors
}

/// The rows of a supplement request that say something; the first, if none does, so that its absence is named.
fn rows(fields: &Fields) -> Vec<usize> {
    let said = |n: &usize| {
        ["content", "guidance"].iter().any(|f| {
            !fields
                .get(&format!("request-supplement-{f}-{n}"))
                .is_empty()
        })
    };
    let rows: Vec<usize> = (1..=ITEMS).filter(said).collect();
    if rows.is_empty() { vec![1] } else { rows }
}

/// Which field of a command's form a JSON Pointer stands for.
fn field_of(command: &str, fields: &Fields, pointer: &str) -> Option<String> {
    if command == "propose" && pointer == "/resultFileId" {
        return Some(format!("file-{RESULT}"));
    }
    let mut tokens = pointer.strip_prefix('/')?.split('/');
    let name = match (tokens.next()?, tokens.next(), tokens.next()) {
        ("items", None, _) => "content-1".to_owned(),
        ("items", Some(n), field) => {
            let row = rows(fields).get(n.parse::<usize>().ok()?).copied()?;
            match field {
                Some("guidance") => format!("guidance-{row}"),
                Some("componentId") => format!("component-{row}"),
                _ => format!("content-{row}"),
            }
        }
        (
            name @ ("reason"
            | "note"
            | "amount"
            | "legalBasis"
            | "dueOn"
            | "receiverName"
            | "receiverIdentityNumber"),
            None,
            _,
        ) => name.to_owned(),
        _ => return None,
    };
    Some(format!("{command}-{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use contracts::Language;

    fn form(pairs: &[(&str, &str)]) -> Submission {
        let fields = pairs
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
            .collect();
        Submission {
            fields,
            ..Submission::default()
        }
    }

    #[test]
    fn empty_rows_of_a_supplement_request_are_left_out_and_pointers_find_their_row() {
        let sent = form(&[
            ("request-supplement-reason", "Thiếu"),
            ("request-supplement-content-2", "Giấy chứng sinh"),
            ("request-supplement-content-4", "Ảnh"),
        ]);
        let body = body(Tr(Language::Vi), "request-supplement", &sent).expect("a body");
        assert_eq!(body["items"].as_array().map(Vec::len), Some(2));
        assert_eq!(body["items"][0]["content"], "Giấy chứng sinh");
        let field = |pointer| field_of("request-supplement", &sent.fields, pointer);
        assert_eq!(
            field("/items/1/content").as_deref(),
            Some("request-supplement-content-4")
        );
        assert_eq!(
            field("/items").as_deref(),
            Some("request-supplement-content-1")
        );
        assert_eq!(
            field("/reason").as_deref(),
            Some("request-supplement-reason")
        );
        assert_eq!(field("/items/7/content"), None);
    }

    #[test]
    fn amounts_may_be_written_with_dots() {
        let t = Tr(Language::Vi);
        let sent = form(&[
            ("request-payment-amount", "1.250.000"),
            ("request-payment-reason", "Lệ phí"),
        ]);
        assert_eq!(
            body(t, "request-payment", &sent).expect("a body")["amount"],
            1_250_000
        );
        let errors = body(
            t,
            "request-payment",
            &form(&[("request-payment-amount", "nhiều")]),
        )
        .expect_err("no number");
        assert!(errors.at("request-payment-amount").is_some());
    }

    #[test]
    fn a_proposal_needs_its_file() {
        let errors = body(Tr(Language::Vi), "propose", &form(&[])).expect_err("no file");
        assert!(errors.at("file-result").is_some());
    }
}
