//! The working calendar of an agency.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, LazyLock};

use chrono::{Datelike, NaiveDate, Weekday};
use serde::{Deserialize, Serialize};

use super::{WorkTimeError, holidays};
use crate::all_digits;

/// A time of day in minutes since midnight, 0 to 1440; text `07:30` in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MinuteOfDay(u16);

impl MinuteOfDay {
    /// From minutes since midnight.
    pub fn new(minutes: u16) -> Result<Self, WorkTimeError> {
        if minutes <= 1440 {
            Ok(Self(minutes))
        } else {
            Err(WorkTimeError::Time)
        }
    }

    /// Minutes since midnight.
    pub fn minutes(self) -> u32 {
        u32::from(self.0)
    }
}

impl fmt::Display for MinuteOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl FromStr for MinuteOfDay {
    type Err = WorkTimeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (hour, minute) = text.split_once(':').ok_or(WorkTimeError::Time)?;
        let two = |part: &str| part.len() == 2 && all_digits(part);
        if !two(hour) || !two(minute) {
            return Err(WorkTimeError::Time);
        }
        match (hour.parse::<u16>(), minute.parse::<u16>()) {
            (Ok(hour), Ok(minute @ ..=59)) => Self::new(hour * 60 + minute),
            _ => Err(WorkTimeError::Time),
        }
    }
}

impl TryFrom<String> for MinuteOfDay {
    type Error = WorkTimeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<MinuteOfDay> for String {
    fn from(minute: MinuteOfDay) -> Self {
        minute.to_string()
    }
}

/// A stretch of work within a day, `{ "from": "07:30", "to": "11:30" }`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shift {
    /// Opening.
    pub from: MinuteOfDay,
    /// Closing, after the opening.
    pub to: MinuteOfDay,
}

impl Shift {
    /// From minutes since midnight; the end must be after the beginning.
    pub fn new(from: u16, to: u16) -> Result<Self, WorkTimeError> {
        let shift = Self {
            from: MinuteOfDay::new(from)?,
            to: MinuteOfDay::new(to)?,
        };
        if from < to {
            Ok(shift)
        } else {
            Err(WorkTimeError::Shift)
        }
    }

    /// Its length.
    pub fn minutes(self) -> u32 {
        self.to.minutes().saturating_sub(self.from.minutes())
    }
}

const MORNING: Shift = Shift {
    from: MinuteOfDay(7 * 60 + 30),
    to: MinuteOfDay(11 * 60 + 30),
};
const AFTERNOON: Shift = Shift {
    from: MinuteOfDay(13 * 60),
    to: MinuteOfDay(17 * 60),
};
const CUT_OFF: MinuteOfDay = MinuteOfDay(15 * 60);

/// What an agency does otherwise than the national calendar. All parts may be left out:
///
/// ```json
/// { "cutOff": "15:00",
///   "week": { "saturday": [{ "from": "07:30", "to": "11:30" }] },
///   "days": [ { "date": "2026-12-24", "use": "off", "name": "Mất điện" },
///             { "date": "2026-12-26", "use": "work", "name": "Làm bù" } ] }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct CalendarSpec {
    /// What comes after this time of day counts as received on the next working day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut_off: Option<MinuteOfDay>,
    /// Channels with a cut-off of their own; `24:00` means none.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub cut_offs: BTreeMap<Intake, MinuteOfDay>,
    /// The shifts of weekdays that differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub week: Option<WeekSpec>,
    /// The shifts of make-up days without own ones; normally those of Monday.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub make_up_shifts: Option<Vec<Shift>>,
    /// Days off, extra working days, half days. They win over the national ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<DaySpec>,
}

/// How a dossier comes in, as far as the reception hours are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Intake {
    /// Trực tuyến.
    Online,
    /// Trực tiếp.
    Direct,
    /// Bưu chính công ích.
    Postal,
    /// Ki-ốt thông minh.
    Kiosk,
}

