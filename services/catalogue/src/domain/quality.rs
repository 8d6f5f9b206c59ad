//! What is doubtful in published data, by kind. A doubt is a warning, never a refused import.

use super::content::{Content, FeeDoubt, TermSource, TermUnit};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A kind of doubt.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum WarningKind {
    /// The code is not `d.dddddd`.
    CodeShape,
    /// Spaces around the code.
    CodeTrimmed,
    /// The code ends in `-Xoa` (deleted) while the record is active.
    CodeSaysDeleted,
    /// Another procedure has this code.
    DuplicateCode,
    /// The id was met before in the same file; the first one counts.
    DuplicateId,
    /// Name with a line break.
    NameLineBreak,
    /// Name in capitals only.
    NameCapitals,
    /// Name over 500 characters.
    NameLong,
    /// Text in decomposed form (NFD).
    TextNotComposed,
    /// Invisible, private-use or other odd characters.
    TextInvisible,
    /// Cyrillic or Greek look-alikes among Latin letters.
    TextLookAlike,
    /// Markup in text.
    TextMarkup,
    /// No date can be computed for a method.
    TermNotComputable,
    /// The term was taken from the service list.
    TermFromServiceList,
    /// The term was read from a sentence.
    TermFromProse,
    /// Channels have terms of different units: not comparable without a calendar.
    TermUnitsDiffer,
    /// Over a year.
    TermVeryLong,
    /// Fee 0 beside amounts in the text.
    FeeZeroBesideTiers,
    /// Fee 0 while the text points to another rule.
    FeeZeroBesideText,
    /// Fee 0 and nothing else.
    FeeZeroWithoutText,
    /// A few đồng.
    FeeTooSmall,
    /// Wrong by a factor of a thousand beside its text.
    FeeOtherAmount,
    /// No figure.
    FeeNoAmount,
    /// Negative.
    FeeNegative,
    /// Currency taken from the text, since the record has none.
    FeeCurrencyFromText,
    /// A component without a name.
    ComponentNameEmpty,
    /// A component whose name is over 2,000 characters.
    ComponentNameLong,
    /// The same paper twice in one case.
    ComponentRepeated,
    /// No way of filing.
    NoMethod,
    /// No executing agency.
    NoExecutingAgency,
    /// No tier of government.
    NoLevel,
    /// No field.
    NoField,
    /// "Toàn trình" without an online channel.
    FullWithoutOnline,
    /// "Only offline" with an online channel.
    OfflineWithOnline,
    /// No publishing decision.
    NoDecision,
    /// A date that cannot be.
    ImpossibleDate,
}

impl WarningKind {
    /// The stable name as in JSON.
    pub fn name(self) -> String {
        match serde_json::to_value(self) {
            Ok(serde_json::Value::String(s)) => s,
            _ => String::new(),
        }
    }
}

/// The kind of warning that a doubt about a fee makes.
pub fn of_fee(doubt: FeeDoubt) -> WarningKind {
    match doubt {
        FeeDoubt::ZeroBesideTiers => WarningKind::FeeZeroBesideTiers,
        FeeDoubt::ZeroBesideText => WarningKind::FeeZeroBesideText,
        FeeDoubt::ZeroWithoutText => WarningKind::FeeZeroWithoutText,
        FeeDoubt::TooSmall => WarningKind::FeeTooSmall,
        FeeDoubt::OtherAmountInText => WarningKind::FeeOtherAmount,
        FeeDoubt::NoAmount => WarningKind::FeeNoAmount,
        FeeDoubt::Negative => WarningKind::FeeNegative,
    }
}

/// The doubts that a structured content shows by itself, for what was not read from a portal's line.
pub fn of(c: &Content) -> Vec<Warning> {
    let mut doubts = Doubts::default();
    for m in &c.methods {
        if m.term.unit == TermUnit::NotComputable || m.term.source == TermSource::None {
            doubts.note(WarningKind::TermNotComputable, &m.term.text);
        }
        for f in &m.fees {
            if let Some(doubt) = f.doubt {
                doubts.note(of_fee(doubt), &f.fee.text);
            }
        }
    }
    if c.field.name.is_empty() {
        doubts.note(WarningKind::NoField, &c.name);
    }
    if !vn::procedure_code::classify(&c.code).is_regular() {
        doubts.note(WarningKind::CodeShape, &c.code);
    }
    doubts.finish()
}

/// One kind of doubt in one procedure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Warning {
    /// The kind.
    pub kind: WarningKind,
    /// How often.
    #[schema(example = 2)]
    pub count: u32,
    /// The first place, shortened.
    pub example: String,
}

/// Collects doubts while a procedure is read.
#[derive(Clone, Debug, Default)]
pub struct Doubts(BTreeMap<WarningKind, (u32, String)>);

impl Doubts {
    /// Notes one.
    pub fn note(&mut self, kind: WarningKind, example: &str) {
        let entry = self
            .0
            .entry(kind)
            .or_insert_with(|| (0, example.chars().take(120).collect()));
        entry.0 = entry.0.saturating_add(1);
    }

    /// All, by kind.
    pub fn finish(self) -> Vec<Warning> {
        self.0
            .into_iter()
            .map(|(kind, (count, example))| Warning {
                kind,
                count,
                example,
            })
            .collect()
    }
}
