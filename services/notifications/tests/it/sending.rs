//! Mail and text messages: once, again when they fail, given up in sight.

use crate::smtp::MailServer;
use crate::world::{World, received};
use contracts::AccountId;
use serde_json::{Value, json};
use testkit::actors;
use uuid::Uuid;
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

fn of(item: &Value, channel: &str) -> Value {
    item["deliveries"]
        .as_array()
        .unwrap()
        .iter()
        .find(|d| d["channel"] == channel)
        .cloned()
        .unwrap_or(Value::Null)
}

fn smtp(server: &MailServer) -> Vec<(&'static str, String)> {
    vec![
        ("email.transport", "smtp".to_owned()),
        ("email.smtp_url", server.url.clone()),
        ("sms.transport", "off".to_owned()),
    ]
}

async fn gateway(server: &MockServer) -> World {
    World::with(&[
        ("email.transport", "off".to_owned()),
        ("sms.transport", "gateway".to_owned()),
        ("sms.gateway_url", format!("{}/send", server.uri())),
        ("sms.token", "t0ken".to_owned()),
        ("max_attempts", "3".to_owned()),
    ])
    .await
}

#[tokio::test]
async fn without_servers_letters_and_text_messages_become_files() {
    let world = World::new().await;
    world.hear(&received(world.rt.clock.now())).await;
    world.settle().await;
    let letters = world.sent("email");
    assert_eq!(letters.len(), 1);
    let letter = &letters[0];
    assert!(letter.contains("To: =?utf-8?b?"), "{letter}");
    assert!(letter.contains("an@example.vn"));
    assert!(letter.contains("multipart/alternative"));
    assert!(letter.contains("Date: Mon, 16 Nov 2026 02:00:00"));
    let texts = world.sent("sms");
    assert_eq!(texts.len(), 1);
    assert!(texts[0].starts_with(
        "To: +84912345678\nFrom: MOTCUA\n\nHo so H05.21-261116-0001 da duoc tiep nhan"
    ));
    assert!(texts[0].is_ascii());
    let item = world.first(&actors::citizen()).await;
    for channel in ["email", "sms"] {
        let delivery = of(&item, channel);
        assert_eq!(delivery["state"], "sent", "{delivery}");
        assert_eq!(delivery["attempts"], 1);
        assert_eq!(delivery["sentAt"], "2026-11-16T02:00:00Z");
        assert!(delivery["error"].is_null());
    }
    let metrics = world.rt.metrics.render();
    assert!(
        metrics.contains("email.sent") && metrics.contains("sms.sent"),
        "{metrics}"
    );
}

#[tokio::test]
async fn a_letter_reaches_the_mail_server_once() {
    let server = MailServer::start().await;
    let world = World::with(&smtp(&server)).await;
    let event = received(world.rt.clock.now());
    world.hear(&event).await;
    world.settle().await;
    let letters = server.letters();
    assert_eq!(letters.len(), 1);
    assert!(
        letters[0].to.contains("<an@example.vn>"),
        "{}",
        letters[0].to
    );
    assert!(letters[0].from.contains("<khong-tra-loi@motcua.example>"));
    assert!(letters[0].data.contains("text/html"));
    assert!(letters[0].data.contains("Message-ID: <"));
    assert_eq!(
        of(&world.first(&actors::citizen()).await, "email")["state"],
        "sent"
    );
}

#[tokio::test]
async fn a_mail_server_that_is_busy_is_asked_again() {
    let server = MailServer::start().await;
    server.answer("451 try <an@example.vn> again later");
    let world = World::with(&smtp(&server)).await;
    world.hear(&received(world.rt.clock.now())).await;
    let waiting = of(&world.first(&actors::citizen()).await, "email");
    assert_eq!(waiting["state"], "queued");
    assert_eq!(waiting["attempts"], 1);
    assert_eq!(
        waiting["error"], "mail server answered 451",
        "and nothing of its words"
    );
    assert!(server.letters().is_empty());
    server.answer("250 taken");
    world.later().await;
    assert_eq!(server.letters().len(), 1);
    let sent = of(&world.first(&actors::citizen()).await, "email");
    assert_eq!(
        (sent["state"].as_str(), sent["attempts"].as_i64()),
        (Some("sent"), Some(2))
    );
    assert!(sent["error"].is_null());
}

#[tokio::test]
async fn a_refused_letter_is_given_up_in_sight() {
    let server = MailServer::start().await;
    server.answer("550 no such user <an@example.vn>");
    let world = World::with(&smtp(&server)).await;
    world.hear(&received(world.rt.clock.now())).await;
    world.later().await;
    let dead = of(&world.first(&actors::citizen()).await, "email");
    assert_eq!(
        (dead["state"].as_str(), dead["attempts"].as_i64()),
        (Some("dead"), Some(1))
    );
    let tasks = durable::dead_tasks(&world.state.db, 10).await.unwrap();
    assert_eq!(tasks.len(), 1);
    let text = format!("{:?}", tasks[0]);
    assert!(
        text.contains("550") && !text.contains("an@example.vn"),
        "{text}"
    );
    // People mend the address book and replay it.
    server.answer("250 taken");
    assert!(
        durable::replay(
            &world.state.db,
            tasks[0].id,
            &durable::By::command_line("test", "the server is back")
        )
        .await
        .unwrap()
    );
    world.settle().await;
    assert_eq!(server.letters().len(), 1);
    assert_eq!(
        of(&world.first(&actors::citizen()).await, "email")["state"],
        "sent"
    );
}

