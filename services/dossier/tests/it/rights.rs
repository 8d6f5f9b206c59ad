//! Who sees and does what.

use crate::world::{World, text};
use contracts::{Actor, Role};
use serde_json::json;
use testkit::actors;

const COMMANDS: [&str; 13] = [
    "receive",
    "request-supplement",
    "supplement",
    "refuse",
    "withdraw",
    "start-handling",
    "propose",
    "send-back",
    "approve",
    "request-payment",
    "confirm-payment",
    "stop",
    "hand-over",
];

#[tokio::test]
async fn another_agency_and_another_citizen_find_nothing() {
    let w = World::new().await;
    let filed = w.file().await;
    let path = format!("/api/v1/dossiers/{}", text(&filed["id"]));
    for stranger in [
        actors::citizen2(),
        actors::officer2(),
        actors::specialist2(),
        actors::integrator(),
    ] {
        w.app
            .as_(&stranger)
            .get(&path)
            .await
            .expect_problem(404, "dossier.not-found");
        let list = w
            .app
            .as_(&stranger)
            .get("/api/v1/dossiers")
            .await
            .expect(200)
            .json();
        assert_eq!(list["items"], json!([]), "{}", stranger.name);
    }
    for sub in ["journal", "forms/receipt.pdf"] {
        w.app
            .as_(&actors::officer2())
            .get(&format!("{path}/{sub}"))
            .await
            .expect_problem(404, "dossier.not-found");
    }
    w.command(&actors::officer2(), &filed, "receive", json!({}))
        .await
        .expect_problem(404, "dossier.not-found");
    w.command(&actors::citizen2(), &filed, "withdraw", json!({}))
        .await
        .expect_problem(404, "dossier.not-found");
    w.app
        .as_(&actors::post_office())
        .get(&path)
        .await
        .expect_problem(403, "auth.forbidden");
    w.app
        .as_(&actors::admin())
        .get(&path)
        .await
        .expect_problem(403, "auth.forbidden");
}

#[tokio::test]
async fn who_leads_above_sees_the_branch_and_acts_only_in_the_own_agency() {
    let w = World::new().await;
    let filed = w.file().await;
    let path = format!("/api/v1/dossiers/{}", text(&filed["id"]));
    let at = |agency: &str, role| Actor {
        agency: Some(agency.to_owned()),
        roles: vec![role],
        ..actors::leader()
    };
    for (agency, role, status) in [
        ("H05", Role::Leader, 200),
        ("H05", Role::AgencyAdmin, 200),
        ("H05", Role::OneStopOfficer, 404),
        ("H05.2", Role::Leader, 404),
        ("H05.21.1", Role::Leader, 404),
        ("H0", Role::Leader, 404),
    ] {
        let who = at(agency, role);
        let seen = w.app.as_(&who).get(&path).await;
        assert_eq!(seen.status, status, "{agency} {role:?}");
        let list = w.app.as_(&who).get("/api/v1/dossiers").await.expect(200);
        let found = list.json()["items"].as_array().expect("items").len();
        assert_eq!(found, usize::from(status == 200), "{agency} {role:?}");
    }
    let received = w.go(&actors::officer(), &filed, "receive", json!({})).await;
    let above = w
        .command(&at("H05", Role::Leader), &received, "approve", json!({}))
        .await;
    assert_eq!(above.status, 403, "{}", above.text());
    let log = w
        .app
        .as_(&actors::citizen())
        .get(&format!("{path}/access-log"))
        .await;
    assert!(
        log.expect(200).text().contains("H05"),
        "noted like any other"
    );
}

