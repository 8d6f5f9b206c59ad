//! What is to be paid: from the catalogue or set by an officer; asked, paid, exempt, refunded; reported by the payment platform.

use crate::world::{PROCEDURE, World, procedure, text};
use aws_lc_rs::digest::{SHA256, digest};
use contracts::Fee;
use serde_json::{Value, json};
use testkit::{Reply, actors, wait_for};
use vn::vietqr::VietQr;

const SECRET: &str = "a-secret-that-only-the-platform-knows";

fn fee(amount: i64, text: &str, suspicious: bool) -> Fee {
    Fee {
        amount: Some(amount),
        currency: "VND".to_owned(),
        text: text.to_owned(),
        suspicious,
    }
}

/// With these published fees, an account and a payment platform.
async fn world(fees: Vec<Fee>) -> World {
    let w = World::with(&[
        ("payment.partner", "TTDVC".to_owned()),
        ("payment.secret", SECRET.to_owned()),
        ("payment.account.bank_bin", "\"970436\"".to_owned()),
        ("payment.account.number", "\"113366668888\"".to_owned()),
        ("payment.account.name", "KHO BAC NHA NUOC".to_owned()),
    ])
    .await;
    let mut version = procedure(PROCEDURE, 2);
    for method in &mut version.methods {
        method.fees.clone_from(&fees);
    }
    w.deliver(&version).await;
    w
}

async fn fees(w: &World, d: &Value) -> Value {
    let path = format!("/api/v1/dossiers/{}/fees", text(&d["id"]));
    w.app
        .as_(&actors::citizen())
        .get(&path)
        .await
        .expect(200)
        .json()
}

async fn change(w: &World, d: &Value, to: &str, body: Value) -> Reply {
    let now = w.get(&actors::officer(), d).await;
    let path = format!("/api/v1/dossiers/{}/{to}", text(&d["id"]));
    w.app
        .as_(&actors::officer())
        .if_match(now["version"].as_i64().expect("version"))
        .post(&path, &body)
        .await
}

/// A report as the platform signs it: worked out here, not by the code under test.
fn report(reference: &str, amount: i64, transaction: &str) -> Value {
    let signed = format!(
        "CONFIRM|1.0.6|TTDVC|{reference}|{amount}|PAY|BANK|WEB|vi-VN|VND|VCB|Le phi|20261116090000|203.0.113.7|{SECRET}"
    );
    let hash: String = digest(&SHA256, signed.as_bytes())
        .as_ref()
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    json!({
        "LoaiBanTin": "CONFIRM", "PhienBan": "1.0.6", "MaDoiTac": "TTDVC", "MaThamChieu": reference,
        "SoTien": amount, "LoaiHinhThanhToan": "PAY", "MaKenhThanhToan": "BANK", "MaThietBi": "WEB",
        "NgonNgu": "vi-VN", "MaTienTe": "VND", "MaNganHang": "VCB", "ThongTinGiaoDich": "Le phi",
        "ThoiGianGD": "20261116090000", "Ip": "203.0.113.7", "MaXacThuc": hash, "MaLoi": "00",
        "MaGiaoDich": transaction,
    })
}

async fn send(w: &World, report: &Value) -> Reply {
    w.app
        .anonymous()
        .post("/api/v1/payments/notifications", report)
        .await
}

#[tokio::test]
async fn one_published_fee_is_asked_at_once_and_paid_by_the_platform_once() {
    let w = world(vec![fee(10_000, "10.000 đồng/lần", false)]).await;
    let filed = w.file().await;
    let owed = fees(&w, &filed).await;
    assert_eq!(owed["open"], 10_000);
    let first = &owed["items"][0];
    assert_eq!(
        (&first["state"], &first["basis"], &first["reason"]),
        (
            &json!("asked"),
            &json!("catalogue"),
            &json!("10.000 đồng/lần")
        )
    );
    let content = text(&first["transfer"]["content"]);
    let qr = VietQr::parse(&text(&first["transfer"]["qr"])).expect("a VietQR code");
    assert_eq!(
        (qr.account.as_str(), qr.amount, qr.purpose.as_deref()),
        ("113366668888", Some(10_000), Some(content.as_str()))
    );

    let report = report(&content, 10_000, "GD-1");
    for _ in 0..3 {
        let taken = send(&w, &report).await.expect(200).json();
        assert_eq!(taken, json!({"MaLoi": "00", "KetQua": "applied"}));
    }
    let owed = fees(&w, &filed).await;
    assert_eq!(owed["open"], 0);
    assert_eq!(owed["items"][0]["state"], "paid");
    assert_eq!(owed["items"][0]["paid"]["receipt"], "GD-1");
    assert_eq!(owed["items"][0]["paid"]["way"], "platform");
    assert_eq!(owed["items"][0]["transfer"], Value::Null);
    let events = w.events(&filed).await;
    assert_eq!(events, [("file".to_owned(), 1), ("pay-fee".to_owned(), 2)]);
    assert_eq!(dossier::verify(w.db()).await.expect("database"), []);
}

