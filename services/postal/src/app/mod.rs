//! Use-cases that write. Each runs in one transaction of its caller: domain, store, publish.

pub mod change;
pub mod collect;
pub mod order;
pub mod report;

use crate::Config;
use crate::domain::event::{EventCode, WorkingDays};
use chrono::NaiveDate;
use durable::Db;
use kit::Runtime;
use std::collections::BTreeMap;
use vn::worktime::Calendar;

/// The state of the service.
pub struct App {
    /// The database.
    pub db: Db,
    /// Clock, ids, keys.
    pub rt: Runtime,
    /// Settings.
    pub config: Config,
    /// Codes of the operators in our words.
    pub codes: BTreeMap<String, EventCode>,
    /// The national working calendar.
    pub calendar: National,
}

impl App {
    /// What an operator's code means. Our own names always mean themselves.
    pub fn code(&self, operator_code: &str) -> EventCode {
        self.codes
            .get(operator_code)
            .copied()
            .or_else(|| EventCode::parse(operator_code).filter(|c| c.reportable()))
            .unwrap_or(EventCode::Unknown)
    }
}

/// The national calendar: week-ends, holidays, swapped days.
pub struct National(Calendar);

impl National {
    /// The calendar of this release.
    pub fn new() -> Self {
        Self(Calendar::national())
    }
}

impl Default for National {
    fn default() -> Self {
        Self::new()
    }
}

impl WorkingDays for National {
    fn is_working_day(&self, day: NaiveDate) -> bool {
        self.0.is_working_day(day)
    }
}
