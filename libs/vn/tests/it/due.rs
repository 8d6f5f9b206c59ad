//! Due dates worked out by hand with a paper calendar.

use chrono::{DateTime, NaiveDate, Utc, Weekday};
use vn::Lang;
use vn::worktime::{
    Calendar, MinuteOfDay, Outcome, Shift, Term, What, WorkTimeError, add_working_minutes, due,
    local, working_minutes_between,
};

pub(crate) fn at(text: &str) -> DateTime<Utc> {
    let (date, time) = text.split_once(' ').unwrap();
    let seconds = if time.len() == 5 { ":00" } else { "" };
    format!("{date}T{time}{seconds}+07:00")
        .parse::<DateTime<Utc>>()
        .unwrap()
}

pub(crate) fn show(at: DateTime<Utc>) -> String {
    local(at).format("%Y-%m-%d %H:%M").to_string()
}

pub(crate) fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn due_with(start: &str, value: &str, unit: &str, calendar: &Calendar) -> String {
    let term = Term::parse(value, unit).unwrap();
    show(due(at(start), &term, calendar).unwrap().due_at)
}

fn check(cases: &[(&str, &str, &str, &str)]) {
    let calendar = Calendar::national();
    for (start, value, unit, expected) in cases {
        assert_eq!(
            due_with(start, value, unit, &calendar),
            *expected,
            "{start} + {value} {unit}"
        );
    }
}

#[test]
fn working_days_start_on_the_day_after_reception() {
    check(&[
        // Monday to Tuesday, over a weekend, a whole week
        ("2026-11-16 09:00", "1", "workingDay", "2026-11-17 17:00"),
        ("2026-11-20 09:00", "1", "workingDay", "2026-11-23 17:00"),
        ("2026-11-09 09:00", "5", "workingDay", "2026-11-16 17:00"),
        // before opening and in the lunch break is the same day
        ("2026-11-16 00:00", "1", "workingDay", "2026-11-17 17:00"),
        ("2026-11-16 12:10", "1", "workingDay", "2026-11-17 17:00"),
        // Culture Day on 24 November, new in 2026
        ("2026-11-23 09:00", "1", "workingDay", "2026-11-25 17:00"),
        ("2025-11-21 09:00", "1", "workingDay", "2025-11-24 17:00"),
    ]);
}

#[test]
fn the_cut_off_is_fifteen_o_clock() {
    check(&[
        ("2026-11-16 14:59", "1", "workingDay", "2026-11-17 17:00"),
        ("2026-11-16 15:00", "1", "workingDay", "2026-11-17 17:00"),
        ("2026-11-16 15:00:01", "1", "workingDay", "2026-11-18 17:00"),
        ("2026-11-16 15:01", "1", "workingDay", "2026-11-18 17:00"),
        ("2026-11-16 23:59", "1", "workingDay", "2026-11-18 17:00"),
        // Friday afternoon counts as Monday
        ("2026-11-13 16:00", "1", "workingDay", "2026-11-17 17:00"),
        // day off: counts as the next working day
        ("2026-11-14 10:00", "1", "workingDay", "2026-11-17 17:00"),
        ("2026-11-15 22:00", "1", "workingDay", "2026-11-17 17:00"),
    ]);
    let start = at("2026-11-16 15:00:00") + chrono::TimeDelta::microseconds(1);
    let term = Term::parse("1", "workingDay").unwrap();
    assert_eq!(
        show(due(start, &term, &Calendar::national()).unwrap().due_at),
        "2026-11-18 17:00"
    );
}

