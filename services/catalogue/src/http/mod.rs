//! The public API of the catalogue.

mod agencies;
mod imports;
mod procedures;
mod types;
mod units;

use utoipa_actix_web::service_config::ServiceConfig;

/// Registers every operation.
pub(crate) fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(procedures::list)
        .service(procedures::read)
        .service(procedures::versions)
        .service(procedures::fields)
        .service(agencies::list)
        .service(agencies::read)
        .service(units::provinces)
        .service(units::communes)
        .service(imports::procedures);
}

/// How long others may keep what changes seldom, seconds.
const PUBLIC_SECONDS: &str = "public, max-age=60";
