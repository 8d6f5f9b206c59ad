//! Counts, lists, the book: what the people of another agency are told is the same to the letter, whatever more happens here.

use super::people;
use super::world::{Thing, World};
use super::{Checks, Kind, Operation};
use contracts::Role;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// By operation and role, what was told.
type Told = BTreeMap<(String, String), Value>;

/// Lists, counts and the book of strangers before and after one more dossier, with all that hangs on it, at the world's agency.
pub(super) async fn figures(world: &World, operations: &[Operation], checks: &mut Checks) {
    let reads: Vec<&Operation> = operations
        .iter()
        .filter(|o| o.method == "GET" && !o.path.contains('{') && o.kind() != Kind::Open)
        .collect();
    let strangers: Vec<(Role, String)> = people::strangers(world)
        .into_iter()
        // All is within the reach of the province.
        .filter(|(role, _)| *role != Role::ProvinceAdmin)
        .collect();
    let colleague = people::colleague(world, Role::OneStopOfficer);
    let (counted, book) = ours(world, &colleague).await;
    let before = told(world, &reads, &strangers).await;
    let (one, number) = one_more(world).await;
    let after = told(world, &reads, &strangers).await;
    assert_eq!(before.len(), after.len());
    for (key, was) in &before {
        checks.count("counts, lists and books of others before and after");
        assert_eq!(was, &after[key], "{key:?} tells of {}", one.id);
    }
    for ((operation, role), value) in &after {
        if operation == "dossierReport" && value[0] == 200 {
            checks.count("counts of others are nought");
            let figures = figures_in(&value[1]);
            assert!(figures.len() > 10, "{value}");
            assert!(figures.iter().all(|f| *f == 0), "{role}: {value}");
        }
    }
    // It is counted where it belongs, and stands in the book: so what is missing above would have been seen.
    let (counted_now, book_now) = ours(world, &colleague).await;
    assert_eq!(
        counted_now.as_i64(),
        counted.as_i64().map(|n| n + 1),
        "received online"
    );
    assert!(!book.contains(&number), "{book}");
    assert!(book_now.contains(&number), "{book_now}");
    assert!(book_now.contains("Nguyễn Văn An"), "{book_now}");
}

/// What the desk of the world's agency received online, and its book.
async fn ours(world: &World, token: &str) -> (Value, String) {
    let report = world.json("/api/v1/reports/dossiers", token).await;
    let book = world.pdf("/api/v1/reports/register.pdf", token).await;
    (report["received"]["online"].clone(), book)
}

async fn told(world: &World, reads: &[&Operation], people: &[(Role, String)]) -> Told {
    let mut all = Told::new();
    for (role, token) in people {
        for operation in reads {
            let value = if operation.id == "dossierRegister" && operation.allows(*role) {
                json!(book(world, operation, token).await)
            } else {
                let answer = world.query(operation, token, "", true).await;
                let name = format!("{role:?} {}", operation.name());
                world.tells_of_nobody(&name, &answer);
                json!([answer.status, answer.normal()])
            };
            all.insert((operation.id.clone(), format!("{role:?}")), value);
        }
    }
    all
}

/// The lines of a stranger's book, but for when it was printed. It has nothing in it.
async fn book(world: &World, operation: &Operation, token: &str) -> Vec<String> {
    let text = world.pdf(&operation.path, token).await;
    assert!(text.contains(": 0 hồ sơ"), "{text}");
    let lines = text.lines().filter(|l| !l.starts_with("In lúc"));
    lines.map(str::to_owned).collect()
}

/// All numbers in a report.
fn figures_in(value: &Value) -> Vec<i64> {
    match value {
        Value::Number(n) => n.as_i64().into_iter().collect(),
        Value::Object(members) => members.values().flat_map(figures_in).collect(),
        Value::Array(items) => items.iter().flat_map(figures_in).collect(),
        Value::Null | Value::Bool(_) | Value::String(_) => Vec::new(),
    }
}

/// A dossier that is received, owes a fee and is written about, with a request about data beside it: everything that could be counted or
/// listed. Returns when its applicant was told, with its number.
async fn one_more(world: &World) -> (Thing, String) {
    let filed = world.file_another().await;
    let received = world.go("officer", filed, "receive", &json!({})).await;
    let path = format!("/api/v1/dossiers/{}", received.id);
    for (login, part, version, body) in [
        (
            "officer",
            "fees",
            Some(received.version),
            json!({"amount": 8_000, "title": "Lệ phí", "reason": "Bản sao"}),
        ),
        (
            "citizen",
            "messages",
            None,
            json!({"text": "Bao giờ xong?"}),
        ),
    ] {
        let path = format!("{path}/{part}");
        let (status, answer) = world.post(login, &path, version, &body).await;
        assert_eq!(status, 201, "{answer}");
    }
    let body = json!({"right": "correct", "agency": "H05.21", "text": "Sai số điện thoại"});
    let (status, answer) = world
        .post("citizen", "/api/v1/me/data-requests", None, &body)
        .await;
    assert_eq!(status, 201, "{answer}");
    let citizen = world.token("citizen").await;
    let inbox = format!("/api/v1/notifications?dossierId={}", received.id);
    testkit::wait_for("the applicant is told", || async {
        let page = world.json(&inbox, &citizen).await;
        let told = page["items"].as_array().expect("items");
        told.iter().any(|n| n["kind"] == "receive").then_some(())
    })
    .await;
    let whole = world.json(&path, &citizen).await;
    let number = whole["number"].as_str().expect("a number").to_owned();
    (received, number)
}
