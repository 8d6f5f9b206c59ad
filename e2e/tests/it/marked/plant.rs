//! Where marks are planted.

use super::{
    AGENT_NUMBER, AGENT_PHONE, ANSWER, COUNTER_NUMBER, Door, EMAIL, NUMBER, PASSWORD, PHONE,
    RECEIVER_PHONE, STREET,
};
use serde_json::{Value, json};

/// Marks wherever something can be said: in a dossier's life, in what is written about it, in accounts, mandates, requests about data
/// and breach files, and in what is refused. Returns the id of the dossier.
pub(super) async fn plant(door: &Door<'_>) -> String {
    let citizen = door.token("citizen2");
    let officer = door.token("officer");
    let admin = door.token("agencyadmin");
    let first = door.token("citizen");
    let page = door.get("/api/v1/dossiers", &first).await;
    let id = page["items"][0]["id"]
        .as_str()
        .expect("a dossier")
        .to_owned();
    let like = door.get(&format!("/api/v1/dossiers/{id}"), &first).await;
    let mut attachments = Vec::new();
    for paper in like["attachments"].as_array().expect("papers") {
        let file = door.upload(&citizen).await;
        attachments.push(json!({"componentId": paper["componentId"], "fileId": file}));
    }
    let mut address = like["applicant"]["address"].clone();
    address["street"] = json!(STREET);
    let good = json!({
        "procedureId": like["procedure"]["id"], "agencyCode": like["agency"]["code"],
        "applicant": {"kind": "citizen", "name": "Trần Thị Bình", "identityNumber": NUMBER, "phone": PHONE, "email": EMAIL, "address": address},
        "answers": {"childName": ANSWER}, "attachments": attachments,
        "return": {"method": "post", "receiverName": "Trần Thị Bình", "receiverPhone": RECEIVER_PHONE, "address": address},
        "representative": {"name": "Lê Văn Cường", "identityNumber": AGENT_NUMBER, "phone": AGENT_PHONE, "fileId": door.upload(&citizen).await},
    });
    let (status, filed) = door.send("POST", "/api/v1/dossiers", &citizen, &good).await;
    assert_eq!(status, 201, "{filed}");
    let id = filed["id"].as_str().expect("an id").to_owned();
    let path = format!("/api/v1/dossiers/{id}");
    let (status, body) = door
        .send("POST", &format!("{path}/receive"), &officer, &json!({}))
        .await;
    assert_eq!(status, 200, "{body}");
    for token in [&officer, &admin, &citizen] {
        door.get(&path, token).await;
        door.get(&format!("/api/v1/dossiers?q={NUMBER}"), token)
            .await;
    }
    let account = json!({"login": "danh.dau", "password": PASSWORD, "name": "Phạm Thị Dấu", "roles": ["specialist"],
        "agency": "H05.21", "phone": PHONE, "email": EMAIL, "identityNumber": COUNTER_NUMBER});
    let (status, body) = door
        .send("POST", "/api/v1/accounts", &admin, &account)
        .await;
    assert_eq!(status, 201, "{body}");
    messages(door, &path).await;
    requests(door, &filed).await;

    // What is refused, and why it was, must not be written down either.
    let mut bad = Vec::new();
    for (pointer, value) in [
        ("/applicant/phone", json!("0987650321 zq77zq")),
        ("/applicant/identityNumber", json!("024090765432zq77zq")),
        ("/applicant/email", json!("zq77zq@@example.vn")),
        ("/applicant/address", json!(STREET)),
        ("/applicant/kind", json!(ANSWER)),
        ("/procedureId", json!(NUMBER)),
        (
            "/attachments",
            json!([{"componentId": ANSWER, "fileId": NUMBER}]),
        ),
        ("/answers", json!(ANSWER)),
    ] {
        let mut body = good.clone();
        *body.pointer_mut(pointer).expect("a member") = value;
        bad.push(body);
    }
    bad.push(json!({"zq77zq": NUMBER}));
    bad.push(json!([PHONE, NUMBER, STREET]));
    for body in &bad {
        let (status, answer) = door.send("POST", "/api/v1/dossiers", &citizen, body).await;
        assert!((400..500).contains(&status), "{status} {answer}");
    }
    let hand_over = json!({"receiverName": "Trần Thị Bình", "receiverIdentityNumber": COUNTER_NUMBER, "note": ANSWER});
    let long = ANSWER.repeat(400);
    let message = json!({"text": long, "fileIds": [NUMBER]});
    let request = json!({"right": ANSWER, "text": NUMBER});
    let mandate = json!({"agentIdentityNumber": format!("{AGENT_NUMBER}9"), "permissions": [ANSWER], "document": long});
    let breach =
        json!({"title": ANSWER, "kinds": [], "discoveredAt": NUMBER, "text": [PHONE, EMAIL]});
    let province = door.token("admin");
    let posts = [
        (format!("{path}/messages"), &citizen, &message),
        ("/api/v1/me/data-requests".to_owned(), &citizen, &request),
        ("/api/v1/me/mandates".to_owned(), &citizen, &mandate),
        ("/api/v1/mandates".to_owned(), &province, &mandate),
        ("/api/v1/breaches".to_owned(), &province, &breach),
        ("/api/v1/breaches".to_owned(), &citizen, &breach),
        (format!("{path}/hand-over"), &officer, &hand_over),
        (
            format!("{path}/supplement"),
            &citizen,
            &json!({"note": ANSWER}),
        ),
        ("/api/v1/accounts".to_owned(), &admin, &account),
        ("/api/v1/accounts".to_owned(), &citizen, &account),
        (
            format!("/api/v1/dossiers/{NUMBER}/receive"),
            &officer,
            &json!({}),
        ),
    ];
    for (path, token, body) in posts {
        let (status, answer) = door.send("POST", &path, token, body).await;
        assert!((400..500).contains(&status), "{path}: {status} {answer}");
    }
    for path in [
        format!("/api/v1/dossiers?status={NUMBER}"),
        format!("/api/v1/dossiers?cursor={NUMBER}"),
        format!("/api/v1/tracking/{NUMBER}"),
        format!("/api/v1/files/{NUMBER}"),
        format!("/api/v1/unheard-of/{NUMBER}"),
        format!("/tra-cuu?so={NUMBER}"),
        format!("/unheard-of/{NUMBER}?x={EMAIL}"),
    ] {
        door.send("GET", &path, &citizen, &Value::Null).await;
    }
    let broken =
        format!("{{\"applicant\": {{\"phone\": \"{PHONE}\", \"identityNumber\": {NUMBER}x");
    for path in ["/api/v1/dossiers", "/api/v1/accounts", "/oauth2/token"] {
        let sent = door.http.post(format!("{}{path}", door.url));
        let sent = sent
            .header("content-type", "application/json")
            .bearer_auth(&citizen);
        sent.body(broken.clone()).send().await.expect("an answer");
    }
    let form = [
        ("grant_type", "password"),
        ("username", NUMBER),
        ("password", PASSWORD),
    ];
    let sent = door.http.post(format!("{}/oauth2/token", door.url));
    sent.form(&form).send().await.expect("an answer");
    let forged = format!("Bearer {NUMBER}.{EMAIL}.{PHONE}");
    let sent = door.http.get(format!("{}/api/v1/me", door.url));
    sent.header("authorization", forged)
        .send()
        .await
        .expect("an answer");

    // A letter about it has failed, and its fault is written down.
    let citizen = &citizen;
    testkit::wait_for("a letter has failed", || async move {
        let page = door.get("/api/v1/notifications?limit=100", citizen).await;
        for notice in page["items"].as_array()? {
            let path = format!("/api/v1/notifications/{}", text(&notice["id"]));
            let detail = door.get(&path, citizen).await;
            let failed = |d: &Value| d["error"].is_string();
            if detail["deliveries"].as_array()?.iter().any(failed) {
                return Some(());
            }
        }
        None
    })
    .await;
    id
}

