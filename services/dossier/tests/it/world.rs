//! A running service with one province's worth of reference data, and people who do the usual things.

use chrono::NaiveDate;
use contracts::events::{
    AgencyChanged, CommuneFact, DossierAlarm, DossierChanged, ProcedureChanged, ProcedureComponent,
    ProcedureMethod, ShipmentChanged, ShipmentState, UnitsChanged,
};
use contracts::{
    Actor, Channel, CloudEvent, Contact, DossierId, Event, Fee, Language, ProcedureId, ShipmentId,
};
use durable::sea_orm::ConnectionTrait as _;
use durable::sea_orm::sea_query::{Expr, ExprTrait as _, Order, Query};
use durable::{Bus, Db};
use kit::Runtime;
use serde_json::{Value, json};
use testkit::{Reply, TestApp, TestDb, actors, deliver, wait_for};
use uuid::Uuid;
use vn::worktime::{CalendarSpec, Term, Unit};

pub(crate) const PROCEDURE: &str = "019d2bfd-3fe0-70ac-b9d6-5e9e20d6eef7";
pub(crate) const NO_TERM: &str = "019d2bfd-3fe0-70ac-b9d6-000000000002";
/// Any desk may take it; by post, too.
pub(crate) const ANYWHERE: &str = "019d2bfd-3fe0-70ac-b9d6-000000000003";
/// Its dossiers are of restricted access.
pub(crate) const RESTRICTED: &str = "019d2bfd-3fe0-70ac-b9d6-000000000004";
pub(crate) const COMMUNE: &str = "07288";

/// Smallest files of a kind.
pub(crate) const PDF: &[u8] = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n";

