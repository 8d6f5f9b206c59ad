//! Parts that several pages share, each with its own template: form fields, file pickers, due dates, facts, timelines.

use crate::api::Refusal;
use crate::api::types::{Attachment, Dossier, HistoryEntry, Shipment, Supplement, SupplementItem};
use crate::form::KeptFile;
use crate::format;
use crate::i18n::Tr;
use askama::Template;
use chrono::{DateTime, Duration, Utc};
use contracts::ReturnMethod;
use std::fmt::Write as _;

/// File types that a picker offers; the API judges by content.
pub(crate) const ACCEPT: &str = ".pdf,.png,.jpg,.jpeg,.doc,.docx,.xls,.xlsx";

/// How a field is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `<input>` of this type.
    Input(&'static str),
    /// `<textarea>`.
    Area,
    /// `<select>`.
    Select,
}

/// A labelled field with hint and error.
#[derive(Template, Clone)]
#[template(path = "part/field.html")]
pub(crate) struct Field {
    t: Tr,
    name: String,
    label: String,
    kind: Kind,
    value: String,
    hint: Option<String>,
    error: Option<String>,
    required: bool,
    options: Vec<(String, String)>,
    autocomplete: &'static str,
    numeric: bool,
    max: usize,
}

impl Field {
    /// A field of one line.
    pub(crate) fn text(
        t: Tr,
        name: impl Into<String>,
        label: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        Self {
            t,
            name: name.into(),
            label: label.into(),
            kind: Kind::Input("text"),
            value: value.into(),
            hint: None,
            error: None,
            required: false,
            options: Vec::new(),
            autocomplete: "",
            numeric: false,
            max: 200,
        }
    }

    /// A field of several lines.
    pub(crate) fn area(
        t: Tr,
        name: impl Into<String>,
        label: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        Self {
            kind: Kind::Area,
            max: 4000,
            ..Self::text(t, name, label, value)
        }
    }

    /// A choice; the first option is "choose".
    pub(crate) fn select(
        t: Tr,
        name: impl Into<String>,
        label: impl Into<String>,
        value: impl Into<String>,
        options: Vec<(String, String)>,
    ) -> Self {
        Self {
            kind: Kind::Select,
            options,
            ..Self::text(t, name, label, value)
        }
    }

    pub(crate) fn input(self, kind: &'static str) -> Self {
        Self {
            kind: Kind::Input(kind),
            ..self
        }
    }

    pub(crate) fn required(self) -> Self {
        Self {
            required: true,
            ..self
        }
    }

    pub(crate) fn hint(self, hint: &str) -> Self {
        Self {
            hint: Some(hint.to_owned()),
            ..self
        }
    }

    pub(crate) fn error(self, error: Option<String>) -> Self {
        Self { error, ..self }
    }

    pub(crate) fn numeric(self) -> Self {
        Self {
            numeric: true,
            ..self
        }
    }

    pub(crate) fn autocomplete(self, autocomplete: &'static str) -> Self {
        Self {
            autocomplete,
            ..self
        }
    }

    /// Attributes that depend on the field. Names are ours, so nothing here needs escaping.
    fn attributes(&self) -> String {
        let mut out = String::new();
        let mut described = Vec::new();
        if self.hint.is_some() {
            described.push(format!("{}-hint", self.name));
        }
        if self.error.is_some() {
            described.push(format!("{}-error", self.name));
            out.push_str(" aria-invalid=\"true\"");
        }
        let mut put = |name: &str, value: &str| {
            // Writing to a String cannot fail.
            let _written = write!(out, " {name}=\"{value}\"");
        };
        if !described.is_empty() {
            put("aria-describedby", &described.join(" "));
        }
        if self.required {
            put("aria-required", "true");
        }
        if !self.autocomplete.is_empty() {
            put("autocomplete", self.autocomplete);
        }
        if self.numeric {
            put("inputmode", "numeric");
        }
        if self.kind != Kind::Select {
            put("maxlength", &self.max.to_string());
        }
        out
    }
}

/// A file picker with what was uploaded before.
#[derive(Template, Clone)]
#[template(path = "part/file.html")]
pub(crate) struct FileField {
    pub(crate) t: Tr,
    /// Part of the name after `file.`.
    pub(crate) slot: String,
    pub(crate) label: String,
    pub(crate) hint: Option<String>,
    pub(crate) limits: String,
    pub(crate) required: bool,
    pub(crate) error: Option<String>,
    pub(crate) kept: Option<KeptFile>,
    pub(crate) accept: &'static str,
    /// One's own earlier results to take instead: `id|name`, what to read.
    pub(crate) store: Vec<(String, String)>,
}

