//! The dossier service: what becomes of a dossier (hồ sơ thủ tục hành chính) from filing to the return of its result.
//!
//! ```text
//! http/    one file a resource: types, handler, mapping
//!   └▶ app/      one function per use-case that writes: transaction, domain, store, publish
//!        ├▶ domain/   pure: the ten states, the process, the journal's chain, the term
//!        └▶ store/    queries; the caller's scope first
//! events.rs  what is consumed: procedures, agencies, communes (local copies), shipments
//! jobs.rs    what runs by time: supplements that were not answered, uploads that belong to nothing, alarms of the clocks, incidents whose
//!            time is given back, the end of retentions
//! objects/   the files themselves, by content hash, in a folder or a bucket
//! explain.rs how the date of a dossier came about, day by day
//! fuzz.rs    what the fuzz targets of `e2e` call
//! verify.rs  journals, numbers and events, checked from outside
//! ```
//!
//! Each transition, and each act that moves nothing (fees, messages, originals), is one row update (checked by version), one journal
//! entry chained to the one before, and one `dossier.dossier-changed` event, in one transaction.

mod app;
mod domain;
pub mod error;
mod events;
mod explain;
pub mod forms;
#[doc(hidden)]
pub mod fuzz;
mod http;
mod jobs;
mod migrations;
mod objects;
mod store;
mod verify;

use app::App;
use durable::{Bus, Db, Worker};
use kit::Runtime;
use kit::config::Secret;
use sea_orm_migration::MigrationTrait;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use vn::dossier_number::NumberFormat;

pub use domain::commands;
pub use domain::term::Clocks;
pub use explain::{DueOf, due_of};
pub use verify::{Finding, verify};

/// The documented defaults.
pub const DEFAULTS: &str = include_str!("../config.default.toml");

/// Settings of this service.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The database.
    pub database: durable::Config,
    /// Uploaded files.
    pub files: Files,
    /// Dossier numbers.
    pub number: Number,
    /// Supplement requests.
    pub supplement: SupplementCheck,
    /// Terms that hold for every procedure.
    pub clocks: Clocks,
    /// The public look-up.
    pub tracking: Tracking,
    /// Addresses to print.
    pub links: Links,
    /// Fees.
    pub payment: Payment,
}

/// Where fees are paid to, and who reports that they are.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Payment {
    /// Our name with the payment platform (`MaDoiTac`).
    pub partner: String,
    /// Secret shared with the platform; empty: nobody's call-back is taken.
    pub secret: Secret,
    /// Account of every agency that has none of its own; without a number nobody is told to transfer.
    pub account: BankAccount,
    /// Accounts of agencies, by code.
    pub accounts: BTreeMap<String, BankAccount>,
}

/// A bank account.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct BankAccount {
    /// Bank identification number of NAPAS, six digits.
    pub bank_bin: String,
    /// Account number.
    pub number: String,
    /// Whose it is.
    pub name: String,
}

impl Payment {
    /// The account that an agency is paid on, if there is one.
    fn account_of(&self, agency: &str) -> Option<&BankAccount> {
        Some(self.accounts.get(agency).unwrap_or(&self.account)).filter(|a| !a.number.is_empty())
    }
}

/// The public look-up.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Tracking {
    /// Different numbers that one address may ask for within an hour.
    pub numbers_per_hour: u64,
}

/// Uploaded files.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Files {
    /// Folder of the object store; with a bucket, only of what is coming in.
    pub dir: PathBuf,
    /// Largest file, bytes.
    pub max_bytes: usize,
    /// Types taken, by content.
    pub types: Vec<String>,
    /// Most uploads of one account that belong to nothing yet.
    pub max_waiting: u64,
    /// Uploads that belong to nothing are forgotten after so many hours.
    pub waiting_hours: u32,
    /// How often they are looked for, seconds.
    pub clean_seconds: u64,
    /// How long what belongs to a dossier is kept after its end.
    pub retention: Retention,
    /// The bucket, where one is used.
    pub s3: S3,
}

/// Years that something is kept after the end of its dossier (thời hạn bảo quản), as the agency's schedule of records says; 0: for ever.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// Papers of the applicant, and what was sent with messages.
    pub paper_years: u32,
    /// Results.
    pub result_years: u32,
    /// The dossier: after that its persons are unknowable.
    pub dossier_years: u32,
    /// Days between the notice and the end.
    pub notice_days: u32,
    /// How often it is looked for what ends, seconds.
    pub check_seconds: u64,
}

