//! A running service, dossiers that are done, and small helpers.

use chrono::{DateTime, Utc};
use contracts::events::{CommuneFact, DossierChanged, ShipmentChanged, UnitsChanged};
use contracts::{
    AccountId, Actor, Address, Contact, DossierId, DossierStatus, Event as _, Language,
    ReturnMethod, ReturnWay,
};
use durable::Bus;
use durable::sea_orm::ConnectionTrait as _;
use durable::sea_orm::sea_query::{Alias, Expr, ExprTrait as _, Query};
use kit::Runtime;
use postal::app::App;
use serde_json::{Value, json};
use std::sync::Arc;
use testkit::{TestApp, TestDb, actors};
use uuid::Uuid;

pub(crate) struct World {
    pub(crate) app: TestApp,
    pub(crate) rt: Runtime,
    pub(crate) state: Arc<App>,
    _db: TestDb,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(&[]).await
    }

    pub(crate) async fn with(changes: &[(&str, String)]) -> Self {
        let rt = testkit::runtime();
        let db = TestDb::with(&rt, postal::migrations).await;
        let mut all = vec![
            ("database.url", db.url()),
            ("database.poll_milliseconds", "20".to_owned()),
        ];
        all.extend(changes.iter().cloned());
        let config: postal::Config = testkit::config(postal::DEFAULTS, &all);
        let state = postal::state(config.clone(), &rt).await.expect("state");
        let app = TestApp::start(&rt, async |listener| {
            // The worker is driven by hand, see `settle`.
            postal::serve(Arc::clone(&state), listener)
        })
        .await;
        Self {
            app,
            rt,
            state,
            _db: db,
        }
    }

    /// Runs everything that is due.
    pub(crate) async fn settle(&self) {
        postal::worker(&self.state, &Bus::in_process())
            .run_due()
            .await;
    }

    /// A dossier took a transition, and the service has heard of it.
    pub(crate) async fn hear(&self, event: &DossierChanged) {
        testkit::deliver(&self.state.db, "postal", event).await;
        self.settle().await;
    }

    /// A dossier of this owner at this agency is done, to be returned by post; gives the shipment.
    pub(crate) async fn shipment(&self, owner: &Actor, agency: &str) -> Value {
        let event = done(owner, agency, self.dossier());
        self.hear(&event).await;
        self.of_dossier(event.dossier_id).await
    }

    pub(crate) fn dossier(&self) -> DossierId {
        DossierId(self.rt.ids.uuid(self.rt.clock.now()))
    }

    pub(crate) async fn of_dossier(&self, dossier: DossierId) -> Value {
        let page = self
            .app
            .as_(&actors::post_office())
            .get(&format!("/api/v1/shipments?dossierId={dossier}"))
            .await
            .expect(200)
            .json();
        page["items"].get(0).cloned().unwrap_or(Value::Null)
    }

    pub(crate) async fn read(&self, shipment: &Value) -> Value {
        self.app
            .as_(&actors::post_office())
            .get(&format!("/api/v1/shipments/{}", id(shipment)))
            .await
            .expect(200)
            .json()
    }

    /// Collects these shipments.
    pub(crate) async fn collect(&self, shipments: &[&Value]) -> Value {
        self.app
            .as_(&actors::post_office())
            .post("/api/v1/shipments/manifests", &manifest(shipments))
            .await
            .expect(201)
            .json()
    }

    /// Reports events and returns their results.
    pub(crate) async fn report(&self, events: &[Value]) -> Vec<Value> {
        let reply = self
            .app
            .as_(&actors::post_office())
            .post("/api/v1/shipments/events", &json!({ "events": events }))
            .await
            .expect(200)
            .json();
        reply["results"].as_array().expect("results").clone()
    }

    /// What was published, in the order of the versions of each shipment.
    pub(crate) async fn published(&self, shipment: &Value) -> Vec<ShipmentChanged> {
        let select = Query::select()
            .column(Alias::new("payload"))
            .from(Alias::new("outbox"))
            .and_where(Expr::col(Alias::new("subject")).eq(id(shipment)))
            .and_where(Expr::col(Alias::new("event_type")).eq(ShipmentChanged::TYPE))
            .to_owned();
        let rows = self
            .state
            .db
            .read()
            .query_all(&select)
            .await
            .expect("outbox");
        let mut events: Vec<ShipmentChanged> = rows
            .iter()
            .map(|row| {
                let text: String = row.try_get("", "payload").expect("payload");
                let message = durable::read_message(&self.rt, &text).expect("envelope");
                serde_json::from_value(message.data).expect("event")
            })
            .collect();
        events.sort_by_key(|e| e.version);
        events
    }

    /// Goes on to this instant.
    pub(crate) fn at(&self, time: &str) -> DateTime<Utc> {
        let at = time.parse().expect("time");
        self.rt.clock.set(at);
        at
    }
}

