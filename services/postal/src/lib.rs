//! The public postal service (dịch vụ bưu chính công ích): results of dossiers on their way to people.
//!
//! Law: QĐ 45/2016/QĐ-TTg art. 9–10, 14; TT 17/2017/TT-BTTTT art. 5, 7.
//!
//! ```text
//! DossierChanged(done, by post) ──▶ shipment `ready` ──manifest──▶ handedToPost ──events──▶ inTransit ──▶ delivered
//!                                        │ withdrawn, returned                │    └──▶ invited ×2 ──▶ returnedToAgency
//!                                        └──▶ cancelled                       └──▶ lost, damaged
//! every change ──▶ ShipmentChanged (version + 1)
//! ```
//!
//! - One order per dossier and direction; a dossier's older event changes nothing.
//! - The state is never written by hand: it is [`domain::fold`] over everything reported, in order of occurrence. So
//!   events may come late, twice and in any order, and an event that breaks a rule counts by itself once the missing ones have come.
//! - A hand-over record is all or nothing, over shipments of one agency, locked until it is written.
//! - Receiver, contact and proof of delivery are sealed at rest; a full identity number is checked and never stored.
//! - The post office sees who gets an item and where; of the dossier it sees the number. Another's shipment is not found.

pub mod app;
pub mod domain;
pub mod error;
pub mod events;
pub mod http;
pub mod jobs;
mod migrations;
pub mod store;

use crate::app::{App, National};
use crate::domain::event::EventCode;
use actix_web::web;
use anyhow::Context as _;
use contracts::events::{DossierChanged, UnitsChanged};
use durable::{Bus, Db, Worker};
use futures_util::future::BoxFuture;
use kit::Runtime;
use sea_orm_migration::MigrationTrait;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::Arc;

/// The documented defaults.
pub const DEFAULTS: &str = include_str!("../config.default.toml");

/// Settings of this service.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The database.
    pub database: durable::Config,
    /// Largest request body, bytes.
    pub max_body_bytes: usize,
    /// Client id of the postal operator that gets the orders.
    pub operator: String,
    /// Other operators for some agencies: agency code → client id.
    pub agency_operators: BTreeMap<String, String>,
    /// Service indicator of the item numbers we allocate: two capital letters.
    pub item_prefix: String,
    /// Working days after the hand-over in which an item must arrive (J+n).
    pub delivery_working_days: u32,
    /// The operator's codes: code → our name.
    pub codes: BTreeMap<String, String>,
}

impl Config {
    /// The operator of an agency's shipments.
    pub fn operator_of(&self, agency: &str) -> &str {
        self.agency_operators.get(agency).unwrap_or(&self.operator)
    }

    /// The mapping table, checked.
    ///
    /// # Errors
    /// When a code stands for something that an operator cannot report, or the prefix is not one.
    pub fn checked_codes(&self) -> anyhow::Result<BTreeMap<String, EventCode>> {
        anyhow::ensure!(
            domain::item::allocate(&self.item_prefix, 1).is_some(),
            "item_prefix must be two capital letters"
        );
        self.codes
            .iter()
            .map(|(code, name)| {
                let meaning = EventCode::parse(name)
                    .filter(|c| c.reportable())
                    .with_context(|| {
                        format!("codes.{code}: {name} is not one of our event names")
                    })?;
                Ok((code.clone(), meaning))
            })
            .collect()
    }
}

impl durable::service::HasDatabase for Config {
    fn database(&self) -> &durable::Config {
        &self.database
    }
}

/// The document of the public operations.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let document = kit::server::openapi(
        "Một Cửa – bưu chính",
        "Trả kết quả qua dịch vụ bưu chính công ích: bàn giao, sự kiện, phát. / Results of dossiers by the public postal service.",
        http::configure,
    );
    durable::operations::name(document, "postal")
}

/// The schema, oldest step first.
pub fn migrations() -> Vec<Box<dyn MigrationTrait>> {
    migrations::all()
}

/// Serves, and works on what comes in, until the runtime's lifecycle stops.
///
/// # Errors
/// When the database cannot be opened, a setting is wrong, or the listener cannot be used.
pub fn start(
    config: Config,
    listener: TcpListener,
    rt: &Runtime,
    bus: &Bus,
) -> kit::process::Starting {
    let (rt, bus) = (rt.clone(), bus.clone());
    Box::pin(async move {
        let (rt, bus) = (&rt, &bus);

        let app = state(config, rt).await?;
        worker(&app, bus).spawn();
        serve(app, listener)
    })
}

/// Answers requests only, without a worker.
///
/// # Errors
/// When the listener cannot be used.
pub fn serve(app: Arc<App>, listener: TcpListener) -> anyhow::Result<()> {
    let rt = app.rt.clone();
    let max_body = app.config.max_body_bytes;
    let db = web::Data::new(app.db.clone());
    let data = web::Data::new(app);
    kit::server::serve("postal", listener, &rt, max_body, move |routes| {
        routes.app_data(data.clone()).app_data(db.clone());
        http::configure(routes);
    })?;
    Ok(())
}

/// The state of the service over an opened database.
///
/// # Errors
/// When the database cannot be opened or a setting is wrong.
pub fn state(config: Config, rt: &Runtime) -> BoxFuture<'static, anyhow::Result<Arc<App>>> {
    let rt = rt.clone();
    Box::pin(async move {
        let rt = &rt;

        let db = Db::open(&config.database, rt).await?;
        Ok(Arc::new(App {
            codes: config.checked_codes()?,
            db,
            rt: rt.clone(),
            config,
            calendar: National::new(),
        }))
    })
}

/// The worker with everything this service listens to.
pub fn worker(app: &Arc<App>, bus: &Bus) -> Worker<App> {
    let late = app
        .rt
        .metrics
        .gauges("postal_shipments", "Shipments that need attention");
    Worker::new("postal", &app.db, bus, &app.rt, Arc::clone(app))
        .on::<DossierChanged, _, _>(events::dossier_changed)
        .on::<UnitsChanged, _, _>(events::units_changed)
        .every("count-overdue", jobs::OVERDUE_PERIOD, move |app| {
            jobs::count_overdue(app, late.clone())
        })
}
