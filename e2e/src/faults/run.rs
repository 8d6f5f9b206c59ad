//! One run: faults while people file, then the checks, then what was measured.

use super::check::{self, Verdict};
use super::inject::{Hands, Outcome};
use super::load::{Load, PATIENCE};
use super::plan::{self, Dice};
use super::probe::{self, Probe};
use super::world::World;
use super::{figures, one_process, sabotage, say, until};
use anyhow::Context as _;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How long the first new effect after a fault may take before that is a finding of its own.
const RECOVERY: Duration = Duration::from_secs(90);

/// What to run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the programs of the suite are.
    pub programs: PathBuf,
    /// Of the row of faults.
    pub seed: u64,
    /// Dossiers at least.
    pub count: usize,
    /// Faults in the separate services; at least one of each kind when it is 0.
    pub faults: usize,
    /// Each kind of the short form once instead.
    pub short: bool,
    /// Leave out the faults whose name contains this.
    pub without: Option<String>,
    /// Kills of the edition in one process.
    pub kills: usize,
    /// People who file side by side.
    pub people: usize,
    /// Processes of each service.
    pub replicas: usize,
    /// Break guarantees at the end, which must be noticed.
    pub sabotage: bool,
    /// Measure the relay and the way of an event first.
    pub figures: bool,
    /// Take the broker away for so long, under load; not at all when zero.
    pub broker_away: Duration,
    /// Where the services' logs go when something does not hold.
    pub logs: PathBuf,
}

/// Runs it all; whether everything holds.
///
/// # Errors
/// When something cannot be started or read.
pub async fn run(options: &Options) -> anyhow::Result<bool> {
    kit::process::install_crypto();
    probe::silence();
    let started = Instant::now();
    say(started, &format!("seed {}", options.seed));
    let mut world = World::start(&options.programs, options.replicas).await?;
    say(
        started,
        &format!(
            "{} processes of each service run, on PostgreSQL, RabbitMQ and Redis of their own",
            options.replicas
        ),
    );
    if !world.own_disk {
        say(
            started,
            "not root in a mount namespace: the object store is never full",
        );
    }
    if options.figures {
        figures::machinery(&world, started).await?;
    }
    let mut holds = true;
    if options.faults > 0 || options.count > 0 {
        let outcome = separate(options, &mut world, started).await;
        if !matches!(outcome, Ok(true)) {
            world.keep_logs(&options.logs)?;
            say(started, &format!("logs are in {}", options.logs.display()));
        }
        holds = outcome?;
    }
    if !options.broker_away.is_zero() {
        figures::broker_away(&mut world, options, started).await?;
    }
    drop(world);
    if options.kills > 0 {
        let (verdict, mut starts) = one_process::run(
            &options.programs,
            options.seed,
            options.kills,
            options.count.div_ceil(10).max(5),
            options.people,
        )
        .await?;
        starts.sort_unstable();
        say(
            started,
            &format!(
                "the suite in one process was killed {} times; ready again: {}",
                options.kills,
                spread(&starts)
            ),
        );
        holds &= tell(started, "one process", &verdict);
    }
    say(
        started,
        if holds {
            "everything holds"
        } else {
            "SOMETHING DOES NOT HOLD"
        },
    );
    Ok(holds)
}

