//! What holds for every start and term.

use chrono::{DateTime, TimeDelta, Utc, Weekday};
use proptest::prelude::*;
use vn::worktime::{
    Calendar, Pause, PauseReason, Rules, Shift, Term, Unit, add_working_minutes, due, due_by_rules,
    local_date, remaining, working_days_between, working_minutes_between,
};

fn start() -> impl Strategy<Value = DateTime<Utc>> {
    // 2017-12 to 2027-12, to the second
    (1_512_000_000_i64..1_827_000_000).prop_map(|at| DateTime::from_timestamp(at, 0).unwrap())
}

fn term() -> impl Strategy<Value = Term> {
    prop_oneof![
        (1_i64..40_000).prop_map(|milli| Term::new(milli, Unit::WorkingDay).unwrap()),
        (1_i64..300_000).prop_map(|milli| Term::new(milli, Unit::WorkingHour).unwrap()),
        (1_i64..400).prop_map(|days| Term::whole(days, Unit::Day).unwrap()),
        (1_i64..40).prop_map(|months| Term::whole(months, Unit::Month).unwrap()),
        (1_i64..5).prop_map(|years| Term::whole(years, Unit::Year).unwrap()),
    ]
}

fn calendar() -> impl Strategy<Value = Calendar> {
    let half = Shift::new(450, 690).unwrap();
    prop_oneof![
        Just(Calendar::national()),
        Just(
            Calendar::national()
                .with_weekday(Weekday::Sat, &[half])
                .unwrap()
        ),
        Just(
            Calendar::national()
                .with_weekday(Weekday::Wed, &[])
                .unwrap()
        ),
    ]
}

