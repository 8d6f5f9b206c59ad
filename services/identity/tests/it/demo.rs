//! Demonstration data.

use crate::world::World;

#[tokio::test]
async fn every_demo_login_gets_a_token_that_works() {
    let world = World::new().await;
    for login in [
        "citizen",
        "citizen2",
        "household",
        "officer",
        "specialist",
        "leader",
        "officer2",
        "officer3",
        "specialist3",
        "leader3",
        "agencyadmin",
        "admin",
        "postoffice",
        "integrator",
    ] {
        let token = world.token(login).await;
        let me = world
            .app
            .with_token(&token)
            .get("/api/v1/me")
            .await
            .expect(200)
            .json();
        assert_eq!(me["login"], login);
    }
    let error = identity::demo_token(&world.db.db, &world.rt, "nobody")
        .await
        .expect_err("unknown");
    assert!(error.to_string().contains("citizen"), "{error}");
}

#[tokio::test]
async fn without_demo_data_no_token_is_made() {
    let world = World::without_demo(&[]).await;
    let error = identity::demo_token(&world.db.db, &world.rt, "citizen")
        .await
        .expect_err("refused");
    assert_eq!(
        error.to_string(),
        "this instance was not started with demo data"
    );
}

#[tokio::test]
async fn seeding_twice_changes_nothing() {
    let world = World::new().await;
    let list = async || {
        let admin = world.token("admin").await;
        world
            .app
            .with_token(&admin)
            .get("/api/v1/accounts?limit=100")
            .await
            .expect(200)
            .text()
    };
    let before = list().await;
    identity::seed_demo(&world.db.db, &world.rt)
        .await
        .expect("again");
    assert_eq!(before, list().await);
}

#[test]
fn the_document_describes_every_operation() {
    let document = serde_json::to_value(identity::openapi()).expect("json");
    let paths = document["paths"].as_object().expect("paths");
    let mut ids = Vec::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().expect("item") {
            let place = format!("{method} {path}");
            for part in ["summary", "description", "operationId"] {
                assert!(
                    operation[part].as_str().is_some_and(|s| !s.is_empty()),
                    "{place}: {part}"
                );
            }
            assert!(operation.get("security").is_some(), "{place}: security");
            ids.push(operation["operationId"].as_str().expect("id").to_owned());
        }
    }
    ids.sort();
    assert_eq!(
        ids,
        [
            "addBreachEntry",
            "authorizeDevice",
            "changeAccount",
            "changeClient",
            "changeDataRequest",
            "confirmSecondFactor",
            "createAccount",
            "createClient",
            "createMandate",
            "discardTaskIdentity",
            "endAssignment",
            "endMySession",
            "endMySessions",
            "endSuccession",
            "exportMyData",
            "fileDataRequest",
            "getAccount",
            "getBreach",
            "getClient",
            "getDataRequest",
            "getKeySet",
            "getMe",
            "getMyAccessLog",
            "getProviderMetadata",
            "getSecondFactor",
            "getUserInfo",
            "giveAssignment",
            "giveMandate",
            "introspectToken",
            "issueToken",
            "liftMyRestriction",
            "listAccounts",
            "listAssignments",
            "listBreaches",
            "listClients",
            "listDataPurposes",
            "listDataRequests",
            "listMyDataRequests",
            "listMyMandates",
            "listMySessions",
            "listRetentionNotices",
            "listSuccessions",
            "listTasksIdentity",
            "openBreach",
            "proposeSecondFactor",
            "recordSuccession",
            "renewRecoveryCodes",
            "replayTaskIdentity",
            "resetSecondFactor",
            "revokeMandate",
            "revokeMyMandate",
            "revokeToken",
            "rotateClientSecret",
            "showTaskIdentity",
            "turnOffSecondFactor",
        ]
    );
}