pub(crate) struct World {
    pub(crate) app: TestApp,
    pub(crate) rt: Runtime,
    pub(crate) test: TestDb,
    pub(crate) files: tempfile::TempDir,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(&[]).await
    }

    /// With changed settings.
    pub(crate) async fn with(changes: &[(&str, String)]) -> Self {
        let rt = testkit::runtime();
        let test = TestDb::with(&rt, dossier::migrations).await;
        let files = tempfile::tempdir().expect("a folder");
        let mut all = vec![
            ("database.url", test.url()),
            ("database.poll_milliseconds", "20".to_owned()),
            ("files.dir", files.path().display().to_string()),
            ("supplement.check_seconds", "1".to_owned()),
        ];
        all.extend(changes.iter().cloned());
        let config: dossier::Config = testkit::config(dossier::DEFAULTS, &all);
        let bus = Bus::in_process();
        let app = TestApp::start(&rt, async |listener| {
            dossier::start(config, listener, &rt, &bus).await
        })
        .await;
        let world = Self {
            app,
            rt,
            test,
            files,
        };
        world.reference_data().await;
        world
    }

    pub(crate) fn db(&self) -> &Db {
        &self.test.db
    }

    async fn reference_data(&self) {
        self.deliver(&procedure(PROCEDURE, 1)).await;
        let mut other = procedure(NO_TERM, 1);
        for method in &mut other.methods {
            method.term = None;
        }
        self.deliver(&other).await;
        self.deliver(&procedure(ANYWHERE, 1)).await;
        self.deliver(&procedure(RESTRICTED, 1)).await;
        self.deliver(&agency("H05.21", 1)).await;
        self.deliver(&agency("H05.22", 1)).await;
        self.deliver(&units()).await;
    }

    /// Puts an event where the service finds it and waits until it is handled.
    pub(crate) async fn deliver(&self, event: &impl Event) {
        deliver(self.db(), "dossier", event).await;
        self.tasks_done().await;
    }

    /// Waits until no received event is open.
    pub(crate) async fn tasks_done(&self) {
        wait_for("open tasks", || async {
            let open = Query::select()
                .column("id")
                .from("task")
                .and_where(Expr::col("state").is_not_in(["done", "dead"]))
                .to_owned();
            let open = self.db().read().query_all(&open).await.expect("query");
            open.is_empty().then_some(())
        })
        .await;
    }

    /// Uploads a PDF.
    pub(crate) async fn upload(&self, actor: &Actor, name: &str) -> String {
        let content = [PDF, name.as_bytes()].concat();
        let reply = self
            .app
            .as_(actor)
            .upload("/api/v1/files", name, "application/pdf", content)
            .await;
        text(&reply.expect(201).json()["id"])
    }

    /// A good body: everything that the procedure asks for, return at the counter.
    pub(crate) async fn body(&self, actor: &Actor) -> Value {
        let file = self.upload(actor, "giay-chung-sinh.pdf").await;
        json!({
            "procedureId": PROCEDURE,
            "agencyCode": "H05.21",
            "applicant": applicant(),
            "answers": {"childName": "Nguyễn Thị Mai"},
            "attachments": [{"componentId": "c1", "fileId": file}],
            "return": {"method": "counter"},
        })
    }

    /// Files as the citizen; gives the dossier.
    pub(crate) async fn file(&self) -> Value {
        let body = self.body(&actors::citizen()).await;
        self.app
            .as_(&actors::citizen())
            .post("/api/v1/dossiers", &body)
            .await
            .expect(201)
            .json()
    }

    /// Files with return by post.
    pub(crate) async fn file_by_post(&self) -> Value {
        let mut body = self.body(&actors::citizen()).await;
        body["return"] = json!({"method": "post", "address": address()});
        self.app
            .as_(&actors::citizen())
            .post("/api/v1/dossiers", &body)
            .await
            .expect(201)
            .json()
    }

    /// Gives a command on the dossier as it was seen.
    pub(crate) async fn command(
        &self,
        actor: &Actor,
        d: &Value,
        command: &str,
        body: Value,
    ) -> Reply {
        let version = d["version"].as_i64().expect("version");
        let path = format!("/api/v1/dossiers/{}/{command}", text(&d["id"]));
        self.app
            .as_(actor)
            .if_match(version)
            .post(&path, &body)
            .await
    }

    /// A command that must succeed; gives the dossier after it.
    pub(crate) async fn go(&self, actor: &Actor, d: &Value, command: &str, body: Value) -> Value {
        self.command(actor, d, command, body)
            .await
            .expect(200)
            .json()
    }

    pub(crate) async fn get(&self, actor: &Actor, d: &Value) -> Value {
        let path = format!("/api/v1/dossiers/{}", text(&d["id"]));
        self.app.as_(actor).get(&path).await.expect(200).json()
    }

    /// Receives, handles, proposes and approves.
    pub(crate) async fn until_done(&self, d: &Value) -> Value {
        let d = self.go(&actors::officer(), d, "receive", json!({})).await;
        let d = self
            .go(&actors::specialist(), &d, "start-handling", json!({}))
            .await;
        let result = self.upload(&actors::specialist(), "ket-qua.pdf").await;
        let d = self
            .go(
                &actors::specialist(),
                &d,
                "propose",
                json!({"resultFileId": result}),
            )
            .await;
        self.go(&actors::leader(), &d, "approve", json!({})).await
    }

    /// The alarms published about a dossier, in order.
    pub(crate) async fn alarms(&self, d: &Value) -> Vec<String> {
        let events = self.published(d, DossierAlarm::TYPE).await;
        events.iter().map(|e| text(&e.data["kind"])).collect()
    }

    /// The transitions published about a dossier, in order: command and version.
    pub(crate) async fn events(&self, d: &Value) -> Vec<(String, i64)> {
        let events = self.published(d, DossierChanged::TYPE).await;
        events
            .iter()
            .map(|e| (text(&e.data["command"]), e.version))
            .collect()
    }

    /// The events of a type published about a dossier, in order.
    pub(crate) async fn published(&self, d: &Value, event_type: &str) -> Vec<CloudEvent> {
        let query = Query::select()
            .column("payload")
            .from("outbox")
            .and_where(Expr::col("subject").eq(text(&d["id"])))
            .and_where(Expr::col("event_type").eq(event_type))
            .order_by("seq", Order::Asc)
            .to_owned();
        let rows = self.db().read().query_all(&query).await.expect("query");
        rows.iter()
            .map(|row| {
                let payload: String = row.try_get("", "payload").expect("payload");
                durable::read_message(&self.rt, &payload).expect("a message")
            })
            .collect()
    }

    /// What the post office reports about the result of a dossier.
    pub(crate) fn shipment(
        &self,
        d: &Value,
        version: i64,
        state: ShipmentState,
    ) -> ShipmentChanged {
        ShipmentChanged {
            shipment_id: ShipmentId(Uuid::from_u128(0x77)),
            version,
            dossier_id: id(d),
            dossier_number: text(&d["number"]),
            state,
            at: self.rt.clock.now(),
            item_number: None,
            receiver_name: None,
            owner: actors::citizen().subject,
            contact: Contact {
                name: "Nguyễn Văn An".to_owned(),
                phone: None,
                email: None,
                language: Language::Vi,
            },
            agency_code: "H05.21".to_owned(),
            invitations: 0,
        }
    }
}

