//! What holds for every start and term.

use chrono::{DateTime, TimeDelta, Utc, Weekday};
use proptest::prelude::*;
use vn::worktime::{
    Calendar, Shift, Term, Unit, add_working_minutes, due, local_date, working_minutes_between,
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
