//! What other services are told: events made from what is stored.

use crate::domain::agency::Agency;
use crate::domain::content::{Component, Content, PublishedTerm, TermPart};
use crate::domain::unit::Commune;
use chrono::NaiveDate;
use contracts::events::{
    AgencyChanged, CommuneFact, ProcedureChanged, ProcedureComponent, ProcedureMethod, UnitsChanged,
};
use std::collections::BTreeSet;
use uuid::Uuid;
use vn::worktime::{DaySpec, Term};

/// A procedure as the dossier service needs it.
pub(crate) fn procedure_changed(
    id: Uuid,
    version: i64,
    active: bool,
    c: &Content,
) -> ProcedureChanged {
    let mut seen = BTreeSet::new();
    ProcedureChanged {
        procedure_id: id.into(),
        version,
        code: c.code.clone(),
        name: c.name.clone(),
        field: c.field.name.clone(),
        active,
        accepted_at: Some(if c.internal {
            Vec::new()
        } else {
            c.levels
                .iter()
                .map(|level| level.as_str().to_owned())
                .collect()
        }),
        // Without a word of it only the competent desk takes it.
        non_territorial: c.non_territorial.unwrap_or(false),
        restricted: c.restricted.unwrap_or(false),
        methods: c
            .methods
            .iter()
            .map(|m| ProcedureMethod {
                channel: m.channel,
                term: computable(&m.term),
                sequence: in_sequence(&m.term),
                cut_off: m.term.cut_off.as_deref().and_then(|h| h.parse().ok()),
                term_text: m.term.text.clone(),
                fees: m.fees.iter().map(|f| f.fee.clone()).collect(),
            })
            .collect(),
        // A paper may be listed in several cases; it is attached once.
        components: c
            .components
            .iter()
            .flat_map(|case| &case.components)
            .filter(|p| seen.insert(p.id.as_str()))
            .map(component)
            .collect(),
    }
}

fn component(p: &Component) -> ProcedureComponent {
    ProcedureComponent {
        id: p.id.clone(),
        name: p.name.clone(),
        originals: p.originals,
        copies: p.copies,
        note: p.note,
        required: p.required,
    }
}

/// A term that a due date can be computed from; `None` where the rule gives no date.
fn computable(term: &PublishedTerm) -> Option<Term> {
    term.unit.term(term.value?)
}

/// Terms that follow each other; none when one of them cannot be counted, since the rest alone would promise too much.
fn in_sequence(term: &PublishedTerm) -> Vec<Term> {
    let counted = |part: &TermPart| part.unit.term(part.value);
    let all: Option<Vec<Term>> = term.sequence.iter().map(counted).collect();
    all.unwrap_or_default()
}

/// An agency as the other services need it, on a day; `days` are national ones that the product was not built with.
pub(crate) fn agency_changed(
    a: &Agency,
    version: i64,
    day: NaiveDate,
    days: &[DaySpec],
) -> AgencyChanged {
    AgencyChanged {
        code: a.code.clone(),
        version,
        name: a.name.clone(),
        parent_name: a.parent_name.clone(),
        parent_code: a.parent_code.clone(),
        address: a.address.clone(),
        phone: a.phone.clone(),
        // Without a desk: the empty tier, told apart from "not known".
        desk: Some(if a.reception {
            a.level.as_str().to_owned()
        } else {
            String::new()
        }),
        calendar: super::agencies::with_days(&a.calendar, days),
        active: a.is_valid_on(day),
    }
}

/// A province's communes of all times.
pub(crate) fn units_changed(
    code: &str,
    name: &str,
    version: i64,
    communes: &[Commune],
) -> UnitsChanged {
    UnitsChanged {
        province_code: code.to_owned(),
        province_name: name.to_owned(),
        version,
        communes: communes
            .iter()
            .map(|c| CommuneFact {
                code: c.code.clone(),
                name: c.name.clone(),
                valid_from: c.valid_from,
                valid_to: c.valid_to,
            })
            .collect(),
    }
}
