//! `catalogue` serves; `catalogue migrate` brings its schema up to date.

fn main() -> std::process::ExitCode {
    durable::service::main(
        "catalogue",
        catalogue::DEFAULTS,
        catalogue::migrations,
        catalogue::start,
    )
}
