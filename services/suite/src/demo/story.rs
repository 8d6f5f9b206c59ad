//! The main story: filed online, received with a receipt, handled, approved, carried home by the post, delivered, a notice at
//! each state.

use super::client::{Api, Person};
use super::report::Collector;
use anyhow::{Context as _, ensure};
use kit::Ids;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Who plays.
pub(super) struct Cast {
    citizen: Person,
    officer: Person,
    specialist: Person,
    leader: Person,
    post_office: Person,
}

/// What is played: the procedure and the desk it is filed at.
pub(super) struct Stage {
    procedure: String,
    procedure_name: String,
    agency: String,
    components: Vec<String>,
    commune: String,
}

const PASSWORD: &str = "motcua-demo";
const SECRET: &str = "motcua-demo-secret";
/// The officers of the demo sit here.
const AGENCY: &str = "H05.21";
const PROVINCE: &str = "24";
/// How long the dossier service may take to learn of the procedure.
const FIRST_NEWS: Duration = Duration::from_secs(60);

/// Notices that the applicant must find in the inbox at the end.
const EXPECTED: &[&str] = &[
    "file",
    "receive",
    "start-handling",
    "approve",
    "shipment.handedToPost",
    "shipment.delivered",
    "post-delivered",
];

impl Cast {
    pub(super) async fn gather(api: &Api) -> anyhow::Result<Self> {
        let cast = Self {
            citizen: Person::browser("citizen", PASSWORD),
            officer: Person::browser("officer", PASSWORD),
            specialist: Person::browser("specialist", PASSWORD),
            leader: Person::browser("leader", PASSWORD),
            post_office: Person::machine("postoffice", SECRET),
        };
        for person in [
            &cast.citizen,
            &cast.officer,
            &cast.specialist,
            &cast.leader,
            &cast.post_office,
        ] {
            person.token(api).await?;
        }
        Ok(cast)
    }

    /// Somebody by login or client.
    pub(super) fn who(&self, name: &str) -> Option<&Person> {
        [
            &self.citizen,
            &self.officer,
            &self.specialist,
            &self.leader,
            &self.post_office,
        ]
        .into_iter()
        .find(|person| person.name() == name)
    }
}

impl Stage {
    pub(super) async fn set(api: &Api, cast: &Cast) -> anyhow::Result<Self> {
        let found = api
            .get(
                Some(&cast.citizen),
                "/api/v1/procedures?q=dang%20ky%20khai%20sinh&limit=1",
            )
            .await?;
        let procedure = text(&found, "/items/0/id")?;
        let whole = api
            .get(None, &format!("/api/v1/procedures/{procedure}"))
            .await?;
        let components = whole["components"]
            .as_array()
            .into_iter()
            .flatten()
            .flat_map(|case| case["components"].as_array().into_iter().flatten())
            .filter(|c| c["required"] == true && c["note"] != true)
            .filter_map(|c| c["id"].as_str().map(str::to_owned))
            .collect();
        let agencies = api
            .get(None, &format!("/api/v1/agencies?procedureId={procedure}"))
            .await?;
        let takes = agencies["items"]
            .as_array()
            .is_some_and(|a| a.iter().any(|a| a["code"] == AGENCY));
        ensure!(takes, "{AGENCY} does not take {procedure}");
        let communes = api
            .get(None, &format!("/api/v1/provinces/{PROVINCE}/communes"))
            .await?;
        Ok(Self {
            procedure,
            procedure_name: text(&whole, "/name")?,
            agency: AGENCY.to_owned(),
            components,
            commune: text(&communes, "/items/0/code")?,
        })
    }
}

/// Plays one dossier to its end.
pub(super) async fn play(
    api: &Api,
    cast: &Cast,
    stage: &Stage,
    c: &Collector,
    n: usize,
) -> anyhow::Result<()> {
    let (id, number) = handle(api, cast, stage, c, n).await?;
    deliver(api, cast, c, &id, &number).await
}

