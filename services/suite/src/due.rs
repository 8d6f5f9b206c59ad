//! `motcua due`: a due instant, explained day by day. For officers, and for anyone who checks us.

use crate::settings::Settings;
use anyhow::{Context as _, bail};
use chrono::{DateTime, FixedOffset, Utc};
use clap::{Args, ValueEnum};
use durable::Db;
use serde_json::{Value, json};
use vn::worktime::{
    Calendar, Intake, MinuteOfDay, Outcome, Pause, PauseReason, Rules, Term, due_by_rules, local,
    remaining,
};

/// What to compute.
#[derive(Debug, Args)]
pub struct Arguments {
    /// When the dossier was received complete, RFC 3339, e.g. `2026-01-30T09:00:00+07:00`.
    #[arg(required_unless_present = "dossier")]
    start: Option<DateTime<FixedOffset>>,
    /// How long, e.g. `10` or `1.5`.
    #[arg(required_unless_present = "dossier")]
    term: Option<String>,
    /// workingHour, workingDay, day, month or year.
    #[arg(required_unless_present = "dossier")]
    unit: Option<String>,
    /// A dossier of this installation, by number or id: its date is counted anew from what is noted of it.
    #[arg(
        long,
        value_name = "NUMBER",
        conflicts_with_all = ["start", "channel", "then", "extend", "pause", "cut_off", "agency"]
    )]
    dossier: Option<String>,
    /// How it came in: an agency may have a cut-off of its own for it.
    #[arg(long, value_enum, default_value_t = Channel::Online)]
    channel: Channel,
    /// A further term of a sequence, from the end of the one before: `"10 day"`. As often as needed.
    #[arg(long, value_name = "TERM UNIT")]
    then: Vec<String>,
    /// An extension (gia hạn), after all terms: `"3 workingDay"`. As often as needed.
    #[arg(long, value_name = "TERM UNIT")]
    extend: Vec<String>,
    /// Time that does not count: `FROM/TO` or `FROM/TO/applicant` (RFC 3339; incident, applicant or other). As often as needed.
    #[arg(long, value_name = "FROM/TO")]
    pause: Vec<String>,
    /// Reception closes at this time of day instead of the agency's, e.g. `15:00`; `24:00`: never.
    #[arg(long, value_name = "HH:MM")]
    cut_off: Option<String>,
    /// Also how much working time is left at this instant, or how late it is, RFC 3339.
    #[arg(long)]
    at: Option<DateTime<FixedOffset>>,
    /// Code of an agency of this installation, e.g. `H05.21`: its own working time counts.
    #[arg(long, value_name = "CODE")]
    agency: Option<String>,
    /// One JSON object: `dueAt`, `receivedOn`, `then` (further terms and extensions), `estimated` and `steps`.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Channel {
    Online,
    Direct,
    Postal,
    Kiosk,
}

impl From<Channel> for Intake {
    fn from(channel: Channel) -> Self {
        match channel {
            Channel::Online => Self::Online,
            Channel::Direct => Self::Direct,
            Channel::Postal => Self::Postal,
            Channel::Kiosk => Self::Kiosk,
        }
    }
}

/// Computes and explains.
///
/// # Errors
/// A term, unit or calendar that cannot be, named; an agency that the catalogue does not have.
pub async fn run(settings: &Settings, arguments: &Arguments) -> anyhow::Result<String> {
    if let Some(name) = &arguments.dossier {
        return of_dossier(settings, arguments, name).await;
    }
    let (Some(start), Some(term), Some(unit)) = (arguments.start, &arguments.term, &arguments.unit)
    else {
        bail!("a start, a term and its unit, or --dossier");
    };
    let term = Term::parse(term, unit).with_context(|| format!("{term} {unit}"))?;
    let calendar = match &arguments.agency {
        None => Calendar::national(),
        Some(code) => {
            let all = settings.all()?;
            let rt = kit::process::runtime(&all.process)?;
            let db = Db::open(&all.catalogue.database, &rt).await?;
            let found = catalogue::agency_calendar(&db, code)
                .await
                .context("the catalogue cannot be read")?;
            Calendar::from_spec(
                &found.with_context(|| format!("the catalogue has no agency {code}"))?,
            )?
        }
    };
    let start = start.with_timezone(&Utc);
    let mut terms = vec![term];
    for further in &arguments.then {
        terms.push(term_of(further)?);
    }
    let rules = rules(arguments)?;
    let found = due_by_rules(start, &terms, &rules, &calendar)?;
    let stands = Stands::of(arguments.at, found.due_at, &calendar);
    if arguments.json {
        let rest = json!({
            "startAt": local(start).to_rfc3339(),
            "channel": format!("{:?}", arguments.channel).to_lowercase(),
            "dueAt": local(found.due_at).to_rfc3339(),
            "at": stands.as_ref().map(Stands::json),
        });
        let mut answer = serde_json::to_value(&found)?;
        if let (Some(answer), Value::Object(rest)) = (answer.as_object_mut(), rest) {
            answer.extend(rest);
        }
        return Ok(answer.to_string());
    }
    let mut out = found.explain(vn::Lang::Vi);
    out.extend(stands.as_ref().map(Stands::say));
    Ok(out)
}

