//! Search over the names of procedures, in memory: words in any order, without tone marks, by beginning, by code.
//!
//! An [`Index`] is built from all entries at once and never changes; a few thousand entries take milliseconds. Order of results: exact
//! name, then the words side by side, then how much of the name the query covers (rare words weigh more), then name and id, so that a
//! page never repeats or skips one.

mod query;

pub use query::{Query, parse};

use super::content::{Level, Named, ServiceLevel};
use contracts::Channel;
use query::{without_preamble, words_of};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use uuid::Uuid;
use vn::text::{collation_key, fold};

/// How much of a name's collation key orders entries, bytes; the id decides among equals.
const SORT_BYTES: usize = 48;

/// What a list shows of a procedure, with the words it is found by.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The portal's id.
    pub id: Uuid,
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
    sort: String,
    words: Vec<String>,
    others: BTreeSet<String>,
}

/// What an entry is made of.
#[derive(Clone, Debug)]
pub struct NewEntry {
    /// The portal's id.
    pub id: Uuid,
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
    /// Keywords and groups: found by, shown nowhere.
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
            .map(str::to_owned)
            .filter(|w| !words.contains(w))
            .collect();
        Self {
            sort: sort_key(&n.name),
            words,
            others,
            id: n.id,
            code: n.code,
            name: n.name,
            field: n.field,
            levels: n.levels,
            service_level: n.service_level,
            channels: n.channels,
            internal: n.internal,
            national: n.national,
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

/// Where a page ended: everything after this key, in order, is the next page.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Position {
    /// Inverted score, so that the order of keys is the order of results.
    #[serde(rename = "s")]
    below: u32,
    /// Sort key of the name.
    #[serde(rename = "n")]
    sort: String,
    /// Id.
    #[serde(rename = "i")]
    id: Uuid,
}

/// Which entries, besides the query.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    /// Field code.
    pub field: Option<String>,
    /// Tier.
    pub level: Option<Level>,
    /// How far it goes online.
    pub service_level: Option<ServiceLevel>,
}

impl Filter {
    fn admits(&self, e: &Entry) -> bool {
        self.field.as_ref().is_none_or(|f| e.field.code == *f)
            && self.level.is_none_or(|l| e.levels.contains(&l))
            && self.service_level.is_none_or(|s| e.service_level == s)
    }
}

/// All entries, ready to be searched.
#[derive(Debug, Default)]
pub struct Index {
    /// By sort key and id.
    entries: Vec<Arc<Entry>>,
    /// Words in order, each with the entries that have it.
    words: Vec<(String, Vec<Posting>)>,
    /// Field code → name and count.
    fields: BTreeMap<String, (String, u64)>,
}

#[derive(Clone, Copy, Debug)]
struct Posting {
    entry: usize,
    in_name: bool,
}

/// How well one word of the query is met, worst first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Met {
    #[default]
    Not,
    OtherBegins,
    Other,
    NameBegins,
    Name,
}

impl Met {
    fn points(self) -> u32 {
        match self {
            Met::Not => 0,
            Met::OtherBegins => 1,
            Met::Other => 2,
            Met::NameBegins => 6,
            Met::Name => 8,
        }
    }
}

/// Found entries of one page.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// In order.
    pub entries: Vec<Arc<Entry>>,
    /// Where the page ends, when there is more.
    pub next: Option<Position>,
    /// How many entries match in all.
    pub total: usize,
}

impl Index {
    /// Builds the index.
    pub fn new(entries: impl IntoIterator<Item = Arc<Entry>>) -> Self {
        let mut entries: Vec<Arc<Entry>> = entries.into_iter().collect();
        entries.sort_by(|a, b| (&a.sort, a.id).cmp(&(&b.sort, b.id)));
        let mut words: BTreeMap<&str, Vec<Posting>> = BTreeMap::new();
        let mut fields: BTreeMap<String, (String, u64)> = BTreeMap::new();
        for (i, e) in entries.iter().enumerate() {
            let once: BTreeSet<&str> = e.words.iter().map(String::as_str).collect();
            for w in once {
                words.entry(w).or_default().push(Posting {
                    entry: i,
                    in_name: true,
                });
            }
            for w in &e.others {
                words.entry(w).or_default().push(Posting {
                    entry: i,
                    in_name: false,
                });
            }
            if !e.field.code.is_empty() {
                let field = fields
                    .entry(e.field.code.clone())
                    .or_insert_with(|| (e.field.name.clone(), 0));
                field.1 += 1;
            }
        }
        let words = words.into_iter().map(|(w, p)| (w.to_owned(), p)).collect();
        Self {
            entries,
            words,
            fields,
        }
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Fields by code: name and number of entries.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str, u64)> {
        self.fields
            .iter()
            .map(|(code, (name, n))| (code.as_str(), name.as_str(), *n))
    }

    /// Whether an entry has this field.
    pub fn has_field(&self, code: &str) -> bool {
        self.fields.contains_key(code)
    }

