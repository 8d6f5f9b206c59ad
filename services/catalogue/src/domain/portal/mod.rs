//! Reads one line of the national portal's JSON into [`Content`]: cleaned, structured, with its doubts listed.
//!
//! The portal's names for things: `executionCases` are the papers by case, `cases` the service list, `executionMethods` the channels
//! (several of one channel are several cases), `departments…` and `unitGroups…` the agencies.

mod raw;
mod write;

pub use write::to_line;

use super::content::{
    Agencies, Component, ComponentCase, Content, Decision, FeeKind, FormFile, Level, Method,
    MethodFee, Named, PublishedTerm, ReturnMethods, ServiceLevel, Step, TermSource, TermUnit,
};
use super::fee::{self, RawFee};
use super::quality::{self, Doubts, Warning, WarningKind};
use super::term::{self, ListedTerm, RawTerm};
use chrono::{DateTime, Datelike as _, FixedOffset, NaiveDate};
use contracts::Channel;
use std::collections::BTreeSet;
use uuid::Uuid;
use vn::text;

/// A line that was read.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The portal's id.
    pub id: Uuid,
    /// What the version says.
    pub content: Content,
    /// What is doubtful.
    pub warnings: Vec<Warning>,
}

/// Why a line is no procedure.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// Not JSON.
    #[error("not JSON: {0}")]
    NotJson(String),
    /// No usable `id`.
    #[error("`id` is missing or not a UUID")]
    Id,
    /// No `detail`.
    #[error("`detail` is missing")]
    Detail,
    /// No name anywhere.
    #[error("`name` is missing")]
    Name,
    /// The two ids disagree.
    #[error("`id` and `detail.id` differ")]
    TwoIds,
}

/// Reads one line.
///
/// # Errors
/// When the line is not JSON, or has no id, detail or name. Everything else is a warning.
pub fn parse_line(line: &str) -> Result<Parsed, LineError> {
    let line: raw::Line =
        serde_json::from_str(line).map_err(|e| LineError::NotJson(e.to_string()))?;
    let detail = line.detail.ok_or(LineError::Detail)?;
    let id = Uuid::parse_str(line.id.trim()).map_err(|_not_a_uuid| LineError::Id)?;
    if !detail.id.is_empty() && Uuid::parse_str(detail.id.trim()).ok() != Some(id) {
        return Err(LineError::TwoIds);
    }
    let mut reader = Reader::default();
    let content = reader.content(&line.code, &line.name, &detail)?;
    Ok(Parsed {
        id,
        content,
        warnings: reader.doubts.finish(),
    })
}

#[derive(Default)]
struct Reader {
    doubts: Doubts,
}

