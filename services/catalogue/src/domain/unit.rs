//! Provinces and communes. A code means nothing without a date: of the codes in force since 2025-07-01, nearly all belonged to another
//! unit before.

use super::agency::is_valid_on;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The first day of the two-tier units.
pub const TWO_TIER: NaiveDate = match NaiveDate::from_ymd_opt(2025, 7, 1) {
    Some(day) => day,
    None => NaiveDate::MAX,
};

/// The last day of the old ones.
pub const THREE_TIER_END: NaiveDate = match NaiveDate::from_ymd_opt(2025, 6, 30) {
    Some(day) => day,
    None => NaiveDate::MIN,
};

/// A province in one period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Province {
    /// Two digits.
    pub code: String,
    /// Full name, e.g. `Tỉnh Bắc Ninh`.
    pub name: String,
    /// Agency root, e.g. `H05`.
    #[serde(default)]
    pub agency_code: Option<String>,
    /// First day.
    #[serde(default)]
    pub valid_from: Option<NaiveDate>,
    /// Last day.
    #[serde(default)]
    pub valid_to: Option<NaiveDate>,
    /// Code of the province that it went into, for one that has ended.
    #[serde(default)]
    pub successor: Option<String>,
}

impl Province {
    /// Whether it exists on a day.
    pub fn is_valid_on(&self, day: NaiveDate) -> bool {
        is_valid_on(self.valid_from, self.valid_to, day)
    }
}

/// A commune in one period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Commune {
    /// Five digits.
    pub code: String,
    /// Full name, e.g. `Xã Yên Thế`.
    pub name: String,
    /// Province code in that period.
    pub province_code: String,
    /// Province that the place belongs to today.
    pub home_province_code: String,
    /// First day.
    #[serde(default)]
    pub valid_from: Option<NaiveDate>,
    /// Last day.
    #[serde(default)]
    pub valid_to: Option<NaiveDate>,
    /// Communes that it went into.
    #[serde(default)]
    pub successors: Vec<String>,
}

impl Commune {
    /// Whether it exists on a day.
    pub fn is_valid_on(&self, day: NaiveDate) -> bool {
        is_valid_on(self.valid_from, self.valid_to, day)
    }
}

/// Identifies a unit: its code and its first day.
pub fn key(code: &str, valid_from: Option<NaiveDate>) -> String {
    valid_from.map_or_else(|| format!("{code}@"), |d| format!("{code}@{d}"))
}

/// A current commune, as in `wards.csv`.
#[derive(Clone, Debug, Deserialize)]
pub struct CurrentRow {
    /// Five digits.
    pub code: String,
    /// Full name.
    pub full_name: String,
    /// Province code.
    pub province_code: String,
}

/// One line of the official mapping, as in `ward_map_old_new.csv`.
#[derive(Clone, Debug, Deserialize)]
pub struct MapRow {
    /// Code until 2025-06-30.
    pub old_code: String,
    /// Full name until then.
    pub old_name: String,
    /// Province then.
    pub old_province_code: String,
    /// Code since 2025-07-01.
    pub new_code: String,
    /// Full name since then.
    pub new_name: String,
    /// Province since then.
    pub new_province_code: String,
    /// `whole`, `part`, `rename`, `type_change` or `unchanged`.
    #[serde(default)]
    pub relation: String,
    /// The decision's own words.
    #[serde(default)]
    pub note_vi: String,
    /// The district it belonged to.
    #[serde(default)]
    pub old_district: String,
}

/// Five digits.
pub fn is_commune_code(code: &str) -> bool {
    code.len() == 5 && code.bytes().all(|b| b.is_ascii_digit())
}

/// The mapping, without the slips of the official tables.
#[derive(Debug, Default)]
pub struct Mapping {
    /// Lines that can be true.
    pub good: Vec<MapRow>,
    /// Lines taken under the code that the rest of the table gives the commune, and what was wrong.
    pub mended: Vec<(u64, String)>,
    /// Lines left out, and why.
    pub broken: Vec<(u64, String)>,
}