async fn separate(options: &Options, world: &mut World, started: Instant) -> anyhow::Result<bool> {
    let count = options.faults.max(plan::kinds(world.own_disk));
    let mut row = if options.short {
        plan::short(options.seed)
    } else {
        plan::plan(options.seed, count, world.own_disk)
    };
    if let Some(without) = &options.without {
        row.retain(|fault| !fault.to_string().contains(without));
    }
    let probe = Probe::start(world).await?;
    let mut load = Load::start(&world.gateway()?, options.count, options.people, PATIENCE).await?;
    let (dossier, notifications) = (
        world.database("dossier").await?,
        world.database("notifications").await?,
    );
    let load_ref = &load;
    let warm = until(PATIENCE, || async move { Ok(load_ref.finished() > 0) }).await;
    anyhow::ensure!(warm, "no dossier came to its end before the first fault");
    let mut dice = Dice::new(options.seed ^ 1);
    let mut times: BTreeMap<&str, Vec<Duration>> = BTreeMap::new();
    let mut missing = Vec::new();
    let mut poison = 0;
    for (n, fault) in row.into_iter().enumerate() {
        let pause = 50 + u64::try_from(dice.below(300))?;
        tokio::time::sleep(Duration::from_millis(pause)).await;
        let mut hands = Hands {
            world,
            probe: &probe,
            poison: &mut poison,
            started: n,
        };
        let began = Instant::now();
        let outcome = hands.inject(fault).await;
        let ended = Instant::now();
        match outcome.with_context(|| format!("fault {n}: {fault}"))? {
            Outcome::Done => {}
            Outcome::Not(why) => {
                say(started, &format!("{n:>4} {fault}: not done: {why}"));
                continue;
            }
        }
        let (d, m) = (&dossier, &notifications);
        let mark = probe::mark(d).await;
        let mark = match mark {
            Ok(mark) => mark,
            // The connection of the harness itself was cut with the rest.
            Err(_) => probe::mark(d).await?,
        };
        let recovered = until(
            RECOVERY,
            || async move { probe::effect_since(d, m, mark).await },
        )
        .await;
        let took = ended.elapsed();
        if recovered {
            times.entry(fault.kind()).or_default().push(took);
        } else {
            missing.push(format!(
                "no effect within {RECOVERY:?} after fault {n}: {fault}"
            ));
        }
        missing.extend(world.fallen());
        say(
            started,
            &format!(
                "{n:>4} {fault}: {:.1} s; first new effect after {:.2} s; {} dossiers",
                ended.duration_since(began).as_secs_f32(),
                took.as_secs_f32(),
                load.finished()
            ),
        );
    }
    for service in super::world::SERVICES {
        world.ready(service).await?;
    }
    say(started, "no more faults; everybody finishes");
    load.finish().await;
    dossier.close().await?;
    notifications.close().await?;
    let mut loads = vec![load];
    let mut verdict = check::check(world, &loads, &probe, &mut poison, check::REST).await?;
    verdict.findings.extend(missing);
    say(
        started,
        "injected, and time from the end of the fault to the first new effect:",
    );
    for (kind, times) in &mut times {
        times.sort_unstable();
        say(
            started,
            &format!("  {kind:<32} {:>4} ×  {}", times.len(), spread(times)),
        );
    }
    say(
        started,
        &format!("  handlers that panicked {:>13}", probe.panicked()),
    );
    let mut holds = tell(started, "separate services", &verdict);
    if options.sabotage && holds {
        for (what, said) in sabotage::all(world, &mut loads, &probe).await? {
            match said {
                Some(said) => say(
                    started,
                    &format!("broken on purpose: {what}; caught: {said}"),
                ),
                None => {
                    say(started, &format!("broken on purpose: {what}; NOT CAUGHT"));
                    holds = false;
                }
            }
        }
    }
    probe.stop().await;
    Ok(holds)
}

/// Median and worst of sorted times.
pub(super) fn spread(sorted: &[Duration]) -> String {
    let at = |n: usize| sorted.get(n).copied().unwrap_or_default().as_secs_f32();
    format!(
        "p50 {:.2} s, worst {:.2} s",
        at(sorted.len().saturating_sub(1) / 2),
        at(sorted.len().saturating_sub(1))
    )
}

fn tell(started: Instant, what: &str, verdict: &Verdict) -> bool {
    say(started, &format!("checked, {what}:"));
    for (what, count) in &verdict.counts {
        say(started, &format!("  {what:<40} {count}"));
    }
    for finding in verdict.findings.iter().take(60) {
        say(started, &format!("  ✗ {finding}"));
    }
    if verdict.findings.is_empty() {
        say(started, "  ✓ nothing lost, nothing twice");
    } else {
        say(started, &format!("  {} findings", verdict.findings.len()));
    }
    verdict.findings.is_empty()
}