impl Reader {
    fn content(
        &mut self,
        outer_code: &str,
        outer_name: &str,
        d: &raw::Detail,
    ) -> Result<Content, LineError> {
        let code = self.code(
            if d.code.trim().is_empty() {
                outer_code
            } else {
                &d.code
            },
            &d.state,
        );
        let name = self.name(if d.name.trim().is_empty() {
            outer_name
        } else {
            &d.name
        })?;
        let listed: Vec<ListedTerm> = d.cases.iter().filter_map(listed_term).collect();
        let listed = if listed.len() == d.cases.len() {
            listed
        } else {
            Vec::new()
        };
        let mut methods = self.methods(&d.execution_methods, &listed);
        let of_steps = d
            .execution_steps
            .iter()
            .find_map(|s| term::cut_off(&s.description));
        for m in &mut methods {
            m.term.cut_off = term::cut_off(&m.description).or_else(|| of_steps.clone());
        }
        let components = self.components(&d.execution_cases);
        let field = d
            .categories_details
            .first()
            .map(|c| self.named(c))
            .unwrap_or_default();
        if field.name.is_empty() {
            self.doubts.note(WarningKind::NoField, &name);
        }
        let content = Content {
            field,
            steps: d
                .execution_steps
                .iter()
                .map(|s| Step {
                    name: self.line(&s.name),
                    description: self.lines(&s.description),
                })
                .filter(|s| !(s.name.is_empty() && s.description.is_empty()))
                .collect(),
            methods,
            components,
            subjects: self.all_named(&d.subject_types_details),
            agencies: self.agencies(d),
            results: self.all_named(&d.results_details),
            legal_basis: self.all_named(&d.legal_basises_details),
            conditions: self.lines(&d.requirements_and_conditions),
            decision: self.decision(d),
            levels: self.levels(d),
            service_level: self.service_level(d),
            internal: d.is_internal,
            non_territorial: d.is_non_territorial,
            vertical: d.is_vertical,
            postal: d.is_postal,
            kiosk: d.is_kiosk,
            immediate_result: d.is_immediate_result,
            financial_duty: d.has_financial_duty,
            restricted: d.is_restricted,
            groups: d
                .service_groups_details
                .iter()
                .map(|g| self.line(&g.name))
                .filter(|g| !g.is_empty())
                .collect(),
            keywords: self.line(&d.keywords),
            note: self.lines(&d.note),
            return_methods: returns(&d.returning_methods),
            code,
            name,
        };
        Ok(content)
    }

    fn code(&mut self, raw: &str, state: &str) -> String {
        let code = self.line(raw);
        if code != raw {
            self.doubts.note(WarningKind::CodeTrimmed, raw);
        }
        if code.to_lowercase().ends_with("-xoa") && state != "DELETED" {
            self.doubts.note(WarningKind::CodeSaysDeleted, &code);
        }
        if !code.to_lowercase().ends_with("-xoa")
            && !vn::procedure_code::classify(&code).is_regular()
        {
            self.doubts.note(WarningKind::CodeShape, &code);
        }
        code
    }

    fn name(&mut self, raw: &str) -> Result<String, LineError> {
        if raw.trim().contains(['\n', '\r']) {
            self.doubts.note(WarningKind::NameLineBreak, raw);
        }
        let name = self.line(raw);
        if name.is_empty() {
            return Err(LineError::Name);
        }
        let letters = name.chars().filter(|c| c.is_alphabetic()).count();
        if letters > 5 && !name.chars().any(char::is_lowercase) {
            self.doubts.note(WarningKind::NameCapitals, &name);
        }
        if name.chars().count() > 500 {
            self.doubts.note(WarningKind::NameLong, &name);
        }
        Ok(name)
    }

    fn methods(&mut self, raw: &[raw::Method], listed: &[ListedTerm]) -> Vec<Method> {
        let channel_of = |m: &raw::Method| match m.submission_method.as_str() {
            "ONLINE" => Some(Channel::Online),
            "DIRECT" => Some(Channel::Direct),
            "POSTAL" => Some(Channel::Postal),
            _ => None,
        };
        let mut out: Vec<Method> = Vec::with_capacity(raw.len());
        for m in raw {
            let Some(channel) = channel_of(m) else {
                continue;
            };
            let several = raw
                .iter()
                .filter(|o| channel_of(o) == Some(channel))
                .count()
                > 1;
            let description = self.lines(&m.description);
            let words = self.line(&m.processing_time);
            let number: Option<f64> = words.parse().ok().filter(|n: &f64| n.is_finite());
            let term = term::read(
                &RawTerm {
                    number,
                    words: if number.is_some() { "" } else { &words },
                    unit: &m.processing_time_unit,
                    description: &description,
                },
                listed,
            );
            self.note_term(&term);
            let fees = m.fees.iter().map(|f| self.fee(f)).collect();
            let case = (several && !description.is_empty()).then(|| description.clone());
            out.push(Method {
                channel,
                case,
                term,
                description,
                fees,
            });
        }
        if out.is_empty() {
            self.doubts.note(WarningKind::NoMethod, "");
        }
        let units: BTreeSet<String> = out
            .iter()
            .filter(|m| m.term.value.is_some())
            .map(|m| format!("{:?}", m.term.unit))
            .collect();
        if units.len() > 1 {
            let units: Vec<String> = units.into_iter().collect();
            self.doubts
                .note(WarningKind::TermUnitsDiffer, &units.join(", "));
        }
        out
    }