/// Files and handles one dossier up to its approval; its id and number.
pub(super) async fn handle(
    api: &Api,
    cast: &Cast,
    stage: &Stage,
    c: &Collector,
    n: usize,
) -> anyhow::Result<(String, String)> {
    c.say(|| {
        format!(
            "Công dân tìm thấy “{}” và nộp hồ sơ tại {}.",
            stage.procedure_name, stage.agency
        )
    });
    let mut attachments = Vec::new();
    for component in &stage.components {
        let paper = pdf(&format!("Ho so {n}, giay to {component}"));
        let file = c
            .timed(
                "upload",
                api.upload(&cast.citizen, "giấy-tờ.pdf", "application/pdf", paper),
            )
            .await?;
        attachments.push(json!({ "componentId": component, "fileId": text(&file, "/id")? }));
    }
    let address = json!({ "provinceCode": PROVINCE, "communeCode": stage.commune, "street": "Số 12, thôn Trung" });
    let body = json!({
        "procedureId": stage.procedure,
        "agencyCode": stage.agency,
        "applicant": {
            "kind": "citizen", "name": "Nguyễn Văn An", "identityNumber": "024090000011",
            "phone": "0912345678", "email": "citizen@example.vn", "address": address,
        },
        "answers": { "note": format!("Hồ sơ thử số {n}") },
        "attachments": attachments,
        "return": { "method": "post", "address": address },
    });
    let filed = c.timed("file", file(api, cast, &body)).await?;
    c.filed();
    let id = text(&filed, "/id")?;
    let path = format!("/api/v1/dossiers/{id}");
    let scene = Scene {
        api,
        collector: c,
        path: path.clone(),
    };
    c.say(|| {
        format!(
            "Hệ thống xác nhận lúc {}.",
            filed["submittedAt"].as_str().unwrap_or("?")
        )
    });

    let received = scene
        .act(&cast.officer, "receive", &json!({}), &filed)
        .await?;
    let number = text(&received, "/number")?;
    let receipt = c
        .timed(
            "receipt",
            api.bytes(&cast.citizen, &format!("{path}/forms/receipt.pdf")),
        )
        .await?;
    ensure!(receipt.starts_with(b"%PDF-"), "the receipt is not a PDF");
    c.received();
    c.say(|| {
        format!(
            "Cán bộ một cửa tiếp nhận: số {number}, hẹn trả {}; giấy tiếp nhận {} byte.",
            received["dueText"].as_str().unwrap_or("?"),
            receipt.len()
        )
    });

    let started = scene
        .act(&cast.specialist, "start-handling", &json!({}), &received)
        .await?;
    let result = pdf(&format!("Ket qua ho so {n}"));
    let file = api
        .upload(&cast.specialist, "kết-quả.pdf", "application/pdf", result)
        .await?;
    let proposal = json!({ "resultFileId": text(&file, "/id")?, "note": "Đủ điều kiện" });
    let proposed = scene
        .act(&cast.specialist, "propose", &proposal, &started)
        .await?;
    c.say(|| "Chuyên viên thẩm định và trình kết quả.".to_owned());
    scene
        .act(&cast.leader, "approve", &json!({}), &proposed)
        .await?;
    c.say(|| "Lãnh đạo phê duyệt.".to_owned());
    Ok((id, number))
}

/// The post carries the result home, and the dossier learns of it.
async fn deliver(
    api: &Api,
    cast: &Cast,
    c: &Collector,
    id: &str,
    number: &str,
) -> anyhow::Result<()> {
    let shipments = format!("/api/v1/shipments?dossierId={id}");
    let shipment = c
        .timed(
            "shipment",
            wait(api.patience, || async {
                Ok(
                    api.get(Some(&cast.post_office), &shipments).await?["items"][0]["id"]
                        .as_str()
                        .map(str::to_owned),
                )
            }),
        )
        .await
        .context("no shipment was opened")?;
    let manifest =
        json!({ "items": [{ "shipmentId": shipment }], "signedBy": "Bưu tá Trần Văn Bưu" });
    let manifest = c
        .timed(
            "collect",
            api.post(
                &cast.post_office,
                "/api/v1/shipments/manifests",
                &manifest,
                None,
            ),
        )
        .await?;
    c.say(|| {
        format!(
            "Bưu điện nhận bàn giao: {}.",
            manifest["number"].as_str().unwrap_or("?")
        )
    });
    // The post's system reports late, out of order and twice; the facts count, not the order.
    let whole = api
        .get(
            Some(&cast.post_office),
            &format!("/api/v1/shipments/{shipment}"),
        )
        .await?;
    let handed = text(&whole, "/handedToPostAt")?;
    let run = Ids.secret();
    let delivered = json!({
        "eventId": format!("d-{run}"), "shipmentId": shipment, "code": "delivered", "occurredAt": handed,
        "place": "Yên Thế",
        "receiver": {
            "name": "Nguyễn Văn An", "identityKind": "cccd", "identityNumber": "024090000011", "relation": "self",
        },
    });
    let transit = json!({ "eventId": format!("t-{run}"), "shipmentId": shipment, "code": "inTransit", "occurredAt": handed });
    let events = json!({ "events": [delivered, transit, delivered] });
    let answer = c
        .timed(
            "report",
            api.post(&cast.post_office, "/api/v1/shipments/events", &events, None),
        )
        .await?;
    ensure!(
        answer["results"][0]["result"] == "accepted",
        "delivery was not accepted: {answer}"
    );
    ensure!(
        answer["results"][2]["result"] == "duplicate",
        "a repeated event was not recognised: {answer}"
    );
    c.delivered();
    c.say(|| "Bưu tá phát tận nhà, có ký nhận.".to_owned());

    c.timed(
        "returned",
        wait(api.patience, || async {
            let tracked = api.get(None, &format!("/api/v1/tracking/{number}")).await?;
            Ok((tracked["status"]["code"] == 10).then_some(()))
        }),
    )
    .await
    .context("the dossier was not marked as returned")?;
    let notices = c.timed("notices", notices(api, cast, id)).await?;
    c.returned(notices);
    c.say(|| {
        format!("Hồ sơ {number}: đã trả kết quả; {notices} thông báo trong hộp thư của công dân.")
    });
    Ok(())
}

