//! The service as a process of its own.

fn main() -> std::process::ExitCode {
    durable::service::main(
        "notifications",
        notifications::DEFAULTS,
        notifications::migrations,
        notifications::start,
    )
}