    fn note_term(&mut self, term: &PublishedTerm) {
        match term.source {
            TermSource::Method => {}
            TermSource::ServiceList => self
                .doubts
                .note(WarningKind::TermFromServiceList, &term.text),
            TermSource::Prose => self.doubts.note(WarningKind::TermFromProse, &term.text),
            TermSource::None => self.doubts.note(WarningKind::TermNotComputable, &term.text),
        }
        let year = match term.unit {
            TermUnit::WorkingHour => 2_000.0,
            TermUnit::WorkingDay => 250.0,
            TermUnit::Day => 365.0,
            TermUnit::Month => 12.0,
            TermUnit::Year => 1.0,
            TermUnit::NotComputable => f64::MAX,
        };
        if term.value.is_some_and(|v| v > year) {
            self.doubts.note(WarningKind::TermVeryLong, &term.text);
        }
    }

    fn fee(&mut self, f: &raw::Fee) -> MethodFee {
        let text = self.lines(&f.description);
        let named = f
            .currency
            .as_ref()
            .map(|c| c.code.as_str())
            .filter(|c| !c.is_empty());
        let currency = named.or(Some(f.currency_name.as_str()).filter(|c| !c.is_empty()));
        let (fee, from_text) = fee::read(&RawFee {
            kind: match f.kind.as_str() {
                "SERVICE_FEE" => FeeKind::Charge,
                "PRICE_LEVEL" => FeeKind::Price,
                _ => FeeKind::Fee,
            },
            value: f.value.trim().parse().ok(),
            currency,
            text: &text,
        });
        if from_text {
            self.doubts.note(WarningKind::FeeCurrencyFromText, &text);
        }
        if let Some(doubt) = fee.doubt {
            let kind = quality::of_fee(doubt);
            self.doubts.note(kind, &format!("{} {text}", f.value));
        }
        fee
    }

    fn components(&mut self, raw: &[raw::Case]) -> Vec<ComponentCase> {
        let mut out = Vec::with_capacity(raw.len());
        for (i, case) in raw.iter().enumerate() {
            let mut seen = BTreeSet::new();
            let mut components = Vec::with_capacity(case.profile_components.len());
            for (j, c) in case.profile_components.iter().enumerate() {
                let name = self.lines(&c.name);
                if name.is_empty() {
                    self.doubts.note(WarningKind::ComponentNameEmpty, &c.code);
                }
                if name.chars().count() > 2_000 {
                    self.doubts.note(WarningKind::ComponentNameLong, &name);
                }
                let mut id = self.line(&c.profile_component_id);
                if id.is_empty() {
                    id = format!("c{}-{}", i + 1, j + 1);
                }
                if !seen.insert(id.clone()) {
                    self.doubts.note(WarningKind::ComponentRepeated, &name);
                    continue;
                }
                let originals = c.original_qty.parse().unwrap_or(0);
                let copies = c.copy_qty.parse().unwrap_or(0);
                let note = originals == 0 && copies == 0;
                let replacing_database = c
                    .replacing_database
                    .as_ref()
                    .map(|d| self.named(d))
                    .filter(|d| !d.name.is_empty());
                components.push(Component {
                    id,
                    code: self.line(&c.code),
                    name,
                    originals,
                    copies,
                    note,
                    // What a database says must not be asked for.
                    required: c.required && !note && replacing_database.is_none(),
                    electronic_form: c.has_electronic_form,
                    replacing_database,
                    forms: c
                        .attachments
                        .iter()
                        .map(|a| FormFile {
                            name: self.line(&a.file_name),
                            path: self.line(&a.file_path),
                        })
                        .collect(),
                });
            }
            out.push(ComponentCase {
                case: self.line(&case.name),
                components,
            });
        }
        out.retain(|c| !c.components.is_empty());
        out
    }

