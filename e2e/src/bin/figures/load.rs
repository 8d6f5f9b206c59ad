//! Reference data, people, and what they do at which rate.

use anyhow::{Context as _, ensure};
use contracts::events::{
    AgencyChanged, CommuneFact, DossierAlarm, DossierChanged, ProcedureChanged, ProcedureComponent,
    ProcedureMethod, UnitsChanged,
};
use contracts::{Actor, Channel, Event, ProcedureId};
use durable::sea_orm::{ConnectionTrait as _, QueryResult, Statement};
use durable::{Bus, Db, Done, Task, TaskError, Worker};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use testkit::{Reply, TestApp, TestDb, actors, deliver};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufStream};
use tokio::net::TcpStream;
use vn::worktime::{CalendarSpec, Term, Unit};

const PROCEDURE: &str = "019d2bfd-3fe0-70ac-b9d6-5e9e20d6eef7";
const PDF: &[u8] = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n";

/// A running service.
pub(crate) struct World {
    pub(crate) app: Arc<TestApp>,
    pub(crate) test: TestDb,
    bus: Bus,
    _listener: TestDb,
    citizen: String,
    officer: String,
    specialist: String,
    leader: String,
    /// Seeded dossiers that were used up.
    used: AtomicU64,
}

/// Ids of dossiers to copy.
pub(crate) struct Templates {
    pub(crate) new: String,
    pub(crate) received: String,
    pub(crate) waiting: String,
    pub(crate) returned: String,
}