#[test]
fn tet_is_not_counted() {
    check(&[
        // 2026: 16 to 20 February
        ("2026-01-30 09:00", "10", "workingDay", "2026-02-13 17:00"),
        ("2026-01-30 15:30", "10", "workingDay", "2026-02-23 17:00"),
        ("2026-01-30 09:00", "11", "workingDay", "2026-02-23 17:00"),
        ("2026-02-13 09:00", "1", "workingDay", "2026-02-23 17:00"),
        ("2026-02-13 16:00", "1", "workingDay", "2026-02-24 17:00"),
        ("2026-02-17 09:00", "2", "workingDay", "2026-02-25 17:00"),
        // the other years
        ("2018-02-13 09:00", "1", "workingDay", "2018-02-21 17:00"),
        ("2019-02-01 09:00", "1", "workingDay", "2019-02-11 17:00"),
        ("2020-01-22 09:00", "1", "workingDay", "2020-01-30 17:00"),
        ("2021-02-09 09:00", "1", "workingDay", "2021-02-17 17:00"),
        ("2022-01-28 09:00", "1", "workingDay", "2022-02-07 17:00"),
        ("2023-01-19 09:00", "1", "workingDay", "2023-01-27 17:00"),
        ("2024-02-07 09:00", "1", "workingDay", "2024-02-15 17:00"),
        ("2025-01-24 09:00", "1", "workingDay", "2025-02-03 17:00"),
        ("2027-02-03 09:00", "1", "workingDay", "2027-02-11 17:00"),
    ]);
}

#[test]
fn swapped_days_are_off_and_their_saturdays_worked() {
    check(&[
        ("2018-12-28 09:00", "1", "workingDay", "2019-01-02 17:00"),
        ("2019-01-04 09:00", "1", "workingDay", "2019-01-05 17:00"),
        ("2019-04-26 09:00", "1", "workingDay", "2019-05-02 17:00"),
        ("2019-05-03 09:00", "1", "workingDay", "2019-05-04 17:00"),
        ("2024-04-26 09:00", "1", "workingDay", "2024-05-02 17:00"),
        ("2024-05-03 09:00", "2", "workingDay", "2024-05-06 17:00"),
        ("2025-04-25 09:00", "1", "workingDay", "2025-04-26 17:00"),
        ("2025-04-29 09:00", "1", "workingDay", "2025-05-05 17:00"),
        ("2025-12-31 09:00", "1", "workingDay", "2026-01-05 17:00"),
        ("2026-01-09 09:00", "1", "workingDay", "2026-01-10 17:00"),
        // received on a worked Saturday before and after the cut-off
        ("2026-01-10 09:00", "1", "workingDay", "2026-01-12 17:00"),
        ("2026-01-10 15:30", "1", "workingDay", "2026-01-13 17:00"),
        ("2026-08-21 09:00", "1", "workingDay", "2026-08-22 17:00"),
        // 31 August to 2 September 2026
        ("2026-08-28 09:00", "1", "workingDay", "2026-09-03 17:00"),
        // nghỉ bù
        ("2022-04-29 09:00", "1", "workingDay", "2022-05-04 17:00"),
        ("2023-04-28 09:00", "1", "workingDay", "2023-05-04 17:00"),
        ("2021-04-29 09:00", "1", "workingDay", "2021-05-04 17:00"),
    ]);
}

#[test]
fn fractions_of_working_days_end_within_the_next_counted_day() {
    check(&[
        ("2026-11-16 09:00", "0.5", "workingDay", "2026-11-17 11:30"),
        ("2026-11-16 09:00", "1.5", "workingDay", "2026-11-18 11:30"),
        ("2026-11-16 09:00", "3.5", "workingDay", "2026-11-20 11:30"),
        ("2026-11-13 09:00", "0.25", "workingDay", "2026-11-16 09:30"),
        ("2026-11-13 09:00", "0.75", "workingDay", "2026-11-16 15:00"),
        ("2026-11-02 09:00", "6.25", "workingDay", "2026-11-11 09:30"),
        // a begun minute counts whole: 0.48 of a minute is one
        (
            "2026-11-16 09:00",
            "0.001",
            "workingDay",
            "2026-11-17 07:31",
        ),
    ]);
}