#[tokio::test]
async fn what_was_paid_for_nothing_is_told_of_when_it_ends_and_when_it_comes_late() {
    let w = world(vec![fee(10_000, "10.000 đồng/lần", false)]).await;
    let filed = async || {
        let d = w.file().await;
        let content = text(&fees(&w, &d).await["items"][0]["transfer"]["content"]);
        (d, content)
    };
    let withdraw = async |d: &Value| {
        let seen = w.get(&actors::citizen(), d).await;
        w.go(&actors::citizen(), &seen, "withdraw", json!({})).await
    };
    let told = async |d: &Value, count: usize| {
        w.rt.clock.advance(chrono::Duration::minutes(1));
        wait_for("the alarm", || async {
            (w.alarms(d).await == vec!["feesPaid"; count]).then_some(())
        })
        .await;
    };
    let (unpaid, _) = filed().await;
    withdraw(&unpaid).await;
    let (paid, content) = filed().await;
    send(&w, &report(&content, 10_000, "GD-1"))
        .await
        .expect(200);
    withdraw(&paid).await;
    told(&paid, 1).await;
    let (late, content) = filed().await;
    withdraw(&late).await;
    send(&w, &report(&content, 10_000, "GD-2"))
        .await
        .expect(200);
    told(&late, 1).await;
    assert!(w.alarms(&unpaid).await.is_empty());
    // Told once: whether it goes back is for the agency to say.
    w.rt.clock.advance(chrono::Duration::days(40));
    let (again, content) = filed().await;
    send(&w, &report(&content, 10_000, "GD-3"))
        .await
        .expect(200);
    withdraw(&again).await;
    told(&again, 1).await;
    assert_eq!(w.alarms(&paid).await.len(), 1);
}

#[tokio::test]
async fn what_is_not_signed_as_agreed_changes_nothing() {
    let w = world(vec![fee(10_000, "x", false)]).await;
    let filed = w.file().await;
    let content = text(&fees(&w, &filed).await["items"][0]["transfer"]["content"]);
    let good = report(&content, 10_000, "GD-1");
    let mut cases = vec![];
    for (field, value) in [
        ("MaXacThuc", json!("00")),
        ("SoTien", json!(1)),
        ("MaDoiTac", json!("ELSE")),
        ("LoaiBanTin", json!("INIT")),
        ("MaTienTe", json!("USD")),
        ("Ip", json!("203.0.113.8")),
    ] {
        let mut bad = good.clone();
        bad[field] = value;
        cases.push(bad);
    }
    for bad in cases {
        send(&w, &bad)
            .await
            .expect_problem(403, "payment.signature-invalid");
    }
    let mut nameless = good.clone();
    nameless["MaGiaoDich"] = json!("  ");
    let problem = send(&w, &nameless)
        .await
        .expect_problem(422, "body.invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/MaGiaoDich");
    assert_eq!(fees(&w, &filed).await["items"][0]["state"], "asked");

    // Without a secret nobody's report is taken, not even one signed with an empty one.
    let closed = World::new().await;
    send(&closed, &good)
        .await
        .expect_problem(403, "payment.signature-invalid");
}

#[tokio::test]
async fn money_that_pays_nothing_waits_for_a_person() {
    let w = world(vec![fee(10_000, "x", false)]).await;
    let filed = w.file().await;
    let content = text(&fees(&w, &filed).await["items"][0]["transfer"]["content"]);
    let outcome = async |report: Value| text(&send(&w, &report).await.expect(200).json()["KetQua"]);
    assert_eq!(
        outcome(report("MC00", 10_000, "GD-1")).await,
        "unknownReference"
    );
    assert_eq!(
        outcome(report(&content, 9_999, "GD-2")).await,
        "wrongAmount"
    );
    let mut failed = report(&content, 10_000, "GD-3");
    failed["MaLoi"] = json!("24");
    assert_eq!(outcome(failed.clone()).await, "failed");
    // The same transaction cannot turn into another thing.
    failed["MaLoi"] = json!("00");
    send(&w, &failed)
        .await
        .expect_problem(409, "payment.transaction-reused");
    assert_eq!(outcome(report(&content, 10_000, "GD-4")).await, "applied");
    assert_eq!(outcome(report(&content, 10_000, "GD-5")).await, "notAsked");

    let list = async |actor, query: &str| {
        let path = format!("/api/v1/payments{query}");
        let page = w.app.as_(&actor).get(&path).await.expect(200).json();
        page["items"]
            .as_array()
            .expect("items")
            .iter()
            .map(|r| text(&r["transactionId"]))
            .collect::<Vec<_>>()
    };
    // The agency sees those for its dossiers, the operators all.
    let mut own = list(actors::officer(), "").await;
    own.sort();
    assert_eq!(own, ["GD-2", "GD-3", "GD-4", "GD-5"]);
    assert_eq!(list(actors::admin(), "?limit=100").await.len(), 5);
    assert_eq!(
        list(actors::admin(), "?outcome=unknownReference").await,
        ["GD-1"]
    );
    assert!(list(actors::officer2(), "").await.is_empty());
    w.app
        .as_(&actors::citizen())
        .get("/api/v1/payments")
        .await
        .expect_problem(403, "auth.forbidden");
    w.app
        .as_(&actors::officer())
        .get("/api/v1/payments?outcome=none")
        .await
        .expect_problem(422, "query.invalid");
}