/// Errors on their way to the fields of a form.
#[derive(Clone, Debug, Default)]
pub(crate) struct Errors {
    /// (id of the field, text), in the order of the form.
    pub(crate) fields: Vec<(String, String)>,
    /// What is wrong with the whole.
    pub(crate) problem: String,
}

impl Errors {
    /// Puts each error of a problem document to its field; an error that no field stands for is shown above the form.
    pub(crate) fn of(refusal: &Refusal, field_of: impl Fn(&str) -> Option<String>) -> Self {
        let fields = refusal
            .errors
            .iter()
            .map(|e| {
                let text = if e.detail.is_empty() {
                    e.code.clone()
                } else {
                    e.detail.clone()
                };
                (field_of(&e.pointer).unwrap_or_default(), text)
            })
            .collect();
        Self {
            fields,
            problem: refusal.text().to_owned(),
        }
    }

    /// Adds an error to a field.
    pub(crate) fn add(&mut self, field: &str, text: impl Into<String>) {
        self.fields.push((field.to_owned(), text.into()));
    }

    /// The error of one field.
    pub(crate) fn at(&self, field: &str) -> Option<String> {
        self.fields
            .iter()
            .find(|(f, _)| f == field)
            .map(|(_, text)| text.clone())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.problem.is_empty()
    }
}

/// A due date: figure, word and icon, so that colour is never the only sign.
#[derive(Template)]
#[template(path = "part/due.html")]
pub(crate) struct Due {
    class: &'static str,
    icon: &'static str,
    text: String,
    word: String,
}

/// How a due date stands now. "Soon" is within 24 hours, as the administration's own reports have it.
pub(crate) fn due(
    t: Tr,
    at: Option<&DateTime<Utc>>,
    status: &str,
    overdue: bool,
    now: DateTime<Utc>,
) -> Option<Due> {
    let at = at?;
    let text = format::time(at);
    let over = matches!(
        status,
        "done" | "returned" | "stopped" | "withdrawn" | "notReceived"
    );
    Some(if over && !overdue {
        Due {
            class: "fine",
            icon: "✓",
            text,
            word: t.due_finished().to_owned(),
        }
    } else if overdue || (now > *at && !over) {
        Due {
            class: "late",
            icon: "⚠",
            text,
            word: t.late_by(format::days_between(at, &now).max(0)),
        }
    } else if *at - now <= Duration::hours(24) {
        Due {
            class: "soon",
            icon: "◔",
            text,
            word: t.due_soon().to_owned(),
        }
    } else {
        Due {
            class: "fine",
            icon: "✓",
            text,
            word: t.due_fine().to_owned(),
        }
    })
}

/// Names and values.
#[derive(Template, Default)]
#[template(path = "part/facts.html")]
pub(crate) struct Facts {
    facts: Vec<(String, String)>,
}

impl Facts {
    /// Adds a fact, unless there is nothing to say.
    pub(crate) fn put(mut self, name: &str, value: impl Into<String>) -> Self {
        let value = value.into();
        if !value.trim().is_empty() {
            self.facts.push((name.to_owned(), value));
        }
        self
    }

    /// Adds a fact if there is one.
    pub(crate) fn maybe(self, name: &str, value: Option<&str>) -> Self {
        self.put(name, value.unwrap_or_default())
    }
}

/// One entry of a history.
pub(crate) struct Entry {
    pub(crate) time: String,
    pub(crate) machine: String,
    pub(crate) what: String,
    pub(crate) status: String,
    pub(crate) step: String,
    pub(crate) actor: String,
    pub(crate) reason: String,
}

/// The history, newest last.
pub(crate) fn history(t: Tr, entries: &[HistoryEntry]) -> Vec<Entry> {
    entries
        .iter()
        .map(|h| Entry {
            time: format::time(&h.at),
            machine: format::machine_time(&h.at),
            what: t.command(&h.command),
            status: h.status.name.clone(),
            step: match h.step.desk.as_deref() {
                Some(desk) if !desk.is_empty() => format!("{} – {desk}", h.step.name),
                _ => h.step.name.clone(),
            },
            actor: h.actor.clone().unwrap_or_default(),
            reason: h.reason.clone().unwrap_or_default(),
        })
        .collect()
}

/// A file in a list.
pub(crate) struct FileRow {
    pub(crate) file: String,
    pub(crate) name: String,
    pub(crate) size: String,
    pub(crate) component: String,
}

