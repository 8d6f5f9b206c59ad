//! Public holidays and make-up working days, 2018 to 2027.
//!
//! Labour Code 2012 Art. 115, Labour Code 2019 Art. 111 and 112, the yearly decisions on Tết,
//! Quốc khánh and swapped days (CV 6519/VPCP-KGVX of 2018, CV 2450/VPCP-KGVX of 2024, TB
//! 6150/TB-BLĐTBXH of 2024, TB 9441/TB-BNV and CV 12729/VPCP-KGVX of 2025), NQ 28/2026/QH16 (24
//! November). For 2027 the window of Tết and the second day of Quốc khánh are expected, not yet
//! decided.

use chrono::{Datelike, NaiveDate};

use self::Event::{Culture, HungKings, Labour, National, NewYear, Tet, Victory};
use self::Why::{Compensation, Statutory, Swap};

/// The first year of the table.
pub const FIRST_KNOWN_YEAR: i32 = 2018;
/// The last year whose days off are decided.
pub const LAST_DECIDED_YEAR: i32 = 2026;
/// The last year of the table. Outside it only the days with a fixed date are known.
pub const LAST_KNOWN_YEAR: i32 = 2027;

/// What is celebrated.
#[derive(Clone, Copy)]
enum Event {
    NewYear,
    Tet,
    HungKings,
    Victory,
    Labour,
    National,
    Culture,
}

/// Why a day is off.
#[derive(Clone, Copy)]
enum Why {
    /// The law names the day.
    Statutory,
    /// Nghỉ bù: the holiday fell on a weekly day of rest.
    Compensation,
    /// Hoán đổi: worked on another day instead.
    Swap,
}

/// A public holiday or a make-up day.
pub(super) struct TableDay {
    pub(super) date: NaiveDate,
    pub(super) off: bool,
    pub(super) name: (&'static str, &'static str),
}

/// Days off: year, first day, last day (month × 100 + day), event, reason.
const OFF: [(i32, u32, u32, Event, Why); 83] = [
    (2018, 101, 101, NewYear, Statutory),
    (2018, 214, 220, Tet, Statutory),
    (2018, 425, 425, HungKings, Statutory),
    (2018, 430, 430, Victory, Statutory),
    (2018, 501, 501, Labour, Statutory),
    (2018, 902, 902, National, Statutory),
    (2018, 903, 903, National, Compensation),
    (2018, 1231, 1231, NewYear, Swap),
    (2019, 101, 101, NewYear, Statutory),
    (2019, 204, 208, Tet, Statutory),
    (2019, 414, 414, HungKings, Statutory),
    (2019, 415, 415, HungKings, Compensation),
    (2019, 429, 429, Victory, Swap),
    (2019, 430, 430, Victory, Statutory),
    (2019, 501, 501, Labour, Statutory),
    (2019, 902, 902, National, Statutory),
    (2020, 101, 101, NewYear, Statutory),
    (2020, 123, 129, Tet, Statutory),
    (2020, 402, 402, HungKings, Statutory),
    (2020, 430, 430, Victory, Statutory),
    (2020, 501, 501, Labour, Statutory),
    (2020, 902, 902, National, Statutory),
    (2021, 101, 101, NewYear, Statutory),
    (2021, 210, 216, Tet, Statutory),
    (2021, 421, 421, HungKings, Statutory),
    (2021, 430, 430, Victory, Statutory),
    (2021, 501, 501, Labour, Statutory),
    (2021, 503, 503, Labour, Compensation),
    (2021, 902, 903, National, Statutory),
    (2022, 101, 101, NewYear, Statutory),
    (2022, 103, 103, NewYear, Compensation),
    (2022, 131, 131, Tet, Statutory),
    (2022, 201, 204, Tet, Statutory),
    (2022, 410, 410, HungKings, Statutory),
    (2022, 411, 411, HungKings, Compensation),
    (2022, 430, 430, Victory, Statutory),
    (2022, 501, 501, Labour, Statutory),
    (2022, 502, 502, Victory, Compensation),
    (2022, 503, 503, Labour, Compensation),
    (2022, 901, 902, National, Statutory),
    (2023, 101, 101, NewYear, Statutory),
    (2023, 102, 102, NewYear, Compensation),
    (2023, 120, 126, Tet, Statutory),
    (2023, 429, 429, HungKings, Statutory),
    (2023, 430, 430, Victory, Statutory),
    (2023, 501, 501, Labour, Statutory),
    (2023, 502, 502, HungKings, Compensation),
    (2023, 503, 503, Victory, Compensation),
    (2023, 901, 902, National, Statutory),
    (2023, 904, 904, National, Compensation),
    (2024, 101, 101, NewYear, Statutory),
    (2024, 208, 214, Tet, Statutory),
    (2024, 418, 418, HungKings, Statutory),
    (2024, 429, 429, Victory, Swap),
    (2024, 430, 430, Victory, Statutory),
    (2024, 501, 501, Labour, Statutory),
    (2024, 902, 903, National, Statutory),
    (2025, 101, 101, NewYear, Statutory),
    (2025, 127, 131, Tet, Statutory),
    (2025, 201, 201, Tet, Statutory),
    (2025, 407, 407, HungKings, Statutory),
    (2025, 430, 430, Victory, Statutory),
    (2025, 501, 501, Labour, Statutory),
    (2025, 502, 502, Labour, Swap),
    (2025, 901, 902, National, Statutory),
    (2026, 101, 101, NewYear, Statutory),
    (2026, 102, 102, NewYear, Swap),
    (2026, 216, 220, Tet, Statutory),
    (2026, 426, 426, HungKings, Statutory),
    (2026, 427, 427, HungKings, Compensation),
    (2026, 430, 430, Victory, Statutory),
    (2026, 501, 501, Labour, Statutory),
    (2026, 831, 831, National, Swap),
    (2026, 901, 902, National, Statutory),
    (2026, 1124, 1124, Culture, Statutory),
    (2027, 101, 101, NewYear, Statutory),
    (2027, 204, 210, Tet, Statutory),
    (2027, 416, 416, HungKings, Statutory),
    (2027, 430, 430, Victory, Statutory),
    (2027, 501, 501, Labour, Statutory),
    (2027, 503, 503, Labour, Compensation),
    (2027, 902, 903, National, Statutory),
    (2027, 1124, 1124, Culture, Statutory),
];

