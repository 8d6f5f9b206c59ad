use super::{BIRTH, RECORD, World, line};
use serde_json::{Value, json};
use testkit::actors;

#[tokio::test]
async fn a_procedure_shows_its_eleven_items() {
    let world = World::demo().await;
    let reply = world
        .app
        .anonymous()
        .get(&format!("/api/v1/procedures/{BIRTH}"))
        .await
        .expect(200);
    assert_eq!(reply.header("etag"), Some("\"1\""));
    assert!(
        reply
            .header("cache-control")
            .is_some_and(|v| v.contains("max-age"))
    );
    let p = reply.json();
    assert_eq!(
        (p["code"].as_str(), p["name"].as_str()),
        (Some("1.001193"), Some("Đăng ký khai sinh"))
    );
    for list in [
        "steps",
        "methods",
        "components",
        "subjects",
        "results",
        "legalBasis",
        "levels",
        "channels",
        "returnMethods",
    ] {
        assert!(p[list].as_array().is_some_and(|l| !l.is_empty()), "{list}");
    }
    assert_eq!(
        p["methods"][0]["term"],
        json!({"value": 1.0, "unit": "workingDay", "text": "1 ngày làm việc", "source": "method", "cutOff": "15:00"})
    );
    assert_eq!(
        (
            p["methods"][0]["fees"][0]["free"].clone(),
            p["methods"][0]["fees"][0]["suspicious"].clone()
        ),
        (json!(true), json!(false))
    );
    assert_eq!(p["decision"]["promulgator"]["code"], "G15");
    assert!(p["agencies"]["executing"][0]["name"].is_string() && p["conditions"].is_string());
    let papers = p["components"][0]["components"].as_array().expect("papers");
    assert!(papers.iter().any(|c| c["required"] == json!(true)));
    assert_eq!(p["serviceLevel"], "full");
}

#[tokio::test]
async fn fees_and_terms_depend_on_the_channel() {
    let world = World::demo().await;
    let p = world
        .get("/api/v1/procedures/01980000-d000-7000-8000-000000000008")
        .await;
    let by = |channel: &str| -> Value {
        p["methods"]
            .as_array()
            .expect("methods")
            .iter()
            .find(|m| m["channel"] == channel)
            .cloned()
            .unwrap_or_default()
    };
    assert_eq!(by("online")["fees"][0]["amount"], 10_000);
    assert_eq!(by("direct")["fees"][0]["amount"], 20_000);
    assert_eq!(by("postal"), Value::Null);
    assert_eq!(by("online")["term"]["value"], 7.0);
}

#[tokio::test]
async fn a_known_version_is_not_sent_again() {
    let world = World::demo().await;
    let path = format!("/api/v1/procedures/{BIRTH}");
    let reply = world
        .app
        .anonymous()
        .header("if-none-match", "\"1\"")
        .get(&path)
        .await
        .expect(304);
    assert!(reply.body.is_empty());
    world
        .app
        .anonymous()
        .header("if-none-match", "\"7\"")
        .get(&path)
        .await
        .expect(200);
}

#[tokio::test]
async fn bad_questions_get_their_own_problems() {
    let world = World::demo().await;
    let ask = async |path: &str| world.app.anonymous().get(path).await;
    let unknown = "01990000-0000-7000-8000-0000000000ff";
    ask(&format!("/api/v1/procedures/{unknown}"))
        .await
        .expect_problem(404, "procedure.unknown");
    world
        .app
        .anonymous()
        .header("if-none-match", "\"1\"")
        .get(&format!("/api/v1/procedures/{unknown}"))
        .await
        .expect_problem(404, "procedure.unknown");
    ask(&format!("/api/v1/procedures/{unknown}/versions"))
        .await
        .expect_problem(404, "procedure.unknown");
    ask(&format!("/api/v1/agencies?procedureId={unknown}"))
        .await
        .expect_problem(404, "procedure.unknown");
    ask("/api/v1/procedures/1.001193")
        .await
        .expect_problem(404, "not-found");
    ask("/api/v1/agencies/H99.99")
        .await
        .expect_problem(404, "agency.unknown");
    ask("/api/v1/provinces/00/communes")
        .await
        .expect_problem(404, "province.unknown");
    for (query, code) in [
        ("limit=0", "query.invalid"),
        ("limit=101", "query.invalid"),
        ("limit=x", "query.invalid"),
        ("colour=red", "query.invalid"),
        ("cursor=%F0%9F%92%A5", "query.cursor"),
        ("cursor=e30", "query.cursor"),
        ("level=galaxy", "procedure.level-unknown"),
        ("field=nope", "procedure.field-unknown"),
        ("serviceLevel=4", "procedure.service-level-unknown"),
    ] {
        let body = ask(&format!("/api/v1/procedures?{query}"))
            .await
            .expect_problem(422, code);
        if !query.starts_with("cursor") {
            assert!(body["errors"][0]["pointer"].is_string(), "{query}: {body}");
        }
    }
    let long = "a".repeat(201);
    let body = ask(&format!("/api/v1/procedures?q={long}"))
        .await
        .expect_problem(422, "procedure.query-too-long");
    assert_eq!(body["errors"][0]["pointer"], "q");
    ask(&format!("/api/v1/procedures?q={}", "a".repeat(10_000)))
        .await
        .expect_problem(422, "procedure.query-too-long");
    ask("/api/v1/provinces?on=2025-02-30")
        .await
        .expect_problem(422, "query.invalid");
    ask("/api/v1/provinces/24/communes?limit=500")
        .await
        .expect_problem(422, "query.invalid");
}