/// How a date stands at an instant.
struct Stands {
    at: DateTime<Utc>,
    /// Working minutes; negative: since.
    left: i64,
    outcome: Outcome,
}

impl Stands {
    fn of(
        at: Option<DateTime<FixedOffset>>,
        due_at: DateTime<Utc>,
        calendar: &Calendar,
    ) -> Option<Self> {
        let at = at?.with_timezone(&Utc);
        Some(Self {
            at,
            left: remaining(at, due_at, calendar),
            outcome: Outcome::of(Some(due_at), at),
        })
    }

    fn json(&self) -> Value {
        json!({
            "at": local(self.at).to_rfc3339(), "workingMinutesLeft": self.left, "outcome": self.outcome,
        })
    }

    fn say(&self) -> String {
        let (hours, minutes) = (self.left.abs() / 60, self.left.abs() % 60);
        let word = if self.left < 0 { "đã quá" } else { "còn" };
        let judged = match self.outcome {
            Outcome::Early => "trả khi đó là sớm hạn",
            Outcome::OnTime => "trả khi đó là đúng hạn",
            Outcome::Late => "trả khi đó là trễ hạn",
        };
        format!(
            "Lúc {}: {word} {hours} giờ {minutes} phút làm việc; {judged} (so theo ngày)\n",
            when(self.at)
        )
    }
}

fn when(at: DateTime<Utc>) -> String {
    local(at).format("%H:%M ngày %d/%m/%Y").to_string()
}

/// The date of a dossier, counted anew; what is held against it and what was promised stand beside.
async fn of_dossier(
    settings: &Settings,
    arguments: &Arguments,
    name: &str,
) -> anyhow::Result<String> {
    let all = settings.all()?;
    let rt = kit::process::runtime(&all.process)?;
    let db = Db::open(&all.dossier.database, &rt).await?;
    let of = dossier::due_of(&db, all.dossier.clocks, name)
        .await
        .context("the dossiers cannot be read")?;
    let of = of.with_context(|| format!("there is no dossier {name}"))?;
    let stands = of
        .due_at
        .and_then(|due| Stands::of(arguments.at, due, &of.calendar));
    if arguments.json {
        let instant = |at: DateTime<Utc>| local(at).to_rfc3339();
        let counted = of.found.as_ref().map(|found| {
            let mut counted = serde_json::to_value(found)?;
            if let Value::Object(members) = &mut counted {
                members.insert("dueAt".to_owned(), json!(instant(found.due_at)));
            }
            Ok::<_, serde_json::Error>(counted)
        });
        let answer = json!({
            "dossier": of.name,
            "agency": of.agency,
            "startAt": of.from.map(instant),
            "counted": counted.transpose()?,
            "apology": of.apology.map(|(at, due)| json!({"at": instant(at), "dueAt": instant(due)})),
            "firstDueAt": of.first_due_at.map(instant),
            "dueAt": of.due_at.map(instant),
            "at": stands.as_ref().map(Stands::json),
        });
        return Ok(answer.to_string());
    }
    let mut out = format!("Hồ sơ {} tại {}\n", of.name, of.agency);
    match (of.from, &of.found) {
        (None, _) => out.push_str("Chưa tiếp nhận, thời hạn chưa chạy.\n"),
        (Some(_), None) => out.push_str("Không hẹn ngày theo quy định.\n"),
        (Some(from), Some(found)) => {
            out.push_str(&format!("Thời hạn chạy từ {}\n", when(from)));
            out.push_str(&found.explain(vn::Lang::Vi));
        }
    }
    if let Some((at, due)) = of.apology {
        let (at, due) = (when(at), when(due));
        out.push_str(&format!("Xin lỗi lúc {at}, hẹn lại {due}\n"));
    }
    match of.due_at {
        Some(due) => out.push_str(&format!("Hạn đang tính: {}\n", when(due))),
        None if of.found.is_some() => out.push_str("Hạn đang tính: tạm dừng\n"),
        None => {}
    }
    out.extend(stands.as_ref().map(Stands::say));
    Ok(out)
}

