//! Reference data as it comes in tables: what a row says, whether it can be true, and what contradicts the rest. Each thing has a period;
//! a code means nothing without a date.

mod periods;

pub use periods::{Periods, periods};

use super::agency::Agency;
use super::check::is_plausible;
use super::content::Level;
use super::unit::Province;
use chrono::NaiveDate;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use vn::agency::AgencyCode;
use vn::text::clean;
use vn::worktime::{CalendarSpec, DaySpec, DayUse, Shift, WeekSpec};

/// A row that cannot be taken, by its line, with the reason.
pub type Broken = (u64, String);

/// A field (lĩnh vực), a subject or a result in one period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Code, as the ministries have it; home-made ones occur.
    pub code: String,
    /// Name.
    pub name: String,
    /// First day.
    pub valid_from: Option<NaiveDate>,
    /// Last day.
    pub valid_to: Option<NaiveDate>,
}

/// A day that is not like its weekday for the whole country.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarDay {
    /// The day.
    pub day: NaiveDate,
    /// Off, or worked instead of another.
    pub day_use: DayUse,
    /// `statutory`, `compensatory`, `swapped` …
    pub kind: String,
    /// What it is called.
    pub name: String,
    /// How sure the source is.
    pub certainty: String,
    /// The source.
    pub source: String,
}

/// A row of `provinces.csv`.
#[derive(Clone, Debug, Deserialize)]
pub struct ProvinceRow {
    code: String,
    full_name: String,
    valid_from: String,
    valid_to: String,
    #[serde(default)]
    new_code: String,
    #[serde(default)]
    agency_code_h: String,
}

/// A row of `fields.csv`.
#[derive(Clone, Debug, Deserialize)]
pub struct FieldRow {
    field_code: String,
    field_name: String,
    #[serde(default)]
    valid_from: String,
    #[serde(default)]
    valid_to: String,
}

/// Named things with a code of their own that are neither fields nor bodies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemKind {
    /// Đối tượng thực hiện.
    Subject,
    /// Kết quả thực hiện.
    Result,
}

impl ItemKind {
    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            ItemKind::Subject => "subject",
            ItemKind::Result => "result",
        }
    }
}

/// A row of a table of subjects (đối tượng thực hiện).
#[derive(Clone, Debug, Deserialize)]
pub struct SubjectRow {
    subject_code: String,
    subject_name: String,
    #[serde(default)]
    valid_from: String,
    #[serde(default)]
    valid_to: String,
}

impl From<SubjectRow> for FieldRow {
    fn from(r: SubjectRow) -> Self {
        Self {
            field_code: r.subject_code,
            field_name: r.subject_name,
            valid_from: r.valid_from,
            valid_to: r.valid_to,
        }
    }
}

/// A row of a table of results (kết quả thực hiện).
#[derive(Clone, Debug, Deserialize)]
pub struct ResultRow {
    result_code: String,
    result_name: String,
    #[serde(default)]
    valid_from: String,
    #[serde(default)]
    valid_to: String,
}

impl From<ResultRow> for FieldRow {
    fn from(r: ResultRow) -> Self {
        Self {
            field_code: r.result_code,
            field_name: r.result_name,
            valid_from: r.valid_from,
            valid_to: r.valid_to,
        }
    }
}

/// A row of `holidays.csv`.
#[derive(Clone, Debug, Deserialize)]
pub struct HolidayRow {
    date: String,
    name: String,
    kind: String,
    #[serde(default)]
    subkind: String,
    #[serde(default)]
    certainty: String,
    #[serde(default)]
    source: String,
}

/// A row of `agency_codes.csv` or `agency_level1.csv`; what a file does not have is empty.
#[derive(Clone, Debug, Deserialize)]
pub struct AgencyRow {
    code: String,
    #[serde(default)]
    long_code: String,
    name: String,
    #[serde(default)]
    parent_code: String,
    #[serde(default)]
    valid_from: String,
    #[serde(default)]
    valid_to: String,
    #[serde(default)]
    used_after_2025_07_01: String,
}

/// A row of the office calendars: `agency_code,day,shifts,name`. `day` is `monday` … `sunday`, a date, or `cutOff`; `shifts` are
/// `07:30-11:30 13:00-17:00`, `off`, or the time of a cut-off.
#[derive(Clone, Debug, Deserialize)]
pub struct CalendarRow {
    agency_code: String,
    day: String,
    shifts: String,
    #[serde(default)]
    name: String,
}

