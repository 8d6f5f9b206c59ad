//! Hạn chế tiếp cận: who may know of a dossier of restricted access, through whatever door.

use crate::retention::{ALMOST, notices, verified};
use crate::world::{PROCEDURE, RESTRICTED, World, text};
use chrono::Duration;
use contracts::events::DossierChanged;
use contracts::{AccountId, Actor, Event as _, Permission, Role};
use serde_json::{Value, json};
use testkit::{Reply, actors, wait_for};
use uuid::Uuid;

/// Somebody else in this role, who has never had to do with any dossier.
fn other(of: Actor, n: u128) -> Actor {
    Actor {
        subject: AccountId(Uuid::from_u128(
            0x0190_0000_0000_7000_8000_0000_0000_1000 + n,
        )),
        ..of
    }
}

/// The same, appointed for dossiers of restricted access.
fn appointed(mut who: Actor) -> Actor {
    who.roles.push(Role::RestrictedOfficer);
    who
}

fn at(agency: &str, mut who: Actor) -> Actor {
    who.agency = Some(agency.to_owned());
    who
}

/// Who asks, and whether a dossier of restricted access is there for them; of one that is not, what the same rights see.
fn people() -> Vec<(&'static str, Actor, bool, bool)> {
    let clerk = || other(actors::officer(), 1);
    let specialist = || other(actors::specialist(), 2);
    let admin = actors::agency_admin;
    let mut only = other(actors::officer(), 3);
    only.roles = vec![Role::RestrictedOfficer];
    let mut shorn = other(actors::leader(), 4);
    shorn.limits.scopes = Some(vec!["dossier.read".to_owned(), "file.read".to_owned()]);
    let mut took_over = appointed(at("H05.22", clerk()));
    took_over.predecessors = vec!["H05.21".to_owned()];
    let mut took_over_plain = at("H05.22", clerk());
    took_over_plain.predecessors = vec!["H05.21".to_owned()];
    vec![
        ("the applicant", actors::citizen(), true, true),
        ("another citizen", actors::citizen2(), false, false),
        ("who received it", actors::officer(), true, true),
        ("who handles it", actors::specialist(), true, true),
        ("another clerk", clerk(), false, true),
        ("another specialist", specialist(), false, true),
        ("a clerk appointed", appointed(clerk()), true, true),
        (
            "a specialist appointed",
            appointed(specialist()),
            true,
            true,
        ),
        ("appointed and nothing else", only, true, true),
        ("a leader", other(actors::leader(), 5), true, true),
        ("a token without the right", shorn, false, true),
        ("an administrator", admin(), false, true),
        ("a leader above", at("H05", actors::leader()), true, true),
        ("an administrator above", at("H05", admin()), false, true),
        ("the successor's appointed", took_over, true, true),
        ("the successor's clerk", took_over_plain, false, true),
        (
            "who received it, elsewhere now",
            at("H05.22", actors::officer()),
            false,
            false,
        ),
        ("a leader elsewhere", actors::leader2(), false, false),
        (
            "appointed elsewhere",
            appointed(actors::officer2()),
            false,
            false,
        ),
        ("an integrator", actors::integrator(), false, false),
    ]
}

/// A dossier at the specialist's, with a file, a fee, a message and an original.
async fn handled(w: &World, procedure: &str) -> Value {
    let mut body = w.body(&actors::citizen()).await;
    body["procedureId"] = json!(procedure);
    let citizen = w.app.as_(&actors::citizen());
    let filed = citizen.post("/api/v1/dossiers", &body).await;
    let filed = filed.expect(201).json();
    let clerk = appointed(actors::officer());
    let received = w.go(&clerk, &filed, "receive", json!({})).await;
    let specialist = appointed(actors::specialist());
    let d = w
        .go(&specialist, &received, "start-handling", json!({}))
        .await;
    let path = format!("/api/v1/dossiers/{}/messages", text(&d["id"]));
    let words = json!({"text": "Tôi gửi thêm"});
    citizen.post(&path, &words).await.expect(201);
    w.get(&actors::citizen(), &d).await
}

fn id(d: &Value) -> String {
    text(&d["id"])
}

/// The reads of one dossier, below its path.
const READS: [&str; 6] = [
    "",
    "/journal",
    "/forms/receipt.pdf",
    "/fees",
    "/papers",
    "/messages",
];