/// Shifts by weekday; a missing weekday keeps its shifts, an empty list makes it a day of rest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct WeekSpec {
    /// Thứ hai.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monday: Option<Vec<Shift>>,
    /// Thứ ba.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tuesday: Option<Vec<Shift>>,
    /// Thứ tư.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wednesday: Option<Vec<Shift>>,
    /// Thứ năm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thursday: Option<Vec<Shift>>,
    /// Thứ sáu.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub friday: Option<Vec<Shift>>,
    /// Thứ bảy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub saturday: Option<Vec<Shift>>,
    /// Chủ nhật.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sunday: Option<Vec<Shift>>,
}

/// One day that is not like its weekday.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DaySpec {
    /// The day.
    pub date: NaiveDate,
    /// Off or worked.
    pub r#use: DayUse,
    /// Why, for people.
    pub name: String,
    /// The shifts of a worked day that differ, such as a half day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shifts: Option<Vec<Shift>>,
}

/// Off or worked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DayUse {
    /// A day off.
    Off,
    /// A working day.
    Work,
}

/// A day as the calendar sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day<'a> {
    /// What kind of day.
    pub kind: DayKind<'a>,
    /// The shifts, in order; none on a day off.
    pub shifts: &'a [Shift],
}

/// What kind of day; names in Vietnamese and English.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayKind<'a> {
    /// A usual working day.
    Working,
    /// Worked although its weekday is not, or with other shifts.
    Special(&'a str, &'a str),
    /// The weekly rest.
    Weekend,
    /// A public holiday or other day off.
    Holiday(&'a str, &'a str),
}

impl Day<'_> {
    /// Is anything worked?
    pub fn is_working(&self) -> bool {
        !self.shifts.is_empty()
    }

    /// Minutes worked.
    pub fn minutes(&self) -> u32 {
        self.shifts.iter().map(|shift| shift.minutes()).sum()
    }

    /// When the day ends; midnight at its begin for a day off.
    pub fn closing(&self) -> u32 {
        self.shifts.last().map_or(0, |shift| shift.to.minutes())
    }

    /// The minute of the day at which so many minutes have been worked: the earliest such, so the
    /// end of a shift rather than the beginning of the next.
    pub(super) fn minute_after(&self, worked: u32) -> u32 {
        let mut left = worked;
        for shift in self.shifts {
            if left <= shift.minutes() {
                return shift.from.minutes() + left;
            }
            left -= shift.minutes();
        }
        self.closing()
    }
}

type Name = (Cow<'static, str>, Cow<'static, str>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum SpecialDay {
    Off(Name),
    /// Without own shifts, those of make-up days.
    Work(Name, Option<Vec<Shift>>),
}

/// Which days and hours are worked, and the reception cut-off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// Shared until an agency has days of its own.
    days: Arc<BTreeMap<NaiveDate, SpecialDay>>,
    /// Monday first.
    week: [Vec<Shift>; 7],
    make_up_shifts: Option<Vec<Shift>>,
    cut_off: MinuteOfDay,
    cut_offs: BTreeMap<Intake, MinuteOfDay>,
    fixed_holidays: bool,
}

impl Default for Calendar {
    fn default() -> Self {
        Self::national()
    }
}

impl Calendar {
    /// The national calendar: Monday to Friday 07:30–11:30 and 13:00–17:00, reception until 15:00,
    /// public holidays and swapped days of 2018 to 2027, and in other years the holidays that have
    /// a fixed date.
    pub fn national() -> Self {
        static DAYS: LazyLock<Arc<BTreeMap<NaiveDate, SpecialDay>>> = LazyLock::new(|| {
            let special = holidays::all().map(|day| {
                let name = (Cow::Borrowed(day.name.0), Cow::Borrowed(day.name.1));
                let special = if day.off {
                    SpecialDay::Off(name)
                } else {
                    SpecialDay::Work(name, None)
                };
                (day.date, special)
            });
            Arc::new(special.collect())
        });
        Self {
            days: Arc::clone(&DAYS),
            fixed_holidays: true,
            ..Self::without_holidays()
        }
    }

