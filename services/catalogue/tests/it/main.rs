//! The catalogue over HTTP and over its import, on the backend that the environment chooses.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "helpers of tests fail the test; what is skipped or measured is said"
)]

mod drafts;
mod http;
mod import;
mod life_cycle;
mod national;
mod odd_cases;
mod odd_units;
mod published;
mod reads;
mod search;
mod search_set;
mod source;
mod units;

use catalogue::{Config, DEFAULTS, ImportOptions, ImportSummary};
use durable::{Bus, Db};
use sea_orm::ConnectionTrait as _;
use sea_orm::sea_query::{Alias, Expr, ExprTrait as _, Query};
use serde_json::{Value, json};
use testkit::{TestApp, TestDb};

/// The demo procedure that tests use most: Đăng ký khai sinh.
const BIRTH: &str = "01980000-d000-7000-8000-000000000001";
/// Cấp Phiếu lý lịch tư pháp: executed by the province.
const RECORD: &str = "01980000-d000-7000-8000-000000000018";

/// A running catalogue with its database.
struct World {
    app: TestApp,
    test: TestDb,
}

impl World {
    /// With the demo catalogue.
    async fn demo() -> Self {
        let rt = testkit::runtime();
        let test = TestDb::with(&rt, catalogue::migrations).await;
        catalogue::seed_demo(&test.db, &rt)
            .await
            .expect("demo data");
        Self::over(rt, test).await
    }

    /// With nothing in it.
    async fn empty() -> Self {
        let rt = testkit::runtime();
        let test = TestDb::with(&rt, catalogue::migrations).await;
        Self::over(rt, test).await
    }

    async fn over(rt: kit::Runtime, test: TestDb) -> Self {
        let config: Config = testkit::config(DEFAULTS, &[("database.url", test.url())]);
        let app = TestApp::start(&rt, async |listener| {
            catalogue::start(config, listener, &rt, &Bus::in_process()).await
        })
        .await;
        Self { app, test }
    }

    async fn get(&self, path: &str) -> Value {
        self.app.anonymous().get(path).await.expect(200).json()
    }
}

/// Imports JSON lines from memory.
async fn import(db: &Db, lines: &[String], options: ImportOptions) -> ImportSummary {
    let file = lines.join("\n").into_bytes();
    catalogue::import_procedures(db, db.runtime(), std::io::Cursor::new(file), options)
        .await
        .expect("the database answers")
}

/// A line of a file: one procedure of the commune with a name, and whatever is put on top.
fn line(n: u32, name: &str, extra: &Value) -> String {
    let id = format!("01990000-0000-7000-8000-{n:012}");
    let mut detail = json!({
        "id": id, "code": format!("1.{n:06}"), "name": name, "state": "ACTIVE",
        "executionMethods": [{"submissionMethod": "ONLINE", "processingTime": 3, "processingTimeUnit": "WORKING_DAY", "fees": []}],
        "executionCases": [{"name": "", "profileComponents": [{"profileComponentId": "p", "name": "Đơn", "originalQty": 1, "copyQty": 0}]}],
        "categoriesDetails": [{"code": "G15-TP07", "name": "Hộ tịch"}],
        "departmentsExecuting": [{"code": "X", "name": "Ủy ban nhân dân cấp xã"}],
        "procedureProposal": {"proposalNumber": "1/QĐ", "decisionDate": 1_779_382_800_000_i64},
        "isWard": true,
    });
    if let (Some(to), Some(from)) = (detail.as_object_mut(), extra.as_object()) {
        to.extend(from.clone());
    }
    json!({"id": id, "code": format!("1.{n:06}"), "name": name, "detail": detail}).to_string()
}

/// Published events of one type, in order.
async fn events(db: &Db, event_type: &str) -> Vec<Value> {
    let name = Alias::new;
    let mut select = Query::select();
    select
        .column(name("payload"))
        .from(name("outbox"))
        .and_where(Expr::col(name("event_type")).eq(event_type))
        .order_by(name("seq"), sea_orm::sea_query::Order::Asc);
    let rows = db.read().query_all(&select).await.expect("outbox");
    rows.iter()
        .map(|r| {
            let text: String = r.try_get("", "payload").expect("text");
            serde_json::from_str(&text).expect("JSON")
        })
        .collect()
}