/// Lines of the mapping that can be true. The official tables have slips: a code that is another commune's, one of six digits, a name
/// that a spreadsheet could not compute. What the table itself does not mend is left out and said: a guess would send people to the
/// wrong commune.
pub fn believable(rows: &[(u64, MapRow)], current: &BTreeSet<&str>) -> Mapping {
    type Named<'a> = (&'a str, &'a str);
    // The names of each code, with how many lines have them.
    let mut names: BTreeMap<&str, Vec<(Named<'_>, usize)>> = BTreeMap::new();
    let mut codes: BTreeMap<(&str, &str, &str), BTreeSet<&str>> = BTreeMap::new();
    for (_, r) in rows.iter().filter(|(_, r)| is_commune_code(&r.old_code)) {
        let is = (r.old_name.as_str(), r.old_province_code.as_str());
        let of_code = names.entry(&r.old_code).or_default();
        match of_code.iter_mut().find(|(name, _)| *name == is) {
            Some((_, lines)) => *lines += 1,
            None => of_code.push((is, 1)),
        }
        let place = (is.0, r.old_district.as_str(), is.1);
        codes.entry(place).or_default().insert(&r.old_code);
    }
    // Of two names of one code that with more lines, else the first one.
    let named: BTreeMap<&str, Named<'_>> = names
        .into_iter()
        .filter_map(|(code, of_code)| {
            let (name, _) = of_code.into_iter().rev().max_by_key(|(_, lines)| *lines)?;
            Some((code, name))
        })
        .collect();
    let mut out = Mapping::default();
    for (line, r) in rows {
        let (old, new) = (r.old_code.as_str(), r.new_code.as_str());
        let is = (r.old_name.as_str(), r.old_province_code.as_str());
        // A district that had no communes became a special zone (đặc khu): there is no code, and may be no name, to come from.
        let nothing = old.is_empty();
        let reason = if !(nothing || is_commune_code(old)) || !is_commune_code(new) {
            format!("{old} → {new}: no commune code")
        } else if [&r.old_name, &r.new_name]
            .iter()
            .any(|n| n.starts_with('#'))
            || (r.old_name.trim().is_empty() && !nothing)
        {
            format!("{old} → {new}: no name")
        } else if !current.contains(new) {
            format!("{old} → {new}: there is no such commune")
        } else if nothing || named.get(old) == Some(&is) {
            out.good.push(r.clone());
            continue;
        } else {
            let place = (is.0, r.old_district.as_str(), is.1);
            let mut others = codes
                .get(&place)
                .into_iter()
                .flatten()
                .filter(|c| **c != old);
            let reason = format!("{old} → {new}: `{old}` is not {}", r.old_name);
            if let (Some(other), None) = (others.next(), others.next()) {
                out.mended
                    .push((*line, format!("{reason}; taken as `{other}`")));
                out.good.push(MapRow {
                    old_code: (*other).to_owned(),
                    ..r.clone()
                });
                continue;
            }
            reason
        };
        out.broken.push((*line, reason));
    }
    out
}

/// Joins both lists: current communes, and ended ones with what they went into. A commune that kept code, name and province has one
/// period without ends. Lines of the mapping that lead nowhere are returned apart.
pub fn join(current: &[CurrentRow], map: &[MapRow]) -> (Vec<Commune>, Vec<String>) {
    let now: BTreeMap<&str, &CurrentRow> = current.iter().map(|c| (c.code.as_str(), c)).collect();
    let mut out: BTreeMap<String, Commune> = BTreeMap::new();
    let mut astray = Vec::new();
    let mut unchanged = BTreeSet::new();
    let mut sources: BTreeMap<&str, usize> = BTreeMap::new();
    for row in map {
        *sources.entry(row.new_code.as_str()).or_default() += 1;
    }
    for row in map {
        if !now.contains_key(row.new_code.as_str()) {
            astray.push(format!("{} → {}", row.old_code, row.new_code));
            continue;
        }
        if row.old_code == row.new_code
            && row.old_name == row.new_name
            && row.old_province_code == row.new_province_code
            && sources.get(row.new_code.as_str()) == Some(&1)
        {
            unchanged.insert(row.old_code.as_str());
            continue;
        }
        if row.old_code.is_empty() {
            continue;
        }
        let commune = out
            .entry(key(&row.old_code, None))
            .or_insert_with(|| Commune {
                code: row.old_code.clone(),
                name: row.old_name.clone(),
                province_code: row.old_province_code.clone(),
                home_province_code: row.new_province_code.clone(),
                valid_from: None,
                valid_to: Some(THREE_TIER_END),
                successors: Vec::new(),
            });
        if !commune.successors.contains(&row.new_code) {
            commune.successors.push(row.new_code.clone());
        }
    }
    for row in current {
        let valid_from = (!unchanged.contains(row.code.as_str())).then_some(TWO_TIER);
        out.insert(
            key(&row.code, valid_from),
            Commune {
                code: row.code.clone(),
                name: row.full_name.clone(),
                province_code: row.province_code.clone(),
                home_province_code: row.province_code.clone(),
                valid_from,
                valid_to: None,
                successors: Vec::new(),
            },
        );
    }
    (out.into_values().collect(), astray)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now(code: &str, name: &str, province: &str) -> CurrentRow {
        CurrentRow {
            code: code.to_owned(),
            full_name: name.to_owned(),
            province_code: province.to_owned(),
        }
    }

    fn map(old: (&str, &str, &str), new: (&str, &str, &str)) -> MapRow {
        MapRow {
            old_code: old.0.to_owned(),
            old_name: old.1.to_owned(),
            old_province_code: old.2.to_owned(),
            new_code: new.0.to_owned(),
            new_name: new.1.to_owned(),
            new_province_code: new.2.to_owned(),
            relation: "whole".to_owned(),
            note_vi: String::new(),
            old_district: String::new(),
        }
    }

    #[test]
    fn one_code_is_two_communes_in_two_periods() {
        let current = [
            now("00004", "Phường Ba Đình", "01"),
            now("09169", "Phường Vũ Ninh", "24"),
            now("11111", "Xã A", "01"),
        ];
        let mapping = [
            map(
                ("00004", "Phường Trúc Bạch", "01"),
                ("00004", "Phường Ba Đình", "01"),
            ),
            map(
                ("00634", "Phường Đại Mỗ", "01"),
                ("00004", "Phường Ba Đình", "01"),
            ),
            map(("00634", "Phường Đại Mỗ", "01"), ("11111", "Xã A", "01")),
            map(
                ("09163", "Phường Vũ Ninh", "27"),
                ("09169", "Phường Vũ Ninh", "24"),
            ),
            map(("09999", "Xã Lạc", "27"), ("99999", "Xã Không Có", "24")),
        ];
        let (all, astray) = join(&current, &mapping);
        assert_eq!(astray, ["09999 → 99999"]);
        let on = |code: &str, day: NaiveDate| {
            all.iter()
                .filter(|c| c.code == code && c.is_valid_on(day))
                .map(|c| c.name.as_str())
                .collect::<Vec<_>>()
        };
        assert_eq!(on("00004", THREE_TIER_END), ["Phường Trúc Bạch"]);
        assert_eq!(on("00004", TWO_TIER), ["Phường Ba Đình"]);
        assert_eq!(on("09163", TWO_TIER), Vec::<&str>::new());
        let split = all.iter().find(|c| c.code == "00634").expect("split");
        assert_eq!(split.successors, ["00004", "11111"]);
        let moved = all.iter().find(|c| c.code == "09163").expect("moved");
        assert_eq!(
            (
                moved.province_code.as_str(),
                moved.home_province_code.as_str()
            ),
            ("27", "24")
        );
    }

    #[test]
    fn an_unchanged_commune_has_one_period() {
        let (all, _) = join(
            &[now("31207", "Phường Ninh Kiều", "92")],
            &[map(
                ("31207", "Phường Ninh Kiều", "92"),
                ("31207", "Phường Ninh Kiều", "92"),
            )],
        );
        assert_eq!(all.len(), 1);
        assert_eq!((all[0].valid_from, all[0].valid_to), (None, None));
    }
}
