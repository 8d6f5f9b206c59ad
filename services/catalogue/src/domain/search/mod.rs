//! Search over the names of procedures, in memory: words in any order, without tone marks, by beginning, by code.
//!
//! One wrong letter in a word, or a blank that is missing, is forgiven when nothing else has all the words. An [`Index`] is built from all entries at once and never changes; a few thousand entries take milliseconds. Order of results: exact
//! name, then the words side by side (in their order, then in any), then how much of the name the query covers (rare words weigh more), then name and id, so that a
//! page never repeats or skips one.

mod entry;
mod facets;
mod query;
mod typo;
mod units;

pub use entry::{Entry, NewEntry};
pub use facets::{Facet, FacetValue, Filter};
pub use query::{Query, parse, parse_unfinished};
pub use units::UnitIndex;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;
use uuid::Uuid;

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

/// All entries, ready to be searched.
#[derive(Debug, Default)]
pub struct Index {
    /// Of which change it is.
    seq: i64,
    /// By sort key and id.
    entries: Vec<Arc<Entry>>,
    /// Words in order, each with the entries that have it. A word's number is its place here.
    words: Vec<(String, Vec<Posting>)>,
    /// Weight of each word.
    weights: Vec<u32>,
    /// Numbers of the words of each entry's name, in the order of the name: a beginning is a range of numbers, so that thousands of names are compared without reading letters.
    names: Vec<Vec<usize>>,
    /// Newest version of each.
    versions: HashMap<Uuid, i64>,
    /// Field code → name and count.
    fields: BTreeMap<String, (String, u64)>,
}

#[derive(Clone, Copy, Debug)]
struct Posting {
    entry: usize,
    in_name: bool,
}

/// A word of the query as numbers of known words.
#[derive(Clone, Debug)]
struct Asked {
    /// The words that begin with it.
    begins: Range<usize>,
    /// The word itself, when it is known.
    whole: Option<usize>,
}

/// How well one word of the query is met, worst first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Met {
    #[default]
    Not,
    /// Only when a letter of the query is taken for a slip.
    Nearly,
    OtherBegins,
    Other,
    NameBegins,
    Name,
}