pub(crate) fn files(attachments: &[Attachment]) -> Vec<FileRow> {
    attachments
        .iter()
        .map(|a| FileRow {
            file: a.file_id.clone(),
            name: a.name.clone(),
            size: format::size(a.size),
            component: a.component_name.clone().unwrap_or_default(),
        })
        .collect()
}

/// A supplement request as shown.
pub(crate) struct SupplementView {
    pub(crate) reason: String,
    pub(crate) when: String,
    pub(crate) items: Vec<SupplementItem>,
}

pub(crate) fn supplement(t: Tr, s: &Supplement) -> SupplementView {
    let due = s.due_at.as_ref().map(format::time);
    let answered = s.answered_at.as_ref().map(format::time);
    let mut reason = s.reason.clone();
    if let Some(basis) = s.legal_basis.as_deref().filter(|b| !b.is_empty()) {
        reason = format!("{reason} ({}: {basis})", t.legal_basis());
    }
    SupplementView {
        reason,
        when: t.supplement_when(
            &format::time(&s.requested_at),
            due.as_deref(),
            answered.as_deref(),
        ),
        items: s.items.clone(),
    }
}

/// A shipment as shown.
pub(crate) struct ShipmentView {
    pub(crate) state: String,
    pub(crate) facts: Facts,
    /// Time, what, where and why.
    pub(crate) events: Vec<(String, String, String)>,
}

pub(crate) fn shipment(t: Tr, s: &Shipment) -> ShipmentView {
    let state = if s.state_name.is_empty() {
        t.shipment(&s.state)
    } else {
        s.state_name.clone()
    };
    let address = s.receiver.as_ref().and_then(|r| r.address_line.as_deref());
    let facts = Facts::default()
        .maybe(t.item_number(), s.item_number.as_deref())
        .maybe(t.receiver(), s.receiver.as_ref().map(|r| r.name.as_str()))
        .maybe(t.address(), address)
        .put(
            t.expected_by(),
            s.expected_by.as_ref().map(format::time).unwrap_or_default(),
        )
        .maybe(t.received_by(), s.received_by.as_ref().map(|r| r.name()));
    let events = s
        .timeline
        .iter()
        .filter(|e| e.result.as_deref().is_none_or(|r| r == "accepted"))
        .map(|e| {
            let more = [e.place.as_deref(), e.note.as_deref()];
            let more = more
                .into_iter()
                .flatten()
                .filter(|x| !x.is_empty())
                .collect::<Vec<_>>()
                .join(" – ");
            (format::time(&e.occurred_at), t.shipment(&e.code), more)
        })
        .collect();
    ShipmentView {
        state,
        facts,
        events,
    }
}

/// The number, or that there is none yet.
pub(crate) fn number(t: Tr, number: Option<&str>) -> String {
    number
        .filter(|n| !n.is_empty())
        .unwrap_or(t.no_number())
        .to_owned()
}

/// The main facts of a dossier.
pub(crate) fn dossier_facts(t: Tr, d: &Dossier, return_address: Option<&str>) -> Facts {
    let way = match d.return_way.method {
        ReturnMethod::Counter => t.return_counter(),
        ReturnMethod::Post => t.return_post(),
    };
    Facts::default()
        .put(t.dossier_number(), number(t, d.number.as_deref()))
        .put(t.code(), d.procedure.code.clone())
        .put(t.agency(), d.agency.name.clone())
        .put(t.channel_label(), t.channel(&d.channel))
        .put(t.submitted(), format::time(&d.submitted_at))
        .put(
            t.received(),
            d.received_at.as_ref().map(format::time).unwrap_or_default(),
        )
        .maybe(
            t.receiving_label(),
            d.intake.receiving_agency.as_ref().map(|a| a.name.as_str()),
        )
        .maybe(
            t.support_label(),
            d.intake.support_agency.as_ref().map(|a| a.name.as_str()),
        )
        .maybe(t.minutes_label(), d.intake.minutes_number.as_deref())
        .maybe(t.kiosk_label(), d.intake.kiosk.as_deref())
        .maybe(t.representative_label(), d.intake.representative.as_deref())
        .put(
            t.check_due(),
            d.check_due_at
                .as_ref()
                .map(format::time)
                .unwrap_or_default(),
        )
        .maybe(t.term_label(), d.procedure.term_text.as_deref())
        .put(
            t.first_due(),
            // Only when it was moved.
            match (&d.first_due_at, &d.due_at) {
                (Some(first), Some(due)) if first != due => format::time(first),
                _ => String::new(),
            },
        )
        .maybe(
            t.outcome_label(),
            d.outcome.as_deref().map(|o| t.outcome(o)),
        )
        .put(
            t.due_word(),
            match (&d.due_at, d.due_text.as_deref()) {
                // The figure itself is shown with how it stands.
                (Some(_), _) => String::new(),
                (None, Some(text)) if d.received_at.is_some() => text.to_owned(),
                (None, _) if d.received_at.is_some() => t.due_none().to_owned(),
                (None, _) => String::new(),
            },
        )
        .put(t.return_label(), way)
        .maybe(t.receiver(), d.return_way.receiver_name.as_deref())
        .maybe(t.phone_label(), d.return_way.receiver_phone.as_deref())
        .maybe(t.address(), return_address)
}

