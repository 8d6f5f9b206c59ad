//! The rest of the bad input of the law's clock: two officers at once, names that deceive, calendars without a working day, absurd
//! terms.

use crate::world::{COMMUNE, PROCEDURE, World, agency, procedure, text};
use chrono::{Duration, NaiveDate};
use serde_json::{Value, json};
use testkit::actors;
use vn::worktime::{CalendarSpec, DaySpec, DayUse, Term, Unit, WeekSpec};

#[tokio::test]
async fn of_two_officers_at_once_one_is_told_the_newer_state() {
    let w = World::new().await;
    let filed = w.file().await;
    let body = json!({"reason": "Không thuộc thẩm quyền"});
    let officer = actors::officer();
    let (one, other) = tokio::join!(
        w.command(&officer, &filed, "receive", json!({})),
        w.command(&officer, &filed, "refuse", body.clone()),
    );
    let (won, lost) = if one.status == 200 {
        (one, other)
    } else {
        (other, one)
    };
    let won = won.expect(200).json();
    let problem = lost.expect_problem(412, "precondition.failed");
    assert_eq!(problem["version"], 2);
    assert_eq!(problem["state"], won["status"]["key"]);
    let step = text(&problem["step"]);
    assert!(!step.is_empty());
    // Repeated on the newer version without looking: refused by the state, told the same three.
    for command in ["receive", "refuse"] {
        let problem = w
            .command(
                &officer,
                &won,
                command,
                if command == "refuse" {
                    body.clone()
                } else {
                    json!({})
                },
            )
            .await
            .expect_problem(409, "dossier.action-not-open");
        assert_eq!(
            (&problem["version"], &problem["state"], &problem["step"]),
            (&json!(2), &won["status"]["key"], &json!(step))
        );
        assert_eq!(problem["command"], command);
    }
    assert_eq!(w.events(&filed).await.len(), 2, "nothing else has happened");
    assert_eq!(dossier::verify(w.db()).await.expect("database"), []);
}

#[tokio::test]
async fn names_that_deceive_are_refused_and_what_nobody_sees_is_taken_out() {
    let w = World::new().await;
    let citizen = w.app.as_(&actors::citizen());
    let good = w.body(&actors::citizen()).await;
    let named = |name: &str| {
        let mut body = good.clone();
        body["applicant"]["name"] = json!(name);
        body
    };
    for trick in [
        "Nguy\u{1ec5}n V\u{430}n An",
        "N\u{ff27}uyễn Văn An",
        "An\u{300}\u{301}\u{302}\u{303}\u{304}",
        "Nguyễn\u{3164}Văn An",
    ] {
        let problem = citizen
            .post("/api/v1/dossiers", &named(trick))
            .await
            .expect_problem(422, "body.invalid");
        assert_eq!(
            (
                &problem["errors"][0]["pointer"],
                &problem["errors"][0]["code"]
            ),
            (&json!("/applicant/name"), &json!("name.deceptive")),
            "{trick:?}"
        );
    }
    let mut post = good.clone();
    post["return"] = json!({"method": "post", "receiverName": "B\u{456}nh",
        "address": {"provinceCode": "24", "communeCode": COMMUNE, "street": "Số 1"}});
    let problem = citizen
        .post("/api/v1/dossiers", &post)
        .await
        .expect_problem(422, "body.invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/return/receiverName");
    // Pasted from elsewhere, in single letters and marks, with invisible ones between: the same name.
    let pasted = "\u{202e}Nguye\u{302}\u{303}n\u{200b} Va\u{306}n\u{a0}An\u{feff}";
    let filed = citizen
        .post("/api/v1/dossiers", &named(pasted))
        .await
        .expect(201)
        .json();
    assert_eq!(filed["applicant"]["name"], "Nguyễn Văn An");
}

/// The due date that an agency with this calendar promises.
async fn promised(spec: CalendarSpec) -> Value {
    let w = World::new().await;
    let mut changed = agency("H05.21", 2);
    changed.calendar = spec;
    w.deliver(&changed).await;
    let filed = w.file().await;
    assert!(filed["checkDueAt"].is_string(), "{filed}");
    let received = w.go(&actors::officer(), &filed, "receive", json!({})).await;
    let asked = w
        .go(
            &actors::officer(),
            &received,
            "request-supplement",
            json!({"reason": "Mờ", "items": [{"content": "Chụp lại"}]}),
        )
        .await;
    assert!(asked["supplement"]["dueAt"].is_string(), "{asked}");
    received["dueAt"].clone()
}

#[tokio::test]
async fn a_calendar_without_a_working_day_promises_by_the_national_one() {
    let never = || Some(Vec::new());
    let week = WeekSpec {
        monday: never(),
        tuesday: never(),
        wednesday: never(),
        thursday: never(),
        friday: never(),
        saturday: never(),
        sunday: never(),
    };
    let spec = CalendarSpec {
        week: Some(week),
        ..CalendarSpec::default()
    };
    assert_eq!(promised(spec).await, "2026-11-18T10:00:00Z");
}

#[tokio::test]
async fn a_calendar_that_is_off_for_years_answers_and_promises_nothing_false() {
    let first = NaiveDate::from_ymd_opt(2026, 11, 16).expect("a day");
    let off = |n| DaySpec {
        date: first + Duration::days(n),
        r#use: DayUse::Off,
        name: "Nghỉ".to_owned(),
        shifts: None,
    };
    let spec = CalendarSpec {
        days: (0..6000).map(off).collect(),
        ..CalendarSpec::default()
    };
    let due = promised(spec).await;
    // Either no date at all, or one after the days off; never one within them.
    let last = (first + Duration::days(6000)).to_string();
    assert!(
        due.is_null() || due.as_str().is_some_and(|due| due > last.as_str()),
        "{due}"
    );
}

#[tokio::test]
async fn absurd_terms_promise_no_date_and_break_nothing() {
    for (value, unit) in [
        (0, Unit::WorkingDay),
        (-3, Unit::WorkingDay),
        (i64::MAX, Unit::Day),
        (40_000, Unit::Day),
    ] {
        assert!(Term::whole(value, unit).is_err(), "{value} {unit:?}");
    }
    for absurd in [
        "0",
        "-1",
        "1e9",
        "0.0001",
        "99999999999999999999",
        "NaN",
        "",
    ] {
        assert!(Term::parse(absurd, "workingDay").is_err(), "{absurd:?}");
    }
    // The longest that is one: a century of working days.
    let w = World::new().await;
    let mut long = procedure(PROCEDURE, 2);
    for method in &mut long.methods {
        method.term = Term::whole(100, Unit::Year).ok();
    }
    assert!(long.methods[0].term.is_some());
    w.deliver(&long).await;
    let filed = w.file().await;
    let received = w.go(&actors::officer(), &filed, "receive", json!({})).await;
    let due = received["dueAt"].as_str().map(str::to_owned);
    assert!(due.is_none_or(|due| due.starts_with("2126-")), "{received}");
}