/// Saturdays worked instead of a swapped day: year, day, and the name in both languages.
const MAKE_UP: [(i32, u32, &str, &str); 6] = [
    (
        2019,
        105,
        "làm bù ngày 31/12/2018",
        "made up for 31 Dec 2018",
    ),
    (
        2019,
        504,
        "làm bù ngày 29/04/2019",
        "made up for 29 Apr 2019",
    ),
    (
        2024,
        504,
        "làm bù ngày 29/04/2024",
        "made up for 29 Apr 2024",
    ),
    (
        2025,
        426,
        "làm bù ngày 02/05/2025",
        "made up for 2 May 2025",
    ),
    (
        2026,
        110,
        "làm bù ngày 02/01/2026",
        "made up for 2 Jan 2026",
    ),
    (
        2026,
        822,
        "làm bù ngày 31/08/2026",
        "made up for 31 Aug 2026",
    ),
];

/// All days of the table.
pub(super) fn all() -> impl Iterator<Item = TableDay> {
    let off = OFF.iter().flat_map(|(year, first, last, event, why)| {
        (*first..=*last).filter_map(move |day| {
            let date = date(*year, day)?;
            Some(TableDay {
                date,
                off: true,
                name: name(*event, *why),
            })
        })
    });
    let make_up = MAKE_UP.iter().filter_map(|(year, day, vi, en)| {
        Some(TableDay {
            date: date(*year, *day)?,
            off: false,
            name: (vi, en),
        })
    });
    off.chain(make_up)
}

/// The holiday with a fixed date, for years outside the table.
pub(super) fn fixed(date: NaiveDate) -> Option<(&'static str, &'static str)> {
    if (FIRST_KNOWN_YEAR..=LAST_KNOWN_YEAR).contains(&date.year()) {
        return None;
    }
    let event = match (date.month(), date.day()) {
        (1, 1) => NewYear,
        (4, 30) => Victory,
        (5, 1) => Labour,
        (9, 2) => National,
        (11, 24) if date.year() > LAST_KNOWN_YEAR => Culture,
        _ => return None,
    };
    Some(name(event, Statutory))
}

fn date(year: i32, day: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year, day / 100, day % 100)
}

fn name(event: Event, why: Why) -> (&'static str, &'static str) {
    macro_rules! names {
        ($vi:literal, $en:literal) => {
            match why {
                Statutory => ($vi, $en),
                Compensation => (
                    concat!($vi, " (nghỉ bù)"),
                    concat!($en, " (day off instead)"),
                ),
                Swap => (
                    concat!($vi, " (hoán đổi ngày làm việc)"),
                    concat!($en, " (swapped day)"),
                ),
            }
        };
    }
    match event {
        NewYear => names!("Tết Dương lịch", "New Year"),
        Tet => names!("Tết Nguyên đán", "Lunar New Year"),
        HungKings => names!("Giỗ Tổ Hùng Vương", "Hùng Kings' Day"),
        Victory => names!("Ngày Chiến thắng 30/4", "Victory Day"),
        Labour => names!("Ngày Quốc tế Lao động 1/5", "Labour Day"),
        National => names!("Quốc khánh", "National Day"),
        Culture => names!("Ngày Văn hóa Việt Nam", "Vietnamese Culture Day"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Weekday;
    use std::collections::BTreeSet;

    #[test]
    fn no_day_is_there_twice() {
        let dates: BTreeSet<_> = all().map(|day| day.date).collect();
        assert_eq!(dates.len(), all().count());
    }

    #[test]
    fn make_up_days_are_saturdays_and_pair_with_swapped_weekdays() {
        let swapped = OFF.iter().filter(|(.., why)| matches!(why, Swap)).count();
        assert_eq!(swapped, MAKE_UP.len());
        for day in all().filter(|day| !day.off) {
            assert_eq!(day.date.weekday(), Weekday::Sat, "{}", day.date);
        }
    }

    #[test]
    fn compensation_and_swapped_days_are_weekdays() {
        for (year, day, _, _, why) in OFF {
            if !matches!(why, Statutory) {
                let weekday = date(year, day).unwrap().weekday();
                assert!(
                    !matches!(weekday, Weekday::Sat | Weekday::Sun),
                    "{year} {day}"
                );
            }
        }
    }

    #[test]
    fn every_year_has_the_days_the_law_names() {
        for year in FIRST_KNOWN_YEAR..=LAST_KNOWN_YEAR {
            let days = all()
                .filter(|day| day.off && day.date.year() == year)
                .count();
            // 10 days, 11 since 2021, 12 since 2026.
            let least = if year >= 2026 {
                12
            } else if year >= 2021 {
                11
            } else {
                10
            };
            assert!(days >= least, "{year}: {days}");
        }
    }
}
