//! The sealing secret is changed: the data keys are wrapped anew, and what they sealed stays. A data key is changed: everything is sealed
//! again, and the old one can be taken away.

use durable::sea_orm::ConnectionTrait as _;
use durable::sea_orm::sea_query::Query;
use e2e::one_process::OneProcess;
use kit::config::Secret;
use serde_json::Value;
use suite::seal_again::{data_keys, seal_again};
use suite::settings::{Databases, Settings};

async fn get(running: &OneProcess, path: &str) -> Value {
    let suite = &running.suite;
    let token = identity::demo_token(&suite.databases.identity, &suite.rt, "citizen")
        .await
        .expect("a token");
    let sent = crate::stranger().get(format!("{}{path}", suite.url));
    let answer = sent.bearer_auth(token).send().await.expect("an answer");
    assert_eq!(answer.status().as_u16(), 200, "{path}");
    answer.json().await.expect("JSON")
}

/// So that there is a secret of that kind.
async fn propose_second_factor(running: &OneProcess) {
    let suite = &running.suite;
    let token = identity::demo_token(&suite.databases.identity, &suite.rt, "citizen")
        .await
        .expect("a token");
    let url = format!("{}/api/v1/me/second-factor", suite.url);
    let password = serde_json::json!({"password": "motcua-demo"});
    let sent = crate::stranger().put(url).bearer_auth(token);
    let answer = sent.json(&password).send().await.expect("an answer");
    assert_eq!(answer.status().as_u16(), 200);
}

/// What was sent is empty: a letter that could not be.
async fn leave_a_letter(running: &OneProcess) {
    let suite = &running.suite;
    let sealed = suite.rt.sealer.seal(suite.rt.ids, "{}");
    let update = Query::update()
        .table("delivery")
        .value("content_sealed", sealed)
        .to_owned();
    let left = suite.databases.notifications.tx(|tx| {
        let update = update.clone();
        async move { tx.execute(&update).await }
    });
    assert!(left.await.expect("an update").rows_affected() > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_secret_and_the_data_key_are_changed_and_the_old_ones_are_not_needed_any_more() {
    let running = OneProcess::start().await;
    let report = suite::demo::play(&suite::demo::Options {
        gateway: running.suite.url.parse().expect("a URL"),
        count: 1,
        concurrency: 1,
        tell: false,
    })
    .await
    .expect("played");
    assert!(report.is_complete(), "{report:?}");
    propose_second_factor(&running).await;
    leave_a_letter(&running).await;
    let dossier = &get(&running, "/api/v1/dossiers").await["items"][0]["id"];
    let path = format!("/api/v1/dossiers/{}", dossier.as_str().expect("an id"));
    let before = get(&running, &path).await;
    let shipments = get(&running, "/api/v1/shipments").await;

    // The secret changes. Without the old one nothing opens, and nothing starts.
    let secret_file = running.data.path().join("sealing-secret");
    let keys_file = running.data.path().join("data-keys");
    let old = std::fs::read_to_string(&secret_file).expect("the secret");
    let new = kit::Ids.secret();
    let mut settings = Settings::isolated(running.data.path().to_owned(), &running.suite.url)
        .all()
        .expect("settings");
    settings.process.sealing.secret = Secret::new(new.clone());
    assert!(kit::process::runtime(&settings.process).is_err());
    settings.process.sealing.older = Secret::new(old.trim());
    let wrapped = data_keys(&settings.process, false).expect("wrapped anew");
    assert_eq!(wrapped.len(), 1, "a new directory has one");
    settings.process.sealing.older = Secret::default();
    settings.process.sealing.data_keys = wrapped.join("\n");
    let rt = kit::process::runtime(&settings.process).expect("a runtime");
    let databases = Databases::open(&settings, &rt).await.expect("databases");
    let done = seal_again(&databases).await.expect("all of it opens");
    assert!(
        done.values().all(|count| *count == 0),
        "only the wrapping changed: {done:?}"
    );
    std::fs::write(&secret_file, &new).expect("the new secret");
    std::fs::write(&keys_file, wrapped.join("\n")).expect("the keys");
    let running = running.restart().await;
    assert_eq!(get(&running, &path).await, before);

    // The data key changes. Without the old one nothing is lost, and nothing pretends to be done.
    let both = data_keys(&settings.process, true).expect("one more");
    settings.process.sealing.data_keys = both[0].clone();
    let rt = kit::process::runtime(&settings.process).expect("a runtime");
    let databases = Databases::open(&settings, &rt).await.expect("databases");
    assert!(seal_again(&databases).await.is_err());
    settings.process.sealing.data_keys = both.join("\n");
    let rt = kit::process::runtime(&settings.process).expect("a runtime");
    let databases = Databases::open(&settings, &rt).await.expect("databases");
    let done = seal_again(&databases).await.expect("sealed again");
    for column in [
        "dossier.personal",
        "dossier.details",
        "file.name",
        "shipment.receiver_sealed",
        "delivery.content_sealed",
        "account.identity_number",
        "account.phone",
        "second_factor.secret",
        "signing_key.pkcs8",
    ] {
        assert!(done[column] > 0, "{column}: {done:?}");
    }
    let again = seal_again(&databases).await.expect("nothing to do");
    assert!(again.values().all(|count| *count == 0), "{again:?}");

    std::fs::write(&keys_file, &both[0]).expect("the new key alone");
    let running = running.restart().await;
    assert_eq!(get(&running, &path).await, before);
    assert_eq!(get(&running, "/api/v1/shipments").await, shipments);
    let number = before["applicant"]["identityNumber"]
        .as_str()
        .expect("a number");
    let found = get(&running, &format!("/api/v1/dossiers?q={number}")).await;
    assert_eq!(
        found["items"].as_array().map(Vec::len),
        Some(1),
        "found by its number"
    );
    assert!(running.suite.stop().await);
}