#[tokio::test]
async fn an_officer_asks_by_tier_or_with_a_reason() {
    let w = world(vec![
        fee(8_000, "8.000 đồng/bản", false),
        fee(0, "theo mức 10.000 – 20.000", true),
    ])
    .await;
    let filed = w.file().await;
    // Two are published: an officer chooses.
    let owed = fees(&w, &filed).await;
    assert_eq!((&owed["items"], &owed["open"]), (&json!([]), &json!(0)));
    assert_eq!(owed["published"][0]["amount"], 8_000);
    let ask = async |body: Value| change(&w, &filed, "fees", body).await;
    let asked = ask(json!({"tier": 0})).await.expect(201).json();
    assert_eq!(
        (&asked["items"][0]["amount"], &asked["items"][0]["basis"]),
        (&json!(8_000), &json!("catalogue"))
    );
    let asked =
        ask(json!({"amount": 15_000, "title": "Phí xác minh", "reason": "Xác minh ngoài địa bàn"}))
            .await
            .expect(201)
            .json();
    assert_eq!(asked["open"], 23_000);
    for (body, pointer, code) in [
        (json!({"tier": 1}), "/tier", "fee.tier-unclear"),
        (json!({"tier": 9}), "/tier", "fee.tier-unknown"),
        (json!({"amount": 1}), "/reason", "field.required"),
        (json!({"reason": "x"}), "/amount", "field.required"),
        (json!({"tier": 0, "amount": 1}), "/amount", "field.invalid"),
        (
            json!({"amount": 0, "reason": "x"}),
            "/amount",
            "field.invalid",
        ),
        (
            json!({"amount": -5, "reason": "x"}),
            "/amount",
            "field.invalid",
        ),
        (
            json!({"amount": i64::MAX, "reason": "x"}),
            "/amount",
            "field.invalid",
        ),
    ] {
        let problem = ask(body.clone()).await.expect_problem(422, "body.invalid");
        assert_eq!(
            (
                &problem["errors"][0]["pointer"],
                &problem["errors"][0]["code"]
            ),
            (&json!(pointer), &json!(code)),
            "{body}"
        );
    }
    assert_eq!(
        fees(&w, &filed).await["items"].as_array().map(Vec::len),
        Some(2)
    );
}

#[tokio::test]
async fn asked_paid_exempt_refunded_and_nothing_else() {
    let w = world(vec![]).await;
    let filed = w.file().await;
    for reason in ["một", "hai"] {
        change(
            &w,
            &filed,
            "fees",
            json!({"amount": 5_000, "reason": reason}),
        )
        .await
        .expect(201);
    }
    let pay = json!({"way": "cash", "receipt": "BL-7"});
    let exempt = json!({"reason": "Hộ nghèo", "legalBasis": "Luật Phí và lệ phí, Điều 10"});
    let refund = json!({"reason": "Thu nhầm", "voucher": "PC-1"});
    let problem = change(&w, &filed, "fees/1/refund", refund.clone())
        .await
        .expect_problem(409, "fee.wrong-state");
    assert_eq!(problem["state"], "asked");
    let paid = change(&w, &filed, "fees/1/pay", pay.clone())
        .await
        .expect(200);
    assert_eq!(paid.json()["items"][0]["paid"]["receipt"], "BL-7");
    for (to, body) in [("fees/1/pay", &pay), ("fees/1/exempt", &exempt)] {
        change(&w, &filed, to, body.clone())
            .await
            .expect_problem(409, "fee.wrong-state");
    }
    let refunded = change(&w, &filed, "fees/1/refund", refund)
        .await
        .expect(200)
        .json();
    assert_eq!(refunded["items"][0]["refunded"]["voucher"], "PC-1");
    let free = change(&w, &filed, "fees/2/exempt", exempt)
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&free["items"][1]["state"], &free["open"]),
        (&json!("exempt"), &json!(0))
    );
    change(&w, &filed, "fees/3/pay", pay.clone())
        .await
        .expect_problem(404, "fee.not-found");
    let platform = json!({"way": "platform", "receipt": "x"});
    change(&w, &filed, "fees/2/pay", platform)
        .await
        .expect_problem(422, "body.invalid");
    // Nothing more is asked of who has withdrawn.
    let d = w.get(&actors::citizen(), &filed).await;
    w.go(&actors::citizen(), &d, "withdraw", json!({})).await;
    let problem = change(&w, &filed, "fees", json!({"amount": 1, "reason": "x"}))
        .await
        .expect_problem(409, "dossier.act-not-open");
    assert_eq!(
        (&problem["state"], &problem["command"]),
        (&json!("withdrawn"), &json!("ask-fee"))
    );
    assert_eq!(dossier::verify(w.db()).await.expect("database"), []);
}

