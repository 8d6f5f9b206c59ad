//! One test for each row of the list of odd cases found in the national portal's own data of July 2026; the number in a name is that of
//! the row. The data is written here as the portal has it, so that each holds without the file. Units are in `odd_units`; that a dossier
//! keeps the version it was filed under is tested with the dossier service.

use super::{World, events, import, line};
use catalogue::{ImportOptions, ImportSummary};
use serde_json::{Value, json};

/// A catalogue of these lines.
async fn with(lines: &[String]) -> (World, ImportSummary) {
    let world = World::empty().await;
    let summary = import(&world.test.db, lines, ImportOptions::default()).await;
    assert_eq!(summary.skipped, 0, "{:?}", summary.broken);
    testkit::wait_for("the index to follow", async || {
        let page = world.get("/api/v1/procedures?limit=1").await;
        (page["total"] == json!(lines.len())).then_some(())
    })
    .await;
    (world, summary)
}

/// A catalogue of one procedure, and that procedure as it is read.
async fn one(extra: Value) -> (World, Value, ImportSummary) {
    let (world, summary) = with(&[line(1, "Thủ tục", &extra)]).await;
    let p = procedure(&world, 1).await;
    (world, p, summary)
}

async fn procedure(world: &World, n: u32) -> Value {
    world
        .get(&format!(
            "/api/v1/procedures/01990000-0000-7000-8000-{n:012}"
        ))
        .await
}

fn method(channel: &str, time: Value, unit: &str, description: &str, fees: Value) -> Value {
    json!({"submissionMethod": channel, "processingTime": time, "processingTimeUnit": unit, "description": description, "fees": fees})
}

/// Value and unit of the term of each method, in order.
fn terms(p: &Value) -> Vec<(Value, Value)> {
    let methods = p["methods"].as_array().expect("methods");
    methods
        .iter()
        .map(|m| (m["term"]["value"].clone(), m["term"]["unit"].clone()))
        .collect()
}

/// The terms that the dossier service is told.
async fn told(world: &World) -> Vec<Value> {
    let all = events(&world.test.db, "catalogue.procedure-changed.v1").await;
    let methods = all.last().expect("an event")["data"]["methods"].clone();
    methods
        .as_array()
        .expect("methods")
        .iter()
        .map(|m| m["term"].clone())
        .collect()
}

fn fees(p: &Value) -> Vec<Value> {
    let methods = p["methods"].as_array().expect("methods");
    methods
        .iter()
        .flat_map(|m| m["fees"].as_array().expect("fees").clone())
        .collect()
}

#[tokio::test]
async fn row_01_two_procedures_share_a_code_after_trimming() {
    let (world, s) = with(&[
        line(
            1,
            "Xây dựng chương trình công tác của UBND tỉnh",
            &json!({"code": "1.014325"}),
        ),
        line(
            2,
            "Hỗ trợ tư vấn pháp luật cho doanh nghiệp nhỏ và vừa",
            &json!({"code": " 1.014325"}),
        ),
    ])
    .await;
    assert_eq!(
        (
            s.created,
            s.warnings["duplicateCode"],
            s.warnings["codeTrimmed"]
        ),
        (2, 1, 1)
    );
    let found = world.get("/api/v1/procedures?q=1.014325").await;
    assert_eq!(found["total"], 2, "{found}");
    assert_ne!(
        procedure(&world, 1).await["name"],
        procedure(&world, 2).await["name"]
    );
}

#[tokio::test]
async fn row_02_codes_of_any_length_and_with_a_suffix_are_kept_and_flagged() {
    let codes = ["2.009182739", "1.0133611", "1.014955-Xoa"];
    let lines: Vec<String> = (1..)
        .zip(codes)
        .map(|(n, code)| line(n, "Thủ tục", &json!({"code": code, "state": "ACTIVE"})))
        .collect();
    let (world, s) = with(&lines).await;
    assert_eq!(
        (s.warnings["codeShape"], s.warnings["codeSaysDeleted"]),
        (2, 1)
    );
    for (n, code) in (1..).zip(codes) {
        assert_eq!(procedure(&world, n).await["code"], code);
        let found = world.get(&format!("/api/v1/procedures?q={code}")).await;
        assert_eq!(found["items"][0]["code"], code, "{found}");
    }
}