    /// The national week without any holiday.
    pub fn without_holidays() -> Self {
        let week = [true, true, true, true, true, false, false].map(|worked| {
            if worked {
                vec![MORNING, AFTERNOON]
            } else {
                Vec::new()
            }
        });
        Self {
            days: Arc::default(),
            week,
            make_up_shifts: None,
            cut_off: CUT_OFF,
            cut_offs: BTreeMap::new(),
            fixed_holidays: false,
        }
    }

    /// The national calendar with the differences of an agency.
    ///
    /// # Errors
    /// `calendar.shift`, `calendar.day`, and `calendar.noWorkingDay` when no weekday is worked.
    pub fn from_spec(spec: &CalendarSpec) -> Result<Self, WorkTimeError> {
        let mut calendar = Self::national();
        if let Some(cut_off) = spec.cut_off {
            calendar.cut_off = cut_off;
        }
        calendar.cut_offs.clone_from(&spec.cut_offs);
        if let Some(week) = &spec.week {
            let given = [
                &week.monday,
                &week.tuesday,
                &week.wednesday,
                &week.thursday,
                &week.friday,
                &week.saturday,
                &week.sunday,
            ];
            for (shifts, given) in calendar.week.iter_mut().zip(given) {
                if let Some(given) = given {
                    *shifts = checked(given)?;
                }
            }
        }
        if let Some(shifts) = &spec.make_up_shifts {
            calendar.make_up_shifts = Some(worked(shifts)?);
        }
        let mut seen = std::collections::BTreeSet::new();
        for day in &spec.days {
            if !seen.insert(day.date) || (day.r#use == DayUse::Off && day.shifts.is_some()) {
                return Err(WorkTimeError::Day);
            }
            calendar = match (day.r#use, &day.shifts) {
                (DayUse::Off, _) => calendar.with_day_off(day.date, &day.name),
                (DayUse::Work, None) => calendar.with_working_day(day.date, &day.name),
                (DayUse::Work, Some(shifts)) => {
                    calendar.with_shifts(day.date, &day.name, shifts)?
                }
            };
        }
        if calendar.week.iter().all(Vec::is_empty) {
            return Err(WorkTimeError::NoWorkingDay);
        }
        Ok(calendar)
    }

    /// With another reception cut-off (1440: none).
    #[must_use]
    pub fn with_cut_off(mut self, cut_off: MinuteOfDay) -> Self {
        self.cut_off = cut_off;
        self
    }

    /// With other shifts on a weekday; none makes it a day of rest.
    pub fn with_weekday(mut self, day: Weekday, shifts: &[Shift]) -> Result<Self, WorkTimeError> {
        let index = day.num_days_from_monday() as usize;
        let shifts = checked(shifts)?;
        if let Some(of_day) = self.week.get_mut(index) {
            *of_day = shifts;
        }
        Ok(self)
    }

    /// With one more day off.
    #[must_use]
    pub fn with_day_off(mut self, date: NaiveDate, name: &str) -> Self {
        self.insert(date, SpecialDay::Off(both(name)));
        self
    }

    /// With one more working day, such as a make-up Saturday.
    #[must_use]
    pub fn with_working_day(mut self, date: NaiveDate, name: &str) -> Self {
        self.insert(date, SpecialDay::Work(both(name), None));
        self
    }

    /// With own shifts on one day, such as a half day.
    pub fn with_shifts(
        mut self,
        date: NaiveDate,
        name: &str,
        shifts: &[Shift],
    ) -> Result<Self, WorkTimeError> {
        self.insert(date, SpecialDay::Work(both(name), Some(worked(shifts)?)));
        Ok(self)
    }

    fn insert(&mut self, date: NaiveDate, day: SpecialDay) {
        Arc::make_mut(&mut self.days).insert(date, day);
    }

