//! What filing, transitions and reconcilers cost, on the `PostgreSQL` server of `MOTCUA_TEST_POSTGRES_URL` (see `e2e/servers/figures.sh`,
//! which starts one that syncs to the disk).
//!
//! ```text
//! figures [--small 10000] [--large 1000000] [--seconds 30] [--server-log PATH]
//! ```
//!
//! Filing is compared with `pgbench` running the same statements: they are taken from the server's log of one filing, their ids made
//! new for each run. Transitions are given at a steady rate, and their time counts from the moment at which they were due to be given.

mod fill;
mod load;
mod statements;

use anyhow::{Context as _, bail, ensure};
use durable::Bus;
use kit::{Clock, Runtime};
use load::World;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;
use suite::dossier;
use testkit::{TestApp, TestDb};

/// Transitions a second.
const RATE: u32 = 100;
/// Seconds of transitions that are not counted.
const WARM: u32 = 3;
/// Who files side by side, and connections of pgbench.
const CLIENTS: usize = 8;
/// Dossiers whose answer did not come.
const DUE: u32 = 400;

struct Arguments {
    small: u32,
    large: u32,
    seconds: u32,
    server_log: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let arguments = arguments()?;
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(run(&arguments))
}

fn arguments() -> anyhow::Result<Arguments> {
    let mut out = Arguments {
        small: 10_000,
        large: 1_000_000,
        seconds: 30,
        server_log: None,
    };
    let mut given = std::env::args().skip(1);
    while let Some(name) = given.next() {
        let value = given
            .next()
            .with_context(|| format!("{name} needs a value"))?;
        match name.as_str() {
            "--small" => out.small = value.parse()?,
            "--large" => out.large = value.parse()?,
            "--seconds" => out.seconds = value.parse()?,
            "--server-log" => out.server_log = Some(value.into()),
            _ => bail!("{name} is not known"),
        }
    }
    let needed = RATE * (WARM + out.seconds);
    ensure!(
        out.large >= out.small
            && 2 * fill::working(out.small) >= needed
            && fill::working(out.large) >= needed,
        "--small is too few for {needed} transitions, or --large is smaller"
    );
    Ok(out)
}

/// Tells on standard output.
pub(crate) fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // Who reads it has gone away: then nobody misses it.
    let _written = writeln!(out, "{line}");
}

async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    ensure!(testkit::on_postgres(), "MOTCUA_TEST_BACKEND=postgres");
    let rt = Runtime {
        clock: Clock::System,
        workers: 2,
        ..testkit::runtime()
    };
    let test = TestDb::with(&rt, dossier::migrations).await;
    let files = tempfile::tempdir()?;
    let settings = [
        ("database.url", test.url()),
        ("database.poll_milliseconds", "500".to_owned()),
        ("files.dir", files.path().display().to_string()),
        ("supplement.check_seconds", "1".to_owned()),
    ];
    let config: dossier::Config = testkit::config(dossier::DEFAULTS, &settings);
    let bus = Bus::in_process();
    let app = TestApp::start(&rt, async |listener| {
        dossier::start(config, listener, &rt, &bus).await
    })
    .await;
    let world = World::new(app, test, bus).await?;

    filing(&world, arguments).await?;
    let templates = world.templates().await?;
    let mut before: Option<(u32, Duration)> = None;
    let mut there = 0;
    for size in [arguments.small, arguments.large] {
        let began = std::time::Instant::now();
        fill::add(&world, &templates, there, size).await?;
        there = size;
        say(&format!(
            "{size} dossiers with their journals are there ({} s)",
            began.elapsed().as_secs()
        ));
        let p95 = transitions(&world, size, arguments.seconds).await?;
        if let Some((small, was)) = before {
            say(&format!(
                "transitions: p95 with {size} dossiers is {}.{:02} times that with {small}",
                p95.as_micros() / was.as_micros().max(1),
                p95.as_micros() * 100 / was.as_micros().max(1) % 100
            ));
        }
        before = Some((size, p95));
        reconciler(&world, size).await?;
    }
    rt.lifecycle.shut_down(Duration::from_secs(10)).await;
    Ok(())
}