#[test]
fn working_hours_are_exact_to_the_minute_and_know_no_cut_off() {
    check(&[
        ("2026-11-16 09:00", "1", "workingHour", "2026-11-16 10:00"),
        (
            "2026-11-16 09:00:59",
            "1",
            "workingHour",
            "2026-11-16 10:00",
        ),
        ("2026-11-16 11:00", "1", "workingHour", "2026-11-16 13:30"),
        ("2026-11-16 10:30", "1", "workingHour", "2026-11-16 11:30"),
        ("2026-11-16 12:00", "1", "workingHour", "2026-11-16 14:00"),
        ("2026-11-16 15:30", "1", "workingHour", "2026-11-16 16:30"),
        ("2026-11-16 16:30", "1", "workingHour", "2026-11-17 08:00"),
        ("2026-11-16 20:00", "8", "workingHour", "2026-11-17 17:00"),
        ("2026-11-16 09:00", "8", "workingHour", "2026-11-17 09:00"),
        ("2026-11-16 07:30", "8", "workingHour", "2026-11-16 17:00"),
        ("2026-11-14 09:00", "0.5", "workingHour", "2026-11-16 08:00"),
        ("2026-02-13 16:00", "24", "workingHour", "2026-02-25 16:00"),
        // the eight hours of the online check, over Culture Day
        ("2026-11-23 16:00", "8", "workingHour", "2026-11-25 16:00"),
        // 110 hours are 13 days and 6 hours
        ("2026-06-01 07:30", "110", "workingHour", "2026-06-18 15:00"),
        ("2026-08-21 16:00", "2", "workingHour", "2026-08-22 08:30"),
    ]);
}

#[test]
fn calendar_days_move_off_a_day_off() {
    check(&[
        ("2026-11-16 09:00", "1", "day", "2026-11-17 17:00"),
        // the cut-off does not matter: after 15:00 it is still the same civil day
        ("2026-11-16 16:00", "1", "day", "2026-11-17 17:00"),
        ("2026-11-20 09:00", "1", "day", "2026-11-23 17:00"),
        ("2026-11-14 09:00", "2", "day", "2026-11-16 17:00"),
        ("2026-02-10 09:00", "6", "day", "2026-02-23 17:00"),
        ("2026-08-12 09:00", "10", "day", "2026-08-22 17:00"),
        ("2025-12-02 09:00", "30", "day", "2026-01-05 17:00"),
        ("2026-01-01 09:00", "420", "day", "2027-02-25 17:00"),
    ]);
}

#[test]
fn months_and_years_are_civil() {
    check(&[
        ("2026-01-15 09:00", "1", "month", "2026-02-23 17:00"),
        ("2026-03-16 09:00", "1", "month", "2026-04-16 17:00"),
        // the 31st is clamped to the last day of the month
        ("2026-05-31 09:00", "1", "month", "2026-06-30 17:00"),
        ("2024-01-31 09:00", "1", "month", "2024-02-29 17:00"),
        ("2023-12-31 09:00", "2", "month", "2024-02-29 17:00"),
        // 28 February 2026 is a Saturday
        ("2026-01-31 09:00", "1", "month", "2026-03-02 17:00"),
        ("2024-02-29 09:00", "1", "year", "2025-02-28 17:00"),
        ("2023-11-20 09:00", "3", "year", "2026-11-20 17:00"),
        ("2023-11-24 09:00", "3", "year", "2026-11-25 17:00"),
        ("2025-11-28 09:00", "12", "month", "2026-11-30 17:00"),
    ]);
}

#[test]
fn the_day_is_that_of_vietnam() {
    let calendar = Calendar::national();
    let term = Term::parse("1", "workingDay").unwrap();
    // 18:00 UTC on Monday is 01:00 on Tuesday
    let start = "2026-11-16T18:00:00Z".parse().unwrap();
    let found = due(start, &term, &calendar).unwrap();
    assert_eq!(found.received_on, date("2026-11-17"));
    assert_eq!(
        found.due_at,
        "2026-11-18T10:00:00Z".parse::<DateTime<Utc>>().unwrap()
    );
}

