//! The identity service as a process of its own: `identity` serves, `identity migrate` brings the schema up to date.

use std::process::ExitCode;

fn main() -> ExitCode {
    durable::service::main(
        "identity",
        identity::DEFAULTS,
        identity::migrations,
        identity::start,
    )
}