#[tokio::test]
async fn an_address_that_is_none_is_given_up_and_harms_nothing_else() {
    let world = World::new().await;
    let mut event = received(world.rt.clock.now());
    event.contact.email = Some("không phải địa chỉ\r\nBcc: all@example.vn".to_owned());
    event.contact.name = "An\r\nBcc: all@example.vn".to_owned();
    world.hear(&event).await;
    let item = world.first(&actors::citizen()).await;
    assert_eq!(of(&item, "email")["state"], "dead");
    assert_eq!(of(&item, "email")["error"], "the address is not valid");
    assert_eq!(of(&item, "sms")["state"], "sent");
}

#[tokio::test]
async fn the_gateway_gets_a_short_plain_text_with_a_key() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/send"))
        .and(header("authorization", "Bearer t0ken"))
        .respond_with(ResponseTemplate::new(202))
        .expect(1)
        .mount(&server)
        .await;
    let world = gateway(&server).await;
    world.hear(&received(world.rt.clock.now())).await;
    world.later().await;
    let requests = server.received_requests().await.unwrap();
    let body: Value = serde_json::from_slice(&requests[0].body).unwrap();
    assert_eq!(body["to"], "+84912345678");
    assert_eq!(body["sender"], "MOTCUA");
    let text = body["text"].as_str().unwrap();
    assert!(text.is_ascii() && text.len() <= 160, "{text}");
    assert_eq!(
        requests[0].headers["idempotency-key"].to_str().unwrap(),
        body["reference"].as_str().unwrap()
    );
    assert_eq!(
        of(&world.first(&actors::citizen()).await, "sms")["state"],
        "sent"
    );
}

#[tokio::test]
async fn a_gateway_that_fails_is_asked_again_with_the_same_key() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(503))
        .up_to_n_times(2)
        .mount(&server)
        .await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"ok": true})))
        .mount(&server)
        .await;
    let world = gateway(&server).await;
    world.hear(&received(world.rt.clock.now())).await;
    let waiting = of(&world.first(&actors::citizen()).await, "sms");
    assert_eq!(
        (waiting["state"].as_str(), waiting["error"].as_str()),
        (Some("queued"), Some("gateway answered 503"))
    );
    world.later().await;
    world.later().await;
    let sent = of(&world.first(&actors::citizen()).await, "sms");
    assert_eq!(
        (sent["state"].as_str(), sent["attempts"].as_i64()),
        (Some("sent"), Some(3))
    );
    let keys: Vec<_> = server
        .received_requests()
        .await
        .unwrap()
        .iter()
        .map(|r| r.headers["idempotency-key"].clone())
        .collect();
    assert_eq!(keys.len(), 3);
    assert!(keys.iter().all(|k| *k == keys[0]));
}

#[tokio::test]
async fn after_the_last_attempt_a_text_message_is_dead_and_shown() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(500))
        .mount(&server)
        .await;
    let world = gateway(&server).await;
    world.hear(&received(world.rt.clock.now())).await;
    for _ in 0..5 {
        world.later().await;
    }
    assert_eq!(server.received_requests().await.unwrap().len(), 3);
    let dead = of(&world.first(&actors::citizen()).await, "sms");
    assert_eq!(
        (dead["state"].as_str(), dead["attempts"].as_i64()),
        (Some("dead"), Some(3))
    );
    assert_eq!(
        durable::dead_tasks(&world.state.db, 10)
            .await
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn a_gateway_that_says_no_is_not_asked_again() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(400))
        .expect(1)
        .mount(&server)
        .await;
    let world = gateway(&server).await;
    world.hear(&received(world.rt.clock.now())).await;
    world.later().await;
    assert_eq!(
        of(&world.first(&actors::citizen()).await, "sms")["state"],
        "dead"
    );
}

#[tokio::test]
async fn someone_without_an_account_is_reached_but_has_no_inbox() {
    let world = World::new().await;
    let mut event = received(world.rt.clock.now());
    event.owner = AccountId(Uuid::nil());
    world.hear(&event).await;
    assert_eq!(world.sent("email").len(), 1);
    assert_eq!(world.sent("sms").len(), 1);
    let nobody = contracts::Actor {
        subject: AccountId(Uuid::nil()),
        ..actors::citizen()
    };
    assert!(world.kinds(&nobody).await.is_empty());
    assert_eq!(world.kinds(&actors::specialist()).await, ["receive"]);
}

async fn contents(world: &World) -> Vec<String> {
    use durable::sea_orm::ConnectionTrait as _;
    use durable::sea_orm::sea_query::{Alias, Query};
    let select = Query::select()
        .column(Alias::new("content_sealed"))
        .from(Alias::new("delivery"))
        .to_owned();
    let rows = world.state.db.read().query_all(&select).await.unwrap();
    let content = |row: &durable::sea_orm::QueryResult| row.try_get("", "content_sealed").unwrap();
    rows.iter().map(content).collect()
}

#[tokio::test]
async fn addresses_and_letters_are_sealed_until_they_are_sent_and_then_gone() {
    // A folder that is none: letters wait.
    let world = World::with(&[("email.directory", "/dev/null/x".to_owned())]).await;
    world.hear(&received(world.rt.clock.now())).await;
    let all = contents(&world).await;
    let waiting: Vec<&String> = all.iter().filter(|text| !text.is_empty()).collect();
    assert_eq!(
        (all.len(), waiting.len()),
        (2, 1),
        "the text message is sent"
    );
    assert!(waiting[0].starts_with("v1."), "{}", waiting[0]);
    let opened = world.rt.sealer.open(waiting[0]).unwrap();
    assert!(opened.contains("H05.21-261116-0001"));
}