#[tokio::test]
async fn row_04_a_fee_is_one_of_a_channel_and_a_missing_channel_is_not_zero() {
    let fee = |n| json!([{"type": "SERVICE_FEE", "value": n, "currencyName": "Việt Nam Đồng", "description": ""}]);
    let (_world, p, _) = one(json!({"executionMethods": [
        method("ONLINE", json!(7), "WORKING_DAY", "", fee(10_000)),
        method("DIRECT", json!(7), "WORKING_DAY", "", fee(20_000)),
    ]}))
    .await;
    let amounts: Vec<Value> = fees(&p).iter().map(|f| f["amount"].clone()).collect();
    assert_eq!(amounts, [json!(10_000), json!(20_000)]);
    assert_eq!(
        (p["channels"].clone(), p["postal"].clone()),
        (json!(["online", "direct"]), json!(false))
    );
    assert_eq!(p["methods"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn row_05_each_channel_has_its_own_hours() {
    let (world, p, _) = one(json!({"executionMethods": [
        method("ONLINE", json!(6), "HOUR", "", json!([])),
        method("DIRECT", json!(8), "HOUR", "", json!([])),
        method("POSTAL", json!(24), "HOUR", "", json!([])),
    ]}))
    .await;
    let hours = |n: f64| (json!(n), json!("workingHour"));
    assert_eq!(terms(&p), [hours(6.0), hours(8.0), hours(24.0)]);
    let hours = |n: u32| json!({"value": n, "unit": "workingHour"});
    assert_eq!(told(&world).await, [hours(6), hours(8), hours(24)]);
}

#[tokio::test]
async fn row_06_units_that_differ_by_channel_are_kept_and_said() {
    let (world, p, s) = one(json!({"executionMethods": [
        method("ONLINE", json!(18), "WORKING_DAY", "", json!([])),
        method("POSTAL", json!(18), "WORKING_DAY", "", json!([])),
        method("DIRECT", json!(25), "DAY", "", json!([])),
    ]}))
    .await;
    assert_eq!(
        terms(&p)[1..],
        [
            (json!(18.0), json!("workingDay")),
            (json!(25.0), json!("day"))
        ]
    );
    assert_eq!(s.warnings["termUnitsDiffer"], 1);
    assert_eq!(told(&world).await[2], json!({"value": 25, "unit": "day"}));
}

#[tokio::test]
async fn row_08_working_days_have_fractions() {
    let all = [1.5, 3.5, 6.25, 16.5, 21.5];
    let methods: Vec<Value> = all
        .iter()
        .map(|n| method("DIRECT", json!(n), "WORKING_DAY", "", json!([])))
        .collect();
    let (world, p, _) = one(json!({"executionMethods": methods})).await;
    for ((term, told), n) in terms(&p).iter().zip(told(&world).await).zip(all) {
        assert_eq!(term, &(json!(n), json!("workingDay")));
        let told: vn::worktime::Term = serde_json::from_value(told).expect("a term");
        assert_eq!(told.value_text(), n.to_string());
    }
    // Half a day is half a day: from Monday 09:00 a day and a half end on Wednesday when the morning's shift does.
    let term = vn::worktime::Term::parse("1.5", "workingDay").expect("a term");
    let start = "2026-11-16T02:00:00Z".parse().expect("an instant");
    let due = vn::worktime::due(start, &term, &vn::worktime::Calendar::national()).expect("a day");
    assert_eq!(due.due_at.to_rfc3339(), "2026-11-18T04:30:00+00:00");
}

#[tokio::test]
async fn row_09_hours_beyond_a_day_are_working_hours() {
    let all = [110, 90, 176, 56, 48, 24];
    let methods: Vec<Value> = all
        .iter()
        .map(|n| method("DIRECT", json!(n), "HOUR", "", json!([])))
        .collect();
    let (world, p, _) = one(json!({"executionMethods": methods})).await;
    assert_eq!(p["methods"][0]["term"]["text"], "110 giờ làm việc");
    for (told, n) in told(&world).await.into_iter().zip(all) {
        assert_eq!(told, json!({"value": n, "unit": "workingHour"}));
    }
    // Eight make a working day: 24 hours of Monday morning are Wednesday's or Thursday's, never Tuesday's.
    let term = vn::worktime::Term::parse("24", "workingHour").expect("a term");
    let start = "2026-11-16T02:00:00Z".parse().expect("an instant");
    let due = vn::worktime::due(start, &term, &vn::worktime::Calendar::national()).expect("a day");
    assert!((due.due_at - start).num_hours() > 48, "{}", due.due_at);
}

#[tokio::test]
async fn row_12_four_ways_to_say_nothing_give_no_date() {
    let said = ["-", "Không", "Theo mô tả", "Tùy theo từng trường hợp"];
    let methods: Vec<Value> = said
        .iter()
        .map(|words| method("DIRECT", json!(words), "OTHER", "", json!([])))
        .collect();
    let (world, p, s) = one(json!({"executionMethods": methods})).await;
    for (i, words) in said.iter().enumerate() {
        let term = &p["methods"][i]["term"];
        assert_eq!(
            (
                term["value"].clone(),
                term["unit"].clone(),
                term["text"].clone()
            ),
            (json!(null), json!("notComputable"), json!(words)),
            "the words stay"
        );
    }
    assert!(told(&world).await.iter().all(Value::is_null));
    assert_eq!(s.warnings["termNotComputable"], 1);
}

#[tokio::test]
async fn row_13_the_forms_default_falls_back_to_the_service_list_and_steps_have_the_cut_off() {
    let (world, p, s) = one(json!({
        "executionMethods": [
            method("ONLINE", json!(1), "OTHER", "", json!([{"type": "SERVICE_FEE", "value": 0, "description": ""}])),
            method("DIRECT", json!(1), "OTHER", "", json!([])),
        ],
        "cases": [{"code": "1.001193.01", "processingDay": {"qty": 1, "type": "WORKING_DAY"}}],
        "executionSteps": [{"name": "", "description": "(i) Trường hợp hồ sơ đầy đủ, hợp lệ thì tiếp nhận hồ sơ; nếu tiếp nhận hồ sơ sau 15 giờ \
            thì có Phiếu hẹn, trả kết quả cho người yêu cầu trong ngày làm việc tiếp theo (nếu nộp hồ sơ trực tiếp)."}],
    }))
    .await;
    assert_eq!(
        terms(&p),
        [
            (json!(1.0), json!("workingDay")),
            (json!(1.0), json!("workingDay"))
        ]
    );
    let term = &p["methods"][0]["term"];
    assert_eq!(
        (term["source"].clone(), term["cutOff"].clone()),
        (json!("serviceList"), json!("15:00"))
    );
    assert_eq!(s.warnings["termFromServiceList"], 1);
    // Nobody said that it is free of charge.
    assert_eq!(fees(&p)[0]["free"], false);
    // The dossier service computes with both.
    let all = events(&world.test.db, "catalogue.procedure-changed.v1").await;
    let told = &all[0]["data"]["methods"][1];
    assert_eq!(
        (told["term"].clone(), told["cutOff"].clone()),
        (json!({"value": 1, "unit": "workingDay"}), json!("15:00"))
    );
}

#[tokio::test]
async fn row_15_a_day_with_a_cut_off_hour_in_the_words_of_the_method() {
    let words = "Thời hạn thực hiện yêu cầu chứng thực phải được bảo đảm ngay trong ngày cơ quan, tổ chức tiếp nhận yêu cầu hoặc trong \
        ngày làm việc tiếp theo, nếu tiếp nhận yêu cầu sau 15 giờ.";
    let (world, p, _) = one(json!({"executionMethods": [
        method("DIRECT", json!(1), "DAY", words, json!([{"type": "FEE", "value": 0, "description": ""}])),
    ]}))
    .await;
    assert_eq!(terms(&p), [(json!(1.0), json!("day"))]);
    assert_eq!(
        (
            p["methods"][0]["term"]["cutOff"].clone(),
            p["methods"][0]["description"].clone()
        ),
        (json!("15:00"), json!(words))
    );
    let all = events(&world.test.db, "catalogue.procedure-changed.v1").await;
    assert_eq!(all[0]["data"]["methods"][0]["cutOff"], "15:00");
}

/// Not a row of its own: "06 ngày làm việc và 30 ngày" is no single term, and the dossier service counts both.
#[tokio::test]
async fn terms_in_sequence_are_told_as_such() {
    let (world, p, _) = one(json!({"executionMethods": [
        method("DIRECT", json!("06 ngày làm việc và 30 ngày"), "OTHER", "", json!([])),
    ]}))
    .await;
    assert_eq!(p["methods"][0]["term"]["value"], json!(null));
    let all = events(&world.test.db, "catalogue.procedure-changed.v1").await;
    let told = &all[0]["data"]["methods"][0];
    assert_eq!(
        (told["term"].clone(), told["sequence"].clone()),
        (
            json!(null),
            json!([{"value": 6, "unit": "workingDay"}, {"value": 30, "unit": "day"}])
        )
    );
    let event: contracts::events::ProcedureChanged =
        serde_json::from_value(all[0]["data"].clone()).expect("the contract");
    assert_eq!(event.methods[0].sequence.len(), 2);
}

#[tokio::test]
async fn row_16_very_long_terms_are_kept_and_said() {
    let (world, p, s) = one(json!({"executionMethods": [
        method("DIRECT", json!(3), "YEAR", "xét tặng ba năm một lần", json!([])),
        method("DIRECT", json!(420), "DAY", "", json!([])),
        method("DIRECT", json!(360), "WORKING_DAY", "12 tháng", json!([])),
    ]}))
    .await;
    assert_eq!(
        terms(&p),
        [
            (json!(3.0), json!("year")),
            (json!(420.0), json!("day")),
            (json!(360.0), json!("workingDay"))
        ]
    );
    assert_eq!(s.warnings["termVeryLong"], 1);
    assert!(told(&world).await.iter().all(Value::is_object));
}

#[tokio::test]
async fn row_17_zero_beside_tiers_in_prose_is_never_free() {
    let words = "Hộ gia đình, cá nhân: đất ở 150.000 đồng/hồ sơ; SXKD 200.000 đồng/hồ sơ; dự án dưới 02 ha 1.500.000 đồng/hồ sơ; \
        02–05 ha 2.500.000 đồng/hồ sơ; từ 05 ha 5.000.000 đồng/hồ sơ";
    let (_world, p, s) = one(json!({"executionMethods": [
        method("DIRECT", json!(3), "DAY", "", json!([{"type": "FEE", "value": 0, "description": words}])),
    ]}))
    .await;
    let fee = &fees(&p)[0];
    assert_eq!(
        (
            fee["free"].clone(),
            fee["suspicious"].clone(),
            fee["doubt"].clone(),
            fee["text"].clone()
        ),
        (
            json!(false),
            json!(true),
            json!("zeroBesideTiers"),
            json!(words)
        )
    );
    let amounts: Vec<i64> = fee["tiers"]
        .as_array()
        .expect("tiers")
        .iter()
        .filter_map(|t| t["amount"].as_i64())
        .collect();
    assert_eq!(amounts, [150_000, 200_000, 1_500_000, 2_500_000, 5_000_000]);
    assert_eq!(s.warnings["feeZeroBesideTiers"], 1);
}

#[tokio::test]
async fn row_20_many_fees_long_texts_and_percentages() {
    let mut rows: Vec<Value> = (1..=24)
        .map(|n| json!({"type": "SERVICE_FEE", "value": 25_000 + n, "currencyName": "Việt Nam Đồng", "description": format!("Mức {n}")}))
        .collect();
    let long = "Mức thu theo quy định của Hội đồng nhân dân. ".repeat(60);
    let long: String = long.chars().take(2_606).collect();
    rows.push(json!({"type": "FEE", "value": null, "description": long}));
    rows.push(json!({"type": "FEE", "value": 0, "description": "Bằng 50% mức thu lệ phí cấp mới"}));
    let (_world, p, _) =
        one(json!({"executionMethods": [method("DIRECT", json!(3), "DAY", "", json!(rows))]}))
            .await;
    let fees = fees(&p);
    assert_eq!(fees.len(), 26);
    assert_eq!(fees[23]["amount"], 25_024);
    assert_eq!(
        fees[24]["text"].as_str().map(|t| t.chars().count()),
        Some(long.trim().chars().count())
    );
    assert_eq!(
        (fees[24]["free"].clone(), fees[24]["amount"].clone()),
        (json!(false), json!(null))
    );
    assert_eq!(
        (
            fees[25]["free"].clone(),
            fees[25]["tiers"][0]["percent"].clone()
        ),
        (json!(false), json!(50.0))
    );
}

#[tokio::test]
async fn row_21_the_currency_may_be_dollars_or_not_said() {
    let (_world, p, s) = one(json!({"executionMethods": [method("DIRECT", json!(3), "DAY", "", json!([
        {"type": "FEE", "value": 10, "currencyName": "USD", "description": "Gia hạn tạm trú"},
        {"type": "FEE", "value": 155, "description": "155 USD/thẻ, quy đổi ra đồng tiền của nước sở tại"},
        {"type": "FEE", "value": 200, "currencyName": null, "description": ""},
    ]))]}))
    .await;
    let fees = fees(&p);
    let of = |i: usize| (fees[i]["currency"].clone(), fees[i]["suspicious"].clone());
    assert_eq!(of(0), (json!("USD"), json!(false)));
    assert_eq!(of(1), (json!("USD"), json!(false)));
    // 1.001121: two hundred of nothing. It is dollars, and nobody has said so.
    assert_eq!(of(2), (json!("VND"), json!(true)));
    assert_eq!(fees[2]["doubt"], "tooSmall");
    assert_eq!(s.warnings["feeCurrencyFromText"], 1);
}

#[tokio::test]
async fn row_22_a_paper_of_7632_characters_papers_without_a_name_and_notes() {
    let long = "Giấy tờ ".repeat(954);
    assert_eq!(long.trim().chars().count(), 7_631);
    let long = format!("{}ờ", long.trim());
    let (world, p, s) = one(json!({"executionCases": [{"name": "", "profileComponents": [
        {"profileComponentId": "a", "name": long, "originalQty": 1, "copyQty": 0, "required": false},
        {"profileComponentId": "b", "name": "", "originalQty": 0, "copyQty": 1, "required": false},
        {"profileComponentId": "c", "name": "* Lưu ý: xuất trình căn cước", "originalQty": 0, "copyQty": 0, "required": true},
    ]}]}))
    .await;
    let papers = &p["components"][0]["components"];
    assert_eq!(papers[0]["name"], long);
    let of = |i: usize| (papers[i]["note"].clone(), papers[i]["required"].clone());
    assert_eq!(of(0), (json!(false), json!(false)));
    assert_eq!(of(1), (json!(false), json!(false)));
    assert_eq!(of(2), (json!(true), json!(false)), "a note is no paper");
    assert_eq!(
        (
            s.warnings["componentNameLong"],
            s.warnings["componentNameEmpty"]
        ),
        (1, 1)
    );
    let all = events(&world.test.db, "catalogue.procedure-changed.v1").await;
    let told = &all[0]["data"]["components"];
    assert_eq!(
        (told[0]["name"].clone(), told[2]["note"].clone()),
        (json!(long), json!(true))
    );
}

#[tokio::test]
async fn row_23_text_is_composed_and_look_alikes_are_said() {
    let odd = "Ca\u{302}\u{301}p\u{a0}gia\u{302}\u{301}y\u{200e} phe\u{301}p\u{ad}";
    let raw = line(
        1,
        odd,
        &json!({
            "executionSteps": [{"name": "", "description": "\u{f0fc}\tNộp hồ sơ\n\u{f076} Nhận kết quả\n\u{f0a7}"}],
            "legalBasisesDetails": [{"code": "118/2025/NĐ-C\u{420}", "name": "Nghị định"}],
        }),
    );
    let (world, s) = with(std::slice::from_ref(&raw)).await;
    let p = procedure(&world, 1).await;
    assert_eq!(p["name"], "Cấp giấy phép");
    let text = p["steps"][0]["description"].as_str().expect("text");
    assert!(
        !text
            .chars()
            .any(|c| ('\u{e000}'..='\u{f8ff}').contains(&c) || c == '\t'),
        "{text:?}"
    );
    for kind in ["textNotComposed", "textInvisible", "textLookAlike"] {
        assert_eq!(s.warnings[kind], 1, "{kind}");
    }
    // Found however it is typed; and what was published is there to the letter.
    for typed in ["cap+giay+phep", "C%E1%BA%A5p%20gi%E1%BA%A5y%20ph%C3%A9p"] {
        let found = world.get(&format!("/api/v1/procedures?q={typed}")).await;
        assert_eq!(found["total"], 1, "{typed}");
    }
    let id = p["id"].as_str().expect("an id");
    let source = world
        .app
        .anonymous()
        .get(&format!("/api/v1/procedures/{id}/versions/1/source"))
        .await
        .expect(200);
    assert_eq!(source.text(), raw);
    // The same text in composed form is the same text.
    let composed = line(
        1,
        "Cấp giấy phép",
        &json!({
            "executionSteps": [{"name": "", "description": "\u{f0fc}\tNộp hồ sơ\n\u{f076} Nhận kết quả\n\u{f0a7}"}],
            "legalBasisesDetails": [{"code": "118/2025/NĐ-C\u{420}", "name": "Nghị định"}],
        }),
    );
    let again = import(&world.test.db, &[composed], ImportOptions::default()).await;
    assert_eq!((again.unchanged, again.updated), (1, 0));
}

#[tokio::test]
async fn row_24_names_are_long_broken_in_capitals_shared_and_sorted_as_vietnamese() {
    let long: String = "Thủ tục rất dài ".repeat(80).chars().take(1_192).collect();
    let shared = "Cấp lại giấy chứng nhận do bị mất";
    let (world, s) = with(&[
        line(1, &long, &json!({})),
        line(2, "Công nhận\nbiên bản", &json!({})),
        line(3, "ĐĂNG KÝ TÀU CÁ", &json!({})),
        line(4, shared, &json!({})),
        line(5, shared, &json!({})),
        line(6, "Ân xá", &json!({})),
        line(7, "Ăn uống", &json!({})),
        line(8, "An toàn", &json!({})),
        line(9, "Dạy nghề", &json!({})),
    ])
    .await;
    assert_eq!(
        (
            s.warnings["nameLong"],
            s.warnings["nameLineBreak"],
            s.warnings["nameCapitals"]
        ),
        (1, 1, 1)
    );
    assert_eq!(procedure(&world, 1).await["name"], long.trim());
    assert_eq!(procedure(&world, 2).await["name"], "Công nhận biên bản");
    let page = world.get("/api/v1/procedures?limit=100").await;
    let names: Vec<&str> = page["items"]
        .as_array()
        .expect("items")
        .iter()
        .filter_map(|p| p["name"].as_str())
        .collect();
    // a, ă, â … d, đ: the alphabet's order, not that of the code points.
    assert_eq!(
        names,
        [
            "An toàn",
            "Ăn uống",
            "Ân xá",
            shared,
            shared,
            "Công nhận biên bản",
            "Dạy nghề",
            "ĐĂNG KÝ TÀU CÁ",
            long.trim()
        ]
    );
}

#[tokio::test]
async fn more_a_later_file_makes_versions_only_of_what_changed_and_the_old_one_stays_readable() {
    let at = |number: &str, days: u32| {
        json!({
            "executionMethods": [method("ONLINE", json!(days), "WORKING_DAY", "", json!([]))],
            "procedureProposal": {"proposalNumber": number, "decisionDate": 1_779_382_800_000_i64},
        })
    };
    let whole = ImportOptions {
        whole: true,
        ..ImportOptions::default()
    };
    let world = World::empty().await;
    let june = [
        line(1, "Một", &at("1/QĐ", 3)),
        line(2, "Hai", &at("1/QĐ", 3)),
        line(3, "Ba", &at("1/QĐ", 3)),
        line(4, "Bốn", &at("1/QĐ", 3)),
    ];
    import(&world.test.db, &june, whole.clone()).await;
    // Another decision, another term, gone, the same.
    let july = [
        line(1, "Một", &at("9/QĐ", 3)),
        line(2, "Hai", &at("1/QĐ", 5)),
        june[3].clone(),
    ];
    let s = import(&world.test.db, &july, whole).await;
    assert_eq!((s.updated, s.gone, s.unchanged), (2, 1, 1), "{s:?}");
    let said: Vec<&str> = s
        .changes
        .iter()
        .flat_map(|c| &c.differences)
        .map(|d| d.at.as_str())
        .collect();
    assert!(said.contains(&"/decision/number") && said.contains(&"/methods/0/term/value"));
    // Nothing is deleted: what is gone is still there for an editor to decide, and the version before can be read.
    assert_eq!(procedure(&world, 3).await["active"], true);
    let before = world
        .get("/api/v1/procedures/01990000-0000-7000-8000-000000000002/versions/1")
        .await;
    assert_eq!(terms(&before), [(json!(3.0), json!("workingDay"))]);
}

#[tokio::test]
async fn more_texts_of_the_older_portal() {
    let (_world, p, s) = one(json!({
        "executionMethods": [
            method("DIRECT", json!("0.5 Giờ"), "OTHER", "", json!([{"type": "FEE", "value": 0, "description": "Phí : 0 Đồng"}])),
            method("ONLINE", json!("01 Giờ"), "OTHER", "", json!([{"type": "FEE", "value": 0, "description": "Phí : Không Đồng"}])),
            method("POSTAL", json!(3), "DAY", "", json!([{"type": "SERVICE_FEE", "value": null, "description": "Lệ phí: ĐồngXem chi tiết"}])),
        ],
        "executionSteps": [{"name": "", "description": "Nộp hồ sơ</p>"}],
        "executionCases": [{"name": "", "profileComponents": [
            {"profileComponentId": "p", "name": "Đơn Bản chính: 1 - Bản sao: 0", "originalQty": "1", "copyQty": "0"}]}],
    }))
    .await;
    assert_eq!(
        terms(&p)[..2],
        [
            (json!(0.5), json!("workingHour")),
            (json!(1.0), json!("workingHour"))
        ]
    );
    let free: Vec<Value> = fees(&p).iter().map(|f| f["free"].clone()).collect();
    assert_eq!(
        free,
        [json!(true), json!(true), json!(false)],
        "a missing amount is no zero"
    );
    assert_eq!(s.warnings["textMarkup"], 1);
    let paper = &p["components"][0]["components"][0];
    assert_eq!(
        (
            paper["originals"].clone(),
            paper["copies"].clone(),
            paper["note"].clone()
        ),
        (json!(1), json!(0), json!(false))
    );
}
