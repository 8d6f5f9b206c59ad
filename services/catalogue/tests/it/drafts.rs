//! What may not be in a draft, and what it lacks to be published.

use super::life_cycle::{content, create, step};
use super::{BIRTH, World};
use serde_json::{Value, json};
use testkit::actors;
use uuid::Uuid;

#[tokio::test]
async fn what_is_not_complete_is_not_published_and_what_is_wrong_is_not_kept() {
    let world = World::demo().await;
    let (writer, publisher) = (actors::agency_admin(), actors::admin());
    let mut c = content(&world, BIRTH).await;
    c["agencies"]["executing"] = json!([]);
    c["levels"] = json!([]);
    c["decision"] = json!({"promulgator": {"code": "", "name": ""}});
    let draft = create(&world, &writer, &json!({"content": c})).await;
    assert_eq!(draft["baseVersion"], 0);
    assert!(draft["missing"].as_array().expect("a list").len() >= 3);
    let draft = step(&world, &writer, &draft, "submit", &json!({}))
        .await
        .expect(200)
        .json();
    let problem = step(&world, &publisher, &draft, "publish", &json!({}))
        .await
        .expect_problem(422, "draft.incomplete");
    let codes: Vec<(&str, &str)> = problem["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .filter_map(|e| Some((e["pointer"].as_str()?, e["code"].as_str()?)))
        .collect();
    assert!(
        codes.contains(&(
            "/content/agencies/executing",
            "procedure.no-executing-agency"
        )),
        "{codes:?}"
    );
    assert!(
        codes.contains(&("/content/decision", "procedure.no-decision")),
        "{codes:?}"
    );
    // It stays in review: nothing happened.
    let path = format!(
        "/api/v1/procedure-drafts/{}",
        draft["id"].as_str().expect("an id")
    );
    assert_eq!(
        world.app.as_(&writer).get(&path).await.expect(200).json()["state"],
        "inReview"
    );

    let whole = content(&world, BIRTH).await;
    let with = |pointer: &str, value: Value| {
        let mut c = whole.clone();
        *c.pointer_mut(pointer).expect(pointer) = value;
        json!({"content": c})
    };
    for (pointer, value, code) in [
        ("/name", json!("<b>Đăng ký</b>"), "text.markup"),
        (
            "/steps/0/description",
            json!("x <script>alert(1)</script>"),
            "text.markup",
        ),
        ("/name", json!("  \u{200b} "), "field.required"),
        ("/name", json!("a".repeat(2_001)), "field.too-long"),
        ("/code", json!("1.001 193; --"), "field.invalid"),
        ("/methods/0/term/value", json!(-3), "field.invalid"),
        ("/methods/0/term/value", Value::Null, "field.invalid"),
        ("/methods/0/term/value", json!(1.000_01), "field.invalid"),
        ("/methods/0/term/value", json!(1e9), "field.invalid"),
        ("/methods/0/fees/0/amount", json!(-1), "field.invalid"),
        ("/decision/date", json!("1066-10-14"), "date.impossible"),
    ] {
        let problem = world
            .app
            .as_(&writer)
            .post("/api/v1/procedure-drafts", &with(pointer, value))
            .await
            .expect_problem(422, "body.invalid");
        assert_eq!(problem["errors"][0]["code"], code, "{pointer}: {problem}");
        assert_eq!(
            problem["errors"][0]["pointer"],
            format!("/content{pointer}")
        );
    }
    // Terms in the calendar's units are whole, and a time of day is one.
    let mut draft = with("/methods/0/term/value", Value::Null);
    let term = draft
        .pointer_mut("/content/methods/0/term")
        .expect("a term");
    term["unit"] = json!("notComputable");
    term["sequence"] = json!([{"value": 5, "unit": "workingDay"}, {"value": 1.5, "unit": "day"}]);
    term["cutOff"] = json!("15 giờ");
    let problem = world.app.as_(&writer);
    let problem = problem.post("/api/v1/procedure-drafts", &draft).await;
    let problem = problem.expect_problem(422, "body.invalid");
    let pointers = problem["errors"].as_array().expect("errors").iter();
    let pointers: Vec<&Value> = pointers.map(|e| &e["pointer"]).collect();
    let under = "/content/methods/0/term";
    assert_eq!(
        pointers,
        [
            &json!(format!("{under}/sequence/1/value")),
            &json!(format!("{under}/cutOff"))
        ]
    );
    for (pointer, value) in [
        ("/decision/date", json!("2026-02-30")),
        ("/methods/0/channel", json!("pigeon")),
        ("/levels", json!(["galaxy"])),
    ] {
        world
            .app
            .as_(&writer)
            .post("/api/v1/procedure-drafts", &with(pointer, value))
            .await
            .expect_problem(422, "body.invalid");
    }
    let id = Uuid::from_u128(77);
    world
        .app
        .as_(&writer)
        .post(
            "/api/v1/procedure-drafts",
            &json!({"procedureId": id, "content": whole}),
        )
        .await
        .expect_problem(404, "procedure.unknown");
    world
        .app
        .as_(&writer)
        .get("/api/v1/procedure-drafts?state=lost")
        .await
        .expect_problem(422, "draft.state-unknown");
}

#[tokio::test]
async fn a_suspicious_zero_of_an_editor_is_not_free_either() {
    let world = World::demo().await;
    let mut c = content(&world, BIRTH).await;
    c["methods"][0]["fees"] = json!([{"kind": "fee", "free": true, "amount": 0, "currency": "VND",
        "text": "Dự án dưới 02 ha: 1.500.000 đồng", "suspicious": false}]);
    let draft = create(&world, &actors::agency_admin(), &json!({"content": c})).await;
    let fee = &draft["content"]["methods"][0]["fees"][0];
    assert_eq!(
        (
            fee["free"].clone(),
            fee["suspicious"].clone(),
            fee["doubt"].clone()
        ),
        (json!(false), json!(true), json!("zeroBesideTiers"))
    );
}