#[test]
fn half_days_and_other_shifts_of_an_agency() {
    let morning = [Shift::new(450, 690).unwrap()];
    let calendar = Calendar::national()
        .with_weekday(Weekday::Sat, &morning)
        .unwrap();
    for (start, value, unit, expected) in [
        ("2026-11-13 09:00", "1", "workingDay", "2026-11-14 11:30"),
        ("2026-11-13 09:00", "0.5", "workingDay", "2026-11-14 09:30"),
        ("2026-11-13 09:00", "2", "workingDay", "2026-11-16 17:00"),
        // after closing on Saturday counts as Monday, although it is before 15:00
        ("2026-11-14 11:00", "1", "workingDay", "2026-11-16 17:00"),
        ("2026-11-14 11:30", "1", "workingDay", "2026-11-16 17:00"),
        ("2026-11-14 11:31", "1", "workingDay", "2026-11-17 17:00"),
        ("2026-11-13 16:00", "6", "workingHour", "2026-11-16 08:30"),
        ("2026-11-13 09:00", "1", "day", "2026-11-14 11:30"),
        // a national make-up Saturday stays a whole day
        ("2026-08-21 09:00", "1", "workingDay", "2026-08-22 17:00"),
    ] {
        assert_eq!(
            due_with(start, value, unit, &calendar),
            expected,
            "{start} + {value} {unit}"
        );
    }
    let closed = Calendar::national()
        .with_day_off(date("2026-11-17"), "Mất điện")
        .with_shifts(date("2026-11-18"), "Họp", &morning)
        .unwrap()
        .with_cut_off(MinuteOfDay::new(16 * 60).unwrap());
    for (start, value, unit, expected) in [
        ("2026-11-16 15:30", "1", "workingDay", "2026-11-18 11:30"),
        ("2026-11-16 16:01", "1", "workingDay", "2026-11-19 17:00"),
        ("2026-11-16 16:00", "2", "workingHour", "2026-11-18 08:30"),
    ] {
        assert_eq!(
            due_with(start, value, unit, &closed),
            expected,
            "{start} + {value} {unit}"
        );
    }
}

#[test]
fn steps_tell_each_day() {
    let term = Term::parse("1.5", "workingDay").unwrap();
    let found = due(at("2026-08-20 15:30"), &term, &Calendar::national()).unwrap();
    let vi = "Thứ năm 20/08/2026: đến sau giờ nhận hồ sơ, tính là nhận vào ngày làm việc tiếp theo
Thứ sáu 21/08/2026: ngày tiếp nhận, không tính; còn 1,5 ngày làm việc
Thứ bảy 22/08/2026: ngày làm việc (làm bù ngày 31/08/2026), tính 8 giờ; còn 0,5 ngày làm việc
Chủ nhật 23/08/2026: nghỉ hằng tuần
Thứ hai 24/08/2026: tính 4 giờ; còn 0 ngày làm việc
Hạn trả kết quả (1,5 ngày làm việc): 11:30 ngày 24/08/2026
";
    assert_eq!(found.explain(Lang::Vi), vi);
    assert_eq!(found.steps.len(), 5);
    assert!(matches!(
        &found.steps[2].what,
        What::MakeUp { minutes: 480, .. }
    ));

    let tet = due(
        at("2026-02-10 09:00"),
        &Term::parse("6", "day").unwrap(),
        &Calendar::national(),
    );
    let en = "Tue 10/02/2026: day of reception, not counted; 6 days left
Mon 16/02/2026: day off, Lunar New Year
Tue 17/02/2026: day off, Lunar New Year
Wed 18/02/2026: day off, Lunar New Year
Thu 19/02/2026: day off, Lunar New Year
Fri 20/02/2026: day off, Lunar New Year
Sat 21/02/2026: weekly rest
Sun 22/02/2026: weekly rest
Mon 23/02/2026: moved to the next working day
Due (6 days): 17:00 on 23/02/2026
";
    assert_eq!(tet.unwrap().explain(Lang::En), en);

    let hours = due(
        at("2026-11-16 17:30"),
        &Term::parse("8.5", "workingHour").unwrap(),
        &Calendar::national(),
    );
    let vi = "Thứ hai 16/11/2026: đã hết giờ làm việc
Thứ ba 17/11/2026: tính 8 giờ; còn 0 giờ 30 phút làm việc
Thứ tư 18/11/2026: tính 0 giờ 30 phút; còn 0 giờ 0 phút làm việc
Hạn trả kết quả (8,5 giờ làm việc): 08:00 ngày 18/11/2026
";
    assert_eq!(hours.unwrap().explain(Lang::Vi), vi);
}

