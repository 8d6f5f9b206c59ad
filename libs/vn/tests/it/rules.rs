//! Sequences, pauses, extensions, cut-offs of channels and terms.

use super::due::{at, date, show};
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use vn::Lang;
use vn::worktime::{
    Calendar, CalendarSpec, Intake, MinuteOfDay, Pause, PauseReason, Rules, Term, Unit,
    WorkTimeError, due, due_by_rules, remaining, working_days_between, working_minutes_between,
};

fn terms(texts: &[(&str, &str)]) -> Vec<Term> {
    let parse = |(value, unit): &(&str, &str)| Term::parse(value, unit).unwrap();
    texts.iter().map(parse).collect()
}

fn pause(from: &str, to: &str) -> Pause {
    Pause {
        from: at(from),
        to: Some(at(to)),
        reason: PauseReason::Incident,
    }
}

fn find(start: &str, of: &[(&str, &str)], rules: &Rules) -> String {
    let found = due_by_rules(at(start), &terms(of), rules, &Calendar::national());
    show(found.unwrap().due_at)
}

#[test]
fn each_term_of_a_sequence_begins_where_the_one_before_ends() {
    for (start, of, expected) in [
        // 5 and 10 working days are 15
        (
            "2026-06-01 09:00",
            &[("5", "workingDay"), ("10", "workingDay")][..],
            "2026-06-22 17:00",
        ),
        // one and a half and one and a half are three
        (
            "2026-06-01 09:00",
            &[("1.5", "workingDay"), ("1.5", "workingDay")],
            "2026-06-04 17:00",
        ),
        // the cut-off is for the first only: the second runs from Fri 5 June
        (
            "2026-06-02 16:00",
            &[("2", "workingDay"), ("3", "day")],
            "2026-06-08 17:00",
        ),
        // hours, then days: the day on which the hours end is not counted
        (
            "2026-06-01 16:00",
            &[("8", "workingHour"), ("1", "workingDay")],
            "2026-06-03 17:00",
        ),
        // days, then hours: from the opening after the last day
        (
            "2026-06-01 09:00",
            &[("1", "workingDay"), ("2", "workingHour")],
            "2026-06-03 09:30",
        ),
        // months add before they are clamped: 31 January + 1 + 1 is 31 March
        (
            "2026-01-31 09:00",
            &[("1", "month"), ("1", "month")],
            "2026-03-31 17:00",
        ),
    ] {
        assert_eq!(
            find(start, of, &Rules::default()),
            expected,
            "{start} {of:?}"
        );
    }
}

#[test]
fn a_pause_moves_the_end_by_its_working_time() {
    for (start, of, pauses, expected) in [
        // a morning lost
        (
            "2026-06-01 09:00",
            ("3", "workingDay"),
            vec![pause("2026-06-02 07:30", "2026-06-02 11:30")],
            "2026-06-05 11:30",
        ),
        // a night and a weekend cost nothing
        (
            "2026-06-01 09:00",
            ("7", "workingDay"),
            vec![pause("2026-06-05 17:00", "2026-06-08 07:30")],
            "2026-06-10 17:00",
        ),
        // shared time counts once
        (
            "2026-06-01 09:00",
            ("3", "workingDay"),
            vec![
                pause("2026-06-02 07:30", "2026-06-02 10:30"),
                pause("2026-06-02 08:30", "2026-06-02 11:30"),
            ],
            "2026-06-05 11:30",
        ),
        // a pause after the end moves nothing; one that falls in through another does
        (
            "2026-06-01 09:00",
            ("1", "workingDay"),
            vec![pause("2026-06-03 08:00", "2026-06-10 08:00")],
            "2026-06-02 17:00",
        ),
        (
            "2026-06-01 09:00",
            ("1", "workingDay"),
            vec![
                pause("2026-06-03 08:00", "2026-06-03 09:00"),
                pause("2026-06-02 13:00", "2026-06-02 15:00"),
            ],
            "2026-06-03 10:30",
        ),
        // hours of the online check
        (
            "2026-06-01 09:00",
            ("8", "workingHour"),
            vec![pause("2026-06-01 10:00", "2026-06-01 14:00")],
            "2026-06-02 11:30",
        ),
        // calendar days by days: ten days from 1 June, three lost, Sunday 14 moves to Monday 15
        (
            "2026-06-01 09:00",
            ("10", "day"),
            vec![pause("2026-06-03 10:00", "2026-06-06 10:00")],
            "2026-06-15 17:00",
        ),
    ] {
        let rules = Rules {
            pauses,
            ..Rules::default()
        };
        assert_eq!(find(start, &[of], &rules), expected, "{start} {of:?}");
    }
}

