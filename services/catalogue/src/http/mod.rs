//! The public API of the catalogue.

mod agencies;
mod drafts;
mod editing;
mod imports;
mod procedures;
mod reference;
mod reports;
mod statistics;
mod types;
mod units;

use utoipa_actix_web::service_config::ServiceConfig;

/// Registers every operation.
pub(crate) fn configure(cfg: &mut ServiceConfig<'_>) {
    durable::operations::configure(cfg, "catalogue");
    cfg.service(procedures::list)
        .service(procedures::read)
        .service(procedures::versions)
        .service(procedures::version_of)
        .service(reports::source)
        .service(editing::withdraw)
        .service(editing::restore)
        .service(editing::journal)
        .service(editing::source_withdrawals)
        .service(editing::imports)
        .service(drafts::list)
        .service(drafts::create)
        .service(drafts::read)
        .service(drafts::write)
        .service(drafts::submit)
        .service(drafts::send_back)
        .service(drafts::publish)
        .service(drafts::discard)
        .service(procedures::suggest)
        .service(reports::export)
        .service(reports::quality)
        .service(statistics::fields)
        .service(statistics::statistics)
        .service(agencies::list)
        .service(agencies::read)
        .service(units::provinces)
        .service(units::communes)
        .service(agencies::history)
        .service(agencies::set_calendar)
        .service(reference::communes)
        .service(reference::mappings)
        .service(reference::calendar_days)
        .service(reference::subjects)
        .service(reference::results)
        .service(reference::import)
        .service(imports::procedures);
}

/// How long others may keep what changes seldom, seconds.
const PUBLIC_SECONDS: &str = "public, max-age=60";

/// The longest code of anything, characters.
const MAX_CODE: usize = 64;

/// A code in a path, or what such a thing is called when there is none: text that no database keeps names nothing.
fn known_shape(code: String, unknown: contracts::Code) -> Result<String, kit::Problem> {
    if code.chars().count() <= MAX_CODE && !code.chars().any(char::is_control) {
        Ok(code)
    } else {
        Err(kit::Problem::new(unknown))
    }
}

/// The code that a page ended with.
fn after_code(cursor: Option<&str>) -> Result<Option<String>, kit::Problem> {
    cursor
        .map(kit::page::decode_cursor::<String>)
        .transpose()?
        .map(|code| known_shape(code, contracts::problem::shared::CURSOR_INVALID))
        .transpose()
}
