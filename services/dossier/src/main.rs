//! The dossier service as a process of its own.

fn main() -> std::process::ExitCode {
    durable::service::main(
        "dossier",
        dossier::DEFAULTS,
        dossier::migrations,
        dossier::start,
    )
}