    fn agencies(&mut self, d: &raw::Detail) -> Agencies {
        let mut both = |a: &[raw::Coded], b: &[raw::Coded], words: &str| {
            let mut all = self.all_named(a);
            for one in self.all_named(b) {
                if !all.iter().any(|n| n.name == one.name) {
                    all.push(one);
                }
            }
            if all.is_empty() {
                let name = self.line(words);
                if !name.is_empty() {
                    all.push(Named {
                        code: String::new(),
                        name,
                    });
                }
            }
            all
        };
        let agencies = Agencies {
            executing: both(
                &d.departments_executing,
                &d.unit_groups_executing,
                &d.executing_agencies,
            ),
            authority: both(
                &d.departments_authority,
                &d.unit_groups_authority,
                &d.delegated_agencies,
            ),
            authorized: both(&d.departments_authorized, &[], &d.authorized_agencies),
            coordinating: both(
                &d.departments_coordinating,
                &d.unit_groups_coordinating,
                &d.coordinating_agencies,
            ),
            receiving_places: self.lines(&d.dossier_receiving_addresses),
        };
        if agencies.executing.is_empty() {
            self.doubts.note(WarningKind::NoExecutingAgency, "");
        }
        agencies
    }

    fn decision(&mut self, d: &raw::Detail) -> Decision {
        let number = d
            .procedure_proposal
            .as_ref()
            .map(|p| [p.decision_number.as_str(), p.proposal_number.as_str()])
            .into_iter()
            .flatten()
            .chain([d.decision_no.as_str()])
            .map(|n| self.line(n))
            .find(|n| !n.is_empty());
        if number.is_none() {
            self.doubts.note(WarningKind::NoDecision, "");
        }
        let date = d
            .procedure_proposal
            .as_ref()
            .and_then(|p| self.date(&p.decision_date));
        Decision {
            number,
            date,
            promulgator: Named {
                code: self.line(&d.department_promulgate_code),
                name: self.line(&d.department_promulgate_name),
            },
        }
    }

    fn date(&mut self, millis: &str) -> Option<NaiveDate> {
        if millis.is_empty() {
            return None;
        }
        let date = millis
            .parse::<i64>()
            .ok()
            .and_then(DateTime::from_timestamp_millis)
            .zip(FixedOffset::east_opt(7 * 3600))
            .map(|(utc, vietnam)| utc.with_timezone(&vietnam).date_naive())
            .filter(|d| (1945..=2100).contains(&d.year()));
        if date.is_none() {
            self.doubts.note(WarningKind::ImpossibleDate, millis);
        }
        date
    }

    fn levels(&mut self, d: &raw::Detail) -> Vec<Level> {
        let levels: Vec<Level> = [
            (d.is_ward, Level::Commune),
            (d.is_province, Level::Province),
            (d.is_ministry, Level::Ministry),
            (d.is_other_agency, Level::Other),
        ]
        .into_iter()
        .filter_map(|(held, level)| held.then_some(level))
        .collect();
        if levels.is_empty() {
            self.doubts.note(WarningKind::NoLevel, "");
        }
        levels
    }

    fn service_level(&mut self, d: &raw::Detail) -> ServiceLevel {
        let online = d
            .execution_methods
            .iter()
            .any(|m| m.submission_method == "ONLINE");
        if d.is_full_process && !online {
            self.doubts.note(WarningKind::FullWithoutOnline, "");
        }
        if d.is_offline_only && online {
            self.doubts.note(WarningKind::OfflineWithOnline, "");
        }
        match (d.is_full_process, online) {
            (true, _) => ServiceLevel::Full,
            (false, true) => ServiceLevel::Partial,
            (false, false) => ServiceLevel::Information,
        }
    }