impl World {
    pub(crate) async fn new(app: TestApp, test: TestDb, bus: Bus) -> anyhow::Result<Self> {
        let listener = TestDb::with(&app.rt, Vec::new).await;
        let app_of_listener = Arc::new(listener.db.clone());
        Worker::new("listener", &listener.db, &bus, &app.rt, app_of_listener)
            .on(heard::<DossierChanged>)
            .on(heard::<DossierAlarm>)
            .spawn();
        let token = |actor: &Actor| testkit::token(&app.rt, actor);
        let world = Self {
            citizen: token(&actors::citizen()),
            officer: token(&actors::officer()),
            specialist: token(&actors::specialist()),
            leader: token(&actors::leader()),
            app: Arc::new(app),
            test,
            bus,
            _listener: listener,
            used: AtomicU64::new(0),
        };
        let db = &world.test.db;
        deliver(db, "dossier", &procedure()?).await;
        deliver(db, "dossier", &agency()).await;
        deliver(db, "dossier", &units()).await;
        let began = Instant::now();
        while world
            .number("select count(*) from task where state <> 'done'")
            .await?
            > 0
        {
            ensure!(
                began.elapsed() < Duration::from_secs(30),
                "the reference data does not arrive"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(world)
    }

    pub(crate) fn url(&self) -> String {
        self.test.url()
    }

    pub(crate) async fn execute(&self, sql: &str) -> anyhow::Result<()> {
        self.test.db.read().execute_unprepared(sql).await?;
        Ok(())
    }

    /// The rows that a statement of the server's own kind gives.
    pub(crate) async fn rows(&self, sql: &str) -> anyhow::Result<Vec<QueryResult>> {
        let db = self.test.db.read();
        let statement = Statement::from_string(db.get_database_backend(), sql);
        Ok(db.query_all_raw(statement).await?)
    }

    /// One number that a query gives.
    pub(crate) async fn number(&self, sql: &str) -> anyhow::Result<i64> {
        let rows = self.rows(sql).await?;
        Ok(rows.first().context("no row")?.try_get_by_index(0)?)
    }

    /// Keeps events back, or lets them go and waits until all are gone.
    pub(crate) async fn hold(&self, held: bool) -> anyhow::Result<()> {
        if held {
            self.bus.hold();
            return Ok(());
        }
        self.bus.release();
        let began = Instant::now();
        while self
            .number("select count(*) from outbox where sent_at is null")
            .await?
            > 0
        {
            ensure!(
                began.elapsed() < Duration::from_secs(120),
                "the events do not go out"
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }

    /// What is filed here: a form without papers, so that a filing is one request.
    fn body() -> Value {
        json!({
            "procedureId": PROCEDURE, "agencyCode": "H05.21",
            "applicant": {"kind": "citizen", "name": "Nguyễn Văn An", "identityNumber": "001090000001",
                "phone": "0912345678", "email": "an@example.vn",
                "address": {"provinceCode": "24", "communeCode": "07288", "street": "Số 12, thôn Trung"}},
            "answers": {"childName": "Nguyễn Thị Mai", "notes": "Đề nghị đăng ký khai sinh cho con"},
            "attachments": [], "return": {"method": "counter"},
        })
    }

    /// Files one; gives its id.
    pub(crate) async fn file_one(&self) -> anyhow::Result<String> {
        let reply = self
            .app
            .with_token(&self.citizen)
            .post("/api/v1/dossiers", &Self::body())
            .await;
        ensure!(reply.status == 201, "{}", reply.text());
        id(&reply)
    }

    /// So many people file without pause; dossiers a second.
    pub(crate) async fn file(&self, people: usize, time: Duration) -> anyhow::Result<u64> {
        let began = Instant::now();
        let mut all = tokio::task::JoinSet::new();
        for _ in 0..people {
            let mut line = Line::open(
                &self.app.url,
                "/api/v1/dossiers",
                &self.citizen,
                &Self::body(),
            )
            .await?;
            all.spawn(async move {
                let mut filed = 0_u64;
                while began.elapsed() < time {
                    let (status, answer) = line.ask().await?;
                    ensure!(status == 201, "{}", String::from_utf8_lossy(&answer));
                    filed += 1;
                }
                Ok(filed)
            });
        }
        let mut filed = 0;
        while let Some(one) = all.join_next().await {
            filed += one??;
        }
        Ok(filed * 1000 / u64::try_from(began.elapsed().as_millis())?.max(1))
    }

    async fn go(
        &self,
        token: &str,
        id: &str,
        version: i64,
        command: &str,
        body: Value,
    ) -> anyhow::Result<()> {
        let path = format!("/api/v1/dossiers/{id}/{command}");
        let reply = self
            .app
            .with_token(token)
            .if_match(version)
            .post(&path, &body)
            .await;
        ensure!(reply.status == 200, "{command}: {}", reply.text());
        Ok(())
    }

    /// One dossier of each kind, made through the service.
    pub(crate) async fn templates(&self) -> anyhow::Result<Templates> {
        let new = self.file_one().await?;
        let received = self.file_one().await?;
        self.go(&self.officer, &received, 1, "receive", json!({}))
            .await?;
        let waiting = self.file_one().await?;
        let ask = json!({"reason": "Thiếu giấy", "items": [{"content": "Giấy chứng sinh"}]});
        self.go(&self.officer, &waiting, 1, "request-supplement", ask)
            .await?;
        let returned = self.file_one().await?;
        self.go(&self.officer, &returned, 1, "receive", json!({}))
            .await?;
        self.go(&self.specialist, &returned, 2, "start-handling", json!({}))
            .await?;
        let file = self
            .app
            .with_token(&self.specialist)
            .upload(
                "/api/v1/files",
                "ket-qua.pdf",
                "application/pdf",
                PDF.to_vec(),
            )
            .await;
        let proposal = json!({"resultFileId": id(&file)?});
        self.go(&self.specialist, &returned, 3, "propose", proposal)
            .await?;
        self.go(&self.leader, &returned, 4, "approve", json!({}))
            .await?;
        let receiver = json!({"receiverName": "Nguyễn Văn An"});
        self.go(&self.officer, &returned, 5, "hand-over", receiver)
            .await?;
        Ok(Templates {
            new,
            received,
            waiting,
            returned,
        })
    }

    /// Receptions and takings-up in turns at a steady rate; how long each took from the moment it was due.
    pub(crate) async fn transitions(
        &self,
        size: u32,
        rate: u32,
        seconds: u32,
    ) -> anyhow::Result<Vec<Duration>> {
        let count = u64::from(rate) * u64::from(seconds);
        let mut tick = tokio::time::interval(Duration::from_secs(1) / rate);
        let mut all = tokio::task::JoinSet::new();
        for _ in 0..count {
            let due = tick.tick().await;
            let n = self.used.fetch_add(1, Ordering::Relaxed);
            ensure!(
                n / 2 < u64::from(super::fill::working(size)),
                "the dossiers are used up"
            );
            let (kind, token, version, command) = if n.is_multiple_of(2) {
                (super::fill::Kind::New, self.officer.clone(), 1, "receive")
            } else {
                (
                    super::fill::Kind::Received,
                    self.specialist.clone(),
                    2,
                    "start-handling",
                )
            };
            let path = format!(
                "/api/v1/dossiers/{}/{command}",
                super::fill::id(kind, n / 2)
            );
            let app = Arc::clone(&self.app);
            all.spawn(async move {
                let reply = app
                    .with_token(&token)
                    .if_match(version)
                    .post(&path, &json!({}))
                    .await;
                (reply.status, due.elapsed(), reply)
            });
        }
        let mut times = Vec::new();
        while let Some(one) = all.join_next().await {
            let (status, took, reply) = one?;
            ensure!(status == 200, "{}", reply.text());
            times.push(took);
        }
        Ok(times)
    }
}

/// A connection on which the same request goes again and again. What a client costs is not the service's, and pgbench is lean, too.
struct Line {
    stream: BufStream<TcpStream>,
    request: Vec<u8>,
}

impl Line {
    async fn open(url: &str, path: &str, token: &str, body: &Value) -> anyhow::Result<Self> {
        let at = url
            .strip_prefix("http://")
            .context("an address")?
            .trim_end_matches('/');
        let body = body.to_string();
        let length = body.len();
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: {at}\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\n\r\n{body}"
        );
        let stream = TcpStream::connect(at).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: BufStream::new(stream),
            request: request.into_bytes(),
        })
    }

    /// Sends it and reads the answer: status and body.
    async fn ask(&mut self) -> anyhow::Result<(u16, Vec<u8>)> {
        self.stream.write_all(&self.request).await?;
        self.stream.flush().await?;
        let (mut status, mut length, mut line) = (None, None, String::new());
        loop {
            line.clear();
            ensure!(self.stream.read_line(&mut line).await? > 0, "closed");
            let head = line.trim_end().to_ascii_lowercase();
            if let Some(rest) = head.strip_prefix("http/1.1 ") {
                status = rest.get(..3).map(str::parse).transpose()?;
            } else if let Some(rest) = head.strip_prefix("content-length: ") {
                length = Some(rest.parse()?);
            } else if head.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length.context("the length of the answer")?];
        self.stream.read_exact(&mut body).await?;
        Ok((status.context("a status")?, body))
    }
}

/// A service that takes what it hears and does nothing with it.
async fn heard<E: Event>(db: Arc<Db>, task: Task<E>) -> Result<Done, TaskError> {
    Ok(task.skip(&db).await?)
}

fn id(reply: &Reply) -> anyhow::Result<String> {
    let body = reply.json();
    let id = body.get("id").and_then(serde_json::Value::as_str);
    Ok(id.context("an id")?.to_owned())
}

fn procedure() -> anyhow::Result<ProcedureChanged> {
    let component = |n: u32| ProcedureComponent {
        id: format!("c{n}"),
        name: format!("Giấy tờ số {n} của hồ sơ đăng ký"),
        originals: 1,
        copies: 0,
        note: false,
        required: false,
    };
    Ok(ProcedureChanged {
        procedure_id: ProcedureId(PROCEDURE.parse()?),
        version: 1,
        code: "1.001193".to_owned(),
        name: "Thủ tục đăng ký khai sinh".to_owned(),
        field: "Hộ tịch".to_owned(),
        active: true,
        non_territorial: false,
        restricted: false,
        accepted_at: Some(vec!["commune".to_owned()]),
        methods: vec![ProcedureMethod {
            channel: Channel::Online,
            term: Term::whole(5, Unit::WorkingDay).ok(),
            sequence: Vec::new(),
            cut_off: None,
            term_text: "5 ngày làm việc".to_owned(),
            fees: Vec::new(),
        }],
        components: (1..=5).map(component).collect(),
    })
}

fn agency() -> AgencyChanged {
    AgencyChanged {
        code: "H05.21".to_owned(),
        version: 1,
        name: "Trung tâm Phục vụ hành chính công xã Yên Thế".to_owned(),
        parent_name: "Ủy ban nhân dân xã Yên Thế".to_owned(),
        parent_code: Some("H05".to_owned()),
        address: "Thôn Trung, xã Yên Thế, tỉnh Bắc Ninh".to_owned(),
        phone: "0204 3876 543".to_owned(),
        desk: Some("commune".to_owned()),
        calendar: CalendarSpec::default(),
        active: true,
    }
}

fn units() -> UnitsChanged {
    UnitsChanged {
        province_code: "24".to_owned(),
        province_name: "Tỉnh Bắc Ninh".to_owned(),
        version: 1,
        communes: vec![CommuneFact {
            code: "07288".to_owned(),
            name: "Xã Yên Thế".to_owned(),
            valid_from: None,
            valid_to: None,
        }],
    }
}
