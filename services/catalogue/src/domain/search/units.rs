//! Communes by words of their names, of all times: who knows the old name finds what it became.

use super::query::words_of;
use crate::domain::unit::{Commune, Province};
use chrono::NaiveDate;
use vn::text::fold;

/// Names of units, folded once.
#[derive(Debug, Default)]
pub struct UnitIndex {
    communes: Vec<(Vec<String>, Commune)>,
    provinces: Vec<Province>,
}

impl UnitIndex {
    /// Builds the index.
    pub fn new(communes: Vec<Commune>, provinces: Vec<Province>) -> Self {
        let words = |name: &str| words_of(&fold(name)).map(str::to_owned).collect();
        Self {
            communes: communes.into_iter().map(|c| (words(&c.name), c)).collect(),
            provinces,
        }
    }

    /// Communes whose name has all the words (the last may be a beginning), with this code, on this day; those in force today first, then
    /// by length of the name and by code.
    pub fn find(
        &self,
        typed: &str,
        code: Option<&str>,
        on: Option<NaiveDate>,
        today: NaiveDate,
        limit: usize,
    ) -> Vec<&Commune> {
        let folded = fold(typed);
        let words: Vec<&str> = words_of(&folded).collect();
        if words.is_empty() && code.is_none() {
            return Vec::new();
        }
        let (last, front) = words
            .split_last()
            .map_or(("", [].as_slice()), |(l, f)| (*l, f));
        let mut found: Vec<(bool, usize, &Commune)> = self
            .communes
            .iter()
            .filter(|(name, c)| {
                code.is_none_or(|code| c.code == code)
                    && on.is_none_or(|day| c.is_valid_on(day))
                    && front.iter().all(|w| name.iter().any(|n| n == w))
                    && name.iter().any(|n| n.starts_with(last))
            })
            .map(|(name, c)| (!c.is_valid_on(today), name.len(), c))
            .collect();
        found.sort_by(|a, b| (a.0, a.1, &a.2.code).cmp(&(b.0, b.1, &b.2.code)));
        found.into_iter().take(limit).map(|(_, _, c)| c).collect()
    }

    /// Names of the provinces that went into the one with this agency root, so that what it publishes is found by them.
    pub fn old_names_of(&self, root: &str) -> Vec<&str> {
        let Some(now) = self
            .provinces
            .iter()
            .find(|p| p.valid_to.is_none() && p.agency_code.as_deref() == Some(root))
        else {
            return Vec::new();
        };
        self.provinces
            .iter()
            .filter(|p| p.valid_to.is_some() && p.successor.as_deref() == Some(now.code.as_str()))
            .map(|p| p.name.as_str())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::unit::{THREE_TIER_END, TWO_TIER};

    #[test]
    fn the_old_name_finds_the_new_commune() {
        let commune = |code: &str, name: &str, old: bool| Commune {
            code: code.to_owned(),
            name: name.to_owned(),
            province_code: "01".to_owned(),
            home_province_code: "01".to_owned(),
            valid_from: (!old).then_some(TWO_TIER),
            valid_to: old.then_some(THREE_TIER_END),
            successors: if old {
                vec!["00004".to_owned()]
            } else {
                Vec::new()
            },
        };
        let province = |code: &str, name: &str, root: &str, old: bool| Province {
            code: code.to_owned(),
            name: name.to_owned(),
            agency_code: Some(root.to_owned()),
            valid_from: (!old).then_some(TWO_TIER),
            valid_to: old.then_some(THREE_TIER_END),
            successor: old.then(|| "24".to_owned()),
        };
        let index = UnitIndex::new(
            vec![
                commune("00004", "Phường Trúc Bạch", true),
                commune("00004", "Phường Ba Đình", false),
            ],
            vec![
                province("24", "Tỉnh Bắc Giang", "H02", true),
                province("27", "Tỉnh Bắc Ninh", "H05", true),
                province("24", "Tỉnh Bắc Ninh", "H05", false),
            ],
        );
        let find = |q: &str, on| -> Vec<&str> {
            index
                .find(q, None, on, TWO_TIER, 10)
                .iter()
                .map(|c| c.name.as_str())
                .collect()
        };
        assert_eq!(find("truc ba", None), ["Phường Trúc Bạch"]);
        assert_eq!(find("phuong", None), ["Phường Ba Đình", "Phường Trúc Bạch"]);
        assert_eq!(find("phường", Some(THREE_TIER_END)), ["Phường Trúc Bạch"]);
        assert_eq!(find("", None), Vec::<&str>::new());
        assert_eq!(index.find("", Some("00004"), None, TWO_TIER, 10).len(), 2);
        assert_eq!(
            index.old_names_of("H05"),
            ["Tỉnh Bắc Giang", "Tỉnh Bắc Ninh"]
        );
        assert!(index.old_names_of("H02").is_empty());
    }
}
