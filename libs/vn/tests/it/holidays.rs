//! Our holiday table against the shared one.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate, Weekday};
use vn::worktime::{Calendar, DayKind, FIRST_KNOWN_YEAR, LAST_KNOWN_YEAR};

fn days() -> impl Iterator<Item = NaiveDate> {
    let first = NaiveDate::from_ymd_opt(FIRST_KNOWN_YEAR, 1, 1).unwrap();
    first
        .iter_days()
        .take_while(|day| day.year() <= LAST_KNOWN_YEAR)
}

#[test]
fn table_equals_the_shared_one() {
    let Some(path) = crate::shared("holidays.csv") else {
        println!("holidays: no shared file, not compared");
        return;
    };
    let (mut off, mut make_up) = (BTreeSet::new(), BTreeSet::new());
    for record in csv::Reader::from_path(path).unwrap().records() {
        let record = record.unwrap();
        let date: NaiveDate = record[0].parse().unwrap();
        match &record[2] {
            "off" => off.insert(date),
            "make-up-workday" => make_up.insert(date),
            other => panic!("unknown kind {other}"),
        };
    }
    let calendar = Calendar::national();
    let holidays: BTreeSet<_> = days()
        .filter(|day| matches!(calendar.day(*day).kind, DayKind::Holiday(..)))
        .collect();
    let special: BTreeSet<_> = days()
        .filter(|day| matches!(calendar.day(*day).kind, DayKind::Special(..)))
        .collect();
    println!(
        "holidays: {} days off and {} make-up days compared",
        off.len(),
        make_up.len()
    );
    assert_eq!(holidays, off);
    assert_eq!(special, make_up);
}

#[test]
fn working_days_of_each_year() {
    let calendar = Calendar::national();
    // Weekdays of the year less the days off that fall on weekdays plus make-up Saturdays,
    // counted by hand from the yearly announcements.
    for (year, working) in [
        (2018, 261 - 5 - 1 - 1 - 2 - 1 - 1),
        (2019, 261 - 1 - 5 - 1 - 1 - 2 - 1 + 2),
        (2020, 262 - 1 - 5 - 1 - 2 - 1),
        (2021, 261 - 1 - 5 - 1 - 1 - 1 - 2),
        (2022, 260 - 1 - 5 - 1 - 2 - 2),
        (2023, 260 - 1 - 5 - 3 - 2),
        (2024, 262 - 1 - 5 - 1 - 3 - 2 + 1),
        (2025, 261 - 1 - 5 - 1 - 3 - 2 + 1),
        (2026, 261 - 2 - 5 - 1 - 2 - 3 - 1 + 2),
        (2027, 261 - 1 - 5 - 1 - 1 - 1 - 2 - 1),
    ] {
        let days = days().filter(|day| day.year() == year && calendar.is_working_day(*day));
        assert_eq!(days.count(), working, "{year}");
    }
}

#[test]
fn weekends_are_off_unless_made_up() {
    let calendar = Calendar::national();
    for day in days().filter(|day| matches!(day.weekday(), Weekday::Sat | Weekday::Sun)) {
        let of_day = calendar.day(day);
        let make_up = matches!(of_day.kind, DayKind::Special(..));
        assert_eq!(of_day.is_working(), make_up, "{day}");
    }
}