#[test]
fn bad_rules_are_refused() {
    let calendar = Calendar::national();
    let start = at("2026-06-01 09:00");
    let term = terms(&[("3", "workingDay")]);
    let with = |pauses: Vec<Pause>| {
        let rules = Rules {
            pauses,
            ..Rules::default()
        };
        due_by_rules(start, &term, &rules, &calendar).map(|due| show(due.due_at))
    };
    let back = pause("2026-06-03 08:00", "2026-06-02 08:00");
    assert_eq!(with(vec![back]), Err(WorkTimeError::Pause));
    let mut open = pause("2026-06-02 08:00", "2026-06-02 08:00");
    open.to = None;
    assert_eq!(with(vec![open.clone()]), Err(WorkTimeError::Suspended));
    open.from = at("2026-06-08 08:00");
    assert_eq!(with(vec![open]), Ok("2026-06-04 17:00".to_owned()));
    assert_eq!(
        due_by_rules(start, &[], &Rules::default(), &calendar)
            .unwrap_err()
            .code(),
        "term.none"
    );
    let long = terms(&[("100", "year"), ("1", "year")]);
    assert_eq!(
        due_by_rules(start, &long, &Rules::default(), &calendar).unwrap_err(),
        WorkTimeError::TooLong
    );
}

#[test]
fn an_extension_runs_from_the_date_that_was_due() {
    for (of, more, expected) in [
        (
            ("10", "workingDay"),
            ("5", "workingDay"),
            "2026-06-22 17:00",
        ),
        (("10", "workingDay"), ("15", "day"), "2026-06-30 17:00"),
        // Sunday 21 June moved to Monday 22; the month runs from there
        (("20", "day"), ("1", "month"), "2026-07-22 17:00"),
    ] {
        let rules = Rules {
            extensions: terms(&[more]),
            ..Rules::default()
        };
        assert_eq!(find("2026-06-01 09:00", &[of], &rules), expected);
    }
}

