//! The gateway as a process of its own. The public document is compiled in.

use std::process::ExitCode;

/// Generated: `make openapi`.
const DOCUMENT: &str = include_str!("../../../openapi/public.json");

fn main() -> ExitCode {
    kit::process::main(
        "gateway",
        gateway::DEFAULTS,
        async |config: gateway::Config, listener, rt| {
            gateway::start(config, listener, rt, DOCUMENT).await
        },
    )
}