#[tokio::test]
async fn odd_search_texts_are_just_searches() {
    let world = World::demo().await;
    for q in [
        "%25",
        "_",
        ".*",
        "%5B%5B%28",
        "%27%20OR%201%3D1",
        "%F0%9F%92%A5",
        "khai%20sinh%20%26%7C%21",
    ] {
        let page = world.get(&format!("/api/v1/procedures?q={q}")).await;
        assert!(page["items"].is_array(), "{q}");
    }
}

#[tokio::test]
async fn a_character_that_no_database_keeps_is_refused() {
    let world = World::demo().await;
    let ask = async |path: &str| world.app.anonymous().get(path).await;
    ask("/api/v1/procedures?q=%00")
        .await
        .expect_problem(422, "query.invalid");
    let reply = ask("/api/v1/agencies/H05%00").await;
    assert_eq!(reply.status, 404, "{}", reply.text());
    let reply = ask("/api/v1/provinces/24%00/communes").await;
    assert_eq!(reply.status, 404, "{}", reply.text());
    let cursor = kit::page::encode_cursor(&"H05\u{0}");
    let reply = ask(&format!("/api/v1/agencies?cursor={cursor}")).await;
    reply.expect_problem(422, "query.cursor");
}

#[tokio::test]
async fn desks_are_those_of_the_tier_that_executes() {
    let world = World::demo().await;
    let codes = async |path: &str| -> Vec<String> {
        let page = world.get(path).await;
        page["items"]
            .as_array()
            .expect("items")
            .iter()
            .map(|a| a["code"].as_str().unwrap_or_default().to_owned())
            .collect()
    };
    assert_eq!(
        codes("/api/v1/agencies").await,
        ["H05", "H05.01", "H05.21", "H05.22"]
    );
    assert_eq!(
        codes(&format!("/api/v1/agencies?procedureId={BIRTH}")).await,
        ["H05.21", "H05.22"]
    );
    assert_eq!(
        codes(&format!("/api/v1/agencies?procedureId={RECORD}")).await,
        ["H05.01"]
    );
    assert_eq!(
        codes("/api/v1/agencies?provinceCode=01").await,
        Vec::<String>::new()
    );
    let page = world.get("/api/v1/agencies?limit=3").await;
    let next = page["next"].as_str().expect("more");
    assert_eq!(
        codes(&format!("/api/v1/agencies?limit=3&cursor={next}")).await,
        ["H05.22"]
    );
    let a = world.get("/api/v1/agencies/H05.21").await;
    assert_eq!(
        (
            a["communeCode"].as_str(),
            a["longCode"].as_str(),
            a["version"].as_i64()
        ),
        (Some("07288"), Some("000.00.21.H05"), Some(1))
    );
}

#[tokio::test]
async fn only_the_province_admin_imports() {
    let world = World::empty().await;
    let path = "/api/v1/imports/procedures";
    let body = line(1, "Cấp phép", &json!({})).into_bytes();
    let media = "application/x-ndjson";
    world
        .app
        .anonymous()
        .post_bytes(path, media, body.clone())
        .await
        .expect_problem(401, "auth.missing-token");
    for actor in [
        actors::citizen(),
        actors::officer(),
        actors::agency_admin(),
        actors::integrator(),
        actors::post_office(),
    ] {
        world
            .app
            .as_(&actor)
            .post_bytes(path, media, body.clone())
            .await
            .expect_problem(403, "auth.forbidden");
    }
    assert_eq!(world.get("/api/v1/procedures").await["total"], 0);
    let admin = actors::admin();
    let dry = world
        .app
        .as_(&admin)
        .post_bytes(&format!("{path}?dryRun=true"), media, body.clone())
        .await
        .expect(200)
        .json();
    assert_eq!(
        (dry["created"].clone(), dry["dryRun"].clone()),
        (json!(1), json!(true))
    );
    assert_eq!(world.get("/api/v1/procedures").await["total"], 0);
    let done = world
        .app
        .as_(&admin)
        .post_bytes(path, media, body.clone())
        .await
        .expect(200)
        .json();
    assert_eq!(
        (
            done["read"].clone(),
            done["created"].clone(),
            done["broken"].clone()
        ),
        (json!(1), json!(1), json!([]))
    );
    // The answer comes after the index: what was imported is found at once.
    assert_eq!(world.get("/api/v1/procedures?q=cap+phep").await["total"], 1);
    world
        .app
        .as_(&admin)
        .post_bytes(path, "image/png", body)
        .await
        .expect_problem(415, "body.media-type");
    world
        .app
        .as_(&admin)
        .post_bytes(path, media, Vec::new())
        .await
        .expect_problem(422, "import.empty");
    let junk = world
        .app
        .as_(&admin)
        .post_bytes(path, media, b"\x1f\x8b junk".to_vec())
        .await
        .expect(200)
        .json();
    assert_eq!(
        (junk["skipped"].clone(), junk["broken"][0]["line"].clone()),
        (json!(1), json!(1))
    );
}

#[tokio::test]
async fn the_document_names_every_operation_with_its_rights() {
    let document = serde_json::to_value(catalogue::openapi()).expect("JSON");
    let paths = document["paths"].as_object().expect("paths");
    assert_eq!(paths.len(), 38);
    for (path, item) in paths {
        for (method, op) in item.as_object().expect("operations") {
            for key in [
                "summary",
                "description",
                "operationId",
                "responses",
                "security",
            ] {
                assert!(!op[key].is_null(), "{method} {path}: {key}");
            }
        }
    }
    let security = &document["paths"]["/api/v1/imports/procedures"]["post"]["security"];
    assert_eq!(*security, json!([{"bearer": ["catalogue.manage"]}]));
}
