//! What is searched: a procedure's words, folded once.

use super::query::{without_preamble, words_of};
use crate::domain::content::{Level, Named, ServiceLevel};
use contracts::Channel;
use std::collections::BTreeSet;
use uuid::Uuid;
use vn::text::{collation_key, fold};

/// How much of a name's collation key orders entries, bytes; the id decides among equals.
const SORT_BYTES: usize = 48;

/// What a list shows of a procedure, with the words it is found by.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The portal's id.
    pub id: Uuid,
    /// Its newest version.
    pub version: i64,
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Field.
    pub field: Named,
    /// Tiers.
    pub levels: Vec<Level>,
    /// How far it goes online.
    pub service_level: ServiceLevel,
    /// Channels.
    pub channels: Vec<Channel>,
    /// Between agencies only.
    pub internal: bool,
    /// Published by a ministry for the whole country.
    pub national: bool,
    /// Who published it.
    pub promulgator: Named,
    /// Who may file it (đối tượng thực hiện).
    pub subjects: Vec<Named>,
    /// Life events (sự kiện đời người, vòng đời doanh nghiệp).
    pub groups: Vec<String>,
    pub(super) sort: String,
    pub(super) words: Vec<String>,
    pub(super) others: BTreeSet<String>,
}

/// What an entry is made of.
#[derive(Clone, Debug)]
pub struct NewEntry {
    /// The portal's id.
    pub id: Uuid,
    /// Its newest version.
    pub version: i64,
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Field.
    pub field: Named,
    /// Tiers.
    pub levels: Vec<Level>,
    /// How far it goes online.
    pub service_level: ServiceLevel,
    /// Channels.
    pub channels: Vec<Channel>,
    /// Between agencies only.
    pub internal: bool,
    /// Published by a ministry for the whole country.
    pub national: bool,
    /// Who published it.
    pub promulgator: Named,
    /// Who may file it.
    pub subjects: Vec<Named>,
    /// Life events.
    pub groups: Vec<String>,
    /// Keywords, and old names of units: found by, shown nowhere.
    pub keywords: String,
}

impl Entry {
    /// Folds the words once.
    pub fn new(n: NewEntry) -> Self {
        let folded = fold(&n.name);
        let all: Vec<String> = words_of(&folded).map(str::to_owned).collect();
        let words = without_preamble(&all).to_vec();
        let others = words_of(&fold(&n.keywords))
            .chain(words_of(&fold(&n.field.name)))
            .chain(words_of(&fold(&n.promulgator.name)))
            .chain(words_of(&fold(&n.groups.join(" "))))
            .map(str::to_owned)
            .filter(|w| !words.contains(w))
            .collect();
        Self {
            sort: sort_key(&n.name),
            words,
            others,
            id: n.id,
            version: n.version,
            code: n.code,
            name: n.name,
            field: n.field,
            levels: n.levels,
            service_level: n.service_level,
            channels: n.channels,
            internal: n.internal,
            national: n.national,
            promulgator: n.promulgator,
            subjects: n.subjects,
            groups: n.groups,
        }
    }
}

/// Hexadecimal, so that it can stand in a cursor; its order is the Vietnamese alphabetical order of names.
fn sort_key(name: &str) -> String {
    collation_key(name)
        .iter()
        .take(SORT_BYTES)
        .map(|b| format!("{b:02x}"))
        .collect()
}
