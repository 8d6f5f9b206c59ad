//! The fault harness: the separate services against servers of its own, people who file without pause, and a seeded row of faults.
//! Afterwards the databases must tell of every filing exactly once.
//!
//! `servers` are the servers, `world` the services and the lines between them, `load` the people, `plan` which faults in which order,
//! `inject` what each fault does, `check` what must hold afterwards, `sabotage` that the check can fail, `one_process` the edition in
//! one process, `figures` what is measured.

mod check;
mod figures;
mod inject;
mod load;
mod messages;
mod one_process;
mod plan;
mod probe;
mod run;
mod sabotage;
mod servers;
mod world;

pub use run::{Options, run};

use std::time::{Duration, Instant};

/// Tells on standard output what happens, with the time since the start.
#[expect(clippy::print_stdout, reason = "what the harness is asked for")]
fn say(started: Instant, line: &str) {
    println!("{:>7.1} {line}", started.elapsed().as_secs_f32());
}

/// Asks again until it is so, or time is over.
async fn until<F>(patience: Duration, mut ask: impl FnMut() -> F) -> bool
where
    F: Future<Output = anyhow::Result<bool>>,
{
    let started = Instant::now();
    loop {
        // A server that is away says nothing; the next question may be answered.
        if matches!(ask().await, Ok(true)) {
            return true;
        }
        if started.elapsed() > patience {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(40)).await;
    }
}