/// One line of clean text.
fn text(raw: &str) -> String {
    clean(raw).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn day(raw: &str) -> Result<Option<NaiveDate>, String> {
    let raw = raw.trim();
    if raw.is_empty() {
        return Ok(None);
    }
    raw.parse()
        .ok()
        .filter(|d| is_plausible(*d))
        .map(Some)
        .ok_or_else(|| format!("`{raw}` is no possible date"))
}

type Period = (Option<NaiveDate>, Option<NaiveDate>);

fn period(from: &str, to: &str) -> Result<Period, String> {
    let (from, to) = (day(from)?, day(to)?);
    match (from, to) {
        (Some(f), Some(t)) if t < f => Err(format!("it ends on {t}, before it begins on {f}")),
        both => Ok(both),
    }
}

fn overlap(a: Period, b: Period) -> bool {
    let before = |to: Option<NaiveDate>, from: Option<NaiveDate>| matches!((to, from), (Some(t), Some(f)) if t < f);
    !before(a.1, b.0) && !before(b.1, a.0)
}

/// Refuses a second thing of the same code at the same time.
fn alone(seen: &mut BTreeMap<String, Vec<Period>>, code: &str, p: Period) -> Result<(), String> {
    let periods = seen.entry(code.to_owned()).or_default();
    if periods.iter().any(|other| overlap(*other, p)) {
        return Err(format!("`{code}` is there twice at the same time"));
    }
    periods.push(p);
    Ok(())
}

/// Sorts rows into what can be taken and what cannot.
fn sift<R, T>(
    rows: impl IntoIterator<Item = (u64, R)>,
    mut read: impl FnMut(R) -> Result<T, String>,
) -> (Vec<T>, Vec<Broken>) {
    let (mut good, mut broken) = (Vec::new(), Vec::new());
    for (line, row) in rows {
        match read(row) {
            Ok(one) => good.push(one),
            Err(reason) => broken.push((line, reason)),
        }
    }
    (good, broken)
}

/// Reads provinces, before and after 2025-07-01.
pub fn provinces(
    rows: impl IntoIterator<Item = (u64, ProvinceRow)>,
) -> (Vec<Province>, Vec<Broken>) {
    let mut seen = BTreeMap::new();
    sift(rows, |r| {
        let code = text(&r.code);
        if code.len() != 2 || !code.bytes().all(|b| b.is_ascii_digit()) {
            return Err(format!("`{code}` is no province code"));
        }
        let name = text(&r.full_name);
        if name.is_empty() {
            return Err("no name".to_owned());
        }
        let (valid_from, valid_to) = period(&r.valid_from, &r.valid_to)?;
        alone(&mut seen, &code, (valid_from, valid_to))?;
        let some = |s: &str| Some(text(s)).filter(|s| !s.is_empty());
        Ok(Province {
            code,
            name,
            agency_code: some(&r.agency_code_h),
            valid_from,
            valid_to,
            successor: some(&r.new_code),
        })
    })
}

/// Reads fields, subjects or results.
pub fn fields(rows: impl IntoIterator<Item = (u64, FieldRow)>) -> (Vec<Field>, Vec<Broken>) {
    let mut seen = BTreeMap::new();
    sift(rows, |r| {
        let (code, name) = (text(&r.field_code), text(&r.field_name));
        if code.is_empty() || name.is_empty() {
            return Err("no code or no name".to_owned());
        }
        let (valid_from, valid_to) = period(&r.valid_from, &r.valid_to)?;
        alone(&mut seen, &code, (valid_from, valid_to))?;
        Ok(Field {
            code,
            name,
            valid_from,
            valid_to,
        })
    })
}

/// Reads holidays and days worked instead of others.
pub fn holidays(
    rows: impl IntoIterator<Item = (u64, HolidayRow)>,
) -> (Vec<CalendarDay>, Vec<Broken>) {
    let mut seen: BTreeMap<NaiveDate, DayUse> = BTreeMap::new();
    let (mut days, broken) = sift(rows, |r| {
        let date = day(&r.date)?.ok_or_else(|| "no date".to_owned())?;
        let day_use = match r.kind.trim() {
            "off" => DayUse::Off,
            "make-up-workday" | "work" => DayUse::Work,
            other => return Err(format!("`{other}` is neither `off` nor `make-up-workday`")),
        };
        if seen.insert(date, day_use).is_some_and(|u| u != day_use) {
            return Err(format!("{date} is both off and worked"));
        }
        Ok(CalendarDay {
            day: date,
            day_use,
            kind: text(&r.subkind),
            name: text(&r.name),
            certainty: text(&r.certainty),
            source: text(&r.source),
        })
    });
    // Two holidays may meet on a day; it is off once.
    days.sort_by_key(|d| d.day);
    days.dedup_by(|later, kept| {
        let same = later.day == kept.day;
        if same && later.name != kept.name {
            kept.name = format!("{}; {}", kept.name, later.name);
        }
        same
    });
    (days, broken)
}

/// An agency of a file, before it is joined with what is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedAgency {
    /// Line of the file.
    pub line: u64,
    /// Code by QĐ 20/2020/QĐ-TTg, or as the file has it when it follows no rule.
    pub code: String,
    /// Code by QCVN 102:2016/BTTTT.
    pub long_code: Option<String>,
    /// Name.
    pub name: String,
    /// Code of the body above.
    pub parent_code: Option<String>,
    /// First day.
    pub valid_from: Option<NaiveDate>,
    /// Last day.
    pub valid_to: Option<NaiveDate>,
}

