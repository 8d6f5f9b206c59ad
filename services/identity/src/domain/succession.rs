//! Cơ quan kế thừa: which agency took over the dossiers of which, and from which day. A merger is several to one, a split one to several.
//! The dossiers keep the agency under which they were received; who works at the successor has the rights over them.

use chrono::{DateTime, NaiveDate, Utc};
use contracts::AccountId;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Predecessors of one agency at the most: each is in every token of its officers.
pub(crate) const MOST: usize = 60;

/// One agency taken over by another.
#[derive(Clone, Debug)]
pub(crate) struct Succession {
    pub(crate) id: Uuid,
    /// Code of the agency whose dossiers are taken over.
    pub(crate) predecessor: String,
    /// Code of the agency that takes them over.
    pub(crate) successor: String,
    /// The first day, in Việt Nam.
    pub(crate) from: NaiveDate,
    /// The decision.
    pub(crate) reason: String,
    pub(crate) created_by: AccountId,
    pub(crate) created_at: DateTime<Utc>,
    /// When it was taken back: it was a mistake.
    pub(crate) ended_at: Option<DateTime<Utc>>,
}

/// Why it is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It would lead in a circle.
    Circle,
    /// It is there.
    There,
    /// The successor has too many.
    TooMany,
}

impl Succession {
    /// Whether it holds on a day.
    pub(crate) fn holds_on(&self, day: NaiveDate) -> bool {
        self.ended_at.is_none() && self.from <= day
    }
}

/// The agencies whose dossiers an agency has taken over by a day, by code: also through agencies that were taken over themselves.
pub(crate) fn predecessors(all: &[Succession], agency: &str, day: NaiveDate) -> Vec<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![agency.to_owned()];
    while let Some(code) = open.pop() {
        for one in all
            .iter()
            .filter(|s| s.successor == code && s.holds_on(day))
        {
            if one.predecessor != agency && found.insert(one.predecessor.clone()) {
                open.push(one.predecessor.clone());
            }
        }
    }
    found.into_iter().collect()
}

/// The agencies in whose tokens a succession is on a day: its successor, and those that took that one over. None while it does not hold.
pub(crate) fn successors(all: &[Succession], one: &Succession, day: NaiveDate) -> Vec<String> {
    if !one.holds_on(day) {
        return Vec::new();
    }
    let mut found = BTreeSet::from([one.successor.clone()]);
    let mut open = vec![one.successor.clone()];
    while let Some(code) = open.pop() {
        for next in all
            .iter()
            .filter(|s| s.predecessor == code && s.holds_on(day))
        {
            if found.insert(next.successor.clone()) {
                open.push(next.successor.clone());
            }
        }
    }
    found.into_iter().collect()
}

/// Whether an agency may take over another's dossiers, beside those that stand.
///
/// # Errors
/// A circle, at whatever day; what is there; too many.
pub(crate) fn may_succeed(
    all: &[Succession],
    predecessor: &str,
    successor: &str,
) -> Result<(), Refusal> {
    let standing = |s: &&Succession| s.ended_at.is_none();
    if all
        .iter()
        .filter(standing)
        .any(|s| s.predecessor == predecessor && s.successor == successor)
    {
        return Err(Refusal::There);
    }
    let before = predecessors(all, predecessor, NaiveDate::MAX);
    if predecessor == successor || before.iter().any(|code| code == successor) {
        return Err(Refusal::Circle);
    }
    // Who took over the successor gets them as well, and may come to more: its tokens grow, nothing is lost.
    let own = predecessors(all, successor, NaiveDate::MAX);
    let mut after: BTreeSet<&str> = own.iter().chain(&before).map(String::as_str).collect();
    after.insert(predecessor);
    if after.len() > MOST {
        return Err(Refusal::TooMany);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(predecessor: &str, successor: &str, from: &str) -> Succession {
        Succession {
            id: Uuid::nil(),
            predecessor: predecessor.to_owned(),
            successor: successor.to_owned(),
            from: from.parse().expect("a day"),
            reason: String::new(),
            created_by: AccountId(Uuid::nil()),
            created_at: DateTime::UNIX_EPOCH,
            ended_at: None,
        }
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    #[test]
    fn mergers_add_up_from_their_days_and_a_split_goes_to_both() {
        let all = [
            one("H05.3", "H05.2", "2025-07-01"),
            one("H05.2", "H05.1", "2026-03-01"),
            one("H05.2", "H05.9", "2026-03-01"),
        ];
        assert_eq!(predecessors(&all, "H05.2", day("2025-06-30")), [""; 0]);
        assert_eq!(predecessors(&all, "H05.2", day("2025-07-01")), ["H05.3"]);
        assert_eq!(predecessors(&all, "H05.1", day("2026-02-28")), [""; 0]);
        for successor in ["H05.1", "H05.9"] {
            let found = predecessors(&all, successor, day("2026-03-01"));
            assert_eq!(found, ["H05.2", "H05.3"]);
        }
        let reached = |day_| successors(&all, &all[0], day(day_));
        assert_eq!(reached("2025-06-30"), [""; 0]);
        assert_eq!(reached("2025-07-01"), ["H05.2"]);
        assert_eq!(reached("2026-03-01"), ["H05.1", "H05.2", "H05.9"]);
    }

    #[test]
    fn circles_doubles_and_too_many_are_refused() {
        let mut all = vec![
            one("H05.3", "H05.2", "2025-07-01"),
            one("H05.2", "H05.1", "2030-01-01"),
        ];
        for (predecessor, successor, refusal) in [
            ("H05.1", "H05.3", Refusal::Circle),
            ("H05.1", "H05.1", Refusal::Circle),
            ("H05.3", "H05.2", Refusal::There),
        ] {
            let got = may_succeed(&all, predecessor, successor);
            assert_eq!(got, Err(refusal), "{predecessor} to {successor}");
        }
        assert_eq!(may_succeed(&all, "H05.3", "H05.1"), Ok(()), "a split");
        all[1].ended_at = Some(DateTime::UNIX_EPOCH);
        assert_eq!(may_succeed(&all, "H05.1", "H05.3"), Ok(()), "taken back");
        for n in 100..100 + MOST {
            all.push(one(&format!("H05.{n}"), "H05.7", "2025-07-01"));
        }
        assert_eq!(may_succeed(&all, "H05.4", "H05.7"), Err(Refusal::TooMany));
    }
}
