//! What an editor writes, before anything keeps it: cleaned like published text, free of markup, and complete before it is published.

use super::content::{Content, FeeKind, TermUnit};
use super::fee::{self, RawFee};
use super::portal::clean_lines;
use chrono::{Datelike as _, NaiveDate};
use serde_json::Value;
use vn::worktime::MinuteOfDay;

/// The longest text of anything, characters; the longest real one has 7,632.
const LONGEST: usize = 20_000;
/// The longest name of a procedure, characters; the longest real one has 1,192.
const LONGEST_NAME: usize = 2_000;

/// What is wrong with a part of a content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Must not be empty.
    Empty,
    /// Too long.
    TooLong,
    /// Markup (HTML) in a text.
    Markup,
    /// Not a code.
    Code,
    /// A term without a number, or a number without a unit.
    Term,
    /// A negative or absurd amount.
    Amount,
    /// Not a currency.
    Currency,
    /// A date that cannot be.
    Date,
    /// The same id twice.
    Repeated,
    /// Said not to be taken by post, beside a way of filing by post.
    PostalDenied,
    /// No executing agency.
    NoExecutingAgency,
    /// No tier of government.
    NoLevel,
    /// No way of filing.
    NoMethod,
    /// No publishing decision.
    NoDecision,
}

/// Where (JSON Pointer within the content) and what.
pub type Found = (String, Fault);

/// Cleans every text of a content in place and names what is too long or holds markup.
pub fn clean(value: &mut Value) -> Vec<Found> {
    let mut found = Vec::new();
    walk(value, &mut String::new(), &mut found);
    found
}