#[tokio::test]
async fn commands_without_the_right_are_forbidden_and_without_a_token_unauthorized() {
    let w = World::new().await;
    let filed = w.file().await;
    let can = |actor: &Actor, command: &str| match command {
        "supplement" | "withdraw" => {
            actor.is(Role::Citizen) || actor.is(Role::Integrator) || actor.is(Role::OneStopOfficer)
        }
        "start-handling" | "propose" => actor.is(Role::Specialist),
        "request-supplement" => actor.is(Role::Specialist) || actor.is(Role::OneStopOfficer),
        "approve" | "send-back" => actor.is(Role::Leader),
        _ => actor.is(Role::OneStopOfficer),
    };
    let people = [
        actors::citizen(),
        actors::officer(),
        actors::specialist(),
        actors::leader(),
        actors::agency_admin(),
        actors::admin(),
        actors::post_office(),
        actors::integrator(),
    ];
    for command in COMMANDS {
        let path = format!("/api/v1/dossiers/{}/{command}", text(&filed["id"]));
        w.app
            .anonymous()
            .if_match(1)
            .post(&path, &json!({}))
            .await
            .expect_problem(401, "auth.missing-token");
        for actor in &people {
            if can(actor, command) {
                continue;
            }
            let reply = w.app.as_(actor).if_match(1).post(&path, &json!({})).await;
            assert_eq!(
                reply.status,
                403,
                "{command} {}: {}",
                actor.name,
                reply.text()
            );
            reply.expect_problem(403, "auth.forbidden");
        }
    }
    assert_eq!(
        w.get(&actors::citizen(), &filed).await["version"],
        1,
        "nothing happened"
    );
    // An officer may not answer in the applicant's place when there is an applicant.
    w.command(&actors::officer(), &filed, "withdraw", json!({}))
        .await
        .expect_problem(403, "auth.forbidden");
}

#[tokio::test]
async fn a_specialist_does_not_put_an_unreceived_dossier_on_hold() {
    let w = World::new().await;
    let filed = w.file().await;
    let request = json!({"items": [{"content": "Giấy chứng sinh"}], "reason": "Thiếu"});
    let offered = |d: &serde_json::Value| {
        let actions = d["actions"].as_array().expect("actions");
        actions.contains(&json!("request-supplement"))
    };
    let seen = w.get(&actors::specialist(), &filed).await;
    assert!(!offered(&seen));
    w.command(
        &actors::specialist(),
        &filed,
        "request-supplement",
        request.clone(),
    )
    .await
    .expect_problem(409, "dossier.action-not-open");
    assert!(offered(&w.get(&actors::officer(), &filed).await));
    let received = w.go(&actors::officer(), &filed, "receive", json!({})).await;
    assert!(offered(&w.get(&actors::specialist(), &received).await));
    w.go(
        &actors::specialist(),
        &received,
        "request-supplement",
        request,
    )
    .await;
}

#[tokio::test]
async fn who_proposed_may_not_approve() {
    let w = World::new().await;
    let both = Actor {
        roles: vec![Role::Specialist, Role::Leader],
        ..actors::specialist()
    };
    let received = w
        .go(&actors::officer(), &w.file().await, "receive", json!({}))
        .await;
    let handling = w.go(&both, &received, "start-handling", json!({})).await;
    let result = w.upload(&both, "ket-qua.pdf").await;
    let proposed = w
        .go(&both, &handling, "propose", json!({"resultFileId": result}))
        .await;
    assert!(
        !proposed["actions"]
            .as_array()
            .expect("actions")
            .contains(&json!("approve"))
    );
    w.command(&both, &proposed, "approve", json!({}))
        .await
        .expect_problem(409, "dossier.same-person");
    w.go(&actors::leader(), &proposed, "approve", json!({}))
        .await;
}

#[tokio::test]
async fn approving_wants_a_fresh_sign_in() {
    let w = World::new().await;
    let received = w
        .go(&actors::officer(), &w.file().await, "receive", json!({}))
        .await;
    let specialist = actors::specialist();
    let handling = w
        .go(&specialist, &received, "start-handling", json!({}))
        .await;
    let result = w.upload(&specialist, "ket-qua.pdf").await;
    let proposed = w
        .go(
            &specialist,
            &handling,
            "propose",
            json!({"resultFileId": result}),
        )
        .await;
    let now = w.rt.clock.now().timestamp();
    let signed_in = |seconds: i64| Actor {
        proof: contracts::Proof {
            at: Some(now - seconds),
            assurance: contracts::Assurance::SingleFactor,
        },
        ..actors::leader()
    };
    let reply = w
        .command(&signed_in(1000), &proposed, "approve", json!({}))
        .await;
    let challenge = reply.header("www-authenticate").expect("a challenge");
    assert!(challenge.contains("insufficient_user_authentication"));
    assert!(challenge.contains("max_age=\"900\""), "{challenge}");
    let problem = reply.expect_problem(401, "auth.step-up-required");
    assert_eq!(problem["maxAge"], 900);
    w.go(&signed_in(300), &proposed, "approve", json!({})).await;
}