impl ListedAgency {
    /// The tier that a code tells: ministries have the roots G…, provinces H…; a commune's agency is told by its own data only.
    pub fn level(&self) -> Level {
        match self.code.chars().next() {
            Some('H') => Level::Province,
            Some('G') => Level::Ministry,
            _ => Level::Other,
        }
    }

    /// The top of its tree, e.g. `H05`.
    pub fn root(&self) -> &str {
        self.code.split('.').next().unwrap_or_default()
    }
}

/// Reads agencies in both code forms (`H05.21`, `000.00.21.H05`) and puts them into a tree: a body above that is named, else the next
/// one that the code tells and that is known. What is in a circle is left out and said.
pub fn agencies(
    rows: impl IntoIterator<Item = (u64, AgencyRow)>,
    known: &BTreeMap<String, Option<String>>,
) -> (Vec<ListedAgency>, Vec<Broken>) {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let (mut all, mut broken) = sift(
        rows.into_iter().map(|(n, r)| (n, (n, r))),
        |(n, r): (u64, AgencyRow)| {
            let (written, name) = (text(&r.code), text(&r.name));
            if written.is_empty() || written.chars().count() > 64 || name.is_empty() {
                return Err("no code or no name".to_owned());
            }
            let parsed = AgencyCode::parse(&written).ok();
            let code = parsed
                .as_ref()
                .map_or_else(|| written.clone(), |c| c.to_short().as_str().to_owned());
            let code = without_unused(code);
            let long_code = match text(&r.long_code) {
                given if !given.is_empty() => Some(given),
                _ => parsed
                    .and_then(|c| c.to_long().ok())
                    .map(|c| c.as_str().to_owned()),
            };
            let (valid_from, mut valid_to) = period(&r.valid_from, &r.valid_to)?;
            if valid_to.is_none() && r.used_after_2025_07_01.trim().starts_with("legacy") {
                valid_to = Some(super::unit::THREE_TIER_END);
            }
            if !seen.insert(code.clone()) {
                return Err(format!("`{code}` was met before in this file"));
            }
            let parent = text(&r.parent_code);
            Ok(ListedAgency {
                line: n,
                parent_code: Some(parent).filter(|p| !p.is_empty()),
                code,
                long_code,
                name,
                valid_from,
                valid_to,
            })
        },
    );
    for a in &mut all {
        let given = a
            .parent_code
            .take()
            .map(|p| AgencyCode::parse(&p).map_or(p, |c| c.to_short().as_str().to_owned()));
        a.parent_code =
            given.or_else(|| above(&a.code, |c| seen.contains(c) || known.contains_key(c)));
    }
    let known_pairs = known
        .iter()
        .filter(|(code, _)| !seen.contains(*code))
        .filter_map(|(code, parent)| Some((code.as_str(), parent.as_deref()?)));
    let listed_pairs = all
        .iter()
        .filter_map(|a| Some((a.code.as_str(), a.parent_code.as_deref()?)));
    let circles = in_circles(known_pairs.chain(listed_pairs));
    let circles: BTreeSet<String> = circles.into_iter().map(str::to_owned).collect();
    all.retain(|a| {
        let bad = circles.contains(&a.code);
        if bad {
            broken.push((a.line, format!("`{}` is above itself", a.code)));
        }
        !bad
    });
    broken.sort_unstable();
    (all, broken)
}

/// `G01.306.000.000` as `G01.306`: levels that are not used say nothing.
fn without_unused(mut code: String) -> String {
    while code.starts_with(|c: char| c.is_ascii_uppercase()) && code.ends_with(".000") {
        code.truncate(code.len() - ".000".len());
    }
    code
}

/// The next code above that is known: `G01.306.000.000` → `G01.306`, `G01`.
fn above(code: &str, known: impl Fn(&str) -> bool) -> Option<String> {
    let mut rest = code;
    while let Some((front, _)) = rest.rsplit_once('.') {
        if known(front) {
            return Some(front.to_owned());
        }
        rest = front;
    }
    None
}

/// Codes from which the way up never ends: those of a circle, and those below it.
pub fn in_circles<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> BTreeSet<&'a str> {
    let up: BTreeMap<&str, &str> = pairs.collect();
    up.keys()
        .copied()
        .filter(|start| {
            let (mut at, mut steps) = (*start, 0);
            while let Some(next) = up.get(at) {
                at = next;
                steps += 1;
                if steps > up.len() {
                    return true;
                }
            }
            false
        })
        .collect()
}