    /// The reception cut-off.
    pub fn cut_off(&self) -> MinuteOfDay {
        self.cut_off
    }

    /// The reception cut-off of a channel.
    pub fn cut_off_of(&self, intake: Option<Intake>) -> MinuteOfDay {
        let own = intake.and_then(|intake| self.cut_offs.get(&intake));
        own.copied().unwrap_or(self.cut_off)
    }

    /// What kind of day a date is, and its shifts.
    pub fn day(&self, date: NaiveDate) -> Day<'_> {
        match self.days.get(&date) {
            Some(SpecialDay::Off((vi, en))) => Day {
                kind: DayKind::Holiday(vi, en),
                shifts: &[],
            },
            Some(SpecialDay::Work((vi, en), shifts)) => Day {
                kind: DayKind::Special(vi, en),
                shifts: shifts.as_deref().unwrap_or_else(|| self.make_up_shifts()),
            },
            None => {
                if self.fixed_holidays
                    && let Some((vi, en)) = holidays::fixed(date)
                {
                    return Day {
                        kind: DayKind::Holiday(vi, en),
                        shifts: &[],
                    };
                }
                let shifts = self.weekday(date.weekday());
                let kind = if shifts.is_empty() {
                    DayKind::Weekend
                } else {
                    DayKind::Working
                };
                Day { kind, shifts }
            }
        }
    }

    /// Is anything worked on that day?
    pub fn is_working_day(&self, date: NaiveDate) -> bool {
        self.day(date).is_working()
    }

    fn weekday(&self, day: Weekday) -> &[Shift] {
        let index = day.num_days_from_monday() as usize;
        self.week.get(index).map_or(&[], Vec::as_slice)
    }

    /// A make-up day is worked like the weekday it replaces.
    fn make_up_shifts(&self) -> &[Shift] {
        match &self.make_up_shifts {
            Some(shifts) => shifts,
            None => self
                .week
                .iter()
                .find(|shifts| !shifts.is_empty())
                .map_or(&[], Vec::as_slice),
        }
    }
}

fn both(name: &str) -> Name {
    (Cow::Owned(name.to_owned()), Cow::Owned(name.to_owned()))
}

fn checked(shifts: &[Shift]) -> Result<Vec<Shift>, WorkTimeError> {
    let not_empty = shifts.iter().all(|shift| shift.from < shift.to);
    let in_order = shifts
        .iter()
        .zip(shifts.iter().skip(1))
        .all(|(one, next)| one.to <= next.from);
    if not_empty && in_order {
        Ok(shifts.to_vec())
    } else {
        Err(WorkTimeError::Shift)
    }
}