#[tokio::test]
async fn a_dossier_that_waits_for_money_goes_on_when_it_is_there() {
    let w = world(vec![]).await;
    let received = w
        .go(&actors::officer(), &w.file().await, "receive", json!({}))
        .await;
    let due = received["dueAt"].clone();
    let body = json!({"amount": 20_000, "reason": "Lệ phí"});
    let waiting = w
        .go(&actors::officer(), &received, "request-payment", body)
        .await;
    assert_eq!(
        (&waiting["status"]["key"], &waiting["dueAt"]),
        (&json!("paymentRequested"), &Value::Null)
    );
    let owed = fees(&w, &received).await;
    let content = text(&owed["items"][0]["transfer"]["content"]);
    let taken = send(&w, &report(&content, 20_000, "GD-9"))
        .await
        .expect(200)
        .json();
    assert_eq!(taken["KetQua"], "applied");
    let on = w.get(&actors::citizen(), &received).await;
    assert_eq!(
        (&on["status"]["key"], &on["dueAt"]),
        (&json!("received"), &due)
    );
    let commands: Vec<_> = on["history"]
        .as_array()
        .expect("history")
        .iter()
        .map(|h| text(&h["command"]))
        .collect();
    assert_eq!(
        commands,
        [
            "file",
            "receive",
            "request-payment",
            "pay-fee",
            "confirm-payment"
        ]
    );

    // An officer's word does the same, and an exemption too.
    for to in ["pay", "exempt"] {
        let seen = w.get(&actors::officer(), &received).await;
        let body = json!({"amount": 1_000, "reason": "Thêm"});
        w.go(&actors::officer(), &seen, "request-payment", body)
            .await;
        let owed = fees(&w, &received).await;
        let no = owed["items"].as_array().expect("items").len();
        let body = if to == "pay" {
            json!({"way": "transfer", "receipt": "FT-1"})
        } else {
            json!({"reason": "Miễn", "legalBasis": "Điều 10"})
        };
        change(&w, &received, &format!("fees/{no}/{to}"), body)
            .await
            .expect(200);
        assert_eq!(
            w.get(&actors::citizen(), &received).await["status"]["key"],
            "received"
        );
    }
    assert_eq!(dossier::verify(w.db()).await.expect("database"), []);
}

#[tokio::test]
async fn fees_are_for_those_concerned_and_for_the_version_seen() {
    let w = world(vec![fee(10_000, "x", false)]).await;
    let filed = w.file().await;
    let path = format!("/api/v1/dossiers/{}/fees", text(&filed["id"]));
    for stranger in [actors::citizen2(), actors::officer2(), actors::integrator()] {
        w.app
            .as_(&stranger)
            .get(&path)
            .await
            .expect_problem(404, "dossier.not-found");
    }
    let pay = json!({"way": "cash", "receipt": "BL-1"});
    let to = format!("{path}/1/pay");
    w.app
        .as_(&actors::citizen())
        .if_match(1)
        .post(&to, &pay)
        .await
        .expect_problem(403, "auth.forbidden");
    w.app
        .as_(&actors::officer2())
        .if_match(1)
        .post(&to, &pay)
        .await
        .expect_problem(404, "dossier.not-found");
    w.app
        .as_(&actors::officer())
        .post(&to, &pay)
        .await
        .expect_problem(428, "precondition.required");
    let problem = w
        .app
        .as_(&actors::officer())
        .if_match(7)
        .post(&to, &pay)
        .await
        .expect_problem(412, "precondition.failed");
    assert_eq!(problem["version"], 1);
    // With a key the same request is one payment.
    let once = w
        .app
        .as_(&actors::officer())
        .if_match(1)
        .header("idempotency-key", "pay-1");
    let first = once.clone().post(&to, &pay).await.expect(200).json();
    assert_eq!(once.post(&to, &pay).await.expect(200).json(), first);
    assert_eq!(w.events(&filed).await.len(), 2);
}