/// Filing beside pgbench, in turns, so that both meet the same machine: alone, and while what was filed goes out to a listener. pgbench
/// has a copy of the database, so that nobody sends what it writes.
async fn filing(world: &World, arguments: &Arguments) -> anyhow::Result<()> {
    let time = Duration::from_secs(u64::from(arguments.seconds).div_ceil(4));
    let script = match &arguments.server_log {
        Some(log) => Some(statements::of_one_filing(world, log).await?),
        None => None,
    };
    if let Some(script) = &script {
        say(&format!(
            "filing: one transaction of {} statements",
            script.statements
        ));
    }
    world.file(CLIENTS, Duration::from_secs(3)).await?;
    for (held, what) in [
        (true, "its event waits"),
        (false, "its event goes to a listener on the same server"),
    ] {
        world.hold(held).await?;
        let (mut ours, mut theirs) = (0, 0);
        for _ in 0..3 {
            if let Some(script) = &script {
                theirs += script.run(CLIENTS, time)?;
            }
            ours += world.file(CLIENTS, time).await?;
        }
        say(&format!(
            "filing: {} dossiers/s over HTTP, {what}",
            ours / 3
        ));
        if script.is_some() {
            say(&format!(
                "filing: pgbench with the same statements {}/s; ratio {}.{:02} ({CLIENTS} clients each, three turns)",
                theirs / 3,
                ours / theirs.max(1),
                ours * 100 / theirs.max(1) % 100
            ));
        }
    }
    world.hold(false).await
}

async fn transitions(world: &World, size: u32, seconds: u32) -> anyhow::Result<Duration> {
    // Warm: connections, plans, pages that are read again and again.
    world.transitions(size, RATE, WARM).await?;
    let mut times = world.transitions(size, RATE, seconds).await?;
    times.sort_unstable();
    let at = |percent: usize| {
        let last = times.len().saturating_sub(1);
        times
            .get((times.len() * percent / 100).min(last))
            .copied()
            .unwrap_or_default()
    };
    say(&format!(
        "transitions: {RATE}/s for {seconds} s with {size} dossiers: p50 {}, p95 {}, p99 {}",
        ms(at(50)),
        ms(at(95)),
        ms(at(99))
    ));
    Ok(at(95))
}

/// Milliseconds with one decimal.
fn ms(time: Duration) -> String {
    format!(
        "{}.{} ms",
        time.as_micros() / 1000,
        time.as_micros() % 1000 / 100
    )
}

/// What the reconcilers read when nothing is due, and what they take when something is.
async fn reconciler(world: &World, size: u32) -> anyhow::Result<()> {
    let (idle, before) = (std::time::Instant::now(), read_rows(world).await?);
    tokio::time::sleep(Duration::from_secs(10)).await;
    let rows = read_rows(world).await? - before;
    let per_second = rows * 1000 / i64::try_from(idle.elapsed().as_millis())?.max(1);
    let details = overdue(world).await?;
    world
        .execute(&format!(
            "update dossier set supplement_due_at = now() - interval '1 hour', details = '{details}' where id in \
             (select id from dossier where status = 'supplementRequested' order by id limit {DUE})"
        ))
        .await?;
    let began = std::time::Instant::now();
    let open = "select count(*) from dossier where status = 'supplementRequested' and supplement_due_at < now()";
    while world.number(open).await? > 0 {
        ensure!(
            began.elapsed() < Duration::from_secs(300),
            "the reconciler does not come to an end"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    say(&format!(
        "reconciler: with {size} dossiers, none due, it reads {per_second} rows of them a second; {DUE} due are stopped in {}",
        ms(began.elapsed())
    ));
    Ok(())
}

/// The sealed details of a dossier whose answer was due an hour ago: the column finds it, the details decide. All that wait are copies of
/// one.
async fn overdue(world: &World) -> anyhow::Result<String> {
    let rows = world
        .rows("select details from dossier where status = 'supplementRequested' limit 1")
        .await?;
    let sealed: String = rows
        .first()
        .context("a dossier that waits")?
        .try_get_by_index(0)?;
    let rt = &world.app.rt;
    let mut details: serde_json::Value = serde_json::from_str(&rt.sealer.open(&sealed)?)?;
    let due = details
        .pointer_mut("/supplement/dueAt")
        .context("when the answer is due")?;
    *due = serde_json::to_value(rt.clock.now() - chrono::Duration::hours(1))?;
    Ok(rt.sealer.seal(rt.ids, &details.to_string()))
}

/// Rows of the dossier table that were read so far, by scan or by index.
async fn read_rows(world: &World) -> anyhow::Result<i64> {
    // The server's counters come late: ask once they can be there.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    world
        .number(
            "select (coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::bigint from pg_stat_user_tables \
             where relname = 'dossier'",
        )
        .await
}
