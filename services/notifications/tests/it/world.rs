//! A running service and events to tell.

use chrono::{DateTime, Utc};
use contracts::events::{DossierChanged, ShipmentChanged, ShipmentState};
use contracts::{
    AccountId, Actor, Contact, DossierId, DossierStatus, Event, Language, ReturnMethod, ReturnWay,
    ShipmentId,
};
use durable::Bus;
use kit::Runtime;
use notifications::App;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use testkit::{TestApp, TestDb, actors};
use uuid::Uuid;

pub(crate) struct World {
    pub(crate) app: TestApp,
    pub(crate) rt: Runtime,
    pub(crate) state: Arc<App>,
    pub(crate) files: tempfile::TempDir,
    _db: TestDb,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(&[]).await
    }

    pub(crate) async fn with(changes: &[(&str, String)]) -> Self {
        let rt = testkit::runtime();
        let db = TestDb::with(&rt, notifications::migrations).await;
        let files = tempfile::tempdir().expect("a folder");
        let mut all = vec![
            ("database.url", db.url()),
            ("database.poll_milliseconds", "20".to_owned()),
            ("email.directory", path(files.path(), "email")),
            ("sms.directory", path(files.path(), "sms")),
        ];
        all.extend(changes.iter().cloned());
        let config: notifications::Config = testkit::config(notifications::DEFAULTS, &all);
        let state = notifications::state(config, &rt).await.expect("state");
        let app = TestApp::start(&rt, async |listener| {
            notifications::serve(Arc::clone(&state), listener)
        })
        .await;
        Self {
            app,
            rt,
            state,
            files,
            _db: db,
        }
    }

    /// Runs everything that is due.
    pub(crate) async fn settle(&self) {
        notifications::worker(&self.state, &Bus::in_process())
            .run_due()
            .await;
    }

    /// Lets an hour pass and runs what has come due.
    pub(crate) async fn later(&self) {
        self.rt.clock.advance(chrono::TimeDelta::hours(1));
        self.settle().await;
    }

    /// The service hears of an event and does all that follows.
    pub(crate) async fn hear<E: Event>(&self, event: &E) -> Uuid {
        let id = testkit::deliver(&self.state.db, "notifications", event).await;
        self.settle().await;
        id
    }

    pub(crate) async fn inbox(&self, actor: &Actor, query: &str) -> Value {
        self.app
            .as_(actor)
            .get(&format!("/api/v1/notifications{query}"))
            .await
            .expect(200)
            .json()
    }

    /// Kinds in someone's inbox, oldest first.
    pub(crate) async fn kinds(&self, actor: &Actor) -> Vec<String> {
        let page = self.inbox(actor, "?limit=100").await;
        let mut kinds: Vec<String> = page["items"]
            .as_array()
            .expect("items")
            .iter()
            .map(|i| i["kind"].as_str().expect("kind").to_owned())
            .collect();
        kinds.reverse();
        kinds
    }

    /// The first item with its deliveries.
    pub(crate) async fn first(&self, actor: &Actor) -> Value {
        let page = self.inbox(actor, "").await;
        let id = page["items"][0]["id"].as_str().expect("an item").to_owned();
        self.app
            .as_(actor)
            .get(&format!("/api/v1/notifications/{id}"))
            .await
            .expect(200)
            .json()
    }

    /// Contents of the files in a folder, by name.
    pub(crate) fn sent(&self, folder: &str) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.files.path().join(folder)) else {
            return Vec::new();
        };
        let mut paths: Vec<PathBuf> = entries.map(|e| e.expect("entry").path()).collect();
        paths.sort();
        paths
            .iter()
            .map(|p| std::fs::read_to_string(p).expect("text"))
            .collect()
    }
}

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).display().to_string()
}

pub(crate) const DOSSIER: DossierId =
    DossierId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_d055));

pub(crate) fn dossier(
    command: &str,
    from: Option<DossierStatus>,
    status: DossierStatus,
    at: DateTime<Utc>,
) -> DossierChanged {
    DossierChanged {
        dossier_id: DOSSIER,
        version: at.timestamp(),
        number: (status != DossierStatus::New).then(|| "H05.21-261116-0001".to_owned()),
        command: command.to_owned(),
        from,
        status,
        step: command.to_owned(),
        at,
        due_at: (status != DossierStatus::New).then(|| at + chrono::TimeDelta::days(3)),
        reason: None,
        owner: actors::citizen().subject,
        contact: contact(),
        agency_code: actors::AGENCY.to_owned(),
        agency_name: "Trung tâm Phục vụ hành chính công xã Yên Thế".to_owned(),
        procedure_code: "1.001193".to_owned(),
        procedure_name: "Đăng ký khai sinh".to_owned(),
        return_way: ReturnWay {
            method: ReturnMethod::Post,
            receiver_name: None,
            receiver_phone: None,
            address: None,
        },
        earlier_due_at: None,
        refusal: false,
        restricted: false,
    }
}

pub(crate) fn received(at: DateTime<Utc>) -> DossierChanged {
    dossier(
        "receive",
        Some(DossierStatus::New),
        DossierStatus::Received,
        at,
    )
}

pub(crate) fn shipment(state: ShipmentState, version: i64, at: DateTime<Utc>) -> ShipmentChanged {
    ShipmentChanged {
        shipment_id: ShipmentId(DOSSIER.0),
        version,
        dossier_id: DOSSIER,
        dossier_number: "H05.21-261116-0001".to_owned(),
        state,
        at,
        item_number: Some("RV000000016VN".to_owned()),
        receiver_name: (state == ShipmentState::Delivered).then(|| "Nguyễn Văn An".to_owned()),
        owner: AccountId(actors::citizen().subject.0),
        contact: contact(),
        agency_code: actors::AGENCY.to_owned(),
        invitations: 0,
    }
}

fn contact() -> Contact {
    Contact {
        name: "Nguyễn Văn An".to_owned(),
        phone: Some("+84912345678".to_owned()),
        email: Some("an@example.vn".to_owned()),
        language: Language::Vi,
    }
}
