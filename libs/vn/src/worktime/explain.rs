//! A due date told to people, day by day.

use std::fmt::Write as _;

use chrono::{DateTime, Datelike, NaiveDate, Utc, Weekday};

use super::due::{Due, Remaining, Step, What};
use super::local;
use super::rules::PauseReason;
use super::term::milli_text;
use crate::Lang;

impl Due {
    /// The due instant for people: `17:00 ngày 13/02/2026`, `17:00 on 13/02/2026`.
    pub fn text(&self, lang: Lang) -> String {
        let at = local(self.due_at);
        match lang {
            Lang::Vi => at.format("%H:%M ngày %d/%m/%Y").to_string(),
            Lang::En => at.format("%H:%M on %d/%m/%Y").to_string(),
        }
    }

    /// One line a day and the result, each ended by a newline.
    pub fn explain(&self, lang: Lang) -> String {
        let mut out = String::new();
        for step in &self.steps {
            push_line(&mut out, &step.text(lang));
        }
        let due = self.text(lang);
        let terms: Vec<String> = std::iter::once(&self.term)
            .chain(&self.then)
            .map(|term| term.text(lang))
            .collect();
        let term = terms.join(" + ");
        push_line(
            &mut out,
            &match lang {
                Lang::Vi => format!("Hạn trả kết quả ({term}): {due}"),
                Lang::En => format!("Due ({term}): {due}"),
            },
        );
        if self.estimated {
            push_line(
                &mut out,
                match lang {
                    Lang::Vi => {
                        "Lịch nghỉ lễ của năm đó chưa được công bố chính thức; hạn là dự kiến."
                    }
                    Lang::En => {
                        "The public holidays of that year are not decided; the date is expected."
                    }
                },
            );
        }
        out
    }
}

impl Step {
    /// The step for people: `Thứ hai 16/02/2026: nghỉ, Tết Nguyên đán`.
    pub fn text(&self, lang: Lang) -> String {
        let left = self.remaining.text(lang);
        let what = match (lang, &self.what) {
            (Lang::Vi, What::StartDay) => format!("ngày tiếp nhận, không tính; {left}"),
            (Lang::En, What::StartDay) => format!("day of reception, not counted; {left}"),
            (Lang::Vi, What::NextStage) => {
                format!("chặng trước kết thúc, chặng sau bắt đầu, ngày này không tính; {left}")
            }
            (Lang::En, What::NextStage) => {
                format!("the term before ends, the next begins, not counted; {left}")
            }
            (
                _,
                What::Suspended {
                    from,
                    to,
                    reason,
                    lost,
                },
            ) => suspended((*from, *to), *reason, *lost, lang),
            (Lang::Vi, What::AfterCutOff) => {
                "đến sau giờ nhận hồ sơ, tính là nhận vào ngày làm việc tiếp theo".to_owned()
            }
            (Lang::En, What::AfterCutOff) => {
                "came after the reception hours, counts as received on the next working day"
                    .to_owned()
            }
            (Lang::Vi, What::AfterHours) => "đã hết giờ làm việc".to_owned(),
            (Lang::En, What::AfterHours) => "after working hours".to_owned(),
            (Lang::Vi, What::Counted { minutes }) => {
                format!("tính {}; {left}", span(*minutes, lang))
            }
            (Lang::En, What::Counted { minutes }) => {
                format!("counted, {}; {left}", span(*minutes, lang))
            }
            (Lang::Vi, What::MakeUp { minutes, name, .. }) => {
                format!(
                    "ngày làm việc ({name}), tính {}; {left}",
                    span(*minutes, lang)
                )
            }
            (
                Lang::En,
                What::MakeUp {
                    minutes, name_en, ..
                },
            ) => {
                format!(
                    "working day ({name_en}), counted, {}; {left}",
                    span(*minutes, lang)
                )
            }
            (Lang::Vi, What::Weekend) => "nghỉ hằng tuần".to_owned(),
            (Lang::En, What::Weekend) => "weekly rest".to_owned(),
            (Lang::Vi, What::Holiday { name, .. }) => format!("nghỉ, {name}"),
            (Lang::En, What::Holiday { name_en, .. }) => format!("day off, {name_en}"),
            (Lang::Vi, What::LastDay) => "ngày cuối của thời hạn".to_owned(),
            (Lang::En, What::LastDay) => "last day of the term".to_owned(),
            (Lang::Vi, What::MovedTo) => "ngày làm việc tiếp theo sau ngày nghỉ".to_owned(),
            (Lang::En, What::MovedTo) => "moved to the next working day".to_owned(),
        };
        format!(
            "{} {}: {what}",
            weekday(self.date, lang),
            self.date.format("%d/%m/%Y")
        )
    }
}

