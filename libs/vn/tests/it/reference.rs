//! The reference table: due dates worked out by hand from the calendars of 2018 to 2027.

use super::due::{at, show};
use std::collections::BTreeMap;
use vn::worktime::{Calendar, Rules, Term, due, due_at};

#[test]
fn the_table_of_ten_years_holds() {
    let mut table = csv::Reader::from_reader(include_str!("../data/reference.csv").as_bytes());
    let calendar = Calendar::national();
    let mut wrong = Vec::new();
    let mut years = BTreeMap::<String, usize>::new();
    for row in table.records() {
        let row = row.unwrap();
        let [start, value, unit, expected, reason] = [0, 1, 2, 3, 4].map(|column| &row[column]);
        let term = Term::parse(value, unit).unwrap();
        let found = due(at(start), &term, &calendar).unwrap();
        let alone = due_at(at(start), &[term], &Rules::default(), &calendar);
        assert_eq!(alone, Ok(found.due_at));
        if show(found.due_at) != expected {
            let found = show(found.due_at);
            wrong.push(format!(
                "{start} + {value} {unit}: {found}, not {expected} ({reason})"
            ));
        }
        *years.entry(start.chars().take(4).collect()).or_default() += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(
        years.len() == 10 && years.values().all(|rows| *rows >= 20),
        "{years:?}"
    );
}
