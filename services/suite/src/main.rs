//! `motcua`: the command line of the suite.

use clap::Parser as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    suite::cli::run(suite::cli::Arguments::parse())
}