/// Files. The dossier service learns of procedures, agencies and communes by events: in the first seconds of a new installation it
/// may not know them yet.
async fn file(api: &Api, cast: &Cast, body: &Value) -> anyhow::Result<Value> {
    let started = Instant::now();
    loop {
        let answer = api
            .post(&cast.citizen, "/api/v1/dossiers", body, None)
            .await;
        let early = answer.as_ref().is_err_and(|error| {
            let text = format!("{error:#}");
            ["procedure.unknown", "agency.unknown", "commune.unknown"]
                .iter()
                .any(|code| text.contains(code))
        });
        if !early || started.elapsed() > FIRST_NEWS {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

/// Waits until every expected notice is in the applicant's inbox, each exactly once.
async fn notices(api: &Api, cast: &Cast, id: &str) -> anyhow::Result<usize> {
    let path = format!("/api/v1/notifications?dossierId={id}&limit=100");
    let seen = std::sync::Mutex::new(Vec::<String>::new());
    let done = wait(api.patience, || async {
        let page = api.get(Some(&cast.citizen), &path).await?;
        let kinds: Vec<String> = page["items"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|i| i["kind"].as_str().map(str::to_owned))
            .collect();
        let complete = EXPECTED
            .iter()
            .all(|e| kinds.iter().filter(|k| k == e).count() == 1);
        let count = kinds.len();
        *seen
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = kinds;
        Ok(complete.then_some(count))
    })
    .await;
    done.with_context(|| {
        format!(
            "notices seen: {:?}, expected once each: {EXPECTED:?}",
            seen.lock()
        )
    })
}

/// One dossier being played.
struct Scene<'a> {
    api: &'a Api,
    collector: &'a Collector,
    /// `/api/v1/dossiers/{id}`.
    path: String,
}

impl Scene<'_> {
    /// One command on the dossier at the version last seen.
    async fn act(
        &self,
        who: &Person,
        command: &'static str,
        body: &Value,
        dossier: &Value,
    ) -> anyhow::Result<Value> {
        let version = dossier["version"].as_i64().context("no version")?;
        let path = format!("{}/{command}", self.path);
        let sent = self.api.post(who, &path, body, Some(version));
        self.collector.timed(command, sent).await
    }
}

/// Asks again until there is something, or patience ends.
async fn wait<T, F>(patience: Duration, mut ask: impl FnMut() -> F) -> anyhow::Result<T>
where
    F: Future<Output = anyhow::Result<Option<T>>>,
{
    let started = Instant::now();
    let mut pause = Duration::from_millis(20);
    loop {
        // While a service restarts, the question goes unanswered; the next one will be.
        let problem = match ask().await {
            Ok(Some(found)) => return Ok(found),
            Ok(None) => None,
            Err(error) => Some(error),
        };
        if started.elapsed() > patience {
            return Err(problem.unwrap_or_else(|| anyhow::anyhow!("waited in vain")));
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(500));
    }
}

fn text(value: &Value, pointer: &str) -> anyhow::Result<String> {
    let found = value.pointer(pointer).and_then(Value::as_str);
    Ok(found
        .with_context(|| format!("no {pointer} in the answer"))?
        .to_owned())
}

/// A small real PDF with one line of text (ASCII).
fn pdf(line: &str) -> Vec<u8> {
    let content = format!("BT /F1 14 Tf 60 760 Td ({line}) Tj ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut out = b"%PDF-1.4\n".to_vec();
    let mut offsets = Vec::new();
    for (n, object) in objects.iter().enumerate() {
        offsets.push(out.len());
        out.extend_from_slice(format!("{} 0 obj\n{object}\nendobj\n", n + 1).as_bytes());
    }
    let table = out.len();
    out.extend_from_slice(
        format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).as_bytes(),
    );
    for offset in offsets {
        out.extend_from_slice(format!("{offset:010} 00000 n \n").as_bytes());
    }
    let tail = format!(
        "trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n",
        objects.len() + 1
    );
    out.extend_from_slice(tail.as_bytes());
    out
}