pub(crate) fn id(shipment: &Value) -> String {
    shipment["id"].as_str().expect("id").to_owned()
}

pub(crate) fn manifest(shipments: &[&Value]) -> Value {
    let items: Vec<Value> = shipments
        .iter()
        .map(|s| json!({ "shipmentId": s["id"] }))
        .collect();
    json!({ "signedBy": "Trần Văn Bưu", "items": items })
}

pub(crate) fn event(eid: &str, shipment: &Value, code: &str, at: &str) -> Value {
    json!({ "eventId": eid, "shipmentId": shipment["id"], "code": code, "occurredAt": at })
}

pub(crate) fn delivered(eid: &str, shipment: &Value, at: &str) -> Value {
    let mut e = event(eid, shipment, "delivered", at);
    e["receiver"] = json!({
        "name": "Nguyễn Văn An", "identityKind": "cccd", "identityNumber": "024090000011", "relation": "self",
    });
    e
}

pub(crate) fn done(owner: &Actor, agency: &str, dossier: DossierId) -> DossierChanged {
    DossierChanged {
        dossier_id: dossier,
        version: 7,
        number: Some(format!("{agency}-261116-0001")),
        command: "approve".to_owned(),
        from: Some(DossierStatus::InProgress),
        status: DossierStatus::Done,
        step: "done".to_owned(),
        at: "2026-11-16T02:00:00Z".parse().expect("time"),
        due_at: None,
        reason: None,
        owner: AccountId(owner.subject.0),
        contact: Contact {
            name: "Nguyễn Văn An".to_owned(),
            phone: Some("+84912345678".to_owned()),
            email: Some("an@example.vn".to_owned()),
            language: Language::Vi,
        },
        agency_code: agency.to_owned(),
        agency_name: format!("Trung tâm {agency}"),
        procedure_code: "1.001193".to_owned(),
        procedure_name: "Đăng ký khai sinh".to_owned(),
        return_way: ReturnWay {
            method: ReturnMethod::Post,
            receiver_name: Some("Nguyễn Thị Mai".to_owned()),
            receiver_phone: None,
            address: Some(Address {
                province_code: "24".to_owned(),
                commune_code: "07288".to_owned(),
                street: "Số 12, thôn Trung".to_owned(),
            }),
        },
        earlier_due_at: None,
        refusal: false,
        restricted: false,
    }
}

pub(crate) fn units(version: i64, commune: &str) -> UnitsChanged {
    UnitsChanged {
        province_code: "24".to_owned(),
        province_name: "Tỉnh Bắc Ninh".to_owned(),
        version,
        communes: vec![
            CommuneFact {
                code: "07288".to_owned(),
                name: commune.to_owned(),
                valid_from: None,
                valid_to: None,
            },
            CommuneFact {
                code: "07288".to_owned(),
                name: "Xã cũ".to_owned(),
                valid_from: None,
                valid_to: "2025-06-30".parse().ok(),
            },
        ],
    }
}

pub(crate) fn unknown() -> Uuid {
    Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_ffff)
}