    /// One page of what matches, after a position.
    pub fn search(
        &self,
        query: &Query,
        filter: &Filter,
        after: Option<&Position>,
        limit: usize,
    ) -> Found {
        let scored: Vec<(usize, u32)> = match query {
            Query::Nothing => Vec::new(),
            Query::All => (0..self.entries.len()).map(|i| (i, 0)).collect(),
            Query::Code(code) => self.by_code(code),
            Query::Words(words) => self.by_words(words),
        };
        let mut hits: Vec<(Position, &Arc<Entry>)> = scored
            .into_iter()
            .filter_map(|(i, score)| Some((score, self.entries.get(i)?)))
            .filter(|(_, e)| filter.admits(e))
            .map(|(score, e)| {
                let key = Position {
                    below: u32::MAX - score,
                    sort: e.sort.clone(),
                    id: e.id,
                };
                (key, e)
            })
            .collect();
        let total = hits.len();
        hits.sort_by(|a, b| a.0.cmp(&b.0));
        let start = after.map_or(0, |p| hits.partition_point(|(key, _)| key <= p));
        let page: Vec<_> = hits
            .into_iter()
            .skip(start)
            .take(limit.saturating_add(1))
            .collect();
        let next = if page.len() > limit {
            page.get(limit.saturating_sub(1))
                .map(|(key, _)| key.clone())
        } else {
            None
        };
        Found {
            entries: page
                .into_iter()
                .take(limit)
                .map(|(_, e)| Arc::clone(e))
                .collect(),
            next,
            total,
        }
    }

    fn by_code(&self, code: &str) -> Vec<(usize, u32)> {
        self.entries
            .iter()
            .enumerate()
            .filter(|(_, e)| {
                e.code
                    .get(..code.len())
                    .is_some_and(|start| start.eq_ignore_ascii_case(code))
            })
            .map(|(i, e)| (i, u32::from(e.code.len() == code.len())))
            .collect()
    }

    fn by_words(&self, words: &[String]) -> Vec<(usize, u32)> {
        let met: Vec<Vec<Met>> = words.iter().map(|w| self.met(w)).collect();
        let all = words.len();
        let counted: Vec<(usize, usize)> = (0..self.entries.len())
            .map(|i| {
                let n = met
                    .iter()
                    .filter(|m| m.get(i).is_some_and(|m| *m > Met::Not))
                    .count();
                (i, n)
            })
            .filter(|(_, n)| *n > 0)
            .collect();
        // All words; when no entry has them all and the query is a sentence, the entries that have most of them.
        let best = counted.iter().map(|(_, n)| *n).max().unwrap_or(0);
        let enough = if best == all || all < 3 {
            all
        } else {
            best.max(all.saturating_mul(3).div_ceil(5))
        };
        counted
            .into_iter()
            .filter(|(_, n)| *n >= enough)
            .filter_map(|(i, _)| Some((i, self.entries.get(i)?)))
            .map(|(i, e)| {
                let of_entry: Vec<Met> = met
                    .iter()
                    .map(|m| m.get(i).copied().unwrap_or_default())
                    .collect();
                (i, self.score(e, words, &of_entry))
            })
            .collect()
    }

    /// How well each entry meets a word.
    fn met(&self, word: &str) -> Vec<Met> {
        let mut met = vec![Met::Not; self.entries.len()];
        let from = self.words.partition_point(|(w, _)| w.as_str() < word);
        for (found, postings) in self
            .words
            .iter()
            .skip(from)
            .take_while(|(w, _)| w.starts_with(word))
        {
            let whole = found == word;
            for p in postings {
                let how = match (p.in_name, whole) {
                    (true, true) => Met::Name,
                    (true, false) => Met::NameBegins,
                    (false, true) => Met::Other,
                    (false, false) => Met::OtherBegins,
                };
                if let Some(slot) = met.get_mut(p.entry) {
                    *slot = how.max(*slot);
                }
            }
        }
        met
    }

    fn score(&self, e: &Entry, words: &[String], met: &[Met]) -> u32 {
        let (mut covered, mut whole) = (0_u32, 0_u32);
        for name_word in &e.words {
            let weight = self.weight(name_word);
            whole = whole.saturating_add(weight);
            if words.iter().any(|w| name_word.starts_with(w.as_str())) {
                covered = covered.saturating_add(weight);
            }
        }
        let coverage = covered.saturating_mul(1_000) / whole.max(1);
        let n = u32::try_from(met.len()).unwrap_or(u32::MAX).max(1);
        let quality = met
            .iter()
            .map(|m| m.points())
            .sum::<u32>()
            .saturating_mul(1_000)
            / n;
        let side_by_side = position_of(&e.words, words);
        let mut score = coverage
            .saturating_mul(300)
            .saturating_add(quality.saturating_mul(40));
        if e.words == words {
            score = score.saturating_add(1_000_000);
        }
        if let Some(at) = side_by_side {
            score = score.saturating_add(200_000);
            if at == 0 {
                score = score.saturating_add(30_000);
            }
        }
        if e.national {
            score = score.saturating_add(20_000);
        }
        if e.internal { score / 2 } else { score }
    }

    /// Rare words weigh more: 16 × log2(entries / entries with the word), at least 8.
    fn weight(&self, word: &str) -> u32 {
        let having = self
            .words
            .binary_search_by(|(w, _)| w.as_str().cmp(word))
            .ok()
            .and_then(|i| self.words.get(i))
            .map_or(1, |(_, p)| p.len().max(1));
        let ratio = self.entries.len().max(1).saturating_mul(16) / having;
        // log2(16 × ratio) × 16 with four bits after the point.
        let bits = ratio.max(1).ilog2();
        let fraction = (ratio.max(1) << 4 >> bits) & 15;
        let log = bits * 16 + u32::try_from(fraction).unwrap_or(0);
        log.saturating_sub(48).max(8)
    }
}

/// Where `part` stands in `whole`, word by word; the last word of `part` may be a beginning.
fn position_of(whole: &[String], part: &[String]) -> Option<usize> {
    let (last, front) = part.split_last()?;
    whole.windows(part.len()).position(|w| {
        w.split_last()
            .is_some_and(|(w_last, w_front)| w_front == front && w_last.starts_with(last.as_str()))
    })
}

#[cfg(test)]
mod tests;
