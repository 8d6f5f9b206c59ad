//! From a planned notice to the text that is read.

use super::plan::{Notice, Params};
use super::template::Template;
use super::text::{SMS_LENGTH, ascii, hide_numbers, local_time, one_line, shorten};
use contracts::{Language, Role};
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;

/// A template did not render: a fault in the template, not in the data.
#[derive(Debug, thiserror::Error)]
#[error("template {template} does not render: {source}")]
pub struct RenderError {
    template: String,
    source: minijinja::Error,
}

/// Renders messages. Made once per process.
#[derive(Debug)]
pub struct Renderer {
    environment: Environment<'static>,
    ascii_sms: bool,
    portal: String,
}

/// A message as read in the inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// One line.
    pub title: String,
    /// Plain text: the message, an empty line, then the facts of NĐ 224/2026 art. 15(1)(g), one a line.
    pub body: String,
}

/// A message as sent by mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// Subject.
    pub subject: String,
    /// Plain text part.
    pub text: String,
    /// HTML part, escaped.
    pub html: String,
}

/// A line of the status notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Fact {
    label: &'static str,
    value: String,
}

#[derive(Serialize)]
struct Context<'a> {
    /// The dossier's number, or the procedure's name before it has one.
    label: String,
    number: &'a str,
    procedure: &'a str,
    agency: &'a str,
    at: String,
    due: Option<String>,
    earlier_due: Option<String>,
    early: bool,
    reason: Option<String>,
    by_post: bool,
    item: &'a str,
    receiver: Option<&'a str>,
    invitations: u32,
}

#[derive(Serialize)]
struct MailContext<'a> {
    name: &'a str,
    title: &'a str,
    body: &'a str,
    facts: &'a [Fact],
    link: String,
}

impl Renderer {
    /// Reads all templates. `portal` is the public address of the portal, without a slash at the end; `ascii_sms` writes text
    /// messages without marks.
    ///
    /// # Errors
    /// When a template has a syntax error.
    pub fn new(portal: &str, ascii_sms: bool) -> Result<Self, RenderError> {
        let mut environment = Environment::new();
        // A missing value must fail a test, not leave a hole in a letter.
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|name| {
            if name.ends_with(".html") {
                AutoEscape::Html
            } else {
                AutoEscape::None
            }
        });
        for language in [Language::Vi, Language::En] {
            for template in Template::ALL.iter().copied() {
                add(
                    &mut environment,
                    file(template, language),
                    template.source(language),
                )?;
            }
            let (text, html) = match language {
                Language::Vi => (
                    include_str!("../../templates/vi/mail.txt"),
                    include_str!("../../templates/vi/mail.html"),
                ),
                Language::En => (
                    include_str!("../../templates/en/mail.txt"),
                    include_str!("../../templates/en/mail.html"),
                ),
            };
            add(
                &mut environment,
                format!("{}/mail.txt", folder(language)),
                text,
            )?;
            add(
                &mut environment,
                format!("{}/mail.html", folder(language)),
                html,
            )?;
        }
        Ok(Self {
            environment,
            ascii_sms,
            portal: portal.trim_end_matches('/').to_owned(),
        })
    }

    /// The inbox item.
    ///
    /// # Errors
    /// When the template does not fit the data.
    pub fn inbox(&self, notice: &Notice) -> Result<Message, RenderError> {
        let (title, text) = self.title_and_text(notice)?;
        let mut body = text;
        body.push('\n');
        for fact in facts(&notice.params, notice.language) {
            body.push_str(&format!("\n{}: {}", fact.label, fact.value));
        }
        Ok(Message { title, body })
    }

    /// The letter.
    ///
    /// # Errors
    /// When the template does not fit the data.
    pub fn mail(&self, notice: &Notice) -> Result<Mail, RenderError> {
        let (title, body) = self.title_and_text(notice)?;
        let facts = facts(&notice.params, notice.language);
        let context = MailContext {
            name: &notice.params.name,
            title: &title,
            body: &body,
            facts: &facts,
            link: format!("{}/ho-so/{}", self.portal, notice.params.dossier_id),
        };
        Ok(Mail {
            text: self.whole(&format!("{}/mail.txt", folder(notice.language)), &context)?,
            html: self.whole(&format!("{}/mail.html", folder(notice.language)), &context)?,
            subject: title,
        })
    }

    /// The text message: one line of at most 160 characters, or `None` for messages that are not sent so.
    ///
    /// # Errors
    /// When the template does not fit the data.
    pub fn sms(&self, notice: &Notice) -> Result<Option<String>, RenderError> {
        if !notice.template.has_sms() {
            return Ok(None);
        }
        let text = one_line(&self.block(notice, "sms")?);
        let text = if self.ascii_sms { ascii(&text) } else { text };
        Ok(Some(shorten(&text, SMS_LENGTH)))
    }

    fn title_and_text(&self, notice: &Notice) -> Result<(String, String), RenderError> {
        let title = one_line(&self.block(notice, "title")?);
        let text = one_line(&self.block(notice, "body")?);
        Ok((title, text))
    }

    fn block(&self, notice: &Notice, block: &str) -> Result<String, RenderError> {
        let name = file(notice.template, notice.language);
        let fault = |source| RenderError {
            template: format!("{name}#{block}"),
            source,
        };
        let context = context(&notice.params, notice.language);
        self.environment
            .get_template(&name)
            .and_then(|t| {
                t.render_captured(Serde(&context))?
                    .with_state_mut(|state| state.render_block(block))
            })
            .map_err(fault)
    }

    fn whole(&self, name: &str, context: &MailContext<'_>) -> Result<String, RenderError> {
        self.environment
            .get_template(name)
            .and_then(|t| t.render(Serde(context)))
            .map_err(|source| RenderError {
                template: name.to_owned(),
                source,
            })
    }
}