/// The writes, each with a body that is in order.
fn writes() -> Vec<(&'static str, Value)> {
    let reason = || json!({"reason": "Theo quy định"});
    vec![
        ("receive", json!({})),
        (
            "request-supplement",
            json!({"items": [{"content": "x"}], "reason": "y"}),
        ),
        ("supplement", json!({})),
        ("refuse", reason()),
        ("withdraw", json!({})),
        ("start-handling", json!({})),
        ("propose", json!({"resultFileId": Uuid::from_u128(1)})),
        ("send-back", reason()),
        ("approve", json!({})),
        ("request-payment", json!({"amount": 1, "reason": "x"})),
        ("confirm-payment", json!({})),
        ("stop", reason()),
        ("hand-over", json!({"receiverName": "x"})),
        ("apologise", json!({"reason": "x", "dueOn": "2026-12-04"})),
        ("reopen", json!({"reason": "x", "legalBasis": "y"})),
        ("correct", reason()),
        ("acknowledge", json!({})),
        ("restrict", reason()),
        ("lift-restriction", reason()),
        ("fees", json!({"title": "x", "amount": 1000, "reason": "y"})),
        ("fees/1/pay", json!({"way": "cash", "receipt": "x"})),
        ("fees/1/exempt", json!({"reason": "x", "legalBasis": "y"})),
        ("fees/1/refund", json!({"amount": 1, "reason": "x"})),
        ("originals", json!({"componentId": "c1", "count": 1})),
        ("originals/1/return", json!({"receiverName": "x"})),
        ("messages", json!({"text": "x"})),
        (
            "retention-hold",
            json!({"ground": "complaint", "reason": "x"}),
        ),
        ("retention-hold/lift", json!({})),
    ]
}

/// An answer without what differs from request to request, and without the id that was asked for.
fn bare(reply: &Reply, asked: &str) -> (u16, Value) {
    let mut body: Value =
        serde_json::from_str(&reply.text().replace(asked, "(asked)")).unwrap_or(Value::Null);
    if let Some(members) = body.as_object_mut() {
        members.remove("requestId");
        members.remove("instance");
    }
    (reply.status, body)
}

#[tokio::test]
async fn to_whom_it_is_not_open_it_is_not_there_by_any_door() {
    let w = World::new().await;
    let hidden = handled(&w, RESTRICTED).await;
    let open = handled(&w, PROCEDURE).await;
    assert_eq!(
        (&hidden["restricted"], &open["restricted"]),
        (&json!(true), &json!(false))
    );
    let nothing = Uuid::from_u128(0xdead).to_string();
    let file = text(&hidden["attachments"][0]["fileId"]);
    for (who, actor, sees, sees_others) in people() {
        let (hidden_id, open_id) = (id(&hidden), id(&open));
        let status = async |path: &str| w.app.as_(&actor).get(path).await.status;
        for sub in READS {
            let path = |id: &str| format!("/api/v1/dossiers/{id}{sub}");
            let reply = w.app.as_(&actor).get(&path(&hidden_id)).await;
            let absent = w.app.as_(&actor).get(&path(&nothing)).await;
            let forbidden = absent.status == 403;
            let wanted = |sees| match (forbidden, sees) {
                (true, _) => 403,
                (false, true) => 200,
                (false, false) => 404,
            };
            assert_eq!(reply.status, wanted(sees), "{who} {sub}: {}", reply.text());
            let normal = status(&path(&open_id)).await;
            assert_eq!(normal, wanted(sees_others), "{who} {sub}, one as others");
            if !sees {
                assert_eq!(
                    bare(&reply, &hidden_id),
                    bare(&absent, &nothing),
                    "{who} {sub}"
                );
            }
        }
        let path = format!("/api/v1/files/{file}?inline=true");
        let wanted = match (actor.can(Permission::FileRead), sees) {
            (false, _) => 403,
            (true, true) => 200,
            (true, false) => 404,
        };
        assert_eq!(status(&path).await, wanted, "{who}: its file");
        if !sees {
            for (command, body) in writes() {
                let send = async |id: &str| {
                    let path = format!("/api/v1/dossiers/{id}/{command}");
                    w.app.as_(&actor).if_match(4).post(&path, &body).await
                };
                let (reply, absent) = (send(&hidden_id).await, send(&nothing).await);
                let wanted = [403, 404, 422].contains(&reply.status);
                assert!(wanted, "{who} {command}: {}", reply.text());
                let told = bare(&reply, &hidden_id);
                assert_eq!(told, bare(&absent, &nothing), "{who} {command}");
            }
        }
        let number = text(&hidden["number"]);
        for query in [
            "",
            &format!("?q={number}"),
            "?q=001090000001",
            "?status=inProgress",
        ] {
            let list = w
                .app
                .as_(&actor)
                .get(&format!("/api/v1/dossiers{query}"))
                .await;
            let list = list.expect(200).text();
            assert_eq!(list.contains(&hidden_id), sees, "{who} {query}");
            let asked_for = query.contains(&number);
            assert_eq!(
                list.contains(&open_id),
                sees_others && !asked_for,
                "{who} {query}"
            );
        }
    }
    let after = w.get(&actors::citizen(), &hidden).await;
    assert_eq!(
        after["version"], hidden["version"],
        "nothing has happened to it"
    );
}

