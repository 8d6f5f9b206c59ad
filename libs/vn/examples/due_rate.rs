//! How many due dates one core finds in a second: `cargo run --release -p vn --example due_rate`.

use std::io::Write as _;
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Weekday};
use vn::worktime::{Calendar, Shift, Term, Unit, due_at};

const COUNT: u32 = 2_000_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let saturday = Calendar::national().with_weekday(Weekday::Sat, &[Shift::new(450, 690)?])?;
    let calendars = [Calendar::national(), saturday];
    // What the national catalogue has most of, and the longest usual one.
    let mut mixed = Vec::new();
    for days in [1, 2, 3, 3, 5, 5, 7, 10, 10, 15, 20, 30] {
        mixed.push(Term::whole(days, Unit::WorkingDay)?);
    }
    mixed.push(Term::new(1_500, Unit::WorkingDay)?);
    mixed.push(Term::whole(8, Unit::WorkingHour)?);
    mixed.push(Term::whole(30, Unit::Day)?);
    mixed.push(Term::whole(2, Unit::Month)?);
    let cases = [
        ("mixed terms", mixed),
        ("10 working days", vec![Term::whole(10, Unit::WorkingDay)?]),
        ("60 working days", vec![Term::whole(60, Unit::WorkingDay)?]),
        ("8 working hours", vec![Term::whole(8, Unit::WorkingHour)?]),
        ("30 days", vec![Term::whole(30, Unit::Day)?]),
    ];
    let first = DateTime::from_timestamp(1_514_764_800, 0).ok_or("no such time")?;
    let mut out = std::io::stdout().lock();
    for (name, terms) in &cases {
        let begun = Instant::now();
        let (mut sum, mut n) = (0_i64, 0);
        for (calendar, term) in calendars
            .iter()
            .flat_map(|calendar| terms.iter().map(move |term| (calendar, term)))
            .cycle()
        {
            // Every start is another one, over ten years.
            let start = first + TimeDelta::seconds(i64::from(n) * 157);
            sum = sum.wrapping_add(due_at(start, term, calendar)?.timestamp());
            n += 1;
            if n == COUNT {
                break;
            }
        }
        let micros = begun.elapsed().as_micros().max(1);
        let rate = u128::from(COUNT) * 1_000_000 / micros;
        writeln!(out, "{name}: {rate} due dates a second (check {sum})")?;
    }
    Ok(())
}