#[tokio::test]
async fn the_journal_names_who_acted_and_for_whom() {
    let w = World::new().await;
    let mother = Actor {
        mandate: Some(contracts::Mandate {
            subject: actors::citizen2().subject,
            name: actors::citizen2().name,
            ground: contracts::Ground::Guardian,
            id: uuid::Uuid::from_u128(7),
        }),
        ..actors::citizen()
    };
    let body = w.body(&mother).await;
    let filed = w.app.as_(&mother).post("/api/v1/dossiers", &body).await;
    let filed = filed.expect(201).json();
    // The dossier is the child's.
    w.get(&actors::citizen(), &filed).await;
    let path = format!(
        "/api/v1/dossiers/{}/journal",
        filed["id"].as_str().expect("id")
    );
    let journal = w.app.as_(&actors::officer()).get(&path).await;
    let journal = journal.expect(200).json();
    let first = &journal["items"][0];
    assert_eq!(first["actorName"], "Trần Thị Bình (thay mặt Nguyễn Văn An)");
    assert_eq!(first["mandate"]["ground"], "guardian");
    assert_eq!(first["mandate"]["name"], "Nguyễn Văn An");
}

#[tokio::test]
async fn numbers_of_persons_are_masked_for_those_who_do_not_handle() {
    let w = World::new().await;
    let filed = w.file().await;
    for (reader, shown) in [
        (actors::citizen(), "001090000001"),
        (actors::officer(), "001090000001"),
        (actors::specialist(), "001090000001"),
        (actors::agency_admin(), "0010******01"),
    ] {
        assert_eq!(
            w.get(&reader, &filed).await["applicant"]["identityNumber"],
            shown,
            "{}",
            reader.name
        );
    }
}

#[tokio::test]
async fn the_owner_sees_which_officers_looked() {
    let w = World::new().await;
    let filed = w.file().await;
    w.get(&actors::citizen(), &filed).await;
    w.get(&actors::officer(), &filed).await;
    w.rt.clock.advance(chrono::Duration::seconds(1));
    let file = format!("/api/v1/files/{}", text(&filed["attachments"][0]["fileId"]));
    w.app
        .as_(&actors::specialist())
        .get(&file)
        .await
        .expect(200);
    let path = format!("/api/v1/dossiers/{}/access-log", text(&filed["id"]));
    let log = w
        .app
        .as_(&actors::citizen())
        .get(&path)
        .await
        .expect(200)
        .json();
    assert_eq!(
        log["items"],
        json!([
            {"at": "2026-11-16T02:00:01Z", "who": "Hoàng Thị Em", "agency": "H05.21", "client": null, "what": "file", "operation": "downloadFile"},
            {"at": "2026-11-16T02:00:00Z", "who": "Lê Thị Cúc", "agency": "H05.21", "client": null, "what": "dossier", "operation": "getDossier"},
        ])
    );
    let page = w
        .app
        .as_(&actors::citizen())
        .get(&format!("{path}?limit=1"))
        .await
        .json();
    let next = format!("{path}?limit=1&cursor={}", text(&page["next"]));
    let rest = w.app.as_(&actors::citizen()).get(&next).await.json();
    assert_eq!(rest["items"][0]["what"], "dossier");
    w.app
        .as_(&actors::citizen2())
        .get(&path)
        .await
        .expect_problem(404, "dossier.not-found");
    w.app
        .as_(&actors::officer())
        .get(&path)
        .await
        .expect_problem(403, "auth.forbidden");
}