/// Amount, what for, paid or not.
pub(crate) fn payment(t: Tr, d: &Dossier) -> Option<(String, String, String)> {
    let p = d.payment.as_ref()?;
    Some((
        format::money(p.amount, p.currency.as_deref()),
        p.reason.clone().unwrap_or_default(),
        p.confirmed_at.as_ref().map_or_else(
            || t.payment_open().to_owned(),
            |at| t.paid_at(&format::time(at)),
        ),
    ))
}

/// File, and a line about it.
pub(crate) fn result(d: &Dossier) -> Option<(String, String)> {
    let r = d.result.as_ref()?;
    let size = r.size.map(format::size).unwrap_or_default();
    let parts = [
        r.name.clone().unwrap_or_default(),
        size,
        format::time(&r.at),
        r.note.clone().unwrap_or_default(),
    ];
    let line = parts
        .into_iter()
        .filter(|p| !p.is_empty())
        .collect::<Vec<_>>()
        .join(" · ");
    Some((r.file_id.clone(), line))
}

/// Statutory forms that exist for a dossier: name in the address, title.
pub(crate) fn forms(t: Tr, d: &Dossier, officer: bool) -> Vec<(&'static str, &'static str)> {
    let mut out = Vec::new();
    if d.received_at.is_some() {
        out.push(("receipt", t.form_receipt()));
    }
    if d.supplement.is_some() {
        out.push(("supplement-request", t.form_supplement()));
    }
    let refused = d.result.as_ref().is_some_and(|r| r.refusal);
    if d.status.key == "notReceived" || refused {
        out.push(("refusal", t.form_refusal()));
    }
    if d.apology.is_some() {
        out.push(("apology", t.form_apology()));
    }
    if officer && d.open("apologise") {
        out.push(("apology-draft", t.form_apology_draft()));
    }
    if matches!(d.status.key.as_str(), "withdrawn" | "stopped") {
        out.push(("stop-notice", t.form_stop()));
    }
    if officer && d.received_at.is_some() {
        out.push(("control-slip", t.form_control()));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use contracts::Language;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("time")
    }

    #[test]
    fn due_dates_say_in_words_how_they_stand() {
        let t = Tr(Language::Vi);
        let now = at("2026-11-16T02:00:00Z");
        let word = |due_at: &str, status: &str, overdue| {
            due(t, Some(&at(due_at)), status, overdue, now)
                .map(|d| (d.class, d.word))
                .expect("a due date")
        };
        assert_eq!(
            word("2026-11-14T02:00:00Z", "inProgress", false),
            ("late", "Quá hạn 2 ngày".to_owned())
        );
        assert_eq!(word("2026-11-17T01:00:00Z", "received", false).0, "soon");
        assert_eq!(word("2026-11-20T01:00:00Z", "received", false).0, "fine");
        assert_eq!(word("2026-11-14T02:00:00Z", "returned", false).0, "fine");
        assert!(due(t, None, "received", false, now).is_none());
    }

    #[test]
    fn fields_tie_label_hint_and_error_to_the_input() {
        let html = Field::text(Tr(Language::Vi), "phone", "Điện thoại", "\"><script>")
            .hint("10 số")
            .error(Some("Sai <b>".to_owned()))
            .required()
            .to_string();
        assert!(
            html.contains("for=\"phone\"") && html.contains("id=\"phone\""),
            "{html}"
        );
        assert!(
            html.contains("aria-describedby=\"phone-hint phone-error\""),
            "{html}"
        );
        assert!(html.contains("aria-invalid=\"true\""), "{html}");
        assert!(
            !html.contains("<script>") && !html.contains("<b>"),
            "{html}"
        );
    }
}
