//! The portal as a process of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    kit::process::main("portal", portal::DEFAULTS, portal::start)
}