#[tokio::test]
async fn alarms_books_and_payments_pass_over_it_and_counts_do_not() {
    let w = World::new().await;
    let hidden = handled(&w, RESTRICTED).await;
    let open = handled(&w, PROCEDURE).await;
    let clerk = other(actors::officer(), 1);
    let leader = actors::leader();
    for who in [&clerk, &leader] {
        let path = "/api/v1/reports/dossiers";
        let report = w.app.as_(who).get(path).await.expect(200).json();
        assert_eq!(report["received"]["online"], 2, "{}", who.name);
    }
    let book = "/api/v1/reports/register.pdf?from=2026-11-01&to=2026-11-30";
    w.app.as_(&clerk).get(book).await.expect(200);
    // The access log says which dossiers a book showed.
    let log = async |d: &Value| {
        let path = format!("/api/v1/dossiers/{}/access-log?limit=100", id(d));
        w.app
            .as_(&actors::citizen())
            .get(&path)
            .await
            .expect(200)
            .text()
    };
    assert!(log(&open).await.contains("dossierRegister"));
    assert!(!log(&hidden).await.contains("dossierRegister"));
    w.app.as_(&leader).get(book).await.expect(200);
    assert!(log(&hidden).await.contains("dossierRegister"));
    w.rt.clock
        .set("2026-12-07T03:00:00Z".parse().expect("a time"));
    wait_for("alarms", || async {
        let both = [&hidden, &open].map(|d| w.alarms(d));
        let [one, two] = both;
        (!one.await.is_empty() && !two.await.is_empty()).then_some(())
    })
    .await;
    let alarms = async |who: &Actor| {
        let path = "/api/v1/dossier-alarms?limit=100";
        w.app.as_(who).get(path).await.expect(200).text()
    };
    let (few, all) = (alarms(&clerk).await, alarms(&leader).await);
    assert!(few.contains(&id(&open)) && !few.contains(&id(&hidden)));
    assert!(all.contains(&id(&open)) && all.contains(&id(&hidden)));
}