#[tokio::test]
async fn lists_and_the_answers_of_commands_are_reads_too() {
    let w = World::new().await;
    let filed = w.file().await;
    let path = format!("/api/v1/dossiers/{}/access-log", text(&filed["id"]));
    for reader in [
        actors::officer2(),
        actors::citizen(),
        actors::agency_admin(),
    ] {
        w.app.as_(&reader).get("/api/v1/dossiers").await.expect(200);
        w.rt.clock.advance(chrono::Duration::seconds(1));
    }
    w.go(&actors::officer(), &filed, "receive", json!({})).await;
    let log = w
        .app
        .as_(&actors::citizen())
        .get(&path)
        .await
        .expect(200)
        .json();
    let seen: Vec<_> = log["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|e| (text(&e["who"]), text(&e["what"]), text(&e["operation"])))
        .collect();
    let entry = |who: &str, what: &str, operation: &str| {
        (who.to_owned(), what.to_owned(), operation.to_owned())
    };
    assert_eq!(
        seen,
        [
            entry("Lê Thị Cúc", "dossier", "receive"),
            entry("Ngô Văn Khánh", "list", "listDossiers"),
        ]
    );
}

#[tokio::test]
async fn contact_and_answers_are_for_those_who_handle() {
    let w = World::new().await;
    let filed = w.file().await;
    let full = w.get(&actors::officer(), &filed).await;
    let masked = w.get(&actors::agency_admin(), &filed).await;
    for pointer in ["/applicant/phone", "/applicant/address/street", "/answers"] {
        assert_ne!(full.pointer(pointer), masked.pointer(pointer), "{pointer}");
    }
    let all = masked.to_string();
    for secret in [
        &full["applicant"]["phone"],
        &full["applicant"]["address"]["street"],
    ] {
        assert!(!all.contains(&text(secret)), "{secret} in {all}");
    }
}

#[tokio::test]
async fn the_worklist_is_filtered_searched_and_paged() {
    let w = World::new().await;
    let first = w.file().await;
    w.rt.clock.advance(chrono::Duration::seconds(1));
    let second = w.file().await;
    w.rt.clock.advance(chrono::Duration::seconds(1));
    let third = w.file().await;
    let received = w.go(&actors::officer(), &first, "receive", json!({})).await;
    w.go(
        &actors::specialist(),
        &received,
        "start-handling",
        json!({}),
    )
    .await;
    let list = async |actor: &Actor, query: &str| {
        let page = w
            .app
            .as_(actor)
            .get(&format!("/api/v1/dossiers?{query}"))
            .await
            .expect(200)
            .json();
        page["items"]
            .as_array()
            .expect("items")
            .iter()
            .map(|d| text(&d["id"]))
            .collect::<Vec<_>>()
    };
    let id = |d: &serde_json::Value| text(&d["id"]);
    let officer = actors::officer();
    assert_eq!(
        list(&officer, "").await,
        [id(&third), id(&second), id(&first)]
    );
    assert_eq!(list(&officer, "status=inProgress").await, [id(&first)]);
    assert_eq!(
        list(&officer, "status=new").await,
        [id(&third), id(&second)]
    );
    assert_eq!(
        list(&actors::specialist(), "assigned=me").await,
        [id(&first)]
    );
    assert_eq!(
        list(&officer, "assigned=none").await,
        [id(&third), id(&second)]
    );
    assert_eq!(list(&officer, "q=NGUYEN+van+khai+sinh").await.len(), 3);
    assert_eq!(list(&officer, "q=261116-0001").await, [id(&first)]);
    assert_eq!(list(&officer, "q=001090000001").await.len(), 3);
    assert!(
        list(&officer, "q=00109000000").await.is_empty(),
        "identity numbers only whole"
    );
    assert!(list(&officer, "q=%25").await.is_empty());
    assert!(list(&officer, "overdue=true").await.is_empty());
    w.rt.clock
        .set("2026-11-18T10:00:01Z".parse().expect("time"));
    assert_eq!(list(&officer, "overdue=true").await, [id(&first)]);

    let page = w
        .app
        .as_(&officer)
        .get("/api/v1/dossiers?limit=2")
        .await
        .expect(200)
        .json();
    assert_eq!(page["items"][0]["applicantName"], "Nguyễn Văn An");
    let next = format!("limit=2&cursor={}", text(&page["next"]));
    assert_eq!(list(&officer, &next).await, [id(&first)]);
}

#[tokio::test]
async fn the_agency_that_took_another_over_has_the_rights_over_its_dossiers() {
    let w = World::new().await;
    let filed = w.file().await;
    let path = format!("/api/v1/dossiers/{}", text(&filed["id"]));
    let took_over = |code: &str, actor: Actor| Actor {
        predecessors: vec![code.to_owned()],
        ..actor
    };
    // Of an agency that took over others: nothing.
    for code in ["H05.2", "H05.21.1", "H05"] {
        let other = took_over(code, actors::officer2());
        let seen = w.app.as_(&other).get(&path).await;
        seen.expect_problem(404, "dossier.not-found");
    }
    // A commune that took over its former district is not above the other communes.
    let mut commune = took_over("H05", actors::leader2());
    commune.agency = Some("H05.22.3".to_owned());
    let seen = w.app.as_(&commune).get(&path).await;
    seen.expect_problem(404, "dossier.not-found");
    let officer = took_over(actors::AGENCY, actors::officer2());
    w.app.as_(&officer).get(&path).await.expect(200);
    let list = w.app.as_(&officer).get("/api/v1/dossiers").await;
    let list = list.expect(200).json();
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1));
    let received = w.go(&officer, &filed, "receive", json!({})).await;
    assert_eq!(received["agency"]["code"], actors::AGENCY, "it stays");
    let number = text(&received["number"]);
    assert!(number.starts_with(actors::AGENCY), "{number}");
    let journal = w.app.as_(&officer).get(&format!("{path}/journal")).await;
    let journal = journal.expect(200).text();
    assert!(journal.contains(actors::AGENCY2), "by whom: {journal}");
    let leader = took_over(actors::AGENCY, actors::leader2());
    let counted = w.app.as_(&leader).get("/api/v1/reports/dossiers").await;
    assert_eq!(counted.expect(200).json()["received"]["online"], 1);
    let without = w.app.as_(&actors::leader2());
    let without = without.get("/api/v1/reports/dossiers").await;
    assert_eq!(without.expect(200).json()["received"]["online"], 0);
    // Whoever belongs to no agency has taken over none.
    let nowhere = Actor {
        agency: None,
        ..officer
    };
    w.app.as_(&nowhere).get(&path).await.expect(404);
}

