//! The service as a process of its own.

fn main() -> std::process::ExitCode {
    durable::service::main(
        "postal",
        postal::DEFAULTS,
        postal::migrations,
        postal::start,
    )
}