fn worked(shifts: &[Shift]) -> Result<Vec<Shift>, WorkTimeError> {
    if shifts.is_empty() {
        Err(WorkTimeError::Shift)
    } else {
        checked(shifts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn national_days_are_known() {
        let calendar = Calendar::national();
        for (day, kind) in [
            ("2026-11-23", DayKind::Working),
            ("2026-11-22", DayKind::Weekend),
            (
                "2026-02-17",
                DayKind::Holiday("Tết Nguyên đán", "Lunar New Year"),
            ),
            (
                "2026-11-24",
                DayKind::Holiday("Ngày Văn hóa Việt Nam", "Vietnamese Culture Day"),
            ),
            ("2025-11-24", DayKind::Working),
            (
                "2026-08-22",
                DayKind::Special("làm bù ngày 31/08/2026", "made up for 31 Aug 2026"),
            ),
            ("2035-09-02", DayKind::Holiday("Quốc khánh", "National Day")),
            ("2010-11-24", DayKind::Working),
        ] {
            assert_eq!(calendar.day(date(day)).kind, kind, "{day}");
        }
        let make_up = calendar.day(date("2026-08-22"));
        assert_eq!((make_up.minutes(), make_up.closing()), (480, 17 * 60));
    }

    #[test]
    fn spec_wins_over_the_national_calendar() {
        let json = r#"{"cutOff":"16:00",
            "week":{"saturday":[{"from":"07:30","to":"11:30"}],"friday":[]},
            "days":[{"date":"2026-11-24","use":"work","name":"Trực"},
                    {"date":"2026-11-25","use":"off","name":"Mất điện"},
                    {"date":"2026-11-26","use":"work","name":"Họp","shifts":[{"from":"07:30","to":"09:00"}]}]}"#;
        let spec: CalendarSpec = serde_json::from_str(json).unwrap();
        let calendar = Calendar::from_spec(&spec).unwrap();
        let minutes = |day: &str| calendar.day(date(day)).minutes();
        assert_eq!(calendar.cut_off().to_string(), "16:00");
        assert_eq!(
            ["23", "24", "25", "26", "27", "28", "29"]
                .map(|day| minutes(&format!("2026-11-{day}"))),
            [480, 480, 0, 90, 0, 240, 0]
        );
        // A national make-up Saturday is a whole day, although Saturdays are half days here.
        assert_eq!(minutes("2026-08-22"), 480);
        let again = serde_json::to_string(&spec).unwrap();
        assert_eq!(serde_json::from_str::<CalendarSpec>(&again).unwrap(), spec);
    }

    #[test]
    fn empty_spec_is_the_national_calendar() {
        let spec: CalendarSpec = serde_json::from_str("{}").unwrap();
        assert_eq!(Calendar::from_spec(&spec).unwrap(), Calendar::national());
        assert_eq!(serde_json::to_string(&spec).unwrap(), "{}");
    }

    #[test]
    fn bad_specs_are_refused() {
        let week = |shifts: &str| {
            let days = ["monday", "tuesday", "wednesday", "thursday", "friday"];
            let days = days.map(|day| format!(r#""{day}":{shifts}"#)).join(",");
            format!(r#"{{"week":{{{days}}}}}"#)
        };
        let day = r#"{"date":"2026-11-24","use":"off","name":"x"}"#;
        for (json, error) in [
            (week("[]"), WorkTimeError::NoWorkingDay),
            (
                week(r#"[{"from":"11:30","to":"07:30"}]"#),
                WorkTimeError::Shift,
            ),
            (
                week(r#"[{"from":"07:30","to":"07:30"}]"#),
                WorkTimeError::Shift,
            ),
            (
                week(r#"[{"from":"07:30","to":"11:30"},{"from":"11:00","to":"12:00"}]"#),
                WorkTimeError::Shift,
            ),
            (format!(r#"{{"days":[{day},{day}]}}"#), WorkTimeError::Day),
            (
                r#"{"days":[{"date":"2026-11-24","use":"off","name":"x","shifts":[]}]}"#.to_owned(),
                WorkTimeError::Day,
            ),
            (
                r#"{"days":[{"date":"2026-11-24","use":"work","name":"x","shifts":[]}]}"#
                    .to_owned(),
                WorkTimeError::Shift,
            ),
        ] {
            let spec: CalendarSpec = serde_json::from_str(&json).unwrap();
            assert_eq!(Calendar::from_spec(&spec), Err(error), "{json}");
        }
        for json in [
            r#"{"cutOff":"25:00"}"#,
            r#"{"cutOff":"15:60"}"#,
            r#"{"cutOff":"9:00"}"#,
            r#"{"cutOff":900}"#,
            r#"{"unknown":1}"#,
            r#"{"days":[{"date":"2026-02-30","use":"off","name":"x"}]}"#,
        ] {
            assert!(
                serde_json::from_str::<CalendarSpec>(json).is_err(),
                "{json}"
            );
        }
    }

    #[test]
    fn minute_after_prefers_the_end_of_a_shift() {
        let calendar = Calendar::national();
        let day = calendar.day(date("2026-11-23"));
        for (worked, minute) in [(1, 451), (240, 690), (241, 781), (480, 1020)] {
            assert_eq!(day.minute_after(worked), minute);
        }
    }
}