/// What the two sides write to each other about a dossier.
async fn messages(door: &Door<'_>, path: &str) {
    let (citizen, officer) = (door.token("citizen2"), door.token("officer"));
    let path = format!("{path}/messages");
    let paper = door.upload(&citizen).await;
    for (token, files) in [(&citizen, vec![paper]), (&officer, Vec::new())] {
        let body = json!({"text": format!("{ANSWER}: {NUMBER}, {PHONE}"), "fileIds": files});
        door.make(&path, token, &body).await;
    }
    for token in [&citizen, &officer] {
        let page = door.get(&path, token).await;
        assert!(page.to_string().contains(ANSWER), "{page}");
    }
}

/// What is asked about data and what is answered, who may act for whom, and what is minuted of a breach.
async fn requests(door: &Door<'_>, dossier: &Value) {
    let citizen = door.token("citizen2");
    let admin = door.token("agencyadmin");
    let province = door.token("admin");
    let said = format!("{ANSWER}: {NUMBER}, {EMAIL}");
    for right in ["access", "correct", "restrict", "object", "erase"] {
        let body = json!({"right": right, "agency": "H05.21", "text": said});
        let made = door.make("/api/v1/me/data-requests", &citizen, &body).await;
        let path = format!("/api/v1/data-requests/{}", text(&made["id"]));
        // Granted, an erasure would end the account, and a restriction hide what others look for here.
        let steps = if right == "access" {
            ["accept", "extend", "done"].as_slice()
        } else {
            ["refuse"].as_slice()
        };
        for (version, action) in (1..).zip(steps) {
            let mut body = json!({"action": action});
            if *action != "accept" {
                body["text"] = json!(said);
            }
            let (status, answer) = door.send_at(version, "PATCH", &path, &admin, &body).await;
            assert_eq!(status, 200, "{action}: {answer}");
        }
    }
    door.get("/api/v1/data-requests?limit=100", &admin).await;
    door.get("/api/v1/me/data", &citizen).await;

    let me = door.get("/api/v1/me", &citizen).await;
    let given = json!({"agentIdentityNumber": AGENT_NUMBER, "permissions": ["dossier.read"], "document": ANSWER});
    door.make("/api/v1/me/mandates", &citizen, &given).await;
    let entered = json!({"principal": me["id"], "ground": "guardian", "agentIdentityNumber": AGENT_NUMBER, "document": ANSWER});
    door.make("/api/v1/mandates", &province, &entered).await;
    door.get("/api/v1/me/mandates", &citizen).await;

    // Discovered a moment ago.
    let breach = json!({"title": ANSWER, "kinds": ["Số định danh"], "people": 1, "discoveredAt": dossier["submittedAt"], "text": said});
    let made = door.make("/api/v1/breaches", &province, &breach).await;
    let path = format!("/api/v1/breaches/{}", text(&made["id"]));
    let entry = json!({"kind": "measure", "text": said});
    let entries = format!("{path}/entries");
    let (status, answer) = door.send("POST", &entries, &province, &entry).await;
    assert_eq!(status, 200, "{answer}");
    let whole = door.get(&path, &province).await;
    assert!(whole.to_string().contains(ANSWER), "{whole}");
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}
