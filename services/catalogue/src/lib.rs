//! The catalogue: administrative procedures (thủ tục hành chính) with their versions, agencies and administrative units.
//!
//! Procedures come from the national portal's own JSON ([`import_procedures`]), are cleaned and structured without losing what was
//! published ([`domain`]), and are versioned by the hash of their content. Search runs in memory over folded names; the running service
//! follows a counter of changes in the database, so an import by another process is seen within two seconds. Every change is published
//! (`ProcedureChanged`, `AgencyChanged`, `UnitsChanged`); other services keep their own copies and never ask here.

mod app;
pub mod domain;
pub mod error;
#[doc(hidden)]
pub mod fuzz;
mod http;
mod live;
mod migrations;
mod store;

pub use app::export::{Format, export};
pub use app::import::{
    BrokenLine, ChangeKind, Changed, ImportOptions, ImportRefused, ImportSummary, OnProgress,
    Progress, import_procedures,
};
pub use app::quality::{QualityExample, QualityKind, QualityReport, quality_report};
pub use app::reference::{Kind, ReferenceOptions, ReferenceSummary, Unreadable, import_reference};
pub use app::seed::seed_demo;
pub use domain::difference::Difference;
pub use store::drafts::Who;
pub use store::procedures::Source;

use anyhow::Context as _;
use chrono::NaiveDate;
use durable::{Bus, Db, Worker};
use kit::Runtime;
use live::Live;
use sea_orm_migration::MigrationTrait;
use serde::{Deserialize, Serialize};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

/// The catalogue's own settings; documented in `config.default.toml`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The database.
    pub database: durable::Config,
    /// Limits of an import over HTTP.
    pub import: Import,
}

/// Limits of an import over HTTP.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Import {
    /// Bytes of the body, as sent.
    pub max_body_bytes: u64,
    /// Bytes that a compressed body may unpack to.
    pub max_unpacked_bytes: u64,
}

impl durable::service::HasDatabase for Config {
    fn database(&self) -> &durable::Config {
        &self.database
    }
}

/// The documented defaults of [`Config`].
pub const DEFAULTS: &str = include_str!("../config.default.toml");

/// What handlers share.
struct App {
    db: Db,
    rt: Runtime,
    config: Config,
    live: Arc<Live>,
}

impl App {
    /// Today in Vietnam.
    fn today(&self) -> NaiveDate {
        vn::worktime::local_date(self.rt.clock.now())
    }
}

/// The OpenAPI document of this service.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let document = kit::server::openapi(
        "Một Cửa: catalogue",
        "Administrative procedures (thủ tục hành chính), agencies and administrative units.",
        http::configure,
    );
    durable::operations::name(document, "catalogue")
}

/// The steps that make the schema, oldest first.
pub fn migrations() -> Vec<Box<dyn MigrationTrait>> {
    migrations::all()
}

/// How often it is looked whether the first day of a scheduled version has come.
const IN_FORCE_EVERY: Duration = Duration::from_secs(60);

/// The worker that sends this service's events, puts scheduled versions in force and tells of agencies that begin or end. It listens to
/// nothing.
pub fn worker(db: &Db, bus: &Bus, rt: &Runtime) -> Worker<()> {
    let (of, with) = (db.clone(), rt.clone());
    Worker::new("catalogue", db, bus, rt, Arc::new(())).every(
        "procedures-in-force",
        IN_FORCE_EVERY,
        move |_nothing| {
            let (db, rt) = (of.clone(), with.clone());
            async move {
                app::drafts::publish_due(&db, &rt).await?;
                app::agencies::tell_begun_and_ended(&db, &rt).await?;
                Ok(())
            }
        },
    )
}

/// Opens the database, fills the search index and serves; everything runs on the runtime's lifecycle.
///
/// # Errors
/// When the database cannot be opened or read, or the listener cannot be used.
pub fn start(
    config: Config,
    listener: TcpListener,
    rt: &Runtime,
    bus: &Bus,
) -> kit::process::Starting {
    let (rt, bus) = (rt.clone(), bus.clone());
    Box::pin(async move {
        let (rt, bus) = (&rt, &bus);

        let db = Db::open(&config.database, rt)
            .await
            .context("catalogue database")?;
        let live = Arc::new(Live::new());
        live.refresh(&db).await.context("search index")?;
        rt.lifecycle.spawn(
            "catalogue index",
            Arc::clone(&live).follow(db.clone(), rt.lifecycle.stopping()),
        );
        worker(&db, bus, rt).spawn();
        let operated = actix_web::web::Data::new(db.clone());
        let app = actix_web::web::Data::new(App {
            db,
            rt: rt.clone(),
            config,
            live,
        });
        kit::server::serve("catalogue", listener, rt, MAX_BODY, move |cfg| {
            cfg.app_data(app.clone()).app_data(operated.clone());
            http::configure(cfg);
        })?;
        Ok(())
    })
}

/// A draft with all its texts fits; only imports take more, and they stream.
const MAX_BODY: usize = 1 << 20;

/// The working time of an agency, for tools that compute due dates; `None`: there is no such agency.
///
/// # Errors
/// The database's.
pub async fn agency_calendar(
    db: &Db,
    code: &str,
) -> Result<Option<vn::worktime::CalendarSpec>, durable::sea_orm::DbErr> {
    let days = app::agencies::national_days(db.read()).await?;
    let found = store::agencies::one(db.read(), code).await?;
    Ok(found.map(|(agency, _)| app::agencies::with_days(&agency.calendar, &days)))
}
