//! Notices: who is told what, in the inbox, by mail and by text message.
//!
//! Law: NĐ 224/2026 art. 15(1)(g) – any change of a dossier is notified at once, with at least the agency, who has it, and the times of
//! reception, handling and return; NĐ 118/2025 art. 17, 22.
//!
//! ```text
//! DossierChanged, ShipmentChanged ──▶ domain::plan (pure) ──▶ inbox row ────────────────────────────▶ GET /api/v1/notifications
//!                                                        └──▶ delivery row + job, same transaction ──▶ SMTP | .eml   HTTP gateway | file
//! ```
//!
//! Each event tells each recipient over each channel once: (event id, recipient, channel) is unique. A letter may leave twice when we crash
//! between sending and noting it; it then carries the same `Message-ID`, a text message the same `Idempotency-Key`.
//!
//! # Kinds
//! `kind` of an inbox item is the dossier's command or `shipment.<state>`.
//!
//! | kind | applicant | role inbox of the agency |
//! |---|---|---|
//! | `file` | confirmation with the system's time | one-stop desk |
//! | `receive` | number and due date ✉✆ | specialist |
//! | `request-supplement` | reason ✉✆ | |
//! | `supplement` | confirmation | one-stop desk, or specialist while handled |
//! | `refuse` | reason ✉✆ | |
//! | `withdraw` | confirmation | one-stop desk |
//! | `start-handling` | | |
//! | `propose` | – | leader |
//! | `send-back` | – | specialist |
//! | `request-payment`, `confirm-payment` | amount or reason | specialist (`confirm-payment`) |
//! | `ask-fee`, `pay-fee`, `exempt-fee`, `refund-fee` | what is to be paid, or no more | |
//! | `message-applicant` | that the agency has written | |
//! | `message-agency` | – | one-stop desk, or specialist while handled |
//! | `stop` | reason | |
//! | `apologise` | both dates and the reason ✉✆ | |
//! | `give-time-back` | the new date, when one was promised | |
//! | `reopen`, `correct` | reason | specialist; of what was never received the one-stop desk |
//! | `hand-on` (a linked dossier) | – | one-stop desk |
//! | `approve` (or whatever leads to `done`) | result ready ✉✆ | one-stop desk |
//! | `hand-over`, `post-delivered` (or whatever leads to `returned`) | result returned ✉✆ | |
//! | `shipment.handedToPost` | item number | |
//! | `shipment.invited` | once per invitation ✉✆ | |
//! | `shipment.delivered` | who took it ✉✆ | |
//! | `shipment.returnedToAgency`, `shipment.lost`, `shipment.damaged` | what comes next | one-stop desk |
//!
//! The applicant gets every one of these in the inbox and by e-mail; those marked ✆ also as a text message. Any other command that changes the
//! public status is told by the status. Not told to the applicant: `propose`, `send-back`, `post-returned`, `keep-original`, `return-original`, what is done about a retention, `note-predecessor`, and a shipment that becomes
//! ready, in transit or cancelled. With the main story by post the applicant's inbox holds: `file`, `receive`, `start-handling`, `approve`,
//! `shipment.handedToPost`, `shipment.delivered`, `post-delivered`. Who filed at the counter without an account has no inbox, only mail
//! and text messages.

pub mod channel;
pub mod deliver;
pub mod domain;
pub mod error;
pub mod events;
pub mod http;
pub mod jobs;
mod migrations;
pub mod store;

use crate::channel::mail::Mailer;
use crate::channel::sms::Texter;
use crate::domain::render::Renderer;
use actix_web::web;
use contracts::events::{DossierAlarm, DossierChanged, ShipmentChanged};
use durable::{Bus, Db, Worker};
use futures_util::future::BoxFuture;
use kit::Runtime;
use kit::metrics::Counters;
use sea_orm_migration::MigrationTrait;
use serde::{Deserialize, Serialize};
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
    /// Public address of the portal, for links in letters.
    pub public_url: String,
    /// Attempts to send one letter or text message before it is given up.
    pub max_attempts: i64,
    /// E-mail.
    pub email: channel::mail::Config,
    /// Text messages.
    pub sms: channel::sms::Config,
}

impl durable::service::HasDatabase for Config {
    fn database(&self) -> &durable::Config {
        &self.database
    }
}

/// The state of the service.
pub struct App {
    /// The database.
    pub db: Db,
    /// Clock, ids, keys.
    pub rt: Runtime,
    /// Settings.
    pub config: Config,
    /// Templates.
    pub renderer: Renderer,
    /// Mail.
    pub mailer: Mailer,
    /// Text messages.
    pub texter: Texter,
    /// What was sent and given up.
    pub deliveries: Counters,
}

/// The document of the public operations.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let document = kit::server::openapi(
        "Một Cửa – thông báo",
        "Hộp thư và lựa chọn kênh nhận thông báo. / Inbox and preferences.",
        http::configure,
    );
    durable::operations::name(document, "notifications")
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
    kit::server::serve("notifications", listener, &rt, max_body, move |routes| {
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
            db,
            rt: rt.clone(),
            renderer: Renderer::new(&config.public_url, config.sms.ascii)?,
            mailer: Mailer::new(&config.email)?,
            texter: Texter::new(&config.sms, &rt.client)?,
            deliveries: rt
                .metrics
                .counters("notification_deliveries", "Letters and text messages"),
            config,
        }))
    })
}

/// The worker with everything this service listens to and does later.
pub fn worker(app: &Arc<App>, bus: &Bus) -> Worker<App> {
    Worker::new("notifications", &app.db, bus, &app.rt, Arc::clone(app))
        .on::<DossierChanged, _, _>(events::dossier_changed)
        .on::<DossierAlarm, _, _>(events::dossier_alarm)
        .on::<ShipmentChanged, _, _>(events::shipment_changed)
        .job(jobs::SEND, jobs::send)
        .attempts(jobs::SEND, app.config.max_attempts)
}