/// Joins a listed agency with what is known of it: desk, address and calendar stay.
pub fn join_agency(
    listed: &ListedAgency,
    known: Option<&Agency>,
    parent_name: String,
    province_code: String,
) -> Agency {
    let mut a = known.cloned().unwrap_or_else(|| Agency {
        code: listed.code.clone(),
        long_code: None,
        name: String::new(),
        level: listed.level(),
        reception: false,
        parent_code: None,
        parent_name: String::new(),
        province_code,
        commune_code: None,
        address: String::new(),
        phone: String::new(),
        calendar: CalendarSpec::default(),
        valid_from: None,
        valid_to: None,
    });
    a.name.clone_from(&listed.name);
    if listed.long_code.is_some() {
        a.long_code.clone_from(&listed.long_code);
    }
    if listed.parent_code.is_some() {
        a.parent_code.clone_from(&listed.parent_code);
    }
    if !parent_name.is_empty() {
        a.parent_name = parent_name;
    }
    if listed.valid_from.is_some() {
        a.valid_from = listed.valid_from;
    }
    if listed.valid_to.is_some() {
        a.valid_to = listed.valid_to;
    }
    a
}

/// Reads office calendars: one per agency, from all its rows.
pub fn calendars(
    rows: impl IntoIterator<Item = (u64, CalendarRow)>,
) -> (BTreeMap<String, CalendarSpec>, Vec<Broken>) {
    let mut out: BTreeMap<String, CalendarSpec> = BTreeMap::new();
    let mut broken = Vec::new();
    for (line, r) in rows {
        let code = AgencyCode::parse(r.agency_code.trim()).map_or_else(
            |_home_made| text(&r.agency_code),
            |c| c.to_short().as_str().to_owned(),
        );
        let spec = out.entry(code).or_default();
        if let Err(reason) = calendar_row(spec, &r) {
            broken.push((line, reason));
        }
    }
    (out, broken)
}

fn calendar_row(spec: &mut CalendarSpec, r: &CalendarRow) -> Result<(), String> {
    let (when, what) = (r.day.trim(), r.shifts.trim());
    if when.eq_ignore_ascii_case("cutoff") {
        spec.cut_off = Some(parsed(what)?);
        return Ok(());
    }
    let shifts = if what.eq_ignore_ascii_case("off") {
        Vec::new()
    } else {
        what.split_whitespace()
            .map(shift)
            .collect::<Result<Vec<_>, _>>()?
    };
    let in_order = shifts
        .windows(2)
        .all(|w| matches!(w, [a, b] if a.to <= b.from));
    if !in_order {
        return Err(format!("`{what}`: the shifts overlap"));
    }
    let week = spec.week.get_or_insert_with(WeekSpec::default);
    let slot = match when.to_lowercase().as_str() {
        "monday" => &mut week.monday,
        "tuesday" => &mut week.tuesday,
        "wednesday" => &mut week.wednesday,
        "thursday" => &mut week.thursday,
        "friday" => &mut week.friday,
        "saturday" => &mut week.saturday,
        "sunday" => &mut week.sunday,
        date => {
            let date = day(date)?.ok_or_else(|| "no day".to_owned())?;
            if spec.days.iter().any(|d| d.date == date) {
                return Err(format!("{date} is there twice"));
            }
            spec.days.push(DaySpec {
                date,
                r#use: if shifts.is_empty() {
                    DayUse::Off
                } else {
                    DayUse::Work
                },
                name: text(&r.name),
                shifts: Some(shifts).filter(|s| !s.is_empty()),
            });
            return Ok(());
        }
    };
    if slot.is_some() {
        return Err(format!("{when} is there twice"));
    }
    *slot = Some(shifts);
    Ok(())
}

/// A time of day, as JSON has it.
fn parsed<T: serde::de::DeserializeOwned>(time: &str) -> Result<T, String> {
    serde_json::from_value(serde_json::Value::String(time.to_owned()))
        .map_err(|_not_a_time| format!("`{time}` is no time of day"))
}

fn shift(raw: &str) -> Result<Shift, String> {
    let wrong = || format!("`{raw}` is no shift such as 07:30-11:30");
    let (from, to) = raw.split_once('-').ok_or_else(wrong)?;
    let shift: Shift = serde_json::from_value(serde_json::json!({"from": from, "to": to}))
        .map_err(|_no_shift| wrong())?;
    if shift.from < shift.to {
        Ok(shift)
    } else {
        Err(wrong())
    }
}

#[cfg(test)]
mod tests;