#[tokio::test]
async fn what_an_officer_uploaded_belongs_to_the_dossier_not_to_the_officer() {
    let w = World::new().await;
    let done = w.until_done(&w.file().await).await;
    w.app.rt.clock.advance(chrono::TimeDelta::seconds(1));
    let file = format!("/api/v1/files/{}", text(&done["result"]["fileId"]));
    let read = async |reader: &Actor| w.app.as_(reader).get(&file).await;
    read(&actors::specialist()).await.expect(200);
    let elsewhere = Actor {
        agency: Some("H05.22".to_owned()),
        ..actors::specialist()
    };
    read(&elsewhere).await.expect(404);
    // Nor can it be had again by writing it into a dossier there.
    let mut body = w.body(&actors::citizen()).await;
    body["agencyCode"] = json!("H05.22");
    let there = w.app.as_(&actors::citizen());
    let there = there.post("/api/v1/dossiers", &body).await.expect(201);
    let message = json!({"text": "Kính gửi", "fileIds": [done["result"]["fileId"]]});
    let messages = format!("/api/v1/dossiers/{}/messages", text(&there.json()["id"]));
    let write = w.app.as_(&elsewhere);
    let refused = write.post(&messages, &message).await.expect(422);
    assert_eq!(refused.json()["errors"][0]["code"], "file.unknown");
    // The owner sees that the uploader read it, as of anybody else.
    let log = format!("/api/v1/dossiers/{}/access-log", text(&done["id"]));
    let log = w.app.as_(&actors::citizen()).get(&log).await;
    let log = log.expect(200).json();
    let newest = &log["items"][0];
    assert_eq!(newest["operation"], "downloadFile", "{log}");
    assert_eq!(newest["who"], actors::specialist().name);
    // What belongs to nothing yet is the uploader's alone.
    let draft = json!(w.upload(&elsewhere, "du-thao.pdf").await);
    let draft = format!("/api/v1/files/{}", text(&draft));
    w.app.as_(&elsewhere).get(&draft).await.expect(200);
    w.app.as_(&actors::leader()).get(&draft).await.expect(404);
}

#[tokio::test]
async fn the_owner_sees_that_whoever_acts_for_them_looked() {
    let w = World::new().await;
    let filed = w.file().await;
    let guardian = Actor {
        mandate: Some(contracts::Mandate {
            subject: actors::citizen2().subject,
            name: actors::citizen2().name,
            ground: contracts::Ground::Guardian,
            id: uuid::Uuid::from_u128(7),
        }),
        ..actors::citizen()
    };
    w.get(&guardian, &filed).await;
    w.get(&actors::citizen(), &filed).await;
    let log = format!("/api/v1/dossiers/{}/access-log", text(&filed["id"]));
    let log = w.app.as_(&actors::citizen()).get(&log).await;
    let log = log.expect(200).json();
    let items = log["items"].as_array().expect("items");
    assert_eq!(items.len(), 1, "the own reads are not noted: {log}");
    assert_eq!(items[0]["who"], actors::citizen2().name);
}