#[test]
fn json_of_a_due_date_is_stable() {
    let term = Term::parse("0.5", "workingDay").unwrap();
    let found = due(at("2026-11-23 16:00"), &term, &Calendar::national()).unwrap();
    let expected = r#"{"dueAt":"2026-11-26T04:30:00Z","term":{"value":0.5,"unit":"workingDay"},"receivedOn":"2026-11-25","estimated":false,"steps":[{"date":"2026-11-23","what":"afterCutOff","remaining":{"workingDayThousandths":500}},{"date":"2026-11-24","what":"holiday","name":"Ngày Văn hóa Việt Nam","nameEn":"Vietnamese Culture Day","remaining":{"workingDayThousandths":500}},{"date":"2026-11-25","what":"startDay","remaining":{"workingDayThousandths":500}},{"date":"2026-11-26","what":"counted","minutes":240,"remaining":{"workingDayThousandths":0}}]}"#;
    assert_eq!(serde_json::to_string(&found).unwrap(), expected);
}

#[test]
fn dates_beyond_the_decided_years_say_so() {
    let calendar = Calendar::national();
    let term = Term::parse("3", "year").unwrap();
    let found = due(at("2026-09-02 09:00"), &term, &calendar).unwrap();
    // 2 September 2029 is a Sunday and Quốc khánh
    assert_eq!(show(found.due_at), "2029-09-03 17:00");
    assert!(found.estimated);
    assert!(found.explain(Lang::Vi).contains("dự kiến"));
    assert!(
        !due(
            at("2026-01-05 09:00"),
            &Term::parse("1", "day").unwrap(),
            &calendar
        )
        .unwrap()
        .estimated
    );
}

#[test]
fn calendars_without_work_end_in_an_error() {
    let mut closed = Calendar::without_holidays();
    for day in [
        Weekday::Mon,
        Weekday::Tue,
        Weekday::Wed,
        Weekday::Thu,
        Weekday::Fri,
    ] {
        closed = closed.with_weekday(day, &[]).unwrap();
    }
    for (value, unit) in [
        ("1", "workingDay"),
        ("1", "workingHour"),
        ("1", "day"),
        ("1", "year"),
    ] {
        let term = Term::parse(value, unit).unwrap();
        let error = due(at("2026-11-16 09:00"), &term, &closed).unwrap_err();
        assert_eq!(error, WorkTimeError::NoWorkingDay, "{unit}");
    }
    let added = add_working_minutes(at("2026-11-16 09:00"), 1, &closed);
    assert_eq!(added, Err(WorkTimeError::NoWorkingDay));
    assert_eq!(
        working_minutes_between(at("2026-11-16 09:00"), at("2027-11-16 09:00"), &closed),
        0
    );
    // one worked day, then nothing for ever
    let once = closed.with_weekday(Weekday::Mon, &[]).unwrap().with_shifts(
        date("2026-11-17"),
        "Một lần",
        &[Shift::new(0, 1440).unwrap()],
    );
    let once = once.unwrap();
    let hour = Term::parse("24", "workingHour").unwrap();
    assert_eq!(
        show(due(at("2026-11-16 09:00"), &hour, &once).unwrap().due_at),
        "2026-11-18 00:00"
    );
    let more = Term::parse("24.001", "workingHour").unwrap();
    assert_eq!(
        due(at("2026-11-16 09:00"), &more, &once),
        Err(WorkTimeError::NoWorkingDay)
    );
}

