//! `motcua tasks`: a person at the server sees what was given up, and acts.

use clap::Parser as _;
use contracts::Event;
use contracts::events::DossierChanged;
use durable::operations::journal;
use e2e::one_process::OneProcess;
use serde::{Deserialize, Serialize};
use testkit::{deliver, wait_for};
use uuid::Uuid;

/// Says that it is a dossier's event, and is not sealed as those are.
#[derive(Serialize, Deserialize)]
struct Forged {
    note: String,
}

impl Event for Forged {
    const TYPE: &'static str = DossierChanged::TYPE;
    const SOURCE: &'static str = "catalogue";
    fn subject(&self) -> String {
        "none".to_owned()
    }
    fn version(&self) -> i64 {
        1
    }
}

#[derive(clap::Parser)]
struct Line {
    #[command(flatten)]
    tasks: suite::tasks::Arguments,
}

async fn run(running: &OneProcess, words: &[&str]) -> anyhow::Result<String> {
    let line = Line::try_parse_from(["tasks"].iter().chain(words))?;
    suite::tasks::run(&running.suite.databases, line.tasks).await
}

async fn dead(running: &OneProcess) -> Uuid {
    wait_for("the task to be given up", || async {
        let all = run(running, &["dead"]).await.expect("a list");
        let line = all.lines().find(|line| line.contains("came unsealed"))?;
        assert!(line.contains("notifications"), "{line}");
        line.split(' ').next()?.parse().ok()
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_given_up_is_seen_run_again_and_put_away_by_command() {
    let running = OneProcess::start().await;
    let db = &running.suite.databases.notifications;
    let nothing = run(&running, &["dead"]).await.expect("a list");
    assert_eq!(nothing, "There are none.");
    let note = "của Nguyễn Văn An".to_owned();
    deliver(db, "notifications", &Forged { note }).await;
    let id = dead(&running).await;
    let text = id.to_string();
    let shown = run(&running, &["show", &text]).await.expect("the task");
    assert!(shown.contains("\"state\": \"dead\""), "{shown}");
    assert!(!shown.contains("Nguyễn"), "{shown}");
    let elsewhere = ["replay", &text, "--reason", "x", "--service", "postal"];
    run(&running, &elsewhere).await.expect_err("not of postal");
    run(&running, &["replay", &text, "--reason", " "])
        .await
        .expect_err("without a reason");
    let replay = ["replay", &text, "--reason", "đã sửa", "--by", "Quản trị"];
    run(&running, &replay).await.expect("replayed");
    assert_eq!(dead(&running).await, id, "nothing has changed about it");
    let discard = ["discard", &text, "--reason", "thư giả", "--by", "Quản trị"];
    run(&running, &discard).await.expect("put away");
    run(&running, &discard).await.expect_err("once");
    let nothing = run(&running, &["dead"]).await.expect("a list");
    assert_eq!(nothing, "There are none.");
    let entries = journal(db, id).await.expect("a journal");
    let acts: Vec<(&str, &str, &str)> = entries
        .iter()
        .map(|e| (e.action.as_str(), e.name.as_str(), e.reason.as_str()))
        .collect();
    assert_eq!(
        acts,
        [
            ("replay", "Quản trị", "đã sửa"),
            ("discard", "Quản trị", "thư giả")
        ]
    );
    assert!(running.suite.stop().await);
}