#[tokio::test]
async fn it_is_restricted_and_opened_again_with_a_reason_by_who_may() {
    let w = World::new().await;
    let d = handled(&w, PROCEDURE).await;
    let clerk = other(actors::officer(), 1);
    let leader = actors::leader();
    let path = format!("/api/v1/dossiers/{}", id(&d));
    let reason = json!({"reason": "Bảo vệ nhân chứng"});
    let seen = async |who: &Actor| w.app.as_(who).get(&path).await.status;
    for who in [
        actors::officer(),
        actors::specialist(),
        actors::agency_admin(),
    ] {
        let tried = w.command(&who, &d, "restrict", reason.clone()).await;
        tried.expect_problem(403, "auth.forbidden");
    }
    let elsewhere = w
        .command(&actors::leader2(), &d, "restrict", reason.clone())
        .await;
    elsewhere.expect_problem(404, "dossier.not-found");
    let above = at("H05", actors::leader());
    let above = w.command(&above, &d, "restrict", reason.clone()).await;
    assert_eq!(above.status, 403, "to see is not to act");
    let mute = w
        .command(&leader, &d, "restrict", json!({"reason": " "}))
        .await;
    mute.expect_problem(422, "body.invalid");
    let tried = w
        .command(&leader, &d, "lift-restriction", reason.clone())
        .await;
    tried.expect_problem(409, "dossier.act-not-open");
    assert_eq!(seen(&clerk).await, 200);
    let d = w.go(&leader, &d, "restrict", reason.clone()).await;
    assert_eq!(d["restricted"], true);
    assert_eq!(seen(&clerk).await, 404);
    let again = w.command(&leader, &d, "restrict", reason.clone()).await;
    again.expect_problem(409, "dossier.act-not-open");
    // Who took part before goes on, and who takes part now will.
    for who in [actors::citizen(), actors::officer(), actors::specialist()] {
        assert_eq!(seen(&who).await, 200, "{}", who.name);
    }
    let newcomer = appointed(other(actors::officer(), 7));
    assert_eq!(seen(&newcomer).await, 200);
    let plain = other(actors::officer(), 7);
    assert_eq!(seen(&plain).await, 404, "to look is not to take part");
    let words = json!({"text": "Đã nhận"});
    let message = w
        .app
        .as_(&newcomer)
        .post(&format!("{path}/messages"), &words)
        .await;
    message.expect(201);
    assert_eq!(seen(&plain).await, 200);
    let journal = w.app.as_(&leader).get(&format!("{path}/journal")).await;
    assert!(journal.expect(200).text().contains("Bảo vệ nhân chứng"));
    let told = w.published(&d, DossierChanged::TYPE).await;
    let told: Vec<&Value> = told.iter().map(|e| &e.data["restricted"]).collect();
    assert_eq!(told, [false, false, false, false, true, true]);
    // Nor does its number say where it stands: a gap in a list would tell which one to ask for.
    let tracking = format!("/api/v1/tracking/{}", text(&d["number"]));
    let public = async || w.app.anonymous().get(&tracking).await;
    public().await.expect(404);
    let d = w.get(&leader, &d).await;
    let d = w.go(&leader, &d, "lift-restriction", reason).await;
    let told = public().await.expect(200).json();
    let told: Vec<&String> = told.as_object().expect("an object").keys().collect();
    assert_eq!(told, ["number", "status"]);
    assert_eq!(d["restricted"], false);
    assert_eq!(seen(&clerk).await, 200);
}

/// Thời hạn bảo quản: who leads is told that it ends and may hold it back; who administers the agency does not learn of it.
#[tokio::test]
async fn that_its_retention_ends_is_announced_to_who_may_see_it() {
    let w = crate::retention::world(&[]).await;
    let (citizen, leader, admin) = (actors::citizen(), actors::leader(), actors::agency_admin());
    let over = async |procedure: &str| {
        let mut body = w.body(&citizen).await;
        body["procedureId"] = json!(procedure);
        let filed = w.app.as_(&citizen).post("/api/v1/dossiers", &body).await;
        let filed = filed.expect(201).json();
        w.go(&citizen, &filed, "withdraw", json!({})).await
    };
    let hidden = over(RESTRICTED).await;
    let open = over(PROCEDURE).await;
    let names = |up: &[Value], d: &Value| up.iter().any(|n| n["dossierId"] == d["id"]);
    w.rt.clock.advance(Duration::days(ALMOST + 1));
    wait_for("the notices", || async {
        let up = notices(&w, &leader).await;
        (names(&up, &hidden) && names(&up, &open)).then_some(())
    })
    .await;
    let up = notices(&w, &admin).await;
    assert!(names(&up, &open) && !names(&up, &hidden), "{up:?}");

    let why = json!({"ground": "complaint", "reason": "Khiếu nại số 12/KN"});
    let tried = w.command(&admin, &hidden, "retention-hold", why.clone());
    tried.await.expect_problem(404, "dossier.not-found");
    let held = w.command(&leader, &hidden, "retention-hold", why).await;
    held.expect(201);
    let seen = w.get(&leader, &hidden).await;
    let lift = "retention-hold/lift";
    let tried = w.command(&admin, &seen, lift, json!({})).await;
    tried.expect_problem(404, "dossier.not-found");
    let free = w.command(&leader, &seen, lift, json!({})).await;
    free.expect(200);

    // It ends as any other does, and stays what it is.
    w.rt.clock.advance(Duration::days(31));
    wait_for("its end", || async {
        let path = format!("/api/v1/dossiers/{}/journal", id(&hidden));
        let journal = w.app.as_(&leader).get(&path).await.expect(200);
        journal.text().contains("remove-papers").then_some(())
    })
    .await;
    assert_eq!(w.get(&leader, &hidden).await["restricted"], true);
    let path = format!("/api/v1/dossiers/{}", id(&hidden));
    assert_eq!(w.app.as_(&admin).get(&path).await.status, 404);
    verified(&w).await;
}
