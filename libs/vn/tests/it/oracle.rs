//! 100,000 random due dates, of one term or two and with pauses, against Python and `numpy.busday_offset` (`tests/oracle.py`, which
//! shares no code with us). `make test` installs one with numpy; without one the test says so and passes, but not in CI.

use chrono::{DateTime, NaiveDate, Utc, Weekday};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use vn::worktime::{Calendar, Pause, PauseReason, Rules, Shift, Term, Unit, due_by_rules};

const CASES: usize = 100_000;
const FROM: i64 = 1_514_764_800; // 2018
const TO: i64 = 1_830_000_000; // end of 2027

/// A generator of our own (splitmix64): the cases are the same on every run.
struct Random(u64);

impl Random {
    fn below(&mut self, n: i64) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        i64::try_from((z ^ (z >> 31)) % n.unsigned_abs()).unwrap()
    }
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

fn term(random: &mut Random) -> Term {
    let (milli, unit) = match random.below(6) {
        0 => (1 + random.below(40_000), Unit::WorkingDay),
        1 => (1 + random.below(200_000), Unit::WorkingHour),
        2 => (1_000 * (1 + random.below(180)), Unit::Day),
        3 => (1_000 * (1 + random.below(24)), Unit::Month),
        4 => (1_000 * (1 + random.below(4)), Unit::Year),
        _ => (1_000 * (1 + random.below(60)), Unit::WorkingDay),
    };
    Term::new(milli, unit).unwrap()
}

#[expect(
    clippy::disallowed_methods,
    reason = "no configuration, but where the tools of the tests are"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn python() -> Option<String> {
    let own = variable("MOTCUA_TEST_PYTHON");
    let all = own.into_iter().chain(["python3".to_owned()]);
    all.into_iter().find(|python| {
        let found = Command::new(python)
            .args(["-c", "import numpy"])
            .stderr(Stdio::null())
            .status();
        found.is_ok_and(|status| status.success())
    })
}

#[test]
fn numpy_finds_the_same_due_dates() {
    let Some(python) = python() else {
        assert!(variable("CI").is_none(), "no Python with numpy");
        println!("skipped: no Python with numpy");
        return;
    };
    let saturday = Calendar::national()
        .with_weekday(Weekday::Sat, &[Shift::new(450, 690).unwrap()])
        .unwrap();
    let calendars = [Calendar::national(), saturday];
    let mut input = String::new();
    // The days as they are; the arithmetic is what is compared.
    let first = NaiveDate::from_ymd_opt(2017, 12, 1).unwrap();
    for (n, calendar) in calendars.iter().enumerate() {
        for date in first.iter_days().take(366 * 20) {
            let shifts: Vec<String> = calendar
                .day(date)
                .shifts
                .iter()
                .map(|shift| format!("{}-{}", shift.from.minutes(), shift.to.minutes()))
                .collect();
            writeln!(input, "day,{n},{date},{}", shifts.join(" ")).unwrap();
        }
    }
    let mut random = Random(20_261_124);
    for _ in 0..CASES {
        let start = FROM + random.below(TO - FROM);
        let mut terms = vec![term(&mut random)];
        if random.below(3) == 0 {
            let second = term(&mut random);
            // Terms of one unit are one term.
            if second.unit() != terms[0].unit() {
                terms.push(second);
            }
        }
        let pauses: Vec<Pause> = (0..random.below(3))
            .map(|_| {
                let from = start / 60 * 60 + 60 * random.below(60 * 24 * 60);
                let to = from + 60 * random.below(14 * 24 * 60);
                Pause {
                    from: at(from),
                    to: Some(at(to)),
                    reason: PauseReason::Incident,
                }
            })
            .collect();
        let n = usize::try_from(random.below(2)).unwrap();
        let said = |parts: Vec<String>| parts.join("|");
        let each = terms
            .iter()
            .map(|t| format!("{}:{}", t.value_milli(), t.unit()));
        let each = said(each.collect());
        let stood = pauses.iter().map(|p| {
            let to = p.to.map_or(0, |to| to.timestamp());
            format!("{}-{to}", p.from.timestamp())
        });
        let stood = said(stood.collect());
        let rules = Rules {
            pauses,
            ..Rules::default()
        };
        let due = due_by_rules(at(start), &terms, &rules, &calendars[n]);
        let due = due.unwrap().due_at.timestamp();
        writeln!(input, "case,{n},{start},{each},{stood},{due}").unwrap();
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle.py");
    let mut child = Command::new(python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success() && said.trim_end().ends_with("100000 cases, 0 differences"),
        "{said}"
    );
}