impl Retention {
    /// Whether the terms fit each other.
    ///
    /// # Errors
    /// Names the setting that does not.
    fn check(self) -> anyhow::Result<()> {
        // Papers with a person's name on them would outlive what was done to hide it.
        anyhow::ensure!(
            self.dossier_years == 0 || (1..=self.dossier_years).contains(&self.paper_years),
            "files.retention.dossier_years is shorter than files.retention.paper_years"
        );
        Ok(())
    }
}

/// An object store that speaks S3.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct S3 {
    /// `https://…`, without the bucket; empty: the folder is used.
    pub endpoint: String,
    /// Name of the bucket.
    pub bucket: String,
    /// Region that requests are signed for.
    pub region: String,
    /// Whether the bucket is the first part of the path, not of the host.
    pub path_style: bool,
    /// Access key.
    pub access_key: Secret,
    /// Secret key.
    pub secret_key: Secret,
}

/// Dossier numbers.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Number {
    /// How a number is made.
    pub template: NumberFormat,
}

/// Supplement requests.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SupplementCheck {
    /// How often unanswered ones are looked for, seconds.
    pub check_seconds: u64,
}

/// Addresses to print.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Links {
    /// Public look-up of `{number}`.
    pub tracking: String,
}

impl durable::service::HasDatabase for Config {
    fn database(&self) -> &durable::Config {
        &self.database
    }
}

/// The migrations, oldest first; those of `durable` come before them.
pub fn migrations() -> Vec<Box<dyn MigrationTrait>> {
    migrations::all()
}

/// The `OpenAPI` document of this service.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let document = kit::server::openapi(
        "Hồ sơ – dossiers",
        "Nộp, tiếp nhận, giải quyết và trả kết quả hồ sơ thủ tục hành chính. Filing, reception, handling and return of dossiers.",
        http::configure,
    );
    durable::operations::name(document, "dossier")
}

/// Bytes of a multipart body around the file itself.
const MULTIPART_OVERHEAD: usize = 64 * 1024;

/// Starts the service; returns once it serves. Everything runs on the runtime's lifecycle.
///
/// # Errors
/// When the database or the folder for files cannot be used.
pub fn start(
    config: Config,
    listener: TcpListener,
    rt: &Runtime,
    bus: &Bus,
) -> kit::process::Starting {
    let (rt, bus) = (rt.clone(), bus.clone());
    Box::pin(async move {
        let (rt, bus) = (&rt, &bus);

        config.files.retention.check()?;
        let db = Db::open(&config.database, rt).await?;
        let check = Duration::from_secs(config.supplement.check_seconds.max(1));
        let clean = Duration::from_secs(config.files.clean_seconds.max(1));
        let max_body = config.files.max_bytes.saturating_add(MULTIPART_OVERHEAD);
        let app = Arc::new(App::new(config, db, rt.clone()).await?);
        worker(&app, bus, check, clean).spawn();
        let db = actix_web::web::Data::new(app.db.clone());
        let data = actix_web::web::Data::from(Arc::clone(&app));
        kit::server::serve("dossier", listener, rt, max_body, move |cfg| {
            cfg.app_data(data.clone()).app_data(db.clone());
            http::configure(cfg);
        })?;
        Ok(())
    })
}

fn worker(app: &Arc<App>, bus: &Bus, check: Duration, clean: Duration) -> Worker<App> {
    let retention = Duration::from_secs(app.config.files.retention.check_seconds.max(1));
    Worker::new("dossier", &app.db, bus, &app.rt, Arc::clone(app))
        .on(events::procedure_changed)
        .on(events::agency_changed)
        .on(events::units_changed)
        .on(events::shipment_changed)
        .every("expire-supplements", check, jobs::expire_supplements)
        .every("clean-uploads", clean, jobs::clean_uploads)
        .every("raise-alarms", check, jobs::raise_alarms)
        .every("settle-incidents", check, jobs::settle_incidents)
        .every("dossier-retention", retention, jobs::retention)
        .job(app::retention::REMOVE_OBJECT, app::retention::remove_object)
        .timeout(app::retention::REMOVE_OBJECT, Duration::from_mins(3))
}
