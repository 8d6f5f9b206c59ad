//! `make faults`: see `e2e::faults`.

use anyhow::Context as _;
use clap::Parser;
use e2e::faults::{Options, run};
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Duration;

/// Injects faults while people file, and checks that nothing was lost and nothing done twice.
#[derive(Parser)]
struct Arguments {
    /// Of the row of faults; another one each time where none is given.
    #[arg(long)]
    seed: Option<u64>,
    /// Dossiers at least.
    #[arg(long, default_value_t = 5000)]
    count: usize,
    /// Faults in the separate services.
    #[arg(long, default_value_t = 480)]
    faults: usize,
    /// Only what comes back within seconds, each kind once: as in `make test`.
    #[arg(long)]
    short: bool,
    /// Leave out the faults whose name contains this.
    #[arg(long)]
    without: Option<String>,
    /// Kills of the suite in one process.
    #[arg(long, default_value_t = 30)]
    kills: usize,
    /// People who file side by side.
    #[arg(long, default_value_t = 6)]
    people: usize,
    /// Processes of each service.
    #[arg(long, default_value_t = 2)]
    replicas: usize,
    /// Do not break guarantees at the end to see that it is noticed.
    #[arg(long)]
    no_sabotage: bool,
    /// Measure the relay and the way of an event, too.
    #[arg(long)]
    figures: bool,
    /// Take the broker away for so many seconds under load.
    #[arg(long, default_value_t = 0)]
    broker_away: u64,
    /// Where the services' logs go when something does not hold.
    #[arg(long, default_value = ".local/faults-logs")]
    logs: PathBuf,
    /// Already in namespaces of its own.
    #[arg(long, hide = true)]
    inside: bool,
}

fn main() -> ExitCode {
    match start() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => kit::process::report("faults", Err(error)),
    }
}

fn start() -> anyhow::Result<bool> {
    let arguments = Arguments::parse();
    if !arguments.inside
        && let Some(passed) = in_namespaces()?
    {
        return Ok(passed);
    }
    let program = std::env::current_exe().context("the path of this program")?;
    let options = Options {
        programs: program
            .parent()
            .context("the folder of this program")?
            .to_owned(),
        seed: arguments
            .seed
            .unwrap_or_else(|| u64::from(u32::from_be_bytes(kit::Ids.bytes()))),
        count: arguments.count,
        faults: arguments.faults,
        short: arguments.short,
        without: arguments.without,
        kills: arguments.kills,
        people: arguments.people,
        replicas: arguments.replicas,
        sabotage: !arguments.no_sabotage,
        figures: arguments.figures,
        broker_away: Duration::from_secs(arguments.broker_away),
        logs: arguments.logs,
    };
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(run(&options))
}

/// Runs the same again where its processes and mounts are its own and go with it, however it ends. `None` where that is not possible.
fn in_namespaces() -> anyhow::Result<Option<bool>> {
    let separate = |command: &mut Command| {
        command.args(["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]);
    };
    let mut probe = Command::new("unshare");
    separate(&mut probe);
    if !probe
        .arg("true")
        .output()
        .is_ok_and(|out| out.status.success())
    {
        return Ok(None);
    }
    let mut again = Command::new("unshare");
    separate(&mut again);
    // A shell as the first process buries those whom nobody waits for.
    let status = again
        .args(["bash", "-c", "\"$@\"; exit $?", "faults"])
        .arg(std::env::current_exe()?)
        .arg("--inside")
        .args(std::env::args_os().skip(1))
        .status()?;
    Ok(Some(status.success()))
}
