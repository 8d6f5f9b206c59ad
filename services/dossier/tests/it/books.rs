//! Printed: the book of a desk, the control slip, receipts of fees; partial refunds.

use crate::world::{World, id, text};
use durable::sea_orm::ConnectionTrait as _;
use durable::sea_orm::sea_query::{Expr, ExprTrait as _, Order, Query};
use serde_json::{Value, json};
use testkit::{Reply, actors};

async fn change(w: &World, d: &Value, to: &str, body: Value) -> Reply {
    let now = w.get(&actors::officer(), d).await;
    let path = format!("/api/v1/dossiers/{}/{to}", text(&d["id"]));
    w.app
        .as_(&actors::officer())
        .if_match(now["version"].as_i64().expect("version"))
        .post(&path, &body)
        .await
}

fn is_pdf(reply: &Reply) -> usize {
    assert_eq!(reply.header("content-type"), Some("application/pdf"));
    assert!(reply.body.starts_with(b"%PDF-"));
    reply.body.len()
}

/// What the journal says of this command on a dossier, in order.
async fn facts(w: &World, d: &Value, command: &str) -> Vec<Value> {
    let query = Query::select()
        .column("data")
        .from("dossier_journal")
        .and_where(Expr::col("dossier_id").eq(id(d).0))
        .and_where(Expr::col("command").eq(command))
        .order_by("seq", Order::Asc)
        .to_owned();
    let rows = w.db().read().query_all(&query).await.expect("query");
    rows.iter()
        .map(|row| {
            let data: String = row.try_get("", "data").expect("data");
            serde_json::from_str(&data).expect("JSON")
        })
        .collect()
}

const BOOK: &str = "/api/v1/reports/register.pdf?from=2026-11-01&to=2026-11-30";