pub(crate) fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("no text: {value}"))
        .to_owned()
}

pub(crate) fn id(d: &Value) -> DossierId {
    text(&d["id"]).parse().expect("id")
}

pub(crate) fn address() -> Value {
    json!({"provinceCode": "24", "communeCode": COMMUNE, "street": "Số 12, thôn Trung"})
}

pub(crate) fn applicant() -> Value {
    json!({"kind": "citizen", "name": "Nguyễn Văn An", "identityNumber": "001090000001",
        "phone": "0912 345 678", "email": "an@example.vn", "address": address()})
}

fn component(id: &str, note: bool, required: bool) -> ProcedureComponent {
    ProcedureComponent {
        id: id.to_owned(),
        name: format!("Giấy tờ {id}"),
        originals: 1,
        copies: 0,
        note,
        required,
    }
}

pub(crate) fn procedure(id: &str, version: i64) -> ProcedureChanged {
    let method = |channel, days| ProcedureMethod {
        channel,
        term: Term::whole(days, Unit::WorkingDay).ok(),
        sequence: Vec::new(),
        cut_off: None,
        term_text: format!("{days} ngày làm việc"),
        fees: vec![Fee {
            amount: Some(0),
            currency: "VND".to_owned(),
            text: "Miễn phí".to_owned(),
            suspicious: false,
        }],
    };
    ProcedureChanged {
        procedure_id: ProcedureId(id.parse().expect("uuid")),
        version,
        code: "1.001193".to_owned(),
        name: "Thủ tục đăng ký khai sinh".to_owned(),
        field: "Hộ tịch".to_owned(),
        active: true,
        accepted_at: Some(vec!["commune".to_owned()]),
        non_territorial: id == ANYWHERE,
        restricted: id == RESTRICTED,
        methods: [
            (Channel::Online, 2),
            (Channel::Direct, 3),
            (Channel::Postal, 4),
        ]
        .into_iter()
        .filter(|(channel, _)| id == ANYWHERE || *channel != Channel::Postal)
        .map(|(channel, days)| method(channel, days))
        .collect(),
        components: vec![
            component("c1", false, true),
            component("c2", false, false),
            component("n1", true, false),
        ],
    }
}

pub(crate) fn agency(code: &str, version: i64) -> AgencyChanged {
    AgencyChanged {
        code: code.to_owned(),
        version,
        name: format!("Trung tâm Phục vụ hành chính công {code}"),
        parent_name: "Ủy ban nhân dân xã Yên Thế".to_owned(),
        parent_code: Some("H05".to_owned()),
        address: "Thôn Trung, xã Yên Thế, tỉnh Bắc Ninh".to_owned(),
        phone: "0204 3876 543".to_owned(),
        desk: Some("commune".to_owned()),
        calendar: CalendarSpec::default(),
        active: true,
    }
}

pub(crate) fn units() -> UnitsChanged {
    let day = |y, m, d| NaiveDate::from_ymd_opt(y, m, d);
    let commune = |code: &str, name: &str, from, to| CommuneFact {
        code: code.to_owned(),
        name: name.to_owned(),
        valid_from: from,
        valid_to: to,
    };
    UnitsChanged {
        province_code: "24".to_owned(),
        province_name: "Tỉnh Bắc Ninh".to_owned(),
        version: 1,
        communes: vec![
            commune(COMMUNE, "Xã Yên Thế", day(2025, 7, 1), None),
            commune("07210", "Phường Bắc Giang", day(2025, 7, 1), None),
            commune("07291", "Xã Cũ", None, day(2025, 6, 30)),
            // The same code before and after: valid now.
            commune("07300", "Xã Trước", None, day(2025, 6, 30)),
            commune("07300", "Xã Sau", day(2025, 7, 1), None),
        ],
    }
}
