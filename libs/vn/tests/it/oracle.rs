//! 100,000 random due dates against Python and `numpy.busday_offset` (`tests/oracle.py`, which
//! shares no code with us). Without a Python that has numpy the test says so and passes; `make
//! oracle` installs one under `target/`.

use chrono::{DateTime, NaiveDate, Weekday};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use vn::worktime::{Calendar, Shift, Term, Unit, due_at};

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

fn python() -> Option<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let own = root.join("target/oracle/bin/python3").display().to_string();
    [own, "python3".to_owned()].into_iter().find(|python| {
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
        println!("skipped: no Python with numpy (make oracle)");
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
        let (milli, unit) = match random.below(6) {
            0 => (1 + random.below(40_000), Unit::WorkingDay),
            1 => (1 + random.below(200_000), Unit::WorkingHour),
            2 => (1_000 * (1 + random.below(180)), Unit::Day),
            3 => (1_000 * (1 + random.below(24)), Unit::Month),
            4 => (1_000 * (1 + random.below(5)), Unit::Year),
            _ => (1_000 * (1 + random.below(60)), Unit::WorkingDay),
        };
        let n = usize::try_from(random.below(2)).unwrap();
        let term = Term::new(milli, unit).unwrap();
        let at = DateTime::from_timestamp(start, 0).unwrap();
        let due = due_at(at, &term, &calendars[n]).unwrap().timestamp();
        writeln!(input, "case,{n},{start},{milli},{unit},{due}").unwrap();
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