#[tokio::test]
async fn the_book_has_what_the_desk_received_and_its_readers_are_noted() {
    let w = World::new().await;
    let officer = w.app.as_(&actors::officer());
    let empty = is_pdf(&officer.get(BOOK).await.expect(200));
    let done = w.until_done(&w.file().await).await;
    let over = json!({"receiverName": "Nguyễn Văn An"});
    w.go(&actors::officer(), &done, "hand-over", over).await;
    // Filed and not received: not in the book.
    w.file().await;
    let book = officer.get(BOOK).await.expect(200);
    assert!(is_pdf(&book) > empty);
    let policy = book.header("content-security-policy").unwrap_or_default();
    assert!(policy.contains("form-action 'none'"), "{policy}");
    assert_eq!(book.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(book.header("cache-control"), Some("private, no-store"));
    let shown = book.header("content-disposition").unwrap_or_default();
    assert!(
        shown.contains("so-theo-doi-2026-11-01-2026-11-30.pdf"),
        "{shown}"
    );
    let log = format!("/api/v1/dossiers/{}/access-log", text(&done["id"]));
    let log = w
        .app
        .as_(&actors::citizen())
        .get(&log)
        .await
        .expect(200)
        .json();
    let noted = log["items"].as_array().is_some_and(|items| {
        items
            .iter()
            .any(|i| i["operation"] == "dossierRegister" && i["what"] == "export")
    });
    assert!(noted, "{log}");
    // Another desk's book is empty, as is that of another month.
    let others = w.app.as_(&actors::officer2()).get(BOOK).await.expect(200);
    assert!(is_pdf(&others) < book.body.len());
    let before = officer
        .get("/api/v1/reports/register.pdf?from=2026-10-01&to=2026-10-31")
        .await
        .expect(200);
    assert!(is_pdf(&before) < book.body.len());
    for query in [
        "?from=2026-11-30&to=2026-11-01",
        "?from=2024-01-01&to=2026-01-01",
    ] {
        officer
            .get(&format!("/api/v1/reports/register.pdf{query}"))
            .await
            .expect_problem(422, "query.invalid");
    }
    for nobody in [actors::citizen(), actors::specialist()] {
        w.app
            .as_(&nobody)
            .get(BOOK)
            .await
            .expect_problem(403, "auth.forbidden");
    }
}

#[tokio::test]
async fn the_book_wants_a_sign_in_of_a_moment_ago() {
    let w = World::new().await;
    let filed = w.file().await;
    let received = w.go(&actors::officer(), &filed, "receive", json!({})).await;
    let now = w.rt.clock.now().timestamp();
    let signed_in = |seconds: i64| contracts::Actor {
        proof: contracts::Proof {
            at: Some(now - seconds),
            assurance: contracts::Assurance::SingleFactor,
        },
        ..actors::officer()
    };
    let late = w.app.as_(&signed_in(1000)).get(BOOK).await;
    let challenge = late.header("www-authenticate").expect("a challenge");
    assert!(challenge.contains("max_age=\"900\""), "{challenge}");
    late.expect_problem(401, "auth.step-up-required");
    // Nobody saw it, and nobody is said to have.
    let log = async || {
        let path = format!("/api/v1/dossiers/{}/access-log", text(&received["id"]));
        let citizen = actors::citizen();
        w.app.as_(&citizen).get(&path).await.expect(200).text()
    };
    assert!(!log().await.contains("dossierRegister"));
    is_pdf(&w.app.as_(&signed_in(300)).get(BOOK).await.expect(200));
    assert!(log().await.contains("dossierRegister"));
}

#[tokio::test]
async fn the_control_slip_is_made_in_every_part_of_a_life() {
    let w = World::new().await;
    let filed = w.file().await;
    let slip = format!(
        "/api/v1/dossiers/{}/forms/control-slip.pdf",
        text(&filed["id"])
    );
    let officer = w.app.as_(&actors::officer());
    officer
        .get(&slip)
        .await
        .expect_problem(404, "form.not-available");
    let body = json!({"amount": 5_000, "reason": "Lệ phí"});
    change(&w, &filed, "fees", body).await.expect(201);
    let filed = w.get(&actors::officer(), &filed).await;
    let done = w.until_done(&filed).await;
    let first = is_pdf(&officer.get(&slip).await.expect(200));
    let reason = json!({"reason": "Ghi sai ngày sinh"});
    w.go(&actors::leader(), &done, "correct", reason).await;
    assert!(is_pdf(&officer.get(&slip).await.expect(200)) > first);
}

#[tokio::test]
async fn a_paid_fee_has_a_receipt_and_goes_back_in_parts() {
    let w = World::new().await;
    let filed = w.file().await;
    let body = json!({"amount": 10_000, "reason": "Lệ phí", "title": "Lệ phí cấp bản sao"});
    change(&w, &filed, "fees", body).await.expect(201);
    let receipt = format!("/api/v1/dossiers/{}/fees/1/receipt.pdf", text(&filed["id"]));
    let citizen = w.app.as_(&actors::citizen());
    citizen
        .get(&receipt)
        .await
        .expect_problem(404, "form.not-available");
    let pay = json!({"way": "cash", "receipt": "BL-7"});
    change(&w, &filed, "fees/1/pay", pay).await.expect(200);
    let whole = is_pdf(&citizen.get(&receipt).await.expect(200));
    is_pdf(
        &w.app
            .as_(&actors::officer())
            .get(&receipt)
            .await
            .expect(200),
    );
    for stranger in [actors::citizen2(), actors::officer2()] {
        w.app
            .as_(&stranger)
            .get(&receipt)
            .await
            .expect_problem(404, "dossier.not-found");
    }
    let no_such = receipt.replace("/1/", "/2/");
    citizen
        .get(&no_such)
        .await
        .expect_problem(404, "form.not-available");

    let refund = async |amount: Value| {
        let mut body = json!({"reason": "Thu thừa", "voucher": "PC-1"});
        body["amount"] = amount;
        change(&w, &filed, "fees/1/refund", body).await
    };
    for (amount, code) in [
        (json!(0), "field.invalid"),
        (json!(-1), "field.invalid"),
        (json!(10_001), "fee.refund-too-much"),
        (json!(i64::MAX), "fee.refund-too-much"),
    ] {
        let problem = refund(amount).await.expect_problem(422, "body.invalid");
        assert_eq!(
            (
                &problem["errors"][0]["pointer"],
                &problem["errors"][0]["code"]
            ),
            (&json!("/amount"), &json!(code))
        );
    }
    let part = refund(json!(4_000)).await.expect(200).json();
    let fee = &part["items"][0];
    assert_eq!(
        (&fee["state"], &fee["left"], &fee["refunds"][0]["amount"]),
        (&json!("paid"), &json!(6_000), &json!(4_000))
    );
    assert_eq!(fee["refunded"], Value::Null);
    let problem = refund(json!(6_001))
        .await
        .expect_problem(422, "body.invalid");
    assert_eq!(problem["left"], 6_000);
    assert!(is_pdf(&citizen.get(&receipt).await.expect(200)) > whole);

    // Sent again with its key it goes back once.
    let version = w.get(&actors::officer(), &filed).await["version"]
        .as_i64()
        .expect("version");
    let path = format!("/api/v1/dossiers/{}/fees/1/refund", text(&filed["id"]));
    let once = w
        .app
        .as_(&actors::officer())
        .if_match(version)
        .header("idempotency-key", "refund-1");
    let body = json!({"amount": 1_000, "reason": "Thu thừa"});
    let first = once.clone().post(&path, &body).await.expect(200).json();
    assert_eq!(once.post(&path, &body).await.expect(200).json(), first);
    assert_eq!(first["items"][0]["left"], 5_000);

    let rest = refund(Value::Null).await.expect(200).json();
    let fee = &rest["items"][0];
    assert_eq!(
        (&fee["state"], &fee["left"]),
        (&json!("refunded"), &json!(0))
    );
    let back: Vec<_> = fee["refunds"]
        .as_array()
        .expect("refunds")
        .iter()
        .map(|r| r["amount"].as_i64().unwrap_or(0))
        .collect();
    assert_eq!(back, [4_000, 1_000, 5_000]);
    assert_eq!(fee["refunded"]["voucher"], "PC-1");
    let problem = refund(json!(1))
        .await
        .expect_problem(409, "fee.wrong-state");
    assert_eq!(problem["state"], "refunded");

    let told: Vec<_> = facts(&w, &filed, "refund-fee")
        .await
        .iter()
        .map(|data| (data["amount"].clone(), data["left"].clone()))
        .collect();
    let wanted = [(4_000, 6_000), (1_000, 5_000), (5_000, 0)];
    assert_eq!(told, wanted.map(|(a, l)| (json!(a), json!(l))));
    let events = w.events(&filed).await;
    let refunds = events.iter().filter(|(c, _)| c == "refund-fee").count();
    assert_eq!(refunds, 3, "each is told");
    assert_eq!(dossier::verify(w.db()).await.expect("database"), []);
}