impl Met {
    fn points(self) -> u32 {
        match self {
            Met::Not => 0,
            Met::Nearly | Met::OtherBegins => 1,
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
        let words: Vec<(String, Vec<Posting>)> =
            words.into_iter().map(|(w, p)| (w.to_owned(), p)).collect();
        let versions = entries.iter().map(|e| (e.id, e.version)).collect();
        let weights = words
            .iter()
            .map(|(_, having)| weight(entries.len(), having.len()))
            .collect();
        let number = |w: &String| words.binary_search_by(|(have, _)| have.cmp(w)).ok();
        let names = entries
            .iter()
            .map(|e| e.words.iter().filter_map(number).collect())
            .collect();
        Self {
            seq: 0,
            entries,
            words,
            weights,
            names,
            versions,
            fields,
        }
    }

    /// The same, as of a number of the counter of changes.
    #[must_use]
    pub fn at(mut self, seq: i64) -> Self {
        self.seq = seq;
        self
    }

    /// Of which change it is: as long as this is the same, so is every answer.
    pub fn seq(&self) -> i64 {
        self.seq
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// The newest version of what is in force.
    pub fn version(&self, id: Uuid) -> Option<i64> {
        self.versions.get(&id).copied()
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
        let scored = self.scored(query);
        let mut hits: Vec<(u32, usize)> = scored
            .into_iter()
            .filter(|(i, _)| self.entries.get(*i).is_some_and(|e| filter.admits(e)))
            .map(|(i, score)| (u32::MAX - score, i))
            .collect();
        let total = hits.len();
        // Entries lie in the order of names, so the number of one is as good as its name.
        hits.sort_unstable();
        let start = after.map_or(0, |p| {
            hits.partition_point(|(below, i)| {
                let at = self
                    .entries
                    .get(*i)
                    .map(|e| (*below, e.sort.as_str(), e.id));
                at.is_some_and(|at| at <= (p.below, p.sort.as_str(), p.id))
            })
        });
        let page: Vec<(u32, &Arc<Entry>)> = hits
            .iter()
            .skip(start)
            .take(limit)
            .filter_map(|(below, i)| Some((*below, self.entries.get(*i)?)))
            .collect();
        let more = hits.len() > start.saturating_add(limit);
        let next = page.last().filter(|_| more).map(|(below, e)| Position {
            below: *below,
            sort: e.sort.clone(),
            id: e.id,
        });
        Found {
            entries: page.into_iter().map(|(_, e)| Arc::clone(e)).collect(),
            next,
            total,
        }
    }

    fn scored(&self, query: &Query) -> Vec<(usize, u32)> {
        match query {
            Query::Nothing => Vec::new(),
            Query::All => (0..self.entries.len()).map(|i| (i, 0)).collect(),
            Query::Code(code) => self.by_code(code),
            Query::Words(words) => self.by_words(words),
        }
    }

    /// What a person may mean who has typed so far: names, each once, the best first.
    pub fn suggest(&self, query: &Query, limit: usize) -> Vec<Arc<Entry>> {
        if *query == Query::All {
            return Vec::new();
        }
        let mut hits = self.scored(query);
        hits.sort_unstable_by_key(|(i, score)| (u32::MAX - score, *i));
        let mut seen = BTreeSet::new();
        hits.iter()
            .filter_map(|(i, _)| Some((self.entries.get(*i)?, self.names.get(*i)?)))
            .filter(|(e, name)| !e.internal && seen.insert(name.as_slice()))
            .take(limit)
            .map(|(e, _)| Arc::clone(e))
            .collect()
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
        let asked: Vec<Asked> = words.iter().map(|w| self.asked(w)).collect();
        let met: Vec<Vec<Met>> = asked.iter().map(|a| self.met(a)).collect();
        let counted = self.counted(&met);
        let all = words.len();
        let best = counted.iter().map(|(_, n)| *n).max().unwrap_or(0);
        if best < all
            && let Some(found) = self.by_slips(words, &asked, &met)
        {
            return found;
        }
        // All words; when no entry has them all and the query is a sentence, the entries that have most of them.
        let enough = if best == all || all < 3 {
            all
        } else {
            best.max(all.saturating_mul(3).div_ceil(5))
        };
        self.ranked(&counted, enough, &asked, &met)
    }

    /// Entries that have all words when one letter of a word, or a missing blank, is forgiven.
    fn by_slips(
        &self,
        words: &[String],
        asked: &[Asked],
        met: &[Vec<Met>],
    ) -> Option<Vec<(usize, u32)>> {
        self.by_letters(words, asked, met)
            .or_else(|| self.by_blanks(words))
    }

    /// "khaisinh": two words without their blank. After the letters: "khaii" is no "kha ii".
    fn by_blanks(&self, words: &[String]) -> Option<Vec<(usize, u32)>> {
        let known = |w: &str| {
            self.words
                .binary_search_by(|(have, _)| have.as_str().cmp(w))
                .is_ok()
        };
        let split: Vec<String> = words
            .iter()
            .flat_map(|w| match typo::split(w, known) {
                Some((a, b)) if !known(w) => vec![a, b],
                _ => vec![w.clone()],
            })
            .collect();
        (split.len() > words.len())
            .then(|| self.by_words(&split))
            .filter(|found| !found.is_empty())
    }

    /// One letter of a word wrong, missing, too many, or exchanged with the next.
    fn by_letters(
        &self,
        words: &[String],
        asked: &[Asked],
        met: &[Vec<Met>],
    ) -> Option<Vec<(usize, u32)>> {
        let mut met = met.to_vec();
        let mut meant: Vec<Vec<usize>> = asked.iter().map(|a| Vec::from_iter(a.whole)).collect();
        for ((word, met), meant) in words.iter().zip(&mut met).zip(&mut meant) {
            if word.chars().count() < typo::SHORTEST {
                continue;
            }
            let near = self.words.iter().enumerate();
            for (number, (_, postings)) in near.filter(|(_, (w, _))| typo::is_near(word, w)) {
                meant.push(number);
                for p in postings.iter().filter(|p| p.in_name) {
                    if let Some(slot) = met.get_mut(p.entry) {
                        *slot = Met::Nearly.max(*slot);
                    }
                }
            }
        }
        let counted = self.counted(&met);
        if !counted.iter().any(|(_, n)| *n == words.len()) {
            return None;
        }
        // As few slips as will do.
        let slips = |i: usize| {
            met.iter()
                .filter(|m| m.get(i) == Some(&Met::Nearly))
                .count()
        };
        let all: Vec<usize> = counted
            .iter()
            .filter(|(_, n)| *n == words.len())
            .map(|(i, _)| *i)
            .collect();
        let fewest = all.iter().map(|i| slips(*i)).min()?;
        // More than half of the words guessed is no longer what was typed.
        if fewest > words.len().div_ceil(2) {
            return None;
        }
        Some(
            all.into_iter()
                .filter(|i| slips(*i) == fewest)
                .filter_map(|i| Some((i, self.names.get(i)?)))
                .map(|(i, name)| {
                    // Ranked by the words of this name that are meant.
                    let of_name: Vec<Asked> = asked
                        .iter()
                        .zip(&meant)
                        .map(|(asked, meant)| {
                            let own = meant.iter().find(|m| name.contains(m));
                            own.and_then(|m| Some(self.asked(&self.words.get(*m)?.0)))
                                .unwrap_or_else(|| asked.clone())
                        })
                        .collect();
                    (i, self.score(i, &of_name, &met))
                })
                .collect(),
        )
    }

    /// How many of the words each entry has, of those that have any.
    fn counted(&self, met: &[Vec<Met>]) -> Vec<(usize, usize)> {
        (0..self.entries.len())
            .map(|i| {
                let n = met
                    .iter()
                    .filter(|m| m.get(i).is_some_and(|m| *m > Met::Not))
                    .count();
                (i, n)
            })
            .filter(|(_, n)| *n > 0)
            .collect()
    }

    fn ranked(
        &self,
        counted: &[(usize, usize)],
        enough: usize,
        asked: &[Asked],
        met: &[Vec<Met>],
    ) -> Vec<(usize, u32)> {
        counted
            .iter()
            .filter(|(_, n)| *n >= enough)
            .map(|(i, _)| (*i, self.score(*i, asked, met)))
            .collect()
    }

    /// The numbers of a word and of those that begin with it.
    fn asked(&self, word: &str) -> Asked {
        let from = self.words.partition_point(|(w, _)| w.as_str() < word);
        let rest = self.words.get(from..).unwrap_or_default();
        let n = rest.partition_point(|(w, _)| w.starts_with(word));
        let whole = rest.first().is_some_and(|(w, _)| w == word);
        Asked {
            begins: from..from.saturating_add(n),
            whole: whole.then_some(from),
        }
    }

    /// How well each entry meets a word.
    fn met(&self, asked: &Asked) -> Vec<Met> {
        let mut met = vec![Met::Not; self.entries.len()];
        let found = self.words.get(asked.begins.clone()).unwrap_or_default();
        for (number, (_, postings)) in (asked.begins.start..).zip(found) {
            let whole = asked.whole == Some(number);
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

    /// How good an entry is; `met` has all entries for each word.
    fn score(&self, i: usize, asked: &[Asked], met: &[Vec<Met>]) -> u32 {
        let (Some(e), Some(name)) = (self.entries.get(i), self.names.get(i)) else {
            return 0;
        };
        let (mut covered, mut whole) = (0_u32, 0_u32);
        for number in name {
            let weight = self.weights.get(*number).copied().unwrap_or_default();
            whole = whole.saturating_add(weight);
            if asked.iter().any(|a| a.begins.contains(number)) {
                covered = covered.saturating_add(weight);
            }
        }
        let coverage = covered.saturating_mul(1_000) / whole.max(1);
        let n = u32::try_from(met.len()).unwrap_or(u32::MAX).max(1);
        let quality = met
            .iter()
            .filter_map(|m| m.get(i))
            .map(|m| m.points())
            .sum::<u32>()
            .saturating_mul(1_000)
            / n;
        let mut score = coverage
            .saturating_mul(300)
            .saturating_add(quality.saturating_mul(40));
        let exact =
            name.len() == asked.len() && name.iter().zip(asked).all(|(n, a)| a.whole == Some(*n));
        if exact {
            score = score.saturating_add(1_000_000);
        }
        if let Some(at) = position_of(name, asked) {
            // Less in a long name, where they may stand together by chance.
            score = score.saturating_add(120_000 + coverage.saturating_mul(80));
            if at == 0 {
                score = score.saturating_add(30_000);
            }
        } else if are_side_by_side(name, asked) {
            score = score.saturating_add(coverage.saturating_mul(190));
        }
        if e.national {
            score = score.saturating_add(20_000);
        }
        if e.internal { score / 2 } else { score }
    }
}

/// Rare words weigh more: 16 × log2(entries / entries with the word), at least 8.
fn weight(entries: usize, having: usize) -> u32 {
    let ratio = entries.max(1).saturating_mul(16) / having.max(1);
    // log2(16 × ratio) × 16 with four bits after the point.
    let bits = ratio.max(1).ilog2();
    let fraction = (ratio.max(1) << 4 >> bits) & 15;
    let log = bits * 16 + u32::try_from(fraction).unwrap_or(0);
    log.saturating_sub(48).max(8)
}

/// Where `part` stands in `name`, word by word; the last word of `part` may be a beginning.
fn position_of(name: &[usize], part: &[Asked]) -> Option<usize> {
    let (last, front) = part.split_last()?;
    name.windows(part.len()).position(|w| {
        w.split_last().is_some_and(|(w_last, w_front)| {
            last.begins.contains(w_last)
                && w_front.iter().zip(front).all(|(n, a)| a.whole == Some(*n))
        })
    })
}

/// Whether the words of `part` stand side by side in `name`, in any order.
fn are_side_by_side(name: &[usize], part: &[Asked]) -> bool {
    part.len() > 1
        && name.windows(part.len()).any(|w| {
            part.iter().all(|p| p.whole.is_some_and(|p| w.contains(&p)))
                && w.iter().all(|n| part.iter().any(|p| p.whole == Some(*n)))
        })
}

#[cfg(test)]
mod tests;