fn add(
    environment: &mut Environment<'static>,
    name: String,
    source: &'static str,
) -> Result<(), RenderError> {
    environment
        .add_template_owned(name.clone(), source)
        .map_err(|source| RenderError {
            template: name,
            source,
        })
}

fn folder(language: Language) -> &'static str {
    match language {
        Language::Vi => "vi",
        Language::En => "en",
    }
}

fn file(template: Template, language: Language) -> String {
    format!("{}/{}.txt", folder(language), template.name())
}

fn context(params: &Params, language: Language) -> Context<'_> {
    let unknown = match language {
        Language::Vi => "chưa có",
        Language::En => "not yet given",
    };
    Context {
        label: params
            .dossier_number
            .clone()
            .unwrap_or_else(|| format!("“{}”", params.procedure_name)),
        number: params.dossier_number.as_deref().unwrap_or(unknown),
        procedure: &params.procedure_name,
        agency: &params.agency_name,
        at: local_time(params.at),
        due: params.due_at.map(local_time),
        earlier_due: params.earlier_due_at.map(local_time),
        early: params.early,
        // The one text that officers type freely.
        reason: params.reason.as_deref().map(|r| hide_numbers(&sentence(r))),
        by_post: params.by_post,
        item: params.item_number.as_deref().unwrap_or(unknown),
        receiver: params.receiver_name.as_deref(),
        invitations: params.invitations,
    }
}

/// A reason as typed, ending like a sentence.
fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() || text.ends_with(['.', '!', '?', '…', ':', ';']) {
        text.to_owned()
    } else {
        format!("{text}.")
    }
}

/// The least a status notice holds (NĐ 224/2026 art. 15(1)(g)): agency, who has it, and the times of the step and of the return.
fn facts(params: &Params, language: Language) -> Vec<Fact> {
    let say = |vi, en| match language {
        Language::Vi => vi,
        Language::En => en,
    };
    let mut out = Vec::new();
    if let Some(number) = &params.dossier_number {
        out.push(Fact {
            label: say("Mã số hồ sơ", "Dossier number"),
            value: number.clone(),
        });
    }
    if !params.procedure_name.is_empty() {
        out.push(Fact {
            label: say("Thủ tục", "Procedure"),
            value: params.procedure_name.clone(),
        });
    }
    out.push(Fact {
        label: say("Cơ quan", "Agency"),
        value: params.agency_name.clone(),
    });
    if let Some(status) = params.status {
        out.push(Fact {
            label: say("Trạng thái", "Status"),
            value: status.title(language).to_owned(),
        });
    }
    if let Some(desk) = params.desk {
        out.push(Fact {
            label: say("Bộ phận xử lý", "Handled by"),
            value: desk_title(desk, language).to_owned(),
        });
    }
    if let Some(item) = &params.item_number {
        out.push(Fact {
            label: say("Số hiệu bưu gửi", "Postal item"),
            value: item.clone(),
        });
    }
    out.push(Fact {
        label: say("Thời điểm", "Time"),
        value: local_time(params.at),
    });
    if let Some(due) = params.due_at {
        out.push(Fact {
            label: say("Hẹn trả kết quả", "Result due"),
            value: local_time(due),
        });
    }
    out
}

fn desk_title(role: Role, language: Language) -> &'static str {
    let (vi, en) = match role {
        Role::OneStopOfficer => ("Bộ phận tiếp nhận và trả kết quả", "One-stop desk"),
        Role::Specialist => ("Chuyên viên thẩm định", "Specialist"),
        Role::Leader => ("Lãnh đạo phê duyệt", "Approving leader"),
        Role::Citizen
        | Role::Business
        | Role::RestrictedOfficer
        | Role::AgencyAdmin
        | Role::ProvinceAdmin
        | Role::Integrator
        | Role::PostOffice => ("Bộ phận khác", "Another desk"),
    };
    match language {
        Language::Vi => vi,
        Language::En => en,
    }
}

#[cfg(test)]
#[path = "render_tests.rs"]
mod tests;
