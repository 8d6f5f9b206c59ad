//! How many due dates one core finds in a second: `cargo run --release -p vn --example due_rate`.

use std::io::Write as _;
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Weekday};
use vn::worktime::{Calendar, Pause, PauseReason, Rules, Shift, Term, Unit, due_at};

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
    let plain = Rules::default();
    let day = TimeDelta::days(1);
    // A sequence with an extension, and a day and a half in which the clock stood.
    let sequence = vec![
        Term::whole(5, Unit::WorkingDay)?,
        Term::whole(13, Unit::Day)?,
    ];
    let cases = [
        ("mixed terms", &mixed[..], false),
        (
            "10 working days",
            &[Term::whole(10, Unit::WorkingDay)?],
            false,
        ),
        (
            "60 working days",
            &[Term::whole(60, Unit::WorkingDay)?],
            false,
        ),
        (
            "8 working hours",
            &[Term::whole(8, Unit::WorkingHour)?],
            false,
        ),
        ("30 days", &[Term::whole(30, Unit::Day)?], false),
        (
            "10 working days, a pause",
            &[Term::whole(10, Unit::WorkingDay)?],
            true,
        ),
        ("a sequence, a pause", &sequence, true),
    ];
    let first = DateTime::from_timestamp(1_514_764_800, 0).ok_or("no such time")?;
    let mut out = std::io::stdout().lock();
    for (name, terms, paused) in cases {
        // One term after the other, or all of them in a row.
        let one_by_one: Vec<&[Term]> = terms.chunks(1).collect();
        let terms = if paused { vec![terms] } else { one_by_one };
        let begun = Instant::now();
        let (mut sum, mut n) = (0_i64, 0);
        for (calendar, terms) in calendars
            .iter()
            .flat_map(|calendar| terms.iter().map(move |terms| (calendar, *terms)))
            .cycle()
        {
            // Every start is another one, over ten years.
            let start = first + TimeDelta::seconds(i64::from(n) * 157);
            let due = if paused {
                let stood = Pause {
                    from: start + day,
                    to: Some(start + day + day / 2),
                    reason: PauseReason::Incident,
                };
                let rules = Rules {
                    pauses: vec![stood],
                    ..Rules::default()
                };
                due_at(start, terms, &rules, calendar)?
            } else {
                due_at(start, terms, &plain, calendar)?
            };
            sum = sum.wrapping_add(due.timestamp());
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
