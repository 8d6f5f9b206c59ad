//! The edition in one process, killed at random instants while people file.

use super::check::{self, Verdict};
use super::load::{Load, PATIENCE};
use super::plan::Dice;
use super::servers;
use super::{until, world};
use anyhow::{Context as _, ensure};
use durable::sea_orm::Database;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use url::Url;

/// How long it may take until it is ready.
const START: Duration = Duration::from_secs(60);
/// Time between two kills, milliseconds.
const SHORTEST: u64 = 300;
const LONGEST: usize = 3000;

struct Suite {
    child: Child,
    program: std::path::PathBuf,
    data: tempfile::TempDir,
    http: u16,
    admin: u16,
}

impl Suite {
    fn spawn(program: &Path, data: &Path, http: u16, admin: u16) -> anyhow::Result<Child> {
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(data.join("log"))?;
        Ok(Command::new(program)
            .args(["serve", "--demo", "--data"])
            .arg(data)
            .args(["--bind", &format!("127.0.0.1:{http}")])
            .args(["--admin-bind", &format!("127.0.0.1:{admin}")])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()?)
    }

    async fn ready(&self) -> anyhow::Result<()> {
        let url: Url = format!("http://127.0.0.1:{}/readyz", self.admin).parse()?;
        let client = kit::Client::new(kit::Directory::default())?;
        client.trust(&url);
        let (client, url) = (&client, &url);
        let ready = until(START, || async move {
            Ok(client.get_url(url.clone()).send().await?.status() == 200)
        })
        .await;
        ensure!(
            ready,
            "the suite is not ready: {}",
            std::fs::read_to_string(self.data.path().join("log")).unwrap_or_default()
        );
        Ok(())
    }

    fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Suite {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.kill());
    }
}

/// Files, kills `kills` times, and checks. Returns the verdict, and how long each start took until it was ready.
pub(super) async fn run(
    programs: &Path,
    seed: u64,
    kills: usize,
    count: usize,
    people: usize,
) -> anyhow::Result<(Verdict, Vec<Duration>)> {
    let mut dice = Dice::new(seed);
    let mut taken = Vec::new();
    let data = tempfile::Builder::new()
        .prefix("motcua-faults-")
        .tempdir()?;
    let (http, admin) = (world::free_port(&mut taken)?, world::free_port(&mut taken)?);
    let program = programs.join("motcua");
    let mut suite = Suite {
        child: Suite::spawn(&program, data.path(), http, admin)?,
        program,
        data,
        http,
        admin,
    };
    suite.ready().await?;
    let gateway: Url = format!("http://127.0.0.1:{http}").parse()?;
    let mut load = Load::start(&gateway, count, people, PATIENCE).await?;
    let mut starts = Vec::new();
    for _ in 0..kills {
        let wait = SHORTEST + u64::try_from(dice.below(LONGEST))?;
        tokio::time::sleep(Duration::from_millis(wait)).await;
        suite.kill()?;
        let began = Instant::now();
        suite.child = Suite::spawn(&suite.program, suite.data.path(), suite.http, suite.admin)?;
        suite.ready().await?;
        starts.push(began.elapsed());
    }
    load.finish().await;
    let mut verdict = Verdict::default();
    check::people(&load, &mut verdict).await;
    let data = suite.data.path().to_string_lossy().into_owned();
    let out = Command::new(&suite.program)
        .args(["--data", &data, "verify", "--json", "--wait", "120"])
        .output()?;
    check::verified(&out, &mut verdict)?;
    let db = Database::connect(format!("sqlite://{data}/dossier.db"))
        .await
        .context("the database of dossiers")?;
    check::filings(&db, std::slice::from_ref(&load), &mut verdict).await?;
    db.close().await?;
    servers::command("kill", &["-TERM", &suite.child.id().to_string()]).await?;
    let status = suite.child.wait()?;
    ensure!(
        status.success(),
        "the suite ended with {status} after SIGTERM"
    );
    Ok((verdict, starts))
}