proptest! {
    #[test]
    fn a_later_start_is_never_due_earlier(
        start in start(), later in 0_i64..2_000_000, term in term(), calendar in calendar(),
    ) {
        let first = due(start, &term, &calendar).unwrap().due_at;
        let second = due(start + TimeDelta::seconds(later), &term, &calendar).unwrap().due_at;
        prop_assert!(first <= second);
    }

    #[test]
    fn a_longer_term_is_never_due_earlier(start in start(), milli in 1_i64..30_000, more in 0_i64..9_000) {
        let calendar = Calendar::national();
        for unit in [Unit::WorkingDay, Unit::WorkingHour] {
            let of = |milli| due(start, &Term::new(milli, unit).unwrap(), &calendar).unwrap().due_at;
            prop_assert!(of(milli) <= of(milli + more));
        }
    }

    #[test]
    fn due_is_after_the_start_on_a_working_day_inside_its_shifts(
        start in start(), term in term(), calendar in calendar(),
    ) {
        let found = due(start, &term, &calendar).unwrap();
        prop_assert!(found.due_at + TimeDelta::minutes(1) > start);
        let day = calendar.day(local_date(found.due_at));
        prop_assert!(day.is_working());
        let minute = working_minutes_between(
            found.due_at - TimeDelta::minutes(1), found.due_at, &calendar,
        );
        prop_assert_eq!(minute, 1, "the minute before the end is worked");
    }

    #[test]
    fn steps_are_in_order_and_end_on_the_due_day(
        start in start(), term in term(), calendar in calendar(),
    ) {
        let found = due(start, &term, &calendar).unwrap();
        prop_assert!(found.steps.windows(2).all(|pair| pair[0].date < pair[1].date));
        prop_assert_eq!(found.steps.last().unwrap().date, local_date(found.due_at));
        prop_assert!(found.received_on >= local_date(start));
    }

    #[test]
    fn adding_and_measuring_agree(
        start in start(), minutes in 0_u64..20_000, calendar in calendar(),
    ) {
        let end = add_working_minutes(start, minutes, &calendar).unwrap();
        prop_assert_eq!(working_minutes_between(start, end, &calendar), minutes);
    }

    #[test]
    fn time_is_additive_wherever_it_is_cut(
        start in start(), first in 0_i64..3_000_000, second in 0_i64..3_000_000, calendar in calendar(),
    ) {
        let middle = start + TimeDelta::seconds(first);
        let end = middle + TimeDelta::seconds(second);
        prop_assert_eq!(
            working_minutes_between(start, end, &calendar),
            working_minutes_between(start, middle, &calendar) + working_minutes_between(middle, end, &calendar)
        );
    }

    #[test]
    fn a_pause_costs_its_own_working_time_and_no_more(
        start in start(), milli in 1_000_i64..20_000, offset in 0_i64..400_000, length in 0_i64..900_000,
        cut in 0_i64..100, calendar in calendar(),
    ) {
        for unit in [Unit::WorkingDay, Unit::WorkingHour] {
            let term = Term::new(milli, unit).unwrap();
            let plain = due(start, &term, &calendar).unwrap().due_at;
            let from = start + TimeDelta::seconds(offset);
            let to = from + TimeDelta::seconds(length);
            let pause = |from, to| Pause { from, to: Some(to), reason: PauseReason::Incident };
            let with = |pauses| {
                let rules = Rules { pauses, ..Rules::default() };
                due_by_rules(start, &[term], &rules, &calendar).unwrap().due_at
            };
            let paused = with(vec![pause(from, to)]);
            let lost = if from < plain { working_minutes_between(from, to, &calendar) } else { 0 };
            prop_assert_eq!(working_minutes_between(plain, paused, &calendar), lost);
            // Cut in two, in whichever order they are told: the same. Told twice: it counts once.
            let middle = from + TimeDelta::seconds(length * cut / 100);
            // Only while both halves begin before the end, as the whole did.
            if middle < plain {
                let halves = working_minutes_between(from, middle, &calendar) + working_minutes_between(middle, to, &calendar);
                if halves == lost {
                    prop_assert_eq!(with(vec![pause(middle, to), pause(from, middle)]), paused);
                }
            }
            prop_assert_eq!(with(vec![pause(from, to), pause(from, to)]), paused);
        }
    }

    #[test]
    fn what_is_left_is_the_inverse_of_adding(
        now in start(), minutes in 1_u64..20_000, calendar in calendar(),
    ) {
        let end = add_working_minutes(now, minutes, &calendar).unwrap();
        let signed = i64::try_from(minutes).unwrap();
        prop_assert_eq!(remaining(now, end, &calendar), signed);
        // Late by as much as it was early.
        prop_assert_eq!(remaining(end + TimeDelta::seconds(60), now, &calendar) <= -signed, true);
    }

    #[test]
    fn whole_working_days_are_given_back_by_counting(start in start(), days in 1_i64..80, calendar in calendar()) {
        let found = due(start, &Term::whole(days, Unit::WorkingDay).unwrap(), &calendar).unwrap();
        prop_assert_eq!(working_days_between(found.received_on, local_date(found.due_at), &calendar), days);
    }

    #[test]
    fn eight_working_hours_are_what_adding_480_minutes_gives(start in start()) {
        let calendar = Calendar::national();
        let term = Term::parse("8", "workingHour").unwrap();
        let found = due(start, &term, &calendar).unwrap();
        prop_assert_eq!(found.due_at, add_working_minutes(start, 480, &calendar).unwrap());
    }

    #[test]
    fn counted_days_are_as_many_as_the_term(start in start(), days in 1_i64..60) {
        let calendar = Calendar::national();
        let found = due(start, &Term::whole(days, Unit::WorkingDay).unwrap(), &calendar).unwrap();
        let first = found.received_on.succ_opt().unwrap();
        let counted = first
            .iter_days()
            .take_while(|day| *day <= local_date(found.due_at))
            .filter(|day| calendar.is_working_day(*day))
            .count();
        prop_assert_eq!(i64::try_from(counted).unwrap(), days);
    }

    #[test]
    fn no_text_breaks_a_parser(text in "\\PC{0,40}") {
        // Each may refuse; none may panic, and what it accepts it must accept again.
        macro_rules! same_again {
            ($($parser:ty),*) => {$(
                if let Ok(value) = text.parse::<$parser>() {
                    prop_assert_eq!(value.to_string().parse::<$parser>(), Ok(value));
                }
            )*};
        }
        same_again!(
            vn::cccd::Cccd, vn::mst::TaxCode, vn::phone::Phone, vn::s10::ItemNumber,
            vn::postal_code::PostalCode, vn::agency::AgencyCode,
            vn::dossier_number::DossierNumber
        );
        let _qr = vn::vietqr::VietQr::parse(&text);
        let _card = vn::cccd::parse_qr(&text);
        let _shape = vn::procedure_code::classify(&text);
        let _format = vn::dossier_number::NumberFormat::new(&text);
        let _term = Term::parse(&text, "workingDay");
        let _key = vn::text::collation_key(&text);
        prop_assert_eq!(vn::text::clean(&vn::text::clean(&text)), vn::text::clean(&text));
        prop_assert_eq!(vn::text::fold(&vn::text::fold(&text)), vn::text::fold(&text));
    }

    #[test]
    fn digits_and_separators_break_no_parser(text in "[0-9GH.+|: -]{0,30}") {
        if let Ok(phone) = text.parse::<vn::phone::Phone>() {
            prop_assert_eq!(phone.national().parse::<vn::phone::Phone>(), Ok(phone));
        }
        if let Ok(code) = text.parse::<vn::agency::AgencyCode>() {
            prop_assert!(code.same_agency(&code.to_short()));
            if let Ok(long) = code.to_long() {
                prop_assert!(code.same_agency(&long));
                prop_assert_eq!(vn::agency::AgencyCode::parse(long.as_str()), Ok(long));
            }
        }
        let _qr = vn::vietqr::VietQr::parse(&text);
        let _number = text.parse::<vn::dossier_number::DossierNumber>();
        let _tax = text.parse::<vn::mst::TaxCode>();
    }
}