/// `10 workingDay`.
fn term_of(text: &str) -> anyhow::Result<Term> {
    let (value, unit) = text
        .trim()
        .split_once(' ')
        .with_context(|| format!("{text}: a term and its unit, as in \"10 workingDay\""))?;
    Term::parse(value, unit.trim()).with_context(|| text.to_owned())
}

fn rules(arguments: &Arguments) -> anyhow::Result<Rules> {
    let mut rules = Rules {
        intake: Some(arguments.channel.into()),
        ..Rules::default()
    };
    if let Some(time) = &arguments.cut_off {
        let cut_off: MinuteOfDay = time.parse().with_context(|| time.clone())?;
        rules.cut_off = Some(cut_off);
    }
    for text in &arguments.pause {
        rules
            .pauses
            .push(pause_of(text).with_context(|| text.clone())?);
    }
    for text in &arguments.extend {
        rules.extensions.push(term_of(text)?);
    }
    Ok(rules)
}

/// `FROM/TO`, `FROM/TO/reason`.
fn pause_of(text: &str) -> anyhow::Result<Pause> {
    let mut parts = text.split('/');
    let mut instant = || -> anyhow::Result<DateTime<Utc>> {
        let part = parts.next().context("FROM/TO")?;
        Ok(DateTime::parse_from_rfc3339(part)?.with_timezone(&Utc))
    };
    let (from, to) = (instant()?, instant()?);
    let reason = match parts.next() {
        None | Some("incident") => PauseReason::Incident,
        Some("applicant") => PauseReason::Applicant,
        Some("other") => PauseReason::Other,
        Some(unknown) => bail!("{unknown} is no reason: incident, applicant or other"),
    };
    Ok(Pause {
        from,
        to: Some(to),
        reason,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser as _;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    async fn said(words: &[&str]) -> anyhow::Result<String> {
        let line = Line::try_parse_from([&["due"], words].concat())?;
        run(&Settings::new(None, None), &line.arguments).await
    }

    #[tokio::test]
    async fn a_date_is_explained_day_by_day() {
        let line = ["2026-11-20T15:01:00+07:00", "2", "workingDay"];
        let text = said(&line).await.expect("a date");
        // Friday after the cut-off counts as Monday; Tuesday 24 November is a public holiday.
        for part in ["26/11/2026", "17:00", "Ngày Văn hóa"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let at = ["--at", "2026-11-27T09:00:00+07:00"];
        let text = said(&[&line[..], &at].concat()).await.expect("a date");
        assert!(text.contains("trễ hạn"), "{text}");
    }

    #[tokio::test]
    async fn the_json_says_all_that_the_date_was_found_by() {
        let line = "2026-06-01T09:00:00+07:00 5 workingDay --json --channel kiosk --cut-off 16:00";
        let mut words: Vec<&str> = line.split(' ').collect();
        words.extend(["--then", "13 day", "--extend", "3 day"]);
        words.extend([
            "--pause",
            "2026-06-03T08:00:00+07:00/2026-06-04T08:00:00+07:00/applicant",
        ]);
        let answer: Value =
            serde_json::from_str(&said(&words).await.expect("a date")).expect("JSON");
        // Monday and five days are Monday 8, a day later for the pause; 13 days: Monday 22; three more: Thursday 25.
        assert_eq!(answer["dueAt"], "2026-06-25T17:00:00+07:00");
        assert_eq!(answer["receivedOn"], "2026-06-01");
        assert_eq!(answer["then"].as_array().map(Vec::len), Some(2));
        assert_eq!(answer["estimated"], false);
        let paused = answer["steps"].as_array().expect("steps");
        assert!(paused.iter().any(|s| s["what"] == "suspended"), "{answer}");
    }

    #[tokio::test]
    async fn what_cannot_be_is_named() {
        for (words, part) in [
            ("2026-06-01T09:00:00+07:00 0 workingDay", "more than zero"),
            ("2026-06-01T09:00:00+07:00 1.5 month", "whole numbers"),
            ("2026-06-01T09:00:00+07:00 5 fortnight", "workingHour"),
            ("2026-06-01T09:00:00+07:00 5 day --cut-off 3pm", "HH:MM"),
            ("yesterday 5 day", "yesterday"),
        ] {
            let words: Vec<&str> = words.split(' ').collect();
            let error = format!("{:#}", said(&words).await.expect_err(part));
            assert!(error.contains(part), "{error}");
        }
    }
}