#[test]
fn the_cut_off_differs_by_channel_and_by_term() {
    let spec: CalendarSpec =
        serde_json::from_str(r#"{"cutOff":"15:00","cutOffs":{"online":"24:00","kiosk":"16:00"}}"#)
            .unwrap();
    let calendar = Calendar::from_spec(&spec).unwrap();
    let one = terms(&[("1", "workingDay")]);
    let mut rules = Rules::default();
    for (intake, cut_off, start, expected) in [
        (None, None, "2026-06-01 15:30", "2026-06-03 17:00"),
        (
            Some(Intake::Direct),
            None,
            "2026-06-01 15:30",
            "2026-06-03 17:00",
        ),
        (
            Some(Intake::Kiosk),
            None,
            "2026-06-01 15:30",
            "2026-06-02 17:00",
        ),
        (
            Some(Intake::Kiosk),
            None,
            "2026-06-01 16:01",
            "2026-06-03 17:00",
        ),
        // none: until the closing time
        (
            Some(Intake::Online),
            None,
            "2026-06-01 16:59",
            "2026-06-02 17:00",
        ),
        (
            Some(Intake::Online),
            None,
            "2026-06-01 17:01",
            "2026-06-03 17:00",
        ),
        // the term wins
        (
            Some(Intake::Online),
            Some(660),
            "2026-06-01 11:01",
            "2026-06-03 17:00",
        ),
        (None, Some(0), "2026-06-01 08:00", "2026-06-03 17:00"),
    ] {
        rules.intake = intake;
        rules.cut_off = cut_off.map(|minute| MinuteOfDay::new(minute).unwrap());
        let found = due_by_rules(at(start), &one, &rules, &calendar).unwrap();
        assert_eq!(show(found.due_at), expected, "{intake:?} {start}");
    }
    assert_eq!(
        serde_json::from_str::<CalendarSpec>(&serde_json::to_string(&spec).unwrap()).unwrap(),
        spec
    );
}

#[test]
fn what_is_left_and_what_is_late() {
    let calendar = Calendar::national();
    let due_at = at("2026-06-05 17:00");
    for (now, left) in [
        ("2026-06-05 09:00", 390),
        ("2026-06-05 17:00", 0),
        ("2026-06-06 12:00", 0),
        ("2026-06-08 08:30", -60),
        ("2026-06-03 17:00", 960),
    ] {
        assert_eq!(remaining(at(now), due_at, &calendar), left, "{now}");
    }
    for (from, to, days) in [
        ("2026-02-13", "2026-02-23", 1),
        ("2026-02-23", "2026-02-13", -1),
        ("2026-08-21", "2026-08-24", 2),
        ("2026-06-06", "2026-06-07", 0),
    ] {
        assert_eq!(working_days_between(date(from), date(to), &calendar), days);
    }
}

#[test]
fn pauses_and_stages_are_explained() {
    let rules = Rules {
        pauses: vec![pause("2026-06-02 07:30", "2026-06-02 11:30")],
        extensions: terms(&[("1", "day")]),
        ..Rules::default()
    };
    let of = terms(&[("2", "workingDay")]);
    let found = due_by_rules(at("2026-06-01 09:00"), &of, &rules, &Calendar::national()).unwrap();
    let vi = "Thứ hai 01/06/2026: ngày tiếp nhận, không tính; còn 2 ngày làm việc
Thứ ba 02/06/2026: tính 8 giờ; còn 1 ngày làm việc
Thứ tư 03/06/2026: tính 8 giờ; còn 0 ngày làm việc
Thứ ba 02/06/2026: tạm dừng tính từ 07:30 02/06/2026 đến 11:30 02/06/2026 (sự cố hệ thống), lùi hạn 4 giờ
Thứ năm 04/06/2026: chặng trước kết thúc, chặng sau bắt đầu, ngày này không tính; còn 1 ngày
Thứ sáu 05/06/2026: ngày cuối của thời hạn
Hạn trả kết quả (2 ngày làm việc + 1 ngày): 17:00 ngày 05/06/2026
";
    assert_eq!(found.explain(Lang::Vi), vi);
}

fn start() -> impl Strategy<Value = DateTime<Utc>> {
    (25_200_000_i64..30_400_000)
        .prop_map(|minute| DateTime::from_timestamp(minute * 60, 0).unwrap())
}

proptest! {
    #[test]
    fn splitting_a_pause_changes_nothing(
        start in start(), days in 1_i64..40, hours in prop::bool::ANY,
        offset in 0_i64..20_000, first in 0_i64..5_000, second in 0_i64..5_000,
    ) {
        let unit = if hours { Unit::WorkingHour } else { Unit::WorkingDay };
        let term = [Term::whole(days, unit).unwrap()];
        let calendar = Calendar::national();
        let from = start + TimeDelta::minutes(offset);
        let middle = from + TimeDelta::minutes(first);
        let to = middle + TimeDelta::minutes(second);
        let of = |pauses: &[(DateTime<Utc>, DateTime<Utc>)]| {
            let pauses = pauses.iter().map(|(from, to)| Pause {
                from: *from, to: Some(*to), reason: PauseReason::Applicant,
            }).collect();
            due_by_rules(start, &term, &Rules { pauses, ..Rules::default() }, &calendar).unwrap().due_at
        };
        let whole = of(&[(from, to)]);
        prop_assert_eq!(whole, of(&[(from, middle), (middle, to)]));
        prop_assert_eq!(whole, of(&[(middle, to), (from, to)]));
        // and the end moved by exactly the working time of the pause
        let plain = due(start, &term[0], &calendar).unwrap().due_at;
        let lost = if from < plain { working_minutes_between(from, to, &calendar) } else { 0 };
        prop_assert_eq!(working_minutes_between(plain, whole, &calendar), lost);
    }

    #[test]
    fn whole_working_days_come_back(start in start(), days in 1_i64..80) {
        let calendar = Calendar::national();
        let found = due(start, &Term::whole(days, Unit::WorkingDay).unwrap(), &calendar).unwrap();
        let back = working_days_between(
            found.received_on, vn::worktime::local_date(found.due_at), &calendar,
        );
        prop_assert_eq!(back, days);
    }

    #[test]
    fn working_days_in_sequence_add(start in start(), one in 1_i64..20_000, two in 1_i64..20_000) {
        let calendar = Calendar::national();
        let of = |milli| Term::new(milli, Unit::WorkingDay).unwrap();
        let found = due_by_rules(start, &[of(one), of(two)], &Rules::default(), &calendar);
        prop_assert_eq!(found.unwrap().due_at, due(start, &of(one + two), &calendar).unwrap().due_at);
    }

    #[test]
    fn nothing_panics(
        seconds in prop::num::i64::ANY, milli in prop::num::i64::ANY, unit in 0_usize..5,
        from in prop::num::i64::ANY, length in 0_i64..1_000_000_000_000,
    ) {
        let units = [Unit::WorkingHour, Unit::WorkingDay, Unit::Day, Unit::Month, Unit::Year];
        let instant = |seconds: i64| DateTime::from_timestamp(seconds % 300_000_000_000, 0);
        let (Some(start), Some(from)) = (instant(seconds), instant(from)) else { return Ok(()) };
        let Ok(term) = Term::new(milli % 400_000_000, units[unit]) else { return Ok(()) };
        let to = from.checked_add_signed(TimeDelta::seconds(length));
        let rules = Rules {
            pauses: vec![Pause { from, to, reason: PauseReason::Other }],
            extensions: vec![term],
            ..Rules::default()
        };
        let _found = due_by_rules(start, &[term], &rules, &Calendar::national());
    }
}