impl Remaining {
    /// What is left, for people: `còn 7,5 ngày làm việc`.
    pub fn text(self, lang: Lang) -> String {
        match (lang, self) {
            (Lang::Vi, Self::WorkingDayThousandths(milli)) => {
                format!("còn {} ngày làm việc", milli_text(milli).replace('.', ","))
            }
            (Lang::En, Self::WorkingDayThousandths(milli)) => {
                format!("{} working days left", milli_text(milli))
            }
            (Lang::Vi, Self::WorkingMinutes(minutes)) => {
                format!("còn {} giờ {} phút làm việc", minutes / 60, minutes % 60)
            }
            (Lang::En, Self::WorkingMinutes(minutes)) => {
                format!("{} h {} min of work left", minutes / 60, minutes % 60)
            }
            (Lang::Vi, Self::CalendarDays(days)) => format!("còn {days} ngày"),
            (Lang::En, Self::CalendarDays(days)) => format!("{days} days left"),
        }
    }
}

fn suspended(
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    reason: PauseReason,
    lost: Remaining,
    lang: Lang,
) -> String {
    let show = |at| local(at).format("%H:%M %d/%m/%Y").to_string();
    let (from, to) = (show(from), show(to));
    let why = match (lang, reason) {
        (Lang::Vi, PauseReason::Incident) => "sự cố hệ thống",
        (Lang::En, PauseReason::Incident) => "system incident",
        (Lang::Vi, PauseReason::Applicant) => "chờ người nộp hồ sơ",
        (Lang::En, PauseReason::Applicant) => "waiting for the applicant",
        (Lang::Vi, PauseReason::Other) => "lý do khác theo quy định",
        (Lang::En, PauseReason::Other) => "another ground in law",
    };
    let amount = match (lang, lost) {
        (_, Remaining::WorkingMinutes(minutes)) => {
            let minutes = u32::try_from(minutes).unwrap_or(u32::MAX);
            span(minutes, lang)
        }
        (Lang::Vi, Remaining::CalendarDays(days)) => format!("{days} ngày"),
        (Lang::En, Remaining::CalendarDays(days)) => format!("{days} days"),
        (_, Remaining::WorkingDayThousandths(milli)) => milli_text(milli),
    };
    match lang {
        Lang::Vi => format!("tạm dừng tính từ {from} đến {to} ({why}), lùi hạn {amount}"),
        Lang::En => format!("the clock stood from {from} to {to} ({why}), moved by {amount}"),
    }
}

fn push_line(out: &mut String, line: &str) {
    // Writing into a String cannot fail.
    let _written = writeln!(out, "{line}");
}

fn span(minutes: u32, lang: Lang) -> String {
    match (lang, minutes / 60, minutes % 60) {
        (Lang::Vi, hours, 0) => format!("{hours} giờ"),
        (Lang::Vi, hours, minutes) => format!("{hours} giờ {minutes} phút"),
        (Lang::En, hours, 0) => format!("{hours} h"),
        (Lang::En, hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

fn weekday(date: NaiveDate, lang: Lang) -> &'static str {
    let (vi, en) = match date.weekday() {
        Weekday::Mon => ("Thứ hai", "Mon"),
        Weekday::Tue => ("Thứ ba", "Tue"),
        Weekday::Wed => ("Thứ tư", "Wed"),
        Weekday::Thu => ("Thứ năm", "Thu"),
        Weekday::Fri => ("Thứ sáu", "Fri"),
        Weekday::Sat => ("Thứ bảy", "Sat"),
        Weekday::Sun => ("Chủ nhật", "Sun"),
    };
    match lang {
        Lang::Vi => vi,
        Lang::En => en,
    }
}
