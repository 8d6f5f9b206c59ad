//! Agencies (cơ quan, trung tâm phục vụ hành chính công) and which procedures their desks accept.

use super::content::Level;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use vn::worktime::CalendarSpec;

/// What is known of an agency.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Agency {
    /// Code by QĐ 20/2020/QĐ-TTg, e.g. `H05.21`.
    pub code: String,
    /// Code by QCVN 102:2016/BTTTT, e.g. `000.00.21.H05`.
    #[serde(default)]
    pub long_code: Option<String>,
    /// Name.
    pub name: String,
    /// Tier.
    pub level: Level,
    /// Has a one-stop desk (bộ phận một cửa) that receives dossiers.
    pub reception: bool,
    /// Code of the body above.
    #[serde(default)]
    pub parent_code: Option<String>,
    /// Name of the body above, for the head of forms.
    pub parent_name: String,
    /// Province code.
    pub province_code: String,
    /// Commune code.
    #[serde(default)]
    pub commune_code: Option<String>,
    /// Address in one line.
    pub address: String,
    /// Phone of the desk.
    pub phone: String,
    /// Own working time, merged on the national calendar.
    pub calendar: CalendarSpec,
    /// First day.
    #[serde(default)]
    pub valid_from: Option<NaiveDate>,
    /// Last day.
    #[serde(default)]
    pub valid_to: Option<NaiveDate>,
}

impl Agency {
    /// Whether it exists on a day.
    pub fn is_valid_on(&self, day: NaiveDate) -> bool {
        is_valid_on(self.valid_from, self.valid_to, day)
    }

    /// Whether its desk accepts a procedure: it is executed at this tier, and people may file it.
    pub fn accepts(&self, levels: &[Level], internal: bool) -> bool {
        self.reception && !internal && levels.contains(&self.level)
    }
}

/// Whether a day lies in a period whose ends may be open; both ends count.
pub fn is_valid_on(from: Option<NaiveDate>, to: Option<NaiveDate>, day: NaiveDate) -> bool {
    from.is_none_or(|f| f <= day) && to.is_none_or(|t| day <= t)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_of_a_period_count() {
        let day = |d| NaiveDate::from_ymd_opt(2025, 6, d);
        let on = |d| day(d).expect("a day");
        assert!(is_valid_on(day(1), day(30), on(1)) && is_valid_on(day(1), day(30), on(30)));
        assert!(!is_valid_on(day(2), day(30), on(1)) && !is_valid_on(None, day(29), on(30)));
        assert!(is_valid_on(None, None, on(15)));
    }
}