fn walk(value: &mut Value, at: &mut String, found: &mut Vec<Found>) {
    match value {
        Value::String(s) => {
            if has_markup(s) {
                found.push((at.clone(), Fault::Markup));
            }
            let clean = clean_lines(s);
            if clean.chars().count() > LONGEST {
                found.push((at.clone(), Fault::TooLong));
            }
            *s = clean;
        }
        Value::Array(items) => {
            for (i, item) in items.iter_mut().enumerate() {
                let before = at.len();
                at.push_str(&format!("/{i}"));
                walk(item, at, found);
                at.truncate(before);
            }
        }
        Value::Object(map) => {
            for (key, item) in map.iter_mut() {
                let before = at.len();
                at.push('/');
                at.push_str(&key.replace('~', "~0").replace('/', "~1"));
                walk(item, at, found);
                at.truncate(before);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Whether a text holds a tag: `<` with a letter or `/` behind it, and a `>` after that. `x < 5` and `a <- b` are no tags.
pub fn has_markup(text: &str) -> bool {
    text.split('<').skip(1).any(|rest| {
        rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!')
            && rest.contains('>')
    })
}

/// What is wrong with a draft, whether or not it is ready to be published.
pub fn draft(c: &Content) -> Vec<Found> {
    let mut found = Vec::new();
    let mut say = |at: String, fault| found.push((at, fault));
    match c.name.chars().count() {
        0 => say("/name".to_owned(), Fault::Empty),
        n if n > LONGEST_NAME => say("/name".to_owned(), Fault::TooLong),
        _ => {}
    }
    let code_chars = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    if c.code.is_empty() || c.code.chars().count() > 64 || !c.code.chars().all(code_chars) {
        say("/code".to_owned(), Fault::Code);
    }
    if let Some(date) = c.decision.date
        && !is_plausible(date)
    {
        say("/decision/date".to_owned(), Fault::Date);
    }
    for (i, m) in c.methods.iter().enumerate() {
        let good = match m.term.value {
            None => m.term.unit == TermUnit::NotComputable,
            Some(value) => m.term.unit.term(value).is_some(),
        };
        if !good {
            say(format!("/methods/{i}/term/value"), Fault::Term);
        }
        for (j, part) in m.term.sequence.iter().enumerate() {
            if part.unit.term(part.value).is_none() {
                say(format!("/methods/{i}/term/sequence/{j}/value"), Fault::Term);
            }
        }
        let time = m.term.cut_off.as_deref().map(str::parse::<MinuteOfDay>);
        if matches!(time, Some(Err(_))) {
            say(format!("/methods/{i}/term/cutOff"), Fault::Term);
        }
        for (j, f) in m.fees.iter().enumerate() {
            if f.fee
                .amount
                .is_some_and(|a| !(0..=1_000_000_000_000).contains(&a))
            {
                say(format!("/methods/{i}/fees/{j}/amount"), Fault::Amount);
            }
            if f.fee.currency.chars().count() != 3 {
                say(format!("/methods/{i}/fees/{j}/currency"), Fault::Currency);
            }
        }
    }
    if c.postal == Some(false) && c.listed_by_post() == Some(true) {
        say("/postal".to_owned(), Fault::PostalDenied);
    }
    for (i, case) in c.components.iter().enumerate() {
        let mut ids = std::collections::BTreeSet::new();
        for (j, p) in case.components.iter().enumerate() {
            if p.name.is_empty() {
                say(format!("/components/{i}/components/{j}/name"), Fault::Empty);
            }
            if p.replacing_database
                .as_ref()
                .is_some_and(|d| d.name.is_empty())
            {
                let at = format!("/components/{i}/components/{j}/replacingDatabase/name");
                say(at, Fault::Empty);
            }
            if p.id.is_empty() {
                say(format!("/components/{i}/components/{j}/id"), Fault::Empty);
            } else if !ids.insert(p.id.as_str()) {
                say(
                    format!("/components/{i}/components/{j}/id"),
                    Fault::Repeated,
                );
            }
        }
    }
    found
}

/// What is missing before a draft may be published (TT 32/2017/TT-BTTTT art. 5.1).
pub fn publishable(c: &Content) -> Vec<Found> {
    let mut found = draft(c);
    if c.agencies.executing.iter().all(|a| a.name.is_empty()) {
        found.push(("/agencies/executing".to_owned(), Fault::NoExecutingAgency));
    }
    if c.levels.is_empty() {
        found.push(("/levels".to_owned(), Fault::NoLevel));
    }
    if c.methods.is_empty() && !c.internal {
        found.push(("/methods".to_owned(), Fault::NoMethod));
    }
    if c.decision.number.as_deref().is_none_or(str::is_empty) || c.decision.date.is_none() {
        found.push(("/decision".to_owned(), Fault::NoDecision));
    }
    found
}

/// A date that a decision may have: from 1945 to 2100.
pub fn is_plausible(date: NaiveDate) -> bool {
    (1945..=2100).contains(&date.year())
}

/// Reads the figures of an editor's fees as those of the portal are read: what is doubtful is flagged, and only a believable 0 is free.
pub fn settle(mut c: Content) -> Content {
    for f in c.methods.iter_mut().flat_map(|m| &mut m.fees) {
        let kind: FeeKind = f.kind;
        let (read, _) = fee::read(&RawFee {
            kind,
            value: f.fee.amount,
            currency: Some(&f.fee.currency),
            text: &f.fee.text,
        });
        let currency = std::mem::take(&mut f.fee.currency);
        *f = read;
        f.fee.currency = currency;
    }
    for p in c
        .components
        .iter_mut()
        .flat_map(|case| &mut case.components)
    {
        p.note = p.originals == 0 && p.copies == 0;
        p.required = p.required && !p.note && p.replacing_database.is_none();
    }
    // What the ways of filing say anyway is not said twice.
    if c.postal == c.listed_by_post() {
        c.postal = None;
    }
    c
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn markup_is_told_from_signs() {
        for text in ["<b>đậm</b>", "a</p>", "x <script>y</script>", "<!-- a -->"] {
            assert!(has_markup(text), "{text}");
        }
        for text in ["x < 5 và y > 3", "a <- b", "5<6>4", "<", "không <có đóng"] {
            assert!(!has_markup(text), "{text}");
        }
    }

    #[test]
    fn texts_are_cleaned_and_faults_have_their_place() {
        let mut value = json!({"name": "Ca\u{302}\u{301}p\u{200b}  phe\u{301}p ", "steps": [{"description": "<i>x</i>"}], "a/b": "y".repeat(LONGEST + 1)});
        let found = clean(&mut value);
        assert_eq!(value["name"], "Cấp phép");
        assert!(found.contains(&("/steps/0/description".to_owned(), Fault::Markup)));
        assert!(found.contains(&("/a~1b".to_owned(), Fault::TooLong)));
        assert_eq!(found.len(), 2);
    }
}