    fn all_named(&mut self, all: &[raw::Coded]) -> Vec<Named> {
        all.iter()
            .map(|c| self.named(c))
            .filter(|n| !n.name.is_empty())
            .collect()
    }

    fn named(&mut self, c: &raw::Coded) -> Named {
        Named {
            code: self.line(&c.code),
            name: self.line(&c.name),
        }
    }

    /// One line of clean text.
    fn line(&mut self, raw: &str) -> String {
        self.clean(raw, clean_line)
    }

    /// Clean text that keeps its lines.
    fn lines(&mut self, raw: &str) -> String {
        self.clean(raw, clean_lines)
    }

    fn clean(&mut self, raw: &str, with: fn(&str) -> String) -> String {
        if raw.is_ascii() {
            return if raw.is_empty() {
                String::new()
            } else {
                with(raw)
            };
        }
        let (mut combining, mut odd, mut foreign) = (false, false, false);
        for c in raw.chars() {
            match c {
                '\u{300}'..='\u{36f}' => combining = true,
                '\u{ad}'
                | '\u{200b}'..='\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'
                | '\u{feff}'
                | '\u{e000}'..='\u{f8ff}' => odd = true,
                '\u{370}'..='\u{52f}' => foreign = true,
                _ => {}
            }
        }
        let clean = with(raw);
        if combining {
            self.doubts.note(WarningKind::TextNotComposed, &clean);
        }
        if odd {
            self.doubts.note(WarningKind::TextInvisible, &clean);
        }
        if foreign {
            self.doubts.note(WarningKind::TextLookAlike, &clean);
        }
        if clean.contains("</") || clean.contains("&nbsp;") {
            self.doubts.note(WarningKind::TextMarkup, &clean);
        }
        clean
    }
}

/// One line: invisible characters go, blanks and line breaks shrink to single spaces.
pub fn clean_line(raw: &str) -> String {
    let clean = text::clean(raw);
    let mut out = String::with_capacity(clean.len());
    push_words(&mut out, &clean);
    out
}

fn push_words(out: &mut String, line: &str) {
    let mut first = true;
    for word in line.split_whitespace() {
        if !first {
            out.push(' ');
        }
        first = false;
        out.push_str(word);
    }
}

/// Cleans line by line: paragraphs of steps and conditions stay apart; empty lines at both ends go, runs of them shrink to one.
pub fn clean_lines(raw: &str) -> String {
    let clean = text::clean(&raw.replace(['\u{2028}', '\u{2029}'], "\n"));
    let mut out = String::with_capacity(clean.len());
    let mut gap = false;
    for line in clean.split('\n') {
        if line.trim().is_empty() {
            gap = !out.is_empty();
            continue;
        }
        if !out.is_empty() {
            out.push('\n');
            if gap {
                out.push('\n');
            }
        }
        gap = false;
        push_words(&mut out, line);
    }
    out
}

fn listed_term(case: &raw::ServiceCase) -> Option<ListedTerm> {
    let day = case.processing_day.as_ref()?;
    let number: f64 = day.qty.parse().ok()?;
    Some(ListedTerm {
        number,
        unit: day.unit.clone(),
    })
}

fn returns(raw: &[raw::Returning]) -> Vec<ReturnMethods> {
    raw.iter()
        .map(|r| ReturnMethods {
            filed_online: r.kind == "ONLINE",
            ways: r
                .value
                .iter()
                .filter_map(|v| match v.as_str() {
                    "AT_SUBMISSION_PLACE" => Some("atSubmissionPlace"),
                    "AT_HOME" => Some("atHome"),
                    "ONLINE" => Some("online"),
                    _ => None,
                })
                .map(str::to_owned)
                .collect(),
        })
        .collect()
}

#[cfg(test)]
mod tests;