#[test]
fn starts_out_of_range_end_in_an_error() {
    let term = Term::parse("1", "workingDay").unwrap();
    for start in [
        DateTime::<Utc>::MIN_UTC,
        DateTime::<Utc>::MAX_UTC,
        at("1899-12-31 09:00"),
    ] {
        let error = due(start, &term, &Calendar::national()).unwrap_err();
        assert_eq!(error.code(), "worktime.outOfRange");
    }
}

#[test]
fn the_longest_terms_are_found() {
    let calendar = Calendar::national();
    for (value, unit) in [
        ("36525", "workingDay"),
        ("36525", "day"),
        ("292200", "workingHour"),
        ("1200", "month"),
        ("100", "year"),
    ] {
        let term = Term::parse(value, unit).unwrap();
        let found = due(at("2026-11-16 09:00"), &term, &calendar).unwrap();
        assert!(found.due_at > at("2126-11-01 09:00"), "{unit}");
    }
}

#[test]
fn minutes_between_are_those_inside_the_shifts() {
    let calendar = Calendar::national();
    for (from, to, minutes) in [
        ("2026-11-16 09:00", "2026-11-16 09:00", 0),
        ("2026-11-16 10:00", "2026-11-16 09:00", 0),
        ("2026-11-16 09:00:30", "2026-11-16 09:01:10", 1),
        ("2026-11-16 00:00", "2026-11-17 00:00", 480),
        ("2026-11-16 11:00", "2026-11-16 13:30", 60),
        ("2026-11-20 16:00", "2026-11-23 08:30", 120),
        ("2026-02-13 17:00", "2026-02-23 07:30", 0),
        ("2026-08-21 17:00", "2026-08-24 07:30", 480),
    ] {
        assert_eq!(
            working_minutes_between(at(from), at(to), &calendar),
            minutes,
            "{from} {to}"
        );
    }
}

#[test]
fn outcome_is_by_calendar_date() {
    let due_at = Some(at("2026-11-17 17:00"));
    for (ended, outcome) in [
        ("2026-11-16 23:59", Outcome::Early),
        ("2026-11-17 00:00", Outcome::OnTime),
        ("2026-11-17 16:00", Outcome::OnTime),
        ("2026-11-17 23:59", Outcome::OnTime),
        ("2026-11-18 00:00", Outcome::Late),
    ] {
        assert_eq!(Outcome::of(due_at, at(ended)), outcome, "{ended}");
    }
    assert_eq!(Outcome::of(None, at("2026-11-18 00:00")), Outcome::OnTime);
}

#[test]
fn the_ends_of_time_break_nothing() {
    let (first, last) = (DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC);
    let calendar = Calendar::national();
    assert_eq!(Outcome::of(Some(first), last), Outcome::Late);
    assert!(working_minutes_between(first, last, &calendar) > 0);
    assert_eq!(working_minutes_between(last, first, &calendar), 0);
    assert!(add_working_minutes(last, 1, &calendar).is_err());
    assert!(add_working_minutes(at("2026-11-16 09:00"), u64::MAX, &calendar).is_err());
}

#[test]
fn a_calendar_of_one_minute_a_week_ends_in_an_error() {
    let mut calendar = Calendar::without_holidays();
    for day in [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu] {
        calendar = calendar.with_weekday(day, &[]).unwrap();
    }
    let calendar = calendar
        .with_weekday(Weekday::Fri, &[Shift::new(0, 1).unwrap()])
        .unwrap();
    let term = Term::parse("292200", "workingHour").unwrap();
    let found = due(at("2026-11-16 09:00"), &term, &calendar);
    assert_eq!(found, Err(WorkTimeError::OutOfRange));
}
